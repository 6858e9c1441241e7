"""Wrong DPoP proofs, what they are sent to, and how they are refused: RFC 9449 sections 4.3, 5, 7, 8 and 9.

A check for each group of endpoints follows from each row of the tables; see the modules ``dpop_*``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from harness import mutate
from harness.access import Access
from harness.agent import ChangeProof
from harness.evidence import Blocked
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import challenges, text
from harness.formats.challenges import ChallengeError
from harness.transport import Reply
from harness.wallet import deferred, notification
from harness.wallet.jwt import JwtDraft
from harness.wallet.refusals import error_codes

PROOF_ERRORS = frozenset({"invalid_dpop_proof", "use_dpop_nonce"})
"""Errors that are right for a wrong proof: what was wrong, or that a nonce is wanted at any rate."""
MALFORMED = PROOF_ERRORS | {"invalid_request"}
"""Errors that are right where the request is malformed as a whole, too."""

_LEEWAY = 300
"""Seconds that a proof is good for by its own claims."""
_UNUSABLE_KEY = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}


class WrongProof(NamedTuple):
    """A kind of wrong DPoP proof."""

    name: str
    """Stands in the ids of the checks."""
    statement: str
    """A request with it, as the subject of a sentence."""
    requirement: str
    changes: Mapping[str, ChangeProof]
    """A wrong proof in words to what makes it of a right one."""
    rules: Collection[str]
    """The rules of the reference issuer that it breaks."""
    errors: Collection[str] = PROOF_ERRORS
    further: Sequence[str] = ()
    """What stricter profiles ask of the matter."""

    @property
    def code(self) -> str:
        """How its finding codes begin."""
        return f"DPOP-{self.name.upper()}"

    def proven_by(self, *further: str) -> dict[str, str]:
        """Give the faults of the reference issuer that the check of this proof notices.

        Args:
            further: rules that are broken besides at one group of endpoints.

        """
        rules = {*self.rules, *further}
        return {f"accepts:dpop.{rule}": f"{self.code}-ACCEPTED" for rule in sorted(rules)} | {
            f"misreports:dpop.{rule}": f"{self.code}-MISREPORTED" for rule in sorted(rules)
        }


class Once:
    """One DPoP proof that is sent as it is with two requests."""

    def __init__(self) -> None:
        self._proof = ""

    def sign(self, draft: JwtDraft) -> str:
        """Sign the right proof and keep it."""
        self._proof = draft.sign()
        return self._proof

    def repeat(self, _: JwtDraft) -> str:
        """Give the proof that was signed last, whatever would be right now."""
        return self._proof


def without_claim(name: str) -> ChangeProof:
    """Give the change that leaves out a claim."""
    return lambda draft: draft.with_claims(**{name: None})


async def redeem_with(change: ChangeProof, flow: Flow) -> Reply:
    """Make a Token Request that is right but for its DPoP proof."""
    return await flow.request_token(await flow.token_fields(), dpop=change)


def no_proof(_: JwtDraft) -> None:
    """Leave out the proof."""


def with_unknown_nonce(draft: JwtDraft) -> JwtDraft:
    """Put a nonce into a proof that no server gave out."""
    return draft.with_claims(nonce=mutate.unknown_nonce())


def _twice(draft: JwtDraft) -> list[str]:
    return [draft.sign(), draft.with_claims(jti=mutate.unknown_nonce()).sign()]


def _another_path(draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(htu=f"{draft.claims['htu']}/elsewhere")


def made(seconds: float) -> ChangeProof:
    """Give the change that makes a proof look as if it was made at another time, in seconds from now."""
    return lambda draft: draft.with_claims(iat=int(draft.claims["iat"] + seconds))


_CHECKED_WELL = ("FAPI2-5.4.1-01",)
"""What makes servers of a stricter profile check JWTs by the rules of RFC 8725."""

WRONG_PROOFS = (
    WrongProof(
        "header-repeated",
        "A request with more than one DPoP header field",
        "RFC9449-4.3-01",
        {"two DPoP header fields": _twice},
        ["one-proof"],
        MALFORMED,
    ),
    WrongProof(
        "malformed",
        "A DPoP header field that is no JWT",
        "RFC9449-4.3-02",
        {
            "a DPoP header field without any JWT": lambda _: "assay",
            "a DPoP proof without signature": mutate.without_signature,
        },
        ["wellformed"],
        MALFORMED,
    ),
    WrongProof(
        "claim-missing",
        "A DPoP proof without jti, htm, htu or iat",
        "RFC9449-4.3-03",
        {f"a DPoP proof without {name}": without_claim(name) for name in ("jti", "htm", "htu", "iat")},
        ["identifier-present", "method-present", "url-present", "issued-at-present"],
    ),
    WrongProof(
        "typ",
        "A DPoP proof whose typ is not dpop+jwt",
        "RFC9449-4.3-04",
        {
            "a DPoP proof with the typ JWT": mutate.wrong_type,
            "a DPoP proof without typ": lambda draft: draft.with_header(typ=None),
        },
        ["typ"],
        further=_CHECKED_WELL,
    ),
    WrongProof(
        "algorithm-none",
        "A DPoP proof with the alg none",
        "RFC9449-4.3-05",
        {"a DPoP proof with the alg none": mutate.unsigned},
        ["algorithm-asymmetric"],
        further=["FAPI2-5.4.1-05"],
    ),
    WrongProof(
        "algorithm-missing",
        "A DPoP proof without alg",
        "RFC9449-4.3-07",
        {"a DPoP proof without alg": lambda draft: draft.with_header(alg=None)},
        ["algorithm-asymmetric"],
    ),
    WrongProof(
        "algorithm-symmetric",
        "A DPoP proof with a symmetric alg",
        "RFC9449-4.3-06",
        {"a DPoP proof with the alg HS256, the public key being the secret": mutate.symmetric},
        ["algorithm-asymmetric"],
        further=_CHECKED_WELL,
    ),
    WrongProof(
        "algorithm-unknown",
        "A DPoP proof with an alg that nobody knows",
        "RFC9449-4.3-07",
        {"a DPoP proof with an invented alg": mutate.invented_algorithm},
        ["algorithm-supported"],
    ),
    WrongProof(
        "signature",
        "A DPoP proof whose signature is not by the key it carries",
        "RFC9449-4.3-08",
        {
            "a DPoP proof with a wrong signature": mutate.broken_signature,
            "a DPoP proof signed with another key than its jwk": mutate.foreign_signature,
        },
        ["signature"],
        further=_CHECKED_WELL,
    ),
    WrongProof(
        "key-missing",
        "A DPoP proof without a usable jwk",
        "RFC9449-4.3-08",
        {
            "a DPoP proof without jwk": mutate.no_key,
            "a DPoP proof whose jwk is no point of its curve": lambda draft: draft.with_header(jwk=_UNUSABLE_KEY),
        },
        ["key-present", "key-usable"],
    ),
    WrongProof(
        "private-key",
        "A DPoP proof whose jwk contains the private key",
        "RFC9449-4.3-09",
        {"a DPoP proof with the private key in its jwk": mutate.private_key_in_header},
        ["no-private-key"],
    ),
    WrongProof(
        "critical-header",
        "A DPoP proof that calls a header parameter critical which nobody knows",
        "RFC7515-4.1.11-04",
        {"a DPoP proof with an unknown crit": mutate.unknown_critical_header},
        ["critical"],
    ),
    WrongProof(
        "method",
        "A DPoP proof whose htm is not the method of the request",
        "RFC9449-4.3-10",
        {"a DPoP proof with the htm GET": lambda draft: draft.with_claims(htm="GET")},
        ["method"],
    ),
    WrongProof(
        "url",
        "A DPoP proof whose htu is not the URL of the request",
        "RFC9449-4.3-11",
        {
            "a DPoP proof with the htu of another server": lambda draft: draft.with_claims(htu=mutate.ELSEWHERE),
            "a DPoP proof with the htu of another path": _another_path,
        },
        ["url"],
    ),
)
"""What is wrong at every endpoint."""

OLD = WrongProof(
    "old",
    "A DPoP proof that was made long ago",
    "RFC9449-4.3-14",
    {"a DPoP proof that was made a day ago": made(-mutate.DAY)},
    ["issued-at"],
)
"""A nonce may tell the age of a proof in its place, as with the next one."""
FUTURE = WrongProof(
    "future",
    "A DPoP proof with an iat far in the future",
    "RFC9449-4.3-15",
    {"a DPoP proof with an iat a day ahead": made(mutate.DAY)},
    ["issued-at"],
    further=["FAPI2-5.3.2.1-16"],
)


class HarmlessProof(NamedTuple):
    """A right DPoP proof that is unusual in something."""

    name: str
    """Stands in the ids of the checks."""
    statement: str
    """The proof, as the subject of a sentence."""
    requirement: str
    change: ChangeProof
    fault: str
    """The fault of the reference issuer that makes it refuse the proof."""

    @property
    def code(self) -> str:
        """The finding code of a refusal."""
        return f"DPOP-{self.name.upper()}-REFUSED"


def _with_further_claims(draft: JwtDraft) -> JwtDraft:
    claims = {"nbf": draft.claims["iat"] - _LEEWAY, "exp": draft.claims["iat"] + _LEEWAY, mutate.ELSEWHERE: True}
    return draft.with_claims(**claims)


def _with_query(draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(htu=f"{draft.claims['htu']}?assay=1#assay")


def _in_capitals(draft: JwtDraft) -> list[tuple[str, str]]:
    return [("DPOP", draft.sign())]


def _respelled(draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(htu=mutate.respelled(draft.claims["htu"]))


def _with_port(draft: JwtDraft) -> JwtDraft:
    return draft.with_claims(htu=mutate.with_default_port(draft.claims["htu"]))


HARMLESS_PROOFS = (
    HarmlessProof(
        "unknown-claim",
        "A DPoP proof with a claim that nobody knows, and with nbf and exp that hold,",
        "RFC7519-4-03",
        _with_further_claims,
        "rejects:dpop.unknown-claim",
    ),
    HarmlessProof(
        "unknown-header",
        "A DPoP proof with a header parameter that nobody knows",
        "RFC7515-4-03",
        mutate.unknown_header,
        "rejects:dpop.unknown-header",
    ),
    HarmlessProof(
        "url-in-capitals",
        "A DPoP proof whose htu has scheme and host in capitals",
        "RFC9449-4.3-19",
        _respelled,
        "rejects:dpop.url-spelling",
    ),
    HarmlessProof(
        "url-query",
        "A DPoP proof whose htu has a query and a fragment besides the URL of the request",
        "RFC9449-4.3-12",
        _with_query,
        "rejects:dpop.url-with-query",
    ),
    HarmlessProof(
        "skew-past",
        "A DPoP proof that was made ten seconds ago",
        "RFC9449-11.1-01",
        made(-10),
        "rejects:dpop.clock-skew",
    ),
    HarmlessProof(
        "header-name-case",
        "A DPoP proof in a header field whose name is spelled in capitals",
        "RFC9110-5.1-01",
        _in_capitals,
        "rejects:dpop.field-case",
    ),
)
"""What is put up with at every endpoint."""
DEFAULT_PORT = HarmlessProof(
    "url-default-port",
    "A DPoP proof whose htu names the default port of its scheme",
    "RFC9449-4.3-20",
    _with_port,
    "rejects:dpop.url-spelling",
)
"""Only where the URL of the endpoint names no port."""


# How Credential Issuers refuse


def expect_resource_refusal(
    expect: Expect, reply: Reply, code: str, *, what: str, errors: Collection[str] = PROOF_ERRORS
) -> None:
    """Expect the refusal of RFC 9449 section 7.1: HTTP 401, or 400, with no other error than these.

    The error stands in a challenge or in the body; that there is one at all is advice, which another check judges.
    """
    expect.refused(reply, code, what=what, status={400, 401}, status_requirement="RFC9449-7.1-02")
    if reply.status not in (400, 401):
        return
    told = error_codes(reply)
    expect.that(
        not told or not told.isdisjoint(errors),
        f"{code}-MISREPORTED",
        f"{what} is answered by the error {' or '.join(sorted(errors))}",
        sorted(told),
        at=reply,
        requirement="RFC9449-7.1-05",
    )


# Nonces


def expect_server_wants_nonce(expect: Expect, reply: Reply, *, where: str) -> None:
    """Expect the wish of an Authorization Server for a nonce: an error response as any other (section 8).

    Args:
        where: the endpoint in words.

    """
    told = {reply.error} - {None}
    _expect_nonce_wanted(expect, reply, told, status=400, clause="RFC9449-8", where=where)


def expect_issuer_wants_nonce(expect: Expect, reply: Reply, *, where: str) -> None:
    """Expect the wish of a Credential Issuer for a nonce: a challenge for DPoP (section 9).

    Args:
        where: the endpoint in words.

    """
    try:
        found = challenges.read(reply.headers.get_list("WWW-Authenticate"))
    except ChallengeError:
        found = ()
    told = {code for one in found if one.scheme.lower() == "dpop" for code in one.values("error")}
    _expect_nonce_wanted(expect, reply, told, status=401, clause="RFC9449-9", where=where)


def _expect_nonce_wanted(
    expect: Expect, reply: Reply, told: Collection[str | None], *, status: int, clause: str, where: str
) -> None:
    """Expect a proof without ``nonce`` to be refused with the wish for one, and with the nonce.

    Args:
        told: the error codes where the clause wants them.
        status: that of the refusal.
        clause: its requirements are those of the error, of the status and of the header field, in this order.

    """
    error, status_requirement, header = (f"{clause}-{number:02}" for number in (1, 2, 3))
    expect.refused(
        reply,
        "DPOP-NONCE-MISSING",
        what=f"a DPoP proof without nonce at {where}",
        status={status},
        status_requirement=status_requirement,
    )
    if reply.status != status:
        return
    if not expect.that(
        "use_dpop_nonce" in told,
        "DPOP-NONCE-MISSING-MISREPORTED",
        f"a DPoP proof without nonce at {where} is answered by the error use_dpop_nonce"
        + (" in a challenge for DPoP" if status == 401 else ""),
        sorted(filter(None, told)) or reply.gist,
        at=reply,
        requirement=error,
    ):
        return
    if expect.that(
        "DPoP-Nonce" in reply.headers,
        "DPOP-NONCE-HEADER-MISSING",
        "the header field DPoP-Nonce beside use_dpop_nonce",
        reply.gist,
        at=reply,
        requirement=header,
    ):
        _expect_nonce_header(expect, reply)


NONCE_HEADER = ("RFC9449-8-06", "RFC9449-8.1-01", "RFC9449-8.2-01")
"""What both of them judge besides, of the header field ``DPoP-Nonce``."""


def _expect_nonce_header(expect: Expect, reply: Reply) -> None:
    values = reply.headers.get_list("DPoP-Nonce")
    expect.that(
        len(values) == 1,
        "DPOP-NONCE-HEADER-REPEATED",
        "one header field DPoP-Nonce",
        values,
        at=reply,
        pointer="header DPoP-Nonce",
        requirement="RFC9449-8-06",
    )
    expect.that(
        all(map(text.is_scope_value, values)),
        "DPOP-NONCE-HEADER-CHARACTERS",
        "one or more of the characters %x21, %x23-5B and %x5D-7E",
        values,
        at=reply,
        pointer="header DPoP-Nonce",
        requirement="RFC9449-8.1-01",
    )
    directives = reply.directives("Cache-Control")
    # Without any of these, no cache keeps the answer to a POST (RFC 9110 section 9.3.3).
    kept = not directives.isdisjoint({"public", "max-age", "s-maxage"}) or "Expires" in reply.headers
    expect.that(
        not kept or not directives.isdisjoint({"no-store", "no-cache", "must-revalidate"}),
        "DPOP-NONCE-HEADER-CACHEABLE",
        "an answer with DPoP-Nonce that no cache uses again",
        f"Cache-Control: {reply.headers.get('Cache-Control', '')}",
        at=reply,
        pointer="header Cache-Control",
        requirement="RFC9449-8.2-01",
    )


# The endpoints that take Access Tokens


class Send(Protocol):
    """Makes a request that is right but for the scheme or the proof."""

    async def __call__(self, *, dpop: ChangeProof | None = None, scheme: str | None = None) -> Reply:
        """Make the request."""


class Door(NamedTuple):
    """An endpoint of the Credential Issuer that takes an Access Token."""

    name: str
    """As it stands in findings."""
    send: Send


async def doors(access: Access) -> AsyncIterator[Door]:
    """Give the Credential Endpoint, and the Deferred Credential and the Notification Endpoint where they are used.

    A door is given when a right request can be made to it, so that a refusal is one of the proof.
    """

    async def ask(*, dpop: ChangeProof | None = None, scheme: str | None = None) -> Reply:
        return await access.request(await access.right_body(), dpop=dpop, scheme=scheme)

    yield Door("the Credential Endpoint", ask)
    flow = access.flow
    issuance, dialect = await flow.issuance(), access.dialect
    if flow.issuer.deferred_endpoint is not None and deferred.transaction_id(issuance, dialect) is not None:
        yield Door("the Deferred Credential Endpoint", (await flow.pending()).collect)
    body = await _accepted_notification(flow)
    if body is not None:
        yield Door("the Notification Endpoint", partial((await flow.access()).notify, body))


async def _accepted_notification(flow: Flow) -> dict[str, str] | None:
    """Give the body of a Notification Request that was accepted; ``None`` when there is none."""
    if flow.issuer.notification_endpoint is None:
        return None
    try:
        accepted = (await flow.notified()).successful
        return notification.body(await flow.notification_id(), "credential_accepted") if accepted else None
    except Blocked:
        return None
