"""What the gateway does where public sources disagree or say nothing."""

from __future__ import annotations

from dataclasses import dataclass

JWKS_PATHS = (
    "/oidc/.well-known/openid-configuration/jwks",
    "/.well-known/openid-configuration/jwks",
    "/v2.0/.well-known/openid-configuration/jwks",
)
"""Where sources place the key set; the first two for V1."""


@dataclass(frozen=True)
class Ways:
    """The choices. The defaults let public clients and libraries for OpenID Connect through."""

    jwks_path: str = JWKS_PATHS[0]
    """Which key set the discovery document of V1 names; all of them are served."""
    kid_with_algorithm: bool = False
    """``kid`` of an ID token has the algorithm appended to that of the key set, which a public client takes off.

    Libraries for OpenID Connect do not find the key then.
    """
    pkce_enforced: bool = False
    """A token request needs the verifier where a challenge was sent. A wrong verifier is never accepted."""
    either_audience: bool = False
    """The hint may be meant for the issuer of the other version of the gateway."""
    unique_identifier_required: bool = True
    """A hint without the unique identifier is refused, as the standard demands it of the external system."""
    any_template: bool = False
    """Credentials can be issued by templates that the gateway does not know."""
    token_members: bool = True
    """The token response has ``access_token``, ``token_type`` and ``expires_in``, which RFC 6749 requires."""
    revocation_status: int = 200
    """How a revocation is answered."""
    request_seconds: int = 60
    """How long a pushed request lives."""
    page_seconds: int = 300
    """How long a QR code can be scanned."""
    code_seconds: int = 60
    """How long an authorization code lives."""
    id_token_seconds: int = 300
    """How long an ID token is valid."""
    slow_seconds: float = 5.0
    """How much later answers come when the gateway is made slow."""
