"""The Authorization Server of the reference issuer: metadata, PAR, Token and challenge endpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import (
    authorization_documents,
    authorization_rules,
    client_rules,
    documents,
    dpop_rules,
    forms,
    grant_rules,
    issued_tokens,
    tls,
    token_revocation,
    token_rules,
)
from harness.reference.authorization_documents import CHALLENGE_HEADER
from harness.reference.authorization_endpoint import AuthorizationEndpoint
from harness.reference.authorization_rules import AuthorizationRequest, PushRequest
from harness.reference.client_rules import ClientRequest
from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply
from harness.reference.dpop_rules import DpopRequest
from harness.reference.encoding import json_text
from harness.reference.faults import Defects
from harness.reference.rules import Judge, Refusal
from harness.reference.state import (
    Access,
    Authorization,
    Grant,
    Ledger,
    Outcome,
    Pushed,
    Refresh,
    RefreshUse,
    Successor,
)
from harness.reference.token_rules import TokenRequest
from harness.reference.wire import body, emitted, field_names, media_type, response

Endpoint = Callable[[Request], Awaitable[Response]]
_ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_RETRY_SECONDS = 60
"""For how long a client may use a refresh token again that was replaced (FAPI 2.0 section 5.3.2.1, note 1)."""


class AuthorizationServer:
    """The part of the reference issuer that lets wallets have access tokens, which ``ledger`` knows."""

    def __init__(self, context: Context, judge: Judge, defects: Defects) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self.ledger = Ledger(context.clock)
        self._front = AuthorizationEndpoint(context, judge, defects, self.ledger)

    def routes(self) -> list[Route]:
        """Give the endpoints and the metadata, with those of the other Authorization Servers."""
        variant, server = self._context.variant, self._context.authorization_server_path
        routes = [
            Route(f"/.well-known/oauth-authorization-server{server}", self._metadata),
            Route(f"/.well-known/openid-configuration{server}", self._metadata),
            Route(f"{server}/jwks", self._keys),
            Route(f"{server}/token", self._token, methods=["POST"]),
        ]
        if "authorization_code" in variant.grants:
            routes += self._front.routes()
        if variant.par != "none":
            routes.append(Route(f"{server}/par", self._push, methods=_ANY_METHOD))
        if variant.revocation_endpoint:
            routes.append(Route(f"{server}/revoke", self._revoke, methods=["POST"]))
        if variant.attestation_challenge:
            routes.append(Route(f"{server}/challenge", self._challenge, methods=["POST"]))
        routes += [
            Route(f"/.well-known/oauth-authorization-server{other}", self._other_metadata(other))
            for other in variant.authorization_servers[1:]
        ]
        return routes

    def keep_offered(self, offer: Any, grant: Grant) -> None:
        """Remember a grant under the codes as they went out, so that spoiled ones still work."""
        grants = offer.get("grants")
        for parameters in grants.values() if isinstance(grants, dict) else ():
            if isinstance(parameters, dict):
                self.ledger.grants.keep(parameters.get("pre-authorized_code"), grant)
                self.ledger.issuer_states.keep(parameters.get("issuer_state"), grant.outcome)

    # Metadata

    async def _metadata(self, request: Request) -> Response:
        document = authorization_documents.as_metadata(self._context)
        self._defects.emit("as-metadata", document)
        reply = documents.WellKnownReply(document)
        self._defects.emit("as-metadata-response", reply)
        if not request.scope["path"].startswith(f"/.well-known/{reply.name}"):
            raise HTTPException(404)
        return response(reply)

    async def _keys(self, _: Request) -> Response:
        document = authorization_documents.as_keys()
        self._defects.emit("as-jwks", document)
        return response(Reply(document))

    def _other_metadata(self, path: str) -> Endpoint:
        document = authorization_documents.other_as_metadata(self._context.base_url + path)

        async def endpoint(_: Request) -> Response:
            return response(Reply(document))

        return endpoint

    # Who asks

    def _client_request(self, request: Request, parameters: Mapping[str, str]) -> ClientRequest:
        return ClientRequest(
            self._context,
            self.ledger,
            parameters,
            request.headers.get("authorization"),
            request.headers.getlist("oauth-client-attestation"),
            request.headers.getlist("oauth-client-attestation-pop"),
            tls.client_certificate(request.scope),
            request.query_params,
            request.scope["path"].rpartition("/")[2],
        )

    def _dpop_request(self, request: Request, endpoint: str, **rest: Any) -> DpopRequest:
        """Read the proof of a request; there is none where the server does not know DPoP."""
        known = self._context.variant.dpop != "none"
        return DpopRequest(
            self._context,
            self.ledger,
            request.method,
            f"{self._context.authorization_server_url}/{endpoint}",
            request.headers.getlist("dpop") if known else [],
            field_names=field_names(request),
            **rest,
        )

    def _refused(self, name: str, refusal: Refusal) -> Response:
        """Answer with an error (RFC 6749 section 5.2), with what the client needs to do better."""
        document = documents.error(refusal.error or "", refusal.description)
        self._defects.emit(f"{name}-error", document)
        reply = documents.token_reply(document, refusal.status)
        if refusal.status == 401:
            reply.headers["WWW-Authenticate"] = 'Basic realm="assay"'
        if refusal.status == 405:
            reply.headers["Allow"] = "POST"
        if refusal.error == client_rules.USE_CHALLENGE:
            reply.headers[CHALLENGE_HEADER] = self._fresh_challenge()
        if refusal.error == dpop_rules.USE_NONCE:
            reply.headers[dpop_rules.NONCE_HEADER] = dpop_rules.fresh_nonce(self._context, self.ledger, "server")
        return emitted(self._defects, f"{name}-error", reply)

    # Challenges of Client Attestations

    def _fresh_challenge(self) -> str:
        challenge = self._context.secret()
        self.ledger.challenges.put(challenge, True)
        return challenge

    async def _challenge(self, request: Request) -> Response:
        await body(request)
        document = authorization_documents.challenge(self._context)
        self._defects.emit("challenge", document)
        self.ledger.challenges.keep(document.get("attestation_challenge"), True)
        return emitted(self._defects, "challenge", documents.uncacheable(Reply(document)))

    # Revocation Endpoint

    async def _revoke(self, request: Request) -> Response:
        parameters = forms.parameters(forms.parse(await body(request)) or [])
        client = self._client_request(request, parameters)
        try:
            self._judge.uphold(client_rules.RULES, client)
            token_revocation.revoke(self.ledger, parameters, client.client_id)
        except Refusal as refusal:
            return self._refused("revocation", refusal)
        client.remember()
        return response(Reply(None, headers={}))

    # PAR Endpoint

    async def _push(self, request: Request) -> Response:
        asked = PushRequest(request.method, media_type(request), await body(request))
        client = self._client_request(request, asked.parameters)
        proof = self._dpop_request(request, "par", required=False, dpop_jkt=asked.parameters.get("dpop_jkt"))
        wanted = AuthorizationRequest(self._context, asked.pairs, client.client, pushed=True)
        try:
            unsound = self._judge.uphold(authorization_rules.PUSH_RULES, asked)
            unsound = self._judge.uphold(client_rules.RULES, client, unsound=unsound)
            unsound = self._judge.uphold(dpop_rules.RULES, proof, unsound=unsound)
            rules = (
                *authorization_rules.PLACE_RULES,
                *self._context.wording.authorization_rules,
                *authorization_rules.REQUEST_RULES,
            )
            self._judge.uphold(rules, wanted, unsound=unsound)
            self._judge.tolerate(client_rules.TOLERANCES, client)
            self._judge.tolerate(dpop_rules.TOLERANCES, proof)
            self._judge.tolerate(authorization_rules.TOLERANCES, wanted)
            self._judge.tolerate(authorization_rules.PUSH_TOLERANCES, asked)
        except Refusal as refusal:
            return self._refused("par", refusal)
        client.remember()
        proof.remember()
        document = authorization_documents.par(self._context)
        self._defects.emit("par", document)
        pushed = Pushed(
            wanted.pairs,
            client.client_id,
            self._context.clock() + self._context.variant.request_lifetime,
            proof.key,
        )
        self.ledger.pushed.keep(document.get("request_uri"), pushed)
        return emitted(self._defects, "par", authorization_documents.par_reply(document))

    # Token Endpoint

    async def _token(self, request: Request) -> Response:
        asked = TokenRequest(self._context, media_type(request), await body(request), self.ledger)
        client = self._client_request(request, asked.parameters)
        proof = self._dpop_request(request, "token", required=self._context.variant.dpop == "required")
        try:
            unsound = self._judge.uphold(token_rules.FORM_RULES, asked)
            if self._client_counts(asked, client):
                unsound = self._judge.uphold(client_rules.RULES, client, unsound=unsound)
            unsound = self._judge.uphold(dpop_rules.RULES, proof, unsound=unsound)
        except Refusal as refusal:
            return self._refused("token", refusal)
        asked.client_id, asked.instance_key, asked.dpop_key = client.client_id, client.instance_key, proof.key
        if self._context.variant.certificate_bound and client.certificate is not None:
            asked.certificate = tls.thumbprint(client.certificate)
        try:
            self._judge.uphold((*grant_rules.RULES, *token_rules.RULES), asked, unsound=unsound)
            if self._client_counts(asked, client):
                self._judge.tolerate(client_rules.TOLERANCES, client)
            self._judge.tolerate(dpop_rules.TOLERANCES, proof)
            self._judge.tolerate((*grant_rules.TOLERANCES, *token_rules.TOLERANCES), asked)
        except Refusal as refusal:
            self._note_misuse(asked)
            return self._refused("token", refusal)
        client.remember()
        proof.remember()
        reply = documents.token_reply(self._issue_token(asked))
        if self._context.variant.dpop_nonce:
            # The next nonce comes with the success (RFC 9449 section 8.2).
            reply.headers[dpop_rules.NONCE_HEADER] = dpop_rules.fresh_nonce(self._context, self.ledger, "server")
        if asked.refresh:
            self._defects.emit("refreshed-token-response", reply)
        return emitted(self._defects, "token", reply)

    def _client_counts(self, asked: TokenRequest, client: ClientRequest) -> bool:
        """Whether the client is judged; a wallet with a Pre-Authorized Code may be anonymous (OpenID4VCI 6.1)."""
        if asked.grant_type != PRE_AUTHORIZED_CODE:
            return True
        variant = self._context.variant
        return variant.client_authentication != "none" and (
            variant.client_id is not None or bool(client.methods_used)
        )

    def _note_misuse(self, asked: TokenRequest) -> None:
        """Count wrong Transaction Codes; a replay kills what was given out for a code or a refresh token."""
        if asked.grant and asked.wrong_tx_code:
            asked.grant.wrong_tx_codes += 1
        replayed = asked.code or asked.refresh
        if replayed and replayed.used and replayed.authorization.client_id == asked.client_id:
            replayed.authorization.revoked = True

    def _issue_token(self, asked: TokenRequest) -> dict[str, Any]:
        variant, authorization = self._context.variant, asked.authorization or self._authorized_by_offer(asked)
        # A code that was let off though it is unknown opens everything.
        granted = asked.scoped_configurations or asked.granted or variant.configurations
        requested = asked.requested_configurations
        asked_by_details = authorization is not None and authorization.by_details
        named = requested or (granted if variant.identifiers or asked_by_details else ())
        identifiers = {documents.credential_identifier(name): name for name in named}
        document = documents.token(
            self._context,
            identifiers,
            bound=asked.dpop_key is not None,
            scope=self._granted_scope(asked),
            with_refresh="refresh_token" in variant.grants
            and authorization is not None
            and not (asked.refresh and variant.refresh_policy == "fixed"),
        )
        if variant.access_tokens == "jwt":
            claims = documents.access_token(
                self._context, thumbprint=asked.dpop_key, certificate=asked.certificate
            )
            self._defects.emit("access-token", claims)
            document["access_token"] = documents.signed_access_token(claims)
        self._defects.emit("token", document)
        if asked.refresh:
            self._defects.emit("refreshed-token", document)
        self._use_up(asked, replaced="refresh_token" in document)
        # Only what went out counts, so that a wallet can go on with what a spoiled response says.
        sent = json_text(document)
        access = Access(
            requested or granted,
            asked.client_id,
            self._context.clock() + variant.token_lifetime,
            {identifier: name for identifier, name in identifiers.items() if identifier in sent},
            dpop_key=asked.dpop_key,
            certificate=asked.certificate,
            authorization=authorization,
            outcome=self._outcome(asked),
            refreshed=asked.refresh is not None,
        )
        self._defects.emit("refreshed-access" if asked.refresh else "access", access)
        opening = [document.get("access_token")]
        self._defects.emit("opening", {"tokens": opening, "response": document})
        for token in opening:
            self.ledger.tokens.keep(token, access)
            if variant.of_fapi:
                issued_tokens.index(self.ledger.tokens, token, access)
        if authorization is not None and "refresh_token" in variant.grants:
            refresh = self._refresh(asked, authorization)
            if asked.refresh:
                self._defects.emit("successor", Successor(refresh, access))
            self.ledger.refreshes.keep(document.get("refresh_token"), refresh)
        return document

    def _authorized_by_offer(self, asked: TokenRequest) -> Authorization | None:
        """Give what a client may have once more that redeemed an offer, where refresh tokens are handed out."""
        if asked.grant is None or asked.client_id is None or "refresh_token" not in self._context.variant.grants:
            return None
        requested = asked.requested_configurations
        return Authorization(
            requested or asked.grant.configurations, asked.client_id, None, bool(requested), asked.grant.outcome
        )

    def _granted_scope(self, asked: TokenRequest) -> str | None:
        """Give the scope of the token, where scope was asked for (RFC 6749 section 5.1)."""
        granted = asked.authorization.scope if asked.authorization else None
        return (asked.parameters.get("scope") or granted) if asked.refresh and granted else granted

    def _outcome(self, asked: TokenRequest) -> Outcome:
        decided = asked.grant or asked.authorization
        return decided.outcome if decided else "issued"

    def _use_up(self, asked: TokenRequest, *, replaced: bool) -> None:
        """Make a code, or a refresh token whose place another takes, good for nothing more."""
        if asked.grant:
            asked.grant.used = True
        if asked.code:
            asked.code.used = True
        if asked.refresh:
            retry_seconds = _RETRY_SECONDS if self._context.variant.of_fapi else 0
            use = RefreshUse(replaced, retry_seconds)
            self._defects.emit("refresh-use", use)
            if replaced and not asked.refresh.used:
                asked.refresh.retry_until = self._context.clock() + use.retry_seconds
            asked.refresh.used = asked.refresh.used or use.spent

    def _refresh(self, asked: TokenRequest, authorization: Authorization) -> Refresh:
        public = self._context.variant.client_authentication == "none"
        return Refresh(
            authorization,
            asked.dpop_key if public else None,
            asked.instance_key,
            asked.certificate if public else None,
            expires_at=self._context.clock() + self._context.variant.refresh_lifetime,
        )
