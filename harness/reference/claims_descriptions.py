"""What is wrong with the claims descriptions of a wallet's authorization details (OpenID4VCI B.1 and B.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal

Kind = Literal["member", "element", "elements"]
"""What a component of a path looks up: a member by name, one element by number, all elements."""


def well_formed(claims: Any) -> bool:
    """Whether this is a non-empty array of objects that each have a path."""
    return isinstance(claims, list) and bool(claims) and all(_is_description(item) for item in claims)


def repeated(claims: Iterable[dict[str, Any]]) -> bool:
    """Whether two of the descriptions are for the same claim."""
    paths = [item["path"] for item in claims]
    return any(path in paths[:index] for index, path in enumerate(paths))


def mixes_elements(claims: Iterable[dict[str, Any]]) -> bool:
    """Whether one array is asked for all its elements and for one of them."""
    return any({"element", "elements"} <= kinds for kinds in _kinds(claims))


def mixes_structures(claims: Iterable[dict[str, Any]]) -> bool:
    """Whether one claim is taken for an array and for an object."""
    return any("member" in kinds and len(kinds) > 1 for kinds in _kinds(claims))


def _is_description(item: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("mandatory", False), bool):
        return False
    path = item.get("path")
    return isinstance(path, list) and bool(path) and all(_is_component(component) for component in path)


def _is_component(component: Any) -> bool:
    if isinstance(component, int):
        return not isinstance(component, bool) and component >= 0
    return component is None or isinstance(component, str)


def _kinds(claims: Iterable[dict[str, Any]]) -> list[set[Kind]]:
    """Give, for each place that a path leads through, what is looked up there."""
    found: dict[tuple[Any, ...], set[Kind]] = defaultdict(set)
    for item in claims:
        path = item["path"]
        for index, component in enumerate(path):
            kind: Kind = "elements" if component is None else "member" if isinstance(component, str) else "element"
            found[tuple(path[:index])].add(kind)
    return list(found.values())
