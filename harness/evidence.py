"""What checks look at, and the words for why there is nothing to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from harness import attesters
from harness.agent import Agent
from harness.dialects import LATEST, Dialect, Way
from harness.formats import credential as credential_format
from harness.formats import json_ld
from harness.formats.credential import Credential
from harness.formats.json_ld import Contexts
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.mdoc import Mdoc
from harness.formats.problems import FormatError
from harness.formats.sd_jwt_vc import SdJwtVc
from harness.formats.sd_jwt_vc_drafts import DRAFT_11, Draft
from harness.patience import Impatient, Patience
from harness.settings import (
    AttesterSettings,
    AuthorizationSettings,
    ClientSettings,
    JourneySettings,
    Promises,
    TrustSettings,
    UserSettings,
)
from harness.transport import Client, Reply
from harness.wallet import credential
from harness.wallet.browser import KnownPages
from harness.wallet.encryption import Terms
from harness.wallet.keys import KeyMaker, WalletKey, key_of, make_key

if TYPE_CHECKING:
    from harness.govuk.surroundings import Surroundings
    from harness.lifecycle.operations import Operations
    from harness.mattr.back_end import BackEnd
    from harness.offer_sources import OfferSource
    from harness.partisia.application import Application

_Kind = TypeVar("_Kind")


class Blocked(Exception):
    """Something a check needs is missing or went wrong before; the message is the reason."""


class AccessExpired(Exception):
    """An Access Token that was used before is no longer accepted (OpenID4VCI 1.0 section 14.3 allows that)."""


class Grant(StrEnum):
    """The grant that leads to the Access Token (OpenID4VCI 1.0 section 4.1.1)."""

    PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
    AUTHORIZATION_CODE = "authorization_code"


PROOF_TYPES = ("jwt", "attestation", "di_vp", "ldp_vp", "cwt")
"""Proof types the wallet can make, in the order it prefers them (OpenID4VCI 1.0 appendix F; the last two are those
of drafts, draft 13 section 7.2.1)."""


def proof_types(configuration: Mapping[str, Any]) -> list[str]:
    """Give the proof types that a configuration takes and the wallet can make."""
    types = configuration.get("proof_types_supported")
    return [kind for kind in PROOF_TYPES if isinstance(types, dict) and kind in types]


WALLET_INITIATED = "wallet-initiated"
"""The source of a scenario that the wallet begins, without a Credential Offer."""


@dataclass(frozen=True)
class Scenario:
    """One way through the issuer: a Credential Configuration, the offer source that leads to it, and the grant.

    Attributes:
        label: how reports name it: the configuration id, with the source after a colon where there are several.
        proof_type: the type of the key proofs (appendix F); ``None`` for the one the wallet prefers.

    """

    configuration: str
    source: str
    label: str
    grant: Grant = Grant.PRE_AUTHORIZED_CODE
    proof_type: str | None = None

    @property
    def offered(self) -> bool:
        """Whether the flow begins with a Credential Offer of the issuer's."""
        return self.source != WALLET_INITIATED


@dataclass(frozen=True)
class WalletOptions:
    """How the wallet behaves where the specification leaves it a choice."""

    algorithm: str | None = None
    """JWS algorithm of key proofs."""
    key_form: str | None = None
    """How a key proof carries its key."""
    authorization: AuthorizationSettings = field(default_factory=AuthorizationSettings)
    user: UserSettings = field(default_factory=UserSettings)
    journey: JourneySettings = field(default_factory=JourneySettings)
    key_attester: AttesterSettings = field(default_factory=AttesterSettings)


@dataclass
class Habit:
    """How the wallet came to prove its keys, where its dialect has several ways."""

    way: Way | None = None
    """The way that the issuer took, or that is being tried; ``None``: none so far."""


@dataclass(frozen=True)
class Tools:
    """What every flow needs.

    Attributes:
        client: the way to the network.
        now: seconds since 1970.
        wallet_client: how the wallet is registered at the Authorization Server.
        second_client: another registered client, where the team has one.
        second_http: its own way to the network, when it shows another TLS certificate than the wallet.
        bare_http: a way to the network without certificate, when the wallet shows one.
        patience: bounds what is waited for.
        promises: what the team says of its deployment.
        known_pages: what users saw who came through to a code.
        denied_offers: gives offers whose issuance is deferred and then denied, where the team can arrange that.
        operations: does things to credentials at the issuer, where the team can arrange that.
        sd_jwt_vc: the draft by which SD-JWT VCs and their Type Metadata are judged.
        dialect: how the wallet speaks.
        govuk: what stands behind GOV.UK Wallet; ``None`` in a run that has nothing to do with it.
        mattr: has a MATTR VII tenant make offers; ``None`` where the run cannot.
        partisia: what the application in front of Partisia's issuance service knows; ``None`` in other runs.
        habit: how the wallet proves its keys, where the dialect leaves that open.

    """

    client: Client
    now: Callable[[], float]
    options: WalletOptions = field(default_factory=WalletOptions)
    make_key: KeyMaker = make_key
    trust: TrustSettings = field(default_factory=TrustSettings)
    wallet_client: ClientSettings = field(default_factory=ClientSettings)
    second_client: ClientSettings | None = None
    second_http: Client | None = None
    bare_http: Client | None = None
    patience: Patience = field(default_factory=Patience)
    promises: Promises = field(default_factory=Promises)
    known_pages: KnownPages = field(default_factory=KnownPages)
    denied_offers: OfferSource | None = None
    operations: Operations | None = None
    sd_jwt_vc: Draft = DRAFT_11
    dialect: Dialect = LATEST
    govuk: Surroundings | None = None
    mattr: BackEnd | None = None
    partisia: Application | None = None
    habit: Habit = field(default_factory=Habit)

    @property
    def spoken(self) -> Dialect:
        """The dialect with the way of proving keys that the issuer takes."""
        way = self.habit.way or next(iter(self.dialect.ways), None)
        return self.dialect if way is None or not self.dialect.ways else self.dialect.in_way(way)

    async def wait(self, seconds: float, why: str) -> None:
        """Wait, as long as the run allows.

        Args:
            why: what is waited for, in a few words.

        Raises:
            Blocked: it would take longer.

        """
        try:
            await self.patience.wait(seconds, why)
        except Impatient as error:
            raise Blocked(str(error)) from error

    @cached_property
    def contexts(self) -> Contexts | None:
        """The JSON-LD contexts that are known; ``None`` when the team has none besides those that are bundled.

        Raises:
            Blocked: those of the team cannot be read.

        """
        try:
            folders = [json_ld.read_folder(folder) for folder in self.trust.contexts]
        except json_ld.JsonLdError as error:
            raise Blocked(f"trust.contexts: {error.detail}") from error
        documents = {url: document for folder in folders for url, document in folder.items()}
        return json_ld.bundled().with_documents(documents) if documents else None

    @cached_property
    def agent(self) -> Agent:
        """The wallet as a client of the Authorization Server."""
        return Agent(self.client, self.wallet_client, self.now, self.make_key)

    @cached_property
    def second_agent(self) -> Agent:
        """The other registered client, which binds its tokens as the first one does unless it is told otherwise.

        Raises:
            Blocked: the run was told of none.

        """
        if self.second_client is None:
            raise Blocked("no second client is known: give [second_client] in assay.toml")
        second = self.second_client
        if second.dpop is None:
            second = replace(second, dpop=self.wallet_client.dpop)
        return Agent(self.second_http or self.client, second, self.now, self.make_key)

    @cached_property
    def key_attester(self) -> WalletKey:
        """The key that signs key attestations."""
        return key_of(self._key_attester, self.make_key)

    @property
    def key_attester_certificates(self) -> Sequence[str]:
        """The ``x5c`` of key attestations; empty where the team's attester has none."""
        return tuple(self._key_attester.get("x5c", ()))

    @property
    def _key_attester(self) -> Mapping[str, Any]:
        return self.options.key_attester.key or attesters.private_jwk("key")


@dataclass(frozen=True)
class IssuedCredential:
    """One credential of a Credential Response.

    Attributes:
        raw: the value of ``credential``.
        exchange: number of the exchange that brought it.
        pointer: JSON Pointer to it in that exchange's answer.
        keys: the proof keys of the request, as public JWKs.
        received: when it came, in seconds since 1970.
        format: that of the configuration (OpenID4VCI 1.0 appendix A), well-formed or not.
        contexts: the JSON-LD contexts that are known; ``None`` for those that are bundled.

    """

    raw: Any
    exchange: int
    pointer: str
    keys: tuple[dict[str, Any], ...]
    received: float
    format: Any
    contexts: Contexts | None = None

    @property
    def known_contexts(self) -> Contexts:
        """The JSON-LD contexts by which the credential is read."""
        return self.contexts or json_ld.bundled()

    @cached_property
    def document(self) -> Credential:
        """Read the credential as its format wants it.

        Raises:
            Blocked: it is nothing that can be read; the check of its serialization says so.

        """
        try:
            read = credential_format.read(self.format, self.raw)
        except FormatError as error:
            raise Blocked(f"the credential cannot be read: {error.detail}") from error
        return replace(read, contexts=self.contexts) if isinstance(read, LdpVc) else read

    @property
    def vc(self) -> SdJwtVc:
        """The credential as an SD-JWT VC.

        Raises:
            Blocked: it is none, or cannot be read.

        """
        return self._of(SdJwtVc)

    @property
    def mdoc(self) -> Mdoc:
        """The credential as an mdoc.

        Raises:
            Blocked: it is none, or cannot be read.

        """
        return self._of(Mdoc)

    @property
    def ldp_vc(self) -> LdpVc:
        """The credential as a W3C credential with Data Integrity proofs.

        Raises:
            Blocked: it is none, or cannot be read.

        """
        return self._of(LdpVc)

    @property
    def jwt_vc(self) -> JwtVc:
        """The credential as a W3C credential in a JWT.

        Raises:
            Blocked: it is none, or cannot be read.

        """
        return self._of(JwtVc)

    @property
    def w3c(self) -> JwtVc | LdpVc:
        """The credential as a W3C credential, whichever way it is secured.

        Raises:
            Blocked: it is none, cannot be read, or is a JWT without a credential.

        """
        if isinstance(self.document, LdpVc):
            return self.document
        found = self._of(JwtVc)
        if not found.stated:
            raise Blocked("there is no credential in the JWT")
        return found

    def _of(self, kind: type[_Kind]) -> _Kind:
        if not isinstance(self.document, kind):
            raise Blocked(f"the credential has the format {self.format!r}")
        return self.document


def issued_in(
    reply: Reply,
    keys: tuple[dict[str, Any], ...],
    received: float,
    name: Any,
    contexts: Contexts | None = None,
    *,
    dialect: Dialect = LATEST,
) -> tuple[IssuedCredential, ...]:
    """Give the credentials of a Credential Response.

    Args:
        keys: the proof keys of the request, as public JWKs.
        received: when it came, in seconds since 1970.
        name: the format of the configuration.
        contexts: the JSON-LD contexts that are known; ``None`` for those that are bundled.
        dialect: how the issuer speaks.

    """
    return tuple(
        IssuedCredential(raw, reply.exchange, pointer, keys, received, name, contexts)
        for pointer, raw in credential.issued(reply, dialect)
    )


@dataclass(frozen=True)
class Encrypted:
    """A right Credential Request under encryption and what it brought.

    Attributes:
        terms: how request and answer were to be encrypted.
        reply: the answer, decrypted where it could be.

    """

    terms: Terms
    reply: Reply

    @property
    def served(self) -> bool:
        """Whether the answer can be read and hands out what was asked for, be it for later."""
        return self.reply.successful and credential.carries_credential(self.reply)
