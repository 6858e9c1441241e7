"""`assay one-login` and its file."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import pytest
from jwcrypto.jwk import JWK

from harness import cli
from harness.commands import one_login
from harness.govuk.people import PEOPLE, wallet_subject_id
from harness.one_login import OneLoginError, setup
from harness.tests.one_login_client import rsa

ROOT = Path(__file__).parents[2]
CALLBACK = "http://localhost:8080/return-from-auth"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "public.pem"
    path.write_bytes(rsa().export_to_pem())
    return path


def told(arguments: list[str], **given: Any) -> str:
    """Run the command until it serves, and give what it says."""
    parser = cli._parser()
    lines: list[str] = []
    code, text = one_login.run(
        parser.parse_args(["one-login", *arguments]), write=lines.append, wait=lambda: None, **given
    )
    assert code == 0
    return "".join(lines) + text


def test_it_says_what_to_put_into_the_service(key_file: Path) -> None:
    text = told(
        [
            *(
                "--port",
                "0",
                "--client-id",
                "my-service",
                "--redirect-uri",
                CALLBACK,
                "--public-key",
                str(key_file),
            ),
            *("--sector-identifier-uri", "https://www.do-a-thing.service.gov.uk", "--signs-in", "erika"),
            *("--inject", "INVALID_ISS"),
        ]
    )
    base = re.search(r"issuer +(http://127\.0\.0\.1:\d+)/", text)
    assert base
    for expected in (
        f"{base[1]}/.well-known/openid-configuration",
        f"{base[1]}/token",
        f"{base[1]}/.well-known/did.json",
        f"{base[1]}/assay",
        CALLBACK,
        "Who signs in: erika",
        "Errors that are on: INVALID_ISS",
        wallet_subject_id(PEOPLE["kenneth"], "do-a-thing.service.gov.uk"),
    ):
        assert expected in text


def test_a_secret_comes_from_the_environment() -> None:
    arguments = [
        "--port",
        "0",
        "--client-id",
        "c",
        "--redirect-uri",
        CALLBACK,
        "--client-secret-env",
        "THE_SECRET",
    ]
    text = told(arguments, environment={"THE_SECRET": "not-to-be-shown"})
    assert "client_secret_post" in text
    assert "not-to-be-shown" not in text


def test_where_it_is_reached_may_differ_from_where_it_listens(key_file: Path) -> None:
    arguments = ["--port", "0", "--client-id", "c", "--redirect-uri", CALLBACK, "--public-key", str(key_file)]
    text = told([*arguments, "--base-url", "https://one-login.test/"])
    assert "issuer               https://one-login.test/\n" in text


CLIENT = ["--client-id", "c", "--redirect-uri", CALLBACK]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --client-id, --redirect-uri and --public-key FILE, or a --config"),
        (["--redirect-uri", CALLBACK], "--redirect-uri needs --client-id"),
        (["--client-id", "c"], "client c: needs a redirect URI"),
        (CLIENT, "exactly one of public keys, a JWKS URL and a client secret"),
        ([*CLIENT, "--public-key", "missing.pem"], "cannot read missing.pem: No such file"),
        ([*CLIENT, "--public-key", "a\0b"], "no file has such a name"),
        ([*CLIENT, "--public-key", str(Path(__file__))], "neither a public key"),
        ([*CLIENT, "--jwks-url", "file:///keys"], "'file:///keys' is no http(s) URL"),
        ([*CLIENT, "--client-secret-env", "SURELY_NOT_SET_HERE"], "SURELY_NOT_SET_HERE is not set"),
        ([*CLIENT, "--jwks-url", "http://a/k", "--sector-identifier-uri", "x"], "'x' has no host"),
        ([*CLIENT, "--jwks-url", "http://a/k", "--signs-in", "karl"], "nobody is called 'karl'"),
        ([*CLIENT, "--jwks-url", "http://a/k", "--inject", "BAD"], "there is no error 'BAD'"),
        ([*CLIENT, "--jwks-url", "http://a/k", "--base-url", "x"], "'x' is no http(s) URL"),
        ([*CLIENT, "--jwks-url", "http://a/k", "--port", "99999"], "cannot listen at 127.0.0.1:99999"),
        (["--config", "missing.toml"], "cannot read missing.toml"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["one-login", *arguments]) == cli.USAGE_ERROR
    line = capsys.readouterr().err
    assert line.startswith("assay one-login: ")
    assert line.count("\n") == 1
    assert words in line


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code = cli.main(["one-login", *CLIENT, "--jwks-url", "http://a/k", "--port", port])
    assert code == cli.USAGE_ERROR
    assert f"cannot listen at 127.0.0.1:{port}" in capsys.readouterr().err


def test_errors_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["one-login", "--list-errors"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["ACCESS_DENIED", "authorize"]


FILE = """
signs_in = "alice"
interactive = true
require_user_agent = false
errors = ["STALE_AUTH_TIME"]
base_url = "https://one-login.test"
identity_url = "https://identity.test"

[[client]]
client_id = "by-key"
redirect_uris = ["http://localhost:8080/a", "http://localhost:8080/b"]
public_key = "public.pem"
sector_identifier_uri = "https://sector.test"
levels = []

[[client]]
client_id = "by-secret"
redirect_uris = ["http://localhost:8081/a"]
client_secret = "${RP_SECRET}"

[people.alice]
given_name = "Alice Jane"
family_name = "Doe"
birth_date = "1970-01-01"
email = "alice@example.gov.uk"
"""


def test_a_file_sets_it_up(key_file: Path) -> None:
    path = key_file.parent / "one-login.toml"
    path.write_text(FILE)
    made = setup.read(path, {"RP_SECRET": "s"}).provider("http://127.0.0.1:3002")
    assert made.issuer == "https://one-login.test/"
    assert made.context.identity_url == "https://identity.test"
    assert (made.context.interactive, made.context.require_user_agent) == (True, False)
    assert list(made.context.people) == ["alice", *PEOPLE]
    assert made.context.next_person.given_name == "Alice Jane"
    by_key, by_secret = made.context.clients.values()
    assert (by_key.sector, by_key.levels, len(by_key.redirect_uris)) == ("sector.test", (), 2)
    assert by_key.public_keys[0]["n"] == rsa().export_public(as_dict=True)["n"]
    assert by_secret.client_secret == "s"


def test_arguments_add_to_the_file(key_file: Path) -> None:
    path = key_file.parent / "one-login.toml"
    path.write_text(FILE)
    text = told(
        ["--port", "0", "--config", str(path), *CLIENT, "--jwks-url", "http://localhost:8080/jwks"],
        environment={"RP_SECRET": "s"},
    )
    assert re.findall(r"^Client (\S+)", text, re.MULTILINE) == ["by-key", "by-secret", "c"]
    assert "Who signs in: chosen on a page" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "not TOML"),
        ("interactive = 1", "interactive has to be true or false"),
        ("clients = 1", 'unknown key "clients"'),
        ('[[client]]\nclient_id = "c"', '"redirect_uris" is missing in [client #1]'),
        ('[[client]]\nclient_id = "c"\nredirect_uris = ["http://a/"]\nclient_secret = "s"', "is a secret"),
        (
            '[[client]]\nclient_id = "c"\nredirect_uris = ["http://a/"]\nclient_secret = "${NOPE}"',
            "NOPE is not set",
        ),
        ('[[client]]\nclient_id = "c"\nredirect_uris = ["http://a/"]\npublic_key = "none.pem"', "none.pem"),
        (
            '[[client]]\nclient_id = "c"\nredirect_uris = ["http://a/"]\npublic_keys = []',
            'unknown key "public_keys"',
        ),
        ('[people.a]\ngiven_name = "A"', '"family_name" is missing'),
    ],
)
def test_a_file_that_cannot_be_used(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "one-login.toml"
    path.write_text(content)
    with pytest.raises(OneLoginError) as refused:
        setup.read(path, {})
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "example", re.findall(r"```toml\n(.*?)```", (ROOT / "docs/one-login.md").read_text(), re.DOTALL)
)
def test_the_examples_of_the_page_are_accepted(example: str, key_file: Path) -> None:
    path = key_file.parent / "one-login.toml"
    path.write_text(example)
    setup.read(path, {"RP_SECRET": "s"}).provider("http://127.0.0.1:3002")


def test_the_page_names_only_options_and_errors_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/one-login.md").read_text()
    with pytest.raises(SystemExit):
        cli.main(["one-login", "--help"])
    assert set(re.findall(r"--[a-z][a-z-]+", page)) <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))


def test_the_command_serves_and_tells_of_requests(key_file: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "harness.cli",
        "one-login",
        "--port",
        "0",
        *CLIENT,
        "--public-key",
        str(key_file),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            lines = []
            while "Ctrl-C" not in (line := process.stdout.readline()):
                assert line, process.stderr.read() if process.stderr else ""
                lines.append(line)
            base = next(line.split()[1] for line in lines if line.split()[0] == "issuer").rstrip("/")
            with urllib.request.urlopen(f"{base}/.well-known/openid-configuration", timeout=10) as answer:
                assert answer.status == 200
            refused = httpx.get(f"{base}/authorize", params={"client_id": "nobody", "redirect_uri": CALLBACK})
            assert refused.status_code == 400
            assert process.stdout.readline().split()[:3] == ["GET", "discovery", "200"]
            assert "no client is registered" in process.stdout.readline()
        finally:
            process.terminate()


def test_a_jwk_set_is_a_key_file_too(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"keys": [' + rsa().export_public() + "]}")
    assert setup.public_keys(path)[0]["kty"] == "RSA"
    path.write_text(JWK.generate(kty="oct", size=256).export())
    with pytest.raises(OneLoginError, match="neither a public key"):
        setup.public_keys(path)
