"""Making the credentials of the department: mobile documents and JWTs of the W3C data model."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from harness.reference import credential_formats, document_signer, mdoc
from harness.reference.document_signer import Certificate
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.did_document import method_id
from harness.reference.govuk.records import Account, Issued, StatusEntry
from harness.reference.govuk.validity import Validity, old_enough
from harness.reference.jwt_vc import JwtVc
from harness.reference.mdoc import Mdoc, tdate

JsonObject = dict[str, Any]
COUNTRY = "GB"
VERIFIABLE_CREDENTIAL = "VerifiableCredential"
BASE_CONTEXT = "https://www.w3.org/ns/credentials/v2"


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("configurations", f"{name}.json").read_text(encoding="utf-8")


def data_of(configuration: str) -> JsonObject:
    """Give a fresh copy of the data behind a configuration."""
    data: JsonObject = json.loads(_text(configuration))
    return data


@dataclass
class Making:
    """A credential that is about to be made."""

    data: JsonObject
    """The data behind its configuration."""
    account: Account
    """Whom it is about."""
    holder_key: Mapping[str, Any] | None
    """The public JWK it is bound to; ``None`` where the key could not be read and was let off."""
    holder: str | None
    """The same key as a did:key."""
    validity: Validity
    entry: StatusEntry | None
    """Its place in a status list."""
    previous: Issued | None = None
    """What the user was given last of this configuration."""


def made(context: GovukContext, making: Making, emit: Callable[[str, Any], None]) -> str:
    """Make a credential: give the value of ``credential`` in a Credential Response.

    Args:
        context: of the department.
        making: what it is to be.
        emit: lets a draft pass the seam of this name.

    """
    if making.data["format"] == "mso_mdoc":
        return _mobile_document(context, making, emit)
    draft = _jwt(context, making)
    emit("jwt-vc", draft)
    emit("govuk-vc", draft)
    return str(draft.signed())


def authority(context: GovukContext, moment: float) -> Certificate:
    """Draft the root certificate of the department, its IACA.

    Args:
        context: of the department.
        moment: when it is to be valid, in seconds since the epoch.

    """
    return document_signer.authority(moment).of(context.issuer_url, COUNTRY, "Assay Department IACA")


@dataclass
class DepartmentMdoc(Mdoc):
    """A mobile document that a signer of the department signs."""

    context: GovukContext | None = None

    @cached_property
    def authority(self) -> Certificate:
        """The root certificate of the department."""
        assert self.context is not None
        return authority(self.context, self.issued)

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate of the signing key."""
        assert self.context is not None
        drafted = document_signer.document_signer(self.key, self.issued, self.authority)
        return drafted.of(self.context.issuer_url, COUNTRY, "Assay Department Document Signer")


def _mobile_document(context: GovukContext, making: Making, emit: Callable[[str, Any], None]) -> str:
    namespaces = personal(making.data["namespaces"], making.account, context.clock())
    plain = mdoc.draft(context, {**making.data, "namespaces": namespaces}, making.holder_key)
    times = making.validity
    draft = DepartmentMdoc(
        **{
            name: getattr(plain, name)
            for name in ("doc_type", "items", "digest_algorithm", "decoys", "device_key")
        },
        validity={
            "signed": tdate(times.begin),
            "validFrom": tdate(times.begin),
            "validUntil": tdate(times.end),
            "expectedUpdate": tdate(times.update),
        },
        issued=times.begin,
        key=context.signers[0],
        context=context,
    )
    if making.entry is not None:
        draft.status = {"status_list": {"idx": making.entry.index, "uri": making.entry.uri}}
    emit(mdoc.DOCUMENT, draft)
    emit("govuk-mdoc", draft)
    assert isinstance(draft, credential_formats.Layered)
    for name, document in draft.layers():
        emit(name, document)
    return draft.signed()


def _jwt(context: GovukContext, making: Making) -> JwtVc:
    key, data, times = context.signers[0], making.data, making.validity
    header = {"alg": key.algorithm, "typ": "vc+jwt", "cty": "vc", "kid": method_id(context, key)}
    subject = personal(data["subject"], making.account, context.clock())
    payload: JsonObject = {
        "iss": context.issuer_url,
        "sub": making.holder,
        "iat": times.begin,
        "@context": [BASE_CONTEXT, f"{context.issuer_url}/contexts/{data['type']}"],
        "type": [VERIFIABLE_CREDENTIAL, data["type"]],
        "issuer": context.issuer_url,
        "name": data["title"]["en"],
        "description": data["description"],
        "validFrom": date_time(times.begin),
        "validUntil": date_time(times.end),
        "expectedUpdate": date_time(times.update),
        "credentialSubject": {"id": making.holder, **subject},
    }
    if making.entry is not None:
        payload["credentialStatus"] = {
            "id": f"{making.entry.uri}#{making.entry.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "message",
            "statusListIndex": str(making.entry.index),
            "statusListCredential": making.entry.uri,
            "statusSize": 2,
        }
    return JwtVc(header, payload, key)


def date_time(moment: float) -> str:
    """Give a time, in seconds since the epoch, as the data model wants it: in UTC and without fraction."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def personal(value: Any, account: Account, now: float) -> Any:
    """Give the data of a configuration with what is known of a user in the places that are for it.

    Objects with the one member ``person``, ``number``, ``age-over`` or ``photo`` stand for something known of the
    user, the number of a document, whether an age is reached, and a file of this package in base64.
    """
    if isinstance(value, list):
        return [personal(item, account, now) for item in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("person", str(name))]:
            return getattr(account.details, name)
        case [("number", str(start))]:
            return account.number(start)
        case [("age-over", int(age))]:
            return old_enough(account.details.birth_date, age, now)
        case [("photo", str(name))]:
            return base64.b64encode(photo(name)).decode("ascii")
    return {name: personal(item, account, now) for name, item in value.items()}


@cache
def photo(name: str) -> bytes:
    """Give the bytes of a file of the package of the reference issuer."""
    return files("harness.reference").joinpath(name).read_bytes()
