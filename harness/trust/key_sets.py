"""JWK Sets (RFC 7517 section 5) as sources of a signer's key, and those that the team configured."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.formats.jwk import is_private_or_symmetric
from harness.formats.signatures import SignatureError
from harness.transport import TransportFailure
from harness.trust.files import TrustError, content
from harness.trust.found import IssuerKey, Search

MECHANISM = "jwks"
ADVICE = 'tell assay.toml where the issuer\'s keys are: [trust] jwks = ["https://…/jwks.json"]'

Verify = Callable[[Mapping[str, Any]], None]


def keys_of(value: Any) -> tuple[list[dict[str, Any]] | None, str | None]:
    """Give the keys of a JWK Set and what is wrong with it."""
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        return None, "no JSON object with an array keys"
    usable = [key for key in keys if isinstance(key, dict) and isinstance(key.get("kty"), str)]
    if len(usable) < len(keys):
        return usable, "an element of keys is no JWK with a kty"
    if any(is_private_or_symmetric(key) for key in usable):
        return usable, "a key is private or symmetric"
    return usable, None


def fitting(keys: Sequence[Mapping[str, Any]], verify: Verify) -> Mapping[str, Any] | None:
    """Give the first key that verifies what was signed."""
    for key in keys:
        try:
            verify(key)
        except SignatureError:
            continue
        return key
    return None


async def from_configured_sets(search: Search) -> IssuerKey | None:
    """Find the key in the JWK Sets that the team configured.

    Raises:
        TrustError: one of them cannot be read.

    """
    sources = search.trust.jwks
    keys = [key for source in sources for key in await _configured_keys(source, search)]
    kid = search.signer.key_id
    named = [key for key in keys if kid is not None and key.get("kid") == kid]
    jwk = fitting(named or keys, search.verify) or next(iter(named), None)
    if jwk is not None:
        return IssuerKey(MECHANISM, jwk)
    if sources:
        search.tried.append(f"none of the {len(keys)} keys of [trust] jwks verifies it")
    return None


async def _configured_keys(source: str, search: Search) -> list[dict[str, Any]]:
    # The team's own word is no pointer of the issuer's, so it may lead to any host.
    if source.startswith(("https://", "http://")):
        try:
            reply = await search.fetcher.client.send("JWK Set of the team", "GET", source)
        except TransportFailure as failure:
            raise TrustError(f"trust.jwks: nothing came from {source}: {failure.message}") from None
        if not reply.successful:
            raise TrustError(f"trust.jwks: {source} answered {reply.gist} (exchange {reply.exchange})")
        data = reply.body
    else:
        try:
            data = content(Path(source))
        except OSError as error:
            raise TrustError(f"trust.jwks: cannot read {source}: {error.strerror}") from None
    try:
        keys, complaint = keys_of(json.loads(data))
    except (ValueError, RecursionError):
        keys, complaint = None, "no JSON"
    if keys is None:
        raise TrustError(f"trust.jwks: {source} is no JWK Set: {complaint}")
    return keys
