"""The evidence that only checks of GOV.UK Wallet ask for, and what they share of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import httpx

from harness.access import said
from harness.evidence import Blocked, Scenario, Tools
from harness.flow import Flow
from harness.govuk import code_rules
from harness.govuk.code import PreAuthorizedCode
from harness.govuk.journeys import Journeys, ReturnJourney, WebJourney
from harness.govuk.minting import Minted, handed_out
from harness.govuk.sign_ins import SignIns
from harness.transport import Reply, TransportFailure
from harness.wallet import token
from harness.wallet.metadata import Issuer

if TYPE_CHECKING:
    from harness.govuk.surroundings import Surroundings

OF_ISSUER = frozenset(
    {
        "issuer_keys_document",
        "did_document",
        "iacas",
        "surroundings",
        "token_service",
        "one_login",
        "status_service",
        "journeys",
    }
)
"""Evidence of the issuer as a whole."""
OF_SCENARIO = frozenset({"code", "minted", "refreshed", "web_journey", "sign_ins", "return_journey"})
"""Evidence of one way through it."""
NAMES = OF_ISSUER | OF_SCENARIO


class GovukEvidence:
    """Gathers it, each thing once unless checks use it up.

    Args:
        issuer: as discovered.
        tools: network, clock, keys and what stands behind the wallet.
        shared: gives the flow whose evidence all reading checks of a scenario share.
        fresh: begins another flow.

    """

    def __init__(
        self, issuer: Issuer, tools: Tools, shared: Callable[[Scenario], Flow], fresh: Callable[[Scenario], Flow]
    ) -> None:
        self._issuer = issuer
        self._tools = tools
        self._shared = shared
        self._fresh = fresh
        self._documents: dict[str, Reply | TransportFailure] = {}
        self._refreshed: dict[Scenario, Flow | Blocked] = {}
        self._journeys: dict[Scenario, WebJourney | Blocked] = {}
        self._sign_ins: dict[Scenario, SignIns | Blocked] = {}
        self._returns: dict[Scenario, ReturnJourney | Blocked] = {}

    async def of_issuer(self, name: str) -> Any:
        """Give evidence of the issuer as a whole.

        Raises:
            Blocked: it is not to be had.

        """
        return await self._OF_ISSUER[name](self)

    async def of_scenario(self, name: str, scenario: Scenario) -> Any:
        """Give evidence of one way through the issuer.

        Raises:
            Blocked: it is not to be had.

        """
        return await self._OF_SCENARIO[name](self, scenario)

    async def _surroundings(self) -> Surroundings:
        if self._tools.govuk is None:
            raise Blocked("this run plays nothing of what stands behind GOV.UK Wallet")
        return self._tools.govuk

    async def _token_service(self) -> Any:
        return (await self._surroundings()).token_service

    async def _one_login(self) -> Any:
        found = (await self._surroundings()).one_login
        if found is None:
            raise Blocked("the issuer's web service is not registered at the bundled One Login")
        return found

    async def _status_service(self) -> Any:
        found = (await self._surroundings()).status_service
        if found is None:
            raise Blocked("the issuer does not use the bundled status list service")
        return found

    async def _browser(self) -> Journeys:
        return Journeys(await self._surroundings(), self._tools)

    async def _keys(self) -> Reply:
        first, *others = code_rules.jwks_urls(self._base)
        reply = await self._document("the issuer's JWK Set", first)
        for url in others if reply.status != httpx.codes.OK else ():
            further = await self._document("the issuer's JWK Set", url)
            reply = further if further.status == httpx.codes.OK else reply
        return reply

    async def _did(self) -> Reply:
        return await self._document("the issuer's DID document", f"{_origin(self._base)}/.well-known/did.json")

    async def _iacas(self) -> Reply:
        url = self._issuer.metadata.get("mdoc_iacas_uri")
        if not isinstance(url, str) or not url:
            raise Blocked("the issuer metadata has no usable mdoc_iacas_uri")
        return await self._document("the issuer's IACA certificates", url)

    @property
    def _base(self) -> str:
        return self._issuer.identifier.rstrip("/")

    async def _document(self, purpose: str, url: str) -> Reply:
        if url not in self._documents:
            try:
                self._documents[url] = await self._tools.client.send(purpose, "GET", url)
            except TransportFailure as failure:
                self._documents[url] = failure
                raise
        found = self._documents[url]
        if isinstance(found, TransportFailure):
            raise Blocked(f"{purpose} could not be fetched: {found.message}")
        return found

    async def _code(self, scenario: Scenario) -> PreAuthorizedCode:
        return PreAuthorizedCode.of(await self._shared(scenario).offer())

    async def _minted(self, scenario: Scenario) -> Minted:
        # The control of a request that must be refused: the right one was granted.
        issuance = await self._shared(scenario).issuance()
        if not handed_out(issuance):
            raise Blocked(f"no credential was issued: {said(issuance)}")
        return Minted(self._fresh(scenario), await self._surroundings(), lambda: self._fresh(scenario))

    async def _in_app(self, scenario: Scenario) -> Flow:
        """Refresh the shared credential as the app does: nobody but the token service is asked."""
        if scenario not in self._refreshed:
            try:
                self._refreshed[scenario] = await self._refresh(self._shared(scenario))
            except Blocked as error:
                self._refreshed[scenario] = error
            except TransportFailure as failure:
                self._refreshed[scenario] = Blocked(failure.message)
        found = self._refreshed[scenario]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _refresh(self, flow: Flow) -> Flow:
        await flow.credentials()
        granted = await flow.token()
        value = token.refresh_token(granted)
        if value is None:
            raise Blocked(
                f"the token service gave no refresh token, which it does for a code with"
                f" credential_configuration_ids only: {said(granted)}"
            )
        reply = await flow.request_token(token.refresh_form(value, client_id=flow.agent.client_id))
        if token.access_token(reply) is None:
            raise Blocked(f"the token service gave no further Access Token: {said(reply)}")
        return flow.refreshed(reply)

    async def _web_journey(self, scenario: Scenario) -> WebJourney:
        """Refresh the shared credential by the issuer's web journey, once, however many checks look at it."""
        if scenario not in self._journeys:
            try:
                self._journeys[scenario] = await (await self._browser()).refresh(self._shared(scenario))
            except Blocked as error:
                self._journeys[scenario] = error
            except TransportFailure as failure:
                self._journeys[scenario] = Blocked(failure.message)
        found = self._journeys[scenario]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _two_sign_ins(self, scenario: Scenario) -> SignIns:
        """Give the sign-in of the web journey and a second one, once, however many checks compare them."""
        if scenario not in self._sign_ins:
            try:
                self._sign_ins[scenario] = await self._sign_in_again(await self._web_journey(scenario))
            except Blocked as error:
                self._sign_ins[scenario] = error
            except TransportFailure as failure:
                self._sign_ins[scenario] = Blocked(failure.message)
        found = self._sign_ins[scenario]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _return_journey(self, scenario: Scenario) -> ReturnJourney:
        """Come back in the browser of a sign-in, once, however many checks want to know what happens."""
        if scenario not in self._returns:
            try:
                url = (await self._web_journey(scenario)).url
                self._returns[scenario] = await (await self._browser()).come_back(url)
            except Blocked as error:
                self._returns[scenario] = error
            except TransportFailure as failure:
                self._returns[scenario] = Blocked(failure.message)
        found = self._returns[scenario]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _sign_in_again(self, journey: WebJourney) -> SignIns:
        one_login = await self._one_login()
        again = await (await self._browser()).sign_in_again(journey.url)
        return SignIns(journey.sign_in, again, one_login, (await self._surroundings()).client_id)

    _OF_ISSUER: ClassVar[Mapping[str, Callable[[GovukEvidence], Awaitable[Any]]]] = {
        "issuer_keys_document": _keys,
        "did_document": _did,
        "iacas": _iacas,
        "surroundings": _surroundings,
        "token_service": _token_service,
        "one_login": _one_login,
        "status_service": _status_service,
        "journeys": _browser,
    }

    _OF_SCENARIO: ClassVar[Mapping[str, Callable[[GovukEvidence, Scenario], Awaitable[Any]]]] = {
        "code": _code,
        "minted": _minted,
        "refreshed": _in_app,
        "web_journey": _web_journey,
        "sign_ins": _two_sign_ins,
        "return_journey": _return_journey,
    }


def _origin(url: str) -> str:
    """The DID of an issuer has no path (did:web:DOMAIN), so its document is at the root."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
