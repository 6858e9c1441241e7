"""Signed Credential Issuer Metadata (OpenID4VCI 12.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.reference import issuer_identity, keys
from harness.reference.context import Context
from harness.reference.documents import Text
from harness.reference.keys import SigningKey
from harness.reference.languages import weighted
from harness.reference.sd_jwt import signed_jwt

MEDIA_TYPE = "application/jwt"
TYPE = "openidvci-issuer-metadata+jwt"
LIFETIME = 24 * 3600
ALGORITHM = "ES256"


@dataclass
class Form:
    """In which form the metadata are returned."""

    signed: bool


@dataclass
class SignedMetadata:
    """Metadata before they are signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: SigningKey | None
    """Without a key the signature is empty."""

    def text(self) -> Text:
        """Sign the metadata."""
        return Text(signed_jwt(self.header, self.claims, self.key))


def wanted(accept: str | None) -> bool:
    """Whether an ``Accept`` header prefers signed metadata to unsigned ones."""
    offered = dict.fromkeys(("application/jwt", "application/json"), 0.0)
    for name, quality in reversed(weighted(accept or "")):
        if name in offered:
            offered[name] = quality
    return offered["application/jwt"] > offered["application/json"]


def draft(context: Context, document: Mapping[str, Any]) -> SignedMetadata:
    """Build the signed form of a metadata document."""
    key = keys.issuer_key(ALGORITHM)
    header = {"alg": ALGORITHM, "typ": TYPE, "x5c": issuer_identity.certificates(context, key)}
    now = context.now()
    claims = {"iss": context.issuer_url, "sub": context.issuer_url, "iat": now, "exp": now + LIFETIME, **document}
    return SignedMetadata(header, claims, key)
