"""Secrets stay out of everything that is written down."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import partial

import pytest

from harness.redaction import Redactor as AnyRedactor

Redactor = partial(AnyRedactor, key=b"k" * 32)
mark = Redactor().mark


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


def test_a_secret_that_can_be_guessed_is_not_given_away_by_its_digest() -> None:
    shown = json.loads(AnyRedactor().text('{"tx_code":"4711"}'))["tx_code"]
    assert re.fullmatch("‹redacted sha256:[0-9a-f]{8}›", shown)
    digests = {hashlib.sha256(f"{number:04}".encode()).hexdigest()[:8] for number in range(10_000)}
    assert shown[-9:-1] not in digests
    assert len({AnyRedactor().mark("4711") for _ in range(5)}) == 5


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


def test_a_name_that_holds_a_secret_is_known_in_a_form_of_many_parts() -> None:
    redactor = Redactor()
    redactor.hide("pin")
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n12\r\n--b--'
    assert redactor.text(part.format("pin")) == part.format("pin").replace("12", mark("12"))
    assert redactor.text(part.format("age")) == part.format("age")


def test_what_a_user_typed_is_hidden_where_users_are() -> None:
    redactor = Redactor()
    redactor.learn_typed("login", "erika")
    assert redactor.page("login=erika&go=1") == f"login={mark('erika')}&go=1"
    assert redactor.page("<p>Hello erika, is erikas this you?</p>") == (
        f"<p>Hello {mark('erika')}, is erikas this you?</p>"
    )
    assert redactor.text("https://erika.example/?login=erika") == "https://erika.example/?login=erika"


def test_what_names_a_person_is_hidden_in_words_about_the_issuer() -> None:
    redactor = Redactor()
    redactor.learn_words(["Möbius", "1963-08-12", "DE"])
    assert redactor.prose("id is 'Möbius', no URL of DE") == f"id is '{mark('Möbius')}', no URL of DE"
    assert redactor.text('{"family_name": "Möbius"}') == '{"family_name": "Möbius"}'


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "s3cr3t-tok',
        '{"access_token": "s3cr3t-tok\\',
        '{"tx_code":"s3cr3t-tok"',
    ],
)
def test_a_secret_that_was_cut_off_is_hidden(text: str) -> None:
    assert "s3cr3t" not in Redactor().text(text)


@pytest.mark.parametrize("tail", ["…", "", '"…', "… and so on"])
def test_the_beginning_of_a_secret_is_hidden_in_a_finding(tail: str) -> None:
    secret = "eyJhbGciOiJFUzI1NiJ9." + "x" * 300
    redactor = Redactor([secret])
    assert redactor.prose(f'it is "{secret[:100]}{tail}') == f'it is "{mark(secret)}{tail}'
    other = "eyJhbGciOiJFUzI1NiJ9.yyy"
    assert redactor.prose(f"it is {other}") == f"it is {other}"


def test_a_secret_is_known_in_the_spellings_of_json_urls_and_html() -> None:
    secret = 'a/b+c d"é&9'
    redactor = Redactor([secret])
    for text in (
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        'a\\/b+c d\\"é&9',
        "a%2Fb%2Bc%20d%22%C3%A9%269",
        "a%2Fb%2Bc+d%22%C3%A9%269",
        "a/b+c d&quot;é&amp;9",
    ):
        assert redactor.text(f"<{text}>") == f"<{mark(secret)}>", text


def test_a_secret_written_with_escapes_is_the_same_secret() -> None:
    redactor = Redactor()
    assert redactor.text(r'{"access_token":"abc\/def\u0067h"}') == f'{{"access_token":"{mark("abc/defgh")}"}}'
    assert redactor.text("the token abc/defgh") == f"the token {mark('abc/defgh')}"


def test_a_word_under_the_name_of_a_secret_stays_elsewhere() -> None:
    redactor = Redactor()
    assert "invalid" not in redactor.text('{"code": "invalid_request"}')
    assert redactor.text("error invalid_request") == "error invalid_request"


@pytest.mark.parametrize(
    "text",
    [
        '<input type="hidden" name="code" value="s3cr3t-code">',
        "<INPUT value='s3cr3t-code' name=code />",
        "<input name='code' value=s3cr3t-code>",
    ],
)
def test_a_code_that_a_page_posts_is_hidden(text: str) -> None:
    redactor = Redactor()
    assert mark("s3cr3t-code") in redactor.text(text)
    assert "s3cr3t-code" not in redactor.text(text + "s3cr3t-code")


def test_other_inputs_of_a_page_are_shown() -> None:
    text = '<input name="codes" value="abcdefghij"><input value="abcdefghij" id="code">'
    assert Redactor().text(text) == text


def test_user_information_in_a_url_is_hidden() -> None:
    assert Redactor().text("see https://me:s3cr3t@host/x@y") == f"see https://{mark('me:s3cr3t')}@host/x@y"
    assert Redactor().text("https://host:8443/a:b@c") == "https://host:8443/a:b@c"


def test_a_credential_with_disclosures_is_hidden_wherever_it_stands() -> None:
    raw = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln~WyJzYWx0IiwibmFtZSIsIkVyaWthIl0~"
    assert Redactor().text(f'{{"credentials": ["{raw}"]}}') == f'{{"credentials": ["{mark(raw)}"]}}'
    proof = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"
    assert Redactor().text(proof) == proof


def test_a_private_key_in_pem_is_hidden() -> None:
    text = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"
    assert "MHcC" not in Redactor().text(text)
    assert "MHcC" not in Redactor().text(text[:40])


def test_text_of_hostile_lengths_is_read_in_time() -> None:
    redactor = Redactor(["s3cr3t-token"])
    for text in (
        '"code":"',
        "<input ",
        "a://",
        "a.",
        "a://:",
        ":",
        "eyJ",
        "eyJ.",
        "~",
        "-----BEGIN ",
        "\\",
        "code=",
    ):
        redactor.page(text * (200_000 // len(text)))


def test_half_a_character_is_no_obstacle() -> None:
    assert "\ud800" not in Redactor().text(json.dumps({"access_token": "\ud800 abcdefgh"}, ensure_ascii=False))


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ({"alg": "ES256", "jwk": {"kty": "EC", "d": "s3cr3t-key"}}, {"iss": "x"}),
        ({"alg": "ES256"}, {"code": "s3cr3t-code", "state": "1"}),
        ({"alg": "ES256"}, {"other": "https://host/planted-secret"}),
    ],
)
def test_a_part_of_a_jwt_with_a_secret_in_it_is_hidden(
    header: dict[str, object], payload: dict[str, object]
) -> None:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, payload)
    ]
    spoiled = 0 if "jwk" in header else 1
    wanted = [mark(part) if number == spoiled else part for number, part in enumerate(parts)]
    text = Redactor(["planted-secret"]).text("eyJhbGciOiJub25lIn0.e30. " + ".".join([*parts, "c2ln"]))
    assert text == "eyJhbGciOiJub25lIn0.e30. " + ".".join([*wanted, "c2ln"])


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("https://issuer.example/offers/5f0c1d7e9a3b4c2d8e6f", "5f0c1d7e9a3b4c2d8e6f"),
        ("https://issuer.example/offer?session=5f0c1d7e9a3b4c2d8e6f&language=en", "5f0c1d7e9a3b4c2d8e6f"),
    ],
)
def test_what_nobody_can_guess_of_a_learned_link_is_hidden(url: str, hidden: str) -> None:
    redactor = Redactor()
    redactor.learn_link(url)
    assert redactor.text(f"GET {url}") == f"GET {url}".replace(hidden, mark(hidden))


@pytest.mark.parametrize(
    "url",
    [
        "https://issuer.example/issuance/credential-offer",
        "https://issuer.example/offer?issuer=https://issuer.example/1",
        "https://issuer.example/offer?for=configuration-0123456789",
        "https://[issuer.example/5f0c1d7e9a3b4c2d8e6f",
    ],
)
def test_what_is_known_or_can_be_guessed_of_a_link_is_shown(url: str) -> None:
    redactor = Redactor()
    redactor.learn_link(url, known={"configuration-0123456789"})
    assert redactor.text(url) == url
