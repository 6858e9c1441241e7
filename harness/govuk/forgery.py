"""Access tokens that no issuer may accept, made from a right draft. What else is wrong is for the draft to say.

``harness.mutate`` has the ways to spoil any JWT: no signature, a broken one, a wrong type. Here are those that
have to do with whose key signs.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from jwcrypto.jwk import JWK

from harness.formats import base64url
from harness.reference.encoding import json_text
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey


def signed_by(draft: JwtDraft, key: WalletKey, *, kid: str | None = None) -> JwtDraft:
    """Give a draft that another key signs, with its algorithm in the header.

    Args:
        draft: the right token.
        key: a key of another role: of the wallet, of the OIDC provider, for encryption.
        kid: what the header says instead of the ``kid`` of the right key; ``None`` to keep that.

    """
    header = {**draft.header, "alg": key.algorithm}
    if kid is not None:
        header["kid"] = kid
    return replace(draft, key=key, header=header)


def public_key_spellings(key: WalletKey) -> Mapping[str, bytes]:
    """Give the ways to write a public key that have been taken for secrets: ``pem``, ``der`` and ``jwk``."""
    public = JWK(**key.public)
    pem = public.export_to_pem()
    return MappingProxyType({"pem": pem, "der": _der(pem), "jwk": json_text(key.public).encode()})


def symmetric(draft: JwtDraft, spelling: str = "pem") -> str:
    """Give the token as HS256 makes it with the signer's public key as secret (RFC 8725 section 2.1).

    Args:
        draft: the right token.
        spelling: how the public key is written, one of :func:`public_key_spellings`.

    """
    secret = base64url.encode(public_key_spellings(draft.key)[spelling])
    return signed_by(draft, WalletKey(JWK(kty="oct", k=secret), "HS256")).sign()


def _der(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.strip().splitlines()[1:-1]))
