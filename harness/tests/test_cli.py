"""The console script `assay`."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harness import cli
from harness.tests.sample_report import sample_report
from reports import json_file


def listed(what: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert cli.main(["list", what, "--json"]) == 0
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


@pytest.mark.parametrize(
    ("what", "keys"),
    [
        ("checks", {"id", "area", "level", "requirements", "proven_by"}),
        ("requirements", {"id", "spec", "clause", "level", "actor", "testable", "checks"}),
        ("faults", {"id", "proves"}),
        ("profiles", {"id"}),
        ("rules", {"id"}),
    ],
)
def test_lists_are_json_with_their_keys(what: str, keys: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(what, capsys)
    assert rows
    assert all(keys <= set(row) for row in rows)


@pytest.mark.parametrize("what", ["checks", "requirements", "faults", "profiles", "rules"])
def test_lists_have_a_line_for_each_row(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(what, capsys)
    assert cli.main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [row["id"] for row in rows]


def test_a_report_is_rendered_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    json_file.write(sample_report(), tmp_path / "report.json")
    assert cli.main(["report", str(tmp_path / "report.json")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert "<!doctype html>" in (tmp_path / "report.html").read_text().lower()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "missing.json"], "missing.json"),
        (["issuer", "--variant", "nonsense"], "unknown variant"),
        (["issuer", "--fault", "accepts:proof.nonse", "--port", "0"], "accepts:proof.nonce"),
        (["run"], "--issuer-url"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_4(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 4
    captured = capsys.readouterr()
    assert words in captured.err
    assert len(captured.err.splitlines()) == 1


def test_an_unknown_option_is_one_line_and_exit_4(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["list", "nonsense"])
    assert caught.value.code == 4
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_reference_issuer_is_served_alone() -> None:
    command = [sys.executable, "-u", "-m", "harness.cli", "issuer", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            printed += line
        url = re.search(r"Identifier: (\S+)", printed)
        mint = re.search(r"curl -s --cacert (\S+) -X POST (\S+)", printed)
        assert url
        assert mint
        context = ssl.create_default_context(cafile=mint[1])
        request = urllib.request.Request(mint[2], data=b"", method="POST")
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            offer = json.load(answer)
        assert offer["credential_issuer"] == url[1]
        assert offer["offer"].startswith("openid-credential-offer://")
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_port_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["issuer", "--port", "99999"]) == cli.USAGE_ERROR
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("what", ["profiles", "requirements"])
def test_a_reader_that_stops_is_no_error(what: str) -> None:
    command = [sys.executable, "-m", "harness.cli", "list", what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
