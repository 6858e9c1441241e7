"""Judges the bundled department in process: issuer, token service, One Login and status list service by host."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness import catalogue, checks, dialects, profiles
from harness.checks import Check
from harness.engine import Engine
from harness.evidence import Blocked, IssuedCredential, Tools, WalletOptions
from harness.govuk import contradictions
from harness.govuk.bundled import Addresses, Bundled, bundled
from harness.govuk.token_service import WALLET_CLIENT_ID
from harness.hooks import HookUnavailable
from harness.issuer_under_test import IssuerUnderTest
from harness.model import Requirement
from harness.offer_sources import MintedOffer, OfferSource
from harness.patience import Patience
from harness.preflight import PreflightError, discover, scenarios
from harness.reference.govuk.records import register
from harness.reference.govuk.variants import GOVUK_VARIANTS
from harness.settings import ClientSettings, GovukSettings, TrustSettings
from harness.tests.bench import Clock, Outcome, Traces, iaca_file
from harness.transport import Client, Recorder

PROFILE = "govuk-wallet"
AT = Addresses()
_LONGEST_WAIT_S = 2 * 3600
"""As long as a JWK Set may be cached, and more; waiting takes no time here."""


class BundledOffers(OfferSource):
    """Takes offers straight from the department, for who uses the wallet."""

    def __init__(self, made: Bundled) -> None:
        self.name = "offer"
        self._made = made
        self.minted = 0

    @property
    def mints_for_configuration(self) -> bool:
        return True

    @property
    def single(self) -> bool:
        return False

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        self.minted += 1
        around = self._made.surroundings
        person = register()[around.user.email]
        return MintedOffer(self._made.issuer.mint_offer(configuration, subject=around.subject, person=person))

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:
        raise HookUnavailable("the department gives nobody a Transaction Code")


class BundledOperations:
    """Does things to credentials straight at the department."""

    def __init__(self, made: Bundled) -> None:
        self._issuer = made.issuer

    def can(self, operation: str) -> bool:
        return operation in self._issuer.operations

    async def do(self, operation: str, issued: IssuedCredential, configuration: str, **known: str | None) -> None:
        try:
            await self._issuer.operate(operation, issued.raw)
        except ValueError as error:
            raise Blocked(str(error)) from error


def by_host(made: list[Bundled]) -> dict[str, httpx.AsyncBaseTransport]:
    """The ways to the department and its services in this process, once they are made."""

    def way(index: int) -> httpx.ASGITransport:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await made[0].apps[index](scope, receive, send)

        return httpx.ASGITransport(app)

    return {f"all://{urlsplit(url).netloc}": way(index) for index, url in enumerate(AT.all)}


def make_bundled(variant: str, faults: Iterable[str] = (), *, clock: Clock, **told: Any) -> Bundled:
    """Make a department all of whose requests stay in this process."""
    made: list[Bundled] = []
    made.append(
        bundled(
            GOVUK_VARIANTS[variant],
            faults,
            addresses=AT,
            http=lambda: httpx.AsyncClient(mounts=by_host(made), transport=httpx.MockTransport(_nobody)),
            settings=GovukSettings(**({"environment": "production"} | told)),
            clock=clock.now,
        )
    )
    return made[0]


@cache
def requirements(*, official: bool = False) -> Mapping[str, Requirement]:
    """The requirements of the profile, with the levels that they have in a run."""
    return contradictions.judged(catalogue.of(profiles.load(PROFILE).specifications), official=official)


@cache
def govuk_checks(*, official: bool = False) -> dict[str, Check]:
    """The checks of the profile."""
    return checks.within(requirements(official=official))


async def judge_govuk(
    variant: str = "govuk-mdl",
    faults: Iterable[str] = (),
    *,
    select: str | Collection[str] = "*",
    configurations: Sequence[str] = (),
    strict: bool = False,
    **told: Any,
) -> Outcome:
    """Run checks of the profile against a variant of the department with some faults, in process.

    Args:
        select: glob over check ids, or the ids.
        configurations: by default all.
        strict: findings of level SHOULD fail too.
        told: further ``[govuk]`` settings, such as ``official_strict=True``.
    """
    clock = Clock()
    made = make_bundled(variant, faults, clock=clock, **told)
    http = Client(
        Recorder(),
        transport=httpx.MockTransport(_nobody),
        mounts=by_host([made]),
        timeout_s=5.0,
        max_body=2_000_000,
        now=clock.now,
    )
    tools = Tools(
        http,
        clock.now,
        WalletOptions(),
        trust=TrustSettings(iaca=(iaca_file(made.issuer),)),
        wallet_client=ClientSettings(client_id=WALLET_CLIENT_ID),
        patience=Patience(_LONGEST_WAIT_S, sleep=clock.sleep),
        operations=BundledOperations(made),
        dialect=dialects.load("govuk-wallet"),
        govuk=made.surroundings,
    )
    source = BundledOffers(made)
    outcome = Outcome([], set(), None, 0, [], {})
    try:
        found = await discover(made.issuer.issuer_url, tools)
        chosen, flows = await scenarios(found, list(configurations), {"offer": source}, tools)
        official = made.surroundings.official_strict
        judging = requirements(official=official)
        subject = IssuerUnderTest(found, chosen, {"offer": source}, tools, flows=flows)
        engine = Engine(subject, http.recorder, judging, strict=strict)
        wanted = [
            check
            for name, check in govuk_checks(official=official).items()
            if (fnmatch.fnmatch(name, select) if isinstance(select, str) else name in select)
        ]
        traces = Traces(made.issuer, http.recorder, outcome.met)
        traces.note("preflight")
        for check, scenario in engine.plan(wanted):
            result = await engine.judge(check, scenario)
            outcome.results.append(result)
            traces.note(check.id, result.exchanges)
    except PreflightError as error:
        outcome.stopped = str(error)
    finally:
        await http.aclose()
    return dataclasses.replace(
        outcome, fired=set(made.issuer.fired), offers=source.minted, exchanges=http.recorder.exchanges
    )


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"nobody is at {request.url.host}", request=request)
