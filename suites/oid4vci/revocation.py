"""Status that is seen to change: a credential is revoked, suspended and reinstated, and its status list watched.

How long a change may take, and how it is waited for, is in ``harness.lifecycle.drill``. The issuer's team is asked
for one credential alone, so nothing may happen to any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked
from harness.expect import Expect
from harness.facts import Facts
from harness.formats.clock import SKEW_S
from harness.formats.signatures import SignatureError
from harness.formats.status_list import Form
from harness.formats.status_list_token import StatusListToken
from harness.formats.status_reference import Mechanism, State
from harness.lifecycle.drill import REVOCATION, SUSPENSION, Drill, Step, cached_for
from harness.lifecycle.status import Entry

check = area("Revocation and suspension", per=Per.SHAPE)

_STATUS_LIST, _IDENTIFIER_LIST = Mechanism.STATUS_LIST, Mechanism.IDENTIFIER_LIST
_BITSTRING, _STATUS_LIST_2021 = Mechanism.BITSTRING, Mechanism.STATUS_LIST_2021
_BESIDE = 8
"""Entries of one byte at most; bits that get into a wrong order end up among them."""

# Each rule as the mechanisms state it.
_REVOKED = {
    _STATUS_LIST: "TSL-7.1-03",
    _IDENTIFIER_LIST: "ISO18013-12.3.6.4-06",
    _BITSTRING: "BSL-3.3-01",
    _STATUS_LIST_2021: "SL2021-3.3-01",
}
_SEPARATE = {**_REVOKED, _STATUS_LIST: "TSL-4.1-05"}
_ALONE = "VCI-13.7-01"
"""What holds of every mechanism for Credentials that nobody wanted to end."""
_SUSPENDED = {_STATUS_LIST: "TSL-7.1-05", _BITSTRING: "BSL-3.3-01", _STATUS_LIST_2021: "SL2021-3.3-01"}
_FINAL = {_STATUS_LIST: "TSL-7.1-04", _BITSTRING: "BSL-2.1-06", _STATUS_LIST_2021: "SL2021-2.1-04"}
_DISTINCT = {_STATUS_LIST: "TSL-7.1-07", _BITSTRING: "BSL-2.1-06", _STATUS_LIST_2021: "SL2021-2.1-04"}
_REINSTATED = {_STATUS_LIST: "TSL-7.1-06", _BITSTRING: "BSL-2.1-07", _STATUS_LIST_2021: "SL2021-2.1-05"}
_SERVED = {
    _STATUS_LIST: "TSL-8.1-01",
    _IDENTIFIER_LIST: "ISO18013-12.3.6.3-01",
    _BITSTRING: "BSL-3.1-01",
    _STATUS_LIST_2021: "SL2021-3.1-01",
}
_LONG_ENOUGH = {_STATUS_LIST: "TSL-4.1-02", _BITSTRING: "BSL-3.2-04", _STATUS_LIST_2021: "SL2021-3.2-03"}
_UNEXPIRED = {
    _STATUS_LIST: "TSL-8.3-01",
    _IDENTIFIER_LIST: "ISO18013-12.3.6.3-04",
    _BITSTRING: "BSL-2.2-03",
    _STATUS_LIST_2021: "SL2021-2.2-03",
}
_DATED = {_STATUS_LIST: "TSL-5.1-05", _IDENTIFIER_LIST: "ISO18013-12.3.6.3-05"}
_SIGNED = {
    _STATUS_LIST: "TSL-5.1-08",
    _IDENTIFIER_LIST: "ISO18013-12.3.6.3-03",
    _BITSTRING: "BSL-3.2-01",
    _STATUS_LIST_2021: "SL2021-3.2-01",
}
_TRUSTED = {_STATUS_LIST: "TSL-11.3-02", _IDENTIFIER_LIST: "ISO18013-12.3.6.2-05"}
_COPIED = {_STATUS_LIST: "TSL-13.7-02"}
_OF_CWT = {"TSL-5.1-05": "TSL-5.2-05", "TSL-5.1-08": "TSL-5.2-08"}
"""What is said of a Status List Token in JWT to the same said of one in CWT."""
_BY_INDEX = {mechanism: requirement for mechanism, requirement in _SEPARATE.items() if mechanism in _SUSPENDED}

# Last of all the hook, so that its want is the reason only where there is something to revoke.
_REVOCATION = when.readable_format & when.status_saying(REVOCATION, *_REVOKED) & when.operation("revoke")
_SUSPENSION = when.operation("suspend") & when.status_saying(SUSPENSION, *_SUSPENDED)


def _all(*rules: Mapping[Mechanism, str]) -> list[str]:
    return list(dict.fromkeys(requirement for rule in rules for requirement in rule.values()))


# Revocation


@check(
    "revocation-shown",
    requires=_all(_REVOKED, _SERVED, _LONG_ENOUGH),
    proven_by={
        "ldp-vc:status-shared": "REVOCATION-NOT-SHOWN",
        "jwt-vc:status-shared": "REVOCATION-NOT-SHOWN",
        "status-operation:revocation-lost": "REVOCATION-NOT-SHOWN",
        "status-operation:revocation-late": "REVOCATION-NOT-SHOWN",
        "status-operation:next-entry": "REVOCATION-NOT-SHOWN",
        "status-operation:mirrored-entry": "REVOCATION-NOT-SHOWN",
        "status-operation:revocation-as-suspension": "REVOCATION-VALUE",
        "status-list:change-cut": "STATUS-LIST-LOST",
        "status-list:mdoc-bits-two": "REVOCATION-NOT-SHOWN",
        "status-response:mdoc-jwt": "REVOCATION-NOT-SHOWN",
        "status-token:change-behind-a-cache": "REVOCATION-NOT-SHOWN",
    },
    applies=_REVOCATION,
)
async def a_revocation_shows(revocation: Drill, expect: Expect) -> None:
    """A credential that is revoked is shown as revoked within the promised time."""
    step = revocation.step("revoke")
    for old, new in step.pairs:
        if _expect_change(old, new, step, expect, code="REVOCATION-NOT-SHOWN", rule=_REVOKED):
            expect.that(
                new.state is State.REVOKED or _has_own_meaning(new),
                "REVOCATION-VALUE",
                "the value that says revoked",
                f"the value {new.value}, which says {new.state}",
                at=new.reply,
                requirement=_REVOKED[new.reference.mechanism],
            )


@check(
    "revocation-other-unaffected",
    requires=[_ALONE],
    proven_by={
        "status-operation:others-too": "REVOCATION-OTHER-CHANGED",
        "status-place:reused": "REVOCATION-OTHER-CHANGED",
    },
    applies=_REVOCATION,
)
async def a_revocation_leaves_others_alone(revocation: Drill, expect: Expect) -> None:
    """When one credential is revoked, another one that was issued before stays valid."""
    _expect_other_valid([revocation.steps["revoke"]], expect, "REVOCATION")


@check(
    "revocation-neighbours-unaffected",
    requires=_all(_BY_INDEX),
    proven_by={
        "status-operation:entries-beside-too": "REVOCATION-NEIGHBOUR-CHANGED",
        "status-operation:next-entry": "REVOCATION-NEIGHBOUR-CHANGED",
        "status-operation:mirrored-entry": "REVOCATION-NEIGHBOUR-CHANGED",
    },
    applies=when.operation("revoke") & when.status_saying(REVOCATION, *_SUSPENDED),
)
async def a_revocation_leaves_neighbours_alone(revocation: Drill, expect: Expect) -> None:
    """When one credential is revoked, no entry beside its own changes."""
    _expect_neighbours_kept([revocation.steps["revoke"]], expect, "REVOCATION")


@check(
    "revocation-new-edition-dated",
    requires=[*_all(_DATED), _OF_CWT["TSL-5.1-05"]],
    proven_by={
        "status-token:change-undated": "REVOCATION-ISSUED-AT",
        "status-token:identifier-list-expired": "REVOCATION-ISSUED-AT",
    },
    applies=when.operation("revoke") & when.status_saying(REVOCATION, *_DATED),
)
async def the_edition_with_a_revocation_is_dated(revocation: Drill, expect: Expect) -> None:
    """A list that shows a revocation says that it was issued after the revocation."""
    step = revocation.step("revoke")
    for old, new in _changed_lists(step, _DATED):
        before = None if old.document is None else old.document.issued_at
        after = None if new.document is None else new.document.issued_at
        if before is None or after is None:
            raise Blocked("the status list does not say when it was issued")
        expect.that(
            after >= max(before, step.began) - SKEW_S,
            "REVOCATION-ISSUED-AT",
            "a time of issue that is not before the revocation",
            f"{max(before, step.began) - after:.0f} s before"
            f" {'the revocation' if step.began >= before else 'that of the list without the revocation'}",
            at=new.reply,
            requirement=_by_form(new, _DATED),
        )


@check(
    "revocation-new-edition-signed",
    requires=[*_all(_SIGNED, _TRUSTED), _OF_CWT["TSL-5.1-08"]],
    proven_by={
        "status-token:change-signed-with-other-key": "REVOCATION-SIGNATURE",
        "status-token:change-signed-by-stranger": "REVOCATION-UNTRUSTED",
    },
    applies=_REVOCATION,
)
async def the_edition_with_a_revocation_is_signed(revocation: Drill, expect: Expect) -> None:
    """A list that shows a revocation is signed by a key that is trusted, like the list before it."""
    for old, new in _changed_lists(revocation.step("revoke"), _SIGNED):
        for entry in (old, new):
            if entry.key is None or entry.key.jwk is None:
                raise Blocked(entry.missing if entry.key is None else entry.key.missing)
        if _unsigned(old) or not _trusted(old):
            raise Blocked("the status list was not signed by a trusted key before the revocation either")
        found = _unsigned(new)
        expect.that(
            not found,
            "REVOCATION-SIGNATURE",
            "a signature that verifies, like that of the list before",
            found,
            at=new.reply,
            requirement=_by_form(new, _SIGNED),
        )
        expect.that(
            _trusted(new),
            "REVOCATION-UNTRUSTED",
            "a signer who is trusted, like that of the list before",
            "certificates that lead to no trust anchor",
            at=new.reply,
            requirement=_TRUSTED.get(new.reference.mechanism),
        )


@check(
    "revocation-not-expired",
    requires=_all(_UNEXPIRED),
    proven_by={
        "status-token:change-expired": "REVOCATION-LIST-EXPIRED",
    },
    applies=_REVOCATION,
)
async def the_list_is_renewed(revocation: Drill, expect: Expect) -> None:
    """The list that is served when a revocation was due to show has not expired."""
    step = revocation.step("revoke")
    for old, new in step.every_pair:
        if new.document is None or _is_over(old):
            raise Blocked(new.missing or "the status list had expired before the revocation")
        expect.that(
            not _is_over(new),
            "REVOCATION-LIST-EXPIRED",
            "a list that has not expired",
            f"one that expired {new.received - (new.document.expires or 0):.0f} s ago",
            at=new.reply,
            requirement=_UNEXPIRED[new.reference.mechanism],
        )


@check(
    "revocation-in-copies",
    requires=_all(_COPIED),
    proven_by={
        "status-token:kept-for-a-day": "REVOCATION-COPIES",
        "status-token:list-ttl-missing": "REVOCATION-COPIES",
    },
    applies=when.operation("revoke") & when.promised_status_change & when.status_saying(REVOCATION, *_COPIED),
)
async def copies_do_not_outlast_the_promise(revocation: Drill, facts: Facts, expect: Expect) -> None:
    """Verifiers need not keep a copy of the list for longer than the team says that a revocation takes."""
    promised = facts.promises.status_change_s or 0.0
    for old, _ in revocation.steps["revoke"].pairs:
        if old.reference.mechanism not in _COPIED:
            continue
        kept = cached_for(old)
        if kept.seconds is None:
            raise Blocked("the status list does not say how long it may be kept")
        expect.that(
            kept.seconds <= promised,
            "REVOCATION-COPIES",
            f"copies that are kept for {promised:g} s at most, as promises.status_change_s has it",
            f"{kept.seconds:.0f} s by {kept.said_by}",
            at=old.reply,
            requirement=_COPIED[old.reference.mechanism],
        )


@check(
    "revocation-final",
    requires=_all(_FINAL),
    proven_by={
        "status-operation:revocation-undone": "REVOCATION-UNDONE",
    },
    applies=when.operation("revoke") & when.operation("reinstate") & when.status_saying(REVOCATION, *_FINAL),
)
async def a_revocation_is_final(revocation: Drill, expect: Expect) -> None:
    """A credential that is revoked cannot be reinstated."""
    revocation.step("revoke")
    step = revocation.steps.get("reinstate")
    if step is None or step.before.credential.state is not State.REVOKED:
        raise Blocked("the credential was not shown as revoked")
    for old, new in step.pairs:
        if old.state is not State.REVOKED or new.value is None:
            raise Blocked(new.missing or "one of the lists did not show the credential as revoked")
        if step.unseen and new.state is State.REVOKED:
            raise Blocked(step.unseen)
        expect.that(
            new.state is State.REVOKED,
            "REVOCATION-UNDONE",
            "a credential that stays revoked",
            f"{new.state} after it was reinstated",
            at=new.reply,
            requirement=_FINAL.get(new.reference.mechanism),
        )


# Suspension


@check(
    "suspension-shown",
    requires=_all(_SUSPENDED, _SERVED, _LONG_ENOUGH),
    proven_by={
        "ldp-vc:status-shared": "SUSPENSION-NOT-SHOWN",
        "jwt-vc:status-shared": "SUSPENSION-NOT-SHOWN",
        "status-operation:suspension-lost": "SUSPENSION-NOT-SHOWN",
        "status-operation:suspension-late": "SUSPENSION-NOT-SHOWN",
        "status-list:bits-too-few": "SUSPENSION-NOT-SHOWN",
        "status-operation:next-entry": "SUSPENSION-NOT-SHOWN",
        "status-operation:mirrored-entry": "SUSPENSION-NOT-SHOWN",
    },
    applies=_SUSPENSION,
)
async def a_suspension_shows(suspension: Drill, expect: Expect) -> None:
    """A credential that is suspended is not shown as valid any more, within the promised time."""
    step = suspension.step("suspend")
    for old, new in step.pairs:
        _expect_change(old, new, step, expect, code="SUSPENSION-NOT-SHOWN", rule=_SUSPENDED)


@check(
    "suspension-not-revocation",
    requires=_all(_DISTINCT),
    proven_by={
        "status-operation:suspension-as-revocation": "SUSPENSION-AS-REVOKED",
    },
    applies=_SUSPENSION,
)
async def a_suspension_is_no_revocation(suspension: Drill, expect: Expect) -> None:
    """A credential that is suspended is not shown as revoked, where the list can tell the two apart."""
    step = suspension.steps["suspend"]
    if all(new.value in (None, old.value) for old, new in step.every_pair):
        raise Blocked("the suspension did not show")
    for _, new in step.every_pair:
        expect.that(
            new.state is not State.REVOKED or not _tells_apart(new),
            "SUSPENSION-AS-REVOKED",
            "suspended",
            f"the value {new.value}, which says {new.state}",
            at=new.reply,
            requirement=_DISTINCT.get(new.reference.mechanism),
        )


@check(
    "suspension-other-unaffected",
    requires=[_ALONE],
    proven_by={
        "status-operation:others-suspended-too": "SUSPENSION-OTHER-CHANGED",
    },
    applies=_SUSPENSION,
)
async def a_suspension_leaves_others_alone(suspension: Drill, expect: Expect) -> None:
    """When one credential is suspended and reinstated, another one stays valid all the time."""
    _expect_other_valid(suspension.steps.values(), expect, "SUSPENSION")


@check(
    "suspension-neighbours-unaffected",
    requires=_all(_BY_INDEX),
    proven_by={
        "status-operation:entries-beside-too": "SUSPENSION-NEIGHBOUR-CHANGED",
        "status-operation:next-entry": "SUSPENSION-NEIGHBOUR-CHANGED",
        "status-operation:mirrored-entry": "SUSPENSION-NEIGHBOUR-CHANGED",
    },
    applies=_SUSPENSION,
)
async def a_suspension_leaves_neighbours_alone(suspension: Drill, expect: Expect) -> None:
    """When one credential is suspended and reinstated, no entry beside its own changes."""
    _expect_neighbours_kept(suspension.steps.values(), expect, "SUSPENSION")


@check(
    "suspension-ended",
    requires=_all(_REINSTATED),
    proven_by={
        "status-operation:suspension-for-good": "SUSPENSION-NOT-ENDED",
    },
    applies=when.operation("suspend") & when.operation("reinstate") & when.status_saying(SUSPENSION, *_SUSPENDED),
)
async def a_suspension_can_be_ended(suspension: Drill, expect: Expect) -> None:
    """A credential that was suspended and is reinstated is valid again."""
    step = suspension.step("reinstate")
    for _, new in step.every_pair:
        if new.value is None:
            raise Blocked(new.missing)
        expect.that(
            new.state is State.VALID,
            "SUSPENSION-NOT-ENDED",
            "valid after the credential was reinstated",
            f"the value {new.value}, which says {new.state}",
            at=new.reply,
            requirement=_REINSTATED.get(new.reference.mechanism),
        )


# What both have in common


def _expect_change(
    old: Entry, new: Entry, step: Step, expect: Expect, *, code: str, rule: Mapping[Mechanism, str]
) -> bool:
    """Expect that the list is still there, and that the credential has another value than before."""
    beside = _changed_beside(old, new)
    lost = _SERVED if new.document is None else _LONG_ENOUGH
    return expect.that(
        new.value is not None,
        "STATUS-LIST-LOST",
        "the status list, which was there before",
        new.missing,
        at=new.reply,
        requirement=lost.get(old.reference.mechanism),
    ) and expect.that(
        new.value != old.value,
        code,
        f"a change within {step.bound.seconds or 0.0:.0f} s, by {step.bound.said_by}",
        f"still {new.state}" + (f", while the entry {beside[0]} has changed" if beside else ""),
        at=new.reply,
        requirement=rule.get(new.reference.mechanism),
    )


def _expect_other_valid(steps: Iterable[Step], expect: Expect, prefix: str) -> None:
    for step in steps:
        for _, new in step.other_pairs:
            if new.value is None:
                raise Blocked(new.missing)
            expect.that(
                new.value == 0,
                f"{prefix}-OTHER-CHANGED",
                "another credential that stays valid",
                f"the value {new.value}, which says {new.state}",
                at=new.reply,
            )


def _expect_neighbours_kept(steps: Iterable[Step], expect: Expect, prefix: str) -> None:
    for step in steps:
        if any(new.value not in (None, old.value) for old, new in step.other_pairs):
            raise Blocked(
                "another credential of the user changed as well, so entries beside may be of the user, too"
            )
        for old, new in step.every_pair:
            if new.document is None:
                raise Blocked(new.missing)
            if new.reference.index is None:
                continue
            # What happens to the other credential is judged by itself.
            beside = [index for index in _changed_beside(old, new) if index not in _of_other(step, new)]
            expect.that(
                not beside,
                f"{prefix}-NEIGHBOUR-CHANGED",
                f"no change but that of the entry {new.reference.index}",
                f"a change of {', '.join(map(str, beside))}",
                at=new.reply,
                requirement=_SEPARATE.get(new.reference.mechanism),
            )


def _changed_beside(old: Entry, new: Entry) -> list[int]:
    """Give the entries that changed in the surroundings of the credential's own."""
    own = new.reference.index
    if own is None or old.document is None or new.document is None:
        return []
    changed = old.document.changed(new.document)
    return [index for index in changed if index // _BESIDE == own // _BESIDE and index != own]


def _of_other(step: Step, entry: Entry) -> set[int | None]:
    """Give the entries of the other credential in the same list."""
    return {old.reference.index for old, _ in step.other_pairs if old.reference.uri == entry.reference.uri}


def _changed_lists(step: Step, rule: Mapping[Mechanism, str]) -> Iterator[tuple[Entry, Entry]]:
    """Give the lists that have changed.

    Raises:
        Blocked: one has not, so that there is no other edition to judge.

    """
    for old, new in step.pairs:
        if old.reference.mechanism in rule:
            if new.value in (None, old.value):
                raise Blocked(new.missing or "the revocation did not show")
            yield old, new


def _unsigned(entry: Entry) -> str:
    """Say why a signature does not verify; empty when it does."""
    if entry.document is None or entry.key is None or entry.key.jwk is None:
        return "there is no key"
    try:
        entry.document.verify(entry.key.jwk)
    except SignatureError as error:
        return error.detail
    return ""


def _trusted(entry: Entry) -> bool:
    chain = None if entry.key is None else entry.key.chain
    return chain is None or chain.trusted is not False


def _by_form(entry: Entry, rule: Mapping[Mechanism, str]) -> str:
    """Give a requirement as it is told of tokens of the list's own form."""
    requirement = rule[entry.reference.mechanism]
    is_cwt = isinstance(entry.document, StatusListToken) and entry.document.form is Form.CWT
    return _OF_CWT.get(requirement, requirement) if is_cwt else requirement


def _has_own_meaning(entry: Entry) -> bool:
    """Say whether an entry is for a purpose whose values mean what its issuer says, such as ``message``."""
    return entry.reference.purpose not in (None, REVOCATION, SUSPENSION)


def _is_over(entry: Entry) -> bool:
    ends = None if entry.document is None else entry.document.expires
    return ends is not None and ends + SKEW_S < entry.received


def _tells_apart(entry: Entry) -> bool:
    """Say whether a list can show that a credential is suspended, and not revoked."""
    document = entry.document
    if isinstance(document, StatusListToken):
        return document.status_list.array is not None and document.status_list.array.bits > 1
    return True
