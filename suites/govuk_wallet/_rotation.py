"""Requests with Access Tokens that a key of GOV.UK One Login signs which is new in its JWKS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness.govuk import forgery
from harness.govuk.minting import Minted
from harness.govuk.service_keys import ServiceKey
from harness.govuk.token_service import JWKS_MAX_AGE_S, TokenService
from harness.transport import Reply
from harness.wallet.jwt import JwtDraft

Send = Callable[[Minted, JwtDraft], Awaitable[Reply]]
"""Makes a request for an offer with an Access Token that is right but for its key, given the right one."""


async def with_new_key(minted: Minted, service: TokenService, send: Send) -> Reply:
    """Make a request whose Access Token is signed with a key that was published just now.

    Where it is refused, another key is published, and used when nobody may have an older JWKS any more.

    Raises:
        Blocked: the run does not wait so long.

    """
    key = service.keys.publish()
    try:
        reply = await send(minted, await _signed(minted, key))
    finally:
        service.keys.withdraw(key)
    if reply.successful:
        return reply
    key = service.keys.publish()
    try:
        await minted.flow.tools.wait(JWKS_MAX_AGE_S + 1, "reading the JWKS of GOV.UK One Login anew")
        fresh = minted.another()
        return await send(fresh, await _signed(fresh, key))
    finally:
        service.keys.withdraw(key)


async def _signed(offer: Minted, key: ServiceKey) -> JwtDraft:
    return forgery.signed_by(await offer.draft(), key.key, kid=key.kid)
