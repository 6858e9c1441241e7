"""Photos in JWT credentials: docs.wallet.service.gov.uk, Issue a credential, Guidance on including photos.

The guidance is for `credentialSubject`. For the portrait of an mdoc, ISO/IEC 18013-5 says what it may be.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats.strict_json import pointer
from suites.govuk_wallet._images import BEGINNINGS, MOST_BYTES, has_exif
from suites.oid4vci._problems import at

check = area("GOV.UK Wallet: photo", per=Per.SCENARIO)

_CALLED_PHOTO = re.compile(r"photo|photograph|portrait|facialimage|faceimage", re.IGNORECASE)


def _photos(value: Any, *place: str | int) -> Iterator[tuple[str, str]]:
    """Give each photo that is a text, after its JSON Pointer: what is called so."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and _CALLED_PHOTO.fullmatch(name.replace("_", "")):
                yield pointer(*place, name), inner
            else:
                yield from _photos(inner, *place, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _photos(inner, *place, index)


@check(
    "govuk-photo",
    requires=["GOVUK-PHOTO-01", "GOVUK-PHOTO-02", "GOVUK-PHOTO-03", "GOVUK-PHOTO-04"],
    proven_by={
        "govuk-vc:photo-data-url": "GOVUK-PHOTO-ENCODING",
        "govuk-vc:photo-gif": "GOVUK-PHOTO-FORMAT",
        "govuk-vc:photo-jpeg-2000": "GOVUK-PHOTO-FORMAT",
        "govuk-vc:photo-exif-first": ["GOVUK-PHOTO-FORMAT", "GOVUK-PHOTO-EXIF"],
        "govuk-vc:photo-exif": "GOVUK-PHOTO-EXIF",
        "govuk-vc:photo-png-exif": "GOVUK-PHOTO-EXIF",
        "govuk-vc:photo-large": "GOVUK-PHOTO-SIZE",
    },
    applies=when.govuk_jwt,
)
async def photos_can_be_shown(credential: IssuedCredential, expect: Expect) -> None:
    """A photo is Base64 of a JPEG or PNG file of 1 MiB at most, without EXIF metadata."""
    subject = credential.jwt_vc.payload.get("credentialSubject")
    photos = list(_photos(subject, "credentialSubject"))
    if not photos:
        raise Blocked("the credential has no photo")
    for place, text in photos:
        that = partial(expect.that, at=credential.exchange, pointer=at(credential).inside(place))
        try:
            image = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            that(False, "GOVUK-PHOTO-ENCODING", "Base64", f"{text[:40]}…")
            continue
        that(
            image.startswith(BEGINNINGS),
            "GOVUK-PHOTO-FORMAT",
            "a file that begins like a JPEG or PNG file of the page",
            image[:12].hex(" "),
            requirement="GOVUK-PHOTO-02",
        )
        that(
            len(image) <= MOST_BYTES,
            "GOVUK-PHOTO-SIZE",
            f"{MOST_BYTES:,} bytes at most",
            f"{len(image):,} bytes",
            requirement="GOVUK-PHOTO-03",
        )
        that(
            not has_exif(image),
            "GOVUK-PHOTO-EXIF",
            "no EXIF metadata",
            "EXIF metadata",
            requirement="GOVUK-PHOTO-04",
        )
