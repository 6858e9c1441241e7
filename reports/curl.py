"""Writes a request as a ``curl`` command, where that can be sent again as it is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from harness.model import Json

LIMIT = 2_000
"""Characters above which a command is no help."""
_REDACTED = "‹"
_MADE_BY_CURL = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
)
_SECRET = frozenset({"authorization", "cookie", "dpop", "proxy-authorization"})


def curl(exchange: Mapping[str, Json]) -> str | None:
    """Give the command, safe to paste into a shell; ``None`` when the request carried a secret, a part of it was
    not recorded, or it is too long.
    """
    request = exchange["request"]
    headers = [(str(name), str(value)) for name, value in request["headers"]]
    parts = [exchange["method"], exchange["url"], request["body"] or "", *(value for _, value in headers)]
    if request["truncated"] or any(_REDACTED in part or not _plain(part) for part in parts):
        return None
    if any(name.lower() in _SECRET for name, _ in headers) or not exchange["url"].startswith(
        ("https://", "http://")
    ):
        return None
    words = ["curl", "--include"]
    if exchange["method"] != "GET":
        words += ["--request", exchange["method"]]
    for name, value in headers:
        if name.lower() not in _MADE_BY_CURL:
            words += ["--header", f"{name}: {value}"]
    if request["body"]:
        # Read as it is: a body that begins with @ would otherwise name a file.
        words += ["--data-raw", request["body"]]
    command = shlex.join([*words, "--", exchange["url"]])
    return command if len(command) <= LIMIT else None


def _plain(text: str) -> bool:
    return text.isprintable()
