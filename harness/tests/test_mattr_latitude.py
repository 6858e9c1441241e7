"""What the documents of MATTR VII leave open is taken as it comes."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from harness import dialects
from harness.evidence import Blocked, Tools
from harness.mattr.back_end import BackEnd, Minting
from harness.model import Verdict
from harness.settings import MattrSettings
from harness.terms import ConfigurationTerms
from harness.tests.mattr_bench import CORRECTED, GRANT, NOW, URL
from harness.tests.mattr_judging import judge_mattr
from harness.transport import Client, Recorder, Reply
from harness.vendors.mattr.tenant import Tenant
from harness.vendors.mattr.variants import mattr_variant
from suites.mattr.offers_api import _moment
from suites.mattr.root_certificates import _certificates


def reply(body: bytes) -> Reply:
    return Reply(1, "GET", URL, 200, httpx.Headers(), body)


def minted(transaction_code: Any, tx_code: Any) -> Minting:
    offer = {"credential_issuer": URL, "grants": {GRANT: {"pre-authorized_code": "c", "tx_code": tx_code}}}
    uri = f"openid-credential-offer://?credential_offer={quote(json.dumps(offer))}"
    body = json.dumps({"uri": uri, "transactionCode": transaction_code}).encode()
    return Minting(reply(body), (), {}, NOW)


@pytest.mark.parametrize(
    ("told", "asked", "code"),
    [
        ("012345", {"length": 6}, "012345"),
        (123456, {"length": 6}, "123456"),
        (12345, {"length": 6}, "012345"),
        (12345, {}, "12345"),
        (12345, {"length": "6"}, "12345"),
        (12345, None, "12345"),
        (7, {"length": 10**9}, "7".zfill(100)),
        ("", {"length": 6}, None),
        (True, {"length": 6}, None),
        (None, {"length": 6}, None),
    ],
)
def test_a_transaction_code_that_came_as_a_number_has_its_zeros(told: Any, asked: Any, code: str | None) -> None:
    assert minted(told, asked).tx_code == code


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2026-09-21T14:13:20Z", NOW),
        (NOW, NOW),
        (int(NOW * 1000), NOW),
        ("soon", None),
        (True, None),
        (None, None),
        (10**400, None),
        (float("nan"), None),
    ],
)
def test_a_time_may_be_a_number(told: Any, seconds: float | None) -> None:
    found = _moment(told)
    assert (found.timestamp() if found else None) == seconds


def test_certificates_are_found_in_documents_of_any_shape() -> None:
    pem = Tenant(mattr_variant(CORRECTED), base_url=URL).iaca_pem
    certificate = load_pem_x509_certificate(pem.encode())
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    shapes = [pem, json.dumps([{"pem": pem}]), json.dumps({"data": [{"x": {"y": der}}]}), json.dumps(der)]
    assert [list(_certificates(reply(shape.encode()))) for shape in shapes] == [[certificate]] * len(shapes)
    for nothing in (b"", b"\xff", b'{"a": ["x", 1, null]}', b"-----BEGIN CERTIFICATE-----\n!\n"):
        assert list(_certificates(reply(nothing))) == []


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("mattr-iacas:other-shape", "mattr-credential-below-iaca"),
        ("mattr-offer:ids-missing", "mattr-offer-configurations-known"),
    ],
)
def test_another_shape_keeps_no_other_check_from_judging(fault: str, check: str, tmp_path: Path) -> None:
    outcome = asyncio.run(judge_mattr([fault], folder=tmp_path, select=check))
    assert fault in outcome.fired
    assert {result.verdict for result in outcome.results} == {Verdict.PASS}


@pytest.mark.parametrize("told", [{}, {"cryptographic_binding_methods_supported": ["mso"]}])
def test_a_key_is_proven_where_the_metadata_do_not_ask_for_it(told: dict[str, Any]) -> None:
    issuer: Any = SimpleNamespace(configurations={"c": {"format": "mso_mdoc", **told}})
    scenario: Any = SimpleNamespace(configuration="c", proof_type=None)
    tools = Tools(Client(Recorder()), lambda: NOW, dialect=dialects.load("mattr-vii"))
    terms = ConfigurationTerms(issuer, scenario, tools)
    assert terms.needs_proof
    assert (terms.proof_type, terms.proof_algorithms) == ("jwt", ["ES256"])


def test_a_login_that_is_refused_says_where_it_stands() -> None:
    client = Client(Recorder(), transport=httpx.MockTransport(lambda _: httpx.Response(401, text="Unauthorized")))
    back_end = BackEnd(MattrSettings(client_id="i", client_secret="s"), URL, client, lambda: NOW)
    with pytest.raises(Blocked, match=r"HTTP 401.*client_id, client_secret and audience stand in assay\.toml"):
        asyncio.run(back_end.mint(["c"]))
