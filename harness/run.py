"""One run from settings to report: what happens in which order, without a word about pytest."""

from __future__ import annotations

import fnmatch
import subprocess
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

import harness
from harness import (
    catalogue,
    checks,
    dialects,
    issuer_under_test,
    own_verdicts,
    preflight,
    profiles,
    target,
    waivers,
)
from harness.applicability.credentials import NO_ANCHORS
from harness.applicability.life import NO_HOOK, NO_STATUS_ANCHORS
from harness.applicability.metadata import NO_METADATA_ANCHORS
from harness.background import Background
from harness.checks import Check
from harness.config import ConfigError
from harness.engine import Engine
from harness.evidence import Scenario, Tools, WalletOptions
from harness.formats.sd_jwt_vc_drafts import DRAFTS
from harness.gate import Bar, Passage, passage
from harness.gathering import lane_of
from harness.lifecycle.operations import HookOperations
from harness.model import (
    CheckInfo,
    CheckResult,
    Exchange,
    Json,
    Level,
    PartVerdict,
    Requirement,
    RunReport,
    RunVerdict,
    Timing,
    Verdict,
    strongest,
)
from harness.offer_sources import denied_offers
from harness.own_verdicts import Part, VerdictError, deciding, parts_of, without_report
from harness.patience import Patience
from harness.redaction import Redactor
from harness.settings import AttesterSettings, ClientSettings, Settings
from harness.subject import Forecast, Subject
from harness.transport import Client, Recorder, is_loopback, tls_context
from harness.verdict import JUDGED, Judgement, judge, left_out_by_selection, requirement_results
from harness.workers import Workers

if TYPE_CHECKING:
    from harness.mattr.back_end import BackEnd
    from harness.partisia.application import Application

Waiting = Callable[[], Awaitable[None]] | None
_UNTRUSTED = {
    NO_ANCHORS: "credentials",
    NO_STATUS_ANCHORS: "status lists",
    NO_METADATA_ANCHORS: "the metadata",
}
"""How the reason begins for which a check of trust does not apply, and whose signers it would judge."""


class Run:
    """A conformance run.

    Args:
        settings: what the team asked for.
        now: seconds since 1970.
        redaction_key: of the run that this process is a worker of.

    Raises:
        ConfigError: profile or waivers cannot be used.

    """

    def __init__(
        self, settings: Settings, *, now: Callable[[], float] = time.time, redaction_key: bytes | None = None
    ) -> None:
        self.settings = settings
        self._asked_for = settings.issuer_url
        self._now = now
        self._started = now()
        self._clock = time.perf_counter()
        self.profile = profiles.load(settings.profile)
        if self.profile.judges not in target.BUNDLED:
            raise ConfigError(
                f'the profile {self.profile.name}: "judges" is not one of {", ".join(target.BUNDLED)}'
            )
        self.requirements = self._judging(settings)
        self.checks = checks.within(self.requirements)
        try:
            self._parts = parts_of(self.profile, self.requirements, settings.verdict)
        except VerdictError as error:
            raise ConfigError(str(error)) from error
        for pattern in (*settings.select, *settings.skip):
            if not fnmatch.filter(self.checks, pattern):
                raise ConfigError(f'no check has an id like "{pattern}"; `assay list checks` shows all')
        self._positions = {name: position for position, name in enumerate(self.checks)}
        self._waivers = _load_waivers(settings, self.checks)
        self.recorder = Recorder(Redactor(settings.secrets, key=redaction_key))
        self.results: list[CheckResult] = []
        self.subject: Subject | None = None
        self.engine: Engine | None = None
        self._engines: dict[str, Engine] = {}
        """By dialect, those besides the one of the run."""
        self._silent: dict[str, str] = {}
        """Dialect to why the issuer cannot be tested in it."""
        self._target: target.Target | None = None
        self._misfit: list[str] = []
        self._clients: list[Client] = []
        self.patience = Patience(settings.limits.max_wait_s)
        self.background: Background[tuple[str, Scenario | None], CheckResult] = Background(self._judge)
        self._planned: list[tuple[Check, Scenario | None]] = []
        self._names: dict[str, tuple[Check, Scenario | None]] | None = None
        self._left_out = 0
        self._workers = Workers(self.recorder)
        self._baseline: Mapping[str, Json] | None = None

    # Before the first check

    def _judging(self, settings: Settings) -> Mapping[str, Requirement]:
        """Give the requirements of the profile, with the levels that they have in this run."""
        known = catalogue.of(
            self.profile.specifications, version=self.profile.version, without=self.profile.leaves_out
        )
        if self.profile.judges != target.GOVUK:
            return known
        from harness.govuk import contradictions

        return contradictions.judged(known, official=settings.govuk.official_strict)

    def read_baseline(self) -> None:
        """Read the report that this run is compared with; the run may overwrite its file in the end.

        Raises:
            ConfigError: it cannot be read.

        """
        from reports import json_file

        if self.settings.baseline is None:
            return
        try:
            self._baseline = json_file.read_without_exchanges(self.settings.baseline)
        except json_file.ReportError as error:
            raise ConfigError(f"baseline: {error}") from error

    def open_target(self) -> Settings:
        """Start the bundled reference issuer where it is under test, and give the settings with its address."""
        if self._target is None:
            self._target = target.open_target(
                self.settings, self.profile.reference_variant, judges=self.profile.judges
            )
            self.settings = self._target.settings
        return self.settings

    async def preflight(self) -> None:
        """Look at the issuer and decide what is tested.

        Raises:
            preflight.PreflightError: the run makes no sense.

        """
        settings = self.open_target()
        tools = self._tools()
        if self._target is not None and self._target.look is not None:
            self.subject = await self._target.look(tools)
        else:
            issuer = await issuer_under_test.look(settings, tools, holder=self._holder)
            self.subject, self._misfit = issuer, issuer.misfit
        self.engine = Engine(self.subject, self.recorder, self.requirements, strict=settings.strict)
        others = {part.asked.dialect for part in self._parts if part.asked.dialect is not None}
        for dialect in sorted(others - {settings.dialect.oid4vci}):
            await self._look_in(dialect, tools)

    async def _look_in(self, dialect: str, tools: Tools) -> None:
        """Look at the issuer with a wallet that speaks otherwise, for the checks of a verdict about that."""
        before = self.patience.before
        spoken = replace(tools, dialect=dialects.load(dialect))
        try:
            subject = await issuer_under_test.look(self.settings, spoken, holder=self._holder)
            await subject.prepare()
        except preflight.PreflightError as error:
            self._silent[dialect] = str(error)
            self.patience.before = before
            return
        self.patience.before = _both(before, self.patience.before)
        self._engines[dialect] = Engine(subject, self.recorder, self.requirements, strict=self.settings.strict)

    def _dialect_of(self, check: Check) -> str:
        """Give the dialect in which a check runs."""
        part = next((part for part in self._parts if part.concerns(check.requires)), None)
        return (part.asked.dialect if part else None) or self.settings.dialect.oid4vci

    def _engine_for(self, check: Check) -> Engine | None:
        return self._engines.get(self._dialect_of(check), self.engine)

    async def prepare(self) -> None:
        """Do what cannot wait until a check asks for it.

        Raises:
            preflight.PreflightError: the run makes no sense.

        """
        if self.subject is not None:
            await self.subject.prepare()

    def _client_for(self, client: ClientSettings, *, allow_http: bool = False) -> Client:
        """Make the way to the network of a client, which shows its certificate where it has one.

        Args:
            allow_http: speak plain http to other machines, whatever the settings say.

        """
        settings = self.settings
        try:
            verify = tls_context(settings.trust.tls_ca, client.certificate, client.certificate_key)
        except (OSError, ValueError) as error:
            raise preflight.PreflightError(
                f"trust.tls_ca or the client certificate cannot be used: {error}"
            ) from error
        made = Client(
            self.recorder,
            mounts=self._mounts,
            verify=verify,
            timeout_s=settings.limits.timeout_s,
            max_body=settings.limits.max_body_bytes,
            allow_http=settings.allow_http or allow_http,
            now=self._now,
        )
        self._clients.append(made)
        return made

    @property
    def _mounts(self) -> Mapping[str, httpx.AsyncBaseTransport] | None:
        """The ways to services that this very process plays."""
        return self._target.mounts if self._target else None

    @property
    def _holder(self) -> Mapping[str, str]:
        """Placeholders of hooks for who uses the wallet, where the run knows that."""
        around = self._target.govuk if self._target else None
        return around.holder if around else {}

    def _tools(self) -> Tools:
        settings = self.settings
        second = settings.second_client
        return Tools(
            self._client_for(settings.client),
            self._now,
            WalletOptions(
                settings.proof.algorithm,
                settings.proof.key_form,
                settings.authorization,
                settings.user,
                settings.journey,
                settings.key_attester or AttesterSettings(),
            ),
            trust=settings.trust,
            wallet_client=settings.client,
            second_client=second,
            second_http=self._client_for(second) if second and second.certificate else None,
            bare_http=self._client_for(ClientSettings()) if settings.client.certificate else None,
            patience=self.patience,
            promises=settings.promises,
            denied_offers=denied_offers(settings),
            operations=HookOperations(settings, holder=self._holder),
            sd_jwt_vc=DRAFTS[settings.dialect.sd_jwt_vc],
            dialect=dialects.load(settings.dialect.oid4vci),
            govuk=self._target.govuk if self._target else None,
            mattr=self._mattr(),
            partisia=self._partisia(),
        )

    def _mattr(self) -> BackEnd | None:
        """Give what has a MATTR VII tenant make offers, where the run was told how."""
        from harness.mattr.back_end import BackEnd

        settings = self.settings
        if not settings.mattr.usable:
            return None
        return BackEnd(
            settings.mattr,
            settings.issuer_url or "",
            self._client_for(ClientSettings()),
            self._now,
            claims_source=self._target.claims_source if self._target else None,
        )

    def _partisia(self) -> Application | None:
        """Give what the application in front of Partisia's service knows, where such a service is under test."""
        from harness.partisia.application import Application

        if self.profile.judges != target.PARTISIA:
            return None
        return Application(self.settings.partisia, self._client_for(ClientSettings(), allow_http=True))

    def scenarios_of(self, check: Check) -> Sequence[Scenario | None]:
        """Give what a check runs on; nothing is known before preflight."""
        return self.engine.scenarios_of(check) if self.engine else [None]

    def selected(self, check: Check) -> bool:
        """Whether the team's ``select`` and ``skip`` patterns let a check run."""
        wanted = not self.settings.select or any(fnmatch.fnmatch(check.id, p) for p in self.settings.select)
        return wanted and not any(fnmatch.fnmatch(check.id, pattern) for pattern in self.settings.skip)

    def position(self, check: Check) -> int:
        """Give the place of a check in the order of the clauses."""
        return self._positions.get(check.id, len(self._positions))

    def planned(self, plan: list[tuple[Check, Scenario | None]]) -> None:
        """Take note of what will run; what the profile has besides was filtered out."""
        self._planned = plan
        self._left_out = max(0, len(self._whole) - len(plan))

    @property
    def _whole(self) -> list[tuple[Check, Scenario | None]]:
        """What the profile has, selected or not."""
        return self.engine.plan(self.checks.values()) if self.engine else []

    def named(self, name: str) -> tuple[Check, Scenario | None] | None:
        """Give the planned run of a check by its name in pytest."""
        if self._names is None:
            self._names = {item_name(*each): each for each in self._whole}
        return self._names.get(name)

    async def forecast(self) -> Forecast:
        """Say what is known of the run before its first check.

        Raises:
            RuntimeError: the issuer has not been looked at.

        """
        if self.engine is None or self.subject is None:
            raise RuntimeError("forecast was called before preflight")
        ruled_out = {}
        for check, scenario in self._planned:
            if reason := await self.engine.ruled_out(check, scenario):
                ruled_out[check.id, scenario] = reason
        chosen = {(check.id, scenario) for check, scenario in self._planned}
        left_out = [each for each in self._whole if (each[0].id, each[1]) not in chosen]
        return self.subject.forecast(self.settings, self._planned, ruled_out, left_out)

    # The checks

    async def begin(self) -> None:
        """Begin the checks that wait; they go on while others run."""
        lanes: dict[Hashable, list[tuple[str, Scenario | None]]] = {}
        for check, scenario in self._planned:
            if (lane := self.lane_of(check, scenario)) is not None:
                lanes.setdefault(lane, []).append((check.id, scenario))
        await self.background.begin(lanes.values())

    def waits(self, check: Check) -> bool:
        """Whether a check waits while others go on."""
        return self.lane_of(check, None) is not None

    def lane_of(self, check: Check, scenario: Scenario | None) -> Hashable:
        """Say which checks that wait do so one after another; ``None`` for those that others wait for."""
        # Services that the run plays itself have one state for all checks.
        return lane_of(check, scenario) if self.profile.judges == target.ISSUER else None

    async def judge(self, check: Check, scenario: Scenario | None) -> CheckResult:
        """Run one check and apply the waivers, or give what became of it in the background."""
        return await self.background.do((check.id, scenario))

    async def _judge(self, job: tuple[str, Scenario | None]) -> CheckResult:
        check, scenario = self.checks[job[0]], job[1]
        engine = self._engine_for(check)
        if engine is None:
            raise RuntimeError("judge was called before preflight")
        if reason := self._silent.get(self._dialect_of(check)):
            label = scenario.label if scenario else None
            return CheckResult(check.id, Verdict.BLOCKED, check.requires, label, reason=reason)
        result = await engine.judge(check, scenario)
        waived = self._waivers.match(result, self._today, strict=self.settings.strict)
        if waived is None:
            return result
        reason = "; ".join(f"{w.finding} is waived until {w.expires} by {w.owner}: {w.reason}" for w in waived)
        return replace(result, verdict=Verdict.WAIVED, reason=reason)

    def adopt(self, worker: str, result: CheckResult, exchanges: Sequence[Exchange]) -> CheckResult:
        """Take over a result of another process, whose exchanges get new numbers here."""
        return self._workers.take(worker, result, exchanges)

    def context(self) -> dict[str, Json]:
        """Give what this process saw of the issuer, or its workers did, as JSON types."""
        if (context := self._workers.context) is not None:
            return context
        return {
            "issuer_url": self.settings.issuer_url,
            "configurations": list(dict.fromkeys(scenario.configuration for scenario in self._scenarios)),
            "issuer": self.subject.as_seen(self.recorder.redactor) if self.subject else {},
            "labels": [scenario.label for scenario in self._scenarios],
            "notices": self.subject.notices(self.results) if self.subject else [],
            "waited_s": self.patience.waited_s + self.background.idle_s,
        }

    @property
    def _scenarios(self) -> Sequence[Scenario]:
        return self.subject.scenarios if self.subject else ()

    def adopt_context(self, worker: str, context: Mapping[str, Json]) -> None:
        """Take over what another process saw of the issuer."""
        self._workers.take_context(worker, context)

    # What a person reads before and after

    def header(self) -> list[str]:
        """Give the lines above the run: who is judged, and by what."""
        who = self._asked_for
        if who == target.REFERENCE:
            who = f"{target.BUNDLED[self.profile.judges]} ({self.profile.reference_variant})"
        lines = [f"Assay {harness.__version__}: {who}, judged by {self.profile.title}"]
        return [*lines, *self.notices()]

    async def announcement(self, workers: int = 1) -> list[str]:
        """Say what will run and how many Credential Offers it may use.

        Args:
            workers: processes that share the checks, and each make the flows that checks have in common.

        """
        if self.engine is None:
            return []
        names = ", ".join(dict.fromkeys(scenario.label for scenario in self._scenarios))
        used = (await self.forecast()).demand(workers)
        whole = self._kind.get("subject", "issuer").lower()
        return [
            *self._misfit,
            *self._played(),
            f"{len(self._planned)} checks on {names or f'the {whole} as a whole'}; {used}.",
        ]

    def _played(self) -> list[str]:
        """Say where the services are that the run plays, for whoever has to tell the issuer."""
        return [] if self._target is None or self._asked_for == target.REFERENCE else list(self._target.played)

    def notices(self) -> list[str]:
        """Give what narrows the verdict."""
        url = str((self._workers.context or {}).get("issuer_url") or self.settings.issuer_url or "")
        found = []
        if url.startswith("http:"):
            where = "to this machine" if is_loopback(url) else "over the network"
            found.append(f"Development run over plain http {where}: what concerns TLS is not tested.")
        context = self._workers.context
        found += context["notices"] if context else self.subject.notices(self.results) if self.subject else []
        reasons = dict.fromkeys(result.reason or "" for result in self.results)
        found += [
            f"Whether the signers of {what} may be trusted was not tested: {reason}."
            for missing, what in _UNTRUSTED.items()
            for reason in reasons
            if reason.startswith(missing)
        ]
        if f"{NO_HOOK}: [revoke]" in reasons:
            found.append("Whether a revocation shows was not tested: give [revoke] in assay.toml.")
        if self._left_out:
            found.append(f"{left_out_by_selection(self._left_out)}.")
        return found

    def finish(self, *, command: str, stopped: str | None) -> tuple[Passage, list[str]]:
        """Judge the run, write the reports, and give what the gate says and the lines of the summary.

        Args:
            command: the command line that repeats the run.
            stopped: why the run ended before its last check, if it did.

        """
        from reports import terminal

        self._sort_results()
        in_part = self._run_in_part()
        problems = self._waivers.problems(self.results, self._today, in_part=in_part) if not stopped else []
        verdicts = [self._judged(part, stopped=stopped, in_part=in_part) for part in self._parts]
        judgement = (
            deciding(verdicts)
            if verdicts
            else judge(
                self.results,
                waiver_problems=problems,
                stopped=stopped,
                left_out=self._left_out,
                not_run=len(self._planned) - len(self.results),
            )
        )
        report = self._compared(replace(self._report(judgement, command), verdicts=verdicts))
        found_out = stopped is None and any(result.verdict in JUDGED for result in self._deciding_results())
        said = self._gate(judgement, report, found_out=found_out, waiver_problems=len(problems))
        report = replace(report, gate=said.to_json())
        lost = self._write(report)
        if lost:
            # A verdict that nobody can read up is none; a failure stays one.
            if verdicts:
                verdicts = without_report(verdicts, lost)
                judgement, report = deciding(verdicts), replace(report, verdicts=verdicts)
            elif judgement.exit_code == 0:
                judgement = Judgement(RunVerdict.INCOMPLETE, f"{judgement.summary} {lost}")
            said = self._gate(judgement, report, found_out=False)
            report = replace(report, verdict=judgement.verdict, summary=judgement.summary, gate=said.to_json())
        page = None if lost else str(self.settings.report_dir / "report.html")
        lines = terminal.summary(report.to_json(), page)
        return said, [*problems, *([lost] if lost else []), *lines]

    def _judged(self, part: Part, *, stopped: str | None, in_part: set[str]) -> PartVerdict:
        """Judge a part of the run for itself; a waiver for a check that nobody knows counts in each."""
        results = part.of(self.results, strict=self.settings.strict)
        elsewhere = {name for name, check in self.checks.items() if not part.concerns(check.requires)}
        own = replace(
            self._waivers,
            waivers=tuple(waiver for waiver in self._waivers.waivers if waiver.check not in elsewhere),
        )
        planned = sum(part.concerns(check.requires) for check, _ in self._planned)
        whole = sum(part.concerns(check.requires) for check, _ in self._whole)
        return part.judged(
            judge(
                results,
                waiver_problems=own.problems(self.results, self._today, in_part=in_part) if not stopped else [],
                stopped=stopped,
                left_out=max(0, whole - planned),
                not_run=planned - len(results),
            )
        )

    def _deciding_results(self) -> list[CheckResult]:
        """Give the results on which the verdict of the run depends."""
        named = [
            result for result in self.results if any(part.concerns(result.requirements) for part in self._deciding)
        ]
        return named if self._parts else self.results

    @property
    def _deciding(self) -> list[Part]:
        return [part for part in self._parts if part.decides]

    def _run_in_part(self) -> set[str]:
        """Give the ids of checks that were left out, or brought no result, somewhere."""
        brought = {(result.check, result.configuration) for result in self.results}
        return {
            check.id
            for check, scenario in self._whole
            if (check.id, scenario.label if scenario else None) not in brought
        }

    def _sort_results(self) -> None:
        """Put the results in the order of the plan, in which those of several workers do not come."""
        order = {
            (check.id, scenario.label if scenario else None): number
            for number, (check, scenario) in enumerate(self._planned)
        }
        self.results.sort(key=lambda result: order.get((result.check, result.configuration), len(order)))

    def _gate(
        self, judgement: Judgement, report: RunReport, *, found_out: bool, waiver_problems: int = 0
    ) -> Passage:
        return passage(
            Bar(self.settings.gate),
            judgement,
            found_out=found_out,
            waiver_problems=waiver_problems,
            changes=self._deciding_changes(report.baseline),
            deciding=own_verdicts.told(report.verdicts),
        )

    def _deciding_changes(self, changes: Mapping[str, Json] | None) -> Mapping[str, Json] | None:
        """Give the changes on which the verdict of the run depends."""
        if changes is None or not self._parts:
            return changes
        requirements = {name for part in self._deciding for name in part.requirements}
        elsewhere = {name for name, check in self.checks.items() if requirements.isdisjoint(check.requires)}
        return own_verdicts.restricted(changes, requirements, elsewhere)

    def _compared(self, report: RunReport) -> RunReport:
        """Add what changed since the baseline."""
        from reports import changes

        if self._baseline is None:
            return report
        return replace(report, baseline=changes.compare(self._baseline, report.to_json()))

    def _write(self, report: RunReport) -> str | None:
        """Write the reports; give one line when that is not possible."""
        from reports import json_file
        from reports.html import render_html

        folder = self.settings.report_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
            json_file.write(report, folder / "report.json")
            (folder / "report.html").write_text(render_html(report.to_json()), encoding="utf-8")
        except (OSError, json_file.ReportError) as error:
            return f"The report could not be written: {error}"
        return None

    async def aclose(self) -> None:
        """Close connections and, where there is one, the reference issuer."""
        await self.background.aclose()
        for client in self._clients:
            await client.aclose()
        if self._target is not None:
            self._target.close()

    # The report

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self._now(), UTC).date()

    def _report(self, judgement: Judgement, command: str) -> RunReport:
        context = self.context()
        infos = [self._info(check) for check in self.checks.values()]
        self.recorder.look_back()
        exchanges = self.recorder.exchanges
        wall = time.perf_counter() - self._clock
        issuer_s = sum(exchange.elapsed_s for exchange in exchanges)
        waited_s = context["waited_s"]
        return RunReport(
            tool={"name": "Assay", "version": harness.__version__, "commit": _commit()},
            target={
                "issuer": context["issuer_url"],
                "profile": self.profile.name,
                "configurations": context["configurations"],
                **self._kind,
                **{k: v for k, v in vars(self.settings.target).items() if v is not None},
            },
            verdict=judgement.verdict,
            summary=judgement.summary,
            notices=self.notices(),
            started=datetime.fromtimestamp(self._started, UTC).isoformat(timespec="seconds"),
            results=self.results,
            checks=infos,
            requirements=requirement_results(self.requirements, infos, self.results),
            exchanges=exchanges,
            waivers=self._waivers.states(self.results, self._today, in_part=self._run_in_part()),
            configuration=self.settings.redacted(),
            issuer=context["issuer"],
            timing=Timing(
                wall_s=round(wall, 3),
                issuer_s=round(issuer_s, 3),
                waiting_s=round(waited_s, 3),
                harness_s=round(max(0.0, wall - issuer_s - waited_s), 3),
                exchanges=len(exchanges),
            ),
            command=self.recorder.redactor.text(command),
        )

    @property
    def _kind(self) -> Mapping[str, str]:
        """What is under test, where it is no Credential Issuer."""
        kind = target.SUBJECTS.get(self.profile.judges)
        return {"subject": kind} if kind else {}

    def _info(self, check: Check) -> CheckInfo:
        level = strongest(self.requirements[name].level for name in check.requires) or Level.MUST
        return CheckInfo(check.id, check.area, level, check.description, check.requires, check.proven_by)


def item_name(check: Check, scenario: Scenario | None) -> str:
    """Give the name under which pytest shows a check on a scenario."""
    return f"{check.id}[{scenario.label}]" if scenario else check.id


def _both(one: Waiting, other: Waiting) -> Waiting:
    """Give what does both of what is done before a wait."""
    if one is None or other is None:
        return one or other

    async def settle() -> None:
        await one()
        await other()

    return settle


def _load_waivers(settings: Settings, known: Mapping[str, Check]) -> waivers.Waivers:
    if settings.waivers is None:
        return waivers.Waivers()
    codes = {code for check in known.values() for found in check.proven_by.values() for code in found}
    try:
        return waivers.load(settings.waivers, known, codes)
    except waivers.WaiverError as error:
        raise ConfigError(str(error)) from error


def _commit() -> str | None:
    """Give the commit of a checkout; an installed wheel has none."""
    root = Path(harness.__file__).parent.parent
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - git is wherever the user has it
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
