"""What the checks of proof types, key attestations and batches say where the fault matrix does not look."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from harness import mutate
from harness.evidence import IssuedCredential, WalletOptions
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import base64url, multibase
from harness.model import CheckResult, Verdict
from harness.reference import data_integrity
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.tests.bench import Outcome, judge_issuer, judge_reference
from harness.tests.fault_variants import is_due_advice
from harness.wallet import attestation, di_vp
from harness.wallet.keys import certificate_for, make_key
from suites.oid4vci import batch

BAD = (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED, Verdict.ERROR)
NOW = 1_800_000_000.0

Refuse = Callable[[dict[str, Any]], str | None]
"""Gets the body of a Credential Request; gives the error to answer it with, or ``None`` to let it through."""


class Edited(httpx.ASGITransport):
    """The reference issuer with other metadata, or with objections of its own to Credential Requests."""

    def __init__(
        self,
        issuer: ReferenceIssuer,
        metadata: Callable[[dict[str, Any]], None] = lambda _: None,
        refuse: Refuse = lambda _: None,
    ) -> None:
        super().__init__(issuer.app)
        self._metadata, self._refuse = metadata, refuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/credential"):
            error = self._refuse(json.loads(request.content))
            if error is not None:
                return httpx.Response(400, json={"error": error})
        response = await super().handle_async_request(request)
        if "openid-credential-issuer" in request.url.path:
            document = json.loads(await response.aread())
            self._metadata(document)
            return httpx.Response(200, json=document)
        return response


def bad(outcome: Outcome) -> list[CheckResult]:
    assert outcome.stopped is None
    return [result for result in outcome.results if result.verdict in BAD and not is_due_advice(result)]


def of(outcome: Outcome, check: str) -> list[CheckResult]:
    return [result for result in outcome.results if result.check == check]


# Key attestations


@pytest.mark.parametrize("variant", ["key-attestation", "attestation-proof"])
async def test_an_issuer_that_does_not_know_the_stand_in_fails_nothing_and_says_what_to_configure(
    variant: str,
) -> None:
    issuer = ReferenceIssuer(VARIANTS[variant])
    outcome = await judge_issuer(issuer, httpx.ASGITransport(issuer.app), options=WalletOptions())
    assert {result.verdict for result in bad(outcome)} == {Verdict.BLOCKED}
    for name in ("credential-issued", "key-attestation-untrusted-refused", "batch-format"):
        (result,) = of(outcome, name)
        assert result.verdict is Verdict.BLOCKED
        assert "[key_attester]" in str(result.reason)


async def test_an_issuer_that_does_not_know_the_attester_it_was_said_to_know_fails() -> None:
    issuer = ReferenceIssuer(VARIANTS["attestation-proof"])
    stranger = json.loads(make_key("ES256").private.export_private())
    options = WalletOptions()
    options = replace(options, key_attester=replace(options.key_attester, key=stranger))
    outcome = await judge_issuer(
        issuer, httpx.ASGITransport(issuer.app), options=options, select="credential-issued"
    )
    assert [result.verdict for result in outcome.results] == [Verdict.FAIL]


async def test_an_issuer_that_trusts_anybody_is_warned_and_judged_further() -> None:
    issuer = ReferenceIssuer(VARIANTS["attestation-proof"], ["accepts:attestation.trusted"])
    names = ("key-attestation-untrusted-refused", "key-attestation-proof-algorithm-unlisted-refused")
    outcome = await judge_issuer(issuer, httpx.ASGITransport(issuer.app), options=WalletOptions(), select=names)
    assert {result.check: result.verdict for result in outcome.results} == {
        names[0]: Verdict.WARN,
        names[1]: Verdict.PASS,
    }


async def test_without_batches_fewer_credentials_than_attested_keys_are_right() -> None:
    variant = replace(VARIANTS["key-attestation"], batch_size=None)
    issuer = ReferenceIssuer(variant, ["credential:first-key-only"])
    outcome = await judge_issuer(issuer, httpx.ASGITransport(issuer.app), select="key-attestation-several-keys")
    assert [result.verdict for result in outcome.results] == [Verdict.PASS]


# Proof types and shapes


async def test_each_proof_type_of_a_configuration_is_tested() -> None:
    outcome = await judge_reference("proof-types", select="credential-issued")
    assert [result.configuration for result in outcome.results] == [
        "identity_credential",
        "identity_credential:attestation",
        "identity_credential:di_vp",
    ]


async def test_configurations_that_differ_in_key_attestations_have_different_shapes() -> None:
    def require(metadata: dict[str, Any]) -> None:
        *_, last = metadata["credential_configurations_supported"].values()
        last["proof_types_supported"]["jwt"]["key_attestations_required"] = {}

    issuer = ReferenceIssuer(VARIANTS["default"])
    names = tuple(issuer_configurations(issuer))
    select = "proof-nonce-refused"
    alike = await judge_issuer(issuer, Edited(issuer), configurations=names, select=select)
    unlike = await judge_issuer(issuer, Edited(issuer, require), configurations=names, select=select)
    assert [result.configuration for result in alike.results] == [names[0]]
    assert [result.configuration for result in unlike.results] == [names[0], names[-1]]


def issuer_configurations(issuer: ReferenceIssuer) -> list[str]:
    from harness.reference import documents

    return list(documents.metadata(issuer.context, ())["credential_configurations_supported"])


# Batches


async def test_an_issuer_that_issues_fewer_credentials_than_there_are_keys_is_right() -> None:
    outcome = await judge_reference("batch", ["credential:first-key-only"])
    assert bad(outcome) == []
    (dataset,) = of(outcome, "batch-dataset")
    assert dataset.verdict is Verdict.NOT_APPLICABLE
    assert "brought 1 credential" in str(dataset.reason)


async def test_an_issuer_that_wants_a_nonce_of_its_own_for_each_proof_is_right() -> None:
    def refuse(body: dict[str, Any]) -> str | None:
        proofs = body.get("proofs", {}).get("jwt", [])
        if not isinstance(proofs, list) or not all(isinstance(proof, str) for proof in proofs):
            return None
        nonces = [json.loads(base64url.decode(proof.split(".")[1]))["nonce"] for proof in proofs if "." in proof]
        return "invalid_nonce" if len(set(nonces)) < len(nonces) else None

    issuer = ReferenceIssuer(VARIANTS["batch"])
    outcome = await judge_issuer(issuer, Edited(issuer, refuse=refuse), select="*batch*")
    assert bad(outcome) == []
    (full,) = of(outcome, "credential-batch-full")
    assert full.verdict is Verdict.PASS


def issued(claims: dict[str, Any], received: float) -> IssuedCredential:
    payload = base64url.encode(json.dumps(claims).encode())
    header = base64url.encode(b'{"alg":"ES256"}')
    return IssuedCredential(f"{header}.{payload}.AA~", 1, "/credentials/0/credential", (), received, "dc+sd-jwt")


@pytest.mark.parametrize(
    ("claims", "received", "fine"),
    [
        ({}, NOW, True),
        ({"iat": int(NOW), "nbf": int(NOW)}, NOW + 1, True),  # a whole hour
        ({"iat": int(NOW) + 60}, NOW + 61, True),  # a whole minute
        ({"iat": int(NOW) + 7}, NOW + 8, False),
        ({"nbf": int(NOW) + 7.5}, NOW + 8, False),
        ({"iat": int(NOW) - 3601}, NOW + 8, True),  # some moment of the last hours
        ({"iat": "1800000007", "nbf": True}, NOW + 8, True),  # another check's business
    ],
    ids=str,
)
async def test_the_second_of_issuance_is_seen(claims: dict[str, Any], received: float, fine: bool) -> None:
    found: list[str] = []

    class Listening(Expect):
        def that(self, holds: bool, code: str, *_: Any, **__: Any) -> bool:
            found.extend([] if holds else [code])
            return holds

    await batch.times_are_not_the_moment_of_issuance(credential=issued(claims, received), expect=Listening({}))
    assert found == ([] if fine else ["CREDENTIAL-TIME-EXACT"])


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"jti": "urn:1"}, "BATCH-IDENTIFIER-SHARED"),
        ({"status": {"status_list": {"idx": 1, "uri": "https://a.example"}}}, "BATCH-STATUS-SHARED"),
        ({"status": {"identifier_list": {"id": "1", "uri": "https://a.example"}}}, "BATCH-STATUS-SHARED"),
        ({"status": {"status_assertion": {"credential_hash_alg": "sha-256"}}}, None),
        ({"id": "member 7", "sub": "urn:2"}, None),  # of the End-User
        ({"status": "valid"}, None),
        ({}, None),
    ],
    ids=str,
)
async def test_only_what_identifies_a_credential_is_unique(claims: dict[str, Any], code: str | None) -> None:
    found: list[str] = []

    class Listening(Expect):
        def that(self, holds: bool, code: str, *_: Any, **__: Any) -> bool:
            found.extend([] if holds else [code])
            return holds

    class Batch:
        async def credentials(self) -> tuple[IssuedCredential, ...]:
            return issued(claims, NOW), issued(claims, NOW)

    await batch.unique_values_differ(batch=cast("Flow", Batch()), expect=Listening({}))
    assert found == ([code] if code else [])


# Wrong proofs


def presentation(algorithm: str) -> di_vp.PresentationDraft:
    suite = next(name for name, algorithms in di_vp.ALGORITHMS.items() if algorithm in algorithms)
    key = make_key(algorithm)
    return di_vp.draft(
        key, cryptosuite=suite, domain="https://issuer.example", created_at=NOW, challenge="n-1", method="did:jwk"
    )


def verifies(presented: dict[str, Any], draft: di_vp.PresentationDraft) -> bool:
    return data_integrity.verifies(presented, presented["proof"], draft.key.public)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA"])
@pytest.mark.parametrize("spoil", [mutate.broken_proof_value, mutate.foreign_proof_value])
def test_only_the_proof_value_is_wrong(spoil: Any, algorithm: str) -> None:
    draft = presentation(algorithm)
    right, wrong = draft.secured(), spoil(draft)
    assert verifies(right, draft)
    assert not verifies(wrong, draft)
    assert len(multibase.decode(wrong["proof"].pop("proofValue"))) == 64 + 32 * (algorithm == "ES384")
    del right["proof"]["proofValue"]
    assert wrong == right


@pytest.mark.parametrize("add", [mutate.unknown_property, mutate.unknown_proof_property])
def test_an_unknown_property_is_signed(add: Any) -> None:
    draft = presentation("ES256")
    extended = add(draft)
    assert verifies(extended, draft)
    assert extended.keys() | extended["proof"].keys() > draft.secured().keys() | draft.secured()["proof"].keys()


def test_a_stranger_says_the_same_with_a_certificate_of_its_own() -> None:
    key = make_key("ES256")
    draft = attestation.key_attestation(key, [make_key("ES256")], issued_at=NOW, x5c=[certificate_for(key, NOW)])
    other = mutate.by_stranger(draft.with_header(kid="attester-1"), "ES384", NOW)
    assert other.claims == draft.claims
    assert other.key.public != draft.key.public
    assert other.header["alg"] == "ES384"
    assert "kid" not in other.header
    assert other.header["x5c"] != draft.header["x5c"]


@pytest.mark.parametrize(
    ("algorithm", "listed", "expected"),
    [
        ("ES256", ["ES256"], "X-ASSAY"),
        ("PS256", ["PS256", "PS384"], "PS512"),
        ("RS256", ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"], "X-ASSAY"),
    ],
)
def test_a_key_signs_in_another_algorithm_where_it_can(algorithm: str, listed: list[str], expected: str) -> None:
    draft = attestation.key_attestation(make_key(algorithm), [make_key("ES256")], issued_at=NOW)
    header = json.loads(base64url.decode(mutate.relabelled(draft, listed).split(".")[0]))
    assert header == {**draft.header, "alg": expected}
