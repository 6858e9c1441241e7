"""Credential Requests and Responses: OpenID4VCI 1.0 section 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.transport import Client, Reply


def body(
    *,
    configuration_id: str,
    identifier: str | None = None,
    proofs: Sequence[str] = (),
) -> dict[str, Any]:
    """Give the body of a right Credential Request (section 8.2).

    Args:
        configuration_id: used when the Token Response returned no identifiers.
        identifier: one of the ``credential_identifiers`` of the Token Response, when it returned any.
        proofs: signed ``jwt`` proofs; none for a configuration without key binding.

    """
    request: dict[str, Any] = (
        {"credential_configuration_id": configuration_id}
        if identifier is None
        else {"credential_identifier": identifier}
    )
    if proofs:
        request["proofs"] = {"jwt": list(proofs)}
    return request


async def request(
    client: Client,
    endpoint: str,
    payload: Mapping[str, Any] | bytes,
    headers: Mapping[str, str],
) -> Reply:
    """Send a Credential Request.

    Args:
        payload: the body as an object, or bytes that are sent as they are under ``application/json``.
        headers: among them ``Authorization``.

    Raises:
        TransportFailure: there is no complete answer.

    """
    if isinstance(payload, bytes):
        sent = {"Content-Type": "application/json", **headers}
        return await client.send("credential request", "POST", endpoint, headers=sent, content=payload)
    return await client.send("credential request", "POST", endpoint, headers=headers, json_body=payload)


def credentials(reply: Reply) -> list[Any]:
    """Give the values of ``credential`` in a successful Credential Response, well-formed or not."""
    items = reply.object.get("credentials") if reply.successful else None
    if not isinstance(items, list):
        return []
    return [item["credential"] for item in items if isinstance(item, dict) and "credential" in item]


def carries_credential(reply: Reply) -> bool:
    """Whether an answer hands anything out: a credential, or the promise of one, whatever its status."""
    members = reply.object
    return any(members.get(name) for name in ("credentials", "credential", "transaction_id"))
