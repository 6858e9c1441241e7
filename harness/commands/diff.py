"""``assay diff``: what changed from one report to another."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from harness.commands import UsageError

NEW_FAILURES = 1
"""Exit code when the newer report has failing findings that the older does not have."""


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser(
        "diff",
        help="show what changed from one report.json to another",
        epilog="Ends with 0 when no failing finding is new, 1 when some are, and 4 when a report cannot be read.",
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="the older report.json")
    parser.add_argument("new", type=Path, metavar="NEW", help="the newer report.json")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Compare two reports.

    Raises:
        UsageError: one of them cannot be read.

    """
    from reports import changes, changes_text, json_file

    try:
        old, new = (json_file.read_without_exchanges(path) for path in (options.old, options.new))
    except json_file.ReportError as error:
        raise UsageError(str(error)) from None
    found = changes.compare(old, new)
    match options.format:
        case "json":
            # Escapes keep the control characters that an issuer may have sent away from a terminal.
            text = json.dumps(found, indent=2, ensure_ascii=True) + "\n"
        case "markdown":
            text = changes_text.markdown(found)
        case _:
            text = "\n".join(changes_text.lines(found)) + "\n"
    return NEW_FAILURES if changes.newly_failing(found) else 0, text
