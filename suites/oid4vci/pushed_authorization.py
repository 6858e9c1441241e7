"""Pushed Authorization Requests: RFC 9126, OpenID4VCI 1.0 section 5.1.4."""

from __future__ import annotations

import re
import secrets
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Authorized, Blocked
from harness.expect import Expect, show
from harness.flow import Flow, asking_for
from harness.formats import text
from harness.formats.problems import json_type
from harness.formats.strict_json import JsonError, integer
from harness.patience import Impatient
from harness.transport import Reply
from harness.wallet import par
from harness.wallet.authorization import challenge_of
from harness.wallet.token import access_token
from suites.oid4vci._authorizations import ERRORS
from suites.oid4vci._secrets import expect_hard_to_guess
from suites.oid4vci._token_requests import UNAUTHENTICATED, only_identified, rule_out_setup
from suites.oid4vci._urls import is_secure_url

check = area("Pushed Authorization Requests", per=Per.GRANT)
_PUSHED = when.code_flow & when.par

_TOKEN_ENDPOINT_ERRORS = frozenset(
    {
        "invalid_client",
        "invalid_grant",
        "unsupported_grant_type",
        # Registered by RFC 9449, and those of Attestation-Based Client Authentication.
        "invalid_dpop_proof",
        "use_dpop_nonce",
        "invalid_client_attestation",
        "use_attestation_challenge",
        "use_fresh_attestation",
    }
)
"""What the Token Endpoint has beside the errors of the Authorization Endpoint."""
_INTERACTION_ERRORS = frozenset(
    {"consent_required", "login_required", "interaction_required", "account_selection_required"}
)
"""Errors that speak of a person who was asked."""
_ERRORS = _TOKEN_ENDPOINT_ERRORS | ERRORS
_SEPARATOR = re.compile(r"[:/]")


@check(
    "par-endpoint-url",
    requires=["RFC9126-2-01"],
    proven_by={
        "as-metadata:par-endpoint-http": "PAR-ENDPOINT-SCHEME",
        "as-metadata:par-endpoint-number": "PAR-ENDPOINT-SCHEME",
    },
    applies=_PUSHED,
)
async def the_endpoint_is_secure(shared: Flow, expect: Expect) -> None:
    """The URL of the Pushed Authorization Request Endpoint has the scheme https."""
    server = await shared.server()
    url = server.metadata.get("pushed_authorization_request_endpoint")
    expect.that(
        is_secure_url(url),
        "PAR-ENDPOINT-SCHEME",
        "a URL with the scheme https",
        url,
        at=server.exchange,
        pointer="/pushed_authorization_request_endpoint",
    )


# The answer


@check(
    "par-accepted",
    requires=["RFC9126-2-03", "RFC9126-2.2-01"],
    proven_by={
        "rejects:par.right-request": "PAR-REFUSED",
        "rejects:authorize.issuer-as-resource": "PAR-REFUSED",
        "par-response:status-200": "PAR-STATUS",
    },
    applies=_PUSHED,
)
async def a_right_request_is_accepted(authorization: Authorized, shared: Flow, expect: Expect) -> None:
    """A right authorization request that is pushed as a form is answered with the status code 201."""
    reply = _pushed(authorization)
    rule_out_setup(shared, await shared.server(), reply)
    if expect.that(reply.successful, "PAR-REFUSED", "a right pushed request is accepted", reply.gist, at=reply):
        expect.that(
            reply.status == 201,
            "PAR-STATUS",
            "HTTP 201",
            f"HTTP {reply.status}",
            at=reply,
            requirement="RFC9126-2.2-01",
        )


@check(
    "par-response",
    requires=["RFC9126-2.2-02", "RFC9126-2.2-03", "RFC9126-2.2-04", "RFC8259-4-01"],
    proven_by={
        "par:request-uri-missing": "PAR-REQUEST-URI",
        "par:request-uri-number": "PAR-REQUEST-URI",
        "par:expires-in-missing": "PAR-EXPIRES-IN",
        "par:expires-in-negative": "PAR-EXPIRES-IN",
        "par:expires-in-zero": "PAR-EXPIRES-IN",
        "par:expires-in-string": "PAR-EXPIRES-IN",
        "par:expires-in-fraction": "PAR-EXPIRES-IN",
        "par-response:content-type": "PAR-CONTENT-TYPE",
        "par:duplicate-key": "PAR-MEMBER-REPEATED",
    },
    applies=_PUSHED,
)
async def the_response_is_wellformed(authorization: Authorized, expect: Expect) -> None:
    """The answer to a pushed request is a JSON object with request_uri and expires_in, each once."""
    reply = _accepted(authorization)
    expect.that(
        reply.media_type == "application/json",
        "PAR-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="RFC9126-2.2-04",
    )
    try:
        document = reply.document
    except JsonError as error:
        expect.that(False, "PAR-REQUEST-URI", "a JSON object with request_uri", error.detail, at=reply)
        return
    members = reply.object
    expect.that(
        isinstance(members.get("request_uri"), str) and bool(members["request_uri"]),
        "PAR-REQUEST-URI",
        "request_uri, a string that is not empty",
        f"{json_type(members['request_uri'])}"
        if "request_uri" in members
        else f"the members {show(list(members))}",
        at=reply,
        pointer="/request_uri",
    )
    lifetime = integer(members.get("expires_in"))
    expect.that(
        lifetime is not None and lifetime > 0,
        "PAR-EXPIRES-IN",
        "expires_in, a positive integer",
        members.get("expires_in"),
        at=reply,
        pointer="/expires_in",
        requirement="RFC9126-2.2-03",
    )
    repeated = [problem.pointer for problem in document.problems]
    expect.that(
        not repeated,
        "PAR-MEMBER-REPEATED",
        "each member once",
        f"repeated: {show(repeated)}",
        at=reply,
        requirement="RFC8259-4-01",
    )


@check(
    "par-request-uri-guessing",
    requires=["RFC9126-2.2-05"],
    proven_by={
        "par:request-uri-short": "PAR-REQUEST-URI-GUESSABLE",
        "par:request-uri-guessable": "PAR-REQUEST-URI-GUESSABLE",
        "par:request-uri-reused": "PAR-REQUEST-URI-COUNTED",
    },
    applies=_PUSHED,
)
async def a_request_uri_is_hard_to_guess(authorization: Authorized, shared: Flow, expect: Expect) -> None:
    """The request_uri has a part long enough to be hard to guess, and does not follow from the one before."""
    reply = _accepted(authorization)
    parameters, _ = await shared.authorization_parameters()
    uris = [par.request_uri(reply), par.request_uri(await shared.push(parameters))]
    # What all values share, such as the name of a URN, is no secret.
    values = [_SEPARATOR.split(uri)[-1] for uri in uris if uri is not None]
    if not values:
        raise Blocked("the pushed request got no request_uri")
    expect_hard_to_guess(expect, "PAR-REQUEST-URI", values, "RFC9126-2.2-05", at=reply, pointer="/request_uri")


@check(
    "par-extension-parameters",
    requires=["RFC9126-2-04"],
    proven_by={
        "rejects:par.authorization-details": "PAR-AUTHORIZATION-DETAILS-REFUSED",
        "rejects:authorize.details": "PAR-AUTHORIZATION-DETAILS-REFUSED",
    },
    applies=_PUSHED & when.authorization_details,
)
async def parameters_of_extensions_are_accepted(flow: Flow, expect: Expect) -> None:
    """A pushed request may have the authorization_details that the metadata announce."""
    parameters, _ = await flow.authorization_parameters(asking_for(flow.details()))
    reply = await flow.push(parameters)
    expect.that(
        reply.successful,
        "PAR-AUTHORIZATION-DETAILS-REFUSED",
        "a pushed request with authorization_details of the announced type is accepted",
        reply.gist,
        at=reply,
    )


# What is refused


@check(
    "par-error-response",
    requires=["RFC9126-2.3-01", "RFC9126-2.3-02", "RFC9126-2.3-03", "RFC9126-2.3-04"],
    proven_by={
        "accepts:par.no-request-uri": "PAR-ERROR-NONE",
        "misreports:par.no-request-uri": ("PAR-ERROR-STATUS", "PAR-ERROR-UNKNOWN"),
        "par-error-response:content-type": "PAR-ERROR-CONTENT-TYPE",
        "par-error:error-missing": "PAR-ERROR-MISSING",
        "par-error:description-charset": "PAR-ERROR-DESCRIPTION",
        "par-error:interaction": "PAR-ERROR-INTERACTION",
    },
    applies=_PUSHED,
)
async def refusals_are_wellformed(shared: Flow, expect: Expect) -> None:
    """The refusal of a pushed request is an error response as at the Token Endpoint, and speaks of no person."""
    reply = await _push_with_request_uri(shared)
    if not expect.that(reply.status >= 400, "PAR-ERROR-NONE", "an error response", reply.gist, at=reply):
        return
    error = reply.error
    expect.that(
        reply.status == 400 or (reply.status == 401 and error in UNAUTHENTICATED),
        "PAR-ERROR-STATUS",
        "HTTP 400, or HTTP 401 with error invalid_client",
        reply.gist,
        at=reply,
        requirement="RFC9126-2.3-02",
    )
    expect.that(
        reply.media_type == "application/json",
        "PAR-ERROR-CONTENT-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
    )
    description = reply.object.get("error_description", "")
    expect.that(
        text.is_error_text(description),
        "PAR-ERROR-DESCRIPTION",
        "error_description, when present, has the characters %x20-21, %x23-5B and %x5D-7E only",
        description,
        at=reply,
        pointer="/error_description",
    )
    if expect.that(
        error is not None, "PAR-ERROR-MISSING", "a JSON object with error, a string", reply.gist, at=reply
    ):
        where: Any = {"at": reply, "pointer": "/error"}
        expect.that(
            error in _ERRORS,
            "PAR-ERROR-UNKNOWN",
            "an error code of the Token Endpoint, of the Authorization Endpoint or a registered one",
            error,
            requirement="RFC9126-2.3-03",
            **where,
        )
        expect.that(
            error not in _INTERACTION_ERRORS,
            "PAR-ERROR-INTERACTION",
            "an error that does not speak of the person, who was not asked yet",
            error,
            requirement="RFC9126-2.3-04",
            **where,
        )


@check(
    "par-request-uri-pushed-refused",
    requires=["RFC9126-2.1-02", "RFC9126-2.3-02"],
    proven_by={
        "accepts:par.no-request-uri": "PAR-REQUEST-URI-PUSHED-ACCEPTED",
        "misreports:par.no-request-uri": "PAR-REQUEST-URI-PUSHED-MISREPORTED",
    },
    applies=_PUSHED,
)
async def a_pushed_request_uri_is_refused(shared: Flow, expect: Expect) -> None:
    """A pushed request with the parameter request_uri is refused."""
    reply = await _push_with_request_uri(shared)
    accepted = "PAR-REQUEST-URI-PUSHED-ACCEPTED"
    if expect.that(
        par.request_uri(reply) is None and not reply.successful,
        accepted,
        "a pushed request with the parameter request_uri is refused",
        reply.gist,
        at=reply,
    ):
        expect.that(
            reply.status in (400, 401),
            "PAR-REQUEST-URI-PUSHED-MISREPORTED",
            "HTTP 400 for a pushed request with the parameter request_uri",
            reply.gist,
            at=reply,
            requirement="RFC9126-2.3-02",
        )


@check(
    "par-invalid-request-refused",
    requires=["RFC9126-2.1-03", "RFC9126-2.3-03"],
    proven_by={
        "accepts:authorize.response-type-supported": "PAR-INVALID-REQUEST-ACCEPTED",
        "misreports:authorize.response-type-supported": "PAR-INVALID-REQUEST-MISREPORTED",
        "par-error:error-missing": "PAR-INVALID-REQUEST-MISREPORTED",
    },
    applies=_PUSHED,
)
async def an_invalid_request_is_refused(flow: Flow, expect: Expect) -> None:
    """A pushed request with an unknown response_type is refused, there or at the Authorization Endpoint."""
    attempt = await flow.authorize({"response_type": "assay_unknown"}, pushed=True)
    expect.not_authorized(
        attempt,
        "PAR-INVALID-REQUEST",
        what="a pushed request with an unknown response_type",
        errors=_ERRORS,
        error_requirement="RFC9126-2.3-03",
    )


@check(
    "par-client-unauthenticated-refused",
    requires=["RFC9126-2.1-01", "RFC9126-2.3-02"],
    proven_by={
        "accepts:client.authenticated": "PAR-CLIENT-UNAUTHENTICATED-ACCEPTED",
        "misreports:client.authenticated": "PAR-CLIENT-UNAUTHENTICATED-MISREPORTED",
    },
    applies=_PUSHED & when.client_credentials,
)
async def a_client_without_its_credentials_is_refused(shared: Flow, expect: Expect) -> None:
    """A pushed request of a client with credentials is refused without client authentication."""
    _accepted(await shared.authorization())
    parameters, _ = await shared.authorization_parameters()
    reply = await shared.push(parameters, authentication=only_identified(shared.agent))
    if expect.that(
        par.request_uri(reply) is None and not reply.successful,
        "PAR-CLIENT-UNAUTHENTICATED-ACCEPTED",
        "a pushed request without client authentication is refused",
        reply.gist,
        at=reply,
    ):
        expect.that(
            reply.status in (400, 401) and reply.error in UNAUTHENTICATED,
            "PAR-CLIENT-UNAUTHENTICATED-MISREPORTED",
            "HTTP 401 or HTTP 400 with error invalid_client",
            reply.gist,
            at=reply,
            requirement="RFC9126-2.3-02",
        )


@check(
    "par-redirect-uri-unregistered-refused",
    requires=["RFC9126-7.2-01", "RFC9126-2.3-03"],
    proven_by={
        "accepts:authorize.redirect-uri": "PAR-REDIRECT-URI-UNREGISTERED-ACCEPTED",
        "misreports:authorize.redirect-uri": "PAR-REDIRECT-URI-UNREGISTERED-MISREPORTED",
        "par-error:error-missing": "PAR-REDIRECT-URI-UNREGISTERED-MISREPORTED",
    },
    applies=_PUSHED & when.public_client,
)
async def an_unregistered_redirect_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A pushed request of a public client is refused when its redirect_uri is not a registered one."""
    attempt = await flow.authorize({"redirect_uri": "https://assay.invalid/callback"}, pushed=True)
    expect.not_authorized(
        attempt,
        "PAR-REDIRECT-URI-UNREGISTERED",
        what="a pushed request of a public client with a redirect_uri that is not registered",
        errors=_ERRORS,
        error_requirement="RFC9126-2.3-03",
    )


@check(
    "par-method-allowed",
    requires=["RFC9110-15.5.6-01"],
    proven_by={"par-error-response:allow-missing": "PAR-ALLOW-MISSING"},
    applies=_PUSHED,
)
async def another_method_is_answered_in_good_order(shared: Flow, expect: Expect) -> None:
    """A GET request that the endpoint answers with 405 learns from Allow which methods there are."""
    endpoint = (await shared.server()).par_endpoint
    if endpoint is None:
        raise Blocked("the metadata has no usable pushed_authorization_request_endpoint")
    reply = await shared.agent.http.send("pushed authorization request by GET", "GET", endpoint)
    expect.that(
        reply.status != 405 or "Allow" in reply.headers,
        "PAR-ALLOW-MISSING",
        "the header field Allow beside the status code 405",
        f"the header fields {show(sorted(set(reply.headers)))}",
        at=reply,
    )


# The request_uri at the Authorization Endpoint


@check(
    "par-request-uri-usable",
    requires=["RFC9126-5-03", "VCI-5.1.4-01"],
    proven_by={
        "rejects:authorize.request-uri": "PAR-REQUEST-URI-UNUSABLE",
        "par:request-uri-missing": "PAR-REQUEST-URI-UNUSABLE",
        "par:request-uri-number": "PAR-REQUEST-URI-UNUSABLE",
    },
    applies=_PUSHED,
)
async def a_request_uri_works(authorization: Authorized, expect: Expect) -> None:
    """A right request that was pushed leads to an authorization code, as a direct one would."""
    _accepted(authorization)
    expect.that(
        authorization.code is not None,
        "PAR-REQUEST-URI-UNUSABLE",
        "an authorization code for the request_uri",
        authorization.gist,
        at=authorization.last,
    )


@check(
    "par-front-parameters-ignored",
    requires=["RFC9126-4-06"],
    proven_by={"pushed-request:front-wins": ("PAR-FRONT-STATE", "PAR-FRONT-CHALLENGE")},
    applies=_PUSHED,
)
async def parameters_beside_the_request_uri_do_not_count(flow: Flow, expect: Expect) -> None:
    """Parameters that the browser brings beside request_uri do not replace those that were pushed."""
    other = {"state": secrets.token_urlsafe(24), "code_challenge": challenge_of(secrets.token_urlsafe(32))}
    attempt = await flow.authorize(pushed=True, front=other)
    state = attempt.response.state if attempt.response else None
    # A server may refuse such a request.
    expect.that(
        state != other["state"],
        "PAR-FRONT-STATE",
        "the state of the pushed request, or a refusal",
        "the state that the browser brought",
        at=attempt.last,
        pointer="header Location",
    )
    if attempt.code is not None:
        reply = await flow.request_token(flow.code_fields(attempt))
        expect.that(
            access_token(reply) is not None,
            "PAR-FRONT-CHALLENGE",
            "an Access Token for the verifier of the pushed code_challenge",
            reply.gist,
            at=reply,
        )


@check(
    "par-request-uri-reused-refused",
    requires=["RFC9126-4-01", "RFC6749-4.1.2.1-04"],
    proven_by={
        "accepts:authorize.request-uri-single-use": "PAR-REQUEST-URI-REUSED-ACCEPTED",
        "misreports:authorize.request-uri-single-use": "PAR-REQUEST-URI-REUSED-MISREPORTED",
    },
    applies=_PUSHED,
)
async def a_used_request_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A request_uri is refused after it has led to an authorization code."""
    attempt = await flow.authorize(pushed=True)
    if attempt.code is None:
        raise Blocked(f"no authorization code was issued: {attempt.gist}")
    expect.not_authorized(
        await _visit(flow, attempt, str(par.request_uri(_accepted(attempt)))),
        "PAR-REQUEST-URI-REUSED",
        what="a request_uri that was used before",
        errors=ERRORS,
        error_requirement="RFC6749-4.1.2.1-04",
    )


@check(
    "par-request-uri-expired-refused",
    requires=["RFC9126-4-02", "RFC6749-4.1.2.1-04"],
    proven_by={
        "accepts:authorize.request-uri-expired": "PAR-REQUEST-URI-EXPIRED-ACCEPTED",
        "misreports:authorize.request-uri-expired": "PAR-REQUEST-URI-EXPIRED-MISREPORTED",
        "par:expires-in-fraction": "PAR-REQUEST-URI-EXPIRED-ACCEPTED",
    },
    applies=_PUSHED & when.brief_request_uri,
)
async def an_expired_request_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A request_uri is refused after the time of its expires_in."""
    uri, asked = await _push(flow)
    lifetime = par.expires_in(_accepted(asked)) or 0.0
    try:
        await flow.tools.patience.wait(lifetime + 1, "the end of a request_uri")
    except Impatient as error:
        raise Blocked(str(error)) from error
    expect.not_authorized(
        await _visit(flow, asked, uri),
        "PAR-REQUEST-URI-EXPIRED",
        what="a request_uri that has expired",
        errors=ERRORS,
        error_requirement="RFC6749-4.1.2.1-04",
    )


@check(
    "par-request-uri-of-another-client-refused",
    requires=["RFC9126-2.2-06", "RFC6749-4.1.2.1-04"],
    proven_by={
        "accepts:authorize.request-uri-client": "PAR-REQUEST-URI-FOREIGN-ACCEPTED",
        "misreports:authorize.request-uri-client": "PAR-REQUEST-URI-FOREIGN-MISREPORTED",
    },
    applies=_PUSHED,
)
async def a_request_uri_of_another_client_is_refused(flow: Flow, expect: Expect) -> None:
    """A request_uri is refused with the client_id of another client than the one that pushed the request."""
    other = flow.as_other_client().agent
    uri, asked = await _push(flow)
    expect.not_authorized(
        await _visit(flow, asked, uri, client_id=other.client_id, also=other.settings.redirect_uri),
        "PAR-REQUEST-URI-FOREIGN",
        what="a request_uri that another client has pushed",
        errors=ERRORS,
        error_requirement="RFC6749-4.1.2.1-04",
    )


@check(
    "par-required",
    requires=["RFC9126-4-04", "RFC9126-4-05"],
    proven_by={
        "accepts:authorize.pushed": "PAR-REQUIRED-ACCEPTED",
        "misreports:authorize.pushed": "PAR-REQUIRED-MISREPORTED",
        "as-metadata:par-required-announced": "PAR-REQUIRED-ACCEPTED",
    },
    applies=_PUSHED & when.par_required,
)
async def a_direct_request_is_refused(flow: Flow, expect: Expect) -> None:
    """An Authorization Request that was not pushed is refused with invalid_request where that is required."""
    expect.not_authorized(
        await flow.authorize(pushed=False),
        "PAR-REQUIRED",
        what="an Authorization Request that was not pushed, although that is required,",
        errors={"invalid_request"},
        error_requirement="RFC9126-4-05",
    )


async def _push(flow: Flow) -> tuple[str, Authorized]:
    """Push a right request; give its ``request_uri`` and what was asked.

    Raises:
        Blocked: there is no ``request_uri``.

    """
    parameters, verifier = await flow.authorization_parameters()
    reply = await flow.push(parameters)
    asked = Authorized(parameters, reply, None, None, verifier)
    uri = par.request_uri(_accepted(asked))
    if uri is None:
        raise Blocked(f"the pushed request got no request_uri: {reply.gist}")
    return uri, asked


async def _visit(
    flow: Flow, asked: Authorized, uri: str, *, client_id: str | None = None, also: str | None = None
) -> Authorized:
    """Send the user to the Authorization Endpoint with a ``request_uri``.

    Args:
        client_id: that of the wallet by default.
        also: another redirect URI to which the answer may go.

    """
    sent = {"client_id": client_id or asked.parameters["client_id"], "request_uri": uri}
    parameters = {**asked.parameters, **({} if also is None else {"redirect_uri": also})}
    return await flow.go_to(await flow.server(), sent, asked.verifier, asked=parameters, pushed=asked.pushed)


async def _push_with_request_uri(shared: Flow) -> Reply:
    """Push a request that is right but for the parameter ``request_uri``.

    Raises:
        Blocked: the control failed: the right request is refused.

    """
    _accepted(await shared.authorization())
    parameters, _ = await shared.authorization_parameters()
    uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(24)}"
    return await shared.push({**parameters, "request_uri": uri})


def _pushed(authorization: Authorized) -> Reply:
    """Give the answer to the pushed request.

    Raises:
        Blocked: the endpoint is no usable URL.

    """
    if authorization.pushed is None:
        raise Blocked("the metadata has no usable pushed_authorization_request_endpoint")
    return authorization.pushed


def _accepted(authorization: Authorized) -> Reply:
    """Give the answer to a pushed request that was accepted.

    Raises:
        Blocked: it was not; another check says so.

    """
    reply = _pushed(authorization)
    if not reply.successful:
        raise Blocked(f"the pushed request was refused: {reply.gist}")
    return reply
