"""What developers and pipelines steer while the provider runs, as a page and as JSON, below ``/assay``.

None of it is part of GOV.UK One Login. Requests from pages of other origins are refused, since a browser would
send them without the developer's doing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from harness.one_login import OneLoginError, control_page, pages, visit
from harness.one_login.context import Context
from harness.one_login.logout import Notice
from harness.one_login.request_log import RequestLog

_LARGEST = 100_000


class Steered(Protocol):
    """What can be steered: the provider."""

    context: Context
    log: RequestLog

    def signs_in(self, name: str) -> None:
        """Choose who signs in next."""

    def inject(self, *errors: str) -> None:
        """Switch errors on, and all others off."""

    def proves_identity(self, *, proven: bool = True, return_codes: tuple[str, ...] = ()) -> None:
        """Choose what becomes of identity proving."""

    def rotate_keys(self, step: str) -> None:
        """Take one step of a key rotation."""

    async def log_out(self, name: str) -> tuple[Notice, ...]:
        """Sign a user out everywhere."""


def routes(provider: Steered) -> list[Route]:
    """Give the endpoints that steer a provider."""
    control = _Control(provider)
    return [
        Route("/assay", control.page, methods=["GET"]),
        Route("/assay", control.guarded(control.submitted), methods=["POST"]),
        Route("/assay/state", control.state, methods=["GET"]),
        Route("/assay/state", control.guarded(control.changed), methods=["POST"]),
        Route("/assay/keys", control.guarded(control.rotated), methods=["POST"]),
        Route("/assay/log-out", control.guarded(control.logged_out), methods=["POST"]),
        Route("/assay/requests", control.requests, methods=["GET"]),
        Route("/assay/requests", control.guarded(control.cleared), methods=["DELETE"]),
    ]


_Handler = Callable[[Request], Awaitable[Response]]


class _Control:
    def __init__(self, provider: Steered) -> None:
        self._provider = provider

    def guarded(self, handler: _Handler) -> _Handler:
        """Let nobody else's page steer, and tell what is wrong in one line."""

        async def handle(request: Request) -> Response:
            origin = request.headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
                return JSONResponse({"error": "requests from pages of other origins are refused"}, 403)
            try:
                return await handler(request)
            except (OneLoginError, visit.Unreadable) as problem:
                return JSONResponse({"error": str(problem)}, 400)

        return handle

    async def page(self, _request: Request) -> Response:
        content = control_page.write(self._provider.context, self._provider.log)
        return HTMLResponse(content, headers=pages.HEADERS)

    async def submitted(self, request: Request) -> Response:
        """Take one of the forms of the page, told apart by their button."""
        fields = await visit.form(request)
        given = dict(fields)
        chosen = given.get("do", "")
        if chosen == "apply":
            self._provider.signs_in(given.get("person", ""))
            self._provider.inject(*(value for name, value in fields if name == "error"))
            codes = tuple(given.get("return_codes", "").replace(",", " ").split())
            self._provider.proves_identity(proven=given.get("proven") == "yes", return_codes=codes)
        elif chosen == "log-out":
            await self._provider.log_out(given.get("person", ""))
        elif chosen == "clear":
            self._provider.log.clear()
        else:
            self._provider.rotate_keys(chosen)
        return Response(status_code=303, headers={"Location": "assay", "Cache-Control": "no-store"})

    async def state(self, _request: Request) -> Response:
        context = self._provider.context
        return _json(
            {
                "signs_in": context.next_person.name,
                "people": list(context.people),
                "errors": sorted(context.injected),
                "identity": {
                    "proven": context.identity.proven,
                    "return_codes": list(context.identity.return_codes),
                },
                "interactive": context.interactive,
                "clients": list(context.clients),
            }
        )

    async def changed(self, request: Request) -> Response:
        wanted = await _body(request, {"signs_in": str, "errors": list, "identity": dict})
        if "signs_in" in wanted:
            self._provider.signs_in(wanted["signs_in"])
        if "errors" in wanted:
            self._provider.inject(*map(str, wanted["errors"]))
        if "identity" in wanted:
            identity = _checked(wanted["identity"], {"proven": bool, "return_codes": list})
            now = self._provider.context.identity
            codes = tuple(map(str, identity.get("return_codes", now.return_codes)))
            self._provider.proves_identity(proven=identity.get("proven", now.proven), return_codes=codes)
        return await self.state(request)

    async def rotated(self, request: Request) -> Response:
        self._provider.rotate_keys((await _body(request, {"step": str})).get("step", ""))
        context = self._provider.context
        return _json(
            {
                "id_token": [key.kid for key in context.token_keys.published],
                "core_identity": [key.kid for key in context.identity_keys.published],
            }
        )

    async def logged_out(self, request: Request) -> Response:
        notices = await self._provider.log_out((await _body(request, {"person": str})).get("person", ""))
        told = [{"client_id": one.client_id, "status": one.status, "problem": one.problem} for one in notices]
        return _json({"notices": told})

    async def requests(self, _request: Request) -> Response:
        return _json([received.to_json() for received in self._provider.log])

    async def cleared(self, _request: Request) -> Response:
        self._provider.log.clear()
        return Response(status_code=204)


def _json(value: Any) -> Response:
    return JSONResponse(value, headers={"Cache-Control": "no-store"})


async def _body(request: Request, members: dict[str, type]) -> dict[str, Any]:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST:
            raise OneLoginError("the body is too large")
    try:
        value = json.loads(bytes(content))
    except (ValueError, RecursionError):
        raise OneLoginError("the body is no JSON") from None
    return _checked(value, members)


def _checked(value: Any, members: dict[str, type]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OneLoginError("the body is no JSON object")
    for name, given in value.items():
        if name not in members:
            raise OneLoginError(f"unknown member {name!r}; known are {', '.join(members)}")
        if not isinstance(given, members[name]):
            raise OneLoginError(f"{name} has another JSON type")
    return value
