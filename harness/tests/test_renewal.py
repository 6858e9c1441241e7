"""A credential is issued once more in each way, days later by an injected clock, and over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from harness.evidence import Blocked, Tools
from harness.flow import Flow
from harness.formats import jose
from harness.lifecycle import renewal
from harness.lifecycle.comparison import Kind
from harness.lifecycle.operations import HookOperations
from harness.lifecycle.renewal import Renewal, Way
from harness.model import CheckResult, Verdict
from harness.offer_sources import offer_sources
from harness.patience import Patience
from harness.preflight import discover, scenarios
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import Settings
from harness.target import open_target, registered_wallet
from harness.tests.bench import Clock, InProcessOffers, InProcessOperations, judge_reference
from harness.transport import Client, Recorder, tls_context

DAY = 24 * 3600.0


@dataclass
class Desk:
    """An issuer, a flow through it, and the clock of both."""

    issuer: ReferenceIssuer
    flow: Flow
    clock: Clock
    offers: InProcessOffers

    @property
    def operations(self) -> InProcessOperations:
        return InProcessOperations(self.issuer)


@asynccontextmanager
async def desk_for(variant: str, *faults: str, keys: int = 1) -> AsyncIterator[Desk]:
    clock = Clock()
    issuer = ReferenceIssuer(VARIANTS[variant], faults, clock=clock.now)
    client = Client(Recorder(), transport=httpx.ASGITransport(issuer.app), now=clock.now)
    wallet = registered_wallet(issuer)
    patience = Patience(sleep=clock.sleep)
    tools = Tools(client, clock.now, wallet.options, wallet_client=wallet.client, patience=patience)
    offers = InProcessOffers("offer", issuer)
    found = await discover(issuer.issuer_url, tools)
    chosen, _ = await scenarios(found, [issuer.variant.configurations[0]], {"offer": offers}, tools)
    try:
        yield Desk(issuer, Flow(found, chosen[0], offers, tools, keys=keys), clock, offers)
    finally:
        await client.aclose()


def bound_to_its_own_key(made: Renewal) -> bool:
    old, new = made.old[0].document.holder_key, made.new[0].document.holder_key
    assert old is not None
    assert new is not None
    return jose.same_key(new, made.new[0].keys[0]) and not jose.same_key(new, old)


@pytest.mark.parametrize("variant", ["code-flow-refresh", "pre-authorized-refresh", "attested-client"])
async def test_a_refresh_token_renews_days_later(variant: str) -> None:
    async with desk_for(variant) as desk:
        await desk.flow.credentials()
        await desk.clock.sleep(3 * DAY)
        made = await renewal.by_refresh_token(desk.flow)
        assert made.way is Way.REFRESH_TOKEN
        assert bound_to_its_own_key(made)
        moved = made.comparison().of(Kind.END_MOVED)
        assert moved is not None
        assert moved.new - moved.old == 3 * DAY
        assert not made.comparison().objections


async def test_a_token_that_takes_the_place_of_another_renews_again() -> None:
    async with desk_for("code-flow-refresh") as desk:
        first = await renewal.by_refresh_token(desk.flow)
        assert first.refresh_token not in (None, (await desk.flow.token()).object["refresh_token"])
        second = await renewal.by_refresh_token(first.flow, first.refresh_token)
        assert second.old == first.new
        assert bound_to_its_own_key(second)
        with pytest.raises(Blocked, match="invalid_grant"):
            await renewal.by_refresh_token(desk.flow)


async def test_a_fixed_token_renews_any_number_of_times() -> None:
    async with desk_for("refresh-fixed") as desk:
        made = [await renewal.by_refresh_token(desk.flow) for _ in range(3)]
        assert {each.refresh_token for each in made} == {(await desk.flow.token()).object["refresh_token"]}


async def test_a_token_that_has_expired_renews_nothing() -> None:
    async with desk_for("refresh-brief") as desk:
        await desk.flow.credentials()
        await desk.clock.sleep(29)
        made = await renewal.by_refresh_token(desk.flow)
        await desk.clock.sleep(31)
        with pytest.raises(Blocked, match="brought no Access Token"):
            await renewal.by_refresh_token(made.flow, made.refresh_token)


async def test_without_a_refresh_token_nothing_is_renewed() -> None:
    async with desk_for("default") as desk:
        with pytest.raises(Blocked, match="no refresh token was issued"):
            await renewal.by_refresh_token(desk.flow)


async def test_credential_identifiers_are_used_though_the_renewal_does_not_repeat_them() -> None:
    async with desk_for("pre-authorized-refresh") as desk:
        made = await renewal.by_refresh_token(desk.flow)
        answer = await made.flow.token()
        answer.object.pop("authorization_details")
        further = desk.flow.refreshed(answer)
        first = (await desk.flow.access()).identifier
        assert first is not None
        assert (await further.access()).identifier == first


async def test_a_validity_that_does_not_move_is_seen_days_later() -> None:
    async with desk_for("code-flow-refresh", "renewal:validity-unmoved") as desk:
        await desk.flow.credentials()
        await desk.clock.sleep(3 * DAY)
        made = await renewal.by_refresh_token(desk.flow)
        assert Kind.END_UNMOVED in made.comparison()


async def test_the_same_access_token_brings_one_more() -> None:
    async with desk_for("default") as desk:
        made = await renewal.by_same_token(desk.flow)
        assert made is not None
        assert made.way is Way.SAME_TOKEN
        assert bound_to_its_own_key(made)
        assert desk.offers.minted == 2
        assert (await made.flow.token()).exchange == (await desk.flow.token()).exchange


async def test_an_issuer_may_grant_one_request_only() -> None:
    async with desk_for("single-access") as desk:
        assert await renewal.by_same_token(desk.flow) is None


async def test_a_deferred_credential_is_waited_for_once_more() -> None:
    async with desk_for("deferred") as desk:
        made = await renewal.by_same_token(desk.flow)
        assert made is not None
        assert bound_to_its_own_key(made)


async def test_another_offer_brings_one_more() -> None:
    async with desk_for("single-access") as desk:
        made = await renewal.by_new_offer(desk.flow)
        assert made.way is Way.NEW_OFFER
        assert bound_to_its_own_key(made)
        assert (await made.flow.token()).exchange != (await desk.flow.token()).exchange


async def test_a_batch_is_renewed_as_a_batch() -> None:
    async with desk_for("pre-authorized-refresh", keys=2) as desk:
        made = await renewal.by_refresh_token(desk.flow, keys=2)
        assert len(made.new) == 2
        assert len(list(made.pairs)) == 4
        assert made.exchanges == sorted({made.old[0].exchange, made.new[0].exchange})


@pytest.mark.parametrize(
    ("variant", "way"),
    [
        ("code-flow-refresh", Way.REFRESH_TOKEN),
        ("default", Way.SAME_TOKEN),
        ("single-access", Way.NEW_OFFER),
    ],
)
async def test_changed_claims_come_in_whichever_way_is_granted(variant: str, way: Way) -> None:
    async with desk_for(variant) as desk:
        value = (await desk.flow.token()).object.get("refresh_token")
        made = await renewal.after_change(desk.flow, value, desk.operations)
        assert made.way is way
        changed = made.comparison().of(Kind.CLAIMS_CHANGED)
        assert changed is not None
        assert changed.names == ("family_name",)


async def test_a_refresh_token_that_has_died_is_no_obstacle_to_a_change() -> None:
    async with desk_for("code-flow-refresh") as desk:
        await desk.flow.credentials()
        made = await renewal.after_change(desk.flow, "not-a-refresh-token", desk.operations)
        assert made.way is Way.SAME_TOKEN


# What the checks make of it


async def results(variant: str, check: str, *faults: str) -> list[CheckResult]:
    return (await judge_reference(variant, faults, select=check)).results


async def test_an_ended_credential_is_waited_for_and_renewed() -> None:
    (result,) = await results("refresh-fixed", "renewal-of-ended")
    assert result.verdict is Verdict.PASS


async def test_a_credential_that_outlives_the_run_is_not_waited_for() -> None:
    (result,) = await results("code-flow-refresh", "renewal-of-ended")
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "limits.max_wait_s" in (result.reason or "")


async def test_one_request_per_access_token_is_not_blamed() -> None:
    found = await results("single-access", "reissuance-*")
    assert {result.verdict for result in found} == {Verdict.NOT_APPLICABLE}
    assert any("section 14.3" in (result.reason or "") for result in found)


async def test_the_same_credential_again_is_right_where_it_is_bound_to_no_key() -> None:
    found = await results("unbound", "reissuance-*", "reissue:copied")
    assert {result.verdict for result in found} <= {Verdict.PASS, Verdict.NOT_APPLICABLE}


async def test_a_refresh_token_that_ends_while_the_run_waits_costs_another_flow() -> None:
    checks = {"refresh-token-expired-refused", "renewal-key"}
    found = (await judge_reference("refresh-brief", select=checks)).results
    assert {result.check: result.verdict for result in found} == dict.fromkeys(checks, Verdict.PASS)


# Over a real socket


async def test_over_a_real_socket_with_the_hook_of_the_settings() -> None:
    target = open_target(Settings(issuer_url="reference"), "pre-authorized-refresh")
    try:
        settings = target.settings
        verify = tls_context(settings.trust.tls_ca)
        client = Client(Recorder(), verify=verify)
        clock = Clock()
        tools = Tools(client, clock.now, wallet_client=settings.client)
        sources = {source.name: source for source in offer_sources(settings)}
        found = await discover(settings.issuer_url or "", tools)
        (scenario, *_), flows = await scenarios(found, ["identity_credential"], sources, tools)
        flow = flows.get(scenario) or Flow(found, scenario, sources[scenario.source], tools)
        operations = HookOperations(settings)
        assert operations.can("change_claims")
        first = await renewal.by_refresh_token(flow)
        assert bound_to_its_own_key(first)
        assert Kind.CLAIMS_CHANGED not in first.comparison()
        made = await renewal.after_change(first.flow, first.refresh_token, operations)
        assert made.way is Way.REFRESH_TOKEN
        assert Kind.CLAIMS_CHANGED in made.comparison()
        await client.aclose()
    finally:
        target.close()
