"""Keeps a run report in a file: ``report.json``, the source of truth that everything else renders from."""

from __future__ import annotations

import functools
import json
import math
import os
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.model import Json, RunReport
from reports import digest

SIZE_LIMIT = 200_000_000
"""Bytes above which a file is not read."""


class ReportError(Exception):
    """A report cannot be read or written. The message is one line."""


def write(report: RunReport, path: Path) -> None:
    """Write a report, with a digest of its content. The file appears whole or not at all.

    Raises:
        ReportError: the folder cannot be written, or the report holds what JSON cannot carry.

    """
    try:
        stored = _storable(report.to_json())
        stored[digest.MEMBER] = digest.report_digest(stored)
        text = json.dumps(stored, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    except (RecursionError, TypeError, ValueError) as error:
        raise ReportError(f"{path}: the report cannot be written as JSON: {_brief(error)}") from error
    # A surrogate that stands alone has no UTF-8; its escape is JSON and means the same.
    content = text.encode("utf-8", errors="backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            draft.chmod(0o644)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from error


def read(path: Path) -> dict[str, Json]:
    """Read a report that ``write`` has written.

    Raises:
        ReportError: there is no such file, it was cut short or edited, or it is not a report.

    """
    return parse(_content(path), path)


def parse(content: bytes, path: Path) -> dict[str, Json]:
    """Give the report that the bytes of a file are.

    Args:
        path: where they come from, for messages.

    Raises:
        ReportError: it was cut short or edited, or it is not a report.

    """
    data = _parsed(content, path)
    _validate(data, path)
    report: dict[str, Json] = data
    return report


def read_without_exchanges(path: Path) -> dict[str, Json]:
    """Read a report for what compares findings: its ``exchanges``, which are most of it, are left empty.

    Raises:
        ReportError: as :func:`read` does.

    """
    data = _parsed(_content(path), path)
    if isinstance(data, dict) and isinstance(data.get("exchanges"), list):
        data["exchanges"] = []
    _validate(data, path)
    report: dict[str, Json] = data
    return report


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parsed(content: bytes, path: Path) -> Json:
    """Give the JSON value of a file that is there in full."""
    if len(content) > SIZE_LIMIT:
        raise ReportError(f"{path}: larger than {SIZE_LIMIT:,} bytes, so it is not a report")
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_members)
    except RecursionError as error:
        raise ReportError(f"{path}: nested too deeply to be a report") from error
    except json.JSONDecodeError as error:
        if content.lstrip()[:1] == b"{" and not content.rstrip().endswith(b"}"):
            raise ReportError(f"{path}: cut short; the run that wrote it did not finish") from error
        raise ReportError(f"{path}: not JSON: {error.msg} in line {error.lineno}") from error
    except ValueError as error:
        raise ReportError(f"{path}: not JSON: {_brief(error)}") from error
    if isinstance(data, dict) and data.get("complete") is not True:
        raise ReportError(f'{path}: cut short; "complete" is not true, so the run did not finish')
    if isinstance(data, dict) and digest.is_as_written(data) is False:
        raise ReportError(f"{path}: edited; its digest is not that of its content")
    return data


def _validate(data: Json, path: Path) -> None:
    if _fits(data):
        return
    from jsonschema.exceptions import best_match

    try:
        error = best_match(_validator().iter_errors(data))
    except RecursionError as cause:
        raise ReportError(f"{path}: nested too deeply to be a report") from cause
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the top level"
        raise ReportError(f"{path}: not a report of this version: at {place}: {_brief(error.message)}")


def _fits(data: Json) -> bool:
    """Whether a value plainly is a report; saying what is wrong with one takes a hundred times as long."""
    try:
        return bool(_quick_validator().is_valid(data))
    except (ValueError, TypeError, RecursionError):
        # It has what the quick reader does not take, such as a surrogate that stands alone.
        return False


@functools.cache
def _quick_validator() -> Any:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(_schema())


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_schema())


def _schema() -> dict[str, Json]:
    found: dict[str, Json] = json.loads(files("schemas").joinpath("report.schema.json").read_text("utf-8"))
    return found


def _storable(value: Json) -> Json:
    """Name the numbers an issuer may have sent that JSON does not know."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Give an object; of a name that stands twice, readers of JSON may take either value (RFC 8259 section 4)."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return made


def _brief(error: object) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else f"{text[:200]} …"
