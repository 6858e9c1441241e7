"""W3C credentials secured with Data Integrity, the format ``ldp_vc`` (OpenID4VCI 1.0 appendix A.1.2).

The data model is read by ``vcdm``, the proofs by ``data_integrity``; their problems are those of the credential.

Problems of :meth:`LdpVc.validity`:

- those of ``vcdm.validity`` and, for the issuer's proof, of ``data_integrity.Proof.validity``.

Errors of :func:`read`:

- ``credential-type``: no JSON object (OpenID4VCI 1.0 appendix A.1.2.4).
- ``too-deep``: nested deeper than is read.

Errors of :meth:`LdpVc.verify` are those of ``data_integrity.verify_proof``; ``proof-unreadable`` also says that
there is no proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.formats import data_integrity, json_ld, vcdm
from harness.formats.clock import SKEW_S
from harness.formats.data_integrity import Proof
from harness.formats.json_ld import Contexts
from harness.formats.problems import FormatError, Problem, json_type, located
from harness.formats.signatures import SignatureError
from harness.formats.signer import Signer
from harness.formats.status_reference import Reference, of_credential_status
from harness.formats.strict_json import MAX_DEPTH
from harness.formats.text import is_uri
from harness.model import Json


@dataclass(frozen=True)
class LdpVc:
    """A credential with Data Integrity proofs as read; nothing is said about its signatures yet."""

    document: Mapping[str, Json]
    proofs: tuple[Proof, ...]
    problems: tuple[Problem, ...]
    contexts: Contexts | None = None
    """The JSON-LD contexts that are known; ``None`` for those that are bundled."""

    @property
    def claims(self) -> Mapping[str, Json]:
        """The whole credential: claims path pointers begin at its top."""
        return self.document

    @property
    def version(self) -> vcdm.Version:
        """The version of the data model."""
        return vcdm.likely_version(self.document)

    @cached_property
    def proof(self) -> Proof | None:
        """The issuer's own proof: the first by a key of the issuer's DID, or else the first of all."""
        issuer = vcdm.issuer_id(self.document)
        own = (proof for proof in self.proofs if (proof.verification_method or "").partition("#")[0] == issuer)
        return next(own, next(iter(self.proofs), None))

    def problems_of(self, proof: Proof) -> tuple[Problem, ...]:
        """Give the problems that are about one proof."""
        return tuple(item for item in self.problems if f"{item.pointer}/".startswith(f"{proof.pointer}/"))

    @property
    def algorithm(self) -> str | None:
        """The cryptosuite of the issuer's proof, or its type where that names the suite (appendix A.1.2.2)."""
        return self.proof.suite if self.proof else None

    @property
    def holder_key(self) -> dict[str, Json] | None:
        """The public key as JWK, of the did:jwk or did:key that is the ``id`` of a subject."""
        return next(iter(vcdm.subject_keys(self.document)), None)

    @property
    def expires(self) -> float | None:
        """The ``validUntil`` or ``expirationDate`` in seconds since 1970."""
        return vcdm.expires(self.document)

    @property
    def signer(self) -> Signer:
        """What points at the issuer's key: nothing where there is no proof, or one that names it by no URL."""
        members = self.proof.members if self.proof else {"verificationMethod": None}
        method = members.get("verificationMethod")
        named = "verificationMethod" not in members or is_uri(method)
        mechanisms = ("did", "controller-document", "jwks") if named else ()
        return Signer(mechanisms, vcdm.issuer_id(self.document), method)

    @property
    def status_references(self) -> tuple[Reference, ...]:
        """Where its status is published."""
        return of_credential_status(self.document.get("credentialStatus"))

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge the period of the credential and that of the issuer's proof.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        proof = self.proof.validity(now, skew) if self.proof else ()
        return (*vcdm.validity(self.document, now, skew), *proof)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that the issuer's proof was made with this key.

        Raises:
            SignatureError: it was not, or there is no proof; ``data_integrity.Unverifiable`` says nothing
                against it.

        """
        if self.proof is None:
            raise SignatureError("proof-unreadable", "the credential has no proof")
        data_integrity.verify_proof(self.document, self.proof, jwk, self.contexts)

    @cached_property
    def losses(self) -> tuple[Problem, ...]:
        """What JSON-LD drops of the credential without its proofs; see ``json_ld.losses``.

        Raises:
            JsonLdError: the credential cannot be processed; ``UnknownContext`` says nothing against it.

        """
        unsecured = {name: value for name, value in self.document.items() if name != "proof"}
        return json_ld.losses(unsecured, self.contexts or json_ld.bundled())

    def losses_of(self, proof: Proof) -> tuple[Problem, ...]:
        """Give what JSON-LD drops of a proof by the contexts of the credential; see ``losses``."""
        members = {**proof.members, "@context": self.document.get("@context")}
        return located(proof.pointer, json_ld.losses(members, self.contexts or json_ld.bundled()))


def read(value: Any, contexts: Contexts | None = None) -> LdpVc:
    """Read a credential of the format ``ldp_vc`` as issued.

    Args:
        value: the value of ``credential``.
        contexts: the JSON-LD contexts that are known; ``None`` for those that are bundled.

    Raises:
        FormatError: it is no object, or nested too deep.

    """
    if not isinstance(value, dict):
        raise FormatError("credential-type", f"the credential is {json_type(value)}, not an object")
    if _deeper_than(value, MAX_DEPTH):
        raise FormatError("too-deep", f"more than {MAX_DEPTH} levels of arrays and objects")
    proofs, problems = data_integrity.read(value)
    return LdpVc(value, proofs, (*vcdm.problems(value), *problems), contexts)


def _deeper_than(value: Json, levels: int) -> bool:
    level = [value]
    for _ in range(levels + 1):
        inner = [item for item in level if isinstance(item, (dict, list))]
        if not inner:
            return False
        level = [member for item in inner for member in (item.values() if isinstance(item, dict) else item)]
    return True
