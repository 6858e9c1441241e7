"""A run against a real issuer that nobody here wrote finds what docs/real-issuers.md says, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PEER = ROOT.parent / "shared" / "peers" / "oidc-provider"
DOCUMENTED_PORT = "9121"


RUNS = {
    "B": ("oidc-provider.toml", {}),
    "D": ("oidc-provider-dpop.toml", {}),
    "N": ("oidc-provider-dpop.toml", {"DPOP_NONCE": "1"}),
}
"""Name of a run in the triage to its example and the environment of the issuer."""


BY_CHANCE = {("BATCH-TIME-SHARED", "WARN")}
"""Shows when a whole batch is issued within one second."""

VERIFIED = {
    ("sd-jwt-signature", "pid_sd_jwt:by-reference"),
    ("sd-jwt-bound-to-proof-key", "pid_sd_jwt:by-reference"),
    ("jwt-vc-signature", "degree_jwt:by-reference"),
    ("jwt-vc-registered-claims", "degree_jwt:by-reference"),
    ("vcdm-bound", "degree_jwt:by-reference"),
    ("vcdm-type-announced", "degree_jwt:by-reference"),
}
"""Checks that can only pass when a credential of each format was read and verified, with the scenario."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the issuer in a copy."""
    if not PEER.is_dir():
        pytest.skip("the folder ../shared/peers is not here")
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    folder = tmp_path_factory.mktemp("peer") / "oidc-provider"
    shutil.copytree(PEER, folder, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("npm cannot install the issuer here")
    return folder


@contextlib.contextmanager
def serving(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Start the issuer and give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(
        ["node", "server.mjs", port],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("READY")
        yield port
    finally:
        process.kill()
        process.communicate(timeout=10)


@pytest.mark.parametrize("name", RUNS)
def test_the_findings_are_those_of_the_triage(name: str, installed: Path, tmp_path: Path) -> None:
    example, environment = RUNS[name]
    with serving(installed, environment) as port:
        settings = (ROOT / "examples" / example).read_text()
        (tmp_path / "assay.toml").write_text(settings.replace(DOCUMENTED_PORT, port))
        # Its request URIs live for a minute, which says nothing more of it.
        brisk = ["--vci-skip", "par-request-uri-expired-refused"]
        command = [sys.executable, "-m", "pytest", "--issuer-url", f"http://127.0.0.1:{port}", *brisk]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False)
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
    rows = re.findall(r"^\| `([A-Z-]+)` \((FAIL|WARN)\) \| ([A-Z, ]+) \|", triage, re.MULTILINE)
    expected = {(code, verdict) for code, verdict, runs in rows if name in runs.split(", ")}
    assert found <= expected
    assert expected - found <= BY_CHANCE
    if name == "B":
        passed = {(r["check"], r["configuration"]) for r in report["results"] if r["verdict"] == "pass"}
        assert passed >= VERIFIED
    covered = {result["configuration"] for result in report["results"]}
    if name == "B":
        assert {
            "pid_sd_jwt:by-value",
            "pid_sd_jwt:tx-code",
            "pid_sd_jwt:code",
            "pid_sd_jwt:wallet-initiated",
        } <= covered
