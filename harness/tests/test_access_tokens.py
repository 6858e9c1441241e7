"""One Access Token serves many checks only where the issuer grants more than one request for it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from harness.model import Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.tests.bench import Outcome, judge_issuer, judge_reference


class OddRefusal:
    """An issuer that grants one request for each token and refuses a further one as if the proof were wrong."""

    def __init__(self, issuer: ReferenceIssuer, error: str) -> None:
        self.issuer = issuer
        self._body = f'{{"error":"{error}"}}'.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        held: list[Any] = []

        async def hold(message: Any) -> None:
            held.append(message)

        await self.issuer.app(scope, receive, hold)
        if scope["path"] == "/credential" and held[0]["status"] == 401 and has_token(scope):
            headers = [(b"content-type", b"application/json")]
            held = [
                {"type": "http.response.start", "status": 400, "headers": headers},
                {"type": "http.response.body", "body": self._body},
            ]
        for message in held:
            await send(message)


def has_token(scope: Any) -> bool:
    return any(name == b"authorization" for name, _ in scope["headers"])


def judged(error: str, *faults: str) -> Outcome:
    issuer = ReferenceIssuer(VARIANTS["single-access"], faults)
    return asyncio.run(judge_issuer(issuer, httpx.ASGITransport(OddRefusal(issuer, error)), select="proof-*"))


@pytest.mark.parametrize("error", ["invalid_proof", "invalid_credential_request"])
def test_the_refusal_of_a_used_token_is_not_taken_for_the_refusal_of_a_proof(error: str) -> None:
    outcome = judged(error, "accepts:proof.not-empty")
    failed = {result.check for result in outcome.results if result.verdict is Verdict.FAIL}
    assert failed == {"proof-array-empty-refused", "proof-not-in-array-refused"}


def test_an_issuer_that_grants_one_request_is_not_blamed_for_it() -> None:
    outcome = judged("invalid_proof")
    assert {result.verdict for result in outcome.results} <= {Verdict.PASS, Verdict.NOT_APPLICABLE}


def test_a_token_that_is_good_for_more_is_used_again() -> None:
    many = asyncio.run(judge_reference("default", select="proof-*"))
    one = asyncio.run(judge_reference("single-access", select="proof-*"))
    assert many.offers < one.offers
    assert many.offers <= 2
