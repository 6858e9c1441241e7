"""What becomes of a refresh token that was used: FAPI 2.0 section 5.3.2.1, item 9 and note 1."""

from __future__ import annotations

from collections.abc import Callable

from harness.applicability import when
from harness.background import keeping_others_waiting
from harness.checks import Per, area
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import token as tokens
from suites.oid4vci._refreshing import refresh, refresh_token_of, renewed

check = area("FAPI 2.0: Refresh Tokens", per=Per.GRANT)

_LOST_FOR_S = 30.0
"""How long a wallet may take to see that an answer got lost, and to ask again."""
_BRIEF_S = 5.0
"""The least that is of any use to a wallet."""


@check(
    "fapi2-refresh-token-kept",
    requires=["FAPI2-5.3.2.1-11"],
    proven_by={"refreshed-token:refresh-token-replaced": "FAPI2-REFRESH-TOKEN-REPLACED"},
    applies=when.refresh_token,
)
async def a_refresh_token_is_kept(flow: Flow, expect: Expect) -> None:
    """The answer to a refresh request brings no other refresh token in the place of the one that was used."""
    old = await refresh_token_of(flow)
    answer = await renewed(flow, old)
    expect.that(
        tokens.refresh_token(answer) in (None, old),
        "FAPI2-REFRESH-TOKEN-REPLACED",
        "no refresh_token, or the one that was used",
        "another refresh token",
        at=answer,
        pointer="/refresh_token",
    )


@check(
    "fapi2-refresh-token-retry",
    requires=["FAPI2-5.3.2.1-12", "FAPI2-5.3.2.1-11"],
    proven_by={
        "refresh-use:no-retry": "FAPI2-REFRESH-TOKEN-RETRY-REFUSED",
        "refresh-use:spent": "FAPI2-REFRESH-TOKEN-RETRY-REFUSED",
        "refresh-use:retry-brief": "FAPI2-REFRESH-TOKEN-RETRY-BRIEF",
    },
    applies=when.refresh_token,
    waits=True,
    flows=3,
)
async def a_used_refresh_token_works_again(flow: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """A refresh token that was used is accepted once more, and where it was replaced, after a while, too."""
    old = await refresh_token_of(flow)
    answer = await renewed(flow, old)
    at_once = await refresh(flow, old)
    accepted = expect.that(
        tokens.access_token(at_once) is not None,
        "FAPI2-REFRESH-TOKEN-RETRY-REFUSED",
        "an Access Token for the refresh token that was just used, since its client may have lost the answer",
        at_once.gist,
        at=at_once,
    )
    if not accepted or tokens.refresh_token(answer) in (None, old):
        return
    # Each with a grant of its own: a server may bear one repetition of a request and no more.
    later = await _retried(another_flow(), _LOST_FOR_S)
    if tokens.access_token(later) is None:
        # Other checks went on meanwhile, and a server may end what it gave out when it gives the same user more.
        with keeping_others_waiting():
            later = await _retried(another_flow(), _BRIEF_S)
    expect.that(
        tokens.access_token(later) is not None,
        "FAPI2-REFRESH-TOKEN-RETRY-BRIEF",
        f"an Access Token for a refresh token that was replaced {_BRIEF_S:g} seconds ago, or no replacement",
        later.gist,
        at=later,
        # For how long a retry has to be possible is not said.
        requirement="FAPI2-5.3.2.1-11",
    )


async def _retried(flow: Flow, seconds: float) -> Reply:
    """Use a refresh token a second time, so long after the first; give the answer."""
    old = await refresh_token_of(flow)
    await renewed(flow, old)
    await flow.tools.wait(seconds, "a retry with a refresh token that was replaced")
    return await refresh(flow, old)
