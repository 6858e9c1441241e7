"""The claim ``status`` of a credential (Token Status List draft 12 sections 6.2 and 6.3).

Problems; pointers lead into the value of ``status``, which is an object or a map:

- ``status-empty``: it refers to no status mechanism.
- ``status-list``: ``status_list`` is no object or map.
- ``status-idx``: ``status_list`` has no ``idx`` that is a non-negative integer (6.2), or an unsigned
  integer of CBOR (6.3).
- ``status-uri``: ``status_list`` has no ``uri`` that is a URI.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.formats import text
from harness.formats.problems import Problem, json_type, shown
from harness.formats.status_list import Form


def problems(status: Mapping[Any, Any], form: Form = Form.JWT) -> tuple[Problem, ...]:
    """Judge the value of ``status``; mechanisms that are not known here are left alone.

    Args:
        status: as read.
        form: whether it is in JSON or in CBOR.

    """
    return tuple(_problems(status, form))


def _problems(status: Mapping[Any, Any], form: Form) -> Iterator[Problem]:
    if not status:
        yield Problem("status-empty", "status has no member", "")
    if "status_list" not in status:
        return
    listed = status["status_list"]
    if not isinstance(listed, dict):
        yield Problem("status-list", f"status_list is {json_type(listed)}", "/status_list")
        return
    index = form.integer(listed.get("idx"))
    if index is None or index < 0:
        yield Problem("status-idx", f"idx is {shown(listed.get('idx'))}", "/status_list")
    if not text.is_uri(listed.get("uri")):
        yield Problem("status-uri", f"uri is {shown(listed.get('uri'))}", "/status_list")
