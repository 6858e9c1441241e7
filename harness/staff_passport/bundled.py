"""The bundled sample portal with all that stands around it, in one process."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import secrets
import smtplib
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import httpx

from harness.evidence import Blocked
from harness.reference.staff_passport.app import Portal
from harness.reference.staff_passport.variants import PortalVariant
from harness.settings import StaffPassportSettings
from harness.staff_passport import templates
from harness.staff_passport.employees import EMPLOYEES, Employee
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.setup import ways
from harness.staff_passport.invalidation import Team
from harness.staff_passport.mailbox import Mailbox
from harness.staff_passport.portal_under_test import Surroundings

Deliver = Callable[[EmailMessage], Awaitable[None]]
EMPLOYEE, OTHER, INAPPLICABLE = "amara", "bjorn", "chloe"


@dataclass(frozen=True)
class Addresses:
    """Base URLs, without a slash at the end."""

    portal: str = "https://portal.example.nhs.uk"
    gateway: str = "https://gateway.example.nhs.uk"

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return (self.portal, self.gateway)


@dataclass(frozen=True)
class Bundled:
    """The portal and what stands around it."""

    portal: Portal
    around: Surroundings

    @property
    def apps(self) -> tuple[Any, ...]:
        """The ASGI applications, in the order of the addresses."""
        return self.portal.app, self.around.gateway.app


@dataclass(frozen=True)
class PortalTeam:
    """Whoever can reach into the bundled portal and the mailbox."""

    portal: Portal
    mailbox: Mailbox
    wait_s: float
    invalidates: bool = True
    reads_mail: bool = True

    async def invalidate(self, employee: Employee, template: str, serial: str) -> None:
        """Have the portal change what it knows of an employee."""
        del serial
        try:
            await self.portal.invalidate(employee.username, template)
        except LookupError as error:
            raise Blocked(f"the portal knows no {template} of {employee.username}") from error

    async def message_to(
        self, address: str, after: int, sleep: Callable[[float], Awaitable[None]]
    ) -> EmailMessage | None:
        """Wait for an e-mail to an employee."""
        return await self.mailbox.message_to(address, self.wait_s, after=after, sleep=sleep)


def system_of(settings: StaffPassportSettings) -> ExternalSystem:
    """Give the external system as it is registered at the gateway."""
    return ExternalSystem(
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        signing_key=base64.b64decode(settings.signing_key),
        redirect_uris=settings.redirect_uris,
        organisation_id=settings.organisation_id,
        did=settings.did,
    )


def bundled(
    variant: PortalVariant,
    faults: Iterable[str] = (),
    *,
    addresses: Addresses | None = None,
    http: Callable[[], httpx.AsyncClient],
    settings: StaffPassportSettings | None = None,
    mailbox: Mailbox | None = None,
    team: Team | None = None,
    clock: Callable[[], float] = time.time,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Bundled:
    """Make the sample portal and the gateway, and register one at the other.

    Args:
        variant: of the portal.
        faults: those of the portal that are switched on.
        addresses: where both are.
        http: makes clients that reach the gateway.
        settings: what a run is told besides.
        mailbox: where e-mails go, by SMTP when it can be reached so.
        team: who can make a credential invalid; by default by reaching into the portal.
        clock: seconds since 1970.
        random_bytes: randomness.
        pause: waits so many seconds.

    """
    at = addresses or Addresses()
    mailbox = mailbox or Mailbox()
    told = dataclasses.replace(
        settings or StaffPassportSettings(),
        redirect_uris=(f"{at.portal}/callback",),
        start_url=f"{at.portal}/credentials",
    )
    if not variant.birth_dates:
        told = dataclasses.replace(told, holds_birth_date=False)
    system = system_of(told)
    attributes = templates.with_own(told.schema)
    portal = Portal(
        variant,
        faults,
        base_url=at.portal,
        gateway_url=at.gateway,
        deliver=_sending(mailbox),
        http=http,
        registration=system,
        clock=clock,
        random_bytes=random_bytes,
        pause=pause,
    )
    gateway = Gateway(
        at.gateway,
        clients=[system],
        templates=attributes,
        ways=ways(told.ways),
        clock=clock,
        random_bytes=random_bytes,
        sleep=pause,
    )
    around = Surroundings(
        settings=told,
        gateway=gateway,
        system=system,
        mailbox=mailbox,
        team=team or PortalTeam(portal, mailbox, told.wait_s),
        attributes=attributes,
        employee=EMPLOYEES[EMPLOYEE],
        other=EMPLOYEES[OTHER],
        inapplicable=EMPLOYEES[INAPPLICABLE],
    )
    return Bundled(portal, around)


def _sending(mailbox: Mailbox) -> Deliver:
    """Send by SMTP where the mailbox can be reached so, as a real portal does."""

    async def deliver(message: EmailMessage) -> None:
        if mailbox.address is None:
            await mailbox.deliver(message)
        else:
            await asyncio.to_thread(_send, message, mailbox.address)

    return deliver


def _send(message: EmailMessage, address: str) -> None:
    host, _, port = address.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=10.0) as server:
        server.send_message(message)
