"""What each method of client authentication puts into a request."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature

from harness.formats import jose
from harness.settings import AttesterSettings, ClientSettings
from harness.transport import Reply
from harness.wallet import client_auth
from harness.wallet.client_auth import Authentication, ClientError, OAuthClient
from harness.wallet.keys import ALGORITHMS, make_key

NOW = 1_780_000_000.5
SERVER = "https://as.example.com"
ENDPOINT = "https://as.example.com/token"


def private_jwk(algorithm: str = "ES256", **members: Any) -> dict[str, Any]:
    return {**json.loads(make_key(algorithm).private.export_private()), **members}


def client(authentication: str | None, **settings: Any) -> OAuthClient:
    known = {"client_id": "s6BhdRkqt3", **settings}
    return OAuthClient.of(ClientSettings(authentication=authentication, **known), make_key, lambda: NOW)


def shown(by: OAuthClient, now: float = NOW, challenge: str | None = None) -> Authentication:
    return by.authenticate(issuer=SERVER, now=now, challenge=challenge)


def read(text: str, key: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    token = JWS()
    token.allowed_algs = list(ALGORITHMS)
    public = JWK(**key).export_public(as_dict=True)
    token.deserialize(text, JWK(**{name: public[name] for name in public if name not in ("alg", "use")}))
    return dict(token.jose_header), json.loads(token.payload)


# Methods without signatures


def test_the_anonymous_wallet_shows_nothing() -> None:
    anonymous = client(None, client_id=None)
    assert (anonymous.client_id, anonymous.method) == (None, "none")
    assert (shown(anonymous).form(), shown(anonymous).header_fields()) == ({}, {})


@pytest.mark.parametrize("method", [None, "none", "tls_client_auth", "self_signed_tls_client_auth"])
def test_a_client_that_sends_no_secret_names_itself(method: str | None) -> None:
    made = shown(client(method, redirect_uri="https://wallet.example/cb"))
    assert (made.form(), made.header_fields()) == ({"client_id": "s6BhdRkqt3"}, {})


def test_basic_is_the_example_of_rfc_6749() -> None:
    made = shown(client("client_secret_basic", client_secret="7Fjfp0ZBr1KtDRbnfVdmIw"))
    assert made.header_fields() == {"Authorization": "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"}
    assert made.form() == {}


@pytest.mark.parametrize(
    ("client_id", "secret"), [("https://wallet.example", "a:b"), ("a:b", "p%4 +&=/ü"), ("wällét", "\n")]
)
def test_basic_encodes_id_and_secret_before_they_are_joined(client_id: str, secret: str) -> None:
    made = shown(client("client_secret_basic", client_id=client_id, client_secret=secret))
    scheme, _, credentials = made.header_fields()["Authorization"].partition(" ")
    first, colon, second = base64.b64decode(credentials).decode("ascii").partition(":")
    assert (scheme, colon) == ("Basic", ":")
    assert (unquote_plus(first), unquote_plus(second)) == (client_id, secret)
    assert " " not in second


def test_a_secret_can_stand_in_the_body() -> None:
    made = shown(client("client_secret_post", client_secret="s3cr3t"))
    assert (made.form(), made.header_fields()) == ({"client_id": "s6BhdRkqt3", "client_secret": "s3cr3t"}, {})


# private_key_jwt


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA"])
def test_an_assertion_is_by_the_client_about_itself_for_the_server(algorithm: str) -> None:
    key = private_jwk(algorithm, kid="k-1", alg=algorithm, use="sig")
    form = shown(client("private_key_jwt", key=key)).form()
    header, claims = read(form.pop("client_assertion"), key)
    assert form == {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    assert header == {"alg": algorithm, "kid": "k-1"}
    assert claims.pop("jti")
    assert claims == {
        "iss": "s6BhdRkqt3",
        "sub": "s6BhdRkqt3",
        "aud": SERVER,
        "iat": int(NOW),
        "exp": int(NOW) + 60,
    }


def test_each_assertion_is_new() -> None:
    wallet = client("private_key_jwt")
    made = [shown(wallet, NOW + second).assertion for second in range(10)]
    assert len({draft.claims["jti"] for draft in made if not isinstance(draft, (str, type(None)))}) == 10


# attest_jwt_client_auth


def test_an_attested_client_sends_its_attestation_and_a_proof_by_the_attested_key() -> None:
    attester_key = private_jwk(kid="11")
    attester = AttesterSettings(issuer="https://attester.example.com", key=attester_key)
    made = shown(client("attest_jwt_client_auth", attester=attester), challenge="c-1")
    fields = made.header_fields()
    assert set(fields) == {"OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP"}
    header, attested = read(fields["OAuth-Client-Attestation"], attester_key)
    assert (header["typ"], header["kid"]) == ("oauth-client-attestation+jwt", "11")
    assert (attested["iss"], attested["sub"]) == ("https://attester.example.com", "s6BhdRkqt3")
    assert attested["exp"] > NOW
    header, proof = read(fields["OAuth-Client-Attestation-PoP"], attested["cnf"]["jwk"])
    assert header["typ"] == "oauth-client-attestation-pop+jwt"
    assert (proof["iss"], proof["aud"], proof["challenge"]) == ("s6BhdRkqt3", SERVER, "c-1")
    assert made.form() == {"client_id": "s6BhdRkqt3"}


def attested_key(made: Authentication) -> Any:
    assert made.attestation is not None
    assert not isinstance(made.attestation, str)
    return made.attestation.claims["cnf"]["jwk"]


def test_all_requests_of_a_client_come_from_one_instance() -> None:
    wallet, other = client("attest_jwt_client_auth"), client("attest_jwt_client_auth")
    first, later = attested_key(shown(wallet)), attested_key(shown(wallet, NOW + 3000))
    assert jose.same_key(first, later)
    assert not jose.same_key(first, attested_key(shown(other)))


def test_certificates_of_the_attester_go_into_the_header() -> None:
    attester = AttesterSettings(key=private_jwk(x5c=["MIIB"], kid="11"))
    made = shown(client("attest_jwt_client_auth", attester=attester)).attestation
    assert made is not None
    assert not isinstance(made, str)
    assert (made.header["x5c"], made.header["kid"]) == (["MIIB"], "11")


def test_a_stand_in_for_the_attester_keeps_its_certificate() -> None:
    wallet = client("attest_jwt_client_auth")
    made = [shown(wallet, NOW + seconds).attestation for seconds in (0, 60)]
    assert len({draft.header["x5c"][0] for draft in made if not isinstance(draft, (str, type(None)))}) == 1


# What a check does with them


def test_a_check_can_change_a_draft_or_put_a_text_in_its_place() -> None:
    made = shown(client("attest_jwt_client_auth"))
    assert made.pop is not None
    assert not isinstance(made.pop, str)
    changed = replace(made, pop=made.pop.with_claims(aud="https://other.example"), attestation="no.jwt.at-all")
    fields = changed.header_fields()
    assert fields["OAuth-Client-Attestation"] == "no.jwt.at-all"
    _, claims = read(fields["OAuth-Client-Attestation-PoP"], attested_key(made))
    assert claims["aud"] == "https://other.example"
    assert set(replace(made, pop=None).header_fields()) == {"OAuth-Client-Attestation"}


def test_an_assertion_by_another_key_does_not_verify() -> None:
    key = private_jwk()
    text = shown(client("private_key_jwt", key=private_jwk())).form()["client_assertion"]
    with pytest.raises(InvalidJWSSignature):
        read(text, key)


def test_secrets_do_not_stand_in_a_traceback() -> None:
    made = shown(client("client_secret_post", client_secret="planted-secret"))
    assert "planted-secret" not in repr(made)
    assert "planted-secret" not in repr(shown(client("client_secret_basic", client_secret="planted-secret")))


# Wrong settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"authentication": "client_secret_jwt"}, "unknown client authentication 'client_secret_jwt'"),
        ({"authentication": "private_key_jwt", "client_id": None}, "private_key_jwt needs a client_id"),
        ({"authentication": "tls_client_auth", "client_id": None}, "tls_client_auth needs a client_id"),
        ({"authentication": "client_secret_basic"}, "client_secret_basic needs a client_secret"),
        (
            {"authentication": "client_secret_post", "client_secret": ""},
            "client_secret_post needs a client_secret",
        ),
        ({"authentication": "private_key_jwt", "key": {"kty": "EC"}}, "the client's key must be a private JWK"),
        ({"authentication": "private_key_jwt", "key": make_key("ES256").public}, "the client's key must be"),
        ({"authentication": "private_key_jwt", "key": private_jwk(alg="RS256")}, "the client's key must be"),
        ({"authentication": "private_key_jwt", "key": private_jwk(alg="none-such")}, "the client's key must be"),
        ({"authentication": "private_key_jwt", "key": {"kty": ["EC"]}}, "the client's key must be"),
        (
            {"authentication": "private_key_jwt", "key": {"kty": "oct", "k": "c2VjcmV0" * 8, "alg": "HS256"}},
            "the client's key is for HS256",
        ),
        (
            {"authentication": "attest_jwt_client_auth", "attester": AttesterSettings(key={"kty": "EC"})},
            "the attester's key must be a private JWK",
        ),
    ],
)
def test_settings_that_make_no_client_are_told_in_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        client(**settings)
    assert "\n" not in str(caught.value)


# Challenges

CHALLENGE = ("OAuth-Client-Attestation-Challenge", "c-1")


def reply(status: int, body: Any = None, headers: list[tuple[str, str]] | None = None) -> Reply:
    return Reply(1, "POST", ENDPOINT, status, httpx.Headers(headers or []), json.dumps(body or {}).encode())


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (reply(400, {"error": "use_attestation_challenge"}, [CHALLENGE]), "c-1"),
        (reply(401, {"error": "use_attestation_challenge"}, [CHALLENGE]), "c-1"),
        (reply(401, None, [("WWW-Authenticate", 'Bearer error="use_attestation_challenge"'), CHALLENGE]), "c-1"),
        (reply(400, {"error": "use_attestation_challenge"}), None),
        (reply(400, {"error": "use_attestation_challenge", "attestation_challenge": "c-1"}), None),
        (reply(400, {"error": "invalid_client"}, [CHALLENGE]), None),
        (reply(200, {"error": "use_attestation_challenge"}, [CHALLENGE]), None),
    ],
)
def test_the_challenge_to_repeat_with(answer: Reply, wanted: str | None) -> None:
    assert client_auth.wanted_challenge(answer) == wanted


def test_any_answer_may_bring_a_challenge() -> None:
    assert client_auth.offered_challenge(reply(200, None, [CHALLENGE])) == "c-1"
    assert client_auth.offered_challenge(reply(200)) is None


@pytest.mark.parametrize(
    ("answer", "challenge"),
    [
        (reply(200, {"attestation_challenge": "AYjcyMzY3ZDhiNmJkNTZ"}), "AYjcyMzY3ZDhiNmJkNTZ"),
        (reply(200, {"attestation_challenge": ""}), None),
        (reply(200, {"attestation_challenge": 5}), None),
        (reply(200, ["AYjc"]), None),
        (reply(500, {"attestation_challenge": "c-1"}), None),
    ],
)
def test_the_challenge_of_the_challenge_endpoint(answer: Reply, challenge: str | None) -> None:
    assert client_auth.challenge_of(answer) == challenge
