"""Verdicts that a profile divides a run into: each stands for itself, and the gate says which of them decide."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness import profiles
from harness.config import load
from harness.gate import Bar, passage
from harness.model import CheckResult, Finding, Level, PartVerdict, RunReport, RunVerdict, Verdict
from harness.own_verdicts import VerdictError, deciding, parts_of, restricted, told, without_report
from harness.profiles import OwnVerdict, ProfileError
from harness.run import Run
from harness.tests.sample_report import sample_report
from reports.badge import render_badge
from reports.html import render_html
from reports.json_file import read, write
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.sarif import render_sarif
from reports.terminal import summary

PROFILE = """
name = "two"
title = "Two verdicts"
specifications = ["VCI", "RFC6749"]
[[verdict]]
name = "issuance"
title = "Issuance"
specifications = ["VCI"]
[[verdict]]
name = "oauth"
title = "OAuth 2.0"
specifications = ["RFC6749"]
"""
REQUIREMENTS = {"VCI-1-01", "VCI-1-02", "RFC6749-5-01"}


def profile(tmp_path: Path, text: str = PROFILE) -> profiles.Profile:
    path = tmp_path / "two.toml"
    path.write_text(text)
    return profiles.load(str(path))


def failed(
    *findings: tuple[str, Level], requirements: tuple[str, ...] = ("VCI-1-01", "RFC6749-5-01")
) -> CheckResult:
    seen = tuple(Finding("CODE", requirement, level, "a", "b") for requirement, level in findings)
    return CheckResult("token-error", Verdict.FAIL, requirements, None, seen)


# --- the profile --------------------------------------------------------------------------------------------


def test_a_profile_names_its_verdicts(tmp_path: Path) -> None:
    verdicts = profile(tmp_path).verdicts
    assert verdicts[0] == OwnVerdict("issuance", "Issuance", ("VCI",))
    assert [verdict.name for verdict in verdicts] == ["issuance", "oauth"]


def test_the_verdicts_of_bundled_profiles_are_in_order() -> None:
    for name in profiles.names():
        assert len(profiles.load(name).verdicts) != 1, name


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('["RFC6749"]\n', '["VCI"]\n', 'each of "specifications" belongs to exactly one [[verdict]]'),
        ('["VCI", "RFC6749"]', '["VCI", "RFC6749", "RFC9126"]', "belongs to exactly one"),
        ('name = "oauth"', 'name = "issuance"', "two [[verdict]] tables have one name"),
        ('title = "OAuth 2.0"', "", 'each [[verdict]] has a "name", a "title"'),
        ('title = "OAuth 2.0"', 'title = ""', 'each [[verdict]] has a "name"'),
        ('title = "OAuth 2.0"', 'title = "x"\ndecides = true', 'unknown key "decides" in [[verdict]]'),
        ('title = "OAuth 2.0"', 'title = "x"\ndialect = "draft-1"', '"dialect" of a [[verdict]] has to be one of'),
    ],
)
def test_a_division_that_is_none_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile(tmp_path, PROFILE.replace(old, new))
    assert words in str(caught.value)


def test_an_unknown_verdict_cannot_decide(tmp_path: Path) -> None:
    with pytest.raises(VerdictError, match="the profile two has issuance, oauth"):
        parts_of(profile(tmp_path), REQUIREMENTS, "issuing")
    with pytest.raises(VerdictError, match="has one verdict, which decides anyway"):
        parts_of(profiles.load("oid4vci-1.0"), REQUIREMENTS, "issuance")


# --- judging by parts -----------------------------------------------------------------------------------------


def test_a_finding_counts_in_the_part_of_its_requirement_only(tmp_path: Path) -> None:
    issuance, oauth = parts_of(profile(tmp_path), REQUIREMENTS, None)
    mixed = failed(("RFC6749-5-01", Level.MUST))
    assert [result.verdict for result in oauth.of([mixed], strict=False)] == [Verdict.FAIL]
    assert [result.verdict for result in issuance.of([mixed], strict=False)] == [Verdict.PASS]
    only = CheckResult("metadata", Verdict.PASS, ("VCI-1-02",))
    assert (issuance.of([only], strict=False), oauth.of([only], strict=False)) == ([only], [])


@pytest.mark.parametrize(("strict", "verdict"), [(False, Verdict.WARN), (True, Verdict.FAIL)])
def test_what_only_ought_to_be_warns_although_the_check_failed_elsewhere(
    tmp_path: Path, strict: bool, verdict: Verdict
) -> None:
    issuance, oauth = parts_of(profile(tmp_path), REQUIREMENTS, None)
    mixed = failed(("RFC6749-5-01", Level.MUST), ("VCI-1-01", Level.SHOULD))
    assert [result.verdict for result in issuance.of([mixed], strict=strict)] == [verdict]
    assert [result.verdict for result in oauth.of([mixed], strict=strict)] == [Verdict.FAIL]


def test_what_could_not_run_could_not_in_both_parts(tmp_path: Path) -> None:
    blocked = CheckResult("a", Verdict.BLOCKED, ("VCI-1-01", "RFC6749-5-01"))
    for part in parts_of(profile(tmp_path), REQUIREMENTS, None):
        assert [result.verdict for result in part.of([blocked], strict=False)] == [Verdict.BLOCKED]


def verdicts(
    one: RunVerdict = RunVerdict.CONFORMANT,
    two: RunVerdict = RunVerdict.NOT_CONFORMANT,
    *,
    only: str | None = None,
) -> list[PartVerdict]:
    return [
        PartVerdict("documented", "Documented flow", ("MTR",), one, "All 3 checks passed.", only != "standard"),
        PartVerdict("standard", "OpenID4VCI", ("VCI",), two, "1 check failed.", only != "documented"),
    ]


@pytest.mark.parametrize(
    ("one", "two", "only", "code"),
    [
        (RunVerdict.CONFORMANT, RunVerdict.CONFORMANT, None, 0),
        (RunVerdict.CONFORMANT, RunVerdict.CONFORMANT_WITH_WAIVERS, None, 0),
        (RunVerdict.CONFORMANT, RunVerdict.NOT_CONFORMANT, None, 1),
        (RunVerdict.INCOMPLETE, RunVerdict.CONFORMANT, None, 6),
        (RunVerdict.INCOMPLETE, RunVerdict.NOT_CONFORMANT, None, 1),
        (RunVerdict.CONFORMANT, RunVerdict.NOT_CONFORMANT, "documented", 0),
        (RunVerdict.CONFORMANT, RunVerdict.NOT_CONFORMANT, "standard", 1),
        (RunVerdict.INCOMPLETE, RunVerdict.CONFORMANT, "standard", 0),
    ],
)
def test_the_exit_code_is_0_only_when_all_that_decide_conform(
    one: RunVerdict, two: RunVerdict, only: str | None, code: int
) -> None:
    said = passage(Bar.MUST, deciding(verdicts(one, two, only=only)), found_out=True)
    assert said.exit_code == code


def test_the_gate_says_which_verdicts_decide() -> None:
    assert told(verdicts()) == 'All of "Documented flow" and "OpenID4VCI" decide.'
    assert told(verdicts(only="standard")).startswith('Only "OpenID4VCI" decides, as was asked for')
    assert told([]) == ""
    both = verdicts(only="documented")
    said = passage(Bar.MUST, deciding(both), found_out=True, deciding=told(both))
    assert said.reason.startswith('The run is conformant. Only "Documented flow" decides')


def test_the_sentence_of_the_run_names_every_verdict() -> None:
    assert deciding(verdicts(only="documented")).summary == (
        "Documented flow: conformant. All 3 checks passed. OpenID4VCI: not conformant. 1 check failed."
    )


def test_without_a_report_nothing_passes_and_a_failure_stays_one() -> None:
    one, two = without_report(verdicts(), "The disk is full.")
    assert (one.verdict, two.verdict) == (RunVerdict.INCOMPLETE, RunVerdict.NOT_CONFORMANT)
    assert one.summary.endswith("The disk is full.")


def test_only_changes_of_what_decides_count() -> None:
    new = [{"requirement": "VCI-1-01", "failing": True}, {"requirement": "MTR-1", "failing": True}]
    changes = {"new": new, "changed": [], "undecided": [{"check": "a"}, {"check": "gone"}], "unchanged": 3}
    left = restricted(changes, {"VCI-1-01"}, {"a"})
    assert left == {"new": new[:1], "changed": [], "undecided": [{"check": "gone"}], "unchanged": 3}


# --- a run ----------------------------------------------------------------------------------------------------


def run(tmp_path: Path, **given: object) -> Run:
    profile(tmp_path)
    named = {"issuer_url": "https://issuer.example", "vci_profile": str(tmp_path / "two.toml"), **given}
    return Run(load(named, {}, tmp_path), now=lambda: 1_790_000_000.0)


def finished(tested: Run) -> dict[str, Any]:
    """Let every check pass but one that names a requirement of OAuth 2.0, and one that is left out."""
    some = list(tested.checks.values())
    oauth = next(check for check in some if check.requires[0].startswith("RFC6749"))
    issuance = next(check for check in some if all(name.startswith("VCI-") for name in check.requires))
    tested.planned([(oauth, None), (issuance, None)])
    finding = Finding("CODE", oauth.requires[0], Level.MUST, "a", "b")
    tested.results += [
        CheckResult(oauth.id, Verdict.FAIL, (oauth.requires[0],), None, (finding,)),
        CheckResult(issuance.id, Verdict.PASS, issuance.requires),
    ]
    said, lines = tested.finish(command="assay run", stopped=None)
    report: dict[str, Any] = read(tested.settings.report_dir / "report.json")
    return {"said": said, "lines": lines, "report": report}


def test_a_run_judges_each_part_and_never_merges_them(tmp_path: Path) -> None:
    found = finished(run(tmp_path, vci_report_dir=str(tmp_path / "out")))
    assert found["said"].exit_code == 1
    by_name = {part["name"]: part for part in found["report"]["verdicts"]}
    assert by_name["issuance"]["verdict"] == "conformant"
    assert by_name["oauth"]["verdict"] == "not-conformant"
    assert found["report"]["verdict"] == "not-conformant"
    assert found["lines"][-1].endswith('All of "Issuance" and "OAuth 2.0" decide.')


@pytest.mark.parametrize(("name", "code"), [("issuance", 0), ("oauth", 1)])
def test_one_verdict_can_be_asked_to_decide(tmp_path: Path, name: str, code: int) -> None:
    found = finished(run(tmp_path, vci_report_dir=str(tmp_path / "out"), vci_verdict=name))
    assert found["said"].exit_code == code
    assert [part["decides"] for part in found["report"]["verdicts"]] == [name == "issuance", name == "oauth"]
    assert "decides, as was asked for" in found["lines"][-1]


def test_a_verdict_that_the_profile_does_not_have_ends_before_the_run(tmp_path: Path) -> None:
    from harness.config import ConfigError

    with pytest.raises(ConfigError, match="the profile two has issuance, oauth"):
        run(tmp_path, vci_verdict="documented")


# --- the reports ------------------------------------------------------------------------------------------------


@pytest.fixture
def both() -> RunReport:
    parts = verdicts()
    gate = {"bar": "must", "passes": False, "exit_code": 1, "reason": f"The run is not conformant. {told(parts)}"}
    return replace(sample_report(), verdicts=parts, summary=deciding(parts).summary, gate=gate)


def test_the_report_keeps_to_its_schema(both: RunReport, tmp_path: Path) -> None:
    from importlib.resources import files

    from jsonschema import Draft202012Validator

    write(both, tmp_path / "report.json")
    schema = json.loads(files("schemas").joinpath("report.schema.json").read_text())
    assert [str(error) for error in Draft202012Validator(schema).iter_errors(read(tmp_path / "report.json"))] == []


def test_the_terminal_ends_with_both_verdicts_and_the_gate(both: RunReport) -> None:
    lines = summary(both.to_json())
    assert lines[-3] == "Documented flow: CONFORMANT: All 3 checks passed."
    assert lines[-2] == "OpenID4VCI: NOT CONFORMANT: 1 check failed."
    assert lines[-1].startswith("Gate must: stopped with exit code 1.")


def test_the_page_has_both_in_its_head_and_no_third(both: RunReport) -> None:
    page = render_html(both.to_json())
    head = page[page.index("<header") : page.index("</header>")]
    assert head.count("CONFORMANT") == 2
    assert "Documented flow: CONFORMANT" in head
    assert "OpenID4VCI: NOT CONFORMANT" in head
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Documented flow CONFORMANT, OpenID4VCI NOT CONFORMANT:" in title


def test_markdown_junit_sarif_and_badge_tell_both(both: RunReport) -> None:
    report = both.to_json()
    headings = [line for line in render_markdown(report).splitlines() if line.startswith("## ")]
    assert [heading.split(" ", 2)[2] for heading in headings] == [
        "Documented flow: CONFORMANT",
        "OpenID4VCI: NOT CONFORMANT",
    ]
    suite = ET.fromstring(render_junit(report)).find("testsuite/properties")
    assert suite is not None
    properties = {node.get("name"): node.get("value") for node in suite}
    assert properties["vci.verdict.documented"] == "conformant"
    assert properties["vci.verdict.standard"] == "not-conformant"
    told_by_sarif = json.loads(render_sarif(report))["runs"][0]["properties"]["verdicts"]
    assert [part["verdict"] for part in told_by_sarif] == ["conformant", "not-conformant"]
    assert json.loads(render_badge(report))["message"] == "documented conformant, standard not conformant"


def test_a_report_without_parts_looks_as_it_always_did() -> None:
    report = sample_report().to_json()
    without = {name: value for name, value in report.items() if name != "verdicts"}
    for render in (render_html, render_markdown, render_junit, render_sarif, render_badge):
        assert render(report) == render(without)
    assert summary(report) == summary(without)
