"""A report as an in-toto Statement (v1) with the predicate test-result (v0.1).

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import Json, RunVerdict, Verdict
from reports.digest import content_digest

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
PACKAGE = "pkg:pypi/oid4vci-assay"

_LISTS = {
    Verdict.PASS: "passedTests",
    Verdict.WARN: "warnedTests",
    Verdict.WAIVED: "warnedTests",
    Verdict.FAIL: "failedTests",
    Verdict.ERROR: "failedTests",
    Verdict.BLOCKED: "failedTests",
}
"""Where a result stands. What does not apply stands nowhere; what could not be judged has not passed."""


def statement(
    report: Mapping[str, Any],
    sha256: str,
    *,
    subjects: Sequence[tuple[str, str]] = (),
    url: str | None = None,
) -> dict[str, Json]:
    """Give the statement that a report makes of its issuer.

    Args:
        report: as ``schemas/report.schema.json`` describes it.
        sha256: of the bytes of its file, in hexadecimal digits.
        subjects: name and SHA-256 of the software that was tested, such as a container image.
        url: where the run can be looked at.

    """
    tests: dict[str, list[Json]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for result in report["results"]:
        where = _LISTS.get(Verdict(result["verdict"]))
        if where is not None:
            label = result["configuration"]
            tests[where].append(f"{result['check']}[{label}]" if label else result["check"])
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": report["target"]["issuer"], "digest": {"sha256": sha256}},
            *({"name": name, "digest": {"sha256": digest}} for name, digest in subjects),
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": _result(RunVerdict(report["verdict"]), warned=bool(tests["warnedTests"])),
            "configuration": _configuration(report),
            **({} if url is None else {"url": url}),
            **tests,
        },
    }


def _result(verdict: RunVerdict, *, warned: bool) -> str:
    if verdict not in (RunVerdict.CONFORMANT, RunVerdict.CONFORMANT_WITH_WAIVERS):
        return "FAILED"
    return "WARNED" if warned else "PASSED"


def _configuration(report: Mapping[str, Any]) -> list[Json]:
    """Describe what tested and how, as ResourceDescriptors."""
    tool = report["tool"]
    return [
        {
            "name": tool["name"],
            "uri": f"{PACKAGE}@{tool['version']}",
            "annotations": {"profile": report["target"]["profile"], "commit": tool["commit"]},
        },
        {
            "name": "configuration",
            "digest": {"sha256": content_digest(report["configuration"]).removeprefix("sha256:")},
            "mediaType": "application/json",
        },
    ]
