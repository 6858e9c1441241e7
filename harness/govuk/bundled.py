"""The bundled department that issues to GOV.UK Wallet, with all that stands behind it, in one process."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from harness.govuk.status_requests import StatusListClient
from harness.govuk.status_service import StatusListService
from harness.govuk.surroundings import Surroundings, sector_host
from harness.govuk.token_service import WALLET_CLIENT_ID, TokenService
from harness.one_login.provider import OneLogin
from harness.one_login.relying_party import RelyingParty
from harness.reference.govuk.app import GovukIssuer
from harness.reference.govuk.variants import GovukVariant
from harness.settings import GovukSettings, OneLoginSettings, StatusServiceSettings


@dataclass(frozen=True)
class Addresses:
    """Base URLs, without a slash at the end."""

    issuer: str = "https://department.example.gov.uk"
    token_service: str = "https://token.account.gov.uk"
    one_login: str = "https://oidc.account.gov.uk"
    status_service: str = "https://crs.account.gov.uk"

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return (self.issuer, self.token_service, self.one_login, self.status_service)


@dataclass(frozen=True)
class Bundled:
    """The issuer and what stands behind it."""

    issuer: GovukIssuer
    surroundings: Surroundings

    @property
    def apps(self) -> tuple[Any, ...]:
        """The ASGI applications, in the order of the addresses."""
        around = self.surroundings
        assert around.one_login is not None
        assert around.status_service is not None
        return self.issuer.app, around.token_service.app, around.one_login.app, around.status_service.app


def bundled(
    variant: GovukVariant,
    faults: Iterable[str] = (),
    *,
    addresses: Addresses | None = None,
    http: Callable[[], httpx.AsyncClient],
    settings: GovukSettings | None = None,
    wallet_client_id: str = WALLET_CLIENT_ID,
    clock: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Bundled:
    """Make the bundled service of a department and register it everywhere.

    Args:
        variant: of the reference issuer.
        faults: those that are switched on.
        addresses: where everything is.
        http: makes clients that reach all of these addresses.
        settings: what a run is told besides, such as ``official_strict``.
        wallet_client_id: by which the token service knows the wallet.
        clock: seconds since 1970.
        random_bytes: randomness.

    """
    at = addresses or Addresses()
    issuer = GovukIssuer(
        variant,
        faults,
        base_url=at.issuer,
        clock=clock,
        random_bytes=random_bytes,
        http=http,
        one_login_url=at.one_login,
        token_service_url=at.token_service,
        status_service_url=at.status_service,
    )
    service = RelyingParty(**issuer.relying_party)
    client = StatusListClient(**issuer.status_client)
    told = dataclasses.replace(
        settings or GovukSettings(),
        client_id=service.client_id,
        journey_hosts=(_host(at.issuer),),
        one_login=OneLoginSettings(url=at.one_login, redirect_uris=service.redirect_uris),
        status_service=StatusServiceSettings(url=at.status_service, client_id=client.client_id),
    )
    tokens = TokenService(
        at.token_service, clock=clock, random_bytes=random_bytes, http=http, wallet_client_id=wallet_client_id
    )
    tokens.register(issuer.issuer_url)
    one_login = OneLogin(at.one_login, clients=[service], clock=clock, random_bytes=random_bytes, http=http)
    status = StatusListService(
        at.status_service, issuers=[client], clock=clock, random_bytes=random_bytes, http=http
    )
    around = Surroundings(told, tokens, one_login, status, sector_host(told, issuer.issuer_url), issuer.issuer_url)
    around.redeem_as()
    around.sign_in()
    return Bundled(issuer, around)


def _host(url: str) -> str:
    return httpx.URL(url).host
