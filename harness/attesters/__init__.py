"""The attesters that come with Assay: who vouches for the wallet and for its keys where a team names nobody.

For development. Their private keys stand here for everybody to read, so that an issuer which trusts their anchor
takes attestations of anybody: no issuer that people use may do that. The private keys of the two authorities above
them were thrown away. Each certificate holds until the end of 2049.

HAIP 1.0 sections 4.4.1 and 4.5.1: an attestation has the certificate of its signer in ``x5c``, which is not
self-signed, and the certificates above it up to the trust anchor, which is left out.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Literal

ISSUER = "https://assay.invalid/wallet-provider"
"""``iss`` of the attestations."""
Purpose = Literal["wallet", "key"]
"""What is attested: that a wallet is genuine (Client Attestation), or where its keys are (key attestation)."""
ALGORITHMS = ("ES256", "ES384")
"""What the attesters can sign with; the first is what they do sign with."""


@cache
def _text(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="ascii")


def private_jwk(purpose: Purpose, algorithm: str = ALGORITHMS[0]) -> dict[str, Any]:
    """Give the private JWK of an attester; ``x5c`` has its certificate and that of the authority above it.

    Args:
        purpose: what it attests.
        algorithm: one of ``ALGORITHMS``, each of which has a key of its own.

    """
    members: dict[str, Any] = json.loads(_text(f"{purpose}-attester-{algorithm.lower()}.json"))
    return members


def anchor_pem() -> str:
    """Give the certificate of the authority to which both lead, in PEM: what an issuer has to trust."""
    return _text("anchor.pem")
