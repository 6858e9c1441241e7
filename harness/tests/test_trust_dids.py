"""The key behind a DID is found by its document, and what is wrong with that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest

from harness.formats import jose
from harness.formats.signatures import SignatureError
from harness.formats.signer import Signer
from harness.reference import keys
from harness.settings import TrustSettings
from harness.transport import Client, Recorder
from harness.trust import issuer_key
from harness.trust.fetching import Fetcher
from harness.trust.found import IssuerKey, Search

KEY = keys.issuer_key("ES256")
STRANGER = keys.stranger_key("ES256")
DID = "did:web:issuer.example:tenant"
URL = "https://issuer.example/tenant/did.json"
METHOD: dict[str, Any] = {
    "id": f"{DID}#1",
    "type": "JsonWebKey",
    "controller": DID,
    "publicKeyJwk": KEY.public_jwk,
}
OTHER = {**METHOD, "id": f"{DID}#0", "publicKeyJwk": STRANGER.public_jwk}


def document(**changes: Any) -> dict[str, Any]:
    made = {"id": DID, "verificationMethod": [OTHER, METHOD], "assertionMethod": [f"{DID}#1"], **changes}
    return {name: value for name, value in made.items() if value is not None}


def verify(jwk: Mapping[str, Any]) -> None:
    """Stands for a signature by ``KEY``."""
    if not jose.same_key(jwk, KEY.public_jwk):
        raise SignatureError("signature-invalid", "another key")


Find = Callable[..., Awaitable[IssuerKey]]


@pytest.fixture
async def find() -> AsyncIterator[Find]:
    pages: dict[str, Any] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages.get(str(request.url), httpx.Response(404))
        return page if isinstance(page, httpx.Response) else httpx.Response(200, json=page)

    async def lookup(host: str) -> list[str]:
        return ["10.1.2.3" if host == "intranet.example" else "93.184.216.34"]

    client = Client(Recorder(), transport=httpx.MockTransport(answer), lookup=lookup, allow_http=True)

    async def of(
        key_id: Any = f"{DID}#1", issuer: Any = DID, at: str = URL, answers: Any = None, home: str | None = None
    ) -> IssuerKey:
        pages[at] = document() if answers is None else answers
        signer = Signer(("did", "controller-document"), issuer, key_id)
        fetcher = Fetcher(client, home or "https://issuer.example")
        search = Search(signer, verify, fetcher, TrustSettings(), 1_780_000_000.0)
        return await issuer_key.find(search)

    yield of
    await client.aclose()


def kinds(found: IssuerKey) -> list[str]:
    return [problem.kind for problem in found.problems]


@pytest.mark.parametrize(
    "key_id", [f"{DID}#1", "#1", "1", KEY.kid, None], ids=["did url", "fragment", "name", "thumbprint", "none"]
)
async def test_the_key_is_found_by_its_id_or_by_trying(find: Find, key_id: str | None) -> None:
    found = await find(key_id)
    assert (found.mechanism, found.problems) == ("did", ())
    assert found.jwk is not None
    assert jose.same_key(found.jwk, KEY.public_jwk)
    assert found.method is not None
    assert (found.method.id, found.method.controller) == (f"{DID}#1", DID)
    assert [reply.url for reply in found.replies] == [URL]


async def test_a_did_of_the_issuer_under_test_that_speaks_http_is_fetched_so(find: Find) -> None:
    did = "did:web:localhost%3A8000"
    answers = {
        "id": did,
        "verificationMethod": [{**METHOD, "id": f"{did}#1", "controller": did}],
        "assertionMethod": [f"{did}#1"],
    }
    at = "http://localhost:8000/.well-known/did.json"
    found = await find(f"{did}#1", did, at, answers, home="http://localhost:8000/x")
    assert found.problems == ()
    assert found.jwk is not None


@pytest.mark.parametrize(
    ("home", "expected"),
    [("https://127.0.0.1:8443/x", []), ("https://issuer.example", ["did-web-address"])],
    ids=["in development", "elsewhere"],
)
async def test_an_address_stands_for_a_name_in_development_only(
    find: Find, home: str, expected: list[str]
) -> None:
    did = "did:web:127.0.0.1%3A8443"
    at = "https://127.0.0.1:8443/.well-known/did.json"
    answers = {"id": did, "verificationMethod": [{**METHOD, "id": f"{did}#1", "controller": did}]}
    found = await find(f"{did}#1", did, at, answers, home=home)
    assert [kind for kind in kinds(found) if kind == "did-web-address"] == expected


@pytest.mark.parametrize(
    ("answers", "expected", "usable"),
    [
        (httpx.Response(404), ["did-document"], False),
        (httpx.Response(200, text="<html>"), ["did-document-json"], False),
        (httpx.Response(200, json=[document()]), ["did-document-json"], False),
        (
            httpx.Response(302, headers={"Location": "http://issuer.example/did.json"}),
            ["did-document-redirect"],
            False,
        ),
        (httpx.Response(302, headers={"Location": "https://10.0.0.1/did.json"}), ["did-document-redirect"], False),
        (document(id="did:web:other.example"), ["document-id"], True),
        (document(verificationMethod=[OTHER], assertionMethod=None), ["method-unknown"], False),
        (document(assertionMethod=None), ["method-not-authorised"], True),
        (document(assertionMethod=None, authentication=[f"{DID}#1"]), ["method-not-authorised"], True),
        (
            document(verificationMethod=[{**METHOD, "controller": "did:web:other.example"}]),
            ["controller-other"],
            True,
        ),
        (
            document(verificationMethod=[{**METHOD, "publicKeyJwk": {"kty": "EC"}}]),
            ["material-jwk", "method-unreadable"],
            False,
        ),
    ],
)
async def test_a_wrong_document_is_told(find: Find, answers: Any, expected: list[str], usable: bool) -> None:
    found = await find(answers=answers)
    assert found.mechanism == "did"
    assert kinds(found) == expected
    assert (found.jwk is not None) is usable
    assert bool(found.missing) is not usable


async def test_a_key_id_of_another_did_is_told(find: Find) -> None:
    assert kinds(await find(issuer="did:web:other.example")) == ["did-other"]
    assert kinds(await find(issuer="https://issuer.example")) == []


async def test_a_named_method_that_does_not_verify_is_the_method_all_the_same(find: Find) -> None:
    found = await find(f"{DID}#0", answers=document(assertionMethod=[f"{DID}#0"]))
    assert found.problems == ()
    assert found.method is not None
    assert found.method.id == f"{DID}#0"


@pytest.mark.parametrize("issuer", ["did:ebsi:zabc", "did:web"])
async def test_a_method_that_is_not_known_leaves_the_key_unfound(find: Find, issuer: str) -> None:
    found = await find(f"{issuer}#1", issuer)
    assert (found.mechanism, found.jwk, found.problems) == (None, None, ())
    assert "DID method" in found.missing
    assert "[trust] jwks" in found.missing


async def test_a_name_that_is_private_here_leaves_the_key_unfound(find: Find) -> None:
    found = await find("did:web:intranet.example#1", "did:web:intranet.example")
    assert (found.mechanism, found.problems) == (None, ())
    assert "private address" in found.missing
    assert "[trust] jwks" in found.missing


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_did_that_is_private_everywhere_leads_to_no_document(find: Find, host: str) -> None:
    found = await find(f"did:web:{host}#1", f"did:web:{host}")
    assert (found.mechanism, found.jwk, kinds(found)[-1]) == ("did", None, "did-document")


async def test_a_type_that_is_not_known_leaves_the_key_unfound(find: Find) -> None:
    strange = {"id": f"{DID}#1", "type": "Strange", "controller": DID, "publicKeyStrange": "x"}
    found = await find(answers=document(verificationMethod=[strange]))
    assert (found.mechanism, found.problems) == (None, ())
    assert "Strange" in found.missing


async def test_a_malformed_did_web_gives_no_key(find: Find) -> None:
    found = await find("did:web:a%2Fb#1", "did:web:a%2Fb")
    assert (found.mechanism, found.jwk, kinds(found)) == ("did", None, ["did"])


async def test_a_controlled_identifier_document_gives_the_key(find: Find) -> None:
    identifier = "https://issuer.example/keys"
    answers = {
        "id": identifier,
        "verificationMethod": [{**METHOD, "id": f"{identifier}#1", "controller": identifier}],
        "assertionMethod": [f"{identifier}#1"],
    }
    found = await find(f"{identifier}#1", identifier, identifier, answers)
    assert (found.mechanism, found.problems) == ("controller-document", ())
    assert found.jwk is not None


async def test_a_key_in_its_did_has_a_method_too(find: Find) -> None:
    found = await find(f"{KEY.did}#0", KEY.did)
    assert found.method is not None
    assert (found.method.id, found.method.controller) == (f"{KEY.did}#0", KEY.did)


async def test_an_own_key_of_another_kind_than_asked_for_is_told(find: Find) -> None:
    found = await find(f"{KEY.did}#7", KEY.did)
    assert (kinds(found), found.jwk) == (["did"], None)
