"""Serves an issuer on loopback over TLS, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from harness.reference import clients, tls_front, tls_server
from harness.reference.app import ReferenceIssuer
from harness.reference.tls import presenting
from harness.reference.tls_draft import TlsDraft
from harness.reference.variants import DEFAULT, Variant, variant

HOST = "127.0.0.1"
START_SECONDS = 10
STOP_SECONDS = 5


class Hosted(Protocol):
    """What can be served."""

    @property
    def app(self) -> Any:
        """The ASGI application."""

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""


class Place:
    """An address that serves what is put there later, when all addresses are known.

    Args:
        base_url: where it is.

    """

    def __init__(self, base_url: str) -> None:
        self.issuer_url = base_url
        self.occupant: Any = None

    @property
    def app(self) -> Place:
        """The ASGI application: this very place."""
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the occupant answer."""
        await self.occupant.app(scope, receive, send)


@dataclass(frozen=True)
class Served:
    """A running issuer."""

    url: str
    """The Credential Issuer Identifier."""
    base_url: str
    """Scheme and authority."""
    ca_pem: str
    """The TLS root to trust, in PEM; empty without TLS."""
    issuer: Any
    """What was served, for example a ``ReferenceIssuer``."""


class _Server(uvicorn.Server):
    """Tells when it accepts connections, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.settled.set()


@cache
def _tls_authority() -> trustme.CA:
    return trustme.CA(organization_name="Assay loopback TLS")


class _TlsAwareProtocol(H11Protocol):
    """Tells the application which certificate the client showed, which uvicorn does not."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in its base
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls else None
        if shown:
            self.app = presenting(self.app, [ssl.DER_cert_to_PEM_cert(shown)])


def _tls_context(hosted: Hosted, draft: TlsDraft | None, names: tuple[str, ...]) -> ssl.SSLContext:
    if draft is None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        _tls_authority().issue_cert(*names).configure_cert(context)
    else:
        context = tls_server.context(draft, _tls_authority(), names)
    trusted = _client_authorities(hosted)
    if trusted:
        # Wallets that only look at metadata, and browsers, come without a certificate.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata="".join(trusted))
    return context


def _tls_draft(hosted: Hosted) -> TlsDraft | None:
    """Say how TLS is to be done where a profile judges that; elsewhere the library's defaults will do."""
    return hosted.tls() if isinstance(hosted, ReferenceIssuer) and hosted.variant.of_fapi else None


def _client_authorities(hosted: Hosted) -> list[str]:
    """Give the certificates that certify the registered clients, in PEM, where those use mutual TLS."""
    if not isinstance(hosted, ReferenceIssuer):
        return []
    registered = clients.registered(hosted.variant).values()
    return sorted({client.tls.issuer_pem for client in registered if client.tls})


@contextlib.contextmanager
def serving(
    issuer: str | Variant | Callable[[str], Hosted] = DEFAULT,
    faults: Iterable[str] = (),
    *,
    host: str = HOST,
    port: int = 0,
    tls: bool = True,
    name: str | None = None,
) -> Iterator[Served]:
    """Serve an issuer on this machine while the context lasts.

    ``issuer`` is a variant of the reference issuer or its name, served with ``faults``, or a function that gets
    the base URL and gives what to serve. ``port`` 0 takes any free one. ``name`` is what URLs call ``host``, where
    it has a name.

    Raises:
        ValueError: there is no such variant or fault.
        OSError: the port is taken.
        RuntimeError: the server does not start.

    """
    # Only where the protocol is named does asyncio send small answers at once (TCP_NODELAY).
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        scheme = "https" if tls else "http"
        base_url = f"{scheme}://{name or host}:{listener.getsockname()[1]}"
        hosted = _host(issuer, faults, base_url)
        names = tuple(dict.fromkeys(("localhost", HOST, *([name] if name else []))))
        with _running_behind(listener, hosted, names) if tls else _running(hosted.app, listener, None):
            ca_pem = _tls_authority().cert_pem.bytes().decode("ascii") if tls else ""
            yield Served(hosted.issuer_url, base_url, ca_pem, hosted)


def _host(issuer: str | Variant | Callable[[str], Hosted], faults: Iterable[str], base_url: str) -> Hosted:
    if isinstance(issuer, str):
        issuer = variant(issuer)
    if isinstance(issuer, Variant):
        return ReferenceIssuer(issuer, faults, base_url=base_url)
    return issuer(base_url)


@contextlib.contextmanager
def _running_behind(listener: socket.socket, hosted: Hosted, names: tuple[str, ...]) -> Iterator[None]:
    """Serve over TLS; where one server cannot play what is wanted, several do behind one address."""
    draft = _tls_draft(hosted)
    if draft is None or not (draft.prefers_older or draft.also_plain):
        with _running(hosted.app, listener, _tls_context(hosted, draft, names)):
            yield
        return
    with contextlib.ExitStack() as stack:

        def running(tls: ssl.SSLContext | None) -> int:
            own = stack.enter_context(contextlib.closing(socket.socket(type=socket.SOCK_STREAM)))
            own.bind((HOST, 0))
            stack.enter_context(_running(hosted.app, own, tls))
            return int(own.getsockname()[1])

        port = running(_tls_context(hosted, draft, names))
        if draft.also_plain:
            plain = running(None)
            stack.enter_context(
                tls_front.fronting(listener, lambda begun: plain if tls_front.speaks_http(begun) else port)
            )
        else:
            older = running(_tls_context(hosted, replace(draft, highest="1.2"), names))
            stack.enter_context(
                tls_front.fronting(listener, lambda begun: older if tls_front.has_tls_1_2(begun) else port)
            )
        yield


@contextlib.contextmanager
def _running(app: Any, listener: socket.socket, tls: ssl.SSLContext | None) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        http=_TlsAwareProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        # The issuer has a clock of its own.
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    # The certificate exists in memory only, and uvicorn's own settings are paths of files.
    config.ssl = tls
    server = _Server(config)
    thread = threading.Thread(target=_run, args=(server, listener), name="assay-issuer", daemon=True)
    thread.start()
    try:
        server.settled.wait(START_SECONDS)
        if not server.started:
            raise RuntimeError("the reference issuer does not start")
        yield
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)


def _run(server: _Server, listener: socket.socket) -> None:
    try:
        server.run(sockets=[listener])
    finally:
        server.settled.set()
