"""Making the credentials of the tenant: claims mapped as a configuration says, then formatted and signed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import credential_formats, document_signer, keys, ldp_vc, mdoc, token_status_list
from harness.reference.context import Context
from harness.reference.document_signer import Certificate
from harness.reference.keys import SigningKey
from harness.reference.lifetime import issued_at
from harness.reference.mdoc import Mdoc, tdate
from harness.reference.statuses import Place, Published
from harness.vendors.mattr.context import TenantContext

JsonObject = dict[str, Any]
Emit = Callable[[str, Any], None]
STATUS_LIST = "0c6c9f0e-2d3b-4b0d-8a53-7f1c5de8a9b4"
"""Id of the status list of mobile documents."""
MOBILE = "mso_mdoc"
_COUNTRY = "NZ"
_DAY = 24 * 3600


@dataclass
class Making:
    """A credential that is about to be made."""

    data: JsonObject
    """Its configuration."""
    claims: JsonObject
    """Namespace to elements of a mobile document, or the subject of another credential."""
    missing: list[str]
    """Claims that are required and not there."""
    holder_key: Mapping[str, Any] | None
    """The public JWK it is bound to; ``None`` where the key could not be read and was let off."""
    listed: bool
    """Whether it has a place in a status list."""
    lifetime: float
    """Seconds."""


def making(
    data: JsonObject, sources: Mapping[str, Mapping[str, Any]], holder_key: Mapping[str, Any] | None
) -> Making:
    """Map claims as a configuration says.

    Args:
        data: the configuration.
        sources: ``claims`` of the offer, and ``claimsSource``.
        holder_key: what the credential is bound to.

    """
    missing: list[str] = []
    mappings = data["claimMappings"]
    if data["format"] == MOBILE:
        claims = {name: _mapped(elements, sources, missing, element=True) for name, elements in mappings.items()}
    else:
        claims = _mapped(mappings, sources, missing)
    lifetime = data["expiresIn"]["days"] * _DAY
    return Making(data, claims, missing, holder_key, data["includeStatus"], lifetime)


def parameters(mappings: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, str]:
    """Map claims of an offer to the parameters that a claims source is asked with."""
    found = {name: claims.get(each["mapFrom"].partition(".")[2]) for name, each in mappings.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def made(context: TenantContext, wish: Making, emit: Emit) -> Any:
    """Make a credential: give the value of ``credential``.

    Args:
        context: of the tenant.
        wish: what it is to be.
        emit: lets a draft pass the seam of this name.

    """
    if wish.data["format"] == MOBILE:
        return _mobile_document(context, wish, emit)
    draft = ldp_vc.draft(context, {**wish.data, "subject": wish.claims}, wish.holder_key)
    emit(ldp_vc.DOCUMENT, draft)
    emit("mattr-vc", draft)
    return draft.signed()


def authority(context: Context, moment: float) -> Certificate:
    """Draft the root certificate of the tenant, its IACA.

    Args:
        context: of the tenant.
        moment: when it is to be valid, in seconds since the epoch.

    """
    return document_signer.authority(moment).of(context.issuer_url, _COUNTRY, "Assay Tenant IACA")


def signer(context: Context, moment: float, root: Certificate) -> Certificate:
    """Draft the certificate of who signs mobile documents and status lists, below a root certificate."""
    drafted = document_signer.document_signer(signing_key(context), moment, root)
    return drafted.of(context.issuer_url, _COUNTRY, "Assay Tenant Document Signer")


def signing_key(context: Context) -> SigningKey:
    """Give the key that signs mobile documents and their status lists."""
    return keys.issuer_key(context.variant.signing_algorithm)


def status_list(context: TenantContext, name: str, accept: str | None, emit: Emit) -> Published:
    """Publish a status list, signed like the mobile documents.

    Args:
        context: of the tenant.
        name: id of the list.
        accept: the ``Accept`` header of the request.
        emit: lets a draft pass the seam of this name.

    """

    def signed_by_tenant(seam: str, draft: Any) -> None:
        if seam == "status-token" and "x5chain" in getattr(draft, "header", {}):
            root = authority(context, context.now())
            draft.header["x5chain"] = signer(context, context.now(), root).der()
        emit(seam, draft)

    return token_status_list.published(context, name, accept, signed_by_tenant)


@dataclass
class TenantMdoc(Mdoc):
    """A mobile document that a signer of the tenant signs."""

    context: TenantContext | None = None

    @cached_property
    def authority(self) -> Certificate:
        """The root certificate of the tenant."""
        assert self.context is not None
        return authority(self.context, self.issued)

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate of the signing key."""
        assert self.context is not None
        return signer(self.context, self.issued, self.authority)


def _mobile_document(context: TenantContext, wish: Making, emit: Emit) -> str:
    plain = mdoc.draft(context, {**wish.data, "namespaces": wish.claims}, wish.holder_key)
    begin = issued_at(context)
    draft = TenantMdoc(
        **{
            name: getattr(plain, name)
            for name in ("doc_type", "items", "digest_algorithm", "decoys", "device_key", "issued", "key")
        },
        validity={
            "signed": tdate(begin),
            "validFrom": tdate(begin),
            "validUntil": tdate(begin + wish.lifetime),
        },
        context=context,
    )
    if wish.listed:
        draft.status = _place(context)
    emit(mdoc.DOCUMENT, draft)
    emit("mattr-mdoc", draft)
    assert isinstance(draft, credential_formats.Layered)
    for name, document in draft.layers():
        emit(name, document)
        emit(f"mattr-{name}", document)
    return draft.signed()


def _place(context: TenantContext) -> JsonObject:
    """Give a credential a place at random in the status list, and say where it is."""
    entries = token_status_list.ENTRIES
    index = context.statuses.free(STATUS_LIST, context.number_below(entries), entries)
    place = context.statuses.take(Place(STATUS_LIST, index, credential_format=MOBILE))
    return {"status_list": {"idx": place.index, "uri": context.status_list_url(place.list_name)}}


def _mapped(
    mappings: Mapping[str, Any],
    sources: Mapping[str, Mapping[str, Any]],
    missing: list[str],
    *,
    element: bool = False,
) -> JsonObject:
    """Give the claims that the mappings lead to, and note those that are required and not there."""
    found: JsonObject = {}
    for name, mapping in mappings.items():
        source, _, claim = mapping["mapFrom"].partition(".")
        value = sources.get(source, {}).get(claim)
        if value is None:
            if mapping["required"]:
                missing.append(mapping["mapFrom"])
            continue
        found[name] = _element(mapping["type"], value) if element else value
    return found


def _element(kind: str, value: Any) -> Any:
    """Give what stands in the configuration of the reference for a claim of a type."""
    if kind == "date":
        return {"full-date": value}
    if kind == "image":
        try:
            return base64.b64decode(value)
        except (binascii.Error, TypeError, ValueError):
            return b""
    return _plain(value)


def _plain(value: Any) -> Any:
    """Give a claim without objects that the configurations of the reference would take for the name of a file."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {} if value.keys() == {"file"} else {name: _plain(item) for name, item in value.items()}
