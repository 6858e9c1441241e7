"""Judges the simulated services of Partisia in process, with the engine of a team's run."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from harness import catalogue, checks, dialects
from harness.checks import Check
from harness.engine import Engine
from harness.evidence import Tools, WalletOptions
from harness.hooks import HookUnavailable
from harness.issuer_under_test import IssuerUnderTest
from harness.model import CheckResult, Requirement, Verdict
from harness.offer_sources import MintedOffer, OfferSource
from harness.partisia.application import Application
from harness.patience import Patience
from harness.preflight import PreflightError, discover, scenarios
from harness.settings import PartisiaSettings
from harness.tests.bench import Clock
from harness.transport import Client, Recorder
from harness.vendors.partisia.app import Issuance
from harness.vendors.partisia.context import dataset
from harness.vendors.partisia.variants import variants

DIALECT = "partisia"
"""How the wallet speaks as the page tells."""
_LONGEST_WAIT_S = 600


@cache
def own_checks() -> dict[str, Check]:
    """The checks of the suite about the page, some of which also name what OpenID4VCI asks for."""
    return {
        name: check
        for name, check in checks.load(prefixes=["PAR"]).items()
        if check.function.__module__.startswith("suites.partisia.")
    }


@cache
def own_requirements() -> Mapping[str, Requirement]:
    """What the page asks for."""
    return catalogue.of(["PAR"])


class Offers(OfferSource):
    """Begins issuances as the application of the customer does; every offer is for all configurations."""

    def __init__(self, issuance: Issuance) -> None:
        self.name = "offer"
        self._issuance = issuance

    @property
    def mints_for_configuration(self) -> bool:
        return False

    @property
    def single(self) -> bool:
        return False

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        return MintedOffer(await self._issuance.mint_offer())

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:
        raise HookUnavailable("the application knows no transaction code")


@dataclasses.dataclass(frozen=True)
class Judged:
    """What a run brought."""

    results: tuple[CheckResult, ...]
    fired: frozenset[str]
    stopped: str | None = None
    """Why the run ended before the first check, if it did."""

    def findings(self, verdict: Verdict) -> set[str]:
        """The codes of the findings of the checks with this verdict."""
        return {finding.code for one in self.results if one.verdict is verdict for finding in one.findings}

    def verdicts(self) -> set[Verdict]:
        """What verdicts there are."""
        return {one.verdict for one in self.results}


def way(issuance: Issuance) -> httpx.AsyncBaseTransport:
    """The network on which the services are."""
    hosts = [urlsplit(url).netloc for url in issuance.addresses.all]

    async def handle(request: httpx.Request) -> httpx.Response:
        host = request.url.netloc.decode()
        if host not in hosts:
            raise httpx.ConnectError(f"nobody is at {host}")
        return await httpx.ASGITransport(issuance.apps[hosts.index(host)]).handle_async_request(request)

    return httpx.MockTransport(handle)


async def judge_partisia(
    variant: str,
    faults: Iterable[str] = (),
    *,
    checks: Mapping[str, Check],
    dialect: str = "1.0",
    identifier: str | None = None,
    requirements: Mapping[str, Requirement] | None = None,
    folder: Path | None = None,
) -> Judged:
    """Run checks on the first configuration; on each where the wallet speaks as the page tells.

    Args:
        variant: of the services.
        faults: those that are switched on.
        checks: by id.
        dialect: what the wallet speaks.
        identifier: of the issuer, as the run is told it; by default as the metadata spell it.
        requirements: those that judge; by default all.
        folder: gets the file with what the application tells of its user, which is untold without.

    """
    clock, made = Clock(), list[Issuance]()
    issuance = Issuance(
        variants()[variant],
        faults,
        clock=clock.now,
        http=lambda: httpx.AsyncClient(transport=way(made[0])),
    )
    made.append(issuance)
    recorder = Recorder()
    http, plain_http = (
        Client(
            recorder,
            transport=way(issuance),
            timeout_s=5.0,
            max_body=1_000_000,
            allow_http=plain,
            now=clock.now,
        )
        for plain in (False, True)
    )
    told = None
    if folder is not None:
        told = folder / "dataset.json"
        told.write_text(json.dumps(dataset()))
    application = Application(PartisiaSettings(told), plain_http) if dialect == DIALECT else None
    tools = Tools(
        http,
        clock.now,
        WalletOptions(),
        patience=Patience(_LONGEST_WAIT_S, sleep=clock.sleep),
        dialect=dialects.load(dialect),
        partisia=application,
    )
    sources = {"offer": Offers(issuance)}
    results = []
    stopped = None
    try:
        found = await discover(identifier or issuance.issuer_url, tools)
        names = [] if dialect == DIALECT else list(itertools.islice(found.configurations, 1))
        chosen, flows = await scenarios(found, names, sources, tools)
        subject = IssuerUnderTest(found, chosen, sources, tools, flows=flows)
        engine = Engine(subject, recorder, requirements or catalogue.load())
        results = [await engine.judge(check, one) for check, one in engine.plan(list(checks.values()))]
    except PreflightError as error:
        stopped = str(error)
    finally:
        await http.aclose()
        await plain_http.aclose()
    return Judged(tuple(results), frozenset(issuance.fired), stopped)
