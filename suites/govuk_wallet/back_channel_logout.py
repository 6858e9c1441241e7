"""Notifications of sign-outs: docs.sign-in.service.gov.uk, Request logout notifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.applicability import when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.govuk.sign_ins import SignIns
from harness.govuk.surroundings import Surroundings
from harness.one_login.logout import Notice
from harness.one_login.provider import OneLogin
from suites.govuk_wallet._attempts import SIGN_INS, Attempt, Attempts

check = area("GOV.UK One Login: back-channel logout", per=Per.OFFER)

_NOTIFIED = SIGN_INS & when.back_channel_registered
_OPEN = _NOTIFIED & when.session_shows
_TAKES_NO_FORM = frozenset({404, 405, 411, 415})
"""Statuses of a place where there is nothing, or nothing that takes a form by POST."""


@check(
    "govuk-back-channel-registered",
    requires=["ONELOGIN-BACKCHANNEL-01"],
    proven_by={"govuk-registration:no-back-channel": "GOVUK-BACK-CHANNEL-UNREGISTERED"},
    applies=SIGN_INS,
)
async def the_service_takes_notifications(sign_ins: SignIns, expect: Expect) -> None:
    """The service is registered with an address for notifications of sign-outs."""
    expect.that(
        sign_ins.client.back_channel_logout_uri is not None,
        "GOVUK-BACK-CHANNEL-UNREGISTERED",
        "a back_channel_logout_uri in the registration",
        "none",
    )


@check(
    "govuk-back-channel-logout",
    requires=["ONELOGIN-BACKCHANNEL-03", "ONELOGIN-BACKCHANNEL-02", "ONELOGIN-BACKCHANNEL-04"],
    proven_by={
        "govuk-logout:not-found": "GOVUK-BACK-CHANNEL-UNREACHABLE",
        "govuk-logout:no-content": "GOVUK-BACK-CHANNEL-ANSWER",
        "govuk-logout:kept": "GOVUK-BACK-CHANNEL-SESSION",
    },
    applies=_NOTIFIED,
)
async def a_notification_closes_all_sessions(
    web_journey: WebJourney,
    journeys: Journeys,
    one_login: OneLogin,
    surroundings: Surroundings,
    expect: Expect,
) -> None:
    """A notification that a user has signed out closes all sessions of that user and is answered with 200."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    entered = [await attempts.sign_in(), await attempts.sign_in()]
    told = _sent(await one_login.log_out(surroundings.user.name))[-1]
    observed = told.problem or f"HTTP {told.status}"
    if expect.that(
        told.status is not None and told.status not in _TAKES_NO_FORM,
        "GOVUK-BACK-CHANNEL-UNREACHABLE",
        "an address that takes POST requests of form data",
        observed,
        requirement="ONELOGIN-BACKCHANNEL-02",
    ):
        expect.that(
            told.status == 200,
            "GOVUK-BACK-CHANNEL-ANSWER",
            "a valid notification is answered by HTTP 200",
            observed,
            requirement="ONELOGIN-BACKCHANNEL-04",
        )
    if told.status is None or not 200 <= told.status < 300:
        return
    for attempt in entered:
        if attempt.session:
            expect.that(
                not await attempts.signed_in(attempt.traveller),
                "GOVUK-BACK-CHANNEL-SESSION",
                "no session of the user is open after a valid notification",
                "a browser comes to an offer without a sign-in",
            )


@dataclass(frozen=True)
class _Faulty:
    """A kind of logout tokens that close no session."""

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
        "A logout token that no key of GOV.UK One Login has signed closes no session.",
        "ONELOGIN-BACKCHANNEL-05",
        {
            "LOGOUT_INVALID_ALG_HEADER": "a logout token whose alg is HS256",
            "LOGOUT_ALG_NONE": "a logout token whose alg is none",
            "LOGOUT_INVALID_SIGNATURE": "a logout token that another key has signed than the one it names",
            "LOGOUT_UNKNOWN_KID": "a logout token with an unknown kid",
        },
        ("key-known", "algorithm", "signature"),
    ),
    _Faulty(
        "party",
        "A logout token of another issuer or for another service closes no session.",
        "ONELOGIN-BACKCHANNEL-06",
        {
            "LOGOUT_INVALID_ISS": "a logout token whose iss is another provider",
            "LOGOUT_INVALID_AUD": "a logout token whose aud is another client",
        },
        ("issuer", "audience"),
    ),
    _Faulty(
        "time",
        "A logout token that has expired, or from the future, closes no session.",
        "ONELOGIN-BACKCHANNEL-07",
        {
            "LOGOUT_TOKEN_EXPIRED": "a logout token that has expired",
            "LOGOUT_TOKEN_NOT_VALID_YET": "a logout token whose iat is in the future",
        },
        ("unexpired", "made-already"),
    ),
    _Faulty(
        "content",
        "A JWT that tells of no sign-out closes no session.",
        "ONELOGIN-BACKCHANNEL-08",
        {"LOGOUT_EVENTS_ABSENT": "a logout token without events"},
        ("event",),
    ),
)


def _refused(faulty: _Faulty) -> CheckFunction:
    code = f"GOVUK-BACK-CHANNEL-{faulty.name.upper()}-ACCEPTED"

    async def is_refused(
        web_journey: WebJourney,
        journeys: Journeys,
        one_login: OneLogin,
        surroundings: Surroundings,
        expect: Expect,
    ) -> None:
        attempts = Attempts.after(web_journey, journeys, one_login)
        name = surroundings.user.name
        entered = await _entered(attempts)
        for error, what in faulty.errors.items():
            one_login.inject(error)
            try:
                _sent(await one_login.log_out(name))
            finally:
                one_login.inject()
            if not await _expect_open(expect, attempts, entered, code, what):
                entered = await _entered(attempts)
        await _control(attempts, one_login, name, entered)

    is_refused.__doc__ = faulty.sentence
    return check(
        f"govuk-back-channel-{faulty.name}-refused",
        requires=[faulty.requirement],
        proven_by={f"accepts:govuk-logout.{rule}": code for rule in faulty.rules},
        applies=_OPEN,
    )(is_refused)


LOGOUT_TOKENS = tuple(map(_refused, _FAULTY))


@check(
    "govuk-back-channel-replay-refused",
    requires=["ONELOGIN-BACKCHANNEL-09"],
    proven_by={"accepts:govuk-logout.unseen": "GOVUK-BACK-CHANNEL-REPLAY-ACCEPTED"},
    applies=_OPEN,
)
async def a_logout_token_counts_once(
    web_journey: WebJourney,
    journeys: Journeys,
    one_login: OneLogin,
    surroundings: Surroundings,
    expect: Expect,
) -> None:
    """A logout token that came before does not close a session that the user has begun since."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    first = await _entered(attempts)
    told = _sent(await one_login.log_out(surroundings.user.name))[-1]
    if await attempts.signed_in(first.traveller):
        raise Blocked("a valid notification closes no session")
    again = await _entered(attempts)
    await one_login.repeat(told)
    what = "a logout token that came before"
    await _expect_open(expect, attempts, again, "GOVUK-BACK-CHANNEL-REPLAY-ACCEPTED", what)


async def _entered(attempts: Attempts) -> Attempt:
    """Sign in.

    Raises:
        Blocked: there is no session to be seen afterwards.

    """
    attempt = await attempts.sign_in()
    if not attempt.session:
        raise Blocked("no session shows after a right sign-in: the browser is sent to One Login each time")
    return attempt


def _sent(notices: Sequence[Notice]) -> Sequence[Notice]:
    """Give the notifications that the service got.

    Raises:
        Blocked: none.

    """
    if not notices:
        raise Blocked("One Login had nobody to notify")
    return notices


async def _expect_open(expect: Expect, attempts: Attempts, entered: Attempt, code: str, what: str) -> bool:
    return expect.that(
        await attempts.signed_in(entered.traveller),
        code,
        f"the session is open after {what}",
        "the browser is sent to One Login",
        at=entered.journey.last,
    )


async def _control(attempts: Attempts, one_login: OneLogin, name: str, entered: Attempt) -> None:
    """Have a right notification close the session.

    Raises:
        Blocked: it does not, so that it tells nothing that the others did not.

    """
    _sent(await one_login.log_out(name))
    if await attempts.signed_in(entered.traveller):
        raise Blocked("a valid notification closes no session")
