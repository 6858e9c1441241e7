"""A picture as rows of grey values."""

from __future__ import annotations

from dataclasses import dataclass

from harness.formats.problems import FormatError

MAX_SIDE = 3_000
"""Pixels of width and height."""
MAX_BYTES = 8_000_000
"""Bytes of a picture when it is unpacked."""


class PictureError(FormatError):
    """A picture cannot be read.

    Codes: ``picture-malformed``, ``picture-too-large``, ``picture-unsupported``.
    """


@dataclass(frozen=True)
class Raster:
    """``pixels`` has one byte for each pixel, row by row: 0 is black and 255 is white."""

    width: int
    height: int
    pixels: bytes
