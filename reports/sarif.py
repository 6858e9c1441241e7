"""The report as SARIF 2.1.0, for code scanning: rules are requirements, results are what fails and what warns.

What GitHub's code scanning asks for beyond the schema is kept: every result has a physical location with a
relative path and a line, and a fingerprint under the name it looks at. There is no file in which an issuer errs,
so the path is host and path of the request, and the logical location says the same in full. Waived failures are
left out, because code scanning would open an alert for them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from harness.model import Json, Level, RunVerdict, Verdict
from reports.gfm import is_web_address, link, prose
from reports.identity import FindingKey, fails, finding_key, is_strict, steady
from reports.printable import one_line
from reports.problems import by_reason

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TEXT_LIMIT = 1_000
_PATH_LIMIT = 200
_NOTIFICATIONS = 100
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", re.ASCII)


def render_sarif(report: Mapping[str, Json]) -> str:
    """Render a report to a SARIF log of one run, with one result for each finding that keeps its identity."""
    found = _found(report)
    cited = {item.finding["requirement"] for item in found.values()}
    rules = [_rule(entry) for entry in report["requirements"] if entry["id"] in cited]
    rules += [{"id": _text(name)} for name in sorted(cited - {entry["id"] for entry in report["requirements"]})]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    states = _baseline_states(report)
    urls = {exchange["number"]: exchange for exchange in report["exchanges"]}
    results = []
    for key, item in found.items():
        exchange = urls.get(item.finding["exchange"])
        rule = _text(item.finding["requirement"])
        results.append(
            {
                "ruleId": rule,
                "ruleIndex": places[rule],
                "level": "error" if item.failing else "warning",
                "message": {"text": _message(item)},
                "locations": [_location(report["target"]["issuer"], exchange, item.finding["pointer"])],
                "partialFingerprints": _fingerprints(key),
                "occurrenceCount": item.count,
                **({"baselineState": states.get(key, "unchanged")} if report.get("baseline") else {}),
                "properties": {
                    "check": _text(item.result["check"]),
                    "configuration": _text(item.result["configuration"] or ""),
                    "code": _text(item.finding["code"]),
                    "exchange": item.finding["exchange"],
                },
            }
        )
    run = {
        "tool": {
            "driver": {
                "name": _text(report["tool"]["name"]),
                "version": _text(report["tool"]["version"]),
                "rules": rules,
            }
        },
        "invocations": [_invocation(report)],
        "results": results,
        "properties": {
            "issuer": _text(report["target"]["issuer"]),
            "profile": _text(report["target"]["profile"]),
            "verdict": report["verdict"],
            "summary": _text(report["summary"]),
            **_verdicts(report),
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _verdicts(report: Mapping[str, Json]) -> dict[str, Json]:
    """Give the verdicts of a run that has several, each for itself."""
    told = [
        {
            "name": _text(part["name"]),
            "title": _text(part["title"]),
            "verdict": part["verdict"],
            "summary": _text(part["summary"]),
        }
        for part in report.get("verdicts") or ()
    ]
    return {"verdicts": told} if told else {}


@dataclass(frozen=True)
class _Found:
    """A finding, and the first result that has it."""

    result: Mapping[str, Json]
    finding: Mapping[str, Json]
    failing: bool
    count: int
    """How often it was seen."""


def _found(report: Mapping[str, Json]) -> dict[FindingKey, _Found]:
    """Give each finding once; where it fails one result and warns in another, it fails."""
    strict = is_strict(report)
    found: dict[FindingKey, _Found] = {}
    for result in report["results"]:
        if result["verdict"] not in (Verdict.FAIL, Verdict.WARN):
            continue
        for finding in result["findings"]:
            key = finding_key(result, finding)
            failing = fails(result, finding, strict=strict)
            before = found.get(key)
            count = before.count + 1 if before else 1
            if before is None or (failing and not before.failing):
                found[key] = _Found(result, finding, failing, count)
            else:
                found[key] = _Found(before.result, before.finding, before.failing, count)
    return found


def _rule(entry: Mapping[str, Json]) -> dict[str, Json]:
    clause = f"{entry['spec']}, {entry['clause']}"
    told = f"{entry['text']} {entry['why']}"
    return {
        "id": _text(entry["id"]),
        "shortDescription": {"text": _plain(entry["text"])},
        "fullDescription": {"text": _plain(told)},
        "help": {
            "text": _plain(f"{told} See {clause}: {entry['link']}"),
            "markdown": _braced(f"{prose(told, _TEXT_LIMIT)}\n\n{link(clause, entry['link'])}"),
        },
        **({"helpUri": entry["link"]} if is_web_address(entry["link"]) else {}),
        "defaultConfiguration": {"level": "error" if entry["level"] == Level.MUST else "warning"},
        "properties": {
            "tags": [_text(entry["spec"]), entry["level"], entry["severity"]],
            "problem.severity": "error" if entry["level"] == Level.MUST else "warning",
            "precision": "very-high",
        },
    }


def _message(item: _Found) -> str:
    finding = item.finding
    where = f" at {one_line(finding['pointer'], 200)}" if finding["pointer"] else ""
    on = f" on {one_line(item.result['configuration'], 200)}" if item.result["configuration"] else ""
    return _plain(
        f"{one_line(finding['code'], 200)}: observed {one_line(finding['observed'], 300)}{where}, "
        f"expected {one_line(finding['expected'], 300)}. Check {one_line(item.result['check'], 200)}{on}."
    )


def _location(issuer: str, exchange: Mapping[str, Json] | None, pointer: str | None) -> dict[str, Json]:
    url = exchange["url"] if exchange else issuer
    name = f"{exchange['method']} {url}" if exchange else url
    logical = [{"fullyQualifiedName": _text(name) or "issuer", "kind": "resource"}]
    if pointer:
        logical.append({"fullyQualifiedName": _text(pointer), "kind": "value"})
    return {
        "physicalLocation": {"artifactLocation": {"uri": _path(url)}, "region": {"startLine": 1}},
        "logicalLocations": logical,
    }


def _path(url: str) -> str:
    """Give host and path of a URL as a relative path, without what changes from run to run."""
    try:
        parts = urlsplit(steady(url[:_TEXT_LIMIT]))
        host, path = parts.netloc.rpartition("@")[2], parts.path
    except ValueError:
        host, path = "", url[:_TEXT_LIMIT]
    names = [name for name in (host.replace(":", "_"), *path.split("/")) if name.strip(".")]
    safe = quote("/".join(names)[:_PATH_LIMIT], safe="/-._~", errors="replace").strip("/")
    return safe or "issuer"


def _fingerprints(key: FindingKey) -> dict[str, str]:
    """Give the identity of a finding as digests; the second is what GitHub's code scanning compares."""
    digest = hashlib.sha256(json.dumps(key).encode("ascii")).hexdigest()
    return {"assayFinding/v1": digest[:32], "primaryLocationLineHash": f"{digest[:16]}:1"}


def _baseline_states(report: Mapping[str, Json]) -> dict[FindingKey, str]:
    changes = report.get("baseline")
    if not changes:
        return {}
    kinds = (("new", "new"), ("changed", "updated"))
    return {finding_key(entry, entry): state for kind, state in kinds for entry in changes[kind]}


def _invocation(report: Mapping[str, Json]) -> dict[str, Json]:
    """Tell how the run went; what could not be judged is a notification, because it is no result."""
    started = report["started"]
    return {
        "executionSuccessful": report["verdict"] != RunVerdict.INCOMPLETE,
        "commandLine": _text(report["command"]),
        **({"startTimeUtc": started.replace("+00:00", "Z")} if _UTC.fullmatch(started) else {}),
        "toolExecutionNotifications": [
            *_notifications(report["results"], Verdict.ERROR, "error"),
            *_notifications(report["results"], Verdict.BLOCKED, "warning"),
        ],
    }


def _notifications(results: Iterable[Mapping[str, Json]], verdict: str, level: str) -> list[dict[str, Json]]:
    told = []
    for reason, them in by_reason(result for result in results if result["verdict"] == verdict)[:_NOTIFICATIONS]:
        checks = list(dict.fromkeys(one_line(result["check"], 100) for result in them))
        more = f" and {len(checks) - 5} more" if len(checks) > 5 else ""
        text = f"{one_line(reason, 400)} Checks: {', '.join(checks[:5])}{more}."
        told.append({"level": level, "message": {"text": _plain(text)}})
    return told


def _plain(text: str) -> str:
    """Give a plain text message: no placeholders and no embedded links, whatever it holds (3.11.5, 3.11.6)."""
    return _braced(_text(text).replace("](", "] (")) or "-"


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _text(text: str) -> str:
    return one_line(text, _TEXT_LIMIT)
