"""What must stay secret is in nothing that a run writes or prints."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from harness.reference import authorization_endpoint
from harness.reference.app import ReferenceIssuer
from harness.reference.sealing import Sealing
from harness.reference.serve import serving
from harness.reference.variants import VARIANTS
from harness.target import registered_wallet

TEAM_SECRET = "planted-team-secret"
PASSWORD = "planted-password-of-erika"
SHORTEST = 16
"""Characters of what is looked for by value; a shorter text may stand somewhere for another reason."""

SETTINGS = """
configurations = ["identity_credential"]
[[offer]]
name = "by-value"
kind = "http"
method = "POST"
url = "{url}/assay/offers"
headers = {{ Authorization = "Bearer ${{TEAM_SECRET}}" }}
json = {{ configuration = "{{configuration}}", by = "value" }}
"""
TX_CODE_SETTINGS = """
[[offer]]
name = "tx-code"
kind = "http"
method = "POST"
url = "{url}/assay/offers"
json = {{ configuration = "{{configuration}}", by = "reference", tx_code = true }}
"""
LOGIN_SETTINGS = """
[user]
kind = "forms"
[[user.form]]
url = "*/login"
fields = {{ username = "erika", password = "${{PASSWORD}}" }}
[[user.form]]
url = "*/consent"
decline = "cancel"
[key_attester]
issuer = "{attester}"
key = "${{KEY_ATTESTER}}"
"""
SECRET_HEADERS = {
    "authorization",
    "cookie",
    "dpop",
    "oauth-client-attestation",
    "oauth-client-attestation-pop",
}
SECRET_NAMES = {
    "access_token",
    "refresh_token",
    "pre-authorized_code",
    "code",
    "code_verifier",
    "credential",
    "client_secret",
    "client_assertion",
    "password",
}


@dataclass(frozen=True)
class Situation:
    """A run whose secrets are looked for."""

    variant: str
    settings: str = SETTINGS
    faults: tuple[str, ...] = ()
    select: str = "*"
    kinds: frozenset[str] = field(default_factory=frozenset)
    """Names of secrets that must have passed, or else looking for them proves nothing."""


SITUATIONS = {
    "default": Situation(
        "default",
        SETTINGS + TX_CODE_SETTINGS,
        ("credential-error:description-charset",),
        kinds=frozenset({"access_token", "pre-authorized_code", "credential", "offer", "authorization"}),
    ),
    "complete": Situation(
        "complete",
        SETTINGS + LOGIN_SETTINGS,
        kinds=frozenset(SECRET_NAMES - {"client_secret", "client_assertion"} | SECRET_HEADERS | {"set-cookie"}),
    ),
    "client-secret-basic": Situation(
        "client-secret-basic", select="client-*", kinds=frozenset({"authorization", "code"})
    ),
    "client-secret-post": Situation("client-secret-post", select="client-*", kinds=frozenset({"client_secret"})),
    "private-key-jwt": Situation("private-key-jwt", select="client-*", kinds=frozenset({"client_assertion"})),
}


class Overheard:
    """A reference issuer that is listened to, so that the test knows every secret that came or went."""

    def __init__(self, situation: Situation, base_url: str) -> None:
        self.issuer = ReferenceIssuer(VARIANTS[situation.variant], situation.faults, base_url=base_url)
        self.issuer_url = self.issuer.issuer_url
        self.secrets: dict[str, set[str]] = {}
        self.challenges: set[str] = set()
        """What went through the browser is no secret, also when a check sends it as the verifier."""

    @property
    def app(self) -> Any:
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        came, went = bytearray(), bytearray()

        async def overhear_request() -> Any:
            message = await receive()
            came.extend(message.get("body", b""))
            return message

        async def overhear_answer(message: Any) -> None:
            went.extend(message.get("body", b""))
            self.in_headers(message.get("headers", ()))
            await send(message)

        if scope["type"] == "http":
            self.in_headers(scope["headers"])
            self.in_pairs(scope["query_string"].decode())
        await self.issuer.app(scope, overhear_request, overhear_answer)
        self.in_pairs(came.decode("utf-8", "replace"))
        try:
            self.in_json(json.loads(bytes(went)))
        except ValueError:
            return

    def in_headers(self, fields: Any) -> None:
        for field_name, field_value in fields:
            name, value = field_name.decode("latin-1").lower(), field_value.decode("latin-1")
            if name == "authorization":
                self.note(name, value.partition(" ")[2])
            elif name in ("cookie", "set-cookie"):
                for part in value.split(";") if name == "cookie" else [value.partition(";")[0]]:
                    self.note(name, part.partition("=")[2])
            elif name in SECRET_HEADERS:
                self.note(name, value)
            elif name == "location":
                self.in_pairs(urlsplit(value).query)

    def in_pairs(self, form: str) -> None:
        for name, value in parse_qsl(form):
            if name == "code_challenge":
                self.challenges.add(value)
            elif name in SECRET_NAMES and value not in self.challenges:
                self.note(name, value)

    def in_json(self, value: Any) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, str) and (name in SECRET_NAMES or "credential_offer=" in item):
                    self.note(name, item)
                self.in_json(item)
        elif isinstance(value, list):
            for item in value:
                self.in_json(item)

    def note(self, name: str, secret: str) -> None:
        if len(secret) >= SHORTEST:
            self.secrets.setdefault(name, set()).add(secret)


def settings_of(situation: Situation, issuer: ReferenceIssuer) -> tuple[str, dict[str, str]]:
    """Give ``assay.toml`` for a run against an issuer, and the variables with the secrets in it."""
    attester = issuer.key_attester()
    written = situation.settings.format(url=issuer.issuer_url, attester=attester["issuer"])
    env = {"TEAM_SECRET": TEAM_SECRET, "PASSWORD": PASSWORD, "KEY_ATTESTER": json.dumps(attester["key"])}
    wallet = registered_wallet(issuer)
    for table, client in (("client", wallet.client), ("second_client", wallet.second)):
        if client is None or client.client_id is None:
            continue
        prefix = table.upper()
        written += f'[{table}]\nclient_id = "{client.client_id}"\nredirect_uri = "{client.redirect_uri}"\n'
        written += f'authentication = "{client.authentication}"\n'
        if client.client_secret is not None:
            env[f"{prefix}_SECRET"] = client.client_secret
            written += f'client_secret = "${{{prefix}_SECRET}}"\n'
        if client.key:
            env[f"{prefix}_KEY"] = json.dumps(client.key)
            written += f'key = "${{{prefix}_KEY}}"\n'
        if client.attester is not None:
            env[f"{prefix}_ATTESTER"] = json.dumps(client.attester.key)
            written += f'attester = {{ issuer = "{client.attester.issuer}", key = "${{{prefix}_ATTESTER}}" }}\n'
    return written, env


def private_members(env: Mapping[str, str]) -> Iterator[str]:
    """Give the private member ``d`` of the keys among variables."""
    for value in env.values():
        if value.startswith("{"):
            yield json.loads(value)["d"]


@dataclass(frozen=True)
class Run:
    """What a run left behind, and what must be nowhere in it."""

    situation: Situation
    secrets: Mapping[str, set[str]]
    """By the name they came under; ``team`` for what the settings hold."""
    texts: Mapping[str, str]
    """Everything that was written or printed."""


@pytest.fixture(scope="module", params=sorted(SITUATIONS))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run once in each situation, listening to the issuer."""
    situation = SITUATIONS[request.param]
    folder: Path = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch, serving(partial(Overheard, situation), tls=False) as server:
        heard: Overheard = server.issuer
        seal = Sealing.under

        def overhear(terms: Any, payload: Any) -> Sealing:
            heard.in_json(payload)
            return seal(terms, payload)

        patch.setattr(Sealing, "under", overhear)
        patch.setattr(authorization_endpoint, "PASSWORD", PASSWORD)
        settings, variables = settings_of(situation, heard.issuer)
        (folder / "assay.toml").write_text(settings)
        command = [sys.executable, "-m", "pytest", "-vv", "--issuer-url", server.url]
        command += ["--vci-select", situation.select, "--junitxml", "junit.xml", "--alluredir", "allure"]
        done = subprocess.run(
            command,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    files = {
        str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file() and p.suffix != ".toml"
    }
    team = {*variables.values(), *private_members(variables)}
    secrets = {**heard.secrets, "team": {value for value in team if len(value) >= SHORTEST}}
    return Run(situation, secrets, {**files, "stdout": done.stdout, "stderr": done.stderr})


def test_everything_was_written(run: Run) -> None:
    assert {"oid4vci-report/report.json", "oid4vci-report/report.html", "junit.xml"} <= set(run.texts)
    assert any(name.startswith("allure/") for name in run.texts)
    assert "CONFORMANT" in run.texts["stdout"] or run.situation.select != "*"
    assert run.situation.kinds <= set(run.secrets)


def test_no_secret_is_written(run: Run) -> None:
    leaked = {
        name: {kind: count for kind, secrets in run.secrets.items() if (count := sum(s in text for s in secrets))}
        for name, text in run.texts.items()
    }
    assert {name: kinds for name, kinds in leaked.items() if kinds} == {}


def test_no_claim_of_a_person_is_written(run: Run) -> None:
    folder = resources.files("harness.reference").joinpath("configurations")
    issued = "".join(file.read_text(encoding="utf-8") for file in folder.iterdir())
    for claim in ("Erika", "Möbius", "Heidestraße 17", "1963-08-12"):
        assert claim in issued
        assert [name for name, text in run.texts.items() if claim in text] == []
