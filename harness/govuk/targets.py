"""What is under test in a run of GOV.UK Wallet: the team's issuer, or the bundled department, over sockets."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from harness.govuk.bundled import Addresses, Bundled, bundled
from harness.govuk.standing import standing
from harness.govuk.surroundings import Surroundings, SurroundingsError, mounts
from harness.govuk.token_service import WALLET_CLIENT_ID
from harness.preflight import PreflightError
from harness.reference.govuk.variants import govuk_variant
from harness.reference.serve import Place, serving
from harness.settings import HttpHook, Settings
from harness.target import REFERENCE, Target
from harness.transport import tls_context


def open_govuk(settings: Settings, variant: str) -> Target:
    """Start what the wallet needs, and the bundled department where that is under test.

    Args:
        variant: of the bundled department.

    Raises:
        PreflightError: the settings cannot be, or a port is taken.

    """
    with contextlib.ExitStack() as stack:
        try:
            if settings.issuer_url == REFERENCE:
                started, made = stack.enter_context(_bundled(settings, variant))
                return Target(started, stack.pop_all().close, made.surroundings, mounts(made.surroundings))
            _can_be_reached(settings)
            settings = _as_wallet(settings)
            around = stack.enter_context(standing(settings))
        except SurroundingsError as error:
            raise PreflightError(str(error)) from error
        return Target(settings, stack.pop_all().close, around, mounts(around), _played(around))


def _played(around: Surroundings) -> list[str]:
    """Say where the services are that the run plays, for whoever has to tell the issuer."""
    played = {
        "token service": around.token_service,
        "One Login": around.one_login,
        "status list service": around.status_service,
    }
    places = (f"{name} {service.base_url}" for name, service in played.items() if service is not None)
    return [
        f"Played here, and to be named in the settings of the issuer: {', '.join(places)}.",
        f"The wallet's user is {around.user.name}, for the issuer {around.subject}.",
    ]


def _as_wallet(settings: Settings) -> Settings:
    """Give the settings with the client_id by which the token service knows the wallet."""
    client = replace(settings.client, client_id=settings.client.client_id or WALLET_CLIENT_ID)
    return replace(settings, client=client)


def _can_be_reached(settings: Settings) -> None:
    govuk = settings.govuk
    if govuk.token_service.listen.endswith(":0"):
        raise PreflightError(
            "the issuer has to know the token service that this run plays: give it a port in assay.toml, such as"
            ' [govuk.token_service] listen = "127.0.0.1:3001", and name its URL in authorization_servers'
        )
    for name, service, used in (
        ("one_login", govuk.one_login, govuk.one_login.redirect_uris),
        ("status_service", govuk.status_service, govuk.status_service.client_id),
    ):
        if used and service.listen.endswith(":0"):
            raise PreflightError(
                f"the issuer has to know the address of [govuk.{name}], which this run plays: give it a port in"
                ' assay.toml, such as listen = "127.0.0.1:3002"'
            )


@contextlib.contextmanager
def _bundled(settings: Settings, variant: str) -> Iterator[tuple[Settings, Bundled]]:
    with contextlib.ExitStack() as stack:
        served = [stack.enter_context(serving(Place)) for _ in range(4)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        ca = folder / "tls-ca.pem"
        ca.write_text(served[0].ca_pem)
        iaca = folder / "iaca.pem"

        def http() -> httpx.AsyncClient:
            return httpx.AsyncClient(verify=tls_context(ca))

        made = bundled(
            govuk_variant(variant),
            addresses=Addresses(*(each.base_url for each in served)),
            http=http,
            settings=settings.govuk,
            wallet_client_id=settings.client.client_id or WALLET_CLIENT_ID,
        )
        iaca.write_text(made.issuer.iaca_pem)
        can = made.issuer.operations
        occupants = (made.issuer, *_services(made))
        for each, occupant in zip(served, occupants, strict=True):
            each.issuer.occupant = occupant
        url = made.issuer.issuer_url
        wish = {"configuration": "{configuration}", "subject": "{wallet_subject_id}", "person": "{email}"}
        hook = HttpHook(name="offer", url=f"{url}/assay/offers", method="POST", json=wish)
        started = replace(
            _as_wallet(settings),
            issuer_url=url,
            offers=settings.offers or (hook,),
            revoke=settings.revoke or (_operating(url, "revoke") if "revoke" in can else None),
            change_claims=settings.change_claims or _operating(url, "change_claims"),
            stop_reissuing=settings.stop_reissuing or _operating(url, "stop_reissuing"),
            rotate_keys=settings.rotate_keys or _operating(url, "rotate_keys"),
            trust=replace(settings.trust, tls_ca=ca, iaca=(iaca,)),
            govuk=made.surroundings.settings,
        )
        yield started, made


def _services(made: Bundled) -> tuple[Any, Any, Any]:
    around = made.surroundings
    return around.token_service, around.one_login, around.status_service


def _operating(url: str, operation: str) -> HttpHook:
    body = {"operation": operation, "credential": "{credential}"}
    return HttpHook(name=operation, url=f"{url}/assay/credentials", method="POST", json=body)
