"""How an endpoint of the Credential Issuer refuses requests without a valid Access Token (RFC 6750 section 3)."""

from __future__ import annotations

from typing import Any, NamedTuple

from harness.access import Access
from harness.expect import Expect
from harness.formats import challenges
from harness.formats.challenges import Challenge, ChallengeError
from harness.transport import Reply

ERROR_INFORMATION = ("error", "error_description", "error_uri")
MISSING = ("RFC6750-3-01", "RFC6750-3-03", "RFC6750-3.1-05")
"""What ``expect_missing_token_refused`` judges besides the refusal itself."""
UNKNOWN = ("RFC6750-3-02", "RFC6750-3-03", "RFC6750-3-06", "RFC6750-3.1-01", "RFC6750-3.1-02")
"""What ``expect_unknown_token_refused`` judges besides the refusal itself."""


class Endpoint(NamedTuple):
    """An endpoint that takes an Access Token."""

    code: str
    """How its finding codes begin."""
    request: str
    """A request to it, in words."""


def expect_missing_token_refused(
    expect: Expect, endpoint: Endpoint, access: Access, reply: Reply, *, status_requirement: str | None = None
) -> None:
    """Expect a challenge that says nothing of an error, as there was no token to find fault with.

    Args:
        access: the right that the request made no use of.
        status_requirement: what a status that is none of a refused token violates; by default the check's first.

    """
    expect.refused(
        reply,
        f"{endpoint.code}-TOKEN-MISSING",
        what=f"{endpoint.request} without an Access Token",
        # RFC 6750 asks for the challenge and leaves the status open; 400 is for a request that misses a parameter.
        status={400, 401, 403},
        status_requirement=status_requirement,
    )
    challenge = expect_challenge(expect, endpoint, access, reply, "RFC6750-3-01")
    if challenge is not None:
        expect.that(
            not any(challenge.values(name) for name in ERROR_INFORMATION),
            f"{endpoint.code}-CHALLENGE-ERROR-NEEDLESS",
            "a challenge without error information, since there was no token to find fault with",
            [name for name, _ in challenge.parameters],
            at=reply,
            pointer="header WWW-Authenticate",
            requirement="RFC6750-3.1-05",
        )


def expect_unknown_token_refused(
    expect: Expect, endpoint: Endpoint, access: Access, reply: Reply, *, status_requirement: str | None = None
) -> None:
    """Expect HTTP 401 and a challenge with the error ``invalid_token``.

    Args:
        access: the right that the request should have made use of.
        status_requirement: what a status that is none of a refused token violates; by default the check's first.

    """
    expect.refused(
        reply,
        f"{endpoint.code}-TOKEN-UNKNOWN",
        what=f"{endpoint.request} with an unknown Access Token",
        status={400, 401, 403},
        status_requirement=status_requirement,
    )
    if reply.status in (400, 403):
        expect.that(
            False,
            f"{endpoint.code}-TOKEN-UNKNOWN-STATUS",
            "HTTP 401",
            f"HTTP {reply.status}",
            at=reply,
            requirement="RFC6750-3.1-02",
        )
    challenge = expect_challenge(expect, endpoint, access, reply, "RFC6750-3-02")
    if challenge is None:
        return
    where: Any = {"at": reply, "pointer": "header WWW-Authenticate"}
    errors = challenge.values("error")
    if expect.that(
        bool(errors),
        f"{endpoint.code}-CHALLENGE-ERROR-MISSING",
        "error in the challenge, since the token was refused",
        [name for name, _ in challenge.parameters],
        requirement="RFC6750-3-06",
        **where,
    ):
        expect.that(
            set(errors) == {"invalid_token"},
            f"{endpoint.code}-CHALLENGE-ERROR",
            "error invalid_token",
            errors,
            requirement="RFC6750-3.1-01",
            **where,
        )


def expect_challenge(
    expect: Expect, endpoint: Endpoint, access: Access, reply: Reply, requirement: str
) -> Challenge | None:
    """Expect a challenge of the Access Token's scheme where a request was refused.

    Args:
        requirement: what a missing header field violates.

    Returns:
        The challenge, with the parameters of all where there are several; ``None`` when there is none, or when
        another check says that it is malformed.

    """
    if reply.successful or not expect.that(
        "WWW-Authenticate" in reply.headers,
        f"{endpoint.code}-CHALLENGE-MISSING",
        "the header field WWW-Authenticate",
        reply.gist,
        at=reply,
        requirement=requirement,
    ):
        return None
    try:
        found = challenges.read(reply.headers.get_list("WWW-Authenticate"))
    except ChallengeError:
        return None
    # Where Access Tokens are bound with DPoP, the challenge has that scheme (RFC 9449 section 7.1).
    schemes = ("bearer",) if access.scheme == "Bearer" else ("bearer", access.scheme.lower())
    fitting = [challenge for challenge in found if challenge.scheme.lower() in schemes]
    expect.that(
        bool(fitting),
        f"{endpoint.code}-CHALLENGE-SCHEME",
        f"a challenge with the scheme {access.scheme}",
        [challenge.scheme for challenge in found],
        at=reply,
        pointer="header WWW-Authenticate",
        requirement="RFC6750-3-03",
    )
    if not fitting:
        return None
    return Challenge(access.scheme, tuple(parameter for one in fitting for parameter in one.parameters))
