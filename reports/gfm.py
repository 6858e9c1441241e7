"""Text in GitHub Flavored Markdown that shows as it is, on GitHub, GitLab and whatever else renders it.

Escaping is not enough there: names, numbers and hashes become mentions and links after the markup is gone. Inside
a code span nothing is looked for, so whatever is more than words and common punctuation stands in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.printable import cut, one_line

_WORD = re.compile(
    r"[^\W_]+"
    r"|[^\W\d_]+(?:[-'’/][^\W\d_]+)+"
    r"|(?:[A-Z]\.)?\d{1,6}(?:[.,]\d{1,6})*"
    r"|[–—…]"
)
"""What no renderer takes for anything but text."""
_HASH = re.compile(r"[0-9A-Fa-f]{7,64}")
"""What a renderer may take for a commit."""
_FRAMED = re.compile(r"([(\"'“‘]*)(.*?)([)\"'”’.,;:!?]*)", re.DOTALL)
_URL = re.compile(r"https?://[\w.:-]+(?:[/?#][\w.~:/?#@!$&+,;=%-]*)?", re.ASCII)
_URL_LIMIT = 500


def code(text: str, limit: int = 200) -> str:
    """Give a text as a code span in one line, cut to about ``limit`` characters."""
    shown = _brief(text, limit)
    if not shown:
        return "(empty)"
    fence = "`" * (_longest_run(shown) + 1)
    at_edge = "`" in (shown[0], shown[-1]) or shown[0] == shown[-1] == " "
    pad = " " if at_edge and shown.strip(" ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, limit: int = 400) -> str:
    """Give a sentence in one line, cut to about ``limit`` characters; what is in single backticks stays code."""
    parts = re.split(r"(?<!`)`([^`]+)`(?!`)", _brief(text, limit))
    told = ""
    for place, part in enumerate(parts):
        piece = code(part, limit) if place % 2 else "".join(_words(part))
        # Two spans side by side would become one with other ends.
        told += f" {piece}" if told.endswith("`") and piece.startswith("`") else piece
    return told.strip() or "(empty)"


def block(text: str, limit: int = 2_000) -> str:
    """Give a text as a fenced code block of one line, to be copied."""
    shown = _brief(text, limit)
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def link(text: str, url: str) -> str:
    """Give a link, or only its text where the address is no plain URL of the web."""
    shown = prose(text, 100)
    return f"[{shown}](<{url}>)" if is_web_address(url) else shown


def is_web_address(url: str) -> bool:
    """Whether a text is a URL of the web, and nothing else: it can be a link."""
    return len(url) <= _URL_LIMIT and _URL.fullmatch(url) is not None


def _words(text: str) -> Iterator[str]:
    """Give the words and the spaces between them, what is more than a word as a code span."""
    for piece in re.split(r"( +)", text):
        framed = _FRAMED.fullmatch(piece)
        if piece.isspace() or framed is None:
            yield " "
            continue
        before, word, after = framed.groups()
        plain = not word or (_WORD.fullmatch(word) and not _HASH.fullmatch(word))
        yield f"{before}{word if plain else code(word)}{after}"


def _brief(text: str, limit: int) -> str:
    return cut(one_line(text, limit), limit + 60)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
