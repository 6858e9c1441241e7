"""What is read from the configurations of a tenant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import Blocked
from harness.mattr import configurations
from harness.mattr.configurations import Configuration

DAY = 86_400
MAPPINGS = {
    "ns.1": {
        "name": {"mapFrom": "claims.full_name", "type": "string", "required": True},
        "level": {"mapFrom": "claimsSource.level", "type": "number", "required": False},
        "odd": {"type": "string"},
    }
}


def written(folder: Path, document: Any) -> Path:
    path = folder / "configurations.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.mark.parametrize(
    "document",
    [
        [{"id": "a", "includeStatus": True}],
        {"data": [{"id": "a", "includeStatus": True}], "nextCursor": "x"},
        {"a": {"includeStatus": True}},
    ],
    ids=["array", "page", "object"],
)
def test_each_shape_is_read(document: Any, tmp_path: Path) -> None:
    found = configurations.read(written(tmp_path, document))
    assert list(found) == ["a"]
    assert found["a"].revocable is True


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        ("{", "cannot be read"),
        ([], "no configuration with an id"),
        ([{"type": "x"}], "no configuration with an id"),
        ("3", "no configuration with an id"),
    ],
)
def test_what_is_none_blocks(document: Any, hint: str, tmp_path: Path) -> None:
    with pytest.raises(Blocked, match=hint):
        configurations.read(written(tmp_path, document))


def test_the_mapping_of_each_element_is_read() -> None:
    found = Configuration("a", {"claimMappings": MAPPINGS})
    assert [(each.place, each.claim, each.offered, each.required) for each in found.mappings] == [
        ("ns.1/name", "full_name", True, True),
        ("ns.1/level", "level", False, False),
    ]
    assert found.elements == {("ns.1", "name"), ("ns.1", "level"), ("ns.1", "odd")}
    assert not found.needs_source


@pytest.mark.parametrize(
    ("document", "lifetime"),
    [
        ({"expiresIn": {"days": 30}}, (30 * DAY, 30 * DAY)),
        ({"expiresIn": {"years": 1, "months": 2, "hours": 1}}, (421 * DAY + 3600, 428 * DAY + 3600)),
        ({"expiresIn": {"weeks": 1, "minutes": 1, "seconds": 1}}, (7 * DAY + 61, 7 * DAY + 61)),
        ({"expiresIn": {"fortnights": 1}}, None),
        ({"expiresIn": {"days": "30"}}, None),
        ({"expiresIn": {"days": 30}, "validUntil": {"mapFrom": "claims.end"}}, None),
        ({}, None),
    ],
)
def test_the_lifetime_is_that_of_the_calendar(document: dict[str, Any], lifetime: tuple[int, int] | None) -> None:
    assert Configuration("a", document).lifetime == lifetime
