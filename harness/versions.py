"""Versions of OpenID4VCI: which requirements of 1.0 hold in each, and where its text says so.

One file of ``schemas/versions`` describes one version. Each requirement of 1.0 stands in it once: it holds, in a
section of that version; that version has another rule on the matter; or it has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from harness import toml_file
from harness.model import Requirement

PREFIX = "VCI"
"""Of the ids of the requirements of OpenID4VCI 1.0."""
DRAFTS = frozenset({"VCI11", "VCI13", "VCID14", "VCI15", "VCI16"})
"""Prefixes of what only one draft says."""
PREFIXES = DRAFTS | {PREFIX}
"""Of all requirements that are those of a version."""
FINAL = "1.0"
"""The version that the requirements are those of; it has no file."""


class VersionError(Exception):
    """There is no such version, or its file is broken; the message is one line."""


@dataclass(frozen=True)
class Version:
    """What a version of OpenID4VCI has in common with 1.0."""

    name: str
    """As the key ``version`` of a profile spells it, for example ``draft-13``."""
    title: str
    """What reports call it: the ``spec`` of its requirements."""
    url: str
    """Of its text."""
    provisional: bool
    """Whether the text may still change."""
    holds: Mapping[str, str]
    """Id of a requirement to the section of this version that asks the same."""
    differs: Mapping[str, str]
    """Id of a requirement to a sentence on what this version says instead."""
    absent: frozenset[str]
    """Ids of requirements on whose matter this version has no rule."""

    def link(self, section: str) -> str:
        """Give the URL of a section or appendix."""
        return f"{self.url}#{'appendix' if section[0].isalpha() else 'section'}-{section}"

    def read(self, requirement: Requirement) -> Requirement | None:
        """Give a requirement of 1.0 as one of this version, with its section; ``None`` if it does not hold here.

        Its id and text stay, also where this version has another name for a member.

        """
        section = self.holds.get(requirement.id)
        if section is None:
            return None
        return replace(requirement, spec=self.title, clause=section, link=self.link(section))


def names() -> tuple[str, ...]:
    """Give the names of the versions beside 1.0, the oldest first."""
    files = (resources.files("schemas") / "versions").iterdir()
    found = [file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda name: (not name.startswith("draft-"), name)))


@cache
def load(name: str) -> Version:
    """Read a version.

    Raises:
        VersionError: there is no such version, or its file is none.

    """
    if name not in names():
        raise VersionError(
            f'there is no version "{name}" of OpenID4VCI beside {FINAL}; known are {", ".join(names())}'
        )
    file = resources.files("schemas") / "versions" / f"{name}.toml"
    return parse(toml_file.read(file, VersionError), file.name)


def parse(table: Mapping[str, Any], file: str) -> Version:
    """Take a version from the content of its file.

    Args:
        file: name of the file, for messages.

    Raises:
        VersionError: a key is missing or has the wrong type, or a requirement stands in two places.

    """

    def take(key: str, kind: type, default: Any = None) -> Any:
        value = table.get(key, default)
        if not isinstance(value, kind):
            raise VersionError(f'{file}: "{key}" is missing or of the wrong type')
        return value

    made = Version(
        name=take("version", str),
        title=take("title", str),
        url=take("url", str),
        provisional=take("provisional", bool, False),
        holds=take("holds", dict),
        differs=take("differs", dict, {}),
        absent=frozenset(take("absent", list)),
    )
    for one, other in ((made.holds, made.differs), (made.holds, made.absent), (made.differs, made.absent)):
        if twice := set(one) & set(other):
            raise VersionError(f"{file}: {min(twice)} stands in two places")
    return made
