"""What every reader of a published status list gives, and the readers by the mechanism of the reference.

A status list is signed and read like a credential: strictly, with problems of its own, before anything of it is
believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from harness.formats import bitstring_status_list, identifier_list, status_list_token
from harness.formats.problems import Problem
from harness.formats.signer import Signer
from harness.formats.status_reference import Mechanism, Reference
from harness.model import Json


class StatusDocument(Protocol):
    """A status list as read; nothing is said about its signature yet."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it by itself, whatever the time, the reference and whoever signed it."""

    @property
    def subject(self) -> Json:
        """What it says of itself where it is: ``sub`` of a token, ``id`` of a credential; as it came."""

    @property
    def issued_at(self) -> float | None:
        """When it was issued, in seconds since 1970; ``None`` when it does not say."""

    @property
    def expires(self) -> float | None:
        """When it must not be relied upon any longer, in seconds since 1970; ``None`` when it does not say."""

    @property
    def ttl(self) -> float | None:
        """Seconds that a copy may be kept; ``None`` when it does not say."""

    @property
    def algorithm(self) -> str | int | None:
        """How it is signed."""

    @property
    def signer(self) -> Signer:
        """What it says of the key that signed it."""

    @property
    def size(self) -> int | None:
        """How many entries it has; ``None`` for a list of identifiers."""

    def value_of(self, reference: Reference) -> int:
        """Give the value of one credential: 0 for valid; an identifier list gives 1 for what it lists.

        Raises:
            FormatError: kind ``status-out-of-range`` when the list has no such entry, ``status-unreadable`` when
                the list itself cannot be read.

        """

    def changed(self, other: StatusDocument) -> tuple[int, ...]:
        """Give the positions, in ascending order, whose values differ in another edition of the same list.

        At most a thousand; empty for what cannot be compared.
        """

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it.

        Raises:
            SignatureError: it did not.

        """


Reader = Callable[[bytes, str | None], StatusDocument]
"""Takes the body and the media type of an answer; raises ``FormatError`` when nothing can be read of it."""

READERS: Mapping[Mechanism, Reader] = {
    Mechanism.STATUS_LIST: status_list_token.read,
    Mechanism.BITSTRING: bitstring_status_list.read,
    Mechanism.STATUS_LIST_2021: bitstring_status_list.read_2021,
    Mechanism.IDENTIFIER_LIST: identifier_list.read,
}

ACCEPT: Mapping[Mechanism, str] = {
    Mechanism.STATUS_LIST: "application/statuslist+jwt, application/statuslist+cwt",
    Mechanism.IDENTIFIER_LIST: "application/identifierlist+cwt",
    Mechanism.BITSTRING: "application/vc, application/vc+jwt, application/vc+sd-jwt, application/json, */*;q=0.1",
    Mechanism.STATUS_LIST_2021: "application/vc+ld+json, application/vc, application/jwt, */*;q=0.1",
}
"""What a verifier asks for (Token Status List section 8.1 names its types)."""
