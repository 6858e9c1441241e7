"""What the simulated MATTR VII tenant demands of requests.

The offers API as its reference tells it, the endpoints that wallets call as in OpenID4VCI; how proofs are judged
is not documented and goes by the specification.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from harness.reference import forms, jwt, proof_rules
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.reference.forms import Pairs
from harness.reference.proof_rules import Proof
from harness.reference.rules import Facts, Rule, Tolerance, rule, tolerance

INVALID_TOKEN = "invalid_token"
_FORMATS_SECONDS = {"minutes": 60, "seconds": 1}


class Offered(Protocol):
    """An offer as it is remembered."""

    @property
    def tx_code(self) -> str | None:
        """The transaction code; ``None`` for none."""

    @property
    def expires_at(self) -> float:
        """Seconds since the epoch."""

    @property
    def deleted(self) -> bool:
        """Whether the issuer deleted it."""

    @property
    def consumed(self) -> bool:
        """Whether it brought what it is good for."""

    @property
    def wrong_codes(self) -> int:
        """How many wrong transaction codes came for it."""

    @property
    def configurations(self) -> Sequence[str]:
        """Ids of what it offers."""


@dataclass(frozen=True)
class ManagementCall:
    """A request to an API of the tenant's management."""

    authorized: bool
    """Whether it has an access token of an administrator that lives."""


@dataclass(frozen=True)
class AdministratorLogin:
    """A request for an access token of an administrator."""

    document: Mapping[str, Any]
    expected: Mapping[str, str]
    """Members it has to have, with their values."""


@dataclass(frozen=True)
class OfferWish:
    """A request for a pre-authorized offer."""

    document: Mapping[str, Any] | None
    """``None`` where the body is no JSON object."""
    formats: Mapping[str, str]
    """Id of each configuration to its format."""
    offered_formats: Collection[str]
    """Formats that offers may be for."""
    longest: float

    @property
    def configurations(self) -> list[str]:
        """The configurations asked for, as far as they are known."""
        named = (self.document or {}).get("credentials")
        if not isinstance(named, list):
            return []
        return [name for name in named if isinstance(name, str) and name in self.formats]

    @property
    def claims(self) -> dict[str, Any]:
        """The claims; empty when there are none."""
        given = (self.document or {}).get("claims")
        return dict(given) if isinstance(given, dict) else {}

    @property
    def transaction_code(self) -> Mapping[str, Any] | None:
        """What is wished for the transaction code; ``None`` for none."""
        given = (self.document or {}).get("transactionCodeConfiguration")
        return given if isinstance(given, dict) else None

    @property
    def lifetime(self) -> float | None:
        """Seconds; ``None`` where nothing is wished, or nothing that can be read."""
        given = (self.document or {}).get("expiresIn")
        if not isinstance(given, dict) or not given or not given.keys() <= _FORMATS_SECONDS.keys():
            return None
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in given.values()):
            return None
        return float(sum(number * _FORMATS_SECONDS[name] for name, number in given.items()))


@dataclass
class Redemption:
    """A token request as read from the wire."""

    media_type: str
    body: bytes
    find: Callable[[str | None], Offered | None]
    """Gives the offer behind a Pre-Authorized Code."""
    now: float
    most_wrong_codes: int

    @cached_property
    def pairs(self) -> Pairs | None:
        """The parameters in their order; ``None`` when the body is no form."""
        return forms.parse(self.body) if self.media_type == forms.FORM else None

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters by name."""
        return forms.parameters(self.pairs or [])

    @cached_property
    def offer(self) -> Offered | None:
        """The offer behind the code; ``None`` for an unknown code."""
        return self.find(self.parameters.get("pre-authorized_code"))

    @property
    def wrong_tx_code(self) -> bool:
        """Whether there is a transaction code that is not the one of the offer."""
        given = self.parameters.get("tx_code")
        if given is None or self.offer is None or self.offer.tx_code is None:
            return False
        return not hmac.compare_digest(given.encode(), self.offer.tx_code.encode())


@dataclass(frozen=True)
class CredentialRequest:
    """A credential request as read from the wire."""

    bearer: str | None
    """The access token; ``None`` without one."""
    offer: Offered | None
    """The offer behind the access token; ``None`` for an unknown one."""
    expires_at: float
    """When the access token ends."""
    now: float
    document: Mapping[str, Any] | None
    """``None`` where the body is no JSON object."""
    names: Sequence[str]
    """Members that can name the credential: ``format``, ``credential_configuration_id``."""
    configuration: str | None
    """What the first of them that is there names; ``None`` for nothing known."""
    proof_members: Sequence[str]
    """``proof``, ``proofs``."""
    issued: Collection[str]
    """What the access token brought so far."""

    @property
    def named_by(self) -> str | None:
        """The member that names the credential; ``None`` without one."""
        return next((name for name in self.names if name in (self.document or {})), None)

    @property
    def proof_member(self) -> str | None:
        """The member with the proof; ``None`` without one."""
        return next((name for name in self.proof_members if name in (self.document or {})), None)

    @property
    def proofs(self) -> list[Any] | None:
        """The key proofs of type ``jwt``; ``None`` where there is none that can be read."""
        given = (self.document or {}).get(self.proof_member or "")
        if not isinstance(given, dict):
            return None
        if self.proof_member == "proof":
            return [given.get("jwt")] if given.get("proof_type") == "jwt" else None
        values = given.get("jwt") if given.keys() == {"jwt"} else None
        return values if isinstance(values, list) and values else None


@dataclass(frozen=True)
class Mapped:
    """What the claims mappings of a configuration gave."""

    missing: Sequence[str]
    """Claims that are required and not there."""
    source_failed: bool
    """Whether the claims source gave nothing and that ends an issuance."""


def _rule(
    identifier: str, error: str | None, *presumes: str, status: int = 400
) -> Callable[[Callable[[Facts], str | None]], Rule[Facts]]:
    group = identifier.partition(".")[0]
    wanted = [name if "." in name else f"{group}.{name}" for name in presumes]
    return rule(f"mattr-{identifier}", error, status=status, presumes=[f"mattr-{name}" for name in wanted])


# Management


@_rule("admin.credentials", "access_denied", status=401)
def _admin_credentials(login: AdministratorLogin) -> str | None:
    """Who asks for an access token of an administrator has the credentials of one."""
    right = all(login.document.get(name) == value for name, value in login.expected.items())
    return None if right else "The client is not known, or its secret, audience or grant type is wrong."


ADMIN = (_admin_credentials,)


@_rule("management.authorized", None, status=401)
def _authorized(call: ManagementCall) -> str | None:
    """A request to the management has the access token of an administrator."""
    return None if call.authorized else "The access token is missing, unknown or has expired."


MANAGEMENT = (_authorized,)


@_rule("offers.json", "invalid_request")
def _offers_json(wish: OfferWish) -> str | None:
    """A request for an offer is a JSON object."""
    return None if wish.document is not None else "The body is no JSON object."


@_rule("offers.configurations", "invalid_request", "json")
def _offers_configurations(wish: OfferWish) -> str | None:
    """A request for an offer names configurations that there are, each once."""
    named = (wish.document or {}).get("credentials")
    right = isinstance(named, list) and 0 < len(named) == len(set(wish.configurations))
    return None if right else "credentials is not valid."


@_rule("offers.mobile-only", "invalid_request", "configurations")
def _offers_mobile(wish: OfferWish) -> str | None:
    """A pre-authorized offer is for credentials of a format that such offers are for."""
    wrong = [name for name in wish.configurations if wish.formats[name] not in wish.offered_formats]
    return "A configuration is of a format that cannot be offered." if wrong else None


@_rule("offers.claims", "invalid_request", "json")
def _offers_claims(wish: OfferWish) -> str | None:
    """The claims of an offer are an object, and those to be kept are among them."""
    document = wish.document or {}
    kept = document.get("claimsToPersist", [])
    if not isinstance(document.get("claims", {}), dict) or not isinstance(kept, list):
        return "claims or claimsToPersist is not valid."
    return None if all(name in wish.claims for name in kept) else "claimsToPersist names what is no claim."


@_rule("offers.transaction-code", "invalid_request", "json")
def _offers_transaction_code(wish: OfferWish) -> str | None:
    """What is wished for a transaction code is an object whose inputMode is numeric."""
    if "transactionCodeConfiguration" not in (wish.document or {}):
        return None
    mode = (wish.transaction_code or {}).get("inputMode")
    return None if mode == "numeric" else "transactionCodeConfiguration is not valid."


@_rule("offers.lifetime", "invalid_request", "json")
def _offers_lifetime(wish: OfferWish) -> str | None:
    """An offer lives for some seconds and minutes, not longer than may be."""
    if "expiresIn" not in (wish.document or {}):
        return None
    wished = wish.lifetime
    return None if wished is not None and 0 < wished <= wish.longest else "expiresIn is not valid."


OFFERS = (
    *(_offers_json, _offers_configurations, _offers_mobile),
    *(_offers_claims, _offers_transaction_code, _offers_lifetime),
)


# The token endpoint


@_rule("token.form", "invalid_request")
def _token_form(request: Redemption) -> str | None:
    """A token request is a form."""
    return "The request is no form." if request.pairs is None else None


@_rule("token.once", "invalid_request", "form")
def _token_once(request: Redemption) -> str | None:
    """No parameter stands twice in a token request."""
    return "A parameter is repeated." if forms.repeated(request.pairs or []) else None


@_rule("token.grant-type-present", "invalid_request", "form")
def _token_grant_type_present(request: Redemption) -> str | None:
    """A token request has a grant_type."""
    return None if "grant_type" in request.parameters else "The grant_type is missing."


@_rule("token.grant-type", "unsupported_grant_type", "grant-type-present")
def _token_grant_type(request: Redemption) -> str | None:
    """A token request has the grant type of the pre-authorized code."""
    right = request.parameters.get("grant_type") == PRE_AUTHORIZED_CODE
    return None if right else "The grant_type is not supported."


@_rule("token.code-present", "invalid_request", "form", "grant-type")
def _token_code_present(request: Redemption) -> str | None:
    """A token request has a pre-authorized_code."""
    return None if "pre-authorized_code" in request.parameters else "The pre-authorized_code is missing."


@_rule("token.code-known", "invalid_grant", "code-present")
def _token_code_known(request: Redemption) -> str | None:
    """The pre-authorized code is one of this tenant."""
    return None if request.offer else "The pre-authorized_code is not known."


@_rule("token.code-deleted", "invalid_grant", "code-known")
def _token_code_deleted(request: Redemption) -> str | None:
    """The offer of the pre-authorized code was not deleted."""
    return "The offer was deleted." if request.offer and request.offer.deleted else None


@_rule("token.code-fresh", "invalid_grant", "code-known")
def _token_code_fresh(request: Redemption) -> str | None:
    """The offer of the pre-authorized code has not expired."""
    expired = request.offer is not None and request.now >= request.offer.expires_at
    return "The offer has expired." if expired else None


@_rule("token.code-unused", "invalid_grant", "code-known")
def _token_code_unused(request: Redemption) -> str | None:
    """The offer of the pre-authorized code is not used up."""
    return "The offer was used before." if request.offer and request.offer.consumed else None


@_rule("token.code-locked", "invalid_grant", "code-known")
def _token_code_locked(request: Redemption) -> str | None:
    """Not too many wrong transaction codes came for the offer."""
    locked = request.offer is not None and request.offer.wrong_codes >= request.most_wrong_codes
    return "There were too many wrong transaction codes." if locked else None


@_rule("token.tx-code-present", "invalid_request", "code-known")
def _token_tx_code_present(request: Redemption) -> str | None:
    """A token request has a tx_code where the offer has one."""
    wanted = request.offer is not None and request.offer.tx_code is not None
    return "The tx_code is missing." if wanted and "tx_code" not in request.parameters else None


@_rule("token.tx-code-expected", "invalid_request", "code-known")
def _token_tx_code_expected(request: Redemption) -> str | None:
    """A token request has no tx_code where the offer has none."""
    none = request.offer is not None and request.offer.tx_code is None
    return "There is no tx_code." if none and "tx_code" in request.parameters else None


@_rule("token.tx-code", "invalid_grant", "tx-code-present")
def _token_tx_code(request: Redemption) -> str | None:
    """The tx_code is that of the offer."""
    return "The tx_code is wrong." if request.wrong_tx_code else None


TOKEN = (
    *(_token_form, _token_once, _token_grant_type_present, _token_grant_type),
    *(_token_code_present, _token_code_known, _token_code_deleted, _token_code_fresh, _token_code_unused),
    *(_token_code_locked, _token_tx_code_present, _token_tx_code_expected, _token_tx_code),
)


@tolerance("mattr-token.anonymous", status=401, error="invalid_client")
def _token_anonymous(request: Redemption) -> bool:
    """A token request needs no client_id."""
    return "client_id" not in request.parameters


@tolerance("mattr-token.again", error="invalid_grant")
def _token_again(request: Redemption) -> bool:
    """After wrong transaction codes, not too many, the right one is good."""
    return request.offer is not None and request.offer.wrong_codes > 0


TOKEN_TOLERANCES = (_token_anonymous, _token_again)


# The credential endpoint


@_rule("credential.token-present", None, status=401)
def _credential_token_present(request: CredentialRequest) -> str | None:
    """A credential request has a bearer token."""
    return None if request.bearer is not None else "The access token is missing."


@_rule("credential.token-known", INVALID_TOKEN, "token-present", status=401)
def _credential_token_known(request: CredentialRequest) -> str | None:
    """The access token is one that this tenant gave to a wallet."""
    return None if request.offer is not None else "The access token is not known."


@_rule("credential.token-fresh", INVALID_TOKEN, "token-known", status=401)
def _credential_token_fresh(request: CredentialRequest) -> str | None:
    """The access token has not expired."""
    return None if request.now < request.expires_at else "The access token has expired."


@_rule("credential.json", "invalid_credential_request")
def _credential_json(request: CredentialRequest) -> str | None:
    """A credential request is a JSON object."""
    return None if request.document is not None else "The body is no JSON object."


@_rule("credential.named", "invalid_credential_request", "json")
def _credential_named(request: CredentialRequest) -> str | None:
    """A credential request names the credential in one way that the tenant knows."""
    document = request.document or {}
    if not isinstance(document.get(request.named_by or ""), str):
        return "The request does not say what it is for."
    both = request.named_by == "credential_configuration_id" and "credential_identifier" in document
    return "The request says in two ways what it is for." if both else None


@_rule("credential.configuration", "unknown_credential_configuration", "named")
def _credential_configuration(request: CredentialRequest) -> str | None:
    """A credential request is for a configuration of this tenant."""
    return None if request.configuration is not None else "There is no such credential."


@_rule("credential.offered", "insufficient_scope", "configuration", "token-known", status=403)
def _credential_offered(request: CredentialRequest) -> str | None:
    """A credential request is for what was offered with the access token."""
    offered = request.offer is None or request.configuration in request.offer.configurations
    return None if offered else "The access token is not for this credential."


@_rule("proof.present", "invalid_proof", "credential.json")
def _proof_present(request: CredentialRequest) -> str | None:
    """A credential request has a key proof of type jwt."""
    return None if request.proofs is not None else "There is no key proof of type jwt."


@_rule("proof.alone", "invalid_proof", "present")
def _proof_alone(request: CredentialRequest) -> str | None:
    """A credential request has one key proof."""
    return None if request.proofs is not None and len(request.proofs) == 1 else "There is more than one key proof."


CREDENTIAL = (
    *(_credential_token_present, _credential_token_known, _credential_token_fresh),
    *(_credential_json, _credential_named, _credential_configuration, _credential_offered),
    *(_proof_present, _proof_alone),
)


def _of_tenant(of_reference: Rule[Proof]) -> Rule[Proof]:
    """Give a rule of the reference issuer to the tenant, under a name of its own."""
    made: Rule[Proof] = rule(
        f"mattr-{of_reference.id}",
        of_reference.error,
        status=of_reference.status,
        presumes=["mattr-proof.alone", *(f"mattr-{name}" for name in of_reference.presumes)],
        statement=of_reference.statement,
    )(of_reference.complaint)
    return made


PROOF: tuple[Rule[Proof], ...] = tuple(
    _of_tenant(each)
    for each in (
        *(proof_rules.wellformed, proof_rules.typ),
        *(proof_rules.algorithm_asymmetric, proof_rules.algorithm_supported),
        *(proof_rules.key_present, proof_rules.one_key, proof_rules.no_private_key, proof_rules.key_usable),
        *(proof_rules.critical, proof_rules.signature, proof_rules.issuer),
        *(proof_rules.audience_present, proof_rules.audience),
        *(proof_rules.issued_at_present, proof_rules.issued_at),
    )
)


@tolerance("mattr-credential.by-format", error="unsupported_credential_format")
def _by_format(request: CredentialRequest) -> bool:
    """A credential request may name the credential by its format and type."""
    return request.named_by == "format"


@tolerance("mattr-credential.by-id", error="unknown_credential_configuration")
def _by_id(request: CredentialRequest) -> bool:
    """A credential request may name the credential by the id of its configuration."""
    return request.named_by == "credential_configuration_id"


@tolerance("mattr-credential.second", status=401, error=INVALID_TOKEN)
def _second(request: CredentialRequest) -> bool:
    """An access token is good for each configuration of its offer."""
    return bool(set(request.issued) - {request.configuration})


@tolerance("mattr-proof.no-nonce", error="invalid_nonce")
def _no_nonce(request: CredentialRequest) -> bool:
    """Where there is no Nonce Endpoint, a proof needs no nonce."""
    proofs = request.proofs or []
    read = [jwt.read(value) for value in proofs]
    return any(each is not None and "nonce" not in each.claims for each in read)


CREDENTIAL_TOLERANCES: tuple[Tolerance[CredentialRequest], ...] = (_by_format, _by_id, _second, _no_nonce)


@_rule("credential.claims-complete", "credential_request_denied")
def _claims_complete(mapped: Mapped) -> str | None:
    """A credential is made of claims among which none that is required is missing."""
    return "A required claim is missing." if mapped.missing else None


@_rule("credential.claims-source", "credential_request_denied")
def _claims_source(mapped: Mapped) -> str | None:
    """Where a failing claims source ends an issuance, it did not fail."""
    return "The claims source failed." if mapped.source_failed else None


CLAIMS = (_claims_source, _claims_complete)
