"""What changed between two reports: a finding is known again, and what nobody looked at is not called fixed."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness import cli
from harness.model import RunReport
from harness.tests.sample_report import CONFIGURATION, hostile_report, sample_report
from reports import changes_text, json_file
from reports.changes import compare, grouped, newly_failing
from reports.identity import fails, finding_key, steady

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "report.schema.json").read_text("utf-8"))
CHECK = "nonce-unknown-refused"
KINDS = ("new", "changed", "fixed", "removed")

Report = dict[str, Any]


@pytest.fixture
def old() -> Report:
    return copy.deepcopy(dataclasses.replace(sample_report(), baseline=None, gate=None).to_json())


@pytest.fixture
def new(old: Report) -> Report:
    return copy.deepcopy(old)


def result(report: Report, check: str = CHECK, configuration: str | None = CONFIGURATION) -> dict[str, Any]:
    found: dict[str, Any] = next(
        r for r in report["results"] if r["check"] == check and r["configuration"] in (configuration, None)
    )
    return found


def numbers(found: Report) -> tuple[int, ...]:
    return tuple(len(found[kind]) for kind in KINDS)


def test_the_same_report_has_no_changes(old: Report, new: Report) -> None:
    found = compare(old, new)
    findings = sum(len(r["findings"]) for r in old["results"])
    assert numbers(found) == (0, 0, 0, 0)
    assert 0 < found["unchanged"] <= findings
    assert not any(found[kind] for kind in ("warnings", "undecided", "requirements", "checks_added"))


def test_what_only_one_run_has_makes_no_change(old: Report, new: Report) -> None:
    for report, port, mark, index in ((old, 41001, "1a2b3c4d", 0), (new, 52002, "99887766", 3)):
        finding = result(report)["findings"][0]
        finding["exchange"] = index + 1
        finding["pointer"] = f"/credentials/{index}/credential: /exp"
        finding["observed"] = (
            f"‹redacted sha256:{mark}› from https://127.0.0.1:{port}/credential, {port} bytes, "
            f"expired {port} seconds ago at 17{port}000 in exchange {port}"
        )
        report["target"]["issuer"] = f"https://127.0.0.1:{port}"
    found = compare(old, new)
    assert numbers(found) == (0, 0, 0, 0)
    assert found["warnings"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://issuer.example:8443/x", "https://issuer.example:8443/x"),
        ("https://127.0.0.1:8443/x", "https://127.0.0.1/x"),
        ("HTTP 400 with error 'invalid_proof'", "HTTP 400 with error 'invalid_proof'"),
        ("at most 60 seconds", "at most 60 seconds"),
        ("2026-11-20T10:26:05Z", "…"),
        ("status 200", "status 200"),
    ],
)
def test_only_what_changes_by_itself_is_left_out_of_a_text(text: str, expected: str) -> None:
    assert steady(text) == expected


def test_a_key_has_no_exchange_and_no_index() -> None:
    seen = {"check": "c", "configuration": None, "verdict": "fail"}
    finding = {"code": "C", "requirement": "R", "level": "MUST", "pointer": "/a/0/b/12: /3/x", "exchange": 7}
    assert finding_key(seen, finding) == ("c", "", "C", "R", "/a/*/b/*: /*/x")
    assert finding_key(seen, {**finding, "pointer": "header X-1"}).pointer == "header X-1"
    assert fails(seen, finding, strict=False)
    assert not fails(seen, {**finding, "level": "SHOULD"}, strict=False)
    assert fails(seen, {**finding, "level": "SHOULD"}, strict=True)
    assert not fails({**seen, "verdict": "waived"}, finding, strict=True)


@pytest.mark.parametrize(
    ("reason", "undecided"),
    [("no hook is known: [suspend]", True), ("the metadata has no nonce_endpoint", False)],
)
def test_what_a_setting_would_decide_again_is_missing(
    old: Report, new: Report, reason: str, undecided: bool
) -> None:
    gone = result(new)
    gone["verdict"], gone["findings"], gone["reason"] = "not-applicable", [], reason
    found = compare(old, new)
    assert [entry["check"] for entry in found["undecided"]] == [CHECK] * undecided


def test_a_finding_that_appears_is_new_and_one_that_goes_is_fixed(old: Report, new: Report) -> None:
    gone = result(old)
    gone["verdict"], gone["findings"] = "pass", []
    found = compare(old, new)
    assert {entry["check"] for entry in found["new"]} == {CHECK}
    assert newly_failing(found) == found["new"]
    assert all(entry["exchange"] for entry in found["new"])
    back = compare(new, old)
    assert {entry["check"] for entry in back["fixed"]} == {CHECK}
    assert newly_failing(back) == []
    assert all(entry["exchange"] is None for entry in back["fixed"])


def test_a_new_finding_that_is_waived_does_not_fail(old: Report, new: Report) -> None:
    gone, waived = result(old), result(new)
    gone["verdict"], gone["findings"] = "pass", []
    waived["verdict"] = "waived"
    found = compare(old, new)
    assert len(found["new"]) == 1
    assert newly_failing(found) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda new, r: new["results"].remove(r), "the "),
        (lambda new, r: r.update(verdict="blocked", findings=[], reason="no offer"), "blocked: no offer"),
        (lambda new, r: r.update(verdict="error", findings=[], reason=None), "the check ended in an error"),
        (lambda new, r: r.update(verdict="not-applicable", findings=[], reason="no x"), "not applicable any more"),
    ],
    ids=["not run", "blocked", "error", "not applicable"],
)
def test_what_was_not_looked_at_again_is_removed_and_not_fixed(
    old: Report, new: Report, change: Any, reason: str
) -> None:
    change(new, result(new))
    found = compare(old, new)
    assert numbers(found) == (0, 0, 0, 1)
    assert reason in found["removed"][0]["reason"]
    undecided = [item["check"] for item in found["undecided"]]
    assert undecided == ([] if "applicable" in reason else [CHECK])


def test_a_check_that_the_tool_has_no_more_is_told(old: Report, new: Report) -> None:
    new["results"] = [r for r in new["results"] if r["check"] != CHECK]
    new["checks"] = [info for info in new["checks"] if info["id"] != CHECK]
    found = compare(old, new)
    assert found["checks_removed"] == [CHECK]
    assert {entry["reason"] for entry in found["removed"]} == {"the newer run did not know the check"}
    assert found["undecided"] == []
    assert compare(new, old)["checks_added"] == [CHECK]


@pytest.mark.parametrize(
    ("member", "value"), [("observed", "status 201"), ("expected", "a 400"), ("level", "SHOULD")]
)
def test_the_same_finding_seen_otherwise_is_changed(old: Report, new: Report, member: str, value: str) -> None:
    finding = result(new)["findings"][0]
    before = finding[member]
    finding[member] = value
    found = compare(old, new)
    assert numbers(found) == (0, 1, 0, 0)
    assert found["changed"][0][member] == value
    assert found["changed"][0]["before"][member] == before


def test_a_failure_that_is_waived_now_is_changed(old: Report, new: Report) -> None:
    result(new)["verdict"] = "waived"
    (changed,) = compare(old, new)["changed"]
    assert (changed["before"]["verdict"], changed["verdict"], changed["failing"]) == ("fail", "waived", False)


def test_requirements_with_another_verdict_are_told(old: Report, new: Report) -> None:
    entry = next(entry for entry in new["requirements"] if entry["verdict"] == "pass")
    entry["verdict"] = "fail"
    assert compare(old, new)["requirements"] == [{"id": entry["id"], "before": "pass", "after": "fail"}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda r: r["target"].update(issuer="https://other.example"),
            "different issuers: https://issuer.example",
        ),
        (lambda r: r["target"].update(profile="haip"), "different profiles: oid4vci-1.0 before, haip now"),
        (lambda r: r["requirements"].pop(), "catalogue of requirements is another one: 1 removed"),
        (lambda r: r["requirements"][0].update(text="other"), "1 reworded"),
        (lambda r: r["configuration"].update(strict=True), "Only the newer run took findings of level SHOULD"),
        (lambda r: r["target"].update(configurations=[]), "Configurations not tested any more: "),
        (lambda r: r.update(started="2001-01-01T00:00:00Z"), "the wrong way round"),
    ],
)
def test_what_cannot_well_be_compared_is_warned_of(old: Report, new: Report, change: Any, words: str) -> None:
    change(new)
    (warning,) = compare(old, new)["warnings"]
    assert words in warning


def test_one_change_in_many_configurations_is_told_once(old: Report, new: Report) -> None:
    before = compare(old, new)["unchanged"]
    for name in ("a", "b", "c"):
        new["results"].append({**copy.deepcopy(result(new)), "configuration": name})
    found = compare(old, new)
    (group,) = grouped(found["new"])
    assert (group.configurations, group.failing, found["unchanged"]) == (("a", "b", "c"), True, before)


def test_a_comparison_is_as_its_schema_says(old: Report) -> None:
    for other in (sample_report(), hostile_report("\x1b[31m<b>")):
        for pair in ((old, other.to_json()), (other.to_json(), old)):
            Draft202012Validator(SCHEMA).validate({**old, "baseline": compare(*pair)})


# --- the words ----------------------------------------------------------------------------------------------


def test_the_lines_tell_each_kind() -> None:
    text = "\n".join(changes_text.lines(sample_report().to_json()["baseline"]))
    assert "Findings: 1 new, 1 changed, 1 fixed, 1 removed, 2 unchanged." in text
    for words in (
        "was warning",
        "the check was blocked: no offer came",
        "(pass → fail)",
        "retired-check",
        "2 added",
    ):
        assert words in text


def test_no_more_than_asked_for_is_told() -> None:
    baseline = sample_report().to_json()["baseline"]
    baseline["new"] = [{**baseline["new"][0], "code": f"CODE-{number}"} for number in range(30)]
    assert sum("CODE-" in line for line in changes_text.lines(baseline, most=5)) == 5
    assert "  - and 25 more" in changes_text.lines(baseline, most=5)
    assert "- and 10 more" in changes_text.markdown(baseline)


HOSTILE = (
    "<script>alert(1)</script>",
    "x\n# CONFORMANT\n@team #1 https://evil.example",
    "\x1b[2J\u202e\x9b",
    "`|*_[a](b)",
)


@pytest.mark.parametrize("text", [*HOSTILE, "y" * 1_000_000], ids=range(5))
def test_hostile_text_does_no_harm(text: str) -> None:
    found = hostile_report(text).to_json()["baseline"]
    lines = changes_text.lines(found)
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if line.startswith("#")]
    shown = changes_text.markdown(found)
    assert len(shown) + sum(map(len, lines)) < 50_000
    assert all(line.isprintable() for line in shown.splitlines())
    outside = "".join(piece for place, piece in enumerate(shown.split("`")) if place % 2 == 0)
    assert "<script" not in outside
    assert "https://" not in outside
    assert "@team" not in outside
    assert [line for line in shown.splitlines() if line.startswith("#")] == ["### Changes since the baseline"]


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path, old: Report, new: Report) -> tuple[str, str]:
    gone = result(old)
    gone["verdict"], gone["findings"] = "pass", []
    paths = tmp_path / "old.json", tmp_path / "new.json"
    for path, report in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps(report), encoding="utf-8")
    return str(paths[0]), str(paths[1])


@pytest.mark.parametrize(
    ("form", "start"), [("text", "Changes since"), ("markdown", "### Changes"), ("json", "{")]
)
def test_the_command_says_by_its_code_whether_failures_are_new(
    files: tuple[str, str], form: str, start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["diff", *files, "--format", form]) == 1
    assert capsys.readouterr().out.startswith(start)
    assert cli.main(["diff", *reversed(files), "--format", form]) == 0


def test_the_command_prints_json_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile: RunReport = hostile_report("\x1b[31m\u202e\x9b")
    json_file.write(hostile, tmp_path / "new.json")
    json_file.write(sample_report(), tmp_path / "old.json")
    cli.main(["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--format", "json"])
    out = capsys.readouterr().out
    assert json.loads(out)["new"]
    assert all(line.isprintable() for line in out.splitlines())


def test_a_report_that_cannot_be_read_is_one_line_and_exit_4(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cut.json").write_text('{"tool": {')
    assert cli.main(["diff", files[0], str(tmp_path / "cut.json")]) == cli.USAGE_ERROR
    (line,) = capsys.readouterr().err.splitlines()
    assert "cut.json: cut short" in line


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_terminal_that_lacks_characters_shows_escapes(
    files: tuple[str, str], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert cli.main(["diff", *files, "--format", form]) == 1
    assert written.getvalue().isascii()


def test_a_report_of_before_there_were_baselines_is_read(tmp_path: Path, old: Report) -> None:
    for name in ("gate", "baseline"):
        del old[name]
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    assert json_file.read_without_exchanges(tmp_path / "old.json")["exchanges"] == []


def test_what_only_warned_before_is_newly_failing(old: Report) -> None:
    new = copy.deepcopy(old)
    result = next(r for r in new["results"] if r["verdict"] == "fail")
    before = next(r for r in old["results"] if r["check"] == result["check"])
    before["verdict"] = "waived"
    found = compare(old, new)
    assert [entry["check"] for entry in newly_failing(found)] == [result["check"]] * len(result["findings"])
