"""Faults of the token, nonce and credential responses and of their errors (OpenID4VCI 6, 7 and 8.3)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.encoding import Twin, base64url, json_text
from harness.reference.faults import fault

Document = dict[str, Any]


def _as_text(reply: Reply, _: Context) -> None:
    reply.headers["Content-Type"] = "text/plain"


def _created(reply: Reply, _: Context) -> None:
    reply.status = 201


for _response, _what in (
    ("token-response", "The token response"),
    ("refreshed-token-response", "The answer to a refresh request"),
    ("token-error-response", "The token error response"),
    ("nonce-response", "The nonce response"),
    ("credential-response", "The credential response"),
    ("credential-error-response", "The credential error response"),
):
    fault(f"{_response}:content-type", f"{_what} is served as text/plain.")(_as_text)
for _response, _what in (
    ("token-response", "The token response"),
    ("refreshed-token-response", "The answer to a refresh request"),
    ("credential-response", "The credential response"),
):
    fault(f"{_response}:status-201", f"{_what} has status 201.")(_created)


def _omit(name: str) -> Any:
    def spoil(document: Document, _: Context) -> None:
        document.pop(name, None)

    return spoil


# Token response


@fault("token-response:cacheable")
def token_cacheable(reply: Reply, _: Context) -> None:
    """The token response has no Cache-Control."""
    del reply.headers["Cache-Control"]


@fault("refreshed-token-response:cacheable")
def refreshed_token_cacheable(reply: Reply, _: Context) -> None:
    """The answer to a refresh request has no Cache-Control."""
    del reply.headers["Cache-Control"]


@fault("token-response:pragma-missing")
def token_pragma_missing(reply: Reply, _: Context) -> None:
    """The token response has no Pragma."""
    del reply.headers["Pragma"]


fault("token:access-token-missing", "The token response has no access_token.")(_omit("access_token"))
fault("token:type-missing", "The token response has no token_type.")(_omit("token_type"))
fault("token:expires-in-missing", "The token response has no expires_in.")(_omit("expires_in"))


@fault("token:access-token-guessable")
def access_token_guessable(token: Document, context: Context) -> None:
    """Access tokens are short and counted up."""
    token["access_token"] = f"{next(context.numbers):06}"


@fault("token:access-token-thin")
def access_token_thin(token: Document, context: Context) -> None:
    """Access tokens have 128 random bits, where 160 are recommended."""
    token["access_token"] = base64url(context.random_bytes(16))


@fault("token:access-token-counter")
def access_token_counted(token: Document, context: Context) -> None:
    """Access tokens are long and counted up."""
    token["access_token"] = f"access-token-of-the-assay-reference-issuer-{next(context.numbers):06}"


@fault("token:refresh-token-number")
def refresh_token_number(token: Document, _: Context) -> None:
    """The refresh_token is a number."""
    token["refresh_token"] = 42


@fault("token:scope-malformed")
def scope_malformed(token: Document, _: Context) -> None:
    """The scope has characters no scope token can have (RFC 6749 section 3.3)."""
    token["scope"] = 'identity "card"'


@fault("token:type-unknown")
def token_type_unknown(token: Document, _: Context) -> None:
    """The token_type is none anybody knows."""
    token["token_type"] = "assay"


@fault("token:expires-in-string")
def expires_in_string(token: Document, _: Context) -> None:
    """The expires_in is a string."""
    if "expires_in" in token:
        token["expires_in"] = str(token["expires_in"])


@fault("token:lifetime-long")
def lifetime_long(token: Document, _: Context) -> None:
    """The access token lives for a day."""
    token["expires_in"] = 86400


@fault("token:duplicate-key")
def token_duplicate_key(token: Document, _: Context) -> None:
    """The token response has a member twice."""
    token[Twin("token_type")] = token["token_type"]


@fault("token:authorization-details-empty")
def authorization_details_empty(token: Document, _: Context) -> None:
    """The authorization_details are an empty array."""
    if "authorization_details" in token:
        token["authorization_details"] = []


fault("token:authorization-details-missing", "The authorization_details that were asked for are not returned.")(
    _omit("authorization_details")
)


@fault("token:authorization-details-other")
def authorization_details_other(token: Document, context: Context) -> None:
    """The authorization_details are those of another configuration than was asked for."""
    for detail in token.get("authorization_details", []):
        detail["credential_configuration_id"] = next(
            name for name in context.variant.configurations if name != detail["credential_configuration_id"]
        )


def _details(token: Document) -> Iterator[Document]:
    yield from token.get("authorization_details", [])


@fault("token:authorization-details-type-missing")
def authorization_details_type_missing(token: Document, _: Context) -> None:
    """An authorization detail has no type."""
    for detail in _details(token):
        del detail["type"]


@fault("token:authorization-details-configuration-missing")
def authorization_details_configuration_missing(token: Document, _: Context) -> None:
    """An authorization detail has no credential_configuration_id."""
    for detail in _details(token):
        del detail["credential_configuration_id"]


@fault("token:identifiers-missing")
def identifiers_missing(token: Document, _: Context) -> None:
    """An authorization detail has no credential_identifiers."""
    for detail in _details(token):
        del detail["credential_identifiers"]


@fault("token:authorization-details-configuration-unknown")
def authorization_details_configuration_unknown(token: Document, _: Context) -> None:
    """An authorization detail names a configuration that is not in the metadata."""
    details = token.get("authorization_details", [])
    details += [
        {
            **detail,
            "credential_configuration_id": "unknown_credential",
            "credential_identifiers": ["unknown-dataset"],
        }
        for detail in details[:1]
    ]


@fault("token:identifiers-repeated")
def identifiers_repeated(token: Document, _: Context) -> None:
    """A Credential Identifier is named twice."""
    for detail in _details(token):
        detail["credential_identifiers"] *= 2


@fault("token:identifiers-unknown")
def identifiers_unknown(token: Document, _: Context) -> None:
    """The last Credential Identifier leads to no Credential Dataset."""
    for detail in _details(token):
        detail["credential_identifiers"].append("unknown-dataset")


@fault("token:identifiers-empty")
def identifiers_empty(token: Document, _: Context) -> None:
    """The credential_identifiers are an empty array."""
    for detail in _details(token):
        detail["credential_identifiers"] = []


# Nonce response


@fault("nonce-response:array")
def nonce_array(reply: Reply, _: Context) -> None:
    """The nonce response is an array instead of an object."""
    reply.body = [reply.body]


@fault("nonce:duplicate-key")
def nonce_duplicate_key(nonce: Document, _: Context) -> None:
    """The nonce response has a member twice."""
    nonce[Twin("c_nonce")] = nonce["c_nonce"]


@fault("nonce-response:cacheable")
def nonce_cacheable(reply: Reply, _: Context) -> None:
    """The nonce response has no Cache-Control."""
    del reply.headers["Cache-Control"]


fault("nonce:c-nonce-missing", "The nonce response has no c_nonce.")(_omit("c_nonce"))


@fault("nonce:c-nonce-number")
def c_nonce_number(nonce: Document, context: Context) -> None:
    """The c_nonce is a number."""
    nonce["c_nonce"] = int.from_bytes(context.random_bytes(6), "big")


@fault("nonce:c-nonce-empty")
def c_nonce_empty(nonce: Document, _: Context) -> None:
    """The c_nonce is empty."""
    nonce["c_nonce"] = ""


@fault("nonce:counter")
def nonce_counter(nonce: Document, context: Context) -> None:
    """The c_nonce counts up."""
    nonce["c_nonce"] = str(next(context.numbers))


@fault("nonce:counter-long")
def nonce_counter_long(nonce: Document, context: Context) -> None:
    """The c_nonce counts up behind a long constant."""
    nonce["c_nonce"] = f"assay-reference-issuer-nonce-{next(context.numbers):06}"


@fault("nonce:short")
def nonce_short(nonce: Document, _: Context) -> None:
    """The c_nonce has three characters."""
    nonce["c_nonce"] = nonce["c_nonce"][:3]


# Credential response


@fault("token-response:array")
def token_array(reply: Reply, _: Context) -> None:
    """The token response is an array instead of an object."""
    reply.body = [reply.body]


@fault("credential-response:array")
def credential_array(reply: Reply, _: Context) -> None:
    """The credential response is an array instead of an object."""
    reply.body = [reply.body]


@fault("credential:credential-null")
def credential_null(credential: Document, _: Context) -> None:
    """A credential is null."""
    for item in credential["credentials"]:
        item["credential"] = None


fault("credential:credentials-missing", "The credential response has no credentials.")(_omit("credentials"))


@fault("credential:credentials-empty")
def credentials_empty(credential: Document, _: Context) -> None:
    """The credentials are an empty array."""
    credential["credentials"] = []


@fault("credential:credentials-strings")
def credentials_strings(credential: Document, _: Context) -> None:
    """The credentials are strings instead of objects."""
    credential["credentials"] = [item["credential"] for item in credential["credentials"]]


@fault("credential:credential-member-missing")
def credential_member_missing(credential: Document, _: Context) -> None:
    """An element of credentials has no credential."""
    credential["credentials"] = [{"value": item["credential"]} for item in credential["credentials"]]


@fault("credential:credential-not-string")
def credential_not_string(credential: Document, _: Context) -> None:
    """A credential of format dc+sd-jwt is an object."""
    for item in credential["credentials"]:
        item["credential"] = {"sd_jwt": item["credential"]}


@fault("credential:credential-reencoded")
def credential_reencoded(credential: Document, _: Context) -> None:
    """A credential of format dc+sd-jwt is encoded once more (OpenID4VCI A.3.4)."""
    for item in credential["credentials"]:
        item["credential"] = base64url(item["credential"].encode("ascii"))


@fault("credential:credential-garbled")
def credential_garbled(credential: Document, _: Context) -> None:
    """A credential is a text that is no SD-JWT."""
    for item in credential["credentials"]:
        item["credential"] = "this is no credential"


@fault("credential:credential-json-serialized")
def credential_json_serialized(credential: Document, _: Context) -> None:
    """A credential is in the JWS JSON serialization (RFC 9901 section 8)."""
    for item in credential["credentials"]:
        jwt, *disclosures = item["credential"].split("~")
        protected, payload, signature = jwt.split(".")
        item["credential"] = json_text(
            {
                "header": {"disclosures": disclosures[:-1]},
                "payload": payload,
                "protected": protected,
                "signature": signature,
            }
        )


@fault("credential:batch-of-copies")
def batch_of_copies(credential: Document, _: Context) -> None:
    """The credentials of a batch are all the same."""
    credential["credentials"] = [credential["credentials"][0]] * len(credential["credentials"])


@fault("credential:formats-mixed")
def formats_mixed(credential: Document, _: Context) -> None:
    """The second credential of a batch is a JSON object."""
    for issued in credential["credentials"][1:]:
        issued["credential"] = {"jwt": issued["credential"]}


@fault("credential:first-key-only")
def first_key_only(credential: Document, _: Context) -> None:
    """There is a credential for the first key only."""
    del credential["credentials"][1:]


@fault("credential:two-for-one-key")
def two_for_one_key(credential: Document, _: Context) -> None:
    """There are two credentials for one key."""
    credential["credentials"] += copy.deepcopy(credential["credentials"][:1])


@fault("credential:transaction-id-too")
def transaction_id_too(credential: Document, _: Context) -> None:
    """The response has a transaction_id beside the credentials."""
    credential["transaction_id"] = "transaction-1"


@fault("credential:interval-too")
def interval_too(credential: Document, _: Context) -> None:
    """The response has an interval beside the credentials."""
    credential["interval"] = 5


@fault("credential:notification-id-number")
def notification_id_number(credential: Document, _: Context) -> None:
    """The notification_id is a number."""
    credential["notification_id"] = 42


@fault("credential:duplicate-key")
def credential_duplicate_key(credential: Document, _: Context) -> None:
    """The credential response has a member twice."""
    credential[Twin("credentials")] = credential["credentials"]


# Errors


def _beyond_ascii(error: Document, _: Context) -> None:
    error["error_description"] = 'Das war "ungültig".'


@fault("token-error:uri-charset")
def error_uri_charset(error: Document, context: Context) -> None:
    """The error_uri has characters that are not allowed."""
    error["error_uri"] = f'{context.issuer_url}/errors/"token request"'


@fault("credential-error:description-number")
def description_number(error: Document, _: Context) -> None:
    """The error_description is a number."""
    error["error_description"] = 42


@fault("credential-error:generic")
def generic(error: Document, _: Context) -> None:
    """An unknown configuration is refused with the generic error invalid_request."""
    if error["error"] == "unknown_credential_configuration":
        error["error"] = "invalid_request"


@fault("token-error:error-missing")
def grant_error_missing(error: Document, _: Context) -> None:
    """The refusal of a code has no error."""
    if error["error"] == "invalid_grant":
        del error["error"]


@fault("credential-error:error-missing")
def configuration_error_missing(error: Document, _: Context) -> None:
    """The refusal of an unknown configuration has no error."""
    if error["error"] == "unknown_credential_configuration":
        del error["error"]


for _document, _what in (("token-error", "token"), ("credential-error", "credential")):
    fault(
        f"{_document}:description-charset",
        f"The error_description of the {_what} error response has characters that are not allowed.",
    )(_beyond_ascii)
