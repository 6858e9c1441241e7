"""Pushed authorization requests and how long they are good: FAPI 2.0 section 5.3.2.2."""

from __future__ import annotations

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats.html_page import WebPage
from harness.journey.walker import Guide, Walker
from harness.transport import Reply
from harness.wallet import par
from harness.wallet.authorization import leads_to, url
from suites.fapi2._authorizations import expect_nothing
from suites.oid4vci._authorizations import control
from suites.oid4vci._pushes import PUSHED, accepted_push

check = area("FAPI 2.0: Pushed Authorization Requests", per=Per.GRANT)

_TOO_LONG_S = 600
_BRIEFEST_S = 30


@check(
    "fapi2-par-redirect-uri-missing-refused",
    requires=["FAPI2-5.3.2.2-07"],
    proven_by={"accepts:authorize.redirect-uri-present": "FAPI2-PAR-REDIRECT-URI-MISSING-ACCEPTED"},
    applies=PUSHED,
)
async def a_pushed_request_without_redirect_uri_is_refused(
    authorization: Authorized, flow: Flow, expect: Expect
) -> None:
    """A pushed request without redirect_uri is refused; a registered one does not take its place."""
    control(authorization, "a right Authorization Request")
    expect_nothing(
        expect,
        await flow.authorize({"redirect_uri": None}, pushed=True),
        "FAPI2-PAR-REDIRECT-URI-MISSING-ACCEPTED",
        what="a pushed request without redirect_uri",
    )


@check(
    "fapi2-par-lifetime",
    requires=["FAPI2-5.3.2.2-14", "FAPI2-5.3.2.2-17"],
    proven_by={
        "par:lifetime-long": "FAPI2-PAR-LIFETIME-LONG",
        "par:lifetime-brief": "FAPI2-PAR-LIFETIME-BRIEF",
    },
    applies=PUSHED,
)
async def a_request_uri_lives_for_some_minutes(authorization: Authorized, expect: Expect) -> None:
    """The expires_in of a pushed request is less than 600 s, and long enough for people to open the link."""
    reply = accepted_push(authorization)
    seconds = par.expires_in(reply)
    if seconds is None or seconds <= 0:
        raise Blocked("the answer to the pushed request has no usable expires_in")
    expect.that(
        seconds < _TOO_LONG_S,
        "FAPI2-PAR-LIFETIME-LONG",
        f"expires_in less than {_TOO_LONG_S}",
        f"{seconds:g}",
        at=reply,
        pointer="/expires_in",
    )
    expect.that(
        seconds >= _BRIEFEST_S,
        "FAPI2-PAR-LIFETIME-BRIEF",
        f"expires_in of {_BRIEFEST_S} or more",
        f"{seconds:g}",
        at=reply,
        pointer="/expires_in",
        requirement="FAPI2-5.3.2.2-17",
    )


@check(
    "fapi2-request-uri-preloaded",
    requires=["FAPI2-5.3.2.2-18"],
    proven_by={"request-uri-use:page-load": "FAPI2-REQUEST-URI-PRELOADED"},
    applies=PUSHED & when.authorization_pages,
)
async def looking_at_the_page_does_not_use_it_up(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """A request_uri brings a code after another program has loaded its page without going on from there."""
    control(authorization, "a right Authorization Request")
    server = await flow.server()
    parameters, verifier = await flow.authorization_parameters()
    reply = await flow.push(parameters)
    uri = par.request_uri(reply)
    if uri is None or server.authorization_endpoint is None:
        raise Blocked(f"the pushed request got no request_uri: {reply.gist}")
    sent = {"client_id": parameters["client_id"], "request_uri": uri}
    preview = _Preview(parameters["redirect_uri"])
    way = Walker(flow.agent.http, preview)
    if await way.walk(url(server.authorization_endpoint, sent), "preview of the authorization page") is not None:
        raise Blocked("the request is answered without anything asked of the user, which uses it up")
    attempt = await flow.go_to(server, sent, verifier, asked=parameters, pushed=reply)
    expect.that(
        attempt.code is not None,
        "FAPI2-REQUEST-URI-PRELOADED",
        "a code after the page was loaded before by another program",
        attempt.gist,
        at=attempt.last,
    )


class _Preview(Guide):
    """A program that looks at a link in advance: it follows redirects to the first page and stops there."""

    def __init__(self, redirect_uri: str) -> None:
        super().__init__()
        self._redirect_uri = redirect_uri

    def arrived(self, url: str, purpose: str) -> bool:
        del purpose
        return leads_to(url, self._redirect_uri)

    def default(self, page: WebPage, reply: Reply) -> None:
        del page, reply

    def puzzle(self, page: WebPage, reply: Reply) -> None:
        del page, reply

    def stuck(self, why: str) -> Exception:
        return Blocked(why)
