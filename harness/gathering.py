"""Gathers the evidence that checks and their predicates ask for, and keeps what they share."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from harness import type_metadata
from harness.access import Access, ask_nonce, said
from harness.authorized import Authorized
from harness.background import letting_others_go_on
from harness.checks import Check
from harness.deferral import Deferral
from harness.evidence import AccessExpired, Blocked, Encrypted, IssuedCredential, Scenario, Tools
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.govuk import gathering as govuk
from harness.govuk.gathering import GovukEvidence
from harness.govuk.journeys import WebJourney
from harness.lifecycle.drill import REVOCATION, SUSPENSION, Drill, Watch
from harness.lifecycle.renewal import Renewal
from harness.lifecycle.renewals import BATCH, RENEWALS, Means, Renewals
from harness.lifecycle.series import Series, lists_of
from harness.lifecycle.status import CredentialStatus, StatusReader
from harness.mattr import gathering as mattr
from harness.mattr.gathering import MattrEvidence
from harness.offer_sources import OfferSource
from harness.partisia import gathering as partisia
from harness.partisia.gathering import PartisiaEvidence
from harness.tls.places import places
from harness.tls.scan import Scan, scan_all
from harness.transport import Reply, TransportFailure
from harness.trust import issuer_key
from harness.trust.fetching import Fetcher
from harness.trust.files import TrustError
from harness.trust.found import IssuerKey
from harness.type_metadata import ResolvedType
from harness.unredeemed import Unredeemed
from harness.wallet import signed_metadata
from harness.wallet.credential import carries_credential
from harness.wallet.metadata import Issuer
from harness.wallet.offer import ReceivedOffer
from harness.wallet.signed_metadata import SignedMetadata

_IN_ROW = 5
"""Credentials asked for one after another with one Access Token, to compare their places in status lists."""
_DEFERRED_IN_ROW = 2
"""The same where each of them has to be waited for."""
_FRESH = 2
"""The same where each of them costs an offer."""

_STEPS = frozenset(
    {
        "server",
        "link",
        "offer",
        "authorization",
        "direct",
        "bound_push",
        "by_scope",
        "by_details",
        "token",
        "issuance",
        "polls",
        "collected",
        "notified",
    }
)
"""Steps of the shared flow, each method of :class:`Flow` giving what it brought."""

_OF_CREDENTIAL = frozenset({"credential", "issuer_key", "type_metadata", "status"})
"""Evidence of each credential of the shared response by itself."""

_OF_FLOW = ("server", "link", "offer", "authorization", "direct", "token", "nonce_source")
"""What predicates read of the scenario's shared flow, in the order of its steps."""

ENCRYPTED = frozenset({"encrypted_request", "encrypted_response"})
"""Right Credential Requests that the scenario's checks of encryption share."""

DRILLS = frozenset({"revocation", "suspension"})
"""What the team does to a credential of its own for each of them, judged by many checks."""


class Gathering:
    """The evidence of one issuer.

    Args:
        issuer: as discovered.
        sources: offer sources by name.
        tools: network, clock, keys and the wallet's choices.
        flows: shared flows that were begun already.

    """

    def __init__(
        self,
        issuer: Issuer,
        sources: Mapping[str, OfferSource],
        tools: Tools,
        flows: Mapping[Scenario, Flow],
    ) -> None:
        self.issuer = issuer
        self._sources = sources
        self._tools = tools
        self._fetcher = Fetcher(tools.client, issuer.identifier)
        self._shared: dict[Scenario, Flow] = dict(flows)
        self._batches: dict[Scenario, Flow] = {}
        self._accesses: dict[Scenario, Access | None] = {}
        self._unfinished: dict[Scenario, Deferral] = {}
        self._exchanged: dict[tuple[Scenario, str], Encrypted] = {}
        self._codes: dict[Scenario, Unredeemed] = {}
        self._issuer_keys: dict[tuple[int, str], IssuerKey] = {}
        self._types: dict[str, ResolvedType] = {}
        self._statuses: dict[tuple[int, str], CredentialStatus] = {}
        self._drills: dict[tuple[Scenario, str], Drill | Blocked] = {}
        self._series_of: dict[Scenario, Series] = {}
        self._status_reader = StatusReader(self._fetcher, tools.trust, tools.now)
        self._renewals = Renewals(
            Means(
                self.shared,
                self._flow,
                self._good_again,
                self._shared_batch,
                self._read_status,
                tools.operations,
            )
        )
        self._govuk = GovukEvidence(issuer, tools, self.shared, self._flow)
        self._mattr = MattrEvidence(tools, self.shared, self._flow)
        self._partisia = PartisiaEvidence(tools, self.shared)
        self._nonce: Reply | TransportFailure | None = None
        self._signed_metadata: SignedMetadata | TransportFailure | None = None
        self._scans: tuple[Scan, ...] | None = None
        tools.patience.before = self._settle

    @property
    def statuses(self) -> Mapping[tuple[int, str], CredentialStatus]:
        """What was read of the status of credentials, by the exchange and the place in it that brought them."""
        return self._statuses

    @property
    def flows(self) -> Mapping[Scenario, Flow]:
        """The shared flows that were begun, by scenario."""
        return self._shared

    @property
    def _offers(self) -> tuple[ReceivedOffer, ...]:
        """The Credential Offers that shared flows began with; the first of each source is among them."""
        received = (flow.taken("offer") for scenario, flow in self._shared.items() if scenario.offered)
        return tuple(offer for offer in received if offer is not None)

    def shared(self, scenario: Scenario) -> Flow:
        """Give the flow whose evidence all reading checks of a scenario share.

        It is begun anew where the run was too slow for its Access Token and further offers are to be had.
        """
        flow = self._shared.get(scenario)
        if flow is None or (flow.too_late and not self._single(scenario)):
            flow = self._shared[scenario] = self._flow(scenario)
        return flow

    def _single(self, scenario: Scenario) -> bool:
        """Whether there is only one offer to be had."""
        source = self._sources.get(scenario.source)
        return source is not None and source.single

    def _renew_outlived(self, scenario: Scenario) -> None:
        """Begin the shared flow anew for what is done with its Access Token, where that has come to its end."""
        if self.shared(scenario).outlived and not self._single(scenario):
            self._shared[scenario] = self._flow(scenario)

    async def _settle(self) -> None:
        """Finish what the shared flows have begun, before a wait that their codes and tokens would not outlast."""
        for flow in list(self._shared.values()):
            with contextlib.suppress(Blocked, AccessExpired, TransportFailure):
                await flow.issuance()

    async def foresee(self, needs: Collection[str], facts: Facts) -> bool:
        """Add what a predicate reads to the facts, when that is known without any request.

        Returns:
            Whether all of it is.

        """
        facts.client = self._tools.wallet_client
        facts.longest_wait_s = self._tools.patience.limit_s
        facts.promises = self._tools.promises
        facts.offers = self._offers
        known = {"client", "patience", "promises", "offers"}
        if self._tools.dialect.nonce_from == ("nonce-endpoint",):
            facts.nonce_source = "nonce-endpoint" if self.issuer.nonce_endpoint is not None else None
            known.add("nonce_source")
        scenario = facts.scenario
        flow = None if scenario is None else self._shared.get(scenario) or self._flow(scenario)
        if scenario is not None and flow is not None and (not scenario.offered or flow.taken("offer") is not None):
            with contextlib.suppress(Blocked):
                facts.offer = await flow.offer()
                facts.server = await flow.server()
                known |= {"offer", "server"}
        return known.issuperset(needs)

    async def gather(self, needs: Collection[str], facts: Facts) -> None:
        """Add what a predicate reads to the facts."""
        if "signed_metadata" in needs:
            facts.signed_metadata = await self._signed()
        for name in govuk.OF_ISSUER.intersection(needs):
            setattr(facts, name, await self._govuk.of_issuer(name))
        if "offers" in needs:
            facts.offers = self._offers
        if "promises" in needs:
            facts.promises = self._tools.promises
        if {"signed_metadata", "offers", "promises", *govuk.OF_ISSUER}.issuperset(needs):
            return
        if "client" in needs:
            facts.client = self._tools.wallet_client
        flow = self.shared(_known(facts.scenario))
        for name in _OF_FLOW:
            if name in needs:
                setattr(facts, name, await getattr(flow, name)())
        if "asked" in needs:
            await flow.token()
            attempt = flow.taken("authorization")
            facts.asked = {} if attempt is None else attempt.parameters
        if "binding" in needs:
            facts.binding_key = flow.binding_key
        if "nonce" in needs:
            facts.nonce = None if self.issuer.nonce_endpoint is None else await self._shared_nonce()
        if "dpop_nonces" in needs:
            await flow.token()
            facts.server_nonce = flow.agent.server_nonce((await flow.server()).token_endpoint or "")
            facts.issuer_nonce = flow.agent.issuer_nonce(self.issuer.credential_endpoint or "")
        if "challenged" in needs:
            await flow.token()
            facts.challenged = flow.agent.challenged(await flow.server())
        if "batch" in needs:
            batch = await self._shared_batch(_known(facts.scenario))
            # That it was refused is for another check to judge; here there is nothing to compare.
            facts.batch = await batch.credentials() if (await batch.issuance()).successful else ()
        if "patience" in needs:
            facts.longest_wait_s = self._tools.patience.limit_s
        if "issuance" in needs:
            facts.issuance = await flow.issuance()
        if "polls" in needs:
            facts.polls = await flow.polls()
        if "other_access" in needs:
            facts.other_access = await self._other_access(_known(facts.scenario))
        for name in govuk.OF_SCENARIO.intersection(needs):
            setattr(facts, name, await self._govuk.of_scenario(name, _known(facts.scenario)))
        for name in {"reissued", "renewed_batch"}.intersection(needs):
            setattr(facts, name, await getattr(self._renewals, name)(_known(facts.scenario)))
        if "denied" in needs:
            facts.denied = await self._denied(_known(facts.scenario))
        if not _OF_CREDENTIAL.isdisjoint(needs):
            # All credentials of one response are made in the same way as the first.
            await self._gather_of_credential((await flow.credentials())[0], needs, facts)

    async def _gather_of_credential(self, issued: IssuedCredential, needs: Collection[str], facts: Facts) -> None:
        facts.credential = issued
        if "issuer_key" in needs:
            facts.issuer_key = await self._issuer_key(issued)
        if "type_metadata" in needs:
            facts.type_metadata = await self._type_metadata(issued)
        if "status" in needs:
            facts.status = await self._status(issued)

    async def call(
        self, check: Check, scenario: Scenario | None, facts: Facts, expect: Expect, read: list[int]
    ) -> None:
        """Call a check with the evidence it asks for.

        Args:
            facts: what the check's predicates read.
            read: gets the numbers of the exchanges that the evidence came with.

        """
        given: dict[str, Any] = {"expect": expect}
        if "notified" in check.evidence and scenario is not None:
            self._renew_outlived(scenario)
        for name in check.evidence:
            if name not in ("expect", "access", "transaction", *_OF_CREDENTIAL):
                given[name] = value = await self._evidence(name, scenario, facts)
                read += _exchanges(value)
        if not _OF_CREDENTIAL.isdisjoint(check.evidence):
            # More than one credential in one response is judged one by one.
            for item in await self.shared(_known(scenario)).credentials():
                read.append(item.exchange)
                await _judge(check, **given, **await self._of_credential(check, item, read))
        elif "access" in check.evidence:
            await self._call_with_access(check, _known(scenario), given)
        elif "transaction" in check.evidence:
            await self._call_with_transaction(check, _known(scenario), given)
        else:
            await _judge(check, **given)

    async def _of_credential(self, check: Check, item: IssuedCredential, read: list[int]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if "credential" in check.evidence:
            given["credential"] = item
        if "issuer_key" in check.evidence:
            given["issuer_key"] = key = await self._issuer_key(item)
            if key.mechanism is None:
                raise Blocked(key.missing)
            read += _exchanges(key)
        if "type_metadata" in check.evidence:
            given["type_metadata"] = found = await self._type_metadata(item)
            read += _exchanges(found)
        if "status" in check.evidence:
            given["status"] = status = await self._status(item)
            read += _exchanges(status)
        return given

    async def _evidence(self, name: str, scenario: Scenario | None, facts: Facts) -> Any:
        at_hand: dict[str, Any] = {
            "issuer": self.issuer,
            "facts": facts,
            "client": self._tools.client,
            "offers": self._offers,
            "another_nonce": self._ask_nonce,
            "read_status": self._read_status,
        }
        if name in at_hand:
            return at_hand[name]
        if name in self._OF_ISSUER:
            return await self._OF_ISSUER[name](self)
        if name in self._OF_SCENARIO:
            return await self._OF_SCENARIO[name](self, _known(scenario))
        if name in govuk.OF_ISSUER:
            return await self._govuk.of_issuer(name)
        if name in govuk.OF_SCENARIO:
            return await self._govuk.of_scenario(name, _known(scenario))
        if name in mattr.NAMES:
            return await self._mattr.give(name, scenario)
        if name in partisia.NAMES:
            return await self._partisia.give(name, scenario)
        if name in RENEWALS:
            return await getattr(self._renewals, name)(_known(scenario))
        if name in ENCRYPTED:
            return await self._encrypted(_known(scenario), name)
        if name in _STEPS:
            return await getattr(self.shared(_known(scenario)), name)()
        raise TypeError(f"no evidence is called {name!r}")

    async def _call_with_access(self, check: Check, scenario: Scenario, given: dict[str, Any]) -> None:
        # The control of a Credential Request that must be refused: the right one was granted, be it for later.
        issuance = await self.shared(scenario).issuance()
        if not (issuance.successful and carries_credential(issuance)):
            raise Blocked(f"no credential was issued: {said(issuance)}")
        expect: Expect = given["expect"]
        access = await self._reusable(scenario)
        if access is not None:
            try:
                await _judge(check, **given, access=access)
                # What was found may be due to the further use of the token, however the issuer refuses that.
                if not expect.findings or await access.still_works():
                    return
            except AccessExpired:
                pass
            expect.restart()
        fresh = await self._flow(scenario).access()
        await _judge(check, **given, access=fresh)
        if access is not None:
            # The token had come to its end; another one is good for further requests if it is granted twice.
            fresh.used = True
            proven = await fresh.still_works() and await fresh.still_works()
            self._accesses[scenario] = fresh if proven else None

    async def _reusable(self, scenario: Scenario) -> Access | None:
        """Give an Access Token that is good for many requests (OpenID4VCI 1.0 section 14.3).

        Returns:
            ``None`` when the issuer grants one request for each token: a refusal of a further one would say
            nothing of what is wrong with it.

        """
        if scenario not in self._accesses:
            access = await self.shared(scenario).access()
            access.used = True
            self._accesses[scenario] = access if await access.still_works() else None
        return self._accesses[scenario]

    async def _call_with_transaction(self, check: Check, scenario: Scenario, given: dict[str, Any]) -> None:
        # The control of a Deferred Credential Request that must be refused: a right one brought the credentials.
        await self.shared(scenario).credentials()
        expect: Expect = given["expect"]
        begun = self._unfinished.get(scenario)
        if begun is not None and not begun.finished:
            try:
                begun.access.used = True
                await _judge(check, **given, transaction=begun)
                return
            except AccessExpired:
                expect.restart()
        fresh = self._unfinished[scenario] = await self._flow(scenario).transaction()
        await _judge(check, **given, transaction=fresh)

    async def _own_flow(self, scenario: Scenario) -> Flow:
        # The control of a Token Request that must be refused: the right one was accepted.
        await self.shared(scenario).access()
        return self._flow(scenario)

    async def _another_flow(self, scenario: Scenario) -> Callable[[], Flow]:
        return self._begin(scenario)

    async def _shared_flow(self, scenario: Scenario) -> Flow:
        return self.shared(scenario)

    async def _unredeemed(self, scenario: Scenario) -> Unredeemed:
        # The control of a Token Request that must be refused: the right one was accepted.
        await self.shared(scenario).access()
        if scenario not in self._codes:
            self._codes[scenario] = Unredeemed(self._begin(scenario))
        return self._codes[scenario]

    async def _other_access(self, scenario: Scenario) -> Access | None:
        """Get an Access Token for another Credential Configuration; whether one is to be had shows by trying."""
        source = self._sources.get(scenario.source)
        others = [name for name in self.issuer.configurations if name != scenario.configuration]
        if not others or (source is not None and not source.mints_for_configuration):
            return None
        flow = self._flow(replace(scenario, configuration=others[0], label=others[0]))
        try:
            offered = (await flow.offer()).configuration_ids if scenario.offered else []
            return None if scenario.configuration in offered else await flow.access()
        except (Blocked, TransportFailure):
            return None

    async def _denied(self, scenario: Scenario) -> Flow | None:
        """Begin a flow whose issuance will be denied, when offers for it carry the scenario's grant."""
        source = self._tools.denied_offers
        if source is None:
            return None
        flow = Flow(self.issuer, replace(scenario, source=source.name), source, self._tools)
        return flow if scenario.grant in (await flow.offer()).grants else None

    async def _issuer_key(self, issued: IssuedCredential) -> IssuerKey:
        place = issued.exchange, issued.pointer
        if place not in self._issuer_keys:
            tools = self._tools
            try:
                found = await issuer_key.resolve(issued.document, self._fetcher, tools.trust, issued.received)
            except TrustError as error:
                raise Blocked(str(error)) from error
            self._issuer_keys[place] = found
        return self._issuer_keys[place]

    async def _status(self, issued: IssuedCredential) -> CredentialStatus:
        place = issued.exchange, issued.pointer
        if place not in self._statuses:
            self._statuses[place] = await self._read_status(issued)
        return self._statuses[place]

    async def _read_status(self, issued: IssuedCredential) -> CredentialStatus:
        """Read what is published about a credential now."""
        try:
            return await self._status_reader.status(issued.document)
        except TrustError as error:
            raise Blocked(str(error)) from error

    async def _good_again(self, scenario: Scenario) -> bool:
        return await self._reusable(scenario) is not None

    async def _revocation(self, scenario: Scenario) -> Drill:
        # A reinstatement must not bring back what is revoked.
        return await self._drill(scenario, REVOCATION, "revoke", "reinstate")

    async def _suspension(self, scenario: Scenario) -> Drill:
        return await self._drill(scenario, SUSPENSION, "suspend", "reinstate")

    async def _drill(self, scenario: Scenario, purpose: str, first: str, second: str) -> Drill:
        """Drill once, however many checks look at it; what went wrong goes wrong for all of them."""
        if (scenario, purpose) not in self._drills:
            try:
                watch = await self._watch(scenario, purpose)
                with letting_others_go_on():
                    self._drills[scenario, purpose] = await watch.run(first, second)
            except TransportFailure as failure:
                self._drills[scenario, purpose] = Blocked(failure.message)
            except Blocked as error:
                self._drills[scenario, purpose] = error
        found = self._drills[scenario, purpose]
        if isinstance(found, Blocked):
            raise found
        return found

    async def _watch(self, scenario: Scenario, purpose: str) -> Watch:
        tools = self._tools
        if tools.operations is None:
            raise Blocked("nothing can be done to credentials in this run")
        return Watch(
            self._status_reader,
            tools.operations,
            tools,
            scenario.configuration,
            credential=await self._another(scenario),
            other=(await self.shared(scenario).credentials())[0],
            purpose=purpose,
        )

    async def _another(self, scenario: Scenario) -> IssuedCredential:
        """Have one more credential issued, without another offer where the Access Token is good for it."""
        await self.shared(scenario).credentials()
        access = await self._reusable(scenario)
        if access is not None:
            with contextlib.suppress(Blocked, AccessExpired, TransportFailure):
                return (await access.flow.repeated().credentials())[0]
        return (await self._flow(scenario).credentials())[0]

    async def _series(self, scenario: Scenario) -> Series:
        """Have credentials issued one after another, once, without offers where an Access Token will do."""
        if scenario not in self._series_of:
            flow = self.shared(scenario)
            earlier = await flow.credentials()
            access = await self._reusable(scenario)
            count = _IN_ROW if len(await flow.polls()) == 1 else _DEFERRED_IN_ROW
            row = [] if access is None else await _repeated(access.flow, count)
            if len(row) < _FRESH:
                row = [issued for _ in range(_FRESH) for issued in await self._flow(scenario).credentials()]
            try:
                lists = await lists_of(self._status_reader, *earlier, *row)
            except TrustError as error:
                raise Blocked(str(error)) from error
            self._series_of[scenario] = Series(earlier, tuple(row), lists)
        return self._series_of[scenario]

    async def _type_metadata(self, issued: IssuedCredential) -> ResolvedType:
        claims = issued.vc.claims
        vct, integrity = claims.get("vct"), claims.get("vct#integrity")
        asked = repr((vct, integrity))
        if asked not in self._types:
            self._types[asked] = await type_metadata.resolve(vct, integrity, self._fetcher, self._tools.sd_jwt_vc)
        return self._types[asked]

    async def _shared_batch(self, scenario: Scenario) -> Flow:
        # The control of a request for several keys: one for a single key was granted.
        issuance = await self.shared(scenario).issuance()
        if not (issuance.successful and carries_credential(issuance)):
            raise Blocked(f"no credential was issued: {said(issuance)}")
        if scenario not in self._batches:
            self._batches[scenario] = self._flow(scenario).again(keys=BATCH)
        return self._batches[scenario]

    async def _encrypted(self, scenario: Scenario, name: str) -> Encrypted:
        if (scenario, name) not in self._exchanged:
            # What the token is good for first of all is the shared issuance.
            await self.shared(scenario).issuance()
            access = await self._reusable(scenario)
            try:
                made = await self._exchange(access or await self._flow(scenario).access(), name)
            except AccessExpired:
                made = await self._exchange(await self._flow(scenario).access(), name)
            self._exchanged[scenario, name] = made
        return self._exchanged[scenario, name]

    async def _exchange(self, access: Access, name: str) -> Encrypted:
        asks = name == "encrypted_response" or access.flow.must_ask_for_encryption
        terms = access.flow.sealing(request=True, response=asks)
        return Encrypted(terms, await access.request(await access.right_body(), sealing=terms))

    async def _shared_nonce(self) -> Reply:
        if self._nonce is None:
            try:
                self._nonce = await self._ask_nonce()
            except TransportFailure as failure:
                self._nonce = failure
                raise
        if isinstance(self._nonce, TransportFailure):
            raise Blocked(f"the Nonce Endpoint did not answer: {self._nonce.message}")
        return self._nonce

    async def _signed(self) -> SignedMetadata:
        if self._signed_metadata is None:
            try:
                tools = self._tools
                if tools.dialect.signed_metadata == "member":
                    self._signed_metadata = await signed_metadata.within(
                        self._fetcher, self.issuer, tools.trust, tools.now
                    )
                else:
                    self._signed_metadata = await signed_metadata.request(
                        self._fetcher, self.issuer.reply.url, tools.trust, tools.now
                    )
            except TransportFailure as failure:
                self._signed_metadata = failure
                raise
            except TrustError as error:
                raise Blocked(str(error)) from error
        if isinstance(self._signed_metadata, TransportFailure):
            raise Blocked(f"the request for signed metadata was not answered: {self._signed_metadata.message}")
        return self._signed_metadata

    async def _tls_hosts(self) -> tuple[Scan, ...]:
        """Ask each server of the metadata what it takes of TLS, once."""
        if self._scans is None:
            client = self._tools.client
            found = [place for place in places(self.issuer) if not client.stays_here(place.origin)]
            self._scans = await scan_all(found, client.timeout_s)
        return self._scans

    async def _ask_nonce(self) -> Reply:
        return await ask_nonce(self.issuer, self._tools.agent)

    def _begin(self, scenario: Scenario) -> Callable[[], Flow]:
        return lambda: self._flow(scenario)

    def _flow(self, scenario: Scenario) -> Flow:
        return Flow(self.issuer, scenario, self._sources.get(scenario.source), self._tools)

    _OF_ISSUER: ClassVar[Mapping[str, Callable[[Gathering], Awaitable[Any]]]] = {
        "nonce": _shared_nonce,
        "signed_metadata": _signed,
        "tls_hosts": _tls_hosts,
    }
    """Evidence of the issuer as a whole that has to be asked for."""

    _OF_SCENARIO: ClassVar[Mapping[str, Callable[[Gathering, Scenario], Awaitable[Any]]]] = {
        "flow": _own_flow,
        "another_flow": _another_flow,
        "shared": _shared_flow,
        "batch": _shared_batch,
        "unredeemed": _unredeemed,
        "revocation": _revocation,
        "suspension": _suspension,
        "series": _series,
    }
    """Evidence of a scenario other than the steps of its shared flow."""


async def _judge(check: Check, **given: Any) -> None:
    """Let a check judge; while it waits, others may, since no evidence is half gathered."""
    with letting_others_go_on() if check.waits else contextlib.nullcontext():
        await check.function(**given)


async def _repeated(flow: Flow, count: int) -> list[IssuedCredential]:
    """Ask for credentials with the Access Token of a flow, as often as that is granted."""
    found: list[IssuedCredential] = []
    with contextlib.suppress(Blocked, AccessExpired, TransportFailure):
        for _ in range(count):
            found += await flow.repeated().credentials()
    return found


def lane_of(check: Check, scenario: Scenario | None) -> Hashable:
    """Say which checks that wait do so one after another; ``None`` for those that do not wait.

    What is done to credentials for one check must not disturb what another one watches.

    """
    if not DRILLS.isdisjoint(check.evidence):
        return "drills"
    return (check.id, scenario) if check.waits else None


def _known(scenario: Scenario | None) -> Scenario:
    if scenario is None:
        raise Blocked("no Credential Configuration to test is known")
    return scenario


def _exchanges(value: Any) -> list[int]:
    if isinstance(value, Reply):
        return [value.exchange]
    if isinstance(value, tuple):
        return [number for item in value for number in _exchanges(item)]
    if isinstance(value, Authorized):
        replies = [*([value.pushed] if value.pushed else []), *(value.visit.replies if value.visit else ())]
        return [reply.exchange for reply in replies]
    if isinstance(value, ReceivedOffer) and value.exchange is not None:
        return [value.exchange]
    if isinstance(value, (Issuer, SignedMetadata)):
        return [value.reply.exchange]
    if isinstance(value, Encrypted):
        return [value.reply.exchange]
    if isinstance(value, (IssuerKey, ResolvedType)):
        return [reply.exchange for reply in value.replies]
    if isinstance(value, (Drill, Renewal, Series, WebJourney)):
        return value.exchanges
    if isinstance(value, CredentialStatus):
        return [reply.exchange for entry in value.entries for reply in entry.fetched.replies]
    return []
