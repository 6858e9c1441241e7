"""Keys of the wallet: one fresh key pair per proof, for every asymmetric JWS algorithm jwcrypto offers."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jwcrypto import jwk

_KEYS: dict[str, dict[str, str]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "ES256K": {"kty": "EC", "crv": "secp256k1"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "Ed25519": {"kty": "OKP", "crv": "Ed25519"},
    "Ed448": {"kty": "OKP", "crv": "Ed448"},
    "ML-DSA-44": {"kty": "AKP", "alg": "ML-DSA-44"},
    "ML-DSA-65": {"kty": "AKP", "alg": "ML-DSA-65"},
    "ML-DSA-87": {"kty": "AKP", "alg": "ML-DSA-87"},
}
"""Algorithm to the parameters a key of it is made with."""
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")

OF_SHORT_RSA_KEYS = ("RS256", "RS384", "RS512", "PS256", "PS384")
"""Algorithms of RSA whose signatures fit a modulus of 1024 bits."""

_USUAL = {
    "P-256": "ES256",
    "P-384": "ES384",
    "P-521": "ES512",
    "secp256k1": "ES256K",
    "Ed25519": "EdDSA",
    "Ed448": "Ed448",
    "RSA": "PS256",
}
"""Curve or key type to the algorithm of a key that does not name its own."""

ALGORITHMS = (*_KEYS, *_RSA)
"""JWS algorithms the wallet can sign with, in the order it prefers them."""


@dataclass(frozen=True)
class WalletKey:
    """A key pair of the wallet and the algorithm it signs with."""

    private: jwk.JWK
    algorithm: str

    @property
    def public(self) -> dict[str, Any]:
        """The public key as a JWK (RFC 7517), without ``kid``."""
        exported: dict[str, Any] = json.loads(self.private.export_public())
        exported.pop("kid", None)
        return exported


KeyMaker = Callable[[str], WalletKey]
"""Gives a key pair for a JWS algorithm name."""


def make_key(algorithm: str) -> WalletKey:
    """Make a key pair for one of ``ALGORITHMS``, another one each time: proofs with one key bind one credential.

    Raises:
        ValueError: the wallet cannot sign with this algorithm.

    """
    if algorithm in _KEYS:
        return WalletKey(jwk.JWK.generate(**_KEYS[algorithm]), algorithm)
    if algorithm in _RSA:
        return WalletKey(jwk.JWK.generate(kty="RSA", size=2048), algorithm)
    raise ValueError(f"the wallet cannot sign with {algorithm}")


def short_rsa_key(algorithm: str) -> WalletKey:
    """Make an RSA key of 1024 bits, which are too few, for one of ``OF_SHORT_RSA_KEYS``."""
    return WalletKey(jwk.JWK.generate(kty="RSA", size=1024), algorithm)


def key_of(private: Mapping[str, Any], make: KeyMaker = make_key) -> WalletKey:
    """Give a configured key.

    Args:
        private: a private JWK, whose ``alg`` says what it signs with; empty for a fresh ES256 key.

    Raises:
        ValueError: it is no usable private JWK.

    """
    if not private:
        return make("ES256")
    members = {name: value for name, value in private.items() if name not in ("x5c", "use", "key_ops")}
    algorithm = private.get("alg") or _USUAL.get(private.get("crv") or private.get("kty", ""), "ES256")
    try:
        key = WalletKey(jwk.JWK(**members), algorithm)
    except (jwk.InvalidJWKType, jwk.InvalidJWKValue, TypeError, ValueError) as error:
        raise ValueError(f"the key is no usable JWK: {error}") from error
    if key.private.get("kty") != "oct" and not key.private.has_private:
        raise ValueError("the key has no private part")
    return key


def algorithms_of(key: WalletKey) -> tuple[str, ...]:
    """Give the algorithms that a key can sign with: all of RSA, or its own."""
    return _RSA if key.private.get("kty") == "RSA" else (key.algorithm,)


def choose_algorithm(offered: Sequence[str], wanted: str | None = None) -> str | None:
    """Choose the algorithm of a proof among those the issuer's metadata offers.

    Args:
        offered: ``proof_signing_alg_values_supported``.
        wanted: the team's own choice, which wins when the issuer offers it.

    Returns:
        The algorithm's name, or ``None`` when the wallet has none of them.

    """
    if wanted in offered:
        return wanted
    return next((algorithm for algorithm in ALGORITHMS if algorithm in offered), None)


def certificate_for(key: WalletKey, now: float, *, like: str | None = None) -> str:
    """Make a self-signed certificate for a wallet key, as the ``x5c`` of a proof carries it.

    Args:
        now: seconds since 1970; the certificate is valid from an hour before to a day after.
        like: a certificate, in standard base64, whose subject it has; one that cannot be read counts for none.

    Returns:
        The DER bytes in standard base64 (RFC 7515 section 4.1.6).

    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import NameOID

    private: Any = serialization.load_pem_private_key(
        key.private.export_to_pem(private_key=True, password=None), None
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Assay wallet key")])
    if like is not None:
        with contextlib.suppress(ValueError):
            name = x509.load_der_x509_certificate(base64.b64decode(like)).subject
    moment = datetime.fromtimestamp(now, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(hours=1))
        .not_valid_after(moment + timedelta(days=1))
    )
    needs_hash = isinstance(private, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey))
    signed = builder.sign(private, hashes.SHA256() if needs_hash else None)
    return base64.b64encode(signed.public_bytes(serialization.Encoding.DER)).decode()
