"""What HAIP 1.0 asks of every ``x5c`` that an issuer sends: sections 4.1, 6.1 and 6.1.1 in the same words."""

from __future__ import annotations

from typing import Any

from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import x509
from suites.oid4vci._problems import Place


def expect_x5c(
    expect: Expect,
    x5c: Any,
    prefix: str,
    place: Place,
    *,
    anchor: x509.Certificate | None = None,
    present: str,
    without_anchor: str,
    not_self_signed: str,
) -> None:
    """Expect ``x5c`` to be there, its first certificate not to be self-signed, and no anchor to follow.

    A self-signed certificate behind the first one can only be that of an anchor. The first one has to be there,
    even where the team trusts just this one.

    Args:
        expect: records what is found.
        x5c: the header parameter, well-formed or not; ``None`` without.
        prefix: beginning of the finding codes.
        place: where what was signed came from.
        anchor: the configured trust anchor to which the certificates lead; ``None`` where none is known.
        present: the requirement that it is there.
        without_anchor: the requirement that no trust anchor is in it.
        not_self_signed: the requirement that the first certificate is not self-signed.

    Raises:
        Blocked: it cannot be read, as the checks of its form say.

    """
    exchange, pointer = place.exchange, place.inside("header/x5c")
    there = x5c is not None
    expect.that(
        there, f"{prefix}-MISSING", "x5c in the header", "none", at=exchange, pointer=pointer, requirement=present
    )
    if not there:
        return
    try:
        first, *further = x509.parse_x5c(x5c).certificates
    except x509.X509Error as error:
        raise Blocked(f"x5c cannot be read: {error.detail}") from error
    expect.that(
        not x509.is_self_signed(first),
        f"{prefix}-SELF-SIGNED",
        "a certificate that an authority signed",
        f"{x509.subject(first)} signed itself",
        at=exchange,
        pointer=place.inside("header/x5c/0"),
        requirement=not_self_signed,
    )
    anchors = [each for each in further if each == anchor or x509.is_self_signed(each)]
    expect.that(
        not anchors,
        f"{prefix}-ROOT",
        "certificates without a trust anchor among them",
        f"{x509.subject(anchors[0])}, {'which is trusted' if anchors[0] == anchor else 'which signed itself'}"
        if anchors
        else "",
        at=exchange,
        pointer=pointer,
        requirement=without_anchor,
    )
