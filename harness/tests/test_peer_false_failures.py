"""Shapes of a right issuer that the OpenID Foundation's suite fails or cannot judge: here each of them passes.

What is said of that suite was read in its source (version 5.2.4); `docs/coverage.md` has it clause by clause.
"""

from __future__ import annotations

import asyncio
from functools import cache

import pytest

from harness.model import Verdict
from harness.reference.variants import VARIANTS
from harness.tests.bench import Outcome, judge_reference

SHAPES = {
    "no Nonce Endpoint: their wrong-nonce test sends a right proof and demands invalid_nonce": (
        "no-nonce",
        "credential-issued",
    ),
    "a Nonce Endpoint that answers 201: section 7.2 allows any 2xx": ("nonce-201", "nonce-response-json"),
    "no Transaction Code: theirs always sends one": ("default", "token-issued"),
    "no Authorization Endpoint: theirs stops without one": ("default", "credential-issued"),
    "anonymous wallets: theirs always authenticates": ("default", "token-issued"),
    "a public client, which is not selectable there": ("code-flow", "credential-issued"),
    "a client with a secret, which is not selectable there": ("client-secret-basic", "credential-issued"),
    "Bearer tokens, which are not selectable there": ("code-flow", "token-issued"),
    "no Pushed Authorization Requests: theirs always pushes": ("code-flow", "credential-issued"),
    "identifiers, so that more than one error code is right for an unknown configuration": (
        "identifiers",
        "credential-configuration-unknown-refused",
    ),
    "credentials that are always deferred, still pending at the first poll": ("deferred", "credential-issued"),
    "deferred at once": ("deferred-at-once", "credential-issued"),
    "encrypted requests and responses are required": ("encryption-required", "credential-issued"),
    "encrypted and deferred, so that even the pending answer is encrypted": (
        "encryption-deferred",
        "credential-issued",
    ),
    "credentials that are bound to no key": ("unbound", "credential-issued"),
    "ldp_vc": ("ldp-vc", "credential-issued"),
    "jwt_vc_json-ld": ("jwt-vc-json-ld", "credential-issued"),
    "several Authorization Servers": ("several-as", "credential-issued"),
    "an Authorization Server whose identifier has a path": ("with-path", "credential-issued"),
    "attested clients with a Pre-Authorized Code": ("attested-client-no-challenge", "credential-issued"),
    "attestation proofs": ("attestation-proof", "credential-issued"),
    "di_vp proofs": ("di-vp", "credential-issued"),
}


@cache
def clean(variant: str) -> Outcome:
    return asyncio.run(judge_reference(variant))


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_right_issuer_of_this_shape_passes(shape: str) -> None:
    variant, check = SHAPES[shape]
    assert variant in VARIANTS
    outcome = clean(variant)
    assert outcome.stopped is None
    failed = [r.check for r in outcome.results if r.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED)]
    assert failed == []
    assert Verdict.PASS in {result.verdict for result in outcome.results if result.check == check}
