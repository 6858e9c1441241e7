"""The keys and certificates of the reference issuer, made once per process.

A test root CA, or an intermediate authority below it, signs one leaf certificate per signing key. A second CA
that nobody trusts and keys that belong to nobody serve the faults. Certificates hold from 2020 to 2050, so that
injected clocks find them valid.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID
from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.reference.encoding import encoded_json
from harness.reference.multikey import multikey

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2049, 12, 31, tzinfo=UTC)
EXPIRED_END = datetime(2020, 12, 31, tzinfo=UTC)
ATTESTER = "https://attester.assay.test"
"""Who the development attester is."""

_PARAMETERS: dict[str, dict[str, str]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}

SIGNING_ALGORITHMS = tuple(_PARAMETERS)
"""Algorithms this issuer can sign credentials with."""


@dataclass(frozen=True, eq=False)
class SigningKey:
    """A private key with the one algorithm it is used for."""

    algorithm: str
    jwk: JWK

    @property
    def kid(self) -> str:
        """The JWK thumbprint (RFC 7638)."""
        return str(self.jwk.thumbprint())

    @property
    def did(self) -> str:
        """The did:jwk of the public key."""
        return f"did:jwk:{encoded_json(self.jwk.export_public(as_dict=True))}"

    @property
    def multikey(self) -> str:
        """The public key as a Multikey."""
        return multikey(self.jwk.export_public(as_dict=True))

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public key as a JWK with ``kid`` and ``alg``."""
        members: dict[str, Any] = self.jwk.export_public(as_dict=True)
        return {**members, "kid": self.kid, "alg": self.algorithm}

    @property
    def public_key(self) -> CertificatePublicKeyTypes:
        """The public key as certificates want it."""
        key: CertificatePublicKeyTypes = self.jwk.get_op_key("verify")
        return key

    def sign(self, data: bytes) -> bytes:
        """Give the JWS signature over ``data``."""
        signature: bytes = JWA.signing_alg(self.algorithm).sign(self.jwk, data)
        return signature

    def __deepcopy__(self, memo: dict[int, Any]) -> SigningKey:
        # A key is a value: copies of documents share it.
        return self


def _generate(algorithm: str) -> SigningKey:
    return SigningKey(algorithm, JWK.generate(**_PARAMETERS[algorithm]))


@cache
def issuer_key(algorithm: str) -> SigningKey:
    """The key that signs credentials with this algorithm."""
    return _generate(algorithm)


@cache
def login_key() -> SigningKey:
    """The key by which the issuer identifies itself, and with which it states nothing."""
    return _generate("ES256")


@cache
def stranger_key(algorithm: str) -> SigningKey:
    """A key of the right kind that belongs to nobody in the flow."""
    return _generate(algorithm)


@cache
def server_key(use: str) -> JWK:
    """A key of the Authorization Server; ``use`` is ``sig`` or ``enc`` (RFC 7517 section 4.2)."""
    return JWK.generate(kty="EC", crv="P-256", use=use, kid=f"server-{use}")


@cache
def rsa_key(bits: int = 2048) -> JWK:
    """An RSA key that belongs to nobody in the flow."""
    return JWK.generate(kty="RSA", size=bits)


@cache
def request_keys() -> tuple[JWK, ...]:
    """The keys that requests are encrypted to; each has its ``kid``, ``alg`` and ``use``."""
    return tuple(
        JWK.generate(kty="EC", crv="P-256", use="enc", alg=algorithm, kid=f"request-{number}")
        for number, algorithm in enumerate(("ECDH-ES", "ECDH-ES+A256KW"), 1)
    )


@cache
def attester_key() -> SigningKey:
    """The key of the development attester, which vouches for the keys of wallets."""
    return _generate("ES256")


@dataclass(frozen=True, eq=False)
class Authority:
    """A certification authority with its certificate, which is self-signed unless another authority made it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def subordinate(self, common_name: str) -> Authority:
        """Give an authority below this one, which certifies end entities only."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name), self.certificate.subject, key.public_key(), END)
        builder = _as_authority(builder, key, path_length=0)
        builder = builder.add_extension(self._identifier, critical=False)
        return Authority(key, builder.sign(self.key, hashes.SHA256()))

    def certify(
        self, subject: x509.Name, public_key: CertificatePublicKeyTypes, *, issuer_url: str, end: datetime
    ) -> x509.Certificate:
        """Sign an end-entity certificate that may only sign documents."""
        identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
        builder = _builder(subject, self.certificate.subject, public_key, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(key_usage(digital_signature=True), critical=True)
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(self._identifier, critical=False)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(issuer_url)]), critical=False
        )
        return builder.sign(self.key, hashes.SHA256())

    @property
    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        extension = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(extension.value)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Assay"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: CertificatePublicKeyTypes, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(end)
    )


def key_usage(*, digital_signature: bool = False, authority: bool = False) -> x509.KeyUsage:
    """Say what a key may be used for: signatures on documents, or on certificates and revocation lists."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(common_name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    builder = _as_authority(_builder(name, name, key.public_key(), END), key, path_length=1)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def _as_authority(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, *, path_length: int
) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(key_usage(authority=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False)


@cache
def root() -> Authority:
    """The trust anchor of the reference issuer."""
    return _authority("Assay Test Root")


@cache
def intermediate() -> Authority:
    """The authority between the trust anchor and those who sign, where the issuer has one."""
    return root().subordinate("Assay Test Intermediate")


@cache
def foreign_root() -> Authority:
    """A certification authority that is no trust anchor."""
    return _authority("Foreign Test Root")


@cache
def attester_root() -> Authority:
    """The certification authority of those who may attest keys."""
    return _authority("Assay Attester Root")


@cache
def attester_leaf() -> str:
    """The certificate of the development attester as it stands in ``x5c``."""
    key = attester_key().public_key
    certificate = attester_root().certify(_name("Assay Attester"), key, issuer_url=ATTESTER, end=END)
    return in_x5c(certificate)


def attester() -> dict[str, Any]:
    """Give who the development attester is, and its private JWK with ``kid``, ``alg`` and ``x5c``."""
    key = attester_key()
    private: dict[str, Any] = key.jwk.export_private(as_dict=True)
    return {"issuer": ATTESTER, "key": {**private, "kid": key.kid, "alg": key.algorithm, "x5c": [attester_leaf()]}}


def trust_anchor_pem() -> str:
    """The root certificate in PEM."""
    return root().certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def in_x5c(certificate: x509.Certificate) -> str:
    """Spell a certificate as RFC 7515 section 4.1.6 wants it: DER in ordinary base64."""
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode("ascii")


@lru_cache(maxsize=256)
def leaf(key: SigningKey, issuer_url: str, *, authority: Authority | None = None, end: datetime = END) -> str:
    """The end-entity certificate of a signing key as it stands in ``x5c``."""
    signer = authority or root()
    subject = _name(f"Assay Reference Issuer {key.algorithm}")
    return in_x5c(signer.certify(subject, key.public_key, issuer_url=issuer_url, end=end))


def chain(key: SigningKey, issuer_url: str, *, intermediates: bool) -> list[str]:
    """The certificates of a signing key as ``x5c`` has them: up to the trust anchor, and without it.

    Args:
        key: what signs.
        issuer_url: whom the first certificate is for.
        intermediates: whether an intermediate authority certifies the key.

    """
    if not intermediates:
        return [leaf(key, issuer_url)]
    return [leaf(key, issuer_url, authority=intermediate()), in_x5c(intermediate().certificate)]


@lru_cache(maxsize=64)
def self_signed(key: SigningKey, issuer_url: str) -> str:
    """A certificate of a signing key that nobody but this key vouches for, as it stands in ``x5c``."""
    own = key.jwk.get_op_key("sign")
    name = _name(f"Assay Reference Issuer {key.algorithm}")
    builder = _builder(name, name, key.public_key, END)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(key_usage(digital_signature=True), critical=True)
    where = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(issuer_url)])
    builder = builder.add_extension(where, critical=False)
    return in_x5c(builder.sign(own, None if key.algorithm == "EdDSA" else hashes.SHA256()))
