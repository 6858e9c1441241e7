"""The status lists of the reference issuer: which places are taken, by which credential, and their values.

How a list is published is the business of the modules of the mechanisms; here is what they all tell of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

VALUES = {"valid": 0, "revoked": 1, "suspended": 2}
"""State to its value in a Token Status List (draft 12 section 7.1)."""


@dataclass(frozen=True)
class Place:
    """The place of one credential in one list.

    Attributes:
        list_name: the last segment of the list's URL.
        index: the position; for a list of identifiers it stands for the identifier.
        purpose: ``statusPurpose`` of the entry of a W3C credential; ``None`` for others.

    """

    list_name: str
    index: int
    purpose: str | None = None


@dataclass
class Statuses:
    """What an issuer knows of the status of its credentials."""

    values: dict[str, dict[int, int]] = field(default_factory=dict)
    """List name to the positions that are taken and their values."""
    _of_credential: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _open: list[Place] | None = None

    def take(self, place: Place) -> None:
        """Give a place to the credential that is being issued."""
        self.values.setdefault(place.list_name, {}).setdefault(place.index, 0)
        if self._open is not None:
            self._open.append(place)

    @contextmanager
    def issuing(self) -> Iterator[list[Place]]:
        """Collect the places that are given to one credential while the context lasts."""
        places: list[Place] = []
        self._open = places
        try:
            yield places
        finally:
            self._open = None

    def keep(self, credential: Any, places: list[Place]) -> None:
        """Remember whose places these are."""
        self._of_credential[_key(credential)] = tuple(places)

    def places(self, credential: Any) -> tuple[Place, ...]:
        """Give the places of an issued credential; none for what is not known."""
        return self._of_credential.get(_key(credential), ())

    def set(self, credential: Any, state: str) -> bool:
        """Give a credential a state: one of :data:`VALUES`.

        A place with a purpose has one bit: it is set for the state that it is for, and cleared for another that is
        not graver.

        Returns:
            Whether the credential is known and has a place that can say so.

        """
        found = False
        for place in self.places(credential):
            values = self.values[place.list_name]
            if place.purpose is None:
                values[place.index] = VALUES[state]
                found = True
            elif _STATES.get(place.purpose) == state:
                values[place.index] = 1
                found = True
            elif state == "valid" and place.purpose == "suspension":
                values[place.index] = 0
                found = True
        return found

    def of(self, list_name: str) -> Mapping[int, int]:
        """Give the positions of a list that are taken, with their values."""
        return self.values.get(list_name, {})


_STATES = {"revocation": "revoked", "suspension": "suspended"}


def _key(credential: Any) -> str:
    return credential if isinstance(credential, str) else json.dumps(credential, sort_keys=True)
