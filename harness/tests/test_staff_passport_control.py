"""Pages and control of the bundled gateway: what a developer, a script and a browser without scripts do."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from harness.formats import html_forms, html_page
from harness.journey import pictures
from harness.reference.serve import serving
from harness.staff_passport.employees import EMPLOYEES, Identity
from harness.staff_passport.gateway.external_system import ExternalSystem
from harness.staff_passport.gateway.misbehaviours import MISBEHAVIOURS
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.templates import TEMPLATES
from harness.tests.test_browser import chromium

BASE = "https://gateway.assay.test"
CALLBACK = "https://portal.assay.test/dsp/callback"
SYSTEM = ExternalSystem(
    client_id="a-system",
    client_secret="a-client-secret",
    signing_key=b"a-key-of-thirty-two-bytes-length",
    organisation_id="an-organisation",
    redirect_uris=(CALLBACK,),
    did="did:web:an-organisation.staffpassports.nhs.uk",
)
NOW = 1_790_000_000.0
ATTRIBUTES = {
    **EMPLOYEES["amara"].records["TrainingProgramme"],
    "UniqueIdentifier": EMPLOYEES["amara"].unique_identifier,
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass
class System:
    """An external system at the gateway, with the browser of its employee."""

    http: httpx.AsyncClient
    gateway: Gateway
    clock: Callable[[], float]
    base: str = BASE
    callback: str = CALLBACK
    credentials: dict[str, str] = field(
        default_factory=lambda: {"client_id": SYSTEM.client_id, "client_secret": SYSTEM.client_secret}
    )

    def hint(self, **claims: Any) -> str:
        now = int(self.clock())
        given = {
            "iss": SYSTEM.client_id,
            "aud": f"{self.base}/oidc",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            **ATTRIBUTES,
            **claims,
        }
        signed = ".".join(_part(json.dumps(part).encode()) for part in ({"alg": "HS256"}, given))
        return f"{signed}.{_part(hmac.digest(SYSTEM.signing_key, signed.encode(), hashlib.sha256))}"

    def to_verify(self) -> str:
        """Give the URL at which the gateway asks for the identity."""
        asked = {
            "client_id": SYSTEM.client_id,
            "redirect_uri": self.callback,
            "response_type": "code",
            "response_mode": "query",
            "scope": "openid Identity",
            "state": "s-1",
            "nonce": "n-1",
        }
        return f"{self.base}/oidc/authorizev1?{urlencode(asked)}"

    async def to_issue(self) -> str:
        """Push a credential, and give the URL at which the gateway issues it."""
        pushed = await self.http.post(
            f"{self.base}/oidc/par",
            data={
                **self.credentials,
                "redirect_uri": self.callback,
                "scope": "issue.TrainingProgramme",
                "id_token_hint": self.hint(),
                "response_type": "code",
                "response_mode": "query",
                "nonce": "n-2",
                "state": "s-2",
            },
        )
        assert pushed.status_code == 201, pushed.text
        query = urlencode({"client_id": SYSTEM.client_id, "request_uri": pushed.json()["request_uri"]})
        return f"{self.base}/oidc/authorize?{query}"

    async def sent(self, url: str) -> httpx.Response:
        """Send the browser to the gateway, up to its page or back."""
        shown = await self.http.get(url)
        while shown.next_request and not str(shown.next_request.url).startswith(self.callback):
            shown = await self.http.get(shown.next_request.url)
        return shown

    async def through(self, url: str) -> dict[str, str]:
        """Send the browser to the gateway, where the wallet acts by itself, and back: the query it comes with."""
        shown = await self.sent(url)
        while shown.status_code == 200:
            shown = await self.http.get(shown.url)
        return query(shown)

    async def token(self, code: str) -> dict[str, Any]:
        given = {
            **self.credentials,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
        }
        answer = await self.http.post(f"{self.base}/oidc/token", data=given)
        assert answer.status_code == 200, answer.text
        claims: dict[str, Any] = json.loads(
            base64.urlsafe_b64decode(answer.json()["id_token"].split(".")[1] + "==")
        )
        return claims

    async def issued(self) -> str:
        """Have a credential issued, and give its serial number."""
        back = await self.through(await self.to_issue())
        return str((await self.token(back["code"]))["SerialNumber"])

    async def revoke(self, serial: str) -> httpx.Response:
        body = {
            **self.credentials,
            "OrganisationId": SYSTEM.organisation_id,
            "CredentialTemplateName": "TrainingProgramme",
            "SerialNumber": serial,
            "RevocationReason": "The record was deleted",
        }
        return await self.http.post(f"{self.base}/Revocation/revokecredential", json=body)

    async def control(self) -> httpx.Response:
        return await self.http.get(f"{self.base}/sim/")

    async def form(self, button: str) -> html_forms.Form:
        """Give the form of the control page that has a button."""
        shown = await self.control()
        forms = html_forms.read(shown.text, str(shown.url)).forms
        return next(form for form in forms if any(one.value == button for one in form.buttons))

    async def press(self, button: str, **values: str) -> httpx.Response:
        """Fill in a form of the control page as a browser without scripts does, and give the page after it."""
        form = await self.form(button)
        made = form.submission(values, next(one for one in form.buttons if one.value == button))
        assert made.method == "POST"
        done = await self.http.post(
            made.url, content=urlencode(made.entries), headers={"Content-Type": made.enctype}
        )
        assert done.status_code == 303, done.text
        return await self.http.get(str(done.url.join(done.headers["location"])))


def query(back: httpx.Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


def system(*, attended: bool = True, **changes: Any) -> System:
    clock = Clock()
    given: dict[str, Any] = {"clients": [SYSTEM], "templates": TEMPLATES, "clock": clock}
    gateway = Gateway(BASE, **{**given, **changes})
    gateway.wallet.attended = attended
    http = httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app))
    return System(http, gateway, clock)


async def waiting(dsp: System) -> str:
    """Give the only transaction that waits for the wallet."""
    (one,) = (await dsp.http.get(f"{BASE}/sim/state")).json()["transactions"]
    return str(one["transaction"])


# --- the page with the QR code ---------------------------------------------------------------------------


async def test_the_page_waits_for_the_wallet_and_then_goes_back() -> None:
    dsp = system()
    shown = await dsp.sent(dsp.to_verify())
    assert shown.status_code == 200
    page = html_page.read(shown.text, str(shown.url))
    assert page.later is not None
    (link,) = (one.url for one in page.links if one.url.startswith("openid-vc://"))
    seen = await pictures.shown(page, lambda _: pytest.fail("the picture is in the page"), thorough=True)
    assert pictures.texts(seen.rasters) == (link,)
    seconds, again = page.later
    assert seconds <= 5
    assert (await dsp.http.get(again)).status_code == 200, "nobody has acted"
    dsp.gateway.wallet.act(await waiting(dsp), "share")
    back = await dsp.http.get(again)
    assert back.status_code == 302
    assert query(back)["state"] == "s-1"
    claims = await dsp.token(query(back)["code"])
    assert claims["Identity.UniqueIdentifier"] == EMPLOYEES["amara"].unique_identifier


@pytest.mark.parametrize("path", ["page", "sim/"])
async def test_pages_can_be_used_by_everybody(path: str) -> None:
    """Each field has a label, groups have a legend, the page has a language, a title and one heading."""
    dsp = system()
    shown = await dsp.sent(dsp.to_verify())
    if path == "sim/":
        shown = await dsp.control()
    text = shown.text
    assert '<html lang="en">' in text
    assert text.count("<h1>") == text.count("<main>") == text.count("<title>") == 1
    fields = [part for part in text.split("<input")[1:] if 'type="hidden"' not in part.partition(">")[0]]
    names = [part.partition('id="')[2].partition('"')[0] for part in fields]
    assert all(f'for="{name}"' in text for name in names)
    assert len(set(names)) == len(names)
    assert text.count("<fieldset>") == text.count("<legend")
    assert all("alt=" in part.partition(">")[0] for part in text.split("<img")[1:])
    assert "<script" not in text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    # With no-referrer a browser sends "Origin: null" with our own forms, and they would be refused.
    assert shown.headers["referrer-policy"] == "same-origin"


# --- the control page ------------------------------------------------------------------------------------


async def test_a_developer_shares_and_adds_on_the_page() -> None:
    dsp = system()
    page = await dsp.sent(dsp.to_verify())
    text = (await dsp.control()).text
    assert "a-system asks for the identity credential" in text
    after = await dsp.press("share")
    assert "None. Send a browser to the gateway" in after.text
    assert query(await dsp.http.get(page.url))["state"] == "s-1"
    page = await dsp.sent(await dsp.to_issue())
    text = (await dsp.control()).text
    assert "issues TrainingProgramme" in text
    assert ATTRIBUTES["TPR-Name"] in text
    await dsp.press("add")
    serial = (await dsp.token(query(await dsp.http.get(page.url))["code"]))["SerialNumber"]
    assert serial in (await dsp.control()).text
    assert serial in dsp.gateway.issued


@pytest.mark.parametrize("action", ["decline", "time-out"])
async def test_a_developer_declines_and_lets_time_out(action: str) -> None:
    dsp = system()
    page = await dsp.sent(await dsp.to_issue())
    await dsp.press(action)
    back = query(await dsp.http.get(page.url))
    assert back["error"]
    assert back["state"] == "s-2"
    assert "code" not in back
    assert dsp.gateway.issued == {}


async def test_an_employee_is_chosen_or_typed() -> None:
    dsp = system(attended=False)
    await dsp.press("identity", employee="bjorn")
    assert dsp.gateway.wallet.identity == EMPLOYEES["bjorn"].identity
    kept = dict((await dsp.form("identity")).submission({}).entries)
    assert kept["employee"] == "bjorn", "the page shows what is chosen"
    await dsp.press(
        "identity", employee="", first_name="Dana", surname="Moore", birth_date="", unique_identifier="u-1"
    )
    assert dsp.gateway.wallet.identity == Identity("Dana", "Moore", None, "u-1")
    claims = await dsp.token((await dsp.through(dsp.to_verify()))["code"])
    assert claims["Identity.ID-LegalFirstName"] == "Dana"
    kept = dict((await dsp.form("identity")).submission({}).entries)
    assert (kept["employee"], kept["surname"], kept["birth_date"]) == ("", "Moore", "")


async def test_a_developer_makes_it_misbehave() -> None:
    dsp = system(attended=False)
    text = (await dsp.control()).text
    assert all(f'value="{name}"' in text for name in MISBEHAVIOURS)
    data = {"do": "misbehave", "misbehaviour": ["id-token-nonce", "no-unique-identifier"]}
    assert (await dsp.http.post(f"{BASE}/sim/", data=data)).status_code == 303
    kept = (await dsp.form("misbehave")).submission({}).entries
    assert {value for name, value in kept if name == "misbehaviour"} == set(data["misbehaviour"])
    claims = await dsp.token((await dsp.through(dsp.to_verify()))["code"])
    assert claims["nonce"] != "n-1"
    assert "Identity.UniqueIdentifier" not in claims
    assert (await dsp.http.post(f"{BASE}/sim/", data={"do": "misbehave"})).status_code == 303
    assert (await dsp.token((await dsp.through(dsp.to_verify()))["code"]))["nonce"] == "n-1"


async def test_a_revoked_credential_cannot_be_shared() -> None:
    dsp = system(attended=False)
    serial = await dsp.issued()
    assert f"Credential {serial} was shared." in (await dsp.press("try-share")).text
    assert (await dsp.revoke(serial)).is_success
    after = (await dsp.press("try-share")).text
    assert f"Credential {serial} could not be shared." in after
    assert "<td>revoked</td>" in after
    assert "could not be shared" not in (await dsp.control()).text, "it is told once"


async def test_the_page_shows_the_latest_requests_and_forgets_them() -> None:
    dsp = system()
    await dsp.http.get(f"{BASE}/oidc/authorizev1", params={"client_id": "<b>nobody</b>"})
    text = (await dsp.control()).text
    assert "authorize" in text
    assert "<b>nobody" not in text
    assert dsp.gateway.log[0].because
    await dsp.press("clear")
    assert list(dsp.gateway.log) == []


async def test_what_cannot_be_done_is_told() -> None:
    dsp = system()
    for data in (
        {"do": "nothing"},
        {"do": "share", "transaction": "unknown"},
        {"do": "misbehave", "misbehaviour": "x"},
    ):
        assert (await dsp.http.post(f"{BASE}/sim/", data=data)).status_code == 400


# --- for scripts -----------------------------------------------------------------------------------------


async def test_a_script_is_the_wallet() -> None:
    dsp = system()
    await dsp.sent(dsp.to_verify())
    state = (await dsp.http.get(f"{BASE}/sim/state")).json()
    (one,) = state["transactions"]
    assert (one["mode"], one["client_id"], one["template"]) == ("verifying", "a-system", "Identity")
    assert one["link"].startswith("openid-vc://")
    assert one["actions"] == ["share", "decline", "time-out"]
    done = await dsp.http.post(f"{BASE}/sim/wallet/{one['transaction']}/share")
    back = urlsplit(done.json()["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
    assert (await dsp.http.get(f"{BASE}/sim/state")).json()["transactions"] == []
    again = await dsp.http.post(f"{BASE}/sim/wallet/{one['transaction']}/share")
    assert again.status_code == 400
    assert "already" in again.json()["error"]


async def test_a_script_plans_what_the_wallet_does() -> None:
    dsp = system(attended=False)
    assert (await dsp.http.post(f"{BASE}/sim/wallet", json={"actions": ["decline"]})).status_code == 204
    assert "error" in await dsp.through(dsp.to_verify())
    assert "code" in await dsp.through(dsp.to_verify())


async def test_a_script_chooses_the_identity_and_misbehaviour() -> None:
    dsp = system()
    told = await dsp.http.post(f"{BASE}/sim/identity", json={"employee": "chloe"})
    assert told.json()["identity"]["surname"] == EMPLOYEES["chloe"].surname
    typed = {"first_name": "Dana", "surname": "Moore", "birth_date": "1988-02-29", "unique_identifier": "u-1"}
    assert (await dsp.http.post(f"{BASE}/sim/identity", json=typed)).json() == {"identity": typed}
    named = {"names": ["slow", "code-error"]}
    assert (await dsp.http.post(f"{BASE}/sim/misbehave", json=named)).json() == {
        "misbehaviours": ["code-error", "slow"]
    }
    state = (await dsp.http.get(f"{BASE}/sim/state")).json()
    assert (state["identity"], state["misbehaviours"]) == (typed, ["code-error", "slow"])
    assert state["employees"] == list(EMPLOYEES)
    assert (await dsp.http.post(f"{BASE}/sim/misbehave", json={"names": []})).json() == {"misbehaviours": []}


async def test_a_script_shares_what_was_issued() -> None:
    dsp = system(attended=False)
    serial = await dsp.issued()
    (one,) = (await dsp.http.get(f"{BASE}/sim/state")).json()["credentials"]
    assert (one["serial_number"], one["template"], one["revoked"]) == (serial, "TrainingProgramme", False)
    assert one["attributes"] == ATTRIBUTES
    share = {"serial_number": serial}
    assert (await dsp.http.post(f"{BASE}/sim/share", json=share)).json() == {**share, "shared": True}
    await dsp.revoke(serial)
    assert (await dsp.http.post(f"{BASE}/sim/share", json=share)).json() == {**share, "shared": False}
    assert (await dsp.http.get(f"{BASE}/sim/state")).json()["credentials"][0]["revoked"] is True


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("wallet", "{", "no JSON"),
        ("wallet", "[]", "no JSON object"),
        ("wallet", '{"action": ["share"]}', "unknown member 'action'"),
        ("wallet", '{"actions": "share"}', "another JSON type"),
        ("wallet", '{"actions": ["eat"]}', "the wallet cannot 'eat'"),
        ("wallet/unknown/share", "", "no transaction 'unknown'"),
        ("identity", "{}", "give an employee"),
        ("identity", '{"employee": "karl"}', "no employee is called 'karl'"),
        ("identity", '{"employee": "amara", "surname": "x"}', "give an employee"),
        ("misbehave", "{}", "names is missing"),
        ("misbehave", '{"names": ["id-token-nonse"]}', "did you mean id-token-nonce?"),
        ("share", "{}", "serial_number is missing"),
        ("share", f'"{"x" * 100_000}"', "too large"),
    ],
)
async def test_the_control_endpoints_tell_what_is_wrong(path: str, content: str, told: str) -> None:
    refused = await system().http.post(f"{BASE}/sim/{path}", content=content)
    assert refused.status_code == 400
    assert told in refused.json()["error"]


async def test_other_origins_cannot_steer() -> None:
    dsp = system()
    data, page = {"do": "identity", "employee": "bjorn"}, f"{BASE}/sim/"
    for origin in ("https://evil.assay.test", "null"):
        assert (await dsp.http.post(page, data=data, headers={"Origin": origin})).status_code == 403
    assert dsp.gateway.wallet.identity == EMPLOYEES["amara"].identity
    assert (await dsp.http.post(page, data=data, headers={"Origin": BASE})).status_code == 303
    assert dsp.gateway.wallet.identity == EMPLOYEES["bjorn"].identity


async def test_the_log_as_json_has_no_secret() -> None:
    dsp = system(attended=False)
    code = (await dsp.through(await dsp.to_issue()))["code"]
    serial = (await dsp.token(code))["SerialNumber"]
    await dsp.revoke(serial)
    shown = await dsp.http.get(f"{BASE}/sim/log")
    assert shown.headers["cache-control"] == "no-store"
    hint = next(one.hint for one in dsp.gateway.log if one.hint)
    for secret in (code, SYSTEM.client_secret, hint.compact, hint.compact.rpartition(".")[2]):
        assert secret not in shown.text
    pushed, *_, revocation = shown.json()
    assert (pushed["endpoint"], pushed["status"]) == ("par", 201)
    assert pushed["hint"]["claims"]["TPR-Name"] == ATTRIBUTES["TPR-Name"]
    assert revocation["json"]["SerialNumber"] == serial
    assert (await dsp.http.delete(f"{BASE}/sim/log")).status_code == 204
    assert (await dsp.http.get(f"{BASE}/sim/log")).json() == []


# --- a browser -------------------------------------------------------------------------------------------


@dataclass
class Portal:
    """Where the browser comes back to."""

    issuer_url: str

    @property
    def app(self) -> Starlette:
        async def back(_: Request) -> Response:
            return HTMLResponse("<h1>Back at the portal</h1>")

        return Starlette(routes=[Route("/callback", back)])


@pytest.mark.skipif(chromium() is None, reason="Playwright or Chromium is not installed")
async def test_a_person_verifies_and_is_issued_to_in_a_browser() -> None:
    from playwright.async_api import async_playwright

    def hosted(base: str) -> Gateway:
        made = Gateway(base, clients=[replace(SYSTEM, redirect_uris=(callback,))], templates=TEMPLATES)
        made.wallet.attended = True
        return made

    with contextlib.ExitStack() as stack:
        callback = f"{stack.enter_context(serving(Portal, tls=False)).base_url}/callback"
        served = stack.enter_context(serving(hosted, tls=False))
        async with httpx.AsyncClient() as http, async_playwright() as playwright:
            dsp = System(http, served.issuer, time.time, served.base_url, callback)
            browser = await playwright.chromium.launch(executable_path=chromium())
            page = await (await browser.new_context()).new_page()

            async def through(url: str, button: str) -> dict[str, Any]:
                await page.goto(url)
                assert await page.get_by_alt_text("QR code").evaluate("e => e.naturalWidth") > 100
                async with page.expect_popup() as opened:
                    await page.get_by_role("link", name="Be the wallet").click()
                wallet = await opened.value
                await wallet.get_by_role("button", name=button, exact=True).click()
                await wallet.get_by_text("None. Send a browser").wait_for()
                await wallet.close()
                await page.wait_for_url(f"{callback}?*")
                assert await page.get_by_role("heading").inner_text() == "Back at the portal"
                return await dsp.token(dict(parse_qsl(urlsplit(page.url).query))["code"])

            try:
                verified = await through(dsp.to_verify(), "Share")
                assert verified["Identity.ID-LegalSurname"] == EMPLOYEES["amara"].surname
                added = await through(await dsp.to_issue(), "Add")
                assert list(served.issuer.issued) == [added["SerialNumber"]]
            finally:
                await browser.close()
