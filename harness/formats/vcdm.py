"""The data model of W3C credentials: Verifiable Credentials Data Model 1.1 and 2.0.

The two versions are told apart by their base context. Section numbers name version 1.1, then version 2.0.

Problems of :func:`problems`; pointers lead into the document:

- ``context-missing``: no ``@context`` (4.1; 4.3).
- ``context-form``: ``@context`` is no array (4.1; 4.3).
- ``context-base``: its first item is not the base context (4.1; 4.3).
- ``context-item``: a further item is neither a URL nor an object (4.1; 4.3).
- ``context-bases``: the base contexts of both versions, which define the same terms differently (5.3.1; B.1).
- ``context-vocab``: an object in ``@context`` sets ``@vocab`` (2.0: 5.2.1).
- ``not-compacted``: JSON-LD keywords that compaction would have replaced (2.0: 6.1.2).
- ``id-several``, ``id-form``: ``id`` of the credential or of a subject is an array, or no URL (4.2; 4.4).
- ``type-missing``, ``type-form``, ``type-other``: ``type`` is missing, is no string or array of strings, or does
  not name ``VerifiableCredential`` (4.3; 4.5).
- ``subject-missing``, ``subject-form``: no ``credentialSubject``, or one that is not made of objects that say
  something (4.4; 4.8).
- ``issuer-missing``, ``issuer-form``: no ``issuer``, or neither a URL nor an object with an ``id`` that is one
  (4.5; 4.7).
- ``issuance-date-missing``, ``issuance-date-form``, ``expiration-date-form``: 1.1 sections 4.6 and 4.8.
- ``valid-from-form``, ``valid-until-form``, ``validity-reversed``: 2.0 section 4.9.
- ``NAME-form``, ``NAME-type``, ``NAME-id``: the property is not made of objects, one has no ``type``, one has no
  ``id`` that is a URL where that is demanded or there; NAME is ``status`` (4.9; 4.10), ``schema`` (5.4; 4.11),
  ``refresh`` (5.5; 5.4), ``terms`` (5.6; 5.5), ``evidence`` (5.7; 5.6), ``reserved`` (2.0: 5.10).
- ``proof-type``: a proof inside a credential of version 1.1 has no ``type`` (4.7).
- ``name-form``, ``description-form``: neither a text nor language value objects (2.0: 4.6).
- those of ``language_values`` and ``related_resources`` (2.0: 11.1, 5.3).

Problems of :func:`validity`:

- ``expired``: now is not before ``expirationDate`` or ``validUntil``.
- ``not-yet-valid``: now is before ``issuanceDate`` or ``validFrom``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from harness.formats import date_time, did, language_values, related_resources
from harness.formats.clock import SKEW_S
from harness.formats.problems import Problem, json_type, shown
from harness.formats.strict_json import pointer
from harness.formats.text import is_uri, is_url
from harness.model import Json


class Version(StrEnum):
    """The version of the data model."""

    V1_1 = "1.1"
    V2_0 = "2.0"


BASE_CONTEXTS: Mapping[Version, str] = {
    Version.V1_1: "https://www.w3.org/2018/credentials/v1",
    Version.V2_0: "https://www.w3.org/ns/credentials/v2",
}
TYPE = "VerifiableCredential"
_TYPE_URL = f"https://www.w3.org/2018/credentials#{TYPE}"

_STARTS = ("issuanceDate", "validFrom")
_ENDS = ("expirationDate", "validUntil")
_KEYWORDS = ("@id", "@type", "@graph")


class _Linked(NamedTuple):
    """A property whose values are objects with a type of their own."""

    name: str
    kind: str
    id_needed: tuple[Version, ...] = ()
    """The versions in which each object has an ``id``."""
    versions: tuple[Version, ...] = tuple(Version)


_LINKED = (
    _Linked("credentialStatus", "status", (Version.V1_1,)),
    _Linked("credentialSchema", "schema", tuple(Version)),
    _Linked("refreshService", "refresh", (Version.V1_1,)),
    _Linked("termsOfUse", "terms"),
    _Linked("evidence", "evidence"),
    _Linked("confidenceMethod", "reserved", versions=(Version.V2_0,)),
    _Linked("renderMethod", "reserved", versions=(Version.V2_0,)),
)


def version(document: Mapping[str, Json]) -> Version | None:
    """Tell the version by the base context, the first one if there are two; ``None`` without any."""
    bases = {url: name for name, url in BASE_CONTEXTS.items()}
    named = (bases[item] for item in _items(document.get("@context")) if isinstance(item, str) and item in bases)
    return next(named, None)


def likely_version(document: Mapping[str, Json]) -> Version:
    """Tell the version by the base context or, without any, by the properties that only one version has."""
    if "validFrom" in document or "validUntil" in document:
        return version(document) or Version.V2_0
    return version(document) or Version.V1_1


def contexts(document: Mapping[str, Json]) -> list[Json]:
    """Give the items of ``@context``; what is no array counts as its only item."""
    return _items(document.get("@context"))


def types(document: Mapping[str, Json]) -> list[str]:
    """Give the types of the credential, whether ``type`` is a string or an array."""
    return [name for name in _items(document.get("type")) if isinstance(name, str)]


def issuer_id(document: Mapping[str, Json]) -> str | None:
    """Give the URL of the issuer; ``None`` when there is none that is a string."""
    issuer = document.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer
    return found if isinstance(found, str) else None


def subjects(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Give the subjects that are objects."""
    return [subject for subject in _items(document.get("credentialSubject")) if isinstance(subject, dict)]


def subject_ids(document: Mapping[str, Json]) -> list[str]:
    """Give the ``id`` of each subject that has one."""
    found = (subject.get("id") for subject in subjects(document))
    return [name for name in found if isinstance(name, str)]


def subject_keys(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Give the public key, as JWK, of each subject that a did:jwk or did:key names."""
    found: list[dict[str, Json]] = []
    for name in subject_ids(document):
        try:
            found.append(dict(did.resolve(name)))
        except did.DidError:
            continue
    return found


def strange_subjects(document: Mapping[str, Json]) -> list[str]:
    """Give each subject that is named by a DID whose method, or whose type of key, is not known here."""
    found: list[str] = []
    for name in subject_ids(document):
        try:
            did.resolve(name)
        except did.DidError as error:
            if error.kind in ("did-method", "did-key-codec"):
                found.append(name)
    return found


def expires(document: Mapping[str, Json]) -> float | None:
    """Give the end of validity in seconds since 1970; ``None`` when there is none that can be read."""
    ends = (date_time.seconds(document.get(name)) for name in _ENDS)
    return min((end for end in ends if end is not None), default=None)


def validity(document: Mapping[str, Json], now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
    """Judge the dates of both versions; one that is missing or malformed says nothing here.

    Args:
        now: seconds since 1970 in UTC.
        skew: seconds that the issuer's clock may be off.

    """
    found: list[Problem] = []
    for name in (*_STARTS, *_ENDS):
        time = date_time.seconds(document.get(name))
        if time is None:
            continue
        # A time without zone may be meant in any; only what holds in all of them is said.
        doubt = skew + (0 if date_time.has_zone(document[name]) else date_time.FARTHEST_ZONE_S)
        if name in _ENDS and now - doubt >= time:
            found.append(Problem("expired", f"expired {now - time:.0f} seconds ago", pointer(name)))
        if name in _STARTS and now + doubt < time:
            found.append(Problem("not-yet-valid", f"valid in {time - now:.0f} seconds", pointer(name)))
    return tuple(found)


def problems(document: Mapping[str, Json], by: Version | None = None) -> tuple[Problem, ...]:
    """Judge a credential by the data model.

    Args:
        document: the credential as parsed JSON.
        by: the version to judge by; ``None`` for the one that the document names.

    """
    by = by or likely_version(document)
    found = [
        *_context_problems(document, by),
        *_id_problems(document.get("id"), "/id", by, present="id" in document),
        *_type_problems(document),
        *_subject_problems(document, by),
        *_issuer_problems(document, by),
        *(_dates_1_1(document) if by is Version.V1_1 else _dates_2_0(document)),
    ]
    for linked in _LINKED:
        if linked.name in document and by in linked.versions:
            found += _linked_problems(document[linked.name], linked, by)
    if by is Version.V1_1:
        found += _proof_problems(document)
    else:
        found += _text_problems(document)
        if "relatedResource" in document:
            found += related_resources.problems(document["relatedResource"])
    return tuple(found)


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _is_id(value: Json, by: Version) -> bool:
    return is_uri(value) if by is Version.V1_1 else is_url(value)


def _context_problems(document: Mapping[str, Json], by: Version) -> Iterator[Problem]:
    base = BASE_CONTEXTS[by]
    if "@context" not in document:
        yield Problem("context-missing", "the credential has no @context", "")
        return
    context = document["@context"]
    items = contexts(document)
    if not isinstance(context, list):
        yield Problem("context-form", f"@context is {json_type(context)}", "/@context")
    if not items or items[0] != base:
        first = shown(items[0]) if items else "missing"
        yield Problem("context-base", f"the first item is {first} instead of {base}", "/@context")
    for index, item in enumerate(items[1:], start=1):
        if not isinstance(item, dict) and not _is_id(item, by):
            place = pointer("@context", index)
            yield Problem("context-item", f"{shown(item)} is neither a URL nor an object", place)
    if all(url in items for url in BASE_CONTEXTS.values()):
        yield Problem("context-bases", "the base contexts of two versions", "/@context")
    if by is Version.V2_0:
        yield from _json_ld_problems(document, items)


def _json_ld_problems(document: Mapping[str, Json], items: list[Json]) -> Iterator[Problem]:
    if any(isinstance(item, dict) and item.get("@vocab") is not None for item in items):
        yield Problem("context-vocab", "an object in @context sets @vocab", "/@context")
    keywords = [name for name in _KEYWORDS if name in document]
    if keywords:
        yield Problem("not-compacted", f"the credential has {', '.join(keywords)}", pointer(keywords[0]))


def _id_problems(value: Json, place: str, by: Version, *, present: bool) -> Iterator[Problem]:
    if not present:
        return
    if isinstance(value, list):
        yield Problem("id-several", "id is an array", place)
    elif not _is_id(value, by):
        yield Problem("id-form", f"id is {shown(value)}, no URL", place)


def _are_types(value: Json) -> bool:
    names = _items(value)
    return bool(names) and all(isinstance(name, str) and name for name in names)


def _type_problems(document: Mapping[str, Json]) -> Iterator[Problem]:
    if "type" not in document:
        yield Problem("type-missing", "the credential has no type", "")
    elif not _are_types(document["type"]):
        yield Problem("type-form", f"type is {shown(document['type'])}", "/type")
    elif not {TYPE, _TYPE_URL}.intersection(types(document)):
        yield Problem("type-other", f"type does not name {TYPE}", "/type")


def _subject_problems(document: Mapping[str, Json], by: Version) -> Iterator[Problem]:
    if "credentialSubject" not in document:
        yield Problem("subject-missing", "the credential has no credentialSubject", "")
        return
    value = document["credentialSubject"]
    if not _items(value):
        yield Problem("subject-form", "credentialSubject is empty", "/credentialSubject")
    for index, subject in enumerate(_items(value)):
        place = pointer("credentialSubject", *([index] if isinstance(value, list) else []))
        if not isinstance(subject, dict):
            yield Problem("subject-form", f"a subject is {json_type(subject)}", place)
            continue
        # In version 2.0 an identifier alone is no claim.
        if not set(subject) - (set() if by is Version.V1_1 else {"id"}):
            yield Problem("subject-form", "nothing is said of the subject", place)
        yield from _id_problems(subject.get("id"), f"{place}/id", by, present="id" in subject)


def _issuer_problems(document: Mapping[str, Json], by: Version) -> Iterator[Problem]:
    if "issuer" not in document:
        yield Problem("issuer-missing", "the credential has no issuer", "")
    elif not _is_id(issuer_id(document), by):
        yield Problem("issuer-form", "neither a URL nor an object with an id that is one", "/issuer")


def _dates_1_1(document: Mapping[str, Json]) -> Iterator[Problem]:
    if "issuanceDate" not in document:
        yield Problem("issuance-date-missing", "the credential has no issuanceDate", "")
    elif date_time.seconds(document["issuanceDate"]) is None:
        shape = f"issuanceDate is {shown(document['issuanceDate'])}"
        yield Problem("issuance-date-form", shape, "/issuanceDate")
    if "expirationDate" in document and date_time.seconds(document["expirationDate"]) is None:
        shape = f"expirationDate is {shown(document['expirationDate'])}"
        yield Problem("expiration-date-form", shape, "/expirationDate")


def _dates_2_0(document: Mapping[str, Json]) -> Iterator[Problem]:
    start, end = (_stamp(document.get(name)) for name in ("validFrom", "validUntil"))
    if "validFrom" in document and start is None:
        yield Problem("valid-from-form", f"validFrom is {shown(document['validFrom'])}", "/validFrom")
    if "validUntil" in document and end is None:
        yield Problem("valid-until-form", f"validUntil is {shown(document['validUntil'])}", "/validUntil")
    if start is not None and end is not None and start > end:
        yield Problem("validity-reversed", "validFrom is later than validUntil", "/validFrom")


def _stamp(value: Json) -> float | None:
    return date_time.seconds(value) if date_time.has_zone(value) else None


def _linked_problems(value: Json, linked: _Linked, by: Version) -> Iterator[Problem]:
    if not _items(value):
        yield Problem(f"{linked.kind}-form", f"{linked.name} has no object", pointer(linked.name))
    for index, item in enumerate(_items(value)):
        place = pointer(linked.name, *([index] if isinstance(value, list) else []))
        if not isinstance(item, dict):
            yield Problem(f"{linked.kind}-form", f"{json_type(item)} in {linked.name}", place)
            continue
        if not _are_types(item.get("type")):
            yield Problem(f"{linked.kind}-type", f"an object in {linked.name} has no type", place)
        if ("id" in item or by in linked.id_needed) and not _is_id(item.get("id"), by):
            yield Problem(f"{linked.kind}-id", f"id is {shown(item.get('id'))}, no URL", f"{place}/id")


def _proof_problems(document: Mapping[str, Json]) -> Iterator[Problem]:
    for proof in _items(document.get("proof")):
        if not isinstance(proof, dict) or not _are_types(proof.get("type")):
            yield Problem("proof-type", "a proof has no type", "/proof")


def _text_problems(document: Mapping[str, Json]) -> Iterator[Problem]:
    for name in ("name", "description"):
        if name not in document:
            continue
        if language_values.is_text(document[name]):
            yield from language_values.problems(document[name], pointer(name))
        else:
            yield Problem(f"{name}-form", f"{name} is {json_type(document[name])}", pointer(name))
