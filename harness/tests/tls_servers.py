"""Servers that answer a hello with whatever bytes a test wants, and bytes that some server might answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answering) -> AsyncIterator[int]:
    """Serve on a port of this machine; gives the port."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await reader.read(16_384), writer)
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def record(kind: int, content: bytes) -> bytes:
    return bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def server_hello(version: int, suite: int, extensions: bytes = b"", *, compression: int = 0) -> bytes:
    told = len(extensions).to_bytes(2, "big") + extensions if extensions else b""
    body = version.to_bytes(2, "big") + bytes(32) + b"\0" + suite.to_bytes(2, "big") + bytes([compression]) + told
    return message(2, body)


def flight(
    version: int, suite: int, extensions: bytes = b"", *, certificate: bytes = b"", exchange: bytes = b""
) -> bytes:
    """Give all that a server of TLS 1.2 or before says before the client goes on."""
    chain = len(certificate).to_bytes(3, "big") + certificate if certificate else b""
    messages = server_hello(version, suite, extensions) + message(11, len(chain).to_bytes(3, "big") + chain)
    return record(22, messages + (message(12, exchange) if exchange else b"") + message(14, b""))


def ecdhe(curve: int, scheme: int = 0x0403) -> bytes:
    return b"\x03" + curve.to_bytes(2, "big") + b"\x20" + bytes(32) + scheme.to_bytes(2, "big") + b"\0\x02\0\0"


ALERT = record(21, b"\x02\x28")
SSL_2 = bytes.fromhex("8010 04 00 01 0002 0000 0003 0002 010080 abcd".replace(" ", ""))
