"""The wallets registered at the Authorization Server, made once per process."""

from __future__ import annotations

import atexit
import json
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwcrypto.jwk import JWK

from harness.reference import attesters
from harness.reference.keys import ATTESTER, BEGIN, END
from harness.reference.variants import Variant

WALLET = "wallet-dev"
OTHER_WALLET = "wallet-other"
_REDIRECT_URIS = {
    WALLET: "https://wallet.assay.test/callback",
    OTHER_WALLET: "https://other.assay.test/callback",
}
_ASSERTION_ALGORITHMS = {"fapi2": ("PS256", "ES256", "EdDSA")}
ATTESTATION_ALGORITHMS = ("ES256", "ES384")
"""What Client Attestations and their proofs of possession may be signed with."""


@dataclass(frozen=True, eq=False)
class Attester:
    """Who vouches for instances of a wallet."""

    issuer: str
    key: JWK
    x5c: tuple[str, ...] = ()
    """The certificate of the key and those above it, without the trust anchor; empty where it has none."""


@dataclass(frozen=True, eq=False)
class TlsIdentity:
    """A client certificate with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    issuer: x509.Certificate
    """The certificate that certified it: itself where it is self-signed."""

    @property
    def certificate_pem(self) -> str:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def issuer_pem(self) -> str:
        """What a TLS server has to trust to let the client in."""
        return self.issuer.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def key_pem(self) -> str:
        """The private key in PEM."""
        form = serialization.PrivateFormat.PKCS8
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, form, plain).decode("ascii")


@dataclass(frozen=True, eq=False)
class Client:
    """A wallet as the Authorization Server knows it (RFC 7591 section 2)."""

    client_id: str
    redirect_uri: str
    authentication: str
    """As ``token_endpoint_auth_methods_supported`` spells it."""
    secret: str | None = None
    key: JWK | None = None
    attester: Attester | None = None
    tls: TlsIdentity | None = None

    def settings(self) -> dict[str, Any]:
        """Give what the wallet has to be told, secrets and private keys among it."""
        told: dict[str, Any] = {
            "client_id": self.client_id,
            "authentication": self.authentication,
            "redirect_uri": self.redirect_uri,
        }
        if self.secret is not None:
            told["client_secret"] = self.secret
        if self.key is not None:
            told["key"] = json.loads(self.key.export_private())
        if self.attester is not None:
            key = json.loads(self.attester.key.export_private())
            certified = {"x5c": list(self.attester.x5c)} if self.attester.x5c else {}
            told["attester"] = {"issuer": self.attester.issuer, "key": {**key, **certified}}
        if self.tls is not None:
            told["certificate"], told["certificate_key"] = _files(self.client_id, self.tls)
        return told


def assertion_algorithms(variant: Variant) -> tuple[str, ...]:
    """Give ``token_endpoint_auth_signing_alg_values_supported``; FAPI 2.0 section 5.4.1 allows few algorithms."""
    return _ASSERTION_ALGORITHMS.get(variant.security_profile, ("ES256", "ES384", "RS256"))


def registered(variant: Variant) -> Mapping[str, Client]:
    """Give the clients of a variant by ``client_id``: a wallet and another one of the same kind.

    There are none where only anonymous wallets come.
    """
    if variant.client_id is None and "authorization_code" not in variant.grants:
        return {}
    algorithm = assertion_algorithms(variant)[0]
    trusted = attester(certified=variant.intermediates)
    return _registered(
        variant.client_authentication, variant.redirect_query, variant.certificate_bound, algorithm, trusted
    )


@cache
def _registered(
    method: str, redirect_query: str, with_certificate: bool, algorithm: str, trusted: Attester
) -> Mapping[str, Client]:
    made = {name: _register(name, method, redirect_query, algorithm, trusted) for name in (WALLET, OTHER_WALLET)}
    if not with_certificate:
        return made
    return {name: replace(client, tls=client.tls or _self_signed(name)) for name, client in made.items()}


def _register(client_id: str, method: str, redirect_query: str, algorithm: str, trusted: Attester) -> Client:
    redirect_uri = _REDIRECT_URIS[client_id] + redirect_query
    if method in ("client_secret_basic", "client_secret_post"):
        # The signs at the end tell whether a client encodes its secret as RFC 6749 section 2.3.1 wants it.
        return Client(client_id, redirect_uri, method, secret=f"{secrets.token_urlsafe(32)}+/:%")
    if method == "private_key_jwt":
        return Client(client_id, redirect_uri, method, key=_key(f"{client_id}-key", algorithm))
    if method == "attest_jwt_client_auth":
        return Client(client_id, redirect_uri, method, attester=trusted)
    if method == "tls_client_auth":
        return Client(client_id, redirect_uri, method, tls=_certified(client_id))
    if method == "self_signed_tls_client_auth":
        return Client(client_id, redirect_uri, method, tls=_self_signed(client_id))
    return Client(client_id, redirect_uri, method)


@cache
def attester(*, certified: bool) -> Attester:
    """The one attester that an Authorization Server trusts.

    Args:
        certified: whether certificates lead from its key to a trust anchor.

    """
    if not certified:
        return Attester(ATTESTER, _key("attester-key"))
    private = attesters.wallet_attester()
    x5c = tuple(private.pop("x5c"))
    return Attester(ATTESTER, JWK(**private), x5c)


def _key(kid: str, algorithm: str = "ES256") -> JWK:
    if algorithm == "PS256":
        return JWK.generate(kty="RSA", size=2048, kid=kid, alg=algorithm)
    return JWK.generate(kty="EC", crv="P-256", kid=kid, alg=algorithm)


# Certificates


@cache
def _authority() -> TlsIdentity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = subject("Assay Client CA")
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    builder = _builder(name, name, key).add_extension(constraints, critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    return TlsIdentity(certificate, key, certificate)


def _certified(client_id: str) -> TlsIdentity:
    authority, key = _authority(), ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject(client_id), authority.certificate.subject, key)
    certificate = _for_clients(builder).sign(authority.key, hashes.SHA256())
    return TlsIdentity(certificate, key, authority.certificate)


def _self_signed(client_id: str) -> TlsIdentity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = subject(client_id)
    certificate = _for_clients(_builder(name, name, key)).sign(key, hashes.SHA256())
    return TlsIdentity(certificate, key, certificate)


def subject(common_name: str) -> x509.Name:
    """The distinguished name a client is registered with (``tls_client_auth_subject_dn``, RFC 8705 2.1.2)."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(END)
    )


def _for_clients(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.add_extension(usage, critical=False)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="assay-clients-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _files(client_id: str, identity: TlsIdentity) -> tuple[Path, Path]:
    """Write certificate and key where a TLS library can load them, readable for their owner only."""
    number = identity.certificate.serial_number
    certificate, key = (_folder() / f"{client_id}-{number}{end}" for end in (".pem", ".key.pem"))
    certificate.write_text(identity.certificate_pem, encoding="ascii")
    key.touch(mode=0o600)
    key.write_text(identity.key_pem, encoding="ascii")
    return certificate, key
