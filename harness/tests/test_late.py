"""A refusal after a wait counts only if it can be due to the time that has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from harness.background import Background, letting_others_go_on
from harness.flow import Flow
from harness.patience import Patience
from harness.tests.test_background import World
from harness.transport import Reply
from suites.oid4vci._late import used_late

LIFETIME_S = 60


class Server:
    """Gives codes to one user, and keeps all of them or the last one only."""

    def __init__(self, world: World, *, lifetime_s: float, keeps_all: bool) -> None:
        self.world = world
        self.patience = Patience(sleep=world.sleep)
        self._lifetime_s, self._keeps_all = lifetime_s, keeps_all
        self._given: dict[int, float] = {}

    def code(self) -> int:
        if not self._keeps_all:
            self._given.clear()
        number = len(self.world.diary)
        self.world.diary.append(f"code {number}")
        self._given[number] = self.world.now
        return number

    def redeem(self, code: int) -> Reply:
        good = code in self._given and self.world.now <= self._given[code] + self._lifetime_s
        return Reply(1, "POST", "https://as.example/token", 200 if good else 400, httpx.Headers(), b"")

    def flow(self) -> Flow:
        async def access() -> None:
            self.redeem(self.code())

        return cast("Flow", SimpleNamespace(tools=self.patience, access=access))


async def take(flow: Flow, server: Server) -> int:
    del flow
    return server.code()


@pytest.mark.parametrize(
    ("lifetime_s", "keeps_all", "accepted", "ends"),
    [
        (600, True, True, 61),
        (LIFETIME_S, True, False, 61),
        (600, False, True, 122),
        (LIFETIME_S, False, False, 122),
    ],
)
def test_a_refusal_counts_only_if_nothing_but_time_explains_it(
    lifetime_s: float, keeps_all: bool, accepted: bool, ends: float
) -> None:
    world = World()
    server = Server(world, lifetime_s=lifetime_s, keeps_all=keeps_all)

    async def do(name: str) -> Any:
        if name == "other":
            return server.code()

        async def redeem(_: Flow, code: int) -> Reply:
            return server.redeem(code)

        with letting_others_go_on():
            return await used_late(
                server.flow(),
                server.flow,
                lambda flow: take(flow, server),
                redeem,
                seconds=LIFETIME_S + 1,
                why="the end of a code",
            )

    behind: Background[str, Any] = Background(do, clock=world.clock)

    async def work() -> Reply:
        await behind.begin([["late"]])
        await behind.do("other")
        return cast("Reply", await behind.do("late"))

    assert asyncio.run(_in_time(world, work())).successful is accepted
    assert world.now == ends


async def _in_time(world: World, work: Awaitable[Reply]) -> Reply:
    time = asyncio.create_task(world.pass_time())
    try:
        return await work
    finally:
        time.cancel()
