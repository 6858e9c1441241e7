"""Credential Issuer Metadata: OpenID4VCI 1.0 sections 12.2.1, 12.2.2 and what 12.2.4 says of the issuer itself.

One issuer has one metadata document, so the checks run once.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.applicability import when
from harness.checks import area
from harness.expect import Expect, show
from harness.formats import text
from harness.formats.strict_json import integer
from harness.transport import Client, TransportFailure
from harness.wallet.metadata import Issuer, issuer_metadata_urls
from suites.oid4vci._parts import Judge, metadata_of
from suites.oid4vci._urls import is_secure_url

check = area("Credential Issuer Metadata")

_ENDPOINTS = {
    "credential_endpoint": "VCI-12.2.4-07",
    "nonce_endpoint": "VCI-12.2.4-08",
    "deferred_credential_endpoint": "VCI-12.2.4-09",
    "notification_endpoint": "VCI-12.2.4-10",
}
_BATCHES = {"batch_credential_endpoint": ("VCI13-11.2.3-03", "VCI11-10.2.3-03")}
"""Endpoints that an earlier draft has beside these."""
_BATCHES_OVER_TLS = ("VCI13-8-01", "VCI11-8-01")
_SERVER_ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "challenge_endpoint",
)
_PLACE = ("VCI-12.2.2-01", "VCI15-11.2.2-01", "VCID14-10.2.2-01", "VCI13-11.2.2-01", "VCI11-10.2.2-01")
_SAME_ISSUER = ("VCI-12.2.4-02", "VCI15-11.2.3-01", "VCID14-10.2.3-01", "VCI13-11.2.3-01", "VCI11-10.2.3-01")
_SERVERS_OF_DRAFTS = ("VCI15-11.2.3-02", "VCID14-10.2.3-02", "VCI13-11.2.3-02")
_DISPLAY_OF_DRAFTS = ("VCI15-11.2.3-12", "VCID14-10.2.3-12", "VCI13-11.2.3-15", "VCI11-10.2.3-05")
_BATCH_SIZE_OF_DRAFTS = ("VCI15-11.2.3-05", "VCID14-10.2.3-05")


@check(
    "metadata-location",
    requires=["VCI-12.2.2-03", *_PLACE, "HAIP-4.1-02"],
    proven_by={"metadata-response:status-201": "METADATA-STATUS"},
)
async def the_metadata_is_at_its_place(issuer: Issuer, expect: Expect) -> None:
    """A GET at the well-known location of the issuer's identifier returns the metadata with the status 200."""
    # Without metadata at this place a run ends before its first check.
    places = issuer_metadata_urls(issuer.identifier, issuer.dialect)
    expect.that(
        issuer.reply.url in places,
        "METADATA-LOCATION",
        " or ".join(places),
        issuer.reply.url,
        at=issuer.reply,
        requirement=_PLACE,
    )
    expect.that(
        issuer.reply.status == 200, "METADATA-STATUS", "HTTP 200", f"HTTP {issuer.reply.status}", at=issuer.reply
    )


@check(
    "metadata-media-type",
    requires=["VCI-12.2.2-05", "VCI-12.2.2-04", "VCI-12.2.2-06", "HAIP-4.1-02"],
    proven_by={"metadata-response:content-type": "METADATA-CONTENT-TYPE"},
)
async def the_media_type_is_json(issuer: Issuer, expect: Expect) -> None:
    """Asked for application/json, the issuer returns unsigned JSON and says so in Content-Type."""
    found = issuer.reply.media_type
    where: Any = {"at": issuer.reply, "pointer": "header Content-Type"}
    expect.that(
        bool(issuer.reply.object),
        "METADATA-NOT-JSON",
        "an unsigned JSON document",
        issuer.reply.gist,
        at=issuer.reply,
        requirement="VCI-12.2.2-04",
    )
    expect.that(found == "application/json", "METADATA-CONTENT-TYPE", "application/json", found, **where)
    expect.that(
        found != "application/jwt",
        "METADATA-CONTENT-TYPE-UNASKED",
        "the media type the Accept header asks for",
        found,
        requirement="VCI-12.2.2-06",
        **where,
    )


@check(
    "metadata-json",
    requires=["RFC8259-4-01", "RFC8259-8.1-01", "RFC8259-8.1-02"],
    proven_by={
        "metadata:duplicate-key": "METADATA-DUPLICATE-NAME",
        "metadata:request-encryption-key-duplicate-member": "METADATA-DUPLICATE-NAME",
        "metadata:request-encryption-jwks-duplicate-member": "METADATA-DUPLICATE-NAME",
    },
)
async def the_json_is_clean(issuer: Issuer, expect: Expect) -> None:
    """The metadata is UTF-8 without a byte order mark, and the members of each object have distinct names."""
    repeated = [problem.pointer for problem in issuer.document.problems]
    expect.that(
        not repeated,
        "METADATA-DUPLICATE-NAME",
        "each member name once in its object",
        f"repeated: {show(repeated)}",
        at=issuer.reply,
    )
    # A document in another encoding cannot be read, and a run ends there; these two can only be seen to hold.
    decoded = issuer.reply.body.decode("utf-8", "replace")
    expect.that(
        decoded.encode() == issuer.reply.body,
        "METADATA-ENCODING",
        "UTF-8",
        "bytes that are no UTF-8",
        at=issuer.reply,
        requirement="RFC8259-8.1-01",
    )
    expect.that(
        not decoded.startswith("\ufeff"),
        "METADATA-BYTE-ORDER-MARK",
        "no byte order mark",
        "a byte order mark",
        at=issuer.reply,
        requirement="RFC8259-8.1-02",
    )


@check(
    "metadata-issuer",
    requires=["VCI-12.2.4-01", *_SAME_ISSUER, "VCI-12.2.1-01", "VCI-12.2.1-02", "HAIP-4.1-02"],
    proven_by={
        "draft-metadata:issuer-other": "METADATA-ISSUER-OTHER",
        "metadata:issuer-missing": "METADATA-ISSUER-MISSING",
        "metadata:issuer-other": "METADATA-ISSUER-OTHER",
        "metadata:issuer-http": ("METADATA-ISSUER-OTHER", "METADATA-ISSUER-SCHEME"),
        "metadata:issuer-query": ("METADATA-ISSUER-OTHER", "METADATA-ISSUER-QUERY"),
    },
)
async def the_issuer_is_identified(issuer: Issuer, expect: Expect) -> None:
    """credential_issuer is the identifier under test: an https URL without query and fragment."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    if not judge.has(metadata, "credential_issuer", "METADATA-ISSUER-MISSING", "VCI-12.2.4-01"):
        return
    named = metadata["credential_issuer"]
    right = named.value == issuer.identifier
    if issuer.dialect.well_known == "appended" and isinstance(named.value, str):
        # These drafts have no rule how the two are compared, and take a slash at the end away themselves.
        right = named.value.rstrip("/") == issuer.identifier.rstrip("/")
    judge.that(right, "METADATA-ISSUER-OTHER", issuer.identifier, named, _SAME_ISSUER)
    judge.that(is_secure_url(named.value), "METADATA-ISSUER-SCHEME", "an https URL", named, "VCI-12.2.1-01")
    judge.that(
        not text.has_query_or_fragment(str(named.value)),
        "METADATA-ISSUER-QUERY",
        "a URL without query and fragment",
        named,
        "VCI-12.2.1-02",
    )


@check(
    "metadata-authorization-servers",
    requires=["VCI-12.2.4-04", "VCI-12.2.4-03", *_SERVERS_OF_DRAFTS],
    proven_by={
        "draft-metadata:authorization-servers-string": "METADATA-AUTHORIZATION-SERVERS",
        "metadata:authorization-servers-empty": "METADATA-AUTHORIZATION-SERVERS",
        "metadata:authorization-servers-string": "METADATA-AUTHORIZATION-SERVERS",
        "metadata:authorization-servers-query": "METADATA-AUTHORIZATION-SERVER-URL",
    },
    applies=when.authorization_servers,
)
async def authorization_servers_are_identified(issuer: Issuer, expect: Expect) -> None:
    """authorization_servers is a non-empty array of https URLs without query and fragment."""
    judge, servers = Judge(expect, issuer.reply.exchange), metadata_of(issuer)[issuer.dialect.servers]
    code = "METADATA-AUTHORIZATION-SERVERS"
    if issuer.dialect.servers == "authorization_servers":
        judge.array(servers, code, "VCI-12.2.4-03", of=str, called="strings", drafts=_SERVERS_OF_DRAFTS)
    # Draft 11 has one server, which is not in an array.
    for server in (servers,) if isinstance(servers.value, str) else servers.parts():
        judge.that(
            is_secure_url(server.value) and not text.has_query_or_fragment(server.value),
            "METADATA-AUTHORIZATION-SERVER-URL",
            "an https URL without query and fragment",
            server,
            "VCI-12.2.4-04",
        )


@check(
    "metadata-endpoints",
    requires=["VCI-12.2.4-06", *_ENDPOINTS.values(), *_BATCHES["batch_credential_endpoint"], *_BATCHES_OVER_TLS],
    proven_by={
        "draft-metadata:batch-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:credential-endpoint-missing": "METADATA-CREDENTIAL-ENDPOINT-MISSING",
        "metadata:credential-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:nonce-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:deferred-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:notification-endpoint-http": "METADATA-ENDPOINT-URL",
    },
)
async def endpoints_are_secure(issuer: Issuer, expect: Expect) -> None:
    """The issuer has a Credential Endpoint, and every endpoint it names is a URL with the scheme https."""
    judge, metadata = Judge(expect, issuer.reply.exchange), metadata_of(issuer)
    judge.has(metadata, "credential_endpoint", "METADATA-CREDENTIAL-ENDPOINT-MISSING")
    for name, requirement in {**_ENDPOINTS, **_BATCHES}.items():
        if name in metadata:
            url = metadata[name]
            judge.that(is_secure_url(url.value), "METADATA-ENDPOINT-URL", "an https URL", url, requirement)


@check(
    "metadata-tls",
    requires=["VCI-12.2.2-02", "VCI-8-02", "VCI-13.9-01", "VCI-13.9-02", "FAPI2-5.2.1-01", "FAPI2-5.2.1-06"],
    proven_by={
        "metadata:credential-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "metadata:nonce-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "metadata:deferred-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "metadata:notification-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "as-metadata:token-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "as-metadata:authorization-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "as-metadata:par-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "as-metadata:challenge-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
    },
    applies=when.https,
)
async def every_endpoint_speaks_tls(issuer: Issuer, client: Client, expect: Expect) -> None:
    """Every endpoint is reached over TLS 1.2 or later, with a certificate that is valid for its host."""
    urls = {issuer.reply.url: "VCI-12.2.2-02"}
    urls |= {server.url: "VCI-13.9-01" for server in issuer.servers}
    for server in issuer.servers:
        found = (server.metadata.get(name) for name in _SERVER_ENDPOINTS)
        urls |= {url: "VCI-13.9-01" for url in found if isinstance(url, str) and text.is_uri(url)}
    for name in _ENDPOINTS:
        url = issuer.metadata.get(name)
        if isinstance(url, str) and text.is_uri(url):
            urls[url] = "VCI-8-02" if name == "credential_endpoint" else "VCI-13.9-01"
    for url, requirement in urls.items():
        expect.that(
            text.is_https_url(url),
            "METADATA-ENDPOINT-WITHOUT-TLS",
            "an endpoint that is reached over TLS",
            url,
            requirement=(requirement, "FAPI2-5.2.1-01"),
        )
    for origin in dict.fromkeys(f"https://{urlsplit(url).netloc}/" for url in urls if text.is_https_url(url)):
        failure = await _tls_failure(client, origin)
        expect.that(
            failure is None,
            "METADATA-TLS",
            f"TLS 1.2 or later, and a certificate that is valid for {origin}",
            failure.message if failure else "",
            at=failure.exchange if failure else None,
            requirement=("VCI-13.9-02", "FAPI2-5.2.1-06")
            if failure and "certificate" in failure.message
            else ("VCI-13.9-01", "FAPI2-5.2.1-01"),
        )


async def _tls_failure(client: Client, origin: str) -> TransportFailure | None:
    """Knock at a host; the client speaks no TLS before 1.2 and trusts only what the team told it to trust."""
    try:
        await client.send("TLS handshake", "GET", origin)
    except TransportFailure as failure:
        if failure.kind == "tls":
            return failure
        # What breaks off after the handshake, or has no end, says nothing against TLS.
        if failure.kind not in ("protocol", "too-large"):
            raise
    return None


@check(
    "metadata-nonce-endpoint-offered",
    requires=["VCI-13.8-01"],
    proven_by={"metadata:nonce-endpoint-missing": "METADATA-NONCE-ENDPOINT-MISSING"},
    applies=when.some_configuration_has("proof_types_supported"),
)
async def a_nonce_endpoint_is_offered(issuer: Issuer, expect: Expect) -> None:
    """An issuer that takes key proofs offers a Nonce Endpoint, so that proofs cannot be replayed."""
    Judge(expect, issuer.reply.exchange).has(
        metadata_of(issuer), "nonce_endpoint", "METADATA-NONCE-ENDPOINT-MISSING"
    )


@check(
    "metadata-batch",
    requires=["VCI-12.2.4-11", "VCI-12.2.4-12", *_BATCH_SIZE_OF_DRAFTS, "HAIP-4-08"],
    proven_by={
        "draft-metadata:batch-size-string": "METADATA-BATCH-SIZE",
        "metadata:batch-size-missing": "METADATA-BATCH-SIZE-MISSING",
        "metadata:batch-size-one": "METADATA-BATCH-SIZE",
    },
    applies=when.metadata_has("batch_credential_issuance"),
)
async def the_batch_size_is_announced(issuer: Issuer, expect: Expect) -> None:
    """batch_credential_issuance has batch_size, an integer of 2 or more."""
    judge, batch = Judge(expect, issuer.reply.exchange), metadata_of(issuer)["batch_credential_issuance"]
    if judge.has(batch, "batch_size", "METADATA-BATCH-SIZE-MISSING", "VCI-12.2.4-11"):
        announced = batch["batch_size"]
        size = integer(announced.value)
        right = size is not None and size >= 2
        judge.that(right, "METADATA-BATCH-SIZE", "an integer of 2 or more", announced, "VCI-12.2.4-12")
        judge.that(size is not None, "METADATA-BATCH-SIZE", "an integer", announced, _BATCH_SIZE_OF_DRAFTS)


@check(
    "metadata-display",
    requires=["VCI-12.2.4-16", "VCI-12.2.4-15", *_DISPLAY_OF_DRAFTS, "VCI-12.2.4-19", "VCI-12.2.4-20"],
    proven_by={
        "draft-metadata:display-strings": "METADATA-DISPLAY",
        "metadata:display-empty": "METADATA-DISPLAY",
        "metadata:display-name-number": "METADATA-DISPLAY-NAME",
        "metadata:logo-without-uri": "METADATA-DISPLAY-LOGO",
    },
    applies=when.metadata_has("display"),
)
async def the_issuer_is_displayable(issuer: Issuer, expect: Expect) -> None:
    """The display of the issuer is a non-empty array of objects with names and logos of the right form."""
    judge, displays = Judge(expect, issuer.reply.exchange), metadata_of(issuer)["display"]
    code, drafts = "METADATA-DISPLAY", _DISPLAY_OF_DRAFTS
    judge.array(displays, code, "VCI-12.2.4-15", of=dict, called="JSON objects", drafts=drafts)
    for display in displays.parts():
        judge.strings(display, {"name": "VCI-12.2.4-16"}, "METADATA-DISPLAY-NAME")
        judge.image(display, "logo", "METADATA-DISPLAY-LOGO", "VCI-12.2.4-19", "VCI-12.2.4-20")


@check(
    "metadata-display-locales",
    requires=["VCI-12.2.4-17", "VCI-12.2.4-18"],
    proven_by={
        "metadata:display-locale-malformed": "METADATA-DISPLAY-LOCALE",
        "metadata:display-locale-twice": "METADATA-DISPLAY-LANGUAGE-REPEATED",
    },
    applies=when.metadata_has("display"),
)
async def issuer_locales_are_distinct(issuer: Issuer, expect: Expect) -> None:
    """Each locale in the issuer's display is a language tag, and no language has two objects."""
    Judge(expect, issuer.reply.exchange).locales(
        metadata_of(issuer)["display"],
        well_formed="VCI-12.2.4-17",
        distinct="VCI-12.2.4-18",
        malformed_code="METADATA-DISPLAY-LOCALE",
        repeated_code="METADATA-DISPLAY-LANGUAGE-REPEATED",
    )
