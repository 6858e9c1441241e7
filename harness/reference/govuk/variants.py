"""The clean configurations of the department that issues to GOV.UK Wallet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from harness.reference.variants import Variant

DAY = 24 * 3600


@dataclass(frozen=True)
class GovukVariant(Variant):
    """One way to issue to GOV.UK Wallet as its documents ask for. Durations are seconds."""

    offer_link: str = "https://mobile.account.gov.uk/wallet/add"
    """The wallet's endpoint for Credential Offers, which differs between its environments."""
    offer_by: Literal["reference", "value"] = "value"
    notification: bool = True
    code_lifetime: float = 900
    """How long an offer and its Pre-Authorized Code can be redeemed."""
    session_lifetime: float = 3600
    """How long a user stays signed in; as long as at GOV.UK One Login."""
    days: int = 90
    """``credential_validity_period_max_days``."""
    credential_lifetime: float = 90 * DAY
    identity: bool = False
    """Whether the user has to prove an identity (level of confidence P2) before an offer is made."""
    max_age: int | None = None
    """How long ago users may have authenticated at GOV.UK One Login, as ``max_age`` asks for it."""
    request_object: bool = False
    """Whether authorization requests at GOV.UK One Login are secured with a JWT (RFC 9101)."""
    reauthenticates: bool = False
    """Whether who is signed in has to sign in again for a further offer; only with request objects."""
    code_challenge: bool = True
    """Whether they have a code challenge (RFC 7636)."""
    by_secret: bool = False
    """Whether the service authenticates at GOV.UK One Login with ``client_secret_post``."""
    listed: tuple[str, ...] = ("mso_mdoc",)
    """Formats whose credentials have an entry in a list of the status list service."""
    configurations: tuple[str, ...] = ()


MDL = GovukVariant(
    "govuk-mdl",
    "Driving licences for GOV.UK Wallet, as mobile documents of ISO/IEC 18013-5.",
    configurations=("driving_licence", "fishing_licence"),
)

GOVUK_VARIANTS: dict[str, GovukVariant] = {
    clean.name: clean
    for clean in (
        MDL,
        replace(
            MDL,
            name="govuk-complete",
            description="Driving licences, fishing licences and veteran cards of one department.",
            configurations=("driving_licence", "fishing_licence", "veteran_card"),
        ),
        replace(
            MDL,
            name="govuk-simple-mdoc",
            description="Fishing licences for GOV.UK Wallet, a mobile document of its own kind.",
            configurations=("fishing_licence",),
        ),
        replace(
            MDL,
            name="govuk-jwt",
            description="Veteran cards for GOV.UK Wallet, as JWTs of the W3C data model 2.0.",
            configurations=("veteran_card",),
            request_object=True,
            reauthenticates=True,
            code_challenge=False,
            listed=(),
        ),
        replace(
            MDL,
            name="govuk-identity",
            description="Fishing licences for users who have proved their identity (P2).",
            configurations=("fishing_licence",),
            identity=True,
            max_age=3600,
        ),
        replace(
            MDL,
            name="govuk-quiet",
            description="Fishing licences of a department that is not told what became of them.",
            configurations=("fishing_licence",),
            by_secret=True,
            notification=False,
        ),
    )
}
"""All of them by name."""


def govuk_variant(name: str) -> GovukVariant:
    """Give a variant by its name.

    Raises:
        ValueError: there is no such variant.

    """
    if name not in GOVUK_VARIANTS:
        raise ValueError(f'unknown variant "{name}"; there are {", ".join(GOVUK_VARIANTS)}')
    return GOVUK_VARIANTS[name]
