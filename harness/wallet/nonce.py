"""Nonce Requests: OpenID4VCI 1.0 section 7."""

from __future__ import annotations

from harness.transport import Client, Reply


async def request(client: Client, endpoint: str) -> Reply:
    """Ask for a fresh ``c_nonce``: a POST with an empty body and without an Access Token (section 7.1).

    Raises:
        TransportFailure: there is no complete answer.

    """
    return await client.send("nonce request", "POST", endpoint, content=b"")


def c_nonce(reply: Reply) -> str | None:
    """Give the ``c_nonce`` of a successful Nonce Response, or ``None``."""
    return c_nonce_in(reply) if reply.successful else None


def c_nonce_in(reply: Reply) -> str | None:
    """Give the ``c_nonce`` of any answer; before draft 15, refusals brought one too."""
    value = reply.object.get("c_nonce")
    return value if isinstance(value, str) and value else None
