"""The access and refresh tokens of the token service, as drafts that checks may change before they are signed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from harness.govuk.service_keys import ServiceKey
from harness.wallet.jwt import JwtDraft

ACCESS_LIFETIME_S = 180
REFRESH_LIFETIME_S = 15 * 30 * 24 * 3600
"""Fifteen months."""
ACCESS_TYPE = "at+jwt"


def fresh_uuid(random_bytes: Callable[[int], bytes]) -> str:
    """Give a random UUID in lower case."""
    return str(uuid.UUID(bytes=random_bytes(16), version=4))


def access_token(
    code: Mapping[str, Any],
    subject: str,
    *,
    key: ServiceKey,
    token_service: str,
    now: float,
    random_bytes: Callable[[int], bytes],
    refresh: bool,
) -> JwtDraft:
    """Draft the access token that an issuer gets at its Credential Endpoint.

    It has what the documentation shows and no more: no ``iat``, ``nbf``, ``client_id`` or ``scope``.

    Args:
        code: the claims of the pre-authorized code.
        subject: ``wallet_subject_id`` of the wallet's user.
        key: what it is signed with.
        token_service: the URL of the service.
        now: seconds since 1970.
        random_bytes: randomness.
        refresh: for an in-app refresh, where ``credential_identifiers`` is left out.

    """
    claims: dict[str, Any] = {"sub": subject, "iss": token_service, "aud": code["iss"]}
    claims["exp"] = int(now) + ACCESS_LIFETIME_S
    names = ("credential_configuration_ids",) if refresh else _FROM_CODE
    claims |= {name: code[name] for name in names if name in code}
    claims |= {"c_nonce": fresh_uuid(random_bytes), "jti": fresh_uuid(random_bytes)}
    return JwtDraft(key.key, {"alg": key.alg, "typ": ACCESS_TYPE, "kid": key.kid}, claims)


_FROM_CODE = ("credential_identifiers", "credential_configuration_ids")


def refresh_token(
    code: Mapping[str, Any],
    subject: str,
    *,
    key: ServiceKey,
    token_service: str,
    now: float,
    random_bytes: Callable[[int], bytes],
    thumbprint: str,
) -> JwtDraft:
    """Draft a refresh token, which only the token service reads.

    Args:
        thumbprint: of the wallet's DPoP key, which the token is bound to.

    """
    claims = {
        "aud": token_service,
        "iss": token_service,
        "clientId": code["clientId"],
        "sub": subject,
        "exp": int(now) + REFRESH_LIFETIME_S,
        "iat": int(now),
        "credential_configuration_ids": code["credential_configuration_ids"],
        "scope": "wallet.refresh",
        "jti": fresh_uuid(random_bytes),
        "cnf": {"jkt": thumbprint},
    }
    return JwtDraft(key.key, {"alg": key.alg, "typ": "JWT", "kid": key.kid}, claims)
