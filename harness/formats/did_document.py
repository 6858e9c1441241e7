"""DID documents (Decentralized Identifiers 1.0) and controlled identifier documents, which share their form.

Errors, all :class:`DidDocumentError`:

- ``document-object``: the document is no JSON object (6.2).

Problems; pointers lead into the document:

- ``document-id``: ``id`` is missing, no string or not the identifier that was looked up (5.1.1).
- ``document-context``: ``@context`` does not begin with that of DIDs (6.3.1).
- ``methods-form``: ``verificationMethod`` is no array of objects (5.2).
- ``relationship-form``: ``assertionMethod`` is no array of strings and objects with at least one (5.3.2).
- ``relationship-dangling``: it refers to a method of this document that is not there (5.3.2).
- ``method-members``: a method has no ``id``, ``type`` or ``controller`` that is a string (5.2).
- ``method-id``: its ``id`` is no DID URL (5.2).
- ``method-controller``: its ``controller`` is no DID (5.2).
- ``method-repeated``: two methods that are not the same have one ``id`` (5.2).
- ``url-relative``: a DID URL is relative (did:web, Key Material and Document Handling).
- ``material-twice``: both ``publicKeyJwk`` and ``publicKeyMultibase`` (5.2.1).
- ``material-jwk``: ``publicKeyJwk`` is no public key (5.2.1).
- ``material-private``: ``publicKeyJwk`` has private members (5.2.1).
- ``material-multibase``: ``publicKeyMultibase`` is no key of the method's ``type`` (5.2.1).
- ``material-missing``: a method of a known ``type`` has none of the members that ``type`` wants (5.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import did, multibase
from harness.formats.base64url import encode
from harness.formats.jwk import JwkError, is_private_or_symmetric, public_key, required_members
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.model import Json

ASSERTION = "assertionMethod"
CONTEXTS = ("https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/did/v1.1", "https://www.w3.org/ns/cid/v1")
_MAX_METHODS = 200
_RELATIONSHIPS = (
    "authentication",
    ASSERTION,
    "keyAgreement",
    "capabilityInvocation",
    "capabilityDelegation",
)
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+")
_DID_URL = re.compile(_DID.pattern + r"[^\s#]*(?:#\S*)?")
_TYPES: Mapping[str, tuple[str, ...]] = {
    "JsonWebKey": ("publicKeyJwk",),
    "JsonWebKey2020": ("publicKeyJwk",),
    "Multikey": ("publicKeyMultibase",),
    "Ed25519VerificationKey2018": ("publicKeyBase58", "publicKeyJwk", "publicKeyMultibase"),
    "Ed25519VerificationKey2020": ("publicKeyMultibase", "publicKeyJwk"),
    "EcdsaSecp256r1VerificationKey2019": ("publicKeyMultibase", "publicKeyJwk", "publicKeyBase58"),
    "EcdsaSecp256k1VerificationKey2019": ("publicKeyJwk", "publicKeyMultibase", "publicKeyBase58", "publicKeyHex"),
}
"""Types of verification methods that are known here, to the members that can hold their key."""
_CURVE_OF = {
    "Ed25519VerificationKey2018": "Ed25519",
    "Ed25519VerificationKey2020": "Ed25519",
    "EcdsaSecp256r1VerificationKey2019": "P-256",
    "EcdsaSecp256k1VerificationKey2019": "secp256k1",
}
_ED25519_BYTES = 32
_MAX_BASE58 = 128


class DidDocumentError(FormatError):
    """There is no document to read."""


@dataclass(frozen=True)
class VerificationMethod:
    """One verification method."""

    id: str
    """Made absolute with the identifier of the document."""
    type: str
    controller: str
    """Empty when it names none."""
    jwk: Mapping[str, Json] | None = None
    """Its public key; ``None`` when none can be read."""
    pointer: str = ""
    """Where it stands in the document."""


@dataclass(frozen=True)
class DidDocument:
    """A DID document as read."""

    id: Json
    methods: tuple[VerificationMethod, ...]
    relationships: Mapping[str, frozenset[str]]
    """Name of a verification relationship to the ids of its methods, embedded or referenced."""
    problems: tuple[Problem, ...] = ()

    def method(self, url: str) -> VerificationMethod | None:
        """Give the verification method with an absolute id."""
        return next((method for method in self.methods if method.id == url), None)

    def allows(self, relationship: str, url: str) -> bool:
        """Say whether a verification relationship lists a method."""
        return url in self.relationships.get(relationship, frozenset())


def read(value: Json, identifier: str) -> DidDocument:
    """Read the document of an identifier.

    Args:
        value: the document as parsed JSON.
        identifier: the DID, or the URL of a controlled identifier document, that was looked up.

    Raises:
        DidDocumentError: it is no JSON object.

    """
    if not isinstance(value, dict):
        raise DidDocumentError("document-object", f"the document is {json_type(value)}, not an object")
    reading = _Reading(value, identifier)
    reading.read()
    return DidDocument(
        value.get("id"),
        tuple(reading.methods),
        {name: frozenset(ids) for name, ids in reading.relationships.items()},
        tuple(reading.problems),
    )


class _Reading:
    """What was read so far of one document."""

    def __init__(self, document: Mapping[str, Json], identifier: str) -> None:
        self._document = document
        self._identifier = identifier
        self.methods: list[VerificationMethod] = []
        self.relationships: dict[str, set[str]] = {}
        self.problems: list[Problem] = []

    def read(self) -> None:
        self.problems += _document_problems(self._document, self._identifier)
        listed = self._document.get("verificationMethod", [])
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            self._problem("methods-form", "verificationMethod is no array of objects", "/verificationMethod")
        for place, item in _elements(listed, "/verificationMethod"):
            if isinstance(item, dict):
                self._read_method(item, place)
        for name in _RELATIONSHIPS:
            if name in self._document:
                self._read_relationship(name, self._document[name])
        dangling = [url for url in self.relationships.get(ASSERTION, ()) if self._is_missing(url)]
        for url in sorted(dangling):
            detail = f"{ASSERTION} refers to {shown(url)}, which is not in the document"
            self._problem("relationship-dangling", detail, f"/{ASSERTION}")

    def _problem(self, kind: str, detail: str, pointer: str) -> None:
        self.problems.append(Problem(kind, detail, pointer))

    def _read_relationship(self, name: str, value: Json) -> None:
        ids = self.relationships[name] = set[str]()
        fits = isinstance(value, list) and value and all(isinstance(item, (str, dict)) for item in value)
        if not fits and name == ASSERTION:
            self._problem("relationship-form", f"{name} is {shown(value)}", f"/{name}")
        for place, item in _elements(value, f"/{name}"):
            if isinstance(item, dict):
                self._read_method(item, place)
            reference = item.get("id") if isinstance(item, dict) else item
            if isinstance(reference, str):
                if isinstance(item, str):
                    self._note_relative(reference, place)
                ids.add(self._absolute(reference))

    def _read_method(self, item: Mapping[str, Json], place: str) -> None:
        missing = [name for name in ("id", "type", "controller") if not isinstance(item.get(name), str)]
        if missing:
            self._problem("method-members", f"the method has no {' and no '.join(missing)}", place)
        if isinstance(item.get("id"), str):
            self._note_relative(item["id"], f"{place}/id")
        kind = item["type"] if "type" not in missing else ""
        jwk, complaints = _material(item, kind)
        self.problems += located(place, complaints)
        if "id" in missing:
            return
        method = VerificationMethod(
            self._absolute(item["id"]), kind, "" if "controller" in missing else item["controller"], jwk, place
        )
        self.problems += _name_problems(method, self._identifier)
        twin = next((known for known in self.methods if known.id == method.id), None)
        if twin is None:
            self.methods.append(method)
        elif (twin.type, twin.jwk) != (method.type, method.jwk):
            self._problem("method-repeated", f"two methods have the id {shown(method.id)}", f"{place}/id")

    def _note_relative(self, url: str, place: str) -> None:
        if self._identifier.startswith("did:") and url.startswith(("#", "?", "/")):
            self._problem("url-relative", f"{shown(url)} is a relative URL", place)

    def _absolute(self, url: str) -> str:
        return f"{self._identifier}{url}" if url.startswith("#") else url

    def _is_missing(self, url: str) -> bool:
        known = any(method.id == url for method in self.methods)
        return not known and url.split("#", 1)[0] == self._identifier


def _elements(value: Json, place: str) -> list[tuple[str, Json]]:
    # What stands alone where an array belongs is read all the same, so that the rest can be judged.
    if not isinstance(value, list):
        return [(place, value)]
    return [(f"{place}/{index}", item) for index, item in enumerate(value[:_MAX_METHODS])]


def _document_problems(document: Mapping[str, Json], identifier: str) -> Iterator[Problem]:
    if document.get("id") != identifier:
        observed = shown(document["id"]) if "id" in document else "missing"
        yield Problem("document-id", f"id is {observed} in the document of {shown(identifier)}", "/id")
    context = document.get("@context")
    first = context[0] if isinstance(context, list) and context else context
    if "@context" in document and first not in CONTEXTS:
        yield Problem("document-context", f"@context begins with {shown(first)}", "/@context")


def _name_problems(method: VerificationMethod, identifier: str) -> Iterator[Problem]:
    if not identifier.startswith("did:"):
        return
    if not _DID_URL.fullmatch(method.id):
        yield Problem("method-id", f"{shown(method.id)} is no DID URL", f"{method.pointer}/id")
    if method.controller and not _DID.fullmatch(method.controller):
        detail = f"the controller {shown(method.controller)} is no DID"
        yield Problem("method-controller", detail, f"{method.pointer}/controller")


def _material(item: Mapping[str, Json], kind: str) -> tuple[Mapping[str, Json] | None, list[Problem]]:
    """Give the key of a method, and what is wrong with how it is written."""
    problems: list[Problem] = []
    if "publicKeyJwk" in item and "publicKeyMultibase" in item:
        problems.append(Problem("material-twice", "both publicKeyJwk and publicKeyMultibase", ""))
    known = _TYPES.get(kind, ())
    if known and not any(name in item for name in known):
        problems.append(Problem("material-missing", f"a method of type {kind} has {' or '.join(known)}", ""))
    jwk: Mapping[str, Json] | None = None
    for name, decode in _DECODERS.items():
        if name not in item or jwk is not None:
            continue
        found, problem = decode(item[name], kind)
        jwk = found
        problems += [problem] if problem else []
    curve = _CURVE_OF.get(kind)
    if jwk is not None and curve is not None and jwk.get("crv") != curve:
        detail = f"a method of type {kind} has a key of {shown(jwk.get('crv'))}"
        problems.append(Problem("material-multibase", detail, ""))
        return None, problems
    return jwk, problems


def _from_jwk(value: Json, _: str) -> tuple[Mapping[str, Json] | None, Problem | None]:
    place = "/publicKeyJwk"
    if is_private_or_symmetric(value):
        return _public_part(value), Problem("material-private", "publicKeyJwk is private or symmetric", place)
    try:
        public_key(value)
    except JwkError as error:
        # A curve that is not known here may still be a proper key.
        return None, None if error.kind == "jwk-curve" else Problem("material-jwk", error.detail, place)
    return value, None


def _public_part(value: Json) -> Mapping[str, Json] | None:
    try:
        public_key(value)
        return required_members(value)
    except JwkError:
        return None


def _from_multibase(value: Json, kind: str) -> tuple[Mapping[str, Json] | None, Problem | None]:
    try:
        return did.multikey(value if isinstance(value, str) else ""), None
    except did.DidError as error:
        # Only of the types that mean a Multikey is it known that the value has to be one.
        means_multikey = kind == "Multikey" or kind in _CURVE_OF
        if error.kind == "did-key-codec" or not means_multikey:
            return None, None
        return None, Problem("material-multibase", error.detail, "/publicKeyMultibase")


def _from_base58(value: Json, kind: str) -> tuple[Mapping[str, Json] | None, Problem | None]:
    if kind != "Ed25519VerificationKey2018" or not isinstance(value, str) or len(value) > _MAX_BASE58:
        return None, None
    try:
        data = multibase.decode(f"z{value}")
    except multibase.MultibaseError:
        return None, None
    return ({"kty": "OKP", "crv": "Ed25519", "x": encode(data)} if len(data) == _ED25519_BYTES else None), None


_DECODERS: Mapping[str, Any] = {
    "publicKeyJwk": _from_jwk,
    "publicKeyMultibase": _from_multibase,
    "publicKeyBase58": _from_base58,
}
