"""Issued credentials as reports show them: readable in every format, and nobody's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from harness import catalogue
from harness.as_seen import issuer_as_seen
from harness.credential_as_seen import readable
from harness.engine import Engine
from harness.evidence import Tools
from harness.issuer_under_test import IssuerUnderTest
from harness.preflight import discover, scenarios
from harness.redaction import Redactor
from harness.reference import credential_formats, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.tests.bench import InProcessOffers, all_checks, first_of_each_format
from harness.tests.sample_report import sample_report
from harness.transport import Client, Recorder
from reports.html import render_html

FORMATS = ["default", "rich-sd-jwt", "mdoc", "mdoc-photo-id", "jwt-vc", "jwt-vc-2", "jwt-vc-json-ld", "ldp-vc"]
PERSONAL = ("Erika", "Möbius", "1963-08-12", "Heidestraße", "/9j/")


def issued(variant: str) -> tuple[str, object]:
    context = ReferenceIssuer(VARIANTS[variant]).context
    data = documents.configurations(context.variant)[context.variant.configurations[0]]
    holder = keys.stranger_key("ES256").jwk.export_public(as_dict=True)
    return data["format"], credential_formats.issued(context, data, holder, lambda _name, _draft: None)


@pytest.mark.parametrize("variant", FORMATS)
def test_a_report_shows_how_a_credential_is_made_and_not_whose_it_is(variant: str) -> None:
    name, raw = issued(variant)
    shown = readable(name, raw, Redactor())
    assert "unreadable" not in shown
    text = json.dumps(shown, ensure_ascii=False)
    assert [value for value in PERSONAL if value in text] == []
    assert "given_name" in text


def test_an_mdoc_is_shown_with_its_security_object() -> None:
    shown = readable(*issued("mdoc"), Redactor())
    assert shown["header"] == {"alg": -7, "x5chain": 1}
    mso = shown["mobile_security_object"]
    assert (mso["docType"], mso["digestAlgorithm"]) == ("org.iso.18013.5.1.mDL", "SHA-256")
    assert mso["validityInfo"]["validUntil"].endswith("Z")
    assert mso["deviceKey"]["crv"] == "P-256"
    assert shown["elements"]["org.iso.18013.5.1"]["family_name"].startswith("‹redacted")


@pytest.mark.parametrize("name", ["dc+sd-jwt", "mso_mdoc", "jwt_vc_json", "ldp_vc", "something", None])
@pytest.mark.parametrize("raw", ["", "~~~", "oWF4", 42, None, {}, [1]])
def test_what_cannot_be_read_is_said_to_be_unreadable(name: object, raw: object) -> None:
    shown = readable(name, raw, Redactor())
    assert "unreadable" in shown or name == "ldp_vc"


@pytest.mark.parametrize(
    "text", ['{{"credentials": [{{"credential": {0}}}]}}', '[{{"credential" : {0}, "credential":{0}}}]']
)
def test_a_credential_that_is_an_object_is_hidden_in_messages(text: str) -> None:
    message = text.format('{"name": "Erika", "inner": {"credential": {"a": ["}"]}}}')
    hidden = Redactor().text(message)
    assert "Erika" not in hidden
    json.loads(hidden)


def test_behind_a_credential_that_is_cut_off_nothing_is_shown() -> None:
    assert "Erika" not in Redactor().text('{"credential": {"proof": 1, "name": "Erika')


@pytest.mark.parametrize(
    ("variant", "members"),
    [
        ("status", {"mechanism": "status_list", "state": "valid", "value": 0, "entries": 1 << 17, "ttl": 30}),
        ("mdoc-identifier-list", {"mechanism": "identifier_list", "state": "valid", "value": 0, "ttl": 30}),
        (
            "jwt-vc-status",
            {"mechanism": "bitstring", "purpose": "revocation", "state": "valid", "entries": 1 << 17},
        ),
    ],
)
def test_a_report_shows_the_status_of_each_credential(variant: str, members: dict[str, Any]) -> None:
    shown = as_seen(variant)
    (label,) = shown["credentials"]
    first = shown["statuses"][label][0]
    assert members.items() <= first.items()
    assert first["pointer"] == "/credentials/0/credential"
    assert first["list"].startswith("https://issuer.assay.test/status/")
    assert ("index" in first) != ("identifier" in first)
    json.dumps(shown)


def test_a_list_that_cannot_be_read_is_shown_with_the_reason() -> None:
    shown = as_seen("status", "status-response:token-missing")
    ((entry,),) = shown["statuses"].values()
    assert "404" in entry["problem"]
    assert not {"state", "value", "entries", "ttl"} & entry.keys()


def test_credentials_without_status_are_shown_without() -> None:
    assert as_seen("default")["statuses"] == {}


def test_what_a_hostile_issuer_says_of_a_status_is_escaped_in_the_page() -> None:
    entry = {"pointer": "/credentials/0/credential", "list": "https://i.example/<script>alert(1)</script>"}
    page = render_html({**sample_report().to_json(), "issuer": {"statuses": {"<b>": [entry]}}})
    assert "<script>alert" not in page
    assert "Status of credentials: &lt;b&gt;" in page


def as_seen(variant: str, *faults: str) -> dict[str, Any]:
    """Give what a run that read the status of its credentials shows of the issuer."""
    return asyncio.run(_as_seen(ReferenceIssuer(VARIANTS[variant], faults)))


async def _as_seen(issuer: ReferenceIssuer) -> dict[str, Any]:
    http = Client(Recorder(), transport=httpx.ASGITransport(issuer.app))
    tools = Tools(http, issuer.context.clock)
    source = InProcessOffers("offer", issuer)
    found = await discover(issuer.issuer_url, tools)
    chosen, flows = await scenarios(found, first_of_each_format(issuer), {"offer": source}, tools)
    subject = IssuerUnderTest(found, chosen, {"offer": source}, tools, flows=flows)
    engine = Engine(subject, http.recorder, catalogue.load())
    for check, scenario in engine.plan(each for each in all_checks().values() if "status" in each.evidence):
        await engine.judge(check, scenario)
    await http.aclose()
    return issuer_as_seen(found, subject.flows, subject.statuses, Redactor())
