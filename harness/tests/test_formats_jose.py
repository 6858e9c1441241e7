from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness.formats import base64url, jose, jwk
from harness.formats.jose import JwsError, SignatureError
from harness.formats.jwk import JwkError
from harness.formats.problems import FormatError

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "openid4vci-1.0"
quick = settings(max_examples=100, derandomize=True, deadline=None)

KEYS: dict[str, JWK] = {
    "ES256": JWK.generate(kty="EC", crv="P-256"),
    "ES384": JWK.generate(kty="EC", crv="P-384"),
    "ES512": JWK.generate(kty="EC", crv="P-521"),
    "ES256K": JWK.generate(kty="EC", crv="secp256k1"),
    "EdDSA": JWK.generate(kty="OKP", crv="Ed25519"),
    "Ed448": JWK.generate(kty="OKP", crv="Ed448"),
    "RS256": JWK.generate(kty="RSA", size=2048),
}
KEYS["Ed25519"] = KEYS["EdDSA"]
KEYS |= dict.fromkeys(("RS384", "RS512", "PS256", "PS384", "PS512"), KEYS["RS256"])


def public(key: JWK) -> dict[str, Any]:
    result: dict[str, Any] = key.export_public(as_dict=True)
    return result


def signed(alg: str, payload: bytes = b'{"a":1}', **header: object) -> str:
    jws = JWS(payload)
    jws.allowed_algs = [alg]
    jws.add_signature(KEYS[alg], None, json.dumps({"alg": alg, **header}))
    text: str = jws.serialize(compact=True)
    return text


def text_of(header: object, payload: bytes = b"{}", signature: bytes = b"s") -> str:
    return ".".join(base64url.encode(part) for part in (json.dumps(header).encode(), payload, signature))


def refusal(text: str, key: dict[str, Any], algorithms: list[str] | None = None) -> str:
    with pytest.raises(SignatureError) as caught:
        jose.verify(jose.parse_compact(text), key, algorithms)
    return caught.value.kind


@pytest.mark.parametrize("alg", sorted(KEYS))
def test_a_right_signature_verifies_and_no_other(alg: str) -> None:
    text = signed(alg)
    jws = jose.parse_compact(text)
    assert (jws.header["alg"], jws.payload, jws.problems) == (alg, b'{"a":1}', ())
    jose.verify(jws, public(KEYS[alg]))
    jose.verify(jws, public(KEYS[alg]), [alg])
    assert refusal(text, public(KEYS[alg]), ["other"]) == "algorithm-not-allowed"
    header, _, signature = text.split(".")
    forged = ".".join([header, base64url.encode(b'{"a":2}'), signature])
    assert refusal(forged, public(KEYS[alg])) == "signature-invalid"
    other = "ES384" if alg != "ES384" else "ES256"
    assert refusal(text, public(KEYS[other])) == "key-unfit"


def test_ml_dsa_verifies() -> None:
    key = JWK.generate(kty="AKP", alg="ML-DSA-44")
    jws = JWS(b"x")
    jws.allowed_algs = ["ML-DSA-44"]
    jws.add_signature(key, None, '{"alg":"ML-DSA-44"}')
    text = jws.serialize(compact=True)
    jose.verify(jose.parse_compact(text), public(key))
    header, _, signature = text.split(".")
    assert refusal(f"{header}.{base64url.encode(b'y')}.{signature}", public(key)) == "signature-invalid"
    assert refusal(text, public(KEYS["ES256"])) == "key-unfit"


def test_another_key_of_the_same_kind_did_not_sign() -> None:
    assert refusal(signed("ES256"), public(JWK.generate(kty="EC", crv="P-256"))) == "signature-invalid"


@pytest.mark.parametrize(
    "alg", ["none", "NONE", "HS256", "HS384", "HS512", "RS1", "ESP256", "", None, 5, ["ES256"]]
)
def test_what_is_no_digital_signature_never_verifies(alg: object) -> None:
    text = text_of({"alg": alg})
    assert refusal(text, public(KEYS["ES256"])) == "algorithm-refused"
    assert refusal(text, {"kty": "oct", "k": "AAAA"}, [str(alg)]) == "algorithm-refused"


def test_the_registries_hold_what_the_registry_holds() -> None:
    assert {"ES256", "ES256K", "EdDSA", "Ed25519", "Ed448", "PS256", "ML-DSA-87"} <= jose.ASYMMETRIC_ALGORITHMS
    assert not jose.ASYMMETRIC_ALGORITHMS & jose.SYMMETRIC_ALGORITHMS
    assert {"none"} == jose.JWS_ALGORITHMS - jose.ASYMMETRIC_ALGORITHMS - jose.SYMMETRIC_ALGORITHMS


def test_an_ecdsa_signature_in_der_is_refused_by_its_length() -> None:
    header, payload, signature = signed("ES256").split(".")
    longer = base64url.encode(base64url.decode(signature) + b"\0")
    assert refusal(f"{header}.{payload}.{longer}", public(KEYS["ES256"])) == "signature-length"
    assert refusal(f"{header}.{payload}.", public(KEYS["ES256"])) == "signature-length"


@pytest.mark.parametrize(
    "metadata",
    [
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "ES384"},
        {"alg": ["ES256"]},
        {"alg": 5},
    ],
)
def test_a_key_that_is_for_something_else_is_unfit(metadata: dict[str, Any]) -> None:
    assert refusal(signed("ES256"), public(KEYS["ES256"]) | metadata) == "key-unfit"


def test_a_key_that_says_it_is_for_this_fits() -> None:
    metadata = {"use": "sig", "key_ops": ["verify"], "alg": "ES256", "kid": "1", "x5c": ["zzz"]}
    jose.verify(jose.parse_compact(signed("ES256")), public(KEYS["ES256"]) | metadata)
    jose.verify(jose.parse_compact(signed("Ed25519")), public(KEYS["EdDSA"]) | {"alg": "EdDSA"})


def test_a_small_rsa_key_is_unfit() -> None:
    small = JWK.generate(kty="RSA", size=1024)
    jws = JWS(b"x")
    jws.add_signature(small, None, '{"alg":"RS256"}')
    assert refusal(jws.serialize(compact=True), public(small)) == "key-unfit"


def test_critical_extensions_are_not_understood() -> None:
    jws = jose.parse_compact(text_of({"alg": "ES256", "crit": ["b64"], "b64": False}))
    assert [(p.kind, p.pointer) for p in jws.problems] == [("crit-not-understood", "header/crit")]
    assert refusal(text_of({"alg": "ES256", "crit": ["b64"], "b64": False}), public(KEYS["ES256"])) == (
        "critical-header"
    )


@pytest.mark.parametrize("crit", [[], "b64", ["absent"], ["alg"], [1], ["x", "x"], [["x"]], None, {"x": 1}])
def test_a_malformed_crit_is_a_problem(crit: object) -> None:
    jws = jose.parse_compact(text_of({"alg": "ES256", "x": 1, "crit": crit}))
    assert [p.kind for p in jws.problems] == ["crit-malformed"]


def test_problems_of_the_header() -> None:
    text = ".".join([base64url.encode(b'{"typ":1,"typ":2,"kid":["a"],"x5c":"b","jwk":[]}'), "", ""])
    found = {(p.kind, p.pointer) for p in jose.parse_compact(text).problems}
    assert found == {
        ("duplicate-name", "header/typ"),
        ("header-type", "header/typ"),
        ("header-type", "header/kid"),
        ("header-type", "header/x5c"),
        ("header-type", "header/jwk"),
        ("alg-missing", "header"),
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "jws-segments"),
        ("a.b", "jws-segments"),
        ("a.b.c.d.e", "jws-segments"),
        ("a" * 5_000_001, "jws-too-large"),
        ("e30=..", "jws-base64url"),
        ("e30.e 30.", "jws-base64url"),
        ("e30.e30.ß", "jws-base64url"),
        (text_of([1]), "jws-header"),
        ("eyJh.e30.", "jws-header"),
        ("..", "jws-header"),
    ],
)
def test_what_is_no_jws_is_refused_with_its_kind(text: str, kind: str) -> None:
    with pytest.raises(JwsError) as caught:
        jose.parse_compact(text)
    assert caught.value.kind == kind


@given(st.text() | st.text("eyJhbGciOiJFUzI1NiJ9.-_=~"))
@quick
def test_nothing_but_format_error_comes_out_of_any_text(text: str) -> None:
    try:
        jose.verify(jose.parse_compact(text), public(KEYS["ES256"]))
    except FormatError:
        return
    pytest.fail("something random verified")


members = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "k", "pub", "alg", "use", "key_ops", "d"])
values = st.sampled_from(
    [
        "EC",
        "OKP",
        "RSA",
        "oct",
        "AKP",
        "P-256",
        "Ed25519",
        "AQAB",
        "",
        "A" * 43,
        "sig",
        "ES256",
        "RS256",
        "ML-DSA-44",
    ]
)
anything = values | st.none() | st.integers() | st.lists(values, max_size=2) | st.text(max_size=5)


@given(st.dictionaries(members, anything) | anything, st.sampled_from(["ES256", "EdDSA", "RS256"]))
@quick
def test_any_key_is_fit_or_refused(key: Any, alg: str) -> None:
    with pytest.raises(SignatureError):
        jose.verify(jose.parse_compact(signed(alg)), key)
    assert isinstance(jwk.is_private_or_symmetric(key), bool)
    assert jwk.same_key(key, public(KEYS["ES256"])) is False


def test_the_thumbprint_of_rfc_7638_section_3_1() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n"
        "3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zg"
        "dAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFC"
        "ur-kEgU8awapJzKnqDKgw"
    )
    key = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert jwk.thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("alg", sorted(KEYS))
def test_thumbprints_agree_with_an_independent_library(alg: str) -> None:
    assert jwk.thumbprint(public(KEYS[alg])) == KEYS[alg].thumbprint()


def test_the_same_key_whatever_its_metadata() -> None:
    key = public(KEYS["ES256"])
    assert jwk.same_key(key, {**key, "kid": "other", "use": "sig"})
    assert jwk.same_key(key, KEYS["ES256"].export_private(as_dict=True))
    assert not jwk.same_key(key, public(KEYS["ES384"]))
    assert not jwk.same_key({}, {})


def test_private_and_symmetric_keys_are_recognised() -> None:
    assert not any(jwk.is_private_or_symmetric(public(key)) for key in KEYS.values())
    assert all(jwk.is_private_or_symmetric(key.export_private(as_dict=True)) for key in KEYS.values())
    assert jwk.is_private_or_symmetric({"kty": "oct", "k": "AAAA"})
    assert jwk.is_private_or_symmetric({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "priv": "AA"})


EC_KEY = public(KEYS["ES256"])


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (None, "jwk-not-object"),
        ({}, "jwk-kty"),
        ({"kty": "ec"}, "jwk-kty"),
        ({"kty": ["EC"]}, "jwk-kty"),
        ({"kty": "EC", "crv": "P-256", "x": EC_KEY["x"]}, "jwk-member"),
        ({**EC_KEY, "y": 1}, "jwk-member"),
        ({**EC_KEY, "x": EC_KEY["x"] + "="}, "jwk-base64url"),
        ({**EC_KEY, "crv": "P-257"}, "jwk-curve"),
        ({**EC_KEY, "crv": "Ed25519"}, "jwk-curve"),
        ({**EC_KEY, "x": "AAAA"}, "jwk-length"),
        ({**EC_KEY, "x": EC_KEY["y"], "y": EC_KEY["x"]}, "jwk-unusable"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}, "jwk-length"),
        ({"kty": "RSA", "n": "AAAB", "e": "AQAB"}, "jwk-length"),
        ({"kty": "RSA", "n": base64url.encode(b"\1" * 3_000), "e": "AQAB"}, "jwk-length"),
        ({"kty": "RSA", "n": "", "e": "AQAB"}, "jwk-length"),
        ({"kty": "oct", "k": "AAAA"}, "jwk-unusable"),
        ({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}, "jwk-unusable"),
        ({"kty": "AKP", "alg": "ML-DSA-1", "pub": "AAAA"}, "jwk-unusable"),
    ],
)
def test_what_is_no_public_key_is_refused_with_its_kind(key: object, kind: str) -> None:
    with pytest.raises(JwkError) as caught:
        jwk.public_key(key)
    assert caught.value.kind == kind


def test_the_published_jwt_vc_json_credential_is_read() -> None:
    """The example of OpenID4VCI 1.0 A.1.1 is signed by the key the specification prints beside it."""
    if not VECTORS.is_dir():
        pytest.skip(f"the published vectors are not at {VECTORS}")
    response = (VECTORS / "credential_response_jwt_vc_json.txt").read_text(encoding="utf-8")
    body = json.loads(re.sub(r"\n\s*", "", response[response.index("{") :]))
    keys = re.sub(r"\n\s*", "", (VECTORS / "issuer_jwks.json").read_text(encoding="utf-8"))
    key = json.loads(keys)["jwks"]["keys"][0]
    jws = jose.parse_compact(body["credentials"][0]["credential"])
    assert jws.problems == ()
    assert jws.header["kid"].endswith(jwk.thumbprint(key))
    jose.verify(jws, key)
