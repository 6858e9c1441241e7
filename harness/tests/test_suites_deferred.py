"""Verdicts on issuers that defer or want notifications, and are no variant of the reference issuer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.tests.bench import Clock, judge_issuer
from harness.tests.fault_variants import is_due_advice

Edit = Callable[[httpx.Request, httpx.Response], httpx.Response | None]
"""Gives another answer in place of one, or ``None`` to leave it."""
FINE = {Verdict.PASS, Verdict.NOT_APPLICABLE}


class Edited(httpx.AsyncBaseTransport):
    def __init__(self, issuer: ReferenceIssuer, edit: Edit) -> None:
        self._inner = httpx.ASGITransport(issuer.app)
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return self._edit(request, response) or response


async def judged(
    edit: Edit, variant: str = "notification-deferred", select: str = "*", clock: Clock | None = None
) -> dict[str, CheckResult]:
    clock = clock or Clock()
    issuer = ReferenceIssuer(VARIANTS[variant], clock=clock.now)
    outcome = await judge_issuer(issuer, Edited(issuer, edit), select=select, clock=clock)
    return {result.check: result for result in outcome.results}


def bad(results: dict[str, CheckResult], *allowed: Verdict) -> list[str]:
    found = [r for r in results.values() if r.verdict not in {*FINE, *allowed} and not is_due_advice(r)]
    return [f"{r.check}: {r.verdict} {r.reason}" for r in found]


def at(request: httpx.Request, endpoint: str) -> bool:
    return request.url.path.endswith(f"/{endpoint}")


def changed(response: httpx.Response, **members: Any) -> httpx.Response:
    return httpx.Response(response.status_code, json={**response.json(), **members})


def challenge(status: int, error: str) -> httpx.Response:
    return httpx.Response(status, headers={"WWW-Authenticate": f'Bearer realm="x", error="{error}"'})


def unchanged(_: httpx.Request, __: httpx.Response) -> None:
    return None


# Issuers that are right


@pytest.mark.parametrize("variant", ["deferred", "deferred-at-once", "notification", "notification-deferred"])
async def test_an_issuer_that_always_defers_can_be_judged_in_full(variant: str) -> None:
    assert bad(await judged(unchanged, variant)) == []


async def test_who_asks_before_the_interval_is_over_may_be_refused() -> None:
    clock = Clock()
    due = {"at": 0.0}

    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if at(request, "deferred") and clock.now() < due["at"]:
            return httpx.Response(400, json={"error": "slow_down"})
        if response.status_code == 202:
            # Transactions may overlap: the earlier ones are due when the last is.
            due["at"] = clock.now() + 0.9
        return None

    assert bad(await judged(edit, clock=clock)) == []


async def test_an_interval_may_be_a_fraction() -> None:
    def edit(_: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        return changed(response, interval=0.25) if response.status_code == 202 else None

    assert bad(await judged(edit)) == []


async def test_an_access_token_may_end_when_the_credential_is_obtained() -> None:
    ended: set[str] = set()

    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        token = request.headers.get("authorization", "")
        if at(request, "deferred") and token in ended:
            return challenge(401, "invalid_token")
        if at(request, "deferred") and response.status_code == 200:
            ended.add(token)
        return None

    assert bad(await judged(edit, "deferred")) == []


async def test_an_access_token_may_end_while_the_wallet_waits() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if at(request, "token"):
            return changed(response, expires_in=1)
        return challenge(401, "invalid_token") if at(request, "deferred") else None

    result = (await judged(edit, "deferred", "deferred-delivered"))["deferred-delivered"]
    assert result.verdict is Verdict.BLOCKED
    assert "expires_in 1" in (result.reason or "")


async def test_an_access_token_must_not_end_before_the_wallet_may_come_back() -> None:
    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        return challenge(401, "invalid_token") if at(request, "deferred") else None

    result = (await judged(edit, "deferred", "deferred-delivered"))["deferred-delivered"]
    assert [finding.code for finding in result.findings] == ["DEFERRED-REFUSED"]


async def test_the_token_of_other_credentials_may_be_called_too_narrow() -> None:
    def edit(_: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        another = b"another token's" in response.content
        return challenge(403, "insufficient_scope") if another else None

    results = await judged(edit, "deferred", "deferred-*")
    assert bad(results) == []
    assert results["deferred-token-other-refused"].verdict is Verdict.PASS


async def test_a_notification_may_be_answered_with_any_success() -> None:
    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        return httpx.Response(202) if at(request, "notification") and response.status_code == 204 else None

    results = await judged(edit, "notification", "notification-*")
    assert bad(results, Verdict.WARN) == []
    assert [r.check for r in results.values() if r.verdict is Verdict.WARN] == ["notification-accepted"]


async def test_one_event_for_each_credential_is_against_advice_only() -> None:
    told: dict[str, str] = {}

    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not at(request, "notification") or response.status_code != 204:
            return None
        body = json.loads(request.content)
        first = told.setdefault(body["notification_id"], body["event"])
        return None if first == body["event"] else httpx.Response(400, json={"error": "invalid_notification_id"})

    results = await judged(edit, "notification", "notification-*")
    assert [r.check for r in results.values() if r.verdict not in FINE] == ["notification-second-event"]
    assert results["notification-second-event"].verdict is Verdict.WARN


# Issuers that are wrong, or cannot be judged


async def test_an_interval_beyond_patience_blocks() -> None:
    def edit(_: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        return changed(response, interval=86_400) if response.status_code == 202 else None

    results = await judged(edit)
    assert bad(results, Verdict.BLOCKED) == []
    assert "--vci-max-wait" in (results["deferred-delivered"].reason or "")
    assert results["credential-proofs-missing-refused"].verdict is Verdict.PASS


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_who_refuses_every_collection_passes_no_refusal(status: int) -> None:
    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        return httpx.Response(status, json={"error": "no"}) if at(request, "deferred") else None

    results = await judged(edit, "deferred", "deferred-*")
    assert results["deferred-delivered"].verdict is Verdict.FAIL
    assert {r.verdict for name, r in results.items() if name.endswith("-refused")} == {Verdict.BLOCKED}


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_who_refuses_every_notification_passes_no_refusal(status: int) -> None:
    def edit(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        return httpx.Response(status, json={"error": "no"}) if at(request, "notification") else None

    results = await judged(edit, "notification", "notification-*")
    assert results["notification-accepted"].verdict is Verdict.FAIL
    assert {r.verdict for name, r in results.items() if name.endswith("-refused")} == {Verdict.BLOCKED}


async def test_a_second_issuance_that_is_not_deferred_is_no_finding() -> None:
    """The issuer defers each Access Token's first request only; checks of transactions have their own tokens."""
    seen: set[str] = set()

    def edit(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        token = request.headers.get("authorization", "")
        if at(request, "credential") and response.status_code == 202 and token in seen:
            return httpx.Response(200, json={"credentials": [{"credential": "x"}]})
        if response.status_code == 202:
            seen.add(token)
        return None

    results = await judged(edit, "deferred", "deferred-*")
    assert bad(results) == []
