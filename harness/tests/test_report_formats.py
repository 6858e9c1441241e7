"""Markdown, JUnit, badge, SARIF and Allure from a report: what they say, and that nothing hostile gets through."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import cli
from harness.commands.report import OUTPUTS
from harness.model import CheckInfo, CheckResult, Finding, Level, RunReport, RunVerdict, Verdict
from harness.tests.sample_report import CONFIGURATION, ISSUER, hostile_report, sample_report
from reports import json_file
from reports.allure import STATUSES, write_allure
from reports.badge import render_badge
from reports.cases import case_name
from reports.gfm import block, code, link, prose
from reports.html import render_html
from reports.identity import finding_key
from reports.junit import render_junit
from reports.markdown import COMFORTABLE, render_markdown
from reports.sarif import render_sarif

RENDERERS = {
    "markdown": render_markdown,
    "junit": render_junit,
    "badge": render_badge,
    "sarif": render_sarif,
}
HOSTILE = (
    "<script>alert(1)</script>",
    "</code></details><img src=x onerror=alert(1)>",
    "<!-- hidden --> <![CDATA[ ]]> ]]&gt;",
    "[click](https://evil.example) ![x](https://evil.example/x.png) https://evil.example www.evil.example",
    "@team @everyone #1 GH-1 owner/repo#1 !2 ~bug %m $3 &4 0123456789abcdef0123456789abcdef01234567 :tada:",
    "a@evil.example mailto:a@evil.example",
    "| a | b |\n| - | - |\n# heading\n- item\n/close\n---",
    "`` ` ``` ```` ``` \\` `a`b``c",
    "**bold** __it__ ~~gone~~ $`x`$ \\(x\\) [^1] &lt;b&gt;",
    "abc\u202egnp.exe\u2066\u200b\x00\x01\x0b\x1b[31m\x7f\x9b\ufeff\ud800\ufffe\uffff\r\n\u2028",
    "{0} {{1}} [a](1) [b](sarif:/runs/0)",
    "../../etc/passwd\x00.json",
    "",
    " ",
    "x" * 1_000_000,
    "`" * 1_000_000,
    "\x1b" * 1_000_000,
    "line\n" * 100_000,
)
ANYTHING = st.one_of(
    st.text(max_size=80),
    st.text("`<>@#[]()!|*_~$\\&:;./-{}\"' \n\taG1\x00\x1b\u202e", max_size=80),
    st.lists(st.sampled_from(HOSTILE[:12]), max_size=4).map("".join),
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    return sample_report().to_json()


def outside_code(markdown: str) -> str:
    """What is left of Markdown without fenced blocks and code spans, as CommonMark 6.1 finds their ends."""
    rest = re.sub(r"(?ms)^(`{3,})text\n[^\n]*\n\1$", "", markdown)
    told, place = "", 0
    while run := re.compile("`+").search(rest, place):
        told += rest[place : run.start()]
        end = re.compile(rf"(?<!`){run[0]}(?!`)").search(rest, run.end())
        if end is None:
            told += run[0]
        place = end.end() if end else run.end()
    return told + rest[place:]


def is_harmless(markdown: str) -> bool:
    """Whether Markdown holds, outside code, nothing but our own markup and words."""
    text = outside_code(markdown)
    text = re.sub(r"\]\(<https://(openid\.net|www\.rfc-editor\.org)/[\w./#-]+>\)", "]()", text)
    text = re.sub(r"(?m)^<details><summary>[\w ,-]+</summary>$|^</details>$", "", text)
    text = re.sub(r"(?m)^(#{2,4} |> |- |\| ---.*\|$)", "", text)
    text = re.sub(r"(?m)^\| ([\w ]+\|)+( [\d]+ \|)*$|\*\*|\[(?=[^\[\]]*\]\(\))|\]\(\)", "", text)
    lone = re.search(
        r"[`<>@#*_\[\]|~$\\&{}^=+%]|://|www\.|:\w|\w@|\b[0-9a-f]{7,}\b|\b[A-Z]+-\d|!\w|^/", text, re.M
    )
    return lone is None and all(c.isprintable() or c == "\n" for c in text)


# --- every format ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RENDERERS)
def test_the_same_report_gives_the_same_text(name: str, sample: dict[str, Any]) -> None:
    assert RENDERERS[name](sample) == RENDERERS[name](json.loads(json.dumps(sample)))


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_and_does_nothing(name: str, text: str) -> None:
    shown = RENDERERS[name](hostile_report(text).to_json())
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    assert len(shown) < 300_000
    holds(name, shown)


@pytest.mark.parametrize("name", RENDERERS)
@FEW
@given(text=ANYTHING)
def test_any_text_is_shown_and_does_nothing(name: str, text: str) -> None:
    shown = RENDERERS[name](hostile_report(text).to_json())
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    holds(name, shown)


def holds(name: str, shown: str) -> None:
    match name:
        case "markdown":
            assert len(shown) < 65_000
            assert is_harmless(shown)
        case "junit":
            cases = list(ET.fromstring(shown).iter("testcase"))
            assert len(cases) == len(sample_report().results) + len(Verdict)
        case "badge":
            assert set(json.loads(shown)) == {"schemaVersion", "label", "message", "color"}
        case "sarif":
            check_sarif(json.loads(shown))


# --- Markdown ----------------------------------------------------------------------------------------------


def test_the_verdict_comes_first_and_the_worst_failure_next(sample: dict[str, Any]) -> None:
    told = render_markdown(sample)
    assert told.startswith("## ❌ NOT CONFORMANT\n")
    assert len(told) < COMFORTABLE
    assert "**Fix first:** `nonce-unknown-refused` (critical)" in told
    assert "--vci-select nonce-unknown-refused\n```" in told
    assert "| MUST | 3 | 0 | 1 |" in told
    first = told.index("#### 1. `nonce-unknown-refused`")
    assert first < told.index("#### 2. `offer-media-type`")
    clause = "[OpenID4VCI 1.0, 8.3.1.2](<https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html"
    assert clause in told
    assert "observed `status 200 with a credential`" in told
    assert "### Changes since the baseline" in told
    assert "1 new" in told


def test_without_a_baseline_no_change_is_told(sample: dict[str, Any]) -> None:
    assert "baseline" not in render_markdown({**sample, "baseline": None, "gate": None})
    older = {name: value for name, value in sample.items() if name not in ("baseline", "gate")}
    assert "baseline" not in render_markdown(older)


@pytest.mark.parametrize("count", [1, 12, 3_000])
def test_many_failures_are_told_in_few_words(count: int) -> None:
    report = many_failures(count)
    told = render_markdown(report.to_json())
    assert len(told) < COMFORTABLE
    assert f"{count} failing check" in told
    assert "#### 1. `check-0`" in told


@pytest.mark.parametrize("text", ["x" * 10_000, "\x1b" * 10_000, "`" * 10_000])
def test_many_changes_are_told_in_few_words(text: str) -> None:
    report = hostile_report(text).to_json()
    entries = [{**report["baseline"]["new"][0], "code": f"{number}{text}"} for number in range(100)]
    baseline = {**report["baseline"], "new": entries, "fixed": entries}
    told = render_markdown({**report, "baseline": baseline})
    changes = told[told.index("### Changes since the baseline") :]
    assert len(changes) < 8_000
    assert "100 new" in changes
    assert len(told) < 65_000


def many_failures(count: int) -> RunReport:
    names = [f"check-{number}" for number in range(count)]
    finding = Finding("CODE", "VCI-8.3.1.2-04", Level.MUST, "expected " * 40, "observed " * 40, exchange=1)
    return dataclasses.replace(
        sample_report(),
        checks=[CheckInfo(name, "area", Level.MUST, "A sentence.", ("VCI-8.3.1.2-04",)) for name in names],
        results=[CheckResult(name, Verdict.FAIL, ("VCI-8.3.1.2-04",), findings=(finding,)) for name in names],
    )


@pytest.mark.parametrize(
    ("verdict", "change", "words"),
    [
        ("conformant", {"results": [], "waivers": []}, "## ✅ CONFORMANT"),
        ("conformant-with-waivers", {"results": []}, "repair `token-not-cached` by `2026-12-31`"),
        ("incomplete", {"results": [], "waivers": []}, "run all checks to the end"),
        ("incomplete", {"waivers": []}, "Exchange 7 got no answer: timed out after 10 s."),
        ("not-conformant", {"results": []}, "put the waivers in order that are listed below as stale"),
    ],
)
def test_the_next_step_follows_from_the_verdict(verdict: str, change: dict[str, Any], words: str) -> None:
    report = {**sample_report().to_json(), "verdict": verdict, **change}
    report["results"] = [result for result in report["results"] if result["verdict"] != "fail"]
    if verdict == "conformant-with-waivers":
        report["waivers"] = [waiver for waiver in report["waivers"] if waiver["state"] == "used"]
    assert words in render_markdown(report)


@given(text=st.one_of(ANYTHING, st.sampled_from(HOSTILE)))
@settings(max_examples=400, deadline=None)
def test_text_in_markdown_stays_text(text: str) -> None:
    for told in (code(text), prose(text), f"- {prose(text)}", f"{prose(text)} {code(text)}", block(text)):
        assert is_harmless(told)
    assert is_harmless(link(text, "javascript:alert(1)"))
    assert outside_code(code(text)).strip() in ("", "(empty)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A proof is refused with `invalid_nonce`.", "A proof is refused with `invalid_nonce`."),
        ("12 checks failed, with 3 kinds of findings.", "12 checks failed, with 3 kinds of findings."),
        ("It asks @team (see #12).", "It asks `@team` (see `#12`)."),
        ("OpenID4VCI 1.0, 8.3.1.2", "OpenID4VCI 1.0, 8.3.1.2"),
        ("a`b", "``a`b``"),
        ("`a``b`", "``` `a``b` ```"),
    ],
)
def test_words_stay_words_and_the_rest_is_code(text: str, told: str) -> None:
    assert prose(text) == told


def test_only_addresses_of_the_web_become_links() -> None:
    assert link("8.1", "https://openid.net/a#b") == "[8.1](<https://openid.net/a#b>)"
    for url in ("javascript:alert(1)", "https://a.example/>)[x](<y", "//a.example", f"https://a/{'x' * 1000}"):
        assert link("8.1", url) == "8.1"


# --- badge -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", RunVerdict)
def test_the_badge_says_the_verdict_in_words(verdict: RunVerdict, sample: dict[str, Any]) -> None:
    badge = json.loads(render_badge({**sample, "verdict": str(verdict)}))
    assert badge == {
        "schemaVersion": 1,
        "label": "oid4vci-1.0",
        "message": str(verdict).replace("-", " "),
        "color": {"conformant": "brightgreen", "not-conformant": "red"}.get(verdict, badge["color"]),
    }
    assert badge["color"] not in ("brightgreen", "green") or verdict is RunVerdict.CONFORMANT


# --- JUnit -------------------------------------------------------------------------------------------------


def test_junit_counts_what_it_holds(sample: dict[str, Any]) -> None:
    root = ET.fromstring(render_junit(sample))
    (suite,) = root
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "17",
        "failures": "4",
        "errors": "1",
        "skipped": "4",
    }
    failed = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    node = failed[f"nonce-unknown-refused[{CONFIGURATION}]"]
    assert node is not None
    assert node.get("type") == "NONCE-ACCEPTED"
    assert "expected: status 400" in (node.text or "")
    assert "OpenID4VCI 1.0, 8.3.1.2 <https://" in (node.text or "")
    assert "--vci-select nonce-unknown-refused" in (node.text or "")


# --- SARIF -------------------------------------------------------------------------------------------------


def check_sarif(log: dict[str, Any]) -> None:
    """Hold a log to what its schema and GitHub's code scanning ask of the parts that are used."""
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert "helpUri" not in rule or urlsplit(rule["helpUri"]).scheme in ("http", "https")
        assert "help" not in rule or rule["help"]["text"]
    prints = [json.dumps(result["partialFingerprints"]) for result in run["results"]]
    assert len(set(prints)) == len(prints)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        text = result["message"]["text"]
        assert "](" not in text
        assert not re.search(r"[{}]", text.replace("{{", "").replace("}}", ""))
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[\w.~%-]+(/[\w.~%-]+)*", uri, re.ASCII)
        assert not {".", ".."} & set(uri.split("/"))
        assert location["physicalLocation"]["region"]["startLine"] == 1
        assert all(place["fullyQualifiedName"] for place in location["logicalLocations"])


def test_sarif_tells_failures_and_warnings_and_nothing_else(sample: dict[str, Any]) -> None:
    log = json.loads(render_sarif(sample))
    check_sarif(log)
    run = log["runs"][0]
    told = {(result["properties"]["code"], result["level"]) for result in run["results"]}
    assert told == {
        ("OFFER-MEDIA-TYPE", "error"),
        ("NO-CREDENTIAL-IDENTIFIERS", "warning"),
        ("NONCE-CACHEABLE", "error"),
        ("NONCE-ACCEPTED", "error"),
        ("ERROR-CODE-GENERAL", "warning"),
    }
    nonce = next(r for r in run["results"] if r["properties"]["code"] == "NONCE-CACHEABLE")
    (place,) = nonce["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "issuer.example/nonce"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == f"POST {ISSUER}/nonce"
    rule = run["tool"]["driver"]["rules"][nonce["ruleIndex"]]
    assert rule["helpUri"].endswith("#section-7.2")
    (invocation,) = run["invocations"]
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["error", "warning"]


def test_sarif_knows_what_is_new_since_the_baseline(sample: dict[str, Any]) -> None:
    result = next(r for r in sample["results"] if r["check"] == "nonce-not-cached")
    entry = {**result, **result["findings"][0], "failing": True}
    changed = {**sample["baseline"], "new": [entry], "changed": []}
    states = {
        found["properties"]["code"]: found["baselineState"]
        for found in json.loads(render_sarif({**sample, "baseline": changed}))["runs"][0]["results"]
    }
    assert states.pop("NONCE-CACHEABLE") == "new"
    assert set(states.values()) == {"unchanged"}
    assert finding_key(entry, entry) == finding_key(result, result["findings"][0])
    without = json.loads(render_sarif({**sample, "baseline": None}))
    assert all("baselineState" not in found for found in without["runs"][0]["results"])


def test_the_fingerprint_outlives_ports_numbers_and_values(sample: dict[str, Any]) -> None:
    text = json.dumps(sample).replace("login.issuer.example", "issuer.example")
    moved, again = (json.loads(text.replace("issuer.example", f"127.0.0.1:{port}")) for port in (4711, 815))
    for result in again["results"]:
        for finding in result["findings"]:
            finding["observed"] = "something else"
            finding["pointer"] = (finding["pointer"] or "").replace("/0/", "/3/") or None
    assert identities(moved) == identities(again)
    other = json.loads(json.dumps(sample).replace("NONCE-ACCEPTED", "NONCE-TAKEN"))
    assert identities(other) != identities(sample)


def identities(report: dict[str, Any]) -> list[tuple[str, str]]:
    results = json.loads(render_sarif(report))["runs"][0]["results"]
    return [
        (
            result["partialFingerprints"]["primaryLocationLineHash"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        )
        for result in results
    ]


# --- Allure ------------------------------------------------------------------------------------------------


def allure_results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*-result.json"))]


def test_allure_results_carry_labels_links_steps_and_exchanges(tmp_path: Path, sample: dict[str, Any]) -> None:
    write_allure(sample, tmp_path)
    results = {result["name"]: result for result in allure_results(tmp_path)}
    assert len(results) == len(sample["results"])
    for told in sample["results"]:
        result = results[case_name(told)]
        assert result["status"] == STATUSES[told["verdict"]]
        tags = {label["value"] for label in result["labels"] if label["name"] == "tag"}
        assert f"verdict: {told['verdict']}" in tags
        assert len(result["steps"]) == len(told["findings"])
    nonce = results[f"nonce-unknown-refused[{CONFIGURATION}]"]
    labels = {label["name"]: label["value"] for label in nonce["labels"]}
    assert labels["epic"] == "OpenID4VCI 1.0"
    assert labels["feature"] == "OpenID4VCI 1.0, 8.3.1.2"
    assert labels["story"].startswith("VCI-8.3.1.2-04: ")
    assert labels["suite"] == "credential"
    assert labels["severity"] == "blocker"
    assert nonce["links"][0]["url"].endswith("#section-8.3.1.2")
    (step,) = nonce["steps"]
    assert {parameter["name"]: parameter["value"] for parameter in step["parameters"]}["observed"].startswith(
        "status 200"
    )
    text = (tmp_path / step["attachments"][0]["source"]).read_text("utf-8")
    assert text.startswith(f"POST {ISSUER}/credential\n")
    assert "HTTP 200\n" in text
    assert "‹redacted sha256:1a2b3c4d›" in text
    assert len({result["historyId"] for result in results.values()}) == len(results)
    held = [*results.values(), *(step for result in results.values() for step in result["steps"])]
    sources = [attachment["source"] for holder in held for attachment in holder["attachments"]]
    assert sorted(sources) == sorted(path.name for path in tmp_path.glob("*-attachment.txt"))


def test_allure_is_written_again_over_itself_and_over_nothing_else(tmp_path: Path, sample: dict[str, Any]) -> None:
    (tmp_path / "mine-result.json").write_text("{}")
    write_allure(sample, tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_allure({**sample, "started": "2026-11-21T00:00:00Z", "results": sample["results"][:1]}, tmp_path)
    assert len(allure_results(tmp_path)) == 2
    write_allure(sample, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm_in_allure(tmp_path: Path, text: str) -> None:
    report = hostile_report(text).to_json()
    write_allure(report, tmp_path / "allure")
    results = allure_results(tmp_path / "allure")
    assert len(results) == len(report["results"])
    names = {path.name for path in (tmp_path / "allure").iterdir()}
    for path in (tmp_path / "allure").iterdir():
        content = path.read_text("utf-8")
        assert all(c.isprintable() or c in "\n\t" for c in content)
        assert len(content) < 500_000
    for result in results:
        steps = [attachment for step in result["steps"] for attachment in step["attachments"]]
        assert {attachment["source"] for attachment in [*steps, *result["attachments"]]} <= names
        assert is_harmless(result["description"])
        assert all(urlsplit(link["url"]).scheme == "https" for link in result["links"])
        assert "<" not in "".join(label["value"] for label in result["labels"]) or "<" in text


# --- the command -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_format_is_written_beside_the_report(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_file.write(sample_report(), tmp_path / "report.json")
    assert cli.main(["report", str(tmp_path / "report.json"), "--format", name]) == 0
    written = tmp_path / f"report{OUTPUTS[name]}"
    assert capsys.readouterr().out == f"{written}\n"
    assert written.exists()
    if name in RENDERERS:
        assert written.read_text("utf-8") == RENDERERS[name](json_file.read(tmp_path / "report.json"))


def test_a_report_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    json_file.write(sample_report(), tmp_path / "report.json")
    arguments = ["report", str(tmp_path / "report.json"), "--output", "-", "--format"]
    assert cli.main([*arguments, "badge"]) == 0
    assert json.loads(capsys.readouterr().out)["message"] == "not conformant"
    assert cli.main([*arguments, "allure"]) == cli.USAGE_ERROR
    assert "writes a folder" in capsys.readouterr().err


def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    json_file.write(sample_report(), tmp_path / "report.json")
    (tmp_path / "file").write_text("")
    for name in ("badge", "allure"):
        arguments = ["--format", name, "--output", str(tmp_path / "file" / "below")]
        assert cli.main(["report", str(tmp_path / "report.json"), *arguments]) == cli.USAGE_ERROR
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("assay report: ")


@pytest.mark.parametrize("name", ["html", *RENDERERS])
def test_a_report_of_an_earlier_version_is_rendered(name: str) -> None:
    report = {key: value for key, value in sample_report().to_json().items() if key not in ("gate", "baseline")}
    assert (render_html if name == "html" else RENDERERS[name])(report)
