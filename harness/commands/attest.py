"""``assay attest``: writes a report as an in-toto attestation, for supply-chain tools."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from harness.commands import UsageError
from harness.commands.files import content, put

_SUBJECT = re.compile(r"(.+)@sha256:([0-9a-f]{64})")


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser("attest", help="write a report.json as an in-toto attestation (test-result)")
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json")
    parser.add_argument("--output", type=Path, required=True, metavar="PATH", help="where to write")
    parser.add_argument(
        "--subject",
        action="append",
        default=[],
        metavar="NAME@sha256:HEX",
        help="software that was tested, such as a container image; repeatable",
    )
    parser.add_argument("--url", help="where the run can be looked at")
    parser.add_argument(
        "--key", type=Path, metavar="JWK", help="file with a private key: sign it, in a DSSE envelope"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Write the attestation and give its path.

    Raises:
        UsageError: the report is not whole or was edited, the key does not sign, or a file cannot be used.

    """
    from harness.integrity import IntegrityError, envelope, signing_key
    from harness.integrity.statement import statement
    from reports import json_file

    data = content(options.report, json_file.SIZE_LIMIT)
    subjects = [_subject(text) for text in options.subject]
    try:
        report = json_file.parse(data, options.report)
        made = statement(report, hashlib.sha256(data).hexdigest(), subjects=subjects, url=options.url)
        written = json.dumps(made, indent=2)
        if options.key is not None:
            key = signing_key.read(content(options.key, signing_key.LARGEST))
            written = json.dumps(envelope.wrap(written.encode("ascii"), key))
    except json_file.ReportError as error:
        raise UsageError(str(error)) from None
    except IntegrityError as error:
        raise UsageError(f"--key {options.key}: {error}") from None
    put(options.output, written + "\n")
    return 0, f"{options.output}\n"


def _subject(text: str) -> tuple[str, str]:
    found = _SUBJECT.fullmatch(text)
    if found is None:
        raise UsageError(f"--subject {text!r} is not NAME@sha256: with 64 hexadecimal digits")
    return found[1], found[2]
