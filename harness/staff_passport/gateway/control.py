"""What developers and scripts steer while the gateway runs, as a page and as JSON, below ``/sim/``.

None of it is part of the Digital Staff Passport. Requests from pages of other origins are refused, since a browser
would send them without the developer's doing.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from harness.staff_passport.employees import Identity
from harness.staff_passport.gateway import GatewayError, control_page, pages, request_log

if TYPE_CHECKING:
    from harness.staff_passport.gateway.provider import Gateway

_LARGEST = 100_000
_MOST_FIELDS = 200
_IDENTITY = ("first_name", "surname", "birth_date", "unique_identifier")


def routes(gateway: Gateway) -> list[Route]:
    """Give the endpoints that steer a gateway."""
    control = _Control(gateway)
    guarded = control.guarded
    return [
        Route("/sim", control.slash, methods=["GET"]),
        Route("/sim/", control.page, methods=["GET"]),
        Route("/sim/", guarded(control.submitted), methods=["POST"]),
        Route("/sim/state", control.state, methods=["GET"]),
        Route("/sim/wallet", guarded(control.planned), methods=["POST"]),
        Route("/sim/wallet/{transaction}/{action}", guarded(control.acted), methods=["POST"]),
        Route("/sim/identity", guarded(control.identified), methods=["POST"]),
        Route("/sim/misbehave", guarded(control.misbehaved), methods=["POST"]),
        Route("/sim/share", guarded(control.shared), methods=["POST"]),
        Route("/sim/log", control.log, methods=["GET"]),
        Route("/sim/log", guarded(control.cleared), methods=["DELETE"]),
    ]


_Handler = Callable[[Request], Awaitable[Response]]


class _Control:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._told = ""
        """What became of the last form, for the page that follows it."""

    def guarded(self, handler: _Handler) -> _Handler:
        """Let nobody else's page steer, and tell what is wrong in one line."""

        async def handle(request: Request) -> Response:
            origin = request.headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
                return JSONResponse({"error": "requests from pages of other origins are refused"}, 403)
            try:
                return await handler(request)
            except GatewayError as problem:
                return JSONResponse({"error": str(problem)}, 400)

        return handle

    async def slash(self, _request: Request) -> Response:
        return Response(status_code=307, headers={"Location": "sim/"})

    async def page(self, _request: Request) -> Response:
        told, self._told = self._told, ""
        return HTMLResponse(control_page.write(self._gateway, told), headers=pages.HEADERS)

    async def submitted(self, request: Request) -> Response:
        """Take one of the forms of the page, told apart by their button."""
        fields = await _form(request)
        given = dict(fields)
        chosen = given.get("do", "")
        if chosen in self._gateway.wallet.actions:
            self._gateway.wallet.act(given.get("transaction", ""), chosen)
        elif chosen == "identity":
            typed = {name: given[name] for name in _IDENTITY if given.get(name)}
            self._shares({"employee": given["employee"]} if given.get("employee") else typed)
        elif chosen == "misbehave":
            self._gateway.misbehave(*(value for name, value in fields if name == "misbehaviour"))
        elif chosen == "try-share":
            self._told = control_page.tried(self._gateway, given.get("serial_number", ""))
        elif chosen == "clear":
            self._gateway.log.clear()
        else:
            raise GatewayError(f"the page has no button {chosen!r}")
        return Response(status_code=303, headers={"Location": "./", "Cache-Control": "no-store"})

    async def state(self, _request: Request) -> Response:
        gateway = self._gateway
        return _json(
            {
                "transactions": [
                    {
                        "transaction": one.id,
                        "mode": one.mode,
                        "client_id": one.client.client_id,
                        "template": one.template,
                        "link": one.link,
                        "actions": list(one.actions),
                    }
                    for one in gateway.wallet.open
                ],
                "identity": vars(gateway.wallet.identity),
                "employees": list(gateway.employees),
                "misbehaviours": sorted(gateway.misbehaving),
                "credentials": [
                    {
                        "serial_number": serial,
                        "template": issued.template,
                        "attributes": dict(issued.attributes),
                        "revoked": serial in gateway.revoked,
                    }
                    for serial, issued in gateway.issued.items()
                ],
            }
        )

    async def planned(self, request: Request) -> Response:
        """Say what the wallet does by itself with the next QR codes."""
        wanted = await _body(request, {"actions": list})
        self._gateway.wallet.will(*map(str, wanted.get("actions", ())))
        return Response(status_code=204)

    async def acted(self, request: Request) -> Response:
        action = request.path_params["action"]
        location = self._gateway.wallet.act(request.path_params["transaction"], action)
        return _json({"location": location})

    async def identified(self, request: Request) -> Response:
        wanted = await _body(request, dict.fromkeys(("employee", *_IDENTITY), str))
        self._shares(wanted)
        return _json({"identity": vars(self._gateway.wallet.identity)})

    def _shares(self, wanted: Mapping[str, str]) -> None:
        wallet = self._gateway.wallet
        if not wanted or ("employee" in wanted and len(wanted) > 1):
            raise GatewayError(f"give an employee, or of an identity {', '.join(_IDENTITY)}")
        if "employee" in wanted:
            wallet.belongs_to(wanted["employee"])
        else:
            wallet.identity = Identity(**{name: wanted.get(name) for name in _IDENTITY})

    async def misbehaved(self, request: Request) -> Response:
        wanted = await _body(request, {"names": list})
        if "names" not in wanted:
            raise GatewayError("names is missing; an empty list ends all misbehaviour")
        self._gateway.misbehave(*map(str, wanted["names"]))
        return _json({"misbehaviours": sorted(self._gateway.misbehaving)})

    async def shared(self, request: Request) -> Response:
        serial = (await _body(request, {"serial_number": str})).get("serial_number")
        if serial is None:
            raise GatewayError("serial_number is missing")
        return _json({"serial_number": serial, "shared": self._gateway.share(serial)})

    async def log(self, _request: Request) -> Response:
        return _json([request_log.to_json(one) for one in self._gateway.log])

    async def cleared(self, _request: Request) -> Response:
        self._gateway.log.clear()
        return Response(status_code=204)


def _json(value: Any) -> Response:
    return JSONResponse(value, headers={"Cache-Control": "no-store"})


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST:
            raise GatewayError("the body is too large")
    return bytes(content)


async def _form(request: Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            (await _content(request)).decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise GatewayError("the form cannot be read") from None


async def _body(request: Request, members: Mapping[str, type]) -> dict[str, Any]:
    try:
        value = json.loads(await _content(request))
    except (ValueError, RecursionError):
        raise GatewayError("the body is no JSON") from None
    if not isinstance(value, dict):
        raise GatewayError("the body is no JSON object")
    for name, given in value.items():
        if name not in members:
            raise GatewayError(f"unknown member {name!r}; known are {', '.join(members)}")
        if not isinstance(given, members[name]):
            raise GatewayError(f"{name} has another JSON type")
    return value
