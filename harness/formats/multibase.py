"""Multibase in base58-btc (Controlled Identifiers 1.0 section 2.4): ``z`` and the digits.

Of the other encodings in the registry of Multibase only the form is known; that section allows them, too.

Errors, all :class:`MultibaseError`:

- ``multibase-prefix``: the text does not begin with ``z``.
- ``multibase-alphabet``: a character outside the base58-btc alphabet.
"""

from __future__ import annotations

import re

from harness.formats.problems import FormatError

_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_BASE64 = r"(?:{0}{{4}})*(?:{0}{{2,3}}{1})?"
_OTHERS = re.compile(
    "|".join(
        (
            r"0[01]+|7[0-7]+|9[0-9]+",
            r"f(?:[0-9a-f]{2})+|F(?:[0-9A-F]{2})+",
            r"v[0-9a-v]+|V[0-9A-V]+|t[0-9a-v]+=*|T[0-9A-V]+=*",
            r"b[a-z2-7]+|B[A-Z2-7]+|c[a-z2-7]+=*|C[A-Z2-7]+=*",
            r"h[ybndrfg8ejkmcpqxot1uwisza345h769]+",
            r"k[0-9a-z]+|K[0-9A-Z]+|R[0-9A-Z $%*+./:-]+",
            r"Z[1-9A-HJ-NP-Za-km-z]+",
            "m" + _BASE64.format("[A-Za-z0-9+/]", ""),
            "M" + _BASE64.format("[A-Za-z0-9+/]", "={1,2}"),
            "u" + _BASE64.format("[A-Za-z0-9_-]", ""),
            "U" + _BASE64.format("[A-Za-z0-9_-]", "={1,2}"),
        )
    )
)


class MultibaseError(FormatError):
    """The text is no base58-btc in Multibase."""


def has_form(text: str) -> bool:
    """Say whether a text is Multibase by its letter and its alphabet, in whatever encoding."""
    base58 = text.startswith("z") and all(character in _DIGITS for character in text[1:])
    return base58 or _OTHERS.fullmatch(text) is not None


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
