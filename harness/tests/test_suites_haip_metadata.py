"""What the checks of HAIP say of metadata, offers and tokens, lawful ones above all that no variant has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from harness.checks import Check
from harness.expect import Expect
from harness.facts import Facts
from harness.formats.well_known import well_known_url
from harness.model import CheckResult, Verdict
from harness.reference.documents import PRE_AUTHORIZED_CODE
from harness.tests.bench import all_checks, judge_reference, requirements
from harness.transport import Client, Recorder, Reply
from harness.wallet.metadata import ISSUER_SUFFIX, SERVER_SUFFIX, AuthorizationServer, Issuer
from harness.wallet.offer import ReceivedOffer, parse_link, receive

ISSUER = "https://issuer.example.com"
SERVER = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token", "authorization_endpoint": f"{ISSUER}/authorize"}
IDENTITY = {"format": "dc+sd-jwt", "vct": "urn:example:identity", "scope": "identity"}
LICENCE = {"format": "mso_mdoc", "doctype": "org.iso.18013.5.1.mDL", "scope": "licence"}
ODD: tuple[Any, ...] = (None, True, 7, "text", [], ["text", 7, {}], {}, {"jwt": []}, {"jwt": {"a": 1}})
"""Values of every JSON type."""
READING = (
    "haip-code-flow",
    "haip-formats",
    "haip-scopes",
    "haip-scope-type",
    "haip-nonce-endpoint",
    "haip-es256-listed",
)


def reply(url: str, body: Any) -> Reply:
    return Reply(
        1, "GET", url, 200, httpx.Headers({"Content-Type": "application/json"}), json.dumps(body).encode()
    )


def issuer_of(*servers: Mapping[str, Any], **members: Any) -> Issuer:
    metadata = {"credential_issuer": ISSUER, "nonce_endpoint": f"{ISSUER}/nonce", **members}
    found = tuple(
        AuthorizationServer(ISSUER, reply(well_known_url(ISSUER, SERVER_SUFFIX), server), None, server)
        for server in servers or (SERVER,)
    )
    return Issuer(ISSUER, reply(well_known_url(ISSUER, ISSUER_SUFFIX), metadata), metadata, found)


def with_configurations(*configurations: Any) -> Issuer:
    return issuer_of(credential_configurations_supported={str(at): each for at, each in enumerate(configurations)})


def offer_of(**members: Any) -> ReceivedOffer:
    return asyncio.run(
        receive(Client(Recorder()), parse_link(json.dumps({"credential_issuer": ISSUER, **members})))
    )


def checked(name: str) -> Check:
    return all_checks("haip-1.0")[name]


def codes(name: str, issuer: Issuer, *offers: ReceivedOffer) -> list[str] | None:
    """Give what a check finds, or ``None`` where it does not apply; it evaluates something where it does."""
    check, facts = checked(name), Facts(issuer)
    facts.offers = offers
    if not all(step.rule(facts).applies for step in check.applies.steps):
        return None
    expect = Expect({name: requirements("haip-1.0")[name] for name in check.requires}, check.dormant)
    given = {"issuer": issuer, "offers": offers, "facts": facts, "expect": expect}

    async def judge() -> None:
        await check.function(**{name: given[name] for name in check.evidence})

    asyncio.run(judge())
    assert expect.evaluated
    return [finding.code for finding in expect.findings]


def judged(variant: str, faults: Sequence[str], check: str, **rest: Any) -> list[CheckResult]:
    outcome = asyncio.run(judge_reference(variant, faults, select=check, **rest))
    assert outcome.stopped is None
    return outcome.results


# The Authorization Server


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (SERVER, []),
        (SERVER | {"response_types_supported": ["code", "code id_token"]}, []),
        (SERVER | {"grant_types_supported": ["authorization_code", PRE_AUTHORIZED_CODE]}, []),
        (SERVER | {"grant_types_supported": [PRE_AUTHORIZED_CODE]}, ["HAIP-CODE-GRANT-MISSING"]),
        (SERVER | {"response_types_supported": ["code id_token"]}, ["HAIP-RESPONSE-TYPE-MISSING"]),
    ],
)
def test_the_code_flow_is_announced_by_what_the_metadata_say_or_leave_to_defaults(
    server: Mapping[str, Any], expected: list[str]
) -> None:
    assert codes("haip-code-flow", issuer_of(server)) == expected


def test_one_of_several_servers_has_the_code_flow() -> None:
    other = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token", "grant_types_supported": [PRE_AUTHORIZED_CODE]}
    assert codes("haip-code-flow", issuer_of(other, SERVER)) == []
    assert codes("haip-code-flow", issuer_of(other, other)) == ["HAIP-AUTHORIZATION-ENDPOINT-MISSING"] * 2


def test_dpop_is_tried_where_it_is_not_announced() -> None:
    silent = judged("haip", ["as-metadata:dpop-algs-missing"], "haip-dpop")
    assert [each.verdict for each in silent] == [Verdict.PASS]
    without = judged("code-flow-par-required", [], "haip-dpop", profile="haip-1.0")
    assert [finding.code for each in without for finding in each.findings] == ["HAIP-DPOP-UNSUPPORTED"]


# The Credential Issuer Metadata


def test_one_format_of_the_profile_is_enough() -> None:
    further = {"format": "jwt_vc_json", "scope": "degree"}
    assert codes("haip-formats", with_configurations(further, LICENCE)) == []
    assert codes("haip-formats", with_configurations(further)) == ["HAIP-FORMAT-MISSING"]


@pytest.mark.parametrize(
    ("configurations", "expected"),
    [
        ([IDENTITY, LICENCE], []),
        # Both formats of one Credential Type, and two configurations of it, for example with other key proofs.
        ([IDENTITY, LICENCE | {"scope": "identity"}], []),
        ([IDENTITY, IDENTITY | {"cryptographic_binding_methods_supported": ["jwk"]}], []),
        ([IDENTITY, IDENTITY | {"vct": "urn:example:employee"}], ["HAIP-SCOPE-SHARED"]),
        ([LICENCE, LICENCE | {"doctype": "org.iso.23220.photoid.1"}], ["HAIP-SCOPE-SHARED"]),
        ([{"format": "jwt_vc_json", "scope": "degree"}], None),
    ],
)
def test_a_scope_stands_for_one_type_of_a_format(configurations: list[Any], expected: list[str] | None) -> None:
    assert codes("haip-scope-type", with_configurations(*configurations)) == expected


def test_a_configuration_without_scope_is_told_twice_where_it_is_offered() -> None:
    issuer = with_configurations(IDENTITY, {"format": "mso_mdoc", "doctype": "org.iso.18013.5.1.mDL"})
    other, same = offer_of(credential_configuration_ids=["0", "9"]), offer_of(credential_configuration_ids=["1"])
    assert codes("haip-scopes", issuer, other) == ["HAIP-SCOPE-MISSING"]
    assert codes("haip-scopes", issuer, same) == ["HAIP-SCOPE-MISSING", "HAIP-OFFERED-SCOPE-MISSING"]
    by_code = offer_of(credential_configuration_ids=["1"], grants={PRE_AUTHORIZED_CODE: {}})
    assert codes("haip-scopes", issuer, by_code) == ["HAIP-SCOPE-MISSING"]


def test_a_batch_that_is_deferred_is_counted_when_it_comes() -> None:
    deferred = judged("haip-deferred-encrypted", ["metadata:batch-missing"], "haip-batch-announced")
    assert {finding.code for each in deferred for finding in each.findings} == {"HAIP-BATCH-UNANNOUNCED"}


def test_one_credential_for_two_proofs_is_no_batch() -> None:
    single = judged("haip", ["metadata:batch-missing", "credential:first-key-only"], "haip-batch-announced")
    assert {each.verdict for each in single} == {Verdict.PASS}


# Offers


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([{PRE_AUTHORIZED_CODE: {}}, {"authorization_code": {}}], []),
        ([{PRE_AUTHORIZED_CODE: {}}, {}], []),
        ([{PRE_AUTHORIZED_CODE: {}}, {PRE_AUTHORIZED_CODE: {}}], ["HAIP-OFFER-GRANT-MISSING"]),
        ([], None),
    ],
)
def test_one_offer_of_the_run_allows_the_code_flow(grants: list[Any], expected: list[str] | None) -> None:
    assert codes("haip-offer-grant", issuer_of(), *(offer_of(grants=each) for each in grants)) == expected


def test_an_offer_without_grants_leaves_them_to_the_metadata() -> None:
    assert codes("haip-offer-grant", issuer_of(), offer_of()) == []


# Algorithms


def test_no_list_is_needed_where_the_profile_has_its_one_algorithm() -> None:
    plain = judged("haip", ["metadata:credential-algs-missing"], "haip-algorithms-listed")
    assert {each.verdict for each in plain} == {Verdict.PASS}


def test_es256_is_wanted_where_there_is_a_list() -> None:
    proofs = {"attestation": {"proof_signing_alg_values_supported": ["ES384"]}, "di_vp": {}}
    assert codes("haip-es256-listed", with_configurations(IDENTITY)) is None
    assert codes("haip-es256-listed", with_configurations(IDENTITY | {"proof_types_supported": proofs})) == [
        "HAIP-ES256-UNLISTED"
    ]


# Hostile metadata


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", READING)
def test_no_check_stumbles_over_members_of_another_form(name: str, value: Any) -> None:
    spoiled = [LICENCE | {member: value} for member in ("format", "scope", "doctype", "proof_types_supported")]
    proofs = {"jwt": {"proof_signing_alg_values_supported": value}, "attestation": value}
    server = SERVER | {
        "grant_types_supported": value,
        "response_types_supported": value,
        "client_attestation_signing_alg_values_supported": value,
    }
    known = {str(at): each for at, each in enumerate([*spoiled, LICENCE | {"proof_types_supported": proofs}])}
    offer = offer_of(credential_configuration_ids=value, grants=value)
    codes(name, issuer_of(server, credential_configurations_supported=known), offer)
    codes(name, issuer_of(credential_configurations_supported=value), offer)
