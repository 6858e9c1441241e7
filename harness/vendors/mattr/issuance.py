"""What wallets call: metadata, root certificates, token and credential endpoint, status lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import mattr as rules
from harness.reference.documents import Reply
from harness.reference.faults import Defects
from harness.reference.mattr import CredentialRequest, Mapped, Redemption
from harness.reference.proof_rules import Proof
from harness.reference.rules import MISREPORTED, Judge, Refusal
from harness.reference.state import DAY, Shelf
from harness.reference.wire import body, emitted, media_type
from harness.vendors.mattr import context as places
from harness.vendors.mattr import credentials, documents
from harness.vendors.mattr.claims_source import ClaimsSourceClient, ClaimsSourceError
from harness.vendors.mattr.context import TenantContext
from harness.vendors.mattr.credentials import STATUS_LIST, Making
from harness.vendors.mattr.records import Access, Issued, Offer, Records

JsonObject = dict[str, Any]
_ABOUT_ACCESS = (401, 403)
"""Status of a refusal because of the access token."""


class Issuance:
    """The endpoints for wallets."""

    def __init__(
        self,
        context: TenantContext,
        judge: Judge,
        defects: Defects,
        *,
        records: Records,
        claims_source: ClaimsSourceClient,
    ) -> None:
        self._context = context
        self._judge = judge
        self._defects = defects
        self._records = records
        self._claims_source = claims_source
        self._no_nonces: Shelf[bool] = Shelf(context.clock, DAY)
        context.statuses.open(STATUS_LIST, credentials.MOBILE)

    def routes(self) -> list[Route]:
        """Give what it serves."""
        routes = [
            Route("/.well-known/openid-credential-issuer", self._metadata),
            Route(places.IACAS, self._iacas),
            Route(places.JWKS, self._jwks),
            Route(places.TOKEN, self._token, methods=["POST"]),
            Route(places.CREDENTIAL, self._credential, methods=["POST"]),
            Route(f"{places.STATUS_LISTS}/distribution", self._distribution),
            Route(f"{places.STATUS_LISTS}/{{id}}/token", self._status_list),
        ]
        if self._context.variant.server_metadata:
            routes.append(Route("/.well-known/oauth-authorization-server", self._server_metadata))
        return routes

    # Documents

    async def _metadata(self, _: Request) -> Response:
        document = documents.issuer_metadata(self._context)
        self._defects.emit("mattr-metadata", document)
        return self._reply("mattr-metadata", Reply(document))

    async def _server_metadata(self, _: Request) -> Response:
        document = documents.server_metadata(self._context)
        self._defects.emit("mattr-server-metadata", document)
        return self._reply("mattr-server-metadata", Reply(document))

    async def _jwks(self, _: Request) -> Response:
        return self._reply("mattr-jwks", Reply(documents.jwks()))

    async def _iacas(self, _: Request) -> Response:
        root = credentials.authority(self._context, self._context.now())
        self._defects.emit("iaca", root)
        self._defects.emit("mattr-iaca", root)
        document = documents.iacas(root)
        self._defects.emit("mattr-iacas", document)
        return self._reply("mattr-iacas", Reply(document))

    async def _distribution(self, _: Request) -> Response:
        document = {"status_lists": [self._context.status_list_url(STATUS_LIST)]}
        return self._reply("mattr-distribution", Reply(document))

    async def _status_list(self, request: Request) -> Response:
        if request.path_params["id"] != STATUS_LIST:
            raise HTTPException(404)
        accept = request.headers.get("accept")
        made = credentials.status_list(self._context, STATUS_LIST, accept, self._defects.emit)
        headers = {
            "Content-Type": made.media_type,
            "Cache-Control": f"max-age={self._context.variant.status_ttl}",
            "Access-Control-Allow-Origin": "*",
        }
        return self._reply("mattr-status-list", Reply(made.body, headers=headers))

    # Tokens

    async def _token(self, request: Request) -> Response:
        asked = Redemption(
            media_type(request),
            await body(request),
            self._records.codes.get,
            self._context.clock(),
            self._context.variant.most_wrong_codes,
        )
        try:
            self._judge.uphold(rules.TOKEN, asked)
            self._judge.tolerate(rules.TOKEN_TOLERANCES, asked)
        except Refusal as refusal:
            self._count_wrong(asked)
            return self._reply("mattr-token-error", documents.error(self._context, refusal))
        offer = self._redeemed(asked)
        if self._context.variant.consumed_at == "token":
            offer.consumed = True
        granted = self._granted(offer)
        self._defects.emit("mattr-token", granted)
        self._records.tokens.keep(
            granted.get("access_token"),
            Access(offer, self._context.clock() + self._context.variant.token_lifetime),
        )
        headers = {"Content-Type": "application/json"}
        if self._context.variant.no_store:
            headers |= {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return self._reply("mattr-token", Reply(granted, headers=headers))

    def _count_wrong(self, asked: Redemption) -> None:
        if isinstance(asked.offer, Offer) and asked.wrong_tx_code:
            asked.offer.wrong_codes += 1

    def _redeemed(self, asked: Redemption) -> Offer:
        """Give the offer behind a request; where rules were let off that may be the latest, or a made up one."""
        if isinstance(asked.offer, Offer):
            return asked.offer
        return self._records.latest or self._made_up()

    def _made_up(self) -> Offer:
        first = next(iter(self._context.configurations))
        return Offer("", self._context.uuid(), "", [first], places.sample_claims(), None, self._context.clock())

    def _granted(self, offer: Offer) -> JsonObject:
        configurations = self._context.configurations
        return {
            "access_token": self._context.secret(),
            "token_type": "Bearer",
            "expires_in": int(self._context.variant.token_lifetime),
            "scope": " ".join(configurations[name]["scope"] for name in offer.configurations),
        }

    # Credentials

    async def _credential(self, request: Request) -> Response:
        asked, access = await self._read(request)
        try:
            let_off = self._judge.uphold(rules.CREDENTIAL, asked)
            proof = self._proof(asked)
            self._judge.uphold(rules.PROOF, proof, unsound=let_off)
            self._judge.tolerate(rules.CREDENTIAL_TOLERANCES, asked)
            access = access or Access(self._records.latest or self._made_up(), self._context.clock())
            name = asked.configuration or access.offer.configurations[0]
            making = await self._making(name, access.offer, proof.key)
        except Refusal as refusal:
            return self._refuse(refusal)
        with self._context.statuses.issuing(self._defects.emit) as taken:
            made = credentials.made(self._context, making, self._defects.emit)
        self._context.statuses.keep(made, taken)
        self._keep(name, making, access, made)
        document = documents.credential(self._context, making.data["format"], made)
        self._defects.emit("mattr-credential", document)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return self._reply("mattr-credential", Reply(document, headers=headers))

    async def _read(self, request: Request) -> tuple[CredentialRequest, Access | None]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else None
        access = self._records.tokens.get(bearer)
        document = _object(await body(request)) if media_type(request) == "application/json" else None
        offered = access.offer.configurations if access else ()
        asked = CredentialRequest(
            bearer,
            access.offer if access else None,
            access.expires_at if access else 0,
            self._context.clock(),
            document,
            self._context.variant.request_names,
            self._configuration(document or {}, offered),
            self._context.variant.proof_members,
            access.issued if access else (),
        )
        return asked, access

    def _configuration(self, document: Mapping[str, Any], offered: Any) -> str | None:
        """Find what a request is for: one of what was offered, where its format and type fit several."""
        configurations = self._context.configurations
        name = next((each for each in self._context.variant.request_names if each in document), None)
        if name == "credential_configuration_id":
            wanted = document[name]
            return wanted if isinstance(wanted, str) and wanted in configurations else None
        fitting = [each for each, data in configurations.items() if _fits(document, data)] if name else []
        return next((each for each in fitting if each in offered), next(iter(fitting), None))

    def _proof(self, asked: CredentialRequest) -> Proof:
        data = self._context.configurations.get(asked.configuration or "")
        methods = documents.binding_methods(data) if data else ("cose_key",)
        value = asked.proofs[0] if asked.proofs else None
        return Proof(self._context, value, None, self._no_nonces, methods)

    async def _making(self, name: str, offer: Offer, key: Mapping[str, Any] | None) -> Making:
        """Map the claims, with those of the claims source where the configuration has one.

        Raises:
            Refusal: claims are missing.

        """
        data = self._context.configurations[name]
        fetched: dict[str, Any] = {}
        failed = False
        if data.get("claimSource"):
            try:
                fetched = await self._claims_source.fetch(
                    credentials.parameters(data["claimSource"]["requestParameters"], offer.claims)
                )
            except ClaimsSourceError:
                failed = self._context.variant.claims_source_failure == "refuse"
        sources = {"claims": dict(offer.claims), "claimsSource": fetched}
        self._defects.emit("mattr-claims", sources)
        making = credentials.making(data, sources, key)
        self._judge.uphold(rules.CLAIMS, Mapped(making.missing, failed))
        self._defects.emit("mattr-making", making)
        return making

    def _keep(self, name: str, making: Making, access: Access, made: Any) -> None:
        offer = access.offer
        access.issued.add(name)
        offer.issued.add(name)
        if offer.issued >= set(offer.configurations):
            offer.consumed = True
        state = "valid" if making.listed else None
        self._records.keep_issued(Issued(self._context.uuid(), offer.user_id, name, made, state))

    def _refuse(self, refusal: Refusal) -> Response:
        if refusal.status in _ABOUT_ACCESS and refusal.error != MISREPORTED:
            return self._reply("mattr-challenge", documents.challenge(self._context, refusal))
        return self._reply("mattr-credential-error", documents.error(self._context, refusal))

    def _reply(self, document: str, reply: Reply) -> Response:
        return emitted(self._defects, document, reply)


def _fits(document: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether a request by format is for a configuration (OpenID4VCI draft 13 appendix A)."""
    if document.get("format") != data["format"]:
        return False
    if data["format"] == credentials.MOBILE:
        return bool(document.get("doctype") == data["doctype"])
    definition = document.get("credential_definition")
    types = definition.get("type") if isinstance(definition, dict) else None
    return isinstance(types, list) and data["type"] in types


def _object(content: bytes) -> Mapping[str, Any] | None:
    """Read a JSON object; ``None`` where the body is none."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
