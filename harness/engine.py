"""Runs checks: has their evidence gathered, lets them judge, and turns what happened into a result.

The engine knows nothing of pytest, so that the fault matrix can run hundreds of issuers through the very
code that a team's run uses.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.checks import Check, Per
from harness.evidence import AccessExpired, Blocked, Scenario, Tools
from harness.expect import Expect
from harness.facts import Facts
from harness.flow import Flow
from harness.gathering import Gathering
from harness.lifecycle.status import CredentialStatus
from harness.model import CheckResult, Level, Requirement, Verdict
from harness.offer_sources import OfferSource
from harness.settings import OPERATIONS
from harness.transport import TransportFailure
from harness.wallet.metadata import Issuer

_NO_OFFER = "the run was given no Credential Offer; the wallet begins each flow"


class Engine:
    """Judges one discovered issuer.

    Args:
        issuer: as discovered.
        scenarios: the ways through it, the first of each source and configuration first.
        sources: offer sources by name.
        tools: network, clock, keys and the wallet's choices.
        requirements: the catalogue.
        flows: shared flows that were begun already, in preflight.
        strict: let SHOULD-level findings fail a check.

    """

    def __init__(
        self,
        issuer: Issuer,
        scenarios: Sequence[Scenario],
        sources: Mapping[str, OfferSource],
        tools: Tools,
        requirements: Mapping[str, Requirement],
        *,
        flows: Mapping[Scenario, Flow] | None = None,
        strict: bool = False,
    ) -> None:
        self.issuer = issuer
        self.scenarios = tuple(scenarios)
        self._tools = tools
        self._requirements = requirements
        self._strict = strict
        self._gathering = Gathering(issuer, sources, tools, flows or {})

    def plan(self, checks: Iterable[Check]) -> list[tuple[Check, Scenario | None]]:
        """Say which check runs on which scenario, in the order of the checks."""
        return [(check, scenario) for check in checks for scenario in self.scenarios_of(check)]

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

    async def ruled_out(self, check: Check, scenario: Scenario | None) -> str | None:
        """Say why a check will not apply, as far as that is known before any request of its own is made.

        Returns:
            The reason; ``None`` when it applies, or when only its evidence will tell.

        """
        if self._pointless(check, scenario):
            return _NO_OFFER
        facts = self._facts(scenario)
        for step in check.applies.steps:
            if await self._gathering.foresee(step.needs, facts):
                try:
                    ruling = step.rule(facts)
                except Exception:  # judging the check will tell what is wrong with it
                    return None
                if not ruling.applies:
                    return ruling.reason
        return None

    @property
    def statuses(self) -> Mapping[tuple[int, str], CredentialStatus]:
        """What was read of the status of credentials, by the exchange and the place in it that brought them."""
        return self._gathering.statuses

    @property
    def flows(self) -> Mapping[Scenario, Flow]:
        """The shared flows that were begun, by scenario."""
        return self._gathering.flows

    async def judge(self, check: Check, scenario: Scenario | None) -> CheckResult:
        """Run one check on one scenario. Never raises but for cancellation."""
        started = time.perf_counter()
        recorder = self._tools.client.recorder
        before = recorder.count
        expect = Expect({name: self._requirements[name] for name in check.requires})
        read: list[int] = []
        verdict, reason = Verdict.ERROR, None
        try:
            verdict, reason = await self._judge(check, scenario, expect, read)
        except Blocked as error:
            verdict, reason = Verdict.BLOCKED, str(error)
        except AccessExpired:
            verdict, reason = Verdict.BLOCKED, "the issuer does not accept a fresh Access Token"
        except TransportFailure as failure:
            # Where nothing was sent, the issuer gave no address that a request could go to.
            verdict = Verdict.BLOCKED if failure.exchange is None else Verdict.ERROR
            reason = failure.message
        except Exception as error:  # a defect of the harness must not cost the results of the other checks
            reason = f"internal error of the harness: {_where(error)}"
        if verdict in (Verdict.BLOCKED, Verdict.ERROR) and expect.worst() is not None:
            # What was found before the check had to stop stays found.
            verdict = self._by_findings(expect)
        recorder.look_back()
        redacted = recorder.redactor.prose
        made = [exchange.number for exchange in recorder.since(before)]
        return CheckResult(
            check=check.id,
            verdict=verdict,
            requirements=check.requires,
            configuration=scenario.label if scenario else None,
            findings=tuple(replace(finding, observed=redacted(finding.observed)) for finding in expect.findings),
            reason=None if reason is None else redacted(reason),
            exchanges=tuple(dict.fromkeys([*read, *made])),
            evaluated=expect.evaluated,
            elapsed_s=round(time.perf_counter() - started, 4),
        )

    def _by_findings(self, expect: Expect) -> Verdict:
        worst = expect.worst()
        if worst is None:
            return Verdict.PASS
        return Verdict.FAIL if worst is Level.MUST or self._strict else Verdict.WARN

    async def _judge(
        self, check: Check, scenario: Scenario | None, expect: Expect, read: list[int]
    ) -> tuple[Verdict, str | None]:
        facts = self._facts(scenario)
        if self._pointless(check, scenario):
            return Verdict.NOT_APPLICABLE, _NO_OFFER
        for step in check.applies.steps:
            await self._gathering.gather(step.needs, facts)
            ruling = step.rule(facts)
            if not ruling.applies:
                return Verdict.NOT_APPLICABLE, ruling.reason
        await self._gathering.call(check, scenario, facts, expect, read)
        if not expect.evaluated:
            return Verdict.ERROR, "the check evaluated no expectation"
        return self._by_findings(expect), None

    def _facts(self, scenario: Scenario | None) -> Facts:
        tools = self._tools
        return Facts(
            self.issuer,
            scenario,
            tools.options.user,
            sd_jwt_vc=tools.sd_jwt_vc,
            govuk=tools.govuk,
            operations=frozenset(name for name in OPERATIONS if tools.operations and tools.operations.can(name)),
        )

    def _pointless(self, check: Check, scenario: Scenario | None) -> bool:
        return check.per is Per.OFFER and scenario is not None and not scenario.offered

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


def _where(error: Exception) -> str:
    """Name an unexpected exception and the line it came from; the traceback would say little to a user."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}: {error}"
