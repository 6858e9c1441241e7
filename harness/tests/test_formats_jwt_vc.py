from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness.formats import base64url, credential, did, jose, jwt_vc
from harness.formats.jwt_vc import JwtVc
from harness.formats.problems import FormatError
from harness.formats.vcdm import Version

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "openid4vci-1.0"
NOW = 1_780_000_000
KEY = JWK.generate(kty="EC", crv="P-256")
HOLDER = JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)
HOLDER_DID = did.did_jwk(HOLDER)
ISSUER = "https://issuer.example"

# VC Data Model 1.1 section 6.3.1, the example of a JWT payload, with holder and times of our own.
OLD_VC: dict[str, Any] = {
    "@context": ["https://www.w3.org/2018/credentials/v1", "https://www.w3.org/2018/credentials/examples/v1"],
    "type": ["VerifiableCredential", "UniversityDegreeCredential"],
    "credentialSubject": {"degree": {"type": "BachelorDegree", "name": "Bachelor of Science and Arts"}},
}
OLD: dict[str, Any] = {
    "sub": HOLDER_DID,
    "jti": "http://example.edu/credentials/3732",
    "iss": ISSUER,
    "nbf": NOW - 10,
    "iat": NOW - 10,
    "exp": NOW + 1_000,
    "nonce": "660!6345FSer",
    "vc": OLD_VC,
}
FULL_VC: dict[str, Any] = {
    **OLD_VC,
    "id": OLD["jti"],
    "issuer": {"id": ISSUER, "name": "Example University"},
    "issuanceDate": "2026-05-28T20:26:30Z",
    "expirationDate": "2026-05-28T22:43:20.5+02:00",
    "credentialSubject": {"id": HOLDER_DID, **OLD_VC["credentialSubject"]},
}
FULL: dict[str, Any] = {**OLD, "exp": NOW + 1_000, "vc": FULL_VC}
# VC-JOSE-COSE section 3.1.1, the example, with holder and times of our own.
NEW: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "http://university.example/credentials/3732",
    "type": ["VerifiableCredential", "ExampleDegreeCredential", "ExamplePersonCredential"],
    "issuer": ISSUER,
    "validFrom": "2010-01-01T19:23:24Z",
    "credentialSubject": {"id": HOLDER_DID, "alumniOf": {"name": "Example University"}},
    "credentialSchema": [{"id": "https://example.org/examples/degree.json", "type": "JsonSchema"}],
}
OLD_HEADER = {"alg": "ES256", "typ": "JWT", "kid": "key-1"}
NEW_HEADER = {"alg": "ES256", "typ": "vc+jwt", "kid": "key-1"}
GONE = object()


def compact(header: Any, payload: Any) -> str:
    parts = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload))
    return ".".join([*(base64url.encode(part) for part in parts), "AA"])


def with_members(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Change members; a name with a slash is that of an inner one."""
    result: dict[str, Any] = copy.deepcopy(members)
    for path, value in changes.items():
        *above, name = path.split("/")
        holder = result
        for step in above:
            holder = holder[step]
        holder[name] = value
        if value is GONE:
            del holder[name]
    return result


def old(changes: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> JwtVc:
    return jwt_vc.read(compact(with_members(OLD_HEADER, header or {}), with_members(FULL, changes or {})))


def new(changes: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> JwtVc:
    return jwt_vc.read(compact(with_members(NEW_HEADER, header or {}), with_members(NEW, changes or {})))


def found(vc: JwtVc) -> list[tuple[str, str | None]]:
    return [(problem.kind, problem.pointer) for problem in vc.problems]


# What is right


def test_the_example_of_openid4vci_is_right_and_signed_by_the_printed_key() -> None:
    if not VECTORS.is_dir():
        pytest.skip("the vectors are not here")
    text = (VECTORS / "credential_response_jwt_vc_json.txt").read_text("utf-8")
    body = json.loads("".join(line.strip() for line in text[text.index("{") :].splitlines()))
    vc = jwt_vc.read(body["credentials"][0]["credential"])
    assert vc.version is Version.V1_1
    assert found(vc) == []
    keys = json.loads(re.sub(r"\n\s*", "", (VECTORS / "issuer_jwks.json").read_text("utf-8")))["jwks"]["keys"]
    named = [key for key in keys if key.get("kid") == vc.signer.key_id]
    assert named
    vc.verify(named[0])
    assert vc.holder_key is not None
    assert vc.holder_key["x"] == "MdC-OKq4AQJfVCX5zpQoL8j4VEfvPX98tU9hxcNXGro"
    assert vc.claims["credentialSubject"]["degree"]["type"] == "BachelorDegree"


def test_the_example_of_vc_jose_cose_is_right_but_for_its_typ() -> None:
    # VC-JOSE-COSE section 3.1.2, the credential in the example of a presentation.
    text = (
        "eyJraWQiOiJFeEhrQk1XOWZtYmt2VjI2Nm1ScHVQMnNVWV9OX0VXSU4xbGFwVXpPOHJvIiwiYWxnIjoiRVMzODQifQ.eyJAY29udGV4dCI"
        "6WyJodHRwczovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbHMvdjIiLCJodHRwczovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbHMvZXhhb"
        "XBsZXMvdjIiXSwiaWQiOiJodHRwOi8vdW5pdmVyc2l0eS5leGFtcGxlL2NyZWRlbnRpYWxzLzE4NzIiLCJ0eXBlIjpbIlZlcmlmaWFibGV"
        "DcmVkZW50aWFsIiwiRXhhbXBsZUFsdW1uaUNyZWRlbnRpYWwiXSwiaXNzdWVyIjoiaHR0cHM6Ly91bml2ZXJzaXR5LmV4YW1wbGUvaXNzd"
        "WVycy81NjUwNDkiLCJ2YWxpZEZyb20iOiIyMDEwLTAxLTAxVDE5OjIzOjI0WiIsImNyZWRlbnRpYWxTY2hlbWEiOnsiaWQiOiJodHRwczo"
        "vL2V4YW1wbGUub3JnL2V4YW1wbGVzL2RlZ3JlZS5qc29uIiwidHlwZSI6Ikpzb25TY2hlbWEifSwiY3JlZGVudGlhbFN1YmplY3QiOnsia"
        "WQiOiJkaWQ6ZXhhbXBsZToxMjMiLCJkZWdyZWUiOnsidHlwZSI6IkJhY2hlbG9yRGVncmVlIiwibmFtZSI6IkJhY2hlbG9yIG9mIFNjaWV"
        "uY2UgYW5kIEFydHMifX19.d2k4O3FytQJf83kLh-HsXuPvh6yeOlhJELVo5TF71gu7elslQyOf2ZItAXrtbXF4Kz9WivNdztOayz4VUQ0Mw"
        "a8yCDZkP9B2pH-9S_tcAFxeoeJ6Z4XnFuL_DOfkR1fP"
    )
    vc = jwt_vc.read(text)
    assert vc.version is Version.V2_0
    assert found(vc) == [("typ-missing", "header")]
    assert vc.signer.mechanisms == ("x5c", "did", "jwt-vc-issuer", "jwks")
    assert vc.signer.issuer == "https://university.example/issuers/565049"


def test_a_credential_of_1_1_is_completed_from_the_claims_of_the_jwt() -> None:
    vc = jwt_vc.read(compact(OLD_HEADER, OLD))
    assert found(vc) == []
    assert vc.document == {
        **OLD_VC,
        "id": OLD["jti"],
        "issuer": ISSUER,
        "issuanceDate": "2026-05-28T20:26:30Z",
        "expirationDate": "2026-05-28T20:43:20Z",
        "credentialSubject": FULL_VC["credentialSubject"],
    }
    assert vc.claims == vc.document
    assert vc.holder_key == {name: HOLDER[name] for name in ("crv", "kty", "x", "y")}
    assert vc.expires == NOW + 1_000


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"vc/issuer": ISSUER},
        {"iat": GONE},
        {"vc/expirationDate": GONE},
        {"vc/id": GONE},
        {"vc/credentialSubject/id": GONE},
        {"vc/credentialSubject/id": GONE, "sub": GONE},
        {"vc/credentialSubject": [FULL_VC["credentialSubject"]]},
        {"vc/credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}], "sub": GONE},
        {"vc/credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}], "sub": "did:example:b"},
        {"vc/issuanceDate": "2026-05-28T20:26:30"},
        {"vc/issuanceDate": "2026-05-28T20:26:30.999Z"},
        {"aud": "https://verifier.example"},
        {"cnf": {"jwk": HOLDER}},
    ],
)
def test_lawful_shapes_of_1_1(changes: dict[str, Any]) -> None:
    assert found(old(changes)) == []


@pytest.mark.parametrize("header", [{"typ": GONE}, {"typ": "jwt"}, {"kid": GONE}, {"x5c": ["AA=="]}])
def test_lawful_headers_of_1_1(header: dict[str, Any]) -> None:
    assert found(old(header=header)) == []


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"iss": ISSUER, "iat": NOW, "exp": NOW + 9}, {}),
        ({"issuer": {"id": ISSUER}}, {"iss": ISSUER}),
        ({"jti": NEW["id"], "sub": HOLDER_DID}, {"cty": "vc"}),
        ({"id": GONE, "jti": "urn:uuid:1"}, {"typ": "application/vc+jwt"}),
        ({"credentialSubject/id": GONE, "sub": "somebody", "cnf": {"jwk": HOLDER}}, {"cty": "example-degree+vc"}),
        ({}, {"kid": f"{ISSUER}/keys/urn:ietf:params:oauth:jwk-thumbprint:sha-256:NzbLsXh8uDCcd"}),
        ({"issuer": HOLDER_DID}, {"kid": f"{HOLDER_DID}#0"}),
        ({"issuer": HOLDER_DID}, {"kid": GONE, "x5c": ["AA=="]}),
        ({"issuer": HOLDER_DID, "iss": HOLDER_DID}, {"kid": "#0"}),
    ],
)
def test_lawful_shapes_of_2_0(changes: dict[str, Any], header: dict[str, Any]) -> None:
    assert found(new(changes, header)) == []


def test_both_formats_are_read() -> None:
    for name in ("jwt_vc_json", "jwt_vc_json-ld"):
        assert isinstance(credential.read(name, compact(NEW_HEADER, NEW)), JwtVc)


# What is wrong


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"vc/issuer": "https://other.example"}, ("iss-other", "/iss")),
        ({"iss": GONE}, ("iss-missing", "")),
        ({"nbf": NOW - 11}, ("nbf-other", "/nbf")),
        ({"nbf": GONE}, ("nbf-missing", "")),
        ({"exp": NOW + 1_002}, ("exp-other", "/exp")),
        ({"exp": GONE}, ("exp-missing", "")),
        ({"jti": "urn:uuid:1"}, ("jti-other", "/jti")),
        ({"jti": GONE}, ("jti-missing", "")),
        ({"sub": "did:example:b"}, ("sub-other", "/sub")),
        ({"sub": GONE}, ("sub-missing", "")),
        ({"vc/credentialSubject": [{"id": "did:example:a"}, {"id": "did:example:b"}]}, ("sub-other", "/sub")),
        ({"vc/type": ["UniversityDegreeCredential"]}, ("type-other", "/vc/type")),
        ({"vc/@context": [OLD_VC["@context"][1]]}, ("context-base", "/vc/@context")),
        ({"cnf": {}}, ("cnf-empty", "/cnf")),
        ({"iat": "now"}, ("claim-type", "/iat")),
    ],
)
def test_problems_of_1_1(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(old(changes)) == [problem]


def test_a_date_that_neither_claim_nor_credential_gives_is_missing() -> None:
    assert found(old({"nbf": GONE, "vc/issuanceDate": GONE})) == [("issuance-date-missing", "/vc")]


def test_vc_has_to_be_there_and_an_object() -> None:
    spread = {**FULL, **FULL_VC}
    del spread["vc"]
    assert found(jwt_vc.read(compact(OLD_HEADER, spread))) == [("vc-missing", "")]
    assert ("vc-form", "/vc") in found(old({"vc": "{}"}))


@pytest.mark.parametrize("typ", ["vc+jwt", "JOSE", 5])
def test_a_typ_of_1_1_is_jwt(typ: Any) -> None:
    kinds = {problem.kind for problem in old(header={"typ": typ}).problems}
    assert "typ-wrong" in kinds
    assert kinds <= {"typ-wrong", "header-type"}


@pytest.mark.parametrize(
    ("changes", "header", "problem"),
    [
        ({"vc": {}}, {}, ("vc-present", "/vc")),
        ({"vp": {}}, {}, ("vp-present", "/vp")),
        ({}, {"typ": "JWT"}, ("typ-wrong", "header/typ")),
        ({}, {"typ": "vc+ld+json+jwt"}, ("typ-wrong", "header/typ")),
        ({}, {"typ": GONE}, ("typ-missing", "header")),
        ({}, {"cty": "vp"}, ("cty-wrong", "header/cty")),
        ({}, {"cty": "application/json"}, ("cty-wrong", "header/cty")),
        ({"nbf": NOW}, {}, ("nbf-present", "/nbf")),
        ({"iss": "https://other.example"}, {}, ("iss-other", "/iss")),
        ({}, {"iss": "https://other.example"}, ("iss-other", "header/iss")),
        ({"jti": "urn:uuid:1"}, {}, ("jti-other", "/jti")),
        ({"sub": "did:example:b"}, {}, ("sub-other", "/sub")),
        ({"issuer": "did:example:a"}, {"kid": GONE}, ("kid-missing", "header")),
        ({"issuer": "did:example:a"}, {"kid": "#key-1"}, ("kid-relative", "header/kid")),
        ({"issuer": "did:web:a.example"}, {"kid": "did:web:a.example#1"}, ("kid-no-thumbprint", "header/kid")),
        ({"validFrom": "yesterday"}, {}, ("valid-from-form", "/validFrom")),
    ],
)
def test_problems_of_2_0(changes: dict[str, Any], header: dict[str, Any], problem: tuple[str, str]) -> None:
    assert found(new(changes, header)) == [problem]


def test_a_credential_of_2_0_in_vc_is_read_and_misplaced() -> None:
    vc = jwt_vc.read(compact(NEW_HEADER, {"iss": ISSUER, "vc": NEW}))
    assert (vc.version, vc.place, vc.document) == (Version.V2_0, "/vc", NEW)
    assert found(vc) == [("vc-present", "/vc"), ("payload-not-credential", "/vc")]


def test_names_that_stand_twice_are_found() -> None:
    header = b'{"alg":"ES256","alg":"ES256","typ":"vc+jwt","kid":"1"}'
    payload = json.dumps(NEW).replace('"alumniOf"', '"alumniOf": 1, "alumniOf"').encode()
    twice = [p for p in found(jwt_vc.read(compact(header, payload))) if p[0] == "duplicate-name"]
    assert twice == [("duplicate-name", "header/alg"), ("duplicate-name", "/credentialSubject/alumniOf")]


# Validity, signer, signature


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, []),
        ({"exp": NOW - 100}, [("expired", "/exp")]),
        ({"validUntil": "2026-05-28T20:25:00Z"}, [("expired", "/validUntil")]),
        ({"validFrom": "2026-05-28T20:30:00Z"}, [("not-yet-valid", "/validFrom")]),
        ({"iat": NOW + 100}, [("issued-in-future", "/iat")]),
    ],
)
def test_times_of_jwt_and_credential_are_judged(changes: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    assert [(p.kind, p.pointer) for p in new(changes).validity(NOW)] == problems


def test_times_of_1_1_are_judged_where_they_stand() -> None:
    late = old().validity(NOW + 2_000)
    assert [(p.kind, p.pointer) for p in late] == [("expired", "/exp"), ("expired", "/vc/expirationDate")]
    brief = jwt_vc.read(compact(OLD_HEADER, OLD)).validity(NOW + 2_000)
    assert [(p.kind, p.pointer) for p in brief] == [("expired", "/exp")]


def test_the_earliest_end_counts() -> None:
    assert new({"exp": NOW, "validUntil": "2050-01-01T00:00:00Z"}).expires == NOW
    assert new({"validUntil": "1970-01-01T00:01:00Z", "exp": NOW}).expires == 60
    assert new().expires is None
    assert new({"exp": 10**400}).expires == float("inf")
    assert new({"exp": -(10**400)}).validity(NOW)[0].kind == "expired"


def test_cnf_goes_before_the_subject() -> None:
    other = JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)
    assert new({"cnf": {"jwk": other}}).holder_key == other
    assert new({"credentialSubject": {"name": "Jayden"}}).holder_key is None


def test_cnf_may_stand_in_the_header_of_2_0() -> None:
    other = JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)
    assert new(header={"cnf": {"jwk": other}}).holder_key == other
    assert old(header={"cnf": {"jwk": other}}).confirmation is None
    assert ("cnf-empty", "header/cnf") in found(new(header={"cnf": {}}))
    assert ("claim-type", "header/cnf") in found(new(header={"cnf": "jwk"}))


def test_the_signature_is_verified() -> None:
    jws = JWS(json.dumps(NEW).encode())
    jws.add_signature(KEY, None, json.dumps(NEW_HEADER))
    vc = jwt_vc.read(jws.serialize(compact=True))
    vc.verify(KEY.export_public(as_dict=True))
    with pytest.raises(jose.SignatureError):
        vc.verify(HOLDER)
    assert vc.algorithm == "ES256"


# Bad input


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"jwt": "a.b.c"}, "credential-type"),
        (None, "credential-type"),
        ("a.b", "jws-segments"),
        (compact(NEW_HEADER, NEW) + "~", "jws-base64url"),
        (compact(NEW_HEADER, [NEW]), "payload-not-object"),
        (compact([], NEW), "jws-header"),
        (compact(NEW_HEADER, b"{"), "not-json"),
        (compact(NEW_HEADER, b"[" * 10_000), "too-deep"),
        (compact(NEW_HEADER, b'{"a":' + b"9" * 10_000 + b"}"), "number-out-of-range"),
        ("a" * 6_000_000, "jws-too-large"),
    ],
)
def test_what_cannot_be_read_gives_one_clear_error(raw: Any, kind: str) -> None:
    with pytest.raises(FormatError) as caught:
        jwt_vc.read(raw)
    assert caught.value.kind == kind


RIGHT = [compact(OLD_HEADER, FULL), compact(NEW_HEADER, NEW)]
PIECES = [b"\x00", b"\xff", b"{", b"[", b'"', b"null", b"1e999", b"9" * 50, b'{"id":[]}', b'"@context":', b"[[]]"]


@given(
    st.sampled_from([(OLD_HEADER, FULL), (NEW_HEADER, NEW)]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=4),
    st.booleans(),
)
@settings(max_examples=1000, derandomize=True, deadline=None)
def test_mutated_credentials_are_read_or_refused(
    right: tuple[dict[str, Any], dict[str, Any]], cuts: list[tuple[float, int, bytes]], inside: bool
) -> None:
    header, payload = right
    data = json.dumps(payload).encode() if inside else compact(header, payload).encode()
    for place, length, piece in cuts:
        start = int(place * len(data))
        data = data[:start] + piece + data[start + length :]
    try:
        vc = jwt_vc.read(compact(header, data) if inside else data.decode("latin-1"))
    except FormatError:
        return
    _ = vc.validity(NOW), vc.expires, vc.holder_key, vc.signer, vc.algorithm
    with pytest.raises(jose.SignatureError):
        vc.verify(HOLDER)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted({*NEW, *OLD})), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([FULL, NEW]), st.dictionaries(st.sampled_from(sorted({*NEW, *OLD, "cnf"})), JSON, max_size=4)
)
@settings(max_examples=500, derandomize=True, deadline=None)
def test_no_value_of_a_claim_is_too_much(right: dict[str, Any], claims: dict[str, Any]) -> None:
    vc = jwt_vc.read(compact(OLD_HEADER, {**right, **claims}))
    _ = vc.validity(NOW), vc.expires, vc.holder_key, vc.signer, vc.algorithm
