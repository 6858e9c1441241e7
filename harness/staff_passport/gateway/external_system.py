"""A registered client of the gateway, with what it was handed at onboarding."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness.reference.jwt import Jwt
from harness.staff_passport.gateway import GatewayError


@dataclass(frozen=True)
class ExternalSystem:
    """One external system.

    Raises:
        GatewayError: a redirect URI is no absolute http(s) URL without a fragment (RFC 6749 section 3.1.2).

    """

    client_id: str
    client_secret: str = field(repr=False)
    signing_key: bytes = field(repr=False)
    """The credential signing key, decoded."""
    redirect_uris: tuple[str, ...]
    organisation_id: str = ""
    did: str = ""
    """Stands as "Issued by" in credentials."""

    def __post_init__(self) -> None:
        for uri in self.redirect_uris:
            if not _web(uri):
                raise GatewayError(f"external system {self.client_id}: {uri!r} is no http(s) URL to redirect to")

    def signed(self, jwt: Jwt) -> bool:
        """Say whether the signing key made the signature of a JWT, with HS256 (RFC 7518 section 3.2)."""
        made = hmac.new(self.signing_key, jwt.signing_input, hashlib.sha256).digest()
        return hmac.compare_digest(made, jwt.signature)


def _web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "#" not in url
