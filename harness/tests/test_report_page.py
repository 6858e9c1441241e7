"""The report as a browser shows it: readable without a network, and as wide as the screen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.tests.sample_report import hostile_report, sample_report
from reports import render_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def browse(page: Path, *arguments: str) -> str:
    """Run Chromium headless with no network on a page and give what it prints."""
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *(
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ),
        f"--user-data-dir={page.parent / 'profile'}",
        *arguments,
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


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


@pytest.mark.parametrize("width", [1280, 500])
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


def test_what_an_issuer_sends_cannot_run(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    attack = (
        "</pre></details><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    )
    path.write_text(render_html(hostile_report(attack).to_json()), encoding="utf-8")
    assert "<title>owned</title>" not in browse(path, "--dump-dom")


def test_the_page_prints(page: Path) -> None:
    target = page.with_suffix(".pdf")
    browse(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
    assert target.read_bytes().startswith(b"%PDF-")
