"""What is wrong with a published JWK Set."""

from __future__ import annotations

from typing import Any

import pytest

from harness.formats import jwk_set

# The keys of RFC 7517 appendix A.1.
CURVE_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "use": "enc",
    "kid": "1",
}
RSA_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "kid": "2",
}


def kinds(*keys: Any) -> list[str]:
    return [problem.kind for problem in jwk_set.problems({"keys": list(keys)})]


def without(key: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in names}


def test_the_published_keys_are_right() -> None:
    assert kinds(CURVE_KEY, RSA_KEY) == []
    assert kinds({"kty": "XYZ", "kid": "3"}) == []
    assert kinds() == []


@pytest.mark.parametrize("value", [None, [], {}, {"keys": {}}, {"keys": [CURVE_KEY, "key"]}])
def test_what_is_no_set_is_told_and_nothing_else(value: Any) -> None:
    assert [problem.kind for problem in jwk_set.problems(value)] == ["set-malformed"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (without(CURVE_KEY, "kty"), ["kty"]),
        ({**CURVE_KEY, "kty": 7}, ["kty"]),
        ({**CURVE_KEY, "d": "AA"}, ["secret"]),
        ({"kty": "oct", "k": "AAAA"}, ["secret"]),
        (without(CURVE_KEY, "y"), ["ec-members"]),
        ({**CURVE_KEY, "x": "AA"}, ["ec-x"]),
        ({**CURVE_KEY, "y": CURVE_KEY["y"][:-2]}, ["ec-y"]),
        ({**CURVE_KEY, "y": "not base64url!"}, ["ec-y"]),
        ({**CURVE_KEY, "x": CURVE_KEY["y"]}, ["unusable"]),
        (without(RSA_KEY, "e"), ["rsa-members"]),
        ({**RSA_KEY, "n": "AAEC"}, ["rsa-n"]),
        ({**RSA_KEY, "e": "AAEAAQ"}, ["rsa-e"]),
        ({**RSA_KEY, "x5c": ["text"]}, ["x5c"]),
        ({**RSA_KEY, "x5c": []}, ["x5c"]),
    ],
)
def test_a_key_is_judged_by_its_type(key: dict[str, Any], expected: list[str]) -> None:
    assert kinds(key) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"key_ops": ["deriveKey", "deriveBits"]}, []),
        ({"key_ops": ["own-operation", "encrypt"]}, []),
        ({"key_ops": "deriveKey"}, ["key-ops"]),
        ({"key_ops": ["deriveKey", "deriveKey"]}, ["key-ops"]),
        ({"key_ops": [7]}, ["key-ops"]),
        ({"key_ops": ["encrypt", "verify"]}, ["key-ops-unrelated"]),
        ({"key_ops": ["encrypt"], "use": "enc"}, ["use-and-key-ops"]),
        ({"key_ops": ["verify"], "use": "enc"}, ["use-and-key-ops", "use-against-key-ops"]),
        ({"key_ops": ["verify"], "use": "own"}, ["use-and-key-ops"]),
    ],
)
def test_the_purpose_of_a_key_is_said_once(members: dict[str, Any], expected: list[str]) -> None:
    assert kinds(without(CURVE_KEY, "use") | members) == expected


def test_different_keys_have_different_kids() -> None:
    assert kinds(CURVE_KEY, {**RSA_KEY, "kid": "1"}) == ["kid-repeated"]
    assert kinds(CURVE_KEY, without(CURVE_KEY, "use")) == []
    assert [p.pointer for p in jwk_set.problems({"keys": [CURVE_KEY, {**RSA_KEY, "kid": "1"}]})] == ["/keys/1/kid"]
