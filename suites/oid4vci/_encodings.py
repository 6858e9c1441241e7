"""Credentials that were encoded once more on their way into a Credential Response: OpenID4VCI 1.0 appendix A."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable


def is_encoded_again(text: str, unreadable: Callable[[str], object | None]) -> bool:
    """Say whether a credential comes out when a JSON string's quotes or base64 are taken away.

    Args:
        text: the value of ``credential``.
        unreadable: gives why a text is no credential; ``None`` for one that is.

    """
    unquoted = text.strip().strip('"')
    if unquoted != text and unreadable(unquoted) is None:
        return True
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_" if "+" not in text else None)
        return unreadable(decoded.decode("ascii")) is None
    except (binascii.Error, ValueError):
        return False
