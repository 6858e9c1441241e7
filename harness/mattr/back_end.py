"""The back end of an issuer with a MATTR VII tenant: has offers made, and deletes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from harness.evidence import Blocked
from harness.hooks import HookFailed
from harness.mattr import configurations
from harness.mattr.configurations import Configuration
from harness.offer_sources import MintedOffer, OfferSource
from harness.settings import MattrSettings
from harness.transport import Client, Reply, TransportFailure
from harness.wallet import token
from harness.wallet.offer import PRE_AUTHORIZED_CODE

if TYPE_CHECKING:
    from harness.vendors.mattr.claims_source import ClaimsSource

_ADMIN_TOKEN = "/oauth/token"
_OFFERS = "/v1/openid/offers/pre-authorized"
_BEFORE_S = 60
"""So long before its end an access token is not used any more."""
_DEFAULT_LIFETIME_S = 300
_TRANSACTION_CODE = "transactionCode"
_LONGEST_TRANSACTION_CODE = 100
_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Minting:
    """What the offers API answered to a request for an offer."""

    reply: Reply
    configurations: tuple[str, ...]
    claims: Mapping[str, Any]
    received: float
    """When it came, in seconds since 1970 by the clock of the run."""

    @property
    def answer(self) -> Mapping[str, Any]:
        """The JSON object; empty when it is none, or a refusal."""
        return self.reply.object if self.reply.successful else {}

    @property
    def uri(self) -> str | None:
        """The link for wallets."""
        value = self.answer.get("uri")
        return value if isinstance(value, str) and value else None

    @property
    def id(self) -> str | None:
        """The id of the offer."""
        value = self.answer.get("id")
        return value if isinstance(value, str) and value else None

    @property
    def tx_code(self) -> str | None:
        """The transaction code, which the documents show as a text and as a number.

        A number has lost the zeros that it began with; the offer tells how long the code is.
        """
        value = self.answer.get(_TRANSACTION_CODE)
        if isinstance(value, str):
            return value or None
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        asked = self._grant.get("tx_code")
        length = asked.get("length") if isinstance(asked, dict) else None
        return str(value).zfill(min(length, _LONGEST_TRANSACTION_CODE) if isinstance(length, int) else 0)

    def offer(self) -> Mapping[str, Any]:
        """Give the offer in the link; empty where there is none by value that can be read."""
        try:
            values = parse_qs(urlsplit(self.uri or "").query).get("credential_offer", [])
            found = json.loads(values[0]) if values else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str | None:
        """The Pre-Authorized Code of that offer."""
        value = self._grant.get("pre-authorized_code")
        return value if isinstance(value, str) and value else None

    @property
    def _grant(self) -> Mapping[str, Any]:
        grants = self.offer().get("grants")
        grant = grants.get(PRE_AUTHORIZED_CODE) if isinstance(grants, dict) else None
        return grant if isinstance(grant, dict) else {}


class BackEnd:
    """An administrator of a tenant.

    Args:
        settings: how the tenant is reached.
        issuer_url: the Credential Issuer Identifier.
        client: the way to the network.
        now: seconds since 1970.
        claims_source: what the tenant asks for further claims, where this run plays it.

    """

    def __init__(
        self,
        settings: MattrSettings,
        issuer_url: str,
        client: Client,
        now: Callable[[], float],
        *,
        claims_source: ClaimsSource | None = None,
    ) -> None:
        self._settings = settings
        self.claims_source = claims_source
        self._tenant = (settings.tenant or issuer_url).rstrip("/")
        self._client = client
        self._now = now
        self._token: str | None = None
        self._good_until = 0.0
        redactor = client.recorder.redactor
        redactor.hide(_TRANSACTION_CODE)
        redactor.hide("client_secret")
        if settings.client_secret:
            redactor.learn(settings.client_secret)

    @property
    def admitted(self) -> bool:
        """Whether the tenant has let the administrator in."""
        return self._token is not None

    @property
    def other_configuration(self) -> str | None:
        """A configuration that is no mobile document."""
        return self._settings.other_configuration

    @cached_property
    def configurations(self) -> Mapping[str, Configuration]:
        """What the configurations of the tenant say, by id; empty where the run was not told.

        Raises:
            Blocked: the file of the settings cannot be read.

        """
        path = self._settings.configurations
        return {} if path is None else configurations.read(path)

    @property
    def sourced(self) -> Configuration | None:
        """A configuration that cannot be without the claims source."""
        return next((each for each in self.configurations.values() if each.needs_source), None)

    @cached_property
    def claims(self) -> Mapping[str, Any]:
        """The claims of offers.

        Raises:
            Blocked: the file of the settings cannot be read.

        """
        path = self._settings.claims
        if path is None:
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Blocked(f"mattr.claims cannot be read: {error}") from error
        if not isinstance(found, dict):
            raise Blocked("mattr.claims is no JSON object")
        return found

    def sources(self) -> tuple[OfferSource, ...]:
        """Give the ways in which offers come: without a transaction code, and with one."""
        return OffersApi("offers-api", self, tx_code=False), OffersApi("offers-api-tx-code", self, tx_code=True)

    async def mint(
        self,
        wanted: Sequence[str],
        *,
        tx_code: bool = False,
        lifetime: Mapping[str, int] | None = None,
        claims: Mapping[str, Any] | None = None,
        administrator: bool = True,
    ) -> Minting:
        """Ask for an offer.

        Args:
            wanted: ids of the configurations it is for.
            tx_code: whether a transaction code is to be entered.
            lifetime: ``minutes`` and ``seconds`` that it lasts; ``None`` leaves that to the tenant.
            claims: of the user; by default those of the settings.
            administrator: whether the request has an administrator's access token.

        Raises:
            Blocked: there is no access token, or no answer.

        """
        given = self.claims if claims is None else claims
        body: dict[str, Any] = {"credentials": list(wanted), "claims": dict(given)}
        if tx_code:
            body["transactionCodeConfiguration"] = {"inputMode": "numeric", "description": "Sent by letter"}
        if lifetime is not None:
            body["expiresIn"] = dict(lifetime)
        reply = await self._send("offer", "POST", _OFFERS, body, administrator=administrator)
        made = Minting(reply, tuple(wanted), given, self._now())
        for secret in (made.code, made.tx_code):
            if secret is not None:
                self._client.recorder.redactor.learn(secret)
        return made

    async def delete(self, minting: Minting) -> Reply:
        """Delete an offer.

        Raises:
            Blocked: it has no id, or there is no answer.

        """
        if minting.id is None:
            raise Blocked("the answer of the offers API has no id by which the offer could be deleted")
        path = f"{_OFFERS}/{quote(minting.id, safe='')}"
        return await self._send("deletion of the offer", "DELETE", path, None, administrator=True)

    async def _send(self, what: str, method: str, path: str, body: Any, *, administrator: bool) -> Reply:
        headers = {"Authorization": f"Bearer {await self._access_token()}"} if administrator else {}
        try:
            reply = await self._client.send(
                f"issuer: {what}", method, f"{self._tenant}{path}", headers=headers, json_body=body
            )
        except TransportFailure as failure:
            raise Blocked(f"the {what} failed: {failure.message}") from failure
        if reply.status == _UNAUTHORIZED and administrator:
            self._token = None
        return reply

    async def _access_token(self) -> str:
        """Give an administrator's access token, the one at hand as long as it is good."""
        if self._token is None or self._now() > self._good_until:
            settings = self._settings
            asked = {
                "client_id": settings.client_id,
                "client_secret": settings.client_secret,
                "audience": settings.audience or self._tenant,
                "grant_type": "client_credentials",
            }
            url = settings.auth_url or f"{self._tenant}{_ADMIN_TOKEN}"
            try:
                reply = await self._client.send("issuer: access token for the API", "POST", url, json_body=asked)
            except TransportFailure as failure:
                raise Blocked(f"the access token for the API was not to be had: {failure.message}") from failure
            value = token.access_token(reply)
            if value is None:
                raise Blocked(
                    f"the access token for the API was refused: {reply.gist}; client_id, client_secret and"
                    " audience stand in assay.toml: [mattr]"
                )
            self._client.recorder.redactor.learn(value)
            lifetime = reply.object.get("expires_in")
            lasts = lifetime if isinstance(lifetime, int | float) else _DEFAULT_LIFETIME_S
            self._token, self._good_until = value, self._now() + lasts - _BEFORE_S
        return self._token


@dataclass(frozen=True)
class MintedByTenant(MintedOffer):
    """An offer with the answer that brought it."""

    minting: Minting | None = None


class OffersApi(OfferSource):
    """Offers that the tenant makes on request.

    Args:
        name: of the source.
        back_end: whose offers.
        tx_code: whether they ask for a transaction code.

    """

    def __init__(self, name: str, back_end: BackEnd, *, tx_code: bool) -> None:
        self.name = name
        self.tx_code = tx_code
        self._back_end = back_end

    @property
    def mints_for_configuration(self) -> bool:
        """The request for an offer names its configuration."""
        return True

    @property
    def single(self) -> bool:
        """There are as many offers as are asked for."""
        return False

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        """Have an offer made.

        Raises:
            HookFailed: the tenant makes none.

        """
        try:
            made = await self._back_end.mint([configuration] if configuration else [], tx_code=self.tx_code)
        except Blocked as error:
            raise HookFailed(str(error)) from error
        if made.uri is None:
            raise HookFailed(f"the offers API gave no offer: {made.reply.gist}")
        return MintedByTenant(made.uri, made.tx_code, made)

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:  # noqa: ARG002
        """Give the transaction code that came with the offer.

        Raises:
            HookFailed: none did.

        """
        if minted.tx_code is None:
            raise HookFailed("the offer asks for a transaction code, and the offers API told none")
        return minted.tx_code
