"""Faults of the simulated services of Partisia."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import PRE_AUTHORIZED_CODE, Reply, Text
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc

if TYPE_CHECKING:
    from harness.vendors.partisia.documents import PlainHttp, WellKnownPost
    from harness.vendors.partisia.memory import Access

Document = dict[str, Any]
_ELSEWHERE = "https://elsewhere.assay.test"
_MILLISECONDS = 0.001
_NOT_FOUND = 404


def _without(document: str, member: str, identifier: str, description: str) -> None:
    def spoil(draft: Document, _: Context) -> None:
        draft.pop(member, None)

    fault(f"partisia-{document}:{identifier}", description)(spoil)


def _plain_http(document: str, member: str, identifier: str, description: str) -> None:
    def spoil(draft: Document, _: Context) -> None:
        draft[member] = draft[member].replace("https:", "http:", 1)

    fault(f"partisia-{document}:{identifier}", description)(spoil)


def _responses(document: str, what: str) -> None:
    """Register what can be wrong with how a document is sent."""

    def absent(reply: Reply, _: Context) -> None:
        reply.status, reply.body = _NOT_FOUND, {"error": "not_found"}

    def no_json(reply: Reply, _: Context) -> None:
        reply.body = Text(f"<p>{what}</p>")

    def media_type(reply: Reply, _: Context) -> None:
        reply.headers["Content-Type"] = "text/html"

    def array(reply: Reply, _: Context) -> None:
        reply.body = [reply.body]

    fault(f"partisia-{document}-response:absent", f"There is no {what}.")(absent)
    fault(f"partisia-{document}-response:no-json", f"The {what} is no JSON.")(no_json)
    fault(f"partisia-{document}-response:media-type", f"The {what} has the media type of a page.")(media_type)
    fault(f"partisia-{document}-response:array", f"The {what} is in an array.")(array)


def _cacheable(document: str, what: str) -> None:
    def spoil(reply: Reply, _: Context) -> None:
        reply.headers.pop("Cache-Control", None)

    fault(f"partisia-{document}-response:cacheable", f"The {what} may be cached.")(spoil)


# The offer

_responses("offer", "offer")
_without("offer", "credential_issuer", "issuer-missing", "The offer names no issuer.")
_without("offer", "credential_configuration_ids", "ids-missing", "The offer names no configurations.")
_without("offer", "grants", "grants-missing", "The offer has no grants.")
_plain_http("offer", "credential_issuer", "issuer-plain-http", "The issuer of the offer is plain http.")


@fault("partisia-offer:issuer-query")
def issuer_query(offer: Document, _: Context) -> None:
    """The issuer of the offer has a query."""
    offer["credential_issuer"] += "?tenant=1"


@fault("partisia-offer:issuer-slash")
def issuer_slash(offer: Document, _: Context) -> None:
    """The issuer of the offer ends with a slash, which that of the metadata does not have."""
    if not offer["credential_issuer"].endswith("/"):
        offer["credential_issuer"] += "/"


@fault("partisia-offer:ids-empty")
def ids_empty(offer: Document, _: Context) -> None:
    """The offer has an empty list of configurations."""
    offer["credential_configuration_ids"] = []


@fault("partisia-offer:ids-twice")
def ids_twice(offer: Document, _: Context) -> None:
    """The offer names a configuration twice."""
    offer["credential_configuration_ids"].append(offer["credential_configuration_ids"][0])


@fault("partisia-offer:ids-unknown")
def ids_unknown(offer: Document, _: Context) -> None:
    """The offer names a configuration that the metadata do not have."""
    offer["credential_configuration_ids"].append("02" + "0" * 40)


@fault("partisia-offer:other-grant")
def other_grant(offer: Document, _: Context) -> None:
    """The offer has no grant of a pre-authorized code."""
    offer["grants"] = {"authorization_code": {}}


@fault("partisia-offer:code-empty")
def code_empty(offer: Document, _: Context) -> None:
    """The pre-authorized code of the offer is empty."""
    offer["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"] = ""


@fault("partisia-offer:tx-code-text")
def tx_code_text(offer: Document, _: Context) -> None:
    """The tx_code of the offer is text instead of an object."""
    offer["grants"][PRE_AUTHORIZED_CODE]["tx_code"] = "numeric"


# The metadata of the issuer

_responses("metadata", "issuer metadata")
_without("metadata", "credential_issuer", "issuer-missing", "The metadata name no issuer.")
_without(
    "metadata", "credential_endpoint", "credential-endpoint-missing", "The metadata have no credential_endpoint."
)
_without("metadata", "nonce_endpoint", "nonce-endpoint-missing", "The metadata have no nonce_endpoint.")
_without("metadata", "authorization_servers", "servers-missing", "The metadata name no authorization server.")
_without(
    "metadata",
    "credential_configurations_supported",
    "configurations-missing",
    "The metadata have no configurations.",
)
_plain_http(
    "metadata", "credential_endpoint", "credential-endpoint-plain-http", "The credential_endpoint is plain http."
)
_plain_http("metadata", "nonce_endpoint", "nonce-endpoint-plain-http", "The nonce_endpoint is plain http.")


@fault("partisia-metadata:issuer-other")
def issuer_other(metadata: Document, _: Context) -> None:
    """The metadata are those of another issuer."""
    metadata["credential_issuer"] = _ELSEWHERE


@fault("partisia-metadata:servers-empty")
def servers_empty(metadata: Document, _: Context) -> None:
    """The list of authorization servers is empty."""
    metadata["authorization_servers"] = []


@fault("partisia-metadata:offered-missing")
def offered_missing(metadata: Document, _: Context) -> None:
    """The metadata lack the last configuration, which is offered."""
    configurations = metadata["credential_configurations_supported"]
    configurations.pop(list(configurations)[-1])


def _configurations(
    identifier: str, description: str
) -> Callable[[Callable[[Document], None]], Callable[[Document], None]]:
    """Register what can be wrong with every configuration."""

    def register(spoil_one: Callable[[Document], None]) -> Callable[[Document], None]:
        def spoil(metadata: Document, _: Context) -> None:
            for configuration in metadata["credential_configurations_supported"].values():
                spoil_one(configuration)

        fault(f"partisia-metadata:{identifier}", description)(spoil)
        return spoil_one

    return register


@_configurations("format-missing", "The configurations have no format.")
def _format_missing(configuration: Document) -> None:
    configuration.pop("format")


@_configurations("definition-missing", "The configurations have no credential_definition.")
def _definition_missing(configuration: Document) -> None:
    configuration.pop("credential_definition")


@_configurations("type-missing", "The configurations have no type.")
def _type_missing(configuration: Document) -> None:
    configuration["credential_definition"].pop("type")


@_configurations("context-missing", "The configurations have no @context.")
def _context_missing(configuration: Document) -> None:
    configuration["credential_definition"].pop("@context")


@_configurations("claims-in-definition", "The claims of the configurations stand in credentialSubject.")
def _claims_in_definition(configuration: Document) -> None:
    claims = configuration.pop("credential_metadata", {}).get("claims", [])
    named: Document = {claim["path"][-1]: {} for claim in claims}
    configuration["credential_definition"].setdefault("credentialSubject", named)


@_configurations("context-2-0", "The configurations have the context of version 2.0 of the data model.")
def _context_2_0(configuration: Document) -> None:
    configuration["credential_definition"]["@context"][0] = "https://www.w3.org/ns/credentials/v2"


@_configurations(
    "binding-missing", "The configurations have no binding methods and proof types, though a proof is needed."
)
def _binding_missing(configuration: Document) -> None:
    configuration.pop("cryptographic_binding_methods_supported", None)
    configuration.pop("proof_types_supported", None)


# The metadata of the authorization server

_responses("server-metadata", "server metadata")
_without("server-metadata", "issuer", "issuer-missing", "The server's metadata name no issuer.")
_without(
    "server-metadata", "token_endpoint", "token-endpoint-missing", "The server's metadata have no token_endpoint."
)
_without(
    "server-metadata",
    "pre-authorized_grant_anonymous_access_supported",
    "anonymous-access-missing",
    "The server's metadata do not announce anonymous access.",
)
_plain_http("server-metadata", "token_endpoint", "token-endpoint-plain-http", "The token_endpoint is plain http.")


@fault("partisia-server-metadata:issuer-other")
def server_issuer_other(metadata: Document, _: Context) -> None:
    """The server's metadata are those of another server."""
    metadata["issuer"] = _ELSEWHERE


@fault("partisia-well-known-post:token")
def well_known_post(posted: WellKnownPost, _: Context) -> None:
    """A token request to the server's metadata brings a token."""
    posted.gives_token = True


# The token

_responses("token", "token response")
_cacheable("token", "token response")
_without("token", "access_token", "access-token-missing", "The token response has no access_token.")
_without("token", "token_type", "type-missing", "The token response has no token_type.")
_without("token", "expires_in", "expires-in-missing", "The token response has no expires_in.")


@fault("partisia-token:type-other")
def type_other(token: Document, _: Context) -> None:
    """The token type is mac."""
    token["token_type"] = "mac"


@fault("partisia-token:expires-in-text")
def expires_in_text(token: Document, _: Context) -> None:
    """The expires_in is text."""
    token["expires_in"] = str(token["expires_in"])


@fault("partisia-access:milliseconds")
def milliseconds(access: Access, context: Context) -> None:
    """The token lives for as many milliseconds as expires_in says."""
    now = context.clock()
    access.expires_at = now + (access.expires_at - now) * _MILLISECONDS


@fault("partisia-access:endless")
def endless(access: Access, _: Context) -> None:
    """The token does not expire."""
    access.expires_at = float("inf")


# The nonce

_responses("nonce", "nonce response")
_cacheable("nonce", "nonce response")
_without("nonce", "c_nonce", "missing", "The nonce response has no c_nonce.")


@fault("partisia-nonce:constant")
def nonce_constant(nonce: Document, _: Context) -> None:
    """The nonce is always the same."""
    nonce["c_nonce"] = "AAAAAAAAAAAAAAAAAAAAAA=="


@fault("partisia-nonce:number")
def nonce_number(nonce: Document, context: Context) -> None:
    """The nonce is a number."""
    nonce["c_nonce"] = next(context.numbers)


# The credential response

_responses("credentials", "credential response")
_without("credentials", "credentials", "missing", "The credential response has no credentials.")


@fault("partisia-credentials:empty")
def credentials_empty(answer: Document, _: Context) -> None:
    """The credential response has no credential in its list."""
    answer["credentials"] = []


@fault("partisia-credentials:singular")
def credentials_singular(answer: Document, _: Context) -> None:
    """The credential response has the credential in credential instead of credentials."""
    answer["credential"] = answer.pop("credentials")[0]["credential"]


@fault("partisia-credentials:deferred")
def credentials_deferred(answer: Document, context: Context) -> None:
    """The credential response puts the wallet off instead of bringing a credential."""
    answer.pop("credentials")
    answer |= {"transaction_id": context.secret(), "interval": 5}


@fault("partisia-credentials:strings")
def credentials_strings(answer: Document, _: Context) -> None:
    """The credentials stand in the list without an object around them."""
    answer["credentials"] = [item["credential"] for item in answer["credentials"]]


# An error of the credential endpoint


@fault("partisia-error:earlier-name")
def error_earlier_name(error: Document, _: Context) -> None:
    """An unknown configuration is told by the error of draft 15."""
    if error["error"] == "unknown_credential_configuration":
        error["error"] = "unsupported_credential_type"


# The credential


@fault("partisia-credential:unsigned")
def unsigned(draft: JwtVc, _: Context) -> None:
    """The credential is not signed."""
    draft.key = None


@fault("partisia-credential:other-key")
def other_key(draft: JwtVc, _: Context) -> None:
    """The credential is signed with a key that is not the issuer's."""
    draft.key = keys.stranger_key("ES256")


@fault("partisia-credential:type-other")
def credential_type(draft: JwtVc, _: Context) -> None:
    """The credential is of the type that the example of the page has."""
    draft.document["type"] = ["VerifiableCredential", "UniversityDegreeCredential"]


@fault("partisia-credential:context-other")
def credential_context(draft: JwtVc, _: Context) -> None:
    """The credential begins with a context that the metadata do not have."""
    draft.document["@context"][0] = "https://credentials.assay.test/context"


@fault("partisia-credential:claim-missing")
def claim_missing(draft: JwtVc, _: Context) -> None:
    """The credential lacks a claim of the dataset."""
    draft.document["credentialSubject"].pop("last_name")


@fault("partisia-credential:claim-other")
def claim_other(draft: JwtVc, _: Context) -> None:
    """A claim of the credential is not that of the dataset."""
    draft.document["credentialSubject"]["first_name"] = "Zebedee"


@fault("partisia-credential:claim-further")
def claim_further(draft: JwtVc, _: Context) -> None:
    """The credential has a claim that the metadata do not describe."""
    draft.document["credentialSubject"]["nickname"] = "Fritz"


@fault("partisia-credential:unbound")
def unbound(draft: JwtVc, _: Context) -> None:
    """The credential is bound to no key."""
    draft.payload.pop("cnf", None)
    draft.payload.pop("sub", None)
    draft.document["credentialSubject"].pop("id", None)


@fault("partisia-credential:bound-to-other")
def bound_to_other(draft: JwtVc, _: Context) -> None:
    """The credential is bound to a key that the wallet did not prove."""
    stranger = keys.stranger_key("ES256")
    unbound(draft, _)
    draft.payload["cnf"] = {"jwk": stranger.jwk.export_public(as_dict=True)}


# Without TLS


@fault("partisia-plain-http:answered")
def plain_http_answered(plain: PlainHttp, _: Context) -> None:
    """Requests that come without TLS are answered."""
    plain.answer = "answered"
