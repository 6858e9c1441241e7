"""What a credential says of who signed it and with which key, before anything of it is looked up or believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from harness.model import Json


@dataclass(frozen=True)
class Signer:
    """What points at the key of a credential; each member as it came, well-formed or not."""

    mechanisms: tuple[str, ...]
    """The ways to a key that its format knows, in the order in which they are tried: ``x5c``, ``x5chain``,
    ``jwt-vc-issuer``, ``did``, ``controller-document`` (an https URL as key id), ``jwks``."""
    issuer: Json = None
    """Who claims to have issued it: ``iss``, or the ``issuer`` of a W3C credential or its ``id``."""
    key_id: Json = None
    """``kid`` of the header, or ``verificationMethod`` of the proof."""
    certificates: object = None
    """``x5c`` of the header (strings of base64), or ``x5chain`` (bytes, or a list of them)."""


class Signed(Protocol):
    """What says who signed it, such as a credential or a status list."""

    @property
    def signer(self) -> Signer:
        """What it says of the key that signed it."""

    def verify(self, jwk: Mapping[str, Json]) -> None:
        """Check that this key signed it.

        Raises:
            SignatureError: it did not.

        """
