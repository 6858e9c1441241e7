"""The reference issuer: an ASGI application that serves a Credential Issuer and its Authorization Server.

It speaks the Pre-Authorized Code Flow of OpenID4VCI 1.0 and issues SD-JWT VCs. Endpoints read a request, let
the rules judge it, build documents and let them pass the seam; which faults are on is not their business.
"""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import credential_rules, documents, keys, proof_rules, token_rules
from harness.reference.context import Context
from harness.reference.credential_rules import CredentialRequest
from harness.reference.documents import Reply
from harness.reference.encoding import json_text
from harness.reference.faults import Defects, check_known
from harness.reference.rules import Judge, Refusal
from harness.reference.state import Access, Grant, Shelf
from harness.reference.token_rules import TokenRequest
from harness.reference.variants import Variant

DAY = 24 * 3600
MAX_BODY_BYTES = 256 * 1024
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class MintedOffer:
    """A fresh Credential Offer as its link, with the Transaction Code the user would get another way."""

    offer: str
    tx_code: str | None


class ReferenceIssuer:
    """One issuer with its own memory.

    ``faults`` are ids from ``faults.catalogue``; ``fired`` tells which of them made a difference so far, and
    ``context`` where the issuer lives. ``clock`` gives seconds since the epoch.

    Raises:
        ValueError: a fault id is unknown.

    """

    def __init__(
        self,
        variant: Variant,
        faults: Iterable[str] = (),
        *,
        base_url: str = "https://issuer.assay.test",
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        known = check_known(faults)
        self.variant = variant
        self.fired: set[str] = set()
        self.context = Context(variant, base_url.rstrip("/"), clock, random_bytes)
        self._judge = Judge(known, self.fired)
        self._defects = Defects(known, self.fired, self.context)
        # Expired codes and tokens stay known for a day, so that they are refused as expired.
        self._grants: Shelf[Grant] = Shelf(clock, DAY)
        self._tokens: Shelf[Access] = Shelf(clock, DAY)
        self._nonces: Shelf[bool] = Shelf(clock, variant.nonce_lifetime)
        self._offers: Shelf[Any] = Shelf(clock, DAY)
        self.app = Starlette(routes=self._routes())

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""
        return self.context.issuer_url

    @property
    def trust_anchor_pem(self) -> str:
        """The root certificate to which ``x5c`` of the credentials leads, in PEM."""
        return keys.trust_anchor_pem()

    def mint_offer(
        self, configuration: str | None = None, *, by: str | None = None, tx_code: bool | None = None
    ) -> MintedOffer:
        """Make a fresh Credential Offer.

        ``configuration`` is a Credential Configuration id, ``by`` is ``reference`` or ``value``, ``tx_code``
        says whether a Transaction Code is required; ``None`` leaves each to the variant.

        Raises:
            ValueError: there is no such configuration or no such way to pass an offer.

        """
        known = documents.configuration_ids()
        name = known[0] if configuration is None else configuration
        if name not in known:
            raise ValueError(f"unknown configuration; there are {', '.join(known)}")
        way = self.variant.offer_by if by is None else by
        if way not in ("reference", "value"):
            raise ValueError("an offer is passed by reference or by value")
        with_tx_code = self.variant.tx_code if tx_code is None else tx_code
        grant = Grant(
            (name,),
            self._fresh_tx_code() if with_tx_code else None,
            self.context.clock() + self.variant.code_lifetime,
        )
        document = documents.offer(self.context, name, code=self.context.secret(), with_tx_code=bool(with_tx_code))
        self._defects.emit("offer", document)
        _keep_code(self._grants, document, grant)
        link = documents.offer_link(self.context, document, by=way)
        self._defects.emit("offer-link", link)
        self._offers.put(link.by_reference.rpartition("/")[2], document)
        return MintedOffer(link.text(), grant.tx_code)

    def _fresh_tx_code(self) -> str:
        secret = {"tx_code": documents.tx_code(self.context)}
        self._defects.emit("tx-code", secret)
        return secret["tx_code"]

    def _routes(self) -> list[Route]:
        path, server = self.variant.path, self.context.authorization_server_path
        routes = [
            Route(f"/.well-known/openid-credential-issuer{path}", self._metadata),
            Route(f"/.well-known/oauth-authorization-server{server}", self._as_metadata),
            Route(f"/.well-known/openid-configuration{server}", self._as_metadata),
            Route(f"{path}/offers/{{identifier}}", self._offer),
            Route(f"{server}/jwks", self._as_keys),
            Route(f"{server}/token", self._token, methods=["POST"]),
            Route(f"{path}/credential", self._credential, methods=["POST"]),
            Route(f"{path}/assay/offers", self._mint, methods=["POST"]),
            Route(path or "/", self._page),
        ]
        routes += [
            Route(f"/.well-known/oauth-authorization-server{other}", self._other_as_metadata(other))
            for other in self.variant.authorization_servers[1:]
        ]
        if self.variant.nonce:
            routes.append(Route(f"{path}/nonce", self._nonce, methods=["POST"]))
        if self.variant.key_mechanism in ("jwt-vc-issuer", "jwks-uri"):
            routes += [
                Route(f"/.well-known/jwt-vc-issuer{path}", self._jwt_vc_issuer),
                Route(f"{path}/.well-known/jwt-vc-issuer", self._jwt_vc_issuer),
                Route(f"{path}/credential-keys", self._credential_keys),
            ]
        return routes

    def _reply(self, document: str, reply: Reply) -> Response:
        """Pass the HTTP response of a document through its own seam and write it."""
        self._defects.emit(f"{document}-response", reply)
        return _response(reply)

    # Discovery

    async def _offer(self, request: Request) -> Response:
        document = self._offers.get(request.path_params["identifier"])
        if document is None:
            raise HTTPException(404)
        return self._reply("offer", Reply(document))

    async def _metadata(self, _: Request) -> Response:
        document = documents.metadata(self.context)
        self._defects.emit("metadata", document)
        return self._reply("metadata", documents.metadata_reply(self.context, document))

    async def _as_metadata(self, request: Request) -> Response:
        document = documents.as_metadata(self.context)
        self._defects.emit("as-metadata", document)
        reply = documents.WellKnownReply(document)
        self._defects.emit("as-metadata-response", reply)
        if not request.scope["path"].startswith(f"/.well-known/{reply.name}"):
            raise HTTPException(404)
        return _response(reply)

    async def _as_keys(self, _: Request) -> Response:
        document = documents.as_keys()
        self._defects.emit("as-jwks", document)
        return _response(Reply(document))

    def _other_as_metadata(self, path: str) -> Endpoint:
        document = documents.other_as_metadata(self.context.base_url + path)

        async def endpoint(_: Request) -> Response:
            return _response(Reply(document))

        return endpoint

    async def _jwt_vc_issuer(self, request: Request) -> Response:
        document = documents.jwt_vc_issuer(self.context)
        self._defects.emit("jwt-vc-issuer", document)
        reply = documents.PlacedReply(document)
        self._defects.emit("jwt-vc-issuer-response", reply)
        asked_appended = not request.scope["path"].startswith("/.well-known/")
        if reply.appended != asked_appended:
            raise HTTPException(404)
        return _response(reply)

    async def _credential_keys(self, _: Request) -> Response:
        document = documents.credential_keys()
        self._defects.emit("credential-keys", document)
        return _response(Reply(document))

    # Token Endpoint

    async def _token(self, request: Request) -> Response:
        asked = TokenRequest(self.context, _media_type(request), await _body(request), self._grants)
        try:
            self._judge.uphold(token_rules.RULES, asked)
            self._judge.tolerate(token_rules.TOLERANCES, asked)
        except Refusal as refusal:
            if asked.grant and asked.wrong_tx_code:
                asked.grant.wrong_tx_codes += 1
            document = documents.error(refusal.error or "", refusal.description)
            self._defects.emit("token-error", document)
            return self._reply("token-error", documents.token_reply(document, refusal.status))
        if asked.grant:
            asked.grant.used = True
        return self._reply("token", documents.token_reply(self._issue_token(asked)))

    def _issue_token(self, asked: TokenRequest) -> dict[str, Any]:
        # A code that was let off though it is unknown opens everything.
        offered = asked.grant.configurations if asked.grant else documents.configuration_ids()
        requested = asked.requested_configurations
        named = requested or (offered if self.variant.identifiers else ())
        identifiers = {documents.credential_identifier(name): name for name in named}
        document = documents.token(self.context, identifiers)
        self._defects.emit("token", document)
        # Only what went out counts, so that a wallet can go on with what a spoiled response says.
        sent = json_text(document)
        access = Access(
            requested or offered,
            asked.parameters.get("client_id"),
            self.context.clock() + self.variant.token_lifetime,
            {identifier: name for identifier, name in identifiers.items() if identifier in sent},
        )
        _keep_under(self._tokens, document.get("access_token"), access)
        return document

    # Nonce Endpoint

    async def _nonce(self, request: Request) -> Response:
        await _body(request)
        try:
            self._judge.tolerate(credential_rules.NONCE_TOLERANCES, request.headers.get("authorization"))
        except Refusal as refusal:
            return _response(Reply(documents.error(refusal.error or "", refusal.description), refusal.status))
        document = documents.nonce(self.context)
        self._defects.emit("nonce", document)
        _keep_under(self._nonces, document.get("c_nonce"), True)
        return self._reply("nonce", documents.uncacheable(Reply(document, self.variant.nonce_status)))

    # Credential Endpoint

    async def _credential(self, request: Request) -> Response:
        asked = CredentialRequest(
            self.context,
            request.headers.get("authorization"),
            _media_type(request),
            await _body(request),
            self._tokens,
            self._nonces,
        )
        try:
            self._judge.uphold(credential_rules.RULES, asked)
            self._judge.tolerate(credential_rules.TOLERANCES, asked)
            for proof in asked.proofs:
                self._judge.uphold(proof_rules.RULES, proof)
                self._judge.tolerate(proof_rules.TOLERANCES, proof)
        except Refusal as refusal:
            return self._refuse_credential(refusal)
        document = documents.credential(self._issue_credentials(asked))
        self._defects.emit("credential", document)
        return self._reply("credential", documents.uncacheable(Reply(document)))

    def _refuse_credential(self, refusal: Refusal) -> Response:
        if refusal.error is None:
            return self._reply("credential-challenge", Reply(None, refusal.status, refusal.headers))
        document = documents.error(refusal.error, refusal.description)
        self._defects.emit("credential-error", document)
        return self._reply("credential-error", documents.uncacheable(Reply(document, refusal.status)))

    def _issue_credentials(self, asked: CredentialRequest) -> list[str]:
        if asked.access:
            asked.access.uses += 1
        if self.variant.nonce_once:
            for proof in asked.proofs:
                self._nonces.drop(proof.claims.get("nonce"))
        # Each key binds at most one credential (OpenID4VCI 8.3).
        holders = {json_text(proof.key): proof.key for proof in asked.proofs} or {"": None}
        return [self._issue(asked.configuration, holder) for holder in holders.values()]

    def _issue(self, configuration: str, holder_key: Any) -> str:
        draft = documents.sd_jwt_vc(self.context, configuration, holder_key)
        self._defects.emit("sd-jwt", draft)
        return draft.signed()

    # For people who develop a wallet

    async def _mint(self, request: Request) -> Response:
        try:
            wishes = json.loads(await _body(request) or b"{}")
            minted = self.mint_offer(
                wishes.get("configuration"), by=wishes.get("by"), tx_code=wishes.get("tx_code")
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            return _response(Reply({"error": f"cannot mint this offer: {error}"}, 400))
        answer = {
            "offer": minted.offer,
            "tx_code": minted.tx_code,
            "credential_issuer": self.issuer_url,
        }
        return _response(Reply(answer, 201))

    async def _page(self, _: Request) -> Response:
        url = html.escape(self.issuer_url)
        names = ", ".join(documents.configuration_ids())
        text = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Assay reference issuer</title>
<h1>Assay reference issuer</h1>
<p>A Credential Issuer for tests: OpenID4VCI 1.0, Pre-Authorized Code Flow, SD-JWT VC.
Its credentials say nothing about anybody.</p>
<p>Credential Issuer Identifier: <code>{url}</code><br>
Variant: <code>{html.escape(self.variant.name)}</code>. {html.escape(self.variant.description)}</p>
<p>Make an offer:</p>
<pre>curl -X POST {url}/assay/offers -H 'Content-Type: application/json' -d '{{}}'</pre>
<p>The JSON body may have <code>configuration</code> ({html.escape(names)}), <code>by</code>
(<code>reference</code> or <code>value</code>) and <code>tx_code</code> (<code>true</code> or
<code>false</code>).</p>
</html>
"""
        return Response(text, media_type="text/html")


def _keep_code(grants: Shelf[Grant], offer: Any, grant: Grant) -> None:
    """Remember a grant under the code as it went out, so that a spoiled code still works."""
    parameters = offer.get("grants")
    if isinstance(parameters, dict):
        emitted = parameters[documents.PRE_AUTHORIZED_CODE].get("pre-authorized_code")
        _keep_under(grants, emitted, grant)


def _keep_under(shelf: Shelf[Any], key: object, value: Any) -> None:
    """Keep a value under what went out, if a wallet can send that back."""
    if isinstance(key, (str, int)):
        shelf.put(str(key), value)


def _response(reply: Reply) -> Response:
    content = "" if reply.body is None else json_text(reply.body)
    return Response(content, status_code=reply.status, headers=reply.headers)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request) -> bytes:
    """Read the body.

    Raises:
        HTTPException: 413, the body is longer than ``MAX_BODY_BYTES``.

    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)
