"""Flows through the issuer, step by step.

A flow is one way to an Access Token and what is done with it. Each step is taken when it is first asked for
and then kept, failures included, so that one issuance is judged by many checks. A check that provokes the
issuer asks for a flow of its own (``flow``) or for an Access Token to make Credential Requests with (``access``).
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from harness.access import Access, ask_nonce, said, unhurried
from harness.agent import ChangeAuthentication, ChangeProof, Form
from harness.deferral import Deferral
from harness.evidence import (
    PROOF_TYPES,
    AccessExpired,
    Authorized,
    Blocked,
    Grant,
    IssuedCredential,
    Scenario,
    Tools,
    issued_in,
    proof_types,
)
from harness.hooks import HookError, HookUnavailable
from harness.offer_sources import MintedOffer, OfferSource
from harness.transport import Client, Reply, TransportFailure
from harness.wallet import authorization, browser, deferred, di_vp, notification, par, proof, token
from harness.wallet.encryption import (
    EncryptionError,
    ResponseEncryption,
    Terms,
    request_terms,
    required_terms,
    response_terms,
)
from harness.wallet.keys import WalletKey, choose_algorithm
from harness.wallet.metadata import AuthorizationServer, Issuer, MetadataError
from harness.wallet.offer import OfferError, OfferLink, ReceivedOffer, made_by_wallet, parse_link, receive

T = TypeVar("T")

ChangeParameters = Mapping[str, str | None]
"""Name of an authorization request's parameter to another value, or to ``None`` to leave it out."""

_MOST_POLLS = 20


class Flow:
    """One way to an Access Token: the redemption of a Credential Offer, or a flow that the wallet begins."""

    def __init__(
        self, issuer: Issuer, scenario: Scenario, source: OfferSource | None, tools: Tools, *, keys: int = 1
    ) -> None:
        self.issuer = issuer
        self.scenario = scenario
        self.tools = tools
        self.agent = tools.agent
        self._source = source
        self._steps: dict[str, Any] = {}
        self._pending: Deferral | None = None
        self._keys_wanted = keys
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

        Raises:
            Blocked: issuance was not deferred.
            AccessExpired: the Access Token was used before and is not accepted any more.

        """
        if self._pending is None or self._pending.finished:
            access = await self.access()
            response = await access.request(await access.right_body())
            if deferred.transaction_id(response) is None:
                raise Blocked(f"issuance was not deferred: {said(response)}")
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
        scheme = token.scheme(reply)
        return Access(self, value, identifiers[0] if identifiers else None, scheme=scheme)

    async def server(self) -> AuthorizationServer:
        """The Authorization Server of this flow's grant.

        Raises:
            Blocked: the offer names one that the metadata does not know.

        """
        grant = self.scenario.grant
        try:
            return self.issuer.server_for((await self.offer()).authorization_server(grant), grant)
        except MetadataError as error:
            raise Blocked(str(error)) from error

    # Authorization

    async def authorization(self) -> Authorized:
        """What a right authorization request brought."""
        return await self._step("authorization", self.authorize)

    async def direct(self) -> Authorized:
        """What a right authorization request brought that was not pushed."""
        if (await self.server()).par_endpoint is None:
            return await self.authorization()
        return await self._step("direct", lambda: self.again().authorize(pushed=False))

    async def bound_push(self) -> Reply:
        """The answer to a right pushed authorization request with a DPoP proof (RFC 9449 section 10.1)."""

        async def push() -> Reply:
            parameters, _ = await self.authorization_parameters()
            return await self.push(parameters, dpop=lambda draft: draft)

        return await self._step("bound_push", push)

    async def by_scope(self) -> Authorized:
        """What a right authorization request brought that asks by ``scope`` (section 5.1.2).

        Raises:
            Blocked: the configuration has no scope.

        """
        if "authorization_details" not in (await self.authorization()).parameters:
            return await self.authorization()
        scope = self.configuration.get("scope")
        if not isinstance(scope, str):
            raise Blocked("the configuration has no scope")
        several = "authorization_servers" in self.issuer.metadata
        change = {
            "scope": scope,
            "resource": self.issuer.identifier if several else None,
            "authorization_details": None,
        }
        return await self._step("by_scope", lambda: self.again().authorize(change))

    async def by_details(self) -> Authorized:
        """What a right authorization request brought that asks by ``authorization_details`` (section 5.1.1)."""
        if "authorization_details" in (await self.authorization()).parameters:
            return await self.authorization()
        return await self._step("by_details", lambda: self.again().authorize(asking_for(self.details())))

    def details(self, configuration: str | None = None) -> list[dict[str, Any]]:
        """Give right ``authorization_details`` for a configuration, by default that of this flow."""
        several = "authorization_servers" in self.issuer.metadata
        return authorization.details(
            [configuration or self.scenario.configuration], locations=[self.issuer.identifier] if several else None
        )

    async def authorize(
        self,
        change: ChangeParameters | None = None,
        *,
        pushed: bool | None = None,
        authentication: ChangeAuthentication | None = None,
        dpop: ChangeProof | None = None,
        front: ChangeParameters | None = None,
    ) -> Authorized:
        """Ask for an authorization: build the request, push it where that is possible, send the user there.

        Args:
            change: parameters of the request that are other than right.
            pushed: whether the request goes to the PAR endpoint first; by default where there is one.
            authentication: changes what authenticates the client at the PAR endpoint.
            dpop: changes the DPoP proof at the PAR endpoint.
            front: the same for what the browser sends when the request was pushed.

        Raises:
            Blocked: the flow cannot be begun, or the user got stuck.

        """
        server = await self.server()
        parameters, verifier = await self.authorization_parameters(change)
        if server.par_endpoint is None and pushed:
            raise Blocked(f"the metadata of {server.identifier} has no pushed_authorization_request_endpoint")
        if server.par_endpoint is None or pushed is False:
            return await self.go_to(server, parameters, verifier)
        reply = await self.push(parameters, authentication=authentication, dpop=dpop)
        uri = par.request_uri(reply)
        if uri is None:
            return Authorized(parameters, reply, None, None, verifier)
        sent = {"client_id": parameters.get("client_id", self.agent.client_id or ""), "request_uri": uri}
        return await self.go_to(server, _changed(sent, front or {}), verifier, asked=parameters, pushed=reply)

    async def authorization_parameters(self, change: ChangeParameters | None = None) -> tuple[dict[str, str], str]:
        """Give the parameters of a right authorization request and the PKCE code verifier.

        Raises:
            Blocked: the wallet is registered nowhere it could be sent back to.

        """
        settings, choice = self.agent.settings, self.tools.options.authorization
        if settings.client_id is None or settings.redirect_uri is None:
            raise Blocked(
                "the Authorization Code Flow needs a registered client: "
                "give --vci-client-id and --vci-redirect-uri"
            )
        pkce = authorization.pkce()
        # With the method plain, the challenge in the request is the verifier.
        self.tools.client.recorder.redactor.learn(pkce.verifier)
        scope = self.configuration.get("scope")
        by_scope = isinstance(scope, str) and choice.request_by != "authorization_details"
        several = "authorization_servers" in self.issuer.metadata
        parameters = authorization.parameters(
            client_id=settings.client_id,
            redirect_uri=settings.redirect_uri,
            state=secrets.token_urlsafe(24),
            pkce=pkce,
            scope=scope if by_scope and isinstance(scope, str) else None,
            authorization_details=None if by_scope else self.details(),
            issuer_state=(await self.offer()).issuer_state,
            # So that a server for several issuers knows which one a scope is meant for (section 5.1.2).
            resource=self.issuer.identifier if by_scope and several else None,
        )
        return _changed({**choice.parameters, **parameters}, change or {}), pkce.verifier

    async def push(
        self,
        parameters: Form,
        *,
        authentication: ChangeAuthentication | None = None,
        dpop: ChangeProof | None = None,
    ) -> Reply:
        """Send parameters to the Pushed Authorization Request Endpoint (RFC 9126 section 2).

        Raises:
            Blocked: there is none, or it answers no more requests for now.

        """
        server = await self.server()
        if server.par_endpoint is None:
            raise Blocked(f"the metadata of {server.identifier} has no pushed_authorization_request_endpoint")
        # A proof binds the code to the key (RFC 9449 section 10.1); without a change there is no need for it.
        key = self.binding_key if dpop is not None else None
        return unhurried(
            await self.agent.post_form(
                "pushed authorization request",
                server.par_endpoint,
                parameters,
                server=server,
                key=key,
                authentication=authentication,
                proof=dpop,
            )
        )

    async def go_to(
        self,
        server: AuthorizationServer,
        sent: Form,
        verifier: str,
        *,
        asked: Mapping[str, str] | None = None,
        pushed: Reply | None = None,
    ) -> Authorized:
        """Send the user to the Authorization Endpoint.

        Args:
            sent: parameters in the URL; pairs where one is sent more than once.
            asked: parameters of the request where they were pushed before.
            pushed: the answer to that.

        Raises:
            Blocked: there is no such endpoint, or the user got stuck on a page where a user may come through.

        """
        if server.authorization_endpoint is None:
            raise Blocked(f"the metadata of {server.identifier} has no usable authorization_endpoint")
        parameters = dict(sent) if asked is None else asked
        back = self.agent.settings.redirect_uri or ""
        # A request may name another place to go to, rightly or not.
        ends = dict.fromkeys([back, parameters.get("redirect_uri", back)])
        try:
            visit = await browser.visit(
                self.agent.http,
                authorization.url(server.authorization_endpoint, sent),
                redirect_uri=back,
                user=self.tools.options.user,
                also=[end for end in ends if end != back],
            )
        except browser.UserTimeout as error:
            raise Blocked(str(error)) from error
        except browser.UserError as error:
            last = error.visit.reply
            if last is None or not self.tools.known_pages.is_new(last):
                raise Blocked(str(error)) from error
            return Authorized(parameters, pushed, error.visit, None, verifier, str(error))
        final = visit.final or ""
        read = (authorization.read_response(final, end) for end in ends if end)
        response = next((found for found in read if found is not None), None)
        if response is not None and response.code:
            self.tools.client.recorder.redactor.learn(response.code)
            self.tools.known_pages.learn(visit.replies)
        return Authorized(parameters, pushed, visit, response, verifier)

    @cached_property
    def binding_key(self) -> WalletKey | None:
        """The key that this flow's Access Token is bound to with DPoP; ``None`` for a Bearer token."""
        return self.agent.binding_key(self.taken("server") or self.issuer.servers[0])

    # Tokens

    async def token_fields(self) -> dict[str, str]:
        """The parameters of a right Token Request, without what authenticates a confidential client.

        Raises:
            Blocked: there is no code to redeem, or a Transaction Code is needed and not at hand.

        """
        public = self.agent.client_id if self.agent.oauth.method == "none" else None
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
            received.code, tx_code=received.tx_code if received.wants_tx_code else None, client_id=public
        )

    def code_fields(self, attempt: Authorized) -> dict[str, str]:
        """The parameters of a right Token Request for the code of an authorization (RFC 6749 section 4.1.3)."""
        public = self.agent.client_id if self.agent.oauth.method == "none" else None
        return token.code_form(
            attempt.code or "",
            redirect_uri=attempt.parameters.get("redirect_uri"),
            verifier=attempt.verifier,
            client_id=public,
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
        server = await self._step("server", self.server)
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

    def taken(self, step: str) -> Any:
        """Give what a step brought, or ``None`` when it was not taken or failed."""
        outcome = self._steps.get(step)
        return None if isinstance(outcome, Exception) else outcome

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
            return made_by_wallet(self.issuer.identifier, self.scenario.configuration)
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
        access = await self.access()
        if self.needs_proof:
            reply, proofs = await access.request_for(self._keys_wanted)
            self._keys = proofs.keys
        else:
            reply = await access.request(access.body())
        self._received = self.tools.now()
        unsure = self.attested and self._keys_wanted == 1 and not self.tools.options.key_attester.key
        if unsure and not reply.successful:
            raise Blocked(
                f"the issuer refused a key attestation of a stand-in, whom it may not know: {said(reply)};"
                ' give the key of an attester that it trusts in assay.toml: [key_attester] key = "attester.jwk"'
            )
        return reply

    async def _wait_for_credentials(self) -> tuple[Reply, ...]:
        replies = [await self.issuance()]
        if deferred.transaction_id(replies[0]) is None:
            return tuple(replies)
        transaction = await self.transaction()
        while len(replies) <= _MOST_POLLS:
            reply = await transaction.collect()
            self._received = transaction.received
            replies.append(reply)
            if deferred.transaction_id(reply) is None:
                return tuple(replies)
        raise Blocked(f"the deferred credential was still not there after {_MOST_POLLS} requests")

    async def _begin_transaction(self) -> Deferral:
        response = await self.issuance()
        if deferred.transaction_id(response) is None:
            raise Blocked(f"issuance was not deferred: {said(response)}")
        return Deferral(await self.access(), response)

    async def _accept(self) -> Reply:
        body = notification.body(await self.notification_id(), "credential_accepted")
        return await (await self.access()).notify(body)

    # What the configuration asks for

    @property
    def needs_proof(self) -> bool:
        """Whether the configuration asks for key proofs (section 8.2)."""
        return "proof_types_supported" in self.configuration

    @cached_property
    def required_sealing(self) -> Terms | None:
        """The encryption that the metadata requires, and no more; ``None`` when it requires none.

        Raises:
            Blocked: it requires what the wallet does not have.

        """
        try:
            return required_terms(self.issuer.metadata)
        except EncryptionError as error:
            raise Blocked(f"the wallet cannot encrypt as the metadata says: {error.detail}") from error

    @property
    def must_ask_for_encryption(self) -> bool:
        """Whether the metadata requires that responses are encrypted."""
        offered = ResponseEncryption.of(self.issuer.metadata)
        return offered is not None and offered.required

    def sealing(self, *, request: bool, response: bool) -> Terms:
        """Make the terms of an encrypted exchange, with a fresh key for the answer.

        Args:
            request: whether the request is encrypted.
            response: whether an encrypted answer is asked for.

        Raises:
            Blocked: the metadata does not offer it, or nothing that the wallet has.

        """
        try:
            return Terms(
                request_terms(self.issuer.metadata) if request else None,
                response_terms(self.issuer.metadata) if response else None,
            )
        except EncryptionError as error:
            raise Blocked(f"the wallet cannot encrypt as the metadata says: {error.detail}") from error

    @property
    def proof_type(self) -> str:
        """The proof type the wallet uses here.

        Raises:
            Blocked: the wallet makes none of those the configuration takes.

        """
        known = proof_types(self.configuration)
        if not known:
            types = self.configuration.get("proof_types_supported")
            names = list(types) if isinstance(types, dict) else []
            raise Blocked(f"the configuration takes the proof types {names}; the wallet makes {list(PROOF_TYPES)}")
        return self.scenario.proof_type or known[0]

    def _proof_terms(self) -> dict[str, Any]:
        types = self.configuration.get("proof_types_supported")
        terms = types.get(self.proof_type) if isinstance(types, dict) else None
        return terms if isinstance(terms, dict) else {}

    @property
    def attestation_terms(self) -> dict[str, Any] | None:
        """The ``key_attestations_required`` of the proof type; ``None`` when it asks for no attestations."""
        terms = self._proof_terms().get("key_attestations_required")
        return terms if isinstance(terms, dict) else None

    @property
    def attested(self) -> bool:
        """Whether the proofs of this flow are or carry a key attestation."""
        return self.needs_proof and (self.proof_type == "attestation" or self.attestation_terms is not None)

    @property
    def proof_algorithms(self) -> list[str]:
        """The ``proof_signing_alg_values_supported`` of the proof type.

        Raises:
            Blocked: the wallet makes none of the configuration's proof types.

        """
        offered = self._proof_terms().get("proof_signing_alg_values_supported")
        return [name for name in offered if isinstance(name, str)] if isinstance(offered, list) else []

    def proof_key(self, algorithm: str | None = None) -> WalletKey:
        """Make a key of the kind the configuration asks for.

        Args:
            algorithm: a JWS algorithm name; chosen from the metadata by default.

        Raises:
            Blocked: the wallet has none of the algorithms the configuration takes.

        """
        names = self.proof_algorithms
        offered = names
        if self.proof_type == "di_vp":
            offered = [name for suite in names for name in di_vp.ALGORITHMS.get(suite, ())]
        elif self.proof_type == "attestation":
            # The algorithms are those of the attestation's signature; the attested keys may be of any kind.
            offered = ["ES256"]
        chosen = algorithm or choose_algorithm(offered, self.tools.options.algorithm)
        if chosen is None:
            raise Blocked(f"the wallet has none of the proof algorithms {names}")
        return self.tools.make_key(chosen)

    def cryptosuite(self, algorithm: str) -> str:
        """Give the Data Integrity cryptosuite of a ``di_vp`` proof by a key for an algorithm."""
        for suite in self.proof_algorithms:
            if algorithm in di_vp.ALGORITHMS.get(suite, ()):
                return suite
        raise Blocked(f"the wallet has no {algorithm} key for the cryptosuites {self.proof_algorithms}")

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

    def again(self, *, keys: int = 1) -> Flow:
        """Give a fresh flow of the same scenario.

        Args:
            keys: for how many keys it asks for credentials.

        """
        return Flow(self.issuer, self.scenario, self._source, self.tools, keys=keys)

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
        return other

    def with_grant(self, scenario: Scenario) -> Flow:
        """Give a flow of another grant with the offer that this one has received."""
        other = Flow(self.issuer, scenario, self._source, self.tools)
        other._steps = {name: self._steps[name] for name in ("hook", "link", "offer") if name in self._steps}
        return other

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


def asking_for(details: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """Give the change of an authorization request that makes it ask by ``authorization_details`` alone."""
    return {"scope": None, "resource": None, "authorization_details": authorization.written(details)}


def _changed(values: Mapping[str, str], changes: ChangeParameters) -> dict[str, str]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
