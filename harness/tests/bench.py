"""Judges the reference issuer in process: no socket, no pytest, the same engine as a team's run."""

from __future__ import annotations

import dataclasses
import fnmatch
import hashlib
import ssl
import time
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from harness import catalogue, checks, dialects, profiles
from harness.checks import Check
from harness.engine import Engine
from harness.evidence import Blocked, IssuedCredential, Tools, WalletOptions
from harness.formats.sd_jwt_vc_drafts import DRAFTS
from harness.hooks import HookUnavailable
from harness.issuer_under_test import IssuerUnderTest
from harness.model import CheckResult, Requirement
from harness.offer_sources import MintedOffer, OfferSource
from harness.patience import Patience
from harness.preflight import PreflightError, discover, scenarios
from harness.reference import documents, variants
from harness.reference.app import ReferenceIssuer
from harness.reference.govuk.app import GovukIssuer
from harness.reference.staff_passport.app import Portal
from harness.reference.tls import presenting
from harness.reference.wire import FIELD_NAMES
from harness.settings import ClientSettings, Promises, TrustSettings
from harness.staff_passport.gateway.provider import Gateway
from harness.target import registered_wallet
from harness.transport import Client, Recorder

PROFILE = "oid4vci-1.0"
"""What the variants of the reference issuer conform to."""


def profile_of(variant: variants.Variant) -> str:
    """The profile that a clean variant conforms to."""
    strict = {"haip": "haip-1.0", "fapi2": "fapi2-sp"}
    return strict.get(variant.security_profile, f"oid4vci-{variant.version}")


class InProcessOffers(OfferSource):
    """Takes offers straight from a reference issuer."""

    def __init__(self, name: str, issuer: ReferenceIssuer, **wishes: Any) -> None:
        self.name = name
        self._issuer = issuer
        self._wishes = wishes
        self.minted = 0

    @property
    def mints_for_configuration(self) -> bool:
        return True

    @property
    def single(self) -> bool:
        return False

    async def fetch(self, configuration: str | None = None) -> MintedOffer:
        self.minted += 1
        made = self._issuer.mint_offer(configuration, **self._wishes)
        return MintedOffer(made.offer, made.tx_code)

    async def transaction_code(self, minted: MintedOffer, configuration: str | None = None) -> str:
        if minted.tx_code is None:
            raise HookUnavailable("the issuer gave no Transaction Code out")
        return minted.tx_code


class InProcessOperations:
    """Does things to credentials straight at a reference issuer."""

    def __init__(self, issuer: ReferenceIssuer) -> None:
        self._issuer = issuer

    def can(self, operation: str) -> bool:
        return operation in self._issuer.operations

    async def do(self, operation: str, issued: IssuedCredential, configuration: str, **known: str | None) -> None:
        try:
            self._issuer.operate(operation, issued.raw)
        except ValueError as error:
            raise Blocked(str(error)) from error


@dataclasses.dataclass(repr=False)  # asyncio asks for it at the end of every run, and it is long
class Outcome:
    """What a run against a reference issuer brought."""

    results: list[CheckResult]
    fired: set[str]
    stopped: str | None
    """The preflight message, when the run stopped there."""
    offers: int
    """How many offers were minted."""
    exchanges: list[Any]
    met: dict[str, set[str]]
    """Rule that was broken, tolerance that was needed, or document that went out, to the checks whose exchanges
    may show it; ``preflight`` counts as one."""


@cache
def requirements(profile: str = PROFILE) -> dict[str, Requirement]:
    """The requirements of a profile."""
    chosen = profiles.load(profile)
    return catalogue.of(chosen.specifications, version=chosen.version, without=chosen.leaves_out)


@cache
def all_checks(profile: str = PROFILE) -> dict[str, Check]:
    """The checks that judge by them."""
    return checks.within(requirements(profile))


class Clock:
    """One clock for issuer and wallet: waiting takes no time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    async def sleep(self, seconds: float) -> None:
        self._ahead += seconds


async def judge_reference(variant: str = "default", faults: Iterable[str] = (), **rest: Any) -> Outcome:
    """Run the checks against a variant of the reference issuer with some faults, in process."""
    clock = Clock()
    issuer = ReferenceIssuer(variants.variant(variant), faults, clock=clock.now)
    wallet = registered_wallet(issuer)
    return await judge_issuer(
        issuer,
        showing(issuer, wallet.client),
        second_transport=showing(issuer, wallet.second) if wallet.second else None,
        bare_transport=httpx.ASGITransport(issuer.app) if wallet.client.certificate else None,
        clock=clock,
        **rest,
    )


def showing(issuer: ReferenceIssuer, client: ClientSettings) -> httpx.ASGITransport:
    """The way to an issuer in process for a client, which shows its TLS certificate where it has one."""
    if client.certificate is None:
        return AsSent(issuer.app)
    return AsSent(presenting(issuer.app, [client.certificate.read_text()]))


class AsSent(httpx.ASGITransport):
    """Calls an application in process and tells it how the names of header fields were spelled."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        names = [name.decode("latin-1") for name, _ in request.headers.raw]

        async def told(scope: Any, receive: Any, send: Any) -> None:
            extensions = {**scope.get("extensions", {}), FIELD_NAMES: names}
            await self.app({**scope, "extensions": extensions}, receive, send)

        return await httpx.ASGITransport(told).handle_async_request(request)


async def judge_issuer(
    issuer: ReferenceIssuer,
    transport: httpx.AsyncBaseTransport | None,
    *,
    second_transport: httpx.AsyncBaseTransport | None = None,
    bare_transport: httpx.AsyncBaseTransport | None = None,
    select: str | Collection[str] = "*",
    configurations: Sequence[str] | None = None,
    options: WalletOptions | None = None,
    client: ClientSettings | None = None,
    clock: Clock | None = None,
    timeout_s: float = 5.0,
    verify: ssl.SSLContext | None = None,
    trust: TrustSettings | None = None,
    sd_jwt_vc: str | None = None,
    profile: str | None = None,
) -> Outcome:
    """Run the checks against an issuer whose offers ``issuer`` mints.

    Args:
        transport: the way to it; ``None`` for the network.
        second_transport: the way of the second client, where it is another.
        bare_transport: the way of a client without certificate, where it is another.
        select: glob over check ids, or the ids.
        configurations: those of them that the metadata has are tested; by default the first of each format.
        options, client: by default as the issuer knows its wallets.
        sd_jwt_vc: the draft that judges; by default the one that the issuer follows.
        trust: by default the issuer's own trust anchor.
        profile: what judges; by default that which the issuer keeps to.
    """
    profile = profile or profile_of(issuer.variant)
    clock = clock or Clock()
    http = Client(
        Recorder(), transport=transport, timeout_s=timeout_s, max_body=1_000_000, verify=verify, now=clock.now
    )

    def further(way: httpx.AsyncBaseTransport | None) -> Client | None:
        if way is None:
            return None
        return Client(http.recorder, transport=way, timeout_s=timeout_s, max_body=1_000_000, now=clock.now)

    second_http, bare_http = further(second_transport), further(bare_transport)
    registered = registered_wallet(issuer)
    tools = Tools(
        http,
        clock.now,
        options or registered.options,
        trust=trust or anchors_of(issuer),
        wallet_client=client or registered.client,
        second_client=registered.second,
        second_http=second_http,
        bare_http=bare_http,
        patience=Patience(sleep=clock.sleep),
        promises=Promises(**issuer.promises()),
        denied_offers=InProcessOffers("denied", issuer, outcome="denied"),
        operations=InProcessOperations(issuer),
        sd_jwt_vc=DRAFTS[sd_jwt_vc or issuer.variant.sd_jwt_vc],
        dialect=dialects.load(
            profile.removeprefix("oid4vci-") if profile.startswith("oid4vci-") else issuer.variant.version
        ),
    )
    source = InProcessOffers("offer", issuer)
    outcome = Outcome([], set(), None, 0, [], {})
    try:
        found = await discover(issuer.issuer_url, tools)
        wanted_names = first_of_each_format(issuer) if configurations is None else configurations
        names = [name for name in wanted_names if name in found.configurations]
        chosen, flows = await scenarios(found, names, {"offer": source}, tools)
        subject = IssuerUnderTest(found, chosen, {"offer": source}, tools, flows=flows)
        engine = Engine(subject, http.recorder, requirements(profile))
        if isinstance(select, str):
            wanted = [check for name, check in all_checks(profile).items() if fnmatch.fnmatch(name, select)]
        else:
            wanted = [check for name, check in all_checks(profile).items() if name in select]
        traces = Traces(issuer, http.recorder, outcome.met)
        traces.note("preflight")
        for check, scenario in engine.plan(wanted):
            result = await engine.judge(check, scenario)
            outcome.results.append(result)
            traces.note(check.id, result.exchanges)
    except PreflightError as error:
        outcome.stopped = str(error)
    finally:
        await http.aclose()
        for other in (second_http, bare_http):
            if other is not None:
                await other.aclose()
    outcome.fired, outcome.offers = set(issuer.fired), source.minted
    outcome.exchanges = http.recorder.exchanges
    return outcome


def first_of_each_format(issuer: ReferenceIssuer) -> list[str]:
    first: dict[str, str] = {}
    for name, data in documents.configurations(issuer.variant).items():
        first.setdefault(data["format"], name)
    return list(first.values())


class Traces:
    """Finds out which check saw what of a reference issuer, be it in exchanges that another check made."""

    def __init__(
        self,
        issuer: ReferenceIssuer | GovukIssuer | Portal | Gateway,
        recorder: Recorder,
        met: dict[str, set[str]],
    ) -> None:
        self._issuer = issuer
        self._recorder = recorder
        self._met = met
        self._shown: dict[int, frozenset[str]] = {}

    def note(self, who: str, read: Collection[int] = ()) -> None:
        if not (self._issuer.met or read or self._recorder.count > len(self._shown)):
            return
        came = frozenset(self._issuer.met)
        self._issuer.met.clear()
        for number in range(len(self._shown) + 1, self._recorder.count + 1):
            self._shown[number] = came
        for item in came.union(*(self._shown[number] for number in read)):
            self._met.setdefault(item, set()).add(who)


@cache
def _anchor_folder() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="assay-anchor-"))


def iaca_file(issuer: ReferenceIssuer | GovukIssuer) -> Path:
    # Anchors are read once for each path, and a fault may spoil this one.
    pem = issuer.iaca_pem
    path = _anchor_folder() / f"iaca-{hashlib.sha256(pem.encode()).hexdigest()[:16]}.pem"
    if not path.exists():
        path.write_text(pem)
    return path


def anchors_of(issuer: ReferenceIssuer) -> TrustSettings:
    root = trust_anchor_file(issuer)
    return TrustSettings(x5c=(root,), iaca=(iaca_file(issuer),), metadata=(root,))


def trust_anchor_file(issuer: ReferenceIssuer) -> Path:
    path = _anchor_folder() / "anchor.pem"
    if not path.exists():
        path.write_text(issuer.trust_anchor_pem)
    return path
