"""The Credential Issuer of the reference issuer: its metadata and the endpoints that lead to credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import (
    credential_formats,
    credential_rules,
    deferred_rules,
    di_vp_rules,
    did_web,
    documents,
    key_attestation_rules,
    notification_rules,
    proof_rules,
    signed_metadata,
    type_metadata,
)
from harness.reference.context import Context
from harness.reference.credential_rules import CredentialRequest
from harness.reference.deferred_rules import DeferredRequest
from harness.reference.documents import Reply, Text
from harness.reference.drafts import batch_endpoint, key_proofs
from harness.reference.encoding import json_text
from harness.reference.encryption import MEDIA_TYPE, Terms
from harness.reference.faults import Defects
from harness.reference.languages import TOLERANCES as LANGUAGE_TOLERANCES
from harness.reference.languages import Languages
from harness.reference.notification_rules import NotificationRequest
from harness.reference.renewals import Earlier, Made, Making, Memory, Remaking
from harness.reference.rules import Judge, Refusal
from harness.reference.sealing import ErrorReply, Sealing
from harness.reference.state import DAY, Access, Issuance, Shelf, Transaction
from harness.reference.token_guard import TokenGuard
from harness.reference.wire import body, emitted, media_type, response


class CredentialIssuer:
    """The part of the reference issuer that issues credentials to those who have an access token."""

    def __init__(
        self, context: Context, judge: Judge, defects: Defects, tokens: Shelf[Access], guard: TokenGuard
    ) -> None:
        self._context = context
        self._variant = context.variant
        self._judge = judge
        self._defects = defects
        self._tokens = tokens
        self._guard = guard
        self._nonces = context.nonces
        self._transactions: Shelf[Transaction] = Shelf(context.clock, DAY)
        self._issuances: Shelf[Issuance] = Shelf(context.clock, DAY)
        self._memory = Memory()

    def routes(self) -> list[Route]:
        """Give the endpoints and the metadata."""
        path, variant = self._variant.path, self._variant
        routes = [
            Route(self._context.wording.metadata_path(path), self._metadata),
            Route(f"{path}/credential", self._credential, methods=["POST"]),
            Route(did_web.place(path), self._did_document),
        ]
        if variant.type_metadata != "none":
            routes.append(Route(f"{path}/types/{{file}}", self._type))
        if variant.nonce and self._context.wording.nonce_endpoint:
            routes.append(Route(f"{path}/nonce", self._nonce, methods=["POST"]))
        if variant.batch_endpoint:
            routes.append(Route(f"{path}{batch_endpoint.PATH}", self._batch, methods=["POST"]))
        if variant.deferred != "never":
            routes.append(Route(f"{path}/deferred", self._deferred, methods=["POST"]))
        if variant.notification:
            routes.append(Route(f"{path}/notification", self._notification, methods=["POST"]))
        if variant.key_mechanism in ("jwt-vc-issuer", "jwks-uri"):
            routes += [
                Route(f"/.well-known/jwt-vc-issuer{path}", self._jwt_vc_issuer),
                Route(f"{path}/.well-known/jwt-vc-issuer", self._jwt_vc_issuer),
                Route(f"{path}/credential-keys", self._credential_keys),
            ]
        return routes

    def _reply(self, document: str, reply: Reply) -> Response:
        return emitted(self._defects, document, reply)

    # Metadata

    async def _metadata(self, request: Request) -> Response:
        wanted = request.headers.get("accept-language") if self._variant.languages else None
        languages = Languages.negotiated(documents.languages(self._context), wanted)
        self._defects.emit("languages", languages)
        try:
            self._judge.tolerate(LANGUAGE_TOLERANCES, languages)
        except Refusal as refusal:
            return response(Reply(documents.error(refusal.error or "", refusal.description), refusal.status))
        document = documents.metadata(self._context, languages.shown)
        self._defects.emit("metadata", document)
        form = signed_metadata.Form(
            self._variant.signed_metadata and signed_metadata.wanted(request.headers.get("accept"))
        )
        self._defects.emit("metadata-form", form)
        if not form.signed:
            return self._reply("metadata", documents.metadata_reply(document, languages.announced))
        draft = signed_metadata.draft(self._context, document)
        self._defects.emit("signed-metadata", draft)
        reply = documents.metadata_reply(draft.text(), languages.announced)
        reply.headers["Content-Type"] = signed_metadata.MEDIA_TYPE
        return self._reply("signed-metadata", reply)

    async def _jwt_vc_issuer(self, request: Request) -> Response:
        document = documents.jwt_vc_issuer(self._context)
        self._defects.emit("jwt-vc-issuer", document)
        reply = documents.PlacedReply(document)
        self._defects.emit("jwt-vc-issuer-response", reply)
        asked_appended = not request.scope["path"].startswith("/.well-known/")
        if reply.appended != asked_appended:
            raise HTTPException(404)
        return response(reply)

    async def _credential_keys(self, _: Request) -> Response:
        document = documents.credential_keys()
        self._defects.emit("credential-keys", document)
        return response(Reply(document))

    async def _did_document(self, _: Request) -> Response:
        document = did_web.document(self._context)
        self._defects.emit("did-document", document)
        return self._reply("did-document", Reply(document))

    async def _type(self, request: Request) -> Response:
        file = request.path_params["file"]
        text = type_metadata.served(self._context, file, self._defects.emit)
        if text is None:
            raise HTTPException(404)
        suffix = f".{file.rpartition('.')[2]}" if "." in file else ".json"
        reply = Reply(Text(text), headers={"Content-Type": type_metadata.MEDIA_TYPES[suffix]})
        return self._reply("type-metadata" if "." not in file else "type-attachment", reply)

    # Nonce Endpoint

    async def _nonce(self, request: Request) -> Response:
        await body(request)
        try:
            self._judge.tolerate(credential_rules.NONCE_TOLERANCES, request.headers.get("authorization"))
        except Refusal as refusal:
            return response(Reply(documents.error(refusal.error or "", refusal.description), refusal.status))
        document = documents.nonce(self._context)
        self._defects.emit("nonce", document)
        self._nonces.keep(document.get("c_nonce"), True)
        reply = documents.uncacheable(Reply(document, self._variant.nonce_status))
        reply.headers.update(self._guard.nonce_header())
        return self._reply("nonce", reply)

    # Credential Endpoint

    async def _credential(self, request: Request) -> Response:
        asked = self._asked(request, await body(request))
        try:
            self._guard.judge(request)
            self._judge_credential(asked)
        except Refusal as refusal:
            return self._refuse("credential", refusal, asked.terms)
        transaction = self._granted(asked)
        if self._variant.deferred == "never":
            return self._issue("credential", "credential", transaction, asked.terms)
        return self._defer("credential", "deferral", transaction, self._context.secret(), asked.terms)

    def _asked(self, request: Request, content: bytes) -> CredentialRequest:
        return CredentialRequest(
            self._context,
            request.headers.get("authorization"),
            media_type(request),
            content,
            self._tokens,
            request.query_params.get("access_token"),
            self._nonces,
            request.headers,
        )

    def _granted(self, asked: CredentialRequest) -> Transaction:
        """Give what a request is granted."""
        if asked.access:
            asked.access.uses += 1
        if self._variant.nonce_once:
            for nonce in asked.used_nonces:
                self._nonces.drop(nonce)
        # Each key binds at most one credential (OpenID4VCI 8.3).
        holders = {json_text(key): key for key in asked.holder_keys} or {"": None}
        return Transaction(asked.access, asked.configuration, list(holders.values()), self._variant.deferred_polls)

    def _judge_credential(self, asked: CredentialRequest) -> None:
        """Judge a request with its proofs.

        Raises:
            Refusal: a rule is broken.

        """
        unsound = self._judge.uphold(self._context.wording.credential_rules, asked)
        unsound = self._judge.uphold(credential_rules.RULES, asked, unsound=unsound)
        self._judge.tolerate(credential_rules.TOLERANCES, asked)
        for proof in asked.jwt_proofs:
            self._judge.uphold(proof_rules.RULES, proof, unsound=unsound)
            self._judge.tolerate(proof_rules.TOLERANCES, proof)
        for attestation in asked.attestations:
            self._judge.uphold(key_attestation_rules.RULES, attestation)
            self._judge.tolerate(key_attestation_rules.TOLERANCES, attestation)
        for di_vp in asked.di_vp_proofs:
            self._judge.uphold(di_vp_rules.RULES, di_vp)
            self._judge.tolerate(di_vp_rules.TOLERANCES, di_vp)
        for ldp_vp in asked.ldp_vp_proofs:
            self._judge.uphold(key_proofs.LDP_VP, ldp_vp)
        for cwt in asked.cwt_proofs:
            self._judge.uphold(key_proofs.CWT, cwt)

    def _issue(self, endpoint: str, name: str, transaction: Transaction, terms: Terms | None) -> Response:
        """Answer with the credentials of a transaction."""
        document = self._issued(transaction)
        self._defects.emit(name, document)
        self._issuances.keep(
            document.get("notification_id"), Issuance(transaction.access, deferred=endpoint == "deferred")
        )
        return self._seal(endpoint, name, document, terms, 200)

    def _issued(self, transaction: Transaction) -> dict[str, Any]:
        """Build the response with the credentials of a transaction."""
        transaction.obtained = True
        earlier = self._memory.earlier(transaction.access, transaction.configuration)
        made = [
            self._made(transaction.configuration, holder, earlier, place)
            for place, holder in enumerate(transaction.holders)
        ]
        self._memory.keep(transaction.access, made)
        credentials = [each.credential for each in made]
        notification_id = self._context.secret() if self._variant.notification else None
        return documents.credential(credentials, notification_id)

    def _made(self, configuration: str, holder_key: Any, earlier: Earlier, place: int) -> Made:
        """Make one credential, which may come after one that was made before with the same right."""
        statuses, before = self._context.statuses, earlier.at(place)
        data = self._context.dataset.current(documents.configurations(self._variant)[configuration])
        making = Making(configuration, data, holder_key, self._context.clock(), before)
        if before is not None:
            self._defects.emit(earlier.way, making)
            for credential in earlier.credentials if making.revokes else ():
                statuses.carry_out(statuses.operation(credential, "revoked", self._context.clock()))
            if making.copied:
                return before
        drafts: list[Any] = []

        def emit(document: str, draft: Any) -> None:
            if not drafts:
                drafts.append(draft)
                if before is not None:
                    self._defects.emit(f"{earlier.way}-draft", Remaking(draft, before))
            self._defects.emit(document, draft)

        context = replace(self._context, clock=lambda: making.moment)
        with statuses.issuing(self._defects.emit) as places:
            credential = credential_formats.issued(context, making.data, making.holder_key, emit)
        statuses.keep(credential, places)
        return Made(configuration, data, making.holder_key, making.moment, drafts[0], credential)

    def _defer(
        self, endpoint: str, name: str, transaction: Transaction, transaction_id: str, terms: Terms | None
    ) -> Response:
        """Answer that the credentials of a transaction are not ready yet."""
        document = documents.deferral(self._context, transaction_id)
        self._defects.emit(name, document)
        self._transactions.keep(document.get(self._context.wording.transaction), transaction)
        return self._seal(endpoint, name, document, terms, 202)

    def _seal(
        self, endpoint: str, name: str, document: Mapping[str, Any], terms: Terms | None, status: int
    ) -> Response:
        sealing = Sealing.under(terms, document)
        self._defects.emit(f"{endpoint}-sealing", sealing)
        if sealing.key is None:
            return self._reply(name, documents.uncacheable(Reply(sealing.payload, status)))
        message = sealing.message()
        self._defects.emit(f"{endpoint}-jwe", message)
        parts = message.encrypted()
        self._defects.emit(f"{endpoint}-jwe-parts", parts)
        sealed = Reply(parts.text(), status, {"Content-Type": MEDIA_TYPE})
        return self._reply(name, documents.uncacheable(sealed))

    def _refuse(self, endpoint: str, refusal: Refusal, terms: Terms | None = None) -> Response:
        """Answer with an error, which is never encrypted (OpenID4VCI 8.3.1.2)."""
        if refusal.error is None:
            headers = self._guard.offering(refusal).headers
            return self._reply(f"{endpoint}-challenge", Reply(None, refusal.status, headers))
        document = documents.error(refusal.error, refusal.description)
        self._defects.emit(f"{endpoint}-error", document)
        reply = documents.uncacheable(ErrorReply(document, refusal.status, terms=terms))
        return self._reply(f"{endpoint}-error", reply)

    # Batch Credential Endpoint

    async def _batch(self, request: Request) -> Response:
        batch = batch_endpoint.BatchRequest(await body(request))
        answers, refusals = [], []
        try:
            self._guard.judge(request)
            self._judge.uphold(batch_endpoint.RULES, batch)
        except Refusal as refusal:
            return self._refuse("batch", refusal)
        for content in batch.requests:
            asked = self._asked(request, content)
            try:
                self._judge_credential(asked)
            except Refusal as refusal:
                refusals.append(refusal)
            else:
                answers.append(self._issued(self._granted(asked)))
        outcome = batch_endpoint.Outcome(answers, refusals)
        self._defects.emit("draft-batch-outcome", outcome)
        if outcome.refusal is not None:
            return self._refuse("batch", outcome.refusal)
        document = batch_endpoint.answer(outcome, self._context, self._defects)
        return self._reply("draft-batch", documents.uncacheable(Reply(document)))

    # Deferred Credential Endpoint

    async def _deferred(self, request: Request) -> Response:
        asked = DeferredRequest(
            self._context,
            request.headers.get("authorization"),
            media_type(request),
            await body(request),
            self._tokens,
            request.query_params.get("access_token"),
            self._transactions,
        )
        try:
            self._guard.judge(request)
            self._judge.uphold(self._context.wording.deferred_rules or deferred_rules.RULES, asked)
            self._judge.tolerate((*deferred_rules.TOLERANCES, *self._context.wording.deferred_tolerances), asked)
        except Refusal as refusal:
            return self._refuse("deferred", refusal, asked.terms)
        # A transaction that was let off though it is unknown is one for the first credential there is.
        transaction = asked.transaction or Transaction(asked.access, self._variant.configurations[0], [None], 0)
        if transaction.pending == 0:
            self._defects.emit("transaction", transaction)
            return self._issue("deferred", "deferred", transaction, asked.terms)
        transaction.pending -= 1
        return self._defer("deferred", "pending", transaction, asked.parameters["transaction_id"], asked.terms)

    # Notification Endpoint

    async def _notification(self, request: Request) -> Response:
        asked = NotificationRequest(
            self._context,
            request.headers.get("authorization"),
            media_type(request),
            await body(request),
            self._tokens,
            request.query_params.get("access_token"),
            self._issuances,
        )
        try:
            self._guard.judge(request)
            self._judge.uphold(notification_rules.RULES, asked)
            self._judge.tolerate(notification_rules.TOLERANCES, asked)
        except Refusal as refusal:
            return self._refuse("notification", refusal)
        if asked.issuance and isinstance(asked.event, str):
            asked.issuance.events.append(asked.event)
        return self._reply("notification", documents.uncacheable(Reply(None, 204, {})))
