"""Data Integrity proofs: making and verifying them (VC Data Integrity 1.0 and its EdDSA and ECDSA cryptosuites).

A signature is over two hashes: that of the proof without its value, and that of the document without its proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from jwcrypto.common import JWException
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.reference import linked_data
from harness.reference.holder_keys import from_base58
from harness.reference.keys import SigningKey
from harness.reference.multikey import base58btc

JsonObject = dict[str, Any]
_DIGESTS: Mapping[str, Callable[[bytes], Any]] = {
    "ES256": hashlib.sha256,
    "ES384": hashlib.sha384,
    "EdDSA": hashlib.sha256,
}
"""Hash function by the signature algorithm as JOSE calls it."""
_ECDSA = {"P-256": "ES256", "P-384": "ES384"}
_EDDSA = {"Ed25519": "EdDSA"}


def _rdf(document: Mapping[str, Any]) -> bytes:
    return linked_data.canonical(document).encode()


@dataclass(frozen=True)
class Suite:
    """How a kind of proof is made."""

    algorithms: Mapping[str, str]
    """By curve, the signature algorithm as JOSE calls it."""
    canonicalize: Callable[[Mapping[str, Any]], bytes]
    """Raises a ``ValueError`` for what it cannot read."""
    names_context: bool = False
    """Whether the proof itself says which ``@context`` it was made over."""


CRYPTOSUITES: Mapping[str, Suite] = {
    "ecdsa-jcs-2019": Suite(_ECDSA, rfc8785.dumps, names_context=True),
    "eddsa-jcs-2022": Suite(_EDDSA, rfc8785.dumps, names_context=True),
    "eddsa-rdfc-2022": Suite(_EDDSA, _rdf),
    "ecdsa-rdfc-2019": Suite(_ECDSA, _rdf),
}
"""By the name that a proof of the type DataIntegrityProof has as ``cryptosuite``."""
ED25519_SIGNATURE_2020 = "Ed25519Signature2020"
SUITES: Mapping[str, Suite] = {**CRYPTOSUITES, ED25519_SIGNATURE_2020: Suite(_EDDSA, _rdf)}
"""All there are, by what metadata call them."""


def suite_of(proof: Mapping[str, Any]) -> Suite | None:
    """Give the suite that a proof names; ``None`` when there is none of that name."""
    if proof.get("type") == ED25519_SIGNATURE_2020:
        return SUITES[ED25519_SIGNATURE_2020]
    return CRYPTOSUITES.get(str(proof.get("cryptosuite")))


def options(suite: str, *, method: str, created: str) -> JsonObject:
    """Give the proof of an assertion before it has a value.

    Args:
        suite: one of ``SUITES``.
        method: the DID URL of the verification method.
        created: an XML Schema dateTimeStamp.

    """
    kind = {"type": suite} if suite in SUITES and suite not in CRYPTOSUITES else _data_integrity(suite)
    return {**kind, "created": created, "verificationMethod": method, "proofPurpose": "assertionMethod"}


def _data_integrity(suite: str) -> JsonObject:
    return {"type": "DataIntegrityProof", "cryptosuite": suite}


def hash_data(suite: Suite, algorithm: str, document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    """Give what is signed: the hash of the proof, then that of the document.

    Raises:
        ValueError: one of them cannot be brought into its canonical form.

    """
    configuration = {name: member for name, member in proof.items() if name != "proofValue"}
    unsecured = {name: member for name, member in document.items() if name != "proof"}
    if not suite.names_context and "@context" in document:
        configuration["@context"] = document["@context"]
    elif "@context" in configuration:
        unsecured["@context"] = configuration["@context"]
    digest = _DIGESTS[algorithm]
    return b"".join(digest(suite.canonicalize(part)).digest() for part in (configuration, unsecured))


def signed(suite: Suite, document: Mapping[str, Any], proof: Mapping[str, Any], key: SigningKey) -> str:
    """Give the ``proofValue`` of a proof.

    What cannot be brought into a canonical form is signed all the same, by a signature over nothing: such
    documents exist by fault only.
    """
    try:
        data = hash_data(suite, key.algorithm, document, proof)
    except ValueError:
        data = b""
    return base58btc(key.sign(data))


def verifies(document: Mapping[str, Any], proof: Mapping[str, Any], jwk: Mapping[str, Any]) -> bool:
    """Whether a proof of a document was made with the private key of ``jwk`` in the way its suite says."""
    value, suite = proof.get("proofValue"), suite_of(proof)
    if suite is None or jwk.get("crv") not in suite.algorithms:
        return False
    if not isinstance(value, str) or not value.startswith("z"):
        return False
    if "@context" in proof and not _begins_with(document.get("@context"), proof["@context"]):
        return False
    algorithm = suite.algorithms[jwk["crv"]]
    try:
        data = hash_data(suite, algorithm, document, proof)
        JWA.signing_alg(algorithm).verify(JWK(**jwk), data, from_base58(value[1:]))
    except (InvalidSignature, JWException, ValueError, TypeError, RecursionError):
        return False
    return True


def _begins_with(whole: Any, start: Any) -> bool:
    whole, start = (item if isinstance(item, list) else [item] for item in (whole, start))
    return bool(whole[: len(start)] == start)
