"""What Authorization Servers announce of their flows, clients and tokens.

RFC 8414 section 2 and what adds to its members: RFC 7636, RFC 8705, RFC 9126, RFC 9207, RFC 9396, RFC 9449,
RFC 9700, and attestation-based client authentication draft 07. The checks look at every server that has metadata.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect, show
from harness.facts import Facts
from harness.flow import Flow
from harness.formats import text
from harness.formats.jose import ASYMMETRIC_ALGORITHMS, JWS_ALGORITHMS, SYMMETRIC_ALGORITHMS
from harness.wallet.metadata import AuthorizationServer, Issuer
from suites.oid4vci._parts import Judge, Part, configurations_of
from suites.oid4vci._servers import described, described_with, grant_types
from suites.oid4vci._urls import is_secure_url

check = area("Authorization Server Metadata")

_METHODS = "token_endpoint_auth_methods_supported"
_DEFAULT_METHODS = ["client_secret_basic"]
"""How clients authenticate where a server does not say (RFC 8414 section 2)."""
_SECRETS = frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt"})
_ASSERTION_ALGORITHMS = "token_endpoint_auth_signing_alg_values_supported"
_ATTESTATION = "attest_jwt_client_auth"
_CHALLENGE_METHODS = "code_challenge_methods_supported"
_DEFAULT_RESPONSE_MODES = ["query", "fragment"]
_ATTESTATION_ALGORITHMS = {
    "client_attestation_signing_alg_values_supported": ("ATCA-10.1-02", "ATCA-10.1-04"),
    "client_attestation_pop_signing_alg_values_supported": ("ATCA-10.1-03", "ATCA-10.1-05"),
}
_BOOLEANS = {
    "require_pushed_authorization_requests": "RFC9126-5-02",
    "authorization_response_iss_parameter_supported": "RFC9207-3-01",
    "tls_client_certificate_bound_access_tokens": "RFC8705-3.3-01",
}


def _has_code_flow(server: AuthorizationServer) -> bool:
    return server.serves("authorization_code")


# The Authorization Code Flow


@check(
    "as-authorization-endpoint-url",
    requires=["RFC8414-2-10", "RFC6749-3.1-02", "RFC6749-3.1-03", "FAPI2-5.2.1-01"],
    proven_by={
        "as-metadata:authorization-endpoint-text": "AS-AUTHORIZATION-ENDPOINT-URL",
        "as-metadata:authorization-endpoint-http": "AS-AUTHORIZATION-ENDPOINT-SCHEME",
        "as-metadata:authorization-endpoint-fragment": "AS-AUTHORIZATION-ENDPOINT-FRAGMENT",
    },
    applies=when.server_metadata_has("authorization_endpoint"),
)
async def the_authorization_endpoint_is_secure(issuer: Issuer, expect: Expect) -> None:
    """authorization_endpoint is a URL with the scheme https and without a fragment."""
    for url, judge in described_with(issuer, "authorization_endpoint", expect):
        known = text.is_https_url(url.value) or text.is_http_url(url.value)
        if not judge.that(known, "AS-AUTHORIZATION-ENDPOINT-URL", "a URL", url):
            continue
        judge.that(
            is_secure_url(url.value), "AS-AUTHORIZATION-ENDPOINT-SCHEME", "an https URL", url, "RFC6749-3.1-03"
        )
        judge.that(
            "#" not in url.value,
            "AS-AUTHORIZATION-ENDPOINT-FRAGMENT",
            "a URL without a fragment",
            url,
            "RFC6749-3.1-02",
        )


@check(
    "as-response-types",
    requires=["RFC8414-2-19", "RFC8414-2-18"],
    proven_by={
        "as-metadata:response-types-without-code": "AS-RESPONSE-TYPE-CODE",
        "as-metadata:response-modes-without-query": "AS-RESPONSE-MODE-QUERY",
    },
    applies=when.server_with_code_flow,
)
async def the_code_flow_is_announced(issuer: Issuer, expect: Expect) -> None:
    """A server with the Authorization Code Flow lists the response type code and the response mode query."""
    for server, metadata, judge in described(issuer, expect):
        if _has_code_flow(server):
            types, modes = metadata.get("response_types_supported"), metadata.get("response_modes_supported")
            listed = types.value if isinstance(types.value, list) else ["code"]
            judge.that("code" in listed, "AS-RESPONSE-TYPE-CODE", "an array with code", types)
            # Which members are there at all, and that they are arrays, is judged elsewhere.
            listed = modes.value if isinstance(modes.value, list) else _DEFAULT_RESPONSE_MODES
            judge.that("query" in listed, "AS-RESPONSE-MODE-QUERY", "an array with query", modes, "RFC8414-2-18")


@check(
    "as-unsafe-flows",
    requires=["RFC9700-2.4-01", "RFC9700-2.1.2-01"],
    proven_by={
        "as-metadata:password-grant": "AS-PASSWORD-GRANT",
        "as-metadata:implicit-response": "AS-IMPLICIT-RESPONSE",
        "as-metadata:response-types-without-code": "AS-IMPLICIT-RESPONSE",
    },
    applies=when.server_metadata,
)
async def unsafe_flows_are_not_offered(issuer: Issuer, expect: Expect) -> None:
    """No server offers the password grant, or response types that put an Access Token into the response."""
    for server, metadata, judge in described(issuer, expect):
        grants = metadata.get("grant_types_supported")
        judge.that("password" not in grant_types(server), "AS-PASSWORD-GRANT", "no grant type password", grants)
        types = metadata.get("response_types_supported")
        listed = types.value if isinstance(types.value, list) else [types.value]
        implicit = [name for name in listed if isinstance(name, str) and "token" in name.split()]
        judge.that(
            not implicit,
            "AS-IMPLICIT-RESPONSE",
            "no response type with an Access Token",
            Part(implicit, types.pointer),
            "RFC9700-2.1.2-01",
        )


@check(
    "as-challenge-methods",
    requires=["RFC8414-2-11"],
    proven_by={
        "as-metadata:challenge-methods-unknown": "AS-CHALLENGE-METHODS",
        "as-metadata:challenge-methods-string": "AS-CHALLENGE-METHODS",
    },
    applies=when.server_metadata_has(_CHALLENGE_METHODS),
)
async def challenge_methods_are_registered(issuer: Issuer, expect: Expect) -> None:
    """code_challenge_methods_supported is an array of registered methods."""
    for methods, judge in described_with(issuer, _CHALLENGE_METHODS, expect):
        listed = methods.value if isinstance(methods.value, list) else [None]
        right = all(method in ("S256", "plain") for method in listed)
        judge.that(right, "AS-CHALLENGE-METHODS", "an array of registered methods, such as S256", methods)


@check(
    "as-challenge-methods-announced",
    requires=["RFC9700-2.1.1-05"],
    proven_by={"as-metadata:challenge-methods-missing": "AS-CHALLENGE-METHODS-MISSING"},
    applies=when.server_with_code_flow,
)
async def challenge_methods_are_announced(issuer: Issuer, expect: Expect) -> None:
    """A server with the Authorization Code Flow says by code_challenge_methods_supported that it supports PKCE."""
    for server, metadata, judge in described(issuer, expect):
        if _has_code_flow(server):
            judge.has(metadata, _CHALLENGE_METHODS, "AS-CHALLENGE-METHODS-MISSING")


@check(
    "as-challenge-methods-enforced",
    requires=["RFC8414-2-12"],
    proven_by={"as-metadata:challenge-methods-missing": "AS-CHALLENGE-ENFORCED-UNANNOUNCED"},
    applies=when.code_flow,
    per=Per.GRANT,
)
async def an_enforced_challenge_is_announced(
    server: AuthorizationServer, another_flow: Callable[[], Flow], expect: Expect
) -> None:
    """A server that refuses a request without a code challenge lists its challenge methods."""
    judge = Judge(expect, server.exchange)
    listed = _CHALLENGE_METHODS in server.metadata
    refused = False
    if not listed:
        change = {"code_challenge": None, "code_challenge_method": None}
        refused = (await another_flow().authorize(change=change)).code is None
    judge.that(
        not refused,
        "AS-CHALLENGE-ENFORCED-UNANNOUNCED",
        f"{_CHALLENGE_METHODS}, since PKCE is enforced",
        Part(list(server.metadata), ""),
    )


@check(
    "as-par-endpoint",
    requires=["RFC9126-5-01"],
    proven_by={"as-metadata:par-endpoint-number": "AS-PAR-ENDPOINT-URL"},
    applies=when.server_metadata_has("pushed_authorization_request_endpoint"),
)
async def the_par_endpoint_is_a_url(issuer: Issuer, expect: Expect) -> None:
    """pushed_authorization_request_endpoint is a URL."""
    for url, judge in described_with(issuer, "pushed_authorization_request_endpoint", expect):
        known = text.is_https_url(url.value) or text.is_http_url(url.value)
        judge.that(known, "AS-PAR-ENDPOINT-URL", "a URL", url)


@check(
    "as-booleans",
    requires=list(_BOOLEANS.values()),
    proven_by={
        "as-metadata:par-required-string": "AS-MEMBER-NOT-BOOLEAN",
        "as-metadata:iss-parameter-string": "AS-MEMBER-NOT-BOOLEAN",
        "as-metadata:bound-tokens-string": "AS-MEMBER-NOT-BOOLEAN",
    },
    applies=when.server_metadata,
)
async def flags_are_booleans(issuer: Issuer, expect: Expect) -> None:
    """Members that say yes or no are JSON booleans."""
    for _, metadata, judge in described(issuer, expect):
        for name, requirement in _BOOLEANS.items():
            flag = metadata.get(name)
            right = name not in metadata or isinstance(flag.value, bool)
            judge.that(right, "AS-MEMBER-NOT-BOOLEAN", f"{name}, a boolean", flag, requirement)


# Rich authorization requests


@check(
    "as-details-types",
    requires=["RFC9396-10-01"],
    proven_by={"as-metadata:details-types-number": "AS-DETAILS-TYPES"},
    applies=when.server_metadata_has("authorization_details_types_supported"),
)
async def details_types_are_strings(issuer: Issuer, expect: Expect) -> None:
    """authorization_details_types_supported is an array of strings."""
    for types, judge in described_with(issuer, "authorization_details_types_supported", expect):
        right = isinstance(types.value, list) and all(isinstance(name, str) for name in types.value)
        judge.that(right, "AS-DETAILS-TYPES", "an array of strings", types)


@check(
    "as-details-announced",
    requires=["VCI-12.2.4-78"],
    proven_by={"as-metadata:details-types-missing": "AS-DETAILS-TYPE-MISSING"},
    applies=when.server_with_code_flow & when.configuration_without_scope,
)
async def what_has_no_scope_can_be_asked_for(issuer: Issuer, expect: Expect) -> None:
    """Where a configuration has no scope, a server announces authorization_details for credentials."""
    types = {server.identifier: _listed_details(server) for server in issuer.servers if server.metadata}
    scopeless = [part.pointer for part in configurations_of(issuer) if "scope" not in part]
    expect.that(
        any("openid_credential" in listed for listed in types.values()),
        "AS-DETAILS-TYPE-MISSING",
        f"openid_credential in authorization_details_types_supported, for {show(scopeless)}",
        show(types),
        at=next((server.exchange for server in issuer.servers), None),
        pointer="/authorization_details_types_supported",
    )


def _listed_details(server: AuthorizationServer) -> list[object]:
    listed = server.metadata.get("authorization_details_types_supported")
    return listed if isinstance(listed, list) else []


# Clients


@check(
    "as-client-authentication",
    requires=["RFC8414-2-13", "RFC9700-2.5-02"],
    proven_by={
        "as-metadata:auth-methods-string": "AS-CLIENT-METHODS",
        "as-metadata:auth-methods-number": "AS-CLIENT-METHODS",
        "as-metadata:auth-methods-secrets": "AS-CLIENT-METHODS-SECRET",
    },
    applies=when.server_metadata_has(_METHODS),
)
async def client_authentication_is_announced(issuer: Issuer, expect: Expect) -> None:
    """token_endpoint_auth_methods_supported is an array of strings, and not only of methods with secrets."""
    for methods, judge in described_with(issuer, _METHODS, expect):
        listed = methods.value if isinstance(methods.value, list) else [None]
        right = all(isinstance(method, str) for method in listed)
        if judge.that(right, "AS-CLIENT-METHODS", "an array of strings", methods):
            secret = bool(listed) and _SECRETS.issuperset(listed)
            judge.that(
                not secret, "AS-CLIENT-METHODS-SECRET", "a method with asymmetric keys", methods, "RFC9700-2.5-02"
            )


@check(
    "as-client-assertion-algorithms",
    requires=["RFC8414-2-15", "RFC8414-2-16", "RFC8414-2-17"],
    proven_by={
        "as-metadata:assertion-algs-missing": "AS-ASSERTION-ALGORITHMS-MISSING",
        "as-metadata:assertion-algs-none": ("AS-ASSERTION-ALGORITHM-NONE", "AS-ASSERTION-ALGORITHM-COMMON"),
        "as-metadata:assertion-algs-without-rs256": "AS-ASSERTION-ALGORITHM-COMMON",
    },
    applies=when.server_lists(_METHODS, "private_key_jwt", "client_secret_jwt"),
)
async def assertion_algorithms_are_announced(issuer: Issuer, expect: Expect) -> None:
    """A server that takes client assertions lists their algorithms: RS256, which wallets know, and not none."""
    for _, metadata, judge in described(issuer, expect):
        listed = metadata.get(_METHODS).value
        if not isinstance(listed, list) or not {"private_key_jwt", "client_secret_jwt"} & set(map(str, listed)):
            continue
        if judge.has(metadata, _ASSERTION_ALGORITHMS, "AS-ASSERTION-ALGORITHMS-MISSING"):
            algorithms = metadata[_ASSERTION_ALGORITHMS]
            names = algorithms.value if isinstance(algorithms.value, list) else []
            safe, common = "none" not in names, "RS256" in names
            judge.that(safe, "AS-ASSERTION-ALGORITHM-NONE", "an array without none", algorithms, "RFC8414-2-16")
            judge.that(common, "AS-ASSERTION-ALGORITHM-COMMON", "an array with RS256", algorithms, "RFC8414-2-17")


@check(
    "as-wallet-authentication",
    requires=["RFC8414-2-14", "ATCA-10.1-01"],
    proven_by={
        "as-metadata:auth-methods-unknown": "AS-WALLET-METHOD-MISSING",
        "as-metadata:auth-methods-missing": "AS-WALLET-METHOD-MISSING",
    },
    applies=when.registered_client,
    per=Per.GRANT,
)
async def the_method_of_the_wallet_is_listed(server: AuthorizationServer, facts: Facts, expect: Expect) -> None:
    """The server lists the method by which the wallet is registered to authenticate."""
    method = facts.client.authentication or "none"
    methods = Part(server.metadata, "").get(_METHODS)
    listed = methods.value if _METHODS in server.metadata else _DEFAULT_METHODS
    Judge(expect, server.exchange).that(
        isinstance(listed, list) and method in listed,
        "AS-WALLET-METHOD-MISSING",
        f"an array with {method}, as the wallet is registered",
        Part(listed, f"/{_METHODS}"),
        "ATCA-10.1-01" if method == _ATTESTATION else "RFC8414-2-14",
    )


@check(
    "as-client-attestation",
    requires=["ATCA-10.1-02", "ATCA-10.1-03", "ATCA-10.1-04", "ATCA-10.1-05"],
    proven_by={
        "as-metadata:attestation-algs-missing": "AS-ATTESTATION-ALGORITHMS-MISSING",
        "as-metadata:attestation-pop-algs-missing": "AS-ATTESTATION-ALGORITHMS-MISSING",
        "as-metadata:attestation-algs-none": "AS-ATTESTATION-ALGORITHMS",
        "as-metadata:attestation-pop-algs-none": "AS-ATTESTATION-ALGORITHMS",
        "as-metadata:attestation-pop-algs-symmetric": "AS-ATTESTATION-ALGORITHMS",
        "as-metadata:attestation-algs-string": "AS-ATTESTATION-ALGORITHMS",
    },
    applies=when.server_lists(_METHODS, _ATTESTATION),
)
async def attestation_algorithms_are_announced(issuer: Issuer, expect: Expect) -> None:
    """A server that takes Client Attestations lists the algorithms of attestations and of proofs of possession."""
    for _, metadata, judge in described(issuer, expect):
        methods = metadata.get(_METHODS).value
        if not isinstance(methods, list) or _ATTESTATION not in methods:
            continue
        for name, (presence, form) in _ATTESTATION_ALGORITHMS.items():
            if judge.has(metadata, name, "AS-ATTESTATION-ALGORITHMS-MISSING", presence):
                listed = metadata[name]
                # Section 5.1 lets an attestation carry a MAC; its proof is always a signature.
                good = ASYMMETRIC_ALGORITHMS if "_pop_" in name else JWS_ALGORITHMS - {"none"}
                right = isinstance(listed.value, list) and good.issuperset(map(str, listed.value))
                judge.that(right, "AS-ATTESTATION-ALGORITHMS", "an array of names of signatures", listed, form)


@check(
    "as-challenge-endpoint",
    requires=["ATCA-8-01"],
    proven_by={"as-metadata:challenge-endpoint-text": "AS-CHALLENGE-ENDPOINT-URL"},
    applies=when.server_metadata_has("challenge_endpoint"),
)
async def the_challenge_endpoint_is_a_url(issuer: Issuer, expect: Expect) -> None:
    """challenge_endpoint is a URL."""
    for url, judge in described_with(issuer, "challenge_endpoint", expect):
        right = text.is_https_url(url.value) or text.is_http_url(url.value)
        judge.that(right, "AS-CHALLENGE-ENDPOINT-URL", "a URL", url)


@check(
    "as-mtls-aliases",
    requires=["RFC8705-5-01"],
    proven_by={
        "as-metadata:mtls-aliases-array": "AS-MTLS-ALIASES",
        "as-metadata:mtls-alias-number": "AS-MTLS-ALIASES",
    },
    applies=when.server_metadata_has("mtls_endpoint_aliases"),
)
async def mtls_aliases_are_urls(issuer: Issuer, expect: Expect) -> None:
    """mtls_endpoint_aliases is an object of endpoint URLs."""
    for aliases, judge in described_with(issuer, "mtls_endpoint_aliases", expect):
        urls = {name: url for name, url in aliases.members.items() if name.endswith("_endpoint")}
        right = isinstance(aliases.value, dict) and all(text.is_https_url(url) for url in urls.values())
        judge.that(right, "AS-MTLS-ALIASES", "an object of https URLs", aliases)


# Tokens


@check(
    "as-dpop-algorithms",
    requires=["RFC9449-5.1-01", "RFC9449-5.1-02"],
    proven_by={
        "as-metadata:dpop-algs-string": "AS-DPOP-ALGORITHMS",
        "as-metadata:dpop-algs-unknown": "AS-DPOP-ALGORITHMS",
        "as-metadata:dpop-algs-none": "AS-DPOP-ALGORITHM-UNSAFE",
        "as-metadata:dpop-algs-symmetric": "AS-DPOP-ALGORITHM-UNSAFE",
    },
    applies=when.server_metadata_has("dpop_signing_alg_values_supported"),
)
async def dpop_algorithms_are_signatures(issuer: Issuer, expect: Expect) -> None:
    """dpop_signing_alg_values_supported is an array of names of asymmetric JWS algorithms."""
    for algorithms, judge in described_with(issuer, "dpop_signing_alg_values_supported", expect):
        listed = algorithms.value if isinstance(algorithms.value, list) else [None]
        right = all(isinstance(name, str) and name in JWS_ALGORITHMS for name in listed)
        judge.that(right, "AS-DPOP-ALGORITHMS", "an array of names of JWS algorithms", algorithms)
        safe = not {"none", *SYMMETRIC_ALGORITHMS} & {name for name in listed if isinstance(name, str)}
        judge.that(safe, "AS-DPOP-ALGORITHM-UNSAFE", "asymmetric algorithms only", algorithms, "RFC9449-5.1-02")


@check(
    "as-sender-constraint",
    requires=["RFC9700-2.2.1-01", "VCI-13.2-04"],
    proven_by={"as-metadata:dpop-algs-missing": "AS-SENDER-CONSTRAINT-MISSING"},
    applies=when.server_metadata,
)
async def tokens_can_be_sender_constrained(issuer: Issuer, expect: Expect) -> None:
    """The metadata announces Access Tokens that only their client can use, by DPoP or mutual TLS."""
    for server in (server for server in issuer.servers if server.metadata):
        by_dpop = bool(server.metadata.get("dpop_signing_alg_values_supported"))
        by_tls = server.metadata.get("tls_client_certificate_bound_access_tokens") is True
        expect.that(
            by_dpop or by_tls,
            "AS-SENDER-CONSTRAINT-MISSING",
            "dpop_signing_alg_values_supported, or tls_client_certificate_bound_access_tokens true",
            f"neither in the metadata of {server.identifier}",
            at=server.fallback or server.reply,
        )
