"""Signing out: docs.sign-in.service.gov.uk, Managing your users' sessions, Log your user out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats.html_page import Link, WebPage
from harness.govuk.journeys import Journeys, WebJourney
from harness.govuk.sign_ins import SignIn
from harness.one_login.logout import LONGEST_QUERY
from harness.one_login.provider import OneLogin
from suites.govuk_wallet._attempts import SIGN_INS, Attempt, Attempts

check = area("GOV.UK One Login: sign-out", per=Per.OFFER)

_WORDS = re.compile(r"\b(sign|log)[ _-]?(out|off)\b|\ballgofnod", re.IGNORECASE)
"""By which a way to sign out is known, in English and Welsh."""
_MEANT = re.compile(rf"{_WORDS.pattern}|\b(yes|confirm|continue|ydw|cadarnhau|parhau)\b", re.IGNORECASE)
"""Buttons by which users say that they do want to sign out."""
_NOT_VALIDATED = "unable to validate id_token_hint"


@dataclass(frozen=True)
class _Left:
    """How a user signed out.

    Attributes:
        entered: the sign-in before.
        way: the link that was followed; ``None`` where the journey itself signs its user out.
        sign_in: what One Login was asked meanwhile.

    """

    entered: Attempt
    way: Link | None
    sign_in: SignIn


@check(
    "govuk-sign-out",
    requires=["ONELOGIN-LOGOUT-01", "ONELOGIN-LOGOUT-02", "ONELOGIN-SESSION-01"],
    proven_by={
        "govuk-page:no-way-out": "GOVUK-SIGN-OUT-MISSING",
        "govuk-sign-out-request:not-sent": "GOVUK-SIGN-OUT-HERE-ONLY",
        "govuk-sign-out:kept": ["GOVUK-SIGN-OUT-HERE-ONLY", "GOVUK-SIGN-OUT-SESSION"],
    },
    applies=SIGN_INS,
)
async def the_user_can_sign_out(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A user can sign out, of the service and of GOV.UK One Login."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    left = await _sign_out(attempts)
    if not expect.that(
        left is not None,
        "GOVUK-SIGN-OUT-MISSING",
        "a link to sign out on a page for a user who is signed in",
        "none",
        at=web_journey.journey.last,
        requirement="ONELOGIN-SESSION-01",
    ):
        return
    assert left is not None
    expect.that(
        bool(left.sign_in.at("logout")),
        "GOVUK-SIGN-OUT-HERE-ONLY",
        "the browser is sent to /logout of One Login",
        "it is not",
    )
    if left.entered.session:
        expect.that(
            not await attempts.signed_in(left.entered.traveller),
            "GOVUK-SIGN-OUT-SESSION",
            "the session of the service is over",
            "the browser comes to an offer without a sign-in",
            requirement="ONELOGIN-LOGOUT-02",
        )


@check(
    "govuk-sign-out-request",
    requires=["ONELOGIN-LOGOUT-03", "ONELOGIN-LOGOUT-04", "ONELOGIN-LOGOUT-05", "ONELOGIN-LOGOUT-06"],
    proven_by={
        "govuk-sign-out-request:hint-missing": "GOVUK-SIGN-OUT-HINT",
        "govuk-sign-out-request:hint-other": "GOVUK-SIGN-OUT-HINT",
        "govuk-sign-out-request:bare": "GOVUK-SIGN-OUT-HINT",
        "govuk-sign-out-request:place-other": "GOVUK-SIGN-OUT-PLACE",
        "govuk-sign-out-request:too-long": "GOVUK-SIGN-OUT-LENGTH",
    },
    applies=SIGN_INS,
)
async def the_request_to_sign_out_is_right(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """A request to sign out tells by the ID token who leaves, and leads back to a registered place."""
    left = await _sign_out(Attempts.after(web_journey, journeys, one_login))
    request = next(iter(left.sign_in.at("logout")), None) if left else None
    if request is None:
        raise Blocked("the browser is not sent to /logout of One Login")
    place, hint = request.parameters.get("post_logout_redirect_uri"), request.parameters.get("id_token_hint")
    expect.that(
        len(request.query) <= LONGEST_QUERY,
        "GOVUK-SIGN-OUT-LENGTH",
        f"at most {LONGEST_QUERY} characters in the query",
        f"{len(request.query)} characters",
        requirement="ONELOGIN-LOGOUT-06",
    )
    expect.that(
        bool(hint) and request.because != _NOT_VALIDATED,
        "GOVUK-SIGN-OUT-HINT",
        "the ID token of the session in id_token_hint",
        "something else" if hint else "no id_token_hint",
        requirement="ONELOGIN-LOGOUT-05" if place is None else "ONELOGIN-LOGOUT-03",
    )
    registered = {uri for client in one_login.clients for uri in client.post_logout_redirect_uris}
    if place is not None and not registered:
        raise Blocked(
            "which post_logout_redirect_uri is registered is not known: set post_logout_redirect_uris under"
            " [govuk.one_login]"
        )
    expect.that(
        place is None or place in registered,
        "GOVUK-SIGN-OUT-PLACE",
        "a registered post_logout_redirect_uri, or none",
        str(place),
        requirement="ONELOGIN-LOGOUT-04",
    )


async def _sign_out(attempts: Attempts) -> _Left | None:
    """Sign in and out again; ``None`` where no page says how.

    Raises:
        Blocked: signing out takes a form.

    """
    entered = await attempts.sign_in()
    if entered.journey.offer is None:
        raise Blocked("a second right sign-in did not lead to a Credential Offer")
    if entered.sign_in.at("logout"):
        return _Left(entered, None, entered.sign_in)
    pages = entered.journey.pages
    way = next((link for page in reversed(pages) for link in page.links if _leads_out(link)), None)
    if way is not None:
        journey, asked = await attempts.follow(way.url, entered.traveller)
        if not asked.at("logout") and journey.pages and _asks(journey.pages[-1]):
            raise Blocked("signing out ends on a page that asks for more, for which there is no rule")
        return _Left(entered, way, asked)
    if any(map(_has_button, pages)):
        raise Blocked("signing out takes a form, which this check does not send")
    return None


def _leads_out(link: Link) -> bool:
    try:
        path = urlsplit(link.url).path
    except ValueError:
        return False
    return bool(_WORDS.search(link.text) or _WORDS.search(path))


def _asks(page: WebPage) -> bool:
    """Say whether a page may ask whether the user means it."""
    buttons = [button for form in page.forms for button in form.buttons]
    return any(_MEANT.search(button.text) or _MEANT.search(button.value) for button in buttons)


def _has_button(page: WebPage) -> bool:
    return any(
        _WORDS.search(button.text) or _WORDS.search(button.value) for form in page.forms for button in form.buttons
    )
