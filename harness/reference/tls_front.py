"""What stands before several servers and passes each connection on to one of them, by how it begins."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from harness.reference import client_hello

_TLS_1_2 = b"\x03\x03"


def speaks_http(beginning: bytes) -> bool:
    """Whether a connection begins with the method of a request."""
    return beginning[:1].isalpha()


def has_tls_1_2(hello: bytes) -> bool:
    """Whether a ClientHello offers TLS 1.2, be it beside TLS 1.3."""
    versions = client_hello.extensions(hello).get(client_hello.SUPPORTED_VERSIONS)
    return versions is None or _TLS_1_2 in (versions[index : index + 2] for index in range(1, len(versions), 2))


@contextlib.contextmanager
def fronting(listener: socket.socket, route: Callable[[bytes], int]) -> Iterator[None]:
    """Pass connections on while the context lasts, in a thread.

    Args:
        route: gives the port on this machine for a connection that begins with these bytes.

    """
    loop = asyncio.new_event_loop()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            beginning = await reader.read(4096)
            onward, back = await asyncio.open_connection("127.0.0.1", route(beginning))
            back.write(beginning)
            await asyncio.gather(_pass(reader, back), _pass(onward, writer))

    server = loop.run_until_complete(asyncio.start_server(meet, sock=listener))
    thread = threading.Thread(target=loop.run_forever, name="assay-front", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(16_384):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
