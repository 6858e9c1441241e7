"""Faults of what a mobile document says: elements and Mobile Security Object (ISO/IEC 18013-5 7.2 and 9.1.2)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

from jwcrypto.jwk import JWK

from harness.reference import cose, keys
from harness.reference.cbor import Tag
from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.lifetime import CREDENTIAL_LIFETIME, HOUR, issued_at
from harness.reference.mdoc import Mdoc, full_date, tdate

Item = dict[str, Any]
Mso = dict[str, Any]

DAY = 24 * HOUR
SECOND = 1
DRIVING_LICENCE = "org.iso.18013.5.1.mDL"
PID = "eu.europa.ec.eudi.pid.1"
PHOTO_ID = "org.iso.23220.photoid.1"


# Access to the parts


def _main(mdoc: Mdoc) -> list[Item]:
    """Give the items of the first namespace, which is that of the standard."""
    return next(iter(mdoc.items.values()))


def _item(mdoc: Mdoc, name: str) -> Item:
    return next(item for item in _main(mdoc) if item["elementIdentifier"] == name)


def _add(mdoc: Mdoc, context: Context, name: str, value: Any) -> None:
    """Add an element to the first namespace."""
    items = _main(mdoc)
    number = max(item["digestID"] for item in items) + 1
    random = context.random_bytes(32)
    items.append({"digestID": number, "random": random, "elementIdentifier": name, "elementValue": value})


def _drop(mdoc: Mdoc, name: str) -> None:
    for items in mdoc.items.values():
        items[:] = [item for item in items if item["elementIdentifier"] != name]


def _element(name: str, value: Any) -> Callable[[Mdoc, Context], None]:
    """Give a spoiler that replaces an element of a driving licence, or adds it."""

    def spoil(mdoc: Mdoc, context: Context) -> None:
        if mdoc.doc_type == DRIVING_LICENCE:
            _set(mdoc, context, name, value)

    return spoil


def _set(mdoc: Mdoc, context: Context, name: str, value: Any) -> None:
    if any(item["elementIdentifier"] == name for item in _main(mdoc)):
        _item(mdoc, name)["elementValue"] = value
    else:
        _add(mdoc, context, name, value)


# Elements of the driving licence (ISO/IEC 18013-5:2021 7.2)


@fault("mdoc:element-missing")
def element_missing(mdoc: Mdoc, _: Context) -> None:
    """An element is missing that the document type demands and the metadata do not call mandatory."""
    _drop(
        mdoc,
        {DRIVING_LICENCE: "un_distinguishing_sign", PID: "issuing_authority"}.get(mdoc.doc_type, "issue_date"),
    )


@fault("mdoc:mandatory-claim-missing")
def mandatory_claim_missing(mdoc: Mdoc, _: Context) -> None:
    """An element is missing that the metadata call mandatory, and nothing else does."""
    _drop(mdoc, {DRIVING_LICENCE: "issuing_office", PID: "expiry_date"}.get(mdoc.doc_type, "resident_street"))


_LONG = "Erika " * 26
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
_PRIVILEGE = {"vehicle_category_code": "B"}
for _name, _description, _identifier, _value in (
    ("element-number", "A name in the driving licence is a number.", "family_name", 42),
    ("element-text", "An age attestation of the driving licence is a number.", "age_over_18", 18),
    ("element-bytes", "A name in the driving licence is a byte string.", "given_name", b"Erika"),
    ("element-long", "A name in the driving licence has more than 150 characters.", "given_name", _LONG),
    ("date-text", "The date of birth in the driving licence has no tag.", "birth_date", "1963-08-12"),
    (
        "date-malformed",
        "The date of birth in the driving licence has dots.",
        "birth_date",
        full_date("12.08.1963"),
    ),
    (
        "date-of-no-calendar",
        "The date of birth in the driving licence is no day.",
        "birth_date",
        full_date("1963-02-30"),
    ),
    (
        "time-fraction",
        "A time in the driving licence has a fraction of a second.",
        "portrait_capture_date",
        Tag(0, "2024-01-10T09:30:00.5Z"),
    ),
    (
        "time-offset",
        "A time in the driving licence has an offset from UTC.",
        "portrait_capture_date",
        Tag(0, "2024-01-10T10:30:00+01:00"),
    ),
    ("sex-unknown", "The sex in the driving licence has a value that the standard does not list.", "sex", 7),
    ("eye-colour-unknown", "The eye colour in the driving licence is none of the list.", "eye_colour", "chestnut"),
    ("country-lower-case", "The nationality in the driving licence is in lower case.", "nationality", "de"),
    ("country-other", "The issuing country is not that of the document signer.", "issuing_country", "FR"),
    (
        "jurisdiction-other",
        "The issuing jurisdiction in the driving licence is in another country.",
        "issuing_jurisdiction",
        "FR-75",
    ),
    ("element-unknown", "The namespace of the standard has an element of the issuer's own.", "shoe_size", 39),
    ("portrait-png", "The portrait in the driving licence is a PNG image.", "portrait", _PNG),
    ("portrait-text", "The portrait in the driving licence is base64 text.", "portrait", "/9j/4AAQSkZJRg=="),
    ("privileges-map", "The driving privileges are one map.", "driving_privileges", dict(_PRIVILEGE)),
    (
        "privilege-category-missing",
        "A driving privilege has no vehicle category.",
        "driving_privileges",
        [{"issue_date": full_date("1981-09-01")}],
    ),
    (
        "privilege-date-text",
        "The date of a driving privilege has no tag.",
        "driving_privileges",
        [_PRIVILEGE | {"issue_date": "1981-09-01"}],
    ),
    (
        "privilege-codes-empty",
        "The codes of a driving privilege are empty.",
        "driving_privileges",
        [_PRIVILEGE | {"codes": []}],
    ),
    (
        "privilege-code-number",
        "A code of a driving privilege is a number.",
        "driving_privileges",
        [_PRIVILEGE | {"codes": [{"code": 78}]}],
    ),
    ("letters-greek", "The family name in the driving licence is in Greek.", "family_name", "Παπαδοπούλου"),
    ("age-name", "An age attestation of the driving licence has one digit.", "age_over_5", True),
    ("age-contradiction", "Two age attestations contradict each other.", "age_over_21", False),
):
    fault(f"mdoc:{_name}", _description)(_element(_identifier, _value))


@fault("mdoc:jurisdiction-of-another-state")
def jurisdiction_of_another_state(mdoc: Mdoc, context: Context) -> None:
    """The issuing jurisdiction in the driving licence is not the state in the certificate of the signer."""
    if mdoc.doc_type == DRIVING_LICENCE:
        _set(mdoc, context, "issuing_jurisdiction", "DE-BE")
        mdoc.certificate.state = "DE-BY"


@fault("mdoc:pid-date-malformed")
def pid_date_malformed(mdoc: Mdoc, context: Context) -> None:
    """The date of birth in the person identification data has dots."""
    if mdoc.doc_type == PID:
        _set(mdoc, context, "birth_date", full_date("12.08.1963"))


@fault("mdoc:pid-time-offset")
def pid_time_offset(mdoc: Mdoc, context: Context) -> None:
    """The time of issuance in the person identification data has an offset from UTC."""
    if mdoc.doc_type == PID:
        _set(mdoc, context, "issuance_date", Tag(0, "2024-01-10T10:30:00+01:00"))


@fault("mdoc:pid-nationality-text")
def pid_nationality_text(mdoc: Mdoc, context: Context) -> None:
    """The nationality in the person identification data is a text."""
    if mdoc.doc_type == PID:
        _set(mdoc, context, "nationality", "DE")


@fault("mdoc:pid-birth-place-empty")
def pid_birth_place_empty(mdoc: Mdoc, context: Context) -> None:
    """The place of birth in the person identification data says nothing."""
    if mdoc.doc_type == PID:
        _set(mdoc, context, "place_of_birth", {})


@fault("mdoc:photo-id-number")
def photo_id_number(mdoc: Mdoc, context: Context) -> None:
    """The document number of the photo ID is a number."""
    if mdoc.doc_type == PHOTO_ID:
        _set(mdoc, context, "document_number", 20047)


# IssuerSignedItem


@fault("mdoc:namespace-empty")
def namespace_empty(mdoc: Mdoc, _: Context) -> None:
    """A namespace has no elements."""
    mdoc.items["org.iso.18013.5.1.empty"] = []


@fault("mdoc:digest-id-text")
def digest_id_text(mdoc: Mdoc, _: Context) -> None:
    """The digestID of an element is a text, under which its digest stands."""
    _main(mdoc)[0]["digestID"] = "seven"


@fault("mdoc:digest-id-missing")
def digest_id_missing(mdoc: Mdoc, _: Context) -> None:
    """An element has no digestID."""
    del _main(mdoc)[0]["digestID"]


@fault("mdoc:digest-id-large")
def digest_id_large(mdoc: Mdoc, _: Context) -> None:
    """The digestID of an element has 32 bits."""
    _main(mdoc)[0]["digestID"] = 2**31


@fault("mdoc:digest-id-reused")
def digest_id_reused(mdoc: Mdoc, _: Context) -> None:
    """Two elements of a namespace have the same digestID."""
    first, second, *_rest = _main(mdoc)
    second["digestID"] = first["digestID"]


@fault("mdoc:random-missing")
def random_missing(mdoc: Mdoc, _: Context) -> None:
    """An element has no random."""
    del _main(mdoc)[0]["random"]


@fault("mdoc:random-text")
def random_text(mdoc: Mdoc, _: Context) -> None:
    """The random of an element is a text."""
    item = _main(mdoc)[0]
    item["random"] = item["random"].hex()


@fault("mdoc:random-short")
def random_short(mdoc: Mdoc, _: Context) -> None:
    """The random of an element has 15 bytes."""
    item = _main(mdoc)[0]
    item["random"] = item["random"][:15]


@fault("mdoc:random-reused")
def random_reused(mdoc: Mdoc, _: Context) -> None:
    """Two elements have the same random."""
    first, second, *_rest = _main(mdoc)
    second["random"] = first["random"]


@fault("mdoc:randoms-counted")
def randoms_counted(mdoc: Mdoc, _: Context) -> None:
    """The randoms are long, but counted, as the digestIDs are."""
    for namespace, items in enumerate(mdoc.items.values()):
        for number, item in enumerate(items):
            item["random"] = (namespace * 1000 + number).to_bytes(32, "big")
            item["digestID"] = number


@fault("mdoc:identifier-missing")
def identifier_missing(mdoc: Mdoc, _: Context) -> None:
    """An element that nobody asks for has no elementIdentifier."""
    del _item(mdoc, "sex")["elementIdentifier"]


@fault("mdoc:identifier-number")
def identifier_number(mdoc: Mdoc, _: Context) -> None:
    """The elementIdentifier of an element that nobody asks for is a number."""
    _item(mdoc, "sex")["elementIdentifier"] = 42


@fault("mdoc:value-missing")
def value_missing(mdoc: Mdoc, _: Context) -> None:
    """An element that nobody asks for has no elementValue."""
    del _item(mdoc, "sex")["elementValue"]


@fault("mdoc:element-repeated")
def element_repeated(mdoc: Mdoc, context: Context) -> None:
    """An element is there twice, each time with a digest of its own."""
    _add(mdoc, context, "sex", copy.deepcopy(_item(mdoc, "sex")["elementValue"]))


@fault("mdoc:claim-by-key")
def claim_by_key(mdoc: Mdoc, context: Context) -> None:
    """What the document says of its holder depends on the key it is bound to."""
    if mdoc.device_key is not None:
        namespace = list(mdoc.items.values())[-1]
        number = max(item["digestID"] for item in namespace) + 1
        value = mdoc.device_key[-2].hex()[:8]
        random = context.random_bytes(32)
        namespace.append(
            {"digestID": number, "random": random, "elementIdentifier": "membership", "elementValue": value}
        )


# The device key (RFC 9052 section 7, RFC 9053 section 7)


def _spoils_key(identifier: str, description: str) -> Callable[[Callable[[dict[Any, Any], Context], None]], None]:
    """Register a spoiler of the device key."""

    def register(spoiler: Callable[[dict[Any, Any], Context], None]) -> None:
        def spoil(mdoc: Mdoc, context: Context) -> None:
            if mdoc.device_key is not None:
                spoiler(mdoc.device_key, context)

        fault(f"mdoc:device-key-{identifier}", description)(spoil)

    return register


@_spoils_key("other", "The document is bound to another key than the holder's.")
def _other_key(key: dict[Any, Any], _: Context) -> None:
    key.clear()
    key.update(cose.cose_key(keys.stranger_key("ES256").jwk.export_public(as_dict=True)))


@_spoils_key("private", "The device key contains a private key.")
def _private_key(key: dict[Any, Any], context: Context) -> None:
    key[-4] = context.random_bytes(32)


@_spoils_key("type-missing", "The device key has no kty.")
def _type_missing(key: dict[Any, Any], _: Context) -> None:
    del key[1]


@_spoils_key("curve-other", "The device key names a curve of another kind of key.")
def _curve_other(key: dict[Any, Any], _: Context) -> None:
    key[-1] = 6


@_spoils_key("curve-missing", "The device key names no curve.")
def _curve_missing(key: dict[Any, Any], _: Context) -> None:
    del key[-1]


@_spoils_key("curve-unlisted", "The device key is on a curve that the standard does not list.")
def _curve_unlisted(key: dict[Any, Any], _: Context) -> None:
    key.clear()
    key.update(cose.cose_key(_koblitz_key()))


@cache
def _koblitz_key() -> dict[str, Any]:
    key: dict[str, Any] = JWK.generate(kty="EC", crv="secp256k1").export_public(as_dict=True)
    return key


@_spoils_key("x-short", "A coordinate of the device key is too short.")
def _x_short(key: dict[Any, Any], _: Context) -> None:
    key[-2] = key[-2][1:]


@_spoils_key("x-missing", "The device key has no x.")
def _x_missing(key: dict[Any, Any], _: Context) -> None:
    del key[-2]


@_spoils_key("y-missing", "The device key has no y.")
def _y_missing(key: dict[Any, Any], _: Context) -> None:
    del key[-3]


@_spoils_key("y-text", "The y of the device key is a text.")
def _y_text(key: dict[Any, Any], _: Context) -> None:
    key[-3] = key[-3].hex()


@_spoils_key("off-curve", "The device key is no point of its curve.")
def _off_curve(key: dict[Any, Any], _: Context) -> None:
    key[-3] = bytes(len(key[-3]) - 1) + b"\x01"


@_spoils_key("algorithm-other", "The device key is restricted to an algorithm that it cannot be used with.")
def _algorithm_other(key: dict[Any, Any], _: Context) -> None:
    key[3] = -35


@_spoils_key("operation-other", "The device key may only be used to derive keys of one kind.")
def _operation_other(key: dict[Any, Any], _: Context) -> None:
    key[4] = [10]


@_spoils_key("jwk", "The device key is a JWK.")
def _jwk(key: dict[Any, Any], _: Context) -> None:
    key.clear()
    key.update(keys.stranger_key("ES256").jwk.export_public(as_dict=True))


# The Mobile Security Object (ISO/IEC 18013-5:2021 9.1.2.4)


def _removes(*path: str) -> Callable[[Mso, Context], None]:
    def spoil(mso: Mso, _: Context) -> None:
        *outer, name = path
        for step in outer:
            mso = mso[step]
        mso.pop(name, None)

    return spoil


def _replaces(value: Any, *path: str) -> Callable[[Mso, Context], None]:
    def spoil(mso: Mso, _: Context) -> None:
        *outer, name = path
        for step in outer:
            mso = mso[step]
        mso[name] = copy.deepcopy(value)

    return spoil


_REMOVED: tuple[tuple[str, ...], ...] = (
    ("version",),
    ("digestAlgorithm",),
    ("valueDigests",),
    ("deviceKeyInfo",),
    ("docType",),
    ("validityInfo",),
    ("deviceKeyInfo", "deviceKey"),
    ("validityInfo", "signed"),
    ("validityInfo", "validFrom"),
    ("validityInfo", "validUntil"),
)
for _gone in _REMOVED:
    _slug = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in _gone[-1])
    fault(f"mso:{_slug}-missing", f"The Mobile Security Object has no {_gone[-1]}.")(_removes(*_gone))

_DAYS_OF = full_date("2027-01-01")
_REPLACED: tuple[tuple[str, str, Any, tuple[str, ...]], ...] = (
    ("version-other", "The version of the Mobile Security Object is 2.0.", "2.0", ("version",)),
    ("version-number", "The version of the Mobile Security Object is a number.", 1, ("version",)),
    ("digest-algorithm-unknown", "The digestAlgorithm is one that nobody knows.", "SHA-257", ("digestAlgorithm",)),
    ("digest-algorithm-sha-1", "The digestAlgorithm is SHA-1.", "SHA-1", ("digestAlgorithm",)),
    ("digest-algorithm-spelling", "The digestAlgorithm is in lower case.", "sha-256", ("digestAlgorithm",)),
    ("digests-array", "The valueDigests are an array.", [], ("valueDigests",)),
    ("device-key-bytes", "The deviceKey is a byte string.", b"\xa0", ("deviceKeyInfo", "deviceKey")),
    (
        "key-authorizations-empty",
        "The keyAuthorizations authorize nothing.",
        {},
        ("deviceKeyInfo", "keyAuthorizations"),
    ),
    (
        "key-authorizations-twice",
        "The keyAuthorizations authorize an element beside its whole namespace.",
        {"nameSpaces": ["org.iso.18013.5.1"], "dataElements": {"org.iso.18013.5.1": ["sex"]}},
        ("deviceKeyInfo", "keyAuthorizations"),
    ),
    ("doc-type-other", "The docType is not that of the configuration.", "test.assay.other", ("docType",)),
    ("doc-type-number", "The docType is a number.", 42, ("docType",)),
    (
        "expected-update-text",
        "The expectedUpdate has no tag.",
        "2099-01-01T00:00:00Z",
        ("validityInfo", "expectedUpdate"),
    ),
    ("expected-update-date", "The expectedUpdate is a day.", _DAYS_OF, ("validityInfo", "expectedUpdate")),
    ("status-text", "The status is a text.", "valid", ("status",)),
    ("status-empty", "The status names no mechanism.", {}, ("status",)),
    (
        "status-index-missing",
        "The status_list has no idx.",
        {"status_list": {"uri": "https://status.assay.test/1"}},
        ("status",),
    ),
    (
        "status-index-negative",
        "The idx of the status_list is negative.",
        {"status_list": {"idx": -1, "uri": "https://status.assay.test/1"}},
        ("status",),
    ),
    (
        "status-index-float",
        "The idx of the status_list is a floating-point number.",
        {"status_list": {"idx": 42.0, "uri": "https://status.assay.test/1"}},
        ("status",),
    ),
    ("status-uri-missing", "The status_list has no uri.", {"status_list": {"idx": 42}}, ("status",)),
    (
        "status-shared",
        "All documents have the same place in a status list.",
        {"status_list": {"idx": 42, "uri": "https://status.assay.test/1"}},
        ("status",),
    ),
)
for _name, _description, _wrong, _path in _REPLACED:
    fault(f"mso:{_name}", _description)(_replaces(_wrong, *_path))


def _first_digests(mso: Mso) -> dict[Any, Any]:
    digests: dict[Any, Any] = next(iter(mso["valueDigests"].values()))
    return digests


@fault("mso:digest-wrong")
def digest_wrong(mso: Mso, _: Context) -> None:
    """A digest is not that of its element."""
    digests = _first_digests(mso)
    first = next(iter(digests))
    digests[first] = bytes(reversed(digests[first]))


@fault("mso:digest-missing")
def digest_missing(mso: Mso, _: Context) -> None:
    """The digest of an element is missing."""
    digests = _first_digests(mso)
    del digests[next(iter(digests))]


@fault("mso:digests-of-namespace-missing")
def digests_of_namespace_missing(mso: Mso, _: Context) -> None:
    """The digests of a namespace are missing."""
    mso["valueDigests"].popitem()


@fault("mso:digest-text")
def digest_text(mso: Mso, _: Context) -> None:
    """A digest is a text."""
    digests = _first_digests(mso)
    first = next(iter(digests))
    digests[first] = digests[first].hex()


# Times


@fault("mso:times-exact")
def times_exact(mso: Mso, context: Context) -> None:
    """The times are exact to the second."""
    moment = context.now()
    if moment % 60 == 0:
        moment -= SECOND
    mso["validityInfo"] = {
        "signed": tdate(moment),
        "validFrom": tdate(moment),
        "validUntil": tdate(moment + CREDENTIAL_LIFETIME),
    }


def _times(**offsets: int) -> Callable[[Mso, Context], None]:
    """Move times by so many seconds from the time of issuance."""

    def spoil(mso: Mso, context: Context) -> None:
        for name, offset in offsets.items():
            mso["validityInfo"][name] = tdate(issued_at(context) + offset)

    return spoil


for _name, _description, _offsets in (
    ("valid-before-signed", "The document is valid before it was signed.", {"validFrom": -HOUR}),
    (
        "expired",
        "The document has expired before it is issued.",
        {"signed": -3 * HOUR, "validFrom": -3 * HOUR, "validUntil": -HOUR, "expectedUpdate": -2 * HOUR},
    ),
    ("not-yet-valid", "The document is valid in two hours only.", {"validFrom": 2 * HOUR}),
    ("signed-in-future", "The document was signed in two hours.", {"signed": 2 * HOUR, "validFrom": 2 * HOUR}),
    (
        "expected-update-late",
        "The expectedUpdate is after the validUntil.",
        {"expectedUpdate": CREDENTIAL_LIFETIME + DAY},
    ),
    (
        "outlives-signer",
        "The document is valid longer than the certificate of its signer.",
        {"validUntil": 500 * DAY},
    ),
    (
        "signed-before-certificate",
        "The document was signed before the certificate of its signer began to be valid.",
        {"signed": -60 * DAY, "validFrom": -60 * DAY},
    ),
):
    fault(f"mso:{_name}", _description)(_times(**_offsets))


@fault("mso:valid-until-at-valid-from")
def valid_until_at_valid_from(mso: Mso, context: Context) -> None:
    """The document ends to be valid in the second in which it begins to be, which is about now."""
    moment = tdate(context.now() + 30)
    mso["validityInfo"] |= {"validFrom": moment, "validUntil": moment}
    mso["validityInfo"].pop("expectedUpdate", None)


def _written(name: str, rewrite: Callable[[str], Any]) -> Callable[[Mso, Context], None]:
    """Write a time in another way."""

    def spoil(mso: Mso, _: Context) -> None:
        mso["validityInfo"][name] = rewrite(mso["validityInfo"][name].value)

    return spoil


for _name, _description, _member, _rewrite in (
    ("time-text", "The signed of the Mobile Security Object has no tag.", "signed", str),
    ("time-number", "The signed has tag 1 on a number.", "signed", lambda _: Tag(1, 1_700_000_000)),
    (
        "time-fraction",
        "The signed has a fraction of a second.",
        "signed",
        lambda text: Tag(0, text.replace("Z", ".0Z")),
    ),
    (
        "time-offset",
        "The signed has an offset from UTC.",
        "signed",
        lambda text: Tag(0, text.replace("Z", "+00:00")),
    ),
    (
        "time-malformed",
        "The signed is no date-time.",
        "signed",
        lambda text: Tag(0, text.replace("T", " at ")),
    ),
    ("valid-from-text", "The validFrom has no tag.", "validFrom", str),
    ("valid-until-text", "The validUntil has no tag.", "validUntil", str),
):
    fault(f"mso:{_name}", _description)(_written(_member, _rewrite))
