"""Wrong proofs and wrong secrets for negative checks: each function spoils one thing and leaves the rest right."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from jwcrypto import jwk
from jwcrypto.common import base64url_decode, base64url_encode

from harness import attesters
from harness.formats import multibase
from harness.wallet import di_vp
from harness.wallet.di_vp import PresentationDraft
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import ALGORITHMS, WalletKey, certificate_for, key_of, make_key, short_rsa_key
from harness.wallet.proof import can_carry, did_url

DAY = 86_400
"""Seconds; more than any difference of clocks that is put up with."""
MONTH = 30 * DAY
"""Seconds; further from now than any acceptable window for the making of a proof."""
ELSEWHERE = "https://assay.invalid/elsewhere"
"""Identifier of a party that has no part in the flow."""
_EXTENSION = "https://assay.invalid/extension"
_ALPHABETS = ("0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ")
"""Characters that can stand for each other without changing what a secret looks like."""


def unknown_nonce() -> str:
    """Give a ``c_nonce`` that no issuer ever gave out."""
    return secrets.token_urlsafe(32)


def near_miss(secret: str) -> str:
    """Give a wrong code or token of the same form as a right one: one character near the middle is another."""
    middle = len(secret) // 2
    for index in (*range(middle, len(secret)), *range(middle)):
        for alphabet in _ALPHABETS:
            if secret[index] in alphabet:
                other = alphabet[(alphabet.index(secret[index]) + 1) % len(alphabet)]
                return secret[:index] + other + secret[index + 1 :]
    return f"{secret}0"


def respelled(url: str) -> str:
    """Give an equal URL that is spelled otherwise: scheme and host in capitals (RFC 3986 section 6.2.2.1)."""
    scheme, colon, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.upper()}{colon}{host.upper()}{slash}{path}"


def similar_uris(uri: str) -> dict[str, str]:
    """Give URIs that resemble one, as loose comparison would take them for it (RFC 9700 section 4.1.1).

    Returns:
        What the difference is, in words, to the URI.

    """
    before, mark, query = uri.partition("?")
    rest = mark + query
    return {
        "a further path segment": f"{before.rstrip('/')}/assay{rest}",
        "a further parameter": f"{uri}{'&' if query else '?'}assay=1",
        "dot segments": f"{before}/assay/..{rest}",
        "a host that begins like the registered one": _longer_host(uri),
    }


def _longer_host(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    end = min((rest.find(sign) for sign in ":/?#" if sign in rest), default=len(rest))
    return f"{scheme}{separator}{rest[:end]}.assay.invalid{rest[end:]}"


def with_default_port(url: str) -> str:
    """Give an equal URL that names the port, which is the default of its scheme (RFC 3986 section 6.2.3)."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}").geturl()


def unsigned(draft: JwtDraft) -> str:
    """Give a proof with ``alg`` ``none`` and an empty signature (RFC 7515 appendix A.5)."""
    return f"{draft.with_header(alg='none').signing_input()}."


def symmetric(draft: JwtDraft) -> str:
    """Give a proof signed with HS256, the secret being the public key that it carries."""
    secret = base64url_encode(json.dumps(draft.key.public))
    key = WalletKey(jwk.JWK(kty="oct", k=secret), "HS256")
    return JwtDraft(key, {**draft.header, "alg": "HS256"}, draft.claims).sign()


def without_signature(draft: JwtDraft) -> str:
    """Give header and claims alone, which is no JWT: the last part and its period are missing (RFC 7515 7.1)."""
    return draft.signing_input()


def wrong_type(draft: JwtDraft) -> str:
    """Give a proof whose ``typ`` says no more than that it is a JWT."""
    return draft.with_header(typ="JWT").sign()


def broken_signature(draft: JwtDraft) -> str:
    """Give a proof whose signature has one bit flipped."""
    head, _, signature = draft.sign().rpartition(".")
    raw = bytearray(base64url_decode(signature))
    raw[len(raw) // 2] ^= 1
    return f"{head}.{base64url_encode(bytes(raw))}"


def foreign_signature(draft: JwtDraft) -> str:
    """Give a proof signed with another key than the one it carries."""
    return JwtDraft(make_key(draft.key.algorithm), draft.header, draft.claims).sign()


def private_key_in_header(draft: JwtDraft) -> str:
    """Give a proof whose ``jwk`` header parameter holds the private key, too."""
    private: dict[str, Any] = json.loads(draft.key.private.export_private())
    private.pop("kid", None)
    return draft.with_header(jwk=private).sign()


def private_confirmation_key(draft: JwtDraft, instance_key: WalletKey) -> str:
    """Give a Client Attestation whose ``cnf`` holds the private key of the wallet instance, too."""
    private: dict[str, Any] = json.loads(instance_key.private.export_private())
    return draft.with_claims(cnf={"jwk": private}).sign()


def with_another_key(draft: JwtDraft, algorithm: str | None = None) -> JwtDraft:
    """Give a right JWT by another key, which it carries as ``jwk``.

    Args:
        algorithm: what the other key signs with; the same as the right one by default.

    """
    key = make_key(algorithm or draft.key.algorithm)
    return JwtDraft(key, {**draft.header, "alg": key.algorithm, "jwk": key.public}, draft.claims)


def with_short_key(draft: JwtDraft, algorithm: str) -> JwtDraft:
    """Give a right JWT by an RSA key of 1024 bits, which it carries as ``jwk``.

    Args:
        algorithm: one with which such a key can sign.

    """
    key = short_rsa_key(algorithm)
    return JwtDraft(key, {**draft.header, "alg": algorithm, "jwk": key.public}, draft.claims)


def two_keys(draft: JwtDraft) -> str:
    """Give a proof that names its one key twice: by ``jwk`` and by ``kid``."""
    public = draft.key.public
    kid = draft.header.get("kid") or did_url(draft.key, "did:jwk")
    return draft.with_header(jwk=public, kid=kid, x5c=None).sign()


def no_key(draft: JwtDraft) -> str:
    """Give a proof that carries no key at all."""
    return draft.with_header(jwk=None, kid=None, x5c=None).sign()


def unknown_key(draft: JwtDraft) -> str:
    """Give a proof whose ``kid`` leads nowhere."""
    return draft.with_header(jwk=None, x5c=None, kid=secrets.token_urlsafe(16)).sign()


def unknown_critical_header(draft: JwtDraft) -> str:
    """Give a proof that marks a header parameter nobody knows as critical (RFC 7515 section 4.1.11)."""
    return JwtDraft(draft.key, {**draft.header, _EXTENSION: True, "crit": [_EXTENSION]}, draft.claims).sign()


def unknown_header(draft: JwtDraft) -> str:
    """Give a right proof that has a header parameter besides, which nobody knows and nobody has to."""
    return JwtDraft(draft.key, {**draft.header, _EXTENSION: True}, draft.claims).sign()


def unknown_claim(draft: JwtDraft) -> str:
    """Give a right proof that has a claim besides, which nobody knows and nobody has to."""
    return JwtDraft(draft.key, draft.header, {**draft.claims, _EXTENSION: True}).sign()


def invented_algorithm(draft: JwtDraft) -> str:
    """Give a proof whose ``alg`` is no algorithm at all."""
    return draft.with_header(alg="X-ASSAY").sign()


def by_stranger(draft: JwtDraft, algorithm: str, now: float) -> JwtDraft:
    """Give what an attester says as the word of somebody unknown, whose certificate certifies itself.

    Args:
        algorithm: what the unknown key signs with.
        now: seconds since 1970.

    """
    key = make_key(algorithm)
    header = {**draft.header, "alg": algorithm, "x5c": [certificate_for(key, now)]}
    header.pop("kid", None)
    return JwtDraft(key, header, draft.claims)


def by_other_key_of_attester(draft: JwtDraft, purpose: attesters.Purpose, algorithm: str) -> JwtDraft | None:
    """Give what the bundled attester says, signed with another key of it, which the same anchor certifies.

    Args:
        draft: the right attestation.
        purpose: what it attests.
        algorithm: what the other key signs with.

    Returns:
        ``None`` when the attestation is by another attester, or the bundled one has no other key for that.

    """
    known = algorithm in attesters.ALGORITHMS and algorithm != draft.key.algorithm
    if not known or draft.header.get("x5c") != attesters.private_jwk(purpose)["x5c"]:
        return None
    private = attesters.private_jwk(purpose, algorithm)
    return JwtDraft(key_of(private), {**draft.header, "alg": algorithm, "x5c": private["x5c"]}, draft.claims)


_OF_RSA = ("PS256", "PS384", "PS512", "RS256", "RS384", "RS512")


def relabelled(draft: JwtDraft, listed: Sequence[str]) -> str:
    """Give a JWT of the same key in an algorithm that the metadata does not list.

    Most keys sign in one algorithm only; then it is another one by name, and one that does not exist.

    Args:
        listed: ``proof_signing_alg_values_supported``.

    """
    others = [name for name in _OF_RSA if name not in listed] if draft.key.algorithm in _OF_RSA else []
    if not others:
        return invented_algorithm(draft)
    return JwtDraft(
        WalletKey(draft.key.private, others[0]), {**draft.header, "alg": others[0]}, draft.claims
    ).sign()


_EDWARDS = frozenset({"EdDSA", "Ed25519", "Ed448"})


def unlisted_algorithm(listed: Sequence[str], form: str) -> str | None:
    """Give an algorithm of the wallet that the metadata does not list.

    Args:
        listed: ``proof_signing_alg_values_supported``.
        form: how the proof carries its key.

    Returns:
        ``None`` when the metadata lists every such algorithm.

    """
    # EdDSA with a key of one of its curves and the name of the curve mean the same (RFC 9864).
    taken = {*listed} if _EDWARDS.isdisjoint(listed) else {*listed, *_EDWARDS}
    return next((name for name in ALGORITHMS if name not in taken and can_carry(form, name)), None)


# Data Integrity proofs


def broken_proof_value(draft: PresentationDraft) -> dict[str, Any]:
    """Give a ``di_vp`` proof whose ``proofValue`` has one bit flipped."""
    secured = draft.secured()
    raw = bytearray(multibase.decode(secured["proof"]["proofValue"]))
    raw[len(raw) // 2] ^= 1
    return {**secured, "proof": {**secured["proof"], "proofValue": multibase.encode(bytes(raw))}}


def foreign_proof_value(draft: PresentationDraft) -> dict[str, Any]:
    """Give a ``di_vp`` proof that is signed with another key than its ``verificationMethod`` names."""
    return replace(draft, key=make_key(draft.key.algorithm)).secured()


def unknown_property(draft: PresentationDraft) -> dict[str, Any]:
    """Give a right ``di_vp`` proof whose presentation has a property besides, which nobody knows."""
    return draft.with_document({_EXTENSION: True}).secured()


def unknown_proof_property(draft: PresentationDraft) -> dict[str, Any]:
    """Give a right ``di_vp`` proof that has a property besides, which nobody knows."""
    return draft.with_proof(**{_EXTENSION: True}).secured()


def unlisted_cryptosuite(listed: Sequence[str]) -> str | None:
    """Give a cryptosuite of the wallet that the metadata does not list.

    Args:
        listed: ``proof_signing_alg_values_supported``.

    Returns:
        ``None`` when the metadata lists every such cryptosuite.

    """
    return next((suite for suite in di_vp.ALGORITHMS if suite not in listed), None)


# Encrypted messages


def cut_off(message: bytes) -> bytes:
    """Give a JWE without its last part."""
    return message.rpartition(b".")[0]


def no_base64url(message: bytes) -> bytes:
    """Give a JWE whose ciphertext has characters that are not in base64url."""
    parts = message.split(b".")
    return b".".join((*parts[:3], b"*" + parts[3][1:], *parts[4:]))


def no_header_object(message: bytes) -> bytes:
    """Give a JWE whose header is a JSON array."""
    return b".".join((base64url_encode("[]").encode(), *message.split(b".")[1:]))


def changed_tag(message: bytes) -> bytes:
    """Give a JWE whose authentication tag has one bit flipped."""
    rest, _, tag = message.decode().rpartition(".")
    raw = bytearray(base64url_decode(tag))
    raw[len(raw) // 2] ^= 1
    return f"{rest}.{base64url_encode(bytes(raw))}".encode()


def changed_header(message: bytes) -> bytes:
    """Give a JWE whose header got a parameter that nobody knows after it was encrypted."""
    header, _, rest = message.decode().partition(".")
    said = {**json.loads(base64url_decode(header)), _EXTENSION: True}
    return f"{base64url_encode(json.dumps(said))}.{rest}".encode()


def critical_header() -> dict[str, Any]:
    """Give header parameters of which one is critical and nobody knows it (RFC 7516 section 4.1.13)."""
    return {_EXTENSION: True, "crit": [_EXTENSION]}
