"""What the metadata tell of a credential and its claims, wherever a version of OpenID4VCI has it.

OpenID4VCI 1.0 has it in ``credential_metadata`` (section 12.2.4), with an array of claims descriptions (appendix
B.2). Draft 15 has the same beside the format (section 11.2.3). Before it, claims are described by objects that are
nested as in the credential (drafts 13 and 14, appendix A): each names a claim and holds what describes it, or the
claims below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.dialects import LATEST, Dialect
from harness.formats import claims_path
from harness.formats.strict_json import pointer

_SUBJECT = "credentialSubject"
_OF_CLAIM = {"mandatory": bool, "value_type": str, "display": list}
"""What describes a claim of a nested object, which a claim of the same name does not look like."""


@dataclass(frozen=True)
class DescribedClaim:
    """One claim that a Credential Configuration describes.

    Attributes:
        path: the claims path pointer, well-formed or not; ``None`` where the description has none.
        members: what is said of the claim, such as ``mandatory`` and ``display``.
        pointer: where this stands in the configuration, as a JSON Pointer.

    """

    path: Any
    members: Mapping[str, Any]
    pointer: str


def place(dialect: Dialect = LATEST) -> tuple[str, ...]:
    """Give the names that lead from a configuration to what has ``display`` and ``claims``."""
    return ("credential_metadata",) if dialect.described_in == "credential_metadata" else ()


def display(configuration: Mapping[str, Any], dialect: Dialect = LATEST) -> Any:
    """Give the ``display`` of a credential, well-formed or not; ``None`` when there is none."""
    return _member(configuration, (*place(dialect), "display"))


def definition(configuration: Mapping[str, Any], dialect: Dialect = LATEST) -> Mapping[str, Any]:
    """Give ``credential_definition``, whose members draft 11 has by themselves, the types by another name."""
    found = configuration.get("credential_definition")
    if dialect.configurations == "credentials_supported":
        names = {"@context": "@context", "types": "type"}
        return {names[name]: value for name, value in configuration.items() if name in names}
    return found if isinstance(found, dict) else {}


def subject_place(dialect: Dialect = LATEST) -> tuple[str, ...]:
    """Give the names that lead from a configuration to the nested claims of a W3C credential, before draft 15."""
    alone = dialect.configurations == "credentials_supported"
    return (_SUBJECT,) if alone else ("credential_definition", _SUBJECT)


def claims(configuration: Mapping[str, Any], dialect: Dialect = LATEST) -> list[DescribedClaim]:
    """Give the claims that a configuration describes by JSON objects, in their order."""
    if dialect.claims == "objects":
        return [found for path in (("claims",), *_SUBJECTS) for found in _below(configuration, path)]
    path = (*place(dialect), "claims")
    listed = _member(configuration, path)
    return [
        DescribedClaim(item.get("path"), item, pointer(*path, index))
        for index, item in enumerate(listed if isinstance(listed, list) else ())
        if isinstance(item, dict)
    ]


def paths(configuration: Mapping[str, Any], dialect: Dialect = LATEST) -> list[list[Any]]:
    """Give the paths of the described claims, as far as they are well-formed for the format."""
    semantics = claims_path.semantics(configuration.get("format"))
    return [each.path for each in claims(configuration, dialect) if semantics.well_formed(each.path)]


_SUBJECTS = (("credential_definition", _SUBJECT), (_SUBJECT,))
"""Where W3C formats have the claims of the subject; draft 11 has them by themselves."""


def _below(configuration: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[DescribedClaim]:
    start = [_SUBJECT] if path[-1] == _SUBJECT else []
    yield from _nested(_member(configuration, path), start, pointer(*path))


def _nested(value: Any, path: list[Any], where: str) -> Iterator[DescribedClaim]:
    for name, item in value.items() if isinstance(value, dict) else ():
        here = where + pointer(name)
        if isinstance(item, dict):
            yield DescribedClaim([*path, name], {key: of for key, of in item.items() if _describes(key, of)}, here)
            further = {key: of for key, of in item.items() if not _describes(key, of)}
            yield from _nested(further, [*path, name], here)
        elif isinstance(item, list):
            # The elements of an array are described by the objects in an array.
            for index, each in enumerate(item):
                yield from _nested(each, [*path, name, None], f"{here}/{index}")


def _describes(name: str, value: Any) -> bool:
    return name in _OF_CLAIM and isinstance(value, _OF_CLAIM[name])


def _member(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
