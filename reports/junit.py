"""The report as JUnit XML, for what shows test results in pipelines: GitLab, Jenkins, GitHub Actions and others.

Each case has the name and the outcome that it has in the file of pytest's own ``--junitxml``; see ``_outcome``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from harness.model import Json, Verdict
from reports.cases import case_name, clauses, explanation
from reports.printable import one_line, shown
from reports.problems import repeat_command

_MESSAGE_LIMIT = 500
_NAME_LIMIT = 500


def render_junit(report: Mapping[str, Json]) -> str:
    """Render a report to JUnit XML: one suite for the run, one case for each result.

    Characters that XML forbids, and those that a reader could not see, are shown as ``‹U+0000›``.
    """
    cases = list(_cases(report))
    counts = Counter(child.tag for case in cases for child in case)
    totals = {
        "tests": str(len(cases)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
        "time": _seconds(report["timing"]["wall_s"]),
    }
    suites = ET.Element("testsuites", {"name": "Assay", **totals})
    suite = ET.SubElement(
        suites,
        "testsuite",
        {"name": _name(report["target"]["profile"]), **totals, "timestamp": _name(report["started"])},
    )
    suite.append(
        _properties(
            {
                "vci.issuer": report["target"]["issuer"],
                "vci.verdict": report["verdict"],
                "vci.summary": report["summary"],
                **dict(_verdicts(report)),
                "vci.tool": f"{report['tool']['name']} {report['tool']['version']}",
            }
        )
    )
    suite.extend(cases)
    ET.indent(suites, " ")
    # A surrogate cannot be left over: it is not printable.
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _verdicts(report: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Give the verdicts of a run that has several, each for itself."""
    for part in report.get("verdicts") or ():
        yield f"vci.verdict.{_name(part['name'])}", part["verdict"]
        yield f"vci.summary.{_name(part['name'])}", part["summary"]


def _cases(report: Mapping[str, Json]) -> Iterator[ET.Element]:
    areas = {entry["id"]: entry["area"] for entry in report["checks"]}
    known = clauses(report)
    for result in report["results"]:
        case = ET.Element(
            "testcase",
            classname=_name(f"suites.{areas.get(result['check'], 'other').replace('.', ' ')}"),
            name=_name(case_name(result)),
            time=_seconds(result["elapsed_s"]),
        )
        case.append(
            _properties(
                {
                    "vci.check": result["check"],
                    "vci.requirements": " ".join(result["requirements"]),
                    "vci.verdict": result["verdict"],
                    "vci.findings": " ".join(finding["code"] for finding in result["findings"]),
                }
            )
        )
        case.extend(_outcome(report, result, explanation(result, known)))
        yield case


def _outcome(report: Mapping[str, Json], result: Mapping[str, Json], explained: str) -> Iterator[ET.Element]:
    """Say what pytest says: a warning passes, what is waived is an expected failure, and so on."""
    reason = result["reason"] or ""
    match result["verdict"]:
        case Verdict.FAIL:
            first = result["findings"][0] if result["findings"] else {"code": "fail", "observed": reason}
            told = f"{first['code']}: observed {first['observed']}"
            node = ET.Element("failure", message=_message(told), type=_name(first["code"]))
            repeat = one_line(f"repeat:   {repeat_command(report, result['check'])}")
            node.text = f"{explained}\n{repeat}"
            yield node
        case Verdict.ERROR:
            node = ET.Element("error", message=_message(reason), type="error")
            node.text = shown(reason)
            yield node
        case Verdict.WAIVED:
            node = ET.Element("skipped", message=_message(reason), type="pytest.xfail")
            node.text = explained
            yield node
        case Verdict.BLOCKED:
            yield ET.Element("skipped", message=_message(f"BLOCKED: {reason}"), type="pytest.skip")
        case Verdict.NOT_APPLICABLE:
            yield ET.Element("skipped", message=_message(f"not applicable: {reason}"), type="pytest.skip")
        case Verdict.WARN:
            node = ET.Element("system-out")
            node.text = explained
            yield node


def _properties(values: Mapping[str, str]) -> ET.Element:
    node = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(node, "property", name=name, value=_message(value))
    return node


def _message(text: str) -> str:
    return one_line(text, _MESSAGE_LIMIT)


def _name(text: str) -> str:
    return one_line(text, _NAME_LIMIT)


def _seconds(value: float) -> str:
    return f"{value:.3f}"
