"""Faults of the keys and certificates that sign credentials, and of the issuer's clock."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from jwcrypto.jwk import JWK

from harness.reference import keys
from harness.reference.context import Context
from harness.reference.documents import Reply
from harness.reference.faults import fault
from harness.reference.sd_jwt import SdJwt

HOUR = 3600
DAY = 24 * HOUR
_SHORT_BITS = 1024


class _ShortKey(keys.SigningKey):
    """An RSA key that signs although it is too short for its algorithm."""

    def sign(self, data: bytes) -> bytes:
        key: rsa.RSAPrivateKey = self.jwk.get_op_key("sign")
        scheme: Any = (
            padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
            if self.algorithm == "PS256"
            else padding.PKCS1v15()
        )
        return key.sign(data, scheme, hashes.SHA256())


@cache
def _short_key() -> JWK:
    return keys.rsa_key(_SHORT_BITS)


def _short(algorithm: str) -> Callable[[SdJwt, Context], None]:
    def spoil(sd_jwt: SdJwt, context: Context) -> None:
        key = _ShortKey(algorithm, _short_key())
        sd_jwt.key = key
        sd_jwt.header["alg"] = algorithm
        sd_jwt.header["x5c"] = [keys.leaf(key, context.issuer_url)]

    return spoil


fault("sd-jwt:key-short", "An RSA key of 1024 bits signs with RS256.")(_short("RS256"))
fault("sd-jwt:key-short-pss", "An RSA key of 1024 bits signs with PS256.")(_short("PS256"))


# Certificates


@fault("sd-jwt:x5c-brief")
def x5c_brief(sd_jwt: SdJwt, context: Context) -> None:
    """The certificate of the signing key expires a day after the credential is issued."""
    end = datetime.fromtimestamp((context.now() // DAY + 2) * DAY, UTC)
    key = keys.issuer_key(context.variant.signing_algorithm)
    sd_jwt.header["x5c"] = [keys.leaf(key, context.issuer_url, end=end)]


@fault("sd-jwt:x5c-root-included")
def x5c_root_included(sd_jwt: SdJwt, _: Context) -> None:
    """The x5c ends with the trust anchor."""
    if "x5c" in sd_jwt.header:
        sd_jwt.header["x5c"].append(keys.in_x5c(keys.root().certificate))


@fault("sd-jwt:x5c-weak-authority")
def x5c_weak_authority(sd_jwt: SdJwt, context: Context) -> None:
    """The certificate of the signing key is from an authority with an RSA key of 1024 bits."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    leaf = x509.load_der_x509_certificate(base64.b64decode(keys.leaf(key, context.issuer_url)))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Assay Weak Authority")])
    weak = _short_key().get_op_key("sign")
    foreign = keys.foreign_root()
    authority = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(foreign.certificate.subject)
        .public_key(weak.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(keys.BEGIN)
        .not_valid_after(keys.END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(keys.key_usage(authority=True), critical=True)
        .sign(foreign.key, hashes.SHA256())
    )
    sd_jwt.header["x5c"] = [keys.in_x5c(_like(leaf, weak, name)), keys.in_x5c(authority)]


def _like(certificate: x509.Certificate, key: rsa.RSAPrivateKey, issuer: x509.Name) -> x509.Certificate:
    """Give the same certificate signed by another authority."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(certificate.subject)
        .issuer_name(issuer)
        .public_key(certificate.public_key())
        .serial_number(certificate.serial_number)
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
    )
    for extension in certificate.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256())


# Keys with two jobs


@fault("metadata:request-encryption-key-signs")
def request_encryption_key_signs(metadata: dict[str, Any], context: Context) -> None:
    """One of the keys that requests are encrypted to is the key that signs credentials."""
    key = keys.issuer_key(context.variant.signing_algorithm).jwk.export_public(as_dict=True)
    jwk = {**key, "use": "enc", "alg": "ECDH-ES", "kid": "request-signing"}
    if "credential_request_encryption" in metadata:
        metadata["credential_request_encryption"]["jwks"]["keys"].append(jwk)


@fault("as-jwks:key-of-issuer")
def server_key_of_issuer(document: dict[str, Any], context: Context) -> None:
    """The Authorization Server signs with the key that signs credentials."""
    key = keys.issuer_key(context.variant.signing_algorithm)
    document["keys"].append({**key.public_jwk, "use": "sig"})


# The clock


def _date(shift: int) -> Callable[[Reply, Context], None]:
    def spoil(reply: Reply, context: Context) -> None:
        reply.headers["Date"] = formatdate(context.now() + shift, usegmt=True)

    return spoil


fault("credential-response:date-ahead", "The Date is five minutes ahead.")(_date(300))
fault("credential-response:date-behind", "The Date is five minutes behind.")(_date(-300))


@fault("credential-response:date-malformed")
def date_malformed(reply: Reply, _: Context) -> None:
    """The Date is a number of seconds."""
    reply.headers["Date"] = "1780000000"
