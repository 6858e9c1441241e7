"""Checks that wait do so together, while others work, and only one is at work at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from harness import background
from harness.background import Background, Work, at_work, keeping_others_waiting, letting_others_go_on
from harness.patience import Patience
from harness.transport import Client, Recorder


class World:
    """A clock that moves when everybody waits for it, and a diary."""

    def __init__(self) -> None:
        self.now = 0.0
        self.diary: list[str] = []
        self._alarms: list[tuple[float, asyncio.Event]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        bell = asyncio.Event()
        self._alarms.append((self.now + seconds, bell))
        await bell.wait()

    async def pass_time(self) -> None:
        """Ring the next alarm once all that can work has worked."""
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if self._alarms:
                self._alarms.sort(key=lambda alarm: alarm[0])
                self.now, bell = self._alarms.pop(0)
                bell.set()

    async def run(self, work: Awaitable[None]) -> None:
        time = asyncio.create_task(self.pass_time())
        try:
            await work
        finally:
            time.cancel()


@pytest.fixture
def world() -> World:
    return World()


def jobs(world: World, waits: dict[str, float]) -> Callable[[str], Awaitable[str]]:
    """Jobs that begin, wait where they have to, and end."""
    patience = Patience(sleep=world.sleep)

    async def do(name: str) -> str:
        world.diary.append(f"{name} begins")
        if name in waits:
            with letting_others_go_on():
                await patience.wait(waits[name], f"the end of {name}")
        world.diary.append(f"{name} ends at {world.now:g}")
        return name.upper()

    return do


def test_waits_overlap_and_others_work_meanwhile(world: World) -> None:
    behind = Background(jobs(world, {"code": 61, "uri": 45}), clock=world.clock)

    async def work() -> None:
        await behind.begin([["code"], ["uri"]])
        assert [await behind.do(name) for name in ("a", "b", "uri", "code")] == ["A", "B", "URI", "CODE"]

    asyncio.run(world.run(work()))
    assert world.diary == [
        *("code begins", "uri begins", "a begins", "a ends at 0", "b begins", "b ends at 0"),
        *("uri ends at 45", "code ends at 61"),
    ]
    assert behind.idle_s == pytest.approx(61)


def test_what_is_of_one_lane_is_done_one_after_another(world: World) -> None:
    behind = Background(jobs(world, {"one": 5, "two": 5, "other": 7}), clock=world.clock)

    async def work() -> None:
        await behind.begin([["one", "two"], ["other"]])
        for name in ("one", "two", "other"):
            await behind.do(name)

    asyncio.run(world.run(work()))
    assert world.diary == [
        *("one begins", "other begins", "one ends at 5", "two begins", "other ends at 7", "two ends at 10"),
    ]


def test_nothing_works_beside_a_check_that_waits_for_evidence_that_others_share(world: World) -> None:
    patience = Patience(sleep=world.sleep)

    async def do(name: str) -> None:
        world.diary.append(f"{name} begins")
        if name == "gathering":
            await patience.wait(3, "a deferred credential")
        world.diary.append(f"{name} ends at {world.now:g}")

    behind = Background(do, clock=world.clock)

    async def work() -> None:
        await behind.begin([["gathering"]])
        await behind.do("a")
        await behind.do("gathering")

    asyncio.run(world.run(work()))
    assert world.diary == ["gathering begins", "gathering ends at 3", "a begins", "a ends at 3"]
    assert patience.waited_s == 3


def test_a_check_may_keep_others_waiting(world: World) -> None:
    patience = Patience(sleep=world.sleep)

    async def do(name: str) -> None:
        world.diary.append(f"{name} begins")
        if name == "alone":
            with letting_others_go_on():
                await patience.wait(30, "a retry")
                world.diary.append(f"{name} goes on at {world.now:g}")
                with keeping_others_waiting():
                    await patience.wait(5, "a retry")
        world.diary.append(f"{name} ends at {world.now:g}")

    behind = Background(do, clock=world.clock)

    async def work() -> None:
        await behind.begin([["alone"]])
        await behind.do("a")
        await asyncio.gather(behind.do("alone"), behind.do("b"))

    asyncio.run(world.run(work()))
    alone = world.diary.index("alone goes on at 30")
    assert world.diary[alone + 1] == "alone ends at 35"


def test_what_is_left_to_wait_for_is_told_once_per_matter(world: World) -> None:
    behind = Background(jobs(world, {"code": 61, "uri": 45}), clock=world.clock)
    told: list[list[tuple[float, str]]] = []
    behind.announce = lambda waits: told.append(list(waits))

    async def work() -> None:
        await behind.begin([["code"], ["uri"]])
        await behind.do("a")
        await behind.do("uri")
        await behind.do("code")

    asyncio.run(world.run(work()))
    assert told == [[(61, "the end of code"), (45, "the end of uri")], [(16, "the end of code")]]


def test_what_several_wait_for_is_announced_once(world: World) -> None:
    told: list[tuple[float, str]] = []
    patience = Patience(sleep=world.sleep, announce=lambda seconds, why: told.append((seconds, why)))

    async def do(name: str) -> None:
        with letting_others_go_on():
            await patience.wait({"one": 30, "two": 29.9}.get(name, 61), "a code" if name == "code" else "a status")

    behind = Background(do, clock=world.clock)

    async def work() -> None:
        await behind.begin([["one"], ["two"], ["code"]])
        await behind.do("code")

    asyncio.run(world.run(work()))
    assert told == [(30, "a status, while other checks go on"), (61, "a code, while other checks go on")]


def test_without_a_background_a_wait_is_waited_for(world: World) -> None:
    behind = Background(jobs(world, {"code": 61}), clock=world.clock)
    assert asyncio.run(_with(world, behind.do("code"))) == "CODE"
    assert world.now == 61


async def _with(world: World, work: Awaitable[str]) -> str:
    time = asyncio.create_task(world.pass_time())
    try:
        return await work
    finally:
        time.cancel()


def test_what_has_not_ended_is_given_up(world: World) -> None:
    behind = Background(jobs(world, {"code": 61}), clock=world.clock)

    async def work() -> None:
        await behind.begin([["code", "next"]])
        await behind.do("a")
        await behind.aclose()

    asyncio.run(work())
    assert world.diary == ["code begins", "a begins", "a ends at 0"]


def test_what_goes_wrong_in_a_lane_is_told_to_who_asks_for_its_jobs(world: World) -> None:
    async def do(name: str) -> None:
        raise ValueError(name)

    behind = Background(do, clock=world.clock)

    async def work() -> None:
        await behind.begin([["one", "two"]])
        for name in ("one", "two"):
            with pytest.raises(ValueError, match="one"):
                await behind.do(name)

    asyncio.run(work())


def test_nobody_waits_for_ever_for_a_job_that_was_broken_off(world: World) -> None:
    async def do(name: str) -> None:
        raise asyncio.CancelledError(name)

    behind = Background(do, clock=world.clock)

    async def work() -> None:
        await behind.begin([["one", "two"]])
        for name in ("one", "two"):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(behind.do(name), 1)

    asyncio.run(work())


def test_a_check_has_its_own_exchanges_and_its_own_time(world: World) -> None:
    recorder = Recorder()
    client = Client(recorder, transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    patience = Patience(sleep=world.sleep)
    found: dict[str, tuple[list[int], float]] = {}

    async def do(name: str) -> None:
        work = Work(recorder, world.clock)
        with at_work(work):
            await client.send("a test", "GET", f"https://issuer.test/{name}")
            world.now += 1
            if name == "waiting":
                with letting_others_go_on():
                    await patience.wait(10, "the end")
            await client.send("a test", "GET", f"https://issuer.test/{name}")
        found[name] = work.exchanges, work.elapsed_s

    behind = Background(do, clock=world.clock)

    async def work() -> None:
        await behind.begin([["waiting"]])
        await behind.do("other")
        await behind.do("waiting")

    asyncio.run(world.run(work()))
    assert found == {"waiting": ([1, 4], 1), "other": ([2, 3], 1)}
    assert background.lane() is None
