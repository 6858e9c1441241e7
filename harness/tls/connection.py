"""Asks a server with one hello over a connection of its own, and tells how that ended."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass

from harness.tls.answer import ALERTS, Answer, Reading, TlsError
from harness.tls.hello import Hello

_CHUNK = 16_384


@dataclass(frozen=True)
class Outcome:
    """How one hello was answered.

    Attributes:
        asked: what was offered.
        answer: what the server chose, when it did all its part of a connection; ``None`` when it did not.
        refused: in words, why not; empty where it did.
        alert: code point of the alert that refused it; ``None`` without one.
        reached: whether the server was reached at all.
        silent: whether it was, and did not come to an end in time.

    """

    asked: Hello
    answer: Answer | None = None
    refused: str = ""
    alert: int | None = None
    reached: bool = True
    silent: bool = False


async def ask(host: str, port: int, hello: Hello, timeout_s: float) -> Outcome:
    """Send one hello and read what comes in the clear. Never raises but for cancellation."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, UnicodeError) as error:
        return Outcome(hello, refused=f"no connection: {_said(error)}", reached=False)
    reading = Reading(hello)
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(hello.encoded())
            await writer.drain()
            while not reading.answer.over and (data := await reader.read(_CHUNK)):
                reading.feed(data)
    except TimeoutError:
        return Outcome(hello, refused=f"no whole answer within {timeout_s:g} s", silent=True)
    except TlsError as error:
        return Outcome(hello, refused=str(error))
    except OSError as error:
        return Outcome(hello, refused=f"the connection broke off: {_said(error)}")
    finally:
        with contextlib.suppress(OSError):
            writer.transport.abort()
    answer = reading.answer
    if answer.alert is not None:
        said = ALERTS.get(answer.alert, str(answer.alert))
        return Outcome(hello, refused=f"the alert {said}", alert=answer.alert)
    if not answer.finished:
        return Outcome(hello, refused="the connection was closed")
    return Outcome(hello, answer)


@dataclass(frozen=True)
class ByLibrary:
    """A whole handshake of this machine's library, for what TLS 1.3 says encrypted only.

    Attributes:
        certificate: the server's own, in DER; ``None`` without a connection.
        protocol: the application protocol that was chosen.

    """

    certificate: bytes | None = None
    protocol: str | None = None


async def shake_hands(
    host: str, port: int, name: str | None, protocols: tuple[str, ...], timeout_s: float
) -> ByLibrary:
    """Set a connection up, whatever the certificate. Never raises but for cancellation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Nothing is sent over it; the run's own requests verify certificates.
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name or "")
    except (OSError, TimeoutError, ValueError):
        return ByLibrary()
    session = writer.get_extra_info("ssl_object")
    found = ByLibrary(session.getpeercert(binary_form=True), session.selected_alpn_protocol())
    writer.transport.abort()
    return found


def _said(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
