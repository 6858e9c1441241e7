"""A stand-in for the GOV.UK One Login Status List Service.

``POST /issue`` gives a registered client a place in a list and ``POST /revoke`` revokes it; both take a JWT that
is verified with the client's JWK Set, fetched each time. ``GET /t/{id}`` and ``GET /b/{id}`` publish the lists to
anyone, ``GET /.well-known/jwks.json`` the keys that sign them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.govuk import status_requests
from harness.govuk.answers import answer, json_answer
from harness.govuk.code_rules import JWKS_PATH
from harness.govuk.exchange_log import Endpoint, ExchangeLog
from harness.govuk.issuer_keys import HttpClients
from harness.govuk.service_keys import KeyRing
from harness.govuk.status_lists import MEDIA_TYPES, PATHS, Entry, StatusList
from harness.govuk.status_requests import StatusError, StatusListClient, StatusRequest
from harness.reference import wire
from harness.reference.state import Shelf
from harness.wallet.keys import KeyMaker, make_key

ISSUE_PATH, REVOKE_PATH = "/issue", "/revoke"
IDEMPOTENCY_WINDOW_S = 3600
"""How long the answer to a ``jti`` is repeated."""
LIST_MAX_AGE_S = 30
JWKS_MAX_AGE_S = 300
_IDENTIFIER_BYTES = 6


@dataclass(frozen=True)
class StatusRefusal:
    """A request that was refused."""

    at: float
    """Seconds since 1970."""
    path: str
    kind: str
    """Stable name, listed in the docstring of ``status_requests``."""
    detail: str
    """One sentence for people."""
    status: int


class StatusListService:
    """One status list service with its own keys, lists and memory.

    Args:
        base_url: scheme and authority, of the API for issuers and of the public lists alike.
        issuers: the registered clients.
        clock: seconds since 1970.
        random_bytes: randomness for the names of lists and the places in them.
        http: makes the client that fetches the JWK Sets of clients.
        make_key: makes the signing keys.

    """

    def __init__(
        self,
        base_url: str,
        *,
        issuers: Sequence[StatusListClient] = (),
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        http: HttpClients = httpx.AsyncClient,
        make_key: KeyMaker = make_key,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.available = True
        """Whether issuers are served; otherwise they get 503. The lists stay published."""
        self.keys = KeyRing(make=make_key)
        self.log = ExchangeLog(clock)
        """The requests to all endpoints with their answers."""
        self.refusals: list[StatusRefusal] = []
        self._clients = list(issuers)
        self._clock = clock
        self._random_bytes = random_bytes
        self._http = http
        self._lists: dict[str, StatusList] = {}
        """The lists by their path."""
        self._current: dict[str, StatusList] = {}
        """Kind of a list to the one that is being filled."""
        self._issued: Shelf[tuple[float, Entry]] = Shelf(clock, IDEMPOTENCY_WINDOW_S)
        """Mark of a request to the ``statusExpiry`` it had and the entry it brought."""
        self._under_way: set[str] = set()
        self.app = wire.Dated(Starlette(routes=self._routes()), clock)

    @property
    def issuer_url(self) -> str:
        """The same as ``base_url``, by the name that whoever serves it asks for."""
        return self.base_url

    @property
    def jwks_url(self) -> str:
        """Where the keys are that sign the lists."""
        return self.base_url + JWKS_PATH

    def register(self, client: StatusListClient) -> None:
        """Serve a further client from now on."""
        self._clients.append(client)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All places that were given to credentials, list by list."""
        return tuple(entry for each in self._lists.values() for entry in each.entries.values())

    def entry(self, uri: object, index: object) -> Entry | None:
        """Find a place by what a credential says of it; ``None`` where no such place was given away."""
        return next((entry for entry in self.entries if (entry.uri, entry.index) == (uri, index)), None)

    def _routes(self) -> list[Route]:
        return [
            Route(ISSUE_PATH, self.log.logged(self._served(self._issue)), methods=["POST"]),
            Route(REVOKE_PATH, self.log.logged(self._served(self._revoke)), methods=["POST"]),
            *[Route(f"/{path}/{{name}}", self.log.logged(self._published)) for path in PATHS.values()],
            Route(JWKS_PATH, self.log.logged(self._jwks)),
        ]

    def _served(self, serve: Callable[[StatusRequest], Response]) -> Endpoint:
        """Give an endpoint that answers authenticated requests, each ``jti`` one at a time."""

        async def endpoint(request: Request, body: bytes) -> Response:
            try:
                return await self._alone(request, body, serve)
            except StatusError as error:
                refusal = StatusRefusal(self._clock(), request.url.path, error.kind, error.detail, error.status)
                self.refusals.append(refusal)
                return json_answer(error.document, status=error.status)

        return endpoint

    async def _alone(self, request: Request, body: bytes, serve: Callable[[StatusRequest], Response]) -> Response:
        """Serve a request while no other one with its ``jti`` is under way."""
        if not self.available:
            raise StatusError("unavailable", "the service is out of order", 503)
        asked = status_requests.read(wire.media_type(request), body, self._clients)
        if asked.mark in self._under_way:
            raise StatusError("jti-concurrent", "a request with this jti is under way", 409)
        self._under_way.add(asked.mark)
        try:
            await status_requests.authenticate(asked, self._http)
            status_requests.check_common(asked, self._clock())
            return serve(asked)
        finally:
            self._under_way.discard(asked.mark)

    def _issue(self, asked: StatusRequest) -> Response:
        before = self._issued.get(asked.mark)
        if before is not None and before[0] != asked.claims.get("statusExpiry"):
            raise StatusError("jti-reused", "this jti came before with another statusExpiry")
        if before is None:
            expiry = status_requests.status_expiry(asked, self._clock())
            entry = self._open_list(asked.client).add(asked.client.client_id, expiry, self._number())
            before = (expiry, entry)
            self._issued.put(asked.mark, before)
        return json_answer({"idx": before[1].index, "uri": before[1].uri})

    def _revoke(self, asked: StatusRequest) -> Response:
        entry = self.entry(*status_requests.entry(asked))
        if entry is None:
            raise StatusError("entry-unknown", "there is no such entry", 404)
        if entry.client_id != asked.client.client_id:
            raise StatusError("other-client", "the entry was issued to another client", 403)
        message = "Credential already revoked"
        if entry.revoked_at is None:
            entry.revoked_at = self._clock()
            message = "Request processed for revocation"
        return json_answer({"message": message, "revokedAt": int(entry.revoked_at)}, status=202)

    def _open_list(self, client: StatusListClient) -> StatusList:
        """Give the list of the client's kind that has room, a new one where there is none."""
        found = self._current.get(client.lists)
        if found is None or found.full:
            path = f"/{PATHS[client.lists]}/{self._random_bytes(_IDENTIFIER_BYTES).hex().upper()}"
            found = self._lists[path] = self._current[client.lists] = StatusList(
                self.base_url + path, client.lists
            )
        return found

    def _number(self) -> int:
        return int.from_bytes(self._random_bytes(8))

    async def _published(self, request: Request, _: bytes) -> Response:
        found = self._lists.get(request.url.path)
        if found is None:
            return json_answer({"error": "NOT_FOUND", "error_description": "there is no such list"}, status=404)
        signed = found.draft(self.base_url, self.keys.current, self._clock()).sign()
        return answer(signed.encode("ascii"), MEDIA_TYPES[found.kind], max_age=LIST_MAX_AGE_S)

    async def _jwks(self, _: Request, __: bytes) -> Response:
        return json_answer(self.keys.jwks, max_age=JWKS_MAX_AGE_S)
