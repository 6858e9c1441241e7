"""Groups the findings of a run the way a reader works through them: by check, worst first, each once."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.model import Json, Level
from reports.words import SEVERITIES

COMMAND_LIMIT = 10_000
"""Characters above which a command is not taken apart, because that takes time that grows with the square."""


@dataclass(frozen=True)
class Sighting:
    """Where a violation was seen."""

    configuration: str | None
    exchange: int | None


@dataclass(frozen=True)
class Violation:
    """One finding, told once however often it was seen."""

    finding: Mapping[str, Json]
    requirement: Mapping[str, Json] | None
    """The entry of the report's requirements, or ``None`` when the report does not list it."""
    sightings: tuple[Sighting, ...]
    varies: bool = False
    """Whether what was observed differs in its numbers from one sighting to the next."""
    expectation_varies: bool = False
    """Whether what was expected does, as where an index of the credential is part of it."""


@dataclass(frozen=True)
class Problem:
    """One check with all that it found."""

    check: str
    description: str
    severity: str
    """The worst severity among its violations of the strongest level."""
    level: str
    configurations: tuple[str, ...]
    violations: tuple[Violation, ...]
    reasons: tuple[str, ...]
    proven_by: Mapping[str, list[str]]
    command: str
    """Repeats this check alone."""


def problems(report: Mapping[str, Json], verdict: str) -> list[Problem]:
    """Give the checks with a result of ``verdict``, worst severity first, then in the order of the checks."""
    requirements = {entry["id"]: entry for entry in report["requirements"]}
    checks = {entry["id"]: entry for entry in report["checks"]}
    order = {check: place for place, check in enumerate(checks)}
    groups: dict[str, list[Mapping[str, Json]]] = {}
    for result in report["results"]:
        if result["verdict"] == verdict:
            groups.setdefault(result["check"], []).append(result)
    found = [
        _problem(report, check, results, requirements, checks.get(check, {})) for check, results in groups.items()
    ]
    found.sort(key=lambda p: (SEVERITIES.index(p.severity), order.get(p.check, len(order)), p.check))
    return found


def by_reason(results: Iterable[Mapping[str, Json]]) -> list[tuple[str, list[Mapping[str, Json]]]]:
    """Group results by their reason; the reason that explains most comes first."""
    groups: dict[str, list[Mapping[str, Json]]] = {}
    for result in results:
        groups.setdefault(result["reason"] or "No reason was recorded.", []).append(result)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


_REPLACED = ("--vci-select", "--vci-skip", "--vci-report-dir")


def repeat_command(report: Mapping[str, Json], check: str) -> str:
    """Give the command that repeats one check: that of the run with another selection, and another report folder.

    The report of the whole run is not to be written over.
    """
    command = report["command"]
    try:
        words = shlex.split(command) if len(command) <= COMMAND_LIMIT else []
    except ValueError:
        words = []
    if not words:
        words = ["pytest", "--issuer-url", str(report["target"]["issuer"])]
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in _REPLACED:
            next(rest, None)
        elif not word.startswith(tuple(f"{option}=" for option in _REPLACED)):
            kept.append(word)
    return shlex.join([*kept, "--vci-report-dir", "oid4vci-report-again", "--vci-select", check])


def _problem(
    report: Mapping[str, Json],
    check: str,
    results: list[Mapping[str, Json]],
    requirements: Mapping[str, Mapping[str, Json]],
    info: Mapping[str, Json],
) -> Problem:
    sightings: dict[tuple[Json, ...], tuple[list[Mapping[str, Json]], list[Sighting]]] = {}
    for result in results:
        for finding in result["findings"]:
            named = tuple(finding[name] for name in ("code", "requirement", "pointer"))
            # Sizes, times and indexes differ from one answer to the next and make no other violation of it.
            told = tuple(re.sub(r"\d+", "0", finding[name]) for name in ("expected", "observed"))
            findings, seen = sightings.setdefault((*named, *told), ([], []))
            findings.append(finding)
            seen.append(Sighting(result["configuration"], finding["exchange"]))
    violations = [
        Violation(
            findings[0],
            requirements.get(findings[0]["requirement"]),
            tuple(seen),
            varies=len({finding["observed"] for finding in findings}) > 1,
            expectation_varies=len({finding["expected"] for finding in findings}) > 1,
        )
        for findings, seen in sightings.values()
    ]
    violations.sort(key=lambda violation: _rank(violation.finding, violation.requirement))
    cited = [requirements[name] for name in results[0]["requirements"] if name in requirements]
    ranks = [_rank(v.finding, v.requirement) for v in violations] or [_rank(entry, entry) for entry in cited]
    level, severity = min(ranks, default=(0, SEVERITIES.index("medium")))
    return Problem(
        check=check,
        description=info.get("description") or check,
        severity=SEVERITIES[severity],
        level=list(Level)[level],
        configurations=tuple(dict.fromkeys(r["configuration"] for r in results if r["configuration"])),
        violations=tuple(violations),
        reasons=tuple(dict.fromkeys(r["reason"] for r in results if r["reason"])),
        proven_by=info.get("proven_by", {}),
        command=repeat_command(report, check),
    )


def _rank(leveled: Mapping[str, Json], requirement: Mapping[str, Json] | None) -> tuple[int, int]:
    """Order by level, then by severity; the smallest is the worst."""
    severity = requirement["severity"] if requirement else "medium"
    return list(Level).index(leveled["level"]), SEVERITIES.index(severity)
