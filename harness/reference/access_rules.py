"""What every endpoint that takes an access token asks of it (RFC 6750 sections 2.1 and 3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import issued_tokens
from harness.reference.context import Context
from harness.reference.rules import Rule, rule
from harness.reference.state import Access, Shelf


@dataclass
class ProtectedRequest:
    """A request to an endpoint that takes an access token, as read from the wire."""

    context: Context
    authorization: str | None
    """The Authorization header."""
    media_type: str
    body: bytes
    tokens: Shelf[Access]
    query_token: str | None
    """The access token in the query of the URL."""

    @property
    def scheme(self) -> str:
        """The authentication scheme as spelled by the wallet; empty without one."""
        return (self.authorization or "").partition(" ")[0]

    @property
    def header_token(self) -> str | None:
        """The access token in the Authorization header (RFC 6750 section 2.1, RFC 9449 section 7.1)."""
        value = (self.authorization or "").partition(" ")[2].strip()
        return value if value and self.scheme.lower() in self.context.token_schemes else None

    @property
    def token(self) -> str | None:
        """The access token, wherever it is."""
        return self.header_token or self.query_token

    @cached_property
    def access(self) -> Access | None:
        """What the access token stands for, if it is known."""
        return issued_tokens.find(self.tokens, self.token)

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The body's JSON object; ``None`` when it is none."""
        return json_object(self.body) if self.media_type == "application/json" else None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the request; empty when the body is no JSON object."""
        return self.document or {}


def json_object(text: bytes) -> dict[str, Any] | None:
    """Read a JSON object; ``None`` when the text is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def access_rules(endpoint: str, request_name: str) -> tuple[Rule[ProtectedRequest], ...]:
    """Make the rules on the access token at one endpoint.

    Args:
        endpoint: what their ids begin with.
        request_name: what their statements call a request to it.

    """

    @rule(f"{endpoint}.token-present", None, status=401, statement=f"A {request_name} carries an access token.")
    def token_present(request: ProtectedRequest) -> str | None:
        return None if request.token else "The access token is missing."

    @rule(
        f"{endpoint}.token-in-header",
        None,
        status=401,
        presumes=[f"{endpoint}.token-present"],
        statement=f"A {request_name} carries its access token in the Authorization header, not in the URL.",
    )
    def token_in_header(request: ProtectedRequest) -> str | None:
        return None if request.header_token else "The access token stands in the URL."

    @rule(
        f"{endpoint}.token-known",
        "invalid_token",
        status=401,
        presumes=[f"{endpoint}.token-present"],
        statement=f"The access token of a {request_name} is one this issuer's Authorization Server gave out.",
    )
    def token_known(request: ProtectedRequest) -> str | None:
        return None if request.access else "The access token is unknown."

    @rule(
        f"{endpoint}.token-expired",
        "invalid_token",
        status=401,
        statement=f"The access token of a {request_name} has not expired.",
    )
    def token_expired(request: ProtectedRequest) -> str | None:
        if request.access and request.context.clock() >= request.access.expires_at:
            return "The access token has expired."
        return None

    return token_present, token_in_header, token_known, token_expired
