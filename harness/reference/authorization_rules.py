"""What the Authorization Endpoint and the PAR Endpoint ask of a request.

RFC 6749 section 4.1, RFC 7636 section 4, RFC 8707, RFC 9126, RFC 9396 section 5, OpenID4VCI 5.1.

``PAGE_RULES`` and ``PLACE_RULES`` are about requests whose answer may not go to a redirect URI, because nobody
knows whether it is the client's; their refusal is a page. ``misreports:`` of such a rule sends the error to the
redirect URI of the request all the same. ``REQUEST_RULES`` are refused by a redirect, and at the PAR Endpoint,
like ``PLACE_RULES``, by a JSON document; ``misreports:`` gives a wrong error code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from harness.reference import claims_descriptions, forms
from harness.reference.clients import Client, registered
from harness.reference.context import Context
from harness.reference.documents import configurations
from harness.reference.drafts import details_rules
from harness.reference.forms import Pairs
from harness.reference.rules import rule, tolerance
from harness.reference.state import Pushed, Shelf

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_ISSUER_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
"""What this issuer hands out."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KNOWN_PARAMETERS = {
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "authorization_details",
    "issuer_state",
    "resource",
    "dpop_jkt",
    "request_uri",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
}


@dataclass
class AuthorizationRequest:
    """The parameters of an authorization request that count: those of the browser or those that were pushed."""

    context: Context
    pairs: Pairs
    client: Client | None
    """The client, known by ``client_id`` or, at the PAR Endpoint, by its authentication."""
    pushed: bool = False
    """Whether the parameters were pushed."""

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters by name."""
        return forms.parameters(self.pairs)

    @property
    def redirect_uri(self) -> str | None:
        """Where the answer goes: the given URI, or the client's only one (RFC 6749 section 3.1.2.3)."""
        if "redirect_uri" in self.parameters:
            return forms.single(self.parameters, self.pairs, "redirect_uri")
        return self.client.redirect_uri if self.client else None

    @property
    def scopes(self) -> list[str]:
        """The values of ``scope``."""
        return self.parameters.get("scope", "").split()

    @cached_property
    def sent_details(self) -> list[Any] | None:
        """The value of ``authorization_details`` as sent; ``None`` when it is absent or no JSON array."""
        try:
            value = json.loads(self.parameters.get("authorization_details", "null"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, list) else None

    @cached_property
    def details(self) -> list[Any] | None:
        """The value of ``authorization_details`` in the words of OpenID4VCI 1.0."""
        if self.sent_details is None:
            return None
        hear = self.context.wording.authorization_detail
        return [hear(item, self.context) if isinstance(item, dict) else item for item in self.sent_details]

    @property
    def by_scope(self) -> Mapping[str, str]:
        """The scope values that are known, with the configuration each stands for."""
        if self.context.variant.details_only or self.context.variant.detail != "full":
            return {}
        known = {data["scope"]: name for name, data in configurations(self.context.variant).items()}
        return {scope: known[scope] for scope in self.scopes if scope in known}

    @property
    def by_details(self) -> list[str]:
        """The configurations asked for by ``authorization_details``."""
        asked = [item.get("credential_configuration_id") for item in self.details or [] if isinstance(item, dict)]
        return [name for name in self.context.variant.configurations if name in asked]

    @property
    def described(self) -> list[dict[str, Any]]:
        """The authorization details that say which claims are wanted."""
        return [item for item in self.details or [] if isinstance(item, dict) and "claims" in item]

    @property
    def configurations(self) -> tuple[str, ...]:
        """What is asked for; everything when a request that asks for nothing is let off."""
        asked = {*self.by_scope.values(), *self.by_details}
        known = self.context.variant.configurations
        return tuple(name for name in known if name in asked) or tuple(known)


@dataclass
class Visit:
    """A request to the Authorization Endpoint as the browser brings it."""

    context: Context
    pairs: Pairs
    known: Shelf[Pushed]

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters by name."""
        return forms.parameters(self.pairs)

    @property
    def client(self) -> Client | None:
        """The registered client, if ``client_id`` names one."""
        return registered(self.context.variant).get(self.client_id or "")

    @property
    def client_id(self) -> str | None:
        """The one ``client_id``."""
        return forms.single(self.parameters, self.pairs, "client_id")

    @property
    def refers(self) -> bool:
        """Whether the request refers to a pushed one; the rest of it does not count then (RFC 9101 section 5)."""
        return self.context.variant.par != "none" and "request_uri" in self.parameters

    @property
    def pushed(self) -> Pushed | None:
        """The pushed request, if the ``request_uri`` is known."""
        return self.known.get(self.parameters.get("request_uri")) if self.refers else None

    @cached_property
    def request(self) -> AuthorizationRequest:
        """The parameters that count."""
        if self.pushed is None:
            return AuthorizationRequest(self.context, self.pairs, self.client)
        client = registered(self.context.variant).get(self.pushed.client_id or "")
        return AuthorizationRequest(self.context, list(self.pushed.parameters), client, pushed=True)


@dataclass
class PushRequest:
    """A request to the PAR Endpoint as read from the wire."""

    method: str
    media_type: str
    body: bytes

    @property
    def is_form(self) -> bool:
        """Whether the body is a form."""
        return self.media_type == forms.FORM and forms.parse(self.body) is not None

    @cached_property
    def pairs(self) -> Pairs:
        """The parameters; those of a JSON object count when one is let off though it is no form."""
        if self.is_form:
            return forms.parse(self.body) or []
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return []
        members = value.items() if isinstance(value, dict) else ()
        return [(name, item) for name, item in members if isinstance(item, str)]

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters by name."""
        return forms.parameters(self.pairs)


# What the browser brings


@rule("authorize.client-present", "invalid_request")
def client_present(visit: Visit) -> str | None:
    """An authorization request has one client_id, also beside a request_uri (RFC 9126 section 4)."""
    return None if visit.client_id else "The client_id is missing or repeated."


@rule("authorize.client-known", "invalid_request", presumes=["authorize.client-present"])
def client_known(visit: Visit) -> str | None:
    """The client_id is that of a registered client."""
    return None if visit.client else "The client is not registered."


@rule("authorize.request-uri-known", "invalid_request_uri")
def request_uri_known(visit: Visit) -> str | None:
    """The request_uri is one this server gave out."""
    return "The request_uri is unknown." if visit.refers and visit.pushed is None else None


@rule("authorize.request-uri-client", "invalid_request_uri", presumes=["authorize.client-known"])
def request_uri_client(visit: Visit) -> str | None:
    """The request_uri was given to this client (RFC 9126 section 2.2)."""
    if visit.pushed and visit.pushed.client_id != visit.client_id:
        return "The request_uri was given to another client."
    return None


@rule("authorize.request-uri-single-use", "invalid_request_uri")
def request_uri_single_use(visit: Visit) -> str | None:
    """A request_uri leads to one authorization response (RFC 9126 section 7.3)."""
    return "The request_uri was used before." if visit.pushed and visit.pushed.used else None


@rule("authorize.request-uri-expired", "invalid_request_uri")
def request_uri_expired(visit: Visit) -> str | None:
    """The request_uri has not expired."""
    if visit.pushed and visit.context.clock() >= visit.pushed.expires_at:
        return "The request_uri has expired."
    return None


@tolerance("authorize.request-uri")
def by_reference(visit: Visit) -> bool:
    """A request may refer to one that was pushed (RFC 9126 section 4)."""
    return visit.pushed is not None


@tolerance("authorize.beside-request-uri")
def beside_request_uri(visit: Visit) -> bool:
    """Parameters beside client_id and request_uri do not count (RFC 9126 section 4, RFC 9101 section 5)."""
    return visit.refers and not visit.parameters.keys() <= {"client_id", "request_uri"}


# What is asked for


@rule("authorize.redirect-uri-secure", "invalid_request", presumes=["authorize.request-uri-known"])
def redirect_uri_secure(request: AuthorizationRequest) -> str | None:
    """A redirect_uri with the scheme http leads to the user's own machine (FAPI 2.0 section 5.3.2.2)."""
    if not request.context.variant.of_fapi or request.redirect_uri is None:
        return None
    try:
        parts = urlsplit(request.redirect_uri)
    except ValueError:
        return "The redirect_uri is no URI."
    if parts.scheme != "http" or parts.hostname in _LOOPBACK:
        return None
    return "The redirect_uri has the scheme http."


@rule(
    "authorize.redirect-uri",
    "invalid_request",
    presumes=[
        *("authorize.client-known", "authorize.request-uri-known", "client.known"),
        "authorize.redirect-uri-secure",
    ],
)
def redirect_uri(request: AuthorizationRequest) -> str | None:
    """The redirect_uri is exactly a registered one (RFC 9700 section 2.1)."""
    if request.client and request.redirect_uri == request.client.redirect_uri:
        return None
    return "The redirect_uri is not registered."


@rule("authorize.repeated-parameter", "invalid_request", presumes=["authorize.request-uri-known"])
def repeated_parameter(request: AuthorizationRequest) -> str | None:
    """No parameter stands twice in an authorization request."""
    return "A parameter is repeated." if forms.repeated(request.pairs) else None


@rule("authorize.pushed", "invalid_request", presumes=["authorize.request-uri-known"])
def pushed(request: AuthorizationRequest) -> str | None:
    """Where requests must be pushed, an authorization request refers to a pushed one."""
    if request.context.variant.par == "required" and not request.pushed:
        return "The request must be pushed."
    return None


@rule("authorize.redirect-uri-present", "invalid_request", presumes=["authorize.request-uri-known"])
def redirect_uri_present(request: AuthorizationRequest) -> str | None:
    """A pushed request has a redirect_uri (FAPI 2.0 section 5.3.2.2)."""
    if request.context.variant.of_fapi and request.pushed and "redirect_uri" not in request.parameters:
        return "The redirect_uri is missing."
    return None


@rule("authorize.response-type-present", "invalid_request", presumes=["authorize.request-uri-known"])
def response_type_present(request: AuthorizationRequest) -> str | None:
    """An authorization request has a response_type."""
    return None if "response_type" in request.parameters else "The response_type is missing."


@rule(
    "authorize.response-type-supported",
    "unsupported_response_type",
    presumes=["authorize.response-type-present"],
)
def response_type_supported(request: AuthorizationRequest) -> str | None:
    """The response_type is code."""
    return None if request.parameters["response_type"] == "code" else "Only the response_type code is supported."


@rule("authorize.challenge-present", "invalid_request", presumes=["authorize.request-uri-known"])
def challenge_present(request: AuthorizationRequest) -> str | None:
    """An authorization request has a code_challenge where PKCE is required (RFC 7636 section 4.4.1)."""
    if request.context.variant.pkce == "required" and "code_challenge" not in request.parameters:
        return "The code_challenge is missing."
    return None


@rule("authorize.challenge-method", "invalid_request", presumes=["authorize.challenge-present"])
def challenge_method(request: AuthorizationRequest) -> str | None:
    """The code_challenge_method is S256; one left out means plain (RFC 7636 section 4.3)."""
    if "code_challenge" not in request.parameters and "code_challenge_method" not in request.parameters:
        return None
    if request.parameters.get("code_challenge_method", "plain") not in request.context.variant.challenge_methods:
        return "The code_challenge_method is not supported."
    return None


@rule("authorize.challenge-form", "invalid_request", presumes=["authorize.challenge-method"])
def challenge_form(request: AuthorizationRequest) -> str | None:
    """A code_challenge of method S256 is a SHA-256 hash in base64url."""
    challenge = request.parameters.get("code_challenge")
    if request.parameters.get("code_challenge_method") != "S256" or challenge is None:
        return None
    return None if _S256_CHALLENGE.fullmatch(challenge) else "The code_challenge is no hash in base64url."


@rule("authorize.scope-form", "invalid_scope", presumes=["authorize.request-uri-known"])
def scope_form(request: AuthorizationRequest) -> str | None:
    """The scope is a list of tokens with single spaces between them (RFC 6749 section 3.3)."""
    scope = request.parameters.get("scope")
    return None if scope is None or _SCOPE.fullmatch(scope) else "The scope is malformed."


@rule("authorize.details-form", "invalid_authorization_details", presumes=["authorize.request-uri-known"])
def details_form(request: AuthorizationRequest) -> str | None:
    """The authorization_details are a non-empty JSON array of objects (RFC 9396 section 2)."""
    if "authorization_details" not in request.parameters:
        return None
    if request.details and all(isinstance(item, dict) for item in request.details):
        return None
    return "The authorization_details are not a non-empty JSON array of objects."


@rule("authorize.details-type", "invalid_authorization_details", presumes=["authorize.details-form"])
def details_type(request: AuthorizationRequest) -> str | None:
    """An authorization detail has the type openid_credential."""
    if all(item.get("type") == "openid_credential" for item in request.details or []):
        return None
    return "An authorization detail is not of type openid_credential."


@rule(
    "authorize.details-configuration",
    "invalid_authorization_details",
    presumes=[
        "authorize.details-type",
        *("draft-authorization.type-present", "draft-authorization.format-present"),
        *("draft-authorization.types-present", "draft-authorization.known"),
    ],
)
def details_configuration(request: AuthorizationRequest) -> str | None:
    """An authorization detail names a configuration from the metadata (OpenID4VCI 5.1.1)."""
    if all(
        item.get("credential_configuration_id") in request.context.variant.configurations
        for item in request.details or []
    ):
        return None
    return "An authorization detail names no known configuration."


@rule("authorize.details-locations", "invalid_authorization_details", presumes=["authorize.details-type"])
def details_locations(request: AuthorizationRequest) -> str | None:
    """Where the metadata name Authorization Servers, locations have the Credential Issuer (OpenID4VCI 5.1.1)."""
    if not request.context.authorization_server_urls:
        return None
    locations = [item.get("locations") for item in request.details or []]
    if all(isinstance(item, list) and request.context.issuer_url in item for item in locations):
        return None
    return "The locations of an authorization detail lack the Credential Issuer."


@rule(
    "authorize.claims-form",
    "invalid_authorization_details",
    presumes=["authorize.details-form", "draft-authorization.claims-array"],
)
def claims_form(request: AuthorizationRequest) -> str | None:
    """The claims of an authorization detail are a non-empty array of claims descriptions (OpenID4VCI B.1)."""
    if all(claims_descriptions.well_formed(item["claims"]) for item in request.described):
        return None
    return "The claims are not a non-empty array of claims descriptions."


@rule("authorize.claims-distinct", "invalid_authorization_details", presumes=["authorize.claims-form"])
def claims_distinct(request: AuthorizationRequest) -> str | None:
    """An authorization detail describes no claim twice (OpenID4VCI B.3)."""
    if any(claims_descriptions.repeated(item["claims"]) for item in request.described):
        return "A claim is described twice."
    return None


@rule("authorize.claims-elements", "invalid_authorization_details", presumes=["authorize.claims-form"])
def claims_elements(request: AuthorizationRequest) -> str | None:
    """An authorization detail asks for all elements of an array or for single ones (OpenID4VCI B.3)."""
    if any(claims_descriptions.mixes_elements(item["claims"]) for item in request.described):
        return "An array is asked for all its elements and for one of them."
    return None


@rule("authorize.claims-structure", "invalid_authorization_details", presumes=["authorize.claims-form"])
def claims_structure(request: AuthorizationRequest) -> str | None:
    """An authorization detail takes no claim for an array and for an object (OpenID4VCI B.3)."""
    if any(claims_descriptions.mixes_structures(item["claims"]) for item in request.described):
        return "A claim is taken for an array and for an object."
    return None


@rule(
    "authorize.credential",
    "invalid_scope",
    presumes=["authorize.scope-form", "authorize.details-form", "authorize.details-configuration"],
)
def credential(request: AuthorizationRequest) -> str | None:
    """An authorization request asks for a credential there is."""
    return None if request.by_scope or request.by_details else "No known credential is asked for."


@rule("authorize.resource", "invalid_target", presumes=["authorize.request-uri-known"])
def resource(request: AuthorizationRequest) -> str | None:
    """A resource is the Credential Issuer (RFC 8707 section 2, OpenID4VCI 5.1.2)."""
    resources = [value for name, value in request.pairs if name == "resource" and value]
    if all(value == request.context.issuer_url for value in resources):
        return None
    return "The resource is unknown."


@tolerance("authorize.unknown-parameter")
def unknown_parameter(request: AuthorizationRequest) -> bool:
    """An authorization request may have parameters the server does not know (OpenID4VCI 5.1.3)."""
    return not request.parameters.keys() <= _KNOWN_PARAMETERS


@tolerance("authorize.empty-parameter")
def empty_parameter(request: AuthorizationRequest) -> bool:
    """Parameters without a value count as left out (RFC 6749 section 3.1)."""
    return forms.some_empty(request.pairs)


@tolerance("authorize.unknown-scope")
def unknown_scope(request: AuthorizationRequest) -> bool:
    """Unknown scope values beside a known one are ignored (OpenID4VCI 5.1.2)."""
    return any(scope not in request.by_scope for scope in request.scopes)


@tolerance("authorize.scope")
def by_scope(request: AuthorizationRequest) -> bool:
    """A credential can be asked for by the scope the metadata give for it (OpenID4VCI 5.1.2)."""
    return bool(request.by_scope)


@tolerance("authorize.details")
def by_details(request: AuthorizationRequest) -> bool:
    """A credential can be asked for by authorization_details (OpenID4VCI 5.1.1)."""
    return bool(request.by_details)


@tolerance("authorize.several-configurations")
def several_configurations(request: AuthorizationRequest) -> bool:
    """A request may ask for several credentials."""
    return len({*request.by_scope.values(), *request.by_details}) > 1


@tolerance("authorize.unknown-detail-member")
def unknown_detail_member(request: AuthorizationRequest) -> bool:
    """An authorization detail may have members the server does not know (OpenID4VCI 5.1.1)."""
    known = {"type", "credential_configuration_id", "claims", "locations"}
    return any(isinstance(item, dict) and not item.keys() <= known for item in request.details or [])


@tolerance("authorize.claims")
def claims(request: AuthorizationRequest) -> bool:
    """An authorization detail may say which claims are wanted (OpenID4VCI 5.1.1)."""
    return bool(request.described)


@tolerance("authorize.issuer-state")
def issuer_state(request: AuthorizationRequest) -> bool:
    """A request may carry the issuer_state of its offer (OpenID4VCI 5.1.3)."""
    return "issuer_state" in request.parameters


@tolerance("authorize.foreign-issuer-state", status=500)
def foreign_issuer_state(request: AuthorizationRequest) -> bool:
    """An issuer_state that this issuer did not make does no harm (OpenID4VCI 5.1.3)."""
    given = request.parameters.get("issuer_state")
    return given is not None and _ISSUER_STATE.fullmatch(given) is None


@tolerance("authorize.issuer-as-resource")
def issuer_as_resource(request: AuthorizationRequest) -> bool:
    """A request may name the Credential Issuer as its resource (OpenID4VCI 5.1.2)."""
    return "resource" in request.parameters


@tolerance("authorize.state-missing")
def state_missing(request: AuthorizationRequest) -> bool:
    """A request may have no state (RFC 6749 section 4.1.1)."""
    return "state" not in request.parameters


@tolerance("authorize.state-long")
def state_long(request: AuthorizationRequest) -> bool:
    """A state may be some hundred characters long."""
    return len(request.parameters.get("state", "")) > 255


@tolerance("authorize.nonce-long")
def nonce_long(request: AuthorizationRequest) -> bool:
    """The nonce of OpenID Connect may have 64 characters (FAPI 2.0 section 5.3.2.2)."""
    return len(request.parameters.get("nonce", "")) >= 64


@tolerance("authorize.redirect-uri-missing")
def redirect_uri_missing(request: AuthorizationRequest) -> bool:
    """A client with one registered redirect URI may leave it out (RFC 6749 section 3.1.2.3)."""
    return "redirect_uri" not in request.parameters


@tolerance("authorize.right-request")
def right_request(_: AuthorizationRequest) -> bool:
    """An authorization request in which everything is right is granted."""
    return True


# What the user says


@dataclass(frozen=True)
class Decision:
    """What the user decided on a page."""

    agreed: bool


@rule("authorize.consent", "access_denied")
def consent(decision: Decision) -> str | None:
    """The user lets the wallet have what it asks for."""
    return None if decision.agreed else "The user said no."


# What is pushed


@rule("par.method", "invalid_request", status=405)
def push_method(request: PushRequest) -> str | None:
    """Authorization requests are pushed by POST (RFC 9126 section 2.3)."""
    return None if request.method == "POST" else "Only POST is allowed."


@rule("par.form", "invalid_request")
def push_form(request: PushRequest) -> str | None:
    """A pushed request is a form in UTF-8."""
    return None if request.is_form else "The request is not application/x-www-form-urlencoded."


@rule("par.no-request-uri", "invalid_request", presumes=["par.form"])
def push_request_uri(request: PushRequest) -> str | None:
    """A pushed request has no request_uri (RFC 9126 section 2.1)."""
    return "A request_uri cannot be pushed." if "request_uri" in request.parameters else None


@tolerance("par.authorization-details")
def pushed_details(request: PushRequest) -> bool:
    """A pushed request may have parameters of extensions, such as authorization_details (RFC 9126 section 2)."""
    return "authorization_details" in request.parameters


@tolerance("par.right-request")
def right_push(_: PushRequest) -> bool:
    """A pushed request in which everything is right is accepted."""
    return True


PAGE_RULES = (
    client_present,
    client_known,
    request_uri_known,
    request_uri_client,
    request_uri_single_use,
    request_uri_expired,
)
PAGE_TOLERANCES = (by_reference, beside_request_uri)
PLACE_RULES = (redirect_uri_secure, redirect_uri)
REQUEST_RULES = (
    repeated_parameter,
    pushed,
    redirect_uri_present,
    response_type_present,
    response_type_supported,
    challenge_present,
    challenge_method,
    challenge_form,
    scope_form,
    details_form,
    details_type,
    details_configuration,
    details_locations,
    claims_form,
    claims_distinct,
    claims_elements,
    claims_structure,
    credential,
    resource,
)
TOLERANCES = (
    unknown_parameter,
    empty_parameter,
    unknown_scope,
    by_scope,
    by_details,
    several_configurations,
    details_rules.by_format,
    unknown_detail_member,
    claims,
    issuer_state,
    foreign_issuer_state,
    issuer_as_resource,
    state_missing,
    state_long,
    nonce_long,
    redirect_uri_missing,
    right_request,
)
CONSENT_RULES = (consent,)
PUSH_RULES = (push_method, push_form, push_request_uri)
PUSH_TOLERANCES = (pushed_details, right_push)
