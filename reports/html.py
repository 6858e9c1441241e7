"""The report as one HTML page: no network, no scripts, everything that comes from the issuer escaped."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.model import Json, Verdict
from reports.conversation import excerpt, exchanges
from reports.documents import documents, indented
from reports.printable import cut, one_line, shown
from reports.problems import by_reason, problems
from reports.scorecard import by_area, by_level, coverage
from reports.sequence import diagram
from reports.words import NOT_TESTED, RUN_VERDICTS, VERDICTS, WAIVER_STATES


def render_html(report: Mapping[str, Json]) -> str:
    """Render a report, as ``json_file.read`` or ``RunReport.to_json`` gives it, to a self-contained page.

    The same report always gives the same page.
    """
    results: dict[str, list[Mapping[str, Json]]] = {verdict: [] for verdict in Verdict}
    by_check: dict[str, list[Mapping[str, Json]]] = {}
    for result in report["results"]:
        results[result["verdict"]].append(result)
        by_check.setdefault(result["check"], []).append(result)
    told = exchanges(report)
    untested = _untested(report["requirements"])
    errors, blocked = by_reason(results[Verdict.ERROR]), by_reason(results[Verdict.BLOCKED])
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            word=RUN_VERDICTS[report["verdict"]][0],
            meaning=RUN_VERDICTS[report["verdict"]][1],
            verdicts=VERDICTS,
            waiver_states=WAIVER_STATES,
            level_card=by_level(report),
            area_card=by_area(report),
            coverage=coverage(report),
            failures=problems(report, Verdict.FAIL),
            warnings=problems(report, Verdict.WARN),
            waived=problems(report, Verdict.WAIVED),
            errors=errors,
            blocked=blocked,
            errors_and_blocked=[*errors, *blocked],
            not_applicable=by_reason(results[Verdict.NOT_APPLICABLE]),
            not_applicable_count=len(results[Verdict.NOT_APPLICABLE]),
            untested=untested,
            untested_count=sum(len(entries) for _, entries in untested),
            waivers=sorted(report["waivers"], key=_waiver_order),
            specifications=_specifications(report["requirements"]),
            areas=_areas(report["checks"], by_check),
            checks={check["id"]: check for check in report["checks"]},
            requirements={entry["id"]: entry for entry in report["requirements"]},
            documents=documents(report["issuer"]),
            diagram=diagram(report),
            exchanges=told,
            by_number={item.number: item.data for item in told},
            cited={item.number for item in told if item.cited},
            settings=indented(report["configuration"]),
            slowest_exchanges=_slowest(report["exchanges"], "number"),
            slowest_checks=_slowest(report["results"], "check"),
            parts=_parts_of_time(report["timing"]),
        )
    )


@dataclass(frozen=True)
class Clause:
    """The requirements of one clause."""

    number: str
    link: str
    requirements: list[Mapping[str, Json]]


@dataclass(frozen=True)
class Area:
    """The checks of one area, each with its results."""

    name: str
    checks: list[tuple[Mapping[str, Json], list[Mapping[str, Json]]]]


def _specifications(requirements: Iterable[Mapping[str, Json]]) -> dict[str, list[Clause]]:
    """Group requirements by specification and clause, in the order of the catalogue."""
    groups: dict[str, dict[str, list[Mapping[str, Json]]]] = {}
    for entry in requirements:
        groups.setdefault(entry["spec"], {}).setdefault(entry["clause"], []).append(entry)
    return {
        spec: [Clause(number, entries[0]["link"], entries) for number, entries in clauses.items()]
        for spec, clauses in groups.items()
    }


def _areas(checks: Iterable[Mapping[str, Json]], results: Mapping[str, list[Mapping[str, Json]]]) -> list[Area]:
    areas: dict[str, Area] = {}
    for check in checks:
        area = areas.setdefault(check["area"], Area(check["area"], []))
        area.checks.append((check, results.get(check["id"], [])))
    return list(areas.values())


def _untested(requirements: Iterable[Mapping[str, Json]]) -> list[tuple[str, list[Mapping[str, Json]]]]:
    """Group the requirements nothing tested by the reason; those a test could decide come first."""
    groups: dict[tuple[bool, str], list[Mapping[str, Json]]] = {}
    for entry in requirements:
        if entry["verdict"] is None:
            reason = entry["reason"] or entry["untestable"] or "No check of this run tests it."
            groups.setdefault((not entry["testable"], reason), []).append(entry)
    ordered = sorted(groups.items(), key=lambda group: (group[0][0], -len(group[1]), group[0][1]))
    return [(reason, entries) for (_, reason), entries in ordered]


def _waiver_order(waiver: Mapping[str, Json]) -> tuple[int, int, str, str]:
    """Those that fail the run first, then those that end soonest."""
    state = list(WAIVER_STATES).index(waiver["state"])
    return state, waiver["days_left"] or 0, waiver["check"], waiver["finding"]


def _slowest(items: Iterable[Mapping[str, Json]], name: str) -> list[Mapping[str, Json]]:
    return sorted(items, key=lambda item: (-item["elapsed_s"], item[name]))[:5]


def _parts_of_time(timing: Mapping[str, Json]) -> list[tuple[str, str, float, float]]:
    """Give name, meaning, seconds and share of a hundred for each part of the run's time."""
    parts = [
        ("issuer", "Waiting for answers of the issuer and its authorization server", timing["issuer_s"]),
        ("pause", "Pauses that a specification or a rate limit asks for", timing["waiting_s"]),
        ("harness", "The harness itself", timing["harness_s"]),
    ]
    whole = sum(seconds for _, _, seconds in parts) or 1
    return [(name, meaning, seconds, round(100 * seconds / whole, 1)) for name, meaning, seconds in parts]


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        anchor=_anchor, seconds=_seconds, cut=cut, one_line=one_line, excerpt=excerpt, prose=_prose
    )
    environment.tests["web_link"] = _is_web_link
    environment.globals["NOT_TESTED"] = NOT_TESTED
    return environment


def _finalize(value: Any) -> Any:
    """Every value on its way to the page passes here, so that none can hide a character or run on for ever."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """Give a sentence of ours with the names it puts between backticks set as code."""
    return Markup(re.sub(r"(`{1,2})([^`]+)\1", r"<code>\2</code>", str(escape(shown(text)))))  # noqa: S704 - escaped


def _anchor(name: Json) -> str:
    """Give a name that is fit for an ``id`` and for the fragment of a link to it."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", str(name))[:200]


def _seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 120:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds} s"


def _is_web_link(value: Json) -> bool:
    """Whether a value may become the target of a link; never a script."""
    return isinstance(value, str) and re.fullmatch(r"https?://[!-~]{1,2000}", value) is not None
