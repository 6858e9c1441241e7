"""Verdicts of checks of pushed requests, codes and refresh tokens that only an edited answer shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.target import registered_wallet
from harness.tests.bench import Clock, judge_issuer, judge_reference, showing

Edit = Callable[[str, dict[str, str], httpx.Response], httpx.Response | None]
"""Gets the last part of the path, the parameters and the answer; gives another answer, or ``None`` to leave it."""


class Edited(httpx.AsyncBaseTransport):
    """Changes answers to forms."""

    def __init__(self, inner: httpx.AsyncBaseTransport, edit: Edit) -> None:
        self._inner = inner
        self._edit = edit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        fields = dict(parse_qsl(request.content.decode("utf-8", "replace"))) if request.method == "POST" else {}
        return self._edit(request.url.path.rsplit("/", 1)[-1], fields, response) or response


async def judged(variant: str, edit: Edit, select: str) -> list[CheckResult]:
    issuer = ReferenceIssuer(VARIANTS[variant])
    wallet = registered_wallet(issuer)
    found = await judge_issuer(issuer, Edited(showing(issuer, wallet.client), edit), select=select)
    return [result for result in found.results if result.verdict is not Verdict.NOT_APPLICABLE]


def verdicts(results: list[CheckResult]) -> set[Verdict]:
    return {result.verdict for result in results}


def changed(response: httpx.Response, **members: Any) -> httpx.Response:
    """Give a JSON answer with other members, without those that are ``None``."""
    document = {name: value for name, value in {**response.json(), **members}.items() if value is not None}
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return httpx.Response(response.status_code, headers=headers, content=json.dumps(document))


def without_first_scope(place: str, fields: dict[str, str], response: httpx.Response) -> httpx.Response | None:
    first = place == "token" and response.status_code == 200 and fields["grant_type"] != "refresh_token"
    return changed(response, scope=None) if first else None


@pytest.mark.parametrize("check", ["refresh-token-same-scope", "refresh-token-wider-scope-refused"])
async def test_the_first_token_response_may_leave_out_the_scope_that_was_asked_for(check: str) -> None:
    assert verdicts(await judged("code-flow-refresh", without_first_scope, check)) == {Verdict.PASS}


async def test_a_refreshed_token_of_another_scope_is_seen_without_the_first_scope() -> None:
    def other_scope(place: str, fields: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        if fields.get("grant_type") == "refresh_token" and response.status_code == 200:
            return changed(response, scope="openid")
        return without_first_scope(place, fields, response)

    (result,) = await judged("code-flow-refresh", other_scope, "refresh-token-same-scope")
    assert [finding.code for finding in result.findings] == ["REFRESH-TOKEN-SCOPE"]


@pytest.mark.parametrize(
    ("variant", "verdict"), [("code-flow", Verdict.PASS), ("client-secret-post", Verdict.FAIL)]
)
async def test_invalid_client_is_right_for_a_missing_verifier_where_there_are_no_credentials(
    variant: str, verdict: Verdict
) -> None:
    def no_verifier(place: str, fields: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        if place == "token" and "code_verifier" not in fields:
            return httpx.Response(401, json={"error": "invalid_client"})
        return None

    results = await judged(variant, no_verifier, "pkce-verifier-missing-refused")
    assert verdicts(results) == {verdict}
    assert {finding.requirement for result in results for finding in result.findings} <= {"RFC6749-5.2-04"}


@pytest.mark.parametrize("rest", [":v1", "/a/b?version=1"])
async def test_the_random_part_of_a_request_uri_may_stand_anywhere(rest: str) -> None:
    def longer(place: str, _: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        return changed(response, request_uri=response.json()["request_uri"] + rest) if place == "par" else None

    assert verdicts(await judged("code-flow-par", longer, "par-request-uri-guessing")) == {Verdict.PASS}


async def test_a_count_before_an_equal_end_is_found_in_a_request_uri() -> None:
    count = iter(range(1000))

    def counted(place: str, _: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        long = "the-requests-of-this-server"
        return changed(response, request_uri=f"urn:x:{next(count):03}:{long}") if place == "par" else None

    (result,) = await judged("code-flow-par", counted, "par-request-uri-guessing")
    assert [finding.code for finding in result.findings] == ["PAR-REQUEST-URI-GUESSABLE"]


async def test_refresh_tokens_that_may_be_bound_to_a_certificate_need_not_be_replaced() -> None:
    found = await judge_reference(
        "mtls-bound", ["refreshed-token:refresh-token-missing"], select="refresh-token-*"
    )
    assert not verdicts(found.results) & {Verdict.FAIL, Verdict.WARN, Verdict.ERROR}


async def test_one_access_token_for_two_flows_is_not_judged_as_a_count() -> None:
    def same(place: str, _: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        return changed(response, access_token="A" * 43) if place == "token" else None

    assert verdicts(await judged("default", same, "token-access-token-guessing")) == {Verdict.BLOCKED}


@pytest.mark.parametrize(("variant", "verdict"), [("default", Verdict.WARN), ("code-flow", Verdict.FAIL)])
async def test_a_pre_authorized_code_is_only_advised_to_open_no_more_than_the_offer(
    variant: str, verdict: Verdict
) -> None:
    check = "token-authorization-details-beyond-refused"
    found = await judge_reference(variant, ["accepts:token.authorization-details"], select=check)
    applied = [result for result in found.results if result.verdict is not Verdict.NOT_APPLICABLE]
    assert verdicts(applied) == {verdict}


def narrower(place: str, fields: dict[str, str], response: httpx.Response) -> httpx.Response | None:
    again = place == "token" and response.status_code == 200 and fields["grant_type"] == "refresh_token"
    return changed(response, scope="") if again else None


async def test_a_server_may_give_less_scope_for_a_refresh_token() -> None:
    assert verdicts(await judged("code-flow-refresh", narrower, "refresh-token-same-scope")) == {Verdict.PASS}


async def test_an_issuer_that_wants_a_new_authorization_is_only_warned() -> None:
    found = await judge_reference(
        "code-flow-refresh", ["refreshed-access:nothing-granted"], select="refresh-token-same-scope"
    )
    assert verdicts(found.results) == {Verdict.WARN}


@pytest.mark.parametrize(("grace_s", "verdict"), [(30.0, Verdict.PASS), (3600.0, Verdict.FAIL)])
async def test_a_replaced_refresh_token_may_be_good_for_a_time_of_grace(grace_s: float, verdict: Verdict) -> None:
    clock = Clock()
    issuer = ReferenceIssuer(VARIANTS["code-flow-refresh"], clock=clock.now)
    used: dict[str, float] = {}

    def graceful(place: str, fields: dict[str, str], response: httpx.Response) -> httpx.Response | None:
        old = fields.get("refresh_token") if place == "token" else None
        if old is None or clock.now() - used.setdefault(old, clock.now()) > grace_s:
            return None
        return response if response.status_code == 200 else httpx.Response(200, json={"access_token": "B" * 43})

    way = Edited(showing(issuer, registered_wallet(issuer).client), graceful)
    found = await judge_issuer(issuer, way, select="refresh-token-rotated", clock=clock)
    assert verdicts(found.results) == {verdict}
