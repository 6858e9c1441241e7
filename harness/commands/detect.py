"""``assay detect``: which version of OpenID4VCI an issuer speaks, and the profile to use."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.commands import UsageError

if TYPE_CHECKING:
    from harness.detection.gathering import Gathered

MIXED = 1
"""Exit code when something contradicts the version that fits best."""


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser(
        "detect",
        help="say which draft of OpenID4VCI an issuer speaks, and which profile to use",
        epilog=(
            "Ends with 0 when nothing contradicts the version that is named, 1 when something does, and 4 when "
            "there is nothing to tell by. Links and URLs are fetched with what they lead to; files are only read."
        ),
    )
    parser.add_argument(
        "source",
        nargs="+",
        metavar="URL-OR-FILE",
        help="a Credential Issuer Identifier, a link to an offer, a URL of metadata, a file of any of these, or -",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--tls-ca", type=Path, metavar="PEM", help="CA certificates to trust for TLS besides")
    parser.add_argument("--allow-http", action="store_true", help="plain http to other machines than this one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Look at an issuer's documents.

    Raises:
        UsageError: an argument cannot be used, or nothing in the documents tells of a version.

    """
    from harness.detection import detection, rendering
    from harness.detection.documents import DocumentError
    from harness.inspection.rendering import Style, printable

    try:
        gathered = asyncio.run(_gathered(options))
    except DocumentError as error:
        raise UsageError(printable(str(error))) from None
    found = detection.detect(gathered.documents)
    if found is None:
        raise UsageError("nothing in these documents tells one version of OpenID4VCI from another")
    code = MIXED if found.certainty is detection.Certainty.MIXED else 0
    if options.json:
        return code, json.dumps(rendering.as_json(found, gathered.notes), indent=2) + "\n"
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((100, 24)).columns
    return code, rendering.terminal(found, gathered.notes, Style(width, colours))


async def _gathered(options: argparse.Namespace) -> Gathered:
    from harness.detection.gathering import gather
    from harness.transport import Client, Recorder, tls_context

    try:
        verify = tls_context(options.tls_ca, None, None)
    except (OSError, ValueError) as error:
        raise UsageError(f"--tls-ca cannot be used: {error}") from None
    client = Client(Recorder(), verify=verify, allow_http=options.allow_http)
    try:
        return await gather(options.source, client)
    finally:
        await client.aclose()
