"""Whether a check applies, by the Data Integrity proofs of the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate
from harness.formats.ldp_vc import LdpVc

if TYPE_CHECKING:
    from harness.facts import Facts
    from harness.formats.data_integrity import Proof


class DataIntegrity:
    """Predicates about credentials with Data Integrity proofs."""

    @predicate()
    @staticmethod
    def ldp_vc(facts: Facts) -> Ruling:
        """The configuration is a W3C credential with Data Integrity proofs."""
        found = facts.configuration.get("format")
        return Ruling(found == "ldp_vc", f"{facts.configuration_name} has the format {found!r}")

    @staticmethod
    def secured_by(*names: str) -> Predicate:
        """The issuer's proof has one of these cryptosuites or types."""

        def rule(facts: Facts) -> Ruling:
            members = proof.members if (proof := _proof(facts)) else {}
            found = [members.get(name) for name in ("type", "cryptosuite") if name in members]
            return Ruling(any(name in names for name in found), f"the proof of the credential is by {found}")

        return Predicate(frozenset({"credential"}), rule)

    @predicate("credential")
    @staticmethod
    def rdf_proof(facts: Facts) -> Ruling:
        """The issuer's proof protects the credential as far as JSON-LD makes RDF of it."""
        proof = _proof(facts)
        found = proof is not None and proof.by_rdf
        return Ruling(found, f"the proof of the credential is {'' if found else 'not '}over RDF")

    @predicate("credential")
    @staticmethod
    def proof_set(facts: Facts) -> Ruling:
        """The credential has several proofs."""
        document = facts.credential.document
        found = len(document.proofs) if isinstance(document, LdpVc) else 0
        return Ruling(found > 1, f"the credential has {found} Data Integrity proofs")

    @predicate("issuer_key")
    @staticmethod
    def multibase_key(facts: Facts) -> Ruling:
        """The signer's key is in a document, in a verification method that writes it in Multibase."""
        method = facts.issuer_key.method
        found = method.type if method and facts.issuer_key.document else None
        types = ("Multikey", "Ed25519VerificationKey2020")
        return Ruling(found in types, f"the verification method in a document is {found or 'none'}")


def _proof(facts: Facts) -> Proof | None:
    document = facts.credential.document
    return document.proof if isinstance(document, LdpVc) else None
