"""`--vci-gate` and `--vci-baseline` in whole runs: what a pipeline is told, alone and with workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS
from harness.tests.test_plugin import judge, last_line, report, settle
from reports.digest import MEMBER, report_digest

SELECTED = ("--vci-select", "proof-nonce-*", "--vci-configuration", "identity_credential")


@pytest.fixture(scope="module")
def faulty() -> Iterator[Served]:
    with serving(VARIANTS["default"], ["accepts:proof.nonce"]) as server:
        yield server


@pytest.fixture
def run(pytester: pytest.Pytester, faulty: Served) -> list[str]:
    settle(pytester, faulty)
    return ["--issuer-url", faulty.url, *SELECTED]


@pytest.fixture
def baseline(pytester: pytest.Pytester, run: list[str]) -> Path:
    """The report of a run, under another name."""
    assert judge(pytester, *run).ret == 1
    return (pytester.path / "oid4vci-report" / "report.json").rename(pytester.path / "before.json")


def without_findings(path: Path) -> None:
    before = json.loads(path.read_text())
    for result in before["results"]:
        if result["verdict"] == "fail":
            result.update(verdict="pass", findings=[])
    before[MEMBER] = report_digest(before)
    path.write_text(json.dumps(before))


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_what_the_baseline_has_does_not_stop_and_what_is_new_does(
    pytester: pytest.Pytester, run: list[str], baseline: Path, workers: tuple[str, ...]
) -> None:
    gate = ("--vci-gate", "new", "--vci-baseline", str(baseline), *workers)
    known = judge(pytester, *run, *gate)
    assert known.ret == 0, known.stdout.str()
    assert last_line(known).startswith("Gate new: passed with exit code 0. No failing finding is new")
    known.stdout.fnmatch_lines(["NOT CONFORMANT: *"])
    written = report(pytester)
    assert written["verdict"] == "not-conformant"
    assert written["gate"]["passes"] is True
    assert [written["baseline"][kind] for kind in ("new", "changed", "fixed", "removed")] == [[], [], [], []]

    without_findings(baseline)
    new = judge(pytester, *run, *gate)
    assert new.ret == 1
    assert last_line(new).startswith("Gate new: stopped with exit code 1. 1 failing finding is new")
    new.stdout.fnmatch_lines(["Changes since *", "*New (1)"])
    assert report(pytester)["baseline"]["new"][0]["code"].endswith("NONCE-ACCEPTED")
    assert "Changes since the baseline" in (pytester.path / "oid4vci-report" / "report.html").read_text()


def test_the_report_of_the_last_run_can_be_the_baseline_of_the_next(
    pytester: pytest.Pytester, run: list[str], baseline: Path
) -> None:
    last = baseline.rename(pytester.path / "oid4vci-report" / "report.json")
    result = judge(pytester, *run, "--vci-gate", "new", "--vci-baseline", str(last))
    assert result.ret == 0
    assert report(pytester)["baseline"]["unchanged"] == 1


def test_a_check_that_the_baseline_has_and_the_run_has_not_is_no_pass(
    pytester: pytest.Pytester, run: list[str], baseline: Path
) -> None:
    arguments = [argument.replace("proof-nonce-*", "nonce-*") for argument in run]
    result = judge(pytester, *arguments, "--vci-gate", "new", "--vci-baseline", str(baseline))
    assert result.ret == 6
    assert "missing, so nobody knows" in last_line(result)


def test_none_lets_every_finding_pass_but_no_run_that_found_nothing_out(
    pytester: pytest.Pytester, run: list[str]
) -> None:
    found = judge(pytester, *run, "--vci-gate", "none")
    assert found.ret == 0
    assert last_line(found).startswith("Gate none: passed with exit code 0. The run is not conformant")
    assert report(pytester)["verdict"] == "not-conformant"
    nothing = judge(pytester, "--issuer-url", "https://127.0.0.1:1", "--vci-gate", "none")
    assert nothing.ret == 6
    assert last_line(nothing).startswith("Gate none: stopped with exit code 6.")


def test_own_tests_that_fail_still_fail_beside_an_open_gate(pytester: pytest.Pytester, run: list[str]) -> None:
    path = pytester.makepyfile("def test_mine(): assert False")
    assert judge(pytester, "--pyargs", "suites", *run, "--vci-gate", "none", str(path)).ret == 1


@pytest.mark.parametrize("content", [None, "{", '{"complete": true}'])
def test_a_baseline_that_cannot_be_read_is_one_line_before_the_run(
    pytester: pytest.Pytester, run: list[str], content: str | None
) -> None:
    if content is not None:
        (pytester.path / "before.json").write_text(content)
    result = judge(pytester, *run, "--vci-baseline", "before.json")
    assert result.ret == 4
    assert "baseline: " in result.stderr.str()
    assert len([line for line in result.errlines if line.strip()]) == 1
    assert not (pytester.path / "oid4vci-report").exists()
