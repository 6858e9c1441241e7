"""Revocations and suspensions that go wrong: what faults of operations do to the lists of the reference issuer."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from jwcrypto.jws import JWS

from harness.reference import faults
from harness.reference.app import STATUS_CHANGE
from harness.reference.lifetime import HOUR
from harness.tests.test_reference import unb64
from harness.tests.test_reference_status import Desk, claims_of, desk_for, place

ONCE = ("revoke",)
PAUSED = ("suspend", "reinstate")


async def seen(desk: Desk, operations: Sequence[str]) -> list[tuple[int, int]]:
    """Do things to one credential, and say what is seen of it and of another after each."""
    credential, other = desk.issue(), desk.issue()
    found = []
    for operation in operations:
        desk.issuer.operate(operation, credential)
        found.append((await desk.value(credential), await desk.value(other)))
    return found


@pytest.mark.parametrize(
    ("name", "operations", "expected"),
    [
        (None, ONCE, [(1, 0)]),
        (None, PAUSED, [(2, 0), (0, 0)]),
        ("revocation-lost", ONCE, [(0, 0)]),
        ("revocation-lost", PAUSED, [(2, 0), (0, 0)]),
        ("suspension-lost", PAUSED, [(0, 0), (0, 0)]),
        ("suspension-for-good", PAUSED, [(2, 0), (2, 0)]),
        ("next-entry", ONCE, [(0, 0)]),
        ("mirrored-entry", ONCE, [(0, 0)]),
        ("others-too", ONCE, [(1, 1)]),
        ("others-too", PAUSED, [(2, 2), (0, 0)]),
        ("entries-beside-too", ONCE, [(1, 0)]),
        ("revocation-as-suspension", ONCE, [(2, 0)]),
        ("suspension-as-revocation", PAUSED, [(1, 0), (0, 0)]),
        ("revocation-undone", ("revoke", "reinstate"), [(1, 0), (0, 0)]),
    ],
)
async def test_an_operation_goes_wrong_as_described(
    name: str | None, operations: Sequence[str], expected: list[tuple[int, int]]
) -> None:
    active = [] if name is None else [f"status-operation:{name}"]
    async with desk_for("status-2-bits", *active) as desk:
        assert await seen(desk, operations) == expected


@pytest.mark.parametrize(
    ("name", "distances"),
    [("next-entry", {1}), ("mirrored-entry", {1, 3}), ("entries-beside-too", set(range(8)))],
)
async def test_a_wrong_entry_is_one_of_the_same_byte(name: str, distances: set[int]) -> None:
    async with desk_for("status-2-bits", f"status-operation:{name}") as desk:
        credential = desk.issue()
        desk.issuer.operate("revoke", credential)
        array = zlib.decompress(unb64(claims_of(await desk.fetch(credential))["status_list"]["lst"]))
        changed = [4 * i + n for i, byte in enumerate(array) if byte for n in range(4) if byte >> 2 * n & 3]
        assert changed
        assert {index ^ place(credential)["idx"] for index in changed} <= distances


@pytest.mark.parametrize(("name", "operation"), [("revocation-late", "revoke"), ("suspension-late", "suspend")])
async def test_an_operation_shows_late(name: str, operation: str) -> None:
    async with desk_for("status-2-bits", f"status-operation:{name}") as desk:
        credential = desk.issue()
        desk.issuer.operate(operation, credential)
        desk.clock.time += max(STATUS_CHANGE, desk.issuer.promises()["status_change_s"])
        assert await desk.value(credential) == 0
        desk.clock.time += HOUR
        assert await desk.value(credential) == {"revoke": 1, "suspend": 2}[operation]


AFTER = {
    "status-token:change-undated": lambda old, new: new["iat"] < old["iat"],
    "status-token:change-expired": lambda old, new: new["exp"] < old["iat"] < old["exp"],
    "status-list:change-cut": lambda old, new: new["status_list"]["lst"] != old["status_list"]["lst"],
}


@pytest.mark.parametrize("fault", AFTER)
async def test_a_changed_list_is_spoiled_and_no_other(fault: str) -> None:
    async with desk_for("status", fault) as desk:
        credential = desk.issue()
        old = claims_of(await desk.fetch(credential))
        assert desk.issuer.fired == set()
        desk.issuer.operate("revoke", credential)
        new = claims_of(await desk.fetch(credential))
        assert AFTER[fault](old, new)
        assert desk.issuer.fired == {fault}


def certificate_of(answer: httpx.Response) -> Any:
    jws = JWS()
    jws.deserialize(answer.text)
    return jws.jose_header["x5c"]


async def test_a_changed_list_is_signed_under_another_certificate() -> None:
    async with desk_for("status", "status-token:change-signed-by-stranger") as desk:
        credential = desk.issue()
        before = await desk.fetch(credential)
        desk.issuer.operate("revoke", credential)
        after = await desk.fetch(credential)
        claims_of(after)
        assert certificate_of(before) != certificate_of(after)


async def test_a_changed_list_is_signed_with_a_key_of_nobody() -> None:
    async with desk_for("status-cwt", "status-token:change-signed-with-other-key") as desk:
        credential = desk.issue()
        claims_of(await desk.fetch(credential))
        desk.issuer.operate("revoke", credential)
        changed = await desk.fetch(credential)
        with pytest.raises(InvalidSignature):
            claims_of(changed)


OPERATIONS = [name for name in faults.catalogue() if name.startswith("status-operation:")]


@pytest.mark.parametrize("fault", OPERATIONS)
async def test_every_fault_of_an_operation_fires(fault: str) -> None:
    async with desk_for("status-2-bits", fault) as desk:
        for operations in (PAUSED, ("revoke",)):
            await seen(desk, operations)
        undone = desk.issue()
        desk.issuer.operate("revoke", undone)
        if fault == "status-operation:revocation-undone":
            desk.issuer.operate("reinstate", undone)
        else:
            with pytest.raises(ValueError, match="final"):
                desk.issuer.operate("reinstate", undone)
        assert desk.issuer.fired == {fault}
