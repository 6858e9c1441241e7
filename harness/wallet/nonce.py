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
    value = reply.object.get("c_nonce")
    return value if reply.successful and isinstance(value, str) and value else None
