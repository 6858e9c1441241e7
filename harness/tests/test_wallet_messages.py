"""Offers in every form a wallet can meet them, and where metadata is looked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.well_known import well_known_url
from harness.transport import Client, Recorder, TransportFailure
from harness.wallet.metadata import MetadataError, discover, issuer_metadata_urls
from harness.wallet.offer import OfferError, parse_link, receive

OFFER = {
    "credential_issuer": "https://issuer.test",
    "credential_configuration_ids": ["a"],
    "grants": {
        "urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "c0de", "tx_code": {}}
    },
}
URI = "https://issuer.test/offers/1"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client(Recorder())
    yield made
    await made.aclose()


@pytest.mark.parametrize(
    "before", ["openid-credential-offer://", "haip-vci://", "https://wallet.test/add", "x-own:"]
)
async def test_an_offer_by_value_is_read_from_a_link_of_any_scheme(client: Client, before: str) -> None:
    received = await receive(client, parse_link(f"{before}?credential_offer={quote(json.dumps(OFFER))}"))
    assert received.object == OFFER
    assert (received.code, received.wants_tx_code, received.configuration_ids) == ("c0de", True, ["a"])
    assert client.recorder.count == 0


async def test_an_offer_as_bare_json_is_read(client: Client) -> None:
    assert (await receive(client, parse_link(f"  {json.dumps(OFFER)}\n"))).object == OFFER


@respx.mock
async def test_an_offer_by_reference_is_fetched_through_redirects(client: Client) -> None:
    respx.get(URI).respond(302, headers={"Location": "/offers/2"})
    respx.get("https://issuer.test/offers/2").respond(json=OFFER)
    received = await receive(client, parse_link(f"openid-credential-offer://?credential_offer_uri={quote(URI)}"))
    assert received.object == OFFER
    assert received.exchange == 2


@respx.mock
async def test_a_redirect_loop_ends(client: Client) -> None:
    respx.get(URI).respond(302, headers={"Location": URI})
    with pytest.raises(TransportFailure, match="redirects more than 5 times"):
        await receive(client, parse_link(f"openid-credential-offer://?credential_offer_uri={quote(URI)}"))


@respx.mock
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(404, "gone", "may have expired"), (200, "<html>", "not JSON"), (200, "", "not JSON")],
)
async def test_what_is_no_offer_is_told_in_one_line(client: Client, status: int, body: str, words: str) -> None:
    respx.get(URI).respond(status, text=body)
    with pytest.raises(OfferError, match=words):
        await receive(client, parse_link(f"openid-credential-offer://?credential_offer_uri={quote(URI)}"))


@pytest.mark.parametrize("text", ["", "nonsense", "openid-credential-offer://", "openid-credential-offer://?x=1"])
def test_text_that_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(OfferError):
        parse_link(text)


def test_what_a_hook_printed_by_mistake_is_not_repeated() -> None:
    with pytest.raises(OfferError) as caught:
        parse_link("hello SECRET world")
    assert "SECRET" not in str(caught.value)


@given(st.text())
def test_any_text_is_a_link_or_an_offer_error(text: str) -> None:
    try:
        link = parse_link(text)
    except OfferError:
        return
    assert link.by_value or link.by_reference


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("https://issuer.example.com", "https://issuer.example.com/.well-known/s"),
        ("https://issuer.example.com/", "https://issuer.example.com/.well-known/s"),
        ("https://issuer.example.com/tenant", "https://issuer.example.com/.well-known/s/tenant"),
        ("https://issuer.example.com:8443/a/b/", "https://issuer.example.com:8443/.well-known/s/a/b"),
    ],
)
def test_the_well_known_string_stands_between_host_and_path(identifier: str, expected: str) -> None:
    assert well_known_url(identifier, "s") == expected


def test_a_slash_at_the_end_of_an_issuer_may_be_kept_or_left_out() -> None:
    place = "https://issuer.test/.well-known/openid-credential-issuer"
    assert issuer_metadata_urls("https://issuer.test/a/") == (f"{place}/a/", f"{place}/a")
    assert issuer_metadata_urls("https://issuer.test") == (place,)


@respx.mock
async def test_an_issuer_with_a_slash_at_its_end_is_found_at_either_place(client: Client) -> None:
    respx.get("https://issuer.test/.well-known/openid-credential-issuer/a/").respond(404)
    respx.get("https://issuer.test/.well-known/openid-credential-issuer/a").respond(json={"display": []})
    respx.get(url__regex=".*").respond(404)
    assert (await discover(client, "https://issuer.test/a/")).metadata == {"display": []}


@pytest.mark.parametrize("host", ["[bad", "ex\u2100mple.com", "h:99999x"])
async def test_hosts_that_are_none_are_told_in_one_line(client: Client, host: str) -> None:
    with respx.mock:
        metadata = {"credential_issuer": "https://issuer.test", "authorization_servers": [f"https://{host}"]}
        respx.get("https://issuer.test/.well-known/openid-credential-issuer").respond(json=metadata)
        (server,) = (await discover(client, "https://issuer.test")).servers
        assert server.failure is not None
        respx.get(URI).respond(302, headers=[(b"Location", f"https://{host}".encode())])
        with pytest.raises(TransportFailure):
            await receive(client, parse_link(f"openid-credential-offer://?credential_offer_uri={quote(URI)}"))


@pytest.mark.parametrize("host", ["[bad", "ex\u2100mple.com"])
def test_a_link_to_a_host_that_is_none_is_no_offer(host: str) -> None:
    with pytest.raises(OfferError):
        parse_link(f"https://{host}?credential_offer={{}}")


@respx.mock
@pytest.mark.parametrize("body", ["<html>", "[1]", '{"a":', "\ufeff{}", "NaN"])
async def test_metadata_that_is_no_json_object_is_told_in_one_line(client: Client, body: str) -> None:
    respx.get("https://issuer.test/.well-known/openid-credential-issuer").respond(text=body)
    with pytest.raises(MetadataError) as caught:
        await discover(client, "https://issuer.test")
    assert "\n" not in str(caught.value)


@respx.mock
async def test_a_server_that_cannot_be_reached_is_kept_with_the_reason(client: Client) -> None:
    metadata = {"credential_issuer": "https://issuer.test", "authorization_servers": ["http://as.test"]}
    respx.get("https://issuer.test/.well-known/openid-credential-issuer").respond(json=metadata)
    issuer = await discover(client, "https://issuer.test")
    (server,) = issuer.servers
    assert server.reply is None
    assert server.failure is not None
    assert "plain http" in server.failure
