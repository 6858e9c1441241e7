"""The claims source: how the tenant asks one, and a small one to stand in for that of an issuer's team."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

HttpClients = Callable[[], httpx.AsyncClient]
API_KEY = "claims-source-api-key"
"""What the tenant shows a claims source."""
_KEY_HEADER = "x-api-key"


class ClaimsSourceError(Exception):
    """The claims source gave no claims: no answer in time, no success, or no JSON object."""


@dataclass(frozen=True)
class ClaimsSourceClient:
    """Asks a claims source.

    Args:
        url: where it is; ``None`` where the tenant has none.
        http: makes the client for each request.
        patience: seconds it may take.

    """

    url: str | None
    http: HttpClients
    patience: float

    async def fetch(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Get the claims about a user.

        Args:
            parameters: of the request, such as the number of an account.

        Raises:
            ClaimsSourceError: there are none.

        """
        if self.url is None:
            raise ClaimsSourceError("there is no claims source")
        try:
            async with asyncio.timeout(self.patience), self.http() as client:
                answer = await client.get(self.url, params=dict(parameters), headers={_KEY_HEADER: API_KEY})
            claims = answer.json() if answer.is_success else None
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise ClaimsSourceError(f"no answer that can be read ({type(error).__name__})") from error
        if not isinstance(claims, dict):
            raise ClaimsSourceError(f"no JSON object (status {answer.status_code})")
        return claims


@dataclass
class ClaimsSource:
    """A claims source that stands in for the one of an issuer's team.

    ``app`` is the ASGI application; every path of it gives the claims.
    """

    claims: dict[str, Any] = field(default_factory=lambda: {"employee_number": "E-1007", "floor": 3})
    answers: Literal["object", "slow", "unauthorized", "array", "page"] = "object"
    """What it does: give the claims, never answer, refuse, give an array, or show a page."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The parameters of each request."""
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        """Make the application."""
        self.app = Starlette(routes=[Route("/{path:path}", self._give)])

    async def _give(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        if self.answers == "slow":
            await asyncio.Event().wait()
        if self.answers == "unauthorized" or request.headers.get(_KEY_HEADER) != API_KEY:
            return JSONResponse({"error": "unauthorized"}, 401)
        if self.answers == "page":
            return Response("<p>Claims</p>", media_type="text/html")
        return JSONResponse([self.claims] if self.answers == "array" else self.claims)
