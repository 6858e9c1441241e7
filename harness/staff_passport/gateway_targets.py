"""Which gateway is under test: a team's or the NHS's own, or the bundled one for the length of a run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.evidence import Tools
from harness.preflight import PreflightError
from harness.reference.serve import Place, serving
from harness.settings import Settings, StaffPassportSettings, SystemSettings
from harness.staff_passport import templates
from harness.staff_passport.bundled import EMPLOYEE, system_of
from harness.staff_passport.employees import EMPLOYEES
from harness.staff_passport.endpoints import DOCUMENTS, endpoints
from harness.staff_passport.gateway import GatewayError
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.setup import ways
from harness.staff_passport.gateway_handle import Details, GatewayHandle
from harness.staff_passport.gateway_under_test import GatewayUnderTest
from harness.staff_passport.scanning import AttendedWallet, AutomaticWallet, NoWallet, Wallet
from harness.subject import Subject
from harness.target import REFERENCE, Target
from harness.transport import Reply, TransportFailure, is_loopback

REDIRECT_URI = "http://127.0.0.1:3005/callback"
"""Where browsers come back to from the bundled gateway; nobody listens there."""
_REQUEST_S = 5
"""How long a pushed request lives at the bundled gateway: a check waits until one has expired."""
SECOND = SystemSettings("assay-second-system", "assay-second-system-secret")
"""Another external system that the bundled gateway knows."""


def open_gateway(settings: Settings, variant: str) -> Target:
    """Give the gateway that is under test; starts the bundled one over loopback TLS when that is asked for.

    Args:
        variant: of the bundled gateway, of which there is one.

    Raises:
        PreflightError: the settings cannot be.

    """
    del variant
    if settings.issuer_url != REFERENCE:
        if not settings.staff_passport.redirect_uris:
            raise PreflightError(
                "the gateway knows the external system that this run plays by a redirect URL: give"
                " [staff_passport] redirect_uris in assay.toml, beside client_id, client_secret and signing_key"
            )
        return Target(settings, lambda: None, look=looking(settings))
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(serving(Place))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        ca = folder / "tls-ca.pem"
        ca.write_text(place.ca_pem)
        told = as_registered(settings.staff_passport)
        try:
            gateway = bundled_gateway(place.base_url, told)
        except (GatewayError, templates.TemplatesError) as error:
            raise PreflightError(str(error)) from error
        place.issuer.occupant = gateway
        started = replace(
            settings,
            issuer_url=gateway.base_url,
            trust=replace(settings.trust, tls_ca=ca),
            staff_passport=told,
        )
        return Target(started, stack.pop_all().close, look=looking(started))


def as_registered(settings: StaffPassportSettings) -> StaffPassportSettings:
    """Give the settings of a team whose external system is registered at the bundled gateway."""
    return replace(
        settings,
        redirect_uris=settings.redirect_uris or (REDIRECT_URI,),
        second=settings.second or SECOND,
        wallet="automatic",
        ways={"request_seconds": _REQUEST_S, **settings.ways},
    )


def bundled_gateway(
    base_url: str, settings: StaffPassportSettings, faults: Iterable[str] = (), **more: Any
) -> Gateway:
    """Make a gateway that knows the external systems of some settings.

    Args:
        faults: those that are switched on.
        more: further arguments of the gateway.

    Raises:
        GatewayError, TemplatesError: it cannot be.

    """
    return Gateway(
        base_url,
        clients=_systems(settings),
        templates=templates.with_own(settings.schema),
        ways=ways(settings.ways),
        faults=faults,
        **more,
    )


def looking(settings: Settings) -> Callable[[Tools], Awaitable[Subject]]:
    """Give what looks at the gateway of some settings before the first check."""

    async def look(tools: Tools) -> Subject:
        return await look_at_gateway(
            settings.issuer_url or "", settings.staff_passport, tools, allow_http=settings.allow_http
        )

    return look


async def look_at_gateway(
    url: str, settings: StaffPassportSettings, tools: Tools, *, allow_http: bool = False
) -> GatewayUnderTest:
    """Look at a gateway and find its endpoints.

    Raises:
        PreflightError: the run makes no sense.

    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PreflightError(f"--issuer-url {url!r} is not an http or https URL")
    if parts.scheme == "http" and not (allow_http or is_loopback(url)):
        raise PreflightError(
            f"{url} is plain http on another machine; use https, or --vci-allow-http in a closed network"
        )
    try:
        system, *second = _systems(settings)
    except GatewayError as error:
        raise PreflightError(str(error)) from error
    base = url.rstrip("/")
    replies: list[Reply] = []
    for path in DOCUMENTS:
        try:
            replies.append(await tools.client.send("discovery", "GET", f"{base}{path}"))
        except TransportFailure as failure:
            hint = '; to trust its CA: [trust] tls_ca = "ca.pem" in assay.toml' if failure.kind == "tls" else ""
            raise PreflightError(f"{failure.message}{hint}") from failure
        if replies[-1].successful:
            break
    document = replies[-1].object if replies[-1].successful else {}
    gateway = GatewayHandle(
        base,
        endpoints(base, document),
        system,
        _details(settings),
        tools,
        second=second[0] if second else None,
    )
    return GatewayUnderTest(gateway, _wallet(settings, gateway, tools), replies)


def _wallet(settings: StaffPassportSettings, gateway: GatewayHandle, tools: Tools) -> Wallet:
    if settings.wallet == "attended":
        return AttendedWallet(settings.wallet_s)
    if settings.wallet == "automatic":
        return AutomaticWallet(gateway, tools, settings.wallet_s)
    return NoWallet()


def _details(settings: StaffPassportSettings) -> Details:
    known = EMPLOYEES[EMPLOYEE]
    told = settings.employee.unique_identifier if settings.employee else None
    attributes = settings.attributes or known.records.get(settings.template, {})
    return Details(settings.template, attributes, told or known.unique_identifier)


def _systems(settings: StaffPassportSettings) -> list[ExternalSystem]:
    """Give the registered external systems: the one that is played, and another one if it is known.

    Raises:
        GatewayError: a redirect URL is none.

    """
    systems = [system_of(settings)]
    if told := settings.second:
        systems.append(
            ExternalSystem(
                client_id=told.client_id,
                client_secret=told.client_secret,
                signing_key=told.client_secret.encode(),
                redirect_uris=settings.redirect_uris,
                organisation_id=told.client_id,
            )
        )
    return systems
