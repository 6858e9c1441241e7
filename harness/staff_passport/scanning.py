"""Who scans the QR codes of a gateway under test: a person with a wallet, the gateway itself, or nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from harness.evidence import Blocked, Tools
from harness.journey.walker import Cookies
from harness.staff_passport.gateway_handle import AuthorizationUrl, GatewayHandle, parameters_of
from harness.terminal import ControllingTerminal, TerminalError
from harness.transport import is_loopback

NOBODY = (
    'nobody scans the QR codes of the gateway: give [staff_passport] wallet = "attended" in assay.toml, and run'
    " at a terminal with the wallet at hand"
)
_LONGEST_REQUEST = 20_000
_POLL_S = 0.5
_PAGE = (
    b'<!doctype html><html lang="en"><title>Back at Assay</title>'
    b"<h1>Thank you</h1><p>The run goes on. You can close this page.</p></html>"
)


@dataclass(frozen=True)
class Returned:
    """What the browser came back with."""

    url: str
    asked: AuthorizationUrl

    @property
    def code(self) -> str | None:
        """The authorization code."""
        return parameters_of(self.url).get("code")

    @property
    def state(self) -> str | None:
        """The ``state``."""
        return parameters_of(self.url).get("state")

    @property
    def error(self) -> str | None:
        """The ``error``."""
        return parameters_of(self.url).get("error")

    @property
    def gist(self) -> str:
        """What it is, in words, without the secrets."""
        told = parameters_of(self.url)
        if "error" in told:
            return f"error {told['error']!r}: {told.get('error_description', 'without a description')}"
        return f"a redirect with {', '.join(sorted(told)) or 'no parameter'}"


class Wallet(Protocol):
    """Takes an employee through the gateway."""

    async def scan(self, asked: AuthorizationUrl, what: str) -> Returned:
        """Open an authorization request, have its QR code scanned, and give what the browser came back with.

        Args:
            what: what the employee is to do, in a few words.

        Raises:
            Blocked: nobody came back.

        """

    async def share(self, serial: str) -> bool:
        """Try to share an issued credential in the employee portal of the Digital Staff Passport.

        Raises:
            Blocked: nobody can.

        """


class NoWallet:
    """Nobody is there."""

    async def scan(self, asked: AuthorizationUrl, what: str) -> Returned:
        """Say that nobody does."""
        del asked, what
        raise Blocked(NOBODY)

    async def share(self, serial: str) -> bool:
        """Say that nobody does."""
        del serial
        raise Blocked(NOBODY)


class AutomaticWallet:
    """A gateway that scans its QR codes by itself, as the bundled one does.

    Args:
        within_s: seconds until it is to have done so.

    """

    def __init__(self, gateway: GatewayHandle, tools: Tools, within_s: float) -> None:
        self._gateway = gateway
        self._tools = tools
        self._within_s = within_s

    async def scan(self, asked: AuthorizationUrl, what: str) -> Returned:
        """Look at the page until it leads back."""
        del what
        cookies = Cookies()
        shown = await self._gateway.show(asked.url, cookies)
        waited = 0.0
        while shown.location is None and shown.asks and waited < self._within_s:
            await self._tools.wait(_POLL_S, "the wallet")
            waited += _POLL_S
            shown = await self._gateway.show(shown.reply.url, cookies)
        if shown.location is None or not shown.returned_to(asked.redirect_uri):
            raise Blocked(f"the gateway does not lead back to the external system, but to {shown.gist}")
        return Returned(shown.location, asked)

    async def share(self, serial: str) -> bool:
        """Ask the control endpoint of the bundled gateway."""
        url = f"{self._gateway.base}/sim/share"
        reply = await self._tools.client.send("share", "POST", url, json_body={"serial_number": serial})
        answer = reply.object.get("shared")
        if not isinstance(answer, bool):
            raise Blocked(f"this gateway has no control endpoint for shares: {reply.gist}")
        return answer


class AttendedWallet:
    """A person at the terminal, who opens the gateway in a browser and scans what it shows.

    The browser comes back to a listener of this machine, so the redirect URL has to lead there.

    Args:
        within_s: seconds until the browser is to have come back. Who did not come once is not waited for again.

    """

    def __init__(self, within_s: float, terminal: Person | None = None) -> None:
        self._within_s = within_s
        self._terminal = terminal or ControllingTerminal()
        self._deserted: str | None = None
        """Why nobody is waited for any more."""
        self._number = 0

    async def scan(self, asked: AuthorizationUrl, what: str) -> Returned:
        """Show the person the link and wait for the browser."""
        if self._deserted:
            raise Blocked(self._deserted)
        parts = urlsplit(asked.redirect_uri)
        if parts.scheme != "http" or not is_loopback(asked.redirect_uri):
            raise Blocked(
                f"the redirect URL {asked.redirect_uri} does not lead to this machine, so that nobody sees the"
                " browser come back: register one such as http://127.0.0.1:3005/callback at the gateway"
            )
        self._number += 1
        text = (
            f"\n[{self._number}] {what}\n\nOpen this in a browser of this machine, and scan the QR code that the"
            f" gateway shows with the wallet:\n\n{asked.url}\n\nThe run waits for {self._within_s:g} seconds.\n"
        )
        came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with _listening(parts.hostname or "", parts.port or 80, parts.path or "/", came.set_result):
            try:
                self._terminal.tell(text)
            except TerminalError as error:
                self._deserted = f"the run is not attended: {error}"
                raise Blocked(self._deserted) from error
            try:
                async with asyncio.timeout(self._within_s):
                    query = await came
            except TimeoutError:
                self._deserted = (
                    f"nobody came back from the gateway to {asked.redirect_uri} within {self._within_s:g} seconds"
                )
                raise Blocked(self._deserted) from None
        # The query of a redirect URL comes back with the rest (RFC 6749 section 3.1.2).
        return Returned(f"{asked.redirect_uri.partition('?')[0]}?{query}", asked)

    async def share(self, serial: str) -> bool:
        """Ask the person to try it."""
        if self._deserted:
            raise Blocked(self._deserted)
        question = (
            "\nShare the credential that was just issued in the employee portal of the Digital Staff Passport"
            f" (serial number {serial}).\nWas it accepted? [y/n] "
        )
        try:
            async with asyncio.timeout(self._within_s):
                answer = (await self._terminal.ask(question)).strip().lower()
        except (TerminalError, TimeoutError) as error:
            self._deserted = f"nobody said whether the credential could be shared: {error or 'no answer in time'}"
            raise Blocked(self._deserted) from error
        if answer[:1] not in {"y", "n"}:
            raise Blocked(f"nobody said whether the credential was accepted: {answer[:40]!r}")
        return answer.startswith("y")


class Person(Protocol):
    """Somebody at a terminal."""

    def tell(self, text: str) -> None:
        """Show a text; raises ``TerminalUnavailable``."""

    async def ask(self, text: str) -> str:
        """Ask for a line; raises ``TerminalError``."""


@contextlib.asynccontextmanager
async def _listening(host: str, port: int, path: str, came: Callable[[str], None]) -> AsyncIterator[None]:
    """Wait for a browser at a redirect URL while the context lasts.

    Args:
        came: is called once, with the query that the browser brought.

    Raises:
        Blocked: the port is taken.

    """
    pending = [came]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(10):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, _, rest = head.partition(" ")
            target, _, query = rest.partition(" ")[0].partition("?")
            found = method == "GET" and target == path and bool(query)
            body = _PAGE if found else b""
            status = b"200 OK" if found else b"404 Not Found"
            writer.write(
                b"HTTP/1.1 "
                + status
                + b"\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
                b"Content-Length: " + str(len(body)).encode() + b"\r\nConnection: close\r\n\r\n" + body
            )
            await writer.drain()
            if found and pending:
                pending.pop()(query)
        writer.close()

    try:
        server = await asyncio.start_server(answer, host, port, limit=_LONGEST_REQUEST)
    except (OSError, OverflowError) as error:
        raise Blocked(f"nobody can listen at {host}:{port} for the browser to come back: {error}") from error
    async with server:
        yield
