"""The private key that signs a report: a JWK (RFC 7517)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.formats import jwk, signatures
from harness.formats.signatures import SignatureError
from harness.integrity import IntegrityError

_ALGORITHM_OF = {
    ("EC", "P-256"): "ES256",
    ("EC", "P-384"): "ES384",
    ("EC", "P-521"): "ES512",
    ("EC", "secp256k1"): "ES256K",
    ("OKP", "Ed25519"): "EdDSA",
    ("OKP", "Ed448"): "EdDSA",
    ("RSA", None): "PS256",
}
"""What a key signs with that does not say so itself (RFC 7518, RFC 8037, RFC 8812)."""
LARGEST = 65_536
"""Bytes of a file with a key."""


@dataclass(frozen=True)
class SigningKey:
    """A private key and what it signs with.

    Attributes:
        algorithm: the JOSE name.
        key_id: its ``kid``, or else its thumbprint (RFC 7638).

    """

    private: JWK
    algorithm: str
    key_id: str

    def sign(self, data: bytes) -> bytes:
        """Sign data as JOSE does."""
        signature: bytes = JWA.signing_alg(self.algorithm).sign(self.private, data)
        return signature


def read(data: bytes) -> SigningKey:
    """Read a private JWK.

    Raises:
        IntegrityError: it is none, or does not sign.

    """
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        raise IntegrityError("not a JWK: this is not JSON") from None
    if not isinstance(members, dict) or "keys" in members:
        raise IntegrityError("not a JWK: give one key as a JSON object")
    if members.get("kty") == "oct":
        raise IntegrityError("a symmetric key signs nothing that others could verify")
    try:
        key = JWK(**{name: value for name, value in members.items() if name not in ("x5c", "use", "key_ops")})
        public: dict[str, Any] = key.export_public(as_dict=True)
        thumbprint = jwk.thumbprint(public)
    except (JWException, jwk.JwkError, ValueError, TypeError, KeyError):
        raise IntegrityError("not a JWK: its members make no key") from None
    if not key.has_private:
        raise IntegrityError("this is a public key; signing takes the private one")
    _meant_for_signing(members)
    algorithm = members.get("alg") or _ALGORITHM_OF.get((public["kty"], public.get("crv")))
    if not isinstance(algorithm, str):
        raise IntegrityError("this is no key for signatures")
    made = SigningKey(key, algorithm, members["kid"] if isinstance(members.get("kid"), str) else thumbprint)
    try:
        # The public part may not belong to the private one, and the algorithm not to the key.
        signatures.verify(algorithm, {**public, "alg": algorithm}, b"", made.sign(b""))
    except SignatureError as error:
        raise IntegrityError(f"the key cannot be used with {algorithm[:20]!r}: {error.detail}") from None
    except Exception:  # whatever the libraries say of a key that is none
        raise IntegrityError(f"the key does not sign with {algorithm[:20]!r}") from None
    return made


def _meant_for_signing(members: dict[str, Any]) -> None:
    if members.get("use", "sig") != "sig":
        raise IntegrityError("the key's use is not to sign")
    operations = members.get("key_ops", ["sign"])
    if not isinstance(operations, list) or "sign" not in operations:
        raise IntegrityError("the key's key_ops do not have sign")
