"""Faults of W3C status lists: of the entries in credentials, of the credentials with lists, and of their answers.

Faults of what signs them are in ``status_signatures``.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from typing import Any

from harness.reference import issuer_identity, keys, ldp_vc
from harness.reference.bitstring_status_list import ListCredential, multibase, zipped
from harness.reference.context import Context
from harness.reference.defects.w3c_model import HOUR, follow
from harness.reference.documents import Text
from harness.reference.encoding import Twin, base64url, json_text
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc
from harness.reference.ldp_vc import LdpVc
from harness.reference.status_entries import ENTRIES, MESSAGE
from harness.reference.status_lists import ListReply
from harness.reference.w3c_credential import BASE_CONTEXTS, BEGIN_AND_END, date_time

Document = dict[str, Any]

_DAY = 24 * HOUR
_REMOVED = object()


# Entries


def _entries(draft: JwtVc | LdpVc) -> list[Document]:
    found = draft.document.get("credentialStatus", [])
    return found if isinstance(found, list) else [found]


def _of_first(defect: str, told: str, change: Callable[[Document], Any]) -> None:
    """Declare a fault of the first entry of a credential in a JWT."""

    def spoil(draft: JwtVc, _: Context) -> None:
        for entry in _entries(draft)[:1]:
            change(entry)

    fault(f"jwt-vc:status-entry-{defect}", told)(spoil)


def _of_message(defect: str, told: str, change: Callable[[Document], Any]) -> None:
    """Declare a fault of the entry for messages of a credential with proofs."""

    def spoil(draft: LdpVc, _: Context) -> None:
        for entry in _entries(draft):
            if entry.get("statusPurpose") == MESSAGE:
                change(entry)

    fault(f"ldp-vc:status-entry-{defect}", told)(spoil)


def _setting(member: str, value: Any) -> Callable[[Document], None]:
    def change(entry: Document) -> None:
        entry[member] = copy.deepcopy(value)
        if value is _REMOVED:
            del entry[member]

    return change


for _defect, _told, _member, _value in (
    ("purpose-missing", "An entry has no statusPurpose.", "statusPurpose", _REMOVED),
    ("purpose-array", "The statusPurpose of an entry is an array.", "statusPurpose", ["revocation"]),
    ("refresh", "An entry is for refresh, in a credential without refreshService.", "statusPurpose", "refresh"),
    ("index-missing", "An entry has no statusListIndex.", "statusListIndex", _REMOVED),
    ("index-number", "The statusListIndex is a number.", "statusListIndex", 94567),
    ("index-negative", "The statusListIndex is negative.", "statusListIndex", "-1"),
    ("index-hexadecimal", "The statusListIndex is hexadecimal.", "statusListIndex", "0x17167"),
    ("list-missing", "An entry has no statusListCredential.", "statusListCredential", _REMOVED),
    ("list-relative", "The statusListCredential is a relative reference.", "statusListCredential", "/status/1"),
):
    _of_first(_defect, _told, _setting(_member, _value))

_of_first(
    "id-of-list",
    "The id of an entry is the URL of the list.",
    lambda entry: entry.update(id=entry["statusListCredential"]),
)
_of_first(
    "index-beyond",
    "The statusListIndex is beyond the end of the list.",
    lambda entry: entry.update(statusListIndex=str(int(entry["statusListIndex"]) + ENTRIES)),
)
_of_first(
    "of-other-model",
    "A credential of data model 1.1 has an entry of a Bitstring Status List.",
    lambda entry: entry.update(type="BitstringStatusListEntry"),
)


@fault("jwt-vc:status-entry-type-added")
def type_added(draft: JwtVc, _: Context) -> None:
    """The type of an entry names something else besides."""
    for entry in _entries(draft)[:1]:
        entry["type"] = [entry["type"], "AssayStatus"]
        draft.document["@context"].append({"AssayStatus": "https://credentials.assay.test/vocabulary#AssayStatus"})


def _first_message(**changes: Any) -> Callable[[Document], None]:
    def change(entry: Document) -> None:
        first = {**entry["statusMessage"][0], **changes}
        entry["statusMessage"][0] = {name: value for name, value in first.items() if value is not None}

    return change


for _defect, _told, _change in (
    ("size-zero", "The statusSize of an entry is 0.", _setting("statusSize", 0)),
    ("messages-missing", "An entry of two bits has no statusMessage.", _setting("statusMessage", _REMOVED)),
    (
        "messages-object",
        "The statusMessage is an object.",
        _setting("statusMessage", {"status": "0x0", "message": "valid"}),
    ),
    (
        "messages-short",
        "The statusMessage of an entry of two bits has three elements.",
        lambda entry: entry["statusMessage"].pop(),
    ),
    ("message-decimal", "The status of a message is no hexadecimal number.", _first_message(status="0")),
    ("message-without-text", "A message has no text.", _first_message(message=None)),
    ("reference-number", "The statusReference is a number.", _setting("statusReference", 42)),
):
    _of_message(_defect, _told, _change)


# The credential with the list


def _of_list(defect: str, told: str, change: Callable[[ListCredential, Context], Any]) -> None:
    """Declare a fault of a list; the registered claims of a JWT change with the credential in it."""

    def spoil(draft: ListCredential, context: Context) -> None:
        change(draft, context)
        if isinstance(draft.credential, JwtVc):
            follow(draft.credential.payload)

    fault(f"status-credential:{defect}", told)(spoil)


def _of_jwt(change: Callable[[ListCredential, JwtVc, Context], Any]) -> Callable[[ListCredential, Context], Any]:
    """Give what changes lists in JWTs only."""

    def of_list(draft: ListCredential, context: Context) -> None:
        if isinstance(draft.credential, JwtVc):
            change(draft, draft.credential, context)

    return of_list


def _of_proofs(
    change: Callable[[ListCredential, LdpVc, Context], Any],
) -> Callable[[ListCredential, Context], Any]:
    """Give what changes lists with Data Integrity proofs only."""

    def of_list(draft: ListCredential, context: Context) -> None:
        if isinstance(draft.credential, LdpVc):
            change(draft, draft.credential, context)

    return of_list


def _is_old(draft: ListCredential) -> bool:
    return BASE_CONTEXTS["1.1"] in draft.document["@context"]


def _times(begin: int, end: int) -> Callable[[ListCredential, Context], None]:
    def change(draft: ListCredential, context: Context) -> None:
        names = BEGIN_AND_END["1.1" if _is_old(draft) else "2.0"]
        for name, ahead in zip(names, (begin, end), strict=True):
            draft.document[name] = date_time(context.now() + ahead)

    return change


def _begin_malformed(draft: ListCredential, _: Context) -> None:
    draft.document[BEGIN_AND_END["1.1" if _is_old(draft) else "2.0"][0]] = "soon"


def _of_other_model(draft: ListCredential, secured: JwtVc, _: Context) -> None:
    if _is_old(draft):
        return
    claims = {name: value for name, value in secured.payload.items() if name in ("iss", "iat")}
    old = {name: value for name, value in secured.payload.items() if name not in claims}
    old["@context"] = [BASE_CONTEXTS["1.1"], *old["@context"][1:]]
    for old_name, new_name in zip(BEGIN_AND_END["1.1"], BEGIN_AND_END["2.0"], strict=True):
        old[old_name] = old.pop(new_name)
    claims |= {"nbf": 0, "exp": 0, "jti": old["id"], "sub": old["credentialSubject"]["id"], "vc": old}
    secured.header["typ"], secured.payload = "JWT", claims


def _with_proofs(draft: ListCredential, secured: JwtVc, context: Context) -> None:
    document = {name: value for name, value in secured.payload.items() if name not in ("iss", "iat")}
    draft.credential = LdpVc(document, ldp_vc.proofs(context, context.now()))


def _by_other_algorithm(_: ListCredential, secured: JwtVc, context: Context) -> None:
    key = keys.issuer_key("EdDSA" if secured.header["alg"] == "ES256" else "ES256")
    secured.key = key
    secured.header |= {"alg": key.algorithm, **issuer_identity.header(context, key)}


for _defect, _told, _change_list in (
    (
        "type-missing",
        "The credential with the list does not say that it is one.",
        lambda draft, _: draft.document["type"].pop(),
    ),
    (
        "general-type-missing",
        "VerifiableCredential is not among the types of the list.",
        _of_jwt(lambda draft, *_: draft.document["type"].remove("VerifiableCredential")),
    ),
    (
        "context-missing",
        "The credential with the list has no @context.",
        _of_jwt(lambda draft, *_: draft.document.pop("@context")),
    ),
    ("begin-malformed", "The time from which the list is valid is no time.", _begin_malformed),
    ("of-other-model", "A Bitstring Status List is a credential of data model 1.1.", _of_jwt(_of_other_model)),
    ("expired", "The list has expired.", _times(-2 * _DAY, -_DAY)),
    ("not-yet-valid", "The list is valid from tomorrow on.", _times(_DAY, 2 * _DAY)),
    ("unsecured", "The list has no proof.", _of_proofs(lambda _, secured, *__: secured.proofs.clear())),
    (
        "proof-purpose",
        "The proof of the list is for authentication.",
        _of_proofs(lambda _, secured, *__: secured.proofs[0].options.update(proofPurpose="authentication")),
    ),
    (
        "typ-missing",
        "The JWT with the list has no typ.",
        _of_jwt(lambda _, secured, *__: secured.header.pop("typ")),
    ),
    (
        "typ-other",
        "The JWT with the list has the typ of an access token.",
        _of_jwt(lambda _, secured, *__: secured.header.update(typ="at+jwt")),
    ),
    (
        "term-undefined",
        "No context defines a term of the list.",
        _of_proofs(lambda draft, *_: draft.subject.update(note="of the identity credentials")),
    ),
    ("other-mechanism", "The list has a proof, the credential is a JWT.", _of_jwt(_with_proofs)),
    (
        "other-algorithm",
        "The list is signed by another algorithm than the credential.",
        _of_jwt(_by_other_algorithm),
    ),
):
    _of_list(_defect, _told, _change_list)


# What the list says


def _subject(defect: str, told: str, member: str, value: Any) -> None:
    """Declare a fault of one member of the list, where a list has it."""

    def change(draft: ListCredential, _: Context) -> None:
        if member in draft.subject:
            _setting(member, value)(draft.subject)

    _of_list(defect, told, change)


for _defect, _told, _member, _value in (
    ("purpose-missing", "The list has no statusPurpose.", "statusPurpose", _REMOVED),
    ("purpose-number", "The statusPurpose of the list is a number.", "statusPurpose", 42),
    ("purposes-empty", "The statusPurpose of the list is an empty array.", "statusPurpose", []),
    ("purpose-other", "The list is for another purpose than the entry.", "statusPurpose", "refresh"),
    ("messages-missing", "The list of messages does not say what they are.", "statusMessages", _REMOVED),
    ("message-size-missing", "The list of messages has no statusSize.", "statusSize", _REMOVED),
    ("message-size-zero", "The statusSize of the list is 0.", "statusSize", 0),
    ("ttl-text", "The ttl of the list is no number.", "ttl", "soon"),
    ("ttl-negative", "The ttl of the list is negative.", "ttl", -1),
):
    _subject(_defect, _told, _member, _value)

_of_list(
    "member-twice",
    "The list in a JWT has its id twice.",
    _of_jwt(lambda draft, *_: draft.subject.update({Twin("id"): draft.subject["id"]})),
)
_of_list(
    "subject-type-other",
    "The subject of the credential with the list is no list.",
    _of_jwt(lambda draft, *_: draft.subject.update(type="OtherList")),
)


# The bits


def _is_of_2021(draft: ListCredential) -> bool:
    return draft.spell is base64url


def _spelled(defect: str, told: str, spell: Callable[[bytes], Any]) -> None:
    _of_list(defect, told, lambda draft, _: setattr(draft, "spell", spell))


def _compressed(defect: str, told: str, compress: Callable[[bytes], bytes]) -> None:
    _of_list(defect, told, lambda draft, _: setattr(draft, "compress", compress))


def _garbage(_: bytes) -> str:
    return "u!!!"


def _padded(data: bytes) -> str:
    return f"{multibase(data)}="


def _cut(data: bytes) -> bytes:
    return zipped(data)[:-9]


def _with_other_checksum(data: bytes) -> bytes:
    made = bytearray(zipped(data))
    made[-8] ^= 1
    return bytes(made)


def _with_tail(data: bytes) -> bytes:
    return zipped(data) + b"tail"


_spelled("encoded-missing", "The list has no encodedList.", lambda _: None)
_spelled("encoded-number", "The encodedList is a number.", lambda _: 42)
_spelled("encoded-garbage", "The encodedList is no base64url.", _garbage)
_spelled("encoded-padded", "The encodedList is padded.", _padded)
_of_list(
    "multibase-other",
    "The encodedList has the prefix of Multibase in a StatusList2021, or lacks it in a Bitstring Status List.",
    lambda draft, _: setattr(draft, "spell", multibase if _is_of_2021(draft) else base64url),
)
_compressed("zlib", "The list is compressed with ZLIB.", zlib.compress)
_compressed("uncompressed", "The list is not compressed.", bytes)
_compressed("gzip-cut", "The GZIP data are cut short.", _cut)
_compressed("gzip-checksum", "The checksum of the GZIP data is that of other data.", _with_other_checksum)
_compressed("gzip-trailing", "Bytes follow the GZIP data.", _with_tail)
_of_list(
    "short",
    "The list has less than 16 KB.",
    lambda draft, _: (
        setattr(draft, "array", draft.array[: (16 << 10) - 1]) if len(draft.array) == 16 << 10 else None
    ),
)
_of_list(
    "few-entries",
    "A list of two bits for each entry has less than 131,072 entries.",
    lambda draft, _: setattr(draft, "array", draft.array[:-1]) if len(draft.array) > 16 << 10 else None,
)
_of_list(
    "all-set",
    "All bits of the list are set.",
    lambda draft, _: setattr(draft, "array", b"\xff" * len(draft.array)),
)


# The answer


def _of_answer(defect: str, told: str, change: Callable[[ListReply], Any]) -> None:
    fault(f"status-credential-response:{defect}", told)(lambda reply, _: change(reply))


def _not_found(reply: ListReply) -> None:
    reply.status, reply.body = 404, {"error": "not_found"}
    reply.headers["Content-Type"] = "application/json"


def _page(reply: ListReply) -> None:
    reply.body = Text("<!doctype html><title>Status</title>")
    reply.headers["Content-Type"] = "text/html"


def _json_string(reply: ListReply) -> None:
    reply.body = Text(json_text(reply.body.decode()))
    reply.headers["Content-Type"] = "application/json"


for _defect, _told, _change_answer in (
    ("not-found", "There is no list at its URL.", _not_found),
    ("page", "There is a page at the URL of the list.", _page),
    ("json-string", "The list is a JSON string.", _json_string),
    (
        "content-type",
        "The answer with the list is called plain text.",
        lambda reply: reply.headers.update({"Content-Type": "text/plain"}),
    ),
    (
        "content-type-missing",
        "The answer with the list does not say what it is.",
        lambda reply: reply.headers.pop("Content-Type"),
    ),
    (
        "no-store",
        "The answer with the list must not be stored.",
        lambda reply: reply.headers.update({"Cache-Control": "no-store"}),
    ),
    (
        "cookie",
        "The answer with the list sets a cookie.",
        lambda reply: reply.headers.update({"Set-Cookie": "visitor=42"}),
    ),
    (
        "cached-for-two-days",
        "Copies of the list may be kept for two days.",
        lambda reply: reply.headers.update({"Cache-Control": f"max-age={2 * _DAY}"}),
    ),
):
    _of_answer(_defect, _told, _change_answer)
