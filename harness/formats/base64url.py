"""Base64url without padding, as RFC 7515 section 2 has it.

Errors, all :class:`Base64UrlError`:

- ``base64url-padding``: the text ends with ``=`` (RFC 7515 section 2 omits all padding).
- ``base64url-alphabet``: a character outside ``A-Z a-z 0-9 - _``, whitespace included (RFC 4648 sections 3.3, 5).
- ``base64url-length``: a length that no encoding has, one more than a multiple of four.
- ``base64url-trailing-bits``: unused bits of the last character are not zero (RFC 4648 section 3.5), so that two
  texts would stand for the same bytes.
"""

from __future__ import annotations

import base64
import re

from harness.formats.problems import FormatError

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*+")


class Base64UrlError(FormatError):
    """The text is not unpadded base64url."""


def decode(text: str) -> bytes:
    """Decode strictly.

    Raises:
        Base64UrlError: the text is not the one unpadded encoding of any bytes.

    """
    if _ALPHABET.fullmatch(text) is None:
        if _ALPHABET.fullmatch(text.rstrip("=")) is not None:
            raise Base64UrlError("base64url-padding", "the text ends with padding")
        raise Base64UrlError("base64url-alphabet", "a character is outside the base64url alphabet")
    if len(text) % 4 == 1:
        raise Base64UrlError("base64url-length", f"no bytes encode to {len(text)} characters")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise Base64UrlError("base64url-trailing-bits", "the unused bits of the last character are not zero")
    return data


def encode(data: bytes) -> str:
    """Encode without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
