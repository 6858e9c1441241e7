"""What the clean runs brought, found out once for all workers of pytest-xdist."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.model import CheckResult, Verdict
from harness.tests.bench import Outcome

BAD = (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED, Verdict.ERROR)
Met = Mapping[str, frozenset[str]]
"""Rule, tolerance or document to the checks that met it."""


def told(result: CheckResult) -> str:
    """Say in a line what a check found."""
    findings = "; ".join(f"{f.code} {f.expected!r} but {f.observed!r}" for f in result.findings)
    return f"{result.check} [{result.configuration}] {result.verdict}: {result.reason or findings}"


@dataclass(frozen=True)
class CleanRun:
    """What the checks said of a variant without faults."""

    stopped: str | None
    passed: frozenset[str]
    """Checks that passed at least once."""
    bad: tuple[str, ...]
    """What failed or could not be judged, in words."""
    warned: tuple[str, ...]
    """What was warned of, in words."""
    codes: frozenset[str]
    """The codes of these warnings."""
    met: Met

    @classmethod
    def of(cls, outcome: Outcome) -> CleanRun:
        """Keep of a run what the tests ask for."""
        warnings = [result for result in outcome.results if result.verdict is Verdict.WARN]
        return cls(
            outcome.stopped,
            frozenset(result.check for result in outcome.results if result.verdict is Verdict.PASS),
            tuple(
                told(result)
                for result in outcome.results
                if result.verdict in BAD and result.verdict is not Verdict.WARN
            ),
            tuple(map(told, warnings)),
            frozenset(finding.code for result in warnings for finding in result.findings),
            {item: frozenset(checks) for item, checks in outcome.met.items()},
        )


class CleanRuns:
    """Makes clean runs, each of them once.

    Args:
        folder: of the test run; its workers share it.
        clean: judges a variant without faults.

    """

    def __init__(self, folder: Path, clean: Callable[[str], Outcome]) -> None:
        self._folder = folder
        self._clean = clean
        self._known: dict[str, CleanRun] = {}

    def of(self, variant: str) -> CleanRun:
        """Give what a clean run of a variant brought."""
        if variant not in self._known:
            self._known[variant] = self._read(variant)
        return self._known[variant]

    def met(self, variant: str) -> Met:
        """Give what the checks met on a variant."""
        return self.of(variant).met

    def _read(self, variant: str) -> CleanRun:
        file = self._folder / f"clean-{variant}.json"
        if not file.is_file():
            made = asdict(CleanRun.of(self._clean(variant)))
            # Another worker may write the same at the same time; who renames it lets others see all or nothing.
            with tempfile.NamedTemporaryFile("w", dir=self._folder, encoding="utf-8", delete=False) as begun:
                json.dump(made, begun, default=sorted)
            Path(begun.name).replace(file)
        kept = json.loads(file.read_text("utf-8"))
        return CleanRun(
            kept["stopped"],
            frozenset(kept["passed"]),
            tuple(kept["bad"]),
            tuple(kept["warned"]),
            frozenset(kept["codes"]),
            {item: frozenset(checks) for item, checks in kept["met"].items()},
        )
