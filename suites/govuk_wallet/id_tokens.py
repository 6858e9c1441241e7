"""ID tokens that have to be refused: docs.sign-in.service.gov.uk, Validate your ID token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.applicability import when
from harness.applicability.predicate import Predicate
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.one_login.provider import OneLogin
from suites.govuk_wallet._attempts import PAGE, SIGN_INS, Attempts, expect_no_entry

check = area("GOV.UK One Login: ID token", per=Per.OFFER)


@dataclass(frozen=True)
class _Faulty:
    """A kind of ID tokens that nobody must be signed in with."""

    name: str
    """What is wrong, as ids and codes spell it."""
    sentence: str
    """What the service has to do, as the report shows it."""
    requires: tuple[str, ...]
    errors: Mapping[str, str]
    """What One Login does, to the same in words."""
    rules: tuple[str, ...]
    """The rules of the reference issuer that are broken."""
    applies: Predicate = SIGN_INS


_FAULTY = (
    _Faulty(
        "issuer",
        "An ID token of another issuer signs nobody in.",
        ("ONELOGIN-IDTOKEN-05",),
        {"INVALID_ISS": "an ID token whose iss is another provider"},
        ("issuer",),
    ),
    _Faulty(
        "audience",
        "An ID token for another service signs nobody in.",
        ("ONELOGIN-IDTOKEN-06",),
        {"INVALID_AUD": "an ID token whose aud is another client"},
        ("audience",),
    ),
    _Faulty(
        "algorithm",
        "An ID token whose alg is not that of its key signs nobody in.",
        ("ONELOGIN-IDTOKEN-02",),
        {
            "INVALID_ALG_HEADER": "an ID token whose alg is HS256",
            "ALG_NONE": "an ID token whose alg is none",
        },
        ("algorithm",),
    ),
    _Faulty(
        "signature",
        "An ID token whose signature does not verify signs nobody in.",
        ("ONELOGIN-IDTOKEN-03",),
        {"INVALID_SIGNATURE": "an ID token that another key has signed than the one it names"},
        ("signature",),
    ),
    _Faulty(
        "kid",
        "An ID token of a key that GOV.UK One Login does not publish signs nobody in.",
        ("ONELOGIN-IDTOKEN-01",),
        {"UNKNOWN_KID": "an ID token with an unknown kid"},
        ("key-known",),
    ),
    _Faulty(
        "expired",
        "An ID token that has expired signs nobody in.",
        ("ONELOGIN-IDTOKEN-07",),
        {"TOKEN_EXPIRED": "an ID token that has expired"},
        ("unexpired",),
    ),
    _Faulty(
        "early",
        "An ID token from the future signs nobody in.",
        ("ONELOGIN-IDTOKEN-08",),
        {"TOKEN_NOT_VALID_YET": "an ID token whose iat is in the future"},
        ("made-already",),
    ),
    _Faulty(
        "nonce",
        "An ID token with the nonce of another request signs nobody in.",
        ("ONELOGIN-IDTOKEN-09",),
        {"NONCE_NOT_MATCHING": "an ID token with another nonce"},
        ("nonce",),
    ),
    _Faulty(
        "level",
        "An ID token of a lower level than was asked for signs nobody in.",
        ("ONELOGIN-IDTOKEN-10", "ONELOGIN-IDENTITY-16"),
        {"INCORRECT_VOT": "an ID token whose vot is below what was asked for"},
        ("trust",),
    ),
    _Faulty(
        "age",
        "An ID token of a sign-in that is longer ago than the service asked for signs nobody in.",
        ("ONELOGIN-IDTOKEN-11",),
        {"STALE_AUTH_TIME": "an ID token whose auth_time is a day ago"},
        ("auth-time",),
        SIGN_INS & when.max_age_asked_for,
    ),
)


def _refused(faulty: _Faulty) -> CheckFunction:
    code = f"GOVUK-SIGN-IN-ID-TOKEN-{faulty.name.upper()}"

    async def is_refused(web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect) -> None:
        attempts = Attempts.after(web_journey, journeys, one_login)
        for error, what in faulty.errors.items():
            attempt = await attempts.sign_in(error)
            if not any(each.status == 200 for each in attempt.sign_in.at("token")):
                raise Blocked(f"the service did not fetch {what}")
            expect_no_entry(expect, attempt, code, what)

    is_refused.__doc__ = faulty.sentence
    rules = [f"govuk-id-token.{rule}" for rule in faulty.rules]
    return check(
        f"govuk-sign-in-id-token-{faulty.name}-refused",
        requires=[*faulty.requires, PAGE],
        proven_by={f"accepts:{rule}": f"{code}-ACCEPTED" for rule in rules}
        | {f"misreports:{rule}": f"{code}-PAGE" for rule in rules},
        applies=faulty.applies,
    )(is_refused)


ID_TOKENS = tuple(map(_refused, _FAULTY))
