"""``assay waive``: writes waivers for failing findings of a report."""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from harness.commands import UsageError
from harness.model import Waiver


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("waive", help="write waivers for failing findings of a report.json")
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json")
    parser.add_argument(
        "--check", action="append", default=[], metavar="GLOB", help="failing checks to waive; repeatable"
    )
    parser.add_argument(
        "--finding", action="append", default=[], metavar="GLOB", help="codes of findings to waive; repeatable"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why the failure is accepted")
    parser.add_argument("--owner", default="", metavar="TEXT", help="who repairs it")
    parser.add_argument(
        "--expires", default="", metavar="YYYY-MM-DD", help="the last day it counts, a year ahead at most"
    )
    parser.add_argument("--issue", metavar="URL", help="where the repair is tracked")
    parser.add_argument(
        "--file", type=Path, default=Path("waivers.toml"), help="the file to add to (default: waivers.toml)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, today: date | None = None) -> tuple[int, str]:
    """Write waivers and say what was written.

    Args:
        options: the arguments.
        today: the day in UTC; by default that of the clock.

    Raises:
        UsageError: an argument is missing or wrong, or a file cannot be read or written.

    """
    from harness import waiving
    from harness.waivers import WaiverError
    from reports import json_file
    from reports.printable import one_line

    file: Path = options.file
    terms = waiving.Terms(options.reason, options.owner, options.expires, options.issue)
    choice = waiving.Choice(tuple(options.check), tuple(options.finding))
    today = today or datetime.fromtimestamp(time.time(), UTC).date()
    try:
        terms.check(today)
        if not options.check and not options.finding:
            raise UsageError("say which failures to waive: --check GLOB or --finding CODE")
        report = json_file.read_without_exchanges(options.report)
        failing = waiving.failing(report)
        if not failing:
            return 0, f"Nothing to waive: {options.report} has no failing finding.\n"
        chosen = [pair for pair in failing if choice.holds(*pair)]
        if not chosen:
            there = "; ".join(f"{check} {code}" for check, code in failing[:5])
            raise UsageError(one_line(f"nothing that fails is meant by this; what fails is {there}"))
        there_already = waiving.standing(file)
        made = waiving.entries([pair for pair in chosen if pair not in there_already], terms)
        if made:
            waiving.append(file, made)
    except (WaiverError, json_file.ReportError) as error:
        raise UsageError(str(error)) from None
    lines = [_standing(there_already[pair], file, today) for pair in chosen if pair in there_already]
    lines += waiving.still_failing(failing, {*chosen, *there_already})
    lines += _use(file, len(made))
    written = waiving.toml(made) + "\n" if made else ""
    return 0, written + "".join(f"{one_line(line)}\n" for line in lines)


def _standing(waiver: Waiver, file: Path, today: date) -> str:
    ended = "that ended on" if waiver.expires < today.isoformat() else "until"
    return f"{waiver.check} {waiver.finding}: {file} has a waiver {ended} {waiver.expires}; change it there"


def _use(file: Path, count: int) -> Sequence[str]:
    if not count:
        return ["Nothing was written."]
    written = f"{count} waiver{'' if count == 1 else 's'} written to {file}."
    return [written, f"Use them with: pytest --vci-waivers {shlex.quote(str(file))} ..., or waivers in assay.toml"]
