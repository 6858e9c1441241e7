"""What the bundled Staff Passport gateway refuses, the faults that follow, and hostile input."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from harness.reference import faults, rules
from harness.staff_passport.gateway import request_log
from harness.staff_passport.gateway.provider import Gateway
from harness.staff_passport.gateway.ways import Ways
from harness.staff_passport.templates import read
from harness.tests.staff_passport_gateway_client import (
    BASE,
    CALLBACK,
    CLIENT,
    IDENTIFIER,
    OTHER,
    PLACEMENT,
    Clock,
    Portal,
    gateway,
    in_process,
)

Asking = Callable[[Portal], Awaitable[httpx.Response]]
OTHERS = {"client_id": OTHER.client_id, "client_secret": OTHER.client_secret}
NOWHERE = "https://nowhere.assay.test/"


def pushing(**changes: Any) -> Asking:
    return lambda portal: portal.push(**changes)


def hinting(**claims: Any) -> Asking:
    return lambda portal: portal.push(id_token_hint=portal.hint(**claims))


def sending(path: str = "/oidc/authorizev1", **changes: Any) -> Asking:
    return lambda portal: portal.authorize(path, **changes)


async def _issued(portal: Portal) -> str:
    await portal.issue()
    return list(portal.gateway.issued)[-1]


def revoking(**changes: Any) -> Asking:
    async def ask(portal: Portal) -> httpx.Response:
        return await portal.revoke(await _issued(portal), **changes)

    return ask


def redeeming(**changes: Any) -> Asking:
    async def ask(portal: Portal) -> httpx.Response:
        return await portal.redeem(await portal.code(), **changes)

    return ask


async def _twice(portal: Portal) -> httpx.Response:
    code = await portal.code()
    assert (await portal.redeem(code)).status_code == 200
    return await portal.redeem(code)


async def _late(portal: Portal) -> httpx.Response:
    code = await portal.code()
    portal.clock.now += 61
    return await portal.redeem(code)


async def _unknown_code(portal: Portal) -> httpx.Response:
    await portal.code()
    return await portal.redeem("unknown")


async def _unproven(portal: Portal) -> httpx.Response:
    return await portal.redeem(await portal.code(code_challenge="x" * 43), code_verifier="y" * 43)


def referring(client_id: str = CLIENT.client_id, *, after: float = 0, times: int = 1, uri: str = "") -> Asking:
    async def ask(portal: Portal) -> httpx.Response:
        query = {"client_id": client_id, "request_uri": (await portal.push()).json()["request_uri"]}
        query |= {"request_uri": uri} if uri else {}
        portal.clock.now += after
        answers = [await portal.http.get("/oidc/authorize", params=query) for _ in range(times)]
        return answers[-1]

    return ask


REFUSED: dict[str, tuple[Asking, int, str]] = {
    "par.client-known": (pushing(client_id="nobody"), 401, "invalid_client"),
    "par.client-secret": (pushing(client_secret="wrong"), 401, "invalid_client"),
    "par.plain": (pushing(request_uri="urn:x"), 400, "invalid_request"),
    "par.once": (pushing(state=["one", "two"]), 400, "invalid_request"),
    "par.redirect-uri": (pushing(redirect_uri=NOWHERE), 400, "invalid_request"),
    "par.response-type": (pushing(response_type="token"), 400, "unsupported_response_type"),
    "par.response-mode": (pushing(response_mode="fragment"), 400, "invalid_request"),
    "par.scope": (pushing(scope="issue.Nothing"), 400, "invalid_scope"),
    "par.hint-present": (pushing(id_token_hint=None), 400, "invalid_request"),
    "par.hint-readable": (pushing(id_token_hint="no.jwt"), 400, "invalid_request"),
    "par.hint-algorithm": (hinting(alg="HS512"), 400, "invalid_request"),
    "par.hint-signature": (hinting(key=b"another"), 400, "invalid_request"),
    "par.hint-issuer": (hinting(iss="another"), 400, "invalid_request"),
    "par.hint-audience": (hinting(aud="https://elsewhere.assay.test"), 400, "invalid_request"),
    "par.hint-fresh": (hinting(exp=int(Clock().now) - 1), 400, "invalid_request"),
    "par.hint-identifier": (hinting(UniqueIdentifier=None), 400, "invalid_request"),
    "par.hint-attributes": (hinting(**{"TPL-Grade": 4}), 400, "invalid_request"),
    "authorize.client-known": (sending(client_id="nobody"), 400, "invalid_request"),
    "authorize.redirect-uri": (sending(redirect_uri=NOWHERE), 400, "invalid_request"),
    "authorize.once": (sending(state=["one", "two"]), 302, "invalid_request"),
    "authorize.response-type": (sending(response_type="token"), 302, "unsupported_response_type"),
    "authorize.response-mode": (sending(response_mode="fragment"), 302, "invalid_request"),
    "authorize.scope": (sending(scope="openid"), 302, "invalid_scope"),
    "authorize.pushed": (sending("/oidc/authorize"), 302, "invalid_request"),
    "authorize.request-known": (referring(uri="urn:bogus"), 400, "invalid_request_uri"),
    "authorize.request-client": (referring(OTHER.client_id), 400, "invalid_request_uri"),
    "authorize.request-fresh": (referring(after=61), 400, "invalid_request_uri"),
    "authorize.request-unused": (referring(times=2), 400, "invalid_request_uri"),
    "token.client-known": (redeeming(client_id="nobody"), 401, "invalid_client"),
    "token.client-secret": (redeeming(client_secret="wrong"), 401, "invalid_client"),
    "token.grant-type": (redeeming(grant_type="password"), 400, "unsupported_grant_type"),
    "token.code-known": (_unknown_code, 400, "invalid_grant"),
    "token.code-client": (redeeming(**OTHERS), 400, "invalid_grant"),
    "token.code-fresh": (_late, 400, "invalid_grant"),
    "token.code-unused": (_twice, 400, "invalid_grant"),
    "token.redirect-uri": (redeeming(redirect_uri=NOWHERE), 400, "invalid_grant"),
    "token.verifier": (_unproven, 400, "invalid_grant"),
    "revocation.client-known": (revoking(client_id="nobody"), 401, "invalid_client"),
    "revocation.client-secret": (revoking(client_secret="wrong"), 401, "invalid_client"),
    "revocation.organisation": (revoking(OrganisationId="another"), 400, "invalid_request"),
    "revocation.serial-known": (revoking(SerialNumber="unknown"), 404, "not_found"),
    "revocation.template": (revoking(CredentialTemplateName="Another"), 400, "invalid_request"),
}


async def ask(asking: Asking, *active: str) -> tuple[httpx.Response, Gateway]:
    made, clock = gateway(faults=active)
    async with in_process(made) as http:
        return await asking(Portal(made, http, clock)), made


def error_of(answer: httpx.Response, made: Gateway) -> str | None:
    if answer.status_code == 302:
        return dict(httpx.URL(answer.headers["location"]).params).get("error")
    if "json" in answer.headers.get("content-type", ""):
        error: str | None = answer.json().get("error")
        return error
    return made.log[-1].error


def test_every_rule_is_broken_here() -> None:
    ours = {name.removeprefix("dsp-gateway-") for name in rules.catalogue() if name.startswith("dsp-gateway-")}
    assert ours == set(REFUSED)


@pytest.mark.parametrize("rule", sorted(REFUSED))
async def test_what_breaks_a_rule_is_refused(rule: str) -> None:
    asking, status, error = REFUSED[rule]
    answer, made = await ask(asking)
    assert (answer.status_code, error_of(answer, made)) == (status, error)
    assert made.met & set(rules.RULES) == {f"dsp-gateway-{rule}"}
    assert made.log[-1].because
    if status == 400:
        assert "openid-vc" not in answer.text
        assert "location" not in answer.headers


@pytest.mark.parametrize("rule", sorted(REFUSED))
async def test_a_rule_can_be_left_out(rule: str) -> None:
    fault = f"accepts:dsp-gateway-{rule}"
    answer, made = await ask(REFUSED[rule][0], fault)
    assert fault in made.fired
    assert answer.status_code < 400
    assert error_of(answer, made) is None


@pytest.mark.parametrize("rule", sorted(REFUSED))
async def test_a_refusal_can_be_misreported(rule: str) -> None:
    fault = f"misreports:dsp-gateway-{rule}"
    asking, status, error = REFUSED[rule]
    answer, made = await ask(asking, fault)
    assert made.fired == {fault}
    assert (answer.status_code, error_of(answer, made)) != (status, error)


async def test_a_complete_template_knows_its_attributes(tmp_path: Any) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[templates.TrainingPlacement]\nprefix = "TPL"\nattributes = ["Grade"]', encoding="utf-8")
    made, clock = gateway(templates=read(own))
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        assert (await portal.push()).status_code == 400
        others: dict[str, Any] = {name: None for name in PLACEMENT if name != "TPL-Grade"}
        assert (await portal.push(id_token_hint=portal.hint(**others))).status_code == 201


async def test_the_hint_of_another_version_is_refused() -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock, prefix="/v2.0/oidc")
        assert (await portal.push(id_token_hint=portal.hint(aud=f"{BASE}/oidc"))).status_code == 400
        assert (await portal.push()).status_code == 201


# Faults of documents

DOCUMENTS = sorted(faults.defined_in("staff_passport_gateway"))


async def _everything(made: Gateway, clock: Clock) -> list[tuple[Any, ...]]:
    """Do what an external system does, wrong things included, as far as the gateway lets it."""
    seen: list[tuple[Any, ...]] = []

    def note(answer: httpx.Response) -> httpx.Response:
        shown = {name: answer.headers.get(name) for name in ("location", "cache-control", "content-type")}
        seen.append((answer.status_code, answer.text, shown))
        return answer

    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        for path in (portal.discovery, "/oidc/.well-known/openid-configuration/jwks", "/.well-known/x"):
            note(await http.get(path))
        note(await portal.push(client_secret="wrong"))
        note(await portal.authorize(client_id="nobody"))
        pushed = note(await portal.push())
        uri = {"client_id": CLIENT.client_id}
        if pushed.status_code == 201:
            uri["request_uri"] = pushed.json().get("request_uri", "none")
        for begun in (await portal.authorize(), await http.get("/oidc/authorize", params=uri)):
            if "location" not in note(begun).headers:
                continue
            for _ in range(2):
                last = note(await http.get(begun.headers["location"]))
            code = httpx.URL(last.headers["location"]).params.get("code", "none")
            for _ in range(2):
                note(await portal.redeem(code))
        serial = next(iter(made.issued), "none")
        for each in ("unknown", serial, serial):
            note(await portal.revoke(each))
        seen.append((made.share(serial),))
    return seen


@pytest.mark.parametrize("fault", DOCUMENTS)
async def test_a_fault_of_a_document_makes_a_difference(fault: str) -> None:
    numbers = iter(range(10**9))
    made, clock = gateway(faults=[fault], random_bytes=lambda size: next(numbers).to_bytes(size, "big"))
    numbers_of_clean = iter(range(10**9))
    clean, other = gateway(random_bytes=lambda size: next(numbers_of_clean).to_bytes(size, "big"))
    spoiled = await _everything(made, clock)
    assert made.fired == {fault}
    assert spoiled != await _everything(clean, other)


# Hostile input


@pytest.mark.parametrize("path", ["/oidc/par", "/oidc/token", "/v2.0/oidc/par", "/Revocation/revokecredential"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe=%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 400, "application/x-www-form-urlencoded"),
        (b"a" * 200_000, "application/x-www-form-urlencoded"),
        (b"{" * 100_000, "application/json"),
        (b"[1]", "application/json"),
        (b'{"client_id": [], "client_secret": {}, "SerialNumber": 3}', "application/json"),
        (b'{"client_id": "portal", "client_secret": "\\ud800"}', "application/json"),
        (b"1" * 5_000, "application/json"),
        (
            b"client_id=portal&client_secret=the+secret&code=%00&redirect_uri=%0a",
            "application/x-www-form-urlencoded",
        ),
        (
            b"client_id=portal&client_secret=the+secret&scope=issue.X&id_token_hint=e30.e30.",
            "application/x-www-form-urlencoded",
        ),
    ],
)
async def test_bad_bodies_are_refused(path: str, content: bytes, kind: str) -> None:
    made, _ = gateway()
    async with in_process(made) as http:
        answer = await http.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code in {400, 401}
    assert "error" in answer.json()
    assert made.log[-1].because
    assert made.log[-1].to_json()


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "9" * 19},
        {"exp": 1e300},
        {"exp": True},
        {"exp": [1]},
        {"aud": [[], {}]},
        {"aud": {"a": 1}},
        {"iss": ["portal"]},
        {"UniqueIdentifier": {"a": []}},
        {"SerialNumber": [3]},
        {"SerialNumber": "\ud800"},
        {"UniqueIdentifier": "\ud800"},
    ],
)
async def test_strange_hints_bring_no_traceback(claims: dict[str, Any]) -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        answer = await portal.push(id_token_hint=portal.hint(**claims))
        assert answer.status_code in {201, 400}
        if answer.status_code == 201:
            await portal.claims((await portal.issue(id_token_hint=portal.hint(**claims))).params["code"])


@pytest.mark.parametrize("query", ["%ff=%fe", "a=1&" * 300, "request_uri=%00&client_id=portal", "client_id=%f0"])
async def test_strange_queries_bring_a_page(query: str) -> None:
    made, _ = gateway()
    async with in_process(made) as http:
        answer = await http.get(f"/oidc/authorize?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
        assert (await http.get("/qr/unknown")).status_code == 404


async def test_what_a_page_repeats_is_escaped() -> None:
    made, clock = gateway(base="https://gateway.assay.test/a'b")
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        begun = await portal.authorize(state='"><script>alert(1)</script>')
        assert begun.status_code in {302, 404}
        assert "<script" not in begun.text


async def test_nobody_but_the_client_learns_of_secrets_in_the_log() -> None:
    made, clock = gateway()
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        serial = (await portal.claims((await portal.issue()).params["code"]))["SerialNumber"]
        await portal.revoke(serial)
    written = str([request_log.to_json(request) for request in made.log])
    assert CLIENT.client_secret not in written
    assert IDENTIFIER in written, "what is issued can be read"
    hint = next(request.hint for request in made.log if request.endpoint == "par")
    assert hint is not None
    assert hint.signed
    assert CALLBACK in next(
        request.answer for request in made.log if request.endpoint == "page" and request.answer
    )


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.staff_passport.gateway.request_log.MOST", 10)
    monkeypatch.setattr("harness.staff_passport.gateway.wallet.MOST", 3)
    monkeypatch.setattr("harness.staff_passport.gateway.core.MOST_ISSUED", 2)
    made, clock = gateway(ways=Ways())
    async with in_process(made) as http:
        portal = Portal(made, http, clock)
        for _ in range(5):
            await portal.issue()
    assert len(made.log) <= 10
    assert made.log[-1].number == made.log.total == 20
    assert len(tuple(made.wallet)) == 3
    assert len(made.issued) == 2
