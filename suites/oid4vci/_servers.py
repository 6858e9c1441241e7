"""The Authorization Servers of a Credential Issuer, one by one, for the checks of their metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.expect import Expect
from harness.wallet.metadata import AuthorizationServer, Issuer
from suites.oid4vci._parts import Judge, Part

DEFAULT_GRANT_TYPES = ["authorization_code", "implicit"]
"""What a server supports that does not say (RFC 8414 section 2, ``grant_types_supported``)."""


def described(issuer: Issuer, expect: Expect) -> Iterator[tuple[AuthorizationServer, Part, Judge]]:
    """Give each server that publishes metadata, with its metadata and the words to judge them by."""
    for server in issuer.servers:
        if server.metadata and not server.inline:
            source = server.fallback or server.reply
            yield server, Part(server.metadata, ""), Judge(expect, source.exchange if source else None)


def described_with(issuer: Issuer, name: str, expect: Expect) -> Iterator[tuple[Part, Judge]]:
    """Give a member of the metadata of each server that has it."""
    for _, metadata, judge in described(issuer, expect):
        if name in metadata:
            yield metadata[name], judge


def grant_types(server: AuthorizationServer) -> list[Any]:
    """Give the grant types of a server; one that stands without its array counts as said."""
    found = server.metadata.get("grant_types_supported", DEFAULT_GRANT_TYPES)
    return found if isinstance(found, list) else [found]
