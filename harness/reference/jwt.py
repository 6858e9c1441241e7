"""Reading and checking the JWTs that clients send (RFC 7515, RFC 7519)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.reference.encoding import base64url, from_base64url, json_text
from harness.reference.holder_keys import PRIVATE_MEMBERS, UnusableKey, from_header

__all__ = ["PRIVATE_MEMBERS", "SYMMETRIC", "Jwt", "Presented", "public_jwk", "read", "sign", "thumbprint"]
SYMMETRIC = frozenset({"none", "HS256", "HS384", "HS512"})
"""Values of ``alg`` that prove no possession of a private key."""


@dataclass(frozen=True)
class Jwt:
    """A JWT in compact serialization as read from the wire."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def asymmetric(self) -> bool:
        """Whether ``alg`` names an algorithm that is neither ``none`` nor symmetric."""
        algorithm = self.header.get("alg")
        return isinstance(algorithm, str) and algorithm not in SYMMETRIC

    def text(self, claim: str) -> str | None:
        """Give a claim that is a string; ``None`` otherwise."""
        value = self.claims.get(claim)
        return value if isinstance(value, str) else None

    def date(self, claim: str) -> float | None:
        """Give a claim that is a NumericDate (RFC 7519 section 2); ``None`` otherwise."""
        value = self.claims.get(claim)
        # The bound keeps absurd numbers out of arithmetic; it also excludes NaN and the infinities.
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53
        return value if numeric else None

    def verified_by(self, jwk: Mapping[str, Any] | None) -> bool:
        """Whether the signature verifies with a key; never for no key."""
        if jwk is None:
            return False
        try:
            JWA.signing_alg(self.header["alg"]).verify(JWK(**jwk), self.signing_input, self.signature)
        except (InvalidSignature, JWException, ValueError, TypeError, KeyError):
            return False
        return True


class Presented:
    """What a client presents as a JWT, which it may not be."""

    @property
    def jwt(self) -> Jwt | None:
        """The JWT; ``None`` when it is none."""
        raise NotImplementedError

    @property
    def header(self) -> Mapping[str, Any]:
        """The JOSE header; empty when there is no JWT."""
        return self.jwt.header if self.jwt else {}

    @property
    def claims(self) -> Mapping[str, Any]:
        """The payload; empty when there is no JWT."""
        return self.jwt.claims if self.jwt else {}


def read(text: object) -> Jwt | None:
    """Read a JWT; ``None`` when it is not one."""
    if not isinstance(text, str) or text.count(".") != 2:
        return None
    try:
        header, claims, signature = (from_base64url(part) for part in text.split("."))
        parsed = json.loads(header), json.loads(claims)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(part, dict) for part in parsed):
        return None
    return Jwt(*parsed, text.rpartition(".")[0].encode("ascii"), signature)


def public_jwk(value: object) -> dict[str, Any] | None:
    """Give the members of an asymmetric public key, without any others; ``None`` when it is no such key."""
    try:
        return from_header({"jwk": value}, ("jwk",))
    except UnusableKey:
        return None


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Give the SHA-256 thumbprint of a public key (RFC 7638)."""
    return str(JWK(**jwk).thumbprint())


def sign(key: JWK, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Make a JWT; ``header`` has its ``alg``."""
    signed = ".".join(base64url(json_text(part).encode()) for part in (header, claims))
    return f"{signed}.{base64url(JWA.signing_alg(header['alg']).sign(key, signed.encode()))}"
