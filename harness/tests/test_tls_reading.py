"""Reading what servers answer to a hello: right answers, hostile bytes, and servers that hang, drip or flood."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tests import tls_servers as servers
from harness.tests.tls_servers import Answering, answering
from harness.tls import suites
from harness.tls.answer import MOST_BYTES, Answer, Reading, TlsError
from harness.tls.connection import Outcome, ask
from harness.tls.hello import P_256, SSL_2, SSL_3, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3, Hello
from harness.tls.scan import Place, scan

BEST = tuple(suites.RECOMMENDED)
ONLY_1_2 = Hello((TLS_1_2,), BEST, "issuer.example")
BOTH = Hello((TLS_1_3, TLS_1_2), (0x1301, *BEST), "issuer.example")
OLD = Hello((TLS_1_0,), suites.OLD)
RIGHT = servers.flight(
    TLS_1_2, 0xC02F, b"\x00\x17\x00\x00", certificate=b"not read here", exchange=servers.ecdhe(P_256)
)
RIGHT_1_3 = servers.record(22, servers.server_hello(TLS_1_2, 0x1301, bytes.fromhex("002b00020304003300020017")))


def read(data: bytes, asked: Hello = ONLY_1_2) -> Answer:
    reading = Reading(asked)
    reading.feed(data)
    return reading.answer


def ask_of(answer: Answering, hello: Hello = ONLY_1_2, timeout_s: float = 2.0) -> Outcome:
    async def run() -> Outcome:
        async with answering(answer) as port:
            return await ask("127.0.0.1", port, hello, timeout_s)

    return asyncio.run(run())


def saying(data: bytes) -> Answering:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


def test_a_flight_of_tls_1_2_is_read() -> None:
    answer = read(RIGHT)
    assert (answer.version, answer.suite, answer.group, answer.finished) == (TLS_1_2, 0xC02F, P_256, True)
    assert answer.certificates == (b"not read here",)
    assert answer.key_exchange is not None
    assert answer.key_exchange.signature == 0x0403
    assert 23 in answer.extensions


def test_a_server_hello_of_tls_1_3_is_read() -> None:
    answer = read(RIGHT_1_3, BOTH)
    assert (answer.version, answer.group, answer.finished) == (TLS_1_3, P_256, True)


def test_the_length_of_a_prime_is_read() -> None:
    exchange = b"\0\x80\x80" + bytes(127) + b"\0\x01\x02" + b"\0\x01\x05" + b"\x04\x01\0\x01\0"
    answer = read(servers.flight(TLS_1_2, 0x009E, exchange=exchange), Hello((TLS_1_2,), (0x009E,)))
    assert answer.key_exchange is not None
    assert (answer.key_exchange.dh_bits, answer.key_exchange.signature) == (1024, 0x0401)


@pytest.mark.parametrize("version", [SSL_3, TLS_1_0])
def test_an_older_version_than_the_highest_counts(version: int) -> None:
    assert read(servers.flight(version, 0x002F), OLD).version == version


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        servers.flight(TLS_1_1, 0x002F),
        servers.flight(TLS_1_2, 0x1301),
        servers.flight(TLS_1_2, 0xC00A),
        servers.record(22, servers.message(11, b"\0\0\0")),
        servers.record(22, servers.server_hello(TLS_1_2, 0xC02F, compression=1)),
        servers.record(22, servers.server_hello(TLS_1_2, 0xC02F, b"\0\x17\0\0\0\x17\0\0")),
        servers.record(22, servers.server_hello(TLS_1_2, 0xC02F, b"\0\x17\0\x09")),
        servers.record(22, servers.message(2, b"\x03\x03")),
        b"\x16\x03\x03\xff\xff",
        servers.record(21, b"\x02"),
        servers.record(23, b"data"),
    ],
)
def test_what_no_client_would_go_on_with_is_no_connection(data: bytes) -> None:
    with pytest.raises(TlsError):
        read(data)


def test_a_flight_that_breaks_off_is_no_connection() -> None:
    outcome = ask_of(saying(RIGHT[:-4]))
    assert outcome.answer is None
    assert outcome.reached


def test_a_warning_about_the_name_is_no_refusal() -> None:
    assert ask_of(saying(servers.record(21, b"\x01\x70") + RIGHT)).answer is not None


def test_an_alert_is_a_refusal() -> None:
    outcome = ask_of(saying(servers.ALERT))
    assert (outcome.answer, outcome.alert) == (None, 40)


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (servers.SSL_2, SSL_2),
        (servers.SSL_2.replace(bytes.fromhex("00000003"), bytes.fromhex("00000000")), None),
        (servers.ALERT, None),
        (b"\x00\x03oh", None),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", None),
        (b"", None),
    ],
)
def test_ssl_2_is_told_by_its_own_hello(data: bytes, version: int | None) -> None:
    outcome = ask_of(saying(data), Hello((SSL_2,), ()))
    assert (outcome.answer.version if outcome.answer else None) == version


@given(st.binary(max_size=400), st.sampled_from([ONLY_1_2, BOTH, OLD, Hello((SSL_2,), ())]))
def test_any_bytes_are_read_or_refused(data: bytes, asked: Hello) -> None:
    with contextlib.suppress(TlsError):
        read(data, asked)


@given(
    st.sampled_from([RIGHT, RIGHT_1_3, servers.SSL_2]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
    st.lists(st.integers(1, 50), max_size=20),
)
def test_spoiled_answers_are_read_or_refused_however_they_are_cut(
    right: bytes, changes: list[tuple[int, int]], cuts: list[int]
) -> None:
    data = bytearray(right)
    for place, value in changes:
        data[place % len(data)] = value
    asked = Hello((SSL_2,), ()) if right is servers.SSL_2 else BOTH

    def whole() -> Answer | str:
        try:
            return read(bytes(data), asked)
        except TlsError as error:
            return str(error)

    reading, rest = Reading(asked), bytes(data)
    try:
        for cut in (*cuts, len(data)):
            reading.feed(rest[:cut])
            rest = rest[cut:]
    except TlsError:
        assert isinstance(whole(), str)
    else:
        assert whole() == reading.answer


def test_a_flood_ends_soon() -> None:
    async def flood(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(RIGHT[:-4])
        for _round in range(MOST_BYTES // 1000 + 10):
            writer.write(servers.record(22, servers.message(99, bytes(1000))))
            await writer.drain()

    assert ask_of(flood).answer is None


@pytest.mark.parametrize("pause_s", [0.02, 60.0])
def test_a_server_that_drips_or_hangs_is_left(pause_s: float) -> None:
    async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in RIGHT:
            writer.write(bytes([byte]))
            await asyncio.sleep(pause_s)

    began = time.monotonic()
    outcome = ask_of(drip, timeout_s=0.3)
    assert outcome.answer is None
    assert outcome.silent
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_is_told_from_one_that_refuses() -> None:
    assert not asyncio.run(ask("127.0.0.1", 1, ONLY_1_2, 1.0)).reached


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", servers.ALERT, bytes(100)])
def test_nothing_is_told_of_a_server_without_tls(said: bytes) -> None:
    async def run() -> str | None:
        async with answering(saying(said)) as port:
            return (await scan(Place("127.0.0.1", port, ("token_endpoint",)), 1.0)).trouble

    trouble = asyncio.run(run())
    assert trouble is not None
    assert "no TLS connection" in trouble


def test_a_server_that_stops_answering_is_not_judged() -> None:
    count = 0

    async def limited(hello: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(RIGHT if count <= 2 else servers.ALERT)

    async def run() -> str | None:
        async with answering(limited) as port:
            return (await scan(Place("127.0.0.1", port, ("token_endpoint",)), 1.0)).trouble

    assert "stopped answering" in (asyncio.run(run()) or "")


def test_servers_of_ssl_2_and_ssl_3_are_found() -> None:
    async def ancient(hello: bytes, writer: asyncio.StreamWriter) -> None:
        if hello[:1] == b"\x80":
            writer.write(servers.SSL_2)
        elif hello[9:11] == b"\x03\x00":
            writer.write(servers.flight(SSL_3, 0x002F))
        else:
            writer.write(RIGHT)

    async def run() -> dict[str, int | None]:
        async with answering(ancient) as port:
            found = await scan(Place("127.0.0.1", port, ("token_endpoint",)), 1.0)
            return {name: found.version(name) for name in ("ssl-2", "ssl-3", "tls-1.0", "tls-1.2")}

    assert asyncio.run(run()) == {"ssl-2": SSL_2, "ssl-3": SSL_3, "tls-1.0": None, "tls-1.2": TLS_1_2}


def test_a_hello_asks_for_a_name_but_not_for_an_address() -> None:
    assert b"issuer.example" in ONLY_1_2.encoded()
    assert Place("192.0.2.1", 443, ()).name is None
    assert Place("2001:db8::1", 8443, ()).origin == "https://[2001:db8::1]:8443"
    assert not Place("issuer.localhost", 443, ()).public_name
