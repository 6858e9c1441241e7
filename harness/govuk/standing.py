"""The services behind GOV.UK Wallet on sockets of this machine, for an issuer elsewhere that has to reach them."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from harness.govuk.status_requests import StatusListClient
from harness.govuk.status_service import StatusListService
from harness.govuk.surroundings import Surroundings, SurroundingsError, person, sector_host
from harness.govuk.token_service import WALLET_CLIENT_ID, TokenService
from harness.one_login import OneLoginError
from harness.one_login.provider import OneLogin
from harness.one_login.relying_party import RelyingParty
from harness.reference.serve import Place, Served, serving
from harness.settings import GovukSettings, OneLoginSettings, ServiceSettings, Settings
from harness.transport import tls_context


@contextlib.contextmanager
def standing(settings: Settings, *, clock: Callable[[], float] = time.time) -> Iterator[Surroundings]:
    """Serve what the settings name while the context lasts.

    Raises:
        SurroundingsError: the settings cannot be, or a port is taken.

    """
    govuk = settings.govuk
    issuer = settings.issuer_url or ""

    def http() -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=tls_context(settings.trust.tls_ca))

    with contextlib.ExitStack() as stack:

        def place(which: str, service: ServiceSettings) -> tuple[Place, str]:
            served = _served(stack, which, service)
            return served.issuer, service.url or served.base_url

        address, url = place("token_service", govuk.token_service)
        wallet = settings.client.client_id or WALLET_CLIENT_ID
        tokens = TokenService(url, clock=clock, http=http, wallet_client_id=wallet)
        # That a code names another client is for a check to say, and no reason to give out no token.
        tokens.register(issuer)
        address.occupant = tokens
        one_login = status = None
        if govuk.one_login.redirect_uris:
            address, url = place("one_login", govuk.one_login)
            try:
                one_login = OneLogin(
                    url,
                    clients=[relying_party(govuk)],
                    clock=clock,
                    http=http,
                    require_user_agent=govuk.one_login.strict_user_agent,
                )
            except OneLoginError as error:
                raise SurroundingsError(f"govuk.one_login: {error}") from error
            address.occupant = one_login
        if govuk.status_service.client_id is not None:
            address, url = place("status_service", govuk.status_service)
            keys = govuk.status_service.jwks_url or f"{issuer.rstrip('/')}/.well-known/jwks.json"
            client = StatusListClient(govuk.status_service.client_id, keys)
            address.occupant = status = StatusListService(url, issuers=[client], clock=clock, http=http)
        made = Surroundings(govuk, tokens, one_login, status, sector_host(govuk, issuer), issuer)
        for name in (govuk.user, govuk.other_user):
            person(name)
        _ = made.environment
        made.redeem_as()
        made.sign_in()
        yield made


def _served(stack: contextlib.ExitStack, which: str, service: ServiceSettings) -> Served:
    host, _, port = service.listen.rpartition(":")
    try:
        return stack.enter_context(serving(Place, host=host, port=int(port), tls=False))
    except (OSError, OverflowError, RuntimeError) as error:
        raise SurroundingsError(f"govuk.{which}.listen: {service.listen} cannot be used: {error}") from error


def relying_party(settings: GovukSettings) -> RelyingParty:
    """Give the registration of the issuer's web service at One Login.

    Raises:
        SurroundingsError: its key cannot be read.
        OneLoginError: the registration cannot be.

    """
    told: OneLoginSettings = settings.one_login
    given: dict[str, Any] = {
        name: getattr(told, name)
        for name in (
            "jwks_url",
            "client_secret",
            "back_channel_logout_uri",
            "post_logout_redirect_uris",
            "id_token_signing_algorithm",
        )
    }
    given |= {name: getattr(told, name) for name in ("scopes", "claims", "levels") if getattr(told, name)}
    if told.public_key is not None:
        given["public_keys"] = (_public_key(told.public_key),)
    return RelyingParty(
        client_id=settings.client_id or "",
        redirect_uris=told.redirect_uris,
        sector_host=sector_host(settings, told.redirect_uris[0]),
        **given,
    )


def _public_key(path: Path) -> Mapping[str, Any]:
    from jwcrypto.common import JWException
    from jwcrypto.jwk import JWK

    try:
        key: dict[str, Any] = json.loads(JWK.from_pem(path.read_bytes()).export_public())
    except (OSError, JWException, ValueError, TypeError) as error:
        raise SurroundingsError(f"govuk.one_login.public_key: {path} has no public key in PEM") from error
    return key
