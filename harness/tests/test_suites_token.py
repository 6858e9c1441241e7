"""Verdicts of the token checks that depend on how the wallet was set up, not on the issuer."""

from __future__ import annotations

from harness.evidence import WalletOptions
from harness.model import CheckResult, Verdict
from harness.tests.bench import judge_reference


async def issued(variant: str, options: WalletOptions) -> CheckResult:
    (result,) = (await judge_reference(variant, options=options, select="token-issued")).results
    return result


async def test_a_wallet_without_its_client_id_blocks_and_blames_nobody() -> None:
    result = await issued("client-id", WalletOptions())
    assert result.verdict is Verdict.BLOCKED
    assert "--vci-client-id" in (result.reason or "")


async def test_an_unregistered_client_id_is_a_refusal() -> None:
    assert (await issued("client-id", WalletOptions(client_id="stranger"))).verdict is Verdict.FAIL


async def test_a_client_id_where_none_is_needed_does_no_harm() -> None:
    result = await judge_reference("default", options=WalletOptions(client_id="wallet-dev"), select="token-*")
    bad = [r.check for r in result.results if r.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    assert bad == []
