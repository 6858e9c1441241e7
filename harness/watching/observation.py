"""What a look at a status list says of a credential, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.formats.clock import SKEW_S
from harness.formats.problems import Problem
from harness.formats.signatures import SignatureError
from harness.formats.status_document import StatusDocument
from harness.formats.status_reference import Mechanism, Reference, State
from harness.inspection.rendering import printable
from harness.inspection.values import cut
from harness.lifecycle.status import Entry
from harness.trust.found import IssuerKey
from harness.trust.key_sets import ADVICE

UNKNOWN = "unknown"
"""The state of a credential whose list cannot be had or not be believed."""
_WHAT_TO_DO = {
    "fetch-private": "; --allow-private allows it",
    "redirect-private": "; --allow-private allows it",
    "fetch-scheme": "; --allow-http allows plain http",
    "redirect-scheme": "; --allow-http allows plain http",
}
"""Why nothing is fetched to what the user can do about it."""
_LONGEST_PROBLEM = 300
_LONGEST_VALUE = 64
"""Bits."""
_OF_VALIDITY = frozenset({"revocation", "suspension", None})
"""Purposes that say whether a credential is valid; a token's status has none and always does."""
_SUBJECT_IS_PLACE = (Mechanism.STATUS_LIST, Mechanism.IDENTIFIER_LIST)


@dataclass(frozen=True)
class Observation:
    """What one look says of one place in a list.

    Attributes:
        state: of :class:`State`, or :data:`UNKNOWN`.
        value: the value in the list; ``None`` when the state is unknown, or the value too large to be told.
        kind: stable name of why the state is unknown; empty when it is known.
        problem: the same in one sentence.
        ttl: seconds that the list says it may be kept.

    """

    state: str
    value: int | None = None
    kind: str = ""
    problem: str = ""
    ttl: float | None = None

    def differs(self, other: Observation) -> bool:
        """Say whether something else is seen; the words of a problem may vary from look to look."""
        return (self.state, self.value, self.kind) != (other.state, other.value, other.kind)


def observe(entry: Entry, doubt: Problem | None) -> Observation:
    """Say what is seen at a place in a list.

    Args:
        entry: what came of looking there.
        doubt: why the list is not believed, as :func:`doubt_of` says.

    """
    ttl = entry.document.ttl if entry.document is not None else None
    if doubt is None and entry.state is not None:
        return Observation(entry.state, _told(entry.value), ttl=ttl)
    why = doubt or entry.problem or Problem("status-missing", "the list does not have the credential")
    detail = cut(printable(why.detail), _LONGEST_PROBLEM) + _WHAT_TO_DO.get(why.kind, "")
    return Observation(UNKNOWN, None, why.kind, detail, ttl)


def failed(error: Exception) -> Observation:
    """Say that looking itself went wrong."""
    detail = printable(f"looking failed: {type(error).__name__}: {error}")
    return Observation(UNKNOWN, None, "look-failed", cut(detail, _LONGEST_PROBLEM))


def gravest(observed: Sequence[tuple[Reference, Observation]]) -> str:
    """Say what all the places of a credential together make of it.

    Revoked before suspended; what cannot be known keeps a credential from being valid. Entries of other purposes
    than revocation and suspension say nothing of the validity, as long as there are others.
    """
    of_validity = [seen for reference, seen in observed if reference.purpose in _OF_VALIDITY]
    states = {seen.state for seen in of_validity or [seen for _, seen in observed]}
    order = (State.REVOKED, State.SUSPENDED, UNKNOWN, State.OTHER, State.VALID)
    return next((state for state in order if state in states), UNKNOWN)


def doubt_of(entry: Entry, keys: Sequence[Mapping[str, Any]] = ()) -> Problem | None:
    """Say why a list is not there or not believed; ``None`` when it is.

    Token Status List section 8.3: where any of the checks of a list fails, nothing is said of the credential.

    Args:
        entry: what came of looking at any place of the list.
        keys: public keys that the user gave, one of which has to have signed.

    """
    reply = entry.reply
    if entry.fetched.problem is not None:
        return entry.fetched.problem
    if reply is not None and not reply.successful:
        return Problem(f"http-{reply.status}", f"the answer is HTTP {reply.status}")
    if entry.document is None:
        return entry.unread or Problem("status-unreadable", "there is no list that can be read")
    return _forged(entry.document, entry.key, keys) or _elsewhere(entry) or _expired(entry)


def _told(value: int | None) -> int | None:
    """Leave out a value of more bits than anybody reads, which a W3C credential can have."""
    return value if value is not None and value.bit_length() <= _LONGEST_VALUE else None


def _forged(
    document: StatusDocument, found: IssuerKey | None, keys: Sequence[Mapping[str, Any]]
) -> Problem | None:
    if keys:
        failures = [failure for failure in (_failure(document, key) for key in keys) if failure is not None]
        if len(failures) < len(keys):
            return None
        return Problem("signature", f"the list does not verify with a key of --key: {failures[0]}")
    if found is None or found.jwk is None:
        missing = found.missing if found is not None else "no key of the signer was found"
        advised = missing.replace(ADVICE, "give the key with --key FILE")
        return Problem("signature-unchecked", f"the signature of the list cannot be checked: {advised}")
    failure = _failure(document, found.jwk)
    if failure is not None:
        return Problem("signature", f"the list does not verify by the key of {found.mechanism}: {failure}")
    if found.chain is not None and found.chain.trusted is False:
        return Problem("untrusted", "the certificates of the list lead to no anchor of --trust")
    return None


def _failure(document: StatusDocument, key: Mapping[str, Any]) -> str | None:
    try:
        document.verify(key)
    except SignatureError as error:
        return error.detail
    return None


def _elsewhere(entry: Entry) -> Problem | None:
    """Token Status List section 8.3, step 4.1; what is listed elsewhere could be anybody's."""
    document, reference = entry.document, entry.reference
    if document is None or reference.mechanism not in _SUBJECT_IS_PLACE or document.subject == reference.uri:
        return None
    return Problem("subject", "the list does not name its own address as sub")


def _expired(entry: Entry) -> Problem | None:
    ends = entry.document.expires if entry.document is not None else None
    if ends is not None and ends <= entry.received - SKEW_S:
        return Problem("list-expired", "the list has expired and must not be relied upon")
    return None
