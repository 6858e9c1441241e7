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
from reports.causes import causes, failures
from reports.changes import grouped
from reports.changes_text import counted, verdict_word
from reports.conversation import excerpt, exchanges
from reports.curl import curl
from reports.documents import documents, indented
from reports.overview import overview
from reports.printable import cut, one_line, shown
from reports.problems import by_reason, problems
from reports.scorecard import by_area, by_level, coverage
from reports.sequence import SHOWN, diagram
from reports.settings_needed import settings_needed
from reports.tallies import Tally, tallies
from reports.words import BASES, CHANGES, NOT_TESTED, RUN_LIMITS, RUN_VERDICTS, VERDICTS, WAIVER_STATES


def render_html(report: Mapping[str, Json]) -> str:
    """Render a report, as ``json_file.read`` or ``RunReport.to_json`` gives it, to a self-contained page.

    The same report always gives the same page.
    """
    results: dict[str, list[Mapping[str, Json]]] = {verdict: [] for verdict in Verdict}
    by_check: dict[str, list[Mapping[str, Json]]] = {}
    for result in report["results"]:
        results[result["verdict"]].append(result)
        by_check.setdefault(result["check"], []).append(result)
    told = exchanges(report, drawn=SHOWN)
    untested = _untested(report["requirements"])
    failed = failures(report)
    errors, blocked = _stopped(results[Verdict.ERROR]), _stopped(failed.unexplained)
    judged_by, set_aside = _judging(report["requirements"])
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            word=RUN_VERDICTS[report["verdict"]][0],
            meaning=RUN_VERDICTS[report["verdict"]][1],
            limits=RUN_LIMITS[report["verdict"]],
            verdicts=VERDICTS,
            waiver_states=WAIVER_STATES,
            level_card=by_level(report),
            area_card=by_area(report),
            coverage=coverage(report),
            failures=failed.causes,
            failing_count=sum(len(cause.members) for cause in failed.causes),
            warnings=(warned := causes(report, Verdict.WARN)),
            warning_count=sum(len(cause.members) for cause in warned),
            failed_results=len(results[Verdict.FAIL]),
            waived=problems(report, Verdict.WAIVED),
            errors=errors,
            blocked=blocked,
            errors_and_blocked=[*errors, *blocked],
            not_applicable=(not_applicable := _by_reasons(results[Verdict.NOT_APPLICABLE])),
            not_applicable_count=len({name for _, names in not_applicable for name in names}),
            settings_needed=settings_needed(report["results"]),
            untested=untested,
            untested_count=sum(len(entries) for _, entries in untested),
            waivers=sorted(report["waivers"], key=_waiver_order),
            specifications=_specifications(report["requirements"]),
            judged_by=judged_by,
            set_aside=set_aside,
            areas=_areas(report["checks"], by_check),
            checks={check["id"]: check for check in report["checks"]},
            requirements={entry["id"]: entry for entry in report["requirements"]},
            overview=overview(report["issuer"]),
            documents=documents(report["issuer"]),
            diagram=diagram(report),
            exchanges=told,
            exchanges_left_out=len(report["exchanges"]) - len(told),
            by_number={item.number: item.data for item in told},
            cited={item.number for item in told if item.cited},
            settings=indented(report["configuration"]),
            slowest_exchanges=_slowest(report["exchanges"], "number"),
            slowest_checks=_slowest(report["results"], "check"),
            parts=_parts_of_time(report["timing"]),
            baseline=report.get("baseline"),
            run_verdicts=RUN_VERDICTS,
            run_limits=RUN_LIMITS,
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
    checks: list[tuple[Mapping[str, Json], list[Tally]]]


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
        area.checks.append((check, tallies(results.get(check["id"], []))))
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


def _judging(requirements: Iterable[Mapping[str, Json]]) -> tuple[list[str], list[str]]:
    """Give the specifications by which something was judged, and those of which nothing applied or was tested.

    Of two drafts of one specification a run follows one, so that only this one judges.
    """
    judged: dict[str, bool] = {}
    for entry in requirements:
        decided = entry["verdict"] not in (None, Verdict.NOT_APPLICABLE)
        judged[entry["spec"]] = judged.get(entry["spec"], False) or decided
    return [spec for spec, some in judged.items() if some], [spec for spec, some in judged.items() if not some]


def _stopped(results: Iterable[Mapping[str, Json]]) -> list[tuple[str, dict[str, list[str]]]]:
    """Group results by what stopped them: the reason with the checks, each with its configurations."""
    return [(reason, _by_check(them)) for reason, them in by_reason(results)]


def _by_check(results: Iterable[Mapping[str, Json]]) -> dict[str, list[str]]:
    """Give the checks of some results, each with the configurations it was to run on."""
    found: dict[str, list[str]] = {}
    for result in results:
        names = found.setdefault(result["check"], [])
        if result["configuration"]:
            names.append(result["configuration"])
    return found


def _by_reasons(results: Iterable[Mapping[str, Json]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """Group checks by all the reasons that their results have, so that each check is told once."""
    reasons: dict[str, dict[str, None]] = {}
    for result in results:
        reasons.setdefault(result["check"], {})[result["reason"] or "No reason was recorded."] = None
    groups: dict[tuple[str, ...], list[str]] = {}
    for check, told in reasons.items():
        groups.setdefault(tuple(sorted(told)), []).append(check)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def _waiver_order(waiver: Mapping[str, Json]) -> tuple[int, int, str, str]:
    """Those that fail the run first, then those that end soonest."""
    state = list(WAIVER_STATES).index(waiver["state"])
    return state, waiver["days_left"] or 0, waiver["check"], waiver["finding"]


def _slowest(items: Iterable[Mapping[str, Json]], name: str) -> list[Mapping[str, Json]]:
    return sorted(items, key=lambda item: (-item["elapsed_s"], item[name]))[:5]


def _parts_of_time(timing: Mapping[str, Json]) -> list[tuple[str, str, float, float]]:
    """Give name, meaning, seconds and share of a hundred for each part of the run's time."""
    parts = [
        ("issuer", "Waiting for answers of what is tested", timing["issuer_s"]),
        ("pause", "Pauses that a specification or a rate limit asks for", timing["waiting_s"]),
        ("harness", "The harness itself", timing["harness_s"]),
    ]
    whole = sum(seconds for _, _, seconds in parts) or 1
    return [(name, meaning, seconds, round(100 * seconds / whole, 1)) for name, meaning, seconds in parts]


@functools.cache
def environment() -> Environment:
    """Give what renders the templates of this package; every value is escaped and made visible."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters.update(
        anchor=_anchor, seconds=_seconds, cut=cut, one_line=one_line, excerpt=excerpt, prose=_prose, curl=curl
    )
    made.filters.update(grouped=grouped, counted=counted, verdict_word=verdict_word)
    made.tests["web_link"] = _is_web_link
    made.globals["NOT_TESTED"] = NOT_TESTED
    made.globals["CHANGES"] = CHANGES
    made.globals["BASES"] = BASES
    return made


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
