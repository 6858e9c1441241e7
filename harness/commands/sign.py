"""``assay sign``: puts a detached signature beside a report."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from harness.commands import UsageError
from harness.commands.files import content, put


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("sign", help="sign a report.json: a detached JWS beside it")
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json")
    parser.add_argument("--key", type=Path, required=True, metavar="JWK", help="file with the private key")
    parser.add_argument("--output", type=Path, metavar="PATH", help="where to write (default: REPORT with .jws)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, now: float | None = None) -> tuple[int, str]:
    """Sign a report and give the path of the signature.

    Args:
        options: the arguments.
        now: seconds since 1970; by default those of the clock.

    Raises:
        UsageError: the report is not whole or was edited, the key does not sign, or a file cannot be used.

    """
    from harness.integrity import IntegrityError, detached, signing_key
    from reports import json_file

    try:
        data = content(options.report, json_file.SIZE_LIMIT)
        json_file.parse(data, options.report)
        key = signing_key.read(content(options.key, signing_key.LARGEST))
    except json_file.ReportError as error:
        raise UsageError(str(error)) from None
    except IntegrityError as error:
        raise UsageError(f"--key {options.key}: {error}") from None
    target: Path = options.output or signature_of(options.report)
    put(target, detached.sign(data, key, time.time() if now is None else now) + "\n")
    return 0, f"{target}\n"


def signature_of(report: Path) -> Path:
    """Give the path where the signature of a report stands by default."""
    return report.with_name(f"{report.name}.jws")
