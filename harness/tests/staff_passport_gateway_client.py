"""An external system that talks to the bundled gateway, right unless told otherwise."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx

from harness.formats import jose
from harness.staff_passport.employees import EMPLOYEES
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.templates import TEMPLATES

BASE = "https://gateway.assay.test"
CALLBACK = "https://portal.assay.test/callback"
CLIENT = ExternalSystem(
    "portal",
    "the secret",
    b"k" * 32,
    (CALLBACK,),
    "c9a3f4f2-organisation",
    "did:web:assay.staffpassports.nhs.uk",
)
OTHER = ExternalSystem(
    "other", "its secret", b"o" * 32, (CALLBACK, "https://other.assay.test/callback"), "its-org"
)
PLACEMENT = EMPLOYEES["amara"].records["TrainingPlacement"]
IDENTIFIER = EMPLOYEES["amara"].unique_identifier


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def gateway(base: str = BASE, **given: Any) -> tuple[Gateway, Clock]:
    """Make a gateway with two clients and its clock."""
    clock = Clock()
    arguments = {"clients": (CLIENT, OTHER), "templates": TEMPLATES, "clock": clock, **given}
    return Gateway(base, **arguments), clock


def in_process(made: Gateway) -> httpx.AsyncClient:
    """Give a client that reaches the gateway without a socket."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url=made.base_url)


def encoded(value: Any) -> str:
    """Encode JSON in base64url."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Portal:
    """The external system."""

    def __init__(self, made: Gateway, http: httpx.AsyncClient, clock: Clock, *, prefix: str = "/oidc") -> None:
        self.gateway, self.http, self.clock, self.prefix = made, http, clock, prefix
        self.audience = f"{made.base_url}/oidc" if prefix == "/oidc" else made.base_url

    def hint(self, *, key: bytes = CLIENT.signing_key, alg: str = "HS256", **claims: Any) -> str:
        """Sign the credential that is to be issued; a claim that is ``None`` is left out."""
        now = int(self.clock())
        whole = {"iss": CLIENT.client_id, "aud": self.audience, "iat": now, "nbf": now, "exp": now + 300}
        whole |= {**PLACEMENT, "UniqueIdentifier": IDENTIFIER, **claims}
        signed = f"{encoded({'alg': alg})}.{encoded({n: v for n, v in whole.items() if v is not None})}"
        signature = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    async def push(self, **changes: Any) -> httpx.Response:
        """Push a request; a parameter that is ``None`` is left out."""
        form = {
            "client_id": CLIENT.client_id,
            "client_secret": CLIENT.client_secret,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "response_mode": "query",
            "scope": "issue.TrainingPlacement",
            "state": "the state",
            "nonce": "the nonce",
        }
        form |= {"id_token_hint": self.hint()} if "id_token_hint" not in changes else {}
        return await self.http.post(f"{self.prefix}/par", data=_given(form, changes))

    async def authorize(self, path: str = "/oidc/authorizev1", **changes: Any) -> httpx.Response:
        """Send the browser to be verified."""
        query = {
            "client_id": CLIENT.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid Identity",
            "state": "the state",
            "nonce": "the nonce",
        }
        return await self.http.get(path, params=_given(query, changes))

    async def walked(self, begun: httpx.Response) -> httpx.URL:
        """Follow the browser over the page with the QR code, and give where it ends."""
        page = begun.headers["location"]
        shown = await self.http.get(page)
        assert shown.status_code == 200, shown.text
        back = await self.http.get(page)
        assert back.status_code == 302
        return httpx.URL(back.headers["location"])

    async def code(self, **changes: Any) -> str:
        """Verify, and give the code."""
        return str((await self.walked(await self.authorize(**changes))).params["code"])

    async def issue(self, **changes: Any) -> httpx.URL:
        """Push, and walk the browser to its end."""
        pushed = await self.push(**changes)
        assert pushed.status_code == 201, pushed.text
        query = {"client_id": CLIENT.client_id, "request_uri": pushed.json()["request_uri"]}
        return await self.walked(await self.http.get(f"{self.prefix}/authorize", params=query))

    async def redeem(self, code: str, **changes: Any) -> httpx.Response:
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "client_id": CLIENT.client_id,
            "client_secret": CLIENT.client_secret,
        }
        return await self.http.post(f"{self.prefix}/token", data=_given(form, changes))

    async def claims(self, code: str, **changes: Any) -> dict[str, Any]:
        """Exchange a code, and give the claims of the ID token after its signature was verified."""
        answer = await self.redeem(code, **changes)
        assert answer.status_code == 200, answer.text
        jws = jose.parse_compact(answer.json()["id_token"])
        discovery = (await self.http.get(self.discovery)).json()
        (key,) = (await self.http.get(discovery["jwks_uri"])).json()["keys"]
        jose.verify(jws, key)
        claims: dict[str, Any] = json.loads(jws.payload)
        assert claims["iss"] == discovery["issuer"]
        return claims

    @property
    def discovery(self) -> str:
        """Where the discovery document is."""
        return f"{self.prefix.removesuffix('/oidc') or '/oidc'}/.well-known/openid-configuration"

    async def revoke(self, serial: str, **changes: Any) -> httpx.Response:
        """Revoke a credential."""
        body = {
            "client_id": CLIENT.client_id,
            "client_secret": CLIENT.client_secret,
            "OrganisationId": CLIENT.organisation_id,
            "CredentialTemplateName": "TrainingPlacement",
            "SerialNumber": serial,
            "RevocationReason": "the record was deleted",
        }
        return await self.http.post("/Revocation/revokecredential", json=_given(body, changes))


def _given(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (values | changes).items() if value is not None}
