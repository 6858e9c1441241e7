"""Answers as a browser without scripts sees them, and what is written down of what a user types into them."""

from __future__ import annotations

import fnmatch
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from harness.formats import html_page
from harness.formats.html_page import WebPage
from harness.redaction import Redactor
from harness.settings import FormRule
from harness.transport import Reply

PAGES = frozenset({"text/html", "application/xhtml+xml"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_URL = 200


def is_redirect(reply: Reply) -> bool:
    """Whether an answer sends a browser elsewhere (RFC 9110 section 15.4)."""
    return reply.status in _REDIRECTS


def is_page(reply: Reply) -> bool:
    """Whether the user gets to see an answer; nobody sees the body that many servers send with a redirect."""
    return not is_redirect(reply) and reply.media_type in PAGES


def text_of(reply: Reply) -> str:
    """Give the text of an answer by the character set that its header names; UTF-8 by default."""
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", reply.headers.get("content-type", ""), re.IGNORECASE)
    try:
        return reply.body.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        return reply.body.decode("utf-8", "replace")


def read(reply: Reply) -> WebPage:
    """Read an answer as a page.

    Raises:
        harness.formats.html_forms.HtmlError: the page is beyond the limits.

    """
    return html_page.read(text_of(reply), reply.url)


def matches(rule: FormRule, url: str, page: WebPage | None = None) -> bool:
    """Whether a rule is for a page; the query need not be part of the pattern for its URL.

    Args:
        page: what the page says; ``None`` leaves the heading that the rule may name aside.

    """
    bare = url.partition("#")[0].partition("?")[0]
    if not (fnmatch.fnmatchcase(url, rule.url) or fnmatch.fnmatchcase(bare, rule.url)):
        return False
    if rule.heading is None or page is None:
        return True
    wanted = rule.heading.casefold()
    return any(fnmatch.fnmatchcase(said.casefold(), wanted) for said in (*page.headings, page.title))


def place(url: str) -> str:
    """Name a page without its query, which may hold secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return repr(url[:_LONGEST_URL])
    # What precedes "@" would be a password; repr keeps what cannot be printed out of the message.
    host = parts.netloc.rpartition("@")[2]
    bare = urlunsplit(SplitResult(parts.scheme, host, parts.path, "", ""))
    return repr(bare[:_LONGEST_URL])[1:-1]


def note_typed(redactor: Redactor, kind: str, name: str, value: str) -> None:
    """Have what a user types into a field kept out of what is written down.

    Args:
        kind: of the field, as :class:`harness.formats.html_forms.Field` has it.

    """
    if kind == "password":
        redactor.hide(name)
        redactor.learn(value)
    elif kind not in ("checkbox", "radio", "select"):
        redactor.learn_typed(name, value)
