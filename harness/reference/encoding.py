"""base64url, and JSON as this issuer writes it."""

from __future__ import annotations

import base64
import json
from typing import Any


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Decode base64url without padding.

    Raises:
        ValueError: the text is not base64url.

    """
    if not text.isascii() or not all(character.isalnum() or character in "-_" for character in text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded_json(value: Any) -> str:
    """Encode a JSON value in base64url."""
    return base64url(json_text(value).encode())


def json_text(value: Any) -> str:
    """Write a JSON value without needless space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Twin(str):
    """A member name that equals no other, so that one ``dict`` can be written with a name twice."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Twin:
        return self
