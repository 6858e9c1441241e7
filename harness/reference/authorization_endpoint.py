"""The Authorization Endpoint: it takes the user's browser, maybe signs the user in, and sends it back."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from harness.reference import authorization_documents, authorization_rules, forms, pages
from harness.reference.authorization_rules import AuthorizationRequest, Decision, Visit
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import Defects
from harness.reference.pages import Page
from harness.reference.rules import MISREPORTED, Judge, Refusal
from harness.reference.state import Authorization, Code, Ledger, RequestUse, Shelf
from harness.reference.wire import body, emitted, media_type

SIGN_IN_SECONDS = 600
USERNAME, PASSWORD = "erika", "test"
"""The one user there is."""
_COOKIE = "assay-sign-in"
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass
class SignIn:
    """A user between the authorization request and its answer."""

    visit: Visit
    token: str
    """Stands in every form, so that no other site can send them (cross-site request forgery)."""
    signed_in: bool = field(default=False)


class AuthorizationEndpoint:
    """Answers authorization requests from the front channel, and the pages of the sign-in that follow."""

    def __init__(self, context: Context, judge: Judge, defects: Defects, ledger: Ledger) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._ledger = ledger
        self._sign_ins: Shelf[SignIn] = Shelf(context.clock, SIGN_IN_SECONDS)

    def routes(self) -> list[Route]:
        """Give the endpoint and, where the user signs in, its pages."""
        server = self._context.authorization_server_path
        routes = [Route(f"{server}/authorize", self._authorize, methods=["GET", "POST"])]
        if self._context.variant.login == "page":
            routes.append(Route(f"{server}/login", self._login, methods=["GET", "POST"]))
            routes.append(Route(f"{server}/consent", self._consent, methods=["GET", "POST"]))
        return routes

    async def _authorize(self, request: Request) -> Response:
        if request.method == "POST":
            read = forms.parse(await body(request)) if media_type(request) == forms.FORM else None
        else:
            read = forms.parse(request.scope["query_string"])
        if read is None:
            return self._page(pages.error("The request cannot be read."))
        visit = Visit(self._context, read, self._ledger.pushed)
        if visit.pushed is not None:
            counts = {"pushed": visit.request.pairs, "beside": read}
            self._defects.emit("pushed-request", counts)
            visit.request.pairs = counts["pushed"]
        # FAPI 2.0 section 5.3.2.2 advises 303 for all redirects.
        status = 303 if request.method == "POST" or self._context.variant.of_fapi else 302
        unsound: frozenset[str] = frozenset()
        try:
            unsound = self._judge.uphold(authorization_rules.PAGE_RULES, visit)
            if visit.pushed is None:
                # Of a pushed request they were judged before it got its request_uri.
                unsound = self._judge.uphold(authorization_rules.PLACE_RULES, visit.request, unsound=unsound)
        except Refusal as refusal:
            if refusal.error == MISREPORTED and _destination(visit.request):
                return self._refuse(visit, refusal, status)
            return self._page(pages.error(refusal.description, visit.parameters.get("redirect_uri")))
        try:
            self._judge.tolerate(authorization_rules.PAGE_TOLERANCES, visit)
            rules = (*self._context.wording.authorization_rules, *authorization_rules.REQUEST_RULES)
            self._judge.uphold(rules, visit.request, unsound=unsound)
            self._judge.tolerate(authorization_rules.TOLERANCES, visit.request)
        except Refusal as refusal:
            if refusal.status >= 500:
                return self._page(pages.error(refusal.description, status=refusal.status))
            return self._refuse(visit, refusal, status)
        if self._context.variant.login == "page":
            return self._ask_to_sign_in(visit)
        return self._grant(visit, status)

    def _refuse(self, visit: Visit, refusal: Refusal, status: int) -> Response:
        answer = {"error": refusal.error or "", "error_description": refusal.description}
        return self._send_back(visit, "authorization-error-response", answer, status)

    def _grant(self, visit: Visit, status: int) -> Response:
        answer = {"code": self._context.secret()}
        return self._send_back(visit, "authorization-response", answer, status)

    def _send_back(self, visit: Visit, document: str, answer: dict[str, str], status: int) -> Response:
        """Redirect to the wallet, which uses up a pushed request and makes a code good."""
        request = visit.request
        response = authorization_documents.authorization_response(
            self._context, _destination(request), answer, request.parameters, status=status
        )
        self._defects.emit(document, response)
        if not response.safe:
            return self._page(pages.error("The redirect_uri is no URI."))
        if visit.pushed:
            visit.pushed.used = True
        # Under what went out, so that a spoiled code still works.
        self._ledger.codes.keep(response.parameters.get("code"), self._code(visit))
        return _redirect(response.location(), response.status, response.headers)

    def _code(self, visit: Visit) -> Code:
        request, variant = visit.request, self._context.variant
        granted = " ".join(request.by_scope) if "scope" in request.parameters else None
        owner = visit.pushed.client_id if visit.pushed else visit.client_id
        outcome = self._ledger.issuer_states.get(request.parameters.get("issuer_state")) or "issued"
        authorization = Authorization(
            request.configurations, owner or "", granted, bool(request.by_details), outcome
        )
        self._defects.emit("authorization", authorization)
        pushed_key = visit.pushed.dpop_key if visit.pushed else None
        return Code(
            authorization,
            self._context.clock() + variant.authorization_code_lifetime,
            request.parameters.get("redirect_uri"),
            request.parameters.get("code_challenge"),
            request.parameters.get("code_challenge_method", "plain"),
            (pushed_key or request.parameters.get("dpop_jkt")) if variant.dpop != "none" else None,
        )

    # Sign-in and consent

    def _ask_to_sign_in(self, visit: Visit) -> Response:
        identifier = self._context.secret()
        self._sign_ins.put(identifier, SignIn(visit, self._context.secret()))
        if visit.pushed is not None:
            use = RequestUse(spent=False)
            self._defects.emit("request-uri-use", use)
            if use.spent:
                self._ledger.pushed.drop(visit.parameters["request_uri"])
        headers = {**_NO_STORE, **authorization_documents.transport_security(self._context)}
        response = _redirect(f"{self._context.authorization_server_url}/login", 303, headers)
        response.set_cookie(
            _COOKIE,
            identifier,
            path=self._context.authorization_server_path or "/",
            secure=self._context.base_url.startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return response

    async def _login(self, request: Request) -> Response:
        sign_in = self._sign_in(request)
        if request.method != "POST":
            return self._page(pages.login(sign_in.token))
        given = await self._submitted(request, sign_in)
        if given.get("decision") == "cancel":
            return self._decline(request, sign_in)
        if (given.get("username"), given.get("password")) != (USERNAME, PASSWORD):
            return self._page(pages.login(sign_in.token, complaint="User name or password is wrong."))
        sign_in.signed_in = True
        reply = Reply(None, 303, {"Location": f"{self._context.authorization_server_url}/consent"})
        return emitted(self._defects, "sign-in", reply)

    async def _consent(self, request: Request) -> Response:
        sign_in = self._sign_in(request)
        if not sign_in.signed_in:
            return _redirect(f"{self._context.authorization_server_url}/login", 303)
        if request.method != "POST":
            return self._page(pages.consent(sign_in.token, sign_in.visit.request.configurations))
        given = await self._submitted(request, sign_in)
        if given.get("decision") != "allow":
            return self._decline(request, sign_in)
        self._forget(request)
        try:
            # Another tab may have answered the same pushed request meanwhile.
            self._judge.uphold((authorization_rules.request_uri_single_use,), sign_in.visit)
        except Refusal as refusal:
            return self._page(pages.error(refusal.description))
        return self._grant(sign_in.visit, 303)

    def _decline(self, request: Request, sign_in: SignIn) -> Response:
        self._forget(request)
        try:
            self._judge.uphold(authorization_rules.CONSENT_RULES, Decision(agreed=False))
        except Refusal as refusal:
            return self._refuse(sign_in.visit, refusal, 303)
        return self._grant(sign_in.visit, 303)

    def _sign_in(self, request: Request) -> SignIn:
        sign_in = self._sign_ins.get(request.cookies.get(_COOKIE))
        if sign_in is None:
            raise HTTPException(400, "There is no sign-in under way in this browser.")
        return sign_in

    def _page(self, page: Page) -> Response:
        page.headers |= authorization_documents.transport_security(self._context)
        self._defects.emit("authorization-page", page)
        return HTMLResponse(page.text, page.status, headers=page.headers)

    def _forget(self, request: Request) -> None:
        self._sign_ins.drop(request.cookies.get(_COOKIE))

    async def _submitted(self, request: Request, sign_in: SignIn) -> dict[str, str]:
        read = forms.parse(await body(request)) if media_type(request) == forms.FORM else None
        given = forms.parameters(read or [])
        if not hmac.compare_digest(given.get("token", ""), sign_in.token):
            raise HTTPException(403, "The form is not from this page.")
        return given


def _destination(request: AuthorizationRequest) -> str:
    """Where an answer goes; what a wallet gave is taken when a broken rule was let off."""
    fallback = request.client.redirect_uri if request.client else ""
    return request.redirect_uri or request.parameters.get("redirect_uri") or fallback


def _redirect(url: str, status: int, headers: Mapping[str, str] = _NO_STORE) -> Response:
    return Response(status_code=status, headers={**headers, "Location": url})
