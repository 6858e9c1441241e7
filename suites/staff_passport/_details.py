"""What a pushed request says about the credential that is to be issued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.staff_passport.templates import SERIAL_NUMBER, UNIQUE_IDENTIFIER

_REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce"})
"""Claims that are about the JWT itself."""


def attributes(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give the claims of a hint that become attributes of the credential, the unique identifier among them."""
    return {name: value for name, value in claims.items() if name not in _REGISTERED | {SERIAL_NUMBER}}


def information(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the portal itself knows to issue, by name, wherever in the hint it stands.

    The unique identifier is left out: a portal learns it from the identity credential, maybe later.
    """
    return {name: value for name, value in leaves(attributes(claims)) if name != UNIQUE_IDENTIFIER}


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Give every value that is neither an object nor an array, with the name of the member it stands in."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from leaves(member, str(key))
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, name)
    else:
        yield name, value
