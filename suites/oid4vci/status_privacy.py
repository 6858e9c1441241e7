"""What the status of Credentials gives away: Token Status List draft 12 sections 12 and 13, OpenID4VCI 1.0 15.4.1.

The reference to a status list cannot be withheld from a verifier, so it must not be what links two presentations
or names a person. To see whether it is, a few Credentials are issued one after another and compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from harness.applicability import when
from harness.checks import Per, area
from harness.evidence import Blocked, IssuedCredential
from harness.expect import Demanded, Expect
from harness.flow import Flow
from harness.formats.status_reference import Mechanism, Reference
from harness.lifecycle import allocation, personal
from harness.lifecycle.series import Placed, Series, same_entry
from harness.lifecycle.status import CredentialStatus
from harness.wallet.metadata import Issuer
from suites.oid4vci._further import of_listed_sd_jwt_vc

check = area("Privacy of status", per=Per.SHAPE)

_HAS_STATUS = when.readable_format & when.status_by()

_UNLINKABLE = "VCI-15.4.1-01"
_RANDOM = {
    Mechanism.STATUS_LIST: "TSL-12.5.1-02",
    Mechanism.IDENTIFIER_LIST: "ISO18013-12.3.6.4-07",
    Mechanism.BITSTRING: "BSL-2.1-10",
}
"""What asks for random places, where the mechanism does so itself."""
_OWN_ENTRY = {Mechanism.STATUS_LIST: "TSL-13.3-03", Mechanism.IDENTIFIER_LIST: "ISO18013-12.3.6.4-07"}
"""What forbids that two Credentials have one place, where the mechanism does so itself."""
_COMMON = {
    Mechanism.STATUS_LIST: "TSL-12.2-01",
    Mechanism.BITSTRING: "BSL-6.6-01",
    Mechanism.STATUS_LIST_2021: "SL2021-4.4-01",
}
"""What asks for lists that many Credentials share, where the mechanism does so itself."""
_HERD = 100
"""Entries of a list below which nobody is hidden in it."""
_LONGEST_STEP = 1 << 32
"""Difference of two identifiers beyond which they do not come from a counter."""


@check(
    "status-list-large",
    requires=["TSL-12.1-01"],
    applies=when.readable_format & when.status_by(Mechanism.STATUS_LIST),
    proven_by={"status-list:small": "STATUS-LIST-SMALL"},
)
async def a_list_is_large(status: CredentialStatus, expect: Expect) -> None:
    """A status list has entries enough for a Credential to be one among many."""
    for entry in status.of(Mechanism.STATUS_LIST):
        if entry.document is None or entry.document.size is None:
            raise Blocked(entry.missing or "the status list cannot be read")
        expect.that(
            entry.document.size >= _HERD,
            "STATUS-LIST-SMALL",
            f"{_HERD} entries at least",
            f"{entry.document.size} entries",
            at=entry.reply,
        )


@check(
    "status-list-shared",
    requires=[*_COMMON.values(), _UNLINKABLE],
    applies=_HAS_STATUS,
    proven_by={
        "status-place:list-for-each": "STATUS-LIST-OF-ITS-OWN",
        "status-place:index-in-name": "STATUS-URI-WITH-INDEX",
        "sd-jwt:status-uri-with-key": "STATUS-LIST-OF-ITS-OWN",
    },
)
async def a_list_is_for_many_credentials(series: Series, expect: Expect) -> None:
    """Credentials do not each refer to a status list, or to a URI of it, of their own."""
    for (mechanism, _), places in series.by_kind().items():
        last, allotted = places[-1], [series.allotted(placed) for placed in places]
        why = allocation.lists_of_their_own(allotted)
        expect.that(
            why is None,
            "STATUS-LIST-OF-ITS-OWN",
            "a URI that many Credentials have",
            f"{why}, such as {last.reference.uri}",
            at=last.exchange,
            pointer=last.pointer,
            requirement=_COMMON.get(mechanism, _UNLINKABLE),
        )
        expect.that(
            not allocation.indices_in_uris(allotted),
            "STATUS-URI-WITH-INDEX",
            "a URI that many Credentials have",
            f"a URI with the index in it: {last.reference.uri}",
            at=last.exchange,
            pointer=last.pointer,
            requirement=_COMMON.get(mechanism, _UNLINKABLE),
        )


@check(
    "status-uri-impersonal",
    requires=[_UNLINKABLE],
    applies=_HAS_STATUS,
    proven_by={
        "status-place:person-in-name": "STATUS-URI-PERSONAL",
        "sd-jwt:status-uri-with-key": "STATUS-URI-PERSONAL",
    },
)
async def the_uri_names_nobody(credential: IssuedCredential, issuer: Issuer, expect: Expect) -> None:
    """The URI of a status list holds nothing by which the person or the Credential can be known."""
    values = personal.identifying_values(credential.document)
    for reference in credential.document.status_references:
        told = personal.told_by(reference.uri, values, issuer.identifier)
        expect.that(
            not told,
            "STATUS-URI-PERSONAL",
            "a URI without a value of the Credential",
            f"a URI with {', '.join(told)}",
            at=credential.exchange,
            pointer=reference.pointer,
        )


@check(
    "status-index-unpredictable",
    requires=[*_RANDOM.values(), _UNLINKABLE, "HAIP-6.1-11"],
    applies=_HAS_STATUS,
    proven_by={
        "status-place:reused": "STATUS-INDEX-REGULAR",
        "status-place:counted": "STATUS-INDEX-REGULAR",
        "status-place:constant-step": "STATUS-INDEX-REGULAR",
        "jwt-vc:status-shared": "STATUS-INDEX-REGULAR",
        "ldp-vc:status-shared": "STATUS-INDEX-REGULAR",
    },
)
async def places_do_not_follow_one_another(series: Series, expect: Expect) -> None:
    """The places of Credentials that were issued one after another are not more regular than random ones."""
    for (mechanism, _), places in series.by_kind().items():
        asked = _RANDOM.get(mechanism, _UNLINKABLE)
        for in_list in _by_list(places):
            references = [placed.reference for placed in in_list]
            identified = mechanism is Mechanism.IDENTIFIER_LIST
            numbers, size = _identifiers(references) if identified else _indices(references, series)
            expect.that(
                allocation.chance(numbers, size) >= allocation.RARE,
                "STATUS-INDEX-REGULAR",
                "random places",
                f"{', '.join(map(str, numbers))} of {size}",
                at=in_list[-1].exchange,
                pointer=in_list[-1].pointer,
                requirement=of_listed_sd_jwt_vc(in_list[-1].issued, mechanism, "HAIP-6.1-11", asked),
            )


def _indices(references: Sequence[Reference], series: Series) -> tuple[list[int], int]:
    size = series.size(references[0])
    if size is None:
        raise Blocked(f"how long the status list at {references[0].uri} is cannot be read")
    return [reference.index or 0 for reference in references], size


def _identifiers(references: Sequence[Reference]) -> tuple[list[int], int]:
    """Give identifiers as numbers, and how many of their length there are; none where they are no counter."""
    identifiers = [reference.identifier or b"" for reference in references]
    numbers = [int.from_bytes(identifier, "big") for identifier in identifiers]
    # Identifiers that begin with the time have random parts as well.
    counted = all(abs(after - before) < _LONGEST_STEP for before, after in pairwise(numbers))
    return (numbers, 256 ** max(map(len, identifiers))) if counted else ([], 0)


@check(
    "status-entry-of-batch",
    requires=["TSL-13.2-02", "HAIP-6.1-10"],
    applies=when.readable_format
    & when.status_by(Mechanism.STATUS_LIST)
    & when.batches
    & when.key_binding
    & when.several_credentials,
    proven_by={
        "status-place:reused": "STATUS-ENTRY-OF-BATCH-SHARED",
        "sd-jwt:status-shared": "STATUS-ENTRY-OF-BATCH-SHARED",
        "mso:status-shared": "STATUS-ENTRY-OF-BATCH-SHARED",
    },
)
async def a_batch_shares_no_entry(batch: Flow, expect: Expect) -> None:
    """Each Credential of a batch has an entry of its own in a status list."""
    places = [
        Placed(issued, reference)
        for issued in await batch.credentials()
        for reference in issued.document.status_references
        if reference.mechanism is Mechanism.STATUS_LIST
    ]
    if not places:
        raise Blocked("the credentials of the batch refer to no status list")
    _expect_own_entries(expect, places, "STATUS-ENTRY-OF-BATCH-SHARED", "TSL-13.2-02")


@check(
    "status-entry-own",
    requires=[*_OWN_ENTRY.values(), _UNLINKABLE, "HAIP-6.1-10"],
    applies=_HAS_STATUS,
    proven_by={
        "status-place:reused": "STATUS-ENTRY-SHARED",
        "sd-jwt:status-shared": "STATUS-ENTRY-SHARED",
        "mso:status-shared": "STATUS-ENTRY-SHARED",
        "jwt-vc:status-shared": "STATUS-ENTRY-SHARED",
        "ldp-vc:status-shared": "STATUS-ENTRY-SHARED",
    },
)
async def no_two_credentials_share_an_entry(series: Series, expect: Expect) -> None:
    """No two Credentials of the run have the same entry of the same status list."""
    for (mechanism, _), places in series.by_kind().items():
        asked = _OWN_ENTRY.get(mechanism, _UNLINKABLE)
        demanded = of_listed_sd_jwt_vc(places[0].issued, mechanism, "HAIP-6.1-10", asked)
        _expect_own_entries(expect, places, "STATUS-ENTRY-SHARED", demanded)


def _expect_own_entries(expect: Expect, places: Sequence[Placed], code: str, requirement: Demanded) -> None:
    pair = same_entry(places)
    one, other = pair or (places[0], places[-1])
    expect.that(
        pair is None,
        code,
        "an entry of its own",
        f"the entry of {one.issued.pointer} of exchange {one.issued.exchange}",
        at=other.exchange,
        pointer=other.pointer,
        requirement=requirement,
    )


def _by_list(places: Sequence[Placed]) -> list[list[Placed]]:
    """Give the first place of each Credential in each list; further ones may well be beside it."""
    lists: dict[str, dict[int, Placed]] = {}
    for placed in places:
        lists.setdefault(placed.reference.uri, {}).setdefault(id(placed.issued), placed)
    return [list(first.values()) for first in lists.values()]
