"""Credential Issuer Metadata: OpenID4VCI 1.0 section 12.2, and appendices A.3, B and F.1 as far as metadata go.

One issuer has one metadata document, so the checks run once and look at every configuration in it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import IssuedCredential
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import claims_path, text
from harness.formats.jose import JWS_ALGORITHMS, SYMMETRIC_ALGORITHMS
from harness.formats.strict_json import integer
from harness.transport import Client, TransportFailure
from harness.wallet.metadata import Issuer, issuer_metadata_urls
from suites.oid4vci._parts import Judge, Part
from suites.oid4vci._urls import is_secure_url

check = area("Credential Issuer Metadata")

_ENDPOINTS = {
    "credential_endpoint": "VCI-12.2.4-07",
    "nonce_endpoint": "VCI-12.2.4-08",
    "deferred_credential_endpoint": "VCI-12.2.4-09",
    "notification_endpoint": "VCI-12.2.4-10",
}


def _metadata(issuer: Issuer) -> Part:
    return Part(issuer.metadata, "")


def _configurations(issuer: Issuer) -> list[Part]:
    supported = _member(_metadata(issuer), "credential_configurations_supported")
    return [part for part in supported.parts() if isinstance(part.value, dict)] if supported.members else []


def _member(part: Part, name: str) -> Part:
    """Give a member, or a part without members when it is not there."""
    return part[name] if name in part else Part(None, part.pointer)


# Section 12.2.1 and 12.2.2: identifier and retrieval


@check(
    "metadata-location",
    requires=["VCI-12.2.2-01", "VCI-12.2.2-03"],
    proven_by={"metadata-response:status-201": "METADATA-STATUS"},
)
async def the_metadata_is_at_its_place(issuer: Issuer, expect: Expect) -> None:
    """A GET at the well-known location of the issuer's identifier returns the metadata with the status 200."""
    # Without metadata at this place a run ends before its first check.
    places = issuer_metadata_urls(issuer.identifier)
    expect.that(
        issuer.reply.url in places, "METADATA-LOCATION", " or ".join(places), issuer.reply.url, at=issuer.reply
    )
    expect.that(
        issuer.reply.status == 200,
        "METADATA-STATUS",
        "HTTP 200",
        f"HTTP {issuer.reply.status}",
        at=issuer.reply,
        requirement="VCI-12.2.2-03",
    )


@check(
    "metadata-media-type",
    requires=["VCI-12.2.2-05", "VCI-12.2.2-04", "VCI-12.2.2-06"],
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
    "metadata-content-language",
    requires=["VCI-12.2.2-07"],
    proven_by={"metadata-response:content-language-malformed": "METADATA-CONTENT-LANGUAGE"},
    applies=when.content_language,
)
async def the_content_language_is_a_tag(issuer: Issuer, expect: Expect) -> None:
    """The Content-Language header of the metadata response holds language tags."""
    for value in ",".join(issuer.reply.headers.get_list("Content-Language")).split(","):
        expect.that(
            text.is_rfc_3066_tag(value.strip()),
            "METADATA-CONTENT-LANGUAGE",
            "a language tag",
            value.strip(),
            at=issuer.reply,
            pointer="header Content-Language",
        )


@check(
    "metadata-json",
    requires=["RFC8259-4-01", "RFC8259-8.1-01", "RFC8259-8.1-02"],
    proven_by={"metadata:duplicate-key": "METADATA-DUPLICATE-NAME"},
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


# Section 12.2.4: the issuer


@check(
    "metadata-issuer",
    requires=["VCI-12.2.4-02", "VCI-12.2.4-01", "VCI-12.2.1-01", "VCI-12.2.1-02"],
    proven_by={
        "metadata:issuer-missing": "METADATA-ISSUER-MISSING",
        "metadata:issuer-other": "METADATA-ISSUER-OTHER",
        "metadata:issuer-http": ("METADATA-ISSUER-OTHER", "METADATA-ISSUER-SCHEME"),
        "metadata:issuer-query": ("METADATA-ISSUER-OTHER", "METADATA-ISSUER-QUERY"),
    },
)
async def the_issuer_is_identified(issuer: Issuer, expect: Expect) -> None:
    """credential_issuer is the identifier under test: an https URL without query and fragment."""
    judge, metadata = Judge(expect, issuer.reply.exchange), _metadata(issuer)
    if not judge.has(metadata, "credential_issuer", "METADATA-ISSUER-MISSING", "VCI-12.2.4-01"):
        return
    named = metadata["credential_issuer"]
    judge.that(named.value == issuer.identifier, "METADATA-ISSUER-OTHER", issuer.identifier, named)
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
    requires=["VCI-12.2.4-03", "VCI-12.2.4-04"],
    proven_by={
        "metadata:authorization-servers-empty": "METADATA-AUTHORIZATION-SERVERS",
        "metadata:authorization-servers-string": "METADATA-AUTHORIZATION-SERVERS",
        "metadata:authorization-servers-query": "METADATA-AUTHORIZATION-SERVER-URL",
    },
    applies=when.authorization_servers,
)
async def authorization_servers_are_identified(issuer: Issuer, expect: Expect) -> None:
    """authorization_servers is a non-empty array of https URLs without query and fragment."""
    judge, servers = Judge(expect, issuer.reply.exchange), _metadata(issuer)["authorization_servers"]
    judge.array(servers, "METADATA-AUTHORIZATION-SERVERS", "VCI-12.2.4-03", of=str, called="strings")
    for server in servers.parts():
        judge.that(
            is_secure_url(server.value) and not text.has_query_or_fragment(server.value),
            "METADATA-AUTHORIZATION-SERVER-URL",
            "an https URL without query and fragment",
            server,
            "VCI-12.2.4-04",
        )


@check(
    "metadata-endpoints",
    requires=["VCI-12.2.4-06", *_ENDPOINTS.values()],
    proven_by={
        "metadata:credential-endpoint-missing": "METADATA-CREDENTIAL-ENDPOINT-MISSING",
        "metadata:credential-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:nonce-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:deferred-endpoint-http": "METADATA-ENDPOINT-URL",
        "metadata:notification-endpoint-http": "METADATA-ENDPOINT-URL",
    },
)
async def endpoints_are_secure(issuer: Issuer, expect: Expect) -> None:
    """The issuer has a Credential Endpoint, and every endpoint it names is a URL with the scheme https."""
    judge, metadata = Judge(expect, issuer.reply.exchange), _metadata(issuer)
    judge.has(metadata, "credential_endpoint", "METADATA-CREDENTIAL-ENDPOINT-MISSING")
    for name, requirement in _ENDPOINTS.items():
        if name in metadata:
            url = metadata[name]
            judge.that(is_secure_url(url.value), "METADATA-ENDPOINT-URL", "an https URL", url, requirement)


@check(
    "metadata-tls",
    requires=["VCI-13.9-01", "VCI-13.9-02", "VCI-12.2.2-02", "VCI-8-02"],
    proven_by={
        "metadata:credential-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "metadata:nonce-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "metadata:deferred-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "metadata:notification-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
        "as-metadata:token-endpoint-http": "METADATA-ENDPOINT-WITHOUT-TLS",
    },
    applies=when.https,
    per=Per.OFFER,
)
async def every_endpoint_speaks_tls(issuer: Issuer, shared: Flow, expect: Expect) -> None:
    """Every endpoint is reached over TLS 1.2 or later, with a certificate that is valid for its host."""
    urls = {issuer.reply.url: "VCI-12.2.2-02"}
    urls |= {server.url: "VCI-13.9-01" for server in issuer.servers}
    urls |= {server.token_endpoint: "VCI-13.9-01" for server in issuer.servers if server.token_endpoint}
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
            requirement=requirement,
        )
    for origin in dict.fromkeys(f"https://{urlsplit(url).netloc}/" for url in urls if text.is_https_url(url)):
        failure = await _tls_failure(shared.tools.client, origin)
        expect.that(
            failure is None,
            "METADATA-TLS",
            f"TLS 1.2 or later, and a certificate that is valid for {origin}",
            failure.message if failure else "",
            at=failure.exchange if failure else None,
            requirement="VCI-13.9-02" if failure and "certificate" in failure.message else "VCI-13.9-01",
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
    "metadata-batch",
    requires=["VCI-12.2.4-12", "VCI-12.2.4-11"],
    proven_by={
        "metadata:batch-size-missing": "METADATA-BATCH-SIZE-MISSING",
        "metadata:batch-size-one": "METADATA-BATCH-SIZE",
    },
    applies=when.metadata_has("batch_credential_issuance"),
)
async def the_batch_size_is_announced(issuer: Issuer, expect: Expect) -> None:
    """batch_credential_issuance has batch_size, an integer of 2 or more."""
    judge, batch = Judge(expect, issuer.reply.exchange), _metadata(issuer)["batch_credential_issuance"]
    if judge.has(batch, "batch_size", "METADATA-BATCH-SIZE-MISSING", "VCI-12.2.4-11"):
        size = integer(batch["batch_size"].value)
        right = size is not None and size >= 2
        judge.that(right, "METADATA-BATCH-SIZE", "an integer of 2 or more", batch["batch_size"])


@check(
    "metadata-display",
    requires=["VCI-12.2.4-15", "VCI-12.2.4-16", "VCI-12.2.4-19", "VCI-12.2.4-20"],
    proven_by={
        "metadata:display-empty": "METADATA-DISPLAY",
        "metadata:display-name-number": "METADATA-DISPLAY-NAME",
        "metadata:logo-without-uri": "METADATA-DISPLAY-LOGO",
    },
    applies=when.metadata_has("display"),
)
async def the_issuer_is_displayable(issuer: Issuer, expect: Expect) -> None:
    """The display of the issuer is a non-empty array of objects with names and logos of the right form."""
    judge, displays = Judge(expect, issuer.reply.exchange), _metadata(issuer)["display"]
    judge.array(displays, "METADATA-DISPLAY", "VCI-12.2.4-15", of=dict, called="JSON objects")
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
        _metadata(issuer)["display"],
        well_formed="VCI-12.2.4-17",
        distinct="VCI-12.2.4-18",
        malformed_code="METADATA-DISPLAY-LOCALE",
        repeated_code="METADATA-DISPLAY-LANGUAGE-REPEATED",
    )


# Section 12.2.4, appendices A.3 and F.1: configurations


@check(
    "metadata-configurations",
    requires=["VCI-12.2.4-21", "VCI-12.2.4-22"],
    proven_by={
        "metadata:configurations-missing": "METADATA-CONFIGURATIONS-MISSING",
        "metadata:configurations-array": "METADATA-CONFIGURATIONS-TYPE",
        "metadata:format-missing": "METADATA-FORMAT-MISSING",
        "metadata:format-number": "METADATA-FORMAT-TYPE",
    },
)
async def configurations_have_a_format(issuer: Issuer, expect: Expect) -> None:
    """credential_configurations_supported is an object whose values are objects with format, a string."""
    judge, metadata = Judge(expect, issuer.reply.exchange), _metadata(issuer)
    if not judge.has(metadata, "credential_configurations_supported", "METADATA-CONFIGURATIONS-MISSING"):
        return
    supported = metadata["credential_configurations_supported"]
    if judge.that(isinstance(supported.value, dict), "METADATA-CONFIGURATIONS-TYPE", "a JSON object", supported):
        for configuration in supported.parts():
            if judge.has(configuration, "format", "METADATA-FORMAT-MISSING", "VCI-12.2.4-22"):
                found = configuration["format"]
                right = isinstance(found.value, str)
                judge.that(right, "METADATA-FORMAT-TYPE", "a string", found, "VCI-12.2.4-22")


@check(
    "metadata-sd-jwt-vc-format",
    requires=["VCI-A.3.1-01"],
    proven_by={"metadata:format-earlier-draft": "METADATA-FORMAT-SD-JWT-VC"},
    applies=when.some_configuration_has("vct"),
)
async def sd_jwt_vcs_have_their_format(issuer: Issuer, expect: Expect) -> None:
    """Each type of SD-JWT VC the metadata names is offered with the format dc+sd-jwt."""
    # An issuer may serve wallets of earlier drafts beside, by further configurations of the same type.
    judge, configurations = Judge(expect, issuer.reply.exchange), _configurations(issuer)
    current = [part.members.get("vct") for part in configurations if part.members.get("format") == "dc+sd-jwt"]
    for configuration in configurations:
        if "vct" in configuration:
            found = configuration.members.get("format")
            judge.that(
                configuration["vct"].value in current or not isinstance(found, str),
                "METADATA-FORMAT-SD-JWT-VC",
                "the format dc+sd-jwt, here or in another configuration with this vct",
                Part(found, f"{configuration.pointer}/format"),
            )


@check(
    "metadata-sd-jwt-vc-type",
    requires=["VCI-A.3.2-02", "VCI-A.3.2-03"],
    proven_by={
        "metadata:vct-missing": "METADATA-VCT-MISSING",
        "metadata:vct-number": "METADATA-VCT-TYPE",
    },
    applies=when.sd_jwt_vc_configuration,
)
async def sd_jwt_vcs_have_a_type(issuer: Issuer, expect: Expect) -> None:
    """Each configuration of the format dc+sd-jwt has vct, a string."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        if configuration.members.get("format") != "dc+sd-jwt":
            continue
        if judge.has(configuration, "vct", "METADATA-VCT-MISSING"):
            vct = configuration["vct"]
            judge.that(isinstance(vct.value, str), "METADATA-VCT-TYPE", "a string", vct, "VCI-A.3.2-03")


@check(
    "metadata-scope",
    requires=["VCI-12.2.4-23"],
    proven_by={"metadata:scope-malformed": "METADATA-SCOPE"},
    applies=when.some_configuration_has("scope"),
)
async def scopes_are_single_values(issuer: Issuer, expect: Expect) -> None:
    """The scope of a configuration is one scope value as OAuth 2.0 spells it."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        if "scope" in configuration:
            scope = configuration["scope"]
            judge.that(text.is_scope_value(scope.value), "METADATA-SCOPE", "a string with one scope value", scope)


@check(
    "metadata-credential-algorithms",
    requires=["VCI-12.2.4-25", "VCI-A.3.2-01"],
    proven_by={
        "metadata:credential-algs-empty": "METADATA-CREDENTIAL-ALGORITHMS",
        "metadata:credential-algs-unknown": "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
    },
    applies=when.some_configuration_has("credential_signing_alg_values_supported"),
)
async def credential_algorithms_are_known(issuer: Issuer, expect: Expect) -> None:
    """credential_signing_alg_values_supported is a non-empty array of algorithms that fit the format."""
    judge, name = Judge(expect, issuer.reply.exchange), "credential_signing_alg_values_supported"
    for configuration in _configurations(issuer):
        if name not in configuration:
            continue
        listed = configuration[name]
        sd_jwt_vc = configuration.members.get("format") == "dc+sd-jwt"
        # Mobile documents have the integers of COSE here (appendix A.2.2).
        kinds: Any = {"of": str, "called": "strings"} if sd_jwt_vc else {"of": (str, int), "called": "identifiers"}
        right = judge.array(listed, "METADATA-CREDENTIAL-ALGORITHMS", "VCI-12.2.4-25", **kinds)
        for algorithm in listed.parts() if right and sd_jwt_vc else ():
            judge.that(
                algorithm.value in JWS_ALGORITHMS,
                "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
                "a JWS algorithm of the IANA registry",
                algorithm,
                "VCI-A.3.2-01",
            )


@check(
    "metadata-binding-methods",
    requires=["VCI-12.2.4-27", "VCI-12.2.4-29"],
    proven_by={
        "metadata:binding-methods-empty": "METADATA-BINDING-METHODS",
        "metadata:binding-method-did-syntax": "METADATA-BINDING-METHOD-DID",
    },
    applies=when.some_configuration_has("cryptographic_binding_methods_supported"),
)
async def binding_methods_are_named(issuer: Issuer, expect: Expect) -> None:
    """cryptographic_binding_methods_supported is a non-empty array of strings; DID methods stand without more."""
    judge, name = Judge(expect, issuer.reply.exchange), "cryptographic_binding_methods_supported"
    for configuration in _configurations(issuer):
        if name not in configuration:
            continue
        methods = configuration[name]
        judge.array(methods, "METADATA-BINDING-METHODS", "VCI-12.2.4-27", of=str, called="strings")
        for method in methods.parts():
            if isinstance(method.value, str) and method.value.lower().split(":", 1)[0] == "did":
                judge.that(
                    text.is_did_method(method.value),
                    "METADATA-BINDING-METHOD-DID",
                    "did: and a method name",
                    method,
                    "VCI-12.2.4-29",
                )


@check(
    "metadata-binding-and-proofs",
    requires=["VCI-12.2.4-30", "VCI-12.2.4-31"],
    proven_by={
        "metadata:binding-without-proof-types": "METADATA-PROOF-TYPES-MISSING",
        "metadata:proof-types-without-binding": "METADATA-PROOF-TYPES-NEEDLESS",
    },
    applies=when.configurations,
)
async def binding_and_proofs_go_together(issuer: Issuer, expect: Expect) -> None:
    """A configuration has proof_types_supported exactly when it has cryptographic_binding_methods_supported."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        binds = "cryptographic_binding_methods_supported" in configuration
        proves = "proof_types_supported" in configuration
        names = Part(list(configuration.members), configuration.pointer)
        judge.that(
            proves or not binds,
            "METADATA-PROOF-TYPES-MISSING",
            "proof_types_supported beside cryptographic_binding_methods_supported",
            names,
        )
        judge.that(
            binds or not proves,
            "METADATA-PROOF-TYPES-NEEDLESS",
            "no proof_types_supported without cryptographic_binding_methods_supported",
            names,
            "VCI-12.2.4-31",
        )


@check(
    "metadata-binding-as-issued",
    requires=["VCI-12.2.4-28"],
    proven_by={"sd-jwt:cnf-missing": "METADATA-BINDING-NOT-AS-ISSUED"},
    applies=when.sd_jwt_vc,
    per=Per.SCENARIO,
)
async def binding_is_as_announced(shared: Flow, credential: IssuedCredential, expect: Expect) -> None:
    """A credential is bound to a key exactly when its configuration announces binding methods."""
    announced = "cryptographic_binding_methods_supported" in shared.configuration
    bound = "cnf" in credential.vc.sd_jwt.claims
    expect.that(
        bound == announced,
        "METADATA-BINDING-NOT-AS-ISSUED",
        f"a credential {'with' if announced else 'without'} cnf, as its configuration announces",
        f"a credential {'with' if bound else 'without'} cnf",
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "metadata-proof-types",
    requires=[
        "VCI-12.2.4-32",
        "VCI-12.2.4-33",
        "VCI-12.2.4-34",
        "VCI-F.1-06",
        "VCI-F.1-07",
        "VCI-F.1-08",
    ],
    proven_by={
        "metadata:proof-types-array": "METADATA-PROOF-TYPES-TYPE",
        "metadata:proof-algs-missing": "METADATA-PROOF-ALGORITHMS-MISSING",
        "metadata:proof-algs-empty": "METADATA-PROOF-ALGORITHMS-EMPTY",
        "metadata:proof-algs-numbers": "METADATA-PROOF-ALGORITHM-TYPE",
        "metadata:proof-algs-none": "METADATA-PROOF-ALGORITHM-UNSAFE",
        "metadata:proof-algs-symmetric": "METADATA-PROOF-ALGORITHM-UNSAFE",
        "metadata:proof-algs-unknown": "METADATA-PROOF-ALGORITHM-UNKNOWN",
    },
    applies=when.some_configuration_has("proof_types_supported"),
)
async def proof_types_are_described(issuer: Issuer, expect: Expect) -> None:
    """Each proof type lists its algorithms; those of jwt are strings that name digital signatures."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        if "proof_types_supported" not in configuration:
            continue
        types = configuration["proof_types_supported"]
        judge.that(
            isinstance(types.value, dict) and all(isinstance(part.value, dict) for part in types.parts()),
            "METADATA-PROOF-TYPES-TYPE",
            "a JSON object whose values are JSON objects",
            types,
        )
        for name in types.members:
            _expect_proof_type(judge, types[name], jwt=name == "jwt")


def _expect_proof_type(judge: Judge, proof_type: Part, *, jwt: bool) -> None:
    name = "proof_signing_alg_values_supported"
    if not isinstance(proof_type.value, dict):
        return
    if not judge.has(proof_type, name, "METADATA-PROOF-ALGORITHMS-MISSING", "VCI-12.2.4-33"):
        return
    listed = proof_type[name]
    judge.that(
        isinstance(listed.value, list) and bool(listed.value),
        "METADATA-PROOF-ALGORITHMS-EMPTY",
        "a non-empty array",
        listed,
        "VCI-12.2.4-34",
    )
    for algorithm in listed.parts() if jwt else ():
        if not judge.that(
            isinstance(algorithm.value, str),
            "METADATA-PROOF-ALGORITHM-TYPE",
            "a string",
            algorithm,
            "VCI-F.1-06",
        ):
            continue
        judge.that(
            algorithm.value in JWS_ALGORITHMS,
            "METADATA-PROOF-ALGORITHM-UNKNOWN",
            "an algorithm of the IANA registry",
            algorithm,
            "VCI-F.1-07",
        )
        judge.that(
            algorithm.value not in SYMMETRIC_ALGORITHMS | {"none"},
            "METADATA-PROOF-ALGORITHM-UNSAFE",
            "a digital signature algorithm",
            algorithm,
            "VCI-F.1-08",
        )


@check(
    "metadata-key-attestations",
    requires=["VCI-12.2.4-35", "VCI-12.2.4-37", "VCI-12.2.4-38"],
    proven_by={
        "metadata:key-attestations-array": "METADATA-KEY-ATTESTATIONS-TYPE",
        "metadata:key-attestations-empty-storage": "METADATA-KEY-ATTESTATION-LEVELS",
    },
    applies=when.some_proof_type,
)
async def key_attestations_are_described(issuer: Issuer, expect: Expect) -> None:
    """Where a proof type has key_attestations_required, it is an object with non-empty arrays of levels."""
    judge, name = Judge(expect, issuer.reply.exchange), "key_attestations_required"
    levels = {"key_storage": "VCI-12.2.4-37", "user_authentication": "VCI-12.2.4-38"}
    for configuration in _configurations(issuer):
        for proof_type in _member(configuration, "proof_types_supported").parts():
            required = _member(proof_type, name)
            judge.that(
                name not in proof_type or isinstance(required.value, dict),
                "METADATA-KEY-ATTESTATIONS-TYPE",
                "a JSON object",
                required,
            )
            for level, requirement in levels.items():
                if level in required:
                    code = "METADATA-KEY-ATTESTATION-LEVELS"
                    judge.array(required[level], code, requirement, of=str, called="strings")


@check(
    "metadata-nonce-endpoint-offered",
    requires=["VCI-13.8-01"],
    proven_by={"metadata:nonce-endpoint-missing": "METADATA-NONCE-ENDPOINT-MISSING"},
    applies=when.some_configuration_has("proof_types_supported"),
)
async def a_nonce_endpoint_is_offered(issuer: Issuer, expect: Expect) -> None:
    """An issuer that takes key proofs offers a Nonce Endpoint, so that proofs cannot be replayed."""
    Judge(expect, issuer.reply.exchange).has(
        _metadata(issuer), "nonce_endpoint", "METADATA-NONCE-ENDPOINT-MISSING"
    )


# Section 12.2.4 and appendix B: credential_metadata


@check(
    "metadata-credential-display",
    requires=[
        "VCI-12.2.4-40",
        "VCI-12.2.4-39",
        "VCI-12.2.4-41",
        "VCI-12.2.4-44",
        "VCI-12.2.4-45",
        "VCI-12.2.4-46",
        "VCI-12.2.4-47",
        "VCI-12.2.4-48",
        "VCI-12.2.4-49",
    ],
    proven_by={
        "metadata:credential-metadata-array": "METADATA-CREDENTIAL-METADATA-TYPE",
        "metadata:credential-display-empty": "METADATA-CREDENTIAL-DISPLAY",
        "metadata:credential-display-name-missing": "METADATA-CREDENTIAL-DISPLAY-NAME",
        "metadata:credential-display-description-number": "METADATA-CREDENTIAL-DISPLAY-DESCRIPTION",
        "metadata:credential-logo-without-uri": "METADATA-CREDENTIAL-DISPLAY-IMAGE",
        "metadata:background-image-without-uri": "METADATA-CREDENTIAL-DISPLAY-IMAGE",
        "metadata:background-color-named": "METADATA-CREDENTIAL-DISPLAY-COLOR",
    },
    applies=when.some_configuration_has("credential_metadata"),
)
async def credentials_are_displayable(issuer: Issuer, expect: Expect) -> None:
    """The display in credential_metadata is a non-empty array of objects with a name, images and colors."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        if "credential_metadata" not in configuration:
            continue
        usage = configuration["credential_metadata"]
        judge.that(
            isinstance(usage.value, dict),
            "METADATA-CREDENTIAL-METADATA-TYPE",
            "a JSON object",
            usage,
            "VCI-12.2.4-39",
        )
        if "display" in usage:
            displays = usage["display"]
            judge.array(displays, "METADATA-CREDENTIAL-DISPLAY", "VCI-12.2.4-40", of=dict, called="JSON objects")
            for display in displays.parts():
                if isinstance(display.value, dict):
                    _expect_credential_display(judge, display)


def _expect_credential_display(judge: Judge, display: Part) -> None:
    judge.has(display, "name", "METADATA-CREDENTIAL-DISPLAY-NAME", "VCI-12.2.4-41")
    judge.strings(display, {"name": "VCI-12.2.4-41"}, "METADATA-CREDENTIAL-DISPLAY-NAME")
    judge.strings(display, {"description": "VCI-12.2.4-46"}, "METADATA-CREDENTIAL-DISPLAY-DESCRIPTION")
    image_code = "METADATA-CREDENTIAL-DISPLAY-IMAGE"
    judge.image(display, "logo", image_code, "VCI-12.2.4-44", "VCI-12.2.4-45")
    judge.image(display, "background_image", image_code, "VCI-12.2.4-48")
    for name, requirement in {"background_color": "VCI-12.2.4-47", "text_color": "VCI-12.2.4-49"}.items():
        if name in display:
            judge.that(
                text.is_numerical_color(display[name].value),
                "METADATA-CREDENTIAL-DISPLAY-COLOR",
                "a numerical color of CSS Color Module Level 3, such as #12107c",
                display[name],
                requirement,
            )


@check(
    "metadata-credential-display-locales",
    requires=["VCI-12.2.4-42", "VCI-12.2.4-43"],
    proven_by={
        "metadata:credential-display-locale-malformed": "METADATA-CREDENTIAL-DISPLAY-LOCALE",
        "metadata:credential-display-locale-twice": "METADATA-CREDENTIAL-DISPLAY-LANGUAGE-REPEATED",
    },
    applies=when.some_configuration_has("credential_metadata", "display"),
)
async def credential_locales_are_distinct(issuer: Issuer, expect: Expect) -> None:
    """Each locale in a credential's display is a language tag, and no language has two objects."""
    judge = Judge(expect, issuer.reply.exchange)
    for usage in _usages(issuer, "display"):
        judge.locales(
            usage["display"],
            well_formed="VCI-12.2.4-42",
            distinct="VCI-12.2.4-43",
            malformed_code="METADATA-CREDENTIAL-DISPLAY-LOCALE",
            repeated_code="METADATA-CREDENTIAL-DISPLAY-LANGUAGE-REPEATED",
        )


def _usages(issuer: Issuer, member: str) -> list[Part]:
    """Give the ``credential_metadata`` of all configurations that have this member there."""
    usages = [_member(configuration, "credential_metadata") for configuration in _configurations(issuer)]
    return [usage for usage in usages if member in usage]


@check(
    "metadata-claims",
    requires=["VCI-12.2.4-50", "VCI-B.2-01", "VCI-B.2-02", "VCI-B.2-03"],
    proven_by={
        "metadata:claims-empty": "METADATA-CLAIMS",
        "metadata:claims-path-missing": "METADATA-CLAIM-PATH-MISSING",
        "metadata:claims-path-empty": "METADATA-CLAIM-PATH",
        "metadata:claims-path-boolean": "METADATA-CLAIM-PATH",
        "metadata:claims-path-negative": "METADATA-CLAIM-PATH",
        "metadata:claims-mandatory-string": "METADATA-CLAIM-MANDATORY",
    },
    applies=when.some_configuration_has("credential_metadata", "claims"),
)
async def claims_are_described(issuer: Issuer, expect: Expect) -> None:
    """The member claims is a non-empty array of objects with a path and, if they like, mandatory, a boolean."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        usage = _member(configuration, "credential_metadata")
        if "claims" not in usage:
            continue
        claims = usage["claims"]
        judge.array(claims, "METADATA-CLAIMS", "VCI-12.2.4-50", of=dict, called="JSON objects")
        for claim in claims.parts():
            if not isinstance(claim.value, dict):
                continue
            if judge.has(claim, "path", "METADATA-CLAIM-PATH-MISSING", "VCI-B.2-01"):
                judge.that(
                    _is_path(claim["path"].value, configuration.members.get("format")),
                    "METADATA-CLAIM-PATH",
                    "a claims path pointer for this format",
                    claim["path"],
                    "VCI-B.2-02",
                )
            if "mandatory" in claim:
                mandatory = claim["mandatory"]
                right = isinstance(mandatory.value, bool)
                judge.that(right, "METADATA-CLAIM-MANDATORY", "a boolean", mandatory, "VCI-B.2-03")


def _is_path(path: Any, credential_format: Any) -> bool:
    if credential_format != "mso_mdoc":
        return claims_path.well_formed(path)
    # Namespace and data element come first, and keys of maps may be negative (appendix C.2).
    if not isinstance(path, list) or len(path) < 2:
        return False
    components = all(
        item is None or (isinstance(item, (str, int)) and not isinstance(item, bool)) for item in path
    )
    return components and isinstance(path[0], str) and isinstance(path[1], str)


@check(
    "metadata-claim-display",
    requires=["VCI-B.2-05", "VCI-B.2-06", "VCI-B.2-07", "VCI-B.2-08"],
    proven_by={
        "metadata:claim-display-empty": "METADATA-CLAIM-DISPLAY",
        "metadata:claim-display-name-number": "METADATA-CLAIM-DISPLAY-NAME",
        "metadata:claim-display-locale-malformed": "METADATA-CLAIM-DISPLAY-LOCALE",
        "metadata:claim-display-locale-twice": "METADATA-CLAIM-DISPLAY-LANGUAGE-REPEATED",
    },
    applies=when.claim_display,
)
async def claims_are_displayable(issuer: Issuer, expect: Expect) -> None:
    """The display of a claim is a non-empty array of objects with names, and one object for each language."""
    judge = Judge(expect, issuer.reply.exchange)
    for usage in _usages(issuer, "claims"):
        for claim in usage["claims"].parts():
            if "display" not in claim:
                continue
            displays = claim["display"]
            judge.array(displays, "METADATA-CLAIM-DISPLAY", "VCI-B.2-05", of=dict, called="JSON objects")
            for display in displays.parts():
                judge.strings(display, {"name": "VCI-B.2-06"}, "METADATA-CLAIM-DISPLAY-NAME")
            judge.locales(
                displays,
                well_formed="VCI-B.2-07",
                distinct="VCI-B.2-08",
                malformed_code="METADATA-CLAIM-DISPLAY-LOCALE",
                repeated_code="METADATA-CLAIM-DISPLAY-LANGUAGE-REPEATED",
            )


@check(
    "metadata-claims-consistent",
    requires=["VCI-B.3-01", "VCI-B.3-02", "VCI-B.3-03"],
    proven_by={
        "metadata:claims-path-twice": "METADATA-CLAIM-REPEATED",
        "metadata:claims-null-and-index": "METADATA-CLAIM-ALL-AND-ONE",
        "metadata:claims-array-and-object": "METADATA-CLAIM-ARRAY-AND-OBJECT",
    },
    applies=when.some_configuration_has("credential_metadata", "claims"),
)
async def claims_do_not_contradict(issuer: Issuer, expect: Expect) -> None:
    """The claims descriptions of one credential neither repeat nor contradict each other."""
    judge = Judge(expect, issuer.reply.exchange)
    for configuration in _configurations(issuer):
        usage = _member(configuration, "credential_metadata")
        if "claims" in usage:
            claims = usage["claims"]
            paths = [claim.members.get("path") for claim in claims.parts()]
            right = [tuple(path) for path in paths if isinstance(path, list) and claims_path.well_formed(path)]
            _expect_consistent(judge, right, claims.pointer, configuration.members.get("format"))


def _expect_consistent(judge: Judge, paths: list[tuple[Any, ...]], place: str, credential_format: Any) -> None:
    repeated = [list(path) for path, times in Counter(paths).items() if times > 1]
    judge.that(not repeated, "METADATA-CLAIM-REPEATED", "one description for each claim", Part(repeated, place))
    forks = _forks(paths)
    all_and_one = [start for start, kinds in forks if {"all", "one"} <= kinds]
    judge.that(
        not all_and_one,
        "METADATA-CLAIM-ALL-AND-ONE",
        "the elements of an array addressed all at once or one by one",
        Part(all_and_one, place),
        "VCI-B.3-02",
    )
    # In a mobile document an integer may be the key of a map (appendix C.2), so only null tells an array.
    of_arrays = {"all"} if credential_format == "mso_mdoc" else {"all", "one"}
    both = [start for start, kinds in forks if "key" in kinds and kinds & of_arrays]
    judge.that(
        not both,
        "METADATA-CLAIM-ARRAY-AND-OBJECT",
        "each claim treated either as an array or as an object",
        Part(both, place),
        "VCI-B.3-03",
    )


def _forks(paths: list[tuple[Any, ...]]) -> list[tuple[list[Any], set[str]]]:
    """Give the beginnings of paths that are followed by components of several kinds, with these kinds.

    The kinds are ``key``, ``all`` (null) and ``one``. Beginnings are numbered, so that the cost grows with the
    length of the paths and not with its square.
    """
    numbers: dict[tuple[int, Any], int] = {}
    beginnings: list[tuple[tuple[Any, ...], int]] = [((), 0)]
    kinds: list[set[str]] = [set()]
    for path in paths:
        at = 0
        for length, component in enumerate(path, start=1):
            kinds[at].add("all" if component is None else "key" if isinstance(component, str) else "one")
            at = numbers.setdefault((at, component), len(beginnings))
            if at == len(beginnings):
                beginnings.append((path, length))
                kinds.append(set())
    return [
        (list(path[:length]), found)
        for (path, length), found in zip(beginnings, kinds, strict=True)
        if len(found) > 1
    ]
