"""Faults of the credentials of the department (docs.wallet.service.gov.uk, credential; ISO/IEC 18013-5)."""

from __future__ import annotations

import base64
import copy
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.reference import cose, keys
from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.govuk.credentials import DepartmentMdoc, Making, date_time
from harness.reference.govuk.records import StatusEntry
from harness.reference.jwt_vc import JwtVc
from harness.reference.mdoc import tdate
from harness.reference.multikey import multikey

Document = dict[str, Any]
_DAY = 24 * 3600
_OTHER = "https://other.service.gov.uk"
_MDL = "org.iso.18013.5.1.mDL"
_ISO, _GB = "org.iso.18013.5.1", "org.iso.18013.5.1.GB"


# What is made of what is known


def _stranger() -> Document:
    return keys.stranger_key("ES256").public_jwk


@fault("govuk-making:other-key")
def other_key(making: Making, _: Context) -> None:
    """The credential is bound to another key than that of the proof."""
    making.holder_key = _stranger()
    making.holder = f"did:key:{multikey(_stranger())}"


@fault("govuk-making:key-before")
def key_before(making: Making, _: Context) -> None:
    """A refreshed credential is bound to another key than that of its proof."""
    if making.previous is not None:
        other_key(making, _)


@fault("govuk-making:too-long")
def too_long(making: Making, _: Context) -> None:
    """Credentials last for two days longer than the metadata say."""
    making.validity = replace(making.validity, end=making.validity.end + 2 * _DAY)


@fault("govuk-making:ended")
def ended(making: Making, _: Context) -> None:
    """Credentials have ended already."""
    begin = making.validity.begin - 10 * _DAY
    making.validity = replace(making.validity, begin=begin, update=begin + _DAY, end=begin + 9 * _DAY)


@fault("govuk-making:begins-tomorrow")
def begins_tomorrow(making: Making, _: Context) -> None:
    """Credentials begin tomorrow."""
    making.validity = replace(making.validity, begin=making.validity.begin + _DAY)


@fault("govuk-making:update-after-end")
def update_after_end(making: Making, _: Context) -> None:
    """The expectedUpdate is after the end."""
    making.validity = replace(making.validity, update=making.validity.end + _DAY)


@fault("govuk-making:update-passed")
def update_passed(making: Making, _: Context) -> None:
    """The expectedUpdate has passed already."""
    making.validity = replace(making.validity, update=making.validity.begin - _DAY)


@fault("govuk-making:update-at-end")
def update_at_end(making: Making, _: Context) -> None:
    """The expectedUpdate is a second before the end."""
    making.validity = replace(making.validity, update=making.validity.end - 1)


@fault("govuk-making:update-after-birthday")
def update_after_birthday(making: Making, context: Context) -> None:
    """The expectedUpdate does not heed that the holder turns 21 before, which changes an attested age."""
    birthday = datetime.fromtimestamp(context.now() + 7 * _DAY, UTC).date()
    # Not on 29 February, which no year 21 years before has.
    birthday = birthday.replace(day=min(birthday.day, 28))
    details = replace(making.account.details, birth_date=birthday.replace(year=birthday.year - 21).isoformat())
    making.account = replace(making.account, details=details)


@fault("govuk-making:end-kept")
def end_kept(making: Making, _: Context) -> None:
    """A refreshed credential ends one day earlier than the one before."""
    if making.previous is not None:
        end = making.previous.until - _DAY
        making.validity = replace(making.validity, end=end, update=end - _DAY)


@fault("govuk-making:entry-kept")
def entry_kept(making: Making, _: Context) -> None:
    """A refreshed credential has the entry in a status list that the one before has."""
    if making.previous is not None:
        making.entry = making.previous.entry


@fault("govuk-making:entry-of-revoked")
def entry_of_revoked(making: Making, _: Context) -> None:
    """A credential in place of one that was revoked has its entry in the status list."""
    before = making.previous.entry if making.previous is not None else None
    if before is not None and before.revoked:
        making.entry = StatusEntry(before.uri, before.index)


@fault("govuk-making:another-person")
def another_person(making: Making, _: Context) -> None:
    """A refreshed credential is about another person."""
    if making.previous is not None:
        details = replace(making.account.details, given_name="Charlotte", family_name="Unknown")
        making.account = replace(making.account, details=details)


@fault("govuk-making:other-type-anew")
def other_type_anew(making: Making, _: Context) -> None:
    """A refreshed credential is of another type."""
    if making.previous is not None:
        making.data |= {"doctype": "uk.gov.service.assay.other.1", "type": "OtherCard"}


@fault("govuk-making:no-entry")
def no_entry(making: Making, _: Context) -> None:
    """The credential does not say where its status is."""
    making.entry = None


@fault("govuk-making:entry-other-list")
def entry_other_list(making: Making, _: Context) -> None:
    """The credential names a status list that is not there."""
    if making.entry is not None:
        making.entry = replace(making.entry, uri=f"{making.entry.uri}0")


@fault("govuk-making:entry-out-of-list")
def entry_out_of_list(making: Making, _: Context) -> None:
    """The credential has an index that is beyond its status list."""
    if making.entry is not None:
        making.entry = replace(making.entry, index=2**31)


@fault("govuk-making:entry-shared")
def entry_shared(making: Making, _: Context) -> None:
    """All credentials have the same index in their status list."""
    if making.entry is not None:
        making.entry = StatusEntry(making.entry.uri, 0)


@fault("govuk-making:entry-of-other-service")
def entry_of_other_service(making: Making, _: Context) -> None:
    """The credential names a status list of the department itself."""
    if making.entry is not None:
        making.entry = replace(making.entry, uri=f"{_OTHER}/t/1")


# JWTs


def _header(identifier: str, description: str, **values: Any) -> None:
    def spoil(vc: JwtVc, _: Context) -> None:
        _update(vc.header, values)

    fault(f"govuk-vc:{identifier}", description)(spoil)


def _payload(identifier: str, description: str, **values: Any) -> None:
    def spoil(vc: JwtVc, _: Context) -> None:
        _update(vc.payload, values)

    fault(f"govuk-vc:{identifier}", description)(spoil)


def _update(members: Document, values: Document) -> None:
    for name, value in values.items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = value


_header("typ-missing", "The credential has no typ.", typ=None)
_header("typ-other", "The typ of the credential is JWT.", typ="JWT")
_header("cty-missing", "The credential has no cty.", cty=None)
_header("cty-other", "The cty of the credential is JWT.", cty="JWT")
_header("kid-missing", "The credential has no kid.", kid=None)
_header(
    "kid-other-domain", "The kid of the credential is of another domain.", kid="did:web:other.service.gov.uk#1"
)
_header("further-header", "The header of the credential has a parameter that is not for it.", iss=_OTHER)
_payload("iss-missing", "The credential has no iss.", iss=None)
_payload("iss-other", "The iss of the credential is not the issuer.", iss=_OTHER)
_payload("issuer-missing", "The credential has no issuer.", issuer=None)
_payload("issuer-other", "The issuer of the credential is not its iss.", issuer=_OTHER)
_payload("sub-missing", "The credential has no sub.", sub=None)
_payload("context-missing", "The credential has no @context.", **{"@context": None})
_payload("type-missing", "The credential has no type.", type=None)
_payload("type-string", "The type of the credential is a string.", type="VerifiableCredential")
_payload("end-missing", "The credential has no validUntil.", validUntil=None)
_payload("update-missing", "The credential has no expectedUpdate.", expectedUpdate=None)
_payload("subject-missing", "The credential has no credentialSubject.", credentialSubject=None)
_payload("iat-text", "The iat of the credential is a string.", iat="1712664731")
_payload("iat-date", "The iat of the credential is a date and time.", iat="2024-04-09T12:12:11Z")
_payload("iat-milliseconds", "The iat of the credential is in milliseconds.", iat=1712664731000)
_payload("exp-text", "The exp of the credential is a string.", exp="4102444800")


@fault("govuk-vc:signature")
def signature(vc: JwtVc, _: Context) -> None:
    """The credential is signed with a key that is not published."""
    vc.key = keys.stranger_key("ES256")


@fault("govuk-vc:alg-other")
def alg_other(vc: JwtVc, _: Context) -> None:
    """The credential is signed with ES384."""
    vc.key = keys.stranger_key("ES384")
    vc.header["alg"] = vc.key.algorithm


@fault("govuk-vc:kid-capitals")
def kid_capitals(vc: JwtVc, _: Context) -> None:
    """The kid of the credential has capitals, which the DID document has not."""
    did, _mark, name = vc.header["kid"].partition("#")
    vc.header["kid"] = f"{did}#K{name}"


@fault("govuk-vc:type-third")
def type_third(vc: JwtVc, _: Context) -> None:
    """The credential has a third type."""
    vc.payload["type"].append("VeteranCard")


@fault("govuk-vc:kid-key-only")
def kid_key_only(vc: JwtVc, _: Context) -> None:
    """The kid of the credential is no DID URL but the name of the key."""
    vc.header["kid"] = vc.header["kid"].partition("#")[2]


@fault("govuk-vc:kid-unknown")
def kid_unknown(vc: JwtVc, _: Context) -> None:
    """The kid of the credential is not in the DID document."""
    vc.header["kid"] = f"{vc.header['kid'].partition('#')[0]}#another-key"


@fault("govuk-vc:context-order")
def context_order(vc: JwtVc, _: Context) -> None:
    """The context of the data model is not the first."""
    vc.payload["@context"].reverse()


@fault("govuk-vc:type-order")
def type_order(vc: JwtVc, _: Context) -> None:
    """The type VerifiableCredential is not the first."""
    vc.payload["type"].reverse()


@fault("govuk-vc:type-other")
def type_other(vc: JwtVc, _: Context) -> None:
    """The type of the credential is not that of the metadata."""
    vc.payload["type"][1] = "FishingLicence"


@fault("govuk-vc:sub-other")
def sub_other(vc: JwtVc, _: Context) -> None:
    """The sub of the credential is not the key of the wallet."""
    vc.payload["sub"] = f"did:key:{multikey(_stranger())}"


@fault("govuk-vc:subject-id-missing")
def subject_id_missing(vc: JwtVc, _: Context) -> None:
    """The credentialSubject has no id."""
    del vc.payload["credentialSubject"]["id"]


@fault("govuk-vc:subject-id-other")
def subject_id_other(vc: JwtVc, _: Context) -> None:
    """The id of the credentialSubject is not the sub."""
    vc.payload["credentialSubject"]["id"] = f"did:key:{multikey(_stranger())}"


_TIMES = {"validFrom": "begin", "validUntil": "end", "expectedUpdate": "update"}
_SPELLINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "fraction": ("has a fraction of a second", lambda time: time.replace("Z", ".000Z")),
    "offset": ("is not in UTC", lambda time: time.replace("Z", "+00:00")),
    "date": ("is a date without a time", lambda time: time[:10]),
    "trailing": ("has something after it", lambda time: f"{time} UTC"),
}
for _claim, _short in _TIMES.items():
    for _spelling, (_what, _spell) in _SPELLINGS.items():

        def _respell(vc: JwtVc, _: Context, claim: str = _claim, spell: Callable[[str], Any] = _spell) -> None:
            vc.payload[claim] = spell(vc.payload[claim])

        fault(f"govuk-vc:{_short}-{_spelling}", f"The {_claim} of the credential {_what}.")(_respell)


@fault("govuk-vc:end-number")
def end_number(vc: JwtVc, context: Context) -> None:
    """The validUntil of the credential is a number of seconds."""
    vc.payload["validUntil"] = context.now() + 30 * _DAY


@fault("govuk-vc:exp-earlier")
def exp_earlier(vc: JwtVc, context: Context) -> None:
    """The exp of the credential is long before its validUntil."""
    vc.payload["exp"] = context.now() + _DAY


# Photos


def _photo(vc: JwtVc) -> Document:
    found: Document = vc.payload["credentialSubject"]["veteranCard"][0]
    return found


def _jpeg(vc: JwtVc) -> bytes:
    return base64.b64decode(_photo(vc)["photo"])


def _with_exif(jpeg: bytes) -> bytes:
    segment = b"Exif\0\0" + b"MM\0*\0\0\0\x08" + bytes(6)
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


def _padded(jpeg: bytes) -> bytes:
    comment = b"\xff\xfe\xff\xff" + bytes(65533)
    return jpeg[:20] + comment * 16 + jpeg[20:]


_PICTURES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "exif": ("still has its EXIF metadata", lambda jpeg: jpeg[:20] + _with_exif(jpeg)[2 : 2 + 24] + jpeg[20:]),
    "exif-first": ("begins with its EXIF metadata", _with_exif),
    "large": ("has more than one MiB", _padded),
    "gif": ("is a GIF", lambda _: b"GIF89a" + bytes(40)),
    "jpeg-2000": ("is a JPEG 2000", lambda _: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40)),
}
for _kind, (_what, _redraw) in _PICTURES.items():

    def _in_jwt(vc: JwtVc, _: Context, redraw: Callable[[bytes], bytes] = _redraw) -> None:
        _photo(vc)["photo"] = base64.b64encode(redraw(_jpeg(vc))).decode("ascii")

    def _in_mdoc(mdoc: DepartmentMdoc, _: Context, redraw: Callable[[bytes], bytes] = _redraw) -> None:
        item = _item(mdoc, "portrait")
        item["elementValue"] = redraw(item["elementValue"])

    fault(f"govuk-vc:photo-{_kind}", f"The photo {_what}.")(_in_jwt)
    fault(f"govuk-mdoc:portrait-{_kind}", f"The portrait {_what}.")(_in_mdoc)


@fault("govuk-vc:photo-png-exif")
def photo_png_exif(vc: JwtVc, _: Context) -> None:
    """The photo is a PNG that still has its EXIF metadata."""
    picture = b"\x89PNG\r\n\x1a\n"
    for name, content in (
        (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"),
        (b"eXIf", b"MM\0*\0\0\0\x08"),
        (b"IEND", b""),
    ):
        checksum = zlib.crc32(name + content).to_bytes(4, "big")
        picture += len(content).to_bytes(4, "big") + name + content + checksum
    _photo(vc)["photo"] = base64.b64encode(picture).decode("ascii")


@fault("govuk-vc:photo-data-url")
def photo_data_url(vc: JwtVc, _: Context) -> None:
    """The photo is a data URL."""
    _photo(vc)["photo"] = f"data:image/jpeg;base64,{_photo(vc)['photo']}"


@fault("govuk-mdoc:portrait-cut")
def portrait_cut(mdoc: DepartmentMdoc, _: Context) -> None:
    """The portrait does not end like a JPEG."""
    item = _item(mdoc, "portrait")
    item["elementValue"] = item["elementValue"][:-2]


# Mobile documents


def _items(mdoc: DepartmentMdoc) -> list[Document]:
    return [item for items in mdoc.items.values() for item in items]


def _item(mdoc: DepartmentMdoc, name: str) -> Document:
    return next(item for item in _items(mdoc) if item["elementIdentifier"] == name)


@fault("govuk-mdoc:doctype-other")
def doctype_other(mdoc: DepartmentMdoc, _: Context) -> None:
    """The docType is not that of the metadata."""
    mdoc.doc_type = "uk.gov.service.assay.other.1"


@fault("govuk-mdoc:device-key-other")
def device_key_other(mdoc: DepartmentMdoc, _: Context) -> None:
    """The device key is not the key of the proof."""
    mdoc.device_key = cose.cose_key(_stranger())


@fault("govuk-mdoc:device-key-named")
def device_key_named(mdoc: DepartmentMdoc, _: Context) -> None:
    """The device key has a kid too."""
    assert mdoc.device_key is not None
    mdoc.device_key[2] = b"device"


@fault("govuk-mdoc:update-missing")
def mdoc_update_missing(mdoc: DepartmentMdoc, _: Context) -> None:
    """The Mobile Security Object has no expectedUpdate."""
    mdoc.validity.pop("expectedUpdate")


@fault("govuk-mdoc:update-untagged")
def mdoc_update_untagged(mdoc: DepartmentMdoc, _: Context) -> None:
    """The expectedUpdate of the Mobile Security Object has no tag."""
    mdoc.validity["expectedUpdate"] = mdoc.validity["expectedUpdate"].value


@fault("govuk-mdoc:status-nested")
def status_nested(mdoc: DepartmentMdoc, _: Context) -> None:
    """The entry in the status list stands directly in the status."""
    if mdoc.status is not None:
        mdoc.status = mdoc.status["status_list"]


@fault("govuk-mdoc:status-index-text")
def status_index_text(mdoc: DepartmentMdoc, _: Context) -> None:
    """The index in the status list is a string."""
    if mdoc.status is not None:
        mdoc.status["status_list"]["idx"] = str(mdoc.status["status_list"]["idx"])


@fault("govuk-mdoc:salts-reused")
def salts_reused(mdoc: DepartmentMdoc, _: Context) -> None:
    """All credentials have the same salts."""
    for number, item in enumerate(_items(mdoc)):
        item["random"] = number.to_bytes(32, "big")


@fault("govuk-mdoc:age-untrue")
def age_untrue(mdoc: DepartmentMdoc, _: Context) -> None:
    """An attested age does not fit the date of birth."""
    item = _item(mdoc, "age_over_18")
    item["elementValue"] = not item["elementValue"]


_LICENCE_ELEMENTS = (
    "family_name",
    "given_name",
    "birth_date",
    "issue_date",
    "expiry_date",
    "issuing_country",
    "issuing_authority",
    "document_number",
    "portrait",
    "birth_place",
    "driving_privileges",
    "un_distinguishing_sign",
    "resident_address",
    "resident_postal_code",
    "resident_city",
    "welsh_licence",
)
for _element in _LICENCE_ELEMENTS:

    def _drop(mdoc: DepartmentMdoc, _: Context, element: str = _element) -> None:
        if mdoc.doc_type == _MDL:
            for items in mdoc.items.values():
                items[:] = [item for item in items if item["elementIdentifier"] != element]

    fault(f"govuk-mdoc:no-{_element.replace('_', '-')}", f"The driving licence has no {_element}.")(_drop)


@fault("govuk-mdoc:no-domestic-namespace")
def no_domestic_namespace(mdoc: DepartmentMdoc, _: Context) -> None:
    """The driving licence has no British namespace."""
    mdoc.items.pop(_GB, None)


@fault("govuk-mdoc:further-namespace")
def further_namespace(mdoc: DepartmentMdoc, _: Context) -> None:
    """The driving licence has a namespace that is not for it."""
    if mdoc.doc_type == _MDL:
        mdoc.items["uk.gov.service.assay.1"] = copy.deepcopy(mdoc.items[_GB])


@fault("govuk-mdoc:welsh-licence-text")
def welsh_licence_text(mdoc: DepartmentMdoc, _: Context) -> None:
    """The welsh_licence of the driving licence is a string."""
    if mdoc.doc_type == _MDL:
        _item(mdoc, "welsh_licence")["elementValue"] = "no"


@fault("govuk-mdoc:further-element")
def further_element(mdoc: DepartmentMdoc, context: Context) -> None:
    """The driving licence has an element that is not for it."""
    if mdoc.doc_type == _MDL:
        number = max(item["digestID"] for item in mdoc.items[_ISO]) + 1
        element = {"elementIdentifier": "hair_colour", "elementValue": "grey"}
        mdoc.items[_ISO].append({"digestID": number, "random": context.random_bytes(32), **element})


@fault("govuk-mdoc:signed-tomorrow")
def signed_tomorrow(mdoc: DepartmentMdoc, context: Context) -> None:
    """The Mobile Security Object was signed tomorrow."""
    mdoc.validity["signed"] = tdate(context.now() + _DAY)


@fault("govuk-vc:update-offset-hour")
def update_offset_hour(vc: JwtVc, context: Context) -> None:
    """The expectedUpdate of the credential is in summer time."""
    vc.payload["expectedUpdate"] = date_time(context.now() + 10 * _DAY).replace("Z", "+01:00")
