"""The compressed byte array of a Token Status List: how entries are packed (draft 12 section 4.1).

Problems of :func:`unpack`:

- ``zlib-trailing``: bytes follow the ZLIB data (RFC 1950 section 2.2).

Errors, all :class:`StatusArrayError`:

- ``zlib-header``: the data do not begin like ZLIB data, be they GZIP, bare DEFLATE or anything else (RFC 1950
  section 2.2).
- ``zlib-dictionary``: they need a preset dictionary, and none is agreed (RFC 1950 section 2.2).
- ``zlib-data``: no DEFLATE data (RFC 1951 section 3.2).
- ``zlib-truncated``: they end too early (RFC 1950 section 2.2).
- ``zlib-checksum``: the checksum is that of other data (RFC 1950 section 2.2).
- ``status-list-too-large``: more bytes when unpacked than are read here.

Errors of :meth:`StatusArray.value`, of the same class:

- ``status-out-of-range``: the list has no such entry (section 8.3).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from harness.formats.problems import FormatError, Problem, shown

BITS = (1, 2, 4, 8)
"""Sizes of an entry."""
MAX_BYTES = 32 << 20
"""Size of an unpacked list that is read."""
MAX_CHANGES = 1_000
"""Positions of differing entries that are told."""

_DEFLATE, _LARGEST_WINDOW, _PRESET_DICTIONARY = 8, 7, 0x20
_GZIP = b"\x1f\x8b"
_SET = re.compile(rb"[^\x00]")


class StatusArrayError(FormatError):
    """The array cannot be unpacked, or has no such entry."""


@dataclass(frozen=True)
class StatusArray:
    """The entries of a status list, the first one in the least significant bits of the first byte.

    Attributes:
        bits: of one entry, one of :data:`BITS`.
        data: the bytes, unpacked.

    """

    bits: int
    data: bytes

    @property
    def size(self) -> int:
        """How many entries it has."""
        return len(self.data) * 8 // self.bits

    def value(self, index: int) -> int:
        """Give an entry.

        Raises:
            StatusArrayError: there is none at this index.

        """
        if not 0 <= index < self.size:
            said = f"the list has {self.size} entries, none at {shown(index)}"
            raise StatusArrayError("status-out-of-range", said)
        at, shift = divmod(index * self.bits, 8)
        return self.data[at] >> shift & (1 << self.bits) - 1

    def changed(self, other: StatusArray) -> tuple[int, ...]:
        """Give the indexes of the first :data:`MAX_CHANGES` entries that differ, in ascending order.

        What one of the two does not have counts as 0. Lists whose entries differ in size are not compared.
        """
        if self.bits != other.bits:
            return ()
        length = max(len(self.data), len(other.data))
        # Little end first, a shorter list is filled up with zeros.
        mixed = int.from_bytes(self.data, "little") ^ int.from_bytes(other.data, "little")
        differences = StatusArray(self.bits, mixed.to_bytes(length, "little"))
        return tuple(islice(differences.set_entries(), MAX_CHANGES))

    def set_entries(self) -> Iterator[int]:
        """Give the indexes of the entries that are not 0, in ascending order."""
        per_byte = 8 // self.bits
        for found in _SET.finditer(self.data):
            first = found.start() * per_byte
            yield from (index for index in range(first, first + per_byte) if self.value(index))


def unpack(data: bytes, limit: int = MAX_BYTES) -> tuple[bytes, tuple[Problem, ...]]:
    """Unpack ZLIB data strictly, without ever holding more than ``limit`` bytes of the outcome.

    Raises:
        StatusArrayError: they cannot be unpacked; the kinds are in the module's docstring.

    """
    _check_header(data)
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(data, limit)
        # Whether the data end here shows only when more is asked for.
        more = b"" if unpacking.eof else unpacking.decompress(unpacking.unconsumed_tail, 1)
    except zlib.error as error:
        checksum = "incorrect data check" in str(error)
        detail = "the checksum does not match" if checksum else f"no DEFLATE data ({error})"
        raise StatusArrayError("zlib-checksum" if checksum else "zlib-data", detail) from None
    if more:
        raise StatusArrayError("status-list-too-large", f"more than {limit} bytes when unpacked")
    if not unpacking.eof:
        raise StatusArrayError("zlib-truncated", "the ZLIB data are cut short")
    trailing = len(unpacking.unused_data)
    problems = [Problem("zlib-trailing", f"{trailing} bytes follow the ZLIB data")] if trailing else []
    return content, tuple(problems)


def _check_header(data: bytes) -> None:
    if len(data) < 2:
        raise StatusArrayError("zlib-truncated", f"{len(data)} bytes are no ZLIB data")
    method, flags = data[0], data[1]
    if data[:2] == _GZIP:
        raise StatusArrayError("zlib-header", "these are GZIP data, not ZLIB data")
    right = method & 0xF == _DEFLATE and method >> 4 <= _LARGEST_WINDOW and int.from_bytes(data[:2]) % 31 == 0
    if not right:
        raise StatusArrayError("zlib-header", f"no ZLIB data begin with {data[:2].hex()}")
    if flags & _PRESET_DICTIONARY:
        raise StatusArrayError("zlib-dictionary", "the ZLIB data need a preset dictionary")
