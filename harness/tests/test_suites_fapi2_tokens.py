"""Verdicts of checks of FAPI 2.0 on tokens that only an edited answer shows, and who can have a token revoked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import variant
from harness.target import registered_wallet
from harness.tests.bench import Clock, judge_issuer, judge_reference, showing

Edit = Callable[[httpx.Request, Mapping[str, str], httpx.Response], httpx.Response | None]
"""Gets a request, the parameters of its form and the answer; gives another answer, or ``None`` to leave it."""
_USED_UP = httpx.Response(400, json={"error": "invalid_grant"})


class Edited(httpx.AsyncBaseTransport):
    """Changes answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        fields = dict(parse_qsl(request.content.decode("utf-8", "replace")))
        edited = self._edit(request, fields, response)
        return response if edited is None else httpx.Response(edited.status_code, content=edited.content)


async def judged(name: str, check: str, edit: Edit, clock: Clock | None = None) -> list[CheckResult]:
    clock = clock or Clock()
    issuer = ReferenceIssuer(variant(name), clock=clock.now)
    way = Edited(showing(issuer, registered_wallet(issuer).client), edit)
    found = await judge_issuer(issuer, way, select=[check], clock=clock)
    return found.results


def codes(results: list[CheckResult]) -> set[str]:
    return {finding.code for result in results for finding in result.findings}


def verdicts(results: list[CheckResult]) -> set[Verdict]:
    return {result.verdict for result in results}


class Grace:
    """Lets a refresh token be used again for so many seconds after its first use, and so many times."""

    def __init__(self, clock: Clock, seconds: float, times: int = 100) -> None:
        self._clock = clock
        self._seconds = seconds
        self._times = times
        self._uses: dict[str, list[float]] = {}

    def edit(self, _: httpx.Request, fields: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        value = fields.get("refresh_token")
        if value is None or response.status_code != 200:
            return None
        uses = self._uses.setdefault(value, [])
        uses.append(self._clock.now())
        over = uses[-1] - uses[0] > self._seconds or len(uses) - 1 > self._times
        return _USED_UP if over else None


async def test_a_few_seconds_for_a_retry_are_enough() -> None:
    clock = Clock()
    found = await judged("haip-rotating", "fapi2-refresh-token-retry", Grace(clock, 10).edit, clock)
    assert verdicts(found) == {Verdict.PASS}


async def test_one_retry_is_enough() -> None:
    clock = Clock()
    found = await judged("haip-rotating", "fapi2-refresh-token-retry", Grace(clock, 60, times=1).edit, clock)
    assert verdicts(found) == {Verdict.PASS}


async def test_hardly_any_time_for_a_retry_is_warned_of() -> None:
    outcome = await judge_reference(
        "haip-rotating", ["refresh-use:retry-brief"], select=["fapi2-refresh-token-retry"]
    )
    assert verdicts(outcome.results) == {Verdict.WARN}


async def test_the_same_refresh_token_again_is_no_other_one() -> None:
    def same(_: httpx.Request, fields: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        if "refresh_token" not in fields or response.status_code != 200:
            return None
        return httpx.Response(200, json={**response.json(), "refresh_token": fields["refresh_token"]})

    assert verdicts(await judged("fapi2", "fapi2-refresh-token-kept", same)) == {Verdict.PASS}


@pytest.mark.parametrize(
    ("kind", "verdict"), [("dpop", Verdict.PASS), ("Bearer", Verdict.FAIL), (None, Verdict.FAIL)]
)
async def test_the_token_type_is_dpop_in_any_case(kind: str | None, verdict: Verdict) -> None:
    def typed(_: httpx.Request, fields: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        if "grant_type" not in fields or response.status_code != 200:
            return None
        return httpx.Response(200, json={**response.json(), "token_type": kind})

    assert verdicts(await judged("fapi2", "fapi2-token-sender-constrained", typed)) == {verdict}


@pytest.mark.parametrize("refresh", [False, True])
async def test_an_unbound_token_is_found_where_it_is_given(refresh: bool) -> None:
    def bearer(_: httpx.Request, fields: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        if "grant_type" not in fields or ("refresh_token" in fields) != refresh or response.status_code != 200:
            return None
        return httpx.Response(200, json={**response.json(), "token_type": "Bearer"})

    found = await judged("fapi2", "fapi2-token-sender-constrained", bearer)
    assert codes(found) == {"FAPI2-TOKEN-UNCONSTRAINED"}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (302, Verdict.PASS),
        (308, Verdict.BLOCKED),
        (400, Verdict.PASS),
        (401, Verdict.PASS),
        (404, Verdict.PASS),
        (414, Verdict.PASS),
        (500, Verdict.FAIL),
    ],
)
async def test_any_refusal_of_a_token_in_the_query_will_do(status: int, verdict: Verdict) -> None:
    def refuse(request: httpx.Request, _: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        return httpx.Response(status) if "access_token" in request.url.params else None

    for check in ("", "-deferred", "-notification"):
        found = await judged("fapi2-mtls", f"fapi2-token-in-query-refused{check}", refuse)
        assert verdicts(found) == {verdict}


async def test_a_delay_is_no_refusal_of_a_token_in_the_query() -> None:
    def delay(request: httpx.Request, _: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        asked = "access_token" in request.url.params
        return httpx.Response(202, json={"transaction_id": "t", "interval": 5}) if asked else None

    for check in ("", "-deferred"):
        found = await judged("fapi2-mtls", f"fapi2-token-in-query-refused{check}", delay)
        assert codes(found) == {"FAPI2-TOKEN-IN-QUERY-ACCEPTED"}


async def test_a_server_may_refuse_to_revoke_access_tokens() -> None:
    def refuse(request: httpx.Request, _: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        asked = request.url.path.endswith("/revoke")
        return httpx.Response(400, json={"error": "unsupported_token_type"}) if asked else None

    found = await judged("haip-rotating", "fapi2-token-revoked-refused", refuse)
    assert verdicts(found) == {Verdict.PASS}


async def test_a_token_that_could_not_be_revoked_shows_nothing() -> None:
    def fail(request: httpx.Request, _: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        return httpx.Response(503) if request.url.path.endswith("/revoke") else None

    found = await judged("haip-rotating", "fapi2-token-revoked-refused", fail)
    assert verdicts(found) == {Verdict.BLOCKED}


@pytest.mark.parametrize(("seconds", "verdict"), [(5, Verdict.PASS), (600, Verdict.FAIL)])
async def test_other_servers_may_hear_of_a_revocation_later(seconds: float, verdict: Verdict) -> None:
    clock = Clock()
    revoked: list[float] = []

    def unaware(request: httpx.Request, _: Mapping[str, str], response: httpx.Response) -> httpx.Response | None:
        if request.url.path.endswith("/revoke"):
            revoked.append(clock.now())
        late = request.url.path.endswith("/credential") and response.status_code == 401 and revoked
        if not late or clock.now() - revoked[0] > seconds:
            return None
        return httpx.Response(200, json={"credentials": [{"credential": "c"}]})

    found = await judged("haip-rotating", "fapi2-token-revoked-refused", unaware, clock)
    assert verdicts(found) == {verdict}


async def test_the_claims_of_a_changed_token_do_not_count() -> None:
    """A change of claims alone is found where the signature is not looked at but must be there."""
    outcome = await judge_reference(
        "fapi2-jwt-tokens", ["accepts:access-token.intact"], select=["fapi2-token-changed-refused"]
    )
    (result,) = outcome.results
    said = json.dumps([finding.expected for finding in result.findings])
    assert all(words in said for words in ("claims", "signature", "alg none"))


async def revoking(issuer: ReferenceIssuer, form: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app)) as http:
        return await http.post(f"{issuer.issuer_url}/revoke", data=form)


async def test_only_who_authenticates_can_have_a_token_revoked() -> None:
    answer = await revoking(
        ReferenceIssuer(replace(variant("haip"), revocation_endpoint=True)),
        {"token": "t", "client_id": "wallet-dev"},
    )
    assert answer.status_code in (400, 401)
