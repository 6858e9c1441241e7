"""Checks that wait, while others go on.

What a specification makes a wallet wait for, such as the end of an authorization code, is waited for in the
background. The checks that do so begin before all others, each in a lane of its own; one that comes to its wait
lets the others go on, and goes on itself when it is over. Only one check is at work at any time, so that no check
has to expect the requests of another between its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Generic, TypeVar

from harness.transport import Recorder

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")


class Work:
    """What one check does: its exchanges and its time, without those of others while it waits.

    Args:
        recorder: of everything that is sent and received.

    """

    def __init__(self, recorder: Recorder, clock: Callable[[], float] = time.perf_counter) -> None:
        self._recorder = recorder
        self._clock = clock
        self._made: list[int] = []
        self._elapsed_s = 0.0
        self._going_on()

    @property
    def exchanges(self) -> list[int]:
        """The numbers of the exchanges that it began."""
        return [*self._made, *self._latest]

    @property
    def elapsed_s(self) -> float:
        """Seconds that it took."""
        return self._elapsed_s + self._clock() - self._since

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """Leave out what happens meanwhile."""
        self._made, self._elapsed_s = self.exchanges, self.elapsed_s
        try:
            yield
        finally:
            self._going_on()

    @property
    def _latest(self) -> list[int]:
        return [exchange.number for exchange in self._recorder.since(self._before)]

    def _going_on(self) -> None:
        self._before, self._since = self._recorder.count, self._clock()


_work: ContextVar[Work | None] = ContextVar("work", default=None)
_lane: ContextVar[Lane | None] = ContextVar("lane", default=None)
_patient: ContextVar[bool] = ContextVar("patient", default=False)


@contextmanager
def at_work(work: Work) -> Iterator[None]:
    """Count what is done here as the work of one check."""
    token = _work.set(work)
    try:
        yield
    finally:
        _work.reset(token)


@contextmanager
def letting_others_go_on() -> Iterator[None]:
    """Let other checks go on during waits here: nothing that they share is half done."""
    token = _patient.set(True)
    try:
        yield
    finally:
        _patient.reset(token)


@contextmanager
def keeping_others_waiting() -> Iterator[None]:
    """Let nothing else go on during waits here: what others do might change what is waited for."""
    token = _patient.set(False)
    try:
        yield
    finally:
        _patient.reset(token)


def lane() -> Lane | None:
    """Give the lane in which this is waited for; ``None`` where nothing else can go on meanwhile."""
    return _lane.get() if _patient.get() else None


class Lane:
    """Checks of the background that run one after another."""

    def __init__(self, turn: Turn, clock: Callable[[], float]) -> None:
        self._turn = turn
        self._clock = clock
        self._until = 0.0
        self.waits_for: str | None = None
        """What it waits for at the moment, in a few words."""

    @property
    def left_s(self) -> float:
        """Seconds until the wait is over."""
        return max(0.0, self._until - self._clock())

    async def wait(self, sleep: Callable[[float], Awaitable[None]], seconds: float, why: str) -> None:
        """Wait, and let others work."""
        work = _work.get()
        self._until, self.waits_for = self._clock() + seconds, why
        with work.interrupted() if work else nullcontext():
            async with self._turn.given_away():
                await sleep(seconds)
                self.waits_for = None


class Turn:
    """Whose turn it is to work: one check at a time, in the order of asking."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._taken = 0.0
        self._busy_s = 0.0

    @property
    def busy_s(self) -> float:
        """Seconds that somebody worked."""
        return self._busy_s + (self._clock() - self._taken if self._lock.locked() else 0.0)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Work."""
        await self._take()
        try:
            yield
        finally:
            self._give()

    @asynccontextmanager
    async def given_away(self) -> AsyncIterator[None]:
        """Let others work meanwhile."""
        self._give()
        try:
            yield
        finally:
            await self._take()

    async def _take(self) -> None:
        await self._lock.acquire()
        self._taken = self._clock()

    def _give(self) -> None:
        self._busy_s += self._clock() - self._taken
        self._lock.release()


class Background(Generic[Job, Outcome]):
    """Does jobs that wait while others are done.

    Args:
        do: does one job.
        clock: seconds.

    Attributes:
        announce: told, where nothing but waiting is left to do, how many seconds are waited and what for.
        idle_s: seconds in which nothing was done but wait.

    """

    def __init__(
        self, do: Callable[[Job], Awaitable[Outcome]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.announce: Callable[[Sequence[tuple[float, str]]], None] | None = None
        self.idle_s = 0.0
        self._do = do
        self._clock = clock
        self._turn = Turn(clock)
        self._lanes: list[Lane] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._outcomes: dict[Job, asyncio.Future[Outcome]] = {}

    async def begin(self, lanes: Iterable[Sequence[Job]]) -> None:
        """Begin jobs; those of one lane are done one after another."""
        for jobs in lanes:
            made = Lane(self._turn, self._clock)
            self._lanes.append(made)
            for job in jobs:
                self._outcomes[job] = asyncio.get_running_loop().create_future()
            self._tasks.append(asyncio.create_task(self._run(made, jobs)))
        # Each takes its place in the queue before anybody else.
        await asyncio.sleep(0)

    async def _run(self, mine: Lane, jobs: Sequence[Job]) -> None:
        _lane.set(mine)
        try:
            for job in jobs:
                async with self._turn.taken():
                    outcome = await self._do(job)
                self._outcomes[job].set_result(outcome)
        except Exception as error:
            for begun in (self._outcomes[job] for job in jobs):
                if not begun.done():
                    begun.set_exception(error)
        finally:
            # Whoever asks for what was broken off must not wait for ever.
            for job in jobs:
                self._outcomes[job].cancel()

    async def do(self, job: Job) -> Outcome:
        """Do a job now, or give what became of it where it was begun before."""
        begun = self._outcomes.get(job)
        if begun is None:
            async with self._turn.taken():
                return await self._do(job)
        if not begun.done() and self.announce is not None and (waits := self._waits()):
            self.announce(waits)
        started, busy_s = self._clock(), self._turn.busy_s
        try:
            return await begun
        finally:
            self.idle_s += max(0.0, self._clock() - started - (self._turn.busy_s - busy_s))

    def _waits(self) -> list[tuple[float, str]]:
        """Give what is waited for, each matter once, the longest first."""
        longest: dict[str, float] = {}
        for each in self._lanes:
            if each.waits_for is not None:
                longest[each.waits_for] = max(each.left_s, longest.get(each.waits_for, 0.0))
        return sorted(((seconds, why) for why, seconds in longest.items()), reverse=True)

    async def aclose(self) -> None:
        """Give up what has not come to its end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
