"""Waiting that the specification asks for: bounded, counted, and announced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harness import background


class Impatient(Exception):
    """The wait would be longer than the run allows; the message says how long it would have to be."""


class Patience:
    """How long a run waits where an issuer tells it to come back later.

    ``waited_s`` has the seconds in which nothing else could go on.

    Args:
        limit_s: seconds that one wait may take.
        sleep: does the waiting.
        announce: told the seconds and the reason before each wait.

    Attributes:
        before: called before each wait, to finish what would not outlast it.

    """

    def __init__(
        self,
        limit_s: float = 125.0,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        announce: Callable[[float, str], None] | None = None,
    ) -> None:
        self.limit_s = limit_s
        self.waited_s = 0.0
        self.announce = announce
        self.before: Callable[[], Awaitable[None]] | None = None
        self._sleep = sleep
        self._announced: set[str] = set()
        """What is waited for in the background, which is told once for all that wait for the same."""

    async def wait(self, seconds: float, why: str) -> None:
        """Wait; in the background, where nothing that others need is half done.

        Args:
            why: what is waited for, in a few words.

        Raises:
            Impatient: it would take longer than ``limit_s``; nothing was waited.

        """
        if seconds > self.limit_s:
            raise Impatient(
                f"{why} takes {seconds:g} s and the run waits {self.limit_s:g} s at most; "
                "limits.max_wait_s in assay.toml or --vci-max-wait changes that"
            )
        place = background.lane()
        if place is not None:
            if self.announce is not None and why not in self._announced:
                self._announced.add(why)
                self.announce(seconds, f"{why}, while other checks go on")
            await place.wait(self._sleep, seconds, why)
            return
        if self.before is not None:
            await self.before()
        if self.announce is not None:
            self.announce(seconds, why)
        await self._sleep(seconds)
        self.waited_s += seconds
