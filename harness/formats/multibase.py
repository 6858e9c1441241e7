"""Multibase in base58-btc (Controlled Identifiers 1.0 section 2.4): ``z`` and the digits.

Errors, all :class:`MultibaseError`:

- ``multibase-prefix``: the text does not begin with ``z``.
- ``multibase-alphabet``: a character outside the base58-btc alphabet.
"""

from __future__ import annotations

from harness.formats.problems import FormatError

_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class MultibaseError(FormatError):
    """The text is no base58-btc in Multibase."""


def encode(data: bytes) -> str:
    """Encode bytes; each leading zero byte becomes a ``1``."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _DIGITS[digit] + digits
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def decode(text: str) -> bytes:
    """Decode a text. The cost grows with the square of its length, so the caller bounds that.

    Raises:
        MultibaseError: the text is no base58-btc.

    """
    if not text.startswith("z"):
        raise MultibaseError("multibase-prefix", "the text is no base58-btc, which begins with z")
    number = 0
    for character in text[1:]:
        digit = _DIGITS.find(character)
        if digit < 0:
            raise MultibaseError("multibase-alphabet", "a character is outside the base58-btc alphabet")
        number = number * 58 + digit
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
