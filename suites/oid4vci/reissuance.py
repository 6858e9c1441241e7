"""Credentials that are issued once more: OpenID4VCI 1.0 sections 14.3 and 14.5.

With a refresh token, with the same Access Token where the issuer grants that, and after a new offer. What the
issuer may decide is not judged: whether it renews at all, and when a Credential ends, unless that is in the past.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect, show
from harness.flow import Flow
from harness.formats import date_time, jose
from harness.formats.status_reference import Mechanism, State
from harness.lifecycle import renewal as renewals
from harness.lifecycle.comparison import Comparison, Difference, Kind, compare
from harness.lifecycle.renewal import Renewal
from harness.lifecycle.status import CredentialStatus
from suites.oid4vci._binding import holder_key, place_of_key
from suites.oid4vci._traits import traits

check = area("Re-issuance", per=Per.SHAPE_AND_GRANT)

ReadStatus = Callable[[IssuedCredential], Awaitable[CredentialStatus]]

_RENEWED = when.readable_format & when.refresh_token
_REISSUED = when.readable_format & when.reissued
_OWN_PLACE: Mapping[Mechanism, str] = {
    Mechanism.STATUS_LIST: "TSL-13.2-01",
    Mechanism.IDENTIFIER_LIST: "ISO18013-12.3.6.4-07",
    Mechanism.BITSTRING: "VCI-15.4.1-01",
    Mechanism.STATUS_LIST_2021: "VCI-15.4.1-01",
}
"""What is said of the place of a Credential that is issued again, by the mechanism or else by OpenID4VCI."""
_PLACES = list(dict.fromkeys(_OWN_PLACE.values()))
_SD_JWT_SECRETS = "RFC9901-9.3-02"
_OWN_SECRETS = {"dc+sd-jwt": _SD_JWT_SECRETS, "vc+sd-jwt": _SD_JWT_SECRETS, "mso_mdoc": "ISO18013-9.1.2.5-05"}
"""What a format says of salts; the digests follow from them."""
_SECRETS = list(dict.fromkeys(_OWN_SECRETS.values()))
_ENDED = (State.REVOKED, State.SUSPENDED)
_MARGIN_S = 1.0
_BLUR = 0.8
"""How much of the time that the Credential before has left is left at least, where ends are random (15.4.1)."""


# With a refresh token


@check(
    "renewal-key",
    requires=["VCI-8.2-13"],
    proven_by={
        "renewal:key-old": "RENEWAL-KEY-OLD",
        "renewal:copied": "RENEWAL-KEY-OLD",
    },
    applies=_RENEWED & when.key_binding,
)
async def a_renewed_credential_is_bound_to_the_new_key(renewal: Renewal, expect: Expect) -> None:
    """A Credential for a refreshed token is bound to the key of its request, not to the one before."""
    _expect_new_key(renewal, expect, "RENEWAL")


@check(
    "renewal-identity",
    requires=["VCI-14.5-01", "VCI-8.3-12"],
    proven_by={
        "renewal:type-other": "RENEWAL-TYPE-CHANGED",
        "renewal-draft:issuer-other": "RENEWAL-ISSUER-CHANGED",
        "renewal:subject-other": "RENEWAL-SUBJECT-CHANGED",
    },
    applies=_RENEWED,
)
async def a_renewed_credential_is_for_the_same(renewal: Renewal, expect: Expect) -> None:
    """A Credential for a refreshed token has the type, the issuer and the subject of the one before."""
    comparison, new = renewal.comparison(), renewal.new[0]
    for kind, what, requirement in (
        (Kind.TYPE_CHANGED, "type", "VCI-8.3-12"),
        (Kind.ISSUER_CHANGED, "issuer", "VCI-14.5-01"),
        (Kind.SUBJECT_CHANGED, "subject", "VCI-14.5-01"),
    ):
        difference = comparison.of(kind)
        expect.that(
            difference is None,
            f"RENEWAL-{kind.upper()}",
            f"the {what} of the Credential before",
            _told(difference),
            at=new.exchange,
            pointer=new.pointer,
            requirement=requirement,
        )


@check(
    "renewal-claims",
    requires=["VCI-14.5-02"],
    proven_by={
        "renewal:claim-lost": "RENEWAL-CLAIMS-REMOVED",
        "renewal:subject-other": "RENEWAL-CLAIMS-CHANGED",
    },
    applies=_RENEWED,
)
async def a_renewed_credential_says_the_same(renewal: Renewal, expect: Expect) -> None:
    """A Credential for a refreshed token says of the End-User what the one before said."""
    comparison, new = renewal.comparison(), renewal.new[0]
    for kind in (Kind.CLAIMS_ADDED, Kind.CLAIMS_REMOVED, Kind.CLAIMS_CHANGED):
        difference = comparison.of(kind)
        expect.that(
            difference is None,
            f"RENEWAL-{kind.upper()}",
            "the claims of the Credential before, since nothing has changed that the run knows of",
            f"{kind}: {', '.join(difference.names) if difference else ''}",
            at=new.exchange,
            pointer=new.pointer,
        )


@check(
    "renewal-validity",
    requires=["VCI-14.5-04"],
    proven_by={"renewal:validity-shortened": "RENEWAL-VALIDITY-SHORTENED"},
    applies=_RENEWED,
)
async def a_renewed_credential_does_not_end_earlier(renewal: Renewal, expect: Expect) -> None:
    """A Credential for a refreshed token has not ended, and does not end much earlier than the one before it."""
    new = renewal.new[0]
    _expect_not_ended(new, new.received, expect)
    before = renewal.old[0].document.expires
    expect.that(
        Kind.END_SHORTENED not in renewal.comparison() or _is_blurred(before, new),
        "RENEWAL-VALIDITY-SHORTENED",
        f"an end not much earlier than that of the Credential before: {_time(before)}",
        _time(new.document.expires),
        at=new.exchange,
        pointer=new.pointer,
    )


@check(
    "renewal-of-ended",
    requires=["VCI-14.5-04"],
    proven_by={"renewal:validity-unmoved": "RENEWAL-ENDED"},
    applies=_RENEWED & when.brief_credential,
    waits=True,
)
async def a_credential_that_has_ended_is_renewed(flow: Flow, expect: Expect) -> None:
    """Once a Credential has ended, one for a refreshed token ends later than that."""
    (old, *_), tools = await flow.credentials(), flow.tools
    end = old.document.expires
    if end is None:
        raise Blocked("the credential does not say when it ends")
    await tools.wait(max(0.0, end - tools.now()) + _MARGIN_S, "the end of a credential that is then renewed")
    new = (await renewals.by_refresh_token(flow)).new[0]
    _expect_not_ended(new, max(end, new.received), expect)


@check(
    "renewal-status-place",
    requires=[*_PLACES, "HAIP-6.1-10"],
    proven_by={
        "renewal-draft:status-same": "RENEWAL-STATUS-SHARED",
        "renewal:copied": "RENEWAL-STATUS-SHARED",
    },
    applies=_RENEWED & when.status_by(),
)
async def a_renewed_credential_has_its_own_status(renewal: Renewal, expect: Expect) -> None:
    """A Credential for a refreshed token has a place of its own in a status list."""
    _expect_own_place(renewal, expect, "RENEWAL")


@check(
    "renewal-salts",
    requires=_SECRETS,
    proven_by={
        "renewal-draft:salts-same": ("RENEWAL-SALT-SHARED", "RENEWAL-DIGEST-SHARED"),
        "renewal:copied": ("RENEWAL-SALT-SHARED", "RENEWAL-DIGEST-SHARED"),
    },
    applies=_RENEWED & when.salted_format,
)
async def a_renewed_credential_has_its_own_salts(renewal: Renewal, expect: Expect) -> None:
    """A Credential for a refreshed token shares no salt and no digest with the one before."""
    _expect_own_secrets(renewal, expect, "RENEWAL")


@check(
    "renewal-leaves-old",
    requires=["VCI-14.3-01"],
    proven_by={"renewal:old-revoked": "RENEWAL-OLD-REVOKED"},
    applies=_RENEWED & when.status_by(),
    waits=True,
)
async def a_renewal_revokes_nothing(renewal: Renewal, read_status: ReadStatus, expect: Expect) -> None:
    """A Credential stays valid when another one was issued for a refreshed token."""
    await _expect_still_valid(renewal, read_status, expect, "RENEWAL")


# With the same Access Token


@check(
    "reissuance-key",
    requires=["VCI-8.2-13"],
    proven_by={
        "reissue:key-old": "REISSUANCE-KEY-OLD",
        "sd-jwt:cnf-other-key": "REISSUANCE-KEY-OLD",
        "jwt-vc:cnf-other-key": "REISSUANCE-KEY-OLD",
        "jwt-vc:subject-other-key": "REISSUANCE-KEY-OLD",
        "ldp-vc:subject-other-key": "REISSUANCE-KEY-OLD",
        "mdoc:device-key-other": "REISSUANCE-KEY-OLD",
        "transaction:key-other": "REISSUANCE-KEY-OLD",
        "mdoc:device-key-curve-unlisted": "REISSUANCE-KEY-OLD",
        "reissue:copied": "REISSUANCE-KEY-OLD",
    },
    applies=_REISSUED & when.key_binding,
)
async def a_reissued_credential_is_bound_to_the_new_key(reissued: Renewal, expect: Expect) -> None:
    """A Credential for an Access Token that was used before is bound to the key of its request."""
    _expect_new_key(reissued, expect, "REISSUANCE")


@check(
    "reissuance-status-place",
    requires=[*_PLACES, "HAIP-6.1-10"],
    proven_by={
        "mso:status-shared": "REISSUANCE-STATUS-SHARED",
        "jwt-vc:status-shared": "REISSUANCE-STATUS-SHARED",
        "ldp-vc:status-shared": "REISSUANCE-STATUS-SHARED",
        "reissue:copied": "REISSUANCE-STATUS-SHARED",
        "sd-jwt:status-shared": "REISSUANCE-STATUS-SHARED",
        "status-place:reused": "REISSUANCE-STATUS-SHARED",
    },
    applies=_REISSUED & when.status_by(),
)
async def a_reissued_credential_has_its_own_status(reissued: Renewal, expect: Expect) -> None:
    """A Credential for an Access Token that was used before has a place of its own in a status list."""
    _expect_own_place(reissued, expect, "REISSUANCE")


@check(
    "reissuance-salts",
    requires=_SECRETS,
    proven_by={
        "reissue-draft:salts-same": ("REISSUANCE-SALT-SHARED", "REISSUANCE-DIGEST-SHARED"),
        "mdoc:randoms-counted": ("REISSUANCE-SALT-SHARED", "REISSUANCE-DIGEST-SHARED"),
        "sd-jwt:salts-counted": ("REISSUANCE-SALT-SHARED", "REISSUANCE-DIGEST-SHARED"),
        "sd-jwt:disclosure-malformed": "REISSUANCE-DIGEST-SHARED",
        "reissue:copied": ("REISSUANCE-SALT-SHARED", "REISSUANCE-DIGEST-SHARED"),
    },
    applies=_REISSUED & when.salted_format,
)
async def a_reissued_credential_has_its_own_salts(reissued: Renewal, expect: Expect) -> None:
    """A Credential for an Access Token that was used before shares no salt and no digest with the one before."""
    _expect_own_secrets(reissued, expect, "REISSUANCE")


@check(
    "reissuance-leaves-old",
    requires=["VCI-14.3-01"],
    proven_by={"reissue:old-revoked": "REISSUANCE-OLD-REVOKED"},
    applies=_REISSUED & when.status_by(),
    waits=True,
)
async def a_reissuance_revokes_nothing(reissued: Renewal, read_status: ReadStatus, expect: Expect) -> None:
    """A Credential stays valid when another one was issued for the same Access Token."""
    await _expect_still_valid(reissued, read_status, expect, "REISSUANCE")


# After a new offer


@check(
    "reoffer-status-place",
    requires=[*_PLACES, "HAIP-6.1-10"],
    proven_by={
        "mso:status-shared": "REOFFER-STATUS-SHARED",
        "jwt-vc:status-shared": "REOFFER-STATUS-SHARED",
        "ldp-vc:status-shared": "REOFFER-STATUS-SHARED",
        "sd-jwt:status-shared": "REOFFER-STATUS-SHARED",
        "status-place:reused": "REOFFER-STATUS-SHARED",
    },
    applies=when.readable_format & when.status_by(),
)
async def a_credential_of_another_offer_has_its_own_status(reoffered: Renewal, expect: Expect) -> None:
    """A Credential that was issued anew for the same user has a place of its own in a status list."""
    _expect_own_place(reoffered, expect, "REOFFER")


@check(
    "reoffer-salts",
    requires=_SECRETS,
    proven_by={
        "reoffer-draft:salts-same": ("REOFFER-SALT-SHARED", "REOFFER-DIGEST-SHARED"),
        "mdoc:randoms-counted": ("REOFFER-SALT-SHARED", "REOFFER-DIGEST-SHARED"),
        "sd-jwt:salts-counted": ("REOFFER-SALT-SHARED", "REOFFER-DIGEST-SHARED"),
        "sd-jwt:disclosure-malformed": "REOFFER-DIGEST-SHARED",
    },
    applies=when.readable_format & when.salted_format,
)
async def a_credential_of_another_offer_has_its_own_salts(reoffered: Renewal, expect: Expect) -> None:
    """A Credential that was issued anew for the same user shares no salt and no digest with the one before."""
    _expect_own_secrets(reoffered, expect, "REOFFER")


@check(
    "reoffer-leaves-old",
    requires=["VCI-14.3-01"],
    proven_by={"reoffer:old-revoked": "REOFFER-OLD-REVOKED"},
    applies=when.readable_format & when.status_by(),
    waits=True,
)
async def an_issuance_anew_revokes_nothing(reoffered: Renewal, read_status: ReadStatus, expect: Expect) -> None:
    """A Credential stays valid when another one was issued anew for the same user."""
    await _expect_still_valid(reoffered, read_status, expect, "REOFFER")


# Batches


@check(
    "renewed-batch-unlinkable",
    requires=["VCI-15.4.1-02"],
    proven_by={
        "ldp-vc:status-shared": "RENEWED-BATCH-STATUS-SHARED",
        "jwt-vc:status-shared": "RENEWED-BATCH-STATUS-SHARED",
        "mso:status-shared": "RENEWED-BATCH-STATUS-SHARED",
        "sd-jwt:status-shared": "RENEWED-BATCH-STATUS-SHARED",
        "status-place:reused": "RENEWED-BATCH-STATUS-SHARED",
        "sd-jwt:jti-shared": "RENEWED-BATCH-IDENTIFIER-SHARED",
        "jwt-vc:id-shared": "RENEWED-BATCH-IDENTIFIER-SHARED",
        "ldp-vc:id-shared": "RENEWED-BATCH-IDENTIFIER-SHARED",
        "renewal-draft:status-same": "RENEWED-BATCH-STATUS-SHARED",
        "renewal-draft:salts-same": ("RENEWED-BATCH-SALT-SHARED", "RENEWED-BATCH-DIGEST-SHARED"),
        "mdoc:randoms-counted": ("RENEWED-BATCH-SALT-SHARED", "RENEWED-BATCH-DIGEST-SHARED"),
        "sd-jwt:salts-counted": ("RENEWED-BATCH-SALT-SHARED", "RENEWED-BATCH-DIGEST-SHARED"),
        "renewal:key-old": "RENEWED-BATCH-KEY-SHARED",
        "renewal:copied": (
            *("RENEWED-BATCH-KEY-SHARED", "RENEWED-BATCH-STATUS-SHARED", "RENEWED-BATCH-SIGNATURE-SHARED"),
            *("RENEWED-BATCH-SALT-SHARED", "RENEWED-BATCH-DIGEST-SHARED"),
        ),
    },
    applies=when.readable_format & when.batches & when.renewed_batch,
)
async def a_further_batch_shares_nothing_with_the_first(renewed_batch: Renewal, expect: Expect) -> None:
    """No Credential of a batch shares a key, a salt, an identifier or a status with one of the batch before it."""
    for old, new in renewed_batch.pairs:
        one, two = traits(old), traits(new)
        shared = [name for name, value in one.identifiers.items() if two.identifiers.get(name) == value]
        found = {
            "identifier": bool(shared),
            "status": Kind.STATUS_SAME in compare(old.document, new.document),
            "key": Kind.KEY_SAME in compare(old.document, new.document),
            **{
                kind: not one.secrets[kind].isdisjoint(two.secrets[kind])
                for kind in one.secrets.keys() & two.secrets.keys()
            },
        }
        for kind, same in found.items():
            expect.that(
                not same,
                f"RENEWED-BATCH-{kind.upper()}-SHARED",
                f"a {kind} of its own",
                f"the {kind} of a Credential of the batch before: exchange {old.exchange}, {old.pointer}",
                at=new.exchange,
                pointer=new.pointer,
            )


# Changed claims; this comes last, because what is issued before must not differ from what is issued after


@check(
    "renewal-claims-updated",
    requires=["VCI-14.5-03"],
    proven_by={
        "renewal:claims-old": "RENEWAL-CLAIMS-OLD",
        "jwt-vc:claim-outside-subject": "RENEWAL-CLAIMS-OLD",
        "mdoc:element-number": "RENEWAL-CLAIMS-OLD",
        "mdoc:letters-greek": "RENEWAL-CLAIMS-OLD",
        "renewal:copied": "RENEWAL-CLAIMS-OLD",
        "renewal-draft:salts-same": "RENEWAL-CLAIMS-OLD",
        "reissue:copied": "RENEWAL-CLAIMS-OLD",
        "reissue-draft:salts-same": "RENEWAL-CLAIMS-OLD",
    },
    applies=when.readable_format & when.operation("change_claims"),
)
async def changed_claims_are_in_the_next_credential(changed: Renewal, expect: Expect) -> None:
    """What has changed of the End-User is in the Credential that is issued then."""
    comparison, new = changed.comparison(), changed.new[0]
    if not traits(new).dataset:
        raise Blocked("the credential says nothing of its subject that could have changed")
    expect.that(
        any(kind in comparison for kind in (Kind.CLAIMS_ADDED, Kind.CLAIMS_REMOVED, Kind.CLAIMS_CHANGED)),
        "RENEWAL-CLAIMS-OLD",
        f"other claims than before the change, in a Credential that came by a {changed.way}",
        "the same claims",
        at=new.exchange,
        pointer=new.pointer,
    )


def _expect_new_key(renewal: Renewal, expect: Expect, code: str) -> None:
    for new in renewal.new:
        key = holder_key(new)
        if expect.that(
            not any(jose.same_key(key, holder_key(old)) for old in renewal.old),
            f"{code}-KEY-OLD",
            "the key of the request",
            "the key of the Credential before",
            at=new.exchange,
            pointer=place_of_key(new),
        ):
            expect.that(
                any(jose.same_key(key, own) for own in new.keys),
                f"{code}-KEY-OTHER",
                "the key of the request",
                "another key",
                at=new.exchange,
                pointer=place_of_key(new),
            )


def _expect_own_place(renewal: Renewal, expect: Expect, code: str) -> None:
    for old, new in renewal.pairs:
        comparison = compare(old.document, new.document)
        if _lawful_copy(comparison):
            expect.that(True, f"{code}-STATUS-SHARED", "the same Credential again", "the same Credential again")
            continue
        mechanisms = [each.mechanism for each in new.document.status_references]
        expect.that(
            Kind.STATUS_SAME not in comparison,
            f"{code}-STATUS-SHARED",
            "a place of its own in a status list",
            "the place of the Credential before",
            at=new.exchange,
            pointer=new.pointer,
            requirement=_OWN_PLACE[mechanisms[0]] if mechanisms else None,
        )


def _expect_own_secrets(renewal: Renewal, expect: Expect, code: str) -> None:
    for old, new in renewal.pairs:
        comparison = compare(old.document, new.document)
        difference = comparison.of(Kind.SECRETS_SAME)
        shared = () if difference is None or _lawful_copy(comparison) else difference.names
        for kind in ("salt", "digest"):
            expect.that(
                kind not in shared,
                f"{code}-{kind.upper()}-SHARED",
                f"{kind}s that no other Credential has",
                f"a {kind} of the Credential before",
                at=new.exchange,
                pointer=new.pointer,
                requirement=_OWN_SECRETS[new.format],
            )


def _lawful_copy(comparison: Comparison) -> bool:
    """Whether the same Credential came again, as section 14.3 allows where no other key was to be bound."""
    return Kind.COPY in comparison and not (Kind.KEY_SAME in comparison or Kind.KEY_OTHER in comparison)


def _expect_not_ended(new: IssuedCredential, now: float, expect: Expect) -> None:
    end = new.document.expires
    expect.that(
        end is None or end > now,
        "RENEWAL-ENDED",
        f"an end after {_time(now)}",
        _time(end),
        at=new.exchange,
        pointer=new.pointer,
    )


async def _expect_still_valid(renewal: Renewal, read_status: ReadStatus, expect: Expect, code: str) -> None:
    """Look at the status of the old Credential, at once and when a revocation would show as the team promises."""
    old, new, tools = renewal.old[0], renewal.new[0], renewal.flow.tools
    if renewal.was is None or renewal.was.state is not State.VALID:
        raise Blocked("that the credential was valid before is not known")
    status = await read_status(old)
    remaining = new.received + (tools.promises.status_change_s or 0.0) - tools.now()
    if status.state not in _ENDED and remaining > 0:
        await tools.wait(remaining, "the time in which a revocation shows in a status list")
        status = await read_status(old)
    if status.state is None:
        raise Blocked(next((entry.missing for entry in status.entries), "the credential has no status any more"))
    revoked = next((entry for entry in status.entries if entry.state in _ENDED), None)
    expect.that(
        revoked is None,
        f"{code}-OLD-REVOKED",
        "the Credential before stays valid",
        f"it is {status.state}",
        at=revoked.reply if revoked else old.exchange,
        pointer=None if revoked is None else revoked.reference.pointer,
    )


def _is_blurred(before: float | None, new: IssuedCredential) -> bool:
    """Whether an earlier end may come of random times, by which nobody can be recognised."""
    end = new.document.expires
    return None not in (before, end) and (end or 0) - new.received >= ((before or 0) - new.received) * _BLUR


def _told(difference: Difference | None) -> str:
    if difference is None:
        return ""
    names = f"{', '.join(difference.names)}: " if difference.names else ""
    return f"{names}{show(difference.new)} instead of {show(difference.old)}"


def _time(seconds: float | None) -> str:
    """Give a time as it stands in reports."""
    return "no end" if seconds is None else date_time.written(seconds) or f"{seconds:.0f}"
