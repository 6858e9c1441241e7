from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509 as certs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness.formats import jose, x509
from harness.formats.x509 import X509Error

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "openid4vci-1.0"
quick = settings(max_examples=100, derandomize=True, deadline=None)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
Authority = tuple[certs.Certificate, Key]


def usage(*allowed: str) -> certs.KeyUsage:
    others = "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
    names = ("digital_signature", "key_cert_sign", "crl_sign", *others.split(" "))
    return certs.KeyUsage(**{name: name in allowed for name in names})


def issue(
    name: str,
    issuer: Authority | None = None,
    *,
    key: Key | None = None,
    ca: bool | None = False,
    path_length: int | None = None,
    key_usage: certs.KeyUsage | None = None,
    start: datetime = NOW - DAY,
    end: datetime = NOW + DAY,
    extension: tuple[certs.ExtensionType, bool] | None = None,
    serial: int | None = None,
) -> Authority:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = certs.Name([certs.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        certs.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or certs.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(certs.BasicConstraints(ca, path_length), critical=True)
    if key_usage is not None:
        builder = builder.add_extension(key_usage, critical=True)
    if extension is not None:
        builder = builder.add_extension(extension[0], critical=extension[1])
    signer = issuer[1] if issuer else key
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signer, digest), key


def b64(certificate: certs.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def kinds(
    *chain: Authority, anchors: tuple[Authority, ...] = (), now: datetime = NOW
) -> list[tuple[str, str | None]]:
    result = x509.check_chain([c for c, _ in chain], now.timestamp(), [c for c, _ in anchors])
    return [(problem.kind, problem.pointer) for problem in result.problems]


def trusted(*chain: Authority, anchors: tuple[Authority, ...], now: datetime = NOW) -> bool | None:
    return x509.check_chain([c for c, _ in chain], now.timestamp(), [c for c, _ in anchors]).trusted


ROOT = issue("root", ca=True, key_usage=usage("key_cert_sign", "crl_sign"))
MIDDLE = issue("middle", ROOT, ca=True, path_length=0, key_usage=usage("key_cert_sign"))
LEAF = issue("leaf", MIDDLE, key_usage=usage("digital_signature"))
STRANGER = issue("root", ca=True)


def test_a_right_chain_has_no_problem_and_leads_to_its_root() -> None:
    assert kinds(LEAF, MIDDLE) == []
    assert trusted(LEAF, MIDDLE, anchors=()) is None
    assert trusted(LEAF, MIDDLE, anchors=(STRANGER, ROOT)) is True
    assert trusted(LEAF, MIDDLE, anchors=(STRANGER,)) is False
    assert trusted(LEAF, anchors=(ROOT,)) is False
    assert trusted(LEAF, anchors=(MIDDLE,)) is True


def test_a_pinned_certificate_is_trusted_by_itself() -> None:
    alone = issue("alone")
    assert kinds(alone) == []
    assert trusted(alone, anchors=(alone,)) is True
    assert trusted(alone, anchors=(ROOT,)) is False
    assert x509.is_self_signed(alone[0])
    assert not x509.is_self_signed(LEAF[0])


def test_a_root_in_the_chain_is_named_but_trusted() -> None:
    assert kinds(LEAF, MIDDLE, ROOT) == [("root-included", "/2")]
    assert trusted(LEAF, MIDDLE, ROOT, anchors=(ROOT,)) is True
    assert kinds(LEAF, MIDDLE, anchors=(MIDDLE,)) == [("root-included", "/1")]


@pytest.mark.parametrize(
    "make",
    [
        ed25519.Ed25519PrivateKey.generate,
        lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
        lambda: rsa.generate_private_key(65537, 2048),
    ],
    ids=["Ed25519", "brainpool", "RSA"],
)
def test_chains_of_other_keys_are_judged_too(make: Any) -> None:
    root = issue("root", key=make(), ca=True)
    leaf = issue("leaf", root, key=make())
    assert trusted(leaf, anchors=(root,)) is True
    assert kinds(leaf, root) == [("root-included", "/1")]
    assert kinds(leaf, issue("root", key=make(), ca=True))[0] == ("chain-broken", "/0")


def test_validity_is_judged_now_for_every_certificate() -> None:
    assert kinds(LEAF, MIDDLE, now=NOW + 2 * DAY) == [("certificate-expired", "/0"), ("certificate-expired", "/1")]
    assert kinds(LEAF, now=NOW - 2 * DAY) == [("certificate-not-yet-valid", "/0")]
    assert kinds(LEAF, now=LEAF[0].not_valid_after_utc) == []
    assert kinds(LEAF, now=LEAF[0].not_valid_before_utc) == []
    early = LEAF[0].not_valid_before_utc
    assert kinds(LEAF, now=early - timedelta(seconds=30)) == []
    assert kinds(LEAF, now=early - timedelta(seconds=90)) == [("certificate-not-yet-valid", "/0")]
    assert trusted(LEAF, MIDDLE, anchors=(ROOT,), now=NOW + 2 * DAY) is False
    old = issue("root", ca=True, end=NOW - timedelta(hours=1))
    assert trusted(issue("leaf", old), anchors=(old,)) is False


def test_links_must_hold() -> None:
    assert kinds(LEAF, STRANGER)[0] == ("chain-broken", "/0")
    assert kinds(issue("leaf", STRANGER), (ROOT[0], ROOT[1]))[0] == ("chain-broken", "/0")  # same name, other key
    assert trusted(LEAF, STRANGER, anchors=(STRANGER,)) is False


def test_issuers_must_be_able_to_issue() -> None:
    for ca in (False, None):
        middle = issue("middle", ROOT, ca=ca)
        assert kinds(issue("leaf", middle), middle) == [("issuer-not-ca", "/1")]
        assert trusted(issue("leaf", middle), middle, anchors=(ROOT,)) is False
    middle = issue("middle", ROOT, ca=True, key_usage=usage("digital_signature"))
    assert kinds(issue("leaf", middle), middle) == [("issuer-key-usage", "/1")]
    upper = issue("upper", ROOT, ca=True, path_length=0)
    lower = issue("lower", upper, ca=True)
    assert kinds(issue("leaf", lower), lower, upper) == [("path-length", "/2")]


def test_the_first_certificate_must_be_able_to_sign_and_not_be_a_root() -> None:
    assert kinds(issue("leaf", MIDDLE, key_usage=usage("key_agreement")), MIDDLE) == [("leaf-key-usage", "/0")]
    assert ("leaf-self-signed", "/0") in kinds(issue("leaf"), MIDDLE)
    for purpose in ("digital_signature", "content_commitment"):
        assert kinds(issue("leaf", MIDDLE, key_usage=usage(purpose)), MIDDLE) == []


def test_unknown_critical_extensions_are_named() -> None:
    unknown = certs.UnrecognizedExtension(certs.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert kinds(issue("leaf", MIDDLE, extension=(unknown, True)), MIDDLE) == [
        ("certificate-critical-extension", "/0")
    ]
    assert kinds(issue("leaf", MIDDLE, extension=(unknown, False)), MIDDLE) == []


def test_unreadable_extensions_are_named() -> None:
    broken = certs.UnrecognizedExtension(certs.SubjectAlternativeName.oid, b"\x01\x02\x03")
    assert ("certificate-extensions", "/0") in kinds(issue("leaf", MIDDLE, extension=(broken, False)))


def test_an_empty_chain_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        x509.check_chain([], 0.0)


def test_x5c_gives_the_certificates_in_order() -> None:
    read = x509.parse_x5c([b64(LEAF[0]), b64(MIDDLE[0])])
    assert read == x509.X5c((LEAF[0], MIDDLE[0]), ())


def test_an_encoding_that_breaks_rfc_5280_is_a_problem() -> None:
    der = issue("leaf", serial=1)[0].public_bytes(Encoding.DER)
    version_and_serial = bytes.fromhex("a003020102020101")
    assert version_and_serial in der
    der = der.replace(version_and_serial, bytes.fromhex("a003020102020100"), 1)
    problems = x509.parse_x5c([b64(LEAF[0]), base64.b64encode(der).decode()]).problems
    assert [(p.kind, p.pointer) for p in problems] == [("certificate-encoding", "/1")]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (None, "x5c-malformed"),
        ([], "x5c-malformed"),
        ("MIIB", "x5c-malformed"),
        ([b64(LEAF[0]), 5], "x5c-malformed"),
        ([b64(LEAF[0])] * 11, "x5c-too-long"),
        ([b64(LEAF[0]).rstrip("=") + "_-"], "x5c-base64"),
        (["MII"], "x5c-base64"),
        ([b64(LEAF[0])[:64] + "\n" + b64(LEAF[0])[64:]], "x5c-base64"),
        (["ß"], "x5c-base64"),
        ([""], "x5c-certificate"),
        ([b64(LEAF[0])[:400]], "x5c-certificate"),
        ([LEAF[0].public_bytes(Encoding.PEM).decode()], "x5c-base64"),
    ],
    ids=range(12),
)
def test_what_is_no_x5c_is_refused_with_its_kind(values: object, kind: str) -> None:
    with pytest.raises(X509Error) as caught:
        x509.parse_x5c(values)
    assert caught.value.kind == kind


def test_the_key_of_a_certificate_as_jwk() -> None:
    assert isinstance(LEAF[1], ec.EllipticCurvePrivateKey)
    expected = JWK.from_pyca(LEAF[1].public_key()).export_public(as_dict=True)
    assert x509.public_jwk(LEAF[0]) == {name: expected[name] for name in ("kty", "crv", "x", "y")}
    rsa_leaf = issue("rsa", key=rsa.generate_private_key(65537, 2048))
    assert sorted(x509.public_jwk(rsa_leaf[0])) == ["e", "kty", "n"]
    with pytest.raises(X509Error, match="certificate-key"):
        x509.public_jwk(issue("short", key=ec.generate_private_key(ec.SECP224R1()))[0])


def constrained(domain: str) -> Authority:
    names = certs.NameConstraints([certs.DNSName(domain)], None)
    return issue("constrained", ROOT, ca=True, key_usage=usage("key_cert_sign"), extension=(names, True))


def named(host: str, issuer: Authority) -> Authority:
    names = certs.SubjectAlternativeName([certs.DNSName(host)])
    return issue("named", issuer, key_usage=usage("digital_signature"), extension=(names, False))


def test_name_constraints_hold_on_the_way_to_an_anchor() -> None:
    authority = constrained("good.example")
    good, bad = named("a.good.example", authority), named("bad.example", authority)
    assert (kinds(good, authority, anchors=(ROOT,)), trusted(good, authority, anchors=(ROOT,))) == ([], True)
    assert kinds(bad, authority, anchors=(ROOT,)) == [("path-constraints", "/0")]
    assert trusted(bad, authority, anchors=(ROOT,)) is False
    assert kinds(bad, authority) == []
    assert trusted(bad, anchors=(authority,)) is True


def test_the_anchor_of_a_chain_is_told_whatever_else_is_wrong() -> None:
    late = (NOW + 3 * DAY).timestamp()
    chain, anchors = [LEAF[0], MIDDLE[0]], [STRANGER[0], ROOT[0]]
    assert x509.check_chain(chain, NOW.timestamp(), anchors).anchor == ROOT[0]
    assert x509.check_chain(chain, late, anchors).anchor == ROOT[0]
    assert x509.check_chain(chain, NOW.timestamp(), [STRANGER[0]]).anchor is None


def der(authority: Authority) -> bytes:
    return authority[0].public_bytes(Encoding.DER)


def test_an_x5chain_is_one_certificate_or_an_array_of_several() -> None:
    assert x509.parse_x5chain(der(LEAF)) == x509.X5c((LEAF[0],))
    assert x509.parse_x5chain([der(LEAF), der(MIDDLE)]) == x509.X5c((LEAF[0], MIDDLE[0]))
    alone = x509.parse_x5chain([der(LEAF)])
    assert alone.certificates == (LEAF[0],)
    assert [problem.kind for problem in alone.problems] == ["x5chain-single"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "x5chain-malformed"),
        ([], "x5chain-malformed"),
        (b64(LEAF[0]), "x5chain-malformed"),
        ([der(LEAF), "text"], "x5chain-malformed"),
        (b"", "x5chain-certificate"),
        ([der(LEAF), der(LEAF)[:-1]], "x5chain-certificate"),
        ([der(LEAF)] * 11, "x5chain-too-long"),
    ],
)
def test_what_is_no_x5chain_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(X509Error, match=kind):
        x509.parse_x5chain(value)


def test_weak_keys_are_described() -> None:
    short = issue("short", key=rsa.generate_private_key(65537, 1024))
    assert x509.short_key(short[0]) == "a key of 1024 bits"
    assert x509.short_key(LEAF[0]) is None
    assert x509.short_key(issue("edwards", key=ed25519.Ed25519PrivateKey.generate())[0]) is None
    assert x509.weak_hash(LEAF[0]) is None
    assert x509.subject(LEAF[0]) == "'CN=leaf'"


DER = LEAF[0].public_bytes(Encoding.DER)


@given(st.integers(0, len(DER) - 1), st.binary(max_size=4), st.integers(0, 3))
@quick
def test_a_mutated_certificate_is_judged_or_refused(at: int, replacement: bytes, cut: int) -> None:
    mutated = DER[:at] + replacement + DER[at + cut :]
    try:
        read = x509.parse_x5c([base64.b64encode(mutated).decode(), b64(MIDDLE[0])])
        x509.public_jwk(read.certificates[0])
    except X509Error:
        return
    result = x509.check_chain(read.certificates, NOW.timestamp(), [ROOT[0]])
    assert mutated == DER or result.trusted is False


@pytest.mark.parametrize("name", ["wallet_attestation.jwt.txt", "credential_issuer_metadata_sd_jwt_jwt.txt"])
def test_published_jwts_verify_with_their_certificate(name: str) -> None:
    if not VECTORS.is_dir():
        pytest.skip(f"the published vectors are not at {VECTORS}")
    jws = jose.parse_compact((VECTORS / name).read_text(encoding="utf-8").replace("\n", ""))
    assert json.loads(jws.payload)
    read = x509.parse_x5c(jws.header["x5c"])
    jose.verify(jws, x509.public_jwk(read.certificates[0]))
    assert x509.check_chain(read.certificates, NOW.timestamp(), read.certificates).trusted is True
