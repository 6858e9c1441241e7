"""What is under test: the team's issuer, or the bundled reference issuer for the length of a run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.evidence import WalletOptions
from harness.settings import (
    AttesterSettings,
    ClientSettings,
    FormRule,
    HttpHook,
    Promises,
    Settings,
    UserSettings,
)

if TYPE_CHECKING:
    import httpx

    from harness.evidence import Tools
    from harness.govuk.surroundings import Surroundings
    from harness.reference.app import ReferenceIssuer
    from harness.subject import Subject
    from harness.vendors.mattr.claims_source import ClaimsSource

REFERENCE = "reference"
"""The value of ``--issuer-url`` that means the bundled reference issuer."""

ISSUER = "issuer"
"""What a profile judges when it says nothing else."""
PORTAL = "staff-passport-portal"
"""An external system that issues through the gateway of the Digital Staff Passport."""
GATEWAY = "staff-passport-gateway"
"""That gateway."""
GOVUK = "govuk-wallet-service"
"""A Credential Issuer for a wallet that needs services of its own."""
MATTR = "mattr-vii-tenant"
"""A Credential Issuer whose offers a back end has made."""
PARTISIA = "partisia-service"
"""A Credential Issuer that an application begins each issuance at."""

BUNDLED = {
    ISSUER: "the bundled reference issuer",
    PORTAL: "the bundled sample portal",
    GATEWAY: "the bundled credential gateway",
    GOVUK: "the bundled department",
    MATTR: "the bundled tenant",
    PARTISIA: "the bundled issuance service",
}
"""What profiles judge, and what is under test for it with :data:`REFERENCE`."""
SUBJECTS = {PORTAL: "External system", GATEWAY: "Credential gateway"}
"""How reports call what is under test where it is no Credential Issuer."""

_OFFERS = {
    "by-reference": {"by": "reference", "tx_code": False},
    "by-value": {"by": "value", "tx_code": False},
    "tx-code": {"by": "reference", "tx_code": True},
}
"""Ways in which the reference issuer is asked for offers; together they reach every check."""
_STATES = {"revoke": "revoked", "suspend": "suspended", "reinstate": "valid"}
"""What the team can do to a credential, and what the reference issuer is told that it is then."""
_DENIED = {"by": "reference", "tx_code": False, "outcome": "denied"}


@dataclass(frozen=True)
class Target:
    """An issuer that can be tested.

    Attributes:
        settings: the run's settings with the issuer's real address in them.
        close: ends what was started for the run.

    """

    settings: Settings
    close: Callable[[], None]
    govuk: Surroundings | None = None
    """What stands behind GOV.UK Wallet, where the wallet is that one."""
    mounts: Mapping[str, httpx.AsyncBaseTransport] | None = None
    """The ways to services that this very process plays, by scheme and authority."""
    played: Sequence[str] = ()
    """Where those services are, in lines for whoever has to tell the subject."""
    claims_source: ClaimsSource | None = None
    """What a MATTR VII tenant asks for further claims, where this run plays it."""
    look: Callable[[Tools], Awaitable[Subject]] | None = None
    """Looks at a subject that is no Credential Issuer, before the first check; raises ``PreflightError``."""


def _offers(grants: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Give the offers to ask for: those that differ in nothing but how the code comes need no other grant."""
    if "pre-authorized_code" not in grants:
        return {"by-reference": _OFFERS["by-reference"]}
    alone = {"grants": ["pre-authorized_code"]}
    return {name: wishes if name == "by-reference" else {**wishes, **alone} for name, wishes in _OFFERS.items()}


@dataclass(frozen=True)
class RegisteredWallet:
    """How the reference issuer knows its wallets: what a team would write in ``assay.toml``."""

    client: ClientSettings
    second: ClientSettings | None
    options: WalletOptions


def registered_wallet(issuer: ReferenceIssuer) -> RegisteredWallet:
    """Give the settings that fit a reference issuer."""
    clients = [_client(registration) for registration in issuer.registrations()]
    first, second = [*clients, None, None][:2]
    pages = (
        FormRule("*/login", {"username": "erika", "password": "test"}),
        FormRule("*/consent", decline="cancel"),
    )
    user = UserSettings(kind="forms", forms=pages)
    attester = AttesterSettings(**issuer.key_attester())
    return RegisteredWallet(first or ClientSettings(), second, WalletOptions(user=user, key_attester=attester))


def _client(registration: Mapping[str, Any]) -> ClientSettings:
    attester = registration.get("attester")
    paths = {name: Path(registration[name]) for name in ("certificate", "certificate_key") if name in registration}
    return ClientSettings(
        **{**registration, **paths, "attester": AttesterSettings(**attester) if attester else None}
    )


def open_target(settings: Settings, variant: str, *, judges: str = ISSUER) -> Target:
    """Give what is under test; starts the bundled one over loopback TLS when that is asked for.

    Args:
        variant: the clean variant of the bundled subject that fits the profile.
        judges: a key of :data:`BUNDLED`.

    """
    if judges in SUBJECTS:
        from harness.staff_passport.targets import open_staff_passport

        return open_staff_passport(settings, variant, judges)
    if judges == GOVUK:
        from harness.govuk.targets import open_govuk

        return open_govuk(settings, variant)
    if judges == MATTR:
        from harness.mattr.targets import open_mattr

        return open_mattr(settings, variant)
    if judges == PARTISIA:
        from harness.partisia.targets import open_partisia

        return open_partisia(settings, variant)
    if settings.issuer_url != REFERENCE:
        return Target(settings, lambda: None)
    from harness.reference.serve import serving
    from harness.reference.variants import variant as variant_named

    issuing = variant_named(variant)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(issuing))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-")))
        (folder / "tls-ca.pem").write_text(server.ca_pem or "")
        (folder / "trust-anchor.pem").write_text(server.issuer.trust_anchor_pem)
        (folder / "iaca.pem").write_text(server.issuer.iaca_pem)

        def minting(name: str, wishes: Mapping[str, Any]) -> HttpHook:
            body = {"configuration": "{configuration}", **wishes}
            return HttpHook(name=name, url=f"{server.url}/assay/offers", method="POST", json=body)

        def operating(operation: str) -> HttpHook | None:
            if operation not in server.issuer.operations:
                return None
            body = {"credential": "{credential}", "status": _STATES[operation]}
            return HttpHook(name=operation, url=f"{server.url}/assay/status", method="POST", json=body)

        changing_claims = HttpHook(
            name="change_claims",
            url=f"{server.url}/assay/claims",
            method="POST",
            json={"configuration": "{configuration}"},
        )
        hooks = tuple(minting(name, wishes) for name, wishes in _offers(issuing.grants).items())
        wallet = registered_wallet(server.issuer)
        trust = replace(
            settings.trust,
            tls_ca=folder / "tls-ca.pem",
            x5c=(folder / "trust-anchor.pem",),
            iaca=(folder / "iaca.pem",),
            metadata=(folder / "trust-anchor.pem",),
        )
        started = replace(
            settings,
            issuer_url=server.url,
            offers=settings.offers or hooks,
            denied_offer=settings.denied_offer or minting("denied", _DENIED),
            revoke=settings.revoke or operating("revoke"),
            suspend=settings.suspend or operating("suspend"),
            reinstate=settings.reinstate or operating("reinstate"),
            change_claims=settings.change_claims or changing_claims,
            trust=trust,
            promises=Promises(**server.issuer.promises()),
            dialect=replace(settings.dialect, sd_jwt_vc=issuing.sd_jwt_vc),
            client=wallet.client,
            second_client=wallet.second,
            user=wallet.options.user,
            key_attester=wallet.options.key_attester,
        )
        close = stack.pop_all().close
    return Target(started, close)
