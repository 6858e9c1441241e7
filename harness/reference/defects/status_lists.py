"""Faults of Token Status Lists, of their aggregation and of how both are served (Token Status List draft 12)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

from harness.reference import token_status_list
from harness.reference.cbor import Tag
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.encoding import Twin, base64url
from harness.reference.faults import fault
from harness.reference.lifetime import HOUR
from harness.reference.status_lists import ListReply
from harness.reference.status_token import CwtToken, Token
from harness.reference.token_status_list import MEDIA_TYPES, StatusList

_CRIT, _TYP, _UNKNOWN = 2, 16, -70001
"""Header parameters of COSE; the last is for private use (RFC 9052 section 3)."""
_EPOCH_TAG, _CWT_TAG = 1, 61


# The list before it is written down (section 4)


def _bare_deflate(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(data) + packing.flush()


def _with_other_checksum(data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    return packed[:-1] + bytes([packed[-1] ^ 1])


_COMPRESSIONS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("as GZIP data", gzip.compress),
    "bare-deflate": ("as DEFLATE data without the ZLIB format", _bare_deflate),
    "not-packed": ("not at all", bytes),
    "cut": ("as ZLIB data that end early", lambda data: zlib.compress(data, 9)[:-4]),
    "checksum": ("as ZLIB data with the checksum of others", _with_other_checksum),
    "trailing-bytes": ("as ZLIB data with more bytes behind them", lambda data: zlib.compress(data, 9) + b"\x00"),
    "not-compressed": ("as ZLIB data at the level 0", lambda data: zlib.compress(data, 0)),
}


def _compress(name: str, how: str, compress: Callable[[bytes], bytes]) -> None:
    def spoil(draft: StatusList, _: Context) -> None:
        draft.compress = compress

    fault(f"status-list:{name}", f"The entries are packed {how}.")(spoil)


for _name, (_how, _packing) in _COMPRESSIONS.items():
    _compress(_name, _how, _packing)


@fault("status-list:bits-text")
def bits_text(draft: StatusList, _: Context) -> None:
    """The bits are a text."""
    draft.bits = str(draft.bits)


@fault("status-list:bits-three")
def bits_three(draft: StatusList, _: Context) -> None:
    """An entry is said to have three bits."""
    draft.bits = 3


@fault("status-list:bits-too-few")
def bits_too_few(draft: StatusList, _: Context) -> None:
    """An entry has a single bit, though credentials can be suspended."""
    per_byte = 8 // draft.bits
    array = bytearray(len(draft.array) // draft.bits)
    for place, byte in enumerate(draft.array):
        for position in range(per_byte if byte else 0):
            index = place * per_byte + position
            array[index // 8] |= (byte >> position * draft.bits & 1) << index % 8
    draft.bits, draft.array = 1, bytes(array)


@fault("status-list:too-short")
def too_short(draft: StatusList, context: Context) -> None:
    """The list ends before the first entry that was given to a credential."""
    first = min((index for taken in context.statuses.taken.values() for index in taken), default=0)
    draft.array = draft.array[: first * draft.bits // 8]


def _first(name: str, value: int, description: str) -> None:
    """Register a fault that gives the first credential a value which nobody asked for."""

    def spoil(draft: StatusList, context: Context) -> None:
        for place in context.statuses.in_order()[:1]:
            at, shift = divmod(place.index * draft.bits, 8)
            array = bytearray(draft.array)
            array[at] |= value << shift
            draft.array = bytes(array)

    fault(f"status-list:{name}", description)(spoil)


_first("first-invalid", 1, "The first credential is INVALID from the beginning.")
_first("first-suspended", 2, "The first credential is SUSPENDED from the beginning.")
_first("first-reserved", 5, "The first credential has a reserved value from the beginning.")


@fault("status-list:aggregation-uri-path")
def aggregation_uri_path(draft: StatusList, _: Context) -> None:
    """The aggregation_uri is a path."""
    draft.aggregation_uri = "/status"


@fault("status-list:aggregation-uri-number")
def aggregation_uri_number(draft: StatusList, _: Context) -> None:
    """The aggregation_uri is a number."""
    draft.further["aggregation_uri"] = 1


@fault("status-list:aggregation-uri-dead")
def aggregation_uri_dead(draft: StatusList, context: Context) -> None:
    """The aggregation_uri leads nowhere."""
    draft.aggregation_uri = f"{context.issuer_url}/nowhere"


# The members of the list in the token


def _members(name: str, description: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Register a fault that changes the written list."""

    def spoil(token: Token, _: Context) -> None:
        if "status_list" in token.claims:
            change(token.claims["status_list"])

    fault(f"status-token:list-{name}", description)(spoil)


def _lst(name: str, description: str, change: Callable[[Any], Any]) -> None:
    _members(name, description, lambda members: members.update(lst=change(members["lst"])))


_members("bits-missing", "The status_list has no bits.", lambda members: members.pop("bits"))
_members("lst-missing", "The status_list has no lst.", lambda members: members.pop("lst"))
_lst("lst-padded", "The lst ends with padding.", lambda lst: f"{lst}=")
_lst("lst-wrapped", "There is a line break in the lst.", lambda lst: f"{lst[:8]}\n{lst[8:]}")
_lst(
    "lst-array",
    "The lst is an array of numbers.",
    lambda lst: list(lst[:8].encode() if isinstance(lst, str) else lst),
)
_lst(
    "lst-text",
    "The lst is a text in base64url, in CBOR, too.",
    lambda lst: lst if isinstance(lst, str) else base64url(lst),
)


# The token (section 5)


def _claims(name: str, description: str, change: Callable[[dict[Any, Any], Context], Any]) -> None:
    """Register a fault that changes the claims, those of a CWT alone where its name says so."""

    def spoil(token: Token, context: Context) -> None:
        if isinstance(token, CwtToken) or not name.startswith("cwt-"):
            change(token.claims, context)

    fault(f"status-token:list-{name}", description)(spoil)


_claims("missing", "The token has no status_list.", lambda claims, _: claims.pop("status_list"))
_claims(
    "array",
    "The status_list is an array.",
    lambda claims, _: claims.update(status_list=list(claims["status_list"].values())),
)
_claims("subject-missing", "The token has no sub.", lambda claims, _: claims.pop("sub"))
_claims("subject-number", "The sub is a number.", lambda claims, _: claims.update(sub=1))
_claims(
    "subject-other",
    "The sub is the URI of another list.",
    lambda claims, _: claims.update(sub=f"{claims['sub']}0"),
)
_claims("issued-missing", "The token has no iat.", lambda claims, _: claims.pop("iat"))
_claims("issued-text", "The iat is a text.", lambda claims, _: claims.update(iat=str(claims["iat"])))
_claims(
    "issued-ahead",
    "The token was issued an hour from now.",
    lambda claims, context: claims.update(iat=context.now() + HOUR),
)
_claims("expires-missing", "The token has no exp.", lambda claims, _: claims.pop("exp"))
_claims("ttl-missing", "The token has no ttl.", lambda claims, _: claims.pop("ttl"))
_claims("expires-text", "The exp is a text.", lambda claims, _: claims.update(exp="tomorrow"))
_claims(
    "expired",
    "The token has expired an hour ago.",
    lambda claims, context: claims.update(exp=context.now() - HOUR),
)
_claims(
    "not-yet-valid",
    "The token becomes valid an hour from now.",
    lambda claims, context: claims.update(nbf=context.now() + HOUR),
)


def _ttl(name: str, description: str, change: Callable[[Any], Any]) -> None:
    """Register a fault of the ``ttl``; the list ends as soon, so that nobody keeps it for longer than before."""

    def spoil(claims: dict[Any, Any], context: Context) -> None:
        claims.update(ttl=change(claims["ttl"]), exp=context.now() + claims["ttl"])

    _claims(name, description, spoil)


_ttl("ttl-zero", "The ttl is 0.", lambda _: 0)
_ttl("ttl-text", "The ttl is a text.", str)
_ttl("cwt-ttl-fraction", "The ttl is a fraction.", lambda ttl: ttl - 0.5)
_claims("audience-number", "The aud is a number.", lambda claims, _: claims.update(aud=1))
_claims(
    "claim-twice",
    "A claim stands twice.",
    lambda claims, _: claims.update({Twin("note"): "one", Twin("note"): "two"}),
)
_claims("cwt-claim-key", "A claim has a byte string as key.", lambda claims, _: claims.update({b"note": "text"}))
_claims(
    "cwt-date-tagged",
    "The iat has the tag of an epoch-based date.",
    lambda claims, _: claims.update(iat=Tag(_EPOCH_TAG, claims["iat"])),
)


@fault("status-token:list-claims-array")
def claims_array(token: Token, _: Context) -> None:
    """The payload of the token is an array."""
    token.claims = list(token.claims)


@fault("status-token:list-type-missing")
def type_missing(token: Token, _: Context) -> None:
    """The header has no typ."""
    del token.header["typ"]


@fault("status-token:list-type-other")
def type_other(token: Token, _: Context) -> None:
    """The typ is that of any other token."""
    token.header["typ"] = "application/cwt" if isinstance(token, CwtToken) else "JWT"


@fault("status-token:list-critical")
def critical(token: Token, _: Context) -> None:
    """The header marks an extension as critical that nobody knows."""
    header: dict[Any, Any] = token.header
    if isinstance(token, CwtToken):
        header.update({_CRIT: [_UNKNOWN], _UNKNOWN: True})
    else:
        header.update({"crit": ["assay"], "assay": True})


@fault("status-token:list-cwt-type-twice")
def type_twice(token: Token, _: Context) -> None:
    """The type stands in both headers of the CWT."""
    if isinstance(token, CwtToken):
        token.unprotected[_TYP] = token.header["typ"]


@fault("status-token:list-cwt-tag-alone")
def tag_alone(token: Token, _: Context) -> None:
    """The tag of a CWT stands without one of COSE inside."""
    if isinstance(token, CwtToken):
        token.tags = (_CWT_TAG,)


@fault("status-token:list-unsigned")
def unsigned(token: Token, _: Context) -> None:
    """The signature is empty."""
    token.key = None


@fault("status-token:list-jwt-algorithm-none")
def algorithm_none(token: Token, _: Context) -> None:
    """The token is not secured at all, and says so."""
    token.header["alg"] = "none"
    token.key = None


# The answer (section 8)


def _answer(name: str, description: str) -> Callable[[Callable[[ListReply, Context], Any]], None]:
    """Register a fault that changes the answer with a list."""

    def register(change: Callable[[ListReply, Context], Any]) -> None:
        def spoil(reply: ListReply, context: Context) -> None:
            change(reply, context)

        fault(f"status-response:token-{name}", description)(spoil)

    return register


def _is_cwt(reply: ListReply) -> bool:
    return reply.headers["Content-Type"] == MEDIA_TYPES["cwt"]


@_answer("missing", "The list is not there.")
def _missing(reply: ListReply, _: Context) -> None:
    reply.status = 404


@_answer("redirected-forever", "The list is redirected to where it was asked for.")
def _redirected(reply: ListReply, context: Context) -> None:
    reply.status = 302
    reply.headers["Location"] = next(context.status_list_url(name) for name in context.statuses.formats)


@_answer("json", "The list comes as plain JSON, without a token around it.")
def _as_json(reply: ListReply, _: Context) -> None:
    reply.body = {"status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}}


@_answer("hexadecimal", "The CWT comes in hexadecimal.")
def _hexadecimal(reply: ListReply, _: Context) -> None:
    reply.body = reply.body.hex().encode() if _is_cwt(reply) else reply.body


@_answer("cut", "Half of the token is missing.")
def _cut(reply: ListReply, _: Context) -> None:
    reply.body = reply.body[: len(reply.body) // 2]


@_answer("line-break", "A line break follows the JWT.")
def _line_break(reply: ListReply, _: Context) -> None:
    reply.body = reply.body if _is_cwt(reply) else reply.body + b"\n"


@_answer("media-type", "The list comes with the media type of any JWT or CWT.")
def _media_type(reply: ListReply, _: Context) -> None:
    reply.headers["Content-Type"] = "application/cwt" if _is_cwt(reply) else "application/jwt"


@_answer("media-type-other", "The list comes with the media type of its other form.")
def _media_type_other(reply: ListReply, _: Context) -> None:
    reply.headers["Content-Type"] = MEDIA_TYPES["jwt" if _is_cwt(reply) else "cwt"]


@_answer("cwt-for-all", "The list comes as a CWT, whatever was asked for.")
def _cwt_for_all(reply: ListReply, context: Context) -> None:
    made = token_status_list.published(
        context, next(iter(context.statuses.formats)), MEDIA_TYPES["cwt"], _unspoiled
    )
    reply.body = made.body
    reply.headers["Content-Type"] = MEDIA_TYPES["cwt"]


def _unspoiled(_name: str, _draft: object) -> None:
    """Be a seam that lets every draft pass as it is."""


@_answer("cross-origin-missing", "Scripts cannot read the list.")
def _cross_origin_missing(reply: ListReply, _: Context) -> None:
    del reply.headers["Access-Control-Allow-Origin"]


@_answer("cross-origin-other", "Only scripts of the issuer can read the list.")
def _cross_origin_other(reply: ListReply, context: Context) -> None:
    reply.headers["Access-Control-Allow-Origin"] = context.issuer_url


@_answer("not-coded", "The list comes without content coding.")
def _not_coded(reply: ListReply, _: Context) -> None:
    reply.headers.pop("Content-Encoding", None)
    reply.encode = None


# The aggregation (section 9)


def _aggregation(name: str, description: str, change: Callable[[dict[str, Any]], Any]) -> None:
    def spoil(document: dict[str, Any], _: Context) -> None:
        change(document)

    fault(f"status-aggregation:{name}", description)(spoil)


_aggregation(
    "lists-missing", "The aggregation has no status_lists.", lambda document: document.pop("status_lists")
)
_aggregation(
    "lists-string",
    "The status_lists are one string.",
    lambda document: document.update(status_lists=" ".join(document["status_lists"])),
)
_aggregation(
    "lists-objects",
    "The elements of status_lists are objects.",
    lambda document: document.update(status_lists=[{"uri": uri} for uri in document["status_lists"]]),
)
_aggregation(
    "lists-relative",
    "The elements of status_lists are paths.",
    lambda document: document.update(status_lists=["/status/1"]),
)
_aggregation("lists-empty", "No list is named.", lambda document: document.update(status_lists=[]))
_aggregation(
    "list-dead",
    "A list is named that is not there.",
    lambda document: document["status_lists"].append(f"{document['status_lists'][0]}/nowhere"),
)


@fault("status-aggregation-response:missing")
def aggregation_missing(reply: Reply, _: Context) -> None:
    """The aggregation is not there."""
    reply.status = 404


@fault("status-aggregation-response:array")
def aggregation_array(reply: Reply, _: Context) -> None:
    """The aggregation is an array."""
    reply.body = reply.body["status_lists"]


@fault("status-aggregation-response:media-type")
def aggregation_media_type(reply: Reply, _: Context) -> None:
    """The aggregation comes as text."""
    reply.headers["Content-Type"] = "text/plain"


@fault("as-metadata:status-aggregation-path")
def metadata_path(metadata: dict[str, Any], _: Context) -> None:
    """The status_list_aggregation_endpoint is a path."""
    if "status_list_aggregation_endpoint" in metadata:
        metadata["status_list_aggregation_endpoint"] = "/status"


@fault("as-metadata:status-aggregation-dead")
def metadata_dead(metadata: dict[str, Any], _: Context) -> None:
    """The status_list_aggregation_endpoint leads nowhere."""
    if "status_list_aggregation_endpoint" in metadata:
        metadata["status_list_aggregation_endpoint"] += "/nowhere/at/all"
