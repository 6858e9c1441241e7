"""What a service was sent and what it answered, for checks to look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from harness.reference import wire

MAX_EXCHANGES = 10_000
"""How many exchanges are kept; the oldest are dropped."""

Endpoint = Callable[[Request, bytes], Awaitable[Response]]
"""Answers a request whose body was read."""


@dataclass(frozen=True)
class Seen:
    """One request with its answer."""

    at: float
    """When it came, in seconds since 1970."""
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    """The header fields of the request, names in lower case."""
    body: bytes
    status: int
    """Of the answer."""
    answer: bytes
    """The body of the answer."""

    def header(self, name: str) -> str | None:
        """Give the first value of a header field of the request, by its name in lower case."""
        return next((value for field, value in self.headers if field == name), None)


class ExchangeLog:
    """Keeps the exchanges of one service in the order they ended.

    Args:
        clock: seconds since 1970.

    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[Seen] = deque(maxlen=MAX_EXCHANGES)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The exchanges so far."""
        return tuple(self._seen)

    def of(self, path: str) -> tuple[Seen, ...]:
        """Give the exchanges with one endpoint, by its path."""
        return tuple(exchange for exchange in self._seen if exchange.path == path)

    def logged(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """Give an endpoint that reads the body within its bounds and is logged."""

        async def handle(request: Request) -> Response:
            came = self._clock()
            body = await wire.body(request)
            response = await endpoint(request, body)
            headers = tuple((name, value) for name, value in request.headers.items())
            seen = Seen(
                came, request.method, request.url.path, headers, body, response.status_code, bytes(response.body)
            )
            self._seen.append(seen)
            return response

        return handle
