"""The gateway: an ASGI application, and what steers it."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from harness.reference.context import Context
from harness.reference.faults import Defects, check_known
from harness.reference.rules import Judge
from harness.reference.variants import DEFAULT
from harness.staff_passport.employees import EMPLOYEES, Employee
from harness.staff_passport.gateway import (
    GatewayError,
    answers,
    authorize,
    control,
    discovery,
    misbehaviours,
    pages,
    par,
    reading,
    revocation,
    token,
)
from harness.staff_passport.gateway.core import V1, V2, Answer, Core, Exchange, Version
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.request_log import GatewayRequest, RequestLog
from harness.staff_passport.gateway.wallet import VERIFYING, Issued, Wallet
from harness.staff_passport.gateway.ways import JWKS_PATHS, Ways
from harness.staff_passport.templates import Template

REVOCATION_PATH = "/Revocation/revokecredential"


@dataclass(frozen=True)
class _Endpoint:
    name: str
    paths: tuple[str, ...]
    answer: Callable[[Core, Exchange], Awaitable[Answer]]
    version: Version = V1
    method: str = "GET"
    browser: bool = False
    """Whether browsers come here, and not external systems."""


_ENDPOINTS = (
    *(_Endpoint("discovery", (version.discovery,), discovery.discovery, version) for version in (V1, V2)),
    _Endpoint("jwks", JWKS_PATHS, discovery.jwks),
    *(
        _Endpoint(name, (f"{version.prefix}/{name}",), answer, version, "POST")
        for version in (V1, V2)
        for name, answer in (("par", par.par), ("token", token.token))
    ),
    _Endpoint("authorize", ("/oidc/authorize", "/oidc/authorizev1"), authorize.authorize, browser=True),
    _Endpoint("authorize", ("/v2.0/oidc/authorize",), authorize.authorize, V2, browser=True),
    _Endpoint("page", (f"{authorize.QR_PATH}/{{transaction}}",), authorize.page, browser=True),
)
_REVOCATION = _Endpoint("revocation", (REVOCATION_PATH,), revocation.revocation, method="POST")
_ELSEWHERE = _Endpoint("elsewhere", ("/{path:path}",), discovery.elsewhere)


class _AnyCase(Route):
    """A route whose path is matched in lower case."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        return super().matches({**scope, "path": scope["path"].lower()})


class Gateway:
    """A credential gateway of one's own.

    By default the wallet acts by itself once a browser has shown the QR code: it shares what is asked for, and
    adds what it is issued.

    ``fired`` collects the faults that made a difference so far, ``met`` the rules that requests broke.

    Args:
        base_url: where it lives.
        clients: the registered external systems.
        templates: of the credentials, by name.
        employees: whose identity credential can be in the wallet, by name; at first it is the first one's.
        ways: what it does where public sources disagree.
        clock: seconds since 1970.
        random_bytes: gives so many random bytes.
        met: collects into this set.
        faults: ids of :mod:`harness.reference.faults`.
        listener: is told of every request, once it is answered.
        sleep: waits so many seconds.

    Raises:
        GatewayError: the URL, the clients or the employees cannot be.
        ValueError: a fault is unknown.

    """

    def __init__(
        self,
        base_url: str,
        *,
        clients: Sequence[ExternalSystem],
        templates: Mapping[str, Template],
        employees: Mapping[str, Employee] = EMPLOYEES,
        ways: Ways = Ways(),  # noqa: B008 - it is frozen
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        met: set[str] | None = None,
        faults: Iterable[str] = (),
        listener: Callable[[GatewayRequest], None] | None = None,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        registered = {client.client_id: client for client in clients}
        if not registered or len(registered) < len(clients):
            raise GatewayError("there has to be an external system, and each needs a client_id of its own")
        if not employees:
            raise GatewayError("there has to be an employee")
        base = _base(base_url)
        known = check_known(faults)
        self.fired: set[str] = set()
        self.met: set[str] = set() if met is None else met
        self.log = RequestLog(listener)
        self._sleep = sleep
        context = Context(DEFAULT, base, clock, random_bytes)
        self._core = Core(
            base_url=base,
            clients=registered,
            templates=templates,
            employees=employees,
            ways=ways,
            clock=clock,
            random_bytes=random_bytes,
            judge=Judge(known, self.fired, self.met),
            defects=Defects(known, self.fired, context, self.met),
        )
        self.wallet = self._core.wallet = Wallet(
            lambda transaction, action: authorize.settled(self._core, transaction, action), employees, clock
        )
        served = [self._route(endpoint, path) for endpoint in _ENDPOINTS for path in endpoint.paths]
        self.app = Starlette(
            routes=[
                *served,
                _AnyCase(REVOCATION_PATH.lower(), self._served(_REVOCATION), methods=["POST"]),
                *control.routes(self),
                Route(_ELSEWHERE.paths[0], self._served(_ELSEWHERE), methods=["GET", "POST"]),
            ]
        )

    @property
    def base_url(self) -> str:
        """Where it lives, without a slash at the end."""
        return self._core.base_url

    @property
    def issuer_url(self) -> str:
        """The issuer of V1."""
        return self._core.issuer(V1)

    @property
    def clients(self) -> tuple[ExternalSystem, ...]:
        """The registered external systems."""
        return tuple(self._core.clients.values())

    @property
    def templates(self) -> Mapping[str, Template]:
        """The templates by name."""
        return self._core.templates

    @property
    def employees(self) -> Mapping[str, Employee]:
        """The employees by name."""
        return self._core.employees

    @property
    def issued(self) -> Mapping[str, Issued]:
        """What was issued, by serial number, the oldest first."""
        return self._core.issued

    @property
    def revoked(self) -> set[str]:
        """The serial numbers of credentials that were revoked."""
        return self._core.revoked

    @property
    def misbehaving(self) -> frozenset[str]:
        """What it does wrong at present."""
        return self._core.misbehaving

    def described(self, version: Version) -> Mapping[str, Any]:
        """Give the discovery document of a version."""
        return discovery.described(self._core, version)

    def misbehave(self, *names: str) -> None:
        """Do these things wrong from now on, and nothing else; see ``misbehaviours.toml``. Without any: nothing.

        Raises:
            GatewayError: there is no such misbehaviour.

        """
        self._core.misbehaving = misbehaviours.chosen(names)

    def share(self, serial: str) -> bool:
        """Try to share a credential at the DSP employee portal, and say whether that succeeds."""
        allowed = self._core.share(serial)
        self.log.keep(
            GatewayRequest(
                number=self.log.total + 1,
                at=self._core.clock(),
                endpoint="share",
                mode=VERIFYING,
                method="POST",
                url=f"{self.base_url}/sim/share",
                parameters={},
                json={"serial_number": serial},
                headers={},
                hint=None,
                status=200 if allowed else 403,
                answer={"shared": allowed},
                because=None if allowed else "the credential is not known, or revoked",
            )
        )
        return allowed

    def _route(self, endpoint: _Endpoint, path: str) -> Route:
        return Route(path, self._served(endpoint), methods=[endpoint.method])

    def _served(self, endpoint: _Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            exchange = await reading.read(endpoint.name, endpoint.version, request)
            answer = await self._answered(endpoint, exchange)
            self._core.defects.emit(f"dsp-gateway-{endpoint.name}", answer)
            self._keep(exchange, answer)
            return _written(answer)

        return serve

    async def _answered(self, endpoint: _Endpoint, exchange: Exchange) -> Answer:
        if "slow" in self.misbehaving and not endpoint.browser:
            await self._sleep(self._core.ways.slow_seconds)
        if exchange.unreadable is None:
            return await endpoint.answer(self._core, exchange)
        exchange.because = exchange.unreadable
        if endpoint.browser:
            return answers.page(pages.problem(f"The request cannot be read: {exchange.unreadable}."), 400)
        return answers.problem(exchange, "invalid_request", exchange.unreadable)

    def _keep(self, exchange: Exchange, answer: Answer) -> None:
        self.log.keep(
            GatewayRequest(
                number=self.log.total + 1,
                at=self._core.clock(),
                endpoint=exchange.endpoint,
                mode=exchange.mode,
                method=exchange.method,
                url=exchange.url,
                parameters=exchange.parameters,
                json=exchange.json,
                headers=exchange.headers,
                hint=exchange.hint,
                status=answer.status,
                answer=answer.location if isinstance(answer.body, str) else answer.location or answer.body,
                client_id=exchange.client_id,
                error=exchange.error,
                because=exchange.because,
                repeated=exchange.repeated,
            )
        )


def _written(answer: Answer) -> Response:
    if answer.body is None:
        content = b""
    elif isinstance(answer.body, str):
        content = answer.body.encode()
    else:
        content = json.dumps(answer.body, ensure_ascii=False).encode()
    return Response(content, answer.status, answer.headers)


def _base(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
        good = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        )
    except ValueError:
        good = False
    if not good:
        raise GatewayError(f"{url!r} is no http(s) URL")
    return url.rstrip("/")
