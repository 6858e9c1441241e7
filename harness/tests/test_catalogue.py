"""The requirement catalogue is complete, in order and readable, and broken files are named."""

import itertools
import json
import re
import tomllib
from importlib import resources
from typing import Any

import jsonschema
import pytest

from harness import catalogue, profiles
from harness.model import Basis, Level, Severity

SCHEMAS = resources.files("schemas")
FILES = {
    file.name: tomllib.loads(file.read_text("utf-8"))
    for file in (SCHEMAS / "requirements").iterdir()
    if file.name.endswith(".toml")
}
ENTRIES = [
    pytest.param(document["spec"], entry, id=entry["id"])
    for document in FILES.values()
    for entry in document["requirement"]
]

SITES = (".service.gov.uk/",)
"""Documentation that is a site of pages."""
WORDS = (*SITES, "-integration-standard", "/pre-authorized-code/overview", "/issuer/issuance.html")
"""Documentation without numbered clauses: theirs are words, in the order of the pages."""

SPEC = """
[spec]
name = "A Specification"
short = "A Spec"
version = "1"
prefix = "ASPEC"
url = "https://spec.example/a.html"
"""
ENTRY = """
[[requirement]]
id = "ASPEC-2.1-01"
level = "MUST"
actor = "issuer"
text = "The issuer does it."
anchor = "section-2.1"
severity = "high"
why = "People lose."
"""


def clause_key(requirement_id: str) -> tuple[list[tuple[bool, int, str]], int]:
    """Order chapters before appendices, each part of a clause by its number, then the ordinal."""
    _, clause, ordinal = requirement_id.split("-")
    parts = [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in clause.split(".")]
    return parts, int(ordinal)


@pytest.mark.parametrize("name", sorted(FILES))
def test_file_is_valid_by_its_schema(name: str) -> None:
    schema = json.loads((SCHEMAS / "requirement.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(FILES[name])


@pytest.mark.parametrize("name", sorted(FILES))
def test_entries_stand_in_clause_order_with_ordinals_from_one(name: str) -> None:
    ids = [entry["id"] for entry in FILES[name]["requirement"]]
    if FILES[name]["spec"]["url"].endswith(WORDS):
        clauses = [clause for clause, _ in itertools.groupby(ids, key=lambda i: i.split("-")[1])]
        assert len(clauses) == len(set(clauses)), "the entries of a clause stand together"
    else:
        assert ids == sorted(set(ids), key=clause_key)
    for clause, group in itertools.groupby(ids, key=lambda i: i.rsplit("-", 1)[0]):
        ordinals = [int(i.rsplit("-", 1)[1]) for i in group]
        assert ordinals == sorted(set(ordinals)), clause
        assert ordinals[0] >= 1, clause


@pytest.mark.parametrize(("spec", "entry"), ENTRIES)
def test_entry_says_what_a_reader_needs(spec: dict[str, str], entry: dict[str, Any]) -> None:
    prefix, clause, _ = entry["id"].split("-")
    assert prefix == spec["prefix"]
    assert ("page" in entry) == spec["url"].endswith(SITES)
    named = ("https://www.w3.org/", "https://w3c-ccg.github.io/", "https://github.com/", "https://docs.")
    if "link" in entry:
        assert "basis" in entry
    elif spec["url"].startswith((*named, "https://digital.nhs.uk/", "https://learn.mattr.global/")):
        # W3C, GitHub and the documentation of GOV.UK name the anchors of sections by their titles.
        assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", entry["anchor"])
    else:
        assert entry["anchor"] == ("appendix-" if clause[0].isalpha() else "section-") + clause
    for key in ("text", "why", "note", "untestable"):
        if key in entry:
            assert entry[key].endswith("."), key
            assert not re.search(r"\s{2}|\n", entry[key]), key
            assert entry[key].count("`") % 2 == 0, key
    assert len(re.findall(r"[.!?](?:\s|$)", entry["text"])) == 1, "one sentence"
    assert len(entry["text"]) <= 200, "short"
    assert entry["text"] != entry["why"]


def test_texts_are_distinct_within_a_clause() -> None:
    seen: dict[tuple[str, str], str] = {}
    for requirement in catalogue.load().values():
        key = (requirement.spec + requirement.clause, requirement.text)
        assert seen.setdefault(key, requirement.id) == requirement.id


def test_load_gives_every_entry_of_every_file_in_order() -> None:
    loaded = catalogue.load()
    names = sorted(FILES, key=lambda name: (not name.startswith("oid4vci"), name))
    expected = [entry["id"] for name in names for entry in FILES[name]["requirement"]]
    assert list(loaded) == expected
    assert len(loaded) == len(expected)
    assert catalogue.load() is loaded


def test_a_requirement_carries_clause_link_and_values() -> None:
    requirement = catalogue.load()["VCI-8.3.1.2-01"]
    assert requirement.spec == "OpenID4VCI 1.0"
    assert requirement.clause == "8.3.1.2"
    assert requirement.link == (
        "https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-8.3.1.2"
    )
    assert requirement.level is Level.MUST
    assert requirement.severity is Severity.LOW
    assert requirement.testable
    assert not catalogue.load()["VCI-15.4.1-04"].testable


@pytest.mark.parametrize(
    ("requirement_id", "level"),
    [
        ("RFC6749-5.1-12", Level.SHOULD),  # Pragma, deprecated since
        ("VCI-13.10-01", Level.SHOULD),  # lifetime of an Access Token
        ("RFC8414-2-09", Level.SHOULD),  # grant types against the offer
        ("VCI-12.3-03", Level.SHOULD),  # anonymous access that is not announced
    ],
)
def test_a_level_that_differs_from_the_clause_is_explained(requirement_id: str, level: Level) -> None:
    requirement = catalogue.load()[requirement_id]
    assert requirement.level is level
    assert requirement.note


def test_a_run_judges_by_every_specification_that_is_not_of_another_profile() -> None:
    prefixes = {requirement_id.split("-")[0] for requirement_id in catalogue.load()}
    drafts = {"VCI11", "VCI13", "VCI14", "VCID14", "VCI15", "VCI16"}
    others = {"GOVUK", "ONELOGIN", "DSP", "DSPG", "MTR", "PAR", "HAIP", "FAPI2", "RFC9325", *drafts}
    assert set(profiles.load("oid4vci-1.0").specifications) == prefixes - others


@pytest.mark.parametrize("name", profiles.names())
def test_a_profile_names_each_of_its_specifications_once(name: str) -> None:
    prefixes = {requirement_id.split("-")[0] for requirement_id in catalogue.load()}
    named = profiles.load(name).specifications
    assert set(named) <= prefixes
    assert len(named) == len(set(named))


def test_a_requirement_of_a_site_links_to_its_page() -> None:
    requirement = catalogue.load()["GOVUK-METADATA-17"]
    assert requirement.link == (
        "https://docs.wallet.service.gov.uk/issue-credentials/metadata/#credential-information"
    )


def test_what_no_published_text_demands_is_never_a_must() -> None:
    requirements = [each for each in catalogue.load().values() if each.basis and not each.basis.binds]
    assert {each.basis for each in requirements} == {Basis.VENDOR, Basis.OBSERVED, Basis.ASSUMED}
    assert {each.level for each in requirements} <= {Level.SHOULD, Level.MAY}


@pytest.mark.parametrize("name", ["staff-passport.toml", "staff-passport-gateway.toml"])
def test_every_statement_about_the_staff_passport_says_what_it_rests_on(name: str) -> None:
    for entry in FILES[name]["requirement"]:
        assert entry["basis"] in list(Basis), entry["id"]
        # What the standard says, or what is inferred from it, leads there; the rest to where it is said.
        elsewhere = entry["basis"] in (Basis.OAUTH, Basis.VENDOR, Basis.OBSERVED)
        assert ("link" in entry) == elsewhere, entry["id"]


@pytest.mark.parametrize("basis", ["vendor", "observed", "assumed"])
def test_the_catalogue_and_its_schema_refuse_a_must_that_no_text_backs(basis: str) -> None:
    content = SPEC + ENTRY + f'basis = "{basis}"\n'
    with pytest.raises(catalogue.CatalogueError, match=f"what is {basis} is at most SHOULD"):
        catalogue.parse({"a.toml": content.encode()})
    schema = json.loads((SCHEMAS / "requirement.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    assert not validator.is_valid(tomllib.loads(content))
    assert validator.is_valid(tomllib.loads(content.replace("MUST", "SHOULD")))


def test_a_statement_of_another_text_leads_there() -> None:
    content = SPEC + ENTRY.replace('anchor = "section-2.1"', 'link = "https://other.example/b#c"')
    requirement = catalogue.parse({"a.toml": (content + 'basis = "oauth"\n').encode()})["ASPEC-2.1-01"]
    assert (requirement.link, requirement.basis) == ("https://other.example/b#c", Basis.OAUTH)


def test_spec_names_lead_from_short_to_full_name() -> None:
    loaded = catalogue.load()
    assert loaded.spec_names["RFC 8414"] == "OAuth 2.0 Authorization Server Metadata"
    assert {requirement.spec for requirement in loaded.values()} == set(loaded.spec_names)


def test_digest_follows_content_and_name_of_the_files() -> None:
    one = catalogue.parse({"a.toml": (SPEC + ENTRY).encode()}).digest
    assert re.fullmatch(r"[0-9a-f]{64}", one)
    assert catalogue.parse({"a.toml": (SPEC + ENTRY).encode()}).digest == one
    assert catalogue.parse({"b.toml": (SPEC + ENTRY).encode()}).digest != one
    assert catalogue.parse({"a.toml": (SPEC + ENTRY + "\n").encode()}).digest != one


def test_optional_members_are_read() -> None:
    extra = 'note = "N."\nuntestable = "U."\naliases = ["X-1", "X-2"]\n'
    requirement = catalogue.parse({"a.toml": (SPEC + ENTRY + extra).encode()})["ASPEC-2.1-01"]
    assert (requirement.note, requirement.untestable, requirement.aliases) == ("N.", "U.", ("X-1", "X-2"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "a.toml: not TOML"),
        (b"[spec", "a.toml: not TOML"),
        (ENTRY.encode(), "a.toml: [spec]: missing or not a table"),
        (SPEC.encode(), "a.toml: no [[requirement]]"),
        ((SPEC + "\n[other]\n" + ENTRY).encode(), "a.toml: unknown key 'other'"),
        ((SPEC.replace("https:", "") + ENTRY).encode(), "a.toml: [spec]: url"),
        ((SPEC.replace("prefix", "prefax") + ENTRY).encode(), "a.toml: [spec]: missing key 'prefix'"),
        ((SPEC + ENTRY + ENTRY).encode(), "a.toml: ASPEC-2.1-01: the id is used twice"),
        ((SPEC + ENTRY.replace("MUST", "must")).encode(), "a.toml: ASPEC-2.1-01: level 'must'"),
        ((SPEC + ENTRY.replace('"high"', '"huge"')).encode(), "a.toml: ASPEC-2.1-01: severity 'huge'"),
        ((SPEC + ENTRY.replace('"issuer"', '"wallet"')).encode(), "a.toml: ASPEC-2.1-01: actor 'wallet'"),
        ((SPEC + ENTRY.replace("ASPEC-", "OTHER-")).encode(), "a.toml: OTHER-2.1-01: the id is not ASPEC-"),
        ((SPEC + ENTRY.replace("2.1-01", "2.1-1")).encode(), "a.toml: ASPEC-2.1-1: the id is not"),
        ((SPEC + ENTRY.replace("why", "wy")).encode(), "a.toml: ASPEC-2.1-01: missing key 'why'"),
        ((SPEC + ENTRY + 'basis = "hearsay"\n').encode(), "a.toml: ASPEC-2.1-01: basis 'hearsay' is not one of"),
        ((SPEC + ENTRY + 'link = "https://x.example"\n').encode(), "a.toml: ASPEC-2.1-01: either anchor or link"),
        ((SPEC + ENTRY + "weight = 1\n").encode(), "a.toml: ASPEC-2.1-01: unknown key 'weight'"),
        ((SPEC + ENTRY + "note = 1\n").encode(), "a.toml: ASPEC-2.1-01: note is not a string"),
        ((SPEC + ENTRY + 'aliases = "X"\n').encode(), "a.toml: ASPEC-2.1-01: aliases is not an array"),
        ((SPEC + ENTRY.replace('id = "', '# "')).encode(), "a.toml: requirement 1: missing key 'id'"),
        (("requirement = [1]\n" + SPEC).encode(), "a.toml: requirement 1: not a table"),
    ],
)
def test_a_broken_file_is_named_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(catalogue.CatalogueError) as caught:
        catalogue.parse({"a.toml": content})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_two_files_cannot_share_a_prefix() -> None:
    content = (SPEC + ENTRY).encode()
    with pytest.raises(catalogue.CatalogueError, match=r"^b\.toml: \[spec\]: prefix 'ASPEC' belongs to a\.toml"):
        catalogue.parse({"a.toml": content, "b.toml": content})
