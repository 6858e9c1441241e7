"""Verifiable Credential Data Integrity 1.0: the proofs of a JSON document, and verifying them.

Read are single proofs, sets and chains (2.1); verified are the cryptosuites ``eddsa-rdfc-2022``,
``eddsa-jcs-2022``, ``ecdsa-rdfc-2019`` and ``ecdsa-jcs-2019`` (Data Integrity EdDSA and ECDSA Cryptosuites 1.0),
and ``Ed25519Signature2020``.

Problems of :func:`read`; the numbers are clauses of Data Integrity 1.0:

- ``proof-missing``: the document has no ``proof`` (2.1).
- ``proof-form``: ``proof`` is neither an object nor an array of objects with at least one (2.1).
- ``proof-member``: a member of a proof has another JSON type than its definition gives it (2.1).
- ``proof-id``: the ``id`` of a proof is no URL (2.1).
- ``proof-type-missing``: no ``type`` (2.1).
- ``cryptosuite-missing``: a ``DataIntegrityProof`` without ``cryptosuite`` (2.1, 3.1).
- ``purpose-missing``: no ``proofPurpose`` (2.1, 4.2).
- ``purpose-other``: it is not ``assertionMethod`` (2.2).
- ``method-missing``: no ``verificationMethod`` (4.2).
- ``method-form``: ``verificationMethod`` is no URL (2.1).
- ``created-form``, ``expires-form``: ``created`` or ``expires`` is no ``dateTimeStamp`` (2.1).
- ``value-missing``: a proof without ``proofValue``, by a suite that has no other place for its value (2.1, 3.1).
- ``value-form``: ``proofValue`` is no Multibase (2.1).
- ``value-base``: it is not in base58-btc, as the cryptosuite wants it.
- ``value-length``: ``proofValue`` has not the length of a signature of the cryptosuite.
- ``challenge-missing``: a proof with ``domain`` has no ``challenge`` (2.1, SHOULD).
- ``previous-unknown``: ``previousProof`` names no proof of the document (4.3, 4.5).
- ``proof-expired``, ``issued-in-future``: ``expires`` has passed, ``created`` lies ahead (2.1), at a given time.
- ``context-other``: the proof's ``@context`` is not the beginning of the document's (the JCS cryptosuites).

Problems of :func:`digest_problems`:

- ``digest-multibase``: ``digestMultibase`` is not made of multihash values in Multibase (2.3).

Errors of :func:`verify_proof`, besides the kinds of ``signatures`` (``key-unfit`` also for a key that does not go
with the cryptosuite) and ``json_ld``:

- ``suite-unknown``: no cryptosuite that is verified here. It is :class:`Unverifiable`, as is ``context-unknown``.
- ``proof-unreadable``: the proof has no value, or its context is not that of the document.
- ``not-canonical``: the document has no canonical form in JSON (RFC 8785).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.formats import base64url, date_time, json_ld, multibase, related_resources, signatures
from harness.formats.clock import SKEW_S
from harness.formats.json_ld import USUAL, Contexts, JsonLdError, Reading, UnknownContext
from harness.formats.problems import FormatError, Problem, json_type, shown
from harness.formats.signatures import SignatureError
from harness.formats.strict_json import pointer
from harness.formats.text import is_uri
from harness.model import Json

DATA_INTEGRITY = "DataIntegrityProof"
ASSERTION = ("assertionMethod", "https://w3id.org/security#assertionMethod")
"""The purpose of what an issuer says, by its term and by the URL that stands for it."""
MAX_PROOFS = 50
"""Proofs of a document that are read."""
_LONGEST_BASE58 = 1_000
"""Characters; decoding base58 takes time that grows with the square of the length."""

_MEMBERS: Mapping[str, tuple[type, ...]] = {
    "id": (str,),
    "type": (str,),
    "proofPurpose": (str,),
    "verificationMethod": (str,),
    "cryptosuite": (str,),
    "created": (str,),
    "expires": (str,),
    "domain": (str, list),
    "challenge": (str,),
    "proofValue": (str,),
    "previousProof": (str, list),
    "nonce": (str,),
}


class Unverifiable(SignatureError):
    """Nothing can be said about the proof: its cryptosuite or a context of the document is not known here."""


@dataclass(frozen=True)
class Suite:
    """How one cryptosuite makes the data that is signed, and signs it."""

    canonicalize: Callable[[Mapping[str, Json], Contexts, str, Reading], bytes]
    """Takes a document, the contexts, the name of a hash function, and how to read what JSON-LD leaves open."""
    repeats_context: bool
    """Whether the options of the proof are hashed with the document's ``@context``, whatever the proof has."""
    curves: Mapping[str, tuple[str, str]]
    """Curve of the key to JOSE algorithm and hash function."""
    lengths: tuple[int, ...]
    """Bytes of a signature."""


def _rdf(document: Mapping[str, Json], contexts: Contexts, hash_name: str, reading: Reading) -> bytes:
    return json_ld.canonical(document, contexts, hash_name, reading).encode()


def _json(document: Mapping[str, Json], _contexts: Contexts, _hash_name: str, _reading: Reading) -> bytes:
    import rfc8785

    try:
        return rfc8785.dumps(dict(document))
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise SignatureError("not-canonical", f"it has no canonical form: {shown(str(error))}") from None


_ED25519 = {"Ed25519": ("EdDSA", "sha256")}
_ECDSA = {"P-256": ("ES256", "sha256"), "P-384": ("ES384", "sha384")}

SUITES: Mapping[str, Suite] = {
    "eddsa-rdfc-2022": Suite(_rdf, True, _ED25519, (64,)),
    "eddsa-jcs-2022": Suite(_json, False, _ED25519, (64,)),
    "ecdsa-rdfc-2019": Suite(_rdf, True, _ECDSA, (64, 96)),
    "ecdsa-jcs-2019": Suite(_json, False, _ECDSA, (64, 96)),
    "Ed25519Signature2020": Suite(_rdf, True, _ED25519, (64,)),
}
"""By the cryptosuite of a ``DataIntegrityProof``, or the type of any other proof."""


@dataclass(frozen=True)
class Proof:
    """One proof as sent."""

    members: Mapping[str, Json]
    pointer: str
    """Where it stands in the document."""

    @property
    def suite(self) -> str | None:
        """Its cryptosuite, or its ``type`` where that says how it is made."""
        kind = self.members.get("type")
        found = self.members.get("cryptosuite") if kind == DATA_INTEGRITY else kind
        return found if isinstance(found, str) else None

    @property
    def verification_method(self) -> str | None:
        """The URL of the key that made it."""
        found = self.members.get("verificationMethod")
        return found if isinstance(found, str) else None

    @property
    def by_rdf(self) -> bool:
        """Whether it protects a document only as far as JSON-LD makes RDF of it."""
        return self.suite in SUITES and SUITES[self.suite or ""].canonicalize is _rdf

    @cached_property
    def value(self) -> bytes | None:
        """The decoded ``proofValue``; ``None`` when it is missing, of no encoding read here, or far too long."""
        text = self.members.get("proofValue")
        if not isinstance(text, str):
            return None
        try:
            if text.startswith("u"):
                return base64url.decode(text[1:])
            return multibase.decode(text) if len(text) <= _LONGEST_BASE58 else None
        except FormatError:
            return None

    @property
    def options(self) -> dict[str, Json]:
        """The proof without its value."""
        return {name: value for name, value in self.members.items() if name != "proofValue"}

    @property
    def previous(self) -> list[str]:
        """The ids of the proofs that this one depends on."""
        found = self.members.get("previousProof")
        return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, str)]

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge ``expires`` and ``created``: the kinds ``proof-expired`` and ``issued-in-future``.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the signer's clock may be off.

        """
        found: list[Problem] = []
        expires, created = (date_time.seconds(self.members.get(name)) for name in ("expires", "created"))
        if expires is not None and now - skew >= expires:
            detail = f"the proof expired {now - expires:.0f} seconds ago"
            found.append(Problem("proof-expired", detail, f"{self.pointer}/expires"))
        if created is not None and now + skew < created:
            detail = f"the proof is made {created - now:.0f} seconds from now"
            found.append(Problem("issued-in-future", detail, f"{self.pointer}/created"))
        return tuple(found)


def read(document: Mapping[str, Json]) -> tuple[tuple[Proof, ...], tuple[Problem, ...]]:
    """Read the proofs of a document and what is wrong with them; nothing is verified."""
    if "proof" not in document:
        return (), (Problem("proof-missing", "the document has no proof", ""),)
    value = document["proof"]
    listed = isinstance(value, list)
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, dict) for item in items) or len(items) > MAX_PROOFS:
        detail = f"proof is {json_type(value)}" + (" with something else than proofs" if listed else "")
        return (), (Problem("proof-form", detail, "/proof"),)
    proofs = tuple(Proof(item, f"/proof/{index}" if listed else "/proof") for index, item in enumerate(items))
    return proofs, tuple(problem for proof in proofs for problem in _problems(proof, proofs, document))


def _problems(proof: Proof, proofs: Sequence[Proof], document: Mapping[str, Json]) -> Iterator[Problem]:
    def problem(kind: str, detail: str, member: str = "") -> Problem:
        return Problem(kind, detail, f"{proof.pointer}/{member}" if member else proof.pointer)

    members = proof.members
    for name, types in _MEMBERS.items():
        if name in members and not _fits(members[name], types):
            yield problem("proof-member", f"{name} is {json_type(members[name])}", name)
    for name, kind in (
        ("type", "proof-type-missing"),
        ("proofPurpose", "purpose-missing"),
        ("verificationMethod", "method-missing"),
    ):
        if name not in members:
            yield problem(kind, f"the proof has no {name}")
    if "proofValue" not in members and (members.get("type") == DATA_INTEGRITY or proof.suite in SUITES):
        yield problem("value-missing", "the proof has no proofValue")
    if members.get("type") == DATA_INTEGRITY and "cryptosuite" not in members:
        yield problem("cryptosuite-missing", "the proof has no cryptosuite")
    for name, kind in (("id", "proof-id"), ("verificationMethod", "method-form")):
        if isinstance(members.get(name), str) and not is_uri(members[name]):
            yield problem(kind, f"{name} is {shown(members[name])}", name)
    if isinstance(members.get("proofPurpose"), str) and members["proofPurpose"] not in ASSERTION:
        yield problem("purpose-other", f"proofPurpose is {shown(members['proofPurpose'])}", "proofPurpose")
    for name, kind in (("created", "created-form"), ("expires", "expires-form")):
        time = members.get(name)
        if isinstance(time, str) and (date_time.seconds(time) is None or not date_time.has_zone(time)):
            yield problem(kind, f"{name} is {shown(time)}", name)
    if "domain" in members and "challenge" not in members:
        yield problem("challenge-missing", "the proof has a domain and no challenge")
    yield from (problem(kind, detail, "proofValue") for kind, detail in _value_problems(proof))
    known = {other.members.get("id") for other in proofs if isinstance(other.members.get("id"), str)}
    for name in proof.previous:
        if name not in known:
            yield problem("previous-unknown", f"no proof has the id {shown(name)}", "previousProof")
    if not _fits_context(proof, document):
        yield problem("context-other", "the proof's @context is not how that of the document begins", "@context")


def _fits(value: Json, types: tuple[type, ...]) -> bool:
    if isinstance(value, list) and list in types:
        return all(isinstance(item, str) for item in value)
    return isinstance(value, types)


def _value_problems(proof: Proof) -> Iterator[tuple[str, str]]:
    text, suite = proof.members.get("proofValue"), SUITES.get(proof.suite or "")
    if not isinstance(text, str):
        return
    if not multibase.has_form(text):
        yield "value-form", "proofValue is no Multibase"
    elif suite is not None and not text.startswith("z"):
        yield "value-base", "proofValue is no base58-btc in Multibase"
    elif suite is not None and (proof.value is None or len(proof.value) not in suite.lengths):
        yield "value-length", f"no signature of {proof.suite} is as long as {len(text)} characters"


def _fits_context(proof: Proof, document: Mapping[str, Json]) -> bool:
    suite = SUITES.get(proof.suite or "")
    if suite is None or suite.repeats_context or "@context" not in proof.members:
        return True
    whole, start = (
        value if isinstance(value, list) else [value]
        for value in (document.get("@context"), proof.members["@context"])
    )
    return bool(whole[: len(start)] == start)


def digest_problems(document: Json, path: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """Judge every ``digestMultibase`` of a document."""
    items: Iterable[tuple[str | int, Json]] = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    for name, value in items:
        if name == "digestMultibase" and not _are_multihashes(value):
            detail = "digestMultibase is not made of multihash values"
            yield Problem("digest-multibase", detail, pointer(*path, name))
        yield from digest_problems(value, (*path, name))


def _are_multihashes(value: Json) -> bool:
    try:
        for item in value if isinstance(value, list) else [value]:
            related_resources.multibase_bits(item)
    except (ValueError, FormatError):
        return False
    return bool(value)


def verify_proof(
    document: Mapping[str, Json], proof: Proof, jwk: Mapping[str, Json], contexts: Contexts | None = None
) -> None:
    """Check that a proof of a document was made with this key (4.4 and 4.5).

    A proof that depends on others is checked by itself; those need keys of their own.

    Args:
        document: with all its proofs.
        proof: one of them.
        jwk: the public key as JWK.
        contexts: the JSON-LD contexts that are known; ``None`` for those that are bundled.

    Raises:
        Unverifiable: its cryptosuite or a context of the document is not known here.
        SignatureError: it was not.

    """
    suite = _suite(proof)
    if proof.value is None:
        raise SignatureError("proof-unreadable", "the proof has no value that can be decoded")
    curve = jwk.get("crv")
    if not isinstance(curve, str) or curve not in suite.curves:
        detail = f"{proof.suite} does not go with a key of type {shown(jwk.get('kty'))}, {shown(curve)}"
        raise SignatureError("key-unfit", detail)
    algorithm, hash_name = suite.curves[curve]
    failures: list[SignatureError] = []
    for reading in json_ld.readings(document) if proof.by_rdf else (USUAL,):
        try:
            signatures.verify(
                algorithm, jwk, hash_data(document, proof, hash_name, contexts, reading), proof.value
            )
        except UnknownContext as error:
            raise Unverifiable(error.kind, error.detail) from None
        except JsonLdError as error:
            raise SignatureError(error.kind, error.detail) from None
        except SignatureError as error:
            failures.append(error)
        else:
            return
    raise failures[0]


def hash_data(
    document: Mapping[str, Json],
    proof: Proof,
    hash_name: str,
    contexts: Contexts | None = None,
    reading: Reading = USUAL,
) -> bytes:
    """Give what a proof signs: the hashes of its options and of the document, both in canonical form.

    Args:
        document: with all its proofs.
        proof: one of them.
        hash_name: ``sha256`` or ``sha384``.
        contexts: the JSON-LD contexts that are known; ``None`` for those that are bundled.
        reading: how to decide what JSON-LD leaves open.

    Raises:
        Unverifiable: it is by a cryptosuite that is not verified here.
        SignatureError: its context is not that of the document, or there is no canonical form in JSON.
        JsonLdError: there is no canonical form in RDF.

    """
    forms = canonical_forms(document, proof, hash_name, contexts, reading)
    return b"".join(hashlib.new(hash_name, form).digest() for form in forms)


def canonical_forms(
    document: Mapping[str, Json],
    proof: Proof,
    hash_name: str,
    contexts: Contexts | None = None,
    reading: Reading = USUAL,
) -> tuple[bytes, bytes]:
    """Give the canonical forms of the options of a proof and of the document; see :func:`hash_data`."""
    suite = _suite(proof)
    if not _fits_context(proof, document):
        raise SignatureError("proof-unreadable", "the proof's @context is not how that of the document begins")
    unsecured: dict[str, Any] = {name: value for name, value in document.items() if name != "proof"}
    options = proof.options
    if suite.repeats_context:
        options = {**options, "@context": unsecured.get("@context")}
    elif "@context" in options:
        unsecured["@context"] = options["@context"]
    previous = [other.members for other in read(document)[0] if other.members.get("id") in proof.previous]
    if previous:
        unsecured["proof"] = previous
    known = contexts or json_ld.bundled()
    return (
        suite.canonicalize(options, known, hash_name, reading),
        suite.canonicalize(unsecured, known, hash_name, reading),
    )


def _suite(proof: Proof) -> Suite:
    suite = SUITES.get(proof.suite or "")
    if suite is None:
        raise Unverifiable("suite-unknown", f"proofs by {shown(proof.suite)} are not verified")
    return suite
