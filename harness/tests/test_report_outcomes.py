"""What pytest, its JUnit file and allure-pytest say of a run, and what we render from its report, is the same."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.reference.app import ReferenceIssuer
from harness.reference.serve import serving
from harness.reference.variants import VARIANTS
from reports import json_file

FAULTS = ("accepts:token.code-known", "token-response:cacheable")
SETTINGS = """
configurations = ["identity_credential"]
waivers = "waivers.toml"
[trust]
tls_ca = "tls-ca.pem"
[[offer]]
kind = "http"
url = "{url}/assay/offers"
json = {{ configuration = "{{configuration}}" }}
"""
WAIVERS = """
[[waiver]]
check = "token-response-uncacheable"
finding = "TOKEN-CACHEABLE"
reason = "the gateway | ends ]]> in <December>"
owner = "team"
expires = 2999-01-01
"""
VERDICTS = {"pass", "warn", "fail", "not-applicable", "waived", "blocked", "error"}


class Interrupted:
    """The reference issuer, but that its Nonce Endpoint ends every answer before it is whole."""

    def __init__(self, base_url: str) -> None:
        self.issuer = ReferenceIssuer(VARIANTS["default"], FAULTS, base_url=base_url)
        self.issuer_url = self.issuer.issuer_url

    @property
    def app(self) -> Interrupted:
        return self

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope.get("path") != "/nonce":
            await self.issuer.app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"c_nonce', "more_body": True})
        raise ConnectionAbortedError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that ended in every verdict there is."""
    folder = tmp_path_factory.mktemp("run")
    with serving(Interrupted) as server:
        (folder / "tls-ca.pem").write_text(server.ca_pem or "")
        (folder / "waivers.toml").write_text(WAIVERS)
        (folder / "assay.toml").write_text(SETTINGS.format(url=server.url))
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--issuer-url", server.url]
        outputs = ["--junitxml", "pytest.xml", "--alluredir", "live"]
        done = subprocess.run([*command, *outputs], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    return json_file.read(folder / "oid4vci-report" / "report.json")


@pytest.fixture(scope="module")
def live(folder: Path) -> dict[str, dict[str, Any]]:
    return allure_results(folder / "live")


@pytest.fixture(scope="module")
def rendered(folder: Path) -> dict[str, dict[str, Any]]:
    return allure_results(render(folder, "allure"))


def render(folder: Path, form: str) -> Path:
    target = folder / f"rendered-{form}"
    file = str(folder / "oid4vci-report" / "report.json")
    assert cli.main(["report", file, "--format", form, "--output", str(target)]) == 0
    return target


def junit_cases(path: Path) -> dict[str, ET.Element]:
    cases = list(ET.parse(path).getroot().iter("testcase"))
    named = {str(case.get("name")): case for case in cases}
    assert len(named) == len(cases)
    return named


def outcome(case: ET.Element) -> str:
    """``passed``, or the tag of what a reader of JUnit looks at."""
    tags = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    assert len(tags) <= 1
    return tags[0] if tags else "passed"


def allure_results(folder: Path) -> dict[str, dict[str, Any]]:
    results = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
    named = {result["name"]: {**result, "folder": folder} for result in results}
    assert len(named) == len(results)
    return named


def properties(case: ET.Element) -> dict[str, str]:
    return {str(node.get("name")): str(node.get("value")) for node in case.iter("property")}


def test_the_run_ended_in_every_verdict(report: dict[str, Any]) -> None:
    assert {result["verdict"] for result in report["results"]} == VERDICTS


def test_junit_agrees_with_that_of_pytest_case_by_case(folder: Path, report: dict[str, Any]) -> None:
    ours, theirs = junit_cases(render(folder, "junit")), junit_cases(folder / "pytest.xml")
    assert len(ours) == len(report["results"])
    assert {name: outcome(case) for name, case in ours.items()} == {
        name: outcome(case) for name, case in theirs.items()
    }
    for name, case in ours.items():
        assert properties(case) == properties(theirs[name])
        skipped, their_skipped = case.find("skipped"), theirs[name].find("skipped")
        if skipped is not None and their_skipped is not None:
            assert skipped.attrib == their_skipped.attrib
    suites = [ET.parse(path).getroot()[0] for path in (folder / "rendered-junit", folder / "pytest.xml")]
    counts = [{key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} for suite in suites]
    assert counts[0] == counts[1]


def test_allure_agrees_with_pytest_live_and_rendered(
    folder: Path, live: dict[str, dict[str, Any]], rendered: dict[str, dict[str, Any]]
) -> None:
    statuses = {"passed": "passed", "failure": "failed", "error": "broken", "skipped": "skipped"}
    pytest_says = {name: statuses[outcome(case)] for name, case in junit_cases(folder / "pytest.xml").items()}
    assert {name: result["status"] for name, result in live.items()} == pytest_says
    assert {name: result["status"] for name, result in rendered.items()} == pytest_says


def labels(result: dict[str, Any]) -> set[tuple[str, str]]:
    kinds = {"parentSuite", "suite", "subSuite", "epic", "feature", "story", "severity", "tag", "framework"}
    return {(label["name"], label["value"]) for label in result["labels"] if label["name"] in kinds}


def texts(result: dict[str, Any], holder: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (attachment["name"], attachment["type"], (result["folder"] / attachment["source"]).read_text("utf-8"))
        for attachment in holder.get("attachments", [])
    ]


def test_a_live_run_has_the_labels_steps_and_exchanges_of_the_rendered_results(
    live: dict[str, dict[str, Any]], rendered: dict[str, dict[str, Any]]
) -> None:
    assert len({result["historyId"] for result in live.values()}) == len(live)
    for name, ours in rendered.items():
        theirs = live[name]
        assert labels(theirs) == labels(ours)
        assert theirs["description"] == ours["description"]
        assert [link["url"] for link in theirs.get("links", [])] == [link["url"] for link in ours["links"]]
        assert texts(theirs, theirs) == texts(ours, ours)
        for step, their_step in zip(ours["steps"], theirs.get("steps", []), strict=True):
            for key in ("name", "status", "parameters"):
                assert their_step[key] == step[key]
            assert texts(theirs, their_step) == texts(ours, step)
    assert sum(len(result["steps"]) for result in rendered.values()) > 3
