"""The console script ``assay``: a thin layer over the pytest plugin and the reference issuer."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import harness
from harness.commands import (
    UsageError,
    attest,
    attester,
    detect,
    diff,
    gateway,
    history,
    mattr,
    one_login,
    report,
    sign,
    verify,
    waive,
)
from harness.commands.serving import kept, without_end
from harness.watching import arguments as watch_arguments

USAGE_ERROR = 4
"""Exit code for wrong arguments, files or environment variables; the same as pytest's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code.

    Args:
        arguments: without the program's name; those of the process by default.

    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["run"]:
        # Everything after `run` belongs to pytest, so that there is one engine and one set of options.
        return _run(given[1:])
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the encoding of the output lacks is shown as an escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = _parser()
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return 0
    command: Callable[[argparse.Namespace], int] = getattr(options, "handle", _told)
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever reads has seen enough; the interpreter must not fail at its last flush either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="assay", description="Conformance of OpenID4VCI credential issuers.")
    parser.add_argument("--version", action="version", version=f"assay {harness.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    commands.add_parser("run", help="judge an issuer; takes the options of pytest, --issuer-url first of all")

    issuer = commands.add_parser("issuer", help="serve the bundled reference issuer until interrupted")
    issuer.add_argument("--port", type=int, default=8443, help="0 for any free port (default: 8443)")
    issuer.add_argument("--http", action="store_true", help="plain http instead of TLS")
    issuer.add_argument("--variant", default="default", help="which clean configuration (see --list)")
    issuer.add_argument(
        "--fault", action="append", default=[], metavar="ID", help="a defect to switch on; repeatable"
    )
    issuer.add_argument("--list", action="store_true", help="list the variants and end")
    issuer.set_defaults(handle=_issuer)

    listing = commands.add_parser("list", help="list what there is, without any network")
    listing.add_argument("what", choices=("checks", "requirements", "versions", "faults", "profiles", "rules"))
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(handle=_list)

    inspect = commands.add_parser("inspect", help="show a credential, offer, proof or metadata document by itself")
    inspect.add_argument("file", metavar="FILE", help="the document, or - for standard input")
    inspect.add_argument("--json", action="store_true", help="as JSON")
    inspect.add_argument(
        "--key", action="append", default=[], metavar="FILE", help="public key of the signer (JWK, JWK Set, PEM)"
    )
    inspect.add_argument(
        "--trust", action="append", default=[], type=Path, metavar="PEM", help="trust anchors: a file or folder"
    )
    inspect.add_argument("--now", metavar="TIME", help="judge as at this time instead of now")
    inspect.add_argument("--format", metavar="NAME", help="take it for a credential of this format")
    inspect.add_argument(
        "--profile", metavar="NAME", default="oid4vci-1.0", help="judge by this profile (default: %(default)s)"
    )
    inspect.add_argument("--fetch", action="store_true", help="fetch what the document points at")
    inspect.set_defaults(handle=_inspect)

    watch = commands.add_parser("watch", help="watch the status of stored credentials and show every change")
    watch_arguments.add(watch)
    watch.set_defaults(handle=_watch)

    for command in (
        detect,
        report,
        diff,
        history,
        waive,
        sign,
        verify,
        attest,
        attester,
        one_login,
        gateway,
        mattr,
    ):
        command.add_to(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """Ends with pytest's code for usage errors, in one line."""

    def error(self, message: str) -> Any:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def _run(arguments: list[str]) -> int:
    import pytest

    if not any(argument.split("=", 1)[0] in ("--issuer-url", "-h", "--help") for argument in arguments):
        return _complain("assay run: give --issuer-url URL, or --issuer-url reference for the bundled issuer")
    return int(pytest.main(arguments))


def _issuer(options: argparse.Namespace) -> int:
    from harness.reference import variants
    from harness.reference.serve import serving

    if options.list:
        for name, each in variants.everything().items():
            print(f"{name:28} {each.description}")
        return 0
    try:
        variant = variants.variant(options.variant)
    except ValueError as error:
        return _complain(f"assay issuer: {error}; --list shows all")
    try:
        with serving(variant, options.fault, port=options.port, tls=not options.http) as server:
            print(f"Credential Issuer Identifier: {server.url}")
            trust = ""
            if server.ca_pem:
                path = kept(server.ca_pem)
                print(f"TLS root to trust:            {path}")
                trust = f"--cacert {path} "
            print("A fresh Credential Offer:")
            print(f"  curl -s {trust}-X POST {server.url}/assay/offers")
            print("Ctrl-C ends it.", flush=True)
            without_end()
    except (ValueError, OverflowError, OSError) as error:
        return _complain(f"assay issuer: {error}")


def _list(options: argparse.Namespace) -> int:
    from harness import listing

    rows = listing.LISTS[options.what]()
    if options.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            print(listing.line(options.what, row))
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from harness.inspection import command

    try:
        code, text = command.run(options)
    except command.UsageError as error:
        return _complain(f"assay inspect: {error}")
    print(text, end="")
    return code


def _watch(options: argparse.Namespace) -> int:
    from harness.inspection.command import UsageError
    from harness.watching import command

    try:
        return command.run(options)
    except UsageError as error:
        return _complain(f"assay watch: {error}")


def _told(options: argparse.Namespace) -> int:
    """Run one of ``harness.commands`` and print what it says."""
    try:
        code, text = options.run(options)
    except UsageError as error:
        return _complain(f"assay {options.command}: {error}")
    print(text, end="")
    return int(code)


def _complain(message: str) -> int:
    print(message, file=sys.stderr)
    return USAGE_ERROR


if __name__ == "__main__":
    raise SystemExit(main())
