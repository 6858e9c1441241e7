"""The status of the credentials of the reference issuer: which places they have, and what is said of them when.

How a list is published is the business of the modules of the mechanisms; here is what they all tell of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

VALUES = {"valid": 0, "revoked": 1, "suspended": 2}
"""State to its value in a Token Status List (draft 12 section 7.1)."""
_MARGIN = 128
"""Entries at either end of a list that nobody gets, so that it is not up to chance whom a cut list leaves out."""
_STATES = {"revocation": "revoked", "suspension": "suspended"}
"""``statusPurpose`` of a W3C credential to the state that a bit which is set stands for."""


@dataclass
class Place:
    """The place of one credential in one list.

    Attributes:
        list_name: the last segment of the list's URL.
        index: the position; for a list of identifiers it stands for the identifier.
        purpose: ``statusPurpose`` of the entry of a W3C credential; ``None`` for others.
        credential_format: the format of the credentials that the list is for.

    """

    list_name: str
    index: int
    purpose: str | None = None
    credential_format: str = "dc+sd-jwt"

    def value(self, state: str) -> int | None:
        """Give what is written here for a state; ``None`` where this place says nothing of it."""
        if self.purpose is None or self.purpose == "message":
            return VALUES[state]
        if _STATES.get(self.purpose) == state:
            return 1
        return 0 if state == "valid" and self.purpose in _STATES else None


@dataclass(frozen=True)
class Published:
    """A list as it is published."""

    body: bytes
    media_type: str


@dataclass
class Change:
    """One entry of a list that gets another value.

    Attributes:
        list_name: the last segment of the list's URL.
        index: the position.
        value: the new value.
        at: when it shows, in seconds since the epoch.

    """

    list_name: str
    index: int
    value: int
    at: float


@dataclass
class Operation:
    """What is done to a credential, before it is done.

    Attributes:
        credential: as it was issued.
        places: all its places.
        state: what it is to be: one of :data:`VALUES`.
        before: what it is.
        changes: what becomes of the lists.
        refusal: why it is not done; ``None`` when it is.

    """

    credential: str
    places: tuple[Place, ...]
    state: str
    before: str
    changes: list[Change] = field(default_factory=list)
    refusal: str | None = None

    def written(self, state: str, at: float) -> list[Change]:
        """Give what a state is written as, from a time on."""
        values = [(place, place.value(state)) for place in self.places]
        return [Change(place.list_name, place.index, value, at) for place, value in values if value is not None]


@dataclass
class Statuses:
    """What an issuer knows of the status of its credentials."""

    formats: dict[str, str] = field(default_factory=dict)
    """Name of each list to the format of the credentials that it is for."""
    taken: dict[str, set[int]] = field(default_factory=dict)
    """Name of each list to the positions that were given away."""
    _changes: list[Change] = field(default_factory=list)
    _places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _states: dict[str, str] = field(default_factory=dict)
    _open: list[Place] | None = None
    _emit: Callable[[str, Any], None] | None = None

    def open(self, list_name: str, credential_format: str) -> None:
        """Have a list, though no credential may be in it yet."""
        self.formats.setdefault(list_name, credential_format)
        self.taken.setdefault(list_name, set())

    def free(self, list_name: str, number: int, size: int) -> int:
        """Give a position that no credential ever had, away from both ends of the list.

        Args:
            list_name: name of the list.
            number: picks the position.
            size: entries of the list.

        Raises:
            ValueError: the list is full.

        """
        positions, taken = range(_MARGIN, size - _MARGIN), self.taken.get(list_name, set())
        if len(taken) >= len(positions):
            raise ValueError(f"the status list {list_name} is full")
        at = number % len(positions)
        while positions[at] in taken:
            at = (at + 1) % len(positions)
        return positions[at]

    def take(self, place: Place) -> Place:
        """Give a place to the credential that is being issued: the one that came out of the seam."""
        if self._emit is not None:
            self._emit("status-place", place)
        self.open(place.list_name, place.credential_format)
        self.taken[place.list_name].add(place.index)
        if self._open is not None:
            self._open.append(place)
        return place

    @contextmanager
    def issuing(self, emit: Callable[[str, Any], None] | None = None) -> Iterator[list[Place]]:
        """Collect the places that are given to one credential while the context lasts.

        Args:
            emit: lets a draft pass the seam of this name.

        """
        places: list[Place] = []
        self._open, self._emit = places, emit
        try:
            yield places
        finally:
            self._open = self._emit = None

    def keep(self, credential: Any, places: list[Place]) -> None:
        """Remember whose places these are."""
        self._places[_key(credential)] = tuple(places)

    def places(self, credential: Any) -> tuple[Place, ...]:
        """Give the places of an issued credential; none for what is not known."""
        return self._places.get(_key(credential), ())

    def in_order(self) -> list[Place]:
        """Give the places of all credentials, those of the first one first."""
        return [place for places in self._places.values() for place in places]

    def operation(self, credential: Any, state: str, now: float) -> Operation:
        """Draft what gives a credential a state, and whether that may be.

        A revocation is final; a suspension can be ended, or become a revocation.
        """
        key = _key(credential)
        before = self._states.get(key, "valid")
        draft = Operation(key, self._places.get(key, ()), state, before)
        draft.changes = draft.written(state, now)
        if not draft.places:
            draft.refusal = "this credential is not known"
        elif not draft.changes:
            draft.refusal = "the status of this credential cannot say so"
        elif before == "revoked" != state:
            draft.refusal = "this credential is revoked, which is final"
        return draft

    def carry_out(self, operation: Operation) -> None:
        """Do what was drafted.

        Raises:
            ValueError: it may not be.

        """
        if operation.refusal is not None:
            raise ValueError(operation.refusal)
        self._states[operation.credential] = operation.state
        # Stable, so that of changes at one time the last one counts.
        self._changes = sorted([*self._changes, *operation.changes], key=lambda change: change.at)

    def of(self, list_name: str, now: float) -> Mapping[int, int]:
        """Give the positions of a list whose value is not 0 at a time, with their values."""
        found: dict[int, int] = {}
        for change in self._changes:
            if change.list_name == list_name and change.at <= now:
                found[change.index] = change.value
        return {index: value for index, value in found.items() if value}


def _key(credential: Any) -> str:
    """Spell a credential in one way, whether it comes as issued or as JSON text."""
    if isinstance(credential, str):
        if not credential.startswith("{"):
            return credential
        credential = json.loads(credential)
    return json.dumps(credential, sort_keys=True)
