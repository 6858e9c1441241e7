"""What the tenant hands out, each document built in one function; every draft passes a seam on its way out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from harness.reference import keys, ldp_vc, mdoc
from harness.reference.document_signer import Certificate
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply, Text
from harness.reference.encoding import json_text
from harness.reference.rules import Refusal
from harness.vendors.mattr import context as places
from harness.vendors.mattr.context import TenantContext
from harness.vendors.mattr.records import Offer

JsonObject = dict[str, Any]
TX_CODE_LENGTH = 6
_LOCALE = "en-NZ"
_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_PARAMETERS = {
    "invalid_request": "grant_type",
    "unsupported_grant_type": "grant_type",
    "invalid_grant": "pre-authorized_code",
    "invalid_proof": "proof",
    "unknown_credential_configuration": "type",
}
"""Error code to the parameter that the vendor's envelope blames."""


@dataclass
class OfferLink:
    """The link that hands an offer to a wallet."""

    scheme: str
    parameters: dict[str, str]

    def text(self) -> str:
        """Write the link."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in self.parameters.items())
        return f"{self.scheme}://?{query}"


def offer(context: TenantContext, made: Offer, description: str | None) -> JsonObject:
    """Build the offer that wallets read."""
    grant: JsonObject = {"pre-authorized_code": made.code}
    if made.tx_code is not None:
        grant["tx_code"] = {"length": TX_CODE_LENGTH, "input_mode": "numeric"}
        if description:
            grant["tx_code"]["description"] = description
    document: JsonObject = {"credential_issuer": context.issuer_url}
    if context.variant.offer_ids in ("legacy", "both"):
        document["credentials"] = list(made.configurations)
    if context.variant.offer_ids in ("final", "both"):
        document["credential_configuration_ids"] = list(made.configurations)
    return {**document, "grants": {PRE_AUTHORIZED_CODE: grant}}


def offer_link(document: JsonObject) -> OfferLink:
    """Build the link with an offer by value."""
    return OfferLink("openid-credential-offer", {"credential_offer": json_text(document)})


# Metadata


def issuer_metadata(context: TenantContext) -> JsonObject:
    """Build the metadata of the issuer."""
    style = context.variant.metadata_style
    document: JsonObject = server_members(context) if context.variant.inline_server else {}
    document["credential_issuer"] = context.issuer_url
    document["credential_endpoint"] = context.url(places.CREDENTIAL)
    if style in ("array", "both"):
        document["credentials_supported"] = [_legacy(context, each) for each in context.configurations.values()]
    if style in ("map", "both"):
        document["credential_configurations_supported"] = {
            name: _described(context, each) for name, each in context.configurations.items()
        }
    document["mdoc_iacas_uri"] = context.url(places.IACAS)
    return document


def server_metadata(context: TenantContext) -> JsonObject:
    """Build the metadata of the authorization server (RFC 8414)."""
    return {
        **server_members(context),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def server_members(context: TenantContext) -> JsonObject:
    """Give those metadata of the authorization server that issuer metadata repeat."""
    return {
        "issuer": context.issuer_url,
        "authorization_endpoint": context.url(places.AUTHORIZE),
        "token_endpoint": context.url(places.TOKEN),
        "jwks_uri": context.url(places.JWKS),
        "scopes_supported": [data["scope"] for data in context.configurations.values()],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(context.variant.announced_grants),
        "code_challenge_methods_supported": ["S256"],
    }


def _legacy(context: TenantContext, data: Mapping[str, Any]) -> JsonObject:
    entry: JsonObject = {
        "format": data["format"],
        "id": data["id"],
        "scope": data["scope"],
        "cryptographic_binding_methods_supported": ["mso"] if data["format"] == "mso_mdoc" else ["did:key"],
        "cryptographic_suites_supported": ["ES256"],
    }
    if data["format"] == "mso_mdoc":
        return {**entry, "doctype": data["doctype"]}
    definition = ldp_vc.described(context, {**data, "subject": dict.fromkeys(data["claimMappings"])})
    definition = definition["credential_definition"]
    subject: JsonObject = {name: {} for name in data["claimMappings"]}
    return {**entry, **definition, "credentialSubject": subject}


def _described(context: TenantContext, data: Mapping[str, Any]) -> JsonObject:
    mobile = data["format"] == "mso_mdoc"
    entry: JsonObject = {"format": data["format"], "scope": data["scope"]}
    if context.variant.metadata_style == "both":
        # Part of the older shape that the newer one keeps.
        entry["id"] = data["id"]
    if mobile:
        entry |= mdoc.described(context, data)
        if context.variant.mdoc_algorithms == "names":
            entry["credential_signing_alg_values_supported"] = [context.variant.signing_algorithm]
    else:
        entry |= ldp_vc.described(context, {**data, "subject": dict.fromkeys(data["claimMappings"])})
    entry["cryptographic_binding_methods_supported"] = (
        [context.variant.binding_name] if mobile else list(binding_methods(data))
    )
    entry["proof_types_supported"] = {
        "jwt": {"proof_signing_alg_values_supported": list(context.variant.proof_algorithms)}
    }
    entry["credential_metadata"] = {"display": [display(data)], "claims": _claims(data)}
    return entry


def binding_methods(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what the credentials of a configuration can be bound to, in the words of OpenID4VCI."""
    return ("cose_key",) if data["format"] == "mso_mdoc" else ("did:key", "did:jwk")


def display(data: Mapping[str, Any]) -> JsonObject:
    """Give how a wallet is to show a configuration."""
    branding = data["branding"]
    return {
        "name": branding["name"],
        "locale": _LOCALE,
        "description": branding["description"],
        "background_color": branding["backgroundColor"],
        "text_color": "#ffffff",
    }


def _claims(data: Mapping[str, Any]) -> list[JsonObject]:
    mappings = data["claimMappings"]
    if data["format"] != "mso_mdoc":
        return [_claim(["credentialSubject", name], name, each) for name, each in mappings.items()]
    return [
        _claim([namespace, name], name, each)
        for namespace, elements in mappings.items()
        for name, each in elements.items()
    ]


def _claim(path: list[str], name: str, mapping: Mapping[str, Any]) -> JsonObject:
    label = name.replace("_", " ").capitalize()
    return {
        "path": path,
        "mandatory": mapping["required"],
        "display": [{"name": label, "locale": _LOCALE}],
    }


def jwks() -> JsonObject:
    """Give the keys of the authorization server, which sign nothing that a wallet sees."""
    key = keys.server_key("sig").export_public(as_dict=True)
    return {"keys": [{**key, "alg": "ES256"}]}


def iacas(root: Certificate) -> JsonObject:
    """Give the document with the root certificates of the tenant, in the shape that public clients read."""
    return {"iacas": [{"certificate": base64.b64encode(root.der()).decode("ascii")}]}


# Answers


def credential(context: TenantContext, credential_format: str, issued: Any) -> JsonObject:
    """Build the answer with a credential."""
    if context.variant.response_style == "singular":
        return {"credential": issued, "format": credential_format}
    return {"credentials": [{"credential": issued}]}


def envelope(description: str, parameter: str, value: object = None) -> JsonObject:
    """Build an error as the vendor writes it."""
    detail = {"value": value, "msg": description, "param": parameter, "location": "body"}
    return {"code": "BadRequest", "message": "Validation Error", "details": [detail]}


def plain(status: int, text: str = "") -> Reply:
    """Build an answer in text, as the vendor documents it for some errors."""
    return Reply(Text(text), status, {"Content-Type": "text/plain; charset=utf-8"})


def error(context: TenantContext, refusal: Refusal) -> Reply:
    """Build the answer to a request of a wallet that is refused."""
    if context.variant.error_style == "rfc6749":
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Reply({"error": refusal.error, "error_description": refusal.description}, refusal.status, headers)
    if refusal.status == _UNAUTHORIZED:
        return plain(_UNAUTHORIZED, "Unauthorized")
    if refusal.status != _BAD_REQUEST:
        return plain(refusal.status)
    parameter = _PARAMETERS.get(refusal.error or "", "body")
    return Reply(envelope(refusal.description, parameter), refusal.status)


def challenge(context: TenantContext, refusal: Refusal) -> Reply:
    """Build the answer to a request without an access token that is good for it (RFC 6750 section 3)."""
    reply = plain(refusal.status, "Unauthorized" if refusal.status == _UNAUTHORIZED else "")
    if context.variant.challenge:
        # A request without any authentication learns no error code (RFC 6750 section 3.1).
        said = f', error="{refusal.error}"' if refusal.error else ""
        reply.headers["WWW-Authenticate"] = f'Bearer realm="assay"{said}'
    return reply
