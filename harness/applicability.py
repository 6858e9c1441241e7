"""Predicates that say whether a check applies, each with a reason that can be printed.

A predicate reads facts of the issuer only: its metadata, its offers, its answers. It never reads what the
harness would like. ``when.a & when.b`` and ``~when.a`` combine them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.evidence import Facts


@dataclass(frozen=True)
class Ruling:
    """What a predicate said: whether the check applies, and the fact that decided."""

    applies: bool
    reason: str


@dataclass(frozen=True)
class Predicate:
    """A named question about the facts.

    Attributes:
        needs: names of the evidence that must be gathered before the question can be answered.
        rule: gives the ruling.

    """

    needs: frozenset[str]
    rule: Callable[[Facts], Ruling]

    def __call__(self, facts: Facts) -> Ruling:
        """Answer for these facts."""
        return self.rule(facts)

    def __and__(self, other: Predicate) -> Predicate:
        """Both; the reason is that of the first that does not hold."""

        def both(facts: Facts) -> Ruling:
            first = self(facts)
            return other(facts) if first.applies else first

        return Predicate(self.needs | other.needs, both)

    def __invert__(self) -> Predicate:
        """The opposite, for the same reason."""

        def opposite(facts: Facts) -> Ruling:
            ruling = self(facts)
            return Ruling(not ruling.applies, ruling.reason)

        return Predicate(self.needs, opposite)


def _predicate(*needs: str) -> Callable[[Callable[[Facts], Ruling]], Predicate]:
    return lambda rule: Predicate(frozenset(needs), rule)


@_predicate()
def ALWAYS(_facts: Facts) -> Ruling:  # noqa: N802 - a constant made by a decorator
    """Applies to every issuer."""
    return Ruling(True, "applies to every issuer")


class when:  # noqa: N801 - reads as a word: applies=when.nonce_endpoint
    """The predicates that checks use."""

    @_predicate()
    @staticmethod
    def nonce_endpoint(facts: Facts) -> Ruling:
        """The issuer has a Nonce Endpoint."""
        return _present(facts.issuer.metadata, "nonce_endpoint", "issuer metadata")

    @_predicate()
    @staticmethod
    def key_binding(facts: Facts) -> Ruling:
        """The configuration asks for key proofs."""
        return _present(facts.configuration, "proof_types_supported", facts.configuration_name)

    @_predicate()
    @staticmethod
    def jwt_proof(facts: Facts) -> Ruling:
        """The configuration takes proofs of type ``jwt``."""
        types = facts.configuration.get("proof_types_supported")
        listed = list(types) if isinstance(types, dict) else []
        return Ruling("jwt" in listed, f"{facts.configuration_name} takes the proof types {listed}")

    @_predicate()
    @staticmethod
    def sd_jwt_vc(facts: Facts) -> Ruling:
        """The configuration is an SD-JWT VC."""
        found = facts.configuration.get("format")
        return Ruling(found == "dc+sd-jwt", f"{facts.configuration_name} has the format {found!r}")

    @_predicate()
    @staticmethod
    def authorization_servers(facts: Facts) -> Ruling:
        """The metadata names Authorization Servers of its own."""
        return _present(facts.issuer.metadata, "authorization_servers", "issuer metadata")

    @_predicate("offer")
    @staticmethod
    def offer_by_reference(facts: Facts) -> Ruling:
        """The offer came by reference."""
        reference = facts.offer.link.by_reference
        return Ruling(reference is not None, f"the offer came by {'reference' if reference else 'value'}")

    @_predicate("offer")
    @staticmethod
    def offer_as_link(facts: Facts) -> Ruling:
        """The offer came as a link, not as bare JSON."""
        link = bool(facts.offer.link.parameters)
        return Ruling(link, f"the offer came as {'a link' if link else 'bare JSON'}")

    @_predicate("offer")
    @staticmethod
    def pre_authorized_grant(facts: Facts) -> Ruling:
        """The offer has the Pre-Authorized Code grant."""
        return Ruling(
            "pre-authorized_code" in facts.offer.pre_authorized
            or not facts.offer.grants
            or bool(facts.offer.pre_authorized),
            f"the offer has the grants {list(facts.offer.grants)}",
        )

    @_predicate("offer")
    @staticmethod
    def tx_code(facts: Facts) -> Ruling:
        """The offer asks for a Transaction Code."""
        asked = facts.offer.wants_tx_code
        return Ruling(asked, f"the offer asks for {'a' if asked else 'no'} Transaction Code")

    @_predicate("token")
    @staticmethod
    def credential_identifiers(facts: Facts) -> Ruling:
        """The Token Response returned ``authorization_details``."""
        return _present(facts.token.object, "authorization_details", "the Token Response")

    @_predicate()
    @staticmethod
    def another_configuration(facts: Facts) -> Ruling:
        """The metadata has a configuration that the offer does not name."""
        others = facts.other_configurations
        return Ruling(bool(others), f"besides {facts.configuration_name} the metadata has {others or 'none'}")


def _present(members: Any, name: str, where: str) -> Ruling:
    present = name in members
    return Ruling(present, f"{where} {'has' if present else 'has no'} {name}")
