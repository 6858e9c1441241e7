"""Judges the simulated MATTR VII tenant in process, with the engine of a team's run."""

from __future__ import annotations

import dataclasses
import fnmatch
import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

import httpx

from harness import catalogue, checks, dialects
from harness.checks import Check
from harness.engine import Engine
from harness.evidence import Blocked, IssuedCredential, Tools
from harness.issuer_under_test import IssuerUnderTest
from harness.mattr.back_end import BackEnd
from harness.mattr.targets import STATES
from harness.model import Requirement
from harness.patience import Patience
from harness.preflight import PreflightError, discover, scenarios
from harness.settings import MattrSettings
from harness.tests.bench import Clock, Outcome, Traces
from harness.tests.mattr_bench import DOCUMENTED, SOURCE, URL
from harness.transport import Client, Recorder
from harness.vendors.mattr.claims_source import ClaimsSource
from harness.vendors.mattr.context import sample_claims
from harness.vendors.mattr.tenant import Tenant
from harness.vendors.mattr.variants import mattr_variant

DIALECT = {DOCUMENTED: "mattr-vii"}
"""Variant to how the wallet speaks to it; the final version otherwise."""

_LONGEST_WAIT_S = 600


@cache
def requirements() -> Mapping[str, Requirement]:
    """What the documents of the vendor ask for."""
    return catalogue.of(["MTR"])


@cache
def checks_of() -> dict[str, Check]:
    """The checks that judge by it."""
    return checks.within(requirements())


class TenantOperations:
    """Gives credentials another status straight at the tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def can(self, operation: str) -> bool:
        return operation in STATES and (operation != "suspend" or self._tenant.variant.status_bits > 1)

    async def do(self, operation: str, issued: IssuedCredential, configuration: str, **known: str | None) -> None:
        try:
            self._tenant.set_status(issued.raw, STATES[operation])
        except ValueError as error:
            raise Blocked(str(error)) from error


async def judge_mattr(
    faults: Iterable[str] = (), *, folder: Path, variant: str = DOCUMENTED, select: str | Collection[str] = "*"
) -> Outcome:
    """Run the checks against a tenant with some faults, in process.

    Args:
        folder: gets the file with the claims.
        select: glob over check ids, or the ids.
    """
    clock = Clock()
    source = ClaimsSource()
    tenant = Tenant(
        mattr_variant(variant),
        faults,
        base_url=URL,
        clock=clock.now,
        http=lambda: httpx.AsyncClient(transport=httpx.ASGITransport(source.app)),
        claims_source_url=SOURCE,
    )
    claims = folder / "claims.json"
    claims.write_text(json.dumps(sample_claims()))
    configured = folder / "configurations.json"
    configured.write_text(json.dumps(tenant.mobile_configurations))
    recorder = Recorder()
    http, of_back_end = (
        Client(
            recorder, transport=httpx.ASGITransport(tenant.app), timeout_s=5.0, max_body=1_000_000, now=clock.now
        )
        for _ in range(2)
    )
    administrator = tenant.administrator
    others = tenant.context.configurations.keys() - set(tenant.configurations.values())
    told = MattrSettings(
        audience=administrator["audience"],
        client_id=administrator["client_id"],
        client_secret=administrator["client_secret"],
        claims=claims,
        configurations=configured,
        other_configuration=next(iter(sorted(others)), None),
    )
    back_end = BackEnd(told, URL, of_back_end, clock.now, claims_source=source)
    tools = Tools(
        http,
        clock.now,
        patience=Patience(_LONGEST_WAIT_S, sleep=clock.sleep),
        dialect=dialects.load(DIALECT.get(variant, "1.0")),
        mattr=back_end,
        operations=TenantOperations(tenant),
    )
    outcome = Outcome([], set(), None, 0, [], {})
    wanted = [
        check
        for name, check in checks_of().items()
        if (fnmatch.fnmatch(name, select) if isinstance(select, str) else name in select)
    ]
    try:
        traces = Traces(tenant, recorder, outcome.met)  # type: ignore[arg-type]
        found = await discover(tenant.issuer_url, tools)
        sources = {each.name: each for each in back_end.sources()}
        names = [name for name in list(tenant.configurations.values())[:2] if name in found.configurations]
        chosen, flows = await scenarios(found, names, sources, tools)
        subject = IssuerUnderTest(found, chosen, sources, tools, flows=flows)
        traces.note("preflight")
        engine = Engine(subject, recorder, requirements())
        for check, scenario in engine.plan(wanted):
            result = await engine.judge(check, scenario)
            outcome.results.append(result)
            traces.note(check.id, result.exchanges)
    except PreflightError as error:
        outcome.stopped = str(error)
    finally:
        await http.aclose()
        await of_back_end.aclose()
    return dataclasses.replace(outcome, fired=set(tenant.fired), exchanges=recorder.exchanges)
