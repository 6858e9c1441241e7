"""Whether a check applies, by the life of credentials after their issuance: their status and their renewal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.applicability.predicate import Predicate, Ruling
from harness.formats.status_reference import Mechanism

if TYPE_CHECKING:
    from harness.facts import Facts


class Life:
    """Predicates about status and renewal."""

    @staticmethod
    def status_by(*mechanisms: Mechanism) -> Predicate:
        """The credential refers to a status list of one of these mechanisms, or of any where none is named."""

        def rule(facts: Facts) -> Ruling:
            found = facts.credential.document.status_references
            right = [each for each in found if not mechanisms or each.mechanism in mechanisms]
            name = " or ".join(mechanisms) or "status list"
            return Ruling(bool(right), f"the credential refers to {'a' if right else 'no'} status list ({name})")

        return Predicate(frozenset({"credential"}), rule)

    @staticmethod
    def operation(name: str) -> Predicate:
        """The team can do this to a credential."""

        def rule(facts: Facts) -> Ruling:
            can = name in facts.operations
            return Ruling(can, f"a hook for it is known: [{name}]" if can else f"no hook is known: [{name}]")

        return Predicate(frozenset(), rule)
