"""What is said of the other suite fits the catalogue, and the page counts what is there."""

from __future__ import annotations

import re

from harness import catalogue, checks, coverage
from harness.model import Level


def test_every_clause_of_the_other_suite_is_a_clause_of_the_catalogue() -> None:
    assert coverage.unmatched() == {}


def test_the_page_counts_every_binding_statement_once() -> None:
    rows = re.findall(r"^\| \[[^\]]+\]\([^)]+\) \| (\d+) \| (\d+) \| (\d+) \|", coverage.page(), re.MULTILINE)
    binding = [one for one in catalogue.load().values() if one.level is not Level.MAY]
    tested = {name for check in checks.load().values() for name in check.requires}
    assert sum(int(row[0]) for row in rows) == len(binding)
    assert sum(int(row[1]) for row in rows) == sum(1 for one in binding if one.id in tested)
    assert sum(int(row[2]) for row in rows) == sum(1 for one in binding if not one.testable)
