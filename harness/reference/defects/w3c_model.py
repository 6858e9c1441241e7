"""Faults of W3C credentials against their data model (VC Data Model 1.1 and 2.0), whatever secures them.

Each is a fault of both documents, ``jwt-vc`` and ``ldp-vc``. Of a JWT the registered claims that stand for members
of the credential change with them, so that they contradict nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.encoding import Twin, encoded_json
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc
from harness.reference.ldp_vc import LdpVc
from harness.reference.w3c_credential import BASE_CONTEXTS, MEMBERS, date_time

Document = dict[str, Any]
Change = Callable[[Document, Context], None]

MINUTE = 60
HOUR = 60 * MINUTE
MANDATORY = "given_name"


def follow(payload: Document) -> None:
    """Let the registered claims of a JWT say what the credential in it says (VC Data Model 1.1 section 6.3.1)."""
    if "vc" not in payload:
        if "issuer" in payload and "iss" in payload:
            _set(payload, "iss", _identifier(payload["issuer"]))
        return
    document = payload["vc"]
    _set(payload, "iss", _identifier(document.get("issuer")))
    _set(payload, "jti", document.get("id"))
    if "sub" in payload:
        _set(payload, "sub", _identifier(document.get("credentialSubject")))
    for claim, member in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        if member not in document:
            payload.pop(claim, None)
        elif (seconds := _seconds(document[member])) is not None:
            payload[claim] = seconds


def _set(payload: Document, claim: str, value: Any) -> None:
    payload.pop(claim, None)
    if isinstance(value, str):
        payload[claim] = value


def _identifier(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _seconds(value: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def _of_both(defect: str, told: str, change: Change) -> None:
    def of_jwt(draft: JwtVc, context: Context) -> None:
        # What only registered claims say cannot be spoiled in the credential.
        if context.variant.vc_counterparts:
            change(draft.document, context)
            follow(draft.payload)

    def of_proofs(draft: LdpVc, context: Context) -> None:
        change(draft.document, context)

    fault(f"jwt-vc:{defect}", told)(of_jwt)
    fault(f"ldp-vc:{defect}", told)(of_proofs)


def _without(member: str) -> Change:
    return lambda document, _: document.__delitem__(member)


def _with(member: str, value: Any) -> Change:
    return lambda document, _: document.__setitem__(member, copy.deepcopy(value))


def _begin(document: Document) -> str:
    return "issuanceDate" if _is_old(document) else "validFrom"


def _end(document: Document) -> str:
    return "expirationDate" if _is_old(document) else "validUntil"


def _is_old(document: Document) -> bool:
    return BASE_CONTEXTS["1.1"] in document["@context"]


def _old_only(change: Change) -> Change:
    return lambda document, context: change(document, context) if _is_old(document) else None


def _new_only(change: Change) -> Change:
    return lambda document, context: None if _is_old(document) else change(document, context)


# @context, id and type


def _context_without_array(document: Document, _: Context) -> None:
    document["@context"] = document["@context"][0]


def _context_reversed(document: Document, _: Context) -> None:
    document["@context"] = document["@context"][::-1]


def _context_appended(value: Any) -> Change:
    return lambda document, _: document["@context"].append(value)


def _context_of_both(document: Document, _: Context) -> None:
    document["@context"].append(BASE_CONTEXTS["2.0" if _is_old(document) else "1.1"])


def _context_of_others(document: Document, _: Context) -> None:
    terms = document["@context"][-1]
    document["@context"][-1] = {**terms, MANDATORY: "https://stranger.assay.test/vocabulary#name"}


def _context_broken(document: Document, _: Context) -> None:
    document["@context"].append({"unused": 42})


def _keywords(document: Document, _: Context) -> None:
    document["@id"] = document.pop("id")


def _define(document: Document, term: str) -> None:
    document["@context"].append({term: f"https://credentials.assay.test/vocabulary#{term}"})


def _other_type(document: Document, _: Context) -> None:
    document["type"] = ["VerifiableCredential", "OtherCredential"]
    _define(document, "OtherCredential")


for _defect, _told, _change in (
    ("context-missing", "The credential has no @context.", _without("@context")),
    ("context-empty", "The @context is an empty array.", _with("@context", [])),
    ("context-string", "The @context is a string.", _context_without_array),
    ("context-order", "The @context of the data model is not the first.", _context_reversed),
    ("context-number", "A number is among the @context.", _context_appended(42)),
    (
        "context-redefining",
        "A context gives another meaning to a term of the data model.",
        _context_appended({"VerifiableCredential": "https://credentials.assay.test/vocabulary#Credential"}),
    ),
    (
        "context-vocabulary",
        "A context gives a meaning to whatever is not defined, by @vocab.",
        _context_appended({"@vocab": "https://credentials.assay.test/vocabulary#"}),
    ),
    ("context-of-both", "The @context has the base contexts of both versions.", _context_of_both),
    ("context-other", "The @context gives a term another meaning than was announced.", _context_of_others),
    ("context-broken", "The @context defines a term by a number.", _new_only(_context_broken)),
    ("keywords", "The credential has @id instead of id.", _new_only(_keywords)),
    ("id-not-url", "The id of the credential is no URL.", _with("id", "credential 42")),
    (
        "id-twice",
        "The credential has two ids.",
        _with(
            "id",
            ["urn:uuid:6b7f0e0a-3c1d-4a52-9d0e-2f5a1c8b7e44", "urn:uuid:0f1c1b4e-52a1-4f0b-8d8e-6f0c8b7e4412"],
        ),
    ),
    ("id-number", "The id of the credential is a number.", _with("id", 42)),
    ("type-missing", "The credential has no type.", _without("type")),
    (
        "type-general-missing",
        "VerifiableCredential is not among the types.",
        lambda document, _: document["type"].remove("VerifiableCredential"),
    ),
    ("type-general-only", "VerifiableCredential is the only type.", _with("type", ["VerifiableCredential"])),
    ("type-number", "A number is among the types.", lambda document, _: document["type"].append(42)),
    ("type-other", "The credential has another type than was announced.", _other_type),
):
    _of_both(_defect, _told, _change)


# Issuer and subject


def _subject_with(member: str, value: Any) -> Change:
    return lambda document, _: document["credentialSubject"].__setitem__(member, value)


def _subject_id_only(document: Document, _: Context) -> None:
    if "id" in document["credentialSubject"]:
        document["credentialSubject"] = {"id": document["credentialSubject"]["id"]}


def _subject_of_stranger(document: Document, _: Context) -> None:
    if "id" in document["credentialSubject"]:
        document["credentialSubject"]["id"] = keys.stranger_key("ES256").did


def _subject_with_private_key(document: Document, _: Context) -> None:
    if "id" in document["credentialSubject"]:
        private = keys.stranger_key("ES256").jwk.export_private(as_dict=True)
        document["credentialSubject"]["id"] = f"did:jwk:{encoded_json(private)}"


def _term_permitted(document: Document, _: Context) -> None:
    document["credentialSubject"]["nickname"] = "Eri"
    document["@context"].append("https://www.w3.org/ns/credentials/undefined-terms/v2")


def _claim_twice(document: Document, _: Context) -> None:
    subject = document["credentialSubject"]
    subject[Twin(MANDATORY)] = subject[MANDATORY]


for _defect, _told, _change in (
    ("issuer-missing", "The credential has no issuer.", _without("issuer")),
    ("issuer-not-url", "The issuer is no URL.", _with("issuer", "Assay")),
    ("issuer-number", "The issuer is a number.", _with("issuer", 42)),
    ("issuer-array", "The issuer is an array.", lambda document, _: document.update(issuer=[document["issuer"]])),
    ("issuer-without-id", "The issuer is an object without an id.", _with("issuer", {"type": "Organization"})),
    ("subject-missing", "The credential has no credentialSubject.", _without("credentialSubject")),
    ("subject-empty", "The credentialSubject is an empty object.", _with("credentialSubject", {})),
    ("subject-array-empty", "The credentialSubject is an empty array.", _with("credentialSubject", [])),
    ("subject-string", "The credentialSubject is a string.", _with("credentialSubject", "Erika")),
    ("subject-id-only", "The credentialSubject has nothing but an id.", _subject_id_only),
    ("subject-id-not-url", "The id of the subject is no URL.", _subject_with("id", "Erika Möbius")),
    (
        "subject-id-missing",
        "The subject of a credential that is bound to a key has no id.",
        lambda document, _: document["credentialSubject"].pop("id", None),
    ),
    ("subject-other-key", "The subject is another key than the holder's.", _subject_of_stranger),
    ("subject-private-key", "The id of the subject is a did:jwk of a private key.", _subject_with_private_key),
    (
        "mandatory-claim-missing",
        "A claim is missing that the metadata call mandatory.",
        lambda document, _: document["credentialSubject"].pop(MANDATORY),
    ),
    (
        "undefined-term-permitted",
        "A claim has a name that no context defines but the one for undefined terms.",
        _new_only(_term_permitted),
    ),
    ("undefined-term", "A claim has a name that no context defines.", _subject_with("nickname", "Eri")),
    ("duplicate-member", "The subject has a claim twice.", _claim_twice),
):
    _of_both(_defect, _told, _change)


# Times


def _begin_as(value: Any) -> Change:
    return lambda document, _: document.__setitem__(_begin(document), value)


def _end_as(value: Any) -> Change:
    return lambda document, _: document.__setitem__(_end(document), value)


def _begin_and_end_in(begin: int, end: int) -> Change:
    def change(document: Document, context: Context) -> None:
        document[_begin(document)] = date_time(context.now() + begin)
        document[_end(document)] = date_time(context.now() + end)

    return change


def _times_exact(document: Document, context: Context) -> None:
    moment = context.now()
    if moment % MINUTE == 0:
        moment -= 1
    document |= {_begin(document): date_time(moment), _end(document): date_time(moment + HOUR)}


for _name, _title, _as in (("begin", "time from which", _begin_as), ("end", "time until which", _end_as)):
    for _defect, _told, _value in (
        ("malformed", "is no time", "soon"),
        ("impossible", "is on the 30th of February", "2050-02-30T12:00:00Z"),
        ("date-only", "has no time of the day", "2050-02-28"),
        ("number", "is a number", 2_500_000_000),
    ):
        _of_both(f"{_name}-{_defect}", f"The {_title} the credential is valid {_told}.", _as(_value))
for _name, _title, _of in (("begin", "time from which", _begin), ("end", "time until which", _end)):

    def _zoneless(document: Document, _: Context, of: Callable[[Document], str] = _of) -> None:
        document[of(document)] = document[of(document)].removesuffix("Z")

    _of_both(f"{_name}-without-zone", f"The {_title} the credential is valid has no time zone.", _zoneless)
for _defect, _told, _change in (
    ("begin-missing", "The issuanceDate is missing.", _old_only(_without("issuanceDate"))),
    ("end-before-begin", "The credential ends to be valid before it begins.", _begin_and_end_in(-HOUR, -2 * HOUR)),
    ("expired", "The credential has expired before it is issued.", _begin_and_end_in(-2 * HOUR, -HOUR)),
    ("not-yet-valid", "The credential is valid in an hour only.", _begin_and_end_in(HOUR, 2 * HOUR)),
    ("times-exact", "The times are exact to the second.", _times_exact),
    (
        "begin-of-old",
        "A credential of the data model 2.0 has an issuanceDate beside validFrom.",
        _new_only(lambda document, _: document.update(issuanceDate=document["validFrom"])),
    ),
):
    _of_both(_defect, _told, _change)


# What a credential may have besides

_STATUS = {"id": "https://credentials.assay.test/status/1#94567", "type": "AssayStatus"}
_SCHEMA, _SERVICE = (MEMBERS[name] for name in ("credentialSchema", "refreshService"))
_EVIDENCE, _RESOURCE = MEMBERS["evidence"][0], MEMBERS["relatedResource"][0]
_NAME = {"@value": "Identity Credential", "@language": "en"}


def _but(value: Document, **changes: Any) -> Document:
    """Give an object with some members changed; those that become ``None`` are left out."""
    return {name: member for name, member in {**value, **changes}.items() if member is not None}


def _extended(member: str, value: Document) -> Change:
    """Give what adds an object to the credential and defines its type."""

    def change(document: Document, _: Context) -> None:
        document[member] = dict(value)
        if "type" in value:
            _define(document, value["type"])

    return change


_NOT_URL = "not a URL"
for _defect, _told, _change in (
    ("status-string", "The credentialStatus is a string.", _with("credentialStatus", "valid")),
    (
        "status-without-type",
        "The credentialStatus has no type.",
        _extended("credentialStatus", _but(_STATUS, type=None)),
    ),
    (
        "status-without-id",
        "The credentialStatus has no id.",
        _old_only(_extended("credentialStatus", _but(_STATUS, id=None))),
    ),
    (
        "status-id-not-url",
        "The id of the credentialStatus is no URL.",
        _extended("credentialStatus", _but(_STATUS, id=_NOT_URL)),
    ),
    (
        "schema-without-type",
        "The credentialSchema has no type.",
        _extended("credentialSchema", _but(_SCHEMA, type=None)),
    ),
    (
        "schema-without-id",
        "The credentialSchema has no id.",
        _extended("credentialSchema", _but(_SCHEMA, id=None)),
    ),
    (
        "schema-id-not-url",
        "The id of the credentialSchema is no URL.",
        _extended("credentialSchema", _but(_SCHEMA, id=_NOT_URL)),
    ),
    (
        "refresh-service-without-type",
        "The refreshService has no type.",
        _extended("refreshService", _but(_SERVICE, type=None)),
    ),
    (
        "refresh-service-without-id",
        "The refreshService has no id.",
        _old_only(_extended("refreshService", _but(_SERVICE, id=None))),
    ),
    ("terms-of-use-without-type", "The termsOfUse have no type.", _with("termsOfUse", {"id": _SERVICE["id"]})),
    ("evidence-without-type", "The evidence has no type.", _extended("evidence", _but(_EVIDENCE, type=None))),
    (
        "evidence-id-not-url",
        "The id of the evidence is no URL.",
        _extended("evidence", _but(_EVIDENCE, id=_NOT_URL)),
    ),
    (
        "render-method-without-type",
        "The renderMethod has no type.",
        _new_only(_with("renderMethod", {"id": _SERVICE["id"]})),
    ),
    (
        "confidence-method-without-type",
        "The confidenceMethod has no type.",
        _new_only(_with("confidenceMethod", {"id": _SERVICE["id"]})),
    ),
    ("name-number", "The name is a number.", _new_only(_with("name", 42))),
    ("description-number", "The description is a number.", _new_only(_with("description", 42))),
    ("name-without-value", "The name has no @value.", _new_only(_with("name", _but(_NAME, **{"@value": None})))),
    (
        "name-language-malformed",
        "The @language of the name is no language tag.",
        _new_only(_with("name", _but(_NAME, **{"@language": "english_UK!"}))),
    ),
    (
        "name-direction-unknown",
        "The @direction of the name is none there is.",
        _new_only(_with("name", _but(_NAME, **{"@direction": "down"}))),
    ),
    (
        "name-further-member",
        "The name has a member that language value objects do not have.",
        _new_only(_with("name", _but(_NAME, note="official"))),
    ),
    (
        "resource-without-id",
        "A related resource has no id.",
        _new_only(_with("relatedResource", [_but(_RESOURCE, id=None)])),
    ),
    (
        "resource-without-digest",
        "A related resource has no digest.",
        _new_only(_with("relatedResource", [_but(_RESOURCE, digestSRI=None)])),
    ),
    (
        "resource-digest-malformed",
        "The digestSRI of a related resource names no hash.",
        _new_only(_with("relatedResource", [_but(_RESOURCE, digestSRI="MzNNbQTWCSUSi0bb")])),
    ),
    (
        "resource-multibase-malformed",
        "The digestMultibase of a related resource is no multihash.",
        _new_only(_with("relatedResource", [_but(_RESOURCE, digestSRI=None, digestMultibase="zMzNNbQTWCSUSi")])),
    ),
    (
        "resource-digest-weak",
        "The digestSRI of a related resource is made with SHA-256.",
        _new_only(
            _with(
                "relatedResource",
                [_but(_RESOURCE, digestSRI="sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=")],
            )
        ),
    ),
    (
        "resource-twice",
        "Two related resources have the same id.",
        _new_only(_with("relatedResource", [_RESOURCE, _RESOURCE])),
    ),
    (
        "resource-media-type-malformed",
        "The mediaType of a related resource is none.",
        _new_only(_with("relatedResource", [_but(_RESOURCE, mediaType="picture")])),
    ),
):
    _of_both(_defect, _told, _change)


# What links or tells apart the credentials of a batch


def _claim_by_key(document: Document, _: Context) -> None:
    subject = document["credentialSubject"]
    if "id" in subject:
        subject[MANDATORY] += f" {subject['id'][-6:]}"


def _status_shared(document: Document, context: Context) -> None:
    entries = document.setdefault("credentialStatus", [_entry(context)])
    for entry in entries if isinstance(entries, list) else [entries]:
        url = entry["statusListCredential"]
        entry |= {"statusListIndex": "94567", "id": f"{url}#94567"}


def _entry(context: Context) -> Document:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListCredential": context.status_list_url("shared"),
    }


for _defect, _told, _change in (
    ("claim-by-key", "What the credential says of its holder depends on the key it is bound to.", _claim_by_key),
    (
        "id-shared",
        "All credentials have the same id.",
        _with("id", "urn:uuid:6b7f0e0a-3c1d-4a52-9d0e-2f5a1c8b7e44"),
    ),
    (
        "status-shared",
        "All credentials have the same place in a status list.",
        _status_shared,
    ),
):
    _of_both(_defect, _told, _change)
