"""What the department publishes and offers, each document built in one function; the seams are elsewhere."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.reference.document_signer import Certificate
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.reference.encoding import base64url, json_text
from harness.reference.govuk import keys
from harness.reference.govuk.context import CLIENT_ID, GovukContext
from harness.reference.govuk.credentials import COUNTRY, VERIFIABLE_CREDENTIAL, data_of
from harness.reference.govuk.records import Offered
from harness.reference.keys import SigningKey
from harness.reference.sd_jwt import signed_jwt

JsonObject = dict[str, Any]

CREDENTIAL, NOTIFICATION, IACAS = "/credential", "/notification", "/iacas"


@dataclass
class SignedJwt:
    """A JWT of the department before it is signed."""

    header: JsonObject
    claims: JsonObject
    key: SigningKey | None
    """Without a key the signature is empty."""

    def text(self) -> str:
        """Sign and serialize (RFC 7515 section 3.1)."""
        return signed_jwt(self.header, self.claims, self.key)


@dataclass
class DeepLink:
    """The link that hands an offer to GOV.UK Wallet."""

    start: str
    parameter: str
    value: str
    """The offer as JSON text."""
    safe: str = ""
    """Characters that are not percent-encoded, though they might have to be."""

    def text(self) -> str:
        """Write the link; the JSON is percent-encoded."""
        return f"{self.start}?{self.parameter}={quote(self.value, safe=self.safe)}"


def metadata(context: GovukContext) -> JsonObject:
    """Build the Credential Issuer Metadata."""
    variant = context.variant
    document: JsonObject = {
        "credential_issuer": context.issuer_url,
        "authorization_servers": [context.token_service_url],
        "credential_endpoint": context.url(CREDENTIAL),
        "mdoc_iacas_uri": context.url(IACAS),
        "credential_configurations_supported": {
            name: _configuration(context, name) for name in variant.configurations
        },
        "display": [
            {"locale": "en", "name": "Assay Department"},
            {"locale": "cy", "name": "Adran Assay"},
        ],
    }
    if variant.notification:
        document["notification_endpoint"] = context.url(NOTIFICATION)
    return document


def _configuration(context: GovukContext, name: str) -> JsonObject:
    data = data_of(name)
    titles = [{"locale": locale, "name": title} for locale, title in data["title"].items()]
    shared: JsonObject = {
        "format": data["format"],
        "credential_signing_alg_values_supported": ["ES256"],
        "credential_refresh_web_journey_url": context.url(f"/refresh/{name}"),
        "credential_validity_period_max_days": context.variant.days,
        "credential_metadata": {"display": [{**title, "background_color_1": data["colour"]} for title in titles]},
    }
    if data["format"] == "mso_mdoc":
        return {**shared, "doctype": data["doctype"], "cryptographic_binding_methods_supported": ["cose_key"]}
    return {
        **shared,
        "cryptographic_binding_methods_supported": ["did:key"],
        "credential_definition": {"type": [VERIFIABLE_CREDENTIAL, data["type"]]},
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    }


def context(of: GovukContext, credential_type: str) -> JsonObject | None:
    """Build the JSON-LD context of a type of credentials; ``None`` where there are none of this type."""
    if credential_type not in [data_of(name).get("type") for name in of.variant.configurations]:
        return None
    return {"@context": {"@vocab": f"{of.issuer_url}/contexts/{credential_type}#"}}


def jwks() -> JsonObject:
    """Build the keys that sign what the token service and the status list service get."""
    return {"keys": [{**keys.public_jwk(keys.service_key()), "use": "sig"}]}


def iacas(root: Certificate) -> JsonObject:
    """Build the answer of the IACA endpoint from a root certificate."""
    der = root.der()
    signed = root.signed()
    assert isinstance(root.public_key, ec.EllipticCurvePublicKey)
    point = root.public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {
        "data": [
            {
                "id": "assay-iaca-1",
                "active": True,
                "certificatePem": ssl.DER_cert_to_PEM_cert(der),
                "certificateData": {
                    "notAfter": _milliseconds(signed.not_valid_after_utc),
                    "notBefore": _milliseconds(signed.not_valid_before_utc),
                    "country": root.country or COUNTRY,
                    "commonName": root.common_name or "",
                },
                "certificateFingerprint": hashlib.sha256(der).hexdigest(),
                "publicKeyJwk": {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": base64url(point[1:33]),
                    "y": base64url(point[33:65]),
                    "alg": "ES256",
                },
            }
        ]
    }


def _milliseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def code(context: GovukContext, offered: Offered) -> SignedJwt:
    """Draft the Pre-Authorized Code of an offer."""
    key = keys.service_key()
    header = {"alg": key.algorithm, "typ": "JWT", "kid": keys.key_id(key)}
    claims = {
        "iss": context.issuer_url,
        "aud": context.token_service_url,
        "clientId": CLIENT_ID,
        "credential_identifiers": [offered.identifier],
        "credential_configuration_ids": [offered.configuration],
        "iat": int(offered.made_at),
        "exp": int(offered.expires_at),
    }
    return SignedJwt(header, claims, key)


def offer(context: GovukContext, configuration: str, pre_authorized_code: str) -> JsonObject:
    """Build an offer."""
    return {
        "credential_issuer": context.issuer_url,
        "credential_configuration_ids": [configuration],
        "grants": {PRE_AUTHORIZED_CODE: {"pre-authorized_code": pre_authorized_code}},
    }


def deep_link(context: GovukContext, document: Mapping[str, Any]) -> DeepLink:
    """Draft the link for an offer, which is passed by value."""
    return DeepLink(context.variant.offer_link, "credential_offer", json_text(document))
