"""What must stay secret is in nothing that a run writes or prints."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

import pytest

from harness import cli
from harness.commands.report import OUTPUTS
from harness.reference import authorization_endpoint, serve
from harness.reference.app import ReferenceIssuer
from harness.reference.sealing import Sealing
from harness.reference.variants import VARIANTS
from harness.target import registered_wallet

TEAM_SECRET = "planted-team-secret"
PASSWORD = "planted-password"
USERNAME = "Zebedäus Quux"
API_KEY = "planted-secret-in-a-hook"
BYSTANDER = "planted-secret-of-somebody-else"
"""In the environment, and named nowhere."""
SHORTEST = 16
"""Characters of what is looked for by value; a shorter text may stand somewhere for another reason."""

SETTINGS = """
configurations = ["{configuration}"]
[[offer]]
name = "by-value"
kind = "http"
method = "POST"
url = "{url}/assay/offers"
headers = {{ Authorization = "Bearer ${{TEAM_SECRET}}", X-Api-Key = "${{API_KEY}}" }}
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
fields = {{ username = "Zebedäus Quux", password = "${{PASSWORD}}" }}
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
    "request_uri",
    "issuer_state",
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
    arguments: tuple[str, ...] = ()
    """Of pytest, besides those of all."""
    tls: bool = False
    kinds: frozenset[str] = field(default_factory=frozenset)
    """Names of secrets that must have passed, or else looking for them proves nothing."""


SITUATIONS = {
    "default": Situation(
        "default",
        SETTINGS + TX_CODE_SETTINGS,
        ("credential-error:description-charset",),
        kinds=frozenset({"access_token", "pre-authorized_code", "credential", "offer", "authorization"}),
    ),
    "failing": Situation(
        "jwt-vc",
        faults=("token-response:cacheable", "jwt-vc:subject-id-not-url"),
        arguments=("-rA", "--showlocals", "--tb", "long", "--log-level", "DEBUG", "--log-file", "all.log"),
        kinds=frozenset({"access_token", "credential"}),
    ),
    "distributed": Situation(
        "default",
        SETTINGS + TX_CODE_SETTINGS,
        select="token-*",
        arguments=("-n", "2"),
        kinds=frozenset({"access_token"}),
    ),
    "mtls-client": Situation("mtls-client", select="client-*", tls=True, kinds=frozenset({"code"})),
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

    def __getattr__(self, name: str) -> Any:
        return getattr(self.issuer, name)

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


def settings_of(situation: Situation, issuer: ReferenceIssuer, ca: Path | None) -> tuple[str, dict[str, str]]:
    """Give ``assay.toml`` for a run against an issuer, and the variables with the secrets in it."""
    attester = issuer.key_attester()
    first = issuer.context.variant.configurations[0]
    written = situation.settings.format(url=issuer.issuer_url, attester=attester["issuer"], configuration=first)
    env = {
        "TEAM_SECRET": TEAM_SECRET,
        "API_KEY": API_KEY,
        "PASSWORD": PASSWORD,
        "KEY_ATTESTER": json.dumps(attester["key"]),
    }
    if ca is not None:
        written += f'[trust]\ntls_ca = "{ca}"\n'
    wallet = registered_wallet(issuer)
    for table, client in (("client", wallet.client), ("second_client", wallet.second)):
        if client is None or client.client_id is None:
            continue
        prefix = table.upper()
        written += f'[{table}]\nclient_id = "{client.client_id}"\nredirect_uri = "{client.redirect_uri}"\n'
        written += f'authentication = "{client.authentication}"\n'
        if client.certificate is not None:
            written += f'certificate = "{client.certificate}"\ncertificate_key = "{client.certificate_key}"\n'
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


def of_the_team(env: Mapping[str, str], issuer: ReferenceIssuer) -> Iterator[str]:
    """Give what the settings hold: variables, private members of keys among them, private keys of certificates."""
    yield from (BYSTANDER, USERNAME, *env.values())
    for value in env.values():
        if value.startswith("{"):
            yield json.loads(value)["d"]
    for client in (registered_wallet(issuer).client, registered_wallet(issuer).second):
        if client is not None and client.certificate_key is not None:
            yield from (line for line in client.certificate_key.read_text().splitlines() if "-----" not in line)


KEY_RECORDER = """
import os
from jwcrypto.jwk import JWK

_generate = JWK.generate.__func__

def generate(cls, **wishes):
    key = _generate(cls, **wishes)
    with open(os.environ["KEYS_GO_TO"], "a") as file:
        file.write(key.export_private(as_dict=True)["d"] + "\\n")
    return key

JWK.generate = classmethod(generate)
"""
"""A plugin of pytest that tells the test which keys the wallet made."""


@dataclass(frozen=True)
class Run:
    """What a run left behind, and what must be nowhere in it."""

    situation: Situation
    secrets: Mapping[str, set[str]]
    """By the name they came under; ``team`` for what the settings hold."""
    texts: Mapping[str, str]
    """Everything that was written or printed, as it is and decoded."""
    written: frozenset[str]
    """The names of the files."""


_ENCODED = re.compile(r"[A-Za-z0-9_+/-]{24,}")
_IN_HEX = re.compile(r"(?:[0-9a-fA-F]{2} ?){12,}")
_IN_JSON = re.compile(r"\\\\(?:u([0-9a-fA-F]{4})|(.))")


def laid_open(text: str) -> str:
    """Give the lines of a text, each once, together with what they hold in other encodings."""
    lines = dict.fromkeys(text.splitlines())
    found = list(lines)
    for line in lines:
        if "%" in line or "+" in line:
            found += [unquote(line), unquote_plus(line)]
        if "&" in line:
            found.append(html.unescape(line))
        if "\\" in line:
            found.append(_IN_JSON.sub(lambda e: chr(int(e[1], 16)) if e[1] else e[2], line))
    known: set[str] = set()
    for line in lines:
        for pattern, decode in ((_ENCODED, decoded), (_IN_HEX, bytes.fromhex)):
            for run in {run for run in pattern.findall(line) if run not in known}:
                known.add(run)
                try:
                    found.append(decode(run).decode("latin-1"))
                except ValueError:
                    continue
    return "\n".join(dict.fromkeys(found))


def decoded(run: str) -> bytes:
    """Decode base64 of either alphabet."""
    usual = run.translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(usual + "=" * (-len(usual) % 4))
    except binascii.Error as error:
        raise ValueError(run) from error


@pytest.fixture(scope="module", params=sorted(SITUATIONS))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run once in each situation, listening to the issuer, and make everything that can be made of the report."""
    situation = SITUATIONS[request.param]
    folder: Path = tmp_path_factory.mktemp("run")
    aside: Path = tmp_path_factory.mktemp("aside")
    (aside / "key_recorder.py").write_text(KEY_RECORDER)
    (aside / "keys").touch()
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        authorities = serve._client_authorities
        patch.setattr(serve, "_client_authorities", lambda hosted: authorities(hosted.issuer))
        server = stack.enter_context(serve.serving(partial(Overheard, situation), tls=situation.tls))
        heard: Overheard = server.issuer
        seal = Sealing.under

        def overhear(terms: Any, payload: Any) -> Sealing:
            heard.in_json(payload)
            return seal(terms, payload)

        patch.setattr(Sealing, "under", overhear)
        patch.setattr(authorization_endpoint, "PASSWORD", PASSWORD)
        patch.setattr(authorization_endpoint, "USERNAME", USERNAME)
        (aside / "ca.pem").write_text(server.ca_pem)
        settings, variables = settings_of(situation, heard.issuer, aside / "ca.pem" if situation.tls else None)
        (folder / "assay.toml").write_text(settings)
        command = [sys.executable, "-m", "pytest", "-p", "key_recorder", "-vv", "--issuer-url", server.url]
        command += ["--vci-select", situation.select, "--junitxml", "junit.xml", "--alluredir", "allure"]
        done = subprocess.run(
            [*command, *situation.arguments],
            cwd=folder,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": os.pathsep.join([str(aside), os.environ.get("PYTHONPATH", "")]),
                "KEYS_GO_TO": str(aside / "keys"),
                "SOMEBODY_ELSES_TOKEN": BYSTANDER,
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    report = folder / "oid4vci-report" / "report.json"
    assert report.exists(), done.stdout + done.stderr
    for name in OUTPUTS:
        made = report.with_name(f"again-{name}")
        assert cli.main(["report", str(report), "--format", name, "--output", str(made)]) == 0
    written = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file() and p.suffix != ".toml"}
    texts = {name: path.read_bytes().decode("utf-8", "backslashreplace") for name, path in written.items()}
    texts |= {"stdout": done.stdout, "stderr": done.stderr}
    one_by_one = ["allure/", "oid4vci-report/again-allure/", ""]
    together = {
        name: "\n".join(text for path, text in texts.items() if path == name or (name and path.startswith(name)))
        for name in [*one_by_one[:2], *(path for path in texts if not path.startswith(tuple(one_by_one[:2])))]
    }
    secrets = {
        **heard.secrets,
        "team": {value for value in of_the_team(variables, heard.issuer) if len(value) >= 8},
        "keys": set((aside / "keys").read_text().split()),
    }
    return Run(situation, secrets, {name: laid_open(text) for name, text in together.items()}, frozenset(written))


def test_everything_was_written(run: Run) -> None:
    assert {"oid4vci-report/report.json", "oid4vci-report/report.html", "junit.xml"} <= run.written
    assert any(name.startswith("allure/") for name in run.written)
    assert any(name.startswith(".pytest_cache/") for name in run.written)
    assert ("all.log" in run.written) == ("all.log" in run.situation.arguments)
    assert "CONFORMANT" in run.texts["stdout"] or run.situation.select != "*"
    assert run.situation.kinds <= set(run.secrets)


def test_no_secret_is_written(run: Run) -> None:
    leaked = {
        name: {kind: count for kind, secrets in run.secrets.items() if (count := sum(s in text for s in secrets))}
        for name, text in run.texts.items()
    }
    assert {name: kinds for name, kinds in leaked.items() if kinds} == {}


def test_no_transaction_code_is_written(run: Run) -> None:
    """They are too short to be looked for by value."""
    for name, text in run.texts.items():
        shown = {
            value for form in (r'"tx_code"\s*:\s*"?(\w+)', r"tx_code=(\w+)") for value in re.findall(form, text)
        }
        assert {value for value in shown if any(map(str.isdigit, value))} == set(), name


def personal(value: Any) -> Iterator[str]:
    """Give the texts of claims that are long enough to stand nowhere for another reason."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in ("@context", "type", "id"):
                yield from personal(item)
    elif isinstance(value, list):
        for item in value:
            yield from personal(item)
    elif isinstance(value, str) and len(value) >= 5 and not value.isdigit():
        yield value


def test_no_claim_of_a_person_is_written(run: Run) -> None:
    folder = resources.files("harness.reference").joinpath("configurations")
    issued = [json.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    claims = {claim for data in issued for part in ("disclosed", "plain") for claim in personal(data.get(part))}
    assert {"Erika", "Möbius", "Heidestraße 17", "1963-08-12"} <= claims
    for name, text in run.texts.items():
        assert {claim for claim in claims if claim in text} == set(), name


def test_no_mark_could_be_made_again_from_a_secret(run: Run) -> None:
    report = run.texts["oid4vci-report/report.json"]
    marks = set(re.findall("‹redacted sha256:([0-9a-f]{8})›", report))
    assert marks
    plain = {hashlib.sha256(s.encode()).hexdigest()[:8] for secrets in run.secrets.values() for s in secrets}
    assert len(marks & plain) < 2  # one in 2^32 each by chance
