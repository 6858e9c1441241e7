"""The issuer as the run saw it: metadata, offers and credentials as titled, indented JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.model import Json
from reports.printable import cut

BUDGET = 150_000
"""Characters of all documents together that are shown."""
_TITLES = {
    "metadata": "Credential Issuer metadata",
    "authorization_servers": "Authorization Server metadata",
    "offers": "Credential Offer",
    "credentials": "Credential",
    "statuses": "Status of credentials",
}
_IN_TABLES = frozenset({"signers"})
"""What is no document of the issuer and stands in a table; see ``overview``."""
_LABELS = ("configuration", "credential_configuration_id", "source", "issuer", "vct", "format")
"""Members that tell one document of a kind from the next; the first that is there becomes part of the title."""


@dataclass(frozen=True)
class Document:
    """One document of the issuer."""

    title: str
    text: str


def documents(issuer: Mapping[str, Json]) -> list[Document]:
    """Give the documents in the order a wallet meets them, then whatever else was seen."""
    found: list[Document] = []
    left = BUDGET
    kinds = [kind for kind in _TITLES if issuer.get(kind)]
    kinds += sorted(kind for kind in issuer if kind not in {*_TITLES, *_IN_TABLES} and issuer[kind])
    for kind in kinds:
        title = _TITLES.get(kind, kind.replace("_", " ").capitalize())
        for label, value in _items(kind, issuer[kind]):
            text = indented(value)
            found.append(Document(f"{title}: {label}" if label else title, cut(text, max(left, 0))))
            left -= len(text)
    return found


def _items(kind: str, value: Json) -> Iterator[tuple[str, Json]]:
    """Split what is a collection; ``metadata`` is one document whatever it looks like."""
    if kind == "metadata" or not isinstance(value, (list, Mapping)):
        yield "", value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield name, item
    else:
        for place, item in enumerate(value, start=1):
            yield _label(item, place if len(value) > 1 else None), item


def _label(item: Json, place: int | None) -> str:
    names = (
        [item[name] for name in _LABELS if isinstance(item.get(name), str)] if isinstance(item, Mapping) else []
    )
    words = ([str(place)] if place else []) + names[:1]
    return ", ".join(words)


def indented(value: Json) -> str:
    """Give a value as a reader wants to see it: text as it is, anything else as indented JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except RecursionError:
        return "(nested too deeply to be shown; see report.json)"
