"""The clean configurations of the reference issuer.

Each variant keeps to the letter of OpenID4VCI 1.0; they differ where the specification leaves a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Variant:
    """One way to be a conformant Credential Issuer. Durations are seconds."""

    name: str
    description: str
    path: str = ""
    """Path component of the Credential Issuer Identifier."""
    authorization_servers: Sequence[str] = ()
    """Paths of the Authorization Server identifiers; the first one works, others only have metadata.
    Empty when the Credential Issuer is its own Authorization Server."""
    offer_by: Literal["reference", "value"] = "reference"
    offer_link: str = "openid-credential-offer://"
    """What stands before the query of the link that carries an offer."""
    tx_code: bool = False
    client_id: str | None = None
    """The registered public client; ``None`` where token requests are anonymous."""
    identifiers: bool = False
    """Whether every token response names Credential Identifiers."""
    token_lifetime: float = 300
    code_lifetime: float = 600
    single_access: bool = False
    """Whether an access token is good for one successful Credential Request only."""
    nonce: bool = True
    nonce_status: int = 200
    nonce_lifetime: float = 300
    nonce_once: bool = False
    """Whether a nonce is used up by the first successful Credential Request."""
    proof_window: float = 300
    """How far ``iat`` of a proof may lie from now; only looked at without a Nonce Endpoint."""
    binding_methods: Sequence[str] = ("jwk",)
    """``cryptographic_binding_methods_supported``; empty for credentials that are bound to no key."""
    proof_algorithms: Sequence[str] = ("ES256",)
    batch_size: int | None = None
    signing_algorithm: str = "ES256"
    key_mechanism: Literal["x5c", "jwt-vc-issuer", "jwks-uri", "did"] = "x5c"
    """How a verifier finds the key that signed a credential (SD-JWT VC section 3.5)."""
    disclosure: Literal["flat", "rich", "none"] = "flat"
    hash_name: Literal["sha-256", "sha-384"] = "sha-256"
    detail: Literal["full", "required"] = "full"
    """Whether documents carry optional members."""


DEFAULT = Variant("default", "Offer by reference, jwk binding, ES256, nonces, two configurations.")

VARIANTS: dict[str, Variant] = {
    clean.name: clean
    for clean in (
        DEFAULT,
        replace(DEFAULT, name="tx-code", description="A Transaction Code is required.", tx_code=True),
        replace(
            DEFAULT, name="offer-by-value", description="The link carries the offer itself.", offer_by="value"
        ),
        replace(
            DEFAULT,
            name="https-offer",
            description="The offer comes as an https universal link.",
            offer_link="https://wallet.assay.test/credential-offer",
        ),
        replace(DEFAULT, name="no-nonce", description="No Nonce Endpoint; proofs are fresh by iat.", nonce=False),
        replace(DEFAULT, name="nonce-201", description="The Nonce Endpoint answers 201.", nonce_status=201),
        replace(DEFAULT, name="nonce-once", description="A nonce works once.", nonce_once=True),
        replace(
            DEFAULT,
            name="identifiers",
            description="Token responses name Credential Identifiers, which requests must use.",
            identifiers=True,
        ),
        replace(
            DEFAULT,
            name="did-binding",
            description="Keys are did:key or did:jwk.",
            binding_methods=("did:key", "did:jwk"),
        ),
        replace(
            DEFAULT, name="x5c-proof", description="Made for wallets that send their key as x5c in the proof."
        ),
        replace(DEFAULT, name="unbound", description="Credentials are bound to no key.", binding_methods=()),
        replace(DEFAULT, name="batch", description="Up to three proofs in a request.", batch_size=3),
        replace(
            DEFAULT,
            name="with-path",
            description="Issuer and its one separate Authorization Server have identifiers with a path.",
            path="/tenants/assay",
            authorization_servers=("/as/assay",),
        ),
        replace(
            DEFAULT,
            name="several-as",
            description="Two Authorization Servers; the offer says which one.",
            authorization_servers=("/as/assay", "/as/other"),
        ),
        replace(
            DEFAULT,
            name="client-id",
            description="No anonymous token requests; the public client wallet-dev is registered.",
            client_id="wallet-dev",
        ),
        replace(
            DEFAULT,
            name="algorithms",
            description="Many proof algorithms; credentials are signed with EdDSA.",
            proof_algorithms=("ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"),
            signing_algorithm="EdDSA",
        ),
        replace(DEFAULT, name="single-access", description="An access token works once.", single_access=True),
        replace(
            DEFAULT,
            name="issuer-metadata-key",
            description="The signing key comes from JWT VC Issuer Metadata.",
            key_mechanism="jwt-vc-issuer",
        ),
        replace(
            DEFAULT,
            name="issuer-metadata-key-set",
            description="JWT VC Issuer Metadata refers to a key set; the identifier has a path.",
            path="/tenants/assay",
            key_mechanism="jwks-uri",
        ),
        replace(
            DEFAULT,
            name="did-issuer",
            description="The credential's issuer is a did:jwk, which is its own key.",
            key_mechanism="did",
        ),
        replace(
            DEFAULT,
            name="rich-sd-jwt",
            description="Nested, recursive and array disclosures, decoys, sha-384.",
            disclosure="rich",
            hash_name="sha-384",
        ),
        replace(
            DEFAULT,
            name="plain-sd-jwt",
            description="Nothing is selectively disclosable.",
            disclosure="none",
        ),
        replace(
            DEFAULT,
            name="minimal",
            description="Only what is required or recommended in every document.",
            detail="required",
        ),
    )
}
"""All clean configurations by name."""


def variant(name: str) -> Variant:
    """Give a clean configuration by its name.

    Raises:
        ValueError: there is none; the message names those there are.

    """
    if name not in VARIANTS:
        raise ValueError(f'unknown variant "{name}"; there are {", ".join(VARIANTS)}')
    return VARIANTS[name]
