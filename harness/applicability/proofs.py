"""Whether a check applies, by the key proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Ruling, holds, predicate, present
from harness.wallet import di_vp

if TYPE_CHECKING:
    from harness.facts import Facts


class Proofs:
    """Predicates about key proofs, key attestations and the keys that credentials are bound to."""

    @predicate()
    @staticmethod
    def key_binding(facts: Facts) -> Ruling:
        """The configuration asks for key proofs."""
        return present(facts.configuration, facts.proofs_told_by, facts.configuration_name)

    @predicate("nonce_source")
    @staticmethod
    def c_nonce(facts: Facts) -> Ruling:
        """There is a ``c_nonce`` for key proofs, be it of a Nonce Endpoint or, in earlier drafts, of an answer."""
        if facts.issuer.dialect.nonce_from == ("nonce-endpoint",):
            return present(facts.issuer.metadata, "nonce_endpoint", "issuer metadata")
        found = facts.nonce_source
        return Ruling(found is not None, f"the wallet gets {f'a c_nonce by {found}' if found else 'no c_nonce'}")

    @predicate("nonce_source")
    @staticmethod
    def nonce_with_refusal(facts: Facts) -> Ruling:
        """A refusal for a key proof can bring a ``c_nonce``: there is one, or the version has each bring one."""
        if facts.issuer.dialect.nonce_with_refusal:
            return Ruling(True, "the version has each refusal for a key proof bring a c_nonce")
        return Ruling(facts.nonce_source is not None, "the wallet gets no c_nonce")

    @predicate()
    @staticmethod
    def jwt_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``jwt``."""
        return _proof_of(facts, "jwt")

    @predicate()
    @staticmethod
    def attestation_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``attestation``."""
        return _proof_of(facts, "attestation")

    @predicate()
    @staticmethod
    def di_vp_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``di_vp``."""
        return _proof_of(facts, "di_vp")

    @predicate()
    @staticmethod
    def ldp_vp_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``ldp_vp``."""
        return _proof_of(facts, "ldp_vp")

    @predicate()
    @staticmethod
    def cwt_proof(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``cwt``."""
        return _proof_of(facts, "cwt")

    @predicate()
    @staticmethod
    def di_vp_of_json(facts: Facts) -> Ruling:
        """The flow uses proofs of type ``di_vp`` that protect JSON as it stands, whatever its terms mean."""
        kind, types = _proof_of(facts, "di_vp"), facts.configuration.get("proof_types_supported")
        terms = types.get("di_vp") if isinstance(types, dict) else None
        listed = terms.get("proof_signing_alg_values_supported") if isinstance(terms, dict) else None
        suites = [suite for suite in di_vp.OF_JSON if isinstance(listed, list) and suite in listed]
        return Ruling(kind.applies and bool(suites), f"{kind.reason}; cryptosuites of JSON: {suites or 'none'}")

    @predicate()
    @staticmethod
    def key_attestation(facts: Facts) -> Ruling:
        """The proofs of the flow are key attestations, or have to carry one."""
        return _attested(facts)

    @predicate()
    @staticmethod
    def one_proof_per_key(facts: Facts) -> Ruling:
        """The flow has a proof for each key: no key attestation vouches for several."""
        attested = _attested(facts)
        wanted = facts.proof_type is not None and not attested.applies
        return Ruling(wanted, attested.reason)

    @predicate()
    @staticmethod
    def key_attestation_levels(facts: Facts) -> Ruling:
        """The metadata asks for values of ``key_storage`` or ``user_authentication``."""
        asked = [
            name
            for name, members in facts.issuer.configurations.items()
            if isinstance(types := members.get("proof_types_supported"), dict)
            and any(
                holds(terms, ("key_attestations_required", level)) and terms["key_attestations_required"][level]
                for terms in types.values()
                for level in ("key_storage", "user_authentication")
            )
        ]
        return Ruling(bool(asked), f"configurations that ask for levels of key attestations: {asked or 'none'}")

    @predicate()
    @staticmethod
    def key_storage_required(facts: Facts) -> Ruling:
        """The metadata names values of ``key_storage`` that a key attestation has to have."""
        return _level_of(facts, "key_storage")

    @predicate()
    @staticmethod
    def user_authentication_required(facts: Facts) -> Ruling:
        """The metadata names values of ``user_authentication`` that a key attestation has to have."""
        return _level_of(facts, "user_authentication")

    @predicate()
    @staticmethod
    def jwk_binding(facts: Facts) -> Ruling:
        """The configuration binds to keys that stand in a proof as ``jwk``."""
        methods = facts.configuration.get("cryptographic_binding_methods_supported")
        listed = [str(name) for name in methods] if isinstance(methods, list) else []
        found = not {"jwk", "cose_key"}.isdisjoint(listed)
        return Ruling(found, f"{facts.configuration_name} has the binding methods {listed}")


def _proof_of(facts: Facts, kind: str) -> Ruling:
    types = facts.configuration.get("proof_types_supported")
    listed = list(types) if isinstance(types, dict) else []
    used = f", the flow uses {facts.proof_type}" if facts.proof_type else ""
    return Ruling(facts.proof_type == kind, f"{facts.configuration_name} takes the proof types {listed}{used}")


def _attested(facts: Facts) -> Ruling:
    if facts.proof_type == "attestation":
        return Ruling(True, "the flow uses proofs of type attestation")
    required = facts.proof_terms.get("key_attestations_required")
    wanted = facts.proof_type == "jwt" and isinstance(required, dict)
    proofs = f"proofs of type {facts.proof_type}" if facts.proof_type else "proofs"
    return Ruling(
        wanted, f"{facts.configuration_name} requires {'' if wanted else 'no '}key attestations in {proofs}"
    )


def _level_of(facts: Facts, name: str) -> Ruling:
    required = facts.proof_terms.get("key_attestations_required")
    values = required.get(name) if isinstance(required, dict) else None
    return Ruling(isinstance(values, list) and bool(values), f"key_attestations_required has {name} {values!r}")
