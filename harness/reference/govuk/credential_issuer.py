"""What GOV.UK Wallet and the services behind it see of the department."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import jwt
from harness.reference.documents import Reply, uncacheable
from harness.reference.faults import Defects
from harness.reference.govuk import (
    credential_rules,
    credentials,
    did_document,
    documents,
    notification_rules,
    proof_rules,
)
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.credential_rules import CredentialRequest
from harness.reference.govuk.credentials import Making, data_of
from harness.reference.govuk.key_sets import KeySet
from harness.reference.govuk.notification_rules import NotificationRequest
from harness.reference.govuk.outgoing import Outgoing
from harness.reference.govuk.protected import ProtectedRequest, token_of
from harness.reference.govuk.records import Issued, Offered, Records
from harness.reference.govuk.status_client import StatusClient, StatusServiceError
from harness.reference.govuk.validity import validity
from harness.reference.rules import MISREPORTED, Judge, Refusal
from harness.reference.wire import body, emitted, media_type

Protected = TypeVar("Protected", bound=ProtectedRequest)
_A_WHILE = 0.05
"""Seconds."""


@dataclass
class Redemption:
    """What becomes of an offer and an access token that are about to bring a credential."""

    offered: Offered
    at_once: bool = True
    """Whether they are spent before the credential is made, so that no other request can use them meanwhile."""


@dataclass
class Attempt:
    """A request with a good access token and a bad proof."""

    offered: Offered | None
    spent: bool = False
    """Whether the offer is used up by it."""


class CredentialIssuer:
    """The endpoints of the issuer."""

    def __init__(
        self,
        context: GovukContext,
        judge: Judge,
        defects: Defects,
        *,
        records: Records,
        http: Outgoing,
        statuses: StatusClient,
    ) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._records = records
        self._statuses = statuses
        self._token_keys = KeySet(f"{context.token_service_url}/.well-known/jwks.json", http)

    def routes(self) -> list[Route]:
        """Give what it serves."""
        routes = [
            Route("/.well-known/openid-credential-issuer", self._metadata),
            Route("/.well-known/jwks.json", self._jwks),
            Route("/.well-known/did.json", self._did_document),
            Route(documents.IACAS, self._iacas),
            Route("/contexts/{type}", self._context_of_type),
            Route(documents.CREDENTIAL, self._credential, methods=["POST"]),
        ]
        if self._context.variant.notification:
            routes.append(Route(documents.NOTIFICATION, self._notification, methods=["POST"]))
        return routes

    # Documents

    async def _metadata(self, _: Request) -> Response:
        document = documents.metadata(self._context)
        self._defects.emit("govuk-metadata", document)
        return self._reply("govuk-metadata", Reply(document))

    async def _jwks(self, _: Request) -> Response:
        document = documents.jwks()
        self._defects.emit("govuk-jwks", document)
        return self._reply("govuk-jwks", Reply(document))

    async def _did_document(self, _: Request) -> Response:
        document = did_document.document(self._context)
        self._defects.emit("govuk-did-document", document)
        return self._reply("govuk-did-document", Reply(document))

    async def _iacas(self, _: Request) -> Response:
        root = credentials.authority(self._context, self._context.clock())
        self._defects.emit("iaca", root)
        document = documents.iacas(root)
        self._defects.emit("govuk-iacas", document)
        return self._reply("govuk-iacas", Reply(document))

    async def _context_of_type(self, request: Request) -> Response:
        document = documents.context(self._context, request.path_params["type"])
        if document is None:
            raise HTTPException(404)
        return self._reply("govuk-context", Reply(document, headers={"Content-Type": "application/ld+json"}))

    def _reply(self, document: str, reply: Reply) -> Response:
        return emitted(self._defects, document, reply)

    # Credentials

    async def _credential(self, request: Request) -> Response:
        asked = await self._read(CredentialRequest, request)
        try:
            let_off = self._judge.uphold(credential_rules.RULES, asked)
            self._judge.tolerate(credential_rules.TOLERANCES, asked)
            self._uphold_proof(asked, let_off)
        except Refusal as refusal:
            return self._refuse(refusal)
        redemption = Redemption(self._to_redeem(asked))
        self._defects.emit("govuk-redemption", redemption)
        if redemption.at_once:
            self._spend(asked, redemption.offered)
        else:
            # Making a credential takes a while, in which other requests are served.
            await asyncio.sleep(_A_WHILE)
        try:
            issued = await self._issue(asked, redemption.offered)
        except StatusServiceError:
            # Nothing was handed out, so that the wallet may try again.
            self._records.tokens.drop(asked.claim("jti"))
            redemption.offered.redeemed = asked.refreshes and redemption.offered.redeemed
            return self._reply("govuk-credential-error", uncacheable(Reply({"error": "server_error"}, 500)))
        self._spend(asked, redemption.offered)
        return self._hand_out(issued)

    def _uphold_proof(self, asked: CredentialRequest, let_off: frozenset[str]) -> None:
        """Judge the proof; a bad one spends nothing, so that the wallet may send a better one.

        Raises:
            Refusal: a rule is broken.

        """
        try:
            self._judge.uphold(proof_rules.RULES, asked.proof, unsound=let_off)
        except Refusal:
            attempt = Attempt(asked.offered)
            self._defects.emit("govuk-attempt", attempt)
            if attempt.offered is not None and attempt.spent:
                attempt.offered.redeemed = True
            raise

    def _to_redeem(self, asked: CredentialRequest) -> Offered:
        """Give the offer behind a request; where rules were let off there may be none, and one is made up."""
        found = asked.nearest
        if found is not None:
            return found
        account = self._records.account(str(asked.claim("sub")))
        now = self._context.clock()
        return Offered(self._context.uuid(), self._context.variant.configurations[0], account, now, now)

    def _spend(self, asked: CredentialRequest, offered: Offered) -> None:
        self._records.tokens.keep(asked.claim("jti"), True)
        if not asked.refreshes:
            offered.redeemed = True

    async def _issue(self, asked: CredentialRequest, offered: Offered) -> Issued:
        data, account = data_of(offered.configuration), offered.account
        times = validity(self._context, data, account.details.birth_date)
        listed = data["format"] in self._context.variant.listed
        entry = await self._statuses.issue(times.end) if listed else None
        previous = self._records.latest_issued(account, offered.configuration)
        making = Making(data, account, asked.proof.key, asked.proof.did, times, entry, previous)
        self._defects.emit("govuk-making", making)
        made = credentials.made(self._context, making, self._defects.emit)
        issued = Issued(offered, made, asked.proof.did, making.entry, making.validity.end)
        self._records.keep_issued(issued)
        return issued

    def _hand_out(self, issued: Issued) -> Response:
        document: dict[str, object] = {"credentials": [{"credential": issued.credential}]}
        if self._context.variant.notification:
            document["notification_id"] = self._context.uuid()
        self._defects.emit("govuk-credential", document)
        self._records.notifiable.keep(document.get("notification_id"), issued)
        return self._reply("govuk-credential", uncacheable(Reply(document)))

    # Notifications

    async def _notification(self, request: Request) -> Response:
        asked = await self._read(NotificationRequest, request)
        try:
            self._judge.uphold(notification_rules.RULES, asked)
            self._judge.tolerate(notification_rules.TOLERANCES, asked)
        except Refusal as refusal:
            return self._refuse(refusal)
        if asked.issued is not None and isinstance(asked.event, str):
            asked.issued.events.append(asked.event)
        return self._reply("govuk-notification", uncacheable(Reply(None, 204, {})))

    # What both share

    async def _read(self, kind: type[Protected], request: Request) -> Protected:
        authorization = request.headers.get("authorization")
        key = await self._token_keys.named_by(jwt.read(token_of(authorization)))
        return kind(self._context, self._records, authorization, media_type(request), await body(request), key)

    def _refuse(self, refusal: Refusal) -> Response:
        if refusal.status == 401 and refusal.error != MISREPORTED:
            # A request without any authentication learns no error code (RFC 6750 section 3.1).
            challenge = f'Bearer error="{refusal.error}"' if refusal.error else "Bearer"
            reply = uncacheable(Reply(None, 401, {"WWW-Authenticate": challenge}))
            return self._reply("govuk-challenge", reply)
        document = {"error": refusal.error}
        self._defects.emit("govuk-error", document)
        return self._reply("govuk-error", uncacheable(Reply(document, refusal.status)))
