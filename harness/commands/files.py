"""Files that a command line names."""

from __future__ import annotations

from pathlib import Path

from harness.commands import UsageError


def content(path: Path, limit: int) -> bytes:
    """Read a file.

    Args:
        limit: bytes above which it is refused.

    Raises:
        UsageError: it cannot be read or is larger.

    """
    try:
        with path.open("rb") as opened:
            data = opened.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "this is no file name"
        raise UsageError(f"{path}: cannot be read: {reason}") from None
    if len(data) > limit:
        raise UsageError(f"{path}: larger than {limit:,} bytes")
    return data


def put(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        UsageError: it cannot be written.

    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
