"""The department with all that stands behind it, in process, and somebody who uses browser and wallet."""

from __future__ import annotations

import html
import json
import re
import ssl
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from jwcrypto.jwk import JWK

from harness.govuk.people import PEOPLE, Person, wallet_subject_id
from harness.govuk.status_requests import StatusListClient
from harness.govuk.status_service import StatusListService
from harness.govuk.token_service import WALLET_CLIENT_ID, TokenService
from harness.one_login.provider import OneLogin
from harness.one_login.relying_party import RelyingParty
from harness.reference import jwt
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.reference.govuk.app import GovukIssuer
from harness.reference.govuk.variants import GOVUK_VARIANTS
from harness.reference.multikey import multikey

DEPARTMENT, TOKENS = "https://licences.assay.service.gov.uk", "https://token.account.gov.uk"
PROVIDER, STATUS = "https://oidc.account.gov.uk", "https://crs.account.gov.uk"
WALLET = "urn:fdc:gov:uk:wallet"
_TLS = ssl.create_default_context()
"""Nobody uses it; to make one for each client takes long."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.moment = now

    def __call__(self) -> float:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += seconds


class Town:
    """A department, GOV.UK One Login, its token service and the status list service, none of them on a socket."""

    def __init__(self, variant: str = "govuk-simple-mdoc", faults: Iterable[str] = ()) -> None:
        self.clock = Clock()
        shared: dict[str, Any] = {"clock": self.clock, "http": self.http}
        self.issuer = GovukIssuer(
            GOVUK_VARIANTS[variant],
            faults,
            base_url=DEPARTMENT,
            one_login_url=PROVIDER,
            token_service_url=TOKENS,
            status_service_url=STATUS,
            **shared,
        )
        self.tokens = TokenService(TOKENS, **shared)
        self.tokens.register(self.issuer.issuer_url)
        self.one_login = OneLogin(PROVIDER, clients=[RelyingParty(**self.issuer.relying_party)], **shared)
        self.status = StatusListService(STATUS, issuers=[StatusListClient(**self.issuer.status_client)], **shared)

    def http(self) -> httpx.AsyncClient:
        """Make a client that reaches all of them."""
        apps: dict[str, Any] = {
            DEPARTMENT: self.issuer.app,
            TOKENS: self.tokens.app,
            PROVIDER: self.one_login.app,
            STATUS: self.status.app,
        }
        mounts = {url: httpx.ASGITransport(app) for url, app in apps.items()}
        return httpx.AsyncClient(mounts=mounts, verify=_TLS)

    def subject(self, person: Person) -> str:
        """Give the wallet_subject_id of a person."""
        return wallet_subject_id(person, str(urlsplit(DEPARTMENT).hostname))

    def subject_of(self, who: str) -> str:
        """Give the wallet_subject_id of somebody by name."""
        return self.subject(PEOPLE[who])

    def offer(self, configuration: str | None = None, who: str = "kenneth") -> str:
        """Make an offer without the web service."""
        person = PEOPLE[who]
        return self.issuer.mint_offer(configuration, subject=self.subject(person), person=person)


def offered(link: str) -> dict[str, Any]:
    """Give the offer in a deep link."""
    document: dict[str, Any] = json.loads(parse_qs(urlsplit(link).query)["credential_offer"][0])
    return document


def code_of(link: str) -> str:
    """Give the Pre-Authorized Code in a deep link."""
    return str(offered(link)["grants"][PRE_AUTHORIZED_CODE]["pre-authorized_code"])


class Browser:
    """Follows redirects with cookies, and answers forms with the choices it is told."""

    def __init__(self, town: Town, **answers: str) -> None:
        self.http = town.http()
        self.answers = answers
        self.visited: list[httpx.Response] = []

    async def go(self, url: str) -> httpx.Response:
        """Go to a URL, as far as it leads without an answer."""
        answer = await self.http.get(urljoin(DEPARTMENT, url), follow_redirects=True)
        self.visited += [*answer.history, answer]
        return answer

    async def travel(self, url: str) -> httpx.Response:
        """Go to a URL and answer all forms until there is a page without any."""
        page = await self.go(url)
        for _ in range(5):
            action = re.search(r'<form method="post" action="([^"]+)"', page.text)
            if action is None:
                return page
            page = await self.http.post(urljoin(DEPARTMENT, action[1]), data=self.answers, follow_redirects=True)
            self.visited += [*page.history, page]
        raise AssertionError("the journey does not end")


def link_on(page: httpx.Response) -> str | None:
    """Give the deep link on a page."""
    found = re.search(r'href="(https://mobile[^"]+)"', page.text)
    return html.unescape(found[1]) if found else None


@dataclass
class Wallet:
    """GOV.UK Wallet of one person."""

    town: Town
    who: str = "kenneth"
    key: JWK = field(default_factory=lambda: JWK.generate(kty="EC", crv="P-256"))

    @property
    def did(self) -> str:
        """The did:key."""
        return f"did:key:{multikey(self.key.export_public(as_dict=True))}"

    def token(self, link: str, *, refresh: bool = False, **claims: Any) -> str:
        """Have an access token made for the code of an offer; a claim that is ``None`` is left out."""
        code = jwt.read(code_of(link))
        assert code is not None
        draft = self.town.tokens.draft(dict(code.claims), self.town.subject(PEOPLE[self.who]), refresh=refresh)
        return draft.with_claims(**claims).sign()

    def proof(self, token: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Make a proof; a claim that is ``None`` is left out."""
        read = jwt.read(token)
        said = {
            "iss": WALLET,
            "aud": DEPARTMENT,
            "iat": int(self.town.clock()),
            "nonce": read.claims.get("c_nonce") if read else None,
            **claims,
        }
        heading = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "kid": self.did, **(header or {})}
        return jwt.sign(self.key, heading, {name: value for name, value in said.items() if value is not None})

    async def ask(self, token: str | None, proof: str | None = None, **rest: Any) -> httpx.Response:
        """Send a Credential Request; ``rest`` goes to httpx instead of the right body."""
        body = rest or {"json": {"proof": {"proof_type": "jwt", "jwt": proof or self.proof(token or "..")}}}
        headers = {**body.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        async with self.town.http() as http:
            return await http.post(f"{DEPARTMENT}/credential", headers=headers, **body)

    async def tell(self, token: str | None, document: Any) -> httpx.Response:
        """Send a notification."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.town.http() as http:
            return await http.post(f"{DEPARTMENT}/notification", headers=headers, json=document)

    async def redeem(self, link: str) -> dict[str, Any]:
        """Get the credential of an offer, over the token endpoint."""
        self.town.tokens.user = self.town.subject(PEOPLE[self.who])
        async with self.town.http() as http:
            form = {
                "grant_type": PRE_AUTHORIZED_CODE,
                "pre-authorized_code": code_of(link),
                "client_id": WALLET_CLIENT_ID,
            }
            answer = await http.post(f"{TOKENS}/token", data=form)
        assert answer.status_code == 200, answer.text
        got = await self.ask(answer.json()["access_token"])
        assert got.status_code == 200, (got.status_code, got.text, got.headers)
        document: dict[str, Any] = got.json()
        return document


def fresh() -> str:
    """Give a random UUID."""
    return str(uuid.uuid4())
