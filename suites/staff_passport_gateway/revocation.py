"""Revocation by Serial Number. What the gateway answers is not documented, so a status alone fails nothing."""

from __future__ import annotations

import uuid

from harness import mutate
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway_handle import GatewayHandle
from harness.staff_passport.gateway_under_test import Journey, Revoked
from harness.staff_passport.scanning import Wallet

check = area("Staff Passport gateway: revocation")


@check(
    "dsp-gateway-revocation-secret",
    requires=["DSPG-REVOCATION-04"],
    proven_by={
        "accepts:dsp-gateway-revocation.client-secret": "DSPG-REVOCATION-SECRET-ACCEPTED",
        "accepts:dsp-gateway-revocation.client-known": "DSPG-REVOCATION-SECRET-ACCEPTED",
    },
)
async def a_revocation_without_the_secret_is_refused(
    gateway: GatewayHandle, wallet: Wallet, issued: Journey, expect: Expect
) -> None:
    """A revocation of an unknown client, without the secret or with a wrong one is refused and in vain."""
    serial = issued.serial
    await _is_good(wallet, serial)
    wrong = mutate.near_miss(gateway.system.client_secret)
    for what, changes in (
        ("an unknown client", {"client_id": "assay-unknown-system"}),
        ("a revocation without client secret", {"client_secret": None}),
        ("a wrong client secret", {"client_secret": wrong}),
    ):
        reply = await gateway.revoke(serial, **changes)
        expect.that(
            reply.status >= 400,
            "DSPG-REVOCATION-SECRET-ACCEPTED",
            f"{what} is refused",
            reply.gist,
            at=reply,
        )
    expect.that(
        await wallet.share(serial),
        "DSPG-REVOCATION-SECRET-ACCEPTED",
        "the credential can be shared as before",
        "it cannot",
    )


@check(
    "dsp-gateway-revocation-organisation",
    requires=["DSPG-REVOCATION-06"],
    proven_by={"accepts:dsp-gateway-revocation.organisation": "DSPG-REVOCATION-ORGANISATION"},
)
async def another_organisation_revokes_nothing(
    gateway: GatewayHandle, wallet: Wallet, issued: Journey, expect: Expect
) -> None:
    """A revocation in the name of another organisation leaves the credential good, whatever it is answered."""
    serial = issued.serial
    await _is_good(wallet, serial)
    reply = await gateway.revoke(serial, OrganisationId="assay-another-organisation")
    expect.that(
        await wallet.share(serial),
        "DSPG-REVOCATION-ORGANISATION",
        "the credential can be shared as before",
        f"it cannot; the revocation was answered by {reply.gist}",
        at=reply,
    )


@check(
    "dsp-gateway-revocation",
    requires=["DSPG-REVOCATION-01", "DSPG-REVOCATION-02", "DSPG-REVOCATION-03"],
    proven_by={
        "dsp-gateway-revocation:absent": "DSPG-REVOCATION-ENDPOINT",
        "dsp-gateway-revocation:done-but-refused": "DSPG-REVOCATION-STATUS",
        "dsp-gateway-revocation:broken": "DSPG-REVOCATION-STATUS",
        "dsp-gateway-revoking:forgotten": "DSPG-REVOCATION-SHARED",
        "dsp-gateway-sharing:revoked-too": "DSPG-REVOCATION-SHARED",
    },
)
async def a_revoked_credential_cannot_be_shared(revoked: Revoked, expect: Expect) -> None:
    """A credential is revoked by its Serial Number, and cannot be shared afterwards.

    Only the path is documented. So a refusal of what public clients send is a warning, from which nothing follows.
    """
    if not revoked.shared_before:
        raise Blocked("the credential cannot be shared before it is revoked either")
    reply = revoked.reply
    # A gateway that says what it does not find has the endpoint.
    absent = reply.status == 404 and not reply.object
    if not expect.that(not absent, "DSPG-REVOCATION-ENDPOINT", "an endpoint that revokes", reply.gist, at=reply):
        return
    if expect.that(
        reply.successful,
        "DSPG-REVOCATION-STATUS",
        "a status of success",
        reply.gist,
        at=reply,
        requirement="DSPG-REVOCATION-02",
    ):
        expect.that(
            not revoked.shared_after,
            "DSPG-REVOCATION-SHARED",
            "the revoked credential cannot be shared",
            "it can",
            at=reply,
            requirement="DSPG-REVOCATION-03",
        )


@check(
    "dsp-gateway-revocation-in-vain",
    requires=["DSPG-REVOCATION-05"],
    proven_by={
        "dsp-gateway-revocation:unknown-broken": "DSPG-REVOCATION-UNKNOWN-BROKEN",
        "dsp-gateway-revoking:again-broken": "DSPG-REVOCATION-AGAIN-BROKEN",
    },
)
async def a_revocation_in_vain_is_no_server_error(
    gateway: GatewayHandle, revoked: Revoked, expect: Expect
) -> None:
    """A revocation of an unknown Serial Number, and one that is repeated, are answered without a server error."""
    if not revoked.reply.successful:
        raise Blocked(f"a right revocation is answered by {revoked.reply.gist}")
    again = await gateway.revoke(revoked.serial)
    expect.that(again.status < 500, "DSPG-REVOCATION-AGAIN-BROKEN", "no server error", again.gist, at=again)
    unknown = await gateway.revoke(str(uuid.uuid4()))
    expect.that(
        unknown.status < 500, "DSPG-REVOCATION-UNKNOWN-BROKEN", "no server error", unknown.gist, at=unknown
    )


async def _is_good(wallet: Wallet, serial: str) -> None:
    """Make sure that a credential can be shared.

    Raises:
        Blocked: it cannot.

    """
    if not await wallet.share(serial):
        raise Blocked("the credential cannot be shared before anything is done to it")
