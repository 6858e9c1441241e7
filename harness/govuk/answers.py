"""The HTTP answers that the services behind GOV.UK Wallet have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response

from harness.reference.encoding import json_text

_HEADERS = {
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
JSON = "application/json"


def answer(body: bytes, media_type: str, *, status: int = 200, max_age: int | None = None) -> Response:
    """Give an answer with the services' headers.

    Args:
        max_age: seconds that it may be cached; ``None`` for no caching at all.

    """
    headers = {**_HEADERS, "Content-Type": media_type}
    if max_age is not None:
        headers["Cache-Control"] = f"max-age={max_age}"
    return Response(body, status_code=status, headers=headers)


def json_answer(document: Mapping[str, Any], *, status: int = 200, max_age: int | None = None) -> Response:
    """Give a JSON object as answer."""
    return answer(json_text(document).encode(), JSON, status=status, max_age=max_age)


def plain_answer(text: str, status: int) -> Response:
    """Give a line of text as answer."""
    return PlainTextResponse(text, status_code=status, headers=_HEADERS)
