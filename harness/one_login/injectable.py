"""Which errors the provider can be made to commit; ``injectable.toml`` lists them."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.one_login import OneLoginError


@dataclass(frozen=True)
class Injectable:
    """An error that can be switched on."""

    name: str
    place: str
    """``authorize``, ``id_token``, ``userinfo``, ``core_identity`` or ``logout``."""
    effect: str


def _bundled() -> Mapping[str, Injectable]:
    text = importlib.resources.files(__package__).joinpath("injectable.toml").read_text("utf-8")
    return {
        name: Injectable(name, place, effect)
        for place, errors in tomllib.loads(text).items()
        for name, effect in errors.items()
    }


INJECTABLE: Mapping[str, Injectable] = _bundled()
"""Every error by name."""


def chosen(names: Iterable[str]) -> frozenset[str]:
    """Give the errors of these names.

    Raises:
        OneLoginError: one is unknown.

    """
    given = frozenset(names)
    if unknown := sorted(given - INJECTABLE.keys()):
        import difflib

        near = difflib.get_close_matches(unknown[0], INJECTABLE, 1)
        advice = f"; did you mean {near[0]}?" if near else ""
        raise OneLoginError(f"there is no error {unknown[0]!r}{advice}")
    return given


def within(errors: Iterable[str], prefix: str) -> frozenset[str]:
    """Give the names with a prefix, without it."""
    return frozenset(name.removeprefix(prefix) for name in errors if name.startswith(prefix))


def at(errors: Iterable[str], place: str) -> frozenset[str]:
    """Give the errors of a place."""
    return frozenset(name for name in errors if INJECTABLE[name].place == place)
