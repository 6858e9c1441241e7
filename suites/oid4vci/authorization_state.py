"""The state of an authorization request and of its response: RFC 6749 sections 4.1.1 and 4.1.2."""

from __future__ import annotations

import secrets

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from suites.oid4vci._authorizations import control, granted

check = area("Authorization Response", per=Per.GRANT)

_LONG_STATE = 1000
"""Characters."""


@check(
    "authorization-state-long",
    requires=["RFC6749-4.1.2-07"],
    proven_by={
        "authorization-response:state-cut": "AUTHORIZATION-STATE-LONG",
        "authorization-response:state-cut-late": "AUTHORIZATION-STATE-LONG",
    },
    applies=when.code_flow & when.authorization_response,
)
async def a_long_state_comes_back_whole(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """A state of 1000 characters comes back as it was, where the request is granted."""
    usual = authorization.response
    if usual is None or usual.state != authorization.parameters.get("state"):
        raise Blocked("the state of the right Authorization Request does not come back as it was")
    attempt = await flow.authorize({"state": secrets.token_hex(_LONG_STATE // 2)})
    if attempt.code is None and attempt.last is not None and attempt.last.status >= 500:
        raise Blocked(f"the server fails at a state of {_LONG_STATE} characters: {attempt.gist}")
    found = attempt.response.state if attempt.response else None
    expect.that(
        # A server may bound the state; what it does not take it need not return.
        attempt.code is None or found == attempt.parameters["state"],
        "AUTHORIZATION-STATE-LONG",
        f"the state of {_LONG_STATE} characters as it was sent",
        "no state" if found is None else f"another one, of {len(found)} characters",
        at=attempt.last,
        pointer="header Location",
    )


@check(
    "authorization-state-absent",
    requires=["RFC6749-4.1.2-07", "RFC6749-4.1.1-01"],
    proven_by={
        "authorization-response:state-invented": "AUTHORIZATION-STATE-INVENTED",
        "rejects:authorize.state-missing": "AUTHORIZATION-STATE-ABSENT-REFUSED",
    },
    applies=when.code_flow & when.authorization_response,
)
async def a_request_may_have_no_state(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """An Authorization Request without state is granted, and its response has none."""
    control(authorization, "a right Authorization Request")
    attempt = await flow.authorize({"state": None})
    if not granted(
        expect,
        attempt,
        "AUTHORIZATION-STATE-ABSENT-REFUSED",
        what="an Authorization Request without state",
        requirement="RFC6749-4.1.1-01",
    ):
        return
    expect.that(
        attempt.response is None or attempt.response.state is None,
        "AUTHORIZATION-STATE-INVENTED",
        "no state in the response to a request without one",
        "a state",
        at=attempt.last,
        pointer="header Location",
    )
