"""Authorization requests: made right or wrong, pushed or sent with the user to the Authorization Endpoint."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from harness.access import unhurried
from harness.agent import Agent, ChangeAuthentication, ChangeProof, Form
from harness.authorized import Authorized
from harness.evidence import Blocked, Scenario, Tools
from harness.transport import Reply
from harness.wallet import authorization, browser, par
from harness.wallet.keys import WalletKey
from harness.wallet.metadata import AuthorizationServer, Issuer
from harness.wallet.offer import ReceivedOffer

T = TypeVar("T")

ChangeParameters = Mapping[str, str | None]
"""Name of an authorization request's parameter to another value, or to ``None`` to leave it out."""


class AuthorizationSteps(ABC):
    """The steps of a flow that ask for an authorization, and what the flow gives them to do so."""

    issuer: Issuer
    scenario: Scenario
    tools: Tools
    agent: Agent

    @property
    @abstractmethod
    def configuration(self) -> dict[str, Any]:
        """Metadata of the flow's configuration."""

    @property
    @abstractmethod
    def binding_key(self) -> WalletKey | None:
        """The key that the Access Token is bound to with DPoP; ``None`` for a Bearer token."""

    @abstractmethod
    async def offer(self) -> ReceivedOffer:
        """The Credential Offer of the flow."""

    @abstractmethod
    async def server(self) -> AuthorizationServer:
        """The Authorization Server of the flow's grant."""

    @abstractmethod
    def again(self) -> AuthorizationSteps:
        """Give a fresh flow of the same scenario."""

    @abstractmethod
    async def _step(self, name: str, take: Callable[[], Awaitable[T]]) -> T:
        """Take a step when it is first asked for, and keep what it brought."""

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
        several = self.tools.dialect.servers in self.issuer.metadata
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
        several = self.tools.dialect.servers in self.issuer.metadata
        dialect, known = self.tools.dialect, self.issuer.configurations
        return authorization.details(
            [configuration or self.scenario.configuration],
            locations=[self.issuer.identifier] if several else None,
            naming=lambda name: dialect.named_in_details(name, known.get(name, {})),
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
        several = self.tools.dialect.servers in self.issuer.metadata
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


def asking_for(details: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """Give the change of an authorization request that makes it ask by ``authorization_details`` alone."""
    return {"scope": None, "resource": None, "authorization_details": authorization.written(details)}


def _changed(values: Mapping[str, str], changes: ChangeParameters) -> dict[str, str]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
