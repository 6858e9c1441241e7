"""Where the document of a did:web is published (did:web Method Specification).

Errors, all :class:`DidError`:

- ``did-syntax``: no DID of the method web with a host (Method-specific identifier).

Problems:

- ``did-web-address``: the host is an IP address (Method-specific identifier).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from harness.formats.did import MAX_LENGTH, DidError
from harness.formats.problems import Problem, shown

_DID = re.compile(
    r"did:web:(?P<host>[A-Za-z0-9._~-]+)(?:%3[Aa](?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?::(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*)"
)


@dataclass(frozen=True)
class WebDid:
    """A did:web as read."""

    authority: str
    """Host, and port where there is one."""
    path: str
    """Path of its document."""
    problems: tuple[Problem, ...] = ()

    @property
    def url(self) -> str:
        """Where its document is fetched (Read)."""
        return f"https://{self.authority}{self.path}"


def read(did: str) -> WebDid:
    """Read a did:web without fragment.

    >>> read("did:web:example.com%3A3000:user:alice").url
    'https://example.com:3000/user/alice/did.json'

    Raises:
        DidError: it is none.

    """
    parts = _DID.fullmatch(did) if len(did) <= MAX_LENGTH else None
    if parts is None or int(parts["port"] or 0) > 65_535:
        raise DidError("did-syntax", f"{shown(did)} is no did:web with a host")
    problem = Problem("did-web-address", f"{parts['host']} is an IP address")
    authority = parts["host"] + (f":{parts['port']}" if parts["port"] else "")
    path = parts["path"].replace(":", "/") or "/.well-known"
    return WebDid(authority, f"{path}/did.json", (problem,) if _is_address(parts["host"]) else ())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
