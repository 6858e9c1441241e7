"""CBOR as this issuer writes it: definite lengths, and everything as short as can be (RFC 8949 section 4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cbor2

DATE_TIME, ENCODED_CBOR, FULL_DATE = 0, 24, 1004
"""Tags (RFC 8949 section 3.4, RFC 8943)."""


@dataclass(frozen=True)
class Tag:
    """A tagged value. Unlike that of the library it can be copied."""

    number: int
    value: Any


def dumps(value: Any) -> bytes:
    """Encode a value."""
    return cbor2.dumps(value, default=_encode)


def loads(data: bytes) -> Any:
    """Decode what this issuer has encoded, for faults that write it in another way."""
    return cbor2.loads(data, tag_hook=_decoded)


def embedded(value: Any) -> Tag:
    """Give a data item as a byte string of encoded CBOR (RFC 8949 section 3.4.5.1)."""
    return Tag(ENCODED_CBOR, dumps(value))


def _encode(encoder: Any, value: Any) -> None:
    if not isinstance(value, Tag):
        raise TypeError(f"{type(value).__name__} has no place in CBOR")
    encoder.encode(cbor2.CBORTag(value.number, value.value))


def _decoded(*arguments: Any) -> Tag:
    # Versions of the library differ in what comes before the tag and after it.
    tag = next(argument for argument in arguments if isinstance(argument, cbor2.CBORTag))
    return Tag(tag.tag, tag.value)
