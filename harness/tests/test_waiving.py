"""`assay waive`: entries for what fails, each with reason, owner and expiry, and no change to what is there."""

from __future__ import annotations

import argparse
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness import cli, waivers
from harness.commands import UsageError, waive
from harness.model import Waiver
from harness.tests.sample_report import hostile_report, sample_report
from harness.waiving import Choice, Terms, append, entries, failing, standing, toml
from reports import json_file

TODAY = date(2026, 11, 20)
FAILING = failing(sample_report().to_json())
CHECK, CODE = FAILING[0]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    json_file.write(sample_report(), tmp_path / "report.json")
    return tmp_path / "report.json"


def run(report: Path, *arguments: str, today: date = TODAY) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    waive.add_to(parser.add_subparsers())
    given = ["--reason", "known", "--owner", "team", "--expires", "2026-12-31", *arguments]
    file = [] if "--file" in arguments else ["--file", str(report.parent / "waivers.toml")]
    return waive.run(parser.parse_args(["waive", str(report), *given, *file]), today)


def test_what_fails_is_written_once_for_all_configurations(report: Path) -> None:
    code, text = run(report, "--check", "*", "--issue", "https://tracker.example/1")
    assert code == 0
    written = standing(report.parent / "waivers.toml")
    assert list(written) == FAILING
    assert set(written.values()) == {
        Waiver(*pair, "known", "team", "2026-12-31", "https://tracker.example/1") for pair in FAILING
    }
    assert (report.parent / "waivers.toml").read_text() in text
    assert f"{len(FAILING)} waivers written to " in text
    assert "--vci-waivers" in text


def test_what_was_written_waives_what_fails(report: Path) -> None:
    run(report, "--check", "*")
    loaded = waivers.load(report.parent / "waivers.toml", {check for check, _ in FAILING})
    failed = [result for result in sample_report().results if result.verdict == "fail"]
    assert failed
    assert all(loaded.match(result, TODAY) for result in failed)


def test_warnings_and_what_is_waived_are_not_written() -> None:
    seen = {(r.check, f.code): r.verdict for r in sample_report().results for f in r.findings}
    assert set(seen.values()) > {"fail"}
    assert {seen[pair] for pair in FAILING} == {"fail"}
    strict = sample_report().to_json()
    strict["configuration"]["strict"] = True
    assert set(failing(strict)) >= set(FAILING)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(("nonce-*",), ()), True),
        (Choice((), ("NONCE-A*",)), True),
        (Choice(("other", "nonce-x"), ("NONCE-ACCEPTED",)), True),
        (Choice(("nonce-*",), ("OTHER",)), False),
        (Choice(("NONCE-*",), ()), False),
    ],
)
def test_a_choice_means_what_fits_both(choice: Choice, expected: bool) -> None:
    assert choice.holds("nonce-x", "NONCE-ACCEPTED") is expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--reason", ""), "a waiver needs a reason, an owner and an expiry; --reason missing"),
        (("--owner", " ", "--expires", ""), "--owner and --expires missing"),
        (("--expires", "2026-11-19"), "--expires 2026-11-19 has passed"),
        (("--expires", "2027-11-22"), "more than a year ahead"),
        (("--expires", "31.12.2026"), "has to be a day of the calendar, as YYYY-MM-DD"),
        (("--expires", "2026-02-30"), "has to be a day of the calendar"),
        (("--expires", "20261231"), "has to be a day of the calendar"),
        ((), "say which failures to waive: --check GLOB or --finding CODE"),
        (("--check", "nonsense-*"), f"what fails is {CHECK} {CODE}; "),
        (("--check", "*", "--reason", "\udcff"), "cannot be written"),
    ],
)
def test_what_is_missing_or_wrong_is_one_line_and_writes_nothing(
    report: Path, arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        run(report, *arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (report.parent / "waivers.toml").exists()


@pytest.mark.parametrize("expires", ["2026-11-20", "2027-11-20"])
def test_today_and_a_year_ahead_are_allowed(report: Path, expires: str) -> None:
    assert run(report, "--check", CHECK, "--expires", expires)[0] == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_what_stands_in_the_file_stays_as_it_is(report: Path, newline: str, end: str) -> None:
    file = report.parent / "waivers.toml"
    before = newline.join(
        [
            "# ours",
            "[[waiver]]",
            'check = "a"',
            'finding="B"',
            'reason = "é"',
            'owner="o"',
            "expires=2026-12-01 # soon",
        ]
    )
    file.write_bytes((before + end.replace("\n", newline)).encode())
    _, text = run(report, "--check", CHECK, "--finding", CODE)
    after = file.read_bytes().decode()
    assert after.startswith(before + newline + newline + "[[waiver]]")
    assert after.count("\n") == after.count(newline)
    assert list(standing(file)) == [("a", "B"), (CHECK, CODE)]
    assert "1 waiver written" in text


def test_a_waiver_that_is_there_is_not_written_again(report: Path) -> None:
    run(report, "--check", CHECK, "--finding", CODE)
    file = report.parent / "waivers.toml"
    before = file.read_bytes()
    code, text = run(report, "--check", CHECK, "--finding", CODE)
    assert (code, file.read_bytes()) == (0, before)
    assert f"{file} has a waiver until 2026-12-31; change it there" in text
    assert text.endswith("Nothing was written.\n")
    _, later = run(report, "--check", CHECK, "--finding", CODE, "--expires", "2027-02-01", today=date(2027, 1, 1))
    assert "has a waiver that ended on 2026-12-31" in later


def test_a_check_that_goes_on_failing_is_told(tmp_path: Path) -> None:
    made = sample_report().to_json()
    failed = next(r for r in made["results"] if r["verdict"] == "fail")
    failed["findings"].append({**failed["findings"][0], "code": "OTHER-CODE"})
    (tmp_path / "report.json").write_text(json.dumps(made))
    _, text = run(tmp_path / "report.json", "--finding", failed["findings"][0]["code"])
    assert f"{failed['check']} still fails by OTHER-CODE\n" in text


def test_nothing_to_waive_is_said(tmp_path: Path) -> None:
    made = sample_report().to_json()
    made["results"] = [r for r in made["results"] if r["verdict"] != "fail"]
    (tmp_path / "report.json").write_text(json.dumps(made))
    code, text = run(tmp_path / "report.json", "--check", "*")
    assert (code, text.startswith("Nothing to waive: ")) == (0, True)
    assert not (tmp_path / "waivers.toml").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [("[[waivers]]", "did you mean"), ("[[waiver", "not TOML"), ("waiver = []", "nothing can be appended")],
)
def test_a_file_that_cannot_be_added_to_is_left_alone(report: Path, content: str, words: str) -> None:
    file = report.parent / "waivers.toml"
    file.write_text(content)
    with pytest.raises(UsageError, match=words):
        run(report, "--check", "*")
    assert file.read_text() == content


@pytest.mark.parametrize(
    "text", ['"""', "\\", "a\nb\r\t", "\x00\x1b[31m\x7f\x85", "\u202e🙂 é", "#]]\n[[waiver]]"]
)
def test_any_text_survives_the_file(tmp_path: Path, text: str) -> None:
    made = entries([(text, text)], Terms(text, text, "2026-12-31", text))
    assert tomllib.loads(toml(made))["waiver"] == [{**made[0].to_json(), "expires": date(2026, 12, 31)}]
    assert all(line.isprintable() for line in toml(made).split("\n"))
    append(tmp_path / "deep" / "w.toml", made)
    assert list(standing(tmp_path / "deep" / "w.toml").values()) == made


def test_a_hostile_report_writes_and_prints_plain_lines(tmp_path: Path) -> None:
    json_file.write(hostile_report("\x1b[2J\n[[waiver]]\u202e"), tmp_path / "report.json")
    _, text = run(tmp_path / "report.json", "--check", "*")
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(standing(tmp_path / "waivers.toml")) == len(failing(json_file.read(tmp_path / "report.json")))


def test_the_command_line_ends_with_4_and_one_line(report: Path, capsys: pytest.CaptureFixture[Any]) -> None:
    assert cli.main(["waive", str(report), "--check", "*"]) == cli.USAGE_ERROR
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("assay waive: a waiver needs a reason, an owner and an expiry")
    assert cli.main(["waive", "missing.json", "--check", "*"]) == cli.USAGE_ERROR
