"""Turns problems that a reader of ``harness.formats`` found into expectations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.evidence import IssuedCredential
from harness.expect import Demanded, Expect
from harness.formats.problems import Problem


class Place(NamedTuple):
    """Where a problem shows."""

    exchange: int
    pointer: str = ""

    def inside(self, inner: str | None) -> str | None:
        """Name a place inside this one."""
        return f"{self.pointer}: {inner}" if self.pointer and inner else self.pointer or inner


class Rule(NamedTuple):
    """Problems of these kinds violate a requirement."""

    kinds: str
    """Kinds of problems, separated by blanks."""
    code: str
    expected: str
    requirement: Demanded


def judge(expect: Expect, place: Place, problems: Iterable[Problem], *rules: Rule) -> None:
    """Expect, rule by rule, that no problem of its kinds was found."""
    for rule in rules:
        found = [problem for problem in problems if problem.kind in rule.kinds.split()]
        observed = found[0].detail if found else ""
        if len(found) > 1:
            observed += f" (and {len(found) - 1} more like it)"
        expect.that(
            not found,
            rule.code,
            rule.expected,
            observed,
            at=place.exchange,
            pointer=place.inside(found[0].pointer if found else None),
            requirement=rule.requirement,
        )


def at(credential: IssuedCredential) -> Place:
    """Give the place of an issued credential."""
    return Place(credential.exchange, credential.pointer)
