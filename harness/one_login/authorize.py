"""``/authorize`` and the page where a user signs in."""

from __future__ import annotations

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from harness.formats.problems import shown
from harness.govuk.people import Person
from harness.one_login import injectable, pages, request_object
from harness.one_login.authorization_request import AuthorizationRequest, Destination
from harness.one_login.authorize_rules import RESPONSE_MODES, Asked, accepted
from harness.one_login.context import Context, SignIn
from harness.one_login.id_token import issued_here
from harness.one_login.people import subject_of
from harness.one_login.refusals import PlainRefusal, RedirectedRefusal
from harness.one_login.relying_party import RETURN_CODE
from harness.one_login.visit import Visit

LONGEST_QUERY = 4_096
"""Characters that the real service's firewall lets pass."""
_NO_STORE = {"Cache-Control": "no-store"}
_DENIED = "Access denied by resource owner or authorization server"
_INJECTED = {
    "CLIENT_DEACTIVATED": ("unauthorized_client", "client deactivated"),
    "TEMPORARILY_UNAVAILABLE": (
        "temporarily_unavailable",
        "The authorization server is temporarily unavailable",
    ),
    "LOGIN_REQUIRED": ("login_required", "Login required"),
    "ACCESS_DENIED": ("access_denied", _DENIED),
}
"""Errors that can be injected, to what the service is told."""


async def authorize(context: Context, visit: Visit) -> Response:
    """Answer an authorization request: with a code at once, or with the page to sign in."""
    if visit.method != "GET":
        return _plain(visit, PlainRefusal("Method Not Allowed", "only GET is allowed", status=405))
    if len(visit.query) > LONGEST_QUERY:
        told = f"the query has more than {LONGEST_QUERY} characters"
        return _plain(visit, PlainRefusal("The request could not be satisfied", told, status=403))
    try:
        asked, destination = await _answerable(context, visit)
    except PlainRefusal as refusal:
        return _plain(visit, refusal)
    try:
        request = accepted(asked, destination)
        _injected(context)
    except RedirectedRefusal as refusal:
        return _refused(context, visit, destination, refusal)
    if not context.interactive:
        return signed_in(context, visit, request, context.next_person)
    journey = context.secret()
    context.journeys.put(journey, request)
    return _redirect(f"{context.base_url}/sign-in?journey={journey}")


async def sign_in(context: Context, visit: Visit) -> Response:
    """Show the page where a user is chosen, and go on when the choice was made."""
    journey = visit.parameters.get("journey")
    request = context.journeys.take(journey) if visit.method == "POST" else context.journeys.get(journey)
    if request is None:
        visit.because = "there is no sign-in under way here"
        return HTMLResponse(pages.nothing_under_way(), 400, headers=pages.HEADERS)
    visit.client_id = request.client.client_id
    person = context.people.get(visit.parameters.get("person", ""))
    if visit.method == "POST" and visit.parameters.get("decision") == "cancel":
        refusal = RedirectedRefusal("access_denied", _DENIED, "the user cancelled")
        return _refused(context, visit, request.destination, refusal)
    if visit.method == "POST" and person is not None:
        return signed_in(context, visit, request, person)
    if visit.method == "POST":
        context.journeys.put(str(journey), request)
    page = pages.sign_in(str(journey), request, context.people, context.next_person)
    return HTMLResponse(page, headers=pages.HEADERS)


def signed_in(context: Context, visit: Visit, request: AuthorizationRequest, person: Person) -> Response:
    """Send a user back to the service who has signed in, with a code."""
    visit.person = person.name
    try:
        _same_user_where_asked(context, request, person)
        _proven_where_asked(context, request)
    except RedirectedRefusal as refusal:
        return _refused(context, visit, request.destination, refusal)
    code = context.secret()
    context.codes.put(code, SignIn(request, person, context.now, context.secret()[:27], context.identity))
    context.signed_in.setdefault(person.name, set()).add(request.client.client_id)
    return _redirect(_sent_to(context, request.destination).url(code=code))


async def _answerable(context: Context, visit: Visit) -> tuple[Asked, Destination]:
    """Find out whom the answer goes to.

    Raises:
        PlainRefusal: to nobody.

    """
    query = visit.parameters
    if not query.get("client_id"):
        raise PlainRefusal("Request is missing parameters", "client_id is missing")
    by_object = bool(query.get("request"))
    if not by_object and not query.get("redirect_uri"):
        raise PlainRefusal("Request is missing parameters", "redirect_uri is missing")
    client = context.clients.get(query["client_id"])
    if client is None:
        told = f"no client is registered with the client_id {shown(query['client_id'])}"
        raise PlainRefusal("Invalid request", told)
    visit.client_id = client.client_id
    if by_object:
        jwt = await request_object.verified(query["request"], client, context.client_keys, context.clock())
        visit.request_object = jwt
    claims = visit.request_object.claims if visit.request_object else None
    asked = Asked(client, query, visit.repeated, claims, f"{context.base_url}/authorize")
    redirect_uri = asked.text("redirect_uri")
    if redirect_uri not in client.redirect_uris:
        told = f"redirect_uri {shown(asked.values.get('redirect_uri'))} is none of those registered"
        raise PlainRefusal("Invalid request", f"{told}, character by character")
    mode = asked.values.get("response_mode") or "query"
    if mode not in RESPONSE_MODES:
        raise PlainRefusal("Invalid request", f"response_mode {shown(mode)} is neither query nor fragment")
    return asked, Destination(str(redirect_uri), asked.text("state"), mode)


def _injected(context: Context) -> None:
    for name, (error, description) in _INJECTED.items():
        if name in context.injected:
            raise RedirectedRefusal(error, description, f"{name} is switched on")


def _same_user_where_asked(context: Context, request: AuthorizationRequest, person: Person) -> None:
    """Let only the user of ``id_token_hint`` sign in again (docs: re-authenticating your users)."""
    if request.id_token_hint is None:
        return
    claims = issued_here(context, request.id_token_hint)
    if claims is None:
        told = "unable to validate id_token_hint"
        raise RedirectedRefusal("invalid_request", told, "id_token_hint was not issued here")
    if claims.get("sub") != subject_of(person, request.client):
        raise RedirectedRefusal(
            "login_required", "Login required", "another user signed in than id_token_hint says"
        )


def _proven_where_asked(context: Context, request: AuthorizationRequest) -> None:
    """Refuse where identity was not proven and the service takes no return codes for it."""
    if request.vector.identity and not context.identity.proven and RETURN_CODE not in request.claims:
        raise RedirectedRefusal("access_denied", _DENIED, "identity was not proven")


def _sent_to(context: Context, destination: Destination) -> Destination:
    """Give where an answer is sent, with the state that the injected errors leave."""
    state = destination.state
    injected = injectable.at(context.injected, "authorize")
    if "STATE_NOT_MATCHING" in injected:
        state = "a-state-of-another-browser"
    if "STATE_ABSENT" in injected:
        state = None
    return Destination(destination.redirect_uri, state, destination.response_mode)


def _refused(context: Context, visit: Visit, destination: Destination, refusal: RedirectedRefusal) -> Response:
    visit.error, visit.because = refusal.error, refusal.because
    answer = {"error": refusal.error, "error_description": refusal.description}
    return _redirect(_sent_to(context, destination).url(**answer))


def _plain(visit: Visit, refusal: PlainRefusal) -> Response:
    visit.error, visit.because = refusal.text, refusal.because
    return PlainTextResponse(refusal.text, refusal.status, headers=_NO_STORE)


def _redirect(url: str) -> Response:
    return Response(status_code=302, headers={**_NO_STORE, "Location": url})
