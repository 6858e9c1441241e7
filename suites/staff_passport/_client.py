"""Whether a request of the gateway is made with what the external system was given to make it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from harness.expect import Expect
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.request_log import GatewayRequest


def expect_client(
    expect: Expect, request: GatewayRequest, system: ExternalSystem, code: str, requirement: str | None = None
) -> None:
    """Expect a request to have the right ``client_id`` and ``client_secret``, in its body or by HTTP Basic.

    Args:
        code: how the finding codes begin.
        requirement: what a wrong one violates; the check's first requirement by default.

    """
    client, secret = _given(request)
    expect.that(
        client == system.client_id,
        f"{code}-CLIENT",
        f"client_id {system.client_id}",
        "no client_id" if client is None else client,
        requirement=requirement,
    )
    expect.that(
        secret == system.client_secret,
        f"{code}-SECRET",
        "the client_secret that the portal was given",
        "no client_secret" if secret is None else "another one",
        requirement=requirement,
    )


def _given(request: GatewayRequest) -> tuple[Any, Any]:
    basic = _basic(request.headers.get("authorization", ""))
    body = request.json if isinstance(request.json, Mapping) else request.parameters
    return body.get("client_id", basic[0]), body.get("client_secret", basic[1])


def _basic(header: str) -> tuple[str | None, str | None]:
    """Read client and secret from an ``Authorization`` header (RFC 6749 section 2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.casefold() != "basic":
        return None, None
    try:
        client, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return unquote_plus(client), unquote_plus(secret)
