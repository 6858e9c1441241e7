"""JSON as RFC 8259 has it, and nothing else.

Problems:

- ``duplicate-name``: an object has a member name more than once (RFC 8259 section 4; RFC 7515 section 4 and
  RFC 7519 section 4 forbid it in JOSE headers and claims). The last one counts.

Errors, all :class:`JsonError`:

- ``not-utf-8``: the bytes are no UTF-8 (RFC 8259 section 8.1).
- ``byte-order-mark``: the text begins with U+FEFF (RFC 8259 section 8.1).
- ``not-json``: the text does not follow the grammar, ``NaN`` and ``Infinity`` included (RFC 8259 sections 2 to 7).
- ``lone-surrogate``: a string holds half a surrogate pair, which no Unicode text has (RFC 8259 section 8.2).
- ``number-out-of-range``: a number that does not fit a double, or an integer with thousands of digits
  (RFC 8259 section 6).
- ``too-deep``, ``too-large``, ``name-too-long``: beyond our limits (RFC 8259 section 9 allows limits). They keep
  the cost of hostile input low.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NoReturn

from harness.formats.problems import FormatError, Problem, shown
from harness.model import Json

MAX_DEPTH = 64
"""Levels of arrays and objects inside each other."""
MAX_BYTES = 5_000_000
"""Size of a document in UTF-8."""
MAX_NAME = 1_000
"""Characters of a member name."""
_MAX_DIGITS = 4_000
_MAX_PROBLEMS = 100

_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonError(FormatError):
    """The text is not JSON, or beyond the limits."""


@dataclass(frozen=True)
class JsonDocument:
    """A parsed JSON text."""

    value: Json
    problems: tuple[Problem, ...] = ()


class _Repeating(dict[str, Json]):
    """An object in whose text some member names stand more than once."""

    repeated: tuple[str, ...] = ()


def parse(data: bytes | str, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES) -> JsonDocument:
    """Read one JSON text strictly.

    Args:
        data: the text, as the bytes that came over the wire or already decoded.
        max_depth: levels of nesting that are read; ``[]`` has one.
        max_bytes: size in UTF-8 that is read.

    Raises:
        JsonError: the text cannot be read; the kinds are in the module's docstring.

    """
    text = _text(data, max_bytes)
    _check_depth(text, max_depth)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
        if _SURROGATE_ESCAPE.search(text):
            _check_surrogates(value)
        problems = tuple(
            Problem("duplicate-name", f"the member name {shown(path[-1])} stands more than once", pointer(*path))
            for path in islice(_repeated(value), _MAX_PROBLEMS)
        )
    except json.JSONDecodeError as error:
        detail = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise JsonError("not-json", detail) from None
    except RecursionError:
        raise JsonError("too-deep", "nested deeper than can be read") from None
    return JsonDocument(value, problems)


def pointer(*parts: str | int) -> str:
    """Make a JSON Pointer (RFC 6901) from member names and array indexes; the whole document is ``""``."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def integer(value: Json) -> int | None:
    """Give the integer that a JSON value is, however it is spelled: ``2.0`` is 2; ``None`` for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(data: bytes | str, max_bytes: int) -> str:
    if len(data) > max_bytes:  # a string has at most as many characters as bytes
        raise JsonError("too-large", f"more than {max_bytes} bytes")
    try:
        raw = data.encode() if isinstance(data, str) else bytes(data)
        text = raw.decode()
    except UnicodeEncodeError:
        raise JsonError("lone-surrogate", "the text holds half a surrogate pair") from None
    except UnicodeDecodeError as error:
        raise JsonError("not-utf-8", f"the bytes are no UTF-8 at offset {error.start}") from None
    if len(raw) > max_bytes:
        raise JsonError("too-large", f"more than {max_bytes} bytes")
    if text.startswith("\ufeff"):
        raise JsonError("byte-order-mark", "the text begins with a byte order mark")
    return text


def _check_depth(text: str, max_depth: int) -> None:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > max_depth:
                raise JsonError("too-deep", f"more than {max_depth} levels of arrays and objects")
        elif first in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if any(len(name) > MAX_NAME for name in members):
        raise JsonError("name-too-long", f"a member name has more than {MAX_NAME} characters")
    if len(members) == len(pairs):
        return members
    repeating = _Repeating(members)
    repeating.repeated = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return repeating


def _constant(name: str) -> NoReturn:
    raise JsonError("not-json", f"{name} is no JSON number")


def _integer(digits: str) -> int:
    _check_digits(digits)
    return int(digits)


def _float(digits: str) -> float:
    _check_digits(digits)
    number = float(digits)
    if math.isinf(number):
        raise JsonError("number-out-of-range", "a number is too large for a double")
    return number


def _check_digits(digits: str) -> None:
    if len(digits) > _MAX_DIGITS:
        raise JsonError("number-out-of-range", f"a number has more than {_MAX_DIGITS} digits")


def _check_surrogates(value: Json) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise JsonError("lone-surrogate", "a string holds half a surrogate pair") from None


def _repeated(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the path of every repeated member name, outermost first."""
    if isinstance(value, _Repeating):
        yield from ((*path, name) for name in value.repeated)
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, (dict, list)):
                yield from _repeated(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                yield from _repeated(item, (*path, index))
