"""Where the reference issuer publishes the status of its credentials: one URL for each list, and one for all."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import bitstring_status_list, documents, identifier_list, token_status_list
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import Defects
from harness.reference.statuses import Published
from harness.reference.wire import content, emitted, response


class Mechanism(Protocol):
    """What a module for one mechanism has."""

    RESPONSE: str
    """Name of the seam that its answers pass."""

    def names(self, context: Context, credential_format: str) -> Sequence[str]:
        """Give the names of the lists for the credentials of a format; none where it is not for that format."""

    def published(
        self, context: Context, name: str, accept: str | None, emit: Callable[[str, Any], None]
    ) -> Published:
        """Publish a list as the ``Accept`` header asks for; ``emit`` lets a draft pass the seam of a name."""


MECHANISMS: Mapping[str, Mechanism] = {
    "status_list": token_status_list,
    "identifier_list": identifier_list,
    "bitstring": bitstring_status_list,
    "status-list-2021": bitstring_status_list,
}
"""Value of ``Variant.status`` or ``Variant.credential_status`` to the module that publishes the lists."""


@dataclass
class ListReply(Reply):
    """The answer with a list, and how its body is encoded on the way (RFC 9110 section 8.4)."""

    encode: Callable[[bytes], bytes] | None = None


class StatusLists:
    """The endpoints that publish the status of credentials."""

    def __init__(self, context: Context, defects: Defects) -> None:
        self._context = context
        self._defects = defects
        wanted = (context.variant.status, context.variant.credential_status)
        self._mechanisms = [MECHANISMS[name] for name in wanted if name in MECHANISMS]
        self._of_tokens = MECHANISMS.get(context.variant.status)
        for data in documents.configurations(context.variant).values():
            for mechanism in self._mechanisms:
                for name in mechanism.names(context, data["format"]):
                    context.statuses.open(name, data["format"])

    def routes(self) -> list[Route]:
        """Give the endpoints; none where no credential has a status."""
        path = f"{self._context.variant.path}/status"
        aggregation = [Route(path, self._aggregation)] if self._of_tokens else []
        return [*aggregation, Route(f"{path}/{{name}}", self._list)] if self._mechanisms else []

    async def _list(self, request: Request) -> Response:
        name = request.path_params["name"]
        mechanism = self._mechanism(name)
        if mechanism is None:
            raise HTTPException(404)
        if "time" in request.query_params:
            # What a list said in the past is not kept (Token Status List draft 12 section 8.4).
            raise HTTPException(501)
        made = mechanism.published(self._context, name, request.headers.get("accept"), self._defects.emit)
        reply = ListReply(made.body, headers={"Content-Type": made.media_type, **self._headers()})
        if "gzip" in request.headers.get("accept-encoding", "").lower():
            reply.headers["Content-Encoding"] = "gzip"
            reply.encode = _zipped
        self._defects.emit(mechanism.RESPONSE, reply)
        if reply.encode is not None:
            reply.body = reply.encode(content(reply.body))
        return response(reply)

    def _mechanism(self, name: str) -> Mechanism | None:
        """Find the module that publishes a list; ``None`` where there is no such list."""
        credential_format = self._context.statuses.formats.get(name)
        if credential_format is None:
            return None
        return next(each for each in self._mechanisms if each.names(self._context, credential_format))

    def _headers(self) -> dict[str, str]:
        """Let scripts of any origin read a list, and caches keep it as long as it says itself."""
        ttl = self._context.variant.status_ttl
        caching = "no-cache" if ttl is None else f"max-age={ttl}"
        return {"Access-Control-Allow-Origin": "*", "Cache-Control": caching, "Vary": "Accept, Accept-Encoding"}

    async def _aggregation(self, _: Request) -> Response:
        """Name all lists that are tokens (Token Status List draft 12 section 9)."""
        names = [name for name in self._context.statuses.formats if self._mechanism(name) is self._of_tokens]
        document = {"status_lists": [self._context.status_list_url(name) for name in names]}
        self._defects.emit("status-aggregation", document)
        reply = Reply(document)
        reply.headers["Access-Control-Allow-Origin"] = "*"
        return emitted(self._defects, "status-aggregation", reply)


def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
