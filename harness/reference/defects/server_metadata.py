"""Faults of the Authorization Server metadata (RFC 8414) and of the JWT VC Issuer Metadata (SD-JWT VC 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import (
    PRE_AUTHORIZED_CODE,
    PlacedReply,
    Reply,
    WellKnownReply,
    credential_keys,
)
from harness.reference.encoding import Twin
from harness.reference.faults import fault

Metadata = dict[str, Any]


@fault("as-metadata-response:content-type")
def response_content_type(reply: Reply, _: Context) -> None:
    """The Authorization Server metadata are served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("as-metadata-response:only-openid-configuration")
def only_openid_configuration(reply: WellKnownReply, _: Context) -> None:
    """The Authorization Server metadata are found at openid-configuration only."""
    reply.name = "openid-configuration"


@fault("as-metadata-response:status-201")
def response_status(reply: Reply, _: Context) -> None:
    """The Authorization Server metadata are served with status 201."""
    reply.status = 201


@fault("as-metadata-response:array")
def response_array(reply: Reply, _: Context) -> None:
    """The Authorization Server metadata are an array instead of an object."""
    reply.body = [reply.body]


@fault("as-metadata-response:empty-object")
def response_empty_object(reply: Reply, _: Context) -> None:
    """The Authorization Server metadata are an object without members."""
    reply.body = {}


@fault("as-metadata:issuer-missing")
def issuer_missing(metadata: Metadata, _: Context) -> None:
    """The Authorization Server metadata have no issuer."""
    del metadata["issuer"]


@fault("as-metadata:issuer-other")
def issuer_other(metadata: Metadata, _: Context) -> None:
    """The issuer has a slash at the end that the identifier has not."""
    metadata["issuer"] += "/"


@fault("as-metadata:issuer-query")
def issuer_query(metadata: Metadata, _: Context) -> None:
    """The issuer has a query."""
    metadata["issuer"] += "?tenant=assay"


@fault("as-metadata:token-endpoint-missing")
def token_endpoint_missing(metadata: Metadata, _: Context) -> None:
    """The Authorization Server metadata have no token_endpoint."""
    del metadata["token_endpoint"]


@fault("as-metadata:token-endpoint-http")
def token_endpoint_http(metadata: Metadata, _: Context) -> None:
    """The token_endpoint has the scheme http."""
    metadata["token_endpoint"] = metadata["token_endpoint"].replace("https:", "http:", 1)


@fault("as-metadata:token-endpoint-fragment")
def token_endpoint_fragment(metadata: Metadata, _: Context) -> None:
    """The token_endpoint has a fragment."""
    metadata["token_endpoint"] += "#assay"


@fault("as-metadata:grant-missing")
def grant_missing(metadata: Metadata, _: Context) -> None:
    """The grant_types_supported lack the grant type of the offer."""
    metadata["grant_types_supported"] = ["refresh_token"]


@fault("as-metadata:grant-types-string")
def grant_types_string(metadata: Metadata, _: Context) -> None:
    """The grant_types_supported are a string."""
    metadata["grant_types_supported"] = PRE_AUTHORIZED_CODE


@fault("as-metadata:anonymous-string")
def anonymous_string(metadata: Metadata, _: Context) -> None:
    """The pre-authorized_grant_anonymous_access_supported is a string."""
    metadata["pre-authorized_grant_anonymous_access_supported"] = "true"


@fault("as-metadata:anonymous-announced")
def anonymous_announced(metadata: Metadata, _: Context) -> None:
    """Anonymous access is announced, whether it is given or not."""
    metadata["pre-authorized_grant_anonymous_access_supported"] = True


@fault("as-metadata:anonymous-unannounced")
def anonymous_unannounced(metadata: Metadata, _: Context) -> None:
    """Anonymous access is given but not announced."""
    metadata.pop("pre-authorized_grant_anonymous_access_supported", None)


@fault("as-metadata:empty-array")
def empty_array(metadata: Metadata, _: Context) -> None:
    """A member of the Authorization Server metadata is an empty array."""
    metadata["scopes_supported"] = []


@fault("as-metadata:nothing-said")
def nothing_said(metadata: Metadata, _: Context) -> None:
    """The metadata have neither response_types_supported nor the grant_types_supported that excuse it."""
    metadata.pop("grant_types_supported")
    metadata.pop("response_types_supported", None)


@fault("as-metadata:jwks-uri-http")
def jwks_uri_http(metadata: Metadata, _: Context) -> None:
    """The jwks_uri has the scheme http."""
    if "jwks_uri" in metadata:
        metadata["jwks_uri"] = metadata["jwks_uri"].replace("https:", "http:", 1)


@fault("as-jwks:keys-missing")
def key_set_missing(document: Metadata, _: Context) -> None:
    """The jwks_uri leads to a document that is no JWK Set."""
    del document["keys"]


@fault("as-jwks:use-missing")
def key_use_missing(document: Metadata, _: Context) -> None:
    """A third key beside those for signing and for encryption does not say its use."""
    document["keys"].append({name: value for name, value in document["keys"][0].items() if name != "use"})


@fault("as-metadata:duplicate-key")
def duplicate_key(metadata: Metadata, _: Context) -> None:
    """The Authorization Server metadata have a member twice."""
    metadata[Twin("token_endpoint")] = metadata["token_endpoint"]


@fault("jwt-vc-issuer-response:content-type")
def key_response_content_type(reply: Reply, _: Context) -> None:
    """The JWT VC Issuer Metadata are served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("jwt-vc-issuer-response:status-201")
def key_response_status(reply: Reply, _: Context) -> None:
    """The JWT VC Issuer Metadata are served with status 201."""
    reply.status = 201


@fault("jwt-vc-issuer-response:redirect-http")
def issuer_metadata_redirected(reply: Reply, context: Context) -> None:
    """The JWT VC Issuer Metadata are redirected to plain http."""
    reply.status, reply.body = 302, None
    reply.headers["Location"] = f"http://{urlsplit(context.issuer_url).netloc}/jwt-vc-issuer"


@fault("jwt-vc-issuer:issuer-missing")
def key_issuer_missing(metadata: Metadata, _: Context) -> None:
    """The JWT VC Issuer Metadata have no issuer."""
    del metadata["issuer"]


@fault("jwt-vc-issuer:issuer-other")
def key_issuer_other(metadata: Metadata, _: Context) -> None:
    """The issuer of the JWT VC Issuer Metadata is not the iss of the credentials."""
    metadata["issuer"] += "/"


@fault("jwt-vc-issuer:keys-missing")
def keys_missing(metadata: Metadata, _: Context) -> None:
    """The JWT VC Issuer Metadata have neither jwks nor jwks_uri."""
    metadata.pop("jwks", None)
    metadata.pop("jwks_uri", None)


@fault("jwt-vc-issuer:keys-twice")
def keys_twice(metadata: Metadata, context: Context) -> None:
    """The JWT VC Issuer Metadata have both jwks and jwks_uri."""
    metadata |= {"jwks_uri": f"{context.issuer_url}/credential-keys", "jwks": credential_keys()}


@fault("jwt-vc-issuer:keys-malformed")
def keys_malformed(metadata: Metadata, _: Context) -> None:
    """The jwks are an array instead of a JWK Set."""
    if "jwks" in metadata:
        metadata["jwks"] = metadata["jwks"]["keys"]


@fault("jwt-vc-issuer:key-private")
def key_private(metadata: Metadata, context: Context) -> None:
    """The jwks contain a private key."""
    algorithm = context.variant.signing_algorithm
    kid = keys.issuer_key(algorithm).kid
    stranger = keys.stranger_key(algorithm).jwk.export_private(as_dict=True)
    for key in metadata.get("jwks", {"keys": []})["keys"]:
        if key["kid"] == kid:
            # Not the key's own d: a fault must not give away what signs the other tests' credentials.
            key["d"] = stranger["d"]


@fault("jwt-vc-issuer:key-unknown")
def key_unknown(metadata: Metadata, context: Context) -> None:
    """The jwks lack the key that signs the credentials."""
    kid = keys.issuer_key(context.variant.signing_algorithm).kid
    if "jwks" in metadata:
        metadata["jwks"]["keys"] = [key for key in metadata["jwks"]["keys"] if key["kid"] != kid]


@fault("jwt-vc-issuer:keys-uri-dead")
def keys_uri_dead(metadata: Metadata, _: Context) -> None:
    """The jwks_uri leads nowhere."""
    if "jwks_uri" in metadata:
        metadata["jwks_uri"] += "/nowhere"


@fault("jwt-vc-issuer-response:array")
def key_response_array(reply: Reply, _: Context) -> None:
    """The JWT VC Issuer Metadata are in an array."""
    reply.body = [reply.body]


@fault("jwt-vc-issuer-response:appended")
def key_response_appended(reply: PlacedReply, context: Context) -> None:
    """The JWT VC Issuer Metadata are found where the well-known name is appended to the issuer's identifier."""
    reply.appended = context.variant.path != ""


@fault("credential-keys:array")
def credential_keys_array(document: dict[str, Any], _: Context) -> None:
    """The key set has an object instead of an array as its keys."""
    document["keys"] = {key["kid"]: key for key in document["keys"]}


def _with(name: str, value: Any) -> Callable[[Metadata, Context], None]:
    return lambda metadata, _: metadata.__setitem__(name, value)


for _defect, _member, _value, _told in (
    ("authorization-endpoint-text", "authorization_endpoint", "authorize", "is no URL"),
    ("response-modes-without-query", "response_modes_supported", ["form_post"], "lack query"),
    ("par-endpoint-number", "pushed_authorization_request_endpoint", 42, "is a number"),
    ("bound-tokens-string", "tls_client_certificate_bound_access_tokens", "true", "is a string"),
    ("details-types-number", "authorization_details_types_supported", ["openid_credential", 42], "have a number"),
    ("auth-methods-number", "token_endpoint_auth_methods_supported", ["none", 42], "have a number"),
    ("auth-methods-secrets", "token_endpoint_auth_methods_supported", ["client_secret_basic"], "are secrets only"),
    (
        "assertion-algs-without-rs256",
        "token_endpoint_auth_signing_alg_values_supported",
        ["ES256", "ES384"],
        "lack RS256",
    ),
    (
        "attestation-algs-string",
        "client_attestation_signing_alg_values_supported",
        "ES256",
        "are a string",
    ),
    ("challenge-endpoint-text", "challenge_endpoint", "challenge", "is no URL"),
    ("mtls-aliases-array", "mtls_endpoint_aliases", ["token_endpoint"], "are an array"),
    ("mtls-alias-number", "mtls_endpoint_aliases", {"token_endpoint": 42}, "have a number"),
    ("dpop-algs-unknown", "dpop_signing_alg_values_supported", ["ES384", "ES256", "X"], "have an unknown name"),
):
    fault(f"as-metadata:{_defect}", f"The {_member} {_told}.")(_with(_member, _value))


@fault("as-metadata:details-types-missing")
def details_types_missing(metadata: Metadata, _: Context) -> None:
    """The metadata do not say that authorization_details of this specification are supported."""
    metadata.pop("authorization_details_types_supported", None)


@fault("as-metadata:password-grant")
def password_grant(metadata: Metadata, _: Context) -> None:
    """The grant_types_supported have password besides."""
    metadata["grant_types_supported"].append("password")


@fault("as-metadata:implicit-response")
def implicit_response(metadata: Metadata, _: Context) -> None:
    """The response_types_supported have one that brings an Access Token."""
    metadata.setdefault("response_types_supported", []).append("code token")
