"""Wrong proofs for negative checks: each function spoils one thing of a right draft and signs the rest rightly."""

from __future__ import annotations

import json
import secrets
from typing import Any

from jwcrypto import jwk
from jwcrypto.common import base64url_decode, base64url_encode

from harness.wallet.keys import ALGORITHMS, WalletKey, make_key
from harness.wallet.proof import ProofDraft

DAY = 86_400


def unknown_nonce() -> str:
    """Give a ``c_nonce`` that no issuer ever gave out."""
    return secrets.token_urlsafe(32)


def unsigned(draft: ProofDraft) -> str:
    """Give a proof with ``alg`` ``none`` and an empty signature (RFC 7515 appendix A.5)."""
    return f"{draft.with_header(alg='none').signing_input()}."


def symmetric(draft: ProofDraft) -> str:
    """Give a proof signed with HS256, the secret being the public key that it carries."""
    secret = base64url_encode(json.dumps(draft.key.public))
    key = WalletKey(jwk.JWK(kty="oct", k=secret), "HS256")
    return ProofDraft(key, {**draft.header, "alg": "HS256"}, draft.claims).sign()


def broken_signature(draft: ProofDraft) -> str:
    """Give a proof whose signature has one bit flipped."""
    head, _, signature = draft.sign().rpartition(".")
    raw = bytearray(base64url_decode(signature))
    raw[len(raw) // 2] ^= 1
    return f"{head}.{base64url_encode(bytes(raw))}"


def foreign_signature(draft: ProofDraft) -> str:
    """Give a proof signed with another key than the one it carries."""
    return ProofDraft(make_key(draft.key.algorithm), draft.header, draft.claims).sign()


def private_key_in_header(draft: ProofDraft) -> str:
    """Give a proof whose ``jwk`` header parameter holds the private key, too."""
    private: dict[str, Any] = json.loads(draft.key.private.export_private())
    private.pop("kid", None)
    return draft.with_header(jwk=private, kid=None, x5c=None).sign()


def two_keys(draft: ProofDraft) -> str:
    """Give a proof that carries ``jwk`` and ``kid`` at once."""
    return draft.with_header(jwk=draft.key.public, kid="1").sign()


def no_key(draft: ProofDraft) -> str:
    """Give a proof that carries no key at all."""
    return draft.with_header(jwk=None, kid=None, x5c=None).sign()


def unknown_critical_header(draft: ProofDraft) -> str:
    """Give a proof that marks a header parameter nobody knows as critical (RFC 7515 section 4.1.11)."""
    name = "https://assay.invalid/unknown"
    header = {**draft.header, name: True, "crit": [name]}
    return ProofDraft(draft.key, header, draft.claims).sign()


def unlisted_algorithm(draft: ProofDraft, listed: list[str]) -> tuple[str, str] | None:
    """Give a right proof in an algorithm that the metadata does not list, and that algorithm's name.

    Returns:
        ``None`` when the metadata lists every algorithm the wallet has.

    """
    for algorithm in ALGORITHMS:
        if algorithm not in listed:
            key: WalletKey = make_key(algorithm)
            header = {**draft.header, "alg": algorithm, "jwk": key.public}
            header.pop("kid", None)
            header.pop("x5c", None)
            return ProofDraft(key, header, draft.claims).sign(), algorithm
    return None
