"""Status lists, decoded but not judged: Token Status List as JWT, CWT and bare, and Bitstring Status List."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from harness.evidence import Blocked
from harness.formats import base64url, cbor, cbor_diagnostic, cwt, status_list, status_list_token
from harness.formats.problems import FormatError, Problem
from harness.formats.signatures import SignatureError
from harness.formats.status_list import Form, StatusList
from harness.formats.status_list_token import StatusListToken
from harness.inspection import credentials, tokens
from harness.inspection.inspection import Complaint, Inspection, Row, Section, Signature
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import LDP_VC, Recognised
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import LONGEST_TEXT, TIMES, concealed, concealed_cbor, cut, moment
from harness.model import Json

MAX_LIST = 4_000_000
"""Bytes of an unpacked list of a credential that are looked at."""
_FEW = 20
"""Entries whose places are told."""
_CLAIMS = {1: "iss", 2: "sub", 4: "exp", 5: "nbf", 6: "iat", 65534: "ttl", 65533: "status_list", 65535: "status"}
"""CWT claims (RFC 8392; Token Status List) and their names."""
_STATUS_LIST = "status_list"
_READERS = (
    "formats.status_list_token",
    "formats.status_list",
    "formats.cwt",
    "formats.jwt_claims",
    "formats.cose",
)
"""Modules whose words for a problem count first."""
_JWT = tokens.TokenKind("Status List Token (JWT)", "Token Status List draft 12, 5.1")


async def inspect_jwt(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a Status List Token as JWT."""
    own = await tokens.of_jws(found.kind, found.value, _JWT, around)
    signature = base64url.encode(found.value.signature).encode()
    try:
        token = status_list_token.read(found.value.signing_input + b"." + signature)
    except FormatError as error:
        return _with(own, (), (Complaint(error.kind, error.detail, clause="RFC 7519, 7.2"),))
    told = {one.code for one in own.complaints}
    problems = [one for one in token.problems if one.kind not in told]
    return _with(own, _entries_of(token.status_list), _complaints(token.status_list, problems))


async def inspect_cwt(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a CWT: a Status List Token, or another one."""
    try:
        read = cwt.read(found.value)
    except FormatError as error:
        broken = Complaint(error.kind, error.detail, clause="RFC 8392, 7.2")
        return Inspection("cwt", "CBOR Web Token", _diagnostic(found.value), complaints=(broken,))
    named = {
        _CLAIMS.get(label, str(label)) if isinstance(label, int) else str(label): item
        for label, item in read.claims.items()
    }
    own = Inspection(
        "cwt",
        "CBOR Web Token",
        (Section("Claims", _cbor_rows(named)),),
        {name: _plain(item) for name, item in named.items()},
        Signature(None, "not checked: CWTs of no known kind are decoded only"),
        tuple(complaint(one, *_READERS) for one in (*read.problems, *read.validity(around.now))),
    )
    if _STATUS_LIST not in named:
        return _with(own, _diagnostic(found.value), ())
    token = status_list_token.read(found.value)
    problems = (*token.problems, *token.validity(around.now))
    state = await _verified(token, around)
    broken_seal = (
        () if state.verified is not False else (Complaint("signature", state.detail, clause="RFC 9052, 4.4"),)
    )
    return replace(
        own,
        title="Status List Token (CWT)",
        sections=(*own.sections, *_entries_of(token.status_list), *_diagnostic(found.value)),
        signature=state,
        complaints=(*_complaints(token.status_list, problems), *broken_seal),
    )


async def inspect_plain(found: Recognised, _: Surroundings) -> Inspection:
    """Look at a status list without a token around it."""
    in_cbor = isinstance(found.value, bytes)
    members = cbor.parse(found.value).value if in_cbor else found.value.value
    read = status_list.read(members, Form.CWT if in_cbor else Form.JWT)
    return Inspection(
        found.kind,
        "Status list without a token around it",
        _entries_of(read),
        {str(name): _plain(item) for name, item in members.items()},
        complaints=_complaints(read, read.problems),
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


async def _verified(token: StatusListToken, around: Surroundings) -> Signature:
    if token.has_mac:
        return Signature(None, "not checked: it carries a MAC, which only who shares its key can verify")
    try:
        key = await around.key_of(token)
    except Blocked as error:
        return Signature(None, f"not checked: {error}")
    if key.jwk is None:
        return Signature(None, f"not checked: {key.missing}")
    by = f"by the key of {key.mechanism}"
    try:
        token.verify(key.jwk)
    except SignatureError as error:
        return Signature(False, f"does not verify {by}: {error.detail}")
    return Signature(True, f"verifies {by}")


def _complaints(read: StatusList, problems: Iterable[Problem]) -> tuple[Complaint, ...]:
    """Tell the problems of a list, and that it is larger than is looked at, which is none of its own."""
    found = tuple(complaint(one, *_READERS) for one in problems)
    unread = read.unread
    if unread is None or unread.kind != "status-list-too-large":
        return found
    return (*found, Complaint(unread.kind, unread.detail, clause="Token Status List draft 12, 4.1"))


def _entries_of(read: StatusList) -> tuple[Section, ...]:
    array = read.array
    return () if array is None else (_entries(array.data, array.bits, first_is_low=True),)


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
