"""Values of documents as rows: times in words, long values cut, private keys left out."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from harness.formats import cbor
from harness.formats.jwk import is_private_or_symmetric
from harness.formats.strict_json import pointer
from harness.inspection.inspection import Row
from harness.model import Json

WITHHELD = "(private, not shown)"
"""What stands for the private part of a key."""
LONGEST_VALUE = 400
"""Characters of one value that are shown."""
LONGEST_TEXT = 20_000
"""Characters of a text that has a section of its own."""
MAX_ROWS = 400
"""Rows of one section."""
_INLINE = 60
"""Characters up to which an array of plain values stands in one row."""
TIMES = frozenset({"exp", "iat", "nbf", "updated_at", "auth_time"})
"""Claims that are seconds since 1970 (RFC 7519, OpenID Connect Core)."""
_OF_KEYS = frozenset({"kty", "crv", "n"})
"""Members by which an object is taken for a JWK, be it a broken one."""
_QUOTED_SECRET = re.compile(r"""(["'](?:d|p|q|dp|dq|qi|k|priv)["']: ?["'])[A-Za-z0-9_=-]{16,}""")
_KTY, _D = 1, -4
"""Labels that every COSE_Key has, and every private one of elliptic curves (RFC 9052 section 7, RFC 9053)."""
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


def concealed(value: Any) -> Json:
    """Give a JSON value with the private parts of all keys in it left out."""
    if isinstance(value, dict):
        key = not _OF_KEYS.isdisjoint(value)
        return {
            name: WITHHELD if key and is_private_or_symmetric({name: item}) else concealed(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [concealed(item) for item in value]
    if isinstance(value, str) and "PRIVATE KEY-----" in value:
        return WITHHELD
    return value


def scrubbed(text: str) -> str:
    """Leave the private parts of keys out of a text that quotes some JSON, such as what a check observed."""
    return _QUOTED_SECRET.sub(rf"\1{WITHHELD}", text)


def concealed_cbor(value: Any) -> Any:
    """Give a CBOR value with the private parts of all COSE_Keys in it left out."""
    if isinstance(value, dict):
        key = _KTY in value
        return {label: WITHHELD if key and label == _D else concealed_cbor(item) for label, item in value.items()}
    if isinstance(value, list):
        return [concealed_cbor(item) for item in value]
    if isinstance(value, cbor.Tag):
        return cbor.Tag(value.number, concealed_cbor(value.value))
    return value


def moment(seconds: object) -> str | None:
    """Give a time in words; ``None`` for what is no number of seconds since 1970."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 <= seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def cut(text: str, longest: int = LONGEST_VALUE) -> str:
    """Shorten a text and say how long it is."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters in all)"


def rows(value: Json, marked: Collection[str] = ()) -> tuple[Row, ...]:
    """Give the members of a JSON value as rows, those of inner values further inside.

    Args:
        value: a JSON object or array; private keys must be concealed already.
        marked: JSON Pointers of the members that are marked.

    """
    found: list[Row] = []
    for row in _rows(value, "", 0, frozenset(marked)):
        if len(found) == MAX_ROWS:
            found.append(Row("…", "more than is shown here; --json has all of it"))
            break
        found.append(row)
    return tuple(found)


def _rows(value: Json, place: str, depth: int, marked: frozenset[str]) -> Iterator[Row]:
    if isinstance(value, dict):
        members: list[tuple[str, str, Json]] = [(name, pointer(name), item) for name, item in value.items()]
    elif isinstance(value, list):
        members = [(f"[{index}]", pointer(index), item) for index, item in enumerate(value)]
    else:
        members = [("", "", value)]
    for label, part, item in members:
        inner = place + part
        if isinstance(item, (dict, list)) and item and not _fits(item, inner, marked):
            yield Row(label, "", depth, inner in marked)
            yield from _rows(item, inner, depth + 1, marked)
        else:
            yield Row(label, _shown(label, item), depth, inner in marked)


def _fits(item: Json, place: str, marked: frozenset[str]) -> bool:
    """Say whether an array of plain values can stand in one row without hiding a mark."""
    if not isinstance(item, list) or any(isinstance(element, (dict, list)) for element in item):
        return False
    if any(f"{place}/{index}" in marked for index in range(len(item))):
        return False
    return len(json.dumps(item, ensure_ascii=False)) <= _INLINE


def _shown(label: str, item: Json) -> str:
    text = item if isinstance(item, str) and item else json.dumps(item, ensure_ascii=False)
    when = moment(item) if label in TIMES else None
    return cut(text if when is None else f"{text}  ({when})")
