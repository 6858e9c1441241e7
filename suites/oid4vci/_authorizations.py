"""What checks of the Authorization Endpoint share: words for how an authorization request may end."""

from __future__ import annotations

from collections.abc import Mapping

from harness.applicability import when
from harness.authorized import Authorized
from harness.evidence import Blocked
from harness.expect import Demanded, Expect
from harness.flow import Flow

DIRECT = when.code_flow & ~when.par_required & when.direct_requests
"""Requests reach the Authorization Endpoint as they are, without being pushed before."""

ERRORS = frozenset(
    {
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        # Registered by RFC 8707, RFC 9101, RFC 9396.
        "invalid_target",
        "invalid_request_uri",
        "invalid_request_object",
        "request_not_supported",
        "request_uri_not_supported",
        "invalid_authorization_details",
        # Registered by OpenID Connect.
        "interaction_required",
        "login_required",
        "session_selection_required",
        "account_selection_required",
        "consent_required",
        "registration_not_supported",
        "unmet_authentication_requirements",
    }
)
"""RFC 6749 section 4.1.2.1, and the IANA registry "OAuth Extensions Error" for the Authorization Endpoint."""


def granted(
    expect: Expect, attempt: Authorized, code: str, *, what: str, requirement: Demanded | None = None
) -> bool:
    """Expect an authorization request to bring a code.

    Args:
        what: the request, as the subject of a sentence.
        requirement: what a refusal violates; the check's first requirement by default.

    Raises:
        Blocked: the user got stuck on a page, which may be a further question to the user or a refusal.

    """
    if attempt.stuck is not None:
        raise Blocked(attempt.stuck)
    return expect.that(
        attempt.code is not None,
        code,
        f"{what} brings a code",
        attempt.gist,
        at=attempt.last,
        requirement=requirement,
    )


def control(attempt: Authorized, what: str) -> None:
    """Make sure that the right request, which a wrong one differs from in one thing, is granted.

    Raises:
        Blocked: it is not.

    """
    if attempt.code is None:
        raise Blocked(f"{what} is not granted: {attempt.gist}")


def sent_to(attempt: Authorized, uri: str) -> bool:
    """Whether the browser was sent to exactly this URI, but for parameters that were added."""
    final = attempt.visit.final if attempt.visit else None
    begun, _, fragment = uri.partition("#")
    return final is not None and final.startswith(begun) and fragment in final


async def ask_directly(flow: Flow, change: Mapping[str, str | None]) -> Authorized:
    """Make an authorization request at the Authorization Endpoint, with changed parameters."""
    return await flow.authorize(change, pushed=False)
