"""What an employee's browser sees of the portal: signing in, choosing, confirming, verifying, downloading."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import forms
from harness.reference.documents import Reply, Text
from harness.reference.faults import Defects
from harness.reference.rules import MISREPORTED, Judge, Refusal
from harness.reference.staff_passport import pages, rules
from harness.reference.staff_passport.context import CALLBACK, PortalContext
from harness.reference.staff_passport.gateway_client import GatewayClient, GatewayError
from harness.reference.staff_passport.pages import Listed, Page, Preview, Row
from harness.reference.staff_passport.records import Records
from harness.reference.staff_passport.revocations import Revocations
from harness.reference.staff_passport.rules import Callback, Download, IdToken, Shared, Visit
from harness.reference.staff_passport.session import COOKIE, Chosen, Mode, Pending, Session, Sessions, Verified
from harness.reference.wire import body, response

if TYPE_CHECKING:
    from harness.staff_passport.employees import Employee


_NOT_FOUND, _BAD_GATEWAY, _SERVER_ERROR = 404, 502, 500
_CANCELLED = "user cancelled"
"""What an ``error_description`` of the gateway says when the employee did not want to."""
Endpoint = Callable[[Request], Awaitable[Response]]
Serving = Callable[[Request, Session], Awaitable[Response]]


@dataclass
class Redirect:
    """A redirect within the portal before it is sent; the rest is what it must not tell."""

    path: str
    person: dict[str, str]
    secrets: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class Choice:
    """A credential that was chosen, and what comes before it is downloaded."""

    again: bool
    """Whether it was downloaded before."""
    verified: bool
    """Whether the identity is verified already."""
    allowed: bool = True
    prompts: bool = True
    """Whether a further download begins with the prompt to delete what is in the wallet."""
    previews: bool = True
    """Whether the information is shown, to be confirmed."""
    pushed: bool = False
    """Whether the request is pushed at once."""


@dataclass
class Standing:
    """Whose identity counts as verified, when it is asked for."""

    moment: str
    """``confirmed`` for what was just confirmed, ``download`` when it is about to be pushed."""
    now: Verified | None
    """In this session."""
    earlier: Verified | None
    """What this employee shared in any session."""
    latest: Verified | None
    """What anybody shared last."""
    downloads: int
    """How many there were in this session."""
    unknown: Verified
    """What nobody shared."""


@dataclass
class SentAway:
    """What is remembered of a browser that was sent to the gateway, when it is back."""

    pending: Pending | None
    latest: Pending | None
    """Of whichever browser was sent there last."""


@dataclass
class Declined:
    """A visit to the gateway that ended with an error."""

    mode: Mode
    exchanges: bool = False
    """Whether the token endpoint is asked nevertheless."""


@dataclass
class Unanswered:
    """An exchange of a code that failed."""

    mode: Mode
    counts: bool = False
    """Whether it counts as done nevertheless."""


@dataclass
class Freshness:
    """Whether the information changed while the credential was being downloaded."""

    stale: bool


@dataclass
class Kept:
    """What is kept of a download."""

    username: str
    latest: str
    """Who signed in last."""
    template: str
    serial: str | None
    other: str
    """A Serial Number of nothing."""
    kept: bool = True
    drops_earlier: bool = False


class EmployeePortal:
    """The pages, and how one leads to the next."""

    def __init__(
        self,
        context: PortalContext,
        judge: Judge,
        defects: Defects,
        *,
        records: Records,
        gateway: GatewayClient,
        revocations: Revocations,
    ) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._records = records
        self._gateway = gateway
        self._revocations = revocations
        self._sessions = Sessions(context)
        self._latest_verified: Verified | None = None
        self._latest_pending: Pending | None = None
        self._latest_signed_in = ""

    def routes(self) -> list[Route]:
        """Give what it serves."""
        outcomes = ("not-verified", "downloaded", "cancelled")
        return [
            Route("/", self._start),
            Route("/sign-in", self._sign_in_page),
            Route("/sign-in", self._sign_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/credentials", self._served(self._credentials)),
            Route("/credentials", self._served(self._choose), methods=["POST"]),
            Route("/delete-first", self._served(self._delete_first)),
            Route("/delete-first", self._served(self._keep_on), methods=["POST"]),
            Route("/check", self._served(self._check)),
            Route("/check", self._served(self._confirm), methods=["POST"]),
            Route("/verify", self._served(self._verify_page)),
            Route("/verify", self._served(self._verify), methods=["POST"]),
            Route("/verified", self._served(self._verified)),
            Route("/download", self._served(self._download), methods=["POST"]),
            Route(CALLBACK, self._served(self._returned)),
            *(Route(f"/{name}", self._served(self._outcome)) for name in outcomes),
        ]

    # What all pages share

    def _served(self, page: Serving) -> Endpoint:
        """Serve a page to who is signed in, and turn what goes wrong into pages."""

        async def serve(request: Request) -> Response:
            try:
                return await page(request, self._session(request))
            except Refusal as refusal:
                return self._refused(refusal)
            except GatewayError:
                return self._write(
                    pages.error("The credential gateway does not answer as it should.", _BAD_GATEWAY)
                )

        return serve

    def _session(self, request: Request) -> Session:
        session = self._sessions.of(request.cookies.get(COOKIE))
        self._judge.uphold(rules.VISIT_RULES, Visit(session is not None))
        return session or Session(self._records.someone)

    def _refused(self, refusal: Refusal) -> Response:
        if refusal.error == MISREPORTED:
            # Neither the heading nor the reason of the page that it should be.
            return response(Reply(Text("Internal Server Error"), _SERVER_ERROR, {"Content-Type": "text/plain"}))
        ways = {rules.SIGN_IN_REQUIRED: "/sign-in", rules.CONFIRMATION_REQUIRED: "/credentials"}
        ways[rules.IDENTITY_REQUIRED] = "/verify"
        if refusal.error in ways:
            return _see(ways[refusal.error])
        return self._write(pages.error(refusal.description, refusal.status))

    def _write(self, page: Page) -> Response:
        self._defects.emit("dsp-page", page)
        return response(Reply(Text(page.text()), page.status, page.headers))

    def _to(self, path: str, session: Session) -> Response:
        """Send the browser to another page of the portal."""
        redirect = Redirect(path, _person(session.employee), self._secrets())
        self._defects.emit("dsp-redirect", redirect)
        return _see(f"{redirect.path}?{urlencode(redirect.query)}" if redirect.query else redirect.path)

    def _secrets(self) -> dict[str, str]:
        return {"client_secret": self._context.registration.client_secret}

    # Signing in

    async def _start(self, _: Request) -> Response:
        return _see("/credentials")

    async def _sign_in_page(self, _: Request) -> Response:
        return self._write(pages.sign_in())

    async def _sign_in(self, request: Request) -> Response:
        given = await _form(request)
        employee = self._records.signing_in(given.get("username", ""), given.get("password", ""))
        if employee is None:
            return self._write(pages.sign_in("The user name or the password is wrong."))
        self._sessions.end(request.cookies.get(COOKIE))
        self._latest_signed_in = employee.username
        session = Session(employee)
        answer = self._to("/credentials", session)
        answer.headers["Set-Cookie"] = self._sessions.begin(session)
        return answer

    async def _sign_out(self, request: Request) -> Response:
        answer = _see("/sign-in")
        answer.headers["Set-Cookie"] = self._sessions.end(request.cookies.get(COOKIE))
        return answer

    # Choosing and confirming

    async def _credentials(self, _: Request, session: Session) -> Response:
        holdings = self._records.holdings(session.employee.username)
        rows = [Row(name, pages.status(holding.downloaded_at)) for name, holding in holdings.items()]
        listed = Listed(rows, bool(rows), self._records.templates)
        self._defects.emit("dsp-list", listed)
        return self._write(pages.credentials(listed))

    async def _choose(self, request: Request, session: Session) -> Response:
        template = (await _form(request)).get("credential", "")
        holding = self._records.holdings(session.employee.username).get(template)
        if holding is None:
            return self._write(pages.error("There is no such credential for you.", _NOT_FOUND))
        choice = Choice(bool(holding.issued), session.verified is not None)
        self._defects.emit("dsp-choice", choice)
        if not choice.allowed:
            return self._write(pages.error("You have already downloaded this credential.", _NOT_FOUND))
        session.template, session.prompted, session.shown, session.confirmed = template, False, None, None
        if choice.pushed and session.verified:
            await self._gateway.to_issue(
                self._current(session, template), session.verified.unique_identifier, _person(session.employee)
            )
        if choice.again and choice.prompts:
            return self._to("/delete-first", session)
        session.prompted = True
        if not choice.previews:
            session.shown = self._current(session, template)
            return await self._confirm(request, session)
        return self._to("/check", session)

    def _current(self, session: Session, template: str) -> Chosen:
        """Give what would be downloaded now."""
        holding = self._records.holdings(session.employee.username)[template]
        return Chosen(template, tuple(holding.values.items()), holding.revision)

    async def _delete_first(self, _: Request, session: Session) -> Response:
        if session.template is None:
            return self._to("/credentials", session)
        return self._write(pages.delete_first(session.template))

    async def _keep_on(self, _: Request, session: Session) -> Response:
        session.prompted = True
        return self._to("/check", session)

    async def _check(self, _: Request, session: Session) -> Response:
        if session.template is None:
            return self._to("/credentials", session)
        if not session.prompted:
            return self._to("/delete-first", session)
        session.shown = self._current(session, session.template)
        shown = Preview(dict(session.shown.values))
        self._defects.emit("dsp-preview", shown)
        return self._write(pages.preview(session.template, shown))

    async def _confirm(self, _: Request, session: Session) -> Response:
        if session.shown is None:
            return self._to("/check", session)
        session.confirmed = session.shown
        session.verified = self._standing(session, "confirmed")
        return self._to("/verified" if session.verified else "/verify", session)

    def _standing(self, session: Session, moment: str) -> Verified | None:
        """Give the identity that counts as verified."""
        earlier = self._records.unique_identifiers.get(session.employee.username)
        standing = Standing(
            moment,
            session.verified,
            Verified(earlier) if earlier else None,
            self._latest_verified,
            session.downloads,
            Verified(self._context.uuid()),
        )
        self._defects.emit("dsp-standing", standing)
        return standing.now

    # Verifying

    async def _verify_page(self, _: Request, session: Session) -> Response:
        return self._to("/verified", session) if session.verified else self._write(pages.verify())

    async def _verify(self, _: Request, session: Session) -> Response:
        url, session.pending = self._gateway.to_verify(_person(session.employee))
        self._latest_pending = session.pending
        return _see(url)

    async def _verified(self, _: Request, session: Session) -> Response:
        if session.verified is None:
            return self._to("/verify", session)
        return self._write(pages.verified())

    # Downloading

    async def _download(self, _: Request, session: Session) -> Response:
        verified = self._standing(session, "download")
        self._judge.uphold(rules.DOWNLOAD_RULES, Download(session.confirmed, verified))
        chosen = session.confirmed or self._unconfirmed(session)
        if chosen.revision != self._current(session, chosen.template).revision:
            # What was confirmed is not what there is now.
            session.confirmed = None
            return self._to("/check", session)
        identifier = verified.unique_identifier if verified else self._context.uuid()
        url, session.pending = await self._gateway.to_issue(chosen, identifier, _person(session.employee))
        self._latest_pending = session.pending
        return _see(url)

    def _unconfirmed(self, session: Session) -> Chosen:
        """Give what to download when it was let off that nothing was confirmed."""
        templates = self._records.holdings(session.employee.username)
        return session.shown or self._current(session, session.template or next(iter(templates)))

    # Coming back from the gateway

    async def _returned(self, request: Request, session: Session) -> Response:
        parameters = dict(request.query_params)
        sent = SentAway(session.pending, self._latest_pending)
        self._defects.emit("dsp-pending", sent)
        pending = sent.pending
        try:
            self._judge.uphold(rules.CALLBACK_RULES, Callback(parameters, pending))
        except Refusal as refusal:
            if pending is None or refusal.error not in (rules.NOT_SHARED, rules.NOT_ADDED):
                raise
            session.pending = None
            await self._declined(parameters, pending)
            return self._end(session, _declined_page(parameters, pending.mode))
        if pending is None:
            return self._to("/credentials", session)
        session.pending = None
        if not parameters.get("code") or "error" in parameters:
            return self._done(session, pending, None, None)
        try:
            token = await self._gateway.exchange(parameters["code"], pending)
        except GatewayError:
            failed = Unanswered(pending.mode)
            self._defects.emit("dsp-token-failure", failed)
            if not failed.counts:
                raise
            return self._done(session, pending, None, None)
        if pending.mode == "verifying":
            return self._compared(session, pending, token)
        return await self._issued(session, pending, token)

    async def _declined(self, parameters: dict[str, str], pending: Pending) -> None:
        declined = Declined(pending.mode)
        self._defects.emit("dsp-declined", declined)
        if declined.exchanges:
            try:
                await self._gateway.exchange(parameters.get("code", ""), pending)
            except (GatewayError, Refusal):
                return

    def _compared(self, session: Session, pending: Pending, token: IdToken) -> Response:
        """Compare an identity with the employee."""
        claims = token.jwt.claims if token.jwt else {}
        facts = Shared(claims, session.employee, self._context.variant.birth_dates)
        try:
            self._judge.uphold(rules.IDENTITY_RULES, facts)
            self._judge.tolerate(rules.IDENTITY_TOLERANCES, facts)
        except Refusal as refusal:
            if refusal.error == MISREPORTED:
                raise
            return self._end(session, pages.not_verified(refusal.description))
        return self._done(session, pending, facts.text(rules.UNIQUE_IDENTIFIER), None)

    async def _issued(self, session: Session, pending: Pending, token: IdToken) -> Response:
        self._judge.uphold(rules.ISSUED_RULES, token)
        serial = token.claim("SerialNumber")
        download = pending.download
        if download is None:
            return self._to("/credentials", session)
        current = self._records.holdings(session.employee.username)[download.template]
        freshness = Freshness(current.revision != download.revision)
        self._defects.emit("dsp-freshness", freshness)
        if freshness.stale:
            issued = self._records.keep(session.employee.username, download.template, serial)
            issued.revoked = True
            await self._revocations.invalidate(session.employee, download.template, [serial], mails=True)
            why = (
                "Your information changed while you downloaded it. We have revoked the credential. Delete it from "
                "your digital wallet and download it again."
            )
            return self._write(pages.error(why, 409))
        return self._done(session, pending, None, serial)

    def _done(self, session: Session, pending: Pending, identifier: str | None, serial: str | None) -> Response:
        """Note how a visit to the gateway ended well."""
        username = session.employee.username
        if pending.mode == "verifying":
            known = self._records.unique_identifiers
            if identifier is None:
                identifier = known.get(username, self._context.uuid())
            session.verified = self._latest_verified = Verified(identifier)
            known[username] = identifier
            return self._to("/verified" if session.confirmed else "/credentials", session)
        if pending.download is None:
            return self._to("/credentials", session)
        template = pending.download.template
        kept = Kept(username, self._latest_signed_in, template, serial, self._context.uuid())
        self._defects.emit("dsp-issued", kept)
        if kept.drops_earlier:
            for earlier in self._records.holdings(username)[template].issued:
                earlier.serial = None
        if kept.kept:
            self._records.keep(kept.username, template, kept.serial)
        session.downloads += 1
        session.confirmed = session.shown = session.template = None
        return self._end(session, pages.downloaded(template))

    def _end(self, session: Session, page: Page) -> Response:
        session.outcome = page
        return self._to(f"/{page.name}", session)

    async def _outcome(self, request: Request, session: Session) -> Response:
        page = session.outcome
        if page is None or request.url.path != f"/{page.name}":
            return self._to("/credentials", session)
        # A page that a fault spoils is spoiled each time anew.
        return self._write(replace(page))


def _declined_page(parameters: dict[str, str], mode: Mode) -> Page:
    if mode == "verifying":
        return pages.not_verified("You did not share your identity credential.")
    wanted = parameters.get("error") == "access_denied"
    if wanted or _CANCELLED in parameters.get("error_description", "").lower():
        return pages.cancelled()
    return pages.not_added()


def _person(employee: Employee) -> dict[str, str]:
    return {
        "first_name": employee.first_name,
        "surname": employee.surname,
        "birth_date": str(employee.birth_date),
        "email": employee.email,
    }


async def _form(request: Request) -> dict[str, str]:
    return forms.parameters(forms.parse(await body(request)) or [])


def _see(url: str) -> Response:
    return response(
        Reply(None, 303, {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    )
