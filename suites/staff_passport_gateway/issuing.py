"""What comes back when an employee has added a credential."""

from __future__ import annotations

import re

from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway_handle import GatewayHandle
from harness.staff_passport.gateway_under_test import Journey, serial_of
from harness.staff_passport.scanning import Returned
from harness.staff_passport.templates import SERIAL_NUMBER
from harness.transport import Reply
from suites.staff_passport_gateway._refusals import AS_SENT
from suites.staff_passport_gateway.verifying import expect_id_token, expect_return

check = area("Staff Passport gateway: issuing")

_GUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)


@check(
    "dsp-gateway-issued-return",
    requires=["DSPG-AUTHORIZE-06", "DSPG-AUTHORIZE-07", AS_SENT],
    proven_by={
        "dsp-gateway-return:no-code": "DSPG-RETURN-CODE",
        "dsp-gateway-return:error": "DSPG-RETURN-CODE",
        "dsp-gateway-return:refused": "DSPG-RETURN-REFUSED",
        "dsp-gateway-return:state-altered": "DSPG-RETURN-STATE",
        "dsp-gateway-return:state-missing": "DSPG-RETURN-STATE",
    },
)
async def the_browser_comes_back_when_the_credential_is_added(added: Returned, expect: Expect) -> None:
    """When the employee has added the credential, the browser comes back with a code and the pushed state."""
    expect_return(expect, added)


@check(
    "dsp-gateway-issued-id-token",
    requires=["DSPG-TOKEN-04", "DSPG-TOKEN-05", "DSPG-TOKEN-07"],
    proven_by={
        "dsp-gateway-id-token:signature": "DSPG-ID-TOKEN-SIGNATURE",
        "dsp-gateway-id-token:unsigned": "DSPG-ID-TOKEN-SIGNATURE",
        "dsp-gateway-id-token:issuer": "DSPG-ID-TOKEN-ISS",
        "dsp-gateway-id-token:audience": "DSPG-ID-TOKEN-AUD",
        "dsp-gateway-id-token:expired": "DSPG-ID-TOKEN-EXP",
        "dsp-gateway-id-token:no-expiry": "DSPG-ID-TOKEN-EXP",
        "dsp-gateway-id-token:no-issue-time": "DSPG-ID-TOKEN-IAT",
        "dsp-gateway-id-token:nonce-other": "DSPG-ID-TOKEN-NONCE",
        "dsp-gateway-id-token:nonce-missing": "DSPG-ID-TOKEN-NONCE",
    },
)
async def the_id_token_of_an_issuance_is_for_this_request(
    gateway: GatewayHandle, issued: Journey, keys: Reply, expect: Expect
) -> None:
    """The ID Token of an issuance is signed by the gateway, for this client and this request."""
    token = issued.id_token
    if not keys.object.get("keys"):
        raise Blocked(f"the gateway publishes no key: {keys.gist}")
    expect.that(
        token.signed_by(keys),
        "DSPG-ID-TOKEN-SIGNATURE",
        "a signature by a published key",
        f"alg {token.jws.header.get('alg')!r}, signed by no published key",
        at=token.reply,
        pointer="/id_token: header",
    )
    expect_id_token(expect, gateway, token, issued.returned)


@check(
    "dsp-gateway-serial-number",
    requires=["DSPG-TOKEN-11", "DSPG-TOKEN-12"],
    proven_by={
        "dsp-gateway-id-token:no-serial-number": "DSPG-SERIAL-NUMBER",
        "dsp-gateway-id-token:serial-number-no-guid": "DSPG-SERIAL-NUMBER",
        "dsp-gateway-id-token:serial-number-renamed": "DSPG-SERIAL-NUMBER-NAME",
    },
)
async def the_id_token_has_the_serial_number(issued: Journey, expect: Expect) -> None:
    """The ID Token of an issuance has the Serial Number, a GUID, by the name clients know."""
    token = issued.id_token
    serial = serial_of(token)
    if expect.that(
        serial is not None and _GUID.fullmatch(serial) is not None,
        "DSPG-SERIAL-NUMBER",
        "a Serial Number that is a GUID",
        f"claims {', '.join(sorted(token.claims))}" if serial is None else serial,
        at=token.reply,
        pointer="/id_token",
    ):
        expect.that(
            SERIAL_NUMBER in token.claims,
            "DSPG-SERIAL-NUMBER-NAME",
            f"the Serial Number as {SERIAL_NUMBER}",
            f"claims {', '.join(sorted(token.claims))}",
            at=token.reply,
            pointer="/id_token",
            requirement="DSPG-TOKEN-12",
        )
