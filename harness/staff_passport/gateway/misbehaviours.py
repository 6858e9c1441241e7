"""What the gateway can be made to do wrong; ``misbehaviours.toml`` lists it."""

from __future__ import annotations

import difflib
import importlib.resources
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.staff_passport.gateway import GatewayError


@dataclass(frozen=True)
class Misbehaviour:
    """One thing that can go wrong."""

    name: str
    place: str
    """``id-token``, ``token``, ``redirect``, ``par``, ``revocation`` or ``any``."""
    effect: str
    """One clause: what is seen."""


def _bundled() -> Mapping[str, Misbehaviour]:
    text = importlib.resources.files(__package__).joinpath("misbehaviours.toml").read_text("utf-8")
    return {
        name: Misbehaviour(name, place, effect)
        for place, listed in tomllib.loads(text).items()
        for name, effect in listed.items()
    }


MISBEHAVIOURS: Mapping[str, Misbehaviour] = _bundled()
"""All of them by name."""


def chosen(names: Iterable[str]) -> frozenset[str]:
    """Give the names as a set.

    Raises:
        GatewayError: one is unknown.

    """
    given = frozenset(names)
    if unknown := sorted(given - MISBEHAVIOURS.keys()):
        near = difflib.get_close_matches(unknown[0], MISBEHAVIOURS, 1)
        advice = f"; did you mean {near[0]}?" if near else ""
        raise GatewayError(f"there is no misbehaviour {unknown[0]!r}{advice}")
    return given
