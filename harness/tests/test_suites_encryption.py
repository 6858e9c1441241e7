"""Verdicts on issuers that encrypt and are no variant of the reference issuer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.tests.bench import Clock, judge_issuer

Edit = Callable[[httpx.Request, httpx.Response], httpx.Response | None]
"""Gives another answer in place of one, or ``None`` to leave it."""
BAD = {Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED, Verdict.ERROR}


class Edited(httpx.AsyncBaseTransport):
    def __init__(self, issuer: ReferenceIssuer, edit: Edit) -> None:
        self._inner = httpx.ASGITransport(issuer.app)
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return self._edit(request, response) or response


async def judged(variant: str, edit: Edit = lambda *_: None, **change: Any) -> dict[str, CheckResult]:
    clock = Clock()
    issuer = ReferenceIssuer(replace(VARIANTS[variant], **change), clock=clock.now)
    outcome = await judge_issuer(issuer, Edited(issuer, edit), select="encryption-*", clock=clock)
    return {result.check: result for result in outcome.results}


def asks_for_credentials(request: httpx.Request) -> bool:
    return request.url.path in ("/credential", "/deferred")


def encrypted(request: httpx.Request) -> bool:
    media_type: str = request.headers.get("content-type", "")
    return media_type == "application/jwt"


@pytest.mark.parametrize("variant", ["compression", "encryption-required", "encryption-deferred"])
async def test_a_token_for_one_request_is_enough_for_each(variant: str) -> None:
    results = await judged(variant, single_access=True, grants=("pre-authorized_code",))
    assert [result for result in results.values() if result.verdict in BAD] == []


async def test_an_endpoint_may_read_nothing_but_encrypted_requests() -> None:
    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        plain = asks_for_credentials(request) and not encrypted(request)
        return httpx.Response(415) if plain else None

    results = await judged("encryption-deferred-required", edit)
    assert [result for result in results.values() if result.verdict in BAD] == []
    assert results["encryption-request-plain-refused"].verdict is Verdict.PASS
    assert results["encryption-deferred-request-plain-refused"].verdict is Verdict.PASS


async def test_no_refusal_counts_where_everything_encrypted_is_refused() -> None:
    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        if not (asks_for_credentials(request) and encrypted(request)):
            return None
        return httpx.Response(400, json={"error": "invalid_encryption_parameters"})

    results = await judged("encryption-optional", edit)
    assert results["encryption-request-accepted"].verdict is Verdict.FAIL
    assert results["encryption-response-given"].verdict is Verdict.FAIL
    assert [name for name, result in results.items() if result.verdict is Verdict.PASS] == [
        "encryption-request-plain-accepted",
        "encryption-response-unasked",
        "encryption-response-plain-given",
    ]


async def test_who_ignores_encryption_is_found_out() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if response.headers.get("content-type") != "application/jwt":
            return None
        return httpx.Response(200, json={"credentials": [{"credential": "a.b.c~"}]})

    results = await judged("encryption-optional", edit)
    assert results["encryption-response-given"].verdict is Verdict.FAIL
    assert results["encryption-response-form"].verdict is Verdict.BLOCKED


async def test_without_keys_for_requests_no_response_can_be_asked_for() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("openid-credential-issuer"):
            return None
        document = response.json()
        del document["credential_request_encryption"]
        return httpx.Response(200, json=document)

    results = await judged("encryption-optional", edit)
    assert results.pop("encryption-response-unasked").verdict is Verdict.PASS
    assert {result.verdict for result in results.values()} == {Verdict.NOT_APPLICABLE}
