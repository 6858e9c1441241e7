"""The person at the terminal: asked for a line, and shown links as QR codes."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import io
import os
import select
from collections.abc import Iterator
from typing import Protocol

LONGEST_LINE = 1_000_000
"""Characters."""


class TerminalError(Exception):
    """No line was entered; the message is one line and carries nothing of what was typed."""


class TerminalUnavailable(TerminalError):
    """Nobody is there to ask."""


class Terminal(Protocol):
    """A person who can be asked."""

    async def ask(self, text: str) -> str:
        """Show the text and give the line that is entered, without its end.

        Raises:
            TerminalUnavailable: there is nobody to ask.
            TerminalError: what was entered is no line.

        """
        ...


class ControllingTerminal:
    """The terminal that controls the process, even where standard input and output are captured."""

    def __init__(self) -> None:
        self._deserted = False

    async def ask(self, text: str) -> str:
        """Show the text and give the line that is entered; see :class:`Terminal`.

        Who did not answer once is not asked again: a run has many checks, and each would wait in vain.
        """
        if self._deserted:
            raise TerminalUnavailable("nobody answered at the terminal before")
        device = _open_terminal()
        self._deserted = True
        try:
            with _unbuffered(device):
                os.write(device, text.replace("\n", "\r\n").encode())
                line = await _read_line(device)
        finally:
            os.close(device)
        self._deserted = False
        return line

    def tell(self, text: str) -> None:
        """Show a text to which nothing is answered.

        Raises:
            TerminalUnavailable: there is nobody to tell.

        """
        device = _open_terminal()
        try:
            os.write(device, text.replace("\n", "\r\n").encode())
        finally:
            os.close(device)


def _open_terminal() -> int:
    try:
        device = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise TerminalUnavailable("there is no terminal to ask at") from None
    # A process in the background would be stopped for reading.
    if os.tcgetpgrp(device) != os.getpgrp():
        os.close(device)
        raise TerminalUnavailable("the run is in the background of its terminal, where nobody can be asked")
    return device


@contextlib.contextmanager
def _unbuffered(device: int) -> Iterator[None]:
    """Take input byte by byte: a terminal's own line editing cuts lines at 1024 or 4096 bytes."""
    import termios

    before = termios.tcgetattr(device)
    now = termios.tcgetattr(device)
    now[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(device, termios.TCSADRAIN, now)
    try:
        yield
    finally:
        termios.tcsetattr(device, termios.TCSAFLUSH, before)


_BACKSPACES, _CLEAR_LINE, _END_OF_INPUT = b"\x08\x7f", b"\x15", b"\x04"


async def _read_line(device: int) -> str:
    """Read and echo a line, with the few editing keys a line needs."""
    line = ""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while len(line) <= LONGEST_LINE:
        # Nobody types faster, and unlike a thread that reads, this ends when time is up.
        while not select.select([device], [], [], 0)[0]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for key in decoder.decode(os.read(device, 4096) or _END_OF_INPUT):
            code = key.encode()
            if code in b"\r\n":
                os.write(device, b"\r\n")
                return line
            if code == _END_OF_INPUT:
                raise TerminalError("the input ended")
            if code in _BACKSPACES and line:
                line = line[:-1]
                os.write(device, b"\b \b")
            elif code == _CLEAR_LINE:
                os.write(device, b"\b \b" * len(line))
                line = ""
            elif key.isprintable():
                line += key
                os.write(device, code)
    raise TerminalError(f"the input is longer than {LONGEST_LINE} characters")


def qr_code(text: str) -> str:
    """Draw a QR code with characters of a terminal; a remark stands in for one that cannot be drawn."""
    import segno

    out = io.StringIO()
    try:
        segno.make(text, error="l", micro=False).terminal(out, border=2, compact=True)
    except segno.DataOverflowError:
        return "(too long for a QR code)"
    return out.getvalue()
