"""The report as Markdown, short enough for a comment on a pull request and for the summary of a pipeline step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.model import Json, RunVerdict, Verdict
from reports.causes import failing
from reports.changes_text import counted
from reports.changes_text import markdown as changes_markdown
from reports.gfm import block, code, link, prose
from reports.problems import Problem, Violation, by_reason, problems
from reports.scorecard import by_level
from reports.words import RUN_VERDICTS, VERDICTS, WAIVER_STATES

COMFORTABLE = 10_000
"""Characters that a report takes where it can; GitHub refuses a comment of more than 65,536."""
_DETAILED = (10, 6, 3, 1)
"""How many failing checks are told in full: the first number with which the report is short enough."""
_CHANGES_ROOM = 3_000
_ICONS = {
    RunVerdict.CONFORMANT: "✅",
    RunVerdict.CONFORMANT_WITH_WAIVERS: "☑️",
    RunVerdict.NOT_CONFORMANT: "❌",
    RunVerdict.INCOMPLETE: "❔",
}
_FINDINGS = 2
"""How many kinds of findings of a check are told."""
_LISTED = 12
"""How many items of one list are told before the others are only counted."""
_NAMED = 3
"""How many names stand in one line before the others are only counted."""


def render_markdown(report: Mapping[str, Json]) -> str:
    """Render a report to GitHub Flavored Markdown: the verdict, what failed and what to do next.

    Nothing that an issuer sent becomes markup, a link or a mention in it. Always shorter than 65,000 characters.
    """
    failures = failing(report)
    text = ""
    for most in _DETAILED:
        text = "\n".join(_lines(report, failures, most)).rstrip() + "\n"
        if len(text) <= COMFORTABLE:
            break
    return text


def _lines(report: Mapping[str, Json], failures: Sequence[Problem], most: int) -> Iterator[str]:
    yield from _verdict(report)
    yield from _scorecard(report)
    yield from _next_step(report, failures)
    yield from _failures(failures, most)
    yield from _undecided(report)
    yield from _changes(report)
    yield from _warnings(report)
    yield from _waivers(report)


def _verdict(report: Mapping[str, Json]) -> Iterator[str]:
    target, tool = report["target"], report["tool"]
    for said in report.get("verdicts") or (report,):
        word, meaning = RUN_VERDICTS[said["verdict"]]
        about = f"{prose(said['title'])}: " if "title" in said else ""
        yield from (
            f"## {_ICONS[said['verdict']]} {about}{word}",
            "",
            f"**{prose(said['summary'])}** {meaning}",
            "",
        )
    judged = f"{code(target['issuer'])} by the profile {code(target['profile'], 60)}"
    with_tool = f"{prose(tool['name'], 60)} {code(tool['version'], 60)}"
    yield from (f"Judged {judged} with {with_tool}, {code(report['started'], 60)}.", "")
    gate = report.get("gate")
    if gate:
        passes = "lets it pass" if gate["passes"] else "stops the pipeline"
        yield from (f"The gate {code(gate['bar'])} {passes}: {prose(gate['reason'])}", "")
    notices = [f"> ⚠️ {prose(notice)}" for notice in report["notices"]]
    yield from (*_some(notices, _NAMED, "> and {} more notices"), "")


def _scorecard(report: Mapping[str, Json]) -> Iterator[str]:
    card = by_level(report)
    used = [place for place in range(len(card.columns)) if any(row.counts[place] for row in card.rows)]
    if not used:
        return
    words = [VERDICTS[card.columns[place]][0] for place in used]
    yield f"| Requirements | {' | '.join(words)} |"
    yield f"| --- |{' ---: |' * len(used)}"
    for row in card.rows:
        yield f"| {row.name} | {' | '.join(str(row.counts[place]) for place in used)} |"
    yield ""


def _next_step(report: Mapping[str, Json], failures: Sequence[Problem]) -> Iterator[str]:
    """Say what to do first."""
    if failures:
        first = failures[0]
        yield from (f"**Fix first:** {code(first.check)} ({first.severity}). This repeats it alone:", "")
        yield from (block(first.command), "")
        return
    out_of_order = [waiver for waiver in report["waivers"] if waiver["state"] in ("expired", "unknown", "stale")]
    missing = by_reason(
        result for result in report["results"] if result["verdict"] in (Verdict.ERROR, Verdict.BLOCKED)
    )
    if out_of_order:
        yield f"**Next:** put the waivers in order that are listed below as {_states(out_of_order)}."
    elif missing:
        reason, results = missing[0]
        yield f"**Next:** {prose(reason)} That keeps {_many(len(results), 'result')} open."
    elif report["verdict"] == RunVerdict.INCOMPLETE:
        yield "**Next:** run all checks to the end; what narrows this run is named above."
    elif used := [waiver for waiver in report["waivers"] if waiver["state"] == "used"]:
        soonest = min(used, key=lambda waiver: str(waiver["expires"]))
        yield (
            f"**Next:** repair {code(soonest['check'])} by {code(soonest['expires'], 60)}, when its waiver ends "
            f"({soonest['days_left']} days left)."
        )
    else:
        return
    yield ""


def _failures(failures: Sequence[Problem], most: int) -> Iterator[str]:
    if not failures:
        return
    yield from (f"### {_many(len(failures), 'failing check')}, worst first", "")
    for place, problem in enumerate(failures[:most], start=1):
        yield from _failure(place, problem)
    rest = [f"- **{problem.severity}** {code(problem.check)}: {_codes(problem)}" for problem in failures[most:]]
    yield from _folded(f"{_many(len(rest), 'more failing check')}", _some(rest, _LISTED, "- and {} more"))


def _failure(place: int, problem: Problem) -> Iterator[str]:
    kinds: dict[tuple[str, str], list[Violation]] = {}
    for violation in problem.violations:
        kinds.setdefault((violation.finding["code"], violation.finding["requirement"]), []).append(violation)
    told = list(kinds.values())[:_FINDINGS]
    yield from (f"#### {place}. {code(problem.check)} ({problem.severity}, {problem.level})", "")
    yield from (prose(problem.description), "")
    for violations in told:
        finding = violations[0].finding
        expected, observed = code(finding["expected"]), code(finding["observed"])
        yield f"- {_clause(violations[0])}: expected {expected}, observed {observed}"
    if len(kinds) > len(told):
        yield f"- and {_many(len(kinds) - len(told), 'further kind')} of findings"
    yield ""
    details = [line for violations in told for line in _details(violations)]
    details += [f"- {prose(reason)}" for reason in problem.reasons[:_NAMED]]
    yield from _folded("Why it matters and where it was seen", details)


def _clause(violation: Violation) -> str:
    requirement = violation.requirement
    if requirement is None:
        return code(violation.finding["requirement"])
    return link(f"{requirement['spec']}, {requirement['clause']}", requirement["link"])


def _details(violations: Sequence[Violation]) -> Iterator[str]:
    """Tell violations of one requirement that have the same code."""
    finding, requirement = violations[0].finding, violations[0].requirement
    if requirement:
        yield f"- {code(requirement['id'], 60)}: {prose(requirement['text'])} {prose(requirement['why'])}"
    sightings = [sighting for violation in violations for sighting in violation.sightings]
    pointers = [v.finding["pointer"] for v in violations if v.finding["pointer"]]
    numbers = [f"exchange {sighting.exchange}" for sighting in sightings if sighting.exchange is not None]
    names = [sighting.configuration for sighting in sightings if sighting.configuration]
    places = (("at", pointers), ("in", numbers), ("on", names))
    seen = "".join(f" {word} {_named(items)}" for word, items in places if items)
    yield f"- {code(finding['code'])}{seen}"


def _undecided(report: Mapping[str, Json]) -> Iterator[str]:
    for verdict, title in ((Verdict.ERROR, "in error"), (Verdict.BLOCKED, "blocked")):
        results = [result for result in report["results"] if result["verdict"] == verdict]
        items = []
        for reason, them in by_reason(results):
            items.append(f"- {prose(reason)} ({_named([result['check'] for result in them])})")
        yield from _folded(f"{_many(len(results), 'result')} {title}", _some(items, 5, "- and {} more reasons"))


def _changes(report: Mapping[str, Json]) -> Iterator[str]:
    """Tell what changed since the baseline, in as many words as there is room for."""
    changes = report.get("baseline")
    if not changes:
        return
    for most in (5, 2):
        text = changes_markdown(changes, most=most)
        if len(text) <= _CHANGES_ROOM:
            yield from (text, "")
            return
    yield from ("### Changes since the baseline", "", f"{counted(changes)}.".capitalize(), "")


def _warnings(report: Mapping[str, Json]) -> Iterator[str]:
    warnings = problems(report, Verdict.WARN)
    items = [f"- {code(problem.check)}: {_codes(problem)}" for problem in warnings]
    yield from _folded(_many(len(items), "warning"), _some(items, _LISTED, "- and {} more"))


def _waivers(report: Mapping[str, Json]) -> Iterator[str]:
    states = list(WAIVER_STATES)
    ordered = sorted(report["waivers"], key=lambda waiver: (states.index(waiver["state"]), waiver["expires"]))
    items = [
        f"- {WAIVER_STATES[waiver['state']][0]}: {code(waiver['check'])} {code(waiver['finding'])} "
        f"until {code(waiver['expires'], 60)} by {prose(waiver['owner'], 100)}: {prose(waiver['reason'], 200)}"
        for waiver in ordered
    ]
    yield from _folded(_many(len(items), "waiver"), _some(items, _LISTED, "- and {} more"))


def _states(waivers: Iterable[Mapping[str, Json]]) -> str:
    return ", ".join(dict.fromkeys(str(waiver["state"]) for waiver in waivers))


def _codes(problem: Problem) -> str:
    return _named([violation.finding["code"] for violation in problem.violations]) or "no finding"


def _named(names: Sequence[str]) -> str:
    """Name the first of some names, each once."""
    different = list(dict.fromkeys(names))
    more = f" and {len(different) - _NAMED} more" if len(different) > _NAMED else ""
    return ", ".join(code(name) for name in different[:_NAMED]) + more


def _some(items: Sequence[str], most: int, more: str) -> list[str]:
    """Give the first items, and a line that counts the others."""
    return [*items[:most], *([more.format(len(items) - most)] if len(items) > most else [])]


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Fold lines away under a title of our own words; the empty lines around them let them be Markdown."""
    if lines:
        yield from (f"<details><summary>{title}</summary>", "", *lines, "", "</details>", "")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
