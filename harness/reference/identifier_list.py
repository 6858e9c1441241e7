"""Lists of the identifiers of revoked mobile documents (ISO/IEC 18013-5 second edition 12.3.6.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.reference.context import Context
from harness.reference.status_token import MDOC, cwt_token, list_claims
from harness.reference.statuses import Place, Published
from harness.reference.token_status_list import LIFETIME

JsonObject = dict[str, Any]

RESPONSE = "status-response"
MEDIA_TYPE = "application/identifierlist+cwt"
_NAME = "identifiers"
_IDENTIFIER_LENGTH = 16


@dataclass
class IdentifierList:
    """A list before it is written down.

    Attributes:
        identifiers: each revoked one with what is said of it.
        aggregation_uri: where all lists of this issuer are named.
        further: members besides, which may take the place of others.
        without: names of members that are left out.

    """

    identifiers: dict[Any, Any]
    aggregation_uri: str | None = None
    further: JsonObject = field(default_factory=dict)
    without: set[str] = field(default_factory=set)

    def members(self) -> JsonObject:
        """Write it in CBOR."""
        members: JsonObject = {"identifiers": self.identifiers}
        if self.aggregation_uri is not None:
            members["aggregation_uri"] = self.aggregation_uri
        found = {**members, **self.further}
        return {name: value for name, value in found.items() if name not in self.without}


def identifier(index: int) -> bytes:
    """Give the identifier that a position stands for."""
    return index.to_bytes(_IDENTIFIER_LENGTH, "big")


def names(_: Context, credential_format: str) -> Sequence[str]:
    """Give the names of the lists for the credentials of a format."""
    return [_NAME] if credential_format == MDOC else []


def reference(context: Context, credential_format: str) -> JsonObject:
    """Give a credential an identifier at random, and say where it is listed once it is revoked."""
    index = int.from_bytes(context.random_bytes(_IDENTIFIER_LENGTH), "big")
    place = context.statuses.take(Place(_NAME, index, credential_format=credential_format))
    return {"identifier_list": {"id": identifier(place.index), "uri": context.status_list_url(place.list_name)}}


def published(context: Context, name: str, _: str | None, emit: Callable[[str, Any], None]) -> Published:
    """Publish a list.

    Args:
        context: where the issuer lives.
        name: of the list.
        emit: lets a draft pass the seam of this name.

    """
    revoked = context.statuses.of(name, context.clock())
    aggregation = context.status_lists_url if context.variant.detail == "full" else None
    draft = IdentifierList({identifier(index): {} for index in sorted(revoked)}, aggregation)
    emit("identifier-list", draft)
    claims = list_claims(context, name, LIFETIME)
    claims["identifier_list"] = draft.members()
    token = cwt_token(context, MEDIA_TYPE, claims, MDOC)
    emit("status-token", token)
    return Published(token.signed(), MEDIA_TYPE)
