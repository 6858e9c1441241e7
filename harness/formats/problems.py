"""What every reader in this package says of what it read.

A reader does not stop at the first defect. It returns what it could read together with a tuple of
:class:`Problem`, and raises a :class:`FormatError` only when nothing can be read at all. The kinds of problems and
errors are stable names, lower case with hyphens; each reader's module docstring lists its own with the clause
behind each.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Problem:
    """One defect of a message or credential that could still be read."""

    kind: str
    """Stable name, listed in the docstring of the module that found it."""
    detail: str
    """One sentence for people. Names members and types, never the value of a claim or of a salt."""
    pointer: str | None = None
    """JSON Pointer into what was read, or a named place before the pointer: ``header/typ``, ``disclosure 3``."""


class FormatError(Exception):
    """What was sent cannot be read at all."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        """Stable name, listed in the docstring of the module that raised it."""
        self.detail = detail
        """One sentence for people."""


def located(place: str, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Put ``place`` in front of the pointer of each problem, for a document that is part of a larger one."""
    return tuple(replace(problem, pointer=f"{place}{problem.pointer or ''}") for problem in problems)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlevel = 2
_MAX_SHOWN = 200


def shown(value: object) -> str:
    """Give a short printable form of a value that the other side chose, cut so that a detail stays one line."""
    text = _SHORT.repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


_JSON_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (dict, "an object"),
    (list, "an array"),
    (str, "a string"),
    ((int, float), "a number"),
)


def json_type(value: object) -> str:
    """Name the JSON type of a parsed value, with its article: ``an object``, ``a string``, ..., ``null``."""
    return next((name for types, name in _JSON_TYPES if isinstance(value, types)), "null")
