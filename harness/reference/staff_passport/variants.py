"""The clean configurations of the sample portal."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.reference.variants import Variant


@dataclass(frozen=True)
class Endpoints:
    """Where the gateway is asked, as paths behind its base URL, and who it says that it is."""

    issuer: str
    """``iss`` of ID tokens and ``aud`` of hints."""
    discovery: str
    par: str
    authorize: str
    authorize_verifying: str
    tokens: str
    revocation: str = "/Revocation/revokecredential"


V1 = Endpoints(
    issuer="/oidc",
    discovery="/oidc/.well-known/openid-configuration",
    par="/oidc/par",
    authorize="/oidc/authorize",
    authorize_verifying="/oidc/authorizev1",
    tokens="/oidc/token",
)
V2 = Endpoints(
    issuer="",
    discovery="/v2.0/.well-known/openid-configuration",
    par="/v2.0/oidc/par",
    authorize="/v2.0/oidc/authorize",
    authorize_verifying="/v2.0/oidc/authorize",
    tokens="/v2.0/oidc/token",
)


@dataclass(frozen=True)
class PortalVariant(Variant):
    """One way to be an external system. Durations are seconds."""

    endpoints: Endpoints = V1
    openid_when_issuing: bool = False
    """Whether ``openid`` stands in the scope of a pushed request."""
    challenge_when_issuing: bool = False
    """Whether a pushed request has a code challenge (RFC 7636), as requests in verifying mode always have."""
    birth_dates: bool = True
    """Whether the portal holds the birth dates of its employees."""
    session_lifetime: float = 3600
    hint_lifetime: float = 300


PORTAL = PortalVariant(
    "staff-passport",
    "A portal that uses the first version of the gateway's endpoints.",
)

PORTAL_VARIANTS: dict[str, PortalVariant] = {
    clean.name: clean
    for clean in (
        PORTAL,
        replace(
            PORTAL,
            name="staff-passport-v2",
            description="A portal that uses the second version of the gateway's endpoints.",
            endpoints=V2,
            openid_when_issuing=True,
            challenge_when_issuing=True,
        ),
        replace(
            PORTAL,
            name="staff-passport-no-birth-dates",
            description="A portal that does not hold the birth dates of its employees.",
            birth_dates=False,
        ),
    )
}
"""All of them by name."""


def portal_variant(name: str) -> PortalVariant:
    """Give a variant by its name.

    Raises:
        ValueError: there is no such variant.

    """
    if name not in PORTAL_VARIANTS:
        raise ValueError(f'unknown variant "{name}"; there are {", ".join(PORTAL_VARIANTS)}')
    return PORTAL_VARIANTS[name]
