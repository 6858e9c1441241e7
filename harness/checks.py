"""The ``@check`` decorator and the registry of checks.

A check is one async function that judges one behaviour. The names of its parameters say which evidence it
reads (see ``harness.gathering``); its docstring is the sentence that a report shows.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from types import ModuleType
from typing import Any

from harness import versions
from harness.applicability import ALWAYS, Predicate

CheckFunction = Callable[..., Awaitable[None]]
FURTHER = frozenset({"HAIP", "FAPI2", "RFC9325"})
"""Prefixes of the requirements of profiles that ask more of an issuer than OpenID4VCI. A check that names some
of them judges by the rest of its requirements elsewhere."""


class Per(StrEnum):
    """How often a check runs."""

    ISSUER = "issuer"
    """Once: it looks at the issuer as a whole."""
    OFFER = "offer"
    """Once per offer source: by value, by reference, with a Transaction Code, ..."""
    REDEMPTION = "redemption"
    """Once per way to an Access Token: offer source and grant."""
    GRANT = "grant"
    """Once per grant: Pre-Authorized Code and Authorization Code."""
    SHAPE = "shape"
    """Once per distinct shape of configuration: format, binding, proof types and key attestations."""
    SHAPE_AND_GRANT = "shape and grant"
    """Once per such shape and grant."""
    PROOF_TYPE = "proof type"
    """Once per such shape and type of key proofs."""
    SCENARIO = "scenario"
    """On every configuration, and on every further offer source."""


@dataclass(frozen=True)
class Check:
    """One check as declared."""

    id: str
    area: str
    requires: tuple[str, ...]
    """Ids of the requirements it tests; the first is what it is mainly about."""
    proven_by: Mapping[str, tuple[str, ...]]
    """Fault id of the reference issuer to the finding codes it provokes."""
    applies: Predicate
    per: Per
    function: CheckFunction
    flows: int = 1
    """How many flows of its own it begins at most, where it begins any."""
    dormant: frozenset[str] = frozenset()
    """Requirements that it tests in other versions of OpenID4VCI or in stricter profiles only."""
    waits: bool = False
    """Whether it waits until something has come to its end; it does so while other checks go on."""

    @property
    def description(self) -> str:
        """The first paragraph of the docstring, with single backticks around literals."""
        return " ".join((inspect.getdoc(self.function) or "").split("\n\n", 1)[0].replace("``", "`").split())

    @cached_property
    def evidence(self) -> tuple[str, ...]:
        """Names of the evidence it reads, among them ``expect``."""
        return tuple(inspect.signature(self.function).parameters)


class CheckError(Exception):
    """A check is declared wrongly; the message is one line."""


def area(name: str, *, per: Per = Per.ISSUER) -> Callable[..., Callable[[CheckFunction], CheckFunction]]:
    """Give the ``check`` decorator of one area; a suite module calls this once.

    Args:
        name: heading under which reports group the checks.
        per: how often its checks run, unless one says otherwise.

    """

    def check(
        check_id: str,
        *,
        requires: Sequence[str],
        proven_by: Mapping[str, str | Sequence[str]],
        applies: Predicate = ALWAYS,
        per: Per = per,
        flows: int = 1,
        waits: bool = False,
    ) -> Callable[[CheckFunction], CheckFunction]:
        def declare(function: CheckFunction) -> CheckFunction:
            faults = {
                fault: (codes,) if isinstance(codes, str) else tuple(codes) for fault, codes in proven_by.items()
            }
            declared = Check(check_id, name, tuple(requires), faults, applies, per, function, flows, waits=waits)
            if not declared.requires:
                raise CheckError(f"check {check_id} names no requirement")
            if not declared.description:
                raise CheckError(f"check {check_id} has no docstring")
            if "expect" not in declared.evidence:
                raise CheckError(f"check {check_id} does not take 'expect'")
            function.__vci_check__ = declared  # type: ignore[attr-defined]
            return function

        return declare

    return check


def of(function: Any) -> Check | None:
    """Give the check that a function declares, or ``None``."""
    declared = getattr(function, "__vci_check__", None)
    return declared if isinstance(declared, Check) else None


def of_module(module: ModuleType) -> Iterator[Check]:
    """Give the checks that a module declares, in the order of the file.

    Checks that follow from a table stand together in a tuple.
    """
    for value in vars(module).values():
        if isinstance(value, tuple):
            yield from filter(None, map(of, value))
        elif inspect.isfunction(value) and value.__module__ == module.__name__ and (made := of(value)):
            yield made


def within(requirements: Collection[str]) -> dict[str, Check]:
    """Give the checks that judge by some requirements and by no other, by id, in the order of their clauses.

    A check may name what several versions of OpenID4VCI ask of one matter. It judges by those that hold in the
    version of the requirements, and only if its first one does or that draft has one of its own in its place. It
    may name what a stricter profile asks of the matter in the same way; where that profile lacks the specification
    of the first one, what it asks itself is what the check is mainly about.

    """
    return in_effect(load(prefixes={_prefix(name) for name in requirements}), requirements)


def in_effect(known: Mapping[str, Check], requirements: Collection[str]) -> dict[str, Check]:
    """Give those of some checks that judge by some requirements, as they do; see :func:`within`."""
    prefixes = {_prefix(name) for name in requirements}
    # What a profile leaves out of a specification that it names is no reason to leave the check out.
    silent = FURTHER | prefixes
    if not (versions.PREFIXES | FURTHER).isdisjoint(prefixes):
        silent |= versions.PREFIXES
    found = {name: _in_effect(check, requirements, prefixes, silent) for name, check in known.items()}
    return {name: check for name, check in found.items() if check is not None}


def _in_effect(
    check: Check, requirements: Collection[str], prefixes: Collection[str], silent: Collection[str]
) -> Check | None:
    """Give a check as it judges by some requirements; ``None`` if it does not.

    Args:
        prefixes: those of the requirements.
        silent: prefixes of requirements without which it may do.

    """
    holding = tuple(name for name in check.requires if name in requirements)
    if len(holding) == len(check.requires):
        return check
    dormant = frozenset(check.requires) - frozenset(holding)
    if not holding or any(_prefix(name) not in silent for name in dormant):
        return None
    if check.requires[0] in dormant and _prefix(holding[0]) not in versions.DRAFTS:
        further = tuple(name for name in holding if _prefix(name) in FURTHER)
        if not further or _prefix(check.requires[0]) in FURTHER.union(prefixes):
            return None
        holding = tuple(dict.fromkeys((*further, *holding)))
    return replace(check, requires=holding, dormant=dormant)


def _prefix(requirement: str) -> str:
    return requirement.split("-", 1)[0]


def concerns(suite: str, prefixes: Collection[str]) -> bool:
    """Whether checks of a suite may judge by requirements with some prefixes.

    Args:
        suite: name of its package.

    """
    named: frozenset[str] | None = getattr(importlib.import_module(suite), "PREFIXES", None)
    return named is None or not named.isdisjoint(prefixes)


def load(package: str = "suites", *, prefixes: Collection[str] | None = None) -> dict[str, Check]:
    """Import suites and give their checks by id, in the order of their clauses.

    A suite is a package below ``suites``; its ``MODULES`` names its modules in the order of the chapters. Where it
    has ``PREFIXES``, each of its checks names a requirement whose id begins with one of them.

    Args:
        prefixes: leave out suites all of whose checks name other requirements; by default none.

    Raises:
        CheckError: two checks have one id.

    """
    found: dict[str, Check] = {}
    root = importlib.import_module(package)
    for info in pkgutil.iter_modules(root.__path__, f"{package}."):
        if prefixes is not None and not concerns(info.name, prefixes):
            continue
        for name in importlib.import_module(info.name).MODULES:
            for declared in of_module(importlib.import_module(f"{info.name}.{name}")):
                if declared.id in found:
                    raise CheckError(f"two checks are called {declared.id}")
                found[declared.id] = declared
    return found
