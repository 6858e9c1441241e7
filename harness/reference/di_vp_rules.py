"""What the Credential Endpoint asks of one ``di_vp`` key proof (OpenID4VCI F.2 and F.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import data_integrity, holder_keys
from harness.reference.context import Context
from harness.reference.rules import Rule, rule, tolerance
from harness.reference.state import Shelf

_KNOWN_MEMBERS = {"@context", "type", "holder", "proof", "id"}
_KNOWN_PROOF_MEMBERS = {
    "@context",
    "type",
    "cryptosuite",
    "proofPurpose",
    "verificationMethod",
    "created",
    "challenge",
    "domain",
    "proofValue",
}


@dataclass
class DataIntegrityProof:
    """One element of ``proofs.di_vp`` as read from the wire."""

    context: Context
    value: Any
    nonces: Shelf[bool]

    @property
    def presentation(self) -> Mapping[str, Any]:
        """The Verifiable Presentation; empty when it is no object."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def proof(self) -> Mapping[str, Any]:
        """The one proof of the presentation; empty when there is not exactly one."""
        value = self.presentation.get("proof")
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        return value if isinstance(value, dict) else {}

    @property
    def controller(self) -> str:
        """The part of ``verificationMethod`` that says whose key it is; empty without one."""
        method = self.proof.get("verificationMethod")
        return method.partition("#")[0] if isinstance(method, str) else ""

    @cached_property
    def key(self) -> Mapping[str, Any] | None:
        """The public JWK behind ``verificationMethod``; ``None`` when it leads to none this issuer can bind to."""
        methods = self.context.variant.binding_methods
        try:
            return holder_keys.from_header({"kid": self.proof.get("verificationMethod")}, methods)
        except holder_keys.UnusableKey:
            return None

    @property
    def holder_keys(self) -> list[Mapping[str, Any] | None]:
        """The keys the credentials are to be bound to."""
        return [self.key]

    @property
    def nonce(self) -> object:
        """The ``challenge`` of the proof."""
        return self.proof.get("challenge")


@rule("di-vp.presentation", "invalid_proof")
def presentation(proof: DataIntegrityProof) -> str | None:
    """A di_vp proof is a JSON object of type VerifiablePresentation."""
    types = proof.presentation.get("type")
    named = types if isinstance(types, list) else [types]
    return None if "VerifiablePresentation" in named else "The proof is not a Verifiable Presentation."


@rule("di-vp.proof-present", "invalid_proof", presumes=["di-vp.presentation"])
def proof_present(proof: DataIntegrityProof) -> str | None:
    """The presentation has one proof of type DataIntegrityProof."""
    if proof.proof.get("type") == "DataIntegrityProof":
        return None
    return "The presentation has no proof of type DataIntegrityProof."


@rule("di-vp.cryptosuite", "invalid_proof", presumes=["di-vp.proof-present"])
def cryptosuite(proof: DataIntegrityProof) -> str | None:
    """The cryptosuite of the proof is one the metadata lists."""
    if proof.proof.get("cryptosuite") in proof.context.variant.cryptosuites:
        return None
    return "The cryptosuite is not in proof_signing_alg_values_supported."


@rule("di-vp.purpose", "invalid_proof", presumes=["di-vp.proof-present"])
def purpose(proof: DataIntegrityProof) -> str | None:
    """The proofPurpose of the proof is authentication."""
    return (
        None if proof.proof.get("proofPurpose") == "authentication" else "The proofPurpose is not authentication."
    )


@rule("di-vp.key-usable", "invalid_proof", presumes=["di-vp.proof-present"])
def key_usable(proof: DataIntegrityProof) -> str | None:
    """The verificationMethod leads to a key of a supported binding method."""
    return None if proof.key else "The verificationMethod leads to no key of a supported binding method."


@rule("di-vp.holder", "invalid_proof", presumes=["di-vp.proof-present"])
def holder(proof: DataIntegrityProof) -> str | None:
    """The holder of the presentation, where it is named, controls the verificationMethod."""
    if "holder" not in proof.presentation:
        return None
    named = proof.presentation["holder"]
    identifier = named.get("id") if isinstance(named, dict) else named
    return None if identifier == proof.controller else "The holder does not control the verificationMethod."


@rule("di-vp.signature", "invalid_proof", presumes=["di-vp.cryptosuite", "di-vp.key-usable"])
def signature(proof: DataIntegrityProof) -> str | None:
    """The proof verifies with the key of its verificationMethod."""
    if proof.key and data_integrity.verifies(proof.presentation, proof.proof, proof.key):
        return None
    return "The proof does not verify."


@rule("di-vp.domain", "invalid_proof", presumes=["di-vp.proof-present"])
def domain(proof: DataIntegrityProof) -> str | None:
    """The domain of the proof is the Credential Issuer Identifier."""
    if proof.proof.get("domain") == proof.context.issuer_url:
        return None
    return "The domain is not the Credential Issuer Identifier."


@rule("di-vp.challenge-present", "invalid_proof", presumes=["di-vp.proof-present"])
def challenge_present(proof: DataIntegrityProof) -> str | None:
    """Where there is a Nonce Endpoint, the proof has a challenge that is a string."""
    if not proof.context.variant.nonce or isinstance(proof.nonce, str):
        return None
    return "The challenge is missing or no string."


@rule("di-vp.challenge", "invalid_nonce", presumes=["di-vp.challenge-present"])
def challenge(proof: DataIntegrityProof) -> str | None:
    """The challenge of the proof is a nonce this issuer gave out lately."""
    if not proof.context.variant.nonce or proof.nonces.get(proof.nonce):
        return None
    return "The challenge is unknown or too old."


@tolerance("di-vp.unknown-property")
def unknown_property(proof: DataIntegrityProof) -> bool:
    """A presentation and its proof may have properties the issuer does not know."""
    return not (proof.presentation.keys() <= _KNOWN_MEMBERS and proof.proof.keys() <= _KNOWN_PROOF_MEMBERS)


@tolerance("di-vp.other-cryptosuite")
def other_cryptosuite(proof: DataIntegrityProof) -> bool:
    """A proof may use any cryptosuite the metadata list, not only the first."""
    return proof.proof.get("cryptosuite") in proof.context.variant.cryptosuites[1:]


RULES: tuple[Rule[DataIntegrityProof], ...] = (
    presentation,
    proof_present,
    cryptosuite,
    purpose,
    key_usable,
    holder,
    signature,
    domain,
    challenge_present,
    challenge,
)
TOLERANCES = (unknown_property, other_cryptosuite)
