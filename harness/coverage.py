"""What is tested of each clause, beside what the OpenID Foundation's conformance suite tests of it.

The other suite's part is data that was read in its source: ``schemas/peers/oidf-conformance-suite.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from harness import catalogue, checks
from harness.model import Level, Requirement

_FILE = "peers/oidf-conformance-suite.toml"


@dataclass(frozen=True)
class PeerClause:
    """What the other suite tests of one clause.

    Attributes:
        spec: prefix of the requirement ids.
        section: the clause.
        plain: what its plain plan tests, each in a few words.
        haip: what only its HAIP plan tests.

    """

    spec: str
    section: str
    plain: tuple[str, ...]
    haip: tuple[str, ...]


@dataclass(frozen=True)
class Peer:
    """The other suite: its name, its version, the day it was read, and what it tests."""

    name: str
    version: str
    read: str
    url: str
    clauses: tuple[PeerClause, ...]


@cache
def peer() -> Peer:
    """Give what is known of the OpenID Foundation's suite."""
    data = tomllib.loads(resources.files("schemas").joinpath(_FILE).read_text(encoding="utf-8"))
    clauses = tuple(
        PeerClause(item["spec"], item["section"], tuple(item["plain"]), tuple(item["haip"]))
        for item in data["clause"]
    )
    return Peer(**data["peer"], clauses=clauses)


def page() -> str:
    """Give ``docs/coverage.md``: per clause what is tested here and there."""
    other = peer()
    tested = {name for check in checks.load().values() for name in check.requires}
    binding = [one for one in catalogue.load().values() if one.level is not Level.MAY]
    lines = [
        "# Coverage",
        "",
        "Made by `make docs`; do not edit. For each clause: how many statements bind a Credential Issuer or its",
        "Authorization Server, how many of them are tested, and how many no test from outside can decide;",
        "[requirements.md](requirements.md) has each with its checks or the reason. Beside it, what the",
        f"[{other.name}]({other.url}) {other.version} tests of the clause, read in its source on {other.read}:",
        "its plain issuer plan, and what only its HAIP plan adds. A dash means nothing.",
        "",
        "| specification | statements | tested | untestable | clauses the other suite touches |",
        "|" + " --- |" * 5,
    ]
    by_spec: dict[str, list[Requirement]] = {}
    for requirement in binding:
        by_spec.setdefault(requirement.spec, []).append(requirement)
    theirs = {(clause.spec, clause.section): clause for clause in other.clauses}
    for spec, members in by_spec.items():
        prefix = members[0].id.split("-", 1)[0]
        touched = sum(1 for clause in other.clauses if clause.spec == prefix)
        lines.append(f"| {spec} | {_counts(members, tested)} | {touched} |")
    lines.append(f"| all | {_counts(binding, tested)} | {len(other.clauses)} |")
    for spec, members in by_spec.items():
        prefix = members[0].id.split("-", 1)[0]
        lines += [
            "",
            f"## {spec}",
            "",
            "| clause | statements | tested | untestable | plain plan there | only in the HAIP plan |",
            "|" + " --- |" * 6,
        ]
        by_clause: dict[str, list[Requirement]] = {}
        for requirement in members:
            by_clause.setdefault(requirement.clause, []).append(requirement)
        for clause, statements in by_clause.items():
            there = theirs.get((prefix, clause))
            plain, haip = (there.plain, there.haip) if there else ((), ())
            ours = f"[{clause}]({statements[0].link}) | {_counts(statements, tested)}"
            lines.append(f"| {ours} | {_words(plain)} | {_words(haip)} |")
    return "\n".join(lines) + "\n"


def unmatched() -> Mapping[str, str]:
    """Give the clauses of the other suite's part that the catalogue does not know, with their specification."""
    known = {(one.id.split("-", 1)[0], one.clause) for one in catalogue.load().values()}
    return {clause.section: clause.spec for clause in peer().clauses if (clause.spec, clause.section) not in known}


def _counts(members: Sequence[Requirement], tested: set[str]) -> str:
    covered = sum(1 for one in members if one.id in tested)
    untestable = sum(1 for one in members if not one.testable)
    return f"{len(members)} | {covered} | {untestable}"


def _words(items: Sequence[str]) -> str:
    return "; ".join(items) or "–"
