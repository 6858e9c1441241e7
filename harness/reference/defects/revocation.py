"""Faults of what the issuer's team does to credentials: revocations and suspensions that do not show as due."""

from __future__ import annotations

import base64
from collections.abc import Callable

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.faults import Spoiler, fault
from harness.reference.keys import SigningKey
from harness.reference.lifetime import HOUR
from harness.reference.status_token import CwtToken, Token
from harness.reference.statuses import Change, Operation
from harness.reference.token_status_list import StatusList, packed

_PER_BYTE = 8


def _becoming(state: str, spoil: Spoiler, before: str | None = None) -> Spoiler:
    """Spoil nothing but what gives credentials a certain state."""

    def spoiler(operation: Operation, context: Context) -> None:
        if operation.state == state and before in (None, operation.before):
            spoil(operation, context)

    return spoiler


# Operations that do something else


def _lost(operation: Operation, _: Context) -> None:
    operation.changes.clear()


def _late(operation: Operation, _: Context) -> None:
    for change in operation.changes:
        change.at += HOUR


def _off_by(distance: Callable[[Context], int]) -> Spoiler:
    """Hit another entry of the same byte."""

    def spoiler(operation: Operation, context: Context) -> None:
        for change in operation.changes:
            change.index ^= distance(context)

    return spoiler


def _others_too(operation: Operation, context: Context) -> None:
    for own in tuple(operation.changes):
        others = sorted(context.statuses.taken[own.list_name] - {own.index})
        operation.changes += [Change(own.list_name, index, own.value, own.at) for index in others]


def _byte_too(operation: Operation, context: Context) -> None:
    for own in tuple(operation.changes):
        first = own.index // _PER_BYTE * _PER_BYTE
        beside = set(range(first, first + _PER_BYTE)) - {own.index} - context.statuses.taken[own.list_name]
        operation.changes += [Change(own.list_name, index, own.value, own.at) for index in sorted(beside)]


def _as(state: str) -> Spoiler:
    """Write what another state would be written as."""

    def spoiler(operation: Operation, context: Context) -> None:
        operation.changes += operation.written(state, context.clock())

    return spoiler


def _allowed(operation: Operation, _: Context) -> None:
    operation.refusal = None


for _name, _description, _spoil in (
    ("revocation-lost", "A revocation never shows.", _becoming("revoked", _lost)),
    ("suspension-lost", "A suspension never shows.", _becoming("suspended", _lost)),
    ("suspension-for-good", "The end of a suspension never shows.", _becoming("valid", _lost, "suspended")),
    ("revocation-late", "A revocation shows after an hour.", _becoming("revoked", _late)),
    ("suspension-late", "A suspension shows after an hour.", _becoming("suspended", _late)),
    ("next-entry", "The entry beside the credential's own changes.", _off_by(lambda _: 1)),
    (
        "mirrored-entry",
        "The entries of a byte are counted from the wrong end.",
        _off_by(lambda context: _PER_BYTE // context.variant.status_bits - 1),
    ),
    ("others-too", "What is done to one credential is done to all that were issued.", _others_too),
    (
        "others-suspended-too",
        "When one credential is suspended, all that were issued are.",
        _becoming("suspended", _others_too),
    ),
    ("entries-beside-too", "The entries beside the credential's own change with it.", _byte_too),
    ("revocation-as-suspension", "A revocation shows as a suspension.", _becoming("revoked", _as("suspended"))),
    ("suspension-as-revocation", "A suspension shows as a revocation.", _becoming("suspended", _as("revoked"))),
    ("revocation-undone", "A revoked credential can be reinstated.", _becoming("valid", _allowed, "revoked")),
):
    fault(f"status-operation:{_name}", _description)(_spoil)


# Lists that were changed


def _once_changed(spoil: Callable[[Token, Context], None]) -> Callable[[Token, Context], None]:
    """Spoil nothing but lists in which somebody is not valid."""

    def spoiler(token: Token, context: Context) -> None:
        name = str(token.claims["sub"]).rpartition("/")[2]
        if context.statuses.of(name, context.clock()):
            spoil(token, context)

    return spoiler


@fault("status-token:change-undated", "A list keeps its time of issue when it changes.")
@_once_changed
def change_undated(token: Token, _: Context) -> None:
    """Say that it was issued long ago."""
    token.claims["iat"] = int(keys.BEGIN.timestamp())


@fault("status-token:change-expired", "A list that has changed comes with an expiration time in the past.")
@_once_changed
def change_expired(token: Token, context: Context) -> None:
    """Say that it has expired."""
    token.claims["exp"] = context.now() - HOUR


@fault("status-token:change-signed-by-stranger", "A list that has changed is signed under a foreign certificate.")
@_once_changed
def change_signed_by_stranger(token: Token, context: Context) -> None:
    """Sign with a key that nobody trusts, and say so."""
    token.key = _stranger(context)
    leaf = keys.leaf(token.key, context.issuer_url, authority=keys.foreign_root())
    if isinstance(token, CwtToken):
        token.header["x5chain"] = base64.b64decode(leaf)
    else:
        token.header["x5c"] = [leaf]


@fault("status-token:change-signed-with-other-key", "A list that has changed is signed with a key of nobody.")
@_once_changed
def change_signed_with_other_key(token: Token, context: Context) -> None:
    """Sign with another key than the header says."""
    token.key = _stranger(context)


def _stranger(context: Context) -> SigningKey:
    return keys.stranger_key(context.variant.signing_algorithm)


@fault(
    "status-token:change-behind-a-cache",
    "Once a list has changed, a copy from before is served, which may be kept for a day.",
)
@_once_changed
def change_behind_a_cache(token: Token, context: Context) -> None:
    """Serve the list as it was before anything changed."""
    bits = context.variant.status_bits
    before = StatusList(bits, packed(bits, frozenset()), None)
    token.claims["status_list"] |= before.members("cwt" if isinstance(token, CwtToken) else "jwt")
    token.claims |= {"iat": context.now() - HOUR, "ttl": 24 * HOUR}


@fault("status-list:change-cut")
def change_cut(draft: StatusList, _: Context) -> None:
    """A list that has changed has no entries."""
    if any(draft.array):
        draft.array = b""


@fault("status-token:kept-for-a-day")
def kept_for_a_day(token: Token, _: Context) -> None:
    """The list says that copies may be kept for a day."""
    token.claims["ttl"] = 24 * HOUR
