"""Type Metadata are looked for where a credential points, without being led astray or held up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest

from harness import json_schema
from harness.formats.sd_jwt_vc_drafts import DRAFT_11, DRAFT_18, Draft
from harness.transport import Client, Recorder
from harness.trust.fetching import Fetcher
from harness.type_metadata import MAX_TYPES, ResolvedType, resolve

VCT = "https://types.example/child"
BASE = "https://types.example/base"
PRIVATE = "10.0.0.7"
Page = Any
"""A JSON value, bytes, or a response."""
Resolve = Callable[..., Awaitable[ResolvedType]]


@pytest.fixture
async def look_up() -> AsyncIterator[Resolve]:
    clients: list[Client] = []

    async def found(
        pages: Mapping[str, Page] | Callable[[str], Page],
        vct: Any = VCT,
        promised: Any = None,
        draft: Draft = DRAFT_11,
    ) -> ResolvedType:
        def answer(request: httpx.Request) -> httpx.Response:
            url = str(request.url)
            page = pages(url) if callable(pages) else pages.get(url)
            if isinstance(page, httpx.Response):
                return page
            if page is None:
                return httpx.Response(404)
            if isinstance(page, bytes):
                return httpx.Response(200, content=page)
            return httpx.Response(200, json=page)

        async def addresses(host: str) -> list[str]:
            return [PRIVATE if host.startswith("intranet") else "93.184.216.34"]

        transport = httpx.MockTransport(answer)
        clients.append(Client(Recorder(), transport=transport, lookup=addresses, timeout_s=2.0))
        return await resolve(vct, promised, Fetcher(clients[-1], "https://issuer.example"), draft)

    yield found
    for client in clients:
        await client.aclose()


def sri(content: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def kinds(resolved: ResolvedType) -> list[list[str]]:
    return [[problem.kind for problem in document.problems] for document in resolved.documents]


@pytest.mark.parametrize(
    "vct", ["urn:eudi:pid:1", "http://types.example/child", "child", None, 5, {"a": 1}, "https://"]
)
async def test_a_type_that_is_no_https_url_has_no_type_metadata(look_up: Resolve, vct: Any) -> None:
    resolved = await look_up(lambda _: {"vct": "x"}, vct)
    assert resolved.documents == ()
    assert (resolved.missing != "") == (vct is not None)


@pytest.mark.parametrize(
    "page",
    [
        None,
        httpx.Response(500),
        httpx.Response(200, html="<!doctype html><title>Our type</title>"),
        httpx.Response(302, headers={"Location": "https://intranet.example/child"}),
        httpx.Response(302, headers={"Location": "http://types.example/child"}),
        httpx.Response(302, headers={"Location": VCT}),
    ],
    ids=["missing", "error", "page", "private", "http", "endless"],
)
async def test_what_leads_to_no_json_is_no_type_metadata(look_up: Resolve, page: Page) -> None:
    resolved = await look_up({VCT: page})
    assert resolved.documents == ()
    assert VCT in resolved.missing


async def test_a_private_address_is_not_asked(look_up: Resolve) -> None:
    for vct in (
        "https://intranet.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/x",
    ):
        assert "address" in (await look_up(lambda _: {"vct": "x"}, vct)).missing


async def test_a_redirect_is_followed(look_up: Resolve) -> None:
    moved = httpx.Response(301, headers={"Location": "/there"})
    resolved = await look_up({VCT: moved, "https://types.example/there": {"vct": VCT}})
    assert kinds(resolved) == [[]]
    assert len(resolved.documents[0].replies) == 2


async def test_json_that_is_promised_or_announced_has_to_be_an_object(look_up: Resolve) -> None:
    broken = httpx.Response(200, content=b"{", headers={"Content-Type": "application/json"})
    assert kinds(await look_up({VCT: broken})) == [["not-json"]]
    assert kinds(await look_up({VCT: []})) == [["not-object"]]
    html = httpx.Response(200, html="<p>")
    assert kinds(await look_up({VCT: html}, promised=sri(b"{}"))) == [
        ["media-type", "integrity-mismatch", "not-json"]
    ]


async def test_the_document_matches_the_hash_of_the_credential(look_up: Resolve) -> None:
    content = json.dumps({"vct": VCT}).encode()
    assert kinds(await look_up({VCT: content}, promised=sri(content))) == [["media-type"]]
    assert "integrity-mismatch" in kinds(await look_up({VCT: content}, promised=sri(b"x")))[0]


async def test_another_vct_and_another_status_are_seen(look_up: Resolve) -> None:
    page = httpx.Response(201, json={"vct": BASE})
    assert kinds(await look_up({VCT: page})) == [["status", "vct-other"]]


async def test_extended_types_are_followed_and_their_hash_compared(look_up: Resolve) -> None:
    base = json.dumps({"vct": BASE}).encode()
    child = {"vct": VCT, "extends": BASE, "extends#integrity": sri(base)}
    as_json = {"Content-Type": "application/json"}
    right = await look_up({VCT: child, BASE: httpx.Response(200, content=base, headers=as_json)})
    assert [document.type for document in right.documents] == [VCT, BASE]
    assert kinds(right) == [[], []]
    wrong = await look_up({VCT: child, BASE: {"vct": BASE, "name": "other"}})
    assert kinds(wrong) == [[], ["integrity-mismatch"]]


async def test_an_extended_type_that_is_not_found_is_no_problem(look_up: Resolve) -> None:
    resolved = await look_up({VCT: {"vct": VCT, "extends": "urn:example:base"}})
    assert kinds(resolved) == [[]]
    assert "urn:example:base" in resolved.missing


async def test_a_cycle_is_found_where_it_closes(look_up: Resolve) -> None:
    itself = await look_up({VCT: {"vct": VCT, "extends": VCT}})
    assert kinds(itself) == [["extends-cycle"]]
    round_about = await look_up({VCT: {"vct": VCT, "extends": BASE}, BASE: {"vct": BASE, "extends": VCT}})
    assert kinds(round_about) == [[], ["extends-cycle"]]


async def test_ten_thousand_types_above_each_other_are_not_climbed(look_up: Resolve) -> None:
    asked: list[str] = []

    def next_one(url: str) -> Page:
        asked.append(url)
        number = int(url.rpartition("/")[2])
        return {"vct": url, "extends": f"https://types.example/{number + 1}"} if number < 10_000 else None

    resolved = await look_up(next_one, "https://types.example/0")
    assert len(asked) == len(resolved.documents) == MAX_TYPES
    assert "more than" in resolved.missing


async def test_a_thousand_templates_are_not_all_fetched(look_up: Resolve) -> None:
    templates = [
        {"uri": f"https://types.example/{n}.svg", "properties": {"contrast": "high"}} for n in range(1_000)
    ]
    display = [{"lang": "en", "name": "n", "rendering": {"svg_templates": templates}}]
    resolved = await look_up(lambda url: b"<svg/>" if url.endswith("svg") else {"vct": VCT, "display": display})
    assert len(resolved.attachments) == 20


BASE_CLAIMS = [
    {"path": ["name"], "display": [{"label": "Full Name", "lang": "en"}], "sd": "always", "mandatory": True},
    {"path": ["address", "city"], "display": [{"label": "City", "lang": "en"}], "sd": "never"},
]
CHILD_CLAIMS = [
    {"path": ["address", "city"], "display": [{"label": "Town", "lang": "en"}]},
    {"path": ["nationalities"], "display": [{"label": "Nationalities", "lang": "en"}]},
]


def family(child_claims: Any = CHILD_CLAIMS) -> dict[str, Page]:
    return {
        VCT: {"vct": VCT, "extends": BASE, "claims": child_claims},
        BASE: {"vct": BASE, "claims": BASE_CLAIMS},
    }


@pytest.mark.parametrize(("draft", "sd"), [(DRAFT_11, None), (DRAFT_18, "never")])
async def test_claims_are_inherited_as_the_draft_shows(look_up: Resolve, draft: Draft, sd: str | None) -> None:
    """The example of draft 11 section 9.4, with ``sd`` added."""
    claims = (await look_up(family(), draft=draft)).claims
    labels = {path: claim["display"][0]["label"] for path, claim in claims.items()}
    assert labels == {("name",): "Full Name", ("address", "city"): "Town", ("nationalities",): "Nationalities"}
    assert claims["address", "city"].get("sd") == sd


async def test_an_extending_type_can_tighten_and_not_loosen(look_up: Resolve) -> None:
    kept = [{"path": ["name"], "sd": "always", "mandatory": True}, {"path": ["address", "city"]}]
    assert kinds(await look_up(family(kept), draft=DRAFT_18))[0] == []
    loosened = [{"path": ["name"], "sd": "allowed"}, {"path": ["name"], "mandatory": False, "sd": "never"}]
    assert kinds(await look_up(family(loosened[:1]), draft=DRAFT_18))[0] == ["sd-changed"]
    assert kinds(await look_up(family(loosened[1:]), draft=DRAFT_18))[0] == ["sd-changed", "mandatory-dropped"]


async def test_what_a_document_refers_to_is_fetched_and_compared(look_up: Resolve) -> None:
    def rendering(**logo: Any) -> dict[str, Any]:
        return {"simple": {"logo": {"uri": "https://types.example/logo.png", **logo}}}

    def page(rendering: Any, **more: Any) -> dict[str, Any]:
        return {"vct": VCT, "display": [{"lang": "en", "name": "n", "rendering": rendering}], **more}

    logo = {"https://types.example/logo.png": b"PNG"}
    assert (await look_up({VCT: page(rendering()), **logo})).attachments == ()
    (right,) = (await look_up({VCT: page(rendering(**{"uri#integrity": sri(b"PNG")})), **logo})).attachments
    assert (right.content, right.problem) == (b"PNG", None)
    (wrong,) = (await look_up({VCT: page(rendering(**{"uri#integrity": sri(b"JPG")})), **logo})).attachments
    assert wrong.problem is not None
    assert wrong.problem.kind == "integrity-mismatch"
    inside = {"svg_template": [{"uri": "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode()}]}
    (template,) = (await look_up({VCT: page(inside)})).attachments
    assert (template.content, template.replies) == (b"<svg/>", ())
    (dead,) = (await look_up({VCT: page({}, schema_uri="https://types.example/schema")})).attachments
    assert dead.problem is not None
    assert dead.problem.kind == "not-found"
    (hidden,) = (await look_up({VCT: page({}, schema_uri="https://intranet.example/schema")})).attachments
    assert (hidden.content, hidden.problem, hidden.replies) == (None, None, ())


async def test_a_type_keeps_its_claims_whatever_another_makes_of_them(look_up: Resolve) -> None:
    base = "https://types.example/base"
    own, inherited = {"path": ["name"]}, {"path": ["name"], "svg_id": "name"}
    pages = {VCT: {"extends": base, "claims": [own]}, base: {"claims": [inherited]}}
    resolved = await look_up(pages)
    assert [dict(resolved.claims_of(document)) for document in resolved.documents] == [
        {("name",): own},
        {("name",): inherited},
    ]


# Schemas of strangers


async def test_a_document_is_judged_by_a_schema() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"pattern": "^[0-9]+$"}}}
    assert (await json_schema.validate(schema, {"a": "17"})).valid is True
    refused = await json_schema.validate(schema, {"a": "secret"})
    assert (refused.usable, refused.valid, refused.pointer) == (True, False, "/a")
    assert "secret" not in refused.detail


@pytest.mark.parametrize(
    ("schema", "usable"),
    [
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, False),
        ({"$schema": 5}, False),
        ({"type": "text"}, False),
        ({"$schema": "https://json-schema.org/draft/2030-01/schema"}, None),
        ({"$ref": "https://elsewhere.example/schema.json"}, True),
        ({"properties": {"a": {"pattern": r"^\p{L}+$"}}}, True),
        ({"patternProperties": {"^(?<name>a)": False}}, True),
    ],
)
async def test_a_schema_that_cannot_be_used_leaves_the_question_open(schema: Any, usable: bool | None) -> None:
    judgement = await json_schema.validate(schema, {"a": "a"})
    assert (judgement.usable, judgement.valid) == (usable, None)
    assert judgement.detail


async def test_a_schema_that_takes_for_ever_is_stopped() -> None:
    endless: Any = {"properties": {"a": {"pattern": "^(a|a)*b$"}}}
    unfolding: Any = {"$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 9} for n in range(40)}}
    unfolding |= {"$ref": "#/$defs/0"}
    unfolding["$defs"]["40"] = {"type": "object"}
    circular: Any = {"$ref": "#"}
    started = asyncio.get_running_loop().time()
    for schema in (endless, unfolding, circular):
        judgement = await json_schema.validate(schema, {"a": "a" * 60}, timeout_s=1.0)
        assert judgement.valid is None
        assert judgement.detail
    assert asyncio.get_running_loop().time() - started < 10
