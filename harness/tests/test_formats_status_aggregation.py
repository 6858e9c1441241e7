from __future__ import annotations

import json
from typing import Any

import pytest

from harness.formats import status_aggregation
from harness.formats.problems import FormatError

RIGHT = {"status_lists": ["https://example.com/statuslists/1", "https://example.com/statuslists/2"]}


def found(document: Any) -> list[tuple[str, str | None]]:
    read = status_aggregation.read(json.dumps(document).encode())
    return [(problem.kind, problem.pointer) for problem in read.problems]


def test_a_right_aggregation_names_its_lists() -> None:
    read = status_aggregation.read(json.dumps(RIGHT).encode())
    assert (read.uris, read.problems) == (tuple(RIGHT["status_lists"]), ())
    assert found({"status_lists": [], "more": 1}) == []


def test_malformed_lists_are_found() -> None:
    assert found({}) == [("status-lists-missing", "")]
    assert found({"status_lists": "https://example.com/1"}) == [("status-lists-form", "/status_lists")]
    assert found({"status_lists": [1]}) == [("status-lists-form", "/status_lists/0")]
    read = status_aggregation.read(b'{"status_lists": ["/1", "https://example.com/1"]}')
    assert (read.uris, read.problems[0].kind) == (("https://example.com/1",), "status-lists-uri")
    twice = status_aggregation.read(b'{"status_lists": [], "status_lists": []}')
    assert [problem.kind for problem in twice.problems] == ["duplicate-name"]


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'["https://example.com/1"]', b"\xff"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError):
        status_aggregation.read(body)
