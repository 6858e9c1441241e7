"""Attestations in other algorithms, which tell why an issuer refused a right one: HAIP 1.0 sections 4 and 7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness import mutate
from harness.access import Access
from harness.evidence import Blocked
from harness.flow import Flow
from harness.formats import x509
from harness.transport import Reply
from harness.wallet.client_auth import Authentication
from harness.wallet.jwt import JwtDraft
from harness.wallet.keys import ALGORITHMS
from suites.oid4vci._authentications import Change, push, pushes, unchanged
from suites.oid4vci._proofs import attested_body

OTHER = "ES384"
"""An algorithm besides ``ES256``; a refusal that it does not meet is about ``ES256``."""

_CLIENT_ERRORS = frozenset({"invalid_client", "invalid_client_attestation", "use_fresh_attestation"})
_PROOF_ERRORS = frozenset({"invalid_proof", "invalid_nonce", "invalid_credential_request"})


def expect_chain(certificates: Sequence[str], setting: str) -> None:
    """Make sure that an attester is certified by somebody else.

    Args:
        certificates: its ``x5c``.
        setting: the table of ``assay.toml`` that it is told in.

    Raises:
        Blocked: it has no certificate, or one that it signed itself.

    """
    try:
        certified = not x509.is_self_signed(x509.parse_x5c(list(certificates)).certificates[0])
    except x509.X509Error:
        certified = False
    if not certified:
        raise Blocked(
            "the attester of the run has no certificate that somebody else signed:"
            f' give its chain in assay.toml: [{setting}] x5c = "chain.pem"'
        )


# Clients


async def right_drafts(flow: Flow) -> tuple[JwtDraft, JwtDraft]:
    """Give a right Wallet Attestation of a flow's client and its proof of possession.

    Raises:
        Blocked: the client authenticates otherwise.

    """
    shown = flow.agent.oauth.authenticate(issuer=(await flow.server()).issuer, now=flow.tools.now())
    return _drafts(shown)


def _drafts(shown: Authentication) -> tuple[JwtDraft, JwtDraft]:
    if not isinstance(shown.attestation, JwtDraft) or not isinstance(shown.pop, JwtDraft):
        raise Blocked("the client authenticates without a Wallet Attestation")
    return shown.attestation, shown.pop


def bundled(flow: Flow) -> bool:
    """Whether the attester of the wallet is the bundled one for want of another, whom an issuer may not know."""
    told = flow.agent.settings.attester
    return told is None or not told.key


def of_client(reply: Reply) -> bool:
    """Whether a refusal is about the authentication of the client."""
    return reply.status == 401 or reply.error in _CLIENT_ERRORS


async def asked(flow: Flow) -> Reply:
    """Give the answer to a right request with a Wallet Attestation: a pushed one where there are such.

    Raises:
        Blocked: there is no code to redeem.

    """
    return await push(unchanged, flow) if await pushes(flow) else await flow.token()


async def pushed_otherwise(flow: Flow, *, attestation: bool, pop: bool) -> bool:
    """Whether a pushed request is granted that is right but for an algorithm, which is :data:`OTHER`.

    Args:
        flow: whose client pushes.
        attestation: whether the attestation has it, where its attester has such a key.
        pop: whether the proof of possession has it.

    """
    if not await pushes(flow):
        return False
    vouching, _ = await right_drafts(flow)
    attestation = attestation and mutate.by_other_key_of_attester(vouching, "wallet", OTHER) is not None
    if not (attestation or pop):
        return False
    return (await push(_in_other_algorithm(attestation=attestation, pop=pop), flow)).successful


def _in_other_algorithm(*, attestation: bool, pop: bool) -> Change:
    def change(flow: Flow, shown: Authentication) -> Authentication:
        vouching, proof = _drafts(shown)
        if attestation:
            vouching = mutate.by_other_key_of_attester(vouching, "wallet", OTHER) or vouching
        if pop:
            key = flow.tools.make_key(OTHER)
            proof = JwtDraft(key, {**proof.header, "alg": OTHER}, proof.claims)
            vouching = vouching.with_claims(cnf={"jwk": key.public})
        return replace(shown, attestation=vouching, pop=proof)

    return change


# Keys


def of_proof(reply: Reply) -> bool:
    """Whether a refusal is about a key proof, or about the request as a whole."""
    return reply.error in _PROOF_ERRORS


def other_listed(flow: Flow) -> str | None:
    """Give an algorithm besides ``ES256`` that the metadata lists for proofs and the wallet has, if any."""
    return next((name for name in ALGORITHMS if name != "ES256" and name in flow.proof_algorithms), None)


async def proven_otherwise(access: Access, *, attestation: bool, proof: bool) -> Reply | None:
    """Ask for a Credential with a request that is right but for algorithms, which are others than ``ES256``.

    Args:
        attestation: whether the key attestation has another, where its attester has such a key.
        proof: whether the ``jwt`` proof has another, where the metadata lists one.

    Returns:
        The answer; ``None`` when nothing can be in another algorithm.

    """
    flow = access.flow
    algorithm = other_listed(flow) if proof and flow.proof_type == "jwt" else None
    if flow.attested:

        def otherwise(draft: JwtDraft) -> JwtDraft | None:
            return mutate.by_other_key_of_attester(draft, "key", OTHER) if attestation else None

        if algorithm is None and otherwise(access.key_attestation([], None)) is None:
            return None
        body = await attested_body(access, lambda draft: (otherwise(draft) or draft).sign(), algorithm=algorithm)
        return await access.request(body)
    if algorithm is None:
        return None
    draft = await access.proof(key=flow.proof_key(algorithm))
    return await access.request(access.body(draft.sign()))
