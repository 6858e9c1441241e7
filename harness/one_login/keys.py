"""The keys the provider signs with, and their rotation.

Keys are made once per process. ID tokens and core identities have keys of their own, as at the real service.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from harness.one_login import OneLoginError

_PARAMETERS: dict[str, dict[str, Any]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "RS256": {"kty": "RSA", "size": 2048},
}


class SigningKey:
    """A private key and its algorithm."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._jwk = JWK.generate(**_PARAMETERS[algorithm])
        self.kid = str(self._jwk.thumbprint())

    @property
    def bare_public_jwk(self) -> dict[str, Any]:
        """The members that make the public key."""
        members: dict[str, Any] = self._jwk.export_public(as_dict=True)
        members.pop("kid", None)
        return members

    @property
    def public_jwk(self) -> dict[str, Any]:
        """The public key with ``kid``, ``use`` and ``alg``."""
        return {**self.bare_public_jwk, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, data: bytes) -> bytes:
        """Give the JWS signature over ``data`` (RFC 7515 section 5.1)."""
        signature: bytes = JWA.signing_alg(self.algorithm).sign(self._jwk, data)
        return signature


@cache
def generated(purpose: str, algorithm: str, generation: int = 0) -> SigningKey:
    """Give the key of a purpose, the same one each time."""
    del purpose, generation  # they tell the keys of the cache apart
    return SigningKey(algorithm)


def stranger(algorithm: str) -> SigningKey:
    """Give a key that the provider never publishes as its own."""
    return generated("stranger", algorithm)


class KeyRing:
    """The keys of one purpose: which are published, and which one signs.

    A rotation has three steps: :meth:`publish` the new key, :meth:`use` it, :meth:`retire` the old one.
    """

    def __init__(self, purpose: str, algorithms: tuple[str, ...]) -> None:
        self._purpose = purpose
        self._algorithms = algorithms
        self._oldest = self._used = self._newest = 0

    def signing(self, algorithm: str) -> SigningKey:
        """Give the key that signs now."""
        return generated(self._purpose, algorithm, self._used)

    @property
    def published(self) -> tuple[SigningKey, ...]:
        """Every key that others are told to trust, the newest first."""
        generations = range(self._newest, self._oldest - 1, -1)
        return tuple(
            generated(self._purpose, algorithm, generation)
            for generation in generations
            for algorithm in self._algorithms
        )

    def publish(self) -> None:
        """Publish a new key beside those there are; it signs nothing yet."""
        self._newest += 1

    def use(self) -> None:
        """Sign with the newest key, published now if it is not yet; the old ones stay published."""
        if self._newest == self._used:
            self.publish()
        self._used = self._newest

    def undo(self) -> None:
        """Sign with the oldest key that is published, as before the new one was used."""
        self._used = self._oldest

    def retire(self) -> None:
        """Publish only the key that signs and those that are newer."""
        self._oldest = self._used


STEPS = ("publish", "use", "retire")
"""The steps of a rotation in their order."""


def rotate(rings: tuple[KeyRing, ...], step: str) -> None:
    """Take one step of a rotation with all rings.

    Raises:
        OneLoginError: there is no such step.

    """
    if step not in STEPS:
        raise OneLoginError(f"{step!r} is no step of a key rotation; known are {', '.join(STEPS)}")
    for ring in rings:
        getattr(ring, step)()
