"""Credentials of the formats ``jwt_vc_json`` and ``jwt_vc_json-ld`` (OpenID4VCI appendices A.1.1 and A.1.3).

A credential of the data model 1.1 is the claim ``vc`` of a JWT (VC Data Model 1.1 section 6.3.1); one of 2.0 is
the payload itself (Securing Verifiable Credentials using JOSE and COSE 1.0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.reference import issuer_identity, keys, w3c_credential
from harness.reference.context import Context
from harness.reference.keys import SigningKey
from harness.reference.lifetime import issued_at, lifetime
from harness.reference.sd_jwt import signed_jwt

JsonObject = dict[str, Any]

DOCUMENT = "jwt-vc"


@dataclass
class JwtVc:
    """A credential before it is signed."""

    header: JsonObject
    payload: Any
    key: SigningKey | None
    """Without a key the signature is empty."""
    finish: Callable[[str], Any] = str
    """What becomes of the JWT before it goes into the response."""

    @property
    def document(self) -> JsonObject:
        """The credential in the sense of the data model."""
        document: JsonObject = self.payload.get("vc", self.payload)
        return document

    def signed(self) -> Any:
        """Sign and serialize (RFC 7515 section 3.1)."""
        return self.finish(signed_jwt(self.header, self.payload, self.key))


def described(context: Context, data: Mapping[str, Any]) -> JsonObject:
    """Give what the metadata say of the format (OpenID4VCI A.1.1.2 and A.1.3.2)."""
    definition: JsonObject = {"type": w3c_credential.types(data)}
    if data["format"] == "jwt_vc_json-ld":
        definition = {"@context": w3c_credential.contexts(context, data), **definition}
    members: JsonObject = {"credential_definition": definition}
    if context.variant.detail == "full":
        members["credential_signing_alg_values_supported"] = [context.variant.signing_algorithm]
    return members


def draft(context: Context, data: Mapping[str, Any], holder_key: Mapping[str, Any] | None) -> JwtVc:
    """Build a credential, bound to ``holder_key`` where there is one.

    A key that the wallet named by a DID is the subject, another one is the claim ``cnf`` (RFC 7800).
    """
    key = keys.issuer_key(context.variant.signing_algorithm)
    issuer = issuer_identity.identifier(context, key)
    named = "jwk" not in context.variant.binding_methods or getattr(holder_key, "did", None) is not None
    subject = w3c_credential.subject_did(holder_key) if named else None
    document = w3c_credential.document(context, data, issuer=issuer, subject=subject)
    issued = issued_at(context)
    claims: JsonObject = {"iss": issuer, "iat": issued}
    if holder_key is not None and not named:
        claims["cnf"] = {"jwk": dict(holder_key)}
    header = {"alg": key.algorithm, "typ": "vc+jwt", **issuer_identity.header(context, key)}
    if context.variant.data_model == "2.0":
        return JwtVc(header, {**document, **claims}, key)
    claims |= {"nbf": issued, "exp": issued + lifetime(context), "jti": document["id"]}
    if subject is not None:
        claims["sub"] = subject
    if not context.variant.vc_counterparts:
        document = _without_counterparts(document)
    return JwtVc({**header, "typ": "JWT"}, {**claims, "vc": document}, key)


def _without_counterparts(document: JsonObject) -> JsonObject:
    """Leave out what registered claims say (VC Data Model 1.1 section 6.3.1)."""
    said = ("id", "issuer", "issuanceDate", "expirationDate")
    subject = {name: value for name, value in document["credentialSubject"].items() if name != "id"}
    return {name: value for name, value in document.items() if name not in said} | {"credentialSubject": subject}
