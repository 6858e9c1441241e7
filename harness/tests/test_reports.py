from __future__ import annotations

import ast
import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import harness.model as model
from harness.model import CheckResult, Exchange, RunReport, RunVerdict, Verdict
from harness.tests.sample_report import full_report, hostile_report, large_report, sample_report
from harness.waivers import WaiverState
from reports.conversation import excerpt, exchanges
from reports.digest import report_digest
from reports.documents import documents
from reports.html import render_html
from reports.json_file import ReportError, read, write
from reports.markdown import render_markdown
from reports.pointer import line_of
from reports.printable import one_line, shown, visible
from reports.problems import by_reason, problems, repeat_command
from reports.scorecard import by_area, by_level, coverage
from reports.sequence import SHOWN, diagram
from reports.terminal import summary
from reports.words import RUN_LIMITS, WAIVER_STATES

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "report.schema.json").read_text("utf-8"))
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>' onmouseover='alert(1)",
    "</pre></style></title></svg><iframe src=https://evil.example></iframe>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "abc\u202egnp.exe\u2066\u200b\u0000\u001b[31m\x9b\ufeff\ud800",
    "x" * 1_000_000,
    "line\n" * 5_000,
)
LATER = {"gate", "baseline", "verdicts"}
"""Members that reports of earlier versions lack; those can still be compared with."""
VOID = {"meta", "link", "br", "col", "img", "hr", "input"}
ENDED_BY = {
    "td": {"td", "th", "tr", "tbody"},
    "th": {"td", "th", "tr", "tbody"},
    "tr": {"tr", "tbody"},
    "tbody": {"tbody"},
}
"""Elements whose end tag may be left out in HTML, with those whose start ends them."""


class Page(HTMLParser):
    """Reads a page and holds it to be balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.sections: list[str] = []
        self.section_text: dict[str, str] = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "section":
            self.sections.append(str(dict(attrs)["id"]))
        while self.open and tag in ENDED_BY.get(self.open[-1], ()):
            self.open.pop()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        while self.open[-1] != tag and self.open[-1] in ENDED_BY:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)
        if "section" in self.open:
            self.section_text[self.sections[-1]] = self.section_text.get(self.sections[-1], "") + data

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]

    def attribute(self, name: str) -> list[str]:
        return [str(attributes[name]) for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    return sample_report().to_json()


@pytest.fixture(scope="module")
def page(sample: dict[str, Any]) -> Page:
    return Page(render_html(sample))


# --- the schema and the file ------------------------------------------------------------------------------


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_sample_is_valid(sample: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(sample)


@pytest.mark.parametrize(
    ("place", "described"),
    [
        (model.RunReport, SCHEMA),
        (model.CheckResult, SCHEMA["$defs"]["result"]),
        (model.Finding, SCHEMA["$defs"]["finding"]),
        (model.CheckInfo, SCHEMA["$defs"]["check"]),
        (model.Exchange, SCHEMA["$defs"]["exchange"]),
        (model.HttpMessage, SCHEMA["$defs"]["message"]),
        (model.Timing, SCHEMA["properties"]["timing"]),
        (model.PartVerdict, SCHEMA["$defs"]["part_verdict"]),
    ],
)
def test_the_schema_describes_exactly_the_fields_of_the_model(place: Any, described: dict[str, Any]) -> None:
    names = {field.name for field in dataclasses.fields(place)}
    kept_by_files = {"digest"} if place is model.RunReport else set()
    assert set(described["properties"]) == names | kept_by_files
    assert names - set(described["required"]) == (LATER if place is model.RunReport else set())
    assert described["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "enum"),
    [("verdict", model.Verdict), ("level", model.Level)],
)
def test_the_schema_knows_every_word_of_the_model(name: str, enum: Any) -> None:
    assert SCHEMA["$defs"][name]["enum"] == [str(word) for word in enum]


def test_the_schema_knows_every_verdict_of_a_run() -> None:
    assert SCHEMA["properties"]["verdict"]["enum"] == [str(word) for word in RunVerdict]


def test_the_schema_and_the_page_know_every_state_of_a_waiver() -> None:
    states = {str(state) for state in WaiverState}
    assert set(SCHEMA["$defs"]["waiver"]["properties"]["state"]["enum"]) == states
    assert set(WAIVER_STATES) == states


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "certified"),
        (("results", 0, "verdict"), "ok"),
        (("results", 0, "exchanges"), [0]),
        (("results", 2, "findings", 0, "level"), "must"),
        (("requirements", 0, "severity"), "awful"),
        (("exchanges", 0, "request", "headers"), [["only a name"]]),
        (("waivers", 0, "state"), "live"),
        (("timing", "wall_s"), -1),
        (("surplus",), 1),
    ],
)
def test_a_file_that_breaks_the_schema_is_refused(
    sample: dict[str, Any], tmp_path: Path, path: tuple[Any, ...], value: Any
) -> None:
    broken = json.loads(json.dumps(sample))
    at = broken
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    file = tmp_path / "report.json"
    file.write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(ReportError, match="not a report of this version"):
        read(file)


def test_a_written_report_is_read_back(sample: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "folder" / "report.json"
    write(sample_report(), file)
    assert read(file) == {**sample, "digest": report_digest(sample)}
    assert [path.name for path in file.parent.iterdir()] == ["report.json"]


def test_results_and_exchanges_are_read_back_as_the_model(sample: dict[str, Any]) -> None:
    report = sample_report()
    assert [CheckResult.from_json(item) for item in sample["results"]] == list(report.results)
    assert [Exchange.from_json(item) for item in sample["exchanges"]] == list(report.exchanges)


def test_writing_replaces_an_older_report(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("old", encoding="utf-8")
    write(sample_report(), file)
    assert read(file)["verdict"] == "not-conformant"


def test_a_failed_write_leaves_the_older_report(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write(sample_report(), file)
    with pytest.raises(ReportError, match="cannot be written as JSON"):
        write(dataclasses.replace(sample_report(), configuration={"clock": object()}), file)
    assert read(file)["complete"] is True


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        write(sample_report(), tmp_path / "file" / "report.json")


def test_what_json_cannot_carry_survives_the_file(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    write(dataclasses.replace(sample_report(), issuer={"metadata": {"n": float("nan"), "s": "\ud800"}}), file)
    assert read(file)["issuer"] == {"metadata": {"n": "nan", "s": "\ud800"}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1, 2]", "not a report"),
        (b"{}", "cut short"),
        (b'{"complete": false}', "cut short"),
        (b'{"complete": true}', "not a report"),
        (b'{"complete": NaN}', "not JSON"),
        (b'{"complete": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_report_is_one_clear_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "report.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ReportError, match=message) as caught:
        read(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_recognised(tmp_path: Path, share: float) -> None:
    file = tmp_path / "report.json"
    write(sample_report(), file)
    content = file.read_bytes().rstrip()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ReportError, match=r"cut short|not JSON"):
        read(file)


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_tells_things_in_order(page: Page) -> None:
    assert page.sections == [
        "identity", "scorecard", "failures", "undecided", "warnings", "waivers", "not-applicable", "untested",
        "requirements", "checks", "issuer", "conversation", "exchanges", "changes",
        "timing",
    ]  # fmt: skip
    assert page.ids().index("verdict") < page.ids().index("identity")


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (RunVerdict.CONFORMANT, "CONFORMANT"),
        (RunVerdict.CONFORMANT_WITH_WAIVERS, "CONFORMANT WITH WAIVERS"),
        (RunVerdict.NOT_CONFORMANT, "NOT CONFORMANT"),
        (RunVerdict.INCOMPLETE, "INCOMPLETE"),
    ],
)
def test_the_verdict_comes_first_and_is_no_certification(verdict: RunVerdict, word: str) -> None:
    html = render_html(dataclasses.replace(sample_report(), verdict=verdict).to_json())
    page = Page(html)
    assert [text for text in page.texts["h1"] if text.strip()] == [word]
    assert page.texts["title"][0].startswith(word + ":")
    banner = html[html.index('id="verdict"') : html.index("</header>")]
    assert "Independent test report, not an OpenID Foundation certification." in banner
    assert "3 of 15 checks fail" in banner
    assert "11 of 17 requirements</a> of the profile were tested" in banner


def test_the_page_asks_for_nothing_and_runs_nothing(page: Page) -> None:
    policy = [a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a]
    assert len(policy) == 1
    assert str(policy[0]).startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "embed", "form", "base", "img", "audio", "video"}
    loads = [attributes.get("href") for tag, attributes in page.elements if tag in ("link", "use", "image")]
    assert all(str(target).startswith(("#", "data:")) for target in loads)
    assert page.attribute("src") == []
    styles = "".join(page.texts["style"])
    assert styles.count("url(") == styles.count('url("data:image/svg+xml,') > 0
    assert "@import" not in styles


def test_every_link_inside_the_page_leads_somewhere_and_no_id_is_used_twice(page: Page) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    inside = {target[1:] for target in page.attribute("href") if target.startswith("#")}
    assert inside
    assert inside <= set(ids)


def test_the_worst_failure_comes_first_and_has_all_a_reader_needs(page: Page) -> None:
    failures = page.section_text["failures"]
    order = [name for name in page.ids() if name.startswith("fail-")]
    assert order == ["fail-nonce-unknown-refused", "fail-offer-media-type", "fail-nonce-not-cached"]
    for words in (
        "A proof carrying a nonce this issuer never gave out is refused with invalid_nonce.",
        "OpenID4VCI 1.0, 8.3.1.2",
        "A replayed proof lets a stolen credential request be used again.",
        "status 400 with the error invalid_nonce and no credential",
        "status 200 with a credential",
        "/credentials/0/credential",
        "exchange 11",
        "exchange 12",
        "NONCE-ACCEPTED",
        "pytest --issuer-url https://issuer.example --vci-config assay.toml"
        " --vci-report-dir oid4vci-report-again --vci-select nonce-unknown-refused",
        "accepts:proof.nonce",
    ):
        assert words in failures
    assert failures.count("status 200 with a credential") == 1
    assert any(target.endswith("#section-8.3.1.2") for target in page.attribute("href"))


def test_the_offending_line_is_marked(page: Page) -> None:
    marked = page.texts["mark"]
    assert any(line.lstrip().startswith('"credential":') for line in marked)
    assert "Content-Type: text/html; charset=utf-8" in marked
    assert any("invalid_credential_request" in line for line in marked)


def test_blocked_waived_and_untested_are_listed_with_their_reasons(page: Page) -> None:
    assert "No offer asks for a transaction code" in page.section_text["undecided"]
    assert "timed out after 10 s" in page.section_text["undecided"]
    assert "41 days left" in page.section_text["waivers"]
    assert "Stale" in page.section_text["waivers"]
    assert "its check did not run" in page.section_text["waivers"]
    assert "publishes no notification_endpoint" in page.section_text["not-applicable"]
    assert "The entropy of a generator" in page.section_text["untested"]


def test_every_requirement_and_check_has_a_row(sample: dict[str, Any], page: Page) -> None:
    ids = page.ids()
    assert [i for i in ids if i.startswith("req-")] == [f"req-{r['id']}" for r in sample["requirements"]]
    assert [i for i in ids if i.startswith("check-")] == [f"check-{c['id']}" for c in sample["checks"]]
    assert [i for i in ids if i.startswith("exchange-")] == [f"exchange-{n}" for n in range(1, 15)]


def test_the_same_report_gives_the_same_page(sample: dict[str, Any]) -> None:
    assert render_html(sample) == render_html(json.loads(json.dumps(sample)))


def test_an_empty_run_is_a_page(sample: dict[str, Any]) -> None:
    empty = dataclasses.replace(
        sample_report(), verdict=RunVerdict.INCOMPLETE, notices=[], results=[], checks=[], requirements=[],
        exchanges=[], waivers=[], configuration={}, issuer={}, command="",
    ).to_json()  # fmt: skip
    page = Page(render_html(empty))
    assert "No check failed." in page.section_text["failures"]
    assert "Nothing was seen of the issuer." in page.section_text["issuer"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm_on_the_page(text: str) -> None:
    report = hostile_report(text).to_json()
    Draft202012Validator(SCHEMA).validate(report)
    html = render_html(report)
    page = Page(html)
    calm = {tag for tag, _ in Page(render_html(sample_report().to_json())).elements}
    assert {tag for tag, _ in page.elements} <= calm
    names = {name for _, attributes in page.elements for name in attributes}
    assert not any(name.startswith("on") for name in names)
    assert all(target.startswith(("#", "data:", "https://")) for target in page.attribute("href"))
    assert html.isprintable() or not [c for c in html if not c.isprintable() and c not in "\n\t"]
    html.encode("utf-8")
    assert max(map(len, re.split("\n", html))) < 60_000
    assert len(html) < 2_000_000


def test_hidden_characters_are_told_by_name() -> None:
    html = render_html(hostile_report("safe\u202etxt.exe\x1b[0m").to_json())
    assert "safe‹U+202E›txt.exe‹U+001B›[0m" in html


def test_names_between_backticks_are_code_and_nothing_else_is() -> None:
    html = render_html(hostile_report("a `tx_code` ``c_nonce`` `<b>` `open").to_json())
    assert "a <code>tx_code</code> <code>c_nonce</code> <code>&lt;b&gt;</code> `open" in html


def test_a_long_group_is_folded() -> None:
    report = sample_report()
    idle = next(result for result in report.results if result.verdict is Verdict.NOT_APPLICABLE)
    page = Page(
        render_html(
            dataclasses.replace(
                report, results=[dataclasses.replace(idle, check=f"idle-{i}") for i in range(13)]
            ).to_json()
        )
    )
    assert "13 checks" in page.texts["summary"]


def test_a_document_nested_without_end_is_told_instead_of_shown(sample: dict[str, Any]) -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    page = Page(render_html({**sample, "issuer": {"metadata": deep}}))
    assert "nested too deeply" in page.section_text["issuer"]


def test_a_finding_that_differs_in_numbers_only_is_told_once(sample: dict[str, Any]) -> None:
    result = next(result for result in sample["results"] if result["verdict"] == "fail")
    (finding, *_) = result["findings"]
    told = [{**finding, "expected": f"an entry at {n}", "observed": "64 entries"} for n in (7, 8, 9)]
    other = {**finding, "expected": "a list", "observed": "64 entries"}
    report = {**sample, "results": [{**result, "findings": [*told, other]}]}
    first, second = problems(report, Verdict.FAIL)[0].violations
    assert (first.finding["expected"], len(first.sightings), first.expectation_varies) == (
        "an entry at 7",
        3,
        True,
    )
    assert (second.finding["expected"], second.expectation_varies, second.varies) == ("a list", False, False)
    assert "an entry at 7 (elsewhere with other numbers)" in Page(render_html(report)).section_text["failures"]


def test_page_markdown_and_terminal_name_the_same_failure_first(sample: dict[str, Any]) -> None:
    report = dict(sample)
    blocker = next(r for r in sample["results"] if r["verdict"] == "fail" and r["findings"][0]["exchange"])
    worst = problems(sample, Verdict.FAIL)[0]
    twin = {
        "id": "as-grave",
        "area": "x",
        "level": "MUST",
        "description": "As grave, and in the way.",
        "requirements": blocker["requirements"],
        "proven_by": {},
    }
    finding = {**worst.violations[0].finding, "requirement": "UNLISTED", "pointer": None, "exchange": 3}
    severe = next(r for r in sample["requirements"] if r["id"] == worst.violations[0].finding["requirement"])
    report["requirements"] = [*sample["requirements"], {**severe, "id": "UNLISTED"}]
    report["checks"] = [*sample["checks"], twin]
    report["results"] = [
        *(r for r in sample["results"] if r["verdict"] != "blocked"),
        {**blocker, "check": "as-grave", "findings": [finding]},
        {**blocker, "check": "stopped", "verdict": "blocked", "findings": [], "reason": "exchange 3 ended badly"},
    ]
    assert problems(report, Verdict.FAIL)[0].check == worst.check
    first = next(name for name in Page(render_html(report)).ids() if name.startswith("fail-"))
    assert first == "fail-as-grave"
    assert "**Fix first:** `as-grave`" in render_markdown(report)
    assert "1. as-grave" in "\n".join(summary(report))


def test_what_is_wrong_with_a_whole_answer_shows_its_body(sample: dict[str, Any]) -> None:
    exchange = next(e for e in sample["exchanges"] if e["response"] and e["response"]["body"])
    told = [line.text for line in excerpt(exchange, None).lines]
    assert told[0] == f"HTTP {exchange['status']}"
    assert exchange["response"]["body"].split("\n")[0] in told


def test_a_thousand_exchanges_stay_below_two_megabytes() -> None:
    html = render_html(large_report().to_json())
    assert len(html.encode()) < 2_000_000
    page = Page(html)
    assert "exchange-60" in page.ids()
    inside = {target[1:] for target in page.attribute("href") if target.startswith("#")}
    assert inside <= set(page.ids())
    assert "more like these are in report.json" in page.section_text["exchanges"]
    assert "more lines are not shown" in page.section_text["exchanges"]
    assert f"The first {SHOWN} exchanges are drawn, 940 more" in page.section_text["conversation"]


@pytest.mark.parametrize("failing", [0, 60])
def test_a_run_of_every_capability_stays_below_two_megabytes(failing: int) -> None:
    html = render_html(full_report(failing).to_json())
    assert len(html.encode()) < 2_000_000
    ids = Page(html).ids()
    assert len([name for name in ids if name.startswith("req-")]) == 1_750
    assert len([name for name in ids if name.startswith("fail-")]) == failing


def test_a_specification_that_judges_nothing_is_told_apart(sample: dict[str, Any]) -> None:
    later = {**sample["requirements"][0], "id": "X-1", "spec": "SD-JWT VC draft 18", "verdict": "not-applicable"}
    page = Page(render_html({**sample, "requirements": [*sample["requirements"], later]}))
    judged, aside = page.section_text["identity"].split("Not judged by")
    assert "OpenID4VCI 1.0, RFC 6749" in judged
    assert "SD-JWT VC draft 18" in aside
    assert "Not judged by" not in Page(render_html(sample)).section_text["identity"]


def test_the_page_says_what_the_verdict_does_not_mean(sample: dict[str, Any]) -> None:
    for verdict, words in RUN_LIMITS.items():
        assert words in render_html({**sample, "verdict": verdict})
    assert set(RUN_LIMITS) == set(RunVerdict)


def test_what_a_failure_blocks_stands_with_it_and_the_rest_by_itself(sample: dict[str, Any]) -> None:
    blocked = next(each for each in sample["results"] if each["verdict"] == "blocked")
    because = {**blocked, "check": "nonce-response", "reason": "exchange 8 ended with HTTP 500", "exchanges": []}
    page = Page(render_html({**sample, "results": [*sample["results"], because]}))
    assert "1 check could not run because of this: exchange 8 ended" in page.section_text["failures"]
    assert "exchange 8 ended" not in page.section_text["undecided"]
    assert "No offer asks for a transaction code" in page.section_text["undecided"]


def test_the_signers_of_credentials_are_told_with_their_certificates(page: Page) -> None:
    text = page.section_text["issuer"]
    for words in (
        "CN=Office for Samples,C=XX",
        "CN=Sample Root,C=XX",
        "2027-01-01",
        "did:web:issuer.example#key-1",
    ):
        assert words in text


def test_what_a_setting_would_change_is_told_before_what_nothing_can(page: Page) -> None:
    text = page.section_text["untested"]
    assert text.index("Settings that would let more be tested") < text.index("Requirements not tested")
    assert "[[offer]]" in text


def test_a_request_without_secrets_is_told_as_a_command(page: Page) -> None:
    commands = [text for text in page.texts["pre"] if text.startswith("curl ")]
    assert commands
    assert not [text for text in commands if "redacted" in text]


def test_rendering_imports_no_network_no_clock_and_no_test_runner() -> None:
    allowed = {
        "__future__", "collections", "dataclasses", "functools", "harness.model", "importlib.resources", "jinja2",
        "datetime", "hashlib", "json", "jsonschema", "jsonschema.exceptions", "jsonschema_rs", "markupsafe",
        "math", "os", "pathlib", "re", "shlex", "tempfile", "textwrap", "typing", "urllib.parse", "xml.etree",
        "collections.abc",
    }  # fmt: skip
    for file in (Path(__file__).parents[2] / "reports").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert all(name in allowed or name.split(".")[0] == "reports" for name in names), (file.name, names)


# --- the parts ----------------------------------------------------------------------------------------------


def test_visible_keeps_what_can_be_seen() -> None:
    assert visible("Zoë مكتب 事\n\tok") == "Zoë مكتب 事\n\tok"
    assert visible("a\u00a0b\u2028c\u200fd\x00e\x9bf\ue000g") == (
        "a‹U+00A0›b‹U+2028›c‹U+200F›d‹U+0000›e‹U+009B›f‹U+E000›g"
    )


def test_long_lines_and_long_texts_are_cut_and_say_so() -> None:
    assert shown("x" * 5_000) == "x" * 1_000 + " … 4,000 more characters"
    assert len(shown("ab\n" * 1_000_000)) < 150_000
    assert shown("one\r\ntwo") == "one\ntwo"


def test_one_line_is_one_line() -> None:
    assert one_line("a\nb\r\nc\td\x1b[1m") == "a⏎b⏎c d‹U+001B›[1m"


BODY = json.dumps({"a": 1, "b": [{"c/d": "x,]}", "e~": {}}, [2, 3]]}, indent=2)


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 0),
        ("/a", 1),
        ("/b", 2),
        ("/b/0", 3),
        ("/b/0/c~1d", 4),
        ("/b/0/e~0", 5),
        ("#/b/1", 7),
        ("/b/1/1", 9),
        ("/b/1/2", 7),
        ("/b/0/missing/deep", 3),
        ("/b/0/c~1d: /exp", 4),
        ("/missing", None),
        ("no pointer", None),
    ],
)
def test_a_pointer_leads_to_its_line_or_to_where_it_is_missing(pointer: str, line: int | None) -> None:
    assert line_of(BODY, pointer) == line


@pytest.mark.parametrize("end", range(0, len(BODY), 3))
def test_a_pointer_into_a_cut_text_leads_no_further_than_the_text(end: int) -> None:
    cut = BODY[:end]
    line = line_of(cut, "/b/1/1")
    assert line is None or line <= cut.count("\n")
    assert line_of(cut, "/a") == (1 if '"a": 1' in cut else None)


@pytest.mark.parametrize("text", ["", "not json", "]", ",", "}{", '"open', "[1,2", '{"a"', "[[[[" * 50_000])
def test_a_pointer_into_what_is_no_json_does_no_harm(text: str) -> None:
    assert line_of(text, "/a/b/c") is None


def test_a_missing_header_shows_the_start_of_the_response_without_a_mark(sample: dict[str, Any]) -> None:
    part = excerpt(sample["exchanges"][7], "header Cache-Control")
    assert part.name == "Response"
    assert part.lines[0].text == "HTTP 200"
    assert not any(line.marked for line in part.lines)


def test_a_place_only_the_request_has_is_marked_there(sample: dict[str, Any]) -> None:
    part = excerpt(sample["exchanges"][10], "/proofs/jwt/0")
    assert part.name == "Request"
    assert [line.text.strip()[:4] for line in part.lines if line.marked] == ['"eyJ']


def test_a_failed_exchange_shows_its_request(sample: dict[str, Any]) -> None:
    assert excerpt(sample["exchanges"][6], "/error").name == "Request"


def test_a_body_is_shown_once(sample: dict[str, Any]) -> None:
    told = {item.number: item for item in exchanges(sample)}
    assert told[2].messages[1].same_body_as is None
    assert told[9].messages[1].same_body_as == 2
    assert not any("credential_issuer" in line.text for line in told[9].messages[1].lines)


def test_exchanges_a_finding_names_keep_their_messages_when_others_are_cut() -> None:
    told = {item.number: item for item in exchanges(large_report(exchanges=300).to_json())}
    assert told[11].cited
    assert told[11].messages[1].left_out == 0
    assert told[200].messages[1].left_out > 0


def test_scorecards_count_requirements_and_results(sample: dict[str, Any]) -> None:
    levels = by_level(sample)
    assert sum(row.total for row in levels.rows) == len(sample["requirements"])
    assert {row.name: row.counts[levels.columns.index("fail")] for row in levels.rows} == {
        "MUST": 3, "SHOULD": 0, "MAY": 0,
    }  # fmt: skip
    areas = by_area(sample)
    assert sum(row.total for row in areas.rows) == len(sample["results"])
    assert [row.name for row in areas.rows][:2] == ["offer", "token"]
    assert coverage(sample) == [("MUST", 9, 12, 1), ("SHOULD", 2, 4, 1), ("MAY", 0, 1, 0)]


def test_problems_tell_each_violation_once(sample: dict[str, Any]) -> None:
    first = problems(sample, Verdict.FAIL)[0]
    assert first.check == "nonce-unknown-refused"
    assert first.severity == "critical"
    assert first.configurations == ("person-id-sd-jwt", "residence-sd-jwt")
    assert [seen.exchange for seen in first.violations[0].sightings] == [11, 12]


def test_a_failure_of_an_unknown_check_and_requirement_is_still_told(sample: dict[str, Any]) -> None:
    bare = {**sample, "checks": [], "requirements": []}
    assert len(problems(bare, Verdict.FAIL)) == 3
    assert "nonce-unknown-refused" in Page(render_html(bare)).section_text["failures"]


def test_reasons_group_results_the_most_common_first() -> None:
    results = [{"reason": reason} for reason in ("b", "a", None, "a")]
    assert [(reason, len(group)) for reason, group in by_reason(results)] == [
        ("a", 2), ("No reason was recorded.", 1), ("b", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "repeated"),
    [
        ("pytest --issuer-url https://i.example", "pytest --issuer-url https://i.example"),
        ("pytest --vci-select a --vci-skip=b -q", "pytest -q"),
        ("pytest --vci-report-dir=there -q", "pytest -q"),
        ("pytest --vci-select", "pytest"),
        ("", "pytest --issuer-url https://issuer.example"),
        ("pytest 'open", "pytest --issuer-url https://issuer.example"),
    ],
)
def test_the_command_repeats_one_check(sample: dict[str, Any], command: str, repeated: str) -> None:
    """And writes its report elsewhere."""
    more = "--vci-report-dir oid4vci-report-again --vci-select x-y"
    assert repeat_command({**sample, "command": command}, "x-y") == f"{repeated} {more}"


def test_a_check_name_cannot_add_a_command(sample: dict[str, Any]) -> None:
    assert repeat_command(sample, "x; rm -rf /").endswith("--vci-select 'x; rm -rf /'")


def test_the_diagram_knows_the_parties_by_metadata(sample: dict[str, Any]) -> None:
    drawn = diagram(sample)
    names = [life.name for life in drawn.lifelines]
    assert names == ["Wallet", "Credential Issuer", "Authorization Server", "vct.registry.example"]
    by_x = {life.x: life.name for life in drawn.lifelines}
    assert [by_x[arrow.x] for arrow in drawn.arrows][:5] == [
        "Credential Issuer", "Credential Issuer", "Authorization Server", "vct.registry.example",
        "Authorization Server",
    ]  # fmt: skip
    assert [arrow.number for arrow in drawn.arrows if arrow.failed] == [7]


def test_an_issuer_that_is_its_own_authorization_server_has_two_lifelines() -> None:
    report = sample_report()
    issuer = "https://issuer.example"
    moved = [dataclasses.replace(e, url=e.url.replace("//login.", "//")) for e in report.exchanges]
    own = dataclasses.replace(
        report,
        exchanges=moved,
        issuer={
            "metadata": {},
            "authorization_servers": [{"issuer": issuer, "token_endpoint": f"{issuer}/token"}],
        },
    )
    drawn = diagram(own.to_json())
    by_x = {life.x: life.name for life in drawn.lifelines}
    assert by_x[drawn.arrows[4].x] == "Authorization Server"
    assert by_x[drawn.arrows[9].x] == "Credential Issuer"


def test_many_hosts_share_a_lifeline() -> None:
    report = sample_report()
    spread = [dataclasses.replace(e, url=f"https://host-{e.number}.example/") for e in report.exchanges]
    names = [life.name for life in diagram(dataclasses.replace(report, exchanges=spread).to_json()).lifelines]
    assert names == ["Wallet", "host-1.example", "host-2.example", "host-3.example", "Other hosts"]


def test_documents_come_in_the_order_a_wallet_meets_them(sample: dict[str, Any]) -> None:
    assert [document.title for document in documents({"zeta": {"x": 1}, **sample["issuer"]})] == [
        "Credential Issuer metadata",
        "Authorization Server metadata: https://login.issuer.example",
        "Credential Offer",
        "Credential: person-id-sd-jwt",
        "Zeta: x",
    ]


def test_documents_keep_to_their_budget() -> None:
    many = documents({"offers": ["x" * 100_000] * 10})
    assert sum(len(document.text) for document in many) < 151_000


# --- the terminal -------------------------------------------------------------------------------------------


def test_the_terminal_tells_failures_first_and_the_verdict_last(sample: dict[str, Any]) -> None:
    lines = summary(sample, "oid4vci-report/report.html")
    text = "\n".join(lines)
    assert lines[0] == "Failures (3)"
    assert lines[-2] == "NOT CONFORMANT: 3 of 15 checks fail, and 1 of them is critical."
    assert lines[-1].startswith("Gate new: stopped with exit code 1. 1 failing finding is new ")
    starts = ["Failures", "Errors", "Blocked", "Warnings", "Requirements", "Report: oid4vci-report/report.html"]
    places = [text.index(start) for start in starts]
    assert places == sorted(places)
    for words in (
        "clause    OpenID4VCI 1.0, 8.3.1.2 (VCI-8.3.1.2-04)",
        "expected  status 400 with the error invalid_nonce and no credential",
        "observed  status 200 with a credential",
        "where     /credentials/0/credential, exchange 11, exchange 12",
        "--vci-select nonce-unknown-refused",
    ):
        assert words in text
    assert re.search(r"^  MUST +3 +0 +1 +0 +1 +5 +1 +1$", text, re.MULTILINE)


def test_the_terminal_is_short_when_all_is_well() -> None:
    report = sample_report()
    good = dataclasses.replace(
        report, verdict=RunVerdict.CONFORMANT, summary="All checks pass.", notices=[], waivers=[],
        results=[result for result in report.results if result.verdict is Verdict.PASS], requirements=[],
        gate=None, baseline=None,
    ).to_json()  # fmt: skip
    assert summary(good) == ["CONFORMANT: All checks pass."]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm_on_the_terminal(text: str) -> None:
    lines = summary(hostile_report(text).to_json(), text)
    assert all(line.isprintable() for line in lines)
    assert lines[-2].startswith("NOT CONFORMANT: ")
    assert sum(map(len, lines)) < 50_000


def test_the_issuer_cannot_forge_a_verdict_line() -> None:
    lines = summary(hostile_report("x\nCONFORMANT: all is well\n").to_json())
    assert not [line for line in lines if line.startswith("CONFORMANT")]


def test_a_report_of_the_model_is_what_the_renderers_take() -> None:
    assert isinstance(sample_report(), RunReport)
    assert render_html(sample_report().to_json()).startswith("<!DOCTYPE html>")
