"""Proof Key for Code Exchange: RFC 7636, RFC 9700 section 2.1.1, OpenID4VCI 1.0 section 5."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from harness.applicability import when
from harness.authorized import Authorized
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import base64url
from harness.formats.base64url import Base64UrlError
from harness.transport import Reply
from harness.wallet.authorization import challenge_of
from harness.wallet.token import access_token
from suites.oid4vci._token_requests import refusing_statuses, unauthenticated_errors, without

check = area("PKCE", per=Per.GRANT)

_NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}
_WRONG_VERIFIER = frozenset({"invalid_grant"})


@check(
    "pkce-verifier-accepted",
    requires=["RFC7636-4.6-01", "RFC7636-4.2-01"],
    proven_by={
        "rejects:code.verifier": "PKCE-VERIFIER-REFUSED",
        "rejects:dpop.right-proof": "PKCE-VERIFIER-REFUSED",
        "misreports:dpop.nonce": "PKCE-VERIFIER-REFUSED",
        "token-error-response:dpop-nonce-missing": "PKCE-VERIFIER-REFUSED",
        "token-error-response:dpop-nonce-charset": "PKCE-VERIFIER-REFUSED",
        "rejects:client.identifier-left-out": "PKCE-VERIFIER-REFUSED",
    },
    applies=when.code_flow,
)
async def the_right_verifier_is_accepted(authorization: Authorized, token: Reply, expect: Expect) -> None:
    """A code that was requested with an S256 challenge is redeemed with its verifier."""
    if authorization.code is None:
        raise Blocked(f"no authorization code was issued: {authorization.gist}")
    expect.that(
        access_token(token) is not None,
        "PKCE-VERIFIER-REFUSED",
        "an Access Token for the code_verifier that leads to the S256 code_challenge",
        token.gist,
        at=token,
    )


@check(
    "pkce-verifier-long",
    requires=["RFC7636-4.1-01"],
    proven_by={"rejects:code.verifier-long": "PKCE-VERIFIER-LONG-REFUSED"},
    applies=when.code_flow,
)
async def the_longest_verifier_is_accepted(flow: Flow, expect: Expect) -> None:
    """A code_verifier of 128 characters is accepted."""
    await _expect_accepted(flow, secrets.token_urlsafe(96), "PKCE-VERIFIER-LONG", "of 128 characters", expect)


@check(
    "pkce-verifier-characters",
    requires=["RFC7636-4.1-02"],
    proven_by={"rejects:code.verifier-characters": "PKCE-VERIFIER-CHARACTERS-REFUSED"},
    applies=when.code_flow,
)
async def every_allowed_character_is_accepted(flow: Flow, expect: Expect) -> None:
    """A code_verifier with a hyphen, a period, an underscore and a tilde is accepted."""
    verifier = f"{secrets.token_urlsafe(32)}-._~"
    await _expect_accepted(flow, verifier, "PKCE-VERIFIER-CHARACTERS", "with all of -._~", expect)


async def _expect_accepted(flow: Flow, verifier: str, code: str, what: str, expect: Expect) -> None:
    attempt = await _authorized(flow, {"code_challenge": challenge_of(verifier)})
    reply = await flow.request_token({**flow.code_fields(attempt), "code_verifier": verifier})
    expect.that(
        access_token(reply) is not None,
        f"{code}-REFUSED",
        f"an Access Token for the right code_verifier {what}",
        reply.gist,
        at=reply,
    )


# The Authorization Request


@check(
    "pkce-challenge-missing",
    requires=["RFC7636-4.4.1-01", "RFC7636-4.4.1-02"],
    proven_by={
        "misreports:authorize.challenge-present": "PKCE-CHALLENGE-MISSING-MISREPORTED",
        "authorization-error-response:description-missing": "PKCE-CHALLENGE-MISSING-UNEXPLAINED",
    },
    applies=when.code_flow,
)
async def a_missing_challenge_is_refused_with_reason(flow: Flow, expect: Expect) -> None:
    """An Authorization Request without code_challenge is refused with invalid_request, if it is refused."""
    attempt = await flow.authorize(_NO_CHALLENGE)
    # The server may leave it to the client whether to use PKCE (RFC 9700 section 2.1.1).
    told = _error_of(attempt)
    expect.that(
        attempt.code is not None or told is None or told.get("error") == "invalid_request",
        "PKCE-CHALLENGE-MISSING-MISREPORTED",
        "an Authorization Request without code_challenge is granted, or refused with the error invalid_request",
        attempt.gist,
        at=attempt.last,
    )
    if told is not None:
        _expect_explained(attempt, told, "PKCE-CHALLENGE-MISSING", "RFC7636-4.4.1-02", expect)


@check(
    "pkce-challenge-method-unknown-refused",
    requires=["RFC7636-4.4.1-03", "RFC7636-4.4.1-04"],
    proven_by={
        "accepts:authorize.challenge-method": "PKCE-METHOD-UNKNOWN-ACCEPTED",
        "misreports:authorize.challenge-method": "PKCE-METHOD-UNKNOWN-MISREPORTED",
        "authorization-error-response:description-missing": "PKCE-METHOD-UNKNOWN-UNEXPLAINED",
    },
    applies=when.code_flow,
)
async def an_unknown_method_is_refused(flow: Flow, expect: Expect) -> None:
    """An Authorization Request with a code_challenge_method that nobody knows gets the error invalid_request."""
    attempt = await flow.authorize({"code_challenge_method": "assay-unknown"})
    expect.not_authorized(
        attempt,
        "PKCE-METHOD-UNKNOWN",
        what="an Authorization Request with an unknown code_challenge_method",
        errors={"invalid_request"},
    )
    told = _error_of(attempt)
    if told is not None:
        _expect_explained(attempt, told, "PKCE-METHOD-UNKNOWN", "RFC7636-4.4.1-04", expect)


@check(
    "pkce-plain-unlisted-refused",
    requires=["RFC7636-7.2-01", "RFC7636-4.4.1-03", "FAPI2-5.3.2.2-06", "HAIP-4-03"],
    proven_by={
        "accepts:authorize.challenge-method": "PKCE-PLAIN-ACCEPTED",
        "misreports:authorize.challenge-method": "PKCE-PLAIN-MISREPORTED",
    },
    applies=when.code_flow & ~when.plain_challenge,
)
async def an_unlisted_plain_challenge_is_refused(flow: Flow, expect: Expect) -> None:
    """An Authorization Request with a plain challenge is refused where the metadata do not list that method."""
    attempt = await flow.authorize({"code_challenge": secrets.token_urlsafe(32), "code_challenge_method": "plain"})
    expect.not_authorized(
        attempt,
        "PKCE-PLAIN",
        what="an Authorization Request with the code_challenge_method plain, which the metadata do not list,",
        errors={"invalid_request"},
        requirement=("FAPI2-5.3.2.2-06", "HAIP-4-03", "RFC7636-7.2-01"),
        error_requirement="RFC7636-4.4.1-03",
    )


@check(
    "pkce-plain-listed",
    requires=["RFC7636-7.2-01"],
    proven_by={
        "as-metadata:challenge-methods-plain": "PKCE-PLAIN-OFFERED",
    },
    applies=when.code_flow & when.server_metadata_has("code_challenge_methods_supported"),
)
async def plain_is_not_offered(shared: Flow, expect: Expect) -> None:
    """The Authorization Server does not offer the code challenge method plain."""
    server = await shared.server()
    methods = server.metadata.get("code_challenge_methods_supported")
    expect.that(
        not (isinstance(methods, list) and "plain" in methods),
        "PKCE-PLAIN-OFFERED",
        "code_challenge_methods_supported without plain",
        methods,
        at=server.exchange,
        pointer="/code_challenge_methods_supported",
    )


@check(
    "pkce-challenge-method-missing",
    requires=["RFC7636-4.3-01"],
    proven_by={"rejects:code.plain-verifier": "PKCE-METHOD-MISSING-NOT-PLAIN"},
    applies=when.code_flow,
)
async def a_challenge_without_method_is_plain(flow: Flow, expect: Expect) -> None:
    """A code_challenge without code_challenge_method counts as plain, unless the request is refused."""
    verifier = secrets.token_urlsafe(32)
    attempt = await flow.authorize({"code_challenge": verifier, "code_challenge_method": None})
    if attempt.code is None:
        expect.that(True, "PKCE-METHOD-MISSING-NOT-PLAIN", "a refusal, or the method plain", attempt.gist)
        return
    reply = await flow.request_token({**flow.code_fields(attempt), "code_verifier": verifier})
    expect.that(
        access_token(reply) is not None,
        "PKCE-METHOD-MISSING-NOT-PLAIN",
        "an Access Token for a code_verifier that is the code_challenge, which came without a method",
        reply.gist,
        at=reply,
    )


@check(
    "pkce-challenge-kept-secret",
    requires=["RFC7636-4.4-02"],
    proven_by={
        "authorization-response:challenge": "PKCE-CHALLENGE-REVEALED",
        "authorization-response:challenge-in-code": "PKCE-CHALLENGE-REVEALED",
    },
    applies=when.code_flow,
)
async def the_response_does_not_reveal_the_challenge(authorization: Authorized, expect: Expect) -> None:
    """The Authorization Response does not contain the code_challenge, in the clear or in base64url."""
    challenge = authorization.parameters.get("code_challenge")
    if authorization.response is None or challenge is None:
        raise Blocked(f"there is no authorization response: {authorization.gist}")
    shown = [name for name, value in authorization.response.parameters if _holds(value, challenge)]
    expect.that(
        not shown,
        "PKCE-CHALLENGE-REVEALED",
        "no parameter from which the code_challenge can be read",
        f"it can be read from {shown}",
        at=authorization.last,
        pointer="header Location",
    )


def _holds(value: str, challenge: str) -> bool:
    """Whether a challenge stands in a value as it is, or in one of the parts of a token such as a JWT."""
    return challenge in value or any(challenge.encode() in _decoded(part) for part in value.split("."))


def _decoded(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except Base64UrlError:
        return b""


# The Token Request


@check(
    "pkce-verifier-missing-refused",
    requires=["RFC9700-2.1.1-02", "RFC6749-5.2-04", "RFC6749-5.2-01", "HAIP-4-03"],
    proven_by={
        "accepts:code.verifier-present": "PKCE-VERIFIER-MISSING-ACCEPTED",
        "misreports:code.verifier-present": "PKCE-VERIFIER-MISSING-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_missing_verifier_is_refused(flow: Flow, expect: Expect) -> None:
    """A code that was requested with code_challenge is refused without code_verifier."""
    reply = await flow.request_token(without(await flow.token_fields(), "code_verifier"))
    expect.refused(
        reply,
        "PKCE-VERIFIER-MISSING",
        what="a Token Request without the code_verifier",
        status=refusing_statuses(reply),
        # A parameter is missing, or the grant is not proven, or it is the verifier that stands in for credentials.
        errors={"invalid_grant", "invalid_request", *unauthenticated_errors(flow.agent)},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-04",
    )


@check(
    "pkce-verifier-wrong-refused",
    requires=[
        "RFC7636-4.6-02",
        "RFC7636-4.4-01",
        "RFC9700-2.1.1-01",
        "VCI-5-02",
        "RFC7636-4.6-03",
        "RFC6749-5.2-01",
        "HAIP-4-03",
    ],
    proven_by={
        "accepts:code.verifier": "PKCE-VERIFIER-WRONG-ACCEPTED",
        "misreports:code.verifier": "PKCE-VERIFIER-WRONG-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_verifier_of_another_login_is_refused(authorization: Authorized, flow: Flow, expect: Expect) -> None:
    """A code is refused with invalid_grant when the code_verifier is that of another login."""
    expect.refused(
        await flow.request_token({**await flow.token_fields(), "code_verifier": authorization.verifier}),
        "PKCE-VERIFIER-WRONG",
        what="a Token Request with the code_verifier of another login",
        status={400},
        errors=_WRONG_VERIFIER,
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC7636-4.6-03",
    )


@check(
    "pkce-verifier-unhashed-refused",
    requires=["RFC7636-4.5-01", "RFC7636-4.6-03", "RFC6749-5.2-01", "HAIP-4-03"],
    proven_by={
        "accepts:code.verifier-hashed": "PKCE-VERIFIER-UNHASHED-ACCEPTED",
        "misreports:code.verifier-hashed": "PKCE-VERIFIER-UNHASHED-MISREPORTED",
    },
    applies=when.code_flow,
)
async def the_challenge_is_no_verifier(flow: Flow, expect: Expect) -> None:
    """The code_challenge itself is refused as code_verifier, since the method is S256."""
    attempt = await flow.authorization()
    fields = {**await flow.token_fields(), "code_verifier": attempt.parameters["code_challenge"]}
    expect.refused(
        await flow.request_token(fields),
        "PKCE-VERIFIER-UNHASHED",
        what="a Token Request with the S256 code_challenge as code_verifier",
        status={400},
        errors=_WRONG_VERIFIER,
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC7636-4.6-03",
    )


@check(
    "pkce-verifier-unexpected-refused",
    requires=["RFC9700-2.1.1-03", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.verifier-expected": "PKCE-VERIFIER-UNEXPECTED-ACCEPTED",
        "misreports:code.verifier-expected": "PKCE-VERIFIER-UNEXPECTED-MISREPORTED",
    },
    applies=when.code_flow,
)
async def a_verifier_without_challenge_is_refused(flow: Flow, expect: Expect) -> None:
    """A Token Request with code_verifier is refused when the Authorization Request had no code_challenge."""
    attempt = await flow.authorize(_NO_CHALLENGE)
    if attempt.code is None:
        # There is no such code where the server refuses requests without a challenge.
        expect.that(True, "PKCE-VERIFIER-UNEXPECTED-ACCEPTED", "no code without code_challenge", attempt.gist)
        return
    expect.refused(
        await flow.request_token(flow.code_fields(attempt)),
        "PKCE-VERIFIER-UNEXPECTED",
        what="a Token Request with a code_verifier for which there was no code_challenge",
        status={400},
        errors={"invalid_grant", "invalid_request"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )


async def _authorized(flow: Flow, change: Mapping[str, str | None]) -> Authorized:
    """Get a code.

    Raises:
        Blocked: none was issued.

    """
    attempt = await flow.authorize(change)
    if attempt.code is None:
        raise Blocked(f"no authorization code was issued: {attempt.gist}")
    return attempt


def _error_of(attempt: Authorized) -> Mapping[str, Any] | None:
    """Give the members of the error that the client was told; ``None`` when only the user saw one, or none was."""
    if attempt.code is not None:
        return None
    if attempt.response is not None:
        return dict(attempt.response.parameters)
    return attempt.pushed.object if attempt.visit is None and attempt.pushed is not None else None


def _expect_explained(
    attempt: Authorized, told: Mapping[str, Any], code: str, requirement: str, expect: Expect
) -> None:
    expect.that(
        bool(told.get("error_description") or told.get("error_uri")),
        f"{code}-UNEXPLAINED",
        "error_description or error_uri, to say what is wrong",
        f"the members {sorted(told)}",
        at=attempt.last,
        requirement=requirement,
    )
