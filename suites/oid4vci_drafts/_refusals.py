"""Words that checks of refused Credential Requests share: what drafts have for OpenID4VCI 1.0 section 8.3.1.2."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from harness.access import Access
from harness.expect import Demanded, Expect
from suites.oid4vci._proofs import STATUS

MALFORMED = "VCI-8.3.1.2-06"


async def refused(
    access: Access,
    expect: Expect,
    body: Mapping[str, Any],
    code: str,
    *,
    what: str,
    errors: Collection[str],
    requirement: Demanded | None = None,
    error_requirement: Demanded | None = None,
) -> None:
    """Send a Credential Request that is wrong and expect it to be refused with status 400.

    Args:
        errors: values of ``error`` that are right.
        requirement: what an acceptance violates; the check's first requirement by default.
        error_requirement: what another error violates; the check's first requirement by default.

    """
    expect.refused(
        await access.request(body),
        code,
        what=what,
        status={400},
        errors=errors,
        requirement=requirement,
        status_requirement=STATUS,
        error_requirement=error_requirement,
    )
