"""Starts pytest runs from a process that has loaded what a run needs, so that a hundred of them take seconds less.

What starts is a process of its own, with its own folder, environment and streams. How things load, and the command
line itself, are for tests that start Python.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["harness.tests.preloaded"])


def run_pytest(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Do what ``python -m pytest`` does.

    Args:
        env: by default that of this process.
        timeout_s: seconds after which the run is killed.

    Raises:
        subprocess.TimeoutExpired: it was.

    """
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder) / "out", Path(folder) / "err"
        process = _CONTEXT.Process(
            target=_become_pytest, args=(list(arguments), str(cwd), dict(env or os.environ), *map(str, streams))
        )
        process.start()
        process.join(timeout_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["pytest", *arguments], timeout_s)
        told, complained = (stream.read_text(errors="replace") if stream.exists() else "" for stream in streams)
    return subprocess.CompletedProcess(["pytest", *arguments], process.exitcode, told, complained)


def _become_pytest(arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    for number, name in ((1, out), (2, err)):
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["pytest", *arguments]
    sys.path.insert(0, folder)
    for entry in reversed(environment.get("PYTHONPATH", "").split(os.pathsep)):
        if entry and entry not in sys.path:
            sys.path.insert(1, entry)
    import pytest
    from _pytest.assertion.rewrite import AssertionRewritingHook

    # Plugins that are loaded already have no asserts that matter here.
    AssertionRewritingHook._warn_already_imported = lambda *_: None  # type: ignore[method-assign]
    try:
        code = pytest.console_main()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(code)
