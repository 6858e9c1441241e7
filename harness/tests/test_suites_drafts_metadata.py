"""What drafts leave open in the metadata of an issuer passes, and what they do not is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from harness import catalogue, dialects, versions
from harness.expect import Expect
from harness.facts import Facts
from harness.model import Level
from harness.tests.bench import all_checks, requirements
from harness.transport import Reply
from harness.wallet.metadata import Issuer
from suites import oid4vci_drafts
from suites.oid4vci import _nested_claims

IDENTIFIER = "https://issuer.example"
PATH = "/.well-known/openid-credential-issuer"


def issuer_of(draft: str, configuration: Mapping[str, Any], **members: Any) -> Issuer:
    metadata = {
        "credential_issuer": IDENTIFIER,
        "credential_endpoint": f"{IDENTIFIER}/credential",
        "credential_configurations_supported": {"c": dict(configuration)},
        **members,
    }
    body = json.dumps(metadata).encode()
    reply = Reply(1, "GET", IDENTIFIER + PATH, 200, httpx.Headers({"Content-Type": "application/json"}), body)
    return Issuer(IDENTIFIER, reply, metadata, (), dialects.load(draft))


def codes(draft: str, name: str, issuer: Issuer) -> list[tuple[str, str]]:
    """Run one check; it must apply and evaluate something."""
    profile = f"oid4vci-{draft}"
    check = all_checks(profile)[name]
    for step in check.applies.steps:
        assert step.rule(Facts(issuer)).applies, step.rule(Facts(issuer)).reason
    expect = Expect({found: requirements(profile)[found] for found in check.requires}, check.dormant)
    asyncio.run(check.function(issuer=issuer, expect=expect))  # type: ignore[arg-type]
    assert expect.evaluated
    return [(finding.code, finding.requirement) for finding in expect.findings]


def sd_jwt(**claims: Any) -> dict[str, Any]:
    return {"format": "vc+sd-jwt", "vct": "urn:x", "claims": claims}


def mdoc(claims: Any) -> dict[str, Any]:
    return {"format": "mso_mdoc", "doctype": "x", "claims": claims}


def test_the_suite_is_that_of_all_drafts() -> None:
    assert oid4vci_drafts.PREFIXES == versions.DRAFTS


@pytest.mark.parametrize(
    "configuration",
    [
        sd_jwt(),
        sd_jwt(given_name={}, name={"given": {"mandatory": True, "value_type": "string", "display": []}}),
        # What is an object or an array may be a claim of that name.
        sd_jwt(shop={"display": {"size": {}}, "mandatory": [{"rule": {}}], "value_type": {}}),
        # Nothing says that a value is an object, and other parameters may be used.
        sd_jwt(given_name=None, family_name={"hint": 1}),
        sd_jwt(nationalities=[{"code": {"mandatory": False}}]),
        mdoc({"org.iso.18013.5.1": {"given_name": {"mandatory": True}, "age": {}}}),
        {"format": "jwt_vc_json", "credential_definition": {"credentialSubject": {"degree": {"type": {}}}}},
    ],
)
@pytest.mark.parametrize("draft", ["draft-13", "draft-14"])
def test_claims_that_a_draft_allows_pass(draft: str, configuration: dict[str, Any]) -> None:
    assert codes(draft, "draft-metadata-claims", issuer_of(draft, configuration)) == []


@pytest.mark.parametrize(
    ("configuration", "code", "requirement"),
    [
        (sd_jwt(a={"b": {"mandatory": "true"}}), "MANDATORY", "VCI13-A.3.2-02"),
        (sd_jwt(a=[{"b": {"value_type": None}}]), "VALUE-TYPE", "VCI13-A.3.2-04"),
        (sd_jwt(a={"display": ["Name"]}), "DISPLAY", "VCI13-A.3.2-05"),
        (mdoc({"n": {"e": {"display": {"name": "Name"}}}}), "DISPLAY", "VCI13-A.2.2-05"),
        (mdoc({"n": {"e": {"mandatory": {}}}}), "MANDATORY", "VCI13-A.2.2-02"),
        (
            {"format": "ldp_vc", "credential_definition": {"credentialSubject": {"a": {"mandatory": 1}}}},
            "MANDATORY",
            "VCI13-A.1.2.2-02",
        ),
    ],
)
def test_a_wrong_type_in_a_description_is_found(
    configuration: dict[str, Any], code: str, requirement: str
) -> None:
    issuer = issuer_of("draft-13", configuration)
    assert codes("draft-13", "draft-metadata-claims", issuer) == [(f"DRAFT-METADATA-CLAIM-{code}", requirement)]


@pytest.mark.parametrize(
    ("configuration", "right"),
    [
        ({**sd_jwt(), "order": []}, True),
        ({**sd_jwt(), "order": ["a", "not_described"]}, True),
        ({**sd_jwt(), "order": [["a"]]}, False),
        ({**mdoc({}), "order": ["org.iso.18013.5.1~given_name"]}, True),
        ({**mdoc({}), "order": ["given_name"]}, False),
        ({**mdoc({}), "order": ["~given_name"]}, False),
    ],
)
def test_the_order_of_claims(configuration: dict[str, Any], *, right: bool) -> None:
    found = codes("draft-14", "draft-metadata-claims-order", issuer_of("draft-14", configuration))
    assert (found == []) == right


def test_what_no_draft_defines_is_not_judged() -> None:
    issuer = issuer_of("draft-13", {"format": "jwt_vc", "claims": [], "order": "x"})
    for name in ("draft-metadata-claims", "draft-metadata-claims-order"):
        check = all_checks("oid4vci-draft-13")[name]
        assert not check.applies.rule(Facts(issuer)).applies


PROVING = "proof_signing_alg_values_supported"


@pytest.mark.parametrize(("array", "passes"), [([], True), ("text", False), ([1], False)])
@pytest.mark.parametrize("draft", ["draft-13", "draft-14", "draft-15"])
def test_an_array_may_be_empty(draft: str, array: Any, *, passes: bool) -> None:
    configuration = {
        "format": "x",
        "display": array,
        "cryptographic_binding_methods_supported": array,
        "credential_signing_alg_values_supported": array,
        "proof_types_supported": {"jwt": {PROVING: array}},
    }
    issuer = issuer_of(draft, configuration, authorization_servers=array, display=array)
    for name in (
        *("metadata-authorization-servers", "metadata-display", "metadata-credential-display"),
        *("metadata-binding-methods", "metadata-credential-algorithms", "metadata-proof-types"),
    ):
        found = codes(draft, name, issuer)
        assert (found == []) == passes, name
        assert all(requirement.split("-")[0] in versions.PREFIXES for _, requirement in found)


@pytest.mark.parametrize(
    ("named", "found"),
    [(("B", "A"), "A"), (("A", "B"), "A"), (("B",), None), ("A", "A"), ("B", None), (None, "A")],
)
def test_of_several_requirements_the_first_in_force_is_violated(
    named: str | tuple[str, ...] | None, found: str | None
) -> None:
    demand = next(iter(requirements("oid4vci-draft-13").values()))
    expect = Expect({"A": demand}, {"B"})
    expect.that(False, "CODE", "x", "y", requirement=named)
    assert [finding.requirement for finding in expect.findings] == ([] if found is None else [found])
    assert all(finding.level in Level for finding in expect.findings)


def test_each_rule_of_nested_claims_is_that_of_the_catalogue() -> None:
    words = {
        "mandatory": "boolean",
        "issued": "is in the issued",
        "value_type": "string",
        "display": "array of JSON objects",
        "display_members": "language tag",
        "languages": "same language",
        "order": "`order`",
    }
    for rule, word in words.items():
        for name in _nested_claims.of_all(rule):
            assert word in catalogue.load()[name].text, (rule, name)
