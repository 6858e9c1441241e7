"""What the wallet makes of what the application hands out, and in which way it comes to prove its keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness import dialects
from harness.evidence import Blocked, Scenario, Tools
from harness.flow import Flow
from harness.formats import jwk
from harness.hooks import HookUnavailable
from harness.model import Verdict
from harness.partisia.application import Application, as_link
from harness.partisia.gathering import PartisiaEvidence
from harness.preflight import discover
from harness.settings import PartisiaSettings
from harness.tests.bench import Clock
from harness.tests.partisia_judging import DIALECT, Offers, judge_partisia, own_checks, way
from harness.tests.test_vendors_partisia import DOCUMENTED, FIXED
from harness.transport import Client, Recorder
from harness.vendors.partisia import documents
from harness.vendors.partisia.app import Issuance
from harness.vendors.partisia.variants import variants
from harness.wallet.proof import BARE_DID_JWK

OFFER_URL = "https://issuer.example.org/issuance/oid4vci/credential-offer/1?x=1"


def client() -> Client:
    return Client(Recorder())


# Offers


def test_the_bare_url_of_an_offer_becomes_a_link() -> None:
    link = as_link(f" {OFFER_URL}\n")
    assert link.startswith("openid-credential-offer://?")
    assert parse_qs(urlsplit(link).query) == {"credential_offer_uri": [OFFER_URL]}


@pytest.mark.parametrize(
    "text",
    [
        '{"credential_issuer": "x"}',
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example.org",
        "https://wallet.example/?credential_offer=%7B%7D",
        "http://[issuer.example",
    ],
)
def test_what_is_a_link_or_no_url_stays_as_it_is(text: str) -> None:
    assert as_link(text) == text


def test_a_source_of_bare_urls_is_wrapped_and_otherwise_the_same() -> None:
    async def go() -> None:
        clock, made = Clock(), list[Issuance]()
        issuance = Issuance(
            replace(variants()[DOCUMENTED], offer_form="plain"),
            clock=clock.now,
            http=lambda: httpx.AsyncClient(transport=way(made[0])),
        )
        made.append(issuance)
        [source] = Application(PartisiaSettings(), client()).handing_out([Offers(issuance)])
        minted = await source.fetch()
        assert minted.offer.startswith("openid-credential-offer://?credential_offer_uri=https%3A")
        assert (source.name, source.single, source.mints_for_configuration) == ("offer", False, False)
        with pytest.raises(HookUnavailable):
            await source.transaction_code(minted)

    asyncio.run(go())


# What the application gives


def test_the_dataset_is_read_where_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "dataset.json"
    file.write_text(json.dumps({"first_name": "Freja"}))
    application = Application(PartisiaSettings(file), client())
    assert application.tells_dataset
    assert application.dataset == {"first_name": "Freja"}


@pytest.mark.parametrize(("text", "said"), [("{", "cannot be read"), ("[]", "is no JSON object")])
def test_a_dataset_that_is_none_is_told(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "dataset.json"
    file.write_text(text)
    with pytest.raises(Blocked, match=f"dataset {said}"):
        _ = Application(PartisiaSettings(file), client()).dataset


def test_without_a_dataset_there_is_none() -> None:
    application = Application(PartisiaSettings(), client())
    assert not application.tells_dataset
    with pytest.raises(Blocked, match=r"partisia\.dataset is not given"):
        _ = application.dataset


# Ways to prove a key


def issued(variant: str, *faults: str) -> tuple[Tools, Flow]:
    """The wallet after its first request for a credential."""

    async def go() -> tuple[Tools, Flow]:
        clock, made = Clock(), list[Issuance]()
        issuance = Issuance(
            variants()[variant],
            faults,
            clock=clock.now,
            http=lambda: httpx.AsyncClient(transport=way(made[0])),
        )
        made.append(issuance)
        http = Client(Recorder(), transport=way(issuance), now=clock.now)
        tools = Tools(http, clock.now, dialect=dialects.load("partisia"))
        issuer = await discover(issuance.issuer_url, tools)
        name = next(iter(issuer.configurations))
        flow = Flow(issuer, Scenario(name, "offer", name), Offers(issuance), tools)
        await flow.issuance()
        return tools, flow

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("variant", "fault", "taken"),
    [
        (DOCUMENTED, (), ("proof", "did:jwk")),
        (FIXED, (), ("proofs", "did:jwk")),
        (DOCUMENTED, ("rejects:partisia-proof.did",), ("proof", "jwk")),
        (FIXED, ("rejects:partisia-proof.did",), ("proofs", "jwk")),
        (DOCUMENTED, ("rejects:partisia-proof.did-url", "rejects:partisia-proof.jwk"), ("proof", BARE_DID_JWK)),
    ],
)
def test_the_wallet_stays_with_the_first_way_that_is_granted(
    variant: str, fault: tuple[str, ...], taken: tuple[str, str]
) -> None:
    tools, flow = issued(variant, *fault)
    assert (tools.spoken.one_proof, tools.spoken.key_form) == taken
    assert asyncio.run(flow.issuance()).successful


def test_where_no_way_is_granted_the_first_one_is_judged() -> None:
    tools, flow = issued(DOCUMENTED, "rejects:partisia-proof.singular")
    assert tools.habit.way is None
    assert tools.spoken.one_proof == "proof"
    assert asyncio.run(flow.issuance()).error == "invalid_proof"


def test_another_dialect_is_spoken_as_it_is() -> None:
    tools, _ = issued(DOCUMENTED)
    tools.habit.way = tools.dialect.ways[0]
    other = Tools(tools.client, tools.now, habit=tools.habit)
    assert other.spoken == dialects.LATEST


# The user


def test_the_run_stores_a_credential_after_its_user_has_approved() -> None:
    tools, flow = issued(DOCUMENTED)
    held = asyncio.run(PartisiaEvidence(tools, lambda _: flow).give("holdings", flow.scenario))
    assert held.waiting == ()
    assert [one.raw for one in held.stored] == [one.raw for one in asyncio.run(flow.credentials())]


def test_there_is_no_evidence_of_what_is_not_known() -> None:
    evidence = PartisiaEvidence(Tools(client(), Clock().now), lambda _: pytest.fail("no flow is begun"))
    with pytest.raises(Blocked, match="no application"):
        asyncio.run(evidence.give("application", None))
    with pytest.raises(Blocked, match="no Credential Configuration"):
        asyncio.run(evidence.give("holdings", None))


# The holder of a credential

THUMBPRINT = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"


@pytest.mark.parametrize(
    ("named", "verdict"),
    [
        (lambda key: f"{THUMBPRINT}{jwk.thumbprint(key)}", Verdict.PASS),
        (lambda _: "did:web:holder.example", Verdict.BLOCKED),
        (lambda _: "urn:example:holder", Verdict.FAIL),
    ],
    ids=["thumbprint", "strange-did", "no-key"],
)
def test_a_holder_may_be_named_in_any_way_that_tells_the_key(
    named: Callable[[Any], str], verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = documents.credential

    def renamed(context: Any, configuration: str, dataset: Any, holder_key: Any) -> Any:
        draft = made(context, configuration, dataset, holder_key)
        draft.payload.pop("cnf", None)
        draft.payload["sub"] = draft.document["credentialSubject"]["id"] = named(holder_key)
        return draft

    monkeypatch.setattr(documents, "credential", renamed)
    name = "partisia-credential-bound"
    run = asyncio.run(judge_partisia(FIXED, checks={name: own_checks()[name]}, dialect=DIALECT))
    assert run.verdicts() == {verdict}
