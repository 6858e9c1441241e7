"""Reads the extensions of a ClientHello (RFC 8446 section 4.1.2)."""

from __future__ import annotations

SUPPORTED_VERSIONS, PROTOCOLS = 43, 16


def is_whole(hello: bytes) -> bool:
    """Whether the record with the ClientHello has come to its end."""
    return len(hello) >= 5 and len(hello) >= 5 + int.from_bytes(hello[3:5], "big")


def extensions(hello: bytes) -> dict[int, bytes]:
    """Give the data of each extension by its code point, as far as the bytes go."""
    body = hello[9:]  # after the heads of record and message
    place = 34  # version and random
    for width in (1, 2, 1):  # session, cipher suites, compressions
        place += width + int.from_bytes(body[place : place + width], "big")
    place += 2
    found: dict[int, bytes] = {}
    while place + 4 <= len(body):
        kind, size = (int.from_bytes(body[place + offset : place + offset + 2], "big") for offset in (0, 2))
        found[kind] = body[place + 4 : place + 4 + size]
        place += 4 + size
    return found


def protocols(hello: bytes) -> list[str]:
    """Give the application protocols that a ClientHello offers (RFC 7301 section 3.1)."""
    names = extensions(hello).get(PROTOCOLS, b"")[2:]
    found = []
    while names:
        found.append(names[1 : 1 + names[0]].decode("ascii", "replace"))
        names = names[1 + names[0] :]
    return found
