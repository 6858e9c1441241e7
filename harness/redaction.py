"""Keeps secrets out of everything that is written down.

A secret is replaced by a mark that carries the first digits of its SHA-256, so that a reader can see that
two messages carry the same value without learning it; a short one, which could be guessed, by a bare mark.
Secrets are found in two ways: by the name they stand under (JSON members, form fields, query parameters,
header fields) and by value, once they were seen.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import insort
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

SECRET_NAMES = (
    "access_token",
    "refresh_token",
    "pre-authorized_code",
    "tx_code",
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "password",
    "d",
    "p",
    "q",
    "dp",
    "dq",
    "qi",
    "k",
    "priv",
    "credential",
)
"""JSON members and form fields whose value is secret: RFC 6749, RFC 7521, RFC 7636, OpenID4VCI 1.0, and private
members of RFC 7518, RFC 8037 and RFC 9964."""

SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "set-cookie",
        "proxy-authorization",
        "dpop",
        "oauth-client-attestation",
        "oauth-client-attestation-pop",
    }
)

_PLAIN_HEADERS = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "age",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "expires",
        "host",
        "keep-alive",
        "pragma",
        "server",
        "strict-transport-security",
        "transfer-encoding",
        "user-agent",
        "vary",
    ]
)
"""Header fields whose syntax has no room for a secret."""

_NAMES = "|".join(re.escape(name) for name in SECRET_NAMES)
_MEMBER_OF = r'("(?:{})"\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?)'
_JSON_MEMBER = re.compile(_MEMBER_OF.format(_NAMES))
_FIELD_OF = r"(^|[?&#]|&amp;)((?:{})=)([^&#\s\"'<>]*)"
"""A field of a form, of a query or of a fragment, also where a URL stands in JSON or HTML."""
_FIELD = re.compile(_FIELD_OF.format(_NAMES))
_OFFER_IN_URL = re.compile(r"((?:^|[?&])credential_offer=)([^&#\s]*)")
_SHORTEST_VALUE = 8
"""Shorter values, such as a four-digit Transaction Code, are hidden by name only: replacing every "1234"
in a report would hide what is no secret."""


REDACTED = "‹redacted›"
_GUESSABLE = 16
"""Characters below which a digest would give a secret away to whoever tries all values."""

_STRUCTURE = re.compile(r'"credential"\s*:\s*(?=[{\[])')
"""What stands before a credential that is no string, such as a W3C credential with its proof."""
_DECODER = json.JSONDecoder()


def mark(secret: str) -> str:
    """Give the mark that stands for a secret: ``‹redacted sha256:1a2b3c4d›``, without digest for a short one."""
    if len(secret) < _GUESSABLE:
        return REDACTED
    return f"‹redacted sha256:{hashlib.sha256(secret.encode()).hexdigest()[:8]}›"


def _without_structures(text: str) -> str:
    """Hide credentials that are JSON objects; behind one that is cut off nothing is left."""
    shown, end = [], 0
    for found in _STRUCTURE.finditer(text):
        start = found.end()
        if start < end:
            continue
        try:
            _, stop = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            stop = len(text)
        shown += [text[end:start], f'"{mark(text[start:stop])}"']
        end = stop
    return "".join([*shown, text[end:]])


class Redactor:
    """Replaces secrets in text; remembers every value it was told of."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values: list[str] = []
        """The longest first, so that a secret within a secret does not leave the rest of it standing."""
        self._hidden: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {}
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Remember a secret value, so that it is hidden wherever it turns up from now on."""
        if len(secret) >= _SHORTEST_VALUE and secret not in self._values:
            insort(self._values, secret, key=lambda value: -len(value))

    def hide(self, name: str) -> None:
        """Hide from now on what stands under this name in a form or in JSON, such as a password of any length."""
        member = re.compile(_MEMBER_OF.format(re.escape(json.dumps(name)[1:-1])))
        self._hidden[name] = member, re.compile(_FIELD_OF.format(re.escape(quote_plus(name))))

    def text(self, text: str) -> str:
        """Hide the secrets in a body, a URL or any other text."""
        text = _JSON_MEMBER.sub(self._json_member, _without_structures(text))
        text = _OFFER_IN_URL.sub(self._offer, text)
        text = _FIELD.sub(self._field, text)
        for member, field in self._hidden.values():
            text = field.sub(self._field, member.sub(self._json_member, text))
        for secret in self._values:
            if secret in text:
                text = text.replace(secret, mark(secret))
        return text

    def value(self, value: Any) -> Any:
        """Hide the secrets in a value of JSON types and give it back as JSON types."""
        try:
            return json.loads(self.text(json.dumps(value, ensure_ascii=False)))
        except (TypeError, ValueError, RecursionError):
            return "‹not shown›"

    def header(self, name: str, value: str) -> str:
        """Hide a secret header value but keep what is no secret, such as the authentication scheme."""
        if name.lower() in _PLAIN_HEADERS:
            return value
        if name.lower() not in SECRET_HEADERS:
            return self.text(value)
        scheme, space, credentials = value.partition(" ")
        if name.lower().endswith("authorization") and space:
            self.learn(credentials)
            return f"{scheme} {mark(credentials)}"
        return mark(value)

    def _json_member(self, found: re.Match[str]) -> str:
        value = found[2]
        secret = value[1:-1] if value.startswith('"') else value
        if not secret or secret.startswith("‹redacted"):
            return found[0]
        self.learn(secret)
        return f'{found[1]}"{mark(secret)}"'

    def _field(self, found: re.Match[str]) -> str:
        secret = unquote_plus(found[3])
        if not secret:
            return found[0]
        self.learn(secret)
        return f"{found[1]}{found[2]}{mark(secret)}"

    def _offer(self, found: re.Match[str]) -> str:
        return found[1] + quote(self.text(unquote_plus(found[2])), safe='{}":,[]‹› ')
