"""Certificates that come with a credential, whatever its format: RFC 5280, NIST SP 800-57.

That they are well-formed, form a chain and lead to an anchor is judged with each format.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import certificate_fields, x509
from harness.trust.found import IssuerKey
from suites.oid4vci._further import of_sd_jwt_vc
from suites.oid4vci._problems import Rule, at, judge

check = partial(area("Certificates", per=Per.SCENARIO), applies=when.signer_certificates)


@check(
    "certificate-outlives-credential",
    requires=["RFC5280-4.1.2.5-02"],
    applies=when.signer_certificates & when.expiring_credential,
    proven_by={
        "sd-jwt:x5c-brief": "CERTIFICATE-ENDS-EARLY",
        "mso:outlives-signer": "CERTIFICATE-ENDS-EARLY",
        "document-signer:expires-first": "CERTIFICATE-ENDS-EARLY",
    },
)
async def certificate_outlives_the_credential(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """No certificate that is valid today expires before the credential does."""
    expires = credential.document.expires
    if expires is None:
        raise Blocked("the credential does not say when it expires")
    for certificate in issuer_key.certificates:
        ends = certificate.not_valid_after_utc.timestamp()
        # One that has expired already is another finding.
        expect.that(
            not credential.received < ends < expires,
            "CERTIFICATE-ENDS-EARLY",
            f"certificates that are valid until {_day(expires)}, when the credential expires",
            f"{x509.subject(certificate)} expires on {_day(ends)}",
            at=credential.exchange,
            pointer=at(credential).inside(f"header/{issuer_key.mechanism}"),
        )


def _day(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "a day beyond all calendars"


@check(
    "certificate-strength",
    requires=["NIST80057-5.6.3-01"],
    proven_by={
        "sd-jwt:x5c-weak-authority": "CERTIFICATE-KEY-SHORT",
        "document-signer:signature-sha-1": "CERTIFICATE-HASH-WEAK",
    },
)
async def certificates_are_strong(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """No certificate is signed with MD5 or SHA-1 or has a weak key of an authority."""
    for index, certificate in enumerate(issuer_key.certificates):
        that = partial(
            expect.that,
            at=credential.exchange,
            pointer=at(credential).inside(f"header/{issuer_key.mechanism}/{index}"),
        )
        weak = x509.weak_hash(certificate)
        that(weak is None, "CERTIFICATE-HASH-WEAK", "a signature with SHA-2 or better", weak)
        # The key of the first one is that of the signer, which is judged by itself.
        short = x509.short_key(certificate) if index else None
        that(short is None, "CERTIFICATE-KEY-SHORT", "a key of 112 bits of security or more", short)


@check(
    "certificate-root-left-out",
    requires=["RFC5280-6.1-01", "HAIP-6.1.1-04"],
    proven_by={
        "sd-jwt:x5c-root-included": "CERTIFICATE-ROOT-INCLUDED",
        "issuer-auth:x5chain-root-included": "CERTIFICATE-ROOT-INCLUDED",
    },
)
async def root_is_left_out(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The certificates that come with the credential end below the trust anchor."""
    judge(
        expect,
        at(credential),
        issuer_key.problems,
        Rule(
            "root-included",
            "CERTIFICATE-ROOT-INCLUDED",
            "certificates without a trust anchor among them",
            of_sd_jwt_vc(credential, "HAIP-6.1.1-04", "RFC5280-6.1-01"),
        ),
    )


@check(
    "certificate-fields",
    requires=[
        "RFC5280-4.1.1.2-01",
        "RFC5280-4.1.2.1-01",
        "RFC5280-4.1.2.2-01",
        "RFC5280-4.1.2.2-02",
        "RFC5280-4.1.2.4-01",
        "RFC5280-4.1.2.6-01",
        "RFC5280-4.2.1.1-01",
        "RFC5280-4.2.1.2-01",
        "RFC5280-4.2.1.6-01",
        "RFC5280-4.2.1.9-02",
    ],
    proven_by={
        "document-signer:algorithms-differ": "CERTIFICATE-ALGORITHMS-DIFFER",
        "document-signer:serial-number-negative": "CERTIFICATE-SERIAL",
        "document-signer:serial-number-long": "CERTIFICATE-SERIAL-LONG",
        "document-signer:authority-key-identifier-missing": "CERTIFICATE-AUTHORITY-KEY",
        "document-signer:key-usage-authority": "CERTIFICATE-SIGNS-CERTIFICATES",
        "sd-jwt:x5c-weak-authority": ("CERTIFICATE-SUBJECT-KEY", "CERTIFICATE-AUTHORITY-KEY"),
    },
)
async def certificate_fields_follow_the_profile(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The fields and extensions of each certificate are those that RFC 5280 asks for."""
    rules = (
        ("algorithms-differ", "ALGORITHMS-DIFFER", "one signature algorithm", "4.1.1.2-01"),
        ("version", "VERSION", "version 3 with extensions", "4.1.2.1-01"),
        ("serial-negative", "SERIAL", "a positive serial number", "4.1.2.2-01"),
        ("serial-long", "SERIAL-LONG", "a serial number of 20 octets at most", "4.1.2.2-02"),
        ("issuer-empty", "ISSUER", "an issuer", "4.1.2.4-01"),
        ("subject-empty", "SUBJECT", "a subject of each authority", "4.1.2.6-01"),
        ("authority-key-identifier", "AUTHORITY-KEY", "a keyIdentifier of who signed it", "4.2.1.1-01"),
        ("subject-key-identifier", "SUBJECT-KEY", "a subjectKeyIdentifier of each authority", "4.2.1.2-01"),
        ("alternative-name-empty", "ALTERNATIVE-NAME", "a name in subjectAltName", "4.2.1.6-01"),
        ("signs-certificates", "SIGNS-CERTIFICATES", "authorities alone sign certificates", "4.2.1.9-02"),
    )
    judge(
        expect,
        at(credential),
        [
            problem
            for certificate in issuer_key.certificates
            for problem in certificate_fields.problems(certificate)
        ],
        *(Rule(kind, f"CERTIFICATE-{code}", wanted, f"RFC5280-{clause}") for kind, code, wanted, clause in rules),
    )
