"""What the watch sees as JSON: one object for each change, and one for the state of each credential."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from harness.formats.status_reference import Reference
from harness.inspection.rendering import printable
from harness.model import Json
from harness.watching.observation import Observation
from harness.watching.stored import Stored
from harness.watching.watch import Change, View


class LogError(Exception):
    """The log cannot be written; the message is one line."""


class Log:
    """A file of JSON Lines to which each change is appended; a listener of the watch.

    Args:
        path: the file.

    Raises:
        LogError: it cannot be opened.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: IO[str] = path.open("a", encoding="utf-8")
        except (OSError, ValueError) as error:
            raise self._error(error) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def begun(self, time: float, views: Sequence[View], changes: Sequence[Change]) -> None:
        """Write what the first look shows, with nothing before it.

        Raises:
            LogError: it cannot be written; so say the others.

        """
        del time, views
        for change in changes:
            self.changed(change)

    def changed(self, change: Change) -> None:
        """Write a change."""
        try:
            self._file.write(json.dumps(of_change(change)) + "\n")
            # Who reads along, or ends the process, misses nothing.
            self._file.flush()
        except OSError as error:
            raise self._error(error) from None

    def waiting(self, time: float, until: float) -> None:
        """Write nothing."""

    def _error(self, error: Exception) -> LogError:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return LogError(f"cannot write {printable(str(self._path))}: {reason}")


def stamp(time: float) -> str:
    """Give a time in UTC as RFC 3339 has it."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def of_change(change: Change) -> dict[str, Json]:
    """Give a change as JSON."""
    return {
        "time": stamp(change.time),
        "credential": change.credential.name,
        **(_nowhere() if change.place is None else _place(change.place)),
        "old": None if change.old is None else change.old.state,
        "new": change.new.state,
        **_details(change.new),
        "warning": change.warning or None,
    }


def of_view(view: View) -> dict[str, Json]:
    """Give what is seen of a credential as JSON."""
    stored = view.credential
    return {
        **_name(stored),
        "expires": _when(stored.document.expires),
        "expired": view.expired,
        "state": view.state if view.places else None,
        "entries": [
            {**_place(reference), "state": seen.state, **_details(seen)} for reference, seen in view.places
        ],
    }


def _name(stored: Stored) -> dict[str, Json]:
    return {"credential": stored.name, "format": stored.format, "type": stored.type}


def _place(reference: Reference) -> dict[str, Json]:
    return {
        "mechanism": str(reference.mechanism),
        "uri": printable(reference.uri),
        "index": reference.index,
        "identifier": None if reference.identifier is None else reference.identifier.hex(),
        "purpose": None if reference.purpose is None else printable(reference.purpose),
    }


def _nowhere() -> dict[str, Json]:
    return dict.fromkeys(("mechanism", "uri", "index", "identifier", "purpose"))


def _details(seen: Observation) -> dict[str, Json]:
    ttl = seen.ttl if seen.ttl is not None and math.isfinite(seen.ttl) else None
    return {"value": seen.value, "ttl": ttl, "problem": seen.problem or None}


def _when(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return stamp(seconds)
    except (ValueError, OverflowError, OSError):
        return None
