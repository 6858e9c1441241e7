"""Hooks: each kind against a real counterpart, what they hand out, and how they fail."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import select
import ssl
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from harness.hooks import LARGEST_ANSWER, HookError, HookFailed, HookUnavailable, call
from harness.offer_sources import MintedOffer, OffersExhausted, OfferSource, offer_sources
from harness.settings import (
    CommandHook,
    HookSettings,
    HttpHook,
    InteractiveHook,
    PythonHook,
    Settings,
    StaticHook,
    TrustSettings,
)

URL = "https://api.example/offers"
LINK = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2F1"
SECRET = "canary-5ec2e7"


async def fetch(settings: HookSettings, configuration: str | None = "pid") -> MintedOffer:
    return await OfferSource(settings).fetch(configuration)


async def failure(settings: HookSettings) -> str:
    """Give the one line of a hook that fails, which never carries what the hook sent, got or raised."""
    with pytest.raises(HookFailed) as caught:
        await fetch(settings)
    message = str(caught.value)
    assert message.startswith(f'hook "{settings.name}" ({settings.kind}): ')
    assert "\n" not in message
    assert SECRET not in message
    assert caught.value.__cause__ is None
    return message


# --- static ----------------------------------------------------------------------------------------------


async def test_a_static_offer_is_given_once_and_then_says_what_to_do() -> None:
    source = OfferSource(StaticHook("offer", LINK))
    assert await source.fetch() == MintedOffer(LINK)
    with pytest.raises(OffersExhausted) as caught:
        await source.fetch()
    assert "[[offer]]" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_static_offer_is_handed_out_to_the_letter() -> None:
    duplicate_keys = '{"credential_issuer": "a",  "credential_issuer": "b"}'
    assert (await fetch(StaticHook("offer", duplicate_keys))).offer == duplicate_keys


# --- http ------------------------------------------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


async def test_an_offer_and_its_code_are_picked_from_a_json_answer(api: respx.MockRouter) -> None:
    api.get(URL).respond(json={"offer": LINK, "tx_code": "0042", "more": 1})
    assert await fetch(HttpHook("o", URL)) == MintedOffer(LINK, "0042")


async def test_pointers_say_where_they_stand(api: respx.MockRouter) -> None:
    api.get(URL).respond(json={"data": [{"a/b": LINK}], "pin~": 42})
    hook = HttpHook("o", URL, pointers={"offer": "/data/0/a~1b", "tx_code": "/pin~0"})
    assert await fetch(hook) == MintedOffer(LINK, "42")


@pytest.mark.parametrize(
    ("answer", "offer"),
    [
        ({"text": f" {LINK}\n"}, LINK),
        ({"json": LINK}, LINK),
        ({"text": '{"credential_issuer":  "https://i.example"}'}, '{"credential_issuer":  "https://i.example"}'),
        ({"json": {"offer": {"credential_issuer": "x"}}}, '{"credential_issuer": "x"}'),
        ({"status_code": 201, "json": {"offer": LINK, "tx_code": None}}, LINK),
    ],
    ids=["text", "json-string", "bare-offer", "offer-object", "created"],
)
async def test_other_shapes_of_answers(api: respx.MockRouter, answer: dict[str, Any], offer: str) -> None:
    api.get(URL).respond(**answer)
    assert await fetch(HttpHook("o", URL)) == MintedOffer(offer)


async def test_placeholders_are_filled_in_url_headers_and_json(api: respx.MockRouter) -> None:
    route = api.route().respond(json={"offer": LINK})
    hook = HttpHook(
        "by value",
        "https://api.example/{configuration}/x",
        "POST",
        {"X-Source": "{source}", "Authorization": f"Bearer {SECRET}"},
        json={"a": ["{configuration}", 1, {"b": "-{source}-"}], "{configuration}": None},
    )
    assert (await fetch(hook, "a/b?c")).offer == LINK
    request = route.calls.last.request
    assert (request.method, str(request.url)) == ("POST", "https://api.example/a%2Fb%3Fc/x")
    assert request.headers["X-Source"] == "by value"
    assert request.headers["Accept-Encoding"] == "identity", "a small answer cannot unfold to a large one"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert json.loads(request.content) == {"a": ["a/b?c", 1, {"b": "-by value-"}], "{configuration}": None}


async def test_a_member_that_would_say_nothing_is_left_out(api: respx.MockRouter) -> None:
    route = api.route().respond(json={"offer": LINK})
    body = {"configuration": "{configuration}", "by": "reference"}
    await fetch(HttpHook("o", URL, "POST", json=body), None)
    assert json.loads(route.calls.last.request.content) == {"by": "reference"}
    await fetch(HttpHook("o", URL, "POST", form=body), None)
    assert route.calls.last.request.content == b"by=reference"
    await fetch(HttpHook("o", URL, "POST", form=body), "a b")
    assert route.calls.last.request.content == b"configuration=a+b&by=reference"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ({"status_code": 401, "text": SECRET}, "status 401"),
        ({"status_code": 302, "headers": {"Location": f"https://x.example/{SECRET}"}}, "status 302"),
        ({"html": f"<p>{SECRET}"}, "HTML"),
        ({"text": " "}, "empty"),
        ({"content": b"\xff" + SECRET.encode()}, "UTF-8"),
        ({"text": '{"offer": "' + SECRET}, "JSON"),
        ({"text": "[" * 100_000}, "JSON"),
        ({"json": [SECRET]}, "list"),
        ({"json": {"uri": SECRET, "pin": 1}}, 'nothing at "/offer"; its members are: pin, uri'),
        ({"json": {}}, "its members are: none"),
        ({"json": {"offer": True}}, 'no text at "/offer"'),
        ({"json": {"offer": LINK, "tx_code": [SECRET]}}, 'no text at "/tx_code"'),
        ({"content": b"x" * (LARGEST_ANSWER + 1)}, "larger than"),
    ],
    ids=[
        *("refused", "redirect", "page", "empty", "binary", "broken-json", "deep-json", "list"),
        *("other-members", "no-members", "offer-type", "code-type", "flood"),
    ],
)
async def test_an_answer_without_an_offer_fails(api: respx.MockRouter, answer: dict[str, Any], hint: str) -> None:
    api.get(URL).respond(**answer)
    assert hint in await failure(HttpHook("o", URL, headers={"Authorization": SECRET}))


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (httpx.ConnectError("Connection refused"), "Connection refused"),
        (httpx.ReadError(SECRET), "ReadError"),
        (httpx.LocalProtocolError(SECRET), "LocalProtocolError"),
    ],
)
async def test_a_request_that_gets_no_answer_fails(api: respx.MockRouter, error: Exception, hint: str) -> None:
    api.get(URL).mock(side_effect=error)
    assert hint in await failure(HttpHook("o", URL))


@pytest.mark.parametrize("url", ["https://x.example:99999/", "https://\x00/", "https://xn--/"])
async def test_a_url_that_cannot_be_asked_fails(url: str) -> None:
    await failure(HttpHook("o", url, headers={"A": f"\u2028{SECRET}"}))


async def serve(handler: Any, tls: ssl.SSLContext | None = None) -> tuple[asyncio.Server, str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    return server, f"{'https' if tls else 'http'}://127.0.0.1:{port}/"


async def test_a_server_that_drips_is_given_up() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            writer.close()

    server, url = await serve(drip)
    async with server:
        assert "no answer within 0.2 s" in await failure(HttpHook("o", url, timeout_s=0.2))


async def test_the_roots_of_the_settings_are_trusted(tmp_path: Path) -> None:
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "bad.pem").write_text("no certificate")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\na:b")
        await writer.drain()
        writer.close()

    server, url = await serve(answer, tls)
    async with server:
        hook = HttpHook("o", url)
        (trusting,) = offer_sources(Settings(offers=(hook,), trust=TrustSettings(tls_ca=tmp_path / "ca.pem")))
        assert (await trusting.fetch()).offer == "a:b"
        assert "certificate" in await failure(hook)
        with pytest.raises(HookFailed, match="no PEM file"):
            await OfferSource(hook, tls_ca=tmp_path / "bad.pem").fetch()


# --- command ---------------------------------------------------------------------------------------------


def python(script: str, *arguments: str, folder: Path, timeout_s: float = 20) -> CommandHook:
    return CommandHook("o", (sys.executable, "-c", textwrap.dedent(script), *arguments), folder, timeout_s)


@pytest.mark.parametrize(
    ("printed", "minted"),
    [
        ({"offer": LINK, "tx_code": "1"}, MintedOffer(LINK, "1")),
        (LINK, MintedOffer(LINK)),
        ({"credential_issuer": "x"}, MintedOffer('{"credential_issuer": "x"}')),
    ],
)
async def test_a_command_prints_an_offer(tmp_path: Path, printed: Any, minted: MintedOffer) -> None:
    text = printed if isinstance(printed, str) else json.dumps(printed)
    assert await fetch(python(f"print({text!r})", folder=tmp_path)) == minted


async def test_a_command_is_told_what_is_wanted_and_runs_beside_the_file(tmp_path: Path) -> None:
    script = """
        import os, sys
        told = os.environ
        print("x:", told["ASSAY_CONFIGURATION"], told["ASSAY_SOURCE"], sys.argv[1], os.getcwd(), sep="|")
    """
    hook = python(script, "--for={configuration}", folder=tmp_path)
    assert (await fetch(hook)).offer == f"x:|pid|o|--for=pid|{tmp_path}"
    assert (await fetch(hook, None)).offer == f"x:||o|--for=|{tmp_path}"


async def test_a_relative_command_is_found_beside_the_file(tmp_path: Path) -> None:
    script = tmp_path / "make-offer.sh"
    script.write_text("#!/bin/sh\necho x:y\n")
    assert "Permission denied" in await failure(CommandHook("o", ("./make-offer.sh",), tmp_path))
    script.chmod(0o755)
    assert (await fetch(CommandHook("o", ("./make-offer.sh",), tmp_path))).offer == "x:y"


@pytest.mark.parametrize(
    ("script", "hint"),
    [
        (f"import sys; print({SECRET!r}); sys.exit({SECRET!r})", "status 1"),
        ("import os; os.kill(os.getpid(), 9)", "status -9"),
        ("pass", "empty"),
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "larger than"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "UTF-8"),
        ("print('{')", "JSON"),
        ("print(input())", "status 1"),
    ],
    ids=["status", "signal", "silent", "flood", "binary", "broken-json", "asks"],
)
async def test_a_command_that_gives_no_offer_fails(
    tmp_path: Path, script: str, hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert hint in await failure(python(script, folder=tmp_path))
    capfd.readouterr()


@pytest.mark.parametrize("argument", ["./missing", "nul\0"])
async def test_a_command_that_cannot_be_started_fails(tmp_path: Path, argument: str) -> None:
    assert "cannot be started" in await failure(CommandHook("o", (argument,), tmp_path))


async def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    script = """
        import pathlib, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path("child").write_text(str(child.pid))
        time.sleep(60)
    """
    started = time.monotonic()
    assert "no answer within 2 s" in await failure(python(script, folder=tmp_path, timeout_s=2))
    assert time.monotonic() - started < 10
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not is_running(child):
            break
        await asyncio.sleep(0.05)
    assert not is_running(child)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


# --- python ----------------------------------------------------------------------------------------------

MODULE = f"""
import asyncio, time
def text(configuration): return f"x:{{configuration}}"
def pair(*, configuration): return {{"offer": f"x:{{configuration}}", "tx_code": 7}}
async def waits(configuration, source): await asyncio.sleep(0); return f"x:{{configuration}}:{{source}}"
def gives_awaitable(configuration): return waits(configuration, "y")
def nothing(): return "x:y"
def everything(**given): return "x:" + ",".join(sorted(given))
class Maker:
    @staticmethod
    def make(): return "x:made"
def number(configuration): return 1
def fails(configuration): raise ValueError("{SECRET}")
def stops(configuration): raise StopIteration
def leaves(configuration): raise SystemExit("{SECRET}")
async def fails_late(configuration): raise TimeoutError("{SECRET}")
def needs(other): return "x:y"
def hangs(configuration): time.sleep(30)
async def hangs_too(configuration): await asyncio.sleep(30)
no_function = 1
"""


@pytest.fixture
def module(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    name = f"offers_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", sys.path.copy())

    def hook(function: str, timeout_s: float = 20) -> PythonHook:
        return PythonHook("o", f"{name}:{function}", tmp_path, timeout_s)

    yield hook
    sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("function", "minted"),
    [
        ("text", MintedOffer("x:pid")),
        ("pair", MintedOffer("x:pid", "7")),
        ("waits", MintedOffer("x:pid:o")),
        ("gives_awaitable", MintedOffer("x:pid:y")),
        ("nothing", MintedOffer("x:y")),
        ("everything", MintedOffer("x:configuration,source")),
        ("Maker.make", MintedOffer("x:made")),
    ],
)
async def test_a_function_gives_an_offer(module: Any, function: str, minted: MintedOffer) -> None:
    assert await fetch(module(function)) == minted


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        ("number", "returned int"),
        ("fails", "raised ValueError at offers_"),
        ("stops", "raised"),
        ("leaves", "raised SystemExit"),
        ("fails_late", "raised TimeoutError"),
        ("needs", "raised TypeError"),
        ("no_function", "has no function no_function"),
        ("missing.deeper", "has no function missing.deeper"),
    ],
)
async def test_a_function_that_gives_no_offer_fails(module: Any, function: str, hint: str) -> None:
    assert hint in await failure(module(function))


@pytest.mark.parametrize("function", ["hangs", "hangs_too"])
async def test_a_function_that_hangs_is_given_up(module: Any, function: str) -> None:
    assert "no answer within 0.2 s" in await failure(module(function, 0.2))


async def test_a_module_that_cannot_be_imported_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", sys.path.copy())
    (tmp_path / "broken_offers.py").write_text(f"raise RuntimeError({SECRET!r})")
    assert "cannot be imported" in await failure(PythonHook("o", "no_such_offers:mint", tmp_path))
    assert "RuntimeError at broken_offers.py:1" in await failure(PythonHook("o", "broken_offers:mint", tmp_path))


# --- interactive -----------------------------------------------------------------------------------------


class Person:
    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown = ""

    async def ask(self, text: str) -> str:
        self.shown += text
        return self.answers.pop(0)


async def test_a_person_is_shown_links_and_pastes_an_offer() -> None:
    person = Person(f"  {LINK} ")
    hook = InteractiveHook("desk", "Offer for {configuration}", ("https://portal.example/new",))
    assert await OfferSource(hook, terminal=person).fetch("pid") == MintedOffer(LINK)
    assert "desk" in person.shown
    assert "https://portal.example/new" in person.shown
    assert "█" in person.shown
    assert person.shown.endswith("Offer for pid: ")


async def test_a_link_too_long_for_a_qr_code_is_shown_as_text() -> None:
    person, link = Person("x:y"), "https://portal.example/" + "a" * 5000
    await OfferSource(InteractiveHook("desk", links=(link,)), terminal=person).fetch()
    assert link in person.shown
    assert "█" not in person.shown


async def test_entering_nothing_fails() -> None:
    with pytest.raises(HookFailed, match="nothing was entered"):
        await OfferSource(InteractiveHook("desk"), terminal=Person(" ")).fetch()


TAKE_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
"""
IN_BACKGROUND = """
import subprocess, sys
subprocess.run([sys.executable, "-c", sys.argv[1]], process_group=0, timeout=20)
"""
ASK = """
import asyncio, sys
from harness.settings import InteractiveHook
from harness.hooks import HookError
from harness.offer_sources import OfferSource
async def main():
    source = OfferSource(InteractiveHook("desk", timeout_s={timeout_s}))
    for _ in range({times}):
        try:
            print("GOT", (await source.fetch()).offer, file=sys.stderr)
        except HookError as error:
            print(type(error).__name__, error, file=sys.stderr)
asyncio.run(main())
"""


def at_a_terminal(
    typed: bytes, *, timeout_s: float = 20, times: int = 1, before: str = TAKE_TERMINAL
) -> list[str]:
    """Run the question in a process with a terminal of its own, type, and give what the process reported."""
    ours, theirs = pty.openpty()
    ask = ASK.format(timeout_s=timeout_s, times=times)
    process = subprocess.Popen(
        [sys.executable, "-c", before if IN_BACKGROUND in before else before + ask, ask],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    shown = b""
    try:
        while typed and b"Offer (link or JSON): " not in shown:
            assert select.select([ours], [], [], 20)[0], "the question was not asked"
            shown += os.read(ours, 4096)
        while typed:
            readable, writable, _ = select.select([ours], [ours], [], 20)
            if readable:
                os.read(ours, 4096)
            if writable:
                typed = typed[os.write(ours, typed[:512]) :]
        assert process.stderr is not None
        while not select.select([process.stderr], [], [], 0.05)[0]:
            if select.select([ours], [], [], 0)[0]:
                os.read(ours, 4096)
        return process.communicate(timeout=30)[1].decode().splitlines()
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("typed", "got"),
    [
        (b"x:y\r", "x:y"),
        (b"x:zz\x7f\x7fy\n", "x:y"),
        (b"wrong\x15x:y\r", "x:y"),
        ("x:ü€\r".encode(), "x:ü€"),
        (b"x:" + b"a" * 20_000 + b"\r", "x:" + "a" * 20_000),
    ],
    ids=["line", "backspace", "clear", "utf-8", "longer-than-a-terminal-line"],
)
def test_a_line_is_read_from_the_terminal(typed: bytes, got: str) -> None:
    assert at_a_terminal(typed) == [f"GOT {got}"]


def test_a_terminal_where_the_input_ends_fails() -> None:
    (line,) = at_a_terminal(b"x:\x04")
    assert line.startswith("HookFailed")
    assert "the input ended" in line


def test_a_person_who_is_away_is_not_waited_for_again() -> None:
    first, second = at_a_terminal(b"", timeout_s=0.3, times=2)
    assert first.startswith("HookFailed")
    assert "no answer within 0.3 s" in first
    assert second.startswith("HookUnavailable")


def test_without_a_terminal_nobody_is_waited_for() -> None:
    (line,) = at_a_terminal(b"", before="")
    assert line.startswith("HookUnavailable")
    assert "there is no terminal" in line


def test_in_the_background_of_a_terminal_nobody_is_waited_for() -> None:
    (line,) = at_a_terminal(b"", before=TAKE_TERMINAL + IN_BACKGROUND)
    assert line.startswith("HookUnavailable")
    assert "background" in line


# --- transaction codes and sources -----------------------------------------------------------------------


async def test_a_code_comes_with_the_offer_before_it_comes_from_elsewhere(api: respx.MockRouter) -> None:
    api.get(URL).respond(json={"offer": LINK, "tx_code": "from-offer"})
    api.get(f"{URL}/plain").respond(json={"offer": LINK})
    code = StaticHook("tx_code", "from-option")
    with_code, without = (
        OfferSource(HttpHook("a", URL), tx_code=code),
        OfferSource(HttpHook("b", f"{URL}/plain"), tx_code=code),
    )
    assert (await with_code.fetch()).tx_code == "from-offer"
    minted = await without.fetch()
    assert minted.tx_code == "from-option"
    assert await without.transaction_code(minted) == "from-option"


async def test_a_person_is_asked_for_a_code_only_when_one_is_needed() -> None:
    person = Person("1234")
    source = OfferSource(StaticHook("offer", LINK), tx_code=InteractiveHook("tx_code"), terminal=person)
    minted = await source.fetch()
    assert (minted.tx_code, person.shown) == (None, "")
    assert await source.transaction_code(minted) == "1234"


async def test_a_mailbox_can_give_the_code(tmp_path: Path) -> None:
    mailbox = python("""print('{"tx_code": "9"}')""", folder=tmp_path)
    assert await OfferSource(StaticHook("o", LINK), tx_code=mailbox).transaction_code(MintedOffer(LINK)) == "9"


async def test_a_code_that_nobody_gives_says_what_to_add() -> None:
    source = OfferSource(StaticHook("offer", LINK))
    with pytest.raises(HookUnavailable, match=r"\[tx_code\]"):
        await source.transaction_code(await source.fetch())


@pytest.mark.parametrize(
    ("settings", "mints"),
    [
        (StaticHook("o", "{configuration}"), False),
        (HttpHook("o", URL), False),
        (HttpHook("o", URL + "/{configuration}"), True),
        (HttpHook("o", URL, headers={"A": "{configuration}"}), True),
        (HttpHook("o", URL, json={"a": [{"b": "x {configuration}"}]}), True),
        (HttpHook("o", URL, form={"a": "{configuration}"}), True),
        (HttpHook("o", URL, form={"a": "{source}"}), False),
        (CommandHook("o", ("x",), Path()), True),
        (PythonHook("o", "a:b", Path()), True),
        (InteractiveHook("o"), False),
        (InteractiveHook("o", "For {configuration}"), True),
    ],
)
async def test_whether_a_source_can_choose_the_configuration(settings: HookSettings, mints: bool) -> None:
    assert OfferSource(settings).mints_for_configuration is mints


async def test_sources_keep_the_order_and_names_of_the_settings() -> None:
    given = Settings(offers=(StaticHook("by value", LINK), InteractiveHook("desk")))
    sources = offer_sources(given)
    assert [(source.name, source.single) for source in sources] == [("by value", True), ("desk", False)]


async def test_other_questions_can_be_asked_in_the_same_way(api: respx.MockRouter) -> None:
    route = api.post(URL).respond(json={"user": "ada", "password": SECRET})
    hook = HttpHook("login", URL, "POST", json={"role": "{role}"}, pointers={"mail": "/none"})
    answer = await call(hook, {"role": "holder"}, wants=("user", "password", "mail"))
    assert answer == {"user": "ada", "password": SECRET}
    assert json.loads(route.calls.last.request.content) == {"role": "holder"}


def test_hooks_share_one_error() -> None:
    assert all(issubclass(kind, HookError) for kind in (HookFailed, HookUnavailable, OffersExhausted))
