"""``/token``: an authorization code becomes an Access Token and an ID token."""

from __future__ import annotations

import hashlib
import hmac

from starlette.responses import JSONResponse, Response

from harness.formats import base64url
from harness.formats.problems import shown
from harness.one_login import id_token
from harness.one_login.access_token import access_token
from harness.one_login.client_authentication import authenticated
from harness.one_login.context import ACCESS_TOKEN_SECONDS, Context, SignIn
from harness.one_login.refusals import TokenRefusal
from harness.one_login.relying_party import RelyingParty
from harness.one_login.visit import Visit

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def token(context: Context, visit: Visit) -> Response:
    """Answer a token request (RFC 6749 sections 4.1.3, 4.1.4 and 5.2)."""
    try:
        _well_formed(visit)
        client = await authenticated(context, visit)
        sign_in = _redeemed(context, visit, client)
    except TokenRefusal as refusal:
        visit.error, visit.because = refusal.error, refusal.because
        told = {"error": refusal.error, "error_description": refusal.description}
        return JSONResponse(told, refusal.status, headers=NO_STORE)
    visit.person = sign_in.person.name
    given = access_token(context, sign_in)
    context.access_tokens.put(given, sign_in)
    answer = {
        "access_token": given,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "id_token": id_token.id_token(context, sign_in, given),
    }
    return JSONResponse(answer, headers=NO_STORE)


def _well_formed(visit: Visit) -> None:
    form = visit.parameters
    if visit.repeated:
        told = f"stands there more than once: {', '.join(visit.repeated)}"
        raise TokenRefusal("invalid_request", "Invalid request", told)
    if not form.get("grant_type"):
        raise TokenRefusal("invalid_request", "Request is missing grant_type parameter")
    if form["grant_type"] != "authorization_code":
        told = f"grant_type is {shown(form['grant_type'])} and not authorization_code"
        raise TokenRefusal("unsupported_grant_type", "Unsupported grant type", told)
    for name in ("redirect_uri", "code"):
        if not form.get(name):
            raise TokenRefusal("invalid_request", f"Request is missing {name} parameter")


def _redeemed(context: Context, visit: Visit, client: RelyingParty) -> SignIn:
    form = visit.parameters
    # A code is gone once somebody came with it, whatever else was wrong (RFC 6749 section 4.1.2).
    sign_in = context.codes.take(form["code"])
    if sign_in is None:
        raise _invalid_grant("the code is unknown, was used, or has ended")
    if sign_in.request.client is not client:
        raise _invalid_grant("the code is another client's")
    if form["redirect_uri"] != sign_in.request.destination.redirect_uri:
        told = f"redirect_uri is {shown(form['redirect_uri'])}, not that of the authorization request"
        raise _invalid_grant(f"{told}, {sign_in.request.destination.redirect_uri}")
    challenge, verifier = sign_in.request.code_challenge, form.get("code_verifier")
    if not _proves(challenge, verifier or None):
        told = "code_verifier does not fit code_challenge, or one of them is missing"
        raise TokenRefusal("invalid_grant", "PKCE code verification failed", told)
    return sign_in


def _proves(challenge: str | None, verifier: str | None) -> bool:
    """Say whether a verifier is that of a challenge (RFC 7636 section 4.6), or there is neither."""
    if challenge is None or verifier is None:
        return challenge is verifier
    made = base64url.encode(hashlib.sha256(verifier.encode()).digest())
    return hmac.compare_digest(made.encode(), challenge.encode())


def _invalid_grant(because: str) -> TokenRefusal:
    return TokenRefusal("invalid_grant", "Invalid grant", because)
