"""The Access Token for ``/userinfo``; services treat it as opaque."""

from __future__ import annotations

import uuid

from harness.one_login.context import ACCESS_TOKEN_SECONDS, Context, SignIn
from harness.one_login.draft import Draft
from harness.one_login.people import subject_of


def access_token(context: Context, sign_in: SignIn) -> str:
    """Make the Access Token of a sign-in: a JWT as the real service has it."""
    request, now = sign_in.request, context.now
    key = context.token_keys.signing(request.client.id_token_signing_algorithm)
    claims = {
        "iss": context.issuer,
        "sub": subject_of(sign_in.person, request.client),
        "client_id": request.client.client_id,
        "sid": sign_in.sid,
        "scope": list(request.scopes),
        "iat": now,
        "exp": now + ACCESS_TOKEN_SECONDS,
        "jti": str(uuid.UUID(bytes=context.random_bytes(16), version=4)),
    }
    if request.vector.identity and request.claims:
        claims["claims"] = list(request.claims)
    return Draft(key, {"alg": key.algorithm, "kid": key.kid}, claims).compact()
