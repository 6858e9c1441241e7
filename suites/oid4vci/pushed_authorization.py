"""The Pushed Authorization Request Endpoint: RFC 9126 sections 2, 4 and 7.2."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from harness.applicability import when
from harness.authorized import Authorized
from harness.authorizing import asking_for
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import text
from harness.formats.problems import json_type
from harness.formats.strict_json import JsonError, integer
from harness.transport import Reply
from harness.wallet import par
from suites.oid4vci._authorizations import ERRORS
from suites.oid4vci._pushes import PUSHED, accepted_push, answer_to_push
from suites.oid4vci._secrets import expect_hard_to_guess, shared_beginning
from suites.oid4vci._token_requests import UNAUTHENTICATED, only_identified, rule_out_setup
from suites.oid4vci._urls import is_secure_url

check = area("Pushed Authorization Requests", per=Per.GRANT)

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
_SEPARATOR = re.compile(r"[:/?&=]")


@check(
    "par-endpoint-url",
    requires=["RFC9126-2-01", "FAPI2-5.2.1-01"],
    proven_by={
        "as-metadata:par-endpoint-http": "PAR-ENDPOINT-SCHEME",
        "as-metadata:par-endpoint-number": "PAR-ENDPOINT-SCHEME",
    },
    applies=PUSHED,
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
    requires=["RFC9126-2-03", "RFC9126-2.2-01", "HAIP-4-04", "FAPI2-5.3.2.2-02"],
    proven_by={
        "rejects:client.right-authentication": "PAR-REFUSED",
        "rejects:client.issuer-audience": "PAR-REFUSED",
        "rejects:client.pop-issuer-audience": "PAR-REFUSED",
        "rejects:par.right-request": "PAR-REFUSED",
        "rejects:authorize.issuer-as-resource": "PAR-REFUSED",
        "par-response:status-200": "PAR-STATUS",
    },
    applies=PUSHED,
)
async def a_right_request_isaccepted_push(authorization: Authorized, shared: Flow, expect: Expect) -> None:
    """A right authorization request that is pushed as a form is answered with the status code 201."""
    reply = answer_to_push(authorization)
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
    requires=["RFC9126-2.2-02", "RFC9126-2.2-03", "RFC9126-2.2-04", "RFC8259-4-01", "FAPI2-5.3.2.2-02"],
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
    applies=PUSHED,
)
async def the_response_is_wellformed(authorization: Authorized, expect: Expect) -> None:
    """The answer to a pushed request is a JSON object with request_uri and expires_in, each once."""
    reply = accepted_push(authorization)
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
    if not isinstance(document.value, dict):
        found = json_type(document.value)
        expect.that(False, "PAR-REQUEST-URI", "a JSON object with request_uri", found, at=reply)
        return
    members = document.value
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
        show(members.get("expires_in")),
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
    requires=["RFC9126-2.2-05", "FAPI2-5.4.1-09"],
    proven_by={
        "par:request-uri-short": "PAR-REQUEST-URI-GUESSABLE",
        "par:request-uri-guessable": "PAR-REQUEST-URI-GUESSABLE",
        "par:request-uri-reused": "PAR-REQUEST-URI-COUNTED",
    },
    applies=PUSHED,
)
async def a_request_uri_is_hard_to_guess(authorization: Authorized, shared: Flow, expect: Expect) -> None:
    """The request_uri has a part long enough to be hard to guess, and does not follow from the one before."""
    reply = accepted_push(authorization)
    parameters, _ = await shared.authorization_parameters()
    uris = [par.request_uri(reply), par.request_uri(await shared.push(parameters))]
    values = _differing_parts([uri for uri in uris if uri is not None])
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
    applies=PUSHED & when.authorization_details,
)
async def parameters_of_extensions_areaccepted_push(flow: Flow, expect: Expect) -> None:
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
    applies=PUSHED,
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
    applies=PUSHED,
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
    requires=["RFC9126-2.1-03", "RFC9126-2.3-03", "FAPI2-5.3.2.2-01"],
    proven_by={
        "accepts:authorize.response-type-supported": "PAR-INVALID-REQUEST-ACCEPTED",
        "misreports:authorize.response-type-supported": "PAR-INVALID-REQUEST-MISREPORTED",
    },
    applies=PUSHED,
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
    requires=["RFC9126-2.1-01", "RFC9126-2.3-02", "HAIP-4.4.1-01", "FAPI2-5.3.2.1-03", "FAPI2-5.3.2.2-04"],
    proven_by={
        "accepts:client.authenticated": "PAR-CLIENT-UNAUTHENTICATED-ACCEPTED",
        "misreports:client.authenticated": "PAR-CLIENT-UNAUTHENTICATED-MISREPORTED",
    },
    applies=PUSHED & when.client_credentials,
)
async def a_client_without_its_credentials_is_refused(shared: Flow, expect: Expect) -> None:
    """A pushed request of a client with credentials is refused without client authentication."""
    accepted_push(await shared.authorization())
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
    },
    applies=PUSHED & when.public_client,
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


def _differing_parts(uris: Sequence[str]) -> list[str]:
    """Give of each URI the part where they differ: what all share, such as the name of a URN, is no secret.

    Of a single URI, and of equal ones, it is what stands last.
    """
    if len(set(uris)) < 2:
        return [_SEPARATOR.split(uri)[-1] for uri in uris]
    begin = _equal_parts(uris[0], uris[1])
    rest = [uri[begin:] for uri in uris]
    end = _equal_parts(rest[0][::-1], rest[1][::-1])
    return [value[: len(value) - end] for value in rest]


def _equal_parts(one: str, other: str) -> int:
    """Give how long the beginning is that two texts share, up to a separator: random parts may share some more."""
    found = list(_SEPARATOR.finditer(one, 0, shared_beginning(one, other)))
    return found[-1].end() if found else 0


async def _push_with_request_uri(shared: Flow) -> Reply:
    """Push a request that is right but for the parameter ``request_uri``.

    Raises:
        Blocked: the control failed: the right request is refused.

    """
    accepted_push(await shared.authorization())
    parameters, _ = await shared.authorization_parameters()
    uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(24)}"
    return await shared.push({**parameters, "request_uri": uri})
