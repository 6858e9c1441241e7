"""The claim ``status`` of a credential in JSON (Token Status List draft 12 section 6.2).

Problems; pointers lead into the value of ``status``, which is a JSON object:

- ``status-empty``: it refers to no status mechanism.
- ``status-list``: ``status_list`` is no object.
- ``status-idx``: ``status_list`` has no ``idx`` that is a non-negative integer.
- ``status-uri``: ``status_list`` has no ``uri`` that is a URI.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.formats import text
from harness.formats.problems import Problem, json_type, shown
from harness.formats.strict_json import integer
from harness.model import Json


def problems(status: Mapping[str, Json]) -> tuple[Problem, ...]:
    """Judge the value of ``status``; mechanisms that are not known here are left alone."""
    return tuple(_problems(status))


def _problems(status: Mapping[str, Json]) -> Iterator[Problem]:
    if not status:
        yield Problem("status-empty", "status has no member", "")
    if "status_list" not in status:
        return
    listed = status["status_list"]
    if not isinstance(listed, dict):
        yield Problem("status-list", f"status_list is {json_type(listed)}", "/status_list")
        return
    index = integer(listed.get("idx"))
    if index is None or index < 0:
        yield Problem("status-idx", f"idx is {shown(listed.get('idx'))}", "/status_list")
    if not text.is_uri(listed.get("uri")):
        yield Problem("status-uri", f"uri is {shown(listed.get('uri'))}", "/status_list")
