"""The entries of ``credentialStatus`` that lead to W3C status lists.

Sections name Bitstring Status List v1.0, then StatusList2021 where it has the rule, too.

Problems of an entry; pointers lead into the credential:

- ``entry-model``: the credential is not one of data model 2.0 (2.1).
- ``entry-id-is-list``: its ``id`` is the URL of the list (2.1; 2.1).
- ``entry-type``: ``type`` names something else besides (2.1; 2.1).
- ``entry-purpose``: ``statusPurpose`` is missing or no string (2.1; 2.1).
- ``entry-refresh``: the purpose is ``refresh``, and the credential has no ``refreshService`` (2.1).
- ``entry-index``: ``statusListIndex`` is missing, or no string of decimal digits (2.1; 2.1).
- ``entry-list``: ``statusListCredential`` is missing or no URL (2.1; 2.1).
- ``entry-size``: ``statusSize`` is no integer greater than zero (2.1).
- ``entry-messages-missing``: an entry of more than one bit has no ``statusMessage`` (2.1).
- ``entry-messages``: ``statusMessage`` is no array (2.1).
- ``entry-messages-count``: it has not one element for each possible value (2.1).
- ``entry-message``: an element has no ``status`` that is a hexadecimal number after ``0x``, or no ``message`` that
  is a string (2.1).
- ``entry-reference``: ``statusReference`` is neither a URL nor an array of URLs (2.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.formats.bitstring import MAX_SIZE
from harness.formats.problems import Problem, located, shown
from harness.formats.status_reference import BITSTRING_TYPES, Mechanism
from harness.formats.strict_json import integer
from harness.formats.text import is_url
from harness.formats.vcdm import Version, likely_version
from harness.model import Json

REFRESH = "refresh"

_HEXADECIMAL = re.compile(r"0x[0-9A-Fa-f]+")
_DECIMAL = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class StatusEntry:
    """One entry as it came.

    Attributes:
        mechanism: ``bitstring`` or ``status-list-2021``.
        pointer: JSON Pointer to it in the credential.
        problems: what is wrong with it.

    """

    mechanism: Mechanism
    pointer: str
    members: Mapping[str, Json]
    problems: tuple[Problem, ...]


def entries(document: Mapping[str, Json]) -> tuple[StatusEntry, ...]:
    """Give the entries of a credential that say that they are of one of the two mechanisms, well-formed or not."""
    value = document.get("credentialStatus")
    if isinstance(value, list):
        return tuple(
            entry
            for index, item in enumerate(value)
            for entry in _entry(item, f"/credentialStatus/{index}", document)
        )
    return tuple(_entry(value, "/credentialStatus", document))


def _entry(value: Json, pointer: str, document: Mapping[str, Json]) -> Iterator[StatusEntry]:
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    named = [name for name in (kind if isinstance(kind, list) else [kind]) if isinstance(name, str)]
    for name in named:
        if name not in BITSTRING_TYPES:
            continue
        mechanism = Mechanism(BITSTRING_TYPES[name])
        found = [*_problems(value, named)]
        if mechanism is Mechanism.BITSTRING:
            found += [*_bitstring_problems(value), *_credential_problems(value, document)]
        yield StatusEntry(mechanism, pointer, value, located(pointer, found))


def _problems(entry: Mapping[str, Json], types: list[str]) -> Iterator[Problem]:
    if len(set(types)) > 1:
        yield Problem("entry-type", f"type names {shown(types)}", "/type")
    url = entry.get("statusListCredential")
    if not is_url(url):
        yield Problem("entry-list", f"statusListCredential is {shown(url)}", "/statusListCredential")
    elif entry.get("id") == url:
        yield Problem("entry-id-is-list", "id is the URL of the status list", "/id")
    purpose, index = entry.get("statusPurpose"), entry.get("statusListIndex")
    if not isinstance(purpose, str):
        yield Problem("entry-purpose", f"statusPurpose is {shown(purpose)}", "/statusPurpose")
    if not isinstance(index, str) or _DECIMAL.fullmatch(index) is None:
        yield Problem("entry-index", f"statusListIndex is {shown(index)}", "/statusListIndex")


def _credential_problems(entry: Mapping[str, Json], document: Mapping[str, Json]) -> Iterator[Problem]:
    version = likely_version(document)
    if version is not Version.V2_0:
        yield Problem("entry-model", f"the credential is one of data model {version}", "")
    if entry.get("statusPurpose") == REFRESH and "refreshService" not in document:
        yield Problem("entry-refresh", "the credential has no refreshService", "/statusPurpose")


def _bitstring_problems(entry: Mapping[str, Json]) -> Iterator[Problem]:
    size = integer(entry.get("statusSize", 1))
    if size is None or size < 1:
        yield Problem("entry-size", f"statusSize is {shown(entry['statusSize'])}", "/statusSize")
    yield from _message_problems(entry, size if size is not None and size > 0 else None)
    reference = entry.get("statusReference", [])
    if not all(is_url(url) for url in (reference if isinstance(reference, list) else [reference])):
        yield Problem("entry-reference", f"statusReference is {shown(reference)}", "/statusReference")


def _message_problems(entry: Mapping[str, Json], size: int | None) -> Iterator[Problem]:
    if "statusMessage" not in entry:
        if size is not None and size > 1:
            yield Problem("entry-messages-missing", f"statusSize is {shown(size)}, without statusMessage", "")
        return
    messages = entry["statusMessage"]
    if not isinstance(messages, list):
        yield Problem("entry-messages", f"statusMessage is {shown(messages)}", "/statusMessage")
        return
    if size is not None and (size > MAX_SIZE or len(messages) != 1 << size):
        said = f"{len(messages)} messages for {shown(size)} bits"
        yield Problem("entry-messages-count", said, "/statusMessage")
    for index, message in enumerate(messages):
        status, text = (
            (message.get("status"), message.get("message")) if isinstance(message, dict) else (None, None)
        )
        if not (isinstance(status, str) and _HEXADECIMAL.fullmatch(status) and isinstance(text, str)):
            yield Problem("entry-message", f"a message is {shown(message)}", f"/statusMessage/{index}")
