"""What an HTML page loads and leads to (HTML Living Standard 4.2.4, 4.6 and 4.8).

Forms are no part of it: where a form leads is what the page is for. Scripts are not run.
"""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

_ADDRESSES = {
    "a": "href",
    "area": "href",
    "link": "href",
    "script": "src",
    "img": "src",
    "iframe": "src",
    "frame": "src",
    "embed": "src",
    "source": "src",
    "audio": "src",
    "video": "src",
    "track": "src",
    "object": "data",
}
"""Elements and the attribute that holds the address of what they load or lead to."""
_LARGEST = 2_000_000


def read(text: str, url: str) -> list[str]:
    """Give the absolute URLs of what a page loads and leads to, in their order; of a huge page, its beginning.

    Args:
        url: where the page came from.

    """
    reader = _Reader(url)
    reader.feed(text[:_LARGEST])
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._url = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(_ADDRESSES.get(tag, ""))
        if address:
            try:
                self.found.append(urljoin(self._url, address.strip()))
            except ValueError:
                # What is no URL loads nothing.
                return
