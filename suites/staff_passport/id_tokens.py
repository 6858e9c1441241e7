"""ID Tokens that the portal must not rely on: OpenID Connect Core section 3.1.3.7."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.attempts import Attempts
from harness.staff_passport.portal_under_test import PortalUnderTest
from suites.staff_passport._verifications import expect_unverified

check = area("Staff Passport: ID Tokens")


@check(
    "dsp-id-token-signature",
    requires=["DSP-STEP6-15"],
    proven_by={"accepts:dsp-id-token.signature": "DSP-ID-TOKEN-SIGNATURE-ACCEPTED"},
)
async def a_forged_id_token_verifies_nobody(attempts: Attempts, expect: Expect) -> None:
    """An ID Token that the gateway did not sign, or that nobody signed, verifies nobody."""
    for misbehaviour, what in (
        ("id-token-signature", "an ID Token signed with another key"),
        ("id-token-algorithm", "an ID Token without a signature"),
    ):
        tried = await attempts.verified(misbehaviour)
        expect_unverified(expect, tried, "DSP-ID-TOKEN-SIGNATURE", what)


@check(
    "dsp-id-token-issuer",
    requires=["DSP-STEP6-16"],
    proven_by={"accepts:dsp-id-token.issuer": "DSP-ID-TOKEN-ISSUER-ACCEPTED"},
)
async def an_id_token_of_another_issuer_verifies_nobody(attempts: Attempts, expect: Expect) -> None:
    """An ID Token whose issuer is not the gateway verifies nobody."""
    tried = await attempts.verified("id-token-issuer")
    expect_unverified(expect, tried, "DSP-ID-TOKEN-ISSUER", "an ID Token of another issuer")


@check(
    "dsp-id-token-audience",
    requires=["DSP-STEP6-17"],
    proven_by={"accepts:dsp-id-token.audience": "DSP-ID-TOKEN-AUDIENCE-ACCEPTED"},
)
async def an_id_token_for_another_client_verifies_nobody(attempts: Attempts, expect: Expect) -> None:
    """An ID Token that is meant for another client verifies nobody."""
    tried = await attempts.verified("id-token-audience")
    expect_unverified(expect, tried, "DSP-ID-TOKEN-AUDIENCE", "an ID Token for another client")


@check(
    "dsp-id-token-expired",
    requires=["DSP-STEP6-18"],
    proven_by={"accepts:dsp-id-token.unexpired": "DSP-ID-TOKEN-EXPIRED-ACCEPTED"},
)
async def an_expired_id_token_verifies_nobody(attempts: Attempts, expect: Expect) -> None:
    """An ID Token that has expired verifies nobody."""
    tried = await attempts.verified("id-token-expired")
    expect_unverified(expect, tried, "DSP-ID-TOKEN-EXPIRED", "an ID Token that expired an hour ago")


@check(
    "dsp-id-token-nonce",
    requires=["DSP-STEP6-19"],
    proven_by={"accepts:dsp-id-token.nonce": "DSP-ID-TOKEN-NONCE-ACCEPTED"},
    applies=when.sends_nonce,
)
async def an_id_token_with_another_nonce_verifies_nobody(attempts: Attempts, expect: Expect) -> None:
    """An ID Token without the nonce that the portal sent, or with another one, verifies nobody."""
    for misbehaviour, what in (
        ("id-token-nonce", "an ID Token with another nonce"),
        ("id-token-nonce-missing", "an ID Token without the nonce"),
    ):
        tried = await attempts.verified(misbehaviour)
        expect_unverified(expect, tried, "DSP-ID-TOKEN-NONCE", what)


@check(
    "dsp-id-token-kid",
    requires=["DSP-STEP6-20"],
    proven_by={
        "rejects:dsp-id-token.kid-plain": "DSP-ID-TOKEN-KID-REFUSED",
        "rejects:dsp-id-token.kid-with-algorithm": "DSP-ID-TOKEN-KID-REFUSED",
    },
)
async def both_spellings_of_the_kid_are_accepted(portal: PortalUnderTest, expect: Expect) -> None:
    """An ID Token is accepted whether its kid has the algorithm appended or not."""
    if not portal.templates:
        raise Blocked("the employee has no credential to download: give [staff_passport.employee] templates")
    # Not the attempts that others share: those need a right download, and one of these is how it is made.
    attempts = Attempts(portal.gateway, portal.visit, portal.templates[0])
    tried = {name: await attempts.verified(name) for name in ("kid-without-algorithm", "kid-with-algorithm")}
    if not any(each.went_on for each in tried.values()):
        raise Blocked("the portal accepts neither, so that something else may be wrong")
    for name, each in tried.items():
        expect.that(
            each.went_on,
            "DSP-ID-TOKEN-KID-REFUSED",
            f"an ID Token with a {name.replace('-', ' ')} is accepted",
            each.page.gist,
            at=each.page.reply,
        )
