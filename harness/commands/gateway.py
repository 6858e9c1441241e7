"""``assay gateway``: serves the bundled Staff Passport credential gateway until interrupted."""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import secrets
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.commands import UsageError
from harness.commands.serving import kept, listening, serve, telling, valued

if TYPE_CHECKING:
    from harness.reference.serve import Served
    from harness.staff_passport.gateway.external_system import ExternalSystem
    from harness.staff_passport.gateway.request_log import GatewayRequest
    from harness.staff_passport.gateway.setup import Setup

_LISTEN = "127.0.0.1:3004"
_CLIENT_ID = "my-external-system"
_SIGNING_KEY_BYTES = 32


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser(
        "gateway", help="serve the bundled Staff Passport credential gateway until interrupted"
    )
    parser.add_argument(
        "--listen",
        default=_LISTEN,
        metavar="[HOST:]PORT",
        help=f"where it listens; port 0 for any free one (default: {_LISTEN})",
    )
    parser.add_argument("--tls", action="store_true", help="serve https, with a certificate that is made anew")
    parser.add_argument(
        "--base-url", metavar="URL", help="where your external system reaches it (default: where it listens)"
    )
    parser.add_argument("--redirect-uri", action="append", default=[], metavar="URI", help="repeatable")
    parser.add_argument("--client-id", metavar="ID", help=f"of your external system (default: {_CLIENT_ID})")
    parser.add_argument(
        "--client-secret-env", metavar="NAME", help="environment variable with the secret (default: made anew)"
    )
    parser.add_argument(
        "--signing-key-env",
        metavar="NAME",
        help="environment variable with the credential signing key in Base64 (default: made anew)",
    )
    parser.add_argument("--organisation-id", metavar="ID", help="for revocation (default: made anew)")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="a gateway.toml: more external systems, employees, settings"
    )
    parser.add_argument(
        "--schema",
        type=Path,
        metavar="FILE",
        help="the attributes of the credentials, in place of the bundled ones",
    )
    parser.add_argument("--employee", metavar="NAME", help="whose wallet it is (default: the first employee's)")
    parser.add_argument(
        "--automatic", action="store_true", help="the wallet acts at once: it shares, and adds what it is issued"
    )
    parser.add_argument(
        "--misbehave", action="append", default=[], metavar="NAME", help="repeatable; see --list-misbehaviours"
    )
    parser.add_argument(
        "--list-misbehaviours", action="store_true", help="list what can be made to go wrong, and end"
    )
    parser.set_defaults(run=run)


def run(
    options: argparse.Namespace,
    environment: Mapping[str, str] = os.environ,
    write: Callable[[str], object] = sys.stdout.write,
    wait: Callable[[], object] | None = None,
) -> tuple[int, str]:
    """Serve the gateway until ``wait`` returns or is interrupted.

    Args:
        options: the arguments.
        environment: the environment variables.
        write: takes what is told meanwhile, in whole lines.
        wait: by default without end.

    Raises:
        UsageError: arguments, files or variables cannot be used, or the port is taken.

    """
    from harness.reference.serve import serving
    from harness.staff_passport.gateway import GatewayError

    if options.list_misbehaviours:
        return 0, "".join(_misbehaviours())

    tell = telling(write)

    def listener(request: GatewayRequest) -> None:
        # The page with a QR code loads itself again and again. The gateway goes on when nobody reads any more.
        if not request.waiting:
            with contextlib.suppress(OSError):
                tell(request.line())

    host, port = _address(options.listen)
    with listening(options.listen, GatewayError):
        setup = _setup(options, environment)
        service = serving(
            lambda base: setup.gateway(base, listener=listener), host=host, port=port, tls=options.tls
        )
        serve(service, lambda served: _beginning(served, options), tell, wait)
    return 0, ""


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    try:
        return host or _LISTEN.partition(":")[0], int(port)
    except ValueError:
        raise UsageError(f"--listen {text!r}: give HOST:PORT, or PORT alone") from None


def _setup(options: argparse.Namespace, environment: Mapping[str, str]) -> Setup:
    from harness.staff_passport.gateway import setup

    made = setup.read(options.config, environment) if options.config else setup.Setup()
    client = _client(options, environment)
    if client is None and not made.clients:
        raise UsageError("give --redirect-uri URI, or a --config with [[external_system]]")
    return replace(
        made,
        clients=(*made.clients, client) if client else made.clients,
        base_url=options.base_url or made.base_url,
        attended=made.attended and not options.automatic,
        employee=options.employee or made.employee,
        misbehave=(*made.misbehave, *options.misbehave),
        schema=options.schema or made.schema,
    )


_OF_A_CLIENT = ("client_id", "client_secret_env", "signing_key_env", "organisation_id")


def _client(options: argparse.Namespace, environment: Mapping[str, str]) -> ExternalSystem | None:
    from harness.staff_passport.gateway import setup
    from harness.staff_passport.gateway.external_system import ExternalSystem

    if not options.redirect_uri:
        for name in _OF_A_CLIENT:
            if getattr(options, name):
                raise UsageError(f"--{name.replace('_', '-')} needs --redirect-uri")
        return None
    secret, key = options.client_secret_env, options.signing_key_env
    return ExternalSystem(
        client_id=options.client_id or _CLIENT_ID,
        client_secret=setup.secret_of(secret, environment) if secret else secrets.token_urlsafe(24),
        signing_key=(
            setup.signing_key(setup.secret_of(key, environment))
            if key
            else secrets.token_bytes(_SIGNING_KEY_BYTES)
        ),
        organisation_id=options.organisation_id or str(uuid.uuid4()),
        redirect_uris=tuple(options.redirect_uri),
    )


def _misbehaviours() -> Iterator[str]:
    from harness.staff_passport.gateway.misbehaviours import MISBEHAVIOURS

    for one in MISBEHAVIOURS.values():
        yield f"{one.name:26} {one.effect}\n"


_ROLES = {
    "issuer": "issuer",
    "PAR": "pushed_authorization_request_endpoint",
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "JWKS": "jwks_uri",
}
"""What a line is called, and the member of the discovery document that it tells."""


def _beginning(served: Served, options: argparse.Namespace) -> Iterator[str]:
    """Say what to put into one's external system, and how to go on."""
    from harness.staff_passport.gateway import authorize
    from harness.staff_passport.gateway.core import V1, V2
    from harness.staff_passport.gateway.provider import REVOCATION_PATH

    gateway = served.issuer
    yield "The bundled credential gateway runs. It is a test service, not that of the NHS. Put into your system:"
    yield valued("base URL", gateway.base_url)
    for version in (V1, V2):
        yield f"{version.name}:"
        yield valued("discovery", f"{gateway.base_url}{version.discovery}")
        described = gateway.described(version)
        for role, member in _ROLES.items():
            yield valued(role, described[member])
        if version is V1:
            yield valued("authorize, verifying", f"{gateway.base_url}{authorize.WITHOUT_PUSHING}")
    yield "Both:"
    yield valued("revocation", f"{gateway.base_url}{REVOCATION_PATH}")
    if served.ca_pem:
        yield valued("TLS root to trust", kept(served.ca_pem))
    for client in gateway.clients:
        yield from _client_lines(client, options)
    held = gateway.wallet.identity
    yield f"Whose wallet it is: {held.first_name} {held.surname}"
    if gateway.misbehaving:
        yield f"What it does wrong: {', '.join(sorted(gateway.misbehaving))}"
    wallet = "Be the wallet" if gateway.wallet.attended else "The wallet acts by itself. Steer it"
    yield f"{wallet}, and see what was asked: {gateway.base_url}/sim/"
    yield "Ctrl-C ends it. Requests:"


def _client_lines(client: ExternalSystem, options: argparse.Namespace) -> Iterator[str]:
    # What the team has already is not repeated where others may read it.
    if options.redirect_uri and client.client_id == (options.client_id or _CLIENT_ID):
        named, made = options.client_secret_env, client.client_secret
        secret = f"that in {named}" if named else made
        named, made = options.signing_key_env, base64.b64encode(client.signing_key).decode()
        key = f"that in {named}" if named else made
    else:
        secret = key = f"as {options.config.name} says"
    yield "External system:"
    yield valued("client_id", client.client_id)
    yield valued("client_secret", secret)
    yield valued("signing key", key)
    yield valued("organisation id", client.organisation_id)
    for uri in client.redirect_uris:
        yield valued("redirect_uri", uri)
