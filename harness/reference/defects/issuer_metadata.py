"""Faults of the Credential Issuer Metadata (OpenID4VCI 12.2, A.3, B.2).

A configuration that is spoiled is the loyalty card, so that the identity credential can still be issued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.encoding import Twin
from harness.reference.faults import fault

Metadata = dict[str, Any]
SPOILED = "loyalty_card"


def _card(metadata: Metadata) -> dict[str, Any]:
    card: dict[str, Any] = metadata["credential_configurations_supported"][SPOILED]
    return card


def _proof_type(metadata: Metadata) -> Iterator[dict[str, Any]]:
    """Give the first proof type where credentials are bound to keys."""
    if "proof_types_supported" in _card(metadata):
        yield next(iter(_card(metadata)["proof_types_supported"].values()))


def _usage(metadata: Metadata) -> Iterator[dict[str, Any]]:
    """Give the credential_metadata where documents carry optional members."""
    if "credential_metadata" in _card(metadata):
        yield _card(metadata)["credential_metadata"]


def _http(url: str) -> str:
    return url.replace("https:", "http:", 1)


# The HTTP response


@fault("metadata-response:content-type")
def response_content_type(reply: Reply, _: Context) -> None:
    """The metadata are served as text/plain."""
    reply.headers["Content-Type"] = "text/plain"


@fault("metadata-response:status-201")
def response_status(reply: Reply, _: Context) -> None:
    """The metadata are served with status 201."""
    reply.status = 201


@fault("metadata-response:content-language-malformed")
def response_content_language(reply: Reply, _: Context) -> None:
    """The Content-Language is no language tag."""
    reply.headers["Content-Language"] = "english_UK!"


# The issuer


@fault("metadata:issuer-missing")
def issuer_missing(metadata: Metadata, _: Context) -> None:
    """The metadata have no credential_issuer."""
    del metadata["credential_issuer"]


@fault("metadata:issuer-other")
def issuer_other(metadata: Metadata, _: Context) -> None:
    """The credential_issuer has a slash at the end that the identifier has not."""
    metadata["credential_issuer"] += "/"


@fault("metadata:issuer-http")
def issuer_http(metadata: Metadata, _: Context) -> None:
    """The credential_issuer has the scheme http."""
    metadata["credential_issuer"] = _http(metadata["credential_issuer"])


@fault("metadata:issuer-query")
def issuer_query(metadata: Metadata, _: Context) -> None:
    """The credential_issuer has a query."""
    metadata["credential_issuer"] += "?tenant=assay"


@fault("metadata:credential-endpoint-missing")
def credential_endpoint_missing(metadata: Metadata, _: Context) -> None:
    """The metadata have no credential_endpoint."""
    del metadata["credential_endpoint"]


@fault("metadata:credential-endpoint-http")
def credential_endpoint_http(metadata: Metadata, _: Context) -> None:
    """The credential_endpoint has the scheme http."""
    metadata["credential_endpoint"] = _http(metadata["credential_endpoint"])


@fault("metadata:nonce-endpoint-missing")
def nonce_endpoint_missing(metadata: Metadata, _: Context) -> None:
    """The metadata have no nonce_endpoint though proofs need a nonce."""
    metadata.pop("nonce_endpoint", None)


@fault("metadata:deferred-endpoint-http")
def deferred_endpoint_http(metadata: Metadata, context: Context) -> None:
    """The deferred_credential_endpoint has the scheme http."""
    metadata["deferred_credential_endpoint"] = _http(f"{context.issuer_url}/deferred")


@fault("metadata:notification-endpoint-http")
def notification_endpoint_http(metadata: Metadata, context: Context) -> None:
    """The notification_endpoint has the scheme http."""
    metadata["notification_endpoint"] = _http(f"{context.issuer_url}/notification")


@fault("metadata:nonce-endpoint-http")
def nonce_endpoint_http(metadata: Metadata, _: Context) -> None:
    """The nonce_endpoint has the scheme http."""
    if "nonce_endpoint" in metadata:
        metadata["nonce_endpoint"] = _http(metadata["nonce_endpoint"])


@fault("metadata:authorization-servers-empty")
def authorization_servers_empty(metadata: Metadata, _: Context) -> None:
    """The authorization_servers are an empty array."""
    metadata["authorization_servers"] = []


@fault("metadata:authorization-servers-string")
def authorization_servers_string(metadata: Metadata, context: Context) -> None:
    """The authorization_servers are a string."""
    metadata["authorization_servers"] = context.authorization_server_url


@fault("metadata:authorization-servers-query")
def authorization_servers_query(metadata: Metadata, context: Context) -> None:
    """The identifier of a further Authorization Server has a query."""
    servers = metadata.setdefault("authorization_servers", [context.authorization_server_url])
    servers.append(f"{context.authorization_server_url}?tenant=assay")


@fault("metadata:batch-size-one")
def batch_size_one(metadata: Metadata, _: Context) -> None:
    """The batch_size is 1."""
    metadata["batch_credential_issuance"] = {"batch_size": 1}


@fault("metadata:batch-size-missing")
def batch_size_missing(metadata: Metadata, _: Context) -> None:
    """Batch issuance is announced without a batch_size."""
    metadata["batch_credential_issuance"] = {}


@fault("metadata:display-empty")
def display_empty(metadata: Metadata, _: Context) -> None:
    """The display of the issuer is an empty array."""
    metadata["display"] = []


@fault("metadata:display-name-number")
def display_name_number(metadata: Metadata, _: Context) -> None:
    """The name of the issuer is a number."""
    if "display" in metadata:
        metadata["display"][0]["name"] = 42


@fault("metadata:display-locale-twice")
def display_locale_twice(metadata: Metadata, _: Context) -> None:
    """The issuer has two displays for one language."""
    if "display" in metadata:
        metadata["display"][1]["locale"] = metadata["display"][0]["locale"]


@fault("metadata:display-locale-malformed")
def display_locale_malformed(metadata: Metadata, _: Context) -> None:
    """A locale is no language tag."""
    if "display" in metadata:
        metadata["display"][0]["locale"] = "english_UK!"


@fault("metadata:logo-without-uri")
def logo_without_uri(metadata: Metadata, _: Context) -> None:
    """The logo of the issuer has no uri."""
    if "display" in metadata:
        del metadata["display"][0]["logo"]["uri"]


@fault("metadata:duplicate-key")
def duplicate_key(metadata: Metadata, _: Context) -> None:
    """The metadata have a member twice."""
    metadata[Twin("credential_endpoint")] = metadata["credential_endpoint"]


# Credential Configurations


@fault("metadata:configurations-missing")
def configurations_missing(metadata: Metadata, _: Context) -> None:
    """The metadata have no credential_configurations_supported."""
    del metadata["credential_configurations_supported"]


@fault("metadata:configurations-array")
def configurations_array(metadata: Metadata, _: Context) -> None:
    """The credential_configurations_supported are an array."""
    supported = metadata["credential_configurations_supported"]
    metadata["credential_configurations_supported"] = list(supported.values())


@fault("metadata:format-missing")
def format_missing(metadata: Metadata, _: Context) -> None:
    """A configuration has no format."""
    del _card(metadata)["format"]


@fault("metadata:format-number")
def format_number(metadata: Metadata, _: Context) -> None:
    """The format of a configuration is a number."""
    _card(metadata)["format"] = 42


@fault("metadata:format-earlier-draft")
def format_earlier_draft(metadata: Metadata, _: Context) -> None:
    """A configuration has the format that earlier drafts had for SD-JWT VCs."""
    _card(metadata)["format"] = "vc+sd-jwt"


@fault("metadata:vct-number")
def vct_number(metadata: Metadata, _: Context) -> None:
    """The vct of a configuration is a number."""
    _card(metadata)["vct"] = 42


@fault("metadata:vct-missing")
def vct_missing(metadata: Metadata, _: Context) -> None:
    """A configuration of format dc+sd-jwt has no vct."""
    del _card(metadata)["vct"]


@fault("metadata:scope-malformed")
def scope_malformed(metadata: Metadata, _: Context) -> None:
    """A scope has characters no scope token can have (RFC 6749 section 3.3)."""
    if "scope" in _card(metadata):
        _card(metadata)["scope"] = 'loyalty "card"'


@fault("metadata:credential-algs-empty")
def credential_algs_empty(metadata: Metadata, _: Context) -> None:
    """The credential_signing_alg_values_supported are an empty array."""
    _card(metadata)["credential_signing_alg_values_supported"] = []


@fault("metadata:credential-algs-unknown")
def credential_algs_unknown(metadata: Metadata, _: Context) -> None:
    """The credential_signing_alg_values_supported name an algorithm nobody registered."""
    _card(metadata).setdefault("credential_signing_alg_values_supported", []).append("X-256")


@fault("metadata:binding-methods-empty")
def binding_methods_empty(metadata: Metadata, _: Context) -> None:
    """The cryptographic_binding_methods_supported are an empty array."""
    _card(metadata)["cryptographic_binding_methods_supported"] = []


@fault("metadata:binding-method-did-syntax")
def binding_method_did_syntax(metadata: Metadata, _: Context) -> None:
    """A binding method is a whole DID instead of a DID method."""
    methods = _card(metadata).get("cryptographic_binding_methods_supported")
    if methods is not None:
        methods.append("did:key:z6Mk")


@fault("metadata:proof-types-without-binding")
def proof_types_without_binding(metadata: Metadata, _: Context) -> None:
    """A configuration has proof_types_supported but no binding methods."""
    _card(metadata).pop("cryptographic_binding_methods_supported", None)


@fault("metadata:binding-without-proof-types")
def binding_without_proof_types(metadata: Metadata, _: Context) -> None:
    """A configuration has binding methods but no proof_types_supported."""
    _card(metadata).pop("proof_types_supported", None)


@fault("metadata:proof-types-array")
def proof_types_array(metadata: Metadata, _: Context) -> None:
    """The proof_types_supported are an array instead of an object."""
    if "proof_types_supported" in _card(metadata):
        _card(metadata)["proof_types_supported"] = ["jwt"]


@fault("metadata:proof-algs-numbers")
def proof_algs_numbers(metadata: Metadata, _: Context) -> None:
    """The proof_signing_alg_values_supported have a COSE number."""
    for proof_type in _proof_type(metadata):
        proof_type["proof_signing_alg_values_supported"].append(-7)


@fault("metadata:proof-algs-missing")
def proof_algs_missing(metadata: Metadata, _: Context) -> None:
    """A proof type has no proof_signing_alg_values_supported."""
    for proof_type in _proof_type(metadata):
        del proof_type["proof_signing_alg_values_supported"]


@fault("metadata:proof-algs-empty")
def proof_algs_empty(metadata: Metadata, _: Context) -> None:
    """The proof_signing_alg_values_supported are an empty array."""
    for proof_type in _proof_type(metadata):
        proof_type["proof_signing_alg_values_supported"] = []


@fault("metadata:proof-algs-none")
def proof_algs_none(metadata: Metadata, _: Context) -> None:
    """The proof_signing_alg_values_supported name none."""
    for proof_type in _proof_type(metadata):
        proof_type["proof_signing_alg_values_supported"].append("none")


@fault("metadata:proof-algs-symmetric")
def proof_algs_symmetric(metadata: Metadata, _: Context) -> None:
    """The proof_signing_alg_values_supported name a symmetric algorithm."""
    for proof_type in _proof_type(metadata):
        proof_type["proof_signing_alg_values_supported"].append("HS256")


@fault("metadata:proof-algs-unknown")
def proof_algs_unknown(metadata: Metadata, _: Context) -> None:
    """The proof_signing_alg_values_supported name an algorithm nobody registered."""
    for proof_type in _proof_type(metadata):
        proof_type["proof_signing_alg_values_supported"].append("X-256")


@fault("metadata:proof-types-empty")
def proof_types_empty(metadata: Metadata, _: Context) -> None:
    """The proof_types_supported are an empty object."""
    if "proof_types_supported" in _card(metadata):
        _card(metadata)["proof_types_supported"] = {}


for _kind in ("attestation", "di_vp"):
    for _defect, _value, _told in (
        ("numbers", -7, "have a COSE number"),
        ("unknown", "X-256", "name an algorithm nobody registered"),
        ("none", "none", "name none"),
        ("symmetric", "HS256", "name a symmetric algorithm"),
    ):

        @fault(
            f"metadata:{_kind.replace('_', '-')}-algs-{_defect}",
            f"The proof_signing_alg_values_supported of the proof type {_kind} {_told}.",
        )
        def _other_proof_algs(metadata: Metadata, _: Context, kind: str = _kind, value: Any = _value) -> None:
            types = _card(metadata).get("proof_types_supported", {})
            if kind in types:
                types[kind]["proof_signing_alg_values_supported"].append(value)


@fault("metadata:key-attestations-array")
def key_attestations_array(metadata: Metadata, _: Context) -> None:
    """The key_attestations_required are an array instead of an object."""
    for proof_type in _proof_type(metadata):
        proof_type["key_attestations_required"] = []


@fault("metadata:key-attestations-empty-storage")
def key_attestations_empty_storage(metadata: Metadata, _: Context) -> None:
    """The key_storage of key_attestations_required is an empty array."""
    for proof_type in _proof_type(metadata):
        proof_type["key_attestations_required"] = {"key_storage": []}


@fault("metadata:key-attestation-level-invented")
def key_attestation_level_invented(metadata: Metadata, _: Context) -> None:
    """The key_storage of key_attestations_required names a level of ISO 18045 that there is not."""
    for proof_type in _proof_type(metadata):
        proof_type.get("key_attestations_required", {}).get("key_storage", []).append("iso_18045_very-high")


# Configurations of other formats


def _definition_without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda configuration: configuration["credential_definition"].__delitem__(name)


def _definition_with(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda configuration: configuration["credential_definition"].__setitem__(name, value)


def _algorithms(*values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda configuration: configuration.update(credential_signing_alg_values_supported=list(values))


_OTHER_FORMATS: dict[str, tuple[str, dict[str, tuple[str, Callable[[dict[str, Any]], None]]]]] = {
    name: (
        configuration,
        {
            "definition-missing": ("has no credential_definition", lambda item: item.pop("credential_definition")),
            "definition-array": (
                "has an array as its credential_definition",
                lambda item: item.update(credential_definition=[item["credential_definition"]]),
            ),
            "type-missing": ("has no type", _definition_without("type")),
            "type-string": ("has a string as its type", _definition_with("type", "IdentityCredential")),
            "context-missing": ("has no @context", _definition_without("@context")),
            "context-string": ("has a string as its @context", _definition_with("@context", "https://w3.org")),
            "algs-unknown": ("has an algorithm nobody registered", _algorithms("X-256")),
        },
    )
    for name, configuration in (
        ("jwt-vc", "loyalty_jwt_vc"),
        ("jwt-vc-ld", "loyalty_jwt_vc_ld"),
        ("ldp-vc", "loyalty_ldp_vc"),
    )
} | {
    "mdoc": (
        "pid_mdoc",
        {
            "doctype-missing": ("has no doctype", lambda item: item.pop("doctype")),
            "doctype-number": ("has a number as its doctype", lambda item: item.update(doctype=42)),
            "algs-names": ("has algorithms of JOSE", _algorithms("ES256")),
            "path-short": (
                "has a claims path without a namespace",
                lambda item: item["credential_metadata"]["claims"].append({"path": ["given_name"]}),
            ),
        },
    )
}
for _format, (_name, _defects) in _OTHER_FORMATS.items():
    for _defect, (_told, _change) in _defects.items():
        if _format == "jwt-vc" and _defect.startswith("context"):
            continue

        @fault(f"metadata:{_format}-{_defect}", f"The configuration {_name} {_told}.")
        def _other_format(
            metadata: Metadata,
            _: Context,
            name: str = _name,
            change: Callable[[dict[str, Any]], Any] = _change,
        ) -> None:
            if name in metadata["credential_configurations_supported"]:
                change(metadata["credential_configurations_supported"][name])


# Display of credentials


@fault("metadata:credential-metadata-array")
def credential_metadata_array(metadata: Metadata, _: Context) -> None:
    """The credential_metadata are an array instead of an object."""
    for usage in _usage(metadata):
        _card(metadata)["credential_metadata"] = [usage]


@fault("metadata:credential-display-empty")
def credential_display_empty(metadata: Metadata, _: Context) -> None:
    """The display of a credential is an empty array."""
    for usage in _usage(metadata):
        usage["display"] = []


@fault("metadata:credential-display-name-missing")
def credential_display_name_missing(metadata: Metadata, _: Context) -> None:
    """A display of a credential has no name."""
    for usage in _usage(metadata):
        del usage["display"][0]["name"]


@fault("metadata:credential-display-locale-twice")
def credential_display_locale_twice(metadata: Metadata, _: Context) -> None:
    """A credential has two displays for one language."""
    for usage in _usage(metadata):
        usage["display"][1]["locale"] = usage["display"][0]["locale"]


@fault("metadata:credential-display-locale-malformed")
def credential_display_locale_malformed(metadata: Metadata, _: Context) -> None:
    """A locale of a credential's display is no language tag."""
    for usage in _usage(metadata):
        usage["display"][0]["locale"] = "english_UK!"


@fault("metadata:credential-display-description-number")
def credential_display_description_number(metadata: Metadata, _: Context) -> None:
    """The description of a credential is a number."""
    for usage in _usage(metadata):
        usage["display"][0]["description"] = 42


@fault("metadata:background-color-named")
def background_color_named(metadata: Metadata, _: Context) -> None:
    """The background color of a credential is a name instead of numbers."""
    for usage in _usage(metadata):
        usage["display"][0]["background_color"] = "red"


@fault("metadata:credential-logo-without-uri")
def credential_logo_without_uri(metadata: Metadata, _: Context) -> None:
    """The logo of a credential has no uri."""
    for usage in _usage(metadata):
        del usage["display"][0]["logo"]["uri"]


@fault("metadata:background-image-without-uri")
def background_image_without_uri(metadata: Metadata, _: Context) -> None:
    """The background image of a credential has no uri."""
    for usage in _usage(metadata):
        del usage["display"][0]["background_image"]["uri"]


# Claims descriptions


@fault("metadata:claims-empty")
def claims_empty(metadata: Metadata, _: Context) -> None:
    """The claims are an empty array."""
    for usage in _usage(metadata):
        usage["claims"] = []


@fault("metadata:claims-path-missing")
def claims_path_missing(metadata: Metadata, _: Context) -> None:
    """A claims description has no path."""
    for usage in _usage(metadata):
        del usage["claims"][-1]["path"]


@fault("metadata:claims-path-empty")
def claims_path_empty(metadata: Metadata, _: Context) -> None:
    """The path of a claims description is empty."""
    for usage in _usage(metadata):
        usage["claims"][-1]["path"] = []


@fault("metadata:claims-path-negative")
def claims_path_negative(metadata: Metadata, _: Context) -> None:
    """The path of a claims description has a negative index."""
    for usage in _usage(metadata):
        usage["claims"].append({"path": ["partners", -1]})


@fault("metadata:claims-path-boolean")
def claims_path_boolean(metadata: Metadata, _: Context) -> None:
    """The path of a claims description has an element that is no string, null or integer."""
    for usage in _usage(metadata):
        usage["claims"].append({"path": ["partners", True]})


@fault("metadata:claims-mandatory-string")
def claims_mandatory_string(metadata: Metadata, _: Context) -> None:
    """The mandatory of a claims description is a string."""
    for usage in _usage(metadata):
        usage["claims"][0]["mandatory"] = "true"


@fault("metadata:claims-path-twice")
def claims_path_twice(metadata: Metadata, _: Context) -> None:
    """Two claims descriptions address the same claim."""
    for usage in _usage(metadata):
        usage["claims"].append({"path": list(usage["claims"][0]["path"])})


@fault("metadata:claims-null-and-index")
def claims_null_and_index(metadata: Metadata, _: Context) -> None:
    """One claims description addresses all elements of an array, another one of them by its index."""
    for usage in _usage(metadata):
        usage["claims"] += [{"path": ["partners", None]}, {"path": ["partners", 0]}]


@fault("metadata:claims-array-and-object")
def claims_array_and_object(metadata: Metadata, _: Context) -> None:
    """One claims description takes a claim for an array, another for an object."""
    for usage in _usage(metadata):
        usage["claims"] += [{"path": ["partners", None]}, {"path": ["partners", "name"]}]


@fault("metadata:claims-path-into-string")
def claims_path_into_string(metadata: Metadata, _: Context) -> None:
    """A claims path of the identity credential takes a text for an array."""
    identity = metadata["credential_configurations_supported"]["identity_credential"]
    if "credential_metadata" in identity:
        identity["credential_metadata"]["claims"].append({"path": ["issuing_country", None]})


@fault("metadata:claim-display-empty")
def claim_display_empty(metadata: Metadata, _: Context) -> None:
    """The display of a claim is an empty array."""
    for usage in _usage(metadata):
        usage["claims"][0]["display"] = []


@fault("metadata:claim-display-name-number")
def claim_display_name_number(metadata: Metadata, _: Context) -> None:
    """The display name of a claim is a number."""
    for usage in _usage(metadata):
        usage["claims"][0]["display"][0]["name"] = 42


@fault("metadata:claim-display-locale-malformed")
def claim_display_locale_malformed(metadata: Metadata, _: Context) -> None:
    """A locale of a claim's display is no language tag."""
    for usage in _usage(metadata):
        usage["claims"][0]["display"][0]["locale"] = "english_UK!"


@fault("metadata:claim-display-locale-twice")
def claim_display_locale_twice(metadata: Metadata, _: Context) -> None:
    """A claim has two displays for one language."""
    for usage in _usage(metadata):
        display = usage["claims"][0]["display"]
        display[1]["locale"] = display[0]["locale"]


# Claims paths into a mobile document that is issued (OpenID4VCI C.2)


def _path_of_licence(*path: Any) -> Callable[[Metadata, Context], None]:
    def spoil(metadata: Metadata, _: Context) -> None:
        for configuration in metadata["credential_configurations_supported"].values():
            if configuration.get("doctype") == "org.iso.18013.5.1.mDL":
                claims = configuration["credential_metadata"]["claims"]
                claims.append({"path": ["org.iso.18013.5.1", *path]})

    return spoil


fault("metadata:mdoc-path-into-text", "A claims path leads into a text of the driving licence.")(
    _path_of_licence("given_name", "first")
)
fault("metadata:mdoc-path-all-of-text", "A claims path takes a text of the driving licence for an array.")(
    _path_of_licence("nationality", None)
)
