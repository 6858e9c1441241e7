"""What the checks of OpenID4VCI 1.0 say of the simulated services of Partisia."""

from __future__ import annotations

import asyncio

import pytest

from harness.model import Verdict
from harness.tests.bench import all_checks
from harness.tests.fault_variants import is_due_advice
from harness.tests.partisia_judging import Judged, judge_partisia
from harness.tests.test_vendors_partisia import DOCUMENTED, FIXED, ISSUER


def judged(variant: str, identifier: str | None = None) -> Judged:
    return asyncio.run(judge_partisia(variant, checks=all_checks(), identifier=identifier))


def test_the_corrected_form_conforms_to_the_final_specification() -> None:
    run = judged(FIXED)
    amiss = [one for one in run.results if one.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    assert [one for one in amiss if not is_due_advice(one)] == []
    assert len([one for one in run.results if one.verdict is Verdict.PASS]) > 100


@pytest.mark.parametrize(
    ("identifier", "code"),
    [(ISSUER, "OFFER-ISSUER-OTHER"), (f"{ISSUER}/", "METADATA-ISSUER-OTHER")],
)
def test_the_documented_form_fails_by_its_slash_and_its_proof(identifier: str, code: str) -> None:
    run = judged(DOCUMENTED, identifier)
    # PK1 and PK22; what needs a credential is blocked by the latter.
    assert run.findings(Verdict.FAIL) == {code, "CREDENTIAL-REFUSED"}
    assert Verdict.ERROR not in run.verdicts()
