"""Several Credentials at once: OpenID4VCI 1.0 sections 3.3.2, 8.3 and 12.2.4, and what links them (15.4.1).

One request for two keys is made and judged by all checks that only read. An issuer may issue fewer Credentials
than there are keys (section 8.3); then there is nothing to compare.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from harness import mutate
from harness.access import Access
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import jose
from harness.wallet.credential import credentials
from harness.wallet.metadata import Issuer
from suites.oid4vci._binding import expect_distinct_keys, holder_key, place_of_key
from suites.oid4vci._proofs import INVALID_PROOF, MALFORMED, STATUS, accepted, by_rule, granted, refused
from suites.oid4vci._traits import expect_nothing_shared, traits

check = area("Batches and linkability", per=Per.PROOF_TYPE)

_SEVERAL = when.batches & when.key_binding & when.several_credentials
_READABLE = when.readable_format & _SEVERAL

_BOUND_BY = {"dc+sd-jwt": "SDJWTVC-3.2.2.2-05", "mso_mdoc": "ISO18013-9.1.2.4-13"}
"""What a format demands of the key that a Credential is bound to."""
_MINUTE = 60
_MOMENT_S = 2
"""Seconds around the answer within which a time is the very moment of issuance."""


# Sections 8.3 and 12.2.4: several proofs in one request


@check(
    "credential-batch",
    requires=["VCI-12.2.4-13", "VCI-8.3-09", "HAIP-4-08"],
    applies=when.batches & when.one_proof_per_key,
    proven_by={"rejects:credential.batch": "CREDENTIAL-BATCH-REFUSED"},
)
async def a_batch_is_issued(batch: Flow, expect: Expect) -> None:
    """Two key proofs at once bring one Credential at least and two at most."""
    reply = await batch.issuance()
    if accepted(expect, reply, "CREDENTIAL-BATCH-REFUSED", what="a request with two proofs"):
        collected = await batch.collected()
        expect.that(
            len(credentials(collected)) <= 2,
            "CREDENTIAL-TOO-MANY",
            "two Credentials at most, since the request had two keys",
            f"{len(credentials(collected))} Credentials",
            at=collected,
            pointer="/credentials",
            requirement="VCI-8.3-09",
        )


@check(
    "credential-batch-full",
    requires=["VCI-12.2.4-79"],
    applies=when.small_batches & when.one_proof_per_key,
    proven_by={
        "rejects:credential.batch": "CREDENTIAL-BATCH-FULL-REFUSED",
        "rejects:credential.full-batch": "CREDENTIAL-BATCH-FULL-REFUSED",
    },
)
async def a_full_batch_is_issued(issuer: Issuer, access: Access, expect: Expect) -> None:
    """A Credential Request with as many key proofs as ``batch_size`` is accepted."""
    count = issuer.batch_size or 1
    reply, _ = await access.request_for(count)
    accepted(expect, reply, "CREDENTIAL-BATCH-FULL-REFUSED", what=f"a request with {count} proofs")


@check(
    "credential-batch-too-large-refused",
    requires=["VCI-12.2.4-14", "VCI-8.3.1.2-01", STATUS],
    applies=when.small_batches & when.one_proof_per_key,
    proven_by=by_rule("proof.batch-size", "CREDENTIAL-BATCH-TOO-LARGE"),
)
async def a_batch_beyond_the_announced_size_is_refused(issuer: Issuer, access: Access, expect: Expect) -> None:
    """A Credential Request with more key proofs than ``batch_size`` is refused."""
    count = (issuer.batch_size or 1) + 1
    proofs = await access.proofs(count)
    reply = await access.request(access.body(*proofs.values, kind=proofs.kind))
    generic = reply.error == "invalid_request"
    expect.refused(
        reply,
        "CREDENTIAL-BATCH-TOO-LARGE",
        what=f"a Credential Request with {count} proofs",
        status={400},
        # Whether proofs may share a c_nonce is left open; an issuer may object to that first.
        errors=access.dialect.worded({*MALFORMED, "invalid_nonce"}),
        status_requirement=STATUS,
        error_requirement="VCI-8.3.1.2-01" if generic else "VCI-12.2.4-14",
    )


@check(
    "proof-in-batch-signature-refused",
    requires=["VCI-F.4-07", STATUS, INVALID_PROOF],
    applies=when.batches & when.one_proof_per_key & when.jwt_proof,
    proven_by=by_rule("proof.further-signature", "PROOF-IN-BATCH-SIGNATURE"),
)
async def broken_signature_after_a_right_proof_is_refused(batch: Flow, access: Access, expect: Expect) -> None:
    """Each proof of a batch is verified: one with a broken signature is refused after a right one, too."""
    control = await batch.issuance()
    if not granted(control):
        raise Blocked(f"no batch is issued: exchange {control.exchange} ended with {control.gist}")
    first = (await access.proof()).sign()
    body = access.body(first, mutate.broken_signature(await access.proof()))
    what = "a batch whose second proof has a broken signature"
    await refused(access, expect, body, "PROOF-IN-BATCH-SIGNATURE", what=what)


@check(
    "proof-in-batch-nonce-refused",
    requires=["VCI-F.4-10", STATUS, "VCI-8.3.1.2-12"],
    applies=when.batches & when.one_proof_per_key & when.jwt_proof & when.c_nonce,
    proven_by=by_rule("proof.further-nonce", "PROOF-IN-BATCH-NONCE"),
)
async def unknown_nonce_after_a_right_proof_is_refused(batch: Flow, access: Access, expect: Expect) -> None:
    """A batch is refused whose second proof has a nonce that this issuer never gave out."""
    control = await batch.issuance()
    if not granted(control):
        raise Blocked(f"no batch is issued: exchange {control.exchange} ended with {control.gist}")
    first, second = await access.proof(), await access.proof()
    body = access.body(first.sign(), second.with_claims(nonce=mutate.unknown_nonce()).sign())
    what = "a batch whose second proof has an unknown nonce"
    await refused(
        access,
        expect,
        body,
        "PROOF-IN-BATCH-NONCE",
        what=what,
        errors={"invalid_nonce"},
        requirement="VCI-8.3.1.2-12",
    )


# Sections 3.3.2 and 8.3: what the Credentials of one response have in common


@check(
    "batch-format",
    requires=["VCI-3.3.2-01"],
    applies=_SEVERAL,
    proven_by={"credential:formats-mixed": "BATCH-FORMATS-MIXED"},
)
async def a_batch_has_one_format(batch: Flow, expect: Expect) -> None:
    """All Credentials of one response have the same format."""
    first, *others = await batch.credentials()
    for other in others:
        expect.that(
            _form(other.raw) == _form(first.raw),
            "BATCH-FORMATS-MIXED",
            f"{_form(first.raw)}, as the first Credential",
            _form(other.raw),
            at=other.exchange,
            pointer=other.pointer,
        )


def _form(raw: Any) -> str:
    """Say what a Credential looks like, whether or not it can be read."""
    if not isinstance(raw, str):
        return "a JSON object"
    if "~" in raw:
        return "an SD-JWT"
    return "a JWT" if raw.count(".") == 2 else "other text"


@check(
    "batch-dataset",
    requires=["VCI-3.3.2-02"],
    applies=_READABLE,
    proven_by={
        "sd-jwt:claim-by-key": "BATCH-DATASETS-MIXED",
        "mdoc:claim-by-key": "BATCH-DATASETS-MIXED",
        "jwt-vc:claim-by-key": "BATCH-DATASETS-MIXED",
        "ldp-vc:claim-by-key": "BATCH-DATASETS-MIXED",
    },
)
async def a_batch_has_one_dataset(batch: Flow, expect: Expect) -> None:
    """All Credentials of one response say the same of the End-User."""
    first, *others = [(issued, traits(issued).dataset) for issued in await batch.credentials()]
    for issued, dataset in others:
        unlike = sorted(
            name for name in dataset.keys() | first[1].keys() if dataset.get(name) != first[1].get(name)
        )
        expect.that(
            not unlike,
            "BATCH-DATASETS-MIXED",
            "the claims of the first Credential",
            f"other values of {', '.join(unlike)}",
            at=issued.exchange,
            pointer=issued.pointer,
        )


@check(
    "batch-keys-distinct",
    requires=["VCI-8.3-10", *_BOUND_BY.values(), "RFC9901-10.1-02"],
    applies=_READABLE,
    proven_by={
        "credential:batch-of-copies": "CREDENTIAL-KEY-USED-TWICE",
    },
)
async def a_batch_uses_each_key_once(batch: Flow, expect: Expect) -> None:
    """In a batch of two, each Credential is bound to one of the two keys, and none to that of another."""
    issued = await batch.credentials()
    for each in issued:
        key = holder_key(each)
        expect.that(
            any(jose.same_key(key, own) for own in each.keys),
            "BATCH-KEY-OTHER",
            "a key of the request",
            "another key",
            at=each.exchange,
            pointer=place_of_key(each),
            requirement=_BOUND_BY.get(each.format, "VCI-8.3-10"),
        )
    expect_distinct_keys(issued, expect)


# Sections 3.3.2 and 15.4.1: what would link them


@check(
    "batch-cryptographic-data",
    requires=["VCI-3.3.2-03", "RFC9901-10.1-01"],
    applies=_READABLE,
    proven_by={
        "credential:batch-of-copies": ("BATCH-SIGNATURE-SHARED", "BATCH-SALT-SHARED", "BATCH-DIGEST-SHARED"),
        "sd-jwt:salts-counted": ("BATCH-SALT-SHARED", "BATCH-DIGEST-SHARED"),
        "mdoc:randoms-counted": ("BATCH-SALT-SHARED", "BATCH-DIGEST-SHARED"),
    },
)
async def cryptographic_data_differ(batch: Flow, expect: Expect) -> None:
    """No two Credentials of one response share a signature, a salt or a digest."""
    for first, other in itertools.combinations(await batch.credentials(), 2):
        one, two = traits(first).secrets, traits(other).secrets
        for kind in one.keys() & two.keys():
            expect.that(
                one[kind].isdisjoint(two[kind]),
                f"BATCH-{kind.upper()}-SHARED",
                f"each {kind} of its own",
                f"a {kind} of {first.pointer}",
                at=other.exchange,
                pointer=other.pointer,
            )


@check(
    "batch-unique-values",
    requires=["VCI-15.4.1-02"],
    applies=_READABLE,
    proven_by={
        "credential:batch-of-copies": ("BATCH-IDENTIFIER-SHARED", "BATCH-STATUS-SHARED"),
        "sd-jwt:jti-shared": "BATCH-IDENTIFIER-SHARED",
        "status-place:reused": "BATCH-STATUS-SHARED",
        "sd-jwt:status-shared": "BATCH-STATUS-SHARED",
        "mso:status-shared": "BATCH-STATUS-SHARED",
        "jwt-vc:id-shared": "BATCH-IDENTIFIER-SHARED",
        "jwt-vc:status-shared": "BATCH-STATUS-SHARED",
        "ldp-vc:id-shared": "BATCH-IDENTIFIER-SHARED",
        "ldp-vc:status-shared": "BATCH-STATUS-SHARED",
    },
)
async def unique_values_differ(batch: Flow, expect: Expect) -> None:
    """No two Credentials of one response share an identifier or an entry of a status list."""
    expect_nothing_shared(expect, await batch.credentials(), "VCI-15.4.1-02")


@check(
    "batch-times",
    requires=["VCI-15.4.1-03", "RFC9901-10.1-03"],
    applies=_READABLE,
    proven_by={
        "sd-jwt:times-exact": "BATCH-TIME-SHARED",
        "mso:times-exact": "BATCH-TIME-SHARED",
        "jwt-vc:times-exact": "BATCH-TIME-SHARED",
        "ldp-vc:times-exact": "BATCH-TIME-SHARED",
    },
)
async def exact_times_differ(batch: Flow, expect: Expect) -> None:
    """Times that the Credentials of one response share are rounded."""
    for first, other in itertools.combinations(await batch.credentials(), 2):
        theirs = dict(_exact_times(other))
        shared = [name for name, value in _exact_times(first) if theirs.get(name) == value]
        expect.that(
            not shared,
            "BATCH-TIME-SHARED",
            "times that are rounded, or randomized one by one",
            f"the very {', '.join(shared)} of {first.pointer}",
            at=other.exchange,
            pointer=other.pointer,
        )


@check(
    "credential-times",
    requires=["VCI-15.4.1-03"],
    applies=when.readable_format,
    per=Per.SCENARIO,
    proven_by={
        "sd-jwt:times-exact": "CREDENTIAL-TIME-EXACT",
        "mso:times-exact": "CREDENTIAL-TIME-EXACT",
        "jwt-vc:times-exact": "CREDENTIAL-TIME-EXACT",
        "ldp-vc:times-exact": "CREDENTIAL-TIME-EXACT",
    },
)
async def times_are_not_the_moment_of_issuance(credential: IssuedCredential, expect: Expect) -> None:
    """No time of a Credential is the very second of issuance, by which two parties could tell who it was."""
    # What an hour would be in which a time may lie is the issuer's affair; so the second tells too much.
    beginnings = traits(credential).beginnings
    exact = [
        name
        for name, value in _exact_times(credential)
        if name in beginnings and abs(value - credential.received) <= _MOMENT_S
    ]
    expect.that(
        not exact,
        "CREDENTIAL-TIME-EXACT",
        "times that are rounded or randomized",
        f"{', '.join(exact)} as the second of issuance",
        at=credential.exchange,
        pointer=credential.pointer,
    )


def _exact_times(issued: IssuedCredential) -> Iterator[tuple[str, float]]:
    """Give the times of a Credential that are not on a whole minute, hour or day."""
    return ((name, value) for name, value in traits(issued).times.items() if value % _MINUTE)
