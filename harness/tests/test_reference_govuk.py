"""The department that issues to GOV.UK Wallet, with its services in process: what it does right."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from harness.formats import mdoc
from harness.reference import faults, jwt
from harness.tests.govuk_bench import DEPARTMENT, Browser, Town, Wallet, link_on

DAY = 24 * 3600


@pytest.mark.parametrize(
    ("variant", "configuration"),
    [
        ("govuk-mdl", "driving_licence"),
        ("govuk-mdl", "fishing_licence"),
        ("govuk-jwt", "veteran_card"),
        ("govuk-identity", "fishing_licence"),
        ("govuk-quiet", "fishing_licence"),
    ],
)
async def test_from_sign_in_to_a_refreshed_credential(variant: str, configuration: str) -> None:
    town = Town(variant)
    town.one_login.signs_in("erika")
    browser = Browser(town, document=configuration, refresh="yes")
    link = link_on(await browser.travel("/documents"))
    assert link is not None
    wallet = Wallet(town, "erika")
    first = await wallet.redeem(link)

    again = link_on(await Browser(town, refresh="yes").travel(f"/refresh/{configuration}"))
    assert again is not None
    assert again != link
    second = await wallet.redeem(again)
    assert second["credentials"] != first["credentials"]
    rules = {item for item in town.issuer.met if f"accepts:{item}" in faults.catalogue()}
    assert rules == {"govuk-page.signed-in"}
    assert ("notification_id" in second) is town.issuer.variant.notification


async def _issued(town: Town, wallet: Wallet, link: str) -> str:
    answer = await wallet.ask(wallet.token(link))
    assert answer.status_code == 200
    return str(answer.json()["credentials"][0]["credential"])


async def _published(town: Town, path: str) -> Any:
    async with town.http() as http:
        answer = await http.get(f"{DEPARTMENT}{path}")
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("configuration", ["driving_licence", "fishing_licence"])
async def test_a_mobile_document(configuration: str) -> None:
    town = Town("govuk-mdl")
    wallet = Wallet(town, "amina")
    read = mdoc.read(await _issued(town, wallet, town.offer(configuration, "amina")))
    assert read.problems == ()
    supported = (await _published(town, "/.well-known/openid-credential-issuer"))[
        "credential_configurations_supported"
    ]
    assert read.doc_type == supported[configuration]["doctype"]
    assert read.device_key_jwk == wallet.key.export_public(as_dict=True)
    assert read.mso["status"]["status_list"]["uri"] == town.status.entries[0].uri
    times = read.validity_info
    assert times["signed"] <= town.clock() < times["expectedUpdate"] < times["validUntil"]
    assert (
        times["validUntil"] <= town.clock() + supported[configuration]["credential_validity_period_max_days"] * DAY
    )
    elements = read.elements["org.iso.18013.5.1"]
    assert (elements["age_over_18"], elements["age_over_21"]) == (True, False)
    entry = (await _published(town, "/iacas"))["data"][0]
    root = x509.load_pem_x509_certificate(entry["certificatePem"].encode())
    chain = read.issuer_auth.unprotected[33]
    x509.load_der_x509_certificate(chain).verify_directly_issued_by(root)
    der = base64.b64decode("".join(entry["certificatePem"].splitlines()[1:-1]))
    assert entry["certificateFingerprint"] == hashlib.sha256(der).hexdigest()


async def test_a_jwt() -> None:
    town = Town("govuk-jwt")
    wallet = Wallet(town)
    read = jwt.read(await _issued(town, wallet, town.offer()))
    assert read is not None
    document = await _published(town, "/.well-known/did.json")
    method = next(one for one in document["verificationMethod"] if one["id"] == read.header["kid"])
    assert method["id"] in document["assertionMethod"]
    assert read.verified_by(method["publicKeyJwk"])
    assert read.claims["sub"] == read.claims["credentialSubject"]["id"] == wallet.did
    context = await _published(town, read.claims["@context"][1].removeprefix(DEPARTMENT))
    assert "@vocab" in context["@context"]
    photo = base64.b64decode(read.claims["credentialSubject"]["veteranCard"][0]["photo"])
    assert photo.startswith(b"\xff\xd8\xff\xe0")


@dataclass(frozen=True)
class _Person:
    birth_date: str
    given_name: str = "Robin"
    family_name: str = "Young"


async def test_a_birthday_brings_the_update_forward() -> None:
    town = Town("govuk-mdl")
    soon = datetime.fromtimestamp(town.clock(), UTC).date() + timedelta(days=20)
    person = _Person(soon.replace(year=soon.year - 18).isoformat())
    wallet = Wallet(town)
    link = town.issuer.mint_offer(subject=town.subject_of("kenneth"), person=person)
    read = mdoc.read(await _issued(town, wallet, link))
    assert datetime.fromtimestamp(read.validity_info["expectedUpdate"], UTC).date() == soon
    assert read.elements["org.iso.18013.5.1"]["age_over_18"] is False
    town.clock.advance(20 * DAY)
    refreshed = await wallet.ask(wallet.token(link, refresh=True))
    again = mdoc.read(refreshed.json()["credentials"][0]["credential"])
    assert again.elements["org.iso.18013.5.1"]["age_over_18"] is True


async def test_a_credential_ends_with_its_document() -> None:
    town = Town("govuk-jwt")
    town.clock.moment = datetime(2037, 3, 1, tzinfo=UTC).timestamp()
    read = jwt.read(await _issued(town, Wallet(town), town.offer()))
    assert read is not None
    assert read.claims["validUntil"] == "2037-03-31T00:00:00Z"


async def test_what_is_known_of_a_user_can_change() -> None:
    town = Town("govuk-jwt")
    wallet, link = Wallet(town), town.offer()
    first = await _issued(town, wallet, link)
    await town.issuer.operate("change_claims", first)
    second = jwt.read((await wallet.ask(wallet.token(link, refresh=True))).json()["credentials"][0]["credential"])
    assert second is not None
    assert second.claims["credentialSubject"]["name"][0]["nameParts"][1]["value"] == "Gabler"
    with pytest.raises(ValueError, match="does not revoke"):
        await town.issuer.operate("revoke", first)


async def test_offers_over_http() -> None:
    town = Town("govuk-mdl")
    async with town.http() as http:
        wish = {"configuration": "fishing_licence", "subject": town.subject_of("kenneth")}
        made = await http.post(f"{DEPARTMENT}/assay/offers", json=wish)
        assert made.status_code == 201
        assert (await http.post(f"{DEPARTMENT}/assay/offers", json={})).status_code == 400
    credential = await _issued(town, Wallet(town), made.json()["offer"])
    async with town.http() as http:
        done = await http.post(
            f"{DEPARTMENT}/assay/credentials", json={"operation": "revoke", "credential": credential}
        )
    assert done.status_code == 204
    assert town.status.entries[0].revoked_at is not None
