"""DPoP at the Token Endpoint: RFC 9449 sections 4.3, 5, 6.1 and 8."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness import mutate
from harness.agent import ChangeProof
from harness.applicability import when
from harness.checks import CheckFunction, Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import jwt
from harness.transport import Reply
from harness.unredeemed import Unredeemed
from harness.wallet import dpop
from harness.wallet import token as tokens
from suites.oid4vci._dpop import (
    FUTURE,
    NONCE_HEADER,
    OLD,
    PROOF_ERRORS,
    WRONG_PROOFS,
    WrongProof,
    expect_nonce_wanted,
    expect_server_refusal,
    no_proof,
    without_claim,
)

check = area("DPoP", per=Per.GRANT)

_STATUS = "RFC6749-5.2-01"
_NO_NONCE = ~when.server_dpop_nonce
_MISSING = PROOF_ERRORS | {"invalid_request", "invalid_grant"}
"""Errors that are right where a proof is wanted and none is there; the specification names none."""


async def _redeem(dpop: ChangeProof, flow: Flow) -> Reply:
    return await flow.request_token(await flow.token_fields(), dpop=dpop)
