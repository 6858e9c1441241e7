"""What is in the wallet: a credential that came is put away only after its user has approved of it.

No specification asks for that, and no issuer is told of it; Partisia's page on issuance ends with it.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class NothingReceived(Exception):
    """The user was asked about a credential, and there is none to be asked about; the message is one line."""


class Holdings(Generic[T]):
    """The credentials of a wallet, in the order in which they were put away."""

    def __init__(self) -> None:
        self._waiting: tuple[T, ...] = ()
        self._stored: tuple[T, ...] = ()

    @property
    def waiting(self) -> tuple[T, ...]:
        """What came and the user has not been heard on."""
        return self._waiting

    @property
    def stored(self) -> tuple[T, ...]:
        """What the wallet keeps."""
        return self._stored

    def received(self, *credentials: T) -> None:
        """Take what came in one answer, without keeping it yet."""
        self._waiting += credentials

    def confirm(self) -> tuple[T, ...]:
        """Keep what waits, as its user wants it to be, and give it.

        Raises:
            NothingReceived: nothing waits.

        """
        kept = self._taken()
        self._stored += kept
        return kept

    def decline(self) -> tuple[T, ...]:
        """Forget what waits, as its user wants it to be, and give it a last time; nobody else is told.

        Raises:
            NothingReceived: nothing waits.

        """
        return self._taken()

    def _taken(self) -> tuple[T, ...]:
        if not self._waiting:
            raise NothingReceived("no credential waits for the user's word")
        taken, self._waiting = self._waiting, ()
        return taken
