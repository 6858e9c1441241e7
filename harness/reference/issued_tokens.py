"""Access tokens as they come back: which of those that were given out one is, though its text was changed.

An issuer that takes JWTs reads who a token is for before it knows whether the signature holds.
"""

from __future__ import annotations

from harness.reference import jwt
from harness.reference.state import Access, Shelf


def index(tokens: Shelf[Access], token: object, access: Access) -> None:
    """Keep what an access token stands for under its ``jti``, too, where it is a JWT (RFC 9068 section 2.2)."""
    identifier = _identifier(token)
    if identifier is not None:
        tokens.put(identifier, access)


def find(tokens: Shelf[Access], token: str | None) -> Access | None:
    """Give what an access token stands for by its text, or by its ``jti`` where such are kept."""
    return tokens.get(token) or tokens.get(_identifier(token))


def _identifier(token: object) -> str | None:
    read = jwt.read(token)
    identifier = read.text("jti") if read else None
    # No token is written with a space, so that nobody can send this as one.
    return None if identifier is None else f"jti {identifier}"
