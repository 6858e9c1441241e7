"""Other HTTP methods than POST at the Pushed Authorization Request Endpoint: RFC 9126 2, RFC 9110 15.5.6."""

from __future__ import annotations

from harness.access import unhurried
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.transport import Reply
from harness.wallet import par
from harness.wallet.authorization import url
from suites.oid4vci._pushes import PUSHED, accepted_push

check = area("Pushed Authorization Requests", per=Per.GRANT)


@check(
    "par-method-refused",
    requires=["RFC9126-2-08"],
    proven_by={"accepts:par.method": "PAR-METHOD-ACCEPTED"},
    applies=PUSHED,
)
async def other_methods_push_nothing(shared: Flow, expect: Expect) -> None:
    """A right request that is sent to the endpoint by PUT, GET or DELETE brings no request_uri."""
    accepted_push(await shared.authorization())
    for method in ("PUT", "GET", "DELETE"):
        reply = await _push_by(method, shared)
        expect.that(
            par.request_uri(reply) is None,
            "PAR-METHOD-ACCEPTED",
            f"a request by {method} brings no request_uri",
            reply.gist,
            at=reply,
        )


async def _push_by(method: str, shared: Flow) -> Reply:
    """Send a right request by another method, in the query where that has no body."""
    server = await shared.server()
    if server.par_endpoint is None:
        raise Blocked("the metadata has no usable pushed_authorization_request_endpoint")
    parameters, _ = await shared.authorization_parameters()
    shown = await shared.agent.authenticate(server)
    form = {**parameters, **shown.form()}
    purpose, send = f"pushed authorization request by {method}", shared.agent.http.send
    if method == "GET":
        place = url(server.par_endpoint, form)
        return unhurried(await send(purpose, method, place, headers=shown.header_fields()))
    return unhurried(await send(purpose, method, server.par_endpoint, headers=shown.header_fields(), form=form))


@check(
    "par-method-allowed",
    requires=["RFC9110-15.5.6-01"],
    proven_by={"par-error-response:allow-missing": "PAR-ALLOW-MISSING"},
    applies=when.server_under_test & PUSHED,
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
