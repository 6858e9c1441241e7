"""What the tenant's administrators call: access tokens, offers, credentials of a user, and their status."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import mattr as rules
from harness.reference.documents import Reply
from harness.reference.faults import Defects
from harness.reference.mattr import AdministratorLogin, ManagementCall, OfferWish
from harness.reference.rules import Judge, Refusal
from harness.reference.wire import body, emitted, response
from harness.vendors.mattr import context as places
from harness.vendors.mattr import documents
from harness.vendors.mattr.context import TenantContext
from harness.vendors.mattr.records import Issued, Offer, Records

JsonObject = dict[str, Any]
CLIENT_ID = "assay-issuer"
CLIENT_SECRET = "assay-issuer-secret"
ADMIN_LIFETIME = 86_400
"""Documented: seconds."""
STATES = {"valid": "valid", "suspended": "suspended", "invalid": "revoked"}
"""Status of a mobile document, as the API spells it, to what a status list says of it."""
_CREATED, _NO_CONTENT, _NOT_FOUND, _UNAUTHORIZED = 201, 204, 404, 401


@dataclass
class Minting:
    """An offer that is about to be made."""

    code: str
    tx_code: str | None
    expires_at: float
    configurations: list[str]
    claims: JsonObject


@dataclass
class Offering:
    """An offer as wallets will read it."""

    document: JsonObject
    tx_code: str | None


@dataclass
class Deletion:
    """An offer that is about to be deleted."""

    offer: Offer
    deleted: bool = True


class Management:
    """The endpoints of the management."""

    def __init__(self, context: TenantContext, judge: Judge, defects: Defects, records: Records) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._records = records

    def routes(self) -> list[Route]:
        """Give what it serves."""
        status = f"{places.MOBILE}/{{id}}/status"
        return [
            Route(places.ADMIN_TOKEN, self._log_in, methods=["POST"]),
            Route(places.OFFERS, self._create, methods=["POST"]),
            Route(f"{places.OFFERS}/{{id}}", self._delete, methods=["DELETE"]),
            Route(status, self._set_status, methods=["POST"]),
            Route(status, self._get_status, methods=["GET"]),
            # Assumed: by what path the credentials of a user are found.
            Route("/v1/users/{id}/credentials", self._credentials, methods=["GET"]),
        ]

    @property
    def audience(self) -> str:
        """What an administrator's access token is asked for."""
        return self._context.base_url

    # Access

    async def _log_in(self, request: Request) -> Response:
        expected = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "audience": self.audience,
            "grant_type": "client_credentials",
        }
        try:
            document = await _object(request) or {}
            self._judge.uphold(rules.ADMIN, AdministratorLogin(document, expected))
        except Refusal as refusal:
            members = {"error": refusal.error, "error_description": refusal.description}
            return self._reply("mattr-admin-token", Reply(members, refusal.status))
        token = self._context.secret()
        self._records.administrators.put(token, self._context.clock())
        granted = {"access_token": token, "expires_in": ADMIN_LIFETIME, "token_type": "Bearer"}
        return self._reply("mattr-admin-token", Reply(granted))

    def _authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given_at = self._records.administrators.get(token) if scheme.lower() == "bearer" else None
        alive = given_at is not None and self._context.clock() < given_at + ADMIN_LIFETIME
        self._judge.uphold(rules.MANAGEMENT, ManagementCall(alive))

    # Offers

    async def _create(self, request: Request) -> Response:
        configurations = self._context.configurations
        wish = OfferWish(
            await _object(request),
            {name: data["format"] for name, data in configurations.items()},
            self._context.variant.offered_formats,
            self._context.variant.longest_offer,
        )
        try:
            self._authorize(request)
            self._judge.uphold(rules.OFFERS, wish)
        except Refusal as refusal:
            return self._refuse(refusal)
        return self._reply("mattr-offer", Reply(self.make(wish)))

    def make(self, wish: OfferWish) -> JsonObject:
        """Make an offer: give the answer of the offers API."""
        variant = self._context.variant
        lifetime = variant.code_lifetime if wish.lifetime is None else wish.lifetime
        minting = Minting(
            # Documented: ordinary base64, with characters that a form has to encode.
            base64.b64encode(self._context.random_bytes(32)).decode("ascii"),
            None if wish.transaction_code is None else self._transaction_code(),
            self._context.clock() + lifetime,
            wish.configurations or [next(iter(wish.formats))],
            wish.claims,
        )
        self._defects.emit("mattr-minting", minting)
        user = (wish.document or {}).get("userId")
        offer = Offer(
            id=self._context.uuid(),
            user_id=user if isinstance(user, str) else self._context.uuid(),
            code=minting.code,
            configurations=minting.configurations,
            claims=minting.claims,
            tx_code=minting.tx_code,
            expires_at=minting.expires_at,
        )
        self._records.keep_offer(offer)
        description = (wish.transaction_code or {}).get("description")
        document = documents.offer(self._context, offer, description if isinstance(description, str) else None)
        self._defects.emit("mattr-offer", Offering(document, offer.tx_code))
        link = documents.offer_link(document)
        self._defects.emit("mattr-offer-link", link)
        answer: JsonObject = {
            "id": offer.id,
            "userId": offer.user_id,
            "uri": link.text(),
            "expiresAt": datetime.fromtimestamp(offer.expires_at, UTC).isoformat().replace("+00:00", "Z"),
        }
        if offer.tx_code is not None:
            number = variant.transaction_code_type == "number"
            answer["transactionCode"] = int(offer.tx_code) if number else offer.tx_code
        self._defects.emit("mattr-offer-answer", answer)
        return answer

    def _transaction_code(self) -> str:
        # Without leading zeros, so that it is the same as a number.
        low = 10 ** (documents.TX_CODE_LENGTH - 1)
        return str(low + self._context.number_below(9 * low))

    async def _delete(self, request: Request) -> Response:
        try:
            self._authorize(request)
        except Refusal as refusal:
            return self._refuse(refusal)
        offer = self._records.offers.get(request.path_params["id"])
        if offer is None or offer.deleted:
            return response(_not_found())
        deletion = Deletion(offer)
        self._defects.emit("mattr-deletion", deletion)
        offer.deleted = deletion.deleted
        return self._reply("mattr-deletion", Reply(None, _NO_CONTENT, {}))

    # Issued credentials

    async def _credentials(self, request: Request) -> Response:
        try:
            self._authorize(request)
        except Refusal as refusal:
            return self._refuse(refusal)
        issued = self._records.by_user.get(request.path_params["id"], [])
        listed = [{"id": each.id, "configurationId": each.configuration} for each in issued]
        return response(Reply({"data": listed}))

    async def _get_status(self, request: Request) -> Response:
        try:
            self._authorize(request)
        except Refusal as refusal:
            return self._refuse(refusal)
        issued = self._records.issued.get(request.path_params["id"])
        if issued is None or issued.state is None:
            return response(_not_found())
        return response(Reply({"status": issued.state}))

    async def _set_status(self, request: Request) -> Response:
        document = await _object(request) or {}
        try:
            self._authorize(request)
        except Refusal as refusal:
            return self._refuse(refusal)
        issued = self._records.issued.get(request.path_params["id"])
        if issued is None or issued.state is None:
            return response(_not_found())
        state = document.get("status")
        if state not in self._states:
            return response(Reply(documents.envelope("Invalid value", "status", state), 400))
        try:
            self.set_status(issued, str(state))
        except ValueError as error:
            return response(Reply(documents.envelope(str(error), "status", state), 400))
        return self._reply("mattr-status", Reply({"status": issued.state}, _CREATED))

    @property
    def _states(self) -> Collection[str]:
        """What a status list can say."""
        return [name for name in STATES if name != "suspended" or self._context.variant.status_bits > 1]

    def set_status(self, issued: Issued, state: str) -> None:
        """Give a mobile document another status.

        Raises:
            ValueError: it cannot have that, as after ``invalid``, which is final.

        """
        if state not in self._states:
            raise ValueError("there is no such status")
        operation = self._context.statuses.operation(issued.credential, STATES[state], self._context.clock())
        self._defects.emit("mattr-status", operation)
        self._context.statuses.carry_out(operation)
        issued.state = state

    # Answers

    def _refuse(self, refusal: Refusal) -> Response:
        if refusal.status == _UNAUTHORIZED:
            return response(documents.plain(_UNAUTHORIZED, "Unauthorized"))
        return response(Reply(documents.envelope(refusal.description, "body"), refusal.status))

    def _reply(self, document: str, reply: Reply) -> Response:
        return emitted(self._defects, document, reply)


def _not_found() -> Reply:
    return Reply({"code": "NotFound", "message": "Resource not found"}, _NOT_FOUND)


async def _object(request: Request) -> Mapping[str, Any] | None:
    """Read a JSON object; ``None`` where the body is none."""
    try:
        document = json.loads(await body(request))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
