"""The ``di_vp`` proof type: OpenID4VCI 1.0 appendix F.2.

A W3C Verifiable Presentation (Verifiable Credentials Data Model 2.0) without credentials, secured with a proof of
Verifiable Credential Data Integrity 1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import rfc8785
from jwcrypto.jwa import JWA

from harness.formats import json_ld, multibase
from harness.wallet.keys import WalletKey
from harness.wallet.proof import did_url

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "ecdsa-jcs-2019": ("ES256", "ES384"),
    "eddsa-jcs-2022": ("EdDSA", "Ed25519"),
    "ecdsa-rdfc-2019": ("ES256", "ES384"),
    "eddsa-rdfc-2022": ("EdDSA", "Ed25519"),
}
"""Cryptosuite to the JWS algorithms whose keys go with it (Data Integrity ECDSA Cryptosuites 1.0 section 3,
Data Integrity EdDSA Cryptosuites 1.0 section 3), in the order in which the wallet prefers them."""
OF_JSON = ("ecdsa-jcs-2019", "eddsa-jcs-2022")
"""The cryptosuites that canonicalize JSON as it stands (RFC 8785), and not the RDF that JSON-LD makes of it."""

_CONTEXT = "https://www.w3.org/ns/credentials/v2"
_HASHES = {"ES384": "sha384"}
"""Hash function by algorithm; SHA-256 for all others."""


@dataclass(frozen=True)
class PresentationDraft:
    """A Verifiable Presentation before it is secured, and the options of its proof."""

    key: WalletKey
    document: dict[str, Any] = field(default_factory=dict)
    """The presentation without ``proof``."""
    proof: dict[str, Any] = field(default_factory=dict)
    """The proof without ``proofValue``."""

    def with_document(self, changes: Mapping[str, Any]) -> Self:
        """Give a draft with some properties of the presentation set; ``None`` removes one."""
        return replace(self, document=_changed(self.document, changes))

    def with_proof(self, **changes: Any) -> Self:
        """Give a draft with some properties of the proof set; ``None`` removes one."""
        return replace(self, proof=_changed(self.proof, changes))

    def secured(self) -> dict[str, Any]:
        """Sign presentation and proof options as they are with the draft's key.

        Nothing is checked, since checks also need presentations that no library would make.
        """
        signature = JWA.signing_alg(self.key.algorithm).sign(self.key.private, self.hash_data())
        options = self.proof if self._by_rdf else self._options()
        return {**self.document, "proof": {**options, "proofValue": multibase.encode(signature)}}

    def hash_data(self) -> bytes:
        """Give what is signed: the hashes of the proof options and of the presentation, both in canonical form."""
        name = _HASHES.get(self.key.algorithm, "sha256")
        parts = (self._options(), self.document)
        return b"".join(hashlib.new(name, self._canonical(part, name)).digest() for part in parts)

    @property
    def _by_rdf(self) -> bool:
        suite = self.proof.get("cryptosuite")
        return suite in ALGORITHMS and suite not in OF_JSON

    def _canonical(self, part: Mapping[str, Any], hash_name: str) -> bytes:
        if self._by_rdf:
            return json_ld.canonical(part, json_ld.bundled(), hash_name).encode()
        return rfc8785.dumps(dict(part))

    def _options(self) -> dict[str, Any]:
        # What is signed repeats the context. Where JSON is canonicalized the proof itself does so, too, and thus
        # still verifies when it becomes one of several.
        context = self.document.get("@context")
        return dict(self.proof) if context is None else {**self.proof, "@context": context}


def draft(
    key: WalletKey,
    *,
    cryptosuite: str,
    domain: str,
    created_at: float,
    challenge: str | None,
    method: str = "did:key",
) -> PresentationDraft:
    """Make the draft of a right proof.

    Args:
        key: a key whose algorithm goes with the cryptosuite.
        cryptosuite: one of ``ALGORITHMS``.
        domain: the Credential Issuer Identifier.
        created_at: seconds since 1970.
        challenge: the ``c_nonce``; ``None`` when the issuer has no Nonce Endpoint.
        method: ``did:key`` or ``did:jwk``; the DID becomes the holder.

    """
    verification_method = did_url(key, method)
    document = {
        "@context": [_CONTEXT],
        "type": ["VerifiablePresentation"],
        "holder": verification_method.partition("#")[0],
    }
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": cryptosuite,
        "proofPurpose": "authentication",
        "verificationMethod": verification_method,
        "created": datetime.fromtimestamp(int(created_at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "domain": domain,
    }
    if challenge is not None:
        proof["challenge"] = challenge
    return PresentationDraft(key, document, proof)


def _changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
