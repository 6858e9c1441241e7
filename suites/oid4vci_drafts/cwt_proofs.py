"""Key proofs of the type ``cwt``: draft 13, section 7.2.1.3.

Each wrong proof differs from a right one in one thing; it is signed after it was spoiled.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.expect import Expect
from harness.wallet import cwt
from harness.wallet.keys import certificate_for
from suites.oid4vci._proofs import INVALID_PROOF, STATUS, by_rule
from suites.oid4vci_drafts._refusals import refused

check = area("CWT proofs", per=Per.PROOF_TYPE)

_REFUSAL = (STATUS, INVALID_PROOF)


async def _draft(access: Access) -> cwt.CwtDraft:
    return access.cwt(access.flow.proof_key(), await access.c_nonce())


async def _refused(access: Access, expect: Expect, proof: Any, code: str, *, what: str) -> None:
    body = access.body(proof, kind="cwt")
    await refused(access, expect, body, code, what=what, errors={"invalid_proof"}, error_requirement=INVALID_PROOF)


async def _refused_with(
    access: Access,
    expect: Expect,
    code: str,
    *,
    what: str,
    header: Mapping[Any, Any] | None = None,
    claims: Mapping[int, Any] | None = None,
) -> None:
    draft = (await _draft(access)).with_header(header or {}).with_claims(claims or {})
    await _refused(access, expect, draft.signed(), code, what=what)


@check(
    "draft-cwt-no-cwt-refused",
    requires=["VCI13-7.2.1-02", *_REFUSAL],
    applies=when.cwt_proof,
    proven_by=by_rule("draft-cwt.wellformed", "DRAFT-CWT-NO-CWT"),
)
async def what_is_no_cwt_is_refused(access: Access, expect: Expect) -> None:
    """A text that is no CWT is refused as a ``cwt`` proof."""
    await _refused(access, expect, "this is no CWT", "DRAFT-CWT-NO-CWT", what="a cwt proof that is no CWT")


@check(
    "draft-cwt-symmetric-refused",
    requires=["VCI13-7.2.1.3-01", *_REFUSAL],
    applies=when.cwt_proof,
    proven_by=by_rule("draft-cwt.algorithm", "DRAFT-CWT-SYMMETRIC"),
)
async def a_symmetric_algorithm_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose algorithm is an HMAC is refused."""
    what = "a cwt proof with the algorithm HMAC 256/256"
    await _refused_with(access, expect, "DRAFT-CWT-SYMMETRIC", what=what, header={cwt.ALG: cwt.HMAC_256})


@check(
    "draft-cwt-content-type-refused",
    requires=["VCI13-7.2.1.3-02", *_REFUSAL],
    applies=when.cwt_proof,
    proven_by=by_rule("draft-cwt.content-type", "DRAFT-CWT-CONTENT-TYPE"),
)
async def another_content_type_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose content type is missing, or another than ``openid4vci-proof+cwt``, is refused."""
    for what, value in (
        ("without content type", None),
        ("with the content type application/cwt", "application/cwt"),
    ):
        header = {cwt.CONTENT: value}
        await _refused_with(access, expect, "DRAFT-CWT-CONTENT-TYPE", what=f"a cwt proof {what}", header=header)


@check(
    "draft-cwt-key-twice-refused",
    requires=["VCI13-7.2.1.3-03", *_REFUSAL],
    applies=when.cwt_proof,
    proven_by=by_rule("draft-cwt.one-key", "DRAFT-CWT-KEY-TWICE"),
)
async def two_keys_are_refused(access: Access, expect: Expect) -> None:
    """A proof that has its key as ``COSE_Key`` and in ``x5chain`` is refused."""
    draft = await _draft(access)
    certificate = base64.b64decode(certificate_for(draft.key, access.flow.tools.now()))
    proof = draft.with_header({cwt.X5CHAIN: certificate}).signed()
    await _refused(access, expect, proof, "DRAFT-CWT-KEY-TWICE", what="a cwt proof with COSE_Key and x5chain")


@check(
    "draft-cwt-audience-refused",
    requires=["VCI13-7.2.1.3-04", *_REFUSAL],
    applies=when.cwt_proof,
    proven_by=by_rule("draft-cwt.audience", "DRAFT-CWT-AUDIENCE"),
)
async def a_foreign_audience_is_refused(access: Access, expect: Expect) -> None:
    """A proof whose ``aud`` is missing, or another Credential Issuer, is refused."""
    for what, value in (("without aud", None), ("for another issuer", mutate.ELSEWHERE)):
        claims = {cwt.AUD: value}
        await _refused_with(access, expect, "DRAFT-CWT-AUDIENCE", what=f"a cwt proof {what}", claims=claims)


@check(
    "draft-cwt-issued-at-refused",
    requires=["VCI13-7.2.1.3-05", *_REFUSAL],
    applies=when.cwt_proof,
    proven_by=by_rule("draft-cwt.issued-at", "DRAFT-CWT-ISSUED-AT"),
)
async def a_missing_issued_at_is_refused(access: Access, expect: Expect) -> None:
    """A proof without ``iat`` is refused."""
    what = "a cwt proof without iat"
    await _refused_with(access, expect, "DRAFT-CWT-ISSUED-AT", what=what, claims={cwt.IAT: None})


@check(
    "draft-cwt-nonce-refused",
    requires=["VCI13-7.2.1.3-06", *_REFUSAL],
    applies=when.cwt_proof & when.c_nonce,
    proven_by=by_rule("draft-cwt.nonce", "DRAFT-CWT-NONCE"),
)
async def an_unknown_nonce_is_refused(access: Access, expect: Expect) -> None:
    """A proof with a nonce that this issuer never gave out, or with the right one as text, is refused."""
    right = (await _draft(access)).claims.get(cwt.NONCE)
    known = right.decode() if isinstance(right, bytes) else None
    for what, value in (("an unknown nonce", mutate.unknown_nonce().encode()), ("a nonce that is text", known)):
        claims = {cwt.NONCE: value}
        await _refused_with(access, expect, "DRAFT-CWT-NONCE", what=f"a cwt proof with {what}", claims=claims)
