"""What it means that a gateway refuses something, where no public document says how it does."""

from __future__ import annotations

from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway_handle import Shown, parameters_of
from harness.transport import Reply

HOW_PUSHED = "DSPG-PAR-12"
HOW_SHOWN = "DSPG-AUTHORIZE-09"
AS_SENT = "DSPG-AUTHORIZE-11"


def control(pushed: Reply) -> None:
    """Make sure that a right pushed request is accepted.

    Raises:
        Blocked: it is not, so that a refusal of a wrong one says nothing.

    """
    if not pushed.successful:
        raise Blocked(f"a right pushed request is not accepted: {pushed.gist}")


def _told_apart(right: Shown, wrong: Shown) -> None:
    """Make sure that the page of a refusal can be told from the one with a QR code.

    Raises:
        Blocked: a right request is refused too, or its QR code is seen by a browser with scripts only, so
            that a page without one says nothing.

    """
    if right.reply.status >= 400 or right.location is not None:
        raise Blocked(f"a right authorization request is refused: {right.gist}")
    if not right.asks and wrong.location is None and wrong.reply.status < 400:
        raise Blocked(f"no QR code can be read from the page of a right request either: {right.gist}")


def expect_push_refused(
    expect: Expect, reply: Reply, code: str, *, what: str, requirement: str | None = None
) -> None:
    """Expect a pushed request to be refused, and by an answer that blames the request.

    Args:
        what: what was wrong with it, in words.
        requirement: what an acceptance violates; the check's first requirement by default.

    """
    accepted = reply.status < 400 or "request_uri" in reply.object
    if expect.that(
        not accepted, f"{code}-ACCEPTED", f"{what} is refused", reply.gist, at=reply, requirement=requirement
    ):
        expect.that(
            reply.status < 500 and reply.error is not None,
            "DSPG-PAR-REFUSAL",
            f"{what} is answered by a status of 4xx and an error",
            reply.gist,
            at=reply,
            requirement=HOW_PUSHED,
        )


def expect_no_qr(
    expect: Expect, right: Shown, wrong: Shown, code: str, *, what: str, requirement: str | None = None
) -> None:
    """Expect an authorization request to be refused: without a QR code, and without a code for the client.

    Args:
        right: what a right request leads to.
        wrong: what this one leads to.
        what: what was wrong with it, in words.
        requirement: what an acceptance violates; the check's first requirement by default.

    """
    _told_apart(right, wrong)
    led_back = wrong.location is not None and "code" in parameters_of(wrong.location)
    if expect.that(
        not wrong.asks and not led_back,
        f"{code}-ACCEPTED",
        f"{what} is refused",
        wrong.gist,
        at=wrong.reply,
        requirement=requirement,
    ):
        expect_page(expect, wrong, what)


def expect_not_led(expect: Expect, right: Shown, wrong: Shown, code: str, *, what: str) -> None:
    """Expect an authorization request to be refused on a page of the gateway, which leads nowhere.

    Args:
        right: what a right request leads to.
        wrong: what this one leads to.
        what: what was wrong with it, in words.

    """
    _told_apart(right, wrong)
    if expect.that(
        not wrong.asks and wrong.location is None,
        f"{code}-ACCEPTED",
        f"{what} is refused on a page of the gateway, without a redirect",
        wrong.gist,
        at=wrong.reply,
    ):
        expect_page(expect, wrong, what)


def expect_page(expect: Expect, wrong: Shown, what: str) -> None:
    """Expect the page of a refusal to be no server error."""
    expect.that(
        wrong.reply.status < 500,
        "DSPG-AUTHORIZE-REFUSAL",
        f"{what} is refused without a server error",
        wrong.gist,
        at=wrong.reply,
        requirement=HOW_SHOWN,
    )
