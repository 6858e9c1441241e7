"""Results as the test cases that other tools know: their names, and what was found as plain lines."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import Json
from reports.printable import one_line, shown


def case_name(result: Mapping[str, Json]) -> str:
    """Name a result as its item in pytest is named."""
    return f"{result['check']}[{result['configuration']}]" if result["configuration"] else str(result["check"])


def clauses(report: Mapping[str, Json]) -> dict[str, str]:
    """Give for the id of each requirement its specification, clause and link in one line."""
    return {
        entry["id"]: f"{entry['spec']}, {entry['clause']} <{entry['link']}>" for entry in report["requirements"]
    }


def explanation(result: Mapping[str, Json], known: Mapping[str, str]) -> str:
    """Tell what was found, line by line; empty without a finding.

    Args:
        result: an entry of the report's results.
        known: what :func:`clauses` gives.

    """
    lines: list[str] = []
    for finding in result["findings"]:
        where = [finding["pointer"]] if finding["pointer"] else []
        where += [f"exchange {finding['exchange']}"] if finding["exchange"] is not None else []
        lines += [
            f"{finding['code']} ({finding['level']} {finding['requirement']})",
            f"  clause:   {known.get(finding['requirement'], 'not in this report')}",
            f"  expected: {finding['expected']}",
            f"  observed: {finding['observed']}",
            *([f"  where:    {', '.join(where)}"] if where else []),
        ]
    return shown("\n".join(one_line(line) for line in lines))
