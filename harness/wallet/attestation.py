"""Attestations of the wallet and of its keys, as a Wallet Provider signs them.

- Client Attestation and its proof of possession: Attestation-Based Client Authentication, draft 07, sections 5.1
  and 5.2; OpenID4VCI 1.0 appendix E.
- Key attestation: OpenID4VCI 1.0 appendix D.1.

Nothing here decides whether an attestation is right: these are right ones, ``harness.mutate`` makes wrong ones.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from harness.attesters import ISSUER
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey, certificate_for

CLIENT_ATTESTATION_TYPE = "oauth-client-attestation+jwt"
CLIENT_ATTESTATION_POP_TYPE = "oauth-client-attestation-pop+jwt"
KEY_ATTESTATION_TYPE = "key-attestation+jwt"

HOUR = 3600.0


def client_attestation(
    attester_key: WalletKey,
    *,
    client_id: str,
    instance_key: WalletKey,
    issued_at: float,
    issuer: str = ISSUER,
    lifetime: float = HOUR,
    x5c: Sequence[str] = (),
    wallet_name: str | None = None,
    wallet_link: str | None = None,
) -> JwtDraft:
    """Make the draft of a right Client Attestation (draft 07 section 5.1, OpenID4VCI 1.0 appendix E).

    Args:
        attester_key: signs the attestation; its ``kid``, if it has one, goes into the header.
        client_id: becomes ``sub``.
        instance_key: the key of this wallet instance; its public part becomes ``cnf``.
        issued_at: seconds since 1970.
        issuer: the attester, for ``iss``.
        lifetime: seconds until ``exp``.
        x5c: certificates of the attester key; see :func:`certificates` for a key without.
        wallet_name: human-readable name of the wallet.
        wallet_link: URL with more about it.

    """
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": client_id,
        "iat": int(issued_at),
        "exp": int(issued_at + lifetime),
        "cnf": {"jwk": instance_key.public},
    }
    header = _attester_header(CLIENT_ATTESTATION_TYPE, attester_key, x5c, issued_at)
    made = JwtDraft(attester_key, header, claims)
    return made.with_claims(wallet_name=wallet_name, wallet_link=wallet_link)


def client_attestation_pop(
    instance_key: WalletKey, *, client_id: str, audience: str, issued_at: float, challenge: str | None = None
) -> JwtDraft:
    """Make the draft of a right proof of possession (draft 07 section 5.2), with a ``jti`` of its own.

    Args:
        instance_key: the key in ``cnf`` of the Client Attestation.
        client_id: becomes ``iss``; the same as ``sub`` of the Client Attestation.
        audience: the issuer identifier of the Authorization Server.
        issued_at: seconds since 1970.
        challenge: the server's latest challenge, if it gave one.

    """
    claims: dict[str, Any] = {
        "iss": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(16),
        "iat": int(issued_at),
    }
    if challenge is not None:
        claims["challenge"] = challenge
    header = {"typ": CLIENT_ATTESTATION_POP_TYPE, "alg": instance_key.algorithm}
    return JwtDraft(instance_key, header, claims)


def key_attestation(
    attester_key: WalletKey,
    attested_keys: Sequence[WalletKey],
    *,
    issued_at: float,
    nonce: str | None = None,
    key_storage: Sequence[str] | None = None,
    user_authentication: Sequence[str] | None = None,
    issuer: str | None = None,
    lifetime: float | None = HOUR,
    x5c: Sequence[str] = (),
) -> JwtDraft:
    """Make the draft of a right key attestation (OpenID4VCI 1.0 appendix D.1).

    Args:
        attester_key: signs the attestation; its ``kid``, if it has one, goes into the header.
        attested_keys: at least one; their public parts become ``attested_keys``.
        issued_at: seconds since 1970.
        nonce: the ``c_nonce``; ``None`` when the issuer has no Nonce Endpoint.
        key_storage: how well the keys are kept, in the values of appendix D.2; left out when there are none.
        user_authentication: how well their use is guarded, likewise.
        issuer: the attester, for ``iss``.
        lifetime: seconds until ``exp``, which an attestation in a ``jwt`` proof must have; ``None`` for no end.
        x5c: certificates of the attester key; see :func:`certificates` for a key without.

    """
    claims: dict[str, Any] = {
        "iat": int(issued_at),
        "attested_keys": [key.public for key in attested_keys],
    }
    header = _attester_header(KEY_ATTESTATION_TYPE, attester_key, x5c, issued_at)
    return JwtDraft(attester_key, header, claims).with_claims(
        iss=issuer,
        exp=None if lifetime is None else int(issued_at + lifetime),
        key_storage=list(key_storage) if key_storage else None,
        user_authentication=list(user_authentication) if user_authentication else None,
        nonce=nonce,
    )


def certificates(attester_key: WalletKey, now: float, configured: Sequence[str] = ()) -> tuple[str, ...]:
    """Give the ``x5c`` that introduces an attester key.

    A key that has neither certificates nor a ``kid`` gets a self-signed certificate: without any hint an issuer
    could not even look at the signature of an attester that it does not know.

    Args:
        now: seconds since 1970.
        configured: certificates of the key, each DER in standard base64.

    """
    if configured or attester_key.private.get("kid") is not None:
        return tuple(configured)
    return (certificate_for(attester_key, now),)


def _attester_header(typ: str, key: WalletKey, x5c: Sequence[str], now: float) -> dict[str, Any]:
    header = {"typ": typ, "alg": key.algorithm, "kid": key.private.get("kid")}
    header["x5c"] = list(certificates(key, now, x5c)) or None
    return {name: value for name, value in header.items() if value is not None}
