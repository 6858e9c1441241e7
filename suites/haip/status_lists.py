"""The certificates in the header of Status List Tokens of SD-JWT VCs: HAIP 1.0 section 6.1.

That the key of the first one verifies the token, and that they are well-formed, valid and trusted, is judged by
the checks of signatures of status lists.
"""

from __future__ import annotations

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats.status_list import Form
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism
from harness.lifecycle.status import CredentialStatus
from suites.haip._certificates import expect_x5c
from suites.oid4vci._status_lists import lists, place

check = area("HAIP: Status Lists", per=Per.SCENARIO)


@check(
    "haip-status-list-x5c",
    requires=["HAIP-6.1-07", "HAIP-6.1-08", "HAIP-6.1-09"],
    applies=when.sd_jwt_vc & when.status_by(Mechanism.STATUS_LIST),
    proven_by={
        "status-token:x5c-missing": "HAIP-STATUS-X5C-MISSING",
        "status-token:x5c-root-included": "HAIP-STATUS-X5C-ROOT",
        "status-token:x5c-self-signed": "HAIP-STATUS-X5C-SELF-SIGNED",
    },
)
async def list_carries_certificates(status: CredentialStatus, expect: Expect) -> None:
    """The Status List Token of an SD-JWT VC has ``x5c`` without a trust anchor or self-signed certificate."""
    jwts = [
        (entry, document, key)
        for entry, document, key in lists(status, Mechanism.STATUS_LIST)
        if isinstance(document, StatusListToken) and document.form is Form.JWT
    ]
    if not jwts:
        raise Blocked("the list came as a CWT, and x5c is a header parameter of JWTs")
    for entry, token, key in jwts:
        expect_x5c(
            expect,
            token.signer.certificates,
            "HAIP-STATUS-X5C",
            place(entry),
            anchor=key.chain.anchor if key.chain else None,
            present="HAIP-6.1-07",
            without_anchor="HAIP-6.1-08",
            not_self_signed="HAIP-6.1-09",
        )
