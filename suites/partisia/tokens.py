"""Access tokens for the pre-authorized codes of offers."""

from __future__ import annotations

from harness import mutate
from harness.access import said
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.partisia import samples
from harness.transport import Reply
from harness.wallet.token import access_token
from suites.partisia._answers import json_object, no_credential, no_token

reading = area("Partisia: access token", per=Per.OFFER)
check = area("Partisia: access token", per=Per.GRANT)

_CODE = "pre-authorized_code"
_SOON_S = 2
"""More than the milliseconds of the page's example, and less than its seconds."""
_AFTER_S = 5


@reading(
    "partisia-token",
    requires=["PAR-TOKEN-01", "PAR-TOKEN-02", "PAR-TOKEN-03"],
    proven_by={
        "partisia-token-response:absent": "PARTISIA-TOKEN-ANSWER",
        "partisia-token-response:no-json": "PARTISIA-TOKEN-ANSWER",
        "partisia-token-response:media-type": "PARTISIA-TOKEN-ANSWER",
        "partisia-token-response:array": "PARTISIA-TOKEN-ANSWER",
        "partisia-token:access-token-missing": "PARTISIA-TOKEN-MISSING",
        "partisia-token:type-missing": "PARTISIA-TOKEN-TYPE",
        "partisia-token:type-other": "PARTISIA-TOKEN-TYPE",
        "partisia-token:expires-in-missing": "PARTISIA-TOKEN-LIFETIME",
        "partisia-token:expires-in-text": "PARTISIA-TOKEN-LIFETIME",
        "rejects:partisia-token.anonymous": "PARTISIA-TOKEN-ANSWER",
    },
)
async def the_code_brings_an_access_token(token: Reply, expect: Expect) -> None:
    """Grant type and code, and nothing else, bring a Bearer token and tell how long it lives."""
    answered = json_object(expect, token, "PARTISIA-TOKEN-ANSWER", "the token response")
    if not answered and not (token.successful and token.object):
        return
    value, kind, lasts = (token.object.get(name) for name in ("access_token", "token_type", "expires_in"))
    expect.that(
        isinstance(value, str) and value != "",
        "PARTISIA-TOKEN-MISSING",
        "an access_token",
        f"members {', '.join(token.object)}",
        at=token,
        pointer="/access_token",
    )
    expect.that(
        isinstance(kind, str) and kind.lower() == "bearer",
        "PARTISIA-TOKEN-TYPE",
        "token_type Bearer",
        kind,
        at=token,
        pointer="/token_type",
        requirement="PAR-TOKEN-02",
    )
    expect.that(
        isinstance(lasts, int | float) and not isinstance(lasts, bool),
        "PARTISIA-TOKEN-LIFETIME",
        "expires_in, a number",
        lasts,
        at=token,
        pointer="/expires_in",
        requirement="PAR-TOKEN-03",
    )


@check(
    "partisia-token-lifetime",
    requires=["PAR-TOKEN-04"],
    proven_by={
        "partisia-access:milliseconds": "PARTISIA-TOKEN-MILLISECONDS",
    },
)
async def the_lifetime_is_in_seconds(flow: Flow, expect: Expect) -> None:
    """An access token brings a credential when it is older than its ``expires_in`` would be in milliseconds."""
    access, lasts = await flow.access(), (await flow.token()).object.get("expires_in")
    if not isinstance(lasts, int | float) or isinstance(lasts, bool) or not _SOON_S < lasts < _SOON_S * 1000:
        raise Blocked(f"expires_in is {lasts!r}, by which {_SOON_S} seconds tell nothing")
    await flow.tools.wait(_SOON_S, "whether expires_in is in seconds")
    reply = await access.request(await access.right_body())
    expect.that(
        reply.status != 401,
        "PARTISIA-TOKEN-MILLISECONDS",
        f"a token that is good for {lasts:g} seconds is good after {_SOON_S}",
        reply.gist,
        at=reply,
        pointer="/expires_in",
    )


@check(
    "partisia-token-code-known",
    requires=["PAR-TOKEN-05", "PAR-TOKEN-06"],
    proven_by={
        "accepts:partisia-token.code-known": "PARTISIA-CODE-UNKNOWN-ACCEPTED",
        "misreports:partisia-token.code-known": "PARTISIA-CODE-UNKNOWN-MISREPORTED",
    },
)
async def no_token_for_an_unknown_code(flow: Flow, expect: Expect) -> None:
    """The code that the page shows in its request, and one that resembles a right one, bring no token."""
    fields = await _redeemable(flow)
    for what, code in (
        ("the code of the page's example", samples.CODE),
        ("a code that no offer has", mutate.near_miss(fields[_CODE])),
    ):
        expect.refused(
            await flow.request_token({**fields, _CODE: code}),
            "PARTISIA-CODE-UNKNOWN",
            what=what,
            status={400},
            errors={"invalid_grant"},
            status_requirement="PAR-TOKEN-06",
            error_requirement="PAR-TOKEN-06",
        )


@check(
    "partisia-token-code-once",
    requires=["PAR-TOKEN-07"],
    proven_by={
        "accepts:partisia-token.code-unused": "PARTISIA-CODE-TWICE",
    },
)
async def no_second_token_for_a_code(flow: Flow, expect: Expect) -> None:
    """A code that has brought a token brings no second one."""
    first = await flow.token()
    if access_token(first) is None:
        raise Blocked(f"the code brought no access token: {said(first)}")
    reply = await flow.request_token(await flow.token_fields())
    no_token(expect, reply, "PARTISIA-CODE-TWICE", "a code that was redeemed before")


@check(
    "partisia-token-grant-type",
    requires=["PAR-TOKEN-08"],
    proven_by={
        "accepts:partisia-token.grant-type-present": "PARTISIA-NO-GRANT-TYPE-ACCEPTED",
    },
)
async def no_token_without_a_grant_type(flow: Flow, expect: Expect) -> None:
    """A token request that has a right code and no grant type brings no token."""
    fields = await _redeemable(flow)
    fields.pop("grant_type")
    no_token(expect, await flow.request_token(fields), "PARTISIA-NO-GRANT-TYPE-ACCEPTED", "no grant type")


@check(
    "partisia-token-no-tx-code",
    requires=["PAR-TOKEN-09"],
    proven_by={
        "accepts:partisia-token.no-tx-code": "PARTISIA-TX-CODE-ACCEPTED",
        "misreports:partisia-token.no-tx-code": "PARTISIA-TX-CODE-MISREPORTED",
    },
    applies=~when.tx_code,
)
async def no_token_with_a_transaction_code(flow: Flow, expect: Expect) -> None:
    """A token request with a transaction code that the offer did not ask for is refused."""
    reply = await flow.request_token({**await _redeemable(flow), "tx_code": "493536"})
    expect.refused(
        reply,
        "PARTISIA-TX-CODE",
        what="a transaction code that was not asked for",
        status={400},
        errors={"invalid_request"},
    )


@check(
    "partisia-token-not-at-the-metadata",
    requires=["PAR-TOKEN-10"],
    proven_by={
        "partisia-well-known-post:token": "PARTISIA-METADATA-GIVES-TOKEN",
    },
)
async def no_token_where_the_metadata_are(flow: Flow, expect: Expect) -> None:
    """A token request that goes to the metadata of the server, as in the page's example, brings no token."""
    fields, server = await _redeemable(flow), await flow.server()
    if server.token_endpoint == server.url:
        raise Blocked("the metadata name themselves as the token endpoint")
    reply = await flow.agent.post_form("token request to the metadata", server.url, fields, server=server)
    no_token(expect, reply, "PARTISIA-METADATA-GIVES-TOKEN", "a request to the metadata of the server")


@check(
    "partisia-token-expired",
    requires=["PAR-ROLES-03"],
    proven_by={
        "accepts:partisia-credential.token-unexpired": "PARTISIA-EXPIRED-TOKEN-ACCEPTED",
        "partisia-access:endless": "PARTISIA-EXPIRED-TOKEN-ACCEPTED",
    },
    applies=when.brief_token,
)
async def no_credential_for_an_expired_token(flow: Flow, expect: Expect) -> None:
    """An access token brings no credential when it has lived as long as it was said to."""
    access = await flow.access()
    await flow.tools.wait((await flow.token()).object["expires_in"] + _AFTER_S, "an access token that expires")
    reply = await access.request(await access.right_body())
    no_credential(expect, reply, "PARTISIA-EXPIRED-TOKEN-ACCEPTED", "an access token that has expired")


async def _redeemable(flow: Flow) -> dict[str, str]:
    """Give the parameters of a right token request."""
    return dict(await flow.token_fields())
