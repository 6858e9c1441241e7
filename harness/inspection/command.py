"""The command ``assay inspect``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import catalogue, checks, profiles
from harness.formats import key_file
from harness.formats.credential import READERS
from harness.formats.jwk import required_members
from harness.formats.problems import FormatError
from harness.inspection import documents, rendering
from harness.inspection.inspection import Inspection, Unreadable
from harness.inspection.recognise import MAX_BYTES
from harness.inspection.surroundings import Surroundings, offline
from harness.settings import TrustSettings
from harness.transport import Client, Recorder
from harness.trust.files import TrustError, anchors

WRONG = 1
"""Exit code when something is wrong with the document."""


class UsageError(Exception):
    """An argument or file cannot be used; the message is one line."""


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Look at a document.

    Args:
        options: ``file``, ``key``, ``trust``, ``now``, ``format``, ``fetch``, ``json`` and ``profile`` of the
            command line.

    Returns:
        The exit code, 0 when nothing is wrong with the document and :data:`WRONG` otherwise, and what to print.

    Raises:
        UsageError: an argument or the file cannot be used.

    """
    if options.format is not None and options.format not in READERS:
        raise UsageError(f"--format {options.format!r} is none of {', '.join(sorted(READERS))}")
    try:
        data = content(options.file)
        found = asyncio.run(_inspect(data, options))
    except (Unreadable, TrustError) as error:
        raise UsageError(f"{options.file}: {rendering.printable(str(error))}") from None
    code = WRONG if found.wrong else 0
    if options.json:
        return code, json.dumps(rendering.as_json(found), indent=2) + "\n"
    width = shutil.get_terminal_size((100, 24)).columns
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return code, rendering.terminal(found, rendering.Style(width, colours))


async def _inspect(data: bytes, options: argparse.Namespace) -> Inspection:
    try:
        profile = profiles.load(options.profile)
    except profiles.ProfileError as error:
        raise UsageError(f"--profile: {error}") from None
    requirements = catalogue.of(profile.specifications, version=profile.version, without=profile.leaves_out)
    now = time.time() if options.now is None else _moment(options.now)
    trusted = tuple(options.trust)
    anchors(trusted)
    client = Client(Recorder(), now=lambda: now) if options.fetch else offline(lambda: now)
    around = Surroundings(
        now,
        client,
        checks.within(requirements),
        requirements,
        tuple(key for file in options.key for key in public_keys(file)),
        TrustSettings(x5c=trusted, iaca=trusted),
    )
    try:
        with warnings.catch_warnings():
            # What a library has to say of a certificate, a finding says.
            warnings.simplefilter("ignore")
            return await documents.inspect(data, around, options.format)
    finally:
        await client.aclose()


def content(name: str) -> bytes:
    """Read a file that the user names, or standard input for ``-``; of a large one as much as tells that it is.

    Raises:
        UsageError: it cannot be read.

    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
    except ValueError:
        raise UsageError("the name of the file cannot be used") from None


def _moment(text: str) -> float:
    try:
        if text.isdigit():
            return float(datetime.fromtimestamp(int(text), UTC).timestamp())
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--now {text!r} is neither a time such as 2026-01-31T12:00:00Z nor seconds since 1970"
        ) from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def public_keys(file: str) -> list[Mapping[str, Any]]:
    """Read the public keys of a file: a JWK, a JWK Set, a certificate or a public key in PEM.

    Raises:
        UsageError: it holds none.

    """
    try:
        found = key_file.public_keys(content(file))
    except FormatError as error:
        raise UsageError(f"--key {file} is {error.detail}") from None
    # Whether a key is meant for this is not asked of who gave it.
    return [required_members(key) | _kid(key) for key in found]


def _kid(key: Mapping[str, Any]) -> dict[str, Any]:
    return {"kid": key["kid"]} if "kid" in key else {}
