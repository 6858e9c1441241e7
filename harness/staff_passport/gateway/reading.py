"""How requests are read: bounded, and never with more than a complaint about bad input."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from harness.one_login import visit
from harness.reference.encoding import json_text
from harness.staff_passport.gateway.core import Exchange, Version

_JSON = "revocation"


async def read(endpoint: str, version: Version, request: Request) -> Exchange:
    """Read a request; what cannot be read is told in ``unreadable``."""
    exchange = Exchange(
        endpoint=endpoint,
        version=version,
        method=request.method,
        path=request.url.path,
        url=str(request.url),
        parameters={},
        headers=dict(request.headers),
    )
    try:
        if endpoint == _JSON:
            exchange.json = await _json(request)
        else:
            read = await visit.read(endpoint, request)
            exchange.parameters, exchange.repeated = read.parameters, read.repeated
    except visit.Unreadable as problem:
        exchange.unreadable = str(problem)
    return exchange


async def _json(request: Request) -> Any:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > visit.LARGEST_BODY:
            raise visit.Unreadable(f"the body is longer than {visit.LARGEST_BODY} bytes")
    try:
        value = json.loads(content)
        json_text(value).encode()  # there are texts in JSON that no encoding has
    except (ValueError, RecursionError):
        raise visit.Unreadable("the body is no JSON") from None
    return value
