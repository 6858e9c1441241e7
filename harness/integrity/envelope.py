"""Signed envelopes for attestations: DSSE 1.0.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md leaves the signature algorithm to signer and
verifier. Signatures are made as the verifiers of the field expect them by default: ECDSA in ASN.1 with the hash of
the curve's size, RSA with PKCS #1 v1.5 and SHA-256, Ed25519 as it is.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from harness.integrity import IntegrityError
from harness.integrity.signing_key import SigningKey
from harness.model import Json

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_HASH_OF = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}


def wrap(payload: bytes, key: SigningKey) -> dict[str, Json]:
    """Sign a payload and give the envelope.

    Raises:
        IntegrityError: envelopes are not signed with keys of this kind.

    """
    return {
        "payload": _base64(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key.key_id, "sig": _base64(_sign(pre_authentication(payload), key))}],
    }


def pre_authentication(payload: bytes) -> bytes:
    """Give what is signed: payload and its type, each with its length (DSSE, "Signature Definition")."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _sign(data: bytes, key: SigningKey) -> bytes:
    private: Any = key.private.get_op_key("sign")
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _HASH_OF:
        return private.sign(data, ec.ECDSA(_HASH_OF[private.curve.name]))
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(data)
    raise IntegrityError("envelopes are signed with keys on P-256, P-384, P-521 or Ed25519, or with RSA")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
