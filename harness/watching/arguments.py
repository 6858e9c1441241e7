"""The arguments of ``assay watch``; nothing heavy is imported for them."""

from __future__ import annotations

import argparse
from pathlib import Path

SHORTEST_S = 3.0
"""Seconds between two looks at one list, at least, so that nobody is hammered."""
LONGEST_S = 60.0
"""Seconds between two looks at one list, at most, unless the user says otherwise."""
STATES = ("revoked", "suspended", "valid")
"""What can be waited for."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of the command."""
    parser.add_argument(
        "credential", nargs="+", metavar="CREDENTIAL", help="a file, a folder, or - for standard input"
    )
    parser.add_argument(
        "--interval",
        type=float,
        default=LONGEST_S,
        metavar="SECONDS",
        help=f"look at a list this often at least, however long it may be kept (default: {LONGEST_S:g})",
    )
    parser.add_argument("--once", action="store_true", help="look once and end")
    parser.add_argument("--json", action="store_true", help="what is there as JSON; with --once")
    parser.add_argument("--until", choices=STATES, help="end when the credentials have this state")
    parser.add_argument("--any", action="store_true", help="with --until: one credential is enough")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="end after this time")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append each change as a line of JSON")
    parser.add_argument(
        "--key", action="append", default=[], metavar="FILE", help="public key of who signs the lists; repeatable"
    )
    parser.add_argument(
        "--trust", action="append", default=[], type=Path, metavar="PEM", help="trust anchors: a file or folder"
    )
    parser.add_argument("--tls-ca", type=Path, metavar="PEM", help="roots to trust for TLS")
    parser.add_argument("--allow-http", action="store_true", help="fetch lists over plain http, too")
    parser.add_argument(
        "--allow-private", action="store_true", help="fetch lists from loopback and private addresses, too"
    )
