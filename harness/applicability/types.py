"""Whether a check applies, by the type of an SD-JWT VC and what is published about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling, predicate

if TYPE_CHECKING:
    from harness.facts import Facts


class Types:
    """Predicates about the draft of SD-JWT VC that judges, and about Type Metadata."""

    @staticmethod
    def sd_jwt_vc_draft(*names: str) -> Predicate:
        """The run judges SD-JWT VCs by one of these drafts."""

        def rule(facts: Facts) -> Ruling:
            chosen = facts.sd_jwt_vc.name
            return Ruling(chosen in names, f"SD-JWT VCs are judged by {chosen} ([dialect] sd_jwt_vc)")

        return Predicate(frozenset(), rule)

    @staticmethod
    def credential_claim(name: str, kind: type = object) -> Predicate:
        """The SD-JWT VC has this claim, of this Python type."""

        def rule(facts: Facts) -> Ruling:
            claims = facts.credential.vc.claims
            if name not in claims:
                return Ruling(False, f"the credential has no {name}")
            right = isinstance(claims[name], kind)
            return Ruling(right, f"the credential has {'' if right else 'another kind of '}{name}")

        return Predicate(frozenset({"credential"}), rule)

    @predicate("type_metadata")
    @staticmethod
    def type_metadata(facts: Facts) -> Ruling:
        """The ``vct`` of the SD-JWT VC leads to Type Metadata."""
        found = facts.type_metadata
        return Ruling(bool(found.documents), found.missing or "the type has Type Metadata")

    @staticmethod
    def type_has(*names: str) -> Predicate:
        """The Type Metadata, or those of an extended type, have one of these members."""

        def rule(facts: Facts) -> Ruling:
            documents = [found.metadata for found in facts.type_metadata.documents if found.metadata]
            found = any(name in document.members for document in documents for name in names)
            return Ruling(found, f"the Type Metadata have {'' if found else 'no '}{' or '.join(names)}")

        return Predicate(frozenset({"type_metadata"}), rule)

    @staticmethod
    def claim_rule(name: str, value: object) -> Predicate:
        """The claim metadata of the type, inherited ones included, have this value for a claim."""

        def rule(facts: Facts) -> Ruling:
            found = any(claim.get(name) == value for claim in facts.type_metadata.claims.values())
            return Ruling(found, f"the type has {'a' if found else 'no'} claim with {name} {value}")

        return Predicate(frozenset({"type_metadata"}), rule)

    @predicate("type_metadata")
    @staticmethod
    def svg_template(facts: Facts) -> Ruling:
        """An SVG template of the type could be retrieved."""
        found = sum(
            item.referred.kind == "template" and item.content is not None
            for item in facts.type_metadata.attachments
        )
        return Ruling(found > 0, f"{found} SVG templates of the type were retrieved")
