"""How the bundled issuer speaks draft 11 of OpenID4VCI, and what the checks of 1.0 find in it in its words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.model import Verdict
from harness.reference import documents, variants
from harness.reference.app import ReferenceIssuer
from harness.tests.bench import judge_reference
from harness.wallet.offer import parse_link


def metadata(variant: str) -> dict[str, Any]:
    context = ReferenceIssuer(variants.variant(variant)).context
    document = documents.metadata(context, documents.languages(context))
    context.wording.speak("metadata", document, context)
    return document


def offer(variant: str) -> dict[str, Any]:
    context = ReferenceIssuer(variants.variant(variant)).context
    name = context.variant.configurations[0]
    document = documents.offer(
        context, name, code="code", with_tx_code=context.variant.tx_code, grants=["pre-authorized_code"]
    )
    context.wording.speak("offer", document, context)
    return document


def test_credentials_are_an_array_with_types_on_top() -> None:
    first, second = metadata("draft-11")["credentials_supported"]
    assert (first["id"], second["id"]) == ("identity_jwt_vc", "loyalty_jwt_vc")
    assert first["types"] == ["VerifiableCredential", "IdentityCredential"]
    assert first["credentialSubject"]["given_name"]["mandatory"] is True
    assert first["cryptographic_suites_supported"] == ["ES256"]
    assert first["display"][0]["logo"]["url"] == "https://credentials.assay.test/identity.png"
    later = {"credential_definition", "credential_metadata", "proof_types_supported", "scope", "claims"}
    assert later.isdisjoint(first)


def test_the_order_of_claims_is_that_of_the_names_shown() -> None:
    driving_licence = metadata("draft-11-mdoc")["credentials_supported"][0]
    assert driving_licence["order"][:2] == ["Surname", "Given name"]
    assert driving_licence["doctype"] == "org.iso.18013.5.1.mDL"


def test_there_is_one_authorization_server() -> None:
    assert metadata("draft-11-with-path")["authorization_server"].endswith("/as/assay")


def test_an_offer_names_a_credential_by_id_or_describes_it() -> None:
    assert offer("draft-11")["credentials"] == ["identity_jwt_vc"]
    types = ["VerifiableCredential", "IdentityCredential"]
    assert offer("draft-11-describing")["credentials"] == [{"format": "jwt_vc_json", "types": types}]


def test_an_offer_tells_of_a_pin_by_a_boolean() -> None:
    (grant,) = offer("draft-11-tx-code")["grants"].values()
    assert grant == {"pre-authorized_code": "code", "user_pin_required": True}
    (grant,) = offer("draft-11")["grants"].values()
    assert grant == {"pre-authorized_code": "code"}


def test_the_link_carries_the_offer_in_the_words_of_the_draft() -> None:
    issuer = ReferenceIssuer(variants.variant("draft-11"))
    link = parse_link(issuer.mint_offer(by="value").offer)
    assert '"credentials":["identity_jwt_vc"]' in (link.by_value or "").replace(" ", "")


@pytest.mark.parametrize(
    ("variant", "fault", "check", "code"),
    [
        (
            "tx-code",
            "accepts:token.tx-code-present",
            "token-tx-code-missing-refused",
            "TOKEN-TX-CODE-MISSING-ACCEPTED",
        ),
        ("code-flow", "accepts:authorize.details-type", "authorization-details-type-unknown-refused", None),
        ("code-flow", "accepts:token.authorization-details", "token-authorization-details-beyond-refused", None),
        ("", "accepts:proof.audience", "proof-audience-refused", "PROOF-AUDIENCE-ACCEPTED"),
        ("", "accepts:proof.nonce", "proof-nonce-refused", "PROOF-NONCE-ACCEPTED"),
        ("", "accepts:credential.json", "credential-request-array-refused", "CREDENTIAL-REQUEST-ARRAY-ACCEPTED"),
        ("", "jwt-vc:type-other", "vcdm-type-announced", "VCDM-TYPE-OTHER"),
        ("mdoc", "mdoc-encoding:truncated", "mdoc-readable", "MDOC-CBOR"),
        ("with-path", "rejects:token.locations", "token-locations", "TOKEN-LOCATIONS-REFUSED"),
    ],
)
def test_what_the_draft_has_in_common_with_later_ones_is_judged(
    variant: str, fault: str, check: str, code: str | None
) -> None:
    name = f"draft-11-{variant}" if variant else "draft-11"
    clean = asyncio.run(judge_reference(name, select=[check]))
    assert {result.verdict for result in clean.results} <= {Verdict.PASS, Verdict.NOT_APPLICABLE}
    outcome = asyncio.run(judge_reference(name, [fault], select=[check]))
    found = {finding.code for result in outcome.results for finding in result.findings}
    assert fault in outcome.fired
    assert code in found if code else found


def test_credentials_come_back_for_an_acceptance_token() -> None:
    outcome = asyncio.run(judge_reference("draft-11-deferred", select="draft-11-deferred-*"))
    assert {result.verdict for result in outcome.results} == {Verdict.PASS}
    (asked, *_) = [each for each in outcome.exchanges if each.purpose == "deferred credential request"]
    assert (asked.request.size, dict(asked.request.headers)["content-type"]) == (
        0,
        "application/x-www-form-urlencoded",
    )
