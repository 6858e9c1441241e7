"""The Token Endpoint: OpenID4VCI 1.0 sections 6.1, 6.2, 12.3 and 13.10, RFC 6749 sections 3.2, 5.1 and 10.10."""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import text
from harness.formats.problems import json_type
from harness.formats.strict_json import JsonError
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from harness.wallet.token import access_token
from suites.oid4vci._secrets import expect_unrelated
from suites.oid4vci._token_requests import anonymous, rule_out_setup, without
from suites.oid4vci._token_responses import granted_members, refusal
from suites.oid4vci._urls import is_secure_url

check = area("Token Endpoint", per=Per.REDEMPTION)

_TOKEN_TYPES = frozenset({"bearer", "dpop", "pop", "n_a"})
"""The IANA registry "OAuth Access Token Types", in lower case."""

_LONGEST_BEARER_LIFETIME_S = 300


@check(
    "token-endpoint-url",
    requires=["RFC6749-3.2-02", "RFC6749-3.2-01", "FAPI2-5.2.1-01"],
    proven_by={
        "as-metadata:token-endpoint-http": "TOKEN-ENDPOINT-SCHEME",
        "as-metadata:token-endpoint-fragment": "TOKEN-ENDPOINT-FRAGMENT",
    },
)
async def the_endpoint_is_secure(shared: Flow, expect: Expect) -> None:
    """The URL of the Token Endpoint has the scheme https and no fragment."""
    url = await shared.token_endpoint()
    where: Any = {"at": (await shared.server()).exchange, "pointer": "/token_endpoint"}
    expect.that(is_secure_url(url), "TOKEN-ENDPOINT-SCHEME", "a URL with the scheme https", url, **where)
    expect.that(
        "#" not in url,
        "TOKEN-ENDPOINT-FRAGMENT",
        "a URL without a fragment",
        url,
        requirement="RFC6749-3.2-01",
        **where,
    )


# Successful Token Response


@check(
    "token-issued",
    requires=["RFC6749-5.1-01"],
    proven_by={
        "rejects:client.identifier-left-out": "TOKEN-REFUSED",
        "token-response:status-201": "TOKEN-STATUS",
        "rejects:token.right-request": "TOKEN-REFUSED",
        "rejects:code.verifier": "TOKEN-REFUSED",
        "rejects:dpop.right-proof": "TOKEN-REFUSED",
        "misreports:dpop.nonce": "TOKEN-REFUSED",
        "token-error-response:dpop-nonce-missing": "TOKEN-REFUSED",
        "token-error-response:dpop-nonce-charset": "TOKEN-REFUSED",
    },
)
async def a_right_request_succeeds(shared: Flow, token: Reply, expect: Expect) -> None:
    """A right Token Request is answered with the status code 200."""
    rule_out_setup(shared, await shared.server(), token)
    if expect.that(token.successful, "TOKEN-REFUSED", "a right Token Request is granted", token.gist, at=token):
        expect.that(token.status == 200, "TOKEN-STATUS", "HTTP 200", f"HTTP {token.status}", at=token)


@check(
    "token-response-json",
    requires=["RFC6749-5.1-10", "RFC6749-3.2-06"],
    proven_by={
        "token-response:content-type": "TOKEN-CONTENT-TYPE",
        "token-response:array": "TOKEN-NOT-JSON",
        "token:duplicate-key": "TOKEN-MEMBER-REPEATED",
    },
)
async def the_response_is_json(token: Reply, expect: Expect) -> None:
    """The Token Response is a JSON object of the media type application/json, with each member once."""
    if not token.successful:
        raise Blocked(refusal(token))
    expect.that(
        token.media_type == "application/json",
        "TOKEN-CONTENT-TYPE",
        "application/json",
        token.media_type,
        at=token,
        pointer="header Content-Type",
    )
    try:
        document = token.document
    except JsonError as error:
        expect.that(False, "TOKEN-NOT-JSON", "a JSON object", error.detail, at=token)
        return
    expect.that(
        isinstance(document.value, dict), "TOKEN-NOT-JSON", "a JSON object", json_type(document.value), at=token
    )
    repeated = [problem.pointer for problem in document.problems]
    expect.that(
        not repeated,
        "TOKEN-MEMBER-REPEATED",
        "each member once",
        f"repeated: {show(repeated)}",
        at=token,
        requirement="RFC6749-3.2-06",
    )


@check(
    "token-response-uncacheable",
    requires=["RFC6749-5.1-11", "RFC6749-5.1-12"],
    proven_by={
        "token-response:cacheable": "TOKEN-CACHEABLE",
        "token-response:pragma-missing": "TOKEN-PRAGMA-MISSING",
    },
)
async def the_response_is_kept_out_of_caches(token: Reply, expect: Expect) -> None:
    """The Token Response has Cache-Control: no-store, and Pragma: no-cache for the oldest caches."""
    granted_members(token)
    expect.that(
        "no-store" in token.directives("Cache-Control"),
        "TOKEN-CACHEABLE",
        "no-store in Cache-Control",
        token.headers.get("Cache-Control", "no Cache-Control"),
        at=token,
        pointer="header Cache-Control",
    )
    expect.that(
        "no-cache" in token.directives("Pragma"),
        "TOKEN-PRAGMA-MISSING",
        "no-cache in Pragma",
        token.headers.get("Pragma", "no Pragma"),
        at=token,
        pointer="header Pragma",
        requirement="RFC6749-5.1-12",
    )


@check(
    "token-access-token",
    requires=["RFC6749-5.1-02", "RFC6749-10.10-02", "RFC6749-10.10-04", "FAPI2-5.4.1-09"],
    proven_by={
        "token:access-token-missing": "TOKEN-ACCESS-TOKEN",
        "token:access-token-guessable": "TOKEN-ACCESS-TOKEN-GUESSABLE",
        "token:access-token-thin": "TOKEN-ACCESS-TOKEN-SHORT",
    },
)
async def there_is_an_access_token(token: Reply, expect: Expect) -> None:
    """The Token Response contains access_token, a string long enough to be hard to guess."""
    members = granted_members(token)
    value = members.get("access_token")
    where: Any = {"at": token, "pointer": "/access_token"}
    if not isinstance(value, str) or not value:
        found = json_type(value) if "access_token" in members else f"the members {show(list(members))}"
        expect.that(False, "TOKEN-ACCESS-TOKEN", "access_token, a string that is not empty", found, **where)
        return
    bits = text.capacity_bits(value)
    observed = f"{len(value)} characters, which hold {bits:.0f} bits at most"
    if expect.that(
        bits >= 128,
        "TOKEN-ACCESS-TOKEN-GUESSABLE",
        "room for 128 random bits",
        observed,
        requirement="RFC6749-10.10-02",
        **where,
    ):
        expect.that(
            bits >= 160,
            "TOKEN-ACCESS-TOKEN-SHORT",
            "room for 160 random bits",
            observed,
            requirement="RFC6749-10.10-04",
            **where,
        )


@check(
    "token-access-token-guessing",
    requires=["RFC6749-10.10-02", "FAPI2-5.4.1-09"],
    proven_by={
        "token:access-token-counter": "TOKEN-ACCESS-TOKEN-COUNTED",
        "token:access-token-guessable": "TOKEN-ACCESS-TOKEN-COUNTED",
    },
)
async def access_tokens_do_not_follow_from_each_other(token: Reply, flow: Flow, expect: Expect) -> None:
    """An Access Token does not follow from the one before."""
    first, second = access_token(token), access_token(await flow.token())
    if first is None or second is None:
        raise Blocked("two Access Tokens are needed to compare")
    if first == second:
        # Nothing forbids to hand out a token again to the same client for the same rights.
        raise Blocked("the same Access Token was handed out twice")
    expect_unrelated(
        expect, "TOKEN-ACCESS-TOKEN", first, second, "RFC6749-10.10-02", at=token, pointer="/access_token"
    )


@check(
    "token-type",
    requires=["RFC6749-5.1-03", "RFC6749-5.1-04"],
    proven_by={"token:type-missing": "TOKEN-TYPE-MISSING", "token:type-unknown": "TOKEN-TYPE-UNKNOWN"},
)
async def the_token_type_is_known(token: Reply, expect: Expect) -> None:
    """The Token Response contains token_type, a registered type or an absolute URI."""
    kind = granted_members(token).get("token_type")
    where: Any = {"at": token, "pointer": "/token_type"}
    if expect.that(isinstance(kind, str), "TOKEN-TYPE-MISSING", "token_type, a string", kind, **where):
        expect.that(
            str(kind).lower() in _TOKEN_TYPES or text.is_uri(kind),
            "TOKEN-TYPE-UNKNOWN",
            "a registered access token type, such as Bearer, or an absolute URI",
            kind,
            requirement="RFC6749-5.1-04",
            **where,
        )


@check(
    "token-expires-in",
    requires=["RFC6749-5.1-06", "RFC6749-5.1-05"],
    proven_by={
        "token:expires-in-missing": "TOKEN-EXPIRES-IN-MISSING",
        "token:expires-in-string": "TOKEN-EXPIRES-IN-TYPE",
    },
)
async def the_lifetime_is_a_number(token: Reply, expect: Expect) -> None:
    """The Token Response says by expires_in, a number, how many seconds the Access Token lives."""
    members = granted_members(token)
    lifetime = members.get("expires_in")
    where: Any = {"at": token, "pointer": "/expires_in"}
    if expect.that(
        "expires_in" in members,
        "TOKEN-EXPIRES-IN-MISSING",
        "the member expires_in",
        f"the members {show(list(members))}",
        requirement="RFC6749-5.1-05",
        **where,
    ):
        expect.that(
            isinstance(lifetime, (int, float)) and not isinstance(lifetime, bool) and lifetime >= 0,
            "TOKEN-EXPIRES-IN-TYPE",
            "a number of seconds, not negative",
            show(lifetime),
            **where,
        )


@check(
    "token-lifetime",
    requires=["VCI-13.10-01"],
    proven_by={"token:lifetime-long": "TOKEN-LIFETIME-LONG"},
    # A token that is bound to a certificate has the type Bearer, too (RFC 8705 section 3).
    applies=when.bearer_lifetime & ~when.client_certificate,
)
async def a_bearer_token_is_short_lived(token: Reply, expect: Expect) -> None:
    """A Bearer Access Token lives no longer than five minutes."""
    lifetime = token.object["expires_in"]
    expect.that(
        lifetime <= _LONGEST_BEARER_LIFETIME_S,
        "TOKEN-LIFETIME-LONG",
        f"at most {_LONGEST_BEARER_LIFETIME_S} seconds",
        lifetime,
        at=token,
        pointer="/expires_in",
    )


@check(
    "token-optional-members",
    requires=["RFC6749-5.1-07", "RFC6749-5.1-08"],
    proven_by={
        "token:refresh-token-number": "TOKEN-REFRESH-TOKEN-TYPE",
        "token:scope-malformed": "TOKEN-SCOPE-FORM",
    },
)
async def optional_members_are_wellformed(token: Reply, expect: Expect) -> None:
    """refresh_token and scope are well-formed where they are present."""
    members = granted_members(token)
    expect.that(
        isinstance(members.get("refresh_token", ""), str),
        "TOKEN-REFRESH-TOKEN-TYPE",
        "refresh_token, when present, is a string",
        json_type(members.get("refresh_token")),
        at=token,
        pointer="/refresh_token",
    )
    scope = members.get("scope")
    expect.that(
        "scope" not in members
        or (isinstance(scope, str) and all(text.is_scope_value(value) for value in scope.split(" "))),
        "TOKEN-SCOPE-FORM",
        "scope, when present, is a string of scope values with single spaces between them",
        scope,
        at=token,
        pointer="/scope",
        requirement="RFC6749-5.1-08",
    )


# What the endpoint puts up with


@check(
    "token-resource",
    requires=["VCI-6.1-07"],
    proven_by={"rejects:token.issuer-as-resource": "TOKEN-RESOURCE-REFUSED"},
    applies=when.authorization_servers,
)
async def the_issuer_is_known_as_resource(flow: Flow, issuer: Issuer, expect: Expect) -> None:
    """A Token Request with the Credential Issuer Identifier as resource succeeds."""
    reply = await flow.request_token({**await flow.token_fields(), "resource": issuer.identifier})
    expect.that(
        access_token(reply) is not None,
        "TOKEN-RESOURCE-REFUSED",
        "an Access Token for a Token Request with the Credential Issuer Identifier as resource",
        reply.gist,
        at=reply,
    )


@check(
    "token-unknown-parameter",
    requires=["VCI-6.1-04", "RFC6749-3.2-04"],
    proven_by={"rejects:token.unknown-parameter": "TOKEN-UNKNOWN-PARAMETER-REFUSED"},
)
async def an_unknown_parameter_is_ignored(flow: Flow, expect: Expect) -> None:
    """A Token Request with a parameter that nobody knows succeeds all the same."""
    reply = await flow.request_token({**await flow.token_fields(), "assay_unknown_parameter": "1"})
    expect.that(
        access_token(reply) is not None,
        "TOKEN-UNKNOWN-PARAMETER-REFUSED",
        "an Access Token, as without the parameter assay_unknown_parameter",
        reply.gist,
        at=reply,
    )


@check(
    "token-empty-parameter",
    requires=["RFC6749-3.2-03"],
    proven_by={"rejects:token.empty-parameter": "TOKEN-EMPTY-PARAMETER-REFUSED"},
)
async def an_empty_parameter_counts_as_left_out(flow: Flow, expect: Expect) -> None:
    """A Token Request with an optional parameter that has no value succeeds as if it had been left out."""
    reply = await flow.request_token({"scope": "", flow.tools.dialect.tx_code: "", **await flow.token_fields()})
    expect.that(
        access_token(reply) is not None,
        "TOKEN-EMPTY-PARAMETER-REFUSED",
        "an Access Token, as without the parameters that have no value",
        reply.gist,
        at=reply,
    )


@check(
    "token-anonymous-accepted",
    requires=["VCI-12.3-02"],
    proven_by={"as-metadata:anonymous-announced": "TOKEN-ANONYMOUS-REFUSED"},
    applies=when.pre_authorized_flow & when.anonymous_access,
)
async def announced_anonymous_access_works(flow: Flow, expect: Expect) -> None:
    """A Token Request without client_id is granted where the metadata announces that."""
    fields = without(await flow.token_fields(), "client_id")
    reply = await flow.request_token(fields, authentication=anonymous)
    expect.that(
        access_token(reply) is not None,
        "TOKEN-ANONYMOUS-REFUSED",
        "an Access Token, since pre-authorized_grant_anonymous_access_supported is true",
        reply.gist,
        at=reply,
    )
