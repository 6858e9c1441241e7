"""A drill: the team does something to one credential, and its status lists are watched until that shows.

Another credential of the same kind is looked at before and after, because nothing may happen to it.

How long a change may take is what the team promises (``promises.status_change_s``), or else what the list said of
itself before, its ``ttl`` or when it expires: these say how often it is updated (Token Status List section 13.7).
What caches on the way may keep by HTTP comes on top of a ``ttl``, which counts from when a list was fetched. Such
headers alone say nothing of updates, so a list with neither promises nothing: then it is no finding that the
change did not show meanwhile.

A list is large, so of all that is seen only what was published before and after an operation is kept, and a list
that both credentials refer to is fetched once for both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.evidence import Blocked, IssuedCredential, Tools
from harness.formats.clock import SKEW_S
from harness.formats.credential import Credential
from harness.formats.status_reference import State, saying
from harness.lifecycle.freshness import freshness_lifetime, shared_lifetime
from harness.lifecycle.operations import Operations
from harness.lifecycle.status import CredentialStatus, Entry
from harness.settings import Promises
from harness.trust.files import TrustError

REVOCATION, SUSPENSION = "revocation", "suspension"
"""What a drill is about, as ``statusPurpose`` spells it."""

_MARGIN_S = 1.0
"""Waited beyond what is promised, so that seconds which were rounded do not decide."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_OFFSET_S = 5.0
"""For signing and distributing a list that has changed (Token Status List section 13.7)."""
_NO_TIME_S = 0.01
"""Too short to wait for."""


class Reader(Protocol):
    """Whoever reads the status of a credential; see :class:`harness.lifecycle.status.StatusReader`."""

    async def status(self, credential: Credential, *, beside: CredentialStatus | None = None) -> CredentialStatus:
        """Fetch and read the lists that a credential refers to, unless they were looked at for the one beside."""


@dataclass(frozen=True)
class Bound:
    """How long a change may take to show.

    Attributes:
        seconds: ``None`` where nothing says so.
        said_by: what says so, for a sentence.

    """

    seconds: float | None
    said_by: str = ""


@dataclass(frozen=True)
class Sight:
    """What is published about both credentials of a drill at one time."""

    credential: CredentialStatus
    other: CredentialStatus


@dataclass(frozen=True)
class Step:
    """One operation, and what was seen of it.

    Attributes:
        operation: one of ``harness.settings.OPERATIONS``.
        purpose: what the drill is about.
        before, after: what was published before the operation and when the watch was over.
        began, done: when the operation was asked for and when it was carried out, in seconds since 1970.
        looks: numbers of the exchanges that brought a list after the operation.
        bound: how long the change may take.
        refused: why the issuer did not do it; ``None`` when it did.
        unseen: why the watch ended before the change was due; empty when it did not.

    """

    operation: str
    purpose: str
    before: Sight
    after: Sight
    began: float
    done: float
    looks: tuple[int, ...]
    bound: Bound
    refused: str | None = None
    unseen: str = ""

    @property
    def pairs(self) -> tuple[tuple[Entry, Entry], ...]:
        """The entries of the credential that the operation concerns, each before and after."""
        return _pairs(self.before.credential, self.after.credential, self.purpose)

    @property
    def other_pairs(self) -> tuple[tuple[Entry, Entry], ...]:
        """All entries of the other credential, each before and after."""
        return tuple(zip(self.before.other.entries, self.after.other.entries, strict=True))

    @property
    def every_pair(self) -> tuple[tuple[Entry, Entry], ...]:
        """All entries of the credential, each before and after."""
        return tuple(zip(self.before.credential.entries, self.after.credential.entries, strict=True))

    @property
    def shown(self) -> bool:
        """Whether every entry that the operation concerns has another value than before."""
        return _all_changed(self.before.credential, self.after.credential, self.purpose)


@dataclass(frozen=True)
class Drill:
    """Two credentials, and what was done to the first of them.

    Attributes:
        steps: by the name of the operation; the second one is missing where the first did not show, or where the
            team cannot do it.

    """

    credential: IssuedCredential
    other: IssuedCredential
    steps: Mapping[str, Step] = field(default_factory=dict)

    @property
    def exchanges(self) -> list[int]:
        """Numbers of the exchanges that brought the credentials and the lists."""
        numbers = {self.credential.exchange, self.other.exchange}
        for step in self.steps.values():
            numbers.update(step.looks)
            for status in (step.before.credential, step.before.other, step.after.other):
                numbers.update(_exchanges(status))
        return sorted(numbers)

    def step(self, operation: str) -> Step:
        """Give a step whose outcome can be judged.

        Raises:
            Blocked: it was not taken, was refused, or was not watched for long enough.

        """
        found = self.steps.get(operation)
        if found is None:
            raise Blocked(f"what was done before did not show, so {operation} was not tried")
        if found.refused is not None:
            raise Blocked(found.refused)
        if found.unseen:
            raise Blocked(found.unseen)
        return found


class Watch:
    """One drill as it goes on; it waits no longer in all than the run may wait once.

    Args:
        reader: reads the lists.
        operations: what the team can do.
        tools: clock and patience.
        configuration: the Credential Configuration of both credentials.
        credential: what things are done to.
        other: what nothing is done to.
        purpose: :data:`REVOCATION` or :data:`SUSPENSION`.

    """

    def __init__(
        self,
        reader: Reader,
        operations: Operations,
        tools: Tools,
        configuration: str,
        *,
        credential: IssuedCredential,
        other: IssuedCredential,
        purpose: str,
    ) -> None:
        self._reader = reader
        self._operations = operations
        self._tools = tools
        self._configuration = configuration
        self._credential = credential
        self._other = other
        self._purpose = purpose
        self._may_wait_s = tools.patience.limit_s

    async def run(self, first: str, second: str) -> Drill:
        """Have two things done, the second one when the first has shown and the team can do it.

        Raises:
            Blocked: the status of a credential cannot be read or is not valid to begin with, or the first
                operation failed.

        """
        before = await self._sight()
        self._expect_valid(before)
        steps = {first: await self._step(first, before)}
        if steps[first].refused is not None:
            raise Blocked(steps[first].refused or "")
        if steps[first].shown and self._operations.can(second):
            steps[second] = await self._step(second, steps[first].after)
        return Drill(self._credential, self._other, steps)

    async def _step(self, operation: str, before: Sight) -> Step:
        began, refused = self._tools.now(), None
        try:
            await self._operations.do(operation, self._credential, self._configuration)
        except Blocked as error:
            refused = str(error)
        done = self._tools.now()
        bound = bound_of(before.credential, self._purpose, self._tools.promises, done)
        looks: list[int] = []
        seen, unseen = await self._look(operation, before.credential, done, bound, looks, wait=refused is None)
        after = Sight(seen, await self._status(self._other, beside=seen))
        return Step(operation, self._purpose, before, after, began, done, tuple(looks), bound, refused, unseen)

    async def _look(
        self, operation: str, before: CredentialStatus, done: float, bound: Bound, looks: list[int], *, wait: bool
    ) -> tuple[CredentialStatus, str]:
        """Look until the change shows or is overdue; give what was seen last, and why that may be too little."""
        due = math.inf if bound.seconds is None else done + bound.seconds + _MARGIN_S
        pause = _FIRST_PAUSE_S
        seen = await self._status(self._credential)
        looks += _exchanges(seen)
        while wait and not _all_changed(before, seen, self._purpose):
            remaining = due - self._tools.now()
            if remaining < _NO_TIME_S:
                break
            seconds = min(pause, remaining, self._may_wait_s)
            if seconds < _NO_TIME_S:
                return seen, _too_short(operation, self._tools.patience.limit_s, bound)
            await self._tools.wait(seconds, f"{_SHOWING[operation]} to show in the status list")
            self._may_wait_s -= seconds
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            seen = await self._status(self._credential)
            looks += _exchanges(seen)
        return seen, ""

    async def _sight(self) -> Sight:
        seen = await self._status(self._credential)
        return Sight(seen, await self._status(self._other, beside=seen))

    async def _status(
        self, issued: IssuedCredential, *, beside: CredentialStatus | None = None
    ) -> CredentialStatus:
        try:
            return await self._reader.status(issued.document, beside=beside)
        except TrustError as error:
            raise Blocked(str(error)) from error

    def _expect_valid(self, sight: Sight) -> None:
        for status in (sight.credential, sight.other):
            if not concerned(status, self._purpose):
                raise Blocked(
                    f"a credential that was issued for this refers to no status list for {self._purpose}"
                )
            for entry in status.entries:
                if entry.value is None:
                    raise Blocked(entry.missing)
            bad = status.state in (State.REVOKED, State.SUSPENDED)
            if bad or any(entry.state is not State.VALID for entry in concerned(status, self._purpose)):
                raise Blocked(f"the status of a credential is {status.state} as soon as it is issued")


_SHOWING = {
    "revoke": "the revocation",
    "suspend": "the suspension",
    "reinstate": "the reinstatement",
}


def concerned(status: CredentialStatus, purpose: str) -> tuple[Entry, ...]:
    """Give the entries that an operation concerns; see :func:`harness.formats.status_reference.saying`."""
    wanted = saying(purpose, (entry.reference for entry in status.entries))
    return tuple(entry for entry in status.entries if entry.reference in wanted)


def bound_of(before: CredentialStatus, purpose: str, promises: Promises, done: float) -> Bound:
    """Say how long a change may take.

    Args:
        before: what was published before the change.
        purpose: what it is about.
        promises: what the team promises.
        done: when it was made, in seconds since 1970.

    """
    if promises.status_change_s is not None:
        return Bound(promises.status_change_s, "promises.status_change_s")
    return _latest([_bound_of_list(entry, done) for entry in concerned(before, purpose)])


def cached_for(entry: Entry) -> Bound:
    """Say how long verifiers may keep a copy of a list, by what it says itself and by its answer."""
    document, reply = entry.document, entry.reply
    if document is not None and document.ttl is not None:
        return Bound(document.ttl, "the ttl of the list")
    if document is not None and document.expires is not None:
        return Bound(max(0.0, document.expires - entry.received), "the expiration time of the list")
    kept = None if reply is None else freshness_lifetime(reply.headers)
    return Bound(kept, "the caching headers of the list") if kept is not None else Bound(None)


def _bound_of_list(entry: Entry, done: float) -> Bound:
    document, reply = entry.document, entry.reply
    if document is None:
        return Bound(None)
    if document.ttl is not None:
        # A copy on the way may have been made just before the change.
        kept = shared_lifetime(reply.headers) if reply is not None else 0.0
        said_by = "the ttl of the list" + (" and the caching headers of its answer" if kept else "")
        return Bound(document.ttl + kept + _OFFSET_S, said_by)
    if document.expires is not None:
        # A point in time by the clock of the issuer, not a duration.
        return Bound(max(0.0, document.expires + SKEW_S - done), "the expiration time of the list")
    return Bound(None)


def _latest(bounds: Sequence[Bound]) -> Bound:
    if not bounds or any(bound.seconds is None for bound in bounds):
        return Bound(None)
    return max(bounds, key=lambda bound: bound.seconds or 0.0)


def _too_short(operation: str, limit_s: float, bound: Bound) -> str:
    what = f"{_SHOWING[operation]} did not show within the {limit_s:g} s that the run waits in all"
    if bound.seconds is None:
        return (
            f"{what}, and nothing says how long that may take; status_change_s under [promises] in assay.toml"
            " says so, and limits.max_wait_s or --vci-max-wait lets the run wait longer"
        )
    return (
        f"{what}, and by {bound.said_by} it may take {bound.seconds:.0f} s; limits.max_wait_s in assay.toml or"
        " --vci-max-wait lets the run wait longer, status_change_s under [promises] says where it takes less"
    )


def _all_changed(before: CredentialStatus, after: CredentialStatus, purpose: str) -> bool:
    return all(new.value not in (None, old.value) for old, new in _pairs(before, after, purpose))


def _pairs(before: CredentialStatus, after: CredentialStatus, purpose: str) -> tuple[tuple[Entry, Entry], ...]:
    return tuple(zip(concerned(before, purpose), concerned(after, purpose), strict=True))


def _exchanges(status: CredentialStatus) -> list[int]:
    return [reply.exchange for entry in status.entries for reply in entry.fetched.replies]
