"""What GOV.UK Wallet looks for in a photo: how the file begins, and whether it still has EXIF metadata."""

from __future__ import annotations

import struct

PNG = b"\x89PNG\r\n\x1a\n"
BEGINNINGS = (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xee", b"\xff\xd8\xff\xdb", PNG)
"""Those that the page lists; that of JFIF begins like the first."""
MOST_BYTES = 1_048_576
_EXIF = (b"Exif\0", b"http://ns.adobe.com/exif/")
_APP1, _SCAN, _END = 0xE1, 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_PNG_EXIF = (b"eXIf", b"zxIf")
_PNG_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_RAW_PROFILES = (b"Raw profile type exif\0", b"Raw profile type APP1\0")


def has_exif(image: bytes) -> bool:
    """Say whether a JPEG or PNG file has EXIF metadata; what is neither has none."""
    if image.startswith(PNG):
        return _png_has_exif(image)
    return image.startswith(b"\xff\xd8") and _jpeg_has_exif(image)


def _jpeg_has_exif(image: bytes) -> bool:
    """Look through the segments before the picture itself (ITU-T T.81 annex B.1.1)."""
    place = 2
    while place + 4 <= len(image) and image[place] == 0xFF:
        marker = image[place + 1]
        if marker in (_SCAN, _END):
            break
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            place += 1 if marker == 0xFF else 2
            continue
        if marker == _APP1 and image.startswith(_EXIF, place + 4):
            return True
        place += 2 + max(2, int.from_bytes(image[place + 2 : place + 4], "big"))
    return False


def _png_has_exif(image: bytes) -> bool:
    """Look through the chunks (PNG, third edition, section 5.3)."""
    place = len(PNG)
    while place + 8 <= len(image):
        length, name = struct.unpack_from(">I4s", image, place)
        if name in _PNG_EXIF or (name in _PNG_TEXT and image.startswith(_RAW_PROFILES, place + 8)):
            return True
        place += 12 + length
    return False
