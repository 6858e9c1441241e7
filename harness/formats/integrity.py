"""Integrity metadata of W3C Subresource Integrity (2016), as SD-JWT VC draft 11 section 7 uses them.

A value is a list of ``sha256-DIGEST``, ``sha384-DIGEST`` and ``sha512-DIGEST``, separated by white space; what has
another form is passed over (section 3.3.3), and only the strongest of them counts (section 3.3.5).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from harness.model import Json

_EXPRESSION = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?[!-~]*)?")
_STRENGTH = ("sha256", "sha384", "sha512")
_LONGEST = 10_000
"""Characters that are read."""


@dataclass(frozen=True)
class Hash:
    """One hash of integrity metadata."""

    algorithm: str
    """``sha256``, ``sha384`` or ``sha512``."""
    digest: str
    """As written."""


def hashes(value: Json) -> tuple[Hash, ...]:
    """Give the hashes that integrity metadata name; none when the value is nothing of the kind.

    A digest whose length is not that of its algorithm makes no hash.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ()
    found = (_EXPRESSION.fullmatch(part) for part in value.split())
    named = (Hash(match[1], match[2]) for match in found if match)
    return tuple(item for item in named if _decoded_size(item.digest) == hashlib.new(item.algorithm).digest_size)


def mismatch(value: Json, content: bytes) -> str | None:
    """Say why a document does not match integrity metadata (section 3.3.5); ``None`` when it does.

    Integrity metadata without a readable hash match everything; their form is for others to judge.
    """
    named = hashes(value)
    if not named:
        return None
    strongest = max((item.algorithm for item in named), key=_STRENGTH.index)
    digest = hashlib.new(strongest, content).digest()
    actual = base64.b64encode(digest).decode()
    expected = [item.digest for item in named if item.algorithm == strongest]
    if actual in expected:
        return None
    if any(_decoded(item) == digest for item in expected):
        return f"the {strongest} hash is right, but not written in base64 with its padding: {actual}"
    return f"the {strongest} hash of the document is {actual}"


def _decoded(digest: str) -> bytes | None:
    body = digest.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except binascii.Error:
        return None


def _decoded_size(digest: str) -> int:
    return len(_decoded(digest) or b"")
