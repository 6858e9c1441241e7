"""The golden table: a run against the services as documented comes to exactly the outcomes it says, by version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from harness import catalogue, checks, profiles
from harness.model import CheckResult, Verdict
from harness.tests.fault_variants import is_due_advice
from harness.tests.partisia_judging import DIALECT, judge_partisia, own_checks
from harness.tests.test_vendors_partisia import DOCUMENTED, FIXED, ISSUER
from harness.vendors.partisia.peculiarities import RUNS, Outcome, Peculiarity, peculiarities
from harness.vendors.partisia.variants import variants

VERSIONS = [(version, profiles.load(f"oid4vci-{version}")) for version in RUNS]
PROFILES = dict(VERSIONS)


@cache
def results(variant: str, version: str, folder: Path) -> tuple[CheckResult, ...]:
    """What the checks of the page and those of a version of OpenID4VCI say, each in its own dialect."""
    profile = PROFILES[version]
    requirements = catalogue.of(["PAR", *profile.specifications], version=profile.version)
    own = checks.in_effect(own_checks(), requirements)
    others = checks.within({name: found for name, found in requirements.items() if not name.startswith("PAR-")})
    # A wallet starts from what the offer says.
    identifier = ISSUER + ("/" if variants()[variant].slash_in_offer else "")
    found: list[CheckResult] = []
    for some, dialect in ((own, DIALECT), (others, version)):
        run = asyncio.run(
            judge_partisia(
                variant,
                checks=some,
                dialect=dialect,
                identifier=identifier,
                requirements=requirements,
                folder=folder,
            )
        )
        assert run.stopped is None
        found += run.results
    return tuple(found)


def by_requirement(found: tuple[CheckResult, ...]) -> Mapping[str, set[str]]:
    """The verdicts on each requirement: a check that found something else is content with this one."""
    verdicts: dict[str, set[str]] = {}
    for result in found:
        levels = {finding.requirement for finding in result.findings}
        for name in result.requirements:
            verdict = Verdict.PASS if result.findings and name not in levels else result.verdict
            if verdict is not Verdict.NOT_APPLICABLE:
                verdicts.setdefault(name, set()).add(str(verdict))
    return verdicts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("partisia")


@pytest.mark.parametrize("version", RUNS)
def test_a_run_comes_to_exactly_what_the_table_says(version: str, folder: Path) -> None:
    found = by_requirement(results(DOCUMENTED, version, folder))
    assert {one.id: one.decided(version, found) for one in peculiarities()} == {
        one.id: one.after_run(version) for one in peculiarities()
    }


@pytest.mark.parametrize("version", RUNS)
def test_nothing_goes_wrong_by_the_specification_but_what_the_table_has(version: str, folder: Path) -> None:
    blamed = {
        finding.requirement
        for result in results(DOCUMENTED, version, folder)
        if result.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR) and not is_due_advice(result)
        for finding in result.findings
    }
    named = {name for one in peculiarities() for name in one.decided_by.get(version, ())}
    assert sorted(blamed - named - {"PAR-METADATA-12", "PAR-METADATA-13"}) == []


def test_the_corrected_services_pass_the_final_version(folder: Path) -> None:
    found = results(FIXED, "1.0", folder)
    amiss = [one for one in found if one.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    assert [one for one in amiss if not is_due_advice(one)] == []
    corrected = by_requirement(found)
    outcomes = {one.decided("1.0", corrected) for one in peculiarities()}
    assert outcomes == {Outcome.PASS, Outcome.INFO}


@pytest.mark.parametrize("one", peculiarities(), ids=lambda one: one.id)
def test_each_says_what_decides_or_why_nothing_does(one: Peculiarity) -> None:
    assert bool(one.decided_by) is (one.undecided is None)
    if one.decided_by:
        assert tuple(one.decided_by) == RUNS
    known = catalogue.load()
    assert {name for names in one.decided_by.values() for name in names} <= known.keys()


PECULIARITY = Peculiarity("PK0", "Something.", "PAR-01", {}, {}, decided_by={"1.0": ("A", "B")})


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ({"A": {"pass"}, "B": {"pass"}}, Outcome.PASS),
        ({"A": {"pass"}, "B": {"blocked", "warn"}}, Outcome.WARN),
        ({"A": {"fail"}, "B": {"warn"}}, Outcome.FAIL),
        ({"A": {"pass"}, "B": {"blocked", "pass"}}, Outcome.INCONCLUSIVE),
        ({"A": {"pass"}}, Outcome.INCONCLUSIVE),
    ],
)
def test_the_worst_of_what_was_found_decides(verdicts: Mapping[str, set[str]], outcome: Outcome) -> None:
    assert PECULIARITY.decided("1.0", verdicts) is outcome
