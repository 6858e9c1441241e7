"""CBOR Web Tokens (RFC 8392) that are signed, or carry a MAC, for one recipient.

A CWT may stand with its own tag and one of COSE, with that of COSE alone, or bare (sections 6 and 7.2).

Problems; pointers lead into the Claims Set, or into the header after ``protected`` or ``unprotected``:

- ``cwt-tag``: the tag of a CWT is not followed by one of COSE (section 6).
- ``duplicate-key``, ``not-utf-8``, ``date-time-content``, ``encoded-item-content``, ``full-date-content``,
  ``tag-content``: well-formed CBOR that is not valid; see ``cbor`` (section 7.2 step 1; RFC 8949 section 5.3).
- those of ``cose.parse_sign1`` except ``cose-tagged``.
- ``cwt-claim-key``: a Claim Key is neither an integer nor a text (section 3).
- ``cwt-claim-type``: a registered claim is of another type (sections 3.1, 4).
- ``cwt-date-tagged``: a date has the tag 1 (section 2).
- ``cwt-claim-not-uri``: ``iss`` or ``sub`` has a colon but is no URI (section 2; RFC 7519 section 2).

Problems of :meth:`Cwt.validity`: those of ``jwt_claims.validity``.

Errors, besides those of ``cbor.parse`` and ``cose.parse_sign1``, all :class:`CwtError`:

- ``cwt-form``: nothing came, or its tags are not those of a CWT (sections 6, 7.2).
- ``cwt-encrypted``: it is encrypted.
- ``cwt-several-recipients``: signed by several, or with a MAC for several recipients, which is not read here.
- ``cwt-detached``: there is no payload (section 7.2 step 5).
- ``cwt-claims``: the payload is no CBOR map (section 7.2 step 7).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import cbor, cose, jwt_claims
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.strict_json import pointer
from harness.model import Json

TAG, SIGN1_TAG, MAC0_TAG = 61, 18, 17
CLAIM_KEYS: Mapping[int, str] = {1: "iss", 2: "sub", 3: "aud", 4: "exp", 5: "nbf", 6: "iat", 7: "cti"}
"""Claim Key to the name of the claim (section 4)."""
MACS = frozenset({4, 5, 6, 7, 14, 15, 25, 26})
"""COSE algorithms that are MACs: HMAC and AES-CBC-MAC (RFC 9053 section 3)."""

_ENCRYPTED_TAGS, _SEVERAL_TAGS = frozenset({16, 96}), frozenset({97, 98})
_EPOCH_TAG = 1
_INVALID = frozenset(
    {
        *("duplicate-key", "not-utf-8", "date-time-content", "encoded-item-content"),
        *("full-date-content", "tag-content"),
    }
)
"""Problems of CBOR that make it invalid; a longer form than needed does not."""


class CwtError(FormatError):
    """The CBOR is no CWT that is read here."""


@dataclass(frozen=True)
class Cwt:
    """A CWT as read; nothing is said about its signature or MAC yet."""

    message: cose.Sign1
    """The parts of the COSE message; a COSE_Mac0 has the same, with the MAC in place of the signature."""
    cose_tag: int | None
    """The tag of the message, 18 for a signature and 17 for a MAC; ``None`` without one."""
    claims: dict[Any, Any]
    """The Claims Set by Claim Key, as ``cbor`` gives it."""
    problems: tuple[Problem, ...]

    @property
    def has_mac(self) -> bool:
        """Whether it carries a MAC, by its tag or, without one, by its algorithm."""
        return self.cose_tag == MAC0_TAG or (self.cose_tag is None and self.message.algorithm in MACS)

    def date(self, key: int) -> float | None:
        """Give a NumericDate in seconds since 1970; ``None`` when there is none that can be read."""
        return numeric_date(self.claims.get(key))

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge ``exp``, ``nbf`` and ``iat``; one that is missing or no number says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        dates: dict[str, Json] = {CLAIM_KEYS[key]: self.date(key) for key in (4, 5, 6)}
        return jwt_claims.validity(dates, now, skew)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it; a MAC never passes.

        Raises:
            SignatureError: it did not; see ``cose.verify``.

        """
        cose.verify(self.message, jwk)


def read(data: bytes) -> Cwt:
    """Read a CWT.

    Raises:
        FormatError: it is none, or cannot be read; the kinds are in the module's docstring.

    """
    if not data:
        raise CwtError("cwt-form", "nothing is there, which is no CWT")
    document = cbor.parse(data)
    value, tags = document.value, list[int]()
    while isinstance(value, cbor.Tag) and len(tags) < 2:
        tags.append(value.number)
        value = value.value
    cose_tag = _cose_tag(tags)
    message = cose.parse_sign1(value)
    if message.payload is None:
        raise CwtError("cwt-detached", "the CWT has no payload")
    payload = cbor.parse(message.payload)
    if not isinstance(payload.value, dict):
        raise CwtError("cwt-claims", "the payload is no map of claims")
    problems = (
        *([Problem("cwt-tag", "the tag 61 is not followed by one of COSE", "")] if tags == [TAG] else []),
        *(problem for problem in document.problems if problem.kind in _INVALID),
        *_message_problems(message),
        *(problem for problem in payload.problems if problem.kind in _INVALID),
        *_claim_problems(payload.value),
    )
    return Cwt(message, cose_tag, payload.value, problems)


def numeric_date(value: Any) -> float | None:
    """Give a NumericDate in seconds since 1970, also where it wrongly has a tag; ``None`` for anything else."""
    if isinstance(value, cbor.Tag) and value.number == _EPOCH_TAG:
        value = value.value
    found = jwt_claims.number(value)
    return found if found is not None and math.isfinite(found) else None


def _cose_tag(tags: list[int]) -> int | None:
    inner = tags[1:] if tags[:1] == [TAG] else tags
    if not inner:
        return None
    if inner[0] in _ENCRYPTED_TAGS:
        raise CwtError("cwt-encrypted", "the CWT is encrypted")
    if inner[0] in _SEVERAL_TAGS:
        raise CwtError("cwt-several-recipients", f"a CWT with the COSE tag {inner[0]} is not read here")
    if len(inner) > 1 or inner[0] not in (SIGN1_TAG, MAC0_TAG):
        raise CwtError("cwt-form", f"the tags {shown(tags)} are not those of a CWT")
    return inner[0]


def _message_problems(message: cose.Sign1) -> Iterator[Problem]:
    for problem in message.problems:
        in_bucket = problem.kind in ("not-shortest", "float-not-shortest", "indefinite-length")
        if problem.kind != "cose-tagged" and not in_bucket:
            yield problem


def _claim_problems(claims: Mapping[Any, Any]) -> Iterator[Problem]:
    for key in claims:
        if not isinstance(key, (int, str)):
            yield Problem("cwt-claim-key", "a Claim Key is neither an integer nor a text", "")
    for key, name in CLAIM_KEYS.items():
        if key not in claims:
            continue
        value, place = claims[key], pointer(key)
        if name in ("exp", "nbf", "iat"):
            yield from _date_problems(name, value, place)
        elif not _FORMS[name](value):
            yield Problem("cwt-claim-type", f"{name} is of another type", place)
        elif name in ("iss", "sub") and any(jwt_claims.uri_problems({"iss": value})):
            yield Problem("cwt-claim-not-uri", f"{name} has a colon but is no URI", place)


def _date_problems(name: str, value: Any, place: str) -> Iterator[Problem]:
    if numeric_date(value) is None:
        yield Problem("cwt-claim-type", f"{name} is no number", place)
    elif isinstance(value, cbor.Tag):
        yield Problem("cwt-date-tagged", f"{name} has the tag {value.number}", place)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_audience(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and all(map(_is_text, value)))


def _is_bytes(value: Any) -> bool:
    return isinstance(value, bytes)


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "iss": _is_text,
    "sub": _is_text,
    "aud": _is_audience,
    "cti": _is_bytes,
}
