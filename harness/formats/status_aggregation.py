"""Status List Aggregations: where the Status List Tokens of an issuer are (Token Status List draft 12, 9.3).

Problems; pointers lead into the document:

- ``duplicate-name``: a member stands twice (RFC 8259 section 4).
- ``status-lists-missing``, ``status-lists-form``: no ``status_lists`` that is an array of strings.
- ``status-lists-uri``: an element is no URI.

Errors: those of ``strict_json.parse``, and

- ``aggregation-not-object``: JSON, but no object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import strict_json, text
from harness.formats.problems import FormatError, Problem, json_type, shown
from harness.formats.strict_json import pointer


@dataclass(frozen=True)
class StatusAggregation:
    """A Status List Aggregation as read."""

    uris: tuple[str, ...]
    """Where Status List Tokens are, as far as these are URIs."""
    problems: tuple[Problem, ...]


def read(body: bytes) -> StatusAggregation:
    """Read the body of an answer.

    Raises:
        FormatError: it is no JSON object; the kinds are in the module's docstring.

    """
    document = strict_json.parse(body)
    if not isinstance(document.value, dict):
        raise FormatError("aggregation-not-object", f"the answer is {json_type(document.value)}, not an object")
    listed = document.value.get("status_lists")
    elements = listed if isinstance(listed, list) else []
    uris = tuple(uri for uri in elements if isinstance(uri, str) and text.is_uri(uri))
    return StatusAggregation(uris, (*document.problems, *_problems(document.value)))


def _problems(members: Mapping[str, Any]) -> Iterator[Problem]:
    place = pointer("status_lists")
    if "status_lists" not in members:
        yield Problem("status-lists-missing", "there is no status_lists", "")
        return
    listed = members["status_lists"]
    if not isinstance(listed, list):
        yield Problem("status-lists-form", f"status_lists is {json_type(listed)}", place)
        return
    for index, uri in enumerate(listed):
        if not isinstance(uri, str):
            yield Problem("status-lists-form", f"an element is {json_type(uri)}", f"{place}/{index}")
        elif not text.is_uri(uri):
            yield Problem("status-lists-uri", f"an element is {shown(uri)}", f"{place}/{index}")
