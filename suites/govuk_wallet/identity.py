"""Proofs of identity that have to be refused: docs.sign-in.service.gov.uk, Prove your user's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.applicability import when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.govuk.sign_ins import SignIns
from harness.one_login.provider import OneLogin
from harness.one_login.relying_party import RETURN_CODE
from suites.govuk_wallet._attempts import PAGE, SIGN_INS, Attempts, expect_no_entry

check = area("GOV.UK One Login: identity", per=Per.OFFER)

_PROVEN = SIGN_INS & when.identity_asked_for


@dataclass(frozen=True)
class _Faulty:
    """A kind of core identities that prove nothing."""

    name: str
    """What is wrong, as ids and codes spell it."""
    sentence: str
    """What the service has to do, as the report shows it."""
    requirement: str
    errors: Mapping[str, str]
    """What One Login does, to the same in words."""
    rules: tuple[str, ...]
    """The rules of the reference issuer that are broken."""


_FAULTY = (
    _Faulty(
        "signature",
        "A core identity whose alg is not ES256, or whose signature does not verify, proves nothing.",
        "ONELOGIN-IDENTITY-07",
        {
            "INVALID_ALG_HEADER": "a core identity whose alg is HS256",
            "ALG_NONE": "a core identity whose alg is none",
            "INVALID_SIGNATURE": "a core identity that another key has signed than the one it names",
        },
        ("algorithm", "signature"),
    ),
    _Faulty(
        "issuer",
        "A core identity of another issuer proves nothing.",
        "ONELOGIN-IDENTITY-08",
        {"INVALID_ISS": "a core identity whose iss is another provider"},
        ("issuer",),
    ),
    _Faulty(
        "audience",
        "A core identity for another service proves nothing.",
        "ONELOGIN-IDENTITY-09",
        {"INVALID_AUD": "a core identity whose aud is another client"},
        ("audience",),
    ),
    _Faulty(
        "subject",
        "A core identity of somebody else than the user of the ID token proves nothing.",
        "ONELOGIN-IDENTITY-10",
        {"INCORRECT_SUB": "a core identity whose sub is not that of the ID token"},
        ("subject",),
    ),
    _Faulty(
        "expired",
        "A core identity that has expired proves nothing.",
        "ONELOGIN-IDENTITY-11",
        {"TOKEN_EXPIRED": "a core identity that has expired"},
        ("unexpired",),
    ),
    _Faulty(
        "kid",
        "A core identity of a key that is no assertion method of GOV.UK One Login proves nothing.",
        "ONELOGIN-IDENTITY-06",
        {"UNKNOWN_KID": "a core identity with an unknown kid"},
        ("key-known",),
    ),
)


def _refused(faulty: _Faulty) -> CheckFunction:
    code = f"GOVUK-IDENTITY-{faulty.name.upper()}"

    async def is_refused(web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect) -> None:
        attempts = Attempts.after(web_journey, journeys, one_login)
        for error, what in faulty.errors.items():
            attempt = await attempts.sign_in(f"CORE_IDENTITY_{error}")
            if not any(each.status == 200 for each in attempt.sign_in.at("userinfo")):
                raise Blocked(f"the service did not fetch {what}")
            expect_no_entry(expect, attempt, code, what)

    is_refused.__doc__ = faulty.sentence
    rules = [f"govuk-identity.{rule}" for rule in faulty.rules]
    return check(
        f"govuk-identity-{faulty.name}-refused",
        requires=[faulty.requirement, PAGE],
        proven_by={f"accepts:{rule}": f"{code}-ACCEPTED" for rule in rules}
        | {f"misreports:{rule}": f"{code}-PAGE" for rule in rules},
        applies=_PROVEN,
    )(is_refused)


CORE_IDENTITIES = tuple(map(_refused, _FAULTY))


@check(
    "govuk-identity-controller-refused",
    requires=["ONELOGIN-IDENTITY-05", "ONELOGIN-IDENTITY-04", PAGE],
    proven_by={
        "accepts:govuk-identity.controller": [
            "GOVUK-IDENTITY-CONTROLLER-ACCEPTED",
            "GOVUK-IDENTITY-CONTROLLER-FETCHED",
        ],
        "misreports:govuk-identity.controller": "GOVUK-IDENTITY-CONTROLLER-PAGE",
    },
    applies=_PROVEN,
)
async def a_key_of_another_did_proves_nothing(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A core identity of a key of another DID proves nothing, and the document of that DID is not fetched."""
    attempt = await Attempts.after(web_journey, journeys, one_login).sign_in("CORE_IDENTITY_FOREIGN_CONTROLLER")
    if not any(each.status == 200 for each in attempt.sign_in.at("userinfo")):
        raise Blocked("the service did not fetch a core identity")
    what = "a core identity whose kid is of another DID"
    expect_no_entry(expect, attempt, "GOVUK-IDENTITY-CONTROLLER", what)
    fetched = attempt.sign_in.at("foreign-did")
    expect.that(
        not fetched,
        "GOVUK-IDENTITY-CONTROLLER-FETCHED",
        "the DID document is fetched from the known address only",
        f"{len(fetched)} requests where the kid leads",
        at=attempt.journey.last,
        requirement="ONELOGIN-IDENTITY-04",
    )


@check(
    "govuk-identity-unproven-refused",
    requires=["ONELOGIN-RETURN-02", PAGE],
    proven_by={
        "accepts:govuk-identity.present": "GOVUK-IDENTITY-UNPROVEN-ACCEPTED",
        "misreports:govuk-identity.present": "GOVUK-IDENTITY-UNPROVEN-PAGE",
    },
    applies=_PROVEN & when.return_codes_asked_for,
)
async def a_return_code_proves_nothing(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A user of whom there is a return code in place of a core identity counts as not proved."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    one_login.proves_identity(proven=False, return_codes=("A",))
    try:
        attempt = await attempts.sign_in()
    finally:
        one_login.proves_identity()
    if not any(each.status == 200 for each in attempt.sign_in.at("userinfo")):
        raise Blocked("the service did not fetch a return code")
    what = "a return code without a core identity"
    expect_no_entry(expect, attempt, "GOVUK-IDENTITY-UNPROVEN", what)


@check(
    "govuk-identity-return-code",
    requires=["ONELOGIN-RETURN-01"],
    proven_by={
        "govuk-authorization-request:return-code-not-asked": "GOVUK-IDENTITY-RETURN-CODE",
        "govuk-authorization-request:claims-missing": "GOVUK-IDENTITY-RETURN-CODE",
    },
    applies=_PROVEN,
)
async def the_service_asks_for_return_codes(sign_ins: SignIns, expect: Expect) -> None:
    """A service that has identities proved asks why that failed."""
    asked = {claim for each in sign_ins.authorizations for claim in each.claims}
    expect.that(
        RETURN_CODE in asked,
        "GOVUK-IDENTITY-RETURN-CODE",
        f"the claim {RETURN_CODE} among those that are asked for",
        sorted(asked),
    )
