"""Credentials with W3C status lists: the examples that the specifications print, and what is wrong with others."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats import base64url, did, status_document
from harness.formats.bitstring_status_list import StatusListCredential, read, read_2021
from harness.formats.jwt_vc import JwtVc
from harness.formats.ldp_vc import LdpVc
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError
from harness.formats.status_reference import Mechanism, Reference, State, of_credential_status

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
URL = "https://example.com/credentials/status/3"
PRINTED = "H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
EXAMPLE = {
    "@context": [V2, "https://www.w3.org/ns/credentials/examples/v2"],
    "id": URL,
    "type": ["VerifiableCredential", "BitstringStatusListCredential"],
    "issuer": "did:example:12345",
    "validFrom": "2021-04-05T14:27:40Z",
    "credentialSubject": {
        "id": "https://example.com/status/3#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": f"u{PRINTED}",
    },
}
"""Example 5 of Bitstring Status List v1.0, of which example 3 is a part."""
PROOFS = [
    {
        "type": "DataIntegrityProof",
        "created": "2025-04-27T20:53:40Z",
        "verificationMethod": "did:key:zDnaewCdcZ4ERAPqpnobQrwXcCRqCw7tWR95DSnQPaMhwJJnv",
        "cryptosuite": "ecdsa-rdfc-2019",
        "proofPurpose": "assertionMethod",
        "proofValue": "z5bsyxwuDdVqgh7eXAPZaXQvuixSHXXoodfjsp8hGiLoJknAFZJuasbkioubs4bbjKTkwLfc6NT6V1Ye6BWKUDdXU",
    },
    {
        "type": "DataIntegrityProof",
        "created": "2025-04-27T20:53:40Z",
        "verificationMethod": "did:key:z6MkeVw6bAm59CopQquZcVLUpapvEEELqfpdWfHkSont8HR6",
        "cryptosuite": "eddsa-rdfc-2022",
        "proofPurpose": "assertionMethod",
        "proofValue": "z4hwxiLnXHLUAomJXtfoowKc1ZBNpw1Wjw1vYsXEvifETSh6odbtmh6qfEDijRBxCZJ5hjguPotaywncvcHQ9yfRf",
    },
]
"""How example 5 is secured with proofs."""
JWT_HEADER = "eyJraWQiOiJFeEhrQk1XOWZtYmt2VjI2Nm1ScHVQMnNVWV9OX0VXSU4xbGFwVXpPOHJvIiwiYWxnIjoiRVMyNTYifQ"
JWT_SIGNATURE = "nJCel75umwdFGsNW6GUitEe7qn-ArsxnE_LsKNlRPaBxcVxFkB0sqOXiioV_jbS48l2pWlXfBgbEiCD8OQde3g"
EXAMPLE_2021 = {
    "@context": [V1, "https://w3id.org/vc/status-list/2021/v1"],
    "id": URL,
    "type": ["VerifiableCredential", "StatusList2021Credential"],
    "issuer": "did:example:12345",
    "issued": "2021-04-05T14:27:40Z",
    "credentialSubject": {
        "id": "https://example.com/status/3#list",
        "type": "StatusList2021",
        "statusPurpose": "revocation",
        "encodedList": PRINTED,
    },
}
"""Example 2 of StatusList2021 without its proof."""
HELD = Reference(Mechanism.BITSTRING, URL, "/credentialStatus", 94567, purpose="revocation")
PLAIN = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}


def body(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def jwt(document: dict[str, Any], **header: Any) -> bytes:
    """Give a JWT whose signature nobody looks at."""
    parts = ({"alg": "ES256", "typ": "vc+jwt", "kid": "did:key:z6Mk#1", **header}, document)
    return ".".join([*(base64url.encode(json.dumps(part).encode()) for part in parts), "AAAA"]).encode()


def listed(subject: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """Give example 5 in a JWT with other members; ``None`` removes one."""
    document = {**EXAMPLE, **changes, "credentialSubject": {**EXAMPLE["credentialSubject"], **(subject or {})}}  # type: ignore[dict-item]
    document["credentialSubject"] = {
        name: value for name, value in document["credentialSubject"].items() if value is not None
    }
    return jwt({name: value for name, value in document.items() if value is not None})


def own_kinds(found: StatusListCredential) -> list[str]:
    return [problem.kind for problem in found.list_problems]


def encoded(data: bytes) -> str:
    return f"u{base64url.encode(gzip.compress(data, mtime=0))}"


# The examples that are printed


@pytest.mark.parametrize("proof", PROOFS, ids=["ecdsa", "eddsa"])
def test_the_printed_list_with_a_proof_verifies(proof: dict[str, Any]) -> None:
    found = read(body({**EXAMPLE, "proof": proof}), "application/vc")
    # The issuer of the example is another DID than the one of the key.
    assert (found.list_problems, found.model_problems, found.transfer_problems) == ((), (), ())
    found.verify(did.resolve(proof["verificationMethod"]))
    assert isinstance(found.credential, LdpVc)
    assert (found.purposes, found.subject, found.size, found.ttl) == (("revocation",), URL, 131_072, None)
    assert (found.algorithm, found.issued_at, found.expires) == (proof["cryptosuite"], 1_617_632_860.0, None)
    assert found.value_of(HELD) == 0
    changed = {**EXAMPLE, "issuer": "did:example:6789", "proof": proof}
    with pytest.raises(SignatureError):
        read(body(changed)).verify(did.resolve(proof["verificationMethod"]))


def test_the_printed_list_in_a_jwt_is_read() -> None:
    payload = base64url.encode(json.dumps(EXAMPLE, separators=(",", ":")).encode())
    found = read(f"{JWT_HEADER}.{payload}.{JWT_SIGNATURE}".encode(), "application/vc+jwt")
    assert isinstance(found.credential, JwtVc)
    assert found.list_problems == found.model_problems == ()
    # VC-JOSE-COSE wants a typ, and a kid that is a URL where the issuer is a DID.
    assert [problem.kind for problem in found.problems] == ["typ-missing", "kid-relative"]
    assert (found.algorithm, found.value_of(HELD)) == ("ES256", 0)


def test_the_printed_list_of_2021_is_read() -> None:
    found = read_2021(body({**EXAMPLE_2021, "proof": PLAIN}))
    assert found.list_problems == ()
    # It has issued where data model 1.1 has issuanceDate.
    assert [problem.kind for problem in found.model_problems] == ["issuance-date-missing"]
    reference = Reference(Mechanism.STATUS_LIST_2021, URL, "", 94567, purpose="revocation")
    assert (found.size, found.value_of(reference)) == (131_072, 0)


def test_the_printed_entries_lead_to_their_places() -> None:
    entry = {
        "id": f"{URL}#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": URL,
    }
    other = {**entry, "statusPurpose": "suspension", "statusListIndex": "12345"}
    assert [(found.index, found.purpose) for found in of_credential_status([entry, other])] == [
        (94567, "revocation"),
        (12345, "suspension"),
    ]
    message = {
        **entry,
        "statusPurpose": "message",
        "statusSize": 2,
        "statusMessage": [
            {"status": "0x0", "message": "pending_review"},
            {"status": "0x1", "message": "accepted"},
        ],
    }
    (found,) = of_credential_status(message)
    assert (found.size, found.messages) == (2, {0: "pending_review", 1: "accepted"})


# What a list says


def test_values_are_read_with_the_size_and_the_purpose_of_the_entry() -> None:
    data = bytearray(32_768)
    data[0], data[2] = 0b00011011, 0b01000000
    members = {"statusSize": 2, "statusMessages": [], "statusPurpose": ["message", "revocation"]}
    found = read(listed({"encodedList": encoded(bytes(data)), **members}))
    assert own_kinds(found) == []
    assert found.size == 131_072

    def value(index: int, purpose: str, size: int) -> int:
        return found.value_of(Reference(Mechanism.BITSTRING, URL, "", index, purpose=purpose, size=size))

    assert [value(index, "message", 2) for index in range(5)] == [0, 1, 2, 3, 0]
    # Section A.4 has several entries in one list, each counted by its own size.
    assert [value(index, "revocation", 1) for index in (16, 17, 18)] == [0, 1, 0]
    with pytest.raises(FormatError, match="status-purpose"):
        value(0, "suspension", 1)
    with pytest.raises(FormatError, match="status-out-of-range"):
        value(131_072, "message", 2)


def test_a_set_bit_revokes_or_suspends_by_the_purpose() -> None:
    meanings = {"revocation": State.REVOKED, "suspension": State.SUSPENDED, "refresh": State.OTHER}
    for purpose, state in meanings.items():
        reference = Reference(Mechanism.BITSTRING, URL, "", 0, purpose=purpose)
        assert (reference.meaning(0), reference.meaning(1)) == (State.VALID, state)


def test_editions_are_compared_by_the_entry_size_of_the_list() -> None:
    data = bytearray(32_768)
    before = read(listed({"encodedList": encoded(bytes(data)), "statusSize": 2}))
    data[5] = 0b00000100
    after = read(listed({"encodedList": encoded(bytes(data)), "statusSize": 2}))
    assert before.changed(after) == after.changed(before) == (22,)
    assert before.changed(read(listed({"encodedList": None}))) == ()


@pytest.mark.parametrize(
    ("ttl", "seconds"), [(300_000, 300.0), (500, 0.5), (0, 0.0), ("600000", 600.0), (1.5e3, 1.5)]
)
def test_ttl_is_in_milliseconds(ttl: Any, seconds: float) -> None:
    found = read(listed({"ttl": ttl}))
    assert (found.ttl, own_kinds(found)) == (seconds, [])


@pytest.mark.parametrize(
    ("subject", "kinds"),
    [
        ({"type": None}, ["list-subject-type"]),
        ({"type": "StatusList2021"}, ["list-subject-type"]),
        ({"type": ["BitstringStatusList"]}, []),
        ({"statusPurpose": None}, ["list-purpose"]),
        ({"statusPurpose": []}, ["list-purpose"]),
        ({"statusPurpose": ["revocation", 1]}, ["list-purpose"]),
        ({"statusPurpose": ["revocation", "suspension"]}, []),
        ({"encodedList": None}, ["encoded-missing"]),
        ({"encodedList": ["u"]}, ["encoded-form"]),
        ({"encodedList": PRINTED}, ["encoded-multibase"]),
        ({"encodedList": f"U{PRINTED}"}, ["encoded-multibase", "encoded-base64url"]),
        ({"encodedList": f"u{PRINTED}=="}, ["encoded-base64url"]),
        ({"encodedList": "u" + PRINTED.replace("-", "+")}, ["encoded-base64url"]),
        ({"encodedList": "u"}, ["gzip-truncated"]),
        ({"encodedList": encoded(bytes(16_383))}, ["list-short"]),
        ({"ttl": -1}, ["ttl-form"]),
        ({"ttl": True}, ["ttl-form"]),
        ({"ttl": "soon"}, ["ttl-form"]),
        ({"statusSize": 0}, ["list-size"]),
        ({"statusSize": "2"}, ["list-size"]),
        ({"statusPurpose": "message"}, ["message-size-missing", "message-texts-missing"]),
        ({"statusPurpose": "message", "statusSize": 1, "statusMessage": []}, []),
    ],
)
def test_what_is_wrong_with_a_list(subject: dict[str, Any], kinds: list[str]) -> None:
    assert own_kinds(read(listed(subject))) == kinds


@pytest.mark.parametrize(
    "spelled", [PRINTED, f"{PRINTED}==", PRINTED.replace("-", "+"), PRINTED.replace("-", "+") + "="]
)
def test_a_list_of_2021_is_base64_of_any_kind(spelled: str) -> None:
    subject = {**EXAMPLE_2021["credentialSubject"], "encodedList": spelled}  # type: ignore[dict-item]
    found = read_2021(body({**EXAMPLE_2021, "credentialSubject": subject, "proof": PLAIN}))
    assert (own_kinds(found), found.size) == ([], 131_072)


def test_a_list_of_2021_has_neither_multibase_nor_several_purposes() -> None:
    more = {"encodedList": f"u{PRINTED}", "statusPurpose": ["revocation"], "ttl": "soon"}
    subject = {**EXAMPLE_2021["credentialSubject"], **more}  # type: ignore[dict-item]
    found = read_2021(body({**EXAMPLE_2021, "credentialSubject": subject, "proof": PLAIN}))
    assert own_kinds(found) == ["list-purpose", "encoded-multibase"]
    assert (found.size, found.ttl) == (131_072, None)


def test_each_of_the_two_lists_is_none_of_the_other() -> None:
    assert own_kinds(read(body({**EXAMPLE_2021, "proof": PLAIN}))) == [
        *("list-model", "list-type", "list-subject-type", "encoded-multibase")
    ]
    assert own_kinds(read_2021(listed())) == ["list-type", "list-subject-type", "encoded-multibase"]


def test_a_list_is_judged_as_a_credential_of_its_own() -> None:
    found = read(listed(validUntil="2021-05-05T14:27:40Z", issuer="nobody"))
    assert [problem.kind for problem in found.model_problems] == ["issuer-form"]
    assert [problem.kind for problem in found.validity(1_700_000_000.0)] == ["expired"]
    assert [problem.kind for problem in found.validity(1_600_000_000.0)] == ["not-yet-valid"]
    assert [problem.kind for problem in read(body(EXAMPLE)).securing_problems] == ["proof-missing"]


def test_the_list_is_found_among_several_subjects() -> None:
    other = {"id": "https://example.com/status/4", "name": "no list"}
    document = {**EXAMPLE, "credentialSubject": [other, EXAMPLE["credentialSubject"]]}
    found = read(jwt(document))
    assert (own_kinds(found), found.size) == ([], 131_072)


# How it comes


def test_an_envelope_is_opened() -> None:
    envelope = {
        "@context": V2,
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{listed().decode()}",
    }
    found = read(body(envelope), "application/vc")
    assert (found.enveloped, found.problems) == (True, ())
    with pytest.raises(FormatError, match="secured-otherwise"):
        read(body({**envelope, "id": "data:application/vc+sd-jwt,e30.e30.AA~"}))


@pytest.mark.parametrize(
    ("raw", "media_type", "kind"),
    [
        (b"e30.e30.AA~", "application/vc+sd-jwt", "secured-otherwise"),
        (b"\xd2\x84\x43\xa1\x01\x28", None, "secured-otherwise"),
        (b"whatever", "application/vc+cose", "secured-otherwise"),
        (b"<html></html>", "text/html", "list-form"),
        (b"", None, "list-form"),
        (b"[]", "application/json", "list-form"),
        (json.dumps(listed().decode()).encode(), "application/json", "list-form"),
        (b"e30.W10.AA", "application/vc+jwt", "payload-not-object"),
    ],
)
def test_what_cannot_be_read_has_one_clear_error(raw: bytes, media_type: str | None, kind: str) -> None:
    with pytest.raises(FormatError) as error:
        read(raw, media_type)
    assert error.value.kind == kind


def test_space_around_a_jwt_and_names_that_stand_twice_are_problems() -> None:
    assert [problem.kind for problem in read(listed() + b"\n").securing_problems] == ["jwt-white-space"]
    twice = body({**EXAMPLE, "proof": PLAIN}).replace(b'"issuer":', b'"issuer": 1, "issuer":')
    assert "duplicate-name" in [problem.kind for problem in read(twice).securing_problems]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ("type", "statusPurpose", "encodedList", "ttl", "statusSize", "statusMessages")


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON), st.dictionaries(st.sampled_from(sorted(EXAMPLE)), JSON))
def test_any_members_are_read(subject: dict[str, Any], changes: dict[str, Any]) -> None:
    document = {**EXAMPLE, "credentialSubject": {**EXAMPLE["credentialSubject"], **subject}, **changes}  # type: ignore[dict-item]
    for reader in (status_document.READERS[name] for name in (Mechanism.BITSTRING, Mechanism.STATUS_LIST_2021)):
        try:
            found = reader(body({**document, "proof": PLAIN}), "application/vc")
        except FormatError:
            continue
        _ = found.problems, found.subject, found.issued_at, found.expires, found.ttl, found.size, found.signer
        _ = found.algorithm, found.changed(found)
