"""What a run says of itself: its sentence counts checks, however many configurations they ran on."""

from __future__ import annotations

from harness.model import CheckResult, Finding, Level, RunVerdict, Verdict
from harness.verdict import judge, left_out_by_selection


def results(check: str, verdict: Verdict, *configurations: str) -> list[CheckResult]:
    seen = (Finding(f"{check}-CODE", "R", Level.MUST, "a", "b"),) if verdict is Verdict.FAIL else ()
    return [CheckResult(check, verdict, ("R",), name, seen) for name in configurations]


def test_a_check_that_fails_on_many_configurations_is_one_failing_check() -> None:
    said = judge([*results("a", Verdict.FAIL, "x", "y", "z"), *results("b", Verdict.FAIL, "x")])
    assert said.verdict is RunVerdict.NOT_CONFORMANT
    assert said.summary == "2 checks failed, 4 times in all, with 2 kinds of findings."


def test_a_check_that_fails_once_needs_no_second_number() -> None:
    assert judge(results("a", Verdict.FAIL, "x")).summary == "1 check failed, with one kind of finding."


def test_what_passes_is_counted_by_check() -> None:
    passed = [*results("a", Verdict.PASS, "x", "y"), *results("b", Verdict.PASS, "x")]
    assert judge(passed).summary == "All 2 checks that apply passed."
    assert judge(passed[:1]).summary == "The one check that applies passed."
    warned = [*passed, *results("c", Verdict.WARN, "x", "y")]
    assert judge(warned).summary == "All 3 checks that apply passed; 1 check warned."
    waived = [*passed, *results("c", Verdict.WAIVED, "x", "y")]
    assert judge(waived).summary == "All 3 checks that apply passed but for 1 check waived."


def test_what_could_not_run_is_counted_by_check_and_what_was_left_out_by_run() -> None:
    stuck = [*results("a", Verdict.PASS, "x"), *results("b", Verdict.BLOCKED, "x", "y")]
    said = judge(stuck, left_out=2, not_run=1)
    assert said.verdict is RunVerdict.INCOMPLETE
    assert said.summary == (
        "Nothing failed, but 1 check could not run because something was missing and 1 run of a check brought no "
        "result and 2 runs of checks were left out by selection."
    )
    assert left_out_by_selection(1) == "1 run of a check was left out by selection"
