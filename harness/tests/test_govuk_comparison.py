"""What is said of the official test harness is complete, and the checks that it names exist."""

from __future__ import annotations

from harness import checks
from harness.govuk import comparison

HARNESS = comparison.official_harness()


def test_there_are_its_36_tests_in_their_order() -> None:
    assert [test.number for test in HARNESS.tests] == list(range(1, 37))
    assert len({(test.group, test.name) for test in HARNESS.tests}) == 36


def test_nine_of_them_cannot_fail_on_an_issuer_that_accepts() -> None:
    pretending = [test.number for test in HARNESS.tests if test.kind == "pretends"]
    assert pretending == [15, 16, 17, 18, 28, 29, 30, 31, 36]
    assert {test.kind for test in HARNESS.tests} == {"checks", "pretends"}


def test_a_run_has_31_of_them_in_either_format() -> None:
    for format_ in ("jwt", "mdoc"):
        assert sum(format_ in test.formats for test in HARNESS.tests) == 31


def test_each_test_and_each_gap_has_a_check() -> None:
    assert all(test.ours for test in HARNESS.tests)
    assert all(gap.ours for gap in HARNESS.gaps)


def test_the_checks_exist_and_all_are_told() -> None:
    ours = {name for name in checks.load() if name.startswith("govuk-")}
    told = {name for test in HARNESS.tests for name in test.ours} | {
        name for gap in HARNESS.gaps for name in gap.ours
    }
    assert told == ours


def test_the_table_has_a_row_for_each_and_marks_what_cannot_fail() -> None:
    lines = comparison.table().splitlines()
    assert len(lines) == 2 + len(HARNESS.tests) + len(HARNESS.gaps)
    assert all(line.count("|") == 5 for line in lines)
    assert sum("cannot fail" in line for line in lines) == 9
