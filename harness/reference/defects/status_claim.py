"""Faults of the claim ``status`` (Token Status List draft 12 section 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.sd_jwt import SdJwt


def _entry(sd_jwt: SdJwt) -> dict[str, Any] | None:
    """Give the place in a status list; ``None`` where there is none."""
    found: dict[str, Any] | None = sd_jwt.payload.get("status", {}).get("status_list")
    return found


def _change(identifier: str, description: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Register a fault that changes a place in a status list."""

    def spoil(sd_jwt: SdJwt, _: Context) -> None:
        entry = _entry(sd_jwt)
        if entry is not None:
            change(entry)

    fault(identifier, description)(spoil)


@fault("sd-jwt:status-empty")
def status_empty(sd_jwt: SdJwt, _: Context) -> None:
    """The status has no member."""
    sd_jwt.payload["status"] = {}


@fault("sd-jwt:status-list-string")
def status_list_string(sd_jwt: SdJwt, _: Context) -> None:
    """The status_list is the URL of the list."""
    entry = _entry(sd_jwt)
    if entry is not None:
        sd_jwt.payload["status"]["status_list"] = entry["uri"]


_change("sd-jwt:status-index-missing", "The status_list has no idx.", lambda entry: entry.pop("idx"))
_change("sd-jwt:status-index-negative", "The idx is negative.", lambda entry: entry.update(idx=-1))
_change("sd-jwt:status-index-string", "The idx is a string.", lambda entry: entry.update(idx=str(entry["idx"])))
_change("sd-jwt:status-uri-missing", "The status_list has no uri.", lambda entry: entry.pop("uri"))
_change("sd-jwt:status-uri-relative", "The uri is a path.", lambda entry: entry.update(uri="/status"))
