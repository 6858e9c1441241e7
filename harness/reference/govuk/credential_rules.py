"""What the Credential Endpoint asks beyond a good access token: that neither token nor offer was used before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.reference.govuk.proof_rules import Proof
from harness.reference.govuk.protected import INVALID_TOKEN, ProtectedRequest, token_rules, token_tolerances
from harness.reference.rules import Rule, Tolerance, rule, tolerance

_ENDPOINT = "govuk-credential"


@dataclass
class CredentialRequest(ProtectedRequest):
    """A Credential Request of GOV.UK Wallet as read from the wire."""

    @cached_property
    def proof(self) -> Proof:
        """The proof in the body."""
        offered = self.offered
        return Proof(self.context, self.document, self.claim("c_nonce"), offered.made_at if offered else None)


@rule(f"{_ENDPOINT}.token-unused", INVALID_TOKEN, status=401, presumes=[f"{_ENDPOINT}.token-id"])
def token_unused(request: CredentialRequest) -> str | None:
    """The access token of a Credential Request has brought no credential before."""
    return "The jti was used before." if request.records.tokens.get(request.claim("jti")) else None


@rule(
    f"{_ENDPOINT}.offer-unredeemed",
    INVALID_TOKEN,
    status=401,
    presumes=[f"{_ENDPOINT}.token-identifier-known", f"{_ENDPOINT}.token-unused"],
)
def offer_unredeemed(request: CredentialRequest) -> str | None:
    """The offer behind a Credential Request was not redeemed before."""
    used = not request.refreshes and request.offered and request.offered.redeemed
    return "The offer was redeemed before." if used else None


@rule(f"{_ENDPOINT}.offer-unexpired", INVALID_TOKEN, status=401, presumes=[f"{_ENDPOINT}.token-identifier-known"])
def offer_unexpired(request: CredentialRequest) -> str | None:
    """The offer behind a Credential Request has not expired."""
    if request.refreshes or request.offered is None:
        return None
    return "The offer has expired." if request.context.clock() >= request.offered.expires_at else None


@rule(
    f"{_ENDPOINT}.refresh-allowed",
    INVALID_TOKEN,
    status=401,
    presumes=[f"{_ENDPOINT}.token-refreshed-configuration"],
)
def refresh_allowed(request: CredentialRequest) -> str | None:
    """A credential that is refreshed in the app is one that its user may still have."""
    if not request.refreshes or request.offered is None:
        return None
    gone = request.configuration in request.offered.account.withdrawn
    return "The user may have no further credential of this configuration." if gone else None


@tolerance(f"{_ENDPOINT}.refresh", status=401, error=INVALID_TOKEN)
def refresh(request: CredentialRequest) -> bool:
    """The access token of a refresh in the app has no Credential Identifiers."""
    return request.refreshes


@tolerance(f"{_ENDPOINT}.refresh-other-key", status=401, error=INVALID_TOKEN)
def refresh_other_key(request: CredentialRequest) -> bool:
    """A refresh in the app may bring another key than the credential before had."""
    before = (
        request.records.latest_issued(request.offered.account, request.offered.configuration)
        if (request.offered)
        else None
    )
    return request.refreshes and before is not None and before.holder != request.proof.did


@tolerance(f"{_ENDPOINT}.token-undated", status=401, error=INVALID_TOKEN)
def token_undated(request: CredentialRequest) -> bool:
    """An access token need not say when it was made."""
    return request.jwt is not None and "iat" not in request.jwt.claims


RULES: tuple[Rule[Any], ...] = (
    *token_rules(_ENDPOINT, "Credential Request"),
    token_unused,
    offer_unredeemed,
    offer_unexpired,
    refresh_allowed,
)
TOLERANCES: tuple[Tolerance[Any], ...] = (
    *token_tolerances(_ENDPOINT, "Credential Request"),
    refresh,
    refresh_other_key,
    token_undated,
)
