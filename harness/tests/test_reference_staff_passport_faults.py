"""Each fault of the sample portal can be switched on, shows itself, and makes a difference to somebody outside.

Tours through the portal are recorded as others see them: pages, URLs, what the gateway is asked, and e-mails. A
fault makes the record of a tour another one.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import pytest

from harness.reference import faults
from harness.reference.staff_passport.variants import PORTAL_VARIANTS
from harness.staff_passport.employees import Identity
from harness.tests.sample_portal_bench import (
    AMARA,
    BJORN,
    CHLOE,
    PLACEMENT,
    PORTAL_URL,
    PROGRAMME,
    World,
    world,
)
from harness.tests.staff_passport_fault_variants import unproven

Tour = Callable[[World], Awaitable[None]]
_POINTS = ("accepts", "misreports", "rejects")


def _of_portal(fault: str) -> bool:
    point, _, rule = fault.partition(":")
    subject = rule if point in _POINTS else point
    return subject.startswith("dsp-") and not subject.startswith("dsp-gateway")


FAULTS = sorted(fault for fault in faults.catalogue() if _of_portal(fault))
_NOW = 1_800_000_000.0
_RANDOM = re.compile(r"(?<![\w-])(?=[\w-]*\d)[\w-]{20,}", re.ASCII)


class Clock:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self._now = _NOW

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += seconds


# The tours


async def whole(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.choose()
        await browser.confirmed()
        if browser.heading == "Verify your identity":
            await browser.verify()
        await browser.download()
        await browser.open("/credentials")
        if await browser.confirmed(PROGRAMME) == "Verify your identity":
            await browser.verify()
        await browser.download()


async def again(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.whole()
        await browser.open("/credentials")
        await browser.choose()
        if browser.heading == "Delete the old credential first":
            await browser.press("Continue")
        await browser.press("Confirm")
        await browser.download()
        await here.portal.invalidate("amara", PLACEMENT)
        await browser.open("/credentials")


async def later(here: World) -> None:
    for _ in range(2):
        async with here.browser() as browser:
            await browser.sign_in()
            await browser.whole()


async def uninvited(here: World) -> None:
    async with here.browser() as browser:
        await browser.open("/credentials")


async def inapplicable(here: World) -> None:
    async with here.browser(CHLOE) as browser:
        await browser.sign_in()


async def hasty(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.choose()
        await browser.post("/download")
        await browser.confirmed()
        await browser.post("/download")


async def unconfirmed(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.whole()
        await browser.post("/download")


async def with_another_state(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.confirmed()
        browser.rewrite = lambda url: re.sub(r"state=[^&]*", "state=another", url) if "/callback" in url else url
        await browser.verify()


async def two_at_once(here: World) -> None:
    async with here.browser(AMARA) as one, here.browser(BJORN) as other:
        for browser in (one, other):
            await browser.sign_in()
            await browser.confirmed()
        for browser in (one, other):
            await browser.verify()
        for browser in (one, other):
            await browser.download()
        for browser in (one, other):
            await browser.open("/credentials")


async def overtaken(here: World) -> None:
    async with here.browser(AMARA) as one, here.browser(BJORN) as other:
        for browser in (one, other):
            await browser.sign_in()
            await browser.confirmed()
        held: list[str] = []

        def hold(url: str) -> str:
            if "/callback" not in url or held:
                return url
            held.append(url)
            return f"{PORTAL_URL}/credentials"

        one.rewrite = hold
        await one.verify()
        await other.verify()
        await one.open(held[0])


async def changing(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.confirmed()
        await browser.verify()

        def change(url: str) -> str:
            if url.startswith(f"{PORTAL_URL}/callback"):
                here.portal.records.change("amara", PLACEMENT)
            return url

        browser.rewrite = change
        await browser.download()
        await browser.open("/credentials")


async def unrevoked(here: World) -> None:
    async with here.browser() as browser:
        await browser.sign_in()
        await browser.whole()
        here.gateway.misbehave("revocation-unavailable")
        await here.portal.invalidate("amara", PLACEMENT)
        here.gateway.misbehave()
        await here.portal.settled()


def unverified(*misbehaviours: str, wallet: str = "share", identity: Identity | None = None) -> Tour:
    async def tour(here: World) -> None:
        async with here.browser() as browser:
            await browser.sign_in()
            await browser.confirmed()
            here.gateway.misbehave(*misbehaviours)
            here.gateway.wallet.identity = identity or AMARA.identity
            await browser.verify_as_held(wallet)
            here.gateway.misbehave()
            if browser.heading == "Your identity has been verified":
                await browser.post("/download")

    return tour


def undownloaded(*misbehaviours: str, wallet: str = "add") -> Tour:
    async def tour(here: World) -> None:
        async with here.browser() as browser:
            await browser.sign_in()
            await browser.confirmed()
            await browser.verify()
            here.gateway.misbehave(*misbehaviours)
            await browser.download(wallet)
            here.gateway.misbehave()
            await browser.open("/credentials")

    return tour


def _written(first_name: str, surname: str) -> Identity:
    return Identity(first_name, surname, AMARA.birth_date, AMARA.unique_identifier)


_OF_ID_TOKENS = ("signature", "issuer", "audience", "expired", "nonce", "missing")
_OF_IDENTITIES = ("name-first", "name-last", "birth-date", "no-unique-identifier", "kid-with-algorithm")
TOURS: dict[str, Tour] = {
    "whole": whole,
    "again": again,
    "later": later,
    "uninvited": uninvited,
    "inapplicable": inapplicable,
    "hasty": hasty,
    "unconfirmed": unconfirmed,
    "with another state": with_another_state,
    "two at once": two_at_once,
    "overtaken": overtaken,
    "changing": changing,
    "unrevoked": unrevoked,
    **{f"unverified {name}": unverified(f"id-token-{name}") for name in _OF_ID_TOKENS},
    **{f"unverified {name}": unverified(name) for name in _OF_IDENTITIES},
    "unverified code-error": unverified("code-error"),
    "unverified decline": unverified(wallet="decline"),
    "written in capitals": unverified(identity=_written("AMARA", "Okonkwo-Hughes")),
    "written with accents": unverified(identity=_written("Amára", "Okonkwo-Hughes")),
    "written without hyphens": unverified(identity=_written("Amara", "Okonkwo Hughes")),
    "undownloaded code-error": undownloaded("code-error"),
    "undownloaded no-serial-number": undownloaded("no-serial-number"),
    "undownloaded decline": undownloaded(wallet="decline"),
}


# What others see of them


def record(here: World) -> str:
    """Write down what others see of a portal; what is random is numbered in the order of its appearance."""
    seen: dict[str, Any] = {
        "browsers": [(browser.urls, browser.pages) for browser in here.browsers],
        "gateway": [
            (
                each.endpoint,
                each.mode,
                each.url,
                {name: value for name, value in each.parameters.items() if name != "id_token_hint"},
                each.json,
                each.status,
                (dict(each.hint.header), dict(each.hint.claims), each.hint.signed) if each.hint else None,
            )
            for each in here.gateway.log
        ],
        "mails": [(mail["To"], mail["Subject"], mail.get_content()) for mail in here.mails],
    }
    numbers: dict[str, int] = {}
    return _RANDOM.sub(
        lambda found: f"<{numbers.setdefault(found.group(), len(numbers))}>", json.dumps(seen, default=str)
    )


def seen_of(tour: str, *switched_on: str, variant: str = "staff-passport", seed: int = 8) -> tuple[str, World]:
    """Go on a tour; give its record, and the world in which it was."""
    here = world(variant, switched_on, clock=Clock(), seed=seed)

    async def run() -> None:
        try:
            await TOURS[tour](here)
        except AssertionError as ended:
            # The tour cannot go on with such a portal.
            here.portal.met.add(str(ended))

    asyncio.run(run())
    return record(here), here


@cache
def clean(tour: str, variant: str = "staff-passport") -> tuple[str, frozenset[str]]:
    """What others see of a portal without faults on a tour, and which rules and messages that meets."""
    told, here = seen_of(tour, variant=variant)
    return told, frozenset(here.portal.met)


def _met_by(fault: str) -> str:
    point, _, rule = fault.partition(":")
    return rule if point in _POINTS else point


@pytest.mark.parametrize("tour", sorted(TOURS))
def test_a_tour_is_the_same_each_time_whatever_is_random(tour: str) -> None:
    told, here = seen_of(tour, seed=9)
    assert told == clean(tour)[0]
    assert here.portal.fired == set()
    assert not [each for each in here.portal.met if "no button" in each or "not offered" in each]


# That the others make one is part of the matrix.
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if unproven(fault)])
def test_a_fault_makes_a_difference_to_somebody_outside(fault: str) -> None:
    concerned = [tour for tour in TOURS if _met_by(fault) in clean(tour)[1]]
    assert concerned, "no tour comes to where the fault is"
    fired = False
    for tour in concerned:
        told, here = seen_of(tour, fault)
        assert here.portal.fired <= {fault}
        fired = fired or fault in here.portal.fired
        if fault in here.portal.fired and told != clean(tour)[0]:
            return
    assert fired, "the fault never fires"
    raise AssertionError("nobody outside sees the fault")


@pytest.mark.parametrize("variant", sorted(PORTAL_VARIANTS))
def test_the_portal_is_right_in_every_variant(variant: str) -> None:
    for tour in ("whole", "again"):
        _, here = seen_of(tour, variant=variant)
        assert {each.status for each in here.gateway.log if each.endpoint in ("token", "revocation")} <= {200}


def test_every_fault_is_described() -> None:
    described = faults.catalogue()
    assert len({described[fault] for fault in FAULTS}) == len(FAULTS)
    assert [fault for fault in FAULTS if not described[fault].endswith(".")] == []
