"""An issuer as far as the services behind GOV.UK Wallet know it: a JWK Set, and what it signs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.govuk.service_keys import KeyRing
from harness.wallet.jwt import JwtDraft

URL = "https://issuer.service.gov.uk"
NOW = 1_780_000_000
SUBJECT = "urn:fdc:wallet.account.gov.uk:2024:MMHp0uBi4_Jb7uz4zx45HJ3ENJ_snOeTV_zS6WRpmFs"


class Clock:
    def __init__(self) -> None:
        self.now: float = NOW

    def __call__(self) -> float:
        return self.now


class Issuer:
    def __init__(self) -> None:
        self.keys = KeyRing()
        self.answer: Callable[[], Response] = lambda: JSONResponse(self.keys.jwks)
        self.asked = 0
        self.slow: asyncio.Barrier | None = None
        """The JWK Set is not given out before so many have asked for it."""
        self.app = Starlette(routes=[Route("/.well-known/jwks.json", self._jwks)])

    async def _jwks(self, _: Request) -> Response:
        self.asked += 1
        if self.slow is not None:
            await self.slow.wait()
        return self.answer()

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(mounts={"all://issuer.service.gov.uk": httpx.ASGITransport(self.app)})

    def jwt(self, claims: dict[str, Any]) -> JwtDraft:
        key = self.keys.current
        return JwtDraft(key.key, {"kid": key.kid, "typ": "JWT", "alg": "ES256"}, claims)
