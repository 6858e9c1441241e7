"""The data elements that document types define, as data: ``schemas/mdoc/*.toml``, one file per document type.

A file names its ``doctype``, ``name`` and ``source``, and has an ``[[element]]`` for each data element with
``namespace``, ``identifier``, ``presence`` (``mandatory`` or ``optional``) and ``type``, where wanted
``formerly``, ``max_length``, ``pattern`` and ``values``. The types are those of CDDL: ``tstr``, ``bstr``,
``uint``, ``bool``, ``full-date`` (tag 1004), ``tdate`` (tag 0), ``jpeg`` (a byte string with an image in JPEG),
``array`` and ``map``, or several with ``or`` between them. ``NN`` at the end of an identifier is any two digits;
``formerly`` is what an earlier edition calls the element. ``schemas/mdoc.schema.json`` is the form of the files.

Problems of :func:`problems`; pointers begin with ``nameSpaces``:

- ``element-missing``: a mandatory element is not there.
- ``element-type``: an element is of another type.
- ``element-date``: an element that is to be a date has not its tag, or is no day under the tag 1004.
- ``element-image``: an element that is to be an image is none.
- ``element-length``: a text or byte string is longer than it may be.
- ``element-value``: none of the values that are defined.
- ``element-form``: a text of another form.

Errors, all :class:`ElementSetError`:

- ``element-set``: a file is no description of a document type.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from harness.formats import cbor
from harness.formats.problems import FormatError, Problem
from harness.formats.strict_json import pointer

_JPEG, _JP2, _J2K = b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
_IMAGES = (_JPEG, _JP2, _J2K)


class ElementSetError(FormatError):
    """A file does not describe a document type."""


@dataclass(frozen=True)
class Element:
    """What a document type says of one data element."""

    namespace: str
    identifier: str
    mandatory: bool
    type: str
    max_length: int | None = None
    """Characters of a text, bytes of a byte string."""
    pattern: str | None = None
    """What a text has to match as a whole."""
    formerly: str | None = None
    """What an earlier edition calls it; under either name it is there."""
    values: tuple[Any, ...] = ()
    """The values that are defined; empty when any will do."""

    @property
    def place(self) -> str:
        """How pointers name it."""
        return f"nameSpaces{pointer(self.namespace, self.identifier)}"

    def is_called(self, identifier: str) -> bool:
        """Say whether this is its identifier, or was in an earlier edition."""
        if self.identifier.endswith("NN"):
            stem, digits = identifier[:-2], identifier[-2:]
            return stem == self.identifier[:-2] and digits.isascii() and digits.isdigit()
        return identifier in (self.identifier, self.formerly)


@dataclass(frozen=True)
class ElementSet:
    """The data elements of one document type."""

    doctype: str
    name: str
    source: str
    elements: tuple[Element, ...]


@cache
def element_sets() -> Mapping[str, ElementSet]:
    """Give the element sets by their document type.

    Raises:
        ElementSetError: a file is no description of a document type.

    """
    folder = resources.files("schemas") / "mdoc"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    sets = [parse(file.read_text(encoding="utf-8")) for file in files]
    return {found.doctype: found for found in sets}


def parse(text: str) -> ElementSet:
    """Read one file.

    Raises:
        ElementSetError: it is no description of a document type.

    """
    try:
        data = tomllib.loads(text)
        elements = tuple(_element(entry) for entry in data["element"])
        return ElementSet(data["doctype"], data["name"], data["source"], elements)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ElementSetError("element-set", f"no description of a document type: {error!r}") from None


def problems(described: ElementSet, namespaces: Mapping[str, Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Compare the data elements of an mdoc with its document type; elements that it does not define are lawful.

    Args:
        described: the document type.
        namespaces: namespace to data element identifier to value as ``cbor`` gives it.

    """
    found: list[Problem] = []
    for element in described.elements:
        elements = namespaces.get(element.namespace, {})
        present = [identifier for identifier in elements if element.is_called(identifier)]
        for identifier in present:
            found += _value_problems(replace(element, identifier=identifier), elements[identifier])
        if element.mandatory and not present:
            found.append(Problem("element-missing", f"{element.identifier} is not there", element.place))
    return tuple(dict.fromkeys(found))


def _element(entry: Mapping[str, Any]) -> Element:
    if entry["presence"] not in ("mandatory", "optional") or not _TYPES.keys() >= set(entry["type"].split(" or ")):
        raise ElementSetError("element-set", f"{entry['identifier']}: an unknown presence or type")
    return Element(
        entry["namespace"],
        entry["identifier"],
        entry["presence"] == "mandatory",
        entry["type"],
        entry.get("max_length"),
        entry.get("pattern"),
        entry.get("formerly"),
        tuple(entry.get("values", ())),
    )


def _value_problems(element: Element, value: Any) -> Iterator[Problem]:
    name, types = element.identifier, element.type.split(" or ")
    if not any(_TYPES[kind](value) for kind in types):
        kind = {"full-date": "element-date", "tdate": "element-date", "jpeg": "element-image"}.get(types[0])
        yield Problem(kind or "element-type", f"{name} is no {element.type}", element.place)
        return
    if element.max_length is not None and isinstance(value, (str, bytes)) and len(value) > element.max_length:
        detail = f"{name} has a length of {len(value)}, {element.max_length} at most"
        yield Problem("element-length", detail, element.place)
    # A map with a code inside would need a grammar of its own; only plain values are compared.
    if element.values and value not in element.values:
        yield Problem("element-value", f"{name} is none of the values that are defined", element.place)
    if element.pattern is not None and isinstance(value, str) and not re.fullmatch(element.pattern, value):
        yield Problem("element-form", f"{name} has not the form {element.pattern}", element.place)


def _is_full_date(value: Any) -> bool:
    return (
        isinstance(value, cbor.Tag)
        and value.number == 1004
        and isinstance(value.value, str)
        and cbor.is_full_date(value.value)
    )


def _is_date_time(value: Any) -> bool:
    return isinstance(value, cbor.Tag) and value.number == 0


def _is_unsigned(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "tstr": lambda value: isinstance(value, str),
    "bstr": lambda value: isinstance(value, bytes),
    "uint": _is_unsigned,
    "bool": lambda value: isinstance(value, bool),
    "full-date": _is_full_date,
    "tdate": _is_date_time,
    "jpeg": lambda value: isinstance(value, bytes) and value.startswith(_IMAGES),
    "array": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
}
"""Name of a type to the test whether a value is of it."""
