"""The simulated tenant: an ASGI application with what MATTR VII serves for the pre-authorized code flow."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from harness.reference import document_signer
from harness.reference.faults import Defects, check_known
from harness.reference.mattr import OfferWish
from harness.reference.rules import Judge
from harness.reference.wire import Dated
from harness.vendors.mattr import credentials
from harness.vendors.mattr.claims_source import ClaimsSourceClient, HttpClients
from harness.vendors.mattr.context import TenantContext, sample_claims
from harness.vendors.mattr.issuance import Issuance
from harness.vendors.mattr.management import CLIENT_ID, CLIENT_SECRET, Management
from harness.vendors.mattr.records import Records
from harness.vendors.mattr.variants import TenantVariant


@dataclass(frozen=True)
class Minted:
    """An offer as the tenant hands it to its issuer."""

    id: str
    offer: str
    """The link."""
    tx_code: str | None
    user_id: str


class Tenant:
    """One tenant of MATTR VII.

    ``faults`` are ids from ``faults.catalogue``; ``fired`` tells which of them made a difference so far, ``met``
    which documents went out and which rules requests broke.

    Args:
        variant: one of ``variants.MATTR_VARIANTS``, perhaps changed.
        faults: what is wrong with it.
        base_url: scheme and authority; it is the Credential Issuer Identifier.
        clock: seconds since the epoch.
        random_bytes: gives as many random bytes as asked for.
        http: makes the client for each request to the claims source.
        claims_source_url: where that is; ``None`` for none.

    Raises:
        ValueError: a fault id is unknown.

    """

    def __init__(
        self,
        variant: TenantVariant,
        faults: Iterable[str] = (),
        *,
        base_url: str = "https://tenant.vii.assay.test",
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        http: HttpClients = httpx.AsyncClient,
        claims_source_url: str | None = None,
    ) -> None:
        known = check_known(faults)
        self.variant = variant
        self.fired: set[str] = set()
        self.met: set[str] = set()
        self.context = TenantContext(
            variant=variant, base_url=base_url.rstrip("/"), clock=clock, random_bytes=random_bytes
        )
        judge = Judge(known, self.fired, self.met)
        self._defects = Defects(known, self.fired, self.context, self.met)
        self._records = Records(clock)
        self._management = Management(self.context, judge, self._defects, self._records)
        source = ClaimsSourceClient(claims_source_url, http, variant.claims_source_patience)
        issuance = Issuance(self.context, judge, self._defects, records=self._records, claims_source=source)
        self.app = Dated(Starlette(routes=[*self._management.routes(), *issuance.routes()]), clock)

    @property
    def base_url(self) -> str:
        """Scheme and authority."""
        return self.context.base_url

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""
        return self.context.issuer_url

    @property
    def iaca_pem(self) -> str:
        """The root certificate of the tenant, in PEM."""
        root = credentials.authority(self.context, self.context.now())
        self._defects.emit("iaca", root)
        return document_signer.pem(root)

    @property
    def administrator(self) -> dict[str, str]:
        """What an administrator's access token is asked with, as JSON at ``/oauth/token``."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "audience": self._management.audience,
            "grant_type": "client_credentials",
        }

    @property
    def configurations(self) -> dict[str, str]:
        """Name of each configuration that can be offered to its id."""
        known = self.context.configurations.items()
        by_id = {name: data["format"] for name, data in known}
        return {
            name: identifier
            for name, identifier in zip(self.variant.configurations, by_id, strict=True)
            if by_id[identifier] in self.variant.offered_formats
        }

    @property
    def mobile_configurations(self) -> list[dict[str, Any]]:
        """What the configurations of mobile documents say, as the API shows them."""
        return [each for each in self.context.configurations.values() if each["format"] == credentials.MOBILE]

    def mint_offer(
        self,
        configuration: str | None = None,
        *,
        tx_code: bool = False,
        claims: Mapping[str, Any] | None = None,
    ) -> Minted:
        """Make an offer as the offers API does.

        Args:
            configuration: its id; ``None`` for the first one.
            tx_code: whether a transaction code is to be entered.
            claims: by default some that are enough.

        Raises:
            ValueError: there is no such configuration to be offered.

        """
        known = list(self.configurations.values())
        wanted = known[0] if configuration is None else configuration
        if wanted not in known:
            raise ValueError(f"unknown configuration; there are {', '.join(known)}")
        document: dict[str, Any] = {
            "credentials": [wanted],
            "claims": dict(sample_claims() if claims is None else claims),
        }
        if tx_code:
            document["transactionCodeConfiguration"] = {"inputMode": "numeric", "description": "From the letter"}
        formats = {name: data["format"] for name, data in self.context.configurations.items()}
        wish = OfferWish(document, formats, self.variant.offered_formats, self.variant.longest_offer)
        answer = self._management.make(wish)
        code = answer.get("transactionCode")
        return Minted(
            str(answer.get("id")),
            str(answer.get("uri")),
            None if code is None else str(code),
            str(answer.get("userId")),
        )

    def set_status(self, credential: Any, state: str) -> None:
        """Give an issued mobile document the status ``valid``, ``suspended`` or ``invalid``.

        Args:
            credential: as it was issued.
            state: one of them.

        Raises:
            ValueError: the credential is not known or has no status, or ``invalid`` is what it is already.

        """
        for held in self._records.by_user.values():
            for issued in held:
                if issued.credential == credential and issued.state is not None:
                    self._management.set_status(issued, state)
                    return
        raise ValueError("this credential is not known, or has no status")
