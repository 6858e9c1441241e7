from __future__ import annotations

import hashlib
import json
import random
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer

from harness.formats import base64url, jose, sd_jwt
from harness.formats.problems import FormatError
from harness.formats.sd_jwt import SdJwt

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "openid4vci-1.0"
quick = settings(max_examples=100, derandomize=True, deadline=None)
KEY = JWK.generate(kty="EC", crv="P-256")

SALTS = [base64url.encode(hashlib.sha256(bytes([n])).digest()[:16]) for n in range(20)]


def raw(*elements: object) -> str:
    return base64url.encode(json.dumps(elements).encode())


def digest(disclosure: str, name: str = "sha256") -> str:
    return base64url.encode(hashlib.new(name, disclosure.encode()).digest())


def jwt(payload: object) -> str:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return ".".join([base64url.encode(b'{"alg":"ES256"}'), base64url.encode(data), "AA"])


def combined(payload: object, *disclosures: str, end: str = "") -> str:
    return "~".join([jwt(payload), *disclosures, end])


def found(parsed: SdJwt) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in parsed.problems]


def problems_of(payload: object, *disclosures: str, end: str = "") -> list[tuple[str, str | None]]:
    return found(sd_jwt.parse(combined(payload, *disclosures, end=end)))


NAME = raw(SALTS[0], "family_name", "Doe")
FRENCH = raw(SALTS[1], "FR")


def test_properties_and_elements_are_put_in_place() -> None:
    payload = {"iss": "i", "_sd": [digest(NAME)], "_sd_alg": "sha-256", "n": ["DE", {"...": digest(FRENCH)}, "US"]}
    parsed = sd_jwt.parse(combined(payload, NAME, FRENCH))
    assert parsed.claims == {"iss": "i", "family_name": "Doe", "n": ["DE", "FR", "US"]}
    assert parsed.payload == payload
    assert parsed.disclosed == {"/family_name", "/n/1"}
    assert parsed.problems == ()
    assert parsed.key_binding is None
    assert parsed.disclosures == (
        sd_jwt.Disclosure(NAME, SALTS[0], "family_name", "Doe", digest(NAME)),
        sd_jwt.Disclosure(FRENCH, SALTS[1], None, "FR", digest(FRENCH)),
    )


def test_the_disclosures_rfc_9901_prints_in_4_2() -> None:
    name = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    french = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
    payload = {
        "_sd": ["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"],
        "nationalities": ["DE", {"...": "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"}, "US"],
    }
    parsed = sd_jwt.parse(combined(payload, name, french))
    assert parsed.problems == ()
    assert parsed.claims == {"family_name": "Möbius", "nationalities": ["DE", "FR", "US"]}


EXAMPLES = json.loads(Path(__file__).with_name("rfc9901_examples.json").read_text(encoding="utf-8"))
"""The examples that RFC 9901 prints, by section."""


@pytest.mark.parametrize("section", sorted(EXAMPLES.keys() - {"source"}))
def test_the_examples_rfc_9901_prints(section: str) -> None:
    example = EXAMPLES[section]
    texts = [base64url.encode(text.encode()) for text in example["disclosures"]]
    parsed = sd_jwt.parse(combined(example["payload"], *texts))
    assert parsed.problems == ()
    plain = {
        name: value for name, value in example["payload"].items() if name in ("iss", "iat", "exp", "sub", "cnf")
    }
    assert parsed.claims == {**plain, **example["claims"]}
    assert len(parsed.disclosed) == len(texts)


def test_other_spellings_of_a_disclosure_that_rfc_9901_prints_in_4_2_1() -> None:
    for text in (
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
        "WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
    ):
        assert sd_jwt.parse(combined({"_sd": [digest(text)]}, text)).claims == {"family_name": "Möbius"}


def test_recursive_disclosures_and_decoys() -> None:
    inner = raw(SALTS[2], "city", "Paris")
    outer = raw(SALTS[3], "address", {"country": "FR", "_sd": [digest("decoy 1"), digest(inner)]})
    element = raw(SALTS[4], {"_sd": [digest(outer)]})
    payload = {"list": [{"...": digest("decoy 2")}, {"...": digest(element)}], "_sd": [digest("decoy 3")]}
    parsed = sd_jwt.parse(combined(payload, inner, outer, element))
    assert parsed.claims == {"list": [{"address": {"country": "FR", "city": "Paris"}}]}
    assert parsed.disclosed == {"/list/0", "/list/0/address", "/list/0/address/city"}
    assert parsed.problems == ()


def test_all_claims_hidden_leaves_an_empty_object() -> None:
    parsed = sd_jwt.parse(combined({"address": {"_sd": [digest("decoy")]}, "_sd_alg": "sha-256"}))
    assert parsed.claims == {"address": {}}
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("name", "function"),
    [("sha-384", "sha384"), ("sha-512", "sha512"), ("sha3-256", "sha3_256"), ("sha3-512", "sha3_512")],
)
def test_other_hashes(name: str, function: str) -> None:
    parsed = sd_jwt.parse(combined({"_sd_alg": name, "_sd": [digest(NAME, function)]}, NAME))
    assert parsed.claims == {"family_name": "Doe"}
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [("SHA-256", "sd-alg-unknown"), ("sha256", "sd-alg-unknown"), (None, "sd-alg-type"), (5, "sd-alg-type")],
)
def test_an_unknown_hash_is_one_problem_and_the_rest_is_read(algorithm: object, kind: str) -> None:
    parsed = sd_jwt.parse(combined({"_sd_alg": algorithm, "_sd": [digest(NAME)]}, NAME))
    assert found(parsed) == [(kind, "/_sd_alg")]
    assert parsed.claims == {"family_name": "Doe"}
    assert problems_of({"_sd_alg": algorithm, "_sd": ["short"]}, NAME) == [(kind, "/_sd_alg")]


def test_a_truncated_hash_is_weak() -> None:
    short = base64url.encode(hashlib.sha256(NAME.encode()).digest()[:16])
    parsed = sd_jwt.parse(combined({"_sd_alg": "sha-256-128", "_sd": [short]}, NAME))
    assert found(parsed) == [("sd-alg-weak", "/_sd_alg")]
    assert parsed.claims == {"family_name": "Doe"}


def test_the_final_tilde() -> None:
    payload = {"_sd": [digest(NAME)]}
    assert found(sd_jwt.parse(jwt({}))) == [("final-tilde-missing", None)]
    without = sd_jwt.parse(f"{jwt(payload)}~{NAME}")
    assert found(without) == [("final-tilde-missing", None)]
    assert without.claims == {"family_name": "Doe"}
    bound = sd_jwt.parse(combined(payload, NAME, end=jwt({})))
    assert found(bound) == [("key-binding-present", None)]
    assert bound.key_binding == jwt({})
    assert bound.claims == {"family_name": "Doe"}


@pytest.mark.parametrize(
    ("disclosure", "kind"),
    [
        ("", "disclosure-base64url"),
        (NAME + "=", "disclosure-base64url"),
        ("a b", "disclosure-base64url"),
        (base64url.encode(b"[1"), "disclosure-json"),
        (base64url.encode(b'["\xff", 1]'), "disclosure-json"),
        (base64url.encode(b"{}"), "disclosure-json"),
        (raw(SALTS[5]), "disclosure-element-count"),
        (raw(SALTS[5], "a", "b", "c"), "disclosure-element-count"),
        (raw(SALTS[5], 5, "b"), "disclosure-name-type"),
    ],
)
def test_a_disclosure_that_cannot_be_read_is_one_problem(disclosure: str, kind: str) -> None:
    parsed = sd_jwt.parse(combined({"_sd": [digest(NAME), digest(disclosure)]}, NAME, disclosure))
    assert found(parsed) == [(kind, "disclosure 2")]
    assert parsed.claims == {"family_name": "Doe"}
    assert len(parsed.disclosures) == 1


def test_a_salt_that_is_no_string() -> None:
    text = raw(5, "a", "b")
    assert problems_of({"_sd": [digest(text)]}, text) == [("disclosure-salt-type", "disclosure 1")]


@pytest.mark.parametrize("name", ["_sd", "..."])
def test_a_reserved_name_is_one_problem_and_stays_out(name: str) -> None:
    text = raw(SALTS[5], name, "x")
    parsed = sd_jwt.parse(combined({"_sd": [digest(text)]}, text))
    assert found(parsed) == [("disclosure-name-reserved", "disclosure 1")]
    assert parsed.claims == {}


def test_names_that_are_already_there() -> None:
    again = raw(SALTS[5], "family_name", {"_sd": [digest(FRENCH)]})
    parsed = sd_jwt.parse(combined({"family_name": "Roe", "_sd": [digest(NAME)]}, NAME))
    assert found(parsed) == [("claim-name-exists", "/family_name")]
    assert parsed.claims == {"family_name": "Roe"}
    assert parsed.disclosed == frozenset()
    twice = sd_jwt.parse(combined({"_sd": [digest(NAME), digest(again)]}, NAME, again))
    assert found(twice) == [("claim-name-exists", "/family_name")]


def test_the_wrong_number_of_elements_for_the_place() -> None:
    assert problems_of({"_sd": [digest(FRENCH)]}, FRENCH) == [("disclosure-element-count", "/_sd")]
    assert problems_of({"n": [{"...": digest(NAME)}]}, NAME) == [("disclosure-element-count", "/n/0")]


def test_disclosures_nobody_points_to() -> None:
    inner = raw(SALTS[2], "city", "Paris")
    outer = raw(SALTS[3], "address", {"_sd": [digest(inner)]})
    assert problems_of({}, NAME) == [("disclosure-unreferenced", "disclosure 1")]
    assert problems_of({}, inner, outer) == [
        ("disclosure-unreferenced", "disclosure 1"),
        ("disclosure-unreferenced", "disclosure 2"),
    ]
    assert problems_of({"_sd": [digest(inner)]}, inner, outer) == [("disclosure-unreferenced", "disclosure 2")]


def test_a_disclosure_twice() -> None:
    assert problems_of({"_sd": [digest(NAME)]}, NAME, NAME) == [("disclosure-repeated", "disclosure 2")]


def test_a_digest_twice_wherever() -> None:
    decoy = digest("decoy")
    assert problems_of({"_sd": [decoy, decoy]}) == [("digest-repeated", "/_sd")]
    assert problems_of({"_sd": [decoy], "n": [{"...": decoy}]}) == [("digest-repeated", "/_sd")]
    outer = raw(SALTS[3], "address", {"_sd": [digest(NAME)]})
    assert problems_of({"_sd": [digest(NAME), digest(outer)]}, NAME, outer) == [
        ("digest-repeated", "/address/_sd")
    ]


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({"_sd": "x"}, ("sd-not-array", "/_sd")),
        ({"_sd": None}, ("sd-not-array", "/_sd")),
        ({"_sd": [5]}, ("sd-not-array", "/_sd")),
        ({"a": [{"_sd": {}}]}, ("sd-not-array", "/a/0/_sd")),
        ({"_sd": []}, ("sd-empty", "/_sd")),
        ({"a": {"_sd_alg": "sha-256"}}, ("sd-alg-nested", "/a/_sd_alg")),
        ({"a": [{"...": digest("d"), "b": 1}]}, ("ellipsis-other-keys", "/a/0")),
        ({"a": [{"...": 5}]}, ("ellipsis-type", "/a/0")),
        ({"a": {"...": digest("d")}}, ("ellipsis-misplaced", "/a/...")),
        ({"...": digest("d")}, ("ellipsis-misplaced", "/...")),
        ({"_sd": ["short"]}, ("digest-malformed", "/_sd")),
        ({"_sd": ["=" * 43]}, ("digest-malformed", "/_sd")),
        ({"_sd": [hashlib.sha256(b"hex").hexdigest()]}, ("digest-malformed", "/_sd")),
        ({"a": [{"...": digest("d", "sha384")}]}, ("digest-malformed", "/a/0")),
        (b'{"a":1,"a":1}', ("duplicate-name", "/a")),
    ],
    ids=range(15),
)
def test_one_defect_of_the_payload_is_one_problem(payload: object, problem: tuple[str, str]) -> None:
    assert problems_of(payload) == [problem]


def test_defects_inside_disclosed_values() -> None:
    nested = raw(SALTS[0], "a", {"_sd_alg": "sha-256"})
    assert problems_of({"_sd": [digest(nested)]}, nested) == [("sd-alg-nested", "/a/_sd_alg")]
    algorithm = raw(SALTS[0], "_sd_alg", "sha-256")
    assert problems_of({"_sd": [digest(algorithm)]}, algorithm) == [("sd-alg-nested", "/_sd_alg")]
    repeating = base64url.encode(b'["' + SALTS[0].encode() + b'","a",{"b":1,"b":2}]')
    assert problems_of({"_sd": [digest(repeating)]}, repeating) == [("duplicate-name", "disclosure 1/2/b")]


@pytest.mark.parametrize(
    ("salt", "short"),
    [
        ("_26bc4LT-ac6q2KI6cBW5es", False),  # RFC 9901 section 4.2.1
        ("lklxF5jMYlGTPUovMNIvCA", False),  # 4.2.2
        ("lklxF5jMYlGTPUovMNIvC", True),
        ("bGtseEY1ak1ZbEdUUFVvdg==", False),
        ("bGtseEY1ak1ZbEdUUFVv", True),
        ("0123456789abcdef0123456789abcdef", False),
        ("0123456789abcdef0123456789abcde", True),
        ("0123456789ABCDEF01234567", True),
        ("0" * 38, True),
        ("0" * 39, False),
        ("6ba7b810-9dad-41d1-80b4-00c04fd430c8", True),  # a random UUID has 122 random bits
        ("!" * 15, True),
        ("!" * 16, False),
        ("", True),
    ],
)
def test_salts_that_cannot_hold_128_bits(salt: str, short: bool) -> None:
    text = raw(salt, "a", "b")
    assert problems_of({"_sd": [digest(text)]}, text) == ([("salt-short", "disclosure 1")] if short else [])


def test_a_salt_twice() -> None:
    first, second = raw(SALTS[0], "a", 1), raw(SALTS[0], "b", 1)
    assert problems_of({"_sd": [digest(first), digest(second)]}, first, second) == [
        ("salt-reused", "disclosure 1"),
        ("salt-reused", "disclosure 2"),
    ]


def test_problems_of_the_header_are_kept() -> None:
    text = ".".join([base64url.encode(b'{"typ":5}'), base64url.encode(b"{}"), "AA"])
    assert found(sd_jwt.parse(f"{text}~")) == [("header-type", "header/typ"), ("alg-missing", "header")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "jws-segments"),
        ("~", "jws-segments"),
        ('{"payload":"e30"}', "jws-segments"),
        (combined([]), "payload-not-object"),
        (combined(b"no json"), "payload-not-object"),
        (combined({}, end="~" * 1_001), "disclosures-too-many"),
        ("a" * 5_000_001, "sd-jwt-too-large"),
    ],
    ids=range(7),
)
def test_what_is_no_sd_jwt_is_refused_with_its_kind(text: str, kind: str) -> None:
    with pytest.raises(FormatError) as caught:
        sd_jwt.parse(text)
    assert caught.value.kind == kind


def test_hostile_nesting_over_disclosures_is_bounded() -> None:
    inner = raw(SALTS[0], "x", 1)
    chain = [inner]
    for _ in range(900):
        inner = raw(SALTS[0], "x", {"_sd": [digest(inner)]})
        chain.append(inner)
    problems = problems_of({"_sd": [digest(inner)]}, *chain)
    assert ("too-deep", "/x" * 64) in problems


def test_hostile_breadth_gives_a_bounded_list_of_problems() -> None:
    payload = {"a": [{"_sd_alg": 1}] * 50_000}
    assert len(problems_of(payload)) == 200


def marked(value: Any, choose: random.Random) -> Any:
    """Mark some claims for selective disclosure, as the independent library wants it."""
    if isinstance(value, dict):
        return {
            (SDObj(name) if choose.random() < 0.5 else name): marked(item, choose) for name, item in value.items()
        }
    if isinstance(value, list):
        return [
            SDObj(item) if choose.random() < 0.5 else item for item in (marked(item, choose) for item in value)
        ]
    return value


names = st.text("abcxyz", min_size=1, max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(names, values, max_size=5), st.integers(0, 1_000), st.booleans())
@quick
def test_what_an_independent_issuer_makes_is_read_back(claims: dict[str, Any], seed: int, decoys: bool) -> None:
    issuer = SDJWTIssuer(marked(claims, random.Random(seed)), KEY, None, "ES256", decoys)
    parsed = sd_jwt.parse(issuer.sd_jwt_issuance)
    assert parsed.problems == ()
    assert parsed.claims == claims
    assert [disclosure.raw for disclosure in parsed.disclosures] == [d.b64 for d in issuer.ii_disclosures]
    jose.verify(parsed.jws, KEY.export_public(as_dict=True))


BASE = combined({"_sd": [digest(NAME)], "n": [{"...": digest(FRENCH)}]}, NAME, FRENCH)


@given(st.integers(0, len(BASE)), st.text("~.=-_Aß", max_size=3), st.integers(0, 3))
@quick
def test_a_mutated_sd_jwt_is_read_or_refused(at: int, replacement: str, cut: int) -> None:
    mutated = BASE[:at] + replacement + BASE[at + cut :]
    with suppress(FormatError):
        parsed = sd_jwt.parse(mutated)
        changed_disclosures = mutated.split("~")[0] == BASE.split("~")[0]
        assert mutated == BASE or parsed.problems or not changed_disclosures


@given(st.lists(st.lists(st.text(max_size=3) | values, max_size=4)), values, st.booleans())
@quick
def test_any_disclosures_on_any_payload_are_read_or_refused(
    disclosures: list[list[Any]], payload: Any, pointing: bool
) -> None:
    texts = [raw(*elements) for elements in disclosures]
    if pointing:
        payload = {"p": payload, "_sd": [digest(text) for text in texts], "e": [{"...": digest(t)} for t in texts]}
    with suppress(FormatError):
        parsed = sd_jwt.parse(combined(payload, *texts))
        assert "_sd" not in parsed.claims
        assert len(parsed.disclosures) <= len(texts)


def test_the_published_credential_is_read_and_verifies() -> None:
    """The example of OpenID4VCI 1.0 A.3, signed by the key that the SD-JWT VC draft prints in section 5.2."""
    if not VECTORS.is_dir():
        pytest.skip(f"the published vectors are not at {VECTORS}")
    response = (VECTORS / "credential_response_sd_jwt_vc.txt").read_text(encoding="utf-8")
    body = json.loads(re.sub(r"\n\s*", "", response[response.index("{") :]))
    parsed = sd_jwt.parse(body["credentials"][0]["credential"])
    assert parsed.problems == ()
    assert parsed.claims["address"]["locality"] == "Anytown"
    assert "/address" in parsed.disclosed
    assert len(parsed.disclosures) == len(parsed.disclosed) == len(parsed.payload["_sd"])
    key = {
        "kty": "EC",
        "crv": "P-256",
        "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
    }
    jose.verify(parsed.jws, key)
