"""COSE as mobile documents use it: keys and single-signer signatures (RFC 9052, RFC 9053)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.reference import cbor
from harness.reference.encoding import from_base64url
from harness.reference.keys import SigningKey

ALG = 1
"""Label of the header parameter ``alg`` (RFC 9052 section 3.1)."""
X5CHAIN = 33
"""Label of the header parameter ``x5chain`` (RFC 9360 section 2)."""
SIGN1 = 18
"""Tag of a COSE_Sign1 message (RFC 9052 section 2)."""
ALGORITHMS: Mapping[str, int] = {"ES256": -7, "EdDSA": -8, "ES384": -35, "ES512": -36}
"""COSE algorithm identifiers by the JOSE name of the algorithm (RFC 9053 section 2)."""

_EMPTY_MAP = b"\xa0"
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_OKP, _EC2, _RSA = 1, 2, 3
_EC2_CURVES = {"P-256": (1, 32), "P-384": (2, 48), "P-521": (3, 66), "secp256k1": (8, 32)}
"""Number of the curve and length of a coordinate in bytes."""
_OKP_CURVES = {"Ed25519": 6, "Ed448": 7}


def cose_key(jwk: Mapping[str, Any]) -> dict[int, Any]:
    """Spell a public JWK as a COSE_Key with nothing but the members of the key (RFC 9053 section 7, RFC 8230)."""
    values = {name: from_base64url(jwk[name]) for name in ("x", "y", "n", "e") if name in jwk}
    if jwk["kty"] == "EC":
        curve, length = _EC2_CURVES[jwk["crv"]]
        x, y = (values[name].rjust(length, b"\0") for name in ("x", "y"))
        return {_KTY: _EC2, _CRV: curve, _X: x, _Y: y}
    if jwk["kty"] == "OKP":
        return {_KTY: _OKP, _CRV: _OKP_CURVES[jwk["crv"]], _X: values["x"]}
    return {_KTY: _RSA, -1: values["n"], -2: values["e"]}


@dataclass
class Sign1:
    """A COSE_Sign1 before it is signed (RFC 9052 section 4.2)."""

    protected: dict[Any, Any] | bytes
    """The header parameters, or the byte string that holds them."""
    unprotected: dict[Any, Any]
    payload: bytes | None
    key: SigningKey | None
    """Signs; without a key the signature is empty."""
    detached: bytes | None = None
    """What is signed where the message itself has no payload."""
    context: str = "Signature1"
    """What the signature says it is for (RFC 9052 section 4.4)."""

    def signed(self) -> list[Any]:
        """Sign: give the four elements of the message, which is not tagged."""
        protected = self.protected
        if isinstance(protected, dict):
            protected = cbor.dumps(protected) if protected else b""
        payload = self.detached if self.payload is None else self.payload
        # Where there are no protected parameters, no bytes are signed for them (RFC 9052 section 4.4).
        signed_header = b"" if protected == _EMPTY_MAP else protected
        structure = cbor.dumps([self.context, signed_header, b"", payload])
        return [protected, self.unprotected, self.payload, self.key.sign(structure) if self.key else b""]
