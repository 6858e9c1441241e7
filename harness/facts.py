"""What predicates read to say whether a check applies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.authorized import Authorized
from harness.evidence import IssuedCredential, Scenario, proof_types
from harness.formats.sd_jwt_vc_drafts import DRAFT_11, Draft
from harness.lifecycle.status import CredentialStatus
from harness.settings import ClientSettings, Promises, UserSettings
from harness.transport import Reply
from harness.trust.found import IssuerKey
from harness.type_metadata import ResolvedType
from harness.wallet import described
from harness.wallet.keys import WalletKey
from harness.wallet.metadata import AuthorizationServer, Issuer
from harness.wallet.offer import OfferLink, ReceivedOffer
from harness.wallet.signed_metadata import SignedMetadata

if TYPE_CHECKING:
    from harness.access import Access
    from harness.flow import Flow
    from harness.govuk.journeys import ReturnJourney
    from harness.govuk.sign_ins import SignIns
    from harness.govuk.surroundings import Surroundings
    from harness.lifecycle.renewal import Renewal
    from harness.mattr.back_end import BackEnd
    from harness.partisia.application import Application


@dataclass
class Facts:
    """What predicates may read; what comes after ``scenario`` is set when a predicate needs it."""

    issuer: Issuer
    scenario: Scenario | None = None
    user: UserSettings = field(default_factory=UserSettings)
    """What the run was told of how the user answers pages."""
    client: ClientSettings = field(init=False)
    """How the wallet is registered."""
    code_flow_untested: bool = field(init=False, default=False)
    """Whether an Authorization Server announces the Authorization Code Flow and the run does not go through it."""
    longest_wait_s: float = field(init=False)
    """Seconds that one wait of the run may take."""
    promises: Promises = field(init=False)
    server: AuthorizationServer = field(init=False)
    """The Authorization Server that the flow leads to."""
    link: OfferLink = field(init=False)
    offer: ReceivedOffer = field(init=False)
    offers: tuple[ReceivedOffer, ...] = field(init=False)
    """Those that shared flows began with, the first of each source among them."""
    authorization: Authorized = field(init=False)
    asked: Mapping[str, str] = field(init=False)
    """The parameters of the authorization request; empty in a flow without one."""
    direct: Authorized = field(init=False)
    """What an authorization request brought that was not pushed."""
    token: Reply = field(init=False)
    challenged: bool = field(init=False)
    """Whether the Authorization Server gave the wallet a challenge for its Client Attestations."""
    binding_key: WalletKey | None = field(init=False)
    """The key that the flow's Access Token is to be bound to with DPoP."""
    nonce: Reply | None = field(init=False)
    """The Nonce Response; ``None`` without a Nonce Endpoint."""
    nonce_source: str | None = field(init=False)
    """Where a ``c_nonce`` comes from: one of ``harness.dialects.NONCE_SOURCES``; ``None``: from nowhere."""
    server_nonce: str | None = field(init=False)
    """The DPoP nonce that the Authorization Server gave last."""
    issuer_nonce: str | None = field(init=False)
    """The DPoP nonce that the Credential Issuer gave last."""
    issuer_key: IssuerKey = field(init=False)
    credential: IssuedCredential = field(init=False)
    """The first credential of the response; all are made in the same way."""
    type_metadata: ResolvedType = field(init=False)
    """The type of that credential."""
    status: CredentialStatus = field(init=False)
    """What is published about that credential."""
    sign_ins: SignIns = field(init=False)
    """Two sign-ins at One Login."""
    return_journey: ReturnJourney = field(init=False)
    """What meets a user of the issuer's web service who comes back."""
    govuk: Surroundings | None = None
    """What stands behind GOV.UK Wallet in this run."""
    mattr: BackEnd | None = None
    """Has a MATTR VII tenant make offers."""
    partisia: Application | None = None
    """What the application in front of Partisia's issuance service knows."""
    operations: frozenset[str] = frozenset()
    """What the team can do to credentials: some of ``harness.settings.OPERATIONS``."""
    sd_jwt_vc: Draft = DRAFT_11
    """The draft by which SD-JWT VCs are judged."""
    batch: tuple[IssuedCredential, ...] = field(init=False)
    """What a request for several keys brought."""
    signed_metadata: SignedMetadata = field(init=False)
    polls: tuple[Reply, ...] = field(init=False)
    """The Credential Response and the Deferred ones after it."""
    issuance: Reply = field(init=False)
    other_access: Access | None = field(init=False)
    """An Access Token for another Credential Configuration; ``None`` when none is to be had."""
    reissued: Renewal | None = field(init=False)
    """Credentials for a second request with the same Access Token; ``None`` when the issuer grants one only."""
    renewed_batch: Renewal | None = field(init=False)
    """A batch that was issued twice; ``None`` when the issuer does not do that."""
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
    def proofs_told_by(self) -> str:
        """The member of the configuration that says that key proofs are needed."""
        needed = self.issuer.dialect.proof_needed
        return "proof_types_supported" if needed == "always" else needed

    @property
    def proof_type(self) -> str | None:
        """The type of the flow's key proofs; ``None`` when the wallet makes none that the configuration takes."""
        if self.proofs_told_by != "proof_types_supported":
            return self.issuer.dialect.proof_type if self.proofs_told_by in self.configuration else None
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
        return self._others({self.scenario.configuration} if self.scenario else set())

    @property
    def unoffered_configurations(self) -> list[str]:
        """Configurations that the offer does not name and that take the same key proofs; needs ``offer``.

        None when the offer fails to name any configuration.
        """
        offered = self.offer.configuration_ids
        return self._others(set(offered)) if offered else []

    def _others(self, names: Collection[str]) -> list[str]:
        """Give configurations that take the same key proofs and that no request mistakes for one of some others.

        Where a request names format and type, as in drafts, two configurations may have one name.
        """
        known, dialect = self.issuer.configurations, self.issuer.dialect
        said = {name: dialect.credential_name(name, None, members) for name, members in known.items()}
        taken = [said[name] for name in names if said.get(name)]
        return [
            name
            for name, members in known.items()
            if name not in names
            and said[name] not in taken
            and _key_terms(members) == _key_terms(self.configuration)
        ]

    @property
    def described_paths(self) -> list[list[Any]]:
        """The paths of the claims that the configuration describes, as far as they are well-formed."""
        return described.paths(self.configuration, self.issuer.dialect)

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
