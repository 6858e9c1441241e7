"""What checks look at, and the words for why there is nothing to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.agent import Agent
from harness.formats import claims_path, html_forms, html_text, sd_jwt_vc
from harness.formats.html_forms import HtmlError
from harness.formats.problems import FormatError
from harness.patience import Patience
from harness.settings import AttesterSettings, AuthorizationSettings, ClientSettings, TrustSettings, UserSettings
from harness.transport import Client, Reply
from harness.wallet import credential
from harness.wallet.authorization import AuthorizationResponse
from harness.wallet.browser import KnownPages, Visit, is_page, is_redirect
from harness.wallet.encryption import Terms
from harness.wallet.issuer_key import IssuerKey
from harness.wallet.keys import KeyMaker, WalletKey, key_of, make_key
from harness.wallet.metadata import AuthorizationServer, Issuer
from harness.wallet.offer import OfferLink, ReceivedOffer
from harness.wallet.signed_metadata import SignedMetadata

if TYPE_CHECKING:
    from harness.access import Access
    from harness.flow import Flow
    from harness.offer_sources import OfferSource


class Blocked(Exception):
    """Something a check needs is missing or went wrong before; the message is the reason."""


class AccessExpired(Exception):
    """An Access Token that was used before is no longer accepted (OpenID4VCI 1.0 section 14.3 allows that)."""


class Grant(StrEnum):
    """The grant that leads to the Access Token (OpenID4VCI 1.0 section 4.1.1)."""

    PRE_AUTHORIZED_CODE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
    AUTHORIZATION_CODE = "authorization_code"


PROOF_TYPES = ("jwt", "attestation", "di_vp")
"""Proof types the wallet can make (OpenID4VCI 1.0 appendix F), in the order it prefers them."""


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


@dataclass
class Facts:
    """What predicates may read; what comes after ``scenario`` is set when a predicate needs it."""

    issuer: Issuer
    scenario: Scenario | None = None
    user: UserSettings = field(default_factory=UserSettings)
    """What the run was told of how the user answers pages."""
    client: ClientSettings = field(init=False)
    """How the wallet is registered."""
    longest_wait_s: float = field(init=False)
    """Seconds that one wait of the run may take."""
    server: AuthorizationServer = field(init=False)
    """The Authorization Server that the flow leads to."""
    link: OfferLink = field(init=False)
    offer: ReceivedOffer = field(init=False)
    authorization: Authorized = field(init=False)
    direct: Authorized = field(init=False)
    """What an authorization request brought that was not pushed."""
    token: Reply = field(init=False)
    challenged: bool = field(init=False)
    """Whether the Authorization Server gave the wallet a challenge for its Client Attestations."""
    binding_key: WalletKey | None = field(init=False)
    """The key that the flow's Access Token is to be bound to with DPoP."""
    nonce: Reply | None = field(init=False)
    """The Nonce Response; ``None`` without a Nonce Endpoint."""
    server_nonce: str | None = field(init=False)
    """The DPoP nonce that the Authorization Server gave last."""
    issuer_nonce: str | None = field(init=False)
    """The DPoP nonce that the Credential Issuer gave last."""
    issuer_key: IssuerKey = field(init=False)
    batch: tuple[IssuedCredential, ...] = field(init=False)
    """What a request for several keys brought."""
    signed_metadata: SignedMetadata = field(init=False)
    polls: tuple[Reply, ...] = field(init=False)
    """The Credential Response and the Deferred ones after it."""
    issuance: Reply = field(init=False)
    other_access: Access | None = field(init=False)
    """An Access Token for another Credential Configuration; ``None`` when none is to be had."""
    denied: Flow | None = field(init=False)
    """A flow whose issuance will be denied; ``None`` when the team cannot arrange that."""

    @property
    def configuration(self) -> Mapping[str, Any]:
        """Metadata of the scenario's configuration; empty when the metadata does not know it."""
        return self.issuer.configurations.get(self.scenario.configuration, {}) if self.scenario else {}

    @property
    def configuration_name(self) -> str:
        """How a reason names the configuration."""
        return f"configuration {self.scenario.configuration!r}" if self.scenario else "the configuration"

    @property
    def proof_type(self) -> str | None:
        """The type of the flow's key proofs; ``None`` when the wallet makes none that the configuration takes."""
        chosen = self.scenario.proof_type if self.scenario else None
        return chosen or next(iter(proof_types(self.configuration)), None)

    @property
    def proof_terms(self) -> Mapping[str, Any]:
        """What the metadata says of that proof type."""
        types = self.configuration.get("proof_types_supported")
        terms = types.get(self.proof_type) if isinstance(types, dict) else None
        return terms if isinstance(terms, dict) else {}

    @property
    def further_configurations(self) -> list[str]:
        """Other configurations of the metadata that take the same key proofs."""
        own = self.scenario.configuration if self.scenario else None
        return [
            name
            for name, members in self.issuer.configurations.items()
            if name != own and _key_terms(members) == _key_terms(self.configuration)
        ]

    @property
    def unoffered_configurations(self) -> list[str]:
        """Configurations that the offer does not name and that take the same key proofs; needs ``offer``.

        None when the offer fails to name any configuration.
        """
        offered = self.offer.configuration_ids
        return [
            name
            for name, members in self.issuer.configurations.items()
            if offered and name not in offered and _key_terms(members) == _key_terms(self.configuration)
        ]

    @property
    def described_paths(self) -> list[list[Any]]:
        """The paths of the claims that the configuration describes, as far as they are well-formed."""
        metadata = self.configuration.get("credential_metadata")
        claims = metadata.get("claims") if isinstance(metadata, dict) else None
        paths = [item.get("path") for item in claims if isinstance(item, dict)] if isinstance(claims, list) else []
        return [path for path in paths if isinstance(path, list) and claims_path.well_formed(path)]

    @property
    def configurations_by_scope(self) -> list[str]:
        """Configurations with another ``scope`` than the scenario's own, and that take the same key proofs."""
        own = self.configuration.get("scope")
        scopes = {name: self.issuer.configurations[name].get("scope") for name in self.further_configurations}
        return [name for name, scope in scopes.items() if isinstance(scope, str) and scope != own]


def _key_terms(configuration: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        configuration.get(name) for name in ("proof_types_supported", "cryptographic_binding_methods_supported")
    )


@dataclass(frozen=True)
class WalletOptions:
    """How the wallet behaves where the specification leaves it a choice."""

    algorithm: str | None = None
    """JWS algorithm of key proofs."""
    key_form: str | None = None
    """How a key proof carries its key."""
    authorization: AuthorizationSettings = field(default_factory=AuthorizationSettings)
    user: UserSettings = field(default_factory=UserSettings)
    key_attester: AttesterSettings = field(default_factory=AttesterSettings)


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
        known_pages: what users saw who came through to a code.
        denied_offers: gives offers whose issuance is deferred and then denied, where the team can arrange that.

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
    known_pages: KnownPages = field(default_factory=KnownPages)
    denied_offers: OfferSource | None = None

    @cached_property
    def agent(self) -> Agent:
        """The wallet as a client of the Authorization Server."""
        return Agent(self.client, self.wallet_client, self.now, self.make_key)

    @cached_property
    def second_agent(self) -> Agent:
        """The other registered client.

        Raises:
            Blocked: the run was told of none.

        """
        if self.second_client is None:
            raise Blocked("no second client is known: give [second_client] in assay.toml")
        return Agent(self.second_http or self.client, self.second_client, self.now, self.make_key)

    @cached_property
    def key_attester(self) -> WalletKey:
        """The key that signs key attestations."""
        return key_of(self.options.key_attester.key, self.make_key)


@dataclass(frozen=True)
class IssuedCredential:
    """One credential of a Credential Response.

    Attributes:
        raw: the value of ``credential``.
        exchange: number of the exchange that brought it.
        pointer: JSON Pointer to it in that exchange's answer.
        keys: the proof keys of the request, as public JWKs.
        received: when it came, in seconds since 1970.
        vc: the credential read as SD-JWT VC.

    """

    raw: Any
    exchange: int
    pointer: str
    keys: tuple[dict[str, Any], ...]
    received: float

    @cached_property
    def vc(self) -> sd_jwt_vc.SdJwtVc:
        """Read the credential as an SD-JWT VC.

        Raises:
            Blocked: it is nothing that can be read; the check of its serialization says so.

        """
        if not isinstance(self.raw, str):
            raise Blocked("the credential is not a string")
        try:
            return sd_jwt_vc.read(self.raw)
        except FormatError as error:
            raise Blocked(f"the credential cannot be read: {error.detail}") from error


def issued_in(reply: Reply, keys: tuple[dict[str, Any], ...], received: float) -> tuple[IssuedCredential, ...]:
    """Give the credentials of a Credential Response.

    Args:
        keys: the proof keys of the request, as public JWKs.
        received: when it came, in seconds since 1970.

    """
    return tuple(
        IssuedCredential(raw, reply.exchange, f"/credentials/{index}/credential", keys, received)
        for index, raw in enumerate(credential.credentials(reply))
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


@dataclass(frozen=True)
class Authorized:
    """One attempt to get an authorization: what was asked for and how it ended.

    Attributes:
        parameters: the authorization request's parameters, wherever they were sent.
        pushed: the answer of the Pushed Authorization Request Endpoint, when the request went there.
        visit: what the user's browser saw; ``None`` when the pushed request was refused.
        response: the authorization response; ``None`` when the user was not sent back to the wallet.
        verifier: the PKCE code verifier.
        stuck: why the user could not go on from a page that a right request does not lead to. Most often it says
            that the request is refused; ``None`` when the user's way came to an end.

    """

    parameters: Mapping[str, str]
    pushed: Reply | None
    visit: Visit | None
    response: AuthorizationResponse | None
    verifier: str
    stuck: str | None = None

    @property
    def pages(self) -> tuple[Reply, ...]:
        """The HTML pages of the Authorization Endpoint's origin that the user saw, in their order."""
        replies = self.visit.replies if self.visit else ()
        return tuple(reply for reply in replies if is_page(reply) and _origin(reply) == _origin(replies[0]))

    @property
    def redirects_with_password(self) -> tuple[Reply, ...]:
        """The redirects that answered a form into which a password was typed."""
        replies = self.visit.replies if self.visit else ()
        return tuple(
            answer
            for page, answer in pairwise(replies)
            if answer.method == "POST" and is_redirect(answer) and is_page(page) and _wants_password(page)
        )

    @property
    def code(self) -> str | None:
        """The authorization code, when one was issued."""
        return self.response.code if self.response else None

    @property
    def error(self) -> str | None:
        """The error that the wallet was told: by the authorization response, or by the PAR endpoint."""
        if self.response is not None:
            return self.response.error
        return self.pushed.error if self.visit is None and self.pushed is not None else None

    @property
    def last(self) -> Reply | None:
        """The answer that ended the attempt."""
        return self.visit.reply if self.visit else self.pushed

    @property
    def gist(self) -> str:
        """How the attempt ended, in a few words, for findings and reasons."""
        if self.response is not None:
            if self.response.error is not None:
                return f"the authorization response has the error {self.response.error!r}"
            return (
                "the authorization response has a code" if self.code else "the authorization response has no code"
            )
        if self.stuck is not None:
            return self.stuck
        if self.last is None:
            return "nothing was answered"
        said = html_text.beginning(self.last.body) if is_page(self.last) else ""
        return f"exchange {self.last.exchange} ended with {self.last.gist}" + (
            f" that says {said!r}" if said else ""
        )


def _origin(reply: Reply) -> str:
    parts = urlsplit(reply.url)
    return f"{parts.scheme}://{parts.netloc}"


def _wants_password(page: Reply) -> bool:
    try:
        forms = html_forms.read(page.body.decode("utf-8", "replace"), page.url).forms
    except HtmlError:
        return False
    return any(item.kind == "password" for form in forms for item in form.fields)
