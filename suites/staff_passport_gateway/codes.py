"""Authorization codes that are redeemed as they must not be. Each check that needs one costs a scan."""

from __future__ import annotations

from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway_handle import GatewayHandle
from harness.staff_passport.gateway_under_test import Codes, Journey, code_of
from harness.transport import Reply

check = area("Staff Passport gateway: codes")

INVALID_GRANT = "DSPG-TOKEN-17"
INVALID_CLIENT = "DSPG-TOKEN-18"


def _control(verified: Journey) -> None:
    if not verified.token.successful:
        raise Blocked(f"a right token request is refused: {verified.token.gist}")


def _refused(expect: Expect, reply: Reply, code: str, what: str, **more: Any) -> bool:
    """Expect a token request to be refused, and say whether it was, rightly or not."""
    handed_out = reply.status < 400 or "id_token" in reply.object
    if expect.that(not handed_out, f"{code}-ACCEPTED", f"{what} is refused", reply.gist, at=reply):
        expect.refused(
            reply,
            code,
            what=what,
            **{
                "status": {400},
                "errors": {"invalid_grant"},
                "status_requirement": INVALID_GRANT,
                "error_requirement": INVALID_GRANT,
                **more,
            },
        )
    return not handed_out


@check(
    "dsp-gateway-code-once",
    requires=["DSPG-TOKEN-13", INVALID_GRANT],
    proven_by={
        "accepts:dsp-gateway-token.code-unused": "DSPG-CODE-ONCE-ACCEPTED",
        "misreports:dsp-gateway-token.code-unused": "DSPG-CODE-ONCE-MISREPORTED",
        "dsp-gateway-token:other-error": "DSPG-CODE-ONCE-MISREPORTED",
        "dsp-gateway-token:errors-broken": "DSPG-CODE-ONCE-MISREPORTED",
    },
)
async def a_code_is_good_once(gateway: GatewayHandle, verified: Journey, expect: Expect) -> None:
    """A code that was redeemed is refused."""
    _control(verified)
    reply = await gateway.redeem(code_of(verified.returned))
    _refused(expect, reply, "DSPG-CODE-ONCE", "a code that was redeemed before")


@check(
    "dsp-gateway-code-known",
    requires=["DSPG-TOKEN-19", INVALID_GRANT],
    proven_by={
        "accepts:dsp-gateway-token.code-known": "DSPG-CODE-KNOWN-ACCEPTED",
        "misreports:dsp-gateway-token.code-known": "DSPG-CODE-KNOWN-MISREPORTED",
        "dsp-gateway-token:other-error": "DSPG-CODE-KNOWN-MISREPORTED",
        "dsp-gateway-token:errors-broken": "DSPG-CODE-KNOWN-MISREPORTED",
    },
)
async def a_made_up_code_is_refused(gateway: GatewayHandle, verified: Journey, expect: Expect) -> None:
    """A code that the gateway never gave is refused."""
    _control(verified)
    reply = await gateway.redeem(mutate.near_miss(code_of(verified.returned)))
    _refused(expect, reply, "DSPG-CODE-KNOWN", "a code that was never given")


@check(
    "dsp-gateway-code-redirect",
    requires=["DSPG-TOKEN-14", INVALID_GRANT],
    proven_by={
        "accepts:dsp-gateway-token.redirect-uri": "DSPG-CODE-REDIRECT-ACCEPTED",
        "misreports:dsp-gateway-token.redirect-uri": "DSPG-CODE-REDIRECT-MISREPORTED",
        "dsp-gateway-token:other-error": "DSPG-CODE-REDIRECT-MISREPORTED",
        "dsp-gateway-token:errors-broken": "DSPG-CODE-REDIRECT-MISREPORTED",
    },
)
async def a_code_for_another_redirect_url_is_refused(
    gateway: GatewayHandle, verified: Journey, codes: Codes, expect: Expect
) -> None:
    """A code is refused with another redirect URL than that of the authorization request."""
    _control(verified)
    reply = await gateway.redeem(await codes.fresh(), redirect_uri=f"{gateway.redirect_uri}/elsewhere")
    _refused(expect, reply, "DSPG-CODE-REDIRECT", "a code with another redirect URL")


@check(
    "dsp-gateway-code-client",
    requires=["DSPG-TOKEN-15", INVALID_GRANT],
    proven_by={
        "accepts:dsp-gateway-token.code-client": "DSPG-CODE-CLIENT-ACCEPTED",
        "misreports:dsp-gateway-token.code-client": "DSPG-CODE-CLIENT-MISREPORTED",
        "dsp-gateway-token:other-error": "DSPG-CODE-CLIENT-MISREPORTED",
        "dsp-gateway-token:errors-broken": "DSPG-CODE-CLIENT-MISREPORTED",
    },
    applies=when.second_system,
)
async def a_code_of_another_client_is_refused(
    gateway: GatewayHandle, verified: Journey, codes: Codes, expect: Expect
) -> None:
    """A code is refused to another client than the one it was given to."""
    _control(verified)
    assert gateway.second is not None
    reply = await gateway.redeem(
        await codes.fresh(), client_id=gateway.second.client_id, client_secret=gateway.second.client_secret
    )
    _refused(expect, reply, "DSPG-CODE-CLIENT", "a code of another client")


@check(
    "dsp-gateway-code-secret",
    requires=["DSPG-TOKEN-16", INVALID_CLIENT],
    proven_by={
        "accepts:dsp-gateway-token.client-secret": "DSPG-CODE-SECRET-ACCEPTED",
        "accepts:dsp-gateway-token.client-known": "DSPG-CODE-SECRET-ACCEPTED",
        "misreports:dsp-gateway-token.client-secret": "DSPG-CODE-SECRET-MISREPORTED",
        "misreports:dsp-gateway-token.client-known": "DSPG-CODE-SECRET-MISREPORTED",
        "dsp-gateway-token:errors-broken": "DSPG-CODE-SECRET-MISREPORTED",
    },
)
async def a_code_without_the_secret_is_refused(
    gateway: GatewayHandle, verified: Journey, codes: Codes, expect: Expect
) -> None:
    """A code is refused to an unknown client, without the secret of the client, and with a wrong one."""
    _control(verified)
    code = await codes.fresh()
    wrong = mutate.near_miss(gateway.system.client_secret)
    for what, changes in (
        ("an unknown client", {"client_id": "assay-unknown-system"}),
        ("a request without client secret", {"client_secret": None}),
        ("a wrong client secret", {"client_secret": wrong}),
    ):
        refused = _refused(
            expect,
            await gateway.redeem(code, **changes),
            "DSPG-CODE-SECRET",
            what,
            status={400, 401},
            errors={"invalid_client"},
            status_requirement=INVALID_CLIENT,
            error_requirement=INVALID_CLIENT,
        )
        if not refused:
            break  # the code is used up, so that the next request would be refused for that
