"""What docs/systems.md has a reader write and run works, word for word, with an issuer that stands in for his."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import dialects, profiles
from harness.reference import variants
from harness.reference.serve import Served, serving
from harness.tests.test_docs import ROOT, blocks

PAGE = "docs/systems.md"
ADDRESS = "http://127.0.0.1:8123"
SECRET = "canary-of-the-offers-api"
STAND_IN = "draft-13"

FILES = {
    match[1]: block
    for language in ("toml", "python")
    for block in blocks(PAGE, language)
    if (match := re.match(r"# (\S+)\n", block))
}
"""Name of a file to what the page has in it."""
COMMANDS = [line for block in blocks(PAGE, "sh") for line in block.splitlines() if not line.startswith("export ")]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Served]:
    with serving(STAND_IN, tls=False) as served:
        yield served


@pytest.fixture
def folder(issuer: Served, tmp_path: Path) -> Path:
    """A folder with the files of the page but for ``assay.toml``, which every command would read."""
    for name, text in FILES.items():
        if name != "assay.toml":
            (tmp_path / name).write_text(text.replace(ADDRESS, issuer.url))
    (tmp_path / "acme-root.pem").write_text(issuer.issuer.trust_anchor_pem)
    return tmp_path


def run(folder: Path, command: str) -> str:
    """Run a command of the page and give what it prints; it has to succeed."""
    program, *arguments = shlex.split(command)
    assert program == "assay"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "ACME_ADMIN_TOKEN": SECRET},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1 if arguments[0] == "detect" else 0), done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    return done.stdout


def test_the_page_has_what_is_tried_here() -> None:
    assert set(FILES) == {
        *("acme.toml", "assay.toml", "make_offer.py", "acme-hook.toml", "acme-dialect.toml", "acme-mixed.toml")
    }
    assert COMMANDS[0] == f"assay issuer --http --port 8123 --variant {STAND_IN}"
    assert variants.variant(STAND_IN).version == "draft-13"
    assert all(ADDRESS in command for command in COMMANDS[1:])


RUNS = [command for command in COMMANDS if command.startswith("assay run")]


@pytest.mark.parametrize("command", RUNS, ids=range(len(RUNS)))
def test_the_profile_and_the_commands_work(command: str, issuer: Served, folder: Path) -> None:
    if "--vci-profile" not in command:
        (folder / "assay.toml").write_text(FILES["assay.toml"].replace(ADDRESS, issuer.url))
    told = run(folder, command.replace(ADDRESS, issuer.url))
    assert "judged by ACME Issuer 4" in told
    if "--vci-dry-run" in command:
        assert not (folder / "oid4vci-report").exists()
        return
    assert re.search(r"^CONFORMANT: All \d{2,} checks that apply passed", told, re.MULTILINE)
    report = (folder / "oid4vci-report" / "report.json").read_text()
    assert SECRET not in report


def test_the_version_is_what_the_page_says(issuer: Served, folder: Path) -> None:
    (command,) = (command for command in COMMANDS if command.startswith("assay detect"))
    told = run(folder, command.replace(ADDRESS, issuer.url))
    assert told.startswith("OpenID4VCI draft 13\n")


def test_a_profile_has_what_it_extends_and_says_otherwise_what_it_says(tmp_path: Path) -> None:
    below = profiles.load("oid4vci-draft-13")
    path = tmp_path / "own.toml"
    path.write_text(
        'name = "own"\ntitle = "Own"\nextends = "oid4vci-draft-13"\nspecifications = ["VCI"]\n'
        "[settings.limits]\ntimeout_s = 3.0\n"
    )
    own = profiles.load(str(path))
    assert (own.name, own.title, own.version, own.specifications) == ("own", "Own", "draft-13", ("VCI",))
    assert own.settings == {**below.settings, "limits": {**below.settings["limits"], "timeout_s": 3.0}}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('name = "own"\ntitle = "Own"\nextends = "none"', '"extends" has to be one of '),
        ('name = "own"\ntitle = "Own"\nextends = ["oid4vci-1.0"]', '"extends" has to be one of '),
        ('extends = "oid4vci-1.0"\ntitle = "Own"', '"name" has to be a string'),
    ],
)
def test_a_profile_that_extends_nothing_is_one_clear_line(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(profiles.ProfileError, match=r"^own\.toml: ") as caught:
        profiles.load(str(path))
    assert hint in str(caught.value)


def test_a_dialect_of_a_team_has_what_it_extends(folder: Path) -> None:
    own, below = dialects.load(str(folder / "acme-dialect.toml")), dialects.load("draft-13")
    assert own.name == "acme"
    assert own.issued({"credentials": [{"credential": "c"}]}) == [("/credentials/0/credential", "c")]
    assert below.issued({"credentials": [{"credential": "c"}]}) == []
    assert own.request_names == below.request_names


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('extends = "draft-12"', 'own.toml: "extends" has to be one of '),
        ('extends = ["draft-13"]', 'own.toml: "extends" has to be one of '),
        ('extends = "draft-13"\nproof = 1', "own.toml: a key has a value of another kind"),
        ('extends = "draft-13"\n[proof]\nnonce_form = []', 'own.toml: a key cannot be "proof.nonce_form"'),
        ('extends = "draft-13"\n[metadata]\nwell_known = "x"', 'own.toml: metadata.well_known cannot be "x"'),
        ('name = "own"\ntitle = "Own"', "own.toml: there is no "),
    ],
)
def test_a_broken_dialect_is_one_clear_line(tmp_path: Path, text: str, hint: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(dialects.DialectError) as caught:
        dialects.load(str(path))
    assert str(caught.value).startswith(hint)
