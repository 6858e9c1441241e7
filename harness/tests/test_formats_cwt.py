from __future__ import annotations

from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cwt import CWT, COSEKey
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness.formats import cwt
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError

KEY = JWK.generate(kty="EC", crv="P-256", kid="11")
PUBLIC: dict[str, Any] = KEY.export_public(as_dict=True)
SIGNER = COSEKey.from_jwk({**KEY.export(as_dict=True), "alg": "ES256", "use": "sig"})
NOW = 1_780_000_000
CLAIMS: dict[Any, Any] = {
    1: "https://issuer.example",
    2: "https://issuer.example/status/1",
    3: ["https://verifier.example"],
    4: NOW + 100,
    5: NOW - 10.5,
    6: NOW - 10,
    7: b"\x01",
    65_000: True,
}
REFERENCED = """
    d28443a10126a1044231325866a502653132333435017368747470733a2f2f657861
    6d706c652e636f6d061a648c5bea041a8898dfea19ffffa16b7374617475735f6c69
    7374a2636964780063757269782168747470733a2f2f6578616d706c652e636f6d2f
    7374617475736c697374732f315840340f7efea10f1a36dc4797636a17b4dd4848b6
    8997d1d10e8cceb3a38ff33b3dda72964a83989f6cf98560c2fc97a08bc8977cc6b0
    f84cfedab93d3e4481e938
"""
"""The Referenced Token of Token Status List section 6.3."""


def message(claims: Any, *tags: int, protected: Any = None) -> bytes:
    header = cbor2.dumps({1: -7} if protected is None else protected)
    item: Any = [header, {4: b"11"}, claims if isinstance(claims, bytes) else cbor2.dumps(claims), b"\x00" * 64]
    for tag in reversed(tags):
        item = cbor2.CBORTag(tag, item)
    return cbor2.dumps(item)


def found(data: bytes) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in cwt.read(data).problems]


def refusal(data: bytes) -> str:
    with pytest.raises(FormatError) as error:
        cwt.read(data)
    return error.value.kind


def test_the_example_of_a_referenced_token() -> None:
    read = cwt.read(bytes.fromhex(REFERENCED))
    assert (read.problems, read.cose_tag, read.has_mac) == ((), 18, False)
    assert read.claims[2] == "12345"
    assert read.claims[65535] == {"status_list": {"idx": 0, "uri": "https://example.com/statuslists/1"}}
    assert (read.date(6), read.date(4)) == (1_686_920_170, 2_291_720_170)


def test_what_the_cwt_library_signs_is_read_and_verified() -> None:
    for tagged in (False, True):
        signed = CWT.new().encode_and_sign(dict(CLAIMS), SIGNER, tagged=tagged)
        read = cwt.read(signed)
        assert (read.problems, read.cose_tag) == ((), 18)
        assert read.claims == CLAIMS
        read.verify(PUBLIC)
        other: dict[str, Any] = JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)
        with pytest.raises(SignatureError):
            read.verify(other)


@given(
    st.dictionaries(
        st.integers(300, 70_000),
        st.one_of(st.integers(-(2**40), 2**40), st.text(max_size=9), st.binary(max_size=9), st.booleans()),
        max_size=6,
    )
)
def test_any_claims_of_the_cwt_library_come_back(claims: dict[Any, Any]) -> None:
    read = cwt.read(CWT.new().encode_and_sign({**CLAIMS, **claims}, SIGNER))
    assert read.claims == {**CLAIMS, **claims}
    assert read.problems == ()
    read.verify(PUBLIC)


def test_other_keys_of_the_cwt_library() -> None:
    keys = {"EdDSA": ed25519.Ed25519PrivateKey.generate(), "ES384": ec.generate_private_key(ec.SECP384R1())}
    for alg, key in keys.items():
        jwk = JWK.from_pyca(key)
        signer = COSEKey.from_jwk({**jwk.export(as_dict=True), "alg": alg, "use": "sig"})
        cwt.read(CWT.new().encode_and_sign(dict(CLAIMS), signer)).verify(jwk.export_public(as_dict=True))


def test_a_mac_of_the_cwt_library_is_read_but_never_verified() -> None:
    key = COSEKey.from_symmetric_key(alg="HS256")
    read = cwt.read(CWT.new().encode_and_mac(dict(CLAIMS), key))
    assert (read.problems, read.cose_tag, read.has_mac) == ((), 17, True)
    with pytest.raises(SignatureError):
        read.verify(PUBLIC)
    assert cwt.read(message(CLAIMS, protected={1: 5})).has_mac
    assert not cwt.read(message(CLAIMS)).has_mac


def test_the_tags_may_be_left_out_but_not_mixed() -> None:
    for tags in ((), (18,), (61, 18), (17,), (61, 17)):
        assert found(message(CLAIMS, *tags)) == []
    assert found(message(CLAIMS, 61)) == [("cwt-tag", "")]
    assert refusal(message(CLAIMS, 18, 61)) == refusal(message(CLAIMS, 24)) == "cwt-form"
    assert refusal(message(CLAIMS, 16)) == refusal(message(CLAIMS, 61, 96)) == "cwt-encrypted"
    assert refusal(message(CLAIMS, 98)) == "cwt-several-recipients"


def test_malformed_claims_are_found() -> None:
    wrong: dict[int, list[Any]] = {
        1: [1, None],
        2: [b"x"],
        3: [[1], 7],
        4: ["tomorrow", True, float("nan"), float("inf")],
        5: [b""],
        6: [None, cbor2.CBORTag(0, "2026-01-01T00:00:00Z")],
        7: ["text"],
    }
    for key, values in wrong.items():
        for value in values:
            assert found(message(CLAIMS | {key: value})) == [("cwt-claim-type", f"/{key}")], value
    assert found(message(CLAIMS | {6: cbor2.CBORTag(1, NOW)})) == [("cwt-date-tagged", "/6")]
    assert found(message(CLAIMS | {1: "a b:c"})) == [("cwt-claim-not-uri", "/1")]
    assert found(message(CLAIMS | {b"\x01": 1})) == [("cwt-claim-key", "")]
    assert found(message(CLAIMS | {1.5: 1})) == [("cwt-claim-key", "")]


def test_repeated_keys_are_found_and_long_forms_are_not() -> None:
    assert found(message(b"\xa2\x01\x61a\x01\x61b")) == [("duplicate-key", "/1")]
    assert found(message(b"\xbf\x06\x18\x01\xff")) == []


def test_what_is_no_claims_set_is_refused() -> None:
    assert refusal(message(b"\x80")) == "cwt-claims"
    assert refusal(cbor2.dumps([b"", {}, None, b""])) == "cwt-detached"
    assert refusal(b"") == "cwt-form"
    assert refusal(cbor2.dumps({1: 2})) == "cose-structure"
    assert refusal(message(b"\xa1")) == "cbor-truncated"


def test_dates_are_judged() -> None:
    read = cwt.read(message(CLAIMS))
    assert read.validity(NOW) == ()
    assert [problem.kind for problem in read.validity(NOW + 200)] == ["expired"]
    assert [problem.kind for problem in read.validity(NOW - 200)] == ["not-yet-valid", "issued-in-future"]
