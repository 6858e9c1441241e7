from __future__ import annotations

import re

import pytest

from harness.govuk.environments import ENVIRONMENTS, UnknownEnvironment, environment
from harness.govuk.people import PEOPLE, sector_host_of, wallet_subject_id


def test_the_bundled_people_are_told_apart_by_all_that_identifies_them() -> None:
    assert {"kenneth", "erika", "amina"} <= set(PEOPLE)
    assert all(person.name == name for name, person in PEOPLE.items())
    for identifying in ("subject", "email", "birth_date"):
        assert len({getattr(person, identifying) for person in PEOPLE.values()}) == len(PEOPLE)


def test_a_wallet_subject_is_the_digest_of_sector_and_account() -> None:
    # printf 'example.gov.uk<subject of erika>' | openssl dgst -sha256 -binary | base64
    expected = "urn:fdc:wallet.account.gov.uk:2024:MMHp0uBi4_Jb7uz4zx45HJ3ENJ_snOeTV_zS6WRpmFs"
    assert wallet_subject_id(PEOPLE["erika"], "example.gov.uk") == expected


def test_every_pair_of_person_and_sector_has_its_own_wallet_subject() -> None:
    form = re.compile(r"urn:fdc:wallet\.account\.gov\.uk:2024:[A-Za-z0-9_-]{43}")
    subjects = {wallet_subject_id(person, host) for person in PEOPLE.values() for host in ("a.gov.uk", "b.gov.uk")}
    assert len(subjects) == 2 * len(PEOPLE)
    assert all(form.fullmatch(subject) for subject in subjects)


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://issuer.service.gov.uk", "issuer.service.gov.uk"),
        ("https://www.issuer.service.gov.uk/redirects.json", "issuer.service.gov.uk"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
    ],
)
def test_a_sector_is_a_host_without_port_and_www(uri: str, host: str) -> None:
    assert sector_host_of(uri) == host


def test_a_sector_identifier_without_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="has no host"):
        sector_host_of("issuer.service.gov.uk")


def test_environments_name_their_services() -> None:
    production = environment("production")
    assert production.offer_endpoints == ("https://mobile.account.gov.uk/wallet/add",)
    assert production.token_service == "https://token.account.gov.uk"
    assert production.one_login == "https://oidc.account.gov.uk/"
    assert environment("local").offer_endpoints == ()
    assert environment("local").token_service is None


def test_no_url_stands_in_two_environments() -> None:
    urls = [url for found in ENVIRONMENTS.values() for url in (*found.offer_endpoints, found.token_service) if url]
    assert len(set(urls)) == len(urls)


def test_an_unknown_environment_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownEnvironment, match='"prod"; known are production, integration'):
        environment("prod")
