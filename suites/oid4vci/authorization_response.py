"""Authorization Responses: OpenID4VCI 1.0 sections 5.2 and 5.3, RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207."""

from __future__ import annotations

import html
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import text
from harness.wallet.authorization import AuthorizationResponse
from harness.wallet.browser import matches
from harness.wallet.metadata import AuthorizationServer
from suites.oid4vci._authorizations import DIRECT, ERRORS, ask_directly, control
from suites.oid4vci._urls import is_secure_url

check = area("Authorization Response", per=Per.GRANT)

_LOCATION = "header Location"
_STATE = "Assay+state%20with &=#?;/ and ~" + "x" * 220
"""Longer than usual, with characters that change where they are escaped wrongly (RFC 6749 appendix A.5)."""


def _response(attempt: Authorized) -> AuthorizationResponse:
    if attempt.response is None:
        raise Blocked(f"there is no authorization response: {attempt.gist}")
    return attempt.response


@check(
    "authorization-response-in-query",
    requires=["RFC6749-4.1.2-02", "VCI-5.2-01"],
    proven_by={"authorization-response:fragment": "AUTHORIZATION-RESPONSE-FRAGMENT"},
    applies=when.code_flow & when.authorization_response,
)
async def the_parameters_are_in_the_query(authorization: Authorized, expect: Expect) -> None:
    """The Authorization Response has its parameters in the query of the redirect URI, none in the fragment."""
    fragment = _response(authorization).fragment
    expect.that(
        not any(f"{name}=" in fragment for name in ("code", "state", "iss", "error")),
        "AUTHORIZATION-RESPONSE-FRAGMENT",
        "the parameters in the query",
        "parameters in the fragment",
        at=authorization.last,
        pointer=_LOCATION,
    )


@check(
    "authorization-response-without-token",
    requires=["RFC9700-2.1.2-01"],
    proven_by={"authorization-response:access-token": "AUTHORIZATION-RESPONSE-TOKEN"},
    applies=when.code_flow & when.authorization_response,
)
async def there_is_no_token_in_the_response(authorization: Authorized, expect: Expect) -> None:
    """The Authorization Response contains no Access Token."""
    response = _response(authorization)
    expect.that(
        not response.values("access_token") and "access_token=" not in response.fragment,
        "AUTHORIZATION-RESPONSE-TOKEN",
        "no access_token in the response to a request for a code",
        "access_token",
        at=authorization.last,
        pointer=_LOCATION,
    )


@check(
    "authorization-response-parameters-once",
    requires=["RFC6749-3.1-08"],
    proven_by={"authorization-response:code-twice": "AUTHORIZATION-RESPONSE-PARAMETER-TWICE"},
    applies=when.code_flow & when.authorization_response,
)
async def no_parameter_comes_twice(authorization: Authorized, expect: Expect) -> None:
    """No parameter occurs twice in the Authorization Response."""
    counted = Counter(name for name, _ in _response(authorization).parameters)
    # What the redirect URI itself has in its query is the wallet's.
    own = Counter(name for name, _ in parse_qsl(urlsplit(authorization.parameters.get("redirect_uri", "")).query))
    twice = [name for name, count in counted.items() if count > max(1, own[name])]
    expect.that(
        not twice,
        "AUTHORIZATION-RESPONSE-PARAMETER-TWICE",
        "each parameter once",
        f"several times: {', '.join(twice)}",
        at=authorization.last,
        pointer=_LOCATION,
    )


@check(
    "authorization-response-state",
    requires=["RFC6749-4.1.2-07"],
    proven_by={
        "authorization-response:state-missing": "AUTHORIZATION-RESPONSE-STATE",
        "authorization-response:state-other": "AUTHORIZATION-RESPONSE-STATE",
        "authorization-response:state-lower-case": "AUTHORIZATION-RESPONSE-STATE",
        "authorization-response:state-unescaped": "AUTHORIZATION-RESPONSE-STATE",
        "authorization-response:state-cut": "AUTHORIZATION-RESPONSE-STATE",
    },
    applies=when.code_flow & when.authorization_response,
)
async def the_state_comes_back(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """The Authorization Response contains the state of the request, also one that is long and has signs in it."""
    for attempt in (authorization, await flow.authorize({"state": _STATE})):
        # A server may bound the state; what it does not take it need not return.
        if attempt.response is not None:
            _expect_state(expect, attempt, attempt.response, "AUTHORIZATION-RESPONSE-STATE")


def _expect_state(
    expect: Expect,
    attempt: Authorized,
    response: AuthorizationResponse,
    code: str,
    requirement: str | None = None,
) -> None:
    sent = attempt.parameters.get("state")
    expect.that(
        response.state == sent,
        code,
        f"the state {sent!r}",
        "no state" if response.state is None else f"the state {response.state!r}",
        at=attempt.last,
        pointer=_LOCATION,
        requirement=requirement,
    )


@check(
    "authorization-response-iss-present",
    requires=["RFC9207-2-01", "HAIP-4-05", "FAPI2-5.3.2.2-08"],
    proven_by={
        "authorization-response:iss-missing": "AUTHORIZATION-RESPONSE-ISS-MISSING",
        "as-metadata:iss-parameter-announced": "AUTHORIZATION-RESPONSE-ISS-MISSING",
    },
    applies=when.code_flow & when.authorization_response & when.iss_announced,
)
async def the_response_has_the_announced_iss(authorization: Authorized, expect: Expect) -> None:
    """The Authorization Response contains iss when the metadata announce it."""
    control(authorization, "a right Authorization Request")
    expect.that(
        _response(authorization).iss is not None,
        "AUTHORIZATION-RESPONSE-ISS-MISSING",
        "iss",
        "no iss",
        at=authorization.last,
        pointer=_LOCATION,
    )


@check(
    "authorization-response-iss",
    requires=["RFC9207-2.3-01", "RFC9207-2-03", "RFC9207-2.3-02", "HAIP-4-05", "FAPI2-5.3.2.2-08"],
    proven_by={
        "authorization-response:iss-other": "AUTHORIZATION-RESPONSE-ISS-OTHER",
        "authorization-response:iss-slash": "AUTHORIZATION-RESPONSE-ISS-OTHER",
        "authorization-response:iss-http": (
            "AUTHORIZATION-RESPONSE-ISS-OTHER",
            "AUTHORIZATION-RESPONSE-ISS-URL",
        ),
        "as-metadata:iss-parameter-missing": "AUTHORIZATION-RESPONSE-ISS-UNANNOUNCED",
        "as-metadata:iss-parameter-false": "AUTHORIZATION-RESPONSE-ISS-UNANNOUNCED",
        "as-metadata:iss-parameter-string": "AUTHORIZATION-RESPONSE-ISS-UNANNOUNCED",
    },
    applies=when.code_flow & when.iss_sent,
)
async def iss_names_the_server(authorization: Authorized, server: AuthorizationServer, expect: Expect) -> None:
    """Iss is the issuer of the metadata, a URL without query and fragment, and it is announced."""
    iss = _response(authorization).iss or ""
    expect.that(
        iss == server.metadata.get("issuer"),
        "AUTHORIZATION-RESPONSE-ISS-OTHER",
        f"the issuer of the metadata, {server.metadata.get('issuer')!r}",
        iss,
        at=authorization.last,
        pointer=_LOCATION,
    )
    expect.that(
        is_secure_url(iss) and not text.has_query_or_fragment(iss),
        "AUTHORIZATION-RESPONSE-ISS-URL",
        "an https URL without query and fragment",
        iss,
        at=authorization.last,
        pointer=_LOCATION,
        requirement="RFC9207-2-03",
    )
    announced = server.metadata.get("authorization_response_iss_parameter_supported")
    expect.that(
        announced is True,
        "AUTHORIZATION-RESPONSE-ISS-UNANNOUNCED",
        "authorization_response_iss_parameter_supported with true in the metadata",
        announced,
        at=server.exchange,
        pointer="/authorization_response_iss_parameter_supported",
        requirement="RFC9207-2.3-02",
    )


# Errors


async def _failure(flow: Flow) -> Authorized:
    """Make a request that must fail, for a reason that is no secret to the wallet."""
    attempt = await ask_directly(flow, {"response_type": "assay_unknown"})
    if attempt.code is not None:
        raise Blocked("an Authorization Request with an unknown response_type is granted")
    if attempt.stuck is not None:
        # The page may lead back to the wallet, if only the run was told how (RFC 9700 section 4.11.2).
        raise Blocked(attempt.stuck)
    return attempt


@check(
    "authorization-error-response",
    requires=[
        "VCI-5.3-01",
        "RFC6749-4.1.2.1-03",
        "RFC6749-4.1.2.1-04",
        "RFC6749-4.1.2.1-05",
        "RFC6749-4.1.2.1-06",
        "RFC6749-4.1.2.1-07",
        "RFC6749-4.1.2.1-08",
    ],
    proven_by={
        "authorization-error-response:page-instead": "AUTHORIZATION-ERROR-UNTOLD",
        "authorization-error-response:fragment": "AUTHORIZATION-ERROR-MISSING",
        "authorization-error-response:error-missing": "AUTHORIZATION-ERROR-MISSING",
        "authorization-error-response:error-charset": "AUTHORIZATION-ERROR-CHARSET",
        "misreports:authorize.response-type-supported": "AUTHORIZATION-ERROR-UNKNOWN",
        "authorization-error-response:description-charset": "AUTHORIZATION-ERROR-DESCRIPTION",
        "authorization-error-response:uri-charset": "AUTHORIZATION-ERROR-URI",
        "authorization-error-response:state-missing": "AUTHORIZATION-ERROR-STATE",
        "authorization-error-response:state-other": "AUTHORIZATION-ERROR-STATE",
    },
    applies=DIRECT,
)
async def errors_are_told_to_the_wallet(flow: Flow, expect: Expect) -> None:
    """An Authorization Request that fails is answered at the redirect URI by error, with state."""
    attempt = await _failure(flow)
    response = attempt.response
    if response is None:
        # The person may have to decide first whether to go back (RFC 9700 section 4.11.2).
        expect.that(
            _leads_back(attempt),
            "AUTHORIZATION-ERROR-UNTOLD",
            "an Authorization Error Response, or a page that leads to it",
            attempt.gist,
            at=attempt.last,
            requirement="RFC6749-4.1.2.1-03",
        )
        return
    if expect.that(
        bool(response.error),
        "AUTHORIZATION-ERROR-MISSING",
        "error in the query of the redirect URI",
        attempt.gist,
        at=attempt.last,
        pointer=_LOCATION,
    ):
        _expect_right_error(expect, attempt, response)
        _expect_state(expect, attempt, response, "AUTHORIZATION-ERROR-STATE", "RFC6749-4.1.2.1-08")


def _expect_right_error(expect: Expect, attempt: Authorized, response: AuthorizationResponse) -> None:
    if expect.that(
        text.is_error_text(response.error),
        "AUTHORIZATION-ERROR-CHARSET",
        "the characters %x20-21, %x23-5B and %x5D-7E",
        str(response.error),
        at=attempt.last,
        pointer=_LOCATION,
        requirement="RFC6749-4.1.2.1-05",
    ):
        expect.that(
            response.error in ERRORS,
            "AUTHORIZATION-ERROR-UNKNOWN",
            "an error code of RFC 6749 or a registered one",
            str(response.error),
            at=attempt.last,
            pointer=_LOCATION,
            requirement="RFC6749-4.1.2.1-04",
        )
    description = response.get("error_description") or ""
    expect.that(
        text.is_error_text(description),
        "AUTHORIZATION-ERROR-DESCRIPTION",
        "error_description, when present, has the characters %x20-21, %x23-5B and %x5D-7E only",
        description,
        at=attempt.last,
        pointer=_LOCATION,
        requirement="RFC6749-4.1.2.1-06",
    )
    uri = response.get("error_uri") or ""
    expect.that(
        text.is_uri_reference(uri),
        "AUTHORIZATION-ERROR-URI",
        "error_uri, when present, is a URI reference",
        uri,
        at=attempt.last,
        pointer=_LOCATION,
        requirement="RFC6749-4.1.2.1-07",
    )


def _leads_back(attempt: Authorized) -> bool:
    """Whether the page on which the person ended has the redirect URI with the error in it."""
    page = html.unescape(attempt.last.body.decode("utf-8", "replace")) if attempt.last else ""
    place = attempt.parameters.get("redirect_uri", "")
    return bool(place) and place in page and "error=" in page.partition(place)[2]


@check(
    "authorization-error-iss",
    requires=["RFC9207-2-02", "RFC9207-2.3-01", "HAIP-4-05", "FAPI2-5.3.2.2-08"],
    proven_by={
        "authorization-error-response:iss-missing": "AUTHORIZATION-ERROR-ISS-MISSING",
        "as-metadata:iss-parameter-announced": "AUTHORIZATION-ERROR-ISS-MISSING",
        "authorization-error-response:iss-other": "AUTHORIZATION-ERROR-ISS-OTHER",
        "authorization-error-response:iss-slash": "AUTHORIZATION-ERROR-ISS-OTHER",
    },
    applies=DIRECT & when.iss_announced,
)
async def errors_come_with_iss(flow: Flow, server: AuthorizationServer, expect: Expect) -> None:
    """An Authorization Error Response contains iss when the metadata announce it, and the right one."""
    attempt = await _failure(flow)
    if attempt.error is None:
        raise Blocked(f"there is no authorization error response: {attempt.gist}")
    _expect_iss(expect, attempt, server, "AUTHORIZATION-ERROR-ISS")


def _expect_iss(expect: Expect, attempt: Authorized, server: AuthorizationServer, code: str) -> None:
    """Expect ``iss`` of the server in an error response (RFC 9207 section 2).

    Args:
        code: how the finding codes begin.

    """
    iss = _response(attempt).iss
    where: Any = {"at": attempt.last, "pointer": _LOCATION}
    if expect.that(iss is not None, f"{code}-MISSING", "iss", "no iss", requirement="RFC9207-2-02", **where):
        expect.that(
            iss == server.metadata.get("issuer"),
            f"{code}-OTHER",
            f"the issuer of the metadata, {server.metadata.get('issuer')!r}",
            iss,
            requirement="RFC9207-2.3-01",
            **where,
        )


def _asked_for_consent(flow: Flow, attempt: Authorized) -> bool:
    """Whether the user saw a page on which the run was told how to decline."""
    rules = [rule for rule in flow.tools.options.user.forms if rule.decline is not None]
    return any(matches(rule, page.url) for rule in rules for page in attempt.pages)


@check(
    "authorization-declined",
    requires=[
        "RFC6749-4.1.2.1-13",
        "RFC6749-4.1.2.1-08",
        "RFC9207-2-02",
        "RFC9207-2.3-01",
        "HAIP-4-05",
        "FAPI2-5.3.2.2-08",
    ],
    proven_by={
        "authorization-error-response:denial-other": "AUTHORIZATION-DECLINED-MISREPORTED",
        "authorization-error-response:denial-stateless": "AUTHORIZATION-DECLINED-STATE",
        "accepts:authorize.consent": "AUTHORIZATION-DECLINED-GRANTED",
        "misreports:authorize.consent": "AUTHORIZATION-DECLINED-MISREPORTED",
        "authorization-error-response:iss-missing": "AUTHORIZATION-DECLINED-ISS-MISSING",
        "authorization-error-response:iss-other": "AUTHORIZATION-DECLINED-ISS-OTHER",
        "authorization-error-response:iss-slash": "AUTHORIZATION-DECLINED-ISS-OTHER",
    },
    applies=when.code_flow & when.user_can_decline,
)
async def the_wallet_learns_that_the_person_said_no(
    flow: Flow, server: AuthorizationServer, expect: Expect
) -> None:
    """The wallet gets the error access_denied when the person declines."""
    attempt = await flow.as_declining_user().authorize()
    if attempt.code is not None and not _asked_for_consent(flow, attempt):
        # Many servers remember the consent of an earlier request; this parameter of OpenID Connect makes them ask.
        attempt = await flow.again().as_declining_user().authorize({"prompt": "consent"})
        if attempt.code is not None and not _asked_for_consent(flow, attempt):
            raise Blocked(
                "the page on which the user can say no did not come again, since the server remembers the "
                "consent: let it ask each time, or leave decline out of [[user.form]]"
            )
    if not expect.that(
        attempt.code is None,
        "AUTHORIZATION-DECLINED-GRANTED",
        "no code when the person declines",
        attempt.gist,
        at=attempt.last,
    ):
        return
    expect.that(
        attempt.error == "access_denied",
        "AUTHORIZATION-DECLINED-MISREPORTED",
        "the error access_denied",
        attempt.gist,
        at=attempt.last,
    )
    if attempt.response is not None:
        _expect_state(expect, attempt, attempt.response, "AUTHORIZATION-DECLINED-STATE", "RFC6749-4.1.2.1-08")
        if server.metadata.get("authorization_response_iss_parameter_supported") is True:
            _expect_iss(expect, attempt, server, "AUTHORIZATION-DECLINED-ISS")
