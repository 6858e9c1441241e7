"""Where one department lives, and which services stand behind it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness.reference.context import Context
from harness.reference.govuk import keys
from harness.reference.govuk.variants import GovukVariant
from harness.reference.keys import SigningKey

CLIENT_ID = "assay-reference-department"
"""The client registered at GOV.UK One Login."""
STATUS_CLIENT_ID = "assay-reference-status-client"
"""The client registered at the status list service."""


@dataclass(frozen=True, kw_only=True)
class GovukContext(Context):
    """What every document and every rule may ask about the department and the services behind it.

    No URL ends with a slash.
    """

    variant: GovukVariant
    one_login_url: str
    """The OpenID Provider of GOV.UK One Login."""
    identity_url: str
    """Where GOV.UK One Login publishes the keys that sign identities."""
    token_service_url: str
    """The token service of GOV.UK One Login, which is the Authorization Server."""
    status_service_url: str
    """The status list service."""
    signers: list[SigningKey] = field(
        default_factory=lambda: [keys.credential_key(), keys.retired_key()], compare=False
    )
    """The keys behind credentials that are still valid. The first signs; it can be replaced."""

    @property
    def one_login_issuer(self) -> str:
        """Who signs ID tokens and logout tokens."""
        return f"{self.one_login_url}/"

    @property
    def identity_issuer(self) -> str:
        """Who signs core identities."""
        return f"{self.identity_url}/"

    @property
    def identity_did(self) -> str:
        """The did:web of who signs core identities."""
        return f"did:web:{urlsplit(self.identity_url).netloc.replace(':', '%3A')}"

    def uuid(self) -> str:
        """Give a random UUID (RFC 9562 section 5.4)."""
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))

    def url(self, path: str) -> str:
        """Give the URL of a path of the department."""
        return f"{self.issuer_url}{path}"
