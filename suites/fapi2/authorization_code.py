"""How long an authorization code is good: FAPI 2.0 section 5.3.2.1, item 11."""

from __future__ import annotations

from collections.abc import Callable

from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.flow import Flow
from suites.oid4vci._late import redeemed_late

check = area("FAPI 2.0: Authorization Code", per=Per.GRANT)

_LONGEST_S = 60
_WAIT_S = _LONGEST_S + 1.0


@check(
    "fapi2-code-lifetime",
    requires=["FAPI2-5.3.2.1-13", "RFC6749-5.2-07", "RFC6749-5.2-01"],
    proven_by={
        "accepts:code.expired": "FAPI2-CODE-LIFETIME-ACCEPTED",
        "misreports:code.expired": "FAPI2-CODE-LIFETIME-MISREPORTED",
    },
    applies=when.code_flow,
    waits=True,
    flows=4,
)
async def a_code_lives_for_a_minute(flow: Flow, another_flow: Callable[[], Flow], expect: Expect) -> None:
    """An authorization code that is first used after more than 60 seconds is refused with invalid_grant."""
    expect.refused(
        await redeemed_late(flow, another_flow, _WAIT_S, "the end of an authorization code"),
        "FAPI2-CODE-LIFETIME",
        what=f"a Token Request with an authorization code that came {_WAIT_S:g} seconds ago",
        status={400},
        errors={"invalid_grant"},
        status_requirement="RFC6749-5.2-01",
        error_requirement="RFC6749-5.2-07",
    )
