"""``assay one-login``: serves the bundled GOV.UK One Login until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.commands import UsageError
from harness.commands.serving import listening, serve, telling

if TYPE_CHECKING:
    from harness.one_login.provider import OneLogin
    from harness.one_login.relying_party import RelyingParty
    from harness.one_login.request_log import Received
    from harness.one_login.setup import Setup


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("one-login", help="serve the bundled GOV.UK One Login until interrupted")
    parser.add_argument("--port", type=int, default=3002, help="0 for any free port (default: 3002)")
    parser.add_argument(
        "--base-url", metavar="URL", help="where your service reaches it (default: where it listens)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: 127.0.0.1)")
    parser.add_argument("--client-id", metavar="ID", help="the client id of your service")
    parser.add_argument("--redirect-uri", action="append", default=[], metavar="URI", help="repeatable")
    parser.add_argument("--public-key", type=Path, metavar="FILE", help="RSA public key: PEM, JWK or JWK Set")
    parser.add_argument("--jwks-url", metavar="URL", help="where your service publishes its keys instead")
    parser.add_argument(
        "--client-secret-env", metavar="NAME", help="environment variable with the secret for client_secret_post"
    )
    parser.add_argument(
        "--post-logout-redirect-uri", action="append", default=[], metavar="URI", help="repeatable"
    )
    parser.add_argument("--back-channel-logout-uri", metavar="URL", help="who is told when a user signs out")
    parser.add_argument("--sector-identifier-uri", metavar="URL", help="default: that of the first redirect URI")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="a one-login.toml: more clients, people, settings"
    )
    parser.add_argument("--interactive", action="store_true", help="choose the user on a page, at each sign-in")
    parser.add_argument("--signs-in", metavar="NAME", help="who signs in (default: the first person)")
    parser.add_argument(
        "--inject", action="append", default=[], metavar="ERROR", help="repeatable; see --list-errors"
    )
    parser.add_argument("--list-errors", action="store_true", help="list the errors that can be injected, and end")
    parser.set_defaults(run=run)


def run(
    options: argparse.Namespace,
    environment: Mapping[str, str] = os.environ,
    write: Callable[[str], object] = sys.stdout.write,
    wait: Callable[[], object] | None = None,
) -> tuple[int, str]:
    """Serve the provider until ``wait`` returns or is interrupted.

    Args:
        options: the arguments.
        environment: the environment variables.
        write: takes what is told meanwhile, in whole lines.
        wait: by default without end.

    Raises:
        UsageError: arguments, files or variables cannot be used, or the port is taken.

    """
    from harness.one_login import OneLoginError
    from harness.reference.serve import serving

    if options.list_errors:
        return 0, "".join(_errors())

    tell = telling(write)

    def listener(received: Received) -> None:
        # The provider goes on when nobody reads any more.
        with contextlib.suppress(OSError):
            tell(received.line())

    with listening(f"{options.host}:{options.port}", OneLoginError):
        setup = _setup(options, environment)
        service = serving(
            lambda base: setup.provider(base, listener), host=options.host, port=options.port, tls=False
        )
        serve(service, lambda served: _beginning(served.issuer), tell, wait)
    return 0, ""


def _setup(options: argparse.Namespace, environment: Mapping[str, str]) -> Setup:
    from harness.one_login import setup

    made = setup.read(options.config, environment) if options.config else setup.Setup()
    client = _client(options, environment)
    if client is None and not made.clients:
        raise UsageError("give --client-id, --redirect-uri and --public-key FILE, or a --config with [[client]]")
    return replace(
        made,
        clients=(*made.clients, client) if client else made.clients,
        base_url=options.base_url or made.base_url,
        interactive=options.interactive or made.interactive,
        signs_in=options.signs_in or made.signs_in,
        errors=(*made.errors, *options.inject),
    )


_OF_A_CLIENT = (
    "redirect_uri",
    "public_key",
    "jwks_url",
    "client_secret_env",
    "post_logout_redirect_uri",
    "back_channel_logout_uri",
    "sector_identifier_uri",
)


def _client(options: argparse.Namespace, environment: Mapping[str, str]) -> RelyingParty | None:
    from harness.one_login import setup
    from harness.one_login.relying_party import RelyingParty

    if options.client_id is None:
        for name in _OF_A_CLIENT:
            if getattr(options, name):
                raise UsageError(f"--{name.replace('_', '-')} needs --client-id")
        return None
    sector, secret = options.sector_identifier_uri, options.client_secret_env
    return RelyingParty(
        client_id=options.client_id,
        redirect_uris=tuple(options.redirect_uri),
        public_keys=setup.public_keys(options.public_key) if options.public_key else (),
        jwks_url=options.jwks_url,
        client_secret=setup.secret_of(secret, environment) if secret else None,
        post_logout_redirect_uris=tuple(options.post_logout_redirect_uri),
        back_channel_logout_uri=options.back_channel_logout_uri,
        sector_host=setup.sector_host(sector) if sector else "",
    )


def _errors() -> Iterator[str]:
    from harness.one_login.injectable import INJECTABLE

    for error in INJECTABLE.values():
        yield f"{error.name:34} {error.place:14} {error.effect}\n"


def _beginning(provider: OneLogin) -> Iterator[str]:
    """Say what to put into one's service, and how to go on."""
    context = provider.context
    yield "The bundled One Login runs. It is a test service, not GOV.UK One Login. Put into your service:"
    yield f"  discovery            {provider.base_url}/.well-known/openid-configuration"
    yield f"  issuer               {provider.issuer}"
    yield f"  aud of assertions    {provider.base_url}/token"
    yield f"  identity issuer      {context.identity_url}/"
    yield f"  DID document         {context.identity_url}/.well-known/did.json"
    for client in context.clients.values():
        yield from _client_lines(provider, client)
    yield f"Who signs in: {'chosen on a page' if context.interactive else context.next_person.name}"
    if context.injected:
        yield f"Errors that are on: {', '.join(sorted(context.injected))}"
    yield f"Steer it, and see what your service asked: {provider.base_url}/assay"
    yield "Ctrl-C ends it. Requests:"


def _client_lines(provider: OneLogin, client: RelyingParty) -> Iterator[str]:
    from harness.govuk.people import wallet_subject_id

    way = "client_secret_post" if client.client_secret else "private_key_jwt"
    yield f"Client {client.client_id} ({way}), sector {client.sector}"
    for uri in client.redirect_uris:
        yield f"  redirect_uri         {uri}"
    yield f"  scopes               {' '.join(client.scopes)}"
    for person in provider.context.people.values():
        yield f"  {person.name:20} {wallet_subject_id(person, client.sector)}"
