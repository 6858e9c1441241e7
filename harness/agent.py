"""One registered client as it speaks to the issuer: it authenticates, signs DPoP proofs and keeps nonces.

Every request that carries client authentication, an Access Token or a DPoP proof goes through here, so that a
check can change just one of them: it gives a function that gets what is right and gives what is sent instead.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.settings import ClientSettings
from harness.transport import Client, Reply
from harness.wallet import client_auth, dpop
from harness.wallet.client_auth import Authentication, OAuthClient
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import KeyMaker, WalletKey
from harness.wallet.metadata import AuthorizationServer

Pairs = list[tuple[str, str]]
Form = Mapping[str, str] | Sequence[tuple[str, str]]
ChangeProof = Callable[[JwtDraft], JwtDraft | str | Sequence[str | tuple[str, str]] | None]
"""Gets the right DPoP proof; gives another one, header values as they are sent, fields with their names, or
``None`` for none at all."""
ChangeAuthentication = Callable[[Authentication], Authentication]
_SECRETS = frozenset({"pre-authorized_code", "tx_code", "code", "code_verifier", "refresh_token"})
_ATTEMPTS = 3
"""The first, one with the DPoP nonce and one with the attestation challenge that the server asks for."""


class Agent:
    """A client of the Authorization Server, with all it needs to make requests as this client.

    Args:
        http: the way to the network; for mutual TLS it shows the client's certificate.
        settings: how the client is registered.
        now: seconds since 1970.
        make_key: gives the keys that the settings leave open.

    """

    def __init__(
        self, http: Client, settings: ClientSettings, now: Callable[[], float], make_key: KeyMaker
    ) -> None:
        self.http = http
        self.settings = settings
        self.oauth = OAuthClient.of(settings, make_key, now)
        self._now = now
        self._make_key = make_key
        # A server's nonces are its own (RFC 9449 section 9), also where both live at one origin.
        self._server_nonces = dpop.Nonces()
        self._issuer_nonces = dpop.Nonces()
        self._challenges: dict[str, str] = {}
        self._challenged: set[str] = set()
        self.had_c_nonce = False
        """Whether the issuer has given this client a ``c_nonce`` otherwise than by a Nonce Endpoint."""

    @property
    def client_id(self) -> str | None:
        """The ``client_id``; ``None`` for the anonymous wallet."""
        return self.oauth.client_id

    def over(self, http: Client) -> Agent:
        """Give the same client over another way to the network, such as one that shows another certificate."""
        other = copy.copy(self)
        other.http = http
        return other

    def binding_key(self, server: AuthorizationServer) -> WalletKey | None:
        """Make a key to bind Access Tokens of a server to (RFC 9449), or ``None`` for Bearer tokens."""
        if self.settings.dpop is False:
            return None
        algorithm = dpop.choose_algorithm(server.metadata)
        if algorithm is None and self.settings.dpop:
            algorithm = "ES256"
        return None if algorithm is None else self._make_key(algorithm)

    async def post_form(
        self,
        purpose: str,
        url: str,
        fields: Form,
        *,
        server: AuthorizationServer,
        key: WalletKey | None = None,
        authentication: ChangeAuthentication | None = None,
        proof: ChangeProof | None = None,
    ) -> Reply:
        """Send a form to an endpoint of the Authorization Server as this client.

        Args:
            purpose: what the wallet is doing, in a few words.
            fields: parameters of the request; what authenticates the client is added, unless a parameter of
                the same name stands there already.
            key: the DPoP key; ``None`` for no DPoP proof.
            authentication: changes what authenticates the client.
            proof: changes the DPoP proof.

        Raises:
            TransportFailure: there is no complete answer.

        """
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        named = {name for name, _ in pairs}
        for name, value in pairs:
            if name in _SECRETS:
                self.http.recorder.redactor.learn(value)
        reply: Reply | None = None
        for _ in range(_ATTEMPTS):
            shown = await self.authenticate(server)
            if authentication is not None:
                shown = authentication(shown)
            headers = [*shown.header_fields().items(), *self._proofs(key, url, self._server_nonces, proof)]
            form = pairs + [(name, value) for name, value in shown.form().items() if name not in named]
            reply = await self.http.send(purpose, "POST", url, headers=headers, form=form)
            if not self._asks_again(reply, server, bound=key is not None):
                break
        assert reply is not None
        return reply

    async def send_with_token(
        self,
        purpose: str,
        url: str,
        payload: Mapping[str, Any] | bytes,
        *,
        token: str,
        scheme: str,
        key: WalletKey | None = None,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
        proof: ChangeProof | None = None,
    ) -> Reply:
        """Send a request with an Access Token to an endpoint of the Credential Issuer.

        Args:
            payload: the body as an object, or bytes that are sent as they are.
            scheme: the authentication scheme before the token.
            key: the DPoP key the token is bound to; ``None`` for a Bearer token.
            headers: take the place of ``Authorization``; a DPoP proof is sent all the same.
            media_type: of the body.
            proof: changes the DPoP proof.

        Raises:
            TransportFailure: there is no complete answer.

        """
        content = payload if isinstance(payload, bytes) else _json(payload)
        own = {"Authorization": f"{scheme} {token}"} if headers is None else dict(headers)
        own.setdefault("Content-Type", media_type)
        reply: Reply | None = None
        for _ in range(2):
            sent = [*own.items(), *self._proofs(key, url, self._issuer_nonces, proof, token)]
            reply = await self.http.send(purpose, "POST", url, headers=sent, content=content)
            self._issuer_nonces.learn(reply)
            if key is None or dpop.wanted_nonce(reply) is None:
                break
        assert reply is not None
        return reply

    async def authenticate(self, server: AuthorizationServer) -> Authentication:
        """Make what authenticates the client in one request, with the challenge of a server that gives such.

        Raises:
            TransportFailure: the server's challenge endpoint gives no complete answer.

        """
        challenge = self._challenges.get(server.identifier)
        endpoint = server.metadata.get("challenge_endpoint")
        if isinstance(endpoint, str) and self.oauth.method == "attest_jwt_client_auth":
            # What an answer offered is for the next proof (-07 section 8.1); it may be good for one only.
            challenge = self._challenges.pop(server.identifier, None)
            if challenge is None:
                answer = await self.http.send("attestation challenge", "POST", endpoint)
                challenge = client_auth.challenge_of(answer)
        if challenge is not None:
            self._challenged.add(server.identifier)
        return self.oauth.authenticate(issuer=server.issuer, now=self._now(), challenge=challenge)

    def challenged(self, server: AuthorizationServer) -> bool:
        """Whether a server gave this client a challenge for its proofs of possession (-07 section 8)."""
        return server.identifier in self._challenged

    def server_nonce(self, url: str) -> str | None:
        """Give the DPoP nonce for an endpoint of the Authorization Server, if it gave one so far."""
        return self._server_nonces.at(url)

    def issuer_nonce(self, url: str) -> str | None:
        """Give the DPoP nonce for an endpoint of the Credential Issuer, if it gave one so far."""
        return self._issuer_nonces.at(url)

    def learn_nonce(self, reply: Reply) -> None:
        """Keep the DPoP nonce that any answer of the Credential Issuer brings (OpenID4VCI 1.0 section 7)."""
        self._issuer_nonces.learn(reply)

    def _asks_again(self, reply: Reply, server: AuthorizationServer, *, bound: bool) -> bool:
        """Learn what the server wants to see in the next request; say whether this one is to be repeated."""
        self._server_nonces.learn(reply)
        challenge = client_auth.offered_challenge(reply)
        if challenge is not None:
            self._challenges[server.identifier] = challenge
        if client_auth.wanted_challenge(reply) is not None:
            return True
        return bound and dpop.wanted_nonce(reply) is not None

    def _proofs(
        self,
        key: WalletKey | None,
        url: str,
        nonces: dpop.Nonces,
        change: ChangeProof | None,
        token: str | None = None,
    ) -> Pairs:
        if key is None:
            return []
        right = dpop.draft(
            key, method="POST", url=url, issued_at=self._now(), access_token=token, nonce=nonces.at(url)
        )
        sent = right if change is None else change(right)
        if sent is None:
            return []
        if isinstance(sent, JwtDraft):
            sent = sent.sign()
        values = [sent] if isinstance(sent, str) else sent
        return [("DPoP", value) if isinstance(value, str) else value for value in values]


def _json(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
