"""Revocation and suspension: MATTR VII, the status of mobile documents.

The issuer's team, or the bundled tenant, does it to one credential; how long it may take to show is in
``harness.lifecycle.drill``.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats.status_reference import Mechanism, State
from harness.lifecycle.drill import REVOCATION, SUSPENSION, Drill, Step
from harness.lifecycle.status import CredentialStatus

check = area("MATTR VII: status", per=Per.SHAPE)

_LIST = Mechanism.STATUS_LIST
_REVOCATION = when.mdoc & when.operation("revoke") & when.status_saying(REVOCATION, _LIST)
_SUSPENSION = when.mdoc & when.operation("suspend") & when.status_saying(SUSPENSION, _LIST)


@check(
    "mattr-status-public",
    requires=["MTR-SIGN-13"],
    proven_by={
        "mattr-status-list-response:absent": "MATTR-STATUS-PRIVATE",
        "mattr-status-list-response:private": "MATTR-STATUS-PRIVATE",
    },
    applies=when.mdoc & when.mdoc_status,
)
async def everyone_can_read_the_status_list(status: CredentialStatus, expect: Expect) -> None:
    """The status list of a mobile document can be read without any access token."""
    if not status.entries:
        raise Blocked("the credential refers to no status list that is known")
    for entry in status.entries:
        expect.that(
            entry.reply is not None and entry.reply.successful,
            "MATTR-STATUS-PRIVATE",
            "the status list",
            entry.reply.gist if entry.reply is not None else "no answer",
            at=entry.reply,
        )


@check(
    "mattr-status-revoked",
    requires=["MTR-SIGN-10"],
    proven_by={
        "mattr-status:ignored": "MATTR-REVOCATION-NOT-SHOWN",
    },
    applies=_REVOCATION,
)
async def a_revocation_shows(revocation: Drill, expect: Expect) -> None:
    """A mobile document that is made invalid shows as invalid in its status list."""
    _expect_state(revocation.step("revoke"), State.REVOKED, "MATTR-REVOCATION-NOT-SHOWN", expect)


@check(
    "mattr-status-final",
    requires=["MTR-SIGN-12"],
    proven_by={
        "mattr-status:reversible": "MATTR-REVOCATION-UNDONE",
    },
    applies=_REVOCATION & when.operation("reinstate"),
)
async def a_revocation_is_final(revocation: Drill, expect: Expect) -> None:
    """A mobile document that was made invalid cannot be made valid again."""
    step = revocation.steps.get("reinstate")
    if step is None:
        raise Blocked("the revocation did not show, so reinstate was not tried")
    states = [new.state for _, new in step.pairs]
    expect.that(
        step.refused is not None or all(state is State.REVOKED for state in states),
        "MATTR-REVOCATION-UNDONE",
        "a credential that stays invalid",
        f"it is {', '.join(map(str, states))} again",
    )


@check(
    "mattr-status-suspended",
    requires=["MTR-SIGN-11"],
    proven_by={
        "mattr-status:ignored": "MATTR-SUSPENSION-NOT-SHOWN",
        "mattr-status:suspension-lasting": "MATTR-SUSPENSION-LASTING",
    },
    applies=_SUSPENSION & when.operation("reinstate"),
)
async def a_suspension_shows_and_ends(suspension: Drill, expect: Expect) -> None:
    """A mobile document that is suspended shows as suspended, and as valid when the suspension has ended."""
    _expect_state(suspension.step("suspend"), State.SUSPENDED, "MATTR-SUSPENSION-NOT-SHOWN", expect)
    _expect_state(suspension.step("reinstate"), State.VALID, "MATTR-SUSPENSION-LASTING", expect)


def _expect_state(step: Step, state: State, code: str, expect: Expect) -> None:
    for _, entry in step.pairs:
        expect.that(entry.state is state, code, f"the state {state}", f"the state {entry.state}", at=entry.reply)
