"""A Credential Issuer under test: its metadata, the ways through it, and the evidence of its checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from harness import preflight, profiles
from harness.as_seen import issuer_as_seen
from harness.checks import Check, Per
from harness.detection.detection import detect
from harness.detection.gathering import of_issuer
from harness.detection.notice import judged_version, misfit
from harness.dry_run import Forecast
from harness.evidence import Grant, Scenario, Tools
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.gathering import Gathering
from harness.lifecycle.status import CredentialStatus
from harness.model import CheckResult, Json
from harness.offer_sources import OfferSource, offer_sources
from harness.redaction import Redactor
from harness.settings import OPERATIONS, Settings
from harness.subject import Planned
from harness.wallet.metadata import Issuer

_NO_OFFER = "the run was given no Credential Offer; the wallet begins each flow"
_CODE_FLOW_UNTESTED = (
    "The metadata announces the Authorization Code Flow, which was not tested: "
    "it needs a registered client (--vci-client-id and --vci-redirect-uri)."
)


async def look(settings: Settings, tools: Tools, *, holder: Mapping[str, str]) -> IssuerUnderTest:
    """Look at the issuer of the settings and decide what is tested.

    Args:
        holder: placeholders of hooks for who uses the wallet, where the run knows that.

    Raises:
        PreflightError: the run makes no sense.

    """
    issuer = await preflight.discover(settings.issuer_url or "", tools, allow_http=settings.allow_http)
    told = offer_sources(settings, known=holder)
    if tools.partisia is not None:
        told = tools.partisia.handing_out(told)
    sources = {source.name: source for source in told or (tools.mattr.sources() if tools.mattr else ())}
    scenarios, flows = await preflight.scenarios(issuer, settings.configurations, sources, tools)
    version = judged_version(profiles.load(settings.profile))
    return IssuerUnderTest(issuer, scenarios, sources, tools, flows=flows, version=version)


class IssuerUnderTest:
    """One discovered issuer.

    Args:
        issuer: as discovered.
        scenarios: the ways through it, the first of each source and configuration first.
        sources: offer sources by name.
        tools: network, clock, keys and the wallet's choices.
        flows: shared flows that were begun already, in preflight.
        version: the version of OpenID4VCI that judges, for a word on whether it fits.

    """

    def __init__(
        self,
        issuer: Issuer,
        scenarios: Sequence[Scenario],
        sources: Mapping[str, OfferSource],
        tools: Tools,
        *,
        flows: Mapping[Scenario, Flow] | None = None,
        version: str | None = None,
    ) -> None:
        self.issuer = issuer
        self._version = version
        self.scenarios = tuple(scenarios)
        self._tools = tools
        self._sources = sources
        self._begun = dict(flows or {})
        self._gathering = Gathering(issuer, sources, tools, self._begun)

    @property
    def statuses(self) -> Mapping[tuple[int, str], CredentialStatus]:
        """What was read of the status of credentials, by the exchange and the place in it that brought them."""
        return self._gathering.statuses

    @property
    def flows(self) -> Mapping[Scenario, Flow]:
        """The shared flows that were begun, by scenario."""
        return self._gathering.flows

    def scenarios_of(self, check: Check) -> Sequence[Scenario | None]:
        """Give the scenarios a check runs on; ``[None]`` when it looks at the issuer as a whole."""
        if check.per is Per.ISSUER:
            return [None]
        if check.per is Per.SCENARIO:
            return self.scenarios
        if check.per is Per.OFFER:
            # What the wallet begins by itself has no offer to look at.
            offered = [scenario for scenario in self.scenarios if scenario.offered]
            return _first_by(offered or self.scenarios, lambda scenario: scenario.source)
        if check.per is Per.REDEMPTION:
            return _first_by(self.scenarios, lambda scenario: (scenario.source, scenario.grant))
        if check.per is Per.GRANT:
            # What the wallet begins by itself uses up no offers.
            frugal = sorted(self.scenarios, key=lambda scenario: scenario.offered)
            return _first_by(frugal, lambda scenario: scenario.grant)
        if check.per is Per.SHAPE_AND_GRANT:
            # What the wallet begins by itself uses up no offers.
            frugal = sorted(self.scenarios, key=lambda scenario: scenario.offered)
            return _first_by(frugal, lambda scenario: (self._shape(scenario.configuration), scenario.grant))
        if check.per is Per.PROOF_TYPE:
            return _first_by(
                self.scenarios, lambda scenario: (self._shape(scenario.configuration), scenario.proof_type)
            )
        return _first_by(self.scenarios, lambda scenario: self._shape(scenario.configuration))

    def facts(self, scenario: Scenario | None) -> Facts:
        """Give what predicates read; what comes after ``scenario`` is gathered."""
        tools = self._tools
        facts = Facts(
            self.issuer,
            scenario,
            tools.options.user,
            sd_jwt_vc=tools.sd_jwt_vc,
            govuk=tools.govuk,
            mattr=tools.mattr,
            partisia=tools.partisia,
            operations=self._operations,
        )
        facts.code_flow_untested = self._code_flow_untested
        return facts

    @cached_property
    def _operations(self) -> frozenset[str]:
        """What the team can have done to credentials."""
        operations = self._tools.operations
        return frozenset(name for name in OPERATIONS if operations and operations.can(name))

    def pointless(self, check: Check, scenario: Scenario | None) -> str | None:
        """Say why a check has nothing to look at: it is about offers, and there are none."""
        return _NO_OFFER if check.per is Per.OFFER and scenario is not None and not scenario.offered else None

    async def prepare(self) -> None:
        """Redeem single offers before the first check, so that one that is spent is told as what it is.

        Raises:
            PreflightError: one was refused.

        """
        await preflight.redeem_single(self._begun, self._sources)

    async def foresee(self, needs: Collection[str], facts: Facts) -> bool:
        """Add what a predicate reads to the facts, when that is known without any request."""
        return await self._gathering.foresee(needs, facts)

    async def gather(self, needs: Collection[str], facts: Facts) -> None:
        """Add what a predicate reads to the facts."""
        await self._gathering.gather(needs, facts)

    async def call(
        self, check: Check, scenario: Scenario | None, facts: Facts, expect: Expect, read: list[int]
    ) -> None:
        """Call a check with the evidence it asks for."""
        await self._gathering.call(check, scenario, facts, expect, read)

    def forecast(
        self,
        settings: Settings,
        planned: Sequence[Planned],
        ruled_out: Mapping[tuple[str, Scenario | None], str],
        left_out: Sequence[Planned],
    ) -> Forecast:
        """Say what is known of a run before its first check."""
        return Forecast(settings, self.issuer, self.scenarios, planned, ruled_out, left_out)

    def notices(self, results: Sequence[CheckResult]) -> list[str]:
        """Give what narrows the verdict."""
        untested = [_CODE_FLOW_UNTESTED] if self._code_flow_untested else []
        return [*self.misfit, *untested, *self._mismatches(results)]

    @cached_property
    def misfit(self) -> list[str]:
        """Say in a line that the issuer plainly follows another version than the one that judges, if it does."""
        if self._version is None:
            return []
        received = [flow.taken("offer") for flow in self._begun.values()]
        offers = [offer.object for offer in received if offer is not None]
        said = misfit(detect(of_issuer(self.issuer, offers)), self._version)
        return [said] if said else []

    @property
    def _code_flow_untested(self) -> bool:
        announced = any(server.serves(Grant.AUTHORIZATION_CODE) for server in self.issuer.servers)
        return announced and all(each.grant is not Grant.AUTHORIZATION_CODE for each in self.scenarios)

    def _mismatches(self, results: Sequence[CheckResult]) -> list[str]:
        """Say which addresses of the services that the run plays do not fit those of the issuer."""
        around = self._tools.govuk
        if around is None or not results:
            return []
        from harness.govuk import diagnosis

        named = self.issuer.metadata.get("authorization_servers")
        names = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
        return diagnosis.mismatches(around, names)

    def as_seen(self, redactor: Redactor) -> dict[str, Json]:
        """Give metadata, offers, credentials and their status, as the run saw them."""
        known = {scenario: self.flows[scenario] for scenario in self.scenarios if scenario in self.flows}
        return issuer_as_seen(self.issuer, known, self.statuses, redactor)

    def _shape(self, configuration: str) -> tuple[object, ...]:
        members = self.issuer.configurations.get(configuration, {})

        def names(key: str) -> tuple[str, ...]:
            value = members.get(key)
            return tuple(sorted(map(str, value))) if isinstance(value, (list, dict)) else ()

        types = members.get("proof_types_supported")
        attested = [
            kind
            for kind, terms in (types.items() if isinstance(types, dict) else ())
            if isinstance(terms, dict) and "key_attestations_required" in terms
        ]
        return (
            members.get("format"),
            names("cryptographic_binding_methods_supported"),
            names("proof_types_supported"),
            tuple(sorted(attested)),
        )


def _first_by(scenarios: Sequence[Scenario], key: Any) -> list[Scenario]:
    firsts: dict[Any, Scenario] = {}
    for scenario in scenarios:
        firsts.setdefault(key(scenario), scenario)
    return list(firsts.values())
