"""The table of what Partisia's page shows is whole, and the simulated service does what it says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness import catalogue
from harness.model import Basis, Level
from harness.tests.test_vendors_partisia import DOCUMENTED, FIXED, ISSUER, METADATA, NONCE, SERVER, Place
from harness.vendors.partisia.peculiarities import Outcome, Peculiarity, peculiarities, read, versions
from harness.vendors.partisia.variants import PartisiaError

BY_ID = {one.id: one for one in peculiarities()}
CATALOGUE = {name: found for name, found in catalogue.load().items() if name.startswith("PAR-")}
FINAL, DRAFT_15 = "1.0", "draft-15"


def test_there_are_36_of_them_for_six_versions() -> None:
    assert list(BY_ID) == [f"PK{number}" for number in range(1, 37)]
    assert versions() == ("draft-11", "draft-13", "draft-14", "draft-15", "draft-16", "1.0")


@pytest.mark.parametrize("one", peculiarities(), ids=lambda one: one.id)
def test_each_is_judged_by_a_check_of_the_catalogue(one: Peculiarity) -> None:
    assert one.check in {alias for found in CATALOGUE.values() for alias in found.aliases}
    assert one.shows.endswith(".")
    for clause in one.clause.values():
        assert re.fullmatch(r"([A-F]|\d+)(\.\d+)*|RFC \d+ \d+(\.\d+)*", clause)


@pytest.mark.parametrize("one", peculiarities(), ids=lambda one: one.id)
def test_a_run_decides_what_the_page_leaves_open_in_the_versions_it_can_be_run_in(one: Peculiarity) -> None:
    for version in ("draft-15", "draft-16", "1.0"):
        assert one.after_run(version) not in (Outcome.INCONCLUSIVE, Outcome.DOCUMENT_DEFECT)
    assert all(one.page[version] is not outcome for version, outcome in one.run.items())


def test_the_page_fits_draft_15_but_for_what_warns() -> None:
    said = {one.after_run(DRAFT_15) for one in peculiarities()}
    assert said == {Outcome.PASS, Outcome.WARN, Outcome.INFO}
    failing = {one.id for one in peculiarities() if one.after_run(FINAL) is Outcome.FAIL}
    assert failing == {"PK1", "PK22"}


ENTRY: dict[str, Any] = {
    "id": "PK0",
    "shows": "Something.",
    "check": "PAR-01",
    "page": {"1.0": "pass"},
    "clause": {"1.0": "4.1"},
}


def test_an_entry_is_read() -> None:
    one = read({**ENTRY, "run": {"1.0": "fail"}}, ("1.0",))
    assert (one.page["1.0"], one.after_run("1.0")) == (Outcome.PASS, Outcome.FAIL)
    with pytest.raises(KeyError):
        one.after_run("draft-13")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"page": {"1.0": "perhaps"}}, "PK0: 'perhaps' is not a valid Outcome"),
        ({"page": {}}, "PK0: its versions are not 1.0"),
        ({"run": {"2.0": "pass"}}, "PK0: its versions are not 1.0"),
        ({"page": "pass"}, "PK0: 'str' object"),
    ],
)
def test_a_broken_entry_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(PartisiaError, match=re.escape(said)):
        read({**ENTRY, **change}, ("1.0",))


def test_an_entry_without_a_member_is_named() -> None:
    with pytest.raises(PartisiaError, match="PK0: there is no 'check'"):
        read({name: value for name, value in ENTRY.items() if name != "check"}, ("1.0",))


# The catalogue


def test_the_catalogue_has_every_check_and_only_what_the_page_says_is_a_must() -> None:
    assert {alias for found in CATALOGUE.values() for alias in found.aliases} == {
        f"PAR-{number:02}" for number in range(1, 27)
    }
    assert all(found.basis for found in CATALOGUE.values())
    assert {found.basis for found in CATALOGUE.values() if found.level is Level.MUST} == {Basis.STANDARD}


# The services do what the table says


def observed(place: Place) -> dict[str, bool]:
    """Tell of some peculiarities whether the service has them."""
    offer, metadata = place.offer(), place.send("GET", METADATA).json()
    first = next(iter(metadata["credential_configurations_supported"].values()))
    proof = place.proof
    plural = place.ask(place.body(None, proofs={"jwt": [proof()]}))
    issued = place.issue()
    unknown = place.ask(place.body(proof(), credential_configuration_id="x"))
    return {
        "PK1": offer["credential_issuer"] != metadata["credential_issuer"],
        "PK2": place.send("GET", f"{METADATA}/").status_code != 200 and offer["credential_issuer"].endswith("/"),
        "PK3": not set(offer["credential_configuration_ids"])
        <= set(metadata["credential_configurations_supported"]),
        "PK5": "credentialSubject" in first["credential_definition"],
        "PK6": "v2" in first["credential_definition"]["@context"][0],
        "PK7": "proof_types_supported" not in first,
        "PK9": place.send("GET", SERVER).json().get("issuer") != SERVER.partition("/.well-known")[0],
        "PK15": place.redeem().headers.get("Cache-Control") != "no-store",
        "PK17": place.send("POST", NONCE).headers.get("Cache-Control") != "no-store",
        "PK22": plural.status_code != 200,
        "PK26": place.ask(place.body(proof(aud=ISSUER))).status_code != 200,
        "PK31": "StudyID" not in issued.get("vc", issued)["type"],
        "PK36": unknown.json()["error"] != "unknown_credential_configuration",
    }


@pytest.mark.parametrize("name", [DOCUMENTED, FIXED])
def test_the_services_have_the_peculiarities_of_the_table(name: str) -> None:
    has = observed(Place(name))
    blamed = {one for one in has if BY_ID[one].after_run(FINAL) in (Outcome.WARN, Outcome.FAIL)}
    assert {one for one, there in has.items() if there} == (blamed if name == DOCUMENTED else set())
