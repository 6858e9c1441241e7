"""The authorization server of the customer: metadata on one host, the token endpoint on another."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import forms
from harness.reference import partisia as rules
from harness.reference.documents import Reply, uncacheable
from harness.reference.faults import Defects
from harness.reference.rules import Judge, Refusal
from harness.reference.wire import body, emitted, media_type, response
from harness.vendors.partisia import documents
from harness.vendors.partisia.context import PartisiaContext
from harness.vendors.partisia.memory import Code, Memory


class AuthorizationServer:
    """Gives codes to the application, and tokens for them to the wallet."""

    def __init__(self, context: PartisiaContext, judge: Judge, defects: Defects, memory: Memory) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._memory = memory

    def metadata_routes(self) -> list[Route]:
        """Give the endpoints of the host that the issuer names."""
        return [
            Route(documents.SERVER_METADATA, self._metadata, methods=["GET"]),
            Route(documents.SERVER_METADATA, self._posted, methods=["POST"]),
        ]

    def token_routes(self) -> list[Route]:
        """Give the endpoints of the host that gives tokens."""
        return [Route("/auth/token-endpoint", self._token, methods=["POST"])]

    def fresh_code(self) -> str:
        """Give the application a code, which a wallet can redeem."""
        context = self._context
        value = context.secret()
        self._memory.expect(Code(value, context.clock() + context.variant.code_lifetime))
        return value

    async def _metadata(self, _: Request) -> Response:
        document = documents.server_metadata(self._context)
        self._defects.emit("partisia-server-metadata", document)
        return emitted(self._defects, "partisia-server-metadata", Reply(document))

    async def _posted(self, request: Request) -> Response:
        posted = documents.WellKnownPost(self._context.variant.token_at_well_known)
        self._defects.emit("partisia-well-known-post", posted)
        if posted.gives_token:
            return await self._token(request)
        await body(request)
        return response(Reply(None, 405, {"Allow": "GET, HEAD"}))

    async def _token(self, request: Request) -> Response:
        try:
            return await self._redeemed(request)
        except Refusal as refusal:
            document = {"error": refusal.error, "error_description": refusal.description}
            self._defects.emit("partisia-token-error", document)
            reply = uncacheable(Reply(document, refusal.status))
            return emitted(self._defects, "partisia-token-error", reply)

    async def _redeemed(self, request: Request) -> Response:
        """Give a token for a code.

        Raises:
            Refusal: the request breaks a rule.

        """
        pairs = forms.parse(await body(request))
        found = self._memory.codes.get(forms.parameters(pairs or []).get("pre-authorized_code"))
        asked = rules.TokenRequest(
            media_type=media_type(request),
            pairs=pairs,
            authenticated="authorization" in request.headers,
            code_known=found is not None,
            code_used=found.used if found else False,
            code_ends_at=found.expires_at if found else 0,
            now=self._context.clock(),
        )
        self._judge.uphold(rules.TOKEN, asked)
        self._judge.tolerate(rules.TOKEN_TOLERANCES, asked)
        # The rules about codes let off, a token is given for the latest one.
        code = found or self._memory.latest_code
        if code is None:
            raise Refusal(400, "invalid_grant", "There was no code so far.")
        code.used = True
        access = documents.access(self._context, code.value)
        self._defects.emit("partisia-access", access)
        document = documents.token(self._context, self._context.secret())
        self._defects.emit("partisia-token", document)
        self._memory.tokens.keep(document.get("access_token"), access)
        reply = Reply(document)
        if self._context.variant.token_no_store:
            uncacheable(reply).headers["Pragma"] = "no-cache"
        return emitted(self._defects, "partisia-token", reply)
