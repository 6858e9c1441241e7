"""``assay attester``: prints the trust anchor of the attesters that come with Assay, for an issuer to trust."""

from __future__ import annotations

import argparse
from typing import Any


def add_to(commands: Any) -> None:
    """Add the arguments to the subcommands of a parser."""
    parser = commands.add_parser(
        "attester",
        help="print the trust anchor of the bundled attesters of wallets and keys (PEM), for development only",
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> tuple[int, str]:
    """Give the anchor, below lines that say whose it is; readers of PEM pass over these (RFC 7468 section 2)."""
    from harness import attesters

    said = (
        f"# Attestations with the iss {attesters.ISSUER}, of wallets and of keys, lead to this certificate.",
        "# For development only: everybody can make such attestations.",
    )
    return 0, "\n".join((*said, attesters.anchor_pem()))
