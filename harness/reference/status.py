"""What a credential says of where its status is published, in its member ``status``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from cryptography.hazmat.primitives import serialization

from harness.reference import identifier_list, keys, token_status_list
from harness.reference.context import Context
from harness.reference.status_token import MDOC

JsonObject = dict[str, Any]


class _Mechanism(Protocol):
    """What a module for one mechanism has."""

    def names(self, context: Context, credential_format: str) -> Sequence[str]:
        """Give the names of the lists for the credentials of a format."""

    def reference(self, context: Context, credential_format: str) -> JsonObject:
        """Give a fresh place, as the member ``status`` tells it."""


_MECHANISMS: Mapping[str, _Mechanism] = {
    "status_list": token_status_list,
    "identifier_list": identifier_list,
}


def claim(context: Context, credential_format: str) -> JsonObject | None:
    """Give a ``status`` with a fresh place; ``None`` where credentials of this format have none."""
    mechanism = _MECHANISMS.get(context.variant.status)
    if mechanism is None or not mechanism.names(context, credential_format):
        return None
    made = mechanism.reference(context, credential_format)
    if context.variant.status_certificate and credential_format == MDOC:
        for info in made.values():
            info["certificate"] = keys.root().certificate.public_bytes(serialization.Encoding.DER)
    return made
