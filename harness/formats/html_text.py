"""What an HTML page says, for messages: its text without markup, scripts and style."""

from __future__ import annotations

from html.parser import HTMLParser

_LARGEST = 20_000
_LONGEST = 160
_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "title"})


def beginning(body: bytes) -> str:
    """Give the first words of a page, in one line that can be printed."""
    reader = _Reader()
    reader.feed(body[:_LARGEST].decode("utf-8", "replace"))
    words = " ".join("".join(reader.said).split())
    plain = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in words)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self.said.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)
