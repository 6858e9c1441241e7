"""Which requirements of OpenID4VCI 1.0 hold in another version: complete, without contradiction and readable."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from harness import catalogue, checks, cli, dialects, profiles, version_table, versions
from harness.profiles import ProfileError
from harness.versions import VersionError

SCHEMAS = resources.files("schemas")
VERSIONS = {
    file.name: tomllib.loads(file.read_text("utf-8"))
    for file in (SCHEMAS / "versions").iterdir()
    if file.name.endswith(".toml")
}
FINAL = tomllib.loads((SCHEMAS / "requirements" / "oid4vci-1_0.toml").read_text("utf-8"))
IDS = [entry["id"] for entry in FINAL["requirement"]]


def test_there_is_something_to_look_at() -> None:
    assert {"draft-11.toml", "draft-13.toml"} <= VERSIONS.keys()


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_every_requirement_stands_in_exactly_one_place_and_in_order(name: str) -> None:
    version = VERSIONS[name]
    places: list[list[str]] = [list(version["holds"]), list(version.get("differs", {})), version["absent"]]
    assert sorted(requirement for place in places for requirement in place) == sorted(IDS)
    for place in places:
        assert place == [requirement for requirement in IDS if requirement in set(place)]


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_what_holds_leads_to_a_section_and_what_differs_is_told_in_a_sentence(name: str) -> None:
    version: dict[str, Any] = VERSIONS[name]
    assert name == f"{version['version']}.toml"
    assert version["url"].startswith("https://")
    for requirement, section in version["holds"].items():
        assert re.fullmatch(r"([0-9]+|[A-Z])(\.[0-9]+)*", section), requirement
    for requirement, told in version.get("differs", {}).items():
        assert told.endswith("."), requirement
        assert told.count("`") % 2 == 0, requirement
        assert not re.search(r"\s{2}|\n", told), requirement


DRAFTS = [name for name in versions.names() if name.startswith("draft-")]


def test_versions_are_given_from_the_oldest_on() -> None:
    assert versions.names() == ("draft-11", "draft-13", "draft-14", "draft-15", "draft-16", "1.1")


@pytest.mark.parametrize("name", versions.names())
def test_a_version_is_what_its_file_says(name: str) -> None:
    loaded, file = versions.load(name), VERSIONS[f"{name}.toml"]
    assert (loaded.name, loaded.title, loaded.url) == (name, file["title"], file["url"])
    assert loaded.provisional == (name == "1.1")
    assert (dict(loaded.holds), dict(loaded.differs)) == (file["holds"], file.get("differs", {}))
    assert loaded.absent == set(file["absent"])


def test_a_version_that_nobody_knows_is_refused_in_one_line() -> None:
    with pytest.raises(VersionError, match=r'^there is no version "draft-12" .* known are draft-11, .*$'):
        versions.load("draft-12")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": None}, '"title" is missing or of the wrong type'),
        ({"absent": {}}, '"absent" is missing or of the wrong type'),
        ({"provisional": "yes"}, '"provisional" is missing or of the wrong type'),
        ({"absent": ["VCI-1-01"]}, "VCI-1-01 stands in two places"),
        ({"differs": {"VCI-1-01": "No."}}, "VCI-1-01 stands in two places"),
        ({"differs": {"VCI-1-02": "No."}, "absent": ["VCI-1-02"]}, "VCI-1-02 stands in two places"),
    ],
)
def test_a_broken_version_is_named(change: dict[str, Any], told: str) -> None:
    whole = {"version": "v", "title": "V", "url": "https://v.example", "holds": {"VCI-1-01": "1"}, "absent": []}
    assert versions.parse(whole, "v.toml").holds == {"VCI-1-01": "1"}
    with pytest.raises(VersionError) as caught:
        versions.parse({**whole, **change}, "v.toml")
    assert str(caught.value) == f"v.toml: {told}"


def test_a_requirement_that_holds_is_told_by_the_section_of_the_version() -> None:
    drafted = catalogue.of(["VCI"], version="draft-13")["VCI-8.2-05"]
    final = catalogue.load()["VCI-8.2-05"]
    assert (drafted.spec, drafted.clause) == ("OpenID4VCI draft 13", "7.2")
    assert (
        drafted.link == "https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0-13.html#section-7.2"
    )
    assert (drafted.id, drafted.level, drafted.text) == (final.id, final.level, final.text)


def test_an_appendix_is_linked_as_one() -> None:
    assert versions.load("draft-13").link("A.3.2").endswith("-13.html#appendix-A.3.2")


@pytest.mark.parametrize("name", versions.names())
def test_of_the_requirements_of_1_0_those_that_hold_are_given_and_of_others_all(name: str) -> None:
    chosen = catalogue.of(["VCI", "RFC6749"], version=name)
    others = {one for one in catalogue.load() if one.startswith("RFC6749-")}
    assert set(chosen) == {*VERSIONS[f"{name}.toml"]["holds"], *others}


@pytest.mark.parametrize("name", DRAFTS)
def test_each_draft_has_a_profile_and_a_dialect(name: str) -> None:
    profile = profiles.load(f"oid4vci-{name}")
    assert profile.version == name
    assert profile.settings["dialect"] == {"oid4vci": name}
    assert dialects.load(name).name == name
    judging = catalogue.of(profile.specifications, version=name)
    title = versions.load(name).title
    assert {one.spec for one in judging.values() if "OpenID4VCI" in one.spec} == {title}
    own = {one.id.split("-")[0] for one in judging.values() if one.spec == title}
    assert len(own) == 2


@pytest.mark.parametrize("name", DRAFTS)
def test_the_checks_of_a_draft_judge_by_nothing_that_does_not_hold(name: str) -> None:
    judging = catalogue.of(profiles.load(f"oid4vci-{name}").specifications, version=name)
    within = checks.within(judging)
    assert len(within) > 50
    gone = {*VERSIONS[f"{name}.toml"].get("differs", {}), *VERSIONS[f"{name}.toml"]["absent"]}
    assert not {item for check in within.values() for item in check.requires} & gone


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('version = "draft-12"', '"version" is not one of draft-11, '),
        ("version = 13", '"version" has to be the name of a version'),
        ('version = ""', '"version" has to be the name of a version'),
        ('version = "draft-13"\nspecifications = ["RFC6749"]', '"version" is about "VCI"'),
    ],
)
def test_a_profile_with_an_impossible_version_is_refused(line: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    rest = "" if "specifications" in line else 'specifications = ["VCI"]\n'
    file.write_text(f'name = "own"\ntitle = "Own"\n{rest}{line}\n')
    with pytest.raises(ProfileError, match=f"^own.toml: {re.escape(told)}"):
        profiles.load(str(file))


def test_the_rows_say_where_each_requirement_is() -> None:
    by_id = {row["id"]: row for row in version_table.rows()}
    assert list(by_id) == IDS
    for name, file in VERSIONS.items():
        version = name.removesuffix(".toml")
        assert {one for one, row in by_id.items() if version in row["holds"]} == set(file["holds"])
        assert {one for one, row in by_id.items() if version in row["differs"]} == set(file.get("differs", {}))
        assert {one for one, row in by_id.items() if version in row["absent"]} == set(file["absent"])


def test_the_command_lists_the_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "versions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == version_table.rows()
    assert cli.main(["list", "versions"]) == 0
    line = next(each for each in capsys.readouterr().out.splitlines() if each.startswith("VCI-4.1.1-04 "))
    assert line.endswith("[draft-16 (4.1.1), 1.1 (4.1.1); otherwise in draft-11, draft-13, draft-14, draft-15]")


def test_the_page_tells_of_every_requirement_and_of_every_other_rule() -> None:
    page = version_table.page()
    for requirement in IDS:
        assert f"| [{requirement}](" in page
    for file in VERSIONS.values():
        assert all(told in page for told in file.get("differs", {}).values())
    assert (
        "[7.2](https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0-13.html#section-7.2)" in page
    )
