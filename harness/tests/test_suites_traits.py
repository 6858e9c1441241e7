"""What checks that know no format learn of a Credential is the same whatever format it has."""

from __future__ import annotations

from typing import Any

import pytest

from harness.evidence import Blocked, IssuedCredential
from harness.formats.claims_path import ClaimsPathError
from harness.reference import credential_formats, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from suites.oid4vci._traits import announced_types, selected, traits

NOW = 1_780_000_123.0
VARIANTS_OF_FORMATS = [
    "default",
    "mdoc",
    "mdoc-pid",
    "jwt-vc",
    "jwt-vc-2",
    "jwt-vc-json-ld",
    "ldp-vc",
    "ldp-vc-2020",
]
HOLDER: dict[str, Any] = keys.stranger_key("ES256").jwk.export_public(as_dict=True)


def issued(variant: str, *faults: str) -> IssuedCredential:
    issuer = ReferenceIssuer(VARIANTS[variant], faults, clock=lambda: NOW)
    context = issuer.context
    data = documents.configurations(context.variant)[context.variant.configurations[0]]
    raw = credential_formats.issued(context, data, HOLDER, issuer._defects.emit)
    return IssuedCredential(raw, 1, "/credentials/0/credential", (HOLDER,), NOW, data["format"])


def announced(variant: str) -> dict[str, Any]:
    context = ReferenceIssuer(VARIANTS[variant]).context
    metadata = documents.metadata(context, ["en-GB"])["credential_configurations_supported"]
    found: dict[str, Any] = metadata[context.variant.configurations[0]]
    return found


@pytest.mark.parametrize("variant", VARIANTS_OF_FORMATS)
def test_two_credentials_share_what_they_say_and_nothing_else(variant: str) -> None:
    one, two = traits(issued(variant)), traits(issued(variant))
    assert one.dataset == two.dataset
    assert any("Erika" in str(value) for value in one.dataset.values())
    for kind, values in one.secrets.items():
        assert values
        assert values.isdisjoint(two.secrets[kind])
    assert not {str(value) for value in one.identifiers.values()} & {
        str(value) for value in two.identifiers.values()
    }
    assert one.statuses == ()


@pytest.mark.parametrize("variant", VARIANTS_OF_FORMATS)
def test_a_credential_has_the_announced_type_and_a_key(variant: str) -> None:
    found = traits(issued(variant))
    assert announced_types(announced(variant)) <= found.types
    assert found.key is not None


@pytest.mark.parametrize("variant", VARIANTS_OF_FORMATS)
def test_the_times_are_those_of_the_issuer(variant: str) -> None:
    found = traits(issued(variant))
    assert found.beginnings.keys() < found.times.keys()
    assert all(NOW - 3600 < time <= NOW for time in found.beginnings.values())
    assert all(time % 60 == 0 for time in found.times.values())


@pytest.mark.parametrize("variant", VARIANTS_OF_FORMATS)
def test_every_described_claim_is_found(variant: str) -> None:
    credential = issued(variant)
    claims = announced(variant)["credential_metadata"]["claims"]
    mandatory = [claim["path"] for claim in claims if claim.get("mandatory")]
    assert mandatory
    for path in mandatory:
        assert selected(credential, path)
    with pytest.raises(ClaimsPathError):
        selected(credential, ["org.iso.18013.5.1", "assay"])


@pytest.mark.parametrize(
    ("variant", "fault"),
    [
        ("default", "sd-jwt:claim-by-key"),
        ("mdoc", "mdoc:claim-by-key"),
        ("jwt-vc", "jwt-vc:claim-by-key"),
        ("ldp-vc", "ldp-vc:claim-by-key"),
    ],
)
def test_another_dataset_is_told_apart(variant: str, fault: str) -> None:
    assert traits(issued(variant)).dataset != traits(issued(variant, fault)).dataset


@pytest.mark.parametrize(
    ("variant", "fault"),
    [
        ("default", "sd-jwt:status-shared"),
        ("mdoc", "mso:status-shared"),
        ("jwt-vc-2", "jwt-vc:status-shared"),
        ("ldp-vc", "ldp-vc:status-shared"),
    ],
)
def test_the_place_in_a_status_list_is_found(variant: str, fault: str) -> None:
    one, two = (traits(issued(variant, fault)).statuses for _ in range(2))
    assert len(one) == 1
    assert one == two


@pytest.mark.parametrize("fault", ["mso:device-key-missing", "mso:device-key-info-missing"])
def test_a_document_without_a_device_key_names_no_key(fault: str) -> None:
    assert traits(issued("mdoc", fault)).key is None


def test_what_cannot_be_read_has_no_traits() -> None:
    with pytest.raises(Blocked):
        traits(IssuedCredential("~", 1, "", (), NOW, "mso_mdoc"))
