"""Issued credentials as reports show them: readable in every format, and nobody's."""

from __future__ import annotations

import json

import pytest

from harness.credential_as_seen import readable
from harness.redaction import Redactor
from harness.reference import credential_formats, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS

FORMATS = ["default", "rich-sd-jwt", "mdoc", "mdoc-photo-id", "jwt-vc", "jwt-vc-2", "jwt-vc-json-ld", "ldp-vc"]
PERSONAL = ("Erika", "Möbius", "1963-08-12", "Heidestraße", "/9j/")


def issued(variant: str) -> tuple[str, object]:
    context = ReferenceIssuer(VARIANTS[variant]).context
    data = documents.configurations(context.variant)[context.variant.configurations[0]]
    holder = keys.stranger_key("ES256").jwk.export_public(as_dict=True)
    return data["format"], credential_formats.issued(context, data, holder, lambda _name, _draft: None)


@pytest.mark.parametrize("variant", FORMATS)
def test_a_report_shows_how_a_credential_is_made_and_not_whose_it_is(variant: str) -> None:
    name, raw = issued(variant)
    shown = readable(name, raw, Redactor())
    assert "unreadable" not in shown
    text = json.dumps(shown, ensure_ascii=False)
    assert [value for value in PERSONAL if value in text] == []
    assert "given_name" in text


def test_an_mdoc_is_shown_with_its_security_object() -> None:
    shown = readable(*issued("mdoc"), Redactor())
    assert shown["header"] == {"alg": -7, "x5chain": 1}
    mso = shown["mobile_security_object"]
    assert (mso["docType"], mso["digestAlgorithm"]) == ("org.iso.18013.5.1.mDL", "SHA-256")
    assert mso["validityInfo"]["validUntil"].endswith("Z")
    assert mso["deviceKey"]["crv"] == "P-256"
    assert shown["elements"]["org.iso.18013.5.1"]["family_name"].startswith("‹redacted")


@pytest.mark.parametrize("name", ["dc+sd-jwt", "mso_mdoc", "jwt_vc_json", "ldp_vc", "something", None])
@pytest.mark.parametrize("raw", ["", "~~~", "oWF4", 42, None, {}, [1]])
def test_what_cannot_be_read_is_said_to_be_unreadable(name: object, raw: object) -> None:
    shown = readable(name, raw, Redactor())
    assert "unreadable" in shown or name == "ldp_vc"


@pytest.mark.parametrize(
    "text", ['{{"credentials": [{{"credential": {0}}}]}}', '[{{"credential" : {0}, "credential":{0}}}]']
)
def test_a_credential_that_is_an_object_is_hidden_in_messages(text: str) -> None:
    message = text.format('{"name": "Erika", "inner": {"credential": {"a": ["}"]}}}')
    hidden = Redactor().text(message)
    assert "Erika" not in hidden
    json.loads(hidden)


def test_behind_a_credential_that_is_cut_off_nothing_is_shown() -> None:
    assert "Erika" not in Redactor().text('{"credential": {"proof": 1, "name": "Erika')
