"""The wallet comes back for a deferred credential when it may, with the transaction it was told of."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from harness.deferral import Deferral
from harness.dialects import LATEST
from harness.evidence import Blocked, Tools
from harness.patience import Patience
from harness.transport import Reply

if TYPE_CHECKING:
    from harness.access import Access

PENDING = {"transaction_id": "8xLO", "interval": 5}
READY = {"credentials": [{"credential": "a.b.c~"}]}


def reply(body: Any, status: int = 202) -> Reply:
    content = json.dumps(body).encode()
    return Reply(1, "POST", "https://issuer.test/deferred", status, httpx.Headers(), content)


class Issuer:
    """Answers in turn, and remembers what came when; its clock is that of the wallet."""

    dialect = LATEST

    def __init__(self, *answers: Reply, max_wait_s: float = 60) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[float, Any]] = []
        self.time = 1000.0
        self.access = cast("Access", SimpleNamespace(flow=SimpleNamespace(tools=self), collect=self.collect))
        self.patience = Patience(max_wait_s, sleep=self.sleep)

    async def wait(self, seconds: float, why: str) -> None:
        await Tools.wait(cast("Tools", self), seconds, why)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    async def collect(self, payload: Any, **_: Any) -> Reply:
        self.asked.append((self.time, payload))
        return self.answers.pop(0)


def test_the_wallet_waits_for_the_interval_of_each_answer() -> None:
    issuer = Issuer(reply({**PENDING, "interval": 2}), reply(READY, 200))
    transaction = Deferral(issuer.access, reply(PENDING))
    assert asyncio.run(transaction.collect()).object["interval"] == 2
    assert not transaction.finished
    assert asyncio.run(transaction.collect()).status == 200
    assert transaction.finished
    assert issuer.asked == [(1005.0, {"transaction_id": "8xLO"}), (1007.0, {"transaction_id": "8xLO"})]
    assert transaction.received == 1007.0


def test_time_that_has_passed_anyway_is_not_waited_for() -> None:
    issuer = Issuer(reply(READY, 200))
    transaction = Deferral(issuer.access, reply(PENDING))
    issuer.time += 4
    asyncio.run(transaction.collect())
    assert (issuer.asked[0][0], issuer.patience.waited_s) == (1005.0, 1.0)


def test_without_an_interval_the_wallet_waits_some_seconds() -> None:
    issuer = Issuer(reply(READY, 200))
    asyncio.run(Deferral(issuer.access, reply({"transaction_id": "x"})).collect())
    assert issuer.asked[0][0] > 1000.0


def test_a_refusal_changes_nothing() -> None:
    issuer = Issuer(reply({"error": "invalid_credential_request"}, 400), reply(PENDING))
    transaction = Deferral(issuer.access, reply(PENDING))
    asyncio.run(transaction.collect({}))
    assert not transaction.finished
    asyncio.run(transaction.collect())
    assert [when for when, _ in issuer.asked] == [1005.0, 1005.0], "a refusal has no interval"
    assert issuer.asked[0][1] == {}


def test_another_transaction_id_in_an_answer_is_not_taken_up() -> None:
    issuer = Issuer(reply({**PENDING, "transaction_id": "other"}), reply(READY, 200))
    transaction = Deferral(issuer.access, reply(PENDING))
    asyncio.run(transaction.collect())
    asyncio.run(transaction.collect())
    assert [body["transaction_id"] for _, body in issuer.asked] == ["8xLO", "8xLO"]


def test_another_token_can_be_shown() -> None:
    issuer, other = Issuer(), Issuer(reply({"error": "invalid_transaction_id"}, 400))
    asyncio.run(Deferral(issuer.access, reply(PENDING)).collect(access=other.access))
    assert (issuer.asked, len(other.asked)) == ([], 1)


def test_too_long_an_interval_blocks() -> None:
    issuer = Issuer(max_wait_s=10)
    with pytest.raises(Blocked, match="86400 s"):
        asyncio.run(Deferral(issuer.access, reply({**PENDING, "interval": 86_400})).collect())
    assert not issuer.asked


def test_a_response_with_the_credentials_begins_no_transaction() -> None:
    with pytest.raises(ValueError, match="transaction_id"):
        Deferral(Issuer().access, reply(READY, 200))
