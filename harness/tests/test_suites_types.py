"""Runs by one draft of SD-JWT VC against issuers of another, and types that lead nowhere."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.model import Verdict
from harness.tests.bench import judge_reference


@pytest.mark.parametrize(
    ("variant", "draft", "codes"),
    [
        (
            "type-metadata-18",
            "draft-11",
            {"TYPE-METADATA-DISPLAY-LANGUAGE", "TYPE-METADATA-CLAIM-LANGUAGE"},
        ),
        (
            "type-metadata",
            "draft-18",
            {"TYPE-METADATA-DISPLAY-LANGUAGE", "TYPE-METADATA-CLAIM-LANGUAGE"},
        ),
    ],
)
async def test_the_draft_that_judges_is_a_setting(variant: str, draft: str, codes: set[str]) -> None:
    right = await judge_reference(variant, select="type-metadata*")
    assert {result.verdict for result in right.results} == {Verdict.PASS, Verdict.NOT_APPLICABLE}
    wrong = await judge_reference(variant, select="type-metadata*", sd_jwt_vc=draft)
    assert {finding.code for result in wrong.results for finding in result.findings} == codes


async def test_a_type_that_leads_to_nothing_is_no_fault_of_the_issuer() -> None:
    outcome = await judge_reference("default", select="type-metadata*")
    reasons = Counter(result.reason for result in outcome.results if "HTTP 404" in (result.reason or ""))
    assert {result.verdict for result in outcome.results} == {Verdict.NOT_APPLICABLE}
    assert sum(reasons.values()) > 10


async def test_what_an_unreachable_type_may_define_is_left_open() -> None:
    outcome = await judge_reference(
        "type-metadata", ["type-metadata:extends-unreachable"], select="type-metadata*"
    )
    assert "type-metadata:extends-unreachable" in outcome.fired
    verdicts = {result.check: result.verdict for result in outcome.results}
    assert verdicts.pop("type-metadata-placeholders") is Verdict.BLOCKED
    assert set(verdicts.values()) == {Verdict.PASS, Verdict.NOT_APPLICABLE}


async def test_each_document_is_fetched_once() -> None:
    outcome = await judge_reference("type-metadata-schema", select="type-metadata*")
    asked = Counter(exchange.url for exchange in outcome.exchanges if "/types/" in exchange.url)
    assert len(asked) > 5
    assert set(asked.values()) == {1}
