"""The attribute sets of credentials: those that public clients show, and a team's own.

The data schema of Digital Staff Passport is private. What is bundled was observed, may be incomplete, and never
proves that a credential is right; a team replaces it by a file of the same form.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness import toml_file

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

UNIQUE_IDENTIFIER = "UniqueIdentifier"
"""The attribute that every issued credential has."""
SERIAL_NUMBER = "SerialNumber"
IDENTITY = "Identity"
"""The template of the credential that proves who an employee is."""
_SCHEMA = "staff-passport-templates.schema.json"


class TemplatesError(Exception):
    """A file with attribute sets cannot be used; the message is one line."""


@dataclass(frozen=True)
class Template:
    """One kind of credential."""

    name: str
    title: str
    """What people call it."""
    attributes: tuple[str, ...]
    """Every attribute, as it is named in the credential."""
    dates: frozenset[str] = frozenset()
    """Those that are dates."""
    optional: frozenset[str] = frozenset()
    """Those that a credential may do without."""
    verified: bool = False
    """Whether it is shared with the gateway, and not issued by it."""
    complete: bool = False
    """Whether the attributes are those of the data schema itself: all of them and no others."""
    basis: str = "observed"
    """On what the attributes rest."""
    name_basis: str = "observed"
    """On what the name rests."""

    @property
    def scope(self) -> str:
        """The scope value by which it is asked for."""
        return self.name if self.verified else f"issue.{self.name}"


def read(path: Path) -> Mapping[str, Template]:
    """Read a team's file, which stands for the data schema.

    Raises:
        TemplatesError: it cannot be used.

    """
    return MappingProxyType({template.name: template for template in _read(path, complete=True)})


def with_own(path: Path | None) -> Mapping[str, Template]:
    """Give the templates of a team's file, with the bundled identity where it has none; without one, the bundled.

    Raises:
        TemplatesError: it cannot be used.

    """
    if path is None:
        return TEMPLATES
    own = read(path)
    bundled = {} if any(template.verified for template in own.values()) else {IDENTITY: TEMPLATES[IDENTITY]}
    return MappingProxyType({**bundled, **own})


def _read(file: Traversable, *, complete: bool) -> Iterable[Template]:
    document = toml_file.read(file, TemplatesError)
    if refused := toml_file.refusal(document, _SCHEMA):
        raise TemplatesError(f"{file.name}: {refused}")
    for name, table in document["templates"].items():
        try:
            yield _template(name, table, document, complete=complete)
        except ValueError as problem:
            raise TemplatesError(f"{file.name}: {problem}") from None


def _template(name: str, table: Mapping[str, Any], document: Mapping[str, Any], *, complete: bool) -> Template:
    """Put a template together.

    Raises:
        ValueError: its tables do not go together.

    """
    basis = document.get("basis", "standard" if complete else "observed")
    prefix = f"{table['prefix']}-" if table.get("prefix") else ""
    own = (f"{prefix}{attribute}" for attribute in (*table.get("attributes", ()), *document.get("shared", ())))
    attributes = tuple(dict.fromkeys((*own, *table.get("plain", ()))))
    for kind in ("dates", "optional"):
        if unknown := set(table.get(kind, ())) - set(attributes):
            raise ValueError(f"{name}.{kind} names {min(unknown)!r}, which is no attribute")
    return Template(
        name,
        table.get("title", name),
        attributes,
        frozenset(table.get("dates", ())),
        frozenset(table.get("optional", ())),
        verified=table.get("verified", False),
        complete=complete,
        basis=basis,
        name_basis=document.get("names", basis),
    )


def _bundled() -> Mapping[str, Template]:
    folder = importlib.resources.files("schemas").joinpath("staff_passport")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return MappingProxyType({t.name: t for file in files for t in _read(file, complete=False)})


TEMPLATES: Mapping[str, Template] = _bundled()
"""The bundled templates by name."""


def bundled() -> Mapping[str, Template]:
    """Give the bundled templates by name."""
    return TEMPLATES
