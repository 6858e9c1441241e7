"""Traits of documents by which versions of OpenID4VCI are told apart: data of ``traits.toml``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from harness import toml_file
from harness.detection.documents import Document, Kind

_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "anything": lambda _: True,
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


class TraitError(Exception):
    """The file of traits is broken; the message is one line."""


@dataclass(frozen=True)
class Trait:
    """Something that a document has, and what it says of versions."""

    id: str
    says: str
    """What was seen, in a phrase."""
    where: Kind
    """The kind of document that has it."""
    path: str
    """JSON Pointer to what has it; ``*`` stands for every member or element."""
    kind: str = "anything"
    """What has to be there: a key of the kinds above."""
    equals: Any = None
    """The value that has to be there; ``None``: any."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Members, with their values, of the object around it."""
    beside_lacks: tuple[str, ...] = ()
    """Members that the object around it does not have."""
    has: tuple[str, ...] = ()
    """JSON Pointers to what the document has besides."""
    lacks: tuple[str, ...] = ()
    """JSON Pointers to what the document does not have."""
    weight: int = 3
    """How much it says; 1 is a hint."""
    speaks_for: Mapping[str, str] = field(default_factory=dict)
    """Name of a version whose text has it so, to the section."""
    contradicts: Mapping[str, str] = field(default_factory=dict)
    """Name of a version whose text has it otherwise, to the section."""

    def seen_in(self, document: Document) -> list[str]:
        """Give JSON Pointers to where a document has it."""
        if document.kind is not self.where:
            return []
        if any(_found(document.members, pointer) for pointer in self.lacks):
            return []
        if not all(_found(document.members, pointer) for pointer in self.has):
            return []
        return [
            here for here, value, around in _at(document.members, _parts(self.path)) if self._fits(value, around)
        ]

    def _fits(self, value: Any, around: Mapping[str, Any]) -> bool:
        if not _KINDS[self.kind](value) or (self.equals is not None and value != self.equals):
            return False
        if any(name in around for name in self.beside_lacks):
            return False
        return all(around.get(name) == expected for name, expected in self.beside.items())


@dataclass(frozen=True)
class System:
    """A system that is known by what is its alone."""

    profile: str
    """Name of the profile that judges it; the profile need not be there."""
    says: str
    """What was seen, in a phrase."""
    where: Kind
    path: str
    """JSON Pointer to a string, as in :class:`Trait`."""
    pattern: str
    """Regular expression of the whole string."""

    def is_in(self, document: Document) -> bool:
        """Whether a document is one of this system."""
        if document.kind is not self.where:
            return False
        values = (value for _, value, _ in _at(document.members, _parts(self.path)))
        return any(isinstance(value, str) and re.fullmatch(self.pattern, value) for value in values)


@dataclass(frozen=True)
class Table:
    """The whole file."""

    preferred: tuple[str, ...]
    """Names of versions: of those that fit alike, the first is recommended."""
    traits: tuple[Trait, ...]
    systems: tuple[System, ...] = ()


@cache
def table() -> Table:
    """Give the traits that are shipped with the package.

    Raises:
        TraitError: the file is broken.

    """
    return parse(toml_file.read(resources.files(__package__).joinpath("traits.toml"), TraitError))


def parse(content: Mapping[str, Any]) -> Table:
    """Read the content of a file of traits.

    Raises:
        TraitError: it is of another form.

    """
    traits = []
    for entry in content.get("trait", []):
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        try:
            made = Trait(**{**given, "where": Kind(given["where"])})
        except (KeyError, TypeError, ValueError) as error:
            raise TraitError(f"traits.toml: {entry.get('id', 'a trait')}: {error}") from None
        if made.kind not in _KINDS:
            raise TraitError(f'traits.toml: {made.id}: no kind "{made.kind}"')
        traits.append(made)
    try:
        systems = tuple(System(**{**entry, "where": Kind(entry["where"])}) for entry in content.get("system", []))
    except (KeyError, TypeError, ValueError) as error:
        raise TraitError(f"traits.toml: a system: {error}") from None
    return Table(tuple(content.get("preferred", ())), tuple(traits), systems)


def _parts(pointer: str) -> Sequence[str]:
    return pointer.split("/")[1:]


def _found(value: Any, pointer: str) -> bool:
    return next(_at(value, _parts(pointer)), None) is not None


def _at(
    value: Any, path: Sequence[str], here: str = "", around: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Give what stands at a path, with its pointer and the object around it."""
    if not path:
        yield here, value, around or {}
        return
    inner = value if isinstance(value, Mapping) else around
    if path[0] == "*":
        items = (
            value.items() if isinstance(value, Mapping) else enumerate(value if isinstance(value, list) else ())
        )
        for name, item in items:
            # What the members of a map are is told by each of them, and not by their neighbours.
            yield from _at(item, path[1:], f"{here}/{_escaped(str(name))}", inner)
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:], f"{here}/{path[0]}", inner)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
