"""Where a credential says that its status is published: the references to status lists, whatever its format.

- ``status_list``: Token Status List (draft 12 sections 6.2 and 6.3), in the claim ``status`` of a JWT and in the
  member ``status`` of an mdoc's MobileSecurityObject.
- ``identifier_list``: the list of identifiers of ISO/IEC 18013-5 second edition (12.3.6.2), in the
  MobileSecurityObject.
- ``bitstring``: an entry of ``credentialStatus`` of the type ``BitstringStatusListEntry`` (Bitstring Status List
  v1.0 section 2.1).
- ``status-list-2021``: the same of the type ``StatusList2021Entry``.

At most :data:`MAX_REFERENCES` are given, so that no credential sends its reader around for hours. References that
are not well-formed are left out; what is wrong with them is for the credential's reader to say.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

from harness.formats import text
from harness.formats.status_list import Form
from harness.formats.strict_json import integer

BITSTRING_TYPES = {"BitstringStatusListEntry": "bitstring", "StatusList2021Entry": "status-list-2021"}
"""Type of an entry of ``credentialStatus`` to the mechanism."""
MAX_REFERENCES = 20
"""References of one credential; real ones have one for each purpose."""
_LONGEST_INDEX = 1_000
"""Digits; an index may have any number of them."""


class Mechanism(StrEnum):
    """A way in which the status of credentials is published."""

    STATUS_LIST = "status_list"
    IDENTIFIER_LIST = "identifier_list"
    BITSTRING = "bitstring"
    STATUS_LIST_2021 = "status-list-2021"


class State(StrEnum):
    """What a status says of a credential."""

    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    OTHER = "other"
    """A status with a meaning of its own, such as those that are application specific."""


@dataclass(frozen=True)
class Reference:
    """The place of one credential in one status list.

    Attributes:
        uri: where the list is.
        pointer: JSON Pointer to the reference in the credential (in the MobileSecurityObject of an mdoc).
        index: the position in the list; ``None`` for an identifier list.
        identifier: what an identifier list would list; ``None`` for the others.
        purpose: ``statusPurpose`` of a W3C credential; ``None`` for the others.
        size: bits of one entry, where the credential says so (``statusSize``).
        messages: ``statusMessage``: value of the entry to its meaning.
        certificate: DER of the certificate that an mdoc names as the trust anchor of who signs the list (ISO/IEC
            18013-5 second edition clause 12.3.6.2); ``None`` where it names none.

    """

    mechanism: Mechanism
    uri: str
    pointer: str
    index: int | None = None
    identifier: bytes | None = None
    purpose: str | None = None
    size: int = 1
    messages: Mapping[int, str] = field(default_factory=dict)
    certificate: bytes | None = None

    def meaning(self, value: int) -> State:
        """Say what a value in the list means for the credential.

        Token Status List section 7.1: 0 valid, 1 invalid, 2 suspended. Bitstring Status List section 2.1: a bit
        that is set revokes or suspends by the ``statusPurpose``; other purposes say nothing of the validity.
        """
        if self.purpose is None:
            return _STATUS_TYPES.get(value, State.OTHER)
        if value == 0:
            return State.VALID
        return _PURPOSES.get(self.purpose, State.OTHER)


_STATUS_TYPES = {0: State.VALID, 1: State.REVOKED, 2: State.SUSPENDED}
_PURPOSES = {"revocation": State.REVOKED, "suspension": State.SUSPENDED}


def of_status(status: Any, pointer: str = "/status", form: Form = Form.JWT) -> tuple[Reference, ...]:
    """Give the references of a claim ``status``.

    Args:
        status: its value, as read.
        pointer: JSON Pointer to it.
        form: whether it is in JSON or in CBOR.

    """
    return tuple(_of_status(status, pointer, form)) if isinstance(status, Mapping) else ()


def of_credential_status(value: Any, pointer: str = "/credentialStatus") -> tuple[Reference, ...]:
    """Give the references of ``credentialStatus`` of a W3C credential: an object, or an array of them."""
    entries = [(f"{pointer}/{i}", item) for i, item in enumerate(value)] if isinstance(value, list) else []
    every = (found for place, entry in entries or [(pointer, value)] for found in _of_entry(entry, place))
    return tuple(islice(every, MAX_REFERENCES))


def saying(purpose: str, references: Iterable[Reference]) -> tuple[Reference, ...]:
    """Give the references to lists that can say something: that it is so, by ``statusPurpose`` or any value.

    Where none is for the purpose, those whose values mean what their issuer says, such as those for ``message``.

    Args:
        purpose: ``revocation`` or ``suspension``.
        references: those of one credential.

    """
    found = tuple(references)
    # A list of identifiers names what is revoked, and says nothing else.
    silent = Mechanism.IDENTIFIER_LIST if purpose == "suspension" else None
    own = tuple(each for each in found if each.purpose in (None, purpose) and each.mechanism is not silent)
    return own or tuple(each for each in found if each.purpose is not None and each.purpose not in _PURPOSES)


def _of_status(status: Mapping[Any, Any], pointer: str, form: Form) -> Iterator[Reference]:
    listed = status.get("status_list")
    if isinstance(listed, Mapping):
        index, uri = form.integer(listed.get("idx")), listed.get("uri")
        if index is not None and index >= 0 and isinstance(uri, str) and text.is_uri(uri):
            yield Reference(
                Mechanism.STATUS_LIST, uri, f"{pointer}/status_list", index, certificate=_certificate(listed)
            )
    identified = status.get("identifier_list")
    if isinstance(identified, Mapping):
        identifier, uri = identified.get("id"), identified.get("uri")
        if isinstance(identifier, bytes) and isinstance(uri, str) and text.is_uri(uri):
            yield Reference(
                Mechanism.IDENTIFIER_LIST,
                uri,
                f"{pointer}/identifier_list",
                identifier=identifier,
                certificate=_certificate(identified),
            )


def _certificate(reference: Mapping[Any, Any]) -> bytes | None:
    found = reference.get("certificate")
    return found if isinstance(found, bytes) else None


def _of_entry(entry: Any, pointer: str) -> Iterator[Reference]:
    if not isinstance(entry, Mapping):
        return
    types = entry.get("type")
    for name in types if isinstance(types, list) else [types]:
        mechanism = BITSTRING_TYPES.get(name) if isinstance(name, str) else None
        uri, index = entry.get("statusListCredential"), _decimal(entry.get("statusListIndex"))
        purpose = entry.get("statusPurpose")
        if mechanism and index is not None and isinstance(uri, str) and text.is_uri(uri):
            yield Reference(
                Mechanism(mechanism),
                uri,
                pointer,
                index,
                purpose=purpose if isinstance(purpose, str) else "",
                size=max(1, integer(entry.get("statusSize")) or 1),
                messages=_messages(entry.get("statusMessage")),
            )


def _decimal(value: Any) -> int | None:
    """Read ``statusListIndex``, a string of decimal digits."""
    fits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_INDEX
    return int(value) if fits else None


def _messages(value: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for item in value if isinstance(value, list) else []:
        status, message = (item.get("status"), item.get("message")) if isinstance(item, Mapping) else (None, None)
        if isinstance(status, str) and isinstance(message, str):
            with contextlib.suppress(ValueError):
                found[int(status, 16)] = message
    return found
