"""The keys of the department, each for one use, made once per process."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from jwcrypto.jwk import JWK

from harness.reference import keys
from harness.reference.keys import SigningKey

CLIENT_ALGORITHM = "RS256"


@cache
def service_key() -> SigningKey:
    """The key that signs Pre-Authorized Codes and requests to the status list service."""
    return SigningKey("ES256", JWK.generate(kty="EC", crv="P-256"))


@cache
def retired_key() -> SigningKey:
    """The key that signed credentials before; some of these are still valid."""
    return SigningKey("ES256", JWK.generate(kty="EC", crv="P-256"))


def credential_key() -> SigningKey:
    """The key that signs credentials at first."""
    return keys.issuer_key("ES256")


def new_credential_key() -> SigningKey:
    """Make another key to sign credentials."""
    return SigningKey("ES256", JWK.generate(kty="EC", crv="P-256"))


@cache
def client_key() -> SigningKey:
    """The key by which GOV.UK One Login knows the department; only RSA keys are taken there."""
    return SigningKey(CLIENT_ALGORITHM, JWK.generate(kty="RSA", size=2048))


def key_id(key: SigningKey) -> str:
    """Name a key: the SHA-256 of its thumbprint, in lower-case hexadecimal digits."""
    return hashlib.sha256(key.kid.encode()).hexdigest()


def public_jwk(key: SigningKey) -> dict[str, Any]:
    """Give the public key as a JWK with ``kid`` and ``alg``."""
    return {**key.public_jwk, "kid": key_id(key)}
