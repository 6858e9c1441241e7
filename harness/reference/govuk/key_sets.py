"""Reading the public keys of other services, kept and read again when a key is not among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from harness.reference.govuk.outgoing import Outgoing
from harness.reference.jwt import Jwt

_ALGORITHMS = {("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("EC", "P-521"): "ES512"}
"""What a key without ``alg`` is for, by ``kty`` and ``crv``."""


@dataclass(frozen=True)
class Found:
    """The key that a JWT names, and whether the set had to be read again to find it."""

    jwk: Mapping[str, Any] | None
    again: bool = False

    @property
    def signs(self) -> bool:
        """Whether the key is for signatures."""
        return self.jwk is not None and self.jwk.get("use", "sig") == "sig"

    def matches(self, jwt: Jwt | None) -> bool:
        """Whether the key is for the algorithm that a JWT names."""
        if self.jwk is None or jwt is None or not jwt.asymmetric:
            return False
        kind = (str(self.jwk.get("kty")), str(self.jwk.get("crv")))
        algorithm = self.jwk.get("alg") or _ALGORITHMS.get(kind) or ("RS256" if kind[0] == "RSA" else None)
        return jwt.header.get("alg") == algorithm

    def verifies(self, jwt: Jwt | None) -> bool:
        """Whether the signature of a JWT verifies with the key."""
        return jwt is not None and self.matches(jwt) and jwt.verified_by(self.jwk)


class KeySet:
    """A JWK Set (RFC 7517) at a URL."""

    def __init__(self, url: str, http: Outgoing) -> None:
        self._url = url
        self._http = http
        self._keys: dict[str, Mapping[str, Any]] | None = None

    async def named_by(self, jwt: Jwt | None) -> Found:
        """Give the key that the header of a JWT names by ``kid``."""
        kid = jwt.header.get("kid") if jwt else None
        if not isinstance(kid, str):
            return Found(None)
        kept, again = self._keys, self._keys is not None
        if kept is None or kid not in kept:
            kept = await self._read() or kept or {}
            self._keys = kept
            return Found(kept.get(kid), again and kid in kept)
        return Found(kept[kid])

    async def _read(self) -> dict[str, Mapping[str, Any]] | None:
        try:
            answer = await self._http.get(self._url)
            keys = answer.json()["keys"] if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError, TypeError, LookupError):
            return None
        if not isinstance(keys, list):
            return None
        return {key["kid"]: key for key in keys if isinstance(key, dict) and isinstance(key.get("kid"), str)}
