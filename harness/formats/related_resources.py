"""``relatedResource`` of W3C credentials: Verifiable Credentials Data Model 2.0 section 5.3.

Problems:

- ``resource-form``: no object, or none with an ``id`` that is a URL, or an empty array.
- ``resource-repeated``: two objects have the same ``id``.
- ``resource-media-type``: ``mediaType`` has not the form of a media type.
- ``resource-digest-missing``: neither ``digestSRI`` nor ``digestMultibase``.
- ``resource-digest-sri``: ``digestSRI`` is no digest as W3C Subresource Integrity section 3.5 writes it.
- ``resource-digest-multibase``: ``digestMultibase`` is no multihash in Multibase (Data Integrity section 2.6).
- ``resource-digest-weak``: no digest is made with a hash of 384 bits or more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harness.formats import base64url, integrity, multibase
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.strict_json import pointer
from harness.formats.text import is_url
from harness.model import Json

_STRONG_BITS = 384
_LONGEST = 300
"""Characters of a digest that are read; the longest known one has fewer than 100."""
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(?:\s*;.*)?")
_MULTIHASHES = {0x12: 256, 0x13: 512, 0x14: 512, 0x15: 384, 0x16: 256, 0x17: 224, 0x20: 384}
"""Code of SHA-2 and SHA-3 in the multihash table to the bits of the digest."""


def problems(value: Json) -> Iterator[Problem]:
    """Judge the value of ``relatedResource``; pointers begin with its name."""
    resources = value if isinstance(value, list) else [value]
    if not resources:
        yield Problem("resource-form", "relatedResource is an empty array", "/relatedResource")
    seen: set[str] = set()
    for index, resource in enumerate(resources):
        place = pointer("relatedResource", *([index] if isinstance(value, list) else []))
        if not isinstance(resource, dict) or not is_url(resource.get("id")):
            yield Problem("resource-form", "no object with an id that is a URL", place)
            continue
        if resource["id"] in seen:
            yield Problem("resource-repeated", f"{shown(resource['id'])} stands twice", f"{place}/id")
        seen.add(resource["id"])
        media_type = resource.get("mediaType", "application/json")
        if not isinstance(media_type, str) or _MEDIA_TYPE.fullmatch(media_type) is None:
            yield Problem("resource-media-type", f"mediaType is {shown(media_type)}", f"{place}/mediaType")
        yield from _digest_problems(resource, place)


def _digest_problems(resource: Mapping[str, Json], place: str) -> Iterator[Problem]:
    readers = {"digestSRI": _sri_bits, "digestMultibase": multibase_bits}
    kinds = {"digestSRI": "resource-digest-sri", "digestMultibase": "resource-digest-multibase"}
    present = [name for name in readers if name in resource]
    if not present:
        yield Problem("resource-digest-missing", "neither digestSRI nor digestMultibase", place)
    strengths: list[int] = []
    for name in present:
        values = resource[name] if isinstance(resource[name], list) else [resource[name]]
        try:
            strengths += [bits for value in values for bits in readers[name](value)]
            readable = bool(values)
        except (ValueError, FormatError):
            readable = False
        if not readable:
            yield Problem(kinds[name], f"{name} is {shown(resource[name])}", f"{place}/{name}")
            return
    if strengths and max(strengths) < _STRONG_BITS:
        yield Problem("resource-digest-weak", f"made with a hash of {max(strengths)} bits", place)


def _sri_bits(value: Json) -> list[int]:
    """Give the strength of each digest of an integrity text.

    Raises:
        ValueError: it is none.

    """
    found = integrity.hashes(value)
    if not found or len(found) < len(value.split()):
        raise ValueError(value)
    return [int(item.algorithm.removeprefix("sha")) for item in found]


def multibase_bits(value: Json) -> list[int]:
    """Give the strength of a digest in Multibase; a hash that is not known here counts as strong.

    Raises:
        ValueError, FormatError: it is none.

    """
    if not isinstance(value, str) or not 2 < len(value) <= _LONGEST:
        raise ValueError(value)
    if value[0] not in "zu":
        if not multibase.has_form(value):
            raise ValueError(value)
        return [_STRONG_BITS]
    data = multibase.decode(value) if value[0] == "z" else base64url.decode(value[1:])
    code, rest = _varint(data)
    size, digest = _varint(rest)
    if size != len(digest) or not digest:
        raise ValueError(value)
    bits = _MULTIHASHES.get(code, _STRONG_BITS)
    if code in _MULTIHASHES and size * 8 != bits:
        raise ValueError(value)
    return [bits]


def _varint(data: bytes) -> tuple[int, bytes]:
    """Read an unsigned varint and give what follows it.

    Raises:
        ValueError: there is none.

    """
    number = 0
    for index, byte in enumerate(data[:9]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, data[index + 1 :]
    raise ValueError("no varint")
