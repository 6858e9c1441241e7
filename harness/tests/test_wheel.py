"""The built wheel, installed alone in a clean environment, judges an issuer from an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "VCI_", "PYTHON"))}
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of what git knows, so that nothing of this checkout's litter gets in."""
    source = tmp_path_factory.mktemp("source")
    listed = run(["git", "ls-files", "-co", "--exclude-standard"], ROOT)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("dist")
    done = run([sys.executable, "-m", "build", "--wheel", "--outdir", out, source], source)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_the_four_packages_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"harness", "suites", "schemas", "reports"}
    assert not [name for name in names if name.startswith("harness/tests/")]
    assert "schemas/requirements/oid4vci-1_0.toml" in names
    data = [
        path.relative_to(ROOT).as_posix()
        for folder in ("harness", "schemas", "suites", "reports")
        for suffix in ("*.toml", "*.json", "*.css", "*.js", "*.html")
        for path in (ROOT / folder).rglob(suffix)
        if "tests" not in path.parts
    ]
    assert sorted(set(data) - set(names)) == []
    assert "harness/py.typed" in names
    (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
    assert "harness.plugin = harness.plugin" in zipfile.ZipFile(wheel).read(entry_points).decode()


def test_the_wheel_alone_judges_an_issuer_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / "bin"
    installed = run([binaries / "python", "-m", "pip", "install", "--quiet", wheel], tmp_path)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    folder = tmp_path / "empty"
    folder.mkdir()
    done = run([binaries / "pytest", "--issuer-url", "reference"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().splitlines()[-1].startswith("CONFORMANT")
    assert json.loads((folder / "oid4vci-report" / "report.json").read_text())["verdict"] == "conformant"
    assert (folder / "oid4vci-report" / "report.html").stat().st_size > 10_000
    assert run([binaries / "assay", "--version"], folder).stdout.startswith("assay ")
