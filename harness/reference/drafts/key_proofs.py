"""The key proofs that only drafts have: ``ldp_vp`` (13 to 15) and ``cwt`` (13), and what they ask of nonces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cbor2
from cryptography.exceptions import InvalidSignature
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.reference import cbor, di_vp_rules, holder_keys
from harness.reference.encoding import base64url, from_base64url
from harness.reference.rules import Rule, rule
from harness.reference.state import Shelf

if TYPE_CHECKING:
    from harness.reference.context import Context
    from harness.reference.credential_rules import CredentialRequest
    from harness.reference.di_vp_rules import DataIntegrityProof


# ldp_vp: drafts 13 and 14, section 7.2.1.2; draft 15, section 8.2.1.2.


def _renamed(identifier: str) -> str:
    return identifier.replace("di-vp.", "draft-ldp-vp.")


LDP_VP: tuple[Rule[DataIntegrityProof], ...] = tuple(
    rule(
        _renamed(known.id),
        known.error,
        presumes=[_renamed(presumed) for presumed in known.presumes],
        statement=known.statement.replace("di_vp", "ldp_vp"),
    )(known.complaint)
    for known in di_vp_rules.RULES
)
"""What the drafts ask of an ``ldp_vp`` proof: what 1.0 asks of a ``di_vp`` proof."""


# cwt: draft 13, section 7.2.1.3.

CONTENT_TYPE = "openid4vci-proof+cwt"
_ALG, _CONTENT_TYPE, _X5CHAIN, _COSE_KEY = 1, 3, 33, "COSE_Key"
_AUD, _IAT, _NONCE = 3, 6, 10
_ALGORITHMS = {-7: "ES256", -35: "ES384", -8: "EdDSA"}
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, cbor2.CBORError)


@dataclass
class CwtProof:
    """A ``cwt`` proof as read from the wire."""

    context: Context
    value: Any
    nonces: Shelf[bool]

    @cached_property
    def _message(self) -> tuple[dict[Any, Any], bytes, dict[Any, Any], bytes, bytes] | None:
        """Protected header, the bytes of it, claims, their bytes, signature."""
        try:
            message = cbor.loads(from_base64url(self.value))
            while isinstance(message, cbor.Tag):
                message = message.value
            protected, _, payload, signature = message
            header, claims = cbor.loads(protected), cbor.loads(payload)
        except _UNREADABLE:
            return None
        if not isinstance(header, dict) or not isinstance(claims, dict):
            return None
        return header, protected, claims, payload, signature

    @property
    def header(self) -> Mapping[Any, Any]:
        """The protected header parameters; empty when the proof is no CWT."""
        return self._message[0] if self._message else {}

    @property
    def claims(self) -> Mapping[Any, Any]:
        """The claims; empty when the proof is no CWT."""
        return self._message[2] if self._message else {}

    @property
    def wellformed(self) -> bool:
        """Whether it is a CWT in one signed message."""
        return self._message is not None

    @property
    def nonce(self) -> object:
        """The nonce of the proof as text."""
        value = self.claims.get(_NONCE)
        return value.decode(errors="replace") if isinstance(value, bytes) else None

    @cached_property
    def key(self) -> Mapping[str, Any] | None:
        """The public JWK of the ``COSE_Key``; ``None`` when there is none that this issuer can bind to."""
        try:
            cose = cbor.loads(self.header[_COSE_KEY])
            names = {1: "P-256", 2: "P-384"} if cose[1] == 2 else {6: "Ed25519"}
            jwk = {"kty": "EC" if cose[1] == 2 else "OKP", "crv": names[cose[-1]], "x": base64url(cose[-2])}
            if cose[1] == 2:
                jwk["y"] = base64url(cose[-3])
            return holder_keys.from_header({"jwk": jwk}, ["jwk"])
        except _UNREADABLE:
            return None

    @property
    def holder_keys(self) -> list[Mapping[str, Any] | None]:
        """The keys the credentials are to be bound to."""
        return [self.key]

    @property
    def signed(self) -> bool:
        """Whether the signature verifies with the key of the header."""
        if self._message is None or self.key is None:
            return False
        header, protected, _, payload, signature = self._message
        structure = cbor.dumps(["Signature1", protected, b"", payload])
        try:
            JWA.signing_alg(_ALGORITHMS[header[_ALG]]).verify(JWK(**self.key), structure, signature)
        except (InvalidSignature, JWException, KeyError, ValueError, TypeError):
            return False
        return True


@rule("draft-cwt.wellformed", "invalid_proof")
def cwt_wellformed(proof: CwtProof) -> str | None:
    """A cwt proof is a CWT (draft 13, section 7.2.1)."""
    return None if proof.wellformed else "The proof is not a CWT."


_READABLE = ("draft-cwt.wellformed",)


@rule("draft-cwt.algorithm", "invalid_proof", presumes=_READABLE)
def cwt_algorithm(proof: CwtProof) -> str | None:
    """The algorithm of a cwt proof is an asymmetric one that the metadata lists."""
    if _ALGORITHMS.get(proof.header.get(_ALG, 0)) in proof.context.variant.proof_algorithms:
        return None
    return "The algorithm is symmetric or not in proof_signing_alg_values_supported."


@rule("draft-cwt.content-type", "invalid_proof", presumes=_READABLE)
def cwt_content_type(proof: CwtProof) -> str | None:
    """The content type of a cwt proof is openid4vci-proof+cwt."""
    return None if proof.header.get(_CONTENT_TYPE) == CONTENT_TYPE else f"The content type is not {CONTENT_TYPE}."


@rule("draft-cwt.one-key", "invalid_proof", presumes=_READABLE)
def cwt_one_key(proof: CwtProof) -> str | None:
    """A cwt proof has not both COSE_Key and x5chain."""
    return "There are COSE_Key and x5chain." if {_COSE_KEY, _X5CHAIN} <= proof.header.keys() else None


@rule("draft-cwt.signature", "invalid_proof", presumes=[*_READABLE, "draft-cwt.algorithm"])
def cwt_signature(proof: CwtProof) -> str | None:
    """The signature of a cwt proof verifies with its COSE_Key."""
    return None if proof.signed else "The signature does not verify with the COSE_Key."


@rule("draft-cwt.audience", "invalid_proof", presumes=_READABLE)
def cwt_audience(proof: CwtProof) -> str | None:
    """The aud of a cwt proof is the Credential Issuer Identifier."""
    if proof.claims.get(_AUD) == proof.context.issuer_url:
        return None
    return "The aud is not the Credential Issuer Identifier."


@rule("draft-cwt.issued-at", "invalid_proof", presumes=_READABLE)
def cwt_issued_at(proof: CwtProof) -> str | None:
    """A cwt proof has iat, a number."""
    value = proof.claims.get(_IAT)
    return None if isinstance(value, (int, float)) and not isinstance(value, bool) else "The iat is missing."


@rule("draft-cwt.nonce", "invalid_nonce", presumes=_READABLE)
def cwt_nonce(proof: CwtProof) -> str | None:
    """The nonce of a cwt proof is one that this issuer gave out lately, as bytes."""
    if not proof.context.variant.nonce or proof.nonces.get(proof.nonce):
        return None
    return "The nonce is missing, unknown or too old."


CWT: tuple[Rule[CwtProof], ...] = (
    cwt_wellformed,
    cwt_algorithm,
    cwt_content_type,
    cwt_one_key,
    cwt_signature,
    cwt_audience,
    cwt_issued_at,
    cwt_nonce,
)


# Nonces: draft 13, section 12.5; draft 14, section 11.5.


@rule("draft-proof.nonce-owner", "invalid_nonce")
def nonce_owner(request: CredentialRequest) -> str | None:
    """A c_nonce that came with an access token is used with no other."""
    owners, token = request.context.nonce_owners, request.token
    if request.access and any(owners.get(str(nonce), token) != token for nonce in request.used_nonces):
        return "The c_nonce belongs to another access token."
    return None
