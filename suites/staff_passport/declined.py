"""Identities that the employee did not share: step 6 of the journey when it ends early."""

from __future__ import annotations

from harness.checks import area
from harness.expect import Expect
from harness.staff_passport.attempts import Attempts
from suites.staff_passport._verifications import TOKEN, expect_told, expect_unverified

check = area("Staff Passport: an identity that is not shared")


@check(
    "dsp-not-shared",
    requires=["DSP-STEP6-27", "DSP-STEP6-28", "DSP-STEP6-29"],
    proven_by={
        "accepts:dsp-callback.shared": "DSP-NOT-SHARED-ACCEPTED",
        "misreports:dsp-callback.shared": "DSP-NOT-SHARED-UNTOLD",
        "dsp-page:not-verified-claims-success": "DSP-NOT-SHARED-ACCEPTED",
        "dsp-page:not-verified-untold": "DSP-NOT-SHARED-UNTOLD",
        "dsp-declined:exchanged": "DSP-NOT-SHARED-EXCHANGED",
    },
)
async def who_shares_nothing_is_not_verified(attempts: Attempts, expect: Expect) -> None:
    """Who declines to share the identity, or lets the QR code expire, is not verified and is told so."""
    for wallet, what in (("decline", "to decline"), ("time-out", "to let the QR code expire")):
        tried = await attempts.verified(wallet=wallet)
        expect.that(
            not tried.at(TOKEN),
            "DSP-NOT-SHARED-EXCHANGED",
            "no token request after the gateway sent an error",
            f"token requests: {len(tried.at(TOKEN))}",
            at=tried.page.reply,
            requirement="DSP-STEP6-29",
        )
        if expect_unverified(expect, tried, "DSP-NOT-SHARED", what):
            expect_told(expect, tried, "DSP-NOT-SHARED", "DSP-STEP6-28", also=("cancelled",))
