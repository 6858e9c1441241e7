"""What the provider publishes about itself: discovery, keys, trustmark, DID documents."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from harness.one_login import did_document
from harness.one_login.client_keys import ALGORITHMS
from harness.one_login.context import Context
from harness.one_login.relying_party import CLAIMS, ID_TOKEN_ALGORITHMS
from harness.one_login.visit import Visit

_DAY = {"Cache-Control": "max-age=86400"}
_HOUR = {"Cache-Control": "max-age=3600, private"}


async def discovery(context: Context, _visit: Visit) -> Response:
    """Publish the provider's configuration (OpenID Connect Discovery section 4)."""
    return JSONResponse(configuration(context), headers=_DAY)


def configuration(context: Context) -> dict[str, Any]:
    """Give the configuration. The scope ``wallet-subject-id`` is not advertised, as at the real service."""
    base = context.base_url
    return {
        "issuer": context.issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "end_session_endpoint": f"{base}/logout",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "trustmarks": context.trustmark_url,
        "scopes_supported": ["openid", "email", "phone", "offline_access"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGORITHMS),
        "subject_types_supported": ["public", "pairwise"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub",
            "email",
            "email_verified",
            "phone_number",
            "phone_number_verified",
            "wallet_subject_id",
            *CLAIMS,
        ],
        "ui_locales_supported": ["en", "cy"],
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": False,
        "service_documentation": "https://docs.sign-in.service.gov.uk/",
        "op_policy_uri": "https://signin.account.gov.uk/privacy-notice",
        "op_tos_uri": "https://signin.account.gov.uk/terms-and-conditions",
    }


async def jwks(context: Context, _visit: Visit) -> Response:
    """Publish the keys of ID tokens and logout tokens (RFC 7517)."""
    return JSONResponse({"keys": [key.public_jwk for key in context.token_keys.published]}, headers=_DAY)


async def trustmark(context: Context, _visit: Visit) -> Response:
    """Publish which vectors of trust there are (RFC 8485 section 5)."""
    return JSONResponse(
        {
            "idp": context.issuer,
            "trustmark_provider": context.issuer,
            "C": ["Cl", "Cl.Cm"],
            "P": ["P0", "P1", "P2", "P3"],
        }
    )


async def did(context: Context, _visit: Visit) -> Response:
    """Publish the keys of core identities."""
    told = did_document.document(did_document.did_of(context.identity_url), context.identity_keys.published)
    return JSONResponse(told, headers=_HOUR)


async def foreign_did(context: Context, _visit: Visit) -> Response:
    """Publish the DID document of a stranger, which no service has a reason to fetch."""
    return JSONResponse(did_document.foreign_document(context.identity_url), headers=_HOUR)
