"""Who signs status lists, whatever the mechanism: Token Status List draft 12 sections 5, 10 and 11.3.

The key is found by what the list says and by the credential that refers to it (``harness.trust.status_lists``).
A list that only who shares a key can verify, by its MAC, is one that the specification allows and nobody here can
judge.
"""

from __future__ import annotations

from functools import partial

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.formats import x509
from harness.formats.bitstring_status_list import StatusListCredential
from harness.formats.certificate_purposes import purposes_apart
from harness.formats.cwt import Cwt
from harness.formats.data_integrity import Unverifiable
from harness.formats.jwk import key_bits
from harness.formats.ldp_vc import LdpVc
from harness.formats.signatures import SignatureError
from harness.formats.status_document import StatusDocument
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism
from harness.lifecycle.status import CredentialStatus
from harness.trust.found import IssuerKey
from suites.oid4vci._problems import Rule, judge
from suites.oid4vci._signatures import is_unknown
from suites.oid4vci._status_lists import lists, place

check = partial(area("Signatures of Status Lists", per=Per.SCENARIO), applies=when.status_by())

_WITH_KEY = when.status_by() & when.status_key
_OF_CERTIFICATES = when.status_by() & when.status_certificates
_SIGNED = ("TSL-5.1-08", "TSL-5.2-08", "ISO18013-12.3.6.3-03", "BSL-3.2-01", "SL2021-3.2-01")
"""What asks for a signature that verifies, by the kind of list."""
_TRUST = {Mechanism.IDENTIFIER_LIST: "ISO18013-12.3.6.2-05"}
"""What asks for trust in the signer of a list, where the way to the key does not say."""
_MIN_RSA_BITS, _MIN_BITS = 2_048, 224


def _requirement(document: StatusDocument) -> str:
    """Give the requirement that a signature of this kind of list verifies."""
    if isinstance(document, StatusListToken):
        return "TSL-5.2-08" if isinstance(document.token, Cwt) else "TSL-5.1-08"
    if not isinstance(document, StatusListCredential):
        return "ISO18013-12.3.6.3-03"
    return "SL2021-3.2-01" if document.mechanism is Mechanism.STATUS_LIST_2021 else "BSL-3.2-01"


def _has_proof(document: StatusDocument) -> bool:
    """Say whether a list is a credential with a Data Integrity proof."""
    return isinstance(document, StatusListCredential) and isinstance(document.credential, LdpVc)


def _needs_no_secret(document: StatusDocument) -> None:
    if getattr(document, "has_mac", False):
        raise Blocked("the list carries a MAC, which only who shares its key can verify")


# The key


@check(
    "status-list-key",
    requires=["TSL-11.3-01", *_SIGNED],
    applies=when.status_by() & when.signer_key,
    proven_by={
        "status-token:key-unknown": "STATUS-KEY-MISSING",
        "status-token:certificate-garbage": "STATUS-KEY-MISSING",
        "status-credential:method-unknown": "STATUS-KEY-MISSING",
    },
)
async def key_of_the_list_can_be_found(issuer_key: IssuerKey, status: CredentialStatus, expect: Expect) -> None:
    """The key that signed the status list can be found, in one of the ways that lead to keys of credentials."""
    assert issuer_key.jwk is not None
    for entry, document, key in lists(status):
        _needs_no_secret(document)
        if isinstance(document, StatusListCredential) and _is_unsecured(document):
            raise Blocked("the list has no proof, as another check says")
        token = isinstance(document, StatusListToken)
        expect.that(
            key.jwk is not None,
            "STATUS-KEY-MISSING",
            "a key that verifies the status list",
            key.missing,
            at=place(entry).exchange,
            pointer="header",
            requirement="TSL-11.3-01" if token else _requirement(document),
        )


def _is_unsecured(document: StatusListCredential) -> bool:
    return isinstance(document.credential, LdpVc) and document.credential.proof is None


# The signature


@check(
    "status-list-signature",
    requires=[*_SIGNED, "HAIP-6.1-07"],
    applies=_WITH_KEY,
    proven_by={
        "status-token:signature": "STATUS-SIGNATURE",
        "status-token:list-unsigned": "STATUS-SIGNATURE",
        "status-token:list-jwt-algorithm-none": "STATUS-SIGNATURE",
        "status-token:key-of-stranger": "STATUS-SIGNATURE",
        "status-token:key-short": "STATUS-SIGNATURE",
        "status-token:mdoc-algorithm-other": "STATUS-SIGNATURE",
        "status-credential:signature": "STATUS-SIGNATURE",
        "status-credential:key-of-stranger": "STATUS-SIGNATURE",
    },
)
async def signature_of_the_list_verifies(status: CredentialStatus, expect: Expect) -> None:
    """The signature of the status list verifies with the key that the list leads to."""
    for entry, document, key in lists(status):
        _needs_no_secret(document)
        if key.jwk is None:
            raise Blocked(key.missing)
        observed = _complaint(document, key)
        expect.that(
            not observed,
            "STATUS-SIGNATURE",
            f"a signature by the key found by {key.mechanism}",
            observed,
            at=place(entry).exchange,
            requirement=_requirement(document),
        )


def _complaint(document: StatusDocument, key: IssuerKey) -> str:
    """Say why the signature does not verify; nothing where it does.

    Raises:
        Blocked: this version cannot tell.

    """
    assert key.jwk is not None
    try:
        document.verify(key.jwk)
    except Unverifiable as error:
        raise Blocked(f"this version cannot verify the list: {error.detail}") from error
    except SignatureError as error:
        if error.kind == "critical-header":
            raise Blocked(error.detail) from error
        if error.kind == "algorithm-unknown" or (not _has_proof(document) and is_unknown(document.algorithm)):
            raise Blocked(
                f"this version cannot verify signatures of the algorithm {document.algorithm}"
            ) from error
        return error.detail
    return ""


@check(
    "status-list-key-strength",
    requires=["NIST80057-5.6.3-01", "FAPI2-5.4.1-06", "FAPI2-5.4.1-07"],
    applies=_WITH_KEY,
    proven_by={"status-token:key-short": "STATUS-KEY-SHORT"},
)
async def key_of_the_list_is_strong(status: CredentialStatus, expect: Expect) -> None:
    """An RSA key that signs a status list has 2048 bits or more, a key on an elliptic curve 224."""
    for entry, _, key in lists(status):
        if key.jwk is None:
            raise Blocked(key.missing)
        rsa = key.jwk.get("kty") == "RSA"
        least, bits = _MIN_RSA_BITS if rsa else _MIN_BITS, key_bits(key.jwk)
        expect.that(
            bits is None or bits >= least,
            "STATUS-KEY-SHORT",
            f"a key of {least} bits or more",
            f"{bits} bits",
            at=place(entry).exchange,
            requirement=("FAPI2-5.4.1-06" if rsa else "FAPI2-5.4.1-07", "NIST80057-5.6.3-01"),
        )


# Identifiers with documents


@check(
    "status-list-verification-method",
    requires=["DIDCORE-5.3.2-02", "DIDCORE-5.2-06", "VCDI-2.6-01"],
    applies=when.status_by(Mechanism.BITSTRING, Mechanism.STATUS_LIST_2021) & when.status_method,
    proven_by={
        "status-credential:key-of-other-did": "STATUS-KEY-OTHER",
        "status-credential:method-for-authentication": "STATUS-METHOD-NOT-AUTHORISED",
        "status-credential:method-unknown": "STATUS-METHOD-UNKNOWN",
    },
)
async def issuer_of_the_list_controls_the_key(status: CredentialStatus, expect: Expect) -> None:
    """The key of a list whose issuer is a DID is one that this DID authorises to make statements."""
    for entry, document, key in lists(status):
        if key.mechanism not in ("did", "controller-document"):
            continue
        judge(
            expect,
            place(entry),
            key.problems,
            Rule("method-unknown did", "STATUS-METHOD-UNKNOWN", "a method of the document", "DIDCORE-5.2-06"),
            Rule("method-not-authorised", "STATUS-METHOD-NOT-AUTHORISED", "a method for that", "DIDCORE-5.3.2-02"),
        )
        other = _other_controller(document, key)
        expect.that(
            other is None,
            "STATUS-KEY-OTHER",
            f"a verification method of {document.signer.issuer}",
            f"one of {other}",
            at=place(entry).exchange,
            pointer="header/kid",
            requirement="VCDI-2.6-01" if _has_proof(document) else "DIDCORE-5.3.2-02",
        )


def _other_controller(document: StatusDocument, key: IssuerKey) -> str | None:
    """Give who has the key of a list, where that is another DID than the issuer of the list."""
    issuer, key_id = document.signer.issuer, document.signer.key_id
    if not isinstance(issuer, str) or not issuer.startswith("did:"):
        return None
    named = key_id.partition("#")[0] if isinstance(key_id, str) else ""
    controller = (key.method.controller if key.method else "") or named
    return controller if controller.startswith("did:") and controller != issuer else None


# Certificates


@check(
    "status-list-certificates",
    requires=[
        *("RFC7515-4.1.6-01", "RFC9360-2-02", "RFC9360-2-03", "RFC5280-6.1.3-01", "RFC5280-4.1.2.5-01"),
        *("RFC5280-4.2.1.3-02", "RFC5280-4.2.1.9-01", "RFC5280-4.2-01", "RFC5280-6.1.4-01", "RFC5280-6.1.4-02"),
        "HAIP-6.1-09",
    ],
    applies=when.status_by() & when.status_chain,
    proven_by={
        "status-token:certificate-garbage": "STATUS-CERTIFICATE-FORM",
        "status-token:certificates-unrelated": "STATUS-CERTIFICATE-CHAIN",
        "status-token:certificate-expired": "STATUS-CERTIFICATE-VALIDITY",
        "status-token:certificate-not-for-signatures": "STATUS-CERTIFICATE-USE",
        "status-token:certificate-critical-unknown": "STATUS-CERTIFICATE-USE",
    },
)
async def certificates_of_the_list_are_valid(status: CredentialStatus, expect: Expect) -> None:
    """The certificates that come with a status list are in DER, form a chain, and are valid for this use now."""
    for entry, _, key in lists(status):
        form = "RFC9360-2-03" if key.mechanism == "x5chain" else "RFC7515-4.1.6-01"
        judge(
            expect,
            place(entry),
            key.problems,
            Rule("x5chain-malformed", "STATUS-CERTIFICATE-FORM", "byte strings", "RFC9360-2-02"),
            Rule(
                "x5c-malformed x5c-base64 x5c-certificate x5chain-certificate certificate-encoding",
                "STATUS-CERTIFICATE-FORM",
                "certificates in DER",
                form,
            ),
            Rule(
                "chain-broken leaf-self-signed",
                "STATUS-CERTIFICATE-CHAIN",
                "each certificate certified by the next",
                "RFC5280-6.1.3-01",
            ),
            Rule(
                "certificate-expired certificate-not-yet-valid",
                "STATUS-CERTIFICATE-VALIDITY",
                "certificates that are valid now",
                "RFC5280-4.1.2.5-01",
            ),
            Rule("leaf-key-usage", "STATUS-CERTIFICATE-USE", "digitalSignature", "RFC5280-4.2.1.3-02"),
            Rule("issuer-not-ca issuer-key-usage", "STATUS-CERTIFICATE-USE", "authorities", "RFC5280-4.2.1.9-01"),
            Rule("certificate-extensions", "STATUS-CERTIFICATE-USE", "each extension once", "RFC5280-4.2-01"),
            Rule("path-length path-constraints", "STATUS-CERTIFICATE-USE", "a path in limits", "RFC5280-6.1.4-01"),
            Rule(
                "certificate-critical-extension",
                "STATUS-CERTIFICATE-USE",
                "no unknown critical extension",
                "RFC5280-6.1.4-02",
            ),
        )


@check(
    "status-list-trusted",
    requires=["TSL-11.3-02", "RFC7515-4.1.6-04", "ISO18013-12.3.6.2-05"],
    applies=_OF_CERTIFICATES & when.status_anchors,
    proven_by={
        "status-token:certificate-of-stranger": "STATUS-UNTRUSTED",
        "status-token:certificate-critical-unknown": "STATUS-UNTRUSTED",
        "status-token:certificate-expired": "STATUS-UNTRUSTED",
        "status-token:certificate-not-for-signatures": "STATUS-UNTRUSTED",
        "status-token:certificate-sha-1": "STATUS-UNTRUSTED",
        "mso:status-certificate-of-stranger": "STATUS-UNTRUSTED",
        "status-response:mdoc-jwt": "STATUS-UNTRUSTED",
    },
)
async def certificates_of_the_list_lead_to_an_anchor(status: CredentialStatus, expect: Expect) -> None:
    """The certificates of a status list lead to a trust anchor, those of who signs credentials or lists."""
    by_way = {"x5c": "RFC7515-4.1.6-04", "x5chain": "TSL-11.3-02"}
    for entry, _, key in lists(status):
        if key.chain is None:
            raise Blocked(key.missing or "the list carries no certificates")
        expect.that(
            key.chain.trusted is True,
            "STATUS-UNTRUSTED",
            "a valid chain to a trust anchor of who signs status lists",
            "no such chain",
            at=place(entry).exchange,
            pointer=f"header/{key.mechanism}",
            requirement=_TRUST.get(entry.reference.mechanism) or by_way.get(key.mechanism or "", "TSL-11.3-02"),
        )


@check(
    "status-list-certificate-purpose",
    requires=["RFC5280-4.2.1.12-01"],
    applies=_OF_CERTIFICATES,
    proven_by={"status-token:certificate-of-web-server": "STATUS-CERTIFICATE-PURPOSE"},
)
async def certificate_of_the_list_is_for_signing(status: CredentialStatus, expect: Expect) -> None:
    """The certificate of who signs a status list is not one for web servers, e-mail or code."""
    for entry, _, key in lists(status):
        if not key.certificates:
            raise Blocked(key.missing or "the list carries no certificates")
        purposes = purposes_apart(key.certificates[0])
        expect.that(
            not purposes,
            "STATUS-CERTIFICATE-PURPOSE",
            "a certificate for signatures, or for any purpose",
            f"{x509.subject(key.certificates[0])} for {' and '.join(purposes)}",
            at=place(entry).exchange,
            pointer=f"header/{key.mechanism}/0",
        )


@check(
    "status-list-certificate-strength",
    requires=["NIST80057-5.6.3-01"],
    applies=_OF_CERTIFICATES,
    proven_by={"status-token:certificate-sha-1": "STATUS-CERTIFICATE-HASH"},
)
async def certificates_of_the_list_are_strong(status: CredentialStatus, expect: Expect) -> None:
    """No certificate of a status list is signed with MD5 or SHA-1 or has a weak key of an authority."""
    for entry, _, key in lists(status):
        for index, certificate in enumerate(key.certificates):
            that = partial(expect.that, at=place(entry).exchange, pointer=f"header/{key.mechanism}/{index}")
            weak = x509.weak_hash(certificate)
            that(weak is None, "STATUS-CERTIFICATE-HASH", "a signature with SHA-2 or better", weak)
            # The key of the first one is that of the signer, which is judged by itself.
            short = x509.short_key(certificate) if index else None
            that(short is None, "STATUS-CERTIFICATE-KEY", "a key of 112 bits of security or more", short)
