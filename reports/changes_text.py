"""What changed between two runs, as plain lines and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from harness.model import Json
from reports.changes import Group, grouped
from reports.gfm import code, prose
from reports.printable import one_line
from reports.words import CHANGES, NOT_TESTED, RUN_VERDICTS, VERDICTS

WIDTH = 100
"""Columns after which a line is wrapped."""
_VALUE_LIMIT = 300
"""Characters of one value that are told."""
_NAMED = 4
"""Configurations, checks or requirements that are named before the others are only counted."""


def counted(changes: Mapping[str, Json]) -> str:
    """Tell the findings in numbers, such as ``2 new, 1 fixed, 5 unchanged``."""
    counts = [(len(changes[kind]), word.lower()) for kind, (word, _) in CHANGES.items()]
    counts.append((changes["unchanged"], "unchanged"))
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no findings before and now"


def lines(changes: Mapping[str, Json], *, most: int | None = None) -> list[str]:
    """Give the changes as lines without control characters.

    Args:
        changes: as :func:`reports.changes.compare` gives them.
        most: how many of each kind are told before the others are only counted; ``None``: all.

    """
    told = [f"Changes since {_since(changes)}"]
    told += _wrapped("  ", f"Findings: {counted(changes)}.")
    for warning in changes["warnings"]:
        told += _wrapped("  ! ", warning)
    for kind, (word, _) in CHANGES.items():
        groups = grouped(changes[kind])
        if groups:
            told += ["", f"  {word} ({len(changes[kind])})"]
        for group in groups[:most]:
            told += _wrapped("  - ", f"{_headline(group)}: {_what(group)}")
        if groups[most:]:
            told.append(f"  - and {len(groups[most:])} more")
    for words, items in _others(changes):
        told += ["", *_wrapped("  ", f"{words}: {_named(items)}.")]
    return told


def markdown(changes: Mapping[str, Json], *, most: int = 20, heading: str = "###") -> str:
    """Give the changes as Markdown; nothing of a report can become markup or a link in it."""
    told = [f"{heading} Changes since the baseline", ""]
    told += [f"**{counted(changes)}** since {prose(_since(changes))}.", ""]
    told += [f"> ⚠ {prose(warning)}\n" for warning in changes["warnings"]]
    for kind, (word, meaning) in CHANGES.items():
        groups = grouped(changes[kind])
        if not groups:
            continue
        told += [f"**{word}** ({len(changes[kind])}): {meaning}", ""]
        told += [f"- {_markdown_item(group)}" for group in groups[:most]]
        told += [f"- and {len(groups[most:])} more" for _ in groups[most:][:1]]
        told.append("")
    told += [f"- {words}: {prose(_named(items))}" for words, items in _others(changes)]
    return "\n".join(told).rstrip() + "\n"


def verdict_word(verdict: str | None) -> str:
    """Give the word for the verdict of a requirement."""
    return VERDICTS[verdict or NOT_TESTED][0].lower()


def _since(changes: Mapping[str, Json]) -> str:
    since = changes["since"]
    word = RUN_VERDICTS[since["verdict"]][0]
    return one_line(f"the report of {since['started']} ({word}, {since['issuer']})", _VALUE_LIMIT)


def _headline(group: Group) -> str:
    entry = group.entry
    where = f" on {_named(group.configurations)}" if group.configurations else ""
    return f"{entry['check']} {entry['code']} ({verdict_word(entry['verdict'])}){where}"


def _what(group: Group) -> str:
    entry = group.entry
    if "reason" in entry:
        return f"{_value(entry['reason'])}"
    if "before" in entry:
        before = entry["before"]
        parts = []
        if before["verdict"] != entry["verdict"]:
            parts.append(f"was {verdict_word(before['verdict'])}")
        if before["level"] != entry["level"]:
            parts.append(f"was of level {before['level']}")
        if before["expected"] != entry["expected"]:
            parts.append(f"expected {_value(before['expected'])} before, now {_value(entry['expected'])}")
        if before["observed"] != entry["observed"]:
            parts.append(f"observed {_value(before['observed'])} before, now {_value(entry['observed'])}")
        return "; ".join(parts) or "seen in other places of the message"
    return f"expected {_value(entry['expected'])}, observed {_value(entry['observed'])}"


def _others(changes: Mapping[str, Json]) -> Iterator[tuple[str, list[str]]]:
    """Give what else changed: the words and the items, where there are any."""
    undecided = [
        f"{item['check']} on {item['configuration']}" if item["configuration"] else item["check"]
        for item in changes["undecided"]
    ]
    requirements = [
        f"{item['id']} ({verdict_word(item['before'])} → {verdict_word(item['after'])})"
        for item in changes["requirements"]
    ]
    for words, items in (
        ("Came to a verdict before and does not now", undecided),
        ("Requirements with another verdict", requirements),
        ("Checks that are new", changes["checks_added"]),
        ("Checks that are gone", changes["checks_removed"]),
    ):
        if items:
            yield words, items


def _markdown_item(group: Group) -> str:
    entry = group.entry
    where = f" on {prose(_named(group.configurations))}" if group.configurations else ""
    return (
        f"{code(entry['check'])} {code(entry['code'])} ({verdict_word(entry['verdict'])}){where}: "
        f"{prose(_what(group))}"
    )


def _named(items: Sequence[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(_value(item) for item in items[:_NAMED]) + more


def _value(text: str) -> str:
    return one_line(text, _VALUE_LIMIT) or "nothing"


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(
        one_line(text, 5 * _VALUE_LIMIT),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
