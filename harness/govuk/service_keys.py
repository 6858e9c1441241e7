"""The keys of one service: the one that signs, those that are published beside it, and their rotation.

Publishing and using a key are two steps, as with the real services: a key stands in the JWK Set before anything
is signed with it, and stays there after another one has taken its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jwcrypto.jwk import JWK

from harness.formats import jwk
from harness.wallet.keys import KeyMaker, WalletKey, make_key

SIGNING_ALGORITHM = "ES256"
ENCRYPTION_ALGORITHM = "RSA-OAEP-256"


@dataclass(frozen=True, eq=False)
class ServiceKey:
    """A key pair with what the JWK Set says of it."""

    key: WalletKey
    use: str
    """``sig`` or ``enc``."""
    alg: str
    """The algorithm as published; an encryption key can sign with another one, which nobody may accept."""

    @property
    def kid(self) -> str:
        """The thumbprint of the public key (RFC 7638)."""
        return jwk.thumbprint(self.key.public)

    @property
    def published(self) -> dict[str, Any]:
        """The public key as it stands in the JWK Set."""
        return {**self.key.public, "kid": self.kid, "use": self.use, "alg": self.alg}


@cache
def encryption_key() -> ServiceKey:
    """Give an RSA key for encryption, made once because that takes long. Who verifies has to leave it alone."""
    return ServiceKey(WalletKey(JWK.generate(kty="RSA", size=2048), "RS256"), "enc", ENCRYPTION_ALGORITHM)


class KeyRing:
    """The signing keys of one service.

    Args:
        others: keys that are published after the signing keys.
        make: makes key pairs.

    """

    def __init__(self, others: Sequence[ServiceKey] = (), *, make: KeyMaker = make_key) -> None:
        self._make = make
        self._others = tuple(others)
        self._signing = [self._fresh()]
        self.current = self._signing[0]
        """The key that signs."""

    def publish(self) -> ServiceKey:
        """Put a further key into the JWK Set, and sign with the old one still."""
        key = self._fresh()
        self._signing.append(key)
        return key

    def use(self, key: ServiceKey) -> None:
        """Sign with another one of the published keys from now on.

        Raises:
            ValueError: it is not published.

        """
        if key not in self._signing:
            raise ValueError("a key is published before it is used")
        self.current = key

    def withdraw(self, key: ServiceKey) -> None:
        """Take a key out of the JWK Set.

        Raises:
            ValueError: it is the one that signs, or is not published.

        """
        if key is self.current or key not in self._signing:
            raise ValueError("only a published key that does not sign can be withdrawn")
        self._signing.remove(key)

    def rotate(self) -> ServiceKey:
        """Publish a key and use it at once; the old one stays published."""
        key = self.publish()
        self.use(key)
        return key

    def published(self, kid: object) -> ServiceKey | None:
        """Find a signing key of the JWK Set by its ``kid``."""
        return next((key for key in self._signing if key.kid == kid), None)

    @property
    def jwks(self) -> dict[str, Any]:
        """The JWK Set (RFC 7517 section 5), signing keys first."""
        return {"keys": [key.published for key in (*self._signing, *self._others)]}

    def _fresh(self) -> ServiceKey:
        return ServiceKey(self._make(SIGNING_ALGORITHM), "sig", SIGNING_ALGORITHM)
