"""Refresh requests, right ones and those with a parameter more, for the checks that make them."""

from __future__ import annotations

from harness.evidence import Blocked
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import token as tokens


def fields(flow: Flow, refresh_token: str, **more: str) -> dict[str, str]:
    """Give the parameters of a refresh request, without what authenticates a confidential client.

    Args:
        more: further parameters.

    """
    public = flow.agent.client_id if flow.agent.oauth.method == "none" else None
    return {**tokens.refresh_form(refresh_token, client_id=public), **more}


async def refresh(flow: Flow, refresh_token: str, **more: str) -> Reply:
    """Send a refresh request."""
    return await flow.request_token(fields(flow, refresh_token, **more))


async def refresh_token_of(flow: Flow) -> str:
    """Give the refresh token of a flow.

    Raises:
        Blocked: the Token Response has none.

    """
    return held(await flow.token())


def held(reply: Reply) -> str:
    """Give the refresh token of a Token Response.

    Raises:
        Blocked: it has none.

    """
    value = tokens.refresh_token(reply)
    if value is None:
        raise Blocked(f"no refresh token was issued: {reply.gist}")
    return value


async def renewed(flow: Flow, refresh_token: str, **more: str) -> Reply:
    """Use a refresh token where that should succeed.

    Raises:
        Blocked: it was refused; another check says so.

    """
    reply = await refresh(flow, refresh_token, **more)
    if tokens.access_token(reply) is None:
        raise Blocked(f"the refresh request brought no Access Token: {reply.gist}")
    return reply
