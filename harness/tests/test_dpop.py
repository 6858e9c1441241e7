"""DPoP proofs against what RFC 9449 publishes, and the nonces that servers hand out."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

from harness.transport import Reply
from harness.wallet import dpop
from harness.wallet.keys import ALGORITHMS, WalletKey, make_key

NOW = 1_562_262_616
TOKEN_ENDPOINT = "https://server.example.com/token"
RESOURCE = "https://resource.example.org/protectedresource"

PUBLISHED_KEY = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}
"""Sections 4.2 and 6.1."""


def reply(
    url: str = TOKEN_ENDPOINT, status: int = 200, body: Any = None, headers: list[tuple[str, str]] | None = None
) -> Reply:
    return Reply(1, "POST", url, status, httpx.Headers(headers or []), json.dumps(body or {}).encode())


def verified(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verify with the key in the header and another library."""
    token = JWT(jwt=text, key=JWK(**JWT(jwt=text).token.jose_header["jwk"]), algs=list(ALGORITHMS))
    return json.loads(token.header), json.loads(token.claims)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA", "PS256"])
def test_a_proof_for_the_token_endpoint_has_what_section_4_2_asks_for(algorithm: str) -> None:
    key = make_key(algorithm)
    text = dpop.draft(key, method="POST", url=TOKEN_ENDPOINT, issued_at=NOW + 0.7).sign()
    header, claims = verified(text)
    assert header == {"typ": "dpop+jwt", "alg": algorithm, "jwk": key.public}
    assert len(claims.pop("jti")) * 6 >= 96
    assert claims == {"htm": "POST", "htu": TOKEN_ENDPOINT, "iat": NOW}


def test_the_private_key_stays_at_home() -> None:
    header = dpop.draft(make_key("ES256"), method="POST", url=TOKEN_ENDPOINT, issued_at=NOW).header
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}


def test_a_proof_for_a_resource_covers_the_published_token() -> None:
    claims = dpop.draft(
        make_key("ES256"),
        method="GET",
        url=RESOURCE,
        issued_at=NOW,
        access_token="Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
        nonce="eyJ7S_zG.eyJH0-Z.HX4w-7v",
    ).claims
    assert claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
    assert claims["nonce"] == "eyJ7S_zG.eyJH0-Z.HX4w-7v"


@pytest.mark.parametrize("token", ["täken", "\ud800"])
def test_a_token_that_is_not_ascii_breaks_nothing(token: str) -> None:
    assert len(dpop.token_hash(token)) == 43


@pytest.mark.parametrize(
    ("url", "htu"),
    [
        ("https://a.example/token?tenant=1", "https://a.example/token"),
        ("https://a.example/token#there", "https://a.example/token"),
        ("https://a.example/token#there?or", "https://a.example/token"),
        ("https://a.example:8443/a%20b/", "https://a.example:8443/a%20b/"),
        ("no url", "no url"),
    ],
)
def test_htu_has_neither_query_nor_fragment(url: str, htu: str) -> None:
    assert dpop.draft(make_key("ES256"), method="POST", url=url, issued_at=NOW).claims["htu"] == htu


def test_no_two_proofs_have_one_jti() -> None:
    key = make_key("ES256")
    made = {dpop.draft(key, method="POST", url=RESOURCE, issued_at=NOW).claims["jti"] for _ in range(50)}
    assert len(made) == 50


def test_the_thumbprint_is_the_published_one() -> None:
    assert (
        dpop.thumbprint(WalletKey(JWK(**PUBLISHED_KEY), "ES256")) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    )


@pytest.mark.parametrize(
    ("metadata", "chosen"),
    [
        ({}, None),
        ({"dpop_signing_alg_values_supported": ["EdDSA", "ES256"]}, "ES256"),
        ({"dpop_signing_alg_values_supported": ["X-UNKNOWN", 1, None, "PS256"]}, "PS256"),
        ({"dpop_signing_alg_values_supported": ["HS256"]}, None),
        ({"dpop_signing_alg_values_supported": "ES256"}, None),
    ],
)
def test_the_algorithm_comes_from_the_metadata(metadata: dict[str, Any], chosen: str | None) -> None:
    assert dpop.choose_algorithm(metadata) == chosen


# Nonces

NONCE = ("DPoP-Nonce", "n-1")


@pytest.mark.parametrize(
    "refusal",
    [
        reply(status=400, body={"error": "use_dpop_nonce"}, headers=[NONCE]),
        reply(status=401, headers=[("WWW-Authenticate", 'DPoP error="use_dpop_nonce", algs="ES256"'), NONCE]),
        reply(
            status=401, headers=[("WWW-Authenticate", 'Bearer, dpop algs="ES256", error=use_dpop_nonce'), NONCE]
        ),
        reply(status=400, body={"error": "use_dpop_nonce"}, headers=[("dpop-nonce", "n-0"), NONCE]),
    ],
)
def test_a_refusal_for_its_nonce_says_which_one_to_repeat_with(refusal: Reply) -> None:
    assert dpop.wanted_nonce(refusal) == "n-1"


@pytest.mark.parametrize(
    "answer",
    [
        reply(headers=[NONCE]),
        reply(body={"error": "use_dpop_nonce"}, headers=[NONCE]),
        reply(status=400, body={"error": "invalid_dpop_proof"}, headers=[NONCE]),
        reply(status=400, body={"error": "use_dpop_nonce"}),
        reply(status=400, body={"error": "use_dpop_nonce"}, headers=[("DPoP-Nonce", "")]),
        reply(status=400, body={"error": ["use_dpop_nonce"]}, headers=[NONCE]),
        reply(status=401, headers=[("WWW-Authenticate", 'DPoP error="use_dpop_nonce'), NONCE]),
        reply(status=401, headers=[("WWW-Authenticate", 'DPoP realm="use_dpop_nonce"'), NONCE]),
    ],
)
def test_other_answers_do_not_ask_for_a_repetition(answer: Reply) -> None:
    assert dpop.wanted_nonce(answer) is None


def test_the_latest_nonce_of_an_origin_is_kept() -> None:
    nonces = dpop.Nonces()
    assert nonces.at(RESOURCE) is None
    nonces.learn(reply(headers=[("DPoP-Nonce", "n-1")]))
    nonces.learn(reply("https://server.example.com/par", headers=[("DPoP-Nonce", "n-2")]))
    nonces.learn(reply(headers=[]))
    assert nonces.at(TOKEN_ENDPOINT) == "n-2"
    assert nonces.at("HTTPS://Server.Example.com:443/other?x=1") == "n-2"


@pytest.mark.parametrize(
    "url",
    [RESOURCE, "http://server.example.com/token", "https://server.example.com:8443/token", "no url", "https://["],
)
def test_a_nonce_is_for_its_own_server_only(url: str) -> None:
    nonces = dpop.Nonces()
    nonces.learn(reply(headers=[NONCE]))
    assert nonces.at(url) is None


@pytest.mark.parametrize(
    ("announced", "listed", "unlisted"),
    [
        (["ES384", "X-1", "ES256"], ["ES384", "ES256"], "ES512"),
        (["ES256", "ES384", "ES512", "ES256K", "Ed25519"], None, "ML-DSA-44"),
        (list(ALGORITHMS), list(ALGORITHMS), None),
        ("ES256", [], "ES256"),
    ],
)
def test_the_metadata_tell_which_algorithms_are_taken(
    announced: Any, listed: list[str] | None, unlisted: str | None
) -> None:
    metadata = {"dpop_signing_alg_values_supported": announced}
    assert dpop.listed_algorithms(metadata) == (announced if listed is None else listed)
    assert dpop.unlisted_algorithm(metadata) == unlisted
