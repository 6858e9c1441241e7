"""Text forms that several messages share: URIs, language tags, scope values, colours and the like.

Each function says whether a parsed JSON value is a string of one form. A value of another JSON type is not,
so that a caller needs no type check of its own.
"""

from __future__ import annotations

import math
import re
from urllib.parse import SplitResult, urlsplit

from harness.model import Json

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:")
_URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*+")

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:[^\x00-\x20\x7f-\x9f\s\"<>\\^`{|}]++")
_LONGEST_URL = 100_000

_IRREGULAR_TAG = re.compile(
    r"en-gb-oed|sgn-(?:be-fr|be-nl|ch-de)"
    r"|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
)
"""Registered tags that do not follow the grammar (RFC 5646 section 2.1, ``irregular``)."""
_LANGUAGE_TAG = re.compile(
    r"""
    (?: [a-z]{2,3} (?:-[a-z]{3}){0,3} | [a-z]{4,8} )    # language, extended language
    (?: -[a-z]{4} )?                                    # script
    (?: -(?: [a-z]{2} | [0-9]{3} ) )?                   # region
    (?: -(?: [a-z0-9]{5,8} | [0-9][a-z0-9]{3} ) )*      # variants
    (?: -[a-wy-z0-9] (?: -[a-z0-9]{2,8} )+ )*           # extensions
    (?: -x (?: -[a-z0-9]{1,8} )+ )?                     # private use
    | x (?: -[a-z0-9]{1,8} )+
    """,
    re.VERBOSE,
)
_RFC_3066_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*+")
_LONGEST_TAG = 250

_SCOPE_VALUE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]++")
_ERROR_TEXT = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*+")
_DID_METHOD = re.compile(r"did:[a-z0-9]+")

_NUMBER = r"[+-]?(?:\d+|\d*\.\d+)"
_RGB = rf"[+-]?\d+(?: , [+-]?\d+){{2}}|{_NUMBER}%(?: , {_NUMBER}%){{2}}"
_HSL = rf"{_NUMBER} , {_NUMBER}% , {_NUMBER}%"
_NUMERICAL_COLOR = re.compile(
    "#(?:[0-9a-f]{3}){1,2}|transparent|"
    + rf"rgb\( (?:{_RGB}) \)|rgba\( (?:{_RGB}) , {_NUMBER} \)|".replace(" ", r"\s*")
    + rf"hsl\( {_HSL} \)|hsla\( {_HSL} , {_NUMBER} \)".replace(" ", r"\s*"),
    re.IGNORECASE | re.ASCII,
)
_LONGEST_COLOR = 200

_ALPHABETS = (
    (re.compile(r"[0-9]*+"), 10),
    (re.compile(r"[0-9a-f]*+|[0-9A-F]*+"), 16),
    (re.compile(r"[0-9a-f-]*+|[0-9A-F-]*+"), 17),
    (re.compile(r"[0-9a-z]*+|[0-9A-Z]*+"), 36),
    (re.compile(r"[0-9A-Za-z]*+"), 62),
    (re.compile(r"[0-9A-Za-z_-]*+|[0-9A-Za-z+/=]*+"), 64),
)
_PRINTABLE = 94


def is_uri(value: Json) -> bool:
    """Whether this is a URI, with a scheme (RFC 3986 section 3)."""
    return isinstance(value, str) and _SCHEME.match(value) is not None and is_uri_reference(value)


def is_url(value: Json) -> bool:
    """Whether this is an absolute URL as the WHATWG URL Standard has it: a URI that may have other characters."""
    return isinstance(value, str) and len(value) <= _LONGEST_URL and _URL.fullmatch(value) is not None


def is_uri_reference(value: Json) -> bool:
    """Whether this is a URI or a relative reference (RFC 3986 section 4.1)."""
    return (
        isinstance(value, str)
        and _URI_CHARACTERS.fullmatch(value) is not None
        and value.count("#") <= 1
        and _split(value) is not None
    )


def is_https_url(value: Json) -> bool:
    """Whether this is a URL with the scheme ``https`` and a host (RFC 9110 section 4.2.2)."""
    return is_uri(value) and _has(value, "https")


def is_http_url(value: Json) -> bool:
    """Whether this is a URL with the scheme ``http`` and a host (RFC 9110 section 4.2.1)."""
    return is_uri(value) and _has(value, "http")


def has_query_or_fragment(url: str) -> bool:
    """Whether a URL has a query or a fragment component, be it an empty one (RFC 3986 sections 3.4 and 3.5)."""
    return "?" in url or "#" in url


def is_language_tag(value: Json) -> bool:
    """Whether this is a well-formed language tag of BCP 47 (RFC 5646 section 2.2.9)."""
    if not isinstance(value, str) or len(value) > _LONGEST_TAG:
        return False
    lower = value.lower() if value.isascii() else ""
    return any(form.fullmatch(lower) for form in (_LANGUAGE_TAG, _IRREGULAR_TAG))


def is_rfc_3066_tag(value: Json) -> bool:
    """Whether this is a language tag as RFC 3066 section 2.1 spells it; every tag of BCP 47 is one, too."""
    return isinstance(value, str) and len(value) <= _LONGEST_TAG and _RFC_3066_TAG.fullmatch(value) is not None


def is_scope_value(value: Json) -> bool:
    """Whether this is one scope value, a ``scope-token`` of RFC 6749 section 3.3."""
    return isinstance(value, str) and _SCOPE_VALUE.fullmatch(value) is not None


def is_error_text(value: Json) -> bool:
    """Whether this has the characters of ``error`` and ``error_description`` only (RFC 6749 section 5.2)."""
    return isinstance(value, str) and _ERROR_TEXT.fullmatch(value) is not None


def is_did_method(value: Json) -> bool:
    """Whether this is ``did:`` and a method name, without an identifier (DID Core section 3.1)."""
    return isinstance(value, str) and _DID_METHOD.fullmatch(value) is not None


def is_numerical_color(value: Json) -> bool:
    """Whether this is a colour of CSS Color Module Level 3 section 4.2.

    These are ``#rgb``, ``#rrggbb``, ``rgb()``, ``rgba()``, ``hsl()``, ``hsla()`` and ``transparent``.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_COLOR:
        return False
    return _NUMERICAL_COLOR.fullmatch(value.strip(" \t\n\r\f")) is not None


def capacity_bits(value: str) -> float:
    """Give how many bits a random text of this length and with characters such as these can hold at most.

    It is an upper bound read from one sample: a long text of little randomness has a high one, but a text with
    a low one cannot be hard to guess.
    """
    size = next((size for pattern, size in _ALPHABETS if pattern.fullmatch(value)), _PRINTABLE)
    return len(value) * math.log2(size)


def _has(url: str, scheme: str) -> bool:
    parts = _split(url)
    return parts is not None and parts.scheme == scheme and bool(parts.hostname)


def _split(url: str) -> SplitResult | None:
    """Take a URL apart; ``None`` when its authority is malformed."""
    try:
        parts = urlsplit(url)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts
