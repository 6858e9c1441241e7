"""Status lists, decoded but not judged: Token Status List as JWT, CWT and bare, and Bitstring Status List."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any

from harness.formats import base64url, cbor, cbor_diagnostic, cose
from harness.formats.problems import FormatError
from harness.inspection import credentials, tokens
from harness.inspection.inspection import Complaint, Inspection, Row, Section, Signature
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import LDP_VC, Recognised, claims_of
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import LONGEST_TEXT, TIMES, concealed, concealed_cbor, cut, moment
from harness.model import Json

MAX_LIST = 4_000_000
"""Bytes of an unpacked list that are looked at."""
_FEW = 20
"""Entries whose places are told."""
_CLAIMS = {1: "iss", 2: "sub", 4: "exp", 5: "nbf", 6: "iat", 65534: "ttl", 65533: "status_list", 65535: "status"}
"""CWT claims (RFC 8392; Token Status List) and their names."""
_STATUS_LIST = "status_list"
_JWT = tokens.TokenKind(
    "Status List Token (JWT)", "Token Status List, 5.1", "statuslist+jwt", {"sub": (str,), "iat": (int, float)}
)


async def inspect_jwt(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a Status List Token as JWT."""
    own = await tokens.of_jws(found.kind, found.value, _JWT, around)
    shown, complaints = _list(claims_of(found.value).get(_STATUS_LIST))
    return _with(own, shown, complaints)


async def inspect_cwt(found: Recognised, _: Surroundings) -> Inspection:
    """Look at a CWT: a Status List Token, or another one."""
    value = cbor.parse(found.value).value
    while isinstance(value, cbor.Tag) and value.number == 61:
        value = value.value
    try:
        sign1 = cose.parse_sign1(value)
        claims = cbor.parse(sign1.payload or b"").value
    except FormatError as error:
        broken = Complaint(error.kind, error.detail, clause="RFC 9052, 4.2")
        return Inspection("cwt", "CBOR Web Token", _diagnostic(found.value), complaints=(broken,))
    members = claims if isinstance(claims, dict) else {}
    named = {
        _CLAIMS.get(label, str(label)) if isinstance(label, int) else str(label): item
        for label, item in members.items()
    }
    shown, complaints = _list(named.get(_STATUS_LIST)) if _STATUS_LIST in named else ((), ())
    return Inspection(
        "cwt",
        "Status List Token (CWT)" if shown else "CBOR Web Token",
        (Section("Claims", _cbor_rows(named)), *shown, *_diagnostic(found.value)),
        {name: _plain(item) for name, item in named.items()},
        Signature(None, "not checked: CWTs are decoded only"),
        # A CWT stands with its tags (RFC 8392 section 6); in an mdoc they are wrong.
        (*(complaint(one, "formats.cose") for one in sign1.problems if one.kind != "cose-tagged"), *complaints),
    )


async def inspect_plain(found: Recognised, _: Surroundings) -> Inspection:
    """Look at a status list without a token around it."""
    value = found.value if isinstance(found.value, bytes) else found.value.value
    members = cbor.parse(value).value if isinstance(value, bytes) else value
    shown, complaints = _list(members)
    return Inspection(
        found.kind,
        "Status list without a token around it",
        shown,
        {str(name): _plain(item) for name, item in members.items()},
        complaints=complaints,
    )


async def inspect_credential(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a Bitstring Status List Credential."""
    value = found.value.value
    own = await credentials.inspect(Recognised("credential", value, LDP_VC), around)
    subject = value.get("credentialSubject")
    encoded = subject.get("encodedList") if isinstance(subject, dict) else None
    try:
        content = _unzipped(encoded)
    except ValueError as error:
        broken = Complaint(
            "status-list",
            str(error),
            pointer="/credentialSubject/encodedList",
            clause="Bitstring Status List, 3.1",
        )
        return _with(_titled(own), (), (broken,))
    size = subject.get("statusSize", 1) if isinstance(subject, dict) else 1
    bits = size if isinstance(size, int) and size in (1, 2, 4, 8) else 1
    return _with(_titled(own), (_entries(content, bits, first_is_low=False),), ())


async def inspect_cbor(found: Recognised, _: Surroundings) -> Inspection:
    """Show CBOR of no kind that is known."""
    return Inspection("cbor", "CBOR of no kind that is known here", _diagnostic(found.value), judged=False)


def _titled(own: Inspection) -> Inspection:
    return Inspection(
        "status-list-credential",
        "Bitstring Status List Credential",
        own.sections,
        own.decoded,
        own.signature,
        own.complaints,
        own.undecided,
    )


def _with(own: Inspection, sections: tuple[Section, ...], complaints: tuple[Complaint, ...]) -> Inspection:
    return Inspection(
        own.kind,
        own.title,
        (*own.sections, *sections),
        own.decoded,
        own.signature,
        (*own.complaints, *complaints),
        own.undecided,
    )


def _diagnostic(data: bytes) -> tuple[Section, ...]:
    text = cbor_diagnostic.diagnostic(concealed_cbor(cbor.parse(data).value), longest=32)
    return (Section("CBOR in diagnostic notation", text=cut(text, LONGEST_TEXT)),)


def _cbor_rows(members: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(
        Row(
            name,
            (name in TIMES and moment(item)) or cut(cbor_diagnostic.diagnostic(concealed_cbor(item), longest=24)),
        )
        for name, item in members.items()
    )


def _plain(value: Any) -> Json:
    if isinstance(value, (dict, list, bytes, cbor.Tag, cbor.Simple)):
        return cbor_diagnostic.diagnostic(concealed_cbor(value))
    return concealed(value)


def _list(members: Any) -> tuple[tuple[Section, ...], tuple[Complaint, ...]]:
    """Unpack a status list (Token Status List section 4)."""
    clause = "Token Status List, 4.2"
    if not isinstance(members, dict):
        return (), (Complaint("status-list", "status_list is no object", clause=clause),)
    bits, packed = members.get("bits"), members.get("lst")
    if bits not in (1, 2, 4, 8) or isinstance(bits, bool):
        return (), (Complaint("status-list-bits", f"bits is {bits!r}", clause=clause),)
    try:
        content = _inflated(base64url.decode(packed) if isinstance(packed, str) else packed)
    except (ValueError, FormatError) as error:
        return (), (Complaint("status-list", f"lst cannot be unpacked: {error}", clause=clause),)
    return (_entries(content, bits, first_is_low=True),), ()


def _inflated(data: Any) -> bytes:
    if not isinstance(data, bytes):
        raise ValueError("it is no bytes")
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(data, MAX_LIST)
    except zlib.error as error:
        raise ValueError(f"no ZLIB data ({error})") from None
    if unpacking.unconsumed_tail:
        raise ValueError(f"more than {MAX_LIST} bytes when unpacked")
    if not unpacking.eof:
        raise ValueError("the ZLIB data are cut short")
    return content


def _unzipped(text: Any) -> bytes:
    if not isinstance(text, str):
        raise ValueError("encodedList is no string")
    try:
        data = base64url.decode(text[1:]) if text.startswith("u") else base64.b64decode(text + "==")
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
            content = opened.read(MAX_LIST + 1)
    except (OSError, EOFError, zlib.error, binascii.Error, ValueError, FormatError) as error:
        raise ValueError(f"encodedList cannot be unpacked: {error}") from None
    if len(content) > MAX_LIST:
        raise ValueError(f"encodedList has more than {MAX_LIST} bytes when unpacked")
    return content


def _entries(content: bytes, bits: int, *, first_is_low: bool) -> Section:
    """Count the entries of an unpacked list.

    Args:
        first_is_low: whether the first entry of a byte is in its least significant bits.

    """
    per_byte, mask = 8 // bits, (1 << bits) - 1
    shifts = [bits * (position if first_is_low else per_byte - 1 - position) for position in range(per_byte)]
    counts = [0] * (mask + 1)
    for byte, times in Counter(content).items():
        for shift in shifts:
            counts[byte >> shift & mask] += times
    set_ones = (
        f"{offset * per_byte + position}: {byte >> shift & mask}"
        for offset, byte in enumerate(content)
        if byte
        for position, shift in enumerate(shifts)
        if byte >> shift & mask
    )
    places = list(islice(set_ones, _FEW))
    total = len(content) * per_byte
    return Section(
        "Status list",
        (
            Row("entries", f"{total}, of {bits} bit{'s' if bits > 1 else ''} each"),
            *(Row(f"status {value}", str(count)) for value, count in enumerate(counts) if count),
            Row("not 0", ", ".join(places) + (", …" if total - counts[0] > len(places) else "")),
        ),
    )
