"""Lists of the identifiers of revoked mdocs (ISO/IEC 18013-5 second edition clauses 12.3.6.3 and 12.3.6.4).

Such a list is a CWT that is signed like a Status List Token and has the claim 65530 in place of the status list.
What is public of the second edition is told in the catalogue of ISO/IEC 18013-5.

Problems; pointers lead into the Claims Set, or into the header after ``protected`` or ``unprotected``:

- those of ``cwt``.
- ``list-mac``: it carries a MAC instead of a signature (12.3.6.3).
- ``list-algorithm``: an algorithm other than those of mdocs (12.3.6.3).
- ``list-x5chain-missing``, ``list-x5chain-unprotected``: the protected header has no ``x5chain`` (12.3.6.3).
- ``list-type``: the protected header has no ``typ`` with the media type of identifier lists (12.3.6.4).
- ``sub-missing``, ``iat-missing``: no such claim (12.3.6.3 by Token Status List section 5.2).
- ``exp-missing``: no ``exp`` (12.3.6.3).
- ``ttl-form``: ``ttl`` is no positive integer (12.3.6.3 by Token Status List section 5.2).
- ``status-list-present``: the claim of a Token Status List is there, too (12.3.6.4).
- ``list-missing``: no claim 65530 (12.3.6.4).
- ``list-form``: it is no map with a map ``identifiers`` (12.3.6.4).
- ``identifier-form``: an identifier is no byte string (12.3.6.4).
- ``identifier-info``: what is said of an identifier is no map (12.3.6.4).
- ``aggregation-uri``: ``aggregation_uri`` is no URI (12.3.6.4 by Token Status List section 4.3).

Errors: those of ``cwt.read``, and of :meth:`IdentifierList.value_of`

- ``status-unreadable``: the identifiers cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.formats import cose, cwt, text
from harness.formats.clock import SKEW_S
from harness.formats.cwt import Cwt
from harness.formats.problems import FormatError, Problem, shown
from harness.formats.signer import Signer
from harness.formats.status_reference import Reference
from harness.formats.strict_json import pointer
from harness.model import Json

MEDIA_TYPE = "application/identifierlist+cwt"
ALGORITHMS = frozenset({-7, -35, -36, -8, -266}) | frozenset(cose.FULLY_SPECIFIED)
"""COSE algorithms of who signs for mdocs, in both spellings of those that are fully specified (12.3.6.3)."""
IDENTIFIER_LIST, STATUS_LIST, TTL = 65530, 65533, 65534
"""Claim Keys."""

_ISS, _SUB, _EXP, _IAT = 1, 2, 4, 6
_TYP = 16
_LISTED, _NOT_LISTED = 1, 0


@dataclass(frozen=True)
class IdentifierList:
    """An identifier list as read; nothing is said about its signature yet."""

    token: Cwt
    identifiers: frozenset[bytes] | None
    """The revoked identifiers; ``None`` when they cannot be read."""
    problems: tuple[Problem, ...]

    @property
    def has_mac(self) -> bool:
        """Whether it is secured by a MAC, which only who shares the key can verify."""
        return self.token.has_mac

    @property
    def subject(self) -> Json:
        """The claim ``sub``, when it is a text."""
        found = self.token.claims.get(_SUB)
        return found if isinstance(found, str) else None

    @property
    def issued_at(self) -> float | None:
        """The claim ``iat``, in seconds since 1970."""
        return self.token.date(_IAT)

    @property
    def expires(self) -> float | None:
        """The claim ``exp``, in seconds since 1970."""
        return self.token.date(_EXP)

    @property
    def ttl(self) -> float | None:
        """Seconds that a copy may be kept."""
        found = self.token.claims.get(TTL)
        return float(found) if isinstance(found, int) and _is_positive(found) else None

    @property
    def algorithm(self) -> int | None:
        """The COSE algorithm."""
        return self.token.message.algorithm

    @property
    def signer(self) -> Signer:
        """What points at the key: ``x5chain`` alone (12.3.6.3)."""
        message = self.token.message
        return Signer(
            ("x5chain",),
            issuer=self.token.claims.get(_ISS),
            certificates=message.protected.get(cose.X5CHAIN, message.unprotected.get(cose.X5CHAIN)),
        )

    @property
    def size(self) -> None:
        """No number of entries: the list names those that are revoked only."""
        return None

    def value_of(self, reference: Reference) -> int:
        """Give 1 for an identifier that the list has, which means revoked, and 0 for another.

        Raises:
            FormatError: kind ``status-unreadable`` when the identifiers cannot be read.

        """
        if self.identifiers is None:
            raise FormatError("status-unreadable", "the list has no identifiers that can be read")
        return _LISTED if reference.identifier in self.identifiers else _NOT_LISTED

    def changed(self, _: object) -> tuple[int, ...]:
        """Give nothing: identifiers have no positions."""
        return ()

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge ``exp``, ``nbf`` and ``iat``; one that is missing or no number says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        return self.token.validity(now, skew)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it.

        Raises:
            SignatureError: it did not; see ``cose.verify``.

        """
        self.token.verify(jwk)


def read(body: bytes, _: str | None = None) -> IdentifierList:
    """Read an identifier list; its media type is for others to judge.

    Raises:
        FormatError: it is no CWT; the kinds are in the docstring of ``cwt``.

    """
    token = cwt.read(body)
    problems = (*token.problems, *_header_problems(token), *_claim_problems(token), *_list_problems(token))
    return IdentifierList(token, _identifiers(token), problems)


def _identifiers(token: Cwt) -> frozenset[bytes] | None:
    listed = _inside(token.claims.get(IDENTIFIER_LIST))
    return None if listed is None else frozenset(key for key in listed if isinstance(key, bytes))


def _inside(value: Any) -> Mapping[Any, Any] | None:
    found = value.get("identifiers") if isinstance(value, dict) else None
    return found if isinstance(found, dict) else None


def _is_positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _header_problems(token: Cwt) -> Iterator[Problem]:
    message = token.message
    if token.has_mac:
        yield Problem("list-mac", "it carries a MAC instead of a signature", "protected/1")
    elif cose.ALG in message.protected and message.algorithm not in ALGORITHMS:
        found = shown(message.protected[cose.ALG])
        yield Problem("list-algorithm", f"the algorithm {found} is none of mdocs", "protected/1")
    if cose.X5CHAIN not in message.protected:
        if cose.X5CHAIN in message.unprotected:
            yield Problem("list-x5chain-unprotected", "x5chain is not protected", "unprotected/33")
        else:
            yield Problem("list-x5chain-missing", "the header has no x5chain", "protected")
    typ = message.protected.get(_TYP)
    if not isinstance(typ, str) or typ.lower() != MEDIA_TYPE:
        yield Problem("list-type", f"typ is {shown(typ)}", "protected/16")


def _claim_problems(token: Cwt) -> Iterator[Problem]:
    claims = token.claims
    for key, name in ((_SUB, "sub"), (_IAT, "iat"), (_EXP, "exp")):
        if key not in claims:
            yield Problem(f"{name}-missing", f"there is no {name}", "")
    if TTL in claims and not _is_positive(claims[TTL]):
        yield Problem("ttl-form", f"ttl is {shown(claims[TTL])}", pointer(TTL))
    if STATUS_LIST in claims:
        yield Problem("status-list-present", "the claim of a Token Status List is there", pointer(STATUS_LIST))


def _list_problems(token: Cwt) -> Iterator[Problem]:
    claims, place = token.claims, pointer(IDENTIFIER_LIST)
    if IDENTIFIER_LIST not in claims:
        yield Problem("list-missing", "there is no claim 65530", "")
        return
    structure = claims[IDENTIFIER_LIST]
    listed = _inside(structure)
    if listed is None:
        yield Problem("list-form", "the list is no map with a map identifiers", place)
    elif not all(isinstance(key, bytes) for key in listed):
        yield Problem("identifier-form", "an identifier is no byte string", f"{place}/identifiers")
    elif not all(isinstance(info, dict) for info in listed.values()):
        yield Problem("identifier-info", "what is said of an identifier is no map", f"{place}/identifiers")
    if isinstance(structure, dict) and "aggregation_uri" in structure:
        address = structure["aggregation_uri"]
        if not isinstance(address, str) or not text.is_uri(address):
            yield Problem("aggregation-uri", f"aggregation_uri is {shown(address)}", f"{place}/aggregation_uri")
