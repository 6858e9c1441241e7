"""The diagnostic notation of CBOR, for people: RFC 8949 section 8 and RFC 8610 appendix G.3."""

from __future__ import annotations

import json
import math
from typing import Any

from harness.formats import cbor
from harness.formats.problems import FormatError

_EMBEDDED_LEVELS = 8
"""Levels of encoded items inside byte strings that are opened."""
_ENCODED_ITEM = 24


def diagnostic(value: Any, *, longest: int = 64) -> str:
    """Write a value that ``cbor.parse`` gave; what tag 24 holds is shown as the item it encodes, ``24(<<...>>)``.

    Args:
        value: an item.
        longest: bytes of a byte string that are written; the rest becomes its length.

    """
    return _written(value, longest, _EMBEDDED_LEVELS)


def _written(value: Any, longest: int, levels: int) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        return _bytes(value, longest)
    if isinstance(value, list):
        return f"[{', '.join(_written(element, longest, levels) for element in value)}]"
    if isinstance(value, dict):
        members = (
            f"{_written(key, longest, levels)}: {_written(item, longest, levels)}" for key, item in value.items()
        )
        return f"{{{', '.join(members)}}}"
    if isinstance(value, cbor.OtherKey):
        return _written(cbor.parse(value.encoded).value, longest, levels)
    if isinstance(value, cbor.Tag):
        return f"{value.number}({_content(value, longest, levels)})"
    if isinstance(value, cbor.Simple):
        return "undefined" if value == cbor.UNDEFINED else f"simple({value.number})"
    return str(value)


def _content(tag: cbor.Tag, longest: int, levels: int) -> str:
    if tag.number == _ENCODED_ITEM and isinstance(tag.value, bytes) and levels:
        try:
            return f"<<{_written(cbor.parse(tag.value).value, longest, levels - 1)}>>"
        except FormatError:
            pass
    return _written(tag.value, longest, levels)


def _float(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)


def _bytes(data: bytes, longest: int) -> str:
    if len(data) <= longest:
        return f"h'{data.hex()}'"
    return f"h'{data[:longest].hex()}' / and {len(data) - longest} more bytes /"
