"""A portal and a gateway that accept everything pass no check that demands a refusal."""

from __future__ import annotations

import asyncio

from harness.model import Verdict
from harness.reference import faults
from harness.tests.bench import Outcome
from harness.tests.staff_passport_judging import GATEWAY, PORTAL, checks_of, judge_gateway, judge_portal
from harness.tests.test_staff_passport_matrix import of_gateway, of_portal

ACCEPTING = frozenset(fault for fault in faults.catalogue() if fault.startswith("accepts:dsp-"))
UNSIGNED = "accepts:dsp-visit.signed-in"
"""Whoever lets everybody in without a sign-in has no employee whose identity could be taken for right."""


def not_caught(outcome: Outcome, profile: str) -> list[str]:
    """Give the checks that demand a refusal and neither failed, nor warned, nor were blocked anywhere."""
    demanding = {name for name, check in checks_of(profile).items() if not ACCEPTING.isdisjoint(check.proven_by)}
    caught = {
        result.check
        for result in outcome.results
        if result.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED)
    }
    assert outcome.stopped is None
    assert demanding
    return sorted(demanding - caught)


def test_a_portal_that_accepts_everything_passes_no_check_that_demands_a_refusal() -> None:
    everything = {fault for fault in ACCEPTING if of_portal(fault)}
    assert not_caught(asyncio.run(judge_portal(everything)), PORTAL) == []


def test_nor_does_one_that_knows_at_least_who_is_signed_in() -> None:
    everything = {fault for fault in ACCEPTING if of_portal(fault)}
    outcome = asyncio.run(judge_portal(everything - {UNSIGNED}))
    assert not_caught(outcome, PORTAL) == ["dsp-signed-out"]
    assert not [result.check for result in outcome.results if result.verdict is Verdict.BLOCKED]


def test_a_gateway_that_accepts_everything_passes_no_check_that_demands_a_refusal() -> None:
    everything = {fault for fault in ACCEPTING if of_gateway(fault)}
    assert not_caught(asyncio.run(judge_gateway(everything)), GATEWAY) == []
