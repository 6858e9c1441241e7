"""Where the official documents of GOV.UK Wallet and One Login contradict each other, and what is made of it.

``contradictions.toml`` has them. What the documents agree on is a failure when it is violated, what only one side
asks for is a warning. The official test harness takes a side; :func:`judged` gives the requirements by either way.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType

from harness.model import Level, Requirement

_OUT = "none"
"""In place of a level: the requirement is no part of the run."""


@dataclass(frozen=True)
class Statement:
    """What one side says, in our words, and where it says so."""

    says: str
    link: str


@dataclass(frozen=True)
class Contradiction:
    """Two statements that cannot both be followed.

    Attributes:
        id: stable name.
        about: what they are about, in a few words.
        one: a statement.
        other: the one against it.
        failure: what is a failure all the same.
        official: what ``--vci-official-strict`` makes of it.
        warning: what is a warning, if anything is.
        fails: ids of the requirements that a failure violates.
        warns: ids of the requirements that a warning violates.
        levels: requirements whose level is another one than the catalogue's; ``None``: they do not count.
        official_levels: the same with ``--vci-official-strict``.

    """

    id: str
    about: str
    one: Statement
    other: Statement
    failure: str
    official: str
    warning: str | None = None
    fails: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    levels: Mapping[str, Level | None] = field(default_factory=dict)
    official_levels: Mapping[str, Level | None] = field(default_factory=dict)

    @property
    def both(self) -> str:
        """Both statements with their places, for a finding."""
        return f"{self.one.says} ({self.one.link}) But: {self.other.says} ({self.other.link})"


@cache
def load() -> Mapping[str, Contradiction]:
    """Give the contradictions by id, in the order of the file; read once per process."""
    file = importlib.resources.files(__package__).joinpath("contradictions.toml")
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["contradiction"]
    return MappingProxyType(
        {
            entry["id"]: Contradiction(
                **{
                    **entry,
                    "one": Statement(**entry["one"]),
                    "other": Statement(**entry["other"]),
                    "fails": tuple(entry.get("fails", ())),
                    "warns": tuple(entry.get("warns", ())),
                    "levels": _levels(entry.get("levels", {})),
                    "official_levels": _levels(entry.get("official_levels", {})),
                }
            )
            for entry in entries
        }
    )


def judged(requirements: Mapping[str, Requirement], *, official: bool) -> dict[str, Requirement]:
    """Give the requirements that judge, with the levels that the contradictions leave them.

    Args:
        requirements: of a profile, by id.
        official: judge as the official test harness does.

    """
    changed: dict[str, Level | None] = {}
    for contradiction in load().values():
        changed |= contradiction.official_levels if official else contradiction.levels
    result = {}
    for name, requirement in requirements.items():
        level = changed.get(name, requirement.level)
        if level is not None:
            result[name] = requirement if level is requirement.level else replace(requirement, level=level)
    return result


def touching(requirement: str) -> tuple[Contradiction, ...]:
    """Give the contradictions that a finding about a requirement has to name."""
    return tuple(
        one
        for one in load().values()
        if requirement in {*one.fails, *one.warns, *one.levels, *one.official_levels}
    )


def table() -> str:
    """Give the contradictions as one table in Markdown."""
    lines = [
        "| about | one says | the other says | fails | warns | with `--vci-official-strict` |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for each in load().values():
        sides = (f"[{side.says.rstrip('.')}]({side.link})" for side in (each.one, each.other))
        lines.append(f"| {' | '.join((each.about, *sides, each.failure, each.warning or '–', each.official))} |")
    return "\n".join(lines) + "\n"


def _levels(table: Mapping[str, str]) -> Mapping[str, Level | None]:
    return MappingProxyType({name: None if level == _OUT else Level(level) for name, level in table.items()})
