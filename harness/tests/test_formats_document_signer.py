from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from harness.formats.document_signer import DOCUMENT_SIGNER, document_signer_problems, iaca_problems

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
START = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED = START.timestamp() + 3_600
AUTHORITY, SIGNER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
CONTACT = x509.IssuerAlternativeName([x509.UniformResourceIdentifier("https://iaca.example")])


def points(
    name: x509.GeneralName | None = None, reasons: Any = None, crl_issuer: Any = None
) -> x509.CRLDistributionPoints:
    names = [name or x509.UniformResourceIdentifier("https://iaca.example/crl")]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, reasons, crl_issuer)])


def usage(*bits: str) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in bits for name in names})


def name(**parts: str | None) -> x509.Name:
    oids = {"C": NameOID.COUNTRY_NAME, "ST": NameOID.STATE_OR_PROVINCE_NAME, "CN": NameOID.COMMON_NAME}
    return x509.Name([x509.NameAttribute(oids[key], text) for key, text in parts.items() if text is not None])


ROOT_NAME = name(C="DE", CN="Test IACA")


@dataclass(frozen=True)
class Draft:
    subject: x509.Name
    issuer: x509.Name
    key: Any
    signed_by: Any
    extensions: dict[str, tuple[x509.ExtensionType, bool]]
    days: int
    digest: hashes.SHA224 | hashes.SHA256 = field(default_factory=hashes.SHA256)
    serial: int = 2**100

    def having(self, **extensions: tuple[x509.ExtensionType, bool] | None) -> Draft:
        kept = {key: value for key, value in (self.extensions | extensions).items() if value is not None}
        return replace(self, extensions=kept)

    def signed(self) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.issuer)
            .public_key(self.key.public_key())
            .serial_number(self.serial)
            .not_valid_before(START)
            .not_valid_after(START + timedelta(days=self.days))
        )
        for value, critical in self.extensions.values():
            builder = builder.add_extension(value, critical=critical)
        return builder.sign(self.signed_by, self.digest)


ROOT = Draft(
    ROOT_NAME,
    ROOT_NAME,
    AUTHORITY,
    AUTHORITY,
    {
        "subject_key": (x509.SubjectKeyIdentifier.from_public_key(AUTHORITY.public_key()), False),
        "usage": (usage("key_cert_sign", "crl_sign"), True),
        "constraints": (x509.BasicConstraints(ca=True, path_length=0), True),
        "contact": (CONTACT, False),
        "points": (points(), False),
    },
    9 * 365,
)
LEAF = Draft(
    name(C="DE", CN="Test Signer"),
    ROOT_NAME,
    SIGNER,
    AUTHORITY,
    {
        "authority_key": (x509.AuthorityKeyIdentifier.from_issuer_public_key(AUTHORITY.public_key()), False),
        "subject_key": (x509.SubjectKeyIdentifier.from_public_key(SIGNER.public_key()), False),
        "usage": (usage("digital_signature"), True),
        "contact": (CONTACT, False),
        "purpose": (x509.ExtendedKeyUsage([DOCUMENT_SIGNER]), True),
        "points": (points(), False),
    },
    457,
)
OTHER_KEY = x509.SubjectKeyIdentifier.from_public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
MAIL = x509.IssuerAlternativeName([x509.RFC822Name("iaca@example.com")])
HOST = x509.IssuerAlternativeName([x509.DNSName("iaca.example")])
REASONS = frozenset({x509.ReasonFlags.key_compromise})
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
CONSTRAINED = x509.NameConstraints([x509.DNSName("example")], None)


def signer_kinds(draft: Draft, root: Draft | None = ROOT, signed: float | None = SIGNED) -> list[str]:
    issuer = root.signed() if root else None
    return [problem.kind for problem in document_signer_problems(draft.signed(), issuer, signed)]


def test_right_certificates_have_no_problem() -> None:
    assert signer_kinds(LEAF) == []
    assert signer_kinds(LEAF, root=None, signed=None) == []
    assert iaca_problems(ROOT.signed()) == ()


def test_what_is_optional_may_be_there() -> None:
    where = name(C="DE", ST="DE-BE", CN="Test")
    assert signer_kinds(replace(LEAF, subject=where)) == []
    assert signer_kinds(LEAF.having(contact=(MAIL, False))) == []
    assert signer_kinds(LEAF.having(unknown=(UNKNOWN, False))) == []
    several = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, DOCUMENT_SIGNER])
    assert signer_kinds(LEAF.having(purpose=(several, True))) == []
    for key in (ec.generate_private_key(ec.BrainpoolP384R1()), ed25519.Ed25519PrivateKey.generate()):
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        assert signer_kinds(replace(LEAF, key=key).having(subject_key=(identifier, False))) == []


COMMON: list[tuple[Callable[[Draft], Draft], str]] = [
    (lambda draft: replace(draft, digest=hashes.SHA224()), "signature-algorithm"),
    (lambda draft: draft.having(subject_key=None), "subject-key-identifier"),
    (lambda draft: draft.having(subject_key=(OTHER_KEY, False)), "subject-key-identifier"),
    (lambda draft: draft.having(usage=None), "key-usage"),
    (lambda draft: draft.having(usage=(draft.extensions["usage"][0], False)), "key-usage"),
    (lambda draft: draft.having(usage=(usage("digital_signature", "key_cert_sign"), True)), "key-usage"),
    (lambda draft: draft.having(usage=(usage("key_agreement", "decipher_only"), True)), "key-usage"),
    (lambda draft: draft.having(contact=None), "issuer-alternative-name"),
    (lambda draft: draft.having(contact=(HOST, False)), "issuer-alternative-name"),
    (lambda draft: draft.having(points=None), "crl-distribution-points"),
    (lambda draft: draft.having(points=(points(x509.DNSName("iaca.example")), False)), "crl-distribution-points"),
    (lambda draft: draft.having(points=(points(reasons=REASONS), False)), "crl-distribution-points"),
    (
        lambda draft: draft.having(points=(points(crl_issuer=[x509.DirectoryName(ROOT_NAME)]), False)),
        "crl-distribution-points",
    ),
    (lambda draft: draft.having(unknown=(UNKNOWN, True)), "critical-extension"),
    (lambda draft: draft.having(names=(CONSTRAINED, False)), "forbidden-extension"),
]


@pytest.mark.parametrize("index", range(len(COMMON)))
def test_what_both_profiles_forbid(index: int) -> None:
    spoil, kind = COMMON[index]
    assert signer_kinds(spoil(LEAF)) == [f"signer-{kind}"]
    assert [problem.kind for problem in iaca_problems(spoil(ROOT).signed())] == [f"iaca-{kind}"]


@pytest.mark.parametrize(
    ("subject", "kinds"),
    [
        (name(CN="Test"), ["signer-country", "signer-country-other"]),
        (name(C="de", CN="Test"), ["signer-country", "signer-country-other"]),
        (name(C="FR", CN="Test"), ["signer-country-other"]),
        (name(C="DE"), ["signer-common-name"]),
    ],
)
def test_the_subject_of_a_signer(subject: x509.Name, kinds: list[str]) -> None:
    assert signer_kinds(replace(LEAF, subject=subject)) == kinds


def test_the_country_is_a_printable_string() -> None:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "DE", x509.name._ASN1Type.UTF8String),
        x509.NameAttribute(NameOID.COMMON_NAME, "Test"),
    ]
    assert signer_kinds(replace(LEAF, subject=x509.Name(attributes))) == ["signer-country"]


def test_the_state_is_that_of_the_root_when_that_has_one() -> None:
    above = name(C="DE", ST="DE-BE", CN="Test IACA")
    root, leaf = replace(ROOT, subject=above, issuer=above), replace(LEAF, issuer=above)
    assert signer_kinds(leaf, root) == ["signer-state-other"]
    assert signer_kinds(replace(leaf, subject=name(C="DE", ST="DE-BY", CN="Test")), root) == ["signer-state-other"]
    assert signer_kinds(replace(leaf, subject=name(C="DE", ST="DE-BE", CN="Test")), root) == []


def test_the_issuer_is_the_root() -> None:
    above = name(C="DE", CN="Other IACA")
    other = replace(ROOT, subject=above, issuer=above)
    assert signer_kinds(LEAF, other) == ["signer-issuer"]


@pytest.mark.parametrize(
    ("extensions", "kind"),
    [
        ({"authority_key": None}, "signer-authority-key-identifier"),
        (
            {"authority_key": (x509.AuthorityKeyIdentifier(OTHER_KEY.digest, None, None), False)},
            "signer-authority-key-identifier",
        ),
        ({"purpose": None}, "signer-extended-key-usage"),
        ({"purpose": (x509.ExtendedKeyUsage([DOCUMENT_SIGNER]), False)}, "signer-extended-key-usage"),
        ({"purpose": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True)}, "signer-purpose"),
        ({"constraints": (x509.BasicConstraints(ca=True, path_length=None), True)}, "signer-critical-extension"),
    ],
    ids=map(str, range(6)),
)
def test_extensions_of_a_signer(extensions: dict[str, Any], kind: str) -> None:
    assert signer_kinds(LEAF.having(**extensions)) == [kind]


def test_lifetimes() -> None:
    assert signer_kinds(replace(LEAF, days=458)) == ["signer-lifetime"]
    assert iaca_problems(replace(ROOT, days=20 * 365 + 5).signed()) == ()
    long = iaca_problems(replace(ROOT, days=20 * 365 + 6).signed())
    assert [problem.kind for problem in long] == ["iaca-lifetime"]


@pytest.mark.parametrize("moment", [START.timestamp() - 1, START.timestamp() + 458 * 86_400, 1e300])
def test_signed_is_within_the_validity_of_the_signer(moment: float) -> None:
    assert signer_kinds(LEAF, signed=moment) == ["signed-outside"]


@pytest.mark.parametrize("key", [rsa.generate_private_key(65_537, 2_048), ec.generate_private_key(ec.SECP256K1())])
def test_keys_that_mdocs_do_not_use(key: Any) -> None:
    identifier = (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    assert signer_kinds(replace(LEAF, key=key).having(subject_key=identifier)) == ["signer-key"]


@pytest.mark.parametrize(
    ("extensions", "kind"),
    [
        ({"constraints": None}, "iaca-basic-constraints"),
        ({"constraints": (x509.BasicConstraints(ca=True, path_length=0), False)}, "iaca-basic-constraints"),
        ({"constraints": (x509.BasicConstraints(ca=True, path_length=1), True)}, "iaca-basic-constraints"),
        ({"constraints": (x509.BasicConstraints(ca=True, path_length=None), True)}, "iaca-basic-constraints"),
        ({"constraints": (x509.BasicConstraints(ca=False, path_length=None), True)}, "iaca-basic-constraints"),
        ({"usage": (usage("key_cert_sign"), True)}, "iaca-key-usage"),
    ],
    ids=map(str, range(6)),
)
def test_extensions_of_a_root(extensions: dict[str, Any], kind: str) -> None:
    assert [problem.kind for problem in iaca_problems(ROOT.having(**extensions).signed())] == [kind]


def test_a_root_signed_itself() -> None:
    other = replace(ROOT, issuer=name(C="DE", CN="Other"))
    assert [problem.kind for problem in iaca_problems(other.signed())] == ["iaca-self-signed"]
    by_another = replace(ROOT, signed_by=ec.generate_private_key(ec.SECP256R1()))
    assert [problem.kind for problem in iaca_problems(by_another.signed())] == ["iaca-self-signed"]
    edwards = ed25519.Ed25519PrivateKey.generate()
    identifier = (x509.SubjectKeyIdentifier.from_public_key(edwards.public_key()), False)
    draft = replace(ROOT, key=edwards, signed_by=AUTHORITY).having(subject_key=identifier)
    assert {problem.kind for problem in iaca_problems(draft.signed())} == {"iaca-key", "iaca-self-signed"}


def test_the_signer_of_the_vector_names_no_uri_for_its_revocation_list() -> None:
    file = VECTORS / "iso18013-5" / "annex-d-4-1-2-issuer-signed.hex"
    if not file.exists():
        pytest.skip("the vectors are not on this machine")
    header = cbor2.loads(bytes.fromhex(file.read_text().strip()))["issuerAuth"][1]
    certificate = x509.load_der_x509_certificate(header[33])
    problems = document_signer_problems(certificate, None, 1_601_559_002)
    assert [problem.kind for problem in problems] == ["signer-crl-distribution-points"]
