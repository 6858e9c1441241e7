"""What an external system says to a gateway, right or with something changed, and what its browser is shown."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from jwcrypto import jwk
from jwcrypto.common import base64url_encode

from harness.evidence import Blocked, Tools
from harness.formats.html_forms import HtmlError
from harness.formats.html_page import WebPage
from harness.journey import pages, pictures
from harness.journey.walker import Cookies
from harness.staff_passport.endpoints import Endpoints
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.templates import IDENTITY, SERIAL_NUMBER, UNIQUE_IDENTIFIER
from harness.transport import Recorder, Reply
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey

HINT_S = 300
"""Seconds for which a hint is good."""
WALLET_LINK = "openid-vc:"
"""How links to the wallet begin."""
_MOST_REDIRECTS = 10


@dataclass(frozen=True)
class AuthorizationUrl:
    """An authorization request as the browser makes it, and what its answer has to carry."""

    url: str
    redirect_uri: str
    state: str | None
    nonce: str | None


@dataclass(frozen=True)
class Shown:
    """What a browser saw that was sent to the gateway.

    Attributes:
        reply: the last answer of the gateway.
        page: the same as a page; ``None`` where it is none.
        location: where the gateway sent the browser that is not its own; ``None``: nowhere.
        codes: texts of the QR codes of the page.
        unread: why pictures could not be read.

    """

    reply: Reply
    page: WebPage | None
    location: str | None
    codes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[str, ...]:
        """The links of the page that call the wallet."""
        links = self.page.links if self.page else ()
        return tuple(link.url for link in links if link.url.lower().startswith(WALLET_LINK))

    @property
    def asks(self) -> bool:
        """Whether the page has something for the wallet: a QR code, or a link to it."""
        return bool(self.codes or self.links)

    @property
    def gist(self) -> str:
        """What it is, in words."""
        if self.location is not None:
            return f"a redirect to {pages.place(self.location)}"
        heading = f", headed {self.page.headings[0]!r}" if self.page and self.page.headings else ""
        return f"{self.reply.gist}{heading}{', with something to scan' if self.asks else ''}"

    def returned_to(self, redirect_uri: str) -> bool:
        """Whether the browser was sent to a redirect URL."""
        if self.location is None:
            return False
        there, wanted = urlsplit(self.location), urlsplit(redirect_uri)
        return (there.scheme, there.netloc, there.path) == (wanted.scheme, wanted.netloc, wanted.path)


@dataclass(frozen=True)
class Details:
    """What is to be issued.

    Attributes:
        unique_identifier: of the employee, until a verification gave the true one.

    """

    template: str
    attributes: Mapping[str, str]
    unique_identifier: str


class GatewayHandle:
    """The external system's side of all dealings with one gateway.

    Args:
        base: of the gateway, without a slash at the end.
        at: its endpoints.
        system: what the external system was given at its registration; its first redirect URL is used.
        details: what it issues.
        tools: network and clock.
        second: another registered external system, of which client id and secret are known.

    """

    def __init__(
        self,
        base: str,
        at: Endpoints,
        system: ExternalSystem,
        details: Details,
        tools: Tools,
        *,
        second: ExternalSystem | None = None,
    ) -> None:
        self.base = base
        self.at = at
        self.system = system
        self.details = details
        self.second = second
        self._tools = tools

    @property
    def redirect_uri(self) -> str:
        """The registered redirect URL that is used.

        Raises:
            Blocked: none is known.

        """
        if not self.system.redirect_uris:
            raise Blocked("no redirect URL is known: give [staff_passport] redirect_uris in assay.toml")
        return self.system.redirect_uris[0]

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._tools.now()

    @property
    def recorder(self) -> Recorder:
        """Keeps what is sent and received."""
        return self._tools.client.recorder

    async def get(self, purpose: str, url: str) -> Reply:
        """Fetch a document.

        Raises:
            TransportFailure: there is no complete answer.

        """
        return await self._tools.client.send(purpose, "GET", url)

    async def wait(self, seconds: float, why: str) -> None:
        """Wait, as long as the run allows.

        Raises:
            Blocked: it would take longer.

        """
        await self._tools.wait(seconds, why)

    # Issuing

    def hint(self, unique_identifier: str | None = None) -> JwtDraft:
        """Give the signed details of a right request, before they are signed.

        Args:
            unique_identifier: of the employee; by default that of the settings.

        """
        now = int(self.now)
        claims = {
            "iss": self.system.client_id,
            "aud": self.at.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + HINT_S,
            **self.details.attributes,
            UNIQUE_IDENTIFIER: unique_identifier or self.details.unique_identifier,
        }
        return JwtDraft(mac_key(self.system.signing_key), {"alg": "HS256", "typ": "JWT"}, claims)

    async def push(self, hint: JwtDraft | str | None = None, **changes: str | None) -> Reply:
        """Push the details of a credential.

        Args:
            hint: by default the right one.
            changes: parameters that are set otherwise; ``None`` leaves one out.

        Raises:
            TransportFailure: there is no complete answer.

        """
        hint = self.hint() if hint is None else hint
        form = {
            **self._credentials(),
            "redirect_uri": self.redirect_uri,
            "scope": f"issue.{self.details.template}",
            "id_token_hint": hint.sign() if isinstance(hint, JwtDraft) else hint,
            "response_type": "code",
            "response_mode": "query",
            "nonce": str(uuid.uuid4()),
            "state": secrets.token_urlsafe(24),
        }
        return await self._tools.client.send(
            "pushed authorization request", "POST", self.at.pushed, form=_changed(form, changes)
        )

    async def issuing(self, unique_identifier: str | None = None) -> AuthorizationUrl:
        """Push a right request and give the authorization request that refers to it.

        Raises:
            Blocked: it was not accepted.
            TransportFailure: there is no complete answer.

        """
        state, nonce = secrets.token_urlsafe(24), str(uuid.uuid4())
        reply = await self.push(self.hint(unique_identifier), state=state, nonce=nonce)
        return AuthorizationUrl(self.pushed_url(request_uri_of(reply)), self.redirect_uri, state, nonce)

    def pushed_url(self, request_uri: str, client_id: str | None = None) -> str:
        """Give the authorization request that refers to a pushed one.

        Args:
            client_id: by default that of the external system.

        """
        query = {"client_id": client_id or self.system.client_id, "request_uri": request_uri}
        return _with_query(self.at.authorization, query)

    # Verifying

    def verifying(self, **changes: str | None) -> AuthorizationUrl:
        """Give an authorization request that asks for the employee's identity.

        Args:
            changes: parameters that are set otherwise; ``None`` leaves one out.

        """
        state, nonce = secrets.token_urlsafe(24), str(uuid.uuid4())
        query = _changed(
            {
                "client_id": self.system.client_id,
                "redirect_uri": self.redirect_uri,
                "scope": f"openid {IDENTITY}",
                "response_type": "code",
                "response_mode": "query",
                "state": state,
                "nonce": nonce,
            },
            changes,
        )
        return AuthorizationUrl(
            _with_query(self.at.verifying, query),
            query.get("redirect_uri", self.redirect_uri),
            query.get("state"),
            query.get("nonce"),
        )

    async def show(self, url: str, cookies: Cookies | None = None) -> Shown:
        """Send a browser to the gateway, up to the page it stays on or to where it is sent away.

        Args:
            cookies: of the browser; by default it is a clean one.

        Raises:
            TransportFailure: there is no complete answer.

        """
        cookies = cookies or Cookies()
        here = urlsplit(self.base).netloc
        reply = await self._browse(url, cookies)
        for _ in range(_MOST_REDIRECTS):
            if not pages.is_redirect(reply):
                break
            target = urljoin(reply.url, reply.headers.get("location", ""))
            if urlsplit(target).netloc != here or self._is_ours(target):
                return Shown(reply, None, target)
            reply = await self._browse(target, cookies)
        if not pages.is_page(reply):
            return Shown(reply, None, None)
        try:
            page = pages.read(reply)
        except HtmlError:
            return Shown(reply, None, None)

        async def fetch(picture: str) -> Reply:
            return await self._browse(picture, cookies)

        seen = await pictures.shown(page, fetch, thorough=True)
        return Shown(reply, page, None, pictures.texts(seen.rasters), seen.unread)

    # What follows

    async def redeem(self, code: str, **changes: str | None) -> Reply:
        """Exchange an authorization code.

        Args:
            changes: parameters that are set otherwise; ``None`` leaves one out.

        Raises:
            TransportFailure: there is no complete answer.

        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            **self._credentials(),
        }
        return await self._tools.client.send("token request", "POST", self.at.token, form=_changed(form, changes))

    async def revoke(self, serial: str, **changes: str | None) -> Reply:
        """Revoke a credential.

        Args:
            changes: members that are set otherwise; ``None`` leaves one out.

        Raises:
            TransportFailure: there is no complete answer.

        """
        body = {
            **self._credentials(),
            "OrganisationId": self.system.organisation_id,
            "CredentialTemplateName": self.details.template,
            SERIAL_NUMBER: serial,
            "RevocationReason": "Source record deleted",
        }
        return await self._tools.client.send(
            "revocation", "POST", self.at.revocation, json_body=_changed(body, changes)
        )

    def _credentials(self) -> dict[str, str]:
        return {"client_id": self.system.client_id, "client_secret": self.system.client_secret}

    async def _browse(self, url: str, cookies: Cookies) -> Reply:
        headers = {"Accept": "text/html"}
        if cookie := cookies.header(url):
            headers["Cookie"] = cookie
        reply = await self._tools.client.send("user: gateway", "GET", url, headers=headers)
        cookies.learn(reply)
        return reply

    def _is_ours(self, url: str) -> bool:
        return any(url.partition("?")[0] == each.partition("?")[0] for each in self.system.redirect_uris)


def mac_key(secret: bytes) -> WalletKey:
    """Give a key for HS256."""
    return WalletKey(jwk.JWK(kty="oct", k=base64url_encode(secret)), "HS256")


def request_uri_of(reply: Reply) -> str:
    """Give the reference to what was pushed.

    Raises:
        Blocked: there is none.

    """
    found = reply.object.get("request_uri")
    if not reply.successful or not isinstance(found, str) or not found:
        raise Blocked(f"a right pushed request is not accepted: {reply.gist}")
    return found


def parameters_of(url: str) -> dict[str, str]:
    """Give the parameters of a URL; the last one of a name that is repeated."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _changed(values: Mapping[str, Any], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}
