"""``assay verify``: says whether a report is whole, as its run wrote it, and who signed it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.commands import UsageError
from harness.commands.files import content
from harness.commands.sign import signature_of

WRONG = 1
"""Exit code when the report is not what it was, or nobody known signed it."""
_LARGEST_KEYS = 1_000_000
"""Bytes of a file with keys."""


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser(
        "verify", help="say whether a report.json is as its run wrote it, and who signed it"
    )
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json")
    parser.add_argument("--signature", type=Path, metavar="FILE", help="detached JWS (default: REPORT with .jws)")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="public key of who may have signed (JWK, JWK Set, PEM)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Give 0 when everything that was asked holds, 1 when something does not, and the lines that say so.

    Raises:
        UsageError: a file that was named cannot be read, or holds no key.

    """
    from reports import json_file

    if options.signature is not None and options.key is None:
        raise UsageError("--signature needs --key: a signature says nothing without the key of who signed")
    data = content(options.report, json_file.SIZE_LIMIT)
    whole, lines = _as_written(data, options.report)
    signed, told = _signed(data, options)
    if whole is None:
        # Only a signature can say that nothing was changed since.
        whole = options.key is not None
    return 0 if whole and signed else WRONG, "".join(f"{line}\n" for line in [*lines, *told])


def _as_written(data: bytes, path: Path) -> tuple[bool | None, list[str]]:
    """Say whether the content is what the run wrote; ``None`` when it does not tell."""
    from reports import digest, json_file

    try:
        report = json_file.parse(data, path)
    except json_file.ReportError as error:
        return False, [f"content:   NOT as the run wrote it. {error}"]
    about = _about(report)
    if digest.MEMBER not in report:
        return None, ["content:   whole, but without a digest that would show edits", *about]
    return True, [f"content:   whole, and as the run wrote it ({report[digest.MEMBER]})", *about]


def _about(report: Mapping[str, Any]) -> list[str]:
    from reports.printable import one_line

    tool, target = report["tool"], report["target"]
    commit = f", commit {tool['commit']}" if tool["commit"] else ""
    return [
        one_line(f"issuer:    {target['issuer']}, judged by {target['profile']}"),
        one_line(f"verdict:   {report['verdict']}. {report['summary']}"),
        one_line(f"run:       {report['started']}, by {tool['name']} {tool['version']}{commit}"),
    ]


def _signed(data: bytes, options: argparse.Namespace) -> tuple[bool, list[str]]:
    from harness.formats import key_file
    from harness.integrity import detached
    from reports.printable import one_line

    path: Path = options.signature or signature_of(options.report)
    if options.key is None:
        there = f"{path} was not looked at; give --key" if path.exists() else "none was looked for"
        return True, [f"signature: {there}. A digest alone is no proof: who edits on purpose makes it anew."]
    signature = content(path, detached.LARGEST)
    try:
        keys = key_file.public_keys(content(options.key, _LARGEST_KEYS))
    except key_file.KeyFileError as error:
        raise UsageError(f"--key {options.key} is {error.detail}") from None
    try:
        signed = detached.verify(data, signature, keys)
    except detached.NotSigned as error:
        return False, [one_line(f"signature: NOT valid: {error}")]
    named = (
        f"{signed.key_id}, thumbprint {signed.thumbprint}" if signed.key_id else f"thumbprint {signed.thumbprint}"
    )
    made = (
        f"at {signed.made:%Y-%m-%dT%H:%M:%SZ} by the signer's clock"
        if signed.made
        else "at a time it does not tell"
    )
    return True, [one_line(f"signature: valid, {signed.algorithm}, by the key {named}; made {made}")]
