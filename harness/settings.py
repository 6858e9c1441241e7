"""The words of a run's settings: what a run is told before it starts, whoever said it.

:mod:`harness.config` gathers them from files, the environment and the command line.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from harness.model import Json


@dataclass(frozen=True)
class Target:
    """What the team says of the deployment; told in the report, never judged."""

    vendor: str | None = None
    product: str | None = None
    version: str | None = None
    contact: str | None = None


@dataclass(frozen=True)
class AttesterSettings:
    """Who vouches for the wallet or for its keys."""

    issuer: str | None = None
    """Becomes ``iss`` of the attestations."""
    key: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Private JWK that signs the attestations; its ``x5c`` and ``kid`` go into the header.

    Empty: that of an attester which comes with Assay (:mod:`harness.attesters`).
    """


@dataclass(frozen=True)
class ClientSettings:
    """How the wallet is known to the Authorization Server."""

    client_id: str | None = None
    """``None``: the wallet stays anonymous."""
    authentication: str | None = None
    """Client authentication method, as ``token_endpoint_auth_methods_supported`` spells it; ``None``: ``none``."""
    client_secret: str | None = field(default=None, repr=False)
    key: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Private JWK of a client that authenticates with ``private_key_jwt``."""
    certificate: Path | None = None
    """PEM file with the certificate chain, and maybe the key, that the client shows for mutual TLS."""
    certificate_key: Path | None = None
    """PEM file with the private key, where it is not in the same file."""
    redirect_uri: str | None = None
    """A registered redirect URI; with it the Authorization Code Flow is tested."""
    dpop: bool | None = None
    """Whether Access Tokens are bound with DPoP; ``None``: when the Authorization Server announces DPoP."""
    attester: AttesterSettings | None = None
    """Who signs the Client Attestation of ``attest_jwt_client_auth``."""


@dataclass(frozen=True)
class AuthorizationSettings:
    """What the wallet asks for at the Authorization Endpoint, where the specification leaves it a choice."""

    request_by: str | None = None
    """``scope`` or ``authorization_details``; ``None``: the scope of the configuration, where it has one."""
    wallet_initiated: bool = True
    """Whether the Authorization Code Flow is also tested without a Credential Offer."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of every Authorization Request, such as ``prompt``; none that this specification uses."""


@dataclass(frozen=True)
class FormRule:
    """What the simulated user does on a page whose URL matches.

    The first of these that is given is done: ``hook``, ``stop``, ``follow``; else a form is filled in and sent.
    """

    url: str
    """Glob over the URL of the page, with its query or without."""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Name of a field to what is filled in; the page's other fields keep their values."""
    submit: str | None = None
    """Name, value or text of the button to press; ``None``: the first."""
    decline: str | None = None
    """Name, value or text of the button by which the user says no on this page."""
    heading: str | None = None
    """Glob over the page's headings and its title, in any case of letters; ``None``: any page."""
    follow: str | None = None
    """Text of the link that the user follows."""
    stop: bool = False
    """The way ends on this page."""
    hook: HookSettings | None = field(default=None, repr=False)
    """Who says what is done on this page; see :mod:`harness.journey.page_hook`."""

    @property
    def declining(self) -> FormRule:
        """The same rule of a user who says no, where it is known how."""
        return dataclasses.replace(self, submit=self.decline or self.submit)


@dataclass(frozen=True)
class UserSettings:
    """How the simulated user signs in and consents (section 5 of OpenID4VCI leaves that to the issuer).

    ``redirects``: follows redirects with cookies, nothing else. ``forms``: fills HTML forms besides.
    ``command``: a program of the team's. ``browser``: a real browser, driven by Playwright.
    """

    kind: str = "redirects"
    forms: tuple[FormRule, ...] = ()
    """For ``forms`` and ``browser``, tried in their order."""
    command: tuple[str, ...] = field(default=(), repr=False)
    """Gets the URL to open as its last argument and prints the URL that the user was sent back to."""
    folder: Path = field(default=Path(), repr=False)
    """Where the program runs."""
    timeout_s: float = 60.0
    """Seconds for the whole way, from the authorization request back to the wallet."""

    @property
    def declining(self) -> UserSettings:
        """The same user, who says no on every page for which it is known how."""
        return dataclasses.replace(self, forms=tuple(rule.declining for rule in self.forms))


@dataclass(frozen=True)
class JourneySettings:
    """How somebody goes through web pages of the issuer's that end in a Credential Offer.

    ``forms``: follows redirects, forms and links. ``browser``: a real browser, driven by Playwright.
    ``command``: a program of the team's.
    """

    kind: str = "forms"
    rules: tuple[FormRule, ...] = ()
    """For ``forms`` and ``browser``, tried in their order; simple pages need none."""
    command: tuple[str, ...] = field(default=(), repr=False)
    """Gets the URL to open as its last argument and prints the Credential Offer's link."""
    folder: Path = field(default=Path(), repr=False)
    """Where the program runs."""
    timeout_s: float = 120.0
    """Seconds for the whole journey."""

    @property
    def declining(self) -> JourneySettings:
        """The same journey of somebody who says no on every page for which it is known how."""
        return dataclasses.replace(self, rules=tuple(rule.declining for rule in self.rules))


@dataclass(frozen=True)
class TrustSettings:
    """Whom the run trusts, besides what the machine trusts already."""

    tls_ca: Path | None = None
    """PEM file with roots for the TLS connection."""
    x5c: tuple[Path, ...] = ()
    """PEM files, or folders of them, with the trust anchors of who signs credentials and sends ``x5c``."""
    iaca: tuple[Path, ...] = ()
    """PEM files, or folders of them, with the IACA certificates of mdoc issuers (ISO/IEC 18013-5 annex B)."""
    jwks: tuple[str, ...] = ()
    """URLs or absolute paths of JWK Sets with the keys of credential signers."""
    status_lists: tuple[Path, ...] = ()
    """PEM files, or folders of them, with the trust anchors of who signs status lists, where those differ from the
    anchors of who signs credentials."""
    metadata: tuple[Path, ...] = ()
    """PEM files, or folders of them, with the trust anchors of who signs Credential Issuer Metadata; without any,
    whether the certificates lead to one is not judged."""
    contexts: tuple[Path, ...] = ()
    """Folders with JSON-LD contexts that are not bundled; ``harness.formats.json_ld.read_folder`` reads them."""


@dataclass(frozen=True)
class Limits:
    """How much one exchange may cost."""

    timeout_s: float = 10.0
    """Seconds for one whole request."""
    max_body_bytes: int = 2_000_000
    max_wait_s: float = 125.0
    """Seconds to wait at most where an issuer tells the wallet to come back later."""


@dataclass(frozen=True)
class Promises:
    """What the team says of its deployment where the specification leaves it to the team; ``None``: nothing."""

    tx_code_attempts: int | None = None
    """How many wrong Transaction Codes make the Pre-Authorized Code useless."""
    pre_authorized_code_s: float | None = None
    """Seconds that a Pre-Authorized Code lives."""
    authorization_code_s: float | None = None
    """Seconds that an authorization code lives."""
    refresh_token_s: float | None = None
    """Seconds that a refresh token lives."""
    status_change_s: float | None = None
    """Seconds after which a revocation, a suspension or its end shows in the status list."""
    signed_metadata: bool | None = None
    """Whether it has signed metadata, which some ecosystems want (HAIP 1.0 section 4.1)."""


@dataclass(frozen=True)
class DialectSettings:
    """By which version a specification is judged that has more than one in the field."""

    sd_jwt_vc: str = "draft-11"
    """A draft of SD-JWT VC, as ``harness.formats.sd_jwt_vc_drafts`` names them; OpenID4VCI 1.0 names draft 11."""
    oid4vci: str = "1.0"
    """How the wallet speaks: the name of a dialect of ``harness.dialects``."""


@dataclass(frozen=True)
class ServiceSettings:
    """Where a service is that the harness plays."""

    url: str | None = None
    """Its base URL as the issuer under test sees it; ``None``: where it listens."""
    listen: str = "127.0.0.1:0"
    """Host and port of this machine; port 0 takes any free one."""


@dataclass(frozen=True)
class OneLoginSettings(ServiceSettings):
    """The bundled GOV.UK One Login and how the issuer's web service is registered there."""

    redirect_uris: tuple[str, ...] = ()
    """Without any, the issuer's web service does not sign its users in here, and web journeys are not tested."""
    post_logout_redirect_uris: tuple[str, ...] = ()
    back_channel_logout_uri: str | None = None
    scopes: tuple[str, ...] = ()
    """Scopes that may be asked for; empty: all. The next two likewise."""
    claims: tuple[str, ...] = ()
    """Claims of the user, such as ``https://vocab.account.gov.uk/v1/coreIdentityJWT``."""
    levels: tuple[str, ...] = ()
    """Levels of identity confidence, such as ``P2``."""
    sector_identifier: str | None = None
    """URI whose host pairwise identifiers are derived from; ``None``: the first redirect URI."""
    public_key: Path | None = None
    """PEM file with the public RSA key of the service's client assertions."""
    jwks_url: str | None = None
    """URL of the service's JWK Set, in place of ``public_key``."""
    client_secret: str | None = field(default=None, repr=False)
    """Secret of a service that authenticates with ``client_secret_post``."""
    id_token_signing_algorithm: str = "ES256"
    """As it is registered at GOV.UK One Login: ``ES256`` or ``RS256``."""
    strict_user_agent: bool = True
    """Whether requests without ``User-Agent`` are refused, as GOV.UK One Login does."""


@dataclass(frozen=True)
class StatusServiceSettings(ServiceSettings):
    """The bundled stand-in for the GOV.UK status list service and how the issuer is registered there."""

    client_id: str | None = None
    """The ``iss`` of the issuer's requests; ``None``: the issuer does not use this service."""
    jwks_url: str | None = None
    """URL of the JWK Set with the keys of these requests; ``None``: the JWK Set of the issuer."""


@dataclass(frozen=True)
class GovukSettings:
    """What stands behind GOV.UK Wallet, which the harness plays, and what it is told of the issuer's service."""

    environment: str = "local"
    """For whom offers are: an environment of ``harness.govuk``, such as ``integration``; ``local`` for any."""
    client_id: str | None = None
    """The One Login client id of the issuer's service, which its codes name."""
    user: str = "kenneth"
    """The bundled person who uses the wallet and signs in."""
    other_user: str = "erika"
    """Another one, who never had a credential of the issuer."""
    wallet_subject_id: str | None = None
    """By which identifier the issuer knows the user of the wallet; ``None``: derived as One Login does."""
    journey_hosts: tuple[str, ...] = ()
    """Hosts besides those of gov.uk where a refresh journey may begin, for what is no service yet."""
    official_strict: bool = False
    """Where the official documents contradict each other or the official test harness asks for more: judge as it
    does."""
    token_service: ServiceSettings = ServiceSettings()
    one_login: OneLoginSettings = OneLoginSettings()
    status_service: StatusServiceSettings = StatusServiceSettings()


@dataclass(frozen=True)
class ProofSettings:
    """How the wallet proves possession of its keys; ``None`` leaves it to the issuer's metadata."""

    algorithm: str | None = None
    key_form: str | None = None
    """``jwk``, ``did:key``, ``did:jwk`` or ``x5c``."""


@dataclass(frozen=True)
class StaticHook:
    """A value given once and for all."""

    kind: ClassVar[str] = "static"
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class HttpHook:
    """A request to a system of the issuer's team; see :mod:`harness.hooks` for the placeholders."""

    kind: ClassVar[str] = "http"
    name: str
    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Json = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    pointers: Mapping[str, str] = field(default_factory=dict)
    """Name of a value to the JSON Pointer at which it stands in the answer; by default ``/NAME``."""
    timeout_s: float = 30.0


@dataclass(frozen=True)
class CommandHook:
    """A program of the issuer's team."""

    kind: ClassVar[str] = "command"
    name: str
    command: tuple[str, ...] = field(repr=False)
    folder: Path
    """Where the program runs."""
    timeout_s: float = 30.0


@dataclass(frozen=True)
class PythonHook:
    """A Python function of the issuer's team."""

    kind: ClassVar[str] = "python"
    name: str
    function: str
    """``module:function``."""
    folder: Path
    """Where modules are looked for after ``sys.path``."""
    timeout_s: float = 30.0


@dataclass(frozen=True)
class InteractiveHook:
    """A person at the terminal."""

    kind: ClassVar[str] = "interactive"
    name: str
    prompt: str | None = None
    links: tuple[str, ...] = field(default=(), repr=False)
    """Links shown with a QR code before the question."""
    timeout_s: float = 300.0


HookSettings = StaticHook | HttpHook | CommandHook | PythonHook | InteractiveHook


@dataclass(frozen=True)
class EmployeeSettings:
    """One employee as the portal under test knows them, and as their identity credential says who they are."""

    username: str
    email: str
    first_name: str
    surname: str
    birth_date: str
    """``YYYY-MM-DD``."""
    password: str = field(default="", repr=False)
    unique_identifier: str | None = None
    """By which the Digital Staff Passport knows the employee; ``None``: one that is made up for the run."""
    templates: tuple[str, ...] = ()
    """Templates of the credentials that the portal has for the employee."""


@dataclass(frozen=True)
class PageRule:
    """How one page of the portal under test is recognised, and what goes on from it.

    A page is what ``shows`` says when everything fits that is given: ``url``, ``heading``, ``text``. In
    ``fields``, ``submit`` and ``follow``, ``{template}`` and ``{label}`` stand for the credential that is wanted,
    ``{username}``, ``{password}`` and ``{email}`` for the employee.
    """

    shows: str
    """A stage of :data:`harness.staff_passport.pages.STAGES`, such as ``preview``."""
    url: str = "*"
    """Glob over the URL of the page, with its query or without."""
    heading: str | None = None
    """Glob over the page's headings and its title, in any case of letters."""
    text: str | None = None
    """Glob over the words of the whole page, in any case of letters."""
    submit: str | None = None
    """Name, value or text of the button that goes on."""
    follow: str | None = None
    """Text of the link that goes on."""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Name of a field to what is filled in."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of a preview: name of an attribute to what the page calls it."""
    hook: HookSettings | None = field(default=None, repr=False)
    """Who says what is done on this page; see :mod:`harness.journey.page_hook`."""


@dataclass(frozen=True)
class SystemSettings:
    """Another external system that is registered at the gateway under test."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class StaffPassportSettings:
    """The external system that issues through the gateway of the Digital Staff Passport, and what the run plays.

    What an external system is given when it is registered at the gateway has values for the gateway that the run
    plays; a run against another gateway is told those of the team.
    """

    client_id: str = "assay-external-system"
    client_secret: str = field(default="assay-external-system-secret", repr=False)
    signing_key: str = field(default="YXNzYXktZXh0ZXJuYWwtc3lzdGVtLXNpZ25pbmcta2V5", repr=False)
    """The credential signing key, in base64."""
    organisation_id: str = "assay-organisation"
    redirect_uris: tuple[str, ...] = ()
    did: str = "did:web:assay.staffpassports.nhs.uk"
    gateway: ServiceSettings = ServiceSettings()
    """The gateway that the run plays, as the portal reaches it."""
    ways: Mapping[str, Json] = field(default_factory=dict)
    """How that gateway does what public sources tell in several ways; see ``harness.staff_passport.gateway``."""
    mailbox: ServiceSettings = ServiceSettings()
    """The mail server that the run plays."""
    start_url: str | None = None
    """The portal's page with the employee's credentials; ``None``: the URL under test."""
    employee: EmployeeSettings | None = None
    """``None``: a bundled employee. The next two likewise, where the first is bundled."""
    other: EmployeeSettings | None = None
    """Another employee, who has a credential to download too."""
    inapplicable: EmployeeSettings | None = None
    """An employee to whom the Digital Staff Passport does not apply."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Template to what the portal calls it on its pages."""
    schema: Path | None = None
    """The attributes of each template by the data schema of the Digital Staff Passport, which is not public."""
    holds_birth_date: bool = True
    """Whether the portal knows when its employees were born."""
    wait_s: float = 20.0
    """Seconds to wait at most for a revocation or an e-mail after a credential became invalid."""
    pages: tuple[PageRule, ...] = ()
    invalidate: HookSettings | None = field(default=None, repr=False)
    """Changes something in the portal's records, so that a credential is no longer valid."""
    outbox: HookSettings | None = field(default=None, repr=False)
    """Gives the last e-mail to an employee, for a portal that does not send to the mail server of the run."""
    second: SystemSettings | None = None
    """With a gateway under test: another system that must not get what is meant for the first."""
    wallet: str = "none"
    """Who scans the QR codes of a gateway under test: ``attended``, a person who is shown them at the terminal;
    ``automatic``, the gateway itself, as the bundled one does; or nobody."""
    wallet_s: float = 300.0
    """Seconds to wait at most until a QR code was scanned."""
    template: str = "TrainingPlacement"
    """What a gateway under test is asked to issue."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Its attributes without the unique identifier; by default those of a bundled employee."""


@dataclass(frozen=True)
class MattrSettings:
    """A MATTR VII tenant under test, as the back end of its issuer reaches it."""

    tenant: str | None = None
    """URL of the tenant's API; ``None`` for that of the issuer."""
    auth_url: str | None = None
    """Where access tokens for the API are had; ``None``: at ``/oauth/token`` of the tenant."""
    audience: str | None = None
    """What such a token is asked for; ``None`` for the tenant."""
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    claims: Path | None = None
    """JSON file with the claims of the offers: an object."""
    other_configuration: str | None = None
    """Id of a configuration that is no mobile document, which no offer can be for."""
    configurations: Path | None = None
    """JSON file with the configurations of mobile documents, as the tenant's API shows them."""
    claims_source: str | None = None
    """Host and port at which the run plays the claims source of the tenant; ``None``: it does not."""

    @property
    def usable(self) -> bool:
        """Whether the run can have offers made."""
        return self.client_id is not None and self.client_secret is not None


@dataclass(frozen=True)
class PartisiaSettings:
    """An issuance service of Partisia under test, as the application of its customer knows it."""

    dataset: Path | None = None
    """JSON file with the data that the application gives for each issuance: an object; ``None``: not known."""


@dataclass(frozen=True)
class Settings:
    """Everything a run is told before it starts."""

    issuer_url: str | None = None
    """Credential Issuer Identifier, or ``reference`` for the bundled issuer."""
    profile: str = "oid4vci-1.0"
    """Name or absolute path, for :func:`harness.profiles.load`."""
    target: Target = Target()
    configurations: tuple[str, ...] = ()
    """Ids of the Credential Configurations to test; empty: what offers and metadata give."""
    client: ClientSettings = ClientSettings()
    second_client: ClientSettings | None = None
    """Another registered client, for checks that one client cannot use what another was given."""
    authorization: AuthorizationSettings = AuthorizationSettings()
    user: UserSettings = UserSettings()
    journey: JourneySettings = JourneySettings()
    key_attester: AttesterSettings | None = None
    """Who signs key attestations (appendix D); ``None``: the attester that comes with Assay."""
    offers: tuple[HookSettings, ...] = ()
    """The ways an offer comes, each with a name of its own."""
    denied_offer: HookSettings | None = None
    """Where an offer comes from whose issuance is deferred and then denied; ``None``: denial is not tested."""
    tx_code: HookSettings | None = None
    """Where a Transaction Code comes from when the answer that carries the offer does not have it."""
    revoke: HookSettings | None = None
    """Revokes a credential; ``None``: whether a revocation shows is not tested. The next ones likewise."""
    suspend: HookSettings | None = None
    reinstate: HookSettings | None = None
    """Ends a suspension."""
    change_claims: HookSettings | None = None
    """Changes what the issuer knows of the user, for credentials that are issued afterwards."""
    stop_reissuing: HookSettings | None = None
    """Has the user get no further credential of the same configuration when one is refreshed."""
    rotate_keys: HookSettings | None = None
    """Has credentials that are issued afterwards signed with another key."""
    trust: TrustSettings = TrustSettings()
    limits: Limits = Limits()
    promises: Promises = Promises()
    dialect: DialectSettings = DialectSettings()
    govuk: GovukSettings = GovukSettings()
    """Used by profiles whose dialect is that of GOV.UK Wallet."""
    staff_passport: StaffPassportSettings = StaffPassportSettings()
    """Used by profiles that judge a part of the NHS Digital Staff Passport."""
    mattr: MattrSettings = MattrSettings()
    """Used by the profile of MATTR VII."""
    partisia: PartisiaSettings = PartisiaSettings()
    """Used by the profile of Partisia."""
    proof: ProofSettings = ProofSettings()
    select: tuple[str, ...] = ()
    """Globs over check ids; empty: all."""
    skip: tuple[str, ...] = ()
    strict: bool = False
    """Findings of level SHOULD fail too."""
    gate: str = "must"
    """What stops a pipeline: ``must``, ``should``, ``none`` or ``new``; see :mod:`harness.gate`."""
    verdict: str | None = None
    """Which verdict decides where the profile has several; ``None``: all of them."""
    baseline: Path | None = None
    """The report that this run is compared with."""
    dry_run: bool = False
    """Say what would run and what it needs, without issuing anything; see :mod:`harness.dry_run`."""
    allow_http: bool = False
    """Speak plain http to other machines than this one."""
    report_dir: Path = Path("oid4vci-report")
    waivers: Path | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """Values of the environment variables that files named, for redaction by value."""
    written: Mapping[str, Json] = field(default_factory=dict, repr=False, compare=False)
    """The settings as they were written, without what the variables held."""

    def redacted(self) -> dict[str, Json]:
        """Give the settings for the report: keys as in ``assay.toml``, ``‹from ${NAME}›`` for variables.

        Values that were written down are shown as written, before variables and paths were resolved, so
        that neither can leak. Keys, client secrets, offers, Transaction Codes and what is typed into forms are
        left out.
        """
        effective: dict[str, Any] = _shown(self)
        for hook in ("offers", *_HOOKS):
            del effective[hook]
        effective["user"]["form"] = effective["user"].pop("forms")
        effective["journey"]["rule"] = effective["journey"].pop("rules")
        effective["staff_passport"]["page"] = effective["staff_passport"].pop("pages")
        return merge(json.loads(json.dumps(effective, default=str)), self.written)


def _shown(settings: Any) -> Any:
    """Give settings as a document, without what their ``repr`` leaves out."""
    if dataclasses.is_dataclass(settings):
        fields = [item for item in dataclasses.fields(settings) if item.repr]
        return {item.name: _shown(getattr(settings, item.name)) for item in fields}
    if isinstance(settings, tuple):
        return [_shown(item) for item in settings]
    return settings


OPERATIONS = ("revoke", "suspend", "reinstate", "change_claims", "stop_reissuing", "rotate_keys")
"""Hooks that do something at the issuer; their answers say nothing."""
_HOOKS = ("denied_offer", "tx_code", *OPERATIONS)
"""Tables that are a hook each."""
STAFF_PASSPORT_HOOKS = ("invalidate", "outbox")
"""The same below ``staff_passport``."""


def merge(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one document over another; lists and hooks are replaced as a whole."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        if (
            isinstance(value, Mapping)
            and isinstance(below, Mapping)
            and key not in (*_HOOKS, *STAFF_PASSPORT_HOOKS)
        ):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged
