"""What the watch sees in lines for people, and for the log of a pipeline."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Protocol, TextIO

from harness.formats.status_reference import Reference, State
from harness.inspection.rendering import printable
from harness.inspection.values import cut, moment
from harness.watching.log import stamp
from harness.watching.observation import Observation
from harness.watching.watch import Change, View, Watch

_LONGEST_URI = 300
_LONGEST_IDENTIFIER = 40
_ERASE = "\r\033[K"


class Paper(Protocol):
    """Where lines are written."""

    def line(self, text: str) -> None:
        """Write a line that stays."""

    def passing(self, text: str) -> None:
        """Show a line until the next one comes, where that can be done."""


class Stream:
    """Writes to a stream, each line at once.

    Args:
        stream: such as standard output.

    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._passing = False

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._write(f"{text}\n")

    def passing(self, text: str) -> None:
        """Show a line on a terminal until the next one comes."""
        if self._is_terminal:
            self._write(text[: shutil.get_terminal_size().columns - 1])
            self._passing = True

    def end(self) -> None:
        """Leave nothing behind that was to pass."""
        if self._passing:
            self._write("")

    def _write(self, text: str) -> None:
        self._stream.write(_ERASE + text if self._passing else text)
        self._stream.flush()
        self._passing = False


class Display:
    """Tells people what the watch sees; a listener of it."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._number = 0

    def begun(self, time: float, views: Sequence[View], changes: Sequence[Change]) -> None:
        """Show a line for each credential."""
        del changes
        self._number = len(views)
        for view in views:
            self._paper.line(f"{stamp(time)}  {_overview(view)}")

    def changed(self, change: Change) -> None:
        """Show a change."""
        self._paper.line(f"{stamp(change.time)}  {change.credential.name}: {_change(change)}")

    def waiting(self, time: float, until: float) -> None:
        """Show that the watch is alive."""
        watched = "1 credential" if self._number == 1 else f"{self._number} credentials"
        looked, again = (stamp(when).partition("T")[2] for when in (time, until))
        self._paper.passing(f"watching {watched}; looked at {looked}, next at {again}; Ctrl-C ends it")


def summary(watch: Watch, seconds: float) -> str:
    """Sum up a watch in one line."""
    views = watch.views
    counts = {state: sum(1 for view in views if _word(view) == state) for state in map(_word, views)}
    states = ", ".join(f"{number} {state}" for state, number in counts.items())
    looks = "1 look" if watch.looks == 1 else f"{watch.looks} looks"
    changes = "1 change" if watch.changes == 1 else f"{watch.changes or 'no'} changes"
    return f"watched for {seconds:.0f} s: {looks}, {changes}; at the end {states}"


def _overview(view: View) -> str:
    stored = view.credential
    ends = moment(stored.document.expires)
    expiry = "expires never" if ends is None else f"{'expired' if view.expired else 'expires'} {ends}"
    places = "; ".join(f"{_place(reference)}{_seen(seen)}" for reference, seen in view.places)
    kind = " ".join(filter(None, (stored.format, stored.type)))
    return f"{stored.name}: {_word(view)} ({kind}, {expiry})" + (f"  {places}" if places else "")


def _word(view: View) -> str:
    return view.state if view.credential.document.status_references else "without status"


def _change(change: Change) -> str:
    if change.place is None:
        return f"{change.new.state}  at {moment(change.credential.document.expires)}"
    old, new = _named(change.old) if change.old else "", _named(change.new)
    words = f"{old} -> {new}" if old and old != new else f"still {new}"
    problem = f": {change.new.problem}" if change.new.problem else ""
    warning = f"; WARNING: {change.warning}" if change.warning else ""
    return f"{words}  {_place(change.place)}{problem}{warning}"


def _seen(seen: Observation) -> str:
    return f" {_named(seen)}" + (f": {seen.problem}" if seen.problem else "")


def _named(seen: Observation) -> str:
    told = seen.state == State.OTHER and seen.value is not None
    return f"{seen.state} (value {seen.value})" if told else seen.state


def _place(reference: Reference) -> str:
    where = f"{reference.index}" if reference.index is not None else (reference.identifier or b"").hex()
    purpose = f" {reference.purpose}" if reference.purpose else ""
    text = f"{reference.mechanism}{purpose} {cut(reference.uri, _LONGEST_URI)} [{cut(where, _LONGEST_IDENTIFIER)}]"
    return printable(text)
