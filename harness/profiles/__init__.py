"""Profiles: what a run is judged by, and the settings it starts from.

A profile is a TOML file. Those of this package are asked for by name, any other by its path. It may extend one of
this package, of which it then tells the differences only.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness import dialects, toml_file, versions
from harness.model import Json
from harness.settings import merge


class ProfileError(Exception):
    """There is no such profile, or its file is broken; the message is one line."""


@dataclass(frozen=True)
class OwnVerdict:
    """A verdict that some specifications of a profile have for themselves."""

    name: str
    """As ``--vci-verdict`` spells it."""
    title: str
    """What it says something of, as a heading of reports."""
    specifications: tuple[str, ...]
    """Prefixes of the requirement ids that it is about."""
    dialect: str | None = None
    """How the wallet speaks in its checks: one of :func:`harness.dialects.names`; ``None``: as in the others."""


@dataclass(frozen=True)
class Profile:
    """A set of requirements and the settings that go with them."""

    name: str
    title: str
    specifications: tuple[str, ...]
    """Prefixes of the requirement ids that judge, for example ``VCI`` or ``RFC6749``."""
    judges: str
    """What is under test: a key of :data:`harness.target.BUNDLED`."""
    reference_variant: str
    """Name of the variant of the bundled subject that conforms to this profile."""
    settings: Mapping[str, Json]
    """Keys of ``assay.toml`` with the values that hold when nobody sets them."""
    folder: Path | None
    """What relative paths in ``settings`` are relative to; ``None`` for the profiles of this package."""
    version: str | None = None
    """The version of OpenID4VCI by whose text the requirements with the prefix ``VCI`` judge; ``None``: 1.0."""
    leaves_out: tuple[str, ...] = ()
    """Ids of requirements of ``specifications`` that do not judge: other ones of the profile say otherwise."""
    verdicts: tuple[OwnVerdict, ...] = ()
    """Into which verdicts a run is divided; empty: it has one."""


def names() -> tuple[str, ...]:
    """Give the names of the bundled profiles, sorted."""
    files = importlib.resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load(name_or_path: str) -> Profile:
    """Read a bundled profile by its name, or any profile by the path of its TOML file.

    Raises:
        ProfileError: no such profile or file, or the file is no profile.

    """
    if toml_file.is_path(name_or_path):
        path = Path(name_or_path)
        table = toml_file.read(path, ProfileError, shown=f"the profile {path}")
        return _checked(_extended(table, path.name), path.name, path.parent)
    return _checked(_bundled(name_or_path), f"{name_or_path}.toml", None)


def _bundled(name: str) -> dict[str, Any]:
    if name not in names():
        raise ProfileError(f'there is no profile "{name}"; known are {", ".join(names())}')
    return toml_file.read(importlib.resources.files(__name__).joinpath(f"{name}.toml"), ProfileError)


def _extended(table: dict[str, Any], file: str) -> dict[str, Any]:
    """Lay a table over the one that it extends; what each is called is its own."""
    if "extends" not in table:
        return table
    below = table.pop("extends")
    if below not in names():
        raise ProfileError(f'{file}: "extends" has to be one of {", ".join(names())}')
    lower = _bundled(below)
    return merge({key: value for key, value in lower.items() if key not in ("name", "title")}, table)


def _checked(table: dict[str, Any], file: str, folder: Path | None) -> Profile:
    def take(key: str, kind: type, what: str, default: Any = None) -> Any:
        value = table.pop(key, default)
        if not isinstance(value, kind) or (default is None and not value):
            raise ProfileError(f'{file}: "{key}" has to be {what}')
        return value

    specifications = take("specifications", list, "a list of requirement prefixes")
    if not all(isinstance(prefix, str) and prefix for prefix in specifications):
        raise ProfileError(f'{file}: "specifications" has to be a list of requirement prefixes')
    profile = Profile(
        name=take("name", str, "a string"),
        title=take("title", str, "a string"),
        specifications=tuple(specifications),
        judges=take("judges", str, "a string", "issuer"),
        reference_variant=take("reference_variant", str, "a string", "default"),
        settings=take("settings", dict, "a table", {}),
        folder=folder,
        version=take("version", str, "the name of a version of OpenID4VCI") if "version" in table else None,
        leaves_out=tuple(take("leaves_out", list, "a list of requirement ids", [])),
        verdicts=tuple(_verdict(item, file) for item in take("verdict", list, "tables", [])),
    )
    if table:
        raise ProfileError(f'{file}: unknown key "{next(iter(table))}"')
    _refuse_version(profile, file)
    _refuse_division(profile, file)
    return profile


def _refuse_version(profile: Profile, file: str) -> None:
    """Refuse a version that nobody knows, or that is about nothing."""
    if profile.version is None:
        return
    if profile.version not in versions.names():
        raise ProfileError(f'{file}: "version" is not one of {", ".join(versions.names())}')
    if versions.PREFIX not in profile.specifications:
        raise ProfileError(f'{file}: "version" is about "{versions.PREFIX}", which "specifications" lack')


def _verdict(table: Any, file: str) -> OwnVerdict:
    given = table if isinstance(table, dict) else {}
    name, title, specifications = (given.get(key) for key in ("name", "title", "specifications"))
    texts = [name, title, *(specifications if isinstance(specifications, list) else [None])]
    if not all(isinstance(text, str) and text for text in texts):
        raise ProfileError(f'{file}: each [[verdict]] has a "name", a "title" and "specifications"')
    if unknown := given.keys() - {field.name for field in fields(OwnVerdict)}:
        raise ProfileError(f'{file}: unknown key "{min(unknown)}" in [[verdict]]')
    dialect = given.get("dialect")
    if dialect is not None and dialect not in dialects.names():
        raise ProfileError(f'{file}: "dialect" of a [[verdict]] has to be one of {", ".join(dialects.names())}')
    return OwnVerdict(str(name), str(title), tuple(texts[2:]), dialect)


def _refuse_division(profile: Profile, file: str) -> None:
    """Refuse verdicts that do not have each specification exactly once between them."""
    if not profile.verdicts:
        return
    divided = sorted(prefix for verdict in profile.verdicts for prefix in verdict.specifications)
    if divided != sorted(profile.specifications):
        raise ProfileError(f'{file}: each of "specifications" belongs to exactly one [[verdict]]')
    if len({verdict.name for verdict in profile.verdicts}) < len(profile.verdicts):
        raise ProfileError(f"{file}: two [[verdict]] tables have one name")
