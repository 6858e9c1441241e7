"""The status of a credential as its issuer publishes it: the lists it refers to, fetched, read and verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.formats import status_document
from harness.formats.credential import Credential
from harness.formats.problems import FormatError, Problem
from harness.formats.status_document import StatusDocument
from harness.formats.status_reference import Mechanism, Reference, State
from harness.settings import TrustSettings
from harness.transport import Reply
from harness.trust.fetching import Fetched, Fetcher
from harness.trust.found import IssuerKey
from harness.trust.status_lists import ListSigners


@dataclass(frozen=True)
class Entry:
    """One place of a credential in one status list, and what came of looking there.

    Attributes:
        reference: the place.
        fetched: the answer of where the list should be.
        received: when it came, in seconds since 1970.
        document: the list; ``None`` when there is none that can be read.
        unread: why there is none, as far as the answer could be read at all.
        key: the key of who signed the list; ``None`` without a list.
        value: the credential's value in the list; ``None`` when the list does not have it.
        problem: why it does not.

    """

    reference: Reference
    fetched: Fetched
    received: float
    document: StatusDocument | None = None
    unread: Problem | None = None
    key: IssuerKey | None = None
    value: int | None = None
    problem: Problem | None = None

    @property
    def state(self) -> State | None:
        """What the value means; ``None`` without one."""
        return None if self.value is None else self.reference.meaning(self.value)

    @property
    def reply(self) -> Reply | None:
        """The answer that should have brought the list."""
        return self.fetched.reply

    @property
    def missing(self) -> str:
        """Why there is no value, in one sentence; empty when there is one."""
        problem = self.fetched.problem or self.unread or self.problem
        if self.value is not None or problem is None:
            return ""
        return f"the status list at {self.reference.uri}: {problem.detail}"


@dataclass(frozen=True)
class CredentialStatus:
    """Everything that is published about one credential, in the order in which the credential refers to it."""

    entries: tuple[Entry, ...] = ()

    def of(self, *mechanisms: Mechanism) -> tuple[Entry, ...]:
        """Give the entries of some mechanisms."""
        return tuple(entry for entry in self.entries if entry.reference.mechanism in mechanisms)

    @property
    def state(self) -> State | None:
        """The gravest of its states: revoked before suspended before valid; ``None`` when nothing is known."""
        states = [entry.state for entry in self.entries]
        return next((state for state in _GRAVITY if state in states), None)


_GRAVITY = (State.REVOKED, State.SUSPENDED, State.OTHER, State.VALID)


class StatusReader:
    """Reads the status of credentials for one run.

    Args:
        fetcher: the wary way to the network.
        trust: whom the team trusts.
        now: seconds since 1970.

    """

    def __init__(self, fetcher: Fetcher, trust: TrustSettings, now: Callable[[], float]) -> None:
        self._fetcher = fetcher
        self._signers = ListSigners(fetcher, trust)
        self._now = now

    async def status(self, credential: Credential, *, beside: CredentialStatus | None = None) -> CredentialStatus:
        """Fetch and read the lists that a credential refers to; lists at one address are fetched once.

        Args:
            beside: what has just been seen of another credential of the same issuer, and is not fetched again.

        Raises:
            TrustError: a trust anchor or JWK Set that the team configured cannot be read.

        """
        seen = {_list_of(entry.reference): entry for entry in (beside.entries if beside else ())}
        entries = []
        for reference in credential.status_references:
            place = _list_of(reference)
            if place not in seen:
                seen[place] = await self.entry(reference, credential)
            entries.append(at(reference, seen[place]))
        return CredentialStatus(tuple(entries))

    async def entry(self, reference: Reference, credential: Credential | None = None) -> Entry:
        """Fetch and read the list that one reference leads to.

        Args:
            reference: where the list is.
            credential: what refers to it, which may lead to the key of the list.

        Raises:
            TrustError: a trust anchor or JWK Set that the team configured cannot be read.

        """
        accept = status_document.ACCEPT[reference.mechanism]
        fetched = await self._fetcher.get("status list", reference.uri, accept=accept)
        entry = Entry(reference, fetched, self._now())
        reply = fetched.reply
        if reply is None:
            return entry
        if not reply.successful:
            return replace(entry, unread=Problem("status-answer", f"the answer is {reply.gist}"))
        try:
            document = status_document.READERS[reference.mechanism](reply.body, reply.media_type)
        except FormatError as error:
            return replace(entry, unread=Problem(error.kind, error.detail))
        key = await self._signers.key(document, reference, credential, entry.received)
        return at(reference, replace(entry, document=document, key=key))


def _list_of(reference: Reference) -> tuple[Mechanism, str, bytes | None]:
    return reference.mechanism, reference.uri, reference.certificate


def at(reference: Reference, entry: Entry) -> Entry:
    """Give the same list looked at from another place in it."""
    if entry.document is None:
        return replace(entry, reference=reference)
    try:
        value = entry.document.value_of(reference)
    except FormatError as error:
        problem = Problem(error.kind, error.detail)
        return replace(entry, reference=reference, value=None, problem=problem)
    return replace(entry, reference=reference, value=value, problem=None)
