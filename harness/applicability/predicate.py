"""What a predicate is, and the small helpers that several subjects share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.facts import Facts


@dataclass(frozen=True)
class Ruling:
    """What a predicate said: whether the check applies, and the fact that decided."""

    applies: bool
    reason: str


@dataclass(frozen=True)
class Predicate:
    """A named question about the facts.

    Attributes:
        needs: names of the evidence that must be gathered before the rule can answer.
        rule: gives the ruling.
        further: what must hold besides, asked only after the rule has said yes.

    """

    needs: frozenset[str]
    rule: Callable[[Any], Ruling]
    further: tuple[Predicate, ...] = ()

    @property
    def steps(self) -> tuple[Predicate, ...]:
        """The questions one by one, in their order; the reason is that of the first that does not hold."""
        return (Predicate(self.needs, self.rule), *self.further)

    def __and__(self, other: Predicate) -> Predicate:
        """Both; what only the other needs is not gathered when this one does not hold."""
        return Predicate(self.needs, self.rule, (*self.further, *other.steps))

    def __invert__(self) -> Predicate:
        """The opposite, for the same reason."""
        steps = self.steps

        def opposite(facts: Facts) -> Ruling:
            for step in steps:
                ruling = step.rule(facts)
                if not ruling.applies:
                    break
            return Ruling(not ruling.applies, ruling.reason)

        return Predicate(frozenset[str]().union(*(step.needs for step in steps)), opposite)


def predicate(*needs: str) -> Callable[[Callable[[Any], Ruling]], Predicate]:
    """Makes a rule a predicate that needs this evidence."""
    return lambda rule: Predicate(frozenset(needs), rule)


@predicate()
def ALWAYS(_facts: Facts) -> Ruling:  # noqa: N802 - a constant made by a decorator
    """Applies to every issuer."""
    return Ruling(True, "applies to every issuer")


def holds(members: Any, path: tuple[str, ...]) -> bool:
    """Whether the names lead from object to object to a member that is there."""
    for name in path:
        if not isinstance(members, dict) or name not in members:
            return False
        members = members[name]
    return True


def present(members: Any, name: str, where: str) -> Ruling:
    """Whether the member is there, said of where it was looked for."""
    found = name in members
    return Ruling(found, f"{where} {'has' if found else 'has no'} {name}")
