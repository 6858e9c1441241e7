"""What a key attestation must be like, alone or in the header of a ``jwt`` proof (OpenID4VCI D.1, F.1, F.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import attesters, jwt
from harness.reference.context import Context
from harness.reference.holder_keys import PRIVATE_MEMBERS
from harness.reference.rules import Rule, rule, tolerance
from harness.reference.state import Shelf

_KNOWN_CLAIMS = {
    "iss",
    "iat",
    "exp",
    "attested_keys",
    "key_storage",
    "user_authentication",
    "certification",
    "nonce",
    "status",
}
_ABSENT = jwt.Jwt({}, {}, b"", b"")


@dataclass
class KeyAttestation:
    """A key attestation as read from the wire."""

    context: Context
    value: Any
    nonces: Shelf[bool]
    with_proof: bool = False
    """Whether it stands in the header of a ``jwt`` proof."""

    @cached_property
    def wellformed(self) -> bool:
        """Whether the attestation is a JWT at all."""
        return jwt.read(self.value) is not None

    @cached_property
    def jwt(self) -> jwt.Jwt:
        """The attestation; an empty JWT when it is none."""
        return jwt.read(self.value) or _ABSENT

    @cached_property
    def trusted(self) -> bool:
        """Whether the header leads to somebody this issuer trusts to attest keys."""
        header, known = self.jwt.header, self._known.get("kid")
        if "x5c" not in header:
            # Without a hint only the key this issuer was told of comes into question.
            return bool(header.get("kid", known) == known)
        return attesters.trusted(header, self.context.variant, self.context.clock())

    @cached_property
    def signer(self) -> Mapping[str, Any] | None:
        """The public JWK that the header leads to, trusted or not."""
        if "x5c" not in self.jwt.header:
            return jwt.public_jwk({name: value for name, value in self._known.items() if name != "d"})
        return attesters.public_jwk(self.jwt.header)

    @property
    def _known(self) -> Mapping[str, Any]:
        key: Mapping[str, Any] = attesters.key_attester(self.context.variant)["key"]
        return key

    @property
    def attested(self) -> Sequence[Any]:
        """The ``attested_keys`` as they stand there; empty when they are no array."""
        value = self.jwt.claims.get("attested_keys")
        return value if isinstance(value, list) else []

    @cached_property
    def holder_keys(self) -> list[Mapping[str, Any]]:
        """The attested public keys that can be read, in their order."""
        return [key for key in map(jwt.public_jwk, self.attested) if key is not None]

    def key(self, kid: object) -> Mapping[str, Any] | None:
        """Give the attested key that ``kid`` names: by the ``kid`` it has, or by its place."""
        for place, jwk in enumerate(self.attested):
            if isinstance(jwk, dict) and jwk.get("kid", str(place)) == kid:
                return jwt.public_jwk(jwk)
        return None

    def reaches(self, claim: str) -> bool:
        """Whether the attack potential resistance a claim asserts is one this issuer accepts."""
        accepted = (self.context.variant.key_attestation or {}).get(claim)
        asserted = self.jwt.claims.get(claim)
        return accepted is None or any(
            level in accepted for level in (asserted if isinstance(asserted, list) else [])
        )


@rule("attestation.wellformed", "invalid_proof")
def wellformed(attestation: KeyAttestation) -> str | None:
    """A key attestation is a JWT in compact serialization."""
    return None if attestation.wellformed else "The key attestation is not a JWT."


@rule("attestation.typ", "invalid_proof", presumes=["attestation.wellformed"])
def typ(attestation: KeyAttestation) -> str | None:
    """A key attestation has the typ key-attestation+jwt."""
    expected = attestation.context.wording.key_attestation_type
    if attestation.jwt.header.get("typ") == expected:
        return None
    return f"The typ of the key attestation is not {expected}."


@rule("attestation.algorithm-asymmetric", "invalid_proof", presumes=["attestation.wellformed"])
def algorithm_asymmetric(attestation: KeyAttestation) -> str | None:
    """The alg of a key attestation is an asymmetric signature algorithm."""
    return None if attestation.jwt.asymmetric else "The alg of the key attestation is missing, none or symmetric."


@rule("attestation.algorithm-supported", "invalid_proof", presumes=["attestation.algorithm-asymmetric"])
def algorithm_supported(attestation: KeyAttestation) -> str | None:
    """The alg of a key attestation is one the metadata lists."""
    if attestation.jwt.header["alg"] in attestation.context.variant.proof_algorithms:
        return None
    return "The alg of the key attestation is not in proof_signing_alg_values_supported."


@rule("attestation.critical", "invalid_proof", presumes=["attestation.wellformed"])
def critical(attestation: KeyAttestation) -> str | None:
    """A key attestation has no critical extension this issuer does not understand (RFC 7515 section 4.1.11)."""
    if "crit" in attestation.jwt.header:
        return "The header of the key attestation has crit with an extension that is not understood."
    return None


@rule("attestation.trusted", "invalid_proof", presumes=["attestation.wellformed"])
def trusted(attestation: KeyAttestation) -> str | None:
    """A key attestation comes from somebody this issuer trusts to attest keys."""
    return None if attestation.trusted else "The signer of the key attestation is not trusted."


@rule("attestation.certified", "invalid_proof", presumes=["attestation.wellformed"])
def certified(attestation: KeyAttestation) -> str | None:
    """In HAIP, the certificate of who signed a key attestation is in x5c (HAIP 1.0 section 4.5.1)."""
    if attestation.context.variant.security_profile != "haip" or "x5c" in attestation.jwt.header:
        return None
    return "The key attestation has no x5c."


@rule(
    "attestation.signature",
    "invalid_proof",
    presumes=["attestation.algorithm-asymmetric", "attestation.algorithm-supported", "attestation.trusted"],
)
def signature(attestation: KeyAttestation) -> str | None:
    """The signature of a key attestation verifies with the key of its signer."""
    if attestation.jwt.verified_by(attestation.signer):
        return None
    return "The signature of the key attestation does not verify."


@rule("attestation.issued-at-present", "invalid_proof", presumes=["attestation.wellformed"])
def issued_at_present(attestation: KeyAttestation) -> str | None:
    """A key attestation has an iat that is a number."""
    return (
        "The iat of the key attestation is missing or no number." if attestation.jwt.date("iat") is None else None
    )


@rule("attestation.expiry-present", "invalid_proof", presumes=["attestation.wellformed"])
def expiry_present(attestation: KeyAttestation) -> str | None:
    """A key attestation in a jwt proof has an exp."""
    if attestation.with_proof and "exp" not in attestation.jwt.claims:
        return "The exp of the key attestation is missing."
    return None


@rule("attestation.expired", "invalid_proof", presumes=["attestation.wellformed"])
def expired(attestation: KeyAttestation) -> str | None:
    """The exp of a key attestation, where it has one, is a number and lies ahead."""
    if "exp" not in attestation.jwt.claims:
        return None
    end = attestation.jwt.date("exp")
    if end is not None and attestation.context.clock() < end:
        return None
    return "The key attestation has expired."


@rule("attestation.keys-present", "invalid_proof", presumes=["attestation.wellformed"])
def keys_present(attestation: KeyAttestation) -> str | None:
    """A key attestation has a non-empty array of attested_keys."""
    return None if attestation.attested else "The attested_keys are not a non-empty array."


@rule("attestation.keys-public", "invalid_proof")
def keys_public(attestation: KeyAttestation) -> str | None:
    """The attested keys are public keys."""
    if any(isinstance(jwk, dict) and not PRIVATE_MEMBERS.isdisjoint(jwk) for jwk in attestation.attested):
        return "The attested_keys contain a private key."
    return None


@rule("attestation.keys-usable", "invalid_proof", presumes=["attestation.keys-public"])
def keys_usable(attestation: KeyAttestation) -> str | None:
    """The attested keys can be read."""
    if len(attestation.holder_keys) == len(attestation.attested):
        return None
    return "The attested_keys contain a key that cannot be read."


@rule("attestation.key-storage", "invalid_proof", presumes=["attestation.wellformed"])
def key_storage(attestation: KeyAttestation) -> str | None:
    """The key_storage of a key attestation is as resistant as the metadata require."""
    return None if attestation.reaches("key_storage") else "The key_storage is not accepted."


@rule("attestation.user-authentication", "invalid_proof", presumes=["attestation.wellformed"])
def user_authentication(attestation: KeyAttestation) -> str | None:
    """The user_authentication of a key attestation is as resistant as the metadata require."""
    return None if attestation.reaches("user_authentication") else "The user_authentication is not accepted."


@rule("attestation.nonce-present", "invalid_proof", presumes=["attestation.wellformed"])
def nonce_present(attestation: KeyAttestation) -> str | None:
    """Where there is a Nonce Endpoint, a key attestation has a nonce that is a string."""
    if not attestation.context.variant.nonce or attestation.jwt.text("nonce") is not None:
        return None
    return "The nonce of the key attestation is missing or no string."


@rule("attestation.nonce", "invalid_nonce", presumes=["attestation.nonce-present"])
def nonce(attestation: KeyAttestation) -> str | None:
    """The nonce of a key attestation is one this issuer gave out lately."""
    if not attestation.context.variant.nonce or attestation.nonces.get(attestation.jwt.text("nonce")):
        return None
    return "The nonce of the key attestation is unknown or too old."


@tolerance("attestation.several-keys")
def several_keys(attestation: KeyAttestation) -> bool:
    """A key attestation may attest several keys."""
    return len(attestation.attested) > 1


@tolerance("attestation.chain", error="invalid_proof")
def chain(attestation: KeyAttestation) -> bool:
    """In x5c of a key attestation, the certificate above that of its signer may stand (HAIP 1.0 section 4.5.1)."""
    return len(attesters.certificates(attestation.jwt.header)) > 1


@tolerance("attestation.es256", error="invalid_proof")
def es256(attestation: KeyAttestation) -> bool:
    """A key attestation may be signed with ES256 (HAIP 1.0 section 7)."""
    return attestation.jwt.header.get("alg") == "ES256"


@tolerance("attestation.unknown-claim")
def unknown_claim(attestation: KeyAttestation) -> bool:
    """A key attestation may have claims the issuer does not know (RFC 7519 section 4)."""
    return not attestation.jwt.claims.keys() <= _KNOWN_CLAIMS


RULES: tuple[Rule[KeyAttestation], ...] = (
    wellformed,
    typ,
    algorithm_asymmetric,
    algorithm_supported,
    critical,
    certified,
    trusted,
    signature,
    issued_at_present,
    expiry_present,
    expired,
    keys_present,
    keys_public,
    keys_usable,
    key_storage,
    user_authentication,
    nonce_present,
    nonce,
)
TOLERANCES = (several_keys, chain, es256, unknown_claim)
