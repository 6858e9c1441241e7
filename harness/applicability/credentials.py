"""Whether a check applies, by the issued credential and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate, present

if TYPE_CHECKING:
    from harness.facts import Facts


class Credentials:
    """Predicates about the issued credential: its format, its claims and the key of its signer."""

    @predicate()
    @staticmethod
    def sd_jwt_vc(facts: Facts) -> Ruling:
        """The configuration is an SD-JWT VC."""
        found = facts.configuration.get("format")
        return Ruling(found == "dc+sd-jwt", f"{facts.configuration_name} has the format {found!r}")

    @staticmethod
    def configuration_has(name: str) -> Predicate:
        """The configuration has this member."""
        return Predicate(frozenset(), lambda facts: present(facts.configuration, name, facts.configuration_name))

    @predicate()
    @staticmethod
    def described_claims(facts: Facts) -> Ruling:
        """The configuration describes a claim of a JSON credential by a path."""
        found = len(facts.described_paths)
        return Ruling(found > 0, f"{facts.configuration_name} describes {found} claims")

    @predicate()
    @staticmethod
    def mandatory_claims(facts: Facts) -> Ruling:
        """The configuration calls a claim mandatory."""
        metadata = facts.configuration.get("credential_metadata")
        claims = metadata.get("claims") if isinstance(metadata, dict) else None
        found = [
            claim
            for claim in (claims if isinstance(claims, list) else [])
            if isinstance(claim, dict) and claim.get("mandatory") is True
        ]
        return Ruling(bool(found), f"{facts.configuration_name} has {len(found)} mandatory claims")

    @predicate("issuer_key")
    @staticmethod
    def x5c(facts: Facts) -> Ruling:
        """The credential carries the certificates of its signer."""
        found = facts.issuer_key.mechanism == "x5c"
        return Ruling(found, f"the credential has {'an' if found else 'no'} x5c")

    @predicate("issuer_key")
    @staticmethod
    def trust_anchors(facts: Facts) -> Ruling:
        """Trust anchors are configured against which certificates can be judged."""
        chain = facts.issuer_key.chain
        known = chain is None or chain.trusted is not None
        said = "are configured" if known else 'are missing: name them in assay.toml, [trust] x5c = ["root.pem"]'
        return Ruling(known, f"trust anchors {said}")

    @predicate("issuer_key")
    @staticmethod
    def jwt_vc_issuer_metadata(facts: Facts) -> Ruling:
        """The signer's key is found by JWT VC Issuer Metadata."""
        mechanism = facts.issuer_key.mechanism
        return Ruling(mechanism == "jwt-vc-issuer", f"the signer's key is found by {mechanism or 'nothing'}")
