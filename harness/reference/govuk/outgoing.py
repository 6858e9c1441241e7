"""What the department sends to other services, each request past the seam ``govuk-request``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from harness.reference.faults import Defects

USER_AGENT = "assay-reference-department/1.0"
"""GOV.UK One Login turns away requests that do not say who sends them."""
HttpClients = Callable[[], httpx.AsyncClient]


@dataclass
class OutgoingRequest:
    """A request to another service before it is sent."""

    method: str
    url: str
    headers: dict[str, str]
    form: dict[str, str] | None = None
    body: str | None = None


class Outgoing:
    """Sends requests to other services.

    Args:
        http: makes the client for a request.

    """

    def __init__(self, http: HttpClients, defects: Defects) -> None:
        self._http = http
        self._defects = defects

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Get what is at a URL.

        Raises:
            httpx.HTTPError: there is no answer.

        """
        return await self._send(OutgoingRequest("GET", url, {"User-Agent": USER_AGENT, **(headers or {})}))

    async def post_form(self, url: str, form: dict[str, str]) -> httpx.Response:
        """Send a form.

        Raises:
            httpx.HTTPError: there is no answer.

        """
        return await self._send(OutgoingRequest("POST", url, {"User-Agent": USER_AGENT}, form))

    async def post_json(self, url: str, members: Mapping[str, str]) -> httpx.Response:
        """Send an object of JSON.

        Raises:
            httpx.HTTPError: there is no answer.

        """
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        return await self._send(OutgoingRequest("POST", url, headers, body=json.dumps(members)))

    async def post_jwt(self, url: str, body: str) -> httpx.Response:
        """Send a JWT (RFC 7519 section 10.3.1).

        Raises:
            httpx.HTTPError: there is no answer.

        """
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/jwt"}
        return await self._send(OutgoingRequest("POST", url, headers, body=body))

    async def _send(self, request: OutgoingRequest) -> httpx.Response:
        self._defects.emit("govuk-request", request)
        async with self._http() as client:
            return await client.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.form,
                content=request.body,
                follow_redirects=False,
            )
