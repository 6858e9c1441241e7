"""The report as a browser shows it: readable without a network, as wide as the screen, and by everybody."""

from __future__ import annotations

import contextlib
import functools
import html
import itertools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.model import RunReport
from harness.tests.sample_report import hostile_report, sample_report
from reports.html import render_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


WITNESSES = Path(__file__).parent / "witnesses" / "package.json"
INSTALL_S = 300
DARK = "@media screen and (prefers-color-scheme: dark)"
ATTACK = (
    "</pre></details><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "\u202egpj.exe\u2066\x1b[31m" + "long" * 500
)


def browse(page: Path, *arguments: str) -> str:
    """Run Chromium headless with no network on a page and give what it prints."""
    return run(page, *arguments).stdout


def run(page: Path, *arguments: str, address: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run Chromium on a page, or on its address where it is served."""
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *(
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ),
        f"--user-data-dir={page.parent / 'profile'}",
        *arguments,
        address or page.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render_html(sample_report().to_json()), encoding="utf-8")
    return path


def with_script(page: Path, script: str) -> Path:
    """Let a script of the test look at the page, which itself allows none."""
    text = page.read_text(encoding="utf-8").replace(
        "default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'"
    )
    probe = page.with_name("probe.html")
    probe.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    return probe


def test_the_verdict_is_on_the_page(page: Path) -> None:
    shown = browse(page, "--dump-dom")
    assert "NOT CONFORMANT" in shown.upper()
    assert "Fix first" in shown


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_screen(page: Path, width: int) -> None:
    script = "document.title = document.documentElement.scrollWidth - document.documentElement.clientWidth"
    shown = browse(with_script(page, script), "--dump-dom", f"--window-size={width},900")
    assert "<title>0</title>" in shown


def test_every_link_within_the_page_leads_somewhere(page: Path) -> None:
    script = (
        "document.title = [...document.querySelectorAll('a[href^=\"#\"]')]"
        ".filter(a => !document.getElementById(a.getAttribute('href').slice(1))).length"
    )
    assert "<title>0</title>" in browse(with_script(page, script), "--dump-dom")


@pytest.fixture(params=["sample", "hostile"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A page of an ordinary run, and one of a run against an issuer that means harm."""
    report: RunReport = sample_report() if request.param == "sample" else hostile_report(ATTACK)
    path = tmp_path / "report.html"
    path.write_text(render_html(report.to_json()), encoding="utf-8")
    return path


def test_what_an_issuer_sends_cannot_run(either: Path) -> None:
    assert "<title>owned</title>" not in browse(either, "--dump-dom")


def test_the_console_stays_empty(either: Path) -> None:
    done = run(either, "--dump-dom", "--enable-logging=stderr", "--log-level=0")
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []


def test_the_console_is_watched(page: Path) -> None:
    done = run(with_script(page, "console.error('seen')"), "--dump-dom", "--enable-logging=stderr")
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder on this machine; give its address, and the paths that are asked for as they come."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_arguments: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_page_asks_for_nothing(either: Path) -> None:
    with served(either.parent) as (address, asked):
        run(either, "--dump-dom", address=f"{address}/{either.name}")
    assert asked == [f"/{either.name}"]


def test_requests_are_counted(page: Path) -> None:
    text = page.read_text("utf-8").replace("img-src data:", "img-src *")
    page.write_text(text.replace("</main>", '<img alt="" src="other.png"></main>'), encoding="utf-8")
    with served(page.parent) as (address, asked):
        run(page, "--dump-dom", address=f"{address}/{page.name}")
    assert asked == [f"/{page.name}", "/other.png"]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the script of axe-core, in the version that stands with the other witnesses."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("axe")
    version = json.loads(WITNESSES.read_text("utf-8"))["dependencies"]["axe-core"]
    (folder / "package.json").write_text(
        json.dumps({"private": True, "dependencies": {"axe-core": version}}), encoding="utf-8"
    )
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm does not install axe-core in {INSTALL_S} s")
    if done.returncode != 0:
        pytest.skip("npm cannot install axe-core here")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(page: Path, axe: str, *arguments: str) -> list[Any]:
    """Give what axe-core, with all its rules, finds wrong with a page: rule and elements."""
    script = axe.replace("</script", "<\\/script") + (
        ";axe.run(document).then(found => { const told = document.createElement('pre'); told.id = 'axe-found';"
        " told.textContent = JSON.stringify(found.violations.map(v => [v.id, v.nodes.map(n => n.html)]));"
        " document.body.replaceChildren(told) })"
    )
    shown = browse(with_script(page, script), "--dump-dom", "--virtual-time-budget=100000", *arguments)
    found = re.search(r'<pre id="axe-found">(.*?)</pre>', shown, re.DOTALL)
    assert found, "axe-core came to no end"
    told: list[Any] = json.loads(html.unescape(found[1]))
    return told


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_page(either: Path, axe: str, scheme: str, width: int) -> None:
    text = either.read_text("utf-8")
    assert text.count(DARK) == 1
    if scheme == "dark":
        either.write_text(text.replace(DARK, "@media all"), encoding="utf-8")
    assert violations(either, axe, f"--window-size={width},900") == []


def test_axe_is_listened_to(page: Path, axe: str) -> None:
    text = page.read_text("utf-8").replace("</main>", '<img src="data:,"></main>')
    page.write_text(text, encoding="utf-8")
    assert [rule for rule, _ in violations(page, axe)] == ["image-alt"]


def test_headings_do_not_skip_a_level(either: Path) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", either.read_text("utf-8"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_keyboard_reaches_things_in_the_order_of_the_page(page: Path) -> None:
    script = (
        "const all = [...document.querySelectorAll('a, summary, [tabindex]')];"
        "document.title = all[0].className + ' ' + all.filter(e => e.tabIndex > 0).length"
        " + ' ' + [...document.querySelectorAll('.scroll, pre')].filter(e => e.tabIndex !== 0).length"
    )
    assert "<title>skip 0 0</title>" in browse(with_script(page, script), "--dump-dom")


def test_the_page_prints(page: Path) -> None:
    target = page.with_suffix(".pdf")
    browse(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
    assert target.read_bytes().startswith(b"%PDF-")
