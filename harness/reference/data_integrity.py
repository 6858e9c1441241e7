"""Verifying Data Integrity proofs of the JCS cryptosuites (VC Data Integrity EdDSA and ECDSA Cryptosuites 1.0)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.reference.holder_keys import from_base58

CRYPTOSUITES: Mapping[str, Mapping[str, tuple[str, Callable[[bytes], Any]]]] = {
    "ecdsa-jcs-2019": {"P-256": ("ES256", hashlib.sha256), "P-384": ("ES384", hashlib.sha384)},
    "eddsa-jcs-2022": {"Ed25519": ("EdDSA", hashlib.sha256)},
}
"""By name and curve, the signature algorithm as JOSE calls it and the hash function."""


def verifies(document: Mapping[str, Any], proof: Mapping[str, Any], jwk: Mapping[str, Any]) -> bool:
    """Whether a proof of a document was made with the private key of ``jwk`` in the way its cryptosuite says."""
    value = proof.get("proofValue")
    suite = CRYPTOSUITES.get(str(proof.get("cryptosuite")), {})
    if jwk.get("crv") not in suite or not isinstance(value, str) or not value.startswith("z"):
        return False
    algorithm, digest = suite[jwk["crv"]]
    unsecured = {name: member for name, member in document.items() if name != "proof"}
    configuration = {name: member for name, member in proof.items() if name != "proofValue"}
    if "@context" in configuration:
        if not _begins_with(document.get("@context"), configuration["@context"]):
            return False
        unsecured["@context"] = configuration["@context"]
    try:
        signed = b"".join(digest(rfc8785.dumps(part)).digest() for part in (configuration, unsecured))
        JWA.signing_alg(algorithm).verify(JWK(**jwk), signed, from_base58(value[1:]))
    except (InvalidSignature, JWException, ValueError, TypeError, RecursionError):
        return False
    return True


def _begins_with(whole: Any, start: Any) -> bool:
    whole, start = (item if isinstance(item, list) else [item] for item in (whole, start))
    return bool(whole[: len(start)] == start)
