"""The ``cwt`` proof type, which only earlier drafts have: OpenID4VCI draft 13, section 7.2.1.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from jwcrypto.jwa import JWA

from harness.formats import base64url
from harness.wallet.keys import WalletKey

CONTENT_TYPE = "openid4vci-proof+cwt"
"""Value of the content type in the protected header."""
ALG, CONTENT, X5CHAIN, COSE_KEY = 1, 3, 33, "COSE_Key"
"""Labels of header parameters."""
ISS, AUD, IAT, NONCE = 1, 3, 6, 10
"""Claim keys."""
ALGORITHMS: Mapping[str, int] = {"ES256": -7, "ES384": -35, "EdDSA": -8}
"""COSE algorithm by the JOSE name (RFC 9053 section 2)."""
HMAC_256 = 5
"""HMAC with SHA-256 (RFC 9053 section 3.1)."""

_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_CURVES = {"P-256": (2, 1), "P-384": (2, 2), "Ed25519": (1, 6)}
"""Key type and curve of COSE by the JWK name of the curve."""
_SIGN1 = 18


@dataclass(frozen=True)
class CwtDraft:
    """A CWT before it is signed."""

    key: WalletKey
    header: dict[Any, Any] = field(default_factory=dict)
    """The protected header parameters."""
    claims: dict[int, Any] = field(default_factory=dict)

    def with_header(self, changes: Mapping[Any, Any]) -> Self:
        """Give a draft with some header parameters set; ``None`` removes one."""
        return replace(self, header=_changed(self.header, changes))

    def with_claims(self, changes: Mapping[int, Any]) -> Self:
        """Give a draft with some claims set; ``None`` removes one."""
        return replace(self, claims=_changed(self.claims, changes))

    def signed(self) -> str:
        """Sign header and claims as they are: give the COSE_Sign1 message in base64url.

        Nothing is checked, since checks also need proofs that no library would make.
        """
        import cbor2

        protected, payload = cbor2.dumps(self.header), cbor2.dumps(self.claims)
        structure = cbor2.dumps(["Signature1", protected, b"", payload])
        signature = JWA.signing_alg(self.key.algorithm).sign(self.key.private, structure)
        return base64url.encode(cbor2.dumps(cbor2.CBORTag(_SIGN1, [protected, {}, payload, signature])))


def draft(
    key: WalletKey, *, audience: str, issued_at: float, nonce: str | None, client_id: str | None
) -> CwtDraft:
    """Make the draft of a right proof.

    Args:
        key: for one of ``ALGORITHMS``.
        audience: the Credential Issuer Identifier.
        issued_at: seconds since 1970.
        nonce: the ``c_nonce``; ``None`` when the issuer gave none.
        client_id: becomes ``iss``; ``None`` for anonymous access.

    """
    import cbor2

    header = {ALG: ALGORITHMS[key.algorithm], CONTENT: CONTENT_TYPE, COSE_KEY: cbor2.dumps(cose_key(key))}
    claims: dict[int, Any] = {AUD: audience, IAT: int(issued_at)}
    if nonce is not None:
        claims[NONCE] = nonce.encode()
    if client_id is not None:
        claims[ISS] = client_id
    return CwtDraft(key, header, claims)


def cose_key(key: WalletKey) -> dict[int, Any]:
    """Spell the public key as a COSE_Key (RFC 9053 section 7)."""
    jwk = key.public
    kind, curve = _CURVES[jwk["crv"]]
    spelled = {_KTY: kind, _CRV: curve, _X: base64url.decode(jwk["x"])}
    return {**spelled, _Y: base64url.decode(jwk["y"])} if "y" in jwk else spelled


def _changed(values: Mapping[Any, Any], changes: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
