"""A conformance run inside pytest: collection, outcomes, progress, and the reports at the end.

Each check becomes one pytest item per scenario. The item lets ``harness.run`` judge and only translates the
result: what pytest, JUnit or Allure show follows from it. Results travel to the end of the run on pytest's
own reports, as plain JSON types, so that they also arrive from the workers of pytest-xdist.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import pickle
import shlex
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from harness import checks
from harness.checks import Check
from harness.config import ConfigError, load
from harness.evidence import Scenario
from harness.gate import Passage
from harness.model import CheckResult, Exchange, Verdict
from harness.preflight import PreflightError
from harness.run import Run, item_name
from harness.settings import InteractiveHook, StaticHook
from harness.target import GOVUK, REFERENCE

_MARKS = {
    Verdict.PASS: ("passed", "green"),
    Verdict.WARN: ("warned", "yellow"),
    Verdict.FAIL: ("FAILED", "red"),
    Verdict.NOT_APPLICABLE: ("n/a", "cyan"),
    Verdict.WAIVED: ("waived", "yellow"),
    Verdict.BLOCKED: ("BLOCKED", "red"),
    Verdict.ERROR: ("ERROR", "red"),
}
_INTERRUPTED = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)

_TALKATIVE = ("httpx", "httpcore")
"""Loggers of the HTTP client."""


def activate(config: pytest.Config) -> None:
    """Set the harness up for this pytest process.

    Raises:
        pytest.UsageError: an option, file or environment variable is wrong; the message is one line.

    """
    try:
        shared = getattr(config, "workerinput", {}).get("vci", {})
        settings = (
            pickle.loads(shared["settings"])  # noqa: S301 - from the controller, which started this process
            if shared.get("settings")
            else load(vars(config.option), os.environ, Path(str(config.invocation_params.dir)))
        )
        run = Run(settings, redaction_key=shared.get("key"))
        if not shared:
            run.read_baseline()
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    for name in _TALKATIVE:
        # Exchanges are in the report, without secrets; these log whole URLs and headers where a level asks for it.
        logging.getLogger(name).setLevel(logging.WARNING)
    if config.getoption("tx", None) and any(isinstance(o, StaticHook | InteractiveHook) for o in settings.offers):
        raise pytest.UsageError(
            "a single offer and an interactive hook cannot be shared by the workers of pytest-xdist; leave out -n"
        )
    if config.getoption("tx", None) and run.profile.judges == GOVUK:
        raise pytest.UsageError("the services behind GOV.UK Wallet are those of one process; leave out -n")
    if settings.dry_run and config.getoption("tx", None):
        # There is nothing to share: looking takes one process, whatever -n says.
        config.option.tx, config.option.dist = [], "no"
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        # `pytest --issuer-url URL` means `pytest --pyargs suites --issuer-url URL`, from any folder.
        config.args[:] = ["suites"]
        config.option.pyargs = True
    config.pluginmanager.register(Conformance(config, run), "harness.conformance")


def _active(config: pytest.Config) -> Conformance | None:
    plugin: Conformance | None = config.pluginmanager.get_plugin("harness.conformance")
    return plugin


class SuiteFile(pytest.File):
    """A module of ``suites``."""

    module_name: str

    def collect(self) -> Iterator[CheckItem]:
        """Give one item per check of the profile and scenario; one per check when no issuer is under test."""
        active = _active(self.config)
        suite = self.module_name.rpartition(".")[0]
        if active and not checks.concerns(suite, active.run.profile.specifications):
            return
        module = importlib.import_module(self.module_name)
        for declared in checks.of_module(module):
            # The version of OpenID4VCI that judges may hold only some of what a check names.
            check = active.run.checks.get(declared.id) if active else declared
            if check is None:
                continue
            scenarios = active.run.scenarios_of(check) if active else [None]
            for scenario in scenarios:
                name = item_name(check, scenario) if scenario else check.id
                yield CheckItem.from_parent(self, name=name, check=check, scenario=scenario)


def suite_file(path: Path, parent: pytest.Collector) -> SuiteFile | None:
    """Give the collector of a suite module, or ``None`` when the file is none of ours."""
    import suites

    root = Path(suites.__path__[0])
    if not path.is_relative_to(root) or path.name == "__init__.py":
        return None
    collector = SuiteFile.from_parent(parent, path=path)
    collector.module_name = ".".join(["suites", *path.relative_to(root).with_suffix("").parts])
    return collector


class CheckFailed(AssertionError):
    """Tells pytest of a failure; carries its text."""


class CheckUndecided(Exception):
    """Tells pytest of an error; carries its text."""


class CheckItem(pytest.Item):
    """One check on one scenario."""

    def __init__(self, *, check: Check, scenario: Scenario | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.scenario = scenario
        self.result: CheckResult | None = None
        self.add_marker(pytest.mark.vci(id=check.id, area=check.area))

    def setup(self) -> None:
        """Judge. This is done here so that pytest reports an ERROR as an error and a FAIL as a failure."""
        active = _active(self.config)
        if active is None:
            pytest.skip("conformance checks need --issuer-url")
        self.result = active.judge(self)
        if self.result.verdict is Verdict.ERROR:
            raise CheckUndecided(f"{self.name}: {self.result.reason}")

    def runtest(self) -> None:
        """Translate the result into pytest's outcome."""
        result = self.result
        if result is None or result.verdict in (Verdict.PASS, Verdict.WARN):
            return
        if result.verdict is Verdict.FAIL:
            raise CheckFailed("\n".join([self.check.description, *map(_finding_text, result.findings)]))
        if result.verdict is Verdict.WAIVED:
            pytest.xfail(result.reason or "waived")
        word = "BLOCKED" if result.verdict is Verdict.BLOCKED else "not applicable"
        pytest.skip(f"{word}: {result.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show findings as text; a traceback would say nothing about the issuer."""
        if isinstance(excinfo.value, (CheckFailed, CheckUndecided)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the item in pytest's own words."""
        return self.path, None, self.name


_WORTH_A_WORD_S = 0.5
"""Seconds that a person would notice."""
_SECRET_OPTIONS = ("--vci-offer", "--vci-tx-code")


def repeatable_command(arguments: Sequence[str]) -> str:
    """Give the command line of this run for the report, without the offer and the Transaction Code in it."""
    shown: list[str] = []
    for argument in arguments:
        option, equals, _ = argument.partition("=")
        if shown and shown[-1] in _SECRET_OPTIONS:
            shown.append("...")
        else:
            shown.append(f"{option}=..." if equals and option in _SECRET_OPTIONS else argument)
    return shlex.join(["pytest", *shown])


def _finding_text(finding: Any) -> str:
    where = f" (exchange {finding.exchange})" if finding.exchange else ""
    return (
        f"{finding.code} [{finding.requirement}]{where}\n"
        f"  expected: {finding.expected}\n  observed: {finding.observed}"
    )


class Conformance:
    """The hooks of a conformance run; registered only with ``--issuer-url``."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.config = config
        self.run = run
        self._loop = asyncio.Runner()
        self._reported_exchanges = 0
        self._total = 0
        self._done = 0
        self._stopped: str | None = None
        self._begun = False
        self._passage: Passage | None = None
        self._lines: list[str] = []
        self._is_worker = hasattr(config, "workerinput")
        self._serves = run.settings.issuer_url == REFERENCE
        self._allure = config.getoption("allure_report_dir", None) is not None
        run.patience.announce = self._announce_wait
        run.background.announce = self._announce_rest

    # The run

    def judge(self, item: CheckItem) -> CheckResult:
        """Judge one item; the first one has what waits begin."""
        if not self._begun:
            # Not before: tests of the user's own come first, and nothing may be under way while they run.
            self._begun = True
            if not self._is_worker:
                # Which checks a worker gets is not known before.
                self._loop.run(self.run.begin())
        result = self._loop.run(self.run.judge(item.check, item.scenario))
        if self._allure:
            from harness import allure_live

            allure_live.record(result, self.run.recorder.exchanges)
        return result

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give checks the labels by which Allure sorts and selects."""
        if self._allure and isinstance(item, CheckItem):
            from harness import allure_live

            allure_live.mark(item, item.check, self.run.requirements)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Look at the issuer before the first check, and stop with one message when there is no point."""
        try:
            self._loop.run(self.run.preflight())
            if not (self.run.settings.dry_run or self.config.option.collectonly):
                self._loop.run(self.run.prepare())
        except PreflightError as error:
            self._stopped = str(error).rstrip(".")
            raise pytest.exit.Exception(f"preflight: {error}", 6) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Keep the suites whatever ``norecursedirs`` and ``--ignore`` say of the team's own folders."""
        import suites

        return False if collection_path.is_relative_to(Path(suites.__path__[0])) else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the checks in the order of the clauses and leave out what was not selected."""
        ours = [item for item in items if isinstance(item, CheckItem)]
        # Those that wait in the background have their results last.
        ours.sort(key=lambda item: (self.run.waits(item.check), self.run.position(item.check)))
        chosen = [item for item in ours if self.run.selected(item.check)]
        left_out = [item for item in ours if not self.run.selected(item.check)]
        if left_out:
            self.config.hook.pytest_deselected(items=left_out)
        items[:] = [*(item for item in items if not isinstance(item, CheckItem)), *chosen]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what is about to happen, and how many offers it takes."""
        items = [item for item in session.items if isinstance(item, CheckItem)]
        self._total = len(items)
        self.run.planned([(item.check, item.scenario) for item in items])
        reporter = self._reporter
        if self._is_worker or self.config.option.collectonly:
            return
        if self.run.settings.dry_run:
            self._lines = self._loop.run(self.run.forecast()).lines()
        elif reporter:
            for line in self._loop.run(self.run.announcement()):
                reporter.write_line(line)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Say the same where only the workers of pytest-xdist collect; all of them collect the same."""
        if self._total:
            return
        plan = [each for each in (self.run.named(name.rsplit("::", 1)[-1]) for name in ids) if each]
        self._total = len(plan)
        self.run.planned(plan)
        reporter = self._reporter
        if reporter:
            for line in self._loop.run(self.run.announcement(len(self.config.getoption("tx")))):
                reporter.write_line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Run nothing in a dry run."""
        return True if self.run.settings.dry_run and not self.config.option.collectonly else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Hang the result and the exchanges it made on the report that decides."""
        report = yield
        if isinstance(item, CheckItem) and report.skipped and isinstance(report.longrepr, tuple):
            # pytest would name the line of ours that skips; the check's own file says more.
            report.longrepr = (str(item.path), 0, report.longrepr[2])
        if isinstance(item, CheckItem) and item.result is not None:
            decides = report.when == "call" or (report.when == "setup" and report.failed)
            if decides:
                made = self.run.recorder.since(self._reported_exchanges)
                self._reported_exchanges = self.run.recorder.count
                report.vci = {
                    "result": item.result.to_json(),
                    "exchanges": [exchange.to_json() for exchange in made],
                }
                item.user_properties += [
                    ("vci.check", item.check.id),
                    ("vci.requirements", " ".join(item.check.requires)),
                    ("vci.verdict", str(item.result.verdict)),
                    ("vci.findings", " ".join(finding.code for finding in item.result.findings)),
                ]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect results; on the controller of pytest-xdist they come from the workers."""
        carried = getattr(report, "vci", None)
        if carried is None or self._is_worker:
            return
        result = CheckResult.from_json(carried["result"])
        worker = getattr(report, "node", None)
        if worker is not None:
            exchanges = [Exchange.from_json(exchange) for exchange in carried["exchanges"]]
            result = self.run.adopt(worker.gateway.id, result, exchanges)
        self.run.results.append(result)
        self._done += 1
        self._show(result)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports and judge the run."""
        if self._is_worker:
            told = {"stopped": self._stopped, "context": self.run.context()}
            self.config.workeroutput["vci"] = told  # type: ignore[attr-defined]
            self._close()
            return
        if self.run.settings.dry_run:
            if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                session.exitstatus = pytest.ExitCode.OK
        elif not self.config.option.collectonly:
            if exitstatus == pytest.ExitCode.INTERRUPTED and getattr(session, "shouldfail", False):
                exitstatus = pytest.ExitCode.TESTS_FAILED  # -x, which pytest-xdist takes for an interruption
            if exitstatus == pytest.ExitCode.INTERRUPTED and self._stopped is None:
                self._stopped = "interrupted"
            command = repeatable_command([str(argument) for argument in self.config.invocation_params.args])
            self._passage, self._lines = self.run.finish(command=command, stopped=self._stopped)
            status = self._passage.exit_code
            if self._stopped is not None and exitstatus != pytest.ExitCode.INTERRUPTED:
                session.exitstatus = 6
            elif exitstatus not in _INTERRUPTED and not (status == 0 and self._others_failed(session)):
                session.exitstatus = status
        self._close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let the workers of pytest-xdist judge the very same issuer, and mark equal secrets equally."""
        node.workerinput["vci"] = {
            "key": self.run.recorder.redactor.key,
            "settings": pickle.dumps(self.run.open_target()) if self._serves else b"",
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker saw of the issuer, and stop where it found no point in starting."""
        told = getattr(node, "workeroutput", {}).get("vci")
        if told is None:
            return
        if told["stopped"]:
            self._stopped = told["stopped"]
            raise pytest.exit.Exception(f"preflight: {self._stopped}", 6)
        self.run.adopt_context(node.gateway.id, told["context"])

    def pytest_unconfigure(self) -> None:
        """Print the summary after everything pytest prints itself, so that the verdict stands last."""
        reporter = self._reporter
        if reporter is not None and self.run.settings.dry_run:
            reporter.ensure_newline()
            for line in self._lines:
                reporter.write_line(line)
        if reporter is not None and self._passage is not None:
            colour = {0: "green", 1: "red"}.get(self._passage.exit_code, "yellow")
            reporter.ensure_newline()
            for line in self._lines[:-1]:
                reporter.write_line(line)
            reporter.write_line(self._lines[-1], bold=True, **{colour: True})

    # What a person sees meanwhile

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Print our own line per check instead of a letter, unless pytest was asked for more or less."""
        carried = getattr(report, "vci", None)
        if carried is None:
            return None
        verdict = Verdict(carried["result"]["verdict"])
        category = {"passed": "passed", "failed": "failed"}.get(report.outcome, "skipped")
        if verdict is Verdict.WAIVED:
            category = "xfailed"
        if report.when == "setup":
            category = "error"
        if self.config.get_verbosity() == 0:
            return category, "", ""
        return category, _MARKS[verdict][0][0], _MARKS[verdict][0]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say which check is running."""
        reporter = self._reporter
        if reporter is not None and self._own_lines and sys.stdout.isatty():
            reporter.rewrite(f"{self._counter(self._done + 1)} ... {nodeid.rsplit('::', 1)[-1]}", erase=True)

    def _announce_rest(self, waits: Sequence[tuple[float, str]]) -> None:
        """Say what is left to wait for when everything else is done."""
        (seconds, why), *others = waits
        if seconds < _WORTH_A_WORD_S:
            return
        also = "".join(f"; {other}, {left:.3g} s" for left, other in others)
        self._announce_wait(seconds, f"{why}{also}; all else is done")

    def _announce_wait(self, seconds: float, why: str) -> None:
        """Say why nothing happens for a while, or what is waited for meanwhile."""
        reporter = self._reporter
        if reporter is None or self._is_worker or self.config.get_verbosity() < 0:
            return
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            if self._own_lines and sys.stdout.isatty():
                reporter.rewrite("", erase=True)
                reporter.write("\r")
            reporter.ensure_newline()
            reporter.write_line(f"{' ' * len(self._counter(0))} waiting {seconds:.3g} s: {why}")

    def _show(self, result: CheckResult) -> None:
        reporter = self._reporter
        if reporter is None or not self._own_lines:
            return
        word, colour = _MARKS[result.verdict]
        where = f" [{result.configuration}]" if result.configuration else ""
        if sys.stdout.isatty():
            reporter.rewrite("", erase=True)
            reporter.write("\r")
        reporter.write(f"{self._counter(self._done)} ")
        reporter.write(f"{word:8}", **{colour: True})
        reporter.write_line(f"{result.check}{where}")

    def _counter(self, number: int) -> str:
        width = len(str(self._total))
        return f"{number:{width}}/{self._total}"

    @property
    def _own_lines(self) -> bool:
        return self.config.get_verbosity() == 0

    @property
    def _reporter(self) -> TerminalReporter | None:
        reporter: TerminalReporter | None = self.config.pluginmanager.get_plugin("terminalreporter")
        return reporter

    def pytest_report_header(self) -> list[str]:
        """Say who is judged, and by what."""
        return self.run.header()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Keep pytest's own per-file lines and failure section out of the way of ours."""
        reporter = self._reporter
        if reporter is not None and self._own_lines:
            reporter.showfspath = False
            if self.config.option.tbstyle == "auto":
                self.config.option.tbstyle = "no"
            if not any(str(argument).startswith("-r") for argument in self.config.invocation_params.args):
                # Our own summary says it better, unless somebody asks for pytest's.
                self.config.option.reportchars = reporter.reportchars = ""

    def _others_failed(self, session: pytest.Session) -> bool:
        """Whether tests of the user's own, in the same run, failed."""
        ours = sum(result.verdict in (Verdict.FAIL, Verdict.ERROR) for result in self.run.results)
        return session.testsfailed > ours

    def _close(self) -> None:
        self._loop.run(self.run.aclose())
        self._loop.close()
