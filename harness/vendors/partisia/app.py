"""The simulated services as three ASGI applications with one memory, and the application of their customer."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference.documents import Reply
from harness.reference.faults import Defects, check_known
from harness.reference.rules import Judge
from harness.reference.wire import Dated, body, response
from harness.vendors.partisia import documents
from harness.vendors.partisia.authorization_server import AuthorizationServer
from harness.vendors.partisia.context import Addresses, PartisiaContext, dataset, without_slash
from harness.vendors.partisia.issuance_service import IssuanceService
from harness.vendors.partisia.memory import Memory
from harness.vendors.partisia.variants import PartisiaError, PartisiaVariant

HttpClients = Callable[[], httpx.AsyncClient]


class Issuance:
    """An issuance service, and the authorization server and application of one customer.

    ``faults`` are ids from ``faults.catalogue``; ``fired`` tells which of them made a difference so far, ``met``
    which rules requests broke, which tolerances they needed and which documents went out.

    Args:
        variant: one of ``variants.variants()``, perhaps changed.
        faults: what is wrong with it.
        addresses: where it is.
        clock: seconds since 1970.
        random_bytes: gives as many random bytes as asked for.
        http: makes clients with which the application reaches the issuance service.

    Raises:
        ValueError: a fault id is unknown.
        PartisiaError: the addresses cannot be used.

    """

    def __init__(
        self,
        variant: PartisiaVariant,
        faults: Iterable[str] = (),
        *,
        addresses: Addresses | None = None,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        http: HttpClients = httpx.AsyncClient,
    ) -> None:
        known = check_known(faults)
        at = without_slash(addresses or Addresses())
        self.variant = variant
        self.fired: set[str] = set()
        self.met: set[str] = set()
        self.context = PartisiaContext(
            variant=variant, base_url=at.issuer, clock=clock, random_bytes=random_bytes, addresses=at
        )
        self._http = http
        judge = Judge(known, self.fired, self.met)
        self._defects = Defects(known, self.fired, self.context, self.met)
        memory = Memory(clock, variant.nonce_lifetime)
        self._service = IssuanceService(self.context, judge, self._defects, memory)
        self._server = AuthorizationServer(self.context, judge, self._defects, memory)
        self.apps: tuple[Any, ...] = (
            self._application(self._service.routes(), guarded=True),
            self._application(self._server.metadata_routes()),
            self._application(
                [*self._server.token_routes(), Route("/assay/offers", self._mint, methods=["POST"])]
            ),
        )
        """The applications, in the order of the addresses."""

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier, as the metadata spell it."""
        return self.context.issuer_url

    @property
    def base_url(self) -> str:
        """Scheme and authority of the issuance service."""
        return self.context.base_url

    @property
    def addresses(self) -> Addresses:
        """Where it is."""
        return self.context.addresses

    async def mint_offer(self, claims: Mapping[str, Any] | None = None) -> str:
        """Begin an issuance as the application does, and give the link of its offer.

        Args:
            claims: what the application knows of its user; by default, of the one of this package.

        Raises:
            PartisiaError: the issuance service does not answer as it should.

        """
        begun = {
            "pre-authorized_code": self._server.fresh_code(),
            "credential_dataset": dict(dataset() if claims is None else claims),
        }
        url = f"{self.base_url}{documents.NEW_SESSION}"
        try:
            async with self._http() as client:
                answer = await client.post(url, json=begun)
                offered = answer.raise_for_status().json()["credential_offer_uri"]
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            raise PartisiaError(f"{url} gave no credential_offer_uri: {error}") from error
        plain = self.variant.offer_form == "plain"
        return str(offered) if plain else documents.offer_link(self.context, str(offered)).text()

    # For people who develop a wallet

    async def _mint(self, request: Request) -> Response:
        try:
            wish = json.loads(await body(request) or b"{}")
            claims = wish.get("claims")
            link = await self.mint_offer(claims if isinstance(claims, dict) else None)
        except (ValueError, AttributeError, RecursionError, PartisiaError) as error:
            return response(Reply({"error": f"cannot mint this offer: {error}"}, 400))
        return response(Reply({"offer": link, "credential_issuer": self.issuer_url}, 201))

    def _application(self, routes: list[Route], *, guarded: bool = False) -> Any:
        made = Starlette(routes=routes)
        # The slash at the end is one of the peculiarities, so it is not tidied up.
        made.router.redirect_slashes = False
        app: Any = Dated(made, self.context.clock)
        return _OverTls(app, self.context, self._defects) if guarded else app


class _OverTls:
    """Sees to requests that come without TLS, where the address is one with TLS."""

    def __init__(self, app: Any, context: PartisiaContext, defects: Defects) -> None:
        self._app = app
        self._context = context
        self._defects = defects

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        """Serve one request."""
        expected = self._context.base_url.startswith("https:")
        if scope["type"] == "http" and expected and scope.get("scheme") == "http":
            plain = documents.PlainHttp(self._context.variant.plain_http)
            self._defects.emit("partisia-plain-http", plain)
            if plain.answer != "answered":
                there = {"Location": self._context.url(scope["path"])} if plain.answer == "redirected" else {}
                refused = Response(status_code=308 if there else 403, headers=there)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)
