"""The discovery documents of both versions, and the key set."""

from __future__ import annotations

from typing import Any

from harness.staff_passport.gateway import answers
from harness.staff_passport.gateway.core import V2, Answer, Core, Exchange, Version
from harness.staff_passport.gateway.ways import JWKS_PATHS


async def discovery(core: Core, exchange: Exchange) -> Answer:
    """Give the discovery document."""
    return answers.json(described(core, exchange.version))


def described(core: Core, version: Version) -> dict[str, Any]:
    """Describe the endpoints of a version (OpenID Connect Discovery section 4)."""
    base = core.base_url
    document: dict[str, Any] = {
        "issuer": core.issuer(version),
        "pushed_authorization_request_endpoint": f"{base}{version.prefix}/par",
        "authorization_endpoint": f"{base}{version.prefix}/authorize",
        "token_endpoint": f"{base}{version.prefix}/token",
        "jwks_uri": f"{base}{JWKS_PATHS[2] if version is V2 else core.ways.jwks_path}",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "require_pushed_authorization_requests": version is not V2,
    }
    if version is V2:
        document |= {"subject_types_supported": ["public"], "request_parameter_supported": False}
    return document


async def jwks(core: Core, _: Exchange) -> Answer:
    """Give the key set (RFC 7517 section 5)."""
    return answers.json({"keys": [core.key.public_jwk]})


async def elsewhere(_: Core, exchange: Exchange) -> Answer:
    """Answer for a path where nothing is."""
    return answers.problem(exchange, "not_found", "There is nothing here.", 404)
