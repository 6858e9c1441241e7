"""Reads HTTP requests and writes HTTP responses for the endpoints of the reference issuer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from email.utils import formatdate
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harness.reference.documents import Reply, Text
from harness.reference.encoding import json_text
from harness.reference.faults import Defects

MAX_BODY_BYTES = 256 * 1024
FIELD_NAMES = "assay.field_names"
"""Extension of an ASGI scope: the names of the header fields as they were sent; ASGI has them in lower case."""


class Dated:
    """An ASGI application whose responses have a ``Date`` (RFC 9110 section 6.6.1) even where it gives them none.

    Args:
        app: the application.
        clock: seconds since the epoch.

    """

    def __init__(self, app: Any, clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        """Serve one request."""

        async def dated(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                if not any(name.lower() == b"date" for name, _ in headers):
                    headers.append((b"date", formatdate(self._clock(), usegmt=True).encode("ascii")))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, dated)


def response(reply: Reply) -> Response:
    """Write a reply."""
    return Response(content(reply.body), status_code=reply.status, headers=reply.headers)


def content(body: object) -> bytes:
    """Encode a body: a JSON value, :class:`Text`, bytes as they are, or ``None`` for nothing."""
    if isinstance(body, bytes):
        return body
    if body is None:
        return b""
    return (body if isinstance(body, Text) else json_text(body)).encode()


def emitted(defects: Defects, document: str, reply: Reply) -> Response:
    """Pass the HTTP response of a document through its own seam and write it."""
    defects.emit(f"{document}-response", reply)
    return response(reply)


def field_names(request: Request) -> Sequence[str]:
    """Give the names of the header fields as they were sent; none where the server does not tell them."""
    names: Sequence[str] = request.scope.get("extensions", {}).get(FIELD_NAMES, ())
    return names


def media_type(request: Request) -> str:
    """Give the media type of the request in lower case, without parameters; empty without one."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body(request: Request) -> bytes:
    """Read the body.

    Raises:
        HTTPException: 413, the body is longer than ``MAX_BODY_BYTES``.

    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(content)
