"""Authorization Server Metadata: OpenID4VCI 1.0 sections 12.2.4 and 12.3, RFC 8414, RFC 6749 section 3.2.

What servers announce of grants, clients and tokens is in ``authorization_server_capabilities``.

The checks look at every Authorization Server that the Credential Issuer relies on.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect, show
from harness.formats import strict_json, text
from harness.transport import Reply
from harness.wallet.metadata import AuthorizationServer, Issuer
from harness.wallet.offer import KNOWN_GRANTS, ReceivedOffer
from suites.oid4vci._parts import Part, configurations_of
from suites.oid4vci._servers import DEFAULT_GRANT_TYPES, described, grant_types
from suites.oid4vci._urls import is_secure_url

check = area("Authorization Server Metadata")

_ARRAYS = (
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
)
"""Members with several values: RFC 8414 section 2, RFC 9396 section 10, RFC 9449 section 5.1."""


def _in_place(issuer: Issuer) -> Iterator[tuple[AuthorizationServer, Reply]]:
    """Give each server that answers where RFC 8414 wants its metadata."""
    for server in issuer.servers:
        if server.reply is not None and server.reply.successful:
            yield server, server.reply


def _uses_authorization_endpoint(server: AuthorizationServer) -> bool:
    return any(grant_type in DEFAULT_GRANT_TYPES for grant_type in grant_types(server))


@check(
    "as-metadata-location",
    requires=[
        "VCI-12.2.4-05",
        "RFC8414-3-01",
        "RFC8414-3.1-01",
        "RFC8414-3.2-01",
        "RFC9700-2.6-01",
        "HAIP-4.1-01",
        "FAPI2-5.3.2.1-01",
    ],
    proven_by={
        "as-metadata-response:array": "AS-METADATA-NOWHERE",
        "as-metadata-response:empty-object": "AS-METADATA-NOWHERE",
        "as-metadata-response:only-openid-configuration": "AS-METADATA-MISSING",
        "as-metadata-response:status-201": "AS-METADATA-STATUS",
    },
)
async def the_metadata_is_at_its_place(issuer: Issuer, expect: Expect) -> None:
    """A GET at the oauth-authorization-server location of each server returns its metadata with the status 200."""
    for server in issuer.servers:
        found = server.reply
        if not expect.that(
            found is not None and found.successful and server.fallback is None,
            "AS-METADATA-MISSING",
            f"the metadata of the authorization server at {server.url}",
            (found.gist if found else server.failure or "no answer")
            + (f"; it is only at {server.fallback.url}" if server.fallback else ""),
            at=server.exchange,
            # FAPI 2.0 takes the place of OpenID Connect Discovery as well.
            requirement="VCI-12.2.4-05" if server.fallback else ("VCI-12.2.4-05", "FAPI2-5.3.2.1-01"),
        ):
            continue
        expect.that(
            found is not None and found.status == 200,
            "AS-METADATA-STATUS",
            "HTTP 200",
            f"HTTP {found.status if found else None}",
            at=server.exchange,
            requirement="RFC8414-3.2-01",
        )
        expect.that(
            bool(server.metadata),
            "AS-METADATA-NOWHERE",
            "metadata as in RFC 8414",
            found.gist if found else "no answer",
            at=server.exchange,
            requirement="RFC9700-2.6-01",
        )


@check(
    "as-metadata-media-type",
    requires=["RFC8414-3.2-02", "HAIP-4.1-01", "FAPI2-5.3.2.1-01"],
    proven_by={"as-metadata-response:content-type": "AS-METADATA-CONTENT-TYPE"},
    applies=when.server_metadata_in_place,
)
async def the_media_type_is_json(issuer: Issuer, expect: Expect) -> None:
    """The metadata response has the media type application/json."""
    for _, reply in _in_place(issuer):
        expect.that(
            reply.media_type == "application/json",
            "AS-METADATA-CONTENT-TYPE",
            "application/json",
            reply.media_type,
            at=reply,
            pointer="header Content-Type",
        )


@check(
    "as-metadata-json",
    requires=[
        "RFC8414-3.2-03",
        "RFC8259-4-01",
        "RFC8259-8.1-01",
        "RFC8259-8.1-02",
        "HAIP-4.1-01",
        "FAPI2-5.3.2.1-01",
    ],
    proven_by={
        "as-metadata:duplicate-key": "AS-METADATA-DUPLICATE-NAME",
        "as-metadata-response:array": "AS-METADATA-NOT-OBJECT",
        "as-metadata-response:empty-object": "AS-METADATA-EMPTY",
    },
    applies=when.server_metadata_in_place,
)
async def the_metadata_is_an_object(issuer: Issuer, expect: Expect) -> None:
    """The metadata is a JSON object in UTF-8 without a byte order mark, and its members have distinct names."""
    for _, reply in _in_place(issuer):
        try:
            document = reply.document
        except strict_json.JsonError as error:
            broken = {"not-utf-8": "RFC8259-8.1-01", "byte-order-mark": "RFC8259-8.1-02"}
            expect.that(
                False,
                "AS-METADATA-NOT-JSON",
                "JSON text in UTF-8 without a byte order mark",
                error.detail,
                at=reply,
                requirement=broken.get(error.kind, "RFC8414-3.2-03"),
            )
            continue
        expect.that(
            isinstance(document.value, dict),
            "AS-METADATA-NOT-OBJECT",
            "a JSON object",
            document.value,
            at=reply,
        )
        expect.that(
            document.value != {},
            "AS-METADATA-EMPTY",
            "the members of RFC 8414 section 2",
            document.value,
            at=reply,
        )
        repeated = [problem.pointer for problem in document.problems]
        expect.that(
            not repeated,
            "AS-METADATA-DUPLICATE-NAME",
            "each member name once in its object",
            f"repeated: {show(repeated)}",
            at=reply,
            requirement="RFC8259-4-01",
        )


@check(
    "as-issuer",
    requires=["RFC8414-3.3-01", "RFC8414-2-01", "RFC8414-2-02", "HAIP-4.1-01", "FAPI2-5.3.2.1-01"],
    proven_by={
        "as-metadata:issuer-missing": "AS-ISSUER-MISSING",
        "as-metadata:issuer-other": "AS-ISSUER-OTHER",
        "as-metadata:issuer-query": ("AS-ISSUER-OTHER", "AS-ISSUER-URL"),
        "metadata:authorization-servers-query": "AS-ISSUER-OTHER",
    },
    applies=when.server_metadata,
)
async def the_server_is_identified(issuer: Issuer, expect: Expect) -> None:
    """The issuer in the metadata is the server's identifier: an https URL without query and fragment."""
    for server, metadata, judge in described(issuer, expect):
        if not judge.has(metadata, "issuer", "AS-ISSUER-MISSING", "RFC8414-2-01"):
            continue
        named = metadata["issuer"]
        judge.that(named.value == server.identifier, "AS-ISSUER-OTHER", server.identifier, named)
        judge.that(
            is_secure_url(named.value) and not text.has_query_or_fragment(named.value),
            "AS-ISSUER-URL",
            "an https URL without query and fragment",
            named,
            "RFC8414-2-02",
        )


@check(
    "as-token-endpoint",
    requires=["RFC8414-2-04", "RFC6749-3.2-02", "RFC6749-3.2-01"],
    proven_by={
        "as-metadata:token-endpoint-missing": "AS-TOKEN-ENDPOINT-MISSING",
        "as-metadata:token-endpoint-http": "AS-TOKEN-ENDPOINT-URL",
        "as-metadata:token-endpoint-fragment": "AS-TOKEN-ENDPOINT-FRAGMENT",
    },
    applies=when.server_metadata,
)
async def the_token_endpoint_is_secure(issuer: Issuer, expect: Expect) -> None:
    """The server has a Token Endpoint, a URL with the scheme https and without a fragment."""
    for server, metadata, judge in described(issuer, expect):
        if grant_types(server) == ["implicit"] and "token_endpoint" not in metadata:
            continue
        if not judge.has(metadata, "token_endpoint", "AS-TOKEN-ENDPOINT-MISSING"):
            continue
        url = metadata["token_endpoint"]
        judge.that(is_secure_url(url.value), "AS-TOKEN-ENDPOINT-URL", "an https URL", url, "RFC6749-3.2-02")
        judge.that(
            "#" not in str(url.value),
            "AS-TOKEN-ENDPOINT-FRAGMENT",
            "a URL without a fragment",
            url,
            "RFC6749-3.2-01",
        )


@check(
    "as-authorization-endpoint",
    requires=["RFC8414-2-03", "RFC8414-2-05", "RFC8414-2-08"],
    proven_by={
        "as-metadata:nothing-said": (
            "AS-AUTHORIZATION-ENDPOINT-MISSING",
            "AS-RESPONSE-TYPES-MISSING",
            "AS-SCOPES-MISSING",
        ),
        "as-metadata:authorization-endpoint-missing": "AS-AUTHORIZATION-ENDPOINT-MISSING",
        "as-metadata:response-types-missing": "AS-RESPONSE-TYPES-MISSING",
    },
    applies=when.server_metadata,
)
async def grants_have_what_they_use(issuer: Issuer, expect: Expect) -> None:
    """A server whose grant types use the authorization endpoint names it, its response types and its scopes."""
    # Without such a grant type there is nothing to name: section 12.2.4 of OpenID4VCI says so of response types.
    members = {
        "authorization_endpoint": ("AS-AUTHORIZATION-ENDPOINT-MISSING", "RFC8414-2-03"),
        "response_types_supported": ("AS-RESPONSE-TYPES-MISSING", "RFC8414-2-05"),
        "scopes_supported": ("AS-SCOPES-MISSING", "RFC8414-2-08"),
    }
    scopes = any("scope" in configuration for configuration in configurations_of(issuer))
    for server, metadata, judge in described(issuer, expect):
        for name, (code, requirement) in members.items():
            # Where all requests are made by authorization_details, there is no scope to name.
            needless = name == "scopes_supported" and not scopes
            judge.that(
                name in metadata or needless or not _uses_authorization_endpoint(server),
                code,
                f"the member {name}, for the grant types {show(grant_types(server))}",
                Part(list(metadata.members), ""),
                requirement,
            )


@check(
    "as-grant-types",
    requires=["RFC8414-2-09"],
    proven_by={
        "as-metadata:grant-missing": "AS-GRANT-TYPE-MISSING",
        "as-metadata:nothing-said": "AS-GRANT-TYPE-MISSING",
        "as-metadata:code-grant-missing": "AS-GRANT-TYPE-MISSING",
    },
    applies=when.server_metadata & when.known_grants,
    per=Per.OFFER,
)
async def the_offered_grants_are_supported(issuer: Issuer, offer: ReceivedOffer, expect: Expect) -> None:
    """The metadata of a server the offer may mean lists each grant of the offer."""
    for grant in (name for name in KNOWN_GRANTS if isinstance(offer.grants.get(name), dict)):
        wanted = offer.authorization_server(grant)
        named = [server for server in issuer.servers if server.identifier == wanted]
        meant = [server for server in named or issuer.servers if server.metadata and not server.inline]
        said = {server.identifier: server.metadata.get("grant_types_supported", "omitted") for server in meant}
        expect.that(
            any(grant in grant_types(server) for server in meant) or not meant,
            "AS-GRANT-TYPE-MISSING",
            f"{grant} in grant_types_supported",
            show(said),
            at=next((server.exchange for server in meant), None),
            pointer="/grant_types_supported",
        )


@check(
    "as-arrays",
    requires=["RFC8414-3.2-04", "RFC8414-3.2-05"],
    proven_by={
        "as-metadata:grant-types-string": "AS-MEMBER-NOT-ARRAY",
        "as-metadata:response-types-string": "AS-MEMBER-NOT-ARRAY",
        "as-metadata:challenge-methods-string": "AS-MEMBER-NOT-ARRAY",
        "as-metadata:auth-methods-string": "AS-MEMBER-NOT-ARRAY",
        "as-metadata:dpop-algs-string": "AS-MEMBER-NOT-ARRAY",
        "as-metadata:empty-array": "AS-MEMBER-EMPTY",
    },
    applies=when.server_metadata,
)
async def lists_are_arrays(issuer: Issuer, expect: Expect) -> None:
    """Members with several values are arrays, and those without any value are left out."""
    for _, metadata, judge in described(issuer, expect):
        wrong = {
            name: metadata[name].value
            for name in _ARRAYS
            if name in metadata and not isinstance(metadata[name].value, list)
        }
        judge.that(not wrong, "AS-MEMBER-NOT-ARRAY", "JSON arrays", Part(wrong, ""), "RFC8414-3.2-04")
        empty = [name for name, value in metadata.members.items() if value == []]
        judge.that(not empty, "AS-MEMBER-EMPTY", "no member without a value", Part(empty, ""), "RFC8414-3.2-05")


@check(
    "as-anonymous-access",
    requires=["VCI-12.3-01"],
    proven_by={"as-metadata:anonymous-string": "AS-ANONYMOUS-ACCESS-TYPE"},
    applies=when.server_metadata_has("pre-authorized_grant_anonymous_access_supported"),
)
async def anonymous_access_is_a_boolean(issuer: Issuer, expect: Expect) -> None:
    """pre-authorized_grant_anonymous_access_supported is a boolean."""
    name = "pre-authorized_grant_anonymous_access_supported"
    for _, metadata, judge in described(issuer, expect):
        if name in metadata:
            flag = metadata[name]
            judge.that(isinstance(flag.value, bool), "AS-ANONYMOUS-ACCESS-TYPE", "a boolean", flag)
