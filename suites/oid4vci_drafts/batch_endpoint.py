"""The Batch Credential Endpoint: drafts 11 and 13, section 8."""

from __future__ import annotations

from typing import Any

from harness.access import Access, Proofs
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.formats import jose
from harness.transport import Reply
from harness.wallet import nonce
from suites.oid4vci._naming import without_name
from suites.oid4vci._traits import expect_nothing_shared
from suites.oid4vci_drafts._members import expect_string

check = area("Batch Credential Endpoint", per=Per.SHAPE)

_ENDPOINT = "batch_credential_endpoint"
_OFFERED = when.metadata_has(_ENDPOINT)
_STATUS = ("VCI13-8.3-01", "VCI11-8.3-01")


async def _ask(access: Access, payload: dict[str, Any]) -> Reply:
    endpoint = access.flow.issuer.metadata[_ENDPOINT]
    if not isinstance(endpoint, str):
        raise Blocked(f"the issuer metadata has no usable {_ENDPOINT}")
    return await access.send(
        "batch credential request", endpoint, payload, scheme=None, headers=None, dpop=None, sealing=None
    )


async def _two_requests(access: Access) -> tuple[list[dict[str, Any]], list[Proofs]]:
    """Give two right Credential Requests, each with a key of its own."""
    proofs = [await access.proofs(), await access.proofs()]
    return [access.body(*each.values, kind=each.kind) for each in proofs], proofs


async def _granted(access: Access) -> Reply:
    """Give the answer to a right request, which wrong ones differ from in one thing.

    Raises:
        Blocked: it is refused.

    """
    requests, _ = await _two_requests(access)
    reply = await _ask(access, {"credential_requests": requests})
    if not reply.successful:
        raise Blocked(f"a right Batch Credential Request was refused: {reply.gist}")
    return reply


def _answers(reply: Reply) -> list[Any]:
    found = reply.object.get("credential_responses")
    return found if isinstance(found, list) else []


def _handed_out(reply: Reply) -> bool:
    members = ("credential", "transaction_id", "acceptance_token")
    return any(isinstance(each, dict) and any(each.get(name) for name in members) for each in _answers(reply))


@check(
    "draft-batch-response",
    requires=[
        *("VCI13-8.2-03", "VCI11-8.2-01", "VCI13-8.2-01", "VCI13-8.2-02", "VCI13-8.2-04", "VCI11-8.2-02"),
        *("VCI13-8.2-05", "VCI11-8.2-03", "VCI-15.4.1-02"),
    ],
    proven_by={
        "draft-batch:responses-missing": "DRAFT-BATCH-RESPONSES",
        "draft-batch:response-fewer": "DRAFT-BATCH-INCOMPLETE",
        "draft-batch:responses-swapped": "DRAFT-BATCH-ORDER",
        "draft-batch:c-nonce-number": "DRAFT-BATCH-NONCE-TYPE",
        "draft-batch-response:content-type": "DRAFT-BATCH-MEDIA-TYPE",
        "sd-jwt:jti-shared": "BATCH-IDENTIFIER-SHARED",
        "sd-jwt:status-shared": "BATCH-STATUS-SHARED",
    },
    applies=_OFFERED & when.key_binding & when.readable_format,
)
async def all_credentials_come_in_order(access: Access, expect: Expect) -> None:
    """A Batch Credential Request for two keys brings two Credential Responses in the order of the requests."""
    requests, proofs = await _two_requests(access)
    reply = await _ask(access, {"credential_requests": requests})
    if not reply.successful:
        raise Blocked(f"a right Batch Credential Request was refused: {reply.gist}")
    expect.that(
        reply.media_type == "application/json",
        "DRAFT-BATCH-MEDIA-TYPE",
        "application/json",
        reply.media_type,
        at=reply,
        pointer="header Content-Type",
        requirement="VCI13-8.2-02",
    )
    code, kind = "DRAFT-BATCH-NONCE-TYPE", ("VCI13-8.2-05", "VCI11-8.2-03")
    expect_string(expect, reply, "c_nonce", code, kind)
    where: Any = {"at": reply, "pointer": "/credential_responses"}
    answers = _answers(reply)
    if not expect.that(
        bool(answers) and all(isinstance(each, dict) for each in answers),
        "DRAFT-BATCH-RESPONSES",
        "credential_responses, an array of Credential Responses",
        f"the members {show(list(reply.object))}",
        requirement=("VCI13-8.2-03", "VCI11-8.2-01"),
        **where,
    ):
        return
    if not expect.that(
        len(answers) == len(requests),
        "DRAFT-BATCH-INCOMPLETE",
        f"{len(requests)} Credential Responses",
        f"{len(answers)}",
        requirement=("VCI13-8.2-01", "VCI11-8.2-02"),
        **where,
    ):
        return
    configuration, batch = access.flow.configuration, []
    for index, (answer, proof) in enumerate(zip(answers, proofs, strict=True)):
        if "credential" not in answer:
            continue
        place, now = f"/credential_responses/{index}/credential", access.flow.tools.now()
        raw, format_ = answer["credential"], configuration.get("format")
        batch.append(IssuedCredential(raw, reply.exchange, place, proof.keys, now, format_))
        key = batch[-1].document.holder_key
        expect.that(
            key is None or any(jose.same_key(key, own) for own in proof.keys),
            "DRAFT-BATCH-ORDER",
            "each Credential at the place of its request",
            "a Credential for the key of another request",
            requirement=("VCI13-8.2-04", "VCI11-8.2-02"),
            **where,
        )
    expect_nothing_shared(expect, batch, "VCI-15.4.1-02")


@check(
    "draft-batch-empty-refused",
    requires=["VCI13-8.1-01", "VCI11-8.1-01", *_STATUS],
    proven_by={
        "accepts:draft-batch.requests": "DRAFT-BATCH-EMPTY-ACCEPTED",
        "misreports:draft-batch.requests": "DRAFT-BATCH-EMPTY-MISREPORTED",
        "draft-batch-error-response:status-500": "DRAFT-BATCH-EMPTY-MISREPORTED",
    },
    applies=_OFFERED,
)
async def an_empty_request_is_refused(access: Access, expect: Expect) -> None:
    """A Batch Credential Request without ``credential_requests`` is refused."""
    await _granted(access)
    expect.refused(
        await _ask(access, {}),
        "DRAFT-BATCH-EMPTY",
        what="a Batch Credential Request without credential_requests",
        status=_statuses(expect),
        status_requirement=_STATUS,
    )


def _statuses(expect: Expect) -> set[int]:
    """Give the statuses of errors: in draft 11 any that says that the wallet is wrong."""
    return {400} if expect.judges_by("VCI13-8.3-01") else set(range(400, 500))


@check(
    "draft-batch-partial-refused",
    requires=["VCI13-8.3-02", "VCI11-8.3-02", "VCI13-8.3-03", *_STATUS],
    proven_by={
        "draft-batch-outcome:partial": "DRAFT-BATCH-PARTIAL-ACCEPTED",
        "draft-batch-error:transaction-id": "DRAFT-BATCH-TRANSACTION",
        "draft-batch-error-response:status-500": "DRAFT-BATCH-PARTIAL-MISREPORTED",
    },
    applies=_OFFERED,
)
async def a_batch_fails_as_a_whole(access: Access, expect: Expect) -> None:
    """A Batch Credential Request with one right request and one for nothing is refused as a whole."""
    await _granted(access)
    (right, other), _ = await _two_requests(access)
    reply = await _ask(
        access, {"credential_requests": [right, {**without_name(access, other), "format": "assay_unknown_format"}]}
    )
    what = "a Batch Credential Request with a request for an unknown format"
    if expect.that(
        reply.status >= 400 and not _handed_out(reply),
        "DRAFT-BATCH-PARTIAL-ACCEPTED",
        f"{what} is refused as a whole",
        reply.gist,
        at=reply,
        requirement=("VCI13-8.3-02", "VCI11-8.3-02"),
    ):
        expect.that(
            reply.status in _statuses(expect),
            "DRAFT-BATCH-PARTIAL-MISREPORTED",
            f"{what} is answered by HTTP 400",
            reply.gist,
            at=reply,
            requirement=_STATUS,
        )
        expect.that(
            "transaction_id" not in reply.object,
            "DRAFT-BATCH-TRANSACTION",
            "no transaction_id in an error",
            f"the members {show(list(reply.object))}",
            at=reply,
            requirement="VCI13-8.3-03",
        )


@check(
    "draft-batch-proof-missing-refused",
    requires=["VCI13-8.3-04", *_STATUS],
    proven_by={
        "draft-batch-error:c-nonce-missing": "DRAFT-BATCH-NONCE-MISSING",
        "draft-batch-error:proof-error-other": "DRAFT-BATCH-PROOF-MISREPORTED",
        "draft-batch-error-response:status-500": "DRAFT-BATCH-PROOF-MISREPORTED",
    },
    applies=_OFFERED & when.key_binding,
)
async def missing_proofs_are_refused(access: Access, expect: Expect) -> None:
    """A Batch Credential Request without proofs is refused with ``invalid_proof`` and a ``c_nonce``."""
    await _granted(access)
    reply = await _ask(access, {"credential_requests": [access.body(), access.body()]})
    expect.refused(
        reply,
        "DRAFT-BATCH-PROOF",
        what="a Batch Credential Request without proofs",
        status=_statuses(expect),
        errors=access.dialect.worded({"invalid_proof"}),
        status_requirement=_STATUS,
        error_requirement="VCI13-8.3-04",
    )
    expect.that(
        reply.error != "invalid_proof" or nonce.c_nonce_in(reply) is not None,
        "DRAFT-BATCH-NONCE-MISSING",
        "a c_nonce beside invalid_proof",
        f"the members {show(list(reply.object))}",
        at=reply,
        requirement="VCI13-8.3-04",
    )
