from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cwt import COSE, COSEKey
from jwcrypto.jwk import JWK

from harness.formats import base64url, cbor, status_list, status_list_token
from harness.formats.cwt import Cwt
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError
from harness.formats.status_document import READERS
from harness.formats.status_list import Form, StatusList
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism, Reference
from harness.reference import keys, token_status_list
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS

VECTORS = Path(__file__).parents[3] / "shared/vectors/status-list"
ENTRIES = 1 << 20
NOW = 1_780_000_000
URI = "https://example.com/statuslists/1"
JWT_EXAMPLE = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEyIiwidHlwIjoic3RhdHVzbGlzdCtqd3QifQ.e"
    "yJleHAiOjIyOTE3MjAxNzAsImlhdCI6MTY4NjkyMDE3MCwiaXNzIjoiaHR0cHM6Ly9le"
    "GFtcGxlLmNvbSIsInN0YXR1c19saXN0Ijp7ImJpdHMiOjEsImxzdCI6ImVOcmJ1UmdBQ"
    "WhjQlhRIn0sInN1YiI6Imh0dHBzOi8vZXhhbXBsZS5jb20vc3RhdHVzbGlzdHMvMSIsI"
    "nR0bCI6NDMyMDB9.2lKUUNG503R9htu4aHAYi7vjmr3sgApbfoDvPrl65N3URUO1EYqq"
    "Ql45Jfzd-Av4QzlKa3oVALpLwOEUOq-U_g"
)
CWT_EXAMPLE = bytes.fromhex("""
    d2845820a2012610781a6170706c69636174696f6e2f7374617475736c6973742b63
    7774a1044231325850a502782168747470733a2f2f6578616d706c652e636f6d2f73
    74617475736c697374732f31061a648c5bea041a8898dfea19fffe19a8c019fffda2
    646269747301636c73744a78dadbb918000217015d584093fa4d01032b18c35e2fe1
    101b77fd6cc9440022caa4694450c4e4e9feab4e99d1fa6d9772ce2bf3a12e0323de
    d7c982c5e101a5e67f0cbc1e2b6f57ce99c279
""")
SIXTEEN = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
PACKED = zlib.compress(bytes(4), 9)
RIGHT: dict[str, Any] = {
    "sub": URI,
    "iat": NOW - 10,
    "exp": NOW + 1_000,
    "ttl": 43_200,
    "status_list": {"bits": 2, "lst": base64url.encode(PACKED)},
}
RIGHT_CWT: dict[Any, Any] = {
    2: URI,
    6: NOW - 10,
    4: NOW + 1_000,
    65534: 43_200,
    65533: {"bits": 2, "lst": PACKED},
}
KEY = JWK.generate(kty="EC", crv="P-256", kid="12")
PUBLIC: dict[str, Any] = KEY.export_public(as_dict=True)
CWT_TYPE = "application/statuslist+cwt"


def jwt(claims: dict[str, Any], header: dict[str, Any] | None = None, signature: str = "AA") -> bytes:
    header = {"alg": "ES256", "typ": "statuslist+jwt"} if header is None else header
    parts = [base64url.encode(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, signature]).encode()


def cwt(claims: dict[Any, Any], protected: dict[Any, Any] | None = None, *, signature: bytes = b"x") -> bytes:
    header = {1: -7, 16: CWT_TYPE} if protected is None else protected
    return cbor2.dumps(cbor2.CBORTag(18, [cbor2.dumps(header), {4: b"12"}, cbor2.dumps(claims), signature]))


def found(body: bytes) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in status_list_token.read(body).problems]


def with_list(**members: Any) -> dict[str, Any]:
    return RIGHT | {"status_list": {**RIGHT["status_list"], **members}}


def with_map(**members: Any) -> dict[Any, Any]:
    return RIGHT_CWT | {65533: {**RIGHT_CWT[65533], **members}}


def at(index: int) -> Reference:
    return Reference(Mechanism.STATUS_LIST, URI, "/status/status_list", index)


def values(token: StatusListToken) -> list[int]:
    return [token.value_of(at(index)) for index in range(token.size or 0)]


def refusal(body: bytes, media_type: str | None = None) -> str:
    with pytest.raises(FormatError) as error:
        status_list_token.read(body, media_type)
    return error.value.kind


# The examples of the draft


@pytest.mark.parametrize("body", [JWT_EXAMPLE.encode(), CWT_EXAMPLE], ids=["jwt", "cwt"])
def test_the_examples_of_the_draft_have_no_problem(body: bytes) -> None:
    token = status_list_token.read(body)
    assert token.problems == ()
    assert (token.subject, token.issued_at, token.expires, token.ttl) == (
        URI,
        1_686_920_170,
        2_291_720_170,
        43_200,
    )
    assert values(token) == SIXTEEN
    assert token.signer.key_id == "12"
    assert token.algorithm == ("ES256" if token.form is Form.JWT else -7)
    assert not token.has_mac
    assert token.changed(status_list_token.read(CWT_EXAMPLE)) == ()


@cache
def vector(name: str) -> str:
    path = VECTORS / name
    if not path.exists():
        pytest.skip("the folder ../shared/vectors is not here")
    return path.read_text()


def published(name: str) -> StatusList:
    """Give a published list in JSON or, with ``cbor`` in the name, in hexadecimal."""
    text = re.sub(r"\s", "", vector(f"status_list_{name}.txt"))
    encoded = text.rpartition("encoded:")[2]
    if "cbor" in name:
        return status_list.read(cbor.parse(bytes.fromhex(encoded)).value, Form.CWT)
    return status_list.read(json.loads(encoded), Form.JWT)


@pytest.mark.parametrize("name", ["status_list_jwt_raw.txt", "status_list_cwt.txt"])
def test_the_published_tokens(name: str) -> None:
    text = re.sub(r"\s", "", vector(name))
    token = status_list_token.read(bytes.fromhex(text) if "cwt" in name else text.encode())
    assert (token.problems, values(token)) == ((), SIXTEEN)


def entries(text: str) -> dict[int, int]:
    """Read entries as the draft prints them."""
    return {int(index): int(value) for index, value in (entry.split("=") for entry in text.split())}


LISTS: dict[str, tuple[int, int, dict[int, int]]] = {
    "encoding": (1, 16, entries("0=1 3=1 4=1 5=1 7=1 8=1 9=1 13=1 15=1")),
    "encoding2": (2, 12, entries("0=1 1=2 3=3 5=1 7=1 8=1 9=2 10=3 11=3")),
    "encoding1_long": (
        1,
        ENTRIES,
        entries(
            "0=1 1993=1 25460=1 159495=1 495669=1 554353=1 645645=1 723232=1 854545=1 934534=1 1000345=1",
        ),
    ),
    "encoding2_long": (
        2,
        ENTRIES,
        entries(
            "0=1 1993=2 25460=1 159495=3 495669=1 554353=1 645645=2 723232=1 854545=1 934534=2 1000345=3",
        ),
    ),
    "encoding4": (
        4,
        ENTRIES,
        entries(
            "0=1 1993=2 35460=3 459495=4 595669=5 754353=6 845645=7 923232=8 924445=9 934534=10 1004534=11 "
            "1000345=12 1030203=13 1030204=14 1030205=15"
        ),
    ),
}
"""Name to bits, entries and the entries that are not 0 (Token Status List sections 4 and 17)."""


@pytest.mark.parametrize("kind", ["json", "cbor"])
@pytest.mark.parametrize("name", LISTS)
def test_the_published_lists(name: str, kind: str) -> None:
    read = published(f"{name}_{kind}")
    assert read.problems == ()
    assert read.array is not None
    bits, size, entries = LISTS[name]
    assert (read.array.bits, read.array.size) == (bits, size)
    assert {index: read.array.value(index) for index in read.array.set_entries()} == entries


@pytest.mark.parametrize("kind", ["json", "cbor"])
def test_the_published_list_of_bytes_has_every_value_once(kind: str) -> None:
    read = published(f"encoding8_{kind}")
    assert read.problems == ()
    assert read.array is not None
    assert (read.array.bits, read.array.size) == (8, ENTRIES)
    array = read.array
    assert Counter(map(array.value, array.set_entries())) == Counter(range(1, 256))
    known = {233478: 0, 52451: 1, 576778: 2, 196493: 11, 458517: 12, 879178: 242, 152133: 254, 19535: 255}
    assert {index: array.value(index) for index in known} == known


# Which of the two it is


def test_the_content_decides_on_the_form() -> None:
    for media_type in (None, "text/plain", CWT_TYPE, "application/statuslist+jwt"):
        assert status_list_token.read(jwt(RIGHT), media_type).form is Form.JWT
    for media_type in (None, "application/octet-stream", CWT_TYPE, "application/statuslist+jwt"):
        assert status_list_token.read(cwt(RIGHT_CWT), media_type).form is Form.CWT
    assert READERS[Mechanism.STATUS_LIST](jwt(RIGHT), None).problems == ()


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"status_list": {}}', b"d2845820", b"not.found", b' "a"', b"eyJ.eyJ.e.e.e"]
)
def test_text_that_is_no_jwt_is_neither(body: bytes) -> None:
    assert refusal(body) == refusal(body, "text/html") == "token-form"


def test_what_cannot_be_read_is_refused() -> None:
    assert refusal(b"") == "token-form"
    assert refusal(b"\xff\xfe") == "cbor-malformed"
    assert refusal(b"a.b", "application/statuslist+jwt") == "jws-segments"
    assert refusal(b"{}", CWT_TYPE) == "cbor-truncated"
    assert refusal(jwt(RIGHT)[:40], "application/statuslist+jwt") == "jws-segments"
    assert refusal(b"e30.W10.AA") == "payload-not-object"
    assert refusal(cwt(RIGHT_CWT)[:-5]) == "cbor-truncated"


# Problems of both forms


def test_right_tokens_have_no_problem() -> None:
    for change in ({}, {"exp": NOW + 0.5}, {"ttl": 0.5}, {"iss": "https://example.com"}, {"more": [1]}):
        assert found(jwt(RIGHT | change)) == []
    assert found(jwt({name: RIGHT[name] for name in ("sub", "iat", "status_list")})) == []
    assert found(jwt(with_list(bits=2.0, aggregation_uri="https://example.com/all", more=1))) == []
    assert found(cwt({key: RIGHT_CWT[key] for key in (2, 6, 65533)})) == []
    assert found(cwt(RIGHT_CWT | {1: "https://example.com", "more": 1})) == []
    assert found(cwt(with_map(aggregation_uri="https://example.com/all"))) == []


def test_the_type_is_in_the_header() -> None:
    for typ in ("statuslist+jwt", "application/statuslist+jwt"):
        assert found(jwt(RIGHT, {"alg": "ES256", "typ": typ})) == []
    assert found(jwt(RIGHT, {"alg": "ES256"})) == [("typ-missing", "header")]
    assert found(jwt(RIGHT, {"alg": "ES256", "typ": "JWT"})) == [("typ-wrong", "header/typ")]
    for number in (CWT_TYPE, 0, 65_535):
        assert found(cwt(RIGHT_CWT, {1: -7, 16: number})) == []
    assert found(cwt(RIGHT_CWT, {1: -7})) == [("typ-missing", "protected")]
    for wrong in ("statuslist+cwt", "application/cwt", -1, 65_536, True, b"x"):
        assert found(cwt(RIGHT_CWT, {1: -7, 16: wrong})) == [("typ-wrong", "protected/16")]
    unprotected = [cbor2.dumps({1: -7}), {16: CWT_TYPE}, cbor2.dumps(RIGHT_CWT), b"x"]
    assert found(cbor2.dumps(unprotected)) == [("typ-missing", "protected")]


def test_required_claims_are_missed() -> None:
    required = {"sub": 2, "iat": 6, "status_list": 65533}
    for name, key in required.items():
        kind = f"{name.replace('_', '-')}-missing"
        assert found(jwt({other: RIGHT[other] for other in RIGHT if other != name})) == [(kind, "")]
        assert found(cwt({other: RIGHT_CWT[other] for other in RIGHT_CWT if other != key})) == [(kind, "")]


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("sub", "statuslists/1", "sub-not-uri"),
        ("sub", 1, "sub-not-uri"),
        ("iat", "2026-01-01", "iat-form"),
        ("iat", True, "iat-form"),
        ("exp", None, "exp-form"),
        ("ttl", 0, "ttl-form"),
        ("ttl", -1, "ttl-form"),
        ("ttl", "43200", "ttl-form"),
        ("ttl", True, "ttl-form"),
        ("status_list", [], "status-list-form"),
        ("status_list", None, "status-list-form"),
    ],
)
def test_claims_of_another_form_are_found(name: str, value: Any, kind: str) -> None:
    key = {"sub": 2, "iat": 6, "exp": 4, "ttl": 65534, "status_list": 65533}[name]
    assert found(jwt(RIGHT | {name: value})) == [(kind, f"/{name}")]
    assert found(cwt(RIGHT_CWT | {key: value})) == [(kind, f"/{key}")]


def test_a_ttl_in_cbor_is_an_unsigned_integer() -> None:
    assert found(cwt(RIGHT_CWT | {65534: 43_200.5})) == [("ttl-form", "/65534")]
    assert found(cwt(RIGHT_CWT | {6: cbor2.CBORTag(1, NOW)})) == [("cwt-date-tagged", "/6")]


def test_what_is_wrong_with_the_list_itself_is_found() -> None:
    place, key = "/status_list", "/65533"
    for kind, values in {"bits-value": (0, 3, 16, -1), "bits-form": ("2", True, 1.5, None)}.items():
        for bits in values:
            assert found(jwt(with_list(bits=bits))) == [(kind, f"{place}/bits")]
            assert found(cwt(with_map(bits=bits))) == [(kind, f"{key}/bits")]
    assert found(cwt(with_map(bits=2.0))) == [("bits-form", f"{key}/bits")]
    assert found(jwt(RIGHT | {"status_list": {"bits": 1}})) == [("lst-missing", place)]
    assert found(jwt(RIGHT | {"status_list": {"lst": "eNrbuRgAAhcBXQ"}})) == [("bits-missing", place)]
    assert found(jwt(with_list(lst=[1]))) == [("lst-form", f"{place}/lst")]
    assert found(cwt(with_map(lst=base64url.encode(PACKED)))) == [("lst-form", f"{key}/lst")]
    assert found(jwt(with_list(lst="eNrbuRgAAhcBXQ=="))) == [("lst-base64url", f"{place}/lst")]
    assert found(jwt(with_list(lst="eNrb+RgAAhcBXQ"))) == [("lst-base64url", f"{place}/lst")]
    assert found(jwt(with_list(lst=base64url.encode(PACKED[:-1])))) == [("zlib-truncated", f"{place}/lst")]
    assert found(cwt(with_map(lst=PACKED + b"x"))) == [("zlib-trailing", f"{key}/lst")]
    assert found(cwt(with_map(lst=bytes(4)))) == [("zlib-header", f"{key}/lst")]
    for wrong in ("/all", 1, ["https://example.com/all"]):
        assert found(jwt(with_list(aggregation_uri=wrong))) == [("aggregation-uri", f"{place}/aggregation_uri")]


def test_a_token_without_signature_is_found() -> None:
    assert found(jwt(RIGHT, {"alg": "none", "typ": "statuslist+jwt"}, "")) == [("not-secured", "header/alg")]
    assert found(jwt(RIGHT, signature="")) == [("not-secured", "header/alg")]
    assert found(cwt(RIGHT_CWT, signature=b"")) == [("not-secured", "protected/1")]


def test_the_problems_of_the_containers_are_kept() -> None:
    assert found(jwt(RIGHT) + b"\n") == [("token-white-space", None)]
    assert found(jwt(RIGHT, {"alg": "ES256", "typ": "statuslist+jwt", "kid": 1})) == [
        ("header-type", "header/kid")
    ]
    assert found(jwt(RIGHT | {"nbf": "now"})) == [("claim-type", "/nbf")]
    header, payload = (base64url.encode(part) for part in (b'{"alg":"ES256","typ":"statuslist+jwt"}', b"{}"))
    repeated = json.dumps(RIGHT)[:-1] + ', "sub": "https://example.com/2"}'
    assert found(f"{header}.{base64url.encode(repeated.encode())}.AA".encode()) == [("duplicate-name", "/sub")]
    assert ("sub-missing", "") in found(f"{header}.{payload}.AA".encode())
    assert found(cwt(RIGHT_CWT | {5: "now"})) == [("cwt-claim-type", "/5")]


# What a list says


def test_values_come_from_the_list_only() -> None:
    token = status_list_token.read(jwt(with_list(lst=base64url.encode(zlib.compress(b"\x24\x00")))))
    assert [token.value_of(at(index)) for index in range(4)] == [0, 1, 2, 0]
    with pytest.raises(FormatError, match="status-out-of-range"):
        token.value_of(at(8))
    unpackable = status_list_token.read(jwt(with_list(bits=3)))
    assert (unpackable.size, unpackable.changed(token)) == (None, ())
    with pytest.raises(FormatError, match="status-unreadable"):
        unpackable.value_of(at(0))
    with pytest.raises(FormatError, match="status-unreadable"):
        token.value_of(Reference(Mechanism.IDENTIFIER_LIST, URI, "", identifier=b"x"))


def test_two_editions_are_compared() -> None:
    before = status_list_token.read(jwt(RIGHT))
    after = status_list_token.read(cwt(with_map(lst=zlib.compress(b"\x00\x08\x00\x80"))))
    assert before.changed(after) == after.changed(before) == (5, 15)


def test_a_list_that_is_too_large_is_our_limit_and_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.status_array.unpack.__defaults__", (3,))
    token = status_list_token.read(jwt(RIGHT))
    assert (token.problems, token.size) == ((), None)
    assert token.status_list.unread is not None
    assert token.status_list.unread.kind == "status-list-too-large"


def test_times_are_judged() -> None:
    for token in (status_list_token.read(jwt(RIGHT)), status_list_token.read(cwt(RIGHT_CWT))):
        assert token.validity(NOW) == ()
        assert [problem.kind for problem in token.validity(NOW + 2_000)] == ["expired"]
        assert [problem.kind for problem in token.validity(NOW - 200)] == ["issued-in-future"]
        assert (token.ttl, status_list_token.read(jwt(RIGHT | {"ttl": -1})).ttl) == (43_200, None)


# Agreement with a library for CWTs


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
def test_a_list_made_with_the_cwt_library(algorithm: str) -> None:
    signer = COSE.new()
    payload, protected = cbor2.dumps(RIGHT_CWT), {16: CWT_TYPE}
    if algorithm == "ES256":
        key = COSEKey.from_jwk({**KEY.export(as_dict=True), "alg": "ES256", "use": "sig"})
        protected[1] = -7  # type: ignore[assignment]
        body = signer.encode_and_sign(payload, key, protected=protected, unprotected={4: b"12"})
    else:
        mac = COSEKey.from_symmetric_key(alg="HS256")
        body = signer.encode_and_mac(payload, mac, protected={1: 5, **protected})
    token = status_list_token.read(body)
    assert (token.problems, values(token)) == ((), [0] * 16)
    assert token.has_mac == (algorithm == "HS256")
    if token.has_mac:
        with pytest.raises(SignatureError):
            token.verify(PUBLIC)
    else:
        token.verify(PUBLIC)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA"])
def test_the_lists_of_the_reference_issuer_agree_with_the_cwt_library(algorithm: str) -> None:
    variant = replace(VARIANTS["status-cwt"], signing_algorithm=algorithm)
    context = ReferenceIssuer(variant).context
    body = token_status_list.published(context, "1", CWT_TYPE, lambda *_: None).body
    public: dict[str, Any] = keys.issuer_key(algorithm).public_jwk
    verifier = COSEKey.from_jwk({**public, "alg": algorithm, "use": "sig"})
    claims = cbor2.loads(COSE.new().decode(body, verifier))
    token = status_list_token.read(body)
    token.verify(public)
    assert token.problems == ()
    assert isinstance(token.token, Cwt)
    assert claims == token.token.claims
    assert token.status_list.array is not None
    assert zlib.decompress(claims[65533]["lst"]) == token.status_list.array.data
