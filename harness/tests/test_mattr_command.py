"""``assay mattr``: what it tells is enough for a back end and a wallet to get a credential."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from harness import cli
from harness.commands import UsageError, mattr
from harness.tests.mattr_bench import GRANT
from harness.tests.test_docs import blocks
from harness.tests.test_plugin import judge, report
from harness.vendors.mattr.context import sample_claims


def value_of(name: str, text: str) -> str:
    found = re.search(rf"^ +{re.escape(name)}  +(\S.*)$", text, re.MULTILINE)
    assert found, f"{name!r} is not told"
    return found[1]


def served(arguments: list[str], lines: list[str], wait: object = lambda: None) -> None:
    options = cli._parser().parse_args(["mattr", *arguments])
    assert mattr.run(options, write=lines.append, wait=wait) == (0, "")  # type: ignore[arg-type]


def test_a_back_end_and_a_wallet_get_by_with_what_it_tells() -> None:
    lines: list[str] = []

    def use() -> None:
        text = "".join(lines)
        login = {name: value_of(name, text) for name in ("audience", "client_id", "client_secret")}
        token = httpx.post(value_of("access tokens", text), json={**login, "grant_type": "client_credentials"})
        wish = {"credentials": [value_of("driving_licence", text)], "claims": sample_claims()}
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        made = httpx.post(value_of("offers", text), json=wish, headers=headers)
        assert made.status_code == 200
        offer = json.loads(httpx.URL(made.json()["uri"]).params["credential_offer"])
        assert offer["credential_issuer"] == value_of("tenant, issuer", text)
        form = {"grant_type": GRANT, "pre-authorized_code": offer["grants"][GRANT]["pre-authorized_code"]}
        granted = httpx.post(f"{offer['credential_issuer']}/v1/oauth/token", data=form)
        assert granted.json()["token_type"] == "Bearer"

    served(["--port", "0"], lines, use)
    assert "POST /v1/oauth/token 200\n" in lines
    assert "not that of MATTR" in lines[0]


def test_it_tells_what_is_wrong_and_where_claims_come_from() -> None:
    lines: list[str] = []
    fault, source = "mattr-offer:code-missing", "https://claims.example/user"
    served(["--port", "0", "--fault", fault, "--claims-source", source, "--base-url", "https://t.example"], lines)
    text = "".join(lines)
    assert f"What it does wrong: {fault}" in text
    assert value_of("tenant, issuer", text) == "https://t.example"
    assert value_of("claims source", text).startswith(source)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--variant", "none"], 'unknown variant "none"'),
        (["--fault", "none"], "none"),
        (["--claims-source", "claims"], "--claims-source 'claims': give a URL"),
        (["--port", "70000"], "cannot listen at 127.0.0.1:70000"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: list[str], hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        served(["--port", "0", *arguments], [])
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_settings_of_the_page_judge_a_tenant_of_ones_own(pytester: pytest.Pytester) -> None:
    """The tenant of the command stands in for a team's; the run plays its claims source."""
    (page,) = (block for block in blocks("docs/mattr.md", "toml") if "[mattr]" in block)
    lines: list[str] = []
    configurations = Path(mattr.__file__).parents[1] / "vendors" / "mattr" / "configurations"
    listed = [json.loads(path.read_text()) for path in sorted(configurations.glob("*.json"))]
    (pytester.path / "configurations.json").write_text(json.dumps({"data": listed}))
    (pytester.path / "claims.json").write_text(json.dumps(sample_claims()))
    port = _free_port()

    def use() -> None:
        text = "".join(lines)
        told = page.replace("https://auth.example/oauth/token", value_of("access tokens", text))
        told = re.sub(r'issuer_url = "[^"]*"\n', "", told)
        for name in ("audience", "client_id"):
            told = re.sub(rf'^{name} = "[^"]*"', f'{name} = "{value_of(name, text)}"', told, flags=re.MULTILINE)
        told = told.replace("${MATTR_CLIENT_SECRET}", "${MATTR_SECRET_OF_THE_TEST}").replace("3006", str(port))
        (pytester.path / "assay.toml").write_text(told)
        patch = pytest.MonkeyPatch()
        patch.setenv("MATTR_SECRET_OF_THE_TEST", value_of("client_secret", text))
        judge(pytester, "--issuer-url", value_of("tenant, issuer", text), "--vci-select", "mattr-c*")
        patch.undo()

    served(["--port", "0", "--claims-source", f"http://127.0.0.1:{port}/claims"], lines, use)
    results = report(pytester)["results"]
    assert {each["verdict"] for each in results} == {"pass"}
    assert {each["check"] for each in results} >= {
        "mattr-claims-mapped",
        "mattr-claims-source",
        "mattr-claims-source-failed",
        "mattr-credential-expiry",
        "mattr-credential-status",
    }


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
