"""The ID token (OpenID Connect Core section 2; docs: understand your ID token)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from harness.formats import base64url, jose
from harness.one_login import client_jwt, injectable
from harness.one_login.context import Context, SignIn
from harness.one_login.draft import Draft, spoil
from harness.one_login.people import subject_of

SECONDS = 120


def id_token(context: Context, sign_in: SignIn, access_token: str) -> str:
    """Make the ID token of a sign-in, with the errors that are switched on."""
    request, now = sign_in.request, context.now
    key = context.token_keys.signing(request.client.id_token_signing_algorithm)
    claims = {
        "iss": context.issuer,
        "sub": subject_of(sign_in.person, request.client),
        "aud": request.client.client_id,
        "iat": now,
        "exp": now + SECONDS,
        "auth_time": sign_in.at,
        "at_hash": _half_hash(access_token),
        "vot": request.vector.trust,
        "vtm": context.trustmark_url,
        "sid": sign_in.sid,
    }
    if request.nonce is not None:
        claims["nonce"] = request.nonce
    draft = Draft(key, {"alg": key.algorithm, "kid": key.kid}, claims)
    spoil(draft, injectable.at(context.injected, "id_token"))
    return draft.compact()


def issued_here(context: Context, text: str) -> Mapping[str, Any] | None:
    """Give the claims of an ID token that was issued here, however old; ``None`` for any other."""
    jwt = client_jwt.read(text)
    if jwt is None:
        return None
    for key in context.token_keys.published:
        try:
            jose.verify(jwt.jws, key.public_jwk)
        except jose.SignatureError:
            continue
        return jwt.claims
    return None


def _half_hash(access_token: str) -> str:
    """Give ``at_hash`` (OpenID Connect Core section 3.1.3.6); both algorithms go with SHA-256."""
    digest = hashlib.sha256(access_token.encode("ascii")).digest()
    return base64url.encode(digest[: len(digest) // 2])
