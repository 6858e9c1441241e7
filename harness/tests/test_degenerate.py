"""Issuers that misbehave as a whole: the harness survives them in bounded time, and says what is true of them."""

from __future__ import annotations

import asyncio
import ssl
import time

import httpx
import pytest

from harness.model import Verdict
from harness.reference.degenerate import DEGENERATE
from harness.reference.serve import serving
from harness.tests.bench import Outcome, all_checks, judge_issuer

ON_A_SOCKET = sorted(name for name in DEGENERATE if name.split("-after")[0] in ("hang", "huge", "drop"))
"""Where bounded time and memory depend on how bytes really arrive."""
REFUSING = sorted(name for name in DEGENERATE if name.startswith("refuse-all"))
ACCEPTING = sorted(name for name in DEGENERATE if name.startswith("accept-all"))
IN_PROCESS = sorted(set(DEGENERATE) - {*ON_A_SOCKET, *REFUSING, *ACCEPTING})
LONGEST_S = 30.0


def in_process(name: str) -> Outcome:
    degenerate = DEGENERATE[name]()
    return asyncio.run(judge_issuer(degenerate.issuer, httpx.ASGITransport(degenerate)))


def negative_checks(name: str = "accept-all") -> set[str]:
    """Checks of an issuer's version that demand a refusal: a fault that accepts what is wrong makes them fail."""
    profile = f"oid4vci-{DEGENERATE[name]().issuer.variant.version}"
    return {
        name
        for name, check in all_checks(profile).items()
        if any(fault.startswith("accepts:") for fault in check.proven_by)
    }


def survived(outcome: Outcome) -> None:
    reasons = [result.reason for result in outcome.results if result.reason]
    assert not [reason for reason in reasons if "internal error" in reason or "no expectation" in reason]
    assert not [reason for reason in [*reasons, outcome.stopped or ""] if "\n" in reason]


@pytest.mark.parametrize("name", IN_PROCESS)
def test_the_harness_survives(name: str) -> None:
    outcome = in_process(name)
    survived(outcome)
    if "after-discovery" not in name and name != "wrong-content-type":
        assert outcome.stopped or any(result.verdict is Verdict.FAIL for result in outcome.results)


@pytest.mark.parametrize("name", ON_A_SOCKET)
def test_the_harness_survives_on_a_socket(name: str) -> None:
    started = time.monotonic()
    with serving(lambda base_url: DEGENERATE[name](base_url=base_url)) as server:
        context = ssl.create_default_context(cadata=server.ca_pem)
        outcome = asyncio.run(judge_issuer(server.issuer.issuer, None, verify=context, timeout_s=0.3))
    survived(outcome)
    assert time.monotonic() - started < LONGEST_S
    assert outcome.stopped or not [
        r for r in outcome.results if r.check in negative_checks() and r.verdict == "pass"
    ]


@pytest.mark.parametrize("name", REFUSING)
def test_no_negative_check_passes_on_an_issuer_that_refuses_everything(name: str) -> None:
    outcome = in_process(name)
    survived(outcome)
    passed = {result.check for result in outcome.results if result.verdict is Verdict.PASS}
    assert passed & negative_checks(name) == set()
    assert any(result.verdict is Verdict.FAIL for result in outcome.results)


@pytest.mark.parametrize("name", ACCEPTING)
def test_no_negative_check_passes_on_an_issuer_that_accepts_everything(name: str) -> None:
    outcome = in_process(name)
    survived(outcome)
    passed = {result.check for result in outcome.results if result.verdict is Verdict.PASS}
    assert passed & negative_checks(name) == set()
    failed = {result.check for result in outcome.results if result.verdict in (Verdict.FAIL, Verdict.WARN)}
    applied = {result.check for result in outcome.results if result.verdict is not Verdict.NOT_APPLICABLE}
    assert len(failed & negative_checks(name)) > len(applied & negative_checks(name)) / 2
