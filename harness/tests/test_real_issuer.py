"""A run against a real issuer that nobody here wrote finds what docs/real-issuers.md says, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PEER = ROOT.parent / "shared" / "peers" / "oidc-provider"
DOCUMENTED_PORT = "9121"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[str]:
    """Start the issuer from a copy and give its port."""
    if not PEER.is_dir():
        pytest.skip("the folder ../shared/peers is not here")
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path / "peer"
    shutil.copytree(PEER, folder, ignore=shutil.ignore_patterns("node_modules"))
    installed = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False
    )
    if installed.returncode != 0:
        pytest.skip("npm cannot install the issuer here")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(["node", "server.mjs", port], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("READY")
        yield port
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_the_findings_are_those_of_the_triage(peer: str, tmp_path: Path) -> None:
    example = (ROOT / "examples" / "oidc-provider.toml").read_text()
    (tmp_path / "assay.toml").write_text(example.replace(DOCUMENTED_PORT, peer))
    command = [sys.executable, "-m", "pytest", "--issuer-url", f"http://127.0.0.1:{peer}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((tmp_path / "oid4vci-report" / "report.json").read_text())
    verdicts = {result["verdict"] for result in report["results"]}
    assert not verdicts & {"error", "blocked"}
    found = {
        (finding["code"], result["verdict"].upper())
        for result in report["results"]
        for finding in result["findings"]
    }
    triage = (ROOT / "docs" / "real-issuers.md").read_text()
    assert found == set(re.findall(r"^\| `([A-Z-]+)` \((FAIL|WARN)\)", triage, re.MULTILINE))
    covered = {result["configuration"] for result in report["results"]}
    assert {"pid_sd_jwt:by-reference", "pid_sd_jwt:by-value", "pid_sd_jwt:tx-code"} <= covered
