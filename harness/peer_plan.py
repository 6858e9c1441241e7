"""The modules of the OpenID Foundation's HAIP issuer plan beside the checks of ours that judge the same.

What the plan has was read in its source: ``schemas/peers/oidf-haip-issuer-plan.toml``. The tables are part of
``docs/haip.md``.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from harness import catalogue, checks, profiles
from harness.checks import Check

_FILE = "peers/oidf-haip-issuer-plan.toml"
PROFILES = ("haip-1.0", "fapi2-sp")
"""The profiles that judge what the plan is about."""
PARTS = {
    "metadata": ("Metadata", "oid4vci-1_0-issuer-"),
    "plain": ("Issuance without encryption", "oid4vci-1_0-issuer-"),
    "encrypted": ("Issuance with encryption", "oid4vci-1_0-issuer-"),
    "fapi2": ("FAPI 2.0", "fapi2-security-profile-final-"),
}
"""A part of the plan to its heading and to how the names of its modules begin."""


@dataclass(frozen=True)
class Module:
    """One module of the plan.

    Attributes:
        name: what it is called there.
        part: a key of ``PARTS``.
        asserts: what it looks at, in words of ours.
        checks: ids of the checks that judge the same, with ``*`` for several.
        more: what ours judge besides, in words; empty: nothing.
        further: ids of the checks that do.

    """

    name: str
    part: str
    asserts: str
    checks: tuple[str, ...]
    more: str
    further: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One of the many cases of the module about wrong DPoP proofs."""

    name: str
    checks: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Gap:
    """Something that HAIP asks for and the plan does not test, or cannot.

    Attributes:
        about: what it is.
        checks: ids of the checks that judge it, with ``*`` for several.
        how: what else closes it, in words; empty: nothing.

    """

    about: str
    checks: tuple[str, ...]
    how: str = ""


@dataclass(frozen=True)
class Plan:
    """The plan, module by module, and what it leaves out."""

    modules: tuple[Module, ...]
    cases: tuple[Case, ...]
    gaps: tuple[Gap, ...]


@cache
def plan() -> Plan:
    """Give what is known of the plan; read once per process."""
    data = tomllib.loads(resources.files("schemas").joinpath(_FILE).read_text(encoding="utf-8"))
    modules = tuple(
        Module(**{**one, "checks": tuple(one["checks"]), "further": tuple(one["further"])})
        for one in data["module"]
    )
    cases = tuple(Case(**{**one, "checks": tuple(one["checks"])}) for one in data["case"])
    gaps = tuple(Gap(**{**one, "checks": tuple(one["checks"])}) for one in data["gap"])
    return Plan(modules, cases, gaps)


@cache
def judging(profile: str) -> Mapping[str, Check]:
    """Give the checks that judge by a bundled profile, by id."""
    chosen = profiles.load(profile)
    return checks.within(catalogue.of(chosen.specifications, version=chosen.version, without=chosen.leaves_out))


def meant(pattern: str, profile: str = PROFILES[0]) -> list[str]:
    """Give the checks of a profile for which an id with ``*`` stands."""
    return fnmatch.filter(judging(profile), pattern)


def modules_table() -> str:
    """Give the modules, part by part, as tables in Markdown."""
    lines: list[str] = []
    number = 0
    for part, (title, prefix) in PARTS.items():
        lines += [
            *([""] if lines else []),
            f"### {title}: `{prefix}…`",
            "",
            "| | module | asserts there | judged here by | more here |",
            "|" + " --- |" * 5,
        ]
        for module in (one for one in plan().modules if one.part == part):
            number += 1
            name = module.name.removeprefix(prefix)
            more = ": ".join(filter(None, (module.more, _ids(module.further)))) or "–"
            lines.append(f"| {number} | `{name}` | {module.asserts} | {_ids(module.checks)} | {more} |")
    return "\n".join(lines) + "\n"


def cases_table() -> str:
    """Give the cases of the module about DPoP proofs as a table in Markdown."""
    lines = ["| case there | judged here by |", "| --- | --- |"]
    for case in plan().cases:
        note = f": {case.note}" if case.note else ""
        lines.append(f"| {case.name} | {_ids(case.checks)}{note} |")
    return "\n".join(lines) + "\n"


def gaps_table() -> str:
    """Give what the plan leaves out as a table in Markdown."""
    lines = ["| not there | judged here by |", "| --- | --- |"]
    for gap in plan().gaps:
        how = f"; {gap.how}" if gap.how else ""
        lines.append(f"| {gap.about} | {_ids(gap.checks)}{how} |")
    return "\n".join(lines) + "\n"


def profiles_table() -> str:
    """Give, for both profiles, how much of the stricter specifications is tested as a table in Markdown."""
    lines = [
        "| profile | specification | statements | tested | untestable |",
        "|" + " --- |" * 5,
    ]
    for name in PROFILES:
        chosen = profiles.load(name)
        known = catalogue.of(chosen.specifications, version=chosen.version, without=chosen.leaves_out)
        tested = {item for check in judging(name).values() for item in check.requires}
        own = [one for one in known.values() if one.id.split("-", 1)[0] in checks.FURTHER]
        for spec in dict.fromkeys(one.spec for one in own):
            of_spec = [one for one in own if one.spec == spec]
            covered = sum(1 for one in of_spec if one.id in tested)
            untestable = sum(1 for one in of_spec if not one.testable)
            lines.append(f"| `{name}` | {spec} | {len(of_spec)} | {covered} | {untestable} |")
    return "\n".join(lines) + "\n"


def _ids(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
