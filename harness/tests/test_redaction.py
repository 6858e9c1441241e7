"""Secrets stay out of everything that is written down."""

from __future__ import annotations

import json

import pytest

from harness.redaction import Redactor, mark


def test_a_secret_json_member_is_replaced_by_its_mark() -> None:
    text = Redactor().text('{"access_token": "s3cr3t-token", "token_type": "Bearer"}')
    assert "s3cr3t-token" not in text
    assert json.loads(text) == {"access_token": mark("s3cr3t-token"), "token_type": "Bearer"}


def test_a_short_or_numeric_transaction_code_is_hidden_under_its_name() -> None:
    assert "4711" not in Redactor().text('{"tx_code":"4711"}')
    assert "4711" not in Redactor().text('{"tx_code": 4711}')
    assert "4711" not in Redactor().text("grant_type=x&tx_code=4711&y=1")


def test_the_tx_code_object_of_an_offer_is_no_secret() -> None:
    text = '{"tx_code":{"length":4}}'
    assert Redactor().text(text) == text


def test_broken_json_is_redacted_too() -> None:
    assert "s3cr3t-token" not in Redactor().text('{"access_token": "s3cr3t-token", "broken')


def test_a_value_once_seen_is_hidden_everywhere() -> None:
    redactor = Redactor()
    redactor.text('{"access_token":"s3cr3t-token"}')
    assert redactor.text("the token s3cr3t-token was refused") == f"the token {mark('s3cr3t-token')} was refused"


def test_headers_keep_the_scheme_and_lose_the_token() -> None:
    redactor = Redactor()
    assert redactor.header("Authorization", "Bearer s3cr3t-token") == f"Bearer {mark('s3cr3t-token')}"
    assert "abc" not in redactor.header("Set-Cookie", "session=abc; Path=/")
    assert redactor.header("Content-Type", "application/json") == "application/json"


@pytest.mark.parametrize("name", ["DPoP", "OAuth-Client-Attestation", "oauth-client-attestation-pop"])
def test_header_fields_that_prove_who_the_client_is_are_hidden(name: str) -> None:
    assert Redactor().header(name, "eyJhbGci.eyJpc3Mi.c2ln") == mark("eyJhbGci.eyJpc3Mi.c2ln")


@pytest.mark.parametrize("name", ["OAuth-Client-Attestation-Challenge", "DPoP-Nonce"])
def test_what_the_server_asks_to_be_signed_is_no_secret(name: str) -> None:
    assert Redactor().header(name, "AYjcyMzY3ZDhiNmJkNTZ") == "AYjcyMzY3ZDhiNmJkNTZ"


@pytest.mark.parametrize("name", ["client_assertion", "client_secret", "code_verifier", "refresh_token", "code"])
def test_secrets_of_a_token_request_are_hidden(name: str) -> None:
    assert (
        Redactor().text(f"a=1&{name}=s3cr3t.value-of%20it&b=2") == f"a=1&{name}={mark('s3cr3t.value-of it')}&b=2"
    )


@pytest.mark.parametrize("name", ["d", "priv"])
def test_the_private_part_of_a_key_is_hidden(name: str) -> None:
    assert "s3cr3t-key" not in Redactor().text(f'{{"kty":"AKP","{name}":"s3cr3t-key"}}')


def test_an_offer_in_a_link_loses_its_code() -> None:
    link = "openid-credential-offer://?credential_offer=%7B%22grants%22%3A%7B%22pre-authorized_code%22%3A%22c0de-c0de%22%7D%7D"
    assert "c0de-c0de" not in Redactor().text(link)


def test_the_same_secret_has_the_same_mark() -> None:
    redactor = Redactor(["planted-secret"])
    assert (
        redactor.text("planted-secret") == mark("planted-secret") == Redactor().header("Cookie", "planted-secret")
    )


def test_a_short_secret_has_no_digest_that_gives_it_away() -> None:
    assert Redactor().text('{"tx_code":"4711"}') == '{"tx_code":"‹redacted›"}'
    assert "sha256:" in mark("a-secret-of-some-length")


def test_a_credential_is_hidden() -> None:
    assert "eyJhbGciOi" not in Redactor().text('{"credentials":[{"credential":"eyJhbGciOi.x.y~"}]}')


@pytest.mark.parametrize(
    "text",
    [
        "https://w.example/cb?state=1&code=s3cr3t-code",
        "org.wallet:/cb#code=s3cr3t-code&state=1",
        '<a href="https://w.example/cb?state=1&amp;code=s3cr3t-code">go on</a>',
        '{"next":"https://w.example/cb?code=s3cr3t-code","state":1}',
    ],
)
def test_a_code_in_a_url_is_hidden_and_what_stands_around_it_is_not(text: str) -> None:
    assert Redactor().text(text) == text.replace("s3cr3t-code", mark("s3cr3t-code"))


def test_a_name_can_be_hidden_once_it_is_known_to_hold_a_secret() -> None:
    redactor = Redactor()
    assert redactor.text("PIN of you=12&a=1") == "PIN of you=12&a=1"
    redactor.hide("PIN of you")
    assert redactor.text("PIN+of+you=12&a=1") == f"PIN+of+you={mark('12')}&a=1"
    assert redactor.text('{"PIN of you": "12", "a": 12}') == f'{{"PIN of you": "{mark("12")}", "a": 12}}'
