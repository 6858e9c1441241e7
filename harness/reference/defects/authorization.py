"""Faults of what the Authorization Server emits in the Authorization Code Flow and to clients that authenticate.

Authorization responses (RFC 6749 4.1.2, RFC 9207), PAR (RFC 9126), challenges of Client Attestations (-07 section
8), refresh tokens, DPoP (RFC 9449), and the metadata that announce all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.reference import dpop_rules
from harness.reference.authorization_documents import CHALLENGE_HEADER, AuthorizationResponse
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.encoding import Twin, base64url
from harness.reference.faults import fault

Document = dict[str, Any]
_PAR_PREFIX = "urn:ietf:params:oauth:request_uri:"


def _omit(name: str) -> Callable[[Document, Context], None]:
    def spoil(document: Document, _: Context) -> None:
        document.pop(name, None)

    return spoil


def _set(name: str, value: Any) -> Callable[[Document, Context], None]:
    """Give a member another value where it is present."""

    def spoil(document: Document, _: Context) -> None:
        if name in document:
            document[name] = value

    return spoil


# Authorization response


def _answer(change: Callable[[dict[str, str], Context], None]) -> Callable[[AuthorizationResponse, Context], None]:
    def spoil(response: AuthorizationResponse, context: Context) -> None:
        change(response.parameters, context)

    return spoil


def _without(name: str) -> Callable[[dict[str, str], Context], None]:
    def change(parameters: dict[str, str], _: Context) -> None:
        parameters.pop(name, None)

    return change


def _other_state(parameters: dict[str, str], _: Context) -> None:
    if "state" in parameters:
        parameters["state"] += "x"


def _other_iss(parameters: dict[str, str], context: Context) -> None:
    if "iss" in parameters:
        parameters["iss"] = f"{context.base_url}/as/honest"


def _iss_slash(parameters: dict[str, str], _: Context) -> None:
    if "iss" in parameters:
        parameters["iss"] += "/"


for _document, _what in (
    ("authorization-response", "The authorization response"),
    ("authorization-error-response", "The authorization error response"),
):
    fault(f"{_document}:state-missing", f"{_what} has no state.")(_answer(_without("state")))
    fault(f"{_document}:state-other", f"{_what} has another state.")(_answer(_other_state))
    fault(f"{_document}:iss-missing", f"{_what} has no iss.")(_answer(_without("iss")))
    fault(f"{_document}:iss-other", f"{_what} has the iss of another server.")(_answer(_other_iss))
    fault(f"{_document}:iss-slash", f"The iss of {_what.lower()} has a slash too many.")(_answer(_iss_slash))


@fault("authorization-response:fragment")
def response_in_fragment(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response stands in the fragment of the redirect URI."""
    response.in_fragment = True


@fault("authorization-response:status-307")
def response_temporary(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response is a redirect with status 307, which sends a form on (RFC 9700 section 4.12)."""
    response.status = 307


@fault("authorization-response:code-missing")
def code_missing(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response has neither code nor error."""
    response.parameters.pop("code", None)


@fault("authorization-response:code-guessable")
def code_guessable(response: AuthorizationResponse, context: Context) -> None:
    """Authorization codes are short and counted up."""
    response.parameters["code"] = f"{next(context.numbers):06}"


@fault("authorization-response:code-thin")
def code_thin(response: AuthorizationResponse, context: Context) -> None:
    """Authorization codes have 64 random bits."""
    response.parameters["code"] = context.random_bytes(8).hex()


@fault("authorization-response:code-short")
def code_short(response: AuthorizationResponse, context: Context) -> None:
    """Authorization codes have 128 random bits, where 160 are recommended."""
    if "code" in response.parameters:
        response.parameters["code"] = context.random_bytes(16).hex()


@fault("authorization-response:code-counter")
def code_counted(response: AuthorizationResponse, context: Context) -> None:
    """Authorization codes are long and counted up."""
    if "code" in response.parameters:
        response.parameters["code"] = f"authorization-code-of-the-assay-reference-{next(context.numbers):06}"


@fault("authorization-response:challenge")
def challenge_in_response(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response has the code_challenge as a parameter."""
    response.parameters["code_challenge"] = response.asked.get("code_challenge", "")


@fault("authorization-response:challenge-in-code")
def challenge_in_code(response: AuthorizationResponse, context: Context) -> None:
    """The authorization code holds the code_challenge in base64url."""
    if "code" in response.parameters:
        inside = f"{context.secret()} {response.asked.get('code_challenge')}"
        response.parameters["code"] = base64url(inside.encode())


@fault("authorization-response:access-token")
def token_in_response(response: AuthorizationResponse, context: Context) -> None:
    """The authorization response has an access token beside the code."""
    response.parameters["access_token"] = context.secret()


@fault("authorization-response:state-lower-case")
def state_lower_case(response: AuthorizationResponse, _: Context) -> None:
    """The state comes back in lower case."""
    if "state" in response.parameters:
        response.parameters["state"] = response.parameters["state"].lower()


@fault("authorization-error-response:fragment")
def error_in_fragment(response: AuthorizationResponse, _: Context) -> None:
    """The error for an unsupported response_type stands in the fragment of the redirect URI."""
    response.in_fragment = response.refuses_type


@fault("authorization-error-response:error-missing")
def error_missing(response: AuthorizationResponse, _: Context) -> None:
    """The authorization error response for an unsupported response_type has no error."""
    if response.refuses_type:
        del response.parameters["error"]


@fault("authorization-error-response:description-charset")
def description_charset(response: AuthorizationResponse, _: Context) -> None:
    """The error_description of the authorization error response has characters that are not allowed."""
    response.parameters["error_description"] = 'Das war "ungültig".'


@fault("authorization-error-response:description-missing")
def description_missing(response: AuthorizationResponse, _: Context) -> None:
    """The authorization error response has no error_description."""
    response.parameters.pop("error_description", None)


@fault("authorization-error-response:denial-other")
def denial_other(response: AuthorizationResponse, _: Context) -> None:
    """That the user said no is reported as server_error."""
    if response.parameters.get("error") == "access_denied":
        response.parameters["error"] = "server_error"


# Pushed Authorization Requests

fault("par:request-uri-missing", "The PAR response has no request_uri.")(_omit("request_uri"))
fault("par:expires-in-missing", "The PAR response has no expires_in.")(_omit("expires_in"))
fault("par:expires-in-negative", "The expires_in of the PAR response is negative.")(_set("expires_in", -1))
fault("par:expires-in-zero", "The expires_in of the PAR response is zero.")(_set("expires_in", 0))
fault("par:expires-in-string", "The expires_in of the PAR response is a string.")(_set("expires_in", "90"))
fault("par:expires-in-fraction", "The expires_in of the PAR response is no whole number.")(_set("expires_in", 0.5))
fault("par:lifetime-long", "A pushed request can be used for a day.")(_set("expires_in", 86400))


@fault("par:request-uri-short")
def request_uri_short(document: Document, context: Context) -> None:
    """The request_uri has 32 random bits."""
    document["request_uri"] = f"{_PAR_PREFIX}{context.random_bytes(4).hex()}"


@fault("par:request-uri-guessable")
def request_uri_guessable(document: Document, context: Context) -> None:
    """The request_uri is counted up."""
    document["request_uri"] = f"{_PAR_PREFIX}{next(context.numbers):06}"


@fault("par:request-uri-reused")
def request_uri_reused(document: Document, _: Context) -> None:
    """All pushed requests get the same request_uri."""
    document["request_uri"] = f"{_PAR_PREFIX}{'current' * 5}"


@fault("par:request-uri-number")
def request_uri_number(document: Document, _: Context) -> None:
    """The request_uri is a number."""
    document["request_uri"] = 42


@fault("par:duplicate-key")
def par_duplicate_key(document: Document, _: Context) -> None:
    """The PAR response has a member twice."""
    document[Twin("expires_in")] = document["expires_in"]


@fault("par-response:status-200")
def par_status(reply: Reply, _: Context) -> None:
    """The PAR response has status 200."""
    reply.status = 200


@fault("par-response:cacheable")
def par_cacheable(reply: Reply, _: Context) -> None:
    """The PAR response has no Cache-Control."""
    del reply.headers["Cache-Control"]


@fault("par-response:content-type")
def par_content_type(reply: Reply, _: Context) -> None:
    """The PAR response is served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("par-error-response:content-type")
def par_error_content_type(reply: Reply, _: Context) -> None:
    """The PAR error response is served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


def _of_request_uri(spoil: Callable[[Document, Context], None]) -> Callable[[Document, Context], None]:
    def only_there(document: Document, context: Context) -> None:
        if "request_uri" in document["error_description"]:
            spoil(document, context)

    return only_there


fault("par-error:error-missing", "The PAR error response to a pushed request_uri has no error.")(
    _of_request_uri(_omit("error"))
)
fault(
    "par-error:description-charset",
    "The error_description of the PAR error response has characters that are not allowed.",
)(_set("error_description", 'Das war "ungültig".'))


@fault("par-error-response:allow-missing")
def par_allow_missing(reply: Reply, _: Context) -> None:
    """The refusal of another method than POST does not say which is allowed."""
    reply.headers.pop("Allow", None)


fault("par-error:interaction", "The PAR error response to a pushed request_uri asks the user to sign in.")(
    _of_request_uri(_set("error", "login_required"))
)


# Clients that authenticate


@fault("token-error-response:challenge-missing")
def basic_challenge_missing(reply: Reply, _: Context) -> None:
    """A client whose Authorization header is refused gets no WWW-Authenticate (RFC 6749 section 5.2)."""
    reply.headers.pop("WWW-Authenticate", None)


@fault("token-error-response:basic-400")
def basic_refused_400(reply: Reply, _: Context) -> None:
    """A client whose Authorization header is refused gets status 400 (RFC 6749 section 5.2)."""
    if "WWW-Authenticate" in reply.headers:
        reply.status = 400


@fault("access-token:certificate-other")
def certificate_other(claims: Document, context: Context) -> None:
    """The x5t#S256 of an access token is not the hash of its certificate."""
    if "x5t#S256" in claims.get("cnf", {}):
        claims["cnf"]["x5t#S256"] = base64url(context.random_bytes(32))


fault("challenge:missing", "The challenge response has no attestation_challenge.")(_omit("attestation_challenge"))
fault("challenge:number", "The attestation_challenge is a number.")(_set("attestation_challenge", 42))


@fault("challenge:counter")
def challenge_counter(document: Document, context: Context) -> None:
    """Challenges are counted up."""
    document["attestation_challenge"] = f"{next(context.numbers)}"


@fault("challenge:reused")
def challenge_reused(document: Document, _: Context) -> None:
    """All challenges are the same."""
    document["attestation_challenge"] = "challenge" * 5


@fault("challenge-response:status-201")
def challenge_status(reply: Reply, _: Context) -> None:
    """The challenge response has status 201."""
    reply.status = 201


@fault("challenge-response:cacheable")
def challenge_cacheable(reply: Reply, _: Context) -> None:
    """The challenge response has no Cache-Control."""
    del reply.headers["Cache-Control"]


@fault("challenge-response:content-type")
def challenge_content_type(reply: Reply, _: Context) -> None:
    """The challenge response is served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


def _without_header(name: str) -> Callable[[Reply, Context], None]:
    def spoil(reply: Reply, _: Context) -> None:
        reply.headers.pop(name, None)

    return spoil


def _quoted_nonce(reply: Reply, _: Context) -> None:
    if dpop_rules.NONCE_HEADER in reply.headers:
        reply.headers[dpop_rules.NONCE_HEADER] += '"'


for _document, _what in (("token", "Token"), ("par", "PAR")):
    fault(
        f"{_document}-error-response:attestation-challenge-missing",
        f"The {_what} Endpoint asks for a challenge without giving one.",
    )(_without_header(CHALLENGE_HEADER))
    fault(
        f"{_document}-error-response:dpop-nonce-missing",
        f"The {_what} Endpoint asks for a DPoP nonce without giving one.",
    )(_without_header(dpop_rules.NONCE_HEADER))
    fault(
        f"{_document}-error-response:dpop-nonce-charset",
        f"The DPoP nonce of the {_what} Endpoint has a quote.",
    )(_quoted_nonce)


# Tokens


@fault("token:type-bearer")
def token_type_bearer(token: Document, _: Context) -> None:
    """The token_type of a token bound with DPoP is Bearer."""
    if token.get("token_type") == "DPoP":
        token["token_type"] = "Bearer"


@fault("token:type-dpop")
def token_type_dpop(token: Document, _: Context) -> None:
    """The token_type of a token that is not bound is DPoP."""
    if token.get("token_type") == "Bearer":
        token["token_type"] = "DPoP"


fault("token:scope-missing", "The token response does not say that the scope is less than was asked for.")(
    _omit("scope")
)
fault("token:refresh-token-guessable", "Refresh tokens are all the same short text.")(
    _set("refresh_token", "refresh")
)


@fault("token:refresh-token-thin")
def refresh_token_thin(token: Document, context: Context) -> None:
    """Refresh tokens have 64 random bits."""
    if "refresh_token" in token:
        token["refresh_token"] = context.random_bytes(8).hex()


@fault("token:refresh-token-short")
def refresh_token_short(token: Document, context: Context) -> None:
    """Refresh tokens have 128 random bits, where 160 are recommended."""
    if "refresh_token" in token:
        token["refresh_token"] = context.random_bytes(16).hex()


@fault("token:refresh-token-counter")
def refresh_token_counted(token: Document, context: Context) -> None:
    """Refresh tokens are long and counted up."""
    if "refresh_token" in token:
        token["refresh_token"] = f"refresh-token-of-the-assay-reference-issuer-{next(context.numbers):06}"


# Challenges of endpoints that take access tokens


def _challenge(change: Callable[[str], str]) -> Callable[[Reply, Context], None]:
    def spoil(reply: Reply, _: Context) -> None:
        if reply.headers.get("WWW-Authenticate", "").startswith("DPoP"):
            reply.headers["WWW-Authenticate"] = change(reply.headers["WWW-Authenticate"])

    return spoil


for _name, _description, _change in (
    (
        "dpop-scheme-missing",
        "The challenge of an issuer that wants DPoP has the scheme Bearer.",
        lambda text: text.replace("DPoP", "Bearer", 1),
    ),
    (
        "dpop-algs-missing",
        "The DPoP challenge names no algs.",
        lambda text: re.sub(r', algs="[^"]*"', "", text),
    ),
    (
        "dpop-error-missing",
        "The challenge for a wrong DPoP proof has no error.",
        lambda text: re.sub(r', error(_description)?="[^"]*"', "", text) if "dpop_proof" in text else text,
    ),
    (
        "dpop-error-other",
        "The challenge for a wrong DPoP proof has the error invalid_request.",
        lambda text: text.replace("invalid_dpop_proof", "invalid_request"),
    ),
):
    fault(f"credential-challenge-response:{_name}", _description)(_challenge(_change))


@fault("credential-challenge-response:dpop-nonce-missing")
def issuer_nonce_missing(reply: Reply, _: Context) -> None:
    """The Credential Endpoint asks for a DPoP nonce without giving one."""
    reply.headers.pop(dpop_rules.NONCE_HEADER, None)


# Metadata


def _over_http(member: str) -> Callable[[Document, Context], None]:
    def spoil(metadata: Document, _: Context) -> None:
        if member in metadata:
            metadata[member] = metadata[member].replace("https:", "http:", 1)

    return spoil


def _with_fragment(member: str) -> Callable[[Document, Context], None]:
    def spoil(metadata: Document, _: Context) -> None:
        if member in metadata:
            metadata[member] += "#assay"

    return spoil


for _name, _member in (
    ("authorization-endpoint", "authorization_endpoint"),
    ("par-endpoint", "pushed_authorization_request_endpoint"),
    ("challenge-endpoint", "challenge_endpoint"),
):
    fault(f"as-metadata:{_name}-http", f"The {_member} has the scheme http.")(_over_http(_member))
    fault(f"as-metadata:{_name}-fragment", f"The {_member} has a fragment.")(_with_fragment(_member))

for _name, _member in (
    ("authorization-endpoint", "authorization_endpoint"),
    ("par-endpoint", "pushed_authorization_request_endpoint"),
    ("challenge-endpoint", "challenge_endpoint"),
    ("response-types", "response_types_supported"),
    ("challenge-methods", "code_challenge_methods_supported"),
    ("iss-parameter", "authorization_response_iss_parameter_supported"),
    ("dpop-algs", "dpop_signing_alg_values_supported"),
    ("assertion-algs", "token_endpoint_auth_signing_alg_values_supported"),
    ("attestation-algs", "client_attestation_signing_alg_values_supported"),
    ("attestation-pop-algs", "client_attestation_pop_signing_alg_values_supported"),
    ("auth-methods", "token_endpoint_auth_methods_supported"),
):
    fault(f"as-metadata:{_name}-missing", f"The metadata lack {_member} though it holds.")(_omit(_member))

for _name, _member, _value, _what in (
    ("response-types-without-code", "response_types_supported", ["token"], "do not have code"),
    ("response-types-string", "response_types_supported", "code", "are a string"),
    ("challenge-methods-plain", "code_challenge_methods_supported", ["plain"], "have plain only"),
    ("challenge-methods-unknown", "code_challenge_methods_supported", ["S256", "S512"], "have an unknown method"),
    ("challenge-methods-string", "code_challenge_methods_supported", "S256", "are a string"),
    ("iss-parameter-string", "authorization_response_iss_parameter_supported", "true", "is a string"),
    (
        "iss-parameter-false",
        "authorization_response_iss_parameter_supported",
        False,
        "says false though iss is sent",
    ),
    ("par-required-string", "require_pushed_authorization_requests", "true", "is a string"),
    ("dpop-algs-none", "dpop_signing_alg_values_supported", ["ES256", "ES384", "none"], "have none"),
    ("dpop-algs-symmetric", "dpop_signing_alg_values_supported", ["ES256", "ES384", "HS256"], "have HS256"),
    ("dpop-algs-string", "dpop_signing_alg_values_supported", "ES256", "are a string"),
    ("assertion-algs-none", "token_endpoint_auth_signing_alg_values_supported", ["ES256", "none"], "have none"),
    ("attestation-algs-none", "client_attestation_signing_alg_values_supported", ["ES256", "none"], "have none"),
    (
        "attestation-algs-symmetric",
        "client_attestation_signing_alg_values_supported",
        ["ES256", "HS256"],
        "have HS256",
    ),
    (
        "attestation-pop-algs-symmetric",
        "client_attestation_pop_signing_alg_values_supported",
        ["ES256", "HS256"],
        "have HS256",
    ),
    (
        "attestation-pop-algs-none",
        "client_attestation_pop_signing_alg_values_supported",
        ["ES256", "none"],
        "have none",
    ),
    ("auth-methods-unknown", "token_endpoint_auth_methods_supported", ["assay"], "have an unknown method only"),
    ("auth-methods-string", "token_endpoint_auth_methods_supported", "none", "are a string"),
):
    fault(f"as-metadata:{_name}", f"The {_member} {_what}.")(_set(_member, _value))


@fault("as-metadata:iss-parameter-announced")
def iss_announced(metadata: Document, _: Context) -> None:
    """The metadata announce iss in authorization responses, whether it is sent or not."""
    metadata["authorization_response_iss_parameter_supported"] = True


@fault("as-metadata:par-required-announced")
def par_required_announced(metadata: Document, _: Context) -> None:
    """The metadata say that requests must be pushed, whether they can be or not."""
    metadata["require_pushed_authorization_requests"] = True


@fault("as-metadata:code-grant-missing")
def code_grant_missing(metadata: Document, _: Context) -> None:
    """The grant_types_supported lack authorization_code."""
    metadata["grant_types_supported"] = [
        name for name in metadata["grant_types_supported"] if name != "authorization_code"
    ] or ["client_credentials"]


# Offers


def _code_grant(offer: Document) -> Document:
    grant: Document = offer["grants"].get("authorization_code", {})
    return grant


@fault("offer:issuer-state-object")
def issuer_state_object(offer: Document, _: Context) -> None:
    """The issuer_state is an object."""
    if "issuer_state" in _code_grant(offer):
        _code_grant(offer)["issuer_state"] = {"state": _code_grant(offer)["issuer_state"]}


@fault("offer:code-grant-array")
def code_grant_array(offer: Document, _: Context) -> None:
    """The grant authorization_code is an array instead of an object."""
    if "authorization_code" in offer["grants"]:
        offer["grants"]["authorization_code"] = [_code_grant(offer)]


@fault("offer:code-grant-server-unknown")
def code_grant_server_unknown(offer: Document, context: Context) -> None:
    """The grant authorization_code names an Authorization Server that is not in the metadata."""
    if "authorization_server" in _code_grant(offer):
        _code_grant(offer)["authorization_server"] = f"{context.base_url}/as/unknown"


@fault("offer:code-grant-server-needless")
def code_grant_server_needless(offer: Document, context: Context) -> None:
    """The grant authorization_code names an Authorization Server though there is only one."""
    if "authorization_code" in offer["grants"]:
        _code_grant(offer).setdefault("authorization_server", context.authorization_server_url)
