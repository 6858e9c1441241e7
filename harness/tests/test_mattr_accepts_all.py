"""A tenant that accepts everything passes no check that demands a refusal."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.tests.bench import Outcome
from harness.tests.mattr_bench import CORRECTED, DOCUMENTED
from harness.tests.mattr_judging import checks_of, judge_mattr

ACCEPTING = frozenset(fault for fault in faults.catalogue() if fault.startswith("accepts:mattr-"))
DEMANDING = frozenset(name for name, check in checks_of().items() if not ACCEPTING.isdisjoint(check.proven_by))
UNDECIDED = {
    # Where a wrong transaction code brings a token, nothing tells how many of them end an offer.
    DOCUMENTED: {"mattr-tx-code-locked"},
    # It offers credentials of all formats, as OpenID4VCI has it.
    CORRECTED: {"mattr-tx-code-locked", "mattr-offer-mobile-only"},
}
"""What neither passes nor fails."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mattr")


@cache
def judged(variant: str, folder: Path) -> Outcome:
    return asyncio.run(judge_mattr(ACCEPTING, folder=folder, variant=variant, select=DEMANDING))


def those(outcome: Outcome, *verdicts: Verdict) -> set[str]:
    return {result.check for result in outcome.results if result.verdict in verdicts}


@pytest.mark.parametrize("variant", [DOCUMENTED, CORRECTED])
def test_no_check_that_demands_a_refusal_passes(variant: str, folder: Path) -> None:
    outcome = judged(variant, folder)
    assert outcome.stopped is None
    assert DEMANDING
    assert those(outcome, Verdict.PASS, Verdict.ERROR) == set()
    assert DEMANDING - those(outcome, Verdict.FAIL, Verdict.WARN) == UNDECIDED[variant]
