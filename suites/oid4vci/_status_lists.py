"""The status lists that a credential leads to, and where in them a problem shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.evidence import Blocked
from harness.formats.status_document import StatusDocument
from harness.formats.status_reference import Mechanism
from harness.lifecycle.status import CredentialStatus, Entry
from harness.trust.found import IssuerKey
from suites.oid4vci._problems import Place

UNREACHED = frozenset({"fetch-scheme", "fetch-private", "fetch-no-answer", "redirect-scheme", "redirect-private"})
"""Kinds of problems by which nothing was fetched here, though others may well fetch it."""


def entries(status: CredentialStatus, *mechanisms: Mechanism) -> Iterator[Entry]:
    """Give the first entry in each list of some mechanisms, or of any where none is named."""
    seen = set()
    for entry in status.of(*(mechanisms or Mechanism)):
        if entry.reference.uri not in seen:
            seen.add(entry.reference.uri)
            yield entry


def lists(status: CredentialStatus, *mechanisms: Mechanism) -> list[tuple[Entry, StatusDocument, IssuerKey]]:
    """Give each list that could be read, with its key.

    Raises:
        Blocked: there is none.

    """
    found = list(entries(status, *mechanisms))
    read = [(entry, entry.document, entry.key) for entry in found if entry.document and entry.key]
    if not read:
        raise Blocked(_missing(found))
    return read


def place(entry: Entry) -> Place:
    """Give the place of the answer with a list.

    Raises:
        Blocked: there is no answer.

    """
    if not entry.fetched.replies:
        raise Blocked(_missing([entry]))
    return Place(entry.fetched.replies[-1].exchange)


def _missing(found: Iterable[Entry]) -> str:
    reasons = [entry.missing for entry in found if entry.missing]
    return reasons[0] if reasons else "the credential refers to no such status list"
