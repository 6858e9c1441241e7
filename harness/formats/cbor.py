"""CBOR as RFC 8949 has it, and what its preferred serialization forbids.

ISO/IEC 18013-5:2021 clause 8.1 wants the shortest form of integers and lengths and definite lengths, which is RFC
8949 section 4.2.1 without the order of map keys. That order is not judged.

Problems; pointers lead into the value:

- ``duplicate-key``: a key stands in a map more than once (RFC 8949 section 5.6). The last one counts.
- ``not-utf-8``: a text string is no UTF-8 (section 5.3.1). What is wrong in it is replaced by U+FFFD.
- ``not-shortest``: an integer, length or tag number in more bytes than it needs (section 4.2.1).
- ``float-not-shortest``: a floating-point number that a shorter one says as well (section 4.2.1).
- ``indefinite-length``: a string, array or map of indefinite length (section 4.2.1).
- ``date-time-content``: the content of tag 0 is no date-time of RFC 3339 (section 3.4.1).
- ``encoded-item-content``: the content of tag 24 is no byte string (section 3.4.5.1).
- ``full-date-content``: the content of tag 1004 is no full-date of RFC 3339 (RFC 8943).
- ``tag-content``: the content of tag 1, 2, 3 or 32 is of another type (sections 3.4.2, 3.4.3, 3.4.5.3).

Errors, all :class:`CborError`:

- ``cbor-too-large``, ``cbor-too-deep``, ``cbor-too-many``: beyond our limits, which keep the cost of hostile input
  low. Nothing is reserved for a length before that many bytes are seen to be there.
- ``cbor-truncated``: the data end before the item does (appendix C).
- ``cbor-trailing``: bytes follow the item.
- ``cbor-malformed``: a break out of place, or an initial byte that means nothing (section 3).
- ``cbor-reserved``: one of the reserved values 28 to 30 of additional information (section 3).
- ``cbor-chunk``: a chunk of another type than its string, or of indefinite length itself (section 3.2.3).
- ``cbor-simple``: a simple value below 32 in two bytes (section 3.3).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from harness.formats.problems import FormatError, Problem, shown
from harness.formats.strict_json import pointer

MAX_BYTES = 5_000_000
"""Size of an item that is read."""
MAX_DEPTH = 64
"""Levels of arrays, maps and tags inside each other."""
MAX_ITEMS = 200_000
"""Items of one document, each chunk of a string counted."""
_MAX_PROBLEMS = 100

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE = 31
_BREAK = 0xFF

_DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class CborError(FormatError):
    """The bytes are no CBOR, or beyond the limits."""


@dataclass(frozen=True)
class Tag:
    """A tagged item."""

    number: int
    value: Any
    _source: bytes = field(default=b"", repr=False, compare=False)
    _span: tuple[int, int] = field(default=(0, 0), repr=False, compare=False)

    @property
    def encoded(self) -> bytes:
        """The whole item, tag included, as it was sent."""
        return self._source[slice(*self._span)]


@dataclass(frozen=True)
class Simple:
    """A simple value other than false, true and null."""

    number: int


@dataclass(frozen=True)
class OtherKey:
    """A map key that is no integer, text or byte string; COSE and mdoc know no such keys."""

    encoded: bytes


UNDEFINED = Simple(23)
"""The simple value ``undefined``."""


@dataclass(frozen=True)
class CborDocument:
    """A data item as read.

    ``value`` is an int, float, str, bytes, bool, None, list, dict, :class:`Tag` or :class:`Simple`. Bignums stay
    tags. The keys of a dict are int, str, bytes or :class:`OtherKey`.
    """

    value: Any
    problems: tuple[Problem, ...] = ()


def parse(data: bytes) -> CborDocument:
    """Read one data item strictly.

    Raises:
        CborError: the bytes are no single well-formed item; the kinds are in the module's docstring.

    """
    if len(data) > MAX_BYTES:
        raise CborError("cbor-too-large", f"more than {MAX_BYTES} bytes")
    reader = _Reader(bytes(data))
    value = reader.item(0)
    if reader.position < len(data):
        raise CborError("cbor-trailing", f"{len(data) - reader.position} bytes follow the item")
    return CborDocument(value, tuple(reader.problems))


def is_date_time(text: str) -> bool:
    """Say whether a text is a date-time of RFC 3339 (section 5.6)."""
    return _DATE_TIME.fullmatch(text) is not None and _is_day(text[:10])


def is_full_date(text: str) -> bool:
    """Say whether a text is a full-date of RFC 3339 (section 5.6)."""
    return _DATE.fullmatch(text) is not None and _is_day(text)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_bytes(value: Any) -> bool:
    return isinstance(value, bytes)


_TAG_CONTENTS: dict[int, tuple[str, Callable[[Any], bool]]] = {
    0: ("a date-time text of RFC 3339", lambda value: isinstance(value, str) and is_date_time(value)),
    1: ("a number", _is_number),
    2: ("a byte string", _is_bytes),
    3: ("a byte string", _is_bytes),
    24: ("a byte string", _is_bytes),
    32: ("a text string", lambda value: isinstance(value, str)),
    1004: ("a full-date text of RFC 3339", lambda value: isinstance(value, str) and is_full_date(value)),
}
"""Tag number to what its content is, in words and as a test."""


def _misplaced(first: int, offset: int) -> CborError:
    if first & 0x1F != _INDEFINITE:
        return CborError("cbor-reserved", f"the initial byte {first:#04x} at offset {offset} is reserved")
    what = "a break out of place" if first == _BREAK else f"the initial byte {first:#04x} means nothing"
    return CborError("cbor-malformed", f"{what} at offset {offset}")


_CONTENT_KINDS = {0: "date-time-content", 24: "encoded-item-content", 1004: "full-date-content"}


class _Reader:
    """Reads items one after the other; ``position`` is that of the next byte."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._items = 0
        self._path: list[str | int] = []
        self.position = 0
        self.problems: list[Problem] = []

    def item(self, depth: int) -> Any:
        """Read the item at the position.

        Args:
            depth: levels of arrays, maps and tags around it.

        """
        start = self.position
        major, info, argument = self._head()
        if depth >= MAX_DEPTH and major in (_ARRAY, _MAP, _TAG):
            raise CborError("cbor-too-deep", f"more than {MAX_DEPTH} levels of arrays, maps and tags")
        if argument is None:
            self._problem("indefinite-length", "a string, array or map of indefinite length")
        match major:
            case 0:
                return self._known(argument)
            case 1:
                return -1 - self._known(argument)
            case 2:
                return self._string(_BYTES, argument)
            case 3:
                return self._text(self._string(_TEXT, argument))
            case 4:
                return self._array(argument, depth)
            case 5:
                return self._map(argument, depth)
            case 6:
                return self._tag(self._known(argument), start, depth)
            case _:
                return self._simple(info, self._known(argument))

    def _problem(self, kind: str, detail: str, *inner: str | int) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(kind, detail, pointer(*self._path, *inner)))

    def _take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self._data):
            missing = end - len(self._data)
            raise CborError("cbor-truncated", f"the data end {missing} bytes before the item")
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def _head(self) -> tuple[int, int, int | None]:
        """Read the initial byte and the argument; ``None`` for an indefinite length."""
        self._items += 1
        if self._items > MAX_ITEMS:
            raise CborError("cbor-too-many", f"more than {MAX_ITEMS} items")
        first = self._take(1)[0]
        major, info = first >> 5, first & 0x1F
        if info < 24:
            return major, info, info
        if info == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP):
            return major, info, None
        if info > 27:
            raise _misplaced(first, self.position - 1)
        size = 1 << (info - 24)
        argument = int.from_bytes(self._take(size), "big")
        if major != _SIMPLE and argument < (24 if size == 1 else 1 << (4 * size)):
            self._problem("not-shortest", f"{argument} takes {size} bytes after the initial one")
        return major, info, argument

    def _known(self, argument: int | None) -> int:
        assert argument is not None  # only strings, arrays and maps come without
        return argument

    def _string(self, major: int, length: int | None) -> bytes:
        if length is not None:
            return self._take(length)
        chunks: list[bytes] = []
        while not self._ends():
            chunk_major, _, size = self._head()
            if chunk_major != major or size is None:
                raise CborError("cbor-chunk", f"a chunk of another kind before offset {self.position}")
            chunk = self._take(size)
            if major == _TEXT:
                self._text(chunk)  # each chunk is a text of its own
            chunks.append(chunk)
        return b"".join(chunks)

    def _text(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            self._problem("not-utf-8", f"the text string is no UTF-8 at its byte {error.start}")
            return data.decode(errors="replace")

    def _ends(self) -> bool:
        """Say whether a break comes next, and pass it."""
        if self.position < len(self._data) and self._data[self.position] == _BREAK:
            self.position += 1
            return True
        return False

    def _indexes(self, length: int | None) -> Iterator[int]:
        index = 0
        while not self._ends() if length is None else index < length:
            yield index
            index += 1

    def _array(self, length: int | None, depth: int) -> list[Any]:
        elements: list[Any] = []
        for index in self._indexes(length):
            self._path.append(index)
            elements.append(self.item(depth + 1))
            self._path.pop()
        return elements

    def _map(self, length: int | None, depth: int) -> dict[Any, Any]:
        members: dict[Any, Any] = {}
        for _ in self._indexes(length):
            start = self.position
            key = self.item(depth + 1)
            if not isinstance(key, (int, str, bytes)) or isinstance(key, bool):
                # In Python, true and 1.0 are the key 1, and arrays and maps no keys at all.
                key = OtherKey(self._data[start : self.position])
            name = key if isinstance(key, (int, str)) else "another key"
            if key in members:
                self._problem("duplicate-key", f"the key {shown(key)} stands more than once", name)
            self._path.append(name)
            members[key] = self.item(depth + 1)
            self._path.pop()
        return members

    def _tag(self, number: int, start: int, depth: int) -> Tag:
        value = self.item(depth + 1)
        wanted, fits = _TAG_CONTENTS.get(number, ("", lambda _: True))
        if not fits(value):
            kind = _CONTENT_KINDS.get(number, "tag-content")
            self._problem(kind, f"the content of tag {number} is not {wanted}")
        return Tag(number, value, self._data, (start, self.position))

    def _simple(self, info: int, argument: int) -> Any:
        if info in (25, 26, 27):
            return self._float(info, argument)
        if info == 24 and argument < 32:
            raise CborError("cbor-simple", f"the simple value {argument} takes two bytes")
        known = {20: False, 21: True, 22: None}
        return known[argument] if argument in known else Simple(argument)

    def _float(self, info: int, argument: int) -> float:
        formats = ("e", "f", "d")
        size = 1 << (info - 24)
        data = argument.to_bytes(size, "big")
        number: float = struct.unpack(f">{formats[info - 25]}", data)[0]
        for shorter in formats[: info - 25]:
            if _is_said_by(number, shorter):
                self._problem("float-not-shortest", f"a number in {size} bytes that fewer can say")
                break
        return number


def _is_said_by(number: float, form: str) -> bool:
    if math.isnan(number):
        return True
    try:
        back: float = struct.unpack(f">{form}", struct.pack(f">{form}", number))[0]
    except OverflowError:
        return False
    return back == number


def byte_string(data: bytes) -> bytes:
    """Encode a byte string in its shortest form (RFC 8949 section 4.2.1)."""
    return head(_BYTES, len(data)) + data


def head(major: int, argument: int) -> bytes:
    """Encode the head of an item in its shortest form (RFC 8949 section 3)."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise ValueError("no head holds an argument of more than 64 bits")
