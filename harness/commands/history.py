"""``assay history``: the trend over the reports in a folder, as one HTML page."""

from __future__ import annotations

import argparse
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.commands import UsageError

if TYPE_CHECKING:
    from reports import history

NAMES = ("report.json", "report-*.json", "*-report.json")
"""What a report is called; further JSON files in the folder are nobody's business here."""


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("history", help="draw the trend over the report.json files of a folder")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the reports lie, at any depth")
    parser.add_argument("--output", type=Path, help="where to write (default: history.html in FOLDER)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Read the reports and write the page; what cannot be read is named and left out.

    Raises:
        UsageError: there is no report, or the page cannot be written.

    """
    from reports import history, json_file
    from reports.printable import one_line

    folder: Path = options.folder
    target: Path = options.output or folder / "history.html"
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    pasts: list[history.Past] = []
    skipped: list[str] = []
    seen: dict[str, str] = {}
    for path in sorted({path for name in NAMES for path in folder.rglob(name) if path.is_file()}):
        name = path.relative_to(folder).as_posix()
        try:
            same = seen.setdefault(_digest(path), name)
            if same != name:
                skipped.append(f"{name}: the same file as {same}")
                continue
            report = json_file.read_without_exchanges(path)
        except json_file.ReportError as error:
            skipped.append(str(error).replace(str(path), name, 1))
            continue
        except OSError as error:
            skipped.append(f"{name}: cannot be read: {error.strerror}")
            continue
        pasts.append(history.remember(report, name, _link(path.with_suffix(".html"), target)))
    if not pasts:
        raise UsageError(skipped[0] if skipped else f"{folder}: there is no report.json in it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        pasts.sort(key=lambda past: (*_when(past.started), past.name))
        page = history.render_history(pasts, skipped)
        target.write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{target}: {error.strerror}") from None
    lines = [one_line(f"skipped: {line}") for line in skipped]
    lines.append(f"{len(pasts)} report{'' if len(pasts) == 1 else 's'}: {target}")
    return 0, "\n".join(lines) + "\n"


def _when(started: str) -> tuple[bool, str]:
    """Order by time; what gives no time that can be read comes first, by its text."""
    try:
        moment = datetime.fromisoformat(started)
        return True, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return False, started


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _link(page: Path, target: Path) -> str | None:
    """Give the URL of a page relative to another; ``None`` when there is no such page."""
    if not page.is_file():
        return None
    return quote(Path(os.path.relpath(page, target.parent)).as_posix(), errors="replace")
