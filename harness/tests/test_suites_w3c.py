"""Checks of W3C credentials in JWTs, where no fault of the reference issuer shows what they do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import catalogue
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.formats import base64url, did, jwk
from harness.reference import keys
from harness.trust.found import IssuerKey
from suites.oid4vci import jwt_vc, w3c_credentials

NOW = 1_780_000_000.0
ISSUER = "https://issuer.example"
HOLDER = keys.stranger_key("ES256").public_jwk
OTHER = keys.issuer_key("ES256").public_jwk
PRINT = jwk.thumbprint(HOLDER)
CONTEXTS = {"1.1": "https://www.w3.org/2018/credentials/v1", "2.0": "https://www.w3.org/ns/credentials/v2"}
REQUIREMENTS = catalogue.load()


def issued(
    version: str, subject: str | None = None, *, header: dict[str, Any] | None = None, **claims: Any
) -> IssuedCredential:
    """A credential that says one thing of its subject; nothing looks at its signature."""
    document: dict[str, Any] = {
        "@context": [CONTEXTS[version]],
        "type": ["VerifiableCredential"],
        "issuer": ISSUER,
        "credentialSubject": {**({"id": subject} if subject else {}), "name": "Erika"},
    }
    if version == "1.1":
        payload = {"iss": ISSUER, "nbf": NOW, "vc": document, **({"sub": subject} if subject else {})}
    else:
        payload = document
    typ = {"1.1": "JWT", "2.0": "vc+jwt"}[version]
    parts = ({"alg": "ES256", "typ": typ, **(header or {})}, payload | claims)
    raw = ".".join([*(base64url.encode(json.dumps(part).encode()) for part in parts), "AA"])
    return IssuedCredential(raw, 3, "/credentials/0/credential", (HOLDER,), NOW, "jwt_vc_json")


async def bound(credential: IssuedCredential) -> list[str]:
    expect = Expect(REQUIREMENTS)
    await w3c_credentials.credential_is_bound_to_the_proof_key(credential=credential, expect=expect)
    return sorted({finding.code for finding in expect.findings})


@pytest.mark.parametrize("version", ["1.1", "2.0"])
@pytest.mark.parametrize(
    ("subject", "cnf", "expected"),
    [
        (did.did_jwk(HOLDER), None, []),
        (did.did_key(HOLDER), None, []),
        (f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{PRINT}", None, []),
        (None, {"jwk": HOLDER}, []),
        ("urn:uuid:6f1c1f5e-0c3e-4f47-9d5b-7f5b9a5c8f11", {"jwk": HOLDER}, []),
        (None, {"kid": did.did_key(HOLDER)}, []),
        (None, {"kid": PRINT}, []),
        (None, {"jkt": PRINT}, []),
        ("did:example:erika", {"jwk": HOLDER}, []),
        (None, None, ["VCDM-UNBOUND"]),
        ("urn:uuid:6f1c1f5e-0c3e-4f47-9d5b-7f5b9a5c8f11", None, ["VCDM-UNBOUND"]),
        (did.did_jwk(OTHER), None, ["VCDM-OTHER-KEY"]),
        (None, {"jwk": OTHER}, ["VCDM-OTHER-KEY"]),
        (None, {"jkt": jwk.thumbprint(OTHER)}, ["VCDM-OTHER-KEY"]),
    ],
    # The keys are made anew each time, so that they are no names for tests.
    ids=[
        *(
            "did-jwk",
            "did-key",
            "thumbprint-uri",
            "cnf-jwk",
            "uuid-and-cnf-jwk",
            "cnf-kid-did",
            "cnf-kid-thumbprint",
        ),
        *(
            "cnf-jkt",
            "other-did-and-cnf-jwk",
            "nothing",
            "uuid",
            "other-did-jwk",
            "other-cnf-jwk",
            "other-cnf-jkt",
        ),
    ],
)
async def test_the_holders_key_is_named_in_many_ways(
    version: str, subject: str | None, cnf: dict[str, Any] | None, expected: list[str]
) -> None:
    claims = {} if cnf is None else {"cnf": cnf}
    assert await bound(issued(version, subject, **claims)) == expected


@pytest.mark.parametrize(
    ("subject", "cnf"),
    [
        ("did:example:erika", None),
        ("did:web:holder.example", None),
        ("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", None),
        (None, {"kid": "key-1"}),
        (None, {"kid": "did:example:erika#key-1"}),
        (None, {"x5t#S256": "AAAA"}),
    ],
)
async def test_a_holders_key_that_cannot_be_looked_up_is_no_violation_but_blocks(
    subject: str | None, cnf: dict[str, Any] | None
) -> None:
    with pytest.raises(Blocked, match="not read here"):
        await bound(issued("1.1", subject, **({} if cnf is None else {"cnf": cnf})))


async def test_the_holders_key_may_stand_in_the_header_of_the_data_model_2_0_only() -> None:
    assert await bound(issued("2.0", header={"cnf": {"jwk": HOLDER}})) == []
    assert await bound(issued("2.0", header={"cnf": {"jwk": OTHER}})) == ["VCDM-OTHER-KEY"]
    assert await bound(issued("1.1", header={"cnf": {"jwk": HOLDER}})) == ["VCDM-UNBOUND"]


@pytest.mark.parametrize(
    ("cnf", "expected"),
    [
        ({"jwk": HOLDER}, []),
        ("jwk", ["JWTVC-CNF"]),
        ({}, ["JWTVC-CNF"]),
        ({"jwk": {**HOLDER, "d": "AA"}}, ["JWTVC-CNF-PRIVATE-KEY"]),
    ],
)
async def test_a_confirmation_in_the_header_is_judged(cnf: Any, expected: list[str]) -> None:
    expect = Expect(REQUIREMENTS)
    await jwt_vc.confirmation_names_a_public_key(credential=issued("2.0", header={"cnf": cnf}), expect=expect)
    assert [finding.code for finding in expect.findings] == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"status": {"status_list": {"idx": 1, "uri": "https://issuer.example/list"}}}, []),
        ({"client_id": "wallet", "nonce": "660", "aud": "https://verifier.example"}, []),
        ({"issuanceDate": "2026-05-28T20:26:40Z"}, ["VCDM-TERM-UNDEFINED"]),
    ],
)
async def test_registered_claims_are_no_terms_of_the_credential(
    claims: dict[str, Any], expected: list[str]
) -> None:
    expect = Expect(REQUIREMENTS)
    await w3c_credentials.terms_are_defined(credential=issued("2.0", **claims), expect=expect)
    assert [finding.code for finding in expect.findings] == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (OTHER, []),
        ({**OTHER, "alg": "ES256", "use": "sig"}, []),
        (HOLDER, ["JWTVC-HEADER-KEY-OTHER"]),
        ({**OTHER, "d": "AA"}, ["JWTVC-HEADER-KEY-PRIVATE"]),
        ({"kty": "oct", "k": "AA"}, ["JWTVC-HEADER-KEY-PRIVATE"]),
        ("jwk", ["JWTVC-HEADER-KEY-OTHER"]),
        (None, ["JWTVC-HEADER-KEY-OTHER"]),
    ],
)
async def test_a_key_in_the_header_is_the_one_that_signed(key: Any, expected: list[str]) -> None:
    expect = Expect(REQUIREMENTS)
    await jwt_vc.key_in_the_header_is_the_signers(
        credential=issued("2.0", header={"jwk": key}), issuer_key=IssuerKey("did", OTHER), expect=expect
    )
    assert [finding.code for finding in expect.findings] == expected


async def test_a_key_in_the_header_cannot_be_judged_by_an_algorithm_that_is_not_known() -> None:
    strange = issued("2.0", header={"jwk": HOLDER, "alg": "ES256X"})
    with pytest.raises(Blocked, match="ES256X"):
        await jwt_vc.key_in_the_header_is_the_signers(
            credential=strange, issuer_key=IssuerKey(None, missing="none"), expect=Expect(REQUIREMENTS)
        )
