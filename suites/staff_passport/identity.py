"""Whether the identity that a wallet shared is that of the employee: step 6 of the journey, parts 9 and 10."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect
from harness.staff_passport.attempts import Attempts
from harness.staff_passport.portal_under_test import PortalUnderTest
from suites.staff_passport._verifications import PAR, expect_told, expect_unverified

check = area("Staff Passport: the identity and the employee")

TOLD = "DSP-STEP6-24"
_CLAIMS_SUCCESS = "dsp-page:not-verified-claims-success"
_UNTOLD = "dsp-page:not-verified-untold"


async def _of_somebody_else(attempts: Attempts, expect: Expect, misbehaviour: str, code: str, what: str) -> None:
    tried = await attempts.verified(misbehaviour)
    if expect_unverified(expect, tried, code, what):
        expect_told(expect, tried, code, TOLD)


@check(
    "dsp-identity-first-name",
    requires=["DSP-STEP6-21", TOLD],
    proven_by={
        "accepts:dsp-identity.first-name": "DSP-IDENTITY-FIRST-NAME-ACCEPTED",
        "misreports:dsp-identity.first-name": "DSP-IDENTITY-FIRST-NAME-UNTOLD",
        _CLAIMS_SUCCESS: "DSP-IDENTITY-FIRST-NAME-ACCEPTED",
        _UNTOLD: "DSP-IDENTITY-FIRST-NAME-UNTOLD",
    },
)
async def another_first_name_is_somebody_else(attempts: Attempts, expect: Expect) -> None:
    """An identity with another first name than the employee's verifies nobody, and the employee is told."""
    await _of_somebody_else(
        attempts, expect, "name-first", "DSP-IDENTITY-FIRST-NAME", "an identity with another first name"
    )


@check(
    "dsp-identity-surname",
    requires=["DSP-STEP6-22", TOLD],
    proven_by={
        "accepts:dsp-identity.surname": "DSP-IDENTITY-SURNAME-ACCEPTED",
        "misreports:dsp-identity.surname": "DSP-IDENTITY-SURNAME-UNTOLD",
        _CLAIMS_SUCCESS: "DSP-IDENTITY-SURNAME-ACCEPTED",
        _UNTOLD: "DSP-IDENTITY-SURNAME-UNTOLD",
    },
)
async def another_surname_is_somebody_else(attempts: Attempts, expect: Expect) -> None:
    """An identity with another surname than the employee's verifies nobody, and the employee is told."""
    await _of_somebody_else(
        attempts, expect, "name-last", "DSP-IDENTITY-SURNAME", "an identity with another surname"
    )


@check(
    "dsp-identity-birth-date",
    requires=["DSP-STEP6-23", TOLD],
    proven_by={
        "accepts:dsp-identity.birth-date": "DSP-IDENTITY-BIRTH-DATE-ACCEPTED",
        "misreports:dsp-identity.birth-date": "DSP-IDENTITY-BIRTH-DATE-UNTOLD",
        _CLAIMS_SUCCESS: "DSP-IDENTITY-BIRTH-DATE-ACCEPTED",
        _UNTOLD: "DSP-IDENTITY-BIRTH-DATE-UNTOLD",
    },
    applies=when.holds_birth_date,
)
async def another_birth_date_is_somebody_else(attempts: Attempts, expect: Expect) -> None:
    """An identity with another date of birth than the employee's verifies nobody, and the employee is told."""
    await _of_somebody_else(
        attempts, expect, "birth-date", "DSP-IDENTITY-BIRTH-DATE", "an identity with another date of birth"
    )


@check(
    "dsp-identity-unique-identifier",
    requires=["DSP-STEP6-25"],
    proven_by={"accepts:dsp-identity.unique-identifier": "DSP-IDENTITY-UNIQUE-IDENTIFIER-ACCEPTED"},
)
async def nothing_is_issued_without_a_unique_identifier(
    portal: PortalUnderTest, attempts: Attempts, expect: Expect
) -> None:
    """An identity without a unique identifier leads to no credential."""
    asked = len(portal.gateway.log)
    tried = await attempts.verified("no-unique-identifier")
    if tried.page.shows == "verified":
        # To say so is no fault, to issue would be one.
        await attempts.goes_on(tried.visit)
    pushed = any(each.endpoint == PAR for each in portal.gateway.log[asked:])
    expect.that(
        not pushed,
        "DSP-IDENTITY-UNIQUE-IDENTIFIER-ACCEPTED",
        "nothing is pushed after an identity without a unique identifier",
        f"a credential that is pushed; {tried.page.gist}",
        at=tried.page.reply,
    )
