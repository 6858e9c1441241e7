"""The issuance service: sessions, offers, metadata, nonces and credentials."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import partisia as rules
from harness.reference.documents import Reply, uncacheable
from harness.reference.faults import Defects
from harness.reference.rules import CHALLENGE, MISREPORTED, Judge, Refusal
from harness.reference.wire import body, emitted, media_type, response
from harness.vendors.partisia import documents
from harness.vendors.partisia.context import PartisiaContext
from harness.vendors.partisia.memory import Memory, Nonce, Session

_MEMBERS = {"singular": ("proof",), "plural": ("proofs",), "both": ("proof", "proofs")}
_ERRORS = {"draft-15": {rules.UNKNOWN_CONFIGURATION: "unsupported_credential_type"}}
"""Errors that a version calls otherwise than 1.0."""


class IssuanceService:
    """Answers the application and the wallet."""

    def __init__(self, context: PartisiaContext, judge: Judge, defects: Defects, memory: Memory) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._memory = memory

    def routes(self) -> list[Route]:
        """Give the endpoints."""
        well_known = [documents.ISSUER_METADATA]
        if self._context.variant.slash_well_known:
            well_known.append(f"{documents.ISSUER_METADATA}/")
        return [
            Route(documents.NEW_SESSION, self._new_session, methods=["POST"]),
            Route(f"{documents.OFFERS}/{{session}}", self._offer, methods=["GET"]),
            *(Route(path, self._metadata, methods=["GET"]) for path in well_known),
            Route(documents.NONCE, self._nonce, methods=["POST"]),
            Route(documents.CREDENTIAL, self._credential, methods=["POST"]),
        ]

    # What the application asks for. The answer is invented: only the request is documented.

    async def _new_session(self, request: Request) -> Response:
        try:
            wish = json.loads(await body(request))
            code, dataset = wish["pre-authorized_code"], wish["credential_dataset"]
        except (ValueError, TypeError, LookupError, RecursionError):
            return response(Reply({"error": "invalid_request"}, 400))
        if not (isinstance(code, str) and code and isinstance(dataset, dict)):
            return response(Reply({"error": "invalid_request"}, 400))
        identifier = str(UUID(bytes=self._context.random_bytes(16), version=4))
        self._memory.begin(Session(identifier, code, dataset))
        url = self._context.url(f"{documents.OFFERS}/{identifier}")
        return response(uncacheable(Reply({"session_id": identifier, "credential_offer_uri": url})))

    # What the wallet asks for

    async def _offer(self, request: Request) -> Response:
        session = self._memory.sessions.get(request.path_params["session"])
        if session is None or (session.fetched and self._context.variant.offer_once):
            return response(Reply({"error": "not_found"}, 404))
        session.fetched = True
        document = documents.offer(self._context, session)
        self._defects.emit("partisia-offer", document)
        return emitted(self._defects, "partisia-offer", Reply(document))

    async def _metadata(self, _: Request) -> Response:
        document = documents.issuer_metadata(self._context)
        self._defects.emit("partisia-metadata", document)
        return emitted(self._defects, "partisia-metadata", Reply(document))

    async def _nonce(self, request: Request) -> Response:
        await body(request)
        try:
            asked = rules.NonceRequest("authorization" in request.headers)
            self._judge.tolerate(rules.NONCE_TOLERANCES, asked)
        except Refusal as refusal:
            return self._refused(refusal)
        document = documents.nonce(self._context)
        self._defects.emit("partisia-nonce", document)
        self._memory.nonces.keep(document.get("c_nonce"), Nonce())
        reply = Reply(document)
        if self._context.variant.nonce_no_store:
            uncacheable(reply)
        return emitted(self._defects, "partisia-nonce", reply)

    async def _credential(self, request: Request) -> Response:
        try:
            return await self._issued(request)
        except Refusal as refusal:
            return self._refused(refusal)

    async def _issued(self, request: Request) -> Response:
        """Issue a credential.

        Raises:
            Refusal: the request breaks a rule.

        """
        token = _bearer(request.headers.get("authorization"))
        access = self._memory.tokens.get(token)
        asked = rules.CredentialRequest(
            token=token,
            token_known=access is not None,
            token_ends_at=access.expires_at if access else 0,
            issued_before=frozenset(access.issued if access else ()),
            media_type=media_type(request),
            body=await body(request),
            configurations=tuple(self._context.variant.configurations),
            now=self._context.clock(),
        )
        unsound = self._judge.uphold(rules.CREDENTIAL, asked)
        proof = self._proof(asked)
        self._judge.uphold(rules.PROOF, proof, unsound=unsound)
        self._judge.tolerate(rules.CREDENTIAL_TOLERANCES, asked)
        self._judge.tolerate(rules.PROOF_TOLERANCES, proof)
        self._use(proof)
        known = asked.configuration in asked.configurations
        name = asked.configuration if known else self._context.variant.configurations[0]
        if access is not None:
            access.issued.add(name)
        session = self._memory.session_of(access)
        draft = documents.credential(self._context, name, session.dataset if session else {}, proof.key)
        self._defects.emit("partisia-credential", draft)
        document = documents.credentials(draft.signed())
        self._defects.emit("partisia-credentials", document)
        return emitted(self._defects, "partisia-credentials", uncacheable(Reply(document)))

    def _proof(self, asked: rules.CredentialRequest) -> rules.Proof:
        variant = self._context.variant
        return rules.Proof(
            document=asked.document or {},
            members=_MEMBERS[variant.proof_mode],
            forms=variant.key_forms,
            audiences=self._context.audiences,
            window=variant.proof_window,
            nonce_state=self._nonce_state,
            now=self._context.clock(),
        )

    def _nonce_state(self, value: object) -> str:
        found = self._memory.nonces.get(value)
        if found is None:
            return "unknown"
        return "used" if found.used and self._context.variant.nonce_once else "fresh"

    def _use(self, proof: rules.Proof) -> None:
        found = self._memory.nonces.get(proof.claims.get("nonce"))
        if found is not None:
            found.used = True

    def _refused(self, refusal: Refusal) -> Response:
        if refusal.status == 401 and refusal.error != MISREPORTED:
            # A request without any authentication learns no error code (RFC 6750 section 3.1).
            challenge = CHALLENGE + (f', error="{refusal.error}"' if refusal.error else "")
            reply = uncacheable(Reply(None, 401, {"WWW-Authenticate": challenge}))
            return emitted(self._defects, "partisia-challenge", reply)
        error: Any = _ERRORS.get(self._context.variant.errors, {}).get(str(refusal.error), refusal.error)
        document = {"error": error, "error_description": refusal.description}
        self._defects.emit("partisia-error", document)
        return emitted(self._defects, "partisia-error", uncacheable(Reply(document, refusal.status)))


def _bearer(authorization: str | None) -> str | None:
    """Give the bearer token of an Authorization header (RFC 6750 section 2.1)."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None
