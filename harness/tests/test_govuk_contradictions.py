"""What is said of contradictions fits the catalogue, and changes the levels that it says it changes."""

from __future__ import annotations

from itertools import chain

import pytest

from harness import catalogue, profiles
from harness.govuk import contradictions
from harness.govuk.contradictions import Contradiction
from harness.model import Level, Requirement

ALL = list(contradictions.load().values())


def of_the_profile() -> dict[str, Requirement]:
    named = set(profiles.load("govuk-wallet").specifications)
    return {name: one for name, one in catalogue.load().items() if name.split("-")[0] in named}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_each_names_requirements_that_fail_and_warn(one: Contradiction) -> None:
    known = of_the_profile()
    assert {*one.fails, *one.warns, *one.levels, *one.official_levels} <= known.keys()
    plain = contradictions.judged(known, official=False)
    assert {plain[name].level for name in one.fails} <= {Level.MUST}
    assert {plain[name].level for name in one.warns} <= {Level.SHOULD}
    assert bool(one.warns) == (one.warning is not None)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_each_has_two_statements_with_their_places(one: Contradiction) -> None:
    assert one.one.says != one.other.says
    for text in (one.one.says, one.other.says, one.failure, one.official, one.warning or "."):
        assert text.endswith(".")
        assert text.count("`") % 2 == 0
    for statement in (one.one, one.other):
        assert statement.link.startswith("https://")
        assert statement.says in one.both
        assert statement.link in one.both


def test_no_level_is_changed_twice_or_to_what_it_is() -> None:
    known = of_the_profile()
    for chosen in ([one.levels for one in ALL], [one.official_levels for one in ALL]):
        names = list(chain.from_iterable(chosen))
        assert len(names) == len(set(names))
    for levels in (one.levels for one in ALL):
        assert [name for name, level in levels.items() if level is known[name].level] == []


def test_the_official_way_turns_warnings_into_failures() -> None:
    known = of_the_profile()
    assert contradictions.judged(known, official=False)["GOVUK-CODE-22"].level is Level.SHOULD
    assert contradictions.judged(known, official=True)["GOVUK-CODE-22"].level is Level.MUST
    assert contradictions.judged(known, official=True)["GOVUK-INAPP-01"].level is Level.SHOULD


def test_a_requirement_that_is_only_an_example_warns() -> None:
    known = of_the_profile()
    assert known["RFC7519-4.1.6-01"].level is Level.MUST
    assert contradictions.judged(known, official=False)["RFC7519-4.1.6-01"].level is Level.SHOULD
    assert contradictions.judged(known, official=True)["RFC7519-4.1.6-01"].level is Level.MUST


def test_what_is_not_the_issuers_or_against_the_pages_is_taken_out() -> None:
    known = of_the_profile()
    for official in (False, True):
        left = contradictions.judged(known, official=official)
        assert known.keys() - left.keys() == {
            "ISO18013-12.3.6.2-04",
            "ISO18013-12.3.6.2-05",
            "ISO18013-12.3.6.5-01",
            "ISO18013-12.3.6.5-02",
            "RFC6750-3-04",
            "VCJOSE-4.3-01",
            "VCJOSE-4.3-04",
        }


def test_requirements_of_others_stay_as_they_are() -> None:
    only = {name: one for name, one in catalogue.load().items() if name.startswith("VCI-")}
    assert contradictions.judged(only, official=True) == only


def test_a_finding_can_name_both_sides() -> None:
    assert [one.id for one in contradictions.touching("GOVUK-CODE-22")] == ["code-audience"]
    assert contradictions.touching("GOVUK-TOKEN-01") == ()


def test_each_statement_of_the_official_harness_alone_is_in_a_contradiction() -> None:
    alone = {
        name
        for name, one in of_the_profile().items()
        if one.level is Level.SHOULD and one.note and "official test harness" in one.note
    }
    assert {name for name in alone if not contradictions.touching(name)} == set()
