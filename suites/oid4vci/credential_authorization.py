"""Authorization errors of the Credential Endpoint: OpenID4VCI 1.0 section 8.3.1.1, RFC 6750 section 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import mutate
from harness.access import Access, said
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, Grant
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.formats import challenges, text
from harness.formats.challenges import Challenge, ChallengeError
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from suites.oid4vci._late import used_late
from suites.oid4vci._naming import naming
from suites.oid4vci._refused_tokens import (
    ERROR_INFORMATION,
    MISSING,
    UNKNOWN,
    Endpoint,
    expect_challenge,
    expect_missing_token_refused,
    expect_unknown_token_refused,
)

check = area("Credential Endpoint", per=Per.SHAPE)

_ENDPOINT = Endpoint("CREDENTIAL", "a Credential Request")


@check(
    "credential-token-missing-refused",
    requires=["VCI-8.3.1.1-01", *MISSING],
    proven_by={
        "accepts:credential.token-present": "CREDENTIAL-TOKEN-MISSING-ACCEPTED",
        "misreports:credential.token-present": (
            "CREDENTIAL-TOKEN-MISSING-MISREPORTED",
            "CREDENTIAL-CHALLENGE-MISSING",
        ),
        "credential-challenge-response:missing": "CREDENTIAL-CHALLENGE-MISSING",
        "credential-challenge-response:scheme-other": "CREDENTIAL-CHALLENGE-SCHEME",
        "credential-challenge-response:error-needless": "CREDENTIAL-CHALLENGE-ERROR-NEEDLESS",
        "credential-challenge-response:dpop-error-needless": "CREDENTIAL-CHALLENGE-ERROR-NEEDLESS",
    },
)
async def a_missing_token_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request without an Access Token gets a challenge that says nothing of an error."""
    reply = await access.request(await access.right_body(), headers={})
    expect_missing_token_refused(expect, _ENDPOINT, access, reply)


@check(
    "credential-token-unknown-refused",
    requires=["VCI-8.3.1.1-02", *UNKNOWN, "FAPI2-5.3.4-03"],
    proven_by={
        "accepts:credential.token-known": "CREDENTIAL-TOKEN-UNKNOWN-ACCEPTED",
        "misreports:credential.token-known": (
            "CREDENTIAL-TOKEN-UNKNOWN-MISREPORTED",
            "CREDENTIAL-CHALLENGE-MISSING",
        ),
        "credential-challenge-response:invalid-token-403": "CREDENTIAL-TOKEN-UNKNOWN-STATUS",
        "credential-challenge-response:missing": "CREDENTIAL-CHALLENGE-MISSING",
        "credential-challenge-response:scheme-other": "CREDENTIAL-CHALLENGE-SCHEME",
        "credential-challenge-response:error-missing": "CREDENTIAL-CHALLENGE-ERROR-MISSING",
        "credential-challenge-response:error-other": "CREDENTIAL-CHALLENGE-ERROR",
    },
)
async def an_unknown_token_is_refused(access: Access, expect: Expect) -> None:
    """A Credential Request with a token that was never issued gets a challenge with error invalid_token."""
    unknown = access.with_token(mutate.near_miss(access.token))
    reply = await unknown.request(await access.right_body())
    expect_unknown_token_refused(expect, _ENDPOINT, access, reply)


@check(
    "credential-token-expired-refused",
    requires=["RFC6750-3.1-01", "FAPI2-5.3.4-05"],
    proven_by={
        "accepts:credential.token-expired": "CREDENTIAL-TOKEN-EXPIRED-ACCEPTED",
        "misreports:credential.token-expired": "CREDENTIAL-TOKEN-EXPIRED-MISREPORTED",
    },
    applies=when.brief_token,
    waits=True,
    flows=4,
)
async def an_expired_token_is_refused(another_flow: Callable[[], Flow], token: Reply, expect: Expect) -> None:
    """A Credential Request with an Access Token whose expires_in is over is refused."""
    seconds = float(token.object["expires_in"]) + 1
    expect.refused(
        await used_late(
            another_flow(),
            another_flow,
            _good_access,
            _request,
            seconds=seconds,
            why="the end of an Access Token",
        ),
        "CREDENTIAL-TOKEN-EXPIRED",
        what="a Credential Request with an expired Access Token",
        status={401},
    )


async def _good_access(flow: Flow) -> Access:
    access = await flow.access()
    control = await _request(flow, access)
    if not (control.successful and carries_credential(control)):
        raise Blocked(f"a fresh Access Token was refused: {said(control)}")
    return access


async def _request(_: Flow, access: Access) -> Reply:
    return await access.request(await access.right_body())


@check(
    "credential-token-in-query-refused",
    requires=["RFC6750-2.3-02", "RFC6750-2.3-01"],
    proven_by={
        "accepts:credential.token-in-header": ["CREDENTIAL-TOKEN-IN-QUERY", "CREDENTIAL-TOKEN-IN-QUERY-CACHEABLE"],
    },
    applies=when.bearer_token,
)
async def a_token_in_the_query_is_refused(access: Access, expect: Expect) -> None:
    """An Access Token in the query of the URL is not accepted, or at least the answer is private."""
    reply = await access.request_with_token_in_query(await access.right_body())
    granted = reply.successful and carries_credential(reply)
    expect.that(
        not granted,
        "CREDENTIAL-TOKEN-IN-QUERY",
        "an Access Token in the query alone opens nothing",
        f"{reply.gist}, handing out what was asked for",
        at=reply,
    )
    if granted:
        expect.that(
            "private" in reply.directives("cache-control"),
            "CREDENTIAL-TOKEN-IN-QUERY-CACHEABLE",
            "private in Cache-Control",
            reply.headers.get("cache-control", "no Cache-Control"),
            at=reply,
            pointer="header Cache-Control",
            requirement="RFC6750-2.3-01",
        )


@check(
    "credential-challenge-wellformed",
    requires=["RFC6750-3-04", "RFC6750-3-05", "RFC6750-3-07", "RFC6750-3-08", "RFC6750-3-09", "RFC6750-3-10"],
    proven_by={
        "credential-challenge-response:malformed": "CREDENTIAL-CHALLENGE-MALFORMED",
        "credential-challenge-response:realm-missing": "CREDENTIAL-CHALLENGE-BARE",
        "credential-challenge-response:realm-twice": "CREDENTIAL-CHALLENGE-REPEATED",
        "credential-challenge-response:error-twice": "CREDENTIAL-CHALLENGE-REPEATED",
        "credential-challenge-response:scope-charset": "CREDENTIAL-CHALLENGE-SCOPE",
        "credential-challenge-response:description-charset": "CREDENTIAL-CHALLENGE-TEXT",
        "credential-challenge-response:uri-charset": "CREDENTIAL-CHALLENGE-URI",
    },
    applies=when.bearer_token,
)
async def challenges_are_wellformed(access: Access, expect: Expect) -> None:
    """The challenges for a missing and for an unknown Access Token follow the grammar of RFC 6750."""
    body = await access.right_body()
    unknown = {"Authorization": f"Bearer {mutate.near_miss(access.token)}"}
    replies = [await access.request(body, headers=headers) for headers in ({}, unknown)]
    challenged = [reply for reply in replies if "WWW-Authenticate" in reply.headers]
    if not challenged:
        raise Blocked(f"no answer has WWW-Authenticate: {'; '.join(reply.gist for reply in replies)}")
    for reply in challenged:
        try:
            found = challenges.read(reply.headers.get_list("WWW-Authenticate"))
        except ChallengeError as error:
            expect.that(
                False,
                "CREDENTIAL-CHALLENGE-MALFORMED",
                "a list of challenges as RFC 9110 spells it",
                error.detail,
                at=reply,
                pointer="header WWW-Authenticate",
            )
            continue
        bearers = [challenge for challenge in found if challenge.scheme.lower() == "bearer"]
        if not bearers:
            raise Blocked(f"exchange {reply.exchange} has no Bearer challenge")
        for bearer in bearers:
            _expect_wellformed(reply, bearer, expect)


def _expect_wellformed(reply: Reply, challenge: Challenge, expect: Expect) -> None:
    where: Any = {"at": reply, "pointer": "header WWW-Authenticate"}
    expect.that(
        bool(challenge.parameters),
        "CREDENTIAL-CHALLENGE-BARE",
        "at least one parameter after Bearer, such as realm",
        challenge.scheme,
        **where,
    )
    for names, requirement in ((("realm", "scope"), "RFC6750-3-05"), (ERROR_INFORMATION, "RFC6750-3-07")):
        repeated = [name for name in names if len(challenge.values(name)) > 1]
        expect.that(
            not repeated,
            "CREDENTIAL-CHALLENGE-REPEATED",
            f"{', '.join(names)} once at most",
            f"repeated: {repeated}",
            requirement=requirement,
            **where,
        )
    scopes = challenge.values("scope")
    expect.that(
        all(text.is_scope_value(value) for scope in scopes for value in scope.split(" ")),
        "CREDENTIAL-CHALLENGE-SCOPE",
        "scope, when present, holds scope values with single spaces between them",
        scopes,
        requirement="RFC6750-3-08",
        **where,
    )
    texts = [*challenge.values("error"), *challenge.values("error_description")]
    expect.that(
        all(map(text.is_error_text, texts)),
        "CREDENTIAL-CHALLENGE-TEXT",
        "error and error_description with the characters %x20-21, %x23-5B and %x5D-7E only",
        texts,
        requirement="RFC6750-3-09",
        **where,
    )
    uris = challenge.values("error_uri")
    expect.that(
        all(map(text.is_uri_reference, uris)),
        "CREDENTIAL-CHALLENGE-URI",
        "error_uri, when present, is a URI reference",
        uris,
        requirement="RFC6750-3-10",
        **where,
    )


async def _scope_values(access: Access) -> set[str]:
    """Give the scope values that an Access Token was given for, as far as they are told (RFC 6749 section 5.1)."""
    flow = access.flow
    told = (await flow.token()).object.get("scope")
    if told is None and flow.scenario.grant is Grant.AUTHORIZATION_CODE:
        told = (await flow.authorization()).parameters.get("scope")
    return set(told.split()) if isinstance(told, str) else set()


@check(
    "credential-configuration-unauthorized-refused",
    requires=[
        "VCI-6.1-03",
        "VCI-8.3.1.1-03",
        "RFC6750-3-02",
        "RFC6750-3-03",
        "RFC6750-3.1-03",
        "RFC6750-3.1-04",
        "FAPI2-5.3.4-07",
        "FAPI2-5.3.4-08",
        "FAPI2-5.3.2.1-17",
    ],
    proven_by={
        "accepts:credential.configuration-authorized": "CREDENTIAL-UNAUTHORIZED-ACCEPTED",
        "misreports:credential.configuration-authorized": "CREDENTIAL-UNAUTHORIZED-MISREPORTED",
        "credential-challenge-response:missing": "CREDENTIAL-CHALLENGE-MISSING",
        "credential-challenge-response:scheme-other": "CREDENTIAL-CHALLENGE-SCHEME",
        "credential-challenge-response:scope-error-other": "CREDENTIAL-CHALLENGE-ERROR",
        "credential-challenge-response:insufficient-scope-401": "CREDENTIAL-UNAUTHORIZED-STATUS",
    },
    applies=when.another_configuration,
)
async def a_configuration_beyond_the_offer_is_refused(access: Access, facts: Facts, expect: Expect) -> None:
    """An Access Token does not open a Credential Configuration that its Credential Offer does not name."""
    name = facts.unoffered_configurations[0]
    reply = await access.request(naming(access, await access.right_body(), name))
    # Refusing the request as such is right as well: the issuer may deny it, and where there are identifiers,
    # asking by configuration is malformed, which also stands for a denial where that has no code.
    denied = access.dialect.worded({"credential_request_denied"})
    accepted = denied if denied and not access.identifier else denied | {"invalid_credential_request"}
    payload_error = reply.status == 400 and reply.error in accepted
    challenged = "WWW-Authenticate" in reply.headers
    # Several configurations may have one scope value, and whoever is given that is given them all.
    covered = facts.issuer.configurations[name].get("scope") in await _scope_values(access)
    expect.refused(
        reply,
        "CREDENTIAL-UNAUTHORIZED",
        what=f"a Credential Request for {name}, which the offer does not name,",
        status={400} if payload_error else {400, 401, 403} if challenged else {401, 403},
        requirement="VCI-6.1-03" if covered else ("FAPI2-5.3.4-07", "VCI-6.1-03"),
        status_requirement="VCI-8.3.1.1-03",
    )
    if payload_error or not (challenged or reply.status in (401, 403)):
        return
    challenge = expect_challenge(expect, _ENDPOINT, access, reply, "RFC6750-3-02")
    if challenge is None:
        return
    errors = set(challenge.values("error"))
    expect.that(
        errors <= {"insufficient_scope", "invalid_token"},
        "CREDENTIAL-CHALLENGE-ERROR",
        "error insufficient_scope or invalid_token",
        sorted(errors),
        at=reply,
        pointer="header WWW-Authenticate",
        requirement=("FAPI2-5.3.4-08", "RFC6750-3.1-03"),
    )
    expect.that(
        "insufficient_scope" not in errors or reply.status == 403,
        "CREDENTIAL-UNAUTHORIZED-STATUS",
        "HTTP 403 with error insufficient_scope",
        f"HTTP {reply.status}",
        at=reply,
        requirement="RFC6750-3.1-04",
    )
