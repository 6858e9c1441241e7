"""Whether what a wallet signs with ``ES256`` is accepted: HAIP 1.0 section 7.

A refusal counts only where the same request is granted in another algorithm; otherwise it may be about anything.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.transport import Reply
from suites.haip._attesters import asked, proven_otherwise, pushed_otherwise, right_drafts
from suites.oid4vci._proofs import granted

ES256 = "ES256"
_ATTESTATION = ("HAIP-ES256-ATTESTATION-REFUSED", "HAIP-7-01", "a Wallet Attestation")
_POP = ("HAIP-ES256-POP-REFUSED", "HAIP-7-02", "a proof of possession of a Wallet Attestation")
_KEY_ATTESTATION = ("HAIP-ES256-KEY-ATTESTATION-REFUSED", "HAIP-7-03", "a key attestation")
_PROOF = ("HAIP-ES256-PROOF-REFUSED", "HAIP-7-04", "a jwt proof")
_Signed = tuple[str, str, str]


async def of_clients(flow: Flow, expect: Expect) -> bool:
    """Judge Wallet Attestations and their proofs of possession.

    Returns:
        Whether the client is let in with what it has.

    Raises:
        Blocked: it is refused for something else.

    """
    attestation, pop = await right_drafts(flow)
    reply = await asked(flow)
    signed = [kind for kind, draft in ((_ATTESTATION, attestation), (_POP, pop)) if draft.key.algorithm == ES256]
    if reply.successful:
        for kind in signed:
            _judge(expect, kind, reply, accepted=True)
        return True
    to_blame = [
        kind for kind in signed if await pushed_otherwise(flow, attestation=kind is _ATTESTATION, pop=kind is _POP)
    ]
    lasting = bool(to_blame) and not (await asked(flow)).successful
    return _blame(expect, to_blame if lasting else [], reply)


async def of_proofs(flow: Flow, another: Callable[[], Flow], expect: Expect) -> bool:
    """Judge key attestations and ``jwt`` proofs.

    Args:
        flow: the shared one.
        another: gives a fresh one like it.
        expect: takes what is found.

    Returns:
        Whether the wallet gets its Credential with what it has.

    Raises:
        Blocked: it is refused for something else.

    """
    reply = await flow.issuance()
    attested = flow.attested and flow.tools.key_attester.algorithm == ES256
    proven = flow.proof_type == "jwt" and flow.proof_key().algorithm == ES256
    signed = [kind for kind, used in ((_KEY_ATTESTATION, attested), (_PROOF, proven)) if used]
    if not granted(reply):
        access, to_blame = await flow.access(), []
        for kind in signed:
            otherwise = await proven_otherwise(access, attestation=kind is _KEY_ATTESTATION, proof=kind is _PROOF)
            if otherwise is not None and granted(otherwise):
                to_blame.append(kind)
        lasting = bool(to_blame) and not granted(await access.request(await access.right_body()))
        return _blame(expect, to_blame if lasting else [], reply)
    for kind in signed:
        _judge(expect, kind, reply, accepted=True)
    if flow.proof_type == "jwt" and not proven:
        access = await another().access()
        draft = await access.proof(key=flow.tools.make_key(ES256))
        reply = await access.request(access.body(draft.sign()))
        _judge(expect, _PROOF, reply, accepted=granted(reply))
    return True


def _blame(expect: Expect, kinds: list[_Signed], reply: Reply) -> bool:
    if not kinds:
        raise Blocked(f"what the wallet signs is refused, and not for its algorithm: {reply.gist}")
    for kind in kinds:
        _judge(expect, kind, reply, accepted=False)
    return False


def _judge(expect: Expect, kind: _Signed, reply: Reply, *, accepted: bool) -> None:
    code, requirement, what = kind
    expect.that(
        accepted,
        code,
        f"{what} with ES256 is accepted",
        f"{reply.gist}, and another algorithm is accepted",
        at=reply,
        requirement=requirement,
    )
