"""Faults of the revocation lists of mobile documents (ISO/IEC 18013-5 second edition clause 12.3.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import serialization

from harness.reference import cbor, keys, token_status_list
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault
from harness.reference.identifier_list import IdentifierList, identifier
from harness.reference.keys import SigningKey
from harness.reference.status_token import MDOC, CwtToken, Token, jwt_token
from harness.reference.token_status_list import StatusList

JsonObject = dict[str, Any]

_DAY = 24 * 3600
_ES256K, _HMAC, _MAC0, _CWT, _EPOCH = -47, 5, 17, 61, 1
_CRIT, _UNKNOWN_LABEL, _TTL = 2, 4711, 65534
_UNKNOWN_TYPE = "application/statuslist+cwt"


# The reference in the MSO


def _reference(mechanism: str) -> Callable[[str, str, Callable[[JsonObject], Any]], None]:
    def register(identifier: str, description: str, change: Callable[[JsonObject], Any]) -> None:
        def spoil(mso: JsonObject, _: Context) -> None:
            found = mso.get("status", {}).get(mechanism)
            if found is not None:
                # The document still has the reference itself.
                mso["status"] = {mechanism: dict(found)}
                change(mso["status"][mechanism])

        fault(f"mso:{identifier}", description)(spoil)

    return register


_identified = _reference("identifier_list")
_identified("identifier-missing", "The identifier_list has no id.", lambda info: info.pop("id"))
_identified("identifier-text", "The id is a text.", lambda info: info.update(id=info["id"].hex()))
_identified("identifier-list-uri-missing", "The identifier_list has no uri.", lambda info: info.pop("uri"))
_identified("identifier-list-uri-relative", "The uri is a path.", lambda info: info.update(uri="/status"))


def _named(identifier: str, description: str, certificate: Callable[[], Any]) -> None:
    """Register a fault that changes the certificate which the MSO names for its revocation list."""

    def spoil(mso: JsonObject, _: Context) -> None:
        if "status" in mso:
            named = {name: {**info, "certificate": certificate()} for name, info in mso["status"].items()}
            mso["status"] = named

    fault(f"mso:{identifier}", description)(spoil)


_named(
    "status-certificate-garbage",
    "The certificate that is named for the revocation list is none.",
    lambda: b"certificate",
)
_named(
    "status-certificate-text",
    "The certificate that is named for the revocation list is a text.",
    lambda: "certificate",
)
_named(
    "status-certificate-of-stranger",
    "The certificate that is named for the revocation list is that of another authority.",
    lambda: keys.foreign_root().certificate.public_bytes(serialization.Encoding.DER),
)


@fault("mso:identifier-list-array")
def identifier_list_array(mso: JsonObject, _: Context) -> None:
    """The identifier_list is an array."""
    info = mso.get("status", {}).get("identifier_list")
    if info is not None:
        mso["status"] = {"identifier_list": list(info.values())}


# The answer


def _answer(identifier: str, description: str, change: Callable[[Reply], Any]) -> None:
    def spoil(reply: Reply, context: Context) -> None:
        if context.variant.status == "identifier_list":
            change(reply)

    fault(f"status-response:{identifier}", description)(spoil)


def _as_json(reply: Reply) -> None:
    reply.body = {"identifiers": []}


_answer("identifier-list-missing", "There is no identifier list at its URL.", lambda reply: _become(reply, 404))
_answer(
    "identifier-list-media-type",
    "The identifier list is sent as application/cwt.",
    lambda reply: reply.headers.update({"Content-Type": "application/cwt"}),
)
_answer("identifier-list-json", "The identifier list is a JSON object.", _as_json)


def _become(reply: Reply, status: int) -> None:
    reply.status = status


# The token


def _of_list(identifier: str, description: str, change: Callable[[CwtToken, Context], Any]) -> None:
    """Register a fault of a token with an identifier list."""

    def spoil(token: Token, context: Context) -> None:
        if isinstance(token, CwtToken) and "identifier_list" in token.claims:
            change(token, context)

    fault(f"status-token:{identifier}", description)(spoil)


def _of_mdoc(identifier: str, description: str, change: Callable[[CwtToken, Context], Any]) -> None:
    """Register a fault of a token with any revocation list of mobile documents."""

    def spoil(token: Token, context: Context) -> None:
        if isinstance(token, CwtToken) and "x5chain" in token.header:
            change(token, context)

    fault(f"status-token:{identifier}", description)(spoil)


def _without(claim: str) -> Callable[[CwtToken, Context], None]:
    def change(token: CwtToken, _: Context) -> None:
        token.claims.pop(claim)

    return change


def _with(claim: Any, value: Any) -> Callable[[CwtToken, Context], None]:
    def change(token: CwtToken, _: Context) -> None:
        token.claims[claim] = value

    return change


def _header(name: Any, value: Any) -> Callable[[CwtToken, Context], None]:
    def change(token: CwtToken, _: Context) -> None:
        token.header[name] = value

    return change


class _Twin(int):
    """A number that stands in a map beside itself."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Twin)


class _Mac(SigningKey):
    """A key that makes something as long as a MAC."""

    def sign(self, data: bytes) -> bytes:
        return hashlib.sha256(data).digest()


def _with_mac(token: CwtToken, _: Context) -> None:
    if token.key is not None:
        token.header["alg"] = _HMAC
        token.tags = (_MAC0,)
        token.key = _Mac(token.key.algorithm, token.key.jwk)


def _critical(token: CwtToken, _: Context) -> None:
    unknown: dict[Any, Any] = {_CRIT: [_UNKNOWN_LABEL], _UNKNOWN_LABEL: True}
    token.header.update(unknown)


def _unprotected(token: CwtToken, _: Context) -> None:
    token.unprotected["x5chain"] = token.header.pop("x5chain")


_of_list("identifier-list-sub-missing", "The identifier list has no sub.", _without("sub"))
_of_list(
    "identifier-list-sub-other",
    "The sub of the identifier list is another URL.",
    lambda token, _: token.claims.update(sub=f"{token.claims['sub']}-other"),
)
_of_list("identifier-list-iat-missing", "The identifier list has no iat.", _without("iat"))
_of_list("identifier-list-iat-text", "The iat of the identifier list is a text.", _with("iat", "today"))
_of_list(
    "identifier-list-iat-future",
    "The identifier list is issued tomorrow.",
    lambda token, context: token.claims.update(iat=context.now() + _DAY, exp=context.now() + 2 * _DAY),
)
_of_list("identifier-list-exp-missing", "The identifier list has no exp.", _without("exp"))
_of_list(
    "identifier-list-expired",
    "The identifier list has expired.",
    lambda token, context: token.claims.update(iat=context.now() - 2 * _DAY, exp=context.now() - _DAY),
)
_of_list("identifier-list-ttl-zero", "The ttl of the identifier list is 0.", _with("ttl", 0))
_of_list("identifier-list-ttl-text", "The ttl of the identifier list is a text.", _with("ttl", "30"))
_of_list("both-lists", "The identifier list has a Token Status List, too.", _with(65533, {"bits": 1, "lst": b""}))
_of_list("identifier-list-missing", "The token has no identifier list.", _without("identifier_list"))
_of_list(
    "identifier-list-text-key",
    "The Claim Key of the identifier list is a text.",
    lambda token, _: token.claims.update(IdentifierList=token.claims.pop("identifier_list")),
)
_of_list("identifier-list-typ-missing", "The header has no type.", lambda token, _: token.header.pop("typ"))
_of_list("identifier-list-typ-other", "The type is that of a status list.", _header("typ", _UNKNOWN_TYPE))
_of_list("identifier-list-typ-short", "The type has no application/.", _header("typ", "identifierlist+cwt"))
_of_list(
    "identifier-list-array",
    "The payload is no map of claims.",
    lambda token, _: setattr(token, "claims", [token.claims]),
)
_of_list(
    "identifier-list-critical",
    "The header marks a parameter as critical that nobody knows.",
    _critical,
)
_of_list(
    "identifier-list-tag-alone",
    "The tag of a CWT stands without one of COSE.",
    lambda token, _: setattr(token, "tags", (_CWT,)),
)
_of_list("identifier-list-byte-key", "A claim has a byte string as key.", _with(b"note", "text"))
_of_list("identifier-list-iss-number", "The iss is a number.", _with("iss", 1))
_of_list(
    "identifier-list-dates-tagged",
    "The dates have the tag 1.",
    lambda token, _: token.claims.update({name: cbor.Tag(_EPOCH, token.claims[name]) for name in ("iat", "exp")}),
)
_of_list(
    "identifier-list-map-twice",
    "Two claims have the same key.",
    lambda token, _: token.claims.update({_Twin(_TTL): token.claims["ttl"]}),
)
_of_mdoc("mdoc-algorithm-other", "The algorithm is one that no mobile document uses.", _header("alg", _ES256K))
_of_mdoc("mdoc-mac", "The revocation list carries a MAC.", _with_mac)
_of_mdoc("x5chain-missing", "No certificate comes with the list.", lambda token, _: token.header.pop("x5chain"))
_of_mdoc("x5chain-unprotected", "The certificate of the list is not protected.", _unprotected)


@fault("status-token:mdoc-exp-missing")
def exp_missing(token: Token, context: Context) -> None:
    """The status list of a mobile document has no exp."""
    if "status_list" in token.claims and _is_of_mdocs(context):
        token.claims.pop("exp")


def _is_of_mdocs(context: Context) -> bool:
    return set(context.statuses.formats.values()) == {MDOC}


@fault("status-list:mdoc-bits-two")
def bits_two(draft: StatusList, context: Context) -> None:
    """The status list of a mobile document has two bits for each entry."""
    if _is_of_mdocs(context):
        draft.bits, draft.array = 2, bytes(2 * len(draft.array))


@fault("status-response:mdoc-jwt")
def mdoc_jwt(reply: Reply, context: Context) -> None:
    """The status list of a mobile document is a JWT."""
    if _is_of_mdocs(context):
        (name,) = context.statuses.formats
        draft = StatusList(1, token_status_list.packed(1, frozenset()), None)
        now = context.now()
        claims = {"sub": context.status_list_url(name), "iat": now, "exp": now + _DAY, "ttl": 30}
        token = jwt_token(context, "statuslist+jwt", {**claims, "status_list": draft.members("jwt")})
        reply.body = token.signed()
        reply.headers["Content-Type"] = token_status_list.MEDIA_TYPES["jwt"]


# The structure


@fault("identifier-list:identifiers-missing")
def identifiers_missing(draft: IdentifierList, _: Context) -> None:
    """The list has revoked identifiers under another name."""
    draft.further["revoked"] = draft.identifiers
    draft.without.add("identifiers")


@fault("identifier-list:identifiers-array")
def identifiers_array(draft: IdentifierList, _: Context) -> None:
    """The identifiers are an array."""
    draft.further["identifiers"] = list(draft.identifiers)


@fault("identifier-list:identifier-text")
def identifier_text(draft: IdentifierList, _: Context) -> None:
    """An identifier is a text."""
    draft.identifiers["4711"] = {}


@fault("identifier-list:information-number")
def information_number(draft: IdentifierList, _: Context) -> None:
    """What is said of an identifier is a number."""
    draft.identifiers[identifier(4711)] = 1


@fault("identifier-list:aggregation-uri-path")
def aggregation_uri_path(draft: IdentifierList, _: Context) -> None:
    """The aggregation_uri is a path."""
    draft.aggregation_uri = "/status"


@fault("identifier-list:aggregation-uri-array")
def aggregation_uri_array(draft: IdentifierList, context: Context) -> None:
    """The aggregation_uri is an array."""
    draft.further["aggregation_uri"] = [f"{context.issuer_url}/status"]


@fault("identifier-list:all-issued")
def all_issued(draft: IdentifierList, context: Context) -> None:
    """The list has the identifiers of all documents, revoked or not."""
    for taken in context.statuses.taken.values():
        draft.identifiers.update({identifier(index): {} for index in taken})
