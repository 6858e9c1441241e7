"""Makes text of unknown origin safe to look at: hidden characters become visible, endless lines end."""

from __future__ import annotations

LINE_LIMIT = 1_000
"""Characters of one line that are shown."""
TEXT_LIMIT = 100_000
"""Characters of one text that are shown."""


def visible(text: str) -> str:
    """Show every character that a reader could not see, or that would reorder the line, as ``‹U+202E›``.

    That is every control, format, private, unassigned or surrogate character and every separator but the
    plain space. Line feeds and tabs stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else f"‹U+{ord(c):04X}›" for c in text)


def cut(text: str, limit: int) -> str:
    """Give the first ``limit`` characters and say how many are left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … {len(text) - limit:,} more characters"


def shown(text: str) -> str:
    """Give a text as it is shown on a page: long lines and long texts cut, hidden characters visible."""
    lines = cut(text, TEXT_LIMIT).replace("\r\n", "\n").split("\n")
    return visible("\n".join(cut(line, LINE_LIMIT) for line in lines))


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Give a text as one line: line breaks as ``⏎``, tabs as spaces, hidden characters visible."""
    return visible(cut(text, limit).replace("\r\n", "\n").replace("\n", "⏎").replace("\t", " "))
