"""What the Credential Endpoint asks of the key proof of GOV.UK Wallet (docs.wallet.service.gov.uk, credential)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import holder_keys, jwt
from harness.reference.govuk.context import GovukContext
from harness.reference.jwt import Jwt, Presented
from harness.reference.rules import Facts, Rule, rule

WALLET = "urn:fdc:gov:uk:wallet"
"""Who GOV.UK Wallet says it is."""
PROOF_TYPE = "openid4vci-proof+jwt"
_DID_KEY = "did:key:"
_COMPRESSED_LENGTH = 35
"""Bytes of a compressed point on P-256 with its multicodec prefix."""
_INVALID = "invalid_proof"


@dataclass
class Proof(Presented):
    """The proof of a Credential Request."""

    context: GovukContext
    document: Mapping[str, Any] | None
    """The body; ``None`` when it is no JSON object."""
    wanted_nonce: Any
    """The ``c_nonce`` of the access token."""
    offered_at: float | None
    """When the Pre-Authorized Code was made, in seconds since the epoch."""

    @property
    def given(self) -> Mapping[str, Any] | None:
        """The member ``proof``; ``None`` when it is no object."""
        value = (self.document or {}).get("proof")
        return value if isinstance(value, dict) else None

    @cached_property
    def jwt(self) -> Jwt | None:
        """The proof; ``None`` when it is no JWT."""
        return jwt.read((self.given or {}).get("jwt"))

    @property
    def did(self) -> str | None:
        """The did:key of the wallet, without a fragment; ``None`` where ``kid`` is none."""
        kid = self.header.get("kid")
        return kid.partition("#")[0] if isinstance(kid, str) and kid.startswith(_DID_KEY) else None

    @cached_property
    def key(self) -> Mapping[str, Any] | None:
        """The public JWK behind the did:key; ``None`` when there is none on P-256."""
        if self.did is None:
            return None
        identifier = self.did.removeprefix(_DID_KEY)
        try:
            if len(holder_keys.from_base58(identifier[1:])) != _COMPRESSED_LENGTH:
                return None
            found = holder_keys.from_header({"kid": f"{self.did}#{identifier}"}, ("did:key",))
        except ValueError:
            return None
        return found if found.get("crv") == "P-256" else None


def _rule(identifier: str, *presumes: str) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    return rule(f"govuk-proof.{identifier}", _INVALID, presumes=[f"govuk-proof.{name}" for name in presumes])


@_rule("json")
def json_object(proof: Proof) -> str | None:
    """A Credential Request is a JSON object of media type application/json."""
    return None if proof.document is not None else "The request is no JSON object of type application/json."


@_rule("present", "json")
def present(proof: Proof) -> str | None:
    """A Credential Request has a proof."""
    return None if proof.given is not None else "The proof is missing."


@_rule("proof-type", "present")
def proof_type(proof: Proof) -> str | None:
    """The proof_type of a proof is jwt."""
    given = proof.given or {}
    return None if given.get("proof_type") == "jwt" else "The proof_type is not jwt."


@_rule("wellformed", "present")
def wellformed(proof: Proof) -> str | None:
    """A proof is a JWT."""
    return None if proof.jwt else "The proof is no JWT."


@_rule("type", "wellformed")
def type_(proof: Proof) -> str | None:
    """A proof has the typ openid4vci-proof+jwt."""
    return None if proof.header.get("typ") == PROOF_TYPE else f"The typ is not {PROOF_TYPE}."


@_rule("algorithm", "wellformed")
def algorithm(proof: Proof) -> str | None:
    """The alg of a proof is ES256."""
    return None if proof.header.get("alg") == "ES256" else "The alg is not ES256."


@_rule("did-key", "wellformed")
def did_key(proof: Proof) -> str | None:
    """The kid of a proof is a did:key."""
    return None if proof.did else "The kid is no did:key."


@_rule("public", "wellformed")
def public(proof: Proof) -> str | None:
    """The header of a proof has no private key."""
    carried = proof.header.get("jwk")
    private = isinstance(carried, dict) and not jwt.PRIVATE_MEMBERS.isdisjoint(carried)
    return "The header has a private key." if private else None


@_rule("key", "did-key", "algorithm")
def key(proof: Proof) -> str | None:
    """The did:key of a proof is of a key on P-256, as a compressed point."""
    return None if proof.key else "The did:key is of no compressed point on P-256."


@_rule("signature", "key")
def signature(proof: Proof) -> str | None:
    """The signature of a proof verifies with its did:key."""
    good = proof.jwt is not None and proof.jwt.verified_by(proof.key)
    return None if good else "The signature does not verify."


@_rule("issuer", "wellformed")
def issuer(proof: Proof) -> str | None:
    """A proof was made by GOV.UK Wallet."""
    return None if proof.claims.get("iss") == WALLET else f"The iss is not {WALLET}."


@_rule("audience", "wellformed")
def audience(proof: Proof) -> str | None:
    """A proof is for this issuer."""
    mine = proof.context.issuer_url
    return None if proof.claims.get("aud") in (mine, [mine]) else "The aud is not this issuer."


@_rule("dated", "wellformed")
def dated(proof: Proof) -> str | None:
    """A proof says when it was made."""
    return "The iat is missing or no number." if proof.jwt and proof.jwt.date("iat") is None else None


@_rule("made-already", "dated")
def made_already(proof: Proof) -> str | None:
    """A proof was made in the past."""
    made = proof.jwt.date("iat") if proof.jwt else None
    return "The iat is in the future." if made is not None and made > proof.context.clock() else None


@_rule("made-after-offer", "dated")
def made_after_offer(proof: Proof) -> str | None:
    """A proof was made after the Pre-Authorized Code."""
    made = proof.jwt.date("iat") if proof.jwt else None
    before = made is not None and proof.offered_at is not None and made < int(proof.offered_at)
    return "The iat is before the Pre-Authorized Code." if before else None


@rule(
    "govuk-proof.nonce",
    "invalid_nonce",
    presumes=["govuk-proof.wellformed", "govuk-credential.token-wellformed"],
)
def nonce(proof: Proof) -> str | None:
    """The nonce of a proof is the c_nonce of the access token."""
    same = isinstance(proof.wanted_nonce, str) and proof.claims.get("nonce") == proof.wanted_nonce
    return None if same else "The nonce is not the c_nonce of the access token."


RULES: tuple[Rule[Any], ...] = (
    json_object,
    present,
    proof_type,
    wellformed,
    type_,
    algorithm,
    did_key,
    public,
    key,
    signature,
    issuer,
    audience,
    dated,
    made_already,
    made_after_offer,
    nonce,
)
