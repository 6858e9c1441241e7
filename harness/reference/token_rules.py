"""What the Token Endpoint asks of a request (RFC 6749 sections 3.2 and 5.2, OpenID4VCI 6.1 and 6.3)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.reference.rules import rule, tolerance
from harness.reference.state import Grant, Shelf

MAX_WRONG_TX_CODES = 5
_KNOWN_PARAMETERS = {
    "grant_type",
    "pre-authorized_code",
    "tx_code",
    "client_id",
    "authorization_details",
    "scope",
    "resource",
}


@dataclass
class TokenRequest:
    """A token request as read from the wire."""

    context: Context
    media_type: str
    body: bytes
    grants: Shelf[Grant]

    @cached_property
    def pairs(self) -> list[tuple[str, str]] | None:
        """The form's parameters in order; ``None`` when the body is no form."""
        if self.media_type != "application/x-www-form-urlencoded":
            return None
        try:
            return parse_qsl(
                self.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
            )
        except ValueError:
            return None

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters by name; one without a value counts as left out (RFC 6749 section 3.2)."""
        return {name: value for name, value in self.pairs or [] if value}

    @cached_property
    def grant(self) -> Grant | None:
        """What the Pre-Authorized Code stands for, if it is known."""
        return self.grants.get(self.parameters.get("pre-authorized_code"))

    @property
    def wrong_tx_code(self) -> bool:
        """Whether a Transaction Code is given that is not the expected one."""
        given = self.parameters.get("tx_code")
        expected = self.grant.tx_code if self.grant else None
        return given is not None and expected is not None and given != expected

    @cached_property
    def authorization_details(self) -> list[Any] | None:
        """The value of ``authorization_details``; ``None`` when it is absent or no JSON array."""
        try:
            value = json.loads(self.parameters.get("authorization_details", "null"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, list) else None

    @property
    def requested_configurations(self) -> list[str]:
        """The configurations asked for by ``authorization_details``, as far as they can be had."""
        offered = self.grant.configurations if self.grant else ()
        return [
            detail["credential_configuration_id"]
            for detail in self.authorization_details or []
            if isinstance(detail, dict) and detail.get("credential_configuration_id") in offered
        ]


@rule("token.form", "invalid_request")
def form(request: TokenRequest) -> str | None:
    """A token request is a form in UTF-8."""
    return "The request is not application/x-www-form-urlencoded." if request.pairs is None else None


@rule("token.repeated-parameter", "invalid_request", presumes=["token.form"])
def repeated_parameter(request: TokenRequest) -> str | None:
    """No parameter stands twice in a token request."""
    # RFC 8707 lets a client name several resources.
    names = Counter(name for name, _ in request.pairs or [] if name != "resource")
    return "A parameter is repeated." if any(count > 1 for count in names.values()) else None


@rule("token.grant-type-present", "invalid_request", presumes=["token.form"])
def grant_type_present(request: TokenRequest) -> str | None:
    """A token request has a grant_type."""
    return None if "grant_type" in request.parameters else "The grant_type is missing."


@rule("token.grant-type-supported", "unsupported_grant_type", presumes=["token.grant-type-present"])
def grant_type_supported(request: TokenRequest) -> str | None:
    """The grant_type is that of the Pre-Authorized Code Flow."""
    if request.parameters["grant_type"] == PRE_AUTHORIZED_CODE:
        return None
    return "Only the Pre-Authorized Code grant is supported."


@rule("token.client-identified", "invalid_client", presumes=["token.form"])
def client_identified(request: TokenRequest) -> str | None:
    """Where anonymous access is not supported, the client is a registered one."""
    expected = request.context.variant.client_id
    if expected is None:
        return None
    given = request.parameters.get("client_id")
    if given is None:
        return "The client_id is missing and anonymous access is not supported."
    return None if given == expected else "The client is not registered."


@rule("token.code-present", "invalid_request", presumes=["token.form", "token.grant-type-supported"])
def code_present(request: TokenRequest) -> str | None:
    """A token request has a pre-authorized_code."""
    return None if "pre-authorized_code" in request.parameters else "The pre-authorized_code is missing."


@rule("token.code-known", "invalid_grant", presumes=["token.code-present"])
def code_known(request: TokenRequest) -> str | None:
    """The Pre-Authorized Code is one this server gave out."""
    return None if request.grant else "The pre-authorized_code is unknown."


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
    """Authorization details ask for offered configurations (OpenID4VCI 5.1.1, RFC 9396 section 5)."""
    if "authorization_details" not in request.parameters:
        return None
    if not request.authorization_details:
        return "The authorization_details are not a non-empty JSON array."
    for detail in request.authorization_details:
        if not isinstance(detail, dict) or detail.get("type") != "openid_credential":
            return "An authorization detail is not of type openid_credential."
        if request.grant and detail.get("credential_configuration_id") not in request.grant.configurations:
            return "An authorization detail names no configuration of the offer."
        if request.context.authorization_server_urls:
            locations = detail.get("locations")
            if not isinstance(locations, list) or request.context.issuer_url not in locations:
                return "The locations of an authorization detail lack the Credential Issuer."
    return None


@tolerance("token.unknown-parameter")
def unknown_parameter(request: TokenRequest) -> bool:
    """A token request may have parameters the server does not know."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


@tolerance("token.empty-parameter")
def empty_parameter(request: TokenRequest) -> bool:
    """A token request may have parameters without a value, which count as left out (RFC 6749 section 3.2)."""
    return any(value == "" for _, value in request.pairs or [])


@tolerance("token.authorization-details")
def details_asked_for(request: TokenRequest) -> bool:
    """A token request may have authorization_details of the type the metadata announces."""
    return "authorization_details" in request.parameters


@tolerance("token.right-request")
def right_request(_: TokenRequest) -> bool:
    """A token request in which everything is right is granted."""
    return True


RULES = (
    form,
    repeated_parameter,
    grant_type_present,
    grant_type_supported,
    client_identified,
    code_present,
    code_known,
    code_single_use,
    code_expired,
    tx_code_expected,
    tx_code_present,
    tx_code_attempts,
    tx_code_correct,
    authorization_details,
)
TOLERANCES = (unknown_parameter, empty_parameter, details_asked_for, right_request)
