"""What comes back from GOV.UK One Login: docs.sign-in.service.gov.uk, Authenticate your user, Error messages."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats.html_forms import HtmlError
from harness.govuk.journeys import Journeys, ReturnJourney, WebJourney
from harness.journey import Traveller, pages
from harness.one_login.provider import OneLogin
from harness.transport import Reply
from suites.govuk_wallet._attempts import PAGE, SIGN_INS, Attempt, Attempts, expect_no_entry

check = area("GOV.UK One Login: answers to the sign-in", per=Per.OFFER)

_REFUSED = "ONELOGIN-ANSWER-01"


@check(
    "govuk-sign-in-state-refused",
    requires=["ONELOGIN-AUTHORIZE-07", PAGE],
    proven_by={
        "accepts:govuk-callback.state": "GOVUK-SIGN-IN-STATE-ACCEPTED",
        "misreports:govuk-callback.state": "GOVUK-SIGN-IN-STATE-PAGE",
    },
    applies=SIGN_INS,
)
async def an_answer_is_for_the_browser_that_asked(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """An answer with another state, with none, or in another browser signs nobody in."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    for error, what in {
        "STATE_NOT_MATCHING": "an answer with another state",
        "STATE_ABSENT": "an answer without state",
    }.items():
        expect_no_entry(expect, await attempts.sign_in(error), "GOVUK-SIGN-IN-STATE", what)
    if (elsewhere := await attempts.elsewhere()) is not None:
        expect_no_entry(expect, elsewhere, "GOVUK-SIGN-IN-STATE", "an answer in another browser")


@check(
    "govuk-sign-in-client-deactivated",
    requires=["ONELOGIN-ANSWER-02", _REFUSED, PAGE],
    proven_by={
        "accepts:govuk-callback.success": "GOVUK-SIGN-IN-CLIENT-DEACTIVATED-ACCEPTED",
        "misreports:govuk-callback.success": "GOVUK-SIGN-IN-CLIENT-DEACTIVATED-PAGE",
        "govuk-page:errors-broken": "GOVUK-SIGN-IN-CLIENT-DEACTIVATED-PAGE",
        "govuk-page:errors-unnoticed": "GOVUK-SIGN-IN-CLIENT-DEACTIVATED-SILENT",
    },
    applies=SIGN_INS,
)
async def the_user_is_told_that_the_service_cannot_be_used(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """Where GOV.UK One Login has switched the service off, a page tells that it cannot be used at the moment."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    attempt = await _answered(attempts, "CLIENT_DEACTIVATED")
    # The documentation asks for a page and says nothing of its status; such pages come with 500 as well.
    expect_no_entry(expect, attempt, "GOVUK-SIGN-IN-CLIENT-DEACTIVATED", "unauthorized_client", _REFUSED)
    expect.that(
        any(_says_something(reply) for reply in attempt.told),
        "GOVUK-SIGN-IN-CLIENT-DEACTIVATED-SILENT",
        "a page that tells the user that the service cannot be used",
        "; ".join(attempt.journey.steps[-3:]),
        at=attempt.journey.last,
    )


@check(
    "govuk-sign-in-denied",
    requires=["ONELOGIN-ANSWER-03", _REFUSED, PAGE],
    proven_by={
        "accepts:govuk-callback.success": "GOVUK-SIGN-IN-DENIED-ACCEPTED",
        "misreports:govuk-callback.success": "GOVUK-SIGN-IN-DENIED-PAGE",
        "govuk-page:errors-broken": ["GOVUK-SIGN-IN-DENIED-DEAD-END", "GOVUK-SIGN-IN-DENIED-PAGE"],
        "govuk-page:errors-unnoticed": "GOVUK-SIGN-IN-DENIED-DEAD-END",
        "govuk-page:errors-dead-end": "GOVUK-SIGN-IN-DENIED-DEAD-END",
    },
    applies=SIGN_INS,
)
async def the_user_can_try_again(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """Where a sign-in was denied, such as for a lost session, the service helps its user to try again."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    attempt = await _answered(attempts, "ACCESS_DENIED")
    expect_no_entry(expect, attempt, "GOVUK-SIGN-IN-DENIED", "access_denied", _REFUSED)
    again = len(attempt.sign_in.at("authorize")) > 1 or attempt.journey.stopped_before is not None
    expect.that(
        again or _leads_on(attempt),
        "GOVUK-SIGN-IN-DENIED-DEAD-END",
        "a page with a way to try again",
        "a page without a link or a button",
        at=attempt.journey.last,
    )


@check(
    "govuk-sign-in-again",
    requires=["ONELOGIN-SESSION-04"],
    proven_by={
        "govuk-authorization-request:object-again-without-hint": "GOVUK-SIGN-IN-AGAIN-HINT",
        "govuk-authorization-request:object-again-outside": "GOVUK-SIGN-IN-AGAIN-OUTSIDE",
    },
    applies=SIGN_INS & when.signs_in_again,
)
async def re_authentication_is_asked_for_rightly(return_journey: ReturnJourney, expect: Expect) -> None:
    """A user who has to sign in again is sent with prompt=login and the ID token, in a request object."""
    request = return_journey.again
    assert request is not None
    claims = request.request_object.claims if request.request_object is not None else {}
    outside = [name for name in ("prompt", "id_token_hint") if name in request.query]
    if expect.that(
        "login" in str(claims.get("prompt") or "").split(" ") and not outside,
        "GOVUK-SIGN-IN-AGAIN-OUTSIDE",
        "prompt=login in a request object, and nothing of it outside",
        f"{sorted(claims) or 'no request object'}, and outside {outside}",
    ):
        expect.that(
            bool(claims.get("id_token_hint")),
            "GOVUK-SIGN-IN-AGAIN-HINT",
            "the ID token of the user in id_token_hint",
            "no id_token_hint",
        )


@check(
    "govuk-sign-in-login-required",
    requires=["ONELOGIN-ANSWER-04", _REFUSED, PAGE],
    proven_by={"govuk-sign-in-failure:session-kept": "GOVUK-SIGN-IN-LOGIN-REQUIRED-SESSION"},
    applies=SIGN_INS & when.signs_in_again,
)
async def a_failed_re_authentication_ends_the_session(
    web_journey: WebJourney, journeys: Journeys, one_login: OneLogin, expect: Expect
) -> None:
    """Where a user could not sign in again, the session of the service is ended."""
    attempts = Attempts.after(web_journey, journeys, one_login)
    entered = await attempts.sign_in()
    failed = await _answered(attempts, "LOGIN_REQUIRED", entered.traveller)
    expect_no_entry(expect, failed, "GOVUK-SIGN-IN-LOGIN-REQUIRED", "login_required", _REFUSED)
    back = await attempts.sign_in(traveller=failed.traveller)
    expect.that(
        not any(each.asks_again for each in back.sign_in.authorizations),
        "GOVUK-SIGN-IN-LOGIN-REQUIRED-SESSION",
        "the user who comes back is unknown, and signs in as at the first time",
        "the service asks the same user to sign in again",
        at=back.journey.last,
    )


async def _answered(attempts: Attempts, error: str, traveller: Traveller | None = None) -> Attempt:
    attempt = await attempts.sign_in(error, traveller=traveller)
    if not any(each.error is not None for each in attempt.sign_in.at("authorize")):
        raise Blocked("the service did not send the browser to One Login")
    return attempt


def _says_something(reply: Reply) -> bool:
    """Say whether a user gets to read something."""
    return pages.is_page(reply) and bool(reply.body.strip())


def _leads_on(attempt: Attempt) -> bool:
    """Say whether the page that a user ends on has anything to go on with."""
    if attempt.journey.last is None or not pages.is_page(attempt.journey.last):
        return False
    try:
        page = pages.read(attempt.journey.last)
    except HtmlError:
        return False
    return bool(page.links or any(form.buttons for form in page.forms))
