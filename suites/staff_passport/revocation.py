"""Revoking credentials that are no longer valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.applicability import when
from harness.checks import area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.staff_passport.gateway.request_log import GatewayRequest
from harness.staff_passport.invalidation import Invalidation, serial_of
from harness.staff_passport.portal_under_test import PortalUnderTest
from suites.staff_passport._client import expect_client

check = area("Staff Passport: revocation")

_MEMBERS = (
    "client_id",
    "client_secret",
    "OrganisationId",
    "CredentialTemplateName",
    "SerialNumber",
    "RevocationReason",
)
_FIRST_ERROR, _FIRST_OF_SERVER = 400, 500


@check(
    "dsp-revoked",
    requires=["DSP-REVOCATION-01", "DSP-REVOCATION-02", "DSP-REVOCATION-03", "DSP-REVOCATION-04", "DSP-STEP7-15"],
    proven_by={
        "dsp-invalidation:not-revoked": "DSP-REVOCATION-MISSING",
        "dsp-issued:unnoted": "DSP-REVOCATION-MISSING",
        "dsp-issued:serial-forgotten": "DSP-REVOCATION-MISSING",
        "dsp-revocation:elsewhere": "DSP-REVOCATION-ENDPOINT",
        "dsp-revocation:serial-other": "DSP-REVOCATION-SERIAL",
        "dsp-issued:serial-other": "DSP-REVOCATION-SERIAL",
        "dsp-invalidation:latest-only": "DSP-REVOCATION-INCOMPLETE",
        "dsp-issued:earlier-lost": "DSP-REVOCATION-INCOMPLETE",
    },
    applies=when.has_invalidate_hook,
)
async def every_invalid_credential_is_revoked(
    revocation: Invalidation, portal: PortalUnderTest, expect: Expect
) -> None:
    """When its record changes, each credential that was downloaded is revoked by its Serial Number."""
    # One that was revoked before, when it was downloaded again, needs no further revocation.
    live = {
        serial.casefold()
        for serial in revocation.serials
        if serial.casefold() in revocation.revoked or not revocation.share_refused[serial]
    }
    elsewhere = [each for each in portal.gateway.log if each.endpoint == "elsewhere" and each.method == "POST"]
    asked = bool(revocation.requests)
    expect.that(
        asked or not elsewhere,
        "DSP-REVOCATION-ENDPOINT",
        "a request at /Revocation/revokecredential",
        f"one at {elsewhere[-1].url}" if elsewhere else "none",
        requirement="DSP-REVOCATION-02",
    )
    expect.that(
        asked or not live or bool(elsewhere),
        "DSP-REVOCATION-MISSING",
        "a request that revokes the credential",
        "none",
    )
    if not asked:
        return
    right = live & revocation.revoked
    if expect.that(
        bool(right),
        "DSP-REVOCATION-SERIAL",
        "the Serial Number of a credential that was issued",
        f"{', '.join(sorted(revocation.revoked)) or 'no SerialNumber'}",
        requirement="DSP-REVOCATION-03",
    ):
        expect.that(
            right == live,
            "DSP-REVOCATION-INCOMPLETE",
            f"a request for each of the {len(live)} credentials of the record",
            f"for {len(right)} of them",
            requirement="DSP-REVOCATION-04",
        )


@check(
    "dsp-revocation-client",
    requires=["DSP-ENVIRONMENT-02"],
    proven_by={
        "dsp-revocation:client-other": "DSP-REVOCATION-CLIENT",
        "dsp-revocation:secret-missing": "DSP-REVOCATION-SECRET",
        "dsp-revocation:secret-other": "DSP-REVOCATION-SECRET",
    },
    applies=when.has_invalidate_hook,
)
async def the_revocation_is_authenticated(
    revocation: Invalidation, portal: PortalUnderTest, expect: Expect
) -> None:
    """Credentials are revoked with the client id and the client secret that the portal was given."""
    expect_client(expect, revocation.one("revocation"), portal.system, "DSP-REVOCATION")


@check(
    "dsp-revocation-request",
    requires=["DSP-REVOCATION-05"],
    proven_by={
        "dsp-revocation:secret-missing": "DSP-REVOCATION-MEMBER",
        "dsp-revocation:organisation-missing": "DSP-REVOCATION-MEMBER",
        "dsp-revocation:template-missing": "DSP-REVOCATION-MEMBER",
        "dsp-revocation:reason-missing": "DSP-REVOCATION-MEMBER",
    },
    applies=when.has_invalidate_hook,
)
async def the_revocation_has_the_members_of_public_clients(revocation: Invalidation, expect: Expect) -> None:
    """A revocation is a JSON object with the members that a public client of the gateway sends."""
    given = revocation.one("revocation").json
    members = given if isinstance(given, Mapping) else {}
    missing = [name for name in _MEMBERS if not members.get(name)]
    expect.that(
        not missing,
        "DSP-REVOCATION-MEMBER",
        f"a JSON object with {', '.join(_MEMBERS)}",
        f"{'an object' if isinstance(given, Mapping) else 'no JSON object'} without {', '.join(missing)}",
    )


@check(
    "dsp-revoked-share",
    requires=["DSP-REVOCATION-08"],
    proven_by={
        "dsp-invalidation:not-revoked": "DSP-REVOKED-SHARED",
        "dsp-issued:unnoted": "DSP-REVOKED-SHARED",
        "dsp-issued:serial-forgotten": "DSP-REVOKED-SHARED",
        "dsp-revocation:elsewhere": "DSP-REVOKED-SHARED",
        "dsp-revocation:serial-other": "DSP-REVOKED-SHARED",
        "dsp-issued:serial-other": "DSP-REVOKED-SHARED",
        "dsp-invalidation:latest-only": "DSP-REVOKED-SHARED",
        "dsp-issued:earlier-lost": "DSP-REVOKED-SHARED",
    },
    applies=when.has_invalidate_hook,
)
async def an_invalid_credential_cannot_be_shared(revocation: Invalidation, expect: Expect) -> None:
    """A credential whose record has changed can no longer be shared."""
    # What a revocation has to look like is not public: one that this gateway refuses says nothing.
    refused = {serial_of(each.json) for each in revocation.requests if each.status >= _FIRST_ERROR}
    judged = {serial: gone for serial, gone in revocation.share_refused.items() if gone or serial not in refused}
    if not judged:
        raise Blocked("the gateway refused the revocation")
    shared = [serial for serial, gone in judged.items() if not gone]
    expect.that(
        not shared,
        "DSP-REVOKED-SHARED",
        "no credential of the record that can still be shared",
        f"{len(shared)} of {len(judged)} can",
    )


@check(
    "dsp-revocation-retried",
    requires=["DSP-REVOCATION-06"],
    proven_by={"dsp-revocation-failure:given-up": "DSP-REVOCATION-GIVEN-UP"},
    applies=when.has_invalidate_hook,
)
async def a_revocation_is_tried_again(retried: Invalidation, expect: Expect) -> None:
    """A revocation that the gateway was not able to take is tried again."""
    early, later = retried.requests[: retried.refused], retried.requests[retried.refused :]
    lost = _named(each for each in early if each.status >= _FIRST_OF_SERVER)
    if not lost:
        raise Blocked("the gateway refused the revocation for another reason than that it was out of order")
    expect.that(
        lost <= _named(later),
        "DSP-REVOCATION-GIVEN-UP",
        "the revocation once more when the gateway works again",
        f"{len(later)} requests since then",
    )


@check(
    "dsp-revocation-stale",
    requires=["DSP-REVOCATION-07"],
    proven_by={
        "dsp-freshness:stale-kept": "DSP-STALE-KEPT",
        "dsp-invalidation:not-revoked": "DSP-STALE-KEPT",
        "dsp-revocation:elsewhere": "DSP-STALE-KEPT",
        "dsp-revocation:serial-other": "DSP-STALE-KEPT",
    },
    applies=when.has_invalidate_hook,
)
async def a_stale_credential_is_revoked(stale: Invalidation, expect: Expect) -> None:
    """A credential whose record changed while the employee was adding it is revoked."""
    kept = [
        serial
        for serial, gone in stale.share_refused.items()
        if not gone and serial.casefold() not in stale.revoked
    ]
    expect.that(
        not kept,
        "DSP-STALE-KEPT",
        "a revocation of the credential that was out of date when it arrived",
        "none",
    )


def _named(requests: Iterable[GatewayRequest]) -> set[str]:
    """Give the serial numbers that requests name."""
    return {serial.casefold() for each in requests if (serial := serial_of(each.json))}
