"""The clock of the issuer: RFC 9110 section 6.6.1."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import IssuedCredential
from harness.expect import Expect
from harness.formats.clock import SKEW_S, http_date
from harness.transport import Reply

check = area("Issuer Clock", per=Per.SCENARIO)


@check(
    "issuer-clock",
    requires=["RFC9110-6.6.1-01"],
    applies=when.dated_response,
    proven_by={
        "credential-response:date-ahead": "ISSUER-CLOCK-AHEAD",
        "credential-response:date-behind": "ISSUER-CLOCK-BEHIND",
        "credential-response:date-malformed": "ISSUER-CLOCK-DATE",
    },
)
async def clock_is_right(collected: Reply, credential: IssuedCredential, expect: Expect) -> None:
    """The ``Date`` of the response that brings the credential is the time at which it came."""
    text = collected.headers.get("date", "")
    try:
        moment = http_date(text)
    except ValueError:
        expect.that(False, "ISSUER-CLOCK-DATE", "a Date that can be read", text, at=collected)
        return
    ahead = round(moment - credential.received)
    now = "the time at which the response came"
    expect.that(ahead <= SKEW_S, "ISSUER-CLOCK-AHEAD", now, f"{ahead} seconds ahead", at=collected)
    expect.that(-ahead <= SKEW_S, "ISSUER-CLOCK-BEHIND", now, f"{-ahead} seconds behind", at=collected)
