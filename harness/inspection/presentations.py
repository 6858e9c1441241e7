"""Verifiable Presentations as they stand in key proofs of the type ``di_vp`` (OpenID4VCI 1.0 appendix F.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.formats import data_integrity, did, strict_json
from harness.formats.data_integrity import Proof, Unverifiable
from harness.formats.problems import FormatError, Problem
from harness.formats.signatures import SignatureError
from harness.inspection.inspection import Complaint, Inspection, Section, Signature
from harness.inspection.problem_kinds import complaint
from harness.inspection.recognise import Recognised
from harness.inspection.surroundings import Surroundings
from harness.inspection.values import concealed, rows
from harness.model import Json

_CLAUSE = "OpenID4VCI 1.0, F.2"
_PURPOSE = "authentication"
_TYPE = "VerifiablePresentation"
_ONLY_OF_CREDENTIALS = frozenset({"purpose-other"})
"""Problems that a reader of credentials finds and that are right here."""


async def inspect(found: Recognised, around: Surroundings) -> Inspection:
    """Look at a Verifiable Presentation."""
    document: strict_json.JsonDocument = found.value
    proofs, problems = data_integrity.read(document.value)
    kept = (one for one in problems if one.kind not in _ONLY_OF_CREDENTIALS)
    state = _signature(document.value, proofs, around)
    own = [
        Complaint(one.kind, one.detail, pointer=one.pointer, clause=_CLAUSE)
        for one in _problems(document.value, proofs)
    ]
    if state.verified is False:
        own.append(Complaint("signature", state.detail, clause="Data Integrity 1.0, 4.4"))
    return Inspection(
        "presentation",
        "Verifiable Presentation (as in a di_vp key proof)",
        (Section("Content", rows(concealed(document.value))),),
        concealed(document.value),
        state,
        (
            *(complaint(one, "formats.strict_json") for one in document.problems),
            *(complaint(one, "formats.data_integrity") for one in kept),
            *own,
        ),
    )


def _problems(document: Mapping[str, Json], proofs: tuple[Proof, ...]) -> Iterator[Problem]:
    types = document.get("type")
    if _TYPE not in (types if isinstance(types, list) else [types]):
        yield Problem("presentation-type", f"type does not contain {_TYPE}", "/type")
    for proof in proofs:
        if proof.members.get("proofPurpose") not in (None, _PURPOSE):
            yield Problem("purpose", f"proofPurpose is not {_PURPOSE}", f"{proof.pointer}/proofPurpose")
        if "domain" not in proof.members:
            yield Problem("domain-missing", "the proof has no domain", proof.pointer)


def _signature(document: Mapping[str, Json], proofs: tuple[Proof, ...], around: Surroundings) -> Signature:
    """Check the proofs, each with the key of the DID that it names or with one of the user's keys."""
    if not proofs:
        return Signature(None, "there is no proof")
    for proof in proofs:
        method = proof.members.get("verificationMethod")
        keys: list[Mapping[str, Json]] = [*around.keys]
        try:
            keys = keys or [did.resolve(method if isinstance(method, str) else "")]
        except FormatError as error:
            return Signature(None, f"not checked: {error.detail}; give the key with --key FILE")
        state = _verified(document, proof, keys)
        if not state.verified:
            return state
    return Signature(True, "verifies by the key of --key" if around.keys else "verifies by the key of its DID")


def _verified(document: Mapping[str, Json], proof: Proof, keys: list[Mapping[str, Json]]) -> Signature:
    state = Signature(False, "does not verify")
    for key in keys:
        try:
            data_integrity.verify_proof(document, proof, key)
        except Unverifiable as error:
            state = Signature(None, f"not checked: {error.detail}")
        except SignatureError as error:
            state = Signature(False, f"does not verify: {error.detail}")
        else:
            return Signature(True, "verifies")
    return state
