"""Authorization Requests: OpenID4VCI 1.0 section 5.1, RFC 6749 sections 3.1, 3.3 and 4.1.2.1, RFC 9700 2.6."""

from __future__ import annotations

from harness import mutate
from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.wallet import authorization as requests
from suites.oid4vci._authorizations import DIRECT, ask_directly, granted

check = area("Authorization Endpoint", per=Per.GRANT)

_UNKNOWN = "https://assay.invalid/unknown"
"""A name and value that means nothing to anybody."""
_NO_METHOD = frozenset({404, 405, 501})
"""Statuses of an endpoint that does not have the method of the request (RFC 9110 section 15)."""
_NOT_GIVEN = "access_denied"
"""What a server may say that takes a default, which is for no credential, and then denies that."""


@check(
    "authorization-granted",
    requires=["VCI-5.2-01", "RFC6749-4.1.2-01", "HAIP-4-01"],
    proven_by={
        "rejects:client.right-authentication": "AUTHORIZATION-REFUSED",
        "rejects:client.issuer-audience": "AUTHORIZATION-REFUSED",
        "rejects:client.pop-issuer-audience": "AUTHORIZATION-REFUSED",
        "rejects:authorize.right-request": "AUTHORIZATION-REFUSED",
        "rejects:authorize.scope": "AUTHORIZATION-REFUSED",
        "rejects:authorize.issuer-as-resource": "AUTHORIZATION-REFUSED",
        "rejects:authorize.request-uri": "AUTHORIZATION-REFUSED",
        "sign-in-response:status-307": "AUTHORIZATION-REFUSED",
        "authorization-response:code-missing": "AUTHORIZATION-REFUSED",
        "authorization-response:fragment": "AUTHORIZATION-REFUSED",
        "authorization-response:status-405": "AUTHORIZATION-REFUSED",
        "par:request-uri-missing": "AUTHORIZATION-REFUSED",
        "par:request-uri-number": "AUTHORIZATION-REFUSED",
        "rejects:par.right-request": "AUTHORIZATION-REFUSED",
    },
    applies=when.code_flow,
)
async def a_right_request_is_granted(authorization: Authorized, expect: Expect) -> None:
    """A right Authorization Request brings an Authorization Response with code."""
    granted(expect, authorization, "AUTHORIZATION-REFUSED", what="a right Authorization Request")


@check(
    "authorization-get",
    requires=["RFC6749-3.1-04"],
    proven_by={"authorization-response:status-405": "AUTHORIZATION-GET-REFUSED"},
    applies=when.code_flow,
)
async def the_endpoint_takes_get(authorization: Authorized, expect: Expect) -> None:
    """The Authorization Endpoint answers a GET request with a page or a redirect."""
    visit = authorization.visit
    first = visit.replies[0] if visit and visit.replies else None
    unknown = first is not None and first.status in _NO_METHOD
    if authorization.code is None and not unknown:
        raise Blocked(f"whether a GET request is accepted does not show: {authorization.gist}")
    expect.that(
        not unknown,
        "AUTHORIZATION-GET-REFUSED",
        "a page or a redirect in answer to a GET request",
        first.gist if first else "nothing",
        at=first,
    )


@check(
    "authorization-unknown-parameter-ignored",
    requires=["VCI-5.1.3-03", "RFC6749-3.1-06"],
    proven_by={"rejects:authorize.unknown-parameter": "AUTHORIZATION-UNKNOWN-PARAMETER-REFUSED"},
    applies=when.code_flow,
)
async def an_unknown_parameter_is_ignored(flow: Flow, expect: Expect) -> None:
    """An Authorization Request with a parameter that nobody knows is granted."""
    granted(
        expect,
        await flow.authorize({"assay_unknown": _UNKNOWN}),
        "AUTHORIZATION-UNKNOWN-PARAMETER-REFUSED",
        what="an Authorization Request with an unknown parameter",
    )


@check(
    "authorization-empty-parameter-ignored",
    requires=["RFC6749-3.1-05"],
    proven_by={"rejects:authorize.empty-parameter": "AUTHORIZATION-EMPTY-PARAMETER-REFUSED"},
    applies=when.code_flow,
)
async def a_parameter_without_value_is_ignored(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """An Authorization Request with a parameter that has no value is granted."""
    name = "authorization_details" if "scope" in authorization.parameters else "scope"
    granted(
        expect,
        await flow.authorize({name: ""}),
        "AUTHORIZATION-EMPTY-PARAMETER-REFUSED",
        what=f"an Authorization Request with {name} without a value",
    )


@check(
    "authorization-repeated-parameter-refused",
    requires=["RFC6749-3.1-07", "RFC6749-4.1.2.1-10"],
    proven_by={
        "accepts:authorize.repeated-parameter": "AUTHORIZATION-REPEATED-PARAMETER-ACCEPTED",
        "misreports:authorize.repeated-parameter": "AUTHORIZATION-REPEATED-PARAMETER-MISREPORTED",
    },
    applies=DIRECT,
)
async def a_repeated_parameter_is_refused(flow: Flow, expect: Expect) -> None:
    """An Authorization Request that has a parameter twice is refused with invalid_request."""
    parameters, verifier = await flow.authorization_parameters()
    twice = [*parameters.items(), ("response_type", "code")]
    expect.not_authorized(
        await flow.go_to(await flow.server(), twice, verifier),
        "AUTHORIZATION-REPEATED-PARAMETER",
        what="an Authorization Request with response_type twice",
        errors={"invalid_request"},
        error_requirement="RFC6749-4.1.2.1-10",
    )


@check(
    "authorization-response-type-missing-refused",
    requires=["RFC6749-3.1.1-01", "RFC6749-4.1.2.1-09"],
    proven_by={
        "accepts:authorize.response-type-present": "AUTHORIZATION-RESPONSE-TYPE-MISSING-ACCEPTED",
        "misreports:authorize.response-type-present": "AUTHORIZATION-RESPONSE-TYPE-MISSING-MISREPORTED",
    },
    applies=DIRECT,
)
async def a_missing_response_type_is_refused(flow: Flow, expect: Expect) -> None:
    """An Authorization Request without response_type is refused with invalid_request."""
    expect.not_authorized(
        await ask_directly(flow, {"response_type": None}),
        "AUTHORIZATION-RESPONSE-TYPE-MISSING",
        what="an Authorization Request without response_type",
        errors={"invalid_request"},
        error_requirement="RFC6749-4.1.2.1-09",
    )


@check(
    "authorization-response-type-unknown-refused",
    requires=["RFC6749-3.1.1-02", "RFC6749-4.1.2.1-11", "FAPI2-5.3.2.2-01"],
    proven_by={
        "accepts:authorize.response-type-supported": "AUTHORIZATION-RESPONSE-TYPE-UNKNOWN-ACCEPTED",
        **dict.fromkeys(
            (
                "misreports:authorize.response-type-supported",
                "authorization-error-response:error-missing",
                "authorization-error-response:error-charset",
                "authorization-error-response:fragment",
            ),
            "AUTHORIZATION-RESPONSE-TYPE-UNKNOWN-MISREPORTED",
        ),
    },
    applies=DIRECT,
)
async def an_unknown_response_type_is_refused(flow: Flow, expect: Expect) -> None:
    """An Authorization Request with a response_type that nobody knows is refused as such."""
    expect.not_authorized(
        await ask_directly(flow, {"response_type": "assay_unknown"}),
        "AUTHORIZATION-RESPONSE-TYPE-UNKNOWN",
        what="an Authorization Request with an unknown response_type",
        errors={"unsupported_response_type", "invalid_request", "unauthorized_client"},
        error_requirement="RFC6749-4.1.2.1-11",
    )


@check(
    "authorization-scope-missing",
    requires=["RFC6749-3.3-01"],
    proven_by={"misreports:authorize.credential": "AUTHORIZATION-SCOPE-MISSING-MISREPORTED"},
    applies=when.code_flow,
)
async def a_request_for_nothing_gets_a_default_or_an_error(flow: Flow, expect: Expect) -> None:
    """An Authorization Request that says not what it is for gets a default, or an error about that."""
    attempt = await flow.authorize({"scope": None, "authorization_details": None, "resource": None})
    # A server that is asked by authorization_details misses these.
    errors = {"invalid_scope", "invalid_request", "invalid_authorization_details", _NOT_GIVEN}
    _default_or(expect, attempt, "AUTHORIZATION-SCOPE-MISSING-MISREPORTED", errors)


@check(
    "authorization-scope-unusable",
    requires=["RFC6749-4.1.2.1-12"],
    proven_by={
        "misreports:authorize.credential": "AUTHORIZATION-SCOPE-UNUSABLE-MISREPORTED",
        "misreports:authorize.scope-form": "AUTHORIZATION-SCOPE-UNUSABLE-MISREPORTED",
    },
    applies=when.code_flow & when.scope,
    flows=2,
)
async def a_request_for_an_unusable_scope_gets_a_default_or_an_error(flow: Flow, expect: Expect) -> None:
    """An Authorization Request for an unknown or malformed scope alone gets a default, or invalid_scope.

    Since unknown values are to be ignored (OpenID4VCI 5.1.2), it may also be denied as one for nothing.
    """
    for scope in (_UNKNOWN, '"malformed"'):
        change = {"scope": scope, "authorization_details": None, "resource": None}
        attempt = await flow.again().authorize(change)
        _default_or(expect, attempt, "AUTHORIZATION-SCOPE-UNUSABLE-MISREPORTED", {"invalid_scope", _NOT_GIVEN})


def _default_or(expect: Expect, attempt: Authorized, code: str, errors: set[str]) -> None:
    told = attempt.error
    expect.that(
        told is None or told in errors,
        code,
        f"a code, or the error {' or '.join(sorted(errors))}",
        attempt.gist,
        at=attempt.last,
    )


@check(
    "authorization-cross-origin-refused",
    requires=["RFC9700-2.6-03", "FAPI2-5.2.3-03"],
    proven_by={"authorization-response:cross-origin": "AUTHORIZATION-CROSS-ORIGIN"},
    applies=when.code_flow,
)
async def scripts_of_other_sites_cannot_read_the_answer(flow: Flow, expect: Expect) -> None:
    """The Authorization Endpoint does not let scripts of other sites read its answers (CORS)."""
    parameters, _ = await flow.authorization_parameters()
    endpoint = (await flow.server()).authorization_endpoint or ""
    reply = await flow.agent.http.send(
        "authorization request of a script",
        "GET",
        requests.url(endpoint, parameters),
        headers={"Origin": mutate.ELSEWHERE.removesuffix("/elsewhere")},
    )
    allowed = reply.headers.get("Access-Control-Allow-Origin")
    expect.that(
        allowed is None,
        "AUTHORIZATION-CROSS-ORIGIN",
        "no Access-Control-Allow-Origin in the answer to a script of another site",
        str(allowed),
        at=reply,
        pointer="header Access-Control-Allow-Origin",
    )
