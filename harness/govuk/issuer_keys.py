"""Fetching the JWK Set by which an issuer's signatures are verified, and finding the key of one.

Errors, all :class:`IssuerKeyError`; each detail is one sentence about the issuer's JWK Set:

- ``jwks-unreachable``: no complete answer came in time.
- ``jwks-status``: the answer is not 200. Redirects are not followed.
- ``jwks-too-large``: the answer is longer than is read here.
- ``jwks-form``: it is no JSON object with ``keys``, an array of JSON objects (RFC 7517 section 5).
- ``key-unknown``: no key has the ``kid`` of the JWS.
- ``signature``: the key does not verify the JWS, or is no key for ES256.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from harness.formats import jose, strict_json
from harness.formats.problems import FormatError, shown

TIMEOUT_S = 5.0
MAX_BYTES = 100_000
ALGORITHM = "ES256"

HttpClients = Callable[[], httpx.AsyncClient]
"""Makes a client for one outgoing call, which is closed after it."""


class IssuerKeyError(FormatError):
    """The issuer's JWK Set does not verify what it signed."""


async def verify(jws: jose.Jws, url: str, http: HttpClients) -> None:
    """Check a JWS of an issuer with the keys that it publishes now.

    Args:
        jws: what was signed.
        url: of the issuer's JWK Set.
        http: makes the client for the call.

    Raises:
        IssuerKeyError: it is not verified; the kinds are in the module's docstring.

    """
    kid = jws.header.get("kid")
    found = [key for key in await fetch(url, http) if isinstance(kid, str) and key.get("kid") == kid]
    if not found:
        raise IssuerKeyError("key-unknown", f"no key of {url} has the kid {shown(kid)}")
    for number, key in enumerate(found, 1):
        try:
            jose.verify(jws, key, (ALGORITHM,))
        except jose.SignatureError as error:
            if number == len(found):
                raise IssuerKeyError("signature", f"the key {shown(kid)} of {url}: {error.detail}") from None
        else:
            return


async def fetch(url: str, http: HttpClients) -> list[dict[str, Any]]:
    """Fetch a JWK Set, within :data:`TIMEOUT_S` seconds and :data:`MAX_BYTES` bytes.

    Raises:
        IssuerKeyError: there is none to read; the kinds are in the module's docstring.

    """
    try:
        async with asyncio.timeout(TIMEOUT_S), http() as client:
            status, body = await _get(client, url)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        # TimeoutError is an OSError; what httpx raises often has no text.
        raise IssuerKeyError("jwks-unreachable", f"no answer from {url} ({type(error).__name__})") from None
    if status != httpx.codes.OK:
        raise IssuerKeyError("jwks-status", f"{url} answered HTTP {status}")
    try:
        document = strict_json.parse(body).value
    except strict_json.JsonError as error:
        raise IssuerKeyError("jwks-form", f"{url} is no JSON: {error.detail}") from None
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise IssuerKeyError("jwks-form", f"{url} is no JSON object with keys, an array of objects")
    return keys


async def _get(client: httpx.AsyncClient, url: str) -> tuple[int, bytes]:
    # Without content coding the bytes on the wire are all there will be.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    body = bytearray()
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as response:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise IssuerKeyError("jwks-too-large", f"{url} is longer than {MAX_BYTES} bytes")
        return response.status_code, bytes(body)
