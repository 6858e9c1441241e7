"""The provider: an ASGI application, and what steers it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from harness.govuk.people import PEOPLE, Person
from harness.one_login import OneLoginError, control, documents, injectable, keys, logout, visit
from harness.one_login.authorize import authorize, sign_in
from harness.one_login.client_jwt import ClientJwt
from harness.one_login.context import Context, Identity
from harness.one_login.did_document import FOREIGN_PATH
from harness.one_login.logout import Notice
from harness.one_login.relying_party import RelyingParty
from harness.one_login.request_log import Received, RequestLog
from harness.one_login.token import token
from harness.one_login.userinfo import userinfo
from harness.one_login.visit import Visit

_ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class _Endpoint:
    name: str
    path: str
    answer: Callable[[Context, Visit], Awaitable[Response]]
    direct: bool = True
    """Services call it themselves, without a browser between."""
    methods: tuple[str, ...] = ("GET",)


_ENDPOINTS = (
    _Endpoint("discovery", "/.well-known/openid-configuration", documents.discovery),
    _Endpoint("jwks", "/.well-known/jwks.json", documents.jwks),
    _Endpoint("did", "/.well-known/did.json", documents.did),
    _Endpoint("foreign-did", f"/{FOREIGN_PATH}/did.json", documents.foreign_did),
    _Endpoint("trustmark", "/trustmark", documents.trustmark),
    _Endpoint("authorize", "/authorize", authorize, direct=False, methods=_ANY),
    _Endpoint("sign-in", "/sign-in", sign_in, direct=False, methods=("GET", "POST")),
    _Endpoint("token", "/token", token, methods=("POST",)),
    _Endpoint("userinfo", "/userinfo", userinfo),
    _Endpoint("logout", "/logout", logout.logout, direct=False),
    _Endpoint("signed-out", "/signed-out", logout.signed_out, direct=False),
)


class OneLogin:
    """A GOV.UK One Login of one's own.

    By default users sign in at once: who, is told by :meth:`signs_in`. Every sign-in is a fresh one; there is no
    session that would answer for the user.

    Args:
        base_url: where it lives, without a slash at the end.
        clients: the registered services.
        people: who can sign in, by name; the first one does, until told otherwise.
        clock: seconds since 1970.
        random_bytes: gives so many random bytes.
        http: makes the HTTP client for JWKS URLs and logout notices; it is closed after each use.
        identity_url: the host of DID document and core identities, where it is another one.
        interactive: users are chosen on a page.
        require_user_agent: calls without ``User-Agent`` are answered 403 (docs: setting a User-Agent header).
        listener: is told of every request, once it is answered.

    Raises:
        OneLoginError: a URL, the clients or the people cannot be.

    """

    def __init__(
        self,
        base_url: str,
        *,
        clients: Sequence[RelyingParty],
        people: Mapping[str, Person] = PEOPLE,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        http: Callable[[], httpx.AsyncClient] = httpx.AsyncClient,
        identity_url: str | None = None,
        interactive: bool = False,
        require_user_agent: bool = True,
        listener: Callable[[Received], None] | None = None,
    ) -> None:
        registered = {client.client_id: client for client in clients}
        if not registered or len(registered) < len(clients):
            raise OneLoginError("there has to be a client, and each needs a client_id of its own")
        if not people:
            raise OneLoginError("there has to be somebody who can sign in")
        self.log = RequestLog(listener)
        self.context = Context(
            base_url=_base(base_url),
            identity_url=_base(identity_url or base_url),
            clients=registered,
            people=people,
            clock=clock,
            random_bytes=random_bytes,
            http=http,
            interactive=interactive,
            require_user_agent=require_user_agent,
            next_person=next(iter(people.values())),
        )
        self.app = Starlette(routes=[*map(self._route, _ENDPOINTS), *control.routes(self)])

    @property
    def base_url(self) -> str:
        """Where it lives, without a slash at the end."""
        return self.context.base_url

    @property
    def issuer(self) -> str:
        """The Issuer Identifier: the base URL with a slash at the end."""
        return self.context.issuer

    @property
    def issuer_url(self) -> str:
        """The Issuer Identifier."""
        return self.context.issuer

    @property
    def clients(self) -> tuple[RelyingParty, ...]:
        """The services that are registered."""
        return tuple(self.context.clients.values())

    async def signed_by(self, client: RelyingParty, jwt: ClientJwt) -> bool:
        """Say whether a client signed a JWT, with the key that it registered.

        Raises:
            KeysUnavailable: the client's JWKS URL does not give the key that ``kid`` names.

        """
        return await self.context.client_keys.signed(client, jwt.jws)

    @property
    def requests(self) -> tuple[Received, ...]:
        """What services asked so far, in the order of the answers."""
        return tuple(self.log)

    def signs_in(self, name: str) -> None:
        """Choose who signs in from now on.

        Raises:
            OneLoginError: nobody has this name.

        """
        self.context.next_person = self._person(name)

    def inject(self, *errors: str) -> None:
        """Switch errors on, and all others off; see ``injectable.toml``. Without any: all off.

        Raises:
            OneLoginError: there is no such error.

        """
        self.context.injected = injectable.chosen(errors)

    def proves_identity(self, *, proven: bool = True, return_codes: tuple[str, ...] = ()) -> None:
        """Choose what becomes of identity proving from now on.

        Raises:
            OneLoginError: a return code is not one capital letter.

        """
        for code in return_codes:
            if len(code) != 1 or not "A" <= code <= "Z":
                raise OneLoginError(f"the return code {code!r} is not one capital letter")
        self.context.identity = Identity(proven, return_codes)

    def rotate_keys(self, step: str) -> None:
        """Take a step of a key rotation, with the keys of ID tokens and of core identities.

        Args:
            step: ``publish`` new keys, ``use`` them (published now, if they are not yet), ``retire`` the old ones.

        Raises:
            OneLoginError: there is no such step.

        """
        keys.rotate((self.context.token_keys, self.context.identity_keys), step)

    async def log_out(self, name: str) -> tuple[Notice, ...]:
        """Sign a user out everywhere, and tell the services that wish it (OpenID Connect Back-Channel Logout).

        While an error of logout tokens is switched on, the sessions stay, so that a good token can follow.

        Raises:
            OneLoginError: nobody has this name.

        """
        return await logout.log_out(self.context, self._person(name))

    async def repeat(self, notice: Notice) -> Notice:
        """Send a notice to its service once more, with the same logout token."""
        return await logout.told_again(self.context, notice)

    def _person(self, name: str) -> Person:
        if name not in self.context.people:
            raise OneLoginError(f"nobody is called {name!r}; known are {', '.join(self.context.people)}")
        return self.context.people[name]

    def _route(self, endpoint: _Endpoint) -> Route:
        allowed = {*endpoint.methods, "HEAD"} if "GET" in endpoint.methods else {*endpoint.methods}

        async def serve(request: Request) -> Response:
            response: Response
            visited = Visit(endpoint.name, request.method, {}, (), dict(request.headers), "")
            if request.method not in allowed:
                visited.because = f"only {' and '.join(endpoint.methods)} is allowed"
                headers = {"Allow": ", ".join(sorted(allowed))}
                response = PlainTextResponse("Method Not Allowed", 405, headers=headers)
            elif isinstance(read := await _read(endpoint, request), str):
                visited.because = read
                response = PlainTextResponse("Invalid request", 400)
            else:
                visited = read
                response = await self._answered(endpoint, visited)
            self.log.keep(visited.received(self.log.count + 1, self.context.clock(), response.status_code))
            return response

        # Every method, so that a request with the wrong one stands in the log.
        return Route(endpoint.path, serve, methods=list(_ANY))

    async def _answered(self, endpoint: _Endpoint, visited: Visit) -> Response:
        if (
            endpoint.direct
            and self.context.require_user_agent
            and not visited.headers.get("user-agent", "").strip()
        ):
            visited.because = "the request has no User-Agent"
            return PlainTextResponse("Forbidden", 403)
        return await endpoint.answer(self.context, visited)


async def _read(endpoint: _Endpoint, request: Request) -> Visit | str:
    """Read a request; why it cannot be read, where that is so."""
    try:
        return await visit.read(endpoint.name, request)
    except visit.Unreadable as problem:
        return str(problem)


def _base(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        )
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise OneLoginError(f"{url!r} is no http(s) URL")
    return url.rstrip("/")
