"""The certificates in the header of SD-JWT VCs: HAIP 1.0 section 6.1.1.

That they are well-formed, certify one another and are valid is judged by the checks of SD-JWT VCs, which also
verify the signature with the key of the first one.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import x509
from harness.trust.found import IssuerKey
from suites.haip._certificates import expect_x5c
from suites.oid4vci._problems import at

check = area("HAIP: Certificates", per=Per.SCENARIO)


@check(
    "haip-x5c",
    requires=["HAIP-6.1.1-02", "HAIP-6.1.1-04", "HAIP-6.1.1-05"],
    applies=when.sd_jwt_vc,
    proven_by={
        "sd-jwt:x5c-missing": "HAIP-X5C-MISSING",
        "sd-jwt:x5c-root-included": "HAIP-X5C-ROOT",
        "sd-jwt:x5c-self-signed": "HAIP-X5C-SELF-SIGNED",
    },
)
async def credential_carries_certificates(credential: IssuedCredential, expect: Expect) -> None:
    """An SD-JWT VC has ``x5c``, in which no certificate is self-signed."""
    expect_x5c(
        expect,
        credential.vc.signer.certificates,
        "HAIP-X5C",
        at(credential),
        present="HAIP-6.1.1-02",
        without_anchor="HAIP-6.1.1-04",
        not_self_signed="HAIP-6.1.1-05",
    )


@check(
    "haip-x5c-complete",
    requires=["HAIP-6.1.1-03", "HAIP-6.1.1-04"],
    applies=when.sd_jwt_vc & when.x5c & when.trust_anchors,
    proven_by={"sd-jwt:x5c-intermediate-missing": "HAIP-X5C-INCOMPLETE"},
)
async def certificates_reach_up_to_the_anchor(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The certificates in ``x5c`` lead to one that a trust anchor issued, without that anchor among them."""
    certificates, chain = issuer_key.certificates, issuer_key.chain
    if not certificates or chain is None:
        raise Blocked(issuer_key.missing or "x5c cannot be read, as another check says")
    pointer = at(credential).inside("header/x5c")
    last = certificates[-1]
    if chain.anchor is None and x509.is_self_signed(certificates[0]):
        raise Blocked("no authority is above the first certificate, which signed itself, as another check says")
    expect.that(
        _reaches(certificates, chain.anchor),
        "HAIP-X5C-INCOMPLETE",
        "each certificate between the first and one of the trust anchors in [trust] x5c",
        f"the last one, {x509.subject(last)}, is issued by another authority, or one is missing before it",
        at=credential.exchange,
        pointer=pointer,
    )
    # One that is self-signed is judged without any configured anchor. The signing certificate itself has to be
    # there, even where the team trusts just this one.
    further = [each for each in certificates[1:] if each == chain.anchor and not x509.is_self_signed(each)]
    expect.that(
        not further,
        "HAIP-X5C-ANCHOR",
        "certificates without a trust anchor among them",
        f"{x509.subject(further[0])}, which is in [trust] x5c" if further else "",
        at=credential.exchange,
        pointer=pointer,
        requirement="HAIP-6.1.1-04",
    )


def _reaches(certificates: Sequence[x509.Certificate], anchor: x509.Certificate | None) -> bool:
    """Say whether each certificate is issued by the next one, up to one that is an anchor or issued by it."""
    if anchor is None:
        return False
    for index, certificate in enumerate(certificates):
        if certificate == anchor or x509.is_issued_by(certificate, anchor):
            return True
        if index + 1 == len(certificates) or not x509.is_issued_by(certificate, certificates[index + 1]):
            return False
    return False
