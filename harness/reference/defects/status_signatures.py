"""Faults of the keys, signatures and certificates of status lists, whatever the mechanism."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from harness.reference import did_web, document_signer, keys
from harness.reference.bitstring_status_list import ListCredential
from harness.reference.context import Context
from harness.reference.defects.mdoc_certificates import sign_with_sha_1
from harness.reference.faults import fault
from harness.reference.jwt_vc import JwtVc
from harness.reference.keys import SigningKey
from harness.reference.ldp_vc import Proof
from harness.reference.status_token import CwtToken, Token

_UNKNOWN = ObjectIdentifier("1.3.6.1.4.1.55555.1")
_SHORT_BITS = 1024
_YEAR = timedelta(days=365)


class _Tampering(SigningKey):
    """A key whose signatures are damaged on the way."""

    def sign(self, data: bytes) -> bytes:
        signature = bytearray(super().sign(data))
        signature[-1] ^= 1
        return bytes(signature)


class _ShortKey(SigningKey):
    """An RSA key that signs although it is too short for its algorithm."""

    def sign(self, data: bytes) -> bytes:
        key: Any = self.jwk.get_op_key("sign")
        signature: bytes = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return signature


@cache
def _short_key() -> SigningKey:
    return _ShortKey("RS256", keys.rsa_key(_SHORT_BITS))


def _leaf(token: Token) -> bytes | None:
    """Give the certificate of who signs, in DER; ``None`` where the token carries none."""
    if isinstance(token, CwtToken):
        found: bytes | list[bytes] | None = token.header.get("x5chain")
        return found[0] if isinstance(found, list) else found
    return base64.b64decode(token.header["x5c"][0]) if "x5c" in token.header else None


def _carry(token: Token, *chain: bytes) -> None:
    """Let a token carry these certificates."""
    if isinstance(token, CwtToken):
        token.header["x5chain"] = chain[0] if len(chain) == 1 else list(chain)
    else:
        token.header["x5c"] = [base64.b64encode(one).decode("ascii") for one in chain]


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _is_of_mdocs(token: Token) -> bool:
    leaf = _leaf(token)
    others = [one.certificate.subject for one in (keys.root(), keys.intermediate())]
    return leaf is not None and x509.load_der_x509_certificate(leaf).issuer not in others


@dataclass
class _Certificate:
    """The certificate of a key that signs status lists."""

    purposes: tuple[ObjectIdentifier, ...] = ()
    usage: dict[str, bool] = field(default_factory=lambda: {"digital_signature": True})
    further: tuple[x509.ExtensionType, ...] = ()
    """Critical extensions."""
    days: tuple[int, int] = (-30, 365)
    """When it begins and ends, from now on."""
    foreign: bool = False
    """Whether an authority that nobody trusts certifies it."""

    def certify(self, token: Token, context: Context) -> bytes:
        """Sign it for the key of a token, by the authority that it has its certificate from otherwise."""
        assert token.key is not None
        name, key = self._authority(token, context)
        now = datetime.fromtimestamp(context.now(), UTC)
        public = token.key.public_key
        builder = (
            x509.CertificateBuilder()
            .subject_name(document_signer.name(document_signer.COUNTRY, "Assay Status Lists"))
            .issuer_name(name)
            .public_key(public)
            .serial_number(document_signer.serial_number(f"status {self.days} {self.purposes}"))
            .not_valid_before(now + timedelta(days=self.days[0]))
            .not_valid_after(now + timedelta(days=self.days[1]))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .add_extension(keys.key_usage(**self.usage), critical=True)
        )
        if self.purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.purposes), critical=False)
        for extension in self.further:
            builder = builder.add_extension(extension, critical=True)
        return _der(builder.sign(key, hashes.SHA256()))

    def _authority(self, token: Token, context: Context) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
        if self.foreign:
            return keys.foreign_root().certificate.subject, keys.foreign_root().key
        if _is_of_mdocs(token):
            root = document_signer.authority(context.now())
            return root.subject, root.signing_key
        return keys.root().certificate.subject, keys.root().key


# Keys and signatures


@fault("status-token:signature")
def signature(token: Token, _: Context) -> None:
    """The signature of the status list is damaged."""
    if token.key is not None:
        token.key = _Tampering(token.key.algorithm, token.key.jwk)


@fault("status-token:key-of-stranger")
def key_of_stranger(token: Token, context: Context) -> None:
    """The status list is signed with another key than the one that it points at."""
    token.key = keys.stranger_key(context.variant.signing_algorithm)


@fault("status-token:key-unknown")
def key_unknown(token: Token, context: Context) -> None:
    """The status list is signed with a key that nobody knows, and names that by its key identifier."""
    token.key = key = keys.stranger_key(context.variant.signing_algorithm)
    for name in ("x5c", "x5chain"):
        token.header.pop(name, None)
    token.header["kid"] = key.kid.encode() if isinstance(token, CwtToken) else key.kid


@fault("status-token:key-short")
def key_short(token: Token, context: Context) -> None:
    """The status list is signed with an RSA key of 1024 bits."""
    token.key = _short_key()
    token.header["alg"] = "RS256"
    _carry(token, _Certificate().certify(token, context))


# Certificates


def _certified(identifier: str, description: str, certificate: Callable[[], _Certificate]) -> None:
    """Register a fault of the certificate of who signs a status list."""

    def spoil(token: Token, context: Context) -> None:
        if _leaf(token) is not None:
            _carry(token, certificate().certify(token, context))

    fault(f"status-token:{identifier}", description)(spoil)


_certified(
    "certificate-of-stranger",
    "An authority that nobody trusts certifies the key of the status list.",
    lambda: _Certificate(foreign=True),
)
_certified(
    "certificate-expired",
    "The certificate of who signs the status list has expired.",
    lambda: _Certificate(days=(-30, -1)),
)
_certified(
    "certificate-of-web-server",
    "The certificate of who signs the status list is for web servers.",
    lambda: _Certificate(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
)
_certified(
    "certificate-not-for-signatures",
    "The certificate of who signs the status list is not for digital signatures.",
    lambda: _Certificate(usage={"authority": True}),
)
_certified(
    "certificate-critical-unknown",
    "The certificate of who signs the status list has a critical extension that nobody knows.",
    lambda: _Certificate(further=(x509.UnrecognizedExtension(_UNKNOWN, b"\x05\x00"),)),
)


@fault("status-token:certificate-sha-1")
def certificate_sha_1(token: Token, context: Context) -> None:
    """The certificate of who signs the status list is signed with SHA-1."""
    if token.key is not None and _is_of_mdocs(token):
        draft = document_signer.document_signer(token.key, context.now())
        sign_with_sha_1(draft, context)
        _carry(token, draft.der())


@fault("status-token:certificate-garbage")
def certificate_garbage(token: Token, _: Context) -> None:
    """What the status list carries as certificate is none."""
    if _leaf(token) is not None:
        _carry(token, b"certificate")


@fault("status-token:certificates-unrelated")
def certificates_unrelated(token: Token, _: Context) -> None:
    """The certificate of who signs the status list is followed by one that did not certify it."""
    leaf = _leaf(token)
    if leaf is not None:
        _carry(token, leaf, _der(keys.foreign_root().certificate))


# Lists that are credentials


def _signers(draft: ListCredential) -> list[JwtVc | Proof]:
    """Give what has the key of a list: the JWT, or the first proof."""
    return [draft.credential] if isinstance(draft.credential, JwtVc) else list(draft.credential.proofs[:1])


def _stranger(signer: JwtVc | Proof) -> SigningKey:
    """Give a key of nobody that signs as the right one does."""
    assert signer.key is not None
    return keys.stranger_key(signer.key.algorithm)


def _point(signer: JwtVc | Proof, method: str) -> None:
    """Let a signature point at another verification method."""
    if isinstance(signer, JwtVc):
        signer.header["kid"] = method
    else:
        signer.options["verificationMethod"] = method


@fault("status-credential:signature")
def credential_signature(draft: ListCredential, _: Context) -> None:
    """The signature of the status list credential is damaged."""
    for signer in _signers(draft):
        if signer.key is not None:
            signer.key = _Tampering(signer.key.algorithm, signer.key.jwk)


@fault("status-credential:key-of-stranger")
def credential_key_of_stranger(draft: ListCredential, _: Context) -> None:
    """The status list credential is signed with another key than the one that it names."""
    for signer in _signers(draft):
        signer.key = _stranger(signer)


@fault("status-credential:method-unknown")
def credential_method_unknown(draft: ListCredential, _: Context) -> None:
    """The status list credential names a verification method that its issuer has not."""
    issuer = draft.document["issuer"]
    did = issuer["id"] if isinstance(issuer, dict) else issuer
    for signer in _signers(draft):
        _point(signer, f"{did}#{did_web.fragment(_stranger(signer), 'JsonWebKey')}")


@fault("status-credential:method-for-authentication")
def credential_method_for_authentication(draft: ListCredential, context: Context) -> None:
    """The status list in a JWT is signed with a key of its issuer that is for authentication only."""
    if isinstance(draft.credential, JwtVc):
        draft.credential.key = key = keys.login_key()
        _point(draft.credential, f"{did_web.identifier(context.issuer_url)}#{did_web.fragment(key, 'JsonWebKey')}")


@fault("status-credential:key-of-other-did")
def credential_key_of_other_did(draft: ListCredential, _: Context) -> None:
    """The status list credential is signed by a DID that is not its issuer."""
    for signer in _signers(draft):
        signer.key = key = _stranger(signer)
        did = f"did:key:{key.multikey}"
        _point(signer, f"{did}#{key.multikey}")
