"""Authorization requests and responses, pushed or not, as the specifications spell them."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.transport import Reply
from harness.wallet import authorization, par

BACK = "https://wallet.example/cb"


def test_pkce_is_as_in_the_example_of_its_specification() -> None:
    octets = [
        *(116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105),
        *(214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121),
    ]
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return bytes(octets)

    made = authorization.pkce(random)
    assert asked == [32]
    assert made.verifier == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
    assert made.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert made.method == "S256"


def test_two_verifiers_differ() -> None:
    assert authorization.pkce().verifier != authorization.pkce().verifier


def test_a_request_by_scope() -> None:
    pkce = authorization.Pkce("v", "c")
    assert authorization.parameters(
        client_id="w",
        redirect_uri=BACK,
        state="s",
        pkce=pkce,
        scope="a b",
        issuer_state="i",
        resource="https://ci",
    ) == {
        "response_type": "code",
        "client_id": "w",
        "redirect_uri": BACK,
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "scope": "a b",
        "issuer_state": "i",
        "resource": "https://ci",
    }


def test_a_request_by_authorization_details() -> None:
    details = authorization.details(
        ["pid", "mdl"], locations=["https://ci.example"], claims={"pid": [{"path": ["given_name"]}]}
    )
    made = authorization.parameters(
        client_id="w", redirect_uri=BACK, state="s", authorization_details=details, dpop_jkt="t"
    )
    assert made["dpop_jkt"] == "t"
    assert not {"code_challenge", "scope", "issuer_state", "resource"} & made.keys()
    first, second = json.loads(made["authorization_details"])
    assert first == {
        "type": "openid_credential",
        "credential_configuration_id": "pid",
        "locations": ["https://ci.example"],
        "claims": [{"path": ["given_name"]}],
    }
    assert second == {
        "type": "openid_credential",
        "credential_configuration_id": "mdl",
        "locations": ["https://ci.example"],
    }
    assert authorization.details(["pid"]) == [{"type": "openid_credential", "credential_configuration_id": "pid"}]


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://as/a", "https://as/a?x=1+%26&y="),
        ("https://as/a?p=q", "https://as/a?p=q&x=1+%26&y="),
        ("https://as/a?", "https://as/a?x=1+%26&y="),
        ("https://as/a?p=q&", "https://as/a?p=q&x=1+%26&y="),
        ("https://as/a?p=q#f", "https://as/a?p=q&x=1+%26&y="),
    ],
)
def test_the_query_of_the_endpoint_stays(endpoint: str, url: str) -> None:
    assert authorization.url(endpoint, {"x": "1 &", "y": ""}) == url


def test_a_parameter_can_be_sent_twice() -> None:
    assert authorization.url("https://as/a", [("x", "1"), ("x", "2")]) == "https://as/a?x=1&x=2"


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_what_is_put_into_a_url_comes_out_of_it(parameters: dict[str, str]) -> None:
    url = authorization.url("https://as/a", parameters)
    assert parse_qsl(url.partition("?")[2], keep_blank_values=True) == list(parameters.items())


def test_a_response_with_a_code_is_read() -> None:
    url = f"{BACK}?code=abc%2B&state=s&iss=https%3A%2F%2Fas.example&x="
    found = authorization.read_response(url, BACK)
    assert found is not None
    assert (found.code, found.state, found.iss, found.error, found.fragment) == (
        "abc+",
        "s",
        "https://as.example",
        None,
        "",
    )
    assert found.parameters[-1] == ("x", "")
    assert found.redirected == url


def test_a_response_with_an_error_is_read() -> None:
    found = authorization.read_response(f"{BACK}?error=access_denied&state=1&state=2#_=_", BACK)
    assert found is not None
    assert (found.error, found.code, found.fragment) == ("access_denied", None, "_=_")
    assert found.values("state") == ["1", "2"]


@pytest.mark.parametrize(
    ("url", "redirect_uri", "leads"),
    [
        ("https://wallet.example/cb", BACK, True),
        ("HTTPS://Wallet.Example/cb?code=1#x", BACK, True),
        ("https://wallet.example?code=1", "https://wallet.example/", True),
        ("https://wallet.example/cb?a=b&code=1", "https://wallet.example/cb?a=b", True),
        ("org.wallet:/cb?code=1", "org.wallet:/cb", True),
        ("org.wallet://cb?code=1", "org.wallet://cb", True),
        ("https://wallet.example/CB?code=1", BACK, False),
        ("https://wallet.example/cb/?code=1", BACK, False),
        ("https://wallet.example:444/cb?code=1", BACK, False),
        ("https://wallet.example.evil/cb?code=1", BACK, False),
        ("https://evil/?x=https://wallet.example/cb", BACK, False),
        ("http://wallet.example/cb?code=1", BACK, False),
        ("https://[/cb", BACK, False),
        ("", BACK, False),
    ],
)
def test_only_what_leads_to_the_redirect_uri_is_a_response(url: str, redirect_uri: str, leads: bool) -> None:
    assert (authorization.read_response(url, redirect_uri) is not None) is leads


# --- pushed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "uri", "seconds"),
    [
        (200, {"request_uri": "urn:x", "expires_in": 0.5}, "urn:x", 0.5),
        (400, {"request_uri": "urn:x", "expires_in": 60}, None, None),
        (201, {"request_uri": "", "expires_in": "60"}, None, None),
        (201, {"request_uri": 1, "expires_in": True}, None, None),
        (201, [], None, None),
    ],
)
def test_what_is_no_answer_to_a_pushed_request_gives_nothing(
    status: int, body: object, uri: str | None, seconds: float | None
) -> None:
    reply = Reply(1, "POST", "https://as/par", status, httpx.Headers(), json.dumps(body).encode())
    assert (par.request_uri(reply), par.expires_in(reply)) == (uri, seconds)
