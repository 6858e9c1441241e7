"""Flows through the issuer, step by step.

A flow is one way to an Access Token and what is done with it. Each step is taken when it is first asked for
and then kept, failures included, so that one issuance is judged by many checks. A check that provokes the
issuer asks for a flow of its own (``flow``) or for an Access Token to make Credential Requests with (``access``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from harness.access import Access, Proofs, ask_nonce, said, unhurried
from harness.agent import ChangeAuthentication, ChangeProof, Form
from harness.authorized import Authorized
from harness.authorizing import AuthorizationSteps
from harness.credential_as_seen import personal
from harness.deferral import Deferral
from harness.evidence import AccessExpired, Blocked, Grant, IssuedCredential, Scenario, Tools, issued_in
from harness.hooks import HookError, HookUnavailable
from harness.offer_sources import MintedOffer, OfferSource
from harness.terms import ConfigurationTerms
from harness.transport import Client, Reply, TransportFailure
from harness.wallet import deferred, nonce, notification, token
from harness.wallet.keys import WalletKey
from harness.wallet.metadata import AuthorizationServer, Issuer, MetadataError
from harness.wallet.offer import OfferError, OfferLink, ReceivedOffer, made_by_wallet, parse_link, receive

T = TypeVar("T")

_MOST_POLLS = 20
_AFTER_TOKEN = frozenset({"issuance", "deferral", "transaction", "notification"})
"""Steps that are taken with the Access Token."""


class Flow(ConfigurationTerms, AuthorizationSteps):
    """One way to an Access Token: the redemption of a Credential Offer, or a flow that the wallet begins."""

    def __init__(
        self, issuer: Issuer, scenario: Scenario, source: OfferSource | None, tools: Tools, *, keys: int = 1
    ) -> None:
        super().__init__(issuer, scenario, tools)
        self.agent = tools.agent
        self._source = source
        self._steps: dict[str, Any] = {}
        self._pending: Deferral | None = None
        self._keys_wanted = keys
        self._keys: tuple[dict[str, Any], ...] = ()
        self._received = 0.0
        self._token_came: float | None = None
        self._credentials: tuple[IssuedCredential, ...] = ()
        self._named_before: Reply | None = None
        self._no_tx_code = "the offer asks for a Transaction Code and none is at hand"
        self.nonces: dict[str, tuple[str, int]] = {}
        """Access Token to the newest ``c_nonce`` that answers brought for it, and the exchange that did."""
        self.tokens_tried: set[str] = set()
        """Access Tokens for which a refusal was asked for a ``c_nonce``."""

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

    async def collected(self) -> Reply:
        """The answer that brought the credentials: the Credential Response, or the last Deferred one.

        Raises:
            Blocked: the deferred credential did not come while the run waits.

        """
        return (await self.polls())[-1]

    async def polls(self) -> tuple[Reply, ...]:
        """The Credential Response and the Deferred Credential Responses after it, as many as it took.

        Raises:
            Blocked: the deferred credential did not come while the run waits.

        """
        return await self._step("deferral", self._wait_for_credentials)

    async def transaction(self) -> Deferral:
        """The Deferred Issuance transaction that the Credential Response began, whether it is finished or not.

        Raises:
            Blocked: issuance was not deferred.

        """
        return await self._step("transaction", self._begin_transaction)

    async def pending(self) -> Deferral:
        """A further Deferred Issuance transaction, which no request has finished so far.

        It is begun with another Access Token where this one has come to its end or was good for one request.

        Raises:
            Blocked: issuance was not deferred.
            AccessExpired: the Access Token was used before and is not accepted any more.

        """
        if self._pending is None or self._pending.finished:
            access = await self.access()
            response = await access.request(await access.right_body())
            if response.status in (401, 403):
                self._pending = await self.again().transaction()
            elif deferred.transaction_id(response, self.tools.dialect) is None:
                raise Blocked(f"issuance was not deferred: {said(response)}")
            else:
                self._pending = Deferral(access, response)
        return self._pending

    async def notification_id(self) -> str:
        """The ``notification_id`` that came with the credentials.

        Raises:
            Blocked: none came.

        """
        reply = await self.collected()
        value = notification.notification_id(reply)
        if value is None:
            raise Blocked(f"no notification_id came with the credentials: {said(reply)}")
        return value

    async def notified(self) -> Reply:
        """The answer to a right notification that the credentials were accepted, whatever it is."""
        return await self._step("notification", self._accept)

    async def credentials(self) -> tuple[IssuedCredential, ...]:
        """The credentials this flow brought.

        Raises:
            Blocked: it brought none.

        """
        reply = await self.collected()
        if not self._credentials:
            # Kept, so that each credential is read once however many checks look at it.
            name, contexts = self.configuration.get("format"), self.tools.contexts
            self._credentials = issued_in(
                reply, self._keys, self._received, name, contexts, dialect=self.tools.dialect
            )
            for issued in self._credentials:
                with contextlib.suppress(Blocked):
                    self.tools.client.recorder.redactor.learn_words(personal(issued.document))
        if not self._credentials:
            raise Blocked(f"no credential was issued: {said(reply)}")
        return self._credentials

    async def access(self) -> Access:
        """The right to make Credential Requests that this flow's Access Token gives.

        Raises:
            Blocked: there is no Access Token.

        """
        reply = await self.token()
        value = token.access_token(reply)
        if value is None:
            raise Blocked(f"no Access Token was issued: {said(reply)}")
        name = self.scenario.configuration
        configuration = self.issuer.configurations.get(name)
        identifiers = token.credential_identifiers(reply, name, configuration)
        if not identifiers and self._named_before is not None:
            # A refreshed token is good for what the first one was good for, under the same names.
            identifiers = token.credential_identifiers(self._named_before, name, configuration)
        scheme = token.scheme(reply)
        if "token-response" in self.tools.dialect.nonce_from:
            self.learn_nonce(value, reply)
        return Access(self, value, identifiers[0] if identifiers else None, scheme=scheme)

    @property
    def outlived(self) -> bool:
        """Whether the Access Token has come to the end that its Token Response names."""
        reply = self.taken("token")
        lifetime = None if reply is None else reply.object.get("expires_in")
        if self._token_came is None or isinstance(lifetime, bool) or not isinstance(lifetime, (int, float)):
            return False
        return self.tools.now() >= self._token_came + lifetime

    @property
    def too_late(self) -> bool:
        """Whether the Access Token has come to its end before it brought the credentials."""
        if not self.outlived or "issuance" not in self._steps:
            return self.outlived
        response = self.taken("issuance")
        deferring = response is not None and deferred.transaction_id(response, self.tools.dialect) is not None
        return deferring and "deferral" not in self._steps

    def learn_nonce(self, access_token: str, reply: Reply) -> None:
        """Keep the ``c_nonce`` that an answer brings with an Access Token or to a request with it."""
        value = nonce.c_nonce_in(reply)
        if value is not None and reply.exchange >= self.nonces.get(access_token, ("", 0))[1]:
            self.nonces[access_token] = value, reply.exchange
            self.agent.had_c_nonce = True

    async def nonce_source(self) -> str | None:
        """Say where a ``c_nonce`` for key proofs comes from, as far as this flow shows; ``None``: from nowhere.

        Raises:
            Blocked: there is no Access Token that an answer could bring one with.

        """
        for source in self.tools.dialect.nonce_from:
            if source == "nonce-endpoint":
                if self.issuer.nonce_endpoint is not None:
                    return source
                continue
            access = await self.access()
            if source == "access-token":
                if await access.c_nonce() is not None:
                    return source
                continue
            if source == "credential-response":
                await self.issuance()
            if access.token in self.nonces:
                return source
        return None

    async def server(self) -> AuthorizationServer:
        """The Authorization Server of this flow's grant.

        Raises:
            Blocked: the offer names one that the metadata does not know.

        """
        return await self._step("server", self._find_server)

    @cached_property
    def binding_key(self) -> WalletKey | None:
        """The key that this flow's Access Token is bound to with DPoP; ``None`` for a Bearer token.

        Asked for once the server is known, since that is what announces DPoP.
        """
        return self.agent.binding_key(self.taken("server") or self.issuer.servers[0])

    # Tokens

    async def token_fields(self) -> dict[str, str]:
        """The parameters of a right Token Request, without what authenticates a confidential client.

        Raises:
            Blocked: there is no code to redeem, or a Transaction Code is needed and not at hand.

        """
        if self.scenario.grant is Grant.AUTHORIZATION_CODE:
            attempt = await self.authorization()
            if attempt.code is None:
                raise Blocked(f"no authorization code was issued: {attempt.gist}")
            return self.code_fields(attempt)
        received = await self.offer()
        if received.code is None:
            raise Blocked(f"the offer has no usable Pre-Authorized Code; its grants are {list(received.grants)}")
        if received.wants_tx_code and received.tx_code is None:
            raise Blocked(self._no_tx_code)
        return token.form(
            received.code,
            tx_code=received.tx_code if received.wants_tx_code else None,
            client_id=self._public_client_id,
            dialect=self.tools.dialect,
        )

    def code_fields(self, attempt: Authorized) -> dict[str, str]:
        """The parameters of a right Token Request for the code of an authorization (RFC 6749 section 4.1.3)."""
        return token.code_form(
            attempt.code or "",
            redirect_uri=attempt.parameters.get("redirect_uri"),
            verifier=attempt.verifier,
            client_id=self._public_client_id,
        )

    @property
    def _public_client_id(self) -> str | None:
        """The ``client_id`` of a client that does not authenticate, which is an ordinary parameter then."""
        return self.agent.client_id if self.agent.oauth.method == "none" else None

    async def token_endpoint(self) -> str:
        """URL of the Token Endpoint.

        Raises:
            Blocked: the Authorization Server's metadata does not give it.

        """
        server = await self.server()
        if server.token_endpoint is None:
            raise Blocked(f"no token_endpoint is known for the authorization server {server.identifier}")
        return server.token_endpoint

    async def request_token(
        self,
        fields: Form,
        *,
        authentication: ChangeAuthentication | None = None,
        dpop: ChangeProof | None = None,
    ) -> Reply:
        """Send a Token Request with these parameters.

        Args:
            authentication: changes what authenticates the client.
            dpop: changes the DPoP proof.

        Raises:
            Blocked: the issuer answers no more requests for now.

        """
        server = await self.server()
        return unhurried(
            await self.agent.post_form(
                "token request",
                await self.token_endpoint(),
                fields,
                server=server,
                key=self.binding_key,
                authentication=authentication,
                proof=dpop,
            )
        )

    async def fresh_nonce(self) -> Reply:
        """Ask the Nonce Endpoint once more.

        Raises:
            Blocked: the issuer has none, or answers no more requests for now.

        """
        return await ask_nonce(self.issuer, self.agent)

    # The steps

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
        if not self.scenario.offered:
            return made_by_wallet(self.issuer.identifier, self.scenario.configuration, self.tools.dialect)
        try:
            received = await receive(
                self.tools.client,
                await self.link(),
                dialect=self.tools.dialect,
                configurations=self.issuer.configurations,
            )
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

    async def _find_server(self) -> AuthorizationServer:
        grant = self.scenario.grant
        if self.tools.govuk is not None:
            # The wallet goes there whatever the metadata says, which is for a check to judge.
            service = self.tools.govuk.token_service.base_url
            return AuthorizationServer(service, None, metadata=self.tools.dialect.server_metadata(service))
        try:
            return self.issuer.server_for((await self.offer()).authorization_server(grant), grant)
        except MetadataError as error:
            raise Blocked(str(error)) from error

    async def _request_token(self) -> Reply:
        reply = await self.request_token(await self.token_fields())
        self._token_came = self.tools.now()
        return reply

    async def _request_credential(self) -> Reply:
        access = await self.access()
        if self.needs_proof:
            reply, proofs = await self._request_in_some_way(access)
            self._keys = proofs.keys
        else:
            reply = await access.request(access.body())
            if self.tools.dialect.proof_on_refusal and not reply.successful and nonce.c_nonce_in(reply):
                reply, proofs = await access.request_for(self._keys_wanted)
                self._keys = proofs.keys
        self._received = self.tools.now()
        unsure = self.attested and self._keys_wanted == 1 and not self.tools.options.key_attester.key
        if unsure and not reply.successful:
            raise Blocked(
                "the issuer refused a key attestation of the bundled attester, which it may not know:"
                f" {said(reply)}; let it trust the anchor that `assay attester` prints, or give the key of one"
                ' that it trusts in assay.toml: [key_attester] key = "attester.jwk"'
            )
        return reply

    async def _request_in_some_way(self, access: Access) -> tuple[Reply, Proofs]:
        """Make a right Credential Request; where it is not known in which way, in one after the other."""
        habit, ways = self.tools.habit, self.tools.dialect.ways
        if not ways or habit.way is not None:
            return await access.request_for(self._keys_wanted)
        refused = []
        for habit.way in ways:
            reply, proofs = await access.request_for(self._keys_wanted)
            if reply.successful:
                return reply, proofs
            refused.append((reply, proofs))
        habit.way = None
        return refused[0]

    async def _wait_for_credentials(self) -> tuple[Reply, ...]:
        replies = [await self.issuance()]
        if deferred.transaction_id(replies[0], self.tools.dialect) is None:
            return tuple(replies)
        transaction = await self.transaction()
        while len(replies) <= _MOST_POLLS:
            reply = await transaction.collect()
            self._received = transaction.received
            replies.append(reply)
            if not transaction.goes_on(reply):
                return tuple(replies)
        raise Blocked(f"the deferred credential was still not there after {_MOST_POLLS} requests")

    async def _begin_transaction(self) -> Deferral:
        response = await self.issuance()
        if deferred.transaction_id(response, self.tools.dialect) is None:
            raise Blocked(f"issuance was not deferred: {said(response)}")
        return Deferral(await self.access(), response)

    async def _accept(self) -> Reply:
        body = notification.body(await self.notification_id(), "credential_accepted")
        return await (await self.access()).notify(body)

    # Flows like this one

    def again(self, *, keys: int = 1) -> Flow:
        """Give a fresh flow of the same scenario.

        Args:
            keys: for how many keys it asks for credentials.

        """
        return Flow(self.issuer, self.scenario, self._source, self.tools, keys=keys)

    def repeated(self, *, keys: int = 1) -> Flow:
        """Give a flow that makes a Credential Request of its own with the Access Token of this one.

        Args:
            keys: for how many keys it asks for credentials.

        """
        other = self.again(keys=keys)
        other.agent = self.agent
        other._steps = {name: outcome for name, outcome in self._steps.items() if name not in _AFTER_TOKEN}
        other.binding_key = self.binding_key
        other.nonces, other.tokens_tried = self.nonces, self.tokens_tried
        return other

    def refreshed(self, token: Reply, *, keys: int = 1) -> Flow:
        """Give a flow that makes a Credential Request of its own with another Access Token for the same grant.

        Args:
            token: the answer to a refresh request.
            keys: for how many keys it asks for credentials.

        """
        other = self.repeated(keys=keys)
        other._steps["token"] = token
        other._named_before = self._named_before or self.taken("token")
        return other

    def redeeming(self, attempt: Authorized, configuration: str | None = None) -> Flow:
        """Give a flow of the same client that goes on with an authorization made otherwise.

        Args:
            configuration: what credential it leads to, where that is another one than this flow's.

        """
        scenario = replace(self.scenario, configuration=configuration or self.scenario.configuration)
        other = Flow(self.issuer, scenario, self._source, self.tools)
        other.agent = self.agent
        other._steps["authorization"] = attempt
        return other

    def as_declining_user(self) -> Flow:
        """Give a fresh flow of the same scenario whose user says no where it is known how."""
        options = replace(self.tools.options, user=self.tools.options.user.declining)
        return Flow(self.issuer, self.scenario, self._source, replace(self.tools, options=options))

    def as_other_client(self) -> Flow:
        """Give a fresh flow of the same scenario by the second registered client.

        Raises:
            Blocked: the run was told of none.

        """
        other = self.again()
        other.agent = self.tools.second_agent
        return other

    def over(self, http: Client) -> Flow:
        """Give this flow, by the same client, over another way to the network."""
        other = self.again()
        other.agent = self.agent.over(http)
        other._steps = self._steps
        other.nonces, other.tokens_tried = self.nonces, self.tokens_tried
        return other

    def with_offer(self, offer: str, tx_code: str | None = None) -> Flow:
        """Give a fresh flow of the same scenario for an offer that came otherwise.

        Args:
            offer: a link of any scheme, or the JSON of the offer.
            tx_code: its Transaction Code, where that came along.

        """
        other = self.again()
        other._steps["hook"] = MintedOffer(offer, tx_code)
        return other

    def with_grant(self, scenario: Scenario) -> Flow:
        """Give a flow of another grant with the offer that this one has received."""
        other = Flow(self.issuer, scenario, self._source, self.tools)
        other._steps = {name: self._steps[name] for name in ("hook", "link", "offer") if name in self._steps}
        return other

    # What was taken

    def taken(self, step: str) -> Any:
        """Give what a step brought, or ``None`` when it was not taken or failed."""
        outcome = self._steps.get(step)
        return None if isinstance(outcome, Exception) else outcome

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
