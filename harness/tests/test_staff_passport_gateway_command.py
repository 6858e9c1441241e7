"""`assay gateway` and its file."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from harness import cli, config
from harness.commands import UsageError, gateway
from harness.staff_passport import templates
from harness.staff_passport.employees import EMPLOYEES
from harness.staff_passport.gateway import GatewayError, setup
from harness.staff_passport.gateway.core import V1, V2
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.misbehaviours import MISBEHAVIOURS
from harness.staff_passport.gateway.ways import Ways

ROOT = Path(__file__).parents[2]
CALLBACK = "http://localhost:8080/dsp/callback"
CLIENT = ["--listen", "127.0.0.1:0", "--redirect-uri", CALLBACK]
KEY = base64.b64encode(b"a-key-of-thirty-two-bytes-length").decode()
SYSTEM = ExternalSystem("a-system", "a-secret", b"a-key", (CALLBACK,))
ENVIRONMENT = {"DSP_CLIENT_SECRET": "not-to-be-shown", "DSP_SIGNING_KEY": KEY}


def told(arguments: list[str], **given: Any) -> str:
    """Run the command until it serves, and give what it says."""
    lines: list[str] = []
    options = cli._parser().parse_args(["gateway", *arguments])
    code, text = gateway.run(options, write=lines.append, wait=lambda: None, **given)
    assert code == 0
    return "".join(lines) + text


def value_of(name: str, text: str) -> str:
    found = re.search(rf"^ +{re.escape(name)}  +(\S.*)$", text, re.MULTILINE)
    assert found, f"{name!r} is not told"
    return found[1]


def test_it_says_what_to_put_into_the_external_system() -> None:
    text = told([*CLIENT, "--employee", "bjorn", "--misbehave", "id-token-nonce"])
    base = value_of("base URL", text)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base)
    for generation, issuer in (("V1", f"{base}/oidc"), ("V2", base)):
        section = text.partition(f"{generation}:")[2]
        assert value_of("issuer", section) == issuer
        for role in ("discovery", "PAR", "authorize", "token", "JWKS"):
            assert value_of(role, section).startswith(f"{base}/")
    assert value_of("revocation", text) == f"{base}/Revocation/revokecredential"
    assert value_of("redirect_uri", text) == CALLBACK
    assert value_of("client_id", text) == "my-external-system"
    assert len(value_of("client_secret", text)) >= 24
    assert len(base64.b64decode(value_of("signing key", text))) == 32
    assert value_of("organisation id", text)
    assert f"{base}/sim/" in text
    assert "Björn Ångström" in text
    assert "id-token-nonce" in text


def test_secrets_are_new_each_time_and_those_of_the_environment_are_not_shown() -> None:
    first, second = told(CLIENT), told(CLIENT)
    for name in ("client_secret", "signing key", "organisation id"):
        assert value_of(name, first) != value_of(name, second)
    names = ["--client-secret-env", "DSP_CLIENT_SECRET", "--signing-key-env", "DSP_SIGNING_KEY"]
    text = told([*CLIENT, *names, "--client-id", "c", "--organisation-id", "o"], environment=ENVIRONMENT)
    assert value_of("client_id", text) == "c"
    assert value_of("organisation id", text) == "o"
    assert "not-to-be-shown" not in text
    assert KEY not in text
    assert "DSP_CLIENT_SECRET" in value_of("client_secret", text)


def test_where_it_is_reached_may_differ_from_where_it_listens() -> None:
    text = told([*CLIENT, "--base-url", "https://gateway.test/"])
    assert value_of("base URL", text) == "https://gateway.test"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --redirect-uri URI, or a --config with [[external_system]]"),
        (["--client-id", "c"], "--client-id needs --redirect-uri"),
        (["--organisation-id", "c"], "--organisation-id needs --redirect-uri"),
        ([*CLIENT, "--client-secret-env", "SURELY_NOT_SET_HERE"], "SURELY_NOT_SET_HERE is not set"),
        ([*CLIENT, "--signing-key-env", "SURELY_NOT_SET_HERE"], "SURELY_NOT_SET_HERE is not set"),
        ([*CLIENT, "--employee", "karl"], "no employee is called 'karl'; known are amara, bjorn, chloe"),
        ([*CLIENT, "--misbehave", "id-token-nonse"], "id-token-nonse"),
        ([*CLIENT, "--base-url", "x"], "'x' is no http(s) URL"),
        ([*CLIENT, "--schema", "missing.toml"], "cannot read missing.toml"),
        (["--redirect-uri", CALLBACK, "--listen", "here"], "--listen 'here': give HOST:PORT, or PORT alone"),
        (["--redirect-uri", CALLBACK, "--listen", "127.0.0.1:99999"], "cannot listen at 127.0.0.1:99999"),
        (["--redirect-uri", "not-a-url"], "not-a-url"),
        (["--config", "missing.toml"], "cannot read missing.toml"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["gateway", *arguments]) == cli.USAGE_ERROR
    line = capsys.readouterr().err
    assert line.startswith("assay gateway: ")
    assert line.count("\n") == 1
    assert words in line


def test_a_signing_key_that_is_not_base64_is_told_but_not_shown() -> None:
    with pytest.raises(UsageError, match="not in Base64") as refused:
        told([*CLIENT, "--signing-key-env", "KEY"], environment={"KEY": "!secret!"})
    assert "!secret!" not in str(refused.value)


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        assert cli.main(["gateway", "--redirect-uri", CALLBACK, "--listen", place]) == cli.USAGE_ERROR
    assert f"cannot listen at {place}" in capsys.readouterr().err


def test_misbehaviours_are_listed_with_what_they_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["gateway", "--list-misbehaviours"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(MISBEHAVIOURS)
    assert all(len(line.split()) > 2 for line in lines)


FILE = """
wallet = "automatic"
employee = "dana"
misbehave = ["slow"]
base_url = "https://gateway.test/"

[[external_system]]
client_id = "one"
client_secret = "${DSP_CLIENT_SECRET}"
signing_key = "${DSP_SIGNING_KEY}"
organisation_id = "an-organisation"
redirect_uris = ["http://localhost:8080/a", "http://localhost:8080/b"]

[[external_system]]
client_id = "two"
client_secret = "${DSP_CLIENT_SECRET}"
signing_key = "${DSP_SIGNING_KEY}"
redirect_uris = ["http://localhost:8081/a"]

[employees.dana]
first_name = "Dana"
surname = "Lindqvist-Moore"
birth_date = "1988-02-29"
"""


def test_a_file_sets_it_up(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(FILE)
    read = setup.read(path, ENVIRONMENT)
    made = read.gateway("http://127.0.0.1:3004")
    assert made.base_url == "https://gateway.test"
    assert read.attended is False
    assert list(read.employees) == ["dana", *EMPLOYEES]
    assert made.wallet.identity.surname == "Lindqvist-Moore"
    assert made.wallet.identity.unique_identifier
    one, two = read.clients
    assert (one.client_secret, one.signing_key) == ("not-to-be-shown", base64.b64decode(KEY))
    assert (one.organisation_id, len(one.redirect_uris)) == ("an-organisation", 2)
    assert two.client_id == "two"


def test_arguments_add_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(FILE)
    names = ["--client-id", "three", "--signing-key-env", "DSP_SIGNING_KEY"]
    text = told(["--config", str(path), *CLIENT, *names], environment=ENVIRONMENT)
    keys = re.findall(r"^ +signing key +(\S.*)$", text, re.MULTILINE)
    assert keys == ["as gateway.toml says", "as gateway.toml says", "that in DSP_SIGNING_KEY"]
    assert re.findall(r"^ +client_id +(\S+)$", text, re.MULTILINE) == ["one", "two", "three"]
    assert "not-to-be-shown" not in text


HEAD = '[[external_system]]\nclient_id = "c"\nredirect_uris = ["http://a/"]\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "not TOML"),
        ("wallet = 1", "wallet has to be one of attended, automatic"),
        ("system = 1", 'unknown key "system"'),
        ('[[external_system]]\nclient_id = "c"', "is missing in [external_system #1]"),
        (f'{HEAD}client_secret = "s"\nsigning_key = "${{K}}"', "is a secret"),
        (f'{HEAD}client_secret = "${{NOPE}}"\nsigning_key = "${{NOPE}}"', "NOPE is not set"),
        (f'{HEAD}client_secret = "${{BAD}}"\nsigning_key = "${{BAD}}"', "not in Base64"),
        ('[employees.a]\nfirst_name = "A"', '"surname" is missing'),
        ("[ways]\nsurely_no_way = true", "surely_no_way"),
    ],
)
def test_a_file_that_cannot_be_used(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(content)
    with pytest.raises(GatewayError) as refused:
        setup.read(path, {"BAD": "!"})
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


PAGE = (ROOT / "docs/staff-passport.md").read_text()


@pytest.mark.parametrize("example", re.findall(r"<!-- gateway -->\n```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_of_the_page_are_accepted(example: str, tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(example)
    setup.read(path, ENVIRONMENT).gateway("http://127.0.0.1:3004")


@pytest.mark.parametrize("example", re.findall(r"(?<!-->)\n```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_settings_of_the_page_are_accepted(example: str, tmp_path: Path) -> None:
    (tmp_path / "dsp-schema.toml").write_text("")
    (tmp_path / "assay.toml").write_text(example)
    assert config.load({}, {**ENVIRONMENT, "PORTAL_PASSWORD": "p"}, tmp_path).written


@pytest.mark.parametrize("example", re.findall(r"<!-- schema -->\n```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_data_schema_of_the_page_is_accepted(example: str, tmp_path: Path) -> None:
    path = tmp_path / "dsp-schema.toml"
    path.write_text(example)
    text = told([*CLIENT, "--schema", str(path)])
    assert "External system" in text
    assert templates.read(path)["TrainingProgramme"].complete


def test_the_page_has_the_paths_of_the_gateway() -> None:
    base = setup.Setup(clients=(SYSTEM,)).gateway("http://127.0.0.1:3004")
    for version in (V1, V2):
        described = base.described(version)
        for member in (
            "pushed_authorization_request_endpoint",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
        ):
            assert f"`{urlsplit(described[member]).path}`" in PAGE
        assert f"`{version.discovery}`" in PAGE


def test_the_page_names_only_options_and_ways_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["gateway", "--help"])
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    section = PAGE.partition("## A gateway of your own")[2].partition("\n## ")[0]
    assert section
    assert set(re.findall(r"--[a-z][a-z-]+", section.replace("-->", ""))) <= known
    ways = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(ways) == sorted(field.name for field in dataclasses.fields(Ways))


def test_the_command_serves_over_tls_and_tells_of_requests() -> None:
    command = [sys.executable, "-m", "harness.cli", "gateway", *CLIENT, "--tls", "--automatic"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            lines = []
            while "Ctrl-C" not in (line := process.stdout.readline()):
                assert line, process.stderr.read() if process.stderr else ""
                lines.append(line)
            text = "".join(lines)
            base = value_of("base URL", text)
            assert base.startswith("https://127.0.0.1:")
            trusted = ssl.create_default_context(cafile=value_of("TLS root to trust", text))
            with httpx.Client(verify=trusted) as http:
                described = http.get(f"{base}/oidc/.well-known/openid-configuration")
                assert described.status_code == 200
                assert described.json()["token_endpoint"] == f"{base}/oidc/token"
                asked = {
                    "client_id": value_of("client_id", text),
                    "redirect_uri": CALLBACK,
                    "response_type": "code",
                    "response_mode": "query",
                    "scope": "openid Identity",
                    "state": "s-1",
                    "nonce": "n-1",
                }
                shown = http.get(f"{base}/oidc/authorizev1", params=asked, follow_redirects=False)
                for _ in range(5):
                    if shown.is_redirect and shown.headers["location"].startswith(CALLBACK):
                        break
                    shown = http.get(shown.next_request.url if shown.next_request else shown.url)
                back = dict(parse_qsl(urlsplit(shown.headers["location"]).query))
                assert back["state"] == "s-1"
                code = {
                    "grant_type": "authorization_code",
                    "code": back["code"],
                    "redirect_uri": CALLBACK,
                    "client_id": asked["client_id"],
                    "client_secret": value_of("client_secret", text),
                }
                tokens = http.post(f"{base}/oidc/token", data=code).json()
                claims = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[1] + "=="))
                assert claims["Identity.ID-LegalSurname"] == EMPLOYEES["amara"].surname
            assert process.stdout.readline().split()[:3] == ["GET", "discovery", "200"]
            assert process.stdout.readline().split() == ["GET", "authorize", "verifying", "302"]
            after = process.stdout.readline().split()
            assert after == ["GET", "page", "verifying", "302"], "the page that waits is not told of"
            assert process.stdout.readline().split() == ["POST", "token", "verifying", "200"]
        finally:
            process.terminate()
