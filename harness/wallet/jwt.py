"""JWTs of the wallet: first a draft, whose header and claims a check may change, then signed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Self

from jwcrypto.common import base64url_encode
from jwcrypto.jwa import JWA

from harness.wallet.keys import WalletKey


@dataclass(frozen=True)
class JwtDraft:
    """A JWT before it is signed: a key proof, a DPoP proof, a client assertion, an attestation."""

    key: WalletKey
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)

    def with_header(self, **changes: Any) -> Self:
        """Give a draft with some header parameters set; ``None`` removes one."""
        return replace(self, header=_changed(self.header, changes))

    def with_claims(self, **changes: Any) -> Self:
        """Give a draft with some claims set; ``None`` removes one."""
        return replace(self, claims=_changed(self.claims, changes))

    def sign(self) -> str:
        """Sign header and claims as they are with the draft's key: the compact serialization (RFC 7515 7.1).

        The header is not checked in any way, since checks also need JWTs that no JOSE library would make.
        """
        signing_input = self.signing_input()
        signature = JWA.signing_alg(self.key.algorithm).sign(self.key.private, signing_input.encode())
        return f"{signing_input}.{base64url_encode(signature)}"

    def signing_input(self) -> str:
        """Give the encoded header and claims."""
        return f"{base64url_encode(json.dumps(self.header))}.{base64url_encode(json.dumps(self.claims))}"


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
