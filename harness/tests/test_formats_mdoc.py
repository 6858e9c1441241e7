from __future__ import annotations

import base64
import hashlib
import itertools
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from pymdoccbor.mdoc.issuer import MdocCborIssuer

from harness.formats import base64url, claims_path, driving_licence, mdoc, mdoc_elements, x509
from harness.formats.claims_path import ClaimsPathError
from harness.formats.mdoc import Mdoc
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
NOW = 1_780_000_000
SIGNER, HOLDER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
SIGNER_JWK = JWK.from_pyca(SIGNER.public_key()).export_public(as_dict=True)
NAMESPACE = "org.iso.18013.5.1"
ELEMENTS: dict[str, Any] = {
    "family_name": "Doe",
    "birth_date": CBORTag(1004, "1990-01-02"),
    "portrait": b"\xff\xd8\xff",
    "driving_privileges": [{"vehicle_category_code": "A", 7: "seven"}, {"vehicle_category_code": "B"}],
}


def tdate(offset: int) -> CBORTag:
    return CBORTag(0, datetime.fromtimestamp(NOW + offset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def cose_key(key: ec.EllipticCurvePrivateKey = HOLDER) -> dict[int, Any]:
    point = key.public_key().public_numbers()
    return {1: 2, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


def right_items() -> list[dict[str, Any]]:
    return [
        {
            "digestID": index,
            "random": bytes([index]) * 16,
            "elementIdentifier": name,
            "elementValue": value,
        }
        for index, (name, value) in enumerate(ELEMENTS.items())
    ]


def right_mso() -> dict[str, Any]:
    return {
        "version": "1.0",
        "digestAlgorithm": "SHA-256",
        "valueDigests": {},
        "deviceKeyInfo": {"deviceKey": cose_key()},
        "docType": "org.iso.18013.5.1.mDL",
        "validityInfo": {"signed": tdate(-60), "validFrom": tdate(-60), "validUntil": tdate(86_400)},
    }


def embedded(value: Any) -> CBORTag:
    return CBORTag(24, cbor2.dumps(value))


class Draft:
    """An mdoc whose parts can be changed at every step of its making."""

    def __init__(self) -> None:
        self.items = right_items()
        self.mso = right_mso()
        self.protected: dict[Any, Any] | bytes = {1: -7}
        self.unprotected: dict[Any, Any] = {33: b"certificate"}
        self.payload: Callable[[dict[str, Any]], Any] = lambda mso: cbor2.dumps(embedded(mso))
        self.wrapped: Callable[[dict[str, Any]], Any] = embedded
        self.digests = True

    def issuer_signed(self) -> dict[str, Any]:
        elements = [self.wrapped(item) for item in self.items]
        if self.digests:
            hashed = {i["digestID"]: hashlib.sha256(cbor2.dumps(embedded(i))).digest() for i in self.items}
            self.mso["valueDigests"] = self.mso.get("valueDigests") or {NAMESPACE: hashed | {99: bytes(32)}}
        header = self.protected if isinstance(self.protected, bytes) else cbor2.dumps(self.protected)
        payload = self.payload(self.mso)
        signed = SIGNER.sign(cbor2.dumps(["Signature1", header, b"", payload or b""]), ec.ECDSA(hashes.SHA256()))
        signature = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(signed))
        return {"nameSpaces": {NAMESPACE: elements}, "issuerAuth": [header, self.unprotected, payload, signature]}

    def read(self) -> Mdoc:
        return mdoc.read(base64url.encode(cbor2.dumps(self.issuer_signed())))


def found(document: Mdoc) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in document.problems]


def kinds(document: Mdoc) -> set[str]:
    return {problem.kind for problem in document.problems}


def spoiled(change: Callable[[Draft], Any]) -> Mdoc:
    draft = Draft()
    change(draft)
    return draft.read()


# What is right


def test_a_right_mdoc_has_no_problem() -> None:
    document = Draft().read()
    assert document.problems == ()
    assert document.validity(NOW) == ()
    document.verify(SIGNER_JWK)
    assert document.doc_type == "org.iso.18013.5.1.mDL"
    assert document.algorithm == -7
    assert document.expires == NOW + 86_400
    assert document.validity_info == {"signed": NOW - 60, "validFrom": NOW - 60, "validUntil": NOW + 86_400}
    assert document.holder_key is not None
    assert JWK(**document.holder_key).thumbprint() == JWK.from_pyca(HOLDER.public_key()).thumbprint()
    assert document.signer.certificates == b"certificate"
    assert document.signer.mechanisms == ("x5chain",)
    assert document.claims == {
        NAMESPACE: {
            "family_name": "Doe",
            "birth_date": "1990-01-02",
            "portrait": "_9j_",
            "driving_privileges": [{"vehicle_category_code": "A", "7": "seven"}, {"vehicle_category_code": "B"}],
        }
    }


def test_another_key_did_not_sign_it() -> None:
    with pytest.raises(SignatureError, match="signature-invalid"):
        Draft().read().verify(JWK.from_pyca(HOLDER.public_key()).export_public(as_dict=True))


def test_what_is_optional_may_be_there() -> None:
    def change(draft: Draft) -> None:
        draft.mso["validityInfo"]["expectedUpdate"] = tdate(3_600)
        draft.mso["status"] = {"status_list": {"idx": 0, "uri": "https://issuer.example/status"}}
        draft.mso["deviceKeyInfo"]["keyAuthorizations"] = {
            "nameSpaces": [NAMESPACE],
            "dataElements": {"org.example": ["one"]},
        }
        draft.mso["deviceKeyInfo"]["keyInfo"] = {1: "any"}
        draft.mso["extra"] = True
        draft.unprotected[33] = [b"one", b"two"]

    assert found(spoiled(change)) == []


def test_the_vector_of_the_standard_is_right_but_expired() -> None:
    file = VECTORS / "iso18013-5" / "annex-d-4-1-2-issuer-signed.hex"
    if not file.exists():
        pytest.skip("the vectors are not on this machine")
    document = mdoc.read(base64url.encode(bytes.fromhex(file.read_text().strip())))
    assert document.problems == ()
    assert document.doc_type == "org.iso.18013.5.1.mDL"
    assert len(document.items) == 6
    # 2020-10-01T13:30:02Z and a year later.
    assert document.validity(1_601_559_100) == ()
    assert [problem.kind for problem in document.validity(NOW)] == ["expired"]
    assert isinstance(document.signer.certificates, bytes)
    certificate = pyca.load_der_x509_certificate(document.signer.certificates)
    document.verify(x509.public_jwk(certificate))
    described = mdoc_elements.element_sets()["org.iso.18013.5.1.mDL"]
    problems = mdoc_elements.problems(described, document.elements)
    # A presentation shows some elements only; those that it shows have their types.
    assert {problem.kind for problem in problems} == {"element-missing"}
    assert driving_licence.problems(document.elements, NOW) == ()


def test_what_an_independent_issuer_makes_is_right() -> None:
    private = {
        "KTY": "EC2",
        "CURVE": "P_256",
        "ALG": "ES256",
        "D": SIGNER.private_numbers().private_value.to_bytes(32, "big"),
        "KID": b"k",
    }
    issuer = MdocCborIssuer(
        private_key=private,
        alg="ES256",
        cert_info={
            "country_name": "DE",
            "organization_name": "Test",
            "common_name": "Test",
            "locality_name": "Berlin",
            "state_or_province_name": "Berlin",
            "san_url": "https://issuer.example",
            "not_valid_before": datetime(2026, 1, 1, tzinfo=UTC),
            "not_valid_after": datetime(2027, 1, 1, tzinfo=UTC),
        },
    )
    made = issuer.new(
        data={NAMESPACE: {"family_name": "Doe", "birth_date": "1990-01-02"}},
        doctype="org.iso.18013.5.1.mDL",
        validity={"issuance_date": "2026-01-17", "expiry_date": "2046-11-13"},
        devicekeyinfo={
            "KTY": "EC2",
            "CURVE": "P_256",
            "ALG": "ES256",
            "X": cose_key()[-2],
            "Y": cose_key()[-3],
            "D": HOLDER.private_numbers().private_value.to_bytes(32, "big"),
        },
    )
    issuer_signed = made["documents"][0]["issuerSigned"]
    document = mdoc.read(base64url.encode(cbor2.dumps(issuer_signed)))
    assert found(document) == []
    document.verify(SIGNER_JWK)
    assert set(document.claims[NAMESPACE]) == {"family_name", "birth_date"}


# The encoding


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, "credential-type"),
        (5, "credential-type"),
        ({"issuerAuth": []}, "credential-type"),
        ("", "cbor-truncated"),
        ("a b", "base64url-alphabet"),
        ("AAAAA", "base64url-length"),
        (cbor2.dumps({"issuerAuth": 1}).hex(), "hexadecimal"),
        (base64url.encode(b"\xff"), "cbor-malformed"),
        (base64url.encode(b"\xa0\x00"), "cbor-trailing"),
        (base64url.encode(b"\xa0"), "issuer-signed"),
        (base64url.encode(b"\x80"), "issuer-signed"),
        (base64url.encode(b'{"issuerAuth": []}'), "cbor-truncated"),
        (base64url.encode(cbor2.dumps({"issuerAuth": b""})), "cose-structure"),
        (base64url.encode(cbor2.dumps({"issuerAuth": [{}, {}, b"", b""]})), "cose-header"),
    ],
    ids=map(str, itertools.count()),
)
def test_what_cannot_be_read(text: Any, kind: str) -> None:
    with pytest.raises(FormatError) as error:
        mdoc.read(text)
    assert error.value.kind == kind


def test_base64_in_other_forms_is_read_and_named() -> None:
    data = cbor2.dumps(Draft().issuer_signed())
    padded = base64.urlsafe_b64encode(data).decode().rstrip("=") + "="
    assert kinds(mdoc.read(padded)) == {"base64url-padding"}
    plain = base64.b64encode(data).decode()
    assert {"+", "/"} & set(plain)
    assert kinds(mdoc.read(plain)) == {"base64-alphabet"}


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (lambda _: None, "payload-detached"),
        (lambda _: b"\xff", "payload-form"),
        (lambda _: b"", "payload-form"),
        (lambda _: cbor2.dumps(CBORTag(24, b"\xff")), "mso-cbor"),
        (lambda mso: cbor2.dumps(CBORTag(24, cbor2.dumps(mso) + b"\0")), "mso-cbor"),
        (lambda mso: cbor2.dumps(embedded([mso])), "mso-form"),
        (lambda _: cbor2.dumps(5), "mso-form"),
    ],
    ids=map(str, itertools.count()),
)
def test_a_payload_that_cannot_be_read(payload: Any, kind: str) -> None:
    draft = Draft()
    draft.payload = payload
    with pytest.raises(FormatError) as error:
        draft.read()
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (cbor2.dumps, {"mso-not-tagged"}),
        (lambda mso: cbor2.dumps(CBORTag(23, cbor2.dumps(mso))), {"mso-not-tagged"}),
        (lambda mso: cbor2.dumps(cbor2.dumps(mso)), {"mso-not-tagged"}),
        (lambda mso: cbor2.dumps(CBORTag(24, mso)), {"mso-not-tagged", "encoded-item-content"}),
        (lambda mso: cbor2.dumps(CBORTag(24, b"\xbf" + cbor2.dumps(mso)[1:] + b"\xff")), {"indefinite-length"}),
    ],
    ids=map(str, itertools.count()),
)
def test_a_payload_in_another_form_is_read_and_named(payload: Any, expected: set[str]) -> None:
    draft = Draft()
    draft.payload = payload
    assert kinds(draft.read()) == expected


# issuerAuth


@pytest.mark.parametrize(
    ("protected", "unprotected", "expected"),
    [
        ({1: -37}, {33: b"c"}, {"alg-not-allowed"}),
        ({1: 5}, {33: b"c"}, {"alg-not-allowed"}),
        ({1: "ES256"}, {33: b"c"}, {"alg-not-allowed"}),
        ({1: -9}, {33: b"c"}, set()),
        ({1: -7}, {}, {"x5chain-missing"}),
        ({1: -7, 33: b"c"}, {}, {"x5chain-protected"}),
        ({1: -7, 33: b"c"}, {33: b"c"}, {"header-repeated"}),
        ({}, {1: -7, 33: b"c"}, {"alg-unprotected", "protected-empty-map"}),
    ],
    ids=map(str, itertools.count()),
)
def test_the_header(protected: Any, unprotected: Any, expected: set[str]) -> None:
    def change(draft: Draft) -> None:
        draft.protected, draft.unprotected = protected, unprotected

    document = spoiled(change)
    assert kinds(document) == expected
    assert document.signer.certificates == (b"c" if 33 in {*protected, *unprotected} else None)


# The items


def item(**changed: Any) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        for name, value in changed.items():
            if value is ...:
                del draft.items[0][name]
            else:
                draft.items[0][name] = value

    return change


FIRST = f"nameSpaces/{NAMESPACE}/0"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"random": ...}, ("item-member", f"{FIRST}/random")),
        ({"random": "text"}, ("item-member", f"{FIRST}/random")),
        ({"random": bytes(15)}, ("random-short", f"{FIRST}/random")),
        ({"elementIdentifier": ...}, ("item-member", f"{FIRST}/elementIdentifier")),
        ({"elementIdentifier": 5}, ("item-member", f"{FIRST}/elementIdentifier")),
        ({"elementValue": ...}, ("item-member", f"{FIRST}/elementValue")),
        ({"elementValue": CBORTag(0, "2020-01-01T00:00:00.5Z")}, ("element-date-fraction", FIRST)),
        ({"elementValue": [{"a": CBORTag(0, "2020-01-01T00:00:00+01:00")}]}, ("element-date-offset", FIRST)),
        ({"elementValue": CBORTag(1004, "1.1.2020")}, ("full-date-content", f"{FIRST}/elementValue")),
        ({"elementIdentifier": "birth_date"}, ("element-repeated", f"nameSpaces/{NAMESPACE}/1")),
    ],
    ids=map(str, itertools.count()),
)
def test_members_of_an_item(changed: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(spoiled(item(**changed))) == [problem]


def test_digest_ids() -> None:
    assert kinds(spoiled(item(digestID=2**31))) == {"digest-id-large"}
    assert kinds(spoiled(item(digestID="0"))) == {"item-member", "mso-value-digests"}
    # Only one of the two can have its digest there.
    assert kinds(spoiled(item(digestID=1))) == {"digest-id-repeated", "digest-mismatch"}
    twice = spoiled(item(random=bytes([1]) * 16))
    assert found(twice) == [("random-repeated", f"nameSpaces/{NAMESPACE}/{n}/random") for n in (0, 1)]


def test_digests_are_over_the_bytes_as_sent() -> None:
    draft = Draft()
    # The length of the byte string takes two bytes more than it needs, and the digest is over them.
    data = cbor2.dumps(draft.items[0])
    sent = b"\xd8\x18\x5a" + len(data).to_bytes(4, "big") + data
    draft.issuer_signed()
    draft.mso["valueDigests"][NAMESPACE][0] = hashlib.sha256(sent).digest()
    whole = cbor2.dumps(draft.issuer_signed()).replace(cbor2.dumps(CBORTag(24, data)), sent)
    document = mdoc.read(base64url.encode(whole))
    assert kinds(document) == {"not-shortest"}


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        (lambda item: item, {"item-not-tagged"}),
        (cbor2.dumps, {"item-not-tagged"}),
        (lambda item: CBORTag(23, cbor2.dumps(item)), {"item-not-tagged"}),
        (lambda item: CBORTag(24, item), {"item-not-tagged", "encoded-item-content"}),
        (lambda _: CBORTag(24, b"\xff"), {"item-cbor"}),
        (lambda item: CBORTag(24, cbor2.dumps(item) + b"\0"), {"item-cbor"}),
        (lambda item: embedded(list(item)), {"item-form"}),
        (lambda _: 5, {"item-not-tagged", "item-form"}),
    ],
    ids=map(str, itertools.count()),
)
def test_items_in_another_form(wrapped: Any, expected: set[str]) -> None:
    draft = Draft()
    draft.wrapped = wrapped
    assert kinds(draft.read()) == expected


@pytest.mark.parametrize(
    ("namespaces", "expected"),
    [
        (..., {"namespaces-missing"}),
        ({}, {"namespaces-form"}),
        ([], {"namespaces-form"}),
        ({"empty": []}, {"namespaces-form"}),
        ({5: [1]}, {"namespaces-form"}),
        ({"a": {}}, {"namespaces-form"}),
    ],
    ids=map(str, itertools.count()),
)
def test_namespaces_in_another_form(namespaces: Any, expected: set[str]) -> None:
    issuer_signed = Draft().issuer_signed()
    if namespaces is ...:
        del issuer_signed["nameSpaces"]
    else:
        issuer_signed["nameSpaces"] = namespaces
    document = mdoc.read(base64url.encode(cbor2.dumps(issuer_signed)))
    assert kinds(document) == expected
    assert document.claims == {}


def test_digests_that_are_missing_or_of_something_else() -> None:
    draft = Draft()
    draft.issuer_signed()
    digests = draft.mso["valueDigests"][NAMESPACE]
    digests[0] = bytes(32)
    del digests[1]
    assert found(draft.read()) == [
        ("digest-mismatch", FIRST),
        ("digest-missing", f"nameSpaces/{NAMESPACE}/1"),
    ]


@pytest.mark.parametrize("name", ["SHA-384", "SHA-512"])
def test_other_hashes(name: str) -> None:
    draft = Draft()
    draft.mso["digestAlgorithm"] = name
    hashed = {
        i["digestID"]: hashlib.new(name.replace("-", ""), cbor2.dumps(embedded(i))).digest() for i in draft.items
    }
    draft.mso["valueDigests"] = {NAMESPACE: hashed}
    assert found(draft.read()) == []
    draft.mso["digestAlgorithm"] = "SHA-256"
    assert kinds(draft.read()) == {"digest-length", "digest-mismatch"}


# The MSO


def mso(*path: str, value: Any) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        inner = draft.mso
        for step in path[:-1]:
            inner = inner[step]
        if value is ...:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["version"], ..., {"mso-member"}),
        (["version"], "1.1", set()),
        (["version"], "2.0", {"mso-version"}),
        (["version"], "1.", {"mso-version"}),
        (["version"], 1, {"mso-version"}),
        (["digestAlgorithm"], ..., {"mso-member"}),
        (["digestAlgorithm"], "sha-256", {"mso-digest-algorithm"}),
        (["digestAlgorithm"], ["SHA-256"], {"mso-digest-algorithm"}),
        (["docType"], ..., {"mso-member"}),
        (["docType"], 5, {"mso-doc-type"}),
        (["deviceKeyInfo"], ..., {"mso-member"}),
        (["deviceKeyInfo"], {}, {"device-key"}),
        (["deviceKeyInfo"], [], {"device-key"}),
        (["deviceKeyInfo", "deviceKey"], b"key", {"device-key"}),
        (["deviceKeyInfo", "deviceKey"], {}, {"cose-key-kty"}),
        (["deviceKeyInfo", "deviceKey"], {1: 3}, {"device-key-curve"}),
        (["deviceKeyInfo", "deviceKey"], cose_key() | {-4: b"d"}, {"cose-key-private"}),
        (["deviceKeyInfo", "deviceKey"], cose_key() | {-1: 257}, set()),
        (["deviceKeyInfo", "keyAuthorizations"], {}, {"key-authorizations"}),
        (["deviceKeyInfo", "keyAuthorizations"], [], {"key-authorizations"}),
        (["deviceKeyInfo", "keyAuthorizations"], {"nameSpaces": []}, {"key-authorizations"}),
        (["deviceKeyInfo", "keyAuthorizations"], {"nameSpaces": [5]}, {"key-authorizations"}),
        (["deviceKeyInfo", "keyAuthorizations"], {"dataElements": {"a": []}}, {"key-authorizations"}),
        (["deviceKeyInfo", "keyAuthorizations"], {"dataElements": ["a"]}, {"key-authorizations"}),
        (
            ["deviceKeyInfo", "keyAuthorizations"],
            {"nameSpaces": ["a"], "dataElements": {"a": ["x"]}},
            {"key-authorizations"},
        ),
        (["validityInfo"], ..., {"mso-member"}),
        (["validityInfo"], [], {"date-missing"}),
        (["validityInfo", "signed"], ..., {"date-missing"}),
        (["validityInfo", "signed"], "2020-01-01T00:00:00Z", {"date-form"}),
        (["validityInfo", "signed"], CBORTag(1, 5), {"date-form"}),
        (["validityInfo", "signed"], CBORTag(0, "2020-01-01"), {"date-form", "date-time-content"}),
        (["validityInfo", "signed"], CBORTag(0, "2020-01-01T00:00:00.1Z"), {"date-fraction"}),
        (["validityInfo", "signed"], CBORTag(0, "2020-01-01T00:00:00-00:00"), {"date-offset"}),
        (["validityInfo", "signed"], CBORTag(0, "2020-01-01T00:00:00z"), {"date-offset"}),
        (["validityInfo", "signed"], CBORTag(0, "2016-12-31T23:59:60Z"), set()),
        (["validityInfo", "expectedUpdate"], CBORTag(1004, "2030-01-01"), {"update-form"}),
        (["validityInfo", "validFrom"], tdate(-61), {"valid-before-signed"}),
        (["validityInfo", "validUntil"], tdate(-60), {"date-order"}),
        (["status"], "valid", {"status-form"}),
        (["status"], {}, {"status-empty"}),
        (["status"], {"status_list": {"uri": "https://a.example"}}, {"status-idx"}),
        (["status"], {"status_list": {"idx": 1}}, {"status-uri"}),
        (["status"], {"status_list": 5}, {"status-list"}),
        (["status"], {"identifier_list": {"id": b"1", "uri": "https://a.example"}}, set()),
    ],
    ids=map(str, itertools.count()),
)
def test_members_of_the_mso(path: list[str], value: Any, expected: set[str]) -> None:
    assert kinds(spoiled(mso(*path, value=value))) == expected


@pytest.mark.parametrize(
    "digests",
    [[], 5, {5: {0: bytes(32)}}, {"a": []}, {"a": {"0": bytes(32)}}, {"a": {0: "x"}}],
    ids=map(str, itertools.count()),
)
def test_digests_in_another_form(digests: Any) -> None:
    draft = Draft()
    draft.mso["valueDigests"], draft.digests = digests, False
    assert "mso-value-digests" in kinds(draft.read())
    del draft.mso["valueDigests"]
    assert kinds(draft.read()) == {"mso-member", "digest-missing"}


def test_validity() -> None:
    def judged(now: float) -> list[str]:
        return [problem.kind for problem in Draft().read().validity(now)]

    assert judged(NOW + 86_400 + 60) == []
    assert judged(NOW + 86_400 + 61) == ["expired"]
    assert judged(NOW - 120) == []
    assert judged(NOW - 121) == ["not-yet-valid", "issued-in-future"]
    assert spoiled(mso("validityInfo", value={})).validity(NOW) == ()


# Claims path pointers


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ([NAMESPACE, "family_name"], ["Doe"]),
        ([NAMESPACE, "driving_privileges", None, "vehicle_category_code"], ["A", "B"]),
        ([NAMESPACE, "driving_privileges", 1, "vehicle_category_code"], ["B"]),
        ([NAMESPACE, "driving_privileges", 0, 7], ["seven"]),
        ([NAMESPACE, "driving_privileges", None, 7], ["seven"]),
    ],
    ids=map(str, itertools.count()),
)
def test_claims_paths_select(path: list[Any], selected: list[Any]) -> None:
    assert claims_path.select_in_mdoc(Draft().read().elements, path) == selected


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ([], "path-malformed"),
        ([NAMESPACE], "path-malformed"),
        ([NAMESPACE, 0], "path-malformed"),
        ([NAMESPACE, "family_name", True], "path-malformed"),
        ("family_name", "path-malformed"),
        (["other", "family_name"], "path-selects-nothing"),
        ([NAMESPACE, "given_name"], "path-selects-nothing"),
        ([NAMESPACE, "driving_privileges", 2], "path-selects-nothing"),
        ([NAMESPACE, "driving_privileges", 0, "sign"], "path-selects-nothing"),
        ([NAMESPACE, "driving_privileges", "A"], "path-not-object"),
        ([NAMESPACE, "driving_privileges", -1], "path-not-array"),
        ([NAMESPACE, "family_name", 0], "path-not-array"),
        ([NAMESPACE, "family_name", None], "path-not-array"),
    ],
    ids=map(str, itertools.count()),
)
def test_claims_paths_that_select_nothing(path: Any, kind: str) -> None:
    with pytest.raises(ClaimsPathError) as error:
        claims_path.select_in_mdoc(Draft().read().elements, path)
    assert error.value.kind == kind


# Hostile input


def test_bombs_are_refused_quickly() -> None:
    begin = time.perf_counter()
    for data in (
        b"\x81" * 10_000 + b"\0",
        b"\x9b" + b"\x7f" + b"\xff" * 7,
        b"\xa1\x6aissuerAuth\x84\x40\xa0" + cbor2.dumps(b"\x81" * 10_000 + b"\0") + b"\x40",
        b"\x9f" * 100_000,
        cbor2.dumps({"issuerAuth": [b"", {}, cbor2.dumps(CBORTag(24, b"\x9f" * 60_000)), b""]}),
    ):
        with pytest.raises(FormatError):
            mdoc.read(base64url.encode(data))
    assert time.perf_counter() - begin < 5


WHOLE = cbor2.dumps(Draft().issuer_signed())


@settings(max_examples=1_500, derandomize=True, deadline=None)
@given(st.randoms(use_true_random=False))
def test_spoiled_credentials_are_read_or_refused(chance: random.Random) -> None:
    data = bytearray(WHOLE)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 3)]
            case _:
                data[place:place] = chance.randbytes(chance.randint(1, 3))
    with suppress(FormatError):
        document = mdoc.read(base64url.encode(bytes(data)))
        _ = document.claims, document.expires, document.holder_key, document.signer, document.validity(NOW)
        driving_licence.problems(document.elements, NOW)
        mdoc_elements.problems(mdoc_elements.element_sets()["org.iso.18013.5.1.mDL"], document.elements)
        document.verify(SIGNER_JWK)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        mdoc.read(text)


# The driving licence


def licence(**changed: Any) -> list[str]:
    draft = Draft()
    elements = ELEMENTS | {"issuing_country": "DE"} | changed
    draft.items = [
        {"digestID": n, "random": bytes([n]) * 16, "elementIdentifier": name, "elementValue": value}
        for n, (name, value) in enumerate(elements.items())
    ]
    return [problem.kind for problem in driving_licence.problems(draft.read().elements, NOW)]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"age_over_18": True, "age_over_65": False, "age_over_21": True}, []),
        ({"age_over_21": True, "age_over_18": False}, ["age-contradiction"]),
        ({"age_over_60": True}, ["age-contradiction"]),  # born in 1990
        ({"age_over_37": True}, []),
        ({"age_over_30": False}, ["age-contradiction"]),
        ({"age_over_36": False}, []),
        ({"birth_date": "1990-01-02", "age_over_60": True}, []),
        ({"age_over_5": True}, ["age-name"]),
        ({"age_over_18": 1}, ["age-type"]),
        ({"issuing_jurisdiction": "DE-BE"}, []),
        ({"issuing_jurisdiction": "FR-75"}, ["jurisdiction"]),
        ({"family_name": "Müller"}, []),
        ({"family_name": "Łukasz"}, ["element-letters"]),
        ({"family_name_national_character": "Łukasz"}, []),
        ({"shoe_size": 39}, ["element-unknown"]),
        ({"driving_privileges": {}}, ["privilege-form"]),
        ({"driving_privileges": [{}]}, ["privilege-form"]),
        ({"driving_privileges": [{"vehicle_category_code": "A", "issue_date": "2020-01-01"}]}, ["privilege-date"]),
        (
            {"driving_privileges": [{"vehicle_category_code": "A", "expiry_date": CBORTag(1004, "2020-01-01")}]},
            [],
        ),
        ({"driving_privileges": [{"vehicle_category_code": "A", "codes": []}]}, ["privilege-codes"]),
        ({"driving_privileges": [{"vehicle_category_code": "A", "codes": [{"code": 1}]}]}, ["privilege-codes"]),
        (
            {"driving_privileges": [{"vehicle_category_code": "A", "codes": [{"code": "S01", "sign": "<="}]}]},
            [],
        ),
        (
            {"driving_privileges": [{"vehicle_category_code": "A", "codes": [{"code": "S01", "value": 5}]}]},
            ["privilege-codes"],
        ),
    ],
    ids=map(str, itertools.count()),
)
def test_elements_of_a_driving_licence(changed: dict[str, Any], expected: list[str]) -> None:
    assert licence(**changed) == expected
