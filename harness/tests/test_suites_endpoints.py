"""Verdicts on issuers that are no variant of the reference issuer: its answers are edited on the way."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from jwcrypto.common import base64url_decode

from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import ClientSettings
from harness.tests.bench import judge_issuer
from harness.tests.fault_variants import is_due_advice

Edit = Callable[[httpx.Request, httpx.Response], httpx.Response | None]
"""Gives another answer in place of one, or ``None`` to leave it."""


class Edited(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return self._edit(request, response) or response


async def judged(
    edit: Edit, *, variant: str = "default", select: str = "*", client_id: str | None = None
) -> list[CheckResult]:
    issuer = ReferenceIssuer(VARIANTS[variant])
    transport = Edited(httpx.ASGITransport(issuer.app), edit)
    client = ClientSettings(client_id=client_id)
    return (await judge_issuer(issuer, transport, client=client, select=select)).results


def verdicts(results: list[CheckResult]) -> dict[str, Verdict]:
    return {result.check: result.verdict for result in results}


def bad(results: list[CheckResult], *allowed: Verdict) -> list[str]:
    fine = {Verdict.PASS, Verdict.NOT_APPLICABLE, *allowed}
    found = [r for r in results if r.verdict not in fine and not is_due_advice(r)]
    return [f"{r.check}: {r.verdict} {r.reason} {r.findings}" for r in found]


def refusal(error: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": error})


# Issuers that are right


async def test_header_and_media_type_spellings_do_not_matter() -> None:
    def edit(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        headers: list[tuple[bytes, bytes]] = []
        for name, value in response.headers.raw:
            if name == b"content-type" and value == b"application/json":
                headers.append((b"CONTENT-TYPE", b"Application/JSON; Charset=UTF-8"))
            elif name == b"cache-control":
                headers += [(b"CACHE-CONTROL", b"private, max-age=0"), (b"Cache-Control", b"No-Store")]
            elif name == b"www-authenticate":
                realm = 'realm="東京"'.encode()
                headers.append((name, b'DPoP algs="ES256 PS256"'))
                headers.append((name, value.replace(b"Bearer", b"bearer").replace(b'realm="assay"', realm)))
            else:
                headers.append((name, value))
        return httpx.Response(response.status_code, headers=headers, content=response.content)

    assert bad(await judged(edit)) == []


@pytest.mark.parametrize("said", [(401, ""), (400, '{"error": "invalid_credential_request"}')])
async def test_a_token_may_be_good_for_a_few_requests_only(said: tuple[int, str]) -> None:
    uses: dict[str, int] = {}

    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        authorization = request.headers.get("authorization", "")
        if not request.url.path.endswith("/credential") or not authorization.lower().startswith("bearer "):
            return None
        token = authorization.split(" ")[1]
        uses[token] = uses.get(token, 0) + 1
        if uses[token] <= 3:
            return None
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"', "Content-Type": "application/json"}
        return httpx.Response(said[0], headers=headers, text=said[1])

    assert bad(await judged(edit)) == []


async def test_a_missing_token_may_be_refused_with_403() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path.endswith("/credential") and "authorization" not in request.headers:
            return httpx.Response(403, headers=response.headers, content=response.content)
        return None

    assert bad(await judged(edit, select="credential-*")) == []


async def test_an_issuer_may_keep_one_nonce_only() -> None:
    latest = {"nonce": ""}

    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path.endswith("/nonce"):
            latest["nonce"] = response.json()["c_nonce"]
        if not request.url.path.endswith("/credential") or response.status_code != 200:
            return None
        proofs = json.loads(request.content)["proofs"]["jwt"]
        claims = [json.loads(base64url_decode(proof.split(".")[1])) for proof in proofs]
        return None if all(one["nonce"] == latest["nonce"] for one in claims) else refusal("invalid_nonce")

    assert bad(await judged(edit, variant="batch", select="credential-batch")) == []


# Issuers that this version cannot judge


async def test_a_limit_of_the_rate_is_no_finding() -> None:
    seen: list[str] = []

    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        seen.append(request.url.path)
        return refusal("slow_down", 429) if len(seen) > 20 and request.method == "POST" else None

    results = await judged(edit)
    assert bad(results, Verdict.BLOCKED) == []
    assert any("limits the rate" in (result.reason or "") for result in results)


async def test_an_issuer_that_insists_on_an_encryption_the_wallet_does_not_have_blocks() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if "openid-credential-issuer" in request.url.path:
            terms = {
                "alg_values_supported": ["dir"],
                "enc_values_supported": ["A128GCM"],
                "encryption_required": True,
            }
            return httpx.Response(200, json={**response.json(), "credential_response_encryption": terms})
        return refusal("invalid_encryption_parameters") if request.url.path.endswith("/credential") else None

    (result,) = await judged(edit, select="credential-issued")
    assert result.verdict is Verdict.BLOCKED
    assert "the wallet cannot encrypt as the metadata says" in (result.reason or "")


async def test_a_server_that_insists_on_dpop_blocks() -> None:
    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        return refusal("invalid_dpop_proof") if request.url.path.endswith("/token") else None

    assert verdicts(await judged(edit, select="token-issued")) == {"token-issued": Verdict.BLOCKED}


async def test_a_server_that_insists_on_client_authentication_blocks() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if "oauth-authorization-server" in request.url.path:
            methods = ["attest_jwt_client_auth"]
            return httpx.Response(200, json={**response.json(), "token_endpoint_auth_methods_supported": methods})
        return refusal("invalid_client", 401) if request.url.path.endswith("/token") else None

    results = await judged(edit, select="token-issued", client_id="wallet-dev")
    assert verdicts(results) == {"token-issued": Verdict.BLOCKED}


# Issuers that are wrong


@pytest.mark.parametrize(
    ("path", "check"), [("/token", "token-response-json"), ("/credential", "credential-response-json")]
)
async def test_a_web_page_in_place_of_json_fails(path: str, check: str) -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path.endswith(path) and response.status_code == 200:
            return httpx.Response(200, html="<!doctype html>")
        return None

    assert verdicts(await judged(edit, select=check)) == {check: Verdict.FAIL}


async def test_status_401_is_for_invalid_client_alone() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        refused = request.url.path.endswith("/token") and response.status_code == 400
        return refusal(response.json()["error"], 401) if refused else None

    results = await judged(edit, select="token-grant-type-*")
    assert set(verdicts(results).values()) == {Verdict.FAIL}


@pytest.mark.parametrize("error", [None, 42, ["invalid_grant"], {"code": "invalid_grant"}])
async def test_an_error_that_is_no_string_is_a_finding(error: object) -> None:
    def edit(_: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        return httpx.Response(400, json={"error": error}) if response.status_code == 400 else None

    results = await judged(edit)
    assert bad(results, Verdict.FAIL, Verdict.WARN) == []
    assert verdicts(results)["token-error-response"] is Verdict.FAIL
    assert verdicts(results)["credential-error-response"] is Verdict.FAIL


async def test_a_refusal_that_carries_an_access_token_is_none() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path.endswith("/token") and response.status_code == 400:
            return httpx.Response(400, json={**response.json(), "access_token": "a" * 40})
        return None

    (result,) = await judged(edit, select="token-code-unknown-refused")
    assert [finding.code for finding in result.findings] == ["TOKEN-CODE-UNKNOWN-ACCEPTED"]
