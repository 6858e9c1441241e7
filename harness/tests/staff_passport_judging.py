"""Judges the bundled portal and the bundled gateway of the Staff Passport in process, with one clock."""

from __future__ import annotations

import asyncio
import dataclasses
import fnmatch
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness import catalogue, checks, profiles
from harness.checks import Check
from harness.engine import Engine
from harness.evidence import Tools, WalletOptions
from harness.model import Requirement
from harness.patience import Patience
from harness.preflight import PreflightError
from harness.reference.staff_passport.variants import PORTAL_VARIANTS
from harness.settings import JourneySettings, StaffPassportSettings
from harness.staff_passport.bundled import Addresses, Bundled, bundled
from harness.staff_passport.gateway_targets import as_registered, bundled_gateway, look_at_gateway
from harness.staff_passport.portal_under_test import PortalUnderTest
from harness.tests.bench import Clock, Outcome, Traces
from harness.transport import Client, Recorder

PORTAL, GATEWAY = "staff-passport", "staff-passport-gateway"
AT = Addresses()
_LONGEST_WAIT_S = 3600


class Ticking(Clock):
    """A clock whose waits take no time, and let what goes on beside the run go on."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0.002)


def by_host(made: list[Bundled]) -> dict[str, httpx.AsyncBaseTransport]:
    """The ways to the portal and the gateway in this process, once they are made."""

    def way(index: int) -> httpx.ASGITransport:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await made[0].apps[index](scope, receive, send)

        return httpx.ASGITransport(app)

    return {f"all://{urlsplit(url).netloc}": way(index) for index, url in enumerate(AT.all)}


def make_bundled(
    variant: str = PORTAL, faults: Iterable[str] = (), *, clock: Clock | None = None, **told: Any
) -> Bundled:
    """Make a portal all of whose requests stay in this process."""
    clock = clock or Ticking()
    made: list[Bundled] = []
    made.append(
        bundled(
            PORTAL_VARIANTS[variant],
            faults,
            addresses=AT,
            http=lambda: httpx.AsyncClient(mounts=by_host(made), transport=httpx.MockTransport(_nobody)),
            settings=StaffPassportSettings(**told),
            clock=clock.now,
            pause=clock.sleep,
        )
    )
    return made[0]


def make_tools(mounts: Mapping[str, httpx.AsyncBaseTransport], clock: Clock, *, kind: str = "forms") -> Tools:
    """The tools of a run whose requests stay in this process."""
    http = Client(
        Recorder(),
        transport=httpx.MockTransport(_nobody),
        mounts=mounts,
        timeout_s=5.0,
        max_body=2_000_000,
        now=clock.now,
    )
    return Tools(
        http,
        clock.now,
        WalletOptions(journey=JourneySettings(kind=kind)),
        patience=Patience(_LONGEST_WAIT_S, sleep=clock.sleep),
    )


@cache
def requirements(profile: str = PORTAL) -> Mapping[str, Requirement]:
    """The requirements of a profile."""
    named = profiles.load(profile).specifications
    return {name: found for name, found in catalogue.load().items() if name.split("-", 1)[0] in named}


@cache
def checks_of(profile: str = PORTAL) -> dict[str, Check]:
    """The checks of a profile."""
    known = requirements(profile)
    return {name: check for name, check in checks.load().items() if all(item in known for item in check.requires)}


def chosen(profile: str, select: str | Collection[str]) -> list[Check]:
    """Those of them whose id fits a glob or is named."""
    return [
        check
        for name, check in checks_of(profile).items()
        if (fnmatch.fnmatch(name, select) if isinstance(select, str) else name in select)
    ]


async def judge_portal(
    faults: Iterable[str] = (),
    *,
    variant: str = PORTAL,
    select: str | Collection[str] = "*",
    strict: bool = False,
    kind: str = "forms",
    **told: Any,
) -> Outcome:
    """Run checks of the profile against the sample portal with some faults, in process.

    Args:
        variant: of the portal.
        select: glob over check ids, or the ids.
        strict: findings of level SHOULD fail too.
        kind: of the browser.
        told: further ``[staff_passport]`` settings, such as ``schema=path``.
    """
    clock = Ticking()
    made = make_bundled(variant, faults, clock=clock, **told)
    tools = make_tools(by_host([made]), clock, kind=kind)
    outcome = Outcome([], set(), None, 0, [], {})
    try:
        subject = PortalUnderTest(made.portal.issuer_url, made.around, tools)
        engine = Engine(subject, tools.client.recorder, requirements(), strict=strict)
        traces = Traces(made.portal, tools.client.recorder, outcome.met)
        for check, scenario in engine.plan(chosen(PORTAL, select)):
            result = await engine.judge(check, scenario)
            outcome.results.append(result)
            traces.note(check.id, result.exchanges)
    finally:
        await tools.client.aclose()
    return dataclasses.replace(outcome, fired=set(made.portal.fired), exchanges=tools.client.recorder.exchanges)


async def judge_gateway(
    faults: Iterable[str] = (),
    *,
    select: str | Collection[str] = "*",
    strict: bool = False,
    **told: Any,
) -> Outcome:
    """Run checks of the profile against the bundled gateway with some faults, in process.

    Args:
        select: glob over check ids, or the ids.
        strict: findings of level SHOULD fail too.
        told: further ``[staff_passport]`` settings.
    """
    clock = Ticking()
    settings = as_registered(StaffPassportSettings(**told))
    gateway = bundled_gateway(AT.gateway, settings, faults, clock=clock.now, sleep=clock.sleep)
    tools = make_tools({f"all://{urlsplit(AT.gateway).netloc}": httpx.ASGITransport(gateway.app)}, clock)
    outcome = Outcome([], set(), None, 0, [], {})
    try:
        traces = Traces(gateway, tools.client.recorder, outcome.met)
        subject = await look_at_gateway(gateway.base_url, settings, tools)
        traces.note("preflight")
        engine = Engine(subject, tools.client.recorder, requirements(GATEWAY), strict=strict)
        for check, scenario in engine.plan(chosen(GATEWAY, select)):
            result = await engine.judge(check, scenario)
            outcome.results.append(result)
            traces.note(check.id, result.exchanges)
    except PreflightError as error:
        outcome.stopped = str(error)
    finally:
        await tools.client.aclose()
    return dataclasses.replace(outcome, fired=set(gateway.fired), exchanges=tools.client.recorder.exchanges)


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"nobody is at {request.url.host}", request=request)
