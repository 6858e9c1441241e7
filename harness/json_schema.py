"""Validates a document against a JSON Schema that a stranger wrote.

Such a schema can ask for more time and memory than there are: by regular expressions, and by references that
unfold again and again. So the work is done in a process of its own, which is stopped when it takes too long.
Nothing is fetched: a reference to another document leaves the question open.

This file is also what that process runs, so it imports nothing of this package.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 10.0
_MEMORY = 1 << 30
"""Bytes that the process may use."""


@dataclass(frozen=True)
class Judgement:
    """What came of a validation."""

    usable: bool | None
    """Whether the schema is one of JSON Schema 2020-12 or newer; ``None`` when that was not found out."""
    valid: bool | None
    """Whether the document is valid; ``None`` when that was not found out."""
    detail: str = ""
    """Why not, in one sentence without values of the document."""
    pointer: str = ""
    """JSON Pointer to the first part of the document that is not valid."""


async def validate(schema: Any, document: Any, timeout_s: float = TIMEOUT_S) -> Judgement:
    """Validate a document, as parsed JSON, against a schema.

    Args:
        timeout_s: seconds after which the question is left open.

    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(Path(__file__)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    asked = json.dumps({"schema": schema, "document": document}).encode()
    try:
        async with asyncio.timeout(timeout_s):
            answer, _ = await process.communicate(asked)
    except TimeoutError:
        return Judgement(None, None, f"the schema takes more than {timeout_s:g} seconds")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        return Judgement(None, None, "the schema takes more than there is of memory or depth")
    return Judgement(**json.loads(answer))


def _main() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    asked = json.load(sys.stdin)
    sys.stdout.write(json.dumps(_judged(asked["schema"], asked["document"])))


_DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_OLDER = ("http://json-schema.org/", "https://json-schema.org/draft/2019-09/")
"""How the names of older drafts begin; what newer ones are called is not known."""


def _judged(schema: Any, document: Any) -> dict[str, Any]:
    from jsonschema import Draft202012Validator, FormatChecker, SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    named = schema.get("$schema", _DRAFT_2020_12) if isinstance(schema, dict) else _DRAFT_2020_12
    if not isinstance(named, str) or named.startswith(_OLDER):
        return _judgement(False, None, f"$schema is {json.dumps(named)[:100]}")
    if named.rstrip("#") != _DRAFT_2020_12:
        return _judgement(None, None, f"$schema is {json.dumps(named)[:100]}, which is not known here")
    try:
        # A pattern is an expression of ECMA-262 (section 6.4), and may be none of Python's.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        return _judgement(False, None, f"it breaks the rules of JSON Schema at /{_joined(error.path)}")
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        first = next(validator.iter_errors(document), None)
    except Unresolvable as error:
        return _judgement(True, None, f"its reference {str(error.ref)[:100]} leads out of it")
    except re.error as error:
        return _judgement(True, None, f"its pattern {str(error.pattern)[:100]!r} is not one that is read here")
    if first is None:
        return _judgement(True, True)
    detail = f'the keyword "{first.validator}" is not satisfied'
    return _judgement(True, False, detail, "".join(f"/{part}" for part in first.absolute_path))


def _judgement(usable: bool | None, valid: bool | None, detail: str = "", pointer: str = "") -> dict[str, Any]:
    return {"usable": usable, "valid": valid, "detail": detail, "pointer": pointer}


def _joined(path: Any) -> str:
    return "/".join(str(part) for part in path)


if __name__ == "__main__":
    _main()
