"""Faults of Data Integrity proofs on W3C credentials (VC Data Integrity 1.0 and its cryptosuites).

Those of the credential against its data model are in ``w3c_model``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from harness.reference import data_integrity, issuer_identity, keys
from harness.reference.context import Context
from harness.reference.defects.w3c_model import HOUR, MANDATORY
from harness.reference.encoding import Twin, base64url, encoded_json
from harness.reference.faults import fault
from harness.reference.holder_keys import from_base58
from harness.reference.ldp_vc import PROOF_CONTEXT, LdpVc, Proof
from harness.reference.linked_data import OWN_CONTEXT
from harness.reference.multikey import base58btc
from harness.reference.w3c_credential import date_time

Document = dict[str, Any]


# What goes into the response


@fault("ldp-vc:json-string")
def json_string(draft: LdpVc, _: Context) -> None:
    """The credential is JSON in a string."""
    draft.finish = json.dumps


@fault("ldp-vc:encoded")
def encoded(draft: LdpVc, _: Context) -> None:
    """The credential is encoded in base64url."""
    draft.finish = encoded_json


@fault("ldp-vc:array")
def as_array(draft: LdpVc, _: Context) -> None:
    """The credential is in an array."""
    draft.finish = _in_array


def _in_array(secured: Document) -> Any:
    return [secured]


# What is changed once the proof is made


def _later(defect: str, told: str, change: Callable[[Document], Any]) -> None:
    def finish(secured: Document) -> Document:
        change(secured)
        return secured

    def spoil(draft: LdpVc, _: Context) -> None:
        draft.finish = finish

    fault(f"ldp-vc:{defect}", told)(spoil)


def _first_proof(secured: Document) -> Document:
    proof: Document = secured["proof"][0] if isinstance(secured["proof"], list) else secured["proof"]
    return proof


def _subject_copied(secured: Document, **changes: Any) -> None:
    # The draft itself stays as it was signed.
    secured["credentialSubject"] = {**secured["credentialSubject"], **changes}


for _defect, _told, _change in (
    (
        "claim-changed",
        "A claim is changed after the proof is made.",
        lambda secured: _subject_copied(secured, **{MANDATORY: "Max"}),
    ),
    (
        "claim-added",
        "A claim is added after the proof is made.",
        lambda secured: _subject_copied(secured, country="DE"),
    ),
    (
        "undefined-term-added",
        "A claim that no context defines is added after the proof is made.",
        lambda secured: _subject_copied(secured, nickname="Eri"),
    ),
    (
        "end-changed",
        "The time until which the credential is valid is left out after the proof is made.",
        lambda secured: [secured.pop(name, None) for name in ("expirationDate", "validUntil")],
    ),
    (
        "created-changed",
        "The time of the proof is changed after it is made.",
        lambda secured: _first_proof(secured).update(created="2025-01-01T00:00:00Z"),
    ),
    ("proof-array-empty", "The proof is an empty array.", lambda secured: secured.update(proof=[])),
    ("value-missing", "The proof has no proofValue.", lambda secured: _first_proof(secured).pop("proofValue")),
    ("value-number", "The proofValue is a number.", lambda secured: _first_proof(secured).update(proofValue=42)),
    (
        "value-as-jws",
        "The signature is in jws instead of proofValue.",
        lambda secured: _first_proof(secured).update(jws=_first_proof(secured).pop("proofValue")),
    ),
    (
        "duplicate-proof-member",
        "The proof has a member twice.",
        lambda secured: _first_proof(secured).update({Twin("type"): _first_proof(secured)["type"]}),
    ),
):
    _later(_defect, _told, _change)


# The value of the proof


def _spelled(defect: str, told: str, spell: Callable[[bytes], Any]) -> None:
    def respelled(text: str) -> Any:
        return spell(from_base58(text[1:]))

    def spoil(draft: LdpVc, _: Context) -> None:
        draft.proofs[0].spell = respelled

    fault(f"ldp-vc:{defect}", told)(spoil)


_spelled(
    "value-base64url",
    "The proofValue is in base64url with its letter of Multibase.",
    lambda data: f"u{base64url(data)}",
)
_spelled(
    "value-hexadecimal",
    "The proofValue is hexadecimal, with its letter of Multibase.",
    lambda data: f"f{data.hex()}",
)
_spelled("value-bare", "The proofValue is in base64url without a letter of Multibase.", base64url)
_spelled(
    "value-other-alphabet", "The proofValue has characters that base58 has not.", lambda data: f"z0OIl{data.hex()}"
)


@fault("ldp-vc:value-short")
def value_short(draft: LdpVc, _: Context) -> None:
    """The proofValue lacks its last half."""
    draft.proofs[0].spell = _first_half


def _first_half(text: str) -> Any:
    return text[: len(text) // 2]


@fault("ldp-vc:signature")
def signature(draft: LdpVc, _: Context) -> None:
    """The proof is made with another key than its verification method is."""
    for proof in draft.proofs:
        proof.key = keys.stranger_key(proof.key.algorithm)


@fault("ldp-vc:set-with-broken-proof")
def set_with_broken_proof(draft: LdpVc, _: Context) -> None:
    """The last proof of a proof set is made with another key than its verification method is."""
    if len(draft.proofs) > 1:
        draft.proofs[-1].key = keys.stranger_key(draft.proofs[-1].key.algorithm)


# The members of the proof


@fault("ldp-vc:proof-missing")
def proof_missing(draft: LdpVc, _: Context) -> None:
    """The credential has no proof."""
    draft.proofs.clear()


def _in_proof(defect: str, told: str, change: Callable[[Document, Context], Any]) -> None:
    def spoil(draft: LdpVc, context: Context) -> None:
        change(draft.proofs[0].options, context)

    fault(f"ldp-vc:{defect}", told)(spoil)


def _with(member: str, value: Any) -> Callable[[Document, Context], None]:
    return lambda options, _: options.__setitem__(member, value)


def _without(member: str) -> Callable[[Document, Context], None]:
    return lambda options, _: options.pop(member, None)


def _in(member: str, seconds: int) -> Callable[[Document, Context], None]:
    return lambda options, context: options.__setitem__(member, date_time(context.now() + seconds))


def _cryptosuite(value: Any) -> Callable[[Document, Context], None]:
    def change(options: Document, _: Context) -> None:
        if "cryptosuite" in options:
            options["cryptosuite"] = value

    return change


def _cryptosuite_for_other_keys(options: Document, _: Context) -> None:
    other = {"eddsa": "ecdsa-rdfc-2019", "ecdsa": "eddsa-rdfc-2022"}
    if "cryptosuite" in options:
        options["cryptosuite"] = other[options["cryptosuite"][:5]]


def _method_as_object(options: Document, _: Context) -> None:
    identifier = options["verificationMethod"]
    options["verificationMethod"] = {
        "id": identifier,
        "type": "Multikey",
        "controller": identifier.partition("#")[0],
    }


def _created_without_zone(options: Document, _: Context) -> None:
    options["created"] = options["created"].removesuffix("Z")


for _defect, _told, _member in (
    ("proof-type-missing", "The proof has no type.", _without("type")),
    ("proof-type-unknown", "The proof has a type that nobody knows.", _with("type", "AssayProof")),
    (
        "proof-type-array",
        "The type of the proof is an array.",
        lambda options, _: options.update(type=[options["type"]]),
    ),
    ("cryptosuite-missing", "The proof has no cryptosuite.", _without("cryptosuite")),
    ("cryptosuite-unknown", "The cryptosuite is none that anybody knows.", _cryptosuite("eddsa-rdfc-2099")),
    ("cryptosuite-number", "The cryptosuite is a number.", _cryptosuite(2022)),
    ("cryptosuite-for-other-keys", "The cryptosuite is for keys of another kind.", _cryptosuite_for_other_keys),
    ("purpose-missing", "The proof has no proofPurpose.", _without("proofPurpose")),
    ("purpose-authentication", "The proofPurpose is authentication.", _with("proofPurpose", "authentication")),
    ("purpose-number", "The proofPurpose is a number.", _with("proofPurpose", 42)),
    ("method-missing", "The proof has no verificationMethod.", _without("verificationMethod")),
    ("method-object", "The verificationMethod is an object.", _method_as_object),
    ("method-not-url", "The verificationMethod is no URL.", _with("verificationMethod", "key 1")),
    (
        "method-relative",
        "The verificationMethod is the fragment of a DID URL alone.",
        lambda options, _: options.update(
            verificationMethod=f"#{options['verificationMethod'].partition('#')[2]}"
        ),
    ),
    (
        "method-without-fragment",
        "The verificationMethod is the DID itself.",
        lambda options, _: options.update(verificationMethod=options["verificationMethod"].partition("#")[0]),
    ),
    (
        "method-unknown",
        "The verificationMethod is one that its controller has not.",
        lambda options, _: options.update(
            verificationMethod=f"{options['verificationMethod'].partition('#')[0]}#absent"
        ),
    ),
    ("created-missing", "The proof does not say when it was made.", _without("created")),
    ("created-malformed", "The created of the proof is no time.", _with("created", "today")),
    ("created-date-only", "The created of the proof has no time of the day.", _with("created", "2025-01-01")),
    ("created-without-zone", "The created of the proof has no time zone.", _created_without_zone),
    ("created-number", "The created of the proof is a number.", _with("created", 1_735_689_600)),
    ("created-in-future", "The proof was made in an hour.", _in("created", HOUR)),
    ("proof-expired", "The proof has expired before the credential is issued.", _in("expires", -HOUR // 2)),
    ("expires-malformed", "The expires of the proof is no time.", _with("expires", "never")),
    ("proof-id-not-url", "The id of the proof is no URL.", _with("id", "proof 1")),
    (
        "domain-number",
        "The domain of the proof is a number.",
        lambda options, _: options.update(domain=42, challenge="assay"),
    ),
    (
        "domain-without-challenge",
        "The proof has a domain and no challenge.",
        _with("domain", "https://verifier.assay.test"),
    ),
    ("nonce-number", "The nonce of the proof is a number.", _with("nonce", 42)),
    (
        "previous-proof-number",
        "The proof is made over another that is named by a number.",
        _with("previousProof", 42),
    ),
    (
        "previous-proof-absent",
        "The proof is made over another that is not there.",
        _with("previousProof", "urn:uuid:6b7f0e0a-3c1d-4a52-9d0e-2f5a1c8b7e44"),
    ),
):
    _in_proof(_defect, _told, _member)


@fault("ldp-vc:method-other-issuer")
def method_other_issuer(draft: LdpVc, _: Context) -> None:
    """The proof is made by somebody else than the issuer, with their verification method."""
    for proof in draft.proofs:
        proof.key = keys.stranger_key(proof.key.algorithm)
        name = proof.key.multikey
        proof.options["verificationMethod"] = f"did:key:{name}#{name}"


@fault("ldp-vc:cryptosuite-unlisted")
def cryptosuite_unlisted(draft: LdpVc, context: Context) -> None:
    """The proof is made by a cryptosuite that the metadata do not list."""
    listed = context.variant.proof_suites
    suite = next(name for name in data_integrity.CRYPTOSUITES if name not in listed and name[:2] == "ed")
    key = keys.issuer_key("EdDSA")
    method = issuer_identity.verification_method(context, key, "Multikey")
    options = data_integrity.options(suite, method=method, created=draft.proofs[0].options["created"])
    draft.proofs[:] = [Proof(options, suite, key)]
    issuer, controller = draft.document["issuer"], issuer_identity.controller(context, key)
    draft.document["issuer"] = {**issuer, "id": controller} if isinstance(issuer, dict) else controller


@fault("ldp-vc:proof-context-other")
def proof_context_other(draft: LdpVc, _: Context) -> None:
    """The proof names another @context than the credential has."""
    if data_integrity.SUITES[draft.proofs[0].suite].names_context:
        draft.proofs[0].options["@context"] = [
            *draft.document["@context"],
            "https://w3id.org/security/multikey/v1",
        ]


@fault("ldp-vc:proof-context-absent")
def proof_context_absent(draft: LdpVc, _: Context) -> None:
    """The proof does not name the @context that it was made over."""
    for proof in draft.proofs:
        proof.names_context = False


@fault("ldp-vc:proof-context-missing")
def proof_context_missing(draft: LdpVc, _: Context) -> None:
    """No context of the credential defines the terms of its proof."""
    draft.document["@context"] = [item for item in draft.document["@context"] if item != PROOF_CONTEXT]


@fault("ldp-vc:relative-url")
def relative_url(draft: LdpVc, _: Context) -> None:
    """What should be a URL is relative."""
    vocabulary = "https://credentials.assay.test/vocabulary#homepage"
    draft.document["@context"].append({"homepage": {"@id": vocabulary, "@type": "@id"}})
    draft.document["credentialSubject"]["homepage"] = "erika.html"


@fault("ldp-vc:digest-malformed")
def digest_malformed(draft: LdpVc, _: Context) -> None:
    """The digest of a picture is no multihash."""
    vocabulary = "https://credentials.assay.test/vocabulary#portrait"
    draft.document["@context"].append({"portrait": {"@id": vocabulary, "@type": "@id"}})
    draft.document["credentialSubject"]["portrait"] = {
        "id": "https://credentials.assay.test/erika.jpg",
        "digestMultibase": "sha-256",
    }


@fault("ldp-vc:endorsed")
def endorsed(draft: LdpVc, _: Context) -> None:
    """Somebody else has added a proof by another cryptosuite."""
    key = keys.stranger_key("ES256")
    options = data_integrity.options(
        "ecdsa-jcs-2019",
        method=f"did:key:{key.multikey}#{key.multikey}",
        created=draft.proofs[0].options["created"],
    )
    draft.proofs.append(Proof(options, "ecdsa-jcs-2019", key))


@fault("ldp-vc:context-unknown")
def context_unknown(draft: LdpVc, _: Context) -> None:
    """A context is named that nobody else has."""
    draft.document["@context"].append(OWN_CONTEXT)


# The keys in the DID document


def _multikeys(document: Document) -> Iterator[Document]:
    for method in document["verificationMethod"]:
        if "publicKeyMultibase" in method:
            yield method


@fault("did-document:signing-key-base64url")
def signing_key_base64url(document: Document, _: Context) -> None:
    """The keys that are in Multibase are in base64url there."""
    for method in _multikeys(document):
        method["publicKeyMultibase"] = f"u{base64url(from_base58(method['publicKeyMultibase'][1:]))}"


@fault("did-document:signing-key-short")
def signing_key_short(document: Document, _: Context) -> None:
    """The keys that are in Multibase lack their last byte."""
    for method in _multikeys(document):
        method["publicKeyMultibase"] = base58btc(from_base58(method["publicKeyMultibase"][1:])[:-1])


@fault("did-document:method-type-multikey")
def method_type_multikey(document: Document, _: Context) -> None:
    """The key of an older suite is a Multikey."""
    for method in document["verificationMethod"]:
        if method["type"] == "Ed25519VerificationKey2020":
            method["type"] = "Multikey"
