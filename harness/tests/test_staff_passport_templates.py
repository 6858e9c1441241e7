"""The employees, and the attribute sets of credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.staff_passport.employees import EMPLOYEES
from harness.staff_passport.templates import IDENTITY, TEMPLATES, TemplatesError, read, with_own

OWN = """
[templates.Badge]
title = "Badge"
prefix = "BA"
attributes = ["Colour", "Until"]
plain = ["UniqueIdentifier"]
dates = ["BA-Until"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_what_is_bundled_is_observed_and_not_complete() -> None:
    assert {"TrainingPlacement", "TrainingProgramme", IDENTITY} <= TEMPLATES.keys()
    assert not any(template.complete for template in TEMPLATES.values())
    assert {template.basis for template in TEMPLATES.values()} == {"observed"}
    assert TEMPLATES["FireSafety"].name_basis == "assumed"
    assert "FS-StatMandSubject" in TEMPLATES["FireSafety"].attributes
    assert TEMPLATES["TrainingPlacement"].scope == "issue.TrainingPlacement"
    assert TEMPLATES[IDENTITY].scope == IDENTITY
    assert all("UniqueIdentifier" in template.attributes for template in TEMPLATES.values())


def test_records_of_employees_are_whole() -> None:
    assert [len(employee.records) for employee in EMPLOYEES.values()] == [2, 1, 0]
    for employee in EMPLOYEES.values():
        for template, record in employee.records.items():
            assert {*record, "UniqueIdentifier"} == set(TEMPLATES[template].attributes)


def test_a_file_of_a_team_replaces_them(tmp_path: Path) -> None:
    own = read(written(tmp_path, OWN))
    assert list(own) == ["Badge"]
    assert own["Badge"].complete
    assert own["Badge"].attributes == ("BA-Colour", "BA-Until", "UniqueIdentifier")
    assert own["Badge"].dates == {"BA-Until"}
    assert list(with_own(tmp_path / "own.toml")) == [IDENTITY, "Badge"]
    assert with_own(None) is TEMPLATES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[templates.Badge]\ncolour = 1", 'unknown key "colour"'),
        ("basis = 'observed'", '"templates" is missing'),
        ('[templates.Badge]\nplain = ["A"]\ndates = ["B"]', "Badge.dates names 'B', which is no attribute"),
        ("templates = 1", "has to be"),
        ("[", "not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TemplatesError) as raised:
        read(written(tmp_path, text))
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
