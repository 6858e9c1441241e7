"""The mailbox of the employees: a mail server on this machine that keeps what is sent, whoever it is for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

Sleep = Callable[[float], Awaitable[None]]
MAX_MESSAGE = 2_000_000
"""Bytes of one message; the server refuses larger ones."""
_MOST = 1_000
"""Messages that are kept; of more, the last."""
_POLL_S = 0.25
_STOP_S = 5.0


class MailboxError(Exception):
    """The mail server cannot be; the message is one line."""


class Mailbox:
    """What was sent to anybody, in the order of its coming.

    Attributes:
        address: host and port of the mail server; ``None`` where nobody can reach it but this process.

    """

    def __init__(self) -> None:
        self.address: str | None = None
        self._messages: list[EmailMessage] = []

    @property
    def messages(self) -> tuple[EmailMessage, ...]:
        """Everything so far."""
        return tuple(self._messages)

    async def deliver(self, message: EmailMessage) -> None:
        """Take a message in."""
        self.keep(message)

    def keep(self, message: EmailMessage) -> None:
        """Take a message in."""
        self._messages = [*self._messages, message][-_MOST:]

    def to(self, address: str, after: int = 0) -> tuple[EmailMessage, ...]:
        """Give the messages to an address.

        Args:
            after: how many messages there were, to anybody, before those that count.

        """
        return tuple(each for each in self._messages[after:] if address.casefold() in _recipients(each))

    async def message_to(
        self, address: str, within_s: float, *, after: int = 0, sleep: Sleep
    ) -> EmailMessage | None:
        """Wait for a message to an address; ``None`` when none comes.

        Args:
            within_s: seconds.
            after: how many messages there were, to anybody, before those that count.
            sleep: waits so many seconds.

        """
        waited = 0.0
        while not (found := self.to(address, after)) and waited < within_s:
            await sleep(_POLL_S)
            waited += _POLL_S
        return found[0] if found else None


def _recipients(message: EmailMessage) -> frozenset[str]:
    named = [str(value) for name in ("To", "Cc", "Bcc", ENVELOPE) for value in message.get_all(name, [])]
    return frozenset(address.casefold() for _, address in getaddresses(named))


ENVELOPE = "X-Assay-Recipients"
"""Header field with the recipients of the envelope, whatever the message says of itself."""


class _Handler:
    """Takes what comes by SMTP."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as aiosmtpd wants
        """Keep one message."""
        del server, session
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        del message[ENVELOPE]
        message[ENVELOPE] = ", ".join(envelope.rcpt_tos)
        self._mailbox.keep(message)
        return "250 Message accepted"


@contextlib.contextmanager
def served(mailbox: Mailbox, listen: str) -> Iterator[None]:
    """Let a mailbox be reached by SMTP while the context lasts.

    Args:
        listen: host and port; port 0 takes any free one.

    Raises:
        MailboxError: the port cannot be used.

    """
    host, _, port = listen.rpartition(":")
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, int(port)))
            listener.listen()
        except (OSError, OverflowError) as error:
            raise MailboxError(f"staff_passport.mailbox.listen: {listen} cannot be used: {error}") from error
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()
        thread = threading.Thread(
            target=loop.run_until_complete, args=(_serve(mailbox, listener, stop),), name="assay-mail", daemon=True
        )
        thread.start()
        # The socket listens already: whoever comes before the server waits for it.
        mailbox.address = f"{host}:{listener.getsockname()[1]}"
        try:
            yield
        finally:
            mailbox.address = None
            loop.call_soon_threadsafe(stop.set)
            thread.join(_STOP_S)
            if not thread.is_alive():
                loop.close()


async def _serve(mailbox: Mailbox, listener: socket.socket, stop: asyncio.Event) -> None:
    from aiosmtpd.smtp import SMTP

    def protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = SMTP(
            _Handler(mailbox), data_size_limit=MAX_MESSAGE, hostname="assay", loop=asyncio.get_running_loop()
        )
        return made

    server = await asyncio.get_running_loop().create_server(protocol, sock=listener)
    try:
        await stop.wait()
    finally:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
