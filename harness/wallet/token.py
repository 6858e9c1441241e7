"""Token Requests and Responses: OpenID4VCI 1.0 section 6, RFC 6749 sections 4.1.3, 5 and 6."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from harness.dialects import LATEST, Dialect
from harness.formats import jose, strict_json
from harness.formats.problems import FormatError
from harness.transport import Reply
from harness.wallet.offer import AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE


def form(
    code: str, *, tx_code: str | None = None, client_id: str | None = None, dialect: Dialect = LATEST
) -> dict[str, str]:
    """Give the parameters of a right Token Request (section 6.1).

    Args:
        code: the Pre-Authorized Code.
        tx_code: the Transaction Code, when the offer asks for one.
        client_id: left out for anonymous access.
        dialect: how the wallet speaks.

    """
    fields = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": code}
    if tx_code is not None:
        fields[dialect.tx_code] = tx_code
    if client_id is not None:
        fields["client_id"] = client_id
    return fields


def code_form(
    code: str, *, redirect_uri: str | None, verifier: str | None, client_id: str | None = None
) -> dict[str, str]:
    """Give the parameters of a right Token Request for an authorization code (RFC 6749 4.1.3, RFC 7636 4.5).

    Args:
        redirect_uri: as in the authorization request; ``None`` when it was not there.
        client_id: left out for a client that authenticates.

    """
    given = {
        "grant_type": AUTHORIZATION_CODE,
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": client_id,
    }
    return {name: value for name, value in given.items() if value is not None}


def refresh_form(refresh_token: str, *, client_id: str | None = None) -> dict[str, str]:
    """Give the parameters of a right refresh request (RFC 6749 section 6)."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return fields if client_id is None else {**fields, "client_id": client_id}


def refresh_token(reply: Reply) -> str | None:
    """Give the refresh token of a successful Token Response, or ``None``."""
    value = reply.object.get("refresh_token")
    return value if reply.successful and isinstance(value, str) and value else None


def scheme(reply: Reply) -> str:
    """Give the authentication scheme for the Access Token: ``DPoP`` where ``token_type`` says so."""
    kind = reply.object.get("token_type")
    return "DPoP" if isinstance(kind, str) and kind.lower() == "dpop" else "Bearer"


def access_token(reply: Reply) -> str | None:
    """Give the Access Token of a successful Token Response, or ``None``."""
    token = reply.object.get("access_token")
    return token if reply.successful and isinstance(token, str) and token else None


def confirmation(reply: Reply) -> dict[str, Any]:
    """Give the ``cnf`` of an Access Token that is a JWT (RFC 7800); empty when the token has none to read."""
    cnf = claims(access_token(reply) or "").get("cnf")
    return cnf if isinstance(cnf, dict) else {}


def signed(reply: Reply) -> dict[str, jose.Jws]:
    """Give those of ``access_token`` and ``id_token`` of a Token Response that are signed JWTs, by name.

    Nothing is said about their signatures.
    """
    found = {}
    for name in ("access_token", "id_token"):
        value = reply.object.get(name)
        if reply.successful and isinstance(value, str):
            with contextlib.suppress(FormatError):
                found[name] = jose.parse_compact(value)
    return found


def claims(access_token: str) -> dict[str, Any]:
    """Give the claims of an Access Token that is a JWT (RFC 9068); empty when it is none.

    Nothing is said about the signature, which is for the Credential Issuer to verify.
    """
    try:
        found = strict_json.parse(jose.parse_compact(access_token).payload).value
    except FormatError:
        return {}
    return found if isinstance(found, dict) else {}


def credential_identifiers(
    reply: Reply, configuration_id: str, configuration: Mapping[str, Any] | None = None
) -> list[str]:
    """Give the ``credential_identifiers`` that a Token Response holds for a configuration (section 6.2).

    Args:
        reply: the Token Response.
        configuration_id: of the Credential Configuration.
        configuration: its metadata, by which drafts can describe it in place of its id.

    """
    details: Any = reply.object.get("authorization_details")
    found: list[str] = []
    for item in details if isinstance(details, list) else []:
        if not isinstance(item, dict) or item.get("type") != "openid_credential":
            continue
        identifiers = item.get("credential_identifiers")
        named = item.get("credential_configuration_id") == configuration_id or _describes(
            item, configuration or {}
        )
        if named and isinstance(identifiers, list):
            found += [identifier for identifier in identifiers if isinstance(identifier, str)]
    return found


def _describes(item: Mapping[str, Any], configuration: Mapping[str, Any]) -> bool:
    """Whether authorization details name a configuration by its format and type, as drafts 13 to 15 have it."""
    if "credential_configuration_id" in item or "format" not in item:
        return False
    return all(item.get(name) == configuration.get(name) for name in ("format", "vct", "doctype")) and (
        _types(item) == _types(configuration)
    )


def _types(described: Mapping[str, Any]) -> Any:
    definition = described.get("credential_definition")
    return definition.get("type") if isinstance(definition, Mapping) else None
