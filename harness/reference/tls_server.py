"""How the reference issuer does TLS where a profile asks for more than any modern server: RFC 9325."""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import ssl
import tempfile
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from harness.reference import client_hello
from harness.reference.tls_draft import TlsDraft

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_NO_EXTENDED_MASTER_SECRET = 1
"""``SSL_OP_NO_EXTENDED_MASTER_SECRET`` of OpenSSL 3, which the standard library has no name for."""
_NO_APPLICATION_PROTOCOL = 120
"""The alert of RFC 7301 section 3.2, which the standard library has no name for."""
_LIFE = datetime.timedelta(days=30)


class _Session(ssl.SSLObject):
    """A connection whose ClientHello can be looked at, which the library does not show."""

    incoming: ssl.MemoryBIO
    hello = b""

    def do_handshake(self) -> None:
        if self.incoming.pending and not client_hello.is_whole(self.hello):
            data = self.incoming.read()
            self.hello += data
            # After the end of a connection there is nothing more to put back.
            with contextlib.suppress(ssl.SSLError):
                self.incoming.write(data)
        super().do_handshake()


class _Context(ssl.SSLContext):
    sslobject_class = _Session

    def wrap_bio(self, incoming: ssl.MemoryBIO, *rest: Any, **more: Any) -> ssl.SSLObject:
        session = super().wrap_bio(incoming, *rest, **more)
        assert isinstance(session, _Session)
        session.incoming = incoming
        return session


class _Doorkeeper:
    """Refuses clients that want another host (RFC 9325 section 3.7) or another protocol (section 3.8)."""

    def __init__(self, draft: TlsDraft, names: Collection[str]) -> None:
        self._draft = draft
        self._names = frozenset(names)

    def __call__(self, session: ssl.SSLSocket | ssl.SSLObject, asked: str | None, _: ssl.SSLContext) -> int | None:
        # Who connects to an address asks for no name.
        if asked is not None and asked not in self._names and not self._draft.any_name:
            return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        offered = client_hello.protocols(session.hello) if isinstance(session, _Session) else []
        ours = self._draft.protocols
        strange = bool(offered and ours) and not set(offered).intersection(ours)
        return _NO_APPLICATION_PROTOCOL if strange and not self._draft.any_protocol else None


def context(draft: TlsDraft, authority: trustme.CA, names: Collection[str]) -> ssl.SSLContext:
    """Make the settings of the server.

    Args:
        authority: signs its certificate.
        names: hosts that it serves.

    """
    made = _Context(ssl.PROTOCOL_TLS_SERVER)
    level = "" if draft.security_level is None else f":@SECLEVEL={draft.security_level}"
    made.set_ciphers(draft.ciphers + level)
    with warnings.catch_warnings():
        # That the old versions are not to be used is what such a server is for.
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = VERSIONS[draft.lowest], VERSIONS[draft.highest]
    made.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    if draft.protocols:
        made.set_alpn_protocols(list(draft.protocols))
    if draft.only_curve is not None:
        made.set_ecdh_curve(draft.only_curve)
    if not draft.extended_master_secret:
        made.options |= _NO_EXTENDED_MASTER_SECRET
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        if draft.dh_prime is not None:
            path = Path(folder) / "dh.pem"
            path.write_text(_dh_parameters(int(draft.dh_prime, 16)))
            made.load_dh_params(str(path))
        path = Path(folder) / "server.pem"
        path.write_bytes(_certified(draft, authority, names))
        made.load_cert_chain(path)
    made.sni_callback = _Doorkeeper(draft, names)
    return made


def _certified(draft: TlsDraft, authority: trustme.CA, names: Collection[str]) -> bytes:
    """Give a private key and its certificate, in PEM."""
    if (draft.key, draft.digest) == ("p-256", "sha-256"):
        leaf = authority.issue_cert(*names)
        return leaf.private_key_and_cert_chain_pem.bytes()
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if draft.key.startswith("rsa-"):
        key = rsa.generate_private_key(65537, int(draft.key.removeprefix("rsa-")))
    else:
        key = ec.generate_private_key(ec.SECP384R1() if draft.key == "p-384" else ec.SECP256R1())
    signer = load_pem_private_key(authority.private_key_pem.bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    root = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    # The names come from a certificate that the authority makes itself.
    ready = x509.load_pem_x509_certificate(authority.issue_cert(*names).cert_chain_pems[0].bytes())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Assay reference issuer")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
        .add_extension(ready.extensions.get_extension_for_class(x509.SubjectAlternativeName).value, critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    der = certificate.public_bytes(Encoding.DER)
    if draft.digest == "sha-1":
        der = _signed_with_sha_1(certificate, signer)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + ssl.DER_cert_to_PEM_cert(der).encode("ascii")


def _dh_parameters(prime: int) -> str:
    """Give the parameters of a group whose generator is 2 (PKCS #3), in PEM."""
    der = _der(0x30, _der(0x02, b"\0" + prime.to_bytes(prime.bit_length() // 8, "big")) + _der(0x02, b"\2"))
    lines = base64.encodebytes(der).decode("ascii")
    return f"-----BEGIN DH PARAMETERS-----\n{lines}-----END DH PARAMETERS-----\n"


_WITH_SHA_256 = bytes.fromhex("300a06082a8648ce3d040302")
_WITH_SHA_1 = bytes.fromhex("300906072a8648ce3d0401")
"""The AlgorithmIdentifier of ECDSA with each hash."""


def _signed_with_sha_1(certificate: x509.Certificate, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """Sign a certificate anew with SHA-1, which the library does not."""
    inner = _contents(certificate.tbs_certificate_bytes).replace(_WITH_SHA_256, _WITH_SHA_1, 1)
    to_sign = _der(0x30, inner)
    # For ECDSA a hash is a number, so zeros before it change nothing.
    padded = bytes(12) + hashlib.new("sha1", to_sign, usedforsecurity=False).digest()
    signature = signer.sign(padded, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return _der(0x30, to_sign + _WITH_SHA_1 + _der(0x03, b"\x00" + signature))


def _contents(der: bytes) -> bytes:
    return der[2:] if der[1] < 0x80 else der[2 + (der[1] & 0x7F) :]


def _der(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes(2, "big")
    return bytes([tag, 0x82]) + size + content
