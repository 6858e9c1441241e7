"""A drill watches a status list until a change shows, is overdue, or the run has waited long enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from harness.evidence import Blocked, IssuedCredential, Tools
from harness.formats.credential import Credential
from harness.formats.problems import Problem
from harness.formats.status_document import StatusDocument
from harness.formats.status_reference import Mechanism, Reference, State, saying
from harness.lifecycle.drill import REVOCATION, SUSPENSION, Drill, Watch, cached_for
from harness.lifecycle.freshness import freshness_lifetime, shared_lifetime
from harness.lifecycle.status import CredentialStatus, Entry
from harness.patience import Patience
from harness.settings import Promises
from harness.transport import Reply
from harness.trust.fetching import Fetched
from harness.trust.files import TrustError

URI = "https://issuer.test/status/1"
ISSUED, OTHER = 7, 40


@dataclass
class World:
    """An issuer with one status list, its team, and the clock of all of them."""

    ttl: float | None = 30.0
    expires: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds after which a change is published; infinite for never."""
    max_wait_s: float = 60.0
    promises: Promises = field(default_factory=Promises)
    hooks: frozenset[str] = frozenset({"revoke", "suspend", "reinstate"})
    refuses: frozenset[str] = frozenset()
    changes: Mapping[str, Mapping[int, int]] = field(
        default_factory=lambda: {"revoke": {ISSUED: 1}, "suspend": {ISSUED: 2}, "reinstate": {ISSUED: 0}}
    )
    vanishes: float | None = None
    """When the list is gone."""
    values: dict[int, int] = field(default_factory=dict)
    purposes: tuple[str | None, ...] = (None,)
    time: float = 1000.0
    due: list[tuple[float, Mapping[int, int]]] = field(default_factory=list)
    looked: list[tuple[float, int]] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    trust_fails: bool = False

    def tools(self) -> Tools:
        patience = Patience(self.max_wait_s, sleep=self.sleep, announce=lambda *wait: self.waits.append(wait))
        tools = SimpleNamespace(now=lambda: self.time, patience=patience, promises=self.promises)
        tools.wait = lambda seconds, why: Tools.wait(cast("Tools", tools), seconds, why)
        return cast("Tools", tools)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds

    # The team

    def can(self, operation: str) -> bool:
        return operation in self.hooks

    async def do(self, operation: str, issued: IssuedCredential, configuration: str, **known: str | None) -> None:
        self.asked.append(operation)
        assert issued.raw == ISSUED, "nothing is done to the other credential"
        if operation in self.refuses:
            raise Blocked(f'hook "{operation}" failed')
        self.due.append((self.time + self.delay, self.changes[operation]))

    # The lists

    async def status(self, credential: Credential, *, beside: CredentialStatus | None = None) -> CredentialStatus:
        if self.trust_fails:
            raise TrustError("trust.status_lists: no certificate")
        index = cast("int", credential)
        if beside is None:
            self.looked.append((self.time, index))
        for _, values in [change for change in self.due if change[0] <= self.time]:
            self.values.update(values)
        self.due = [change for change in self.due if change[0] > self.time]
        return CredentialStatus(tuple(self.entry(index, purpose) for purpose in self.purposes))

    def entry(self, index: int, purpose: str | None) -> Entry:
        mechanism = Mechanism.STATUS_LIST if purpose is None else Mechanism.BITSTRING
        reference = Reference(mechanism, URI, "/status", index, purpose=purpose)
        gone = self.vanishes is not None and self.time >= self.vanishes
        reply = Reply(len(self.looked), "GET", URI, 404 if gone else 200, httpx.Headers(self.headers), b"")
        entry = Entry(reference, Fetched(URI, (reply,)), self.time)
        if gone:
            return replace(entry, unread=Problem("status-answer", "the answer is HTTP 404"))
        document = cast("StatusDocument", SimpleNamespace(ttl=self.ttl, expires=self.expires))
        own = purpose in (None, REVOCATION) or index != ISSUED
        value = self.values.get(index if own else -index, 0)
        return replace(entry, document=document, value=value)


def credential(index: int) -> IssuedCredential:
    return cast("IssuedCredential", SimpleNamespace(raw=index, document=index, exchange=index))


def drill(world: World, purpose: str = REVOCATION) -> Drill:
    first = "revoke" if purpose == REVOCATION else "suspend"
    watch = Watch(
        world,
        cast("Any", world),
        world.tools(),
        "identity",
        credential=credential(ISSUED),
        other=credential(OTHER),
        purpose=purpose,
    )
    return asyncio.run(watch.run(first, "reinstate"))


def times(world: World) -> list[float]:
    return [time - 1000 for time, index in world.looked if index == ISSUED]


def test_a_change_that_shows_at_once_costs_no_wait() -> None:
    world = World(hooks=frozenset({"revoke"}))
    step = drill(world).step("revoke")
    assert (step.shown, world.waits, times(world)) == (True, [], [0, 0])
    assert step.after.credential.state is State.REVOKED
    assert step.after.other.state is State.VALID


def test_an_early_change_ends_the_wait_early() -> None:
    world = World(hooks=frozenset({"revoke"}), delay=4.5)
    step = drill(world).step("revoke")
    assert step.shown
    assert times(world) == [0, 0, 1, 3, 7]
    assert world.waits == [(seconds, "the revocation to show in the status list") for seconds in (1.0, 2.0, 4.0)]


def test_a_change_that_never_shows_is_waited_for_until_it_is_due() -> None:
    world = World(delay=float("inf"))
    found = drill(world)
    step = found.step("revoke")
    assert not step.shown
    assert times(world)[-1] == 36, "the ttl of the list, its distribution, and a second for what is rounded"
    assert "reinstate" not in found.steps, "what did not show cannot come back"
    assert world.asked == ["revoke"]


def test_a_late_change_has_not_shown() -> None:
    assert not drill(World(delay=40, ttl=10)).step("revoke").shown


def test_what_the_team_promises_counts_before_what_the_list_says() -> None:
    world = World(delay=20, ttl=3600, promises=Promises(status_change_s=5))
    assert not drill(world).step("revoke").shown
    assert times(world)[-1] == 6
    assert drill(World(delay=20, ttl=5, promises=Promises(status_change_s=30))).step("revoke").shown


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ({"ttl": 7.0}, 13),
        ({"ttl": 7.0, "headers": {"Cache-Control": "max-age=12", "Age": "2"}}, 25),
        ({"ttl": None, "expires": 930.0, "headers": {"Cache-Control": "max-age=12"}}, 1),
        ({"ttl": None, "expires": 960.0}, 21),
    ],
)
def test_a_list_says_how_long_a_change_may_take(said: dict[str, Any], last: float) -> None:
    world = World(delay=float("inf"), **said)
    assert not drill(world).step("revoke").shown
    assert times(world)[-1] == last


def test_a_promise_that_is_longer_than_the_run_waits_blocks() -> None:
    world = World(delay=float("inf"), ttl=86_400)
    found = drill(world)
    message = (
        r"^the revocation did not show within the 60 s that the run waits in all, and by the ttl of the list it"
        r" may take 86405 s; .* --vci-max-wait .* status_change_s under \[promises\]"
    )
    with pytest.raises(Blocked, match=message):
        found.step("revoke")
    assert sum(seconds for seconds, _ in world.waits) == 60


@pytest.mark.parametrize("headers", [{}, {"Cache-Control": "public, max-age=12"}])
def test_without_any_promise_nothing_is_claimed(headers: dict[str, str]) -> None:
    found = drill(World(delay=float("inf"), ttl=None, headers=headers))
    with pytest.raises(Blocked, match=r"nothing says how long that may take; status_change_s under \[promises\]"):
        found.step("revoke")


def test_a_change_in_time_counts_whatever_was_promised() -> None:
    world = World(delay=50, ttl=86_400, hooks=frozenset({"revoke"}))
    assert drill(world).step("revoke").shown
    assert drill(World(delay=50, ttl=None, hooks=frozenset({"revoke"}))).step("revoke").shown


def test_the_pauses_of_a_drill_are_bounded_together() -> None:
    world = World(delay=35, ttl=40)
    found = drill(world, SUSPENSION)
    assert found.step("suspend").shown
    assert sum(seconds for seconds, _ in world.waits) == 60
    with pytest.raises(Blocked, match="the reinstatement did not show within the 60 s that the run waits in all"):
        found.step("reinstate")


def test_a_run_that_does_not_wait_still_looks_once() -> None:
    world = World(delay=5, max_wait_s=0)
    with pytest.raises(Blocked, match="within the 0 s"):
        drill(world).step("revoke")
    assert (times(world), world.waits) == ([0, 0], [])


def test_what_is_suspended_is_reinstated() -> None:
    world = World(delay=2)
    found = drill(world, SUSPENSION)
    suspended, reinstated = found.step("suspend"), found.step("reinstate")
    assert suspended.after.credential.state is State.SUSPENDED
    assert reinstated.before is suspended.after
    assert reinstated.after.credential.state is State.VALID
    assert world.waits[-1][1] == "the reinstatement to show in the status list"


def test_what_is_revoked_is_tried_to_be_brought_back() -> None:
    assert drill(World()).step("reinstate").after.credential.state is State.VALID
    kept = drill(World(changes={"revoke": {ISSUED: 1}, "reinstate": {}}))
    assert kept.step("reinstate").after.credential.state is State.REVOKED


def test_an_issuer_that_refuses_to_bring_it_back_is_not_waited_for() -> None:
    world = World(refuses=frozenset({"reinstate"}))
    step = drill(world).steps["reinstate"]
    assert (step.refused, world.waits) == ('hook "reinstate" failed', [])
    assert step.after.credential.state is State.REVOKED


def test_a_hook_that_fails_blocks() -> None:
    with pytest.raises(Blocked, match=r'^hook "revoke" failed$'):
        drill(World(refuses=frozenset({"revoke"})))


def test_without_a_hook_for_the_second_operation_the_first_is_judged_alone() -> None:
    found = drill(World(hooks=frozenset({"suspend"})), SUSPENSION)
    assert found.step("suspend").shown
    with pytest.raises(Blocked, match="reinstate was not tried"):
        found.step("reinstate")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({ISSUED: 1}, "the status of a credential is revoked as soon as it is issued"),
        ({OTHER: 2}, "the status of a credential is suspended as soon as it is issued"),
        ({OTHER: 9}, "the status of a credential is other as soon as it is issued"),
    ],
)
def test_both_credentials_are_valid_to_begin_with(values: dict[int, int], message: str) -> None:
    world = World(values=values)
    with pytest.raises(Blocked, match=message):
        drill(world)
    assert world.asked == []


def test_a_list_that_cannot_be_read_to_begin_with_blocks() -> None:
    with pytest.raises(Blocked, match=f"the status list at {URI}: the answer is HTTP 404"):
        drill(World(vanishes=0))


def test_credentials_without_a_list_block() -> None:
    with pytest.raises(Blocked, match="refers to no status list for revocation"):
        drill(World(purposes=()))


def test_trust_anchors_that_cannot_be_read_block() -> None:
    with pytest.raises(Blocked, match=r"^trust\.status_lists: no certificate$"):
        drill(World(trust_fails=True))


def test_a_list_that_vanishes_is_looked_for_until_the_change_is_due() -> None:
    world = World(vanishes=1000.5, delay=10)
    step = drill(world).step("revoke")
    assert not step.shown
    assert times(world)[-1] == 36
    assert step.pairs[0][1].missing == f"the status list at {URI}: the answer is HTTP 404"


def test_a_list_that_comes_back_is_believed() -> None:
    world = World(delay=2)

    async def status(credential: Credential, *, beside: CredentialStatus | None = None) -> CredentialStatus:
        world.vanishes = 0 if 1001 <= world.time < 1006 else None
        return await World.status(world, credential, beside=beside)

    world.status = status  # type: ignore[method-assign]
    assert drill(world).step("revoke").shown


def test_a_list_whose_other_bits_changed_does_not_show_the_change() -> None:
    world = World(changes={"revoke": {ISSUED ^ 7: 1}})
    assert not drill(world).step("revoke").shown


def test_of_two_lists_that_for_the_purpose_counts() -> None:
    world = World(purposes=(REVOCATION, SUSPENSION), delay=2, hooks=frozenset({"revoke"}))
    step = drill(world).step("revoke")
    assert step.shown
    assert [old.reference.purpose for old, _ in step.pairs] == [REVOCATION]
    assert [new.state for _, new in step.every_pair] == [State.REVOKED, State.VALID]


@pytest.mark.parametrize(
    ("purpose", "given", "wanted"),
    [
        (REVOCATION, [REVOCATION, SUSPENSION], [REVOCATION]),
        (SUSPENSION, [REVOCATION, SUSPENSION], [SUSPENSION]),
        (SUSPENSION, [REVOCATION], []),
        (SUSPENSION, [REVOCATION, "message"], ["message"]),
        (REVOCATION, [REVOCATION, "message"], [REVOCATION]),
        (REVOCATION, [None], [None]),
        (SUSPENSION, [None], [None]),
        (REVOCATION, [], []),
    ],
)
def test_which_lists_can_say_it(purpose: str, given: list[str | None], wanted: list[str | None]) -> None:
    references = [Reference(Mechanism.BITSTRING, URI, "/status", 1, purpose=each) for each in given]
    assert [each.purpose for each in saying(purpose, references)] == wanted


def test_a_list_of_identifiers_says_nothing_of_a_suspension() -> None:
    listed = Reference(Mechanism.IDENTIFIER_LIST, URI, "/status", identifier=b"1")
    assert saying(REVOCATION, [listed]) == (listed,)
    assert saying(SUSPENSION, [listed]) == ()


def test_the_exchanges_of_a_drill_are_told_once_each() -> None:
    assert drill(World(hooks=frozenset({"revoke"}))).exchanges == [1, 2, ISSUED, OTHER]


def test_of_all_that_is_seen_no_list_between_the_first_and_the_last_is_kept() -> None:
    step = drill(World(delay=20)).step("revoke")
    assert step.looks == (2, 3, 4, 5, 6, 7), "numbers of exchanges, not lists"
    assert step.after.other.entries[0].fetched.replies[0].exchange == 7, "one list for both credentials"


# How long copies may be kept

HEADERS: list[tuple[Mapping[str, str], float | None]] = [
    ({}, None),
    ({"Cache-Control": "public"}, None),
    ({"Cache-Control": "max-age=60"}, 60),
    ({"Cache-Control": 'public, Max-Age="60", immutable'}, 60),
    ({"Cache-Control": "s-maxage=60"}, None),
    ({"Cache-Control": "max-age=60", "Age": "50"}, 10),
    ({"Cache-Control": "max-age=60", "Age": "61"}, 0),
    ({"Cache-Control": "max-age=60", "Age": "soon"}, 60),
    ({"Cache-Control": "no-store"}, 0),
    ({"Cache-Control": "max-age=60, no-cache"}, 0),
    ({"Cache-Control": "max-age=60", "Expires": "0"}, 60),
    ({"Expires": "Thu, 01 Jan 2026 00:05:00 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 300),
    ({"Expires": "Thu, 01 Jan 2026 00:00:00 GMT", "Date": "Thu, 01 Jan 2026 00:05:00 GMT"}, 0),
    ({"Expires": "Thu, 01 Jan 2026 00:05:00 GMT"}, None),
    ({"Expires": "0", "Date": "Thu, 01 Jan 2026 00:05:00 GMT"}, 0),
]


@pytest.mark.parametrize(("headers", "seconds"), HEADERS, ids=[str(headers) for headers, _ in HEADERS])
def test_http_says_how_long_a_copy_is_fresh(headers: Mapping[str, str], seconds: float | None) -> None:
    assert freshness_lifetime(httpx.Headers(headers)) == seconds


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("max-age=60", 60),
        ("max-age=60, s-maxage=5", 5),
        ("private, max-age=60", 0),
        ("no-store", 0),
        ("public", 0),
    ],
)
def test_http_says_how_long_a_cache_on_the_way_may_answer(control: str, seconds: float) -> None:
    assert shared_lifetime(httpx.Headers({"Cache-Control": control, "Age": "3"})) == seconds
    assert shared_lifetime(httpx.Headers()) == 0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"ttl": 30.0, "expires": 1005.0}, 30),
        ({"ttl": None, "expires": 1005.0}, 5),
        ({"ttl": None, "expires": 900.0}, 0),
        ({"ttl": None, "headers": {"Cache-Control": "max-age=8"}}, 8),
        ({"ttl": None}, None),
    ],
)
def test_a_copy_may_be_kept_for(said: dict[str, Any], seconds: float | None) -> None:
    assert cached_for(World(**said).entry(ISSUED, None)).seconds == seconds


def test_an_answer_that_is_none_says_nothing() -> None:
    look: Callable[[], Entry] = lambda: World().entry(ISSUED, None)  # noqa: E731
    nothing = Entry(look().reference, Fetched(URI, (), Problem("fetch-no-answer", "no answer")), 1000.0)
    assert cached_for(nothing).seconds is None
