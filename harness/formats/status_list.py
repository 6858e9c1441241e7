"""The structure of a status list in JSON and in CBOR (Token Status List draft 12 sections 4.2 and 4.3).

Problems; pointers lead into the structure:

- ``status-list-form``: it is no object or map (4.2, 4.3).
- ``bits-missing``, ``bits-form``: no ``bits`` that is an integer, or an unsigned integer of CBOR (4.2, 4.3).
- ``bits-value``: ``bits`` is none of 1, 2, 4 and 8 (4.1).
- ``lst-missing``, ``lst-form``: no ``lst`` that is a string (4.2) or a byte string (4.3).
- ``lst-base64url``: ``lst`` in JSON is no base64url without padding (4.2).
- those of ``status_array.unpack`` and its errors, except ``status-list-too-large``: ``lst`` is no packed array
  (4.1).
- ``aggregation-uri``: ``aggregation_uri`` is no URI (4.2, 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.formats import base64url, text
from harness.formats.problems import Problem, shown
from harness.formats.status_array import BITS, MAX_BYTES, StatusArray, StatusArrayError, unpack
from harness.formats.strict_json import integer


class Form(StrEnum):
    """The encoding of a list, which is that of the token around it."""

    JWT = "jwt"
    CWT = "cwt"

    def integer(self, value: Any) -> int | None:
        """Give the integer that a number is: in JSON by its value, so that 2.0 is 2, in CBOR by its type."""
        return integer(value) if self is Form.JWT or isinstance(value, int) else None


@dataclass(frozen=True)
class StatusList:
    """A status list as read."""

    members: Mapping[Any, Any] = field(default_factory=dict)
    array: StatusArray | None = None
    """The entries; ``None`` when they cannot be unpacked."""
    unread: Problem | None = None
    """Why there are none."""
    problems: tuple[Problem, ...] = ()

    @property
    def aggregation_uri(self) -> str | None:
        """Where the Status List Aggregation is, when that is a URI."""
        found = self.members.get("aggregation_uri")
        return found if isinstance(found, str) and text.is_uri(found) else None


def read(value: Any, form: Form) -> StatusList:
    """Read the structure; whatever is wrong with it becomes a problem."""
    if not isinstance(value, dict):
        wrong = Problem("status-list-form", f"status_list is no {'object' if form is Form.JWT else 'map'}", "")
        return StatusList(unread=wrong, problems=(wrong,))
    problems: list[Problem] = []
    bits, data = _bits(value, form, problems), _data(value, form, problems)
    # Of what makes it unreadable the first is told; a list that is just too large has no problem.
    unread = None
    if bits is None or data is None:
        unread = next(iter(problems), _TOO_LARGE)
    array = StatusArray(bits, data) if bits is not None and data is not None else None
    aggregation = value.get("aggregation_uri")
    if "aggregation_uri" in value and not text.is_uri(aggregation):
        problems.append(Problem("aggregation-uri", f"aggregation_uri is {shown(aggregation)}", "/aggregation_uri"))
    return StatusList(value, array, unread, tuple(problems))


_TOO_LARGE = Problem("status-list-too-large", f"the list has more than {MAX_BYTES} bytes when unpacked", "/lst")


def _bits(members: Mapping[Any, Any], form: Form, problems: list[Problem]) -> int | None:
    if "bits" not in members:
        problems.append(Problem("bits-missing", "status_list has no bits", ""))
        return None
    found = members["bits"]
    bits = form.integer(found)
    if bits in BITS:
        return bits
    kind = "bits-form" if bits is None else "bits-value"
    problems.append(Problem(kind, f"bits is {shown(found)}", "/bits"))
    return None


def _data(members: Mapping[Any, Any], form: Form, problems: list[Problem]) -> bytes | None:
    if "lst" not in members:
        problems.append(Problem("lst-missing", "status_list has no lst", ""))
        return None
    packed = members["lst"]
    if not isinstance(packed, str if form is Form.JWT else bytes):
        name = "string" if form is Form.JWT else "byte string"
        problems.append(Problem("lst-form", f"lst is no {name}", "/lst"))
        return None
    try:
        content, found = unpack(_decoded(packed, problems) if isinstance(packed, str) else packed)
    except base64url.Base64UrlError as error:
        problems.append(Problem("lst-base64url", f"lst is no base64url: {error.detail}", "/lst"))
        return None
    except StatusArrayError as error:
        if error.kind != _TOO_LARGE.kind:
            problems.append(Problem(error.kind, f"lst cannot be unpacked: {error.detail}", "/lst"))
        return None
    problems.extend(Problem(one.kind, one.detail, "/lst") for one in found)
    return content


def _decoded(packed: str, problems: list[Problem]) -> bytes:
    try:
        return base64url.decode(packed)
    except base64url.Base64UrlError as error:
        if error.kind != "base64url-padding":
            raise
        # What is right without its padding is read, so that one mistake does not hide the others.
        problems.append(Problem("lst-base64url", f"lst is no base64url: {error.detail}", "/lst"))
        return base64url.decode(packed.rstrip("="))
