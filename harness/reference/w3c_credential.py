"""Credentials of the W3C data model before they are secured (VC Data Model 1.1 and 2.0)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from harness.reference import status_entries
from harness.reference.context import Context
from harness.reference.encoding import encoded_json
from harness.reference.lifetime import issued_at, lifetime

JsonObject = dict[str, Any]

BASE_CONTEXTS = {"1.1": "https://www.w3.org/2018/credentials/v1", "2.0": "https://www.w3.org/ns/credentials/v2"}
BEGIN_AND_END = {"1.1": ("issuanceDate", "expirationDate"), "2.0": ("validFrom", "validUntil")}
_STATUS_2021_CONTEXT = "https://w3id.org/vc/status-list/2021/v1"
"""It defines the terms of a StatusList2021; those of a Bitstring Status List are in the context of 2.0."""
_VOCABULARY = "https://credentials.assay.test/vocabulary#"
_PLACE = "https://credentials.assay.test"
MEMBERS: JsonObject = {
    "credentialSchema": {"id": f"{_PLACE}/identity.json", "type": "AssaySchema"},
    "refreshService": {"id": f"{_PLACE}/refresh", "type": "AssayRefreshService"},
    "termsOfUse": {"id": f"{_PLACE}/terms", "type": "AssayPolicy"},
    "evidence": [{"id": f"{_PLACE}/evidence/1", "type": "AssayVerification"}],
    "name": [
        {"@value": "Identity Credential", "@language": "en", "@direction": "ltr"},
        {"@value": "Identitätsnachweis", "@language": "de"},
    ],
    "description": "Proof of who you are",
    "relatedResource": [
        {
            "id": f"{_PLACE}/identity.png",
            "mediaType": "image/png",
            "digestSRI": "sha384-1kGT/G4tIkrFMKrcMQHO/DYR906vOBsocbL9UJe815Nz/uY2ns6wjZsYY+8X1sWo",
        }
    ],
    "renderMethod": {"id": f"{_PLACE}/template", "type": "AssayTemplate"},
    "confidenceMethod": [{"id": f"{_PLACE}/confidence", "type": "AssayMethod"}],
}
"""The optional members of data model 2.0 but ``credentialStatus`` (sections 4.6, 4.11, 5.3 to 5.6 and 5.10)."""
_MEMBER_TYPES = (
    "AssaySchema",
    "AssayRefreshService",
    "AssayPolicy",
    "AssayVerification",
    "AssayTemplate",
    "AssayMethod",
)


def contexts(context: Context, data: Mapping[str, Any], further: Sequence[str] = ()) -> list[Any]:
    """Give ``@context``: that of the data model, further ones, and one that defines the terms of the credential.

    The last stands in the credential itself, so that nobody has to fetch it.
    """
    kinds = (data["type"], *(_MEMBER_TYPES if context.variant.every_member else ()))
    defined = {term: _VOCABULARY + term for term in (*kinds, *sorted(_terms(data["subject"])))}
    return [*base_contexts(context), *further, defined]


def base_contexts(context: Context) -> list[str]:
    """Give the contexts that define the terms of the data model, and those of its status where it has none."""
    of_status = [_STATUS_2021_CONTEXT] if context.variant.credential_status == "status-list-2021" else []
    return [BASE_CONTEXTS[context.variant.data_model], *of_status]


def types(data: Mapping[str, Any]) -> list[str]:
    """Give the types of a credential."""
    return ["VerifiableCredential", data["type"]]


def document(
    context: Context, data: Mapping[str, Any], *, issuer: str, subject: str | None, further: Sequence[str] = ()
) -> JsonObject:
    """Build a credential.

    Args:
        context: where the issuer lives.
        data: the data of the configuration.
        issuer: its identifier.
        subject: the DID of the holder's key; ``None`` where the credential does not name it.
        further: contexts that what secures the credential needs.

    """
    variant = context.variant
    begin, end = BEGIN_AND_END[variant.data_model]
    issued = issued_at(context)
    entries = status_entries.entries(context, data["format"])
    return {
        "@context": contexts(context, data, further),
        "id": UUID(bytes=context.random_bytes(16), version=4).urn,
        "type": types(data),
        "issuer": {"id": issuer} if variant.issuer_object else issuer,
        begin: date_time(issued),
        end: date_time(issued + lifetime(context)),
        "credentialSubject": {**({"id": subject} if subject else {}), **data["subject"]},
        **({"credentialStatus": entries[0] if len(entries) == 1 else entries} if entries else {}),
        **(copy.deepcopy(MEMBERS) if variant.every_member else {}),
    }


def subject_did(holder_key: Mapping[str, Any] | None) -> str | None:
    """Give the DID that stands for the holder's key: the one it was named by, or the did:jwk of it."""
    if holder_key is None:
        return None
    return getattr(holder_key, "did", None) or f"did:jwk:{encoded_json(holder_key)}"


def date_time(seconds: float) -> str:
    """Write a time, in seconds since the epoch, as an XML Schema dateTimeStamp."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _terms(value: Any) -> set[str]:
    """Give the names of the members of an object and of all objects in it."""
    if isinstance(value, list):
        return {term for element in value for term in _terms(element)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {term for member in value.values() for term in _terms(member)}
