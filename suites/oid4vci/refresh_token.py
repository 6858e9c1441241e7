"""Refresh tokens that the Token Response hands out: RFC 6749 sections 6 and 10.10, RFC 9700 section 4.14."""

from __future__ import annotations

from collections.abc import Callable

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.facts import Facts
from harness.flow import Flow
from harness.formats.problems import json_type
from harness.transport import Reply
from harness.wallet import token as tokens
from harness.wallet.credential import carries_credential
from suites.oid4vci._late import used_late
from suites.oid4vci._refreshing import fields, refresh, refresh_token_of, renewed
from suites.oid4vci._secrets import expect_hard_to_guess
from suites.oid4vci._token_requests import UNAUTHENTICATED, only_identified, without

check = area("Refresh Tokens", per=Per.GRANT)

_USES_OF_AN_OLD_ONE = 2
"""A server may let one repetition pass, because answers get lost."""
_GRACE_S = 60.0
"""Or let any number of them pass for so long."""

_UNBOUND = when.refresh_token & when.public_client & when.bearer_token & ~when.client_certificate
"""Nothing that shows binds the refresh token to a key of the client's."""


@check(
    "refresh-token-guessing",
    requires=["RFC6749-10.10-07", "RFC6749-10.10-08", "FAPI2-5.4.1-09"],
    proven_by={
        "token:refresh-token-guessable": "REFRESH-TOKEN-GUESSABLE",
        "token:refresh-token-thin": "REFRESH-TOKEN-GUESSABLE",
        "token:refresh-token-short": "REFRESH-TOKEN-SHORT",
        "token:refresh-token-counter": "REFRESH-TOKEN-COUNTED",
    },
    applies=when.refresh_token,
)
async def a_refresh_token_is_hard_to_guess(token: Reply, flow: Flow, expect: Expect) -> None:
    """Refresh tokens are long enough to be hard to guess, and one does not follow from another."""
    values = [tokens.refresh_token(reply) for reply in (token, await flow.token())]
    expect_hard_to_guess(
        expect,
        "REFRESH-TOKEN",
        [value for value in values if value is not None],
        "RFC6749-10.10-07",
        advice="RFC6749-10.10-08",
        at=token,
        pointer="/refresh_token",
    )


@check(
    "refresh-token-accepted",
    requires=["RFC6749-6-04"],
    proven_by={"rejects:refresh.right-request": "REFRESH-TOKEN-REFUSED"},
    applies=when.refresh_token,
)
async def a_refresh_token_brings_an_access_token(flow: Flow, expect: Expect) -> None:
    """A refresh token is exchanged for an Access Token."""
    reply = await refresh(flow, await refresh_token_of(flow))
    expect.that(
        tokens.access_token(reply) is not None,
        "REFRESH-TOKEN-REFUSED",
        "an Access Token for the refresh token",
        reply.gist,
        at=reply,
    )


@check(
    "refresh-token-response",
    requires=["RFC6749-5.1-03", "RFC6749-5.1-01", "RFC6749-5.1-10", "RFC6749-5.1-11"],
    proven_by={
        "refreshed-token:type-missing": "REFRESHED-TOKEN-TYPE",
        "refreshed-token-response:status-201": "REFRESHED-TOKEN-STATUS",
        "refreshed-token-response:content-type": "REFRESHED-TOKEN-CONTENT-TYPE",
        "refreshed-token-response:cacheable": "REFRESHED-TOKEN-CACHEABLE",
    },
    applies=when.refresh_token,
)
async def the_answer_is_a_token_response(flow: Flow, expect: Expect) -> None:
    """The answer to a refresh request is a Token Response like the first: JSON, uncacheable, with token_type."""
    reply = await renewed(flow, await refresh_token_of(flow))
    expect.that(
        isinstance(reply.object.get("token_type"), str),
        "REFRESHED-TOKEN-TYPE",
        "token_type, a string",
        json_type(reply.object["token_type"])
        if "token_type" in reply.object
        else f"the members {show(list(reply.object))}",
        at=reply,
        pointer="/token_type",
    )
    expect.that(
        reply.status == 200,
        "REFRESHED-TOKEN-STATUS",
        "HTTP 200",
        f"HTTP {reply.status}",
        at=reply,
        requirement="RFC6749-5.1-01",
    )
    expect.that(
        reply.media_type == "application/json",
        "REFRESHED-TOKEN-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="RFC6749-5.1-10",
    )
    expect.that(
        "no-store" in reply.directives("Cache-Control"),
        "REFRESHED-TOKEN-CACHEABLE",
        "no-store in Cache-Control",
        reply.headers.get("Cache-Control", "no Cache-Control"),
        at=reply,
        pointer="header Cache-Control",
        requirement="RFC6749-5.1-11",
    )


@check(
    "refresh-token-same-scope",
    requires=["RFC6749-6-06", "RFC6749-6-05"],
    proven_by={
        "refreshed-token:scope-lost": "REFRESH-TOKEN-SCOPE",
        "refreshed-access:nothing-granted": "REFRESH-TOKEN-ACCESS",
        "refreshed-token:identifiers-other": "REFRESH-TOKEN-ACCESS",
    },
    applies=when.refresh_token,
)
async def a_refreshed_token_is_for_the_same(issuance: Reply, flow: Flow, expect: Expect) -> None:
    """An Access Token from a refresh request without scope is good for what the first one was, and no more."""
    if not carries_credential(issuance):
        raise Blocked(f"no credential was issued with the first Access Token: {issuance.gist}")
    reply = await refresh(flow, await refresh_token_of(flow))
    value = tokens.access_token(reply)
    if value is None:
        raise Blocked(f"the refresh request brought no Access Token: {reply.gist}")
    granted = await _granted_scope(flow)
    expect.that(
        granted is None or _values(reply.object.get("scope")) <= granted,
        "REFRESH-TOKEN-SCOPE",
        f"no scope beyond what was granted, {show(sorted(granted or ()))}",
        reply.object.get("scope"),
        at=reply,
        pointer="/scope",
        requirement="RFC6749-6-05",
    )
    name = flow.scenario.configuration
    identifiers = tokens.credential_identifiers(reply, name) or tokens.credential_identifiers(
        await flow.token(), name
    )
    access = Access(flow, value, identifiers[0] if identifiers else None, scheme=tokens.scheme(reply))
    answer = await access.request(await access.right_body())
    expect.that(
        carries_credential(answer),
        "REFRESH-TOKEN-ACCESS",
        "a Credential, as with the first Access Token",
        answer.gist,
        at=answer,
        requirement="RFC6749-6-06",
    )


# Refusals


@check(
    "refresh-token-missing-refused",
    requires=["RFC6749-5.2-04", "RFC6749-5.2-01"],
    proven_by={
        "accepts:refresh.present": "REFRESH-TOKEN-MISSING-ACCEPTED",
        "misreports:refresh.present": "REFRESH-TOKEN-MISSING-MISREPORTED",
    },
    applies=when.refresh_token,
)
async def a_missing_refresh_token_is_refused(shared: Flow, expect: Expect) -> None:
    """A refresh request without refresh_token is refused with invalid_request."""
    expect.refused(
        await shared.request_token(without(fields(shared, ""), "refresh_token")),
        "REFRESH-TOKEN-MISSING",
        what="a refresh request without refresh_token",
        status={400},
        errors={"invalid_request"},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "refresh-token-unknown-refused",
    requires=["RFC6749-6-03", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:refresh.known": "REFRESH-TOKEN-UNKNOWN-ACCEPTED",
        "misreports:refresh.known": "REFRESH-TOKEN-UNKNOWN-MISREPORTED",
    },
    applies=when.refresh_token,
)
async def an_unknown_refresh_token_is_refused(shared: Flow, expect: Expect) -> None:
    """A refresh token that the Authorization Server did not issue is refused with invalid_grant."""
    expect.refused(
        await refresh(shared, mutate.near_miss(await refresh_token_of(shared))),
        "REFRESH-TOKEN-UNKNOWN",
        what="an unknown refresh token",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


@check(
    "refresh-token-of-another-client-refused",
    requires=["RFC6749-6-02", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:refresh.client": "REFRESH-TOKEN-FOREIGN-ACCEPTED",
        "misreports:refresh.client": "REFRESH-TOKEN-FOREIGN-MISREPORTED",
    },
    applies=when.refresh_token,
)
async def a_refresh_token_of_another_client_is_refused(flow: Flow, expect: Expect) -> None:
    """A refresh token that was issued to another client is refused with invalid_grant."""
    other = flow.as_other_client()
    value = await refresh_token_of(flow)
    # With a DPoP key of its own it would be refused for that.
    other.binding_key = flow.binding_key
    expect.refused(
        await refresh(other, value),
        "REFRESH-TOKEN-FOREIGN",
        what="a refresh token that was issued to another client",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


@check(
    "refresh-token-unauthenticated-refused",
    requires=["RFC6749-6-01", "RFC6749-5.2-08", "RFC6749-5.2-01", "HAIP-4.4.1-01", "FAPI2-5.3.2.1-03"],
    proven_by={
        "accepts:client.authenticated": "REFRESH-TOKEN-UNAUTHENTICATED-ACCEPTED",
        "misreports:client.authenticated": "REFRESH-TOKEN-UNAUTHENTICATED-MISREPORTED",
    },
    applies=when.refresh_token & when.client_credentials,
)
async def a_client_without_its_credentials_is_refused(flow: Flow, expect: Expect) -> None:
    """A refresh token of a client with credentials is refused without client authentication."""
    request = fields(flow, await refresh_token_of(flow))
    expect.refused(
        await flow.request_token(request, authentication=only_identified(flow.agent)),
        "REFRESH-TOKEN-UNAUTHENTICATED",
        what="a refresh token without client authentication",
        status={400, 401},
        errors=UNAUTHENTICATED,
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-08",
    )


@check(
    "refresh-token-wider-scope-refused",
    requires=["RFC6749-6-05", "RFC9700-4.14.2-02", "RFC6749-5.2-15"],
    proven_by={
        "accepts:refresh.scope": "REFRESH-TOKEN-SCOPE-WIDER",
        "misreports:refresh.scope": "REFRESH-TOKEN-SCOPE-MISREPORTED",
    },
    applies=when.refresh_token,
)
async def a_wider_scope_is_not_given(flow: Flow, expect: Expect) -> None:
    """A refresh request for more scope than was granted is refused with invalid_scope, or gives no more."""
    granted = await _granted_scope(flow) or set()
    known = {str(one["scope"]) for one in flow.issuer.configurations.values() if isinstance(one.get("scope"), str)}
    beyond = next(iter(sorted(known - granted - _values(flow.configuration.get("scope")))), "assay-not-granted")
    wanted = " ".join([*sorted(granted), beyond])
    reply = await refresh(flow, await refresh_token_of(flow), scope=wanted)
    given = reply.object.get("scope")
    # Without the member, the scope is the one asked for (RFC 6749 section 5.1), less the values that nobody
    # defined: these are ignored (OpenID4VCI 1.0 section 5.1.2).
    meant = known & _values(wanted) if given is None else _values(given)
    more = tokens.access_token(reply) is not None and beyond in meant
    if not expect.that(
        not more,
        "REFRESH-TOKEN-SCOPE-WIDER",
        f"no Access Token for the scope {beyond!r}, which was not granted",
        f"{reply.gist}, with the scope {show(given)}",
        at=reply,
        pointer="/scope",
    ):
        return
    expect.that(
        reply.successful or reply.error == "invalid_scope",
        "REFRESH-TOKEN-SCOPE-MISREPORTED",
        "an Access Token without the scope that was not granted, or the error invalid_scope",
        reply.gist,
        at=reply,
        requirement="RFC6749-5.2-15",
    )


@check(
    "refresh-token-expired-refused",
    requires=["RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:refresh.expired": "REFRESH-TOKEN-EXPIRED-ACCEPTED",
        "misreports:refresh.expired": "REFRESH-TOKEN-EXPIRED-MISREPORTED",
    },
    applies=when.refresh_token & when.brief_code("refresh_token_s"),
    waits=True,
    flows=4,
)
async def an_expired_refresh_token_is_refused(
    flow: Flow, another_flow: Callable[[], Flow], facts: Facts, expect: Expect
) -> None:
    """A refresh token is refused once its lifetime, as the team says it, is over."""
    seconds = (facts.promises.refresh_token_s or 0) + 1
    expect.refused(
        await used_late(
            flow, another_flow, refresh_token_of, refresh, seconds=seconds, why="the end of a refresh token"
        ),
        "REFRESH-TOKEN-EXPIRED",
        what="an expired refresh token",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
    )


@check(
    "refresh-token-as-access-token-refused",
    requires=["VCI-8.3.1.1-02", "RFC6750-3.1-01", "RFC6750-3.1-02", "FAPI2-5.3.4-03"],
    proven_by={"opening:refresh-token-too": "REFRESH-TOKEN-AS-ACCESS-TOKEN-ACCEPTED"},
    applies=when.refresh_token,
)
async def a_refresh_token_is_no_access_token(flow: Flow, issuance: Reply, expect: Expect) -> None:
    """A refresh token in the place of the Access Token brings no Credential."""
    if not carries_credential(issuance):
        raise Blocked(f"no credential was issued: {issuance.gist}")
    access = (await flow.access()).with_token(await refresh_token_of(flow))
    expect.refused(
        await access.request(await access.right_body()),
        "REFRESH-TOKEN-AS-ACCESS-TOKEN",
        what="a Credential Request with the refresh token as Access Token",
        status={401},
        status_requirement="RFC6750-3.1-02",
    )


# Rotation


@check(
    "refresh-token-rotated",
    requires=["RFC9700-2.2.2-01", "RFC9700-4.14.2-03", "RFC6749-5.2-07"],
    proven_by={
        "accepts:refresh.rotated": "REFRESH-TOKEN-OLD-ACCEPTED",
        "misreports:refresh.rotated": "REFRESH-TOKEN-OLD-MISREPORTED",
        "refreshed-token:refresh-token-missing": "REFRESH-TOKEN-NOT-ROTATED",
        "token:refresh-token-guessable": "REFRESH-TOKEN-NOT-ROTATED",
    },
    applies=_UNBOUND,
    waits=True,
)
async def a_refresh_token_of_a_public_client_is_replaced(flow: Flow, expect: Expect) -> None:
    """A refresh token of a public client that no key is bound to is replaced when it is used, and then refused."""
    old = await refresh_token_of(flow)
    answer = await renewed(flow, old)
    new = tokens.refresh_token(answer)
    reply = await _use_again(flow, old, replaced=new not in (None, old))
    if new is None or new == old:
        expect.that(
            not reply.successful,
            "REFRESH-TOKEN-NOT-ROTATED",
            "a new refresh token in the place of the old one",
            f"no new one, and the old one is accepted again: {reply.gist}",
            at=answer,
        )
    elif expect.that(
        not reply.successful,
        "REFRESH-TOKEN-OLD-ACCEPTED",
        "a refusal of the refresh token that was replaced",
        reply.gist,
        at=reply,
        requirement="RFC9700-4.14.2-03",
    ):
        expect.that(
            reply.error == "invalid_grant",
            "REFRESH-TOKEN-OLD-MISREPORTED",
            "the error invalid_grant",
            reply.gist,
            at=reply,
            requirement="RFC6749-5.2-07",
        )


@check(
    "refresh-token-replay-noticed",
    requires=["RFC9700-4.14.2-04", "RFC6749-5.2-07"],
    proven_by={
        "accepts:refresh.revoked": "REFRESH-TOKEN-ALIVE-ACCEPTED",
        "misreports:refresh.revoked": "REFRESH-TOKEN-ALIVE-MISREPORTED",
    },
    applies=_UNBOUND,
    waits=True,
)
async def a_replay_revokes_the_active_refresh_token(flow: Flow, expect: Expect) -> None:
    """The active refresh token is refused once the one that it replaced was used again."""
    old = await refresh_token_of(flow)
    new = tokens.refresh_token(await renewed(flow, old))
    if new is None or new == old:
        raise Blocked("the refresh token was not replaced")
    again = await _use_again(flow, old, replaced=True)
    if again.successful:
        raise Blocked(f"the refresh token that was replaced is still accepted: {again.gist}")
    expect.refused(
        await refresh(flow, new),
        "REFRESH-TOKEN-ALIVE",
        what="the active refresh token, after the one before it was used again,",
        status={400},
        errors={"invalid_grant"},
        error_requirement="RFC6749-5.2-07",
    )


@check(
    "refresh-token-successor",
    requires=["RFC6749-6-04", "RFC6749-6-08"],
    proven_by={
        "successor:dead": "REFRESH-TOKEN-SUCCESSOR-REFUSED",
        "refresh-use:spent": "REFRESH-TOKEN-SPENT",
    },
    applies=when.refresh_token,
)
async def renewals_go_on(flow: Flow, expect: Expect) -> None:
    """After a refresh token was used, the one in its place works, or the same one again where there is none."""
    old = await refresh_token_of(flow)
    new = tokens.refresh_token(await renewed(flow, old))
    reply = await refresh(flow, new or old)
    replaced = new not in (None, old)
    expect.that(
        tokens.access_token(reply) is not None,
        "REFRESH-TOKEN-SUCCESSOR-REFUSED" if replaced else "REFRESH-TOKEN-SPENT",
        f"an Access Token for the {'new refresh token' if replaced else 'refresh token, which was not replaced'}",
        reply.gist,
        at=reply,
        requirement="RFC6749-6-04" if replaced else "RFC6749-6-08",
    )


@check(
    "refresh-token-of-replayed-code-refused",
    requires=["RFC6749-4.1.2-06", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:refresh.revoked": "REFRESH-TOKEN-OF-REPLAY-ACCEPTED",
        "misreports:refresh.revoked": "REFRESH-TOKEN-OF-REPLAY-MISREPORTED",
    },
    applies=when.code_flow & when.refresh_token,
)
async def the_refresh_token_of_a_replayed_code_is_revoked(flow: Flow, expect: Expect) -> None:
    """The refresh token for a code no longer works once the code was sent a second time."""
    value = await refresh_token_of(flow)
    again = await flow.request_token(await flow.token_fields())
    if again.successful:
        raise Blocked(f"the code is accepted a second time: {again.gist}")
    expect.refused(
        await refresh(flow, value),
        "REFRESH-TOKEN-OF-REPLAY",
        what="the refresh token for a code that was used a second time",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


async def _granted_scope(flow: Flow) -> set[str] | None:
    """Give the scope of a flow's first Access Token, or ``None`` when nothing says it.

    The Token Response may leave it out where it is the one that was asked for (RFC 6749 section 5.1).
    """
    attempt = flow.taken("authorization")
    asked = attempt.parameters.get("scope") if attempt is not None else None
    scope = (await flow.token()).object.get("scope", asked)
    return _values(scope) if isinstance(scope, str) else None


async def _use_again(flow: Flow, refresh_token: str, *, replaced: bool) -> Reply:
    """Use an old refresh token until it is refused, as often and as long as may be borne; give the last answer.

    Args:
        replaced: whether it has a successor, so that it may be good for a time of grace.

    """
    for _ in range(_USES_OF_AN_OLD_ONE):
        reply = await refresh(flow, refresh_token)
        if not reply.successful:
            return reply
    if replaced:
        await flow.tools.wait(min(_GRACE_S, flow.tools.patience.limit_s), "a replaced refresh token to be refused")
        reply = await refresh(flow, refresh_token)
    return reply


def _values(scope: object) -> set[str]:
    return set(scope.split()) if isinstance(scope, str) else set()
