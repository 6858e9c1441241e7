"""Where the Authorization Endpoint sends the browser: RFC 6749 sections 3.1.2 and 4.1.2.1, RFC 9700 2.1."""

from __future__ import annotations

from harness import mutate
from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from suites.oid4vci._authorizations import DIRECT, ask_directly, sent_to

check = area("Authorization Endpoint", per=Per.GRANT)


def _stays(expect: Expect, attempt: Authorized, uri: str, code: str, *, what: str) -> None:
    """Expect that a request brings no code, and does not send the browser to a URI, whatever with."""
    final = attempt.visit.final if attempt.visit else None
    expect.that(
        not sent_to(attempt, uri) and attempt.code is None,
        code,
        f"{what} brings no code and does not send the browser to {uri}",
        f"{attempt.gist}; the browser is sent to {final}",
        at=attempt.last,
    )


def _told(expect: Expect, attempt: Authorized, code: str, *, what: str, requirement: str) -> None:
    """Expect that the person sees something when the browser is sent nowhere."""
    if attempt.visit is not None and attempt.visit.final is None and attempt.last is not None:
        expect.that(
            bool(attempt.last.body.strip()),
            code,
            f"{what} is answered by a page that says so",
            attempt.last.gist,
            at=attempt.last,
            requirement=requirement,
        )


def _registered(attempt: Authorized) -> str:
    try:
        return attempt.parameters["redirect_uri"]
    except KeyError:
        raise Blocked("the right Authorization Request has no redirect_uri") from None


@check(
    "authorization-client-missing-refused",
    requires=["RFC6749-4.1.2.1-02", "RFC6749-4.1.2.1-01"],
    proven_by={
        "accepts:authorize.client-present": "AUTHORIZATION-CLIENT-MISSING-FOLLOWED",
        "misreports:authorize.client-present": "AUTHORIZATION-CLIENT-MISSING-FOLLOWED",
        "authorization-page:empty": "AUTHORIZATION-CLIENT-MISSING-UNTOLD",
    },
    applies=DIRECT,
)
async def a_request_without_client_leads_nowhere(flow: Flow, expect: Expect) -> None:
    """An Authorization Request without client_id is not answered at its redirect_uri; the person is told."""
    attempt = await ask_directly(flow, {"client_id": None})
    what = "an Authorization Request without client_id"
    _stays(expect, attempt, _registered(attempt), "AUTHORIZATION-CLIENT-MISSING-FOLLOWED", what=what)
    _told(expect, attempt, "AUTHORIZATION-CLIENT-MISSING-UNTOLD", what=what, requirement="RFC6749-4.1.2.1-01")


@check(
    "authorization-client-unknown-refused",
    requires=["RFC6749-4.1.2.1-02", "RFC6749-4.1.2.1-01"],
    proven_by={
        "accepts:authorize.client-known": "AUTHORIZATION-CLIENT-UNKNOWN-FOLLOWED",
        "misreports:authorize.client-known": "AUTHORIZATION-CLIENT-UNKNOWN-FOLLOWED",
        "authorization-page:empty": "AUTHORIZATION-CLIENT-UNKNOWN-UNTOLD",
    },
    applies=DIRECT,
)
async def a_request_of_an_unknown_client_leads_nowhere(flow: Flow, expect: Expect) -> None:
    """An Authorization Request of an unknown client is not answered at its redirect_uri; the person is told."""
    attempt = await ask_directly(flow, {"client_id": mutate.unknown_nonce()})
    what = "an Authorization Request with an unknown client_id"
    _stays(expect, attempt, _registered(attempt), "AUTHORIZATION-CLIENT-UNKNOWN-FOLLOWED", what=what)
    _told(expect, attempt, "AUTHORIZATION-CLIENT-UNKNOWN-UNTOLD", what=what, requirement="RFC6749-4.1.2.1-01")


@check(
    "authorization-redirect-uri-unregistered-refused",
    requires=[
        "RFC6749-3.1.2.4-02",
        "RFC6749-3.1.2.3-01",
        "RFC6749-3.1.2.2-01",
        "RFC9700-2.1-02",
        "RFC6749-3.1.2.4-01",
        "FAPI2-5.3.2.1-07",
    ],
    proven_by={
        "accepts:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-UNREGISTERED-FOLLOWED",
        "misreports:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-UNREGISTERED-FOLLOWED",
        "authorization-page:empty": "AUTHORIZATION-REDIRECT-URI-UNREGISTERED-UNTOLD",
    },
    applies=DIRECT,
)
async def an_unregistered_redirect_uri_is_not_followed(flow: Flow, expect: Expect) -> None:
    """The browser is not sent to a redirect_uri that is not registered; the person is told."""
    attempt = await ask_directly(flow, {"redirect_uri": mutate.ELSEWHERE})
    what = "an Authorization Request with a redirect_uri of another site"
    _stays(expect, attempt, mutate.ELSEWHERE, "AUTHORIZATION-REDIRECT-URI-UNREGISTERED-FOLLOWED", what=what)
    _told(
        expect,
        attempt,
        "AUTHORIZATION-REDIRECT-URI-UNREGISTERED-UNTOLD",
        what=what,
        requirement="RFC6749-3.1.2.4-01",
    )


@check(
    "authorization-redirect-uri-similar-refused",
    requires=["RFC9700-2.1-01", "RFC6749-3.1.2.3-02", "FAPI2-5.3.2.1-07"],
    proven_by={
        "accepts:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-SIMILAR-FOLLOWED",
        "misreports:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-SIMILAR-FOLLOWED",
    },
    applies=DIRECT,
    flows=4,
)
async def a_similar_redirect_uri_is_not_followed(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """The browser is not sent to a redirect_uri that only resembles the registered one."""
    for difference, uri in mutate.similar_uris(_registered(authorization)).items():
        attempt = await ask_directly(flow.again(), {"redirect_uri": uri})
        what = f"an Authorization Request whose redirect_uri has {difference}"
        _stays(expect, attempt, uri, "AUTHORIZATION-REDIRECT-URI-SIMILAR-FOLLOWED", what=what)


@check(
    "authorization-redirect-uri-fragment-refused",
    requires=["RFC6749-3.1.2-02"],
    proven_by={
        "accepts:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-FRAGMENT-FOLLOWED",
        "misreports:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-FRAGMENT-FOLLOWED",
    },
    applies=DIRECT,
)
async def a_redirect_uri_with_fragment_is_not_followed(
    authorization: Authorized, flow: Flow, expect: Expect
) -> None:
    """The browser is not sent to a redirect_uri with a fragment."""
    uri = f"{_registered(authorization)}#assay-fragment"
    attempt = await ask_directly(flow, {"redirect_uri": uri})
    what = "an Authorization Request whose redirect_uri has a fragment"
    _stays(expect, attempt, uri, "AUTHORIZATION-REDIRECT-URI-FRAGMENT-FOLLOWED", what=what)


@check(
    "authorization-redirect-uri-http-refused",
    requires=["RFC9700-2.6-02", "FAPI2-5.3.2.2-10"],
    proven_by={
        "accepts:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-HTTP-FOLLOWED",
        "misreports:authorize.redirect-uri": "AUTHORIZATION-REDIRECT-URI-HTTP-FOLLOWED",
    },
    applies=DIRECT & when.redirect_uri_over_https,
)
async def a_redirect_uri_over_http_is_not_followed(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """The browser is not sent to the registered redirect_uri with the scheme http."""
    uri = "http" + _registered(authorization).removeprefix("https")
    attempt = await ask_directly(flow, {"redirect_uri": uri})
    what = "an Authorization Request whose redirect_uri has the scheme http"
    _stays(expect, attempt, uri, "AUTHORIZATION-REDIRECT-URI-HTTP-FOLLOWED", what=what)


@check(
    "authorization-redirect-uri-query-kept",
    requires=["RFC6749-3.1.2-01"],
    proven_by={"authorization-response:query-lost": "AUTHORIZATION-REDIRECT-URI-QUERY"},
    applies=when.code_flow & when.authorization_response & when.redirect_uri_with_query,
)
async def the_query_of_the_redirect_uri_is_kept(authorization: Authorized, expect: Expect) -> None:
    """The Authorization Response keeps what the redirect URI has as query."""
    query = _registered(authorization).partition("?")[2]
    final = (authorization.response.redirected if authorization.response else "").partition("#")[0]
    found = final.partition("?")[2]
    expect.that(
        set(query.split("&")) <= set(found.split("&")),
        "AUTHORIZATION-REDIRECT-URI-QUERY",
        f"{query} in the query of the redirect",
        found,
        at=authorization.last,
        pointer="header Location",
    )
