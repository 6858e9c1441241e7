"""Revoking credentials at the gateway, however long that takes, and telling employees of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING

from harness.reference.faults import Defects
from harness.reference.staff_passport.context import PortalContext
from harness.reference.staff_passport.gateway_client import GatewayClient
from harness.reference.staff_passport.pages import title

if TYPE_CHECKING:
    from harness.staff_passport.employees import Employee


Deliver = Callable[[EmailMessage], Awaitable[None]]
Pause = Callable[[float], Awaitable[None]]
SENDER = "staff-portal@example.com"
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0)
"""Seconds to wait before each further try."""


@dataclass
class Invalidation:
    """Credentials that are valid no longer."""

    serials: list[str]
    mails: bool
    """Whether the employee is told by e-mail."""


@dataclass
class Failed:
    """A revocation that the gateway could not take."""

    tried_again: bool = True


@dataclass
class Mail:
    """An e-mail before it is sent."""

    to: str
    subject: str
    text: str


class Revocations:
    """Takes credentials back."""

    def __init__(
        self, context: PortalContext, defects: Defects, gateway: GatewayClient, deliver: Deliver, pause: Pause
    ) -> None:
        self._context = context
        self._defects = defects
        self._gateway = gateway
        self._deliver = deliver
        self._pause = pause
        self._going_on: set[asyncio.Task[None]] = set()

    async def invalidate(self, employee: Employee, template: str, serials: Sequence[str], *, mails: bool) -> None:
        """Revoke credentials of one template and tell the employee to delete them.

        What the gateway cannot take now is tried again in the background.
        """
        plan = Invalidation(list(serials), mails)
        self._defects.emit("dsp-invalidation", plan)
        for serial in plan.serials:
            if not await self._gateway.revoke(template, serial):
                self._try_again(template, serial)
        if plan.mails:
            await self._tell(employee, template)

    async def settled(self) -> None:
        """Wait until nothing is left to be tried again."""
        while self._going_on:
            await asyncio.gather(*self._going_on)

    def _try_again(self, template: str, serial: str) -> None:
        failed = Failed()
        self._defects.emit("dsp-revocation-failure", failed)
        if failed.tried_again:
            task = asyncio.create_task(self._until_taken(template, serial))
            self._going_on.add(task)
            task.add_done_callback(self._going_on.discard)

    async def _until_taken(self, template: str, serial: str) -> None:
        for pause in _PAUSES:
            await self._pause(pause)
            if await self._gateway.revoke(template, serial):
                return

    async def _tell(self, employee: Employee, template: str) -> None:
        name = title(template)
        draft = Mail(
            employee.email,
            f"Delete your {name} credential from your digital wallet",
            f"Dear {employee.first_name} {employee.surname},\n\n"
            f"your {name} credential of the Digital Staff Passport is no longer valid, because your information "
            "has changed. We have revoked it.\n\n"
            "We cannot remove it from your phone. Please delete it from your digital wallet yourself: open it in "
            "Microsoft Authenticator under Verified IDs and choose Remove.\n\n"
            f"You can download it again at {self._context.base_url}/\n",
        )
        self._defects.emit("dsp-mail", draft)
        message = EmailMessage()
        message["From"] = SENDER
        message["To"] = draft.to
        message["Subject"] = draft.subject
        message.set_content(draft.text)
        await self._deliver(message)
