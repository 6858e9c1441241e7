"""Whose key signs a status list is found by the list and by the credential, and trusted as the team says."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness.formats import base64url, identifier_list, sd_jwt_vc, status_list_token
from harness.formats.sd_jwt_vc import SdJwtVc
from harness.formats.status_document import StatusDocument
from harness.formats.status_reference import Mechanism, Reference
from harness.model import Verdict
from harness.reference import cose, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import TrustSettings
from harness.tests.bench import Outcome, iaca_file, judge_reference, trust_anchor_file
from harness.transport import Client, Recorder
from harness.trust.fetching import Fetcher
from harness.trust.found import IssuerKey
from harness.trust.status_lists import ListSigners

NOW = 1_780_000_000.0
ISS, OTHER = "https://issuer.example", "https://status.example"
LIST = f"{ISS}/status/1"
KEY, STRANGER = keys.issuer_key("ES256"), keys.stranger_key("ES256")
REFERENCE = Reference(Mechanism.STATUS_LIST, LIST, "/status/status_list", 0)
LEAF = keys.leaf(KEY, ISS)

Pages = dict[str, Any]


def signed(header: dict[str, Any], claims: dict[str, Any], key: keys.SigningKey) -> str:
    text = ".".join(base64url.encode(json.dumps(part).encode()) for part in ({"alg": "ES256", **header}, claims))
    return f"{text}.{base64url.encode(key.sign(text.encode()))}"


def credential(header: dict[str, Any] | None = None, issuer: str = ISS) -> SdJwtVc:
    text = signed({"typ": "dc+sd-jwt", **({"x5c": [LEAF]} if header is None else header)}, {"iss": issuer}, KEY)
    return sd_jwt_vc.read(f"{text}~")


def token(header: dict[str, Any], key: keys.SigningKey = KEY, **claims: Any) -> StatusDocument:
    status_list = {"bits": 1, "lst": base64url.encode(zlib.compress(b"\0"))}
    content = {"sub": LIST, "iat": int(NOW), "status_list": status_list, **claims}
    return status_list_token.read(signed({"typ": "statuslist+jwt", **header}, content, key).encode())


def metadata(issuer: str, *known: keys.SigningKey) -> Pages:
    document = {"issuer": issuer, "jwks": {"keys": [key.public_jwk for key in known]}}
    return {f"{issuer}/.well-known/jwt-vc-issuer": document}


Find = Callable[..., Any]


@pytest.fixture
async def find() -> AsyncIterator[Find]:
    pages: Pages = {}

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages.get(str(request.url))
        return httpx.Response(404) if page is None else httpx.Response(200, json=page)

    client = Client(Recorder(), transport=httpx.MockTransport(answer))

    async def of(
        document: StatusDocument,
        vc: SdJwtVc | None,
        answers: Pages | None = None,
        reference: Reference = REFERENCE,
        **trust: Any,
    ) -> IssuerKey:
        pages.update(answers or {})
        signers = ListSigners(Fetcher(client, ISS), TrustSettings(**trust))
        return await signers.key(document, reference, vc, NOW)

    yield of
    await client.aclose()


def anchor(folder: Path, name: str, authority: keys.Authority) -> Path:
    file = folder / f"{name}.pem"
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return file


# What leads to the key


async def test_a_key_that_the_list_leads_to(find: Find) -> None:
    by_certificate = await find(token({"x5c": [LEAF]}), credential())
    assert (by_certificate.mechanism, by_certificate.problems) == ("x5c", ())
    by_did = await find(token({"kid": f"{STRANGER.did}#0"}, STRANGER, iss=STRANGER.did), credential())
    assert (by_did.mechanism, by_did.problems) == ("did", ())
    by_metadata = await find(
        token({"kid": STRANGER.kid}, STRANGER, iss=OTHER), credential(), metadata(OTHER, STRANGER)
    )
    assert by_metadata.mechanism == "jwt-vc-issuer"
    assert by_metadata.jwk["x"] == STRANGER.public_jwk["x"]


async def test_a_list_without_issuer_is_one_of_the_credentials_issuer(find: Find) -> None:
    answers = metadata(ISS, KEY, STRANGER)
    found = await find(token({"kid": STRANGER.kid}, STRANGER), credential({"kid": KEY.kid}), answers)
    assert (found.mechanism, found.problems) == ("jwt-vc-issuer", ())
    assert found.jwk["x"] == STRANGER.public_jwk["x"]
    alone = await find(token({"kid": STRANGER.kid}, STRANGER), None, answers)
    assert alone.mechanism is None


@pytest.mark.parametrize("header", [{}, {"kid": "of the credential"}, {"kid": "another"}])
async def test_a_list_that_is_signed_with_the_key_of_the_credential(find: Find, header: dict[str, Any]) -> None:
    vc = credential({"x5c": [LEAF], "kid": "of the credential"})
    found = await find(token(header), vc)
    assert (found.mechanism, found.problems) == ("x5c", ())
    assert found.jwk["x"] == KEY.public_jwk["x"]
    # The metadata of the issuer know the key neither by its name nor else, but the credential carries it.
    again = await find(token(header), vc, metadata(ISS, STRANGER))
    assert again.mechanism == "x5c"


async def test_a_damaged_list_that_names_the_key_of_the_credential_does_not_verify(find: Find) -> None:
    found = await find(token({"kid": "1"}, STRANGER), credential({"x5c": [LEAF], "kid": "1"}))
    assert found.jwk["x"] == KEY.public_jwk["x"]


async def test_a_key_that_nobody_knows(find: Find) -> None:
    nowhere = await find(token({"kid": STRANGER.kid}, STRANGER), credential())
    assert (nowhere.mechanism, nowhere.jwk) == (None, None)
    assert "[trust] jwks" in nowhere.missing
    unknown = await find(token({"kid": STRANGER.kid}, STRANGER), credential(), metadata(ISS, KEY))
    assert (unknown.mechanism, unknown.jwk) == ("jwt-vc-issuer", None)


async def test_certificates_that_cannot_be_read_are_not_passed_over(find: Find) -> None:
    found = await find(token({"x5c": ["certificate"]}), credential())
    assert (found.mechanism, found.jwk) == ("x5c", None)
    assert [problem.kind for problem in found.problems] == ["x5c-base64"]


async def test_a_list_with_an_issuer_of_its_own_is_not_one_of_the_credentials_issuer(find: Find) -> None:
    document = token({"kid": KEY.kid}, KEY, iss=OTHER)
    found = await find(document, credential({"kid": KEY.kid}), {**metadata(ISS, KEY), **metadata(OTHER, STRANGER)})
    assert found.mechanism == "jwt-vc-issuer"
    assert found.jwk is None


# Whom the team trusts


async def test_the_anchors_of_the_setting_come_before_those_of_credentials(find: Find, tmp_path: Path) -> None:
    root, foreign = anchor(tmp_path, "root", keys.root()), anchor(tmp_path, "foreign", keys.foreign_root())
    document, vc = token({"x5c": [LEAF]}), credential()
    found = [
        (await find(document, vc, **trust)).chain.trusted
        for trust in (
            {},
            {"x5c": (root,)},
            {"x5c": (foreign,)},
            {"iaca": (root,)},
            {"x5c": (foreign,), "status_lists": (root,)},
            {"x5c": (root,), "status_lists": (foreign,)},
        )
    ]
    assert found == [None, True, False, None, True, False]


async def test_the_key_of_the_credential_is_held_to_the_anchors_of_lists(find: Find, tmp_path: Path) -> None:
    root, foreign = anchor(tmp_path, "root", keys.root()), anchor(tmp_path, "foreign", keys.foreign_root())
    found = await find(token({}), credential(), x5c=(root,), status_lists=(foreign,))
    assert found.chain.trusted is False


@pytest.mark.parametrize(("named", "trusted"), [("root", True), ("foreign", False), ("garbage", None)])
async def test_the_certificate_that_an_mdoc_names_is_the_anchor(
    find: Find, named: str, trusted: bool | None
) -> None:
    certificates = {
        "root": keys.root().certificate.public_bytes(Encoding.DER),
        "foreign": keys.foreign_root().certificate.public_bytes(Encoding.DER),
        "garbage": b"certificate",
    }
    header = {1: -7, 16: identifier_list.MEDIA_TYPE, 33: base64.b64decode(LEAF)}
    message = cose.Sign1(header, {}, cbor2.dumps({65530: {"identifiers": {}}}), KEY).signed()
    document = identifier_list.read(cbor2.dumps(message))
    reference = Reference(
        Mechanism.IDENTIFIER_LIST, LIST, "mso/status", identifier=b"1", certificate=certificates[named]
    )
    found = await find(document, None, None, reference)
    assert found.mechanism == "x5chain"
    assert found.chain.trusted is trusted


def verdict(outcome: Outcome, check: str) -> Verdict:
    (found,) = [result.verdict for result in outcome.results if result.check == check]
    return found


@pytest.mark.parametrize(("variant", "setting"), [("status", "x5c"), ("mdoc-identifier-list", "iaca")])
async def test_a_run_trusts_whom_the_settings_name(tmp_path: Path, variant: str, setting: str) -> None:
    issuer = ReferenceIssuer(VARIANTS[variant])
    own = TrustSettings(x5c=(trust_anchor_file(issuer),), iaca=(iaca_file(issuer),))
    foreign = (anchor(tmp_path, "foreign", keys.foreign_root()),)
    stranger, select = ["status-token:certificate-of-stranger"], "status-list-*"
    runs: list[tuple[TrustSettings, list[str], Verdict]] = [
        (own, [], Verdict.PASS),
        (TrustSettings(), [], Verdict.NOT_APPLICABLE),
        (replace(own, status_lists=foreign), [], Verdict.FAIL),
        (replace(own, status_lists=foreign), stranger, Verdict.PASS),
        (TrustSettings(status_lists=getattr(own, setting)), [], Verdict.PASS),
    ]
    for trust, faults, expected in runs:
        outcome = await judge_reference(variant, faults, trust=trust, select=select)
        found = verdict(outcome, "status-list-trusted")
        assert found in (expected, Verdict.WARN if expected is Verdict.FAIL else expected)
        assert verdict(outcome, "status-list-signature") is Verdict.PASS
