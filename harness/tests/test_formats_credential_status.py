from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats import credential_status
from harness.formats.credential_status import entries
from harness.formats.status_reference import Mechanism

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
URL = "https://example.com/credentials/status/3"
ENTRY = {
    "id": f"{URL}#94567",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": URL,
}
"""The entry of example 4 of Bitstring Status List v1.0."""
MESSAGES = [{"status": f"0x{value:X}", "message": "undefined"} for value in range(4)]


def kinds(entry: Any, **credential: Any) -> list[str]:
    found = entries({"@context": [V2], "credentialStatus": entry, **credential})
    return [problem.kind for each in found for problem in each.problems]


def test_the_printed_entry_is_right() -> None:
    (found,) = entries({"@context": [V2], "credentialStatus": ENTRY})
    assert (found.mechanism, found.pointer, found.problems) == (Mechanism.BITSTRING, "/credentialStatus", ())
    older = {**ENTRY, "type": "StatusList2021Entry"}
    assert [(one.mechanism, one.pointer) for one in entries({"credentialStatus": [ENTRY, 1, older]})] == [
        (Mechanism.BITSTRING, "/credentialStatus/0"),
        (Mechanism.STATUS_LIST_2021, "/credentialStatus/2"),
    ]
    assert entries({"credentialStatus": {**ENTRY, "type": "OtherStatus"}}) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": None}, []),
        ({"id": URL}, ["entry-id-is-list"]),
        ({"type": ["BitstringStatusListEntry"]}, []),
        ({"type": ["BitstringStatusListEntry", "Other"]}, ["entry-type"]),
        ({"statusPurpose": None}, ["entry-purpose"]),
        ({"statusPurpose": ["revocation"]}, ["entry-purpose"]),
        ({"statusPurpose": "of our own"}, []),
        ({"statusPurpose": "refresh"}, ["entry-refresh"]),
        ({"statusListIndex": None}, ["entry-index"]),
        ({"statusListIndex": 94567}, ["entry-index"]),
        ({"statusListIndex": "-1"}, ["entry-index"]),
        ({"statusListIndex": "+1"}, ["entry-index"]),
        ({"statusListIndex": "1.0"}, ["entry-index"]),
        ({"statusListIndex": "٣"}, ["entry-index"]),
        ({"statusListIndex": ""}, ["entry-index"]),
        ({"statusListIndex": "0"}, []),
        ({"statusListIndex": "9" * 100}, []),
        ({"statusListCredential": None}, ["entry-list"]),
        ({"statusListCredential": "/status/3"}, ["entry-list"]),
        ({"statusListCredential": "did:example:status"}, []),
        ({"statusSize": 1}, []),
        ({"statusSize": 0}, ["entry-size"]),
        ({"statusSize": "1"}, ["entry-size"]),
        ({"statusSize": True}, ["entry-size"]),
        ({"statusSize": 2}, ["entry-messages-missing"]),
        ({"statusSize": 2, "statusMessage": MESSAGES}, []),
        ({"statusSize": 2.0, "statusMessage": MESSAGES}, []),
        ({"statusSize": 2, "statusMessage": MESSAGES[:3]}, ["entry-messages-count"]),
        ({"statusMessage": MESSAGES}, ["entry-messages-count"]),
        ({"statusMessage": MESSAGES[:2]}, []),
        ({"statusSize": 10**9, "statusMessage": MESSAGES}, ["entry-messages-count"]),
        ({"statusSize": 2, "statusMessage": {}}, ["entry-messages"]),
        ({"statusMessage": [{"status": "0x0", "message": "unset", "more": 1}, MESSAGES[1]]}, []),
        ({"statusMessage": [{"status": "0", "message": "unset"}, MESSAGES[1]]}, ["entry-message"]),
        ({"statusMessage": [{"status": "0x0"}, "0x1"]}, ["entry-message", "entry-message"]),
        ({"statusReference": "https://example.org/dictionary"}, []),
        ({"statusReference": ["https://example.org/1", "https://example.org/2"]}, []),
        ({"statusReference": "see the manual"}, ["entry-reference"]),
        ({"statusReference": [1]}, ["entry-reference"]),
    ],
)
def test_what_is_wrong_with_an_entry(changes: dict[str, Any], expected: list[str]) -> None:
    assert kinds({name: value for name, value in {**ENTRY, **changes}.items() if value is not None}) == expected


def test_an_entry_of_2021_has_fewer_rules() -> None:
    older = {**ENTRY, "type": "StatusList2021Entry", "statusSize": 0, "statusReference": 1}
    assert kinds(older, **{"@context": [V1]}) == []
    assert kinds({**older, "id": URL, "statusListIndex": 5}) == ["entry-id-is-list", "entry-index"]


def test_the_credential_is_of_its_model_and_says_where_it_is_refreshed() -> None:
    assert kinds(ENTRY, **{"@context": [V1]}) == ["entry-model"]
    service = {"type": "OurService", "id": "https://example.com/refresh"}
    assert kinds({**ENTRY, "statusPurpose": "refresh"}, refreshService=service) == []


@given(
    st.dictionaries(
        st.sampled_from([*ENTRY, "statusSize", "statusMessage", "statusReference"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=7), inner, max_size=2),
            max_leaves=6,
        ),
    )
)
def test_any_entry_is_judged(changes: dict[str, Any]) -> None:
    found = credential_status.entries({"credentialStatus": [{**ENTRY, **changes}, changes]})
    assert all(problem.pointer for entry in found for problem in entry.problems)
