"""PNG pictures (PNG, third edition, W3C 2025) as grey values: enough to look for a code in them.

Every colour type and bit depth is read. Transparent pixels become white, as on a white page. Pictures that are
interlaced, which no generator of QR codes makes, are not read.

Codes: ``picture-malformed``, ``picture-too-large``, ``picture-unsupported``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import accumulate

from harness.formats.raster import MAX_BYTES, MAX_SIDE, PictureError, Raster

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type to samples of a pixel (section 11.2.1)."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

_UNPACKED = {
    depth: [
        bytes((byte >> shift) & ((1 << depth) - 1) for shift in range(8 - depth, -1, -depth))
        for byte in range(256)
    ]
    for depth in (1, 2, 4)
}
"""Bit depth to the samples in each byte (section 7.2)."""


def read(data: bytes) -> Raster:
    """Read a picture.

    Raises:
        PictureError: it is no PNG picture, too large, or interlaced.

    """
    if not data.startswith(SIGNATURE):
        raise PictureError("picture-malformed", "this is no PNG picture")
    header, palette, alpha, packed = b"", b"", b"", bytearray()
    for name, chunk in _chunks(data):
        match name:
            case b"IHDR":
                header = header or chunk
            case b"PLTE":
                palette = chunk
            case b"tRNS":
                alpha = chunk
            case b"IDAT":
                packed += chunk
    if len(header) != 13:
        raise PictureError("picture-malformed", "the PNG picture has no proper header")
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    depth, colour, interlaced = header[8], header[9], header[12]
    if depth not in _DEPTHS.get(colour, ()):
        raise PictureError("picture-malformed", "the PNG picture has no proper colour type")
    if interlaced:
        raise PictureError("picture-unsupported", "the PNG picture is interlaced")
    channels = _CHANNELS[colour]
    row_bytes = (width * channels * depth + 7) // 8
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and height * (row_bytes + 1) <= MAX_BYTES):
        raise PictureError("picture-too-large", f"the PNG picture has {width} by {height} pixels")
    rows = _rows(_unpacked(bytes(packed), height * (row_bytes + 1)), row_bytes, max(1, channels * depth // 8))
    grey = _table(colour, depth, palette, alpha)
    pixels = bytearray()
    for row in rows:
        samples = _samples(row, depth, width * channels)
        if channels == 1:
            pixels += samples.translate(grey)
        elif channels == 2:
            pixels += bytes(map(_on_white, samples[::2], samples[1::2]))
        else:
            light = bytes(map(_luminance, samples[::channels], samples[1::channels], samples[2::channels]))
            pixels += light if channels == 3 else bytes(map(_on_white, light, samples[3::4]))
    return Raster(width, height, bytes(pixels))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give names and contents; the check sums are left alone, since a picture need not be proven here."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _unpacked(packed: bytes, size: int) -> bytes:
    try:
        data = zlib.decompressobj().decompress(packed, size)
    except zlib.error:
        raise PictureError("picture-malformed", "the data of the PNG picture cannot be unpacked") from None
    if len(data) < size:
        raise PictureError("picture-malformed", "the PNG picture is cut off")
    return data


def _rows(data: bytes, row_bytes: int, step: int) -> Iterator[bytes]:
    """Undo the filters (section 9.2); ``step`` is how many bytes back the pixel to the left is."""
    above = bytes(row_bytes)
    for at in range(0, len(data), row_bytes + 1):
        row = data[at + 1 : at + 1 + row_bytes]
        match data[at]:
            case 0:
                above = row
            case 1:
                above = _sub(row, step)
            case 2:
                above = bytes((here + up) & 255 for here, up in zip(row, above, strict=True))
            case 3:
                above = _average(row, above, step)
            case 4:
                above = _paeth(row, above, step)
            case _:
                raise PictureError("picture-malformed", "the PNG picture has an unknown filter")
        yield above


def _sub(row: bytes, step: int) -> bytes:
    done = bytearray(len(row))
    for first in range(step):
        done[first::step] = bytes(total & 255 for total in accumulate(row[first::step]))
    return bytes(done)


def _average(row: bytes, above: bytes, step: int) -> bytes:
    done = bytearray(step) + bytearray(row)
    for at, up in enumerate(above):
        done[at + step] = (row[at] + ((done[at] + up) >> 1)) & 255
    return bytes(done[step:])


def _paeth(row: bytes, above: bytes, step: int) -> bytes:
    done = bytearray(step) + bytearray(row)
    corners = bytes(step) + above
    for at, up in enumerate(above):
        left, corner = done[at], corners[at]
        by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        other = up if by_up <= by_corner else corner
        best = left if by_left <= by_up and by_left <= by_corner else other
        done[at + step] = (row[at] + best) & 255
    return bytes(done[step:])


def _samples(row: bytes, depth: int, count: int) -> bytes:
    """Give one byte for each sample; of 16 bits the upper eight."""
    if depth == 8:
        return row
    if depth == 16:
        return row[::2]
    return b"".join(map(_UNPACKED[depth].__getitem__, row))[:count]


def _table(colour: int, depth: int, palette: bytes, alpha: bytes) -> bytes:
    """Give the grey value of each sample of pictures with one sample for each pixel."""
    if colour == 3:
        entries = [palette[at : at + 3] for at in range(0, len(palette) - 2, 3)][:256]
        opacity = alpha.ljust(len(entries), b"\xff")
        known = bytes(_on_white(_luminance(*rgb), opacity[at]) for at, rgb in enumerate(entries))
        return known.ljust(256, b"\xff")
    if depth >= 8:
        table = bytearray(range(256))
    else:
        most = (1 << depth) - 1
        table = bytearray(value * 255 // most for value in range(most + 1)).ljust(256, b"\xff")
    if colour == 0 and len(alpha) == 2:
        clear = int.from_bytes(alpha) >> (8 if depth == 16 else 0)
        if clear < 256:
            table[clear] = 255
    return bytes(table)


def _luminance(red: int, green: int, blue: int) -> int:
    return (red * 77 + green * 151 + blue * 28) >> 8


def _on_white(light: int, opacity: int) -> int:
    return 255 - (255 - light) * opacity // 255
