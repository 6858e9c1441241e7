"""Who calls the token endpoint: ``private_key_jwt`` and ``client_secret_post`` (OpenID Connect Core section 9)."""

from __future__ import annotations

import hmac

from harness.formats.problems import shown
from harness.one_login import client_jwt
from harness.one_login.client_jwt import ClientJwt
from harness.one_login.client_keys import ALGORITHMS, KeysUnavailable
from harness.one_login.context import ASSERTION_SECONDS, Context
from harness.one_login.refusals import TokenRefusal
from harness.one_login.relying_party import RelyingParty
from harness.one_login.visit import Visit

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def authenticated(context: Context, visit: Visit) -> RelyingParty:
    """Give the client that a token request comes from.

    Raises:
        TokenRefusal: it comes from none.

    """
    form = visit.parameters
    if form.get("client_assertion") and form.get("client_assertion_type"):
        return await _by_assertion(context, visit)
    if form.get("client_id") and form.get("client_secret"):
        return _by_secret(context, visit)
    told = "neither client_assertion with its type, nor client_id with client_secret"
    raise TokenRefusal("invalid_request", "Invalid token authentication method used", told)


async def _by_assertion(context: Context, visit: Visit) -> RelyingParty:
    form = visit.parameters
    if form["client_assertion_type"] != ASSERTION_TYPE:
        raise _malformed(f"client_assertion_type is not {ASSERTION_TYPE}")
    jwt = client_jwt.read(form["client_assertion"])
    if jwt is None:
        raise _malformed("client_assertion is no JWT")
    visit.client_assertion = jwt
    client = _known(context, visit, _well_formed(jwt, form.get("client_id")))
    if client.client_secret is not None:
        told = "the client is registered for client_secret_post"
        raise TokenRefusal("invalid_client", "Client is not registered to use private_key_jwt", told)
    if (ends := jwt.date("exp") or 0) <= context.clock():
        told = f"exp of the assertion was {context.clock() - ends:.0f} seconds ago"
        raise TokenRefusal("invalid_grant", "private_key_jwt has expired", told)
    if not set(jwt.audiences) <= {f"{context.base_url}/token", context.issuer}:
        found = shown(jwt.claims["aud"])
        raise _untrusted(f"aud is {found}, neither {context.base_url}/token nor {context.issuer}")
    if jwt.claims["iss"] != jwt.claims["sub"]:
        raise _untrusted("iss and sub differ")
    try:
        signed = await context.client_keys.signed(client, jwt.jws)
    except KeysUnavailable as problem:
        told = "Failed to fetch or parse JWKS to verify signature of private_key_jwt"
        raise TokenRefusal("server_error", told, str(problem), status=500) from None
    if not signed:
        raise _untrusted("the signature is not by a registered key")
    used = f"{client.client_id} {jwt.claims['jti']}"
    if context.used_assertions.get(used):
        raise TokenRefusal("invalid_client", "private_key_jwt was used before", "jti was used before")
    context.used_assertions.put(used, True, until=min(ends, context.clock() + ASSERTION_SECONDS))
    return client


def _well_formed(jwt: ClientJwt, client_id: str | None) -> str:
    """Give the client an assertion speaks of."""
    for claim in ("iss", "sub", "jti"):
        if not isinstance(jwt.claims.get(claim), str) or not jwt.claims[claim]:
            raise _malformed(f"{claim} is missing or no text")
    if not jwt.audiences or not all(isinstance(audience, str) for audience in jwt.audiences):
        raise _malformed("aud is missing or no text")
    if jwt.date("exp") is None:
        raise _malformed("exp is missing or no number")
    for claim in ("iat", "nbf"):
        if claim in jwt.claims and jwt.date(claim) is None:
            raise _malformed(f"{claim} is no number")
    if jwt.header.get("alg") not in ALGORITHMS:
        raise _malformed(f"alg is none of {', '.join(ALGORITHMS)}")
    subject = str(jwt.claims["sub"])
    if client_id not in (None, "", subject):
        raise _malformed("client_id is not sub of the assertion")
    return subject


def _by_secret(context: Context, visit: Visit) -> RelyingParty:
    client = _known(context, visit, visit.parameters["client_id"])
    if client.client_secret is None:
        raise TokenRefusal("invalid_client", "Client is not registered to use client_secret_post")
    given = visit.parameters["client_secret"].encode()
    if not hmac.compare_digest(given, client.client_secret.encode()):
        raise TokenRefusal("invalid_client", "Invalid client secret")
    return client


def _known(context: Context, visit: Visit, client_id: str) -> RelyingParty:
    client = context.clients.get(client_id)
    if client is None:
        told = f"no client is registered with the client_id {shown(client_id)}"
        raise TokenRefusal("invalid_client", "Client authentication failed", told)
    visit.client_id = client_id
    return client


def _malformed(because: str) -> TokenRefusal:
    return TokenRefusal("invalid_request", "Invalid private_key_jwt", because)


def _untrusted(because: str) -> TokenRefusal:
    return TokenRefusal("invalid_client", "Invalid signature in private_key_jwt", because)
