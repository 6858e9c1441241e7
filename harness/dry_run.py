"""A dry run: what a run would do, what it would need for that, and what it would leave untested.

It is told from the issuer's metadata, the offers that preflight fetched and the settings, without redeeming any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness import demand
from harness.evidence import Grant, Scenario
from harness.settings import OPERATIONS, HookSettings, InteractiveHook, Settings
from harness.subject import Planned
from harness.wallet.metadata import Issuer

_GRANTS = {Grant.PRE_AUTHORIZED_CODE: "Pre-Authorized Code", Grant.AUTHORIZATION_CODE: "Authorization Code"}
_MOST_NAMES = 30
"""Names of checks that one line lists."""


@dataclass(frozen=True)
class Forecast:
    """What is known of a run before its first check.

    Attributes:
        issuer: as discovered.
        scenarios: the ways through it.
        planned: every check that was selected, on its scenario.
        ruled_out: id and scenario of those of them that will not apply, with the reason.
        left_out: what was not selected.

    """

    settings: Settings
    issuer: Issuer
    scenarios: Sequence[Scenario]
    planned: Sequence[Planned]
    ruled_out: Mapping[tuple[str, Scenario | None], str]
    left_out: Sequence[Planned]

    @property
    def expected(self) -> list[Planned]:
        """What will run, as far as is known."""
        return [(check, where) for check, where in self.planned if (check.id, where) not in self.ruled_out]

    def demand(self, workers: int = 1) -> str:
        """Say how many Credential Offers the run may use.

        Args:
            workers: processes that share the checks, and each make the flows that checks have in common.

        """
        offers = demand.of(self.expected).offers.times(workers)
        more = f" ({offers.single_use} if an Access Token is good for one request only)"
        return (
            f"up to {offers.most} Credential Offer{'' if offers.most == 1 else 's'} will be redeemed"
            f"{more if offers.single_use > offers.most else ''}"
        )

    def lines(self) -> list[str]:
        """Give the text that a person reads."""
        return [
            "Dry run: nothing was redeemed or issued, and no report is written.",
            *self._scenarios(),
            *self._areas(),
            *self._selection(),
            *self._needs(),
            *self._hooks(),
            *self._waits(),
            *self._untested(),
        ]

    def _scenarios(self) -> Iterator[str]:
        yield ""
        yield "Ways through the issuer"
        for scenario in self.scenarios:
            members = self.issuer.configurations.get(scenario.configuration, {})
            how = [f"format {members.get('format')}", f"from {scenario.source}", _GRANTS[scenario.grant]]
            how += [f"{scenario.proof_type} proofs"] if scenario.proof_type else []
            yield f"  {scenario.label}: {', '.join(how)}"
        if not self.scenarios:
            yield "  none: the metadata has no Credential Configuration"

    def _areas(self) -> Iterator[str]:
        runs = Counter(check.area for check, _ in self.expected)
        known = Counter(check.area for check, _ in self.planned)
        areas = list(dict.fromkeys(check.area for check, _ in self.planned))
        width = max(map(len, areas), default=0)
        yield ""
        yield f"Checks: {len(self.expected)} would run, {len(self.ruled_out)} are known not to apply"
        for area in areas:
            yield f"  {area:{width}}  {runs[area]:5} would run  {known[area] - runs[area]:5} not applicable"

    def _selection(self) -> Iterator[str]:
        if not self.left_out:
            return
        names = list(dict.fromkeys(check.id for check, _ in self.left_out))
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield ""
        yield f"Left out by selection: {len(self.left_out)}, so the run will be incomplete"
        yield f"  {', '.join(names[:_MOST_NAMES])}{more}"

    def _needs(self) -> Iterator[str]:
        need = demand.of(self.expected)
        yield ""
        yield "Needs"
        yield f"  Credential Offers: {need.offers.told}"
        if need.denied_offers.most and self.settings.denied_offer is not None:
            yield f"  offers whose issuance is denied: {need.denied_offers.told}"
        yield f"  visits of the user to the Authorization Endpoint, each perhaps with a login: {need.visits.told}"
        yield "  with pytest-xdist, each worker has flows of its own and needs more"

    def _hooks(self) -> Iterator[str]:
        settings = self.settings
        named: list[tuple[str, HookSettings | None]] = [(f'[[offer]] "{o.name}"', o) for o in settings.offers]
        named += [(f"[{key}]", getattr(settings, key)) for key in ("denied_offer", "tx_code", *OPERATIONS)]
        yield ""
        yield "Hooks that may be called"
        called = [(name, hook) for name, hook in named if hook is not None]
        for name, hook in called:
            person = "; a person has to answer" if isinstance(hook, InteractiveHook) else ""
            yield f"  {name}: {hook.kind}{person}"
        if any(scenario.grant is Grant.AUTHORIZATION_CODE for scenario in self.scenarios):
            yield f"  [user]: {settings.user.kind}"
        elif not called:
            yield "  none"

    def _waits(self) -> Iterator[str]:
        limit = self.settings.limits.max_wait_s
        asked = any("patience" in step.needs for check, _ in self.expected for step in check.applies.steps)
        behind = list(dict.fromkeys(check.id for check, _ in self.expected if check.waits))
        deferring = self.issuer.deferred_endpoint is not None
        promised = {
            name: seconds
            for name, seconds in vars(self.settings.promises).items()
            if name.endswith("_s") and seconds is not None
        }
        yield ""
        yield "Waits"
        for name, seconds in sorted(promised.items(), key=lambda item: -item[1]):
            over = "" if seconds < limit else f", not waited for unless limits.max_wait_s ({limit:g} s) is longer"
            yield f"  promises.{name}: {seconds:g} s{over}"
        if behind:
            yield f"  in the background, while other checks go on: {', '.join(behind)}"
        if deferring or asked or behind or not promised:
            yield f"  {limit:g} s at most for one wait (limits.max_wait_s)"

    def _untested(self) -> Iterator[str]:
        from reports.settings_needed import settings_needed

        told = [
            {
                "check": check.id,
                "verdict": "not-applicable" if (reason := self.ruled_out.get((check.id, scenario))) else "pass",
                "reason": reason,
            }
            for check, scenario in self.planned
        ]
        yield ""
        yield "What would be left untested, and the setting that helps"
        nothing = True
        for text in self._missing():
            nothing = False
            yield f"  {text}"
        for setting in settings_needed(told):
            nothing = False
            advice = setting.advice or f"{setting.reasons[0]}."
            yield f"  {setting.name}: {_checks(len(setting.checks))}. {advice}"
        if nothing:
            yield "  nothing that is known beforehand"

    def _missing(self) -> Iterator[str]:
        """Tell what no reason of a check names beforehand."""
        settings = self.settings
        if not self.scenarios or any(scenario.source == "none" for scenario in self.scenarios):
            yield "[[offer]] or --vci-offer: without an offer nothing is issued."
        elif settings.offers and all(hook.kind == "static" for hook in settings.offers):
            yield "[[offer]] with a hook: a single offer is good for one issuance; other checks need fresh ones."
        if settings.client.client_id is not None and settings.second_client is None:
            yield "[second_client]: whether one client can use what another was given."
        denials = sum("denied" in step.needs for check, _ in self.expected for step in check.applies.steps)
        if denials and settings.denied_offer is None and self.issuer.deferred_endpoint is not None:
            yield f"[denied_offer]: {_checks(denials)} of issuance that is deferred and then denied."
        formats = {self.issuer.configurations.get(s.configuration, {}).get("format") for s in self.scenarios}
        if "mso_mdoc" in formats and not settings.trust.iaca:
            yield "[trust] iaca: whether the signers of mdocs may be trusted."
        if formats - {"mso_mdoc", None} and not settings.trust.x5c:
            yield "[trust] x5c: whether signers that send certificates may be trusted."


def _checks(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"
