from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from harness import mutate
from harness.formats import bitstring_status_list, jwk_set, status_list_token
from harness.formats.bitstring_status_list import StatusListCredential
from harness.formats.jose import Jws
from harness.formats.signatures import SignatureError
from harness.formats.status_document import READERS, StatusDocument
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism, Reference
from harness.govuk import forgery
from harness.govuk.status_lists import ENTRIES, StatusList
from harness.govuk.status_requests import StatusListClient
from harness.govuk.status_service import StatusListService
from harness.reference.serve import serving
from harness.tests.govuk_issuer import NOW, URL, Clock, Issuer
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import make_key

SERVICE = "https://crs.account.gov.uk"
JWKS = f"{URL}/.well-known/jwks.json"
JTI = "62b45850-4c5c-4696-983a-af66450301d{}"
DAY = 24 * 3600
KINDS = ["token", "bitstring"]


class World:
    """An issuer with a client for each kind of list, and the status list service."""

    def __init__(self) -> None:
        self.clock, self.issuer = Clock(), Issuer()
        clients = [StatusListClient("token", JWKS), StatusListClient("bitstring", JWKS, "bitstring")]
        self.service = StatusListService(SERVICE, issuers=clients, clock=self.clock, http=self.issuer.http)
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(self.service.app), base_url=SERVICE)

    def wish(self, kind: str = "token", **changes: Any) -> JwtDraft:
        claims = {"iss": kind, "iat": NOW, "jti": JTI.format(1), "statusExpiry": NOW + 90 * DAY}
        return self.issuer.jwt(claims).with_claims(**changes)

    def revocation(self, uri: str, index: int, kind: str = "token", **changes: Any) -> JwtDraft:
        claims = {"iss": kind, "iat": NOW, "jti": JTI.format(2), "uri": uri, "idx": index}
        return self.issuer.jwt(claims).with_claims(**changes)

    async def post(self, path: str, body: JwtDraft | str, media_type: str = "application/jwt") -> httpx.Response:
        content = body.sign() if isinstance(body, JwtDraft) else body
        return await self._http.post(path, content=content, headers={"Content-Type": media_type})

    async def get(self, url: str) -> httpx.Response:
        return await self._http.get(url)

    async def issued(self, kind: str = "token", number: int = 1) -> tuple[str, int]:
        answer = await self.post("/issue", self.wish(kind, jti=JTI.format(number)))
        assert answer.status_code == 200
        assert set(answer.json()) == {"idx", "uri"}
        return answer.json()["uri"], answer.json()["idx"]


@pytest.fixture
def world() -> World:
    return World()


def reference(kind: str, uri: str, index: int) -> Reference:
    if kind == "token":
        return Reference(Mechanism.STATUS_LIST, uri, "/status", index)
    return Reference(Mechanism.BITSTRING, uri, "/credentialStatus", index, purpose="message", size=2)


async def published(world: World, kind: str, uri: str) -> StatusDocument:
    """Fetch a list and verify it, read strictly."""
    answer = await world.get(uri)
    assert answer.status_code == 200
    mechanism = Mechanism.STATUS_LIST if kind == "token" else Mechanism.BITSTRING
    document = READERS[mechanism](answer.content, answer.headers["content-type"])
    keys = (await world.get(world.service.jwks_url)).json()["keys"]
    document.verify(next(key for key in keys if key["kid"] == document.signer.key_id))
    return document


# Issuing


@pytest.mark.parametrize(("kind", "path"), [("token", "/t/"), ("bitstring", "/b/")])
async def test_a_client_gets_a_place_in_a_list_of_its_kind(world: World, kind: str, path: str) -> None:
    uri, index = await world.issued(kind)
    assert uri.startswith(SERVICE + path)
    assert 0 <= index < ENTRIES
    entry = world.service.entry(uri, index)
    assert entry is not None
    assert (entry.client_id, entry.expires, entry.revoked_at) == (kind, NOW + 90 * DAY, None)


async def test_every_jti_gets_a_place_of_its_own(world: World) -> None:
    places = [await world.issued(number=number) for number in range(5)]
    assert len(set(places)) == 5


async def test_the_same_jti_gets_the_same_place(world: World) -> None:
    place = await world.issued()
    assert await world.issued() == place
    assert len(world.service.entries) == 1
    world.clock.now += 3600
    assert await world.issued() != place
    assert len(world.service.entries) == 2


async def test_the_same_jti_of_another_client_is_another_one(world: World) -> None:
    assert (await world.issued("token"))[0] != (await world.issued("bitstring"))[0]


async def test_a_jti_asks_for_one_thing_only(world: World) -> None:
    await world.issued()
    expected = (400, "BAD_REQUEST", "jti-reused")
    assert await refused(world, "/issue", world.wish(statusExpiry=NOW + DAY)) == expected


async def test_of_two_requests_with_one_jti_at_once_the_second_is_in_conflict(world: World) -> None:
    world.issuer.slow = asyncio.Barrier(2)
    first = asyncio.create_task(world.post("/issue", world.wish()))
    second = asyncio.create_task(world.post("/issue", world.wish()))
    third = asyncio.create_task(world.post("/issue", world.wish(jti=JTI.format(3))))
    assert [(await each).status_code for each in (first, second, third)] == [200, 409, 200]
    assert world.service.refusals[-1].kind == "jti-concurrent"
    world.issuer.slow = None
    assert (await world.post("/issue", world.wish())).json() == (await first).json()


def test_a_list_takes_the_next_free_place() -> None:
    filled = StatusList(f"{SERVICE}/t/1", "token")
    indexes = [filled.add("client", NOW, pick).index for pick in (ENTRIES - 1, ENTRIES - 1, 2 * ENTRIES, 5)]
    assert indexes == [ENTRIES - 1, 0, 1, 5]


# Revoking


@pytest.mark.parametrize("kind", KINDS)
async def test_a_revoked_credential_is_invalid_and_no_other_one(world: World, kind: str) -> None:
    places = [await world.issued(kind, number) for number in range(3)]
    before = await published(world, kind, places[0][0])
    assert [before.value_of(reference(kind, *place)) for place in places] == [0, 0, 0]
    world.clock.now += 60
    answer = await world.post("/revoke", world.revocation(*places[1], kind))
    assert answer.status_code == 202
    assert answer.json() == {"message": "Request processed for revocation", "revokedAt": NOW + 60}
    after = await published(world, kind, places[0][0])
    assert [after.value_of(reference(kind, *place)) for place in places] == [0, 1, 0]
    assert list(after.changed(before)) == [places[1][1]]


async def test_a_revocation_is_final_and_can_be_repeated(world: World) -> None:
    place = await world.issued()
    await world.post("/revoke", world.revocation(*place))
    world.clock.now += 60
    answer = await world.post("/revoke", world.revocation(*place, jti=JTI.format(3)))
    assert answer.status_code == 202
    assert answer.json() == {"message": "Credential already revoked", "revokedAt": NOW}


async def test_only_who_asked_for_a_place_can_revoke_it(world: World) -> None:
    place = await world.issued("token")
    expected = (403, "FORBIDDEN", "other-client")
    assert await refused(world, "/revoke", world.revocation(*place, "bitstring")) == expected
    entry = world.service.entry(*place)
    assert entry is not None
    assert entry.revoked_at is None


async def test_only_a_place_that_was_given_away_can_be_revoked(world: World) -> None:
    uri, index = await world.issued()
    for place in ((uri, (index + 1) % ENTRIES), (f"{uri}0", index)):
        expected = (404, "NOT_FOUND", "entry-unknown")
        assert await refused(world, "/revoke", world.revocation(*place)) == expected


# Requests that are refused


async def refused(
    world: World, path: str, body: JwtDraft | str, media_type: str = "application/jwt"
) -> tuple[int, str, str]:
    answer = await world.post(path, body, media_type)
    told = world.service.refusals[-1]
    assert answer.json()["error_description"] == told.detail
    assert (told.path, told.status) == (path, answer.status_code)
    return answer.status_code, answer.json()["error"], told.kind


COMMON: list[tuple[dict[str, Any], str]] = [
    ({"iat": None}, "iat"),
    ({"iat": str(NOW)}, "iat"),
    ({"iat": NOW + 600}, "iat"),
    ({"jti": None}, "jti"),
    ({"jti": 5}, "jti"),
    ({"jti": JTI.format(1).upper()}, "jti"),
    ({"jti": "request-1"}, "jti"),
]
ISSUE: list[tuple[dict[str, Any], str]] = [
    ({"statusExpiry": None}, "statusExpiry"),
    ({"statusExpiry": "2030-01-01"}, "statusExpiry"),
    ({"statusExpiry": NOW}, "statusExpiry"),
    ({"statusExpiry": NOW + 367 * DAY}, "statusExpiry"),
]
REVOKE: list[tuple[dict[str, Any], str]] = [
    ({"idx": None}, "idx"),
    ({"idx": -1}, "idx"),
    ({"idx": "3"}, "idx"),
    ({"idx": 3.5}, "idx"),
    ({"uri": None}, "uri"),
    ({"uri": "list 1"}, "uri"),
]


@pytest.mark.parametrize(("changes", "kind"), [*COMMON, *ISSUE])
async def test_a_wrong_wish_is_refused(world: World, changes: dict[str, Any], kind: str) -> None:
    assert await refused(world, "/issue", world.wish(**changes)) == (400, "BAD_REQUEST", kind)
    assert world.service.entries == ()


@pytest.mark.parametrize(("changes", "kind"), [*COMMON, *REVOKE])
async def test_a_wrong_revocation_is_refused(world: World, changes: dict[str, Any], kind: str) -> None:
    place = await world.issued()
    draft = world.revocation(*place).with_claims(**changes)
    assert await refused(world, "/revoke", draft) == (400, "BAD_REQUEST", kind)


async def test_a_year_is_not_too_long(world: World) -> None:
    answer = await world.post("/issue", world.wish(statusExpiry=NOW + 365 * DAY))
    assert answer.status_code == 200


FORGED: dict[str, tuple[Callable[[JwtDraft], str], str]] = {
    "unknown client": (lambda draft: draft.with_claims(iss="other").sign(), "client"),
    "no client": (lambda draft: draft.with_claims(iss=None).sign(), "client"),
    "no kid": (lambda draft: draft.with_header(kid=None).sign(), "header"),
    "typ": (lambda draft: draft.with_header(typ=None).sign(), "header"),
    "alg": (lambda draft: forgery.signed_by(draft, make_key("ES384")).sign(), "header"),
    "none": (mutate.unsigned, "header"),
    "mac": (forgery.symmetric, "header"),
    "unknown key": (lambda draft: draft.with_header(kid="unknown").sign(), "key-unknown"),
    "other key": (mutate.foreign_signature, "signature"),
}


@pytest.mark.parametrize("path", ["/issue", "/revoke"])
@pytest.mark.parametrize(("forge", "kind"), FORGED.values(), ids=FORGED)
async def test_who_did_not_sign_is_not_authorized(
    world: World, path: str, forge: Callable[[JwtDraft], str], kind: str
) -> None:
    place = await world.issued()
    draft = world.wish(jti=JTI.format(5)) if path == "/issue" else world.revocation(*place)
    assert await refused(world, path, forge(draft)) == (401, "UNAUTHORIZED", kind)
    assert [entry.revoked_at for entry in world.service.entries] == [None]


async def test_keys_that_cannot_be_read_authorize_nobody(world: World) -> None:
    world.issuer.answer = lambda: JSONResponse({}, 500)
    assert await refused(world, "/issue", world.wish()) == (401, "UNAUTHORIZED", "jwks-status")


async def test_the_body_is_a_jwt_and_says_so(world: World) -> None:
    signed = world.wish().sign()
    expected = (400, "BAD_REQUEST", "content-type")
    assert await refused(world, "/issue", signed, "application/json") == expected
    for body in ("", "x", "e30.W10.AA", "ü"):
        assert await refused(world, "/issue", body) == (400, "BAD_REQUEST", "body")


async def test_a_service_that_is_out_of_order_still_publishes(world: World) -> None:
    uri, _ = await world.issued()
    world.service.available = False
    expected = (503, "TEMPORARILY_UNAVAILABLE", "unavailable")
    assert await refused(world, "/issue", world.wish(jti=JTI.format(3))) == expected
    await published(world, "token", uri)


# The public lists


@pytest.mark.parametrize("kind", KINDS)
async def test_a_list_is_right_in_every_respect(world: World, kind: str) -> None:
    uri, _ = await world.issued(kind)
    document = await published(world, kind, uri)
    assert document.problems == ()
    assert document.subject == uri
    assert document.size == ENTRIES
    assert document.algorithm == "ES256"
    assert document.ttl == 3600
    assert document.expires == NOW + 7 * DAY
    assert isinstance(document, (StatusListToken, StatusListCredential))
    assert document.validity(NOW) == ()
    with pytest.raises(SignatureError):
        document.verify(make_key("ES256").public)


async def test_a_token_list_is_as_documented(world: World) -> None:
    uri, _ = await world.issued()
    answer = await world.get(uri)
    assert answer.headers["content-type"] == "application/statuslist+jwt"
    assert answer.headers["cache-control"] == "max-age=30"
    token = status_list_token.read(answer.content)
    assert isinstance(token.token, Jws)
    assert set(token.token.header) == {"alg", "kid", "typ"}
    assert set(token.claims) == {"exp", "iat", "iss", "sub", "ttl", "status_list"}
    assert token.claims["iss"] == SERVICE
    assert token.claims["status_list"]["bits"] == 2


async def test_a_bitstring_list_is_as_documented(world: World) -> None:
    uri, _ = await world.issued("bitstring")
    answer = await world.get(uri)
    assert answer.headers["content-type"] == "application/vc+jwt"
    listed = bitstring_status_list.read(answer.content, "application/vc+jwt")
    assert listed.model_problems == ()
    assert listed.members["statusPurpose"] == "message"
    assert listed.members["statusSize"] == 2
    texts = {message["status"]: message["message"] for message in listed.members["statusMessages"]}
    assert (texts["0x0"], texts["0x1"]) == ("VALID", "INVALID")


async def test_there_is_no_other_list(world: World) -> None:
    uri, _ = await world.issued()
    for url in (f"{uri}0", uri.replace("/t/", "/b/")):
        answer = await world.get(url)
        assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")


async def test_lists_are_signed_with_the_current_key(world: World) -> None:
    uri, _ = await world.issued()
    old = (await published(world, "token", uri)).signer.key_id
    fresh = world.service.keys.rotate()
    assert (await published(world, "token", uri)).signer.key_id == fresh.kid != old
    answer = await world.get(world.service.jwks_url)
    assert answer.headers["cache-control"] == "max-age=300"
    assert jwk_set.problems(answer.json()) == ()
    assert [key["kid"] for key in answer.json()["keys"]] == [old, fresh.kid]
    assert set(answer.json()["keys"][0]) == {"kty", "use", "crv", "kid", "x", "y", "alg"}


async def test_the_log_has_requests_and_answers(world: World) -> None:
    uri, _ = await world.issued()
    await world.get(uri)
    issue, fetched = world.service.log.seen
    assert (issue.path, issue.status, issue.body.count(b".")) == ("/issue", 200, 2)
    assert (fetched.method, fetched.path) == ("GET", uri.removeprefix(SERVICE))


async def test_a_client_can_register_later(world: World) -> None:
    assert (await world.post("/issue", world.wish("late"))).status_code == 401
    world.service.register(StatusListClient("late", JWKS))
    assert (await world.post("/issue", world.wish("late"))).status_code == 200


def test_it_can_be_served_on_loopback() -> None:
    with serving(StatusListService, tls=False) as served:
        keys = httpx.get(served.issuer.jwks_url).json()["keys"]
    assert keys == [served.issuer.keys.current.published]
