"""The sample portal as an ASGI application with its own memory."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference.documents import Reply
from harness.reference.encoding import base64url
from harness.reference.faults import Defects, check_known
from harness.reference.rules import Judge
from harness.reference.staff_passport.context import CALLBACK, PortalContext
from harness.reference.staff_passport.gateway_client import GatewayClient, HttpClients
from harness.reference.staff_passport.records import Records
from harness.reference.staff_passport.revocations import Deliver, Pause, Revocations
from harness.reference.staff_passport.service import EmployeePortal
from harness.reference.staff_passport.variants import PortalVariant
from harness.reference.wire import Dated, body, response
from harness.staff_passport.employees import EMPLOYEES, Employee
from harness.staff_passport.gateway.external_system import ExternalSystem

_CLIENT_ID = "assay-sample-portal"
_SECRET_BYTES = 32


class Portal:
    """One external system: an employee portal.

    ``faults`` are ids from ``faults.catalogue``; ``fired`` tells which of them made a difference so far, and
    ``met`` which rules were broken, which tolerances were needed and which messages passed.

    Args:
        variant: one of ``variants.PORTAL_VARIANTS``, perhaps changed.
        faults: what is wrong with it.
        base_url: scheme and authority.
        gateway_url: base URL of the credential gateway.
        deliver: sends an e-mail.
        http: makes the client for each request to the gateway.
        employees: who can sign in.
        registration: as which client; by default a fresh one.
        clock: seconds since the epoch.
        random_bytes: gives as many random bytes as asked for.
        pause: waits for some seconds, before a revocation is tried again.

    Raises:
        ValueError: a fault id is unknown.

    """

    def __init__(
        self,
        variant: PortalVariant,
        faults: Iterable[str] = (),
        *,
        base_url: str,
        gateway_url: str,
        deliver: Deliver,
        http: HttpClients = httpx.AsyncClient,
        employees: Mapping[str, Employee] = EMPLOYEES,
        registration: ExternalSystem | None = None,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        pause: Pause = asyncio.sleep,
    ) -> None:
        known = check_known(faults)
        self.variant = variant
        self.fired: set[str] = set()
        self.met: set[str] = set()
        base_url = base_url.rstrip("/")
        self.registration = registration or _registered(base_url, random_bytes)
        """What the gateway has to be told of this client."""
        self.context = PortalContext(
            variant=variant,
            base_url=base_url,
            clock=clock,
            random_bytes=random_bytes,
            gateway_url=gateway_url.rstrip("/"),
            registration=self.registration,
        )
        judge = Judge(known, self.fired, self.met)
        defects = Defects(known, self.fired, self.context, self.met)
        self.records = Records(employees.values(), clock)
        """What the portal knows."""
        gateway = GatewayClient(self.context, judge, defects, http)
        self._revocations = Revocations(self.context, defects, gateway, deliver, pause)
        service = EmployeePortal(
            self.context, judge, defects, records=self.records, gateway=gateway, revocations=self._revocations
        )
        routes = [*service.routes(), Route("/assay/invalidate", self._invalidated, methods=["POST"])]
        self.app = Dated(Starlette(routes=routes), clock)

    @property
    def issuer_url(self) -> str:
        """The URL of the portal."""
        return self.context.base_url

    async def invalidate(self, username: str, template: str) -> None:
        """Change the information of an employee, so that credentials made of it are valid no longer.

        They are revoked at the gateway and the employee gets an e-mail; what the gateway cannot take now is tried
        again in the background.

        Raises:
            LookupError: there is no such information.

        """
        employee = self.records.employee(username)
        gone = self.records.change(username, template).live
        for issued in gone:
            issued.revoked = True
        if gone:
            serials = [issued.serial for issued in gone if issued.serial is not None]
            await self._revocations.invalidate(employee, template, serials, mails=True)

    async def settled(self) -> None:
        """Wait until no revocation is left to be tried again."""
        await self._revocations.settled()

    async def _invalidated(self, request: Request) -> Response:
        """Let whoever tests the portal change something."""
        try:
            wish = json.loads(await body(request))
            await self.invalidate(wish["username"], wish["template"])
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            return response(Reply({"error": f"cannot do this: {error}"}, 400))
        return response(Reply(None, 204, {}))


def _registered(base_url: str, random_bytes: Callable[[int], bytes]) -> ExternalSystem:
    return ExternalSystem(
        client_id=_CLIENT_ID,
        client_secret=base64url(random_bytes(_SECRET_BYTES)),
        signing_key=random_bytes(_SECRET_BYTES),
        organisation_id="assay-sample-organisation",
        redirect_uris=(f"{base_url}{CALLBACK}",),
        did="did:web:assay-sample-organisation.staffpassports.example",
    )
