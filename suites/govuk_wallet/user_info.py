"""Who the user is: docs.sign-in.service.gov.uk, Responses from the /userinfo endpoint."""

from __future__ import annotations

from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.one_login.provider import OneLogin
from suites.govuk_wallet._attempts import PAGE, SIGN_INS, Attempts, expect_no_entry

check = area("GOV.UK One Login: user information", per=Per.OFFER)

_ERRORS = {
    "USERINFO_SUB_NOT_MATCHING": "user information whose sub is not that of the ID token",
    "WALLET_SUBJECT_ID_ABSENT": "user information without wallet_subject_id",
    "USERINFO_INVALID_TOKEN": "a refusal of user information",
}


@check(
    "govuk-sign-in-userinfo-refused",
    requires=["ONELOGIN-USERINFO-04", PAGE],
    proven_by={
        f"{kind}:govuk-userinfo.{rule}": f"GOVUK-SIGN-IN-USERINFO-{code}"
        for kind, code in (("accepts", "ACCEPTED"), ("misreports", "PAGE"))
        for rule in ("subject", "wallet-subject-id")
    },
    applies=SIGN_INS,
)
async def a_user_whom_one_login_does_not_tell_gets_no_offer(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A user without wallet_subject_id, or with another sub than in the ID token, is offered nothing."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    for error, what in _ERRORS.items():
        attempt = await attempts.sign_in(error)
        if not attempt.sign_in.at("userinfo"):
            raise Blocked(f"the service did not fetch {what}")
        expect_no_entry(expect, attempt, "GOVUK-SIGN-IN-USERINFO", what)
