"""How the gateway answers: JSON to external systems, pages and redirects to browsers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from harness.reference.rules import MISREPORTED, Refusal
from harness.staff_passport.gateway import pages
from harness.staff_passport.gateway.core import Answer, Exchange

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def json(value: Any, status: int = 200) -> Answer:
    """Answer with JSON that nobody keeps."""
    return Answer(status, value, {"Content-Type": "application/json", **_NO_STORE})


def refused(exchange: Exchange, refusal: Refusal) -> Answer:
    """Refuse a request of an external system (RFC 6749 section 5.2)."""
    return problem(exchange, str(refusal.error), refusal.description, refusal.status)


def problem(exchange: Exchange, error: str, description: str, status: int = 400) -> Answer:
    """Answer with an error in JSON."""
    exchange.error, exchange.because = error, description
    return json({"error": error, "error_description": description}, status)


def page(text: str, status: int = 200) -> Answer:
    """Answer with a page."""
    return Answer(status, text, {"Content-Type": "text/html; charset=utf-8", **pages.HEADERS})


def page_of(exchange: Exchange, refusal: Refusal) -> Answer:
    """Refuse to send a browser anywhere."""
    exchange.error, exchange.because = refusal.error, refusal.description
    # That a page has the wrong status for a refusal shows only where it blames the server.
    return page(pages.problem(refusal.description), 500 if refusal.error == MISREPORTED else refusal.status)


def redirect(location: str) -> Answer:
    """Send the browser somewhere."""
    return Answer(302, None, {"Location": location, **_NO_STORE}, location)


def with_query(uri: str, parameters: dict[str, str | None]) -> str:
    """Add parameters to the query of a URI; those without a value are left out."""
    given = urlencode({name: value for name, value in parameters.items() if value is not None})
    if not given:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{given}"
