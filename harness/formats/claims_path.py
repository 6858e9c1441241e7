"""Claims path pointers (OpenID4VCI 1.0 appendix C): into JSON credentials (C.1) and into mobile documents (C.2).

Errors, all :class:`ClaimsPathError`:

- ``path-malformed``: not a non-empty array of strings, nulls and integers, or none that can be processed on
  credentials of this kind (C, C.1, C.2).
- ``path-not-object``: a string meets something that is no object or map (C.1.1 step 2.1, C.2.1 step 4.4).
- ``path-not-array``: a null or an integer meets something that is no array (C.1.1 steps 2.2 and 2.4, C.2.1 steps
  4.3 and 4.4).
- ``path-selects-nothing``: no element is left (C.1.1 step 3, C.2.1 steps 2, 3 and 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats.problems import FormatError, shown
from harness.formats.strict_json import pointer
from harness.model import Json

_MOBILE_DOCUMENT = "mso_mdoc"
_START = 2
"""Components of a path into a mobile document that name namespace and data element."""


class ClaimsPathError(FormatError):
    """The path cannot be processed on these claims."""


@dataclass(frozen=True)
class Semantics:
    """How a path leads into credentials of one kind."""

    well_formed: Callable[[Json], bool]
    """Says whether this is a claims path pointer for such credentials."""
    select: Callable[[Any, Json], list[Any]]
    """Gives the selected elements, at least one, or raises :class:`ClaimsPathError`."""
    lead_to_maps: bool
    """Whether an integer may be the key of a map, so that it does not imply an array (appendix B.3)."""


def semantics(credential_format: Any) -> Semantics:
    """Give how paths lead into credentials of a format (OpenID4VCI 1.0 appendix A)."""
    return _IN_MDOC if credential_format == _MOBILE_DOCUMENT else _IN_JSON


# JSON credentials


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
    return [value for _, value in _selected(claims, path)]


def places(claims: Json, path: Json) -> list[str]:
    """Give where the elements stand that ``path`` selects, as JSON Pointers.

    Raises:
        ClaimsPathError: as with :func:`select`.

    """
    return [place for place, _ in _selected(claims, path)]


def _selected(claims: Json, path: Json) -> list[tuple[str, Json]]:
    if not well_formed(path):
        raise ClaimsPathError("path-malformed", f"{shown(path)} is no claims path pointer")
    selected = [("", claims)]
    for component in path:
        selected = _step(selected, component)
    if not selected:
        raise _nothing(path)
    return selected


def _nothing(path: Json) -> ClaimsPathError:
    return ClaimsPathError("path-selects-nothing", f"{shown(path)} selects no claim")


def _is_component(component: Json) -> bool:
    if isinstance(component, int):
        return not isinstance(component, bool) and component >= 0
    return component is None or isinstance(component, str)


def _step(selected: list[tuple[str, Json]], component: str | int | None) -> list[tuple[str, Json]]:
    if isinstance(component, str):
        if not all(isinstance(element, dict) for _, element in selected):
            raise ClaimsPathError("path-not-object", f"{shown(component)} is looked up in what is no object")
        name = pointer(component)
        return [(place + name, element[component]) for place, element in selected if component in element]
    if not all(isinstance(element, list) for _, element in selected):
        raise ClaimsPathError("path-not-array", f"{shown(component)} is looked up in what is no array")
    return [
        (f"{place}/{index}", item)
        for place, element in selected
        for index, item in enumerate(element)
        if component is None or component == index
    ]


# Mobile documents


def well_formed_in_mdoc(path: Json) -> bool:
    """Say whether this is a claims path pointer for a mobile document: an array that begins with two strings and
    goes on with strings, nulls and integers, which as keys of maps may be negative.
    """
    return (
        isinstance(path, list)
        and len(path) >= _START
        and all(isinstance(component, str) for component in path[:_START])
        and all(component is None or isinstance(component, (str, int)) for component in path)
        and not any(isinstance(component, bool) for component in path)
    )


def select_in_mdoc(elements: Mapping[str, Mapping[str, Any]], path: Json) -> list[Any]:
    """Give what ``path`` selects of a mobile document, at least one value.

    Args:
        elements: namespace to data element identifier to value, with maps as ``dict`` and arrays as ``list``.
        path: the claims path pointer as parsed JSON.

    Raises:
        ClaimsPathError: the pointer is malformed, does not fit the elements, or selects nothing.

    """
    if not well_formed_in_mdoc(path):
        raise ClaimsPathError("path-malformed", f"{shown(path)} is no claims path pointer into a mobile document")
    namespace, element, *further = path
    if element not in elements.get(namespace, {}):
        raise _nothing(path)
    selected = [elements[namespace][element]]
    for component in further:
        selected = _step_in_mdoc(selected, component)
    if not selected:
        raise _nothing(path)
    return selected


def _step_in_mdoc(selected: list[Any], component: str | int | None) -> list[Any]:
    arrays = all(isinstance(value, list) for value in selected)
    if arrays and component is None:
        return [item for value in selected for item in value]
    if arrays and isinstance(component, int) and component >= 0:
        return [value[component] for value in selected if component < len(value)]
    if component is not None and all(isinstance(value, dict) for value in selected):
        return [value[component] for value in selected if component in value]
    if isinstance(component, str):
        raise ClaimsPathError("path-not-object", f"{shown(component)} is looked up in what is no map")
    raise ClaimsPathError("path-not-array", f"{shown(component)} is looked up in what is no array")


_IN_JSON = Semantics(well_formed, select, lead_to_maps=False)
_IN_MDOC = Semantics(well_formed_in_mdoc, select_in_mdoc, lead_to_maps=True)
