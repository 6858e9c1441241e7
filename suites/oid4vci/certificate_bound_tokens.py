"""Tokens that are bound to the TLS certificate of the client: RFC 8705 sections 3 and 4.

Whether a token is bound is settled when the client is registered; it shows in an Access Token that is a JWT.
"""

from __future__ import annotations

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Client, Reply
from harness.wallet import token as tokens
from harness.wallet.client_auth import certificate_thumbprint
from harness.wallet.refusals import error_codes
from suites.oid4vci._connections import no_certificate, other_certificate, refusing_the_connection

check = area("Certificate-Bound Tokens", per=Per.GRANT)

_REFUSAL = ("RFC8705-3-03", "RFC8705-3-04")
"""Status and error of a refusal at the Credential Endpoint."""


@check(
    "certificate-bound-thumbprint",
    requires=["RFC8705-3.1-01", "FAPI2-5.3.2.1-05"],
    proven_by={"access-token:certificate-other": "CERTIFICATE-BOUND-THUMBPRINT"},
    applies=when.certificate_bound_token,
)
async def the_token_names_the_certificate(token: Reply, shared: Flow, expect: Expect) -> None:
    """The x5t#S256 of an Access Token that is a JWT is the SHA-256 hash of the client's certificate."""
    certificate = shared.agent.settings.certificate
    assert certificate is not None  # or else the token would not be bound
    named = tokens.confirmation(token).get("x5t#S256")
    expect.that(
        named == certificate_thumbprint(certificate),
        "CERTIFICATE-BOUND-THUMBPRINT",
        "cnf with x5t#S256, the SHA-256 hash of the certificate in base64url without padding",
        named,
        at=token,
        pointer="/access_token: /cnf/x5t#S256",
    )


@check(
    "certificate-bound-token-other-refused",
    requires=["RFC8705-3-01", *_REFUSAL, "FAPI2-5.3.4-10"],
    proven_by={
        "accepts:tls.certificate": "CERTIFICATE-BOUND-OTHER-ACCEPTED",
        "misreports:tls.certificate": "CERTIFICATE-BOUND-OTHER-MISREPORTED",
    },
    applies=when.certificate_bound_token,
)
async def another_certificate_is_refused(access: Access, expect: Expect) -> None:
    """A certificate-bound Access Token is refused over a connection with another certificate."""
    http = other_certificate(access.flow)
    await _expect_refused(expect, access, http, "CERTIFICATE-BOUND-OTHER", "over a connection of another client")


@check(
    "certificate-bound-token-bare-refused",
    requires=["RFC8705-3-02", *_REFUSAL, "FAPI2-5.3.4-10"],
    proven_by={
        "accepts:tls.certificate": "CERTIFICATE-BOUND-BARE-ACCEPTED",
        "misreports:tls.certificate": "CERTIFICATE-BOUND-BARE-MISREPORTED",
    },
    applies=when.certificate_bound_token,
)
async def a_missing_certificate_is_refused(access: Access, expect: Expect) -> None:
    """A certificate-bound Access Token is refused over a connection without a certificate."""
    http = no_certificate(access.flow)
    await _expect_refused(expect, access, http, "CERTIFICATE-BOUND-BARE", "over a connection without certificate")


async def _expect_refused(expect: Expect, access: Access, http: Client, code: str, how: str) -> None:
    what = f"a certificate-bound Access Token {how}"
    body = await access.right_body()
    with refusing_the_connection(expect, code):
        reply = await access.over(http).request(body)
        expect.refused(reply, code, what=what, status={401}, status_requirement=_REFUSAL[0])
        if reply.status == 401:
            expect.that(
                "invalid_token" in error_codes(reply),
                f"{code}-MISREPORTED",
                f"{what} is answered by the error invalid_token",
                reply.gist,
                at=reply,
                requirement=_REFUSAL[1],
            )


@check(
    "certificate-bound-refresh-token",
    requires=["RFC8705-4-01", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:refresh.certificate": "CERTIFICATE-BOUND-REFRESH-ACCEPTED",
        "misreports:refresh.certificate": "CERTIFICATE-BOUND-REFRESH-MISREPORTED",
    },
    applies=when.public_client & when.refresh_token & when.certificate_bound_token,
)
async def a_refresh_token_is_bound(flow: Flow, expect: Expect) -> None:
    """A refresh token of a public client is refused over a connection with another certificate."""
    http = other_certificate(flow)
    granted = await flow.token()
    value = tokens.refresh_token(granted)
    if value is None:
        raise Blocked(f"no refresh token was issued: {granted.gist}")
    code = "CERTIFICATE-BOUND-REFRESH"
    with refusing_the_connection(expect, code):
        expect.refused(
            await flow.over(http).request_token(tokens.refresh_form(value, client_id=flow.agent.client_id)),
            code,
            what="a refresh token over a connection with another certificate",
            status={400},
            errors={"invalid_grant"},
            status_requirement="RFC6749-5.2-01",
            error_requirement="RFC6749-5.2-07",
        )
