"""Where and how the Authorization Server sends the browser: FAPI 2.0 sections 5.3.2.1 and 5.3.2.2."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness import mutate
from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply, is_loopback
from harness.wallet import par
from harness.wallet.browser import is_redirect
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authorizations import control, sent_to
from suites.oid4vci._pushes import PUSHED

check = area("FAPI 2.0: Redirects", per=Per.GRANT)

_RIGHT = "a right Authorization Request"


@check(
    "fapi2-front-redirect-refused",
    requires=["FAPI2-5.3.2.1-07"],
    proven_by={
        "accepts:authorize.redirect-uri": "FAPI2-FRONT-REDIRECT-FOLLOWED",
        "pushed-request:front-redirect-uri": "FAPI2-FRONT-REDIRECT-FOLLOWED",
    },
    applies=when.code_flow,
    flows=2,
)
async def a_link_cannot_say_where_the_browser_goes(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """The browser is not sent to a foreign redirect_uri of the link, beside a request_uri or without one."""
    control(authorization, _RIGHT)
    attempts = {"a request that was not pushed": await flow.authorize(_elsewhere(), pushed=False)}
    if (await flow.server()).par_endpoint is not None:
        attempts["a request_uri"] = await _beside_request_uri(flow.again())
    for what, attempt in attempts.items():
        expect.that(
            not sent_to(attempt, mutate.ELSEWHERE),
            "FAPI2-FRONT-REDIRECT-FOLLOWED",
            f"with {what}, the browser is not sent to the redirect_uri of another site that the link brings",
            f"the browser is sent to {attempt.visit.final if attempt.visit else None}",
            at=attempt.last,
            pointer="header Location",
        )


def _elsewhere() -> dict[str, str | None]:
    return {"redirect_uri": mutate.ELSEWHERE}


async def _beside_request_uri(flow: Flow) -> Authorized:
    server = await flow.server()
    parameters, verifier = await flow.authorization_parameters()
    reply = await flow.push(parameters)
    uri = par.request_uri(reply)
    if uri is None:
        raise Blocked(f"the pushed request got no request_uri: {reply.gist}")
    sent = {"client_id": parameters["client_id"], "request_uri": uri, "redirect_uri": mutate.ELSEWHERE}
    # So that the visit ends there as well, and nothing is requested from that site.
    asked = {**parameters, "redirect_uri": mutate.ELSEWHERE}
    return await flow.go_to(server, sent, verifier, asked=asked, pushed=reply)


@check(
    "fapi2-redirect-uri-http-refused",
    requires=["FAPI2-5.3.2.2-10", "FAPI2-5.3.2.2-09"],
    proven_by={"accepts:authorize.redirect-uri-secure": "FAPI2-REDIRECT-URI-HTTP-FOLLOWED"},
    applies=PUSHED,
)
async def no_response_goes_over_plain_http(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """The browser is not sent to a pushed redirect_uri that has the scheme http and leads to another machine."""
    control(authorization, _RIGHT)
    uri = _over_http(authorization.parameters.get("redirect_uri", ""))
    attempt = await flow.authorize({"redirect_uri": uri}, pushed=True)
    expect.that(
        not sent_to(attempt, uri),
        "FAPI2-REDIRECT-URI-HTTP-FOLLOWED",
        f"a pushed request with the redirect_uri {uri} is refused",
        f"the browser is sent to {attempt.visit.final if attempt.visit else None}",
        at=attempt.last,
        pointer="header Location",
    )


def _over_http(registered: str) -> str:
    """Give the redirect URI with the scheme http; one of another site where it leads to this machine or an app."""
    if registered.startswith("https://") and not is_loopback(registered):
        return "http" + registered.removeprefix("https")
    return "http" + mutate.ELSEWHERE.removeprefix("https")


@check(
    "fapi2-redirect-status",
    requires=["FAPI2-5.3.2.2-13"],
    proven_by={
        "authorization-response:status-302": "FAPI2-REDIRECT-STATUS",
        "sign-in-response:status-302": "FAPI2-REDIRECT-STATUS",
    },
    applies=when.code_flow & when.authorization_response,
)
async def redirects_have_the_status_303(authorization: Authorized, expect: Expect) -> None:
    """Every redirect by which the Authorization Server sends the browser on has the status code 303."""
    if authorization.visit is None or not authorization.visit.replies:
        raise Blocked("the run did not see what the user's browser was answered")
    others = [reply for reply in _redirects(authorization) if reply.status != 303]
    expect.that(
        not others,
        "FAPI2-REDIRECT-STATUS",
        "the status code 303",
        ", ".join(f"{reply.status} in exchange {reply.exchange}" for reply in others),
        at=others[0] if others else None,
    )


def _redirects(authorization: Authorized) -> list[Reply]:
    """Give the redirects of the Authorization Endpoint's origin; login may be the business of another site."""
    replies = authorization.visit.replies if authorization.visit else ()
    return [reply for reply in replies if is_redirect(reply) and _origin(reply) == _origin(replies[0])]


def _origin(reply: Reply) -> tuple[str, str]:
    parts = urlsplit(reply.url)
    return parts.scheme, parts.netloc


# Who the response is from


@check(
    "fapi2-iss-present",
    requires=["FAPI2-5.3.2.2-08", "HAIP-4-05"],
    proven_by={
        "authorization-response:iss-missing": "FAPI2-ISS-MISSING",
        "as-metadata:iss-parameter-missing": "FAPI2-ISS-UNANNOUNCED",
        "as-metadata:iss-parameter-false": "FAPI2-ISS-UNANNOUNCED",
        "as-metadata:iss-parameter-string": "FAPI2-ISS-UNANNOUNCED",
    },
    applies=when.code_flow & when.authorization_response,
)
async def the_response_says_who_it_is_from(
    authorization: Authorized, server: AuthorizationServer, expect: Expect
) -> None:
    """The Authorization Response has iss, and the metadata announce it."""
    control(authorization, _RIGHT)
    response = authorization.response
    expect.that(
        # That it is the right one is for another check.
        response is not None and bool(response.iss),
        "FAPI2-ISS-MISSING",
        "iss in the authorization response",
        "no iss",
        at=authorization.last,
        pointer="header Location",
    )
    announced = server.metadata.get("authorization_response_iss_parameter_supported")
    expect.that(
        announced is True,
        "FAPI2-ISS-UNANNOUNCED",
        "authorization_response_iss_parameter_supported with true in the metadata",
        announced,
        at=server.exchange,
        pointer="/authorization_response_iss_parameter_supported",
    )
