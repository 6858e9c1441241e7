"""Well-known URLs of identifiers with a path: RFC 8414 section 3.1, which OpenID4VCI and SD-JWT VC follow."""

from __future__ import annotations

import re

# Never fails: what is no URL is for the sending to refuse and for a check to judge.
_ORIGIN_AND_PATH = re.compile(r"((?:[^:/?#]+:)?(?://[^/?#]*)?)([^?#]*)")


def well_known_url(identifier: str, suffix: str) -> str:
    """Insert ``/.well-known/SUFFIX`` between host and path, without a slash at the end.

    >>> well_known_url("https://issuer.example.com/tenant", "openid-credential-issuer")
    'https://issuer.example.com/.well-known/openid-credential-issuer/tenant'
    """
    origin, path = origin_and_path(identifier)
    return f"{origin}/.well-known/{suffix}{path.rstrip('/')}"


def origin_and_path(identifier: str) -> tuple[str, str]:
    """Take an identifier apart; query and fragment are left out."""
    found = _ORIGIN_AND_PATH.match(identifier)
    return (found[1], found[2]) if found else (identifier, "")
