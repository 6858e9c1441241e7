"""Claims path pointers: OpenID4VCI 1.0 appendix C with its own example, and into mobile documents."""

from __future__ import annotations

from typing import Any

import pytest

from harness.formats import claims_path
from harness.formats.claims_path import ClaimsPathError

EXAMPLE = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
}
MDOC: dict[str, dict[str, Any]] = {
    "org.iso.18013.5.1": {
        "given_name": "Arthur",
        "driving_privileges": [
            {"vehicle_category_code": "B", "codes": [{"code": "01"}]},
            {"vehicle_category_code": "AM"},
        ],
        "biometrics": {1: b"face", -1: b"finger", "note": "none"},
        "empty": [],
    },
    "org.iso.18013.5.1.DE": {"given_name": "Arthur D."},
}
NS = "org.iso.18013.5.1"


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        (["name"], ["Arthur Dent"]),
        (["address"], [EXAMPLE["address"]]),
        (["address", "street_address"], ["42 Market Street"]),
        (["degrees", None, "type"], ["Bachelor of Science", "Master of Science"]),
        (["nationalities", 1], ["Betelgeusian"]),
    ],
)
def test_the_example_of_the_specification(path: list[Any], selected: list[Any]) -> None:
    assert claims_path.select(EXAMPLE, path) == selected


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ([NS, "given_name"], ["Arthur"]),
        (["org.iso.18013.5.1.DE", "given_name"], ["Arthur D."]),
        ([NS, "driving_privileges"], [MDOC[NS]["driving_privileges"]]),
        ([NS, "driving_privileges", None, "vehicle_category_code"], ["B", "AM"]),
        ([NS, "driving_privileges", 1, "vehicle_category_code"], ["AM"]),
        # Maps without the key and arrays without the index are left out.
        ([NS, "driving_privileges", None, "codes", 0, "code"], ["01"]),
        # Whether an integer is an index or a key depends on what it meets.
        ([NS, "biometrics", 1], [b"face"]),
        ([NS, "biometrics", -1], [b"finger"]),
        ([NS, "biometrics", "note"], ["none"]),
    ],
)
def test_a_path_leads_into_a_mobile_document(path: list[Any], selected: list[Any]) -> None:
    assert claims_path.select_in_mdoc(MDOC, path) == selected


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ([], "path-malformed"),
        ([NS], "path-malformed"),
        ([NS, None], "path-malformed"),
        ([NS, 0], "path-malformed"),
        ([NS, "given_name", True], "path-malformed"),
        ([NS, "given_name", 1.5], "path-malformed"),
        ("given_name", "path-malformed"),
        (["org.iso.18013.5.2", "given_name"], "path-selects-nothing"),
        ([NS, "family_name"], "path-selects-nothing"),
        ([NS, "driving_privileges", 2], "path-selects-nothing"),
        ([NS, "biometrics", 7], "path-selects-nothing"),
        ([NS, "empty", None], "path-selects-nothing"),
        ([NS, "given_name", "first"], "path-not-object"),
        ([NS, "given_name", 0], "path-not-array"),
        ([NS, "given_name", None], "path-not-array"),
        ([NS, "biometrics", None], "path-not-array"),
        ([NS, "driving_privileges", "vehicle_category_code"], "path-not-object"),
        ([NS, "driving_privileges", -1], "path-not-array"),
    ],
)
def test_a_path_that_cannot_be_processed_is_an_error(path: Any, kind: str) -> None:
    with pytest.raises(ClaimsPathError) as caught:
        claims_path.select_in_mdoc(MDOC, path)
    assert caught.value.kind == kind


def test_each_format_has_its_semantics() -> None:
    assert claims_path.semantics("mso_mdoc").well_formed([NS, "biometrics", -1])
    assert not claims_path.semantics("mso_mdoc").well_formed(["given_name"])
    for name in ("dc+sd-jwt", "jwt_vc_json", "ldp_vc", None, 42):
        assert claims_path.semantics(name).well_formed(["given_name"])
        assert not claims_path.semantics(name).well_formed([NS, "biometrics", -1])
