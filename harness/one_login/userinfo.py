"""``/userinfo``: what a service learns about its user (docs: make a request to the /userinfo endpoint)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from harness.govuk.people import wallet_subject_id
from harness.one_login import people
from harness.one_login.context import Context, SignIn
from harness.one_login.core_identity import core_identity
from harness.one_login.relying_party import ADDRESS, CORE_IDENTITY, DRIVING_PERMIT, PASSPORT, RETURN_CODE
from harness.one_login.token import NO_STORE
from harness.one_login.visit import Visit

_DOCUMENTS = {ADDRESS: "address", PASSPORT: "passport", DRIVING_PERMIT: "drivingPermit"}


async def userinfo(context: Context, visit: Visit) -> Response:
    """Answer with the attributes that scopes and claims of the sign-in allow (OpenID Connect Core section 5.3)."""
    authorization = visit.headers.get("authorization")
    if not authorization:
        return _unauthorized(visit, "no Authorization header", "Bearer")
    scheme, _, token = authorization.partition(" ")
    sign_in = context.access_tokens.get(token.strip()) if scheme.lower() == "bearer" else None
    if sign_in is None or "USERINFO_INVALID_TOKEN" in context.injected:
        challenge = 'Bearer error="invalid_token", error_description="Invalid access token"'
        return _unauthorized(visit, "the Access Token is unknown or has ended", challenge)
    visit.client_id, visit.person = sign_in.request.client.client_id, sign_in.person.name
    return JSONResponse(_attributes(context, sign_in), headers=NO_STORE)


def _unauthorized(visit: Visit, because: str, challenge: str) -> Response:
    visit.error, visit.because = "invalid_token", because
    return Response(status_code=401, headers={**NO_STORE, "WWW-Authenticate": challenge})


def _attributes(context: Context, sign_in: SignIn) -> dict[str, Any]:
    request, person = sign_in.request, sign_in.person
    shown: dict[str, Any] = {"sub": people.subject_of(person, request.client)}
    if "USERINFO_SUB_NOT_MATCHING" in context.injected:
        shown["sub"] = f"{people.SUBJECT_PREFIX}somebody-else"
    if "email" in request.scopes:
        shown |= {"email": person.email, "email_verified": True}
    if "phone" in request.scopes:
        shown |= _phone(people.particulars(person).get("phone_number"))
    if "wallet-subject-id" in request.scopes and "WALLET_SUBJECT_ID_ABSENT" not in context.injected:
        shown["wallet_subject_id"] = wallet_subject_id(person, request.client.sector)
    return shown | _identity(context, sign_in)


def _phone(number: str | None) -> dict[str, Any]:
    return (
        {"phone_number_verified": False}
        if number is None
        else {"phone_number": number, "phone_number_verified": True}
    )


def _identity(context: Context, sign_in: SignIn) -> dict[str, Any]:
    """Give the claims about identity that were asked for and can be given."""
    request = sign_in.request
    if not request.vector.identity:
        return {}
    found: dict[str, Any] = {CORE_IDENTITY: core_identity(context, sign_in)}
    if sign_in.identity.proven:
        known = people.particulars(sign_in.person)
        found |= {claim: known.get(name) for claim, name in _DOCUMENTS.items()}
    found[RETURN_CODE] = [{"code": code} for code in sign_in.identity.return_codes]
    return {claim: value for claim, value in found.items() if claim in request.claims and value}
