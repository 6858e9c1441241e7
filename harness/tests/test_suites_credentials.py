"""What the checks of proofs and credentials say where the fault matrix does not look."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.evidence import Blocked, IssuedCredential, WalletOptions
from harness.expect import Expect
from harness.formats import base64url
from harness.model import CheckResult, Verdict
from harness.reference import keys
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.settings import TrustSettings
from harness.tests.bench import judge_issuer, judge_reference
from harness.trust.found import IssuerKey
from suites.oid4vci import _binding, sd_jwt, sd_jwt_vc
from suites.oid4vci._encodings import is_encoded_again

BAD = (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED, Verdict.ERROR)
UNBOUND = IssuedCredential("e30.e30.AA~", 1, "/credentials/0/credential", (), 0.0, "dc+sd-jwt")


async def results(variant: str, *faults: str, **rest: Any) -> dict[str, CheckResult]:
    outcome = await judge_reference(variant, faults, **rest)
    assert outcome.stopped is None
    return {result.check: result for result in outcome.results}


async def test_without_trust_anchors_trust_does_not_apply_and_the_chain_still_does() -> None:
    found = await results("default", "sd-jwt:x5c-untrusted", select="sd-jwt-*", trust=TrustSettings())
    trusted = found["sd-jwt-x5c-trusted"]
    assert trusted.verdict is Verdict.NOT_APPLICABLE
    assert trusted.reason is not None
    assert "[trust] x5c" in trusted.reason
    assert found["sd-jwt-x5c-chain"].verdict is Verdict.PASS
    assert found["sd-jwt-signature"].verdict is Verdict.PASS


async def test_unreadable_trust_anchors_block_and_say_so() -> None:
    trust = TrustSettings(x5c=(Path("/nowhere/anchor.pem"),))
    signature = (await results("default", select="sd-jwt-signature", trust=trust))["sd-jwt-signature"]
    assert signature.verdict is Verdict.BLOCKED
    assert signature.reason is not None
    assert "/nowhere/anchor.pem" in signature.reason


async def test_a_key_that_cannot_be_found_blocks_the_signature_until_it_is_configured(tmp_path: Path) -> None:
    # An iss that is no URL leads nowhere, and the kid is no DID.
    unknown = ("issuer-metadata-key", "sd-jwt:iss-not-uri")
    found = await results(*unknown, select="sd-jwt-*")
    assert found["sd-jwt-signature"].verdict is Verdict.BLOCKED
    assert "[trust] jwks" in str(found["sd-jwt-signature"].reason)
    for name in ("sd-jwt-x5c-chain", "sd-jwt-issuer-metadata-keys"):
        assert found[name].verdict is Verdict.NOT_APPLICABLE
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [keys.issuer_key("ES256").public_jwk]}))
    found = await results(*unknown, select="sd-jwt-*", trust=TrustSettings(jwks=(str(file),)))
    assert found["sd-jwt-signature"].verdict is Verdict.PASS


@pytest.mark.parametrize("fault", ["accepts:credential.token-spent", "misreports:credential.token-spent"])
async def test_however_a_second_use_of_a_token_is_answered_no_proof_check_is_misled(fault: str) -> None:
    found = await results("single-access", fault, select="proof-*")
    assert [result for result in found.values() if result.verdict in BAD] == []


async def test_a_violation_shows_with_a_token_that_works_once_too() -> None:
    found = await results("single-access", "accepts:proof.nonce", select="proof-nonce*")
    assert [finding.code for finding in found["proof-nonce-refused"].findings] == ["PROOF-NONCE-ACCEPTED"]
    assert found["proof-nonce-missing-refused"].verdict is Verdict.PASS


async def test_a_batch_of_rsa_keys_has_as_many_keys_as_proofs() -> None:
    issuer = ReferenceIssuer(replace(VARIANTS["batch"], proof_algorithms=("RS256",)))
    found = await judge_issuer(issuer, httpx.ASGITransport(issuer.app), select="*batch*")
    assert [result for result in found.results if result.verdict in BAD] == []
    assert Verdict.PASS in {r.verdict for r in found.results if r.check == "batch-keys-distinct"}


async def test_a_wallet_told_to_send_certificates_sends_no_bare_key() -> None:
    issuer, sent = ReferenceIssuer(VARIANTS["x5c-proof"]), list[dict[str, Any]]()

    class Listening(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/credential"):
                (proof,) = json.loads(request.content)["proofs"]["jwt"]
                sent.append(json.loads(base64url.decode(proof.split(".")[0])))
            return await super().handle_async_request(request)

    wanted = WalletOptions(key_form="x5c")
    found = await judge_issuer(
        issuer, Listening(issuer.app), select="proof-binding-methods-accepted", options=wanted
    )
    assert [result.verdict for result in found.results] == [Verdict.PASS]
    assert len(sent) == 3  # the shared issuance, the control of its token, the check itself
    assert all("x5c" in header and "jwk" not in header for header in sent)


async def test_an_algorithm_that_is_not_known_blocks_the_signature() -> None:
    text = ".".join(base64url.encode(part) for part in (b'{"alg":"X-OWN"}', b"{}", b"signature"))
    credential, expect = IssuedCredential(f"{text}~", 1, "", (), 0.0, "dc+sd-jwt"), Expect({})
    key = IssuerKey("jwks", keys.issuer_key("ES256").public_jwk)
    with pytest.raises(Blocked, match="X-OWN"):
        await sd_jwt_vc.signature_verifies(credential=credential, issuer_key=key, expect=expect)


async def test_a_key_that_cannot_be_compared_does_not_pass_as_a_key_of_its_own() -> None:
    with pytest.raises(Blocked):
        _binding.expect_distinct_keys([UNBOUND, UNBOUND], Expect({}))


async def test_findings_name_the_exchange_and_the_place() -> None:
    found = await results("default", "sd-jwt:typ", select="sd-jwt-type")
    (finding,) = found["sd-jwt-type"].findings
    assert finding.pointer == "/credentials/0/credential: header/typ"
    assert finding.exchange in found["sd-jwt-type"].exchanges


@pytest.mark.parametrize(
    ("salts", "guessable"),
    [
        (["_26bc4LT-ac6q2KI6cBW5es", "eluV5Og3gSNII8EYnsxA_A", "6Ij7tM-a5iVPGboS5tmvVA"], False),
        (["6c5c0a49-b589-431d-bae7-219122a9ec2c", "0c5c0a49-b589-431d-8ae7-219122a9ec2d"], False),
        (["_26bc4LT-ac6q2KI6cBW5es"], False),
        (["a-long-salt-with-number-1", "a-long-salt-with-number-2"], True),
        (["1-is-a-long-salt-with-number", "2-is-a-long-salt-with-number"], True),
        (["abc"], True),
        ([], False),
    ],
    ids=str,
)
def test_salts_that_can_be_guessed_are_seen(salts: list[str], guessable: bool) -> None:
    assert sd_jwt._are_guessable(salts) is guessable


@pytest.mark.parametrize("text", ["", "a.b.c~", "eyJh", "~~~", "\udc80", "é.é.é~", '"', "A" * 10_000])
def test_no_text_is_taken_for_an_encoded_credential(text: str) -> None:
    assert not is_encoded_again(text, sd_jwt._unreadable)


def test_an_unreadable_credential_blocks_with_its_reason() -> None:
    for raw in (None, 7, {"a": 1}, "no credential"):
        with pytest.raises(Blocked):
            _ = IssuedCredential(raw, 1, "/credentials/0/credential", (), 0.0, "dc+sd-jwt").vc
