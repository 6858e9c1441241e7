"""A revocation, a suspension and its end are waited for on a real socket, by a real clock."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Collection, Iterable

import pytest

from harness.model import Verdict
from harness.reference.serve import serving
from harness.reference.variants import VARIANTS
from harness.tests.bench import Clock, Outcome, all_checks, judge_issuer

DRILLED = [name for name in all_checks() if name.startswith(("revocation-", "suspension-"))]


class RealClock(Clock):
    """Waiting takes its time, and is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(seconds)


def drilled(faults: Iterable[str] = (), select: Collection[str] = DRILLED) -> tuple[Outcome, RealClock]:
    clock = RealClock()
    with serving(VARIANTS["status-delayed"], faults) as server:
        context = ssl.create_default_context(cadata=server.ca_pem)
        run = judge_issuer(
            server.issuer,
            None,
            verify=context,
            clock=clock,
            select=select,
            configurations=["identity_credential"],
        )
        return asyncio.run(run), clock


def test_changes_that_show_a_little_later_are_seen() -> None:
    started = time.monotonic()
    outcome, clock = drilled()
    elapsed = time.monotonic() - started
    told = {result.check: (result.verdict, result.reason or result.findings) for result in outcome.results}
    assert {verdict for verdict, _ in told.values()} == {Verdict.PASS}, told
    # Each of the three changes is looked for at once, after 1 s and after 2 s more, at which it shows.
    assert clock.waits == pytest.approx([1, 2] * 3)
    assert elapsed > sum(clock.waits)
    looks = [exchange for exchange in outcome.exchanges if exchange.purpose == "status list"]
    assert {exchange.status for exchange in looks} == {200}
    assert all(exchange.url.startswith("https://127.0.0.1:") for exchange in looks)


def test_a_change_that_does_not_show_in_time_is_told() -> None:
    outcome, clock = drilled(["status-operation:revocation-lost"], ["revocation-shown"])
    (shown,) = outcome.results
    assert [finding.code for finding in shown.findings] == ["REVOCATION-NOT-SHOWN"]
    assert shown.findings[0].expected == "a change within 3 s, by promises.status_change_s"
    # The promise is 3 s, and one more second is for what is rounded.
    assert sum(clock.waits) == pytest.approx(4, abs=0.5)
