"""Pushed Authorization Requests: RFC 9126, OpenID4VCI 1.0 section 5.1.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.transport import Client, Reply


async def request(
    client: Client,
    endpoint: str,
    fields: Mapping[str, str] | Sequence[tuple[str, str]],
    headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
) -> Reply:
    """Send an authorization request to the Pushed Authorization Request Endpoint (RFC 9126 section 2.1).

    Args:
        fields: parameters of the authorization request and what authenticates the client in the body.
        headers: what authenticates the client in header fields, and a DPoP proof.

    Raises:
        TransportFailure: there is no complete answer.

    """
    form = fields if isinstance(fields, Mapping) else list(fields)
    return await client.send("pushed authorization request", "POST", endpoint, headers=headers, form=form)


def request_uri(reply: Reply) -> str | None:
    """Give the reference to the pushed request (RFC 9126 section 2.2), or ``None`` when there is none."""
    uri = reply.object.get("request_uri")
    return uri if reply.successful and isinstance(uri, str) and uri else None


def expires_in(reply: Reply) -> float | None:
    """Give the seconds for which the reference can be used, or ``None`` when the answer has no such number."""
    seconds = reply.object.get("expires_in")
    if not reply.successful or isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    return float(seconds)
