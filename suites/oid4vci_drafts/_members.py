"""Words that checks of single members of a message share."""

from __future__ import annotations

from typing import Any

from harness.expect import Demanded, Expect
from harness.formats.problems import json_type
from harness.formats.strict_json import pointer
from harness.transport import Reply


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that can be a length of time."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def expect_string(expect: Expect, reply: Reply, name: str, code: str, requirement: Demanded) -> None:
    """Expect a member to be a string, where it is present."""
    members = reply.object
    expect.that(
        isinstance(members.get(name, ""), str),
        code,
        f"{name}, when present, is a string",
        json_type(members.get(name)),
        at=reply,
        pointer=pointer(name),
        requirement=requirement,
    )


def expect_seconds(expect: Expect, reply: Reply, name: str, code: str, requirement: Demanded) -> None:
    """Expect a member to be a number of seconds, where it is present."""
    members = reply.object
    expect.that(
        is_number(members.get(name, 0)),
        code,
        f"{name}, when present, is a number of seconds",
        members.get(name),
        at=reply,
        pointer=pointer(name),
        requirement=requirement,
    )
