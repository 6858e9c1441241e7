from __future__ import annotations

import hashlib
import json
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer

from harness.formats import base64url, did, sd_jwt_vc
from harness.formats.problems import FormatError
from harness.formats.sd_jwt_vc import SdJwtVc

HOLDER = JWK.generate(kty="EC", crv="P-256")
HOLDER_KEY: dict[str, Any] = HOLDER.export_public(as_dict=True)
NOW = 1_780_000_000
RIGHT = {
    "iss": "https://issuer.example",
    "iat": NOW - 10,
    "nbf": NOW - 10,
    "exp": NOW + 1_000,
    "vct": "https://issuer.example/identity",
    "vct#integrity": "sha256-WRL5ca/xGgX3c1VLmXfh+9cLlJNXN+TsMk+PmKjZ5t0=",
    "cnf": {"jwk": HOLDER_KEY},
    "status": {"status_list": {"idx": 1, "uri": "https://issuer.example/status"}},
    "sub": "user-1",
    "given_name": "Jane",
}


def credential(payload: dict[str, Any], header: dict[str, Any] | None = None, *disclosures: str) -> SdJwtVc:
    header = {"alg": "ES256", "typ": "dc+sd-jwt"} if header is None else header
    parts = (json.dumps(part).encode() for part in (header, payload))
    jwt = ".".join([*(base64url.encode(part) for part in parts), "AA"])
    return sd_jwt_vc.read("~".join([jwt, *disclosures, ""]))


def found(vc: SdJwtVc) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in vc.problems]


def disclosed(payload: dict[str, Any], name: str) -> SdJwtVc:
    """Make a credential in which one claim, at the top or one level below, is in a disclosure."""
    *above, last = name.split("/")
    holder = payload = json.loads(json.dumps(payload))
    for step in above:
        holder = holder[step]
    text = base64url.encode(json.dumps(["x" * 22, last, holder.pop(last)]).encode())
    holder["_sd"] = [base64url.encode(hashlib.sha256(text.encode()).digest())]
    return credential(payload, None, text)


def test_a_right_credential_has_no_problem() -> None:
    vc = credential(RIGHT)
    assert vc.problems == vc.sd_jwt.problems == ()
    assert vc.validity(NOW) == ()
    assert vc.holder_key == HOLDER_KEY


def test_what_an_independent_issuer_makes_is_right() -> None:
    claims = {SDObj(k) if k in {"given_name", "sub", "iat"} else k: v for k, v in RIGHT.items() if k != "cnf"}
    issuer = SDJWTIssuer(
        claims,
        JWK.generate(kty="EC", crv="P-256"),
        HOLDER,
        "ES256",
        True,
        extra_header_parameters={"typ": "dc+sd-jwt"},
    )
    vc = sd_jwt_vc.read(issuer.sd_jwt_issuance)
    assert vc.problems == vc.sd_jwt.problems == ()
    assert vc.sd_jwt.claims == RIGHT
    assert vc.sd_jwt.disclosed == {"/given_name", "/sub", "/iat"}
    assert vc.holder_key == HOLDER_KEY


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ({"alg": "ES256"}, ("typ-missing", "header")),
        ({"alg": "ES256", "typ": "JWT"}, ("typ-wrong", "header/typ")),
        ({"alg": "ES256", "typ": "vc+sd-jwt"}, ("typ-wrong", "header/typ")),
        ({"alg": "ES256", "typ": "DC+SD-JWT"}, ("typ-wrong", "header/typ")),
        ({"alg": "ES256", "typ": 5}, ("typ-wrong", "header/typ")),
    ],
)
def test_the_type_in_the_header(header: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(credential(RIGHT, header)) == [problem]


@pytest.mark.parametrize("name", sd_jwt_vc.NEVER_DISCLOSED)
def test_claims_that_must_not_be_disclosed(name: str) -> None:
    vc = disclosed(RIGHT, name)
    assert vc.sd_jwt.claims == RIGHT
    assert found(vc) == [("claim-disclosed", f"/{name}")]


def test_parts_of_such_claims_must_not_be_disclosed_either() -> None:
    assert found(disclosed(RIGHT, "cnf/jwk")) == [("claim-disclosed", "/cnf/jwk")]
    assert found(disclosed(RIGHT, "status/status_list")) == [("claim-disclosed", "/status/status_list")]


@pytest.mark.parametrize("name", ["iat", "sub", "given_name"])
def test_other_claims_can_be_disclosed(name: str) -> None:
    assert found(disclosed(RIGHT, name)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exp", "2030-01-01"),
        ("exp", str(NOW)),
        ("exp", True),
        ("nbf", None),
        ("iat", [NOW]),
        ("iss", 5),
        ("sub", {}),
        ("aud", ["a", 5]),
        ("jti", 1),
        ("vct", 5),
        ("vct#integrity", 5),
        ("cnf", "jwk"),
        ("status", 1),
    ],
)
def test_types_of_registered_claims(name: str, value: object) -> None:
    vc = credential(RIGHT | {name: value})
    assert found(vc) == [("claim-type", f"/{name}")]
    assert vc.validity(NOW) == ()


@pytest.mark.parametrize("value", [NOW + 0.5, NOW + 5, 1e10])
def test_numeric_dates_can_have_fractions(value: float) -> None:
    assert found(credential(RIGHT | {"exp": value, "aud": ["a"], "jti": "1"})) == []


@pytest.mark.parametrize(
    "vct",
    ["urn:eudi:pid:1", "eu.europa.ec.eudi.pid.1", "https://example.com/x", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"],
)
def test_collision_resistant_types(vct: str) -> None:
    assert found(credential(RIGHT | {"vct": vct})) == []


@pytest.mark.parametrize("vct", ["", "IdentityCredential", "identity_credential"])
def test_types_that_anybody_could_choose(vct: str) -> None:
    assert found(credential(RIGHT | {"vct": vct})) == [("vct-no-collision-resistant-name", "/vct")]


def test_the_type_is_required() -> None:
    assert found(credential({k: v for k, v in RIGHT.items() if k != "vct"})) == [("vct-missing", "")]


@pytest.mark.parametrize("value", ["", "sha256", "md5-abcd", "sha256-a b", "sha256-WRL5", "9cLl"])
def test_integrity_metadata(value: str) -> None:
    assert found(credential(RIGHT | {"vct#integrity": value})) == [("vct-integrity", "/vct#integrity")]
    assert found(credential(RIGHT | {"vct#integrity": f"{value} {RIGHT['vct#integrity']}"})) == []


@pytest.mark.parametrize("name", ["iss", "sub"])
def test_names_with_a_colon_are_uris(name: str) -> None:
    assert found(credential(RIGHT | {name: "did:example:1#k?x=%20"})) == []
    assert found(credential(RIGHT | {name: "no colon, no uri"})) == []
    assert found(credential(RIGHT | {name: "https://exa mple"})) == [("claim-not-uri", f"/{name}")]
    assert found(credential(RIGHT | {name: "1a:b"})) == [("claim-not-uri", f"/{name}")]


@pytest.mark.parametrize(
    ("cnf", "problem"),
    [
        ({}, ("cnf-empty", "/cnf")),
        ({"jwk": HOLDER_KEY, "jku": "https://x"}, ("cnf-several-keys", "/cnf")),
        ({"jwk": HOLDER.export_private(as_dict=True)}, ("cnf-private-key", "/cnf/jwk")),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, ("cnf-private-key", "/cnf/jwk")),
        ({"jwk": {}}, ("cnf-jwk", "/cnf/jwk")),
        ({"jwk": "x"}, ("cnf-jwk", "/cnf/jwk")),
        ({"jwk": HOLDER_KEY | {"x": HOLDER_KEY["y"]}}, ("cnf-jwk", "/cnf/jwk")),
    ],
    ids=range(7),
)
def test_the_confirmation_key(cnf: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(credential(RIGHT | {"cnf": cnf})) == [problem]


def test_the_holder_key_by_did() -> None:
    for make in (did.did_jwk, did.did_key):
        vc = credential(RIGHT | {"cnf": {"kid": did.key_url(make(HOLDER_KEY))}})
        assert vc.problems == ()
        key = vc.holder_key
        assert key is not None
        assert {name: HOLDER_KEY[name] for name in key} == key


@pytest.mark.parametrize("cnf", [None, "x", {}, {"jwk": 5}, {"kid": 5}, {"kid": "1"}, {"kid": "did:web:x#1"}])
def test_no_holder_key(cnf: object) -> None:
    assert credential(RIGHT | {"cnf": cnf}).holder_key is None


def test_digests_without_disclosures() -> None:
    decoy = base64url.encode(hashlib.sha256(b"decoy").digest())
    assert found(credential(RIGHT | {"_sd": [decoy]})) == [("sd-without-disclosures", "")]
    assert found(credential(RIGHT | {"a": [{"b": {"_sd": [decoy]}}]})) == [("sd-without-disclosures", "")]
    assert found(credential(RIGHT | {"_sd": [decoy]}, None, "no disclosure")) == []


def test_validity_at_its_edges() -> None:
    vc = credential(RIGHT | {"iat": NOW, "nbf": NOW, "exp": NOW + 100})

    def kinds(now: float, skew: float) -> list[str]:
        return [problem.kind for problem in vc.validity(now, skew)]

    assert kinds(NOW, 0) == kinds(NOW + 99, 0) == kinds(NOW - 60, 60) == kinds(NOW + 159, 60) == []
    assert kinds(NOW + 100, 0) == kinds(NOW + 160, 60) == ["expired"]
    assert kinds(NOW - 1, 0) == kinds(NOW - 61, 60) == ["not-yet-valid", "issued-in-future"]
    assert [problem.kind for problem in vc.validity(NOW - 61)] == ["not-yet-valid", "issued-in-future"]


def test_a_credential_without_dates_is_always_valid() -> None:
    assert credential({"vct": "urn:x"}).validity(NOW) == ()


def test_what_is_no_sd_jwt_is_refused() -> None:
    with pytest.raises(FormatError, match="jws-segments"):
        sd_jwt_vc.read("text")


HEADER = json.dumps({"alg": "ES256", "typ": "dc+sd-jwt", "kid": "did:web:issuer.example#1"}).encode()
PAYLOAD = json.dumps(
    RIGHT | {"_sd_alg": "sha-256", "_sd": ["A" * 43], "nationalities": [{"...": "B" * 43}]}
).encode()
DISCLOSURE = json.dumps(["x" * 22, "family_name", {"_sd": ["C" * 43]}]).encode()


def spoiled(data: bytes, chance: random.Random) -> bytes:
    text = bytearray(data)
    for _ in range(chance.randint(0, 4)):
        place = chance.randrange(len(text))
        match chance.randrange(4):
            case 0:
                text[place] = chance.randrange(256)
            case 1:
                del text[place : place + chance.randint(1, 20)]
                text = text or bytearray(b"{")
            case 2:
                text[place:place] = chance.choice((b"null", b"[]", b"{}", b"-1e999", b'"', b"9" * 40, b"\\ud800"))
            case _:
                text[place:place] = text[: chance.randint(1, 60)]
    return bytes(text)


@settings(max_examples=1_500, derandomize=True, deadline=None)
@given(st.randoms(use_true_random=False))
def test_spoiled_credentials_are_read_or_refused(chance: random.Random) -> None:
    """A million bytes, more or less, spoiled inside the parts and in the text around them."""
    digest = base64url.encode(hashlib.sha256(base64url.encode(DISCLOSURE).encode()).digest()).encode()
    parts = [base64url.encode(spoiled(part, chance)) for part in (HEADER, PAYLOAD.replace(b"A" * 43, digest))]
    text = f"{'.'.join(parts)}.AA~{base64url.encode(spoiled(DISCLOSURE, chance))}~"
    if chance.random() < 0.3:
        text = spoiled(text.encode(), chance).decode("utf-8", "replace")
    with suppress(FormatError):
        vc = sd_jwt_vc.read(text)
        _ = vc.problems, vc.sd_jwt.problems, vc.claims, vc.holder_key, vc.expires, vc.signer, vc.validity(NOW)
        vc.verify(HOLDER_KEY)
