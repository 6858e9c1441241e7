"""The credentials that hold W3C status lists: Bitstring Status List v1.0 and StatusList2021.

Such a list is a credential in its own right, read by ``jwt_vc`` or ``ldp_vc``, be it enveloped or not. What the
answer looks like decides how it is secured, not its media type.

Problems, with the sections of Bitstring Status List v1.0, then of StatusList2021 where that has the rule, too;
pointers lead into the credential:

- those of ``jwt_vc``, or those of ``ldp_vc`` and ``strict_json``.
- ``jwt-white-space``: white space around a JWT (RFC 7515 section 7.1).
- ``list-model``: not a credential of data model 2.0 (2.2).
- ``list-type``: ``type`` does not name the type of credentials with such lists (2.1, 2.2; 2.1, 2.2).
- ``list-subject-type``: ``type`` of the subject is not that of such lists (2.2; 2.2).
- ``list-purpose``: ``statusPurpose`` is not made of one or more strings (2.2), or is no string (2.2 of the other).
- ``encoded-missing``, ``encoded-form``: no ``encodedList`` that is a string (2.2; 2.2).
- ``encoded-multibase``: it has not the ``u`` of Multibase in front (2.2), or has it (2.2 of the other).
- ``encoded-base64url``: the rest is no base64url without padding (2.2), or no base64 at all (2.2 of the other).
- those of ``bitstring.expand`` and its errors, except ``status-list-too-large`` (2.2; 2.2).
- ``list-short``: less than 16 KB when expanded (2.2; 2.2).
- ``ttl-form``: ``ttl`` is no number of milliseconds (2.2).
- ``list-size``: ``statusSize`` is no integer greater than zero (2.1, 2.2).
- ``message-size-missing``: a list of messages has no ``statusSize`` (2.2).
- ``message-texts-missing``: a list of messages has no ``statusMessages`` (2.2).

Problems of :meth:`StatusListCredential.validity`: those of the reader of the credential.

Errors: those of the readers, and

- ``list-form``: neither a JWT nor a JSON object.
- ``secured-otherwise``: a credential in an SD-JWT or in COSE, which is not read here.

Errors of :meth:`StatusListCredential.value_of`:

- ``status-unreadable``: the bitstring cannot be expanded.
- ``status-purpose``: the list is for another purpose (3.2; 3.2).
- ``status-out-of-range``: it has no entry at the index (3.2).
- ``status-size-too-large``: an entry of more bits than are read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.formats import base64url, date_time, jwt_claims, jwt_vc, ldp_vc, strict_json, vcdm
from harness.formats.bitstring import Bitstring, BitstringError, expand
from harness.formats.clock import SKEW_S
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.formats.signer import Signer
from harness.formats.status_reference import Mechanism, Reference
from harness.formats.strict_json import integer
from harness.formats.vcdm import Version
from harness.model import Json

if TYPE_CHECKING:
    from harness.formats.status_document import StatusDocument

MIN_BYTES = 16 << 10
"""Size of the shortest bitstring (2.2)."""
MIN_ENTRIES = 131_072
"""The fewest entries of a list (3.2)."""
MESSAGE = "message"

_ENVELOPED = "EnvelopedVerifiableCredential"
_JWT_IN_DATA = re.compile(r"data:application/(?:vc\+)?jwt,(.*)", re.DOTALL)
_COMPACT = re.compile(r"[A-Za-z0-9_=-]*+\.[A-Za-z0-9_=-]*+\.[A-Za-z0-9_=-]*+")
_SD_JWT = re.compile(_COMPACT.pattern + r"~.*", re.DOTALL)
_COSE_SIGN1 = (b"\xd2", b"\x84")
_COSE = "application/vc+cose"
_DIGITS = re.compile(r"[0-9]{1,18}")
_GZIP_IN_BASE64 = "H4sI"


class _Kind(NamedTuple):
    """What one of the two mechanisms calls its parts."""

    mechanism: Mechanism
    credential_type: str
    subject_type: str


_BITSTRING = _Kind(Mechanism.BITSTRING, "BitstringStatusListCredential", "BitstringStatusList")
_OF_2021 = _Kind(Mechanism.STATUS_LIST_2021, "StatusList2021Credential", "StatusList2021")


@dataclass(frozen=True)
class StatusListCredential:
    """A credential with a status list as read; nothing is said about its signature yet."""

    mechanism: Mechanism
    credential: JwtVc | LdpVc
    members: Mapping[str, Json]
    """The subject of the credential, which is the list."""
    bitstring: Bitstring | None
    """``None`` when it cannot be expanded."""
    unread: Problem | None
    """Why there is none."""
    list_problems: tuple[Problem, ...]
    """What is wrong with it as a status list."""
    transfer_problems: tuple[Problem, ...] = ()
    """What is wrong with the text that it came as."""

    enveloped: bool = False
    """Whether it came in an ``EnvelopedVerifiableCredential``."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it by itself."""
        return (*self.transfer_problems, *self.credential.problems, *self.list_problems)

    @property
    def model_problems(self) -> tuple[Problem, ...]:
        """What is wrong with it by the data model of credentials."""
        place = self.credential.place if isinstance(self.credential, JwtVc) else ""
        return located(place, vcdm.problems(self.credential.document, self.credential.version))

    @property
    def securing_problems(self) -> tuple[Problem, ...]:
        """What is wrong with how it is secured, apart from the signature itself."""
        of_model = self.model_problems
        of_proof = (problem for problem in self.credential.problems if problem not in of_model)
        return (*self.transfer_problems, *of_proof)

    @property
    def purposes(self) -> tuple[str, ...]:
        """Each ``statusPurpose`` that is a string."""
        value = self.members.get("statusPurpose")
        return tuple(name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str))

    @property
    def subject(self) -> Json:
        """The ``id`` of the credential, as it came."""
        return self.credential.document.get("id")

    @property
    def issued_at(self) -> float | None:
        """The ``iat`` of a JWT, or else the beginning of its validity, in seconds since 1970."""
        claims = self.credential.payload if isinstance(self.credential, JwtVc) else {}
        document = self.credential.document
        begin = date_time.seconds(document.get("validFrom", document.get("issuanceDate")))
        stated = jwt_claims.number(claims.get("iat"))
        return begin if stated is None else stated

    @property
    def expires(self) -> float | None:
        """When it ends to be valid, in seconds since 1970."""
        return self.credential.expires

    @property
    def ttl(self) -> float | None:
        """Seconds that a copy may be kept; the list says it in milliseconds."""
        found = _milliseconds(self.members.get("ttl"))
        return None if found is None or self.mechanism is not Mechanism.BITSTRING else found / 1000

    @property
    def algorithm(self) -> str | None:
        """How it is signed: the algorithm of the JWT, or the cryptosuite of the issuer's proof."""
        return self.credential.algorithm

    @property
    def signer(self) -> Signer:
        """What it says of the key that signed it."""
        return self.credential.signer

    @property
    def entry_size(self) -> int:
        """Bits of one entry, as far as the list says so itself."""
        found = integer(self.members.get("statusSize"))
        return found if found is not None and found > 0 else 1

    @property
    def size(self) -> int | None:
        """How many entries it has, by :attr:`entry_size`; ``None`` when it cannot be expanded."""
        return None if self.bitstring is None else self.bitstring.length // self.entry_size

    def value_of(self, reference: Reference) -> int:
        """Give the value of one credential, whose entry says how many bits it has.

        Raises:
            FormatError: there is none; the kinds are in the module's docstring.

        """
        if self.bitstring is None or reference.index is None:
            reason = "the reference has no index" if self.unread is None else self.unread.detail
            raise FormatError("status-unreadable", reason)
        if reference.purpose not in self.purposes:
            said = f"the list is for {shown(self.members.get('statusPurpose'))}, not {shown(reference.purpose)}"
            raise FormatError("status-purpose", said)
        return self.bitstring.value(reference.index, reference.size)

    def changed(self, other: StatusDocument) -> tuple[int, ...]:
        """Give the positions whose values differ in another edition of the list, by :attr:`entry_size`."""
        others = other.bitstring if isinstance(other, StatusListCredential) else None
        if self.bitstring is None or others is None:
            return ()
        return self.bitstring.changed(others, self.entry_size)

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge the times of the credential.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        return self.credential.validity(now, skew)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it.

        Raises:
            SignatureError: it did not; see the reader of the credential.

        """
        self.credential.verify(jwk)


def read(body: bytes, media_type: str | None = None) -> StatusListCredential:
    """Read the body of an answer as a ``BitstringStatusListCredential``.

    Args:
        body: as it came, without content coding.
        media_type: in lower case without parameters; it counts where the body does not show what it is.

    Raises:
        FormatError: no such credential can be read of it; the kinds are in the module's docstring.

    """
    return _read(body, media_type, _BITSTRING)


def read_2021(body: bytes, media_type: str | None = None) -> StatusListCredential:
    """Read the body of an answer as a ``StatusList2021Credential``; see :func:`read`."""
    return _read(body, media_type, _OF_2021)


def _read(body: bytes, media_type: str | None, kind: _Kind) -> StatusListCredential:
    credential, transfer, enveloped = _credential(body, media_type)
    document = credential.document
    subjects = [
        (place, subject)
        for place, subject in _subjects(document)
        if kind.subject_type in vcdm.types(subject) or len(vcdm.subjects(document)) == 1
    ]
    place, members = next(iter(subjects), next(_subjects(document), ("/credentialSubject", {})))
    problems: list[Problem] = []
    data, unread = None, None
    try:
        data = _data(members, kind, problems)
    except FormatError as error:
        unread = Problem(error.kind, error.detail, "/encodedList" if "encodedList" in members else "")
        # That a list is larger than is read here is nothing wrong with it.
        problems += [unread] if error.kind != "status-list-too-large" else []
    if data is not None and len(data.data) < MIN_BYTES:
        problems.append(Problem("list-short", f"the bitstring has {len(data.data)} bytes", "/encodedList"))
    found = (*_type_problems(document, kind), *located(place, _member_problems(members, kind)))
    inside = credential.place if isinstance(credential, JwtVc) else ""
    own = located(inside, (*found, *located(place, problems)))
    return StatusListCredential(kind.mechanism, credential, members, data, unread, own, transfer, enveloped)


def _subjects(document: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    value = document.get("credentialSubject")
    if isinstance(value, dict):
        yield "/credentialSubject", value
    for index, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield f"/credentialSubject/{index}", item


# The credential, whichever way it is secured


def _credential(body: bytes, media_type: str | None) -> tuple[JwtVc | LdpVc, tuple[Problem, ...], bool]:
    """Give the credential, what is wrong with the text that it came as, and whether it is enveloped."""
    received = body.decode("utf-8", "replace")
    compact = received.strip(" \t\r\n")
    if _COMPACT.fullmatch(compact):
        space = Problem("jwt-white-space", "white space stands around the JWT")
        return jwt_vc.read(compact), () if compact == received else (space,), False
    if _SD_JWT.fullmatch(compact):
        raise FormatError("secured-otherwise", "the list is an SD-JWT, which is not read here")
    if media_type == _COSE or body.startswith(_COSE_SIGN1):
        raise FormatError("secured-otherwise", "the list is secured with COSE, which is not read here")
    try:
        parsed = strict_json.parse(body)
    except strict_json.JsonError as error:
        raise FormatError("list-form", f"the answer is neither a JWT nor JSON: {error.detail}") from error
    if not isinstance(parsed.value, dict):
        raise FormatError("list-form", f"the answer is {json_type(parsed.value)}, neither a JWT nor an object")
    if _ENVELOPED in vcdm.types(parsed.value):
        return _unwrapped(parsed.value.get("id")), parsed.problems, True
    return ldp_vc.read(parsed.value), parsed.problems, False


def _unwrapped(identifier: Json) -> JwtVc:
    """Read the credential in an envelope (VC Data Model 2.0 section 4.13)."""
    inside = _JWT_IN_DATA.fullmatch(identifier) if isinstance(identifier, str) else None
    if inside is None:
        raise FormatError("secured-otherwise", f"the envelope is {shown(identifier)}, no JWT in a data URL")
    return jwt_vc.read(inside[1])


# What it says as a status list


def _type_problems(document: Mapping[str, Json], kind: _Kind) -> Iterator[Problem]:
    version = vcdm.likely_version(document)
    if kind.mechanism is Mechanism.BITSTRING and version is not Version.V2_0:
        yield Problem("list-model", f"the credential is one of data model {version}", "")
    if kind.credential_type not in vcdm.types(document):
        said = f"type is {shown(document.get('type'))}, without {kind.credential_type}"
        yield Problem("list-type", said, "/type")


def _member_problems(members: Mapping[str, Json], kind: _Kind) -> Iterator[Problem]:
    if set(vcdm.types(members)) != {kind.subject_type}:
        yield Problem("list-subject-type", f"type of the subject is {shown(members.get('type'))}", "/type")
    purpose = members.get("statusPurpose")
    several = purpose if isinstance(purpose, list) and kind is _BITSTRING else [purpose]
    if not several or not all(isinstance(name, str) for name in several):
        yield Problem("list-purpose", f"statusPurpose is {shown(purpose)}", "/statusPurpose")
    if kind is not _BITSTRING:
        return
    if "ttl" in members and _milliseconds(members["ttl"]) is None:
        yield Problem("ttl-form", f"ttl is {shown(members['ttl'])}", "/ttl")
    size = integer(members.get("statusSize", 1))
    if size is None or size < 1:
        yield Problem("list-size", f"statusSize is {shown(members['statusSize'])}", "/statusSize")
    if MESSAGE in several and "statusSize" not in members:
        yield Problem("message-size-missing", "a list of messages has no statusSize", "")
    # The vocabulary calls the member by its name in the entry.
    if MESSAGE in several and not {"statusMessages", "statusMessage"}.intersection(members):
        yield Problem("message-texts-missing", "a list of messages has no statusMessages", "")


def _milliseconds(value: Json) -> float | None:
    """Read ``ttl``, a number that is not negative; the vocabulary has it as a string."""
    if isinstance(value, str):
        return float(value) if _DIGITS.fullmatch(value) else None
    found = jwt_claims.number(value)
    return found if found is not None and found >= 0 else None


def _data(members: Mapping[str, Json], kind: _Kind, problems: list[Problem]) -> Bitstring:
    """Expand the list; what is wrong with it and keeps nobody from reading it is added to ``problems``.

    Raises:
        FormatError: it cannot be expanded.

    """
    if "encodedList" not in members:
        raise FormatError("encoded-missing", "the list has no encodedList")
    encoded = members["encodedList"]
    if not isinstance(encoded, str):
        raise FormatError("encoded-form", f"encodedList is {json_type(encoded)}")
    decode = _decoded if kind is _BITSTRING else _decoded_2021
    try:
        bitstring, found = expand(decode(encoded, problems))
    except base64url.Base64UrlError as error:
        raise FormatError("encoded-base64url", f"encodedList is no base64url: {error.detail}") from None
    except BitstringError as error:
        raise FormatError(error.kind, f"encodedList cannot be expanded: {error.detail}") from None
    problems.extend(located("/encodedList", found))
    return bitstring


def _decoded(encoded: str, problems: list[Problem]) -> bytes:
    text = encoded
    if encoded.startswith("u"):
        text = encoded[1:]
    else:
        detail = f"encodedList begins with {shown(encoded[:1])}, not with u"
        problems.append(Problem("encoded-multibase", detail, "/encodedList"))
    return _without_padding(text, problems)


def _decoded_2021(encoded: str, problems: list[Problem]) -> bytes:
    text = encoded
    if encoded.startswith(f"u{_GZIP_IN_BASE64}"):
        text = encoded[1:]
        detail = "encodedList begins with the u of Multibase"
        problems.append(Problem("encoded-multibase", detail, "/encodedList"))
    # The text says base64, its example is base64url.
    return base64url.decode(text.rstrip("=").translate(str.maketrans("+/", "-_")))


def _without_padding(text: str, problems: list[Problem]) -> bytes:
    try:
        return base64url.decode(text)
    except base64url.Base64UrlError as error:
        if error.kind != "base64url-padding":
            raise
        # What is right without its padding is read, so that one mistake does not hide the others.
        detail = f"encodedList is no base64url: {error.detail}"
        problems.append(Problem("encoded-base64url", detail, "/encodedList"))
        return base64url.decode(text.rstrip("="))
