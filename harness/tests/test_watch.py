"""`assay watch`: what it looks at and when, what it tells of, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness import cli
from harness.formats import status_reference
from harness.formats.problems import FormatError, Problem
from harness.formats.signatures import SignatureError
from harness.formats.status_reference import Mechanism, Reference
from harness.lifecycle.status import Entry
from harness.reference import credential_formats, documents
from harness.reference.app import ReferenceIssuer
from harness.reference.serve import Served, serving
from harness.reference.variants import VARIANTS
from harness.transport import Reply
from harness.trust.fetching import Fetched
from harness.trust.found import IssuerKey
from harness.wallet.keys import make_key
from harness.watching import stored
from harness.watching.display import Display, Stream, summary
from harness.watching.log import Log, of_change
from harness.watching.observation import UNKNOWN
from harness.watching.schedule import Schedule
from harness.watching.stored import Stored
from harness.watching.watch import TAKEN_BACK, Change, View, Watch, Wish

BEGIN = 1_795_190_400.0
LIST = "https://status.example/1"
OTHER_LIST = "https://status.example/2"
HOLDER = make_key("ES256")
SCHEDULE = Schedule(3.0, 60.0)
REVOKED, SUSPENDED, VALID = 1, 2, 0


# Fakes: credentials, lists, the clock


@dataclass(frozen=True)
class FakeCredential:
    status_references: tuple[Reference, ...]
    expires: float | None = None
    signer: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "signer", type("Signer", (), {"issuer": "https://issuer.example"})())


@dataclass(frozen=True)
class FakeList:
    """A status list that says what the test wants."""

    values: Mapping[int, int] = field(default_factory=dict)
    subject: Any = LIST
    ttl: float | None = None
    expires: float | None = None
    forged: bool = False

    def value_of(self, reference: Reference) -> int:
        assert reference.index is not None
        if reference.index > 100:
            raise FormatError("status-out-of-range", "the list has 100 entries")
        return self.values.get(reference.index, VALID)

    def verify(self, jwk: Mapping[str, Any]) -> None:
        if self.forged:
            raise SignatureError("signature", "the signature is another")


def reference(index: int = 1, uri: str = LIST, purpose: str | None = None) -> Reference:
    mechanism = Mechanism.STATUS_LIST if purpose is None else Mechanism.BITSTRING
    return Reference(mechanism, uri, f"/status/{index}", index, purpose=purpose)


def credential_at(*places: Reference, name: str = "cred.txt", expires: float | None = None) -> Stored:
    document: Any = FakeCredential(places or (reference(),), expires)
    return Stored(name, "dc+sd-jwt", "urn:example:pid", document)


Answer = FakeList | Reply | Problem | Exception


def reply(status: int = 200, /, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(1, "GET", LIST, status, httpx.Headers(named), b"")


class Bench:
    """A watch with a clock of its own and lists that change with the time."""

    def __init__(
        self, *credentials: Stored, schedule: Schedule = SCHEDULE, headers: Mapping[str, str] | None = None
    ):
        self.now = BEGIN
        self.fetched: list[tuple[float, str]] = []
        self.answers: dict[str, list[tuple[float, Answer]]] = {}
        self.headers = dict(headers or {})
        self.key = IssuerKey("x5c", {"kty": "EC"})
        self.lines: list[str] = []
        self.heartbeats: list[str] = []
        self.views: Sequence[View] = ()
        self.changes: list[Change] = []
        self.watch = Watch(
            credentials,
            self,
            schedule,
            now=lambda: self.now,
            sleep=self._sleep,
            listeners=(Display(self), self),
        )

    def answer(self, seconds: float, answer: Answer, uri: str = LIST) -> Bench:
        """From this time on the list is so."""
        self.answers.setdefault(uri, []).append((BEGIN + seconds, answer))
        return self

    async def _sleep(self, seconds: float) -> None:
        assert seconds >= 0
        assert self.now < BEGIN + 100_000, "the watch does not end"
        # A clock never stands still.
        self.now += max(seconds, 0.001)

    async def entry(self, reference: Reference, credential: Any = None) -> Entry:
        self.fetched.append((self.now - BEGIN, reference.uri))
        answers = self.answers.get(reference.uri, [])
        given = [answer for since, answer in answers if since <= self.now + 0.01][-1]
        if isinstance(given, Exception):
            raise given
        if isinstance(given, Problem):
            return Entry(reference, Fetched(reference.uri, (), given), self.now)
        if isinstance(given, Reply):
            return Entry(reference, Fetched(reference.uri, (given,)), self.now)
        fetched = Fetched(reference.uri, (reply(**self.headers),))
        document: Any = given
        return Entry(reference, fetched, self.now, document, key=self.key)

    # A paper and a listener

    def line(self, text: str) -> None:
        self.lines.append(text)

    def passing(self, text: str) -> None:
        self.heartbeats.append(text)

    def begun(self, time: float, views: Sequence[View], changes: Sequence[Change]) -> None:
        self.views = views

    def changed(self, change: Change) -> None:
        self.changes.append(change)

    def waiting(self, time: float, until: float) -> None:
        """Hear nothing."""

    @property
    def seen(self) -> list[tuple[int, str | None, str]]:
        """Time, old and new state of the changes."""
        return [
            (round(change.time - BEGIN), change.old.state if change.old else None, change.new.state)
            for change in self.changes
        ]

    @property
    def times(self) -> list[int]:
        return [round(at) for at, _ in self.fetched]


# When is looked


@pytest.mark.parametrize(
    ("document", "headers", "times"),
    [
        (FakeList(), {}, [0, 60, 120]),
        (FakeList(ttl=25.0), {}, [0, 25, 50, 75, 100, 125]),
        (FakeList(ttl=43_200.0), {}, [0, 60, 120]),
        (FakeList(ttl=0.5), {}, list(range(0, 126, 3))),
        (FakeList(ttl=-1.0), {}, [0, 60, 120]),
        (FakeList(ttl=float("nan")), {}, [0, 60, 120]),
        (FakeList(), {"cache_control": "public, max-age=40"}, [0, 40, 80, 120]),
        (FakeList(), {"cache_control": "max-age=40", "age": "15"}, [0, 25, 50, 75, 100, 125]),
        (FakeList(), {"cache_control": "s-maxage=5"}, [0, 60, 120]),
        (FakeList(), {"cache_control": "no-cache"}, [0, 60, 120]),
        # What the list says itself counts before HTTP caching.
        (FakeList(ttl=50.0), {"cache_control": "max-age=10"}, [0, 50, 100]),
        (FakeList(expires=BEGIN + 30), {"cache_control": "max-age=10"}, [0, 30, 90]),
        (FakeList(expires=BEGIN + 30, ttl=20.0), {}, [0, 20, 30, 50, 70, 90, 110]),
    ],
)
async def test_a_list_is_looked_at_when_it_says_and_within_bounds(
    document: FakeList, headers: dict[str, str], times: list[int]
) -> None:
    bench = Bench(credential_at(), headers=headers).answer(0, document)
    await bench.watch.run(timeout_s=126.5)
    assert [at for at in bench.times if at < 126] == times


async def test_a_server_that_asks_to_be_left_alone_is() -> None:
    bench = Bench(credential_at()).answer(0, reply(503, retry_after="300")).answer(1, FakeList())
    await bench.watch.run(timeout_s=310)
    assert bench.times == [0, 300, 310]


async def test_lists_are_fetched_once_for_all_credentials_and_each_in_its_time() -> None:
    bench = Bench(
        *(credential_at(reference(number), name=f"{number}.txt") for number in range(20)),
        credential_at(reference(3, OTHER_LIST), reference(7), name="other.txt"),
    )
    bench.answer(0, FakeList({5: REVOKED}, ttl=30.0)).answer(0, FakeList(subject=OTHER_LIST, ttl=50.0), OTHER_LIST)
    await bench.watch.run(timeout_s=55)
    assert [(round(at), uri) for at, uri in bench.fetched] == [
        (0, LIST),
        (0, OTHER_LIST),
        (30, LIST),
        (50, OTHER_LIST),
        (55, LIST),
        (55, OTHER_LIST),
    ]
    assert [view.state for view in bench.watch.views].count("revoked") == 1


async def test_nobody_is_hammered_at_the_end() -> None:
    bench = Bench(credential_at()).answer(0, FakeList(ttl=10.0))
    await bench.watch.run(timeout_s=12)
    assert bench.times == [0, 10]


# What is told


async def test_each_credential_has_a_line_and_each_change_one_more() -> None:
    bench = Bench(credential_at(expires=BEGIN + 1_000_000))
    bench.answer(0, FakeList()).answer(100, FakeList({1: REVOKED}))
    await bench.watch.run(timeout_s=400)
    first, change = bench.lines
    assert re.match(
        r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ  cred\.txt: valid \(dc\+sd-jwt urn:example:pid, expires ", first
    )
    assert f"status_list {LIST} [1] valid" in first
    assert re.search(rf"Z  cred\.txt: valid -> revoked  status_list {LIST} \[1\]$", change)
    assert bench.seen == [(120, "valid", "revoked")]
    assert len(bench.heartbeats) == len(bench.times) - 1
    assert "1 change; at the end 1 revoked" in summary(bench.watch, 400)


async def test_a_place_that_others_share_changes_alone() -> None:
    bench = Bench(credential_at(reference(1), name="a"), credential_at(reference(2), name="b"))
    bench.answer(0, FakeList()).answer(50, FakeList({2: SUSPENDED}))
    await bench.watch.run(timeout_s=70)
    assert [(change.credential.name, change.new.state) for change in bench.changes] == [("b", "suspended")]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Problem("fetch-no-answer", "cannot connect to status.example"), "cannot connect"),
        (Problem("fetch-private", "its address is private"), "--allow-private"),
        (Problem("fetch-scheme", "it is no https URL"), "--allow-http"),
        (Problem("redirect-private", "a redirect leads home"), "--allow-private"),
        (reply(500), "HTTP 500"),
        (FakeList({1: REVOKED}, forged=True), "does not verify"),
        (FakeList({1: REVOKED}, subject="https://evil.example"), "its own address"),
        (FakeList({1: REVOKED}, expires=BEGIN - 3600), "expired"),
        (RuntimeError("a bug of the reader"), "a bug of the reader"),
    ],
)
async def test_what_cannot_be_had_or_believed_is_a_state_told_once(failure: Answer, words: str) -> None:
    bench = Bench(credential_at())
    bench.answer(0, FakeList()).answer(100, failure).answer(300, FakeList())
    await bench.watch.run(timeout_s=400)
    assert bench.seen == [(120, "valid", UNKNOWN), (300, UNKNOWN, "valid")]
    assert words in bench.lines[1]
    assert all(change.new.value in (None, VALID) for change in bench.changes)
    assert not any(TAKEN_BACK in line for line in bench.lines)


async def test_another_failure_is_told_and_the_same_in_other_words_is_not() -> None:
    bench = Bench(credential_at()).answer(0, Problem("fetch-no-answer", "no answer within 10 s"))
    bench.answer(100, Problem("fetch-no-answer", "no answer within 11 s")).answer(200, reply(404))
    await bench.watch.run(timeout_s=300)
    assert len(bench.lines) == 2
    assert "still unknown" in bench.lines[1]
    assert "HTTP 404" in bench.lines[1]


async def test_a_list_without_a_known_key_is_not_believed() -> None:
    bench = Bench(credential_at()).answer(0, FakeList({1: REVOKED}))
    bench.key = IssuerKey(None, missing="no key of the signer was found")
    await bench.watch.run(once=True)
    (view,) = bench.watch.views
    assert view.state == UNKNOWN
    assert "no key of the signer" in bench.lines[0]


async def test_an_index_beyond_the_list_is_unknown() -> None:
    bench = Bench(credential_at(reference(101))).answer(0, FakeList())
    await bench.watch.run(once=True)
    assert "100 entries" in bench.lines[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [(3, "valid -> other (value 3)  "), (1 << 60_000, "valid -> other  ")],
    ids=["small", "huge"],
)
async def test_a_value_of_the_issuers_own_is_told_unless_nobody_can_read_it(value: int, words: str) -> None:
    bench = Bench(credential_at()).answer(0, FakeList()).answer(50, FakeList({1: value}))
    await bench.watch.run(timeout_s=100)
    assert words in bench.lines[1]
    json.dumps(of_change(bench.changes[0]))


@pytest.mark.parametrize("between", [[], [(130, reply(500))]])
async def test_a_revocation_that_is_taken_back_is_a_warning(between: list[tuple[float, Answer]]) -> None:
    bench = Bench(credential_at()).answer(0, FakeList({1: REVOKED}))
    for seconds, answer in between:
        bench.answer(seconds, answer)
    bench.answer(200, FakeList()).answer(300, reply(500)).answer(400, FakeList())
    await bench.watch.run(timeout_s=500)
    warned = [(round(change.time - BEGIN), change.new.state) for change in bench.changes if change.warning]
    assert warned == [(240, "valid")]
    assert sum(f"WARNING: {TAKEN_BACK}" in line for line in bench.lines) == 1


async def test_the_end_of_a_suspension_is_no_warning() -> None:
    bench = Bench(credential_at()).answer(0, FakeList({1: SUSPENDED})).answer(50, FakeList())
    await bench.watch.run(timeout_s=100)
    assert [change.warning for change in bench.changes] == [""]


async def test_expiry_is_told_when_it_comes() -> None:
    bench = Bench(credential_at(expires=BEGIN + 75)).answer(0, FakeList())
    await bench.watch.run(timeout_s=200)
    assert bench.seen == [(75, "current", "expired")]
    assert bench.times == [0, 60, 120, 180, 200]
    assert bench.watch.views[0].expired


async def test_what_has_expired_before_is_said_at_once_only() -> None:
    bench = Bench(credential_at(expires=BEGIN - 75)).answer(0, FakeList())
    await bench.watch.run(timeout_s=100)
    assert ", expired " in bench.lines[0]
    assert bench.seen == []


@pytest.mark.parametrize(
    ("revocation", "suspension", "message", "state"),
    [
        (0, 0, 3, "valid"),
        (1, 1, 0, "revoked"),
        (0, 1, 0, "suspended"),
    ],
)
async def test_the_gravest_entry_counts_and_messages_say_nothing_of_validity(
    revocation: int, suspension: int, message: int, state: str
) -> None:
    purposes = ("revocation", "suspension", "message")
    places = [reference(number, purpose=purpose) for number, purpose in enumerate(purposes)]
    bench = Bench(credential_at(*places)).answer(0, FakeList({0: revocation, 1: suspension, 2: message}))
    assert await bench.watch.run(Wish(state), once=True)


async def test_one_entry_that_is_unknown_leaves_a_credential_unknown() -> None:
    bench = Bench(credential_at(reference(1), reference(1, OTHER_LIST)))
    bench.answer(0, FakeList()).answer(0, reply(404), OTHER_LIST)
    assert not await bench.watch.run(Wish("valid"), once=True)
    assert bench.watch.views[0].state == UNKNOWN


# How it ends


@pytest.mark.parametrize(("wish", "ends"), [(Wish("revoked", any=True), 120), (Wish("revoked"), 240)])
async def test_it_ends_when_what_is_waited_for_is_seen(wish: Wish, ends: int) -> None:
    bench = Bench(credential_at(reference(1), name="a"), credential_at(reference(2), name="b"))
    bench.answer(0, FakeList()).answer(70, FakeList({1: REVOKED})).answer(200, FakeList({1: REVOKED, 2: REVOKED}))
    assert await bench.watch.run(wish, timeout_s=1000)
    assert round(bench.now - BEGIN) == ends


async def test_what_is_there_already_is_not_waited_for() -> None:
    bench = Bench(credential_at()).answer(0, FakeList({1: REVOKED}))
    assert await bench.watch.run(Wish("revoked"))
    assert bench.times == [0]


@pytest.mark.parametrize("answer", [FakeList(), reply(500), FakeList({1: REVOKED}, forged=True)])
async def test_it_ends_without_when_the_time_is_over(answer: Answer) -> None:
    bench = Bench(credential_at()).answer(0, answer)
    assert not await bench.watch.run(Wish("revoked"), timeout_s=100)
    assert bench.times == [0, 60, 100]


async def test_the_last_look_counts() -> None:
    bench = Bench(credential_at()).answer(0, FakeList()).answer(95, FakeList({1: REVOKED}))
    assert await bench.watch.run(Wish("revoked"), timeout_s=100)


# The log and the terminal


async def test_the_log_has_a_line_for_each_state_and_nothing_of_the_claims(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text('{"before": true}\n')
    bench = Bench(credential_at(expires=BEGIN + 130))
    bench.answer(0, FakeList(ttl=50.0)).answer(90, FakeList({1: REVOKED}, ttl=float("inf")))
    log = Log(path)
    bench.watch._listeners = (log,)
    await bench.watch.run(timeout_s=200)
    log.close()
    kept, first, revoked, expired = map(json.loads, path.read_text().splitlines())
    assert kept == {"before": True}
    assert first["old"] is None
    assert (first["new"], first["ttl"], first["index"], first["uri"]) == ("valid", 50.0, 1, LIST)
    assert (revoked["old"], revoked["new"], revoked["value"], revoked["ttl"]) == ("valid", "revoked", 1, None)
    assert (expired["old"], expired["new"], expired["uri"]) == ("current", "expired", None)
    assert first["time"].startswith("2026-")
    assert {frozenset(row) for row in (first, revoked, expired)} == {frozenset(first)}


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Have it written."""


def test_a_heartbeat_gives_way_to_what_stays() -> None:
    terminal: Any = Terminal()
    stream = Stream(terminal)
    stream.passing("watching")
    stream.line("changed")
    stream.passing("watching")
    stream.end()
    assert terminal.text == "watching\r\033[Kchanged\nwatching\r\033[K"


# Files


def issuer_of(variant: str, url: str = "https://issuer.assay.test") -> ReferenceIssuer:
    return ReferenceIssuer(VARIANTS[variant], base_url=url)


def issued(issuer: ReferenceIssuer) -> Any:
    """Have an issuer make a credential and keep the places it has in its lists."""
    data = documents.configurations(issuer.variant)[issuer.variant.configurations[0]]
    with issuer.context.statuses.issuing(lambda *_: None) as places:
        made = credential_formats.issued(issuer.context, data, HOLDER.public, lambda *_: None)
    issuer.context.statuses.keep(made, places)
    return made


def written(raw: Any) -> str:
    return raw if isinstance(raw, str) else json.dumps(raw)


def test_credentials_are_read_from_files_folders_and_responses(tmp_path: Path) -> None:
    first, second = issued(issuer_of("status")), issued(issuer_of("mdoc-status"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text(first)
    (tmp_path / "folder" / "b.cbor").write_text(second)
    (tmp_path / "folder" / "notes.md").write_text("Nothing of the kind.")
    response = {"credentials": [{"credential": first}, {"credential": second}]}
    (tmp_path / "response.json").write_text(json.dumps(response))
    names = [str(tmp_path / "folder"), str(tmp_path / "response.json"), str(tmp_path / "folder" / "a.txt")]
    found, skipped = stored.read(names)
    assert [Path(one.name).name for one in found] == ["a.txt", "b.cbor", "response.json [1]", "response.json [2]"]
    assert [one.format for one in found] == ["dc+sd-jwt", "mso_mdoc"] * 2
    assert [one.type for one in found][1] == "org.iso.18013.5.1.mDL"
    assert len(skipped) == 1
    assert "notes.md" in skipped[0]


@pytest.mark.parametrize(("variant", "name"), [("jwt-vc", "jwt_vc_json"), ("ldp-vc", "ldp_vc")])
def test_the_types_of_w3c_credentials_are_told(variant: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "cred.json").write_text(written(issued(issuer_of(variant))))
    ((one,), _) = stored.read([str(tmp_path / "cred.json")])
    assert one.format == name
    assert one.type
    assert "VerifiableCredential" not in one.type.split()


def test_wrong_arguments_are_one_line_and_exit_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched, bare, offer = tmp_path / "watched.txt", tmp_path / "bare.txt", tmp_path / "offer.txt"
    watched.write_text(issued(issuer_of("status")))
    bare.write_text(issued(issuer_of("default")))
    offer.write_text("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example")
    cases = [
        ([str(tmp_path / "missing")], "missing"),
        ([str(offer)], "no credential"),
        ([str(bare)], "nothing to watch"),
        ([str(watched), str(bare), "--until", "revoked"], "bare.txt"),
        ([str(watched), "--interval", "0.1"], "at least 3"),
        ([str(watched), "--interval", "nan"], "at least 3"),
        ([str(watched), "--timeout", "0"], "--timeout"),
        ([str(watched), "--json"], "--once"),
        ([str(watched), "--any"], "--until"),
        ([str(watched), "--once", "--log", str(tmp_path)], "cannot write"),
        ([str(watched), "--once", "--trust", str(bare)], "bare.txt"),
        ([str(watched), "--once", "--tls-ca", str(bare)], "--tls-ca"),
        ([str(watched), "--once", "--tls-ca", str(tmp_path / "missing")], "No such file"),
        ([str(watched), "--once", "--key", str(bare)], "--key"),
        (["x" * 5000], "too long"),
    ]
    for arguments, words in cases:
        assert cli.main(["watch", *arguments]) == cli.USAGE_ERROR, arguments
        captured = capsys.readouterr()
        assert words in captured.err
        assert captured.err.count("\n") == 1
        assert captured.out == ""


# The command, over TLS


@dataclass
class Drill:
    """A credential of a served issuer, and a watch of it in a process of its own."""

    served: Served
    folder: Path
    raw: Any

    @property
    def issuer(self) -> ReferenceIssuer:
        found: ReferenceIssuer = self.served.issuer
        return found

    def arguments(self, *more: str) -> list[str]:
        anchors = [self.folder / "x5c.pem", self.folder / "iaca.pem"]
        trust = [part for anchor in anchors for part in ("--trust", str(anchor))]
        ca = ["--tls-ca", str(self.folder / "ca.pem"), "--allow-private"]
        return ["watch", str(self.folder / "cred.txt"), *trust, *ca, *more]

    @contextmanager
    def process(self, *more: str) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-m", "harness.cli", *self.arguments(*more)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def drill(variant: str, folder: Path, faults: Sequence[str] = ()) -> Iterator[Drill]:
    with serving(replace(VARIANTS[variant], status_ttl=1), faults) as served:
        raw = issued(served.issuer)
        (folder / "cred.txt").write_text(written(raw))
        (folder / "ca.pem").write_text(served.ca_pem)
        (folder / "x5c.pem").write_text(served.issuer.trust_anchor_pem)
        (folder / "iaca.pem").write_text(served.issuer.iaca_pem)
        yield Drill(served, folder, raw)


PUBLISHED = [
    "status",
    "mdoc-status",
    "status-cwt",
    "mdoc-identifier-list",
    "jwt-vc-status",
    "ldp-vc-status",
    "status-list-2021",
]


@pytest.mark.parametrize("variant", PUBLISHED)
def test_a_revocation_shows_in_a_look(variant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with drill(variant, tmp_path) as drilled:
        states = []
        for _ in range(2):
            assert cli.main(drilled.arguments("--once", "--json")) == 0
            shown = json.loads(capsys.readouterr().out)
            (one,) = shown["credentials"]
            states.append(one["state"])
            assert one["entries"][0]["problem"] is None
            drilled.issuer.operate("revoke", drilled.raw)
        assert states == ["valid", "revoked"]


@pytest.mark.parametrize("variant", ["status-2-bits", "jwt-vc-status"])
def test_a_suspension_comes_and_goes(variant: str, tmp_path: Path) -> None:
    with drill(variant, tmp_path) as drilled:
        for operation, state in (("suspend", "suspended"), ("reinstate", "valid")):
            drilled.issuer.operate(operation, drilled.raw)
            assert cli.main(drilled.arguments("--once", "--until", state)) == 0


def test_a_credential_sends_nobody_around_for_hours() -> None:
    entry = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1"}
    entries = [{**entry, "statusListCredential": f"https://slow.example/{number}"} for number in range(10_000)]
    assert len(status_reference.of_credential_status(entries)) == status_reference.MAX_REFERENCES
    named = {**entries[0], "type": ["BitstringStatusListEntry"] * 10_000}
    assert len(status_reference.of_credential_status(named)) == status_reference.MAX_REFERENCES


def test_a_revocation_shows_in_a_watch_that_waits(tmp_path: Path) -> None:
    with drill("status", tmp_path) as drilled:
        log = tmp_path / "log.jsonl"
        wish = ("--until", "revoked", "--timeout", "60", "--interval", "3", "--log", str(log))
        with drilled.process(*wish) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            drilled.issuer.operate("revoke", drilled.raw)
            rest, errors = process.communicate(timeout=30)
            assert process.returncode == 0
    assert ": valid (dc+sd-jwt " in first
    assert "valid -> revoked" in rest.splitlines()[0]
    assert "at the end 1 revoked" in rest.splitlines()[-1]
    assert errors == ""
    assert [json.loads(line)["new"] for line in log.read_text().splitlines()] == ["valid", "revoked"]
    everything = first + rest + log.read_text()
    assert drilled.raw[:40] not in everything
    assert "Erika" not in everything


@pytest.mark.parametrize(
    ("ends", "more", "code"), [("INT", [], 0), ("TERM", [], 0), ("INT", ["--until", "revoked"], 130)]
)
def test_an_interrupted_watch_sums_up(ends: str, more: list[str], code: int, tmp_path: Path) -> None:
    with drill("status", tmp_path) as drilled, drilled.process(*more) as process:
        assert process.stdout is not None
        assert ": valid" in process.stdout.readline()
        process.send_signal(signal.Signals[f"SIG{ends}"])
        rest, errors = process.communicate(timeout=20)
        assert process.returncode == code
    assert "at the end 1 valid" in rest
    assert errors == ""


def test_a_private_address_is_not_asked_and_the_user_is_told_what_allows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with drill("status", tmp_path) as drilled:
        arguments = [part for part in drilled.arguments("--once") if part != "--allow-private"]
        assert cli.main(arguments) == 0
    out = capsys.readouterr().out
    assert "unknown" in out
    assert "--allow-private allows it" in out


def test_a_list_of_another_authority_is_not_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with drill("status", tmp_path) as drilled:
        drilled.issuer.operate("revoke", drilled.raw)
        (tmp_path / "x5c.pem").write_text((tmp_path / "iaca.pem").read_text())
        assert cli.main(drilled.arguments("--once", "--until", "revoked")) == 1
    assert "lead to no anchor" in capsys.readouterr().out


def test_an_issuer_that_is_gone_is_a_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with drill("status", tmp_path) as drilled:
        pass
    assert cli.main(drilled.arguments("--once", "--until", "valid")) == 1
    captured = capsys.readouterr()
    assert "unknown: cannot connect" in captured.out
    assert captured.err == ""
