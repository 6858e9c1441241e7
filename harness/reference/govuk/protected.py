"""What the endpoints that GOV.UK Wallet calls ask of the access token (docs.wallet.service.gov.uk, credential)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import jwt
from harness.reference.access_rules import json_object
from harness.reference.govuk.context import GovukContext
from harness.reference.govuk.key_sets import Found
from harness.reference.govuk.records import Offered, Records
from harness.reference.jwt import Jwt
from harness.reference.rules import Rule, Tolerance, rule, tolerance

TOKEN_TYPE = "at+jwt"
INVALID_TOKEN = "invalid_token"


@dataclass
class ProtectedRequest:
    """A request with an access token, as read from the wire, and the key that the token names."""

    context: GovukContext
    records: Records
    authorization: str | None
    """The Authorization header."""
    media_type: str
    body: bytes
    key: Found

    @cached_property
    def jwt(self) -> Jwt | None:
        """The access token; ``None`` when it is no JWT."""
        return jwt.read(token_of(self.authorization))

    @property
    def scheme(self) -> str:
        """The authentication scheme as the wallet spells it."""
        return (self.authorization or "").partition(" ")[0]

    def claim(self, name: str) -> Any:
        """Give a claim of the access token; ``None`` where there is none."""
        return self.jwt.claims.get(name) if self.jwt else None

    @property
    def refreshes(self) -> bool:
        """Whether the token is for a refresh in the app: it has no Credential Identifiers then."""
        return self.jwt is not None and "credential_identifiers" not in self.jwt.claims

    @property
    def identifier(self) -> str | None:
        """The one Credential Identifier; ``None`` where there is none, or not one."""
        return _only(self.claim("credential_identifiers"))

    @property
    def configuration(self) -> str | None:
        """The one configuration; ``None`` where there is none, or not one."""
        return _only(self.claim("credential_configuration_ids"))

    @cached_property
    def offered(self) -> Offered | None:
        """The offer that the token comes from; what a rule let off leads to the nearest one."""
        if self.refreshes:
            return self.records.latest_offer(self.claim("sub"), self.configuration)
        return self.records.offers.get(self.identifier)

    @property
    def nearest(self) -> Offered | None:
        """The offer to act upon: that of the token, or where rules were let off, some other one."""
        values = self.claim("credential_identifiers")
        named = [self.records.offers.get(value) for value in values] if isinstance(values, list) else []
        found = self.offered or next(filter(None, named), None)
        return (
            found or self.records.latest_offer(self.claim("sub"), self.configuration) or self.records.any_offer()
        )

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """The JSON object in the body; ``None`` when it is none."""
        return json_object(self.body) if self.media_type == "application/json" else None


def token_of(authorization: str | None) -> str | None:
    """Give the bearer token of an Authorization header (RFC 6750 section 2.1); the scheme may have any case."""
    scheme, _, value = (authorization or "").partition(" ")
    return value.strip() or None if scheme.lower() == "bearer" else None


def _only(values: Any) -> str | None:
    one = isinstance(values, list) and len(values) == 1 and isinstance(values[0], str)
    return str(values[0]) if one else None


def token_rules(endpoint: str, name: str) -> tuple[Rule[ProtectedRequest], ...]:
    """Make the rules on the access token at one endpoint.

    Args:
        endpoint: what their ids begin with.
        name: what their statements call a request to it.

    """

    def made(
        identifier: str, statement: str, *presumes: str, error: str | None = INVALID_TOKEN
    ) -> Callable[[Callable[[ProtectedRequest], str | None]], Rule[ProtectedRequest]]:
        names = [f"{endpoint}.token-{name}" for name in presumes]
        return rule(
            f"{endpoint}.token-{identifier}", error, status=401, presumes=names, statement=statement.format(name)
        )

    @made("present", "A {} has a bearer token in the Authorization header.", error=None)
    def present(request: ProtectedRequest) -> str | None:
        return None if token_of(request.authorization) else "The access token is missing."

    @made("wellformed", "The access token of a {} is a JWT.", "present")
    def wellformed(request: ProtectedRequest) -> str | None:
        return None if request.jwt else "The access token is no JWT."

    @made("type", "The access token of a {} has the typ at+jwt.", "wellformed")
    def type_(request: ProtectedRequest) -> str | None:
        typed = request.jwt and request.jwt.header.get("typ") == TOKEN_TYPE
        return None if typed else "The typ is not at+jwt."

    @made("asymmetric", "The access token of a {} is signed with an asymmetric algorithm.", "wellformed")
    def asymmetric(request: ProtectedRequest) -> str | None:
        return None if request.jwt and request.jwt.asymmetric else "The alg is missing, none or symmetric."

    @made("key-known", "The access token of a {} names a key of the token service.", "wellformed", "asymmetric")
    def key_known(request: ProtectedRequest) -> str | None:
        return None if request.key.jwk else "The kid is of no key of the token service."

    @made("key-use", "The access token of a {} names a key that is for signatures.", "key-known")
    def key_use(request: ProtectedRequest) -> str | None:
        return None if request.key.signs else "The kid is of a key that is not for signatures."

    @made(
        "algorithm",
        "The alg of the access token of a {} is that of its key.",
        "key-known",
        "key-use",
        "asymmetric",
    )
    def algorithm(request: ProtectedRequest) -> str | None:
        return None if request.key.matches(request.jwt) else "The alg is not that of the key."

    @made("signature", "The signature of the access token of a {} verifies with its key.", "algorithm")
    def signature(request: ProtectedRequest) -> str | None:
        return None if request.key.verifies(request.jwt) else "The signature does not verify."

    @made("expiry", "The access token of a {} says when it expires.", "wellformed")
    def expiry(request: ProtectedRequest) -> str | None:
        return "The exp is missing or no number." if request.jwt and request.jwt.date("exp") is None else None

    @made("unexpired", "The access token of a {} has not expired.", "expiry")
    def unexpired(request: ProtectedRequest) -> str | None:
        until = request.jwt.date("exp") if request.jwt else None
        return None if until is None or request.context.clock() < until else "The access token has expired."

    @made("issuer", "The access token of a {} was made by the token service.", "wellformed")
    def issuer(request: ProtectedRequest) -> str | None:
        made_there = request.claim("iss") == request.context.token_service_url
        return None if made_there else "The iss is not the token service."

    @made("audience", "The access token of a {} is for this issuer.", "wellformed")
    def audience(request: ProtectedRequest) -> str | None:
        said = request.claim("aud")
        mine = request.context.issuer_url
        return None if said in (mine, [mine]) else "The aud is not this issuer."

    @made("id", "The access token of a {} has a jti.", "wellformed")
    def id_(request: ProtectedRequest) -> str | None:
        said = request.claim("jti")
        return None if isinstance(said, str) and said else "The jti is missing."

    @made("one-configuration", "The access token of a {} is for exactly one configuration.", "wellformed")
    def one_configuration(request: ProtectedRequest) -> str | None:
        return None if request.configuration else "There is not exactly one of credential_configuration_ids."

    @made(
        "configuration-supported",
        "The access token of a {} is for a configuration of the metadata.",
        "one-configuration",
    )
    def configuration_supported(request: ProtectedRequest) -> str | None:
        known = request.configuration in request.context.variant.configurations
        return None if known else "The configuration is not supported."

    @made(
        "one-identifier",
        "The access token of a {} has one Credential Identifier, or none at a refresh.",
        "wellformed",
    )
    def one_identifier(request: ProtectedRequest) -> str | None:
        good = request.refreshes or request.identifier
        return None if good else "There is not exactly one of credential_identifiers."

    @made(
        "identifier-known", "The access token of a {} has the Credential Identifier of an offer.", "one-identifier"
    )
    def identifier_known(request: ProtectedRequest) -> str | None:
        good = request.refreshes or request.offered
        return None if good else "The credential_identifiers are of no offer."

    @made(
        "configuration-offered",
        "The access token of a {} is for the configuration that was offered.",
        "one-configuration",
        "configuration-supported",
        "identifier-known",
    )
    def configuration_offered(request: ProtectedRequest) -> str | None:
        if request.refreshes or request.offered is None:
            return None
        same = request.configuration == request.offered.configuration
        return None if same else "The configuration is not the one that was offered."

    @made(
        "subject",
        "The access token of a {} is of the user to whom the offer was made.",
        "one-identifier",
        "identifier-known",
    )
    def subject(request: ProtectedRequest) -> str | None:
        if request.refreshes or request.offered is None:
            return None
        same = request.claim("sub") == request.offered.account.wallet_subject_id
        return None if same else "The sub is of another user."

    @made("refreshed-subject", "The access token of a {} for a refresh is of a user known here.", "one-identifier")
    def refreshed_subject(request: ProtectedRequest) -> str | None:
        known = not request.refreshes or request.records.accounts.get(request.claim("sub"))
        return None if known else "The sub is of nobody known here."

    @made(
        "refreshed-configuration",
        "The access token of a {} for a refresh is for a configuration that was offered to its user.",
        "one-configuration",
        "configuration-supported",
        "refreshed-subject",
    )
    def refreshed_configuration(request: ProtectedRequest) -> str | None:
        good = not request.refreshes or request.offered
        return None if good else "This was never offered to the user."

    return (
        present,
        wellformed,
        type_,
        asymmetric,
        key_known,
        key_use,
        algorithm,
        signature,
        expiry,
        unexpired,
        issuer,
        audience,
        id_,
        one_configuration,
        configuration_supported,
        one_identifier,
        identifier_known,
        configuration_offered,
        subject,
        refreshed_subject,
        refreshed_configuration,
    )


def token_tolerances(endpoint: str, name: str) -> tuple[Tolerance[ProtectedRequest], ...]:
    """Make what must be put up with in the access token at one endpoint."""

    def rotated(request: ProtectedRequest) -> bool:
        return request.key.again

    def scheme_case(request: ProtectedRequest) -> bool:
        return request.scheme != "Bearer"

    rotated.__doc__ = (
        f"The access token of a {name} may be signed with a key that the token service published lately."
    )
    scheme_case.__doc__ = f"A {name} may spell the scheme of its access token in another case."
    return (
        tolerance(f"{endpoint}.token-rotated", status=401, error=INVALID_TOKEN)(rotated),
        tolerance(f"{endpoint}.token-scheme-case", status=401, error=INVALID_TOKEN)(scheme_case),
    )
