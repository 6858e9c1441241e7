"""The requirement catalogue: the normative statements the checks are about, from ``schemas/requirements``.

One file describes one specification: a ``[spec]`` table and ``[[requirement]]`` entries in the order of the
clauses. The files are the only place that states level, clause, severity and reason of a requirement;
``schemas/requirement.schema.json`` is their form.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from importlib import resources
from typing import Any

from harness import versions
from harness.model import Basis, Level, Requirement, Severity

_ID = re.compile(r"(?P<prefix>[A-Z][A-Z0-9]*)-(?P<clause>[A-Z0-9]+(?:\.[0-9]+)*)-(?P<ordinal>[0-9]{2})")
_SPEC_KEYS = {"name", "short", "version", "prefix", "url"}
_REQUIRED_KEYS = {"id", "level", "actor", "text", "severity", "why"}
_OPTIONAL_KEYS = {"page", "anchor", "link", "basis", "untestable", "note"}
_ACTORS = {"issuer", "as", "both"}


class CatalogueError(Exception):
    """A catalogue file cannot be used; the message is one line that names the file and the entry."""


class Catalogue(Mapping[str, Requirement]):
    """All requirements by id, in the order of the files and of the clauses within a file."""

    def __init__(
        self, requirements: Mapping[str, Requirement], spec_names: Mapping[str, str], digest: str
    ) -> None:
        self._requirements = dict(requirements)
        self.spec_names: Mapping[str, str] = dict(spec_names)
        """Short name of each specification, as ``Requirement.spec`` has it, to its full name."""
        self.digest = digest
        """SHA-256 over names and contents of the files, 64 hexadecimal digits."""

    def __getitem__(self, requirement_id: str) -> Requirement:
        return self._requirements[requirement_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._requirements)

    def __len__(self) -> int:
        return len(self._requirements)


def of(
    specifications: Collection[str], *, version: str | None = None, without: Collection[str] = ()
) -> dict[str, Requirement]:
    """Give the requirements of some specifications.

    Args:
        specifications: prefixes of requirement ids, such as those of a profile.
        version: that of OpenID4VCI whose text counts; of the requirements of 1.0 those are given that hold in it,
            with its sections. ``None`` for 1.0 itself.
        without: ids of requirements that are left out.

    Raises:
        VersionError: there is no such version.

    """
    chosen = {
        name: found
        for name, found in load().items()
        if name.split("-", 1)[0] in specifications and name not in without
    }
    if version is None:
        return chosen
    text = versions.load(version)
    read = {
        name: text.read(found) if name.startswith(f"{versions.PREFIX}-") else found
        for name, found in chosen.items()
    }
    return {name: found for name, found in read.items() if found is not None}


@functools.cache
def load() -> Catalogue:
    """Give the catalogue that is shipped with the package; read once per process.

    Raises:
        CatalogueError: a file is broken.

    """
    folder = resources.files("schemas") / "requirements"
    return parse({file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(".toml")})


def parse(files: Mapping[str, bytes]) -> Catalogue:
    """Read catalogue files, given as file name to content; OpenID4VCI comes first, the others follow by name.

    Raises:
        CatalogueError: a file is not TOML of the right form, or two entries or files share an id or prefix.

    """
    requirements: dict[str, Requirement] = {}
    spec_names: dict[str, str] = {}
    prefixes: dict[str, str] = {}
    digest = hashlib.sha256()
    for name, content in sorted(files.items(), key=lambda file: (not file[0].startswith("oid4vci"), file)):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
        document = _toml(name, content)
        spec = _table(document.get("spec"), f"{name}: [spec]", required=_SPEC_KEYS)
        owner = prefixes.setdefault(spec["prefix"], name)
        if owner != name:
            raise CatalogueError(f"{name}: [spec]: prefix {spec['prefix']!r} belongs to {owner}")
        if not spec["url"].startswith("https://"):
            raise CatalogueError(f"{name}: [spec]: url {spec['url']!r} is not absolute")
        spec_names[spec["short"]] = spec["name"]
        for index, entry in enumerate(_entries(name, document), 1):
            requirement = _requirement(entry, spec, name, index)
            if requirement.id in requirements:
                raise CatalogueError(f"{name}: {requirement.id}: the id is used twice")
            requirements[requirement.id] = requirement
    return Catalogue(requirements, spec_names, digest.hexdigest())


def _toml(name: str, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{name}: not TOML: {error}") from error


def _entries(name: str, document: Mapping[str, Any]) -> list[Any]:
    unknown = document.keys() - {"spec", "requirement"}
    if unknown:
        raise CatalogueError(f"{name}: unknown key {min(unknown)!r}")
    entries = document.get("requirement")
    if not isinstance(entries, list) or not entries:
        raise CatalogueError(f"{name}: no [[requirement]]")
    return entries


def _table(
    value: object, where: str, required: AbstractSet[str], optional: AbstractSet[str] = frozenset()
) -> dict[str, str]:
    """Give ``value`` as a table that has exactly the allowed keys, each a string with something in it."""
    if not isinstance(value, dict):
        raise CatalogueError(f"{where}: missing or not a table")
    for kind, keys in (("missing", required - value.keys()), ("unknown", value.keys() - required - optional)):
        if keys:
            raise CatalogueError(f"{where}: {kind} key {min(keys)!r}")
    for key, item in value.items():
        if not isinstance(item, str) or not item.strip():
            raise CatalogueError(f"{where}: {key} is not a string with something in it")
    return value


def _requirement(entry: object, spec: Mapping[str, str], file: str, index: int) -> Requirement:
    where = f"{file}: requirement {index}"
    if not isinstance(entry, dict):
        raise CatalogueError(f"{where}: not a table")
    where = f"{file}: {entry.get('id', f'requirement {index}')}"
    aliases = entry.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise CatalogueError(f"{where}: aliases is not an array of strings")
    strings = {key: value for key, value in entry.items() if key != "aliases"}
    fields = _table(strings, where, _REQUIRED_KEYS, _OPTIONAL_KEYS)
    match = _ID.fullmatch(fields["id"])
    if match is None or match["prefix"] != spec["prefix"]:
        raise CatalogueError(f"{where}: the id is not {spec['prefix']}-CLAUSE-NN")
    for key, allowed in (
        ("level", set(Level)),
        ("severity", set(Severity)),
        ("actor", _ACTORS),
        ("basis", set(Basis)),
    ):
        if key in fields and fields[key] not in allowed:
            raise CatalogueError(f"{where}: {key} {fields[key]!r} is not one of {', '.join(sorted(allowed))}")
    if ("link" in fields) == ("anchor" in fields):
        raise CatalogueError(f"{where}: either anchor or link leads to the text")
    basis = Basis(fields["basis"]) if "basis" in fields else None
    if basis is not None and not basis.binds and fields["level"] == Level.MUST:
        raise CatalogueError(f"{where}: what is {basis} is at most SHOULD")
    return Requirement(
        id=fields["id"],
        spec=spec["short"],
        clause=match["clause"],
        level=Level(fields["level"]),
        actor=fields["actor"],
        text=fields["text"],
        link=fields.get("link") or f"{spec['url']}{fields.get('page', '')}#{fields['anchor']}",
        severity=Severity(fields["severity"]),
        why=fields["why"],
        untestable=fields.get("untestable"),
        aliases=tuple(aliases),
        note=fields.get("note"),
        basis=basis,
    )
