"""Signing out: ``/logout``, and the notices that services get (docs: managing your users' sessions)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from harness.govuk.people import Person
from harness.one_login import injectable, pages
from harness.one_login.client_keys import USER_AGENT
from harness.one_login.context import Context
from harness.one_login.draft import Draft, spoil
from harness.one_login.id_token import issued_here
from harness.one_login.people import subject_of
from harness.one_login.relying_party import RelyingParty
from harness.one_login.visit import Visit

LONGEST_QUERY = 2_048
"""Characters that the real service's firewall lets pass."""
TOKEN_SECONDS = 120
EVENT = "http://schemas.openid.net/event/backchannel-logout"
_SECONDS = 5
"""How long the client may take to answer a notice."""


@dataclass(frozen=True)
class Notice:
    """A logout token that was sent to a client, and the answer."""

    client_id: str
    person: str
    logout_token: str
    status: int | None
    """``None``: the client could not be reached."""
    problem: str | None = None


async def logout(context: Context, visit: Visit) -> Response:
    """Sign a user out and send the browser on (OpenID Connect RP-Initiated Logout section 2)."""
    if len(visit.query) > LONGEST_QUERY:
        visit.because = f"the query has more than {LONGEST_QUERY} characters"
        return PlainTextResponse("The request could not be satisfied", 403)
    hint, state = visit.parameters.get("id_token_hint"), visit.parameters.get("state")
    if not hint:
        return _signed_out(context, visit, state)
    claims = issued_here(context, hint)
    if claims is None:
        return _signed_out(context, visit, state, "invalid_request", "unable to validate id_token_hint")
    client = context.clients.get(str(claims.get("aud")))
    if client is None:
        return _signed_out(context, visit, state, "unauthorized_client", "client not found")
    visit.client_id = client.client_id
    person = _whose(context, client, claims.get("sub"))
    visit.person = person.name if person else None
    target = visit.parameters.get("post_logout_redirect_uri")
    if target is None:
        response = _signed_out(context, visit, state)
    elif target not in client.post_logout_redirect_uris:
        told = "client registry does not contain post_logout_redirect_uri"
        response = _signed_out(context, visit, state, "invalid_request", told)
    else:
        response = _redirect(target, {"state": state})
    if person is not None:
        response.background = BackgroundTask(log_out, context, person)
    return response


async def signed_out(_context: Context, visit: Visit) -> Response:
    """Show the page of those who signed out and have nowhere to go."""
    problem = visit.parameters.get("error_description")
    return HTMLResponse(pages.signed_out(problem), headers=pages.HEADERS)


async def log_out(context: Context, person: Person) -> tuple[Notice, ...]:
    """End all sessions of a user, and tell the clients that have a back-channel logout URI.

    While an error of logout tokens is switched on, the sessions stay, so that a good token can follow.
    """
    sessions = context.signed_in.pop(person.name, set())
    if injectable.at(context.injected, "logout"):
        context.signed_in[person.name] = sessions
    notices = []
    for client_id in sorted(sessions):
        client = context.clients[client_id]
        if client.back_channel_logout_uri:
            notices += await _told(context, client, client.back_channel_logout_uri, person)
    return tuple(notices)


async def _told(context: Context, client: RelyingParty, uri: str, person: Person) -> list[Notice]:
    token = logout_token(context, client, person)
    times = 2 if "LOGOUT_REPEATED_JTI" in context.injected else 1
    return [await _posted(context, client, uri, person.name, token) for _ in range(times)]


async def told_again(context: Context, notice: Notice) -> Notice:
    """Send a notice once more, as somebody would who has recorded it."""
    client = context.clients[notice.client_id]
    return await _posted(context, client, client.back_channel_logout_uri or "", notice.person, notice.logout_token)


async def _posted(context: Context, client: RelyingParty, uri: str, person: str, token: str) -> Notice:
    async with context.http() as http:
        try:
            answer = await http.post(
                uri, data={"logout_token": token}, headers={"User-Agent": USER_AGENT}, timeout=_SECONDS
            )
        except httpx.HTTPError as problem:
            return Notice(client.client_id, person, token, None, type(problem).__name__)
    return Notice(client.client_id, person, token, answer.status_code)


def logout_token(context: Context, client: RelyingParty, person: Person) -> str:
    """Make a logout token (OpenID Connect Back-Channel Logout section 2.4), with the injected errors."""
    now = context.now
    key = context.token_keys.signing(client.id_token_signing_algorithm)
    claims: dict[str, Any] = {
        "iss": context.issuer,
        "sub": subject_of(person, client),
        "aud": client.client_id,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": str(uuid.UUID(bytes=context.random_bytes(16), version=4)),
        "events": {EVENT: {}},
    }
    draft = Draft(key, {"alg": key.algorithm, "kid": key.kid, "typ": "logout+jwt"}, claims)
    spoil(draft, injectable.within(context.injected, "LOGOUT_"))
    return draft.compact()


def _whose(context: Context, client: RelyingParty, subject: Any) -> Person | None:
    return next((person for person in context.people.values() if subject_of(person, client) == subject), None)


def _signed_out(
    context: Context, visit: Visit, state: str | None, error: str | None = None, told: str | None = None
) -> Response:
    visit.error, visit.because = error, told
    answer = {"error_code": error, "error_description": told, "state": state}
    return _redirect(f"{context.base_url}/signed-out", answer)


def _redirect(url: str, parameters: dict[str, str | None]) -> Response:
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    separator = "&" if "?" in url else "?"
    location = f"{url}{separator}{query}" if query else url
    return Response(status_code=302, headers={"Cache-Control": "no-store", "Location": location})
