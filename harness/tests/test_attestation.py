"""Attestations have the header parameters and claims of their clauses, and verify with another library."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness import mutate
from harness.formats import jose, x509
from harness.wallet import attestation
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import ALGORITHMS, WalletKey, key_of, make_key

NOW = 1_780_000_000
SERVER = "https://as.example.com"
CLIENT = "https://client.example.com"


def read(jwt: JwtDraft | str, public: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verify and give header and claims."""
    token = JWS()
    token.allowed_algs = list(ALGORITHMS)
    token.deserialize(jwt if isinstance(jwt, str) else jwt.sign(), JWK(**public))
    return dict(token.jose_header), json.loads(token.payload)


def named_key(kid: str = "11") -> WalletKey:
    return key_of({**json.loads(make_key("ES256").private.export_private()), "kid": kid})


def client_attestation(attester: WalletKey, instance: WalletKey, **more: Any) -> JwtDraft:
    return attestation.client_attestation(
        attester, client_id=CLIENT, instance_key=instance, issued_at=NOW + 0.9, **more
    )


# Client Attestation


def test_a_client_attestation_binds_the_client_to_the_key_of_its_instance() -> None:
    attester, instance = named_key(), make_key("ES256")
    draft = client_attestation(attester, instance, issuer="https://attester.example.com", lifetime=600)
    header, claims = read(draft, attester.public)
    assert header == {"typ": "oauth-client-attestation+jwt", "alg": "ES256", "kid": "11"}
    assert claims == {
        "iss": "https://attester.example.com",
        "sub": CLIENT,
        "iat": NOW,
        "exp": NOW + 600,
        "cnf": {"jwk": instance.public},
    }
    assert not jose.is_private_or_symmetric(claims["cnf"]["jwk"])


def test_a_wallet_attestation_can_tell_of_the_wallet() -> None:
    draft = client_attestation(named_key(), make_key("ES256"), wallet_name="W", wallet_link="https://w.example")
    assert (draft.claims["wallet_name"], draft.claims["wallet_link"]) == ("W", "https://w.example")


def test_an_attester_key_without_a_name_is_introduced_by_a_certificate_of_its_own() -> None:
    attester = make_key("ES256")
    header = client_attestation(attester, make_key("ES256")).header
    assert "kid" not in header
    [certificate] = x509.parse_x5c(header["x5c"]).certificates
    assert jose.same_key(x509.public_jwk(certificate), attester.public)


@pytest.mark.parametrize("attester", [named_key(), make_key("ES256")])
def test_configured_certificates_are_sent_as_they_are(attester: WalletKey) -> None:
    assert client_attestation(attester, make_key("ES256"), x5c=["MIIB", "MIIC"]).header["x5c"] == ["MIIB", "MIIC"]


def test_the_private_key_of_the_instance_can_be_given_away() -> None:
    attester, instance = named_key(), make_key("ES256")
    text = mutate.private_confirmation_key(client_attestation(attester, instance), instance)
    _, claims = read(text, attester.public)
    assert jose.is_private_or_symmetric(claims["cnf"]["jwk"])
    assert jose.same_key(claims["cnf"]["jwk"], instance.public)


# Proof of possession


def test_a_proof_of_possession_is_for_one_server() -> None:
    instance = make_key("ES384")
    draft = attestation.client_attestation_pop(instance, client_id=CLIENT, audience=SERVER, issued_at=NOW + 0.9)
    header, claims = read(draft, instance.public)
    assert header == {"typ": "oauth-client-attestation-pop+jwt", "alg": "ES384"}
    assert claims.pop("jti")
    assert claims == {"iss": CLIENT, "aud": SERVER, "iat": NOW}


def test_a_proof_of_possession_carries_the_challenge_and_has_a_jti_of_its_own() -> None:
    instance = make_key("ES256")
    drafts = [
        attestation.client_attestation_pop(
            instance, client_id=CLIENT, audience=SERVER, issued_at=NOW, challenge="AYjcyMzY3ZDhiNmJkNTZ"
        )
        for _ in range(20)
    ]
    assert {draft.claims["challenge"] for draft in drafts} == {"AYjcyMzY3ZDhiNmJkNTZ"}
    assert len({draft.claims["jti"] for draft in drafts}) == 20


# Key attestation


def test_a_key_attestation_lists_the_public_keys_and_their_levels() -> None:
    attester, keys = named_key(), [make_key("ES256"), make_key("EdDSA")]
    draft = attestation.key_attestation(
        attester,
        keys,
        issued_at=NOW + 0.9,
        nonce="n-1",
        key_storage=["iso_18045_high"],
        user_authentication=("iso_18045_moderate",),
        issuer="https://attester.example.com",
        lifetime=60,
    )
    header, claims = read(draft, attester.public)
    assert header == {"typ": "key-attestation+jwt", "alg": "ES256", "kid": "11"}
    assert claims == {
        "iss": "https://attester.example.com",
        "iat": NOW,
        "exp": NOW + 60,
        "nonce": "n-1",
        "key_storage": ["iso_18045_high"],
        "user_authentication": ["iso_18045_moderate"],
        "attested_keys": [key.public for key in keys],
    }
    assert not any(jose.is_private_or_symmetric(key) for key in claims["attested_keys"])


def test_what_is_not_told_is_left_out_since_empty_arrays_are_not_allowed() -> None:
    draft = attestation.key_attestation(
        named_key(), [make_key("ES256")], issued_at=NOW, key_storage=(), user_authentication=[], lifetime=None
    )
    assert set(draft.claims) == {"iat", "attested_keys"}


def test_a_key_attestation_of_an_unnamed_attester_can_be_verified_by_its_certificate() -> None:
    draft = attestation.key_attestation(make_key("ES256"), [make_key("ES256")], issued_at=NOW)
    [certificate] = x509.parse_x5c(draft.header["x5c"]).certificates
    header, _ = read(draft, x509.public_jwk(certificate))
    assert header["typ"] == "key-attestation+jwt"
