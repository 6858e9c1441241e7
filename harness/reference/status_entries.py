"""The entries of ``credentialStatus`` (Bitstring Status List v1.0 section 2.1, StatusList2021 section 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.reference.context import Context
from harness.reference.statuses import Place

JsonObject = dict[str, Any]

ENTRIES = 1 << 17
"""How many credentials one list is for, the fewest that it may be for."""
MESSAGE = "message"
MESSAGES = {0: "valid", 1: "revoked", 2: "suspended"}
"""What the values of an entry mean that is for messages."""
_TYPES = {"bitstring": "BitstringStatusListEntry", "status-list-2021": "StatusList2021Entry"}
_NAMES = {"jwt_vc_json": "jwt", "jwt_vc_json-ld": "jwt", "ldp_vc": "proof"}
"""Format of credentials to how the names of their lists, which are secured in the same way, begin."""


def names(context: Context, credential_format: str) -> Sequence[str]:
    """Give the names of the lists for the credentials of a format, one for each purpose."""
    if credential_format not in _NAMES or context.variant.credential_status not in _TYPES:
        return []
    return [f"{_NAMES[credential_format]}-{purpose}" for purpose in context.variant.status_purposes]


def entries(context: Context, credential_format: str) -> list[JsonObject]:
    """Give a credential a random place in each list; none where credentials of this format have no status."""
    return [_entry(context, credential_format, name) for name in names(context, credential_format)]


def purpose_of(name: str) -> str:
    """Give the ``statusPurpose`` of a list by its name."""
    return name.partition("-")[2]


def size_of(context: Context, name: str) -> int:
    """Give the bits of an entry of a list: more than one only for messages."""
    return context.variant.status_bits if purpose_of(name) == MESSAGE else 1


def messages(size: int) -> list[JsonObject]:
    """Give what each value of an entry means."""
    return [{"status": f"0x{value:x}", "message": MESSAGES.get(value, "undefined")} for value in range(1 << size)]


def _entry(context: Context, credential_format: str, name: str) -> JsonObject:
    index = context.statuses.free(name, context.number_below(ENTRIES), ENTRIES)
    wish = Place(name, index, purpose_of(name), credential_format)
    place = context.statuses.take(wish)
    url = context.status_list_url(place.list_name)
    entry = {
        "id": f"{url}#{place.index}",
        "type": _TYPES[context.variant.credential_status],
        "statusPurpose": place.purpose,
        "statusListIndex": str(place.index),
        "statusListCredential": url,
    }
    if place.purpose != MESSAGE:
        return entry
    size = size_of(context, name)
    meaning = f"{context.issuer_url}/status-messages"
    return {**entry, "statusSize": size, "statusMessage": messages(size), "statusReference": meaning}
