"""The web service of the department: signing in, choosing a document, offers, and updating a document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import forms, jwt
from harness.reference.documents import Reply, Text
from harness.reference.faults import Defects
from harness.reference.govuk import keys, logout_rules, sign_in_rules
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.credentials import data_of
from harness.reference.govuk.identity_rules import UNPROVEN
from harness.reference.govuk.logout_rules import LogoutToken
from harness.reference.govuk.offers import Offers
from harness.reference.govuk.one_login import BACK_CHANNEL, CLIENT_JWKS, RETURN, SIGNED_OUT, OneLogin, SignInError
from harness.reference.govuk.pages import OfferShown, Page, Pages, accepted
from harness.reference.govuk.records import Account, Details, Offered, Records, register
from harness.reference.govuk.sessions import COOKIE, Session, Sessions, User
from harness.reference.govuk.sign_in_rules import SIGN_IN_REQUIRED, Visit
from harness.reference.rules import MISREPORTED, Judge, Refusal
from harness.reference.state import Shelf
from harness.reference.wire import body, response

_LANGUAGE = "lng"
_SEEN_FOR = 180
"""Seconds that the ``jti`` of a logout token is remembered."""
_TOLD_ERRORS = ("access_denied", "temporarily_unavailable", "login_required")
"""Errors of GOV.UK One Login that have a page of their own."""
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass
class Closing:
    """The sessions to close because a user was logged out."""

    subject: object
    sessions: list[str]
    status: int = 200
    """Of the answer to the notification."""


@dataclass
class Failed:
    """A sign-in that failed."""

    ends: bool = True
    """Whether the session of the service ends."""


@dataclass
class Leaving:
    """A user who signs out."""

    url: str
    """Where the browser is sent."""
    ends: bool = True
    """Whether the session of the service ends."""


class WebService:
    """What a browser sees of the department."""

    def __init__(
        self,
        context: GovukContext,
        judge: Judge,
        defects: Defects,
        *,
        records: Records,
        offers: Offers,
        one_login: OneLogin,
    ) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._records = records
        self._offers = offers
        self._one_login = one_login
        self._sessions = Sessions(context)
        self._logouts: Shelf[bool] = Shelf(context.clock, _SEEN_FOR)

    def routes(self) -> list[Route]:
        """Give what it serves."""
        return [
            Route("/", self._served(self._start)),
            Route("/documents", self._served(self._documents)),
            Route("/documents", self._served(self._chosen), methods=["POST"]),
            Route("/offers/{identifier}", self._served(self._offer)),
            Route("/refresh/{configuration}", self._served(self._refresh)),
            Route("/refresh/{configuration}", self._served(self._answered), methods=["POST"]),
            Route("/refresh/{configuration}/no-update", self._served(self._no_update)),
            Route("/refresh/{configuration}/reissue", self._served(self._reissue)),
            Route(RETURN, self._served(self._returned)),
            Route("/sign-out", self._served(self._sign_out)),
            Route(SIGNED_OUT, self._served(self._signed_out)),
            Route(BACK_CHANNEL, self._logged_out, methods=["POST"]),
            Route(CLIENT_JWKS, self._client_keys),
        ]

    # What all pages share

    def _served(self, endpoint: Endpoint) -> Endpoint:
        """Turn what goes wrong into pages."""

        async def serve(request: Request) -> Response:
            pages = _pages(request)
            try:
                answer = await endpoint(request)
            except Refusal as refusal:
                if refusal.error == SIGN_IN_REQUIRED:
                    answer = await self._away(request, pages)
                else:
                    answer = self._write(_refused(pages, refusal))
            except SignInError:
                answer = self._write(pages.plain("failed", 400))
            chosen = accepted(request.query_params.get(_LANGUAGE))
            if chosen:
                answer.headers.append("Set-Cookie", f"{_LANGUAGE}={chosen}; Path=/; SameSite=Lax")
            return answer

        return serve

    def _write(self, page: Page) -> Response:
        self._defects.emit("govuk-page", page)
        return response(Reply(Text(page.text), page.status, page.headers))

    async def _away(self, request: Request, pages: Pages) -> Response:
        """Send the browser to GOV.UK One Login, to come back to what it asked for."""
        query = f"?{request.url.query}" if request.url.query else ""
        target = f"{request.url.path}{query}" if request.method == "GET" else "/documents"
        try:
            return await self._to_one_login(request, pages, target)
        except SignInError:
            return self._write(pages.plain("temporarily_unavailable", 503))

    async def _to_one_login(
        self, request: Request, pages: Pages, target: str, *, identity: bool = False, again: User | None = None
    ) -> Response:
        sent, pending = await self._one_login.away(
            target, pages.language, identity=identity, again=again.id_token if again else None
        )
        self._sessions.end(request.cookies.get(COOKIE))
        cookie = self._sessions.cookie(self._sessions.begin(Session(pending, again)))
        if sent.posted:
            answer = self._write(pages.posted(sent.endpoint, sent.form()))
            answer.headers["Set-Cookie"] = cookie
            return answer
        return _redirect(sent.url(), 302, cookie)

    def _account(self, request: Request) -> Account:
        """Give the account of who is signed in.

        Raises:
            Refusal: nobody is.

        """
        session = self._sessions.of(request.cookies.get(COOKIE))
        user = session.user if session else None
        visit = Visit(request.url.path, user is not None)
        self._defects.emit("govuk-visit", visit)
        self._judge.uphold(sign_in_rules.VISIT_RULES, visit)
        return user.account if user else self._someone()

    def _someone(self) -> Account:
        """Give whom to take a browser for when it was let off that nobody is signed in."""
        return self._records.latest or self._records.account("urn:fdc:wallet.account.gov.uk:2024:nobody")

    # Choosing a document

    async def _start(self, request: Request) -> Response:
        return self._write(_pages(request).start())

    async def _documents(self, request: Request) -> Response:
        self._account(request)
        return self._write(_pages(request).documents(self._titles()))

    async def _chosen(self, request: Request) -> Response:
        account = self._account(request)
        chosen = await _answer(request, "document")
        if chosen not in self._context.variant.configurations:
            return self._write(_pages(request).documents(self._titles(), problem=True))
        return _to_offer(self._offers.make(account, str(chosen)))

    async def _offer(self, request: Request) -> Response:
        account = self._account(request)
        offered = self._records.offers.get(request.path_params["identifier"])
        if offered is None or offered.account is not account:
            return self._write(_pages(request).plain("missing", 404, signed_in=True))
        shown = OfferShown(offered.link, offered.link)
        self._defects.emit("govuk-offer-page", shown)
        return self._write(_pages(request).offer(shown))

    def _titles(self) -> dict[str, Mapping[str, str]]:
        return {name: data_of(name)["title"] for name in self._context.variant.configurations}

    # Updating a document

    async def _refresh(self, request: Request) -> Response:
        return self._about(request, lambda pages, name, title: pages.refresh(name, title))

    async def _answered(self, request: Request) -> Response:
        answer = await _answer(request, "refresh")
        name = request.path_params["configuration"]
        if answer not in ("yes", "no"):
            return self._about(request, lambda pages, name, title: pages.refresh(name, title, problem=True))
        return _redirect(f"/refresh/{quote(name)}/{'reissue' if answer == 'yes' else 'no-update'}", 303)

    async def _no_update(self, request: Request) -> Response:
        return self._about(request, lambda pages, _, __: pages.plain("no_update"))

    async def _reissue(self, request: Request) -> Response:
        name = request.path_params["configuration"]
        if name not in self._context.variant.configurations:
            return self._write(_pages(request).plain("missing", 404))
        account = self._account(request)
        if (user := self._asked_again(request)) is not None:
            return await self._to_one_login(request, _pages(request), request.url.path, again=user)
        offered = self._offers.reissue(account, name)
        if offered is None:
            return self._write(_pages(request).plain("no_reissue", signed_in=True))
        return _to_offer(offered)

    def _asked_again(self, request: Request) -> User | None:
        """Give who has to sign in again, since there was an offer already; ``None`` where nobody has to."""
        session = self._sessions.of(request.cookies.get(COOKIE))
        user = session.user if session else None
        if user is None or not self._context.variant.reauthenticates:
            return None
        fresh, user.fresh = user.fresh, False
        return None if fresh else user

    def _about(self, request: Request, write: Callable[[Pages, str, Mapping[str, str]], Page]) -> Response:
        """Answer with a page about a configuration, if there is such a one."""
        name, pages = request.path_params["configuration"], _pages(request)
        if name not in self._context.variant.configurations:
            return self._write(pages.plain("missing", 404))
        return self._write(write(pages, name, data_of(name)["title"]))

    # Signing in and out

    async def _returned(self, request: Request) -> Response:
        cookie = request.cookies.get(COOKIE)
        session = self._sessions.of(cookie)
        pending = session.pending if session else None
        parameters = dict(request.query_params)
        # A sign-in is tried once, and nobody stays signed in for whom another one failed.
        failed = Failed()
        try:
            told = await self._one_login.back(parameters, pending)
        except Refusal as refusal:
            self._defects.emit("govuk-sign-in-failure", failed)
            page = _refused(_pages(request), refusal, parameters)
            return self._write(page)
        finally:
            if failed.ends:
                self._sessions.end(cookie)
        target = pending.target if pending else "/documents"
        if told is not None and self._context.variant.identity and not (pending and pending.identity):
            # Who has signed in comes back from proving an identity in a second request.
            return await self._to_one_login(request, _pages(request), target, identity=True)
        if told is None:
            user = User("", self._someone(), "")
        else:
            details = Details(**told.identity) if told.identity else register().get(told.email or "")
            wallet = told.wallet_subject_id or self._records.wallet_of(told.subject)
            account = self._records.account(wallet, details)
            self._records.keep_sign_in(account, told.subject)
            user = User(told.subject, account, told.id_token)
        name = self._sessions.begin(Session(user=user))
        return _redirect(target, 302, self._sessions.cookie(name))

    async def _sign_out(self, request: Request) -> Response:
        cookie = request.cookies.get(COOKIE)
        session = self._sessions.of(cookie)
        if session is None or session.user is None:
            return _redirect(SIGNED_OUT, 302)
        url = await self._one_login.sign_out_url(session.user.id_token, self._context.secret())
        leaving = Leaving(url)
        self._defects.emit("govuk-sign-out", leaving)
        if not leaving.ends:
            return _redirect(leaving.url, 302)
        self._sessions.end(cookie)
        return _redirect(leaving.url, 302, f"{COOKIE}=; Path=/; Max-Age=0")

    async def _signed_out(self, request: Request) -> Response:
        return self._write(_pages(request).plain("signed_out"))

    async def _logged_out(self, request: Request) -> Response:
        """Take a logout notification of GOV.UK One Login."""
        given = forms.parameters(forms.parse(await body(request)) or [])
        token = jwt.read(given.get("logout_token"))
        try:
            facts = LogoutToken(self._context, token, await self._one_login.signer(token), self._logouts)
            self._judge.uphold(logout_rules.RULES, facts)
            self._judge.tolerate(logout_rules.TOLERANCES, facts)
        except SignInError:
            return response(Reply(None, 503, {}))
        except Refusal as refusal:
            status = 500 if refusal.error == MISREPORTED else 400
            return response(Reply({"error": refusal.error}, status, _UNCACHEABLE | _JSON))
        self._logouts.keep(facts.claim("jti"), True)
        closing = Closing(facts.claim("sub"), self._sessions.names(facts.claim("sub")))
        self._defects.emit("govuk-logout", closing)
        for name in closing.sessions:
            self._sessions.end(name)
        return response(Reply(None, closing.status, dict(_UNCACHEABLE)))

    async def _client_keys(self, _: Request) -> Response:
        document = {"keys": [{**keys.public_jwk(keys.client_key()), "use": "sig"}]}
        self._defects.emit("govuk-client-jwks", document)
        reply = Reply(document)
        self._defects.emit("govuk-client-jwks-response", reply)
        return response(reply)


_UNCACHEABLE = {"Cache-Control": "no-store"}
_JSON = {"Content-Type": "application/json"}


def _refused(pages: Pages, refusal: Refusal, parameters: Mapping[str, Any] | None = None) -> Page:
    """Give the page for a broken rule; one that is misreported becomes an error of the server."""
    given = parameters or {}
    said = str(given.get("error_description") or given.get("error") or "")
    if refusal.error == MISREPORTED:
        return pages.plain("problem", 500, said=said)
    if given.get("error") in _TOLD_ERRORS:
        return pages.plain(str(given["error"]), said=said)
    return pages.plain("unproven" if refusal.error == UNPROVEN else "failed", refusal.status, said=said)


def _pages(request: Request) -> Pages:
    asked = accepted(request.query_params.get(_LANGUAGE)) or accepted(request.cookies.get(_LANGUAGE))
    return Pages(asked or "en")


def _to_offer(offered: Offered) -> Response:
    return _redirect(f"/offers/{quote(offered.identifier, safe='')}", 303)


def _redirect(url: str, status: int, cookie: str | None = None) -> Response:
    headers = {"Location": url, **_UNCACHEABLE, **({"Set-Cookie": cookie} if cookie else {})}
    return response(Reply(None, status, headers))


async def _answer(request: Request, name: str) -> str | None:
    return forms.parameters(forms.parse(await body(request)) or []).get(name)
