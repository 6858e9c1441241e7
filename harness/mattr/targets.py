"""What is under test in a run for MATTR VII: the bundled tenant with its claims source, over sockets."""

from __future__ import annotations

import contextlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from harness.preflight import PreflightError
from harness.reference.serve import Place, serving
from harness.settings import HttpHook, Settings
from harness.target import REFERENCE, Target
from harness.transport import tls_context
from harness.vendors.mattr.claims_source import API_KEY, ClaimsSource
from harness.vendors.mattr.context import sample_claims
from harness.vendors.mattr.tenant import Tenant
from harness.vendors.mattr.variants import mattr_variant

STATES = {"revoke": "invalid", "suspend": "suspended", "reinstate": "valid"}
"""What a team can do to a credential, and the status that it then has at the tenant."""
_PATH = "/assay/status"


def open_mattr(settings: Settings, variant: str) -> Target:
    """Start the bundled tenant, or what the team's own one asks for claims.

    Args:
        variant: of the tenant.

    Raises:
        PreflightError: the claims source cannot listen where it was told to.

    """
    if settings.issuer_url != REFERENCE:
        return _of_the_team(settings)
    with contextlib.ExitStack() as stack:
        place, source = (stack.enter_context(serving(Place)) for _ in range(2))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        ca = folder / "tls-ca.pem"
        ca.write_text(place.ca_pem)
        context = tls_context(ca)
        tenant = Tenant(
            mattr_variant(variant),
            base_url=place.base_url,
            http=lambda: httpx.AsyncClient(verify=context),
            claims_source_url=f"{source.base_url}/claims",
        )
        place.issuer.occupant = SimpleNamespace(app=_with_operations(tenant))
        claims_source = source.issuer.occupant = ClaimsSource()
        claims, configured, iaca = (folder / name for name in ("claims.json", "configurations.json", "iaca.pem"))
        claims.write_text(json.dumps(sample_claims()))
        configured.write_text(json.dumps(tenant.mobile_configurations))
        iaca.write_text(tenant.iaca_pem)
        administrator = tenant.administrator
        others = tenant.context.configurations.keys() - set(tenant.configurations.values())
        hooks: dict[str, Any] = {
            name: _operating(tenant, name) for name in STATES if name != "suspend" or _suspends(tenant)
        }
        started = replace(
            settings,
            **{name: getattr(settings, name) or hook for name, hook in hooks.items()},
            issuer_url=tenant.issuer_url,
            configurations=settings.configurations or tuple(tenant.configurations.values()),
            trust=replace(settings.trust, tls_ca=ca, iaca=(iaca,)),
            mattr=replace(
                settings.mattr,
                audience=administrator["audience"],
                client_id=administrator["client_id"],
                client_secret=administrator["client_secret"],
                claims=claims,
                configurations=configured,
                other_configuration=next(iter(sorted(others)), None),
            ),
        )
        return Target(started, stack.pop_all().close, claims_source=claims_source)


def _of_the_team(settings: Settings) -> Target:
    listen = settings.mattr.claims_source
    if listen is None:
        return Target(settings, lambda: None)
    host, _, port = listen.rpartition(":")
    played = ClaimsSource()
    with contextlib.ExitStack() as stack:
        try:
            served = stack.enter_context(serving(Place, host=host.strip("[]"), port=int(port), tls=False))
        except (OSError, OverflowError, RuntimeError) as error:
            raise PreflightError(f"mattr.claims_source: {listen} cannot be used: {error}") from error
        served.issuer.occupant = played
        told = (f"Claims source: {served.base_url}, which wants {API_KEY} in x-api-key",)
        return Target(settings, stack.pop_all().close, claims_source=played, played=told)


def _suspends(tenant: Tenant) -> bool:
    """Whether the status lists of a tenant can say that a document is suspended."""
    return tenant.variant.status_bits > 1


def _operating(tenant: Tenant, operation: str) -> HttpHook:
    body = {"credential": "{credential}", "status": STATES[operation]}
    return HttpHook(name=operation, url=f"{tenant.base_url}{_PATH}", method="POST", json=body)


def _with_operations(tenant: Tenant) -> Starlette:
    """Give the tenant with an endpoint for the hooks of the run, which no tenant has."""

    async def set_status(request: Request) -> Response:
        told = await request.json()
        try:
            tenant.set_status(told["credential"], told["status"])
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 409)
        return JSONResponse({})

    return Starlette(routes=[Route(_PATH, set_status, methods=["POST"]), Mount("/", tenant.app)])
