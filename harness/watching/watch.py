"""The watch: looks at the lists of credentials again and again, and tells what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.formats.credential import Credential
from harness.formats.status_reference import Mechanism, Reference, State
from harness.lifecycle.status import Entry, at
from harness.watching import observation
from harness.watching.observation import UNKNOWN, Observation
from harness.watching.schedule import Schedule
from harness.watching.stored import Stored

_AT_ONCE = 8
"""Lists that are fetched at the same time."""
TAKEN_BACK = "it was revoked before, and a revocation is not meant to be taken back"


class Reader(Protocol):
    """What looks at a list: a ``StatusReader``."""

    async def entry(self, reference: Reference, credential: Credential | None = None) -> Entry:
        """Fetch and read the list that a reference of a credential leads to."""


@dataclass(frozen=True)
class Wish:
    """What is waited for: a state of all credentials, or of any of them."""

    state: str
    any: bool = False


@dataclass(frozen=True)
class View:
    """A credential as it is seen at the moment."""

    credential: Stored
    places: tuple[tuple[Reference, Observation], ...]
    expired: bool

    @property
    def state(self) -> str:
        """What all its places together make of it."""
        return observation.gravest(self.places)


@dataclass(frozen=True)
class Change:
    """Something about a credential is other than before.

    Attributes:
        time: when it was seen, in seconds since 1970.
        place: the place in a list; ``None`` when the credential itself has expired.
        old: what was seen before; ``None`` at the first look.
        new: what is seen.
        warning: why this should not happen; empty for what may.

    """

    time: float
    credential: Stored
    place: Reference | None
    old: Observation | None
    new: Observation
    warning: str = ""


class Listener(Protocol):
    """Who is told what the watch sees."""

    def begun(self, time: float, views: Sequence[View], changes: Sequence[Change]) -> None:
        """Hear of the first look: the credentials, and the same place by place."""

    def changed(self, change: Change) -> None:
        """Hear of a change."""

    def waiting(self, time: float, until: float) -> None:
        """Hear that all is looked at, and when the next look is."""


@dataclass
class _Place:
    """One place of one credential."""

    owner: int
    reference: Reference
    seen: Observation | None = None
    revoked: bool = False


@dataclass
class _List:
    """One published list and the places in it, all of credentials of one issuer.

    Whose key a list is verified with may depend on the credential that refers to it.
    """

    places: list[_Place] = field(default_factory=list)
    looked: float = 0.0
    due: float = 0.0


class Watch:
    """Watches credentials; one object for one watch.

    Args:
        credentials: what is watched.
        reader: looks at a list.
        schedule: how often.
        now: seconds since 1970.
        sleep: does the waiting.
        listeners: who is told.
        keys: public keys that the user gave for the signatures of the lists.

    Attributes:
        looks: how many lists were fetched so far.
        changes: how much has changed since the first look.

    """

    def __init__(
        self,
        credentials: Sequence[Stored],
        reader: Reader,
        schedule: Schedule,
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        listeners: Sequence[Listener] = (),
        keys: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._credentials = tuple(credentials)
        self._reader = reader
        self._schedule = schedule
        self._now = now
        self._sleep = sleep
        self._listeners = tuple(listeners)
        self._keys = tuple(keys)
        self._lists: dict[tuple[Mechanism, str, bytes | None, str], _List] = {}
        for owner, stored in enumerate(self._credentials):
            for reference in stored.document.status_references:
                issuer = repr(stored.document.signer.issuer)
                place = reference.mechanism, reference.uri, reference.certificate, issuer
                found = self._lists.setdefault(place, _List())
                found.places.append(_Place(owner, reference))
        self._expired: set[int] = set()
        self._begun = False
        self.looks = 0
        self.changes = 0

    @property
    def views(self) -> tuple[View, ...]:
        """What is seen at the moment; nothing of a list before the first look at it."""
        seen: list[list[tuple[Reference, Observation]]] = [[] for _ in self._credentials]
        for place in self._places():
            if place.seen is not None:
                seen[place.owner].append((place.reference, place.seen))
        return tuple(
            View(stored, tuple(sorted(seen[owner], key=lambda one: one[0].pointer)), owner in self._expired)
            for owner, stored in enumerate(self._credentials)
        )

    async def run(self, wish: Wish | None = None, *, timeout_s: float | None = None, once: bool = False) -> bool:
        """Watch until what is wished for is seen, or the time is over; without either for ever.

        Args:
            timeout_s: seconds; a last look is made when they are over.
            once: look once and end.

        Returns:
            Whether what is wished for is seen; true without a wish.

        """
        end = None if timeout_s is None else self._now() + timeout_s
        await self._look(self._lists.values())
        self._expire()
        self._begun = True
        self._tell_of_first_look()
        while not once:
            now = self._now()
            if (wish is not None and self.fulfils(wish)) or (end is not None and now >= end):
                break
            wake = min([*self._moments(), *([] if end is None else [end])], default=now + self._schedule.longest_s)
            for listener in self._listeners:
                listener.waiting(now, wake)
            # The clock may be set back while this waits.
            await self._sleep(min(max(wake - now, 0.0), self._schedule.longest_s))
            now = self._now()
            over = end is not None and now >= end
            await self._look([one for one in self._lists.values() if self._is_due(one, now, over=over)])
            self._expire()
        return wish is None or self.fulfils(wish)

    def fulfils(self, wish: Wish) -> bool:
        """Say whether what is wished for is seen."""
        states = [view.state == wish.state for view in self.views]
        return any(states) if wish.any else all(states)

    def _moments(self) -> Iterator[float]:
        yield from (one.due for one in self._lists.values())
        for owner, stored in enumerate(self._credentials):
            if stored.document.expires is not None and owner not in self._expired:
                yield stored.document.expires

    def _is_due(self, one: _List, now: float, *, over: bool) -> bool:
        return one.due <= now or (over and now - one.looked >= self._schedule.shortest_s)

    def _places(self) -> Iterator[_Place]:
        for one in self._lists.values():
            yield from one.places

    async def _look(self, lists: Any) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def look(one: _List) -> None:
            async with gate:
                await self._look_at(one)

        await asyncio.gather(*(look(one) for one in lists))

    async def _look_at(self, one: _List) -> None:
        self.looks += 1
        wait = self._schedule.longest_s
        try:
            first = one.places[0]
            entry = await self._reader.entry(first.reference, self._credentials[first.owner].document)
            wait = self._schedule.wait(entry)
            doubt = observation.doubt_of(entry, self._keys)
            seen = [observation.observe(at(place.reference, entry), doubt) for place in one.places]
        except Exception as error:
            # Whatever a list does to its reader, the others are still watched.
            seen = [observation.failed(error)] * len(one.places)
        one.looked = self._now()
        one.due = one.looked + wait
        for place, now_seen in zip(one.places, seen, strict=True):
            self._note(place, now_seen, one.looked)

    def _note(self, place: _Place, seen: Observation, time: float) -> None:
        old, place.seen = place.seen, seen
        warning = TAKEN_BACK if place.revoked and seen.state not in (State.REVOKED, UNKNOWN) else ""
        # What is unknown for a while does not end a revocation.
        place.revoked = seen.state == State.REVOKED or (place.revoked and seen.state == UNKNOWN)
        if old is not None and seen.differs(old):
            self._tell(Change(time, self._credentials[place.owner], place.reference, old, seen, warning))

    def _expire(self) -> None:
        now = self._now()
        for owner, stored in enumerate(self._credentials):
            ends = stored.document.expires
            if ends is None or ends > now or owner in self._expired:
                continue
            self._expired.add(owner)
            if self._begun:
                self._tell(Change(now, stored, None, Observation("current"), Observation("expired")))

    def _tell(self, change: Change) -> None:
        self.changes += 1
        for listener in self._listeners:
            listener.changed(change)

    def _tell_of_first_look(self) -> None:
        now, views = self._now(), self.views
        first = [
            Change(now, view.credential, reference, None, seen)
            for view in views
            for reference, seen in view.places
        ]
        for listener in self._listeners:
            listener.begun(now, views, first)
