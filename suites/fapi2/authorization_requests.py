"""Wrong authorization requests, and an unusual right one: FAPI 2.0 section 5.3.2.2, HAIP 1.0 section 4."""

from __future__ import annotations

import secrets

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.wallet.metadata import AuthorizationServer
from suites.fapi2._authorizations import expect_nothing
from suites.oid4vci._authorizations import control
from suites.oid4vci._pushes import PUSHED

check = area("FAPI 2.0: Authorization Requests", per=Per.GRANT)

_RIGHT = "a right Authorization Request"
_RESPONSE_TYPES = ("token", "id_token", "code token", "code id_token")
_NONCE_LENGTH = 64


@check(
    "fapi2-par-only",
    requires=["FAPI2-5.3.2.2-03", "HAIP-4-04"],
    proven_by={"accepts:authorize.pushed": "FAPI2-PAR-ONLY-ACCEPTED"},
    applies=when.code_flow,
)
async def only_pushed_requests_are_taken(authorization: Authorized, direct: Authorized, expect: Expect) -> None:
    """An Authorization Request that was not pushed is refused, whether the metadata say so or not."""
    control(authorization, _RIGHT)
    expect_nothing(
        expect,
        direct,
        "FAPI2-PAR-ONLY-ACCEPTED",
        what="an Authorization Request that was not pushed",
    )


@check(
    "fapi2-response-type-refused",
    requires=["FAPI2-5.3.2.2-01"],
    proven_by={"accepts:authorize.response-type-supported": "FAPI2-RESPONSE-TYPE-ACCEPTED"},
    applies=PUSHED,
    flows=len(_RESPONSE_TYPES),
)
async def other_response_types_are_refused(
    authorization: Authorized, flow: Flow, server: AuthorizationServer, expect: Expect
) -> None:
    """Pushed requests with the response types token, id_token, code token and code id_token are refused."""
    control(authorization, _RIGHT)
    for value in _RESPONSE_TYPES:
        change: dict[str, str | None] = {"response_type": value}
        if "id_token" in value:
            # Without these, OpenID Connect has a request for an ID Token refused for another reason.
            change |= {"nonce": secrets.token_urlsafe(16), **_with_openid(flow, server)}
        expect_nothing(
            expect,
            await flow.again().authorize(change, pushed=True),
            "FAPI2-RESPONSE-TYPE-ACCEPTED",
            what=f"a pushed request with the response_type {value}",
        )


def _with_openid(flow: Flow, server: AuthorizationServer) -> dict[str, str | None]:
    """Give the scope of the flow with that of OpenID Connect, where the server has it."""
    scopes, own = server.metadata.get("scopes_supported"), flow.configuration.get("scope")
    if not isinstance(scopes, list) or "openid" not in scopes:
        return {}
    return {"scope": f"openid {own}" if isinstance(own, str) else "openid"}


@check(
    "fapi2-pkce-missing-refused",
    requires=["FAPI2-5.3.2.2-05", "HAIP-4-03"],
    proven_by={"accepts:authorize.challenge-present": "FAPI2-PKCE-MISSING-ACCEPTED"},
    applies=PUSHED,
)
async def a_request_without_challenge_is_refused(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """A pushed request without code_challenge is refused, there or at the Authorization Endpoint."""
    control(authorization, _RIGHT)
    expect_nothing(
        expect,
        await flow.authorize({"code_challenge": None, "code_challenge_method": None}, pushed=True),
        "FAPI2-PKCE-MISSING-ACCEPTED",
        what="a pushed request without code_challenge",
    )


@check(
    "fapi2-pkce-method-refused",
    requires=["FAPI2-5.3.2.2-06", "HAIP-4-03"],
    proven_by={
        "accepts:authorize.challenge-method": "FAPI2-PKCE-METHOD-ACCEPTED",
        "as-metadata:challenge-methods-plain": "FAPI2-PKCE-METHOD-UNLISTED",
    },
    applies=PUSHED,
    flows=2,
)
async def only_hashed_challenges_are_taken(
    authorization: Authorized, flow: Flow, server: AuthorizationServer, expect: Expect
) -> None:
    """Pushed requests with the code_challenge_method plain, and with none, are refused; S256 is announced."""
    control(authorization, _RIGHT)
    verifier = secrets.token_urlsafe(32)
    for method, what in (("plain", "the code_challenge_method plain"), (None, "no code_challenge_method")):
        expect_nothing(
            expect,
            await flow.again().authorize(
                {"code_challenge": verifier, "code_challenge_method": method}, pushed=True
            ),
            "FAPI2-PKCE-METHOD-ACCEPTED",
            what=f"a pushed request with {what}",
        )
    listed = server.metadata.get("code_challenge_methods_supported")
    expect.that(
        # Another check asks for the member itself.
        not isinstance(listed, list) or "S256" in listed,
        "FAPI2-PKCE-METHOD-UNLISTED",
        "S256 in code_challenge_methods_supported",
        show(listed),
        at=server.exchange,
        pointer="/code_challenge_methods_supported",
    )


@check(
    "fapi2-nonce-long",
    requires=["FAPI2-5.3.2.2-16"],
    proven_by={"rejects:authorize.nonce-long": "FAPI2-NONCE-LONG-REFUSED"},
    applies=PUSHED & when.scope & when.openid_connect,
    flows=2,
)
async def a_long_nonce_is_accepted(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """A request for an ID Token with a nonce of 64 characters is granted as one with a shorter nonce is."""
    scope = f"openid {flow.configuration['scope']}"
    usual = await flow.authorize({"scope": scope, "nonce": secrets.token_hex(8)})
    if authorization.code is None or usual.code is None:
        raise Blocked(f"a request with the scope openid and a nonce of 16 characters is not granted: {usual.gist}")
    attempt = await flow.again().authorize({"scope": scope, "nonce": secrets.token_hex(_NONCE_LENGTH // 2)})
    expect.that(
        attempt.code is not None,
        "FAPI2-NONCE-LONG-REFUSED",
        f"a request with a nonce of {_NONCE_LENGTH} characters is granted",
        attempt.gist,
        at=attempt.last,
    )
