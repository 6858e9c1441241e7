"""What must stay secret is in nothing that a run writes or prints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from harness.reference.app import ReferenceIssuer
from harness.reference.serve import serving
from harness.reference.variants import VARIANTS

TEAM_SECRET = "planted-team-secret"
SETTINGS = """
configurations = ["identity_credential"]
[[offer]]
name = "by-value"
kind = "http"
method = "POST"
url = "{url}/assay/offers"
headers = {{ Authorization = "Bearer ${{TEAM_SECRET}}" }}
json = {{ configuration = "{{configuration}}", by = "value" }}
[[offer]]
name = "tx-code"
kind = "http"
method = "POST"
url = "{url}/assay/offers"
json = {{ configuration = "{{configuration}}", by = "reference", tx_code = true }}
"""


class Overheard:
    """A reference issuer whose answers are overheard, so that the test knows every secret it gave out."""

    def __init__(self, base_url: str) -> None:
        self.issuer = ReferenceIssuer(
            VARIANTS["default"], ["credential-error:description-charset"], base_url=base_url
        )
        self.issuer_url = self.issuer.issuer_url
        self.secrets: set[str] = set()

    @property
    def app(self) -> Any:
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()

        async def overhear(message: Any) -> None:
            body.extend(message.get("body", b""))
            await send(message)

        await self.issuer.app(scope, receive, overhear)
        try:
            self.secrets.update(found(json.loads(bytes(body))))
        except ValueError:
            return


def found(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name in ("access_token", "pre-authorized_code", "credential") and isinstance(item, str):
                yield item
            elif name == "offer" and "credential_offer=" in str(item):
                yield str(item)
            yield from found(item)
    elif isinstance(value, list):
        for item in value:
            yield from found(item)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], dict[str, str]]:
    """Run once, and give the secrets and everything that was written or printed."""
    folder: Path = tmp_path_factory.mktemp("run")
    with serving(Overheard, tls=False) as server:
        (folder / "assay.toml").write_text(SETTINGS.format(url=server.url))
        command = [sys.executable, "-m", "pytest", "-vv", "--issuer-url", server.url]
        command += ["--junitxml", "junit.xml", "--alluredir", "allure"]
        env = {"PATH": "/usr/bin:/bin", "TEAM_SECRET": TEAM_SECRET}
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        secrets = set(server.issuer.secrets)
    files = {
        str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file() and p.suffix != ".toml"
    }
    return secrets, {**files, "stdout": done.stdout, "stderr": done.stderr}


def test_everything_was_written(written: tuple[set[str], dict[str, str]]) -> None:
    secrets, texts = written
    assert len(secrets) > 20
    assert {"oid4vci-report/report.json", "oid4vci-report/report.html", "junit.xml"} <= set(texts)
    assert any(name.startswith("allure/") for name in texts)
    assert "NOT CONFORMANT" in texts["stdout"]


def test_no_token_code_or_credential_is_written(written: tuple[set[str], dict[str, str]]) -> None:
    secrets, texts = written
    leaked = {name: sum(secret in text for secret in secrets) for name, text in texts.items()}
    assert {name: count for name, count in leaked.items() if count} == {}


def test_no_claim_of_a_person_is_written(written: tuple[set[str], dict[str, str]]) -> None:
    _, texts = written
    issued = resources.files("harness.reference").joinpath("configurations.json").read_text(encoding="utf-8")
    for claim in ("Erika", "Möbius", "Heidestraße 17", "1963-08-12"):
        assert claim in issued
        assert [name for name, text in texts.items() if claim in text] == []


def test_no_secret_of_the_team_is_written(written: tuple[set[str], dict[str, str]]) -> None:
    _, texts = written
    assert [name for name, text in texts.items() if TEAM_SECRET in text] == []
