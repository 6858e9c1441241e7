"""A service as it is registered at GOV.UK One Login (docs: register and manage your service)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.govuk.people import sector_host_of
from harness.one_login import OneLoginError

SCOPES = ("openid", "email", "phone", "wallet-subject-id")
"""Scopes a service can be registered for (docs: choose which user attributes your service can request)."""

_VOCABULARY = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY = f"{_VOCABULARY}coreIdentityJWT"
ADDRESS = f"{_VOCABULARY}address"
PASSPORT = f"{_VOCABULARY}passport"
DRIVING_PERMIT = f"{_VOCABULARY}drivingPermit"
RETURN_CODE = f"{_VOCABULARY}returnCode"
CLAIMS = (CORE_IDENTITY, ADDRESS, PASSPORT, DRIVING_PERMIT, RETURN_CODE)
"""Claims about identity that a service can be registered for (docs: prove your user's identity)."""

LEVELS = ("P1", "P2", "P3")
"""Levels of identity confidence; ``P0``, none, needs no registration."""
ID_TOKEN_ALGORITHMS = ("ES256", "RS256")


@dataclass(frozen=True)
class RelyingParty:
    """One registered client. Exactly one of ``public_keys``, ``jwks_url`` and ``client_secret`` is given.

    Raises:
        OneLoginError: the registration cannot be.

    """

    client_id: str
    redirect_uris: tuple[str, ...]
    public_keys: tuple[Mapping[str, Any], ...] = ()
    """RSA public keys as JWKs: of the client's assertions and request objects."""
    jwks_url: str | None = None
    """Where the client publishes those keys."""
    client_secret: str | None = None
    """For ``client_secret_post``, which allows no identity proving."""
    post_logout_redirect_uris: tuple[str, ...] = ()
    back_channel_logout_uri: str | None = None
    scopes: tuple[str, ...] = SCOPES
    claims: tuple[str, ...] = CLAIMS
    levels: tuple[str, ...] = ("P2",)
    """Levels of identity confidence it may ask for, of :data:`LEVELS`."""
    sector_host: str = ""
    """Host of the sector identifier; by default of the first redirect URI (OpenID Connect Core section 8.1)."""
    id_token_signing_algorithm: str = "ES256"
    pkce_required: bool = False
    request_object_required: bool = False
    nonce_required: bool = True
    deactivated: bool = False
    """One Login has switched the service off."""

    def __post_init__(self) -> None:
        self._check(bool(self.client_id), "the client needs a client_id")
        self._check(bool(self.redirect_uris), "needs a redirect URI")
        for uri in (*self.redirect_uris, *self.post_logout_redirect_uris):
            self._check(_absolute(uri), f"{uri!r} is no absolute URI without a fragment")
        for url in (self.jwks_url, self.back_channel_logout_uri):
            self._check(url is None or _web(url), f"{url!r} is no http(s) URL")
        ways = sum(bool(way) for way in (self.public_keys, self.jwks_url, self.client_secret))
        self._check(ways == 1, "needs exactly one of public keys, a JWKS URL and a client secret")
        self._check(all(key.get("kty") == "RSA" for key in self.public_keys), "public keys have to be RSA")
        self._among("scopes", self.scopes, SCOPES)
        self._check("openid" in self.scopes, "needs the scope openid")
        self._among("claims", self.claims, CLAIMS)
        self._among("levels", self.levels, LEVELS)
        self._among("id_token_signing_algorithm", (self.id_token_signing_algorithm,), ID_TOKEN_ALGORITHMS)

    @property
    def sector(self) -> str:
        """The host that the pairwise identifiers of users are derived from."""
        return self.sector_host or sector_host_of(self.redirect_uris[0])

    def _among(self, what: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
        unknown = [name for name in given if name not in known]
        self._check(not unknown, f"{what}: {', '.join(unknown)}: unknown; known are {', '.join(known)}")

    def _check(self, good: bool, complaint: str) -> None:
        if not good:
            raise OneLoginError(f"client {self.client_id}: {complaint}" if self.client_id else complaint)


def _absolute(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.scheme) and bool(parts.hostname) and "#" not in uri


def _web(url: str) -> bool:
    return _absolute(url) and urlsplit(url).scheme in {"http", "https"}
