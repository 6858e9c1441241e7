"""A team's run for GOV.UK Wallet: its service in another process, and all calls over sockets."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.tests.test_browser import chromium

ROOT = Path(__file__).parents[2]
SETTINGS = """
profile = "govuk-wallet"

[[offer]]
kind = "http"
method = "POST"
url = "{issuer}/assay/offers"
json = {{ configuration = "{{configuration}}", subject = "{{wallet_subject_id}}", person = "{{email}}" }}

[revoke]
kind = "http"
method = "POST"
url = "{issuer}/assay/credentials"
json = {{ operation = "revoke", credential = "{{credential}}" }}

[stop_reissuing]
kind = "http"
method = "POST"
url = "{issuer}/assay/credentials"
json = {{ operation = "stop_reissuing", credential = "{{credential}}" }}

[trust]
tls_ca = "tls-ca.pem"
iaca = ["iaca.pem"]

[govuk]
client_id = "{client_id}"
journey_hosts = ["127.0.0.1"]

[govuk.token_service]
listen = "{token_service}"

[govuk.one_login]
listen = "{one_login}"
redirect_uris = ["{issuer}/return-from-auth"]
post_logout_redirect_uris = ["{issuer}/signed-out"]
back_channel_logout_uri = "{issuer}/back-channel-logout"
jwks_url = "{issuer}/client-jwks.json"

[govuk.status_service]
listen = "{status_service}"
client_id = "assay-reference-status-client"
"""
NEW_OFFER = "govuk-journey-new-offer"
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "VCI_"))},
    "PYTHONPATH": str(ROOT),
}
SERVICES = ("token_service", "one_login", "status_service")


def free_addresses(count: int) -> list[str]:
    """Give addresses that nobody listens at, all different."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]


@dataclass(frozen=True)
class Team:
    """A team's folder with its ``assay.toml``, and its service that runs meanwhile."""

    folder: Path
    issuer: str

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--issuer-url", self.issuer, *options]
        return subprocess.run(
            command, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False
        )

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "oid4vci-report" / "report.json").read_text())
        return found


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """Serve the bundled department in a process of its own, and write settings that fit it."""
    at = dict(zip(SERVICES, free_addresses(len(SERVICES)), strict=True))
    told = {"variant": "govuk-complete", **{name: f"http://{address}" for name, address in at.items()}}
    command = [sys.executable, "-m", "harness.tests.govuk_server"]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(told) + "\n")
        server.stdin.flush()
        try:
            says = json.loads(server.stdout.readline())
            (tmp_path / "tls-ca.pem").write_text(says["tls_ca"])
            (tmp_path / "iaca.pem").write_text(says["iaca"])
            (tmp_path / "assay.toml").write_text(SETTINGS.format(**says, **at))
            yield Team(tmp_path, says["issuer"])
        finally:
            server.stdin.close()


def test_a_service_in_another_process_is_judged(team: Team) -> None:
    done = team.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().splitlines()[-1].startswith("CONFORMANT")
    report = team.report
    passed = {result["check"] for result in report["results"] if result["verdict"] == "pass"}
    assert {NEW_OFFER, "govuk-code-signature"} <= passed
    assert set(report["target"]["configurations"]) == {"driving_licence", "fishing_licence", "veteran_card"}


def test_an_issuer_that_does_not_reach_the_token_service(team: Team) -> None:
    """The wallet and its token service are elsewhere than the issuer believes."""
    (elsewhere,) = free_addresses(1)
    file = team.folder / "assay.toml"
    settings = tomllib.loads(file.read_text())
    expected = settings["govuk"]["token_service"]["listen"]
    file.write_text(file.read_text().replace(expected, elsewhere))
    done = team.run("--vci-select", "govuk-code-*", "--vci-select", "govuk-credential-issued")
    assert done.returncode == 1, done.stdout + done.stderr
    told = "\n".join(team.report["notices"])
    assert f"authorization_servers of the metadata is 'http://{expected}' and not http://{elsewhere}" in told
    assert "took none of the issuer's codes: aud is" in told


@pytest.mark.skipif(chromium() is None, reason="Playwright or Chromium is not installed")
def test_a_credential_is_refreshed_with_a_real_browser(team: Team) -> None:
    with (team.folder / "assay.toml").open("a") as file:
        file.write('[journey]\nkind = "browser"\n')
    done = team.run("--vci-configuration", "fishing_licence", "--vci-select", NEW_OFFER)
    # What was not selected was not judged.
    assert done.returncode == 6, done.stdout + done.stderr
    (result,) = team.report["results"]
    assert (result["check"], result["verdict"]) == (NEW_OFFER, "pass")
    seen = [exchange["url"] for exchange in team.report["exchanges"]]
    assert any(url.startswith(f"{team.issuer}/refresh/fishing_licence") for url in seen)
    assert any("/authorize?" in url for url in seen)
