"""Token Status Lists, as JWT and as CWT (draft 12)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.reference.context import Context
from harness.reference.encoding import base64url
from harness.reference.lifetime import HOUR
from harness.reference.status_token import MDOC, Token, cwt_token, jwt_token, list_claims
from harness.reference.statuses import Place, Published

JsonObject = dict[str, Any]

RESPONSE = "status-response"
ENTRIES = 1 << 17
"""How many credentials one list is for: enough that an index tells nothing of its holder."""
LIFETIME = 24 * HOUR
"""Seconds until a list expires."""
MEDIA_TYPES = {"jwt": "application/statuslist+jwt", "cwt": "application/statuslist+cwt"}
_TYPES = {"jwt": "statuslist+jwt", "cwt": "application/statuslist+cwt"}
_NAMES = {"dc+sd-jwt": "1", MDOC: "2"}
"""Format of credentials to the name of their list."""
_HIGHEST_COMPRESSION = 9


@lru_cache(maxsize=64)
def packed(bits: int, values: frozenset[tuple[int, int]], entries: int = ENTRIES) -> bytes:
    """Pack the values of a list, the first ones in the lowest bits (section 4.1).

    Args:
        bits: those of one entry: 1, 2, 4 or 8.
        values: positions and values of the entries that are not 0.
        entries: how many there are.

    """
    array = bytearray(entries * bits // 8)
    for index, value in values:
        array[index * bits // 8] |= (value & (1 << bits) - 1) << index * bits % 8
    return bytes(array)


@lru_cache(maxsize=64)
def deflated(array: bytes) -> bytes:
    """Compress with the highest level there is (section 4.1)."""
    return zlib.compress(array, _HIGHEST_COMPRESSION)


@dataclass
class StatusList:
    """A list before it is written down.

    Attributes:
        bits: those of one entry.
        array: the packed entries.
        aggregation_uri: where all lists of this issuer are named.
        compress: how the array is compressed.
        further: members besides, which may take the place of others.

    """

    bits: Any
    array: bytes
    aggregation_uri: str | None
    compress: Callable[[bytes], bytes] = deflated
    further: JsonObject = field(default_factory=dict)

    def members(self, form: str) -> JsonObject:
        """Write it in JSON or CBOR (sections 4.2 and 4.3)."""
        compressed = self.compress(self.array)
        members = {"bits": self.bits, "lst": base64url(compressed) if form == "jwt" else compressed}
        if self.aggregation_uri is not None:
            members["aggregation_uri"] = self.aggregation_uri
        return {**members, **self.further}


def names(_: Context, credential_format: str) -> Sequence[str]:
    """Give the names of the lists for the credentials of a format."""
    return [_NAMES[credential_format]] if credential_format in _NAMES else []


def reference(context: Context, credential_format: str) -> JsonObject:
    """Give a credential a place at random, and say where it is (sections 6.2 and 6.3)."""
    name = _NAMES[credential_format]
    index = context.statuses.free(name, context.number_below(ENTRIES), ENTRIES)
    place = context.statuses.take(Place(name, index, credential_format=credential_format))
    return {"status_list": {"idx": place.index, "uri": context.status_list_url(place.list_name)}}


def published(context: Context, name: str, accept: str | None, emit: Callable[[str, Any], None]) -> Published:
    """Publish a list (section 8.2).

    Args:
        context: where the issuer lives.
        name: of the list.
        accept: the ``Accept`` header of the request.
        emit: lets a draft pass the seam of this name.

    """
    credential_format = context.statuses.formats[name]
    form = _form(context, credential_format, accept)
    draft = _list(context, name)
    emit("status-list", draft)
    token = _token(context, name, form, draft.members(form))
    emit("status-token", token)
    return Published(token.signed(), MEDIA_TYPES[form])


def _form(context: Context, credential_format: str, accept: str | None) -> str:
    """Choose what is asked for; where that is nothing or both, what goes with the format."""
    asked = [form for form, media_type in MEDIA_TYPES.items() if media_type in (accept or "").lower()]
    if len(asked) == 1:
        return asked[0]
    return "cwt" if credential_format == MDOC else context.variant.status_token


def _list(context: Context, name: str) -> StatusList:
    bits = context.variant.status_bits
    values = frozenset(context.statuses.of(name, context.clock()).items())
    aggregation = context.status_lists_url if context.variant.detail == "full" else None
    return StatusList(bits, packed(bits, values), aggregation)


def _token(context: Context, name: str, form: str, members: JsonObject) -> Token:
    claims = list_claims(context, name, LIFETIME if context.variant.detail == "full" else None)
    claims["status_list"] = members
    if form == "jwt":
        return jwt_token(context, _TYPES[form], claims)
    return cwt_token(context, _TYPES[form], claims, context.statuses.formats[name])
