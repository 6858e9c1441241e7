"""The browser at the gateway, up to the QR code."""

from __future__ import annotations

from harness import mutate
from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway_handle import WALLET_LINK, GatewayHandle, Shown, request_uri_of
from harness.transport import Reply
from suites.staff_passport_gateway._refusals import AS_SENT, HOW_SHOWN, expect_no_qr, expect_not_led
from suites.staff_passport_gateway.pushed_requests import STRANGER

check = area("Staff Passport gateway: authorization")

_LONGEST_LIFE_S = 600
_MARGIN_S = 5
"""Seconds that a gateway's clock may be behind."""


@check(
    "dsp-gateway-qr",
    requires=["DSPG-AUTHORIZE-04", "DSPG-AUTHORIZE-05", AS_SENT],
    proven_by={
        "dsp-gateway-authorize:broken": "DSPG-AUTHORIZE-REFUSED",
        "dsp-gateway-qr:absent": "DSPG-QR",
        "dsp-gateway-qr:no-picture": "DSPG-QR",
        "dsp-gateway-qr:other-scheme": "DSPG-QR-LINK",
    },
)
async def the_employee_sees_a_qr_code(qr: Shown, expect: Expect) -> None:
    """Who is sent to the gateway sees a QR code that the wallet opens.

    A page that draws its QR code by a script, as the gateway of the vendor is known to do, cannot be read here.
    How an identity is asked for is known from public clients only, so that a refusal is a warning.
    """
    if not expect.that(
        qr.reply.successful,
        "DSPG-AUTHORIZE-REFUSED",
        "a request for an identity as public clients make it leads to a page",
        qr.gist,
        at=qr.reply,
        requirement=AS_SENT,
    ):
        return
    scripted = qr.page is not None and "<script" in qr.page.markup.lower()
    if not qr.codes and scripted:
        raise Blocked("the page draws its QR code by a script: look at it in a browser")
    if expect.that(bool(qr.codes), "DSPG-QR", "a page with a QR code", qr.gist, at=qr.reply):
        expect.that(
            any(code.lower().startswith(WALLET_LINK) for code in qr.codes),
            "DSPG-QR-LINK",
            "a link that begins with openid-vc:",
            [code[:60] for code in qr.codes],
            at=qr.reply,
            requirement="DSPG-AUTHORIZE-05",
        )


@check(
    "dsp-gateway-request-uri-known",
    requires=["DSPG-AUTHORIZE-01", HOW_SHOWN],
    proven_by={
        "accepts:dsp-gateway-authorize.request-known": "DSPG-REQUEST-URI-ACCEPTED",
        "misreports:dsp-gateway-authorize.request-known": "DSPG-AUTHORIZE-REFUSAL",
        "dsp-gateway-authorize:errors-broken": "DSPG-AUTHORIZE-REFUSAL",
    },
)
async def an_unknown_reference_is_refused(
    gateway: GatewayHandle, pushed: Reply, qr: Shown, expect: Expect
) -> None:
    """A request_uri that the gateway never gave leads to no QR code."""
    known = request_uri_of(pushed)
    shown = await gateway.show(gateway.pushed_url(mutate.near_miss(known)))
    expect_no_qr(expect, qr, shown, "DSPG-REQUEST-URI", what="a request_uri that was never given")


@check(
    "dsp-gateway-request-uri-client",
    requires=["DSPG-AUTHORIZE-02", HOW_SHOWN],
    proven_by={
        "accepts:dsp-gateway-authorize.request-client": "DSPG-REQUEST-URI-CLIENT-ACCEPTED",
        "misreports:dsp-gateway-authorize.request-client": "DSPG-AUTHORIZE-REFUSAL",
        "dsp-gateway-authorize:errors-broken": "DSPG-AUTHORIZE-REFUSAL",
    },
    applies=when.second_system,
)
async def a_reference_of_another_client_is_refused(gateway: GatewayHandle, qr: Shown, expect: Expect) -> None:
    """A request_uri leads another client than the one that pushed to no QR code."""
    assert gateway.second is not None
    reference = request_uri_of(await gateway.push())
    shown = await gateway.show(gateway.pushed_url(reference, gateway.second.client_id))
    expect_no_qr(expect, qr, shown, "DSPG-REQUEST-URI-CLIENT", what="a request_uri of another client")


@check(
    "dsp-gateway-request-uri-once",
    requires=["DSPG-AUTHORIZE-03", HOW_SHOWN],
    proven_by={
        "accepts:dsp-gateway-authorize.request-unused": "DSPG-REQUEST-URI-ONCE-ACCEPTED",
        "misreports:dsp-gateway-authorize.request-unused": "DSPG-AUTHORIZE-REFUSAL",
        "dsp-gateway-authorize:errors-broken": "DSPG-AUTHORIZE-REFUSAL",
    },
)
async def a_reference_is_good_once(gateway: GatewayHandle, expect: Expect) -> None:
    """A request_uri that led one browser to a QR code leads no other browser to one."""
    url = gateway.pushed_url(request_uri_of(await gateway.push()))
    first, second = await gateway.show(url), await gateway.show(url)
    expect_no_qr(expect, first, second, "DSPG-REQUEST-URI-ONCE", what="a second use of a request_uri")


@check(
    "dsp-gateway-request-uri-expired",
    requires=["DSPG-AUTHORIZE-08", HOW_SHOWN],
    proven_by={
        "accepts:dsp-gateway-authorize.request-fresh": "DSPG-REQUEST-URI-EXPIRED-ACCEPTED",
        "misreports:dsp-gateway-authorize.request-fresh": "DSPG-AUTHORIZE-REFUSAL",
        "dsp-gateway-authorize:errors-broken": "DSPG-AUTHORIZE-REFUSAL",
    },
)
async def an_expired_reference_is_refused(gateway: GatewayHandle, qr: Shown, expect: Expect) -> None:
    """A request_uri leads to no QR code when the time that the gateway gave for it has passed."""
    reply = await gateway.push()
    reference, lifetime = request_uri_of(reply), reply.object.get("expires_in")
    if isinstance(lifetime, bool) or not isinstance(lifetime, (int, float)) or not 0 < lifetime <= _LONGEST_LIFE_S:
        raise Blocked(f"the gateway gives no lifetime that can be waited for: {lifetime!r}")
    await gateway.wait(lifetime + _MARGIN_S, "a request_uri to expire")
    shown = await gateway.show(gateway.pushed_url(reference))
    expect_no_qr(expect, qr, shown, "DSPG-REQUEST-URI-EXPIRED", what="a request_uri that has expired")


@check(
    "dsp-gateway-redirect-registered",
    requires=["DSPG-PAR-11", HOW_SHOWN],
    proven_by={
        "accepts:dsp-gateway-authorize.redirect-uri": "DSPG-REDIRECT-ACCEPTED",
        "misreports:dsp-gateway-authorize.redirect-uri": "DSPG-AUTHORIZE-REFUSAL",
        "dsp-gateway-authorize:errors-broken": "DSPG-AUTHORIZE-REFUSAL",
    },
)
async def nobody_is_sent_to_an_unregistered_url(gateway: GatewayHandle, qr: Shown, expect: Expect) -> None:
    """An authorization request with a redirect URL that is not registered leads to no QR code and not there."""
    url = "https://elsewhere.assay.invalid/callback"
    shown = await gateway.show(gateway.verifying(redirect_uri=url).url)
    expect_not_led(expect, qr, shown, "DSPG-REDIRECT", what="a redirect URL that is not registered")


@check(
    "dsp-gateway-authorize-client",
    requires=["DSPG-AUTHORIZE-10", HOW_SHOWN],
    proven_by={
        "accepts:dsp-gateway-authorize.client-known": "DSPG-AUTHORIZE-CLIENT-ACCEPTED",
        "misreports:dsp-gateway-authorize.client-known": "DSPG-AUTHORIZE-REFUSAL",
        "dsp-gateway-authorize:errors-broken": "DSPG-AUTHORIZE-REFUSAL",
    },
)
async def an_unknown_client_is_refused(gateway: GatewayHandle, qr: Shown, expect: Expect) -> None:
    """An authorization request of an unknown client leads to no QR code."""
    shown = await gateway.show(gateway.verifying(client_id=STRANGER).url)
    expect_not_led(expect, qr, shown, "DSPG-AUTHORIZE-CLIENT", what="an unknown client")
