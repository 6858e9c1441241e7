from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from harness.formats import base64url, cbor, cose
from harness.formats.cose import CoseError, Sign1
from harness.formats.jose import same_key
from harness.formats.problems import FormatError
from harness.formats.signatures import SignatureError

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "BP-256": ec.BrainpoolP256R1(),
    "BP-384": ec.BrainpoolP384R1(),
    "BP-512": ec.BrainpoolP512R1(),
}
KEYS = {name: ec.generate_private_key(curve) for name, curve in CURVES.items()}
DIGESTS = {256: hashes.SHA256(), 384: hashes.SHA384(), 512: hashes.SHA512()}
ED25519, ED448 = ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()


def jwk_of(key: Any) -> dict[str, Any]:
    exported: dict[str, Any] = JWK.from_pyca(key.public_key()).export_public(as_dict=True)
    return exported


def ecdsa(curve: str, bits: int, data: bytes) -> bytes:
    key = KEYS[curve]
    size = (key.key_size + 7) // 8
    numbers = decode_dss_signature(key.sign(data, ec.ECDSA(DIGESTS[bits])))
    return b"".join(number.to_bytes(size, "big") for number in numbers)


def message(
    protected: dict[Any, Any] | bytes, sign: Any = None, unprotected: Any = None, payload: Any = b"it"
) -> list[Any]:
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    signed = cbor2.dumps(["Signature1", header, b"", payload or b""])
    return [header, unprotected or {}, payload, sign(signed) if sign else b"\0" * 64]


def read(*arguments: Any, **rest: Any) -> Sign1:
    return cose.parse_sign1(cbor.parse(cbor2.dumps(message(*arguments, **rest))).value)


def found(sign1: Sign1) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in sign1.problems]


def right(algorithm: int = -7, curve: str = "P-256", bits: int = 256) -> Sign1:
    return read({1: algorithm}, lambda data: ecdsa(curve, bits, data))


# Verifying


@pytest.mark.parametrize(
    ("algorithm", "curve", "bits"),
    [
        (-7, "P-256", 256),
        (-9, "P-256", 256),
        (-7, "BP-256", 256),
        (-265, "BP-256", 256),
        (-35, "P-384", 384),
        (-51, "P-384", 384),
        (-35, "BP-384", 384),
        (-267, "BP-384", 384),
        (-36, "P-521", 512),
        (-52, "P-521", 512),
        (-268, "BP-512", 512),
        # RFC 9053 section 2.1: the algorithm names the hash only.
        (-35, "P-256", 384),
    ],
)
def test_ecdsa_verifies_with_its_key_only(algorithm: int, curve: str, bits: int) -> None:
    sign1 = right(algorithm, curve, bits)
    assert sign1.problems == ()
    cose.verify(sign1, jwk_of(KEYS[curve]))
    with pytest.raises(SignatureError):
        cose.verify(sign1, jwk_of(ec.generate_private_key(CURVES[curve])))


@pytest.mark.parametrize(("algorithm", "curve"), [(-9, "P-384"), (-265, "P-256"), (-51, "P-256"), (-47, "P-256")])
def test_a_fully_specified_algorithm_wants_its_curve(algorithm: int, curve: str) -> None:
    sign1 = read({1: algorithm}, lambda data: ecdsa(curve, 256, data))
    with pytest.raises(SignatureError, match="key-unfit"):
        cose.verify(sign1, jwk_of(KEYS[curve]))


@pytest.mark.parametrize(
    ("algorithm", "key", "another"),
    [
        (-8, ED25519, ed25519.Ed25519PrivateKey.generate()),
        (-19, ED25519, ed25519.Ed25519PrivateKey.generate()),
        (-8, ED448, ed448.Ed448PrivateKey.generate()),
        (-53, ED448, ed448.Ed448PrivateKey.generate()),
    ],
)
def test_eddsa_verifies_with_its_key_only(algorithm: int, key: Any, another: Any) -> None:
    sign1 = read({1: algorithm}, key.sign)
    cose.verify(sign1, jwk_of(key))
    with pytest.raises(SignatureError):
        cose.verify(sign1, jwk_of(another))
    with pytest.raises(SignatureError, match="key-unfit"):
        cose.verify(sign1, jwk_of(KEYS["P-256"]))


def test_ecdsa_does_not_go_with_other_keys() -> None:
    with pytest.raises(SignatureError, match="key-unfit"):
        cose.verify(right(), jwk_of(ED25519))
    with pytest.raises(SignatureError, match="key-unfit"):
        cose.verify(right(), {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})


def test_the_rfc_8152_example_with_a_detached_looking_payload_is_signed_over_the_sig_structure() -> None:
    # The Sig_structure of RFC 9052 section 4.4, spelled out byte by byte.
    sign1 = read({1: -7}, payload=b"This is the content.")
    expected = "846a5369676e61747572653143a101264054546869732069732074686520636f6e74656e742e"
    assert sign1.signed_bytes.hex() == expected


def test_the_example_of_the_cose_working_group_verifies() -> None:
    # cose-wg/Examples, sign1-tests/sign-pass-01.json and the key "11" of RFC 9052 appendix C.
    data = bytes.fromhex(
        "d28441a0a201260442313154546869732069732074686520636f6e74656e742e584087db0d2e5571843b78ac33ecb2830df7b6e0"
        "a4d5b7376de336b23c591c90c425317e56127fbe04370097ce347087b233bf722b64072beb4486bda4031d27244f"
    )
    sign1 = cose.parse_sign1(cbor.parse(data).value)
    key = {
        1: 2,
        -1: 1,
        -2: bytes.fromhex("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"),
        -3: bytes.fromhex("20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"),
    }
    kinds = {problem.kind for problem in sign1.problems}
    assert kinds == {"cose-tagged", "alg-unprotected", "protected-empty-map"}
    cose.verify(sign1, cose.jwk_of(key))


@pytest.mark.parametrize("algorithm", [5, -7.0, "ES256", -65535, 2**70, None])
def test_an_algorithm_that_is_not_known_verifies_nothing(algorithm: Any) -> None:
    with pytest.raises(SignatureError, match="algorithm-unknown"):
        cose.verify(read({1: algorithm}), jwk_of(KEYS["P-256"]))


@pytest.mark.parametrize("length", [0, 63, 65, 70])
def test_a_signature_of_another_length_is_named(length: int) -> None:
    sign1 = read({1: -7}, lambda _: bytes(length))
    with pytest.raises(SignatureError, match="signature-length"):
        cose.verify(sign1, jwk_of(KEYS["P-256"]))


def test_a_detached_payload_verifies_nothing() -> None:
    sign1 = read({1: -7}, lambda data: ecdsa("P-256", 256, data), payload=None)
    assert found(sign1) == [("payload-detached", "")]
    with pytest.raises(SignatureError, match="payload-detached"):
        cose.verify(sign1, jwk_of(KEYS["P-256"]))


# The header


@pytest.mark.parametrize(
    ("protected", "unprotected", "problems"),
    [
        ({1: -7}, {33: b"x"}, []),
        ({1: -7, 4: b"k", 3: "cbor"}, {}, []),
        ({}, {1: -7}, [("protected-empty-map", "protected"), ("alg-unprotected", "unprotected/1")]),
        (b"", {1: -7}, [("alg-unprotected", "unprotected/1")]),
        (b"", {}, [("alg-missing", "protected")]),
        ({1: -7}, {1: -7}, [("header-repeated", "unprotected/1")]),
        (bytes.fromhex("a201260126"), {}, [("duplicate-key", "protected/1")]),
        ({1: -7, b"x": 1}, {}, [("header-label", "protected")]),
        ({1: -7}, {True: 1}, [("header-label", "unprotected")]),
        ({1: -7, 4: "kid"}, {}, [("header-type", "protected/4")]),
        ({1: True}, {}, [("header-type", "protected/1")]),
        ({1: -7}, {5: 1}, [("header-type", "unprotected/5")]),
        ({1: -7, 2: []}, {}, [("crit-form", "protected/2")]),
        ({1: -7, 2: 4}, {}, [("crit-form", "protected/2")]),
        ({1: -7, 2: [b"x"]}, {}, [("crit-form", "protected/2")]),
        ({1: -7, 2: [9]}, {}, [("crit-absent", "protected/2")]),
        ({1: -7, 2: [1]}, {}, [("crit-common", "protected/2")]),
        ({1: -7, 2: ["x"], "x": 1}, {}, [("crit-not-understood", "protected/2")]),
        ({1: -7, 9: 1}, {2: [9]}, [("crit-unprotected", "unprotected/2")]),
    ],
)
def test_header_parameters(protected: Any, unprotected: Any, problems: list[tuple[str, str]]) -> None:
    assert found(read(protected, unprotected=unprotected)) == problems


def test_a_critical_parameter_forbids_to_verify_unless_everybody_knows_it() -> None:
    def signed(protected: dict[Any, Any]) -> Sign1:
        return read(protected, lambda data: ecdsa("P-256", 256, data))

    cose.verify(signed({1: -7, 2: [1]}), jwk_of(KEYS["P-256"]))
    for crit in ([], ["x"], [9]):
        with pytest.raises(SignatureError, match="critical-header"):
            cose.verify(signed({1: -7, 2: crit, "x": 1}), jwk_of(KEYS["P-256"]))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"", "cose-structure"),
        ({}, "cose-structure"),
        ([b"", {}, b""], "cose-structure"),
        ([b"", {}, b"", b"", b""], "cose-structure"),
        ([b"", {}, "text", b""], "cose-structure"),
        ([b"", {}, b"", None], "cose-structure"),
        ([{}, {}, b"", b""], "cose-header"),
        ([b"", [], b"", b""], "cose-header"),
        ([b"\xff", {}, b"", b""], "cose-header"),
        ([b"\x80", {}, b"", b""], "cose-header"),
        (cbor.Tag(17, [b"", {}, b"", b""]), "cose-structure"),
    ],
)
def test_what_is_no_sign1(value: Any, kind: str) -> None:
    with pytest.raises(CoseError) as error:
        cose.parse_sign1(value)
    assert error.value.kind == kind


def test_the_tag_of_a_sign1_is_named() -> None:
    assert ("cose-tagged", "") in found(cose.parse_sign1(cbor.Tag(18, message({1: -7}))))


# Keys


def ec2(curve: str = "P-256", **changed: Any) -> dict[Any, Any]:
    numbers = KEYS[curve].public_key().public_numbers()
    size = (CURVES[curve].key_size + 7) // 8
    ids = {"P-256": 1, "P-384": 2, "P-521": 3, "BP-256": 256, "BP-384": 258, "BP-512": 259}
    return {1: 2, -1: ids[curve], -2: numbers.x.to_bytes(size, "big"), -3: numbers.y.to_bytes(size, "big")}


@pytest.mark.parametrize("curve", sorted(CURVES))
def test_an_elliptic_key_is_the_same_key_as_jwk(curve: str) -> None:
    assert same_key(cose.jwk_of(ec2(curve)), jwk_of(KEYS[curve]))


@pytest.mark.parametrize("curve", sorted(CURVES))
def test_a_compressed_point_is_the_same_key(curve: str) -> None:
    key = ec2(curve)
    odd = bool(key[-3][-1] & 1)
    assert same_key(cose.jwk_of(key | {-3: odd}), jwk_of(KEYS[curve]))
    assert not same_key(cose.jwk_of(key | {-3: not odd}), jwk_of(KEYS[curve]))


def test_octet_keys_are_the_same_keys_as_jwk() -> None:
    for key, crv in ((ED25519, 6), (ED448, 7)):
        jwk = jwk_of(key)
        assert same_key(cose.jwk_of({1: 1, -1: crv, -2: base64url.decode(jwk["x"])}), jwk)


def without(label: int) -> dict[Any, Any]:
    return {name: value for name, value in ec2().items() if name != label}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (b"", "cose-key"),
        ([], "cose-key"),
        ({}, "cose-key-kty"),
        (jwk_of(KEYS["P-256"]), "cose-key-kty"),
        ({1: 3, -1: b"n", -2: b"e"}, "cose-key-type"),
        ({1: "EC2"}, "cose-key-type"),
        ({1: True}, "cose-key-type"),
        (ec2() | {-1: 6}, "cose-key-curve"),
        (ec2() | {-1: "P-256"}, "cose-key-curve"),
        (ec2() | {-1: 257}, "cose-key-unsupported"),
        ({1: 1, -1: 1, -2: bytes(32)}, "cose-key-curve"),
        ({1: 1, -1: [], -2: bytes(32)}, "cose-key-curve"),
        (without(-1), "cose-key-member"),
        (without(-2), "cose-key-member"),
        (without(-3), "cose-key-member"),
        (ec2() | {-2: "text"}, "cose-key-member"),
        ({1: 1, -1: 6}, "cose-key-member"),
        (ec2() | {-3: "text"}, "cose-key-y"),
        (ec2() | {-3: 1}, "cose-key-y"),
        (ec2() | {-2: bytes(31)}, "cose-key-length"),
        (ec2() | {-3: bytes(33)}, "cose-key-length"),
        (ec2() | {-2: bytes(31), -3: True}, "cose-key-length"),
        ({1: 1, -1: 6, -2: bytes(31)}, "cose-key-length"),
        (ec2() | {-3: bytes(31) + b"\1"}, "cose-key-point"),
        (ec2() | {-2: b"\xff" * 32, -3: True}, "cose-key-point"),
    ],
)
def test_what_is_no_key(key: Any, kind: str) -> None:
    with pytest.raises(CoseError) as error:
        cose.jwk_of(key)
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({}, []),
        ({2: b"kid", 3: -7}, []),
        ({3: -9}, []),
        ({3: -25}, []),  # key agreement, for the MAC of a device
        ({3: -35}, ["cose-key-algorithm"]),
        ({3: -8}, ["cose-key-algorithm"]),
        ({4: [2]}, []),
        ({4: ["derive key"]}, []),
        ({4: [10]}, ["cose-key-operations"]),
        ({4: 2}, ["cose-key-operations"]),
        ({-4: bytes(32)}, ["cose-key-private"]),
    ],
)
def test_what_a_key_says_besides(changed: dict[int, Any], kinds: list[str]) -> None:
    assert [problem.kind for problem in cose.key_problems(ec2() | changed)] == kinds


def test_a_key_that_cannot_be_read_has_no_problem_besides() -> None:
    assert cose.key_problems(b"") == ()
    assert cose.key_problems({3: -35}) == ()


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.randoms(use_true_random=False))
def test_spoiled_messages_are_read_or_refused(chance: random.Random) -> None:
    whole = [message({1: -7, 2: [4], 4: b"k"}, unprotected={33: b"c" * 40}), ec2(), ec2() | {-3: True}]
    data = bytearray(cbor2.dumps(whole))
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    try:
        value = cbor.parse(bytes(data)).value
    except FormatError:
        return
    for item in value if isinstance(value, list) else [value]:
        with suppress(FormatError):
            cose.verify(cose.parse_sign1(item), jwk_of(KEYS["P-256"]))
        with suppress(FormatError):
            cose.jwk_of(item)
        cose.key_problems(item)
