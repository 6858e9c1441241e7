"""What the Authorization Server emits: its metadata, authorization responses, what PAR and challenges answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from harness.reference import keys
from harness.reference.clients import ATTESTATION_ALGORITHMS, assertion_algorithms
from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply, configurations, uncacheable

JsonObject = dict[str, Any]

CHALLENGE_HEADER = "OAuth-Client-Attestation-Challenge"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x23-\x7e]+")
_GRANT_TYPES = {"pre-authorized_code": PRE_AUTHORIZED_CODE}


def dpop_algorithms(context: Context) -> tuple[str, ...]:
    """Give ``dpop_signing_alg_values_supported``; FAPI 2.0 section 5.4.1 allows few algorithms."""
    return ("ES256", "PS256") if context.variant.of_fapi else ("ES256", "ES384")


def grant_types(context: Context) -> tuple[str, ...]:
    """Give the values of ``grant_type`` this server supports."""
    return tuple(_GRANT_TYPES.get(name, name) for name in context.variant.grants)


def as_metadata(context: Context) -> JsonObject:
    """Build the metadata of the Authorization Server that serves this issuer (RFC 8414 section 2).

    ``grant_types_supported`` is always there, because its default is not what this server supports, and
    anonymous access is always announced where it is given, because its default is ``false``. Without an
    authorization endpoint there are no response types to name (OpenID4VCI 12.2.4).
    """
    variant, url = context.variant, context.authorization_server_url
    document: JsonObject = {
        "issuer": url,
        "token_endpoint": f"{url}/token",
        "grant_types_supported": list(grant_types(context)),
        "authorization_details_types_supported": ["openid_credential"],
    }
    if "pre-authorized_code" in variant.grants and variant.client_id is None:
        document["pre-authorized_grant_anonymous_access_supported"] = True
    if variant.detail == "full":
        document["token_endpoint_auth_methods_supported"] = [variant.client_authentication]
        document["service_documentation"] = f"{context.issuer_url}/"
    if variant.status == "status_list":
        # Token Status List draft 12 section 9.1.
        document["status_list_aggregation_endpoint"] = context.status_lists_url
    if variant.revocation_endpoint:
        document["revocation_endpoint"] = f"{url}/revoke"
    if context.authorization_server_urls:
        document["jwks_uri"] = f"{url}/jwks"
    return document | _of_the_code_flow(context) | _of_client_authentication(context)


def _of_the_code_flow(context: Context) -> JsonObject:
    variant, url = context.variant, context.authorization_server_url
    if "authorization_code" not in variant.grants:
        return {}
    members: JsonObject = {
        "authorization_endpoint": f"{url}/authorize",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": list(variant.challenge_methods),
    }
    if variant.detail == "full" and not variant.details_only:
        members["scopes_supported"] = [data["scope"] for data in configurations(variant).values()]
        if variant.openid_connect:
            members["scopes_supported"].append("openid")
    if variant.iss_parameter:
        members["authorization_response_iss_parameter_supported"] = True
    if variant.par != "none":
        members["pushed_authorization_request_endpoint"] = f"{url}/par"
    if variant.par == "required":
        members["require_pushed_authorization_requests"] = True
    return members


def _of_client_authentication(context: Context) -> JsonObject:
    variant, members = context.variant, dict[str, Any]()
    if variant.client_authentication == "private_key_jwt":
        members["token_endpoint_auth_signing_alg_values_supported"] = list(assertion_algorithms(variant))
    if variant.client_authentication == "attest_jwt_client_auth":
        members["client_attestation_signing_alg_values_supported"] = list(ATTESTATION_ALGORITHMS)
        members["client_attestation_pop_signing_alg_values_supported"] = list(ATTESTATION_ALGORITHMS)
    if variant.attestation_challenge:
        members["challenge_endpoint"] = f"{context.authorization_server_url}/challenge"
    if variant.client_authentication in ("tls_client_auth", "self_signed_tls_client_auth"):
        members["mtls_endpoint_aliases"] = {"token_endpoint": f"{context.authorization_server_url}/token"}
    if variant.certificate_bound:
        members["tls_client_certificate_bound_access_tokens"] = True
    if variant.dpop != "none":
        members["dpop_signing_alg_values_supported"] = list(dpop_algorithms(context))
    return members


def as_keys() -> JsonObject:
    """Build the JWK Set of an Authorization Server of its own: one key signs, one is encrypted to (RFC 8414 2)."""
    return {"keys": [keys.server_key(use).export_public(as_dict=True) for use in ("sig", "enc")]}


def other_as_metadata(url: str) -> JsonObject:
    """Build the metadata of an Authorization Server that does not serve the Pre-Authorized Code Flow."""
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "scopes_supported": ["employee_badge"],
        "code_challenge_methods_supported": ["S256"],
    }


@dataclass
class AuthorizationResponse:
    """The redirect that takes the user's browser back to the wallet (RFC 6749 sections 4.1.2 and 4.1.2.1)."""

    redirect_uri: str
    parameters: dict[str, str]
    asked: Mapping[str, str]
    """The parameters of the request that is answered."""
    status: int = 302
    in_fragment: bool = False
    headers: dict[str, str] = field(default_factory=lambda: {"Cache-Control": "no-store"})

    @property
    def refuses_type(self) -> bool:
        """Whether it refuses a request for its response_type."""
        return self.parameters.get("error") == "unsupported_response_type"

    @property
    def safe(self) -> bool:
        """Whether the redirect URI is a URI that can stand in a header."""
        return _URI.fullmatch(self.redirect_uri) is not None

    def location(self) -> str:
        """Write the URL; what the redirect URI has of its own query stays (RFC 6749 section 3.1.2)."""
        separator = "#" if self.in_fragment else "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{separator}{urlencode(self.parameters)}"


def authorization_response(
    context: Context, redirect_uri: str, answer: dict[str, str], asked: Mapping[str, str], *, status: int = 302
) -> AuthorizationResponse:
    """Build an authorization response from its code or its error; ``iss`` follows RFC 9207 section 2."""
    parameters = dict(answer)
    if "state" in asked:
        parameters["state"] = asked["state"]
    if context.variant.iss_parameter:
        parameters["iss"] = context.authorization_server_url
    response = AuthorizationResponse(redirect_uri, parameters, asked, status)
    response.headers |= transport_security(context)
    return response


def transport_security(context: Context) -> dict[str, str]:
    """Give the header that tells browsers to stay with TLS (RFC 6797), where FAPI 2.0 section 5.2.3 wants that."""
    if context.variant.of_fapi and context.base_url.startswith("https:"):
        return {"Strict-Transport-Security": "max-age=31536000"}
    return {}


def par(context: Context) -> JsonObject:
    """Build the answer to a Pushed Authorization Request (RFC 9126 section 2.2)."""
    return {
        "request_uri": f"urn:ietf:params:oauth:request_uri:{context.secret()}",
        "expires_in": int(context.variant.request_lifetime),
    }


def challenge(context: Context) -> JsonObject:
    """Build the answer of the challenge endpoint (attestation-based client authentication -07 section 8)."""
    return {"attestation_challenge": context.secret()}


def par_reply(document: JsonObject, status: int = 201) -> Reply:
    """Build the HTTP response of the PAR Endpoint (RFC 9126 sections 2.2 and 2.3)."""
    reply = uncacheable(Reply(document, status))
    reply.headers["Cache-Control"] = "no-cache, no-store"
    return reply
