"""Faults of what pushed requests, refresh tokens and access tokens are good for (RFC 9126, RFC 6749 section 6)."""

from __future__ import annotations

from typing import Any

from harness.reference.context import Context
from harness.reference.documents import credential_identifier
from harness.reference.faults import fault
from harness.reference.state import Access

Document = dict[str, Any]


@fault("pushed-request:front-wins")
def front_wins(counts: Document, _: Context) -> None:
    """Parameters beside a request_uri replace those that were pushed."""
    brought = {name: value for name, value in counts["beside"] if name not in ("client_id", "request_uri")}
    counts["pushed"] = [pair for pair in counts["pushed"] if pair[0] not in brought] + list(brought.items())


@fault("refreshed-token:refresh-token-missing")
def not_replaced(token: Document, _: Context) -> None:
    """A refresh token is not replaced when it is used."""
    token.pop("refresh_token", None)


@fault("refreshed-token:type-missing")
def type_missing(token: Document, _: Context) -> None:
    """The answer to a refresh request has no token_type."""
    token.pop("token_type", None)


@fault("refreshed-token:scope-lost")
def scope_lost(token: Document, _: Context) -> None:
    """The token of a refresh request has another scope than the first one."""
    token["scope"] = "openid"


@fault("refreshed-access:nothing-granted")
def nothing_granted(access: Access, _: Context) -> None:
    """The token of a refresh request opens nothing."""
    access.configurations, access.identifiers = (), {}


@fault("access:whole-grant")
def whole_grant(access: Access, _: Context) -> None:
    """A token for a part of what was authorized opens the whole."""
    if access.authorization and access.identifiers:
        access.configurations = access.authorization.configurations
        access.identifiers = {credential_identifier(name): name for name in access.configurations}
