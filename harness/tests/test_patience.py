"""Waiting is bounded, counted and announced, and happens only where it is due."""

from __future__ import annotations

import asyncio

import pytest

from harness.patience import Impatient, Patience


class Sleeper:
    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_a_wait_is_announced_slept_and_counted() -> None:
    sleep, told = Sleeper(), []
    patience = Patience(60, sleep=sleep, announce=lambda seconds, why: told.append((seconds, why, *sleep.slept)))
    asyncio.run(patience.wait(5, "the interval"))
    asyncio.run(patience.wait(2.5, "another"))
    assert sleep.slept == [5, 2.5]
    assert patience.waited_s == 7.5
    assert told == [(5, "the interval"), (2.5, "another", 5)], "each is announced before it is slept"


def test_nothing_needs_to_be_told() -> None:
    sleep = Sleeper()
    asyncio.run(Patience(sleep=sleep).wait(1, "the interval"))
    assert sleep.slept == [1]


def test_the_limit_itself_is_waited_for() -> None:
    sleep = Sleeper()
    asyncio.run(Patience(10, sleep=sleep).wait(10, "the interval"))
    assert sleep.slept == [10]


def test_what_takes_longer_than_the_limit_is_not_waited_for() -> None:
    sleep, told = Sleeper(), []
    patience = Patience(10, sleep=sleep, announce=lambda seconds, why: told.append(why))
    with pytest.raises(Impatient, match=r"the interval takes 86400 s and the run waits 10 s at most"):
        asyncio.run(patience.wait(86_400, "the interval"))
    assert (sleep.slept, told, patience.waited_s) == ([], [], 0.0)


def test_who_is_told_no_says_what_changes_that() -> None:
    with pytest.raises(Impatient, match=r"limits\.max_wait_s .* --vci-max-wait"):
        asyncio.run(Patience(1, sleep=Sleeper()).wait(2, "it"))


async def test_what_would_not_outlast_the_wait_is_finished_first() -> None:
    order: list[str] = []

    async def sleep(seconds: float) -> None:
        order.append(f"slept {seconds:g}")

    async def finish() -> None:
        order.append("finished")

    patience = Patience(60, sleep=sleep)
    patience.before = finish
    await patience.wait(31, "the end of a code")
    assert order == ["finished", "slept 31"]
