"""Who scans the QR codes of a gateway under test, what its browser sees, and where the gateway answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.config import ConfigError, load
from harness.engine import Engine
from harness.evidence import Blocked, Tools
from harness.model import Verdict
from harness.preflight import PreflightError
from harness.settings import Settings, StaffPassportSettings, SystemSettings
from harness.staff_passport.endpoints import endpoints
from harness.staff_passport.gateway_handle import AuthorizationUrl, request_uri_of
from harness.staff_passport.gateway_targets import as_registered, bundled_gateway, look_at_gateway, open_gateway
from harness.staff_passport.gateway_under_test import UNTESTED, GatewayUnderTest
from harness.staff_passport.scanning import AttendedWallet, AutomaticWallet, NoWallet
from harness.terminal import TerminalUnavailable
from harness.tests.bench import Clock
from harness.tests.staff_passport_judging import AT, checks_of, judge_gateway, make_tools, requirements

BASE = "https://gateway.example.nhs.uk"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked_for(port: int, path: str = "/callback") -> AuthorizationUrl:
    return AuthorizationUrl(f"{BASE}/oidc/authorizev1?x=1", f"http://127.0.0.1:{port}{path}", "st", "no")


class Person:
    """Somebody who opens what they are shown, or does not."""

    def __init__(self, opens: Callable[[], None] | None = None, answer: str = "y", there: bool = True) -> None:
        self.told: list[str] = []
        self._opens = opens
        self._answer = answer
        self._there = there

    def tell(self, text: str) -> None:
        if not self._there:
            raise TerminalUnavailable("there is no terminal to ask at")
        self.told.append(text)
        if self._opens:
            self._opens()

    async def ask(self, text: str) -> str:
        self.told.append(text)
        return self._answer


async def attended(port: int, *urls: str, path: str = "/callback") -> tuple[str, Person]:
    """Give what an attended wallet brings back when a browser opens some URLs."""
    visits: list[asyncio.Task[None]] = []

    async def browse() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            for url in urls:
                await http.get(f"http://127.0.0.1:{port}{url}")

    person = Person(lambda: visits.append(asyncio.ensure_future(browse())))
    returned = await AttendedWallet(20, person).scan(asked_for(port, path), "Share your identity credential.")
    await asyncio.gather(*visits)
    return returned.url, person


async def test_a_person_is_shown_the_link_and_the_browser_comes_back() -> None:
    port = free_port()
    url, person = await attended(port, "/callback?code=c&state=st")
    assert url == f"http://127.0.0.1:{port}/callback?code=c&state=st"
    assert f"{BASE}/oidc/authorizev1?x=1" in person.told[0]
    assert "Share your identity credential." in person.told[0]


async def test_a_redirect_url_may_have_a_query() -> None:
    port = free_port()
    url, _ = await attended(port, "/back?portal=1&code=abc&state=st", path="/back?portal=1")
    assert url == f"http://127.0.0.1:{port}/back?portal=1&code=abc&state=st"


async def test_what_a_browser_asks_for_besides_is_no_way_back() -> None:
    port = free_port()
    url, _ = await attended(port, "/favicon.ico", "/callback", "/other?code=no", "/callback?error=access_denied")
    assert url.endswith("/callback?error=access_denied")


async def test_who_does_not_come_back_is_not_waited_for_again() -> None:
    somebody = Person()
    wallet = AttendedWallet(0.05, somebody)
    with pytest.raises(Blocked, match=r"nobody came back from the gateway to http://127\.0\.0\.1:\d+/callback"):
        await wallet.scan(asked_for(free_port()), "x")
    person = len(somebody.told)
    for again in (wallet.scan(asked_for(free_port()), "x"), wallet.share("serial")):
        with pytest.raises(Blocked, match="nobody came back from the gateway to"):
            await again
    assert len(somebody.told) == person == 1


async def test_a_run_without_a_terminal_is_not_attended() -> None:
    with pytest.raises(Blocked, match="the run is not attended: there is no terminal"):
        await AttendedWallet(5, Person(there=False)).scan(asked_for(free_port()), "x")


@pytest.mark.parametrize("url", ["https://127.0.0.1:3005/callback", "http://portal.example/callback"])
async def test_a_redirect_url_that_does_not_lead_here_is_told(url: str) -> None:
    with pytest.raises(Blocked, match="does not lead to this machine"):
        await AttendedWallet(5, Person()).scan(AuthorizationUrl(BASE, url, None, None), "x")


async def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Blocked, match="nobody can listen at"):
            await AttendedWallet(5, Person()).scan(asked_for(taken.getsockname()[1]), "x")


@pytest.mark.parametrize(("answer", "shared"), [("y", True), ("No", False), (" Yes ", True)])
async def test_a_person_says_whether_a_credential_could_be_shared(answer: str, shared: bool) -> None:
    person = Person(answer=answer)
    assert await AttendedWallet(5, person).share("the-serial") is shared
    assert "the-serial" in person.told[0]


async def test_an_answer_that_says_nothing_is_no_verdict() -> None:
    with pytest.raises(Blocked, match="nobody said whether"):
        await AttendedWallet(5, Person(answer="perhaps")).share("the-serial")


def bundled(**told: str) -> tuple[StaffPassportSettings, httpx.ASGITransport, Tools]:
    clock = Clock()
    settings = as_registered(StaffPassportSettings(**told))  # type: ignore[arg-type]
    made = bundled_gateway(AT.gateway, settings, clock=clock.now)
    transport = httpx.ASGITransport(made.app)
    made.wallet.will("wait", "decline")
    return settings, transport, make_tools({f"all://{httpx.URL(AT.gateway).host}": transport}, clock)


async def test_a_gateway_that_never_scans_is_told() -> None:
    settings, _, tools = bundled()
    subject = await look_at_gateway(AT.gateway, settings, tools)
    wallet = AutomaticWallet(subject.gateway, tools, 6)
    with pytest.raises(Blocked, match="does not lead back to the external system, but to HTTP 200"):
        await wallet.scan(subject.gateway.verifying(), "x")
    declined = await wallet.scan(subject.gateway.verifying(), "x")
    assert declined.code is None
    assert declined.gist == "error 'access_denied': user cancelled"


async def test_the_browser_sees_the_qr_code_and_the_link_say_the_same() -> None:
    settings, _, tools = bundled()
    subject = await look_at_gateway(AT.gateway, settings, tools)
    shown = await subject.gateway.show(subject.gateway.verifying().url)
    assert shown.codes == shown.links
    assert shown.codes[0].startswith("openid-vc:")


async def test_without_a_wallet_what_follows_a_qr_code_is_blocked_and_the_rest_is_judged() -> None:
    settings, _, tools = bundled()
    found = await look_at_gateway(AT.gateway, settings, tools)
    subject = GatewayUnderTest(found.gateway, NoWallet(), [])
    with pytest.raises(Blocked, match=r"\[staff_passport\] wallet"):
        await subject.wallet.scan(found.gateway.verifying(), "x")
    with pytest.raises(Blocked, match=r"\[staff_passport\] wallet"):
        await subject.wallet.share("x")
    assert subject.notices([]) == []
    outcome = await judge_gateway(select="dsp-gateway-push*")
    assert {result.verdict for result in outcome.results} == {Verdict.PASS}
    assert subject.notices(outcome.results) == [UNTESTED]


@pytest.mark.parametrize(
    "faults",
    [
        ["dsp-gateway-par:refused"],
        ["dsp-gateway-par:absent", "dsp-gateway-discovery:par-missing"],
        ["dsp-gateway-authorize:broken"],
        ["dsp-gateway-return:refused"],
        ["dsp-gateway-token:secret-elsewhere"],
        ["dsp-gateway-id-token:names-other"],
        ["dsp-gateway-id-token:issuer", "dsp-gateway-discovery:issuer-missing"],
        ["dsp-gateway-revocation:broken"],
    ],
    ids=lambda faults: faults[0],
)
async def test_a_gateway_that_is_not_as_public_clients_know_it_fails_nothing(faults: list[str]) -> None:
    verdicts = {result.verdict for result in (await judge_gateway(faults)).results}
    assert Verdict.WARN in verdicts
    assert verdicts <= {Verdict.PASS, Verdict.WARN, Verdict.BLOCKED}


async def test_who_declines_says_nothing_of_the_gateway() -> None:
    settings, _, tools = bundled()
    subject = await look_at_gateway(AT.gateway, settings, tools)
    await subject.gateway.show(subject.gateway.verifying().url)  # the one that waits
    engine = Engine(subject, tools.client.recorder, requirements("staff-passport-gateway"))
    result = await engine.judge(checks_of("staff-passport-gateway")["dsp-gateway-return"], None)
    assert result.verdict is Verdict.BLOCKED
    assert "user cancelled" in (result.reason or "")


@pytest.mark.parametrize("strict", [False, True])
async def test_what_no_text_demands_warns_and_fails_only_in_a_strict_run(strict: bool) -> None:
    fault = "accepts:dsp-gateway-par.hint-signature"
    outcome = await judge_gateway([fault], select="dsp-gateway-push-signature", strict=strict)
    [result] = outcome.results
    assert result.verdict is (Verdict.FAIL if strict else Verdict.WARN)
    assert all(finding.expected.endswith("(we infer it, no document says it)") for finding in result.findings)


async def test_a_page_whose_qr_code_cannot_be_read_blocks_what_it_cannot_tell_apart() -> None:
    names = ["dsp-gateway-request-uri-once"]
    outcome = await judge_gateway(
        ["dsp-gateway-qr:absent", "accepts:dsp-gateway-authorize.request-unused"], select=names
    )
    assert [result.verdict for result in outcome.results] == [Verdict.BLOCKED]


def test_every_testable_requirement_has_a_check() -> None:
    known = requirements("staff-passport-gateway")
    tested = {name for check in checks_of("staff-passport-gateway").values() for name in check.requires}
    assert [name for name, each in known.items() if each.testable and name not in tested] == []


def test_a_gateway_without_document_is_taken_to_be_where_public_clients_know_it() -> None:
    at = endpoints(BASE, {})
    assert at.pushed == f"{BASE}/oidc/par"
    assert at.authorization == f"{BASE}/oidc/authorize"
    assert at.verifying == f"{BASE}/oidc/authorizev1"
    assert at.issuer == f"{BASE}/oidc"
    assert at.revocation == f"{BASE}/Revocation/revokecredential"


def test_identities_are_verified_at_the_one_authorization_endpoint_of_the_second_version() -> None:
    at = endpoints(BASE, {"authorization_endpoint": f"{BASE}/v2.0/oidc/authorize", "issuer": BASE})
    assert at.verifying == at.authorization == f"{BASE}/v2.0/oidc/authorize"
    assert at.issuer == BASE


@pytest.mark.parametrize("url", ["gateway.example", "http://gateway.example", "ftp://127.0.0.1"])
async def test_a_url_that_cannot_be_is_told_before_the_run(url: str) -> None:
    settings, _, tools = bundled()
    with pytest.raises(PreflightError):
        await look_at_gateway(url, settings, tools)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"redirect_uris": ("myapp:/back",)}, "no http"),
        ({"ways": {"pkce": True}}, "unknown key 'pkce'"),
        ({"ways": {"request_seconds": "1"}}, "another type"),
        ({"ways": {"request_seconds": 0}}, "above 0"),
        ({"ways": {"revocation_status": 7}}, "from 200 to 599"),
        ({"ways": {"jwks_path": "/keys"}}, "has to be one of"),
    ],
)
def test_settings_of_the_bundled_gateway_that_cannot_be_are_told(told: dict[str, Any], message: str) -> None:
    settings = Settings(issuer_url="reference", staff_passport=StaffPassportSettings(**told))
    with pytest.raises(PreflightError, match=message):
        open_gateway(settings, "staff-passport-gateway")


async def test_a_redirect_url_of_another_scheme_is_told_before_the_run() -> None:
    settings = StaffPassportSettings(redirect_uris=("myapp:/back",))
    tools = make_tools({}, Clock())
    with pytest.raises(PreflightError, match="no http"):
        await look_at_gateway(BASE, settings, tools)
    await tools.client.aclose()


def test_a_team_that_names_no_redirect_url_is_told() -> None:
    with pytest.raises(PreflightError, match=r"\[staff_passport\] redirect_uris"):
        open_gateway(Settings(issuer_url=BASE), "staff-passport-gateway")


async def test_a_reference_that_was_not_given_blocks_with_the_answer() -> None:
    settings, _, tools = bundled()
    gateway = (await look_at_gateway(AT.gateway, settings, tools)).gateway
    with pytest.raises(Blocked, match="a right pushed request is not accepted: HTTP 401"):
        request_uri_of(await gateway.push(client_secret="wrong"))


def test_a_team_says_who_scans_and_which_other_system_there_is(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text(
        """
        [staff_passport]
        wallet = "attended"
        wallet_s = 60
        template = "TrainingProgramme"
        [staff_passport.attributes]
        TPR-Name = "Cardiology"
        [staff_passport.second]
        client_id = "other"
        client_secret = "${OTHER}"
        """
    )
    told = load({}, {"OTHER": "its-secret"}, tmp_path).staff_passport
    assert (told.wallet, told.wallet_s, told.template) == ("attended", 60, "TrainingProgramme")
    assert told.second == SystemSettings("other", "its-secret")
    assert told.attributes == {"TPR-Name": "Cardiology"}
    assert "its-secret" not in repr(told)


def test_there_is_no_other_kind_of_wallet(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text('[staff_passport]\nwallet = "magic"\n')
    with pytest.raises(ConfigError, match=r"staff_passport\.wallet"):
        load({}, {}, tmp_path)
