"""Waivers: which failures they cover, and when they fail the run themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.model import CheckResult, Finding, Level, Verdict, Waiver
from harness.waivers import WaiverError, Waivers, load

TODAY = date(2025, 6, 15)
CHECKS = ("nonce-unknown-refused", "token-cacheable")
CODES = ("NONCE-ACCEPTED", "NONCE-MISREPORTED", "TOKEN-CACHEABLE")


def waiver(check: str = CHECKS[0], finding: str = CODES[0], expires: str = "2025-06-15") -> Waiver:
    return Waiver(check, finding, reason="known", owner="team", expires=expires)


def waivers(*given: Waiver) -> Waivers:
    return Waivers(given, frozenset(CHECKS), frozenset(CODES))


def result(
    *findings: tuple[str, Level], verdict: Verdict = Verdict.FAIL, check: str = CHECKS[0], configuration: str = "a"
) -> CheckResult:
    made = tuple(Finding(code, "VCI-1-01", level, "x", "y") for code, level in findings)
    return CheckResult(check, verdict, ("VCI-1-01",), configuration, made)


MUST, SHOULD = Level.MUST, Level.SHOULD


def test_a_failure_whose_findings_are_all_waived_gives_the_waivers() -> None:
    both = waivers(waiver(), waiver(finding=CODES[1]), waiver(check=CHECKS[1]))
    failed = result((CODES[0], MUST), (CODES[1], MUST), (CODES[0], MUST))
    assert both.match(failed, TODAY) == (waiver(), waiver(finding=CODES[1]))


@pytest.mark.parametrize(
    ("given", "observed"),
    [
        ((), result((CODES[0], MUST))),
        ((waiver(),), result((CODES[0], MUST), (CODES[1], MUST))),
        ((waiver(check=CHECKS[1]),), result((CODES[0], MUST))),
        ((waiver(expires="2025-06-14"),), result((CODES[0], MUST))),
        ((waiver(),), result()),
        ((waiver(),), result((CODES[0], MUST), verdict=Verdict.ERROR)),
        ((waiver(),), result((CODES[0], SHOULD), verdict=Verdict.WARN)),
        ((waiver(),), result((CODES[0], SHOULD))),
    ],
    ids=["none", "one-left", "other-check", "expired", "no-finding", "error", "warning", "no-must"],
)
def test_anything_less_waives_nothing(given: tuple[Waiver, ...], observed: CheckResult) -> None:
    assert waivers(*given).match(observed, TODAY) is None


def test_findings_of_level_should_count_only_where_they_fail() -> None:
    failed = result((CODES[0], MUST), (CODES[1], SHOULD))
    assert waivers(waiver()).match(failed, TODAY) == (waiver(),)
    assert waivers(waiver()).match(failed, TODAY, strict=True) is None
    both = waivers(waiver(), waiver(finding=CODES[1]))
    assert both.match(failed, TODAY, strict=True) == (waiver(), waiver(finding=CODES[1]))


FAILED = result((CODES[0], MUST))
PASSED = result(verdict=Verdict.PASS, configuration="b")
BLOCKED = result(verdict=Verdict.BLOCKED, configuration="c")


@pytest.mark.parametrize(
    ("given", "results", "state", "days_left", "problem"),
    [
        (waiver(), [FAILED, PASSED], "used", 0, None),
        (waiver(expires="2025-07-15"), [result((CODES[0], MUST), verdict=Verdict.WAIVED)], "used", 30, None),
        (waiver(), [PASSED], "stale", 0, "no longer needed"),
        (waiver(), [result(verdict=Verdict.NOT_APPLICABLE)], "stale", 0, "no longer needed"),
        (waiver(), [PASSED, BLOCKED], "not-run", 0, None),
        (waiver(), [], "not-run", 0, None),
        (waiver(), [result((CODES[0], MUST), check=CHECKS[1])], "not-run", 0, None),
        (waiver(expires="2025-06-14"), [FAILED], "expired", -1, "expired on 2025-06-14; team"),
        (waiver(check="nonce-unknown-refuse"), [FAILED], "unknown", 0, f'did you mean "{CHECKS[0]}"?'),
        (waiver(finding="NONCE-ACCEPTD"), [FAILED], "unknown", 0, f'did you mean "{CODES[0]}"?'),
        (waiver(check="zzz", expires="2020-01-01"), [FAILED], "unknown", -1992, 'there is no check "zzz"'),
    ],
)
def test_state_and_problem_of_a_waiver(
    given: Waiver, results: list[CheckResult], state: str, days_left: int, problem: str | None
) -> None:
    (found,) = waivers(given).states(results, TODAY)
    assert found == given.to_json() | {"state": state, "days_left": days_left}
    problems = waivers(given).problems(results, TODAY)
    if problem is None:
        assert problems == []
    else:
        (line,) = problems
        assert line.startswith(f"waiver {given.check} {given.finding}: ")
        assert problem in line


def test_a_check_that_was_run_in_part_makes_no_waiver_stale() -> None:
    given = waivers(waiver())
    assert given.problems([PASSED], TODAY, in_part={CHECKS[0]}) == []
    assert given.states([PASSED], TODAY, in_part={CHECKS[0]})[0]["state"] == "not-run"
    assert given.states([FAILED], TODAY, in_part={CHECKS[0]})[0]["state"] == "used"
    assert given.states([PASSED], TODAY, in_part={CHECKS[1]})[0]["state"] == "stale"


def test_a_code_that_no_fault_has_proven_is_known_where_it_is_observed() -> None:
    rare = waivers(waiver(finding="NONCE-RARE"))
    assert rare.states([result(("NONCE-RARE", MUST))], TODAY)[0]["state"] == "used"
    assert rare.states([PASSED], TODAY)[0]["state"] == "unknown"


def test_codes_are_not_judged_where_they_are_not_known() -> None:
    unjudged = Waivers((waiver(finding="ANYTHING"),), frozenset(CHECKS))
    assert unjudged.states([PASSED], TODAY)[0]["state"] == "stale"


GOOD = """
[[waiver]]
check = "nonce-unknown-refused"
finding = "NONCE-ACCEPTED"
reason = "repaired in 4.2"
owner = "issuer team"
expires = {expires}
"""


@pytest.mark.parametrize("expires", ["2025-12-31", '"2025-12-31"'])
def test_a_file_is_read(tmp_path: Path, expires: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(GOOD.format(expires=expires) + 'issue = "ABC-1"\n')
    found = load(path, CHECKS, CODES)
    assert found.waivers == (Waiver(CHECKS[0], CODES[0], "repaired in 4.2", "issuer team", "2025-12-31", "ABC-1"),)
    assert found.match(FAILED, TODAY) == found.waivers


def test_a_file_without_waivers_has_none(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text("")
    assert load(tmp_path / "w.toml", CHECKS).waivers == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.format(expires='"31.12.2025"'), "w.toml: waiver #1: expires has to be the last day on which"),
        (GOOD.format(expires='"2025-02-30"'), "w.toml: waiver #1.expires is no day of the calendar"),
        (GOOD.format(expires="2025-02-01T10:00:00Z"), "w.toml: waiver #1: expires has to be the last day"),
        (GOOD.replace("owner", "ower").format(expires="2025-01-01"), 'unknown key "ower"; did you mean "owner"?'),
        (GOOD.replace("owner", "# ").format(expires="2025-01-01"), 'w.toml: waiver #1: "owner" is missing'),
        (GOOD.replace("repaired in 4.2", " ").format(expires="2025-01-01"), "reason has to be why the failure is"),
        (GOOD.format(expires="2025-01-01") * 2, "w.toml: two waivers for nonce-unknown-refused NONCE-ACCEPTED"),
        ("[[waivers]]", 'w.toml: the top level: unknown key "waivers"; did you mean "waiver"?'),
        ("waiver = 1", "w.toml: waiver: it has to be"),
        ("waiver = [1]", "w.toml: waiver #1: it has to be"),
        ("[[waiver", "w.toml: not TOML"),
        ("a = " + "[" * 5000, "w.toml: not TOML"),
        ("#" * 1_000_001, "w.toml: larger than"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "w.toml"
    path.write_text(text)
    with pytest.raises(WaiverError) as caught:
        load(path, CHECKS, CODES)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_first_of_many_wrong_waivers_is_told(tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(GOOD.format(expires="2025-01-01") + GOOD.format(expires="1") * 10)
    with pytest.raises(WaiverError, match=r"^w\.toml: waiver #2: expires has to be "):
        load(tmp_path / "w.toml", CHECKS)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(WaiverError, match=r"^cannot read "):
        load(tmp_path / name, CHECKS)
