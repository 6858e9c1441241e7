"""QR codes (ISO/IEC 18004) as pictures that stand in a page."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class QrCode:
    """A code as a picture."""

    url: str
    """The picture itself, a PNG, as a data URL."""
    size: int
    """Modules from side to side, with the quiet zone."""


def draw(text: str, *, level: str = "L", scale: int = 1) -> QrCode:
    """Draw the code that says a text.

    Args:
        level: of error correction: ``L``, ``M``, ``Q`` or ``H``.
        scale: pixels for each module.

    """
    import zxingcpp  # a compiled library, loaded when the first code is drawn

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image = code.to_image(scale=scale, add_quiet_zones=True)
    height, width = image.shape
    pixels = bytes(memoryview(image))  # type: ignore[arg-type]  # its stubs do not tell that it is a buffer
    # Each row begins with the number of its filter, which is none.
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(rows)),
            _chunk(b"IEND", b""),
        )
    )
    return QrCode("data:image/png;base64," + base64.b64encode(picture).decode(), width // scale)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
