"""An issuer's back end and a wallet that speak to the simulated MATTR VII tenant in process."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import cbor2
import httpx
from jwcrypto.jwk import JWK

from harness.reference import jwt
from harness.vendors.mattr.claims_source import ClaimsSource
from harness.vendors.mattr.context import sample_claims
from harness.vendors.mattr.tenant import Tenant
from harness.vendors.mattr.variants import mattr_variant

URL = "https://tenant.vii.assay.test"
SOURCE = "https://claims.assay.test/claims"
NOW = 1_790_000_000.0
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
DOCUMENTED, CORRECTED = "mattr-as-documented", "mattr-corrected-1.0"
HOLDER = JWK.generate(kty="EC", crv="P-256")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def counted() -> Callable[[int], bytes]:
    """Bytes that look random and are the same in every run."""
    numbers = itertools.count(1)

    def give(length: int) -> bytes:
        parts = (hashlib.sha256(f"{next(numbers)}".encode()).digest() for _ in range(length // 32 + 1))
        return b"".join(parts)[:length]

    return give


@dataclass
class Offered:
    """An offer as the answer of the offers API and the wallet's reading of it."""

    answer: dict[str, Any]
    offer: dict[str, Any]

    @property
    def code(self) -> str:
        code: str = self.offer["grants"][GRANT]["pre-authorized_code"]
        return code

    @property
    def tx_code(self) -> str:
        return str(self.answer["transactionCode"])


class World:
    """A tenant, its claims source, its issuer and a wallet."""

    def __init__(self, variant: str = DOCUMENTED, faults: Iterable[str] = (), **knobs: Any) -> None:
        self.clock = Clock()
        self.source = ClaimsSource()
        self.variant = replace(mattr_variant(variant), **knobs)
        self.tenant = Tenant(
            self.variant,
            faults,
            base_url=URL,
            clock=self.clock,
            random_bytes=counted(),
            http=lambda: httpx.AsyncClient(transport=httpx.ASGITransport(self.source.app)),
            claims_source_url=SOURCE,
        )
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.tenant.app), base_url=URL)
        self._token: str | None = None

    def id(self, name: str) -> str:
        by_name = zip(self.variant.configurations, self.tenant.context.configurations, strict=True)
        return dict(by_name)[name]

    # The issuer's back end

    async def administrator(self) -> dict[str, str]:
        if self._token is None:
            answer = await self.http.post("/oauth/token", json=self.tenant.administrator)
            self._token = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self._token}"}

    async def ask_offer(self, *names: str, **members: Any) -> httpx.Response:
        body = {"credentials": [self.id(name) for name in names], "claims": sample_claims(), **members}
        return await self.http.post(
            "/v1/openid/offers/pre-authorized", json=body, headers=await self.administrator()
        )

    async def offer(self, *names: str, tx_code: bool = False, **members: Any) -> Offered:
        if tx_code:
            members["transactionCodeConfiguration"] = {"inputMode": "numeric", "description": "In the letter"}
        answer = (await self.ask_offer(*(names or ("driving_licence",)), **members)).json()
        [text] = parse_qs(urlsplit(answer["uri"]).query)["credential_offer"]
        return Offered(answer, json.loads(text))

    async def set_status(self, offered: Offered, state: str) -> httpx.Response:
        headers = await self.administrator()
        listed = await self.http.get(f"/v1/users/{offered.answer['userId']}/credentials", headers=headers)
        identifier = listed.json()["data"][-1]["id"]
        path = f"/v2/credentials/mobile/{identifier}/status"
        return await self.http.post(path, json={"status": state}, headers=headers)

    # The wallet

    async def ask_token(self, code: str | None, tx_code: str | None = None, **members: str) -> httpx.Response:
        form = {"grant_type": GRANT, **members}
        if code is not None:
            form["pre-authorized_code"] = code
        if tx_code is not None:
            form["tx_code"] = tx_code
        return await self.http.post("/v1/oauth/token", data=form)

    async def token(self, offered: Offered) -> str:
        tx_code = offered.tx_code if "transactionCode" in offered.answer else None
        token: str = (await self.ask_token(offered.code, tx_code)).json()["access_token"]
        return token

    def proof(self, **claims: Any) -> str:
        header = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": HOLDER.export_public(as_dict=True)}
        return jwt.sign(HOLDER, header, {"aud": URL, "iat": int(self.clock.now), **claims})

    def body(self, name: str, proof: str | None = None, *, later: bool | None = None) -> dict[str, Any]:
        """A request as the documents tell, or as 1.0 has it."""
        value = self.proof() if proof is None else proof
        if later if later is not None else self.variant.name == CORRECTED:
            return {"credential_configuration_id": self.id(name), "proofs": {"jwt": [value]}}
        data = self.tenant.context.configurations[self.id(name)]
        named: dict[str, Any] = {"format": data["format"]}
        if "doctype" in data:
            named["doctype"] = data["doctype"]
        else:
            named["credential_definition"] = {"type": ["VerifiableCredential", data["type"]]}
        return {**named, "proof": {"proof_type": "jwt", "jwt": value}}

    async def ask_credential(self, token: str | None, body: dict[str, Any]) -> httpx.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.http.post("/v1/openid/credential", json=body, headers=headers)

    async def credential(self, name: str = "driving_licence", offered: Offered | None = None) -> Mdoc:
        token = await self.token(offered or await self.offer(name))
        answer = (await self.ask_credential(token, self.body(name))).json()
        return Mdoc(answer["credential"] if "credential" in answer else answer["credentials"][0]["credential"])


class Mdoc:
    """A mobile document as a library reads it that knows nothing of the tenant."""

    def __init__(self, text: str) -> None:
        self.text = text
        signed = cbor2.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        self.signature = signed["issuerAuth"]
        self.mso: dict[str, Any] = cbor2.loads(cbor2.loads(self.signature[2]).value)
        self.claims = {namespace: dict(map(_element, items)) for namespace, items in signed["nameSpaces"].items()}


def _element(item: Any) -> tuple[str, Any]:
    read = cbor2.loads(item.value)
    return read["elementIdentifier"], read["elementValue"]
