"""``assay mattr``: serves the bundled MATTR VII tenant until interrupted, for back ends and wallets to try."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.commands import UsageError
from harness.commands.serving import Tell, kept, listening, serve, telling, valued

if TYPE_CHECKING:
    from harness.reference.serve import Served
    from harness.vendors.mattr.tenant import Tenant

_PORT = 3005
_OWN_SOURCE = "http://claims-source.invalid/claims"
"""What stands for the bundled claims source, which has no address: the tenant asks it directly."""


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("mattr", help="serve the bundled MATTR VII tenant until interrupted")
    parser.add_argument("--port", type=int, default=_PORT, help=f"0 for any free port (default: {_PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument("--tls", action="store_true", help="serve https, with a certificate that is made anew")
    parser.add_argument("--base-url", metavar="URL", help="where others reach it (default: where it listens)")
    parser.add_argument(
        "--variant", default="mattr-as-documented", help="mattr-as-documented (default) or mattr-corrected-1.0"
    )
    parser.add_argument("--claims-source", metavar="URL", help="a claims source of yours (default: a bundled one)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID", help="repeatable; see assay list faults"
    )
    parser.set_defaults(run=run)


def run(
    options: argparse.Namespace,
    write: Callable[[str], object] = sys.stdout.write,
    wait: Callable[[], object] | None = None,
) -> tuple[int, str]:
    """Serve the tenant until ``wait`` returns or is interrupted.

    Args:
        options: the arguments.
        write: takes what is told meanwhile, in whole lines.
        wait: by default without end.

    Raises:
        UsageError: arguments cannot be used, or the port is taken.

    """
    from harness.reference.serve import serving

    tell = telling(write)
    with listening(f"{options.host}:{options.port}", _TenantError):
        service = serving(
            lambda base: _Told(_tenant(options, options.base_url or base), tell),
            host=options.host,
            port=options.port,
            tls=options.tls,
        )
        serve(service, lambda served: _beginning(served, options), tell, wait)
    return 0, ""


class _TenantError(Exception):
    """There is no such tenant; the message is one line."""


def _tenant(options: argparse.Namespace, base_url: str) -> Tenant:
    import httpx

    from harness.vendors.mattr.claims_source import ClaimsSource
    from harness.vendors.mattr.tenant import Tenant
    from harness.vendors.mattr.variants import mattr_variant

    if options.claims_source is not None and not options.claims_source.startswith(("http://", "https://")):
        raise UsageError(f"--claims-source {options.claims_source!r}: give a URL")
    bundled = httpx.ASGITransport(ClaimsSource().app)
    try:
        return Tenant(
            mattr_variant(options.variant),
            options.fault,
            base_url=base_url,
            http=lambda: httpx.AsyncClient(transport=None if options.claims_source else bundled),
            claims_source_url=options.claims_source or _OWN_SOURCE,
        )
    except ValueError as error:
        raise _TenantError(str(error)) from error


@dataclass(frozen=True)
class _Told:
    """A tenant whose answers are told in a line each."""

    tenant: Tenant
    tell: Tell

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""
        return self.tenant.issuer_url

    @property
    def app(self) -> _Told:
        """The ASGI application: this very object."""
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the tenant answer."""

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                # The tenant goes on when nobody reads any more.
                with contextlib.suppress(OSError):
                    self.tell(f"{scope['method']} {scope['path']} {message['status']}")
            await send(message)

        await self.tenant.app(scope, receive, sending)


def _beginning(served: Served, options: argparse.Namespace) -> Iterator[str]:
    """Say what to put into one's back end, and how to go on."""
    from harness.vendors.mattr import context as places
    from harness.vendors.mattr.claims_source import API_KEY

    tenant: Tenant = served.issuer.tenant
    url, login = tenant.base_url, tenant.administrator
    yield "The bundled MATTR VII tenant runs. It is a test service, not that of MATTR. Put into your back end:"
    yield valued("tenant, issuer", url)
    yield valued("access tokens", f"{url}{places.ADMIN_TOKEN}")
    for name in ("audience", "client_id", "client_secret"):
        yield valued(name, login[name])
    yield valued("offers", f"{url}{places.OFFERS}")
    if served.ca_pem:
        yield valued("TLS root to trust", kept(served.ca_pem))
    yield "Configurations that offers can be for:"
    for name, identifier in tenant.configurations.items():
        yield valued(name, identifier)
    if options.claims_source:
        yield valued("claims source", f"{options.claims_source}, asked with {API_KEY} in x-api-key")
    if options.fault:
        yield f"What it does wrong: {', '.join(sorted(options.fault))}"
    yield "Ctrl-C ends it. Requests:"
