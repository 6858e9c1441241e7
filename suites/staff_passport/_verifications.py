"""What checks read of requests that verify identities, and what they expect of identities that must not count."""

from __future__ import annotations

from harness.expect import Expect
from harness.staff_passport.attempts import Attempt

AUTHORIZE, PAR, TOKEN = "authorize", "par", "token"
VERIFYING, ISSUING = "verifying", "issuing"
FAILED = ("not-verified", "error")
"""What the page shows that tells an employee that the verification failed."""


def expect_unverified(
    expect: Expect, tried: Attempt, code: str, what: str, *, requirement: str | None = None
) -> bool:
    """Expect that the portal does not take an employee for verified, and say whether it does not.

    Args:
        code: of the finding, ``-ACCEPTED`` is appended.
        what: was wrong, in words.
        requirement: the check's first by default.

    """
    return expect.that(
        not tried.went_on and not tried.serials,
        f"{code}-ACCEPTED",
        f"{what} verifies nobody",
        tried.page.gist,
        at=tried.page.reply,
        requirement=requirement,
    )


def expect_told(
    expect: Expect, tried: Attempt, code: str, requirement: str, *, also: tuple[str, ...] = ()
) -> None:
    """Expect that the employee is told that the identity was not verified.

    Args:
        code: of the finding, ``-UNTOLD`` is appended.
        also: what the page may show besides.

    """
    expect.that(
        tried.page.shows in (*FAILED, *also),
        f"{code}-UNTOLD",
        "a page that says that the identity was not verified",
        tried.page.gist,
        at=tried.page.reply,
        requirement=requirement,
    )
