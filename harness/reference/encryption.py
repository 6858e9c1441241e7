"""Encrypted Credential Requests and Responses (OpenID4VCI 10, RFC 7516)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jwcrypto.common import JWException, JWSEHeaderParameter
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from harness.reference import keys
from harness.reference.encoding import from_base64url
from harness.reference.variants import Variant

REQUEST_ENC = ("A256GCM", "A128GCM")
RESPONSE_ALG = ("ECDH-ES", "ECDH-ES+A256KW", "RSA-OAEP-256")
RESPONSE_ENC = ("A256GCM", "A128GCM", "A128CBC-HS256")
ZIP = ("DEF",)
MEDIA_TYPE = "application/jwt"
MAX_PLAINTEXT_BYTES = 1_000_000
"""A request that inflates to more is not read."""

_ALGORITHMS = {
    "ECDH-ES": ("EC", "OKP"),
    "ECDH-ES+A128KW": ("EC", "OKP"),
    "ECDH-ES+A192KW": ("EC", "OKP"),
    "ECDH-ES+A256KW": ("EC", "OKP"),
    "RSA-OAEP": ("RSA",),
    "RSA-OAEP-256": ("RSA",),
}
"""Asymmetric key management this issuer can do, listed in its metadata or not, with the key types."""
_ENC = ("A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512")
_MEMBERS = {"EC": ("crv", "x", "y"), "OKP": ("crv", "x"), "RSA": ("n", "e")}
_UNREADABLE = (JWException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def request_metadata(variant: Variant) -> dict[str, Any]:
    """Build ``credential_request_encryption`` (OpenID4VCI 12.2.4)."""
    document: dict[str, Any] = {
        "jwks": {"keys": [dict(key.export_public(as_dict=True)) for key in keys.request_keys()]},
        "enc_values_supported": list(REQUEST_ENC),
        "encryption_required": variant.request_encryption == "required",
    }
    if variant.compression:
        document["zip_values_supported"] = list(ZIP)
    return document


def response_metadata(variant: Variant) -> dict[str, Any]:
    """Build ``credential_response_encryption`` (OpenID4VCI 12.2.4)."""
    document: dict[str, Any] = {
        "alg_values_supported": list(RESPONSE_ALG),
        "enc_values_supported": list(RESPONSE_ENC),
        "encryption_required": variant.response_encryption == "required",
    }
    if variant.compression:
        document["zip_values_supported"] = list(ZIP)
    return document


@dataclass(frozen=True)
class Envelope:
    """An encrypted request."""

    header: Mapping[str, Any]
    """The JWE header; empty when the request is no JWE."""
    plaintext: bytes | None
    """``None`` when no key of this issuer opens the request."""


def open_envelope(body: bytes) -> Envelope:
    """Read an encrypted request with whichever key of this issuer opens it.

    Whether alg, enc, zip and kid are those of the metadata, and what crit says, is for the rules to judge.
    """
    try:
        text = body.decode("ascii")
        header = json.loads(from_base64url(text.partition(".")[0]))
        if text.count(".") != 4 or not isinstance(header, dict):
            return Envelope({}, None)
    except (ValueError, RecursionError):
        return Envelope({}, None)
    for key in keys.request_keys():
        try:
            jwe = JWE(algs=[*_ALGORITHMS, *_ENC], header_registry=_readable(header.get("crit")))
            jwe.deserialize(text)
            jwe.decrypt(key, MAX_PLAINTEXT_BYTES)
        except _UNREADABLE:
            continue
        return Envelope(header, jwe.payload)
    return Envelope(header, None)


def _readable(names: Any) -> dict[str, JWSEHeaderParameter]:
    """Describe header parameters so that the library reads a JWE that calls them critical."""
    listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return {name: JWSEHeaderParameter("", False, True, None) for name in listed}


def public_members(jwk: Any) -> dict[str, Any] | None:
    """Give the members of a public key that something can be encrypted to; ``None`` when there are none."""
    try:
        members = {name: jwk[name] for name in ("kty", *_MEMBERS[jwk["kty"]])}
        # Building the key checks that the point lies on the curve.
        JWK(**members).get_op_key("verify")
    except _UNREADABLE:
        return None
    # Keys on these curves sign and nothing else (RFC 8037 section 2).
    return None if members.get("crv") in ("Ed25519", "Ed448") else members


def suits(algorithm: Any, members: Mapping[str, Any]) -> bool:
    """Whether the key is of a type the algorithm can use; true for algorithms this issuer does not know."""
    return not isinstance(algorithm, str) or members["kty"] in _ALGORITHMS.get(algorithm, members["kty"])


@dataclass(frozen=True)
class Terms:
    """How the wallet wants a response encrypted, with defaults where broken wishes were let off."""

    key: Mapping[str, Any]
    """Public JWK."""
    header: Mapping[str, str]

    @classmethod
    def wished(cls, wish: Mapping[str, Any]) -> Terms | None:
        """Read a ``credential_response_encryption``; ``None`` without a key that can be used."""
        jwk = wish.get("jwk")
        members = public_members(jwk)
        if jwk is None or members is None:
            return None
        algorithm = jwk.get("alg")
        if not isinstance(algorithm, str) or members["kty"] not in _ALGORITHMS.get(algorithm, ()):
            algorithm = "RSA-OAEP-256" if members["kty"] == "RSA" else "ECDH-ES"
        header = {"alg": algorithm, "enc": wish["enc"] if wish.get("enc") in _ENC else RESPONSE_ENC[0]}
        if isinstance(jwk.get("kid"), str):
            header["kid"] = jwk["kid"]
        if wish.get("zip") in ZIP:
            header["zip"] = wish["zip"]
        return cls(members, header)
