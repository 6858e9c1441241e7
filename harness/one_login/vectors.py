"""Vectors of trust (RFC 8485) as GOV.UK One Login reads them in ``vtr``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_TRUST = {("Cl",): "Cl", ("Cl", "Cm"): "Cl.Cm"}
_CONFIDENCE = ("P0", "P1", "P2", "P3")


class VectorError(ValueError):
    """``vtr`` is not valid; the message says why."""


@dataclass(frozen=True)
class Vector:
    """What a service asks for."""

    trust: str = "Cl.Cm"
    """Level of authentication: ``Cl`` or ``Cl.Cm``."""
    confidence: str = "P0"
    """Level of identity confidence."""

    @property
    def identity(self) -> bool:
        """Whether the identity is to be proven."""
        return self.confidence != "P0"


def read(vtr: Any) -> tuple[Vector, ...]:
    """Read ``vtr``: a JSON array as text, or a list of a request object. Without any, the default applies.

    Raises:
        VectorError: it is not valid.

    """
    if vtr is None:
        return (Vector(),)
    if isinstance(vtr, str):
        try:
            vtr = json.loads(vtr)
        except (ValueError, RecursionError):
            raise VectorError("vtr is no JSON array") from None
    if not isinstance(vtr, list) or not all(isinstance(one, str) for one in vtr):
        raise VectorError("vtr is no array of strings")
    vectors = tuple(_vector(one) for one in vtr) or (Vector(),)
    if len({vector.identity for vector in vectors}) > 1:
        raise VectorError("vtr mixes vectors with and without identity")
    return vectors


def _vector(text: str) -> Vector:
    parts = text.split(".")
    trust = tuple(sorted(part for part in parts if part.startswith("C")))
    confidence = [part for part in parts if part.startswith("P")]
    if trust not in _TRUST:
        raise VectorError(f"{text!r} has no level of authentication Cl or Cl.Cm")
    if len(confidence) > 1 or not set(confidence) <= set(_CONFIDENCE):
        raise VectorError(f"{text!r} has no single level of confidence P0, P1, P2 or P3")
    vector = Vector(_TRUST[trust], *confidence)
    if vector.identity and vector.trust != "Cl.Cm":
        raise VectorError(f"{text!r} asks for identity without Cl.Cm")
    return vector
