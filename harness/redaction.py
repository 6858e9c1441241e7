"""Keeps secrets out of everything that is written down.

A secret is replaced by a mark such as ``‹redacted sha256:1a2b3c4d›``. The digits are the beginning of an
HMAC-SHA-256 under a random key that lives in the memory of the run and is never written: the same secret has the
same mark within one report, while nobody can find out a Transaction Code or a password by trying all values.

Secrets are found by the name they stand under (JSON members, form fields, query parameters, header fields), by
their form (credentials with Disclosures, user information in URLs), and by value, once they were seen. What names
a person is found by value only, and hidden where texts of an issuer may repeat it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import html
import json
import re
import secrets
from bisect import bisect, insort
from collections.abc import Container, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlsplit

SECRET_NAMES = (
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "pre-authorized_code",
    "tx_code",
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "request_uri",
    "issuer_state",
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
"""JSON members and form fields whose value is secret: RFC 6749, RFC 7521, RFC 7636, RFC 9126, OpenID4VCI 1.0,
OpenID Connect Core 1.0, and private members of RFC 7518, RFC 8037 and RFC 9964."""

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
_MEMBER_OF = r'("(?:{})"\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?\Z)|-?\d+(?:\.\d+)?)'
"""A member of JSON with a string, be it cut off, or a number."""
_JSON_MEMBER = re.compile(_MEMBER_OF.format(_NAMES), re.DOTALL)
_FIELD_OF = r"(^|[?&#]|&amp;)((?:{})=)([^&#\s\"'<>]*)"
"""A field of a form, of a query or of a fragment, also where a URL stands in JSON or HTML."""
_FIELD = re.compile(_FIELD_OF.format(_NAMES))
_PART_OF = r'(name="{}"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)(.*?)(?=\r?\n--|\Z)'
"""A field of a form that is sent as multipart/form-data (RFC 7578)."""
_INPUT = re.compile(r"<input\b[^<>]*>", re.IGNORECASE)
_NAME_OF_INPUT = re.compile(rf"""\bname\s*=\s*["']?(?:{_NAMES})(?=["'\s/>])""", re.IGNORECASE)
_VALUE_OF_INPUT = re.compile(r"""(\bvalue\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_OFFER_IN_URL = re.compile(r"((?:^|[?&])credential_offer=)([^&#\s]*)")
_USER_INFORMATION = re.compile(
    r"(\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://)([^\s/?#@:\"'<>]{0,256}:[^\s/?#@\"'<>]{1,256})(?=@)"
)
"""User and password in a URL (RFC 3986 section 3.2.1)."""
_WITH_DISCLOSURES = re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.[\w-]+\.[\w-]*~[\w~.-]*")
"""An SD-JWT (RFC 9901) wherever it stands."""
_JWS = re.compile(r"(?<![\w-])(eyJ[\w-]+)\.([\w-]+)(?=\.)")
"""Header and payload of a JWS in the compact form (RFC 7515), read because either may hold a secret."""
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
"""A private key in PEM (RFC 7468)."""
_STRUCTURE = re.compile(r'"credential"\s*:\s*(?=[{\[])')
"""What stands before a credential that is no string, such as a W3C credential with its proof."""
_PICTURE = re.compile(
    r"(\"data:image/[^,\"]{1,120},)([^\"]{40,})|('data:image/[^,']{1,120},)([^']{40,})"
    r"|(data:image/[^,\s\"'<>]{1,120},)([^\s\"'<>)]{40,})|<svg\b.*?(?:</svg\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
"""A picture that stands in a page: as a QR code it holds what is secret, where nothing else would find it."""
_DECODER = json.JSONDecoder()

REDACTED = "‹redacted"
"""How every mark begins."""
_SHORTEST_VALUE = 8
"""Shorter values, such as a four-digit Transaction Code, are hidden by name only: replacing every "1234"
in a report would hide what is no secret."""
_SHORTEST_WORD = 4
"""The same of what names a person, which is hidden as a whole word and only where it may be repeated."""
_WORDLIKE = re.compile(r"[A-Za-z_ .:-]{1,31}")
"""What may be an error code or a word of another kind, and would be missed elsewhere."""
_UNGUESSABLE = re.compile(r"(?=.*\d)[\w.~=+-]{16,}", re.ASCII)
"""What may be the random part of a URL."""
_BEGINNING = 24
"""Characters by which a secret that was cut off is known."""
_CUT = re.compile(r'["\')]*(?:…|\Z)')


def _without_structures(text: str, mark: Any) -> str:
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


def _spellings(secret: str) -> set[str]:
    """Give the forms in which a text may carry a secret: as it is, in JSON, in a URL, in a form and in HTML."""
    in_json = json.dumps(secret)[1:-1]
    readable = json.dumps(secret, ensure_ascii=False)[1:-1]
    return {secret, in_json, readable, readable.replace("/", "\\/"), *_in_urls(secret), html.escape(secret)}


def _longest_first(secret: str) -> int:
    return -len(secret)


def _in_urls(secret: str) -> set[str]:
    try:
        return {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    except UnicodeEncodeError:  # a surrogate that stands alone has no UTF-8
        return set()


class _Places(NamedTuple):
    """Where what belongs to a name may stand."""

    member: re.Pattern[str]
    field: re.Pattern[str]
    part: re.Pattern[str]


def _places(name: str) -> _Places:
    return _Places(
        re.compile(_MEMBER_OF.format(re.escape(json.dumps(name)[1:-1])), re.DOTALL),
        re.compile(_FIELD_OF.format(re.escape(quote_plus(name)))),
        re.compile(_PART_OF.format(re.escape(name)), re.DOTALL),
    )


class Redactor:
    """Replaces secrets in text; remembers every value it was told of.

    Args:
        known: secrets that are known beforehand.
        key: of the digests; random by default. Processes that write one report together share it.

    """

    def __init__(self, known: Iterable[str] = (), *, key: bytes | None = None) -> None:
        self.key = key or secrets.token_bytes(32)
        self._marks: dict[str, str] = {}
        """Mark by spelling of a secret, in the order of learning."""
        self._spellings: list[str] = []
        """The longest first, so that a secret within a secret does not leave the rest of it standing."""
        self._begun: set[str] = set()
        """How those begin that are known when they were cut off."""
        self._hidden: dict[str, _Places] = {}
        self._typed: dict[str, _Places] = {}
        self._words: dict[str, re.Pattern[str]] = {}
        for secret in known:
            self.learn(secret)

    def mark(self, secret: str) -> str:
        """Give the mark that stands for a secret: ``‹redacted sha256:1a2b3c4d›``."""
        digest = hmac.new(self.key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"{REDACTED} sha256:{digest[:8]}›"

    # What is secret

    def learn(self, secret: str) -> None:
        """Remember a secret value, so that it is hidden wherever it turns up from now on."""
        if len(secret) < _SHORTEST_VALUE or secret in self._marks:
            return
        mark = self.mark(secret)
        for spelling in _spellings(secret) - self._marks.keys():
            self._marks[spelling] = mark
            insort(self._spellings, spelling, key=_longest_first)
            if len(spelling) > _BEGINNING:
                self._begun.add(spelling[:_BEGINNING])

    def learn_link(self, url: str, known: Container[str] = ()) -> None:
        """Remember what cannot be guessed of a URL: in the end of its path, and in the values of its query.

        Args:
            known: values that are no secret.

        """
        try:
            parts = urlsplit(url)
        except ValueError:
            return
        for value in (unquote(parts.path.rpartition("/")[2]), *(value for _, value in parse_qsl(parts.query))):
            if _UNGUESSABLE.fullmatch(value) and value not in known:
                self.learn(value)

    def hide(self, name: str) -> None:
        """Hide from now on what stands under this name in a form or in JSON, such as a password of any length."""
        self._hidden[name] = _places(name)

    def learn_typed(self, name: str, value: str) -> None:
        """Remember what a user types into a field that is no password, such as the user's name."""
        self._typed[name] = _places(name)
        self.learn_words([value])

    def learn_words(self, values: Iterable[str]) -> None:
        """Remember what names a person, such as claims; :meth:`prose` hides it."""
        for value in values:
            if len(value) >= _SHORTEST_WORD and value not in self._words:
                self._words[value] = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")

    @property
    def learned(self) -> Sequence[str]:
        """The secrets by value, in the order of learning; a later one may stand in what was redacted before."""
        return tuple(self._marks)

    # Hiding it

    def text(self, text: str) -> str:
        """Hide the secrets in a body, a URL or any other text."""
        # To look for a character that a secret of some form has to have is far faster than to look for the form.
        if '"' in text:
            text = _JSON_MEMBER.sub(self._json_member, _without_structures(text, self.mark))
        if "=" in text:
            text = _FIELD.sub(self._field, _OFFER_IN_URL.sub(self._offer, text))
        if "@" in text:
            text = _USER_INFORMATION.sub(lambda found: found[1] + self.mark(found[2]), text)
        if "eyJ" in text:
            text = _JWS.sub(lambda found: f"{self._segment(found[1])}.{self._segment(found[2])}", text)
            text = _WITH_DISCLOSURES.sub(lambda found: self.mark(found[0]), text)
        if "-----BEGIN" in text:
            text = _PRIVATE_KEY.sub(lambda found: self.mark(found[0]), text)
        if "<input" in text.lower():
            text = _INPUT.sub(self._input, text)
        for places in self._hidden.values():
            text = self._at(places, text)
        return self.values(text)

    def values(self, text: str, learned: Iterable[str] | None = None) -> str:
        """Hide secrets by value.

        Args:
            learned: those that are looked for; all by default.

        """
        if learned is None:  # what is longer than the text cannot stand in it
            learned = islice(self._spellings, bisect(self._spellings, -len(text) - 1, key=_longest_first), None)
        for secret in learned:
            if secret in text:
                text = text.replace(secret, self._marks[secret])
        return text

    def prose(self, text: str) -> str:
        """Hide secrets, also ones that were cut off, and what names a person, in words about an issuer."""
        text = self._beginnings(self.text(text))
        for value, word in self._words.items():
            if value in text:
                text = word.sub(self.mark(value), text)
        return text

    def page(self, text: str) -> str:
        """Hide secrets, and what was typed by a user or names a person, in what a browser sends or shows."""
        text = _PICTURE.sub(self._picture, text)
        for places in self._typed.values():
            text = self._at(places, text)
        return self.prose(text)

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
            return f"{scheme} {self.mark(credentials)}"
        return self.mark(value)

    def _at(self, places: _Places, text: str) -> str:
        text = places.field.sub(self._field, places.member.sub(self._json_member, text))
        return places.part.sub(self._part, text)

    def _json_member(self, found: re.Match[str]) -> str:
        value = found[2]
        secret = value[1:].removesuffix('"') if value.startswith('"') else value
        if not secret or secret.startswith(REDACTED):
            return found[0]
        with contextlib.suppress(ValueError):  # what is no proper JSON is hidden as it stands
            secret = str(json.loads(f'"{secret}"', strict=False))
        return f'{found[1]}"{self._named(secret)}"'

    def _field(self, found: re.Match[str]) -> str:
        secret = unquote_plus(found[3])
        if not secret or secret.startswith(REDACTED):
            return found[0]
        return f"{found[1]}{found[2]}{self._named(secret)}"

    def _part(self, found: re.Match[str]) -> str:
        return found[1] + self._named(found[2]) if found[2] else found[0]

    def _picture(self, found: re.Match[str]) -> str:
        before, picture = found[1] or found[3] or found[5], found[2] or found[4] or found[6]
        return f"{before}{self.mark(picture)}" if before else self.mark(found[0])

    def _input(self, found: re.Match[str]) -> str:
        if _NAME_OF_INPUT.search(found[0]) is None:
            return found[0]

        def hidden(value: re.Match[str]) -> str:
            secret = html.unescape(value[2].strip("\"'"))
            return f'{value[1]}"{self._named(secret)}"' if secret else value[0]

        return _VALUE_OF_INPUT.sub(hidden, found[0])

    def _segment(self, encoded: str) -> str:
        """Hide header or payload of a JWS when there is a secret in it, such as the private part of a key."""
        text = _decoded(encoded)
        return self.mark(encoded) if _JSON_MEMBER.search(text) or self.values(text) != text else encoded

    def _offer(self, found: re.Match[str]) -> str:
        return found[1] + quote(self.text(unquote_plus(found[2])), safe='{}":,[]‹› ')

    def _named(self, secret: str) -> str:
        """Give the mark of what stood under a secret's name, and learn it where it is no mere word."""
        if not _WORDLIKE.fullmatch(secret):
            self.learn(secret)
        return self.mark(secret)

    def _beginnings(self, text: str) -> str:
        """Hide the beginning of a secret that runs to the end of a text or to an ellipsis."""
        for beginning in self._begun:
            if beginning in text:
                break
        else:
            return text
        for secret in self._spellings:
            beginning = secret[:_BEGINNING]
            if len(secret) <= _BEGINNING or beginning not in text:
                continue
            start = text.find(beginning)
            while start >= 0:
                end = start + _common(text[start:], secret)
                if _CUT.match(text, end):
                    text = f"{text[:start]}{self._marks[secret]}{text[end:]}"
                start = text.find(beginning, start + 1)
        return text


def _decoded(encoded: str) -> str:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _common(text: str, secret: str) -> int:
    """Give how many characters two texts begin with in common."""
    length = 0
    for ours, theirs in zip(text, secret, strict=False):
        if ours != theirs:
            break
        length += 1
    return length
