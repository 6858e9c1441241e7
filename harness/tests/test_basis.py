"""Whoever reads a finding or a requirement is told what it rests on, where no published text demands it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from harness import catalogue, listing
from harness.expect import Expect
from harness.model import Basis, Requirement
from harness.tests.sample_report import sample_report
from reports.html import render_html

BY_BASIS: dict[Basis, Requirement] = {
    each.basis: each for each in catalogue.load().values() if each.basis is not None and each.testable
}


def finding_on(requirement: Requirement) -> str:
    expect = Expect({requirement.id: requirement})
    expect.that(False, "CODE", "a QR code", "none")
    return expect.findings[0].expected


@pytest.mark.parametrize("basis", [Basis.VENDOR, Basis.OBSERVED, Basis.ASSUMED])
def test_a_finding_on_what_no_text_demands_says_so(basis: Basis) -> None:
    assert finding_on(BY_BASIS[basis]) == f"a QR code ({basis.words})"


@pytest.mark.parametrize("requirement", [BY_BASIS[Basis.STANDARD], BY_BASIS[Basis.OAUTH]])
def test_a_finding_on_what_a_text_demands_needs_no_such_words(requirement: Requirement) -> None:
    assert finding_on(requirement) == "a QR code"


def test_every_basis_has_words_of_its_own() -> None:
    assert len({basis.words for basis in Basis}) == len(Basis)


@pytest.mark.parametrize("basis", list(Basis))
def test_the_lists_tell_the_basis(basis: Basis) -> None:
    [row] = [row for row in listing.requirement_rows() if row["id"] == BY_BASIS[basis].id]
    assert row["basis"] == basis
    assert f"({basis.words})" in listing.line("requirements", row)
    [line] = [line for line in listing.requirements_page().splitlines() if f"[{BY_BASIS[basis].id}]" in line]
    assert f"*({basis.words})*" in line


def test_what_rests_on_its_clause_alone_is_listed_as_before() -> None:
    [row] = [row for row in listing.requirement_rows() if row["id"] == "VCI-4.1.1-01"]
    assert row["basis"] is None
    assert not any(basis.words in listing.line("requirements", row) for basis in Basis)


@pytest.mark.parametrize("basis", list(Basis))
def test_the_report_tells_the_basis_in_the_finding_and_in_the_table(basis: Basis) -> None:
    report = sample_report()
    found = next(finding for result in report.results for finding in result.findings)
    told = [
        dataclasses.replace(entry, requirement=dataclasses.replace(entry.requirement, basis=basis))
        if entry.requirement.id == found.requirement
        else entry
        for entry in report.requirements
    ]
    without = render_html(json.loads(json.dumps(report.to_json())))
    assert not any(other.words in without for other in Basis)
    page = render_html(json.loads(json.dumps(dataclasses.replace(report, requirements=told).to_json())))
    finding, _, table = page.partition(f'id="req-{found.requirement}"')
    assert basis.words in finding
    assert basis.words in table
    assert not any(other.words in page for other in Basis if other is not basis)
