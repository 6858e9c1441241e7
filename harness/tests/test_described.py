"""Where the wallet finds what metadata tell of a credential and its claims."""

from __future__ import annotations

from typing import Any

import pytest

from harness import dialects
from harness.wallet import described
from harness.wallet.metadata import locales

NAME = {"name": "Given name", "locale": "en"}
CLAIMS = [{"path": ["given_name"], "mandatory": True, "display": [NAME]}, {"path": []}, 7]
MDOC = {
    "format": "mso_mdoc",
    "claims": {"org.iso.18013.5.1": {"given_name": {"mandatory": True, "display": [NAME]}, "portrait": {}}},
}
JWT_VC = {
    "format": "jwt_vc_json",
    "credential_definition": {
        "type": ["VerifiableCredential"],
        "credentialSubject": {
            "given_name": {"value_type": "string", "display": [NAME]},
            "degree": {"display": {"mandatory": True}, "mandatory": {}},
            "pets": [{"name": {}}],
        },
    },
}


@pytest.mark.parametrize(
    ("version", "configuration", "paths"),
    [
        ("1.0", {"credential_metadata": {"claims": CLAIMS}}, [["given_name"]]),
        ("1.0", {"claims": CLAIMS}, []),
        ("draft-16", {"credential_metadata": {"claims": CLAIMS}}, [["given_name"]]),
        ("draft-15", {"claims": CLAIMS}, [["given_name"]]),
        ("draft-15", {"credential_metadata": {"claims": CLAIMS}}, []),
        ("draft-14", {"claims": CLAIMS}, []),
        ("draft-14", MDOC, [["org.iso.18013.5.1", "given_name"], ["org.iso.18013.5.1", "portrait"]]),
        (
            "draft-13",
            JWT_VC,
            [
                ["credentialSubject", "given_name"],
                ["credentialSubject", "degree"],
                # Claims may be called what describes claims.
                ["credentialSubject", "degree", "display"],
                ["credentialSubject", "degree", "mandatory"],
                ["credentialSubject", "pets", None, "name"],
            ],
        ),
        ("draft-11", {"credentialSubject": {"given_name": {}}}, [["credentialSubject", "given_name"]]),
        ("draft-13", {"credential_definition": 1, "claims": [1], "credentialSubject": None}, []),
    ],
)
def test_the_paths_of_claims(version: str, configuration: dict[str, Any], paths: list[list[Any]]) -> None:
    assert described.paths(configuration, dialects.load(version)) == paths


def test_what_is_said_of_a_claim_and_where() -> None:
    (first, *_) = described.claims(MDOC, dialects.load("draft-14"))
    assert (first.pointer, first.members) == ("/claims/org.iso.18013.5.1", {})
    second = described.claims(MDOC, dialects.load("draft-14"))[1]
    assert second.pointer == "/claims/org.iso.18013.5.1/given_name"
    assert second.members == {"mandatory": True, "display": [NAME]}


@pytest.mark.parametrize(
    ("version", "configuration"),
    [
        ("1.0", {"credential_metadata": {"display": [NAME], "claims": CLAIMS}}),
        ("draft-15", {"display": [NAME], "claims": CLAIMS}),
        ("draft-14", {"display": [NAME], **MDOC}),
        ("draft-13", {"display": [NAME], **JWT_VC}),
    ],
)
def test_the_languages_of_metadata_are_found_in_each_version(version: str, configuration: dict[str, Any]) -> None:
    metadata = {"display": [{}], "credential_configurations_supported": {"c": configuration, "d": 1}}
    assert list(locales(metadata, dialects.load(version))) == [None, "en", "en"]
