"""The pictures of a page that may be QR codes, and what the codes say."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from harness.formats import png, svg_squares
from harness.formats.html_page import Picture, WebPage
from harness.formats.raster import PictureError, Raster
from harness.journey.pages import place
from harness.transport import Reply, TransportFailure

MOST_EMBEDDED = 20
"""Pictures in the page itself that are read."""
MOST_FETCHED = 5
_LARGEST_DATA = 2_000_000
"""Characters of a picture that stands in the page itself."""
_LIKE_A_CODE = re.compile(r"qr|barcode|scan", re.IGNORECASE)
_DATA = re.compile(r"data:image/(png|svg\+xml)((?:;[^,;]*)*),(.*)", re.IGNORECASE | re.DOTALL)

Fetch = Callable[[str], Awaitable[Reply]]


@dataclass(frozen=True)
class Shown:
    """Pictures as they look, and why others could not be read."""

    rasters: tuple[Raster, ...] = ()
    unread: tuple[str, ...] = ()
    likely: bool = False
    """Whether one that could not be read is called a code."""


async def shown(page: WebPage, fetch: Fetch, *, thorough: bool) -> Shown:
    """Read the pictures of a page that may be codes.

    Pictures in the page and drawings are read always. Those of the same host are fetched when something about them
    says that they are codes.

    Args:
        thorough: fetch the others too.

    """
    rasters: list[Raster] = []
    unread: list[str] = []
    fetched, likely = 0, False
    embedded = [picture for picture in page.pictures if picture.url[:5].lower() == "data:"]
    for picture in embedded[:MOST_EMBEDDED]:
        try:
            rasters.append(_from_data(picture.url))
        except PictureError as error:
            unread.append(error.detail)
            likely |= _LIKE_A_CODE.search(picture.words) is not None
    for drawing in page.drawings[:MOST_EMBEDDED]:
        try:
            rasters.append(svg_squares.read(drawing))
        except PictureError:
            continue  # most drawings are signs and no codes
    for picture in page.pictures:
        if picture not in embedded and not _is_near(picture, page) and _may_be_code(picture):
            unread.append(f"{place(picture.url)} is on another host")
            likely = True
        if fetched < MOST_FETCHED and _is_near(picture, page) and (thorough or _may_be_code(picture)):
            fetched += 1
            try:
                rasters.append(_from_reply(await fetch(picture.url)))
            except (PictureError, TransportFailure) as error:
                why = error.detail if isinstance(error, PictureError) else error.message
                unread.append(f"{place(picture.url)}: {why}")
                likely |= _may_be_code(picture)
    return Shown(tuple(rasters), tuple(unread), likely)


def texts(rasters: Sequence[Raster]) -> tuple[str, ...]:
    """Give the texts of the QR codes in some pictures."""
    return tuple(text for raster in rasters for text in _texts(raster))


def _from_data(url: str) -> Raster:
    if len(url) > _LARGEST_DATA:
        raise PictureError("picture-too-large", "a picture in the page is too large")
    found = _DATA.fullmatch(url)
    if found is None:
        raise PictureError("picture-unsupported", f"a picture in the page is neither PNG nor SVG: {url[:30]!r}")
    try:
        data = unquote_to_bytes(found[3])
        if found[2].lower().endswith(";base64"):
            data = base64.b64decode(b"".join(data.split()), validate=True)
    except (ValueError, binascii.Error):
        raise PictureError("picture-malformed", "the data of a picture in the page is not base64") from None
    return _read(data)


def _from_reply(reply: Reply) -> Raster:
    if not reply.successful:
        raise PictureError("picture-malformed", f"it was answered with status {reply.status}")
    return _read(reply.body)


def _read(data: bytes) -> Raster:
    if data.startswith(png.SIGNATURE):
        return png.read(data)
    if b"<svg" in data[:2_000].lower():
        return svg_squares.read(data.decode("utf-8", "replace"))
    raise PictureError("picture-unsupported", "the picture is neither PNG nor SVG")


def _is_near(picture: Picture, page: WebPage) -> bool:
    """Whether a picture is fetched from the host of its page."""
    try:
        here, there = urlsplit(page.url), urlsplit(picture.url)
        return there.scheme in ("http", "https") and (here.hostname, here.port) == (there.hostname, there.port)
    except ValueError:
        return False


def _may_be_code(picture: Picture) -> bool:
    return _LIKE_A_CODE.search(f"{picture.words} {urlsplit(picture.url).path}") is not None


_MARGIN = 20
"""Pixels of white around a picture: a code needs a quiet zone, and a page may be it."""
_SMALL = 200
"""Pixels below which a picture is enlarged: its modules may be single pixels."""


def _texts(raster: Raster) -> list[str]:
    import zxingcpp  # a compiled library, loaded when the first picture is looked at

    width, height, pixels = raster.width, raster.height, raster.pixels
    scale = -(-_SMALL // max(width, height, 1))
    side, edge = b"\xff" * _MARGIN, b"\xff" * (width * scale + 2 * _MARGIN) * _MARGIN
    rows = []
    for at in range(0, width * height, width):
        row = pixels[at : at + width]
        wide = bytearray(width * scale)
        for offset in range(scale):
            wide[offset::scale] = row
        rows.append((side + wide + side) * scale)
    data = edge + b"".join(rows) + edge
    shape = (height * scale + 2 * _MARGIN, width * scale + 2 * _MARGIN)
    found = zxingcpp.read_barcodes(
        memoryview(data).cast("B", shape),
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [code.text for code in found]
