"""One request at an endpoint, and what the endpoint notes about it for the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from harness.one_login.client_jwt import ClientJwt
from harness.one_login.request_log import Received

FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 100_000
_MOST_PARAMETERS = 200


class Unreadable(Exception):
    """A request cannot be read; the message says why."""


@dataclass
class Visit:
    """A request as read. The fields from ``client_assertion`` on are filled by the endpoint."""

    endpoint: str
    method: str
    parameters: Mapping[str, str]
    repeated: tuple[str, ...]
    headers: Mapping[str, str]
    query: str
    client_assertion: ClientJwt | None = None
    request_object: ClientJwt | None = None
    client_id: str | None = None
    person: str | None = None
    error: str | None = None
    because: str | None = None

    def received(self, number: int, at: float, status: int) -> Received:
        """Give the entry of the log."""
        return Received(number=number, at=at, status=status, **vars(self))


async def read(endpoint: str, request: Request) -> Visit:
    """Read a request: its parameters from the form when it is a POST, from the query otherwise.

    Raises:
        Unreadable: the body is no form, or too large.

    """
    query = request.scope["query_string"].decode("ascii", "replace")
    given = await form(request) if request.method == "POST" else _pairs(query)
    counts = Counter(name for name, _ in given)
    repeated = tuple(name for name, count in counts.items() if count > 1)
    return Visit(endpoint, request.method, dict(given), repeated, dict(request.headers), query)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise Unreadable("the parameters cannot be read") from None


async def form(request: Request) -> list[tuple[str, str]]:
    """Read the fields of a form.

    Raises:
        Unreadable: the body is no form, or too large.

    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Unreadable(f"the Content-Type is not {FORM}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Unreadable(f"the body is longer than {LARGEST_BODY} bytes")
    return _pairs(body.decode("ascii", "replace"))
