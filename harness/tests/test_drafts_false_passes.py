"""Issuers that do not do what a draft asks pass none of its checks by accident."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from harness import dialects
from harness.evidence import Scenario
from harness.facts import Facts
from harness.model import CheckResult, Verdict
from harness.reference import faults
from harness.reference.app import ReferenceIssuer
from harness.reference.drafts.variants import DRAFT_VARIANTS
from harness.reference.variants import VARIANTS
from harness.target import registered_wallet
from harness.tests.bench import Clock, Outcome, all_checks, judge_issuer, judge_reference, showing
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from harness.wallet.offer import made_by_wallet

ACCEPTING = frozenset(fault for fault in faults.catalogue() if fault.startswith("accepts:"))
FORMATS = {name: VARIANTS[name] for name in ("jwt-vc", "jwt-vc-json-ld", "ldp-vc", "mdoc")}
"""Variant with credentials of a format alone."""


def judge(version: str, clean: str, *wrong: str, select: str, **otherwise: Any) -> Outcome:
    """Judge a variant in the words of a version, with some of its fields otherwise."""
    variant = DRAFT_VARIANTS[clean] if clean in DRAFT_VARIANTS else VARIANTS[clean]
    clock = Clock()
    issuer = ReferenceIssuer(replace(variant, version=version, **otherwise), wrong, clock=clock.now)
    way = showing(issuer, registered_wallet(issuer).client)
    return asyncio.run(judge_issuer(issuer, way, clock=clock, select=select))


def of_format(name: str) -> dict[str, Any]:
    """Give the fields of a variant that make its credentials those of a format."""
    fields = ("configurations", "key_mechanism", "data_model", "binding_methods")
    return {field: getattr(FORMATS[name], field) for field in fields}


def only(outcome: Outcome) -> CheckResult:
    assert outcome.stopped is None
    (result,) = outcome.results
    return result


# Who accepts everything


@pytest.mark.parametrize(
    "variant",
    [
        *("draft-11-tx-code", "draft-11-code-flow-par", "draft-11-deferred", "draft-11-batch-endpoint"),
        *("draft-13-cwt", "draft-13-ldp-vp", "draft-13-code-flow-details", "draft-13-batch-endpoint"),
        *("draft-14-batch", "draft-14-code-flow-details", "draft-14-encryption-deferred"),
        *("draft-15-key-attestation", "draft-15-code-flow-details", "draft-15-encryption-deferred"),
        *("draft-16-identifiers", "draft-16-encryption-optional"),
    ],
)
def test_who_accepts_everything_passes_no_check_that_demands_a_refusal(variant: str) -> None:
    known = all_checks(f"oid4vci-{DRAFT_VARIANTS[variant].version}")
    demanding = {name for name, check in known.items() if not ACCEPTING.isdisjoint(check.proven_by)}
    outcome = asyncio.run(judge_reference(variant, ACCEPTING, select=demanding))
    assert outcome.stopped is None
    verdicts = {result.verdict for result in outcome.results}
    assert verdicts == {Verdict.FAIL, Verdict.WARN, Verdict.NOT_APPLICABLE}


# Who speaks another version


@pytest.mark.parametrize(
    ("spoken", "judging", "found"),
    [
        ("draft-11", "draft-13", "offer-configuration-ids"),
        ("draft-11", "1.0", "metadata-configurations"),
        ("draft-13", "draft-11", "draft-11-metadata-credentials-supported"),
        ("draft-13", "draft-14", "draft-proof-twice-refused"),
        ("draft-13", "draft-15", "credential-issued"),
        ("draft-14", "1.0", "credential-issued"),
        ("draft-14-batch", "draft-15", "credential-issued"),
        ("draft-15", "draft-14", "metadata-sd-jwt-vc-format"),
        ("draft-15-deferred", "1.0", "deferred-delivered"),
        ("draft-16", "draft-15", "credential-issued"),
        ("default", "draft-11", "draft-11-offer-credentials"),
        ("default", "draft-13", "metadata-sd-jwt-vc-format"),
        ("mdoc", "draft-14", "metadata-credential-algorithms"),
        ("default", "draft-15", "credential-issued"),
    ],
)
def test_who_speaks_another_version_fails_plainly(spoken: str, judging: str, found: str) -> None:
    outcome = asyncio.run(judge_reference(spoken, profile=f"oid4vci-{judging}"))
    assert outcome.stopped is None
    assert found in {result.check for result in outcome.results if result.verdict is Verdict.FAIL}
    assert not [result.reason for result in outcome.results if "internal error" in (result.reason or "")]


def test_metadata_at_the_place_of_another_version_are_not_found() -> None:
    for spoken, judging in (("with-path", "draft-13"), ("draft-13-with-path", "1.0")):
        outcome = asyncio.run(judge_reference(spoken, profile=f"oid4vci-{judging}"))
        assert "no issuer metadata at" in (outcome.stopped or "")


# What the version has no rule for


def test_an_answer_that_only_other_versions_have_a_rule_on_is_not_passed() -> None:
    result = only(judge("draft-13", "default", select="credential-response-status"))
    assert (result.verdict, result.evaluated) == (Verdict.NOT_APPLICABLE, 0)
    assert result.reason == "only other versions of the specification have a rule on this answer"


def test_a_credential_that_is_ready_at_once_shows_nothing_of_waiting() -> None:
    result = only(judge("draft-14", "deferred-at-once", select="draft-deferred-pending"))
    assert (result.verdict, result.reason) == (
        Verdict.NOT_APPLICABLE,
        "the Credential was ready when it was asked for",
    )


def test_draft_13_has_no_batches_though_the_metadata_announce_them() -> None:
    outcome = asyncio.run(judge_reference("draft-14-batch", profile="oid4vci-draft-13", select="*batch*"))
    assert outcome.results
    assert {result.verdict for result in outcome.results} == {Verdict.NOT_APPLICABLE}
    assert "OpenID4VCI draft 13 has no Credential Requests for several keys" in {r.reason for r in outcome.results}


@pytest.mark.parametrize("shared", ["jti", "status"])
def test_credentials_of_a_batch_endpoint_share_nothing_that_tells_of_the_batch(shared: str) -> None:
    outcome = judge(
        "draft-13", "draft-13-batch-endpoint", f"sd-jwt:{shared}-shared", select="draft-batch-response"
    )
    assert [finding.requirement for finding in only(outcome).findings] == ["VCI-15.4.1-02"]


@pytest.mark.parametrize(("version", "others"), [("draft-13", ["third"]), ("1.0", ["second", "third"])])
def test_who_is_asked_by_a_type_cannot_tell_its_configurations_apart(version: str, others: list[str]) -> None:
    types = {"first": "https://a.example/id", "second": "https://a.example/id", "third": "https://a.example/card"}
    members = {name: {"format": "vc+sd-jwt", "vct": vct} for name, vct in types.items()}
    metadata = {"credential_configurations_supported": members}
    url, spoken = "https://a.example", dialects.load(version)
    reply = Reply(1, "GET", url, 200, httpx.Headers(), json.dumps(metadata).encode())
    facts = Facts(Issuer(url, reply, metadata, (), spoken), Scenario("first", "offer", "first"))
    facts.offer = made_by_wallet(url, "first", spoken)
    assert facts.further_configurations == others
    assert facts.unoffered_configurations == others


# What names a credential by its format, in authorization details


@pytest.mark.parametrize("version", ["draft-11", "draft-13"])
def test_details_for_another_credential_are_in_the_words_of_the_draft(version: str) -> None:
    for check in ("refresh-token-wider-details-refused", "refresh-token-successor-whole"):
        assert only(judge(version, "code-flow-refresh", select=check)).verdict is Verdict.PASS


# Requirements that each format has of its own

TYPES_MISSING = "accepts:draft-authorization.types-present"
TYPE_MISSING = "accepts:draft-authorization.type-present"
CLAIMS = "accepts:draft-authorization.claims-object"


@pytest.mark.parametrize(
    ("version", "clean", "format_", "fault", "check", "requirement"),
    [
        *(
            ("draft-11", "draft-11-describing", format_, fault, "draft-11-offer-described", requirement)
            for fault in ("draft-offer:11-types-missing",)
            for format_, requirement in (
                ("jwt-vc", "VCI11-E.1.1.3-01"),
                ("jwt-vc-json-ld", "VCI11-E.1.2.3-01"),
                ("ldp-vc", "VCI11-E.1.3.3-01"),
                ("mdoc", "VCI11-E.2.3-01"),
            )
        ),
        *(
            ("draft-11", "code-flow-details", format_, TYPES_MISSING, "draft-11-details-types-*", requirement)
            for format_, requirement in (
                ("jwt-vc", "VCI11-E.1.1.4-01"),
                ("ldp-vc", "VCI11-E.1.3.4-01"),
                ("mdoc", "VCI11-E.2.4-01"),
            )
        ),
        ("draft-13", "code-flow-details", "jwt-vc", TYPE_MISSING, "draft-details-type-*", "VCI13-A.1.1.3-02"),
        *(
            ("draft-13", "code-flow-details", format_, fault, "draft-details-mandatory", requirement)
            for format_, fault, requirement in (
                ("jwt-vc", "jwt-vc:mandatory-claim-missing", "VCI13-A.1.1.3-01"),
                ("jwt-vc-json-ld", "jwt-vc:mandatory-claim-missing", "VCI13-A.1.2.3-01"),
                ("ldp-vc", "ldp-vc:mandatory-claim-missing", "VCI13-A.1.2.3-01"),
                ("mdoc", "mdoc:mandatory-claim-missing", "VCI13-A.2.3-01"),
            )
        ),
        *(
            ("draft-14", "code-flow-details", format_, CLAIMS, "draft-details-claims-refused", requirement)
            for format_, requirement in (
                ("jwt-vc", "VCID14-A.1.1.3-01"),
                ("jwt-vc-json-ld", "VCID14-A.1.2.3-01"),
                ("ldp-vc", "VCID14-A.1.2.3-01"),
                ("mdoc", "VCID14-A.2.3-01"),
            )
        ),
    ],
)
def test_what_is_violated_is_what_the_draft_says_of_the_format(
    version: str, clean: str, format_: str, fault: str, check: str, requirement: str
) -> None:
    outcome = judge(version, clean, fault, select=check, **of_format(format_))
    assert outcome.fired == {fault}
    assert [finding.requirement for finding in only(outcome).findings] == [requirement]
