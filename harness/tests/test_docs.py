"""Generated pages are fresh, and what the pages link to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import listing

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(listing.PAGES))
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == listing.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    broken = [t for t in targets if "://" not in t and not ((ROOT / page).parent / t).exists()]
    assert broken == []


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_commands_of_ours_exist(page: str) -> None:
    """Every option and make target that a page names is there."""
    text = (ROOT / page).read_text(encoding="utf-8")
    plugin = {"--vci-config", *(option.name for option in __import__("harness.config").config.OPTIONS)}
    assert set(re.findall(r"--vci-[a-z-]+", text)) <= plugin
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", text, re.MULTILINE)) <= {
        pair for name in targets for pair in ((name, ""), ("", name))
    }
