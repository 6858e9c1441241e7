"""What the reference issuer emits, each document built in one function.

The functions build drafts; ``faults.Defects.emit`` is the seam each draft passes before it leaves.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from harness.reference import credential_formats, encryption, jwt, keys
from harness.reference.context import Context
from harness.reference.encoding import json_text
from harness.reference.languages import only_in
from harness.reference.variants import Variant

PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
TX_CODE_LENGTH = 6
LANGUAGES = ("en-GB", "de-DE")

JsonObject = dict[str, Any]


class Text(str):
    """A body that is not JSON."""

    __slots__ = ()


@dataclass
class Reply:
    """One HTTP response before it is written. ``body`` is a JSON value, ``Text``, bytes, or ``None`` for none."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass
class WellKnownReply(Reply):
    """A response and the well-known name it is found under."""

    name: str = "oauth-authorization-server"


@dataclass
class PlacedReply(Reply):
    """A response and whether its well-known name stands after the path instead of before it."""

    appended: bool = False


@dataclass
class OfferLink:
    """The link that hands a Credential Offer to a wallet (OpenID4VCI 4.1)."""

    start: str
    parameters: dict[str, str]
    by_value: str
    """The offer as JSON text."""
    by_reference: str
    """The URL the offer can be fetched from."""

    def text(self) -> str:
        """Write the link."""
        return f"{self.start}?{urlencode(self.parameters)}"


def uncacheable(reply: Reply) -> Reply:
    """Forbid storing a response (OpenID4VCI 7.2)."""
    reply.headers["Cache-Control"] = "no-store"
    return reply


@cache
def _configuration_text(name: str) -> str:
    return files(__package__).joinpath("configurations", f"{name}.json").read_text(encoding="utf-8")


def configurations(variant: Variant) -> dict[str, JsonObject]:
    """Give a fresh copy of the data behind the Credential Configurations of a variant, by id."""
    return {name: json.loads(_configuration_text(name)) for name in variant.configurations}


def binding_methods(variant: Variant, data: Mapping[str, Any]) -> Sequence[str]:
    """Give what the credentials of a configuration are bound to; empty for no key.

    A configuration may say so itself where its format leaves no choice.
    """
    return data.get("binding_methods", variant.binding_methods) if variant.binding_methods else ()


def proof_types(variant: Variant, data: Mapping[str, Any]) -> Sequence[str]:
    """Give the proof types of a variant that lead to keys that a configuration can bind to."""
    possible = data.get("proof_types", variant.proof_types)
    return [name for name in variant.proof_types if name in possible]


def credential_identifier(configuration: str) -> str:
    """Name the one Credential Dataset of a configuration (OpenID4VCI 6.2)."""
    return f"{configuration}-of-erika"


def offer(
    context: Context, configuration: str, *, code: str, with_tx_code: bool, grants: Sequence[str]
) -> JsonObject:
    """Build a Credential Offer with some of the grants a variant has (OpenID4VCI 4.1.1)."""
    offered: JsonObject = {}
    if "authorization_code" in grants:
        offered["authorization_code"] = {"issuer_state": context.secret()}
    if "pre-authorized_code" in grants:
        offered[PRE_AUTHORIZED_CODE] = {"pre-authorized_code": code}
        if with_tx_code:
            offered[PRE_AUTHORIZED_CODE]["tx_code"] = {
                "input_mode": "numeric",
                "length": TX_CODE_LENGTH,
                "description": "Enter the code that was shown to you with this offer.",
            }
    if len(context.authorization_server_urls) > 1:
        for grant in offered.values():
            grant["authorization_server"] = context.authorization_server_url
    return {
        "credential_issuer": context.issuer_url,
        "credential_configuration_ids": [configuration],
        "grants": offered,
    }


def tx_code(context: Context) -> str:
    """Give a fresh Transaction Code."""
    number = int.from_bytes(context.random_bytes(8), "big")
    return f"{number % 10**TX_CODE_LENGTH:0{TX_CODE_LENGTH}}"


def offer_link(context: Context, document: JsonObject, *, by: str) -> OfferLink:
    """Build the link for an offer, under a URL of its own so that caches do no harm (OpenID4VCI 4.1.3)."""
    by_value = json_text(document)
    by_reference = f"{context.issuer_url}/offers/{context.secret()}"
    parameters = {"credential_offer": by_value} if by == "value" else {"credential_offer_uri": by_reference}
    return OfferLink(context.variant.offer_link, parameters, by_value, by_reference)


def languages(context: Context) -> Sequence[str]:
    """Give the languages in which there are display data."""
    return context.variant.languages or (LANGUAGES if context.variant.detail == "full" else ())


def metadata(context: Context, shown: Collection[str]) -> JsonObject:
    """Build the Credential Issuer Metadata (OpenID4VCI 12.2.4) with the display data of some languages."""
    variant = context.variant
    document: JsonObject = {"credential_issuer": context.issuer_url}
    if context.authorization_server_urls:
        document["authorization_servers"] = context.authorization_server_urls
    document["credential_endpoint"] = f"{context.issuer_url}/credential"
    if variant.nonce:
        document["nonce_endpoint"] = f"{context.issuer_url}/nonce"
    if variant.deferred != "never":
        document["deferred_credential_endpoint"] = f"{context.issuer_url}/deferred"
    if variant.notification:
        document["notification_endpoint"] = f"{context.issuer_url}/notification"
    if variant.request_encryption != "none":
        document["credential_request_encryption"] = encryption.request_metadata(variant)
    if variant.response_encryption != "none":
        document["credential_response_encryption"] = encryption.response_metadata(variant)
    if variant.batch_size is not None:
        document["batch_credential_issuance"] = {"batch_size": variant.batch_size}
    if variant.detail == "full":
        document["display"] = [
            {
                "name": name,
                "locale": locale,
                "logo": {"uri": "https://credentials.assay.test/assay.png", "alt_text": alt_text},
            }
            for name, locale, alt_text in (
                ("Assay Reference Issuer", "en-GB", "A pair of scales"),
                ("Assay-Referenzaussteller", "de-DE", "Eine Waage"),
            )
        ]
    document["credential_configurations_supported"] = {
        name: _configuration(context, data) for name, data in configurations(variant).items()
    }
    chosen: JsonObject = only_in(document, shown)
    return chosen


def metadata_reply(body: Any, announced: Sequence[str]) -> Reply:
    """Build the HTTP response with the metadata, which names their languages (OpenID4VCI 12.2.2)."""
    reply = Reply(body)
    if announced:
        reply.headers["Content-Language"] = ", ".join(announced)
    return reply


def _configuration(context: Context, data: Mapping[str, Any]) -> JsonObject:
    variant = context.variant
    document: JsonObject = {"format": data["format"], **credential_formats.described(context, data)}
    if methods := binding_methods(variant, data):
        document["cryptographic_binding_methods_supported"] = list(methods)
        document["proof_types_supported"] = {
            name: _proof_type(variant, name) for name in proof_types(variant, data)
        }
    if variant.detail == "full" and not variant.details_only:
        document["scope"] = data["scope"]
    if variant.detail == "full":
        document["credential_metadata"] = data["credential_metadata"]
    return document


def _proof_type(variant: Variant, name: str) -> JsonObject:
    if name in ("di_vp", "ldp_vp"):
        return {"proof_signing_alg_values_supported": list(variant.cryptosuites)}
    document: JsonObject = {"proof_signing_alg_values_supported": list(variant.proof_algorithms)}
    if variant.key_attestation is not None:
        document["key_attestations_required"] = {
            claim: list(levels) for claim, levels in variant.key_attestation.items()
        }
    return document


def jwt_vc_issuer(context: Context) -> JsonObject:
    """Build the JWT VC Issuer Metadata (SD-JWT VC section 5.2)."""
    if context.variant.key_mechanism == "jwks-uri":
        return {"issuer": context.issuer_url, "jwks_uri": f"{context.issuer_url}/credential-keys"}
    return {"issuer": context.issuer_url, "jwks": credential_keys()}


def credential_keys() -> JsonObject:
    """Build the JWK Set of the keys that sign credentials (RFC 7517 section 5)."""
    return {"keys": [keys.issuer_key(algorithm).public_jwk for algorithm in keys.SIGNING_ALGORITHMS]}


def token(
    context: Context,
    identifiers: Mapping[str, str],
    *,
    bound: bool = False,
    scope: str | None = None,
    with_refresh: bool = False,
) -> JsonObject:
    """Build a token response (RFC 6749 section 5.1, RFC 9449 section 5, OpenID4VCI 6.2).

    ``identifiers`` maps Credential Identifiers to Credential Configuration ids, ``bound`` tells whether the token
    is bound to a DPoP key, ``scope`` is what was granted of the scope asked for. ``expires_in`` is recommended,
    so that it is always there.
    """
    document: JsonObject = {
        "access_token": context.secret(),
        "token_type": "DPoP" if bound else "Bearer",
        "expires_in": int(context.variant.token_lifetime),
    }
    if scope is not None:
        document["scope"] = scope
    if with_refresh:
        document["refresh_token"] = context.secret()
    if identifiers:
        document["authorization_details"] = [
            {
                "type": "openid_credential",
                "credential_configuration_id": configuration,
                "credential_identifiers": [identifier],
            }
            for identifier, configuration in identifiers.items()
        ]
    return document


def access_token(context: Context, *, thumbprint: str | None = None, certificate: str | None = None) -> JsonObject:
    """Build the claims of an access token that is a JWT.

    ``thumbprint`` is that of its DPoP key (RFC 9449 section 6.1), ``certificate`` that of the TLS certificate it
    is bound to (RFC 8705 section 3.1).
    """
    now = int(context.clock())
    claims: JsonObject = {
        "iss": context.authorization_server_url,
        "aud": context.issuer_url,
        "jti": context.secret(),
        "iat": now,
        "exp": now + int(context.variant.token_lifetime),
    }
    bound_to = {"jkt": thumbprint, "x5t#S256": certificate}
    if any(bound_to.values()):
        claims["cnf"] = {name: value for name, value in bound_to.items() if value is not None}
    return claims


def signed_access_token(claims: JsonObject) -> str:
    """Sign the claims of an access token as the Authorization Server (RFC 9068 section 2)."""
    return jwt.sign(keys.server_key("sig"), {"typ": "at+jwt", "alg": "ES256"}, claims)


def token_reply(document: JsonObject, status: int = 200) -> Reply:
    """Build the HTTP response of the Token Endpoint (RFC 6749 sections 5.1 and 5.2)."""
    reply = uncacheable(Reply(document, status))
    reply.headers["Pragma"] = "no-cache"
    return reply


def nonce(context: Context) -> JsonObject:
    """Build a nonce response (OpenID4VCI 7.2)."""
    return {"c_nonce": context.secret()}


def error(code: str, description: str) -> JsonObject:
    """Build an error document (RFC 6749 section 5.2, OpenID4VCI 8.3.1.2)."""
    return {"error": code, "error_description": description}


def credential(credentials: Sequence[Any], notification_id: str | None) -> JsonObject:
    """Build a Credential Response or Deferred Credential Response with credentials (OpenID4VCI 8.3 and 9.2)."""
    document: JsonObject = {"credentials": [{"credential": text} for text in credentials]}
    if notification_id is not None:
        document["notification_id"] = notification_id
    return document


def deferral(context: Context, transaction_id: str) -> JsonObject:
    """Build a response that says to come back later (OpenID4VCI 8.3 and 9.2)."""
    return {"transaction_id": transaction_id, "interval": context.variant.interval}
