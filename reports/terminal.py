"""The report as plain lines for the end of a terminal run; the last line is the verdict, or what the gate says."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from harness.model import Json, Verdict
from reports import changes_text
from reports.causes import failing
from reports.printable import one_line
from reports.problems import Violation, by_reason, problems
from reports.scorecard import by_level
from reports.words import RUN_VERDICTS, VERDICTS

WIDTH = 100
"""Columns after which a line is wrapped."""
_VALUE_LIMIT = 500
_LABEL = 10


def summary(report: Mapping[str, Json], path: str | None = None) -> list[str]:
    """Give the lines that tell a report: what failed and why, then ever less, then the verdict.

    ``path`` is where the full report lies. No line holds a control character, whatever the issuer sent.
    """
    lines = [
        *_failures(report),
        *_undecided(report),
        *_warnings(report),
        *_waivers(report),
        *_section("Notices", [_item(notice) for notice in report["notices"]]),
        *_changes(report),
        *_counts(report),
    ]
    if path is not None:
        lines += [f"Report: {one_line(path)}", ""]
    return [*lines, *_verdict(report), *_gate(report)]


def _verdict(report: Mapping[str, Json]) -> Iterator[str]:
    """Give the verdict, or each of several with what it is about."""
    for part in report.get("verdicts") or ():
        word = RUN_VERDICTS[part["verdict"]][0]
        yield f"{one_line(part['title'], _VALUE_LIMIT)}: {word}: {one_line(part['summary'], _VALUE_LIMIT)}"
    if not report.get("verdicts"):
        yield f"{RUN_VERDICTS[report['verdict']][0]}: {one_line(report['summary'], _VALUE_LIMIT)}"


def _failures(report: Mapping[str, Json]) -> Iterator[str]:
    failures = failing(report)
    if not failures:
        return
    yield f"Failures ({len(failures)})"
    for place, problem in enumerate(failures, start=1):
        yield ""
        yield from _wrapped(f"{place}. ", f"{problem.check} ({problem.severity})", 2)
        yield from _wrapped("", one_line(problem.description, _VALUE_LIMIT), 5)
        for violation in problem.violations:
            yield from _violation(violation)
        for reason in problem.reasons:
            yield from _labelled("reason", reason)
        yield " " * 5 + f"{'repeat':<{_LABEL}}{one_line(problem.command)}"  # in one piece, to be copied
    yield ""


def _violation(violation: Violation) -> Iterator[str]:
    finding, requirement = violation.finding, violation.requirement
    yield from _labelled("finding", finding["code"])
    clause = f"{requirement['spec']}, {requirement['clause']} " if requirement else ""
    yield from _labelled("clause", f"{clause}({finding['requirement']})")
    if requirement:
        yield from _labelled("", requirement["link"])
    yield from _labelled("expected", finding["expected"])
    yield from _labelled("observed", finding["observed"])
    seen = dict.fromkeys(sighting.exchange for sighting in violation.sightings if sighting.exchange is not None)
    numbers = [f"exchange {number}" for number in seen]
    more = [f"{len(numbers) - 5} more"] if len(numbers) > 5 else []
    places = ([finding["pointer"]] if finding["pointer"] else []) + numbers[:5] + more
    if places:
        yield from _labelled("where", ", ".join(places))


def _undecided(report: Mapping[str, Json]) -> Iterator[str]:
    for verdict, title in ((Verdict.ERROR, "Errors"), (Verdict.BLOCKED, "Blocked")):
        results = [result for result in report["results"] if result["verdict"] == verdict]
        items = []
        for reason, group in by_reason(results):
            checks = list(dict.fromkeys(result["check"] for result in group))
            more = f" and {len(checks) - 5} more" if len(checks) > 5 else ""
            items.append(_item(f"{one_line(reason, _VALUE_LIMIT)} [{', '.join(checks[:5])}{more}]"))
        yield from _section(title, items, len(results))


def _warnings(report: Mapping[str, Json]) -> Iterator[str]:
    items = [
        _item(f"{problem.check}: {_short(violation)}")
        for problem in problems(report, Verdict.WARN)
        for violation in problem.violations
    ]
    yield from _section("Warnings", items)


def _short(violation: Violation) -> str:
    requirement = violation.requirement
    clause = f" ({requirement['spec']}, {requirement['clause']})" if requirement else ""
    return f"expected {violation.finding['expected']}, observed {violation.finding['observed']}{clause}"


def _waivers(report: Mapping[str, Json]) -> Iterator[str]:
    items = []
    for waiver in report["waivers"]:
        left = f", {waiver['days_left']} days left" if waiver["state"] == "used" else ""
        items.append(
            _item(f"{waiver['state']}: {waiver['check']} {waiver['finding']}, until {waiver['expires']}{left}")
        )
    yield from _section("Waivers", items)


def _changes(report: Mapping[str, Json]) -> list[str]:
    changes = report.get("baseline")
    return [*changes_text.lines(changes, most=5), ""] if changes else []


def _gate(report: Mapping[str, Json]) -> Iterator[str]:
    """Give the line of a gate whose exit code one cannot tell from the verdict."""
    gate = report.get("gate")
    if gate and (gate["bar"] in ("none", "new") or report.get("verdicts")):
        outcome = "passed" if gate["passes"] else "stopped"
        reason = one_line(gate["reason"], _VALUE_LIMIT)
        yield f"Gate {gate['bar']}: {outcome} with exit code {gate['exit_code']}. {reason}"


def _counts(report: Mapping[str, Json]) -> Iterator[str]:
    """Give requirements by level and verdict, without the columns in which nothing stands."""
    card = by_level(report)
    used = [place for place in range(len(card.columns)) if any(row.counts[place] for row in card.rows)]
    if not used:
        return
    names = [VERDICTS[card.columns[place]][0].lower() for place in used]
    yield f"{'Requirements':<14}" + "".join(f"  {name}" for name in names)
    for row in card.rows:
        numbers = (f"{row.counts[place]:>{len(name) + 2}}" for place, name in zip(used, names, strict=True))
        yield f"  {row.name:<12}" + "".join(numbers)
    yield ""


def _section(title: str, items: list[list[str]], count: int | None = None) -> Iterator[str]:
    if items:
        yield f"{title} ({len(items) if count is None else count})"
        for item in items:
            yield from item
        yield ""


def _item(text: str) -> list[str]:
    return _wrapped("- ", one_line(text, 2 * _VALUE_LIMIT), 2)


def _labelled(label: str, text: str) -> list[str]:
    return _wrapped(f"{label:<{_LABEL}}", one_line(text, _VALUE_LIMIT), 5)


def _wrapped(start: str, text: str, indent: int) -> list[str]:
    """Wrap a text that begins with ``start``; what follows is indented to the end of ``start``."""
    return textwrap.wrap(
        one_line(text) or "(empty)",
        WIDTH,
        initial_indent=" " * indent + start,
        subsequent_indent=" " * (indent + len(start)),
        break_long_words=False,
        break_on_hyphens=False,
    )
