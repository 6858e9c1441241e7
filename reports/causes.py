"""Puts failing checks together that fail for the same cause, and folds under it what could not run because of it.

The rule. Failing checks are gone through in this order: what blocks most, then the worst. A check joins the cause
of an earlier one when the worst of its findings

- violates a requirement that the earlier check found violated too (the same rule is broken at several places), or
- is about the same place of the same answer (one wrong answer breaks several rules). A finding without a place is
  about the answer as a whole.

Only the check that leads a cause is compared, so that a chain of likenesses does not end in one heap.

A check that was blocked belongs to the failing check one of whose findings is about the exchange that its reason
names; where the reason names none, about an exchange that it read. Of several such failing checks it is the one
with findings about most exchanges, which is the most general. A blocked check that none of this explains belongs
to the cause of one whose reason is the same but for the numbers in it: other configurations fail in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.model import Json, Verdict
from reports.problems import Problem, Violation, by_reason, problems
from reports.words import SEVERITIES

_EXCHANGE = re.compile(r"\bexchange (\d{1,9})\b")
_Place = tuple[int, str | None]
"""An exchange and the place in its answer; ``None`` for the answer as a whole."""


@dataclass(frozen=True)
class Blocked:
    """Checks that could not run, with what they say of it."""

    reason: str
    """Of the most of them."""
    checks: tuple[str, ...]
    results: int
    """How many results they are; a check may be there for many configurations."""


@dataclass(frozen=True)
class Follower:
    """A check that fails for the cause of another one."""

    problem: Problem
    likeness: str
    """What it shares with the one that leads, in words."""


@dataclass(frozen=True)
class Cause:
    """One thing to repair."""

    leader: Problem
    followers: tuple[Follower, ...]
    blocked: Blocked | None

    @property
    def members(self) -> tuple[Problem, ...]:
        """All its checks, the one that leads first."""
        return self.leader, *(follower.problem for follower in self.followers)

    @property
    def severity(self) -> str:
        """The worst of its checks."""
        return min((problem.severity for problem in self.members), key=SEVERITIES.index)


@dataclass(frozen=True)
class Sorted:
    """The causes of a run, and the blocked results that none of them explains."""

    causes: tuple[Cause, ...]
    unexplained: tuple[Mapping[str, Json], ...]


def causes(report: Mapping[str, Json], verdict: str) -> list[Cause]:
    """Group the checks with a result of ``verdict`` by cause, the worst first. Nothing is folded under them."""
    return [Cause(leader, tuple(followers), None) for leader, followers in _groups(problems(report, verdict))]


def failures(report: Mapping[str, Json]) -> Sorted:
    """Group the failing checks by cause with the blocked ones under theirs.

    The worst severity comes first; of the same severity, what blocks most.
    """
    broken = problems(report, Verdict.FAIL)
    blocked, unexplained = _explained(
        broken, [result for result in report["results"] if result["verdict"] == Verdict.BLOCKED]
    )
    broken.sort(key=lambda problem: -len(blocked[problem.check]))
    found = [
        Cause(
            leader,
            tuple(followers),
            _summed([result for p in (leader, *(f.problem for f in followers)) for result in blocked[p.check]]),
        )
        for leader, followers in _groups(broken)
    ]
    found.sort(key=lambda c: (SEVERITIES.index(c.severity), -(c.blocked.results if c.blocked else 0)))
    return Sorted(tuple(found), tuple(unexplained))


def failing(report: Mapping[str, Json]) -> list[Problem]:
    """Give the failing checks in the order of their causes, so that every format names the same one first."""
    return [problem for cause in failures(report).causes for problem in cause.members]


def _explained(
    broken: Sequence[Problem], stopped: Sequence[Mapping[str, Json]]
) -> tuple[dict[str, list[Mapping[str, Json]]], list[Mapping[str, Json]]]:
    """Give the blocked results by the failing check that explains them, and those that none explains."""
    exchanges = {problem.check: {number for number, _ in _places(problem.violations)} for problem in broken}
    blocked: dict[str, list[Mapping[str, Json]]] = {check: [] for check in exchanges}
    by_form: dict[str, str] = {}
    left: list[Mapping[str, Json]] = []
    for result in stopped:
        met = _met(result)
        # Of several, the one that is about most exchanges is the most general, whatever it weighs.
        about = [check for check, known in exchanges.items() if met & known]
        if about:
            check = max(about, key=lambda name: len(exchanges[name]))
            blocked[check].append(result)
            by_form.setdefault(_form(result), check)
        else:
            left.append(result)
    unexplained: list[Mapping[str, Json]] = []
    for result in left:
        same = by_form.get(_form(result))
        (unexplained if same is None else blocked[same]).append(result)
    return blocked, unexplained


def _form(result: Mapping[str, Json]) -> str:
    return re.sub(r"\d+", "0", result["reason"] or "")


def _groups(ordered: Iterable[Problem]) -> list[tuple[Problem, list[Follower]]]:
    groups: list[tuple[Problem, list[Follower]]] = []
    for problem in ordered:
        for leader, followers in groups:
            likeness = _likeness(leader, problem)
            if likeness is not None:
                followers.append(Follower(problem, likeness))
                break
        else:
            groups.append((problem, []))
    return groups


def _likeness(leader: Problem, other: Problem) -> str | None:
    if not other.violations:
        return None
    worst = other.violations[0]
    name = worst.finding["requirement"]
    if any(violation.finding["requirement"] == name for violation in leader.violations):
        return f"breaks the same rule, {name}"
    known = set(_places(leader.violations))
    for exchange, place in _places([worst]):
        if (exchange, place) in known or (exchange, None) in known:
            return f"is about the same answer, exchange {exchange}"
        if place is None and any(exchange == number for number, _ in known):
            return f"is about the same answer, exchange {exchange}"
    return None


def _places(violations: Iterable[Violation]) -> Iterator[_Place]:
    for violation in violations:
        for seen in violation.sightings:
            if seen.exchange is not None:
                yield seen.exchange, violation.finding["pointer"]


def _met(result: Mapping[str, Json]) -> set[int]:
    """Give the exchanges that may have blocked a check."""
    named = {int(number) for number in _EXCHANGE.findall(result["reason"] or "")}
    return named or set(result["exchanges"])


def _summed(results: Sequence[Mapping[str, Json]]) -> Blocked | None:
    if not results:
        return None
    reason = by_reason(results)[0][0]
    return Blocked(reason, tuple(dict.fromkeys(result["check"] for result in results)), len(results))
