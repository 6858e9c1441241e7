"""What credentials point at is fetched warily: hosts, schemes and redirects that lead astray are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import httpx
import pytest
import respx

from harness.transport import Client, Recorder
from harness.trust.fetching import Fetched, Fetcher, is_public

HOME = "https://issuer.example"
PUBLIC, INTRANET = "93.184.216.34", "10.1.2.3"
Get = Callable[..., Awaitable[Fetched]]


@pytest.fixture
async def get() -> AsyncIterator[Get]:
    clients: list[Client] = []

    async def fetch(
        url: str,
        pages: Mapping[str, httpx.Response] | None = None,
        hosts: Mapping[str, Sequence[str]] | None = None,
        home: str = HOME,
    ) -> Fetched:
        async def lookup(host: str) -> Sequence[str]:
            if host not in known:
                raise OSError("no such host")
            return known[host]

        known = {"issuer.example": [PUBLIC], **(hosts or {})}
        answers = {url: httpx.Response(200, json={}), **(pages or {})}
        transport = httpx.MockTransport(lambda request: answers.get(str(request.url), httpx.Response(404)))
        clients.append(Client(Recorder(), transport=transport, lookup=lookup, allow_http=True, timeout_s=2.0))
        return await Fetcher(clients[-1], home).get("a document", url)

    yield fetch
    for client in clients:
        await client.aclose()


def sent(fetched: Fetched) -> list[str]:
    return [reply.url for reply in fetched.replies]


def redirect(location: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"Location": location})


async def test_a_public_https_url_is_fetched(get: Get) -> None:
    fetched = await get("https://keys.example/x", hosts={"keys.example": [PUBLIC]})
    assert fetched.problem is None
    assert fetched.reply is not None
    assert (fetched.reply.status, sent(fetched)) == (200, ["https://keys.example/x"])


async def test_a_host_without_address_is_left_to_the_sending(get: Get) -> None:
    assert (await get("https://unknown.example/x")).problem is None


@pytest.mark.parametrize("url", ["no URL", "https://", "https://[", "/relative", ""])
async def test_what_is_no_url_is_not_fetched(get: Get, url: str) -> None:
    fetched = await get(url)
    assert fetched.problem is not None
    assert (fetched.problem.kind, fetched.reply, fetched.replies) == ("fetch-url", None, ())


async def test_what_the_run_itself_plays_is_fetched_from_anywhere() -> None:
    here = httpx.MockTransport(lambda _: httpx.Response(200))
    client = Client(Recorder(), mounts={"http://127.0.0.1:3003": here})
    assert (await Fetcher(client, HOME).get("a list", "http://127.0.0.1:3003/t/1")).problem is None
    other = await Fetcher(client, HOME).get("a list", "http://127.0.0.1:3004/t/1")
    assert other.problem is not None
    assert other.problem.kind == "fetch-scheme"
    await client.aclose()


async def test_plain_http_is_fetched_only_for_an_issuer_that_speaks_it(get: Get) -> None:
    fetched = await get("http://keys.example/x")
    assert fetched.problem is not None
    assert fetched.problem.kind == "fetch-scheme"
    assert (await get("http://keys.example/x", home="http://issuer.example")).problem is None


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://[fe80::1]/x",
        "https://[::ffff:192.168.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://LOCALHOST./x",
        "https://app.localhost/x",
        "https://intranet.example/x",
        "https://both.example/x",
    ],
)
async def test_a_private_host_is_not_asked(get: Get, url: str) -> None:
    hosts = {"intranet.example": [INTRANET], "both.example": [PUBLIC, "::1"]}
    fetched = await get(url, hosts=hosts)
    assert fetched.problem is not None
    assert (fetched.problem.kind, fetched.replies, fetched.misled) == ("fetch-private", (), False)
    assert "loopback or private" in fetched.problem.detail


@pytest.mark.parametrize("home", ["https://127.0.0.1:8000", "https://localhost", "https://dev.example"])
async def test_an_issuer_at_a_private_address_may_point_at_others(get: Get, home: str) -> None:
    fetched = await get("https://127.0.0.1:9000/x", hosts={"dev.example": [INTRANET]}, home=home)
    assert fetched.problem is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(get: Get, status: int) -> None:
    url = f"{HOME}/a"
    pages = {url: redirect("b", status), f"{HOME}/b": httpx.Response(200, json={"here": True})}
    fetched = await get(url, pages)
    assert fetched.reply is not None
    assert fetched.reply.object == {"here": True}
    assert sent(fetched) == [url, f"{HOME}/b"]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://issuer.example/b", "redirect-scheme"),
        ("https://127.0.0.1/b", "redirect-private"),
        ("https://intranet.example/b", "redirect-private"),
        ("https://[", "redirect-url"),
        ("file:///etc/passwd", "redirect-url"),
    ],
)
async def test_a_redirect_leads_only_where_one_may_go(get: Get, location: str, kind: str) -> None:
    url = f"{HOME}/a"
    fetched = await get(url, {url: redirect(location)}, {"intranet.example": [INTRANET]})
    assert fetched.problem is not None
    assert (fetched.problem.kind, fetched.reply, fetched.misled) == (kind, None, True)
    assert all(reply.url == url for reply in fetched.replies)


async def test_redirects_are_followed_a_few_times(get: Get) -> None:
    pages = {f"{HOME}/{number}": redirect(f"/{number + 1}") for number in range(4)}
    fetched = await get(f"{HOME}/1", pages)
    assert fetched.reply is not None
    assert fetched.reply.status == 404
    pages = {f"{HOME}/{number}": redirect(f"/{number + 1}") for number in range(4)}
    fetched = await get(f"{HOME}/0", pages)
    assert fetched.problem is not None
    assert (fetched.problem.kind, fetched.misled, len(fetched.replies)) == ("redirect-endless", True, 4)


async def test_a_redirect_without_location_is_an_answer(get: Get) -> None:
    fetched = await get(f"{HOME}/a", {f"{HOME}/a": httpx.Response(302)})
    assert fetched.reply is not None
    assert fetched.reply.status == 302


@respx.mock
async def test_a_failed_exchange_is_a_problem() -> None:
    async def lookup(host: str) -> Sequence[str]:
        return [PUBLIC]

    respx.get(f"{HOME}/a").mock(side_effect=httpx.ConnectError("refused"))
    client = Client(Recorder(), lookup=lookup)
    fetched = await Fetcher(client, HOME).get("a document", f"{HOME}/a")
    await client.aclose()
    assert fetched.problem is not None
    assert fetched.problem.kind == "fetch-no-answer"
    assert "cannot connect" in fetched.problem.detail


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PUBLIC, True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("fd00::1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::5db8:d822", True),
        ("no address", True),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert is_public(address) is expected
