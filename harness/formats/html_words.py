"""The words of an HTML page: all of them, its rows, and its pairs of a name and a value.

A page tells somebody about data in description lists and tables mostly. Scripts are not run, style is not looked
at, and what is hidden by the attribute ``hidden`` is no part of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from harness.formats import html_forms

_MOST = 2_000
"""Blocks of a page."""
_BLOCKS = frozenset({"tr", "li", "article", "section", "fieldset", "form", "dl", "div"})
_NAMES, _VALUES = frozenset({"dt", "th"}), frozenset({"dd", "td"})
_UNSEEN = frozenset({"head", "script", "style", "template"})
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "cite", "code", "em", "i", "small", "span", "strong", "sub", "sup", "u"}
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_CLOSED_BY = {
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "li": {"li"},
    "tr": {"tr", "td", "th"},
    "td": {"td", "th"},
    "th": {"td", "th"},
}
"""Elements whose end tag may be left out, and which tags close them (HTML 13.1.2.4)."""


@dataclass(frozen=True)
class Words:
    """What a page says.

    Attributes:
        all: every word.
        blocks: the words of each row, list item and group, the innermost first.
        pairs: name and value of each row of a description list or of a table whose first cell names it.

    """

    all: str
    blocks: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass
class _Open:
    tag: str
    hidden: bool
    text: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


def read(markup: str) -> Words:
    """Read the words of a page; markup that does not fit together is read as well as it can be."""
    reader = _Reader()
    reader.feed(html_forms.markup_of(markup))
    reader.close()
    reader.close_all()
    return Words(reader.root, tuple(reader.blocks), tuple(reader.pairs))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self.root = ""
        self._open = [_Open("html", hidden=False)]
        self._name: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._open[-1].text.append(" ")
            return
        while self._open[-1].tag in _CLOSED_BY.get(tag, ()):
            self._end()
        hidden = self._open[-1].hidden or tag in _UNSEEN or any(name == "hidden" for name, _ in attrs)
        self._open.append(_Open(tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        if any(each.tag == tag for each in self._open[1:]):
            while self._open[-1].tag != tag:
                self._end()
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._open[-1].hidden:
            self._open[-1].text.append(data)

    def close_all(self) -> None:
        """End what is still open."""
        while len(self._open) > 1:
            self._end()
        self.root = _plain(self._open[0].text)

    def _end(self) -> None:
        ended = self._open.pop()
        text = "" if ended.hidden else _plain(ended.text)
        around = self._open[-1]
        around.text.append(f" {text} " if ended.tag not in _INLINE else "".join(ended.text))
        if ended.hidden:
            return
        if ended.tag in _BLOCKS and text and len(self.blocks) < _MOST:
            self.blocks.append(text)
        match ended.tag:
            case "dt":
                self._name = text
            case "dd" if self._name is not None:
                self._pair(self._name, text)
                self._name = None
            case "td" | "th":
                around.cells.append(text)
            case "tr" if len(ended.cells) == 2:
                self._pair(*ended.cells)

    def _pair(self, name: str, value: str) -> None:
        if len(self.pairs) < _MOST:
            self.pairs.append((name, value))


def _plain(text: list[str]) -> str:
    return " ".join("".join(text).split())
