"""The ``[govuk]`` settings, and what a run makes of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.config import ConfigError, load
from harness.govuk.people import PEOPLE, wallet_subject_id
from harness.govuk.standing import relying_party
from harness.govuk.surroundings import Surroundings, SurroundingsError, person, sector_host
from harness.govuk.targets import open_govuk
from harness.govuk.token_service import TokenService
from harness.offer_sources import offer_sources
from harness.preflight import PreflightError
from harness.settings import CommandHook, GovukSettings, OneLoginSettings, ServiceSettings, Settings

FILE = """
issuer_url = "https://licences.service.gov.uk"
profile = "govuk-wallet"

[govuk]
environment = "integration"
client_id = "client"
user = "amina"

[govuk.token_service]
url = "https://tunnel.example"
listen = "127.0.0.1:3001"

[govuk.one_login]
redirect_uris = ["https://licences.service.gov.uk/return"]
jwks_url = "https://licences.service.gov.uk/jwks.json"
"""


def loaded(tmp_path: Path, text: str = FILE, **cli: object) -> Settings:
    (tmp_path / "assay.toml").write_text(text)
    return load(cli, {}, tmp_path)


def test_the_file_and_the_profile_say_it_together(tmp_path: Path) -> None:
    found = loaded(tmp_path, vci_official_strict=True)
    assert found.dialect.oid4vci == "govuk-wallet"
    assert found.govuk.token_service == ServiceSettings("https://tunnel.example", "127.0.0.1:3001")
    assert found.govuk.one_login.redirect_uris == ("https://licences.service.gov.uk/return",)
    assert (found.govuk.user, found.govuk.official_strict) == ("amina", True)


def test_id_tokens_are_signed_as_registered(tmp_path: Path) -> None:
    assert relying_party(loaded(tmp_path).govuk).id_token_signing_algorithm == "ES256"
    other = FILE.replace("jwks_url =", 'id_token_signing_algorithm = "RS256"\njwks_url =')
    assert relying_party(loaded(tmp_path, other).govuk).id_token_signing_algorithm == "RS256"
    with pytest.raises(ConfigError, match="ES256"):
        loaded(tmp_path, other.replace("RS256", "HS256"))


def test_another_profile_speaks_the_final_specification(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'issuer_url = "https://issuer.example"').dialect.oid4vci == "1.0"


def test_the_service_needs_a_client_id(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"needs govuk\.client_id"):
        loaded(tmp_path, FILE.replace('client_id = "client"', ""))


def test_the_issuer_has_to_know_the_token_service() -> None:
    settings = Settings(issuer_url="https://licences.service.gov.uk")
    with pytest.raises(PreflightError, match=r"\[govuk\.token_service\] listen"):
        open_govuk(settings, "govuk-mdl")


def test_nobody_but_bundled_people_uses_the_wallet() -> None:
    with pytest.raises(SurroundingsError, match="there are kenneth"):
        person("nobody")


@pytest.mark.parametrize(
    ("one_login", "host"),
    [
        (OneLoginSettings(), "licences.service.gov.uk"),
        (OneLoginSettings(redirect_uris=("https://web.service.gov.uk/return",)), "web.service.gov.uk"),
        (OneLoginSettings(sector_identifier="https://www.sector.gov.uk/x"), "sector.gov.uk"),
    ],
)
def test_the_subject_is_the_one_that_one_login_tells_the_service(one_login: OneLoginSettings, host: str) -> None:
    settings = GovukSettings(one_login=one_login)
    issuer = "https://licences.service.gov.uk"
    tokens = TokenService("https://token.example")
    around = Surroundings(settings, tokens, None, None, sector_host(settings, issuer), issuer)
    assert around.subject == wallet_subject_id(PEOPLE["kenneth"], host)
    around.redeem_as(around.other_user)
    assert tokens.user == wallet_subject_id(PEOPLE["erika"], host)
    around.redeem_as()
    assert tokens.user == around.subject


async def test_a_hook_is_told_who_uses_the_wallet(tmp_path: Path) -> None:
    issuer = "https://licences.service.gov.uk"
    around = Surroundings(GovukSettings(), TokenService("https://token.example"), None, None, "host", issuer)
    program = "import os; print(os.environ['ASSAY_WALLET_SUBJECT_ID'], os.environ['ASSAY_EMAIL'])"
    hook = CommandHook("offer", (sys.executable, "-c", program), tmp_path)
    (source,) = offer_sources(Settings(offers=(hook,)), known=around.holder)
    assert (await source.fetch("licence")).offer == f"{around.subject} {around.user.email}"
