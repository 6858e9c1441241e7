"""SD-JWT in compact form as a Holder receives it (RFC 9901): structure, disclosures, processed claims.

Signatures are checked with ``jose.verify`` over :attr:`SdJwt.jws`. The problems of the issuer-signed JWT's header
are among :attr:`SdJwt.problems` with their own kinds, those of ``jose``. Pointers lead into the processed claims;
``disclosure 3`` is the third disclosure in the text, ``header/...`` the header.

Problems of the serialization:

- ``final-tilde-missing``: the text does not end with a tilde (RFC 9901 section 4).
- ``key-binding-present``: a Key Binding JWT follows the last tilde (RFC 9901 section 7.2: the Holder rejects it).
- ``disclosure-repeated``: the same disclosure stands twice (RFC 9901 section 4).

Problems of a disclosure by itself:

- ``disclosure-base64url``: not base64url, or empty (RFC 9901 sections 4 and 4.2.1).
- ``disclosure-json``: the decoded bytes are no JSON array (RFC 9901 section 4.2.1).
- ``disclosure-element-count``: not three elements for a property, or not two for an array element
  (RFC 9901 section 7.1 steps 3.3.2.1 and 3.3.3.1).
- ``disclosure-salt-type``: the salt is no string (RFC 9901 section 4.2.1).
- ``disclosure-name-type``: the claim name is no string (RFC 9901 section 4.2.1).
- ``disclosure-name-reserved``: the claim name is ``_sd`` or ``...`` (RFC 9901 section 7.1 step 3.3.2.2).
- ``salt-reused``: two disclosures have the same salt (RFC 9901 sections 4.2.1 and 9.3).
- ``salt-short``: fewer than 128 random bits can be in the salt (RFC 9901 section 9.3, RECOMMENDED).

Problems of the payload and of disclosed values:

- ``duplicate-name``: a member name stands twice in one object (RFC 7519 section 4; found by ``strict_json``).
- ``sd-alg-type``: ``_sd_alg`` is no string (RFC 9901 section 4.1.1).
- ``sd-alg-unknown``: ``_sd_alg`` is no hash name of the IANA "Named Information Hash Algorithm" registry that is
  known here (RFC 9901 section 4.1.1). SHA-256 is tried, to read on.
- ``sd-alg-weak``: a truncated hash, unfit for this use (RFC 9901 section 9.4).
- ``sd-alg-nested``: ``_sd_alg`` below the top level or in a disclosure (RFC 9901 section 4.1.1).
- ``sd-not-array``: ``_sd`` is no array of strings (RFC 9901 section 4.2.4.1).
- ``sd-empty``: ``_sd`` is an empty array (RFC 9901 section 4.2.4.1, RECOMMENDED to omit).
- ``ellipsis-other-keys``: an array element with ``...`` has other members (RFC 9901 section 4.2.4.2).
- ``ellipsis-type``: the value of ``...`` is no string (RFC 9901 section 4.2.4.2).
- ``ellipsis-misplaced``: ``...`` in an object that is no array element (RFC 9901 section 4.1 rule 7).
- ``digest-malformed``: a digest is not the base64url of as many bytes as the hash gives (RFC 9901 sections 4.2.3
  and 4.2.5).
- ``digest-repeated``: the same digest stands twice (RFC 9901 section 4.1 and section 7.1 step 4).
- ``claim-name-exists``: a disclosed name is already at its level (RFC 9901 section 7.1 step 3.3.2.3).
- ``disclosure-unreferenced``: no digest leads to the disclosure (RFC 9901 section 7.1 step 5).
- ``too-deep``: disclosed values nest deeper than is read here.

Errors, :class:`SdJwtError` and those of ``jose.parse_compact``:

- ``sd-jwt-too-large``, ``disclosures-too-many``: beyond our limits.
- ``payload-not-object``: the payload is no JSON object (RFC 9901 section 4.1).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from harness.formats import base64url, jose, strict_json
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.formats.strict_json import pointer
from harness.model import Json

MAX_LENGTH = 5_000_000
"""Characters of an SD-JWT that are read."""
MAX_DISCLOSURES = 1_000
MAX_DEPTH = strict_json.MAX_DEPTH
"""Levels of the processed claims, disclosed values inside each other included."""
_MAX_PROBLEMS = 200

RESERVED = frozenset({"_sd", "..."})
"""Names no claim can have."""

_Path = tuple[str | int, ...]
_Hash = Callable[[bytes], bytes]


def _hash(name: str, size: int | None = None) -> _Hash:
    return lambda data: hashlib.new(name, data).digest()[:size]


_HASHES: dict[str, _Hash] = {
    "sha-256": _hash("sha256"),
    "sha-384": _hash("sha384"),
    "sha-512": _hash("sha512"),
    "sha3-224": _hash("sha3_224"),
    "sha3-256": _hash("sha3_256"),
    "sha3-384": _hash("sha3_384"),
    "sha3-512": _hash("sha3_512"),
    "blake2s-256": _hash("blake2s"),
    "blake2b-256": lambda data: hashlib.blake2b(data, digest_size=32).digest(),
    "blake2b-512": _hash("blake2b"),
    **{f"sha-256-{bits}": _hash("sha256", bits // 8) for bits in (32, 64, 96, 120, 128)},
}
"""IANA "Named Information Hash Algorithm" names to functions; truncation keeps the leftmost bytes (RFC 6920)."""
_DEFAULT_HASH = "sha-256"
_MIN_DIGEST_BYTES = 28

_SALT_FORMS: tuple[tuple[re.Pattern[str], float, int], ...] = (
    (re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"), 0, 122),
    (re.compile(r"[0-9]*+"), math.log2(10), 0),
    (re.compile(r"[0-9a-f]*+|[0-9A-F]*+"), 4, 0),
    (re.compile(r"[A-Za-z0-9+/_-]*+={0,2}"), 6, 0),
)
"""What a salt can look like, the bits per character that form can hold, and the bits that it has besides: a random
UUID, decimal digits, hexadecimal digits, base64."""
_MIN_SALT_BITS = 128


class SdJwtError(FormatError):
    """The text is no SD-JWT."""


@dataclass(frozen=True)
class Disclosure:
    """One disclosure that could be read."""

    raw: str
    """The base64url text as sent."""
    salt: Json
    """As sent; a string when the issuer is right."""
    name: str | None
    """The claim name; ``None`` for an array element."""
    value: Json
    """As sent, digests of further disclosures included."""
    digest: str
    """The base64url digest of :attr:`raw` with the hash of this SD-JWT."""


@dataclass(frozen=True)
class SdJwt:
    """An SD-JWT as read; nothing is said about its signature yet."""

    jws: jose.Jws
    disclosures: tuple[Disclosure, ...]
    """In the order of the text, without those that could not be read."""
    key_binding: str | None
    """The Key Binding JWT, which has no place at issuance; ``None`` when there is none."""
    payload: dict[str, Json]
    """As signed."""
    claims: dict[str, Json]
    """The Processed SD-JWT Payload (RFC 9901 section 7.1)."""
    problems: tuple[Problem, ...]
    disclosed: frozenset[str]
    """JSON Pointers into :attr:`claims` of every claim that a disclosure brought in."""


def parse(text: str) -> SdJwt:
    """Read an SD-JWT as issued and put its disclosures in place.

    Raises:
        FormatError: there is no JWS with a JSON object as payload, or the text is beyond our limits.

    """
    if len(text) > MAX_LENGTH:
        raise SdJwtError("sd-jwt-too-large", f"more than {MAX_LENGTH} characters")
    if text.count("~") > MAX_DISCLOSURES + 1:
        raise SdJwtError("disclosures-too-many", f"more than {MAX_DISCLOSURES} disclosures")
    jwt, *raws = text.split("~")
    jws = jose.parse_compact(jwt)
    payload = _payload(jws)
    problems = [*jws.problems, *payload.problems]
    key_binding = _take_last(raws, problems)
    algorithm, known = _hash_name(payload.value, problems)
    reading = _Reading(_HASHES[algorithm])
    for number, raw in enumerate(raws, 1):
        problems += reading.read(number, raw)
    disclosures = tuple(reading.readable.values())
    problems += _salt_problems(reading.readable)
    placing = _Placing(
        {disclosure.digest: disclosure for disclosure in disclosures},
        digest_length=len(reading.digest("")) if known else None,
    )
    claims = placing.root(payload.value)
    problems += placing.problems
    if known:
        problems += [
            Problem("disclosure-unreferenced", "no digest leads to this disclosure", f"disclosure {number}")
            for number, disclosure in reading.readable.items()
            if disclosure.digest not in placing.seen
        ]
    return SdJwt(
        jws=jws,
        disclosures=disclosures,
        key_binding=key_binding,
        payload=payload.value,
        claims=claims,
        problems=tuple(problems),
        disclosed=frozenset(placing.disclosed),
    )


def _payload(jws: jose.Jws) -> strict_json.JsonDocument:
    try:
        payload = strict_json.parse(jws.payload)
    except strict_json.JsonError as error:
        raise SdJwtError("payload-not-object", f"the payload is not readable JSON: {error.detail}") from None
    if not isinstance(payload.value, dict):
        raise SdJwtError("payload-not-object", f"the payload is {json_type(payload.value)}, not an object")
    return payload


def _take_last(raws: list[str], problems: list[Problem]) -> str | None:
    """Take what follows the last tilde off the list; give it back when it is a Key Binding JWT."""
    if raws and raws[-1] == "":
        raws.pop()
        return None
    if raws and raws[-1].count(".") == 2:
        problems.append(Problem("key-binding-present", "a Key Binding JWT follows the last tilde"))
        return raws.pop()
    problems.append(Problem("final-tilde-missing", "the text does not end with a tilde"))
    return None


def _hash_name(payload: Mapping[str, Json], problems: list[Problem]) -> tuple[str, bool]:
    """Give the hash to use and whether it is the one the issuer names."""
    name = payload.get("_sd_alg", _DEFAULT_HASH)
    if not isinstance(name, str):
        problems.append(Problem("sd-alg-type", f"_sd_alg is {json_type(name)}", "/_sd_alg"))
    elif name not in _HASHES:
        problems.append(Problem("sd-alg-unknown", f"_sd_alg is {shown(name)}", "/_sd_alg"))
    else:
        if len(_HASHES[name](b"")) < _MIN_DIGEST_BYTES:
            problems.append(Problem("sd-alg-weak", f"{name} is truncated", "/_sd_alg"))
        return name, True
    return _DEFAULT_HASH, False


@dataclass
class _Reading:
    """Reads the disclosures one by one."""

    hash: _Hash
    readable: dict[int, Disclosure] = field(default_factory=dict)
    """Number in the text to disclosure."""
    _raws: set[str] = field(default_factory=set)

    def digest(self, raw: str) -> str:
        return base64url.encode(self.hash(raw.encode()))

    def read(self, number: int, raw: str) -> Iterable[Problem]:
        """Read one disclosure and keep it, or say why not."""
        place = f"disclosure {number}"
        if raw in self._raws:
            yield Problem("disclosure-repeated", "the same disclosure stands earlier in the text", place)
            return
        self._raws.add(raw)
        if not raw:
            yield Problem("disclosure-base64url", "the disclosure is empty", place)
            return
        try:
            document = strict_json.parse(base64url.decode(raw))
        except base64url.Base64UrlError as error:
            yield Problem("disclosure-base64url", error.detail, place)
            return
        except strict_json.JsonError as error:
            yield Problem("disclosure-json", error.detail, place)
            return
        yield from located(place, document.problems)
        yield from self._elements(number, raw, document.value)

    def _elements(self, number: int, raw: str, elements: Json) -> Iterable[Problem]:
        place = f"disclosure {number}"
        if not isinstance(elements, list):
            yield Problem("disclosure-json", f"the disclosure is {json_type(elements)}, not an array", place)
            return
        if len(elements) not in {2, 3}:
            yield Problem("disclosure-element-count", f"{len(elements)} elements instead of 2 or 3", place)
            return
        salt, name, value = elements[0], elements[1] if len(elements) == 3 else None, elements[-1]
        if not isinstance(salt, str):
            yield Problem("disclosure-salt-type", f"the salt is {json_type(salt)}", place)
        if len(elements) == 3 and not isinstance(name, str):
            yield Problem("disclosure-name-type", f"the claim name is {json_type(name)}", place)
            return
        if name in RESERVED:
            yield Problem("disclosure-name-reserved", f"the claim name is {name}", place)
        self.readable[number] = Disclosure(raw, salt, name, value, self.digest(raw))


def _salt_problems(disclosures: Mapping[int, Disclosure]) -> Iterable[Problem]:
    salts = {number: d.salt for number, d in disclosures.items() if isinstance(d.salt, str)}
    times = Counter(salts.values())
    for number, salt in salts.items():
        place = f"disclosure {number}"
        if times[salt] > 1:
            yield Problem("salt-reused", f"{times[salt]} disclosures have this salt", place)
        bits = _most_bits(salt)
        if bits < _MIN_SALT_BITS:
            yield Problem("salt-short", f"at most {bits:.0f} random bits can be in the salt", place)


def _most_bits(salt: str) -> float:
    """Give the most random bits that a salt of this form and length can hold."""
    for form, per_character, besides in _SALT_FORMS:
        if form.fullmatch(salt):
            return per_character * len(salt.rstrip("=")) + besides
    return 8.0 * len(salt.encode())


@dataclass
class _Placing:
    """Puts disclosed claims where their digests stand (RFC 9901 section 7.1 step 3)."""

    by_digest: Mapping[str, Disclosure]
    digest_length: int | None
    """Characters of a digest; ``None`` when the hash is not known."""
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """Every digest that was met."""
    disclosed: set[str] = field(default_factory=set)

    def root(self, payload: Mapping[str, Json]) -> dict[str, Json]:
        return self._object({name: value for name, value in payload.items() if name != "_sd_alg"}, ())

    def _problem(self, kind: str, detail: str, path: _Path) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(kind, detail, pointer(*path)))

    def _value(self, value: Json, path: _Path) -> Json:
        if not isinstance(value, (dict, list)):
            return value
        if len(path) >= MAX_DEPTH:
            self._problem("too-deep", f"more than {MAX_DEPTH} levels", path)
            return None
        return self._object(value, path) if isinstance(value, dict) else self._array(value, path)

    def _object(self, members: Mapping[str, Json], path: _Path) -> dict[str, Json]:
        claims: dict[str, Json] = {}
        for name, value in members.items():
            if name == "...":
                self._problem("ellipsis-misplaced", "... is no claim name", (*path, name))
            elif name != "_sd":
                if name == "_sd_alg":
                    self._problem("sd-alg-nested", "_sd_alg stands below the top level", (*path, name))
                claims[name] = self._value(value, (*path, name))
        for digest in self._digests(members, path):
            disclosure = self._find(digest, (*path, "_sd"))
            if disclosure is not None:
                self._insert(claims, disclosure, path)
        return claims

    def _digests(self, members: Mapping[str, Json], path: _Path) -> list[str]:
        digests = members.get("_sd")
        if "_sd" not in members:
            return []
        if not isinstance(digests, list):
            self._problem("sd-not-array", f"_sd is {json_type(digests)}", (*path, "_sd"))
            return []
        strings = [digest for digest in digests if isinstance(digest, str)]
        if len(strings) < len(digests):
            self._problem("sd-not-array", "_sd holds something else than strings", (*path, "_sd"))
        if not digests:
            self._problem("sd-empty", "_sd is empty", (*path, "_sd"))
        return strings

    def _find(self, digest: str, path: _Path) -> Disclosure | None:
        """Note a digest that was met and give the disclosure it leads to."""
        if digest in self.seen:
            self._problem("digest-repeated", "this digest stands elsewhere too", path)
            return None
        self.seen.add(digest)
        if self.digest_length is not None and not self._is_digest(digest):
            self._problem("digest-malformed", f"no base64url of {self.digest_length} characters", path)
        return self.by_digest.get(digest)

    def _is_digest(self, digest: str) -> bool:
        if len(digest) != self.digest_length:
            return False
        try:
            base64url.decode(digest)
        except base64url.Base64UrlError:
            return False
        return True

    def _insert(self, claims: dict[str, Json], disclosure: Disclosure, path: _Path) -> None:
        name = disclosure.name
        if name is None:
            self._problem("disclosure-element-count", "_sd leads to a disclosure of two elements", (*path, "_sd"))
            self._value(disclosure.value, (*path, "_sd"))
            return
        # The value is processed even where it cannot stay, so that the disclosures below it count as referenced.
        value = self._value(disclosure.value, (*path, name))
        if name in RESERVED:
            return
        if name in claims:
            self._problem("claim-name-exists", "a claim of this name is already there", (*path, name))
            return
        if name == "_sd_alg":
            self._problem("sd-alg-nested", "_sd_alg comes from a disclosure", (*path, name))
        claims[name] = value
        self.disclosed.add(pointer(*path, name))

    def _array(self, elements: list[Json], path: _Path) -> list[Json]:
        result: list[Json] = []
        for element in elements:
            here = (*path, len(result))
            if not isinstance(element, dict) or "..." not in element:
                result.append(self._value(element, here))
                continue
            disclosure = self._element(element, here)
            if disclosure is not None:
                self.disclosed.add(pointer(*here))
                result.append(self._value(disclosure.value, here))
        return result

    def _element(self, element: Mapping[str, Json], path: _Path) -> Disclosure | None:
        if len(element) > 1:
            self._problem("ellipsis-other-keys", "the element has members besides ...", path)
        digest = element["..."]
        if not isinstance(digest, str):
            self._problem("ellipsis-type", f"the digest is {json_type(digest)}", path)
            return None
        disclosure = self._find(digest, path)
        if disclosure is not None and disclosure.name is not None:
            self._problem("disclosure-element-count", "... leads to a disclosure of three elements", path)
        return disclosure
