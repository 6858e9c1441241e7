"""The Nonce Endpoint: OpenID4VCI 1.0 chapter 7."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from harness import mutate
from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import text
from harness.formats.problems import json_type
from harness.formats.strict_json import JsonError
from harness.transport import Reply
from harness.wallet.credential import carries_credential
from harness.wallet.nonce import c_nonce

check = area("Nonce Endpoint")

_SAMPLES = 5
_LEAST_BITS = 64
"""Room that even a careless challenge has; the specification gives no number."""
_LEAST_CHANGING_BITS = 32
"""Room of the part in which challenges differ; counters and clocks stay far below, random values far above."""


@check(
    "nonce-endpoint-offered",
    requires=["VCI-7-01"],
    proven_by={"metadata:nonce-endpoint-missing": "NONCE-ENDPOINT-MISSING"},
    applies=~when.nonce_endpoint & when.jwt_proof,
    per=Per.SHAPE,
)
async def an_issuer_that_wants_nonces_gives_them(shared: Flow, issuance: Reply, expect: Expect) -> None:
    """An issuer without a Nonce Endpoint does not ask for a c_nonce in proofs."""
    reply, refused = issuance, not carries_credential(issuance)
    if refused:
        # The refusal may have another cause. A made-up nonce shows it: only who wants one calls it invalid.
        access = await shared.access()
        proof = (await access.proof()).with_claims(nonce=mutate.unknown_nonce())
        reply = await access.request(access.body(proof.sign()))
    holds = expect.that(
        reply.error != "invalid_nonce",
        "NONCE-ENDPOINT-MISSING",
        "a nonce_endpoint in the metadata, or proofs that need no c_nonce",
        reply.gist,
        at=reply,
    )
    if refused and holds:
        raise Blocked(f"a right Credential Request was refused for another reason: {issuance.gist}")


@check(
    "nonce-anonymous",
    requires=["VCI-7.2-01", "VCI-7.1-01", "VCI15-7.1-01"],
    proven_by={"rejects:nonce.anonymous": "NONCE-REFUSED"},
    applies=when.nonce_endpoint,
)
async def a_nonce_needs_no_access_token(nonce: Reply, expect: Expect) -> None:
    """A POST request without an Access Token is answered with a 2xx status code."""
    wanted = "a 2xx status code"
    open_ = nonce.status != 401
    if not expect.that(open_, "NONCE-REFUSED", wanted, nonce.gist, at=nonce, requirement="VCI-7.1-01"):
        raise Blocked("the Nonce Endpoint asks for an Access Token, which the wallet does not send there")
    expect.that(nonce.successful, "NONCE-REFUSED", wanted, nonce.gist, at=nonce)


@check(
    "nonce-response-json",
    requires=["VCI-7.2-02", "VCI-7.2-03", "RFC8259-4-01"],
    proven_by={
        "nonce-response:content-type": "NONCE-CONTENT-TYPE",
        "nonce-response:array": "NONCE-NOT-OBJECT",
        "nonce:duplicate-key": "NONCE-MEMBER-REPEATED",
    },
    applies=when.nonce_endpoint,
)
async def the_response_is_json(nonce: Reply, expect: Expect) -> None:
    """The Nonce Response is a JSON object of the media type application/json."""
    _given(nonce)
    expect.that(
        nonce.media_type == "application/json",
        "NONCE-CONTENT-TYPE",
        "application/json",
        nonce.media_type,
        at=nonce,
        pointer="header Content-Type",
    )
    try:
        document = nonce.document
    except JsonError as error:
        expect.that(False, "NONCE-NOT-OBJECT", "a JSON object", error.detail, at=nonce, requirement="VCI-7.2-03")
        return
    expect.that(
        isinstance(document.value, dict),
        "NONCE-NOT-OBJECT",
        "a JSON object",
        json_type(document.value),
        at=nonce,
        requirement="VCI-7.2-03",
    )
    repeated = [problem.pointer for problem in document.problems]
    expect.that(
        not repeated,
        "NONCE-MEMBER-REPEATED",
        "each member once",
        f"repeated: {show(repeated)}",
        at=nonce,
        requirement="RFC8259-4-01",
    )


@check(
    "nonce-c-nonce",
    requires=["VCI-7.2-03", "VCI-7.2-04"],
    proven_by={
        "nonce:c-nonce-missing": "NONCE-MISSING",
        "nonce:c-nonce-number": "NONCE-TYPE",
        "nonce:c-nonce-empty": "NONCE-TYPE",
        "nonce-response:array": "NONCE-MISSING",
    },
    applies=when.nonce_endpoint,
)
async def there_is_a_c_nonce(nonce: Reply, expect: Expect) -> None:
    """The Nonce Response contains c_nonce, a string that holds a challenge."""
    _given(nonce)
    members = nonce.object
    where: Any = {"at": nonce, "pointer": "/c_nonce"}
    if expect.that("c_nonce" in members, "NONCE-MISSING", "the member c_nonce", show(list(members)), **where):
        value = members["c_nonce"]
        expect.that(
            isinstance(value, str) and value != "",
            "NONCE-TYPE",
            "a string that is not empty",
            show(value) if value == "" else json_type(value),
            requirement="VCI-7.2-04",
            **where,
        )


@check(
    "nonce-unpredictable",
    requires=["VCI-7.2-05"],
    proven_by={
        "nonce:counter": ("NONCE-SHORT", "NONCE-PREDICTABLE"),
        "nonce:counter-long": "NONCE-PREDICTABLE",
        "nonce:short": ("NONCE-SHORT", "NONCE-PREDICTABLE"),
    },
    applies=when.nonce_endpoint,
)
async def nonces_are_unpredictable(another_nonce: Callable[[], Awaitable[Reply]], expect: Expect) -> None:
    """Challenges are long enough to be hard to guess and do not follow from each other."""
    replies = [await another_nonce() for _ in range(_SAMPLES)]
    values = [value for value in map(c_nonce, replies) if value is not None]
    if not values:
        raise Blocked(f"the Nonce Endpoint gave no c_nonce: {replies[0].gist}")
    # All samples together show the alphabet; one alone may lack a kind of character by chance.
    sample = "".join(values)
    bits = min(map(len, values)) * text.capacity_bits(sample) / len(sample)
    expect.that(
        bits >= _LEAST_BITS,
        "NONCE-SHORT",
        f"room for {_LEAST_BITS} random bits at least",
        f"{min(map(len, values))} characters, which hold {bits:.0f} bits at most",
        at=replies[0],
        pointer="/c_nonce",
    )
    # The issuer may return one challenge several times (section 7.2), so only new ones are compared.
    distinct = list(dict.fromkeys(values))
    changing = _changing_bits(distinct)
    expect.that(
        len(distinct) == 1 or changing >= _LEAST_CHANGING_BITS,
        "NONCE-PREDICTABLE",
        "new challenges that do not follow from the ones before",
        f"{len(distinct)} challenges in a row that differ in {changing:.0f} bits at most",
        at=replies[-1],
        pointer="/c_nonce",
    )


@check(
    "nonce-uncacheable",
    requires=["VCI-7.2-06"],
    proven_by={"nonce-response:cacheable": "NONCE-CACHEABLE"},
    applies=when.nonce_endpoint,
)
async def the_response_is_kept_out_of_caches(nonce: Reply, expect: Expect) -> None:
    """The Nonce Response has Cache-Control: no-store."""
    _given(nonce)
    expect.that(
        "no-store" in nonce.directives("Cache-Control"),
        "NONCE-CACHEABLE",
        "no-store in Cache-Control",
        nonce.headers.get("Cache-Control", "no Cache-Control"),
        at=nonce,
        pointer="header Cache-Control",
    )


def _given(nonce: Reply) -> None:
    """Make sure that there is a Nonce Response.

    Raises:
        Blocked: the request was refused; another check says so.

    """
    if not nonce.successful:
        raise Blocked(f"no nonce was given out: exchange {nonce.exchange} ended with {nonce.gist}")


def _changing_bits(values: Sequence[str]) -> float:
    """Give how many bits the places can hold, at most, in which the texts differ."""
    longest = max(map(len, values))
    places = [{value[index : index + 1] for value in values} for index in range(longest)]
    changing = [place for place in places if len(place) > 1]
    sample = "".join(character for place in changing for character in sorted(place))
    return len(changing) * text.capacity_bits(sample) / len(sample) if sample else 0.0
