"""Token Requests of the Pre-Authorized Code Flow: OpenID4VCI 1.0 section 6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.transport import Client, Reply
from harness.wallet.offer import PRE_AUTHORIZED_CODE


def form(code: str, *, tx_code: str | None = None, client_id: str | None = None) -> dict[str, str]:
    """Give the parameters of a right Token Request (section 6.1).

    Args:
        code: the Pre-Authorized Code.
        tx_code: the Transaction Code, when the offer asks for one.
        client_id: left out for anonymous access.

    """
    fields = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code}
    if tx_code is not None:
        fields["tx_code"] = tx_code
    if client_id is not None:
        fields["client_id"] = client_id
    return fields


async def request(client: Client, endpoint: str, fields: Mapping[str, str] | list[tuple[str, str]]) -> Reply:
    """Send a Token Request.

    Raises:
        TransportFailure: there is no complete answer.

    """
    for name in ("pre-authorized_code", "tx_code"):
        client.recorder.redactor.learn(dict(fields).get(name, ""))
    return await client.send("token request", "POST", endpoint, form=fields)


def access_token(reply: Reply) -> str | None:
    """Give the Access Token of a successful Token Response, or ``None``."""
    token = reply.object.get("access_token")
    return token if reply.successful and isinstance(token, str) and token else None


def credential_identifiers(reply: Reply, configuration_id: str) -> list[str]:
    """Give the ``credential_identifiers`` that a Token Response holds for a configuration (section 6.2)."""
    details: Any = reply.object.get("authorization_details")
    found: list[str] = []
    for item in details if isinstance(details, list) else []:
        if not isinstance(item, dict) or item.get("type") != "openid_credential":
            continue
        identifiers = item.get("credential_identifiers")
        if item.get("credential_configuration_id") == configuration_id and isinstance(identifiers, list):
            found += [identifier for identifier in identifiers if isinstance(identifier, str)]
    return found
