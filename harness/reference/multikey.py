"""Public keys as Multikeys (Controlled Identifiers 1.0 section 2.2.2), and base58 as they are written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.reference.encoding import from_base64url

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIXES = {"P-256": b"\x80\x24", "P-384": b"\x81\x24", "Ed25519": b"\xed\x01"}
"""The codes of Multicodec by curve."""


def base58btc(data: bytes) -> str:
    """Encode in base58 with the alphabet of Bitcoin, with the letter of Multibase in front."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + _BASE58[0] * zeros + digits


def multikey(jwk: Mapping[str, Any]) -> str:
    """Give the Multikey of a public JWK on one of the curves of the Data Integrity cryptosuites.

    Raises:
        KeyError: the key is on no such curve.

    """
    prefix, point = _PREFIXES[jwk["crv"]], from_base64url(jwk["x"])
    if jwk["kty"] == "EC":
        # A point is compressed to one coordinate and the parity of the other (SEC 1 section 2.3.3).
        point = bytes([2 + from_base64url(jwk["y"])[-1] % 2]) + point
    return base58btc(prefix + point)
