"""What the checks of sign-ins at GOV.UK One Login share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from harness.applicability import when
from harness.expect import Expect

JOURNEY = when.refresh_journey & when.one_login_under_test
"""The run sees how the issuer's web service signs a user in."""
_Request = TypeVar("_Request")


def expect_of_all(
    expect: Expect,
    requests: Iterable[_Request],
    good: Callable[[_Request], bool],
    code: str,
    expected: str,
    *,
    seen: Callable[[_Request], Any],
    pointer: str | None = None,
    requirement: str | None = None,
) -> bool:
    """Expect something of all requests, with one finding, of the first that is not so.

    Args:
        good: whether a request is as it should be.
        seen: what a request is instead.

    """
    wrong = [request for request in requests if not good(request)]
    observed = seen(wrong[0]) if wrong else ""
    return expect.that(
        not wrong,
        code,
        expected,
        "nothing" if observed is None else observed,
        pointer=pointer,
        requirement=requirement,
    )
