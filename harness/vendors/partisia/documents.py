"""What the simulated services emit, each document built in one function."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from harness.reference import jwt_vc, w3c_credential
from harness.reference.documents import PRE_AUTHORIZED_CODE, OfferLink
from harness.vendors.partisia.context import JsonObject, PartisiaContext
from harness.vendors.partisia.memory import Access, Session

OFFERS = "/issuance/oid4vci/credential-offer"
NEW_SESSION = "/issuance/oid4vci/new-session"
NONCE = "/issuance/oid4vci/nonce"
CREDENTIAL = "/issuance/oid4vci/credential-request"
ISSUER_METADATA = "/.well-known/openid-credential-issuer"
SERVER_METADATA = "/.well-known/oauth-authorization-server"


@dataclass
class PlainHttp:
    """A request that came without TLS."""

    answer: str
    """What becomes of it: it is ``refused``, ``redirected`` or ``answered``."""


@dataclass
class WellKnownPost:
    """A POST to the metadata of the authorization server."""

    gives_token: bool


def offer(context: PartisiaContext, session: Session) -> JsonObject:
    """Give the offer of a session."""
    return {
        "grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": session.code}},
        "credential_issuer": context.offered_issuer,
        "credential_configuration_ids": list(context.variant.configurations),
    }


def offer_link(context: PartisiaContext, url: str) -> OfferLink:
    """Give the link with which an application hands the URL of an offer to a wallet."""
    return OfferLink(context.variant.offer_link, {"credential_offer_uri": url}, "", url)


def issuer_metadata(context: PartisiaContext) -> JsonObject:
    """Give the metadata of the issuance service."""
    return {
        "credential_issuer": context.issuer_url,
        "credential_endpoint": context.url(CREDENTIAL),
        "nonce_endpoint": context.url(NONCE),
        "authorization_servers": [context.addresses.authorization_server],
        "credential_configurations_supported": {
            name: _configuration(context, context.data[name]) for name in context.listed
        },
    }


def _configuration(context: PartisiaContext, data: JsonObject) -> JsonObject:
    definition: JsonObject = {
        "type": w3c_credential.types(data),
        "@context": w3c_credential.base_contexts(context),
    }
    described: JsonObject = {"format": data["format"], "credential_definition": definition}
    if context.variant.claims_style == "credential-subject":
        definition["credentialSubject"] = {claim: {} for claim in data["claims"]}
    else:
        paths = [{"path": ["credentialSubject", claim]} for claim in data["claims"]]
        described["credential_metadata"] = {"display": [{"name": data["type"], "locale": "en"}], "claims": paths}
    if context.variant.proof_types_listed:
        described |= {
            "credential_signing_alg_values_supported": [context.variant.signing_algorithm],
            "cryptographic_binding_methods_supported": list(context.variant.binding_methods),
            "proof_types_supported": {
                "jwt": {"proof_signing_alg_values_supported": list(context.variant.proof_algorithms)}
            },
        }
    if context.variant.scoped:
        described["scope"] = data["type"]
    return described


def server_metadata(context: PartisiaContext) -> JsonObject:
    """Give the metadata of the authorization server (RFC 8414)."""
    if context.variant.server_metadata == "example":
        return {"token_endpoint": context.token_endpoint}
    metadata: JsonObject = {
        "issuer": context.addresses.authorization_server,
        "token_endpoint": context.token_endpoint,
        "grant_types_supported": [PRE_AUTHORIZED_CODE],
        "token_endpoint_auth_methods_supported": ["none"],
    }
    if context.variant.anonymous_flag:
        metadata["pre-authorized_grant_anonymous_access_supported"] = True
    return metadata


def token(context: PartisiaContext, value: str) -> JsonObject:
    """Give the token response."""
    return {"access_token": value, "token_type": "Bearer", "expires_in": int(context.variant.token_lifetime)}


def access(context: PartisiaContext, code: str) -> Access:
    """Give what a fresh token stands for."""
    unit = {"s": 1.0, "ms": 0.001}[context.variant.lifetime_unit]
    return Access(code, context.clock() + context.variant.token_lifetime * unit)


def nonce(context: PartisiaContext) -> JsonObject:
    """Give the nonce response."""
    text = base64.urlsafe_b64encode(context.random_bytes(16)).decode()
    return {"c_nonce": text if context.variant.nonce_padding else text.rstrip("=")}


def credential(context: PartisiaContext, configuration: str, dataset: JsonObject, holder_key: Any) -> jwt_vc.JwtVc:
    """Give a credential before it is signed, bound to the key of the proof."""
    data = context.data[configuration]
    known = {claim: dataset[claim] for claim in data["claims"] if claim in dataset}
    return jwt_vc.draft(context, {**data, "subject": known}, holder_key)


def credentials(credential: Any) -> JsonObject:
    """Give the credential response."""
    return {"credentials": [{"credential": credential}]}
