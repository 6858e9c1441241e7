"""Pages and control of the bundled One Login: what a developer, a pipeline and a browser without scripts do."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from harness.formats import html_forms
from harness.govuk.people import PEOPLE
from harness.one_login.injectable import INJECTABLE
from harness.tests.one_login_client import BASE, Service, answer, provider, registered, service


async def sent(http: httpx.AsyncClient, form: html_forms.Form, button: str, **values: str) -> httpx.Response:
    """Send a form as a browser without scripts does."""
    pressed = next(one for one in form.buttons if one.value == button)
    made = form.submission(values, pressed)
    assert made.method == "POST"
    return await http.post(made.url, content=urlencode(made.entries), headers={"Content-Type": made.enctype})


async def at_sign_in(relying: Service, **changes: Any) -> httpx.Response:
    gone = await relying.authorize(**changes)
    assert gone.status_code == 302
    return await relying.http.get(gone.headers["location"])


async def test_a_user_is_chosen_on_a_page() -> None:
    one_login, clock = provider(interactive=True)
    relying = service(one_login, clock)
    shown = await at_sign_in(relying)
    assert shown.headers["cache-control"] == "no-store"
    assert "script" not in shown.text
    form = html_forms.read(shown.text, str(shown.url)).forms[0]
    back = answer(await sent(relying.http, form, "sign-in", person="amina"))
    assert back["state"] == "s-1"
    tokens = (await relying.token(back["code"])).json()
    assert (await relying.userinfo(tokens["access_token"])).status_code == 200
    assert one_login.requests[-1].person == "amina"
    again = await sent(relying.http, form, "sign-in", person="amina")
    assert again.status_code == 400, "one sign-in, one code"


async def test_a_user_can_cancel_and_can_forget_to_choose() -> None:
    one_login, clock = provider(interactive=True)
    relying = service(one_login, clock)
    shown = await at_sign_in(relying)
    form = html_forms.read(shown.text, str(shown.url)).forms[0]
    journey = {"journey": form.fields[0].value, "decision": "sign-in"}
    nobody = await relying.http.post(form.action, data={**journey, "person": "nobody"})
    assert nobody.status_code == 200
    back = answer(await sent(relying.http, form, "cancel"))
    assert (back["error"], back["state"]) == ("access_denied", "s-1")
    assert (await relying.http.get(f"{BASE}/sign-in?journey=x")).status_code == 400


async def test_the_page_speaks_welsh_and_escapes() -> None:
    strange = registered(client_id='<i>"a&b"</i>')
    one_login, clock = provider(interactive=True, clients=[strange])
    relying = service(one_login, clock)
    shown = await at_sign_in(relying, ui_locales="cy", client_id=strange.client_id)
    assert '<html lang="cy">' in shown.text
    assert "Mewngofnodi" in shown.text
    assert "<i>" not in shown.text


@pytest.mark.parametrize("path", ["sign-in", "assay", "signed-out"])
async def test_pages_can_be_used_by_everybody(path: str) -> None:
    """Each field has a label, groups have a legend, the page has a language, a title and one heading."""
    one_login, clock = provider(interactive=True)
    relying = service(one_login, clock)
    shown = await at_sign_in(relying) if path == "sign-in" else await relying.http.get(f"{BASE}/{path}")
    text = shown.text
    assert '<html lang="en">' in text
    assert text.count("<h1>") == text.count("<main>") == text.count("<title>") == 1
    fields = [part for part in text.split("<input")[1:] if 'type="hidden"' not in part.partition(">")[0]]
    for field in fields:
        name = field.partition('id="')[2].partition('"')[0]
        assert name, field[:80]
        assert f'for="{name}"' in text
    assert text.count("<fieldset>") == text.count("<legend")
    assert "<script" not in text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    # With no-referrer a browser sends "Origin: null" with our own forms, and they would be refused.
    assert shown.headers["referrer-policy"] == "same-origin"


async def test_the_control_page_steers_without_scripts() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    await relying.signs_in()

    async def form(number: int) -> html_forms.Form:
        shown = await relying.http.get(f"{BASE}/assay")
        return html_forms.read(shown.text, str(shown.url)).forms[number]

    moved = await relying.http.post(
        f"{BASE}/assay",
        data={
            "do": "apply",
            "person": "erika",
            "error": ["INVALID_ISS", "ALG_NONE"],
            "proven": "no",
            "return_codes": "A, B",
        },
    )
    assert (moved.status_code, moved.headers["location"]) == (303, "assay")
    context = one_login.context
    assert (context.next_person, context.injected) == (PEOPLE["erika"], frozenset({"INVALID_ISS", "ALG_NONE"}))
    assert (context.identity.proven, context.identity.return_codes) == (False, ("A", "B"))
    kept = dict((await form(0)).submission({}).entries)
    assert kept["person"] == "erika", "the page shows what is chosen"
    old = context.token_keys.signing("ES256").kid
    assert (await sent(relying.http, await form(1), "use")).status_code == 303
    assert context.token_keys.signing("ES256").kid != old
    assert (await sent(relying.http, await form(2), "clear")).status_code == 303
    assert one_login.requests == ()
    assert (await relying.http.post(f"{BASE}/assay", data={"do": "nothing"})).status_code == 400


async def test_the_control_endpoint_speaks_json() -> None:
    one_login, clock = provider()
    http = service(one_login, clock).http
    wanted = {"signs_in": "amina", "errors": ["UNKNOWN_KID"], "identity": {"proven": False, "return_codes": ["P"]}}
    told = (await http.post(f"{BASE}/assay/state", json=wanted)).json()
    assert told == (await http.get(f"{BASE}/assay/state")).json()
    assert {name: told[name] for name in wanted} == wanted
    assert told["people"] == ["kenneth", "erika", "amina"]
    assert (await http.post(f"{BASE}/assay/state", json={"errors": []})).json()["errors"] == []
    kids = (await http.post(f"{BASE}/assay/keys", json={"step": "publish"})).json()
    assert (len(kids["id_token"]), len(kids["core_identity"])) == (4, 2)
    assert (await http.post(f"{BASE}/assay/log-out", json={"person": "amina"})).json() == {"notices": []}


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("state", "{", "no JSON"),
        ("state", "[]", "no JSON object"),
        ("state", '{"sign_in": "erika"}', "unknown member 'sign_in'"),
        ("state", '{"signs_in": 1}', "another JSON type"),
        ("state", '{"signs_in": "karl"}', "nobody is called 'karl'"),
        ("state", '{"errors": ["INVALID"]}', "there is no error 'INVALID'"),
        ("state", '{"identity": {"return_codes": ["bad"]}}', "not one capital letter"),
        ("keys", "{}", "no step"),
        ("log-out", '{"person": "karl"}', "nobody"),
        ("state", f'"{"x" * 100_000}"', "too large"),
    ],
)
async def test_the_control_endpoint_tells_what_is_wrong(path: str, content: str, told: str) -> None:
    one_login, clock = provider()
    refused = await service(one_login, clock).http.post(f"{BASE}/assay/{path}", content=content)
    assert refused.status_code == 400
    assert told in refused.json()["error"]


async def test_other_origins_cannot_steer() -> None:
    one_login, clock = provider()
    http = service(one_login, clock).http
    data, page = {"do": "apply", "person": "erika", "proven": "yes"}, f"{BASE}/assay"
    assert (await http.post(page, data=data, headers={"Origin": "https://evil.assay.test"})).status_code == 403
    assert (await http.post(page, data=data, headers={"Origin": "null"})).status_code == 403
    assert one_login.context.next_person == PEOPLE["kenneth"]
    assert (await http.post(page, data=data, headers={"Origin": BASE})).status_code == 303


async def test_the_log_as_json_has_no_secret() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    code = answer(await relying.authorize_by_object(relying.request_object(id_token_hint="a-hint-of-a-user")))[
        "code"
    ]
    assertion = relying.assertion()
    tokens = (await relying.token(code, client_assertion=assertion)).json()
    await relying.userinfo(tokens["access_token"])
    await relying.token("x", client_assertion=None, client_id="a-service", client_secret="very-secret")
    shown = await relying.http.get(f"{BASE}/assay/requests")
    for secret in (code, assertion, tokens["access_token"], "very-secret", "a-hint-of-a-user"):
        assert secret not in shown.text
    first, second, third, fourth = shown.json()
    assert first["request_object"]["claims"]["iss"] == "a-service"
    assert second["client_assertion"]["claims"]["jti"] == "jti-1"
    assert (third["person"], third["status"]) == ("kenneth", 200)
    assert fourth["because"] == "Client is not registered to use client_secret_post"
    assert (await relying.http.delete(f"{BASE}/assay/requests")).status_code == 204
    assert (await relying.http.get(f"{BASE}/assay/requests")).json() == []


async def test_the_page_shows_every_error_and_the_latest_requests() -> None:
    one_login, clock = provider()
    relying = service(one_login, clock)
    await relying.authorize(client_id="<b>")
    text = (await relying.http.get(f"{BASE}/assay")).text
    assert all(f'value="{name}"' in text for name in INJECTABLE)
    assert "no client is registered with the client_id" in text
    assert "<b>" not in text
    assert json.dumps(one_login.requests[0].to_json())


async def test_what_is_left_out_of_the_identity_stays() -> None:
    one_login, clock = provider()
    http = service(one_login, clock).http
    for change, proven, codes in (
        ({"return_codes": ["P"]}, True, ["P"]),
        ({"proven": False}, False, ["P"]),
        ({}, False, ["P"]),
        ({"return_codes": []}, False, []),
    ):
        told = (await http.post(f"{BASE}/assay/state", json={"identity": change})).json()["identity"]
        assert told == {"proven": proven, "return_codes": codes}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("GET", "token", "POST"), ("POST", "userinfo", "GET, HEAD"), ("PUT", "logout", "")],
)
async def test_a_request_with_the_wrong_method_stands_in_the_log(method: str, path: str, allow: str) -> None:
    one_login, clock = provider()
    refused = await service(one_login, clock).http.request(method, f"{BASE}/{path}")
    assert refused.status_code == 405
    assert allow in refused.headers["allow"]
    (received,) = one_login.requests
    assert (received.endpoint, received.method, received.status) == (path, method, 405)
    assert "is allowed" in str(received.because)
