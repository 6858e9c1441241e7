"""New keys of GOV.UK One Login: docs.sign-in.service.gov.uk, key rotations of ID tokens and core identities."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.one_login.keys import KeyRing
from harness.one_login.provider import OneLogin
from suites.govuk_wallet._attempts import SIGN_INS, Attempts

check = area("GOV.UK One Login: key rotation", per=Per.OFFER)


@check(
    "govuk-sign-in-key-rotation",
    requires=["ONELOGIN-IDTOKEN-04"],
    proven_by={"rejects:govuk-id-token.rotated": "GOVUK-SIGN-IN-KEY-REFUSED"},
    applies=SIGN_INS,
)
async def an_id_token_of_a_new_key_is_accepted(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A user can sign in when GOV.UK One Login signs ID tokens with a key that it published lately."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    ring = one_login.context.token_keys
    await _expect_accepted(expect, attempts, ring, "jwks", "GOVUK-SIGN-IN-KEY-REFUSED")


@check(
    "govuk-identity-key-rotation",
    requires=["ONELOGIN-IDENTITY-14"],
    proven_by={"rejects:govuk-identity.rotated": "GOVUK-IDENTITY-KEY-REFUSED"},
    applies=SIGN_INS & when.identity_asked_for,
)
async def a_core_identity_of_a_new_key_is_accepted(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A user can prove an identity when GOV.UK One Login signs it with a key that it published lately."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    ring = one_login.context.identity_keys
    await _expect_accepted(expect, attempts, ring, "did", "GOVUK-IDENTITY-KEY-REFUSED")


async def _expect_accepted(expect: Expect, attempts: Attempts, ring: KeyRing, published: str, code: str) -> None:
    """Sign in with a key that has been published just now.

    The real service publishes a key long before, so that a service may keep what was published for as long as it
    was told. One that does not look again for an unknown key cannot be judged without waiting for that.
    """
    ring.use()
    try:
        attempt = await attempts.sign_in()
    finally:
        # What was published stays so; services that keep it would know no other key.
        ring.undo()
    if attempt.journey.offer is None and not attempt.sign_in.at(published):
        raise Blocked("the service keeps the keys that it knows, as it may until their time is over")
    expect.that(
        attempt.journey.offer is not None,
        code,
        "a Credential Offer after a sign-in with a new key of One Login, which the service has fetched",
        "; ".join(attempt.journey.steps[-3:]),
        at=attempt.journey.last,
    )
