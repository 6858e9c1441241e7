"""The tables of data elements in ``schemas/mdoc`` have their form and say what public sources agree on."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources
from typing import Any

import jsonschema
import pytest

SCHEMAS = resources.files("schemas")
TABLES: dict[str, dict[str, Any]] = {
    file.name: tomllib.loads(file.read_text("utf-8"))
    for file in (SCHEMAS / "mdoc").iterdir()
    if file.name.endswith(".toml")
}


def mandatory(name: str, namespace: str) -> set[str]:
    return {
        element["identifier"]
        for element in TABLES[f"{name}.toml"]["element"]
        if element["presence"] == "mandatory" and element["namespace"] == namespace
    }


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_valid_by_its_schema(name: str) -> None:
    schema = json.loads((SCHEMAS / "mdoc.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(TABLES[name])


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_named_after_its_document_type(name: str) -> None:
    assert name == f"{TABLES[name]['doctype']}.toml"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_identifier_is_there_twice(name: str) -> None:
    seen = [
        (element["namespace"], identifier)
        for element in TABLES[name]["element"]
        for identifier in (element["identifier"], element.get("formerly"))
        if identifier
    ]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_values_and_patterns_fit_their_type(name: str) -> None:
    for element in TABLES[name]["element"]:
        python = {"uint": int, "tstr": str}.get(element["type"])
        assert all(type(value) is python for value in element.get("values", ())), element["identifier"]
        re.compile(element.get("pattern", ""))


def test_the_driving_licence_has_the_eleven_mandatory_elements() -> None:
    assert mandatory("org.iso.18013.5.1.mDL", "org.iso.18013.5.1") == {
        *("family_name", "given_name", "birth_date", "issue_date", "expiry_date", "issuing_country"),
        *("issuing_authority", "document_number", "portrait", "driving_privileges", "un_distinguishing_sign"),
    }


def test_the_person_identification_data_follow_the_amended_regulation() -> None:
    assert mandatory("eu.europa.ec.eudi.pid.1", "eu.europa.ec.eudi.pid.1") == {
        *("family_name", "given_name", "birth_date", "place_of_birth", "nationality"),
        *("issuing_authority", "issuing_country"),
    }


def test_the_photo_id_has_nine_mandatory_elements_in_the_shared_namespace() -> None:
    assert mandatory("org.iso.23220.photoid.1", "org.iso.23220.1") == {
        *("family_name", "given_name", "birth_date", "portrait", "issue_date", "expiry_date"),
        *("issuing_authority", "issuing_country", "age_over_18"),
    }
    assert not mandatory("org.iso.23220.photoid.1", "org.iso.23220.photoid.1")
