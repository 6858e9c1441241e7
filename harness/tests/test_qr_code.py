"""The QR codes that pages show."""

from __future__ import annotations

import base64

import pytest

from harness import qr_code
from harness.formats import png
from harness.formats.raster import Raster
from harness.journey import pictures

LINK = "openid-credential-offer://?credential_offer=%7B%22ä%22%7D&" + "x" * 400


def raster(code: qr_code.QrCode) -> Raster:
    kind, _, data = code.url.partition(";base64,")
    assert kind == "data:image/png"
    return png.read(base64.b64decode(data, validate=True))


@pytest.mark.parametrize("text", ["a", LINK])
@pytest.mark.parametrize("level", ["L", "M"])
@pytest.mark.parametrize("scale", [1, 4])
def test_a_code_says_its_text(text: str, level: str, scale: int) -> None:
    code = qr_code.draw(text, level=level, scale=scale)
    drawn = raster(code)
    assert (drawn.width, drawn.height) == (code.size * scale, code.size * scale)
    assert pictures.texts([drawn]) == (text,)


def test_a_code_has_a_quiet_zone() -> None:
    drawn = raster(qr_code.draw(LINK))
    rows = [drawn.pixels[at : at + drawn.width] for at in range(0, len(drawn.pixels), drawn.width)]
    assert all(set(row) == {255} for row in (*rows[:4], *rows[-4:]))
    assert all(set(row[:4] + row[-4:]) == {255} for row in rows)


def test_a_higher_level_makes_a_larger_code() -> None:
    assert qr_code.draw(LINK, level="H").size > qr_code.draw(LINK, level="L").size
