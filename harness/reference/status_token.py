"""Signed lists of statuses as JWT and as CWT (Token Status List draft 12 section 5).

Both are drafted with the names of JWT claims and header parameters, so that what spoils one spoils the other;
those of a CWT become labels when it is signed.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.reference import cbor, cose, document_signer, issuer_identity, keys
from harness.reference.context import Context
from harness.reference.keys import SigningKey
from harness.reference.sd_jwt import signed_jwt

JsonObject = dict[str, Any]

CLAIM_LABELS: Mapping[str, int] = {
    "iss": 1,
    "sub": 2,
    "aud": 3,
    "exp": 4,
    "nbf": 5,
    "iat": 6,
    "cti": 7,
    "identifier_list": 65530,
    "status_list": 65533,
    "ttl": 65534,
}
"""JWT name of a claim to its key in a CWT (RFC 8392 section 4, Token Status List draft 12 section 14.3)."""
HEADER_LABELS: Mapping[str, int] = {"alg": cose.ALG, "kid": 4, "typ": 16, "x5chain": cose.X5CHAIN}
"""Name of a header parameter to its label (RFC 9052 section 3.1, RFC 9596, RFC 9360)."""
MDOC = "mso_mdoc"


@dataclass
class JwtToken:
    """A signed list as a JWT, before it is signed."""

    header: JsonObject
    claims: Any
    key: SigningKey | None
    """Without a key the signature is empty."""

    def signed(self) -> bytes:
        """Sign and serialize (RFC 7515 section 3.1)."""
        return signed_jwt(self.header, self.claims, self.key).encode("ascii")


@dataclass
class CwtToken:
    """A signed list as a CWT, before it is signed."""

    header: JsonObject
    """The protected header parameters by their names; any other key stands for itself."""
    claims: Any
    """The claims by the names that they have in a JWT; any other key stands for itself."""
    key: SigningKey | None
    unprotected: dict[Any, Any] = field(default_factory=dict)
    tags: Sequence[int] = (cose.SIGN1,)
    """The tags around the message, outermost first (RFC 8392 section 6)."""

    def signed(self) -> bytes:
        """Sign and serialize (RFC 8392 section 7.1)."""
        header = dict(self.header)
        if header.get("alg") in cose.ALGORITHMS:
            header["alg"] = cose.ALGORITHMS[header["alg"]]
        payload = cbor.dumps(_labelled(self.claims, CLAIM_LABELS))
        unprotected = _labelled(self.unprotected, HEADER_LABELS)
        message: Any = cose.Sign1(_labelled(header, HEADER_LABELS), unprotected, payload, self.key).signed()
        for tag in reversed(self.tags):
            message = cbor.Tag(tag, message)
        return cbor.dumps(message)


Token = JwtToken | CwtToken


def list_claims(context: Context, name: str, lifetime: int | None) -> JsonObject:
    """Give the claims of a token with a list, but for the list itself (Token Status List section 5).

    Args:
        context: where the issuer lives.
        name: of the list.
        lifetime: seconds until the token expires; ``None`` where it does not say.

    """
    claims: JsonObject = {"sub": context.status_list_url(name), "iat": context.now()}
    if lifetime is not None:
        claims["exp"] = claims["iat"] + lifetime
    if context.variant.status_ttl is not None:
        claims["ttl"] = context.variant.status_ttl
    return claims


def jwt_token(context: Context, typ: str, claims: JsonObject) -> JwtToken:
    """Draft a JWT that is signed like the credentials that are JWTs."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    header = {"alg": key.algorithm, "typ": typ, **issuer_identity.header(context, key)}
    return JwtToken(header, {**_issuer(context, key), **claims}, key)


def cwt_token(context: Context, typ: str, claims: JsonObject, credential_format: str) -> CwtToken:
    """Draft a CWT that is signed like the credentials of a format."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    header = {"alg": key.algorithm, "typ": typ}
    if context.variant.status_certificate:
        leaf = base64.b64decode(keys.leaf(key, context.issuer_url))
        return CwtToken({**header, "x5chain": leaf}, claims, key)
    if credential_format == MDOC:
        signer = document_signer.document_signer(key, context.now())
        return CwtToken({**header, "x5chain": signer.der()}, claims, key)
    found = issuer_identity.header(context, key)
    if "x5c" in found:
        chain = [base64.b64decode(one) for one in found["x5c"]]
        # One certificate stands by itself (RFC 9360 section 2).
        return CwtToken({**header, "x5chain": chain if len(chain) > 1 else chain[0]}, claims, key)
    return CwtToken({**header, "kid": found["kid"].encode()}, {**_issuer(context, key), **claims}, key)


def _issuer(context: Context, key: SigningKey) -> JsonObject:
    """Name the issuer where the key is found by it."""
    if context.variant.key_mechanism == "x5c":
        return {}
    return {"iss": issuer_identity.identifier(context, key)}


def _labelled(named: Any, labels: Mapping[str, int]) -> Any:
    if not isinstance(named, dict):
        return named
    return {labels.get(name, name) if isinstance(name, str) else name: value for name, value in named.items()}
