"""An inspection for the terminal and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from harness.inspection.inspection import Complaint, Inspection, Row, Section
from harness.model import Json, Level

MARK = "●"
_INDENT = 2
_WIDEST_LABEL = 44
_NARROWEST = 40
_MOST_COMPLAINTS = 50
_STYLES = {"heading": "1", "must": "31;1", "should": "33", "good": "32", "dim": "2", "mark": "36"}


@dataclass(frozen=True)
class Style:
    """How text looks."""

    width: int = 100
    """Columns."""
    colours: bool = False

    def paint(self, style: str, text: str) -> str:
        """Give a text its colour, where colours are shown."""
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self.colours and text else text


def printable(text: str) -> str:
    """Spell out every character that could act on a terminal or cannot be seen."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def terminal(found: Inspection, style: Style) -> str:
    """Give an inspection as text for people, each line within the width."""
    return "\n".join(_lines(found, style)) + "\n"


def _lines(found: Inspection, style: Style) -> Iterator[str]:
    width = max(style.width, _NARROWEST)
    yield from (style.paint("heading", line) for line in _wrapped(found.title, width, ""))
    colour, word = _in_a_word(found)
    yield from (style.paint(colour, line) for line in _wrapped(word, width, ""))
    for section in found.sections:
        yield from _section(section, style, width)
    if found.signature is not None:
        colour = {True: "good", False: "must", None: "dim"}[found.signature.verified]
        yield ""
        yield style.paint("heading", "Signature")
        for line in _wrapped(found.signature.detail, width, " " * _INDENT):
            yield style.paint(colour, line)
    yield from _verdict(found, style, width)
    for part in found.parts:
        yield ""
        yield style.paint("dim", "─" * min(width, 60))
        yield from _lines(part, style)


def _in_a_word(found: Inspection) -> tuple[str, str]:
    """Say what came of it all, and in which style, since what is wrong stands far below."""
    number = sum(1 for one in found.all_complaints() if one.grave)
    if number:
        return "must", f"{number} {'thing is' if number == 1 else 'things are'} wrong, see the end"
    if not found.judged:
        return "dim", "shown only, not judged"
    if found.unverified:
        return "dim", "nothing wrong was found; signature not checked"
    return "good", "nothing wrong was found"


def _section(section: Section, style: Style, width: int) -> Iterator[str]:
    yield ""
    mark = f"   {MARK} {section.mark}" if section.mark else ""
    yield style.paint("heading", printable(section.title)) + style.paint("mark", mark)
    labels = [_label(row) for row in section.rows]
    column = min(max(map(len, labels), default=0), _WIDEST_LABEL, width // 2)
    for row, label in zip(section.rows, labels, strict=True):
        yield from _row(row, label, column, style, width)
    if section.text:
        yield from _wrapped(section.text, width, " " * _INDENT)


def _label(row: Row) -> str:
    mark = f"{MARK} " if row.marked else "  "
    return f"{' ' * (_INDENT * row.depth)}{mark}{printable(row.label)}"


def _row(row: Row, label: str, column: int, style: Style, width: int) -> Iterator[str]:
    painted = label.replace(MARK, style.paint("mark", MARK), 1) if row.marked else label
    if not row.value:
        yield painted
        return
    room = column + _INDENT
    lines = list(_wrapped(row.value, width - room, ""))
    if len(label) > column:
        yield painted
        yield from (" " * room + line for line in lines)
        return
    first, *rest = lines
    yield painted + " " * (room - len(label)) + first
    yield from (" " * room + line for line in rest)


def _wrapped(text: str, width: int, indent: str) -> Iterator[str]:
    room = max(width - len(indent), 20)
    lines = textwrap.wrap(printable(text), room, break_long_words=True, break_on_hyphens=False) or [""]
    yield from (indent + line for line in lines)


def _verdict(found: Inspection, style: Style, width: int) -> Iterator[str]:
    grave = [one for one in found.complaints if one.grave]
    slight = [one for one in found.complaints if not one.grave]
    for title, listed in (("What is wrong", grave), ("What should be better", slight)):
        if listed:
            yield ""
            yield style.paint("heading", f"{title} ({len(listed)})")
            for complaint in listed[:_MOST_COMPLAINTS]:
                yield from _complaint(complaint, style, width)
            if len(listed) > _MOST_COMPLAINTS:
                yield f"  and {len(listed) - _MOST_COMPLAINTS} more; --json has all of them"
    if not grave and found.judged:
        yield ""
        unverified = found.signature is not None and found.signature.verified is None
        rest = " The signature was not checked." if unverified else ""
        yield style.paint("good", "Nothing wrong was found.") + style.paint("dim", rest)
    if found.undecided:
        yield ""
        for reason, checks in found.undecided.items():
            plural = "check" if len(checks) == 1 else "checks"
            for line in _wrapped(f"{len(checks)} {plural} left out: {reason}", width, " " * _INDENT):
                yield style.paint("dim", line)


def _complaint(complaint: Complaint, style: Style, width: int) -> Iterator[str]:
    level = str(complaint.level or "WRONG")
    colour = "should" if complaint.level in (Level.SHOULD, Level.MAY) else "must"
    yield f"  {style.paint(colour, level)}  {printable(complaint.code)}"
    fields = (
        ("clause", complaint.clause),
        ("says", complaint.statement),
        ("expected", complaint.expected),
        ("observed", complaint.observed),
        ("at", complaint.pointer or ""),
    )
    for name, text in fields:
        if text:
            first, *rest = _wrapped(text, width - 16, "")
            yield f"      {name:<10}{first}"
            yield from (" " * 16 + line for line in rest)
    if complaint.link:
        # A link that is broken into lines leads nowhere.
        yield f"      {'see':<10}{printable(complaint.link)}"


def as_json(found: Inspection) -> Json:
    """Give an inspection as JSON."""
    state = found.signature
    return {
        "kind": found.kind,
        "title": found.title,
        "wrong": found.wrong,
        "decoded": found.decoded,
        "certificates": [
            {row.label: row.value for row in section.rows}
            for section in found.sections
            if section.title.startswith("Certificate") and found.kind != "certificates"
        ],
        "signature": None if state is None else {"verified": state.verified, "detail": state.detail},
        "findings": [
            {
                "code": one.code,
                "level": None if one.level is None else str(one.level),
                "requirement": one.requirement,
                "clause": one.clause or None,
                "statement": one.statement or None,
                "expected": one.expected or None,
                "observed": one.observed,
                "pointer": one.pointer,
                "link": one.link,
            }
            for one in found.complaints
        ],
        "left_out": [{"reason": reason, "checks": list(checks)} for reason, checks in found.undecided.items()],
        "parts": [as_json(part) for part in found.parts],
    }
