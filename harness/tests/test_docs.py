"""Generated pages are fresh, and what the pages link to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import checks, config, listing, waivers
from harness.wallet.keys import certificate_for, make_key

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(listing.PAGES))
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == listing.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("name", sorted(listing.PARTS))
def test_the_generated_parts_of_a_page_are_fresh(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text == listing.with_fresh_parts(name, text), "run `make docs`"


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
    plugin = {"--vci-config", *(option.name for option in config.OPTIONS)}
    assert set(re.findall(r"--vci-[a-z-]+", text)) <= plugin
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", text, re.MULTILINE)) <= {
        pair for name in targets for pair in ((name, ""), ("", name))
    }


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


PAGES = (
    "docs/own-issuer.md",
    "docs/registered-client.md",
    "docs/lifecycle.md",
    "docs/web-journey.md",
    "docs/govuk-wallet.md",
    "docs/drafts.md",
    "docs/haip.md",
)
EXAMPLES = [block for page in PAGES for block in blocks(page, "toml")]


@pytest.mark.parametrize("block", EXAMPLES, ids=[str(number) for number in range(len(EXAMPLES))])
def test_a_settings_example_is_accepted(block: str, tmp_path: Path) -> None:
    key = make_key("ES256")
    text = certificate_for(key, 1_800_000_000)
    certificate = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    for name in re.findall(r'"([\w-]+\.pem)"', block):
        (tmp_path / name).write_text(certificate)
    for name in re.findall(r'"([\w-]+\.json)"', block):
        (tmp_path / name).write_text(key.private.export_private())
    for name in re.findall(r'contexts = \["([\w-]+)"\]', block):
        (tmp_path / name).mkdir()
    (tmp_path / "assay.toml").write_text(block)
    settings = config.load(
        {}, {"OFFER_API_TOKEN": "t", "ADMIN_API_TOKEN": "t", "TEST_USER_PASSWORD": "p"}, tmp_path
    )
    assert settings.written


def test_the_waiver_example_is_accepted_and_covers_what_it_says(tmp_path: Path) -> None:
    (block,) = blocks("docs/waivers.md", "toml")
    (tmp_path / "waivers.toml").write_text(block)
    codes = {code for check in checks.load().values() for found in check.proven_by.values() for code in found}
    loaded = waivers.load(tmp_path / "waivers.toml", checks.load(), codes)
    (waiver,) = loaded.waivers
    assert waiver.check in checks.load()
    assert waiver.finding in {code for found in checks.load()[waiver.check].proven_by.values() for code in found}
