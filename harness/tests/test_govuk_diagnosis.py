"""What a team is told when its service and the services of the run do not find each other."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import httpx
import pytest

from harness.govuk.diagnosis import mismatches
from harness.govuk.targets import open_govuk
from harness.govuk.token_service import PRE_AUTHORIZED_CODE, WALLET_CLIENT_ID
from harness.preflight import PreflightError
from harness.reference import wire
from harness.settings import GovukSettings, OneLoginSettings, ServiceSettings, Settings
from harness.tests.bench import Clock
from harness.tests.govuk_judging import AT, by_host, make_bundled

RIGHT = [f"{AT.token_service}/"]


class World:
    """The department and its services, none of which was asked for anything yet."""

    def __init__(self) -> None:
        self.made = make_bundled("govuk-mdl", clock=Clock())
        self.http = httpx.AsyncClient(mounts=by_host([self.made]))

    async def redeem(self, code: str) -> httpx.Response:
        form = {
            "grant_type": PRE_AUTHORIZED_CODE,
            "client_id": WALLET_CLIENT_ID,
            "pre-authorized_code": code,
        }
        return await self.http.post(f"{AT.token_service}/token", data=form)

    async def code(self) -> str:
        link = self.made.issuer.mint_offer(subject=self.made.surroundings.subject)
        offer = httpx.URL(link).params["credential_offer"]
        found = re.search(r'"pre-authorized_code": ?"([^"]+)"', offer)
        assert found is not None
        return found[1]

    def told(self, named: list[str] = RIGHT) -> str:
        return "\n".join(mismatches(self.made.surroundings, named))


async def test_nothing_is_told_while_all_fits() -> None:
    world = World()
    assert world.told() == ""
    assert (await world.redeem(await world.code())).status_code == 200
    await world.http.get(f"{AT.token_service}/.well-known/jwks.json")
    assert world.told() == ""


@pytest.mark.parametrize(
    ("named", "word"), [([], "missing"), (["https://token.example"], "'https://token.example'")]
)
def test_metadata_that_names_another_authorization_server(named: list[str], word: str) -> None:
    told = World().told(named)
    assert f"authorization_servers of the metadata is {word} and not {AT.token_service}" in told
    assert "[govuk.token_service] url" in told


async def test_codes_of_which_none_was_good() -> None:
    world = World()
    await world.redeem("no JWT")
    assert "took none of the issuer's codes: the code is no JWT" in world.told()
    await world.redeem(await world.code())
    assert "took none" not in world.told()


async def test_an_issuer_that_never_asked_for_the_keys_of_the_token_service() -> None:
    world = World()
    await world.redeem(await world.code())
    assert f"never asked for {AT.token_service}/.well-known/jwks.json" in world.told()


async def test_a_jwk_set_that_the_token_service_cannot_fetch() -> None:
    world = World()
    code = await world.code()
    world.made.issuer.app = wire.Dated(_unavailable, time.time)
    await world.redeem(code)
    assert f"{AT.issuer}/.well-known/jwks.json answered HTTP 503" in world.told()


async def test_a_service_that_one_login_does_not_know() -> None:
    world = World()
    query = {
        "response_type": "code",
        "scope": "openid",
        "client_id": "another",
        "redirect_uri": "https://x.example",
    }
    answer = await world.http.get(f"{AT.one_login}/authorize", params=query)
    assert answer.status_code == 400
    told = world.told()
    assert "One Login refused the issuer's service at /authorize" in told
    assert repr(world.made.surroundings.client_id) in told
    assert world.made.surroundings.settings.one_login.redirect_uris[0] in told


async def test_what_one_login_says_to_services_that_are_right_is_not_told() -> None:
    world = World()
    one_login = world.made.surroundings.one_login
    assert one_login is not None
    one_login.inject("ACCESS_DENIED")
    page = await world.http.get(f"{AT.issuer}/documents")
    await world.http.get(page.headers["location"])
    assert one_login.requests[-1].error == "access_denied"
    assert world.told() == ""


async def test_a_service_that_refuses_the_id_token() -> None:
    world = World()
    one_login = world.made.surroundings.one_login
    assert one_login is not None
    one_login.inject("INVALID_ISS")
    page = await world.http.get(f"{AT.issuer}/documents")
    back = await world.http.get(page.headers["location"])
    await world.http.get(
        back.headers["location"], headers={"Cookie": page.headers["set-cookie"].partition(";")[0]}
    )
    assert [one.endpoint for one in one_login.requests if one.endpoint in ("token", "userinfo")] == ["token"]
    told = world.told()
    assert "it seems to refuse the ID token" in told
    assert one_login.issuer in told
    assert "whose algorithm is ES256" in told


def settings(listen: str, one_login: OneLoginSettings | None = None) -> Settings:
    govuk = GovukSettings(
        client_id="client", token_service=ServiceSettings(listen=listen), one_login=one_login or OneLoginSettings()
    )
    return Settings(issuer_url="https://licences.service.gov.uk", govuk=govuk)


def test_services_that_the_issuer_has_to_know_need_a_port() -> None:
    one_login = OneLoginSettings(redirect_uris=("https://licences.service.gov.uk/return",))
    told = settings("127.0.0.1:1", one_login)
    with pytest.raises(PreflightError, match=r"\[govuk\.one_login\].*listen = "):
        open_govuk(told, "govuk-mdl")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(PreflightError, match=rf"govuk\.token_service\.listen: {address} cannot be used"):
            open_govuk(settings(address), "govuk-mdl")


async def _unavailable(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})
