"""What an external system does when a credential that it issued is valid no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.evidence import Blocked
from harness.hooks import HookError, call, tell
from harness.settings import StaffPassportSettings
from harness.staff_passport.downloads import Asked
from harness.staff_passport.employees import Employee
from harness.staff_passport.mailbox import Mailbox

if TYPE_CHECKING:
    from harness.staff_passport.gateway.provider import Gateway
    from harness.staff_passport.gateway.request_log import GatewayRequest

REVOCATION = "revocation"
_POLL_S = 0.5
_LOOK_S = 0.05
Sleep = Callable[[float], Awaitable[None]]


class Team(Protocol):
    """What the team of the external system can do, and see."""

    @property
    def invalidates(self) -> bool:
        """Whether it can make a credential invalid."""

    @property
    def reads_mail(self) -> bool:
        """Whether e-mails to employees come to somebody."""

    async def invalidate(self, employee: Employee, template: str, serial: str) -> None:
        """Change something, so that a credential is valid no longer.

        Raises:
            Blocked: it cannot be done, or failed.

        """

    async def message_to(self, address: str, after: int, sleep: Sleep) -> EmailMessage | None:
        """Wait for an e-mail to an employee; ``None`` when none comes.

        Args:
            after: how many messages the mailbox had before.

        Raises:
            Blocked: nobody can say.

        """


@dataclass(frozen=True)
class HookTeam:
    """A team by its hooks, and the mail server of the run."""

    settings: StaffPassportSettings
    mailbox: Mailbox
    tls_ca: Path | None = None

    @property
    def invalidates(self) -> bool:
        """Whether there is a hook for it."""
        return self.settings.invalidate is not None

    @property
    def reads_mail(self) -> bool:
        """Whether there is a hook for it, or the portal can reach the mail server."""
        return self.settings.outbox is not None or self.mailbox.address is not None

    async def invalidate(self, employee: Employee, template: str, serial: str) -> None:
        """Ask the hook."""
        hook = self.settings.invalidate
        if hook is None:
            raise Blocked("no hook is known for this: give [staff_passport.invalidate] in assay.toml")
        told = {"username": employee.username, "email": employee.email, "template": template, "serial": serial}
        try:
            await tell(hook, told, tls_ca=self.tls_ca)
        except HookError as error:
            raise Blocked(str(error)) from error

    async def message_to(self, address: str, after: int, sleep: Sleep) -> EmailMessage | None:
        """Wait for the mail server, or ask the hook."""
        within_s = self.settings.wait_s
        if self.settings.outbox is None:
            if not self.reads_mail:
                raise Blocked("nobody reads the portal's e-mails: give [staff_passport.mailbox] or .outbox")
            return await self.mailbox.message_to(address, within_s, after=after, sleep=sleep)
        try:
            answer = await call(
                self.settings.outbox, {"email": address}, wants=("text", "subject", "to"), tls_ca=self.tls_ca
            )
        except HookError as error:
            raise Blocked(str(error)) from error
        if not answer["text"].strip():
            return None
        message = EmailMessage()
        message["To"] = answer.get("to", address)
        message["Subject"] = " ".join(answer.get("subject", "").split())
        message.set_content(answer["text"])
        return message


@dataclass(frozen=True)
class Invalidation(Asked):
    """What became of credentials after something changed.

    Attributes:
        requests: the revocation requests that the gateway got since.
        employee: whose credentials they were.
        template: of them.
        serials: their serial numbers.
        message: the e-mail to the employee; ``None`` when none came.
        share_refused: serial number to whether the portal of the Digital Staff Passport refused it afterwards.
        refused: how many revocation requests the gateway could not take, as it was told to.

    """

    employee: Employee
    template: str
    serials: Sequence[str]
    message: EmailMessage | None
    share_refused: Mapping[str, bool]
    refused: int = 0

    @property
    def revoked(self) -> frozenset[str]:
        """The serial numbers that were named in revocation requests, in whatever case of letters."""
        return frozenset(serial.casefold() for each in self.requests if (serial := serial_of(each.json)))


def serial_of(body: object) -> str | None:
    """Give the serial number of a revocation request; ``None`` where it names none."""
    value = body.get("SerialNumber") if isinstance(body, Mapping) else None
    return value if isinstance(value, str) else None


class Invalidations:
    """Makes credentials invalid and looks what follows.

    Args:
        gateway: where they are revoked.
        team: can make them invalid.
        wait: waits so many seconds, where the run allows it.
        wait_s: how long to wait at most.

    """

    def __init__(self, gateway: Gateway, mailbox: Mailbox, team: Team, wait: Sleep, wait_s: float) -> None:
        self._gateway = gateway
        self._mailbox = mailbox
        self._team = team
        self._wait = wait
        self._wait_s = wait_s

    async def of(self, employee: Employee, template: str, serials: Sequence[str]) -> Invalidation:
        """Have credentials become invalid, and wait for what is done about it.

        Raises:
            Blocked: nobody can make them invalid.

        """
        asked, mails = len(self._gateway.log), len(self._mailbox.messages)
        await self._team.invalidate(employee, template, serials[-1])
        return await self.seen(employee, template, serials, asked, mails)

    async def while_unavailable(self, employee: Employee, template: str, serials: Sequence[str]) -> Invalidation:
        """The same with a gateway that cannot revoke at first.

        Raises:
            Blocked: nobody can make them invalid, or the gateway was not asked.

        """
        asked, mails = len(self._gateway.log), len(self._mailbox.messages)
        try:
            self._gateway.misbehave("revocation-unavailable")
            # A hook may last until the portal has done all that it does: the gateway works again before that.
            changing = asyncio.ensure_future(self._team.invalidate(employee, template, serials[-1]))
            while not changing.done() and not self._revocations(asked):
                await asyncio.wait([changing], timeout=_LOOK_S)
            if changing.done():
                await changing
                await self._until(lambda: bool(self._revocations(asked)))
        finally:
            self._gateway.misbehave()
        refused = len(self._revocations(asked))
        await changing
        if not refused:
            raise Blocked("the portal made no revocation request")
        found = await self.seen(employee, template, serials, asked, mails)
        return Invalidation(**{**vars(found), "refused": refused})

    async def seen(
        self, employee: Employee, template: str, serials: Sequence[str], asked: int, mails: int
    ) -> Invalidation:
        """Wait for what is done about credentials that are invalid.

        Args:
            asked: how many requests the gateway had before.
            mails: how many messages the mailbox had before.

        """
        wanted = {serial.casefold() for serial in serials}
        revoked = self._gateway.revoked
        await self._until(lambda: wanted <= {serial.casefold() for serial in revoked})
        message = None
        if self._team.reads_mail:
            message = await self._team.message_to(employee.email, mails, self._wait)
        return Invalidation(
            requests=self._revocations(asked),
            employee=employee,
            template=template,
            serials=tuple(serials),
            message=message,
            share_refused={serial: not self._gateway.share(serial) for serial in serials},
        )

    def _revocations(self, asked: int) -> tuple[GatewayRequest, ...]:
        return tuple(each for each in self._gateway.log[asked:] if each.endpoint == REVOCATION)

    async def _until(self, holds: Callable[[], bool]) -> None:
        waited = 0.0
        while not holds() and waited < self._wait_s:
            await self._wait(_POLL_S)
            waited += _POLL_S
