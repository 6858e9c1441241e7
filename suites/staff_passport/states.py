"""The `state` that ties an answer of the gateway to the browser that was sent there: RFC 6749 section 10.12."""

from __future__ import annotations

from collections.abc import Sequence

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.formats import text
from harness.staff_passport.attempts import Attempt, Attempts
from harness.staff_passport.downloads import Asked, Download
from suites.staff_passport._verifications import PAR, TOKEN, VERIFYING, expect_unverified

check = area("Staff Passport: state")

_LEAST_BITS = 64
"""What can be guessed holds fewer."""
_WRONG = (("state-altered", "another state"), ("state-missing", "no state"))


@check(
    "dsp-state",
    requires=["DSP-STEP6-08"],
    proven_by={
        "dsp-authorization:state-missing": "DSP-STATE-MISSING",
        "dsp-authorization:state-fixed": "DSP-STATE-REPEATED",
        "dsp-authorization:state-short": "DSP-STATE-GUESSABLE",
        "dsp-par:state-missing": "DSP-STATE-MISSING",
        "dsp-par:state-fixed": "DSP-STATE-REPEATED",
    },
)
async def each_request_has_its_own_state(
    first_download: Download, later_session: Download, expect: Expect
) -> None:
    """Each authorization request has a state of its own that is hard to guess."""
    downloads = (first_download, later_session)
    for what, states in (
        ("the request that verifies the identity", [_verifying(each) for each in downloads]),
        ("the pushed request", [_pushed(each) for each in downloads]),
    ):
        sent = [state for found in states for state in found]
        _expect_states(expect, what, sent)


def _verifying(asked: Asked) -> Sequence[str | None]:
    return [asked.authorization.get("state")] if asked.possibly("authorize", VERIFYING) else []


def _pushed(asked: Asked) -> Sequence[str | None]:
    return [each.parameters.get("state") for each in asked.at(PAR) if each.mode != VERIFYING]


def _expect_states(expect: Expect, what: str, sent: Sequence[str | None]) -> None:
    if not expect.that(all(sent), "DSP-STATE-MISSING", f"a state in {what}", "none", pointer="state"):
        return
    states = [state for state in sent if state]
    if not expect.that(
        len(states) == len(set(states)),
        "DSP-STATE-REPEATED",
        f"another state each time in {what}",
        "the same twice",
        pointer="state",
    ):
        return
    bits = min((text.capacity_bits(state) for state in states), default=_LEAST_BITS)
    expect.that(
        bits >= _LEAST_BITS,
        "DSP-STATE-GUESSABLE",
        f"a state in {what} with room for {_LEAST_BITS} random bits",
        f"{bits:.0f} bits at most",
        pointer="state",
    )


@check(
    "dsp-state-verifying",
    requires=["DSP-STEP6-09"],
    proven_by={"accepts:dsp-callback.state": ["DSP-STATE-VERIFYING-ACCEPTED", "DSP-STATE-VERIFYING-REDEEMED"]},
    applies=when.sends_state,
)
async def an_identity_with_a_wrong_state_counts_for_nothing(attempts: Attempts, expect: Expect) -> None:
    """A browser that comes back with another state, or without, verifies nobody, and its code is not redeemed."""
    for misbehaviour, what in _WRONG:
        tried = await attempts.verified(misbehaviour)
        expect_unverified(expect, tried, "DSP-STATE-VERIFYING", what)
        _expect_unredeemed(expect, tried, "DSP-STATE-VERIFYING", what)


@check(
    "dsp-state-issuing",
    requires=["DSP-STEP6-09"],
    proven_by={"accepts:dsp-callback.state": ["DSP-STATE-ISSUING-ACCEPTED", "DSP-STATE-ISSUING-REDEEMED"]},
    applies=when.pushes_state,
)
async def a_download_with_a_wrong_state_counts_for_nothing(attempts: Attempts, expect: Expect) -> None:
    """A browser that comes back from a download with another state, or with none, is refused, code unredeemed."""
    for misbehaviour, what in _WRONG:
        tried = await attempts.downloaded(misbehaviour)
        expect.that(
            not tried.went_on,
            "DSP-STATE-ISSUING-ACCEPTED",
            f"{what} confirms no download",
            tried.page.gist,
            at=tried.page.reply,
        )
        _expect_unredeemed(expect, tried, "DSP-STATE-ISSUING", what)


def _expect_unredeemed(expect: Expect, tried: Attempt, code: str, what: str) -> None:
    expect.that(
        not tried.at(TOKEN),
        f"{code}-REDEEMED",
        f"no token request after {what} came back",
        f"token requests: {len(tried.at(TOKEN))}",
        at=tried.page.reply,
    )
