"""Which suites a run loads."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from dataclasses import replace

import pytest

import suites
from harness import catalogue, checks, profiles
from harness.checks import area
from harness.expect import Expect

check = area("Versions")
SUITES = [info.name for info in pkgutil.iter_modules(suites.__path__, "suites.")]


@pytest.mark.parametrize("suite", SUITES)
def test_each_check_names_a_requirement_with_a_prefix_of_its_suite(suite: str) -> None:
    package = importlib.import_module(suite)
    prefixes = getattr(package, "PREFIXES", None)
    if prefixes is None:
        assert checks.concerns(suite, ())
        return
    others = [
        check.id
        for name in package.MODULES
        for check in checks.of_module(importlib.import_module(f"{suite}.{name}"))
        if prefixes.isdisjoint(item.split("-", 1)[0] for item in check.requires)
    ]
    assert others == []


@pytest.mark.parametrize("profile", profiles.names())
def test_what_is_left_out_could_not_be_in_the_run(profile: str) -> None:
    loaded = profiles.load(profile)
    known = catalogue.of(loaded.specifications, version=loaded.version, without=loaded.leaves_out)
    assert checks.within(known) == checks.in_effect(checks.load(), known)
    assert checks.within(known)


@check("one-for-several-versions", requires=["VCI-4.1.1-01", "VCI13-4.1.1-01", "RFC8259-4-01"], proven_by={})
async def one_for_several_versions(expect: Expect) -> None:
    """What several versions ask."""
    expect.that(False, "FIRST", "what the first requirement asks", "not")
    expect.that(False, "DRAFT", "what draft 13 asks", "not", requirement="VCI13-4.1.1-01")


@pytest.mark.parametrize(
    ("holding", "by"),
    [
        (["VCI-4.1.1-01", "VCI13-4.1.1-01", "RFC8259-4-01"], ["VCI-4.1.1-01", "VCI13-4.1.1-01", "RFC8259-4-01"]),
        (["VCI-4.1.1-01", "RFC8259-4-01"], ["VCI-4.1.1-01", "RFC8259-4-01"]),
        (["VCI13-4.1.1-01", "RFC8259-4-01"], ["VCI13-4.1.1-01", "RFC8259-4-01"]),
        # What is left says nothing of what the check is about, or the profile leaves out what it also needs.
        (["VCI-6.1-01", "RFC8259-4-01"], None),
        (["VCI-4.1.1-01"], None),
        (["RFC8259-4-01"], None),
    ],
)
def test_a_check_judges_by_what_holds(holding: list[str], by: list[str] | None) -> None:
    made = checks.of(one_for_several_versions)
    assert made is not None
    found = checks.in_effect({made.id: made}, holding)
    assert [list(each.requires) for each in found.values()] == ([] if by is None else [by])


@check(
    "one-for-a-stricter-profile",
    requires=["VCI-6.1-03", "RFC6750-3.1-03", "FAPI2-5.3.4-07", "HAIP-4-01"],
    proven_by={},
)
async def one_for_a_stricter_profile(expect: Expect) -> None:
    """What a stricter profile asks as well."""
    expect.that(False, "MAIN", "what the check is mainly about", "not")
    expect.that(False, "BOTH", "what both ask", "not", requirement=("FAPI2-5.3.4-07", "VCI-6.1-03"))
    expect.that(False, "OWN", "what one asks", "not", requirement="VCI-6.1-03")


_OF_OAUTH = "RFC6750-3.1-03"


@pytest.mark.parametrize(
    ("holding", "found"),
    [
        # Where nobody asks for more, the check judges as if nobody did.
        (["VCI-6.1-03", _OF_OAUTH], {"MAIN": "VCI-6.1-03", "BOTH": "VCI-6.1-03", "OWN": "VCI-6.1-03"}),
        (
            ["VCI-6.1-03", _OF_OAUTH, "FAPI2-5.3.4-07", "HAIP-4-01"],
            {"MAIN": "VCI-6.1-03", "BOTH": "FAPI2-5.3.4-07", "OWN": "VCI-6.1-03"},
        ),
        # A profile without OpenID4VCI.
        ([_OF_OAUTH, "FAPI2-5.3.4-07"], {"MAIN": "FAPI2-5.3.4-07", "BOTH": "FAPI2-5.3.4-07"}),
        # A profile that leaves out what the check is mainly about, and one that has nothing of its own to say.
        (["VCI-4.1-01", _OF_OAUTH, "FAPI2-5.3.4-07"], None),
        ([_OF_OAUTH, "FAPI2-5.3.4-02"], None),
    ],
)
def test_a_stricter_profile_counts_where_it_judges(holding: list[str], found: dict[str, str] | None) -> None:
    made = checks.of(one_for_a_stricter_profile)
    assert made is not None
    judging = checks.in_effect({made.id: made}, holding)
    if found is None:
        assert not judging
        return
    (one,) = judging.values()
    expect = Expect({name: catalogue.load()[name] for name in one.requires}, one.dormant)
    asyncio.run(one.function(expect))  # type: ignore[arg-type]
    assert {finding.code: finding.requirement for finding in expect.findings} == found


@pytest.mark.parametrize("profile", [name for name in profiles.names() if name not in ("haip-1.0", "fapi2-sp")])
def test_other_profiles_judge_as_if_there_were_no_stricter_one(profile: str) -> None:
    loaded = profiles.load(profile)
    known = catalogue.of(loaded.specifications, version=loaded.version, without=loaded.leaves_out)
    bare = {
        name: replace(one, requires=tuple(item for item in one.requires if not _further(item)))
        for name, one in checks.load().items()
        if not _further(one.requires[0])
    }
    expected = {name: one.requires for name, one in checks.in_effect(bare, known).items()}
    assert {name: one.requires for name, one in checks.within(known).items()} == expected


def _further(requirement: str) -> bool:
    return requirement.split("-", 1)[0] in checks.FURTHER


@pytest.mark.parametrize(("first", "codes"), [("VCI", ["FIRST"]), ("VCI13", ["FIRST", "DRAFT"])])
def test_only_what_holds_can_be_violated(first: str, codes: list[str]) -> None:
    made = checks.of(one_for_several_versions)
    assert made is not None
    holding = {name: catalogue.load()[name] for name in (f"{first}-4.1.1-01", "RFC8259-4-01")}
    (judging,) = checks.in_effect({made.id: made}, holding).values()
    expect = Expect(holding, judging.dormant)

    async def judge() -> None:
        await judging.function(expect)

    asyncio.run(judge())
    assert [finding.code for finding in expect.findings] == codes
    assert {finding.requirement for finding in expect.findings} == {f"{first}-4.1.1-01"}
    assert (expect.evaluated, expect.passed_over) == (len(codes), 2 - len(codes))
