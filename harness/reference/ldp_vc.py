"""Credentials of the format ``ldp_vc`` (OpenID4VCI appendix A.1.2), secured by Data Integrity proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.reference import data_integrity, issuer_identity, keys, w3c_credential
from harness.reference.context import Context
from harness.reference.keys import SigningKey
from harness.reference.lifetime import issued_at

JsonObject = dict[str, Any]

DOCUMENT = "ldp-vc"
_ALGORITHMS = {name: "EdDSA" if name.lower().startswith("ed") else "ES256" for name in data_integrity.SUITES}
_SUITE_CONTEXTS = {
    data_integrity.ED25519_SIGNATURE_2020: "https://w3id.org/security/suites/ed25519-2020/v1",
}
PROOF_CONTEXT = "https://w3id.org/security/data-integrity/v2"


@dataclass
class Proof:
    """A proof before it is made."""

    options: JsonObject
    """All its members but ``proofValue``."""
    suite: str
    """How it is made, whatever the options say."""
    key: SigningKey
    names_context: bool = True
    """Whether the proof says which ``@context`` it was made over, where its suite has it do so."""
    spell: Callable[[str], Any] = str
    """How the value is written, given in base58 with the letter of Multibase."""


@dataclass
class LdpVc:
    """A credential before it is signed."""

    document: JsonObject
    proofs: list[Proof]
    finish: Callable[[JsonObject], Any] = dict
    """What becomes of the credential before it goes into the response."""

    def signed(self) -> Any:
        """Add the proofs, each of which is over the document without the others (a proof set)."""
        made = [self._made(proof) for proof in self.proofs]
        secured = {**self.document, "proof": made[0] if len(made) == 1 else made}
        return self.finish({name: value for name, value in secured.items() if name != "proof" or made})

    def _made(self, proof: Proof) -> JsonObject:
        suite, options = data_integrity.SUITES[proof.suite], dict(proof.options)
        if suite.names_context and proof.names_context and "@context" in self.document:
            options.setdefault("@context", self.document["@context"])
        value = data_integrity.signed(suite, self.document, options, proof.key)
        return {**options, "proofValue": proof.spell(value)}


def described(context: Context, data: Mapping[str, Any]) -> JsonObject:
    """Give what the metadata say of the format (OpenID4VCI A.1.2.2)."""
    definition = {
        "@context": w3c_credential.contexts(context, data, proof_contexts(context)),
        "type": w3c_credential.types(data),
    }
    members: JsonObject = {"credential_definition": definition}
    if context.variant.detail == "full":
        members["credential_signing_alg_values_supported"] = list(dict.fromkeys(context.variant.proof_suites))
    return members


def draft(context: Context, data: Mapping[str, Any], holder_key: Mapping[str, Any] | None) -> LdpVc:
    """Build a credential, bound to ``holder_key`` as its subject where there is one."""
    document = w3c_credential.document(
        context,
        data,
        issuer=controller(context),
        subject=w3c_credential.subject_did(holder_key),
        further=proof_contexts(context),
    )
    return LdpVc(document, proofs(context, issued_at(context)))


def controller(context: Context) -> str:
    """Give the identifier of the issuer, whose key the first proof is made with."""
    return issuer_identity.controller(context, _key(context.variant.proof_suites[0]))


def proofs(context: Context, created_at: float) -> list[Proof]:
    """Draft the proofs of one credential, made at a time in seconds since the epoch."""
    created = w3c_credential.date_time(created_at)
    drafts = []
    for name in context.variant.proof_suites:
        key = _key(name)
        kind = "Ed25519VerificationKey2020" if name == data_integrity.ED25519_SIGNATURE_2020 else "Multikey"
        method = issuer_identity.verification_method(context, key, kind)
        drafts.append(Proof(data_integrity.options(name, method=method, created=created), name, key))
    return drafts


def _key(suite: str) -> SigningKey:
    return keys.issuer_key(_ALGORITHMS[suite])


def proof_contexts(context: Context) -> list[str]:
    """Give the contexts that define the terms of the proofs, where that of the data model does not."""
    variant = context.variant
    suites = [_SUITE_CONTEXTS[name] for name in variant.proof_suites if name in _SUITE_CONTEXTS]
    needed = variant.data_model == "1.1" and len(suites) < len(variant.proof_suites)
    return [*([PROOF_CONTEXT] if needed else []), *suites]
