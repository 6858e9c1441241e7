"""Reads HTTP requests and writes HTTP responses for the endpoints of the reference issuer."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harness.reference.documents import Reply, Text
from harness.reference.encoding import json_text
from harness.reference.faults import Defects

MAX_BODY_BYTES = 256 * 1024


def response(reply: Reply) -> Response:
    """Write a reply."""
    return Response(_content(reply.body), status_code=reply.status, headers=reply.headers)


def _content(content: object) -> str:
    if content is None:
        return ""
    return content if isinstance(content, Text) else json_text(content)


def emitted(defects: Defects, document: str, reply: Reply) -> Response:
    """Pass the HTTP response of a document through its own seam and write it."""
    defects.emit(f"{document}-response", reply)
    return response(reply)


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
