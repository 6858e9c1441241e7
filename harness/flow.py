"""Flows through the issuer, step by step.

A flow is one redemption of one Credential Offer. Each step is taken when it is first asked for and then
kept, failures included, so that one issuance is judged by many checks. A check that provokes the issuer
asks for a flow of its own (``flow``) or for an Access Token to make Credential Requests with (``access``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from harness.evidence import AccessExpired, Blocked, IssuedCredential, Scenario, Tools, issued_in
from harness.hooks import HookError, HookUnavailable
from harness.offer_sources import MintedOffer, OfferSource
from harness.transport import Client, Reply, TransportFailure
from harness.wallet import credential, nonce, proof, token
from harness.wallet.keys import WalletKey, choose_algorithm
from harness.wallet.metadata import AuthorizationServer, Issuer, MetadataError
from harness.wallet.offer import OfferError, OfferLink, ReceivedOffer, parse_link, receive

T = TypeVar("T")


class Flow:
    """One redemption of one Credential Offer in the Pre-Authorized Code Flow."""

    def __init__(self, issuer: Issuer, scenario: Scenario, source: OfferSource | None, tools: Tools) -> None:
        self.issuer = issuer
        self.scenario = scenario
        self.tools = tools
        self._source = source
        self._steps: dict[str, Any] = {}
        self._keys: tuple[dict[str, Any], ...] = ()
        self._received = 0.0
        self._no_tx_code = "the offer asks for a Transaction Code and none is at hand"

    @property
    def configuration(self) -> dict[str, Any]:
        """Metadata of the flow's configuration.

        Raises:
            Blocked: the metadata does not know it.

        """
        try:
            return self.issuer.configurations[self.scenario.configuration]
        except KeyError:
            raise Blocked(f"credential_configurations_supported has no {self.scenario.configuration!r}") from None

    async def link(self) -> OfferLink:
        """What the issuer handed out, before an offer sent by reference is fetched."""
        return await self._step("link", self._read_link)

    async def offer(self) -> ReceivedOffer:
        """The Credential Offer of this flow."""
        return await self._step("offer", self._receive_offer)

    async def token(self) -> Reply:
        """The answer to a right Token Request, whatever it is."""
        return await self._step("token", self._request_token)

    async def issuance(self) -> Reply:
        """The answer to a right Credential Request, whatever it is."""
        return await self._step("issuance", self._request_credential)

    async def credentials(self) -> tuple[IssuedCredential, ...]:
        """The credentials this flow brought.

        Raises:
            Blocked: it brought none.

        """
        reply = await self.issuance()
        found = issued_in(reply, self._keys, self._received)
        if not found:
            raise Blocked(f"no credential was issued: {said(reply)}")
        return found

    async def access(self) -> Access:
        """The right to make Credential Requests that this flow's Access Token gives.

        Raises:
            Blocked: there is no Access Token.

        """
        reply = await self.token()
        value = token.access_token(reply)
        if value is None:
            raise Blocked(f"no Access Token was issued: {said(reply)}")
        identifiers = token.credential_identifiers(reply, self.scenario.configuration)
        return Access(self, value, identifiers[0] if identifiers else None)

    async def server(self) -> AuthorizationServer:
        """The Authorization Server of this flow's grant.

        Raises:
            Blocked: the offer names one that the metadata does not know.

        """
        try:
            return self.issuer.server_for((await self.offer()).authorization_server)
        except MetadataError as error:
            raise Blocked(str(error)) from error

    async def token_fields(self) -> dict[str, str]:
        """The parameters of a right Token Request for this flow's offer.

        Raises:
            Blocked: the offer has no Pre-Authorized Code, or a Transaction Code is needed and not at hand.

        """
        received = await self.offer()
        if received.code is None:
            raise Blocked(f"the offer has no usable Pre-Authorized Code; its grants are {list(received.grants)}")
        if received.wants_tx_code and received.tx_code is None:
            raise Blocked(self._no_tx_code)
        return token.form(
            received.code,
            tx_code=received.tx_code if received.wants_tx_code else None,
            client_id=self.tools.options.client_id,
        )

    async def token_endpoint(self) -> str:
        """URL of the Token Endpoint.

        Raises:
            Blocked: the Authorization Server's metadata does not give it.

        """
        server = await self.server()
        if server.token_endpoint is None:
            raise Blocked(f"no token_endpoint is known for the authorization server {server.identifier}")
        return server.token_endpoint

    async def request_token(self, fields: Mapping[str, str] | list[tuple[str, str]]) -> Reply:
        """Send a Token Request with these parameters.

        Raises:
            Blocked: the issuer answers no more requests for now.

        """
        return unhurried(await token.request(self.tools.client, await self.token_endpoint(), fields))

    async def fresh_nonce(self) -> Reply:
        """Ask the Nonce Endpoint once more.

        Raises:
            Blocked: the issuer has none, or answers no more requests for now.

        """
        return await ask_nonce(self.issuer, self.tools.client)

    def taken(self, step: str) -> Any:
        """Give what a step brought, or ``None`` when it was not taken or failed."""
        outcome = self._steps.get(step)
        return None if isinstance(outcome, Exception) else outcome

    async def _take_offer(self) -> MintedOffer:
        if self._source is None:
            raise Blocked(
                "no Credential Offer is at hand: give --vci-offer, or tell assay.toml under [[offer]]"
                " how to get fresh ones"
            )
        try:
            return await self._source.fetch(self._wanted)
        except HookError as error:
            raise Blocked(str(error)) from error

    async def _read_link(self) -> OfferLink:
        try:
            return parse_link((await self._step("hook", self._take_offer)).offer)
        except OfferError as error:
            raise Blocked(str(error)) from error

    async def _receive_offer(self) -> ReceivedOffer:
        try:
            received = await receive(self.tools.client, await self.link())
        except OfferError as error:
            raise Blocked(str(error)) from error
        if not received.wants_tx_code or self._source is None:
            return received
        try:
            code = await self._source.transaction_code(await self._step("hook", self._take_offer), self._wanted)
        except HookUnavailable as error:
            self._no_tx_code = str(error)
            return received
        except HookError as error:
            raise Blocked(str(error)) from error
        return replace(received, tx_code=code)

    @property
    def _wanted(self) -> str | None:
        """The configuration an offer is asked for; ``None`` when the source cannot choose."""
        chooses = self._source is not None and self._source.mints_for_configuration
        return (self.scenario.configuration or None) if chooses else None

    async def _request_token(self) -> Reply:
        return await self.request_token(await self.token_fields())

    async def _request_credential(self) -> Reply:
        for name in ("credential_request_encryption", "credential_response_encryption"):
            terms = self.issuer.metadata.get(name)
            if isinstance(terms, dict) and terms.get("encryption_required") is True:
                raise Blocked(f"{name} has encryption_required; this version does not encrypt")
        access = await self.access()
        body = access.body()
        if self.needs_proof:
            key = self.proof_key()
            self._keys = (key.public,)
            body = access.body((await access.proof(key=key)).sign())
        reply = await access.request(body)
        self._received = self.tools.now()
        return reply

    @property
    def needs_proof(self) -> bool:
        """Whether the configuration asks for key proofs (section 8.2)."""
        return "proof_types_supported" in self.configuration

    def proof_key(self, algorithm: str | None = None) -> WalletKey:
        """Make a key of the kind the configuration asks for.

        Args:
            algorithm: a JWS algorithm name; chosen from the metadata by default.

        Raises:
            Blocked: the configuration takes no ``jwt`` proofs, or none of their algorithms is known.

        """
        names = self.proof_algorithms
        chosen = algorithm or choose_algorithm(names, self.tools.options.algorithm)
        if chosen is None:
            raise Blocked(f"the wallet has none of the proof algorithms {names}")
        return self.tools.make_key(chosen)

    @property
    def proof_algorithms(self) -> list[str]:
        """The ``proof_signing_alg_values_supported`` of the ``jwt`` proof type.

        Raises:
            Blocked: the configuration takes no ``jwt`` proofs, or only with what the wallet cannot make.

        """
        types = self.configuration.get("proof_types_supported")
        jwt = types.get("jwt") if isinstance(types, dict) else None
        if not isinstance(jwt, dict):
            names = list(types) if isinstance(types, dict) else []
            raise Blocked(f"the configuration takes the proof types {names}; this version makes jwt proofs")
        if "key_attestations_required" in jwt:
            raise Blocked("the configuration asks for key attestations, which this version does not make")
        offered = jwt.get("proof_signing_alg_values_supported")
        return [name for name in offered if isinstance(name, str)] if isinstance(offered, list) else []

    @property
    def binding_methods(self) -> list[str]:
        """The ``cryptographic_binding_methods_supported`` of the configuration."""
        methods = self.configuration.get("cryptographic_binding_methods_supported")
        return [name for name in methods if isinstance(name, str)] if isinstance(methods, list) else []

    def proof_form(self, algorithm: str) -> str:
        """Choose how a proof carries its key here.

        Args:
            algorithm: what the key signs with.

        Raises:
            Blocked: the wallet knows none of the configuration's binding methods.

        """
        form = proof.choose_form(self.binding_methods, algorithm, self.tools.options.key_form)
        if form is None:
            raise Blocked(
                f"the wallet has none of the binding methods {self.binding_methods} for {algorithm} keys"
            )
        return form

    def again(self) -> Flow:
        """Give a fresh flow of the same scenario."""
        return Flow(self.issuer, self.scenario, self._source, self.tools)

    async def _step(self, name: str, take: Callable[[], Awaitable[T]]) -> T:
        if name not in self._steps:
            try:
                self._steps[name] = await take()
            except (Blocked, TransportFailure, AccessExpired) as error:
                self._steps[name] = error
        outcome = self._steps[name]
        if isinstance(outcome, TransportFailure):
            raise Blocked(f"the {name} step of the shared issuance failed: {outcome.message}") from outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome  # type: ignore[no-any-return]


class Access:
    """An Access Token and what is needed to make Credential Requests with it.

    Attributes:
        flow: the flow it comes from.
        token: the Access Token.
        identifier: the ``credential_identifier`` to ask with, when the Token Response returned any.
        used: whether an earlier check has made requests with it.

    """

    def __init__(self, flow: Flow, access_token: str, identifier: str | None) -> None:
        self.flow = flow
        self.token = access_token
        self.identifier = identifier
        self.used = False

    @property
    def configuration_id(self) -> str:
        """The Credential Configuration this access is for."""
        return self.flow.scenario.configuration

    def body(self, *proofs: str) -> dict[str, Any]:
        """The body of a Credential Request that is right but for what the proofs bring."""
        return credential.body(configuration_id=self.configuration_id, identifier=self.identifier, proofs=proofs)

    async def right_body(self) -> dict[str, Any]:
        """The body of a right Credential Request, with a fresh proof where one is needed."""
        if not self.flow.needs_proof:
            return self.body()
        return self.body((await self.proof()).sign())

    async def proof(self, *, key: WalletKey | None = None, form: str | None = None) -> proof.ProofDraft:
        """Draft a right proof with a fresh ``c_nonce``.

        Args:
            key: a fresh one by default.
            form: how the proof carries the key; by the metadata by default.

        Raises:
            Blocked: the configuration needs something the wallet cannot make, or no nonce was given out.

        """
        tools = self.flow.tools
        value: str | None = None
        if self.flow.issuer.nonce_endpoint is not None:
            reply = await self.flow.fresh_nonce()
            value = nonce.c_nonce(reply)
            if value is None:
                raise Blocked(f"the Nonce Endpoint gave no c_nonce: {said(reply)}")
        key = key or self.flow.proof_key()
        return proof.draft(
            key,
            form=form or self.flow.proof_form(key.algorithm),
            audience=self.flow.issuer.identifier,
            issued_at=tools.now(),
            nonce=value,
            client_id=tools.options.client_id,
        )

    async def still_works(self) -> bool:
        """Ask whether a right Credential Request with this token is granted; tokens expire during a run."""
        try:
            reply = await self.request(await self.right_body())
        except AccessExpired:
            return False
        return reply.successful and credential.carries_credential(reply)

    async def request(
        self,
        payload: Mapping[str, Any] | bytes,
        *,
        scheme: str = "Bearer",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a Credential Request.

        Args:
            payload: the body, or bytes that are sent as they are.
            scheme: the authentication scheme before the token.
            headers: take the place of this access's ``Authorization``.

        Raises:
            Blocked: the issuer has no Credential Endpoint, or answers no more requests for now.
            AccessExpired: the token was used before and is not accepted any more.

        """
        endpoint = self.flow.issuer.credential_endpoint
        if endpoint is None:
            raise Blocked("the issuer metadata has no usable credential_endpoint")
        own = headers is None
        sent = {"Authorization": f"{scheme} {self.token}"} if headers is None else headers
        reply = unhurried(await credential.request(self.flow.tools.client, endpoint, payload, sent))
        denied = reply.status in (401, 403) or reply.error == "credential_request_denied"
        if own and self.used and denied:
            raise AccessExpired
        return reply


async def ask_nonce(issuer: Issuer, client: Client) -> Reply:
    """Ask the Nonce Endpoint, which belongs to no flow.

    Raises:
        Blocked: the issuer has none, or answers no more requests for now.

    """
    if issuer.nonce_endpoint is None:
        raise Blocked("the issuer has no Nonce Endpoint")
    return unhurried(await nonce.request(client, issuer.nonce_endpoint))


def unhurried(reply: Reply) -> Reply:
    """Give the answer back, unless it says that there were too many requests (RFC 6585 section 4).

    Raises:
        Blocked: it does; such an answer says nothing about the request.

    """
    if reply.status == 429:
        raise Blocked(f"the issuer limits the rate of requests: {said(reply)}")
    return reply


def said(reply: Reply) -> str:
    """Name an exchange and how it ended, for a reason."""
    return f"exchange {reply.exchange} ended with {reply.gist}"
