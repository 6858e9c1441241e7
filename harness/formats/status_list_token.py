"""Status List Tokens, as JWT and as CWT (Token Status List draft 12 sections 4 and 5).

What the answer looks like decides which of the two it is, not its media type, so that a wrong one hides nothing.

Problems, the same for both forms; pointers lead into the claims, by name in a JWT and by key in a CWT, or into the
header after ``header`` (JWT), ``protected`` or ``unprotected`` (CWT):

- ``typ-missing``, ``typ-wrong``: the header's ``typ`` is not ``statuslist+jwt`` (5.1), be it after
  ``application/``, which says the same (RFC 7515 section 4.1.9), or the protected parameter 16 is neither
  ``application/statuslist+cwt`` nor the number of a Content-Format (5.2).
- ``sub-missing``, ``sub-not-uri``: no ``sub`` that is a URI (5.1, 5.2).
- ``iat-missing``, ``iat-form``: no ``iat`` that is a number (5.1, 5.2).
- ``exp-form``: ``exp`` is no number (5.1, 5.2).
- ``ttl-form``: ``ttl`` is no positive number, or no positive unsigned integer of CBOR (5.1, 5.2).
- ``status-list-missing``: no ``status_list`` (5.1, 5.2).
- those of ``status_list``.
- ``not-secured``: neither a signature nor a MAC: the algorithm is ``none``, or the signature is empty (5.1, 5.2).
- ``token-white-space``: white space around a JWT (5.1; RFC 7515 section 7.1).
- of a JWT: ``duplicate-name`` (RFC 7519 section 4), those of ``jose`` and, except of the claims above, of
  ``jwt_claims``.
- of a CWT: those of ``cwt``, except ``cwt-claim-type`` of the claims above.

Problems of :meth:`StatusListToken.validity`: those of ``jwt_claims.validity``.

Errors: those of ``jose.parse_compact``, ``strict_json.parse`` and ``cwt.read``, and

- ``token-form``: neither a JWT nor a CWT (8.2).
- ``payload-not-object``: the payload of a JWT is no JSON object (RFC 7519 section 7.2).

Errors of :meth:`StatusListToken.value_of`:

- ``status-unreadable``: the list cannot be unpacked.
- ``status-out-of-range``: it has no entry at the index (8.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.formats import cose, cwt, jose, jwt_claims, status_list, strict_json, text
from harness.formats.clock import SKEW_S
from harness.formats.problems import FormatError, Problem, json_type, located, shown
from harness.formats.signer import Signer
from harness.formats.status_list import Form, StatusList
from harness.formats.status_reference import Reference
from harness.formats.strict_json import pointer
from harness.model import Json

if TYPE_CHECKING:
    from harness.formats.status_document import StatusDocument

MEDIA_TYPES = {Form.JWT: "application/statuslist+jwt", Form.CWT: "application/statuslist+cwt"}
"""Form to the media type of the answer (8.2)."""

_JWT_TYPE = "statuslist+jwt"
_TYP = 16
_MAX_CONTENT_FORMAT = 65_535
_NO_LIST = StatusList(unread=Problem("status-list-missing", "the token has no status_list"))
_OWN_CLAIMS = {2: "sub", 4: "exp", 6: "iat", 65534: "ttl", 65533: "status_list"}
_JWT = re.compile(rb"\s*+[A-Za-z0-9_=-]*+\.[A-Za-z0-9_=-]*+\.[A-Za-z0-9_=-]*+\s*+")
_READABLE_START = re.compile(rb"\s*+[<{\[\"A-Za-z0-9]")


@dataclass(frozen=True)
class StatusListToken:
    """A Status List Token as read; nothing is said about its signature yet."""

    token: jose.Jws | cwt.Cwt
    claims: dict[str, Any]
    """The claims by the names that they have in a JWT, without those that no JWT knows."""
    status_list: StatusList
    problems: tuple[Problem, ...]

    @property
    def form(self) -> Form:
        """Whether it is a JWT or a CWT."""
        return Form.CWT if isinstance(self.token, cwt.Cwt) else Form.JWT

    @property
    def has_mac(self) -> bool:
        """Whether it is secured by a MAC, which only who shares the key can verify."""
        if isinstance(self.token, cwt.Cwt):
            return self.token.has_mac
        return self.algorithm in jose.SYMMETRIC_ALGORITHMS

    @property
    def subject(self) -> Json:
        """The ``sub``, as it came."""
        found: Json = self.claims.get("sub")
        return found

    @property
    def issued_at(self) -> float | None:
        """The ``iat``, in seconds since 1970."""
        return cwt.numeric_date(self.claims.get("iat"))

    @property
    def expires(self) -> float | None:
        """The ``exp``, in seconds since 1970."""
        return cwt.numeric_date(self.claims.get("exp"))

    @property
    def ttl(self) -> float | None:
        """The ``ttl``, in seconds, when it is a positive number."""
        found = jwt_claims.number(self.claims.get("ttl"))
        return found if found is not None and found > 0 else None

    @property
    def algorithm(self) -> str | int | None:
        """The ``alg``: its name in a JWT, its number in a CWT."""
        if isinstance(self.token, cwt.Cwt):
            return self.token.message.algorithm
        found = self.token.header.get("alg")
        return found if isinstance(found, str) else None

    @property
    def signer(self) -> Signer:
        """What points at the key (11.3): the same ways as from the credential, none of which it has to use."""
        if isinstance(self.token, jose.Jws):
            header = self.token.header
            ways = ("x5c", "jwt-vc-issuer", "did", "jwks")
            return Signer(ways, self.claims.get("iss"), header.get("kid"), header.get("x5c"))
        message = self.token.message
        ways = ("x5chain", "jwt-vc-issuer", "did", "jwks")
        chain = message.unprotected.get(cose.X5CHAIN, message.protected.get(cose.X5CHAIN))
        kid = message.protected.get(cose.KID, message.unprotected.get(cose.KID))
        return Signer(ways, self.claims.get("iss"), _text_of(kid), chain)

    @property
    def size(self) -> int | None:
        """How many entries it has; ``None`` when they cannot be unpacked."""
        array = self.status_list.array
        return None if array is None else array.size

    def value_of(self, reference: Reference) -> int:
        """Give the value of one credential.

        Raises:
            FormatError: there is none; the kinds are in the module's docstring.

        """
        array, unread = self.status_list.array, self.status_list.unread
        if array is None or reference.index is None:
            reason = "the reference has no index" if unread is None else unread.detail
            raise FormatError("status-unreadable", reason)
        return array.value(reference.index)

    def changed(self, other: StatusDocument) -> tuple[int, ...]:
        """Give the positions whose values differ in another edition of the list."""
        own = self.status_list.array
        others = other.status_list.array if isinstance(other, StatusListToken) else None
        return own.changed(others) if own is not None and others is not None else ()

    def validity(self, now: float, skew: float = SKEW_S) -> tuple[Problem, ...]:
        """Judge ``exp``, ``nbf`` and ``iat``; one that is missing or no number says nothing here.

        Args:
            now: seconds since 1970 in UTC.
            skew: seconds that the issuer's clock may be off.

        """
        if isinstance(self.token, cwt.Cwt):
            return self.token.validity(now, skew)
        return jwt_claims.validity(self.claims, now, skew)

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it; a MAC never passes.

        Raises:
            SignatureError: it did not; see ``jose.verify`` and ``cose.verify``.

        """
        if isinstance(self.token, cwt.Cwt):
            self.token.verify(jwk)
        else:
            jose.verify(self.token, jwk)


def read(body: bytes, media_type: str | None = None) -> StatusListToken:
    """Read the body of an answer.

    Args:
        body: as it came, without content coding.
        media_type: in lower case without parameters; it counts where the body does not show what it is.

    Raises:
        FormatError: it is no Status List Token that can be read; the kinds are in the module's docstring.

    """
    if not body:
        raise FormatError("token-form", "the answer is empty")
    is_text = _READABLE_START.match(body) is not None
    if _JWT.fullmatch(body) or (is_text and media_type == MEDIA_TYPES[Form.JWT]):
        return _of_jwt(body)
    if is_text and media_type != MEDIA_TYPES[Form.CWT]:
        raise FormatError("token-form", "the answer is neither a JWT nor a CWT")
    return _of_cwt(body)


# The form of a JWT


def _of_jwt(body: bytes) -> StatusListToken:
    decoded = body.decode("utf-8", "replace")
    compact = decoded.strip(" \t\r\n")
    jws = jose.parse_compact(compact)
    payload = strict_json.parse(jws.payload)
    if not isinstance(payload.value, dict):
        raise FormatError("payload-not-object", f"the payload is {json_type(payload.value)}, not an object")
    claims: dict[str, Any] = dict(payload.value)
    types = {name: kinds for name, kinds in jwt_claims.CLAIM_TYPES.items() if name not in _OWN_CLAIMS.values()}
    listed = status_list.read(claims["status_list"], Form.JWT) if "status_list" in claims else _NO_LIST
    problems = (
        *([Problem("token-white-space", "white space stands around the JWT")] if compact != decoded else []),
        *jws.problems,
        *_typ_problems(jws.header),
        *([] if jws.signature and jws.header.get("alg") != "none" else [_not_secured("header/alg")]),
        *payload.problems,
        *jwt_claims.type_problems(claims, types),
        *jwt_claims.uri_problems({name: value for name, value in claims.items() if name != "sub"}),
        *_claim_problems(claims, Form.JWT),
        *located(_place("status_list", Form.JWT), listed.problems),
    )
    return StatusListToken(jws, claims, listed, problems)


def _typ_problems(header: Mapping[str, Json]) -> Iterator[Problem]:
    typ = header.get("typ")
    if "typ" not in header:
        yield Problem("typ-missing", "the header has no typ", "header")
    elif not isinstance(typ, str) or typ.lower().removeprefix("application/") != _JWT_TYPE:
        yield Problem("typ-wrong", f"typ is {shown(typ)} instead of {_JWT_TYPE}", "header/typ")


# The form of a CWT


def _of_cwt(body: bytes) -> StatusListToken:
    token = cwt.read(body)
    claims = {
        name: token.claims[key]
        for key, name in {**cwt.CLAIM_KEYS, **_OWN_CLAIMS}.items()
        if key in token.claims and name != "cti"
    }
    listed = status_list.read(claims["status_list"], Form.CWT) if "status_list" in claims else _NO_LIST
    own = {pointer(key) for key in _OWN_CLAIMS}
    problems = (
        *(one for one in token.problems if one.kind != "cwt-claim-type" or one.pointer not in own),
        *_content_format_problems(token.message),
        *([] if token.message.signature else [_not_secured("protected/1")]),
        *_claim_problems(claims, Form.CWT),
        *located(_place("status_list", Form.CWT), listed.problems),
    )
    return StatusListToken(token, claims, listed, problems)


def _content_format_problems(message: cose.Sign1) -> Iterator[Problem]:
    if _TYP not in message.protected:
        where = "is unprotected only" if _TYP in message.unprotected else "is missing"
        yield Problem("typ-missing", f"the parameter 16 (typ) {where}", "protected")
        return
    typ = message.protected[_TYP]
    # The number of the Content-Format is not assigned yet.
    numbered = isinstance(typ, int) and not isinstance(typ, bool) and 0 <= typ <= _MAX_CONTENT_FORMAT
    if not numbered and not (isinstance(typ, str) and typ.lower() == MEDIA_TYPES[Form.CWT]):
        detail = f"the parameter 16 (typ) is {shown(typ)} instead of {MEDIA_TYPES[Form.CWT]}"
        yield Problem("typ-wrong", detail, f"protected/{_TYP}")


def _text_of(kid: Any) -> Json:
    """Give the key identifier of a CWT as a JWT would spell it, when it is a text."""
    try:
        return kid.decode() if isinstance(kid, bytes) else None
    except UnicodeDecodeError:
        return None


# Both forms


def _not_secured(place: str) -> Problem:
    return Problem("not-secured", "the token has neither a signature nor a MAC", place)


def _place(name: str, form: Form) -> str:
    key = next(key for key, known in _OWN_CLAIMS.items() if known == name)
    return pointer(key if form is Form.CWT else name)


def _claim_problems(claims: Mapping[str, Any], form: Form) -> Iterator[Problem]:
    for name in ("sub", "iat", "status_list"):
        if name not in claims:
            yield Problem(f"{name.replace('_', '-')}-missing", f"the claims have no {name}", "")
    subject = claims.get("sub")
    if "sub" in claims and not (isinstance(subject, str) and text.is_uri(subject)):
        yield Problem("sub-not-uri", f"sub is {shown(subject)}", _place("sub", form))
    for name in ("iat", "exp"):
        if name in claims and cwt.numeric_date(claims[name]) is None:
            yield Problem(f"{name}-form", f"{name} is {shown(claims[name])}", _place(name, form))
    if "ttl" in claims and not _is_ttl(claims["ttl"], form):
        yield Problem("ttl-form", f"ttl is {shown(claims['ttl'])}", _place("ttl", form))


def _is_ttl(value: Any, form: Form) -> bool:
    number = jwt_claims.number(value)
    return number is not None and number > 0 and (form is Form.JWT or isinstance(value, int))
