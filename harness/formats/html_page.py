"""An HTML page as somebody on a journey through a web site sees it: what it says, asks, shows and leads to.

To the forms of :mod:`harness.formats.html_forms` this adds headings, links, pictures and drawings, and where the
page itself leads: by a ``meta`` refresh, or by a script that sets ``location`` to a literal string. Scripts are
not run; what else they do is not seen.

Errors are those of :mod:`harness.formats.html_forms`. Of what a page has more of than a page for people, the
beginning is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from harness.formats import html_forms
from harness.formats.html_forms import Form, Page
from harness.formats.html_regions import ASIDE, BODY, MAIN, NOSCRIPT, Regions

MAX_LINKS = 1_000
MAX_HEADINGS = 50
MAX_PICTURES = 100
MAX_DRAWING = 500_000
"""Characters of one drawing."""
_MAX_SCRIPT = 200_000
"""Characters of scripts that are looked at."""
_MAX_TARGETS = 20
_LONGEST_TEXT = 200

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_REFRESH = re.compile(
    r"\s*(\d{0,6})(?:\.\d*)?\s*(?:[;,]\s*(?:url\s*=\s*)?[\"']?([^\"'\s]+)[\"']?\s*)?", re.IGNORECASE
)
_SCRIPT_TAG = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
_NO_JAVASCRIPT = re.compile(
    r"""\btype\s*=\s*["']?(?!text/javascript|application/javascript|module)[^"'\s]""", re.I
)
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_LINE_COMMENT = re.compile(r"(?:^|[^:\"'\\])//")
_LOCATION = re.compile(
    r"(?<![\w$.])(?:(?:window|document|self|top)\s*\.\s*)*location"
    r"(?:\s*\.\s*href\s*=(?!=)|\s*=(?!=)|\s*\.\s*(?:replace|assign)\s*\()\s*"
    r"(?:\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)')"
    r"(?!\s*[+.\[(?,])"
)
"""A literal string that becomes the location; an expression that goes on behind the string is none."""
_CODE = re.compile(r"(?<![a-z])qr(?![a-z])|qr[-_]?code", re.IGNORECASE)
_SECONDARY = re.compile(r"(?:^|\s)govuk-button--(?:secondary|warning)(?:\s|$)")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)


@dataclass(frozen=True)
class Link:
    """One link.

    Attributes:
        url: where it leads: as it is written when it is absolute, else resolved.
        text: what it says.
        place: the region of the page, by :mod:`harness.formats.html_regions`.
        button: it looks like a button.
        secondary: it looks like one beside the main one, as the GOV.UK Design System has them.

    """

    url: str
    text: str = ""
    place: str = ""
    button: bool = False
    secondary: bool = False

    def is_called(self, word: str) -> bool:
        """Whether a word is the link's text, in any case of letters."""
        return word.casefold() == self.text.casefold()


@dataclass(frozen=True)
class Picture:
    """One ``img``: where it comes from, and what the page calls it."""

    url: str
    words: str = ""
    """Alternative text, id and class."""


@dataclass(frozen=True)
class WebPage(Page):
    """One page.

    Attributes:
        url: where it came from.
        headings: texts of ``h1``, ``h2`` and ``legend``.
        links: every ``a`` and ``area`` with an address.
        pictures: every ``img`` with an address.
        drawings: every ``svg`` of the page, as it is written.
        later: seconds, and where the page sends the browser after them.
        targets: the literal strings that scripts set ``location`` to, as absolute URLs.
        has_main: the page says which part of it is the main one.
        markup: the HTML it was read from.
        drawn: what of the main content scripts may draw a QR code in: a ``canvas``, or what is called so.
        loose: texts of the buttons of the main content that do nothing without scripts, as no form is theirs.

    """

    url: str = ""
    headings: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    pictures: tuple[Picture, ...] = ()
    drawings: tuple[str, ...] = ()
    later: tuple[int, str] | None = None
    targets: tuple[str, ...] = ()
    has_main: bool = False
    markup: str = field(default="", repr=False, compare=False)
    drawn: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()

    @property
    def asking(self) -> tuple[Form, ...]:
        """The forms that the page is about, without those for cookies, search or languages."""
        return tuple(form for form in self.forms if self._is_central(form.place) or form.place == NOSCRIPT)

    @property
    def onward(self) -> tuple[Link, ...]:
        """The links of the main content that lead to another page."""
        return tuple(link for link in self.links if self._is_central(link.place) and self._leads_on(link))

    @property
    def without_scripts(self) -> tuple[Link, ...]:
        """The links for browsers that do not run the page's scripts."""
        return tuple(link for link in self.links if link.place == NOSCRIPT and self._leads_on(link))

    def link(self, word: str) -> Link | None:
        """Give the link with that text, in the main content if there is one there; ``None`` for none."""
        named = [link for link in self.links if link.is_called(word)]
        return next((link for link in named if self._is_central(link.place)), named[0] if named else None)

    def _is_central(self, place: str) -> bool:
        return place == MAIN if self.has_main else place not in (ASIDE, NOSCRIPT)

    def _leads_on(self, link: Link) -> bool:
        here, there = self.url.partition("#")[0], link.url.partition("#")[0]
        try:
            parts = urlsplit(there)
        except ValueError:
            return False
        return parts.scheme in ("https", "http") and bool(parts.netloc) and here != there


def read(text: str, url: str) -> WebPage:
    """Read a page.

    Args:
        text: the HTML.
        url: where it came from.

    Raises:
        harness.formats.html_forms.HtmlError: the page is beyond the limits.

    """
    asks = html_forms.read(text, url)
    reader = _Reader(url)
    reader.feed(html_forms.markup_of(text))
    reader.close()
    return WebPage(
        forms=asks.forms,
        refresh=asks.refresh,
        scripted=asks.scripted,
        title=asks.title,
        url=url,
        headings=tuple(reader.headings),
        links=tuple(replace(link, url=_absolute(reader.base, link.url)) for link in reader.links),
        pictures=tuple(Picture(_absolute(reader.base, item.url), item.words) for item in reader.pictures),
        drawings=tuple(reader.drawings),
        later=None if reader.later is None else (reader.later[0], _absolute(reader.base, reader.later[1] or url)),
        targets=tuple(dict.fromkeys(_absolute(reader.base, target) for target in _targets(text))),
        has_main=reader.regions.has_main,
        markup=text,
        drawn=reader.of_main(reader.drawn),
        loose=reader.of_main(reader.loose),
    )


def _absolute(base: str, reference: str) -> str:
    """Give the URL that a reference means; one that is absolute stays as it is written."""
    reference = reference.strip()
    if _SCHEME.match(reference):
        return reference
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def _plain(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_TEXT]


def _targets(text: str) -> list[str]:
    found: list[str] = []
    left = _MAX_SCRIPT
    for script in html_forms.scripts_of(text):
        tag = _SCRIPT_TAG.match(script)
        if tag is None or _NO_JAVASCRIPT.search(tag[1]):
            continue
        code = _BLOCK_COMMENT.sub(" ", script[tag.end() :][:left])
        left -= len(code)
        for target in _LOCATION.finditer(code):
            line = code[code.rfind("\n", 0, target.start()) + 1 : target.start()]
            if not _LINE_COMMENT.search(line):
                found.append(_ESCAPE.sub(_unescaped, target[1] if target[1] is not None else target[2]))
            if len(found) >= _MAX_TARGETS:
                return found
    return found


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else {"n": "\n", "r": "\r", "t": "\t"}.get(found[3], found[3])


class _Reader(HTMLParser):
    """Collects what a page says and leads to; tags that do not fit together are read as well as they can be."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = self._url = url
        self.regions = Regions()
        self.headings: list[str] = []
        self.links: list[Link] = []
        self.pictures: list[Picture] = []
        self.drawings: list[str] = []
        self.drawn: list[tuple[str, str]] = []
        self.loose: list[tuple[str, str]] = []
        """Each with the region that it stands in."""
        self.later: tuple[int, str] | None = None
        self._based = False
        self._heading: tuple[str, list[str]] | None = None
        self._button: tuple[str, list[str]] | None = None
        self._forms = 0
        """How many ``form`` are open."""
        self._link: tuple[Link, list[str]] | None = None
        self._drawing: list[str] | None = None
        self._drawn = 0
        self._within = 0
        """How many ``svg`` are open."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, attrs, closed=False)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Only in drawings does the slash close the element (HTML 13.1.2.1).
        self._start(tag, attrs, closed=tag == "svg" or self._drawing is not None)

    def _start(self, tag: str, attrs: list[tuple[str, str | None]], *, closed: bool) -> None:
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")
        if tag == "svg" or self._drawing is not None:
            self._draw(self.get_starttag_text() or "", opens=tag == "svg" and not closed)
            return
        self.regions.start(tag, attributes)
        if tag == "canvas" or (tag in ("div", "span") and _CODE.search(_called(attributes))):
            self._note(self.drawn, tag)
        match tag:
            case "form":
                self._forms += 1
            case "button" if not self._forms and "form" not in attributes:
                self._button = self.regions.place, []
            case "base" if attributes.get("href") and not self._based:
                self.base, self._based = _absolute(self._url, attributes["href"]), True
            case "meta" if attributes.get("http-equiv", "").strip().lower() == "refresh":
                self._refresh(attributes.get("content", ""))
            case "h1" | "h2" | "legend" if self._heading is None:
                self._heading = tag, []
            case "a" | "area":
                self._end_link()
                if "href" in attributes and len(self.links) < MAX_LINKS:
                    found = Link(
                        attributes["href"],
                        "",
                        self.regions.place,
                        _is_button(attributes),
                        _SECONDARY.search(attributes.get("class", "")) is not None,
                    )
                    self._link = found, [attributes.get("aria-label", "") if tag == "area" else ""]
            case "img" if attributes.get("src"):
                if self._link:
                    self._link[1].append(f" {attributes.get('alt', '')} ")
                if len(self.pictures) < MAX_PICTURES:
                    words = " ".join(attributes.get(name, "") for name in ("alt", "id", "class"))
                    self.pictures.append(Picture(attributes["src"], _plain(words)))

    def handle_endtag(self, tag: str) -> None:
        if self._drawing is not None:
            self._draw(f"</{tag}>", closes=tag == "svg")
            return
        self.regions.end(tag)
        if tag == "a":
            self._end_link()
        elif tag == "form":
            self._forms = max(0, self._forms - 1)
        elif tag == "button" and self._button:
            place, text = self._button
            self._button = None
            self._note(self.loose, _plain("".join(text)), place)
        elif self._heading and tag == self._heading[0]:
            self._end_heading()

    def handle_data(self, data: str) -> None:
        if self._drawing is not None:
            return
        if self._heading:
            self._heading[1].append(data)
        if self._link:
            self._link[1].append(data)
        if self._button:
            self._button[1].append(data)

    def of_main(self, found: list[tuple[str, str]]) -> tuple[str, ...]:
        """Give what stands in the main content."""
        within = (MAIN,) if self.regions.has_main else (MAIN, BODY)
        return tuple(what for place, what in found if place in within)

    def _note(self, found: list[tuple[str, str]], what: str, place: str | None = None) -> None:
        if len(found) < MAX_PICTURES:
            found.append((self.regions.place if place is None else place, what))

    def close(self) -> None:
        super().close()
        self._end_link()
        self._end_heading()

    def _refresh(self, content: str) -> None:
        found = _REFRESH.fullmatch(content[:5_000])
        if self.later is None and found:
            self.later = int(found[1] or 0), found[2] or ""

    def _end_link(self) -> None:
        if self._link:
            link, text = self._link
            self._link = None
            self.links.append(replace(link, text=_plain("".join(text))))

    def _end_heading(self) -> None:
        if self._heading:
            text = _plain("".join(self._heading[1]))
            self._heading = None
            if text and len(self.headings) < MAX_HEADINGS:
                self.headings.append(text)

    def _draw(self, markup: str, *, opens: bool = False, closes: bool = False) -> None:
        """Take in a tag of a drawing."""
        if self._drawing is None:
            self._drawing, self._drawn, self._within = [], 0, 0
        self._within += opens - closes
        self._drawn += len(markup)
        if self._drawn <= MAX_DRAWING:
            self._drawing.append(markup)
        if self._within <= 0:
            if self._drawn <= MAX_DRAWING and len(self.drawings) < MAX_PICTURES:
                self.drawings.append("".join(self._drawing))
            self._drawing = None


def _called(attributes: Mapping[str, str]) -> str:
    return f"{attributes.get('id', '')} {attributes.get('class', '')}"


def _is_button(attributes: Mapping[str, str]) -> bool:
    names = attributes.get("class", "").lower().split()
    return attributes.get("role") == "button" or "govuk-button" in names or "button" in names or "btn" in names
