"""The public keys of clients: registered ones, or those of a JWKS URL, fetched anew each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from harness.formats import jose
from harness.formats.key_file import KeyFileError, public_keys
from harness.one_login.relying_party import RelyingParty

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
"""What clients may sign with (``token_endpoint_auth_signing_alg_values_supported``)."""
_SECONDS = 5
"""The service has to answer within them (docs: share your public keys using a JWKS endpoint)."""
_LARGEST = 100_000
USER_AGENT = "assay-one-login"


class KeysUnavailable(Exception):
    """The keys of a client cannot be had; the message says why."""


class ClientKeys:
    """Finds the key of a client.

    Args:
        http: makes an HTTP client, which is closed after one use.

    """

    def __init__(self, http: Callable[[], httpx.AsyncClient]) -> None:
        self._http = http

    async def signed(self, client: RelyingParty, jws: jose.Jws) -> bool:
        """Say whether a client signed this, with RSA.

        Raises:
            KeysUnavailable: the JWKS URL does not give the key that ``kid`` names.

        """
        if jws.header.get("alg") not in ALGORITHMS:
            return False
        return any(_verifies(jws, key) for key in await self._candidates(client, jws.header.get("kid")))

    async def _candidates(self, client: RelyingParty, kid: Any) -> tuple[Mapping[str, Any], ...]:
        if client.jwks_url is None:
            return client.public_keys
        if not isinstance(kid, str) or not kid:
            raise KeysUnavailable("the JWT has no kid, which is needed where keys come from a JWKS URL")
        found = tuple(key for key in await self._fetched(client.jwks_url) if key.get("kid") == kid)
        if not found:
            raise KeysUnavailable(f"{client.jwks_url} has no key with the kid {kid!r}")
        return found

    async def _fetched(self, url: str) -> tuple[Mapping[str, Any], ...]:
        try:
            async with self._http() as http:
                answer = await http.get(url, headers={"User-Agent": USER_AGENT}, timeout=_SECONDS)
        except httpx.HTTPError as problem:
            raise KeysUnavailable(f"{url} cannot be fetched: {type(problem).__name__}") from None
        if answer.status_code != 200 or len(answer.content) > _LARGEST:
            raise KeysUnavailable(f"{url} answers with status {answer.status_code}, or too much")
        try:
            return public_keys(answer.content)
        except KeyFileError:
            raise KeysUnavailable(f"{url} gives no JWK Set with a public key") from None


def _verifies(jws: jose.Jws, key: Mapping[str, Any]) -> bool:
    try:
        jose.verify(jws, key, ALGORITHMS)
    except jose.SignatureError:
        return False
    return True
