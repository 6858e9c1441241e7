"""Sign-ins with something wrong at GOV.UK One Login, and what the service lets its user do after them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from harness.applicability import when
from harness.evidence import Blocked
from harness.expect import Expect
from harness.govuk.journeys import Journeys, WebJourney
from harness.govuk.sign_ins import SignIn
from harness.journey import Journey, Traveller
from harness.journey.pages import is_page, is_redirect
from harness.one_login.provider import OneLogin
from harness.transport import Reply

SIGN_INS = when.refresh_journey & when.one_login_under_test
PAGE = "ONELOGIN-ANSWER-05"
"""What a sign-in that ends in an error of the server violates."""
_MOST_SIGN_INS = 3
"""How often one attempt goes to One Login: for authentication, for identity, and once more."""
_UNAVAILABLE = 503
"""With this status a page may say that the service, or One Login, cannot be used at the moment."""


@dataclass(frozen=True)
class Attempt:
    """A way through the journey on which something was wrong.

    Attributes:
        traveller: who went it, with the cookies of the browser.
        journey: what was seen.
        sign_in: what the service asked One Login for meanwhile.
        told: what the service answered to the browser after it had been at One Login, without redirects.
        session: whether the browser comes to an offer afterwards without another sign-in.

    """

    traveller: Traveller
    journey: Journey
    sign_in: SignIn
    told: tuple[Reply, ...]
    session: bool


@dataclass(frozen=True)
class Attempts:
    """Goes on the refresh journey with something wrong, each time in a clean browser.

    A right sign-in in the same run did lead to an offer.
    """

    journeys: Journeys
    one_login: OneLogin
    url: str

    @classmethod
    def after(cls, control: WebJourney, journeys: Journeys, one_login: OneLogin) -> Attempts:
        """Give attempts whose control is a journey on which nothing was wrong.

        Raises:
            Blocked: it did not lead to an offer by way of One Login.

        """
        if control.journey.offer is None:
            raise Blocked("a right sign-in did not lead to a Credential Offer")
        if not any(each.status == 200 for each in control.sign_in.at("token")):
            raise Blocked("the Credential Offer came without a sign-in at One Login")
        return cls(journeys, one_login, control.url)

    async def sign_in(self, *errors: str, traveller: Traveller | None = None) -> Attempt:
        """Go on the journey while One Login commits errors; see ``harness/one_login/injectable.toml``.

        Without any it is a right sign-in.
        """
        mine = traveller or self.journeys.traveller()
        bounded = dataclasses.replace(mine, stop_before=self._after(_MOST_SIGN_INS))
        before = len(self.one_login.requests)
        self.one_login.inject(*errors)
        try:
            journey = await self.journeys.attempt(self.url, traveller=bounded)
        finally:
            self.one_login.inject()
        asked = SignIn(self.one_login.requests[before:])
        return Attempt(bounded, journey, asked, self._told(journey), await self.signed_in(bounded))

    async def elsewhere(self) -> Attempt | None:
        """Sign in and open the answer in another, clean browser; ``None`` where the browser cannot be stopped."""
        returns = tuple(uri for client in self.one_login.clients for uri in client.redirect_uris)
        mine = dataclasses.replace(
            self.journeys.traveller(), stop_before=lambda url: url.startswith(returns) and "code=" in url
        )
        before = len(self.one_login.requests)
        answer = (await self.journeys.attempt(self.url, traveller=mine)).stopped_before
        if answer is None:
            return None
        other = dataclasses.replace(self.journeys.traveller(), stop_before=self._after(0))
        journey = await self.journeys.attempt(answer, traveller=other)
        asked = SignIn(self.one_login.requests[before:])
        told = tuple(reply for reply in journey.replies if not is_redirect(reply))
        return Attempt(other, journey, asked, told, await self.signed_in(other))

    async def signed_in(self, traveller: Traveller) -> bool:
        """Say whether a browser comes to an offer without a sign-in, so that it has a session."""
        before = len(self.one_login.requests)
        stops = dataclasses.replace(traveller, stop_before=self._after(0))
        journey = await self.journeys.attempt(self.url, traveller=stops)
        return journey.offer is not None and not SignIn(self.one_login.requests[before:]).at("authorize")

    async def follow(self, url: str, traveller: Traveller) -> tuple[Journey, SignIn]:
        """Open a page and go on from there until the browser is to sign in; give what One Login was asked, too."""
        before = len(self.one_login.requests)
        stops = dataclasses.replace(traveller, stop_before=self._after(0))
        journey = await self.journeys.attempt(url, traveller=stops)
        return journey, SignIn(self.one_login.requests[before:])

    def _told(self, journey: Journey) -> tuple[Reply, ...]:
        there = [reply.url.startswith(self.one_login.base_url) for reply in journey.replies]
        after = there.index(True) if True in there else len(there)
        return tuple(
            reply
            for reply, elsewhere in list(zip(journey.replies, there, strict=True))[after:]
            if not elsewhere and not is_redirect(reply)
        )

    def _leads_to_one_login(self, url: str) -> bool:
        """Say whether a URL is that of the authorization endpoint."""
        return url.partition("?")[0] == f"{self.one_login.base_url}/authorize"

    def _after(self, times: int) -> Callable[[str], bool]:
        """Give when to break off: before the browser is sent to sign in once more than so often."""
        seen = 0

        def too_often(url: str) -> bool:
            nonlocal seen
            seen += self._leads_to_one_login(url)
            return seen > times

        return too_often


def expect_no_entry(
    expect: Expect, attempt: Attempt, code: str, what: str, requirement: str | None = None
) -> None:
    """Expect a sign-in with something wrong to be refused, on a page that the user can understand.

    Two findings are possible: ``CODE-ACCEPTED`` for an offer or a session, and ``CODE-PAGE`` for an error of the
    server; the check names ``PAGE`` among its requirements.

    Args:
        what: what was wrong, in words.
        requirement: what an acceptance violates; by default the check's first.

    """
    journey = attempt.journey
    entered = "an offer" if journey.offer is not None else "a session" if attempt.session else "neither"
    if not expect.that(
        entered == "neither",
        f"{code}-ACCEPTED",
        f"neither a Credential Offer nor a session after {what}",
        f"{entered}: {'; '.join(journey.steps[-3:])}",
        at=journey.last,
        requirement=requirement,
    ):
        return
    broken = next((reply for reply in attempt.told if is_broken(reply)), None)
    expect.that(
        broken is None,
        f"{code}-PAGE",
        f"a page for the user after {what}, and no error of the server",
        "such a page" if broken is None else broken.gist,
        at=broken,
        requirement=PAGE,
    )


def is_broken(reply: Reply) -> bool:
    """Say whether an answer is an error of the server, and not a page about what cannot be used at the moment."""
    return reply.status >= 500 and not (reply.status == _UNAVAILABLE and is_page(reply))
