"""The wallet's keys sign with every algorithm metadata can ask for, and in every form a proof can carry."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography import x509
from jwcrypto import jwk, jws

from harness.formats import did
from harness.wallet.keys import ALGORITHMS, certificate_for, choose_algorithm, make_key
from harness.wallet.proof import draft

NOW = 1_700_000_000.0


def signed(algorithm: str, form: str = "jwk") -> str:
    key = make_key(algorithm)
    return draft(key, form=form, audience="https://i.test", issued_at=NOW, nonce="n", client_id=None).sign()


def header(token: str) -> dict[str, object]:
    part = token.split(".", maxsplit=1)[0]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_proof_verifies_with_the_key_it_carries(algorithm: str) -> None:
    token = signed(algorithm)
    assert header(token)["alg"] == algorithm
    check = jws.JWS()
    check.allowed_algs = [algorithm]
    check.deserialize(token, jwk.JWK(**header(token)["jwk"]))  # type: ignore[arg-type]
    assert json.loads(check.payload) == {"aud": "https://i.test", "iat": 1_700_000_000, "nonce": "n"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_public_key_has_no_private_member(algorithm: str) -> None:
    assert not {"d", "p", "q", "dp", "dq", "qi", "priv", "k"} & set(make_key(algorithm).public)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256", "ML-DSA-44"])
def test_every_key_is_another_one(algorithm: str) -> None:
    assert make_key(algorithm).public != make_key(algorithm).public


@pytest.mark.parametrize("form", ["did:key", "did:jwk"])
@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA"])
def test_a_did_leads_to_the_key(algorithm: str, form: str) -> None:
    token = signed(algorithm, form)
    kid = str(header(token)["kid"])
    assert kid.startswith(f"{form}:")
    check = jws.JWS()
    check.allowed_algs = [algorithm]
    check.deserialize(token, jwk.JWK(**did.resolve(kid)))


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "Ed448", "RS256", "ML-DSA-44"])
def test_a_certificate_holds_the_key(algorithm: str) -> None:
    key = make_key(algorithm)
    certificate = x509.load_der_x509_certificate(base64.b64decode(certificate_for(key, NOW), validate=True))
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_before_utc.timestamp() < NOW < certificate.not_valid_after_utc.timestamp()


def test_the_algorithm_follows_the_issuer_and_then_the_team() -> None:
    assert choose_algorithm(["EdDSA", "ES256"]) == "ES256"
    assert choose_algorithm(["EdDSA", "ES256"], "EdDSA") == "EdDSA"
    assert choose_algorithm(["EdDSA"], "ES256") == "EdDSA"
    assert choose_algorithm(["XYZ"]) is None
