"""Verdicts of the token checks that depend on how the wallet was set up, not on the issuer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.model import CheckResult, Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import ClientSettings
from harness.target import registered_wallet
from harness.tests.bench import judge_reference


async def issued(variant: str, client: ClientSettings) -> CheckResult:
    (result,) = (await judge_reference(variant, client=client, select="token-issued")).results
    return result


async def test_a_wallet_without_its_client_id_blocks_and_blames_nobody() -> None:
    result = await issued("client-id", ClientSettings())
    assert result.verdict is Verdict.BLOCKED
    assert "--vci-client-id" in (result.reason or "")


async def test_an_unregistered_client_id_is_a_refusal() -> None:
    assert (await issued("client-id", ClientSettings(client_id="stranger"))).verdict is Verdict.FAIL


async def test_a_client_id_where_none_is_needed_does_no_harm() -> None:
    result = await judge_reference("default", client=ClientSettings(client_id="wallet-dev"), select="token-*")
    bad = [r.check for r in result.results if r.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    assert bad == []


@pytest.mark.parametrize(
    ("variant", "change", "check", "told"),
    [
        ("private-key-jwt", {"authentication": "none"}, "par-accepted", "authentication"),
        ("client-secret-post", {"authentication": "none"}, "token-issued", "authentication"),
        ("dpop", {"dpop": False}, "token-issued", "dpop = true"),
    ],
)
async def test_a_wallet_that_is_set_up_otherwise_blocks_and_blames_nobody(
    variant: str, change: dict[str, Any], check: str, told: str
) -> None:
    known = registered_wallet(ReferenceIssuer(VARIANTS[variant])).client
    results = (await judge_reference(variant, client=replace(known, **change), select=check)).results
    applied = [result for result in results if result.verdict is not Verdict.NOT_APPLICABLE]
    assert {result.verdict for result in applied} == {Verdict.BLOCKED}
    assert all(told in (result.reason or "") for result in applied)
