"""The status of credentials: docs.wallet.service.gov.uk, Use Status List Service to change credential status."""

from __future__ import annotations

from typing import Any

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Expect
from harness.flow import Flow
from harness.formats import jwt_claims
from harness.formats.status_reference import Mechanism, Reference
from harness.govuk.status_requests import LONGEST_S
from harness.govuk.status_service import ISSUE_PATH, REVOKE_PATH, StatusListService
from harness.lifecycle.status import CredentialStatus
from suites.govuk_wallet._status_requests import (
    ENTRY_ASKED_FOR,
    FORM,
    SIGNATURE,
    Rule,
    asked,
    expect_accepted,
    refused,
)

check = area("GOV.UK Wallet: status", per=Per.SCENARIO)

_ASKED = when.status_service_under_test & ENTRY_ASKED_FOR
_VALID = 0
_GONE = (404, 410)
_PLACES = (Mechanism.STATUS_LIST, Mechanism.BITSTRING)
_REACHES_S = 10.0
"""How long a revocation may take to reach the service, where the team promises nothing."""
_PAUSE_S = 1.0

_OF_REQUEST = (
    Rule("GOVUK-STATUS-REQUEST-FORM", "GOVUK-STATUS-03", "a POST of application/jwt, a signed JWT", FORM),
    Rule(
        "GOVUK-STATUS-REQUEST-SIGNATURE",
        "GOVUK-STATUS-04",
        "typ JWT, alg ES256 and the kid of a key in the issuer's JWKS, which verifies the request",
        SIGNATURE,
    ),
    Rule("GOVUK-STATUS-REQUEST-CLIENT", "GOVUK-STATUS-05", "the client id as iss", frozenset({"client"})),
    Rule("GOVUK-STATUS-REQUEST-IAT", "GOVUK-STATUS-06", "the time of the request as iat", frozenset({"iat"})),
    Rule("GOVUK-STATUS-REQUEST-JTI", "GOVUK-STATUS-07", "a UUID in lower case as jti", frozenset({"jti"})),
)
_OF_REVOCATION = (
    Rule(
        "GOVUK-REVOCATION-SIGNATURE",
        "GOVUK-REVOKE-01",
        "a POST of application/jwt with typ JWT, alg ES256 and the kid of a key in the issuer's JWKS",
        FORM | SIGNATURE,
    ),
    Rule(
        "GOVUK-REVOCATION-CLAIMS",
        "GOVUK-REVOKE-02",
        "the client id as iss, the time as iat and a UUID in lower case as jti",
        frozenset({"client", "iat", "jti"}),
    ),
    Rule(
        "GOVUK-REVOCATION-ENTRY",
        "GOVUK-REVOKE-03",
        "the uri and idx that the Status List Service gave for the credential",
        frozenset({"idx", "uri", "entry-unknown", "other-client"}),
    ),
)


@check(
    "govuk-status-request",
    requires=[rule.requirement for rule in _OF_REQUEST],
    proven_by={
        "govuk-request:status-as-text": "GOVUK-STATUS-REQUEST-FORM",
        "govuk-status-issue:typ-missing": "GOVUK-STATUS-REQUEST-SIGNATURE",
        "govuk-status-issue:kid-missing": "GOVUK-STATUS-REQUEST-SIGNATURE",
        "govuk-status-issue:signature": "GOVUK-STATUS-REQUEST-SIGNATURE",
        "govuk-status-issue:iss-other": "GOVUK-STATUS-REQUEST-CLIENT",
        "govuk-status-issue:iat-missing": "GOVUK-STATUS-REQUEST-IAT",
        "govuk-status-issue:jti-missing": "GOVUK-STATUS-REQUEST-JTI",
        "govuk-status-issue:jti-upper": "GOVUK-STATUS-REQUEST-JTI",
    },
    applies=_ASKED,
    per=Per.SHAPE,
)
async def a_status_is_asked_for_rightly(status_service: StatusListService, expect: Expect) -> None:
    """The issuer asks the Status List Service for an entry as that wants to be asked."""
    expect_accepted(expect, refused(status_service, ISSUE_PATH), _OF_REQUEST)


@check(
    "govuk-status-expiry",
    requires=["GOVUK-STATUS-09", "GOVUK-STATUS-10"],
    proven_by={
        "govuk-status-issue:expiry-missing": "GOVUK-STATUS-EXPIRY-FORM",
        "govuk-status-issue:expiry-late": "GOVUK-STATUS-EXPIRY-LATE",
        "govuk-status-issue:expiry-early": "GOVUK-STATUS-EXPIRY-EARLY",
    },
    applies=_ASKED,
)
async def a_status_lasts_as_long_as_its_credential(
    shared: Flow, status_service: StatusListService, expect: Expect
) -> None:
    """The statusExpiry is a time within a year, and not before the credential ends."""
    for request in asked(status_service, ISSUE_PATH):
        if not request.claims:
            continue
        expiry = jwt_claims.number(request.claims.get("statusExpiry"))
        if expect.that(
            expiry is not None,
            "GOVUK-STATUS-EXPIRY-FORM",
            "a number of seconds since 1970 as statusExpiry",
            request.claims.get("statusExpiry", "none"),
        ):
            ahead = (expiry or 0.0) - request.at
            expect.that(
                ahead <= LONGEST_S,
                "GOVUK-STATUS-EXPIRY-LATE",
                "a statusExpiry within a year",
                f"one {ahead / 86400:.0f} days ahead",
                requirement="GOVUK-STATUS-10",
            )
    for issued in await shared.credentials():
        place, end = _place(issued), issued.document.expires
        if place is None:
            # Not every credential of an issuer has a status.
            continue
        entry = status_service.entry(place.uri, place.index)
        if entry is None or end is None:
            raise Blocked("the credential has no entry of the Status List Service, or does not say when it ends")
        expect.that(
            entry.expires >= int(end),
            "GOVUK-STATUS-EXPIRY-EARLY",
            "a statusExpiry that is not before the end of the credential",
            f"one {(end - entry.expires) / 86400:.1f} days before it",
            at=issued.exchange,
        )


@check(
    "govuk-status-request-apart",
    requires=["GOVUK-STATUS-08"],
    proven_by={"govuk-status-issue:jti-same": "GOVUK-STATUS-JTI-REPEATED"},
    applies=_ASKED & when.status_by(*_PLACES),
    per=Per.SHAPE,
)
async def each_status_is_asked_for_by_itself(
    flow: Flow, status_service: StatusListService, expect: Expect
) -> None:
    """The request for the status of a further credential has a jti that was not used before."""
    before = asked(status_service, ISSUE_PATH)
    await flow.issuance()
    further = asked(status_service, ISSUE_PATH)[len(before) :]
    named = [request.jti for request in further if request.jti is not None]
    if not named:
        raise Blocked("no status was asked for with a jti when a further credential was issued")
    # A request that is sent once more after a fault of the network may have the jti that it had.
    used = {request.jti for request in before}
    expect.that(
        any(jti not in used for jti in named),
        "GOVUK-STATUS-JTI-REPEATED",
        "a jti of its own",
        "the jti of the request for another credential",
    )


@check(
    "govuk-status-entry",
    requires=["GOVUK-STATUS-12", "GOVUK-STATUS-13"],
    proven_by={
        "govuk-making:no-entry": "GOVUK-STATUS-ENTRY-MISSING",
        "govuk-mdoc:status-nested": "GOVUK-STATUS-ENTRY-PLACE",
        "govuk-mdoc:status-index-text": "GOVUK-STATUS-ENTRY-PLACE",
        "govuk-status-entry:other-index": "GOVUK-STATUS-ENTRY-OTHER",
        "govuk-making:entry-shared": "GOVUK-STATUS-ENTRY-OTHER",
        "govuk-making:entry-out-of-list": "GOVUK-STATUS-ENTRY-OTHER",
        "govuk-making:entry-other-list": "GOVUK-STATUS-ENTRY-OTHER",
        "govuk-making:entry-of-other-service": "GOVUK-STATUS-ENTRY-OTHER",
        "govuk-making:entry-kept": "GOVUK-STATUS-ENTRY-OTHER",
    },
    applies=_ASKED,
)
async def a_credential_has_the_entry_it_was_given(
    flow: Flow, status_service: StatusListService, expect: Expect
) -> None:
    """A credential has the uri and idx that the Status List Service gave for it, where its format has them."""
    before = len(status_service.entries)
    earlier = {(entry.uri, entry.index) for entry in status_service.entries}
    (issued, *_) = await flow.credentials()
    given = {(entry.uri, entry.index) for entry in status_service.entries} - earlier
    if not given and not before:
        raise Blocked("the Status List Service gave no entry for the credential")
    place = _place(issued)
    if place is None:
        if not given and issued.document.status_references:
            raise Blocked("the credential has a status of another kind, not of the Status List Service")
        told = _status_of(issued) is not None
        expect.that(
            not told,
            "GOVUK-STATUS-ENTRY-PLACE",
            "uri and idx in status_list of the status of an mdoc, or in a BitstringStatusListEntry of a JWT",
            "a status without",
            at=issued.exchange,
            requirement="GOVUK-STATUS-13",
        )
        expect.that(
            told or not given,
            "GOVUK-STATUS-ENTRY-MISSING",
            "the uri and idx that the Status List Service gave for it",
            "no status",
            at=issued.exchange,
        )
        return
    # An issuer may also get entries in advance.
    expect.that(
        (place.uri, place.index) in (given or earlier),
        "GOVUK-STATUS-ENTRY-OTHER",
        "the uri and idx that the Status List Service gave for it",
        f"{place.uri} and {place.index}",
        at=issued.exchange,
        pointer=place.pointer,
    )


@check(
    "govuk-status-present",
    requires=["GOVUK-STATUS-16"],
    proven_by={"govuk-making:no-entry": "GOVUK-STATUS-MISSING"},
    applies=when.govuk_mdoc,
)
async def a_mobile_document_has_a_status(credential: IssuedCredential, expect: Expect) -> None:
    """A mobile document says where its status is published."""
    expect.that(
        _status_of(credential) is not None,
        "GOVUK-STATUS-MISSING",
        "a status in the Mobile Security Object",
        "none",
        at=credential.exchange,
        pointer=credential.pointer,
    )


@check(
    "govuk-status-valid",
    requires=["GOVUK-STATUS-17"],
    proven_by={
        "govuk-status-entry:revoked": "GOVUK-STATUS-INVALID",
        "govuk-making:entry-other-list": "GOVUK-STATUS-NOT-LISTED",
        "govuk-making:entry-out-of-list": "GOVUK-STATUS-NOT-LISTED",
    },
    applies=when.status_by(*_PLACES),
)
async def a_new_credential_is_valid(status: CredentialStatus, expect: Expect) -> None:
    """A credential that was just issued is VALID in the list that it names."""
    for entry in status.of(*_PLACES):
        reply = entry.reply
        listed = entry.document is not None and entry.value is not None
        lost = reply is not None and reply.status in _GONE
        if not listed and entry.document is None and not lost:
            raise Blocked(entry.missing)
        if expect.that(
            listed,
            "GOVUK-STATUS-NOT-LISTED",
            "a list in which the credential has its place",
            entry.missing,
            at=reply,
        ):
            expect.that(
                entry.value == _VALID,
                "GOVUK-STATUS-INVALID",
                "00, which is VALID",
                f"{entry.value:02b}",
                at=reply,
            )


@check(
    "govuk-revocation",
    requires=[rule.requirement for rule in _OF_REVOCATION],
    proven_by={
        "govuk-revocation:forgotten": "GOVUK-REVOCATION-NOT-SENT",
        "govuk-status-revoke:typ-missing": "GOVUK-REVOCATION-SIGNATURE",
        "govuk-status-revoke:kid-missing": "GOVUK-REVOCATION-SIGNATURE",
        "govuk-status-revoke:signature": "GOVUK-REVOCATION-SIGNATURE",
        "govuk-request:revocation-as-text": "GOVUK-REVOCATION-SIGNATURE",
        "govuk-status-revoke:iss-other": "GOVUK-REVOCATION-CLAIMS",
        "govuk-status-revoke:iat-missing": "GOVUK-REVOCATION-CLAIMS",
        "govuk-status-revoke:jti-missing": "GOVUK-REVOCATION-CLAIMS",
        "govuk-status-revoke:jti-upper": "GOVUK-REVOCATION-CLAIMS",
        "govuk-status-revoke:index-text": "GOVUK-REVOCATION-ENTRY",
        "govuk-status-revoke:other-entry": "GOVUK-REVOCATION-ENTRY",
    },
    applies=when.operation("revoke") & _ASKED & when.status_by(*_PLACES),
)
async def a_credential_is_revoked(flow: Flow, status_service: StatusListService, expect: Expect) -> None:
    """A credential that the team revokes is revoked at the Status List Service, by its own entry."""
    (issued, *_), operations = await flow.credentials(), flow.tools.operations
    place = _place(issued)
    entry = None if place is None else status_service.entry(place.uri, place.index)
    if operations is None or entry is None:
        raise Blocked("the credential has no entry of the Status List Service")
    if entry.revoked_at is not None:
        raise Blocked("the credential is revoked as soon as it is issued")
    sent, wrong = len(asked(status_service, REVOKE_PATH)), len(refused(status_service, REVOKE_PATH))
    failed: Blocked | None = None
    try:
        await operations.do("revoke", issued, flow.scenario.configuration)
    except Blocked as error:
        failed = error
    if failed is None:
        await _wait_for_request(flow, status_service, sent)
    requests = asked(status_service, REVOKE_PATH)[sent:]
    if failed is not None and not requests:
        raise failed
    if not expect.that(
        bool(requests),
        "GOVUK-REVOCATION-NOT-SENT",
        "a request to revoke at the Status List Service",
        "none",
    ):
        return
    expect_accepted(expect, refused(status_service, REVOKE_PATH)[wrong:], _OF_REVOCATION)
    if any(request.granted for request in requests):
        expect.that(
            entry.revoked_at is not None,
            "GOVUK-REVOCATION-ENTRY",
            "that the entry of the credential is revoked",
            "another entry was revoked in its place",
            requirement="GOVUK-REVOKE-03",
        )


async def _wait_for_request(flow: Flow, service: StatusListService, sent: int) -> None:
    """Wait until something is asked of ``/revoke``, as long as that may take."""
    left = flow.tools.promises.status_change_s
    left = min(_REACHES_S if left is None else left, flow.tools.patience.limit_s)
    while len(asked(service, REVOKE_PATH)) == sent and left > 0:
        await flow.tools.wait(min(_PAUSE_S, left), "a revocation to reach the Status List Service")
        left -= _PAUSE_S


def _place(issued: IssuedCredential) -> Reference | None:
    """Give where a credential says that its status is."""
    found = issued.document.status_references
    return next((reference for reference in found if reference.mechanism in _PLACES), None)


def _status_of(issued: IssuedCredential) -> Any:
    """Give the member of a credential that is for its status, well-formed or not; ``None`` without one."""
    if issued.format == "mso_mdoc":
        return issued.mdoc.mso.get("status")
    claims = issued.document.claims
    return claims.get("credentialStatus", claims.get("status"))
