"""Pictures of pages as grey values, and the QR codes in them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import png, svg_squares
from harness.formats.raster import PictureError, Raster
from harness.journey.pictures import texts

TEXT = "https://wallet.example/add?credential_offer=%7B%22credential_issuer%22%3A%22https%3A%2F%2Fissuer.example%22%7D"


def drawn(kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    segno.make(TEXT, micro=False).save(out, kind=kind, **more)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def made(
    width: int, height: int, depth: int, colour: int, rows: bytes, *more: bytes, interlaced: int = 0
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"".join(
        [png.SIGNATURE, chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


@pytest.mark.parametrize(
    "options",
    [
        {"scale": 5},
        {"scale": 1},
        {"scale": 4, "border": 0},
        {"scale": 4, "dark": "darkblue", "light": "#eee"},
        {"scale": 4, "light": None},
        {"scale": 4, "dark": "white", "light": "black"},
        {"scale": 3, "dark": "#0b0c0cf0", "light": "#fff0"},
    ],
    ids=str,
)
def test_a_code_in_a_png_picture_is_read(options: dict[str, Any]) -> None:
    assert texts([png.read(drawn("png", **options))]) == (TEXT,)


def bullseye() -> bytes:
    """Rows of a code of one byte for each pixel, without filters."""
    matrix = [bytes(0 if dark else 255 for dark in row) for row in segno.make(TEXT).matrix_iter(scale=3, border=4)]
    return b"".join(matrix)


@pytest.mark.parametrize("filtered", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_every_filter_and_colour_type_is_undone(filtered: int, colour: int, channels: int) -> None:
    grey = bullseye()
    side = int(len(grey) ** 0.5)
    opaque = b"\xff" if channels in (2, 4) else b""
    rows = []
    above = bytes(side * channels)
    for at in range(0, len(grey), side):
        row = b"".join(bytes([value]) * (channels - len(opaque)) + opaque for value in grey[at : at + side])
        rows.append(bytes([filtered]) + applied(filtered, row, above, channels))
        above = row
    assert png.read(made(side, side, 8, colour, b"".join(rows))) == Raster(side, side, grey)


def applied(filtered: int, row: bytes, above: bytes, step: int) -> bytes:
    left, corner = bytes(step) + row, bytes(step) + above

    def guessed(at: int) -> int:
        a, b, c = left[at], above[at], corner[at]
        return (0, a, b, (a + b) // 2, min((a, b, c), key=lambda value: abs(a + b - c - value)))[filtered]

    return bytes((value - guessed(at)) & 255 for at, value in enumerate(row))


@pytest.mark.parametrize(
    ("picture", "pixels"),
    [
        (made(9, 1, 1, 0, b"\x00\xaa\x80"), [255, 0, 255, 0, 255, 0, 255, 0, 255]),
        (made(3, 1, 2, 0, b"\x00\x1b"), [0, 85, 170]),
        (made(2, 1, 4, 0, b"\x00\x0f"), [0, 255]),
        (made(2, 1, 16, 0, b"\x00\x12\x34\xff\xff"), [0x12, 255]),
        (made(2, 1, 8, 3, b"\x00\x00\x01", chunk(b"PLTE", b"\0\0\0\xff\xff\xff")), [0, 255]),
        (made(2, 1, 8, 3, b"\x00\x00\x01", chunk(b"PLTE", b"\0\0\0\0\0\0"), chunk(b"tRNS", b"\0")), [255, 0]),
        (made(1, 1, 8, 0, b"\x00\x00", chunk(b"tRNS", b"\0\0")), [255]),
        (made(2, 1, 8, 6, b"\x00\0\0\0\0\0\0\0\xff"), [255, 0]),
    ],
)
def test_depths_palettes_and_transparency(picture: bytes, pixels: list[int]) -> None:
    assert list(png.read(picture).pixels) == pixels


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "picture-malformed"),
        (b"GIF89a", "picture-malformed"),
        (png.SIGNATURE, "picture-malformed"),
        (made(2, 2, 8, 0, b"\x00\x00"), "picture-malformed"),
        (made(1, 1, 8, 0, b"\x09\x00"), "picture-malformed"),
        (made(1, 1, 3, 0, b"\x00\x00"), "picture-malformed"),
        (made(1, 1, 8, 7, b"\x00\x00"), "picture-malformed"),
        (made(0, 1, 8, 0, b"\x00"), "picture-too-large"),
        (made(100_000, 100_000, 8, 6, b"\x00"), "picture-too-large"),
        (made(1, 1, 8, 0, b"\x00\x00", interlaced=1), "picture-unsupported"),
    ],
)
def test_what_is_no_picture_is_told(data: bytes, kind: str) -> None:
    with pytest.raises(PictureError) as caught:
        png.read(data)
    assert caught.value.kind == kind


def test_a_picture_that_unpacks_to_more_than_it_says_costs_no_more() -> None:
    assert png.read(made(1, 1, 8, 0, b"\x00\x07" + bytes(50_000_000))) == Raster(1, 1, b"\x07")


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_bytes_that_only_begin_like_a_picture_do_no_harm(data: bytes) -> None:
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    for start in (png.SIGNATURE, png.SIGNATURE + chunk(b"IHDR", header)):
        with pytest.raises(PictureError):
            png.read(start + data)


# --- drawings --------------------------------------------------------------------------------------------


def modules() -> list[list[bool]]:
    return [[bool(dark) for dark in row] for row in segno.make(TEXT).matrix_iter(border=4)]


def of_rectangles() -> str:
    """As python-qrcode draws it, with lengths in millimetres."""
    rects = "".join(
        f'<rect x="{x}mm" y="{y}mm" width="1mm" height="1mm" />'
        for y, row in enumerate(modules())
        for x, dark in enumerate(row)
        if dark
    )
    return f'<svg width="{len(modules())}mm" height="{len(modules())}mm">{rects}</svg>'


def of_squares() -> str:
    """As react-qr-code draws it: one path of squares on a white one."""
    side = len(modules())
    path = "".join(
        f"M {x} {y} l 1 0 0 1 -1 0 Z" for y, row in enumerate(modules()) for x, dark in enumerate(row) if dark
    )
    back = f'<path d="M 0 0 l {side} 0 0 {side} -{side} 0 Z" fill="#FFFFFF"></path>'
    return f'<svg viewBox="0 0 {side} {side}">{back}<path d="{path}" fill="#000000"></path></svg>'


def of_strokes() -> str:
    """As the npm package qrcode draws it: horizontal strokes."""
    side = len(modules())
    path = "".join(f"M{x} {y}.5h1" for y, row in enumerate(modules()) for x, dark in enumerate(row) if dark)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path fill="#ffffff" '
        f'd="M0 0h{side}v{side}H0z"/><path stroke="#000000" d="{path}"/></svg>'
    )


def in_groups() -> str:
    side = len(modules()) * 4
    polygons = "".join(
        f'<polygon points="{x},{y} {x + 1},{y} {x + 1},{y + 1} {x},{y + 1}"/>'
        for y, row in enumerate(modules())
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg width="{side}" height="{side}"><defs><rect width="100%" height="100%"/></defs>'
        '<rect width="100%" height="100%" style="fill: white"/>'
        f'<g transform="translate(0,0) scale(4)">{polygons}</g></svg>'
    )


@pytest.mark.parametrize(
    "markup",
    [
        of_rectangles(),
        of_squares(),
        of_strokes(),
        in_groups(),
        drawn("svg", scale=3).decode(),
        drawn("svg", border=0, light="white").decode(),
    ],
    ids=["rectangles", "squares", "strokes", "groups", "segno", "segno on white"],
)
def test_a_code_in_a_drawing_is_read(markup: str) -> None:
    assert texts([svg_squares.read(markup)]) == (TEXT,)


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("", "picture-unsupported"),
        ("<svg viewBox='0 0 1 1'></svg>", "picture-unsupported"),
        ("<svg viewBox='0 0 9 9'><path d='M0 0C1 1 2 2 3 3'/></svg>", "picture-unsupported"),
        ("<svg><rect width=1 height=1></svg>", "picture-malformed"),
        ("<svg viewBox='0 0 1e999 1'><rect width=1 height=1></svg>", "picture-malformed"),
        ("<svg viewBox='0 0 9 9'><path d='M1e99 0h1v1z'/></svg>", "picture-malformed"),
        ("<svg viewBox='0 0 9 9'><path d='M0 0" + "h1" * 200_000 + "'/></svg>", "picture-too-large"),
        ("<svg viewBox='0 0 9 9'><path d='M0 0" + "v9v-9" * 20_000 + "'/></svg>", "picture-too-large"),
        ("<svg viewBox='0 0 9 9'>" + "<rect width=1 height=1>" * 30_000 + "</svg>", "picture-too-large"),
        ("<svg>" + " " * 2_000_000, "picture-too-large"),
    ],
)
def test_a_drawing_that_is_no_code_is_told(markup: str, kind: str) -> None:
    with pytest.raises(PictureError) as caught:
        svg_squares.read(markup)
    assert caught.value.kind == kind


SHAPES = st.sampled_from(
    [
        *(
            "<svg viewBox='0 0 9 9'>",
            "</svg>",
            "<g transform='scale(1e6)'>",
            "<g transform='translate(2 3) scale(-1)'>",
        ),
        *(
            "</g>",
            "<rect x=1 width=3 height='50%'>",
            "<path d='",
            "m1 1",
            "h-3",
            "V9",
            "l1 2 3",
            "z",
            "'/>",
            "1e99 ",
        ),
        *(
            "<polygon points='0,0 3,3 9,1'/>",
            "<path stroke=red stroke-width=-2 d='M0 0L9 9'/>",
            "<defs>",
            "fill=white",
        ),
    ]
)


@given(st.lists(SHAPES | st.text(max_size=4), max_size=60).map("".join))
@settings(max_examples=200, deadline=None)
def test_any_drawing_is_drawn_or_refused(markup: str) -> None:
    try:
        found = svg_squares.read(f"<svg viewBox='0 0 9 9'>{markup}")
    except PictureError:
        return
    assert len(found.pixels) == found.width * found.height


def test_a_picture_without_a_code_says_nothing() -> None:
    assert texts([Raster(1, 1, b"\x00"), Raster(30, 20, bytes(600))]) == ()
