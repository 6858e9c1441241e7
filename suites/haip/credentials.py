"""What HAIP 1.0 asks of Credentials beyond their formats: sections 5.3.1 and 6.1."""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.formats.status_reference import Mechanism
from suites.oid4vci._problems import at

check = area("HAIP: Credentials", per=Per.SCENARIO)

_OF_MDOCS = (Mechanism.STATUS_LIST, Mechanism.IDENTIFIER_LIST)


@check(
    "haip-mdoc-status",
    requires=["HAIP-5.3.1-01"],
    applies=when.mdoc & when.mdoc_status,
    proven_by={"mso:status-other-mechanism": "HAIP-MDOC-STATUS"},
)
async def status_of_an_mdoc_is_one_of_two(credential: IssuedCredential, expect: Expect) -> None:
    """The ``status`` of a mobile document has a ``status_list`` or an ``identifier_list``."""
    status = credential.mdoc.mso.get("status")
    if not isinstance(status, dict):
        raise Blocked("the status is no map, as another check says")
    expect.that(
        any(name in status for name in _OF_MDOCS),
        "HAIP-MDOC-STATUS",
        "status_list or identifier_list",
        show([str(name) for name in status]),
        at=credential.exchange,
        pointer=at(credential).inside("/status"),
    )


@check(
    "haip-validity",
    requires=["HAIP-6.1-02"],
    applies=when.sd_jwt_vc,
    proven_by={"sd-jwt:validity-unlimited": "HAIP-VALIDITY-UNLIMITED"},
)
async def validity_of_an_sd_jwt_vc_is_limited(credential: IssuedCredential, expect: Expect) -> None:
    """An SD-JWT VC has an ``exp`` or a ``status``."""
    claims = credential.vc.claims
    expect.that(
        "exp" in claims or "status" in claims,
        "HAIP-VALIDITY-UNLIMITED",
        "exp, status, or both",
        "neither",
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "haip-status-by-list",
    requires=["HAIP-6.1-06"],
    applies=when.sd_jwt_vc & when.credential_claim("status", dict),
    proven_by={"sd-jwt:status-other-mechanism": "HAIP-STATUS-MECHANISM"},
)
async def status_of_an_sd_jwt_vc_is_in_a_list(credential: IssuedCredential, expect: Expect) -> None:
    """The ``status`` of an SD-JWT VC has a ``status_list``."""
    status = credential.vc.claims["status"]
    expect.that(
        isinstance(status, dict) and "status_list" in status,
        "HAIP-STATUS-MECHANISM",
        "status_list",
        show(list(status) if isinstance(status, dict) else status),
        at=credential.exchange,
        pointer=at(credential).inside("/status"),
    )
