"""The certificates behind mobile documents: ISO/IEC 18013-5 clause 9.3 and annex B.1, RFC 9360, RFC 5280.

What is asked of every chain of certificates, whatever the format of the credential, is in ``certificates``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats.document_signer import country, document_signer_problems, iaca_problems, state
from harness.formats.driving_licence import DOCTYPE, NAMESPACE
from harness.formats.problems import Problem, located
from harness.formats.signatures import SignatureError
from harness.trust.found import IssuerKey
from suites.oid4vci._problems import Rule, at, judge

check = partial(area("Document Signer Certificates", per=Per.SCENARIO), applies=when.mdoc & when.x5chain)

_PLACE = "issuerAuth/x5chain"
_SIGNER, _ROOT, _OTHER_TYPE = "ISO18013-B.1.4", "ISO18013-B.1.2", "ISO18013-B.1-01"
_WITH_ROOT = when.mdoc & when.x5chain & when.signer_root
_LICENCE = when.mdoc & when.doctype(DOCTYPE) & when.x5chain


# x5chain


@check(
    "mdoc-x5chain",
    requires=["ISO18013-9.1.2.4-07"],
    applies=when.mdoc,
    proven_by={
        "issuer-auth:x5chain-missing": "MDOC-X5CHAIN-MISSING",
        "issuer-auth:x5chain-protected": "MDOC-X5CHAIN-PROTECTED",
    },
)
async def signer_certificate_is_there(credential: IssuedCredential, expect: Expect) -> None:
    """The unprotected header of ``issuerAuth`` has the certificate of the signer in ``x5chain``."""
    judge(
        expect,
        at(credential),
        credential.mdoc.problems,
        Rule("x5chain-missing", "MDOC-X5CHAIN-MISSING", "an x5chain", "ISO18013-9.1.2.4-07"),
        Rule("x5chain-protected", "MDOC-X5CHAIN-PROTECTED", "an unprotected x5chain", "ISO18013-9.1.2.4-07"),
    )


@check(
    "mdoc-x5chain-form",
    requires=["RFC9360-2-01", "RFC9360-2-02", "RFC9360-2-03"],
    proven_by={
        "issuer-auth:x5chain-array-of-one": "MDOC-X5CHAIN-SINGLE",
        "issuer-auth:x5chain-empty": "MDOC-X5CHAIN-FORM",
        "issuer-auth:x5chain-text": "MDOC-X5CHAIN-FORM",
        "issuer-auth:x5chain-garbage": "MDOC-X5CHAIN-DER",
        "issuer-auth:x5chain-concatenated": "MDOC-X5CHAIN-DER",
        "document-signer:serial-number-negative": "MDOC-X5CHAIN-DER",
        "document-signer:version-2": "MDOC-X5CHAIN-DER",
    },
)
async def certificates_are_well_formed(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """``x5chain`` is one certificate as byte string, or an array of several, each in DER."""
    judge(
        expect,
        at(credential),
        issuer_key.problems,
        Rule("x5chain-single", "MDOC-X5CHAIN-SINGLE", "a single certificate by itself", "RFC9360-2-01"),
        Rule("x5chain-malformed", "MDOC-X5CHAIN-FORM", "byte strings", "RFC9360-2-02"),
        Rule(
            "x5chain-certificate certificate-encoding", "MDOC-X5CHAIN-DER", "certificates in DER", "RFC9360-2-03"
        ),
    )


@check(
    "mdoc-x5chain-order",
    requires=["RFC9360-2-04", "RFC9360-2-05", "RFC5280-6.1.3-01", "RFC5280-6.1.3-02"],
    proven_by={
        "issuer-auth:x5chain-order": ("MDOC-X5CHAIN-ORDER", "MDOC-X5CHAIN-BROKEN"),
        "issuer-auth:x5chain-stranger-last": "MDOC-X5CHAIN-BROKEN",
    },
)
async def certificates_are_in_order(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The certificate of the signing key is the first in ``x5chain``, and each is certified by the next."""
    if issuer_key.jwk is None:
        raise Blocked(issuer_key.missing)
    later = not _verifies(credential, issuer_key.jwk) and any(
        _verifies(credential, key) for key in issuer_key.further
    )
    expect.that(
        not later,
        "MDOC-X5CHAIN-ORDER",
        "the certificate of the signing key first",
        "a later certificate holds the key that signed",
        at=credential.exchange,
        pointer=at(credential).inside(_PLACE),
        requirement="RFC9360-2-04",
    )
    chain = "each certificate issued and signed by the next"
    for requirement in ("RFC9360-2-05", "RFC5280-6.1.3-01", "RFC5280-6.1.3-02"):
        rule = Rule("chain-broken leaf-self-signed", "MDOC-X5CHAIN-BROKEN", chain, requirement)
        judge(expect, at(credential), issuer_key.problems, rule)


def _verifies(credential: IssuedCredential, jwk: Mapping[str, Any]) -> bool:
    try:
        credential.mdoc.verify(jwk)
    except SignatureError:
        return False
    return True


@check(
    "mdoc-x5chain-valid",
    requires=[
        "RFC5280-4.1.2.5-01",
        "RFC5280-4.2-01",
        "RFC5280-4.2.1.3-01",
        "RFC5280-4.2.1.3-02",
        "RFC5280-4.2.1.9-01",
        "RFC5280-6.1.4-01",
        "RFC5280-6.1.4-02",
    ],
    proven_by={
        "document-signer:expired": "MDOC-X5CHAIN-VALIDITY",
        "document-signer:not-yet-valid": "MDOC-X5CHAIN-VALIDITY",
        "document-signer:extension-twice": "MDOC-X5CHAIN-EXTENSIONS",
        "document-signer:key-usage-other": "MDOC-X5CHAIN-KEY-USAGE",
        "document-signer:critical-unknown": "MDOC-X5CHAIN-CRITICAL",
        "issuer-auth:x5chain-stranger-last": ("MDOC-X5CHAIN-AUTHORITY", "MDOC-X5CHAIN-AUTHORITY-USAGE"),
        "issuer-auth:x5chain-order": ("MDOC-X5CHAIN-AUTHORITY", "MDOC-X5CHAIN-AUTHORITY-USAGE"),
    },
)
async def certificates_are_valid(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The certificates of ``x5chain`` are valid now, may be used so, and have no unknown critical extension."""
    judge(
        expect,
        at(credential),
        issuer_key.problems,
        Rule(
            "certificate-expired certificate-not-yet-valid",
            "MDOC-X5CHAIN-VALIDITY",
            "certificates that are valid now",
            "RFC5280-4.1.2.5-01",
        ),
        Rule("certificate-extensions", "MDOC-X5CHAIN-EXTENSIONS", "each extension once", "RFC5280-4.2-01"),
        Rule("issuer-not-ca", "MDOC-X5CHAIN-AUTHORITY", "authorities marked as such", "RFC5280-4.2.1.9-01"),
        Rule(
            "issuer-key-usage",
            "MDOC-X5CHAIN-AUTHORITY-USAGE",
            "authorities that may sign certificates",
            "RFC5280-4.2.1.3-01",
        ),
        Rule("leaf-key-usage", "MDOC-X5CHAIN-KEY-USAGE", "a key for digital signatures", "RFC5280-4.2.1.3-02"),
        Rule("path-length", "MDOC-X5CHAIN-LENGTH", "no more authorities than allowed", "RFC5280-6.1.4-01"),
        Rule(
            "certificate-critical-extension",
            "MDOC-X5CHAIN-CRITICAL",
            "no critical extension that nobody knows",
            "RFC5280-6.1.4-02",
        ),
    )


@check(
    "mdoc-signer-trusted",
    requires=["ISO18013-9.3.3-01"],
    applies=when.mdoc & when.x5chain & when.trust_anchors,
    proven_by={
        "document-signer:untrusted": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:authority-of-the-same-name": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:self-signed": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:signature": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:algorithms-differ": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:critical-unknown": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:expired": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:extension-twice": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:key-usage-other": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:not-yet-valid": "MDOC-SIGNER-UNTRUSTED",
        "document-signer:signature-sha-1": "MDOC-SIGNER-UNTRUSTED",
        "iaca:basic-constraints-missing": "MDOC-SIGNER-UNTRUSTED",
        "iaca:critical-unknown": "MDOC-SIGNER-UNTRUSTED",
        "iaca:expired": "MDOC-SIGNER-UNTRUSTED",
    },
)
async def signer_is_certified_by_a_root(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The document signer certificate is issued by one of the configured IACA certificates."""
    if issuer_key.chain is None:
        raise Blocked(issuer_key.missing)
    expect.that(
        issuer_key.chain.trusted is True,
        "MDOC-SIGNER-UNTRUSTED",
        "a valid chain to one of the certificates in [trust] iaca",
        "no such chain",
        at=credential.exchange,
        pointer=at(credential).inside(_PLACE),
    )


# The certificate of the document signer


def _judge_profile(
    expect: Expect, credential: IssuedCredential, problems: Iterable[Problem], *rules: Rule
) -> None:
    """Judge by a profile of annex B, which is that of the mDL and advice for other documents."""
    if credential.mdoc.doc_type != DOCTYPE:
        rules = tuple(rule._replace(requirement=_OTHER_TYPE) for rule in rules)
    judge(expect, at(credential), problems, *rules)


def _signer_problems(credential: IssuedCredential, issuer_key: IssuerKey) -> tuple[Problem, ...]:
    if issuer_key.chain is None:
        raise Blocked(issuer_key.missing)
    signer, *further = issuer_key.certificates
    # For other documents than the mDL there may be an authority between the root and the signer.
    certifiers = (certificate for certificate in further if certificate.subject == signer.issuer)
    certifier = next(certifiers, issuer_key.chain.anchor)
    signed = credential.mdoc.validity_info.get("signed")
    return located(f"{_PLACE}: ", document_signer_problems(signer, certifier, signed))


@check(
    "mdoc-signer-certificate",
    requires=[*(f"{_SIGNER}-{number}" for number in ("01", "02", "04", "06", "07", "10", "11")), _OTHER_TYPE],
    proven_by={
        "document-signer:serial-number-negative": "MDOC-SIGNER-SERIAL",
        "document-signer:serial-number-long": "MDOC-SIGNER-SERIAL",
        "document-signer:signature-sha-1": "MDOC-SIGNER-SIGNATURE",
        "document-signer:valid-long": "MDOC-SIGNER-LIFETIME",
        "document-signer:country-missing": "MDOC-SIGNER-COUNTRY",
        "document-signer:country-lower-case": "MDOC-SIGNER-COUNTRY",
        "document-signer:common-name-missing": "MDOC-SIGNER-NAME",
        "document-signer:rsa-key": "MDOC-SIGNER-KEY",
    },
)
async def signer_certificate_follows_its_profile(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """Number, signature, validity, subject and key of the signer's certificate follow the profile."""
    _judge_profile(
        expect,
        credential,
        _signer_problems(credential, issuer_key),
        Rule("signer-version", "MDOC-SIGNER-VERSION", "version 3", f"{_SIGNER}-01"),
        Rule("signer-serial", "MDOC-SIGNER-SERIAL", "a positive number of 20 octets at most", f"{_SIGNER}-02"),
        Rule("signer-signature-algorithm", "MDOC-SIGNER-SIGNATURE", "ECDSA with SHA-2", f"{_SIGNER}-04"),
        Rule("signer-lifetime", "MDOC-SIGNER-LIFETIME", "457 days at most", f"{_SIGNER}-06"),
        Rule("signer-country", "MDOC-SIGNER-COUNTRY", "a countryName of two capital letters", f"{_SIGNER}-07"),
        Rule("signer-common-name", "MDOC-SIGNER-NAME", "a commonName", f"{_SIGNER}-10"),
        Rule("signer-key", "MDOC-SIGNER-KEY", "a key on a curve for mdocs", f"{_SIGNER}-11"),
    )


@check(
    "mdoc-signer-issuer",
    requires=[*(f"{_SIGNER}-{number}" for number in ("05", "08", "09")), _OTHER_TYPE],
    applies=_WITH_ROOT,
    proven_by={
        "document-signer:country-other": "MDOC-SIGNER-COUNTRY-OTHER",
        "document-signer:country-missing": "MDOC-SIGNER-COUNTRY-OTHER",
        "document-signer:country-lower-case": "MDOC-SIGNER-COUNTRY-OTHER",
        "iaca:country-lower-case": "MDOC-SIGNER-COUNTRY-OTHER",
    },
)
async def signer_is_of_its_authority(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """Issuer, country and state of the signer's certificate are those of the IACA certificate."""
    _judge_profile(
        expect,
        credential,
        _signer_problems(credential, issuer_key),
        Rule("signer-issuer", "MDOC-SIGNER-ISSUER", "the subject of the root, byte for byte", f"{_SIGNER}-05"),
        Rule("signer-country-other", "MDOC-SIGNER-COUNTRY-OTHER", "the country of the root", f"{_SIGNER}-08"),
        Rule("signer-state-other", "MDOC-SIGNER-STATE-OTHER", "the state of the root", f"{_SIGNER}-09"),
    )


@check(
    "mdoc-signer-extensions",
    requires=[*(f"{_SIGNER}-{number}" for number in (12, 13, 14, 15, 16, 18)), "ISO18013-B.1.1-01", _OTHER_TYPE],
    proven_by={
        "document-signer:authority-key-identifier-missing": "MDOC-SIGNER-AUTHORITY-KEY",
        "document-signer:authority-key-identifier-other": "MDOC-SIGNER-AUTHORITY-KEY",
        "document-signer:subject-key-identifier-missing": "MDOC-SIGNER-SUBJECT-KEY",
        "document-signer:subject-key-identifier-other": "MDOC-SIGNER-SUBJECT-KEY",
        "document-signer:rsa-key": "MDOC-SIGNER-SUBJECT-KEY",
        "document-signer:key-usage-missing": "MDOC-SIGNER-KEY-USAGE",
        "document-signer:key-usage-not-critical": "MDOC-SIGNER-KEY-USAGE",
        "document-signer:key-usage-authority": "MDOC-SIGNER-KEY-USAGE",
        "document-signer:key-usage-other": "MDOC-SIGNER-KEY-USAGE",
        "document-signer:issuer-alternative-name-missing": "MDOC-SIGNER-CONTACT",
        "document-signer:issuer-alternative-name-host": "MDOC-SIGNER-CONTACT",
        "document-signer:crl-distribution-points-missing": "MDOC-SIGNER-CRL",
        "document-signer:crl-distribution-points-reasons": "MDOC-SIGNER-CRL",
        "document-signer:crl-distribution-points-issuer": "MDOC-SIGNER-CRL",
        "document-signer:authority": "MDOC-SIGNER-CRITICAL",
        "document-signer:critical-unknown": "MDOC-SIGNER-CRITICAL",
        "document-signer:name-constraints": "MDOC-SIGNER-EXTENSION",
    },
)
async def signer_extensions_follow_their_profile(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The extensions of the signer's certificate are those of the profile."""
    problems = _signer_problems(credential, issuer_key)
    if any(problem.kind == "signer-extensions" for problem in problems):
        raise Blocked("the extensions of the certificate cannot be read")
    contact, lists = "an e-mail address or a URI", "a URI, without reasons and issuer"
    _judge_profile(
        expect,
        credential,
        problems,
        Rule(
            "signer-authority-key-identifier",
            "MDOC-SIGNER-AUTHORITY-KEY",
            "the identifier of the root's key",
            f"{_SIGNER}-12",
        ),
        Rule("signer-subject-key-identifier", "MDOC-SIGNER-SUBJECT-KEY", "the hash of its key", f"{_SIGNER}-13"),
        Rule("signer-key-usage", "MDOC-SIGNER-KEY-USAGE", "digitalSignature alone, critical", f"{_SIGNER}-14"),
        Rule("signer-issuer-alternative-name", "MDOC-SIGNER-CONTACT", contact, f"{_SIGNER}-15"),
        Rule("signer-crl-distribution-points", "MDOC-SIGNER-CRL", lists, f"{_SIGNER}-16"),
        Rule("signer-critical-extension", "MDOC-SIGNER-CRITICAL", "no other critical extension", f"{_SIGNER}-18"),
        Rule(
            "signer-forbidden-extension",
            "MDOC-SIGNER-EXTENSION",
            "no extension that annex B.1.1 forbids",
            "ISO18013-B.1.1-01",
        ),
    )


@check(
    "mdoc-signer-purpose",
    requires=[f"{_SIGNER}-17"],
    applies=_LICENCE,
    proven_by={
        "document-signer:extended-key-usage-missing": "MDOC-SIGNER-PURPOSE",
        "document-signer:extended-key-usage-other": "MDOC-SIGNER-PURPOSE",
        "document-signer:extended-key-usage-not-critical": "MDOC-SIGNER-PURPOSE",
    },
)
async def signer_may_sign_licences(credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect) -> None:
    """The extended key usage of who signs a mobile driving licence is critical and that of document signers."""
    problems = _signer_problems(credential, issuer_key)
    if any(problem.kind == "signer-extensions" for problem in problems):
        raise Blocked("the extensions of the certificate cannot be read")
    wanted = "the purpose 1.0.18013.5.1.2, critical"
    kinds = "signer-extended-key-usage signer-purpose"
    judge(expect, at(credential), problems, Rule(kinds, "MDOC-SIGNER-PURPOSE", wanted, f"{_SIGNER}-17"))


@check(
    "mdoc-signer-issuing-country",
    requires=[f"{_SIGNER}-19", f"{_SIGNER}-20"],
    applies=_LICENCE,
    proven_by={
        "mdoc:country-other": "MDOC-ISSUING-COUNTRY",
        "mdoc:jurisdiction-of-another-state": "MDOC-ISSUING-JURISDICTION",
        "document-signer:country-other": "MDOC-ISSUING-COUNTRY",
        "document-signer:country-missing": "MDOC-ISSUING-COUNTRY",
        "document-signer:country-lower-case": "MDOC-ISSUING-COUNTRY",
    },
)
async def issuing_country_is_that_of_the_signer(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """Country and jurisdiction of a mobile driving licence are country and state of the signer's certificate."""
    elements = credential.mdoc.elements.get(NAMESPACE, {})
    found, jurisdiction = elements.get("issuing_country"), elements.get("issuing_jurisdiction")
    if not isinstance(found, str):
        raise Blocked("the licence has no issuing_country to compare")
    if not issuer_key.certificates:
        raise Blocked(issuer_key.missing)
    own, of = country(issuer_key.certificates[0]), state(issuer_key.certificates[0])
    expect.that(
        found == own,
        "MDOC-ISSUING-COUNTRY",
        f"the country of the certificate, {own}",
        found,
        at=credential.exchange,
        pointer=at(credential).inside(f"nameSpaces/{NAMESPACE}/issuing_country"),
        requirement=f"{_SIGNER}-19",
    )
    expect.that(
        of is None or jurisdiction is None or jurisdiction == of,
        "MDOC-ISSUING-JURISDICTION",
        f"the state of the certificate, {of}",
        jurisdiction,
        at=credential.exchange,
        pointer=at(credential).inside(f"nameSpaces/{NAMESPACE}/issuing_jurisdiction"),
        requirement=f"{_SIGNER}-20",
    )


@check(
    "mdoc-signed-in-time",
    requires=["ISO18013-9.3.1-01", "ISO18013-9.3.3-02"],
    proven_by={
        "mso:signed-before-certificate": "MDOC-SIGNED-OUTSIDE",
        "document-signer:expired": "MDOC-SIGNED-OUTSIDE",
        "document-signer:not-yet-valid": "MDOC-SIGNED-OUTSIDE",
        "mso:outlives-signer": "MDOC-OUTLIVES-SIGNER",
        "document-signer:expires-first": "MDOC-OUTLIVES-SIGNER",
    },
)
async def mdoc_is_signed_while_the_certificate_is_valid(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """``signed`` is within the validity of the signer's certificate, which lasts as long as the document."""
    dates = credential.mdoc.validity_info
    if "signed" not in dates or "validUntil" not in dates:
        raise Blocked("the MSO has no dates to compare")
    problems = _signer_problems(credential, issuer_key)
    rule = Rule("signed-outside", "MDOC-SIGNED-OUTSIDE", "a signature in that time", "ISO18013-9.3.1-01")
    judge(expect, at(credential), problems, rule)
    ends = issuer_key.certificates[0].not_valid_after_utc
    # One that has expired already is another finding.
    lasts = ends.timestamp() >= dates["validUntil"] or ends.timestamp() < credential.received
    expect.that(
        lasts,
        "MDOC-OUTLIVES-SIGNER",
        "a certificate that is valid until validUntil",
        f"one that is valid until {ends.date().isoformat()}",
        at=credential.exchange,
        pointer=at(credential).inside("mso/validityInfo/validUntil"),
        requirement="ISO18013-9.3.3-02",
    )


# The root


def _root_problems(issuer_key: IssuerKey) -> tuple[Problem, ...]:
    if issuer_key.chain is None or issuer_key.chain.anchor is None:
        raise Blocked("the root certificate behind the signer is not known")
    return located("the root: ", iaca_problems(issuer_key.chain.anchor))


@check(
    "mdoc-root-certificate",
    requires=[*(f"{_ROOT}-{number}" for number in ("01", "02", "04", "05", "06", "07", "08", "09")), _OTHER_TYPE],
    applies=_WITH_ROOT,
    proven_by={
        "iaca:serial-number-negative": "MDOC-ROOT-SERIAL",
        "iaca:serial-number-long": "MDOC-ROOT-SERIAL",
        "iaca:signature-sha-1": "MDOC-ROOT-SIGNATURE",
        "iaca:issuer-other": "MDOC-ROOT-SELF-SIGNED",
        "iaca:valid-long": "MDOC-ROOT-LIFETIME",
        "iaca:country-missing": "MDOC-ROOT-COUNTRY",
        "iaca:country-lower-case": "MDOC-ROOT-COUNTRY",
        "iaca:common-name-missing": "MDOC-ROOT-NAME",
    },
)
async def root_certificate_follows_its_profile(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """Version, serial number, signature, names, validity and key of the IACA certificate follow the profile."""
    _judge_profile(
        expect,
        credential,
        _root_problems(issuer_key),
        Rule("iaca-version", "MDOC-ROOT-VERSION", "version 3", f"{_ROOT}-01"),
        Rule("iaca-serial", "MDOC-ROOT-SERIAL", "a positive number of 20 octets at most", f"{_ROOT}-02"),
        Rule("iaca-signature-algorithm", "MDOC-ROOT-SIGNATURE", "ECDSA with SHA-2", f"{_ROOT}-04"),
        Rule("iaca-self-signed", "MDOC-ROOT-SELF-SIGNED", "a certificate of its own", f"{_ROOT}-05"),
        Rule("iaca-lifetime", "MDOC-ROOT-LIFETIME", "20 years at most", f"{_ROOT}-06"),
        Rule("iaca-country", "MDOC-ROOT-COUNTRY", "a countryName of two capital letters", f"{_ROOT}-07"),
        Rule("iaca-common-name", "MDOC-ROOT-NAME", "a commonName", f"{_ROOT}-08"),
        Rule("iaca-key", "MDOC-ROOT-KEY", "a key on an elliptic curve for mdocs", f"{_ROOT}-09"),
    )


@check(
    "mdoc-root-extensions",
    requires=[*(f"{_ROOT}-{number}" for number in (10, 11, 12, 13, 14, 15)), "ISO18013-B.1.1-01", _OTHER_TYPE],
    applies=_WITH_ROOT,
    proven_by={
        "iaca:subject-key-identifier-missing": "MDOC-ROOT-SUBJECT-KEY",
        "iaca:key-usage-missing": "MDOC-ROOT-KEY-USAGE",
        "iaca:key-usage-not-critical": "MDOC-ROOT-KEY-USAGE",
        "iaca:key-usage-signing": "MDOC-ROOT-KEY-USAGE",
        "iaca:key-usage-without-lists": "MDOC-ROOT-KEY-USAGE",
        "iaca:issuer-alternative-name-missing": "MDOC-ROOT-CONTACT",
        "iaca:issuer-alternative-name-host": "MDOC-ROOT-CONTACT",
        "iaca:basic-constraints-missing": "MDOC-ROOT-CONSTRAINTS",
        "iaca:basic-constraints-not-critical": "MDOC-ROOT-CONSTRAINTS",
        "iaca:path-length-one": "MDOC-ROOT-CONSTRAINTS",
        "iaca:path-length-missing": "MDOC-ROOT-CONSTRAINTS",
        "iaca:crl-distribution-points-missing": "MDOC-ROOT-CRL",
        "iaca:crl-distribution-points-reasons": "MDOC-ROOT-CRL",
        "iaca:crl-distribution-points-issuer": "MDOC-ROOT-CRL",
        "iaca:critical-unknown": "MDOC-ROOT-CRITICAL",
        "iaca:name-constraints": "MDOC-ROOT-EXTENSION",
    },
)
async def root_extensions_follow_their_profile(
    credential: IssuedCredential, issuer_key: IssuerKey, expect: Expect
) -> None:
    """The extensions of the IACA certificate are those of the profile."""
    problems = _root_problems(issuer_key)
    if any(problem.kind == "iaca-extensions" for problem in problems):
        raise Blocked("the extensions of the root certificate cannot be read")
    contact, lists = "an e-mail address or a URI", "a URI, without reasons and issuer"
    usage = "certificates and revocation lists alone, critical"
    _judge_profile(
        expect,
        credential,
        problems,
        Rule("iaca-subject-key-identifier", "MDOC-ROOT-SUBJECT-KEY", "the hash of its key", f"{_ROOT}-10"),
        Rule("iaca-key-usage", "MDOC-ROOT-KEY-USAGE", usage, f"{_ROOT}-11"),
        Rule("iaca-issuer-alternative-name", "MDOC-ROOT-CONTACT", contact, f"{_ROOT}-12"),
        Rule(
            "iaca-basic-constraints",
            "MDOC-ROOT-CONSTRAINTS",
            "an authority with path length 0, critical",
            f"{_ROOT}-13",
        ),
        Rule("iaca-crl-distribution-points", "MDOC-ROOT-CRL", lists, f"{_ROOT}-14"),
        Rule("iaca-critical-extension", "MDOC-ROOT-CRITICAL", "no other critical extension", f"{_ROOT}-15"),
        Rule(
            "iaca-forbidden-extension",
            "MDOC-ROOT-EXTENSION",
            "no extension that annex B.1.1 forbids",
            "ISO18013-B.1.1-01",
        ),
    )
