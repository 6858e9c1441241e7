"""Issuing SD-JWTs (RFC 9901)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.reference.encoding import base64url, encoded_json
from harness.reference.keys import SigningKey

HASHES = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}


@dataclass(frozen=True)
class Hidden:
    """A value that is to be selectively disclosable, wherever it stands in the claims."""

    value: Any


@dataclass(frozen=True)
class Concealer:
    """Turns claims with hidden parts into a payload and its Disclosures (RFC 9901 section 4.2)."""

    hash_name: str
    random_bytes: Callable[[int], bytes]
    decoys: int = 0
    """Decoy digests to add wherever something is hidden (RFC 9901 section 4.2.5)."""
    disclosures: list[str] = field(default_factory=list)

    def salt(self) -> str:
        """Give a fresh salt of 128 bits."""
        return base64url(self.random_bytes(16))

    def conceal(self, value: Any) -> Any:
        """Replace every ``Hidden`` below ``value`` by a digest and collect its Disclosure."""
        if isinstance(value, dict):
            shown = {name: self.conceal(item) for name, item in value.items() if not isinstance(item, Hidden)}
            digests = [
                self._disclose([self.salt(), name, self.conceal(item.value)])
                for name, item in value.items()
                if isinstance(item, Hidden)
            ]
            if digests:
                # Sorting hides the order of the claims.
                shown["_sd"] = sorted(digests + [self._decoy() for _ in range(self.decoys)])
            return shown
        if isinstance(value, list):
            elements = [self._element(item) for item in value]
            if any(isinstance(item, Hidden) for item in value):
                elements += [{"...": self._decoy()} for _ in range(self.decoys)]
            return elements
        return value

    def _element(self, item: Any) -> Any:
        if isinstance(item, Hidden):
            return {"...": self._disclose([self.salt(), self.conceal(item.value)])}
        return self.conceal(item)

    def _disclose(self, contents: list[Any]) -> str:
        disclosure = encoded_json(contents)
        self.disclosures.append(disclosure)
        return digest(disclosure, self.hash_name)

    def _decoy(self) -> str:
        return digest(self.salt(), self.hash_name)


def digest(disclosure: str, hash_name: str) -> str:
    """Hash a Disclosure (RFC 9901 section 4.2.3)."""
    return base64url(HASHES[hash_name](disclosure.encode("ascii")).digest())


@dataclass
class SdJwt:
    """An SD-JWT before it is signed."""

    header: dict[str, Any]
    payload: Any
    disclosures: list[str]
    hash_name: str
    key: SigningKey | None
    """Signs the Issuer-signed JWT; without a key the signature is empty."""
    tail: str | None = ""
    """What stands after the last tilde; ``None`` leaves that tilde out."""

    def signed(self) -> str:
        """Sign and serialize (RFC 9901 section 4)."""
        parts = [signed_jwt(self.header, self.payload, self.key), *self.disclosures]
        return "~".join(parts if self.tail is None else [*parts, self.tail])


def signed_jwt(header: Mapping[str, Any], payload: Any, key: SigningKey | None) -> str:
    """Give a JWT in compact serialization; without a key its signature is empty."""
    signing_input = f"{encoded_json(header)}.{encoded_json(payload)}"
    signature = key.sign(signing_input.encode("ascii")) if key else b""
    return f"{signing_input}.{base64url(signature)}"
