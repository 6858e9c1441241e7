"""The trend over many reports: one page, in order, of what can be read, that no report can break."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.tests.sample_report import CONFIGURATION, hostile_report, sample_report
from harness.tests.test_report_page import CHROMIUM, DARK, axe, browse, violations, with_script
from harness.tests.test_reports import HOSTILE, Page
from reports import history

CHECK = "nonce-unknown-refused"


def report(day: int, *, state: str = "fail", **target: str) -> dict[str, Any]:
    """A report of one check only, which fails, passes or is blocked."""
    made = copy.deepcopy(dataclasses.replace(sample_report(), baseline=None, gate=None, exchanges=[]).to_json())
    made["started"] = f"2026-10-{day:02d}T06:00:00+00:00"
    made["results"] = [r for r in made["results"] if r["check"] == CHECK and r["configuration"] == CONFIGURATION]
    for result in made["results"]:
        result["verdict"] = state
        if state != "fail":
            result["findings"] = []
    made["verdict"] = {"fail": "not-conformant", "pass": "conformant"}.get(state, "incomplete")
    made["target"].update(target)
    return made


def past(day: int, state: str = "fail", name: str = "", **target: str) -> history.Past:
    return history.remember(report(day, state=state, **target), name or f"{day}/report.json")


def store(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day, state in ((3, "pass"), (1, "fail"), (2, "fail")):
        store(tmp_path, f"a/b-{day}/report.json", report(day, state=state))
    store(tmp_path, "a/b-1/report.html", "<p>")
    return tmp_path


def made(folder: Path, *more: str) -> str:
    assert cli.main(["history", str(folder), *more]) == 0
    return (folder / "history.html").read_text(encoding="utf-8")


def test_runs_are_told_in_the_order_of_time_whatever_their_names(folder: Path) -> None:
    page = made(folder)
    table = page[page.index('<table class="runs"') :]
    assert re.findall(r"<time>([^<]+)", table) == [f"2026-10-0{day}T06:00:00+00:00" for day in (3, 2, 1)]
    strip = page[page.index('<ol class="strip">') : page.index("</ol>", page.index('<ol class="strip">'))]
    assert re.findall(r'<li class="([a-z-]+)"', strip) == ["not-conformant", "not-conformant", "conformant"]


def test_times_of_other_zones_and_without_one_are_ordered(tmp_path: Path) -> None:
    for name, started in (("a", "2026-10-01T10:00:00+09:00"), ("b", "2026-10-01T02:00:00"), ("c", "soon")):
        store(tmp_path, f"{name}/report.json", {**report(1), "started": started})
    table = made(tmp_path).split('<table class="runs"')[1]
    assert re.findall(r"<td>([abc])/report.json", table) == ["b", "a", "c"]


def test_only_a_page_that_is_there_is_linked(folder: Path) -> None:
    page = Page(made(folder))
    assert [target for target in page.attribute("href") if "report" in target] == ["a/b-1/report.html"]
    elsewhere = folder / "out" / "deep.html"
    assert cli.main(["history", str(folder), "--output", str(elsewhere)]) == 0
    assert 'href="../a/b-1/report.html"' in elsewhere.read_text(encoding="utf-8")


def test_the_same_folder_gives_the_same_page(folder: Path) -> None:
    assert made(folder) == made(folder)


def test_what_cannot_be_read_is_named_and_skipped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(folder, "cut/report.json", '{"tool": {')
    store(folder, "a/other.json", "no report by its name")
    store(folder, "x/report.json", "[]")
    (folder / "copy").mkdir()
    shutil.copy(folder / "a/b-2/report.json", folder / "copy/nightly-report.json")
    page = made(folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "skipped: copy/nightly-report.json: the same file as a/b-2/report.json",
        "skipped: cut/report.json: cut short; the run that wrote it did not finish",
        "skipped: x/report.json: not a report of this version: at the top level: [] is not of type 'object'",
    ]
    assert lines[3] == f"3 reports: {folder / 'history.html'}"
    assert "cut/report.json: cut short" in page
    assert "other.json" not in page


@pytest.mark.parametrize("name", ["missing", "empty", "broken"])
def test_nothing_to_draw_is_one_line_and_exit_4(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    store(tmp_path, "broken/report.json", "{")
    assert cli.main(["history", str(tmp_path / name)]) == cli.USAGE_ERROR
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / name / "history.html").exists()


def test_other_issuers_and_profiles_are_series_of_their_own() -> None:
    pasts = [
        past(1),
        past(2, issuer="https://other.example"),
        past(3, profile="haip"),
        past(4),
        past(5, issuer="https://127.0.0.1:1"),
        past(6, issuer="https://127.0.0.1:2"),
    ]
    page = Page(history.render_history(pasts))
    assert page.sections == ["series-1", "series-2", "series-3", "series-4"]
    assert "in 2 of 2 runs" in page.section_text["series-1"]


def life(*states: str) -> history.Life:
    pasts = [past(day, state) for day, state in enumerate(states, start=1)]
    (found,) = history._lives(pasts)
    return found


@pytest.mark.parametrize(
    ("states", "seen", "returns", "story"),
    [
        (("fail",), 1, 0, "there"),
        (("fail", "pass"), 1, 0, "gone"),
        (("pass", "fail"), 1, 0, "there"),
        (("fail", "pass", "fail", "pass", "fail"), 3, 2, "there"),
        (("pass", "fail", "pass", "fail"), 2, 1, "there"),
        (("fail", "blocked", "fail"), 2, 0, "there"),
        (("fail", "blocked"), 1, 0, "not judged"),
    ],
)
def test_findings_come_and_go(states: tuple[str, ...], seen: int, returns: int, story: str) -> None:
    found = life(*states)
    assert (found.seen, found.returns, found.story) == (seen, returns, story)
    words = {"fail": "must", "pass": "absent", "blocked": "not-judged"}
    assert found.states == tuple(words[state] for state in states)


def test_findings_are_counted_by_level() -> None:
    everything = history.remember(dataclasses.replace(sample_report(), exchanges=[]).to_json(), "x")
    assert all(everything.counts[layer] for layer in ("must", "should", "waived"))
    assert sum(past(1, "pass").counts.values()) == 0


@pytest.mark.parametrize("count", [1, 2, 90])
def test_the_chart_keeps_its_bars_within_its_bounds(count: int) -> None:
    chart = history._chart([past(1 + day % 28) for day in range(count)][-history.DRAWN :])
    assert len(chart.bars) == min(count, history.DRAWN)
    for bar in chart.bars:
        assert bar.x > 0
        assert bar.x + bar.width < chart.width
        assert all(0 < y <= chart.floor and height >= 0 for _, y, height in bar.parts)


@pytest.mark.parametrize(("most", "step"), [(0, 1), (5, 1), (6, 2), (25, 5), (26, 10), (730, 200)])
def test_a_scale_has_few_round_numbers(most: int, step: int) -> None:
    assert history._step(most) == step


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm(text: str) -> None:
    hostile = hostile_report(text).to_json()
    page_text = history.render_history([past(1), history.remember(hostile, text, None)], [text])
    calm = {tag for tag, _ in Page(history.render_history([past(1)], ["x"])).elements}
    page = Page(page_text)
    assert {tag for tag, _ in page.elements} <= calm | {"br", "circle", "path"}
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not [c for c in page_text if not c.isprintable() and c not in "\n\t"]
    assert all(target.startswith(("#", "data:")) for target in page.attribute("href"))
    assert len(page_text) < 500_000
    assert "default-src 'none'" in page_text
    ids = page.ids()
    assert len(ids) == len(set(ids))


in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
__all__ = ["axe"]


@in_chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_screen(folder: Path, width: int) -> None:
    made(folder)
    script = "document.title = document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page = with_script(folder / "history.html", script)
    assert "<title>0</title>" in browse(page, "--dump-dom", f"--window-size={width},900")


@in_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("hostile", [False, True], ids=["ordinary", "hostile"])
def test_everybody_can_read_the_page(tmp_path: Path, axe: str, scheme: str, hostile: bool) -> None:
    text = "<b>" + "long" * 300 if hostile else "https://other.example"
    pasts = [past(1, "pass"), past(2), past(3, "blocked"), past(4, issuer=text), past(5, profile=text)]
    page = tmp_path / "history.html"
    written = history.render_history(pasts, [text])
    page.write_text(written.replace(DARK, "@media all") if scheme == "dark" else written, encoding="utf-8")
    assert violations(page, axe, "--window-size=390,900") == []
