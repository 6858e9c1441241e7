"""Claims path pointers over JSON credentials (OpenID4VCI 1.0 appendix C.1).

Errors, all :class:`ClaimsPathError`:

- ``path-malformed``: not a non-empty array of strings, nulls and non-negative integers (C, C.1).
- ``path-not-object``: a string meets something that is no object (C.1.1 step 2.1).
- ``path-not-array``: a null or an integer meets something that is no array (C.1.1 steps 2.2 and 2.4).
- ``path-selects-nothing``: no element is left (C.1.1 step 3).
"""

from __future__ import annotations

from harness.formats.problems import FormatError, shown
from harness.model import Json


class ClaimsPathError(FormatError):
    """The path cannot be processed on these claims."""


def well_formed(path: Json) -> bool:
    """Say whether this is a claims path pointer for a JSON credential: a non-empty array of strings, nulls and
    non-negative integers.
    """
    return isinstance(path, list) and bool(path) and all(_is_component(component) for component in path)


def select(claims: Json, path: Json) -> list[Json]:
    """Give the elements of ``claims`` that ``path`` selects, at least one.

    Args:
        claims: the top-level object of the credential, with its disclosures in place.
        path: the claims path pointer as parsed JSON.

    Raises:
        ClaimsPathError: the pointer is malformed, does not fit the claims, or selects nothing.

    """
    if not well_formed(path):
        raise ClaimsPathError("path-malformed", f"{shown(path)} is no claims path pointer")
    selected = [claims]
    for component in path:
        selected = _step(selected, component)
    if not selected:
        raise ClaimsPathError("path-selects-nothing", f"{shown(path)} selects no claim")
    return selected


def _is_component(component: Json) -> bool:
    if isinstance(component, int):
        return not isinstance(component, bool) and component >= 0
    return component is None or isinstance(component, str)


def _step(selected: list[Json], component: str | int | None) -> list[Json]:
    if isinstance(component, str):
        if not all(isinstance(element, dict) for element in selected):
            raise ClaimsPathError("path-not-object", f"{shown(component)} is looked up in what is no object")
        return [element[component] for element in selected if component in element]
    if not all(isinstance(element, list) for element in selected):
        raise ClaimsPathError("path-not-array", f"{shown(component)} is looked up in what is no array")
    if component is None:
        return [item for element in selected for item in element]
    return [element[component] for element in selected if component < len(element)]
