"""Services that accept everything pass no check that demands a refusal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.model import Verdict
from harness.reference import faults
from harness.tests.partisia_judging import DIALECT, judge_partisia, own_checks
from harness.tests.test_vendors_partisia import DOCUMENTED, FIXED

ACCEPTING = frozenset(fault for fault in faults.catalogue() if fault.startswith("accepts:partisia-"))
DEMANDING = {name: check for name, check in own_checks().items() if not ACCEPTING.isdisjoint(check.proven_by)}


@pytest.mark.parametrize("variant", [DOCUMENTED, FIXED])
def test_no_check_that_demands_a_refusal_passes(variant: str, tmp_path: Path) -> None:
    run = asyncio.run(judge_partisia(variant, ACCEPTING, checks=DEMANDING, dialect=DIALECT, folder=tmp_path))
    assert run.stopped is None
    assert DEMANDING
    assert {one.check: one.verdict for one in run.results if one.verdict in (Verdict.PASS, Verdict.ERROR)} == {}
    caught = {one.check for one in run.results if one.verdict in (Verdict.FAIL, Verdict.WARN)}
    assert DEMANDING.keys() - caught == set()
