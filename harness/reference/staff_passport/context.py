"""Where one portal lives, which gateway it uses, and as whom."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.reference.context import Context
from harness.reference.staff_passport.variants import PortalVariant

if TYPE_CHECKING:
    from harness.staff_passport.gateway.external_system import ExternalSystem


CALLBACK = "/callback"
"""Where the gateway sends browsers back to."""


@dataclass(frozen=True, kw_only=True)
class PortalContext(Context):
    """What every message and every rule may ask about the portal. No URL ends with a slash."""

    variant: PortalVariant
    gateway_url: str
    registration: ExternalSystem

    @property
    def gateway_issuer(self) -> str:
        """Who the gateway says that it is."""
        return f"{self.gateway_url}{self.variant.endpoints.issuer}"

    @property
    def redirect_uri(self) -> str:
        """Where the gateway sends browsers back to."""
        return f"{self.base_url}{CALLBACK}"

    def uuid(self) -> str:
        """Give a random UUID (RFC 9562 section 5.4)."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))
