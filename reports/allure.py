"""The report as a folder of Allure result files, for teams whose results come together in Allure.

A result has the status that allure-pytest gives it in a run with ``--alluredir``: a warning is ``passed``; what is
not applicable, blocked or waived is ``skipped``; what ended in an error is ``broken``. The tag ``verdict: ...``
tells them apart. :func:`labels`, :func:`links`, :func:`steps` and :func:`conversation` are also what a live run
gives to allure-pytest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.model import Json, Level, RunVerdict, Verdict
from reports.cases import case_name, clauses, explanation
from reports.gfm import is_web_address, prose
from reports.printable import one_line, shown
from reports.words import RUN_VERDICTS, SEVERITIES

STATUSES: dict[str, str] = {
    Verdict.PASS: "passed",
    Verdict.WARN: "passed",
    Verdict.FAIL: "failed",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.WAIVED: "skipped",
    Verdict.BLOCKED: "skipped",
    Verdict.ERROR: "broken",
}
"""Verdict to the status of Allure."""
_WEIGHTS = dict(zip(SEVERITIES, ("blocker", "critical", "normal", "minor"), strict=True))
_PREFIX = "assay-"
"""Begins the name of every result and attachment, so that what an earlier report left there can be told."""
_NAME_LIMIT = 300


class AllureError(Exception):
    """The folder cannot be written; the message is one line."""


@dataclass(frozen=True)
class Step:
    """One finding as a step of a test."""

    name: str
    parameters: Mapping[str, str]
    exchange: int | None


def write_allure(report: Mapping[str, Json], folder: Path) -> None:
    """Write a report to a folder: one result for each check and configuration, its exchanges as attachments.

    What an earlier report has left in the folder is replaced; results of others stay.

    Raises:
        AllureError: the folder cannot be written.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob(f"{_PREFIX}*-result.json"), *folder.glob(f"{_PREFIX}*-attachment.txt")):
            old.unlink()
        for name, content in _files(report):
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise AllureError(f"{folder}: {error.strerror or error}") from error


def labels(
    area: str, requirements: Sequence[Mapping[str, Json]], verdict: str | None = None
) -> list[tuple[str, str]]:
    """Give the labels of a check as names and values.

    Its main requirement, which is the first, makes epic, feature and story; Allure would cross those of several.

    Args:
        area: of the check.
        requirements: those it tests, as entries of a report or of the catalogue.
        verdict: of the result, where there is one already.

    """
    given = [("parentSuite", "Assay"), ("suite", one_line(area, _NAME_LIMIT))]
    if requirements:
        main = requirements[0]
        given += [
            ("epic", one_line(main["spec"], _NAME_LIMIT)),
            ("feature", one_line(f"{main['spec']}, {main['clause']}", _NAME_LIMIT)),
            ("story", one_line(f"{main['id']}: {main['text']}", _NAME_LIMIT)),
            ("severity", _severity(requirements)),
        ]
    levels = [level.value for level in Level if any(entry["level"] == level for entry in requirements)]
    given += [("tag", word) for word in levels[:1]]
    return given + ([("tag", verdict_tag(verdict))] if verdict else [])


def verdict_tag(verdict: str) -> str:
    """Give the tag that tells verdicts apart that have the same status."""
    return f"verdict: {verdict}"


def links(requirements: Iterable[Mapping[str, Json]]) -> list[tuple[str, str]]:
    """Give the clauses of requirements as names and addresses."""
    return [
        (one_line(f"{entry['spec']}, {entry['clause']} ({entry['id']})", _NAME_LIMIT), entry["link"])
        for entry in requirements
        if is_web_address(entry["link"])
    ]


def description(text: str) -> str:
    """Give the description of a check as Markdown."""
    return prose(text, 1_000)


def steps(findings: Iterable[Mapping[str, Json]]) -> list[Step]:
    """Give findings as steps."""
    return [
        Step(
            one_line(f"{finding['code']}: expected {one_line(finding['expected'], 200)}", _NAME_LIMIT),
            {
                "level": finding["level"],
                "requirement": one_line(finding["requirement"], _NAME_LIMIT),
                "expected": one_line(finding["expected"]),
                "observed": one_line(finding["observed"]),
                "pointer": one_line(finding["pointer"] or "-", _NAME_LIMIT),
            },
            finding["exchange"],
        )
        for finding in findings
    ]


def other_exchanges(result: Mapping[str, Json]) -> list[int]:
    """Give the numbers of the exchanges that belong to no finding of a result."""
    told = {finding["exchange"] for finding in result["findings"]}
    return [number for number in dict.fromkeys(result["exchanges"]) if number not in told]


def attachment_name(exchange: Mapping[str, Json]) -> str:
    """Name an exchange."""
    outcome = exchange["status"] if exchange["status"] is not None else "no answer"
    return one_line(f"{exchange['purpose']}: {exchange['method']} {exchange['url']} → {outcome}", _NAME_LIMIT)


def conversation(exchange: Mapping[str, Json]) -> str:
    """Give an exchange as text: request, empty line, response; redacted as it was recorded."""
    lines = [f"{exchange['method']} {exchange['url']}", *_message(exchange["request"]), ""]
    if exchange["status"] is not None:
        lines.append(f"HTTP {exchange['status']}")
    if exchange["response"]:
        lines += _message(exchange["response"])
    if exchange["failure"]:
        lines.append(f"({exchange['failure']})")
    return shown("\n".join(lines)) + "\n"


def _files(report: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Give names and contents."""
    run = f"{report['started']} {report['target']['issuer']}"
    exchanges = {exchange["number"]: exchange for exchange in report["exchanges"]}
    known = clauses(report)
    checks = {entry["id"]: entry for entry in report["checks"]}
    requirements = {entry["id"]: entry for entry in report["requirements"]}
    clock = _milliseconds(report["started"])
    for place, result in enumerate(report["results"]):
        check = checks.get(result["check"], {"area": "other", "description": result["check"]})
        cited = [requirements[name] for name in result["requirements"] if name in requirements]
        stop = clock + round(result["elapsed_s"] * 1000)
        identity = _digest(run, place, result["check"], result["configuration"])
        attached = _Attached(identity, exchanges)
        told = {
            "uuid": identity,
            "historyId": _digest(result["check"], result["configuration"]),
            "testCaseId": _digest(result["check"]),
            "fullName": one_line(f"assay#{result['check']}", _NAME_LIMIT),
            "name": one_line(case_name(result), _NAME_LIMIT),
            "titlePath": ["Assay", one_line(check["area"], _NAME_LIMIT)],
            "description": description(check["description"]),
            "status": STATUSES[result["verdict"]],
            "statusDetails": _details(result, known),
            "stage": "finished",
            "start": clock,
            "stop": stop,
            "labels": _named([*labels(check["area"], cited, result["verdict"]), ("framework", "pytest")]),
            "links": [{"type": "link", "name": name, "url": url} for name, url in links(cited)],
            "parameters": _named([("configuration", one_line(result["configuration"] or "-", _NAME_LIMIT))]),
            "steps": [
                {
                    "name": step.name,
                    "status": "failed",
                    "stage": "finished",
                    "start": clock,
                    "stop": stop,
                    "parameters": _named(step.parameters.items()),
                    "attachments": attached.these([step.exchange]),
                }
                for step in steps(result["findings"])
            ],
            "attachments": attached.these(other_exchanges(result)),
        }
        clock = stop
        yield f"{_PREFIX}{identity}-result.json", _json(told)
        yield from attached.files.items()
    yield "environment.properties", _properties(report)


class _Attached:
    """The attachments of one result; Allure 3 finds a file only for the first that refers to it."""

    def __init__(self, identity: str, exchanges: Mapping[int, Mapping[str, Json]]) -> None:
        self.files: dict[str, str] = {}
        """Name to content."""
        self._identity = identity
        self._exchanges = exchanges

    def these(self, numbers: Iterable[int | None]) -> list[dict[str, str]]:
        """Refer to exchanges; those that the report does not hold are left out."""
        told = []
        for exchange in (self._exchanges.get(number or 0) for number in numbers):
            if exchange is None:
                continue
            source = f"{_PREFIX}{self._identity}-{len(self.files)}-attachment.txt"
            self.files[source] = conversation(exchange)
            told.append({"name": attachment_name(exchange), "source": source, "type": "text/plain"})
        return told


def _details(result: Mapping[str, Json], known: Mapping[str, str]) -> dict[str, Json]:
    word = "" if result["verdict"] in (Verdict.PASS, Verdict.WARN, Verdict.FAIL) else f"{result['verdict']}: "
    first = result["findings"][0] if result["findings"] else None
    told = result["reason"] or (f"{first['code']}: observed {first['observed']}" if first else "")
    return {"message": one_line(f"{word}{told}"), "trace": explanation(result, known)} if told else {}


def _properties(report: Mapping[str, Json]) -> str:
    """Give the environment as a file of Java properties, in which nothing but ASCII is sure to be read right."""
    values = {
        "Verdict": RUN_VERDICTS[RunVerdict(report["verdict"])][0],
        **{f"Verdict.{part['name']}": RUN_VERDICTS[part["verdict"]][0] for part in report.get("verdicts") or ()},
        "Issuer": report["target"]["issuer"],
        "Profile": report["target"]["profile"],
        "Tool": f"{report['tool']['name']} {report['tool']['version']}",
        "Started": report["started"],
    }
    # The escapes of a JSON string are those of a property.
    return "".join(f"{name}={json.dumps(one_line(value, _NAME_LIMIT))[1:-1]}\n" for name, value in values.items())


def _message(message: Mapping[str, Json]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in message["headers"]]
    if message["body"] is not None:
        lines += ["", message["body"]]
    if message["truncated"]:
        lines.append(f"(cut; {message['size']:,} bytes on the wire)")
    return lines


def _severity(requirements: Sequence[Mapping[str, Json]]) -> str:
    """Give the worst severity among the requirements of the strongest level."""
    strongest = next(level for level in Level if any(entry["level"] == level for entry in requirements))
    worst = [entry["severity"] for entry in requirements if entry["level"] == strongest]
    return _WEIGHTS[min(worst, key=SEVERITIES.index)]


def _named(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _milliseconds(text: str) -> int:
    """Give milliseconds since 1970; 0 for what is no time."""
    try:
        time = datetime.fromisoformat(text)
        # Without an offset it is UTC, whatever the clock of this machine says.
        return max(0, round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError, OSError):
        return 0


def _digest(*parts: Json) -> str:
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:32]


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
