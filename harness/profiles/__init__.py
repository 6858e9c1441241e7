"""Profiles: what a run is judged by, and the settings it starts from.

A profile is a TOML file. Those of this package are asked for by name, any other by its path.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import toml_file
from harness.model import Json


class ProfileError(Exception):
    """There is no such profile, or its file is broken; the message is one line."""


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


def names() -> tuple[str, ...]:
    """Give the names of the bundled profiles, sorted."""
    files = importlib.resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def is_path(name_or_path: str) -> bool:
    """Whether the text means a file of the user's and not a bundled profile."""
    return name_or_path.endswith(".toml") or "/" in name_or_path or "\\" in name_or_path


def load(name_or_path: str) -> Profile:
    """Read a bundled profile by its name, or any profile by the path of its TOML file.

    Raises:
        ProfileError: no such profile or file, or the file is no profile.

    """
    if is_path(name_or_path):
        path = Path(name_or_path)
        table = toml_file.read(path, ProfileError, shown=f"the profile {path}")
        return _checked(table, path.name, path.parent)
    if name_or_path not in names():
        raise ProfileError(f'there is no profile "{name_or_path}"; known are {", ".join(names())}')
    bundled = importlib.resources.files(__name__).joinpath(f"{name_or_path}.toml")
    return _checked(toml_file.read(bundled, ProfileError), bundled.name, None)


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
    )
    if table:
        raise ProfileError(f'{file}: unknown key "{next(iter(table))}"')
    return profile
