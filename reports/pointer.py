"""Finds the line of a JSON text that a JSON Pointer (RFC 6901) leads to, also where the text was cut short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'\s+|[{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s{}\[\],:"]+', re.DOTALL)


def line_of(text: str, pointer: str) -> int | None:
    """Give the number of the line, counted from 0, on which the value at ``pointer`` starts.

    When the value is absent this is the line of its nearest ancestor below the root, because that is where
    it is missing. ``None`` when the text holds neither, or when ``pointer`` is not a JSON Pointer. After a colon
    and a space a pointer may go on inside an encoded value, such as a credential; the line is that of the value.
    """
    pointer = pointer.removeprefix("#").partition(": ")[0]
    if pointer and not pointer.startswith("/"):
        return None
    target = [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]
    nearest: int | None = None
    depth = 0
    for path, line in _values(text):
        if path == target:
            return line
        if len(path) > depth and path == target[: len(path)]:
            nearest, depth = line, len(path)
    return nearest


def _values(text: str) -> Iterator[tuple[list[str], int]]:
    """Give the path and the line of each value, as far as the text is JSON. The list is reused."""
    path: list[str] = []
    containers: list[str] = []
    line = 0
    at_name = False
    end = 0
    while match := _TOKEN.match(text, end):
        token, end = match[0], match.end()
        match token[0]:
            case "{" | "[":
                yield path, line
                containers.append(token)
                path.append("" if token == "{" else "0")
                at_name = token == "{"
            case "}" | "]":
                if not containers:
                    return
                containers.pop()
                path.pop()
                at_name = False
            case ",":
                if not containers:
                    return
                at_name = containers[-1] == "{"
                if not at_name:
                    path[-1] = str(int(path[-1]) + 1)
            case ":":
                at_name = False
            case '"' if at_name:
                path[-1] = _decoded(token)
            case _ if not token.isspace():
                yield path, line
        line += token.count("\n")


def _decoded(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token
