"""`assay inspect`: every kind of document is recognised, shown, and judged by the checks of a run."""

from __future__ import annotations

import argparse
import asyncio
import base64
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import catalogue, cli
from harness.formats import base64url, mdoc, status_array
from harness.inspection import documents, recognise, rendering, values
from harness.inspection.inspection import Complaint, Inspection, Unreadable
from harness.inspection.surroundings import Surroundings, offline
from harness.model import Level
from harness.reference import credential_formats, token_status_list
from harness.reference.app import ReferenceIssuer
from harness.reference.faults import Defects
from harness.reference.variants import VARIANTS
from harness.settings import TrustSettings
from harness.tests.bench import all_checks, requirements
from harness.transport import Client, Recorder
from harness.wallet import attestation, di_vp, dpop, proof
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import certificate_for, make_key

NOW = 1_795_190_400.0
VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
CONFIGURATIONS = Path(__file__).parents[1] / "reference" / "configurations"
HOLDER = make_key("ES256")
ISSUER = "https://issuer.assay.test"


def surroundings(**more: Any) -> Surroundings:
    return Surroundings(
        **{
            "now": NOW,
            "client": offline(lambda: NOW),
            "checks": all_checks(),
            "requirements": requirements(),
            **more,
        }
    )


async def look(document: Any, name: str | None = None, **more: Any) -> Inspection:
    data = document if isinstance(document, bytes) else written(document).encode()
    found = await documents.inspect(data, surroundings(**more), name)
    assert rendering.terminal(found, rendering.Style(80))
    json.dumps(rendering.as_json(found))
    return found


def written(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def issuer_of(variant: str) -> ReferenceIssuer:
    return ReferenceIssuer(VARIANTS[variant], clock=lambda: NOW)


def issued(variant: str, change: Callable[[str, Any], None] = lambda _name, _draft: None) -> Any:
    """Have the reference issuer make a credential of the first configuration of a variant."""
    name = VARIANTS[variant].configurations[0]
    data = json.loads((CONFIGURATIONS / f"{name}.json").read_text(encoding="utf-8"))
    return credential_formats.issued(issuer_of(variant).context, data, HOLDER.public, change)


def codes(found: Inspection) -> list[str]:
    return [complaint.code for complaint in found.complaints]


def text_of(found: Inspection, width: int = 100) -> str:
    return rendering.terminal(found, rendering.Style(width))


def vector(name: str) -> bytes:
    path = VECTORS / name
    if not path.exists():
        pytest.skip("the published vectors are not beside the checkout")
    return path.read_bytes()


# Credentials

VERIFIED_OFFLINE = {
    "default": "x5c",
    "did-issuer": "did",
    "mdoc": "x5chain",
    "mdoc-pid": "x5chain",
    "mdoc-photo-id": "x5chain",
    "jwt-vc": "did",
}


@pytest.mark.parametrize("variant", VERIFIED_OFFLINE)
async def test_a_right_credential_is_verified_and_nothing_is_wrong_with_it(variant: str) -> None:
    found = await look(issued(variant))
    assert (found.kind, codes(found), found.wrong) == ("credential", [], False)
    assert found.signature is not None
    assert found.signature.verified
    assert f"by the key of {VERIFIED_OFFLINE[variant]}" in found.signature.detail


@pytest.mark.parametrize("variant", ["jwt-vc-2", "jwt-vc-json-ld", "ldp-vc", "ldp-vc-2020", "issuer-metadata-key"])
async def test_a_key_that_must_be_fetched_is_said_to_be_missing(variant: str) -> None:
    found = await look(issued(variant))
    assert codes(found) == []
    assert found.signature is not None
    assert found.signature.verified is None
    assert "--fetch" in found.signature.detail


@pytest.mark.parametrize("variant", ["jwt-vc-2", "issuer-metadata-key", "ldp-vc"])
async def test_with_the_network_it_is_fetched(variant: str) -> None:
    client = Client(Recorder(), transport=httpx.ASGITransport(issuer_of(variant).app), now=lambda: NOW)
    found = await look(issued(variant), client=client)
    await client.aclose()
    assert found.signature is not None
    assert found.signature.verified
    assert codes(found) == []


async def test_claims_show_which_of_them_are_selectively_disclosable() -> None:
    text = text_of(await look(issued("default")))
    assert re.search(r"^● given_name +Erika$", text, re.MULTILINE)
    assert re.search(r"^  vct +https://", text, re.MULTILINE)
    assert "selectively disclosable" in text


async def test_an_mdoc_is_shown_in_diagnostic_notation_and_its_certificate_in_words() -> None:
    text = text_of(await look(issued("mdoc")))
    assert re.search(r'family_name +"Möbius"', text)
    assert '1004("1963-08-12")' in text
    assert re.search(r"extended usage +document signer of mdocs \(mdlDS\) {2}\(critical\)", text)
    assert re.search(r"validity +20\d\d-\d\d-\d\d .* to .* UTC", text)


async def test_a_finding_names_code_requirement_clause_and_link() -> None:
    def wrong_type(name: str, draft: Any) -> None:
        draft.header["typ"] = "JWT"

    found = await look(issued("default", wrong_type), "dc+sd-jwt")
    (complaint,) = [one for one in found.complaints if one.code == "SDJWT-TYPE"]
    requirement = catalogue.load()["SDJWTVC-3.2.1-02"]
    assert complaint.requirement == requirement.id
    assert complaint.level is Level.MUST
    assert complaint.link == requirement.link
    assert complaint.clause == f"{requirement.spec}, {requirement.clause}"
    assert found.wrong
    text = text_of(found)
    for shown in ("MUST  SDJWT-TYPE", requirement.link, "header/typ"):
        assert shown in text


async def test_a_changed_credential_is_forged() -> None:
    raw = issued("default")
    header, payload, rest = raw.split(".", 2)
    changed = base64url.encode(base64url.decode(payload).replace(b"DE", b"FR", 1))
    found = await look(f"{header}.{changed}.{rest}")
    assert found.signature is not None
    assert found.signature.verified is False
    assert "SDJWT-SIGNATURE" in codes(found)


async def test_time_decides_whether_a_credential_has_ended() -> None:
    late = NOW + 20 * 365 * 86_400
    found = await look(issued("jwt-vc"), now=late)
    assert found.wrong
    assert await look_codes(issued("default"), now=late) >= {"SDJWT-EXPIRED"}
    assert "which has passed" in text_of(found)


async def look_codes(document: Any, **more: Any) -> set[str]:
    return set(codes(await look(document, **more)))


async def test_a_problem_that_no_check_tells_is_told_by_the_reader_once() -> None:
    found = await look(issued("mdoc"), checks={}, now=NOW + 20 * 365 * 86_400)
    (complaint,) = found.complaints
    assert (complaint.code, complaint.clause) == ("expired", "ISO/IEC 18013-5:2021, 9.3.1")
    both = await look(issued("default"), now=NOW + 20 * 365 * 86_400)
    assert "expired" not in codes(both)


async def test_checks_that_need_more_than_the_document_are_left_out_and_named() -> None:
    found = await look(await published("default", "/.well-known/openid-credential-issuer"))
    (left_out,) = (ids for reason, ids in found.undecided.items() if "Authorization Server" in reason)
    assert "as-token-endpoint" in left_out
    assert "left out" in text_of(found)


@pytest.mark.parametrize("variant", [*VERIFIED_OFFLINE, "ldp-vc", "jwt-vc-2"])
async def test_no_check_breaks_on_a_credential_alone(variant: str) -> None:
    found = await look(issued(variant))
    assert not any("internal error" in reason for reason in found.undecided)


async def test_a_given_key_is_used() -> None:
    other = await look(issued("default"), keys=(HOLDER.public,))
    assert other.signature is not None
    assert other.signature.verified is False
    assert "--key" in other.signature.detail


async def test_trust_anchors_are_looked_at(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.pem", tmp_path / "wrong.pem"
    right.write_text(issuer_of("default").trust_anchor_pem)
    wrong.write_text(issuer_of("mdoc").iaca_pem)
    for file, words in ((right, "leads to an anchor"), (wrong, "leads to no anchor")):
        found = await look(issued("default"), trust=TrustSettings(x5c=(file,), iaca=(file,)))
        assert found.signature is not None
        assert words in found.signature.detail


async def test_a_format_can_be_given() -> None:
    found = await look(issued("jwt-vc-json-ld"), "jwt_vc_json-ld")
    assert found.title.endswith("(jwt_vc_json-ld)")


async def test_what_is_no_credential_of_the_format_is_a_complaint() -> None:
    found = await look("no credential", "dc+sd-jwt")
    assert found.wrong
    assert any("cannot be read" in complaint.observed for complaint in found.complaints)


def spoiled(variant: str, fault: str) -> Any:
    """Have the reference issuer make a credential with a fault."""
    name = VARIANTS[variant].configurations[0]
    data = json.loads((CONFIGURATIONS / f"{name}.json").read_text(encoding="utf-8"))
    context, fired = issuer_of(variant).context, set[str]()
    made = credential_formats.issued(context, data, HOLDER.public, Defects([fault], fired, context).emit)
    assert fired == {fault}
    return made


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("mdoc:date-text", "MDOC-LICENCE-DATE"),
        ("mdoc:element-missing", "MDOC-LICENCE-ELEMENT-MISSING"),
        ("document-signer:extended-key-usage-missing", "MDOC-SIGNER-PURPOSE"),
        ("issuer-signed:issuer-auth-missing", "issuer-signed"),
        ("issuer-signed:document", "issuer-signed"),
        ("mdoc-encoding:truncated", "cbor-truncated"),
        ("mdoc-encoding:trailing", "cbor-trailing"),
        ("mdoc-encoding:nested", "cbor-too-deep"),
    ],
)
async def test_an_mdoc_is_known_and_judged_by_what_it_shows_itself(fault: str, code: str) -> None:
    found = await look(spoiled("mdoc", fault))
    assert found.title == "mdoc (mso_mdoc)"
    assert found.wrong
    assert code in codes(found)


@pytest.mark.parametrize(
    ("variant", "fault", "code"),
    [
        ("mdoc", "mdoc-encoding:hex", "hexadecimal"),
        ("ldp-vc", "ldp-vc:json-string", "LDPVC-OBJECT"),
    ],
)
async def test_a_credential_in_a_response_is_taken_as_it_stands(variant: str, fault: str, code: str) -> None:
    raw = spoiled(variant, fault)
    assert not (await look(raw)).wrong
    found = await look({"credentials": [{"credential": raw}]})
    assert found.wrong
    assert code in {one.code for one in found.all_complaints()}


@pytest.mark.parametrize("name", [None, "ldp_vc"])
async def test_a_name_that_stands_twice_in_a_credential_is_told(name: str | None) -> None:
    text = written(issued("ldp-vc"))
    twice = text[:-1] + ', "issuer": "did:web:issuer.assay.test"}'
    assert "duplicate-name" in codes(await look(twice, name))


@pytest.mark.parametrize("variant", ["jwt-vc", "ldp-vc"])
async def test_a_credential_of_later_is_no_wrong_one_where_the_data_model_allows_it(variant: str) -> None:
    found = await look(spoiled(variant, f"{variant}:not-yet-valid"))
    assert set(codes(found)) == {"not-yet-valid"}
    assert not found.wrong


async def test_an_unchecked_signature_is_said_at_the_beginning_and_at_the_end() -> None:
    lines = text_of(await look(issued("ldp-vc"))).splitlines()
    assert lines[1] == "nothing wrong was found; signature not checked"
    assert "Nothing wrong was found. The signature was not checked." in lines


@pytest.mark.parametrize("form", [Encoding.DER, Encoding.PEM])
async def test_a_certificate_whose_names_cannot_be_read_is_refused(form: Encoding) -> None:
    der = x509.load_pem_x509_certificate(issuer_of("mdoc").iaca_pem.encode()).public_bytes(Encoding.DER)
    broken = der.replace(b"\x0c\x05Assay", b"\x1b\x05Assay")
    assert broken != der
    encoded = base64.encodebytes(broken)
    pem = b"-----BEGIN CERTIFICATE-----\n" + encoded + b"-----END CERTIFICATE-----\n"
    with pytest.raises(Unreadable):
        await look(broken if form is Encoding.DER else pem)


@pytest.mark.parametrize("document", [b'{"a": 1}', b"\xa1\x01\x02"])
async def test_what_has_no_rules_is_not_said_to_be_right(document: bytes) -> None:
    found = await look(document)
    assert text_of(found).splitlines()[1].startswith("shown only")
    assert "Nothing wrong" not in text_of(found)


async def test_the_second_line_counts_what_is_wrong() -> None:
    assert text_of(await look(issued("default"))).splitlines()[1] == "nothing wrong was found"
    wrong = text_of(await look(issued("default"), now=NOW + 10**9)).splitlines()[1]
    assert re.fullmatch(r"\d+ things are wrong, see the end", wrong)


@pytest.mark.parametrize("issuer", ["https://[::1", "https://a:b/", "https://issuer.example:99999"])
async def test_an_issuer_that_is_no_url_is_no_home(issuer: str) -> None:
    document = issued("ldp-vc") | {"issuer": issuer}
    found = await look(document)
    assert found.signature is not None
    assert found.signature.verified is None


@pytest.mark.parametrize("text", ["eyJhbGciOiJFUzI1NiJ9.e30", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA=="])
async def test_what_begins_as_a_jwt_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unreadable, match="looks like a JWT but is none"):
        await look(text)


@pytest.mark.parametrize(
    ("variant", "fault"),
    [
        ("mdoc", "issuer-auth:payload-trailing"),
        ("mdoc", "mdoc-encoding:reserved"),
        ("jwt-vc", "jwt-vc:crit-unknown"),
    ],
)
async def test_what_a_reader_says_has_the_clause_of_its_own_specification(variant: str, fault: str) -> None:
    clauses = {one.clause for one in (await look(spoiled(variant, fault))).complaints if one.requirement is None}
    of_format = r"RFC 8949|ISO/IEC 18013-5:2021, " if variant == "mdoc" else r"RFC 7515"
    assert clauses
    assert all(re.match(of_format, clause) for clause in clauses)


async def test_metadata_that_name_no_issuer_are_not_said_to_be_misplaced() -> None:
    found = await look({"credential_configurations_supported": {}})
    assert "METADATA-LOCATION" not in codes(found)


async def test_the_published_mdoc_is_read() -> None:
    found = await look(vector("iso18013-5/annex-d-4-1-2-issuer-signed.hex"))
    assert found.signature is not None
    assert found.signature.verified
    assert "driving_privileges" in text_of(found)
    response = await look(vector("iso18013-5/annex-d-4-1-2-device-response.hex"))
    (part,) = response.parts
    assert part.signature is not None
    assert part.signature.verified
    # A holder releases what was asked for.
    assert not any("ELEMENT-MISSING" in code for code in codes(part))


async def test_bytes_hex_and_base64_are_the_same_mdoc() -> None:
    raw = issued("mdoc")
    data = base64url.decode(raw)
    shown = {text_of(await look(form)) for form in (raw, data, data.hex(), "\n".join(re.findall(".{1,70}", raw)))}
    assert len(shown) == 1


# Offers and responses


@pytest.mark.parametrize("by", ["value", "reference"])
async def test_an_offer_is_read_from_its_link(by: str) -> None:
    issuer = issuer_of("default")
    client = Client(Recorder(), transport=httpx.ASGITransport(issuer.app), now=lambda: NOW)
    found = await look(issuer.mint_offer(by=by).offer, client=client)
    await client.aclose()
    assert (found.kind, codes(found)) == ("offer", [])
    assert "credential_configuration_ids" in text_of(found)
    assert f"by {by}" in text_of(found)


async def test_an_offer_by_reference_is_not_fetched_unasked() -> None:
    found = await look(issuer_of("default").mint_offer(by="reference").offer)
    assert "--fetch" in text_of(found)
    assert codes(found) == []


async def test_a_broken_offer_is_judged() -> None:
    offer = {"credential_issuer": ISSUER, "credential_configuration_ids": []}
    assert codes(await look(offer)) == ["OFFER-CONFIGURATIONS-EMPTY"]


async def test_each_credential_of_a_response_is_looked_at() -> None:
    response = {
        "credentials": [{"credential": issued("default")}, {"credential": issued("mdoc")}, {"credential": 3}]
    }
    found = await look(response)
    assert [part.kind for part in found.parts] == ["credential", "credential", "unknown"]
    assert found.wrong
    assert not (await look({"credentials": response["credentials"][:2]})).wrong


async def test_an_answer_with_its_header_can_be_pasted() -> None:
    for end in ("\r\n\r\n", "\n  \n"):
        found = await look("HTTP/1.1 200 OK\r\nContent-Type: application/json" + end + '{"transaction_id": "8"}')
        assert found.kind == "credential-response"


# Tokens

SERVER = "https://as.example"
ATTESTER = make_key("ES256")
TOKENS: dict[str, JwtDraft] = {
    "key-proof": proof.draft(HOLDER, form="jwk", audience=ISSUER, issued_at=NOW, nonce="n", client_id=None),
    "key-attestation": attestation.key_attestation(ATTESTER, [HOLDER], issued_at=NOW),
    "dpop-proof": dpop.draft(HOLDER, method="POST", url=f"{SERVER}/token", issued_at=NOW),
    "client-attestation": attestation.client_attestation(
        ATTESTER, client_id="c", instance_key=HOLDER, issued_at=NOW
    ),
    "client-attestation-pop": attestation.client_attestation_pop(
        HOLDER, client_id="c", audience=SERVER, issued_at=NOW
    ),
    "access-token": JwtDraft(
        ATTESTER,
        {"typ": "at+jwt", "alg": "ES256"},
        {"iss": SERVER, "sub": "u", "aud": ISSUER, "exp": NOW + 60, "client_id": "c"},
    ),
    "client-assertion": JwtDraft(
        HOLDER, {"alg": "ES256"}, {"iss": "c", "sub": "c", "aud": SERVER, "exp": NOW + 60}
    ),
    "jwt": JwtDraft(HOLDER, {"alg": "ES256"}, {"hello": "world"}),
}


@pytest.mark.parametrize("kind", TOKENS)
async def test_a_right_token_is_recognised_and_verified(kind: str) -> None:
    key = ATTESTER if kind == "access-token" else HOLDER
    own = kind in ("key-proof", "key-attestation", "dpop-proof", "client-attestation")
    found = await look(TOKENS[kind].sign(), keys=() if own else (key.public,))
    assert (found.kind, codes(found)) == (kind, [])
    assert found.signature is not None
    assert found.signature.verified


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("key-proof", {"aud": None}, "claim-missing"),
        ("key-proof", {"iat": "now"}, "claim-type"),
        ("key-proof", {"iat": NOW + 900}, "issued-in-future"),
        ("key-attestation", {"attested_keys": []}, "claim-type"),
        ("key-attestation", {"attested_keys": [json.loads(HOLDER.private.export_private())]}, "key-private"),
        ("dpop-proof", {"htu": None}, "claim-missing"),
        ("client-attestation", {"cnf": {}}, "jwk-not-object"),
        ("client-attestation", {"exp": NOW - 900}, "expired"),
        ("client-attestation-pop", {"jti": 1}, "claim-type"),
        ("access-token", {"aud": None}, "claim-missing"),
    ],
)
async def test_a_wrong_token_is_complained_of(kind: str, change: dict[str, Any], code: str) -> None:
    key = ATTESTER if kind == "access-token" else HOLDER
    found = await look(TOKENS[kind].with_claims(**change).sign(), keys=(key.public,))
    assert found.kind == kind
    assert code in codes(found)
    assert all(complaint.clause for complaint in found.complaints)
    assert found.wrong


@pytest.mark.parametrize(
    ("change", "code"),
    [({"kid": "did:jwk:e30"}, "key-named"), ({"jwk": None}, "key-named"), ({"typ": "jwt"}, "typ")],
)
async def test_a_proof_has_a_type_and_names_one_key(change: dict[str, Any], code: str) -> None:
    draft = TOKENS["key-proof"].with_header(**change)
    kind = "jwt" if code == "typ" else "key-proof"
    found = await look(draft.sign(), keys=(HOLDER.public,))
    assert found.kind == kind
    assert kind == "jwt" or code in codes(found)


async def test_a_token_signed_by_another_key_is_forged() -> None:
    head, body, _ = TOKENS["dpop-proof"].sign().split(".")
    other = JwtDraft(ATTESTER, {"alg": "ES256"}, {}).sign().split(".")[2]
    found = await look(f"{head}.{body}.{other}")
    assert found.signature is not None
    assert found.signature.verified is False
    assert "signature" in codes(found)


async def test_a_presentation_is_verified_by_the_key_of_its_did() -> None:
    key = make_key("EdDSA")
    made = di_vp.draft(key, cryptosuite="eddsa-jcs-2022", domain=ISSUER, created_at=NOW, challenge="n")
    signed = made.secured()
    found = await look(signed)
    assert (found.kind, codes(found)) == ("presentation", [])
    assert found.signature is not None
    assert found.signature.verified
    changed = json.loads(written(signed))
    changed["holder"] = "did:example:other"
    changed["proof"].pop("domain")
    assert {"signature", "domain-missing"} <= await look_codes(changed)


async def test_something_encrypted_shows_its_header() -> None:
    header = base64url.encode(json.dumps({"alg": "ECDH-ES", "enc": "A128GCM"}).encode())
    found = await look(f"{header}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")
    assert found.kind == "encrypted"
    assert "A128GCM" in text_of(found)


# Metadata


async def published(variant: str, path: str, accept: str = "application/json") -> bytes:
    issuer = issuer_of(variant)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app), base_url=ISSUER) as client:
        reply = await client.get(path, headers={"accept": accept})
    assert reply.status_code == 200
    return reply.content


@pytest.mark.parametrize(
    ("kind", "variant", "name"),
    [
        ("issuer-metadata", "default", "openid-credential-issuer"),
        ("issuer-metadata", "complete", "openid-credential-issuer"),
        ("issuer-metadata", "languages", "openid-credential-issuer"),
        ("server-metadata", "dpop", "oauth-authorization-server"),
        ("server-metadata", "complete", "oauth-authorization-server"),
        ("vc-issuer-metadata", "issuer-metadata-key", "jwt-vc-issuer"),
        ("did-document", "default", "did.json"),
    ],
)
async def test_right_metadata_have_nothing_wrong(kind: str, variant: str, name: str) -> None:
    found = await look(await published(variant, f"/.well-known/{name}"))
    assert (found.kind, codes(found)) == (kind, [])
    assert not any("internal error" in reason for reason in found.undecided)


async def test_signed_metadata_show_the_metadata_in_them() -> None:
    path = "/.well-known/openid-credential-issuer"
    found = await look(await published("signed-metadata", path, "application/jwt"))
    assert (found.kind, codes(found)) == ("signed-metadata", [])
    (part,) = found.parts
    assert part.kind == "issuer-metadata"


async def test_wrong_metadata_are_judged_by_the_checks_of_a_run() -> None:
    metadata = json.loads(await published("default", "/.well-known/openid-credential-issuer"))
    metadata["credential_endpoint"] = "http://issuer.assay.test/credential"
    found = await look(metadata)
    assert found.wrong
    assert all(complaint.requirement for complaint in found.complaints)
    server = json.loads(await published("default", "/.well-known/oauth-authorization-server"))
    del server["issuer"]
    assert "AS-ISSUER" in " ".join(codes(await look(server)))


async def test_what_only_should_be_otherwise_makes_nothing_wrong() -> None:
    found = await look(await published("default", "/.well-known/oauth-authorization-server"))
    assert [(one.code, one.level) for one in found.complaints] == [("AS-SENDER-CONSTRAINT-MISSING", Level.SHOULD)]
    assert not found.wrong
    assert "What should be better (1)" in text_of(found)


async def test_a_name_that_stands_twice_is_told() -> None:
    text = (await published("default", "/.well-known/openid-credential-issuer")).decode()
    assert "duplicate-name" in codes(await look('{"display": [],' + text[1:]))


async def test_type_metadata_are_judged_by_their_reader() -> None:
    right = {"vct": "https://a.example/t", "display": [{"lang": "en", "locale": "en", "name": "T"}]}
    assert (await look(right)).kind == "type-metadata"
    assert (await look({"vct": "https://a.example/t", "claims": [{}]})).wrong


# Keys and certificates


async def test_a_key_set_is_judged_and_private_keys_are_not_shown() -> None:
    private = json.loads(HOLDER.private.export_private())
    found = await look({"keys": [HOLDER.public, private]})
    assert (found.kind, codes(found)) == ("jwk-set", ["secret"])
    for shown in (text_of(found), json.dumps(rendering.as_json(found))):
        assert private["d"] not in shown
        assert private["x"] in shown


@pytest.mark.parametrize("place", ["alone", "in a token", "in a credential"])
async def test_a_private_key_is_shown_nowhere(place: str) -> None:
    private = json.loads(HOLDER.private.export_private())

    def bound(_: str, draft: Any) -> None:
        draft.payload["cnf"] = {"jwk": private}

    document = {
        "alone": private,
        "in a token": TOKENS["jwt"].with_claims(key=private).sign(),
        "in a credential": issued("default", bound),
    }[place]
    found = await look(document)
    assert private["d"] not in text_of(found, 300)
    assert private["d"] not in json.dumps(rendering.as_json(found))
    assert values.WITHHELD in text_of(found, 300)


async def test_a_private_key_in_metadata_is_not_quoted_by_a_finding() -> None:
    private = json.loads(HOLDER.private.export_private())
    metadata = json.loads(await published("encryption-required", "/.well-known/openid-credential-issuer"))
    metadata["credential_request_encryption"]["jwks"] = {"keys": [private]}
    found = await look(metadata)
    assert found.wrong
    for shown in (text_of(found, 1_000), json.dumps(rendering.as_json(found))):
        assert private["d"] not in shown


def test_a_quoted_private_key_is_left_out() -> None:
    secret = "s" * 43
    for text in (f'{{"kty": "EC", "d": "{secret}"}}', f"{{'d': '{secret[:20]}", f'"d":"{secret}"'):
        assert secret[:16] not in values.scrubbed(text)
    assert values.scrubbed('"d": "short"') == '"d": "short"'


async def test_a_set_of_very_many_keys_is_looked_at_in_part() -> None:
    found = await look({"keys": [{"kty": "x", "kid": "a"}] * 50_000})
    assert "100 are looked at" in found.title


async def test_a_private_key_in_pem_is_only_named() -> None:
    pem = HOLDER.private.export_to_pem(private_key=True, password=None)
    found = await look(pem)
    assert found.kind == "private-key"
    assert pem.decode().splitlines()[1] not in text_of(found)


def test_a_private_cose_key_is_not_shown() -> None:
    shown = values.concealed_cbor({"deviceKey": {1: 2, -1: 1, -2: b"x", -4: b"secret"}, -4: "kept"})
    assert shown == {"deviceKey": {1: 2, -1: 1, -2: b"x", -4: values.WITHHELD}, -4: "kept"}


async def test_certificates_are_put_into_words() -> None:
    pem = issuer_of("default").trust_anchor_pem
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)
    for form in (pem, der, base64.b64encode(der).decode()):
        found = await look(form)
        assert (found.kind, codes(found)) == ("certificates", [])
        text = text_of(found)
        assert re.search(r"constraints +an authority", text)
        assert "(its own)" in text
    late = await look(pem, now=NOW + 40 * 365 * 86_400)
    assert codes(late) == ["certificate-expired"]


async def test_a_chain_that_is_broken_is_told() -> None:
    der: Any = mdoc.read(issued("mdoc")).signer.certificates
    leaf = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    iaca, other = issuer_of("mdoc").iaca_pem, issuer_of("default").trust_anchor_pem
    assert codes(await look(leaf + iaca)) == []
    assert {"chain-broken", "signer-issuer"} <= await look_codes(leaf + other)
    assert codes(await look(iaca + other)) == []


# Status lists

PACKED = base64url.encode(zlib.compress(bytes([0b10111001, 0b10100011])))


async def test_a_status_list_token_is_unpacked() -> None:
    claims = {"sub": f"{ISSUER}/1", "iat": NOW, "status_list": {"bits": 1, "lst": PACKED}}
    draft = JwtDraft(ATTESTER, {"typ": "statuslist+jwt", "alg": "ES256"}, claims)
    found = await look(draft.sign(), keys=(ATTESTER.public,))
    assert (found.kind, codes(found)) == ("status-list-jwt", [])
    assert "16, of 1 bit each" in text_of(found)
    assert "0: 1, 3: 1, 4: 1, 5: 1, 7: 1, 8: 1, 9: 1, 13: 1, 15: 1" in text_of(found)
    wrong = await look(draft.with_claims(status_list={"bits": 3}, ttl=0).sign())
    assert {"bits-value", "lst-missing", "ttl-form"} <= set(codes(wrong))
    assert {one.clause for one in wrong.complaints if one.code == "bits-value"} == {
        "Token Status List draft 12, 4.1"
    }


async def test_published_status_lists_are_unpacked() -> None:
    for name in ("status_list_jwt_raw.txt", "status_list_cwt.txt"):
        found = await look(vector(f"status-list/{name}"))
        assert codes(found) == []
        assert re.search(r"status 1 +9", text_of(found))
    later = await look(vector("status-list/status_list_cwt.txt"), now=4_000_000_000.0)
    assert codes(later) == ["expired"]
    foreign = await look(vector("status-list/status_list_cwt.txt"), keys=(ATTESTER.public,))
    assert (codes(foreign), foreign.signature and foreign.signature.verified) == (["signature"], False)
    assert "0: 1, 1: 2, 3: 3" in text_of(await look({"bits": 2, "lst": base64url.encode(zlib.compress(b"\xc9"))}))


async def test_the_signature_of_a_status_list_as_cwt_is_verified() -> None:
    context = issuer_of("status-cwt").context
    accept = token_status_list.MEDIA_TYPES["cwt"]
    found = await look(token_status_list.published(context, "1", accept, lambda *_: None).body)
    assert codes(found) == []
    assert found.signature is not None
    assert (found.signature.verified, "x5chain" in found.signature.detail) == (True, True)


async def test_a_bitstring_status_list_is_unpacked() -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as opened:
        opened.write(bytes([0b01000000]) + bytes(15))
    subject = {"type": "BitstringStatusList", "encodedList": "u" + base64url.encode(packed.getvalue())}
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:example:1",
        "credentialSubject": subject,
    }
    found = await look(document)
    assert found.kind == "status-list-credential"
    assert "128, of 1 bit each" in text_of(found)
    assert re.search(r"not 0 +1: 1$", text_of(found), re.MULTILINE)


async def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64url.encode(zlib.compress(bytes(status_array.MAX_BYTES + 1), 9))
    (complaint,) = (await look({"bits": 1, "lst": bomb})).complaints
    assert "when unpacked" in complaint.observed


async def test_other_cbor_and_json_are_shown() -> None:
    assert "1(363896240)" in text_of(await look(cbor2.dumps(cbor2.CBORTag(1, 363896240))))
    assert (await look([1, {"a": None}])).kind == "json"


async def test_no_published_document_breaks_a_check() -> None:
    if not VECTORS.exists():
        pytest.skip("the published vectors are not beside the checkout")
    looked_at = 0
    for path in sorted(path for path in VECTORS.rglob("*") if path.is_file()):
        try:
            found = await look(path.read_bytes())
        except Unreadable:
            continue
        looked_at += 1
        assert not any("internal error" in reason for reason in found.undecided), path
    assert looked_at > 50


# Bad input


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n",
        b"{",
        b'{"a": NaN}',
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b"hello world",
        b"\xff\xfe\x00",
        b"\x9f" * 10_000,
        b"\x81" * 10_000 + b"\x01",
        b"a.b.c",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"openid-credential-offer://?nothing=1",
        b"http://[",
        b'"\\ud800"',
        b"0" * (recognise.MAX_BYTES + 1),
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
    ids=lambda data: repr(data[:12]),
)
async def test_what_cannot_be_looked_at_gives_one_clear_line(data: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        await look(data)
    line = rendering.printable(str(caught.value))
    assert 0 < len(line) < 500
    assert "\n" not in line


@cache
def samples() -> tuple[bytes, ...]:
    made = [issued(variant) for variant in ("default", "mdoc", "jwt-vc", "ldp-vc")]
    made += [draft.sign() for draft in TOKENS.values()]
    made.append(issuer_of("default").mint_offer(by="value").offer)
    made.append({"keys": [HOLDER.public]})
    made.append({"bits": 1, "lst": PACKED})
    made.append(issuer_of("mdoc").iaca_pem)
    made.append(asyncio.run(published("default", "/.well-known/oauth-authorization-server")).decode())
    whole = [written(one).encode() for one in made]
    return (*whole, base64url.decode(made[1]), cbor2.dumps({"bits": 1, "lst": zlib.compress(b"ab")}))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(samples())))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        removed = draw(st.integers(0, 8))
        data[place : place + removed] = draw(st.binary(max_size=8))
    return bytes(data)


@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(mutated(), st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_input_breaks_the_inspection(data: bytes) -> None:
    few = dict(list(all_checks().items())[::9])
    try:
        found = asyncio.run(documents.inspect(data, surroundings(checks=few)))
    except Unreadable:
        return
    assert found.kind in documents.KINDS
    text = rendering.terminal(found, rendering.Style(80))
    assert all(char.isprintable() or char == "\n" for char in text)
    json.dumps(rendering.as_json(found))


# Rendering


async def test_nothing_in_a_document_acts_on_the_terminal() -> None:
    found = await look({"a": "\x1b[2J\u202e\x07", "\x9b31m": "\r\n"})
    text = text_of(found)
    assert "\x1b" not in text
    assert "\\u001b[2J\\u202e\\u0007" in text


async def test_lines_are_wrapped_and_long_values_cut() -> None:
    found = await look({"long": "x" * 5_000, "words": "a word " * 60})
    text = text_of(found, 60)
    assert max(map(len, text.splitlines())) <= 60
    assert "(5000 characters in all)" in " ".join(text.split())


def test_very_many_complaints_are_counted() -> None:
    text = text_of(Inspection("json", "T", complaints=(Complaint("C", "o"),) * 70))
    assert text.count("WRONG  C") == 50
    assert "and 20 more" in text


def test_colours_are_shown_only_where_wanted() -> None:
    found = Inspection("json", "T", complaints=(Complaint("C", "o", Level.SHOULD),))
    assert "\x1b[" not in rendering.terminal(found, rendering.Style())
    assert "\x1b[33mSHOULD\x1b[0m" in rendering.terminal(found, rendering.Style(colours=True))
    assert not found.wrong


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["inspect", "--now", str(int(NOW)), *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_exit_code_says_whether_something_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "credential.txt"
    file.write_text(issued("default"))
    assert run(capsys, str(file))[0] == 0
    assert cli.main(["inspect", "--now", "2090-01-01T00:00:00Z", str(file)]) == 1
    capsys.readouterr()
    file.write_text("?")
    code, out, err = run(capsys, str(file))
    assert (code, out) == (4, "")
    assert err.count("\n") == 1


def test_json_is_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "credential.txt"
    file.write_text(issued("mdoc"))
    code, out, _ = run(capsys, str(file), "--json")
    shown: Mapping[str, Any] = json.loads(out)
    assert code == 0
    assert shown["kind"] == "credential"
    assert shown["decoded"]["nameSpaces"]["org.iso.18013.5.1"]["family_name"] == "Möbius"
    assert shown["signature"]["verified"] is True
    assert shown["certificates"][0]["subject"]
    assert shown["findings"] == []


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(issued("default").encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    code, out, _ = run(capsys, "-")
    assert code == 0
    assert out.startswith("SD-JWT VC")


@pytest.mark.parametrize("form", ["jwk", "set", "pem", "certificate"])
def test_keys_come_in_every_form(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, key = tmp_path / "token", tmp_path / "key"
    document.write_text(TOKENS["access-token"].sign())
    certificate = base64.b64decode(certificate_for(ATTESTER, NOW))
    key.write_bytes(
        {
            "jwk": json.dumps(ATTESTER.public).encode(),
            "set": json.dumps({"keys": [HOLDER.public, ATTESTER.public]}).encode(),
            "pem": ATTESTER.private.export_to_pem(),
            "certificate": x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM),
        }[form]
    )
    code, out, _ = run(capsys, str(document), "--key", str(key))
    assert code == 0
    assert "verifies by the key of --key" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.txt"], "missing.txt"),
        (["{file}", "--key", "{file}"], "neither a public key"),
        (["{file}", "--trust", "{file}"], "no PEM certificate"),
        (["{file}", "--now", "yesterday"], "--now"),
        (["{file}", "--now", "9" * 40], "--now"),
        (["{file}", "--format", "x_vc"], "--format"),
        ([], "FILE"),
    ],
)
def test_wrong_usage_ends_with_one_line(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "document"
    file.write_text('{"a": 1}')
    given = [argument.format(file=file) for argument in arguments]
    try:
        code = cli.main(["inspect", *given])
    except SystemExit as error:
        code = int(error.code or 0)
    err = capsys.readouterr().err
    assert code == 4
    assert words in err
    assert err.count("\n") == 1


def test_the_arguments_are_those_of_the_command() -> None:
    options = cli._parser().parse_args(["inspect", "f"])
    assert isinstance(options, argparse.Namespace)
    assert {"file", "json", "key", "trust", "now", "format", "fetch"} <= vars(options).keys()
