"""The right to make requests to the Credential Issuer that an Access Token gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.agent import Agent, ChangeProof
from harness.evidence import AccessExpired, Blocked
from harness.transport import Client, Reply
from harness.wallet import attestation, authorization, credential, cwt, di_vp, nonce, proof, token
from harness.wallet.encryption import EncryptionError, Terms
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey
from harness.wallet.metadata import Issuer

if TYPE_CHECKING:
    from harness.dialects import Dialect
    from harness.flow import Flow


@dataclass(frozen=True)
class Proofs:
    """Key proofs of one Credential Request.

    Attributes:
        kind: the proof type (OpenID4VCI 1.0 appendix F).
        values: the proofs as they stand in the request.
        keys: the keys that they prove possession of, as public JWKs.

    """

    kind: str
    values: tuple[Any, ...]
    keys: tuple[dict[str, Any], ...]


class Access:
    """An Access Token and what is needed to make requests with it.

    Attributes:
        flow: the flow it comes from.
        token: the Access Token.
        scheme: the authentication scheme it is sent with: ``Bearer`` or ``DPoP``.
        key: the DPoP key it is bound to; ``None`` for a Bearer token.
        identifier: the ``credential_identifier`` to ask with, when the Token Response returned any.
        used: whether an earlier check has made requests with it.

    """

    def __init__(
        self,
        flow: Flow,
        access_token: str,
        identifier: str | None,
        *,
        scheme: str = "Bearer",
        right_token: str | None = None,
    ) -> None:
        self.flow = flow
        self.token = access_token
        # The nonce that goes with a spoiled token is that of the token it was made of.
        self._right_token = right_token or access_token
        self.identifier = identifier
        self.scheme = scheme
        self.key = flow.binding_key if scheme == "DPoP" else None
        self.used = False

    def with_token(self, access_token: str) -> Access:
        """Give the same with another Access Token, whatever that is worth."""
        return Access(self.flow, access_token, self.identifier, scheme=self.scheme, right_token=self._right_token)

    def over(self, http: Client) -> Access:
        """Give the same by another way to the network, such as one that shows another certificate."""
        return Access(self.flow.over(http), self.token, self.identifier, scheme=self.scheme)

    @property
    def dialect(self) -> Dialect:
        """How the wallet speaks."""
        return self.flow.tools.dialect

    @property
    def configuration_id(self) -> str:
        """The Credential Configuration this access is for."""
        return self.flow.scenario.configuration

    def body(self, *proofs: Any, kind: str = "jwt") -> dict[str, Any]:
        """The body of a Credential Request that is right but for what the proofs bring.

        Args:
            kind: the proof type of the proofs.

        """
        return credential.body(
            configuration_id=self.configuration_id,
            identifier=self.identifier,
            proofs=proofs,
            proof_type=kind,
            configuration=self.flow.issuer.configurations.get(self.configuration_id),
            dialect=self.flow.tools.spoken,
        )

    async def right_body(self) -> dict[str, Any]:
        """The body of a right Credential Request, with a fresh proof where one is needed."""
        if not self.flow.needs_proof:
            return self.body()
        proofs = await self.proofs()
        return self.body(*proofs.values, kind=proofs.kind)

    async def proofs(self, count: int = 1) -> Proofs:
        """Make right proofs of the configuration's proof type, each for a fresh key, all with one ``c_nonce``.

        Args:
            count: how many keys to prove possession of.

        Raises:
            Blocked: the configuration needs something the wallet cannot make, or no nonce was given out.

        """
        flow = self.flow
        kind = flow.proof_type
        keys = [flow.proof_key() for _ in range(count)]
        public = tuple(key.public for key in keys)
        value = await self.c_nonce()
        if kind == "attestation":
            return Proofs(kind, (self.key_attestation(keys, value).sign(),), public)
        if kind in ("di_vp", "ldp_vp"):
            return Proofs(kind, tuple(self.presentation(key, value).secured() for key in keys), public)
        if kind == "cwt":
            return Proofs(kind, tuple(self.cwt(key, value).signed() for key in keys), public)
        drafts = [self._proof_with(key, value, None) for key in keys]
        if flow.attestation_terms is not None:
            # One proof is enough: the attestation vouches for all keys (appendix F.1).
            attested = self.key_attestation(keys, value).sign()
            return Proofs(kind, (drafts[0].with_header(key_attestation=attested).sign(),), public)
        return Proofs(kind, tuple(draft.sign() for draft in drafts), public)

    async def request_for(self, count: int) -> tuple[Reply, Proofs]:
        """Make a right Credential Request with proofs of several keys.

        Raises:
            Blocked: the configuration needs something the wallet cannot make, or no nonce was given out.

        """
        proofs = await self.proofs(count)
        reply = await self.request(self.body(*proofs.values, kind=proofs.kind))
        if len(proofs.values) > 1 and not reply.successful and self.flow.issuer.nonce_endpoint is not None:
            # Whether the proofs of one request may share a c_nonce is left open, so either way will do.
            each = [await self.proofs() for _ in range(count)]
            values = tuple(value for made in each for value in made.values)
            proofs = Proofs(proofs.kind, values, tuple(key for made in each for key in made.keys))
            reply = await self.request(self.body(*proofs.values, kind=proofs.kind))
        learns = "credential-response" in self.flow.tools.dialect.nonce_from
        if learns and not reply.successful and nonce.c_nonce_in(reply) is not None:
            # Where there is no Nonce Endpoint, the refusal may bring the nonce that the proofs should have had.
            proofs = await self.proofs(count)
            reply = await self.request(self.body(*proofs.values, kind=proofs.kind))
        return reply, proofs

    async def c_nonce(self) -> str | None:
        """Get a ``c_nonce`` from where the wallet's dialect has it; ``None`` when there is none.

        Raises:
            Blocked: the Nonce Endpoint gives none.

        """
        for source in self.flow.tools.dialect.nonce_from:
            value = await self._nonce_from(source)
            if value is not None:
                return value
        return await self._nonce_of_refusal()

    async def _nonce_of_refusal(self) -> str | None:
        """Ask with proofs that have no ``c_nonce``, where the issuer is known to give one and has not so far.

        Before draft 15 that is how a wallet gets the first one that no Token Response brought (draft 14, section
        7.3.2).
        """
        flow = self.flow
        by_refusal = "credential-response" in self.dialect.nonce_from and flow.agent.had_c_nonce
        if not by_refusal or self.token != self._right_token or self.token in flow.tokens_tried:
            return None
        flow.tokens_tried.add(self.token)
        made = await self.proofs()
        await self.request(self.body(*made.values, kind=made.kind))
        return flow.nonces.get(self.token, (None, 0))[0]

    async def _nonce_from(self, source: str) -> str | None:
        if source == "access-token":
            values = (token.claims(each).get("c_nonce") for each in (self.token, self._right_token))
            return next((value for value in values if isinstance(value, str)), None)
        if source != "nonce-endpoint":
            return self.flow.nonces.get(self._right_token, (None, 0))[0]
        if self.flow.issuer.nonce_endpoint is None:
            return None
        reply = await self.flow.fresh_nonce()
        value = nonce.c_nonce(reply)
        if value is None:
            raise Blocked(f"the Nonce Endpoint gave no c_nonce: {said(reply)}")
        return value

    async def proof(self, *, key: WalletKey | None = None, form: str | None = None) -> JwtDraft:
        """Draft a right ``jwt`` proof with a fresh ``c_nonce``, and a key attestation where one is required.

        Args:
            key: a fresh one by default.
            form: how the proof carries the key; by the metadata by default.

        Raises:
            Blocked: the configuration needs something the wallet cannot make, or no nonce was given out.

        """
        value = await self.c_nonce()
        key = key or self.flow.proof_key()
        draft = self._proof_with(key, value, form)
        if self.flow.attestation_terms is None:
            return draft
        return draft.with_header(key_attestation=self.key_attestation([key], value).sign())

    def key_attestation(self, keys: Sequence[WalletKey], c_nonce: str | None) -> JwtDraft:
        """Draft a right key attestation for keys, of the levels that the configuration asks for (appendix D.1)."""
        tools = self.flow.tools
        terms = self.flow.attestation_terms or {}
        draft = attestation.key_attestation(
            tools.key_attester,
            keys,
            issued_at=tools.now(),
            nonce=c_nonce,
            key_storage=terms.get("key_storage"),
            user_authentication=terms.get("user_authentication"),
            issuer=tools.options.key_attester.issuer,
            x5c=tools.key_attester_certificates,
        )
        return draft.with_header(typ=tools.dialect.key_attestation_type)

    def presentation(
        self, key: WalletKey, c_nonce: str | None, *, cryptosuite: str | None = None
    ) -> di_vp.PresentationDraft:
        """Draft a right ``di_vp`` proof (appendix F.2), which drafts called ``ldp_vp``.

        Args:
            cryptosuite: one that goes with the key; by the metadata by default.

        """
        flow = self.flow
        return di_vp.draft(
            key,
            cryptosuite=cryptosuite or flow.cryptosuite(key.algorithm),
            domain=flow.issuer.identifier,
            created_at=flow.tools.now(),
            challenge=c_nonce,
        )

    def cwt(self, key: WalletKey, c_nonce: str | None) -> cwt.CwtDraft:
        """Draft a right ``cwt`` proof (draft 13, section 7.2.1.3)."""
        flow = self.flow
        return cwt.draft(
            key,
            audience=flow.issuer.identifier,
            issued_at=flow.tools.now(),
            nonce=c_nonce,
            client_id=flow.tools.dialect.proof_issuer or flow.agent.client_id,
        )

    def _proof_with(self, key: WalletKey, c_nonce: str | None, form: str | None) -> JwtDraft:
        flow = self.flow
        return proof.draft(
            key,
            form=form or flow.proof_form(key.algorithm),
            audience=flow.issuer.identifier,
            issued_at=flow.tools.now(),
            nonce=c_nonce,
            client_id=flow.tools.dialect.proof_issuer or flow.agent.client_id,
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
        scheme: str | None = None,
        headers: Mapping[str, str] | None = None,
        dpop: ChangeProof | None = None,
        sealing: Terms | None = None,
    ) -> Reply:
        """Send a Credential Request.

        Args:
            payload: the body, or bytes that are sent as they are.
            scheme: the authentication scheme before the token, when not the token's own.
            headers: take the place of this access's ``Authorization``.
            dpop: changes the DPoP proof.
            sealing: how request and answer are encrypted; by default as far as the metadata requires it.

        Raises:
            Blocked: the issuer has no Credential Endpoint, or answers no more requests for now.
            AccessExpired: the token was used before and is not accepted any more.

        """
        endpoint = _usable(self.flow.issuer.credential_endpoint, "credential_endpoint")
        return await self.send(
            "credential request",
            endpoint,
            payload,
            scheme=scheme,
            headers=headers,
            dpop=dpop,
            sealing=sealing or self.flow.required_sealing,
        )

    async def request_with_token_in_query(self, payload: Mapping[str, Any]) -> Reply:
        """Send a Credential Request whose Access Token stands in the query of the URL (RFC 6750 section 2.3).

        Raises:
            Blocked: the issuer has no Credential Endpoint, or answers no more requests for now.

        """
        endpoint = _usable(self.flow.issuer.credential_endpoint, "credential_endpoint")
        return await self.send(
            "credential request",
            authorization.url(endpoint, {"access_token": self.token}),
            payload,
            scheme=None,
            headers={},
            dpop=None,
            sealing=self.flow.required_sealing,
        )

    async def collect(
        self,
        payload: Mapping[str, Any] | bytes,
        *,
        scheme: str | None = None,
        headers: Mapping[str, str] | None = None,
        dpop: ChangeProof | None = None,
        sealing: Terms | None = None,
    ) -> Reply:
        """Send a Deferred Credential Request (section 9.1); the arguments are those of ``request``.

        Raises:
            Blocked: the issuer has no Deferred Credential Endpoint, or answers no more requests for now.
            AccessExpired: the token was used before and is not accepted any more.

        """
        endpoint = _usable(self.flow.issuer.deferred_endpoint, "deferred_credential_endpoint")
        return await self.send(
            "deferred credential request",
            endpoint,
            payload,
            scheme=scheme,
            headers=headers,
            dpop=dpop,
            sealing=sealing or self.flow.required_deferred_sealing,
        )

    async def notify(
        self,
        payload: Mapping[str, Any] | bytes,
        *,
        scheme: str | None = None,
        headers: Mapping[str, str] | None = None,
        dpop: ChangeProof | None = None,
    ) -> Reply:
        """Send a Notification Request (section 11.1); the arguments are those of ``request``.

        Raises:
            Blocked: the issuer has no Notification Endpoint, or answers no more requests for now.
            AccessExpired: the token was used before and is not accepted any more.

        """
        endpoint = _usable(self.flow.issuer.notification_endpoint, "notification_endpoint")
        return await self.send(
            "notification", endpoint, payload, scheme=scheme, headers=headers, dpop=dpop, sealing=None
        )

    async def send(
        self,
        purpose: str,
        endpoint: str,
        payload: Mapping[str, Any] | bytes,
        *,
        scheme: str | None,
        headers: Mapping[str, str] | None,
        dpop: ChangeProof | None,
        sealing: Terms | None,
    ) -> Reply:
        """Send a request with this access's token to any endpoint; see ``request`` for the arguments.

        Raises:
            Blocked: the issuer answers no more requests for now.
            AccessExpired: the token was used before and is not accepted any more.

        """
        media_type = "application/json"
        if self.dialect.transaction_is_token and payload == b"":
            # What comes back with no more than its token has no parameters (draft 11, section 9.1).
            media_type = "application/x-www-form-urlencoded"
        if sealing is not None:
            try:
                sealed = sealing.seal(payload)
            except EncryptionError as error:
                raise Blocked(f"the request cannot be encrypted: {error.detail}") from error
            payload, media_type = sealed.content, sealed.media_type
        reply = unhurried(
            await self.flow.agent.send_with_token(
                purpose,
                endpoint,
                payload,
                token=self.token,
                scheme=scheme or self.scheme,
                key=self.key,
                headers=headers,
                media_type=media_type,
                proof=dpop,
            )
        )
        if sealing is not None:
            reply = sealing.open(reply)
        if "credential-response" in self.flow.tools.dialect.nonce_from:
            self.flow.learn_nonce(self._right_token, reply)
        denied = reply.status in (401, 403) or reply.error == "credential_request_denied"
        if self.used and denied and headers is None and scheme is None and dpop is None:
            raise AccessExpired
        return reply


def _usable(endpoint: str | None, name: str) -> str:
    if endpoint is None:
        raise Blocked(f"the issuer metadata has no usable {name}")
    return endpoint


async def ask_nonce(issuer: Issuer, agent: Agent) -> Reply:
    """Ask the Nonce Endpoint, which belongs to no flow.

    Raises:
        Blocked: the issuer has none, or answers no more requests for now.

    """
    if issuer.nonce_endpoint is None:
        raise Blocked("the issuer has no Nonce Endpoint")
    reply = unhurried(await nonce.request(agent.http, issuer.nonce_endpoint))
    agent.learn_nonce(reply)
    return reply


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
