"""Issuers that let every rule go: under the stricter profiles, no check that demands a refusal passes."""

from __future__ import annotations

import asyncio
from functools import cache

import pytest

from harness import checks
from harness.model import Verdict
from harness.reference import faults
from harness.tests.bench import Outcome, judge_reference

ACCEPTING = frozenset(fault for fault in faults.catalogue() if fault.startswith("accepts:"))
DEMANDING = {name: check for name, check in checks.load().items() if not ACCEPTING.isdisjoint(check.proven_by)}
"""Checks that demand a refusal, whatever suite they are of."""
OWN = {
    name
    for name, check in DEMANDING.items()
    if check.function.__module__.startswith(("suites.haip.", "suites.fapi2."))
}
WHOLE = ("haip", "haip-deferred-encrypted", "fapi2")
"""Where all checks of the profile are run; elsewhere those of its own suites."""
FURTHER = ("haip-attestation-proof", "haip-rotating", "fapi2-mtls", "fapi2-jwt-tokens")
RIGHTLY_PASSED = {
    # Its refusal is one by which a token is bound to a certificate. Here tokens are bound by DPoP as the client
    # asks, which is what it looks for; that no proof is needed is found by other checks.
    "fapi2-token-sender-constrained",
}
UNDECIDED = {
    # A code that is accepted twice ends nothing, so there is no refresh token that should have ended with it.
    "refresh-token-of-replayed-code-refused",
}
"""What neither passes nor fails."""


@cache
def judged(variant: str) -> Outcome:
    select = DEMANDING if variant in WHOLE else OWN
    return asyncio.run(judge_reference(variant, ACCEPTING, select=tuple(select)))


def those(outcome: Outcome, *verdicts: Verdict) -> set[str]:
    return {result.check for result in outcome.results if result.verdict in verdicts}


@pytest.mark.parametrize("variant", [*WHOLE, *FURTHER])
def test_no_check_that_demands_a_refusal_passes(variant: str) -> None:
    outcome = judged(variant)
    assert outcome.stopped is None
    assert those(outcome, Verdict.FAIL)
    assert those(outcome, Verdict.PASS) <= RIGHTLY_PASSED
    assert those(outcome, Verdict.ERROR) == set()
    assert those(outcome, Verdict.BLOCKED) <= UNDECIDED


def test_each_own_one_finds_something_somewhere() -> None:
    found = {name for variant in (*WHOLE, *FURTHER) for name in those(judged(variant), Verdict.FAIL, Verdict.WARN)}
    assert OWN - found == set()
