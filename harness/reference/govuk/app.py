"""The department that issues to GOV.UK Wallet, as an ASGI application with its own memory."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.reference import document_signer
from harness.reference.documents import Reply
from harness.reference.faults import Defects, check_known
from harness.reference.govuk import credentials, keys, one_login
from harness.reference.govuk.context import CLIENT_ID, STATUS_CLIENT_ID, GovukContext
from harness.reference.govuk.credential_issuer import CredentialIssuer
from harness.reference.govuk.credentials import data_of
from harness.reference.govuk.identity_rules import CORE_IDENTITY, RETURN_CODE
from harness.reference.govuk.offers import Offers, Revocation
from harness.reference.govuk.one_login import OneLogin
from harness.reference.govuk.outgoing import HttpClients, Outgoing
from harness.reference.govuk.records import Described, Details, Issued, Records, register
from harness.reference.govuk.status_client import StatusClient, StatusServiceError
from harness.reference.govuk.variants import GovukVariant
from harness.reference.govuk.web_service import WebService
from harness.reference.rules import Judge
from harness.reference.wire import Dated, body, response

OPERATIONS = frozenset({"revoke", "change_claims", "stop_reissuing", "rotate_keys"})


class GovukIssuer:
    """One department: Credential Issuer and web service.

    ``faults`` are ids from ``faults.catalogue``; ``fired`` tells which of them made a difference so far,
    ``broken`` which rules requests broke, and ``context`` where the department lives.

    Args:
        variant: one of ``variants.GOVUK_VARIANTS``, perhaps changed.
        faults: what is wrong with it.
        base_url: scheme and authority; it is the Credential Issuer Identifier.
        one_login_url: of the OpenID Provider of GOV.UK One Login.
        token_service_url: of the token service of GOV.UK One Login.
        status_service_url: of the status list service.
        identity_url: where GOV.UK One Login publishes the keys that sign identities; by default as its provider.
        clock: seconds since the epoch.
        random_bytes: gives as many random bytes as asked for.
        http: makes the client for each request to those services.

    Raises:
        ValueError: a fault id is unknown.

    """

    def __init__(
        self,
        variant: GovukVariant,
        faults: Iterable[str] = (),
        *,
        base_url: str,
        one_login_url: str,
        token_service_url: str,
        status_service_url: str,
        identity_url: str | None = None,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        http: HttpClients = httpx.AsyncClient,
    ) -> None:
        known = check_known(faults)
        self.variant = variant
        self.fired: set[str] = set()
        self.met: set[str] = set()
        self.context = GovukContext(
            variant=variant,
            base_url=base_url.rstrip("/"),
            clock=clock,
            random_bytes=random_bytes,
            one_login_url=one_login_url.rstrip("/"),
            identity_url=(identity_url or one_login_url).rstrip("/"),
            token_service_url=token_service_url.rstrip("/"),
            status_service_url=status_service_url.rstrip("/"),
        )
        judge = Judge(known, self.fired, self.met)
        self._defects = Defects(known, self.fired, self.context, self.met)
        outgoing = Outgoing(http, self._defects)
        self._records = Records(clock)
        self._statuses = StatusClient(self.context, self._defects, outgoing)
        self._offers = Offers(self.context, self._defects, self._records)
        issuer = CredentialIssuer(
            self.context, judge, self._defects, records=self._records, http=outgoing, statuses=self._statuses
        )
        provider = OneLogin(self.context, judge, self._defects, outgoing)
        service = WebService(
            self.context, judge, self._defects, records=self._records, offers=self._offers, one_login=provider
        )
        routes = [
            *issuer.routes(),
            *service.routes(),
            Route("/assay/offers", self._mint, methods=["POST"]),
            Route("/assay/credentials", self._operate, methods=["POST"]),
        ]
        self.app = Dated(Starlette(routes=routes), clock)

    @property
    def issuer_url(self) -> str:
        """The Credential Issuer Identifier."""
        return self.context.issuer_url

    @property
    def relying_party(self) -> dict[str, Any]:
        """What GOV.UK One Login has to be told of this client, by the names of ``one_login.RelyingParty``."""
        registration: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "redirect_uris": (self.context.url(one_login.RETURN),),
            "post_logout_redirect_uris": (self.context.url(one_login.SIGNED_OUT),),
            "back_channel_logout_uri": self.context.url(one_login.BACK_CHANNEL),
            "scopes": tuple(one_login.SCOPE.split()),
            "claims": (CORE_IDENTITY, RETURN_CODE),
            "levels": ("P2",),
            "sector_host": urlsplit(self.issuer_url).hostname or "",
        }
        if self.variant.by_secret:
            registration["client_secret"] = one_login.CLIENT_SECRET
        else:
            registration["jwks_url"] = self.context.url(one_login.CLIENT_JWKS)
        self._defects.emit("govuk-registration", registration)
        return registration

    @property
    def status_client(self) -> dict[str, Any]:
        """What the status list service has to be told, by the names of ``status_requests.StatusListClient``."""
        mobile = data_of(self.variant.configurations[0])["format"] == "mso_mdoc"
        return {
            "client_id": STATUS_CLIENT_ID,
            "jwks_url": self.context.url("/.well-known/jwks.json"),
            "lists": "token" if mobile else "bitstring",
        }

    @property
    def client_id(self) -> str:
        """By which GOV.UK One Login and its token service know this department."""
        return CLIENT_ID

    @property
    def iaca_pem(self) -> str:
        """The root certificate of the department, in PEM."""
        root = credentials.authority(self.context, self.context.clock())
        self._defects.emit("iaca", root)
        return document_signer.pem(root)

    def mint_offer(
        self, configuration: str | None = None, *, subject: str, person: Described | None = None
    ) -> str:
        """Make a fresh offer as the web service would, and give its link.

        Args:
            configuration: ``None`` for the first one.
            subject: the ``wallet_subject_id`` of the user.
            person: what credentials say of a user who is new here.

        Raises:
            ValueError: there is no such configuration.

        """
        known = self.variant.configurations
        name = known[0] if configuration is None else configuration
        if name not in known:
            raise ValueError(f"unknown configuration; there are {', '.join(known)}")
        return self._offers.make(self._records.account(subject, person), name).link

    @property
    def operations(self) -> frozenset[str]:
        """What :meth:`operate` can do."""
        return OPERATIONS if self.variant.listed else OPERATIONS - {"revoke"}

    async def operate(self, operation: str, credential: str) -> None:
        """Do something to an issued credential, or to its user.

        ``revoke`` revokes it at the status list service, ``change_claims`` changes what is known of its user, and
        ``stop_reissuing`` makes that the user gets no further credential of its configuration. ``rotate_keys`` has
        another key sign from now on, whichever the credential.

        Raises:
            ValueError: the credential is not known, or this cannot be done to it.

        """
        issued = self._records.issued.get(credential)
        if issued is None:
            raise ValueError("this credential is not known")
        if operation not in self.operations:
            raise ValueError(f"this issuer does not {operation} credentials")
        if operation == "change_claims":
            issued.offered.account.change()
        elif operation == "stop_reissuing":
            issued.offered.account.withdrawn.add(issued.offered.configuration)
        elif operation == "rotate_keys":
            self.context.signers.insert(0, keys.new_credential_key())
        else:
            await self._revoke(issued)

    async def _revoke(self, issued: Issued) -> None:
        if issued.entry is None:
            raise ValueError("this credential has no entry in a status list")
        revocation = Revocation(issued, [issued])
        self._defects.emit("govuk-revocation", revocation)
        for each in revocation.revoked:
            if each.entry is None:
                continue
            try:
                await self._statuses.revoke(each.entry)
            except StatusServiceError as error:
                raise ValueError(str(error)) from error

    # For people who develop a wallet

    async def _mint(self, request: Request) -> Response:
        try:
            wish = json.loads(await body(request) or b"{}")
            person = wish.get("person")
            described = Details(**person) if isinstance(person, dict) else register().get(str(person))
            link = self.mint_offer(wish.get("configuration"), subject=str(wish["subject"]), person=described)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            return response(Reply({"error": f"cannot mint this offer: {error}"}, 400))
        return response(Reply({"offer": link, "credential_issuer": self.issuer_url}, 201))

    async def _operate(self, request: Request) -> Response:
        try:
            wish = json.loads(await body(request))
            await self.operate(wish["operation"], wish["credential"])
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            return response(Reply({"error": f"cannot do this: {error}"}, 400))
        return response(Reply(None, 204, {}))
