"""Where a gateway answers: as its discovery document says, or as public clients know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DOCUMENTS = ("/oidc/.well-known/openid-configuration", "/v2.0/.well-known/openid-configuration")
"""Paths of the discovery documents below the base URL, that of V1 first."""
REVOCATION = "/Revocation/revokecredential"
_PATHS = {
    "pushed_authorization_request_endpoint": "/oidc/par",
    "authorization_endpoint": "/oidc/authorize",
    "token_endpoint": "/oidc/token",
    "jwks_uri": "/oidc/.well-known/openid-configuration/jwks",
    "issuer": "/oidc",
}
"""Those of V1, for a gateway without a document."""
_V1_PUSHED, _V1_BARE = "/oidc/authorize", "/oidc/authorizev1"


@dataclass(frozen=True)
class Endpoints:
    """Absolute URLs.

    Attributes:
        verifying: the authorization endpoint for requests that were not pushed.
        published: the members that the discovery document has; the others are as public clients know them.

    """

    pushed: str
    authorization: str
    verifying: str
    token: str
    jwks: str
    revocation: str
    issuer: str
    published: frozenset[str] = frozenset()


def endpoints(base: str, document: Mapping[str, Any]) -> Endpoints:
    """Give the endpoints of a gateway.

    Args:
        base: its base URL, without a slash at the end.
        document: its discovery document; what it does not name is where V1 has it.

    """

    def named(member: str) -> str:
        value = document.get(member)
        return value if isinstance(value, str) and value else f"{base}{_PATHS[member]}"

    authorization = named("authorization_endpoint")
    # The endpoint that V1 names takes nothing but what was pushed; identities are verified at another one.
    bare = authorization.endswith(_V1_PUSHED) and "/v2" not in authorization
    return Endpoints(
        pushed=named("pushed_authorization_request_endpoint"),
        authorization=authorization,
        verifying=authorization.removesuffix(_V1_PUSHED) + _V1_BARE if bare else authorization,
        token=named("token_endpoint"),
        jwks=named("jwks_uri"),
        revocation=f"{base}{REVOCATION}",
        issuer=named("issuer"),
        published=frozenset(member for member in _PATHS if isinstance(document.get(member), str)),
    )
