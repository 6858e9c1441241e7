"""Manual refresh: the wallet opens the issuer's web journey in a clean browser and waits for a new offer."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.evidence import Blocked, Tools
from harness.flow import Flow
from harness.govuk.people import Person
from harness.govuk.sign_ins import AuthorizationRequest, SignIn
from harness.journey import Journey, JourneyError, JourneyTimeout, Traveller, travel
from harness.transport import TransportFailure

if TYPE_CHECKING:
    from harness.govuk.surroundings import Surroundings
    from harness.one_login.request_log import Received

URL = "credential_refresh_web_journey_url"
"""Member of a Credential Configuration that says where its journey begins."""


@dataclass(frozen=True)
class WebJourney:
    """A credential and what the journey to refresh it brought.

    Attributes:
        first: the flow that brought the credential.
        url: where the journey began.
        journey: the way through the pages, with the offer at its end, if there was any.
        second: the flow that redeems that offer; ``None`` when the journey ended without one.
        at_one_login: what the issuer's service asked One Login for meanwhile; empty where that is not under test.

    """

    first: Flow
    url: str
    journey: Journey
    second: Flow | None
    at_one_login: Sequence[Received]

    @property
    def sign_in(self) -> SignIn:
        """What the issuer's service asked One Login for, to read."""
        return SignIn(self.at_one_login)

    @property
    def redeemed(self) -> Flow:
        """The flow that redeems the new offer.

        Raises:
            Blocked: the journey ended without an offer.

        """
        if self.second is None:
            raise Blocked("the refresh journey ended without a Credential Offer")
        return self.second

    @property
    def exchanges(self) -> list[int]:
        """Numbers of the exchanges of the journey."""
        return [reply.exchange for reply in self.journey.replies]


@dataclass(frozen=True)
class ReturnJourney:
    """What meets a user who comes back in the same browser, right after a sign-in that led to an offer.

    Attributes:
        journey: the second way through the pages.
        sign_in: what the service asked One Login for meanwhile.

    """

    journey: Journey
    sign_in: SignIn

    @property
    def by_session(self) -> bool:
        """Whether the browser came to an offer without another sign-in."""
        return self.journey.offer is not None and not self.sign_in.authorizations

    @property
    def again(self) -> AuthorizationRequest | None:
        """The request that has the user sign in again; ``None`` where there is none that asks for that."""
        return next((each for each in self.sign_in.authorizations if each.asks_again), None)


class Journeys:
    """Goes on refresh journeys, each in a clean browser.

    Args:
        surroundings: the services and who uses the wallet.
        tools: the run's network, clock and the user's settings.

    """

    def __init__(self, surroundings: Surroundings, tools: Tools) -> None:
        self._surroundings = surroundings
        self._tools = tools

    async def refresh(self, first: Flow) -> WebJourney:
        """Refresh the credential of a flow: go on the journey as the wallet's user and get ready to redeem.

        Raises:
            Blocked: the flow brought no credential, or its configuration says of no journey.

        """
        await first.credentials()
        url = url_of(first)
        before = len(self._requests())
        journey = await self.go(url)
        second = None if journey.offer is None else first.with_offer(journey.offer)
        if second is not None:
            # At once, as the wallet does: checks that wait must not make the offer expire before it is redeemed.
            with contextlib.suppress(Blocked, TransportFailure):
                await second.issuance()
        return WebJourney(first, url, journey, second, self._requests()[before:])

    async def come_back(self, url: str) -> ReturnJourney:
        """Go on a journey twice in the same browser, as the wallet's user.

        Raises:
            Blocked: the journey cannot go on, since nobody told how, or the first one ends without an offer.

        """
        traveller = self.traveller()
        first = await self.go(url, traveller=traveller)
        if first.offer is None:
            raise Blocked("a right sign-in did not lead to a Credential Offer")
        before = len(self._requests())
        journey = await self.go(url, traveller=traveller)
        return ReturnJourney(journey, SignIn(self._requests()[before:]))

    async def sign_in_again(self, url: str, traveller: Traveller | None = None) -> SignIn:
        """Begin a journey as the wallet's user, and break it off once the service knows who that is.

        So the service makes no further offer.

        Args:
            url: where it begins.
            traveller: by default one with a clean browser.

        Raises:
            Blocked: the journey cannot go on, since nobody told how, or One Login is not under test.

        """
        one_login = self._surroundings.one_login
        if one_login is None:
            raise Blocked("the issuer's web service is not registered at the bundled One Login")
        before = len(one_login.requests)
        stays = (one_login.base_url, *(uri for client in one_login.clients for uri in client.redirect_uris))

        def knows_and_goes_on(url: str) -> bool:
            asked = one_login.requests[before:]
            return any(each.endpoint == "userinfo" for each in asked) and not url.startswith(stays)

        traveller = traveller or self.traveller()
        traveller.stop_before = knows_and_goes_on
        await self.go(url, traveller=traveller)
        return SignIn(one_login.requests[before:])

    async def go(self, url: str, *, who: Person | None = None, traveller: Traveller | None = None) -> Journey:
        """Go on a journey.

        Args:
            url: where it begins.
            who: signs in at One Login; by default who uses the wallet.
            traveller: one who has been on a journey before, or breaks off; by default one with a clean browser.

        Raises:
            Blocked: the journey cannot go on, since nobody told how, or a page cannot be reached.

        """
        self._surroundings.sign_in(who)
        try:
            return await travel(self._tools.client, url, traveller or self.traveller())
        except JourneyError as error:
            raise Blocked(str(error)) from error
        except TransportFailure as failure:
            raise Blocked(f"the journey broke off: {failure.message}") from failure

    async def attempt(self, url: str, *, who: Person | None = None, traveller: Traveller | None = None) -> Journey:
        """Go on a journey that the issuer may break off anywhere.

        The rules are for the way to an offer; a page off that way, for which there is none, is the end.

        Args:
            url: where it begins.
            who: signs in at One Login; by default who uses the wallet.
            traveller: by default one with a clean browser.

        Raises:
            Blocked: the journey took too long, or a page cannot be reached.

        """
        self._surroundings.sign_in(who)
        try:
            return await travel(self._tools.client, url, traveller or self.traveller())
        except JourneyTimeout as error:
            raise Blocked(str(error)) from error
        except JourneyError as error:
            return error.journey
        except TransportFailure as failure:
            raise Blocked(f"the journey broke off: {failure.message}") from failure

    def traveller(self) -> Traveller:
        """Give somebody with a clean browser."""
        return Traveller(
            self._tools.options.journey, sleep=lambda seconds: self._tools.wait(seconds, "a page that goes on")
        )

    def _requests(self) -> Sequence[Received]:
        one_login = self._surroundings.one_login
        return () if one_login is None else tuple(one_login.requests)


def url_of(flow: Flow) -> str:
    """Give where the refresh journey of a flow's configuration begins.

    Raises:
        Blocked: the metadata does not say.

    """
    url = flow.configuration.get(URL)
    if not isinstance(url, str) or not url:
        raise Blocked(f"the configuration {flow.scenario.configuration!r} has no usable {URL}")
    return url
