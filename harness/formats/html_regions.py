"""In which part of an HTML page something stands: in its main content, beside it, or where scripts do not run.

Pages have more than what they are about: a header with a menu, a footer, a banner about cookies. The parts are
known by their elements (HTML Living Standard 4.3) and, where those say nothing, by the class and id that the
GOV.UK Design System and many others give them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MAIN = "main"
"""Within ``main``."""
ASIDE = "aside"
"""In a header, a menu, a footer, a banner about cookies, or a link that leads back."""
NOSCRIPT = "noscript"
"""Shown to browsers without scripts only."""
BODY = ""
"""Anywhere else."""

_ASIDE_ELEMENTS = frozenset({"header", "nav", "footer", "aside"})
_ASIDE_NAMES = re.compile(
    r"cookie|(?:^|\s)govuk-(?:phase-banner|breadcrumbs|back-link|skip-link|exit-this-page)", re.IGNORECASE
)
_NEVER_ASIDE = frozenset({"html", "head", "body", "main"})
_EMPTY = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


class Regions:
    """Follows the tags of a page; tags that do not fit together are read as well as they can be."""

    def __init__(self) -> None:
        self.has_main = False
        self._main: _Open | None = None
        self._aside: _Open | None = None
        self._noscript: _Open | None = None

    @property
    def place(self) -> str:
        """The region that is open now."""
        if self._aside:
            return ASIDE
        if self._noscript:
            return NOSCRIPT
        return MAIN if self._main else BODY

    def start(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Take in a start tag."""
        if tag in _EMPTY:
            return
        for region in (self._main, self._aside, self._noscript):
            if region:
                region.depth += region.tag == tag
        if self._main is None and (tag == "main" or attributes.get("role") == "main"):
            self._main, self.has_main = _Open(tag), True
        elif self._noscript is None and tag == "noscript":
            self._noscript = _Open(tag)
        elif self._aside is None and self._is_aside(tag, attributes):
            self._aside = _Open(tag)

    def end(self, tag: str) -> None:
        """Take in an end tag."""
        self._main, self._aside, self._noscript = (
            region and region.after(tag) for region in (self._main, self._aside, self._noscript)
        )

    def _is_aside(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        if tag in _NEVER_ASIDE:
            return False
        # A header or footer of a section within the main content belongs to it.
        if (tag in _ASIDE_ELEMENTS or tag == "search" or attributes.get("role") == "search") and not self._main:
            return True
        return any(_ASIDE_NAMES.search(attributes.get(name) or "") for name in ("class", "id"))


class _Open:
    """An element that is open, and how many of its own kind are open within it."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.depth = 1

    def after(self, tag: str) -> _Open | None:
        """Give what is open after an end tag."""
        self.depth -= tag == self.tag
        return self if self.depth else None
