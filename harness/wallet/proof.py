"""The ``jwt`` proof type: OpenID4VCI 1.0 appendix F.1.

Nothing here decides whether a proof is right: the wallet makes right ones, ``harness.mutate`` makes wrong ones.
"""

from __future__ import annotations

from typing import Any

from harness.formats import did
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey, certificate_for

PROOF_TYPE = "openid4vci-proof+jwt"
"""Value of the ``typ`` header parameter."""

KEY_FORMS = ("jwk", "did:key", "did:jwk", "x5c")
"""Ways in which a proof can carry its key."""
BARE_DID_JWK = "did:jwk without a fragment"
"""A further way: the DID alone, which is no DID URL of a key as the specification wants it."""

_NO_DID_KEY = ("RS", "PS", "Ed448", "ML-DSA")
"""Beginnings of the algorithms for whose keys this wallet has no did:key."""


def can_carry(form: str, algorithm: str) -> bool:
    """Say whether a proof of this wallet can carry a key for this algorithm in this form."""
    return form != "did:key" or not algorithm.startswith(_NO_DID_KEY)


def draft(
    key: WalletKey,
    *,
    form: str,
    audience: str,
    issued_at: float,
    nonce: str | None,
    client_id: str | None,
) -> JwtDraft:
    """Make the draft of a right proof.

    Args:
        form: one of ``KEY_FORMS``, or ``BARE_DID_JWK``.
        audience: the Credential Issuer Identifier.
        issued_at: seconds since 1970.
        nonce: the ``c_nonce``; ``None`` when the issuer has no Nonce Endpoint.
        client_id: becomes ``iss``; ``None`` for anonymous access, where ``iss`` must be left out.

    """
    header: dict[str, Any] = {"typ": PROOF_TYPE, "alg": key.algorithm}
    if form == "jwk":
        header["jwk"] = key.public
    elif form in ("did:key", "did:jwk"):
        header["kid"] = did_url(key, form)
    elif form == BARE_DID_JWK:
        header["kid"] = did.did_jwk(key.public)
    elif form == "x5c":
        header["x5c"] = [certificate_for(key, issued_at)]
    else:
        raise ValueError(f"unknown form of a proof key: {form}")
    claims: dict[str, Any] = {"aud": audience, "iat": int(issued_at)}
    if nonce is not None:
        claims["nonce"] = nonce
    if client_id is not None:
        claims["iss"] = client_id
    return JwtDraft(key, header, claims)


def did_url(key: WalletKey, method: str) -> str:
    """Give the DID URL of a key by one of the methods ``did:key`` and ``did:jwk``."""
    return did.key_url(did.did_key(key.public) if method == "did:key" else did.did_jwk(key.public))


def choose_form(binding_methods: list[str], algorithm: str, wanted: str | None = None) -> str | None:
    """Choose how the proof carries its key from ``cryptographic_binding_methods_supported``.

    Args:
        binding_methods: as in the metadata.
        algorithm: what the key signs with.
        wanted: the team's own choice, which wins when the issuer offers it.

    Returns:
        One of ``KEY_FORMS``, or ``None`` when the wallet knows none of the methods.

    """
    possible = possible_forms(binding_methods, algorithm)
    if wanted in possible or (wanted == "x5c" and "jwk" in possible):
        return wanted
    return next(iter(possible), None)


def possible_forms(binding_methods: list[str], algorithm: str) -> list[str]:
    """Give the ways in which a proof can carry a key for an algorithm, as far as the metadata announces them."""
    # A proof is a JWT in every format; the issuer turns its JWK into the COSE key of the credential.
    announced = {"jwk" if method == "cose_key" else method for method in binding_methods}
    return [form for form in KEY_FORMS if form in announced and can_carry(form, algorithm)]
