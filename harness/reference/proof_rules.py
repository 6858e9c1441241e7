"""What the Credential Endpoint asks of one ``jwt`` key proof (OpenID4VCI F.1 and F.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import holder_keys, jwt
from harness.reference.context import Context
from harness.reference.key_attestation_rules import KeyAttestation
from harness.reference.rules import rule, tolerance
from harness.reference.state import Shelf

PROOF_TYPE = "openid4vci-proof+jwt"
_KEY_PARAMETERS = ("jwk", "x5c", "kid")
_KNOWN_HEADER = {"alg", "typ", "jwk", "x5c", "kid", "crit", "key_attestation", "trust_chain"}
_KNOWN_CLAIMS = {"iss", "aud", "iat", "nonce", "exp", "nbf", "jti"}


@dataclass
class Proof(jwt.Presented):
    """One element of ``proofs.jwt`` as read from the wire."""

    context: Context
    value: Any
    client_id: str | None
    """The client the access token was given to; ``None`` after anonymous access."""
    nonces: Shelf[bool]
    binding_methods: Sequence[str]
    """What the credential can be bound to."""
    further: bool = False
    """Whether another proof of the request stands before this one."""

    @cached_property
    def jwt(self) -> jwt.Jwt | None:
        """The proof as a JWT; ``None`` when it is none."""
        return jwt.read(self.value)

    @property
    def nonce(self) -> object:
        """The ``nonce`` of the proof."""
        return self.claims.get("nonce")

    @cached_property
    def attestation(self) -> KeyAttestation | None:
        """The key attestation in the header where this issuer evaluates one."""
        if self.context.variant.key_attestation is None or "key_attestation" not in self.header:
            return None
        return KeyAttestation(self.context, self.header["key_attestation"], self.nonces, with_proof=True)

    @property
    def holder_keys(self) -> list[Mapping[str, Any] | None]:
        """The keys the credentials are to be bound to: all that are attested (OpenID4VCI F.1)."""
        attested = self.attestation.holder_keys if self.attestation else []
        return [self.key, *(key for key in attested if key != self.key)]

    @cached_property
    def key(self) -> Mapping[str, Any] | None:
        """The holder's public JWK; ``None`` when the header names none this issuer can bind to."""
        if self.form == "attested" and self.attestation:
            return self.attestation.key(self.header["kid"])
        try:
            return holder_keys.from_header(self.header, self.binding_methods)
        except holder_keys.UnusableKey:
            return None

    @property
    def form(self) -> str:
        """How the header spells the key: a binding method, ``x5c``, ``attested``, or empty when it names none."""
        if "jwk" in self.header or "x5c" in self.header:
            return "jwk" if "jwk" in self.header else "x5c"
        kid = self.header.get("kid")
        if self.attestation and isinstance(kid, str) and not kid.startswith("did:"):
            return "attested"
        return ":".join(kid.split(":", 2)[:2]) if isinstance(kid, str) else ""

    @property
    def fresh(self) -> bool:
        """Whether the proof has a nonce that this issuer gave out lately, or needs none."""
        return not self.context.variant.nonce or bool(self.nonces.get(self.nonce))

    @property
    def signed(self) -> bool:
        """Whether the signature verifies with the key of the header."""
        return self.jwt is not None and self.jwt.verified_by(self.key)


@rule("proof.wellformed", "invalid_proof")
def wellformed(proof: Proof) -> str | None:
    """A proof is a JWT in compact serialization."""
    return None if proof.jwt else "The proof is not a JWT."


@rule("proof.typ", "invalid_proof", presumes=["proof.wellformed"])
def typ(proof: Proof) -> str | None:
    """A proof has the typ openid4vci-proof+jwt."""
    return None if proof.header.get("typ") == PROOF_TYPE else f"The typ is not {PROOF_TYPE}."


@rule("proof.algorithm-asymmetric", "invalid_proof", presumes=["proof.wellformed"])
def algorithm_asymmetric(proof: Proof) -> str | None:
    """The alg of a proof is an asymmetric signature algorithm."""
    return None if proof.jwt and proof.jwt.asymmetric else "The alg is missing, none or symmetric."


@rule("proof.algorithm-supported", "invalid_proof", presumes=["proof.algorithm-asymmetric"])
def algorithm_supported(proof: Proof) -> str | None:
    """The alg of a proof is one the metadata lists."""
    if proof.header["alg"] in proof.context.variant.proof_algorithms:
        return None
    return "The alg is not in proof_signing_alg_values_supported."


@rule("proof.key-present", "invalid_proof", presumes=["proof.wellformed"])
def key_present(proof: Proof) -> str | None:
    """The header of a proof names a key by jwk, kid or x5c."""
    if any(name in proof.header for name in _KEY_PARAMETERS):
        return None
    return "The header has none of jwk, kid and x5c."


@rule("proof.one-key", "invalid_proof", presumes=["proof.key-present"])
def one_key(proof: Proof) -> str | None:
    """The header of a proof has only one of jwk, kid and x5c."""
    given = [name for name in _KEY_PARAMETERS if name in proof.header]
    return f"The header has {' and '.join(given)}." if len(given) > 1 else None


@rule("proof.no-private-key", "invalid_proof", presumes=["proof.algorithm-asymmetric"])
def no_private_key(proof: Proof) -> str | None:
    """The jwk of a proof is a public key."""
    jwk = proof.header.get("jwk")
    if isinstance(jwk, dict) and not holder_keys.PRIVATE_MEMBERS.isdisjoint(jwk):
        return "The jwk contains a private key."
    return None


@rule(
    "proof.key-usable",
    "invalid_proof",
    presumes=["proof.algorithm-asymmetric", "proof.key-present", "proof.one-key"],
)
def key_usable(proof: Proof) -> str | None:
    """The key of a proof can be read and is of a supported binding method."""
    return None if proof.key else "The key cannot be read or its binding method is not supported."


@rule("proof.critical", "invalid_proof", presumes=["proof.wellformed"])
def critical(proof: Proof) -> str | None:
    """A proof has no critical extension this issuer does not understand (RFC 7515 section 4.1.11)."""
    return "The header has crit with an extension that is not understood." if "crit" in proof.header else None


@rule(
    "proof.signature",
    "invalid_proof",
    presumes=["proof.algorithm-asymmetric", "proof.algorithm-supported", "proof.key-usable"],
)
def signature(proof: Proof) -> str | None:
    """The signature of a proof, if it is the first of its request, verifies with the key in its header."""
    return None if proof.signed or proof.further else "The signature does not verify."


@rule(
    "proof.further-signature",
    "invalid_proof",
    presumes=["proof.algorithm-asymmetric", "proof.algorithm-supported", "proof.key-usable"],
)
def further_signature(proof: Proof) -> str | None:
    """The signature of each further proof of a request verifies with the key in its header."""
    return None if proof.signed or not proof.further else "The signature of a further proof does not verify."


@rule("proof.issuer", "invalid_proof", presumes=["proof.wellformed"])
def issuer(proof: Proof) -> str | None:
    """A proof names its client as iss, or nobody after anonymous access."""
    if proof.claims.get("iss", proof.client_id) == proof.client_id:
        return None
    return "The iss is not the client the access token was given to."


@rule("proof.audience-present", "invalid_proof", presumes=["proof.wellformed"])
def audience_present(proof: Proof) -> str | None:
    """A proof has an aud."""
    return None if "aud" in proof.claims else "The aud is missing."


@rule("proof.audience", "invalid_proof", presumes=["proof.audience-present"])
def audience(proof: Proof) -> str | None:
    """The aud of a proof is the Credential Issuer Identifier."""
    if proof.claims["aud"] == proof.context.issuer_url:
        return None
    return "The aud is not the Credential Issuer Identifier."


@rule("proof.issued-at-present", "invalid_proof", presumes=["proof.wellformed"])
def issued_at_present(proof: Proof) -> str | None:
    """A proof has an iat that is a number."""
    return None if proof.jwt and proof.jwt.date("iat") is not None else "The iat is missing or no number."


@rule("proof.issued-at", "invalid_proof", presumes=["proof.issued-at-present"])
def issued_at(proof: Proof) -> str | None:
    """Without nonces, the iat of a proof is close to now."""
    variant = proof.context.variant
    if variant.nonce or abs(proof.context.clock() - proof.claims["iat"]) <= variant.proof_window:
        return None
    return "The iat is too far from now."


@rule("proof.nonce-present", "invalid_proof", presumes=["proof.wellformed", "draft-proof.nonce-given"])
def nonce_present(proof: Proof) -> str | None:
    """Where there is a Nonce Endpoint, a proof has a nonce that is a string."""
    if not proof.context.variant.nonce or isinstance(proof.nonce, str):
        return None
    return "The nonce is missing or no string."


@rule("proof.nonce", "invalid_nonce", presumes=["proof.nonce-present"])
def nonce(proof: Proof) -> str | None:
    """The nonce of a proof, if it is the first of its request, is one this issuer gave out lately."""
    return None if proof.fresh or proof.further else "The nonce is unknown or too old."


@rule("proof.further-nonce", "invalid_nonce", presumes=["proof.nonce-present"])
def further_nonce(proof: Proof) -> str | None:
    """The nonce of each further proof of a request is one this issuer gave out lately."""
    return None if proof.fresh or not proof.further else "The nonce of a further proof is unknown or too old."


@rule("proof.key-attested", "invalid_proof", presumes=["proof.key-usable", "proof.wellformed"])
def key_attested(proof: Proof) -> str | None:
    """The key that signs a proof is one of those that its key attestation attests."""
    if (
        proof.attestation is None
        or not proof.attestation.holder_keys
        or proof.key in proof.attestation.holder_keys
    ):
        return None
    return "The key of the proof is not among the attested_keys."


@rule("proof.attestation-present", "invalid_proof", presumes=["proof.wellformed"])
def attestation_present(proof: Proof) -> str | None:
    """Where key attestations are required, a proof has one."""
    if proof.context.variant.key_attestation is None or proof.attestation:
        return None
    return "The key_attestation is missing."


@tolerance("proof.unknown-header")
def unknown_header(proof: Proof) -> bool:
    """A proof may have header parameters the issuer does not know (RFC 7515 section 4)."""
    critical = proof.header.get("crit")
    named = {name for name in critical if isinstance(name, str)} if isinstance(critical, list) else set()
    return not proof.header.keys() - named <= _KNOWN_HEADER


@tolerance("proof.unknown-claim")
def unknown_claim(proof: Proof) -> bool:
    """A proof may have claims the issuer does not know (RFC 7519 section 4)."""
    return not proof.claims.keys() <= _KNOWN_CLAIMS


@tolerance("proof.other-algorithm")
def other_algorithm(proof: Proof) -> bool:
    """A proof may use any algorithm the metadata lists, not only the first."""
    return proof.header.get("alg") in proof.context.variant.proof_algorithms[1:]


@tolerance("proof.es256", error="invalid_proof")
def es256(proof: Proof) -> bool:
    """A proof may be signed with ES256 (HAIP 1.0 section 7)."""
    return proof.header.get("alg") == "ES256"


@tolerance("proof.other-binding-method")
def other_binding_method(proof: Proof) -> bool:
    """A proof may name its key in any way the metadata lists, not only the first."""
    return proof.form in proof.binding_methods[1:]


RULES = (
    wellformed,
    typ,
    algorithm_asymmetric,
    algorithm_supported,
    key_present,
    one_key,
    no_private_key,
    key_usable,
    critical,
    signature,
    further_signature,
    issuer,
    audience_present,
    audience,
    issued_at_present,
    issued_at,
    nonce_present,
    nonce,
    further_nonce,
    attestation_present,
    key_attested,
)
TOLERANCES = (unknown_header, unknown_claim, other_algorithm, es256, other_binding_method)
