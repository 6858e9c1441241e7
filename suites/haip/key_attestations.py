"""Key attestations in the format of OpenID4VCI 1.0 appendix D: HAIP 1.0 section 4.5.1.

They stand in the header of ``jwt`` proofs or are ``attestation`` proofs; the checks of OpenID4VCI judge the rest.
"""

from __future__ import annotations

from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import WalletKey, certificate_for
from suites.haip._attesters import expect_chain, of_proof, proven_otherwise
from suites.oid4vci._proofs import INVALID_PROOF, STATUS, accepted, attested_body, by_rule, granted, refused

check = area("HAIP: Key attestations", per=Per.PROOF_TYPE)


@check(
    "haip-key-attestation-chain",
    requires=["HAIP-4.5.1-01"],
    applies=when.key_attestation,
    proven_by={"rejects:attestation.chain": "HAIP-KEY-ATTESTATION-CHAIN-REFUSED"},
)
async def chains_of_certificates_are_followed(shared: Flow, expect: Expect) -> None:
    """A key attestation is accepted whose ``x5c`` leads up to the trust anchor and leaves that out."""
    expect_chain(shared.tools.key_attester_certificates, "key_attester")
    reply = await shared.issuance()
    if not granted(reply):
        if not of_proof(reply):
            raise Blocked(f"the credential is refused for something else: {reply.gist}")
        otherwise = await proven_otherwise(await shared.access(), attestation=True, proof=True)
        if otherwise is not None and granted(otherwise):
            raise Blocked(f"a proof is refused for its algorithm, not for certificates: {reply.gist}")
    what = "a key attestation with the certificates up to the trust anchor in x5c"
    accepted(expect, reply, "HAIP-KEY-ATTESTATION-CHAIN-REFUSED", what=what)


@check(
    "haip-key-attestation-bare-refused",
    requires=["HAIP-4.5.1-02", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.certified", "HAIP-KEY-ATTESTATION-BARE"),
)
async def attestations_without_certificates_are_refused(access: Access, expect: Expect) -> None:
    """A key attestation without ``x5c`` is refused."""
    body = await attested_body(access, lambda draft: draft.with_header(x5c=None).sign())
    await refused(access, expect, body, "HAIP-KEY-ATTESTATION-BARE", what="a key attestation without x5c")


@check(
    "haip-key-attestation-self-signed-refused",
    requires=["HAIP-4.5.1-03", STATUS, INVALID_PROOF],
    applies=when.key_attestation,
    proven_by=by_rule("attestation.trusted", "HAIP-KEY-ATTESTATION-SELF-SIGNED"),
)
async def self_signed_certificates_are_refused(access: Access, expect: Expect) -> None:
    """A key attestation is refused whose signer made its own certificate, in the name of a known attester."""
    tools = access.flow.tools

    def by_new_key(draft: JwtDraft) -> str:
        return _certified_by_itself(draft, tools.make_key(draft.key.algorithm), tools.now())

    def by_own_key(draft: JwtDraft) -> str:
        return _certified_by_itself(draft, draft.key, tools.now())

    for what, spoil in (
        ("a key attestation by a new key, with a self-signed certificate in the attester's name", by_new_key),
        ("a key attestation whose attester has signed its own certificate", by_own_key),
    ):
        body = await attested_body(access, spoil)
        await refused(access, expect, body, "HAIP-KEY-ATTESTATION-SELF-SIGNED", what=what)


def _certified_by_itself(draft: JwtDraft, key: WalletKey, now: float) -> str:
    """Give the attestation by a key whose certificate, signed by itself, has the name of the attester's."""
    known = draft.header.get("x5c") or [None]
    return JwtDraft(key, {**draft.header, "x5c": [certificate_for(key, now, like=known[0])]}, draft.claims).sign()
