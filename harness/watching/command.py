"""The command ``assay watch``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import ssl
import sys
import time
import warnings
from pathlib import Path

from harness.inspection.command import UsageError, public_keys
from harness.inspection.rendering import printable
from harness.lifecycle.status import StatusReader
from harness.model import Exchange
from harness.settings import TrustSettings
from harness.transport import Client, Recorder, tls_context
from harness.trust.fetching import Fetcher
from harness.trust.files import TrustError, anchors
from harness.watching import display, log, stored
from harness.watching.arguments import SHORTEST_S
from harness.watching.schedule import Schedule
from harness.watching.watch import Listener, Watch, Wish

MISSED = 1
"""Exit code when what ``--until`` waits for was not seen."""
INTERRUPTED = 130
"""Exit code when the watch was ended before what ``--until`` waits for was seen."""
_HOMES = {True: "localhost", False: "nowhere.invalid"}
"""Whether private addresses may be asked, to a host that has one or none."""
_LARGEST_LIST = 5_000_000
"""Bytes."""


class _NoRecord(Recorder):
    """Keeps nothing, since a watch goes on for days."""

    def begin(self) -> int:
        """Give the same number to all."""
        return 0

    def end(self, exchange: Exchange) -> None:
        """Let go of an exchange."""


def run(options: argparse.Namespace) -> int:
    """Watch credentials.

    Args:
        options: see :mod:`harness.watching.arguments`.

    Returns:
        The exit code: 0, :data:`MISSED` or :data:`INTERRUPTED`.

    Raises:
        UsageError: an argument or a file cannot be used, or the log cannot be written.

    """
    _check(options)
    try:
        with warnings.catch_warnings(), contextlib.ExitStack() as ending:
            # What a library has to say of a certificate is no matter of a watch.
            warnings.simplefilter("ignore")
            credentials, skipped = stored.read(options.credential)
            _check_wish(options, credentials)
            paper = display.Stream(sys.stdout)
            ending.callback(paper.end)
            listeners: list[Listener] = [] if options.json else [display.Display(paper)]
            if options.log is not None:
                written = log.Log(options.log)
                ending.callback(written.close)
                listeners.append(written)
            for line in skipped:
                sys.stderr.write(f"assay watch: {line}\n")
            return _watch(options, credentials, listeners, paper)
    except (TrustError, log.LogError) as error:
        raise UsageError(printable(str(error))) from None
    except BrokenPipeError:
        if options.until is None:
            raise
        # Whoever reads has gone, and what is waited for was not seen.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISSED


def _watch(
    options: argparse.Namespace,
    credentials: tuple[stored.Stored, ...],
    listeners: list[Listener],
    paper: display.Stream,
) -> int:
    keys = tuple(key for file in options.key for key in public_keys(file))
    trusted = tuple(options.trust)
    anchors(trusted)
    client = Client(
        _NoRecord(), verify=_tls(options.tls_ca), allow_http=options.allow_http, max_body=_LARGEST_LIST
    )
    watch = Watch(
        credentials,
        StatusReader(_fetcher(client, options), TrustSettings(x5c=trusted, iaca=trusted), time.time),
        Schedule(SHORTEST_S, options.interval),
        now=time.time,
        sleep=asyncio.sleep,
        listeners=listeners,
        keys=keys,
    )
    began = time.monotonic()
    wish = None if options.until is None else Wish(options.until, options.any)
    seen: bool | None = None
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        seen = asyncio.run(_run(watch, client, wish, options))
    if seen is None and options.once:
        return INTERRUPTED
    if options.json:
        found = {"time": log.stamp(time.time()), "credentials": [log.of_view(view) for view in watch.views]}
        paper.line(json.dumps(found, indent=2))
    elif not options.once:
        paper.line(display.summary(watch, time.monotonic() - began))
    if seen is None:
        return 0 if wish is None else INTERRUPTED
    return 0 if seen else MISSED


async def _run(watch: Watch, client: Client, wish: Wish | None, options: argparse.Namespace) -> bool:
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):
        # What ends a process in a pipeline ends a watch as cleanly as Ctrl-C.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: task and task.cancel())
    try:
        return await watch.run(wish, timeout_s=options.timeout, once=options.once)
    finally:
        await client.aclose()


def _fetcher(client: Client, options: argparse.Namespace) -> Fetcher:
    """Give the way to the lists: what the user allows is what an issuer at such an address would be allowed."""
    return Fetcher(client, f"{'http' if options.allow_http else 'https'}://{_HOMES[options.allow_private]}")


def _tls(file: Path | None) -> ssl.SSLContext:
    try:
        return tls_context(file)
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise UsageError(
            f"--tls-ca {printable(str(file))} cannot be used: {reason or 'no certificate in PEM'}"
        ) from None


def _check(options: argparse.Namespace) -> None:
    if not SHORTEST_S <= options.interval < math.inf:
        raise UsageError(f"--interval is at least {SHORTEST_S:g} seconds, so that nobody is hammered")
    if options.timeout is not None and not 0 < options.timeout < math.inf:
        raise UsageError("--timeout is a number of seconds greater than 0")
    if options.json and not options.once:
        raise UsageError("--json goes with --once; --log FILE writes the changes of a watch as JSON")
    if options.any and options.until is None:
        raise UsageError("--any goes with --until")
    if options.once and options.timeout is not None:
        raise UsageError("--once looks once, so --timeout says nothing")


def _check_wish(options: argparse.Namespace, credentials: tuple[stored.Stored, ...]) -> None:
    bare = [one.name for one in credentials if not one.document.status_references]
    if len(bare) == len(credentials) and not options.once:
        raise UsageError("no credential refers to a status list, so there is nothing to watch")
    if options.until is not None and not options.any and bare:
        raise UsageError(f"{bare[0]} refers to no status list, so it never becomes {options.until}")
