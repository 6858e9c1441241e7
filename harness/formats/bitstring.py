"""The bitstring of a W3C status list: how it is compressed and what an entry of it says.

Bitstring Status List v1.0 sections 2.2, 3.2 and 3.4; StatusList2021 has the same in its sections 2.2 and 3.4.

Problems of :func:`expand`:

- ``gzip-trailing``: bytes that are no GZIP data follow (RFC 1952 section 2.2).

Errors, all :class:`BitstringError`:

- ``gzip-header``: the data do not begin like GZIP data (RFC 1952 section 2.3).
- ``gzip-data``: no DEFLATE data, or another length than they have been given (RFC 1952 section 2.3.1).
- ``gzip-checksum``: the checksum is that of other data (RFC 1952 section 2.3.1).
- ``gzip-truncated``: they end too early.
- ``status-list-too-large``: more bytes when expanded, or more GZIP members, than are read here.

Errors of :meth:`Bitstring.value`, of the same class:

- ``status-out-of-range``: the bitstring has no such entry (section 3.2).
- ``status-size-too-large``: an entry of more bits than are read here.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from harness.formats.problems import FormatError, Problem, shown

MAX_BYTES = 32 << 20
"""Size of an expanded bitstring that is read."""
MAX_MEMBERS = 1_000
"""GZIP members that follow one another in what is read; those who write several fill each with many kilobytes."""
MAX_SIZE = 64
"""Bits of an entry that is read; nobody can name as many values."""
MAX_CHANGES = 1_000
"""Positions of differing entries that are told."""

_MAGIC = b"\x1f\x8b"
_GZIP_ONLY = 16 + zlib.MAX_WBITS
_SET = re.compile(rb"[^\x00]")


class BitstringError(FormatError):
    """The bitstring cannot be expanded, or has no such entry."""


@dataclass(frozen=True)
class Bitstring:
    """Bits from the left to the right: the first one is the most significant bit of the first byte."""

    data: bytes

    @property
    def length(self) -> int:
        """How many bits there are."""
        return len(self.data) * 8

    def value(self, index: int, size: int = 1) -> int:
        """Give an entry.

        Args:
            index: its position, in entries.
            size: bits of one entry; the first of them is the most significant one.

        Raises:
            BitstringError: there is none at this index, or it is too large to be read.

        """
        first = index * size
        if not 0 <= first <= self.length - size:
            said = f"the list has {self.length // size} entries of {shown(size)} bits, none at {shown(index)}"
            raise BitstringError("status-out-of-range", said)
        if size > MAX_SIZE:
            raise BitstringError("status-size-too-large", f"entries of {shown(size)} bits are not read here")
        end = (first + size + 7) // 8
        bits = int.from_bytes(self.data[first // 8 : end], "big")
        return bits >> (end * 8 - first - size) & (1 << size) - 1

    def changed(self, other: Bitstring, size: int = 1) -> tuple[int, ...]:
        """Give the indexes of the first :data:`MAX_CHANGES` entries that differ, in ascending order.

        What one of the two does not have counts as 0.
        """
        length = max(len(self.data), len(other.data))
        ours, theirs = (int.from_bytes(each.data.ljust(length, b"\0"), "big") for each in (self, other))
        mixed = (ours ^ theirs).to_bytes(length, "big")
        found: dict[int, None] = {}
        for byte in _SET.finditer(mixed):
            bits = f"{mixed[byte.start()]:08b}"
            found |= dict.fromkeys((byte.start() * 8 + at) // size for at, bit in enumerate(bits) if bit == "1")
            if len(found) >= MAX_CHANGES:
                break
        return tuple(found)[:MAX_CHANGES]


def expand(data: bytes, limit: int = MAX_BYTES) -> tuple[Bitstring, tuple[Problem, ...]]:
    """Expand GZIP data strictly, without ever holding much more than ``limit`` bytes of the outcome.

    Raises:
        BitstringError: they cannot be expanded; the kinds are in the module's docstring.

    """
    if not data.startswith(_MAGIC):
        kind = "gzip-truncated" if _MAGIC.startswith(data) else "gzip-header"
        raise BitstringError(kind, f"no GZIP data begin with {data[:2].hex() or 'nothing'}")
    content, rest, members = bytearray(), data, 0
    while rest.startswith(_MAGIC):  # RFC 1952 lets members follow one another
        members += 1
        if members > MAX_MEMBERS:
            raise BitstringError("status-list-too-large", f"it has more than {MAX_MEMBERS} GZIP members")
        member, rest = _member(rest, limit - len(content))
        content += member
    problems = [Problem("gzip-trailing", f"{len(rest)} bytes follow the GZIP data")] if rest else []
    return Bitstring(bytes(content)), tuple(problems)


def _member(data: bytes, room: int) -> tuple[bytes, bytes]:
    unpacking = zlib.decompressobj(wbits=_GZIP_ONLY)
    try:
        content = unpacking.decompress(data, room + 1)
    except zlib.error as error:
        checksum = "incorrect data check" in str(error)
        detail = "the checksum does not match" if checksum else f"no GZIP data ({error})"
        raise BitstringError("gzip-checksum" if checksum else "gzip-data", detail) from None
    if len(content) > room:
        raise BitstringError("status-list-too-large", "the bitstring is larger than is expanded here")
    if not unpacking.eof:
        raise BitstringError("gzip-truncated", "the GZIP data are cut short")
    return content, unpacking.unused_data
