"""Revocation of tokens by their client (RFC 7009)."""

from __future__ import annotations

from collections.abc import Mapping

from harness.reference.rules import Refusal
from harness.reference.state import Ledger


def revoke(ledger: Ledger, parameters: Mapping[str, str], client_id: str | None) -> None:
    """Make a token of a client good for nothing more; one that nobody knows is gone already (section 2.2).

    With a refresh token goes everything that the user authorized (section 2.1).

    Raises:
        Refusal: there is no token, or it belongs to another client.

    """
    token = parameters.get("token")
    if token is None:
        raise Refusal(400, "invalid_request", "The token is missing.")
    access, refresh = ledger.tokens.get(token), ledger.refreshes.get(token)
    owner = access.client_id if access else refresh.authorization.client_id if refresh else client_id
    if owner != client_id:
        raise Refusal(400, "invalid_grant", "The token was given to another client.")
    if access:
        access.withdrawn = True
    if refresh:
        refresh.authorization.revoked = True
