"""What OpenID4VCI advises and a stricter profile demands: a warning under the one, a failure under the other."""

from __future__ import annotations

import asyncio

import pytest

from harness.model import Verdict
from harness.tests.bench import judge_reference

PAIRS = [
    ("sd-jwt:x5c-root-included", "certificate-root-left-out", "haip-1.0"),
    ("sd-jwt:cnf-kid", "sd-jwt-bound-by-jwk", "haip-1.0"),
    ("status-place:reused", "status-entry-own", "haip-1.0"),
    ("status-place:counted", "status-index-unpredictable", "haip-1.0"),
    ("accepts:authorize.challenge-method", "pkce-plain-unlisted-refused", "haip-1.0"),
    ("as-metadata:par-endpoint-missing", "authorization-par-offered", "haip-1.0"),
    ("status-token:key-short", "status-list-key-strength", "haip-1.0"),
    ("accepts:credential.configuration-authorized", "credential-configuration-unauthorized-refused", "fapi2-sp"),
]
"""A fault, the check that notices it, and the profile that demands what it violates."""
_MDOC = "driving_licence"
"""A configuration with mobile documents, of which HAIP asks less than of SD-JWT VCs."""


def verdicts(fault: str, check: str, variant: str, profile: str) -> set[Verdict]:
    outcome = asyncio.run(judge_reference(variant, [fault], select=check, profile=profile))
    assert fault in outcome.fired
    of_them = [one for one in outcome.results if not (one.configuration or "").startswith(_MDOC)]
    return {one.verdict for one in of_them} - {Verdict.NOT_APPLICABLE, Verdict.PASS}


def variant_of(profile: str) -> str:
    return "fapi2" if profile == "fapi2-sp" else "haip"


@pytest.mark.parametrize(("fault", "check", "profile"), PAIRS)
def test_a_finding_is_as_strong_as_what_the_profile_asks(fault: str, check: str, profile: str) -> None:
    assert verdicts(fault, check, variant_of(profile), profile) == {Verdict.FAIL}
    assert verdicts(fault, check, variant_of(profile), "oid4vci-1.0") == {Verdict.WARN}


def test_of_a_mobile_document_it_is_one_even_there() -> None:
    """HAIP asks it of SD-JWT VCs only."""
    fault = "issuer-auth:x5chain-root-included"
    outcome = asyncio.run(judge_reference("haip", [fault], select="certificate-root-left-out"))
    found = {one.verdict for one in outcome.results} - {Verdict.NOT_APPLICABLE, Verdict.PASS}
    assert (found, fault in outcome.fired) == ({Verdict.WARN}, True)


@pytest.mark.parametrize(
    ("faults", "check"),
    [
        # FAPI 2.0 takes the place of OpenID Connect Discovery, too.
        (["as-metadata-response:only-openid-configuration"], "as-metadata-location"),
        # The token is not what was found fault with.
        (["metadata:nonce-endpoint-missing"], "credential-issued"),
        # Whoever is given the scope value of two configurations is given both.
        (
            ["metadata:scope-shared", "accepts:credential.configuration-authorized"],
            "credential-configuration-unauthorized-refused",
        ),
    ],
)
def test_what_fapi_does_not_ask_for_is_no_finding_under_it(faults: list[str], check: str) -> None:
    outcome = asyncio.run(judge_reference("fapi2", faults, select=check))
    assert outcome.fired == set(faults)
    assert {one.verdict for one in outcome.results} == {Verdict.NOT_APPLICABLE}
