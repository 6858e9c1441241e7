"""Whole runs against the bundled services of Partisia: two verdicts, of which one decides or both do."""

from __future__ import annotations

import pytest

from harness.tests.test_plugin import ROOT, judge, last_line, report

RUN = ("--issuer-url", "reference", "--vci-profile", "partisia")


def test_as_documented_the_flow_works_and_does_not_conform(pytester: pytest.Pytester) -> None:
    result = judge(pytester, *RUN)
    assert result.ret == 1, result.stdout.str()
    by_name = {part["name"]: part["verdict"] for part in report(pytester)["verdicts"]}
    assert by_name == {"documented": "conformant", "standard": "not-conformant"}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_the_documented_verdict_can_decide_alone(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    chosen = ("--vci-select", "partisia-*", "--vci-verdict", "documented", *workers)
    result = judge(pytester, *RUN, *chosen)
    assert result.ret == 0, result.stdout.str()
    assert 'Only "The documented flow works" decides' in last_line(result)


def test_the_corrected_services_conform_in_both_respects(pytester: pytest.Pytester) -> None:
    bundled = (ROOT / "harness" / "profiles" / "partisia.toml").read_text()
    assert '"partisia-as-documented"' in bundled
    mine = bundled.replace('"partisia-as-documented"', '"partisia-fixed-1.0"')
    (pytester.path / "mine.toml").write_text(mine)
    result = judge(pytester, "--issuer-url", "reference", "--vci-profile", "mine.toml")
    assert result.ret == 0, result.stdout.str()
    verdicts = {part["verdict"] for part in report(pytester)["verdicts"]}
    assert verdicts == {"conformant"}
