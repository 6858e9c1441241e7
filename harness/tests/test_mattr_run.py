"""Whole runs against the bundled MATTR VII tenant: one decides, or both do."""

from __future__ import annotations

import pytest

from harness.tests.test_plugin import judge, last_line, report

RUN = ("--issuer-url", "reference", "--vci-profile", "mattr-vii", "--vci-select", "mattr-*")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_the_documented_verdict_can_decide_alone(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    result = judge(pytester, *RUN, "--vci-verdict", "documented", *workers)
    assert result.ret == 0, result.stdout.str()
    assert 'Only "The documented flow works" decides' in last_line(result)
    written = report(pytester)
    by_name = {part["name"]: part for part in written["verdicts"]}
    assert by_name["documented"]["verdict"] == "conformant"
    assert by_name["standard"]["verdict"] == "incomplete"
    assert "assay-issuer-secret" not in (pytester.path / "oid4vci-report" / "report.json").read_text()


def test_without_a_word_both_decide(pytester: pytest.Pytester) -> None:
    result = judge(pytester, *RUN)
    assert result.ret == 6
    assert last_line(result).startswith("Gate must: stopped with exit code 6.")


OWN = """
name = "acme"
title = "Acme"
extends = "mattr-vii"
"""


def test_a_profile_with_a_dialect_of_its_own_judges_a_tenant_all_the_same(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.toml").write_text(f'{OWN}[settings.dialect]\noid4vci = "./dialect.toml"\n')
    (pytester.path / "dialect.toml").write_text(OWN)
    result = judge(
        pytester,
        *RUN,
        "--vci-profile",
        "./acme.toml",
        "--vci-select",
        "mattr-offer*",
        "--vci-verdict",
        "documented",
    )
    assert result.ret == 0, result.stdout.str()
    assert "the bundled tenant (mattr-as-documented)" in result.stdout.str()
    verdicts = {each["verdict"] for each in report(pytester)["results"] if each["check"].startswith("mattr-offer")}
    assert verdicts == {"pass"}


def test_a_profile_that_judges_nothing_known_is_refused_in_one_line(pytester: pytest.Pytester) -> None:
    (pytester.path / "acme.toml").write_text(f'{OWN}judges = "nobody"\n')
    result = judge(pytester, *RUN, "--vci-profile", "./acme.toml")
    assert result.ret == 4
    assert 'the profile acme: "judges" is not one of issuer, ' in result.stderr.str()
