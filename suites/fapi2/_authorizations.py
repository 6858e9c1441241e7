"""What checks of authorization requests share: what a wrong request brought, however it was brought."""

from __future__ import annotations

from urllib.parse import parse_qsl

from harness.authorized import Authorized
from harness.evidence import Blocked
from harness.expect import Demanded, Expect
from harness.facts import Facts

_HANDED_OUT = ("code", "access_token", "id_token")
_FAILED = 500
"""Statuses from here on are not the fault of who asks (RFC 9110 section 15.6)."""


def tried(facts: Facts) -> None:
    """Make sure that the run goes through the Authorization Code Flow, where that is announced.

    What the profiles ask of it would not be judged otherwise, as if there were nothing to judge.

    Raises:
        Blocked: it does not.

    """
    if facts.code_flow_untested:
        raise Blocked(
            "the Authorization Code Flow is announced and was not tested:"
            " it needs a registered client (--vci-client-id and --vci-redirect-uri)"
        )


def handed_out(attempt: Authorized) -> list[str]:
    """Name what the authorization response brought, in the query or in the fragment."""
    if attempt.response is None:
        return []
    told = _told(attempt)
    return [name for name in _HANDED_OUT if told.get(name)]


def expect_nothing(
    expect: Expect, attempt: Authorized, code: str, *, what: str, requirement: Demanded | None = None
) -> bool:
    """Expect that a wrong request brings nothing; where and how it is refused is left open.

    Args:
        what: what is wrong with it, in words.
        requirement: what an acceptance violates; the check's first requirement by default.

    Raises:
        Blocked: the wallet was sent back with nothing that it could use, and without an error; or the server
            failed, which says nothing about the request.

    """
    brought = handed_out(attempt)
    refused = expect.that(
        not brought,
        code,
        f"{what} is refused",
        f"the authorization response has {' and '.join(brought)}" if brought else attempt.gist,
        at=attempt.last,
        requirement=requirement,
    )
    last = attempt.last
    if refused and attempt.response is None and last is not None and last.status >= _FAILED:
        raise Blocked(
            f"{what} is answered by a failure of the server, which may be about anything: {attempt.gist}"
        )
    if refused and attempt.response is not None and not _told(attempt).get("error"):
        raise Blocked(f"{what} is answered at the redirect URI with neither an error nor anything else to use")
    return refused


def _told(attempt: Authorized) -> dict[str, str]:
    if attempt.response is None:
        return {}
    return dict((*attempt.response.parameters, *parse_qsl(attempt.response.fragment)))
