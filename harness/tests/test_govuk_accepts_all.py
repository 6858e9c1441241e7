"""Departments that refuse nothing: no check that demands a refusal passes, and each of them fails somewhere."""

from __future__ import annotations

import asyncio
from functools import cache

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.tests.bench import Outcome
from harness.tests.govuk_judging import govuk_checks, judge_govuk

EVERYTHING = frozenset(fault for fault in faults.catalogue() if fault.startswith("accepts:govuk-"))
UNSIGNED = "accepts:govuk-page.signed-in"
"""Whoever lets everybody in without a sign-in has none in which something could be accepted."""
DEMANDING = {
    name: EVERYTHING.intersection(check.proven_by)
    for name, check in govuk_checks().items()
    if check.function.__module__.startswith("suites.govuk_wallet") and EVERYTHING.intersection(check.proven_by)
}
"""Checks that demand a refusal, with the faults that accept what is wrong and make them fail."""
LAX = {"open": ("govuk-complete", EVERYTHING), "signing-in": ("govuk-identity", EVERYTHING - {UNSIGNED})}


@cache
def judged(name: str) -> Outcome:
    variant, accepting = LAX[name]
    return asyncio.run(judge_govuk(variant, accepting, select=tuple(DEMANDING)))


@pytest.mark.parametrize("name", LAX)
def test_no_check_that_demands_a_refusal_passes(name: str) -> None:
    outcome = judged(name)
    demanding = {check for check, accepting in DEMANDING.items() if accepting & LAX[name][1]}
    assert outcome.stopped is None
    assert demanding & {r.check for r in outcome.results if r.verdict in (Verdict.PASS, Verdict.ERROR)} == set()


def test_each_of_them_fails_somewhere() -> None:
    found = {r.check for name in LAX for r in judged(name).results if r.verdict in (Verdict.FAIL, Verdict.WARN)}
    assert DEMANDING.keys() - found == set()
