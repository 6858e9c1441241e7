"""What commands share that serve something until they are interrupted."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.commands import UsageError

if TYPE_CHECKING:
    from harness.reference.serve import Served

Tell = Callable[[str], None]
"""Tells a person something, in whole lines."""


def telling(write: Callable[[str], object]) -> Tell:
    """Give what writes lines that are read at once, also through a pipe."""

    def tell(text: str) -> None:
        write(f"{text}\n")
        sys.stdout.flush()

    return tell


def serve(
    service: AbstractContextManager[Served],
    beginning: Callable[[Served], Iterable[str]],
    tell: Tell,
    wait: Callable[[], object] | None,
) -> None:
    """Serve until ``wait`` returns or is interrupted.

    Args:
        service: serves while it lasts.
        beginning: gives the lines that say how to use it.
        wait: by default without end.

    """
    with service as served:
        tell("\n".join(beginning(served)))
        (wait or without_end)()


@contextlib.contextmanager
def listening(address: str, problem: type[Exception]) -> Iterator[None]:
    """Turn what keeps a service from starting into one line.

    Args:
        address: where it was to listen.
        problem: what the service itself raises for settings that cannot be.

    Raises:
        UsageError: instead of those.

    """
    try:
        yield
    except problem as error:
        raise UsageError(str(error)) from None
    except BrokenPipeError:
        raise
    except (OSError, OverflowError) as error:
        raise UsageError(f"cannot listen at {address}: {error}") from None


def valued(name: str, value: object) -> str:
    """Give the line that tells a value of a service, below a heading."""
    return f"  {name:21}{value}"


def kept(pem: str) -> Path:
    """Write a root certificate to a file of its own, which stays."""
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="assay-")) / "tls-ca.pem"
    path.write_text(pem)
    return path


def without_end() -> NoReturn:
    """Wait until interrupted."""
    while True:
        time.sleep(3_600)
