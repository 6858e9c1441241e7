"""The ``request_uri`` of a pushed request at the Authorization Endpoint: RFC 9126 section 4, OpenID4VCI 5.1.4."""

from __future__ import annotations

import secrets

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.wallet import par
from harness.wallet.authorization import challenge_of
from harness.wallet.token import access_token
from suites.oid4vci._authorizations import ERRORS
from suites.oid4vci._pushes import PUSHED, accepted_push

check = area("Pushed Authorization Requests", per=Per.GRANT)


@check(
    "par-request-uri-usable",
    requires=["RFC9126-5-03", "VCI-5.1.4-01", "HAIP-4-04", "FAPI2-5.3.2.2-02"],
    proven_by={
        "rejects:authorize.request-uri": "PAR-REQUEST-URI-UNUSABLE",
        "par:request-uri-missing": "PAR-REQUEST-URI-UNUSABLE",
        "par:request-uri-number": "PAR-REQUEST-URI-UNUSABLE",
    },
    applies=PUSHED,
)
async def a_request_uri_works(authorization: Authorized, expect: Expect) -> None:
    """A right request that was pushed leads to an authorization code, as a direct one would."""
    accepted_push(authorization)
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
    applies=PUSHED,
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
    "par-front-state-ignored",
    requires=["RFC9126-4-06"],
    proven_by={"pushed-request:front-wins": "PAR-FRONT-STATE-TAKEN"},
    applies=PUSHED,
    flows=2,
)
async def a_state_beside_the_request_uri_does_not_count(flow: Flow, expect: Expect) -> None:
    """A state that the browser brings beside request_uri, when none was pushed, is not returned."""
    state = secrets.token_urlsafe(24)
    attempt = await flow.authorize({"state": None}, pushed=True, front={"state": state})
    if attempt.pushed is not None and not attempt.pushed.successful:
        # A server may insist on a state, of which another check warns.
        attempt = await flow.again().authorize(pushed=True, front={"state": state})
    accepted_push(attempt)
    # A server may refuse such a request.
    expect.that(
        attempt.response is None or attempt.response.state != state,
        "PAR-FRONT-STATE-TAKEN",
        "the state of the pushed request if it has one, or a refusal",
        "the state that the browser brought",
        at=attempt.last,
        pointer="header Location",
    )


@check(
    "par-request-uri-reused-refused",
    requires=["RFC9126-4-01", "RFC6749-4.1.2.1-04"],
    proven_by={
        "accepts:authorize.request-uri-single-use": "PAR-REQUEST-URI-REUSED-ACCEPTED",
        "misreports:authorize.request-uri-single-use": "PAR-REQUEST-URI-REUSED-MISREPORTED",
    },
    applies=PUSHED,
    flows=2,
)
async def a_used_request_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A request_uri is refused after it has led to an authorization code."""
    attempt = await flow.authorize(pushed=True)
    if attempt.code is None:
        raise Blocked(f"no authorization code was issued: {attempt.gist}")
    expect.not_authorized(
        await _visit(flow, attempt, str(par.request_uri(accepted_push(attempt)))),
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
    applies=PUSHED & when.request_uri_expires,
    waits=True,
)
async def an_expired_request_uri_is_refused(flow: Flow, expect: Expect) -> None:
    """A request_uri is refused after the time of its expires_in."""
    uri, asked = await _push(flow)
    lifetime = par.expires_in(accepted_push(asked)) or 0.0
    await flow.tools.wait(lifetime + 1, "the end of a request_uri")
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
    applies=PUSHED,
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
    requires=["RFC9126-4-04", "RFC9126-4-05", "FAPI2-5.3.2.2-03", "HAIP-4-04"],
    proven_by={
        "accepts:authorize.pushed": "PAR-REQUIRED-ACCEPTED",
        "misreports:authorize.pushed": "PAR-REQUIRED-MISREPORTED",
        "as-metadata:par-required-announced": "PAR-REQUIRED-ACCEPTED",
    },
    applies=PUSHED & when.par_required,
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
    uri = par.request_uri(accepted_push(asked))
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
