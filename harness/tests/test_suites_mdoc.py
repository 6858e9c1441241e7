"""What the checks of mobile documents say where the fault matrix does not look."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from harness import catalogue
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import base64url
from harness.formats.x509 import ChainResult, public_jwk
from harness.model import CheckResult, Verdict
from harness.reference import document_signer, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import TrustSettings
from harness.tests.bench import all_checks, iaca_file, judge_reference, trust_anchor_file
from harness.trust.found import IssuerKey
from suites.oid4vci import mdoc, mdoc_certificates

NOW = 1_790_000_000.0
VECTORS = Path(__file__).parents[3] / "shared" / "vectors"


async def results(variant: str, *faults: str, **rest: Any) -> dict[str, CheckResult]:
    outcome = await judge_reference(variant, faults, select="mdoc-*", **rest)
    assert outcome.stopped is None
    return {result.check: result for result in outcome.results}


def expect_of(check: str) -> Expect:
    requirements = catalogue.load()
    return Expect({name: requirements[name] for name in all_checks()[check].requires})


async def test_without_a_root_trust_and_root_do_not_apply_and_the_signer_still_does() -> None:
    found = await results("mdoc", trust=TrustSettings())
    for name in ("mdoc-signer-trusted", "mdoc-signer-issuer", "mdoc-root-certificate", "mdoc-root-extensions"):
        assert found[name].verdict is Verdict.NOT_APPLICABLE, name
        assert "[trust] iaca" in str(found[name].reason)
    for name in ("mdoc-signer-certificate", "mdoc-signer-extensions", "mdoc-signature", "mdoc-x5chain-valid"):
        assert found[name].verdict is Verdict.PASS, name


async def test_a_root_that_certified_nobody_here_is_not_judged() -> None:
    # The anchor of another kind of credentials is configured instead.
    other = trust_anchor_file(ReferenceIssuer(VARIANTS["mdoc"]))
    found = await results("mdoc", trust=TrustSettings(iaca=(other,)))
    assert found["mdoc-signer-trusted"].verdict is Verdict.FAIL
    assert found["mdoc-root-certificate"].verdict is Verdict.NOT_APPLICABLE


async def test_an_unreadable_credential_is_told_once() -> None:
    found = await results("mdoc", "mdoc-encoding:truncated")
    assert found.pop("mdoc-readable").verdict is Verdict.FAIL
    assert {result.verdict for result in found.values()} <= {Verdict.BLOCKED, Verdict.NOT_APPLICABLE}


async def test_checks_of_mobile_documents_leave_other_formats_alone() -> None:
    found = await results("default")
    assert {result.verdict for result in found.values()} == {Verdict.NOT_APPLICABLE}


async def test_checks_of_one_document_type_leave_others_alone() -> None:
    found = await results("mdoc-pid")
    assert found["mdoc-licence-complete"].verdict is Verdict.NOT_APPLICABLE
    assert found["mdoc-signer-purpose"].verdict is Verdict.NOT_APPLICABLE
    assert found["mdoc-pid-complete"].verdict is Verdict.PASS
    assert found["mdoc-photo-id-complete"].verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("document-signer:issuer-alternative-name-missing", "mdoc-signer-extensions"),
        ("document-signer:valid-long", "mdoc-signer-certificate"),
        ("iaca:country-missing", "mdoc-root-certificate"),
        ("iaca:path-length-missing", "mdoc-root-extensions"),
    ],
)
async def test_the_profile_of_certificates_is_advice_for_other_types(fault: str, check: str) -> None:
    assert (await results("mdoc", fault))[check].verdict is Verdict.FAIL
    found = (await results("mdoc-pid", fault))[check]
    assert found.verdict is Verdict.WARN
    assert {finding.requirement for finding in found.findings} == {"ISO18013-B.1-01"}


async def test_the_signer_is_compared_with_who_certified_it() -> None:
    # There is another authority between the root and the signer.
    root, key = document_signer.authority(NOW), document_signer.stranger()
    identifier = document_signer.Extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()))
    middle = replace(
        root,
        common_name="Middle",
        public_key=key.public_key(),
        issuer=root.subject,
        extensions=root.extensions | {"subject-key-identifier": identifier},
    )
    signer = document_signer.document_signer(keys.issuer_key("ES256"), NOW, replace(middle, signing_key=key))
    certificates = tuple(certificate.signed() for certificate in (signer, middle))
    chain = ChainResult((), True, root.signed())
    found = IssuerKey("x5chain", public_jwk(certificates[0]), chain, certificates=certificates)
    expect = expect_of("mdoc-signer-extensions")
    await mdoc_certificates.signer_extensions_follow_their_profile(vector()[0], found, expect)
    assert expect.findings == ()


@pytest.mark.parametrize(
    ("value", "algorithm", "curve", "announced"),
    [
        (-7, -7, "P-256", True),
        (-9, -7, "P-256", True),
        (-9, -9, "P-256", True),
        (-9, -7, "P-384", False),
        (-9, -7, None, False),
        (-7, -9, "P-256", False),
        (-51, -35, "P-384", True),
        (-265, -7, "BP-256", True),
        (-8, -8, "Ed25519", True),
        (-19, -8, "Ed25519", True),
        (-19, -8, "Ed448", False),
        (-53, -8, "Ed448", True),
        ("ES256", -7, "P-256", False),
        (True, 1, None, False),
        (None, -7, "P-256", False),
    ],
)
def test_which_announcements_cover_a_signature(value: Any, algorithm: Any, curve: Any, *, announced: bool) -> None:
    assert mdoc._announces(value, algorithm, curve) is announced


def vector() -> tuple[IssuedCredential, IssuerKey]:
    file = VECTORS / "iso18013-5" / "annex-d-4-1-2-issuer-signed.hex"
    if not file.exists():
        pytest.skip("the vectors are not on this machine")
    data = bytes.fromhex(file.read_text().strip())
    certificate = x509.load_der_x509_certificate(cbor2.loads(data)["issuerAuth"][1][33])
    key = IssuerKey("x5chain", public_jwk(certificate), ChainResult((), None), certificates=(certificate,))
    # Half a day after it was signed.
    issued = IssuedCredential(
        base64url.encode(data), 1, "/credentials/0/credential", (), 1_601_600_000.0, "mso_mdoc"
    )
    return issued, key


@pytest.mark.parametrize(
    "name",
    [
        *("mdoc-readable", "mdoc-cbor-valid", "mdoc-cbor-preferred", "mdoc-header", "mdoc-critical-header"),
        *("mdoc-algorithm", "mdoc-algorithm-curve", "mdoc-signature", "mdoc-mso", "mdoc-device-key"),
        *("mdoc-key-authorizations", "mdoc-validity-info", "mdoc-valid-now", "mdoc-namespaces", "mdoc-digests"),
        *("mdoc-random", "mdoc-x5chain", "mdoc-x5chain-form", "mdoc-x5chain-order", "mdoc-x5chain-valid"),
        *("mdoc-signer-certificate", "mdoc-signer-purpose"),
    ],
)
async def test_the_vector_of_the_standard_passes(name: str) -> None:
    issued, key = vector()
    expect, check = expect_of(name), all_checks()[name]
    given = {"credential": issued, "issuer_key": key, "expect": expect}
    await check.function(**{part: given[part] for part in check.evidence})
    assert expect.findings == ()
    assert expect.evaluated


async def test_the_vector_of_the_standard_outlives_its_signer_by_some_hours() -> None:
    issued, key = vector()
    expect = expect_of("mdoc-signed-in-time")
    await mdoc_certificates.mdoc_is_signed_while_the_certificate_is_valid(issued, key, expect)
    assert [finding.code for finding in expect.findings] == ["MDOC-OUTLIVES-SIGNER"]


async def test_the_vector_of_the_standard_has_another_key_than_the_wallet() -> None:
    issued, _ = vector()
    own = replace(issued, keys=(issued.mdoc.holder_key or {},))
    for credential, findings in ((issued, ["MDOC-DEVICE-KEY-OTHER"]), (own, [])):
        expect = expect_of("mdoc-bound-to-proof-key")
        await mdoc.device_key_is_that_of_the_proof(credential, expect)
        assert [finding.code for finding in expect.findings] == findings


async def test_what_cannot_be_known_blocks() -> None:
    issued, _ = vector()
    nothing = IssuerKey("x5chain", missing="x5chain gives no key")
    for function in (mdoc.signature_verifies, mdoc.algorithm_goes_with_the_curve):
        with pytest.raises(Blocked, match="x5chain gives no key"):
            await function(issued, nothing, expect_of("mdoc-signature"))
    with pytest.raises(Blocked, match="x5chain gives no key"):
        await mdoc_certificates.mdoc_is_signed_while_the_certificate_is_valid(
            issued, nothing, expect_of("mdoc-signed-in-time")
        )


def test_the_root_of_the_reference_issuer_is_a_certificate() -> None:
    pem = iaca_file(ReferenceIssuer(VARIANTS["mdoc"])).read_bytes()
    assert x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
