"""The checks that earlier drafts of OpenID4VCI share with 1.0, judging issuers that speak those drafts.

Each draft is spoken by the reference issuer in its words. Clean, it passes; with a fault of the 1.0 document or
rule, which the wording carries over, the check finds what it finds under 1.0. What only a draft says is in
``test_drafts_matrix``.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from harness import checks, versions
from harness.model import Verdict
from harness.reference.app import ReferenceIssuer
from harness.reference.variants import VARIANTS
from harness.target import registered_wallet
from harness.tests.bench import Clock, Outcome, judge_issuer, judge_reference, showing
from harness.tests.test_fault_matrix import BAD, told

VERSIONS = ("draft-13", "draft-14", "draft-15")
ADVISED = {"CLIENT-METHODS-WEAK", "AS-SENDER-CONSTRAINT-MISSING"}
"""What any variant without client authentication and DPoP is warned of."""
SHARED = frozenset(checks.load(prefixes={versions.PREFIX}))

CAUGHT = {
    # Offers and metadata: members in another place, or with another name.
    "offer:ids-duplicate": ("", "offer-configuration-ids", "OFFER-CONFIGURATIONS-REPEATED"),
    "metadata:credential-logo-without-uri": (
        "",
        "metadata-credential-display",
        "METADATA-CREDENTIAL-DISPLAY-IMAGE",
    ),
    "metadata:vct-missing": ("", "metadata-sd-jwt-vc-type", "METADATA-VCT-MISSING"),
    "metadata:credential-algs-unknown": (
        "",
        "metadata-credential-algorithms",
        "METADATA-CREDENTIAL-ALGORITHM-UNKNOWN",
    ),
    # Credential Requests: named by a format and a type, with one proof, and a nonce of the Token Response.
    "accepts:token.code-known": ("", "token-code-unknown-refused", "TOKEN-CODE-UNKNOWN-ACCEPTED"),
    "accepts:proof.present": ("", "credential-proofs-missing-refused", "CREDENTIAL-PROOFS-MISSING-ACCEPTED"),
    "misreports:proof.audience": ("", "proof-audience-refused", "PROOF-AUDIENCE-MISREPORTED"),
    "accepts:proof.nonce": ("", "proof-nonce-refused", "PROOF-NONCE-ACCEPTED"),
    "accepts:credential.configuration-authorized": (
        "",
        "credential-configuration-unauthorized-refused",
        "CREDENTIAL-UNAUTHORIZED-ACCEPTED",
    ),
    "credential-error:description-number": ("", "credential-error-response", "CREDENTIAL-ERROR-DESCRIPTION-TYPE"),
    # Credentials, whatever their format is called.
    "sd-jwt:digest-twice": ("", "sd-jwt-digests", "SDJWT-DIGEST-TWICE"),
    "sd-jwt:alg-unlisted": ("", "sd-jwt-algorithm-announced", "SDJWT-ALGORITHM-UNLISTED"),
    "mdoc-encoding:truncated": ("-mdoc", "mdoc-readable", "MDOC-CBOR"),
    # Deferral, which an error prolongs, notifications and encryption.
    "deferral:transaction-id-number": ("-deferred", "credential-response-status", "CREDENTIAL-TRANSACTION-ID"),
    "accepts:deferred.transaction-unused": (
        "-deferred",
        "deferred-transaction-used-refused",
        "DEFERRED-TRANSACTION-USED-ACCEPTED",
    ),
    "credential:notification-id-missing": ("-notification", "notification-id-given", "NOTIFICATION-ID-MISSING"),
    "accepts:encryption.alg-supported": (
        "-encryption-response",
        "encryption-alg-unsupported-refused",
        "ENCRYPTION-ALG-UNSUPPORTED-ACCEPTED",
    ),
    "credential-sealing:other-enc": ("-encryption-response", "encryption-response-enc", "ENCRYPTION-ENC-OTHER"),
}
"""Fault to the variant of each draft, the check and its code."""

CAUGHT_IN_SOME = {
    ("draft-13", "accepts:draft-credential.type-known"): (
        "credential-configuration-unknown-refused",
        "CREDENTIAL-CONFIGURATION-UNKNOWN-ACCEPTED",
    ),
    ("draft-14", "misreports:draft-credential.type-known"): (
        "credential-error-response",
        "CREDENTIAL-ERROR-STATUS",
    ),
    ("draft-15", "accepts:credential.configuration-known"): (
        "credential-configuration-unknown-refused",
        "CREDENTIAL-CONFIGURATION-UNKNOWN-ACCEPTED",
    ),
    ("draft-14", "accepts:proof.type-supported"): (
        "credential-proof-type-unknown-refused",
        "CREDENTIAL-PROOF-TYPE-UNKNOWN-ACCEPTED",
    ),
    ("draft-15", "accepts:proof.one-type"): ("credential-proof-types-refused", "CREDENTIAL-PROOF-TYPES-ACCEPTED"),
    ("draft-15", "metadata:claims-path-missing"): ("metadata-claims", "METADATA-CLAIM-PATH-MISSING"),
    ("draft-15", "sd-jwt:mandatory-claim-missing"): ("credential-mandatory-claims", "CREDENTIAL-MANDATORY-CLAIM"),
}
"""Version and fault to the check and its code, where not every draft has the rule."""


def judge(variant: str, *faults: str, select: str | frozenset[str] = "*") -> Outcome:
    return asyncio.run(judge_reference(variant, faults, select=select))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_clean_issuer_of_a_draft_passes(version: str) -> None:
    outcome = judge(version, select=SHARED)
    assert outcome.stopped is None
    bad = [result for result in outcome.results if result.verdict in BAD]
    assert {f.code for result in bad if result.verdict is Verdict.WARN for f in result.findings} <= ADVISED
    assert [told(result) for result in bad if result.verdict is not Verdict.WARN] == []
    # Its credential is read and judged, its requests are understood: much more than refusals is looked at.
    assert sum(result.verdict is Verdict.PASS for result in outcome.results) >= 140


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault", CAUGHT)
def test_a_fault_is_found_under_each_draft(version: str, fault: str) -> None:
    suffix, check, code = CAUGHT[fault]
    caught(f"{version}{suffix}", fault, check, code)


@pytest.mark.parametrize(("version", "fault"), CAUGHT_IN_SOME)
def test_a_fault_is_found_where_the_draft_has_the_rule(version: str, fault: str) -> None:
    caught(version, fault, *CAUGHT_IN_SOME[version, fault])


def caught(variant: str, fault: str, check: str, code: str) -> None:
    outcome = judge(variant, fault, select=check)
    assert outcome.stopped is None
    assert outcome.fired == {fault}
    assert code in {finding.code for result in outcome.results for finding in result.findings}
    assert {result.verdict for result in outcome.results} <= {Verdict.FAIL, Verdict.WARN}


# Where a c_nonce comes from before draft 15


def judge_worded(version: str, clean: str, *faults: str, select: str, **otherwise: Any) -> Outcome:
    """Judge a variant of 1.0 that is put into the words of a draft, and is otherwise in some of its fields."""
    clock = Clock()
    issuer = ReferenceIssuer(replace(VARIANTS[clean], version=version, **otherwise), faults, clock=clock.now)
    way = showing(issuer, registered_wallet(issuer).client)
    return asyncio.run(judge_issuer(issuer, way, clock=clock, select=select))


@pytest.mark.parametrize("version", ["draft-13", "draft-14"])
def test_a_nonce_that_only_a_refusal_brings_is_used(version: str) -> None:
    # The answer to a refresh request has none.
    outcome = judge_worded(version, "code-flow-refresh", select="refresh-token-same-scope")
    assert {result.verdict for result in outcome.results} == {Verdict.PASS}


@pytest.mark.parametrize("version", ["draft-13", "draft-14"])
def test_without_a_nonce_the_issuer_has_to_look_at_the_time(version: str) -> None:
    (old,) = judge_worded(version, "no-nonce", "accepts:proof.issued-at", select="proof-old-refused").results
    assert [finding.code for finding in old.findings] == ["PROOF-OLD-ACCEPTED"]
    (other,) = judge_worded(version, "no-nonce", select="proof-nonce-refused").results
    assert (other.verdict, other.reason) == (Verdict.NOT_APPLICABLE, "the wallet gets no c_nonce")


@pytest.mark.parametrize("version", VERSIONS)
def test_who_is_told_to_wait_by_an_error_is_not_refused(version: str) -> None:
    check, fault = "deferred-token-other-refused", "accepts:deferred.transaction-owner"
    caught(f"{version}-deferred", fault, check, "DEFERRED-TOKEN-OTHER-ACCEPTED")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_deferred_answer_comes_in_clear_where_all_others_are_encrypted(version: str) -> None:
    outcome = judge_worded(version, "deferred", select="deferred-*", response_encryption="required")
    assert [told(result) for result in outcome.results if result.verdict in BAD] == []
    assert "deferred-credential-requested" in {r.check for r in outcome.results if r.verdict is Verdict.PASS}
