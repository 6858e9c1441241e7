"""Credentials that one wallet got one after another, to compare their places in status lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from harness.evidence import IssuedCredential
from harness.formats.status_reference import Mechanism, Reference
from harness.lifecycle.allocation import Allotted
from harness.lifecycle.status import Entry, StatusReader

_Kind = tuple[Mechanism, str | None]
"""Mechanism and ``statusPurpose``: references of one kind may lead to one list."""


@dataclass(frozen=True)
class Placed:
    """One credential and one of its places.

    Attributes:
        issued: the credential.
        reference: the place.

    """

    issued: IssuedCredential
    reference: Reference

    @property
    def exchange(self) -> int:
        """Number of the exchange that brought the credential."""
        return self.issued.exchange

    @property
    def pointer(self) -> str:
        """Where in the credential the place stands."""
        return self.reference.pointer


@dataclass(frozen=True)
class Series:
    """Credentials of one configuration, in the order in which they were issued.

    Attributes:
        earlier: those that the run had before.
        in_row: those that were asked for directly one after another.
        lists: what came of looking at the lists they refer to, by mechanism and address.

    """

    earlier: tuple[IssuedCredential, ...]
    in_row: tuple[IssuedCredential, ...]
    lists: Mapping[tuple[Mechanism, str], Entry] = field(default_factory=dict)

    @property
    def exchanges(self) -> list[int]:
        """Numbers of the exchanges that brought the credentials and the lists."""
        replies = [reply for entry in self.lists.values() for reply in entry.fetched.replies]
        numbers = [issued.exchange for issued in (*self.earlier, *self.in_row)]
        return sorted({*numbers, *(reply.exchange for reply in replies)})

    @property
    def credentials(self) -> tuple[IssuedCredential, ...]:
        """All of them, but each only once: an issuer may give out the very same credential again."""
        different = {repr(issued.raw): issued for issued in reversed((*self.earlier, *self.in_row))}
        return tuple(reversed(different.values()))

    def by_kind(self, *mechanisms: Mechanism) -> dict[_Kind, tuple[Placed, ...]]:
        """Give the places of all credentials, in the order of issuance, by what they are for.

        Args:
            mechanisms: those that are wanted; all where none is named.

        """
        found: dict[_Kind, list[Placed]] = {}
        for issued in self.credentials:
            for reference in issued.document.status_references:
                if not mechanisms or reference.mechanism in mechanisms:
                    kind = reference.mechanism, reference.purpose
                    found.setdefault(kind, []).append(Placed(issued, reference))
        return {kind: tuple(places) for kind, places in found.items()}

    def size(self, reference: Reference) -> int | None:
        """Give how many entries the list has that a reference leads to; ``None`` where that is not known."""
        entry = self.lists.get((reference.mechanism, reference.uri))
        return entry.document.size if entry and entry.document else None

    def allotted(self, placed: Placed) -> Allotted:
        """Say what a credential got, by the list that it refers to."""
        entry = self.lists.get((placed.reference.mechanism, placed.reference.uri))
        subject = entry.document.subject if entry and entry.document else None
        told = subject if isinstance(subject, str) and subject else None
        return Allotted(placed.reference.uri, placed.reference.index, self.size(placed.reference), told)


def same_entry(places: Sequence[Placed]) -> tuple[Placed, Placed] | None:
    """Give the first two different credentials that have the same entry of the same list, if there are any."""
    for first, other in combinations(places, 2):
        if first.issued is not other.issued and _entry(first.reference) == _entry(other.reference):
            return first, other
    return None


def _entry(reference: Reference) -> tuple[object, ...]:
    return reference.uri, reference.index, reference.identifier


async def lists_of(reader: StatusReader, *credentials: IssuedCredential) -> dict[tuple[Mechanism, str], Entry]:
    """Look at each list that these credentials refer to, once.

    Raises:
        TrustError: a trust anchor or JWK Set that the team configured cannot be read.

    """
    found: dict[tuple[Mechanism, str], Entry] = {}
    for issued in credentials:
        for reference in issued.document.status_references:
            place = reference.mechanism, reference.uri
            if place not in found:
                found[place] = await reader.entry(reference)
    return found
