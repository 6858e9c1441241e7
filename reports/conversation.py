"""Lays out exchanges as text: start line, headers, body; the offending line marked; long ones cut to a budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import escape

from harness.model import Json
from reports.pointer import line_of
from reports.printable import LINE_LIMIT, TEXT_LIMIT, cut, shown

CITED_BUDGET = 250_000
"""Bytes of HTML for the messages of exchanges that a finding names."""
OTHER_BUDGET = 180_000
"""Bytes of HTML for all other messages."""
MANY = 400
"""Exchanges from which those that only repeat others are left out."""
KINDS = 150
"""Most kinds of exchanges that are told."""
SIGHTINGS = 4
"""How often one kind of finding of a check is shown by its exchange, from ``MANY`` exchanges on."""
REPEAT_FROM = 300
"""Characters from which a body that was shown before is replaced by a link to it."""
CONTEXT = 4
"""Lines shown before and after a marked line."""


@dataclass(frozen=True)
class Line:
    """One line of a message."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Message:
    """A request or a response as it is shown."""

    name: str
    """``Request`` or ``Response``."""
    lines: tuple[Line, ...]
    left_out: int
    """How many lines the budget did not allow."""
    size: int
    """Bytes of the body on the wire."""
    truncated: bool
    """Whether the recording itself holds only the start of the body."""
    same_body_as: int | None = None
    """Number of the exchange that shows the same body."""


@dataclass(frozen=True)
class Shown:
    """One exchange as it is shown."""

    number: int
    data: Mapping[str, Json]
    cited: bool
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Excerpt:
    """The part of a message around a marked line."""

    name: str
    lines: tuple[Line, ...]


def exchanges(report: Mapping[str, Json], *, drawn: int = 0) -> list[Shown]:
    """Give exchanges in the order of their numbers, marked where findings point and cut to the budgets.

    Those that a finding names are there; of a finding that was seen often, the first ones. Of the others, those
    that are ``MANY`` or more are told by the first ones, and one for each kind of request, place and answer.

    Args:
        report: the report.
        drawn: how many of the first ones are to be there in any case.

    """
    places = _cited(report)
    ordered = _telling(sorted(report["exchanges"], key=lambda data: int(data["number"])), set(places), drawn)
    drafts = [(data, _messages(data, places.get(data["number"], ()))) for data in ordered]
    _link_repeats(drafts, set(places))
    cited = [draft for data, messages in drafts if data["number"] in places for draft in messages]
    other = [draft for data, messages in drafts if data["number"] not in places for draft in messages]
    room = {True: _ceiling(cited, CITED_BUDGET), False: _ceiling(other, OTHER_BUDGET)}
    return [
        Shown(
            number=data["number"],
            data=data,
            cited=data["number"] in places,
            messages=tuple(draft.cut_to(room[data["number"] in places]) for draft in messages),
        )
        for data, messages in drafts
    ]


def _cited(report: Mapping[str, Json]) -> dict[int, list[str | None]]:
    """Give the exchanges that findings name with the places they point at.

    Where there is too much to read, of each kind of finding of a check the first ``SIGHTINGS`` only.
    """
    places: dict[int, list[str | None]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    limit = SIGHTINGS if len(report["exchanges"]) >= MANY else None
    for result in report["results"]:
        for finding in result["findings"]:
            kind = result["check"], finding["code"]
            if finding["exchange"] is not None and (limit is None or seen[kind] < limit):
                seen[kind] += 1
                places.setdefault(finding["exchange"], []).append(finding["pointer"])
    return places


def _telling(ordered: Sequence[Mapping[str, Json]], cited: set[int], drawn: int) -> Sequence[Mapping[str, Json]]:
    """Leave out what only repeats, where there is too much to read."""
    if len(ordered) < MANY:
        return ordered
    kinds: set[tuple[Json, ...]] = set()
    kept = []
    for place, data in enumerate(ordered):
        kind = data["purpose"], data["method"], urlsplit(data["url"]).path, data["status"]
        if place < drawn or data["number"] in cited or (kind not in kinds and len(kinds) < KINDS):
            kept.append(data)
        kinds.add(kind)
    return kept


def excerpt(exchange: Mapping[str, Json], pointer: str | None) -> Excerpt:
    """Give the lines around the place that ``pointer`` names, or the start of the last message otherwise.

    Where the answer as a whole is meant, that is its status with the start of its body.
    """
    drafts = _messages(exchange, [pointer])
    draft = next((draft for draft in drafts if draft.marks), drafts[-1])
    center = min(draft.marks, default=CONTEXT)
    first = max(0, center - CONTEXT)
    if draft.marks == {0} and draft.body:
        start = [draft.head[0], *(["…"] if len(draft.head) > 2 else []), *draft.body[: 2 * CONTEXT]]
        return Excerpt(draft.name, tuple(Line(text, place == 0) for place, text in enumerate(start)))
    lines = [*draft.head, *draft.body][first : center + CONTEXT + 1]
    return Excerpt(draft.name, tuple(Line(text, first + i in draft.marks) for i, text in enumerate(lines)))


@dataclass
class _Draft:
    """A message on its way to the page."""

    name: str
    head: list[str]
    body: list[str]
    marks: set[int]
    """Numbers of marked lines, counted over head and body."""
    size: int
    truncated: bool
    same_body_as: int | None = None

    def weights(self) -> Iterator[int]:
        return (len(escape(shown(line)).encode()) + 1 for line in [*self.head, *self.body])

    def cut_to(self, room: int) -> Message:
        lines = [*self.head, *self.body]
        kept = 0
        for weight in self.weights():
            if weight > room and kept:
                break
            room -= weight
            kept += 1
        return Message(
            name=self.name,
            lines=tuple(Line(text, place in self.marks) for place, text in enumerate(lines[:kept])),
            left_out=len(lines) - kept,
            size=self.size,
            truncated=self.truncated,
            same_body_as=self.same_body_as,
        )


def _messages(data: Mapping[str, Json], pointers: Sequence[str | None]) -> list[_Draft]:
    """Give the request and, when there is one, the response, with marks where the pointers lead."""
    sides = [("Request", f"{data['method']} {data['url']}", data["request"])]
    if data["response"] is not None:
        sides.append(("Response", f"HTTP {data['status']}", data["response"]))
    drafts = [_draft(name, start, message) for name, start, message in sides]
    for pointer in pointers:
        # What the issuer answered is what is judged; the request is marked only when the answer has no such place.
        for draft, (_, _, message) in reversed(list(zip(drafts, sides, strict=True))):
            place = _place(draft, message, pointer)
            if place is not None:
                draft.marks.add(place)
                break
    return drafts


def _draft(name: str, start: str, message: Mapping[str, Json]) -> _Draft:
    head = [start, *(f"{header}: {value}" for header, value in message["headers"])]
    body = [] if message["body"] is None else cut(message["body"], TEXT_LIMIT).replace("\r\n", "\n").split("\n")
    return _Draft(
        name=name,
        head=[cut(line.replace("\n", "⏎"), LINE_LIMIT) for line in head] + ([""] if body else []),
        body=[cut(line, LINE_LIMIT) for line in body],
        marks=set(),
        size=message["size"],
        truncated=message["truncated"],
    )


def _place(draft: _Draft, message: Mapping[str, Json], pointer: str | None) -> int | None:
    if pointer is None:
        # A finding without a place is about the answer as a whole, which begins with its status.
        return 0 if draft.name == "Response" else None
    kind, _, name = pointer.partition(" ")
    if kind == "header":
        names = [str(header).lower() for header, _ in message["headers"]]
        return 1 + names.index(name.lower()) if name.lower() in names else None
    if kind == "status":
        return 0 if draft.name == "Response" else None
    line = line_of(cut(message["body"] or "", TEXT_LIMIT).replace("\r\n", "\n"), pointer)
    return None if line is None else len(draft.head) + line


def _link_repeats(drafts: list[tuple[Mapping[str, Json], list[_Draft]]], cited: set[int]) -> None:
    """Replace a long body that an earlier exchange shows by a reference, except where a finding looks at it."""
    first: dict[str, int] = {}
    for data, messages in drafts:
        for draft in messages:
            body = "\n".join(draft.body)
            if len(body) < REPEAT_FROM:
                continue
            shown_in = first.setdefault(body, data["number"])
            if shown_in != data["number"] and data["number"] not in cited:
                draft.body, draft.head, draft.same_body_as = [], draft.head[:-1], shown_in


def _ceiling(drafts: Sequence[_Draft], budget: int) -> int:
    """Give the size to which each message is cut so that all of them together keep to the budget.

    Small messages are kept whole and leave their share to the large ones.
    """
    sizes = sorted(sum(draft.weights()) for draft in drafts)
    left = budget
    for taken, size in enumerate(sizes):
        share = left // (len(sizes) - taken)
        if size > share:
            return share
        left -= size
    return budget
