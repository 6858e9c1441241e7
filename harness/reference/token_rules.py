"""What the Token Endpoint asks of a request (RFC 6749 sections 3.2 and 5.2, OpenID4VCI 6.1 and 6.3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference import forms
from harness.reference.authorization_documents import grant_types
from harness.reference.clients import registered
from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE, configurations
from harness.reference.forms import Pairs
from harness.reference.rules import rule, tolerance
from harness.reference.state import Authorization, Code, Grant, Ledger, Refresh

MAX_WRONG_TX_CODES = 5
_KNOWN_PARAMETERS = {
    "grant_type",
    "pre-authorized_code",
    "tx_code",
    "client_id",
    "authorization_details",
    "scope",
    "resource",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
}


@dataclass
class TokenRequest:
    """A token request as read from the wire."""

    context: Context
    media_type: str
    body: bytes
    ledger: Ledger
    client_id: str | None = None
    """The client, when its identity has been judged."""
    certificate: str | None = None
    """Thumbprint of the certificate that tokens are bound to (RFC 8705 section 3.1)."""
    dpop_key: str | None = None
    """Thumbprint of the key of the DPoP proof, when that has been judged."""
    instance_key: str | None = None
    """Thumbprint of the key of the wallet instance, when the client has been judged."""

    @cached_property
    def pairs(self) -> Pairs | None:
        """The form's parameters in order; ``None`` when the body is no form."""
        return forms.parse(self.body) if self.media_type == forms.FORM else None

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters by name; one without a value counts as left out (RFC 6749 section 3.2)."""
        return self.context.wording.token_request(forms.parameters(self.pairs or []), self.context)

    @property
    def grant_type(self) -> str:
        """The grant type; one that is wrong but let off is what the other parameters fit."""
        given = self.parameters.get("grant_type", "")
        if given in grant_types(self.context):
            return given
        fitting = {"code": "authorization_code", "refresh_token": "refresh_token"}
        return next((name for key, name in fitting.items() if key in self.parameters), PRE_AUTHORIZED_CODE)

    @cached_property
    def grant(self) -> Grant | None:
        """What the Pre-Authorized Code stands for, if it is known."""
        if self.grant_type != PRE_AUTHORIZED_CODE:
            return None
        return self.ledger.grants.get(self.parameters.get("pre-authorized_code"))

    @cached_property
    def code(self) -> Code | None:
        """What the authorization code stands for, if it is known."""
        return (
            self.ledger.codes.get(self.parameters.get("code")) if self.grant_type == "authorization_code" else None
        )

    @cached_property
    def refresh(self) -> Refresh | None:
        """What the refresh token stands for, if it is known."""
        if self.grant_type != "refresh_token":
            return None
        return self.ledger.refreshes.get(self.parameters.get("refresh_token"))

    @property
    def authorization(self) -> Authorization | None:
        """What the user authorized; ``None`` with a Pre-Authorized Code."""
        granted = self.code or self.refresh
        return granted.authorization if granted else None

    @property
    def granted(self) -> Sequence[str] | None:
        """The configurations that can be had; ``None`` for a code or token that is unknown."""
        if self.grant:
            return self.grant.configurations
        if self.refresh and self.refresh.narrowed is not None:
            return self.refresh.narrowed
        return self.authorization.configurations if self.authorization else None

    @property
    def registered_redirect_uri(self) -> str | None:
        """The redirect URI of the client."""
        client = registered(self.context.variant).get(self.client_id or "")
        return client.redirect_uri if client else None

    @property
    def wrong_tx_code(self) -> bool:
        """Whether a Transaction Code is given that is not the expected one."""
        given = self.parameters.get("tx_code")
        expected = self.grant.tx_code if self.grant else None
        return given is not None and expected is not None and given != expected

    @cached_property
    def authorization_details(self) -> list[Any] | None:
        """The value of ``authorization_details`` in the words of 1.0; ``None`` when it is absent or no array."""
        try:
            value = json.loads(self.parameters.get("authorization_details", "null"))
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, list):
            return None
        hear = self.context.wording.authorization_detail
        return [hear(item, self.context) if isinstance(item, dict) else item for item in value]

    @property
    def requested_configurations(self) -> list[str]:
        """The configurations asked for by ``authorization_details``, as far as they can be had."""
        offered = self.granted or ()
        return [
            detail["credential_configuration_id"]
            for detail in self.authorization_details or []
            if isinstance(detail, dict) and detail.get("credential_configuration_id") in offered
        ]

    @property
    def scoped_configurations(self) -> list[str]:
        """What a refresh request asks for by ``scope``, as far as it can be had (RFC 6749 section 6)."""
        asked = self.parameters.get("scope", "").split() if self.refresh else []
        known = configurations(self.context.variant)
        return [name for name in self.granted or () if known[name]["scope"] in asked]


@rule("token.form", "invalid_request")
def form(request: TokenRequest) -> str | None:
    """A token request is a form in UTF-8."""
    return "The request is not application/x-www-form-urlencoded." if request.pairs is None else None


@rule("token.repeated-parameter", "invalid_request", presumes=["token.form"])
def repeated_parameter(request: TokenRequest) -> str | None:
    """No parameter stands twice in a token request."""
    return "A parameter is repeated." if forms.repeated(request.pairs or []) else None


@rule("token.grant-type-present", "invalid_request", presumes=["token.form"])
def grant_type_present(request: TokenRequest) -> str | None:
    """A token request has a grant_type."""
    return None if "grant_type" in request.parameters else "The grant_type is missing."


@rule("token.password-grant", "unsupported_grant_type", presumes=["token.grant-type-present"])
def password_grant(request: TokenRequest) -> str | None:
    """The grant_type is not password (RFC 9700 section 2.4, FAPI 2.0 section 5.3.2.1)."""
    return "The grant_type password is not supported." if request.parameters["grant_type"] == "password" else None


@rule(
    "token.grant-type-supported",
    "unsupported_grant_type",
    presumes=["token.grant-type-present", "token.password-grant"],
)
def grant_type_supported(request: TokenRequest) -> str | None:
    """The grant_type is one the metadata list."""
    if request.parameters["grant_type"] in grant_types(request.context):
        return None
    return "The grant_type is not supported."


@rule("token.client-identified", "invalid_client", presumes=["token.form"])
def client_identified(request: TokenRequest) -> str | None:
    """Where anonymous access is not supported, the client is a registered one."""
    expected = request.context.variant.client_id
    if expected is None or request.grant_type != PRE_AUTHORIZED_CODE:
        return None
    if request.context.variant.client_authentication != "none":
        return None
    given = request.parameters.get("client_id")
    if given is None:
        return "The client_id is missing and anonymous access is not supported."
    return None if given in registered(request.context.variant) else "The client is not registered."


@rule("token.code-present", "invalid_request", presumes=["token.form", "token.grant-type-supported"])
def code_present(request: TokenRequest) -> str | None:
    """A token request has a pre-authorized_code."""
    if request.grant_type != PRE_AUTHORIZED_CODE or "pre-authorized_code" in request.parameters:
        return None
    return "The pre-authorized_code is missing."


@rule("token.code-known", "invalid_grant", presumes=["token.code-present"])
def code_known(request: TokenRequest) -> str | None:
    """The Pre-Authorized Code is one this server gave out."""
    if request.grant_type != PRE_AUTHORIZED_CODE or request.grant:
        return None
    return "The pre-authorized_code is unknown."


@rule("token.code-single-use", "invalid_grant")
def code_single_use(request: TokenRequest) -> str | None:
    """A Pre-Authorized Code works once."""
    return "The pre-authorized_code was used before." if request.grant and request.grant.used else None


@rule("token.code-expired", "invalid_grant")
def code_expired(request: TokenRequest) -> str | None:
    """The Pre-Authorized Code has not expired."""
    if request.grant and request.context.clock() >= request.grant.expires_at:
        return "The pre-authorized_code has expired."
    return None


@rule("token.tx-code-expected", "invalid_request")
def tx_code_expected(request: TokenRequest) -> str | None:
    """A tx_code is sent only where the offer asked for one."""
    if request.grant and request.grant.tx_code is None and "tx_code" in request.parameters:
        return "A tx_code was given though none was expected."
    return None


@rule("token.tx-code-present", "invalid_request")
def tx_code_present(request: TokenRequest) -> str | None:
    """A tx_code is sent where the offer asked for one."""
    if request.grant and request.grant.tx_code is not None and "tx_code" not in request.parameters:
        return "The tx_code is missing."
    return None


@rule("token.tx-code-attempts", "invalid_grant")
def tx_code_attempts(request: TokenRequest) -> str | None:
    """After a few wrong Transaction Codes the Pre-Authorized Code is dead (OpenID4VCI 13.6.3)."""
    if request.grant and request.grant.wrong_tx_codes >= MAX_WRONG_TX_CODES:
        return "There were too many wrong Transaction Codes."
    return None


@rule("token.tx-code-correct", "invalid_grant")
def tx_code_correct(request: TokenRequest) -> str | None:
    """The tx_code is the expected one."""
    return "The tx_code is wrong." if request.wrong_tx_code else None


@rule("token.authorization-details", "invalid_authorization_details")
def authorization_details(request: TokenRequest) -> str | None:
    """Authorization details ask for what was offered or authorized (OpenID4VCI 5.1.1, RFC 9396 section 5)."""
    if "authorization_details" not in request.parameters:
        return None
    if not request.authorization_details:
        return "The authorization_details are not a non-empty JSON array."
    for detail in request.authorization_details:
        if not isinstance(detail, dict) or detail.get("type") != "openid_credential":
            return "An authorization detail is not of type openid_credential."
        granted = request.granted
        if granted is not None and detail.get("credential_configuration_id") not in granted:
            return "An authorization detail names no configuration that was offered or authorized."
        if request.context.authorization_server_urls:
            locations = detail.get("locations")
            if not isinstance(locations, list) or request.context.issuer_url not in locations:
                return "The locations of an authorization detail lack the Credential Issuer."
    return None


@rule("token.resource", "invalid_target")
def resource(request: TokenRequest) -> str | None:
    """A resource is the Credential Issuer (RFC 8707 section 2.2, OpenID4VCI 6.1)."""
    resources = [value for name, value in request.pairs or [] if name == "resource" and value]
    if all(value == request.context.issuer_url for value in resources):
        return None
    return "The resource is unknown."


@tolerance("token.unknown-parameter")
def unknown_parameter(request: TokenRequest) -> bool:
    """A token request may have parameters the server does not know."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


@tolerance("token.empty-parameter")
def empty_parameter(request: TokenRequest) -> bool:
    """A token request may have parameters without a value, which count as left out (RFC 6749 section 3.2)."""
    return forms.some_empty(request.pairs or [])


@tolerance("token.authorization-details")
def details_asked_for(request: TokenRequest) -> bool:
    """A token request may have authorization_details of the type the metadata announces."""
    return "authorization_details" in request.parameters


@tolerance("token.locations")
def locations(request: TokenRequest) -> bool:
    """An authorization detail may name the Credential Issuer in its locations (OpenID4VCI 6.1)."""
    details = request.authorization_details or []
    return any(isinstance(detail, dict) and "locations" in detail for detail in details)


@tolerance("token.issuer-as-resource")
def issuer_as_resource(request: TokenRequest) -> bool:
    """A token request may name the Credential Issuer as its resource (OpenID4VCI 6.1)."""
    return "resource" in request.parameters


@tolerance("token.narrower-details")
def narrower_details(request: TokenRequest) -> bool:
    """A token request may ask for a part of what was authorized (OpenID4VCI 6.1.1)."""
    by_details = request.authorization is not None and request.authorization.by_details
    asked = set(request.requested_configurations)
    return by_details and bool(asked) and asked < set(request.granted or ())


@tolerance("token.right-request")
def right_request(_: TokenRequest) -> bool:
    """A token request in which everything is right is granted."""
    return True


FORM_RULES = (
    form,
    repeated_parameter,
    grant_type_present,
    password_grant,
    grant_type_supported,
    client_identified,
)
"""Judged before the client and its DPoP proof are."""
RULES = (
    code_present,
    code_known,
    code_single_use,
    code_expired,
    tx_code_expected,
    tx_code_present,
    tx_code_attempts,
    tx_code_correct,
    authorization_details,
    resource,
)
TOLERANCES = (
    unknown_parameter,
    empty_parameter,
    details_asked_for,
    locations,
    issuer_as_resource,
    narrower_details,
    right_request,
)
