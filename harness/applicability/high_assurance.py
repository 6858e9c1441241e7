"""Whether a check of HAIP 1.0 applies, by what the metadata list and the offers that the run was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.applicability.predicate import Ruling, holds, predicate

if TYPE_CHECKING:
    from harness.facts import Facts

ATTESTATION_LISTS = {
    "client_attestation_signing_alg_values_supported": "HAIP-7-01",
    "client_attestation_pop_signing_alg_values_supported": "HAIP-7-02",
}
"""Members of Authorization Server Metadata that list algorithms of what comes with a Wallet Attestation, and the
requirement of HAIP 1.0 that is about them."""
PROOF_LISTS = {"jwt": "HAIP-7-04", "attestation": "HAIP-7-03"}
"""The proof types of which HAIP 1.0 names an algorithm, in the same way."""
TYPES = {"dc+sd-jwt": "vct", "mso_mdoc": "doctype"}
"""The formats of HAIP 1.0, and the member of a configuration that names the Credential Type."""


class HighAssurance:
    """Predicates that only checks of HAIP 1.0 need."""

    @predicate("offers")
    @staticmethod
    def offers(facts: Facts) -> Ruling:
        """The run was given a Credential Offer."""
        count = len(facts.offers)
        return Ruling(bool(count), f"the run was given {count or 'no'} Credential Offers")

    @predicate()
    @staticmethod
    def listed_algorithms(facts: Facts) -> Ruling:
        """The metadata list algorithms of Wallet Attestations, or of ``jwt`` or ``attestation`` proofs."""
        found = {
            name
            for name in ATTESTATION_LISTS
            for server in facts.issuer.servers
            if isinstance(server.metadata.get(name), list)
        }
        for members in facts.issuer.configurations.values():
            found |= {kind for kind in PROOF_LISTS if _lists(members, kind)}
        return Ruling(bool(found), f"algorithms are listed for {sorted(found) or 'nothing that HAIP 1.0 names'}")

    @predicate()
    @staticmethod
    def scope_of_type(facts: Facts) -> Ruling:
        """A configuration of a format of HAIP 1.0 has a ``scope`` and names its type."""
        names = [name for name, members in facts.issuer.configurations.items() if type_by_scope(members)]
        return Ruling(bool(names), f"configurations with a scope and a vct or doctype: {names or 'none'}")


def type_by_scope(members: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Give format, ``scope`` and Credential Type of a configuration; ``None`` where one is not there."""
    kind, scope = members.get("format"), members.get("scope")
    named = members.get(TYPES.get(kind, "")) if isinstance(kind, str) else None
    if isinstance(kind, str) and isinstance(scope, str) and isinstance(named, str):
        return kind, scope, named
    return None


def _lists(members: Mapping[str, Any], kind: str) -> bool:
    path = ("proof_types_supported", kind, "proof_signing_alg_values_supported")
    return holds(members, path) and isinstance(members[path[0]][kind][path[2]], list)
