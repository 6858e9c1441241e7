"""Credential Offers that a page holds out: as a link, and in a QR code.

A wallet is called by a URL of any scheme with the parameter ``credential_offer`` or ``credential_offer_uri``
(OpenID4VCI 1.0 section 4.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.formats.html_page import WebPage

PARAMETERS = ("credential_offer", "credential_offer_uri")
_LONGEST = 100_000
"""Characters of a link that is looked at."""


@dataclass(frozen=True)
class Offers:
    """The offers of one page, each once and in their order.

    Attributes:
        links: URLs of links.
        codes: texts of QR codes.
        targets: where scripts send the browser.
        unread: why pictures that may have been QR codes could not be read.

    """

    links: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def first(self) -> tuple[str, str] | None:
        """An offer and by which way it came: ``link``, ``qr`` or ``redirect``; ``None`` without offers."""
        ways = ((self.links, "link"), (self.codes, "qr"), (self.targets, "redirect"))
        return next(((offers[0], by) for offers, by in ways if offers), None)

    @property
    def agree(self) -> bool | None:
        """Whether links and QR codes hold out the same offers; ``None`` when there are not both."""
        if not self.links or not self.codes:
            return None
        return {_parts(url) for url in self.links} == {_parts(url) for url in self.codes}


def is_offer(url: str) -> bool:
    """Whether a URL calls a wallet with a Credential Offer."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return False
    if len(url) > _LONGEST:
        return False
    return any(name in PARAMETERS for name, _ in parse_qsl(query, keep_blank_values=True))


def linked(page: WebPage) -> Offers:
    """Give the offers of a page that are written in it; its pictures are another matter."""
    return Offers(
        links=_distinct(link.url for link in page.links), targets=_distinct(target for target in page.targets)
    )


def _distinct(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for url in urls if is_offer(url)))


def coded(texts: Iterable[str]) -> tuple[str, ...]:
    """Give the offers among the texts of QR codes."""
    return _distinct(text.strip() for text in texts)


def _parts(url: str) -> tuple[str, ...]:
    """Give what makes a URL the same as another: percent-encoding may differ (RFC 3986 section 6.2.2)."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return (parts.scheme.lower(), parts.netloc.lower(), parts.path, *(item for pair in query for item in pair))
