"""The authorization code at the Token Endpoint.

OpenID4VCI 1.0 section 6.1, RFC 6749 sections 4.1.2, 4.1.3, 5.2 and 10.10, RFC 9700 section 4.2.4.
"""

from __future__ import annotations

from collections.abc import Callable

from harness import mutate
from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from suites.oid4vci._late import redeemed_late
from suites.oid4vci._secrets import expect_hard_to_guess
from suites.oid4vci._token_requests import UNAUTHENTICATED, anonymous, only_identified, without

check = area("Authorization Code", per=Per.GRANT)

_CLIENT_MISSING = frozenset({"invalid_client", "invalid_request"})
"""A parameter is missing, and it is what names the client."""


@check(
    "code-guessing",
    requires=["RFC6749-10.10-06", "RFC6749-10.10-08", "FAPI2-5.4.1-09"],
    proven_by={
        "authorization-response:code-guessable": "CODE-GUESSABLE",
        "authorization-response:code-thin": "CODE-GUESSABLE",
        "authorization-response:code-counter": "CODE-COUNTED",
        "authorization-response:code-short": "CODE-SHORT",
    },
    applies=when.code_flow,
)
async def a_code_is_hard_to_guess(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """Authorization codes are long enough to be hard to guess, and one does not follow from another."""
    another = await flow.authorization()
    codes = [attempt.code for attempt in (authorization, another) if attempt.code is not None]
    if not codes:
        raise Blocked(f"no authorization code was issued: {authorization.gist}")
    expect_hard_to_guess(
        expect, "CODE", codes, "RFC6749-10.10-06", advice="RFC6749-10.10-08", at=authorization.last
    )


@check(
    "code-missing-refused",
    requires=["RFC6749-5.2-04", "VCI-6.1-05", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.present": "CODE-MISSING-ACCEPTED",
        "misreports:code.present": "CODE-MISSING-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_missing_code_is_refused(shared: Flow, expect: Expect) -> None:
    """A Token Request without code is refused with invalid_request."""
    await shared.access()
    expect.refused(
        await shared.request_token(without(await shared.token_fields(), "code")),
        "CODE-MISSING",
        what="a Token Request without code",
        status={400},
        errors={"invalid_request"},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "code-unknown-refused",
    requires=["RFC6749-4.1.3-04", "VCI-6.1-05", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.known": "CODE-UNKNOWN-ACCEPTED",
        "misreports:code.known": "CODE-UNKNOWN-MISREPORTED",
    },
    applies=when.code_flow,
)
async def an_unknown_code_is_refused(shared: Flow, expect: Expect) -> None:
    """A code that the Authorization Server did not issue is refused with invalid_grant."""
    await shared.access()
    fields = await shared.token_fields()
    expect.refused(
        await shared.request_token({**fields, "code": mutate.near_miss(fields["code"])}),
        "CODE-UNKNOWN",
        what="a Token Request with an unknown code",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


@check(
    "code-expired-refused",
    requires=["RFC6749-5.2-07", "RFC6749-4.1.2-03", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.expired": "CODE-EXPIRED-ACCEPTED",
        "misreports:code.expired": "CODE-EXPIRED-MISREPORTED",
    },
    applies=when.code_flow & when.brief_code("authorization_code_s"),
    waits=True,
    flows=4,
)
async def an_expired_code_is_refused(
    flow: Flow, another_flow: Callable[[], Flow], facts: Facts, expect: Expect
) -> None:
    """An authorization code is refused once its lifetime, as the team says it, is over."""
    seconds = (facts.promises.authorization_code_s or 0) + 1
    expect.refused(
        await redeemed_late(flow, another_flow, seconds, "the end of an authorization code"),
        "CODE-EXPIRED",
        what="a Token Request with an expired authorization code",
        status={400},
        errors={"invalid_grant"},
        requirement="RFC6749-4.1.2-03",
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "code-reused-refused",
    requires=[
        "RFC6749-4.1.2-05",
        "RFC9700-4.2.4-02",
        "VCI-6.1-05",
        "RFC6749-5.2-07",
        "RFC6749-5.2-01",
        "FAPI2-5.3.2.2-11",
    ],
    proven_by={
        "accepts:code.single-use": "CODE-REUSED-ACCEPTED",
        "misreports:code.single-use": "CODE-REUSED-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_used_code_is_refused(flow: Flow, expect: Expect) -> None:
    """A code that has brought an Access Token is refused with invalid_grant."""
    await flow.access()
    expect.refused(
        await flow.request_token(await flow.token_fields()),
        "CODE-REUSED",
        what="a Token Request with a code that was used before",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


@check(
    "code-reused-tokens-revoked",
    requires=["RFC6749-4.1.2-06", "RFC6750-3.1-02"],
    proven_by={
        "accepts:code.single-use": "CODE-TOKEN-ACCEPTED",
        "accepts:code.tokens-revoked": "CODE-TOKEN-ACCEPTED",
        "misreports:code.tokens-revoked": "CODE-TOKEN-MISREPORTED",
    },
    applies=when.code_flow,
)
async def the_tokens_of_a_replayed_code_are_revoked(flow: Flow, issuance: Reply, expect: Expect) -> None:
    """The Access Token for a code no longer works once the code was sent a second time."""
    if not carries_credential(issuance):
        raise Blocked(f"no credential was issued with a right Access Token: {issuance.gist}")
    access = await flow.access()
    await flow.request_token(await flow.token_fields())
    expect.refused(
        await access.request(await access.right_body()),
        "CODE-TOKEN",
        what="a Credential Request with the Access Token of a code that was used a second time",
        status={400, 401, 403},
        status_requirement="RFC6750-3.1-02",
    )


@check(
    "code-of-another-client-refused",
    requires=["RFC6749-4.1.3-03", "VCI-6.1-05", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.client": "CODE-FOREIGN-ACCEPTED",
        "misreports:code.client": "CODE-FOREIGN-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_code_of_another_client_is_refused(flow: Flow, expect: Expect) -> None:
    """A code that was issued to another client is refused with invalid_grant, with all its secrets beside it."""
    other = flow.as_other_client()
    attempt = await flow.authorization()
    if attempt.code is None:
        raise Blocked(f"no authorization code was issued: {attempt.gist}")
    expect.refused(
        await other.request_token(other.code_fields(attempt)),
        "CODE-FOREIGN",
        what="a Token Request with a code that was issued to another client",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


@check(
    "code-redirect-uri-missing-refused",
    requires=["RFC6749-4.1.3-05", "VCI-6.1-05", "RFC6749-5.2-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.redirect-uri-present": "CODE-REDIRECT-URI-MISSING-ACCEPTED",
        "misreports:code.redirect-uri-present": "CODE-REDIRECT-URI-MISSING-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_missing_redirect_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A code is refused without redirect_uri, since the Authorization Request had one."""
    expect.refused(
        await flow.request_token(without(await flow.token_fields(), "redirect_uri")),
        "CODE-REDIRECT-URI-MISSING",
        what="a Token Request without the redirect_uri of the Authorization Request",
        status={400},
        # A required parameter is missing, or does not match.
        errors={"invalid_request", "invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-04",
    )


@check(
    "code-redirect-uri-wrong-refused",
    requires=["RFC6749-4.1.3-06", "VCI-6.1-05", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.redirect-uri": "CODE-REDIRECT-URI-WRONG-ACCEPTED",
        "misreports:code.redirect-uri": "CODE-REDIRECT-URI-WRONG-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_wrong_redirect_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A code is refused with invalid_grant when redirect_uri is not that of the Authorization Request."""
    fields = await flow.token_fields()
    expect.refused(
        await flow.request_token({**fields, "redirect_uri": f"{fields['redirect_uri']}/elsewhere"}),
        "CODE-REDIRECT-URI-WRONG",
        what="a Token Request with another redirect_uri than the Authorization Request",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


# Clients


@check(
    "code-client-missing-refused",
    requires=["RFC6749-5.2-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:client.identified": "CODE-CLIENT-MISSING-ACCEPTED",
        "misreports:client.identified": "CODE-CLIENT-MISSING-MISREPORTED",
    },
    applies=when.code_flow & when.public_client,
)
async def an_unnamed_client_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request with a code of a public client is refused without client_id."""
    reply = await flow.request_token(without(await flow.token_fields(), "client_id"), authentication=anonymous)
    expect.refused(
        reply,
        "CODE-CLIENT-MISSING",
        what="a Token Request with a code and without client_id",
        status={400, 401},
        errors=_CLIENT_MISSING,
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "code-client-unknown-refused",
    requires=["RFC6749-5.2-08", "RFC6749-5.2-01"],
    proven_by={
        "accepts:client.known": "CODE-CLIENT-UNKNOWN-ACCEPTED",
        "misreports:client.known": "CODE-CLIENT-UNKNOWN-MISREPORTED",
    },
    applies=when.code_flow & when.public_client,
)
async def an_unknown_client_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request with a code is refused with invalid_client when nobody knows the client."""
    expect.refused(
        await flow.request_token({**await flow.token_fields(), "client_id": "assay-unknown-client"}),
        "CODE-CLIENT-UNKNOWN",
        what="a Token Request with a code and an unknown client_id",
        status={400, 401},
        # The code was issued to another client, too.
        errors={"invalid_client", "invalid_grant"},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "code-client-unauthenticated-refused",
    requires=[
        "RFC6749-4.1.3-01",
        "VCI-6.1-01",
        "RFC6749-5.2-08",
        "RFC6749-5.2-01",
        "HAIP-4.4.1-01",
        "FAPI2-5.3.2.1-03",
    ],
    proven_by={
        "accepts:client.authenticated": "CODE-CLIENT-UNAUTHENTICATED-ACCEPTED",
        "misreports:client.authenticated": "CODE-CLIENT-UNAUTHENTICATED-MISREPORTED",
    },
    applies=when.code_flow & when.client_credentials,
)
async def a_client_without_its_credentials_is_refused(flow: Flow, expect: Expect) -> None:
    """A code that was issued to a client with credentials is refused without client authentication."""
    expect.refused(
        await flow.request_token(await flow.token_fields(), authentication=only_identified(flow.agent)),
        "CODE-CLIENT-UNAUTHENTICATED",
        what="a Token Request with a code and without client authentication",
        status={400, 401},
        errors=UNAUTHENTICATED,
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-08",
    )
