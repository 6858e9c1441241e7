"""Refresh tokens: HAIP 1.0 section 4.4."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.transport import Reply
from harness.wallet import token as tokens

check = area("HAIP: Refresh Tokens", per=Per.GRANT)


@check(
    "haip-refresh-token",
    requires=["HAIP-4.4-01"],
    proven_by={"token:refresh-token-missing": "HAIP-REFRESH-TOKEN-MISSING"},
    applies=when.code_flow,
)
async def a_refresh_token_is_given(token: Reply, expect: Expect) -> None:
    """The Token Response of the Authorization Code Flow has a refresh token, to renew the Credential with."""
    if tokens.access_token(token) is None:
        raise Blocked(f"no Access Token was issued: exchange {token.exchange} ended with {token.gist}")
    expect.that(
        tokens.refresh_token(token) is not None,
        "HAIP-REFRESH-TOKEN-MISSING",
        "a refresh_token",
        f"the members {show(list(token.object))}",
        at=token,
    )
