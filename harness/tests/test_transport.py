"""The way to the network: bounded in time and size, recorded, redacted, and clear about what went wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import respx
import trustme

from harness.transport import SHOWN_BODY, Client, Recorder, TransportFailure, is_loopback, tls_context

URL = "https://issuer.test/x"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client(Recorder(), timeout_s=5.0, max_body=1000)
    yield made
    await made.aclose()


@respx.mock
async def test_an_exchange_is_numbered_and_recorded(client: Client) -> None:
    respx.post(URL).respond(201, json={"c_nonce": "n"}, headers={"Cache-Control": "no-store"})
    reply = await client.send("nonce request", "POST", URL, json_body={"a": 1})
    assert (reply.status, reply.object, reply.exchange) == (201, {"c_nonce": "n"}, 1)
    (exchange,) = client.recorder.exchanges
    assert (exchange.number, exchange.purpose, exchange.status) == (1, "nonce request", 201)
    assert exchange.request.body is not None
    assert '"a": 1' in exchange.request.body
    assert exchange.response is not None
    assert ("cache-control", "no-store") in [(name.lower(), value) for name, value in exchange.response.headers]
    assert exchange.started.endswith("+00:00")


@respx.mock
async def test_secrets_are_not_recorded(client: Client) -> None:
    respx.post(URL).respond(json={"access_token": "s3cr3t-token"})
    await client.send("token request", "POST", URL, form={"pre-authorized_code": "c0de-c0de"})
    await client.send("credential request", "POST", URL, headers={"Authorization": "Bearer s3cr3t-token"})
    written = str([exchange.to_json() for exchange in client.recorder.exchanges])
    assert "s3cr3t-token" not in written
    assert "c0de-c0de" not in written


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (httpx.ReadTimeout("x"), "timeout", "no complete answer from issuer.test within 5 s"),
        (httpx.ConnectError("refused"), "connection", "cannot connect to issuer.test"),
        (httpx.ReadError("reset by peer"), "connection", "issuer.test"),
        (httpx.RemoteProtocolError("nonsense"), "protocol", "no proper HTTP"),
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] verify failed: self-signed (_ssl.c:1)"),
            "tls",
            "self-s",
        ),
    ],
)
@respx.mock
async def test_a_failure_is_told_in_one_line(client: Client, error: Exception, kind: str, words: str) -> None:
    respx.get(URL).mock(side_effect=error)
    with pytest.raises(TransportFailure, match=words) as caught:
        await client.send("metadata", "GET", URL)
    assert caught.value.kind == kind
    assert caught.value.exchange == 1
    assert "\n" not in caught.value.message
    (exchange,) = client.recorder.exchanges
    assert exchange.failure == caught.value.message
    assert exchange.status is None


@respx.mock
async def test_a_large_answer_is_cut_off(client: Client) -> None:
    respx.get(URL).respond(content=b"x" * 1001)
    with pytest.raises(TransportFailure, match="larger than 1000 bytes"):
        await client.send("metadata", "GET", URL)


async def test_a_service_of_this_process_is_reached_without_the_network() -> None:
    here = httpx.MockTransport(lambda request: httpx.Response(200, text=str(request.url)))
    client = Client(Recorder(), mounts={"http://wallet.test:3001": here})
    assert (await client.send("token request", "GET", "http://wallet.test:3001/x")).status == 200
    assert client.stays_here("http://wallet.test:3001/y")
    for url in ("https://wallet.test:3001", "http://wallet.test", "http://wallet.test:3001.evil.test"):
        assert not client.stays_here(url)
    with pytest.raises(TransportFailure) as caught:
        await client.send("metadata", "GET", "http://wallet.test:3002/x")
    assert caught.value.kind == "insecure"
    await client.aclose()


@respx.mock
async def test_redirects_are_not_followed(client: Client) -> None:
    respx.get(URL).respond(302, headers={"Location": "https://elsewhere.test/"})
    assert (await client.send("metadata", "GET", URL)).status == 302


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://issuer.test/x", "insecure"),
        ("ftp://issuer.test/x", "url"),
        ("https://", "url"),
        ("nonsense", "url"),
        ("https://exa mple\x00/", "url"),
        ("https://[bad/", "url"),
    ],
)
async def test_nothing_is_sent_to_an_unfit_address(client: Client, url: str, kind: str) -> None:
    with pytest.raises(TransportFailure) as caught:
        await client.send("metadata", "GET", url)
    assert caught.value.kind == kind
    assert client.recorder.count == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/x", True),
        ("http://localhost/", True),
        ("http://[::1]/", True),
        ("http://127.8.8.8/", True),
        ("http://10.0.0.1/", False),
        ("http://localhost.example/", False),
        ("http://127.0.0.1.example/", False),
    ],
)
def test_loopback_addresses_are_known(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


async def serve(
    answer: bytes, *, then_hang: bool = False, context: ssl.SSLContext | None = None
) -> asyncio.Server:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        if then_hang:
            await reader.read()
        writer.close()

    return await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)


def address(server: asyncio.Server) -> str:
    return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_issuer_that_stops_in_the_middle_is_given_up_in_time() -> None:
    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", then_hang=True)
    client = Client(Recorder(), timeout_s=0.3)
    async with server:
        with pytest.raises(TransportFailure) as caught:
            await client.send("metadata", "GET", f"http://{address(server)}/")
    await client.aclose()
    assert caught.value.kind == "timeout"


async def test_a_certificate_nobody_trusts_is_told_as_such() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", context=context)
    client = Client(Recorder(), verify=tls_context(), timeout_s=5)
    async with server:
        with pytest.raises(TransportFailure, match="is not trusted") as caught:
            await client.send("metadata", "GET", f"https://{address(server)}/")
    await client.aclose()
    assert caught.value.kind == "tls"


async def test_the_certificate_of_the_server_is_kept(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    root = tmp_path / "root.pem"
    root.write_bytes(authority.cert_pem.bytes())
    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", context=context)
    client = Client(Recorder(), verify=tls_context(root), timeout_s=5)
    async with server:
        reply = await client.send("metadata", "GET", f"https://{address(server)}/")
    await client.aclose()
    assert reply.certificate == ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())


async def test_addresses_are_looked_up_on_the_network_only() -> None:
    async def unknown(host: str) -> list[str]:
        raise OSError(host)

    async def slow(host: str) -> list[str]:
        await asyncio.sleep(60)
        return []

    network, inside = (
        Client(Recorder()),
        Client(Recorder(), transport=httpx.MockTransport(lambda _: httpx.Response(200))),
    )
    assert "127.0.0.1" in await network.addresses("127.1")
    assert await inside.addresses("localhost") == ()
    assert await Client(Recorder(), lookup=unknown).addresses("issuer.test") == ()
    assert await Client(Recorder(), lookup=slow, timeout_s=0.01).addresses("issuer.test") == ()


@respx.mock
@pytest.mark.parametrize(
    "location", ["org.wallet:cb?code=1", "mailto:a@b", "http://[", "https://\x00/", "//", "%"]
)
async def test_a_redirect_is_handed_on_wherever_it_leads(client: Client, location: str) -> None:
    respx.get(URL).respond(302, headers={"Location": location})
    reply = await client.send("authorization request", "GET", URL)
    assert (reply.status, reply.headers["location"]) == (302, location)


@respx.mock
async def test_no_cookie_goes_from_one_request_to_the_next(client: Client) -> None:
    route = respx.get(URL).respond(headers={"Set-Cookie": "session=1"})
    await client.send("one", "GET", URL)
    await client.send("two", "GET", URL)
    await client.send("three", "GET", URL, headers={"Cookie": "own=1"})
    assert [call.request.headers.get("cookie") for call in route.calls] == [None, None, "own=1"]


@respx.mock
async def test_a_code_in_a_redirect_is_not_recorded(client: Client) -> None:
    respx.get(URL).respond(
        302, headers={"Location": "https://wallet.example/cb?state=s&code=c0de-c0de#code=fr4gment"}
    )
    await client.send("authorization request", "GET", URL, headers={"Referer": f"{URL}?code=c0de-c0de"})
    written = str([exchange.to_json() for exchange in client.recorder.exchanges])
    assert "state=s" in written
    assert "c0de-c0de" not in written
    assert "fr4gment" not in written


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"eyJ0eXAiOiJzdGF0dXNsaXN0K2p3dCJ9." + b"A" * 60_000 + b".c2ln", 2_000),
        (b"\xd2\x84" + b"\xff" * 60_000, 30),
        (b"eyJ0eXAiOiJzdGF0dXNsaXN0K2p3dCJ9." + b"A" * 9_000 + b".c2ln", 9_038),
        (b"<p>A page for people.</p>\n" * 2_000, 20_000),
    ],
)
def test_of_a_long_token_only_the_beginning_is_recorded(body: bytes, kept: int) -> None:
    message = Recorder().message(httpx.Headers(), body)
    assert message.body is not None
    assert (len(message.body), message.size) == (kept, len(body))
    assert message.truncated is (kept in (2_000, 20_000))


@respx.mock
async def test_a_code_that_was_recorded_before_it_was_known_is_hidden_afterwards(client: Client) -> None:
    page = "<script>location = 'https://w.test/cb?code\\u003ds3cr3t-c0de\\u0026state=1'</script>"
    respx.get(URL).respond(html=page)
    await client.send("user: page", "GET", URL)
    client.recorder.redactor.learn("s3cr3t-c0de")
    client.recorder.look_back()
    (exchange,) = client.recorder.exchanges
    assert exchange.response is not None
    shown = page.replace("s3cr3t-c0de", client.recorder.redactor.mark("s3cr3t-c0de"))
    assert exchange.response.body == shown


@respx.mock
async def test_what_a_user_typed_is_hidden_in_the_pages_of_the_user(client: Client) -> None:
    client.recorder.redactor.learn_typed("login", "erika")
    respx.get(url__startswith=URL).respond(html="<p>Hello erika")
    await client.send("user: form", "GET", f"{URL}?login=erika&a=1")
    assert "erika" not in str(client.recorder.exchanges)
    await client.send("metadata", "GET", URL)
    assert "Hello erika" in str(client.recorder.exchanges)


async def test_a_secret_at_the_end_of_what_is_shown_is_not_shown_in_part() -> None:
    credential = "eyJ" + "x" * 200_000
    for before in (10, SHOWN_BODY - 5, 4 * SHOWN_BODY - 100):
        body = f'{{"a":"{"y" * before}","credential":"{credential}"}}'.encode()
        shown = Recorder().message(httpx.Headers(), body).body
        assert shown is not None
        assert "eyJ" not in shown
        assert len(shown) <= SHOWN_BODY


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_secrets_are_not_shown_between_bytes_of_another_encoding(encoding: str) -> None:
    body = '{"access_token":"s3cr3t-token"}'.encode(encoding)
    assert Recorder().message(httpx.Headers(), body).body == f"‹{len(body)} bytes that are no text›"


def test_a_broken_character_does_not_hide_the_rest_nor_show_a_secret() -> None:
    body = b'{"access_token":"s3cr3t-token","error_description":"caf\xe9 and more"}'
    shown = Recorder().message(httpx.Headers(), body).body
    assert shown is not None
    assert "s3cr3t" not in shown
    assert "caf\\xe9 and more" in shown
    assert b"s3cr3t".hex(" ") not in shown


def test_what_is_no_text_is_told_by_its_size() -> None:
    body = bytes(range(128, 256)) * 3
    message = Recorder().message(httpx.Headers(), body)
    assert (message.body, message.size) == ("‹384 bytes that are no text›", 384)
